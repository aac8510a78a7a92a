// SPDX-License-Identifier: EUPL-1.2

package app_test

import (
	"context"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/account"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/vision"
)

// From a pasted text to the adopted version: planner, guest, council.
func TestALeitbildFromTheFirstWordToTheAdoptedVersion(t *testing.T) {
	offices(t, func(o *office) {
		t := o.t
		p, guest := o.planner(), o.anonymous()
		sees := func(d *desk, path string, want ...string) paper {
			t.Helper()
			x := d.get(path)
			for _, w := range want {
				if x.code != http.StatusOK || !strings.Contains(x.text(), w) {
					t.Fatalf("%s answers %d without %q: %.1500s", path, x.code, w, x.text())
				}
			}
			return x
		}
		sends := func(d *desk, path string, kv ...string) paper {
			t.Helper()
			x := d.post(path, kv...)
			if x.code != http.StatusSeeOther && x.code != http.StatusOK {
				t.Fatalf("%s answers %d: %.1500s", path, x.code, x.text())
			}
			return x
		}
		const work, page = "/arbeit/leitbild/berg-und-tal", "/leitbild/berg-und-tal"
		sends(p, "/arbeit/leitbild", "kind", "vision", "title", "Berg und Tal", "key", "berg-und-tal", "lead", "")
		if x := guest.get(page); x.code != http.StatusNotFound {
			t.Errorf("a draft is public: %d", x.code)
		}
		const text = "# Zusammenleben\n\nWir wollen eine Stadt, in der alle dazugehören.\n\nKinder wachsen gut auf.\n"
		sees(p, work+"/einlesen", "Datei wählen")
		preview := sends(p, work+"/einlesen", "lang", "de", "markdown", text)
		values := preview.form(t, work+"/einlesen/uebernehmen")
		sends(p, work+"/einlesen/uebernehmen", "lang", "de", "mark", values.Get("mark"), "markdown", values.Get("markdown"))
		settings := sees(p, work+"/angaben").form(t, work+"/angaben")
		sends(p, work+"/angaben", "edit", settings.Get("edit"), "kind", "vision", "title-de", "Berg und Tal", "opens", "2020-01-01")
		sends(p, work+"/veroeffentlichen", "public", "1")
		sees(guest, "/leitbild", "Berg und Tal", "Wir wollen eine Stadt, in der alle dazugehören.", "Arbeitsfassung")

		d, err := o.app.Vision.Doc(t.Context(), o.who, "berg-und-tal")
		if err != nil {
			t.Fatal(err)
		}
		live := d.Live(nil)
		form := page + "/absatz/" + string(live[1].ID) + "/aendern"
		values = sees(guest, form, "Wortlaut heute").form(t, form)
		if x := guest.post(form, "art", "replace", "fassung", values.Get("fassung"), "want", "Neu.", "reason", ""); x.code != http.StatusUnprocessableEntity {
			t.Errorf("a form without its guard answers %d", x.code)
		}
		// A signed-in person needs no guard.
		receipt := sends(p, form, "art", "replace", "fassung", values.Get("fassung"), "sprachfassung", "de", "want", "Wir wollen eine offene Stadt, in der alle dazugehören.", "reason", "Offenheit fehlt.")
		code := regexp.MustCompile(`[A-Z2-9]{4}-[A-Z2-9]{4}-[A-Z2-9]{3}`).FindString(receipt.text())
		if code == "" {
			t.Fatalf("no code: %.800s", receipt.text())
		}
		if x := sees(guest, page+"/aenderungen"); strings.Contains(x.text(), "Ä 1") {
			t.Error("public before the moderation saw it")
		}
		if x := guest.post("/leitbild/vorgang", "code", code); !strings.Contains(x.text(), "eingereicht") {
			t.Errorf("the receipt: %d %.500s", x.code, x.text())
		}
		if x := guest.post("/leitbild/vorgang", "code", "AAAA-AAAA-AAA"); x.code != http.StatusUnprocessableEntity {
			t.Errorf("a guessed receipt answers %d", x.code)
		}

		// Editing goes on while the amendment is open.
		paragraph := work + "/absatz/" + string(live[1].ID)
		values = sees(p, paragraph, "Ä 1").form(t, paragraph)
		sends(p, paragraph, "edit", values.Get("edit"), "kind", "paragraph", "body-de", "Wir wollen eine Stadt, in der alle gern leben und dazugehören.", "note", "klarer")
		if x := p.post(paragraph, "edit", values.Get("edit"), "kind", "paragraph", "body-de", "Anders."); x.code != http.StatusUnprocessableEntity || !strings.Contains(x.text(), "Nichts ist verloren") {
			t.Errorf("two editors: %d", x.code)
		}
		one := work + "/aenderungen/1"
		judge := func(kv ...string) {
			t.Helper()
			values := sees(p, one).form(t, one)
			sends(p, one, append([]string{"edit", values.Get("edit")}, kv...)...)
		}
		judge("to", "admitted")
		sees(guest, page+"/aenderungen/1", "zulässig", "Offenheit fehlt.", "Auf den Wortlaut von heute übertragen")
		judge("to", "recommended", "reason", "Passt.")
		judge("to", "accepted", "reason", "Einstimmig.", "decider", "Redaktionsgruppe", "on", "2024-05-01")
		x := sees(p, work+"/konsolidiert", "neu: offene")
		sends(p, work+"/konsolidiert", "mark", x.form(t, work+"/konsolidiert").Get("mark"))
		sees(guest, page, "Wir wollen eine offene Stadt, in der alle gern leben und dazugehören.")

		sends(p, work+"/motto", "do", "eintragen", "options", "110 Wir halten zusammen\n60 Berg und Tal\n30 Kupfer verbindet", "method", "Klebepunkte", "on", "2024-06-01")
		sees(guest, page, "Wir halten zusammen", "55")
		values = sees(p, work+"/fassungen").form(t, work+"/fassungen/beschluss")
		sends(p, work+"/fassungen/beschluss", "mark", values.Get("mark"), "body", "Rat der Stadt", "on", "2024-07-01", "reference", "DS 12/2024")
		sees(guest, page+"/fassungen/1", "Rat der Stadt", "DS 12/2024", "offene Stadt", "Wir halten zusammen")
		values = sees(p, paragraph).form(t, paragraph)
		sends(p, paragraph, "edit", values.Get("edit"), "kind", "paragraph", "body-de", "Später ganz anders.")
		if x := sees(guest, page, "offene Stadt"); strings.Contains(x.text(), "Später ganz anders.") {
			t.Error("the adopted text changed with the working text")
		}
		both := sees(guest, page+"/vergleich?von=1&bis=arbeit", "neu:", "gestrichen:", "[+", "[−")
		if !strings.Contains(both.body, "<ins") || !strings.Contains(both.body, "<del") {
			t.Error("a comparison without ins and del")
		}
		sees(guest, page+"/vergleich?von=1&bis=arbeit&ansicht=nebeneinander", "Fassung 1")
		for file, kind := range map[string]string{"berg-und-tal-1.md": "text/markdown", "berg-und-tal-1.docx": "officedocument"} {
			if x := guest.get(page + "/fassungen/1/" + file); x.code != http.StatusOK || !strings.Contains(x.header.Get("Content-Type"), kind) {
				t.Errorf("%s: %d %s", file, x.code, x.header.Get("Content-Type"))
			}
		}
		for _, file := range []string{"/fassungen/1/berg-und-tal-1.pdf", "/lesefassung.pdf"} {
			if x := guest.get(page + file); !strings.HasPrefix(x.body, "%PDF") || !strings.Contains(x.body, "offene") || !strings.Contains(x.body, "Rat der Stadt") {
				t.Errorf("%s: %d %s", file, x.code, x.body[:min(200, len(x.body))])
			}
		}
		sees(guest, page+"?sprache=leicht", "offene Stadt")
		sees(guest, "/en"+page, "Vision", "offene Stadt")
	})
}

// A vision of 40 paragraphs with 200 amendments is read in less than 50 ms.
func TestALongLeitbildIsThereAtOnce(t *testing.T) {
	if testing.Short() {
		t.Skip("measures time")
	}
	offices(t, func(o *office) {
		t := o.t
		ctx := t.Context()
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		_, err := o.app.Vision.Create(ctx, o.who, vision.Text{Key: "lang", Kind: vision.Leitbild, Title: kernel.T("Lang", ""), Opens: kernel.InstantOf(time.Now().AddDate(-1, 0, 0))})
		must(err)
		must(o.app.Vision.Publish(ctx, o.who, "lang", true))
		by := planner(o.who.Tenant)
		must(o.app.DB.Tx(ctx, func(ctx context.Context) error {
			after := kernel.ID("")
			for range 40 {
				p, err := o.app.Vision.Add(ctx, o.who, "lang", after, vision.Paragraph{Kind: vision.Body, Body: kernel.Text{"de": strings.Repeat("Wir wollen eine Stadt, in der alle dazugehören. ", 8)}})
				if err != nil {
					return err
				}
				after = p.ID
				for n := range 5 {
					want := strings.Replace(p.Body["de"], "alle", "wirklich alle", n+1)
					r, err := o.app.Vision.Submit(ctx, by, "lang", vision.Proposal{Paragraph: p.ID, Edit: 1, Kind: vision.Replace, Lang: "de", Want: want, Reason: "Darum."})
					if err != nil {
						return err
					}
					if err := o.app.Vision.Judge(ctx, by, "lang", vision.Step{Number: r.Number, Edit: 1, To: vision.Admitted}); err != nil {
						return err
					}
				}
			}
			return nil
		}))
		guest := o.anonymous()
		for _, path := range []string{"/leitbild/lang", "/leitbild/lang/aenderungen", "/leitbild/lang/vergleich?von=arbeit&bis=konsolidiert"} {
			best := time.Hour
			for range 7 {
				start := time.Now()
				if x := guest.get(path); x.code != http.StatusOK {
					t.Fatalf("%s: %d", path, x.code)
				}
				best = min(best, time.Since(start))
			}
			t.Logf("%s: %v", path, best)
			if best > 50*time.Millisecond {
				t.Errorf("%s takes %v", path, best)
			}
		}
	})
}

func TestWhoModeratesFindsAmendmentsAndNobodyAVoteThatIsPrepared(t *testing.T) {
	offices(t, func(o *office) {
		t := o.t
		ctx := t.Context()
		plan, guest := o.planner(), o.anonymous()
		plan.fill("/arbeit/beteiligung/neu", "from", "kurze-konsultation", "key", "park").done(t)
		plan.post("/arbeit/leitbild", "kind", "vision", "title", "Berg und Tal", "key", "berg", "lead", "").done(t)
		plan.post("/arbeit/leitbild", "kind", "guidelines", "title", "Leitlinien", "key", "linien", "lead", "").done(t)
		const work = "/arbeit/leitbild/berg"
		plan.post(work+"/absaetze", "kind", "paragraph", "body", "Alle gehören dazu.").done(t)
		for _, key := range []string{"berg", "linien"} {
			plan.post("/arbeit/leitbild/"+key+"/veroeffentlichen", "public", "1").done(t)
		}
		last := o.app.Now().AddDate(0, 0, 3).Format(time.DateOnly)
		edit := plan.get(work+"/angaben").form(t, work+"/angaben").Get("edit")
		plan.post(work+"/angaben", "edit", edit, "kind", "vision", "title-de", "Berg und Tal", "opens", "2020-01-01", "closes", last).done(t)
		x, err := o.app.Vision.Doc(ctx, o.who, "berg")
		if err != nil {
			t.Fatal(err)
		}
		if got := x.Closes.Add(-time.Second).In(berlin(t)).Format("2006-01-02 15:04:05"); got != last+" 23:59:59" {
			t.Errorf("the last day ends at %s", got)
		}
		if got := plan.get(work+"/angaben").form(t, work+"/angaben").Get("closes"); got != last {
			t.Errorf("the form shows %s as the last day", got)
		}
		live := x.Live(nil)
		_, err = o.app.Vision.Submit(ctx, access.Anonymous(o.who.Tenant), "berg", vision.Proposal{Paragraph: live[0].ID, Edit: 1, Kind: vision.Replace, Lang: "de", Want: "Alle gehören zusammen.", Reason: "Darum."})
		if err != nil {
			t.Fatal(err)
		}

		mod := o.holds("mod@stadt.example", access.Moderator, access.Context{Kind: access.InProcess, Key: "park"})
		if p := mod.get(work + "/aenderungen/1"); p.code != 403 && p.code != 404 {
			t.Errorf("a moderator of the park at a text of the town: %d", p.code)
		}
		if _, _, err := o.app.Accounts.Add(ctx, o.who, account.New{Email: "stadtmod@stadt.example", Name: "Moderation", Roles: []access.Role{access.Moderator}, Password: passphrase}); err != nil {
			t.Fatal(err)
		}
		town := o.signIn("stadtmod@stadt.example")
		if p := town.page("/arbeit"); !strings.Contains(p.text(), "Ein Änderungsvorschlag ist noch nicht gelesen") || !strings.Contains(p.body, work+"/aenderungen?stand=submitted") {
			t.Errorf("the desk of the moderation: %s", p.text())
		}
		for path, want := range map[string]int{"/arbeit/leitbild": 200, work + "/aenderungen": 200, work + "/aenderungen/1": 200, work: 403, work + "/fassungen": 403, work + "/motto": 403} {
			if p := town.get(path); p.code != want {
				t.Errorf("the moderation at %s: %d, want %d", path, p.code, want)
			}
		}
		page := town.page(work + "/aenderungen/1")
		if strings.Contains(page.text(), "geändert übernommen") {
			t.Error("the moderation is offered decisions")
		}
		town.post(work+"/aenderungen/1", "edit", page.form(t, work+"/aenderungen/1").Get("edit"), "to", "admitted").done(t)

		plan.post(work+"/motto", "do", "abstimmen", "options", "Wir halten zusammen\nBerg und Tal", "closes", last).done(t)
		if p := guest.get("/leitbild/berg"); strings.Contains(p.text(), "Jetzt abstimmen") {
			t.Error("everybody is led to a vote that is prepared")
		}
		desk := plan.page(work + "/motto")
		at := regexp.MustCompile(`/arbeit/abstimmungen/[a-z0-9-]+`).FindString(desk.body)
		if at == "" {
			t.Fatalf("no way to the round: %s", desk.text())
		}
		plan.post(at + "/festlegen").done(t)
		p := guest.get("/leitbild/berg")
		to := regexp.MustCompile(`/abstimmung/[a-z0-9-]+`).FindString(p.body)
		if !strings.Contains(p.text(), "Jetzt abstimmen") || to == "" || guest.get(to).code != http.StatusOK {
			t.Errorf("nobody is led to the vote: %s %s", to, p.text())
		}
		if s := guest.get(to).text(); !strings.Contains(s, "Wir halten zusammen") {
			t.Error(s)
		}
	})
}
