// SPDX-License-Identifier: EUPL-1.2

package contribution

import (
	"maps"
	"slices"
	"strings"
)

// preset is an export of another platform: the columns by which it is known, and what they are.
type preset struct {
	name     string
	match    []string            // columns it always has
	fields   map[string][]string // field: columns, each taken where it is there
	eachText bool
	lang     string
}

// presets of platforms whose exports towns bring. Decidim names its columns with slashes and the language; meinBerlin and adhocracy+ write
// German or English titles; LimeSurvey has the questions as columns.
var presets = []preset{
	{
		name: "Decidim", match: []string{"id", "participatory_space/id"},
		fields: map[string][]string{
			"id": {"id"}, "title": {"title/de", "title/en", "title/fi", "title/fr", "title/ca", "title"}, "text": {"body/de", "body/en", "body/fi", "body/fr", "body/ca", "body"},
			"category": {"category/name/de", "category/name/en", "taxonomies/name/de", "category"}, "latitude": {"latitude"}, "longitude": {"longitude"},
			"area": {"scope/name/de", "scope/name/en", "scope"}, "date": {"published_at", "created_at"},
		},
	},
	{
		name: "OmaStadi", match: []string{"id", "round", "texts", "areaScope"}, lang: "fi",
		fields: map[string][]string{
			"id": {"round", "id"}, "title": {"title"}, "text": {"texts"}, "latitude": {"latitude"}, "longitude": {"longitude"}, "area": {"district"},
		},
	},
	{
		name: "meinBerlin (de)", match: []string{"Link", "Beschreibung"},
		fields: map[string][]string{
			"id": {"Referenznr.", "Referenznummer", "Link"}, "title": {"Titel", "Name"}, "text": {"Beschreibung"}, "category": {"Kategorie"}, "latitude": {"Breitengrad", "Ort (Breitengrad)"},
			"longitude": {"Längengrad", "Ort (Längengrad)"}, "area": {"Ort (Bezeichnung)", "Bezirk"}, "date": {"Erstellt", "Erstellt am", "Datum"}, "name": {"Verfasser*in", "Ersteller*in"},
		},
	},
	{
		name: "meinBerlin (en)", match: []string{"Link", "Description"},
		fields: map[string][]string{
			"id": {"Reference No.", "Reference number", "Link"}, "title": {"Title", "Name"}, "text": {"Description"}, "category": {"Category"}, "latitude": {"Location (Latitude)", "Latitude"},
			"longitude": {"Location (Longitude)", "Longitude"}, "area": {"Location label"}, "date": {"Created"}, "name": {"Creator"},
		},
	},
	{
		name: "LimeSurvey", match: []string{"submitdate", "lastpage"}, eachText: true,
		fields: map[string][]string{"id": {"id"}, "lang": {"startlanguage"}, "date": {"submitdate"}},
	},
	{
		name: "LimeSurvey (Antwort-ID)", match: []string{"Antwort ID", "Datum Abgeschickt"}, eachText: true,
		fields: map[string][]string{"id": {"Antwort ID"}, "lang": {"Start-Sprache"}, "date": {"Datum Abgeschickt"}},
	},
}

// guesses are names columns have in files nobody knows.
var guesses = map[string][]string{
	"id": {"id", "nr", "nummer", "number", "lfd nr"}, "title": {"titel", "title", "ueberschrift", "überschrift", "betreff"},
	"text": {"text", "beschreibung", "beitrag", "inhalt", "idee", "vorschlag", "anregung", "hinweis", "kommentar", "description", "body"}, "category": {"kategorie", "thema", "category"},
	"latitude": {"breite", "breitengrad", "lat", "latitude", "y"}, "longitude": {"länge", "längengrad", "lon", "lng", "longitude", "x"},
	"area": {"raum", "stadtteil", "quartier", "bezirk", "ortsteil", "sozialraum", "district"}, "lang": {"sprache", "language", "lang"}, "date": {"datum", "date", "erstellt", "created"},
	"name": {"pseudonym"},
}

// technical are columns of LimeSurvey that are no answers.
var technical = []string{"id", "submitdate", "lastpage", "startlanguage", "seed", "token", "startdate", "datestamp", "ipaddr", "refurl", "interviewtime", "antwort id", "datum abgeschickt", "letzte seite", "start-sprache", "zufallsstartwert"}

// propose maps the columns of a file.
func propose(columns []string, kept []Mapping) Mapping {
	has := func(name string) bool { return slices.Contains(columns, name) }
	for _, m := range kept { // what was remembered and fits whole
		whole := true
		for _, names := range m.Columns {
			whole = whole && !slices.ContainsFunc(names, func(n string) bool { return !has(n) })
		}
		if whole && len(m.Columns) > 1 {
			return m
		}
	}
	for _, p := range presets {
		if slices.ContainsFunc(p.match, func(n string) bool { return !has(n) }) {
			continue
		}
		m := Mapping{Name: p.name, Columns: map[string][]string{}, Channel: Import, Lang: p.lang, EachText: p.eachText}
		for field, names := range p.fields {
			found := slices.DeleteFunc(slices.Clone(names), func(n string) bool { return !has(n) })
			if len(found) > 1 && !(p.name == "OmaStadi" && field == "id") {
				found = found[:1]
			}
			if len(found) > 0 {
				m.Columns[field] = found
			}
		}
		if p.eachText {
			for _, c := range columns {
				if !slices.Contains(technical, strings.ToLower(c)) && !strings.Contains(strings.ToLower(c), "time") {
					m.Columns["text"] = append(m.Columns["text"], c)
				}
			}
		}
		return m
	}
	m := Mapping{Columns: map[string][]string{}, Channel: Import}
	used := map[string]bool{}
	for _, field := range slices.Sorted(maps.Keys(guesses)) {
		for _, g := range guesses[field] {
			i := slices.IndexFunc(columns, func(c string) bool { return Fold(c) == Fold(g) && !used[c] })
			if i >= 0 {
				m.Columns[field] = []string{columns[i]}
				used[columns[i]] = true
				break
			}
		}
	}
	return m
}
