// SPDX-License-Identifier: EUPL-1.2

package accountweb_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/alexedwards/scs/v2"
	"golang.org/x/net/html"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/account"
	"github.com/kupferfaden/kupferfaden/internal/account/accountdb"
	"github.com/kupferfaden/kupferfaden/internal/account/accountweb"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/platform/db"
	"github.com/kupferfaden/kupferfaden/internal/platform/db/dbtest"
	"github.com/kupferfaden/kupferfaden/internal/platform/secret"
	"github.com/kupferfaden/kupferfaden/internal/tenant"
	"github.com/kupferfaden/kupferfaden/internal/tenant/tenantdb"
	"github.com/kupferfaden/kupferfaden/internal/tenant/tenantweb"
	"github.com/kupferfaden/kupferfaden/internal/web"
)

const (
	adminMail   = "admin@stadt.example"
	plannerMail = "plan@stadt.example"
	password    = "kupfer und faden"
)

type site struct {
	*httptest.Server
	late    time.Duration // how far the clock of the program is ahead
	rules   account.Rules
	told    []account.Notice
	db      *db.DB
	mux     *web.Mux
	service *account.Service
	towns   map[string]kernel.ID
	post    *mailbox
}

// mailbox keeps mails, and the links that wait for their job.
type mailbox struct {
	off     bool
	mails   []account.Mail
	waiting [][2]kernel.ID
	open    bool // citizens may register
}

func (m *mailbox) Mails() bool { return !m.off }

func (m *mailbox) Mail(_ context.Context, _ kernel.ID, x account.Mail) error {
	m.mails = append(m.mails, x)
	return nil
}

func (m *mailbox) Registration(context.Context, kernel.ID) (bool, error) { return m.open, nil }

func (m *mailbox) Consent(context.Context, kernel.ID, string) (version, text string, err error) {
	return "de-1", "Erster Absatz.\n\nZweiter Absatz.", nil
}

func (m *mailbox) Names(context.Context, kernel.ID) ([]string, error) { return nil, nil }

// mail does the jobs that wait and gives the last mail of a kind.
func (s *site) mail(t *testing.T, kind string) account.Mail {
	t.Helper()
	for _, w := range s.post.waiting {
		if err := s.service.SendLink(t.Context(), w[0], w[1]); err != nil {
			t.Fatal(err)
		}
	}
	s.post.waiting = nil
	for _, m := range slices.Backward(s.post.mails) {
		if m.Kind == kind {
			return m
		}
	}
	return account.Mail{}
}

func (s *site) clock() time.Time { return time.Now().Add(s.late) }

func newSite(t *testing.T) *site {
	t.Helper()
	s := &site{db: dbtest.SQLite(t), towns: map[string]kernel.ID{}}
	towns := &tenant.Service{Store: &tenantdb.Store{DB: s.db}}
	store := &accountdb.Store{DB: s.db}
	s.service = &account.Service{Store: store, DB: store, Hasher: &account.Hasher{Cost: func() account.Cost { return account.Cost{Memory: 64, Passes: 1, Threads: 1} }}}
	s.post = &mailbox{}
	s.service.Links, s.service.Mailer, s.service.Town = store, s.post, s.post
	s.service.Later = func(_ context.Context, tenant, id kernel.ID) error {
		s.post.waiting = append(s.post.waiting, [2]kernel.ID{tenant, id})
		return nil
	}
	box, err := secret.Open(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	s.service.Rules = func(context.Context, kernel.ID) (account.Rules, error) { return s.rules, nil }
	s.service.Notify = func(_ context.Context, _ kernel.ID, n account.Notice) error {
		s.told = append(s.told, n)
		return nil
	}
	s.service.Guesses, s.service.Keys, s.service.Secret, s.service.Now = store, store, box, s.clock
	for _, key := range []string{"default", "zinn"} {
		made, err := towns.Create(t.Context(), access.Actor{Roles: []access.Role{access.Operator}}, tenant.Tenant{Key: key, Name: kernel.T("Stadt "+key, "")})
		if err != nil {
			t.Fatal(err)
		}
		s.towns[key] = made.ID
		for mail, role := range map[string]access.Role{adminMail: access.Admin, plannerMail: access.Planner} {
			if _, _, err := s.service.Add(t.Context(), access.CommandLine(made.ID), account.New{Email: mail, Name: string(role) + " " + key, Roles: []access.Role{role}, Password: password}); err != nil {
				t.Fatal(err)
			}
		}
	}
	sessions := accountweb.NewSessions(s.service, func(id kernel.ID) scs.Store {
		return &accountdb.Sessions{DB: s.db, Tenant: id, Limits: s.service.SessionLimits, Now: s.clock}
	}, false)
	s.mux = web.New(web.Options{Tenants: tenantweb.Tenants{Service: towns}, Sessions: sessions, SignIn: sessions.SignInForm, Log: slog.New(slog.DiscardHandler)})
	accountweb.Register(s.mux, s.service, sessions, accountweb.Options{})
	s.mux.Handle("GET /{$}", access.ReadPublic, text("Start"))
	s.mux.Handle("GET /arbeit", access.Work, text("Arbeitsplatz"))
	s.Server = httptest.NewServer(s.mux)
	t.Cleanup(s.Close)
	return s
}

func (s *site) operator(town string) access.Actor { return access.CommandLine(s.towns[town]) }

func text(title string) web.Handler {
	return func(w http.ResponseWriter, r *web.Request) error {
		return r.Render(w, web.Page{Title: title}, web.Badge(web.Neutral, title))
	}
}

// browser is one reader with cookies of his own who does not follow redirects by himself.
type browser struct {
	base, agent string
	t           *testing.T
	s           *site
	c           *http.Client
}

func (s *site) browser(t *testing.T) *browser {
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &browser{s.URL, "", t, s, &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

type answer struct {
	code   int
	body   string
	header http.Header
}

func (b *browser) do(method, path string, form url.Values) answer {
	b.t.Helper()
	req, err := http.NewRequest(method, b.base+path, strings.NewReader(form.Encode()))
	if err != nil {
		b.t.Fatal(err)
	}
	if method == "POST" {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	req.Header.Set("User-Agent", b.agent)
	resp, err := b.c.Do(req)
	if err != nil {
		b.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return answer{resp.StatusCode, string(body), resp.Header}
}

func (b *browser) get(path string) answer { b.t.Helper(); return b.do("GET", path, nil) }
func (b *browser) post(path string, kv ...string) answer {
	b.t.Helper()
	form := url.Values{}
	for i := 0; i+1 < len(kv); i += 2 {
		form.Add(kv[i], kv[i+1])
	}
	return b.do("POST", path, form)
}

func (b *browser) token(name string) string {
	u, _ := url.Parse(b.base)
	for _, c := range b.c.Jar.Cookies(u) {
		if c.Name == name {
			return c.Value
		}
	}
	return ""
}

func (b *browser) signIn(prefix, mail string) {
	b.t.Helper()
	if a := b.post(prefix+"/anmelden", "email", mail, "password", password); a.code != 303 {
		b.t.Fatalf("sign-in of %s: %d", mail, a.code)
	}
}

func (s *site) sessions(t *testing.T) (n int) {
	t.Helper()
	for _, id := range s.towns {
		row := s.db.Conn(t.Context()).QueryRowContext(t.Context(), `select count(*) from session where tenant_id = $1`, id)
		k, err := db.Value[int](row, "none")
		if err != nil {
			t.Fatal(err)
		}
		n += k
	}
	return n
}

// setCookie gives the cookie of an answer that begins so.
func setCookie(h http.Header, prefix string) string {
	for _, c := range h.Values("Set-Cookie") {
		if strings.HasPrefix(c, prefix) {
			return c
		}
	}
	return ""
}

func TestSigningInAndOut(t *testing.T) {
	s := newSite(t)
	b := s.browser(t)
	if a := b.get("/arbeit"); a.code != 401 || !strings.Contains(a.body, `name="weiter" value="/arbeit"`) || a.header.Get("Set-Cookie") != "" {
		t.Fatalf("anonymous: %d %v", a.code, a.header)
	}
	wrong := b.post("/anmelden", "email", adminMail, "password", "wrong password", "weiter", "/arbeit")
	if wrong.code != 422 || !strings.Contains(wrong.body, adminMail) || strings.Contains(wrong.body, "wrong password") || wrong.header.Get("Set-Cookie") != "" {
		t.Errorf("wrong password: %d %v", wrong.code, wrong.header)
	}
	unknown := b.post("/anmelden", "email", "x"+adminMail, "password", "wrong password", "weiter", "/arbeit")
	strip := func(s string) string { return strings.ReplaceAll(s, "x"+adminMail, adminMail) }
	if strip(unknown.body) != wrong.body {
		t.Error("an unknown address is answered differently")
	}
	if n := s.sessions(t); n != 0 {
		t.Errorf("%d sessions before anybody signed in", n)
	}
	in := b.post("/anmelden", "email", adminMail, "password", password, "weiter", "/arbeit?x=1")
	cookie := setCookie(in.header, "kf-default=")
	if in.code != 303 || in.header.Get("Location") != "/arbeit?x=1" {
		t.Errorf("signed in: %d %s", in.code, in.header.Get("Location"))
	}
	for _, want := range []string{"kf-default=", "HttpOnly", "SameSite=Lax", "Path=/"} {
		if !strings.Contains(cookie, want) {
			t.Errorf("cookie %q lacks %s", cookie, want)
		}
	}
	if strings.Contains(cookie, "Expires") || strings.Contains(cookie, "Domain") {
		t.Errorf("cookie %q outlives the browser or the host", cookie)
	}
	if a := b.get("/arbeit"); a.code != 200 || !strings.Contains(a.body, "admin default") || strings.Join(a.header.Values("Cache-Control"), "|") != "no-store" {
		t.Errorf("at work: %d %v", a.code, a.header)
	}
	if a := b.get("/anmelden?weiter=//evil.example"); a.code != 303 || a.header.Get("Location") != "/arbeit" {
		t.Errorf("already signed in: %d %s", a.code, a.header.Get("Location"))
	}
	token := b.token("kf-default")
	out := b.post("/abmelden")
	if out.code != 303 || !strings.HasPrefix(out.header.Get("Location"), "/?meldung=") || b.token("kf-default") != "" || s.sessions(t) != 0 {
		t.Errorf("signed out: %d %v, %d sessions", out.code, out.header, s.sessions(t))
	}
	u, _ := url.Parse(s.URL)
	b.c.Jar.SetCookies(u, []*http.Cookie{{Name: "kf-default", Value: token}})
	if a := b.get("/arbeit"); a.code != 401 {
		t.Errorf("the old token: %d", a.code)
	}
}

func TestATokenFromBeforeIsWorthNothing(t *testing.T) {
	s := newSite(t)
	b := s.browser(t)
	u, _ := url.Parse(s.URL)
	planted := strings.Repeat("A", 43)
	b.c.Jar.SetCookies(u, []*http.Cookie{{Name: "kf-default", Value: planted}})
	b.get("/")
	b.signIn("", adminMail)
	if got := b.token("kf-default"); got == planted || got == "" {
		t.Error("the session goes on under a token somebody else chose")
	}
	victim := b.token("kf-default")
	b.signIn("", adminMail)
	if b.token("kf-default") == victim {
		t.Error("signing in again keeps the token")
	}
	b.c.Jar.SetCookies(u, []*http.Cookie{{Name: "kf-default", Value: victim}})
	if a := b.get("/arbeit"); a.code != 401 {
		t.Errorf("the token from before: %d", a.code)
	}
}

func TestASessionBelongsToItsTown(t *testing.T) {
	s := newSite(t)
	b := s.browser(t)
	b.signIn("/t/zinn", adminMail)
	if a := b.get("/t/zinn/arbeit/benutzer"); a.code != 200 || !strings.Contains(a.body, "admin zinn") {
		t.Fatalf("own town: %d", a.code)
	}
	if a := b.get("/arbeit/benutzer"); a.code != 401 {
		t.Errorf("other town: %d", a.code)
	}
	u, _ := url.Parse(s.URL)
	b.c.Jar.SetCookies(u, []*http.Cookie{{Name: "kf-default", Value: b.token("kf-zinn")}})
	if a := b.get("/arbeit/benutzer"); a.code != 401 {
		t.Errorf("the token under the other town's name: %d", a.code)
	}
}

func TestAccountsOfAnotherTownDoNotExist(t *testing.T) {
	s := newSite(t)
	list, err := s.service.List(t.Context(), access.CommandLine(s.towns["default"]))
	if err != nil {
		t.Fatal(err)
	}
	b := s.browser(t)
	b.signIn("/t/zinn", adminMail)
	for _, a := range list {
		for _, route := range s.mux.Routes() {
			if !strings.Contains(route.Path, "/benutzer/{id}") {
				continue
			}
			ask := func(id, grant kernel.ID) answer {
				path := strings.NewReplacer("{id}", string(id), "{grant}", string(grant)).Replace(route.Path)
				return b.do(route.Method, "/t/zinn"+path, url.Values{"role": {"admin"}})
			}
			got, missing := ask(a.ID, a.Roles[0].ID), ask(kernel.NewID(), kernel.NewID())
			if got.code != 404 || stripID(got.body) != stripID(missing.body) {
				t.Errorf("%s with another town's id: %d", route.Pattern, got.code)
			}
		}
	}
	after, err := s.service.List(t.Context(), access.CommandLine(s.towns["default"]))
	if err != nil || len(after) != len(list) || after[0].Hash != list[0].Hash || after[0].Disabled() || len(after[0].Roles) != len(list[0].Roles) {
		t.Errorf("changed from another town: %+v %v", after, err)
	}
}

// stripID takes out what names the page itself: the link to it in another language.
func stripID(s string) string {
	return regexp.MustCompile(`/arbeit/[a-z]+/[0-9a-f-]+(/[a-z]+(/[0-9a-f-]+)?)?`).ReplaceAllString(s, "/x")
}

func TestPlannersDoNotManageUsers(t *testing.T) {
	s := newSite(t)
	b := s.browser(t)
	b.signIn("", plannerMail)
	for _, route := range s.mux.Routes() {
		if route.Action != access.ManageUsers {
			continue
		}
		if a := b.do(route.Method, strings.Replace(route.Path, "{id}", "x", 1), nil); a.code != 403 {
			t.Errorf("%s as planner: %d", route.Pattern, a.code)
		}
	}
}

// id gives the address of a person's page.
func (s *site) person(t *testing.T, mail string) (path string, a account.Account) {
	t.Helper()
	list, err := s.service.List(t.Context(), access.CommandLine(s.towns["default"]))
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range list {
		if a.Email == mail {
			return "/arbeit/benutzer/" + string(a.ID), a
		}
	}
	t.Fatalf("no account %s", mail)
	return "", a
}

func TestANewColleagueGetsInWithAOneTimePassword(t *testing.T) {
	s := newSite(t)
	anna := s.browser(t)
	_, oneTime, err := s.service.Add(t.Context(), access.CommandLine(s.towns["default"]), account.New{Email: "anna@stadt.example", Name: "Anna", Roles: []access.Role{access.Planner}})
	if err != nil {
		t.Fatal(err)
	}
	in := anna.post("/anmelden", "email", "anna@stadt.example", "password", oneTime, "weiter", "/arbeit")
	if in.header.Get("Location") != "/konto" {
		t.Errorf("goes to %s", in.header.Get("Location"))
	}
	if a := anna.get("/arbeit"); a.code != 303 || a.header.Get("Location") != "/konto" {
		t.Errorf("at work before choosing a password: %d", a.code)
	}
	if a := anna.get("/konto"); a.code != 303 || a.header.Get("Location") != "/konto/passwort" {
		t.Errorf("own page: %d", a.code)
	}
	if a := anna.get("/konto/passwort"); a.code != 200 || !strings.Contains(a.body, "Einmalpasswort") {
		t.Errorf("own page: %d", a.code)
	}
	if a := anna.post("/konto/passwort", "old", oneTime, "password", "kurz"); a.code != 422 || !strings.Contains(a.body, "mindestens 10 Zeichen") {
		t.Errorf("short: %d", a.code)
	}
	before := anna.token("kf-default")
	if a := anna.post("/konto/passwort", "old", oneTime, "password", "mein eigenes Wort"); a.code != 303 {
		t.Errorf("changed: %d", a.code)
	}
	if anna.token("kf-default") == before {
		t.Error("the token outlives the password")
	}
	if a := anna.get("/arbeit"); a.code != 200 {
		t.Errorf("at work: %d", a.code)
	}
	if a := anna.get("/arbeit/konto"); a.code != 303 || a.header.Get("Location") != "/konto" {
		t.Errorf("the old address: %d %s", a.code, a.header.Get("Location"))
	}
}

func TestWhatTheAdministrationTakesIsGoneAtOnce(t *testing.T) {
	s := newSite(t)
	admin, planner := s.browser(t), s.browser(t)
	admin.signIn("", adminMail)
	planner.signIn("", plannerMail)
	path, a := s.person(t, plannerMail)
	end := path + "/rollen/" + string(a.Roles[0].ID)
	if a := admin.get(end); a.code != 200 || !strings.Contains(a.body, "Letzter Tag") {
		t.Errorf("question: %d", a.code)
	}
	if a := admin.post(end); a.code != 303 || planner.get("/arbeit").code != 403 {
		t.Errorf("without roles: %d, %d", a.code, planner.get("/arbeit").code)
	}
	if a := admin.post(end); a.code != 422 || !strings.Contains(a.body, "schon beendet") {
		t.Errorf("ended twice: %d", a.code)
	}
	if a := admin.post(path+"/rollen", "role", "planner", "reason", "wieder da"); a.code != 303 || planner.get("/arbeit").code != 200 {
		t.Errorf("with the role again: %d", a.code)
	}
	if a := admin.post(path+"/rollen", "role", "statistics_officer", "reason", "auch das"); a.code != 422 ||
		!strings.Contains(a.body, "Statistikstelle und Sozialplanung darf niemand zugleich sein") || !strings.Contains(a.body, `value="auch das"`) {
		t.Errorf("a clash: %d", a.code)
	}
	if a := admin.post(path + "/sperren"); a.code != 303 || planner.get("/arbeit").code != 401 {
		t.Errorf("disabled: %d", a.code)
	}
	if a := planner.post("/anmelden", "email", plannerMail, "password", password); a.code != 422 {
		t.Errorf("disabled signs in: %d", a.code)
	}
	if a := admin.post(path + "/freigeben"); a.code != 303 {
		t.Errorf("enabled: %d", a.code)
	}
	planner.signIn("", plannerMail)
	if a := admin.get(path + "/passwort"); a.code != 200 || !strings.Contains(a.body, `method="post"`) {
		t.Errorf("question: %d", a.code)
	}
	if a := admin.post(path + "/passwort"); a.code != 303 || planner.get("/arbeit").code != 200 || s.mail(t, "account.reset").Email != plannerMail {
		t.Errorf("reset: %d", a.code)
	}
	me, root := s.person(t, adminMail)
	if a := admin.post(me + "/sperren"); a.code != 409 {
		t.Errorf("disables himself: %d", a.code)
	}
	if a := admin.post(me+"/rollen", "role", "planner"); a.code != 422 || !strings.Contains(a.body, "Sich selbst") {
		t.Errorf("gives himself a role: %d", a.code)
	}
	if a := admin.post(me + "/rollen/" + string(root.Roles[0].ID)); a.code != 422 || !strings.Contains(a.body, "niemanden mehr") {
		t.Errorf("takes the last administration: %d", a.code)
	}
}

func TestPagesOfAccountsAreWellFormed(t *testing.T) {
	s := newSite(t)
	b := s.browser(t)
	b.signIn("", adminMail)
	list, err := s.service.List(t.Context(), access.CommandLine(s.towns["default"]))
	if err != nil {
		t.Fatal(err)
	}
	one := "/arbeit/benutzer/" + string(list[0].ID)
	for _, path := range []string{"/konto", "/konto/passwort", "/konto/adresse", "/arbeit/einladungen", "/anmelden/vergessen", "/arbeit/benutzer", one, one + "/passwort", one + "/rollen/" + string(list[0].Roles[0].ID), "/en/arbeit/benutzer", "/en" + one} {
		a := b.get(path)
		if a.code != 200 {
			t.Errorf("%s: %d", path, a.code)
			continue
		}
		doc, err := html.Parse(strings.NewReader(a.body))
		if err != nil {
			t.Fatal(err)
		}
		seen, h1 := map[string]bool{}, 0
		for n := range doc.Descendants() {
			if n.Data == "h1" {
				h1++
			}
			for _, at := range n.Attr {
				if at.Key == "id" && seen[at.Val] {
					t.Errorf("%s: id %s twice", path, at.Val)
				}
				if at.Key == "id" {
					seen[at.Val] = true
				}
			}
		}
		if h1 != 1 {
			t.Errorf("%s: %d main headings", path, h1)
		}
		if m := regexp.MustCompile(`>((?:account|web|notice)\.[a-z.]+)<`).FindStringSubmatch(a.body); m != nil {
			t.Errorf("%s: shows the key %s", path, m[1])
		}
	}
}

func TestBehindTLSTheCookieIsBoundToTheHost(t *testing.T) {
	if n := accountweb.CookieName("zinn", true); n != "__Host-kf-zinn" {
		t.Errorf("%s", n)
	}
	s := newSite(t)
	sessions := accountweb.NewSessions(s.service, func(id kernel.ID) scs.Store {
		return &accountdb.Sessions{DB: s.db, Tenant: id, Limits: s.service.SessionLimits, Now: s.clock}
	}, true)
	m := web.New(web.Options{Tenants: tenantweb.Tenants{Service: &tenant.Service{Store: &tenantdb.Store{DB: s.db}}}, Sessions: sessions, TLS: true, Log: slog.New(slog.DiscardHandler)})
	accountweb.Register(m, s.service, sessions, accountweb.Options{})
	r := httptest.NewRequest("POST", "/anmelden", strings.NewReader(url.Values{"email": {adminMail}, "password": {password}}.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	m.ServeHTTP(w, r)
	if c := setCookie(w.Header(), "__Host-kf-default="); c == "" || !strings.Contains(c, "Secure") {
		t.Errorf("cookie %q", c)
	}
}

func TestGuessingOnThePageIsSlowedDown(t *testing.T) {
	s := newSite(t)
	b := s.browser(t)
	start := time.Now()
	var last answer
	for range 7 {
		last = b.post("/anmelden", "email", adminMail, "password", "wrong password")
	}
	if last.code != 429 || last.header.Get("Retry-After") == "" || !strings.Contains(last.body, "Zu viele Fehlversuche") {
		t.Errorf("seven guesses in %v without a wait", time.Since(start))
	}
}
