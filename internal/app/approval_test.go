// SPDX-License-Identifier: EUPL-1.2

package app_test

import (
	"errors"
	"slices"
	"sync"
	"testing"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/account"
	"github.com/kupferfaden/kupferfaden/internal/app"
	"github.com/kupferfaden/kupferfaden/internal/approval"
	"github.com/kupferfaden/kupferfaden/internal/indicator"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/release"
	"github.com/kupferfaden/kupferfaden/internal/trail"
)

// fourEyes is a town with figures that asks for two people before anything becomes public or leaves as a file.
func fourEyes(t *testing.T, a *app.App, who access.Actor) (planners []access.Actor, slices []kernel.ID) {
	t.Helper()
	town, err := a.Town(t.Context(), who.Tenant)
	if err != nil {
		t.Fatal(err)
	}
	town.Settings.Rules.FourEyes = map[access.MatterKind]bool{access.PublishMatter: true, access.ExportMatter: true}
	if err := a.Tenants.Save(t.Context(), who, town); err != nil {
		t.Fatal(err)
	}
	for _, mail := range []string{"eins@stadt.example", "zwei@stadt.example"} {
		x, _, err := a.Accounts.Add(t.Context(), who, account.New{Email: mail, Name: "Sozialplanung", Roles: []access.Role{access.Planner}, Password: passphrase})
		if err != nil {
			t.Fatal(err)
		}
		p, err := a.Accounts.Actor(t.Context(), who.Tenant, x.ID)
		if err != nil {
			t.Fatal(err)
		}
		planners = append(planners, p)
	}
	grid(t, a, who, 12)
	deliver(t, a, who, "2018-12-31", three, before)
	list, err := a.Indicators.Slices(t.Context(), who, indicator.Filter{})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range list {
		slices = append(slices, s.ID)
	}
	return planners, slices
}

func key(err error) string {
	var k *kernel.Error
	if errors.As(err, &k) {
		return k.Key
	}
	return ""
}

func waitingFor(t *testing.T, a *app.App, by access.Actor) []approval.Request {
	t.Helper()
	all, err := a.Approvals.List(t.Context(), by)
	if err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(all, func(r approval.Request) bool { return r.State != approval.Waiting })
}

func released(t *testing.T, a *app.App, who access.Actor) (n int) {
	t.Helper()
	entries, err := a.Gate.Ledger(t.Context(), who, release.SliceKind)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.Active() {
			n++
		}
	}
	return n
}

func TestPublishingWaitsForASecondPersonAndHappensOnce(t *testing.T) {
	each(t, func(t *testing.T, a *app.App, who access.Actor) {
		p, ids := fourEyes(t, a, who)
		ctx := t.Context()
		for range 2 { // asking twice is asking once
			if err := a.Gate.Publish(ctx, p[0], ids, access.Public, "zum Bericht"); key(err) != "approval.waiting" {
				t.Fatalf("published at once: %v", err)
			}
		}
		list := waitingFor(t, a, p[1])
		if len(list) != 1 || released(t, a, who) != 0 {
			t.Fatalf("%d requests wait, %d tables are released", len(list), released(t, a, who))
		}
		id := list[0].ID
		if err := a.Approvals.Approve(ctx, p[0], id); key(err) != "approval.self" {
			t.Errorf("agreed to the own request: %v", err)
		}
		if n, err := a.Approvals.Count(ctx, p[0]); err != nil || n != 0 {
			t.Errorf("the own request is counted as waiting for oneself: %d %v", n, err)
		}
		if n, err := a.Approvals.Count(ctx, p[1]); err != nil || n != 1 {
			t.Errorf("the desk of the second person counts %d, %v", n, err)
		}
		admin := access.Actor{Tenant: who.Tenant, Person: kernel.NewID(), Roles: []access.Role{access.Admin}}
		if err := a.Approvals.Approve(ctx, admin, id); kernel.KindOf(err) != kernel.NotFound {
			t.Errorf("somebody who may not publish agreed: %v", err)
		}
		var wg sync.WaitGroup
		errs := make([]error, 2)
		for i := range errs { // two clicks at once
			wg.Go(func() { errs[i] = a.Approvals.Approve(ctx, p[1], id) })
		}
		wg.Wait()
		if (errs[0] == nil) == (errs[1] == nil) || key(errors.Join(errs...)) != "approval.decided" {
			t.Errorf("two clicks: %v", errs)
		}
		entries, err := a.Gate.Ledger(ctx, who, release.SliceKind)
		if err != nil || len(entries) != len(ids) || entries[0].ReleasedBy != p[0].Name {
			t.Errorf("%d entries in the ledger for %d tables: %v", len(entries), len(ids), err)
		}
		told := map[string]int{}
		all, _, err := a.Trail.Find(ctx, who, trail.Filter{}, 0, 1000)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range all {
			told[e.What]++
		}
		if told["approval.ask"] != 1 || told["approval.approve"] != 1 || told["release.publish"] != len(ids) {
			t.Errorf("the trail tells %v", told)
		}
	})
}

func TestWhatHasChangedSinceItWasAskedForIsNotDone(t *testing.T) {
	each(t, func(t *testing.T, a *app.App, who access.Actor) {
		p, ids := fourEyes(t, a, who)
		ctx := t.Context()
		if err := a.Gate.Publish(ctx, p[0], ids, access.Public, ""); key(err) != "approval.waiting" {
			t.Fatal(err)
		}
		id := waitingFor(t, a, p[1])[0].ID
		deliver(t, a, who, "2018-12-31", three, after) // other figures under the same tables
		if err := a.Approvals.Approve(ctx, p[1], id); key(err) != "approval.stale" || released(t, a, who) != 0 {
			t.Errorf("published what nobody asked for: %v", err)
		}
		r, err := a.Approvals.Get(ctx, p[0], id)
		if err != nil || r.State != approval.Stale || r.Answer != "approval.changed" {
			t.Errorf("%+v %v", r.State, err)
		}
	})
}

func TestRequestsAreRejectedWithdrawnAndLostWithTheRole(t *testing.T) {
	each(t, func(t *testing.T, a *app.App, who access.Actor) {
		p, ids := fourEyes(t, a, who)
		ctx := t.Context()
		ask := func() kernel.ID {
			t.Helper()
			if err := a.Gate.Publish(ctx, p[0], ids, access.Public, ""); key(err) != "approval.waiting" {
				t.Fatal(err)
			}
			return waitingFor(t, a, p[1])[0].ID
		}
		id := ask()
		if err := a.Approvals.Reject(ctx, p[1], id, " "); kernel.KindOf(err) != kernel.Invalid {
			t.Errorf("rejected without a reason: %v", err)
		}
		if err := a.Approvals.Reject(ctx, p[1], id, "noch nicht geprüft"); err != nil {
			t.Error(err)
		}
		if err := a.Approvals.Approve(ctx, p[1], id); key(err) != "approval.decided" {
			t.Errorf("agreed after refusing: %v", err)
		}
		id = ask()
		if err := a.Approvals.Withdraw(ctx, p[1], id); kernel.KindOf(err) != kernel.Denied {
			t.Errorf("somebody else withdrew: %v", err)
		}
		if err := a.Approvals.Withdraw(ctx, p[0], id); err != nil {
			t.Error(err)
		}
		id = ask()
		if err := a.Accounts.Disable(ctx, who, p[0].Person, true); err != nil {
			t.Fatal(err)
		}
		if err := a.Approvals.Approve(ctx, p[1], id); key(err) != "approval.stale" || released(t, a, who) != 0 {
			t.Errorf("carried out for somebody who has gone: %v", err)
		}
	})
}

func TestAFileThatIsNotPublicWaitsAndCanThenBeFetchedByWhoAsked(t *testing.T) {
	each(t, func(t *testing.T, a *app.App, who access.Actor) {
		p, _ := fourEyes(t, a, who)
		ctx := t.Context()
		x := release.Export{As: access.Internal, Object: kernel.Ref{Kind: "indicator", ID: "pop_total"}, Title: kernel.T("Ausgabe", "Export"), Choice: "raum 2018"}
		if err := a.Gate.TakeAway(ctx, p[0], x); key(err) != "approval.waiting" {
			t.Fatalf("taken at once: %v", err)
		}
		if err := a.Approvals.Approve(ctx, p[1], waitingFor(t, a, p[1])[0].ID); err != nil {
			t.Fatal(err)
		}
		if err := a.Gate.TakeAway(ctx, p[0], x); err != nil {
			t.Errorf("not taken after the agreement: %v", err)
		}
		if err := a.Gate.TakeAway(ctx, p[1], x); key(err) != "approval.waiting" {
			t.Errorf("the agreement serves somebody else: %v", err)
		}
		x.Choice = "raum 2019"
		if err := a.Gate.TakeAway(ctx, p[0], x); key(err) != "approval.waiting" {
			t.Errorf("the agreement serves another file: %v", err)
		}
		x.As = access.Public
		if err := a.Gate.TakeAway(ctx, access.Anonymous(who.Tenant), x); err != nil {
			t.Errorf("public figures wait: %v", err)
		}
	})
}
