// SPDX-License-Identifier: EUPL-1.2

package area_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/area"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

var ctx = context.Background()

func TestImportStoresAreasWithHierarchy(t *testing.T) {
	s, _ := newService(t)
	mustImport(t, s, request("bezirk", "2021", "2021-01-01", districts()))
	q := request("plr", "2021", "2021-01-01", town())
	q.ParentLevel, q.ParentPrefix = "bezirk", 2
	r := mustImport(t, s, q)
	if r.Areas != 4 || r.Added != 4 || r.Edition.Version != 1 {
		t.Errorf("report %+v", r)
	}
	e, err := s.Edition(ctx, planner, "plr", "2021")
	if err != nil {
		t.Fatal(err)
	}
	h, err := s.Hierarchy(ctx, planner, e.ID)
	if err != nil {
		t.Fatal(err)
	}
	if len(h.Levels) != 1 || !reflect.DeepEqual(h.Levels[0].Of, []int{0, 0, 1, 1}) || h.Levels[0].Areas[1].Name != "Ost" {
		t.Errorf("hierarchy %+v", h.Levels)
	}
	a, err := s.Area(ctx, planner, e.ID, "0201")
	if err != nil {
		t.Fatal(err)
	}
	up, err := s.Ancestors(ctx, planner, a)
	if err != nil || len(up) != 1 || up[0].Area.Key != "02" || up[0].Edition.Level.Key != "bezirk" {
		t.Errorf("ancestors %+v, %v", up, err)
	}
	down, err := s.Children(ctx, planner, up[0].Area.ID)
	if err != nil || len(down) != 2 || down[0].Area.Key != "0201" || down[0].Edition.ID != e.ID {
		t.Errorf("children %+v, %v", down, err)
	}
	// 0.01 degrees at latitude 50.705: 111,267.6 m/degree north, 70,632 m/degree east (pyproj.Geod(ellps="GRS80").polygon_area_perimeter gives 785,899 m2).
	if want := 785899.0; math.Abs(a.AreaM2-want)/want > 1e-3 {
		t.Errorf("area %.0f m2, want about %.0f", a.AreaM2, want)
	}
	if math.Abs(a.LabelLon-6.225) > 1e-4 || math.Abs(a.LabelLat-50.705) > 1e-4 {
		t.Errorf("label at %g, %g", a.LabelLon, a.LabelLat)
	}
	for _, d := range []area.Detail{area.Overview, area.Web} {
		c, err := s.Coverage(ctx, planner, e.ID, d)
		if err != nil || len(c.Shapes) != 4 || c.Shapes[2].Area.ID != a.ID {
			t.Fatalf("coverage %s: %+v, %v", d, c, err)
		}
		if c.West != 6.2 || c.East != 6.24 || c.South != 50.7 || c.North != 50.71 {
			t.Errorf("bounds %g %g %g %g", c.West, c.South, c.East, c.North)
		}
		if !strings.Contains(string(c.GeoJSON()), `"key":"0201","name":"Raum 3"`) {
			t.Errorf("GeoJSON %s", c.GeoJSON())
		}
	}
}

func TestParentsByColumnAndByPlaceAgreeWithThePrefix(t *testing.T) {
	for _, way := range []string{"column", "place"} {
		t.Run(way, func(t *testing.T) {
			s, st := newService(t)
			mustImport(t, s, request("district", "2021", "2021-01-01", districts()))
			q := request("plr", "2021", "2021-01-01", town())
			q.ParentLevel = "district"
			if way == "column" {
				q.ParentField = "UP" // field names are found whatever their case
			} else {
				q.ParentByGeometry = true
			}
			mustImport(t, s, q)
			for _, a := range st.areas {
				if len(a.Key) == 4 && st.areas[a.ParentID].Key != a.Key[:2] {
					t.Errorf("%s lies in %q", a.Key, st.areas[a.ParentID].Key)
				}
			}
		})
	}
}

func TestWhatMakesAnImportAskOrRefuse(t *testing.T) {
	bow := `[[6.2,50.7],[6.21,50.71],[6.21,50.7],[6.2,50.71],[6.2,50.7]]`
	one := func(props string) string { return collection(feature(props, square(6.2, 50.7, .01))) }
	cases := []struct {
		name, file string
		change     func(*area.ImportRequest)
		want       string
	}{
		{"empty features", collection(), nil, "file geo.layer.empty"},
		{"not JSON", "abc", nil, "file geo.json.syntax"},
		{"key field missing", one(`{"id":"1","name":"A"}`), nil, "file area.field.missing"},
		{"name field missing", one(`{"key":"1"}`), nil, "file area.field.missing"},
		{"key empty", collection(feature(`{"key":null,"name":"A"}`, square(6.2, 50.7, .01)), feature(`{"key":"2","name":"B"}`, square(6.21, 50.7, .01))), nil, "ask area.key.missing"},
		{"duplicate key", collection(feature(`{"key":"1","name":"A"}`, square(6.2, 50.7, .01)), feature(`{"key":"1","name":"B"}`, square(6.21, 50.7, .01))), nil, "ask area.key.duplicate"},
		{"lost zeros", collection(feature(`{"key":1011101,"name":"A"}`, square(6.2, 50.7, .01)), feature(`{"key":12011101,"name":"B"}`, square(6.21, 50.7, .01))), nil, "ask area.key.zeros"},
		{"bow tie", collection(feature(`{"key":"1","name":"A"}`, bow)), nil, "ask geo."},
		{"metres without a system", collection(feature(`{"key":"1","name":"A"}`, `[[303000,5620000],[303500,5620000],[303500,5620500],[303000,5620000]]`)), nil, "ask geo.crs.mismatch"},
		{"axes exchanged", collection(feature(`{"key":"1","name":"A"}`, `[[50.7,6.2],[50.7,6.21],[50.71,6.21],[50.7,6.2]]`)), nil, "ask geo.axes.swapped"},
		{"latitude 91", collection(feature(`{"key":"1","name":"A"}`, square(540, 91, 1))), nil, "file geo.coordinates.outside"},
		{"rekey of nothing", town(), func(q *area.ImportRequest) { q.Rekey = map[string]string{"0101#2": "9"} }, "file area.rekey.unknown"},
		{"parent missing", town(), func(q *area.ImportRequest) { q.ParentLevel, q.ParentPrefix = "district", 2 }, "ask area.parent.missing"},
		{"no parent fits", town(), func(q *area.ImportRequest) { q.ParentLevel, q.ParentPrefix = "district", 3 }, "ask area.parent.none"},
		{
			"cycle", collection(feature(`{"key":"a","name":"A","up":"b"}`, square(6.2, 50.7, .01)), feature(`{"key":"b","name":"B","up":"a"}`, square(6.21, 50.7, .01))),
			func(q *area.ImportRequest) { q.ParentField = "up" }, "file area.parent.cycle",
		},
		{"own parent", one(`{"key":"a","name":"A","up":"a"}`), func(q *area.ImportRequest) { q.ParentField, q.ParentLevel = "up", "district" }, "file area.parent.cycle"},
		{
			"levels mixed", collection(feature(`{"key":"a","name":"A","up":""}`, square(6.2, 50.7, .01)), feature(`{"key":"b","name":"B","up":"a"}`, square(6.2, 50.7, .005))),
			func(q *area.ImportRequest) { q.ParentField = "up" }, "file area.parent.same_file",
		},
		{"one in another", collection(feature(`{"key":"a","name":"A"}`, square(6.2, 50.7, .01)), feature(`{"key":"ab","name":"B"}`, square(6.2, 50.7, .005))), nil, "ask area.nested"},
		{"one twice", collection(feature(`{"key":"a","name":"A"}`, square(6.2, 50.7, .01)), feature(`{"key":"b","name":"B"}`, square(6.2, 50.7, .01))), nil, "ask area.nested"},
		{"validity overlaps", town(), func(q *area.ImportRequest) { q.Level, q.Edition = "district", "2020" }, "file area.edition.overlap"},
		{"level under itself", town(), func(q *area.ImportRequest) {
			q.Level, q.ParentLevel, q.ParentPrefix, q.Edition = "city", "plr0", 2, "x"
		}, "file area.level.order"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			s, st := newService(t)
			mustImport(t, s, request("city", "2021", "2021-01-01", one(`{"key":"1","name":"Stadt"}`)))
			q := request("plr0", "2021", "2021-01-01", one(`{"key":"1","name":"Stadt"}`))
			q.ParentLevel, q.ParentByGeometry = "city", true
			mustImport(t, s, q)
			mustImport(t, s, request("district", "2021", "2021-01-01", strings.Replace(districts(), `"02"`, `"99"`, 1)))
			levels, editions, areas := len(st.levels), len(st.editions), len(st.areas)
			q = request("plr", "2021", "2021-01-01", c.file)
			if c.change != nil {
				c.change(&q)
			}
			r, err := s.Import(ctx, planner, q, nil)
			if kernel.KindOf(err) != kernel.Invalid {
				t.Fatalf("error %v, want Invalid", err)
			}
			sentences(t, r.Findings, err)
			if got := codes(r.Findings); !slices.ContainsFunc(got, func(g string) bool { return strings.HasPrefix(g, c.want) }) {
				t.Errorf("findings %v, want %s", got, c.want)
			}
			if len(st.levels) != levels || len(st.editions) != editions || len(st.areas) != areas {
				t.Error("something was stored")
			}
		})
	}
}

func TestMissingFieldNamesThoseOfTheFile(t *testing.T) {
	s, _ := newService(t)
	q := request("plr", "2021", "2021-01-01", town())
	q.KeyField = "PLR_ID"
	_, err := s.Import(ctx, planner, q, nil)
	var e *kernel.Error
	if !errors.As(err, &e) {
		t.Fatal(err)
	}
	f, ok := find(e.Findings, "area.field.missing")
	if fields, _ := f.Params["fields"].([]string); !ok || !reflect.DeepEqual(fields, []string{"key", "name", "up"}) {
		t.Errorf("finding %+v", f)
	}
}

func TestAcceptedQuestionsBecomeWarnings(t *testing.T) {
	twice := collection(feature(`{"key":"1","name":"A"}`, square(6.2, 50.7, .01)), feature(`{"key":"1","name":"A"}`, square(6.22, 50.7, .01)))
	s, st := newService(t)
	q := request("plr", "2021", "2021-01-01", twice)
	q.Accept = []string{"area.key.duplicate"}
	r := mustImport(t, s, q)
	if f, ok := find(r.Findings, "area.key.duplicate"); !ok || f.Outcome != kernel.Warn || f.Params["accepted"] != true {
		t.Errorf("finding %+v", f)
	}
	if r.Areas != 1 || math.Abs(r.AreaM2-2*785899)/r.AreaM2 > 1e-3 { // both parts together
		t.Errorf("areas %d of %.0f m2", r.Areas, r.AreaM2)
	}
	if len(st.areas) != 1 {
		t.Errorf("%d areas stored", len(st.areas))
	}
}

func TestRekeyGivesTheSecondFeatureItsOwnKey(t *testing.T) {
	s, _ := newService(t)
	q := request("plr", "2021", "2021-01-01", collection(feature(`{"key":"1","name":"A"}`, square(6.2, 50.7, .01)), feature(`{"key":"1","name":"B"}`, square(6.22, 50.7, .01))))
	q.Rekey = map[string]string{"1#2": "7"}
	r := mustImport(t, s, q)
	b, err := s.Area(ctx, planner, r.Edition.ID, "7")
	if err != nil || b.Name != "B" {
		t.Errorf("area 7: %+v, %v", b, err)
	}
}

func TestKeysAreTextWithTheirZeros(t *testing.T) {
	for _, c := range []struct {
		keys  []string // as they stand in the file
		width int
		want  []string
	}{
		{[]string{`"0101"`, `"0102"`}, 0, []string{"0101", "0102"}},
		{[]string{`101`, `102`}, 0, []string{"101", "102"}},
		{[]string{`9`, `10`}, 0, []string{"10", "9"}}, // plain numbering loses no zeros
		{[]string{`12.0`, `13.00`}, 0, []string{"12", "13"}},
		{[]string{`1011101`, `12011101`}, 8, []string{"01011101", "12011101"}},
		{[]string{`9007199254740993`, `9007199254740992`}, 0, []string{"9007199254740992", "9007199254740993"}}, // beyond float64
		{[]string{`" a  b "`, `"c"`}, 0, []string{"a b", "c"}},
	} {
		s, st := newService(t)
		q := request("plr", "2021", "2021-01-01", collection(feature(`{"key":`+c.keys[0]+`,"name":"A"}`, square(6.2, 50.7, .01)), feature(`{"key":`+c.keys[1]+`,"name":"B"}`, square(6.21, 50.7, .01))))
		q.KeyWidth = c.width
		mustImport(t, s, q)
		var got []string
		for _, a := range st.areas {
			got = append(got, a.Key)
		}
		slices.Sort(got)
		if !reflect.DeepEqual(got, c.want) {
			t.Errorf("%v: keys %v, want %v", c.keys, got, c.want)
		}
	}
}

func TestPatternsCutKeyAndNameOutOfOneColumn(t *testing.T) {
	s, _ := newService(t)
	q := request("quarter", "2022", "2022-01-01", collection(feature(`{"AREA_NAME":"01 Altstadt"}`, square(6.2, 50.7, .01))))
	q.KeyField, q.KeyPattern, q.NameField, q.NamePattern = "AREA_NAME", `^\d\d`, "AREA_NAME", `^\d\d (.+)$`
	r := mustImport(t, s, q)
	a, err := s.Area(ctx, planner, r.Edition.ID, "01")
	if err != nil || a.Name != "Altstadt" {
		t.Errorf("%+v, %v", a, err)
	}
}

func TestSameFileTwiceChangesNothing(t *testing.T) {
	s, st := newService(t)
	q := request("plr", "2021", "2021-01-01", town())
	first := mustImport(t, s, q)
	ids := fmt.Sprint(st.areas)
	r := mustImport(t, s, q)
	if !r.Unchanged || r.Edition.Version != first.Edition.Version || fmt.Sprint(st.areas) != ids {
		t.Errorf("second import: %+v", r)
	}
	if _, ok := find(r.Findings, "area.import.same"); !ok {
		t.Errorf("findings %v", codes(r.Findings))
	}
	q.NameField = ""
	if r := mustImport(t, s, q); r.Unchanged || r.Edition.Version != 2 || r.Changed != 4 {
		t.Errorf("import with other settings: %+v", r)
	}
}

func TestAreasKeepTheirIdentityByKey(t *testing.T) {
	s, st := newService(t)
	r := mustImport(t, s, request("plr", "2021", "2021-01-01", town()))
	before, err := s.Area(ctx, planner, r.Edition.ID, "0102")
	if err != nil {
		t.Fatal(err)
	}
	smaller := collection(feature(`{"key":"0102","name":"Neuer Name"}`, square(6.21, 50.7, .01)), feature(`{"key":"0103","name":"Neu"}`, square(6.22, 50.7, .01)))

	st.figures[before.ID] = true
	other, err := s.Area(ctx, planner, r.Edition.ID, "0201")
	if err != nil {
		t.Fatal(err)
	}
	st.figures[other.ID] = true
	if r, err := s.Import(ctx, planner, request("plr", "2021", "2021-01-01", smaller), nil); kernel.KindOf(err) != kernel.Invalid {
		t.Fatalf("an area with figures vanished: %+v", r)
	} else if f, ok := find(r.Findings, "area.again.has_figures"); !ok || f.Key != "0201" {
		t.Errorf("findings %v", r.Findings)
	}

	delete(st.figures, other.ID)
	r = mustImport(t, s, request("plr", "2021", "2021-01-01", smaller))
	if r.Added != 1 || r.Changed != 1 || r.Removed != 3 || r.Edition.Version != 2 {
		t.Errorf("report %+v", r)
	}
	after, err := s.Area(ctx, planner, r.Edition.ID, "0102")
	if err != nil || after.ID != before.ID || after.Name != "Neuer Name" {
		t.Errorf("%+v, %v", after, err)
	}

	moved := collection(feature(`{"key":"0102","name":"A"}`, square(6.21, 50.7, .02)), feature(`{"key":"0103","name":"Neu"}`, square(6.23, 50.7, .01)))
	if r, err := s.Import(ctx, planner, request("plr", "2021", "2021-01-01", moved), nil); kernel.KindOf(err) != kernel.Invalid {
		t.Error("an area with figures changed its shape unasked")
	} else if f, ok := find(r.Findings, "area.again.moved"); !ok || f.Outcome != kernel.Ask || f.Key != "0102" {
		t.Errorf("findings %v", r.Findings)
	}
}

func TestParentsCannotVanishUnderTheirAreas(t *testing.T) {
	s, _ := newService(t)
	mustImport(t, s, request("district", "2021", "2021-01-01", districts()))
	q := request("plr", "2021", "2021-01-01", town())
	q.ParentLevel, q.ParentPrefix = "district", 2
	mustImport(t, s, q)
	r, err := s.Import(ctx, planner, request("district", "2021", "2021-01-01", strings.Replace(districts(), `"02"`, `"03"`, 1)), nil)
	if f, ok := find(r.Findings, "area.again.is_parent"); err == nil || !ok || f.Key != "02" {
		t.Errorf("findings %v, error %v", r.Findings, err)
	}
}

func TestEditionsOfALevelFollowEachOther(t *testing.T) {
	s, _ := newService(t)
	mustImport(t, s, request("plr", "2021", "2021-01-01", town()))
	r := mustImport(t, s, request("plr", "alt", "2006-01-01", town()))
	if r.Edition.ValidTo != "2020-12-31" {
		t.Errorf("older edition ends %q", r.Edition.ValidTo)
	}
	mustImport(t, s, request("plr", "2025", "2025-01-01", town()))
	for day, want := range map[kernel.Date]string{"2020-12-31": "alt", "2021-01-01": "2021", "2024-12-31": "2021", "2025-01-01": "2025", "2006-01-01": "alt"} {
		e, err := s.EditionAt(ctx, planner, "plr", day)
		if err != nil || e.Key != want {
			t.Errorf("on %s: %q, %v, want %s", day, e.Key, err, want)
		}
	}
	q := request("plr", "2023", "2023-01-01", town())
	if r, err := s.Import(ctx, planner, q, nil); kernel.KindOf(err) != kernel.Invalid || !slices.Contains(codes(r.Findings), "ask area.edition.shorten") {
		t.Errorf("an edition with a last day was shortened unasked: %v, %v", codes(r.Findings), err)
	}
	q.Accept = []string{"area.edition.shorten"}
	mustImport(t, s, q)
	if e, err := s.Edition(ctx, planner, "plr", "2021"); err != nil || e.ValidTo != "2022-12-31" {
		t.Errorf("shortened edition ends %q, %v", e.ValidTo, err)
	}
	if _, err := s.EditionAt(ctx, planner, "plr", "2005-12-31"); kernel.KindOf(err) != kernel.NotFound {
		t.Errorf("before the first edition: %v", err)
	}
}

func TestLevelsRankBelowTheirParents(t *testing.T) {
	s, _ := newService(t)
	mustImport(t, s, request("bezirk", "2021", "2021-01-01", districts()))
	for _, l := range [][2]string{{"pgr", "bezirk"}, {"bzr", "pgr"}, {"plr", "bzr"}} {
		q := request(l[0], "2021", "2021-01-01", districts())
		q.ParentLevel, q.ParentPrefix = l[1], 2
		mustImport(t, s, q)
	}
	ls, err := s.Levels(ctx, planner)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for i, l := range ls {
		got = append(got, l.Key)
		if i > 0 && l.Rank <= ls[i-1].Rank {
			t.Errorf("%s and %s have ranks %d and %d", ls[i-1].Key, l.Key, ls[i-1].Rank, l.Rank)
		}
	}
	if !reflect.DeepEqual(got, []string{"bezirk", "pgr", "bzr", "plr"}) {
		t.Errorf("levels %v", got)
	}
}

func TestPartOutsideTheParentIsMeasured(t *testing.T) {
	s, _ := newService(t)
	mustImport(t, s, request("district", "2021", "2021-01-01", collection(feature(`{"key":"01","name":"A"}`, square(6.2, 50.7, .02)))))
	q := request("plr", "2021", "2021-01-01", collection(feature(`{"key":"0101","name":"A"}`, square(6.21, 50.7, .015)))) // a third sticks out to the east
	q.ParentLevel, q.ParentPrefix = "district", 2
	r := mustImport(t, s, q)
	f, ok := find(r.Findings, "geo.parent.outside")
	if share, _ := f.Params["share"].(float64); !ok || f.Outcome != kernel.Warn || math.Abs(share-.3333) > 1e-3 {
		t.Errorf("finding %+v", f)
	}
}

func TestDryRunStoresNothing(t *testing.T) {
	s, st := newService(t)
	q := request("plr", "2021", "2021-01-01", town())
	q.DryRun = true
	r := mustImport(t, s, q)
	if r.Areas != 4 || r.Added != 4 || r.MapBytes[area.Web] == 0 || len(st.editions)+len(st.areas)+len(st.levels) != 0 {
		t.Errorf("report %+v, stored %d", r, len(st.areas))
	}
}

func TestImportRefusesWhenTheStateChangedMeanwhile(t *testing.T) {
	s, st := newService(t)
	mustImport(t, s, request("plr", "2021", "2021-01-01", town()))
	st.before = func() {
		for id, e := range st.editions {
			e.Version++
			st.editions[id] = e
		}
	}
	_, err := s.Import(ctx, planner, request("plr", "2022", "2022-01-01", town()), nil)
	sentences(t, nil, err)
	if kernel.KindOf(err) != kernel.Conflict {
		t.Errorf("error %v, want Conflict", err)
	}
}

func TestImportsOfOneTownWaitForEachOther(t *testing.T) {
	s, st := newService(t)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			q := request("plr", fmt.Sprintf("e%d", i), kernel.Date(fmt.Sprintf("20%02d-01-01", 10+i)), town())
			q.ValidTo = kernel.Date(fmt.Sprintf("20%02d-12-31", 10+i))
			if _, err := s.Import(ctx, planner, q, nil); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if len(st.editions) != 8 || len(st.areas) != 32 {
		t.Errorf("%d editions, %d areas", len(st.editions), len(st.areas))
	}
}

func TestOnlyPlannersImportAndAnybodyReads(t *testing.T) {
	s, _ := newService(t)
	if _, err := s.Import(ctx, access.Anonymous(tenant), request("plr", "2021", "2021-01-01", town()), nil); kernel.KindOf(err) != kernel.Unauthenticated {
		t.Errorf("anonymous import: %v", err)
	}
	r := mustImport(t, s, request("plr", "2021", "2021-01-01", town()))
	if list, err := s.Areas(ctx, access.Anonymous(tenant), r.Edition.ID); err != nil || len(list) != 4 {
		t.Errorf("anonymous read: %d, %v", len(list), err)
	}
	if _, err := s.LastImport(ctx, access.Anonymous(tenant), r.Edition.ID); kernel.KindOf(err) != kernel.Unauthenticated {
		t.Errorf("anonymous reads the report: %v", err)
	}
	rec, err := s.LastImport(ctx, planner, r.Edition.ID)
	if err != nil || rec.Request.KeyField != "key" || rec.Areas != 4 {
		t.Errorf("record %+v, %v", rec, err)
	}
	f, err := s.OriginalFile(ctx, planner, r.Edition.ID)
	if err != nil {
		t.Fatal(err)
	}
	f.Close()
}

func TestFormOfARequest(t *testing.T) {
	for field, change := range map[string]func(*area.ImportRequest){
		"level":         func(q *area.ImportRequest) { q.Level = "Ä" },
		"edition":       func(q *area.ImportRequest) { q.Edition = "../x" },
		"valid_from":    func(q *area.ImportRequest) { q.ValidFrom = "2021-02-31" },
		"valid_to":      func(q *area.ImportRequest) { q.ValidTo = "2020-01-01" },
		"key_field":     func(q *area.ImportRequest) { q.KeyField = "" },
		"key_pattern":   func(q *area.ImportRequest) { q.KeyPattern = "(" },
		"name_pattern":  func(q *area.ImportRequest) { q.NamePattern = "(" },
		"key_width":     func(q *area.ImportRequest) { q.KeyWidth = -1 },
		"parent_prefix": func(q *area.ImportRequest) { q.ParentPrefix = 1000 },
		"parent_level":  func(q *area.ImportRequest) { q.ParentPrefix = 2 },
		"file":          func(q *area.ImportRequest) { q.Size = 0 },
	} {
		s, _ := newService(t)
		q := request("plr", "2021", "2021-01-01", town())
		change(&q)
		_, err := s.Import(ctx, planner, q, nil)
		var e *kernel.Error
		sentences(t, nil, err)
		if !errors.As(err, &e) || e.Fields[field] == "" {
			t.Errorf("%s: %v", field, err)
		}
	}
}

func TestReadsAreCachedByVersion(t *testing.T) {
	s, st := newService(t)
	r := mustImport(t, s, request("plr", "2021", "2021-01-01", town()))
	st.reads = 0
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			if _, err := s.Areas(ctx, planner, r.Edition.ID); err != nil {
				t.Error(err)
			}
			if _, err := s.Hierarchy(ctx, planner, r.Edition.ID); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if st.reads != 1 {
		t.Errorf("the store was read %d times", st.reads)
	}
	mustImport(t, s, request("plr", "2021", "2021-01-01", strings.ReplaceAll(town(), "Raum", "Platz")))
	list, err := s.Areas(ctx, planner, r.Edition.ID)
	if err != nil || list[0].Name != "Platz 1" {
		t.Errorf("after the second import: %+v, %v", list, err)
	}
}
