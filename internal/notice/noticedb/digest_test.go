// SPDX-License-Identifier: EUPL-1.2

package noticedb_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/notice"
	"github.com/kupferfaden/kupferfaden/internal/notice/noticedb"
	"github.com/kupferfaden/kupferfaden/internal/platform/clock"
	"github.com/kupferfaden/kupferfaden/internal/platform/db"
	"github.com/kupferfaden/kupferfaden/internal/platform/db/dbtest"
	"github.com/kupferfaden/kupferfaden/internal/platform/mail"
	"github.com/kupferfaden/kupferfaden/internal/platform/secret"
	"github.com/kupferfaden/kupferfaden/internal/tenant"
	"github.com/kupferfaden/kupferfaden/internal/tenant/tenantdb"
)

var areaTopics = []notice.Topic{
	{Key: "report", Kind: "report.released"},
	{Key: "area", Param: "bereich", Name: func(_ context.Context, _ kernel.ID, ref string) (kernel.Text, bool, error) {
		return kernel.T("Raum "+ref, ""), strings.HasPrefix(ref, "A"), nil
	}},
	{Key: "contribution", Param: "beitrag", Only: true, Name: func(_ context.Context, _ kernel.ID, ref string) (kernel.Text, bool, error) {
		return kernel.T("Beitrag "+ref, ""), true, nil
	}},
}

// follows notes confirmed wishes of an address.
func (x *town) follows(email string, f notice.Frequency, wishes ...notice.Wish) {
	x.Helper()
	x.s.Topics = areaTopics
	for _, w := range wishes {
		if err := x.s.Follow(x.Context(), x.ids[0], notice.Recipient{Email: email, Lang: "de"}, w, f, "test"); err != nil {
			x.Fatal(err)
		}
	}
}

func (x *town) news(topic, ref, title string) {
	x.Helper()
	if err := x.s.News(x.Context(), x.ids[0], topic, ref, kernel.T(title, ""), "/seite/"+title); err != nil {
		x.Fatal(err)
	}
}

func (x *town) digest(f notice.Frequency, run string) {
	x.Helper()
	if err := x.s.Digest(x.Context(), x.ids[0], f, run, nil); err != nil {
		x.Fatal(err)
	}
}

// digests tells who got which news since the last call, "anna: Spielplatz, Bank".
func (x *town) digests() string {
	x.Helper()
	x.deliver()
	var out []string
	for _, e := range x.server.took {
		name, _, _ := strings.Cut(e.To, "@")
		var said []string
		for l := range strings.Lines(e.Text) {
			if item, ok := strings.CutPrefix(l, "- "); ok {
				said = append(said, strings.TrimSpace(item))
			}
		}
		if e.Unsubscribe == "" {
			x.Errorf("%s cannot end it", e.To)
		}
		out = append(out, name+": "+strings.Join(said, ", "))
	}
	x.server.took = nil
	slices.Sort(out)
	return strings.Join(out, "; ")
}

func TestADigestGoesToThoseWithNewsAndToNobodyElse(t *testing.T) {
	each(t, func(x *town) {
		x.follows("anna@stadt.example", notice.Daily, notice.Wish{Topic: "area", Ref: "A01"}, notice.Wish{Topic: "contribution", Ref: "B-1"})
		x.follows("bert@stadt.example", notice.Weekly, notice.Wish{Topic: "area", Ref: "A01"})
		x.follows("cora@stadt.example", notice.Daily, notice.Wish{Topic: "area", Ref: "A02"})
		x.follows("dora@stadt.example", notice.Daily, notice.Wish{Topic: "area"})
		x.follows("emil@stadt.example", notice.AtOnce, notice.Wish{Topic: "area", Ref: "A01"})
		x.clock.Advance(time.Minute)
		for range 3 { // whoever calls twice
			x.news("area", "A01", "Spielplatz")
		}
		x.news("contribution", "B-1", "Antwort")
		x.follows("late@stadt.example", notice.Daily, notice.Wish{Topic: "area", Ref: "A01"})
		x.clock.Advance(time.Minute)
		x.follows("later@stadt.example", notice.Daily, notice.Wish{Topic: "area", Ref: "A01"})
		x.digest(notice.AtOnce, "1")
		if got := x.digests(); got != "emil: Spielplatz" {
			x.Errorf("at once: %s", got)
		}
		x.digest(notice.Daily, "2026-11-21")
		x.digest(notice.Daily, "2026-11-21") // a job that ran twice
		if got := x.digests(); got != "anna: Spielplatz, Antwort; dora: Spielplatz; late: Spielplatz" {
			x.Errorf("daily: %s", got)
		}
		x.digest(notice.Daily, "2026-11-22") // nothing new
		x.clock.Advance(time.Minute)
		x.news("area", "A02", "Bank")
		x.digest(notice.Weekly, "2026-W47")
		if got := x.digests(); got != "bert: Spielplatz" {
			x.Errorf("weekly: %s", got)
		}
		x.digest(notice.Daily, "2026-11-23")
		if got := x.digests(); got != "cora: Bank; dora: Bank" {
			x.Errorf("the next day: %s", got)
		}
		if err := x.s.News(x.Context(), x.ids[0], "weather", "", kernel.T("Regen", ""), "/"); err == nil {
			x.Error("a topic nobody registered")
		}
	})
}

func TestOnePageIsListedOnceAndRefusedAddressesGetNothing(t *testing.T) {
	each(t, func(x *town) {
		x.follows("anna@stadt.example", notice.Daily, notice.Wish{Topic: "area", Ref: "A01"}, notice.Wish{Topic: "area", Ref: "A02"}, notice.Wish{Topic: "area"})
		x.follows("weg@stadt.example", notice.Daily, notice.Wish{Topic: "area", Ref: "A01"})
		if err := x.store.Suppress(x.Context(), x.ids[0], notice.Refusal{Email: "weg@stadt.example", Reason: "550", Since: kernel.InstantOf(x.clock.Now())}); err != nil {
			x.Fatal(err)
		}
		x.clock.Advance(time.Minute)
		x.news("area", "A01", "Spielplatz") // lies in both areas
		x.news("area", "A02", "Spielplatz")
		x.digest(notice.Daily, "1")
		if got := x.digests(); got != "anna: Spielplatz" {
			x.Error(got)
		}
	})
}

// killed ends a run between two commits, as a stopped program does.
type killed struct {
	notice.Store
	left int
}

var errKilled = errors.New("killed")

func (k *killed) Advance(ctx context.Context, tenant kernel.ID, was notice.Run, mails []notice.Mail, after kernel.ID, ended kernel.Instant) (notice.Run, error) {
	if k.left--; k.left < 0 {
		return was, errKilled
	}
	return k.Store.Advance(ctx, tenant, was, mails, after, ended)
}

func TestADigestThatWasKilledGoesOnWhereItStopped(t *testing.T) {
	each(t, func(x *town) {
		const readers = 2500
		x.s.Topics = areaTopics
		crowd(x.T, x.db, x.ids[0], readers, func(i int) notice.Wish { return notice.Wish{Topic: "area", Ref: fmt.Sprintf("A%02d", i%2)} })
		x.clock.Advance(time.Hour)
		x.news("area", "A00", "Spielplatz")
		x.news("area", "A01", "Bank")
		whole := x.s.Store
		for left := range 2 { // killed before the first commit, then before the second
			x.s.Store = &killed{whole, left}
			if err := x.s.Digest(x.Context(), x.ids[0], notice.Daily, "1", nil); !errors.Is(err, errKilled) {
				x.Fatal(err)
			}
		}
		x.s.Store = whole
		x.news("area", "A00", "Später") // belongs to the next one
		x.digest(notice.Daily, "2")
		var first, second int
		seen := map[string]int{}
		list, err := x.store.List(x.Context(), x.ids[0], notice.Filter{Limit: 100_000})
		if err != nil {
			x.Fatal(err)
		}
		for _, m := range list {
			seen[m.Event+" "+m.To.Email]++
			switch m.Event {
			case "digest.daily 1":
				first++
			case "digest.daily 2":
				second++
			}
		}
		if first != readers || second != readers/2 || len(seen) != first+second {
			x.Errorf("%d mails of the first digest, %d of the second, %d different ones; want %d, %d", first, second, len(seen), readers, readers/2)
		}
		other, err := x.store.Begin(x.Context(), x.ids[0], notice.Daily, "2", kernel.InstantOf(x.clock.Now()))
		if err != nil || len(other) != 0 {
			x.Errorf("digests are left open: %+v %v", other, err)
		}
	})
}

func TestOfTwoProcessesOneWritesTheDigest(t *testing.T) {
	each(t, func(x *town) {
		x.follows("anna@stadt.example", notice.Daily, notice.Wish{Topic: "area", Ref: "A01"})
		x.clock.Advance(time.Minute)
		x.news("area", "A01", "Bank")
		now := kernel.InstantOf(x.clock.Now())
		open, err := x.store.Begin(x.Context(), x.ids[0], notice.Daily, "1", now)
		if err != nil || len(open) != 1 {
			x.Fatal(open, err)
		}
		x.digest(notice.Daily, "1")
		if _, err := x.store.Advance(x.Context(), x.ids[0], open[0], nil, "", now); kernel.KindOf(err) != kernel.Conflict {
			x.Errorf("the one that came late: %v", err)
		}
	})
}

func TestWhatCanBeAskedFor(t *testing.T) {
	each(t, func(x *town) {
		x.s.Topics = areaTopics
		for name, c := range map[string]struct {
			wish notice.Wish
			f    notice.Frequency
			ok   bool
		}{
			"an area":             {notice.Wish{Topic: "area", Ref: "A01"}, notice.Weekly, true},
			"every area":          {notice.Wish{Topic: "area"}, notice.Daily, true},
			"no such area":        {notice.Wish{Topic: "area", Ref: "X"}, notice.Daily, false},
			"every contribution":  {notice.Wish{Topic: "contribution"}, notice.Daily, false},
			"a report by name":    {notice.Wish{Topic: "report", Ref: "2026"}, notice.Daily, false},
			"an unknown topic":    {notice.Wish{Topic: "weather"}, notice.Daily, false},
			"an unknown rhythm":   {notice.Wish{Topic: "area"}, "hourly", false},
			"a ref without limit": {notice.Wish{Topic: "area", Ref: "A" + strings.Repeat("0", 300)}, notice.Daily, false},
		} {
			err := x.s.Subscribe(x.Context(), notice.Order{Tenant: x.ids[0], Email: "anna@stadt.example", Lang: "de", Wishes: []notice.Wish{c.wish}, Frequency: c.f, Consent: "1"})
			if (err == nil) != c.ok {
				x.Errorf("%s: %v", name, err)
			}
		}
	})
}

// crowd writes confirmed subscribers with one daily wish each.
func crowd(tb testing.TB, d *db.DB, tenant kernel.ID, n int, wish func(i int) notice.Wish) {
	tb.Helper()
	at := kernel.InstantOf(time.Date(2026, 11, 1, 9, 0, 0, 0, time.UTC))
	err := d.Tx(tb.Context(), func(ctx context.Context) error {
		ids := make([]kernel.ID, n)
		_, err := d.Bulk(ctx, "notice_address", []string{"tenant_id", "id", "email", "email_key", "lang", "created_at", "confirmed_at", "consent"}, func(yield func([]any, error) bool) {
			for i := range n {
				ids[i] = kernel.NewID()
				email := fmt.Sprintf("leser%d@stadt.example", i)
				if !yield([]any{tenant, ids[i], email, email, "de", at, at, "1"}, nil) {
					return
				}
			}
		})
		if err != nil {
			return err
		}
		columns := []string{"tenant_id", "id", "address", "request", "topic", "ref", "created_at", "confirmed_at", "frequency"}
		_, err = d.Bulk(ctx, "notice_subscription", columns, func(yield func([]any, error) bool) {
			for i, id := range ids {
				w := wish(i)
				if !yield([]any{tenant, kernel.NewID(), id, kernel.NewID(), w.Topic, w.Ref, at, at, "daily"}, nil) {
					return
				}
			}
		})
		return err
	})
	if err != nil {
		tb.Fatal(err)
	}
}

// BenchmarkDigest50000 writes the digest of 50,000 subscribers of 200 areas, of which ten have news: 2,500 mails in one pass. The share of
// those with news is what costs; all=true is the day on which everybody has some.
func BenchmarkDigest50000(b *testing.B) {
	for name, open := range map[string]func(testing.TB) *db.DB{"sqlite": dbtest.SQLite, "postgres": dbtest.Postgres} {
		for _, all := range []bool{false, true} {
			b.Run(fmt.Sprintf("%s/all=%v", name, all), func(b *testing.B) {
				d := open(b)
				made, err := (&tenant.Service{Store: &tenantdb.Store{DB: d}}).Create(b.Context(), access.CommandLine(""), tenant.Tenant{Key: "eins", Name: kernel.T("Eins", "")})
				if err != nil {
					b.Fatal(err)
				}
				key, err := secret.Open(b.TempDir(), "")
				if err != nil {
					b.Fatal(err)
				}
				now := clock.At(time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC))
				s := &notice.Service{
					Store: &noticedb.Store{DB: d}, Tx: d, Writer: words{}, Secret: key, Check: mail.Address, Now: now.Now, Topics: areaTopics,
					Later: func(context.Context, kernel.ID, time.Time) error { return nil },
				}
				crowd(b, d, made.ID, 50_000, func(i int) notice.Wish { return notice.Wish{Topic: "area", Ref: fmt.Sprintf("A%03d", i%200)} })
				areas := 10
				if all {
					areas = 200
				}
				for i := 0; b.Loop(); i++ {
					for n := range areas {
						if err := s.News(b.Context(), made.ID, "area", fmt.Sprintf("A%03d", n), kernel.T(fmt.Sprintf("Neues %d", i), ""), "/beteiligung"); err != nil {
							b.Fatal(err)
						}
					}
					var mails int64
					if err := s.Digest(b.Context(), made.ID, notice.Daily, fmt.Sprint(i), func(n int64) { mails = n }); err != nil {
						b.Fatal(err)
					}
					if mails != int64(areas*250) {
						b.Fatalf("%d mails", mails)
					}
				}
			})
		}
	}
}
