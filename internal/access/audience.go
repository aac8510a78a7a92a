// SPDX-License-Identifier: EUPL-1.2

package access

import "github.com/kupferfaden/kupferfaden/internal/kernel"

// Audience is for whom something is shown: the visibility of an object, and for whom the release gate clears figures. Publication to a wider
// audience is an explicit act.
type Audience string

const (
	// Public is everybody.
	Public Audience = "public"
	// Political is the council and its committees, not public.
	Political Audience = "political"
	// Internal is the planning staff.
	Internal Audience = "internal"
	// Sealed is the statistics office behind closed doors, and computation itself; sees every value.
	Sealed Audience = "sealed"
)

// ParseAudience reads the stored or typed form.
func ParseAudience(s string) (Audience, error) {
	switch a := Audience(s); a {
	case Public, Political, Internal, Sealed:
		return a, nil
	}
	return "", kernel.E(kernel.Invalid, "audience.unknown", "value", s)
}

// WidestAudience is the most an actor may see of figures of the town as a whole on ordinary pages: planners, the statistics office and the
// person at the command line the internal audience, the council the political one, everybody else, the administration included, the public
// one. Sealed figures are never shown unasked.
func WidestAudience(a Actor) Audience {
	switch {
	case a.Has(Planner), a.Has(StatisticsOfficer), a.Has(Operator):
		return Internal
	case a.Has(Councillor):
		return Political
	}
	return Public
}

// MaySee tells whether the actor may read what is cleared for the audience.
func MaySee(a Actor, as Audience) bool { return maySee(a, as, nil) }

// maySee is MaySee for something that belongs to contexts: whoever holds a role there sees what is internal or sealed to them.
func maySee(a Actor, as Audience, within []Context) bool {
	widest := WidestAudience(a)
	switch as {
	case Public:
		return true
	case Political:
		return widest != Public || a.belongs(within)
	case Internal:
		return widest == Internal || a.belongs(within)
	case Sealed: // planners and the administration stay outside
		return a.Has(StatisticsOfficer) && len(within) == 0 || a.belongs(within)
	}
	return false
}
