// SPDX-License-Identifier: EUPL-1.2

package privacydb

import (
	"context"

	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/platform/db"
	"github.com/kupferfaden/kupferfaden/internal/privacy"
)

func errChanged() error { return kernel.E(kernel.Conflict, "privacy.changed") }

// ConsentTexts lists the versions of a kind, newest first.
func (s *Store) ConsentTexts(ctx context.Context, tenant kernel.ID, kind, lang string) ([]privacy.ConsentVersion, error) {
	w := db.NewWhere(tenant)
	w.And("kind = ?", kind)
	if lang != "" {
		w.And("lang = ?", lang)
	}
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select kind, lang, version, body, valid_from, published_by from consent_text where `+w.String()+` order by version desc, lang`, w.Args...)
	return db.Collect(rows, err, func(r db.Row) (v privacy.ConsentVersion, err error) {
		err = r.Scan(&v.Kind, &v.Lang, &v.Version, &v.Body, &v.ValidFrom, &v.By)
		return v, err
	})
}

// InsertConsentText adds a version.
func (s *Store) InsertConsentText(ctx context.Context, tenant kernel.ID, v privacy.ConsentVersion) error {
	_, err := s.exec(ctx, `insert into consent_text (tenant_id, kind, lang, version, body, valid_from, published_by) values ($1, $2, $3, $4, $5, $6, $7)`,
		tenant, v.Kind, v.Lang, v.Version, v.Body, v.ValidFrom, v.By)
	if db.Duplicate(err) {
		return errChanged()
	}
	return err
}

// InsertAgreement keeps that a person agreed to a version.
func (s *Store) InsertAgreement(ctx context.Context, tenant kernel.ID, a privacy.Agreement) error {
	_, err := s.exec(ctx, `insert into consent (tenant_id, id, account_id, kind, lang, version, given_at) values ($1, $2, $3, $4, $5, $6, $7)`,
		tenant, a.ID, a.Person, a.Kind, a.Lang, a.Version, a.Given)
	return err
}

// Withdraw ends the agreements of a person to a kind that still hold.
func (s *Store) Withdraw(ctx context.Context, tenant, person kernel.ID, kind string, at kernel.Instant) (int64, error) {
	return s.exec(ctx, `update consent set withdrawn_at = $4 where tenant_id = $1 and account_id = $2 and kind = $3 and withdrawn_at is null`, tenant, person, kind, at)
}

// Drafts gives the drafts there are.
func (s *Store) Drafts(ctx context.Context, tenant kernel.ID) ([]privacy.Draft, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select page, edits, content, edited_at, edited_by from legal_draft where tenant_id = $1`, tenant)
	return db.Collect(rows, err, func(r db.Row) (d privacy.Draft, err error) {
		var c db.JSON[privacy.Content]
		err = r.Scan(&d.Page, &d.Edits, &c, &d.At, &d.By)
		d.Content = c.V
		return d, err
	})
}

// SaveDraft writes a draft whose stored counterpart has one edit less.
func (s *Store) SaveDraft(ctx context.Context, tenant kernel.ID, d privacy.Draft) error {
	if d.Edits == 1 {
		_, err := s.exec(ctx, `insert into legal_draft (tenant_id, page, edits, content, edited_at, edited_by) values ($1, $2, $3, $4, $5, $6)`,
			tenant, d.Page, d.Edits, db.AsJSON(d.Content), d.At, d.By)
		if db.Duplicate(err) {
			return errChanged()
		}
		return err
	}
	n, err := s.exec(ctx, `update legal_draft set edits = $3, content = $4, edited_at = $5, edited_by = $6 where tenant_id = $1 and page = $2 and edits = $7`,
		tenant, d.Page, d.Edits, db.AsJSON(d.Content), d.At, d.By, d.Edits-1)
	if err == nil && n == 0 {
		return errChanged()
	}
	return err
}

const versionColumns = `page, version, content, published_at, published_by`

func scanVersion(r db.Row) (v privacy.Published, err error) {
	var c db.JSON[privacy.Content]
	err = r.Scan(&v.Page, &v.Version, &c, &v.At, &v.By)
	v.Content = c.V
	return v, err
}

// Versions lists the versions of a page, newest first.
func (s *Store) Versions(ctx context.Context, tenant kernel.ID, p privacy.PageKey) ([]privacy.Published, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select `+versionColumns+` from legal_version where tenant_id = $1 and page = $2 order by version desc`, tenant, p)
	return db.Collect(rows, err, scanVersion)
}

// Newest gives the newest version of every page that has one.
func (s *Store) Newest(ctx context.Context, tenant kernel.ID) ([]privacy.Published, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select `+versionColumns+` from legal_version v where tenant_id = $1 and not exists
		(select 1 from legal_version w where w.tenant_id = v.tenant_id and w.page = v.page and w.version > v.version)`, tenant)
	return db.Collect(rows, err, scanVersion)
}

// InsertVersion adds one.
func (s *Store) InsertVersion(ctx context.Context, tenant kernel.ID, v privacy.Published) error {
	_, err := s.exec(ctx, `insert into legal_version (tenant_id, `+versionColumns+`) values ($1, $2, $3, $4, $5, $6)`,
		tenant, v.Page, v.Version, db.AsJSON(v.Content), v.At, v.By)
	if db.Duplicate(err) {
		return errChanged()
	}
	return err
}

const barrierColumns = `id, page, body, name, email, lang, received_at, due_at, answer, answered_at, answered_by`

func scanBarrier(r db.Row) (b privacy.BarrierReport, err error) {
	err = r.Scan(&b.ID, &b.Page, &b.Body, &b.Name, &b.Email, &b.Lang, &b.Received, &b.Due, &b.Answer, &b.Answered, &b.By)
	return b, err
}

// InsertBarrier adds a report.
func (s *Store) InsertBarrier(ctx context.Context, tenant kernel.ID, b privacy.BarrierReport, codeHash string) error {
	_, err := s.exec(ctx, `insert into barrier_report (tenant_id, `+barrierColumns+`, code) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
		tenant, b.ID, b.Page, b.Body, b.Name, b.Email, b.Lang, b.Received, b.Due, b.Answer, b.Answered, b.By, codeHash)
	return err
}

// Barrier gives one.
func (s *Store) Barrier(ctx context.Context, tenant, id kernel.ID) (privacy.BarrierReport, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select `+barrierColumns+` from barrier_report where tenant_id = $1 and id = $2`, tenant, id)
	return db.One(rows, err, "privacy.barrier.notfound", scanBarrier)
}

// BarrierByCode finds one by the hash of its receipt code.
func (s *Store) BarrierByCode(ctx context.Context, tenant kernel.ID, codeHash string) (privacy.BarrierReport, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select `+barrierColumns+` from barrier_report where tenant_id = $1 and code = $2`, tenant, codeHash)
	return db.One(rows, err, "privacy.barrier.notfound", scanBarrier)
}

// Barriers lists open reports, the one due first leading, then answered ones, newest first.
func (s *Store) Barriers(ctx context.Context, tenant kernel.ID, limit int) ([]privacy.BarrierReport, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select `+barrierColumns+` from barrier_report where tenant_id = $1 and answered_at is null order by due_at, id limit $2`, tenant, limit)
	open, err := db.Collect(rows, err, scanBarrier)
	if err != nil {
		return nil, err
	}
	rows, err = s.DB.Conn(ctx).QueryContext(ctx, `select `+barrierColumns+` from barrier_report where tenant_id = $1 and answered_at is not null order by answered_at desc, id limit $2`, tenant, limit)
	done, err := db.Collect(rows, err, scanBarrier)
	return append(open, done...), err
}

// AnswerBarrier writes the answer of an open report.
func (s *Store) AnswerBarrier(ctx context.Context, tenant kernel.ID, b privacy.BarrierReport) error {
	n, err := s.exec(ctx, `update barrier_report set answer = $3, answered_at = $4, answered_by = $5 where tenant_id = $1 and id = $2 and answered_at is null`,
		tenant, b.ID, b.Answer, b.Answered, b.By)
	if err == nil && n == 0 {
		return kernel.E(kernel.Conflict, "privacy.barrier.answered")
	}
	return err
}

// CountBarriers tells how many are open, and how many of them overdue.
func (s *Store) CountBarriers(ctx context.Context, tenant kernel.ID, now kernel.Instant) (open, overdue int, err error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select count(*), coalesce(sum(case when due_at < $2 then 1 else 0 end), 0) from barrier_report
		where tenant_id = $1 and answered_at is null`, tenant, now)
	err = db.Each(rows, err, func(r db.Row) error { return r.Scan(&open, &overdue) })
	return open, overdue, err
}

// AlarmBarriers marks the overdue reports nobody was told of and gives them.
func (s *Store) AlarmBarriers(ctx context.Context, tenant kernel.ID, now kernel.Instant) (list []privacy.BarrierReport, err error) {
	err = s.DB.Tx(ctx, func(ctx context.Context) error {
		rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select `+barrierColumns+` from barrier_report
			where tenant_id = $1 and answered_at is null and alarmed_at is null and due_at < $2 order by due_at, id`, tenant, now)
		if list, err = db.Collect(rows, err, scanBarrier); err != nil {
			return err
		}
		for _, b := range list {
			if _, err := s.exec(ctx, `update barrier_report set alarmed_at = $3 where tenant_id = $1 and id = $2`, tenant, b.ID, now); err != nil {
				return err
			}
		}
		return nil
	})
	return list, err
}
