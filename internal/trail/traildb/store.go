// SPDX-License-Identifier: EUPL-1.2

// Package traildb keeps the chains of the audit trail on both engines. It inserts entries and reads them; the only way it removes any is behind
// a seal, which triggers in the database enforce too.
package traildb

import (
	"context"
	"strings"

	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/platform/db"
	"github.com/kupferfaden/kupferfaden/internal/trail"
)

// Store implements trail.Store.
type Store struct{ DB *db.DB }

// Next takes the next number. The row of the head is changed first: on PostgreSQL a second writer waits here and is run again, so that the
// numbers have no gaps.
func (s *Store) Next(ctx context.Context, tenant kernel.ID) (seq int64, prev string, err error) {
	c := s.DB.Conn(ctx)
	rows, err := c.QueryContext(ctx, `update audit_head set seq = seq + 1 where tenant_id = $1 returning seq, hash`, tenant)
	list, err := db.Collect(rows, err, scanHead)
	if err != nil || len(list) == 1 {
		return only(list).Seq, only(list).Hash, err
	}
	_, err = c.ExecContext(ctx, `insert into audit_head (tenant_id, seq, hash) values ($1, 1, '')`, tenant)
	return 1, "", err
}

// only gives the single head of a list, the zero one of an empty list.
func only(list []trail.Head) trail.Head {
	if len(list) == 0 {
		return trail.Head{}
	}
	return list[0]
}

func scanHead(r db.Row) (h trail.Head, err error) {
	err = r.Scan(&h.Seq, &h.Hash)
	return h, err
}

// Add writes an entry and makes it the head.
func (s *Store) Add(ctx context.Context, tenant kernel.ID, e trail.Entry) error {
	c := s.DB.Conn(ctx)
	_, err := c.ExecContext(ctx, `insert into audit_entry (tenant_id, seq, at, person, roles, action, what, object_kind, object_id, reason, note, hash)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
		tenant, e.Seq, e.At, e.Person, strings.Join(e.Roles, " "), string(e.Do), e.What, e.Object.Kind, string(e.Object.ID), e.Reason, db.AsJSON(e.Note), e.Hash)
	if err != nil {
		return err
	}
	_, err = c.ExecContext(ctx, `update audit_head set hash = $2 where tenant_id = $1`, tenant, e.Hash)
	return err
}

// Head gives the end of the chain.
func (s *Store) Head(ctx context.Context, tenant kernel.ID) (trail.Head, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select seq, hash from audit_head where tenant_id = $1`, tenant)
	list, err := db.Collect(rows, err, scanHead)
	return only(list), err
}

const columns = "seq, at, person, roles, action, what, object_kind, object_id, reason, note, hash"

func scan(r db.Row) (e trail.Entry, err error) {
	var roles, object string
	var note db.JSON[map[string]string]
	err = r.Scan(&e.Seq, &e.At, &e.Person, &roles, &e.Do, &e.What, &e.Object.Kind, &object, &e.Reason, &note, &e.Hash)
	e.Roles, e.Object.ID, e.Note = strings.Fields(roles), kernel.ID(object), note.V
	return e, err
}

// After gives entries in the order of the chain.
func (s *Store) After(ctx context.Context, tenant kernel.ID, seq int64, n int) ([]trail.Entry, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select `+columns+` from audit_entry where tenant_id = $1 and seq > $2 order by seq limit $3`, tenant, seq, n)
	return db.Collect(rows, err, scan)
}

// Find gives entries that a filter chooses, newest first.
func (s *Store) Find(ctx context.Context, tenant kernel.ID, f trail.Filter, before int64, n int) ([]trail.Entry, error) {
	w := db.NewWhere(tenant)
	if before > 0 {
		w.And("seq < ?", before)
	}
	if !f.From.IsZero() {
		w.And("at >= ?", f.From)
	}
	if !f.Until.IsZero() {
		w.And("at < ?", f.Until)
	}
	for _, c := range []struct{ column, value string }{
		{"person", string(f.Person)},
		{"action", string(f.Do)},
		{"what", f.What},
		{"object_kind", f.Kind},
		{"object_id", string(f.ID)},
	} {
		if c.value != "" {
			w.And(c.column+" = ?", c.value)
		}
	}
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select `+columns+` from audit_entry where `+w.String()+` order by seq desc limit `+w.Arg(n), w.Args...)
	return db.Collect(rows, err, scan)
}

// Entry finds one.
func (s *Store) Entry(ctx context.Context, tenant kernel.ID, seq int64) (trail.Entry, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select `+columns+` from audit_entry where tenant_id = $1 and seq = $2`, tenant, seq)
	return db.One(rows, err, "audit.notfound", scan)
}

// Cuts lists the places up to which entries were removed.
func (s *Store) Cuts(ctx context.Context, tenant kernel.ID) ([]trail.Cut, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select seq, hash, at from audit_cut where tenant_id = $1 order by seq`, tenant)
	return db.Collect(rows, err, func(r db.Row) (c trail.Cut, err error) {
		err = r.Scan(&c.Seq, &c.Hash, &c.At)
		return c, err
	})
}

// AddCut keeps the hash the rest of the chain hangs on.
func (s *Store) AddCut(ctx context.Context, tenant kernel.ID, c trail.Cut) error {
	_, err := s.DB.Conn(ctx).ExecContext(ctx, `insert into audit_cut (tenant_id, seq, hash, at) values ($1, $2, $3, $4)`, tenant, c.Seq, c.Hash, c.At)
	return err
}

// Remove removes entries behind a cut; a trigger refuses any others.
func (s *Store) Remove(ctx context.Context, tenant kernel.ID, upTo int64) (int64, error) {
	res, err := s.DB.Conn(ctx).ExecContext(ctx, `delete from audit_entry where tenant_id = $1 and seq <= $2`, tenant, upTo)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

// People lists whom entries name.
func (s *Store) People(ctx context.Context, tenant kernel.ID) ([]kernel.ID, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select distinct person from audit_entry where tenant_id = $1 and person is not null order by person`, tenant)
	return db.Collect(rows, err, func(r db.Row) (id kernel.ID, err error) {
		err = r.Scan(&id)
		return id, err
	})
}

// Whats lists what entries tell of.
func (s *Store) Whats(ctx context.Context, tenant kernel.ID) ([]string, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select distinct what from audit_entry where tenant_id = $1 order by what`, tenant)
	return db.Collect(rows, err, func(r db.Row) (what string, err error) {
		err = r.Scan(&what)
		return what, err
	})
}
