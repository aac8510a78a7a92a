// SPDX-License-Identifier: EUPL-1.2

package contributiondb_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/contribution"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// livesOn publishes two contributions on the same matter, the second of which is merged into the first.
func (x *hall) livesOn(first, second access.Actor) (into, merged contribution.Contribution) {
	x.Helper()
	into, merged = x.public(first, idea("Ein Zebrastreifen vor der Schule.")), x.public(second, idea("Zebrastreifen an der Schule."))
	if err := x.s.Merge(x.Context(), x.moderator(), merged.Number, into.Number, "dasselbe Anliegen"); err != nil {
		x.Fatal(err)
	}
	return into, merged
}

func TestWhoseContributionLivesOnInAnotherIsToldOfItsAnswer(t *testing.T) {
	halls(t, func(x *hall) {
		anna, bert := x.citizen("Anna"), x.citizen("Bert")
		into, merged := x.livesOn(anna, bert)
		x.post.kinds()
		x.post.news = nil
		x.answer(contribution.Adopted, "Er kommt im Mai.", into.Number)
		var told []kernel.ID
		for _, m := range x.post.sent {
			if m.Kind == "answer.given" {
				told = append(told, m.To.Account)
			}
		}
		slices.Sort(told)
		if want := slices.Sorted(slices.Values([]kernel.ID{anna.Person, bert.Person})); !slices.Equal(told, want) {
			x.Errorf("told %v, want both authors %v", told, want)
		}
		if !slices.Contains(x.post.news, "contribution "+merged.Number) {
			x.Errorf("who followed the merged one hears nothing: %v", x.post.news)
		}
		if n := strings.Count(strings.Join(x.post.news, "\n"), "process westend"); n != 1 {
			x.Errorf("the process hears of it %d times", n)
		}
	})
}

func TestNobodyTakesTheVoiceOfAnotherAuthorAlong(t *testing.T) {
	halls(t, func(x *hall) {
		ctx, anna := x.Context(), x.citizen("Anna")
		into, merged := x.livesOn(anna, x.citizen("Bert"))
		if _, err := x.s.Withdraw(ctx, anna, into.Number, ""); err != nil {
			x.Fatal(err)
		}
		if now := x.find(merged); now.State != contribution.Published || now.MergedIn != "" {
			x.Errorf("what lived on in a withdrawn one is %s", now.State)
		}
		if missing, _, err := x.a.Missing(ctx, x.id, "westend"); err != nil || missing != 1 {
			x.Errorf("its answer is not owed: %d %v", missing, err)
		}
		into, merged = x.livesOn(anna, x.citizen("Carl"))
		x.decide(x.moderator(), x.find(into), contribution.Ruling{Kind: contribution.HideIt, Rule: 1, Message: "Beleidigt jemanden."})
		if now := x.find(merged); now.State != contribution.Published {
			x.Errorf("what lived on in a hidden one is %s", now.State)
		}
		if err := x.s.Merge(ctx, x.moderator(), into.Number, merged.Number, "dasselbe Anliegen"); kernel.KindOf(err) != kernel.Conflict {
			x.Errorf("what is hidden can be read in another one: %v", err)
		}
	})
}

func TestAReleasedAnswerIsGivenToAFurtherContributionByWhoMayReleaseItOnly(t *testing.T) {
	halls(t, func(x *hall) {
		ctx := x.Context()
		next := func() contribution.Contribution {
			return x.find(x.public(x.guest(), idea("Tempo 30 in der Hauptstraße.")))
		}
		none := func(c contribution.Contribution) {
			x.Helper()
			if got, err := x.a.Of(ctx, x.id, c); err != nil || got != nil {
				x.Errorf("%+v %v", got, err)
			}
		}
		yes := x.answer(contribution.Adopted, "Ab Mai gilt Tempo 30.", next().Number)
		c := next()
		if err := x.a.Join(ctx, x.office("stadtplanung"), yes.ID, c.Number); kernel.KindOf(err) != kernel.Denied {
			x.Errorf("an office releases by joining: %v", err)
		}
		none(c)
		no := x.answer(contribution.NotAdopted, "Das Land lässt es nicht zu.", next().Number)
		if err := x.a.Join(ctx, x.planner(), no.ID, c.Number); kernel.KindOf(err) != kernel.Conflict {
			x.Errorf("a refusal is given to a further contribution by one person: %v", err)
		}
		none(c)
		young := idea("Ein Skatepark wäre toll.")
		young.Channel = contribution.Youth
		child := x.find(x.public(x.guest(), young))
		if err := x.a.Join(ctx, x.planner(), yes.ID, child.Number); fields(err) != "number" {
			x.Errorf("a child gets an answer without words for children: %v", err)
		}
		none(child)
		if err := x.a.Join(ctx, x.planner(), yes.ID, c.Number); err != nil || x.find(c).Status != contribution.Adopted {
			x.Error(err)
		}
	})
}

func TestAnAnswerIsSignedByTheOfficeThatHasTheContributionNow(t *testing.T) {
	halls(t, func(x *hall) {
		ctx := x.Context()
		c := x.find(x.public(x.guest(), idea("Mehr Licht am Weg.")))
		a, err := x.a.Write(ctx, x.office("stadtplanung"), []string{c.Number}, reply(contribution.Adopted, "Wir bauen."))
		if err != nil {
			x.Fatal(err)
		}
		if err := x.a.Pass(ctx, x.office("stadtplanung"), c.Number, "gruen", "Der Weg gehört zum Park."); err != nil {
			x.Fatal(err)
		}
		if a, err = x.a.Rewrite(ctx, x.office("gruen"), a.ID, reply(contribution.Adopted, "Wir stellen drei Lampen auf.")); err != nil || a.Office != "gruen" {
			x.Errorf("signed by %s: %v", a.Office, err)
		}
		// Somebody decides with what was read before it was passed on.
		stale := c
		stale.Title = "Licht am Weg"
		if err := x.s.Store.Save(ctx, x.id, stale); err != nil || x.find(c).Office != "gruen" {
			x.Errorf("an old office comes back: %s %v", x.find(c).Office, err)
		}
	})
}

func TestAProcessIsNotClosedBehindTheBackOfTheModeration(t *testing.T) {
	halls(t, func(x *hall) {
		ctx := x.Context()
		undecided := func(want int) {
			x.Helper()
			if n, err := x.a.Undecided(ctx, x.id, "westend"); err != nil || n != want {
				x.Errorf("%d wait, want %d (%v)", n, want, err)
			}
		}
		undecided(0)
		anna := x.citizen("Anna")
		first, _ := x.submit(anna, idea("Eine Bank am Bach."))
		second, _ := x.submit(anna, idea("Ein Brunnen am Markt."))
		undecided(2)
		x.decide(x.moderator(), first, contribution.Ruling{Kind: contribution.LetThrough})
		x.decide(x.moderator(), second, contribution.Ruling{Kind: contribution.AskChange, Message: "Bitte ohne Namen."})
		undecided(0) // the author may never come back
		if _, err := x.s.Correct(ctx, anna, first.Number, "", contribution.Edit{Title: "Bank", Text: "Zwei Bänke am Bach.", Lang: "de"}); err != nil {
			x.Fatal(err)
		}
		undecided(1)
	})
}

func TestWhoIsInChargeHearsOfWhatNoOfficeHas(t *testing.T) {
	halls(t, func(x *hall) {
		ctx := x.Context()
		x.process.Office = ""
		x.public(x.guest(), idea("Eine Bank am Bach."))
		x.post.kinds()
		x.clock.Advance(43 * 24 * 3600 * 1e9)
		if err := x.a.Alarm(ctx, x.id); err != nil {
			x.Fatal(err)
		}
		if got := x.post.kinds(); got != "answer.overdue" {
			x.Errorf("mails %q", got)
		}
	})
}
