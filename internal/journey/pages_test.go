// SPDX-License-Identifier: EUPL-1.2

package journey_test

import (
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/kupferfaden/kupferfaden/internal/app"
	"github.com/kupferfaden/kupferfaden/internal/demo"
)

// crawl follows the links of a page within the site and returns one address for every shape of address: two profiles of the same level are one.
// Pages in the other language have a test of their own.
// Given prefixes of paths keep it within them.
func crawl(b *tab, start string, limit int, within ...string) []string {
	b.t.Helper()
	host, english := hostOf(start), strings.Contains(start, "/en/")
	seen := map[string]bool{}
	queue, pages := []string{start}, []string{}
	for len(queue) > 0 && len(pages) < limit {
		u := queue[0]
		queue = queue[1:]
		if key := shape(u); seen[key] {
			continue
		} else {
			seen[key] = true
		}
		b.open(u)
		pages = append(pages, u)
		for _, link := range strings.Fields(eval[string](b, `[...document.querySelectorAll("a[href]:not([download])")].map(a => a.href).join("\n")`)) {
			p, err := url.Parse(link)
			if err != nil || p.Host != host || strings.HasPrefix(p.Path, "/static/") || download.MatchString(p.Path) || strings.Contains(p.Path, "abmelden") ||
				english != (p.Path == "/en" || strings.HasPrefix(p.Path, "/en/")) ||
				len(within) > 0 && !slices.ContainsFunc(within, func(w string) bool { return strings.HasPrefix(p.Path, w) }) {
				continue
			}
			p.Fragment = ""
			queue = append(queue, p.String())
		}
	}
	return pages
}

var download = regexp.MustCompile(`\.(csv|xlsx|docx|geojson|svg|pdf|html|yaml|json|ics|atom|pb|zip)$|/(original|datei|download)$`)

// patterns finds the route of an address.
var patterns = sync.OnceValue(func() *http.ServeMux {
	m := http.NewServeMux()
	for _, r := range shared.app.Mux(app.WebOptions{}).Routes() {
		if !r.System {
			m.HandleFunc(r.Pattern, func(http.ResponseWriter, *http.Request) {})
		}
	}
	return m
})

// shape of an address: its route, query parameters by name only.
func shape(u string) string {
	p, err := url.Parse(u)
	if err != nil {
		return u
	}
	q := p.Query()
	if q.Get("sprache") == "leicht" { // a page in Leichte Sprache is looked at beside the ordinary one, filters of it are not
		q = url.Values{"leicht": nil}
	}
	names := slices.Sorted(maps.Keys(q))
	path := strings.TrimPrefix(p.Path, "/en")
	if path == "" {
		path = "/"
	}
	_, pattern := patterns().Handler(&http.Request{Method: http.MethodGet, Host: p.Host, URL: &url.URL{Path: path}})
	if pattern == "" {
		pattern = p.Path
	}
	return pattern + "?" + strings.Join(names, "&")
}

func hostOf(u string) string {
	p, err := url.Parse(u)
	if err != nil {
		return ""
	}
	return p.Host
}

// viewports and colour schemes every page is checked in.
var looks = []struct {
	name   string
	width  int64
	height int64
	dark   bool
}{{"desktop", 1280, 900, false}, {"phone, dark", 390, 844, true}}

func check(b *tab, pages []string) {
	b.t.Helper()
	for _, look := range looks {
		b.size(look.width, look.height)
		b.dark(look.dark)
		for _, p := range pages {
			b.open(p)
			b.axe(p + " (" + look.name + ")")
			if wide := eval[float64](b, "document.documentElement.scrollWidth - document.documentElement.clientWidth"); wide > 1 {
				b.t.Errorf("%s (%s): the page is %v pixels wider than the window", p, look.name, wide)
			}
			if look.dark {
				continue
			}
			if eval[string](b, "document.title") == "" {
				b.t.Errorf("%s has no title", p)
			}
			if n := eval[float64](b, "document.querySelectorAll('h1').length"); n != 1 {
				b.t.Errorf("%s has %v headings of the first level", p, n)
			}
			if eval[string](b, "document.querySelector('.kf-fiction')?.innerText ?? ''") == "" {
				b.t.Errorf("%s does not say that the town is fictional", p)
			}
		}
	}
}

func TestPublicPagesHaveNoAccessibilityViolation(t *testing.T) {
	k, b := kupferstadt(t), browser(t)
	pages := crawl(b, k.url+"/", 160)
	if len(pages) < 10 {
		t.Errorf("only %d pages are reachable from the start page: %v", len(pages), pages)
	}
	check(b, pages)
}

func TestEnglishPagesHaveNoAccessibilityViolation(t *testing.T) {
	k, b := kupferstadt(t), browser(t)
	pages := crawl(b, k.url+"/en/", 160)
	for _, p := range pages {
		b.open(p)
		if lang := eval[string](b, "document.documentElement.lang"); lang != "en" {
			t.Errorf("%s has lang %q", p, lang)
		}
		b.axe(p)
	}
}

func TestPlannerPagesHaveNoAccessibilityViolation(t *testing.T) {
	k, b := kupferstadt(t), browser(t)
	b.signIn(k)
	pages := crawl(b, k.url+"/arbeit", 300, "/arbeit")
	if len(pages) < 8 {
		t.Errorf("only %d planner pages: %v", len(pages), pages)
	}
	check(b, pages)
}

// What data protection, the administration, the statistics office, the council and citizens have beyond the planner's pages.
func TestPagesOfEveryRoleHaveNoAccessibilityViolation(t *testing.T) {
	k := kupferstadt(t)
	planner := browser(t)
	planner.signIn(k)
	seen := map[string]bool{}
	for _, p := range crawl(planner, k.url+"/arbeit", 300, "/arbeit") { // these have a test of their own
		seen[shape(p)] = true
	}
	for _, email := range []string{demo.DPOEmail, demo.AdminEmail, demo.StatisticsEmail, demo.CouncilEmail, demo.CitizenEmail} {
		b := browser(t)
		b.signInAs(k, email)
		var pages []string
		for _, p := range append(crawl(b, k.url+"/konto", 30, "/konto"), crawl(b, k.url+"/arbeit", 60, "/arbeit")...) {
			if key := shape(p); !seen[key] {
				seen[key] = true
				pages = append(pages, p)
			}
		}
		check(b, pages)
	}
	if !seen["GET /konto?"] {
		t.Errorf("pages seen: %v", seen)
	}
}
