// SPDX-License-Identifier: EUPL-1.2

package app_test

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/account"
	"github.com/kupferfaden/kupferfaden/internal/app"
)

// office is the town's pages with somebody of each role at a desk.
type office struct {
	*httptest.Server
	t   *testing.T
	app *app.App
	who access.Actor // at the command line, to look at what the pages did
}

const passphrase = "kupfer und faden"

// offices runs a test with the pages of an empty town, on both engines.
func offices(t *testing.T, f func(o *office)) {
	t.Helper()
	each(t, func(t *testing.T, a *app.App, who access.Actor) {
		a.Log, a.Typesetter = slog.New(slog.DiscardHandler), paperless{}
		for mail, role := range map[string]access.Role{"plan@stadt.example": access.Planner, "admin@stadt.example": access.Admin} {
			if _, _, err := a.Accounts.Add(t.Context(), who, account.New{Email: mail, Name: string(role), Roles: []access.Role{role}, Password: passphrase}); err != nil {
				t.Fatal(err)
			}
		}
		s := httptest.NewServer(watching(t, a, a.Mux(app.WebOptions{})))
		t.Cleanup(s.Close)
		f(&office{s, t, a, who})
		noNames(t, a, who)
	})
}

// desk is a browser of one person.
type desk struct {
	*office
	c *http.Client
}

func (o *office) anonymous() *desk {
	jar, err := cookiejar.New(nil)
	if err != nil {
		o.t.Fatal(err)
	}
	return &desk{o, &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

func (o *office) signIn(mail string) *desk {
	d := o.anonymous()
	if p := d.post("/anmelden", "email", mail, "password", passphrase); p.code != 303 {
		o.t.Fatalf("sign-in of %s: %d", mail, p.code)
	}
	return d
}

func (o *office) planner() *desk { return o.signIn("plan@stadt.example") }

// paper is an answer.
type paper struct {
	code     int
	body     string
	location string
	header   http.Header
}

// text is what the page says, without its tags.
func (p paper) text() string {
	n, err := html.Parse(strings.NewReader(p.body))
	if err != nil {
		return ""
	}
	var b strings.Builder
	var walk func(*html.Node)
	walk = func(n *html.Node) {
		if n.Type == html.TextNode {
			b.WriteString(n.Data + " ")
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			walk(c)
		}
	}
	walk(n)
	return strings.Join(strings.Fields(b.String()), " ")
}

// form is what the browser would send of the form with the given action: every field with its value as the page has it.
func (p paper) form(t *testing.T, action string) url.Values {
	t.Helper()
	n, err := html.Parse(strings.NewReader(p.body))
	if err != nil {
		t.Fatal(err)
	}
	var found *html.Node
	var look func(*html.Node)
	attr := func(n *html.Node, k string) (string, bool) {
		for _, a := range n.Attr {
			if a.Key == k {
				return a.Val, true
			}
		}
		return "", false
	}
	look = func(n *html.Node) {
		if n.Type == html.ElementNode && n.Data == "form" {
			if a, _ := attr(n, "action"); a == action {
				found = n
			}
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			look(c)
		}
	}
	look(n)
	if found == nil {
		t.Fatalf("no form %s on the page: %.2000s", action, p.text())
	}
	v := url.Values{}
	var fields func(*html.Node)
	fields = func(n *html.Node) {
		name, _ := attr(n, "name")
		value, _ := attr(n, "value")
		switch n.Data {
		case "input":
			kind, _ := attr(n, "type")
			if _, on := attr(n, "checked"); name != "" && kind != "file" && (kind != "checkbox" && kind != "radio" || on) {
				v.Add(name, value)
			}
		case "textarea":
			if n.FirstChild != nil {
				v.Add(name, n.FirstChild.Data)
			} else {
				v.Add(name, "")
			}
		case "select":
			chosen, first := "", true
			for o := range n.Descendants() {
				if o.Data != "option" {
					continue
				}
				val, _ := attr(o, "value")
				if _, on := attr(o, "selected"); on || first {
					chosen = val
				}
				first = false
			}
			v.Add(name, chosen)
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			fields(c)
		}
	}
	fields(found)
	return v
}

func (d *desk) send(req *http.Request) paper {
	d.t.Helper()
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	resp, err := d.c.Do(req)
	if err != nil {
		d.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		d.t.Fatal(err)
	}
	return paper{resp.StatusCode, string(body), resp.Header.Get("Location"), resp.Header}
}

func (d *desk) get(path string) paper {
	d.t.Helper()
	req, err := http.NewRequest("GET", d.URL+path, nil)
	if err != nil {
		d.t.Fatal(err)
	}
	return d.send(req)
}

// page is get for a page that must be there.
func (d *desk) page(path string) paper {
	d.t.Helper()
	p := d.get(path)
	if p.code != 200 {
		d.t.Fatalf("%s: %d %s", path, p.code, p.text())
	}
	return p
}

func (d *desk) postForm(path string, v url.Values) paper {
	d.t.Helper()
	req, err := http.NewRequest("POST", d.URL+path, strings.NewReader(v.Encode()))
	if err != nil {
		d.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return d.send(req)
}

func (d *desk) post(path string, kv ...string) paper {
	d.t.Helper()
	v := url.Values{}
	for i := 0; i+1 < len(kv); i += 2 {
		v.Add(kv[i], kv[i+1])
	}
	return d.postForm(path, v)
}

// done fails the test unless the answer leads on, and gives where to.
func (p paper) done(t *testing.T) string {
	t.Helper()
	if p.code != 303 {
		t.Fatalf("%d: %s", p.code, p.text())
	}
	to, _, _ := strings.Cut(p.location, "?")
	return to
}

// upload hands a file in and gives the page where it is worked on.
func (d *desk) upload(path, name string, content []byte) string {
	d.t.Helper()
	p := d.sendFile(path, name, content)
	return p.done(d.t)
}

func (d *desk) sendFile(path, name string, content []byte) paper {
	d.t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	f, err := w.CreateFormFile("file", name)
	if err == nil {
		_, err = f.Write(content)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		d.t.Fatal(err)
	}
	req, err := http.NewRequest("POST", d.URL+path, &b)
	if err != nil {
		d.t.Fatal(err)
	}
	req.Header.Set("Content-Type", w.FormDataContentType())
	return d.send(req)
}

// squares is n areas with keys 0101, 0102, …
func squares(n int) []byte {
	var b strings.Builder
	b.WriteString(`{"type":"FeatureCollection","features":[`)
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		x, y := 9+.01*float64(i%4), 51+.01*float64(i/4)
		fmt.Fprintf(&b, `{"type":"Feature","properties":{"SCHLUESSEL":"01%02d","NAME":"Raum %d"},"geometry":{"type":"Polygon","coordinates":[[[%.2f,%.2f],[%.2f,%.2f],[%.2f,%.2f],[%.2f,%.2f],[%.2f,%.2f]]]}}`,
			i+1, i+1, x, y, x+.01, y, x+.01, y+.01, x, y+.01, x, y)
	}
	b.WriteString(`]}`)
	return []byte(b.String())
}

// bringAreas makes an edition by the pages.
func (d *desk) bringAreas(n int) {
	d.t.Helper()
	at := d.upload("/arbeit/raeume/neu", "raeume.geojson", squares(n))
	v := d.page(at).form(d.t, at)
	if v.Get("key_field") != "SCHLUESSEL" || v.Get("name_field") != "NAME" {
		d.t.Errorf("proposed key %q and name %q", v.Get("key_field"), v.Get("name_field"))
	}
	v.Set("level", "plr")
	v.Set("edition", "2021")
	v.Set("valid_from", "2021-01-01")
	check := d.postForm(at, v).done(d.t)
	p := d.page(check)
	if !strings.Contains(p.text(), fmt.Sprintf("%d Räume können übernommen werden", n)) || !strings.Contains(p.body, "<svg") {
		d.t.Fatalf("dry run: %s", p.text())
	}
	if got := d.postForm(at+"/uebernehmen", p.form(d.t, at+"/uebernehmen")).done(d.t); got != "/arbeit/raeume/ausgabe/plr/2021" {
		d.t.Fatalf("taken: %s", got)
	}
	d.page("/arbeit/raeume/ausgabe/plr/2021")
}

// answerAll ticks every question of a dry run and tries again until none is new.
func (d *desk) answerAll(at string) paper {
	d.t.Helper()
	p := d.page(at + "/pruefung")
	for range 5 {
		v := p.form(d.t, at+"/uebernehmen")
		before := len(v["accept"])
		v["accept"] = questions(p)
		if len(v["accept"]) == before {
			return p
		}
		p = d.page(d.postForm(at+"/pruefung", v).done(d.t))
	}
	return p
}

var questionBox = regexp.MustCompile(`name="accept" value="([^"]+)"`)

func questions(p paper) (codes []string) {
	for _, m := range questionBox.FindAllStringSubmatch(p.body, -1) {
		codes = append(codes, m[1])
	}
	slices.Sort(codes)
	return codes
}

// take sends the form of the dry run and gives the delivery's page.
func (d *desk) take(at string) string {
	d.t.Helper()
	p := d.page(at + "/pruefung")
	return d.postForm(at+"/uebernehmen", p.form(d.t, at+"/uebernehmen")).done(d.t)
}

// bringFigures takes a plain table of counts and bases by the pages.
func (d *desk) bringFigures(name string, period string, count func(i int) (num, den int)) string {
	d.t.Helper()
	var b strings.Builder
	b.WriteString("Raum;Arbeitslose;Basis\n")
	for i := range 12 {
		num, den := count(i)
		fmt.Fprintf(&b, "01%02d;%d;%d\n", i+1, num, den)
	}
	at := d.upload("/arbeit/lieferungen/neu", name, []byte(b.String()))
	v := d.page(at).form(d.t, at)
	v.Set("place", "plr/2021")
	v.Set("period_value", period)
	v.Set("c0_role", "area")
	v.Set("c1_role", "figure")
	v.Set("c1_ind", "unemp_share – Arbeitslosenanteil")
	v.Set("c1_part", "numerator")
	v.Set("c2_role", "figure")
	v.Set("c2_ind", "unemp_share")
	v.Set("c2_part", "denominator")
	d.postForm(at, v).done(d.t)
	if p := d.page(at + "/pruefung"); !strings.Contains(p.text(), "Alles in Ordnung") {
		d.t.Fatalf("dry run of %s: %s", name, p.text())
	}
	return d.take(at)
}
