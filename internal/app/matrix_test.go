// SPDX-License-Identifier: EUPL-1.2

package app_test

import (
	"cmp"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/account"
	"github.com/kupferfaden/kupferfaden/internal/app"
	"github.com/kupferfaden/kupferfaden/internal/inbox"
	"github.com/kupferfaden/kupferfaden/internal/inbox/inboxdb"
	"github.com/kupferfaden/kupferfaden/internal/indicator"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/report"
	"github.com/kupferfaden/kupferfaden/internal/trail"
	"github.com/kupferfaden/kupferfaden/internal/web"
)

// thing is what an address of the matrix names: values for its parameters and the rule that governs it beside the route's action.
type thing struct {
	values map[string]string // by name of the parameter
	// as is the visibility of the object; empty: the route's action is all there is to it.
	as access.Audience
	// do must be allowed too; where it is not, the object does not exist for the reader.
	do access.Action
	// maybe: whether it exists is not known here, so that only who is kept out is compared.
	maybe bool
	// owner is the only person it exists for.
	owner kernel.ID
}

// canary is a name that stands where people write names; the audit trail must not know it.
const canary = "Kanarie Vogelsang"

const nowhere = "0190aaaa-bbbb-7ccc-8ddd-eeeeeeeeeeee" // an identifier nothing has

// things gives, for the begin of a path up to its last parameter, what there is in the town. A route whose parameters are not here fails the test:
// whoever adds one says what can stand there.
func things(t *testing.T, a *app.App, who access.Actor, own string) map[string][]thing {
	t.Helper()
	ctx := t.Context()
	run, _ := monitored(t, a, who, 10)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	deliveries, err := a.Indicators.Deliveries(ctx, who)
	must(err)
	list, err := a.Indicators.Catalogue(ctx, who)
	must(err)
	definition := list[0].Current()
	definition.Version, definition.ValidFrom = 0, ""
	made, err := a.Indicators.Add(ctx, who, indicator.Indicator{Key: "nur_" + own, Field: "Z", Versions: []indicator.Version{definition}})
	must(err)
	waiting := &inbox.Service{Store: &inboxdb.Store{DB: a.DB}, Files: a.Files, Tx: a.DB, Now: a.Now}
	files := map[inbox.Kind]string{}
	for _, kind := range []inbox.Kind{inbox.Areas, inbox.Figures} {
		f, err := waiting.Add(ctx, who, kind, own+".csv", strings.NewReader("Raum;N\nA01;1\n"+own))
		must(err)
		files[kind] = string(f.ID)
	}
	settings := report.Settings{Language: "de", Level: "raum", AreaEdition: "2018", Period: kernel.On("2020-12-31"), Audience: access.Public}
	for _, key := range []string{"frei-" + own, "entwurf-" + own} {
		_, err := a.Reports.Create(ctx, who, report.Edition{Key: key, Title: kernel.T(canary, ""), Settings: settings})
		must(err)
	}
	chapter, err := a.Reports.AddChapter(ctx, who, "entwurf-"+own, report.Chapter{Title: canary, Body: canary})
	must(err)
	_, err = a.Reports.AddChapter(ctx, who, "frei-"+own, report.Chapter{Title: "Einleitung", Body: "Text."})
	must(err)
	_, err = a.Reports.Release(ctx, who, "frei-"+own, access.Public, "", nil)
	must(err)
	person, _, err := a.Accounts.Add(ctx, who, account.New{Email: own + "@stadt.example", Name: canary, Roles: []access.Role{access.Recorder}, Password: passphrase})
	must(err)
	town, err := a.Town(ctx, who.Tenant)
	must(err)
	town.Settings.Rules.FourEyes = map[access.MatterKind]bool{access.PublishMatter: true}
	must(a.Tenants.Save(ctx, who, town))
	slices, err := a.Indicators.Slices(ctx, who, indicator.Filter{})
	must(err)
	if err := a.Gate.Publish(ctx, who, []kernel.ID{slices[0].ID}, access.Political, own); key(err) != "approval.waiting" {
		t.Fatal(err)
	}
	owner, err := a.Accounts.Actor(ctx, who.Tenant, person.ID)
	must(err)
	answer, err := a.Privacy.AskOwn(ctx, owner, "session")
	must(err)
	private := []thing{{values: map[string]string{"id": string(answer.ID)}, owner: person.ID}}
	request := string(waitingFor(t, a, who)[0].ID)

	id := func(v string) []thing { return []thing{{values: map[string]string{"id": v}}} }
	reports := func(more ...string) []thing {
		values := map[string]string{"edition": "entwurf-" + own}
		for i := 0; i+1 < len(more); i += 2 {
			values[more[i]] = more[i+1]
		}
		return []thing{{values: values}}
	}
	public := func(more ...string) (out []thing) {
		for k, as := range map[string]access.Audience{"frei-" + own: access.Public, "entwurf-" + own: access.Internal} {
			values := map[string]string{"edition": k}
			for i := 0; i+1 < len(more); i += 2 {
				values[more[i]] = more[i+1]
			}
			out = append(out, thing{values: values, as: as, maybe: as == access.Internal || len(more) > 0})
		}
		return out
	}
	unknown := func(kv ...string) []thing {
		x := called(kv...)
		x.maybe = true
		return []thing{x}
	}
	area := map[string]string{"level": "raum", "edition": "2018", "key": "A01"}
	method := run.Method.ID
	all := map[string][]thing{
		"/abo/bestaetigen/{token}":                         unknown("token", "forged"),
		"/abo/{token}":                                     unknown("token", "forged"),
		"/abo/{token}/ende/{topic}":                        unknown("token", "forged", "topic", "report"),
		"/arbeit/auftraege/{id}":                           unknown("id", nowhere),
		"/arbeit/mail/{id}":                                unknown("id", nowhere),
		"/arbeit/barrieren/{id}":                           unknown("id", nowhere),
		"/arbeit/benutzer/{id}":                            id(string(person.ID)),
		"/arbeit/benutzer/{id}/rollen/{grant}":             unknown("id", string(person.ID), "grant", string(person.Roles[0].ID)),
		"/arbeit/berichte/{edition}":                       reports(),
		"/arbeit/berichte/{edition}/kapitel/{id}":          reports("id", string(chapter.ID)),
		"/arbeit/datenschutz/auskunft/{id}":                unknown("id", nowhere),
		"/arbeit/datenschutz/loeschung/{person}":           {{values: map[string]string{"person": string(person.ID)}}},
		"/arbeit/datenschutz/verzeichnis/{version}":        unknown("version", "1"),
		"/arbeit/datenschutz/verzeichnis/{version}/{file}": unknown("version", "1", "file", "verzeichnis.csv"),
		"/arbeit/eingang/raeume/{id}":                      unknown("id", files[inbox.Areas]),
		"/arbeit/eingang/zahlen/{id}":                      unknown("id", files[inbox.Figures]),
		"/arbeit/einwilligungen/{kind}/{lang}":             unknown("kind", "registration", "lang", "de"),
		"/arbeit/einladungen/{id}":                         unknown("id", nowhere),
		"/arbeit/ergebnisse/{id}":                          id(string(run.ID)),
		"/arbeit/freigabebitten/{id}":                      {{values: map[string]string{"id": request}, do: access.ReleaseFigures}},
		"/arbeit/katalog/{key}":                            {{values: map[string]string{"key": made.Key}}},
		"/arbeit/lieferungen/{id}":                         id(string(deliveries[0].ID)),
		"/arbeit/protokoll/{seq}":                          {{values: map[string]string{"seq": "1"}}},
		"/arbeit/raeume/ausgabe/{level}/{edition}":         {{values: area}},
		"/arbeit/rechtstexte/{page}":                       {{values: map[string]string{"page": "impressum"}}},
		"/arbeit/rechtstexte/{page}/fassungen/{version}":   unknown("page", "impressum", "version", "1"),
		"/arbeit/verfahren/{method}":                       {{values: map[string]string{"method": method}}},
		"/atlas/export/{format}":                           unknown("format", "csv"),
		"/atlas/karte/{level}/{edition}":                   {{values: area}},
		"/berichte/{edition}":                              public(),
		"/berichte/{edition}/{chapter}":                    public("chapter", "einleitung"),
		"/daten/{indicator}":                               unknown("indicator", made.Key),
		"/konto/daten/auskunft/{id}":                       private,
		"/konto/anmeldung/passkey/{id}":                    unknown("id", nowhere),
		"/konto/anmeldung/sitzung/{id}":                    unknown("id", nowhere),
		"/raeume/{level}/{edition}":                        {{values: area}},
		"/raeume/{level}/{edition}/{key}":                  {{values: area}},
		"/verfahren/{method}":                              unknown("method", method),
		"/region/zahl/{indicator}":                         unknown("indicator", made.Key),
		"/region/stadt/{town}":                             unknown("town", own),
		"/arbeit/region/{other}":                           unknown("other", nowhere),
		"/stil/{file}":                                     unknown("file", "none.css"),
		"/logo/{file}":                                     unknown("file", "none.png"),
	}
	for _, more := range moreThings {
		for begin, list := range more(t, a, who, own) {
			all[begin] = list
		}
	}
	return all
}

// moreThings are what further capabilities have in the town, each in its own file of this package: <capability>_things_test.go.
var moreThings []func(t *testing.T, a *app.App, who access.Actor, own string) map[string][]thing

// called is a thing of one address, by the names and values of its parameters.
func called(kv ...string) thing {
	values := map[string]string{}
	for i := 0; i+1 < len(kv); i += 2 {
		values[kv[i]] = kv[i+1]
	}
	return thing{values: values}
}

// asker is somebody of the matrix: who he or she is, and a session.
type asker struct {
	name   string
	actor  access.Actor
	cookie []*http.Cookie
}

// askers are one person for each role, one without any, one whose password is a one-time one, one whose account was ended, and nobody.
func askers(t *testing.T, a *app.App, m http.Handler, who access.Actor) []asker {
	t.Helper()
	ctx := t.Context()
	list := []asker{{name: "anonymous", actor: access.Anonymous(who.Tenant)}}
	add := func(name string, roles []access.Role, password string) {
		x, oneTime, err := a.Accounts.Add(ctx, who, account.New{Email: name + "@matrix.example", Name: name, Roles: roles, Password: password})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if password == "" {
			password = oneTime
		}
		p := ask(m, "POST", "/anmelden", url.Values{"email": {x.Email}, "password": {password}}.Encode(), asker{name: name})
		cookies := p.Result().Cookies()
		if p.Code != http.StatusSeeOther || len(cookies) == 0 {
			t.Fatalf("%s: sign-in answers %d", name, p.Code)
		}
		actor, err := a.Accounts.Actor(ctx, who.Tenant, x.ID)
		if err != nil {
			t.Fatal(err)
		}
		if name == "ended" {
			if err := a.Accounts.Disable(ctx, who, x.ID, true); err != nil {
				t.Fatal(err)
			}
			actor = access.Anonymous(who.Tenant)
		}
		list = append(list, asker{name, actor, cookies})
	}
	for _, r := range access.Roles() {
		add(string(r), []access.Role{r}, passphrase)
	}
	add("one-time", []access.Role{access.Planner}, "")
	add("ended", []access.Role{access.Planner}, passphrase)
	return list
}

// unreadable is a form that cannot be read: a route that lets somebody in answers so, and nothing happens.
const unreadable = "\x00unreadable"

func ask(m http.Handler, method, path, body string, by asker) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, "http://stadt.example"+path, strings.NewReader(body))
	r.RemoteAddr = "192.0.2." + string('1'+rune(len(by.name)%9)) + ":1000"
	if method == "POST" {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if body == unreadable {
			r.Header.Set("Content-Type", "multipart/form-data; boundary=none")
		}
	}
	for _, c := range by.cookie {
		r.AddCookie(c)
	}
	w := httptest.NewRecorder()
	m.ServeHTTP(w, r)
	return w
}

var parameter = regexp.MustCompile(`\{(\w+)(\.\.\.)?\}`)

// address fills the parameters of a path; ok is false where one is not known.
func address(path string, values map[string]string) (string, bool) {
	ok := true
	out := parameter.ReplaceAllStringFunc(path, func(s string) string {
		v, known := values[strings.Trim(s, "{}")]
		ok = ok && known
		return url.PathEscape(v)
	})
	return out, ok
}

// upTo cuts a path after its last parameter.
func upTo(path string) string { return path[:strings.LastIndex(path, "}")+1] }

// wanted is the status somebody is kept out with, 0 for nobody kept out: computed from the permission table, never from what the program did.
func wanted(by access.Actor, do access.Action, x thing) int {
	town := access.Object{Tenant: by.Tenant}
	err := access.Check(by, do, town)
	if err == nil && x.as != "" {
		err = access.Check(by, access.ReadPublic, access.Object{Tenant: by.Tenant, Visibility: x.as})
	}
	if err == nil && x.do != "" && !access.Can(by, x.do, town) {
		return http.StatusNotFound
	}
	if err == nil && x.owner != "" && by.Person != x.owner {
		return http.StatusNotFound
	}
	switch kernel.KindOf(err) {
	case kernel.NotFound:
		return http.StatusNotFound
	case kernel.Denied:
		return http.StatusForbidden
	case kernel.Unauthenticated:
		return http.StatusUnauthorized
	}
	return 0
}

// judge compares an answer with what was wanted.
func judge(t *testing.T, route web.Route, path string, by asker, got, want int, maybe bool) {
	t.Helper()
	out := got == http.StatusUnauthorized || got == http.StatusForbidden
	switch {
	case want != 0 && got != want && !(want == http.StatusForbidden && got == http.StatusSeeOther && by.name == "one-time"):
		t.Errorf("%s %s by %s: %d, want %d", route.Method, path, by.name, got, want)
	case want == 0 && (out || got == http.StatusNotFound && !maybe || got == http.StatusInternalServerError):
		t.Errorf("%s %s by %s: %d, and %s may do that", route.Method, path, by.name, got, route.Action)
	}
}

// sometimes are pages that are not always there: a town has to write or to switch them on first, or a link with a token leads there.
var sometimes = map[string]bool{
	"GET /.well-known/security.txt": true, "GET /konto/neu": true, "GET /konto/bestaetigen": true, "GET /konto/adresse/bestaetigen": true,
	"GET /einladung": true, "GET /anmelden/neu": true, "GET /region": true, "GET /arbeit/stadt/farben/vorschau.css": true,
}

func TestEveryRouteKeepsOutWhomThePermissionTableKeepsOut(t *testing.T) {
	eachTown(t, func(t *testing.T, a *app.App, who access.Actor, m *web.Mux, small bool) {
		all := things(t, a, who, "nord")
		people := askers(t, a, m, who)
		if small {
			people = []asker{people[0], people[1], people[8], people[len(people)-1]}
		}
		n := 0
		for _, route := range m.Routes() {
			if route.System {
				continue
			}
			list := []thing{{}}
			if strings.Contains(route.Path, "}") && route.Path != "/{$}" {
				var known bool
				if list, known = all[upTo(route.Path)]; !known {
					t.Errorf("%s: what can stand in its parameters is not in the table of this test", route.Pattern)
					continue
				}
			}
			for _, x := range list {
				path, ok := address(strings.TrimSuffix(route.Path, "{$}"), x.values)
				if !ok {
					t.Errorf("%s: a parameter has no value", route.Pattern)
					continue
				}
				for _, by := range people {
					if by.name == "ended" && route.Path == "/abmelden" {
						continue
					}
					want, body := wanted(by.actor, route.Action, x), ""
					if route.Method == "POST" {
						body = unreadable
						if x.as != "" || x.do != "" || x.owner != "" { // asked by the service, once the form is read
							want = wanted(by.actor, route.Action, thing{})
						}
					}
					if want == 0 && strings.HasSuffix(route.Path, ".pdf") {
						continue // set by a program of its own, which this test does not start
					}
					p := ask(m, route.Method, path, body, by)
					n++
					judge(t, route, path, by, p.Code, want, x.maybe || route.Method == "POST" || sometimes[route.Pattern])
				}
			}
		}
		t.Logf("%d requests", n)
		entries, _, err := a.Trail.Find(t.Context(), who, trail.Filter{}, 0, 10_000)
		if err != nil || len(entries) < 20 {
			t.Fatalf("%d entries: %v", len(entries), err)
		}
		for _, e := range entries { // everything of the town above, by name and address
			e.Reason = ""
			if s := strings.ToLower(fmt.Sprint(e)); strings.Contains(s, "kanarie") || strings.Contains(s, "vogelsang") || strings.Contains(s, ".example") {
				t.Errorf("the trail holds personal content: %+v", e)
			}
		}
	})
}

// eachTown runs a test on a town with its pages on SQLite, and a smaller one on PostgreSQL.
func eachTown(t *testing.T, f func(t *testing.T, a *app.App, who access.Actor, m *web.Mux, small bool)) {
	t.Helper()
	each(t, func(t *testing.T, a *app.App, who access.Actor) {
		a.Log = slog.New(slog.DiscardHandler)
		town, err := a.Town(t.Context(), who.Tenant)
		if err != nil {
			t.Fatal(err)
		}
		town.Settings.Hosts = []string{"stadt.example"}
		if err := a.Tenants.Save(t.Context(), who, town); err != nil {
			t.Fatal(err)
		}
		f(t, a, who, a.Mux(app.WebOptions{}), strings.HasSuffix(t.Name(), "postgres"))
	})
}

var named = regexp.MustCompile(`[0-9a-f]{12}`)

func TestNothingOfAnotherTownIsFoundOrToldApartFromNothing(t *testing.T) {
	eachTown(t, func(t *testing.T, a *app.App, who access.Actor, m *web.Mux, small bool) {
		town, err := a.Init(t.Context(), "sued", kernel.T("Südstadt", "South town"), true)
		if err != nil {
			t.Fatal(err)
		}
		theirs := things(t, a, a.Operator(town), "sued")
		people := askers(t, a, m, who)
		for _, route := range m.Routes() {
			if route.System || !strings.Contains(route.Path, "}") {
				continue
			}
			for _, x := range theirs[upTo(route.Path)] {
				var by *asker
				for i := range people {
					if people[i].name != "one-time" && people[i].name != "ended" && wanted(people[i].actor, route.Action, thing{do: x.do}) == 0 {
						by = &people[i]
					}
				}
				if by == nil {
					t.Errorf("%s: nobody may", route.Pattern)
					continue
				}
				none, differs := map[string]string{}, false
				for k, v := range x.values {
					switch {
					case len(v) == 36 && v != nowhere:
						none[k], differs = nowhere, true
					case strings.Contains(v, "sued"):
						none[k], differs = strings.ReplaceAll(v, "sued", "west"), true
					default:
						none[k] = v
					}
				}
				if !differs { // both towns have one of that name
					continue
				}
				there, _ := address(route.Path, x.values)
				nothing, _ := address(route.Path, none)
				got, want := ask(m, route.Method, there, "", *by), ask(m, route.Method, nothing, "", *by)
				longestFirst := slices.SortedFunc(maps.Keys(x.values), func(a, b string) int { return cmp.Compare(len(x.values[b]), len(x.values[a])) })
				same := func(p *httptest.ResponseRecorder) string {
					s := p.Body.String() + p.Header().Get("Location")
					for _, k := range longestFirst { // one may be a part of another
						s = strings.ReplaceAll(strings.ReplaceAll(s, x.values[k], "…"), none[k], "…")
					}
					return named.ReplaceAllString(s, "#")
				}
				if got.Code != want.Code || same(got) != same(want) {
					t.Errorf("%s %s by %s: %d for the other town's, %d for none", route.Method, there, by.name, got.Code, want.Code)
				}
				if route.Method == "GET" && got.Code != http.StatusNotFound || got.Code >= 500 {
					t.Errorf("%s %s by %s: %d", route.Method, there, by.name, got.Code)
				}
			}
		}
		files, err := (&inboxdb.Store{DB: a.DB}).List(t.Context(), town.ID)
		if err != nil || len(files) != 2 {
			t.Errorf("of the other town's two files %d are left: %v", len(files), err)
		}
	})
}
