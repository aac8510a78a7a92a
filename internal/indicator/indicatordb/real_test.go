// SPDX-License-Identifier: EUPL-1.2

package indicatordb_test

import (
	"encoding/csv"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/kupferfaden/kupferfaden/internal/indicator"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/platform/db"
	"github.com/kupferfaden/kupferfaden/internal/platform/db/dbtest"
	"github.com/kupferfaden/kupferfaden/internal/testdata"
)

const mssFolder = "berlin_mss/opendataproduct/berlin-monitoring-social-urban-development-"

// berlin makes districts and planning areas of 2021, and the planning areas of before.
func berlin(r *rig, dir string) {
	r.t.Helper()
	lor := filepath.Join(dir, "berlin_lor_geometry")
	plr := places(r.t, filepath.Join(lor, "plr_2021_wgs84.geojson"), func(p map[string]any) string { return p["PLR_ID"].(string) }, prefix(2))
	var bez []place
	for n := range 12 {
		bez = append(bez, place{key: fmt.Sprintf("%02d", n+1)})
	}
	r.areas.make("bez", "2021", "2001-01-01", "", "", bez)
	r.areas.make("plr", "2021", "2021-01-01", "", "bez/2021", plr)
	old := places(r.t, filepath.Join(lor, "plr_pre2021_wgs84.geojson"), func(p map[string]any) string { return p["broker Dow"].(string) }, none)
	r.areas.make("plr", "pre2021", "2006-06-14", "2020-12-31", "", append(old, place{key: "04030417"}))
}

// TestBerlinMonitoring: counts and joins of EXPECTED.md 1.
func TestBerlinMonitoring(t *testing.T) {
	dir := testdata.Dir(t)
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := newRig(t, d)
		berlin(r, dir)

		rep := r.take(r.file("mss_2015.yaml", filepath.Join(dir, mssFolder+"2015-00-2-1-planning-areas.csv")))
		if rep.Rows != 447 || rep.Taken != 447 || len(rep.Unmatched) != 0 || !slices.Equal(rep.Missing, []string{"09041403"}) {
			t.Errorf("2015: %d rows, %d taken, unmatched %v, missing %v", rep.Rows, rep.Taken, rep.Unmatched, rep.Missing)
		}
		if rep.New != 447*5 || len(rep.Slices) != 5 {
			t.Errorf("2015: %d figures in %d slices", rep.New, len(rep.Slices))
		}
		obs, v := r.figures("unemp_share", "plr", "pre2021", "2014-12-31")
		if o := obs["01011101"]; o.Number(v) != 5.77634 || o.Change != -0.60664 || o.HasParts() || o.Disclosure != indicator.Cleared {
			t.Errorf("2015 01011101: %+v", o)
		}
		r.take(r.file("mss_2019.yaml", filepath.Join(dir, mssFolder+"2019-00-2-1-planning-areas.csv")))

		rep = r.take(r.file("mss_2021.yaml", filepath.Join(dir, "berlin_mss/mss2021_wfs_raw/mss_2021_index_indikatoren.csv")))
		if rep.Rows != 542 || rep.Taken != 542 || len(rep.Missing) != 0 {
			t.Errorf("2021: %d rows, %d taken, missing %v", rep.Rows, rep.Taken, rep.Missing)
		}
		obs, v = r.figures("unemp_sgb2_share", "plr", "2021", "2020-12-31")
		eligible, invalid := 0, 0
		for _, o := range obs {
			if !math.IsNaN(o.Number(v)) {
				eligible++
			} else if o.Flag == indicator.NotApplicable {
				invalid++
			}
		}
		if eligible != 536 || invalid != 6 {
			t.Errorf("2021: %d areas with a share, %d not judged; want 536 and 6", eligible, invalid)
		}
		if got := r.total("pop_total", "plr", "2021", "2020-12-31"); got != 3_769_962 {
			t.Errorf("residents of 2020: %.0f, want 3,769,962", got)
		}
		if _, ok := obs["03400831"]; !ok {
			t.Error("03400831 is missing")
		}
		pop, _ := r.figures("pop_total", "plr", "2021", "2020-12-31")
		if _, ok := pop["03400831"]; ok || len(pop) != 541 {
			t.Errorf("03400831 has an empty resident count and must have no figure; %d figures", len(pop))
		}
		r.rollUpRefused("unemp_sgb2_share", "plr", "2021", "2020-12-31")
	})
}

func (r *rig) slice(key, level, edition, period string) kernel.ID {
	r.t.Helper()
	ind, err := r.service.Indicator(ctx, r.actor, key)
	r.must(err)
	e, err := r.areas.Edition(ctx, r.actor, level, edition)
	r.must(err)
	p, err := kernel.ParsePeriod(period)
	r.must(err)
	list, err := r.service.Slices(ctx, r.actor, indicator.Filter{Indicator: ind.ID, Edition: e.ID, Period: p})
	r.must(err)
	if len(list) != 1 {
		r.t.Fatalf("%d slices of %s in %s", len(list), key, period)
	}
	return list[0].ID
}

func (r *rig) ids(level, edition string, of func(key string) bool) []kernel.ID {
	r.t.Helper()
	e, err := r.areas.Edition(ctx, r.actor, level, edition)
	r.must(err)
	list, err := r.areas.Areas(ctx, r.actor, e.ID)
	r.must(err)
	var ids []kernel.ID
	for _, a := range list {
		if of(a.Key) {
			ids = append(ids, a.ID)
		}
	}
	return ids
}

// rollUpRefused: where only a rate was delivered, roll-up is refused with that reason.
func (r *rig) rollUpRefused(key, level, edition, period string) {
	r.t.Helper()
	ids := r.ids(level, edition, func(k string) bool { return strings.HasPrefix(k, "01") })
	_, _, err := r.service.Union(ctx, r.actor, r.slice(key, level, edition, period), ids)
	if e := asError(err); e == nil || e.Key != "indicator.rollup.rate" {
		r.t.Errorf("a sum of bare rates: %v", err)
	}
}

func TestPhantomRowsAreNamedAndTheRestIsTaken(t *testing.T) {
	dir := testdata.Dir(t)
	r := newRig(t, dbtest.SQLite(t))
	berlin(r, dir)
	rep := r.take(r.file("mss_context_2015.yaml", filepath.Join(dir, mssFolder+"2015-00-4-1-planning-areas.csv")))
	if !slices.Equal(rep.Unmatched, []string{"00000000", "00Nummer"}) || rep.Rows != 449 || rep.Taken != 447 {
		t.Errorf("%d rows, %d taken, unmatched %v", rep.Rows, rep.Taken, rep.Unmatched)
	}
	f := find(rep, "indicator.import.unknown_area")
	if len(f) != 1 || f[0].Outcome != kernel.RefuseRow || f[0].Row != 2 {
		t.Errorf("findings %v", f)
	}
}

func TestShiftedHeadersAreRefused(t *testing.T) {
	dir := testdata.Dir(t)
	r := newRig(t, dbtest.SQLite(t))
	berlin(r, dir)
	rep, found := r.refused(r.file("mss_shifted.yaml", filepath.Join(dir, mssFolder+"2015-00-3-districts.csv")))
	if !slices.Contains(found, "indicator.import.mostly_refused") || !slices.Contains(found, "table.number.text") {
		t.Errorf("findings %v", found)
	}
	if f := find(rep, "table.number.text"); len(f) == 0 || f[0].Row < 3 || !strings.Contains(f[0].Column, "z_d3") || f[0].Params["text"] != "mittel" {
		t.Errorf("the class text in a number column is not named: %v", f)
	}
}

func TestTruncatedFileNamesTheMissingAreas(t *testing.T) {
	dir := testdata.Dir(t)
	r := newRig(t, dbtest.SQLite(t))
	berlin(r, dir)
	b, err := os.ReadFile(filepath.Join(dir, "berlin_mss/mss2021_wfs_raw/mss_2021_index_indikatoren.csv"))
	r.must(err)
	lines := strings.SplitAfter(string(b), "\n")
	m, err := os.ReadFile("../testdata/mss_2021.yaml")
	r.must(err)
	rep := r.take(request(string(m), "cut.csv", strings.Join(lines[:448], ""))) // header and 447 rows, as the published file was cut
	if len(rep.Missing) != 95 || rep.Taken != 447 {
		t.Errorf("%d taken, %d missing, want 447 and 95", rep.Taken, len(rep.Missing))
	}
	if f := find(rep, "indicator.import.areas_missing"); len(f) != 1 || f[0].Params["n"] != 95 {
		t.Errorf("finding %v", f)
	}
}

// TestBerlinPopulation: EXPECTED.md 4.
func TestBerlinPopulation(t *testing.T) {
	dir := testdata.Dir(t)
	ewr := filepath.Join(dir, "berlin_population", "ewr_t1_t4", "berlin-lor-population-2024-02-")
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := newRig(t, d)
		berlin(r, dir)
		for _, k := range []string{"pop_6_15", "pop_15_18", "pop_18_27", "pop_27_45", "pop_45_55", "pop_55_65"} {
			r.own(k)
		}
		r.must(r.service.SetParts(ctx, r.actor, "pop_total", [][]string{
			{"share_u6", "pop_6_15", "pop_15_18", "pop_18_27", "pop_27_45", "pop_45_55", "pop_55_65", "share_65plus"},
		}))
		r.take(r.file("ewr_t1_bezirke.yaml", ewr+"t1-districts.csv"))
		rep := r.take(r.file("ewr_t1.yaml", ewr+"t1-planning-areas.csv"))
		for _, s := range rep.Slices {
			if len(s.Sums) != 1 || s.Sums[0].Level != "bez" || s.Sums[0].Compared != 12 || len(s.Sums[0].Differing) != 0 {
				t.Errorf("%s: sums against the districts %+v", s.Indicator, s.Sums)
			}
		}
		for key, want := range map[string]float64{"pop_total": 3_897_145, "share_foreign": 971_878, "share_migration_bg": 1_601_865} {
			if got := r.total(key, "plr", "2021", "2024-12-31"); got != want {
				t.Errorf("%s: %.0f, want %.0f", key, got, want)
			}
		}
		// Each district's share of the planning areas together is the published one of the district.
		published, v := r.figures("share_foreign", "bez", "2021", "2024-12-31")
		slice := r.slice("share_foreign", "plr", "2021", "2024-12-31")
		for n := range 12 {
			key := fmt.Sprintf("%02d", n+1)
			u, missing, err := r.service.Union(ctx, r.actor, slice, r.ids("plr", "2021", func(k string) bool { return k[:2] == key }))
			r.must(err)
			if p := published[key]; len(missing) != 0 || u.Numerator != p.Numerator || u.Denominator != p.Denominator || u.Number(v) != p.Number(v) {
				t.Errorf("district %s: %+v, published %+v", key, u, p)
			}
		}
		rep = r.take(r.file("ewr_t2.yaml", ewr+"t2-planning-areas.csv"))
		if f := find(rep, "indicator.quality.parts"); len(f) != 0 {
			t.Errorf("age groups differ from the total: %v", f)
		}
		if got := r.total("share_u6", "plr", "2021", "2024-12-31"); got != 208_938 {
			t.Errorf("under six: %.0f, want 208,938", got)
		}
		if got := r.total("share_65plus", "plr", "2021", "2024-12-31"); got != 738_238 {
			t.Errorf("65 and over: %.0f, want 738,238", got)
		}
		if rep.Unchanged != 542 {
			t.Errorf("the inhabitants of table 2 are those of table 1: %d unchanged, want 542", rep.Unchanged)
		}
	})
}

func (r *rig) own(key string) {
	r.t.Helper()
	_, err := r.service.Add(ctx, r.actor, indicator.Indicator{Key: key, Field: "A", Versions: []indicator.Version{{
		Name: kernel.T(key, key), Numerator: kernel.T("Personen", "persons"), Unit: "n", Class: "S3", Office: "EWM",
	}}})
	r.must(err)
}

// TestEWRMigra: carriage returns as line ends, and 352 keys that lost a zero (EXPECTED.md 4).
func TestEWRMigra(t *testing.T) {
	dir := filepath.Join(testdata.Dir(t), "berlin_population", "ewrmigra_raw")
	r := newRig(t, dbtest.SQLite(t))
	berlin(r, testdata.Dir(t))
	r.own("origin_turkey")
	r.take(r.file("ewrmigra.yaml", filepath.Join(dir, "EWRMIGRA200712H_Matrix.csv")))
	rep := r.take(r.file("ewrmigra_2017.yaml", filepath.Join(dir, "EWRMIGRA201712H_Matrix.csv")))
	if rep.Rows != 447 || rep.Padded != 352 || rep.Taken != 447 {
		t.Errorf("%d rows, %d padded, %d taken", rep.Rows, rep.Padded, rep.Taken)
	}
	if len(find(rep, "table.key.padded")) != 1 {
		t.Errorf("the repair is not said: %v", codes(rep))
	}
	for _, c := range []struct {
		key, day string
		want     float64
	}{
		{"share_migration_bg", "2007-12-31", 842_344},
		{"share_migration_bg", "2017-12-31", 1_207_052},
		{"origin_turkey", "2007-12-31", 176_312},
		{"origin_turkey", "2017-12-31", 178_223},
	} {
		if got := r.total(c.key, "plr", "pre2021", c.day); got != c.want {
			t.Errorf("%s %s: %.0f, want %.0f", c.key, c.day, got, c.want)
		}
	}
	if len(find(rep, "indicator.quality.no_denominator")) == 0 {
		t.Errorf("numerators without their base are not said: %v", codes(rep))
	}
}

// TestFlensburg: EXPECTED.md 6.
func TestFlensburg(t *testing.T) {
	dir := filepath.Join(testdata.Dir(t), "flensburg_sozialatlas", "csv")
	r := newRig(t, dbtest.SQLite(t))
	var list []place
	for n := range 13 {
		list = append(list, place{key: fmt.Sprintf("%02d", n+1)})
	}
	r.areas.make("stadtteil", "2018", "2005-01-01", "", "", list)
	r.must(r.service.SetParts(ctx, r.actor, "pop_total", [][]string{{"share_u18", "unemp_share/denominator", "share_65plus"}}))
	rep := r.take(r.file("flensburg_residents.yaml", filepath.Join(dir, "fl_residents_by_district.csv")))
	if rep.Rows != 91 || rep.Padded != 63 || len(rep.Slices) != 7 { // districts 1 to 9 in seven years
		t.Errorf("%d rows, %d padded, %d slices", rep.Rows, rep.Padded, len(rep.Slices))
	}
	for year, want := range map[string]float64{"2011": 89_448, "2017": 95_451, "2018": 96_187, "2019": 96_920, "2020": 96_731, "2021": 97_877, "2022": 99_341} {
		if got := r.total("pop_total", "stadtteil", "2018", year); got != want {
			t.Errorf("residents %s: %.0f, want %.0f", year, got, want)
		}
	}
	r.take(r.file("flensburg_children.yaml", filepath.Join(dir, "fl_children_age_under_18_by_district.csv")))
	r.take(r.file("flensburg_middle.yaml", filepath.Join(dir, "fl_residents_age_18_to_under_65_by_district.csv")))
	rep = r.take(r.file("flensburg_seniors.yaml", filepath.Join(dir, "fl_residents_age_65_and_above_by_district.csv")))
	f := find(rep, "indicator.quality.parts")
	if len(f) != 12 {
		t.Fatalf("age groups differ from the total in %d area-years, want 12", len(f))
	}
	first := slices.IndexFunc(f, func(f kernel.Finding) bool { return f.Key == "01" })
	if first < 0 || f[first].Params["period"].(kernel.Period).To != "2018-12-31" || f[first].Params["sum"] != 3807.0 || f[first].Params["expected"] != 3815.0 {
		t.Errorf("the differences %v", f)
	}
	r.take(r.file("flensburg_unemployed.yaml", filepath.Join(dir, "fl_unemployed_residents_by_district.csv")))
	obs, v := r.figures("unemp_share", "stadtteil", "2018", "2022")
	names := map[string]string{}
	file, err := os.Open(filepath.Join(dir, "fl_district.csv"))
	r.must(err)
	defer file.Close() //nolint:errcheck // only read
	rows, err := csv.NewReader(file).ReadAll()
	r.must(err)
	for _, x := range rows[1:] {
		names[x[1]] = fmt.Sprintf("%02s", x[0])
	}
	for name, want := range map[string]float64{"Neustadt": 9.000, "Nordstadt": 8.620, "Südstadt": 6.595, "Tarup": 2.322} {
		key := strings.ReplaceAll(names[name], " ", "0")
		if got := obs[key].Number(v); math.Abs(got-want) > 0.0005 {
			t.Errorf("unemployed per 100 in %s (%s): %.4f, want %.3f", name, key, got, want)
		}
	}
}

// TestCologne: EXPECTED.md 7.
func TestCologne(t *testing.T) {
	dir := testdata.Dir(t)
	r := newRig(t, dbtest.SQLite(t))
	var districts []place
	for n := range 9 {
		districts = append(districts, place{key: fmt.Sprintf("%03d", n+1)})
	}
	quarters := places(t, filepath.Join(dir, "koeln", "Stadtteil_wgs84.geojson"), func(p map[string]any) string { return p["STT_NR"].(string) },
		func(k string) string { return "00" + k[:1] })
	r.areas.make("stadtbezirk", "2005", "2005-01-01", "", "", districts)
	r.areas.make("stadtteil", "2005", "2005-01-01", "", "stadtbezirk/2005", quarters)
	file := filepath.Join(dir, "koeln", "bevoelkerung.csv")
	r.take(r.file("koeln_stadtbezirk.yaml", file))
	rep := r.take(r.file("koeln_stadtteil.yaml", file))
	if rep.Rows != 29_135 || rep.Filtered != 29_135-768 || rep.Taken != 86*8 || len(rep.Unmatched) != 10 || len(rep.Missing) != 0 {
		t.Errorf("%d rows, %d filtered, %d taken, %d unmatched, %d missing", rep.Rows, rep.Filtered, rep.Taken, len(rep.Unmatched), len(rep.Missing))
	}
	for year, want := range map[string]float64{"2005": 1_023_101, "2012": 1_044_555} {
		if a, b := r.total("pop_total", "stadtteil", "2005", year), r.total("pop_total", "stadtbezirk", "2005", year); a != want || b != want {
			t.Errorf("%s: quarters %.0f, districts %.0f, want %.0f", year, a, b, want)
		}
	}
	for _, s := range rep.Slices {
		if len(s.Sums) != 1 || s.Sums[0].Compared != 9 || len(s.Sums[0].Differing) != 0 {
			t.Errorf("%s: %+v", s.Period, s.Sums)
		}
	}
}

// TestRegionalstatistik: EXPECTED.md 11.
func TestRegionalstatistik(t *testing.T) {
	dir := filepath.Join(testdata.Dir(t), "messy_german_files")
	r := newRig(t, dbtest.SQLite(t))
	for _, k := range []string{"pop_male", "pop_female", "area_km2"} {
		r.own(k)
	}
	r.must(r.service.SetParts(ctx, r.actor, "pop_total", [][]string{{"pop_male", "pop_female"}}))
	file := filepath.Join(dir, "regionalstatistik_12411-01-01-4.csv")
	b, err := os.ReadFile(file)
	r.must(err)
	var kreise, laender []place
	for _, line := range strings.Split(string(b), "\n") {
		key, _, ok := strings.Cut(line, ";")
		switch {
		case ok && len(key) == 5:
			kreise = append(kreise, place{key, key[:2]})
		case ok && len(key) == 2 && key != "DG":
			laender = append(laender, place{key: key})
		}
	}
	r.areas.make("land", "2018", "1990-01-01", "", "", laender)
	r.areas.make("kreis", "2018", "1990-01-01", "", "land/2018", kreise)
	rep := r.take(r.file("regionalstatistik_12411_land.yaml", file))
	if rep.Rows != 538 || rep.Taken != 16 || !slices.Equal(rep.Unmatched, []string{"DG"}) {
		t.Errorf("Länder: %d rows, %d taken, unmatched %v", rep.Rows, rep.Taken, rep.Unmatched)
	}
	if got := r.total("pop_total", "land", "2018", "2018-12-31"); got != 83_019_213 {
		t.Errorf("sum of the Länder %.0f", got)
	}
	rep = r.take(r.file("regionalstatistik_12411.yaml", file))
	if got := r.total("pop_total", "kreis", "2018", "2018-12-31"); got != 77_533_208 || len(kreise) != 471 {
		t.Errorf("sum of %d Kreise %.0f, want 77,533,208", len(kreise), got)
	}
	obs, _ := r.figures("pop_total", "kreis", "2018", "2018-12-31")
	if obs["05334"].Numerator != 555_465 {
		t.Errorf("05334: %+v", obs["05334"])
	}
	for _, s := range rep.Slices {
		if len(s.Sums) != 1 || len(s.Sums[0].Differing) != 0 || s.Sums[0].Compared+s.Sums[0].Incomplete != 14 { // Berlin and Hamburg have no Kreis row
			t.Errorf("%s: %+v", s.Indicator, s.Sums)
		}
	}
	if f := find(rep, "indicator.quality.parts"); len(f) != 0 {
		t.Errorf("male and female differ from the total: %v", f)
	}
	rep = r.take(r.file("genesis_11111.yaml", filepath.Join(dir, "genesis_11111-0002.csv")))
	if rep.Rows != 476 {
		t.Errorf("GENESIS: %d rows, want 476", rep.Rows)
	}
	obs, _ = r.figures("area_km2", "kreis", "2018", "1995-12-31")
	if obs["01001"].Numerator != 56.44 {
		t.Errorf("Flensburg 1995: %+v", obs["01001"])
	}
}
