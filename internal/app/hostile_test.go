// SPDX-License-Identifier: EUPL-1.2

package app_test

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/account"
)

// What people and programs type into forms and addresses (reliability.md 3, F and A cases; participation.md 6.2: stored and reflected script).
// kf-mark is an element no page has: where it turns up after parsing, text became markup.
var hostile = map[string]string{
	"F01 script":               `<script>alert(1)</script><kf-mark>`,
	"F02 out of an attribute":  `"><kf-mark onmouseover=alert(1)>' x='`,
	"F03 link of script":       `[x](javascript:alert(1)) <a href="javascript:alert(1)">x</a><kf-mark>`,
	"F04 picture with script":  `<svg onload=alert(1)><foreignObject><kf-mark></foreignObject></svg>`,
	"F05 SQL":                  `'; drop table account; -- " or 1=1`,
	"F06 templates":            `{{7*7}} ${7*7} <%= 7*7 %> {n} %s %d`,
	"F07 line ends":            "Name\r\nBcc: spam@spam.example\r\nSet-Cookie: kf-mark=1",
	"F08 right to left":        "abc\u202egnp.exe",
	"F09 zero width":           "Spr\u200becherin",
	"F10 look-alike":           "Аdmіn",
	"F11 combining":            "Z" + strings.Repeat("\u0327", 1000),
	"F12 emoji":                "👨‍👩‍👧‍👦🏳️‍🌈👩🏿‍🚀",
	"F14 no UTF-8":             "M\xfchle\xff\xfe",
	"F15 control characters":   "a\x00b\x07\x1b[31m",
	"F16 far too long":         strings.Repeat("lang ", 40000),
	"F17 nothing to see":       "\u00a0\u3164\u2003\t ",
	"F18 line separators":      "\ufeff\u2028\u2029</script><kf-mark>",
	"F20 casing":               "İstanbul ẞtraße ıI",
	"F22 no address":           "a@b@c@" + strings.Repeat("d", 300) + ".example",
	"F23 no number":            "-1e309",
	"F24 not offered":          "kf-not-offered",
	"F28 file name":            "../../../../etc/passwd",
	"A05 large integer":        "18446744073709551617",
	"A11 page":                 "-1",
	"A12 column":               "password_hash",
	"D01 no day":               "2026-02-31",
	"spreadsheet":              "=HYPERLINK(\"http://evil.example\")",
	"another place":            "//evil.example/",
	"another place, backslash": `/\evil.example`,
}

// everybody can fill in every page of the town between them.
func hostileTown(t *testing.T, f func(o *office, desks []*desk)) {
	offices(t, func(o *office) {
		monitored(o.t, o.app, o.who, 10)
		for mail, roles := range map[string][]access.Role{
			"alles@stadt.example":   {access.Planner, access.Admin, access.ParticipationOffice, access.Moderator},
			"schutz@stadt.example":  {access.DPO, access.Auditor},
			"konto@stadt.example":   {access.Citizen},
			"zentrum@stadt.example": {access.StatisticsOfficer},
		} {
			if _, _, err := o.app.Accounts.Add(context.Background(), o.who, account.New{Email: mail, Name: string(roles[0]), Roles: roles, Password: passphrase}); err != nil {
				o.t.Fatal(err)
			}
		}
		f(o, []*desk{o.anonymous(), o.signIn("alles@stadt.example"), o.signIn("schutz@stadt.example"), o.signIn("konto@stadt.example")})
	})
}

// link is an address of the site, as a page names it.
var shape = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f-]{27}|[0-9a-f]{16,}|\d+`)

// formOf is one form of a page.
type formOf struct {
	page, method, action string
	node                 *html.Node
}

// look reads every page of the town once for each shape of address, and collects forms and the parameters addresses carry.
func (d *desk) look(start ...string) (forms []formOf, addresses []string) {
	d.t.Helper()
	queue, seen, kinds := start, map[string]bool{}, map[string]bool{}
	for len(queue) > 0 && len(seen) < 400 {
		at := queue[0]
		queue = queue[1:]
		u, err := url.Parse(at)
		if err != nil || u.Host != "" || !strings.HasPrefix(at, "/") || strings.HasPrefix(at, "//") {
			continue
		}
		keys := slices.Sorted(func(yield func(string) bool) {
			for k := range u.Query() {
				if !yield(k) {
					return
				}
			}
		})
		kind := shape.ReplaceAllString(u.Path, "#") + "?" + strings.Join(keys, "&")
		if seen[kind] || strings.HasPrefix(u.Path, "/static/") || strings.HasPrefix(u.Path, "/atlas/export") || strings.HasPrefix(u.Path, "/abmelden") {
			continue
		}
		seen[kind] = true
		p := d.get(at)
		if p.code >= 500 {
			d.t.Errorf("%s: %d", at, p.code)
		}
		if p.location != "" {
			queue = append(queue, p.location)
		}
		if p.code != 200 || !strings.Contains(p.header.Get("Content-Type"), "text/html") {
			continue
		}
		addresses = append(addresses, at)
		n, err := html.Parse(strings.NewReader(p.body))
		if err != nil {
			d.t.Fatal(err)
		}
		for e := range n.Descendants() {
			switch e.Data {
			case "a":
				queue = append(queue, strings.SplitN(attribute(e, "href"), "#", 2)[0])
			case "form":
				f := formOf{page: at, method: strings.ToUpper(attribute(e, "method")), action: attribute(e, "action"), node: e}
				if f.action == "" {
					f.action = at
				}
				var names []string
				for x := range e.Descendants() {
					names = append(names, attribute(x, "name"))
				}
				f.action = strings.TrimPrefix(f.action, "/en")
				kind := f.method + shape.ReplaceAllString(f.action, "#") + strings.Join(names, " ")
				if !kinds[kind] && !endsWork(f.action) {
					kinds[kind] = true
					forms = append(forms, f)
				}
			}
		}
	}
	return forms, addresses
}

// endsWork tells a form that would end the work of one of the people who try the others.
func endsWork(action string) bool {
	return slices.ContainsFunc([]string{"/abmelden", "/sperren", "/passwort"}, func(s string) bool { return strings.Contains(action, s) })
}

func attribute(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

// fill gives what the browser would send with value typed into every field; choices stay as they are unless forge is set.
func (f formOf) fill(value string, forge bool) url.Values {
	v := url.Values{}
	for e := range f.node.Descendants() {
		name := attribute(e, "name")
		if name == "" {
			continue
		}
		switch e.Data {
		case "textarea":
			v.Set(name, value)
		case "select":
			if forge {
				v.Set(name, value)
				continue
			}
			for o := range e.Descendants() {
				if o.Data == "option" && attribute(o, "value") != "" {
					v.Set(name, attribute(o, "value"))
				}
			}
		case "input":
			switch kind := attribute(e, "type"); {
			case kind == "hidden" && !forge, kind == "file":
				v.Set(name, attribute(e, "value"))
			case (kind == "checkbox" || kind == "radio") && !forge:
				v.Set(name, attribute(e, "value"))
			default:
				v.Set(name, value)
			}
		case "button":
			if v.Get(name) == "" {
				v.Set(name, attribute(e, "value"))
			}
		}
	}
	return v
}

// harmless checks an answer to hostile input: no failure of the program, no markup made of text, no header smuggled in, nowhere else to go.
func harmless(t *testing.T, what string, p paper, took time.Duration) {
	t.Helper()
	if p.code >= 500 || took > 20*time.Second {
		t.Errorf("%s: %d after %s: %.300s", what, p.code, took, p.text())
	}
	if strings.Contains(p.header.Get("Content-Type"), "text/html") {
		if n, err := html.Parse(strings.NewReader(p.body)); err == nil {
			for e := range n.Descendants() {
				href := strings.ToLower(strings.TrimSpace(attribute(e, "href")))
				if e.Data == "kf-mark" || strings.HasPrefix(href, "javascript:") || strings.HasPrefix(href, "//") ||
					attribute(e, "onmouseover") != "" || attribute(e, "onload") != "" {
					t.Errorf("%s: text became markup: <%s %v>", what, e.Data, e.Attr)
				}
			}
		}
	}
	for k, list := range p.header {
		if strings.Contains(strings.Join(list, " "), "kf-mark") && k != "Location" {
			t.Errorf("%s: header %s: %v", what, k, list)
		}
	}
	if u, err := url.Parse(p.location); err != nil || u.Host != "" || strings.HasPrefix(p.location, "//") || strings.HasPrefix(p.location, `/\`) {
		t.Errorf("%s: leads to %s", what, p.location)
	}
}

func TestEveryFormBearsEveryBadInput(t *testing.T) {
	hostileTown(t, func(o *office, desks []*desk) {
		tried := 0
		for _, d := range desks {
			forms, _ := d.look("/", "/arbeit", "/anmelden", "/konto", "/arbeit/benutzer", "/arbeit/stadt")
			for _, f := range forms {
				for _, name := range sortedNames(hostile) {
					for _, forge := range []bool{false, true} {
						if forge && !slices.Contains([]string{"F01 script", "F05 SQL", "F14 no UTF-8", "F24 not offered", "A11 page", "A05 large integer"}, name) {
							continue
						}
						v := f.fill(hostile[name], forge)
						start := time.Now()
						var p paper
						if f.method == "POST" {
							p = d.postForm(f.action, v)
						} else {
							base, _, _ := strings.Cut(f.action, "?")
							if len(v.Encode()) > 30000 {
								continue
							}
							p = d.get(base + "?" + v.Encode())
						}
						harmless(o.t, fmt.Sprintf("%s of %s (%s), forged %v", f.action, f.page, name, forge), p, time.Since(start))
						tried++
					}
				}
			}
			if os.Getenv("HOSTILE_FORMS") != "" {
				for _, f := range forms {
					o.t.Logf("%s %s on %s", f.method, f.action, f.page)
				}
			}
		}
		if tried < 500 {
			o.t.Errorf("only %d inputs tried", tried)
		}
		// What was stored on the way shows as text wherever it turns up.
		for _, d := range []*desk{o.anonymous(), desks[1], desks[2]} {
			_, addresses := d.look("/", "/arbeit", "/en/arbeit", "/arbeit/benutzer")
			for _, at := range addresses {
				harmless(o.t, "afterwards "+at, d.get(at), 0)
			}
		}
	})
}

func sortedNames[V any](m map[string]V) []string {
	names := make([]string, 0, len(m))
	for n := range m {
		names = append(names, n)
	}
	slices.Sort(names)
	return names
}

// parametric are the values tried in addresses. Control characters are not among them: they would end the request before anything else is tried.
var parametric = []string{"F01 script", "F02 out of an attribute", "F05 SQL", "A11 page", "A12 column", "A05 large integer", "another place"}

func TestEveryParameterOfEveryPageBearsBadInput(t *testing.T) {
	hostileTown(t, func(o *office, desks []*desk) {
		for _, d := range desks[:2] {
			_, addresses := d.look("/", "/arbeit", "/atlas", "/vergleich")
			parameters := map[string]bool{"meldung": true, "weiter": true, "sprache": true, "seite": true, "sort": true, "per_page": true, "fields": true, "token": true}
			for _, at := range addresses {
				if u, err := url.Parse(at); err == nil {
					for k := range u.Query() {
						parameters[k] = true
					}
				}
			}
			pages := map[string]bool{}
			for _, at := range addresses {
				u, err := url.Parse(at)
				if err != nil || pages[shape.ReplaceAllString(u.Path, "#")] {
					continue
				}
				pages[shape.ReplaceAllString(u.Path, "#")] = true
				// Every parameter gets every value, spread over a few requests.
				names := sortedNames(parameters)
				for shift := range parametric {
					q := url.Values{}
					for i, k := range names {
						q.Set(k, hostile[parametric[(i+shift)%len(parametric)]])
					}
					start := time.Now()
					harmless(o.t, fmt.Sprintf("%s?%.300s", u.Path, q.Encode()), d.get(u.EscapedPath()+"?"+q.Encode()), time.Since(start))
				}
			}
		}
	})
}
