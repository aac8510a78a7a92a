// SPDX-License-Identifier: EUPL-1.2

package contribution

import (
	"strings"
	"testing"

	"github.com/kupferfaden/kupferfaden/internal/area"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

func TestAreasAreFoundByWhatPeopleCallThem(t *testing.T) {
	levels := []AreaLevel{
		{Level: area.Level{Key: "bezirk", Name: kernel.T("Stadtbezirk", "")}, Areas: []AreaChoice{{"bezirk/1", "Nord"}, {"bezirk/2", "Münsterbusch"}}},
		{Level: area.Level{Key: "quartier", Name: kernel.T("Quartier", "")}, Areas: []AreaChoice{
			{"quartier/0101", "Nord"}, {"quartier/0102", "Nordstraße"}, {"quartier/0201", "Am Alten Markt"}, {"quartier/0202", "Neuer Markt"},
		}},
	}
	for typed, want := range map[string]string{
		"Am Alten Markt":            "quartier/0201",
		"am alten  MARKT":           "quartier/0201",
		"munsterbusch":              "bezirk/2",
		"münsterbusch (Stadtbezirk": "bezirk/2",
		"markt":                     "quartier/0201 quartier/0202",
		"nord":                      "bezirk/1 quartier/0101",
		"Nord (Quartier)":           "quartier/0101",
		"quartier/0102":             "quartier/0102",
		"0102":                      "quartier/0102",
		"nordstrasse":               "quartier/0102",
		"nords":                     "quartier/0102",
		"Südstadt":                  "",
		" ":                         "",
		"\u202e":                    "",
	} {
		var got []string
		for _, a := range FindAreas(levels, typed) {
			got = append(got, a.Key)
		}
		if s := strings.Join(got, " "); s != want {
			t.Errorf("%q finds %q, want %q", typed, s, want)
		}
	}
}
