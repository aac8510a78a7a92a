// SPDX-License-Identifier: EUPL-1.2

package visiondb_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/platform/db"
	"github.com/kupferfaden/kupferfaden/internal/platform/db/dbtest"
	"github.com/kupferfaden/kupferfaden/internal/vision"
	"github.com/kupferfaden/kupferfaden/internal/vision/visiondb"
)

// town is a town with the service on a database, and a clock to turn.
type town struct {
	*vision.Service
	t       *testing.T
	db      *db.DB
	planner access.Actor
	citizen access.Actor
	guest   access.Actor
	at      time.Time
	told    []vision.News
	second  error
}

func (x *town) Tell(_ context.Context, _ kernel.ID, n vision.News) error {
	x.told = append(x.told, n)
	return nil
}

func (x *town) Second(context.Context, access.Actor, access.Matter) error { return x.second }

func (x *town) Voter(_ context.Context, _ kernel.ID, _, code string) (string, error) {
	if !strings.HasPrefix(code, "gut") {
		return "", &kernel.Error{Kind: kernel.Invalid, Key: "vision.invalid", Fields: map[string]string{"code": "vision.code.wrong"}}
	}
	return code, nil
}

// towns runs a test in a town of each engine with the text "leitbild", open for amendments.
func towns(t *testing.T, f func(x *town)) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		tenant := kernel.NewID()
		err := d.Tx(t.Context(), func(ctx context.Context) error {
			_, err := d.Conn(ctx).ExecContext(ctx, `insert into tenant (tenant_id, key, name, fictional, settings, created_at) values ($1, 'stadt', '{"de":"Stadt"}', true, '{}', $2)`, tenant, kernel.InstantOf(time.Now()))
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		x := &town{
			t: t, db: d, at: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC), guest: access.Anonymous(tenant),
			planner: access.Actor{Tenant: tenant, Person: kernel.NewID(), Roles: []access.Role{access.Planner}},
			citizen: access.Actor{Tenant: tenant, Person: kernel.NewID(), Roles: []access.Role{access.Citizen}},
		}
		x.Service = &vision.Service{
			Store: &visiondb.Store{DB: d}, Tx: d, Now: func() time.Time { return x.at }, Mail: x, FourEyes: x, Codes: x,
			Touch: func(ctx context.Context, tenant kernel.ID) error { return d.Touch(ctx, tenant) },
		}
		_, err = x.Create(t.Context(), x.planner, vision.Text{Key: "leitbild", Kind: vision.Leitbild, Title: kernel.T("Leitbild", "Vision"), Opens: kernel.InstantOf(x.at)})
		x.must(err)
		x.must(x.Publish(t.Context(), x.planner, "leitbild", true))
		f(x)
	})
}

func (x *town) must(err error) {
	x.t.Helper()
	if err != nil {
		x.t.Fatalf("%v %v", err, errors.Unwrap(err))
	}
}

func (x *town) doc() *vision.Doc {
	x.t.Helper()
	d, err := x.Doc(x.t.Context(), x.planner, "leitbild")
	x.must(err)
	return d
}

// words are the German words of the working text.
func (x *town) words() (out []string) {
	x.t.Helper()
	for _, p := range x.doc().Live(nil) {
		out = append(out, p.Body["de"])
	}
	return out
}

func (x *town) add(texts ...string) (ids []kernel.ID) {
	x.t.Helper()
	for _, s := range texts {
		live := x.doc().Live(nil)
		after := kernel.ID("")
		if len(live) > 0 {
			after = live[len(live)-1].ID
		}
		p, err := x.Add(x.t.Context(), x.planner, "leitbild", after, vision.Paragraph{Kind: vision.Body, Body: kernel.Text{"de": s}})
		x.must(err)
		ids = append(ids, p.ID)
	}
	return ids
}

func (x *town) paragraph(id kernel.ID) vision.Paragraph {
	x.t.Helper()
	p, ok := x.doc().Paragraph(id)
	if !ok {
		x.t.Fatal("no paragraph")
	}
	return p
}

// write edits a paragraph in German.
func (x *town) write(id kernel.ID, text string) {
	x.t.Helper()
	p := x.paragraph(id)
	p.Body = kernel.Text{"de": text}
	x.must(x.Write(x.t.Context(), x.planner, "leitbild", p.Edit, p, ""))
}

// propose submits an amendment as a guest and lets the moderation admit it.
func (x *town) propose(id kernel.ID, kind vision.AmendmentKind, want string) int {
	x.t.Helper()
	edit := 0
	if id != "" {
		edit = x.paragraph(id).Edit
	}
	r, err := x.Submit(x.t.Context(), x.guest, "leitbild", vision.Proposal{Paragraph: id, Edit: edit, Kind: kind, Lang: "de", Want: want, Reason: "Darum."})
	x.must(err)
	x.step(r.Number, vision.Admitted, "")
	return r.Number
}

// step takes an amendment on.
func (x *town) step(n int, to vision.State, outcome string) {
	x.t.Helper()
	a, err := x.Amendment(x.t.Context(), x.planner, "leitbild", n)
	x.must(err)
	step := vision.Step{Number: n, Edit: a.Edit, To: to, Reason: "Gut begründet.", Rule: "offtopic", Decider: "Redaktionsgruppe", On: "2026-02-28"}
	if to == vision.Modified {
		step.Outcome, step.OutcomeBase = outcome, x.doc().Today(a)
	}
	x.must(x.Judge(x.t.Context(), x.planner, "leitbild", step))
}

func (x *town) incorporate() (int, *vision.Consolidation) {
	x.t.Helper()
	c, err := x.Consolidated(x.t.Context(), x.planner, "leitbild")
	x.must(err)
	n, err := x.Incorporate(x.t.Context(), x.planner, "leitbild", c.Mark())
	x.must(err)
	return n, c
}

func equal(t *testing.T, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Fatalf("%q, want %q", got, want)
	}
}

func TestEditingIsNeverBlockedByOpenAmendments(t *testing.T) {
	towns(t, func(x *town) {
		ids := x.add("Wir wollen eine Stadt für alle.", "Kinder wachsen gut auf.")
		replace := x.propose(ids[0], vision.Replace, "Wir wollen eine offene Stadt für alle.")
		clash := x.propose(ids[1], vision.Replace, "Kinder wachsen gesund auf.")
		gone := x.propose(ids[1], vision.Delete, "")
		x.write(ids[0], "Wir alle wollen eine Stadt für alle.")
		x.write(ids[1], "Kinder wachsen sicher auf.")
		for _, n := range []int{replace, clash, gone} {
			x.step(n, vision.Accepted, "")
		}
		n, c := x.incorporate()
		if n != 1 || c.Conflicts() != 2 {
			t.Errorf("%d became part of the text, %d conflicts", n, c.Conflicts())
		}
		equal(t, x.words(), []string{"Wir alle wollen eine offene Stadt für alle.", "Kinder wachsen sicher auf."})
		x.step(clash, vision.Modified, "Kinder wachsen sicher und gesund auf.")
		x.step(gone, vision.Rejected, "")
		x.incorporate()
		equal(t, x.words(), []string{"Wir alle wollen eine offene Stadt für alle.", "Kinder wachsen sicher und gesund auf."})
		list, err := x.Wordings(t.Context(), x.planner, "leitbild", ids[1])
		x.must(err)
		if len(list) != 3 {
			t.Errorf("%d wordings", len(list))
		}
	})
}

func TestAmendmentsFollowSplitAndMergedParagraphs(t *testing.T) {
	towns(t, func(x *town) {
		ids := x.add("Eins ist hier. Zwei ist dort.", "Drei kommt dazu.")
		second := x.propose(ids[0], vision.Replace, "Eins ist hier. Zwei ist ganz dort.")
		third := x.propose(ids[1], vision.Replace, "Drei kommt gern dazu.")
		x.must(x.Split(t.Context(), x.planner, "leitbild", ids[0], 1, kernel.Text{"de": "Eins ist hier.\n\nZwei ist dort."}))
		equal(t, x.words(), []string{"Eins ist hier.", "Zwei ist dort.", "Drei kommt dazu."})
		part := x.doc().Live(nil)[1]
		if part.Parent != ids[0] {
			t.Errorf("the second part does not know where it is from: %+v", part)
		}
		x.must(x.Merge(t.Context(), x.planner, "leitbild", part.ID, part.Edit))
		equal(t, x.words(), []string{"Eins ist hier.", "Zwei ist dort. Drei kommt dazu."})
		for _, n := range []int{second, third} {
			x.step(n, vision.Accepted, "")
		}
		if n, c := x.incorporate(); n != 2 {
			t.Errorf("%d of 2, %+v", n, c.Standings)
		}
		equal(t, x.words(), []string{"Eins ist hier.", "Zwei ist ganz dort. Drei kommt gern dazu."})
		if p := x.doc().Live(nil); p[0].ID != ids[0] || p[1].ID != part.ID {
			t.Error("ids have changed")
		}
	})
}

func TestNewAndDroppedParagraphs(t *testing.T) {
	towns(t, func(x *town) {
		ids := x.add("Eins.", "Zwei.", "Drei.")
		begin := x.propose("", vision.Insert, "Vorweg.")
		behind := x.propose(ids[1], vision.Insert, "Zwei a.\n\nZwei b.")
		gone := x.propose(ids[0], vision.Delete, "")
		for _, n := range []int{behind, gone, begin} {
			x.step(n, vision.Accepted, "")
		}
		c, err := x.Consolidated(t.Context(), x.guest, "leitbild")
		x.must(err)
		if got := len(c.Paragraphs); got != 5 {
			t.Errorf("the preview has %d paragraphs", got)
		}
		x.incorporate()
		equal(t, x.words(), []string{"Vorweg.", "Zwei.", "Zwei a.", "Zwei b.", "Drei."})
		if n, _ := x.incorporate(); n != 0 {
			t.Error("an amendment became part of the text twice")
		}
		x.must(x.Restore(t.Context(), x.planner, "leitbild", ids[0]))
		if got := x.words(); !slices.Contains(got, "Eins.") {
			t.Errorf("%q", got)
		}
	})
}

func TestTwoEditorsOfOneParagraph(t *testing.T) {
	towns(t, func(x *town) {
		id := x.add("Alt.")[0]
		p := x.paragraph(id)
		x.write(id, "Neu.")
		p.Body = kernel.Text{"de": "Anders."}
		if err := x.Write(t.Context(), x.planner, "leitbild", p.Edit, p, ""); kernel.KindOf(err) != kernel.Conflict {
			t.Errorf("the second one is not told: %v", err)
		}
		equal(t, x.words(), []string{"Neu."})
	})
}

func TestSupportCountsOnce(t *testing.T) {
	towns(t, func(x *town) {
		n := x.propose(x.add("Eins.")[0], vision.Replace, "Zwei.")
		var wait sync.WaitGroup
		for i := range 200 {
			wait.Go(func() {
				code := ""
				by := x.citizen
				if i%2 == 1 {
					by, code = x.guest, "gut 1"
				}
				if _, err := x.Support(context.Background(), by, "leitbild", n, code); err != nil {
					t.Error(err)
				}
			})
		}
		wait.Wait()
		a, err := x.Amendment(t.Context(), x.guest, "leitbild", n)
		x.must(err)
		if a.Supports != 2 {
			t.Errorf("one account and one code count %d", a.Supports)
		}
		x.must(x.Unsupport(t.Context(), x.citizen, "leitbild", n, ""))
		x.must(x.Unsupport(t.Context(), x.citizen, "leitbild", n, ""))
		if a, _ = x.Amendment(t.Context(), x.guest, "leitbild", n); a.Supports != 1 {
			t.Errorf("taken back: %d", a.Supports)
		}
		if _, err := x.Support(t.Context(), x.guest, "leitbild", n, "schlecht"); kernel.KindOf(err) != kernel.Invalid {
			t.Errorf("a wrong code: %v", err)
		}
		if _, err := x.Support(t.Context(), x.guest, "leitbild", n, ""); kernel.KindOf(err) != kernel.Unauthenticated {
			t.Errorf("without account and code: %v", err)
		}
		x.step(n, vision.Rejected, "")
		if _, err := x.Support(t.Context(), x.guest, "leitbild", n, "gut 2"); kernel.KindOf(err) != kernel.Conflict {
			t.Errorf("after the decision: %v", err)
		}
	})
}

func TestTheReceiptShowsTheStateAndTakesBack(t *testing.T) {
	towns(t, func(x *town) {
		id := x.add("Eins.")[0]
		r, err := x.Submit(t.Context(), x.guest, "leitbild", vision.Proposal{Paragraph: id, Edit: 1, Kind: vision.Replace, Lang: "de", Want: "Zwei.", Reason: "Darum."})
		x.must(err)
		a, key, err := x.ByCode(t.Context(), x.guest, " "+strings.ToLower(r.Code)+" ")
		x.must(err)
		if key != "leitbild" || a.State != vision.Submitted || a.Number != r.Number {
			t.Errorf("%s %+v", key, a)
		}
		if list, _ := x.Amendments(t.Context(), x.guest, "leitbild"); len(list) != 0 {
			t.Error("public before the moderation saw it")
		}
		for _, wrong := range []string{"", "AAAA-AAAA-AAA", r.Code[:11] + "X"} {
			if _, _, err := x.ByCode(t.Context(), x.guest, wrong); kernel.KindOf(err) != kernel.Invalid && wrong != r.Code {
				t.Errorf("%q: %v", wrong, err)
			}
		}
		x.must(x.Withdraw(t.Context(), x.guest, r.Code))
		if err := x.Withdraw(t.Context(), x.guest, r.Code); kernel.KindOf(err) != kernel.Conflict {
			t.Errorf("taken back twice: %v", err)
		}
	})
}

func TestAmendmentsAreTakenInTheirTimeOnly(t *testing.T) {
	towns(t, func(x *town) {
		id := x.add("Eins.")[0]
		x.must(x.Save(t.Context(), x.planner, "leitbild", x.doc().Text.Edit, func(t *vision.Text) { t.Closes = kernel.InstantOf(x.at.Add(time.Hour)) }))
		p := vision.Proposal{Paragraph: id, Edit: 1, Kind: vision.Replace, Lang: "de", Want: "Zwei.", Reason: "Darum."}
		x.at = x.at.Add(time.Hour - time.Second)
		if _, err := x.Submit(t.Context(), x.guest, "leitbild", p); err != nil {
			t.Error(err)
		}
		x.at = x.at.Add(time.Second)
		if _, err := x.Submit(t.Context(), x.guest, "leitbild", p); kernel.KindOf(err) != kernel.Conflict {
			t.Errorf("a second too late: %v", err)
		}
	})
}

func TestAnAdoptedVersionStaysForEver(t *testing.T) {
	towns(t, func(x *town) {
		ctx := t.Context()
		ids := x.add("Wir wollen eine Stadt für alle.", "Kinder zuerst.")
		x.propose(ids[0], vision.Replace, "Anders.")
		r := vision.Resolution{Key: "leitbild", Edit: x.doc().Mark(), Body: "Rat der Stadt", On: "2026-02-20", Reference: "DS 12/2026"}
		if _, err := x.Adopt(ctx, x.citizen, r); kernel.KindOf(err) != kernel.Denied {
			t.Errorf("a citizen adopts: %v", err)
		}
		x.second = kernel.E(kernel.Conflict, "approval.waiting")
		if _, err := x.Adopt(ctx, x.planner, r); !errors.Is(err, x.second) {
			t.Errorf("without the second person: %v", err)
		}
		x.second = nil
		n, err := x.Adopt(ctx, x.planner, r)
		x.must(err)
		before, err := x.Version(ctx, x.guest, "leitbild", n)
		x.must(err)
		if !before.Genuine() || before.Kind != vision.Adopted || len(before.Content.Paragraphs) != 2 {
			t.Fatalf("%+v", before)
		}
		x.write(ids[0], "Etwas anderes.")
		if _, err := x.Adopt(ctx, x.planner, r); kernel.KindOf(err) != kernel.Invalid { // a reason is asked for from the second version on
			t.Errorf("without a reason: %v", err)
		}
		r.Reason = "Neuer Beschluss."
		if _, err := x.Adopt(ctx, x.planner, r); kernel.KindOf(err) != kernel.Conflict {
			t.Errorf("what nobody read was adopted: %v", err)
		}
		r.Edit = x.doc().Mark()
		second, err := x.Adopt(ctx, x.planner, r)
		x.must(err)
		after, err := x.Version(ctx, x.guest, "leitbild", n)
		x.must(err)
		if second != 2 || after.Hash != before.Hash || after.Content.Paragraphs[0].Body["de"] != "Wir wollen eine Stadt für alle." {
			t.Errorf("version %d, %+v", second, after)
		}
		for _, q := range []string{
			`update vision_version set content = '{}' where tenant_id = $1`, `delete from vision_version where tenant_id = $1`,
			`update vision_wording set body = '{}' where tenant_id = $1`, `delete from vision_wording where tenant_id = $1`,
		} {
			err := x.db.Tx(ctx, func(ctx context.Context) error {
				_, err := x.db.Conn(ctx).ExecContext(ctx, q, x.planner.Tenant)
				return err
			})
			if err == nil {
				t.Errorf("%s went through", q)
			}
		}
		if err := x.Publish(ctx, x.planner, "leitbild", false); kernel.KindOf(err) != kernel.Conflict {
			t.Errorf("a text with versions was hidden: %v", err)
		}
		if len(x.told) != 2 || x.told[1].Version == nil {
			t.Errorf("told of %d", len(x.told))
		}
	})
}

func TestWhoSupportedIsToldOfTheDecision(t *testing.T) {
	towns(t, func(x *town) {
		n := x.propose(x.add("Eins.")[0], vision.Replace, "Zwei.")
		_, err := x.Support(t.Context(), x.citizen, "leitbild", n, "")
		x.must(err)
		x.step(n, vision.Recommended, "")
		x.step(n, vision.Accepted, "")
		if len(x.told) != 1 || !slices.Equal(x.told[0].Accounts, []kernel.ID{x.citizen.Person}) {
			t.Errorf("%+v", x.told)
		}
	})
}

func TestLinesAloneCanBeChanged(t *testing.T) {
	towns(t, func(x *town) {
		long := strings.TrimSpace(strings.Repeat("Wort und noch ein Wort steht hier. ", 8))
		id := x.add(long)[0]
		r, err := x.Submit(t.Context(), x.guest, "leitbild", vision.Proposal{Paragraph: id, Edit: 1, Kind: vision.Replace, Lang: "de", LineFrom: 2, LineTo: 2, Want: "Eine andere Zeile.", Reason: "Darum."})
		x.must(err)
		a, err := x.Amendment(t.Context(), x.planner, "leitbild", r.Number)
		x.must(err)
		if a.LineFrom != 2 || !strings.Contains(a.Want, "Eine andere Zeile.") || len(a.Want) < 150 || a.Base != long {
			t.Errorf("%+v", a)
		}
		_, err = x.Submit(t.Context(), x.guest, "leitbild", vision.Proposal{Paragraph: id, Edit: 1, Kind: vision.Replace, Lang: "de", LineFrom: 2, LineTo: 99, Want: "x", Reason: "Darum."})
		var k *kernel.Error
		if !errors.As(err, &k) || k.Fields["lines"] == "" {
			t.Errorf("%v", err)
		}
	})
}

// BenchmarkText is the page of a text of 40 paragraphs with 200 amendments, as far as the database and the rules are concerned.
func BenchmarkText(b *testing.B) {
	d := dbtest.SQLite(b)
	tenant := kernel.NewID()
	ctx := b.Context()
	planner := access.Actor{Tenant: tenant, Person: kernel.NewID(), Roles: []access.Role{access.Planner}}
	s := &vision.Service{Store: &visiondb.Store{DB: d}, Tx: d}
	err := d.Tx(ctx, func(ctx context.Context) error {
		_, err := d.Conn(ctx).ExecContext(ctx, `insert into tenant (tenant_id, key, name, fictional, settings, created_at) values ($1, 'stadt', '{"de":"Stadt"}', true, '{}', $2)`, tenant, kernel.InstantOf(time.Now()))
		if err != nil {
			return err
		}
		if _, err := s.Create(ctx, planner, vision.Text{Key: "leitbild", Kind: vision.Leitbild, Title: kernel.T("Leitbild", ""), Opens: kernel.InstantOf(time.Now().Add(-time.Hour))}); err != nil {
			return err
		}
		if err := s.Publish(ctx, planner, "leitbild", true); err != nil {
			return err
		}
		after := kernel.ID("")
		for i := range 40 {
			text := strings.Repeat(fmt.Sprintf("Absatz %d sagt, was die Stadt in diesem Feld will und wie sie es tut. ", i), 6)
			p, err := s.Add(ctx, planner, "leitbild", after, vision.Paragraph{Kind: vision.Body, Body: kernel.Text{"de": text}})
			if err != nil {
				return err
			}
			after = p.ID
			for n := range 5 {
				want := strings.Replace(p.Body["de"], "die Stadt", fmt.Sprintf("unsere Stadt %d", n), n+1)
				r, err := s.Submit(ctx, planner, "leitbild", vision.Proposal{Paragraph: p.ID, Edit: 1, Kind: vision.Replace, Lang: "de", Want: want, Reason: "Darum."})
				if err != nil {
					return err
				}
				for edit, to := range []vision.State{vision.Admitted, vision.Accepted} {
					if err := s.Judge(ctx, planner, "leitbild", vision.Step{Number: r.Number, Edit: edit + 1, To: to, Reason: "Gut.", Decider: "Rat", On: "2026-01-01"}); err != nil {
						return err
					}
				}
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	b.ResetTimer()
	for b.Loop() {
		c, err := s.Consolidated(ctx, planner, "leitbild")
		if err != nil || len(c.Standings) != 200 {
			b.Fatal(err)
		}
	}
}

func TestWordsAreKeptWithoutWhatNobodySees(t *testing.T) {
	towns(t, func(x *town) {
		id := x.add("Eins.")[0]
		p := vision.Proposal{Paragraph: id, Edit: 1, Kind: vision.Replace, Lang: "de", Want: "Zwei\u202e iewZ.", Reason: "Da\u2066rum.\x00", Pseudonym: "An\u202ena"}
		r, err := x.Submit(t.Context(), x.guest, "leitbild", p)
		x.must(err)
		a, err := x.Amendment(t.Context(), x.planner, "leitbild", r.Number)
		x.must(err)
		if a.Want != "Zwei iewZ." || a.Reason != "Darum." || a.Pseudonym != "Anna" {
			t.Errorf("%q %q %q", a.Want, a.Reason, a.Pseudonym)
		}
		p.Want, p.Reason = "\u200b\u3164", "\u00a0\u200b"
		_, err = x.Submit(t.Context(), x.guest, "leitbild", p)
		var wrong *kernel.Error
		if !errors.As(err, &wrong) || wrong.Fields["want"] == "" || wrong.Fields["reason"] == "" {
			t.Errorf("blanks alone: %v", err)
		}
		if _, err := x.Add(t.Context(), x.planner, "leitbild", "", vision.Paragraph{Kind: vision.Body, Body: kernel.Text{"de": "\u202e\u3164"}}); kernel.KindOf(err) != kernel.Invalid {
			t.Errorf("an empty paragraph: %v", err)
		}
	})
}

func TestTheWorkingGroupIsToldAndAnAuthorOfBeingHidden(t *testing.T) {
	towns(t, func(x *town) {
		member, other := kernel.NewID(), kernel.NewID()
		x.Members = func(_ context.Context, _ kernel.ID, group string) ([]kernel.ID, error) {
			return map[string][]kernel.ID{"ag-wohnen": {member, x.citizen.Person}, "redaktion": {other}}[group], nil
		}
		d := x.doc()
		x.must(x.Save(t.Context(), x.planner, "leitbild", d.Edit, func(t *vision.Text) { t.Team = "redaktion" }))
		id := x.add("Eins.")[0]
		author := x.citizen
		author.Held = []access.Holding{{Role: access.GroupMember, In: access.Context{Kind: access.InGroup, Key: "ag-wohnen"}}}
		r, err := x.Submit(t.Context(), author, "leitbild", vision.Proposal{Paragraph: id, Edit: 1, Kind: vision.Replace, Lang: "de", Want: "Zwei.", Reason: "Darum.", Team: "ag-wohnen"})
		x.must(err)
		x.step(r.Number, vision.Rejected, "")
		want := []kernel.ID{member, other, x.citizen.Person}
		slices.Sort(want)
		if len(x.told) != 1 || !slices.Equal(x.told[0].Accounts, want) {
			t.Fatalf("%+v, want %v", x.told, want)
		}
		_, err = x.Issue(t.Context(), x.planner, "leitbild", "Zur Beratung")
		x.must(err)
		if len(x.told) != 2 || !slices.Equal(x.told[1].Accounts, want) {
			t.Fatalf("of a version: %+v", x.told)
		}
		r, err = x.Submit(t.Context(), x.citizen, "leitbild", vision.Proposal{Paragraph: id, Edit: 1, Kind: vision.Replace, Lang: "de", Want: "Kauft bei mir.", Reason: "Darum."})
		x.must(err)
		x.step(r.Number, vision.Hidden, "")
		if len(x.told) != 3 || !slices.Equal(x.told[2].Accounts, []kernel.ID{x.citizen.Person}) || x.told[2].Amendment.Rule != "offtopic" {
			t.Errorf("of being hidden: %+v", x.told[2:])
		}
	})
}

func TestOnlyAPublicContributionCanBeCited(t *testing.T) {
	towns(t, func(x *town) {
		x.Contribution = func(_ context.Context, _ kernel.ID, number string) (bool, error) {
			return number == "B-2026-00017", nil
		}
		id := x.add("Eins.")[0]
		cite := func(number string) error {
			p := x.paragraph(id)
			p.Cites = []vision.Cite{{Ref: kernel.Ref{Kind: "contribution", ID: kernel.ID(number)}}}
			return x.Write(t.Context(), x.planner, "leitbild", p.Edit, p, "")
		}
		if err := cite("B-2026-99999"); kernel.KindOf(err) != kernel.Invalid {
			t.Errorf("a contribution nobody knows: %v", err)
		}
		x.must(cite("B-2026-00017"))
		x.Contribution = func(context.Context, kernel.ID, string) (bool, error) { return false, nil }
		x.must(cite("B-2026-00017")) // what was cited stays
		if got := x.paragraph(id).Cites; len(got) != 1 || got[0].On != "2026-03-01" {
			t.Errorf("%+v", got)
		}
		grounds := func(a access.Actor, number string) []vision.Ground {
			t.Helper()
			list, err := x.Grounds(t.Context(), a, kernel.Ref{Kind: "contribution", ID: kernel.ID(number)})
			x.must(err)
			return list
		}
		if got := grounds(x.guest, "B-2026-00017"); len(got) != 1 || got[0].Paragraph.ID != id || got[0].Paragraph.Number != "1" || got[0].Adopted {
			t.Errorf("%+v", got)
		}
		if got := grounds(x.guest, "B-2026-0001_"); len(got) != 0 {
			t.Errorf("another number: %+v", got)
		}
		x.must(x.Publish(t.Context(), x.planner, "leitbild", false))
		if got := grounds(x.guest, "B-2026-00017"); len(got) != 0 {
			t.Errorf("a draft is told of: %+v", got)
		}
		x.must(x.Publish(t.Context(), x.planner, "leitbild", true))
		_, err := x.Adopt(t.Context(), x.planner, vision.Resolution{Key: "leitbild", Edit: x.doc().Mark(), Body: "Rat", On: "2026-02-28", Reference: "DS 1"})
		x.must(err)
		if got := grounds(x.guest, "B-2026-00017"); len(got) != 1 || !got[0].Adopted {
			t.Errorf("in force: %+v", got)
		}
	})
}
