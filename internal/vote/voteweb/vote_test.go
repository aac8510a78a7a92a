// SPDX-License-Identifier: EUPL-1.2

package voteweb_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/platform/db"
	"github.com/kupferfaden/kupferfaden/internal/platform/db/dbtest"
	"github.com/kupferfaden/kupferfaden/internal/platform/secret"
	"github.com/kupferfaden/kupferfaden/internal/tenant"
	"github.com/kupferfaden/kupferfaden/internal/tenant/tenantdb"
	"github.com/kupferfaden/kupferfaden/internal/vote"
	"github.com/kupferfaden/kupferfaden/internal/vote/votedb"
	"github.com/kupferfaden/kupferfaden/internal/vote/voteweb"
	"github.com/kupferfaden/kupferfaden/internal/web"
	"github.com/kupferfaden/kupferfaden/stat/ballot"
)

// town is a town with pages of voting; its clock stands until a test moves it.
type town struct {
	testing.TB
	db    *db.DB
	s     *vote.Service
	m     *web.Mux
	id    kernel.ID
	staff access.Actor
	mu    sync.Mutex
	at    time.Time
}

func (x *town) now() time.Time {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.at
}

func (x *town) later(d time.Duration) {
	x.mu.Lock()
	x.at = x.at.Add(d)
	x.mu.Unlock()
}

type towns []web.Tenant

func (t towns) Tenants(context.Context) ([]web.Tenant, error) { return t, nil }

// sessions signs in whom the cookie names.
type sessions struct{ staff access.Actor }

func (s sessions) Load(_ web.Tenant, next http.Handler) http.Handler { return next }

func (s sessions) Actor(r *http.Request, t web.Tenant) (access.Actor, error) {
	c, err := r.Cookie("who")
	switch {
	case err != nil:
		return access.Anonymous(t.ID), nil
	case c.Value == "staff":
		return s.staff, nil
	}
	return access.Actor{Tenant: t.ID, Person: kernel.ID(c.Value), Roles: []access.Role{access.Resident}}, nil
}

func open(tb testing.TB, d *db.DB) *town {
	tb.Helper()
	made, err := (&tenant.Service{Store: &tenantdb.Store{DB: d}}).Create(context.Background(), access.CommandLine(""), tenant.Tenant{Key: "eins", Name: kernel.T("Eins", "")})
	if err != nil {
		tb.Fatal(err)
	}
	box, err := secret.Open(tb.TempDir(), "")
	if err != nil {
		tb.Fatal(err)
	}
	x := &town{TB: tb, db: d, id: made.ID, staff: access.Actor{Tenant: made.ID, Person: kernel.NewID(), Roles: []access.Role{access.Planner}}, at: time.Date(2026, 5, 4, 10, 0, 0, 0, time.UTC)}
	place := func(_ context.Context, by access.Actor, _, _ string) (vote.Place, error) {
		return vote.Place{Object: access.Object{Tenant: by.Tenant, Visibility: access.Public}}, nil
	}
	store := &votedb.Store{DB: d}
	x.s = &vote.Service{Store: store, Tx: d, Now: x.now, Place: place, Codes: &vote.Codes{Store: store, Seal: box, Tx: d, Now: x.now, Place: place}}
	x.m = web.New(web.Options{Tenants: towns{{ID: made.ID, Key: "eins", Name: made.Name}}, Sessions: sessions{x.staff}, Log: slog.New(slog.DiscardHandler)})
	voteweb.Register(x.m, voteweb.Options{Service: x.s})
	return x
}

func (x *town) must(err error) {
	x.Helper()
	if err != nil {
		x.Fatal(err)
	}
}

// round makes a round over costs that runs for a day.
func (x *town) round(r vote.Round, costs ...int64) vote.Round {
	x.Helper()
	r.Title, r.Key = kernel.T("Was zuerst?", "What first?"), "was-zuerst"
	r.From, r.To = kernel.InstantOf(x.now()), kernel.InstantOf(x.now().Add(24*time.Hour))
	var list []vote.Option
	for i, c := range costs {
		list = append(list, vote.Option{Title: kernel.T(fmt.Sprintf("Vorschlag %d", i+1), ""), Cost: c})
	}
	made, err := x.s.CreateRound(context.Background(), x.staff, r, list)
	x.must(err)
	x.must(x.s.Fix(context.Background(), x.staff, made.Key))
	made, _, err = x.s.Get(context.Background(), x.staff, made.Key)
	x.must(err)
	return made
}

// letters makes n codes for a round.
func (x *town) letters(r vote.Round, area string, n int) []vote.Letter {
	x.Helper()
	set, _, err := x.s.Codes.Make(context.Background(), x.staff, vote.CodeSet{Kind: vote.LetterCode, Round: r.ID, Process: r.Process, Name: "Briefe", Area: area}, n)
	x.must(err)
	_, list, err := x.s.Codes.Print(context.Background(), x.staff, set.ID)
	x.must(err)
	return list
}

func (x *town) post(path, who string, v url.Values, cookies ...*http.Cookie) *httptest.ResponseRecorder {
	r := httptest.NewRequest("POST", "http://stadt.example"+path, strings.NewReader(v.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.RemoteAddr = "127.0.0.1:1000"
	if who != "" {
		r.AddCookie(&http.Cookie{Name: "who", Value: who})
	}
	for _, c := range cookies {
		r.AddCookie(c)
	}
	w := httptest.NewRecorder()
	x.m.ServeHTTP(w, r)
	return w
}

func (x *town) get(path, who string) *httptest.ResponseRecorder {
	r := httptest.NewRequest("GET", "http://stadt.example"+path, nil)
	r.RemoteAddr = "127.0.0.1:1000"
	if who != "" {
		r.AddCookie(&http.Cookie{Name: "who", Value: who})
	}
	w := httptest.NewRecorder()
	x.m.ServeHTTP(w, r)
	return w
}

func (x *town) rows(table string) int {
	x.Helper()
	n, err := db.Value[int](x.db.Conn(context.Background()).QueryRowContext(context.Background(), `select count(*) from `+table+` where tenant_id = $1`, x.id), "none")
	x.must(err)
	return n
}

var receipt = regexp.MustCompile(`kf-ballot__receipt">([0-9A-Z-]{13})<`)

const path = "/abstimmung/was-zuerst"

// 200 votes of one voter at the same moment are one vote, and the last of them holds.
func TestTwoHundredParallelVotesOfOneVoterCountOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		x := open(t, d)
		r := x.round(vote.Round{Rules: ballot.Rules{Method: ballot.Approval}, Eligibility: vote.Code}, 0, 0, 0)
		code := x.letters(r, "", 2)[0].Code
		var wg sync.WaitGroup
		start := make(chan struct{})
		for i := range 200 {
			wg.Go(func() {
				<-start
				if w := x.post(path, "", url.Values{"code": {strings.ToLower(code)}, "o" + fmt.Sprint(i%3): {"1"}}); w.Code != 200 {
					t.Errorf("vote %d: %d", i, w.Code)
				}
			})
		}
		close(start)
		wg.Wait()
		if b, v := x.rows("vote_ballot"), x.rows("vote"); b != 1 || v != 1 {
			t.Errorf("%d ballots with %d marks", b, v)
		}
		x.later(25 * time.Hour)
		x.must(x.s.Close(t.Context(), x.staff, r.Key))
		_, _, res, _, err := x.s.Result(t.Context(), x.staff, r.Key)
		if err != nil || res.Ballots != 1 || res.Ways[vote.Verified] != 1 {
			t.Errorf("%+v %v", res, err)
		}
	})
}

func TestAVoteASecondTooLateIsRefused(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		x := open(t, d)
		r := x.round(vote.Round{Rules: ballot.Rules{Method: ballot.Approval}, Eligibility: vote.Code}, 0, 0)
		codes := x.letters(r, "", 3)
		cast := func(i int) *httptest.ResponseRecorder {
			return x.post(path, "", url.Values{"code": {codes[i].Code}, "o0": {"1"}})
		}
		x.later(24*time.Hour - time.Second)
		if w := cast(0); w.Code != 200 {
			t.Errorf("a second before the end: %d", w.Code)
		}
		x.later(time.Second)
		if w := cast(1); w.Code != 422 || !strings.Contains(w.Body.String(), "Nach dem Ende wird keine Stimme mehr angenommen") {
			t.Errorf("at the end: %d", w.Code)
		}
		x.later(time.Second)
		if w := cast(0); w.Code != 422 {
			t.Errorf("changing a vote after the end: %d", w.Code)
		}
		x.must(x.s.Close(t.Context(), x.staff, r.Key))
		if w := cast(2); w.Code != 422 {
			t.Errorf("after the count: %d", w.Code)
		}
		if n := x.rows("vote_cast"); n != 1 {
			t.Errorf("%d ballots are counted", n)
		}
	})
}

func TestALetterCodeVotesChangesAndIsForgotten(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		x := open(t, d)
		r := x.round(vote.Round{Rules: ballot.Rules{Method: ballot.Points, Stock: 5, Each: 3}, Eligibility: vote.Code}, 0, 0)
		codes := x.letters(r, "quartier/01", 12)
		if w := x.get(path, ""); w.Code != 200 || !strings.Contains(w.Body.String(), "Bis zu 5 Punkte") && !strings.Contains(w.Body.String(), "bis zu 5 Punkte") {
			t.Errorf("the ballot: %d", w.Code)
		}
		for _, bad := range []url.Values{
			{"o0": {"1"}}, {"code": {"AAAA-BBBB-CC0"}, "o0": {"1"}}, {"code": {codes[0].Code}}, {"code": {codes[0].Code}, "o0": {"3"}, "o1": {"3"}}, {"code": {codes[0].Code}, "o0": {"4"}}, {"code": {codes[0].Code}, "o0": {"viel"}},
		} {
			if w := x.post(path+"/pruefen", "", bad); w.Code != 422 {
				t.Errorf("%v: %d", bad, w.Code)
			}
		}
		if w := x.post(path+"/pruefen", "", url.Values{"code": {codes[0].Code}, "o0": {"3"}, "o1": {"2"}}); w.Code != 200 || !strings.Contains(w.Body.String(), "Stimmt das so?") {
			t.Fatalf("the page that asks once more: %d", w.Code)
		}
		if n := x.rows("vote_ballot"); n != 0 {
			t.Errorf("%d votes before anybody confirmed", n)
		}
		first := x.post(path, "", url.Values{"code": {codes[0].Code}, "o0": {"3"}, "o1": {"2"}})
		second := x.post(path, "", url.Values{"code": {codes[0].Code}, "o1": {"1"}})
		a, b := receipt.FindStringSubmatch(first.Body.String()), receipt.FindStringSubmatch(second.Body.String())
		if a == nil || b == nil || a[1] == b[1] || !strings.Contains(second.Body.String(), "frühere Stimme ist damit ersetzt") {
			t.Fatalf("receipts %v %v", a, b)
		}
		look := func(code string) int { return x.post(path+"/quittung", "", url.Values{"receipt": {code}}).Code }
		if look(a[1]) != 422 || look(b[1]) != 200 {
			t.Error("the first receipt holds, or the second does not")
		}
		for _, c := range codes[1:] {
			x.post(path, "", url.Values{"code": {c.Code}, "o0": {"1"}})
		}
		n, err := x.s.AddPaper(ctx, x.staff, r.Key, vote.PaperBallot{Batch: "Urne 1", Marks: []ballot.Mark{{Option: 1, Value: 3}}})
		x.must(err)
		extra, err := x.s.AddPaper(ctx, x.staff, r.Key, vote.PaperBallot{Batch: "Urne 1", Marks: []ballot.Mark{{Option: 1, Value: 3}}})
		x.must(err)
		x.must(x.s.VoidPaper(ctx, x.staff, r.Key, extra, "vertippt"))
		if n != 1 || extra != 2 {
			t.Errorf("paper ballots %d, %d", n, extra)
		}
		if err := x.s.Close(ctx, x.staff, r.Key); key(err) != "vote.running" {
			t.Errorf("closing while it runs: %v", err)
		}
		x.later(25 * time.Hour)
		x.must(x.s.Close(ctx, x.staff, r.Key))
		r, _, res, _, err := x.s.Result(ctx, x.staff, r.Key)
		x.must(err)
		if res.Ballots != 13 || res.Options[0].Score != 11 || res.Options[1].Score != 4 || res.Options[1].Ways[vote.Paper].Score != 3 || res.Ways[vote.Verified] != 12 {
			t.Errorf("%+v", res)
		}
		// The one paper ballot has no area, so that those of the only area are not shown apart: it could be worked out.
		if len(res.Areas) != 0 {
			t.Errorf("areas: %+v", res.Areas)
		}
		for _, table := range []string{"vote_box", "vote_ballot", "vote", "vote_paper"} {
			if n := x.rows(table); n != 0 {
				t.Errorf("%s still has %d rows", table, n)
			}
		}
		if r.Proof.Keys != 12 || r.Proof.Receipts != 12 || r.Proof.Ballots != 13 || len(r.Proof.Hash) != 64 {
			t.Errorf("%+v", r.Proof)
		}
		if look(b[1]) != 200 {
			t.Error("the receipt of a counted vote is not known")
		}
		// Nobody but staff sees it before it is public; then it can be counted again from the file.
		if w := x.get(path+"/ergebnis", ""); !strings.Contains(w.Body.String(), "noch nicht veröffentlicht") || strings.Contains(w.Body.String(), "Gewählt") {
			t.Error("the result is public too early")
		}
		if w := x.get(path+"/stimmen.csv", ""); w.Code != 404 {
			t.Errorf("the ballots are public too early: %d", w.Code)
		}
		x.must(x.s.Publish(ctx, x.staff, vote.PublishArgs{Round: r.Key}))
		if w := x.get(path+"/ergebnis", ""); w.Code != 200 || !strings.Contains(w.Body.String(), "Vorschlag 1") || !strings.Contains(w.Body.String(), r.Proof.Hash) {
			t.Errorf("the result: %d", w.Code)
		}
		if sum := sha256.Sum256(x.get(path+"/stimmen.txt", "").Body.Bytes()); hex.EncodeToString(sum[:]) != r.Proof.Hash {
			t.Error("the lines have another checksum than the proof names")
		}
		p, err := ballot.OpenPabulib(x.get(path+"/stimmen.pb", "").Body)
		x.must(err)
		again, err := ballot.NewTally(p.Rules, p.Options())
		x.must(err)
		for v, err := range p.Voters() {
			x.must(err)
			x.must(again.Add(v.Marks))
		}
		if len(p.Differences(again)) != 0 || again.Ballots() != 13 {
			t.Errorf("the file counts otherwise: %v", p.Differences(again))
		}
		// A correction takes a ballot out, publicly, and counts anew.
		x.must(x.s.Correct(ctx, x.staff, vote.CorrectArgs{Round: r.Key, Ballots: []int64{1, 2}, Reason: "doppelt erfasst"}))
		if _, _, res, list, err := x.s.Result(ctx, x.staff, r.Key); err != nil || res.Ballots != 11 || res.Struck != 2 || len(list) != 1 || list[0].Ballots != 2 {
			t.Errorf("%+v %v %v", res, list, err)
		}
		if err := x.s.Correct(ctx, x.staff, vote.CorrectArgs{Round: r.Key, Ballots: []int64{2, 3}, Reason: "noch einmal"}); key(err) != "vote.correct.unknown" {
			t.Errorf("a ballot taken out twice: %v", err)
		}
	})
}

func key(err error) string {
	if e, ok := err.(*kernel.Error); ok { //nolint:errorlint // bare in these tests
		return e.Key
	}
	return fmt.Sprint(err)
}

var token = regexp.MustCompile(`name="pruefung" value="([^"]+)"`)

func TestAnOpenRoundCountsABrowserOnceAndSaysItIsUnverified(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		x := open(t, d)
		r := x.round(vote.Round{Rules: ballot.Rules{Method: ballot.Approval, Most: 1}, Eligibility: vote.Open}, 0, 0)
		w := x.post(path+"/pruefen", "", url.Values{"wahl": {"1"}})
		if w.Code != 200 || len(w.Result().Cookies()) != 1 || !strings.Contains(w.Body.String(), "ungeprüft") || token.FindString(w.Body.String()) == "" {
			t.Fatalf("%d %v", w.Code, w.Result().Cookies())
		}
		if w := x.post(path, "", url.Values{"wahl": {"1"}}, w.Result().Cookies()...); w.Code != 422 {
			t.Errorf("a form that nobody guarded: %d", w.Code)
		}
		voice := vote.Voice{Device: w.Result().Cookies()[0].Value}
		for range 2 {
			if _, err := x.s.Vote(t.Context(), access.Anonymous(x.id), r.Key, voice, []ballot.Mark{{Option: 1, Value: 1}}); err != nil {
				t.Error(err)
			}
		}
		if _, err := x.s.Vote(t.Context(), access.Anonymous(x.id), r.Key, vote.Voice{}, []ballot.Mark{{Option: 1, Value: 1}}); key(err) != "vote.cookie" {
			t.Errorf("without a cookie: %v", err)
		}
		// A resident with an account needs no code and is verified.
		if w := x.post(path, string(kernel.NewID()), url.Values{"wahl": {"0"}}); w.Code != 200 {
			t.Errorf("a resident: %d", w.Code)
		}
		n, err := x.s.Store.Turnout(t.Context(), x.id, r.ID)
		if err != nil || n[vote.Unverified] != 1 || n[vote.Verified] != 1 {
			t.Errorf("%v %v", n, err)
		}
	})
}

func TestOnlyResidentsVoteWhereAnAccountIsAskedFor(t *testing.T) {
	d := dbtest.SQLite(t)
	x := open(t, d)
	x.round(vote.Round{Rules: ballot.Rules{Method: ballot.Resistance}, Eligibility: vote.Account}, 0, 0)
	v := url.Values{"o0": {"0"}, "o1": {"10"}}
	if w := x.post(path, "", v); w.Code != 401 {
		t.Errorf("nobody: %d", w.Code)
	}
	if w := x.post(path, string(kernel.NewID()), url.Values{"o0": {"0"}}); w.Code != 422 {
		t.Errorf("a proposal without a value: %d", w.Code)
	}
	if w := x.post(path, string(kernel.NewID()), v); w.Code != 200 {
		t.Errorf("a resident: %d", w.Code)
	}
}

func TestNothingChangesOnceVotingHasBegun(t *testing.T) {
	x := open(t, dbtest.SQLite(t))
	r := x.round(vote.Round{Rules: ballot.Rules{Method: ballot.Approval}, Budget: 100, Rule: ballot.Rule{Counting: ballot.GreedyStop}, Eligibility: vote.Code}, 60, 50)
	ctx := t.Context()
	to := r
	to.Rule.Counting = ballot.GreedySkip
	if err := x.s.Save(ctx, x.staff, to); key(err) != "vote.begun" {
		t.Errorf("the counting rule: %v", err)
	}
	if err := x.s.SetOptions(ctx, x.staff, r.Key, []vote.Option{{Title: kernel.T("a", "")}, {Title: kernel.T("b", "")}}); key(err) != "vote.begun" {
		t.Errorf("the proposals: %v", err)
	}
	if _, _, _, _, err := x.s.Compare(ctx, x.staff, r.Key); key(err) != "vote.compare.running" {
		t.Errorf("an interim result: %v", err)
	}
	if w := x.post(path+"/pruefen", "", url.Values{"code": {x.letters(r, "", 1)[0].Code}, "o0": {"1"}, "o1": {"1"}}); w.Code != 422 || !strings.Contains(w.Body.String(), "1.10 €") {
		t.Errorf("more than the budget: %d", w.Code)
	}
}

func TestDraftsStayWithStaff(t *testing.T) {
	x := open(t, dbtest.SQLite(t))
	_, err := x.s.CreateRound(t.Context(), x.staff, vote.Round{Key: "entwurf", Title: kernel.T("Entwurf", ""), Rules: ballot.Rules{Method: ballot.Approval}, Eligibility: vote.Open}, nil)
	x.must(err)
	for _, p := range []string{"", "/ergebnis", "/quittung", "/stimmen.csv", "/stimmen.pb", "/stimmen.txt", "/bild/0"} {
		if w := x.get("/abstimmung/entwurf"+p, ""); w.Code != 404 {
			t.Errorf("%s: %d", p, w.Code)
		}
	}
	if w := x.post("/abstimmung/entwurf", "", url.Values{"o0": {"1"}}); w.Code != 404 {
		t.Errorf("voting on a draft: %d", w.Code)
	}
	if w := x.get("/abstimmung/entwurf", "staff"); w.Code != 200 {
		t.Errorf("staff: %d", w.Code)
	}
	if w := x.get("/abstimmung", ""); w.Code != 200 || strings.Contains(w.Body.String(), "Entwurf") {
		t.Errorf("the list: %d", w.Code)
	}
	if err := x.s.Fix(t.Context(), x.staff, "entwurf"); kernel.KindOf(err) != kernel.Invalid {
		t.Errorf("a round without dates and proposals is fixed: %v", err)
	}
}

// Every page of staff can be drawn at every stage.
func TestTheDeskOfARound(t *testing.T) {
	x := open(t, dbtest.SQLite(t))
	x.round(vote.Round{Rules: ballot.Rules{Method: ballot.Approval}, Budget: 100, Rule: ballot.Rule{Counting: ballot.EqualShares, Utility: ballot.CostUtility, Completion: ballot.AddOne}, Eligibility: vote.Open}, 60, 50)
	work := "/arbeit/abstimmungen/was-zuerst"
	for _, p := range []string{"/arbeit/abstimmungen", "/arbeit/abstimmungen/neu", "/arbeit/abstimmungen/import", "/arbeit/codes", work, work + "/angaben", work + "/vorschlaege", work + "/bilder", work + "/papier", work + "/festlegen", work + "/abbrechen", work + "/auszaehlen", work + "/veroeffentlichen", work + "/korrektur"} {
		if w := x.get(p, "staff"); w.Code != 200 {
			t.Errorf("%s: %d", p, w.Code)
		}
	}
	if w := x.post(work+"/papier", "staff", url.Values{"batch": {"Urne 1"}, "o0": {"1"}}); w.Code != 303 {
		t.Errorf("a paper ballot: %d", w.Code)
	}
	if w := x.get(work+"/papier?stapel=Urne+1&nummer=1", "staff"); !strings.Contains(w.Body.String(), "Stimmzettel 1 ist erfasst") {
		t.Errorf("the number for the paper: %d", w.Code)
	}
	x.later(25 * time.Hour)
	for _, p := range []string{"/auszaehlen", "/veroeffentlichen"} {
		if w := x.post(work+p, "staff", nil); w.Code != 303 {
			t.Errorf("%s: %d", p, w.Code)
		}
	}
	if w := x.get(work+"/auszaehlregeln", "staff"); w.Code != 200 || !strings.Contains(w.Body.String(), "Methode der gleichen Anteile") {
		t.Errorf("the rules side by side: %d", w.Code)
	}
	if w := x.get(path+"/ergebnis", ""); w.Code != 200 || !strings.Contains(w.Body.String(), "Peters, Pierczyński, Skowron") {
		t.Errorf("the result: %d", w.Code)
	}
	// A draft: made, filled and fixed through the pages.
	w := x.post("/arbeit/abstimmungen/neu", "staff", url.Values{"title": {"Spielplätze"}, "method": {"approval"}, "eligibility": {"open"}, "winners": {"1"}, "budget": {"1.250,50"}, "counting": {"greedy_skip"}, "from": {"2026-06-01T08:00"}, "to": {"2026-06-30T20:00"}})
	if w.Code != 303 || !strings.HasPrefix(w.Header().Get("Location"), "/arbeit/abstimmungen/spielplaetze/vorschlaege") {
		t.Fatalf("a new round: %d %s", w.Code, w.Header().Get("Location"))
	}
	work = "/arbeit/abstimmungen/spielplaetze"
	if w := x.post(work+"/vorschlaege", "staff", url.Values{"rows": {"2"}, "title0": {"Rutsche"}, "cost0": {"900"}, "title1": {"Schaukel"}, "cost1": {"400,50"}}); w.Code != 303 {
		t.Errorf("proposals: %d", w.Code)
	}
	if w := x.get(work+"/auszaehlregeln", "staff"); w.Code != 200 || !strings.Contains(w.Body.String(), "Beispielrechnung") {
		t.Errorf("the rules before the start: %d", w.Code)
	}
	if w := x.post(work+"/festlegen", "staff", nil); w.Code != 303 {
		t.Errorf("fixing: %d", w.Code)
	}
	made, options, err := x.s.Get(t.Context(), x.staff, "spielplaetze")
	if err != nil || made.Budget != 125050 || len(options) != 2 || options[1].Cost != 40050 || made.Stage(kernel.InstantOf(x.now())) != vote.Announced {
		t.Errorf("%+v %+v %v", made, options, err)
	}
}

func TestWhatIsVotedOnHasWordsPeopleCanSee(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		x := open(t, d)
		ctx := t.Context()
		r := vote.Round{Key: "leer", Title: kernel.T("\u200b\u3164\u202e", ""), Rules: ballot.Rules{Method: ballot.Approval}, Eligibility: vote.Open}
		two := []vote.Option{{Title: kernel.T("Eins\u202e", "")}, {Title: kernel.T("Zwei", "")}}
		if _, err := x.s.CreateRound(ctx, x.staff, r, two); kernel.KindOf(err) != kernel.Invalid {
			t.Errorf("a title nobody sees: %v", err)
		}
		r.Title = kernel.T("Was\u202e zuerst?", "")
		if _, err := x.s.CreateRound(ctx, x.staff, r, append(two, vote.Option{Title: kernel.T("\u3164", "")})); kernel.KindOf(err) != kernel.Invalid {
			t.Errorf("an option nobody sees: %v", err)
		}
		if _, err := x.s.CreateRound(ctx, x.staff, r, two); err != nil {
			t.Fatal(err)
		}
		r, options, err := x.s.Get(ctx, x.staff, "leer")
		if err != nil || r.Title.String() != "Was zuerst?" || options[0].Title.String() != "Eins" {
			t.Errorf("%q %q %v", r.Title, options[0].Title, err)
		}
	})
}

// Where first places decide, the split shows first places too: its columns add up to the whole.
func TestTheSplitOfFirstPlacesAddsUp(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		x := open(t, d)
		ctx := t.Context()
		r := x.round(vote.Round{Rules: ballot.Rules{Method: ballot.Ranking}, Winner: vote.Plurality, Eligibility: vote.Open}, 0, 0, 0)
		rank := func(order ...int) (out []ballot.Mark) {
			for i, o := range order {
				out = append(out, ballot.Mark{Option: o, Value: int64(i + 1)})
			}
			return out
		}
		for i, l := range x.letters(r, "", 3) {
			if _, err := x.s.Vote(ctx, access.Anonymous(x.id), r.Key, vote.Voice{Code: l.Code}, rank(i%2, 2)); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := x.s.AddPaper(ctx, x.staff, r.Key, vote.PaperBallot{Batch: "1", Marks: rank(2, 0)}); err != nil {
			t.Fatal(err)
		}
		x.later(25 * time.Hour)
		x.must(x.s.Close(ctx, x.staff, r.Key))
		_, _, res, _, err := x.s.Result(ctx, x.staff, r.Key)
		x.must(err)
		for i, want := range []int64{2, 1, 1} {
			var sum int64
			for _, n := range res.Options[i].Ways {
				sum += n.First
			}
			if res.Options[i].First != want || sum != want {
				t.Errorf("option %d: %d first places, %d in the split, want %d", i, res.Options[i].First, sum, want)
			}
		}
	})
}
