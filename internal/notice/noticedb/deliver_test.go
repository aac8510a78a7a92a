// SPDX-License-Identifier: EUPL-1.2

package noticedb_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/notice"
)

func TestAMailWaitsLongerEachTimeAndIsGivenUpAfterDays(t *testing.T) {
	each(t, func(x *town) {
		x.server.answer = func(notice.Envelope) error { return &notice.Refused{Code: 451, Text: "4.7.1 try later"} }
		x.send(notice.Message{Event: "1"})
		x.deliver()
		m := x.mails()[0]
		if m.State != notice.Waiting || m.Code != 451 || m.Error != "4.7.1 try later" || m.NextAt.Sub(x.clock.Now()) != time.Minute {
			x.Fatalf("%+v", m)
		}
		if next := x.later[len(x.later)-1]; !next.Equal(m.NextAt.Time) {
			x.Errorf("the next delivery is at %v, the mail waits until %v", next, m.NextAt)
		}
		x.deliver() // too early
		if m := x.mails()[0]; m.Attempts != 1 {
			x.Errorf("%d attempts", m.Attempts)
		}
		var waits []time.Duration
		for m.State == notice.Waiting && len(waits) < 100 {
			before := x.clock.Now()
			x.clock.Set(m.NextAt.Time)
			x.deliver()
			waits = append(waits, x.clock.Now().Sub(before))
			m = x.mails()[0]
		}
		if m.State != notice.Failed || m.EndedAt.Sub(m.CreatedAt.Time) < 5*24*time.Hour || m.EndedAt.Sub(m.CreatedAt.Time) > 6*24*time.Hour {
			x.Errorf("%+v", m)
		}
		for i := 1; i < len(waits); i++ {
			if waits[i] < waits[i-1] {
				x.Errorf("pauses %v", waits)
				break
			}
		}
		x.server.answer = nil
		admin := access.Actor{Tenant: x.ids[0], Person: "p", Roles: []access.Role{access.Admin}}
		if err := x.s.Resend(x.Context(), admin, m.ID); err != nil {
			x.Fatal(err)
		}
		x.deliver()
		if got := x.states(); got != "sent" {
			x.Errorf("sent again it is %s", got)
		}
		if err := x.s.Resend(x.Context(), admin, m.ID); kernel.KindOf(err) != kernel.Conflict {
			x.Errorf("a mail that arrived is sent again: %v", err)
		}
	})
}

func TestARefusedAddressGetsNothingMore(t *testing.T) {
	each(t, func(x *town) {
		x.server.answer = func(e notice.Envelope) error {
			if e.To == "weg@stadt.example" {
				return &notice.Refused{Code: 550, Text: "5.1.1 no such user", Forever: true, Address: true}
			}
			if e.Subject == "de mail.spam.subject" {
				return &notice.Refused{Code: 554, Text: "5.7.1 spam", Forever: true}
			}
			return nil
		}
		gone := notice.Recipient{Email: "weg@stadt.example"}
		x.send(notice.Message{Event: "1", To: gone})
		x.send(notice.Message{Event: "1"})
		x.send(notice.Message{Event: "1", Kind: "spam"})
		x.deliver()
		x.send(notice.Message{Event: "2", To: notice.Recipient{Email: "WEG@stadt.example"}})
		x.send(notice.Message{Event: "2"})
		x.deliver()
		if got := x.states(); got != "bounced sent failed suppressed sent" {
			x.Fatal(got)
		}
		admin := access.Actor{Tenant: x.ids[0], Person: "p", Roles: []access.Role{access.Admin}}
		bounced := x.mails()[0]
		if err := x.s.Resend(x.Context(), admin, bounced.ID); kernel.KindOf(err) != kernel.Conflict {
			x.Errorf("sent again to an address that refuses: %v", err)
		}
		list, err := x.s.Refusals(x.Context(), admin)
		if err != nil || len(list) != 1 || list[0].Email != "weg@stadt.example" || list[0].Reason != "5.1.1 no such user" {
			x.Fatalf("%+v %v", list, err)
		}
		if err := x.s.Clear(x.Context(), admin, "forged"); kernel.KindOf(err) != kernel.NotFound {
			x.Error(err)
		}
		if err := x.s.Clear(x.Context(), admin, list[0].Token); err != nil {
			x.Fatal(err)
		}
		x.server.answer = nil
		if err := x.s.Resend(x.Context(), admin, bounced.ID); err != nil {
			x.Fatal(err)
		}
		x.deliver()
		if got := x.states(); got != "sent sent failed suppressed sent" {
			x.Error(got)
		}
	})
}

func TestABounceThatComesLaterCounts(t *testing.T) {
	each(t, func(x *town) {
		x.send(notice.Message{Event: "1"})
		x.send(notice.Message{Event: "1", To: notice.Recipient{Email: "bert@stadt.example"}})
		x.deliver()
		first := x.mails()[0]
		for name, c := range map[string]notice.Return{
			"another recipient": {MessageID: first.MessageID + "@stadt.example", Email: "bert@stadt.example", Address: true},
			"unknown mail":      {MessageID: "nothing@stadt.example", Email: "anna@stadt.example", Address: true},
			"no mail":           {Email: "anna@stadt.example", Address: true},
		} {
			if known, err := x.s.Bounce(x.Context(), x.ids[0], c); err != nil || known {
				x.Errorf("%s: %v %v", name, known, err)
			}
		}
		if known, err := x.s.Bounce(x.Context(), x.ids[1], notice.Return{MessageID: first.MessageID, Address: true}); err != nil || known {
			x.Errorf("another town's: %v %v", known, err)
		}
		if got := x.states(); got != "sent sent" {
			x.Error(got)
		}
		known, err := x.s.Bounce(x.Context(), x.ids[0], notice.Return{MessageID: first.MessageID + "@stadt.example", Email: "Anna@stadt.example", Text: "5.1.1 unknown\r\nuser", Address: true})
		if err != nil || !known {
			x.Fatal(known, err)
		}
		x.send(notice.Message{Event: "2"})
		if m := x.mails(); x.states() != "bounced sent suppressed" || m[0].Error != "5.1.1 unknown user" {
			x.Errorf("%s %+v", x.states(), m[0])
		}
	})
}

func TestAServerThatIsAwayHoldsMailUpAndSaysWhy(t *testing.T) {
	each(t, func(x *town) {
		x.server.down = errors.New("mail server (reach): connection refused")
		for i := range 25 {
			x.send(notice.Message{Event: fmt.Sprint(i)})
		}
		x.deliver()
		if x.server.opened != 1 || len(x.server.took) != 0 {
			x.Errorf("opened %d times", x.server.opened)
		}
		admin := access.Actor{Tenant: x.ids[0], Person: "p", Roles: []access.Role{access.Admin}}
		st, err := x.s.Status(x.Context(), admin)
		if err != nil || st.Counts[notice.Waiting] != 25 || !strings.Contains(st.Trouble, "connection refused") || st.Since.IsZero() {
			x.Errorf("%+v %v", st, err)
		}
		x.server.down = nil
		x.clock.Advance(time.Minute)
		x.deliver()
		if len(x.server.took) != 25 || x.server.opened != 2 {
			x.Errorf("%d mails over %d connections", len(x.server.took), x.server.opened)
		}
		if st, err := x.s.Status(x.Context(), admin); err != nil || st.Trouble != "" {
			x.Errorf("%+v %v", st, err)
		}
	})
}

func TestABrokenLineCostsOneAttemptOfOneMail(t *testing.T) {
	each(t, func(x *town) {
		n := 0
		x.server.answer = func(notice.Envelope) error {
			if n++; n == 2 {
				return errors.New("EOF")
			}
			return nil
		}
		for i := range 4 {
			x.send(notice.Message{Event: fmt.Sprint(i)})
		}
		x.deliver()
		if got := x.states(); got != "sent waiting sent sent" || x.server.opened != 2 {
			x.Errorf("%s, %d connections", got, x.server.opened)
		}
		x.server.gone = true // the server closed the line between two mails
		x.send(notice.Message{Event: "late"})
		x.clock.Advance(time.Minute)
		x.deliver()
		if got := x.states(); got != "sent sent sent sent sent" {
			x.Error(got)
		}
	})
}

// A process was killed between the mail server's yes and its own commit: another one takes the mail over when the hold is over, and both copies
// bear the same Message-ID.
func TestAMailWhoseProcessDiedIsTakenOver(t *testing.T) {
	each(t, func(x *town) {
		x.send(notice.Message{Event: "1"})
		now := kernel.InstantOf(x.clock.Now())
		claimed, err := x.store.Claim(x.Context(), x.ids[0], now, kernel.InstantOf(now.Add(time.Hour)), 10)
		if err != nil || len(claimed) != 1 {
			x.Fatal(claimed, err)
		}
		x.deliver()
		if len(x.server.took) != 0 {
			x.Fatal("two processes hand the same mail over")
		}
		if next := x.later[len(x.later)-1]; !next.Equal(x.clock.Now().Add(time.Hour)) {
			x.Errorf("the next delivery is at %v", next)
		}
		x.clock.Advance(time.Hour)
		x.deliver()
		if got := x.states(); got != "sent" || len(x.server.took) != 1 {
			x.Error(got)
		}
		late := claimed[0]
		late.State = notice.Failed
		if err := x.store.Conclude(x.Context(), late); err != nil || x.states() != "sent" {
			x.Errorf("the one that was replaced changed the outcome: %v %s", err, x.states())
		}
	})
}

func TestTestModeKeepsMailBack(t *testing.T) {
	each(t, func(x *town) {
		x.s.Transport = nil
		x.send(notice.Message{Event: "1", Path: "/einladung/geheim"})
		x.deliver()
		m := x.mails()[0]
		if m.State != notice.Captured || m.Sealed == "" || len(x.server.took) != 0 {
			x.Fatalf("%+v", m)
		}
		e, err := x.s.Open(x.Context(), m)
		if err != nil || !strings.Contains(e.Text, "https://stadt.example/de/einladung/geheim") {
			x.Errorf("%v %s", err, e.Text)
		}
	})
}

func TestAStoppingProgramGivesBackWhatItHasNotSent(t *testing.T) {
	each(t, func(x *town) {
		ctx, stop := context.WithCancel(x.Context())
		x.server.answer = func(notice.Envelope) error { stop(); return nil }
		for i := range 3 {
			x.send(notice.Message{Event: fmt.Sprint(i)})
		}
		if err := x.s.Deliver(ctx, x.ids[0], nil); err != nil && !errors.Is(err, context.Canceled) {
			x.Fatal(err)
		}
		if len(x.server.took) != 1 {
			x.Errorf("%d mails after the stop", len(x.server.took))
		}
		x.server.answer = nil
		x.deliver() // at the same moment
		if got := x.states(); got != "sent sent sent" || len(x.server.took) != 3 {
			x.Errorf("%s, %d mails", got, len(x.server.took))
		}
	})
}

func TestWhoMaySeeAddresses(t *testing.T) {
	each(t, func(x *town) {
		x.send(notice.Message{Event: "1", To: notice.Recipient{Email: "staff@stadt.example", Account: kernel.NewID()}})
		x.send(notice.Message{Event: "1", To: notice.Recipient{Email: "citizen@stadt.example"}})
		as := func(r ...access.Role) access.Actor { return access.Actor{Tenant: x.ids[0], Person: "p", Roles: r} }
		list, err := x.s.List(x.Context(), as(access.Admin), notice.Filter{Limit: 10})
		if err != nil || list[1].To.Email != "staff@stadt.example" || list[0].To.Email != "c…@stadt.example" {
			x.Errorf("%+v %v", list, err)
		}
		if m, err := x.s.Get(x.Context(), as(access.Admin), list[0].ID); err != nil || m.To.Email != "c…@stadt.example" {
			x.Errorf("%+v %v", m, err)
		}
		if _, err := x.s.List(x.Context(), as(access.Planner), notice.Filter{Limit: 10}); kernel.KindOf(err) != kernel.Denied {
			x.Errorf("a planner reads mail: %v", err)
		}
		if err := x.s.Resend(x.Context(), as(access.Planner), list[0].ID); kernel.KindOf(err) != kernel.Denied {
			x.Errorf("a planner sends mail: %v", err)
		}
		foreign := access.Actor{Tenant: x.ids[1], Person: "p", Roles: []access.Role{access.Admin}}
		if _, err := x.s.Get(x.Context(), foreign, list[0].ID); kernel.KindOf(err) != kernel.NotFound {
			x.Errorf("another town's admin: %v", err)
		}
	})
}
