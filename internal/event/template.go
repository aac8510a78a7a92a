// SPDX-License-Identifier: EUPL-1.2

package event

import "github.com/kupferfaden/kupferfaden/internal/kernel"

// Shipped is a template every town has.
type Shipped struct {
	Key  string
	Name kernel.Text
	Make func() Event
}

func item(from, to, de, en string, roles ...string) Item {
	return Item{From: from, To: to, Title: kernel.T(de, en), Roles: roles}
}

// Templates lists the shipped ones. A town makes its own of any of its events.
func Templates() []Shipped {
	return []Shipped{
		{"auftakt", kernel.T("Auftaktveranstaltung mit sieben Arbeitsgruppen", "Kick-off with seven working groups"), kickOff},
		{"forum", kernel.T("Forum mit Zwischenbilanz", "Forum taking stock"), forum},
		{"gespraech", kernel.T("Stadtteilgespräch", "Conversation in the quarter"), conversation},
		{"rundgang", kernel.T("Rundgang im Stadtteil", "Walk through the quarter"), walk},
		{"leer", kernel.T("Ohne Vorlage", "Without a template"), func() Event { return Event{Registers: true, HasWaiting: true} }},
	}
}

// kickOff begins a Leitbild: people hear what the report found, and seven groups work side by side.
func kickOff() Event {
	e := Event{Registers: true, HasWaiting: true, Capacity: 200}
	e.Title = kernel.T("Auftakt: Wie wollen wir leben?", "Kick-off: how do we want to live?")
	e.Teaser = kernel.T("Was sagen die Zahlen, was sagen die Menschen? Sieben Arbeitsgruppen beginnen mit ihren Themen.", "What do the figures say, what do people say? Seven working groups begin with their topics.")
	e.Format, e.AskName, e.AskNeeds = "workshop", "optional", true
	e.Programme = []Item{
		item("17:30", "18:00", "Ankommen", "Arrival"),
		item("18:00", "18:15", "Begrüßung", "Welcome", "Verwaltungsspitze"),
		item("18:15", "18:45", "Was der Sozialbericht zeigt", "What the social report shows", "Sozialplanung"),
		item("18:45", "20:15", "Arbeit in sieben Gruppen", "Work in seven groups", "Moderation der Gruppen"),
		item("20:15", "20:45", "Ergebnisse und wie es weitergeht", "Results and what comes next", "Moderation"),
	}
	for _, t := range [][2]string{
		{"Aufwachsen und Familie", "Growing up and family"},
		{"Bildung", "Education"},
		{"Arbeit und Auskommen", "Work and income"},
		{"Wohnen und Wohnumfeld", "Housing and surroundings"},
		{"Gesundheit und Pflege", "Health and care"},
		{"Älter werden", "Growing older"},
		{"Zusammenleben und Teilhabe", "Living together and taking part"},
	} {
		e.Parts = append(e.Parts, Part{Title: kernel.T(t[0], t[1]), Capacity: 30, Lead: "Sprecherin oder Sprecher der Arbeitsgruppe"})
	}
	return e
}

func forum() Event {
	e := Event{Registers: true, HasWaiting: true, Capacity: 150}
	e.Title = kernel.T("Forum: Was ist erreicht, was fehlt?", "Forum: what is achieved, what is missing?")
	e.Format, e.AskName, e.AskNeeds = "forum", "optional", true
	e.Programme = []Item{
		item("18:00", "18:10", "Begrüßung", "Welcome", "Verwaltungsspitze"),
		item("18:10", "18:50", "Bilanz der Arbeitsgruppen", "The groups take stock", "Sprecherinnen und Sprecher der Arbeitsgruppen"),
		item("18:50", "19:50", "Marktplatz: an jedem Tisch ein Thema", "Market place: one topic a table"),
		item("19:50", "20:15", "Was als Nächstes kommt", "What comes next", "Sozialplanung"),
	}
	return e
}

func conversation() Event {
	e := Event{}
	e.Title = kernel.T("Stadtteilgespräch", "Conversation in the quarter")
	e.Format = "roundtable"
	e.Programme = []Item{
		item("17:00", "17:15", "Ankommen und Kaffee", "Arrival and coffee"),
		item("17:15", "18:30", "Gespräch an Tischen", "Conversation at tables", "Quartiersarbeit"),
		item("18:30", "18:45", "Was wir mitnehmen", "What we take along", "Sozialplanung"),
	}
	return e
}

func walk() Event {
	e := Event{Registers: true, HasWaiting: true, Capacity: 25}
	e.Title = kernel.T("Rundgang im Stadtteil", "Walk through the quarter")
	e.Format, e.AskNeeds = "walk", true
	e.Programme = []Item{item("15:00", "15:10", "Treffpunkt", "Meeting point"), item("15:10", "16:30", "Rundgang mit Halt an fünf Orten", "Walk with five stops", "Quartiersarbeit")}
	return e
}
