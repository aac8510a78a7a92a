// SPDX-License-Identifier: EUPL-1.2

package accountdb

import (
	"cmp"
	"context"
	"fmt"

	"github.com/kupferfaden/kupferfaden/internal/account"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/platform/db"
)

var _ account.Links = (*Store)(nil)

const linkColumns = `id, kind, account_id, email, lang, content, origin, created_at, created_by, expires_at`

func scanLink(r db.Row) (l account.Link, err error) {
	var content db.JSON[account.LinkContent]
	err = r.Scan(&l.ID, &l.Kind, &l.Account, &l.Email, &l.Lang, &content, &l.Origin, &l.CreatedAt, &l.CreatedBy, &l.ExpiresAt)
	l.Content = content.V
	return l, err
}

const noLink = "account.link.invalid"

// AddLink writes a link with the hash of its token.
func (s *Store) AddLink(ctx context.Context, tenant kernel.ID, l account.Link, tokenHash string) error {
	return s.DB.Tx(ctx, func(ctx context.Context) error {
		_, err := s.DB.Conn(ctx).ExecContext(ctx, `
			insert into account_link (tenant_id, id, kind, token_hash, account_id, email, email_folded, lang, content, origin, created_at, created_by, expires_at)
			values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
			tenant, l.ID, l.Kind, tokenHash, l.Account, l.Email, account.FoldEmail(l.Email), cmp.Or(l.Lang, "de"), db.AsJSON(l.Content), l.Origin,
			l.CreatedAt, l.CreatedBy, l.ExpiresAt)
		if err != nil {
			return fmt.Errorf("link: %w", err)
		}
		return nil
	})
}

// Link gives one by id.
func (s *Store) Link(ctx context.Context, tenant, id kernel.ID) (account.Link, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select `+linkColumns+` from account_link where tenant_id = $1 and id = $2`, tenant, id)
	return db.One(rows, err, noLink, scanLink)
}

// LinkByToken gives one by kind and hash of its token.
func (s *Store) LinkByToken(ctx context.Context, tenant kernel.ID, kind account.LinkKind, tokenHash string) (account.Link, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx,
		`select `+linkColumns+` from account_link where tenant_id = $1 and kind = $2 and token_hash = $3`, tenant, kind, tokenHash)
	return db.One(rows, err, noLink, scanLink)
}

// LinksOf lists those of a kind, newest first.
func (s *Store) LinksOf(ctx context.Context, tenant kernel.ID, kind account.LinkKind) ([]account.Link, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx,
		`select `+linkColumns+` from account_link where tenant_id = $1 and kind = $2 order by created_at desc, id`, tenant, kind)
	return db.Collect(rows, err, scanLink)
}

// SetLink replaces account, content, expiry and the hash of the token.
func (s *Store) SetLink(ctx context.Context, tenant kernel.ID, l account.Link, tokenHash string) error {
	return s.DB.Tx(ctx, func(ctx context.Context) error {
		res, err := s.DB.Conn(ctx).ExecContext(ctx,
			`update account_link set account_id = $3, content = $4, expires_at = $5, token_hash = $6 where tenant_id = $1 and id = $2`,
			tenant, l.ID, l.Account, db.AsJSON(l.Content), l.ExpiresAt, tokenHash)
		if err != nil {
			return fmt.Errorf("link: %w", err)
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return kernel.E(kernel.NotFound, noLink)
		}
		return nil
	})
}

// TakeLink removes a link; of several that try at once, one is told true.
func (s *Store) TakeLink(ctx context.Context, tenant, id kernel.ID) (taken bool, err error) {
	err = s.DB.Tx(ctx, func(ctx context.Context) error {
		res, err := s.DB.Conn(ctx).ExecContext(ctx, `delete from account_link where tenant_id = $1 and id = $2`, tenant, id)
		if err != nil {
			return fmt.Errorf("link: %w", err)
		}
		n, err := res.RowsAffected()
		taken = n == 1
		return err
	})
	return taken, err
}

// CountTo counts links of a kind to a folded address since then.
func (s *Store) CountTo(ctx context.Context, tenant kernel.ID, kind account.LinkKind, folded string, since kernel.Instant) (int, error) {
	row := s.DB.Conn(ctx).QueryRowContext(ctx,
		`select count(*) from account_link where tenant_id = $1 and kind = $2 and email_folded = $3 and created_at >= $4`, tenant, kind, folded, since)
	return db.Value[int](row, noLink)
}

// CountFrom counts links of a kind asked for from a network since then.
func (s *Store) CountFrom(ctx context.Context, tenant kernel.ID, kind account.LinkKind, origin string, since kernel.Instant) (int, error) {
	row := s.DB.Conn(ctx).QueryRowContext(ctx,
		`select count(*) from account_link where tenant_id = $1 and kind = $2 and origin = $3 and created_at >= $4`, tenant, kind, origin, since)
	return db.Value[int](row, noLink)
}

// DropLinks removes the links of some kinds that concern an account or a folded address.
func (s *Store) DropLinks(ctx context.Context, tenant kernel.ID, kinds []account.LinkKind, id kernel.ID, folded string) error {
	return s.DB.Tx(ctx, func(ctx context.Context) error {
		for _, kind := range kinds {
			_, err := s.DB.Conn(ctx).ExecContext(ctx,
				`delete from account_link where tenant_id = $1 and kind = $2 and (account_id = $3 or email_folded = $4)`, tenant, kind, id, db.NullZero(folded))
			if err != nil {
				return fmt.Errorf("links: %w", err)
			}
		}
		return nil
	})
}

// ExpireLinks removes links of a kind that ended before then.
func (s *Store) ExpireLinks(ctx context.Context, tenant kernel.ID, kind account.LinkKind, before kernel.Instant) (gone int, err error) {
	err = s.DB.Tx(ctx, func(ctx context.Context) error {
		res, err := s.DB.Conn(ctx).ExecContext(ctx, `delete from account_link where tenant_id = $1 and kind = $2 and expires_at <= $3`, tenant, kind, before)
		if err != nil {
			return fmt.Errorf("links: %w", err)
		}
		n, err := res.RowsAffected()
		gone = int(n)
		return err
	})
	return gone, err
}
