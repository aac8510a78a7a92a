// SPDX-License-Identifier: EUPL-1.2

// Package noticedb keeps the outbox, the addresses that refuse mail and the subscriptions on both engines.
package noticedb

import (
	"context"

	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/notice"
	"github.com/kupferfaden/kupferfaden/internal/platform/db"
)

// Store implements notice.Store.
type Store struct{ DB *db.DB }

var _ notice.Store = (*Store)(nil)

const columns = `tenant_id, id, account, address, email, lang, kind, event, channel, state, letter, sealed, message_id, attempts, next_at, code, error, created_at, ended_at`

func scan(r db.Row) (m notice.Mail, err error) {
	var letter db.JSON[notice.Letter]
	err = r.Scan(&m.Tenant, &m.ID, &m.To.Account, &m.To.Address, &m.To.Email, &m.To.Lang, &m.Kind, &m.Event, &m.Channel, &m.State, &letter, &m.Sealed,
		&m.MessageID, &m.Attempts, &m.NextAt, &m.Code, &m.Error, &m.CreatedAt, &m.EndedAt)
	m.Letter = letter.V
	return m, err
}

// Add writes a mail, unless there is one of the same recipient, event and channel.
func (s *Store) Add(ctx context.Context, m notice.Mail) (added bool, err error) {
	err = s.DB.Tx(ctx, func(ctx context.Context) error {
		res, err := s.DB.Conn(ctx).ExecContext(ctx, `insert into notice_mail (`+columns+`, recipient, email_key, subject)
			values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22)
			on conflict (tenant_id, recipient, event, channel) do nothing`,
			m.Tenant, m.ID, m.To.Account, m.To.Address, m.To.Email, m.To.Lang, m.Kind, m.Event, m.Channel, m.State, db.AsJSON(m.Letter), m.Sealed,
			m.MessageID, m.Attempts, m.NextAt, m.Code, m.Error, m.CreatedAt, m.EndedAt, m.To.Key(), notice.Fold(m.To.Email), m.Letter.Subject)
		if err != nil {
			return err
		}
		n, err := res.RowsAffected()
		added = n == 1
		return err
	})
	return added, err
}

// Claim takes up to n due mails for this process.
func (s *Store) Claim(ctx context.Context, tenant kernel.ID, now, until kernel.Instant, n int) (mails []notice.Mail, err error) {
	due := func(w *db.Where) {
		w.And("state = ?", notice.Waiting)
		w.And("next_at <= ?", now)
		w.And("(claim_until is null or claim_until <= ?)", now)
	}
	err = s.DB.TxReadCommitted(ctx, func(ctx context.Context) error {
		w := db.NewWhere(tenant)
		due(w)
		held, most := w.Arg(until), w.Arg(n)
		// The conditions stand twice: PostgreSQL proves only the outer ones again on a row that another process has just claimed.
		rows, err := s.DB.Conn(ctx).QueryContext(ctx, `update notice_mail set attempts = attempts + 1, claim_until = `+held+`
			where `+w.String()+` and id in (select id from notice_mail where `+w.String()+` order by next_at, id limit `+most+`) returning `+columns, w.Args...)
		mails, err = db.Collect(rows, err, scan)
		return err
	})
	return mails, err
}

// Conclude writes down what became of an attempt; the attempt's number is the fence against one that was taken over.
func (s *Store) Conclude(ctx context.Context, m notice.Mail) error {
	return s.DB.Tx(ctx, func(ctx context.Context) error {
		_, err := s.DB.Conn(ctx).ExecContext(ctx, `update notice_mail set state = $4, sealed = $5, next_at = $6, claim_until = null, code = $7, error = $8, ended_at = $9
			where tenant_id = $1 and id = $2 and attempts = $3`, m.Tenant, m.ID, m.Attempts, m.State, m.Sealed, m.NextAt, m.Code, m.Error, m.EndedAt)
		return err
	})
}

// NextDue is when the next waiting mail may be tried.
func (s *Store) NextDue(ctx context.Context, tenant kernel.ID) (at kernel.Instant, err error) {
	return db.Value[kernel.Instant](s.DB.Conn(ctx).QueryRowContext(ctx, `select min(case when claim_until > next_at then claim_until else next_at end)
		from notice_mail where tenant_id = $1 and state = 'waiting'`, tenant), "outbox.notfound")
}

// Mail finds one.
func (s *Store) Mail(ctx context.Context, tenant, id kernel.ID) (notice.Mail, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select `+columns+` from notice_mail where tenant_id = $1 and id = $2`, tenant, id)
	return db.One(rows, err, "outbox.notfound", scan)
}

// ByMessageID finds the mail a bounce speaks of.
func (s *Store) ByMessageID(ctx context.Context, tenant kernel.ID, messageID string) (notice.Mail, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select `+columns+` from notice_mail where tenant_id = $1 and message_id = $2`, tenant, messageID)
	return db.One(rows, err, "outbox.notfound", scan)
}

// List gives mails, the youngest first.
func (s *Store) List(ctx context.Context, tenant kernel.ID, f notice.Filter) ([]notice.Mail, error) {
	w := db.NewWhere(tenant)
	if f.State != "" {
		w.And("state = ?", f.State)
	}
	if f.Kind != "" {
		w.And("kind = ?", f.Kind)
	}
	if !f.From.IsZero() {
		w.And("created_at >= ?", f.From)
	}
	if !f.To.IsZero() {
		w.And("created_at < ?", f.To)
	}
	if f.Before != "" {
		w.And("id < ?", f.Before)
	}
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select `+columns+` from notice_mail where `+w.String()+` order by id desc limit `+w.Arg(f.Limit), w.Args...)
	return db.Collect(rows, err, scan)
}

// Counts gives the number of mails in each state.
func (s *Store) Counts(ctx context.Context, tenant kernel.ID) (map[notice.State]int, error) {
	out := map[notice.State]int{}
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select state, count(*) from notice_mail where tenant_id = $1 group by state`, tenant)
	err = db.Each(rows, err, func(r db.Row) error {
		var st notice.State
		var n int
		err := r.Scan(&st, &n)
		out[st] = n
		return err
	})
	return out, err
}

// Kinds lists the kinds there are mails of.
func (s *Store) Kinds(ctx context.Context, tenant kernel.ID) ([]notice.Kind, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select distinct kind from notice_mail where tenant_id = $1 order by kind`, tenant)
	return db.Collect(rows, err, func(r db.Row) (k notice.Kind, err error) { return k, r.Scan(&k) })
}

// Suppress keeps an address from being written to; the first reason stays.
func (s *Store) Suppress(ctx context.Context, tenant kernel.ID, r notice.Refusal) error {
	return s.DB.Tx(ctx, func(ctx context.Context) error {
		_, err := s.DB.Conn(ctx).ExecContext(ctx, `insert into notice_suppressed (tenant_id, email_key, email, reason, since) values ($1, $2, $3, $4, $5)
			on conflict (tenant_id, email_key) do nothing`, tenant, notice.Fold(r.Email), r.Email, r.Reason, r.Since)
		return err
	})
}

// Lift lets an address be written to again.
func (s *Store) Lift(ctx context.Context, tenant kernel.ID, emailKey string) error {
	return s.DB.Tx(ctx, func(ctx context.Context) error {
		_, err := s.DB.Conn(ctx).ExecContext(ctx, `delete from notice_suppressed where tenant_id = $1 and email_key = $2`, tenant, emailKey)
		return err
	})
}

// Suppressed tells whether an address is.
func (s *Store) Suppressed(ctx context.Context, tenant kernel.ID, emailKey string) (bool, error) {
	n, err := db.Value[int](s.DB.Conn(ctx).QueryRowContext(ctx, `select count(*) from notice_suppressed where tenant_id = $1 and email_key = $2`, tenant, emailKey), "outbox.notfound")
	return n > 0, err
}

// Refusals lists the suppressed addresses, the latest first.
func (s *Store) Refusals(ctx context.Context, tenant kernel.ID) ([]notice.Refusal, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select email, reason, since from notice_suppressed where tenant_id = $1 order by since desc, email_key`, tenant)
	return db.Collect(rows, err, func(r db.Row) (x notice.Refusal, err error) { return x, r.Scan(&x.Email, &x.Reason, &x.Since) })
}
