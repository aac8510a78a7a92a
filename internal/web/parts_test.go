// SPDX-License-Identifier: EUPL-1.2

package web_test

import (
	"bytes"
	"context"
	"io"
	"math"
	"mime/multipart"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/a-h/templ"
	"golang.org/x/net/html"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/platform/i18n"
	"github.com/kupferfaden/kupferfaden/internal/web"
)

// filled draws every component once, with a form that was refused.
func filled(r *web.Request) templ.Component {
	f := web.NewForm(r)
	f.Fail(&kernel.Error{
		Kind: kernel.Invalid, Key: "form.invalid", Fields: map[string]string{"name": "tenant.name.missing", "art": "account.roles.missing", "datei": "web.file.missing"},
		Findings: []kernel.Finding{{Code: "x", Outcome: kernel.Warn, Row: 3, Text: "<b>warned</b>"}, {Code: "y", Outcome: kernel.RefuseFile, Text: "refused"}},
	})
	items := []web.Item{{Value: "a", Text: "A", Hint: "mehr"}, {Value: "b", Text: "B"}}
	inside := func(c templ.Component) templ.Component {
		return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
			return c.Render(templ.WithChildren(ctx, templ.Raw("<p>innen</p>")), w)
		})
	}
	return templ.Join(
		web.FormErrors(f),
		web.Field(f, web.Input{Name: "name", Label: "Name", Hint: "Hinweis", List: []string{"x"}, Code: true, Min: "1", Max: "9", Step: "1", InputMode: "numeric", Autocomplete: "off"}),
		web.TextArea(f, web.Input{Name: "notiz", Label: "Notiz", Rows: 3, Optional: true}),
		web.Select(f, web.Choice{Name: "ebene", Label: "Ebene", Items: items, Blank: "alle", Submit: true}),
		web.Radios(f, web.Choice{Name: "art", Label: "Art", Items: items}),
		web.Boxes(f, web.Choice{Name: "was", Label: "Was", Items: items, Hint: "Hinweis", Optional: true}),
		web.Checkbox(f, web.Input{Name: "probe", Label: "Probe", Hint: "Hinweis"}),
		web.FileInput(f, web.FileField{Name: "datei", Label: "Datei", Accept: ".csv"}),
		inside(web.Toolbar()), web.Button(web.Btn{Text: "Los", Name: "n", Value: "v", Action: "/x", Danger: true}), web.LinkButton(web.Secondary, "/raeume", "Räume"),
		web.Notice(web.Danger, "Nein"), inside(web.NoticeBox(web.Warning, "Vielleicht")), web.Badge(web.Info, "neu"),
		web.Said(kernel.Text{"en": "English only"}),
		web.DataTable(web.Table{
			Caption: "Tabelle", Columns: []web.Column{{Text: "Raum"}, {Text: "Zahl", Numeric: true, Hint: "in %", Sort: "?s=1", Sorted: "ascending"}},
			Rows: []web.Row{{Cells: []web.Cell{{Text: "A", Href: "/raeume"}, {Text: "1", Note: "geschätzt"}}}},
		}),
		web.DataTable(web.Table{Caption: "Leer", Columns: []web.Column{{Text: "Raum"}}, Empty: "Nichts da"}),
		web.Pagination(web.Pages{Prev: "?p=1", Next: "?p=3", Text: "2"}), web.Tabs("Sichten", []web.Tab{{Text: "A", Href: "/raeume", Current: true}}),
		web.Definitions([]web.Definition{{Term: "Zähler", Text: "Personen"}}), inside(web.Empty("Leer", "noch")),
		web.Cards([]web.Card{{Title: "Karte", Href: "/raeume", Text: "t", Meta: "m"}}), web.Downloads([]web.Download{{Text: "Daten", Href: "/x.csv", Kind: "CSV", Size: 48213, Note: "n"}}),
		inside(web.Figure(web.Caption{Title: "Bild", Text: "t", Source: "Amt"})), web.Progress(web.JobState{ID: "7", Phase: web.JobRunning, Done: 1, Total: 4}),
		web.Confirm(web.Confirmation{Text: "Wirklich?", Lines: []string{"A"}, Action: "/x", Hidden: [][2]string{{"id", "1"}}, Button: "Ja", Back: "/"}),
	)
}

func componentsPage(t *testing.T, path string) *html.Node {
	t.Helper()
	m := newMux(one)
	m.Handle("GET /muster", access.ReadPublic, func(w http.ResponseWriter, r *web.Request) error {
		return r.Render(w, web.Page{Title: "Muster", Lead: "Alles", Breadcrumb: []web.Crumb{{Text: "Räume", Href: "/raeume"}}, Nav: web.NavAreas}, filled(r))
	})
	w := get(m, path)
	if w.Code != 200 {
		t.Fatalf("%d", w.Code)
	}
	doc, err := html.Parse(strings.NewReader(w.Body.String()))
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

func attr(n *html.Node, name string) (string, bool) {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val, true
		}
	}
	return "", false
}

func elements(doc *html.Node) []*html.Node {
	var out []*html.Node
	for n := range doc.Descendants() {
		if n.Type == html.ElementNode {
			out = append(out, n)
		}
	}
	return out
}

func TestIdsAreUniqueAndReferencesLead(t *testing.T) {
	doc := componentsPage(t, "/muster")
	ids := map[string]int{}
	for _, n := range elements(doc) {
		if id, ok := attr(n, "id"); ok {
			ids[id]++
		}
	}
	for id, n := range ids {
		if n > 1 {
			t.Errorf("id %s stands %d times", id, n)
		}
	}
	for _, n := range elements(doc) {
		for _, name := range []string{"for", "aria-describedby", "aria-labelledby", "aria-controls", "list"} {
			v, _ := attr(n, name)
			for _, id := range strings.Fields(v) {
				if ids[id] == 0 {
					t.Errorf("<%s %s=%q> leads nowhere", n.Data, name, id)
				}
			}
		}
		if href, ok := attr(n, "href"); ok && strings.HasPrefix(href, "#") && ids[href[1:]] == 0 {
			t.Errorf("link %s leads nowhere", href)
		}
	}
}

func TestNoInlineStyleOrScript(t *testing.T) {
	for _, n := range elements(componentsPage(t, "/muster")) {
		for _, a := range n.Attr {
			if a.Key == "style" || strings.HasPrefix(a.Key, "on") {
				t.Errorf("<%s %s=%q>", n.Data, a.Key, a.Val)
			}
		}
		if n.Data == "style" || n.Data == "script" && n.FirstChild != nil {
			t.Errorf("inline <%s>", n.Data)
		}
	}
}

func TestEveryFieldHasALabelAndRefusedOnesSayWhy(t *testing.T) {
	doc := componentsPage(t, "/muster")
	labels := map[string]bool{}
	for _, n := range elements(doc) {
		if n.Data == "label" {
			id, _ := attr(n, "for")
			labels[id] = true
		}
	}
	invalid := 0
	for _, n := range elements(doc) {
		if !slices.Contains([]string{"input", "select", "textarea", "progress"}, n.Data) {
			continue
		}
		if kind, _ := attr(n, "type"); kind == "hidden" {
			continue
		}
		id, _ := attr(n, "id")
		if !labels[id] {
			t.Errorf("<%s id=%q> has no label", n.Data, id)
		}
		if _, bad := attr(n, "aria-invalid"); bad {
			invalid++
			if by, _ := attr(n, "aria-describedby"); !strings.Contains(by, id+"-fehler") {
				t.Errorf("%s does not say why it was refused", id)
			}
		}
	}
	if invalid != 2 {
		t.Errorf("%d fields marked as refused, want 2 (a group is described as a whole)", invalid)
	}
}

func TestTextsOfOthersAreEscaped(t *testing.T) {
	for _, n := range elements(componentsPage(t, "/muster")) {
		if n.Data == "b" {
			t.Error("markup of a finding got into the page")
		}
	}
}

func TestAFallbackLanguageIsMarked(t *testing.T) {
	for _, n := range elements(componentsPage(t, "/muster")) {
		if n.Data == "span" && n.FirstChild != nil && n.FirstChild.Data == "English only" {
			if lang, _ := attr(n, "lang"); lang == "en" {
				return
			}
		}
	}
	t.Error("English text on a German page has no lang attribute")
}

func TestRefusedFormsKeepWhatWasTyped(t *testing.T) {
	m := newMux(one)
	m.Handle("POST /form", access.ReadPublic, func(w http.ResponseWriter, r *web.Request) error {
		f := web.NewForm(r)
		_, _, err := f.File("datei")
		if f.Fail(err) {
			return r.Invalid(w, web.Page{Title: "Form"}, templ.Join(web.FormErrors(f), web.Field(f, web.Input{Name: "name", Label: "Name"}), web.Field(f, web.Input{Name: "pw", Label: "Passwort", Type: "password"}), web.FileInput(f, web.FileField{Name: "datei", Label: "Datei"})))
		}
		return r.Redirect(w, "/")
	})
	w := do(m, "POST", "/form", strings.NewReader("name=%3Cb%3EK%C3%B6ln&pw=geheim"), "Content-Type", "application/x-www-form-urlencoded")
	body := w.Body.String()
	if w.Code != 422 || !strings.Contains(body, `value="&lt;b&gt;Köln"`) || !strings.Contains(body, `<title>Fehler: Form`) || !strings.Contains(body, `href="#feld-datei"`) {
		t.Errorf("%d %s", w.Code, body)
	}
	if strings.Contains(body, "geheim") {
		t.Error("a password is written back")
	}
	var b bytes.Buffer
	mp := multipart.NewWriter(&b)
	part, _ := mp.CreateFormFile("datei", "x.csv")
	_, _ = part.Write([]byte("a;b"))
	mp.Close()
	if w := do(m, "POST", "/form", &b, "Content-Type", mp.FormDataContentType()); w.Code != 303 {
		t.Errorf("with a file: %d", w.Code)
	}
}

func TestComponentsCanBeDrawnOutsideOfARequest(t *testing.T) {
	var b bytes.Buffer
	if err := web.DataTable(web.Table{Caption: "T", Columns: []web.Column{{Text: "A"}}}).Render(t.Context(), &b); err != nil || !strings.Contains(b.String(), "<caption") {
		t.Errorf("%v %s", err, b.String())
	}
	b.Reset()
	ctx := web.With(t.Context(), &web.Request{Lang: "en", P: i18n.For("en", kernel.Standard)})
	if err := web.Findings([]kernel.Finding{{Code: "x", Outcome: kernel.Ask}}, 5).Render(ctx, &b); err != nil || !strings.Contains(b.String(), "Question") {
		t.Errorf("%v %s", err, b.String())
	}
}

type job web.JobState

func (j job) JobState(_ context.Context, a access.Actor, id kernel.ID) (web.JobState, error) {
	if id != j.ID || a.Tenant != "t1" {
		return web.JobState{}, kernel.E(kernel.NotFound, "job.notfound")
	}
	return web.JobState(j), nil
}

func TestProgressIsSeenWithAndWithoutScript(t *testing.T) {
	show := func(j job) (page, figures string) {
		m := newMux(one)
		web.RegisterProgress(m, j)
		if w := get(m, "/arbeit/auftraege/x", as("planner1")...); w.Code != 404 {
			t.Errorf("a job that is not there: %d", w.Code)
		}
		if w := get(m, "/arbeit/auftraege/7"); w.Code != 401 {
			t.Errorf("anonymous: %d", w.Code)
		}
		return get(m, "/arbeit/auftraege/7", as("planner1")...).Body.String(), get(m, "/arbeit/auftraege/7/stand", as("planner1")...).Body.String()
	}
	page, figures := show(job{ID: "7", Title: kernel.T("Einlesen", ""), Phase: web.JobRunning, Done: 5, Total: 40})
	if !strings.Contains(page, `<noscript><meta http-equiv="refresh" content="2">`) || !strings.Contains(page, `value="12"`) || figures != `{"phase":"running","percent":12,"known":true,"text":"Läuft … (5 von 40)"}` {
		t.Errorf("running: %s\n%s", figures, page)
	}
	page, figures = show(job{ID: "7", Phase: web.JobRunning})
	if strings.Contains(page, `value="`) || !strings.Contains(figures, `"known":false`) {
		t.Errorf("unknown length: %s", figures)
	}
	page, figures = show(job{ID: "7", Phase: web.JobDone, Result: "/daten"})
	if strings.Contains(page, "refresh") || !strings.Contains(page, `href="/daten"`) || !strings.Contains(figures, `"next":"/arbeit/auftraege/7"`) {
		t.Errorf("done: %s", figures)
	}
	page, _ = show(job{ID: "7", Phase: web.JobFailed, Failure: &kernel.Error{Kind: kernel.Invalid, Key: "form.invalid", Findings: []kernel.Finding{{Code: "c", Outcome: kernel.RefuseRow, Row: 9, Text: "why"}}}})
	if !strings.Contains(page, "Zeile 9") || !strings.Contains(page, "why") {
		t.Error("a failed job does not say why")
	}
}

func TestAJobIsNotDoneBeforeItSaysSo(t *testing.T) {
	for _, c := range []struct {
		s    web.JobState
		want int
	}{
		{web.JobState{Phase: web.JobRunning, Done: 40, Total: 40}, 99},
		{web.JobState{Phase: web.JobRunning, Done: 50, Total: 40}, 99},
		{web.JobState{Phase: web.JobRunning, Done: -1, Total: 40}, 0},
		{web.JobState{Phase: web.JobDone}, 100},
		{web.JobState{Phase: web.JobWaiting}, 0},
	} {
		if got := c.s.Percent(); got != c.want {
			t.Errorf("%+v: %d", c.s, got)
		}
	}
}

// The pairs of tokens that carry text (4.5:1, WCAG 1.4.3) or meaning by a line (3:1, WCAG 1.4.11), in both schemes.
func TestTokensHaveContrast(t *testing.T) {
	b, err := os.ReadFile(filepath.Join("assets", "css", "tokens.css"))
	if err != nil {
		t.Fatal(err)
	}
	light, rest, ok := strings.Cut(string(b), "@media screen and (prefers-color-scheme: dark)")
	dark, _, ok2 := strings.Cut(rest, "KERN's tokens")
	if !ok || !ok2 {
		t.Fatal("tokens.css has another shape")
	}
	token := regexp.MustCompile(`--(kf-[a-z-]+): (#[0-9a-f]{6});`)
	for scheme, text := range map[string]string{"light": light, "dark": dark} {
		colour := map[string]string{}
		for _, m := range token.FindAllStringSubmatch(text, -1) {
			colour[m[1]] = m[2]
		}
		check := func(a, b string, least float64) {
			t.Helper()
			if colour["kf-"+a] == "" || colour["kf-"+b] == "" {
				t.Errorf("%s: no token %s or %s", scheme, a, b)
				return
			}
			if c := contrast(colour["kf-"+a], colour["kf-"+b]); c < least {
				t.Errorf("%s: %s on %s has %.2f, needs %.1f", scheme, a, b, c, least)
			}
		}
		for _, ground := range []string{"paper", "surface", "sunken", "copper-soft"} {
			for _, ink := range []string{"ink", "muted", "copper", "copper-deep"} {
				check(ink, ground, 4.5)
			}
			check("line-strong", ground, 3)
			check("focus", ground, 3)
			check("danger", ground, 4.5)
		}
		for _, tone := range []string{"danger", "info", "success", "warning"} {
			check("ink", tone+"-soft", 4.5)
			check("copper", tone+"-soft", 4.5)
			check(tone, tone+"-soft", 3)
			check(tone, "paper", 3)
		}
		check("on-copper", "copper", 4.5)
		check("on-copper", "copper-deep", 4.5)
	}
}

// contrast is the ratio of WCAG 2.2 between two sRGB colours.
func contrast(a, b string) float64 {
	luminance := func(s string) float64 {
		v, _ := strconv.ParseUint(s[1:], 16, 32)
		part := func(c uint64) float64 {
			f := float64(c&0xff) / 255
			if f <= 0.04045 {
				return f / 12.92
			}
			return math.Pow((f+0.055)/1.055, 2.4)
		}
		return 0.2126*part(v>>16) + 0.7152*part(v>>8) + 0.0722*part(v)
	}
	x, y := luminance(a), luminance(b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}
