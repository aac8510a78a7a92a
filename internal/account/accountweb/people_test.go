// SPDX-License-Identifier: EUPL-1.2

package accountweb_test

import (
	"crypto/sha256"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/access"
)

// tokenOf gives the token of a link in a mail.
func tokenOf(t *testing.T, path string) string {
	t.Helper()
	_, query, ok := strings.Cut(path, "?")
	q, err := url.ParseQuery(query)
	if !ok || err != nil || len(q.Get("schluessel")) != 43 {
		t.Fatalf("no link: %q", path)
	}
	return q.Get("schluessel")
}

// person is what an invited person sends.
func accept(token, password string) []string {
	return []string{"schluessel", token, "name", "Anna", "password", password}
}

func TestAnInvitedPersonChoosesAPasswordAndIsIn(t *testing.T) {
	s := newSite(t)
	admin, anna := s.browser(t), s.browser(t)
	admin.signIn("", adminMail)
	bad := admin.post("/arbeit/einladungen", "email", "anna", "name", "Аnna", "lang", "de")
	if bad.code != 422 || !strings.Contains(bad.body, `value="anna"`) || !strings.Contains(bad.body, "mischt Schriften") || !strings.Contains(bad.body, "mindestens eine Aufgabe") {
		t.Errorf("wrong details: %d", bad.code)
	}
	if a := admin.post("/arbeit/einladungen", "email", plannerMail, "roles", "planner"); a.code != 422 || !strings.Contains(a.body, "gibt es schon") {
		t.Errorf("a taken address: %d", a.code)
	}
	if a := admin.post("/arbeit/einladungen", "email", "anna@stadt.example", "roles", "planner", "roles", "statistics_officer"); a.code != 422 || !strings.Contains(a.body, "niemand zugleich") {
		t.Errorf("roles kept apart: %d", a.code)
	}
	if a := admin.post("/arbeit/einladungen", "email", "anna@stadt.example", "name", "Anna", "roles", "planner", "lang", "en"); a.code != 303 {
		t.Fatalf("invited: %d %s", a.code, a.body)
	}
	m := s.mail(t, "account.invite")
	if m.Email != "anna@stadt.example" || m.Lang != "en" || !strings.HasPrefix(m.Path, "/einladung?") {
		t.Fatalf("mail: %+v", m)
	}
	token := tokenOf(t, m.Path)
	if a := admin.get("/arbeit/benutzer"); !strings.Contains(a.body, "Offene Einladungen") || strings.Contains(a.body, token) {
		t.Error("the list shows no invitation, or its token")
	}
	if a := anna.get("/t/zinn" + m.Path); a.code != 404 {
		t.Errorf("in another town: %d", a.code)
	}
	unknown := anna.get("/einladung?schluessel=" + strings.Repeat("A", 43))
	if foreign := anna.get("/t/zinn" + m.Path); unknown.code != 404 || sentenceOf(foreign.body) != sentenceOf(unknown.body) {
		t.Errorf("a foreign and an unknown link are answered differently: %q, %q", sentenceOf(foreign.body), sentenceOf(unknown.body))
	}
	page := anna.get(m.Path)
	if page.code != 200 || page.header.Get("Cache-Control") != "no-store" || !strings.Contains(page.body, "anna@stadt.example") {
		t.Errorf("the page: %d %v", page.code, page.header)
	}
	if a := anna.post("/einladung", accept(token, "kurz")...); a.code != 422 || !strings.Contains(a.body, token) || !strings.Contains(a.body, `value="Anna"`) {
		t.Errorf("a short password: %d", a.code)
	}
	if a := anna.post("/einladung", accept(token, "mein eigenes Wort")...); a.code != 303 {
		t.Fatalf("accepted: %d %s", a.code, a.body)
	}
	if a := anna.get("/arbeit"); a.code != 200 {
		t.Errorf("at work: %d", a.code)
	}
	if a := s.browser(t).post("/einladung", accept(token, "ein anderes Wort")...); a.code != 404 {
		t.Errorf("used twice: %d", a.code)
	}
}

var sentence = regexp.MustCompile(`(?s)<main.*</main>`)

// sentenceOf is what the page of an error says, without the name of the request.
func sentenceOf(body string) string {
	body = strings.ReplaceAll(strings.ReplaceAll(sentence.FindString(body), `"/t/zinn"`, `"/"`), "/t/zinn", "")
	return regexp.MustCompile(`[0-9a-f]{12}`).ReplaceAllString(body, "")
}

func TestWithoutMailTheLinkIsHandedOver(t *testing.T) {
	s := newSite(t)
	s.post.off = true
	admin, anna := s.browser(t), s.browser(t)
	admin.signIn("", adminMail)
	a := admin.post("/arbeit/einladungen", "email", "anna@stadt.example", "roles", "planner")
	m := regexp.MustCompile(`<code>(http[^<]+)</code>`).FindStringSubmatch(a.body)
	if a.code != 200 || m == nil || a.header.Get("Cache-Control") != "no-store" || len(s.post.mails) > 0 {
		t.Fatalf("%d %v", a.code, m)
	}
	u, err := url.Parse(m[1])
	if err != nil {
		t.Fatal(err)
	}
	if a := anna.get(u.RequestURI()); a.code != 200 {
		t.Errorf("the link: %d", a.code)
	}
	path, _ := s.person(t, plannerMail)
	if a := admin.post(path + "/passwort"); a.code != 200 || !strings.Contains(a.body, "/anmelden/neu?") {
		t.Errorf("a new password: %d", a.code)
	}
	if a := anna.get("/anmelden/vergessen"); a.code != 200 || strings.Contains(a.body, "<form method=\"post\" action=\"/anmelden/vergessen\"") {
		t.Errorf("offers a mail nobody sends: %d", a.code)
	}
	if a := anna.get("/konto/neu"); a.code != 404 {
		t.Errorf("registration without mail: %d", a.code)
	}
}

func TestInvitationsCanBeSentAgainAndTakenBack(t *testing.T) {
	s := newSite(t)
	admin, anna := s.browser(t), s.browser(t)
	admin.signIn("", adminMail)
	admin.post("/arbeit/einladungen", "email", "anna@stadt.example", "roles", "planner")
	first := s.mail(t, "account.invite").Path
	id := regexp.MustCompile(`/arbeit/einladungen/([0-9a-f-]{36})/erneut`).FindStringSubmatch(admin.get("/arbeit/benutzer").body)
	if id == nil {
		t.Fatal("no invitation listed")
	}
	if a := admin.post("/arbeit/einladungen/" + id[1] + "/erneut"); a.code != 303 {
		t.Errorf("again: %d", a.code)
	}
	second := s.mail(t, "account.invite").Path
	if first == second || anna.get(first).code != 404 || anna.get(second).code != 200 {
		t.Error("the older link goes on, or the newer does not work")
	}
	back := "/arbeit/einladungen/" + id[1] + "/zurueckziehen"
	if a := admin.get(back); a.code != 200 || !strings.Contains(a.body, "anna@stadt.example") {
		t.Errorf("question: %d", a.code)
	}
	if a := admin.post(back); a.code != 303 || anna.get(second).code != 404 {
		t.Errorf("taken back: %d", a.code)
	}
	if a := anna.post("/einladung", accept(tokenOf(t, second), "mein eigenes Wort")...); a.code != 404 {
		t.Errorf("accepted afterwards: %d", a.code)
	}
}

// guarded sends a form that anybody may send, after the pause that people need.
func (b *browser) guarded(path string, kv ...string) answer {
	b.t.Helper()
	page := b.get(path)
	token := regexp.MustCompile(`name="pruefung" value="([^"]+)"`).FindStringSubmatch(page.body)
	bits := regexp.MustCompile(`data-guard="(\d+)"`).FindStringSubmatch(page.body)
	if token == nil || bits == nil {
		b.t.Fatalf("%s: no guard: %d", path, page.code)
	}
	time.Sleep(2100 * time.Millisecond) // the guard's own clock is the machine's
	return b.post(path, append(kv, "pruefung", token[1], "rechnung", work(token[1]))...)
}

func TestAForgottenPasswordIsRenewedByMail(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	planner, stranger := s.browser(t), s.browser(t)
	planner.signIn("", plannerMail)
	known := stranger.guarded("/anmelden/vergessen", "email", plannerMail)
	unknown := stranger.guarded("/anmelden/vergessen", "email", "nobody@stadt.example")
	if known.code != 200 || sentenceOf(known.body) != sentenceOf(unknown.body) {
		t.Errorf("a known and an unknown address are answered differently: %d %d", known.code, unknown.code)
	}
	if bad := stranger.guarded("/anmelden/vergessen", "email", "kein@@adresse"); bad.code != 422 || !strings.Contains(bad.body, `value="kein@@adresse"`) {
		t.Errorf("no address: %d", bad.code)
	}
	m := s.mail(t, "account.reset")
	if len(s.post.mails) != 1 || m.Email != plannerMail {
		t.Fatalf("mails: %+v", s.post.mails)
	}
	token := tokenOf(t, m.Path)
	if a := stranger.get("/t/zinn" + m.Path); a.code != 404 {
		t.Errorf("in another town: %d", a.code)
	}
	if a := stranger.get(m.Path); a.code != 200 || a.header.Get("Cache-Control") != "no-store" {
		t.Errorf("the page: %d", a.code)
	}
	if a := stranger.post("/anmelden/neu", "schluessel", token, "password", "kurz"); a.code != 422 {
		t.Errorf("short: %d", a.code)
	}
	done := stranger.post("/anmelden/neu", "schluessel", token, "password", "ganz neues Wort")
	if done.code != 303 || !strings.HasPrefix(done.header.Get("Location"), "/anmelden?") {
		t.Fatalf("renewed: %d %s", done.code, done.header.Get("Location"))
	}
	if a := stranger.get("/arbeit"); a.code != 401 {
		t.Errorf("the link signs in: %d", a.code)
	}
	if a := planner.get("/arbeit"); a.code != 401 {
		t.Errorf("sessions of the old password go on: %d", a.code)
	}
	if a := stranger.post("/anmelden/neu", "schluessel", token, "password", "noch ein Wort"); a.code != 404 {
		t.Errorf("used twice: %d", a.code)
	}
	if a := stranger.post("/anmelden", "email", plannerMail, "password", "ganz neues Wort"); a.code != 303 {
		t.Errorf("sign-in with the new one: %d", a.code)
	}
	if told := s.mail(t, "account.changed"); told.Email != plannerMail {
		t.Errorf("nobody is told: %+v", told)
	}
}

func TestACitizenOpensAnAccountWithAPseudonym(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.browser(t)
	if a := b.get("/konto/neu"); a.code != 404 {
		t.Errorf("switched off: %d", a.code)
	}
	if a := b.post("/konto/neu", "pseudonym", "Faden"); a.code != 404 {
		t.Errorf("switched off, sent anyway: %d", a.code)
	}
	s.post.open = true
	form := func(pseudonym, email string) []string {
		return []string{"pseudonym", pseudonym, "email", email, "password", "mein eigenes Wort", "version", "de-1", "consent", "1"}
	}
	if a := b.guarded("/konto/neu", "pseudonym", "www.spam.example", "email", "x", "password", "kurz"); a.code != 422 ||
		!strings.Contains(a.body, "Adresse im Internet") || !strings.Contains(a.body, "mindestens 10") || !strings.Contains(a.body, "Einwilligung in den Text") || strings.Contains(a.body, `value="kurz"`) {
		t.Errorf("everything wrong: %d %s", a.code, a.body)
	}
	fresh := b.guarded("/konto/neu", form("Kupferfreundin", "buerger@post.example")...)
	taken := b.guarded("/konto/neu", form("Zinnfreund", plannerMail)...)
	if fresh.code != 200 || sentenceOf(fresh.body) != sentenceOf(taken.body) {
		t.Errorf("a known address is answered differently: %d, %d", fresh.code, taken.code)
	}
	m := s.mail(t, "account.register")
	if known := s.mail(t, "account.known"); known.Email != plannerMail || m.Email != "buerger@post.example" {
		t.Errorf("mails: %+v", s.post.mails)
	}
	if a := b.post("/anmelden", "email", "buerger@post.example", "password", "mein eigenes Wort"); a.code != 422 {
		t.Errorf("signs in before confirming: %d", a.code)
	}
	if a := b.get(m.Path); a.code != 200 || !strings.Contains(a.body, "Kupferfreundin") {
		t.Errorf("the page: %d", a.code)
	}
	if a := b.get("/konto"); a.code != 401 {
		t.Errorf("looking at the link confirms: %d", a.code)
	}
	if a := b.post("/konto/bestaetigen", "schluessel", tokenOf(t, m.Path)); a.code != 303 {
		t.Fatalf("confirmed: %d %s", a.code, a.body)
	}
	own := b.get("/konto")
	if own.code != 200 || !strings.Contains(own.body, "Kupferfreundin") || !strings.Contains(own.body, "Bürgerin, Bürger") {
		t.Errorf("own page: %d", own.code)
	}
	if a := b.get("/arbeit"); a.code != 403 {
		t.Errorf("a citizen at work: %d", a.code)
	}
	admin := s.browser(t)
	admin.signIn("", adminMail)
	if a := admin.get("/arbeit/benutzer"); strings.Contains(a.body, "Kupferfreundin") || !strings.Contains(a.body, "Bürgerinnen und Bürger (1)") {
		t.Error("citizens stand among the staff")
	}
	if a := admin.get("/arbeit/benutzer?art=buerger&q=kupfer"); !strings.Contains(a.body, "Kupferfreundin") {
		t.Error("the citizen is not found")
	}
	path, a := s.person(t, "buerger@post.example")
	if a.Consent != "de-1" || a.ConsentedAt.IsZero() {
		t.Errorf("agreed to %q", a.Consent)
	}
	if a := admin.post(path+"/rollen", "role", "planner"); a.code != 422 || !strings.Contains(a.body, "nur ein Pseudonym") {
		t.Errorf("a pseudonym becomes a planner: %d", a.code)
	}
	if a := admin.post(path+"/rollen", "role", "resident"); a.code != 303 {
		t.Errorf("a confirmed resident: %d", a.code)
	}
}

func TestWhatAPersonChangesAboutHerself(t *testing.T) {
	s := newSite(t)
	b := s.browser(t)
	b.signIn("", plannerMail)
	if a := b.post("/konto", "name", "Sozialplanung\u200b", "lang", "xx"); a.code != 422 || !strings.Contains(a.body, "unsichtbare Zeichen") || !strings.Contains(a.body, "Sprache schreibt") {
		t.Errorf("wrong: %d", a.code)
	}
	if a := b.post("/konto", "name", "Fachstelle  Sozialplanung", "lang", "en"); a.code != 303 {
		t.Errorf("saved: %d", a.code)
	}
	if _, a := s.person(t, plannerMail); a.Name != "Fachstelle Sozialplanung" || a.Lang != "en" {
		t.Errorf("kept as %q %q", a.Name, a.Lang)
	}
	if a := b.post("/konto/adresse", "email", "neu@stadt.example", "password", "falsch"); a.code != 422 || !strings.Contains(a.body, "stimmt nicht") {
		t.Errorf("without the password: %d", a.code)
	}
	if a := b.post("/konto/adresse", "email", adminMail, "password", password); a.code != 303 {
		t.Errorf("a taken address is told: %d", a.code)
	}
	taken := s.mail(t, "account.address")
	if a := b.post("/konto/adresse/bestaetigen", "schluessel", tokenOf(t, taken.Path)); a.code != 422 || !strings.Contains(a.body, "gibt es schon") {
		t.Errorf("two accounts with one address: %d", a.code)
	}
	if a := b.post("/konto/adresse", "email", "neu@stadt.example", "password", password); a.code != 303 {
		t.Errorf("asked: %d", a.code)
	}
	m := s.mail(t, "account.address")
	if a := b.get(taken.Path); a.code != 404 {
		t.Errorf("the older link: %d", a.code)
	}
	if a := s.browser(t).get("/t/zinn" + m.Path); a.code != 404 {
		t.Errorf("in another town: %d", a.code)
	}
	if _, a := s.person(t, plannerMail); a.ID == "" {
		t.Error("changed before it is confirmed")
	}
	if a := b.post("/konto/adresse/bestaetigen", "schluessel", tokenOf(t, m.Path)); a.code != 303 {
		t.Errorf("confirmed: %d", a.code)
	}
	if told := s.mail(t, "account.moved"); told.Email != plannerMail {
		t.Errorf("the old address is not told: %+v", told)
	}
	if a := s.browser(t).post("/anmelden", "email", "neu@stadt.example", "password", password); a.code != 303 {
		t.Errorf("signs in with the new one: %d", a.code)
	}
}

// The catalogue of bad input (design/reliability.md 3, F01 to F20 and F22) against every form of this package that keeps what is typed.
func TestBadInputIsRefusedAndNothingHalfDone(t *testing.T) {
	s := newSite(t)
	s.post.open = true
	admin, planner := s.browser(t), s.browser(t)
	admin.signIn("", adminMail)
	planner.signIn("", plannerMail)
	refused := map[string]string{
		"F07": "Anna\r\nBcc: x@evil.example", "F09": "An\u200bna", "F10": "\u0410nna", "F11": "a" + strings.Repeat("\u0301", 1000), "F14": "\xff\xfe",
		"F15": "An\x00na", "F16": strings.Repeat("x", 900_000), "F17": "\u3164\u3164", "F18": "An\ufeffna",
	}
	for code, name := range refused {
		for _, form := range []struct {
			who  *browser
			path string
			kv   []string
		}{
			{planner, "/konto", []string{"name", name, "lang", "de"}},
			{admin, "/arbeit/einladungen", []string{"email", "anna@stadt.example", "roles", "planner", "name", name}},
		} {
			if a := form.who.post(form.path, form.kv...); a.code != 422 {
				t.Errorf("%s at %s: %d", code, form.path, a.code)
			}
		}
	}
	for _, email := range []string{
		"", "anna", "a@b@c.de", `"anna muster"@stadt.de`, strings.Repeat("a", 65) + "@stadt.de", strings.Repeat("a", 250) + "@x.de", "anna@localhost",
		"anna@stadt.de\r\nBcc: x@y.de", "anna\u200b@stadt.de", "anna@st\u0430dt.de", "<script>alert(1)</script>@x.de", "anna@[127.0.0.1]", "\xff@x.de",
	} {
		if a := admin.post("/arbeit/einladungen", "email", email, "roles", "planner"); a.code != 422 {
			t.Errorf("%q: %d", email, a.code)
		}
	}
	if a := admin.post("/arbeit/einladungen", "email", "anna@stadt.example", "roles", "king", "in", "office:'; drop table account;--", "from", "gestern"); a.code != 422 {
		t.Errorf("a forged choice: %d", a.code)
	}
	if len(s.post.mails) > 0 || strings.Contains(admin.get("/arbeit/benutzer").body, "Offene Einladungen") {
		t.Error("something was done all the same")
	}
	kept := map[string]string{
		"F01": "<script>alert(1)</script>", "F02": `" onmouseover="alert(1)`, "F03": "[x](javascript:alert(1))", "F05": "'; drop table account;--",
		"F06": "{{7*7}} ${7*7} <%= 7*7 %>", "F08": "Anna\u202eammA", "F12": "Familie 👨‍👩‍👧 🇩🇪 👍🏽", "F19": "Mu\u0308ller", "F20": "İstanbul Straße",
	}
	for code, name := range kept {
		if a := planner.post("/konto", "name", name, "lang", "de"); a.code != 303 {
			t.Errorf("%s: %d", code, a.code)
			continue
		}
		page := planner.get("/konto").body
		for _, never := range []string{"<script>alert", `onmouseover="alert`, "49 49", "\u202e", "u\u0308", `href="javascript`} {
			if strings.Contains(page, never) {
				t.Errorf("%s: the page holds %q", code, never)
			}
		}
	}
	for _, email := range []string{"anna+faden@stadt.example", "anna@müller.example", "änna@stadt.example"} {
		if a := admin.post("/arbeit/einladungen", "email", email, "roles", "planner"); a.code != 303 {
			t.Errorf("%q: %d", email, a.code)
		}
	}
	list, err := s.service.List(t.Context(), access.CommandLine(s.towns["default"]))
	if err != nil || len(list) != 2 {
		t.Errorf("%d accounts, %v", len(list), err)
	}
}

// work finds the number a reader's device finds while the form is filled in.
func work(token string) string {
	for i := 0; ; i++ {
		n := strconv.Itoa(i)
		if sum := sha256.Sum256([]byte(token + ":" + n)); sum[0] == 0 && sum[1] == 0 {
			return n
		}
	}
}
