// SPDX-License-Identifier: EUPL-1.2

package app_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/account"
	"github.com/kupferfaden/kupferfaden/internal/contribution"
	"github.com/kupferfaden/kupferfaden/internal/event"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/participation"
	"github.com/kupferfaden/kupferfaden/internal/platform/job"
)

// running opens a process that collects ideas until a moment.
func (o *office) running(key string, until time.Time) participation.Process {
	o.t.Helper()
	ctx := o.t.Context()
	p, err := o.app.Participation.Create(ctx, o.staff(), participation.Process{
		Key: key, Title: kernel.T("Prozess "+key, ""), Level: participation.Consultation, AnswerDays: 42, Office: "SozA",
		Phases:  []participation.Phase{{Kind: participation.Ideas, From: kernel.InstantOf(until.AddDate(0, -1, 0)), To: kernel.InstantOf(until)}},
		Modules: []participation.Module{{Key: "ideen", Kind: participation.IdeasModule}},
	})
	if err != nil {
		o.t.Fatal(err)
	}
	return o.set(p, participation.Running)
}

// set puts a process into a state, whatever is missing.
func (o *office) set(p participation.Process, to participation.State) participation.Process {
	o.t.Helper()
	p.State, p.PublishedAt = to, kernel.InstantOf(o.app.Now())
	if err := o.app.Participation.Store.Update(o.t.Context(), o.who.Tenant, p); err != nil {
		o.t.Fatal(err)
	}
	p.Edit++
	return p
}

// untouched fails where one of the acts on somebody else's things is not refused.
func (d *desk) untouched(who string, acts map[string][]string) {
	d.t.Helper()
	for path, form := range acts {
		if p := d.post(path, form...); p.code != http.StatusForbidden && p.code != http.StatusNotFound {
			d.t.Errorf("%s at %s: %d", who, path, p.code)
		}
	}
}

func TestAnOfficeTouchesNoAnswerOfAnotherOneOverHTTP(t *testing.T) {
	offices(t, func(o *office) {
		ctx := o.t.Context()
		o.running("park", o.app.Now().Add(time.Hour))
		c, own := o.said("park", "Mehr Bänke im Park.", true), o.said("park", "Mehr Licht im Park.", true)
		if err := o.app.Answers.Pass(ctx, o.staff(), c.Number, "JA", "zuständig"); err != nil {
			o.t.Fatal(err)
		}
		writer := access.Actor{Tenant: o.who.Tenant, Person: kernel.NewID(), Roles: []access.Role{access.Planner}}
		a, err := o.app.Answers.Write(ctx, writer, []string{c.Number}, contribution.Reply{Status: contribution.Adopted, Body: kernel.Text{"de": "Wir stellen sie auf."}})
		if err != nil {
			o.t.Fatal(err)
		}
		soza := o.holds("soza@stadt.example", access.DataSupplier, access.Context{Kind: access.InOffice, Key: "SozA"})
		at, sheet := "/arbeit/rueckmeldungen/antwort/"+string(a.ID), "/arbeit/rueckmeldungen/"+c.Number
		for _, path := range []string{at, sheet} {
			if p := soza.get(path); p.code != http.StatusForbidden && p.code != http.StatusNotFound || strings.Contains(p.body, "Wir stellen sie auf.") {
				o.t.Errorf("another office reads %s: %d", path, p.code)
			}
		}
		for _, do := range []string{"speichern", "bitten", "freigeben", "zurueck", "dazu", "heraus", "einfuegen"} {
			soza.untouched("another office, "+do, map[string][]string{
				at: {"tun", do, "status", "adopted", "text-de", "Gekapert.", "reason", "Darum.", "number", own.Number, "heraus", c.Number, "seen", "1"},
			})
		}
		soza.untouched("another office", map[string][]string{
			sheet: {"office", "SozA", "reason", "Her damit."}, "/arbeit/rueckmeldungen/antwort/neu": {"nummer", c.Number, "status", "adopted", "text-de", "Gekapert."},
			"/arbeit/rueckmeldungen/zustaendigkeiten": {"zahl", "1", "office1", "SozA"}, "/arbeit/rueckmeldungen/textbausteine/neu": {"title", "X", "text-de", "Y"},
		})
		// An own contribution is no way in: an answer is for all it is linked to.
		soza.untouched("another office, two at once", map[string][]string{"/arbeit/rueckmeldungen/antwort/neu": {"nummer", own.Number + " " + c.Number, "status", "adopted", "text-de", "Gekapert."}})
		if now, err := o.app.Answers.Store.Answer(ctx, o.who.Tenant, a.ID); err != nil || now.Newest.Body["de"] != "Wir stellen sie auf." || now.State != contribution.AnswerDraft || len(now.Contributions) != 1 {
			o.t.Errorf("%+v %v", now, err)
		}

		// Who writes without the right to release gives no released answer to a further contribution.
		if err := o.app.Answers.Release(ctx, writer, a.ID, 0); err != nil {
			o.t.Fatal(err)
		}
		if err := o.app.Answers.Pass(ctx, o.staff(), own.Number, "JA", "zuständig"); err != nil {
			o.t.Fatal(err)
		}
		ja := o.holds("ja@stadt.example", access.DataSupplier, access.Context{Kind: access.InOffice, Key: "JA"})
		if p := ja.post(at, "tun", "dazu", "number", own.Number); p.code != http.StatusForbidden {
			o.t.Errorf("given without the right to release: %d", p.code)
		}
		if got, err := o.app.Answers.Of(ctx, o.who.Tenant, own); err != nil || got != nil {
			o.t.Errorf("an answer nobody released: %+v %v", got, err)
		}
	})
}

func TestAModeratorOfOneProcessDecidesNothingInAnotherOneOverHTTP(t *testing.T) {
	offices(t, func(o *office) {
		ctx := o.t.Context()
		o.running("park", o.app.Now().Add(time.Hour))
		o.running("wald", o.app.Now().Add(time.Hour))
		public, waiting, mine := o.said("wald", "Mehr Wege im Wald.", true), o.said("wald", "Mehr Bänke im Wald.", false), o.said("park", "Mehr Bänke im Park.", true)
		anna := access.Actor{Tenant: o.who.Tenant, Person: kernel.NewID(), Name: "Anna", Roles: []access.Role{access.Citizen}}
		k, err := o.app.Contributions.Say(ctx, anna, public.Number, "", "de", "Stimmt!")
		if err != nil {
			o.t.Fatal(err)
		}
		mod := o.holds("mod@stadt.example", access.Moderator, access.Context{Kind: access.InProcess, Key: "park"})
		rule := []string{"kind", "hide", "rule", "1", "message", "Weg damit.", "seen", "0"}
		at := "/arbeit/beitraege/" + public.Number
		mod.untouched("a moderator of another process", map[string][]string{
			"/arbeit/moderation/beitrag/" + string(public.ID): rule, "/arbeit/moderation/beitrag/" + string(waiting.ID): {"kind", "publish"}, "/arbeit/moderation/kommentar/" + string(k.ID): rule,
			"/arbeit/moderation/beitrag/" + string(kernel.NewID()) + "/widerspruch": {"reversed", "1", "answer", "Doch."},
			at + "/text": {"title", "X", "text", "Y", "lang", "de", "reason", "Z"}, at + "/zusammenfuehren": {"into", mine.Number, "reason", "dasselbe"},
			at + "/teilen": {"text1", "A", "text2", "B", "reason", "zwei"}, at + "/aussage": {"stance", "confirm"}, "/arbeit/moderation/kinderschutz": {"id", string(kernel.NewID()), "outcome", "erledigt"},
			"/arbeit/beteiligung/wald/stand?zu=evaluation": {"edit", "1"}, "/arbeit/beteiligung/wald/eckdaten": {"decided", "X"}, "/arbeit/beteiligung/wald/standards": {"criterion", "early", "result", "fulfilled", "comment", "ja"},
		})
		// Nor by way of an own one.
		if p := mod.post("/arbeit/beitraege/"+mine.Number+"/zusammenfuehren", "into", public.Number, "reason", "dasselbe"); p.code == http.StatusSeeOther {
			o.t.Error("merged into another process")
		}
		for want, c := range map[contribution.State]contribution.Contribution{contribution.Published: public, contribution.Received: waiting} {
			if now, err := o.app.Contributions.Store.Contribution(ctx, o.who.Tenant, c.ID); err != nil || now.State != want || now.Text != c.Text {
				o.t.Errorf("%+v %v", now, err)
			}
		}
	})
}

func TestNothingIsTakenASecondAfterThePhaseOrInAClosedProcess(t *testing.T) {
	offices(t, func(o *office) {
		ctx := o.t.Context()
		end := o.app.Now().Add(48 * time.Hour).Truncate(time.Second)
		p := o.running("park", end)
		c := o.said("park", "Mehr Bänke im Park.", true)
		if _, _, err := o.app.Accounts.Add(ctx, o.who, account.New{Email: "anna@stadt.example", Name: "Anna", Roles: []access.Role{access.Citizen}, Password: passphrase}); err != nil {
			o.t.Fatal(err)
		}
		anna, guest := o.signIn("anna@stadt.example"), o.anonymous()
		at := func(now time.Time) {
			clock := func() time.Time { return now }
			o.app.Participation.Now, o.app.Contributions.Now, o.app.Moderation.Now, o.app.Answers.Now = clock, clock, clock, clock
		}
		write := func() int {
			return guest.post("/beteiligung/park/ideen/neu", "schritt", "schreiben", "weiter", "weiter", "text", "Ein Brunnen im Park.", "lang", "de").code
		}
		back := func() int { return anna.post("/beitraege/" + c.Number + "/unterstuetzen").code }
		comment := func() int {
			return anna.post("/beitraege/"+c.Number+"/kommentar", "comment", "Stimmt!", "lang", "de").code
		}

		at(end.Add(-time.Second))
		guestly := access.Anonymous(o.who.Tenant)
		checked, err := o.app.Contributions.Look(ctx, guestly, p, p.Modules[0], contribution.Draft{Process: "park", Module: "ideen", Text: "Ein Brunnen im Park.", Lang: "de"})
		if err != nil {
			o.t.Fatal(err)
		}
		if w, b, k := write(), back(), comment(); w != 200 || b >= 400 || k >= 400 {
			o.t.Fatalf("in the last second of the phase: %d %d %d", w, b, k)
		}
		closed := func(when string) {
			o.t.Helper()
			refused := func(code int) bool { return code == http.StatusConflict || code == http.StatusUnprocessableEntity }
			if w, b, k := write(), back(), comment(); !refused(w) || !refused(b) || !refused(k) {
				o.t.Errorf("%s: writes %d, supports %d, comments %d", when, w, b, k)
			}
		}
		at(end)
		closed("as the phase ends")
		if _, _, err := o.app.Contributions.Send(ctx, guestly, checked); kernel.KindOf(err) != kernel.Conflict {
			o.t.Errorf("what was begun in time is sent a second late: %v", err)
		}
		at(end.Add(-time.Second)) // the clock alone would permit it
		for _, state := range []participation.State{participation.Evaluation, participation.Feedback, participation.Closed, participation.Archived} {
			p = o.set(p, state)
			closed(string(state))
		}
		plan := o.planner()
		if f := plan.post("/arbeit/beteiligung/park/mittel?text=de", "answerdays", "9", "edit", "5"); f.code != http.StatusConflict && f.code != http.StatusUnprocessableEntity {
			o.t.Errorf("an archived process is changed: %d", f.code)
		}
		if now, err := o.app.Participation.Store.ByKey(ctx, o.who.Tenant, "park"); err != nil || now.AnswerDays != 42 {
			o.t.Errorf("%+v %v", now, err)
		}
	})
}

func TestWhatHangsOnAProcessIsSeenKeptAndToldOf(t *testing.T) {
	offices(t, func(o *office) {
		ctx, plan := o.t.Context(), o.planner()
		o.running("park", o.app.Now().Add(time.Hour))

		// An event stands on the page of its process without a module that asks for it.
		at := kernel.InstantOf(o.app.Now().Add(24 * time.Hour))
		e := event.Event{Process: "park", Start: at, End: kernel.InstantOf(at.Add(time.Hour))}
		e.Title, e.Teaser, e.Content.Body, e.Place = kernel.T("Spaziergang", ""), kernel.T("Durch den Park.", ""), kernel.T("Durch den Park.", ""), kernel.T("Tor", "")
		e.Address, e.Access, e.Contact = "Am Tor 1", []event.Feature{event.StepFree}, "Stadtplanung"
		e, err := o.app.Events.Create(ctx, planning(o.who), e)
		if err == nil {
			err = o.app.Events.Publish(ctx, planning(o.who), e.Key)
		}
		if err != nil {
			o.t.Fatal(err)
		}
		if s := o.anonymous().page("/beteiligung/park").text(); !strings.Contains(s, "Spaziergang") {
			o.t.Error("the page of a process hides its events")
		}

		// A draft on which a role hangs is not thrown away, nor is its address given to another one.
		plan.fill("/arbeit/beteiligung/neu", "from", "kurze-konsultation", "key", "wald").done(o.t)
		o.holds("team@stadt.example", access.Moderator, access.Context{Kind: access.InProcess, Key: "wald"})
		if p := plan.post("/arbeit/beteiligung/wald/loeschen"); p.code != http.StatusConflict {
			o.t.Errorf("discarded with its team: %d", p.code)
		}
		if p := plan.fill("/arbeit/beteiligung/wald/eckdaten", "key", "forst"); p.code != http.StatusUnprocessableEntity || !strings.Contains(p.text(), "Sie bleibt deshalb, wie sie ist.") {
			o.t.Errorf("moved away from its team: %d", p.code)
		}

		// Those in charge are told once that standards are not met, however often the job runs.
		town, err := o.app.Tenants.Find(ctx, "")
		if err != nil {
			o.t.Fatal(err)
		}
		for range 2 {
			if _, err := o.app.Queue.Enqueue(ctx, town.ID, "process.phases", nil, job.Options{}); err != nil {
				o.t.Fatal(err)
			}
		}
		work, stop := context.WithCancel(ctx)
		done := o.app.Work(work)
		for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(5 * time.Millisecond) {
			counts, err := o.app.Queue.States(ctx, town.ID)
			if err != nil {
				o.t.Fatal(err)
			}
			if counts[job.Done] >= 2 && counts[job.Waiting]+counts[job.Running] == 0 || time.Now().After(deadline) {
				break
			}
		}
		stop()
		<-done
		if err := o.app.Notices.Deliver(ctx, town.ID, nil); err != nil {
			o.t.Fatal(err)
		}
		mails, err := o.app.CapturedMail(ctx, town, 50)
		if err != nil {
			o.t.Fatal(err)
		}
		n := 0
		for _, m := range mails {
			if m.To == "plan@stadt.example" && m.Subject == "Mindeststandards nicht erfüllt: Prozess park" && strings.Contains(m.Text, "Spielraum") {
				n++
			}
		}
		if n != 1 {
			o.t.Errorf("told %d times: %+v", n, mails)
		}
	})
}
