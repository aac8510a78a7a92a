// SPDX-License-Identifier: EUPL-1.2

package app_test

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/app"
	"github.com/kupferfaden/kupferfaden/internal/trail"
)

// acts remembers which tables a program writes, to see whether what it did is in the audit trail.
type acts struct {
	mu     sync.Mutex
	tables []string
	told   bool
}

// watched finds the acts of a program in a test.
var watched sync.Map // *app.App to *acts

var writes = regexp.MustCompile(`(?is)^\s*(?:insert into|update|delete from)\s+(\w+)(.*)`)

// silent are tables whose change is no act of a person, each with the reason.
var silent = map[string]string{
	"session":        "that somebody is signed in, not what was done",
	"job":            "what follows from an act",
	"tenant":         "only where the count of changes is moved; names and settings are told apart below",
	"outbox":         "mail that follows from an act",
	"audit_entry":    "the trail itself",
	"audit_head":     "the trail itself",
	"slice_state":    "counted anew from figures",
	"signin_failure": "wrong guesses are counted, nothing is done",
	"signin_device":  "the browser a person used, kept with the sign-in itself",
}

func (a *acts) note(query string, _ []any) {
	m := writes.FindStringSubmatch(query)
	if m == nil {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	table, rest := strings.ToLower(m[1]), strings.ToLower(m[2])
	switch {
	case table == "audit_entry":
		a.told = true
	case table == "tenant" && !strings.Contains(rest, "stamp = stamp + 1"), silent[table] == "":
		if !slices.Contains(a.tables, table) {
			a.tables = append(a.tables, table)
		}
	}
}

// untold gives the tables written since the last call, nothing where the trail tells of an act.
func (a *acts) untold() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	tables, told := a.tables, a.told
	a.tables, a.told = nil, false
	if told {
		return nil
	}
	return tables
}

// changesNothing are routes that write without an act, each with the reason.
var changesNothing = map[string]string{
	"POST /konto/anmeldung/app":                        "makes a seed that opens nothing before its first code is confirmed, which is the act",
	"POST /arbeit/eingang/zahlen/{id}/uebernehmen":     "the act is the delivery, which several clicks or a job in the background make once",
	"POST /arbeit/eingang/zahlen/{id}":                 "keeps what a form holds until the file is taken, which is an act",
	"POST /arbeit/eingang/zahlen/{id}/pruefung":        "keeps what a form holds until the file is taken, which is an act",
	"POST /arbeit/eingang/raeume/{id}":                 "keeps what a form holds until the file is taken, which is an act",
	"POST /arbeit/eingang/raeume/{id}/pruefung":        "keeps what a form holds until the file is taken, which is an act",
	"POST /arbeit/datenschutz/auskunft/{id}/erstellen": "begins what was asked for and agreed to, which are acts; fetching it is one again",
	"POST /arbeit/lieferungen/{id}/neu-einlesen":       "puts the kept file of a delivery back on the table; taking it is the act",
}

// watching wraps the pages of a test: whatever is sent and changes something must leave an entry in the audit trail.
func watching(t *testing.T, a *app.App, h http.Handler) http.Handler {
	v, ok := watched.Load(a)
	if !ok {
		t.Fatal("the acts of this program are not watched")
	}
	w := v.(*acts)
	patterns := http.NewServeMux()
	for _, r := range a.Mux(app.WebOptions{}).Routes() {
		patterns.HandleFunc(r.Pattern, func(http.ResponseWriter, *http.Request) {})
	}
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet || r.Method == http.MethodHead {
			h.ServeHTTP(rw, r)
			return
		}
		w.untold()
		code := &status{ResponseWriter: rw, code: http.StatusOK}
		h.ServeHTTP(code, r)
		_, pattern := patterns.Handler(r)
		if tables := w.untold(); len(tables) > 0 && code.code < 400 && changesNothing[pattern] == "" {
			t.Errorf("%s %s (%d) changed %v and left no entry in the audit trail", r.Method, pattern, code.code, tables)
		}
	})
}

// status remembers what was answered.
type status struct {
	http.ResponseWriter
	code int
}

func (s *status) WriteHeader(code int) {
	s.code = code
	s.ResponseWriter.WriteHeader(code)
}

func (s *status) Unwrap() http.ResponseWriter { return s.ResponseWriter }

// noNames looks for addresses of the test's people in the audit trail.
func noNames(t *testing.T, a *app.App, who access.Actor) {
	t.Helper()
	entries, _, err := a.Trail.Find(t.Context(), who, trail.Filter{}, 0, 10_000)
	if err != nil {
		return // the test took the database away
	}
	for _, e := range entries {
		for k, v := range e.Note {
			if strings.Contains(v, "@") || strings.Contains(v, ".example") {
				t.Errorf("the trail names an address: %s %s %s", e.What, k, v)
			}
		}
	}
}

// TestTheWatchFindsAnActThatIsNotTold proves that the watch over the pages of all tests can fail.
func TestTheWatchFindsAnActThatIsNotTold(t *testing.T) {
	a := &acts{}
	a.note("insert into delivery (tenant_id) values ($1)", nil)
	if got := a.untold(); !slices.Equal(got, []string{"delivery"}) {
		t.Errorf("%v", got)
	}
	a.note("insert into delivery (tenant_id) values ($1)", nil)
	a.note("insert into audit_entry (tenant_id) values ($1)", nil)
	a.note("update tenant set stamp = stamp + 1 where tenant_id = $1", nil)
	if got := a.untold(); got != nil {
		t.Errorf("told, and yet %v", got)
	}
	a.note("update tenant set stamp = stamp + 1 where tenant_id = $1", nil)
	a.note("delete from session where tenant_id = $1", nil)
	if got := a.untold(); got != nil {
		t.Errorf("no act, and yet %v", got)
	}
}
