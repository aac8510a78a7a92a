// SPDX-License-Identifier: EUPL-1.2

package contributiondb_test

import (
	"context"
	"sync"
	"testing"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// codes lets two letters and one group speak.
func (x *town) codes() {
	x.s.Voter = func(_ context.Context, _ kernel.ID, _, code string, groups bool) (string, error) {
		if code == "brief-1" || code == "brief-2" || code == "klasse-5b" && groups {
			return code, nil
		}
		return "", &kernel.Error{Kind: kernel.Invalid, Key: "vote.code.wrong", Fields: map[string]string{"code": "vote.code.wrong"}}
	}
}

// backed supports n times at once and tells how many voices there are then.
func (x *town) backed(by access.Actor, number, code string, n int) int {
	x.Helper()
	var wg sync.WaitGroup
	for range n {
		wg.Go(func() {
			if _, err := x.s.Back(x.Context(), by, number, code); err != nil {
				x.Error(err)
			}
		})
	}
	wg.Wait()
	c, err := x.s.Get(x.Context(), by, number)
	if err != nil {
		x.Error(err)
	}
	return c.Supports
}

func TestEveryPersonAndEveryCodeHasOneVoice(t *testing.T) {
	each(t, func(x *town) {
		x.codes()
		c := x.public(x.guest(), idea("Ein Platz zum Skaten"))
		if _, err := x.s.Back(x.Context(), x.guest(), c.Number, "klasse-5b"); kernel.KindOf(err) != kernel.Invalid {
			x.Errorf("a group speaks where the module does not let it: %v", err)
		}
		x.process.Modules[0].GroupSupport = true
		young := access.Actor{Tenant: x.id, Person: kernel.NewID(), Name: "Mia", Roles: []access.Role{access.YoungPerson}}
		for i, step := range []struct {
			by   access.Actor
			code string
		}{{young, ""}, {x.guest(), "klasse-5b"}, {x.guest(), "brief-1"}, {x.guest(), "brief-2"}, {x.citizen("Linde"), ""}} {
			n := 40
			if i < 2 {
				n = 200
			}
			if got := x.backed(step.by, c.Number, step.code, n); got != i+1 {
				x.Errorf("step %d: %d voices, want %d", i, got, i+1)
			}
		}
		if _, err := x.s.Say(x.Context(), young, c.Number, "", "de", "Finde ich gut"); kernel.KindOf(err) != kernel.Denied {
			x.Errorf("a young person comments: %v", err)
		}
		if _, err := x.s.Back(x.Context(), x.guest(), c.Number, ""); kernel.KindOf(err) != kernel.Unauthenticated {
			x.Errorf("a guest without a code supports: %v", err)
		}
	})
}
