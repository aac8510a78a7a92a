// SPDX-License-Identifier: EUPL-1.2

package app_test

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/account"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// fill sends the form of a page of the desk with some fields changed.
func (d *desk) fill(path string, kv ...string) paper {
	d.t.Helper()
	action := path
	if !strings.Contains(action, "?") && !strings.HasSuffix(path, "/neu") && !strings.HasSuffix(path, "/erreicht") {
		action += "?text=de"
	}
	v := d.page(path).form(d.t, action)
	for i := 0; i+1 < len(kv); i += 2 {
		v.Set(kv[i], kv[i+1])
	}
	return d.postForm(action, v)
}

var criterion = regexp.MustCompile(`name="criterion" value="([^"]+)"`)

func TestAProcessGoesFromTemplateToThePublicInTheBrowser(t *testing.T) {
	offices(t, func(o *office) {
		plan, all := o.planner(), o.anonymous()
		const at = "/arbeit/beteiligung/park"
		if got := plan.fill("/arbeit/beteiligung/neu", "from", "stadtteilgespraech", "key", "park", "title", "Was fehlt im Park?", "start", o.app.Now().Format(time.DateOnly)).done(o.t); got != at {
			o.t.Fatal(got)
		}
		if p := all.get("/beteiligung/park"); p.code != 404 {
			o.t.Errorf("everybody sees a draft: %d", p.code)
		}
		if p := plan.page(at); !strings.Contains(p.text(), "Was wird entschieden?") || !strings.Contains(p.text(), "Vor der Veröffentlichung fehlt noch") {
			o.t.Errorf("the desk does not say what is missing: %s", p.text())
		}
		plan.fill(at+"/eckdaten", "decided", "Was gebaut wird.", "who", "Alle.", "how", "Der Rat.", "levelreason", "Darum.", "scope", "Alles.", "limits", "Nichts.",
			"contact", "Stadtplanung", "office", "SozA", "topics", "Spielen, Grün").done(o.t)
		if p := plan.fill(at+"/texte", "title", "  "); p.code != 422 || !strings.Contains(p.text(), "Bitte geben Sie einen Titel an.") {
			o.t.Errorf("a title of blanks: %d", p.code)
		}
		plan.fill(at+"/texte", "teaser", "Kurz & gut <b>x</b>", "body", "## Mehr\n\nText <script>alert(1)</script>", "access", "Stufenlos.", "privacy", "Nur was nötig ist.").done(o.t)
		plan.fill(at+"/texte?text=de%2Bleicht", "title", "Was fehlt?", "teaser", "Sagen Sie es uns.").done(o.t)
		plan.fill(at+"/texte?text=ar", "title", "ماذا ينقص؟").done(o.t)
		plan.fill(at+"/konzept", "object", "Ziel", "responsible", "Amt", "groups", "Kinder", "course", "Vier", "results", "Rat", "evaluation", "Bogen", "resources", "Geld",
			"approvedby", "Bauausschuss", "approvedon", "2030-01-01").done(o.t)
		plan.fill(at+"/mittel", "answerdays", "56", "budget", "1.500,50", "hours", "80").done(o.t)
		stale := plan.page(at+"/mittel").form(o.t, at+"/mittel?text=de")
		plan.fill(at+"/mittel", "answerdays", "42").done(o.t)
		stale.Set("hours", "81")
		if p := plan.postForm(at+"/mittel?text=de", stale); p.code != 422 || !strings.Contains(p.body, `value="81"`) || !strings.Contains(p.text(), "inzwischen gespeichert") {
			o.t.Errorf("the second of two edits: %d %s", p.code, p.text())
		}
		ready := plan.page(at+"/stand?zu=ready").form(o.t, at+"/stand?zu=ready")
		if p := plan.postForm(at+"/stand?zu=ready", ready); p.code != 422 || !strings.Contains(p.text(), "Mindeststandards sind weder erfüllt noch mit Begründung ausgesetzt") {
			o.t.Errorf("ready without standards: %d %s", p.code, p.text())
		}
		for _, c := range []string{"mandate", "early", "information", "register", "access"} {
			if !slices.ContainsFunc(criterion.FindAllStringSubmatch(plan.page(at+"/standards").body, -1), func(m []string) bool { return m[1] == c }) {
				o.t.Fatalf("no form for %s", c)
			}
			result := "fulfilled"
			if c == "register" || c == "information" || c == "access" {
				result = "waived"
			}
			plan.post(at+"/standards", "criterion", c, "result", result, "comment", "Vom Ausschuss am 3. November bestätigt.").done(o.t)
		}
		plan.postForm(at+"/stand?zu=ready", ready).done(o.t)
		plan.postForm(at+"/stand?zu=running", plan.page(at+"/stand?zu=running").form(o.t, at+"/stand?zu=running")).done(o.t)

		p := all.page("/beteiligung/park")
		for _, want := range []string{"Was gebaut wird.", "Phase 1 von 5", "innerhalb von 42 Tagen", "1.500,50 Euro", "Mitwirkung", "ausgesetzt", "Orte im Quartier", "Stufenlos."} {
			if !strings.Contains(p.text(), want) {
				o.t.Errorf("the page lacks %q", want)
			}
		}
		if strings.Contains(p.body, "<script>alert") || strings.Contains(p.body, "<b>x</b>") {
			o.t.Error("what was typed became markup")
		}
		if p := all.page("/beteiligung/park?sprache=leicht"); !strings.Contains(p.text(), "Sagen Sie es uns.") {
			o.t.Error("no Leichte Sprache")
		}
		if p := all.page("/beteiligung/park?textsprache=ar"); !strings.Contains(p.body, `dir="rtl"`) && !strings.Contains(p.text(), "ماذا ينقص؟") {
			o.t.Error("no Arabic")
		}
		for query, want := range map[string]bool{"": true, "?suche=park": true, "?suche=xyz": false, "?thema=Spielen": true, "?art=decision": false, "?stand=now": true, "?stand=over": false, "?ansicht=karte": true} {
			if got := strings.Contains(all.page("/beteiligung"+query).text(), "Was fehlt im Park?"); got != want {
				o.t.Errorf("list %s: %v", query, got)
			}
		}
		if s := all.page("/beteiligung/park/mindeststandards").text(); !strings.Contains(s, "Vom Ausschuss am 3. November bestätigt.") || !strings.Contains(s, "Spielraum und Grenzen sind beschrieben.") {
			o.t.Errorf("the standards do not say why: %s", s)
		}
		if s := all.page("/beteiligung/park/konzept").text(); !strings.Contains(s, "Beschlossen von Bauausschuss") {
			o.t.Errorf("the concept is not printed with its approval: %s", s)
		}
		plan.fill(at+"/erreicht", "forms", "30", "n-gender-female", "20", "n-gender-male", "10").done(o.t)
		if s := all.page("/beteiligung/park?neu=1").text(); !strings.Contains(s, "Mindestens 30 Personen") || !strings.Contains(s, "67 %") {
			o.t.Errorf("whom was reached is not shown: %s", s)
		}
	})
}

func TestTheTeamOfAProcessSeesItsDraftAndNobodyElseDoes(t *testing.T) {
	offices(t, func(o *office) {
		plan := o.planner()
		plan.fill("/arbeit/beteiligung/neu", "from", "kurze-konsultation", "key", "park").done(o.t)
		plan.fill("/arbeit/beteiligung/neu", "from", "kurze-konsultation", "key", "wald").done(o.t)
		ctx := context.Background()
		x, _, err := o.app.Accounts.Add(ctx, o.who, account.New{Email: "team@stadt.example", Name: "Team", Roles: []access.Role{access.Citizen}, Password: passphrase})
		if err != nil {
			o.t.Fatal(err)
		}
		in := access.Context{Kind: access.InProcess, Key: "park"}
		if err := o.app.Accounts.Change(ctx, o.who, account.RoleChange{Account: x.ID, Role: access.Planner, In: in, From: kernel.DayOf(o.app.Now()), Reason: "Team des Prozesses"}); err != nil {
			o.t.Fatal(err)
		}
		team := o.signIn("team@stadt.example")
		for path, want := range map[string]int{
			"/beteiligung/park": 200, "/arbeit/beteiligung/park": 200, "/arbeit/beteiligung/park/eckdaten": 200, "/beteiligung/wald": 404, "/arbeit/beteiligung/wald": 403, "/arbeit/beteiligung/neu": 403,
		} {
			if p := team.get(path); p.code != want {
				o.t.Errorf("%s: %d, want %d", path, p.code, want)
			}
		}
		if s := plan.page("/arbeit/beteiligung/park/team").text(); !strings.Contains(s, "Team") {
			o.t.Error("the team is not listed")
		}
	})
}
