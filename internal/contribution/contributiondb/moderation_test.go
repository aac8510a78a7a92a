// SPDX-License-Identifier: EUPL-1.2

package contributiondb_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/contribution"
	"github.com/kupferfaden/kupferfaden/internal/contribution/contributiondb"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/notice"
)

// post remembers what was sent and noted; it knows the address of everybody.
type post struct {
	sent  []notice.Message
	news  []string
	staff []notice.Recipient
}

func (p *post) Send(_ context.Context, m notice.Message) error {
	p.sent = append(p.sent, m)
	return nil
}

func (p *post) News(_ context.Context, _ kernel.ID, topic, ref string, _ kernel.Text, _ string) error {
	p.news = append(p.news, topic+" "+ref)
	return nil
}

func (p *post) Follow(_ context.Context, _ kernel.ID, to notice.Recipient, w notice.Wish, f notice.Frequency, _ string) error {
	p.news = append(p.news, "follow "+w.Ref+" "+string(f))
	return nil
}

func (p *post) Reader(_ context.Context, _, id kernel.ID) (notice.Recipient, bool, error) {
	return notice.Recipient{Account: id, Email: string(id) + "@stadt.example", Lang: "de"}, true, nil
}

func (p *post) Staff(context.Context, kernel.ID, access.Action, []access.Context) ([]notice.Recipient, error) {
	return p.staff, nil
}

// kinds lists the mails since the last call.
func (p *post) kinds() string {
	var out []string
	for _, m := range p.sent {
		out = append(out, string(m.Kind))
	}
	p.sent = nil
	return strings.Join(out, " ")
}

// hall is a town with its moderation and its offices.
type hall struct {
	*town
	m    *contribution.Moderation
	a    *contribution.Answers
	post *post
}

func halls(t *testing.T, f func(x *hall)) {
	each(t, func(x *town) {
		h := &hall{town: x, post: &post{staff: []notice.Recipient{{Email: "amt@stadt.example"}}}}
		h.m = &contribution.Moderation{Contributions: x.s, Store: &contributiondb.Moderation{DB: x.db}, Tx: x.db, Post: h.post, People: h.post, Now: x.clock.Now}
		h.a = &contribution.Answers{
			Contributions: x.s, Moderation: h.m, Store: &contributiondb.Answers{DB: x.db}, Tx: x.db, Post: h.post, People: h.post, Now: x.clock.Now,
			Known: func() []contribution.Office {
				return []contribution.Office{{Key: "stadtplanung", Name: kernel.T("Stadtplanung", "")}, {Key: "gruen", Name: kernel.T("Grünflächenamt", "")}}
			},
		}
		x.s.Begin, x.s.BeginComment = h.m.Begin, h.m.BeginComment
		x.s.Told = append(x.s.Told, h.m.Submitted, h.a.RouteNew, h.m.TellChange, h.m.Watch)
		x.s.Said, x.s.Gone = append(x.s.Said, h.m.WatchComment), h.m.Gone
		x.s.Backers = append(x.s.Backers, h.m.Backed)
		f(h)
	})
}

func (x *hall) decide(by access.Actor, c contribution.Contribution, r contribution.Ruling) contribution.Decision {
	x.Helper()
	d, err := x.m.Decide(x.Context(), by, c.Ref(), r)
	if err != nil {
		x.Fatal(err)
	}
	return d
}

func (x *hall) state(c contribution.Contribution) contribution.State {
	x.Helper()
	c, err := x.s.Store.Contribution(x.Context(), x.id, c.ID)
	if err != nil {
		x.Fatal(err)
	}
	return c.State
}

func fields(err error) string {
	e, ok := err.(*kernel.Error)
	if !ok {
		return ""
	}
	var out []string
	for k := range e.Fields {
		out = append(out, k)
	}
	slices.Sort(out)
	return strings.Join(out, " ")
}

func TestADecisionNamesItsRuleAndTheAuthorCanObjectOnceAndAnotherPersonDecides(t *testing.T) {
	halls(t, func(x *hall) {
		ctx := x.Context()
		anna, first, second := x.citizen("Anna"), x.moderator(), x.moderator()
		c, code := x.submit(anna, idea("Der Nachbar ist ein Trottel und soll wegziehen."))
		if got := x.post.kinds(); got != "contribution.received" {
			x.Errorf("mails after sending: %s", got)
		}
		for want, r := range map[string]contribution.Ruling{
			"message rule": {Kind: contribution.HideIt}, "message": {Kind: contribution.AskChange}, "pieces": {Kind: contribution.Redact, Pieces: []string{"steht nicht da"}},
			"note told": {Kind: contribution.HandOver}, "kind": {Kind: "burn"}, "rule": {Kind: contribution.LetThrough, Rule: 99},
		} {
			if _, err := x.m.Decide(ctx, first, c.Ref(), r); fields(err) != want {
				x.Errorf("%s: %v", want, err)
			}
		}
		if _, err := x.m.Decide(ctx, anna, c.Ref(), contribution.Ruling{Kind: contribution.LetThrough}); kernel.KindOf(err) != kernel.Denied {
			x.Errorf("a citizen moderates: %v", err)
		}
		x.clock.Advance(90 * time.Minute)
		d := x.decide(first, c, contribution.Ruling{Kind: contribution.HideIt, Rule: 1, Message: "Bitte ohne Beleidigung."})
		if x.state(c) != contribution.Hidden || d.Waited != 90 {
			x.Errorf("%s %+v", x.state(c), d)
		}
		if got := x.post.sent; len(got) != 1 || got[0].Kind != "moderation.hide" || got[0].Params["rule"] != "Respekt" || got[0].Path != "/beitraege/"+c.Number+"/moderation" {
			x.Errorf("%+v", got)
		}
		if err := x.m.Appeal(ctx, x.guest(), c.Number, "", d.ID, "Nein"); kernel.KindOf(err) != kernel.NotFound {
			x.Errorf("a stranger objects: %v", err)
		}
		if err := x.m.Appeal(ctx, x.guest(), "", code, d.ID, " "); fields(err) != "reason" {
			x.Error(err)
		}
		for i := range 2 {
			if err := x.m.Appeal(ctx, x.guest(), "", code, d.ID, "Das ist keine Beleidigung."); (err == nil) != (i == 0) {
				x.Errorf("objection %d: %v", i+1, err)
			}
		}
		if err := x.m.DecideAppeal(ctx, first, d.ID, true, "Doch."); kernel.KindOf(err) != kernel.Conflict {
			x.Errorf("the first one decides again: %v", err)
		}
		list, err := x.m.Inbox(ctx, first, contribution.InboxFilter{})
		if err != nil || len(list) != 1 || list[0].Kind != contribution.WaitsAppeal || !list[0].Own {
			x.Errorf("%+v %v", list, err)
		}
		if err := x.m.DecideAppeal(ctx, second, d.ID, true, "Der Widerspruch ist berechtigt."); err != nil {
			x.Fatal(err)
		}
		if err := x.m.DecideAppeal(ctx, second, d.ID, false, "Doch nicht."); kernel.KindOf(err) != kernel.Conflict {
			x.Errorf("decided twice: %v", err)
		}
		if x.state(c) != contribution.Published {
			x.Error("it is not shown again")
		}
		mine, err := x.m.Mine(ctx, x.guest(), "", code)
		if err != nil || len(mine) != 2 || mine[0].RuleText == nil || mine[0].Appeal == nil || !mine[0].Appeal.Reversed || mine[0].By != "" {
			x.Errorf("%+v %v", mine, err)
		}
	})
}

func TestWhatTheAuthorChangesAfterApprovalWaitsAgain(t *testing.T) {
	halls(t, func(x *hall) {
		ctx, mod := x.Context(), x.moderator()
		c, code := x.submit(x.guest(), idea("Mehr Bäume in der Bahnhofstraße."))
		x.decide(mod, c, contribution.Ruling{Kind: contribution.LetThrough})
		if _, err := x.s.Correct(ctx, x.guest(), "", code, contribution.Edit{Title: "Bäume", Text: "Kauft alle bei mir ein, jetzt!"}); err != nil {
			x.Fatal(err)
		}
		if _, err := x.s.Get(ctx, x.guest(), c.Number); kernel.KindOf(err) != kernel.NotFound {
			x.Errorf("the new words are public before anybody read them: %v", err)
		}
		list, err := x.m.Inbox(ctx, mod, contribution.InboxFilter{})
		if err != nil || len(list) != 1 || list[0].Kind != contribution.WaitsEdited {
			x.Errorf("%+v %v", list, err)
		}
		if _, err := x.m.Decide(ctx, mod, c.Ref(), contribution.Ruling{Kind: contribution.LetThrough, Seen: 1}); kernel.KindOf(err) != kernel.Conflict {
			x.Errorf("a moderator lets through what he has not seen: %v", err)
		}
		x.clock.Advance(time.Minute)
		x.decide(mod, c, contribution.Ruling{Kind: contribution.AskChange, Message: "Bitte ohne Werbung."})
		if list, err = x.m.Inbox(ctx, mod, contribution.InboxFilter{}); err != nil || len(list) != 1 || list[0].Kind != contribution.WaitsAuthor {
			x.Errorf("%+v %v", list, err)
		}
	})
}

func TestDataOfOthersIsMadeUnreadableWithATraceAndComesBackWithAnObjection(t *testing.T) {
	halls(t, func(x *hall) {
		ctx, mod, other := x.Context(), x.moderator(), x.moderator()
		c, code := x.submit(x.guest(), idea("Herr Schmitz, Gartenweg 3, parkt immer falsch. Herr Schmitz!"))
		d := x.decide(mod, c, contribution.Ruling{Kind: contribution.Redact, Pieces: []string{"Herr Schmitz", "Gartenweg 3", ""}})
		got, err := x.s.Get(ctx, x.guest(), c.Number)
		if err != nil || strings.Contains(got.Text+got.Title, "Schmitz") || strings.Contains(got.Text, "Gartenweg") || !strings.Contains(got.Text, "[entfernt]") || d.Pieces < 3 {
			x.Errorf("%q %q %d %v", got.Title, got.Text, d.Pieces, err)
		}
		versions, err := x.s.Versions(ctx, x.guest(), got)
		if err != nil || len(versions) != 2 {
			x.Fatal(versions, err)
		}
		for _, v := range versions {
			if strings.Contains(v.Text+v.Title, "Schmitz") {
				x.Error("an earlier version tells everybody what was taken out")
			}
		}
		if err := x.m.Appeal(ctx, x.guest(), "", code, d.ID, "Das bin ich selbst."); err != nil {
			x.Fatal(err)
		}
		if err := x.m.DecideAppeal(ctx, other, d.ID, true, "In Ordnung."); err != nil {
			x.Fatal(err)
		}
		if got, err = x.s.Get(ctx, x.guest(), c.Number); err != nil || !strings.Contains(got.Text, "Herr Schmitz, Gartenweg 3") {
			x.Errorf("%q %v", got.Text, err)
		}
	})
}

func TestReportsWaitADayUntilTheModerationIsToldAndAreSettledByADecision(t *testing.T) {
	halls(t, func(x *hall) {
		ctx, mod := x.Context(), x.moderator()
		c := x.public(x.guest(), idea("Die Bank am Fluss soll bleiben."))
		hidden, _ := x.submit(x.guest(), idea("Noch nicht gelesen, nur für die Moderation."))
		if err := x.m.Report(ctx, x.guest(), hidden.Ref(), contribution.Spam, ""); kernel.KindOf(err) != kernel.NotFound {
			x.Errorf("somebody reports what nobody can read: %v", err)
		}
		for want, r := range map[string][2]string{"reason": {"because", ""}, "text": {"other", " "}} {
			if err := x.m.Report(ctx, x.guest(), c.Ref(), contribution.ReportReason(r[0]), r[1]); fields(err) != want {
				x.Errorf("%s: %v", want, err)
			}
		}
		for _, r := range []contribution.ReportReason{contribution.Spam, contribution.ChildAtRisk} {
			if err := x.m.Report(ctx, x.guest(), c.Ref(), r, ""); err != nil {
				x.Fatal(err)
			}
		}
		list, err := x.m.Inbox(ctx, mod, contribution.InboxFilter{})
		if err != nil || len(list) != 2 || list[0].Kind != contribution.WaitsReported || len(list[0].Reports) != 2 || list[0].Late {
			x.Fatalf("%+v %v", list, err)
		}
		x.post.kinds()
		x.clock.Advance(23 * time.Hour)
		if err := x.m.Alarm(ctx, x.id); err != nil || x.post.kinds() != "" {
			x.Error("an alarm before a day is over", err)
		}
		x.clock.Advance(2 * time.Hour)
		for range 2 {
			if err := x.m.Alarm(ctx, x.id); err != nil {
				x.Fatal(err)
			}
		}
		if got := x.post.kinds(); got != "moderation.late" {
			x.Errorf("mails: %q", got)
		}
		x.decide(mod, c, contribution.Ruling{Kind: contribution.KeepIt})
		n, err := x.m.PublicNumbers(ctx, x.guest(), kernel.InstantOf(x.clock.Now().Add(-72*time.Hour)), kernel.InstantOf(x.clock.Now().Add(time.Hour)))
		if err != nil || n.Reports != 2 || n.OpenNow != 0 || n.Acted != 0 || n.SettledIn != 25 || n.Decisions[contribution.KeepIt] != 1 {
			x.Errorf("%+v %v", n, err)
		}
	})
}

func TestDangerToAChildIsHandedOverOutOfSight(t *testing.T) {
	halls(t, func(x *hall) {
		ctx, mod := x.Context(), x.moderator()
		planner := access.Actor{Tenant: x.id, Person: kernel.NewID(), Roles: []access.Role{access.Planner}}
		if err := x.m.SaveHouseRules(ctx, planner, contribution.HouseRules{YouthOffice: "jugendamt@stadt.example"}); err != nil {
			x.Fatal(err)
		}
		d := idea("Meine Freundin hat Angst vor ihrem Vater. Er schlägt sie. Sie wird geschlagen, wenn er trinkt.")
		d.Channel = contribution.Youth
		c, _ := x.submit(x.guest(), d)
		x.submit(x.guest(), idea("Ein zweiter Beitrag, ganz harmlos."))
		list, err := x.m.Inbox(ctx, mod, contribution.InboxFilter{})
		if err != nil || len(list) != 2 || list[0].Contribution.ID != c.ID || !slices.Contains(list[0].Hints, contribution.DangerHint) {
			x.Fatalf("what points to danger does not come first: %+v %v", list, err)
		}
		x.post.sent = nil
		x.decide(mod, c, contribution.Ruling{Kind: contribution.HandOver, Note: "Schläge im Elternhaus", Told: "Jugendamt, Telefon"})
		if got := x.post.sent; len(got) != 1 || got[0].To.Email != "jugendamt@stadt.example" || strings.Contains(strings.Join([]string{got[0].Path, got[0].Params["number"].(string)}, " "), "Vater") {
			x.Errorf("%+v", got)
		}
		if _, err := x.s.Get(ctx, x.guest(), c.Number); kernel.KindOf(err) != kernel.NotFound {
			x.Error(err)
		}
		cases, err := x.m.Cases(ctx, mod)
		if err != nil || len(cases) != 1 || !cases[0].Closed.IsZero() {
			x.Fatal(cases, err)
		}
		if _, err := x.m.Cases(ctx, x.citizen("Anna")); kernel.KindOf(err) != kernel.Denied {
			x.Error(err)
		}
		for i := range 2 {
			if err := x.m.CloseCase(ctx, mod, cases[0].ID, "Die Familie wird begleitet."); (err == nil) != (i == 0) {
				x.Errorf("close %d: %v", i, err)
			}
		}
	})
}

func TestLaterContributionsOfAnAccountInGoodStandingAppearAtOnceIfTheTownWants(t *testing.T) {
	halls(t, func(x *hall) {
		ctx, mod, anna := x.Context(), x.moderator(), x.citizen("Anna")
		send := func(by access.Actor, text string) contribution.Contribution {
			c, _ := x.submit(by, idea(text))
			return c
		}
		first := send(anna, "Ein Spielplatz am Bahnhof fehlt.")
		x.decide(mod, first, contribution.Ruling{Kind: contribution.LetThrough})
		if c := send(anna, "Mehr Licht im Park, bitte."); c.State != contribution.Received {
			x.Error("it appears at once although the town has no such rule")
		}
		planner := access.Actor{Tenant: x.id, Person: kernel.NewID(), Roles: []access.Role{access.Planner}}
		if err := x.m.SaveHouseRules(ctx, planner, contribution.HouseRules{Trusted: true, After: 1}); err != nil {
			x.Fatal(err)
		}
		for text, c := range map[string]struct {
			by   access.Actor
			want contribution.State
		}{
			"Noch ein Baum für den Schulhof.":         {anna, contribution.Published},
			"Siehe https://werbung.example/kaufen":    {anna, contribution.Received},
			"Ruft mich an unter 02402 1234567, danke": {anna, contribution.Received},
			"Von einem Gast ohne Konto gesagt.":       {x.guest(), contribution.Received},
			"Von einem neuen Konto gesagt.":           {x.citizen("Neu"), contribution.Received},
		} {
			if got := send(c.by, text); got.State != c.want {
				x.Errorf("%q is %s, want %s", text, got.State, c.want)
			}
		}
		x.decide(mod, send(anna, "Schlecht: https://spam.example"), contribution.Ruling{Kind: contribution.HideIt, Rule: 5, Message: "Werbung"})
		if c := send(anna, "Und noch etwas Schönes dazu."); c.State != contribution.Received {
			x.Error("an account of which something was hidden is trusted")
		}
	})
}

func TestTheRulesOfConductKeepTheirNumbersAndWords(t *testing.T) {
	halls(t, func(x *hall) {
		ctx, mod := x.Context(), x.moderator()
		planner := access.Actor{Tenant: x.id, Person: kernel.NewID(), Roles: []access.Role{access.Planner}}
		c, code := x.submit(x.guest(), idea("Das ist gegen Regel drei der Stadt."))
		x.decide(mod, c, contribution.Ruling{Kind: contribution.HideIt, Rule: 3, Message: "Bitte ohne Namen."})
		own, err := x.m.PublishConduct(ctx, planner, contribution.Conduct{Rules: []contribution.ConductRule{
			{Number: 3, Title: kernel.T("Neue Worte", "")}, {Title: kernel.T("Eine Regel mehr", "")},
		}}, 0)
		if err != nil || own.Version != 1 || own.Rules[1].Number != 7 {
			x.Fatalf("%+v %v", own, err)
		}
		if _, err := x.m.PublishConduct(ctx, planner, own, 0); kernel.KindOf(err) != kernel.Conflict {
			x.Errorf("two people publish at once: %v", err)
		}
		if _, err := x.m.PublishConduct(ctx, mod, own, 1); kernel.KindOf(err) != kernel.Denied {
			x.Errorf("a moderator makes the rules: %v", err)
		}
		mine, err := x.m.Mine(ctx, x.guest(), "", code)
		if err != nil || mine[0].RuleText.Title.String() != "Persönliches bleibt privat" {
			x.Errorf("the author reads other words than those of the decision: %+v %v", mine, err)
		}
	})
}

func TestHints(t *testing.T) {
	for text, want := range map[string]string{
		"Ein Baum am Markt.":                          "",
		"Siehe www.beispiel.de/seite":                 "link",
		"Mehr auf beispiel.de bitte":                  "link",
		"Schreibt an anna@beispiel.de":                "person",
		"Tel. 02402/123 456 7":                        "person",
		"DE89 3704 0044 0532 0130 00":                 "person",
		"ALLES MUSS SOFORT ANDERS WERDEN, SOFORT!!!":  "loud",
		"Ich habe Angst vor Papa":                     "danger",
		"Er schlägt sein Kind, ruft 02402 9876543 an": "danger person",
		"Im Jahr 2026 waren es 1.250 Menschen":        "",
	} {
		var got []string
		for _, h := range contribution.Hints(text) {
			got = append(got, string(h))
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%q: %v, want %q", text, got, want)
		}
	}
	if got := contribution.Unlinked("Klick https://böse.example/x oder frag a@b.de"); strings.Contains(got, "://") || strings.Contains(got, "@") {
		t.Error(got)
	}
}
