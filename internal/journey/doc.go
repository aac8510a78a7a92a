// SPDX-License-Identifier: EUPL-1.2

// Package journey holds the browser tests: what readers and planners do, from the first page to the last click, with axe after each step. It has
// no code of its own.
package journey
