// SPDX-License-Identifier: EUPL-1.2

package contributiondb_test

import (
	"slices"
	"testing"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/contribution"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/participation"
)

func (x *hall) planner() access.Actor {
	return access.Actor{Tenant: x.id, Person: kernel.NewID(), Roles: []access.Role{access.Planner}}
}

func (x *hall) office(key string) access.Actor {
	return access.Actor{
		Tenant: x.id, Person: kernel.NewID(), Held: []access.Holding{{Role: access.DataSupplier, In: access.Context{Kind: access.InOffice, Key: key}}},
	}
}

func reply(st contribution.Status, text string) contribution.Reply {
	r := contribution.Reply{Status: st, Body: kernel.Text{"de": text}}
	switch st {
	case contribution.NotAdopted, contribution.PartlyAdopted:
		r.Cause = contribution.MoneyCause
	case contribution.Pursued, contribution.NotResponsible:
		r.Target = "Verkehrsplan"
	}
	return r
}

// answer writes and releases an answer.
func (x *hall) answer(st contribution.Status, text string, numbers ...string) contribution.Answer {
	x.Helper()
	ctx := x.Context()
	a, err := x.a.Write(ctx, x.planner(), numbers, reply(st, text))
	if err != nil {
		x.Fatal(err)
	}
	if err := x.a.Release(ctx, x.planner(), a.ID, 0); err != nil {
		x.Fatal(err)
	}
	if a, err = x.a.Store.Answer(ctx, x.id, a.ID); err != nil {
		x.Fatal(err)
	}
	return a
}

func (x *hall) find(c contribution.Contribution) contribution.Contribution {
	x.Helper()
	c, err := x.s.Store.Contribution(x.Context(), x.id, c.ID)
	if err != nil {
		x.Fatal(err)
	}
	return c
}

func TestContributionsGoToTheOfficeOfTheFirstRuleThatFits(t *testing.T) {
	halls(t, func(x *hall) {
		ctx := x.Context()
		if err := x.a.SaveRouteRules(ctx, x.office("gruen"), nil); kernel.KindOf(err) != kernel.Denied {
			x.Errorf("an office makes the rules: %v", err)
		}
		if err := x.a.SaveRouteRules(ctx, x.planner(), []contribution.RouteRule{{Category: "Grün", Office: "nirgends"}}); fields(err) != "office1" {
			x.Error(err)
		}
		if err := x.a.SaveRouteRules(ctx, x.planner(), []contribution.RouteRule{{Category: "Grün", Office: "gruen"}}); err != nil {
			x.Fatal(err)
		}
		green, other := idea("Bitte mehr Bäume im Park."), idea("Ein Zebrastreifen an der Schule.")
		green.Category = "Grün"
		a, b := x.find(x.public(x.guest(), green)), x.find(x.public(x.guest(), other))
		if a.Office != "gruen" || b.Office != "stadtplanung" || a.Due != "2027-01-02" {
			x.Errorf("%s %s, due %s", a.Office, b.Office, a.Due)
		}
		if list, _, err := x.a.Desk(ctx, x.office("gruen"), contribution.Desk{Office: "stadtplanung", Limit: 50}); err != nil || len(list) != 0 {
			x.Errorf("an office sees another one's desk: %+v %v", list, err)
		}
		if list, _, err := x.a.Desk(ctx, x.office("gruen"), contribution.Desk{Limit: 50}); err != nil || len(list) != 1 || list[0].Contribution.ID != a.ID {
			x.Errorf("an office does not see its own desk: %+v %v", list, err)
		}
		if _, _, err := x.a.Desk(ctx, x.citizen("Anna"), contribution.Desk{Limit: 50}); kernel.KindOf(err) != kernel.Denied {
			x.Error(err)
		}
		if err := x.a.Pass(ctx, x.office("gruen"), a.Number, "stadtplanung", ""); fields(err) != "reason" {
			x.Errorf("passed on without a reason: %v", err)
		}
		if err := x.a.Pass(ctx, x.office("gruen"), b.Number, "gruen", "Her damit"); err == nil {
			x.Error("an office takes what is another one's")
		}
		x.post.kinds()
		if err := x.a.Pass(ctx, x.office("gruen"), a.Number, "stadtplanung", "Der Park wird neu geplant."); err != nil {
			x.Fatal(err)
		}
		sheet, err := x.a.Sheet(ctx, x.office("stadtplanung"), a.Number)
		if err != nil || len(sheet.Routes) != 2 || sheet.Routes[1].Reason == "" || x.find(a).Office != "stadtplanung" || x.post.kinds() != "answer.routed" {
			x.Errorf("%+v %v", sheet.Routes, err)
		}
		// Whoever passed it on by hand is not overruled when it is let through again.
		x.s.Hide(ctx, x.id, a.ID)
		if _, err := x.s.Publish(ctx, x.id, a.ID); err != nil || x.find(a).Office != "stadtplanung" {
			x.Error("a rule overruled a person")
		}
	})
}

func TestARefusalIsReleasedByAnotherPersonWithItsReason(t *testing.T) {
	halls(t, func(x *hall) {
		ctx := x.Context()
		c := x.public(x.citizen("Anna"), idea("Bitte ein Schwimmbad bauen."))
		desk, lead := x.office("stadtplanung"), x.planner()
		x.post.kinds()
		a, err := x.a.Write(ctx, desk, []string{c.Number}, contribution.Reply{Status: contribution.NotAdopted, Body: kernel.Text{"de": "Dafür fehlt das Geld."}})
		if err != nil {
			x.Fatal(err)
		}
		if err := x.a.Ask(ctx, desk, a.ID, 0); fields(err) != "cause" {
			x.Errorf("a refusal without a reason: %v", err)
		}
		if a, err = x.a.Rewrite(ctx, desk, a.ID, reply(contribution.NotAdopted, "Dafür fehlt das Geld bis 2030.")); err != nil {
			x.Fatal(err)
		}
		if err := x.a.Ask(ctx, desk, a.ID, a.Edit); err != nil {
			x.Fatal(err)
		}
		if err := x.a.Release(ctx, desk, a.ID, 0); kernel.KindOf(err) != kernel.Denied {
			x.Errorf("an office releases its own answer: %v", err)
		}
		if err := x.a.Return(ctx, lead, a.ID, "Bitte freundlicher."); err != nil {
			x.Fatal(err)
		}
		if a, err = x.a.Rewrite(ctx, lead, a.ID, reply(contribution.NotAdopted, "Leider fehlt dafür das Geld bis 2030.")); err != nil {
			x.Fatal(err)
		}
		if err := x.a.Release(ctx, lead, a.ID, 0); kernel.KindOf(err) != kernel.Conflict {
			x.Errorf("the writer releases a refusal: %v", err)
		}
		if got, err := x.a.Of(ctx, x.id, c); err != nil || got != nil {
			x.Errorf("a draft is public: %+v %v", got, err)
		}
		x.post.kinds()
		if err := x.a.Release(ctx, x.planner(), a.ID, 0); err != nil {
			x.Fatal(err)
		}
		got, err := x.a.Of(ctx, x.id, c)
		if err != nil || got == nil || got.Public.Status != contribution.NotAdopted || !got.Public.PlainLater || x.find(c).Status != contribution.NotAdopted {
			x.Fatalf("%+v %v", got, err)
		}
		if x.post.kinds() != "answer.given" || !slices.Contains(x.post.news, "contribution "+c.Number) || !slices.Contains(x.post.news, "process westend") {
			x.Errorf("author and followers are not told: %v", x.post.news)
		}
		// A later change is a new version; everybody reads the old one until it is released.
		if _, err := x.a.Rewrite(ctx, lead, a.ID, reply(contribution.Adopted, "Nun doch.")); err != nil {
			x.Fatal(err)
		}
		if got, _ = x.a.Of(ctx, x.id, c); got.Public.Number != 1 || got.Public.Body["de"] != "Leider fehlt dafür das Geld bis 2030." {
			x.Errorf("%+v", got.Public)
		}
		if err := x.a.Release(ctx, lead, a.ID, 0); err != nil {
			x.Fatal(err)
		}
		versions, err := x.a.Store.Versions(ctx, x.id, a.ID)
		if err != nil || len(versions) != 2 || versions[0].Status != contribution.NotAdopted || x.find(c).Status != contribution.Adopted {
			x.Errorf("%+v %v", versions, err)
		}
	})
}

func TestOneAnswerForAGroupKeepsALinkForEach(t *testing.T) {
	halls(t, func(x *hall) {
		ctx := x.Context()
		var numbers []string
		var list []contribution.Contribution
		for _, text := range []string{"Tempo 30 in der Hauptstraße.", "Langsamer fahren vor der Schule.", "Die Autos rasen hier."} {
			c := x.public(x.guest(), idea(text))
			list, numbers = append(list, c), append(numbers, c.Number)
		}
		a := x.answer(contribution.Adopted, "Ab Mai gilt Tempo 30.", numbers[:2]...)
		for i, c := range list {
			got, err := x.a.Of(ctx, x.id, c)
			if err != nil || (got != nil) != (i < 2) {
				x.Errorf("%d: %+v %v", i, got, err)
			}
		}
		if err := x.a.Join(ctx, x.planner(), a.ID, numbers[2]); err != nil {
			x.Fatal(err)
		}
		if got, err := x.a.Of(ctx, x.id, list[2]); err != nil || got == nil || got.ID != a.ID || x.find(list[2]).Status != contribution.Adopted {
			x.Errorf("what joined later has no answer: %+v %v", got, err)
		}
		if err := x.a.Leave(ctx, x.planner(), a.ID, numbers[0]); kernel.KindOf(err) != kernel.Conflict {
			x.Errorf("an answer that was given is taken back: %v", err)
		}
		missing, overdue, err := x.a.Missing(ctx, x.id, "westend")
		if err != nil || missing != 0 || overdue != 0 {
			x.Error(missing, overdue, err)
		}
	})
}

func TestPromisesAreCountedAndOfficesRemindedOnce(t *testing.T) {
	halls(t, func(x *hall) {
		ctx := x.Context()
		if err := x.m.SaveHouseRules(ctx, x.planner(), contribution.HouseRules{Leadership: "leitung@stadt.example"}); err != nil {
			x.Fatal(err)
		}
		inTime, late := x.public(x.guest(), idea("Eine Bank am Bach.")), x.public(x.guest(), idea("Ein Brunnen am Markt."))
		x.public(x.guest(), idea("Ein Radweg zum Bahnhof."))
		x.post.kinds()
		alarm := func(want string) {
			x.Helper()
			for range 2 { // a job that ran twice
				if err := x.a.Alarm(ctx, x.id); err != nil {
					x.Fatal(err)
				}
			}
			if got := x.post.kinds(); got != want {
				x.Errorf("%s: mails %q, want %q", x.clock.Now().Format(time.DateOnly), got, want)
			}
		}
		alarm("")
		x.answer(contribution.Done, "Die Bank steht.", inTime.Number)
		x.post.kinds()
		x.clock.Set(time.Date(2026, 12, 26, 9, 0, 0, 0, time.UTC)) // due on 2 January
		alarm("answer.soon")
		x.clock.Set(time.Date(2027, 1, 2, 9, 0, 0, 0, time.UTC))
		alarm("")
		x.clock.Set(time.Date(2027, 1, 3, 9, 0, 0, 0, time.UTC))
		alarm("answer.overdue")
		x.answer(contribution.UnderReview, "Wir prüfen das.", late.Number)
		missing, overdue, err := x.a.Missing(ctx, x.id, "westend")
		if err != nil || missing != 2 || overdue != 2 {
			x.Errorf("that somebody looks into it is no answer: %d %d %v", missing, overdue, err)
		}
		x.answer(contribution.Adopted, "Der Brunnen kommt.", late.Number)
		n, err := x.a.Counted(ctx, x.id, "westend")
		if err != nil || n != (contribution.Count{All: 3, Answered: 2, Missing: 1, Overdue: 1, Due: 3, InTime: 1, Judged: 3, Plain: 2}) {
			x.Errorf("%+v %v", n, err)
		}
		x.post.kinds()
		if err := x.a.Weekly(ctx, x.id); err != nil || len(x.post.sent) != 1 || x.post.sent[0].To.Email != "leitung@stadt.example" || x.post.sent[0].Params["late"] != 1 ||
			x.post.sent[0].Params["waiting"] != 0 {
			x.Errorf("%+v %v", x.post.sent, err)
		}
		facts, err := x.a.Facts(ctx, x.id, participation.Process{Key: "westend"})
		if err != nil || len(facts) != 3 || facts[2].Rule != participation.FormatsRule || facts[0].Result != participation.Partly || facts[1].Result != participation.No {
			x.Errorf("%+v %v", facts, err)
		}
	})
}

func TestAProcessCanAskForASecondPersonWhereTheTownDoesNot(t *testing.T) {
	halls(t, func(x *hall) {
		ctx := x.Context()
		for _, c := range []struct {
			town    contribution.SecondRule
			process participation.Second
			status  contribution.Status
			want    bool
		}{
			{contribution.SecondNever, participation.SecondAsTown, contribution.NotAdopted, false},
			{contribution.SecondNever, participation.SecondRefusals, contribution.NotAdopted, true},
			{contribution.SecondNever, participation.SecondRefusals, contribution.Adopted, false},
			{contribution.SecondNever, participation.SecondAlways, contribution.Adopted, true},
			{contribution.SecondRefusals, participation.SecondAlways, contribution.Adopted, true},
			{contribution.SecondAlways, participation.SecondRefusals, contribution.Adopted, true}, // a process asks for more, never for less
			{contribution.SecondAlways, participation.SecondAsTown, contribution.Adopted, true},
		} {
			h, err := x.m.HouseRules(ctx, x.id)
			if err != nil {
				x.Fatal(err)
			}
			h.Second = c.town
			if err := x.m.SaveHouseRules(ctx, x.planner(), h); err != nil {
				x.Fatal(err)
			}
			x.process.Second = c.process
			p := x.planner()
			a, err := x.a.Write(ctx, p, []string{x.find(x.public(x.guest(), idea("Eine Bank."))).Number}, reply(c.status, "Darum."))
			if err != nil {
				x.Fatal(err)
			}
			err = x.a.Release(ctx, p, a.ID, 0)
			if got := err != nil; got != c.want || got && kernel.KindOf(err) != kernel.Conflict {
				x.Errorf("town %q, process %q, %s: %v", c.town, c.process, c.status, err)
			}
			if c.want {
				if err := x.a.Release(ctx, x.planner(), a.ID, 0); err != nil {
					x.Errorf("the second person: %v", err)
				}
			}
		}
	})
}

func TestAnOfficeDoesNotAnswerWhatWasGivenToAnotherOne(t *testing.T) {
	halls(t, func(x *hall) {
		ctx := x.Context()
		c := x.find(x.public(x.guest(), idea("Mehr Licht am Weg.")))
		lead := x.office("stadtplanung") // in charge of the process
		if _, err := x.a.Sheet(ctx, lead, c.Number); err != nil {
			x.Fatal(err)
		}
		if err := x.a.Pass(ctx, lead, c.Number, "gruen", "Der Weg gehört zum Park."); err != nil {
			x.Fatal(err)
		}
		if _, err := x.a.Write(ctx, lead, []string{c.Number}, reply(contribution.Adopted, "Wir bauen.")); kernel.KindOf(err) != kernel.Denied {
			x.Errorf("the office in charge of the process answers for another one: %v", err)
		}
		if err := x.a.Pass(ctx, lead, c.Number, "stadtplanung", "Doch unseres."); kernel.KindOf(err) != kernel.Denied {
			x.Errorf("and takes it back: %v", err)
		}
		if _, err := x.a.Write(ctx, x.office("gruen"), []string{c.Number}, reply(contribution.Adopted, "Wir bauen.")); err != nil {
			x.Error(err)
		}
	})
}

func TestTheWeeklyListTellsWhatWaitsForTheModeration(t *testing.T) {
	halls(t, func(x *hall) {
		ctx := x.Context()
		if err := x.m.SaveHouseRules(ctx, x.planner(), contribution.HouseRules{Leadership: "leitung@stadt.example"}); err != nil {
			x.Fatal(err)
		}
		if _, _, err := x.s.Submit(ctx, x.guest(), idea("Wartet auf die Moderation.")); err != nil {
			x.Fatal(err)
		}
		x.post.kinds()
		if err := x.a.Weekly(ctx, x.id); err != nil || len(x.post.sent) != 0 {
			x.Errorf("nothing is late: %+v %v", x.post.sent, err)
		}
		x.clock.Set(x.clock.Now().Add(contribution.ReportAlarm + time.Second))
		if err := x.a.Weekly(ctx, x.id); err != nil || len(x.post.sent) != 1 || x.post.sent[0].Params["waiting"] != 1 {
			x.Errorf("%+v %v", x.post.sent, err)
		}
	})
}

func TestChildrenGetAnAnswerInTheirWordsAndTheTownMayAskForLeichteSprache(t *testing.T) {
	halls(t, func(x *hall) {
		ctx, p := x.Context(), x.planner()
		d := idea("Wir wollen eine Rutsche!")
		d.Channel = contribution.Youth
		c := x.public(x.guest(), d)
		r := reply(contribution.Adopted, "Die Rutsche wird im Juni gebaut.")
		a, err := x.a.Write(ctx, p, []string{c.Number}, r)
		if err != nil {
			x.Fatal(err)
		}
		if err := x.a.Release(ctx, p, a.ID, 0); fields(err) != "text-de+jung" {
			x.Errorf("an answer that speaks to adults only: %v", err)
		}
		if err := x.m.SaveHouseRules(ctx, p, contribution.HouseRules{PlainRequired: true}); err != nil {
			x.Fatal(err)
		}
		r.Body[contribution.YouthKey] = "Im Juni bauen wir deine Rutsche."
		if a, err = x.a.Rewrite(ctx, p, a.ID, r); err != nil {
			x.Fatal(err)
		}
		if err := x.a.Release(ctx, p, a.ID, 0); fields(err) != "text-de+leicht" {
			x.Errorf("an answer without Leichte Sprache: %v", err)
		}
		r.Body[contribution.PlainKey] = "Wir bauen eine Rutsche."
		if _, err = x.a.Rewrite(ctx, p, a.ID, r); err != nil {
			x.Fatal(err)
		}
		if err := x.a.Release(ctx, p, a.ID, 0); err != nil {
			x.Error(err)
		}
	})
}

func TestTextBlocksFillTheirPlaceholders(t *testing.T) {
	halls(t, func(x *hall) {
		ctx := x.Context()
		b := contribution.Block{Title: "Dank", Office: "gruen", Status: contribution.Adopted, Body: kernel.Text{"de": "Danke für {nummer}, {unbekannt}!"}}
		if err := x.a.SaveBlock(ctx, x.planner(), b); err != nil {
			x.Fatal(err)
		}
		for _, c := range []struct {
			office string
			st     contribution.Status
			n      int
		}{{"gruen", contribution.Adopted, 1}, {"gruen", contribution.NotAdopted, 0}, {"stadtplanung", contribution.Adopted, 0}, {"", contribution.Unanswered, 1}} {
			list, err := x.a.Blocks(ctx, x.planner(), c.office, c.st)
			if err != nil || len(list) != c.n {
				x.Errorf("%+v: %d %v", c, len(list), err)
			}
		}
		if got := contribution.Fill(b.Body["de"], map[string]string{"nummer": "B-1", "titel": "{nummer}"}); got != "Danke für B-1, {unbekannt}!" {
			x.Error(got)
		}
	})
}
