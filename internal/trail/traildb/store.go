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
