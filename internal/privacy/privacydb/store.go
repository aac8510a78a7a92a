// SPDX-License-Identifier: EUPL-1.2

// Package privacydb keeps records of processing, proofs of deletion, answers, consent texts, legal pages and reports of barriers on both
// engines, and finds and erases people in the tables of other capabilities.
package privacydb

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/platform/db"
	"github.com/kupferfaden/kupferfaden/internal/privacy"
)

// Store implements privacy.Store.
type Store struct{ DB *db.DB }

var _ privacy.Store = (*Store)(nil)

func (s *Store) exec(ctx context.Context, statement string, args ...any) (int64, error) {
	var n int64
	err := s.DB.Tx(ctx, func(ctx context.Context) error {
		res, err := s.DB.Conn(ctx).ExecContext(ctx, statement, args...)
		if err != nil {
			return err
		}
		n, err = res.RowsAffected()
		return err
	})
	return n, err
}

// Records lists the versions without their content, newest first.
func (s *Store) Records(ctx context.Context, tenant kernel.ID) ([]privacy.Record, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select version, at from processing_record where tenant_id = $1 order by version desc`, tenant)
	return db.Collect(rows, err, func(r db.Row) (p privacy.Record, err error) {
		err = r.Scan(&p.Version, &p.At)
		return p, err
	})
}

// Record gives one version.
func (s *Store) Record(ctx context.Context, tenant kernel.ID, version int) (privacy.Record, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select version, at, content from processing_record where tenant_id = $1 and version = $2`, tenant, version)
	return db.One(rows, err, "privacy.record.notfound", func(r db.Row) (p privacy.Record, err error) {
		var n int
		var at kernel.Instant
		var content string
		if err := r.Scan(&n, &at, &content); err != nil {
			return p, err
		}
		if err := json.Unmarshal([]byte(content), &p); err != nil {
			return p, fmt.Errorf("record of processing %d: %w", n, err)
		}
		p.Version, p.At = n, at
		return p, nil
	})
}

// RecordHash gives number and hash of the newest version.
func (s *Store) RecordHash(ctx context.Context, tenant kernel.ID) (version int, hash string, err error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select version, hash from processing_record where tenant_id = $1 order by version desc limit 1`, tenant)
	err = db.Each(rows, err, func(r db.Row) error { return r.Scan(&version, &hash) })
	return version, hash, err
}

// InsertRecord adds a version.
func (s *Store) InsertRecord(ctx context.Context, tenant kernel.ID, version int, hash string, content []byte, at kernel.Instant) error {
	_, err := s.exec(ctx, `insert into processing_record (tenant_id, version, hash, content, at) values ($1, $2, $3, $4, $5)`, tenant, version, hash, string(content), at)
	return err
}

const proofColumns = `kind, run, before, days, deleted, began_at, ended_at`

func scanProof(r db.Row) (p privacy.Proof, err error) {
	err = r.Scan(&p.Kind, &p.Run, &p.Before, &p.Days, &p.Deleted, &p.Began, &p.Ended)
	return p, err
}

// Proofs lists the newest ones first, of one kind or of all.
func (s *Store) Proofs(ctx context.Context, tenant kernel.ID, kind string, limit int) ([]privacy.Proof, error) {
	w := db.NewWhere(tenant)
	if kind != "" {
		w.And("kind = ?", kind)
	}
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select `+proofColumns+` from retention_proof where `+w.String()+` order by began_at desc, kind limit `+w.Arg(limit), w.Args...)
	return db.Collect(rows, err, scanProof)
}

// BeginProof gives the proof of the kind's run, or makes it.
func (s *Store) BeginProof(ctx context.Context, tenant kernel.ID, p privacy.Proof) (privacy.Proof, error) {
	err := s.DB.Tx(ctx, func(ctx context.Context) error {
		_, err := s.exec(ctx, `insert into retention_proof (tenant_id, `+proofColumns+`) values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (tenant_id, kind, run) do nothing`,
			tenant, p.Kind, p.Run, p.Before, p.Days, p.Deleted, p.Began, p.Ended)
		if err != nil {
			return err
		}
		rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select `+proofColumns+` from retention_proof where tenant_id = $1 and kind = $2 and run = $3`, tenant, p.Kind, p.Run)
		p, err = db.One(rows, err, "privacy.kind.notfound", scanProof)
		return err
	})
	return p, err
}

// CountProof adds to what was deleted.
func (s *Store) CountProof(ctx context.Context, tenant kernel.ID, kind, run string, n int64) error {
	_, err := s.exec(ctx, `update retention_proof set deleted = deleted + $4 where tenant_id = $1 and kind = $2 and run = $3`, tenant, kind, run, n)
	return err
}

// EndProof writes that the run is through.
func (s *Store) EndProof(ctx context.Context, tenant kernel.ID, kind, run string, at kernel.Instant) error {
	_, err := s.exec(ctx, `update retention_proof set ended_at = $4 where tenant_id = $1 and kind = $2 and run = $3`, tenant, kind, run, at)
	return err
}

const disclosureColumns = `id, account_id, asked_by, reason, state, session, size, asked_at, ready_at, fetched_at`

func scanDisclosure(r db.Row) (d privacy.Disclosure, err error) {
	err = r.Scan(&d.ID, &d.Person, &d.AskedBy, &d.Reason, &d.State, &d.Session, &d.Size, &d.Asked, &d.Ready, &d.Fetched)
	return d, err
}

// InsertDisclosure adds an answer that is still to be made.
func (s *Store) InsertDisclosure(ctx context.Context, tenant kernel.ID, d privacy.Disclosure) error {
	_, err := s.exec(ctx, `insert into disclosure (tenant_id, `+disclosureColumns+`, content) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, '')`,
		tenant, d.ID, d.Person, d.AskedBy, d.Reason, d.State, d.Session, d.Size, d.Asked, d.Ready, d.Fetched)
	return err
}

// Disclosure gives one without its content.
func (s *Store) Disclosure(ctx context.Context, tenant, id kernel.ID) (privacy.Disclosure, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select `+disclosureColumns+` from disclosure where tenant_id = $1 and id = $2`, tenant, id)
	return db.One(rows, err, "privacy.disclosure.notfound", scanDisclosure)
}

// Disclosures lists those about a person that the person asked for, or those the staff member asked for; newest first.
func (s *Store) Disclosures(ctx context.Context, tenant, person, askedBy kernel.ID) ([]privacy.Disclosure, error) {
	w := db.NewWhere(tenant)
	if askedBy != "" {
		w.And("asked_by = ?", askedBy)
	} else {
		w.And("account_id = ?", person)
		w.And("asked_by is null")
	}
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select `+disclosureColumns+` from disclosure where `+w.String()+` order by asked_at desc, id desc limit 50`, w.Args...)
	return db.Collect(rows, err, scanDisclosure)
}

// StartDisclosure lets a granted one be made for the session.
func (s *Store) StartDisclosure(ctx context.Context, tenant, id kernel.ID, session string) error {
	n, err := s.exec(ctx, `update disclosure set state = 'making', session = $3 where tenant_id = $1 and id = $2 and state = 'granted'`, tenant, id, session)
	if err == nil && n == 0 {
		return kernel.E(kernel.NotFound, "privacy.disclosure.notfound")
	}
	return err
}

// FinishDisclosure keeps the content of one that is being made; one that is finished already stays as it is.
func (s *Store) FinishDisclosure(ctx context.Context, tenant, id kernel.ID, sealed string, size int64, at kernel.Instant) error {
	_, err := s.exec(ctx, `update disclosure set state = 'ready', content = $3, size = $4, ready_at = $5 where tenant_id = $1 and id = $2 and state = 'making'`, tenant, id, sealed, size, at)
	return err
}

// TakeDisclosure gives the content and removes it, once.
func (s *Store) TakeDisclosure(ctx context.Context, tenant, id kernel.ID, session string, since, now kernel.Instant) (sealed string, err error) {
	err = s.DB.Tx(ctx, func(ctx context.Context) error {
		sealed, err = db.Value[string](s.DB.Conn(ctx).QueryRowContext(ctx,
			`select content from disclosure where tenant_id = $1 and id = $2 and state = 'ready' and session = $3 and ready_at > $4`, tenant, id, session, since), "privacy.disclosure.notfound")
		if err != nil {
			return err
		}
		n, err := s.exec(ctx, `update disclosure set state = 'fetched', content = '', session = '', fetched_at = $3 where tenant_id = $1 and id = $2 and state = 'ready'`, tenant, id, now)
		if err == nil && n == 0 {
			return kernel.E(kernel.NotFound, "privacy.disclosure.notfound")
		}
		return err
	})
	return sealed, err
}

// CloseDisclosures ends those that nobody fetched, or that never got ready.
func (s *Store) CloseDisclosures(ctx context.Context, tenant kernel.ID, since, started kernel.Instant) error {
	_, err := s.exec(ctx, `update disclosure set state = 'over', content = '', session = '' where tenant_id = $1 and state = 'ready' and ready_at <= $2`, tenant, since)
	if err != nil {
		return err
	}
	_, err = s.exec(ctx, `update disclosure set state = 'failed', session = '' where tenant_id = $1 and state = 'making' and asked_at <= $2`, tenant, started)
	return err
}

// InsertErasure keeps that something was erased.
func (s *Store) InsertErasure(ctx context.Context, tenant kernel.ID, e privacy.Erasure) error {
	_, err := s.exec(ctx, `insert into erasure (tenant_id, id, account_id, asked_by, counts, at) values ($1, $2, $3, $4, $5, $6)`,
		tenant, e.ID, e.Person, e.By, db.AsJSON(e.Counts), e.At)
	return err
}
