// SPDX-License-Identifier: EUPL-1.2

package release_test

import (
	"context"
	"errors"
	"math"
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/area"
	"github.com/kupferfaden/kupferfaden/internal/indicator"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/release"
)

const town kernel.ID = "town"

var (
	planner = access.Actor{Tenant: town, Person: "p", Roles: []access.Role{access.Planner}}
	admin   = access.Actor{Tenant: town, Person: "a", Roles: []access.Role{access.Admin}}
	reader  = access.Anonymous(town)
	end2024 = kernel.On("2024-12-31")
)

// fake is a town with districts 1 and 2 of two and three areas and one indicator.
type fake struct {
	version indicator.Version
	figures []indicator.Observation // of areas 11, 12, 21, 22, 23
	entries []release.Entry
	stamp   int
}

var keys = []string{"11", "12", "21", "22", "23"}

func (f *fake) Indicators(context.Context, kernel.ID) ([]indicator.Indicator, error) {
	return []indicator.Indicator{{ID: "i", Key: "sgb2_rate", Versions: []indicator.Version{f.version}}}, nil
}

func (f *fake) SliceStates(context.Context, kernel.ID) ([]indicator.SliceState, error) {
	s := indicator.SliceState{Slice: indicator.Slice{ID: "s", IndicatorID: "i", Version: 1, EditionID: "areas", Period: end2024}, Figures: len(f.figures)}
	for _, o := range f.figures {
		if !math.IsNaN(o.Numerator) {
			s.Parts++
		}
	}
	return []indicator.SliceState{s}, nil
}

func (f *fake) Slice(context.Context, kernel.ID, kernel.ID) (indicator.Slice, error) {
	return indicator.Slice{}, kernel.E(kernel.NotFound, "indicator.slice.notfound")
}

func (f *fake) Observations(context.Context, kernel.ID, kernel.ID, []kernel.ID) ([]indicator.Observation, error) {
	return f.figures, nil
}

func (f *fake) Stamp(context.Context, kernel.ID) (string, error) {
	f.stamp++
	return strconv.Itoa(f.stamp), nil
}

func (f *fake) EditionByID(_ context.Context, _ access.Actor, id kernel.ID) (area.Edition, error) {
	return area.Edition{ID: id, Key: string(id)}, nil
}

func (f *fake) Hierarchy(context.Context, access.Actor, kernel.ID) (*area.Hierarchy, error) {
	h := &area.Hierarchy{Levels: []area.HierarchyLevel{{
		Edition: area.Edition{ID: "districts"}, Areas: []area.Area{{ID: "d1", Key: "1"}, {ID: "d2", Key: "2"}}, Of: []int{0, 0, 1, 1, 1},
	}}}
	for _, k := range keys {
		h.Areas = append(h.Areas, area.Area{ID: kernel.ID(k), Key: k})
	}
	return h, nil
}

func (f *fake) Add(_ context.Context, _ kernel.ID, e release.Entry) error {
	f.entries = append(f.entries, e)
	return nil
}

func (f *fake) Withdraw(_ context.Context, _, id kernel.ID, at kernel.Instant, by, reason string) error {
	for i := range f.entries {
		if f.entries[i].ID == id {
			f.entries[i].WithdrawnAt, f.entries[i].WithdrawnBy, f.entries[i].WithdrawnReason = at, by, reason
		}
	}
	return nil
}

func (f *fake) Entries(_ context.Context, _ kernel.ID, kind release.Kind) ([]release.Entry, error) {
	var list []release.Entry
	for _, e := range f.entries {
		if e.Kind == kind {
			list = append(list, e)
		}
	}
	return list, nil
}

func (f *fake) Tx(ctx context.Context, do func(context.Context) error) error { return do(ctx) }

func service(f *fake) *release.Service {
	return &release.Service{Source: f, Areas: f, Store: f, Tx: f, Now: func() time.Time { return time.Date(2025, 3, 1, 0, 0, 0, 0, time.UTC) }}
}

func share(class string) indicator.Version {
	return indicator.Version{Version: 1, Unit: "%", Factor: 100, Aggregation: indicator.Ratio, Class: class}
}

// counts makes observations from pairs of numerator and denominator.
func counts(pairs ...[2]float64) []indicator.Observation {
	list := make([]indicator.Observation, len(pairs))
	for i, p := range pairs {
		list[i] = indicator.Observation{
			AreaID: kernel.ID(keys[i]), Revision: 1, Numerator: p[0], Denominator: p[1], Value: math.NaN(), Change: math.NaN(), Flag: indicator.Value,
			DeliveryID: "d", Disclosure: indicator.Unchecked,
		}
	}
	return list
}

func rates(d indicator.Disclosure, values ...float64) []indicator.Observation {
	nan := math.NaN()
	list := make([]indicator.Observation, len(values))
	for i, v := range values {
		list[i] = indicator.Observation{
			AreaID: kernel.ID(keys[i]), Revision: 1, Numerator: nan, Denominator: nan, Value: v, Change: nan, Flag: indicator.Value, DeliveryID: "d",
			Disclosure: d,
		}
	}
	return list
}

func view(t *testing.T, s *release.Service, a access.Actor, as access.Audience) release.View {
	t.Helper()
	v, err := s.View(context.Background(), a, as)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestUnreleasedFiguresStayWithThePlanningStaff(t *testing.T) {
	f := &fake{version: share("S3"), figures: counts([2]float64{20, 100}, [2]float64{30, 100}, [2]float64{40, 100}, [2]float64{50, 100}, [2]float64{60, 100})}
	s := service(f)
	q := release.Query{Indicator: "sgb2_rate", EditionID: "areas"}
	if _, err := view(t, s, reader, access.Public).Figures(context.Background(), q); kernel.KindOf(err) != kernel.NotFound {
		t.Errorf("a reader sees unreleased figures: %v", err)
	}
	table, err := view(t, s, planner, access.Internal).Figures(context.Background(), q)
	if err != nil || table.Figures[0].Value != 20 || table.Total.Value != 40 {
		t.Errorf("planner: %v %+v", err, table)
	}
	if err := s.Publish(context.Background(), planner, []kernel.ID{"s"}, access.Public, ""); err != nil {
		t.Fatal(err)
	}
	table, err = view(t, s, reader, access.Public).Figures(context.Background(), q)
	if err != nil || table.Figures[4].Value != 60 {
		t.Errorf("released: %v", err)
	}
	if err := s.Withdraw(context.Background(), planner, release.SliceKind, "s", access.Public, "Fehler der Quelle"); err != nil {
		t.Fatal(err)
	}
	if _, err := view(t, s, reader, access.Public).Figures(context.Background(), q); kernel.KindOf(err) != kernel.NotFound {
		t.Errorf("withdrawn figures are still seen: %v", err)
	}
	if len(f.entries) != 1 || f.entries[0].Active() {
		t.Error("the ledger keeps the release and its end")
	}
}

func TestOnlyPlannersOpenWiderViews(t *testing.T) {
	s := service(&fake{version: share("S3"), figures: counts([2]float64{20, 100})})
	for _, c := range []struct {
		who  access.Actor
		as   access.Audience
		want kernel.Kind
	}{
		{reader, access.Internal, kernel.Unauthenticated},
		{reader, access.Political, kernel.Unauthenticated},
		{admin, access.Internal, kernel.Denied},
		{admin, access.Sealed, kernel.Denied},
	} {
		if _, err := s.View(context.Background(), c.who, c.as); kernel.KindOf(err) != c.want {
			t.Errorf("%v as %s: %v", c.who.Roles, c.as, err)
		}
	}
	if _, err := s.View(context.Background(), planner, access.Sealed); err == nil {
		t.Error("a planner opens the sealed view")
	}
	if _, err := s.Compute(context.Background(), admin); kernel.KindOf(err) != kernel.Denied {
		t.Error("an administrator computes on sealed figures")
	}
}

func TestPrimarySuppressionTakesTheLargerMinimum(t *testing.T) {
	cases := []struct {
		name     string
		class    string
		pair     [2]float64
		internal bool // shown to planners
		public   bool
	}{
		{"2 of 100 is small for everybody", "S3", [2]float64{2, 100}, false, false},
		{"4 of 100 by class S3", "S3", [2]float64{4, 100}, true, true},
		{"4 of 100 by class S5", "S5", [2]float64{4, 100}, false, false},
		{"the complement counts", "S3", [2]float64{98, 100}, false, false},
		{"9 of 200 by class S10", "S10", [2]float64{9, 200}, false, false},
		{"10 of 200 by class S10", "S10", [2]float64{10, 200}, true, true},
		{"zero may be shown", "S5", [2]float64{0, 100}, true, true},
		{"a base under 100", "N100", [2]float64{20, 90}, false, false},
		{"open data", "O", [2]float64{1, 2}, true, true},
		{"child protection stays internal", "S10I", [2]float64{50, 400}, true, false},
		{"unknown classes show nothing", "??", [2]float64{50, 400}, false, false},
	}
	for _, c := range cases {
		f := &fake{version: share(c.class), figures: counts(c.pair)}
		f.entries = []release.Entry{{ID: "e", Kind: release.SliceKind, ObjectID: "s", Audience: access.Public}}
		s := service(f)
		q := release.Query{Indicator: "sgb2_rate", EditionID: "areas"}
		for as, want := range map[access.Audience]bool{access.Internal: c.internal, access.Public: c.public} {
			table, err := view(t, s, planner, as).Figures(context.Background(), q)
			if err != nil {
				t.Fatal(err)
			}
			got := table.Figures[0]
			if got.Shown() != want {
				t.Errorf("%s, %s: shown %v", c.name, as, got.Shown())
			}
			if !got.Shown() && (got.Flag != indicator.Suppressed || !math.IsNaN(got.Numerator) || !math.IsNaN(got.Denominator) || !math.IsNaN(got.Low)) {
				t.Errorf("%s, %s: a suppressed figure shows more than its flag: %+v", c.name, as, got)
			}
		}
	}
}

func TestBareRatesAreJudgedByTheirSource(t *testing.T) {
	q := release.Query{Indicator: "sgb2_rate", EditionID: "areas"}
	for d, public := range map[indicator.Disclosure]bool{indicator.Cleared: true, indicator.Unchecked: false} {
		f := &fake{version: share("N100"), figures: rates(d, 1.5, 2.5, 3.5, 4.5, 5.5)}
		s := service(f)
		table, err := view(t, s, planner, access.Internal).Figures(context.Background(), q)
		if err != nil || !table.Figures[0].Shown() {
			t.Errorf("%s: planners see bare rates: %v", d, err)
		}
		if table.Total.Shown() || table.TotalKey != "indicator.rollup.rate" {
			t.Errorf("%s: a total of bare rates: %+v %s", d, table.Total, table.TotalKey)
		}
		err = s.Publish(context.Background(), planner, []kernel.ID{"s"}, access.Public, "")
		if (err == nil) != public {
			t.Errorf("%s: publishing: %v", d, err)
		}
		_, err = view(t, s, planner, access.Internal).Figures(context.Background(), release.Query{Indicator: "sgb2_rate", EditionID: "districts"})
		var e *kernel.Error
		if !errors.As(err, &e) || e.Key != "indicator.rollup.rate" {
			t.Errorf("%s: rates were rolled up: %v", d, err)
		}
	}
}

func TestASingleSuppressedCellBesideItsTotalIsNotPublished(t *testing.T) {
	ok := [2]float64{20, 100}
	small := [2]float64{2, 100}
	cases := []struct {
		name    string
		figures []indicator.Observation
		want    bool
	}{
		{"none suppressed", counts(ok, ok, ok, ok, ok), true},
		{"one alone", counts(small, ok, ok, ok, ok), false},
		{"one in each district", counts(small, ok, small, ok, ok), false},
		{"two in one district", counts(ok, ok, small, small, ok), true},
	}
	for _, c := range cases {
		err := service(&fake{version: share("S3"), figures: c.figures}).Publish(context.Background(), planner, []kernel.ID{"s"}, access.Public, "")
		if (err == nil) != c.want {
			t.Errorf("%s: %v", c.name, err)
		}
		if err != nil {
			var e *kernel.Error
			if !errors.As(err, &e) || len(e.Findings) == 0 || e.Findings[0].Code != "release.single" || e.Findings[0].Params["total"] == "" {
				t.Errorf("%s: the refusal names cell and sum: %v", c.name, err)
			}
		}
	}
}

func TestUnionsAreSumsOfNumeratorsOverSumsOfDenominators(t *testing.T) {
	f := &fake{version: share("O"), figures: counts([2]float64{1, 10}, [2]float64{3, 30}, [2]float64{5, 20}, [2]float64{0, 10}, [2]float64{1, 70})}
	table, err := view(t, service(f), planner, access.Internal).Figures(context.Background(), release.Query{Indicator: "sgb2_rate", EditionID: "districts"})
	if err != nil {
		t.Fatal(err)
	}
	want := []float64{10, 6}
	for i, w := range want {
		if math.Abs(table.Figures[i].Value-w) > 1e-12 {
			t.Errorf("district %d: %v, want %v", i+1, table.Figures[i].Value, w)
		}
	}
	if !table.RolledUp() || table.Base.ID != "areas" {
		t.Error("a union says what it is made of")
	}
}

// What the gate shows alone must never contain a count between one and the minimum, of cases or of those who are none.
func TestNoSmallCountIsEverShown(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		class := rapid.SampledFrom([]string{"S3", "S5", "S10", "N100"}).Draw(rt, "class")
		least := map[string]float64{"S3": 3, "S5": 5, "S10": 10, "N100": 3}[class]
		as := rapid.SampledFrom([]access.Audience{access.Public, access.Political, access.Internal}).Draw(rt, "audience")
		den := float64(rapid.IntRange(0, 300).Draw(rt, "den"))
		num := float64(rapid.IntRange(0, int(den)).Draw(rt, "num"))
		f := &fake{version: share(class), figures: counts([2]float64{num, den})}
		f.entries = []release.Entry{{ID: "e", Kind: release.SliceKind, ObjectID: "s", Audience: access.Public}}
		v, err := service(f).View(context.Background(), planner, as)
		if err != nil {
			rt.Fatal(err)
		}
		table, err := v.Figures(context.Background(), release.Query{Indicator: "sgb2_rate", EditionID: "areas"})
		if err != nil {
			rt.Fatal(err)
		}
		fig := table.Figures[0]
		if !fig.Shown() {
			return
		}
		for _, n := range []float64{num, den - num} {
			if n >= 1 && n < least {
				rt.Fatalf("%s shows %v of %v to %s", class, num, den, as)
			}
		}
	})
}

func TestAudienceOfAReleaseIsChecked(t *testing.T) {
	s := service(&fake{version: share("O"), figures: counts([2]float64{5, 10})})
	if err := s.Publish(context.Background(), reader, []kernel.ID{"s"}, access.Public, ""); kernel.KindOf(err) != kernel.Unauthenticated {
		t.Error(err)
	}
	if err := s.Publish(context.Background(), planner, []kernel.ID{"s"}, access.Internal, ""); kernel.KindOf(err) != kernel.Invalid {
		t.Error(err)
	}
	if err := s.Withdraw(context.Background(), planner, release.SliceKind, "s", access.Public, ""); kernel.KindOf(err) != kernel.Invalid {
		t.Error("withdrawing needs a reason:", err)
	}
}
