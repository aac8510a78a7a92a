// SPDX-License-Identifier: EUPL-1.2

package noticedb

import (
	"context"
	"slices"

	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/notice"
	"github.com/kupferfaden/kupferfaden/internal/platform/db"
)

// runColumn is where a digest of the frequency marks the news it took up.
func runColumn(f notice.Frequency) string {
	switch f {
	case notice.Daily:
		return "daily_run"
	case notice.Weekly:
		return "weekly_run"
	}
	return "now_run"
}

// Note writes news down, once.
func (s *Store) Note(ctx context.Context, tenant kernel.ID, x notice.Item, told bool) (bool, error) {
	run := ""
	if told {
		run = "told"
	}
	n, err := s.exec(ctx, `insert into notice_news (tenant_id, id, topic, ref, event, title, path, noted_at, now_run, daily_run, weekly_run)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, '', '') on conflict (tenant_id, topic, ref, event) do nothing`,
		tenant, x.ID, x.Topic, x.Ref, x.Event, x.Title, x.Path, x.At, run)
	return n == 1, err
}

// Begin starts a digest with the news none of its frequency has taken up, and lists those that are not ended.
func (s *Store) Begin(ctx context.Context, tenant kernel.ID, f notice.Frequency, run string, at kernel.Instant) (open []notice.Run, err error) {
	column := runColumn(f)
	err = s.DB.Tx(ctx, func(ctx context.Context) error {
		n, err := s.exec(ctx, `insert into notice_digest (tenant_id, frequency, run, after, mails, started_at, ended_at) values ($1, $2, $3, null, 0, $4, null)
			on conflict (tenant_id, frequency, run) do nothing`, tenant, f, run, at)
		if err != nil {
			return err
		}
		if n == 1 {
			if _, err := s.exec(ctx, `update notice_news set `+column+` = $2 where tenant_id = $1 and `+column+` = ''`, tenant, run); err != nil {
				return err
			}
		}
		rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select frequency, run, after, mails, ended_at from notice_digest
			where tenant_id = $1 and frequency = $2 and ended_at is null order by started_at, run`, tenant, f)
		open, err = db.Collect(rows, err, func(r db.Row) (x notice.Run, err error) {
			return x, r.Scan(&x.Frequency, &x.Name, &x.After, &x.Mails, &x.EndedAt)
		})
		return err
	})
	return open, err
}

// Items lists the news of a digest in the order they were noted.
func (s *Store) Items(ctx context.Context, tenant kernel.ID, f notice.Frequency, run string) ([]notice.Item, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select id, topic, ref, event, title, path, noted_at from notice_news
		where tenant_id = $1 and `+runColumn(f)+` = $2 order by noted_at, id`, tenant, run)
	return db.Collect(rows, err, func(r db.Row) (x notice.Item, err error) {
		return x, r.Scan(&x.ID, &x.Topic, &x.Ref, &x.Event, &x.Title, &x.Path, &x.At)
	})
}

// mostRefs is up to how many objects are named in the statement; of more, all wishes of their topics are read and looked through.
const mostRefs = 400

// Readers lists wishes of the frequency that concern the given ones.
func (s *Store) Readers(ctx context.Context, tenant kernel.ID, f notice.Frequency, wishes []notice.Wish, after kernel.ID, n int) ([]notice.Reader, error) {
	var topics, refs []string
	for _, w := range wishes {
		if !slices.Contains(topics, w.Topic) {
			topics = append(topics, w.Topic)
		}
		if !slices.Contains(refs, w.Ref) && len(refs) <= mostRefs {
			refs = append(refs, w.Ref)
		}
	}
	if !slices.Contains(refs, "") {
		refs = append(refs, "")
	}
	w := &db.Where{}
	w.And("s.tenant_id = ?", tenant)
	w.And("s.frequency = ?", f)
	w.And("s.confirmed_at is not null")
	w.And("a.confirmed_at is not null")
	w.In("s.topic", topics)
	if len(refs) <= mostRefs {
		w.In("s.ref", refs)
	}
	if after != "" {
		w.And("s.address > ?", after)
	}
	w.And("not exists (select 1 from notice_suppressed x where x.tenant_id = s.tenant_id and x.email_key = a.email_key)")
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select a.id, a.email, a.lang, s.topic, s.ref, s.confirmed_at
		from notice_subscription s join notice_address a on a.tenant_id = s.tenant_id and a.id = s.address
		where `+w.String()+` order by s.address, s.topic, s.ref limit `+w.Arg(n), w.Args...)
	return db.Collect(rows, err, func(r db.Row) (x notice.Reader, err error) {
		return x, r.Scan(&x.Address.ID, &x.Address.Email, &x.Address.Lang, &x.Topic, &x.Ref, &x.Since)
	})
}

// mailRow lists the values of a mail in the order of mailColumns.
func mailRow(m notice.Mail) []any {
	return []any{
		m.Tenant, m.ID, m.To.Account, m.To.Address, m.To.Email, m.To.Lang, string(m.Kind), m.Event, string(m.Channel), string(m.State), db.AsJSON(m.Letter), m.Sealed,
		m.MessageID, int64(m.Attempts), m.NextAt, int64(m.Code), m.Error, m.CreatedAt, m.EndedAt, m.To.Key(), notice.Fold(m.To.Email), m.Letter.Subject,
	}
}

var mailColumns = []string{
	"tenant_id", "id", "account", "address", "email", "lang", "kind", "event", "channel", "state", "letter", "sealed",
	"message_id", "attempts", "next_at", "code", "error", "created_at", "ended_at", "recipient", "email_key", "subject",
}

// Advance writes a digest's next mails and how far it came. The place it stood at is the fence: of two processes one goes on.
func (s *Store) Advance(ctx context.Context, tenant kernel.ID, was notice.Run, mails []notice.Mail, after kernel.ID, ended kernel.Instant) (notice.Run, error) {
	next := was
	next.After, next.Mails, next.EndedAt = after, was.Mails+int64(len(mails)), ended
	return next, s.DB.Tx(ctx, func(ctx context.Context) error {
		w := db.NewWhere(tenant)
		w.And("frequency = ?", was.Frequency)
		w.And("run = ?", was.Name)
		w.And("ended_at is null")
		if was.After == "" {
			w.And("after is null")
		} else {
			w.And("after = ?", was.After)
		}
		n, err := s.exec(ctx, `update notice_digest set after = `+w.Arg(after)+`, mails = `+w.Arg(next.Mails)+`, ended_at = `+w.Arg(ended)+` where `+w.String(), w.Args...)
		if err != nil {
			return err
		}
		if n == 0 {
			return kernel.E(kernel.Conflict, "digest.moved")
		}
		_, err = s.DB.Bulk(ctx, "notice_mail", mailColumns, func(yield func([]any, error) bool) {
			for _, m := range mails {
				if !yield(mailRow(m), nil) {
					return
				}
			}
		})
		return err
	})
}

// ExpireNews forgets news that every digest has taken up, and digests that ended.
func (s *Store) ExpireNews(ctx context.Context, tenant kernel.ID, before kernel.Instant) (n int64, err error) {
	err = s.DB.Tx(ctx, func(ctx context.Context) error {
		news, err := s.exec(ctx, `delete from notice_news where tenant_id = $1 and noted_at < $2 and now_run <> '' and daily_run <> '' and weekly_run <> ''`, tenant, before)
		if err != nil {
			return err
		}
		runs, err := s.exec(ctx, `delete from notice_digest where tenant_id = $1 and ended_at < $2`, tenant, before)
		n = news + runs
		return err
	})
	return n, err
}
