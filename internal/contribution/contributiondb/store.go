// SPDX-License-Identifier: EUPL-1.2

// Package contributiondb keeps contributions on both databases. The original of a contribution is written once: the schema refuses to change it.
package contributiondb

import (
	"context"
	"database/sql"
	"strconv"

	"github.com/kupferfaden/kupferfaden/internal/contribution"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/platform/db"
)

// Store implements contribution.Store.
type Store struct{ DB *db.DB }

var _ contribution.Store = (*Store)(nil)

const columns = `id, number, process, module, channel, lang, title, body, plain, category, topics, geometry, lon, lat, areas, account_id, pseudonym, state, status, office, due_on,
	merged_in, split_from, source, said_on, received_at, changed_at, published_at, supports, comments, edit, entered_by`

func scan(r db.Row) (c contribution.Contribution, err error) {
	var topics, areas db.JSON[[]string]
	var geometry string
	var lon, lat sql.NullFloat64
	err = r.Scan(&c.ID, &c.Number, &c.Process, &c.Module, &c.Channel, &c.Lang, &c.Title, &c.Text, &c.Plain, &c.Category, &topics, &geometry, &lon, &lat, &areas, &c.Author, &c.Pseudonym,
		&c.State, &c.Status, &c.Office, &c.Due, &c.MergedIn, &c.SplitFrom, &c.Source, &c.SaidOn, &c.Received, &c.Changed, &c.Published, &c.Supports, &c.Comments, &c.Edit, &c.EnteredBy)
	c.Topics, c.Areas = topics.V, areas.V
	if geometry != "" {
		c.Geometry = []byte(geometry)
	}
	if lon.Valid && lat.Valid {
		c.Lon, c.Lat, c.Placed = lon.Float64, lat.Float64, true
	}
	return c, err
}

// exec runs one statement in a transaction and counts the rows it changed.
func (s *Store) exec(ctx context.Context, q string, args ...any) (n int64, err error) {
	err = s.DB.Tx(ctx, func(ctx context.Context) error {
		res, err := s.DB.Conn(ctx).ExecContext(ctx, q, args...)
		if err != nil {
			return err
		}
		n, err = res.RowsAffected()
		return err
	})
	return n, err
}

// Numbers reserves public numbers.
func (s *Store) Numbers(ctx context.Context, tenant kernel.ID, year, n int) (first int, err error) {
	err = s.DB.Tx(ctx, func(ctx context.Context) error {
		row := s.DB.Conn(ctx).QueryRowContext(ctx, `insert into contribution_number (tenant_id, year, last) values ($1, $2, $3)
			on conflict (tenant_id, year) do update set last = contribution_number.last + excluded.last returning last`, tenant, year, n)
		last, err := db.Value[int](row, "contribution.notfound")
		first = last - n + 1
		return err
	})
	return first, err
}

func place(c contribution.Contribution) (lon, lat any) {
	if !c.Placed {
		return nil, nil
	}
	return c.Lon, c.Lat
}

// Insert writes a contribution with all it comes with.
func (s *Store) Insert(ctx context.Context, tenant kernel.ID, n contribution.New) error {
	return s.DB.Tx(ctx, func(ctx context.Context) error {
		c, lon, lat := n.Contribution, any(nil), any(nil)
		lon, lat = place(c)
		conn := s.DB.Conn(ctx)
		if _, err := conn.ExecContext(ctx, `insert into contribution (tenant_id, `+columns+`, search) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16,
			$17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $33, $34)`,
			tenant, c.ID, c.Number, c.Process, c.Module, c.Channel, c.Lang, c.Title, c.Text, c.Plain, c.Category, list(c.Topics), string(c.Geometry), lon, lat, list(c.Areas), c.Author,
			c.Pseudonym, c.State, c.Status, c.Office, c.Due, c.MergedIn, c.SplitFrom, c.Source, c.SaidOn, c.Received, c.Changed, c.Published, c.Supports, c.Comments, c.Edit, c.EnteredBy,
			search(c)); err != nil {
			return err
		}
		if err := s.areas(ctx, tenant, c); err != nil {
			return err
		}
		if _, err := conn.ExecContext(ctx, `insert into contribution_original (tenant_id, contribution, lang, title, body, at) values ($1, $2, $3, $4, $5, $6)`,
			tenant, c.ID, c.Lang, c.Title, c.Original, c.Received); err != nil {
			return err
		}
		if n.Receipt != "" {
			if _, err := conn.ExecContext(ctx, `insert into contribution_receipt (tenant_id, code, contribution, at) values ($1, $2, $3, $4)`, tenant, n.Receipt, c.ID, c.Received); err != nil {
				return err
			}
		}
		for _, x := range n.Statements {
			if err := s.AddStatement(ctx, tenant, x); err != nil {
				return err
			}
		}
		for _, f := range n.Files {
			if err := s.AddFile(ctx, tenant, f); err != nil {
				return err
			}
		}
		return s.AddVersion(ctx, tenant, contribution.Version{
			Contribution: c.ID, Number: 1, Lang: c.Lang, Title: c.Title, Text: c.Text, Author: c.EnteredBy == "", By: by(c), At: c.Received,
		})
	})
}

// by is who wrote the first version down.
func by(c contribution.Contribution) kernel.ID {
	if c.EnteredBy != "" {
		return c.EnteredBy
	}
	return c.Author
}

// search is what the search looks at.
func search(c contribution.Contribution) string {
	return contribution.Fold(c.Number + " " + c.Title + " " + c.Text)
}

// list writes an empty list for nil.
func list(v []string) db.JSON[[]string] {
	if v == nil {
		v = []string{}
	}
	return db.AsJSON(v)
}

func (s *Store) areas(ctx context.Context, tenant kernel.ID, c contribution.Contribution) error {
	for _, a := range c.Areas {
		if _, err := s.DB.Conn(ctx).ExecContext(ctx, `insert into contribution_area (tenant_id, contribution, area) values ($1, $2, $3) on conflict (tenant_id, contribution, area) do nothing`,
			tenant, c.ID, a); err != nil {
			return err
		}
	}
	return nil
}

// Contribution finds one by its id.
func (s *Store) Contribution(ctx context.Context, tenant, id kernel.ID) (contribution.Contribution, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select `+columns+` from contribution where tenant_id = $1 and id = $2`, tenant, id)
	return db.One(rows, err, "contribution.notfound", scan)
}

// ByNumber finds one by its public number.
func (s *Store) ByNumber(ctx context.Context, tenant kernel.ID, number string) (contribution.Contribution, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select `+columns+` from contribution where tenant_id = $1 and number = $2`, tenant, number)
	return db.One(rows, err, "contribution.notfound", scan)
}

// ByReceipt finds one by the hash of its receipt code.
func (s *Store) ByReceipt(ctx context.Context, tenant kernel.ID, hash string) (contribution.Contribution, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select `+columns+` from contribution where tenant_id = $1
		and id = (select contribution from contribution_receipt where tenant_id = $1 and code = $2)`, tenant, hash)
	return db.One(rows, err, "contribution.notfound", scan)
}

// Save writes what can change, beside the office and the day of the answer, which Assign sets: somebody may pass a contribution on while another
// one decides about it.
func (s *Store) Save(ctx context.Context, tenant kernel.ID, c contribution.Contribution) error {
	return s.DB.Tx(ctx, func(ctx context.Context) error {
		lon, lat := place(c)
		n, err := s.exec(ctx, `update contribution set lang = $3, title = $4, body = $5, plain = $6, category = $7, topics = $8, geometry = $9, lon = $10, lat = $11, areas = $12, pseudonym = $13,
			state = $14, status = $15, merged_in = $16, changed_at = $17, published_at = $18, search = $19, edit = edit + 1
			where tenant_id = $1 and id = $2 and edit = $20`,
			tenant, c.ID, c.Lang, c.Title, c.Text, c.Plain, c.Category, list(c.Topics), string(c.Geometry), lon, lat, list(c.Areas), c.Pseudonym, c.State, c.Status, c.MergedIn, c.Changed,
			c.Published, search(c), c.Edit)
		if err != nil {
			return err
		}
		if n == 0 {
			return kernel.E(kernel.Conflict, "contribution.edited")
		}
		if _, err := s.exec(ctx, `delete from contribution_area where tenant_id = $1 and contribution = $2`, tenant, c.ID); err != nil {
			return err
		}
		return s.areas(ctx, tenant, c)
	})
}

// Original gives the words as they came.
func (s *Store) Original(ctx context.Context, tenant, id kernel.ID) (lang, title, text string, err error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select lang, title, body from contribution_original where tenant_id = $1 and contribution = $2`, tenant, id)
	x, err := db.One(rows, err, "contribution.notfound", func(r db.Row) (x [3]string, err error) { return x, r.Scan(&x[0], &x[1], &x[2]) })
	return x[0], x[1], x[2], err
}

// AddVersion writes a version.
func (s *Store) AddVersion(ctx context.Context, tenant kernel.ID, v contribution.Version) error {
	_, err := s.exec(ctx, `insert into contribution_version (tenant_id, contribution, version, lang, title, body, author, written_by, reason, at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
		tenant, v.Contribution, v.Number, v.Lang, v.Title, v.Text, v.Author, v.By, v.Reason, v.At)
	return err
}

// Versions lists them, the first one leading.
func (s *Store) Versions(ctx context.Context, tenant, id kernel.ID) ([]contribution.Version, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select contribution, version, lang, title, body, author, written_by, reason, at from contribution_version
		where tenant_id = $1 and contribution = $2 order by version`, tenant, id)
	return db.Collect(rows, err, func(r db.Row) (v contribution.Version, err error) {
		return v, r.Scan(&v.Contribution, &v.Number, &v.Lang, &v.Title, &v.Text, &v.Author, &v.By, &v.Reason, &v.At)
	})
}

// Parts lists what a contribution was split into.
func (s *Store) Parts(ctx context.Context, tenant, of kernel.ID) ([]contribution.Contribution, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select `+columns+` from contribution where tenant_id = $1 and split_from = $2 order by id`, tenant, of)
	return db.Collect(rows, err, scan)
}

// MergedInto lists what lives on in a contribution.
func (s *Store) MergedInto(ctx context.Context, tenant, id kernel.ID) ([]contribution.Contribution, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select `+columns+` from contribution where tenant_id = $1 and merged_in = $2 order by id`, tenant, id)
	return db.Collect(rows, err, scan)
}

// Stamp changes with every change of what the lists show.
func (s *Store) Stamp(ctx context.Context, tenant kernel.ID) (string, error) {
	n, err := db.Value[int64](s.DB.Conn(ctx).QueryRowContext(ctx, `select stamp from tenant where tenant_id = $1`, tenant), "contribution.notfound")
	return strconv.FormatInt(n, 10), err
}
