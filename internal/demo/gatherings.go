// SPDX-License-Identifier: EUPL-1.2

package demo

import (
	"context"
	"fmt"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/app"
	"github.com/kupferfaden/kupferfaden/internal/event"
	"github.com/kupferfaden/kupferfaden/internal/group"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// visionProcess is the key of the process in which the vision was written.
const visionProcess = "leitbild-kupferstadt"

// circle is one of the seven working groups of the vision.
type circle struct {
	key, name, english, mandate, room, result string
}

var circles = []circle{
	{"ag-1-familie", "AG 1: Kinder, Jugend und Familie", "WG 1: Children, youth, family", "Was brauchen Kinder und ihre Eltern?", "Raum 1", "Beratung kommt in die Kitas."},
	{"ag-2-alter", "AG 2: Älter werden", "WG 2: Growing older", "Wie bleiben wir im Quartier?", "Raum 2", "Ein Runder Tisch stimmt die Angebote ab."},
	{"ag-3-arbeit", "AG 3: Arbeit und Einkommen", "WG 3: Work and income", "Welche Wege führen in gute Arbeit?", "Raum 3", "Jobcenter und Träger öffnen eine gemeinsame Sprechstunde."},
	{"ag-4-wohnen", "AG 4: Wohnen und Quartier", "WG 4: Housing and neighbourhood", "Wie wollen wir Tür an Tür leben?", "Großer Saal", "Die Messingsiedlung bekommt ein Quartiersbüro."},
	{"ag-5-bildung", "AG 5: Bildung", "WG 5: Education", "Wie lernen alle, was sie können?", "Bücherei", "Lernorte öffnen auch am Nachmittag."},
	{"ag-6-ankommen", "AG 6: Ankommen und Zusammenleben", "WG 6: Arriving and living together", "Wie werden aus Fremden Nachbarn?", "Café", "Sprachcafé und Lotsen werden verstetigt."},
	{"ag-7-gesundheit", "AG 7: Gesundheit und Teilhabe", "WG 7: Health and participation", "Was hält uns gesund und dabei?", "Turnhalle", "Bewegungsangebote ziehen in die Quartiere."},
}

// gatherings brings groups, events and the pinboard.
func gatherings(ctx context.Context, a *app.App, s staff) error {
	steps := []func(context.Context, *app.App, staff) error{kickOff, groups, steering, forum, conversation, board}
	for _, step := range steps {
		if err := step(ctx, a, s); err != nil {
			return err
		}
	}
	return nil
}

// instant is the hour of the day so many days before now; negative days lie ahead.
func instant(a *app.App, ago, hour int) kernel.Instant {
	return kernel.InstantOf(days(a, ago).Add(time.Duration(hour-10) * time.Hour))
}

// hall is what every event in the town hall has.
func hall(c event.Content) event.Content {
	c.Place, c.Address = kernel.T("Bürgersaal im Rathaus", "Town hall, assembly room"), "Rathausplatz 1"
	c.Access = []event.Feature{event.StepFree, event.Lift, event.ToiletFeature, event.InductionLoop, event.StopNearby, event.Childcare, event.FreeOfCharge}
	c.Contact = "Sozialplanung, sozialplanung@kupferstadt.example"
	return c
}

// kickOff is the workshop with which the vision began: about 200 people in seven working groups.
func kickOff(ctx context.Context, a *app.App, s staff) error {
	e := event.Event{
		Process: visionProcess, Start: instant(a, 1810, 10), End: instant(a, 1810, 16), Registers: true, Capacity: 220, HasWaiting: true,
		Content: hall(event.Content{
			Title:  kernel.T("Auftaktwerkstatt: Wie wollen wir leben?", "Kick-off: how do we want to live?"),
			Teaser: kernel.T("Rund 200 Menschen beginnen, in sieben Arbeitsgruppen am Leitbild zu schreiben.", "About 200 people begin to write the vision in seven working groups."),
			Format: "workshop", Topics: []string{"Leitbild"}, AskName: "optional", AskNeeds: true,
			Programme: []event.Item{
				{From: "10:00", To: "10:30", Title: kernel.T("Begrüßung", "Welcome"), Roles: []string{"Oberbürgermeisterin"}},
				{From: "10:30", To: "11:15", Title: kernel.T("Was die Zahlen sagen", "What the figures say"), Roles: []string{"Sozialplanung"}},
				{From: "11:30", To: "14:30", Title: kernel.T("Sieben Arbeitsgruppen", "Seven working groups"), Roles: []string{"Moderation"}},
				{From: "14:45", To: "16:00", Title: kernel.T("Ergebnisse und wie es weitergeht", "Results and what comes next"), Roles: []string{"Sprecherinnen und Sprecher der AGs"}},
			},
		}),
	}
	for _, c := range circles {
		e.Parts = append(e.Parts, event.Part{Title: kernel.T(c.name, c.english), Room: c.room, Lead: "Moderation", Capacity: 32})
	}
	err := then(a, days(a, 1840), func() (err error) {
		if e, err = a.Events.Create(ctx, s.by, e); err != nil {
			return err
		}
		return a.Events.Publish(ctx, s.by, e.Key)
	})
	if err != nil {
		return err
	}
	if e, err = a.Events.Edited(ctx, s.by, e.Key); err != nil {
		return err
	}
	return then(a, days(a, 1800), func() error {
		for i, c := range circles {
			m := event.Minute{Kind: event.Note, Part: e.Parts[i].ID, Title: c.result}
			if i == 3 {
				m.Kind, m.Charge, m.Due = event.Task, "Wohnbau Kupferstadt, Sozialmanagement", kernel.Date(days(a, 1700).Format(time.DateOnly))
			}
			if err := a.Events.AddMinute(ctx, s.by, e.Key, m); err != nil {
				return err
			}
		}
		if err := a.Events.AddMinute(ctx, s.by, e.Key, event.Minute{Kind: event.Decision, Title: "Die sieben Arbeitsgruppen treffen sich monatlich und legen bis zum Frühjahr Entwürfe vor."}); err != nil {
			return err
		}
		_, err := a.Events.PublishMinutes(ctx, s.by, e.Key)
		return err
	})
}

// groups are the seven working groups.
func groups(ctx context.Context, a *app.App, s staff) error {
	for i, c := range circles {
		err := then(a, days(a, 1805), func() error {
			g, err := a.Groups.Save(ctx, s.by, group.Group{
				Key: c.key, Kind: group.WorkingGroup, Name: kernel.T(c.name, c.english), Mandate: kernel.T(c.mandate+" Die Gruppe schreibt den Entwurf für ihr Kapitel des Leitbilds und begleitet die Umsetzung.", ""),
				Composition: kernel.T("Einwohnerinnen und Einwohner, Träger, Verwaltung; offen für alle.", "Residents, organisations, administration; open to all."),
				Power:       kernel.T("Schlägt vor; der Rat beschließt.", "Proposes; the council decides."), Rhythm: kernel.T("Einmal im Monat", "Once a month"),
				Process: visionProcess, From: kernel.Date(days(a, 1805).Format(time.DateOnly)), Public: true,
			})
			if err != nil {
				return err
			}
			for _, m := range []group.Member{
				{Label: fmt.Sprintf("Sprecherin der AG %d", i+1), Role: group.Chair, Consent: true},
				{Label: "Sozialplanung", Organisation: "Amt für Soziales und Teilhabe", Role: group.Secretary, Consent: true},
				{Label: "Einwohner", Role: group.Full},
				{Label: "Einwohnerin", Role: group.Full},
			} {
				if _, err := a.Groups.SaveMember(ctx, s.by, g.Key, m, ""); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// steering is the body that accompanies the planning process.
func steering(ctx context.Context, a *app.App, s staff) error {
	var g group.Group
	err := then(a, days(a, 900), func() (err error) {
		g, err = a.Groups.Save(ctx, s.by, group.Group{
			Key: "begleitgremium", Kind: group.Steering, Name: kernel.T("Begleitgremium Integrierte Sozialplanung", "Steering committee for integrated social planning"),
			Mandate:     kernel.T("Begleitet die Sozialplanung von den Daten bis zur Bilanz: berät Sozialbericht, Beteiligung und Handlungskonzept, bevor sie in die Ausschüsse gehen.", "Accompanies social planning from the data to the review."),
			Composition: kernel.T("Fachämter, Wohnungswirtschaft, Liga der Wohlfahrtspflege, Jobcenter, Hochschule, Beiräte.", "Offices, housing companies, welfare organisations, job centre, university, councils."),
			Power:       kernel.T("Berät und empfiehlt.", "Advises and recommends."), SetUp: kernel.T("Beschluss des Rats, DS 0412/24", "Resolution of the council, DS 0412/24"),
			Rhythm: kernel.T("Alle drei Monate", "Every three months"), From: kernel.Date(days(a, 900).Format(time.DateOnly)), Public: true,
		})
		if err != nil {
			return err
		}
		for _, m := range []group.Member{
			{Label: "Dezernentin für Soziales", Role: group.Chair, Consent: true},
			{Label: "Sozialplanung", Role: group.Secretary, Consent: true},
			{Label: "Jugendhilfeplanung", Organisation: "Jugendamt", Role: group.Full, Consent: true},
			{Label: "Teamleitung Netzwerkarbeit", Organisation: "Jobcenter Kupferstadt", Role: group.Full, Consent: true},
			{Label: "Sozialmanagement", Organisation: "Wohnbau Kupferstadt", Role: group.Full, Consent: true},
			{Label: "Sprecher", Organisation: "Liga der Wohlfahrtspflege", Role: group.Full, Consent: true},
			{Label: "Vorsitz", Organisation: "Seniorenbeirat", Role: group.Full, Consent: true},
			{Label: "Fachbereich Sozialwesen", Organisation: "Hochschule", Role: group.Adviser, Consent: true},
		} {
			if _, err := a.Groups.SaveMember(ctx, s.by, g.Key, m, ""); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, ago := range []int{95, 4, -80} {
		var m group.Meeting
		var agenda []group.Item
		for i, title := range []string{"Begrüßung und Protokoll", "Sozialbericht: Stand und Zeitplan", "Stadtteilgespräch Nord", "Verschiedenes"} {
			agenda = append(agenda, group.Item{ID: kernel.NewID(), Number: i + 1, Title: title})
		}
		err := then(a, days(a, ago+30), func() (err error) {
			m, err = a.Groups.SaveMeeting(ctx, s.by, g.Key, group.Meeting{Title: "Sitzung des Begleitgremiums", Starts: instant(a, ago, 14), Ends: instant(a, ago, 16), Place: "Rathaus, Zimmer 210", Items: agenda})
			return err
		})
		if err != nil || ago < 0 {
			return err
		}
		err = then(a, days(a, ago-1), func() error {
			items := map[kernel.ID]string{}
			for i, text := range []string{"Das Protokoll wird angenommen.", "Die Lieferungen der Ämter sind vollständig. Der Entwurf geht den Datengebern zur Einschätzung zu.", "Die Briefkästen für Papierbeiträge stehen in Nachbarschaftshaus und Jugendtreff.", "Keine Punkte."} {
				items[m.Items[i].ID] = text
			}
			if err := a.Groups.SaveMinutes(ctx, s.by, g.Key, m.Number, group.Minutes{Items: items, Guests: 2, Edit: m.Edit}); err != nil {
				return err
			}
			if err := a.Groups.AddOutcome(ctx, s.by, g.Key, m.Number, group.Outcome{Item: m.Items[1].ID, Kind: group.Decided, Text: "Das Gremium empfiehlt, den Bericht dem Sozialausschuss vorzulegen.", Ayes: 7}, group.Task{}); err != nil {
				return err
			}
			due := kernel.Date(days(a, ago-21).Format(time.DateOnly))
			if err := a.Groups.AddOutcome(ctx, s.by, g.Key, m.Number, group.Outcome{Item: m.Items[2].ID, Kind: group.Tasked, Text: "Ergebnisse des Stadtteilgesprächs bis zur nächsten Sitzung zusammenfassen."}, group.Task{OwnerLabel: "Sozialplanung", Due: due}); err != nil {
				return err
			}
			return a.Groups.Publish(ctx, s.by, g.Key, m.Number)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// forum is the forum after five years, to which everybody can register.
func forum(ctx context.Context, a *app.App, s staff) error {
	e := event.Event{
		Process: visionProcess, Start: instant(a, -38, 17), End: instant(a, -38, 21), Registers: true, Capacity: 150, HasWaiting: true,
		Content: hall(event.Content{
			Title: kernel.Text{"de": "Forum nach fünf Jahren: Was haben wir erreicht?", "en": "Forum after five years: what have we achieved?", "de+leicht": "Treffen: Was haben wir in fünf Jahren geschafft?"},
			Teaser: kernel.Text{
				"de": "Wir schauen zurück auf das Leitbild und nach vorn: Was hat gewirkt, was fehlt, was kommt als Nächstes?", "en": "We look back at the vision and ahead: what worked, what is missing, what comes next?",
				"de+leicht": "Wir sprechen über die letzten fünf Jahre. Alle können kommen. Es kostet nichts.",
			},
			Body:   kernel.T("Nach dem Rückblick der Sozialplanung sprechen die sieben Arbeitsgruppen über ihre Kapitel. Für Kinder gibt es Betreuung, für Gäste mit Hörgeräten eine Ringschleife.", "After a look back the seven working groups talk about their chapters. Childcare and a hearing loop are provided."),
			Format: "forum", Topics: []string{"Leitbild"}, AskName: "optional", AskNeeds: true, Languages: []string{"tr", "ar"}, Hours: 48,
			Photos: kernel.T("Es wird fotografiert, erkennbar sind nur Menschen, die zustimmen.", "Photos are taken; only people who agree can be recognised."),
			Programme: []event.Item{
				{From: "17:00", To: "17:20", Title: kernel.T("Begrüßung", "Welcome"), Roles: []string{"Oberbürgermeisterin"}},
				{From: "17:20", To: "18:00", Title: kernel.T("Fünf Jahre Leitbild in Zahlen", "Five years in figures"), Roles: []string{"Sozialplanung"}},
				{From: "18:15", To: "20:00", Title: kernel.T("Arbeitsgruppen", "Working groups"), Roles: []string{"Moderation"}},
				{From: "20:15", To: "21:00", Title: kernel.T("Was nehmen wir mit?", "What do we take along?"), Roles: []string{"Sprecherinnen und Sprecher der AGs"}},
			},
		}),
	}
	for _, c := range circles {
		e.Parts = append(e.Parts, event.Part{Title: kernel.T(c.name, c.english), Room: c.room, Capacity: 22})
	}
	return then(a, days(a, 9), func() (err error) {
		if e, err = a.Events.Create(ctx, s.by, e); err != nil {
			return err
		}
		if err := a.Events.Publish(ctx, s.by, e.Key); err != nil {
			return err
		}
		if e, err = a.Events.Edited(ctx, s.by, e.Key); err != nil {
			return err
		}
		for i := range 11 { // people who called
			if _, err := a.Events.Register(ctx, s.by, e.Key, event.Application{Part: e.Parts[i%len(e.Parts)].ID, Name: fmt.Sprintf("Gast %d", i+1), Lang: "de", Staff: true}); err != nil {
				return err
			}
		}
		return nil
	})
}

// conversation is the meeting of the consultation in the north, in the neighbourhood itself.
func conversation(ctx context.Context, a *app.App, s staff) error {
	c := hall(event.Content{
		Title:  kernel.T("Küchentischgespräch in der Messingsiedlung", "Kitchen-table talk"),
		Teaser: kernel.T("Kommen Sie vorbei, es gibt Suppe. Wir hören zu und schreiben auf.", "Come by, there is soup. We listen and write down."),
		Format: "roundtable", Areas: []string{"sozialraum/0202"}, Languages: []string{"tr", "ar"},
	})
	c.Place, c.Address = kernel.T("Nachbarschaftshaus Drahtzieherviertel", "Neighbourhood house"), "Drahtgasse 7"
	return then(a, days(a, 15), func() error {
		e, err := a.Events.Create(ctx, s.by, event.Event{Process: "messingsiedlung", Start: instant(a, -6, 18), End: instant(a, -6, 20), Content: c})
		if err != nil {
			return err
		}
		return a.Events.Publish(ctx, s.by, e.Key)
	})
}

// board is the pinboard.
func board(ctx context.Context, a *app.App, s staff) error {
	for i, p := range []event.Post{
		{Category: "news", Pinned: true, PostContent: event.PostContent{Title: kernel.T("Der neue Sozialbericht ist da", "The new social report is out"), Body: kernel.T("Zahlen, Steckbriefe und was Menschen dazu sagen: jetzt online und im Rathaus.", "Figures, profiles and what people say: online and in the town hall."), Source: "Sozialplanung"}},
		{Category: "call", Process: "messingsiedlung", PostContent: event.PostContent{Title: kernel.T("Wir suchen Übersetzerinnen und Übersetzer", "Interpreters wanted"), Body: kernel.T("Für das Küchentischgespräch suchen wir Menschen, die Türkisch oder Arabisch sprechen.", "For the kitchen-table talk we look for people who speak Turkish or Arabic."), Source: "Quartiersbüro Messingsiedlung", Areas: []string{"sozialraum/0202"}}},
		{Category: "result", Process: visionProcess, PostContent: event.PostContent{Title: kernel.T("Quartiersbüro feiert drei Jahre", "Neighbourhood office turns three"), Body: kernel.T("Was in der Auftaktwerkstatt ein Wunsch war, ist heute Anlaufstelle für 600 Haushalte.", ""), Source: "AG 4", Areas: []string{"sozialraum/0202"}}},
		{Category: "offer", PostContent: event.PostContent{Title: kernel.T("Gemeindesaal sucht Gruppen", "Parish hall looks for groups"), Body: kernel.T("Montags und donnerstags ist der Saal von St. Barbara frei, stufenlos und mit Küche.", ""), Source: "Kirchengemeinde St. Barbara", Areas: []string{"sozialraum/0401"}}},
		{Category: "thanks", PostContent: event.PostContent{Title: kernel.T("Danke an alle Digitallotsen", "Thanks to the digital guides"), Body: kernel.T("Seit dem Frühjahr haben neun Ehrenamtliche über 200 Menschen geholfen.", ""), Source: "Seniorenbeirat"}},
	} {
		err := then(a, days(a, 3*i+1), func() error {
			made, err := a.Events.SavePost(ctx, s.by, p, nil)
			if err != nil {
				return err
			}
			return a.Events.PublishPost(ctx, s.by, made.ID, false)
		})
		if err != nil {
			return err
		}
	}
	return nil
}
