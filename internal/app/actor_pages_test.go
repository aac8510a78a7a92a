// SPDX-License-Identifier: EUPL-1.2

package app_test

import (
	"bytes"
	"encoding/csv"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/account"
	"github.com/kupferfaden/kupferfaden/internal/notice"
)

// keep fills in the form of a new record and gives the page of its form.
func (d *desk) keep(kind, owner string, kv ...string) string {
	d.t.Helper()
	at := "/arbeit/akteure/neu/" + kind
	if owner != "" {
		at += "?traeger=" + owner
	}
	v := d.page(at).form(d.t, at)
	for i := 0; i+1 < len(kv); i += 2 {
		if v.Get(kv[i]) == "" {
			v.Set(kv[i], kv[i+1])
		} else {
			v.Add(kv[i], kv[i+1])
		}
	}
	return d.postForm(at, v).done(d.t)
}

func idOf(path string) string { return path[strings.LastIndex(path, "/")+1:] }

// shows fails the test unless the page says all of it, and none of what begins with "-".
func (p paper) shows(t *testing.T, words ...string) {
	t.Helper()
	text := p.text()
	for _, w := range words {
		if not, ok := strings.CutPrefix(w, "-"); ok == strings.Contains(text, not) && (!ok || not != "") {
			t.Errorf("want %q in: %.3000s", w, text)
		}
	}
}

func TestTheInventoryFromTheFirstOrganisationToWhoIsMissing(t *testing.T) {
	offices(t, func(o *office) {
		d := o.planner()
		d.bringAreas(4)
		verein := d.keep("actor", "", "title", "Nachbarschaftsverein", "sort", "association", "areas", "plr/0101", "lat", "51,005", "lon", "9,005", "text", "Wir helfen.")
		haus := d.keep("actor", "", "title", "Stadtteilhaus", "sort", "welfare", "areas", "plr/0101")
		for _, owner := range []string{verein, haus} {
			d.keep("offer", idOf(owner), "title", "Beratung am Markt "+idOf(owner)[30:], "sort", "advice", "age_from", "18", "age_to", "64", "ends", "2027-01-31", "seeks_room", "1", "fte", "0,5", "free", "1", "languages", "tr")
		}
		d.keep("resource", idOf(haus), "title", "Großer Saal", "sort", "room", "free_hours", "12")
		d.keep("resource", "", "title", "Quartiersarbeit", "sort", "staff", "department", "Jugendamt", "persons", "1", "staff_hours", "39", "areas", "plr/0102")
		netz := d.keep("network", "", "title", "Stadtteilkonferenz", "sort", "conference", "areas", "plr/0101")
		d.keep("project", idOf(haus), "title", "Ankommen", "from", "2026-01-01")
		d.keep("structure", "", "title", "Jugendparlament", "sort", "youth")
		at := verein + "/zusammenarbeit"
		if p := d.post(at, "relation_to", idOf(netz), "relation_strength", "3", "relation_role", "Leitung", "relation_formal", "1"); p.code != 303 {
			t.Fatalf("%d %s", p.code, p.text())
		}
		if p := d.post(at, "relation_to", "", "relation_strength", "9"); p.code != 422 || !strings.Contains(p.text(), "Nachbarschaftsverein") {
			t.Errorf("%d: a wrong relation", p.code)
		}
		if p := d.post(verein+"/kontakte", "contact_role", "Vorstand", "contact_phone", "0123 456", "contact_public", "1"); p.code != 303 {
			t.Fatalf("%d %s", p.code, p.text())
		}

		reader := o.anonymous()
		reader.page("/akteure").shows(t, "Nachbarschaftsverein", "Stadtteilhaus", "Karte mit einem Ort")
		reader.page("/akteure?raum=plr/0102").shows(t, "-Nachbarschaftsverein", "Keine Organisation gefunden")
		reader.page("/akteure/nachbarschaftsverein").shows(t, "Wir helfen.", "Beratung am Markt", "Vorstand", "0123 456", "Stadtteilkonferenz", "Leitung", "Zuletzt bestätigt", "-Vollzeitstellen")
		reader.page("/angebote?suche=beratung&alter=30&kostenlos=1&sprache=tr").shows(t, "2 Einträge")
		reader.page("/angebote?alter=12").shows(t, "Kein Angebot gefunden")
		reader.page("/netzwerke").shows(t, "Stadtteilkonferenz", "Jugendparlament")
		reader.page("/netzwerke/stadtteilkonferenz").shows(t, "Nachbarschaftsverein")
		reader.page("/projekte").shows(t, "Ankommen")

		d.page("/arbeit/akteure").shows(t, "Großer Saal", "2 enden bald")
		d.page("/arbeit/akteure/matrix").shows(t, "2 Angebote", "2 Träger", "Lücke")
		d.page("/arbeit/akteure/foerderung").shows(t, "31.01.2027", "endet bald")
		d.page("/arbeit/akteure/personal").shows(t, "39", "Jugendamt")
		d.page("/arbeit/akteure/personal?leserkreis=public").shows(t, "verborgen", "-39,0")
		if p := d.page("/arbeit/akteure/bild"); !strings.Contains(p.body, `href="/akteure/nachbarschaftsverein"`) || !strings.Contains(p.body, "<svg") {
			t.Error("the picture has no links")
		}
		d.page("/arbeit/akteure/fehlt").shows(t, "Alleinerziehende", "Stadtteilkonferenz", "Kindertagesstätte", "Raum 2")
		p := d.page("/arbeit/akteure/buendelung")
		p.shows(t, "Großer Saal", "12 Stunden in der Woche frei")
		v := p.form(t, "/arbeit/akteure/buendelung")
		v.Set("verdict", "accepted")
		if p := d.postForm("/arbeit/akteure/buendelung", v); p.code != 422 {
			t.Errorf("%d without a reason", p.code)
		}
		v.Set("reason", "Passt gut.")
		d.postForm("/arbeit/akteure/buendelung", v).done(t)
		d.page("/arbeit/akteure/buendelung").shows(t, "wird weiterverfolgt", "Passt gut.")
		d.page("/arbeit/akteure/unbestaetigt").shows(t, "Alle Angaben sind bestätigt")

		// A word of the town's own, and its own rule.
		if p := d.post("/arbeit/akteure/begriffe", "liste", "offer_type", "de", "Repair-Café"); p.code != 303 {
			t.Fatalf("%d %s", p.code, p.text())
		}
		d.page("/arbeit/akteure/begriffe?liste=offer_type").shows(t, "Repair-Café", "repair-cafe")
		d.post("/arbeit/akteure/regeln", "changes", "none", "months", "6", "ahead", "3", "level", "plr").done(t)
		if p := d.post("/arbeit/akteure/regeln", "changes", "x", "months", "0", "ahead", "99"); p.code != 422 {
			t.Errorf("%d: rules that are none", p.code)
		}

		// Ended, and back.
		d.page(haus+"/beenden").shows(t, "beenden")
		d.post(haus + "/beenden").done(t)
		if p := reader.get("/akteure/stadtteilhaus"); p.code != 404 {
			t.Errorf("an ended record answers %d", p.code)
		}
		d.post(haus + "/zurueckholen").done(t)
		reader.page("/akteure/stadtteilhaus")
	})
}

func TestACarrierKeepsItsOwnRecordsAndConfirmsThemByOneClick(t *testing.T) {
	offices(t, func(o *office) {
		d := o.planner()
		verein := d.keep("actor", "", "title", "Nachbarschaftsverein")
		other := d.keep("actor", "", "title", "Anderer Verein")
		ctx := t.Context()
		x, _, err := o.app.Accounts.Add(ctx, o.who, account.New{Email: "traeger@verein.example", Name: "Traegerin", Roles: []access.Role{access.Recorder}, Password: passphrase})
		if err != nil {
			t.Fatal(err)
		}
		if err := o.app.Accounts.Change(ctx, o.who, account.RoleChange{Account: x.ID, Role: access.Carrier, In: access.Context{Kind: access.InActor, Key: idOf(verein)}}); err != nil {
			t.Fatal(err)
		}
		c := o.signIn("traeger@verein.example")
		c.page("/arbeit/mein-traeger").shows(t, "Nachbarschaftsverein", "Alles stimmt noch", "-Anderer Verein")
		for _, path := range []string{other, "/arbeit/akteure/neu/offer", "/arbeit/akteure/neu/offer?traeger=" + idOf(other), other + "/beenden"} {
			if p := c.get(path); p.code != 404 {
				t.Errorf("%s: %d", path, p.code)
			}
		}
		for _, path := range []string{"/arbeit/akteure", "/arbeit/akteure/matrix", "/arbeit/akteure/export/akteure.xlsx"} {
			if p := c.get(path); p.code != 403 {
				t.Errorf("%s: %d", path, p.code)
			}
		}
		if p := c.post("/arbeit/mein-traeger/" + idOf(other) + "/bestaetigen"); p.code != 404 {
			t.Errorf("confirms for another: %d", p.code)
		}
		// What it adds waits for staff; what it says of facts holds at once.
		offer := c.keep("offer", idOf(verein), "title", "Sprachcafé", "capacity", "10")
		if p := o.anonymous().get("/angebote/sprachcafe"); p.code != 404 {
			t.Errorf("public before staff looked: %d", p.code)
		}
		p := d.page("/arbeit/akteure/aenderungen")
		p.shows(t, "Sprachcafé")
		i := strings.Index(p.body, `action="/arbeit/akteure/aenderungen/`) + len(`action="`)
		at := p.body[i : i+strings.IndexByte(p.body[i:], '"')]
		d.post(at, "decision", "accept").done(t)
		o.anonymous().page("/angebote/sprachcafe").shows(t, "Sprachcafé", "10")
		v := c.page(offer).form(t, offer)
		v.Set("capacity", "14")
		c.postForm(offer, v).done(t)
		o.anonymous().page("/angebote/sprachcafe").shows(t, "14")
		v.Set("capacity", "viele")
		if p := c.postForm(offer, v); p.code != 422 || !strings.Contains(p.body, `value="viele"`) {
			t.Errorf("%d: what was typed is lost", p.code)
		}
		c.post("/arbeit/mein-traeger/" + idOf(verein) + "/bestaetigen").done(t)

		// A year later the reminder goes out, once.
		soon := o.app.Now().AddDate(1, 0, 1)
		o.app.Actors.Now = func() time.Time { return soon }
		for range 2 {
			if err := o.app.Actors.Remind(ctx, o.who.Tenant); err != nil {
				t.Fatal(err)
			}
		}
		list, err := o.app.Notices.Store.List(ctx, o.who.Tenant, notice.Filter{Kind: "actor.confirm", Limit: 10})
		if err != nil || len(list) != 1 || list[0].To.Email != "traeger@verein.example" {
			t.Errorf("%d reminders: %v", len(list), err)
		}
		d.page("/arbeit/akteure/unbestaetigt").shows(t, "Nachbarschaftsverein", "Traegerin", "Anderer Verein")
	})
}

// The inventory of a large town as its office kept it: staff, projects and networks by social space, in one list each.
func TestTheInventoryOfATownComesFromItsTables(t *testing.T) {
	offices(t, func(o *office) {
		d := o.planner()
		d.bringAreas(4)
		take := func(kind, file string, kv ...string) paper {
			t.Helper()
			at := d.upload("/arbeit/akteure/import", kind+".csv", []byte(file))
			v := url.Values{"kind": {kind}, "do": {"read"}}
			p := d.postForm(at, v)
			v = p.form(t, at)
			for i := 0; i+1 < len(kv); i += 2 {
				v.Set(kv[i], kv[i+1])
			}
			v.Set("do", "check")
			p = d.postForm(at, v)
			if p.code != 200 {
				t.Fatalf("%s: %d %s", kind, p.code, p.text())
			}
			v = p.form(t, at)
			v.Set("do", "take")
			d.postForm(at, v).done(t)
			return p
		}
		take("actor", "Name;Art;Räume;Ansprechperson: Funktion;Ansprechperson: Telefon\nJugendamt;Fachamt der Stadt;;Sekretariat;0123\nAWO Beispiel;welfare;Raum 1;;\n", "public", "1").
			shows(t, "neu 2", "abgelehnt 0")
		take("resource", "Name;Art;Räume;Amt oder Fachbereich;Personen;Stunden je Woche, alle zusammen\nStreetwork Nord;Personal;Raum 1;Jugendamt;2;58,5\nStreetwork Süd;Personal;0103;Jugendamt;4;120\nFachberatung;Personal;;Sozialamt;viele;10\n").
			shows(t, "neu 2", "abgelehnt 1", "Geben Sie eine Zahl an")
		take("project", "Name;Organisation;Räume;Beginn;Ende;Förderung endet am\nSprachpaten;AWO Beispiel;Raum 2; 01.01.2026;31.12.2027;31.12.2027\nMittagstisch;Tafel;Raum 9;;;\n", "found", "1").
			shows(t, "Neue Organisationen: Tafel", "„Raum 9“ gibt es in der Liste nicht", "neu 2")
		take("network", "Name;Art;Räume;Rhythmus\nRunder Tisch Nord;Runder Tisch;Raum 1;monatlich\n").shows(t, "neu 1")
		take("relation", "Organisation;Mit wem;Stärke (1 bis 3);vereinbart\nAWO Beispiel;Runder Tisch Nord;3;ja\nJugendamt;AWO Beispiel;2;nein\nNiemand;AWO Beispiel;1;\n").
			shows(t, "neu 2", "Die Organisation „Niemand“ gibt es nicht.")
		d.page("/arbeit/akteure/personal").shows(t, "58,5", "120", "178,5")
		d.page("/arbeit/akteure/bild").shows(t, "Runder Tisch Nord", "AWO Beispiel")

		// Taken away and brought back, nothing changes.
		again := d.page("/arbeit/akteure/export/resource.csv")
		rows, err := csv.NewReader(strings.NewReader(strings.ReplaceAll(strings.TrimPrefix(again.body, "\ufeff"), ";", ","))).ReadAll()
		if err == nil && len(rows) != 3 {
			t.Errorf("%d rows", len(rows))
		}
		take("resource", again.body).shows(t, "neu 0", "geändert 0", "unverändert 2")
		if p := d.page("/arbeit/akteure/export/akteure.xlsx"); !bytes.HasPrefix([]byte(p.body), []byte("PK")) {
			t.Error("no workbook")
		}
		// A file that is none says so, and one without the name cannot be taken.
		if p := d.sendFile("/arbeit/akteure/import", "leer.csv", nil); p.code != 422 {
			t.Errorf("an empty file: %d", p.code)
		}
		at := d.upload("/arbeit/akteure/import", "ohne.csv", []byte("Wert;Zahl\na;1\nb;2\n"))
		if p := d.postForm(at, url.Values{"kind": {"offer"}, "do": {"check"}}); p.code != 422 || !strings.Contains(p.text(), "Spalte mit dem Namen") {
			t.Errorf("%d %s", p.code, p.text())
		}
		d.post(at + "/verwerfen").done(t)
		if p := d.get(at); p.code != 404 {
			t.Errorf("a discarded file answers %d", p.code)
		}
	})
}
