// SPDX-License-Identifier: EUPL-1.2

package demo

import (
	"fmt"
	"math"
	"strings"

	"github.com/kupferfaden/kupferfaden/internal/indicator"
)

// Keys of the levels and of the one edition of each.
const (
	TownLevel     = "stadt"
	DistrictLevel = "bezirk"
	SpaceLevel    = "sozialraum"
	Edition       = "2015"
	validFrom     = "2015-01-01"
)

// Delivery is a file of an office with the mapping that reads it.
type Delivery struct {
	Source  string
	File    string
	Content []byte
	Mapping string // YAML
}

// offices and the indicators each delivers, as the catalogue's office column says in short.
var offices = []struct {
	source, file string
	keys         []string
}{
	{"Einwohnerstatistik", "einwohner.csv", []string{
		"pop_total", "share_u18", "share_65plus", "share_80plus", "share_foreign", "single_parent_hh_share", "residence_5y_share", "migration_balance",
	}},
	{"Statistik der Bundesagentur für Arbeit", "arbeit_sgb2.csv", []string{
		"unemp_share", "youth_unemp_share", "employment_share", "sgb2_rate", "child_poverty_rate", "min_income_rate",
	}},
	{"Sozialamt", "grundsicherung.csv", []string{"old_age_basic_rate"}},
	{"Jugendamt", "kita_hilfen.csv", []string{"daycare_u3_rate", "hze_rate"}},
	{"Schulamt", "uebergaenge.csv", []string{"transition_gymnasium"}},
	{"Wahlamt", "kommunalwahl.csv", []string{"turnout_local"}},
}

// Deliveries writes the offices' files: semicolons, decimal commas, reference dates in German form, one row a space and year.
func Deliveries(seed uint64) []Delivery {
	figures := map[string]map[[2]string]Figure{}
	for _, f := range Figures(seed) {
		if figures[f.Indicator] == nil {
			figures[f.Indicator] = map[[2]string]Figure{}
		}
		figures[f.Indicator][[2]string{f.Key, fmt.Sprint(f.Year)}] = f
	}
	var list []Delivery
	for _, o := range offices {
		list = append(list, Delivery{Source: o.source, File: o.file, Content: officeFile(o.keys, figures), Mapping: officeMapping(o.keys)})
	}
	return append(list, survey(seed))
}

func officeFile(keys []string, figures map[string]map[[2]string]Figure) []byte {
	var b strings.Builder
	b.WriteString("Raum;Name;Stichtag")
	for _, k := range keys {
		b.WriteString(";" + k + " Zähler")
		if k != "pop_total" {
			b.WriteString(";" + k + " Nenner")
		}
	}
	b.WriteString("\r\n")
	for year := firstYear; year <= lastYear; year++ {
		for _, s := range plan {
			if _, ok := figures[keys[0]][[2]string{s.key, fmt.Sprint(year)}]; !ok {
				continue
			}
			fmt.Fprintf(&b, "%s;%s;31.12.%d", s.key, s.name, year)
			for _, k := range keys {
				f := figures[k][[2]string{s.key, fmt.Sprint(year)}]
				fmt.Fprintf(&b, ";%.0f", f.Numerator)
				if !math.IsNaN(f.Denominator) {
					fmt.Fprintf(&b, ";%.0f", f.Denominator)
				}
			}
			b.WriteString("\r\n")
		}
	}
	return []byte(b.String())
}

func officeMapping(keys []string) string {
	var b strings.Builder
	header(&b)
	for _, k := range keys {
		fmt.Fprintf(&b, "  %q: {indicator: %s, part: numerator}\n", k+" Zähler", k)
		if k != "pop_total" {
			fmt.Fprintf(&b, "  %q: {indicator: %s, part: denominator}\n", k+" Nenner", k)
		}
	}
	b.WriteString("disclosure: unchecked\n")
	return b.String()
}

func header(b *strings.Builder) {
	fmt.Fprintf(b, "area: {level: %s, edition: %q, column: Raum, key_width: 4}\n", SpaceLevel, Edition)
	b.WriteString("period: {column: Stichtag, format: DD.MM.YYYY}\ncolumns:\n")
}

// survey is the residents' survey: weighted means, which the statistics office has cleared because every space has 30 answers or more.
func survey(seed uint64) Delivery {
	var b strings.Builder
	b.WriteString("Raum;Stichtag;Zufriedenheit;Antworten\r\n")
	for _, s := range satisfactions(seed) {
		fmt.Fprintf(&b, "%s;31.12.%d;%s;%d\r\n", s.key, s.year, strings.Replace(fmt.Sprintf("%.1f", s.mean), ".", ",", 1), s.count)
	}
	var m strings.Builder
	header(&m)
	m.WriteString("  Zufriedenheit: {indicator: life_sat_area, part: value}\n")
	fmt.Fprintf(&m, "disclosure: %s\n", indicator.Cleared)
	return Delivery{Source: "Befragung Leben im Quartier", File: "befragung.csv", Content: []byte(b.String()), Mapping: m.String()}
}
