// SPDX-License-Identifier: EUPL-1.2

package contributiondb_test

import (
	"bytes"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/kupferfaden/kupferfaden/internal/contribution"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// A moderator lets through the words he or she read: what its author changed meanwhile, the very first time too, is read again.
func TestNothingIsLetThroughInWordsNobodyRead(t *testing.T) {
	halls(t, func(x *hall) {
		ctx, mod := x.Context(), x.moderator()
		c, code := x.submit(x.guest(), idea("Mehr Bänke am Marktplatz"))
		w, _, err := x.m.Look(ctx, mod, c.Ref())
		if err != nil {
			x.Fatal(err)
		}
		if _, err := x.s.Correct(ctx, x.guest(), "", code, contribution.Edit{Text: "Mein Nachbar ist ein Dieb"}); err != nil {
			x.Fatal(err)
		}
		if _, err := x.m.Decide(ctx, mod, c.Ref(), contribution.Ruling{Kind: contribution.LetThrough, Seen: w.Contribution.Edit}); keyOf(err) != "contribution.edited" {
			x.Errorf("words nobody read are public: %v", err)
		}
		// At the same moment: whatever comes first, what is public was seen.
		for range 10 {
			c, code := x.submit(x.guest(), idea("Mehr Bänke am Marktplatz"))
			var wg sync.WaitGroup
			wg.Go(func() {
				_, _ = x.s.Correct(ctx, x.guest(), "", code, contribution.Edit{Text: "Mein Nachbar ist ein Dieb"})
			})
			wg.Go(func() {
				_, _ = x.m.Decide(ctx, mod, c.Ref(), contribution.Ruling{Kind: contribution.LetThrough, Seen: c.Edit})
			})
			wg.Wait()
			if got, err := x.s.Get(ctx, x.guest(), c.Number); err == nil && strings.Contains(got.Text, "Dieb") {
				x.Error("words nobody read are public")
			}
		}
	})
}

// A class speaks with one code: every child is heard, and the class is named on each.
func TestEveryChildOfAClassIsHeard(t *testing.T) {
	halls(t, func(x *hall) {
		for _, text := range []string{"Keine Schaukel", "Mehr Bäume", "Der Weg ist dunkel"} {
			c, _, err := x.s.SubmitYoung(x.Context(), x.id, contribution.Young{Process: "westend", Module: "ideen", Text: text, Group: "Klasse 5a · Nord"})
			if err != nil || c.Group() != "Klasse 5a · Nord" {
				x.Errorf("%q: %q %v", text, c.Group(), err)
			}
		}
	})
}

// Merging is no way around the moderation: what nobody let through stays inside, what was hidden stays hidden, and what was merged can still be
// reported, hidden and taken back.
func TestMergingIsNoWayAroundTheModeration(t *testing.T) {
	halls(t, func(x *hall) {
		ctx, mod := x.Context(), x.moderator()
		into := x.public(x.guest(), idea("Ein Zebrastreifen vor der Schule"))
		unread, code := x.submit(x.guest(), idea("Zebrastreifen, und mein Nachbar ist ein Dieb"))
		if err := x.s.Merge(ctx, mod, unread.Number, into.Number, "dasselbe"); err != nil {
			x.Fatal(err)
		}
		if _, err := x.s.Get(ctx, x.guest(), unread.Number); kernel.KindOf(err) != kernel.NotFound {
			x.Errorf("what nobody let through is public: %v", err)
		}
		list, _, err := x.s.List(ctx, x.guest(), contribution.Filter{States: []contribution.State{contribution.Published, contribution.Merged}})
		if err != nil || len(list) != 1 {
			x.Errorf("%d in the public table, want 1 (%v)", len(list), err)
		}
		if got, err := x.s.ByCode(ctx, x.guest(), code); err != nil || got.MergedIn != into.ID {
			x.Errorf("its receipt: %+v %v", got, err)
		}
		hidden := x.public(x.guest(), idea("Beleidigung"))
		x.decide(mod, hidden, contribution.Ruling{Kind: contribution.HideIt, Rule: 1, Message: "Bitte ohne Beleidigung."})
		if err := x.s.Merge(ctx, mod, hidden.Number, into.Number, "dasselbe"); keyOf(err) != "contribution.over" {
			x.Errorf("what was hidden comes back: %v", err)
		}

		anna := x.citizen("Anna")
		c := x.public(anna, idea("Zebrastreifen an der Schule, sagt Frau M."))
		if err := x.s.Merge(ctx, mod, c.Number, into.Number, "dasselbe"); err != nil {
			x.Fatal(err)
		}
		if err := x.m.Report(ctx, x.guest(), c.Ref(), contribution.NamesPeople, ""); err != nil {
			x.Errorf("it cannot be reported: %v", err)
		}
		d := x.decide(mod, c, contribution.Ruling{Kind: contribution.HideIt, Rule: 3, Message: "Bitte ohne Namen."})
		if x.state(c) != contribution.Hidden {
			x.Errorf("it is %s", x.state(c))
		}
		if err := x.m.Appeal(ctx, anna, c.Number, "", d.ID, "Frau M. bin ich."); err != nil {
			x.Fatal(err)
		}
		if err := x.m.DecideAppeal(ctx, x.moderator(), d.ID, true, "Das stimmt."); err != nil {
			x.Fatal(err)
		}
		if got, err := x.s.Get(ctx, x.guest(), c.Number); err != nil || got.State != contribution.Merged || got.MergedIn != into.ID {
			x.Errorf("after the objection: %s %v", got.State, err)
		}
		if _, err := x.s.Withdraw(ctx, anna, c.Number, ""); err != nil || x.state(c) != contribution.Withdrawn {
			x.Errorf("its author cannot take it back: %s %v", x.state(c), err)
		}
	})
}

// Nobody can decide about what its author took back: no report of it waits for ever.
func TestReportsOfWhatItsAuthorTookBackWaitNoLonger(t *testing.T) {
	halls(t, func(x *hall) {
		ctx, anna := x.Context(), x.citizen("Anna")
		c := x.public(anna, idea("Mehr Bänke am Marktplatz"))
		k, err := x.s.Say(ctx, anna, c.Number, "", "de", "Und zwar bald")
		if err != nil {
			x.Fatal(err)
		}
		if _, err := x.s.TurnComment(ctx, x.id, k.ID, contribution.Published); err != nil {
			x.Fatal(err)
		}
		comment := kernel.Ref{Kind: contribution.CommentSubject, ID: k.ID}
		for _, ref := range []kernel.Ref{c.Ref(), comment} {
			if err := x.m.Report(ctx, x.guest(), ref, contribution.Spam, ""); err != nil {
				x.Fatal(err)
			}
		}
		if err := x.s.RetractComment(ctx, anna, k.ID); err != nil {
			x.Fatal(err)
		}
		if _, err := x.m.Decide(ctx, x.moderator(), comment, contribution.Ruling{Kind: contribution.LetThrough}); keyOf(err) != "contribution.over" {
			x.Errorf("what was taken back is public again: %v", err)
		}
		if _, err := x.s.TurnComment(ctx, x.id, k.ID, contribution.Published); keyOf(err) != "contribution.over" {
			x.Errorf("what was taken back is public again: %v", err)
		}
		if _, err := x.s.Withdraw(ctx, anna, c.Number, ""); err != nil {
			x.Fatal(err)
		}
		list, err := x.m.Inbox(ctx, x.moderator(), contribution.InboxFilter{})
		if err != nil || len(list) != 0 {
			x.Errorf("%d wait for a decision nobody can make (%v)", len(list), err)
		}
	})
}

// What was hidden goes back to the moderation when its author changes it: it may be right now.
func TestWhatWasHiddenIsReadAgainWhenItsAuthorChangesIt(t *testing.T) {
	halls(t, func(x *hall) {
		c, code := x.submit(x.guest(), idea("Der Nachbar ist ein Trottel"))
		x.decide(x.moderator(), c, contribution.Ruling{Kind: contribution.HideIt, Rule: 1, Message: "Bitte ohne Beleidigung."})
		if _, err := x.s.Correct(x.Context(), x.guest(), "", code, contribution.Edit{Text: "Der Nachbar mäht sonntags"}); err != nil || x.state(c) != contribution.Checking {
			x.Errorf("%s %v", x.state(c), err)
		}
	})
}

// A word of danger to a child does not wait until somebody opens the inbox.
func TestTheModerationHearsAtOnceOfDangerToAChild(t *testing.T) {
	halls(t, func(x *hall) {
		ctx := x.Context()
		told := func() (n int) {
			for _, m := range x.post.sent {
				if m.Kind == "moderation.danger" {
					n++
					for _, v := range m.Params {
						if s, ok := v.(string); ok && strings.Contains(s, "Papa") {
							x.Errorf("the words are in the mail: %s", s)
						}
					}
				}
			}
			x.post.sent = nil
			return n
		}
		c, _, err := x.s.SubmitYoung(ctx, x.id, contribution.Young{Text: "Papa schlägt mich"})
		if err != nil || told() != 1 {
			x.Errorf("a child's word is told nobody (%v)", err)
		}
		x.public(x.guest(), idea("Mehr Bänke am Marktplatz"))
		if told() != 0 {
			x.Error("mail about benches")
		}
		anna := x.citizen("Anna")
		shown := x.public(anna, idea("Mehr Bänke"))
		if _, err := x.s.Say(ctx, anna, shown.Number, "", "de", "Nebenan ruft ein Kind, es hat Angst vor Papa"); err != nil || told() != 1 {
			x.Errorf("a comment's word is told nobody (%v)", err)
		}
		if err := x.m.Report(ctx, x.guest(), shown.Ref(), contribution.ChildAtRisk, ""); err != nil || told() != 1 {
			x.Errorf("a reader's word is told nobody (%v)", err)
		}
		_ = c
	})
}

// A form that is sent twice, by a double click or a page that is loaded anew, makes one contribution.
func TestAFormThatIsSentTwiceMakesOneContribution(t *testing.T) {
	each(t, func(x *town) {
		ctx := x.Context()
		for name, send := range map[string]func(d contribution.Draft) error{
			"a citizen": func(d contribution.Draft) error { _, _, err := x.s.Submit(ctx, x.citizen("Anna"), d); return err },
			"staff": func(d contribution.Draft) error {
				d.Channel = contribution.Letter
				_, _, err := x.s.Record(ctx, x.planner(), d, false)
				return err
			},
			"staff with a wall": func(d contribution.Draft) error {
				d.Channel = contribution.Workshop
				_, _, err := x.s.RecordEach(ctx, x.planner(), d, true, false)
				return err
			},
		} {
			before, err := x.s.Count(ctx, x.moderator(), contribution.Filter{})
			if err != nil {
				x.Fatal(err)
			}
			d := idea("Ein Brunnen für den Park")
			ok := false
			if d.ID, ok = x.s.OnceID(x.id, x.s.Once(x.id)); !ok {
				x.Fatal("a name of a form is not known again")
			}
			var wg sync.WaitGroup
			errs := make([]error, 4)
			for i := range errs {
				wg.Go(func() { errs[i] = send(d) })
			}
			wg.Wait()
			taken := slices.DeleteFunc(slices.Clone(errs), func(err error) bool { return keyOf(err) == "contribution.twice" })
			n, err := x.s.Count(ctx, x.moderator(), contribution.Filter{})
			if err != nil || n != before+1 || len(taken) != 1 || taken[0] != nil {
				x.Errorf("%s: %d kept, %v", name, n-before, errs)
			}
		}
		if _, ok := x.s.OnceID(x.id, string(kernel.NewID())+".abc"); ok {
			x.Error("a form nobody drew")
		}
	})
}

// A wall of cards is written down in one go, all cards or none.
func TestEveryCardOfAWallIsAContributionOfItsOwn(t *testing.T) {
	each(t, func(x *town) {
		ctx := x.Context()
		d := contribution.Draft{
			Process: "westend", Module: "ideen", Channel: contribution.Workshop, Title: "Wand", Text: "Mehr Bänke\n\n\nEin Brunnen\nim Park\n\nTempo 30",
			Files: []contribution.File{{ID: kernel.NewID(), Kind: contribution.Scan, Type: "application/pdf", SHA256: strings.Repeat("a", 64)}},
		}
		list, codes, err := x.s.RecordEach(ctx, x.planner(), d, true, true)
		if err != nil || len(list) != 3 || len(codes) != 3 || list[1].Text != "Ein Brunnen\nim Park" || list[1].Title != "Ein Brunnen" {
			x.Fatalf("%+v %v", list, err)
		}
		for i, c := range list {
			if got, err := x.s.ByCode(ctx, x.guest(), codes[i]); err != nil || got.Number != c.Number {
				x.Errorf("%v", err)
			}
			if scans, err := x.s.Scans(ctx, x.planner(), c); err != nil || len(scans) != 1 {
				x.Errorf("%d scans (%v)", len(scans), err)
			}
		}
		d.Text = "Mehr Bänke\n\nx"
		if _, _, err := x.s.RecordEach(ctx, x.planner(), d, true, true); fields(err) != "text" {
			x.Errorf("%v", err)
		}
		d.Text = strings.Repeat("Noch eine Karte\n\n", 61)
		if _, _, err := x.s.RecordEach(ctx, x.planner(), d, true, true); fields(err) != "text" {
			x.Errorf("%v", err)
		}
		if n, err := x.s.Count(ctx, x.moderator(), contribution.Filter{}); err != nil || n != 3 {
			x.Errorf("%d kept, want 3 (%v)", n, err)
		}
	})
}

// A place can be put right later, by the author and by staff; the rules for new ones hold.
func TestAPlaceCanBePutRightLater(t *testing.T) {
	each(t, func(x *town) {
		ctx := x.Context()
		line := `{"type":"LineString","coordinates":[[6.2,50.7],[6.21,50.71]]}`
		c, code := x.submit(x.guest(), contribution.Draft{Process: "westend", Module: "karte", Text: "Hier fehlt ein Baum", Geometry: `{"type":"Point","coordinates":[6.2,50.7]}`})
		if _, err := x.s.Publish(ctx, x.id, c.ID); err != nil {
			x.Fatal(err)
		}
		got, err := x.s.Correct(ctx, x.guest(), "", code, contribution.Edit{Text: c.Text, Geometry: line, Place: true})
		if err != nil || !strings.Contains(string(got.Geometry), "LineString") || got.State != contribution.Checking {
			x.Errorf("%s %s %v", got.Geometry, got.State, err)
		}
		if _, err := x.s.Correct(ctx, x.guest(), "", code, contribution.Edit{Text: c.Text, Place: true}); fields(err) != "place" {
			x.Errorf("without a place where one is needed: %v", err)
		}
		if _, err := x.s.Correct(ctx, x.guest(), "", code, contribution.Edit{Text: c.Text, Geometry: `{"type":"Point"}`, Place: true}); fields(err) != "place" {
			x.Errorf("what is no place: %v", err)
		}
		got, err = x.s.Rewrite(ctx, x.moderator(), c.Number, contribution.Edit{Text: c.Text, Plain: "Hier soll ein Baum stehen.", Reason: "Leichte Sprache"})
		if err != nil || got.Plain == "" || !got.Placed {
			x.Errorf("%+v %v", got, err)
		}
		if got, err = x.s.Correct(ctx, x.guest(), "", code, contribution.Edit{Text: "Hier fehlen zwei Bäume"}); err != nil || got.Plain != "" {
			x.Errorf("the old words in plain language stand beside new ones: %q %v", got.Plain, err)
		}
	})
}

// What was taken back, hidden or made unreadable is in no file for evaluation.
func TestFilesForEvaluationHoldNothingTheModerationTookOut(t *testing.T) {
	halls(t, func(x *hall) {
		ctx, mod := x.Context(), x.moderator()
		c, _ := x.submit(x.guest(), idea("Frau Meierin wohnt in Nummer 7"))
		x.decide(mod, c, contribution.Ruling{Kind: contribution.Redact, Pieces: []string{"Frau Meierin"}, Message: "ohne Namen"})
		hidden, _ := x.submit(x.guest(), idea("Herr Schulzerich ist ein Trottel"))
		x.decide(mod, hidden, contribution.Ruling{Kind: contribution.HideIt, Rule: 1, Message: "Bitte ohne Beleidigung."})
		anna := x.citizen("Anna")
		back := x.public(anna, idea("Doch lieber nicht gesagt"))
		if _, err := x.s.Withdraw(ctx, anna, back.Number, ""); err != nil {
			x.Fatal(err)
		}
		x.public(x.guest(), idea("Mehr Bänke am Marktplatz"))
		for _, format := range []string{"csv", "geojson"} {
			var b bytes.Buffer
			if err := x.s.Export(ctx, x.planner(), contribution.Filter{}, format, "Auswertung", &b, func(key string, _ ...any) string { return key }); err != nil {
				x.Fatal(err)
			}
			for _, word := range []string{"Meierin", "Schulzerich", "Doch lieber"} {
				if strings.Contains(b.String(), word) {
					x.Errorf("%s holds %q", format, word)
				}
			}
			if !strings.Contains(b.String(), hidden.Number) || !strings.Contains(b.String(), "Mehr Bänke") {
				x.Errorf("%s: %s", format, b.String())
			}
		}
	})
}

// A photo of somebody who was not asked is taken away by those who moderate, with the reason written down.
func TestAPhotoCanBeTakenAway(t *testing.T) {
	each(t, func(x *town) {
		ctx := x.Context()
		d := idea("Die Ecke am Markt")
		d.Files = []contribution.File{{ID: kernel.NewID(), Kind: contribution.Photo, Type: "image/jpeg", SHA256: strings.Repeat("b", 64)}}
		c := x.public(x.guest(), d)
		list, err := x.s.Photos(ctx, x.id, c)
		if err != nil || len(list) != 1 {
			x.Fatalf("%d %v", len(list), err)
		}
		if err := x.s.DropFile(ctx, x.citizen("Anna"), c.Number, list[0].ID, "so"); kernel.KindOf(err) != kernel.Denied {
			x.Errorf("a citizen takes it away: %v", err)
		}
		if err := x.s.DropFile(ctx, x.moderator(), c.Number, list[0].ID, " "); fields(err) != "reason" {
			x.Errorf("without a reason: %v", err)
		}
		other := x.public(x.guest(), idea("Anderes"))
		if err := x.s.DropFile(ctx, x.moderator(), other.Number, list[0].ID, "so"); kernel.KindOf(err) != kernel.NotFound {
			x.Errorf("of another contribution: %v", err)
		}
		if err := x.s.DropFile(ctx, x.moderator(), c.Number, list[0].ID, "zeigt ein Kind"); err != nil {
			x.Fatal(err)
		}
		if list, err = x.s.Photos(ctx, x.id, c); err != nil || len(list) != 0 {
			x.Errorf("%d %v", len(list), err)
		}
	})
}
