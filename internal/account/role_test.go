// SPDX-License-Identifier: EUPL-1.2

package account_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/account"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

var office = access.Context{Kind: access.InOffice, Key: "SozA"}

// offices is a town with one office.
type offices struct{}

func (offices) Places(_ context.Context, _ kernel.ID, kind access.ContextKind) ([]account.Place, error) {
	if kind != access.InOffice {
		return nil, nil
	}
	return []account.Place{{In: office, Name: kernel.T("Sozialamt", "Social office")}}, nil
}

// fieldOf gives the key of the sentence at a field, or of the whole error where it names none.
func fieldOf(err error) string {
	var e *kernel.Error
	if !errors.As(err, &e) {
		return ""
	}
	for _, key := range e.Fields {
		return key
	}
	return e.Key
}

func TestARoleIsHeldWhereAndAsLongAsItWasGiven(t *testing.T) {
	w := newWorld(t)
	w.Places = offices{}
	a, _ := w.add(t, "anna@stadt.de", good, access.Planner)
	by := access.CommandLine("t")
	give := account.RoleChange{Account: a.ID, Role: access.DataSupplier, In: office, From: "2026-12-01", To: "2026-12-31"}
	if err := w.Change(t.Context(), by, give); err != nil {
		t.Fatal(err)
	}
	held := access.Holding{Role: access.DataSupplier, In: office}
	for day, want := range map[string]bool{
		"2026-11-30T22:59:59Z": false, // 23:59 in Berlin
		"2026-11-30T23:00:00Z": true,  // midnight in Berlin
		"2026-12-31T22:59:59Z": true,
		"2026-12-31T23:00:00Z": false,
	} {
		now, err := time.Parse(time.RFC3339, day)
		if err != nil {
			t.Fatal(err)
		}
		w.now = now
		who := w.actor(t, a)
		if slices.Contains(who.Held, held) != want || !slices.Equal(who.Roles, []access.Role{access.Planner}) {
			t.Errorf("%s: holds %v and %v", day, who.Roles, who.Held)
		}
		if access.Can(who, access.DraftAnswer, access.Object{Tenant: "t", Visibility: access.Internal, Within: []access.Context{office}}) != true {
			t.Error("a planner may everywhere")
		}
	}
}

func TestWhatCannotBeGivenIsRefusedAndSaysWhy(t *testing.T) {
	w := newWorld(t)
	w.Places = offices{}
	planner, _ := w.add(t, "plan@stadt.de", good, access.Planner)
	citizen := account.Account{ID: kernel.NewID(), Email: "c@x.de", Name: "Kupferfreundin", Citizen: true, Hash: "x"}
	w.store.list = append(w.store.list, citizen)
	for _, c := range []struct {
		change account.RoleChange
		want   string
	}{
		{account.RoleChange{Role: "king"}, "account.roles.unknown"},
		{account.RoleChange{Role: access.Operator}, "account.roles.unknown"},
		{account.RoleChange{Role: access.Planner}, "account.grant.twice"},
		{account.RoleChange{Role: access.StatisticsOfficer}, "account.role.clash"},
		{account.RoleChange{Role: access.Admin, In: office}, "account.context.town"},
		{account.RoleChange{Role: access.DataSupplier, In: access.Context{Kind: access.InOffice, Key: "none"}}, "account.context.unknown"},
		{account.RoleChange{Role: access.GroupMember, In: access.Context{Kind: access.InGroup, Key: "1"}}, "account.context.unknown"},
		{account.RoleChange{Role: access.Admin, From: "2026-11-20"}, "account.from.past"},
		{account.RoleChange{Role: access.Admin, From: "2026-13-01"}, "account.day.form"},
		{account.RoleChange{Role: access.Admin, To: "morgen"}, "account.day.form"},
		{account.RoleChange{Role: access.Admin, To: "20260-1-1"}, "account.day.form"},
		{account.RoleChange{Role: access.Admin, From: "2026-12-02", To: "2026-12-01"}, "account.to.before"},
		{account.RoleChange{Account: citizen.ID, Role: access.Planner}, "account.role.pseudonym"},
		{account.RoleChange{Account: citizen.ID, Role: access.Resident}, ""},
		{account.RoleChange{Account: citizen.ID, Role: access.GroupMember}, ""},
		{account.RoleChange{Role: access.Admin, From: "2026-12-01", To: "2026-12-01"}, ""},
	} {
		if c.change.Account == "" {
			c.change.Account = planner.ID
		}
		if got := fieldOf(w.Change(t.Context(), access.CommandLine("t"), c.change)); got != c.want {
			t.Errorf("%+v: %q, want %q", c.change, got, c.want)
		}
	}
}

func TestRolesKeptApartAreSoInEveryContextAndOnEveryDay(t *testing.T) {
	w := newWorld(t)
	w.Places = offices{}
	a, _ := w.add(t, "stat@stadt.de", good, access.StatisticsOfficer)
	by := access.CommandLine("t")
	if err := w.Change(t.Context(), by, account.RoleChange{Account: a.ID, Role: access.DataSupplier, In: office, From: "2030-01-01"}); fieldOf(err) != "account.role.clash" {
		t.Errorf("in an office, years later: %v", err)
	}
	held := w.store.list[0].Roles[0]
	if err := w.Change(t.Context(), by, account.RoleChange{Account: a.ID, End: held.ID, To: "2026-12-31"}); err != nil {
		t.Fatal(err)
	}
	if err := w.Change(t.Context(), by, account.RoleChange{Account: a.ID, Role: access.Planner, From: "2026-12-31"}); fieldOf(err) != "account.role.clash" {
		t.Errorf("on the last day: %v", err)
	}
	if err := w.Change(t.Context(), by, account.RoleChange{Account: a.ID, Role: access.Planner, From: "2027-01-01"}); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

func TestTheTownKeepsAnAdministration(t *testing.T) {
	w := newWorld(t)
	root, _ := w.add(t, "root@stadt.de", good, access.Admin)
	me := w.actor(t, root)
	end := func(by access.Actor, a account.Account, last kernel.Date) error {
		held, err := w.Get(t.Context(), access.CommandLine("t"), a.ID)
		if err != nil {
			t.Fatal(err)
		}
		i := slices.IndexFunc(held.Roles, func(g account.Grant) bool { return g.Role == access.Admin && g.To == "" })
		return w.Change(t.Context(), by, account.RoleChange{Account: a.ID, End: held.Roles[i].ID, To: last})
	}
	if err := w.Disable(t.Context(), me, root.ID, true); fieldOf(err) != "account.disable.self" {
		t.Errorf("disables himself: %v", err)
	}
	if err := w.Change(t.Context(), me, account.RoleChange{Account: root.ID, Role: access.Planner}); fieldOf(err) != "account.roles.self" {
		t.Errorf("gives himself a role: %v", err)
	}
	fresh, _ := w.add(t, "new@stadt.de", "", access.Admin)
	for who, by := range map[string]access.Actor{"himself": me, "command line": access.CommandLine("t")} {
		for _, last := range []kernel.Date{"", "2026-11-21", "2027-05-01"} {
			if err := end(by, root, last); fieldOf(err) != "account.admin.last" {
				t.Errorf("the last administration ended by %s on %q, while the other never signed in: %v", who, last, err)
			}
		}
	}
	if err := w.Disable(t.Context(), access.CommandLine("t"), root.ID, true); fieldOf(err) != "account.admin.last" {
		t.Errorf("the last administration disabled: %v", err)
	}
	second, _ := w.add(t, "two@stadt.de", good, access.Admin)
	if err := end(access.CommandLine("t"), fresh, ""); err != nil {
		t.Errorf("one that never signed in: %v", err)
	}
	if err := end(w.actor(t, second), root, "2027-05-01"); err != nil {
		t.Errorf("with another one there: %v", err)
	}
	if err := end(me, second, ""); fieldOf(err) != "account.admin.last" {
		t.Errorf("the one that would be left ends in May: %v", err)
	}
}

func TestRolesAreEndedNotErased(t *testing.T) {
	w := newWorld(t)
	a, _ := w.add(t, "anna@stadt.de", good, access.Planner)
	by := access.CommandLine("t")
	grant := func(i int) account.Grant { return w.store.list[0].Roles[i] }
	if err := w.Change(t.Context(), by, account.RoleChange{Account: a.ID, End: grant(0).ID}); err != nil {
		t.Fatal(err)
	}
	if got := w.actor(t, a).Roles; len(got) > 0 {
		t.Errorf("for the rest of the day: %v", got)
	}
	if err := w.Change(t.Context(), by, account.RoleChange{Account: a.ID, End: grant(0).ID}); fieldOf(err) != "account.grant.ended" {
		t.Errorf("ended twice: %v", err)
	}
	if err := w.Change(t.Context(), by, account.RoleChange{Account: a.ID, End: kernel.NewID()}); kernel.KindOf(err) != kernel.NotFound {
		t.Errorf("what nobody holds: %v", err)
	}
	if err := w.Change(t.Context(), by, account.RoleChange{Account: a.ID, Role: access.Planner, To: "2026-12-31"}); err != nil {
		t.Fatal(err)
	}
	if err := w.Change(t.Context(), by, account.RoleChange{Account: a.ID, End: grant(1).ID, To: "2027-01-31"}); fieldOf(err) != "account.to.later" {
		t.Errorf("ending later than it does: %v", err)
	}
	if err := w.Change(t.Context(), by, account.RoleChange{Account: a.ID, End: grant(1).ID, To: "2026-11-01"}); fieldOf(err) != "account.to.past" {
		t.Errorf("ending in the past: %v", err)
	}
	w.now = w.now.AddDate(0, 1, 0)
	if got := w.actor(t, a).Roles; !slices.Equal(got, []access.Role{access.Planner}) || len(w.store.list[0].Roles) != 2 {
		t.Errorf("a month later: %v of %v", got, w.store.list[0].Roles)
	}
}

// second is a town that asks for two people: it keeps what was asked and lets through what it is told to.
type secondPerson struct {
	asked []access.Matter
	agree bool
}

func (s *secondPerson) Second(_ context.Context, _ access.Actor, m access.Matter) error {
	s.asked = append(s.asked, m)
	if s.agree {
		return nil
	}
	return kernel.E(kernel.Conflict, "approval.waiting")
}

func TestASecondPersonCarriesOutWhatTheFirstAsked(t *testing.T) {
	w := newWorld(t)
	root, _ := w.add(t, "root@stadt.de", good, access.Admin)
	other, _ := w.add(t, "two@stadt.de", good, access.Admin)
	anna, _ := w.add(t, "anna@stadt.de", good, access.Planner)
	me, eyes := w.actor(t, root), &secondPerson{}
	w.FourEyes = eyes
	c := account.RoleChange{Account: anna.ID, Role: access.Moderator, From: "2026-11-22", Reason: "Vertretung"}
	if err := w.Change(t.Context(), me, c); fieldOf(err) != "approval.waiting" || len(w.actor(t, anna).Roles) != 1 {
		t.Fatalf("goes on alone: %v", err)
	}
	m := eyes.asked[0]
	if m.Kind != access.RoleMatter || m.Do != access.ManageUsers || m.What != account.RolesExecutor || m.Object.ID != anna.ID {
		t.Errorf("asked for %+v", m)
	}
	args, err := json.Marshal(m.Args)
	if err != nil {
		t.Fatal(err)
	}
	w.now = w.now.AddDate(0, 0, 7)
	eyes.agree = true
	if err := w.CarryOut(t.Context(), w.actor(t, other), args); err != nil {
		t.Fatal(err)
	}
	if got := w.actor(t, anna).Roles; !slices.Contains(got, access.Moderator) {
		t.Errorf("afterwards: %v", got)
	}
	if first, again := eyes.asked[0], eyes.asked[1]; first.Args != again.Args || first.What != again.What {
		t.Errorf("the matter carried out is another one: %+v, %+v", first.Args, again.Args)
	}
	// The second person cannot be the one who gains.
	c = account.RoleChange{Account: other.ID, Role: access.Moderator}
	args, err = json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.CarryOut(t.Context(), w.actor(t, other), args); fieldOf(err) != "account.roles.self" {
		t.Errorf("agrees to his own role: %v", err)
	}
}
