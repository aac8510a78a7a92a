// SPDX-License-Identifier: EUPL-1.2

package app_test

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/account"
	"github.com/kupferfaden/kupferfaden/internal/app"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/privacy"
)

// fillIn types a page of the town's and publishes it.
func fillIn(d *desk, page string, kv ...string) paper {
	d.t.Helper()
	form := d.page("/arbeit/rechtstexte/"+page).form(d.t, "/arbeit/rechtstexte/"+page)
	for i := 0; i < len(kv); i += 2 {
		form.Set(kv[i], kv[i+1])
	}
	if p := d.postForm("/arbeit/rechtstexte/"+page, form); p.code != 303 {
		return p
	}
	preview := d.page("/arbeit/rechtstexte/" + page + "/vorschau")
	return d.postForm("/arbeit/rechtstexte/"+page+"/vorschau", preview.form(d.t, "/arbeit/rechtstexte/"+page+"/vorschau"))
}

func TestALegalPageIsHonestUntilItIsPublished(t *testing.T) {
	offices(t, func(o *office) {
		d, reader := o.signIn("admin@stadt.example"), o.anonymous()
		for _, page := range []string{"impressum", "barrierefreiheit", "kontakt"} {
			if p := reader.page("/" + page); !strings.Contains(p.text(), "noch nicht ausgefüllt") {
				o.t.Errorf("%s: %.300s", page, p.text())
			}
		}
		if p := reader.page("/datenschutz"); !strings.Contains(p.text(), "noch keine eigenen Angaben") || !strings.Contains(p.text(), "Konten und Aufgaben") {
			o.t.Errorf("privacy: %.300s", p.text())
		}
		for _, path := range []string{"/hilfe", "/datenschutz", "/impressum", "/kontakt", "/barrierefreiheit"} {
			if p := reader.page("/"); !strings.Contains(p.body, `href="`+path+`"`) {
				o.t.Errorf("the footer lacks %s", path)
			}
		}
		whole := []string{
			"body", "Stadt Teststadt", "form", "Körperschaft des öffentlichen Rechts", "represented", "Oberbürgermeisterin", "street", "Markt 1", "place", "01234 Teststadt",
			"email", "stadt@teststadt.example", "phone", "01234 5", "text-de", "## Bildrechte\n\n<script>alert(1)</script>Text mit [Link](/kontakt).", "text-en", "In English.",
			"text-de+leicht", "Das ist leicht.",
		}
		if p := fillIn(d, "impressum", whole[:4]...); p.code != 422 {
			o.t.Errorf("half a page is published: %d", p.code)
		}
		if p := reader.page("/impressum"); strings.Contains(p.text(), "Stadt Teststadt") {
			o.t.Error("a draft is seen by readers")
		}
		if p := fillIn(d, "impressum", "email", "keine Adresse"); p.code != 422 || !strings.Contains(p.body, `value="keine Adresse"`) {
			o.t.Errorf("no address: %d", p.code)
		}
		if p := fillIn(d, "impressum", whole...); p.code != 303 {
			o.t.Fatalf("publish: %d %s", p.code, p.text())
		}
		p := reader.page("/impressum")
		if !strings.Contains(p.text(), "Oberbürgermeisterin") || !strings.Contains(p.body, "<h2>Bildrechte</h2>") || strings.Contains(p.body, "<script>alert") || !strings.Contains(p.text(), "Fassung 1") {
			o.t.Errorf("published: %s", p.body)
		}
		if p := reader.page("/en/impressum"); !strings.Contains(p.text(), "In English.") {
			o.t.Errorf("in English: %s", p.text())
		}
		if p := reader.page("/impressum?sprache=leicht"); !strings.Contains(p.text(), "Das ist leicht.") {
			o.t.Errorf("in Leichte Sprache: %s", p.text())
		}
		if p := fillIn(d, "impressum", "phone", "99999"); p.code != 303 || !strings.Contains(reader.page("/impressum").text(), "99999") {
			o.t.Errorf("second version: %d", p.code)
		}
		if p := d.page("/arbeit/rechtstexte/impressum/fassungen/1"); !strings.Contains(p.text(), "01234 5") || strings.Contains(p.text(), "99999") {
			o.t.Errorf("first version: %s", p.text())
		}
		// Somebody who started from an older draft is told so, and keeps what was typed.
		form := d.page("/arbeit/rechtstexte/impressum").form(o.t, "/arbeit/rechtstexte/impressum")
		form.Set("phone", "1")
		d.postForm("/arbeit/rechtstexte/impressum", form)
		form.Set("phone", "222333")
		if p := d.postForm("/arbeit/rechtstexte/impressum", form); p.code != 422 || !strings.Contains(p.body, "222333") || !strings.Contains(p.text(), "inzwischen gespeichert") {
			o.t.Errorf("two writers: %d", p.code)
		}
	})
}

func TestSecurityTxtEndsWithItsDate(t *testing.T) {
	offices(t, func(o *office) {
		now := time.Now()
		o.app.Privacy.Now = func() time.Time { return now }
		d, reader := o.signIn("admin@stadt.example"), o.anonymous()
		if p := reader.get("/.well-known/security.txt"); p.code != 404 {
			o.t.Errorf("before: %d", p.code)
		}
		for _, day := range []string{now.AddDate(0, 0, -1).Format(time.DateOnly), now.AddDate(2, 0, 0).Format(time.DateOnly)} {
			if p := fillIn(d, "sicherheit", "email", "sicherheit@teststadt.example", "expires", day); p.code == 303 {
				o.t.Errorf("%s is taken", day)
			}
		}
		if p := fillIn(d, "sicherheit", "email", "sicherheit@teststadt.example", "expires", now.AddDate(0, 6, 0).Format(time.DateOnly)); p.code != 303 {
			o.t.Fatalf("%d %s", p.code, p.text())
		}
		p := reader.get("/.well-known/security.txt")
		if p.code != 200 || !strings.HasPrefix(p.header.Get("Content-Type"), "text/plain") || !strings.Contains(p.body, "Contact: mailto:sicherheit@teststadt.example\n") ||
			!regexp.MustCompile(`(?m)^Expires: \d{4}-\d\d-\d\dT00:00:00Z$`).MatchString(p.body) {
			o.t.Errorf("%d %q", p.code, p.body)
		}
		now = now.AddDate(0, 7, 0)
		if p := reader.get("/.well-known/security.txt"); p.code != 404 {
			o.t.Errorf("after its date: %d %s", p.code, p.body)
		}
	})
}

func TestABarrierIsReportedAnsweredAndLookedUp(t *testing.T) {
	offices(t, func(o *office) {
		now := time.Now()
		o.app.Privacy.Now = func() time.Time { return now }
		ctx, staff := o.t.Context(), o.signIn("admin@stadt.example")
		if p := o.anonymous().post("/barrierefreiheit/melden", "body", "ohne Prüfung"); p.code != 422 || !strings.Contains(p.body, "ohne Prüfung") {
			o.t.Errorf("a form nobody guarded: %d", p.code)
		}
		code, err := o.app.Privacy.ReportBarrier(ctx, access.Anonymous(o.who.Tenant), privacy.BarrierReport{Body: "Die Legende <b>fehlt</b>", Email: "leserin@post.example", Lang: "de"})
		if err != nil {
			o.t.Fatal(err)
		}
		lookup := func(code string) paper { return o.anonymous().post("/barrierefreiheit/stand", "code", code) }
		if p := lookup(strings.ToLower(strings.ReplaceAll(code, "-", " "))); p.code != 200 || !strings.Contains(p.text(), "wird bearbeitet") || strings.Contains(p.body, "leserin@post.example") {
			o.t.Errorf("with the code: %d %s", p.code, p.text())
		}
		if p := lookup("AAAA-BBBB-CCCC-DDDD"); p.code != 422 || strings.Contains(p.text(), "Legende") {
			o.t.Errorf("with another code: %d", p.code)
		}
		list := staff.page("/arbeit/barrieren")
		if strings.Contains(list.text(), "Überfällig") {
			o.t.Error("overdue on the first day")
		}
		now = now.AddDate(0, 0, 15)
		if p := staff.page("/arbeit/barrieren"); !strings.Contains(p.text(), "Überfällig") {
			o.t.Error("not overdue after 15 days")
		}
		if err := o.app.Privacy.Alarm(ctx, o.who.Tenant); err != nil {
			o.t.Error(err)
		}
		path := regexp.MustCompile(`/arbeit/barrieren/[0-9a-f-]{36}`).FindString(list.body)
		if p := staff.post(path, "answer", " "); p.code != 422 {
			o.t.Errorf("an empty answer: %d", p.code)
		}
		if p := staff.post(path, "answer", "Die Legende ist jetzt da."); p.code != 303 {
			o.t.Errorf("answer: %d", p.code)
		}
		if p := staff.post(path, "answer", "Doch nicht."); p.code != 422 {
			o.t.Errorf("a second answer: %d", p.code)
		}
		if p := lookup(code); !strings.Contains(p.text(), "Die Legende ist jetzt da.") {
			o.t.Errorf("the answer: %s", p.text())
		}
		if n := count(o.t, o.app, o.who.Tenant, "notice_mail"); n != 1 {
			o.t.Errorf("%d mails tell of the answer", n)
		}
	})
}

func TestAConsentNamesItsVersion(t *testing.T) {
	each(t, func(t *testing.T, a *app.App, who access.Actor) {
		ctx := t.Context()
		first, err := a.Privacy.ConsentText(ctx, who.Tenant, privacy.RegistrationConsent, "de")
		if err != nil || first.Version != 1 || first.Body == "" {
			t.Fatal(first, err)
		}
		if err := a.Privacy.Agree(ctx, who.Tenant, kernel.NewID(), first); err != nil {
			t.Fatal(err)
		}
		second, err := a.Privacy.PublishConsent(ctx, who, privacy.RegistrationConsent, "de", "Neuer Text.", 1)
		if err != nil || second.Version != 2 {
			t.Fatal(second, err)
		}
		if _, err := a.Privacy.PublishConsent(ctx, who, privacy.RegistrationConsent, "de", "Anderer Text.", 1); kernel.KindOf(err) != kernel.Conflict {
			t.Errorf("two writers: %v", err)
		}
		if now, err := a.Privacy.ConsentText(ctx, who.Tenant, privacy.RegistrationConsent, "de"); err != nil || now != second {
			t.Errorf("%+v %v", now, err)
		}
		if list, err := a.Privacy.ConsentTexts(ctx, who, privacy.RegistrationConsent); err != nil || len(list) != 2 || list[1].Body != first.Body {
			t.Errorf("the first version: %+v %v", list, err)
		}
		if en, err := a.Privacy.ConsentText(ctx, who.Tenant, privacy.RegistrationConsent, "tr"); err != nil || en.Lang != "de" {
			t.Errorf("a language without a text: %+v %v", en, err)
		}
		if _, err := a.Privacy.ConsentText(ctx, who.Tenant, "newsletter", "de"); kernel.KindOf(err) != kernel.NotFound {
			t.Errorf("an unknown kind: %v", err)
		}
	})
}

// The staff of another town, and roles that have nothing to do with it, reach nothing.
func TestDataProtectionIsForDataProtection(t *testing.T) {
	each(t, func(t *testing.T, a *app.App, who access.Actor) {
		ctx := t.Context()
		made, _, err := a.Accounts.Add(ctx, who, account.New{Email: "anna@stadt.example", Name: "Anna", Roles: []access.Role{access.Planner}, Password: passphrase})
		if err != nil {
			t.Fatal(err)
		}
		officer := access.Actor{Tenant: who.Tenant, Person: kernel.NewID(), Roles: []access.Role{access.DPO}}
		d, err := a.Privacy.AskFor(ctx, officer, made.ID, "Az. 12/26", "session-of-the-officer")
		if err != nil {
			t.Fatal(err)
		}
		if err := a.Privacy.Make(ctx, who.Tenant, d.ID); err != nil {
			t.Fatal(err)
		}
		planner := access.Actor{Tenant: who.Tenant, Person: made.ID, Roles: []access.Role{access.Planner}}
		foreign := access.Actor{Tenant: kernel.NewID(), Person: officer.Person, Roles: []access.Role{access.DPO}}
		for name, by := range map[string]access.Actor{"planner": planner, "foreign": foreign} {
			if _, err := a.Privacy.Fetch(ctx, by, d.ID, "session-of-the-officer"); kernel.KindOf(err) != kernel.NotFound {
				t.Errorf("%s fetches: %v", name, err)
			}
			if _, err := a.Privacy.AskFor(ctx, by, made.ID, "x", "s"); err == nil {
				t.Errorf("%s asks", name)
			}
			if _, err := a.Privacy.EraseFor(ctx, by, made.ID, "x"); err == nil {
				t.Errorf("%s erases", name)
			}
		}
		if _, err := a.Privacy.AskFor(ctx, officer, made.ID, " ", "s"); kernel.KindOf(err) != kernel.Invalid {
			t.Errorf("without a reason: %v", err)
		}
		zip, err := a.Privacy.Fetch(ctx, officer, d.ID, "session-of-the-officer")
		if err != nil || !bytes.Contains(unzip(t, zip)["auskunft.json"], []byte("anna@stadt.example")) {
			t.Errorf("the officer: %v", err)
		}
	})
}

// The log names nobody: no address, name, search word or text of a form stands in it (design/reliability.md, promise on logs).
func TestTheLogNamesNobody(t *testing.T) {
	var out bytes.Buffer
	log := slog.New(slog.NewJSONHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}))
	before := slog.Default()
	slog.SetDefault(log)
	defer slog.SetDefault(before)
	a, err := app.Open(t.Context(), app.Config{DataDir: t.TempDir(), Log: log})
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	town, err := a.Init(t.Context(), "default", kernel.T("Teststadt", ""), true)
	if err != nil {
		t.Fatal(err)
	}
	who := a.Operator(town)
	if _, _, err := a.Accounts.Add(t.Context(), who, account.New{Email: canaryMail, Name: canaryName, Roles: []access.Role{access.Planner, access.Admin}, Password: passphrase}); err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(a.Mux(app.WebOptions{}))
	defer s.Close()
	o := &office{Server: s, t: t, app: a, who: who}
	ctx, stop := context.WithCancel(t.Context())
	ended := a.Work(ctx)
	const word = "kanarienfutter"
	d := o.signIn(canaryMail)
	o.anonymous().post("/anmelden", "email", canaryMail, "password", word)
	for _, path := range []string{"/atlas?suche=" + word, "/" + word, "/raeume/" + word + "?x=" + canaryMail, "/arbeit/barrieren/" + word, "/arbeit/benutzer/" + word, "/daten/" + word + "?q=" + word} {
		d.get(path)
		o.anonymous().get(path)
	}
	for _, path := range []string{"/barrierefreiheit/melden", "/barrierefreiheit/stand", "/arbeit/benutzer", "/konto/passwort", "/arbeit/rechtstexte/impressum", "/arbeit/datenschutz/fristen"} {
		d.postForm(path, url.Values{"email": {canaryMail}, "name": {canaryName}, "body": {word}, "code": {word}, "old": {word}, "password": {word}, "edits": {"0"}, "phone": {word}, "days-" + word: {word}})
	}
	if _, err := a.Privacy.ReportBarrier(t.Context(), access.Anonymous(who.Tenant), privacy.BarrierReport{Body: word, Email: canaryMail, Name: canaryName}); err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequest(http.MethodGet, s.URL+"/", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("User-Agent", word)
	req.Header.Set("Referer", "https://"+word+".example/")
	req.Header.Set("X-Forwarded-For", "203.0.113.77")
	d.send(req)
	at := d.post("/konto/daten/auskunft").done(t)
	d.post(at)
	stop()
	<-ended
	if lines := strings.Count(out.String(), "\n"); lines < 20 {
		t.Fatalf("only %d lines were logged", lines)
	}
	for _, needle := range []string{canaryName, "Kanarienvogel", canaryMail, "gelbgefieder", word, "203.0.113.77", "127.0.0.1", passphrase} {
		if i := strings.Index(out.String(), needle); i >= 0 {
			t.Errorf("%q stands in the log: …%s…", needle, out.String()[max(0, i-200):min(out.Len(), i+100)])
		}
	}
}

// Where the town asks for two people, an answer about somebody is made only after a second one has agreed, for the session of the one who asked.
func TestAnAnswerForALetterWaitsForASecondPerson(t *testing.T) {
	offices(t, func(o *office) {
		ctx := o.t.Context()
		for _, mail := range []string{"schutz1@stadt.example", "schutz2@stadt.example"} {
			if _, _, err := o.app.Accounts.Add(ctx, o.who, account.New{Email: mail, Name: mail, Roles: []access.Role{access.DPO}, Password: passphrase}); err != nil {
				o.t.Fatal(err)
			}
		}
		town, err := o.app.Tenants.Get(ctx, o.who.Tenant)
		if err != nil {
			o.t.Fatal(err)
		}
		town.Settings.Rules.FourEyes = map[access.MatterKind]bool{access.ExportMatter: true}
		if err := o.app.Tenants.Save(ctx, o.who, town); err != nil {
			o.t.Fatal(err)
		}
		first, second := o.signIn("schutz1@stadt.example"), o.signIn("schutz2@stadt.example")
		found := first.page("/arbeit/datenschutz/auskunft?person=plan@stadt.example")
		form := found.form(o.t, "/arbeit/datenschutz/auskunft")
		id := regexp.MustCompile(`name="id" value="([0-9a-f-]{36})"`).FindStringSubmatch(found.body)
		if id == nil {
			o.t.Fatalf("not found: %s %v", found.text(), form)
		}
		asked := first.post("/arbeit/datenschutz/auskunft", "id", id[1], "person", "plan@stadt.example", "reason", "Az. 7")
		if asked.code != 422 || count(o.t, o.app, o.who.Tenant, "disclosure") != 0 {
			o.t.Fatalf("goes on without a second person: %d", asked.code)
		}
		officer := access.Actor{}
		list, err := o.app.Accounts.Store.Accounts(ctx, o.who.Tenant)
		if err != nil {
			o.t.Fatal(err)
		}
		for _, x := range list {
			if x.Email == "schutz2@stadt.example" {
				if officer, err = o.app.Accounts.Actor(ctx, o.who.Tenant, x.ID); err != nil {
					o.t.Fatal(err)
				}
			}
		}
		waiting, err := o.app.Approvals.List(ctx, officer)
		if err != nil || len(waiting) != 1 {
			o.t.Fatalf("%d requests wait: %v", len(waiting), err)
		}
		if err := o.app.Approvals.Approve(ctx, officer, waiting[0].ID); err != nil {
			o.t.Fatal(err)
		}
		at := regexp.MustCompile(`/arbeit/datenschutz/auskunft/[0-9a-f-]{36}`).FindString(first.page("/arbeit/datenschutz/auskunft").body)
		if p := second.post(at + "/erstellen"); p.code != 404 {
			o.t.Errorf("the second person has it made: %d", p.code)
		}
		if p := first.post(at + "/erstellen"); p.code != 303 {
			o.t.Fatalf("made: %d %s", p.code, p.text())
		}
		if err := o.app.Privacy.Make(ctx, o.who.Tenant, kernel.ID(at[strings.LastIndex(at, "/")+1:])); err != nil {
			o.t.Fatal(err)
		}
		if p := second.post(at); p.code != 404 {
			o.t.Errorf("the second person fetches: %d", p.code)
		}
		if p := first.post(at); p.code != 200 || !bytes.Contains(unzip(o.t, []byte(p.body))["auskunft.json"], []byte("plan@stadt.example")) {
			o.t.Errorf("fetched: %d", p.code)
		}
	})
}
