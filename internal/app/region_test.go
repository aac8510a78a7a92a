// SPDX-License-Identifier: EUPL-1.2

package app_test

import (
	"context"
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/app"
	"github.com/kupferfaden/kupferfaden/internal/indicator"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/platform/job"
	"github.com/kupferfaden/kupferfaden/internal/region"
	"github.com/kupferfaden/kupferfaden/internal/release"
	"github.com/kupferfaden/kupferfaden/internal/tenant"
)

// admin is the administration of a town.
func admin(t kernel.ID) access.Actor {
	return access.Actor{Tenant: t, Person: kernel.NewID(), Roles: []access.Role{access.Admin}}
}

func planner(t kernel.ID) access.Actor {
	return access.Actor{Tenant: t, Person: kernel.NewID(), Roles: []access.Role{access.Planner}}
}

// makeRegion adds a region to an installation.
func makeRegion(t *testing.T, a *app.App) kernel.ID {
	t.Helper()
	made, err := a.Tenants.Create(context.Background(), access.CommandLine(""), tenant.Tenant{Key: "kreis", Name: kernel.T("Kreis Kupferland", ""), Kind: tenant.District})
	if err != nil {
		t.Fatal(err)
	}
	return made.ID
}

// work does the jobs of the region that wait, as a worker would, and tells how many copies were made.
func work(t *testing.T, a *app.App, in kernel.ID) int {
	t.Helper()
	ctx, stop := context.WithTimeout(context.Background(), time.Minute)
	defer stop()
	done := a.Work(ctx)
	for {
		waiting, err := a.Queue.List(ctx, in, job.Filter{Kinds: []string{"region.copy"}, States: []job.State{job.Waiting, job.Running}})
		if err != nil {
			t.Fatal(err)
		}
		if len(waiting) == 0 {
			break
		}
		select {
		case <-ctx.Done():
			t.Fatal("the copy is not made")
		case <-time.After(20 * time.Millisecond):
		}
	}
	stop()
	<-done
	list, err := a.Queue.List(context.Background(), in, job.Filter{Kinds: []string{"region.copy"}, States: []job.State{job.Done}})
	if err != nil {
		t.Fatal(err)
	}
	return len(list)
}

func join(t *testing.T, a *app.App, in, town kernel.ID) {
	t.Helper()
	ctx := context.Background()
	if err := a.Regions.Propose(ctx, admin(in), town); err != nil {
		t.Fatal(err)
	}
	if err := a.Regions.Accept(ctx, admin(town), in); err != nil {
		t.Fatal(err)
	}
}

func compare(t *testing.T, a *app.App, in kernel.ID) *region.Comparison {
	t.Helper()
	c, err := a.Regions.Compare(context.Background(), planner(in), "child_poverty_rate", kernel.Period{})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestARegionShowsWhatItsTownsReleased(t *testing.T) {
	each(t, func(t *testing.T, a *app.App, nord access.Actor) {
		ctx := context.Background()
		second, err := a.Init(ctx, "sued", kernel.T("Südstadt", ""), true)
		if err != nil {
			t.Fatal(err)
		}
		sued := a.Operator(second)
		_, released := monitored(t, a, nord, 10)
		monitored(t, a, sued, 20)
		in := makeRegion(t, a)
		if err := a.Regions.Accept(ctx, admin(nord.Tenant), in); kernel.KindOf(err) != kernel.Conflict {
			t.Errorf("a town joins uninvited: %v", err)
		}
		if err := a.Regions.Propose(ctx, admin(sued.Tenant), nord.Tenant); kernel.KindOf(err) != kernel.Invalid {
			t.Errorf("a town joins a town: %v", err)
		}
		if err := a.Regions.Propose(ctx, planner(in), nord.Tenant); kernel.KindOf(err) != kernel.Denied {
			t.Errorf("a planner invites: %v", err)
		}
		join(t, a, in, nord.Tenant)
		if err := a.Regions.Propose(ctx, admin(sued.Tenant), in); err != nil { // the other way round
			t.Fatal(err)
		}
		if err := a.Regions.Accept(ctx, admin(sued.Tenant), in); kernel.KindOf(err) != kernel.Conflict {
			t.Errorf("a town accepts its own application: %v", err)
		}
		if err := a.Regions.Accept(ctx, admin(in), sued.Tenant); err != nil {
			t.Fatal(err)
		}
		work(t, a, in)
		c := compare(t, a, in)
		if len(c.Lines) != 2 || c.Lines[0].Why != region.Comparable || c.Lines[1].Why != region.Comparable {
			t.Fatalf("side by side: %+v", c.Lines)
		}
		// 10, 11, 14, 19, 26 of 1000 times the scale
		for i, want := range map[int]float64{0: 20 * 80.0 / 50, 1: 10 * 80.0 / 50} {
			if got := c.Lines[i].Table.Total.Figure.Value; math.Abs(got-want) > 1e-9 {
				t.Errorf("%s: %v, want %v", c.Lines[i].Town.Name, got, want)
			}
		}
		if _, err := a.Regions.Compare(ctx, access.Anonymous(in), "child_poverty_rate", kernel.Period{}); kernel.KindOf(err) != kernel.NotFound {
			t.Errorf("everybody reads what the region has not published: %v", err)
		}
		if _, err := a.Regions.Overview(ctx, admin(in)); err == nil {
			t.Error("the administration reads figures")
		}
		if err := a.Regions.Publish(ctx, admin(in), true); err != nil {
			t.Fatal(err)
		}
		if _, err := a.Regions.Compare(ctx, access.Anonymous(in), "child_poverty_rate", kernel.Period{}); err != nil {
			t.Errorf("after publication: %v", err)
		}
		// What a town withdraws disappears.
		for _, s := range released {
			if err := a.Gate.Withdraw(ctx, nord, release.SliceKind, s.ID, access.Public, "Fehler"); err != nil {
				t.Fatal(err)
			}
		}
		work(t, a, in)
		if c := compare(t, a, in); c.Lines[1].Why != region.NoFigure || c.Lines[1].Table != nil {
			t.Errorf("after withdrawal: %+v", c.Lines[1])
		}
		// What is released again comes back.
		publishAll(t, a, nord)
		work(t, a, in)
		if c := compare(t, a, in); c.Lines[1].Why != region.Comparable {
			t.Errorf("after the second release: %+v", c.Lines[1])
		}
		// A town that leaves takes its figures with it, at once.
		if err := a.Regions.End(ctx, admin(sued.Tenant), in); err != nil {
			t.Fatal(err)
		}
		if c := compare(t, a, in); len(c.Lines) != 1 || c.Lines[0].Town.ID != nord.Tenant {
			t.Errorf("after the end: %+v", c.Lines)
		}
		if err := a.Regions.Copy(ctx, in, sued.Tenant); err != nil { // a copy that was on its way
			t.Fatal(err)
		}
		if c := compare(t, a, in); len(c.Lines) != 1 {
			t.Error("a late copy brings back the town that left")
		}
		o, err := a.Regions.Overview(ctx, planner(in))
		if err != nil || len(o.Towns) != 2 || !o.Towns[1].Left() {
			t.Errorf("the region forgets that a town left: %+v %v", o, err)
		}
	})
}

func TestCopiesAreMadeOnceAndInOrder(t *testing.T) {
	each(t, func(t *testing.T, a *app.App, town access.Actor) {
		ctx := context.Background()
		monitored(t, a, town, 10)
		in := makeRegion(t, a)
		join(t, a, in, town.Tenant)
		if n := work(t, a, in); n != 1 {
			t.Errorf("%d copies for one membership", n)
		}
		older := compare(t, a, in).Lines[0].Table
		stored, err := a.Regions.Store.Towns(ctx, in)
		if err != nil {
			t.Fatal(err)
		}
		// Many changes while nobody works make one copy.
		for i := range 5 {
			if err := a.Tenants.Change(ctx, admin(town.Tenant), tenant.NameSection, mark(t, a, town.Tenant), func(x *tenant.Tenant) error {
				x.Name = kernel.T(fmt.Sprint("Stadt ", i), "")
				return nil
			}); err != nil {
				t.Fatal(err)
			}
		}
		if n := work(t, a, in); n != 2 {
			t.Errorf("%d copies, want 2", n)
		}
		now, err := a.Regions.Store.Towns(ctx, in)
		if err != nil || now[0].Name.String() != "Stadt 4" || now[0].Stamp <= stored[0].Stamp {
			t.Fatalf("%+v %v", now, err)
		}
		// A copy that was begun earlier and ends later does not replace the newer one.
		done, err := a.Regions.Store.Replace(ctx, in, stored[0], []region.Table{*older})
		if err != nil || done {
			t.Errorf("an older copy replaces a newer one: %v %v", done, err)
		}
		// A copy that fails half-way leaves the one before whole.
		broken := now[0]
		broken.Stamp++
		if _, err := a.Regions.Store.Replace(ctx, in, broken, []region.Table{*older, *older}); err == nil {
			t.Fatal("two tables of one id")
		}
		if c := compare(t, a, in); c.Lines[0].Table == nil || c.Lines[0].Town.Name.String() != "Stadt 4" {
			t.Errorf("half a copy: %+v", c.Lines[0])
		}
	})
}

func mark(t *testing.T, a *app.App, town kernel.ID) string {
	t.Helper()
	x, err := a.Tenants.Get(context.Background(), town)
	if err != nil {
		t.Fatal(err)
	}
	return x.Mark(tenant.NameSection)
}

// A region never knows more than everybody: each number of its tables is a number the town's public view shows, and what that view holds back
// is no number there, whatever was delivered. Since the sets of numbers are equal, whoever cannot work a withheld number out of the town's
// public pages cannot do it from the region's either; release's own attack proves the former.
func TestARegionNeverKnowsMoreThanEverybody(t *testing.T) {
	each(t, func(t *testing.T, a *app.App, town access.Actor) {
		grid(t, a, town, 8)
		in := makeRegion(t, a)
		join(t, a, in, town.Tenant)
		for round, small := range [][]int{{1, 2}, {1}, {0, 1, 2, 3}, {2, 1, 2, 1, 2, 1, 2, 1}, {}} {
			var rows []string
			for i := range 8 {
				n := 40 + 7*i*(round+1)
				if i < len(small) {
					n = small[i]
				}
				rows = append(rows, fmt.Sprintf("A%02d;%d;1000;2000", i+1, n))
			}
			counted(t, a, town, "raum", fmt.Sprintf("20%d-12-31", 19+round), rows...)
			releasePossible(t, a, town)
			work(t, a, in)
			hidden, shown := checkCopy(t, a, in, town.Tenant)
			if shown == 0 {
				t.Fatal("nothing was shown at all")
			}
			if round == 3 && hidden == 0 {
				t.Fatal("nothing was held back: the attack has no aim")
			}
		}
	})
}

// releasePossible publishes what the gate allows.
func releasePossible(t *testing.T, a *app.App, town access.Actor) {
	t.Helper()
	list, err := a.Indicators.Slices(context.Background(), town, indicator.Filter{})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range list {
		if err := a.Gate.Publish(context.Background(), town, []kernel.ID{s.ID}, access.Public, ""); err != nil && kernel.KindOf(err) != kernel.Invalid {
			t.Fatal(err)
		}
	}
}

// checkCopy compares a region's tables with the public view, number by number.
func checkCopy(t *testing.T, a *app.App, in, town kernel.ID) (hidden, shown int) {
	t.Helper()
	ctx := context.Background()
	v, err := a.Gate.View(ctx, access.Anonymous(town), access.Public)
	if err != nil {
		t.Fatal(err)
	}
	heads, err := a.Regions.Store.Heads(ctx, in)
	if err != nil || len(heads) == 0 {
		t.Fatalf("%d tables: %v", len(heads), err)
	}
	keys := map[string]bool{}
	for _, h := range heads {
		keys[h.Indicator] = true
	}
	same := func(x region.Figure, y release.Figure) bool {
		if x.Shown() {
			shown++
		} else {
			hidden++
		}
		return x.Flag == y.Flag && (x.Value == y.Value || math.IsNaN(x.Value) && math.IsNaN(y.Value))
	}
	for key := range keys {
		tables, err := a.Regions.Store.Tables(ctx, in, key)
		if err != nil {
			t.Fatal(err)
		}
		for _, x := range tables {
			ind, err := v.Indicator(key)
			if err != nil {
				t.Fatal(err)
			}
			i := slices.IndexFunc(v.Slices(ind), func(s indicator.SliceState) bool { return s.Period == x.Period && s.Version == x.Version })
			if i < 0 {
				t.Fatalf("%s %s is in the region and not public", key, x.Period)
			}
			public, err := v.Figures(ctx, release.Query{Indicator: key, EditionID: v.Slices(ind)[i].EditionID, Period: x.Period, Version: x.Version})
			if err != nil {
				t.Fatal(err)
			}
			if len(x.Areas) != len(public.Areas) || !same(x.Total.Figure, public.Total) {
				t.Errorf("%s %s: total %+v, public %+v", key, x.Period, x.Total, public.Total)
			}
			for n, f := range x.Areas {
				if f.Key != public.Areas[n].Key || !same(f.Figure, public.Figures[n]) {
					t.Errorf("%s %s %s: %+v, public %+v", key, x.Period, f.Key, f.Figure, public.Figures[n])
				}
			}
		}
	}
	return hidden, shown
}

func TestFiguresOfOtherDefinitionsAndPeriodsAreNotSetSideBySide(t *testing.T) {
	each(t, func(t *testing.T, a *app.App, nord access.Actor) {
		ctx := context.Background()
		in := makeRegion(t, a)
		second, err := a.Init(ctx, "sued", kernel.T("Südstadt", ""), true)
		if err != nil {
			t.Fatal(err)
		}
		third, err := a.Init(ctx, "west", kernel.T("Weststadt", ""), true)
		if err != nil {
			t.Fatal(err)
		}
		monitored(t, a, nord, 10)
		sued, west := a.Operator(second), a.Operator(third)
		grid(t, a, sued, 3)
		counted(t, a, sued, "raum", "2019-12-31", "A01;100;1000;2000", "A02;110;1000;2000", "A03;120;1000;2000")
		publishAll(t, a, sued)
		for _, town := range []access.Actor{nord, sued, west} {
			join(t, a, in, town.Tenant)
		}
		work(t, a, in)
		c, err := a.Regions.Compare(ctx, planner(in), "child_poverty_rate", kernel.On("2020-12-31"))
		if err != nil {
			t.Fatal(err)
		}
		var why []string
		for _, l := range c.Lines {
			why = append(why, l.Why)
		}
		if want := []string{region.OtherPeriod, region.Comparable, region.NoFigure}; !slices.Equal(why, want) {
			t.Errorf("%v, want %v", why, want)
		}
		if x := c.Lines[0]; x.Table == nil || x.Table.Period != kernel.On("2019-12-31") || len(x.Areas) != 0 {
			t.Errorf("the other period is not named: %+v", x)
		}
	})
}
