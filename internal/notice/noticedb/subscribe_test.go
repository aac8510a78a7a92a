// SPDX-License-Identifier: EUPL-1.2

package noticedb_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/notice"
)

// subscriber is an address that confirmed what it asked for; it gives the token of its page.
func (x *town) subscriber(email string, w ...notice.Wish) (token string) {
	x.Helper()
	x.s.Topics = []notice.Topic{{Key: "report", Kind: "report.released"}, {Key: "area", Kind: "area.changed", Name: areaTopics[1].Name}}
	if err := x.s.Subscribe(x.Context(), notice.Order{Tenant: x.ids[0], Email: email, Lang: "de", Wishes: w, Consent: "1"}); err != nil {
		x.Fatal(err)
	}
	x.deliver()
	text := x.server.took[len(x.server.took)-1].Text
	_, rest, ok := strings.Cut(text, "/abo/bestaetigen/")
	if !ok {
		x.Fatal(text)
	}
	link, _, _ := strings.Cut(rest, "\n")
	manage, err := x.s.Confirm(x.Context(), x.ids[0], link)
	if err != nil {
		x.Fatal(err)
	}
	return strings.TrimPrefix(manage, "/abo/")
}

func TestSubscribersAreToldOfWhatTheyAskedForAndNothingElse(t *testing.T) {
	each(t, func(x *town) {
		x.subscriber("anna@stadt.example", notice.Wish{Topic: "report"})
		x.subscriber("bert@stadt.example", notice.Wish{Topic: "area", Ref: "A01"})
		x.subscriber("cora@stadt.example", notice.Wish{Topic: "area"}, notice.Wish{Topic: "report"})
		for i := range 120 { // more than are told at a time
			x.subscriber(fmt.Sprintf("leser%d@stadt.example", i), notice.Wish{Topic: "report"})
		}
		tell := func(w notice.Wish, event string) string {
			x.Helper()
			before := len(x.server.took)
			for range 2 { // a job that ran twice
				err := x.s.Tell(x.Context(), notice.News{Tenant: x.ids[0], Wish: w, Event: event, Path: "/p", Params: func(string) map[string]any { return nil }}, nil)
				if err != nil {
					x.Fatal(err)
				}
			}
			x.deliver()
			var to []string
			for _, e := range x.server.took[before:] {
				if e.Unsubscribe == "" || !strings.Contains(e.Text, "/abo/") {
					x.Errorf("%s cannot end it", e.To)
				}
				if name, _, _ := strings.Cut(e.To, "@"); !strings.HasPrefix(name, "leser") {
					to = append(to, name)
				}
			}
			return fmt.Sprint(len(x.server.took)-before, to)
		}
		if got := tell(notice.Wish{Topic: "report"}, "1"); got != "122 [anna cora]" {
			x.Error(got)
		}
		if got := tell(notice.Wish{Topic: "area", Ref: "A01"}, "1"); got != "2 [bert cora]" {
			x.Error(got)
		}
		if got := tell(notice.Wish{Topic: "area", Ref: "A02"}, "2"); got != "1 [cora]" {
			x.Error(got)
		}
		if err := x.s.Tell(x.Context(), notice.News{Tenant: x.ids[0], Wish: notice.Wish{Topic: "other"}}, nil); err == nil {
			x.Error("a topic nobody registered")
		}
	})
}

func TestSubscribersChangeWhatTheyGet(t *testing.T) {
	each(t, func(x *town) {
		report, a1, a2 := notice.Wish{Topic: "report"}, notice.Wish{Topic: "area", Ref: "A01"}, notice.Wish{Topic: "area", Ref: "A02"}
		token := x.subscriber("anna@stadt.example", report, a1, a2)
		other := x.subscriber("bert@stadt.example", report)
		has := func() string {
			x.Helper()
			_, list, err := x.s.Subscriber(x.Context(), x.ids[0], token)
			if err != nil {
				return kernelKey(err)
			}
			var out []string
			for _, s := range list {
				out = append(out, s.Topic+s.Ref)
			}
			return strings.Join(out, " ")
		}
		if got := has(); got != "areaA01 areaA02 report" {
			x.Fatal(got)
		}
		if err := x.s.Keep(x.Context(), x.ids[0], token, []notice.Wish{report, a2, {Topic: "area", Ref: "never asked for"}}); err != nil || has() != "areaA02 report" {
			x.Errorf("%v %s", err, has())
		}
		if err := x.s.End(x.Context(), x.ids[0], token, "area"); err != nil || has() != "report" {
			x.Errorf("%v %s", err, has())
		}
		for name, forged := range map[string]string{"another's mark": strings.Split(token, ".")[0] + "." + strings.Split(other, ".")[1], "no mark": strings.Split(token, ".")[0], "empty": ""} {
			if err := x.s.End(x.Context(), x.ids[0], forged, ""); kernel.KindOf(err) != kernel.NotFound {
				x.Errorf("%s: %v", name, err)
			}
		}
		if err := x.s.End(x.Context(), x.ids[1], token, ""); kernel.KindOf(err) != kernel.NotFound {
			x.Errorf("in another town: %v", err)
		}
		if err := x.s.End(x.Context(), x.ids[0], token, ""); err != nil || has() != "abo.notfound" {
			x.Errorf("%v %s", err, has())
		}
	})
}

func kernelKey(err error) string { return strings.Fields(err.Error())[0] }

// Confirming proves that somebody reads the mail: an address that had refused it before is written to again.
func TestConfirmingLiftsARefusal(t *testing.T) {
	each(t, func(x *town) {
		err := x.store.Suppress(x.Context(), x.ids[0], notice.Refusal{Email: "anna@stadt.example", Reason: "5.1.1", Since: kernel.InstantOf(x.clock.Now())})
		if err != nil {
			x.Fatal(err)
		}
		x.send(notice.Message{Event: "before"})
		x.subscriber("Anna@stadt.example", notice.Wish{Topic: "report"})
		x.send(notice.Message{Event: "after"})
		x.deliver()
		if got := x.states(); got != "suppressed sent sent" {
			x.Error(got)
		}
		admin := access.Actor{Tenant: x.ids[0], Person: "p", Roles: []access.Role{access.Admin}}
		if list, err := x.s.Refusals(x.Context(), admin); err != nil || len(list) != 0 {
			x.Errorf("%+v %v", list, err)
		}
	})
}

func TestWhatNobodyConfirmsIsForgotten(t *testing.T) {
	each(t, func(x *town) {
		token := x.subscriber("anna@stadt.example", notice.Wish{Topic: "report"})
		for _, email := range []string{"anna@stadt.example", "bert@stadt.example"} {
			if err := x.s.Subscribe(x.Context(), notice.Order{Tenant: x.ids[0], Email: email, Lang: "de", Wishes: []notice.Wish{{Topic: "area"}}, Consent: "1"}); err != nil {
				x.Fatal(err)
			}
		}
		x.clock.Advance(8 * 24 * time.Hour)
		n, err := x.store.ExpireWishes(x.Context(), x.ids[0], kernel.InstantOf(x.clock.Now().Add(-notice.ConfirmWithin)))
		if err != nil || n != 3 { // two wishes and one address
			x.Errorf("%d rows, %v", n, err)
		}
		if _, list, err := x.s.Subscriber(x.Context(), x.ids[0], token); err != nil || len(list) != 1 {
			x.Errorf("what was confirmed is gone: %v %v", list, err)
		}
	})
}
