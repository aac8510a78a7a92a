// SPDX-License-Identifier: EUPL-1.2

// Package visiondb keeps vision and guidelines on both engines.
package visiondb

import (
	"context"
	"database/sql"
	"encoding/json"
	"slices"

	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/platform/db"
	"github.com/kupferfaden/kupferfaden/internal/vision"
)

// Store implements vision.Store.
type Store struct{ DB *db.DB }

var _ vision.Store = (*Store)(nil)

// exec runs a statement and tells how many rows it met.
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

// changed is the Conflict of a write that met nothing: somebody else was first.
func changed(n int64, err error, key string) error {
	if err == nil && n == 0 {
		return kernel.E(kernel.Conflict, key)
	}
	return err
}

const textColumns = `id, key, kind, title, lead, process, module, team, opens_at, closes_at, headline, amendments, versions, edit, created_at, changed_at, published_at`

func scanText(r db.Row) (t vision.Text, err error) {
	var head db.JSON[vision.Headline]
	err = r.Scan(&t.ID, &t.Key, &t.Kind, &t.Title, &t.Lead, &t.Process, &t.Module, &t.Team, &t.Opens, &t.Closes, &head, &t.Amendments, &t.Versions, &t.Edit,
		&t.CreatedAt, &t.ChangedAt, &t.PublishedAt)
	t.Headline = head.V
	return t, err
}

// Texts lists all texts.
func (s *Store) Texts(ctx context.Context, tenant kernel.ID) ([]vision.Text, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select `+textColumns+` from vision_text where tenant_id = $1 order by key`, tenant)
	return db.Collect(rows, err, scanText)
}

// Text finds one by its key.
func (s *Store) Text(ctx context.Context, tenant kernel.ID, key string) (vision.Text, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select `+textColumns+` from vision_text where tenant_id = $1 and key = $2`, tenant, key)
	return db.One(rows, err, "vision.notfound", scanText)
}

// InsertText adds one.
func (s *Store) InsertText(ctx context.Context, tenant kernel.ID, t vision.Text) error {
	_, err := s.exec(ctx, `insert into vision_text (tenant_id, `+textColumns+`) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)`,
		tenant, t.ID, t.Key, t.Kind, t.Title, t.Lead, t.Process, t.Module, t.Team, t.Opens, t.Closes, db.AsJSON(t.Headline), t.Amendments, t.Versions, t.Edit,
		t.CreatedAt, t.ChangedAt, t.PublishedAt)
	if db.Duplicate(err) {
		return &kernel.Error{Kind: kernel.Conflict, Key: "vision.invalid", Fields: map[string]string{"key": "vision.key.taken"}}
	}
	return err
}

// SaveText writes what staff changes of a text; the counters are moved by NextVersion and NextAmendment.
func (s *Store) SaveText(ctx context.Context, tenant kernel.ID, t vision.Text) error {
	n, err := s.exec(ctx, `update vision_text set kind = $4, title = $5, lead = $6, process = $7, module = $8, team = $9, opens_at = $10, closes_at = $11, headline = $12,
		changed_at = $13, published_at = $14, edit = $3 where tenant_id = $1 and id = $2 and edit = $3 - 1`,
		tenant, t.ID, t.Edit, t.Kind, t.Title, t.Lead, t.Process, t.Module, t.Team, t.Opens, t.Closes, db.AsJSON(t.Headline), t.ChangedAt, t.PublishedAt)
	return changed(n, err, "vision.changed")
}

const paragraphColumns = `id, place, kind, level, body, cites, parent, parent_edit, edit, changed_at, removed_at, into_id, into_edit`

func scanParagraph(r db.Row) (p vision.Paragraph, err error) {
	var cites db.JSON[[]vision.Cite]
	err = r.Scan(&p.ID, &p.Place, &p.Kind, &p.Level, &p.Body, &cites, &p.Parent, &p.ParentEdit, &p.Edit, &p.ChangedAt, &p.RemovedAt, &p.Into, &p.IntoEdit)
	p.Cites = cites.V
	return p, err
}

// Paragraphs gives all paragraphs of a text in order.
func (s *Store) Paragraphs(ctx context.Context, tenant, text kernel.ID) ([]vision.Paragraph, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select `+paragraphColumns+` from vision_paragraph where tenant_id = $1 and text_id = $2 order by place, id`, tenant, text)
	return db.Collect(rows, err, scanParagraph)
}

// Citing finds the paragraphs that rest on something.
func (s *Store) Citing(ctx context.Context, tenant kernel.ID, what kernel.Ref) (map[kernel.ID][]kernel.ID, error) {
	ref, err := json.Marshal(what)
	if err != nil {
		return nil, err
	}
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select text_id, id, cites from vision_paragraph where tenant_id = $1 and removed_at is null and cites like $2 order by place, id`, tenant, "%"+string(ref)+"%")
	out := map[kernel.ID][]kernel.ID{}
	return out, db.Each(rows, err, func(r db.Row) error {
		var text, id kernel.ID
		var cites db.JSON[[]vision.Cite]
		err := r.Scan(&text, &id, &cites)
		if slices.ContainsFunc(cites.V, func(c vision.Cite) bool { return c.Ref == what }) { // like takes _ and % for any sign
			out[text] = append(out[text], id)
		}
		return err
	})
}

// InsertParagraph adds one with its first wording.
func (s *Store) InsertParagraph(ctx context.Context, tenant, text kernel.ID, p vision.Paragraph, reason string) error {
	return s.DB.Tx(ctx, func(ctx context.Context) error {
		_, err := s.exec(ctx, `insert into vision_paragraph (tenant_id, text_id, `+paragraphColumns+`) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)`,
			tenant, text, p.ID, p.Place, p.Kind, p.Level, p.Body, db.AsJSON(p.Cites), p.Parent, p.ParentEdit, p.Edit, p.ChangedAt, p.RemovedAt, p.Into, p.IntoEdit)
		if err != nil {
			return err
		}
		return s.keepWording(ctx, tenant, p, reason)
	})
}

func (s *Store) keepWording(ctx context.Context, tenant kernel.ID, p vision.Paragraph, reason string) error {
	_, err := s.exec(ctx, `insert into vision_wording (tenant_id, paragraph_id, edit, body, reason, at) values ($1, $2, $3, $4, $5, $6)`,
		tenant, p.ID, p.Edit, p.Body, reason, p.ChangedAt)
	return err
}

// SaveParagraph writes a paragraph and keeps its wording.
func (s *Store) SaveParagraph(ctx context.Context, tenant kernel.ID, p vision.Paragraph, reason string) error {
	return s.DB.Tx(ctx, func(ctx context.Context) error {
		n, err := s.exec(ctx, `update vision_paragraph set edit = $3, kind = $4, level = $5, body = $6, cites = $7, changed_at = $8, removed_at = $9, into_id = $10, into_edit = $11
			where tenant_id = $1 and id = $2 and edit = $3 - 1`,
			tenant, p.ID, p.Edit, p.Kind, p.Level, p.Body, db.AsJSON(p.Cites), p.ChangedAt, p.RemovedAt, p.Into, p.IntoEdit)
		if err := changed(n, err, "vision.paragraph.changed"); err != nil {
			return err
		}
		return s.keepWording(ctx, tenant, p, reason)
	})
}

// Places writes the order of paragraphs.
func (s *Store) Places(ctx context.Context, tenant kernel.ID, places map[kernel.ID]int) error {
	return s.DB.Tx(ctx, func(ctx context.Context) error {
		for id, at := range places {
			if _, err := s.exec(ctx, `update vision_paragraph set place = $3 where tenant_id = $1 and id = $2`, tenant, id, at); err != nil {
				return err
			}
		}
		return nil
	})
}

// Wordings gives the wordings of a paragraph, the newest first.
func (s *Store) Wordings(ctx context.Context, tenant, paragraph kernel.ID) ([]vision.Wording, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select edit, body, reason, at from vision_wording where tenant_id = $1 and paragraph_id = $2 order by edit desc`, tenant, paragraph)
	return db.Collect(rows, err, func(r db.Row) (w vision.Wording, err error) { return w, r.Scan(&w.Edit, &w.Body, &w.Reason, &w.At) })
}

const versionColumns = `number, kind, title, reason, body, decided_on, reference, ref_kind, ref_id, hash, at`

func scanVersion(r db.Row, more ...any) (v vision.Version, err error) {
	return v, r.Scan(append([]any{&v.Number, &v.Kind, &v.Title, &v.Reason, &v.Body, &v.DecidedOn, &v.Reference, &v.Ref.Kind, &v.Ref.ID, &v.Hash, &v.At}, more...)...)
}

// InsertVersion keeps a version for ever.
func (s *Store) InsertVersion(ctx context.Context, tenant, text kernel.ID, v vision.Version) error {
	_, err := s.exec(ctx, `insert into vision_version (tenant_id, text_id, `+versionColumns+`, content) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`,
		tenant, text, v.Number, v.Kind, v.Title, v.Reason, v.Body, v.DecidedOn, v.Reference, v.Ref.Kind, string(v.Ref.ID), v.Hash, v.At, db.AsJSON(v.Content))
	return err
}

// Versions lists them without content, the newest first.
func (s *Store) Versions(ctx context.Context, tenant, text kernel.ID) ([]vision.Version, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select `+versionColumns+` from vision_version where tenant_id = $1 and text_id = $2 order by number desc`, tenant, text)
	return db.Collect(rows, err, func(r db.Row) (vision.Version, error) { return scanVersion(r) })
}

// Version finds one.
func (s *Store) Version(ctx context.Context, tenant, text kernel.ID, number int) (vision.Version, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select `+versionColumns+`, content from vision_version where tenant_id = $1 and text_id = $2 and number = $3`, tenant, text, number)
	return db.One(rows, err, "vision.version.notfound", func(r db.Row) (vision.Version, error) {
		var c db.JSON[vision.Content]
		v, err := scanVersion(r, &c)
		v.Content = c.V
		return v, err
	})
}

// NextVersion counts a version.
func (s *Store) NextVersion(ctx context.Context, tenant, text kernel.ID) (n int, err error) {
	err = s.DB.Tx(ctx, func(ctx context.Context) error {
		n, err = db.Value[int](s.DB.Conn(ctx).QueryRowContext(ctx, `update vision_text set versions = versions + 1 where tenant_id = $1 and id = $2 returning versions`, tenant, text), "vision.notfound")
		return err
	})
	return n, err
}
