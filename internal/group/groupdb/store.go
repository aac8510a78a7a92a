// SPDX-License-Identifier: EUPL-1.2

// Package groupdb keeps working groups, their meetings, papers, tasks and shared texts on both engines.
package groupdb

import (
	"context"
	"database/sql"

	"github.com/kupferfaden/kupferfaden/internal/group"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/platform/db"
)

// Store implements group.Store.
type Store struct{ DB *db.DB }

var _ group.Store = (*Store)(nil)

const columns = `id, key, kind, name, mandate, composition, power, set_up, rhythm, contact, closing, process, topics, areas, term_from, term_to, sign, public,
edit, created_at, changed_at`

func scan(r db.Row) (g group.Group, err error) {
	var topics, areas db.JSON[[]string]
	err = r.Scan(&g.ID, &g.Key, &g.Kind, &g.Name, &g.Mandate, &g.Composition, &g.Power, &g.SetUp, &g.Rhythm, &g.Contact, &g.Closing, &g.Process, &topics, &areas,
		&g.From, &g.To, &g.Sign, &g.Public, &g.Edit, &g.CreatedAt, &g.ChangedAt)
	g.Topics, g.Areas = topics.V, areas.V
	return g, err
}

// Groups lists every group by kind and key.
func (s *Store) Groups(ctx context.Context, tenant kernel.ID) ([]group.Group, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select `+columns+` from working_group where tenant_id = $1 order by case when term_to = '' then 0 else 1 end, kind, key`, tenant)
	return db.Collect(rows, err, scan)
}

// Group finds one by its key.
func (s *Store) Group(ctx context.Context, tenant kernel.ID, key string) (group.Group, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select `+columns+` from working_group where tenant_id = $1 and key = $2`, tenant, key)
	return db.One(rows, err, "group.notfound", scan)
}

// GroupByID finds one.
func (s *Store) GroupByID(ctx context.Context, tenant, id kernel.ID) (group.Group, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select `+columns+` from working_group where tenant_id = $1 and id = $2`, tenant, id)
	return db.One(rows, err, "group.notfound", scan)
}

// wrote gives the error of a statement that wrote no row.
func wrote(res sql.Result, err error, none error) error {
	if err != nil {
		return err
	}
	n, err := res.RowsAffected()
	if err == nil && n == 0 {
		return none
	}
	return err
}

func changed() error { return kernel.E(kernel.Conflict, "group.changed") }

// Save writes a group.
func (s *Store) Save(ctx context.Context, tenant kernel.ID, g group.Group) error {
	return s.DB.Tx(ctx, func(ctx context.Context) error {
		c := s.DB.Conn(ctx)
		args := []any{
			tenant, g.ID, g.Key, string(g.Kind), g.Name, g.Mandate, g.Composition, g.Power, g.SetUp, g.Rhythm, g.Contact, g.Closing, g.Process, db.AsJSON(g.Topics), db.AsJSON(g.Areas),
			string(g.From), string(g.To), g.Sign, g.Public, g.Edit, g.CreatedAt, g.ChangedAt,
		}
		var err error
		if g.Edit == 1 {
			res, ierr := c.ExecContext(ctx, `insert into working_group (tenant_id, `+columns+`)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22) on conflict (tenant_id, key) do nothing`, args...)
			err = wrote(res, ierr, &kernel.Error{Kind: kernel.Invalid, Key: "group.invalid", Fields: map[string]string{"key": "group.key.taken"}})
		} else {
			res, uerr := c.ExecContext(ctx, `update working_group set kind = $3, name = $4, mandate = $5, composition = $6, power = $7, set_up = $8, rhythm = $9, contact = $10, closing = $11,
process = $12, topics = $13, areas = $14, term_from = $15, term_to = $16, sign = $17, public = $18, edit = $19, changed_at = $20 where tenant_id = $1 and id = $2 and edit = $19 - 1`,
				append([]any{tenant, g.ID}, append(append([]any{}, args[3:20]...), g.ChangedAt)...)...)
			err = wrote(res, uerr, changed())
		}
		if err != nil {
			return err
		}
		return s.DB.Touch(ctx, tenant)
	})
}

const memberColumns = `id, group_id, account_id, body_ref, organisation, label, email, role, from_date, to_date, consent, created_at`

func scanMember(r db.Row) (m group.Member, err error) {
	err = r.Scan(&m.ID, &m.Group, &m.Account, &m.Actor.ID, &m.Organisation, &m.Label, &m.Email, &m.Role, &m.From, &m.To, &m.Consent, &m.CreatedAt)
	if m.Actor.ID != "" {
		m.Actor.Kind = "actor"
	}
	return m, err
}

// Members lists those of a group, the longest first.
func (s *Store) Members(ctx context.Context, tenant, of kernel.ID) ([]group.Member, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select `+memberColumns+` from group_member where tenant_id = $1 and group_id = $2 order by from_date, id`, tenant, of)
	return db.Collect(rows, err, scanMember)
}

// MembersOf lists the memberships of an account.
func (s *Store) MembersOf(ctx context.Context, tenant, account kernel.ID) ([]group.Member, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select `+memberColumns+` from group_member where tenant_id = $1 and account_id = $2 order by from_date, id`, tenant, account)
	return db.Collect(rows, err, scanMember)
}

// Member finds one.
func (s *Store) Member(ctx context.Context, tenant, id kernel.ID) (group.Member, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select `+memberColumns+` from group_member where tenant_id = $1 and id = $2`, tenant, id)
	return db.One(rows, err, "group.member.notfound", scanMember)
}

// SaveMember writes one.
func (s *Store) SaveMember(ctx context.Context, tenant kernel.ID, m group.Member) error {
	return s.DB.Tx(ctx, func(ctx context.Context) error {
		_, err := s.DB.Conn(ctx).ExecContext(ctx, `insert into group_member (tenant_id, `+memberColumns+`) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
on conflict (tenant_id, id) do update set account_id = excluded.account_id, body_ref = excluded.body_ref, organisation = excluded.organisation, label = excluded.label, email = excluded.email,
role = excluded.role, from_date = excluded.from_date, to_date = excluded.to_date, consent = excluded.consent`,
			tenant, m.ID, m.Group, m.Account, string(m.Actor.ID), m.Organisation, m.Label, m.Email, string(m.Role), string(m.From), string(m.To), m.Consent, m.CreatedAt)
		if err != nil {
			return err
		}
		return s.DB.Touch(ctx, tenant)
	})
}

// DropMember removes one who attended no meeting.
func (s *Store) DropMember(ctx context.Context, tenant, id kernel.ID) error {
	return s.DB.Tx(ctx, func(ctx context.Context) error {
		c := s.DB.Conn(ctx)
		n, err := db.Value[int](c.QueryRowContext(ctx, `select count(*) from group_attendance where tenant_id = $1 and member_id = $2`, tenant, id), "group.member.notfound")
		if err != nil {
			return err
		}
		if n > 0 {
			return kernel.E(kernel.Conflict, "group.member.attended")
		}
		res, err := c.ExecContext(ctx, `delete from group_member where tenant_id = $1 and id = $2`, tenant, id)
		if err := wrote(res, err, kernel.E(kernel.NotFound, "group.member.notfound")); err != nil {
			return err
		}
		return s.DB.Touch(ctx, tenant)
	})
}
