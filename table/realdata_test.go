// SPDX-License-Identifier: EUPL-1.2

package table_test

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kupferfaden/kupferfaden/internal/testdata"
	"github.com/kupferfaden/kupferfaden/table"
)

// The expected numbers of this file come from EXPECTED.md beside the data; most equal what the publisher printed.

func mapping(t testing.TB, name string) *table.Mapping {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name+".yaml"))
	if err != nil {
		t.Fatal(err)
	}
	m, err := table.ParseMapping(text)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return m
}

type result struct {
	records  []table.Record
	findings []table.Finding
	stats    table.Stats
	format   table.Format
}

// read imports a file of the real data through a mapping.
func read(t testing.TB, file, name string) result {
	t.Helper()
	m := mapping(t, name)
	o, err := m.Options()
	if err != nil {
		t.Fatal(err)
	}
	tb, err := table.OpenFile(filepath.Join(testdata.Dir(t), file), o)
	if err != nil {
		t.Fatal(err)
	}
	defer tb.Close()
	r, err := m.Apply(tb, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var out result
	for r.Next() {
		out.records = append(out.records, *r.Record())
	}
	if r.Err() != nil {
		t.Fatal(r.Err())
	}
	out.findings, out.stats, out.format = r.Findings(), r.Stats(), tb.Format
	return out
}

func (r result) sum(indicator string, keep func(table.Record) bool) float64 {
	s := 0.0
	for _, x := range r.records {
		if x.Indicator == indicator && x.HasValue && (keep == nil || keep(x)) {
			s += x.Value
		}
	}
	return s
}

func (r result) areas() map[string]bool {
	m := map[string]bool{}
	for _, x := range r.records {
		m[x.Area] = true
	}
	return m
}

func (r result) has(code string) bool {
	for _, f := range r.findings {
		if f.Code == code {
			return true
		}
	}
	return false
}

// mustPass fails when a question or refusal is open: the mapping of a saved source answers everything.
func (r result) mustPass(t *testing.T) {
	t.Helper()
	for _, f := range r.findings {
		if f.Outcome != table.Accept && f.Outcome != table.Warn {
			t.Errorf("%s: %s", f.Outcome, f)
		}
	}
}

func near(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if math.Abs(got-want) > tolerance {
		t.Errorf("%s: %v, want %v", what, got, want)
	}
}

func TestEWRMIGRAYearsGiveThePublishedSums(t *testing.T) {
	for year, want := range map[string][3]float64{ // MH_E, HK_Turk (0 = not stated), repaired keys
		"2007": {842344, 176312, 0}, "2009": {859330, 0, 0}, "2010": {872132, 0, 0}, "2016": {1151732, 0, 0}, "2017": {1207052, 178223, 352},
	} {
		t.Run(year, func(t *testing.T) {
			r := read(t, "berlin_population/ewrmigra_raw/EWRMIGRA"+year+"12H_Matrix.csv", "ewrmigra")
			r.mustPass(t)
			near(t, "MH_E", r.sum("pop_migration", nil), want[0], 0)
			if want[1] > 0 {
				near(t, "HK_Turk", r.sum("pop_origin_turkey", nil), want[1], 0)
			}
			if len(r.areas()) != 447 || r.stats.Rows != 447 || r.stats.Repaired != int(want[2]) {
				t.Errorf("%d areas, %d rows, %d repaired", len(r.areas()), r.stats.Rows, r.stats.Repaired)
			}
			if r.format.LineEnd != "CR" {
				t.Errorf("line end %s, the files have CR only", r.format.LineEnd)
			}
			if p := r.records[0].Period; p.Kind != table.PeriodMonthEnd || p.String() != year+"-12-31" {
				t.Errorf("period %v", p)
			}
			if (want[2] > 0) != r.has("key.padded") {
				t.Error("padding must be said exactly where it happened")
			}
			for k := range r.areas() {
				if len(k) != 8 {
					t.Fatalf("key %q", k)
				}
			}
		})
	}
}

func TestPopulationOfBerlinRollsUpToTheCity(t *testing.T) {
	r := read(t, "berlin_population/ewr_t1_t4/berlin-lor-population-2024-02-t1-planning-areas.csv", "population_t1")
	r.mustPass(t)
	near(t, "residents", r.sum("pop_total", nil), 3897145, 0)
	near(t, "migration", r.sum("pop_migration", nil), 1601865, 0)
	num := func(x table.Record) bool { return x.Part == table.PartNumerator }
	den := func(x table.Record) bool { return x.Part == table.PartDenominator }
	near(t, "foreigners", r.sum("pop_foreign_share", num), 971878, 0)
	near(t, "denominator", r.sum("pop_foreign_share", den), 3897145, 0)
	if len(r.areas()) != 542 {
		t.Errorf("%d areas", len(r.areas()))
	}
	city := read(t, "berlin_population/ewr_t1_t4/berlin-lor-population-2024-02-t1-city.csv", "population_t1")
	near(t, "city", city.sum("pop_total", nil), 3897145, 0)
}

func TestMSS2021KeepsInvalidAreasApart(t *testing.T) {
	r := read(t, "berlin_mss/mss2021_wfs_raw/mss_2021_index_indikatoren.csv", "mss_2021")
	r.mustPass(t)
	if len(r.areas()) != 542 {
		t.Fatalf("%d areas", len(r.areas()))
	}
	sum, sq, n, invalid := 0.0, 0.0, 0.0, 0
	for _, x := range r.records {
		if x.Indicator != "unemployment" || x.Part != table.PartValue {
			continue
		}
		if x.Flag == table.FlagNotApplicable {
			invalid++
			continue
		}
		sum, sq, n = sum+x.Value, sq+x.Value*x.Value, n+1
	}
	mean := sum / n
	if n != 536 || invalid != 6 {
		t.Errorf("%v eligible and %d invalid areas, want 536 and 6", n, invalid)
	}
	near(t, "mean of S1", mean, 4.97157, 5e-6)
	near(t, "population sd of S1", math.Sqrt(sq/n-mean*mean), 2.94390, 5e-6)
	if p := r.records[0].Period.String(); p != "2020-12-31" {
		t.Errorf("period %s", p)
	}
}

func TestShiftedHeadersOfMSSAreRefusedByRow(t *testing.T) {
	m, err := table.ParseMapping([]byte(`
area: {column: id}
period: {value: 2014-12-31}
columns: {z_d3_percentage_transfer_payments_recipients: {indicator: x}}
`))
	if err != nil {
		t.Fatal(err)
	}
	tb, err := table.OpenFile(filepath.Join(testdata.Dir(t), "berlin_mss/opendataproduct/berlin-monitoring-social-urban-development-2015-00-3-districts.csv"), table.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer tb.Close()
	r, err := m.Apply(tb, nil)
	if err != nil {
		t.Fatal(err)
	}
	for r.Next() {
		if r.Record().HasValue && r.Record().Value != 0 { // areas without index hold 0
			t.Fatalf("row %d gave the value %v from a column of words", r.Record().Row, r.Record().Value)
		}
	}
	if r.Stats().Refused < 430 {
		t.Errorf("%d rows refused; the column holds the class as text in 435 of them", r.Stats().Refused)
	}
}

func TestFlensburgGivesTheResidentsOfEveryYear(t *testing.T) {
	r := read(t, "flensburg_sozialatlas/csv/fl_residents_by_district.csv", "flensburg_residents")
	r.mustPass(t)
	for year, want := range map[int]float64{2011: 89448, 2017: 95451, 2018: 96187, 2019: 96920, 2020: 96731, 2021: 97877, 2022: 99341} {
		near(t, "residents", r.sum("pop_total", func(x table.Record) bool { return x.Period.To.Year == year }), want, 0)
	}
	if len(r.areas()) != 13 || !r.areas()["01"] || r.records[0].Period.Kind != table.PeriodYear {
		t.Errorf("areas %v, period %v", r.areas(), r.records[0].Period)
	}
}

func TestFlensburgUnemploymentRates(t *testing.T) {
	un := read(t, "flensburg_sozialatlas/csv/fl_unemployed_residents_by_district.csv", "flensburg_unemployed")
	pop := read(t, "flensburg_sozialatlas/csv/fl_residents_age_18_to_under_65_by_district.csv", "flensburg_residents")
	for area, want := range map[string]float64{"02": 9.000, "03": 8.620, "07": 6.595, "13": 2.322} { // Neustadt, Nordstadt, Südstadt, Tarup
		here := func(x table.Record) bool { return x.Area == area && x.Period.To.Year == 2022 }
		near(t, area, 100*un.sum("unemployed", here)/pop.sum("pop_total", here), want, 0.0005)
	}
}

func TestKoelnLongTableAddsUpOnEveryLevel(t *testing.T) {
	r := read(t, "koeln/bevoelkerung.csv", "koeln_population")
	r.mustPass(t)
	for year, want := range map[int]float64{2005: 1023101, 2012: 1044555} {
		in := func(f func(string) bool) float64 {
			return r.sum("pop_total", func(x table.Record) bool { return x.Period.To.Year == year && f(x.Area) })
		}
		near(t, "city", in(func(k string) bool { return k == "000" }), want, 0)
		near(t, "districts", in(func(k string) bool { return k > "000" && k < "100" }), want, 0)
		near(t, "quarters", in(func(k string) bool { return k > "100" }), want, 0)
	}
}

func TestKoelnBudgetReadsGroupedThousands(t *testing.T) {
	r := read(t, "koeln/budget/bezirke_einzeldarstellung.csv", "koeln_budget")
	r.mustPass(t)
	near(t, "line 10", r.sum("budget_income", nil), 243645463, 0)
	near(t, "line 17", r.sum("budget_expenses", nil), 688144020, 0)
	near(t, "line 18", r.sum("budget_result", nil), -444498558, 0)
	near(t, "line 28", r.sum("budget_year", nil), -452960747, 0)
}

func TestRegionalstatistikPopulation(t *testing.T) {
	for _, c := range []struct {
		file             string
		germany, aachen  float64
		dashes, dots     int
		nrw, fiveDigits  float64
		fiveDigitsStated bool
	}{
		{"regionalstatistik_12411-01-01-4.csv", 83019213, 555465, 234, 36, 17932651, 77533208, true},
		{"regionalstatistik_12411-01-01-4_2021.csv", 83237124, 556673, 237, -1, 0, 0, false},
	} {
		t.Run(c.file, func(t *testing.T) {
			r := read(t, "messy_german_files/"+c.file, "regionalstatistik_12411")
			r.mustPass(t)
			if r.stats.Rows != 538 || r.format.FirstRow != 9 || r.format.Encoding != table.Windows1252 || !r.format.Genesis {
				t.Errorf("%+v %+v", r.stats, r.format)
			}
			total := map[string]float64{}
			flags := map[table.Flag]int{}
			parts := map[string]float64{}
			for _, x := range r.records {
				flags[x.Flag]++
				if x.Indicator == "pop_total" {
					total[x.Area] = x.Value
				} else {
					parts[x.Area] += x.Value
				}
			}
			near(t, "DG", total["DG"], c.germany, 0)
			near(t, "05334", total["05334"], c.aachen, 0)
			if flags[table.FlagZero] != c.dashes || (c.dots >= 0 && flags[table.FlagUnknown] != c.dots) {
				t.Errorf("flags %v", flags)
			}
			lengths, sums := map[int]int{}, map[int]float64{}
			nrw := 0.0
			for k, v := range total {
				if k != "DG" {
					lengths[len(k)]++
					sums[len(k)] += v
				}
				if len(k) == 5 && strings.HasPrefix(k, "05") {
					nrw += v
				}
				if parts[k] != v {
					t.Errorf("%s: male and female give %v of %v", k, parts[k], v)
				}
			}
			// DG and the 16 Länder are 17 rows.
			if lengths[2] != 16 || lengths[3] != 35 || lengths[5] != 471 || lengths[8] != 15 {
				t.Errorf("key lengths %v", lengths)
			}
			near(t, "Länder", sums[2], c.germany, 0)
			if c.fiveDigitsStated {
				near(t, "counties of NRW", nrw, c.nrw, 0)
				near(t, "counties", sums[5], c.fiveDigits, 0)
			}
		})
	}
}

func TestFilterByKeyLengthLeavesTheCounties(t *testing.T) {
	r := read(t, "messy_german_files/regionalstatistik_12411-01-01-4.csv", "regionalstatistik_12411_kreise")
	r.mustPass(t)
	near(t, "counties", r.sum("pop_total", nil), 77533208, 0)
	if r.stats.Records != 471 || r.stats.Filtered != 538-471 {
		t.Errorf("%+v", r.stats)
	}
}

func TestRegionalstatistikAreaKeepsItsDecimals(t *testing.T) {
	r := read(t, "messy_german_files/regionalstatistik_11111-01-01-4.csv", "regionalstatistik_11111")
	r.mustPass(t)
	only := func(f func(string) bool) float64 {
		return r.sum("area_km2", func(x table.Record) bool { return f(x.Area) })
	}
	if r.stats.Rows != 538 || r.format.FirstRow != 7 {
		t.Errorf("%+v %+v", r.stats, r.format)
	}
	near(t, "DG", only(func(k string) bool { return k == "DG" }), 357582, 0)
	near(t, "Länder", only(func(k string) bool { return len(k) == 2 && k != "DG" }), 357506.83, 1e-6)
	near(t, "05334", only(func(k string) bool { return k == "05334" }), 706.91, 0)
}

func TestGenesisTableOfManyDays(t *testing.T) {
	file := filepath.Join(testdata.Dir(t), "messy_german_files/genesis_11111-0002.csv")
	tb, err := table.OpenFile(file, table.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer tb.Close()
	if tb.Format.FirstRow != 7 || len(tb.Columns) != 24 || tb.Columns[2].Name != "Stichtag | 31.12.1995" {
		t.Errorf("%+v %+v", tb.Format, tb.Columns[2])
	}
	rows, err := tb.Rows()
	if err != nil {
		t.Fatal(err)
	}
	n, later, dashes := 0, 0, 0
	for rows.Next() {
		n++
		for i := 2; i < rows.Row().Len(); i++ {
			switch x := table.ParseNumber(rows.Row().Cell(i).Text, table.Convention{Decimal: ','}); x.Flag {
			case table.FlagNotYet:
				later++
			case table.FlagZero:
				dashes++
			}
		}
	}
	if n != 476 || later != 26 || dashes != 1145 {
		t.Errorf("%d rows, %d '...', %d '-'; want 476, 26, 1145", n, later, dashes)
	}
	read(t, "messy_german_files/genesis_11111-0002.csv", "genesis_11111").mustPass(t)
}

func TestKoelnLandUseEqualsTheHandCleanedTable(t *testing.T) {
	dir := testdata.Dir(t)
	cells := func(name string) map[string][]string {
		tb, err := table.OpenFile(filepath.Join(dir, "messy_german_files", name), table.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer tb.Close()
		rows, err := tb.Rows()
		if err != nil {
			t.Fatal(err)
		}
		out := map[string][]string{}
		for rows.Next() {
			r := rows.Row()
			var line []string
			for i := 1; i < len(tb.Columns); i++ {
				line = append(line, string(r.Cell(i).Text))
			}
			out[string(r.Cell(0).Text)] = line
		}
		return out
	}
	raw, clean := cells("koeln_itnrw_33111-02ir_raw.csv"), cells("koeln_itnrw_33111-02ir_expected.csv")
	if len(raw) != 19 || len(clean) != 19 {
		t.Fatalf("%d and %d years", len(raw), len(clean))
	}
	for day, want := range clean {
		got := raw[day]
		for i := range want {
			a, b := table.ParseNumber([]byte(got[i]), table.Convention{}), table.ParseNumber([]byte(want[i]), table.Convention{})
			if a.Value != b.Value {
				t.Errorf("%s, column %d: %q, want %q", day, i, got[i], want[i])
			}
		}
	}
	r := read(t, "messy_german_files/koeln_itnrw_33111-02ir_raw.csv", "koeln_33111")
	r.mustPass(t)
	near(t, "1994", r.sum("area_total", func(x table.Record) bool { return x.Period.String() == "1994-12-31" }), 4051344, 0)
}

func TestGemeindeverzeichnisCountsEveryMunicipalityOnce(t *testing.T) {
	r := read(t, "messy_german_files/destatis_AuszugGV2QAktuell.xlsx", "destatis_gv")
	total := r.sum("pop_total", nil)
	near(t, "male and female", r.sum("pop_male", nil)+r.sum("pop_female", nil), total, 0)
	// Counted from the XML of the sheet with another program (rows with 60 in column A, sum of column J). It is 9,094 below the official
	// population of 31.12.2022 because the list is of mid-2024 and leaves out what had changed by then.
	near(t, "Germany", total, 84349751, 0)
	if r.stats.Records != 3*10959 {
		t.Errorf("%d records, want three for each of 10,959 municipalities", r.stats.Records)
	}
}

func TestNestedHeadersOfAStatisticalReport(t *testing.T) {
	r := read(t, "messy_german_files/statistik_bbb_SB_A01-05-00_2023h02_BE.xlsx", "bbb_t5")
	berlin := r.sum("pop_total", func(x table.Record) bool { return x.Area == "Berlin" })
	rest := r.sum("pop_total", func(x table.Record) bool { return x.Area != "Berlin" })
	near(t, "Berlin", berlin, 3878100, 0)
	near(t, "districts", rest, berlin, 0)
	if len(r.areas()) != 13 {
		t.Errorf("%v", r.areas())
	}
}

func TestOldXLSIsRefusedWithAdvice(t *testing.T) {
	_, err := table.OpenFile(filepath.Join(testdata.Dir(t), "messy_german_files/berlin_playgrounds.xls"), table.Options{})
	if refusal(err) != "file.xls" || !strings.Contains(err.Error(), ".xlsx") {
		t.Error(err)
	}
}
