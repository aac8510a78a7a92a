// SPDX-License-Identifier: EUPL-1.2

// Package reportdb keeps report editions, their chapters and what frozen editions showed in the database.
package reportdb

import (
	"context"
	"maps"
	"slices"

	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/platform/db"
	"github.com/kupferfaden/kupferfaden/internal/report"
)

// Store implements report.Store.
//
// Only what readers see counts as a change of the town's pages (db.DB.Touch): a draft is shown to signed-in staff, whose pages are not cached.
type Store struct{ DB *db.DB }

const editionColumns = `id, key, title, settings, version, created_at, frozen_at, frozen_by`

func scanEdition(r db.Row) (e report.Edition, err error) {
	var settings db.JSON[report.Settings]
	err = r.Scan(&e.ID, &e.Key, &e.Title, &settings, &e.Version, &e.CreatedAt, &e.FrozenAt, &e.FrozenBy)
	e.Settings = settings.V
	return e, err
}

// Editions lists all, newest first.
func (s *Store) Editions(ctx context.Context, tenant kernel.ID) ([]report.Edition, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, "select "+editionColumns+` from report_edition where tenant_id = $1
		order by created_at desc, id desc`, tenant)
	return db.Collect(rows, err, scanEdition)
}

// Edition finds one by key.
func (s *Store) Edition(ctx context.Context, tenant kernel.ID, key string) (report.Edition, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, "select "+editionColumns+" from report_edition where tenant_id = $1 and key = $2", tenant, key)
	e, err := db.One(rows, err, "report.notfound", scanEdition)
	if kernel.KindOf(err) == kernel.NotFound {
		return e, kernel.E(kernel.NotFound, "report.notfound", "edition", key)
	}
	return e, err
}

// AddEdition adds an edition; Conflict where its key is taken.
func (s *Store) AddEdition(ctx context.Context, tenant kernel.ID, e report.Edition) error {
	_, err := s.DB.Conn(ctx).ExecContext(ctx, `insert into report_edition (tenant_id, `+editionColumns+`)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`, tenant, e.ID, e.Key, e.Title, db.AsJSON(e.Settings), e.Version, e.CreatedAt, e.FrozenAt, e.FrozenBy)
	if db.Duplicate(err) {
		return &kernel.Error{Kind: kernel.Conflict, Key: "report.exists", Params: kernel.Params("edition", e.Key), Fields: map[string]string{"key": "report.key.taken"}}
	}
	return err
}

// SaveEdition writes title, settings and freezing when the version is still the stored one.
func (s *Store) SaveEdition(ctx context.Context, tenant kernel.ID, e report.Edition) error {
	if e.Frozen() {
		if err := s.DB.Touch(ctx, tenant); err != nil {
			return err
		}
	}
	return s.one(ctx, "report.changed", `update report_edition set title = $1, settings = $2, frozen_at = $3, frozen_by = $4, version = version + 1
		where tenant_id = $5 and id = $6 and version = $7`, e.Title, db.AsJSON(e.Settings), e.FrozenAt, e.FrozenBy, tenant, e.ID, e.Version)
}

// one runs a statement that must change a row; Conflict with the key where it changes none.
func (s *Store) one(ctx context.Context, key, query string, args ...any) error {
	res, err := s.DB.Conn(ctx).ExecContext(ctx, query, args...)
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return kernel.E(kernel.Conflict, key)
	}
	return nil
}

// DeleteEdition removes a draft with its chapters.
func (s *Store) DeleteEdition(ctx context.Context, tenant, edition kernel.ID) error {
	// Sections before their chapters: the foreign key points upwards.
	list, err := s.Chapters(ctx, tenant, edition)
	if err != nil {
		return err
	}
	for len(list) > 0 {
		parents := map[kernel.ID]bool{}
		for _, c := range list {
			parents[c.ParentID] = true
		}
		var rest []report.Chapter
		for _, c := range list {
			if parents[c.ID] {
				rest = append(rest, c)
				continue
			}
			if err := s.DeleteChapter(ctx, tenant, edition, c.ID); err != nil {
				return err
			}
		}
		list = rest
	}
	return s.one(ctx, "report.changed", `delete from report_edition where tenant_id = $1 and id = $2 and frozen_at is null`, tenant, edition)
}

// Chapters of an edition by position.
func (s *Store) Chapters(ctx context.Context, tenant, edition kernel.ID) ([]report.Chapter, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select id, parent_id, position, title, body, version from report_chapter
		where tenant_id = $1 and edition_id = $2 order by position, id`, tenant, edition)
	return db.Collect(rows, err, func(r db.Row) (c report.Chapter, err error) {
		err = r.Scan(&c.ID, &c.ParentID, &c.Position, &c.Title, &c.Body, &c.Version)
		return c, err
	})
}

// AddChapter adds a chapter.
func (s *Store) AddChapter(ctx context.Context, tenant, edition kernel.ID, c report.Chapter) error {
	_, err := s.DB.Conn(ctx).ExecContext(ctx, `insert into report_chapter (tenant_id, id, edition_id, parent_id, position, title, body, version)
		values ($1, $2, $3, $4, $5, $6, $7, $8)`, tenant, c.ID, edition, c.ParentID, c.Position, c.Title, c.Body, c.Version)
	if db.Dangling(err) {
		return kernel.E(kernel.NotFound, "report.chapter.notfound")
	}
	return err
}

// SaveChapter writes a chapter when its version is still the stored one.
func (s *Store) SaveChapter(ctx context.Context, tenant, edition kernel.ID, c report.Chapter) error {
	return s.one(ctx, "report.chapter.changed", `update report_chapter set position = $1, title = $2, body = $3, version = version + 1
		where tenant_id = $4 and edition_id = $5 and id = $6 and version = $7`, c.Position, c.Title, c.Body, tenant, edition, c.ID, c.Version)
}

// DeleteChapter removes a chapter without sections.
func (s *Store) DeleteChapter(ctx context.Context, tenant, edition, chapter kernel.ID) error {
	_, err := s.DB.Conn(ctx).ExecContext(ctx, `delete from report_chapter where tenant_id = $1 and edition_id = $2 and id = $3`, tenant, edition, chapter)
	return err
}

// SaveParts keeps what a frozen edition shows.
func (s *Store) SaveParts(ctx context.Context, tenant, edition kernel.ID, parts map[string][]byte) error {
	for _, key := range slices.Sorted(maps.Keys(parts)) {
		_, err := s.DB.Conn(ctx).ExecContext(ctx, `insert into report_part (tenant_id, edition_id, key, content) values ($1, $2, $3, $4)`,
			tenant, edition, key, string(parts[key]))
		if err != nil {
			return err
		}
	}
	return nil
}

// Parts gives everything a frozen edition shows, by key.
func (s *Store) Parts(ctx context.Context, tenant, edition kernel.ID) (map[string][]byte, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select key, content from report_part where tenant_id = $1 and edition_id = $2`, tenant, edition)
	parts := map[string][]byte{}
	return parts, db.Each(rows, err, func(r db.Row) error {
		var key, content string
		if err := r.Scan(&key, &content); err != nil {
			return err
		}
		parts[key] = []byte(content)
		return nil
	})
}

// File finds a finished file.
func (s *Store) File(ctx context.Context, tenant, edition kernel.ID, kind report.FileKind) (report.File, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select kind, sha256, size, built_at from report_file where tenant_id = $1 and edition_id = $2
		and kind = $3`, tenant, edition, string(kind))
	return db.One(rows, err, "report.file.none", func(r db.Row) (f report.File, err error) {
		err = r.Scan(&f.Kind, &f.SHA256, &f.Size, &f.BuiltAt)
		return f, err
	})
}

// SaveFile notes a finished file. Where two processes made it at once the first one stays: both have the same content.
func (s *Store) SaveFile(ctx context.Context, tenant, edition kernel.ID, f report.File) error {
	if err := s.DB.Touch(ctx, tenant); err != nil {
		return err
	}
	_, err := s.DB.Conn(ctx).ExecContext(ctx, `insert into report_file (tenant_id, edition_id, kind, sha256, size, built_at)
		values ($1, $2, $3, $4, $5, $6) on conflict (tenant_id, edition_id, kind) do nothing`, tenant, edition, string(f.Kind), f.SHA256, f.Size, f.BuiltAt)
	return err
}

// KeepsFile tells whether any edition has a file of that content.
func (s *Store) KeepsFile(ctx context.Context, tenant kernel.ID, sha string) (bool, error) {
	n, err := db.Value[int](s.DB.Conn(ctx).QueryRowContext(ctx, `select count(*) from report_file where tenant_id = $1 and sha256 = $2`, tenant, sha), "report.file.none")
	return n > 0, err
}
