// SPDX-License-Identifier: EUPL-1.2

package demo_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/analysis"
	"github.com/kupferfaden/kupferfaden/internal/app"
	"github.com/kupferfaden/kupferfaden/internal/demo"
	"github.com/kupferfaden/kupferfaden/internal/indicator"
	"github.com/kupferfaden/kupferfaden/internal/platform/db"
	"github.com/kupferfaden/kupferfaden/internal/platform/db/dbtest"
	"github.com/kupferfaden/kupferfaden/internal/release"
	"github.com/kupferfaden/kupferfaden/internal/tenant"
)

// statements remembers every statement of a town's life.
type statements struct {
	mu   sync.Mutex
	seen map[string]bool
}

func (s *statements) note(query string, _ []any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen[query] = true
}

// Architecture 7: every statement on tables of tenants names the tenant, from making the example town to reading its pages.
func TestEveryStatementOfTheExampleTownNamesItsTenant(t *testing.T) {
	for engine, url := range map[string]func(t *testing.T) string{"sqlite": func(*testing.T) string { return "" }, "postgres": func(t *testing.T) string { return dbtest.PostgresURL(t) }} {
		t.Run(engine, func(t *testing.T) {
			ctx := context.Background()
			s := &statements{seen: map[string]bool{}}
			a, err := app.Open(ctx, app.Config{DataDir: t.TempDir(), Database: url(t), Trace: s.note, Log: slog.New(slog.NewTextHandler(io.Discard, nil))})
			if err != nil {
				t.Fatal(err)
			}
			defer a.Close()
			made, err := demo.Make(ctx, a, tenant.Default, func(int, int) {})
			if err != nil {
				t.Fatal(err)
			}
			use(t, a, made)
			shared, err := db.SharedTables()
			if err != nil {
				t.Fatal(err)
			}
			if len(s.seen) < 30 {
				t.Errorf("only %d statements were seen", len(s.seen))
			}
			for q := range s.seen {
				if !dbtest.NamesTenant(q, shared) {
					t.Errorf("a statement does not name its tenant:\n%s", q)
				}
			}
		})
	}
}

// use reads, withdraws, releases, retracts and repeats what there is, and visits pages.
func use(t *testing.T, a *app.App, made demo.Made) {
	t.Helper()
	ctx := context.Background()
	who := a.Operator(made.Tenant)
	public, err := a.Gate.View(ctx, access.Anonymous(made.Tenant.ID), access.Public)
	if err != nil {
		t.Fatal(err)
	}
	offers, err := public.Offers(ctx)
	if err != nil || len(offers) == 0 {
		t.Fatalf("the example town publishes nothing: %v", err)
	}
	for _, o := range offers {
		if _, err := public.Figures(ctx, release.Query{Indicator: o.Indicator.Key, EditionID: o.EditionID}); err != nil {
			t.Errorf("%s: %v", o.Indicator.Key, err)
		}
	}
	runs, err := a.Analysis.Runs(ctx, public, "")
	if err != nil || len(runs) == 0 {
		t.Fatalf("no index is public: %v", err)
	}
	res, err := a.Analysis.Result(ctx, public, runs[0].ID)
	if err != nil || !slices.ContainsFunc(res.Outcomes, func(o analysis.Outcome) bool { return o.Index.Known() }) {
		t.Errorf("the newest index shows no value to the public: %v", err)
	}
	if same, err := a.Analysis.Repeat(ctx, who, runs[0].ID); err != nil || !same {
		t.Errorf("repeated: %v %v", same, err)
	}
	if err := a.Gate.Withdraw(ctx, who, release.RunKind, runs[0].ID, access.Public, "Probe"); err != nil {
		t.Error(err)
	}
	if _, err := a.Indicators.Check(ctx, who); err != nil {
		t.Error(err)
	}
	deliveries, err := a.Indicators.Deliveries(ctx, who)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.Indicators.Retract(ctx, who, deliveries[0].ID, "Probe"); err != nil {
		t.Error(err)
	}
	if list, err := a.Indicators.Slices(ctx, who, indicator.Filter{}); err != nil || len(list) == 0 {
		t.Error(err)
	}
	h, err := a.Handler(app.WebOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/", "/atlas", "/daten", "/raeume", "/berichte", "/anmelden", "/healthz", "/readyz"} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "http://127.0.0.1"+path, nil))
		if w.Code >= 500 {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
}
