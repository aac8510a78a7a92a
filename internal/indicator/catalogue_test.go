// SPDX-License-Identifier: EUPL-1.2

package indicator_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/kupferfaden/kupferfaden/internal/indicator"
)

// TestTheShippedCatalogueIsComplete: domain.md 3.1 has 87 rows in the fields A to H.
func TestTheShippedCatalogueIsComplete(t *testing.T) {
	want := map[string]int{"A": 18, "B": 6, "C": 8, "D": 14, "E": 14, "F": 8, "G": 6, "H": 13}
	got := map[string]int{}
	seen := map[string]bool{}
	units := indicator.Units()
	for _, i := range indicator.Shipped() {
		got[i.Field]++
		if i.Position != got[i.Field] || seen[i.Key] {
			t.Errorf("%s: position %d, seen before %v", i.Key, i.Position, seen[i.Key])
		}
		seen[i.Key] = true
		v := i.Current()
		for _, lang := range []string{"de", "en"} {
			if v.Name[lang] == "" || v.Numerator[lang] == "" && v.Aggregation != indicator.NoAggregation {
				t.Errorf("%s has no name or numerator in %s", i.Key, lang)
			}
			if v.Aggregation == indicator.Ratio && v.Denominator[lang] == "" || len(v.Note) > 0 && v.Note[lang] == "" {
				t.Errorf("%s has no denominator or note in %s", i.Key, lang)
			}
		}
		if v.Factor <= 0 || v.Factor != units[v.Unit] || !slices.Contains(indicator.Classes(), v.Class) || v.Office == "" {
			t.Errorf("%s: unit %q, factor %v, class %q, office %q", i.Key, v.Unit, v.Factor, v.Class, v.Office)
		}
		for _, o := range indicator.OfficeNames(v.Office) {
			if o["de"] == "" || o["en"] == "" || o["de"] == o["en"] && o["de"] != "Jobcenter" {
				t.Errorf("%s: office %v has no name", i.Key, o)
			}
		}
		if i.Own || v.Version != 1 || v.ValidFrom != "" {
			t.Errorf("%s: %+v", i.Key, i)
		}
	}
	if len(seen) != 87 {
		t.Errorf("%d indicators, want 87", len(seen))
	}
	for f, n := range want {
		if got[f] != n || indicator.FieldName(f)["en"] == "" {
			t.Errorf("field %s: %d indicators, want %d", f, got[f], n)
		}
	}
	if len(indicator.Fields()) != len(want) {
		t.Errorf("fields %v", indicator.Fields())
	}
}

// TestContextIsNeverABurden: what domain.md 3.1 marks as context stays out of a burden index.
func TestContextIsNeverABurden(t *testing.T) {
	byKey := map[string]indicator.Version{}
	for _, i := range indicator.Shipped() {
		byKey[i.Key] = i.Current()
	}
	for key, want := range map[string]indicator.Direction{
		"share_foreign": indicator.Context, "share_65plus": indicator.Context, "asylblg_share": indicator.Context, "residence_5y_share": indicator.Context,
		"unemp_share": indicator.Burden, "child_poverty_rate": indicator.Burden, "employment_share": indicator.Relief, "turnout_local": indicator.Relief,
	} {
		if byKey[key].Direction != want {
			t.Errorf("%s: direction %d, want %d", key, byKey[key].Direction, want)
		}
	}
	// The base of the official unemployment rate does not exist for small areas: the label must say share (domain.md 3.1 C).
	for _, key := range []string{"unemp_share", "unemp_sgb2_share", "longterm_unemp_share", "youth_unemp_share", "older_unemp_share"} {
		if name := strings.ToLower(byKey[key].Name["de"]); !strings.Contains(name, "anteil") {
			t.Errorf("%s is called %q", key, name)
		}
	}
	for key, want := range map[string]indicator.Aggregation{
		"pop_total": indicator.Sum, "rent_offer_median": indicator.NoAggregation, "life_sat_area": indicator.NoAggregation, "migration_volume": indicator.NoAggregation,
		"mean_age": indicator.Ratio, "share_u18": indicator.Ratio,
	} {
		if byKey[key].Aggregation != want {
			t.Errorf("%s: aggregation %s, want %s", key, byKey[key].Aggregation, want)
		}
	}
	for key, v := range byKey {
		if v.Signed != slices.Contains([]string{"migration_balance", "migration_balance_u6", "natural_balance", "pop_change_5y"}, key) {
			t.Errorf("%s: signed %v", key, v.Signed)
		}
	}
}

func TestNearestKeysAreProposed(t *testing.T) {
	list := indicator.Shipped()
	for key, want := range map[string]string{"share_u81": "share_u18", "pop_totel": "pop_total", "unemp": "unemp_share", "child_poverty": "child_poverty_rate"} {
		if got := indicator.Nearest(key, list); !slices.Contains(got, want) || len(got) > 3 {
			t.Errorf("%s: %v, want %s among them", key, got, want)
		}
	}
	if got := indicator.Nearest("zzzzzzzzzzzz", list); len(got) != 0 {
		t.Errorf("nothing is like it, but %v", got)
	}
}

func TestTheVersionOfTheDayIsTaken(t *testing.T) {
	i := indicator.Indicator{Versions: []indicator.Version{{Version: 1}, {Version: 2, ValidFrom: "2012-01-01"}, {Version: 3, ValidFrom: "2024-01-01"}}}
	for day, want := range map[string]int{"2000-12-31": 1, "2011-12-31": 1, "2012-01-01": 2, "2023-12-31": 2, "2024-12-31": 3} {
		if got := i.At(dayOf(day)).Version; got != want {
			t.Errorf("%s: version %d, want %d", day, got, want)
		}
	}
}
