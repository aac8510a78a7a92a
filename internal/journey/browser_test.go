// SPDX-License-Identifier: EUPL-1.2

package journey_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"github.com/kupferfaden/kupferfaden/internal/app"
	"github.com/kupferfaden/kupferfaden/internal/demo"
	"github.com/kupferfaden/kupferfaden/internal/doc/typst"
	"github.com/kupferfaden/kupferfaden/internal/tenant"
	"github.com/kupferfaden/kupferfaden/internal/testdata"
)

// town is the example town behind an HTTP server, made once for all journeys that only read.
type town struct {
	url  string
	made demo.Made
	app  *app.App
}

var (
	once   sync.Once
	shared town
	failed error
	clean  []func()
)

func TestMain(m *testing.M) {
	code := m.Run()
	for _, f := range clean {
		f()
	}
	os.Exit(code)
}

// kupferstadt serves the example town on a free port of 127.0.0.1.
func kupferstadt(t *testing.T) town {
	t.Helper()
	once.Do(func() {
		dir, err := os.MkdirTemp("", "journey-")
		if err != nil {
			failed = err
			return
		}
		shared, failed = start(dir)
		clean = append(clean, func() { os.RemoveAll(dir) })
	})
	if failed != nil {
		t.Fatal(failed)
	}
	return shared
}

func start(dir string) (town, error) {
	a, err := app.Open(context.Background(), app.Config{DataDir: dir, Serve: true, Log: slog.New(slog.DiscardHandler), Typesetter: typst.NewInProcess(typesetterCache())})
	if err != nil {
		return town{}, err
	}
	made, err := demo.Make(context.Background(), a, tenant.Default, func(int, int) {})
	if err != nil {
		return town{}, err
	}
	h, err := a.Handler(app.WebOptions{})
	if err != nil {
		return town{}, err
	}
	ctx, stop := context.WithCancel(context.Background())
	work := a.Work(ctx)
	s := httptest.NewServer(h)
	clean = append(clean, func() {
		s.Close()
		stop()
		<-work
		_ = a.Close()
	})
	return town{url: s.URL, made: made, app: a}, nil
}

// tab is a page of a headless Chromium.
type tab struct {
	t   *testing.T
	ctx context.Context
	off bool // the pages' own scripts are switched off
}

// pageTimeout is for one step, generous because CI has two busy cores.
const pageTimeout = 60 * time.Second

func browser(t *testing.T) *tab {
	t.Helper()
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if p, err := exec.LookPath(name); err == nil {
			path = p
			break
		}
	}
	if path == "" {
		if os.Getenv("REQUIRE_BROWSER") == "1" {
			t.Fatal("browser tests need Debian's package chromium")
		}
		t.Skip("browser tests need Debian's package chromium")
	}
	opts := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-sync", true), chromedp.Flag("disable-gpu", true), chromedp.UserDataDir(t.TempDir()))
	alloc, stopAlloc := chromedp.NewExecAllocator(context.Background(), opts...)
	ctx, stop := chromedp.NewContext(alloc)
	t.Cleanup(func() {
		stop()
		stopAlloc()
	})
	if err := chromedp.Do(ctx); err != nil { // start it outside any step's time
		t.Fatal(err)
	}
	b := &tab{t: t, ctx: ctx}
	b.dark(false)
	return b
}

// do runs steps within the time of one step.
func (b *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, pageTimeout)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		b.t.Fatal(err)
	}
}

// eval runs an expression in the page.
func eval[T any](b *tab, expression string) T {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, pageTimeout)
	defer cancel()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		b.t.Fatalf("%s: %v", short(expression), err)
	}
	return v
}

func short(s string) string {
	if len(s) > 120 {
		return s[:120] + "…"
	}
	return s
}

func (b *tab) open(u string) {
	b.t.Helper()
	b.do(chromedp.Navigate(u))
}

// where is the path and query of the page.
func (b *tab) where() string {
	b.t.Helper()
	u, err := url.Parse(eval[string](b, "location.href"))
	if err != nil {
		b.t.Fatal(err)
	}
	return u.RequestURI()
}

var axeSource = sync.OnceValues(func() (string, error) {
	src, err := os.ReadFile(filepath.Join(testdata.Module(), "node_modules", "axe-core", "axe.min.js"))
	return string(src), err
})

// axe fails the test for every violation on the page as it stands.
func (b *tab) axe(what string) {
	b.t.Helper()
	if b.off { // axe needs them; what the page would have done as it was read stays undone
		b.scripts(true)
		defer b.scripts(false)
	}
	src, err := axeSource()
	if err != nil {
		b.t.Fatalf("run make assets: %v", err)
	}
	if !eval[bool](b, "typeof axe !== 'undefined'") {
		eval[bool](b, src+";true")
	}
	report := eval[string](b, `axe.run(document, {resultTypes: ["violations"]}).then(r => r.violations.map(v =>
		v.id + ": " + v.nodes.slice(0, 3).map(n => n.target.join(" ") + " " + n.failureSummary.replace(/\s+/g, " ").slice(0, 200)).join(" | ")).join("\n"))`)
	if report != "" {
		b.t.Errorf("axe on %s:\n%s", what, report)
	}
}

// scheme emulates a colour scheme.
func (b *tab) size(width, height int64) {
	b.t.Helper()
	b.do(chromedp.EmulateViewport(width, height))
}

// signIn as the planner of the example town.
func (b *tab) signIn(k town) { b.signInAs(k, k.made.Email) }

// signInAs signs in one of the people of the example town.
func (b *tab) signInAs(k town, email string) {
	b.t.Helper()
	b.open(k.url + "/anmelden")
	eval[bool](b, fmt.Sprintf(`(document.querySelector("[name=email]").value=%q, document.querySelector("[name=password]").value=%q, true)`,
		email, k.made.Password))
	b.submit(`form[action$="/anmelden"] button`)
	if strings.Contains(b.where(), "/anmelden") {
		b.t.Fatalf("not signed in: %s", eval[string](b, "document.querySelector('main').innerText"))
	}
}

// submit clicks and waits for the next page.
func (b *tab) submit(selector string) {
	b.t.Helper()
	b.next(func() { b.do(chromedp.Click(chromedp.CSS(selector))) })
}

// next does something and waits for the page it leads to.
func (b *tab) next(act func()) {
	b.t.Helper()
	from := b.where()
	eval[bool](b, "window.__before = true")
	act()
	deadline := time.Now().Add(pageTimeout)
	for time.Now().Before(deadline) {
		ctx, cancel := context.WithTimeout(b.ctx, pageTimeout)
		fresh, err := chromedp.Run(ctx, chromedp.Evaluate[bool]("window.__before !== true && document.readyState === 'complete'"))
		cancel()
		if err == nil && fresh {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	b.t.Fatalf("no new page after %s", from)
}

// dark emulates the reader's preference for a colour scheme, and that for less movement.
func (b *tab) dark(on bool) {
	b.t.Helper()
	scheme := "light"
	if on {
		scheme = "dark"
	}
	b.do(chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		_, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"}},
		})
		return err
	}))
}

// typesetterCache keeps the compiled typesetter between runs of the tests.
func typesetterCache() string {
	d, err := os.UserCacheDir()
	if err != nil {
		d = os.TempDir()
	}
	return filepath.Join(d, "kupferfaden")
}
