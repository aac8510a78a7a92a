// SPDX-License-Identifier: EUPL-1.2

package accountweb_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/zitadel/oidc/v3/example/server/exampleop"
	"github.com/zitadel/oidc/v3/example/server/storage"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/account"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// provider is a real OpenID provider with one person, and a hook before what its token endpoint answers.
type provider struct {
	*httptest.Server
	person *storage.User
	token  atomic.Pointer[func(answer map[string]any)]
	down   atomic.Bool
}

const providerSecret = "secret of the client"

func (p *provider) GetUserByID(id string) *storage.User {
	if id == p.person.ID {
		return p.person
	}
	return nil
}

func (p *provider) GetUserByUsername(name string) *storage.User {
	if name == p.person.Username {
		return p.person
	}
	return nil
}
func (p *provider) ExampleClientID() string { return "service" }

func newProvider(t *testing.T, redirects ...string) *provider {
	t.Helper()
	p := &provider{person: &storage.User{
		ID: "sub-4711", Username: "weber", Password: "verysecure", FirstName: "Erika", LastName: "Weber", Email: plannerMail, EmailVerified: true,
	}}
	var real http.Handler
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if p.down.Load() {
			http.Error(w, "down", http.StatusServiceUnavailable)
			return
		}
		change := p.token.Load()
		if r.URL.Path != "/oauth/token" || change == nil {
			real.ServeHTTP(w, r)
			return
		}
		rec := httptest.NewRecorder()
		real.ServeHTTP(rec, r)
		var answer map[string]any
		if err := json.Unmarshal(rec.Body.Bytes(), &answer); err == nil {
			(*change)(answer)
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(rec.Code)
		_ = json.NewEncoder(w).Encode(answer)
	}))
	t.Cleanup(p.Close)
	clients := map[string]*storage.Client{}
	for _, id := range []string{"kupferfaden", "another program"} {
		clients[id] = storage.WebClient(id, providerSecret, redirects...)
	}
	real = exampleop.SetupServer(p.URL, storage.NewStorageWithClients(p, clients), slog.New(slog.DiscardHandler), false)
	return p
}

// enter lets the town use the provider.
func (s *site) enter(t *testing.T, p *provider, town string, set account.ProviderSettings) {
	t.Helper()
	s.service.OIDC.Outside = func(ctx context.Context) context.Context { return oidc.ClientContext(ctx, p.Client()) }
	set.Button = kernel.T("Mit dem Stadtkonto anmelden", "")
	err := s.service.SaveProvider(t.Context(), s.operator(town), account.Provider{
		Enabled: true, Issuer: p.URL, ClientID: "kupferfaden", Secret: providerSecret, Settings: set,
	})
	if err != nil {
		t.Fatal(err)
	}
}

// pass lets the person sign in at the provider and gives the address to which it sends the browser back.
func (p *provider) pass(t *testing.T, address string) string {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	c := &http.Client{Jar: jar, CheckRedirect: func(r *http.Request, _ []*http.Request) error {
		if !strings.HasPrefix(r.URL.String(), p.URL) {
			return http.ErrUseLastResponse
		}
		return nil
	}}
	resp, err := c.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	page, _ := io.ReadAll(resp.Body)
	resp.Body.Close()
	id := resp.Request.URL.Query().Get("authRequestID")
	if id == "" {
		t.Fatalf("the provider asks for nobody: %s %s", resp.Request.URL, page)
	}
	resp, err = c.PostForm(p.URL+"/login/username", url.Values{"id": {id}, "username": {"weber"}, "password": {"verysecure"}})
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	return resp.Header.Get("Location")
}

// withProvider is a site whose town signs in through a provider; the redirect address is the one the pages make.
func withProvider(t *testing.T, set account.ProviderSettings) (*site, *provider) {
	t.Helper()
	s := newSite(t)
	p := newProvider(t, s.URL+"/anmelden/anbieter/zurueck", s.URL+"/t/zinn/anmelden/anbieter/zurueck")
	s.enter(t, p, "default", set)
	return s, p
}

// through signs in through the provider and gives the last answer.
func (b *browser) through(p *provider) answer {
	b.t.Helper()
	out := b.get("/anmelden/anbieter?weiter=/arbeit%3Fx%3D1")
	if out.code != 303 || !strings.HasPrefix(out.header.Get("Location"), p.URL) {
		b.t.Fatalf("to the provider: %d %s", out.code, out.body)
	}
	return b.get(strings.TrimPrefix(p.pass(b.t, out.header.Get("Location")), b.s.URL))
}

func TestSigningInThroughTheTownsProvider(t *testing.T) {
	s, p := withProvider(t, account.ProviderSettings{})
	b := s.browser(t)
	if a := b.get("/anmelden"); !strings.Contains(a.body, "Mit dem Stadtkonto anmelden") {
		t.Error("not offered")
	}
	out := b.get("/anmelden/anbieter")
	q, err := url.Parse(out.header.Get("Location"))
	if err != nil || q.Query().Get("code_challenge_method") != "S256" || q.Query().Get("nonce") == "" || q.Query().Get("state") == "" || strings.Contains(out.header.Get("Location"), "verifier") {
		t.Errorf("request: %s", out.header.Get("Location"))
	}
	if a := b.through(p); a.code != 303 || a.header.Get("Location") != "/arbeit?x=1" {
		t.Fatalf("back: %d %s", a.code, a.body)
	}
	if a := b.get("/arbeit"); a.code != 200 || !strings.Contains(a.body, "planner default") {
		t.Errorf("at work: %d", a.code)
	}
	p.person.Email = "other@elsewhere.example" // the link is by subject, whatever the address becomes
	if a := s.browser(t).through(p); a.code != 303 {
		t.Errorf("with a new address: %d", a.code)
	}
	if a := b.post("/abmelden"); a.code != 200 || !strings.Contains(a.body, p.URL+"/end_session?client_id=kupferfaden") {
		t.Errorf("signed out: %d", a.code)
	}
}

func TestTheSecondFactorIsAskedForUnlessTheProviderDoes(t *testing.T) {
	s, p := withProvider(t, account.ProviderSettings{})
	owner := s.browser(t)
	owner.signIn("", plannerMail)
	owner.setUp()
	b := s.browser(t)
	if a := b.through(p); a.code != 200 || hidden(a.body, "schritt") == "" || b.token("kf-default") != "" {
		t.Errorf("without: %d", a.code)
	}
	s.enter(t, p, "default", account.ProviderSettings{Strong: true})
	s.rules.SecondFactor = true
	if a := b.through(p); a.code != 303 || b.get("/arbeit").code != 200 {
		t.Errorf("with: %d", a.code)
	}
}

func TestWhoComesInTheFirstTime(t *testing.T) {
	for name, c := range map[string]struct {
		set    account.ProviderSettings
		person func(*storage.User)
		ok     bool
	}{
		"an account of the address":      {account.ProviderSettings{}, func(*storage.User) {}, true},
		"no account":                     {account.ProviderSettings{}, func(u *storage.User) { u.Email = "x@stadt.example" }, false},
		"an address that is not checked": {account.ProviderSettings{}, func(u *storage.User) { u.EmailVerified = false }, false},
		"trusted, as nothing is said":    {account.ProviderSettings{TrustMail: true}, func(u *storage.User) { u.EmailVerified = false }, true},
		"the right domain":               {account.ProviderSettings{Domains: []string{"stadt.example"}}, func(*storage.User) {}, true},
		"another domain":                 {account.ProviderSettings{Domains: []string{"example"}}, func(*storage.User) {}, false},
		"no address":                     {account.ProviderSettings{TrustMail: true}, func(u *storage.User) { u.Email = "" }, false},
		"a group that gives a role": {
			account.ProviderSettings{Claim: "preferred_username", Groups: []account.GroupRole{{Group: "weber", Role: access.Treasurer}}, Create: true},
			func(u *storage.User) { u.Email = "neu@stadt.example" }, true,
		},
		"a group without a role": {
			account.ProviderSettings{Claim: "preferred_username", Groups: []account.GroupRole{{Group: "x", Role: access.Treasurer}}, Create: true},
			func(u *storage.User) { u.Email = "neu@stadt.example" }, false,
		},
	} {
		s, p := withProvider(t, c.set)
		c.person(p.person)
		b := s.browser(t)
		if a := b.through(p); (a.code == 303) != c.ok || (b.token("kf-default") != "") != c.ok {
			t.Errorf("%s: %d", name, a.code)
		}
	}
}

func TestRolesFollowTheGroupsOfTheDirectory(t *testing.T) {
	group := func(g string) account.ProviderSettings {
		return account.ProviderSettings{Claim: "preferred_username", Groups: []account.GroupRole{{Group: g, Role: access.Treasurer}}}
	}
	s, p := withProvider(t, group("weber"))
	held := func() []access.Role {
		a, err := s.service.Store.ByEmail(t.Context(), s.towns["default"], plannerMail)
		if err != nil {
			t.Fatal(err)
		}
		return a.On(kernel.DayOf(s.clock()))
	}
	s.browser(t).through(p)
	if got := held(); len(got) != 2 {
		t.Errorf("member of the group: %v", got)
	}
	s.enter(t, p, "default", group("others"))
	s.browser(t).through(p)
	if got := held(); len(got) != 1 || got[0] != access.Planner {
		t.Errorf("not any more: %v", got)
	}
	s.enter(t, p, "default", account.ProviderSettings{Claim: "preferred_username", Groups: []account.GroupRole{{Group: "weber", Role: access.StatisticsOfficer}}})
	if a := s.browser(t).through(p); a.code != 422 || len(held()) != 1 {
		t.Errorf("roles that clash: %d %v", a.code, held())
	}
}

func TestAnswersOfTheProviderCountOnceAndInTheirBrowser(t *testing.T) {
	s, p := withProvider(t, account.ProviderSettings{})
	s.enter(t, p, "zinn", account.ProviderSettings{})
	b := s.browser(t)
	back := func(b *browser, town string) string {
		out := b.get(town + "/anmelden/anbieter")
		return strings.TrimPrefix(p.pass(t, out.header.Get("Location")), s.URL)
	}
	refused := func(name string, b *browser, path string) {
		t.Helper()
		if a := b.get(path); a.code != 422 || b.token("kf-default") != "" || b.token("kf-zinn") != "" {
			t.Errorf("%s: %d", name, a.code)
		}
	}
	address := back(b, "")
	refused("another browser", s.browser(t), address)
	if a := b.get(address); a.code != 303 {
		t.Fatalf("the right one: %d %s", a.code, a.body)
	}
	b.post("/abmelden")
	refused("again", b, address)
	refused("without anything", b, "/anmelden/anbieter/zurueck")
	address = back(b, "")
	refused("in another town", b, "/t/zinn"+address)
	wrong := s.browser(t)
	address = back(wrong, "")
	refused("another state", wrong, strings.Replace(address, "state=", "state=x", 1))
	refused("the right state after a wrong one", wrong, address)
	late := s.browser(t)
	address = back(late, "")
	s.late += 11 * time.Minute
	refused("eleven minutes later", late, address)
	disabled := s.browser(t)
	address = back(disabled, "")
	if err := s.service.Disable(t.Context(), s.operator("default"), s.id(t, plannerMail), true); err != nil {
		t.Fatal(err)
	}
	refused("disabled meanwhile", disabled, address)
}

// tokenOf gets a real ID token of the provider for another of its clients.
func (p *provider) tokenOf(t *testing.T, s *site, client string) string {
	t.Helper()
	address := p.pass(t, p.URL+"/auth?"+url.Values{
		"client_id": {client}, "redirect_uri": {s.URL + "/anmelden/anbieter/zurueck"}, "response_type": {"code"}, "scope": {"openid email"}, "state": {"s"}, "nonce": {"n"},
	}.Encode())
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequest("POST", p.URL+"/oauth/token", strings.NewReader(url.Values{
		"grant_type": {"authorization_code"}, "code": {u.Query().Get("code")}, "redirect_uri": {s.URL + "/anmelden/anbieter/zurueck"},
	}.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.SetBasicAuth(url.QueryEscape(client), url.QueryEscape(providerSecret))
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var answer struct {
		IDToken string `json:"id_token"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil || answer.IDToken == "" {
		t.Fatalf("%d %v", resp.StatusCode, err)
	}
	return answer.IDToken
}

func TestTokensThatDoNotFitAreRefused(t *testing.T) {
	s, p := withProvider(t, account.ProviderSettings{})
	// finish signs in as far as the provider's answer and gives why it was refused.
	finish := func(change func(map[string]any)) string {
		t.Helper()
		p.token.Store(nil)
		address, token, err := s.service.BeginProvider(t.Context(), s.towns["default"], s.URL+"/anmelden/anbieter/zurueck", "/")
		if err != nil {
			t.Fatal(err)
		}
		back, err := url.Parse(p.pass(t, address))
		if err != nil {
			t.Fatal(err)
		}
		if change != nil {
			p.token.Store(&change)
		}
		_, err = s.service.FinishProvider(t.Context(), s.towns["default"], access.Anonymous(s.towns["default"]), account.ProviderAnswer{
			Token: token, State: back.Query().Get("state"), Code: back.Query().Get("code"),
		})
		p.token.Store(nil)
		var e *kernel.Error
		if !errors.As(err, &e) {
			return ""
		}
		if e.Err == nil {
			return e.Key
		}
		return e.Key + ": " + e.Err.Error()
	}
	if got := finish(nil); got != "" {
		t.Fatalf("as it is: %s", got)
	}
	foreign, same := p.tokenOf(t, s, "another program"), p.tokenOf(t, s, "kupferfaden")
	for name, c := range map[string]struct {
		change func(map[string]any)
		want   string
	}{
		"audience":  {func(a map[string]any) { a["id_token"] = foreign }, "audience"},
		"nonce":     {func(a map[string]any) { a["id_token"] = same }, "nonce"},
		"expired":   {func(map[string]any) { s.late = 3 * time.Hour }, "expired"},
		"signature": {func(a map[string]any) { a["id_token"] = forged(a["id_token"].(string)) }, "signature"},
		"none":      {func(a map[string]any) { a["id_token"] = unsigned(a["id_token"].(string)) }, ""},
		"missing":   {func(a map[string]any) { delete(a, "id_token") }, ""},
	} {
		got := finish(c.change)
		s.late = 0
		if !strings.HasPrefix(got, "signin.provider.token: ") || !strings.Contains(got, c.want) {
			t.Errorf("%s: %q", name, got)
		}
	}
}

// forged changes the subject inside a token and keeps its signature.
func forged(token string) string {
	parts := strings.Split(token, ".")
	body, _ := b64.DecodeString(parts[1])
	parts[1] = b64.EncodeToString(bytes.Replace(body, []byte("sub-4711"), []byte("sub-0815"), 1))
	return strings.Join(parts, ".")
}

// unsigned is a token that says it needs no signature.
func unsigned(token string) string {
	return b64.EncodeToString([]byte(`{"alg":"none","typ":"JWT"}`)) + "." + strings.Split(token, ".")[1] + "."
}

func TestAProviderThatIsDownLeavesTheOtherWays(t *testing.T) {
	s, p := withProvider(t, account.ProviderSettings{})
	p.down.Store(true)
	b := s.browser(t)
	if a := b.get("/anmelden/anbieter?weiter=/arbeit"); a.code != 422 || !strings.Contains(a.body, "antwortet nicht") || !strings.Contains(a.body, `name="password"`) {
		t.Errorf("down: %d", a.code)
	}
	b.signIn("", plannerMail)
}

func TestTheSettingsOfTheProvider(t *testing.T) {
	s, p := withProvider(t, account.ProviderSettings{})
	b, planner := s.browser(t), s.browser(t)
	b.signIn("", adminMail)
	planner.signIn("", plannerMail)
	const path = "/arbeit/stadt/anmeldung"
	for _, sub := range []string{"", "/probe"} {
		if a := planner.get(path + sub); a.code != 403 {
			t.Errorf("%s as planner: %d", sub, a.code)
		}
	}
	page := b.get(path)
	if page.code != 200 || strings.Contains(page.body, providerSecret) || !strings.Contains(page.body, s.URL+"/anmelden/anbieter/zurueck") {
		t.Errorf("page: %d", page.code)
	}
	full := func(kv ...string) []string {
		return append([]string{"enabled", "1", "issuer", p.URL, "client", "kupferfaden"}, kv...)
	}
	if a := b.post(path, full("domains", "Stadt.example\nkreis.example")...); a.code != 303 {
		t.Fatalf("saved without typing the secret again: %d %s", a.code, a.body)
	}
	if a := s.browser(t).through(p); a.code != 303 {
		t.Errorf("the secret is lost: %d", a.code)
	}
	if a := b.post(path, full("issuer", "")...); a.code != 303 && a.code != 422 {
		t.Errorf("%d", a.code)
	}
	for name, kv := range map[string][]string{
		"no address":      {"issuer", "sso", "client", "x", "secret", "y"},
		"another issuer":  {"issuer", "https://evil.example", "client", "kupferfaden"},
		"a wrong role":    full("claim", "groups", "groups", "a = admin"),
		"no role":         full("claim", "groups", "groups", "a"),
		"no claim":        full("groups", "a = planner"),
		"a wrong domain":  full("domains", "stadt example!"),
		"no client at it": {"issuer", p.URL, "secret", "y"},
	} {
		if a := b.post(path, kv...); a.code != 422 || !strings.Contains(a.body, "kern-error") {
			t.Errorf("%s: %d", name, a.code)
		}
	}
	if a := b.post(path + "/pruefen"); a.code != 200 || !strings.Contains(a.body, p.URL+"/auth") {
		t.Errorf("check: %d", a.code)
	}
	out := b.get(path + "/probe")
	address := strings.TrimPrefix(p.pass(t, out.header.Get("Location")), s.URL)
	if a := planner.get(address); a.code != 422 {
		t.Errorf("somebody else looks at the trial: %d", a.code)
	}
	out = b.get(path + "/probe")
	address = strings.TrimPrefix(p.pass(t, out.header.Get("Location")), s.URL)
	before := b.token("kf-default")
	if a := b.get(address); a.code != 200 || !strings.Contains(a.body, "sub-4711") || !strings.Contains(a.body, plannerMail) || b.token("kf-default") != before {
		t.Errorf("trial: %d", a.code)
	}
}
