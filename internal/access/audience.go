// SPDX-License-Identifier: EUPL-1.2

package access

import "github.com/kupferfaden/kupferfaden/internal/kernel"

// Audience is for whom figures are shown; the release gate decides per audience what is cleared.
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

// WidestAudience is the most an actor may see: planners and the person at the command line the internal audience, everybody else, the
// administration included, the public one. Nobody sees sealed figures through a role of this stage.
func WidestAudience(a Actor) Audience {
	if a.Has(Planner) || a.Has(Operator) {
		return Internal
	}
	return Public
}

// MaySee tells whether the actor may read what is cleared for the audience.
func MaySee(a Actor, as Audience) bool {
	switch as {
	case Public:
		return true
	case Political, Internal:
		return WidestAudience(a) == Internal
	}
	return false
}
