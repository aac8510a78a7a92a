// SPDX-License-Identifier: EUPL-1.2

package accountweb_test

import (
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"github.com/kupferfaden/kupferfaden/internal/account"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// hidden gives the value of a hidden field of a page.
func hidden(body, name string) string {
	m := regexp.MustCompile(`name="` + name + `" value="([^"]*)"`).FindStringSubmatch(body)
	if m == nil {
		return ""
	}
	return html.UnescapeString(m[1])
}

var seedOnPage = regexp.MustCompile(`<code>([A-Z2-7]{4}(?: [A-Z2-7]{4})+)</code>`)

// setUp gives the signed-in reader an app and returns its seed.
func (b *browser) setUp() string {
	b.t.Helper()
	if a := b.post("/konto/anmeldung/app"); a.code != 303 || a.header.Get("Location") != "/konto/anmeldung/app" {
		b.t.Fatalf("begin: %d %s", a.code, a.header.Get("Location"))
	}
	page := b.get("/konto/anmeldung/app")
	m := seedOnPage.FindStringSubmatch(page.body)
	if page.code != 200 || m == nil || !strings.Contains(page.body, "<svg role=\"img\"") {
		b.t.Fatalf("page with the seed: %d", page.code)
	}
	seed := strings.ReplaceAll(m[1], " ", "")
	if a := b.post("/konto/anmeldung/app/bestaetigen", "code", "000000"); a.code != 422 {
		b.t.Errorf("wrong first code: %d", a.code)
	}
	before := b.token("kf-default")
	if a := b.post("/konto/anmeldung/app/bestaetigen", "code", b.code(seed, 0)); a.code != 303 || !strings.HasPrefix(a.header.Get("Location"), "/konto/anmeldung/codes") {
		b.t.Fatalf("confirm: %d %s", a.code, a.header.Get("Location"))
	}
	if b.token("kf-default") == before {
		b.t.Error("the token is the same with and without second factor")
	}
	return seed
}

// code is what the app shows, some steps away from now.
func (b *browser) code(seed string, steps int) string {
	b.t.Helper()
	c, err := totp.GenerateCode(seed, b.s.clock().Add(time.Duration(steps)*30*time.Second))
	if err != nil {
		b.t.Fatal(err)
	}
	return c
}

// password signs in as far as the second step and gives its token.
func (b *browser) password(mail string, more ...string) (answer, string) {
	b.t.Helper()
	a := b.post("/anmelden", append([]string{"email", mail, "password", password}, more...)...)
	return a, hidden(a.body, "schritt")
}

func TestASecondFactorIsAskedForAfterThePassword(t *testing.T) {
	s := newSite(t)
	owner := s.browser(t)
	owner.signIn("", plannerMail)
	seed := owner.setUp()

	b := s.browser(t)
	a, step := b.password(plannerMail, "weiter", "/arbeit?x=1")
	if a.code != 200 || step == "" || b.token("kf-default") != "" {
		t.Fatalf("after the password: %d, step %q, session %q", a.code, step, b.token("kf-default"))
	}
	if got := b.get("/arbeit"); got.code != 401 {
		t.Errorf("half signed in at work: %d", got.code)
	}
	if got := b.post("/anmelden/zweiter-schritt", "schritt", step, "code", "123456", "weiter", "/arbeit?x=1"); got.code != 422 || hidden(got.body, "schritt") != step {
		t.Errorf("wrong code: %d", got.code)
	}
	s.late += time.Minute // the code of the set-up is used up
	right := b.code(seed, 0)
	got := b.post("/anmelden/zweiter-schritt", "schritt", step, "code", right[:3]+" "+right[3:], "weiter", "/arbeit?x=1")
	if got.code != 303 || got.header.Get("Location") != "/arbeit?x=1" || b.get("/arbeit").code != 200 {
		t.Fatalf("right code: %d %s", got.code, got.header.Get("Location"))
	}

	other := s.browser(t)
	if got := other.post("/anmelden/zweiter-schritt", "schritt", step, "code", b.code(seed, 1)); got.code != 422 || other.token("kf-default") != "" {
		t.Errorf("a step that is finished: %d", got.code)
	}
	_, step = other.password(plannerMail)
	if got := other.post("/anmelden/zweiter-schritt", "schritt", step, "code", right); got.code != 422 {
		t.Errorf("a code that was used: %d", got.code)
	}
	if got := other.post("/t/zinn/anmelden/zweiter-schritt", "schritt", step, "code", other.code(seed, 1)); got.code != 422 || other.token("kf-zinn") != "" {
		t.Errorf("the step in another town: %d", got.code)
	}
	s.late += 11 * time.Minute
	if got := other.post("/anmelden/zweiter-schritt", "schritt", step, "code", other.code(seed, 0)); got.code != 422 || other.token("kf-default") != "" {
		t.Errorf("eleven minutes later: %d", got.code)
	}
}

func TestCodesOfNeighbouringStepsCountAndOlderOnesDoNot(t *testing.T) {
	s := newSite(t)
	owner := s.browser(t)
	owner.signIn("", plannerMail)
	seed := owner.setUp()
	for _, c := range []struct {
		steps int
		ok    bool
	}{{-2, false}, {2, false}, {-1, true}, {1, true}} {
		s.late += 5 * time.Minute
		b := s.browser(t)
		_, step := b.password(plannerMail)
		if got := b.post("/anmelden/zweiter-schritt", "schritt", step, "code", b.code(seed, c.steps)); (got.code == 303) != c.ok {
			t.Errorf("a code of %d steps away: %d", c.steps, got.code)
		}
	}
}

func TestRecoveryCodesWorkOnce(t *testing.T) {
	s := newSite(t)
	owner := s.browser(t)
	owner.signIn("", plannerMail)
	owner.setUp()
	page := owner.post("/konto/anmeldung/codes")
	codes := regexp.MustCompile(`<code>([A-Za-z2-9]{4}(?:-[A-Za-z2-9]{4}){3})</code>`).FindAllStringSubmatch(page.body, -1)
	if page.code != 200 || len(codes) != 10 || page.header.Get("Cache-Control") != "no-store" {
		t.Fatalf("%d codes, %d", len(codes), page.code)
	}
	if file := owner.post("/konto/anmeldung/codes/datei", "code", codes[0][1], "code", "<script>"); file.code != 200 || !strings.Contains(file.body, codes[0][1]) || strings.Contains(file.body, "script") {
		t.Errorf("file: %d %q", file.code, file.body)
	}
	use := func(code string) int {
		b := s.browser(t)
		_, step := b.password(plannerMail)
		return b.post("/anmelden/zweiter-schritt", "schritt", step, "code", code).code
	}
	if got := use(codes[3][1]); got != 303 {
		t.Errorf("a code: %d", got)
	}
	if got := use(codes[3][1]); got != 422 {
		t.Errorf("the same code again: %d", got)
	}
	if page := owner.get("/konto/anmeldung"); !strings.Contains(page.body, "9 Codes") {
		t.Error("the page does not say how many are left")
	}
	owner.post("/konto/anmeldung/codes")
	if got := use(codes[5][1]); got != 422 {
		t.Errorf("a code of the old list: %d", got)
	}
}

func TestGuessingCodesIsSlowedForTheAccountButNotForItsOwner(t *testing.T) {
	s := newSite(t)
	owner := s.browser(t)
	owner.signIn("", plannerMail)
	seed := owner.setUp()
	thief := s.browser(t) // has the password
	last := answer{}
	for range 7 {
		_, step := thief.password(plannerMail)
		if last = thief.post("/anmelden/zweiter-schritt", "schritt", step, "code", "111111"); last.code == 429 {
			break
		}
	}
	if last.code != 429 || last.header.Get("Retry-After") == "" {
		t.Fatalf("seven guesses: %d", last.code)
	}
	owner.post("/abmelden")
	s.late += time.Minute
	_, step := owner.password(plannerMail)
	if got := owner.post("/anmelden/zweiter-schritt", "schritt", step, "code", owner.code(seed, 0)); got.code != 303 {
		t.Errorf("the owner in his own browser: %d", got.code)
	}
}

func TestStrangersDoNotSlowABrowserThatIsKnown(t *testing.T) {
	s := newSite(t)
	owner, stranger := s.browser(t), s.browser(t) // behind one address
	owner.signIn("", adminMail)
	owner.post("/abmelden")
	last := 0
	for range 8 {
		last = stranger.post("/anmelden", "email", adminMail, "password", "wrong password").code
	}
	if last != 429 {
		t.Fatalf("eight guesses: %d", last)
	}
	if got := owner.post("/anmelden", "email", adminMail, "password", password); got.code != 303 {
		t.Errorf("the owner in his own browser: %d", got.code)
	}
}

func TestATownCanAskStaffForASecondFactor(t *testing.T) {
	s := newSite(t)
	s.rules = account.Rules{SecondFactor: true}
	b := s.browser(t)
	b.signIn("", plannerMail)
	for _, path := range []string{"/arbeit", "/arbeit/benutzer"} {
		if a := b.get(path); a.code != 303 || a.header.Get("Location") != "/konto/anmeldung" {
			t.Errorf("%s without one: %d %s", path, a.code, a.header.Get("Location"))
		}
	}
	if a := b.get("/konto/anmeldung"); a.code != 200 || !strings.Contains(a.body, "verlangt") {
		t.Errorf("the page to set one up: %d", a.code)
	}
	b.setUp()
	if a := b.get("/arbeit"); a.code != 200 {
		t.Errorf("with one: %d", a.code)
	}
	if a := b.post("/konto/anmeldung/app/entfernen"); a.code != 303 || b.get("/arbeit").code != 303 {
		t.Errorf("removed again: %d", a.code)
	}
}

func TestWhatOpensTheAccountIsChangedOnlyAfterANewProof(t *testing.T) {
	s := newSite(t)
	b := s.browser(t)
	b.signIn("", plannerMail)
	b.setUp()
	s.late += 11 * time.Minute
	for _, path := range []string{"/konto/anmeldung/app/entfernen", "/konto/anmeldung/codes", "/konto/anmeldung/andere", "/konto/anmeldung/passkey/x/entfernen"} {
		if a := b.post(path); a.code != 303 || !strings.HasPrefix(a.header.Get("Location"), "/konto/nachweis") {
			t.Errorf("%s: %d %s", path, a.code, a.header.Get("Location"))
		}
	}
	if a := b.post("/konto/nachweis", "password", "wrong password"); a.code != 422 {
		t.Errorf("wrong password: %d", a.code)
	}
	if a := b.post("/konto/nachweis", "password", password, "weiter", "/konto/anmeldung"); a.code != 303 || a.header.Get("Location") != "/konto/anmeldung" {
		t.Errorf("right password: %d", a.code)
	}
	if a := b.post("/konto/anmeldung/app/entfernen"); a.code != 303 || !strings.HasPrefix(a.header.Get("Location"), "/konto/anmeldung?meldung=") {
		t.Errorf("afterwards: %d %s", a.code, a.header.Get("Location"))
	}
}

func TestOnesOwnSessionsAreListedAndEnded(t *testing.T) {
	s := newSite(t)
	office, home := s.browser(t), s.browser(t)
	office.signIn("", plannerMail)
	home.agent = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1"
	home.signIn("", plannerMail)
	page := office.get("/konto/anmeldung")
	id := regexp.MustCompile(`action="/konto/anmeldung/sitzung/([0-9a-f-]+)"`).FindStringSubmatch(page.body)
	if !strings.Contains(page.body, "Safari, iPhone") || !strings.Contains(page.body, "Diese Sitzung") || id == nil || strings.Contains(page.body, "127.0.0.1") {
		t.Fatalf("list: %v", id)
	}
	stranger := s.browser(t)
	stranger.signIn("", adminMail)
	if a := stranger.post("/konto/anmeldung/sitzung/" + id[1]); a.code != 404 || home.get("/arbeit").code != 200 {
		t.Errorf("somebody else ends it: %d", a.code)
	}
	if a := office.post("/konto/anmeldung/sitzung/" + id[1]); a.code != 303 || home.get("/arbeit").code != 401 || office.get("/arbeit").code != 200 {
		t.Errorf("ended: %d", a.code)
	}
	home.signIn("", plannerMail)
	if a := office.post("/konto/anmeldung/andere"); a.code != 303 || home.get("/arbeit").code != 401 || office.get("/arbeit").code != 200 {
		t.Errorf("all others ended: %d", a.code)
	}
}

func TestANewBrowserIsToldByMail(t *testing.T) {
	s := newSite(t)
	s.browser(t).signIn("", plannerMail)
	if len(s.told) != 0 {
		t.Errorf("the first sign-in: %v", s.told)
	}
	b := s.browser(t)
	b.signIn("", plannerMail)
	if len(s.told) != 1 || s.told[0].Kind != "signin.device" || s.told[0].To.Email != plannerMail {
		t.Errorf("a second browser: %v", s.told)
	}
	b.post("/abmelden")
	b.signIn("", plannerMail)
	if len(s.told) != 1 {
		t.Errorf("the same browser again: %v", s.told[1:])
	}
}

func TestTheAdministrationHelpsThoseWhoLostTheirSecondFactor(t *testing.T) {
	s := newSite(t)
	b, admin := s.browser(t), s.browser(t)
	b.signIn("", plannerMail)
	b.setUp()
	admin.signIn("", adminMail)
	path := "/arbeit/benutzer/" + string(s.id(t, plannerMail)) + "/faktoren"
	if a := b.post(path); a.code != 403 {
		t.Errorf("a planner: %d", a.code)
	}
	if a := admin.get(path); a.code != 200 || !strings.Contains(a.body, "persönlich") {
		t.Errorf("question: %d", a.code)
	}
	if a := admin.post(path); a.code != 303 || b.get("/arbeit").code != 401 {
		t.Errorf("cleared: %d", a.code)
	}
	s.browser(t).signIn("", plannerMail) // the password is enough again
	if a := admin.post("/arbeit/benutzer/" + string(s.id(t, adminMail)) + "/faktoren"); a.code != 409 {
		t.Errorf("one's own: %d", a.code)
	}
}

func (s *site) id(t *testing.T, mail string) kernel.ID {
	t.Helper()
	a, err := s.service.Store.ByEmail(t.Context(), s.towns["default"], mail)
	if err != nil {
		t.Fatal(err)
	}
	return a.ID
}

func TestWhatWasTypedSurvivesTheEndOfTheSession(t *testing.T) {
	s := newSite(t)
	b := s.browser(t)
	b.signIn("", adminMail)
	s.late = 3 * time.Hour
	form := "/arbeit/benutzer/" + string(s.id(t, plannerMail)) + "/rollen"
	sent := b.post(form, "email", "neu@stadt.example", "name", "Ein <langer> Name", "roles", "planner", "roles", "treasurer", "password", "geheim geheim")
	kept := hidden(sent.body, "behalten")
	if sent.code != 401 || kept == "" || strings.Contains(sent.body, "geheim geheim") {
		t.Fatalf("sent too late: %d, kept %d bytes", sent.code, len(kept))
	}
	wrong := b.post("/anmelden", "email", adminMail, "password", "wrong password", "behalten", kept)
	if hidden(wrong.body, "behalten") != kept {
		t.Error("a typing error in the password loses it")
	}
	in := b.post("/anmelden", "email", adminMail, "password", password, "behalten", kept)
	if in.code != 200 || !strings.Contains(in.body, `action="`+form+`"`) || !strings.Contains(in.body, "Ein &lt;langer&gt; Name") ||
		strings.Count(in.body, `name="roles"`) != 2 || strings.Contains(in.body, "geheim geheim") {
		t.Errorf("signed in again: %d\n%s", in.code, in.body)
	}
	for _, evil := range []string{"x", "eyJwYXRoIjoiaHR0cHM6Ly9ldmlsLmV4YW1wbGUvIiwiZmllbGRzIjpbWyJhIiwiYiJdXX0"} { // {"path":"https://evil.example/",…}
		b.post("/abmelden")
		if got := b.post("/anmelden", "email", adminMail, "password", password, "behalten", evil); got.code != 303 || strings.Contains(got.body, "evil") {
			t.Errorf("%s: %d", evil, got.code)
		}
	}
}

func TestTheSessionOfTheTownsRuleEndsEarlier(t *testing.T) {
	s := newSite(t)
	b := s.browser(t)
	b.signIn("", plannerMail)
	s.late += time.Hour
	if a := b.get("/arbeit"); a.code != 200 {
		t.Fatalf("after an hour: %d", a.code)
	}
	short := s.browser(t)
	s.rules = account.Rules{Idle: 20 * time.Minute}
	short.signIn("/t/zinn", plannerMail) // a town whose rules were not asked for yet
	s.late += 21 * time.Minute
	if a := short.get("/t/zinn/arbeit"); a.code != 401 {
		t.Errorf("after 21 minutes: %d", a.code)
	}
}

func TestForeignSitesDoNotSignAnybodyIn(t *testing.T) {
	s := newSite(t)
	for _, path := range []string{"/anmelden", "/anmelden/zweiter-schritt", "/anmelden/passkey", "/konto/anmeldung/andere"} {
		req, err := http.NewRequest("POST", s.URL+path, strings.NewReader(url.Values{"email": {adminMail}, "password": {password}}.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("Sec-Fetch-Site", "cross-site")
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != 403 || len(resp.Cookies()) != 0 {
			t.Errorf("%s from another site: %d", path, resp.StatusCode)
		}
	}
}
