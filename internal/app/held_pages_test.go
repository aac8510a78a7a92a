// SPDX-License-Identifier: EUPL-1.2

package app_test

import (
	"strings"
	"testing"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/account"
	"github.com/kupferfaden/kupferfaden/internal/contribution"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// holds signs in somebody who is a citizen, but holds a role in a context.
func (o *office) holds(mail string, role access.Role, in access.Context) *desk {
	o.t.Helper()
	x, _, err := o.app.Accounts.Add(o.t.Context(), o.who, account.New{Email: mail, Name: mail, Roles: []access.Role{access.Citizen}, Password: passphrase})
	if err != nil {
		o.t.Fatal(err)
	}
	from := kernel.DayOf(o.app.Now())
	if err := o.app.Accounts.Change(o.t.Context(), o.who, account.RoleChange{Account: x.ID, Role: role, In: in, From: from, Reason: "Team des Prozesses"}); err != nil {
		o.t.Fatal(err)
	}
	return o.signIn(mail)
}

// staff is somebody of the planning staff who has no account.
func (o *office) staff() access.Actor {
	return access.Actor{Tenant: o.who.Tenant, Name: "Planung", Roles: []access.Role{access.Planner}}
}

// said writes a contribution down for a process.
func (o *office) said(process, text string, public bool) contribution.Contribution {
	o.t.Helper()
	c, _, err := o.app.Contributions.Record(o.t.Context(), o.staff(), contribution.Draft{Process: process, Channel: contribution.Letter, Text: text, Lang: "de"}, public)
	if err != nil {
		o.t.Fatal(err)
	}
	return c
}

func TestARoleHeldInAProcessOrOfficeOpensItsListsAndNoOthers(t *testing.T) {
	offices(t, func(o *office) {
		plan := o.planner()
		for _, key := range []string{"park", "wald"} {
			plan.fill("/arbeit/beteiligung/neu", "from", "kurze-konsultation", "key", key).done(o.t)
		}
		park := access.Context{Kind: access.InProcess, Key: "park"}
		mine, other := o.said("park", "Mehr Bänke im Park.", false), o.said("wald", "Mehr Wege im Wald.", false)

		mod := o.holds("mod@stadt.example", access.Moderator, park)
		if s := mod.page("/").body; !strings.Contains(s, `href="/arbeit"`) {
			o.t.Error("a moderator finds no way to the work")
		}
		if s := mod.page("/arbeit").text(); !strings.Contains(s, "1 Eintrag wartet") || strings.Contains(s, "Rückmeldungen") || strings.Contains(s, "Lieferungen") {
			o.t.Errorf("the desk of a moderator: %s", s)
		}
		for _, list := range []string{"/arbeit/moderation", "/arbeit/beitraege"} {
			if s := mod.page(list).text(); !strings.Contains(s, mine.Number) || strings.Contains(s, other.Number) {
				o.t.Errorf("%s: %s", list, s)
			}
		}
		for path, want := range map[string]int{
			"/arbeit/moderation/beitrag/" + string(mine.ID): 200, "/arbeit/moderation/beitrag/" + string(other.ID): 403,
			"/arbeit/beitraege/" + mine.Number: 200, "/arbeit/beitraege/" + other.Number: 404,
			"/arbeit/rueckmeldungen": 403, "/arbeit/beteiligung": 403, "/arbeit/beitraege/import": 403, "/arbeit/auftraege": 403,
		} {
			if p := mod.get(path); p.code != want {
				o.t.Errorf("a moderator of the park at %s: %d, want %d", path, p.code, want)
			}
		}
		if p := mod.post("/arbeit/moderation/beitrag/"+string(other.ID), "kind", "publish", "seen", "1"); p.code != 403 {
			o.t.Errorf("a moderator of the park decides on the wood: %d", p.code)
		}
		if p := mod.post("/arbeit/beitraege/auswahl", "beitrag", string(other.ID), "tun", "einordnen", "category", "X"); p.code != 404 {
			o.t.Errorf("a moderator of the park sorts the wood: %d", p.code)
		}

		team := o.holds("team@stadt.example", access.Planner, park)
		if s := team.page("/arbeit/beteiligung").text(); strings.Count(s, "Entwurf") != 1 {
			o.t.Errorf("the processes of who runs one: %s", s)
		}
		if p := team.post("/arbeit/veranstaltungen/neu", "template", "forum", "title", "Fest"); p.code != 422 {
			o.t.Errorf("an event of no process: %d", p.code)
		}
		if p := team.post("/arbeit/veranstaltungen/neu", "template", "forum", "title", "Fest", "process", "wald"); p.code != 422 {
			o.t.Errorf("an event of another process: %d", p.code)
		}
		own := team.post("/arbeit/veranstaltungen/neu", "template", "forum", "title", "Fest", "process", "park").done(o.t)
		foreign := plan.post("/arbeit/veranstaltungen/neu", "template", "forum", "title", "Wanderung", "process", "wald").done(o.t)
		if s := team.page("/arbeit/veranstaltungen").text(); !strings.Contains(s, "Fest") || strings.Contains(s, "Wanderung") {
			o.t.Errorf("the events of who runs one process: %s", s)
		}
		for _, tail := range []string{"", "/texte", "/programm", "/einladungen", "/anmeldungen", "/einlass", "/einlass/liste", "/einlass/zaehlung", "/protokoll", "/fotos", "/absagen", "/loeschen"} {
			if p := team.get(own + tail); p.code != 200 && p.code != 409 {
				o.t.Errorf("%s: %d", own+tail, p.code)
			}
			if p := team.get(foreign + tail); p.code != 403 && p.code != 404 {
				o.t.Errorf("%s of another process: %d", foreign+tail, p.code)
			}
		}
		if p := team.post(own, "process", "wald", "title", "Fest"); p.code == 303 {
			o.t.Error("an event is moved into a process of others")
		}
		round := []string{"title", "Was zuerst?", "method", "approval", "eligibility", "open", "winners", "1", "winner", "borda"}
		if p := team.post("/arbeit/abstimmungen/neu", append(round, "key", "zuerst", "process", "wald")...); p.code != 403 && p.code != 404 {
			o.t.Errorf("a round of another process: %d", p.code)
		}
		team.post("/arbeit/abstimmungen/neu", append(round, "key", "zuerst", "process", "park")...).done(o.t)
		plan.post("/arbeit/abstimmungen/neu", append(round, "key", "danach", "process", "wald")...).done(o.t)
		if s := team.page("/arbeit/abstimmungen").body; !strings.Contains(s, "abstimmungen/zuerst") || strings.Contains(s, "abstimmungen/danach") {
			o.t.Error("the rounds of who runs one process")
		}
		for _, tail := range []string{"", "/angaben", "/vorschlaege", "/papier", "/bilder"} {
			if p := team.get("/arbeit/abstimmungen/danach" + tail); p.code != 403 && p.code != 404 {
				o.t.Errorf("%s of another process: %d", tail, p.code)
			}
		}
		if p := team.post("/arbeit/abstimmungen/zuerst/angaben", append(round, "edit", "1", "process", "wald")...); p.code != 403 && p.code != 404 {
			o.t.Errorf("a round is moved into a process of others: %d", p.code)
		}
		if p := team.get("/arbeit/codes"); p.code != 200 || strings.Contains(p.text(), "wald") {
			o.t.Errorf("codes: %d", p.code)
		}
		if p := team.post("/arbeit/codes", "kind", "letter", "name", "X", "count", "5", "for", ""); p.code == 303 {
			o.t.Error("codes for the whole town by who runs one process")
		}

		green := o.said("", "Bitte mehr Bäume.", true)
		if err := o.app.Answers.Pass(o.t.Context(), o.staff(), green.Number, "SozA", "zuständig"); err != nil {
			o.t.Fatal(err)
		}
		street := o.said("", "Ein Zebrastreifen.", true)
		if err := o.app.Answers.Pass(o.t.Context(), o.staff(), street.Number, "JA", "zuständig"); err != nil {
			o.t.Fatal(err)
		}
		office := o.holds("amt@stadt.example", access.DataSupplier, access.Context{Kind: access.InOffice, Key: "SozA"})
		if s := office.page("/arbeit/rueckmeldungen").text(); !strings.Contains(s, green.Number) || strings.Contains(s, street.Number) {
			o.t.Errorf("the desk of an office, things without a day among it: %s", s)
		}
		if s := office.page("/arbeit").text(); !strings.Contains(s, "Rückmeldungen") || !strings.Contains(s, "1 offen") {
			o.t.Errorf("the start of an office: %s", s)
		}
		for path, want := range map[string]int{
			"/arbeit/rueckmeldungen/" + green.Number: 200, "/arbeit/rueckmeldungen/" + street.Number: 403,
			"/arbeit/rueckmeldungen/antwort/neu?nummer=" + street.Number: 403, "/arbeit/rueckmeldungen?amt=JA": 200, "/arbeit/moderation": 403,
		} {
			if p := office.get(path); p.code != want {
				o.t.Errorf("an office at %s: %d, want %d", path, p.code, want)
			}
		}
		if s := office.page("/arbeit/rueckmeldungen?amt=JA").text(); strings.Contains(s, street.Number) {
			o.t.Error("an office reads the desk of another one")
		}
		for _, mail := range []string{"citizen@stadt.example"} {
			if _, _, err := o.app.Accounts.Add(o.t.Context(), o.who, account.New{Email: mail, Name: "Linde", Roles: []access.Role{access.Citizen}, Password: passphrase}); err != nil {
				o.t.Fatal(err)
			}
			if p := o.signIn(mail).get("/arbeit"); p.code != 403 {
				o.t.Errorf("a citizen at the desk: %d", p.code)
			}
		}
	})
}
