// SPDX-License-Identifier: EUPL-1.2

package app_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/kupferfaden/kupferfaden/internal/contribution"
)

var codeOnPoster = regexp.MustCompile(`kf-poster__code">([^<]+)<`)

func TestAChildSpeaksWithPicturesAndWithoutANameCookieOrScript(t *testing.T) {
	offices(t, func(o *office) {
		ctx := t.Context()
		plan := o.planner()
		p := plan.post("/arbeit/mitreden", "name", "Klasse 5a")
		code := codeOnPoster.FindStringSubmatch(p.body)
		if p.code != 200 || code == nil || !strings.Contains(p.body, "kf-poster__qr") {
			t.Fatalf("%d %s", p.code, p.text())
		}
		child := o.anonymous()
		page := child.get("/mitreden?code=" + code[1])
		if page.header.Get("Set-Cookie") != "" || page.header.Get("Cache-Control") != "no-store" {
			t.Errorf("%v", page.header)
		}
		form := page.form(t, "/mitreden")
		if form.Get("code") != code[1] {
			t.Errorf("the code of the poster is not in the form: %v", form)
		}
		wrong := page.form(t, "/mitreden")
		wrong.Set("code", "AAAA-AAAA")
		if p := child.postForm("/mitreden", wrong); p.code != 422 || !strings.Contains(p.text(), "Dieser Code stimmt nicht") {
			t.Errorf("a wrong code: %d %s", p.code, p.text())
		}
		for _, answer := range [][2]string{{"", ""}, {"gefuehl", "sad"}, {"thema", "play"}, {"raum", "-"}, {"text", ""}} {
			if answer[0] != "" {
				form.Set(answer[0], answer[1])
			}
			if page = child.postForm("/mitreden", form); page.code != 200 {
				t.Fatalf("%v: %d %s", answer, page.code, page.text())
			}
			form = page.form(t, "/mitreden")
		}
		if !strings.Contains(page.text(), "Hier fehlt etwas") || form.Get("schritt") != "5" {
			t.Errorf("the last step: %s", page.text())
		}
		// A program that sends at once is asked to wait, and nothing said is lost.
		if p := child.postForm("/mitreden", form); p.code != 422 || p.form(t, "/mitreden").Get("thema") != "play" {
			t.Errorf("%d %s", p.code, p.text())
		}

		for _, text := range []string{"Kein Tor", "Zu dunkel"} { // of the same class
			if _, _, err := o.app.Contributions.SubmitYoung(ctx, o.who.Tenant, contribution.Young{Topics: []string{"Sport"}, Text: text, Group: "Klasse 5a"}); err != nil {
				t.Fatal(err)
			}
		}
		if p := plan.page("/arbeit/mitreden"); strings.Count(p.text(), "Klasse 5a 2") != 2 || strings.Contains(p.text(), "Klasse 5a ·") {
			t.Errorf("the class is not named on each: %s", p.text())
		}
		c, receipt, err := o.app.Contributions.SubmitYoung(ctx, o.who.Tenant, contribution.Young{Topics: []string{"Spielen"}, Text: "Keine Schaukel", Group: "Klasse 5a"})
		if err != nil || c.Channel != contribution.Youth || c.Author != "" || c.Pseudonym != "" || c.State == contribution.Published {
			t.Fatalf("%+v %v", c, err)
		}
		if p := child.get("/beitraege/" + c.Number); p.code != 404 {
			t.Errorf("shown before anybody read it: %d", p.code)
		}
		var words []string
		name := map[string]string{
			"red": "roter", "blue": "blauer", "green": "grüner", "yellow": "gelber", "star": "Stern", "moon": "Mond", "tree": "Baum", "fish": "Fisch", "ball": "Ball", "hat": "Hut",
			"mushroom": "Pilz", "apple": "Apfel",
		}
		for _, x := range contribution.Pictures(receipt) {
			words = append(words, name[x.Colour]+" "+name[x.Shape])
		}
		if p := child.post("/mitreden/antwort", "code", strings.Join(words, ", ")); p.code != 200 || !strings.Contains(p.text(), "Keine Schaukel") {
			t.Errorf("%d %s", p.code, p.text())
		}
		if p := child.post("/mitreden/antwort", "code", strings.Join(words[1:], ", ")); p.code != 422 || !strings.Contains(p.text(), "elf Bilder") {
			t.Errorf("%d %s", p.code, p.text())
		}
	})
}
