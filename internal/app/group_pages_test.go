// SPDX-License-Identifier: EUPL-1.2

package app_test

import (
	"strings"
	"testing"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/account"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

func TestAWorkingGroupFromItsMandateToItsMinutes(t *testing.T) {
	offices(t, func(o *office) {
		ctx := t.Context()
		plan := o.planner()
		for key, public := range map[string]string{"ag-wohnen": "1", "ag-geheim": ""} {
			p := plan.post("/arbeit/gruppen/neu", "kind", "working", "name", "AG "+key, "mandate", "Leitbild zum Wohnen entwerfen", "key", key, "public", public)
			if p.code != 303 {
				t.Fatalf("%s: %d %s", key, p.code, p.text())
			}
		}
		_, _, err := o.app.Accounts.Add(ctx, o.who, account.New{
			Email: "mitglied@stadt.example", Name: "Mitglied", Roles: []access.Role{access.GroupMember}, In: access.Context{Kind: access.InGroup, Key: "ag-wohnen"}, Password: passphrase,
		})
		if err != nil {
			t.Fatal(err)
		}
		if p := plan.post("/arbeit/gruppen/ag-wohnen/mitglieder", "account", "mitglied@stadt.example", "role", "member", "label", "Sprecherin der Mieter"); p.code != 303 {
			t.Fatalf("%d %s", p.code, p.text())
		}
		m := o.signIn("mitglied@stadt.example")
		for path, want := range map[string]int{
			"/arbeit/gruppen": 200, "/arbeit/gruppen/ag-wohnen": 200, "/arbeit/gruppen/ag-wohnen/mitglieder": 200, "/arbeit/aufgaben": 200, "/gruppen/ag-wohnen": 200,
			"/arbeit/gruppen/ag-geheim": 404, "/gruppen/ag-geheim": 404, "/arbeit/gruppen/ag-wohnen/sitzungen/neu": 403, "/arbeit/gruppen/neu": 403, "/arbeit": 200, "/arbeit/sprachen": 403,
		} {
			got := m.get(path)
			if want == 404 && got.code == 403 { // kept out at the door already
				continue
			}
			if got.code != want {
				t.Errorf("a member at %s: %d, want %d", path, got.code, want)
			}
		}
		if p := m.get("/konto"); !strings.Contains(p.body, "/arbeit/gruppen/ag-wohnen") || strings.Contains(p.body, "ag-geheim") {
			t.Error("the account page does not lead to the own group, or to another one")
		}
		if p := o.anonymous().get("/gruppen"); !strings.Contains(p.text(), "AG ag-wohnen") || strings.Contains(p.text(), "geheim") {
			t.Errorf("%s", p.text())
		}
		if p := o.anonymous().get("/gruppen/ag-wohnen"); strings.Contains(p.text(), "Mieter") || !strings.Contains(p.text(), "Ein weiteres Mitglied") {
			t.Errorf("a member without consent is shown: %s", p.text())
		}

		start := o.app.Now().Add(-2 * time.Hour)
		p := plan.post("/arbeit/gruppen/ag-wohnen/sitzungen/neu", "title", "1. Sitzung", "day", start.Format(time.DateOnly), "begins", start.Format("15:04"), "agenda", "Begrüßung\nWohnen", "place", "Rathaus\r\nX-Evil: 1")
		if p.code != 303 {
			t.Fatalf("%d %s", p.code, p.text())
		}
		const meeting = "/arbeit/gruppen/ag-wohnen/sitzungen/1"
		if cal := m.get(meeting + "/termin.ics"); cal.code != 200 || !strings.Contains(cal.body, "BEGIN:VEVENT") || strings.Contains(cal.body, "\nX-Evil") {
			t.Errorf("%d %s", cal.code, cal.body)
		}
		if p := plan.post(meeting + "/einladen"); p.code != 303 {
			t.Errorf("%d %s", p.code, p.text())
		}
		form := plan.get(meeting+"/protokoll").form(t, meeting+"/protokoll")
		form.Set("minutes", "Es wurde lebhaft beraten.")
		if p := plan.postForm(meeting+"/protokoll", form); p.code != 303 {
			t.Fatalf("%d %s", p.code, p.text())
		}
		if p := plan.post(meeting+"/ergebnisse", "kind", "decision", "text", "Die AG empfiehlt den Neubau.", "ayes", "7", "noes", "1"); p.code != 303 {
			t.Errorf("%d %s", p.code, p.text())
		}
		if p := o.anonymous().get("/gruppen/ag-wohnen/sitzungen/1"); p.code != 404 {
			t.Errorf("unpublished minutes: %d", p.code)
		}
		if p := plan.post(meeting + "/veroeffentlichen"); p.code != 303 {
			t.Errorf("%d %s", p.code, p.text())
		}
		if p := o.anonymous().get("/gruppen/ag-wohnen/sitzungen/1"); p.code != 200 || !strings.Contains(p.text(), "Die AG empfiehlt den Neubau.") || strings.Contains(p.text(), "Mieter") {
			t.Errorf("%d %s", p.code, p.text())
		}

		// Two write on one text: the second one gets the form back with what was typed.
		if p := m.post("/arbeit/gruppen/ag-wohnen/texte/neu", "title", "Entwurf", "lang", "de", "body", "Wohnen ist ein Grundrecht."); p.code != 303 {
			t.Fatalf("%d %s", p.code, p.text())
		}
		drafts, err := o.app.Groups.Drafts(ctx, o.who, "ag-wohnen")
		if err != nil || len(drafts) != 1 {
			t.Fatal(err)
		}
		text := "/arbeit/gruppen/ag-wohnen/texte/" + string(drafts[0].ID) + "/bearbeiten"
		if p := plan.post(text, "title", "Entwurf", "lang", "de", "base", "1", "body", "Wohnen ist ein soziales Grundrecht."); p.code != 303 {
			t.Fatalf("%d %s", p.code, p.text())
		}
		p = m.post(text, "title", "Entwurf", "lang", "de", "base", "1", "body", "Wohnen ist für alle da.")
		if p.code != 422 || !strings.Contains(p.body, "Wohnen ist für alle da.") || !strings.Contains(p.body, "soziales") || p.form(t, text).Get("base") != "2" {
			t.Errorf("%d %s", p.code, p.text())
		}
	})
}

func TestTheReportOfLanguagesNamesWhatIsMissing(t *testing.T) {
	offices(t, func(o *office) {
		ctx := t.Context()
		plan := o.planner()
		if p := plan.post("/arbeit/gruppen/neu", "kind", "advisory", "name", "Beirat", "mandate", "Berät den Rat", "key", "beirat", "public", "1"); p.code != 303 {
			t.Fatalf("%d %s", p.code, p.text())
		}
		form := plan.get("/arbeit/gruppen/beirat/bearbeiten?fassung=en").form(t, "/arbeit/gruppen/beirat/bearbeiten?fassung=en")
		form.Set("name", "Advisory board")
		form.Set("mandate", "Advises the council")
		if p := plan.postForm("/arbeit/gruppen/beirat/bearbeiten?fassung=en", form); p.code != 303 {
			t.Fatalf("%d %s", p.code, p.text())
		}
		if p := plan.get("/arbeit/sprachen?art=group&fassung=en"); p.code != 200 || !strings.Contains(p.text(), "Beirat") || !strings.Contains(p.text(), "vollständig") {
			t.Errorf("%d %s", p.code, p.text())
		}
		if p := plan.get("/arbeit/sprachen?art=group&fassung=de%2Bleicht&stand=missing"); !strings.Contains(p.body, "/arbeit/gruppen/beirat/bearbeiten") {
			t.Errorf("%s", p.text())
		}
		g, err := o.app.Groups.Get(ctx, o.who, "beirat")
		if err != nil || g.Name["de"] != "Beirat" || g.Name["en"] != "Advisory board" {
			t.Fatalf("%v %v", g.Name, err)
		}
		if err := o.app.ObserveLanguages(ctx, o.who.Tenant); err != nil {
			t.Fatal(err)
		}
		g.Mandate = kernel.Text{"de": "Berät und kontrolliert", "en": g.Mandate["en"]}
		if _, err := o.app.Groups.Save(ctx, o.who, g); err != nil {
			t.Fatal(err)
		}
		if p := plan.get("/arbeit/sprachen?art=group&stand=outdated"); !strings.Contains(p.body, "/arbeit/gruppen/beirat/bearbeiten") || !strings.Contains(p.text(), "veraltet") {
			t.Errorf("a translation that fell behind is not named: %s", p.text())
		}
	})
}
