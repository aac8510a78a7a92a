// SPDX-License-Identifier: EUPL-1.2

// Package access answers one question: may this person do this to that? One policy table, read by Can, is the only place where permission is
// decided; pages, files, feeds, mail, command line and API all ask here. What nobody has allowed is denied.
package access

import (
	"slices"

	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// Object is what an action is done to, as far as permission depends on it. The zero fields are those of the town as a whole.
type Object struct {
	Tenant kernel.ID
	// Visibility is the widest audience the object has been published to; a draft is Internal. Empty: an act on the town as a whole, on which
	// nothing is seen.
	Visibility Audience
	// Owner is the person the object belongs to; he or she sees it whatever its visibility.
	Owner kernel.ID
	// Within lists the processes, groups, offices and areas the object belongs to; roles held there count.
	Within []Context
	// Phase lists what the current phase of its process permits; nil where no phase governs. Reading is always permitted.
	Phase []Action
	// Members restricts acts to those who hold a role in one of Within, and to staff; everybody else who sees the object only reads.
	Members bool
	// Locked objects (a frozen report edition, a retracted delivery) can be read but not changed.
	Locked bool
}

// Can tells whether the actor may do the action to the object: same tenant, a role that the policy names held there, the object visible to the
// actor, the phase permitting it, and the object not locked.
func Can(a Actor, do Action, to Object) bool {
	if a.Tenant == "" || to.Tenant != a.Tenant {
		return false
	}
	if !reads[do] && (to.Locked || to.Phase != nil && !slices.Contains(to.Phase, do)) {
		return false
	}
	if to.Members && !reads[do] && !a.belongs(to.Within) && !a.works() {
		return false
	}
	return sees(a, to) && allowed(a, do, to)
}

// allowed tells whether a rule of the policy speaks for the actor.
func allowed(a Actor, do Action, to Object) bool {
	own := a.Person != "" && to.Owner == a.Person
	for _, rule := range policy[do] {
		if rule.own && !own || rule.held && !a.holdsIn(rule.role, to.Within) {
			continue
		}
		if rule.role == everyone || rule.role == signedIn && a.Person != "" || a.HasIn(rule.role, to.Within) {
			return true
		}
	}
	return false
}

// sees tells whether the object is visible to the actor.
func sees(a Actor, to Object) bool {
	if to.Visibility == "" || a.Person != "" && to.Owner == a.Person {
		return true
	}
	return maySee(a, to.Visibility, to.Within)
}

// Check is Can as an error: NotFound for another tenant's object and for one the actor cannot see (its existence is not told), Unauthenticated
// for an anonymous reader of something that is visible, Conflict for a locked object or a phase that is over, Denied otherwise.
func Check(a Actor, do Action, to Object) error {
	if Can(a, do, to) {
		return nil
	}
	bare := to
	bare.Locked, bare.Phase = false, nil
	switch {
	case a.Tenant == "" || to.Tenant != a.Tenant || !sees(a, to):
		return kernel.E(kernel.NotFound, "access.notfound")
	case to.Locked && Can(a, do, bare):
		return kernel.E(kernel.Conflict, "access.locked")
	case to.Phase != nil && Can(a, do, bare):
		return kernel.E(kernel.Conflict, "access.phase")
	case !a.SignedIn():
		return kernel.E(kernel.Unauthenticated, "access.signin")
	}
	return kernel.E(kernel.Denied, "access.denied")
}

// Anywhere tells whether the actor may do the action to anything at all: in the town as a whole, or in a process, group, office, area or
// organisation a role is held in; with kinds named, in contexts of these kinds only. It opens lists and menus; what stands in them is judged
// object by object.
func Anywhere(a Actor, do Action, kinds ...ContextKind) bool {
	to := Object{Tenant: a.Tenant}
	for _, h := range a.Held {
		if len(kinds) == 0 || slices.Contains(kinds, h.In.Kind) {
			to.Within = append(to.Within, h.In)
		}
	}
	return Can(a, do, to)
}

// CheckTenant is Check for actions on the tenant as a whole.
func CheckTenant(a Actor, do Action) error { return Check(a, do, Object{Tenant: a.Tenant}) }

// Actions lists every action of the policy, sorted, for matrix tests and documentation.
func Actions() []Action {
	list := make([]Action, 0, len(policy))
	for a := range policy {
		list = append(list, a)
	}
	slices.Sort(list)
	return list
}
