// SPDX-License-Identifier: EUPL-1.2

package voteweb_test

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/kupferfaden/kupferfaden/internal/platform/db"
	"github.com/kupferfaden/kupferfaden/internal/platform/db/dbtest"
	"github.com/kupferfaden/kupferfaden/internal/testdata"
	"github.com/kupferfaden/kupferfaden/internal/vote"
	"github.com/kupferfaden/kupferfaden/stat/ballot"
)

func TestGroupCodesAndDisabledCodes(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		x := open(t, d)
		set, code, err := x.s.Codes.Make(ctx, x.staff, vote.CodeSet{Kind: vote.GroupCode, Process: "park", Name: "Klasse 8b", Area: "quartier/01", Most: 2}, 0)
		x.must(err)
		of := vote.Scope{Process: "park"}
		for range 2 {
			if g, err := x.s.Codes.Redeem(ctx, x.id, of, code, ""); err != nil || g.Name != "Klasse 8b" || g.Area != "quartier/01" || g.Key != "" {
				t.Errorf("%+v %v", g, err)
			}
		}
		if _, err := x.s.Codes.Redeem(ctx, x.id, of, code, ""); key(err) != "vote.code.wrong" {
			t.Errorf("a third use of two: %v", err)
		}
		if _, err := x.s.Codes.Check(ctx, x.id, vote.Scope{Process: "platz"}, code); key(err) != "vote.code.wrong" {
			t.Errorf("in another process: %v", err)
		}
		_, _, err = x.s.Codes.Print(ctx, x.staff, set.ID)
		if key(err) != "vote.set.printed" {
			t.Errorf("a group code is not kept: %v", err)
		}
		letters, _, err := x.s.Codes.Make(ctx, x.staff, vote.CodeSet{Kind: vote.LetterCode, Process: "park", Name: "Briefe"}, 3)
		x.must(err)
		_, list, err := x.s.Codes.Print(ctx, x.staff, letters.ID)
		x.must(err)
		if _, err := x.s.Codes.Redeem(ctx, x.id, of, list[0].Code, "support 1"); err != nil {
			t.Error(err)
		}
		if _, err := x.s.Codes.Redeem(ctx, x.id, of, list[0].Code, "support 1"); key(err) != "vote.code.used" {
			t.Errorf("once for each purpose: %v", err)
		}
		if _, err := x.s.Codes.Redeem(ctx, x.id, of, list[0].Code, "support 2"); err != nil {
			t.Error(err)
		}
		x.must(x.s.Codes.Disable(ctx, x.staff, letters.ID, list[1].Number))
		if _, err := x.s.Codes.Check(ctx, x.id, of, list[1].Code); key(err) != "vote.code.wrong" {
			t.Errorf("a disabled code: %v", err)
		}
		x.must(x.s.Codes.Forget(ctx, x.staff, letters.ID))
		if _, _, err := x.s.Codes.Print(ctx, x.staff, letters.ID); key(err) != "vote.set.printed" {
			t.Errorf("the seed is still there: %v", err)
		}
		if _, err := x.s.Codes.Check(ctx, x.id, of, list[2].Code); err != nil {
			t.Errorf("a printed code: %v", err)
		}
	})
}

func TestGuessingCodesHasToWait(t *testing.T) {
	x := open(t, dbtest.SQLite(t))
	x.round(vote.Round{Rules: ballot.Rules{Method: ballot.Approval}, Eligibility: vote.Code}, 0, 0)
	last := 0
	for range 30 {
		last = x.post(path+"/pruefen", "", url.Values{"code": {vote.NewCode()}, "o0": {"1"}}).Code
	}
	if last != http.StatusTooManyRequests {
		t.Errorf("the thirtieth guess: %d", last)
	}
}

// Every real file is taken, its recount equals what it publishes, and greedy that stops gives the published winners.
func TestRealElectionsAreTaken(t *testing.T) {
	dir := testdata.Dir(t)
	list, err := filepath.Glob(filepath.Join(dir, "pabulib", "*.pb"))
	if err != nil || len(list) < 9 {
		t.Fatal(list, err)
	}
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		x := open(t, d)
		for _, name := range list {
			f, err := os.Open(name)
			x.must(err)
			got, err := x.s.ImportPabulib(t.Context(), x.staff, filepath.Base(name), "", ballot.Rule{Counting: ballot.GreedyStop}, f)
			x.must(err)
			f.Close()
			if len(got.Differences) > 0 || got.Ballots == 0 {
				t.Errorf("%s: %d ballots, %v", name, got.Ballots, got.Differences)
			}
			if got.Published != nil && (len(got.Agrees) == 0 || got.Agrees[0].Counting != ballot.GreedyStop) {
				t.Errorf("%s: %v agree with the published selection", name, got.Agrees)
			}
			if w := x.get("/abstimmung/"+got.Round.Key+"/ergebnis", "staff"); w.Code != 200 {
				t.Errorf("%s: the page of its result: %d", name, w.Code)
			}
		}
		f, err := os.Open(list[0])
		x.must(err)
		defer f.Close()
		if _, err := x.s.ImportPabulib(t.Context(), x.staff, filepath.Base(list[0]), "noch-einmal", ballot.Rule{}, f); key(err) != "vote.import.twice" {
			t.Errorf("the same file twice: %v", err)
		}
	})
}

// A file of 120,000 ballots is read as a stream: what is held in memory are the identifiers of voters and the different ballots.
func TestManyBallotsAreStreamed(t *testing.T) {
	x := open(t, dbtest.SQLite(t))
	const n = 120_000
	r, w := io.Pipe()
	go func() {
		fmt.Fprintf(w, "META\nkey;value\nnum_votes;%d\nbudget;100\nvote_type;approval\nPROJECTS\nproject_id;cost;name\na;60;A\nb;40;B\nc;50;C\nVOTES\nvoter_id;vote\n", n)
		for i := range n {
			fmt.Fprintf(w, "%d;%s\n", i, []string{"a", "a,b", "c", "b,c"}[i%4])
		}
		w.Close()
	}()
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	got, err := x.s.ImportPabulib(t.Context(), x.staff, "gross.pb", "", ballot.Rule{}, r)
	x.must(err)
	runtime.GC()
	runtime.ReadMemStats(&after)
	if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); got.Ballots != n || x.rows("vote_cast") != n || grown > 20<<20 {
		t.Errorf("%d ballots, %d bytes kept", got.Ballots, grown)
	}
	if w := x.get("/abstimmung/gross/stimmen.pb", "staff"); w.Code != 200 || strings.Count(w.Body.String(), "\n") < n {
		t.Errorf("the file back: %d", w.Code)
	}
}

func BenchmarkVotesThroughTheHandler(b *testing.B) {
	for _, engine := range []struct {
		name string
		open func(testing.TB) *db.DB
	}{{"sqlite", dbtest.SQLite}, {"postgres", dbtest.Postgres}} {
		b.Run(engine.name, func(b *testing.B) {
			x := open(b, engine.open(b))
			r := x.round(vote.Round{Rules: ballot.Rules{Method: ballot.Approval}, Eligibility: vote.Code}, 0, 0, 0)
			codes := x.letters(r, "", 5000)
			b.SetParallelism(100)
			var mu sync.Mutex
			n := 0
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					mu.Lock()
					code := codes[n%len(codes)].Code
					n++
					mu.Unlock()
					if w := x.post(path, "", url.Values{"code": {code}, "o1": {"1"}, "o2": {"1"}}); w.Code != 200 {
						b.Errorf("%d", w.Code)
					}
				}
			})
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "votes/s")
		})
	}
}
