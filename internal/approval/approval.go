// SPDX-License-Identifier: EUPL-1.2

// Package approval is the rule of two people: where the town asks for it, giving roles, publishing and bulk exports wait until a second person,
// who may do the same, agrees.
//
// A request is kept with everything needed to carry it out, for fourteen days. Nobody agrees to what he asked for. What was agreed to happens in
// the transaction of the agreement, exactly once, or not at all when the object has changed meanwhile.
package approval
