// SPDX-License-Identifier: EUPL-1.2

package noticedb

import (
	"context"
	"database/sql"

	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/notice"
	"github.com/kupferfaden/kupferfaden/internal/platform/db"
)

const (
	addressColumns      = `id, email, lang, created_at, confirmed_at, consent`
	subscriptionColumns = `id, address, request, topic, ref, created_at, confirmed_at, frequency`
)

func scanAddress(r db.Row) (a notice.Address, err error) {
	return a, r.Scan(&a.ID, &a.Email, &a.Lang, &a.CreatedAt, &a.ConfirmedAt, &a.Consent)
}

func scanSubscription(r db.Row) (x notice.Subscription, err error) {
	return x, r.Scan(&x.ID, &x.Address, &x.Request, &x.Topic, &x.Ref, &x.CreatedAt, &x.ConfirmedAt, &x.Frequency)
}

// exec runs one statement in a transaction and counts the rows it changed.
func (s *Store) exec(ctx context.Context, q string, args ...any) (n int64, err error) {
	err = s.DB.Tx(ctx, func(ctx context.Context) error {
		var res sql.Result
		if res, err = s.DB.Conn(ctx).ExecContext(ctx, q, args...); err != nil {
			return err
		}
		n, err = res.RowsAffected()
		return err
	})
	return n, err
}

// Put keeps an address, or the language and consent of the one that is there.
func (s *Store) Put(ctx context.Context, tenant kernel.ID, a notice.Address) (id kernel.ID, err error) {
	err = s.DB.Tx(ctx, func(ctx context.Context) error {
		row := s.DB.Conn(ctx).QueryRowContext(ctx, `insert into notice_address (tenant_id, `+addressColumns+`, email_key) values ($1, $2, $3, $4, $5, $6, $7, $8)
			on conflict (tenant_id, email_key) do update set lang = excluded.lang, consent = excluded.consent returning id`,
			tenant, a.ID, a.Email, a.Lang, a.CreatedAt, a.ConfirmedAt, a.Consent, notice.Fold(a.Email))
		id, err = db.Value[kernel.ID](row, "abo.notfound")
		return err
	})
	return id, err
}

// Address finds one.
func (s *Store) Address(ctx context.Context, tenant, id kernel.ID) (notice.Address, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select `+addressColumns+` from notice_address where tenant_id = $1 and id = $2`, tenant, id)
	return db.One(rows, err, "abo.notfound", scanAddress)
}

// Wish notes what an address asked for; a wish that waits already now waits for the newer link, one that is confirmed stays as it is.
func (s *Store) Wish(ctx context.Context, tenant kernel.ID, x notice.Subscription) error {
	if x.Frequency == "" {
		x.Frequency = notice.AtOnce
	}
	_, err := s.exec(ctx, `insert into notice_subscription (tenant_id, `+subscriptionColumns+`) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
		on conflict (tenant_id, address, topic, ref) do update set request = excluded.request,
		frequency = case when notice_subscription.confirmed_at is null then excluded.frequency else notice_subscription.frequency end`,
		tenant, x.ID, x.Address, x.Request, x.Topic, x.Ref, x.CreatedAt, x.ConfirmedAt, x.Frequency)
	return err
}

// Confirm confirms an address and the wishes of a request.
func (s *Store) Confirm(ctx context.Context, tenant, address, request kernel.ID, at kernel.Instant) (n int, err error) {
	err = s.DB.Tx(ctx, func(ctx context.Context) error {
		if _, err := s.exec(ctx, `update notice_address set confirmed_at = $3 where tenant_id = $1 and id = $2 and confirmed_at is null`, tenant, address, at); err != nil {
			return err
		}
		changed, err := s.exec(ctx, `update notice_subscription set confirmed_at = $4 where tenant_id = $1 and address = $2 and request = $3 and confirmed_at is null`,
			tenant, address, request, at)
		n = int(changed)
		return err
	})
	return n, err
}

// Subscriptions lists what an address asked for.
func (s *Store) Subscriptions(ctx context.Context, tenant, address kernel.ID) ([]notice.Subscription, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select `+subscriptionColumns+` from notice_subscription where tenant_id = $1 and address = $2 order by topic, ref`, tenant, address)
	return db.Collect(rows, err, scanSubscription)
}

// End removes one subscription.
func (s *Store) End(ctx context.Context, tenant, address kernel.ID, w notice.Wish) error {
	_, err := s.exec(ctx, `delete from notice_subscription where tenant_id = $1 and address = $2 and topic = $3 and ref = $4`, tenant, address, w.Topic, w.Ref)
	return err
}

// Forget removes an address and all it asked for.
func (s *Store) Forget(ctx context.Context, tenant, address kernel.ID) error {
	return s.DB.Tx(ctx, func(ctx context.Context) error {
		if _, err := s.exec(ctx, `delete from notice_subscription where tenant_id = $1 and address = $2`, tenant, address); err != nil {
			return err
		}
		_, err := s.exec(ctx, `delete from notice_address where tenant_id = $1 and id = $2`, tenant, address)
		return err
	})
}

// Subscribers lists confirmed addresses that asked for the object or for the topic as a whole and want to hear at once.
func (s *Store) Subscribers(ctx context.Context, tenant kernel.ID, w notice.Wish, after kernel.ID, n int) ([]notice.Address, error) {
	where := db.NewWhere(tenant)
	where.And("confirmed_at is not null")
	if after != "" {
		where.And("id > ?", after)
	}
	where.And("id in (select address from notice_subscription where tenant_id = ? and topic = ? and (ref = '' or ref = ?) and frequency = 'now' and confirmed_at is not null)", tenant, w.Topic, w.Ref)
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select `+addressColumns+` from notice_address where `+where.String()+` order by id limit `+where.Arg(n), where.Args...)
	return db.Collect(rows, err, scanAddress)
}

// SentSince counts the mails of a kind to an address since a moment.
func (s *Store) SentSince(ctx context.Context, tenant kernel.ID, emailKey string, kind notice.Kind, since kernel.Instant) (int, error) {
	return db.Value[int](s.DB.Conn(ctx).QueryRowContext(ctx, `select count(*) from notice_mail where tenant_id = $1 and email_key = $2 and kind = $3 and created_at > $4`,
		tenant, emailKey, kind, since), "outbox.notfound")
}

// Trouble gives the oldest mail that is held up.
func (s *Store) Trouble(ctx context.Context, tenant kernel.ID) (notice.Mail, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select `+columns+` from notice_mail where tenant_id = $1 and state = 'waiting' and error <> '' order by id limit 1`, tenant)
	return db.One(rows, err, "outbox.notfound", scan)
}

// ExpireWishes removes wishes nobody confirmed, and addresses without a wish.
func (s *Store) ExpireWishes(ctx context.Context, tenant kernel.ID, before kernel.Instant) (n int64, err error) {
	err = s.DB.Tx(ctx, func(ctx context.Context) error {
		wishes, err := s.exec(ctx, `delete from notice_subscription where tenant_id = $1 and confirmed_at is null and created_at < $2`, tenant, before)
		if err != nil {
			return err
		}
		addresses, err := s.exec(ctx, `delete from notice_address where tenant_id = $1 and created_at < $2
			and id not in (select address from notice_subscription where tenant_id = $1)`, tenant, before)
		n = wishes + addresses
		return err
	})
	return n, err
}
