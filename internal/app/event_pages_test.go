// SPDX-License-Identifier: EUPL-1.2

package app_test

import (
	"crypto/sha256"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/account"
	"github.com/kupferfaden/kupferfaden/internal/event"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/notice"
)

// reckon does the sum that a form open to everybody asks a device for.
func reckon(v url.Values) {
	for n := 0; ; n++ {
		sum := sha256.Sum256([]byte(v.Get("pruefung") + ":" + strconv.Itoa(n)))
		if sum[0] == 0 && sum[1] == 0 {
			v.Set("rechnung", strconv.Itoa(n))
			return
		}
	}
}

// letters gives the mails of a kind that test mode kept back, in full.
func (o *office) letters(kind notice.Kind) (out []notice.Envelope) {
	o.t.Helper()
	ctx := o.t.Context()
	if err := o.app.Notices.Deliver(ctx, o.who.Tenant, nil); err != nil {
		o.t.Fatal(err)
	}
	list, err := o.app.Notices.Store.List(ctx, o.who.Tenant, notice.Filter{Kind: kind, Limit: 50})
	if err != nil {
		o.t.Fatal(err)
	}
	for _, m := range list {
		e, err := o.app.Notices.Open(ctx, m)
		if err != nil {
			o.t.Fatal(err)
		}
		out = append(out, e)
	}
	return out
}

func TestAFamilyRegistersAndItsMailsKeepItsCalendar(t *testing.T) {
	offices(t, func(o *office) {
		ctx := t.Context()
		o.app.URL = "https://planung.example"
		staff := planning(o.who)
		e := meeting(t, o.app, staff, "Forum\r\nBEGIN:VALARM; <script>alert(1)</script>", 4)
		e.AskName, e.Edit = "optional", e.Edit+1
		e, err := o.app.Events.Save(ctx, staff, e)
		if err != nil {
			t.Fatal(err)
		}
		all := o.anonymous()
		at := "/veranstaltungen/" + e.Key + "/anmeldung"
		v := all.page(at).form(t, at)
		v.Set("email", "familie@stadt.example")
		v.Set("heads", "zwei")
		v.Set("others", "Tochter\nSohn")
		v.Set("consent", "1")
		reckon(v)
		time.Sleep(2100 * time.Millisecond) // nobody types a form in less
		p := all.postForm(at, v)
		if p.code != 422 || !strings.Contains(p.text(), "Verringern Sie die Zahl") || !strings.Contains(p.body, "Tochter") {
			t.Fatalf("no number: %d %s", p.code, p.text())
		}
		v = p.form(t, at)
		v.Set("heads", "3")
		reckon(v)
		time.Sleep(2100 * time.Millisecond)
		if p := all.postForm(at, v); p.code != 200 || !strings.Contains(p.text(), "Sie sind angemeldet") {
			t.Fatalf("%d %s", p.code, p.text())
		}
		now, err := o.app.Events.Store.ByID(ctx, o.who.Tenant, e.ID)
		if err != nil || now.Taken != 3 {
			t.Fatalf("%d taken, %v", now.Taken, err)
		}
		registered := o.letters("event.registered")
		if len(registered) != 1 || len(registered[0].Files) != 1 || !strings.Contains(registered[0].Text, "Personen: 3") {
			t.Fatalf("%+v", registered)
		}
		file := registered[0].Files[0]
		local := e.Start.In(berlin(t)).Format("20060102T150405")
		for _, want := range []string{"METHOD:PUBLISH", "BEGIN:VTIMEZONE", "DTSTART;TZID=Europe/Berlin:" + local, "SEQUENCE:0", "UID:" + string(e.ID)} {
			if !strings.Contains(file.Content, want) {
				t.Errorf("%q is missing in %s", want, file.Content)
			}
		}
		if file.Type != "text/calendar; charset=utf-8; method=PUBLISH" || file.Name != e.Key+".ics" || strings.Contains(file.Content, "\nBEGIN:VALARM") {
			t.Errorf("%+v", file)
		}
		if strings.Contains(registered[0].HTML, "<script>") || strings.ContainsAny(registered[0].Subject, "\r\n") {
			t.Errorf("%q %s", registered[0].Subject, registered[0].HTML)
		}
		// The page of what was sent names the file and keeps its content to the recipient.
		shown, err := o.app.Notices.Store.List(ctx, o.who.Tenant, notice.Filter{Kind: "event.registered", Limit: 1})
		if err != nil || len(shown[0].Letter.Files) != 1 || shown[0].Letter.Files[0].Content != "" {
			t.Errorf("%+v %v", shown[0].Letter.Files, err)
		}

		now.Start, now.End = kernel.InstantOf(now.Start.AddDate(0, 0, 1)), kernel.InstantOf(now.End.AddDate(0, 0, 1))
		now, err = o.app.Events.Save(ctx, staff, now)
		if err == nil {
			err = o.app.Events.Tell(ctx, o.who.Tenant, e.ID, event.ChangeLetter, now.Sequence, nil)
		}
		if err == nil {
			err = o.app.Events.Cancel(ctx, staff, e.Key, kernel.T("Sturm", ""))
		}
		if err == nil {
			err = o.app.Events.Tell(ctx, o.who.Tenant, e.ID, event.CancelLetter, now.Sequence+1, nil)
		}
		if err != nil {
			t.Fatal(err)
		}
		for kind, want := range map[notice.Kind][]string{
			"event.changed":   {"METHOD:PUBLISH", "SEQUENCE:1", "STATUS:CONFIRMED", now.Start.In(berlin(t)).Format("20060102T150405")},
			"event.cancelled": {"METHOD:CANCEL", "SEQUENCE:2", "STATUS:CANCELLED"},
		} {
			got := o.letters(kind)
			if len(got) != 1 || len(got[0].Files) != 1 {
				t.Fatalf("%s: %+v", kind, got)
			}
			for _, w := range append(want, "UID:"+string(e.ID)) {
				if !strings.Contains(got[0].Files[0].Content, w) {
					t.Errorf("%s: %q is missing in %s", kind, w, got[0].Files[0].Content)
				}
			}
		}
		if p := all.get(at); strings.Contains(p.body, "<form method=\"post\"") && strings.Contains(p.text(), "Anmelden") || !strings.Contains(p.text(), "abgesagt") {
			t.Errorf("a form for a cancelled event: %s", p.text())
		}
	})
}

func berlin(t *testing.T) *time.Location {
	t.Helper()
	z, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	return z
}

// The coordinating office publishes minutes, writes no contributions down and belongs to no group: what it may not hand on stays in the minutes.
func TestMinutesArePublishedByWhoWritesNothingDown(t *testing.T) {
	offices(t, func(o *office) {
		ctx := t.Context()
		plan := o.planner()
		plan.fill("/arbeit/beteiligung/neu", "from", "kurze-konsultation", "key", "park").done(t)
		plan.post("/arbeit/gruppen/neu", "kind", "working", "name", "AG Park", "mandate", "Den Park planen", "key", "ag-park", "public", "").done(t)
		staff := planning(o.who)
		e := meeting(t, o.app, staff, "Forum", 10)
		e.Process, e.Group, e.Edit = "park", "ag-park", e.Edit+1
		e.Start, e.End = kernel.InstantOf(o.app.Now().Add(-3*time.Hour)), kernel.InstantOf(o.app.Now().Add(-time.Hour))
		if _, err := o.app.Events.Save(ctx, staff, e); err != nil {
			t.Fatal(err)
		}
		for _, m := range []event.Minute{
			{Kind: event.Contribution, Title: strings.Repeat("Mehr Bänke im Park. ", 14), Body: "Am Teich fehlen Bänke."},
			{Kind: event.Task, Title: "Ortstermin am Teich"},
			{Kind: event.Decision, Title: "Wir treffen uns monatlich"},
		} {
			if err := o.app.Events.AddMinute(ctx, staff, e.Key, m); err != nil {
				t.Fatal(err)
			}
		}
		if _, _, err := o.app.Accounts.Add(ctx, o.who, account.New{Email: "koordination@stadt.example", Name: "Koordination", Roles: []access.Role{access.ParticipationOffice}, Password: passphrase}); err != nil {
			t.Fatal(err)
		}
		office := o.signIn("koordination@stadt.example")
		at := "/arbeit/veranstaltungen/" + e.Key + "/protokoll"
		office.post(at + "/veroeffentlichen").done(t)
		if s := office.page(at).text(); !strings.Contains(s, "bleibt im Protokoll") {
			t.Errorf("nobody says what stayed: %s", s)
		}
		if s := o.anonymous().page("/veranstaltungen/" + e.Key).text(); !strings.Contains(s, "Am Teich fehlen Bänke.") || !strings.Contains(s, "Ortstermin am Teich") || !strings.Contains(s, "Wir treffen uns monatlich") {
			t.Errorf("the minutes: %s", s)
		}
		tasks, err := o.app.Groups.AllTasks(ctx, o.who)
		if err != nil || len(tasks) != 1 || tasks[0].Title != "Ortstermin am Teich" {
			t.Errorf("%+v %v", tasks, err)
		}
		// Whoever may, hands on what stayed.
		plan.post(at + "/veroeffentlichen").done(t)
		if s := plan.page(at).text(); strings.Contains(s, "bleibt im Protokoll") {
			t.Error("it still stays")
		}
		p := o.anonymous().page("/veranstaltungen/" + e.Key)
		if to := regexp.MustCompile(`/beitraege/[A-Z0-9-]+`).FindString(p.body); to != "" {
			t.Errorf("everybody is led to %s, which belongs to a draft", to)
		}
		p = plan.page("/veranstaltungen/" + e.Key)
		to := regexp.MustCompile(`/beitraege/[A-Z0-9-]+`).FindString(p.body)
		if to == "" || !strings.Contains(plan.page(to).text(), "Am Teich fehlen Bänke.") {
			t.Errorf("no way to the contribution: %q", to)
		}
	})
}
