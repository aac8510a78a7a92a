// SPDX-License-Identifier: EUPL-1.2

package contributiondb

import (
	"context"
	"slices"

	"github.com/kupferfaden/kupferfaden/internal/contribution"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/platform/db"
)

const fileColumns = `id, contribution, kind, sha256, small, type, width, height, bytes, alt, at`

func scanFile(r db.Row) (f contribution.File, err error) {
	return f, r.Scan(&f.ID, &f.Contribution, &f.Kind, &f.SHA256, &f.Small, &f.Type, &f.Width, &f.Height, &f.Bytes, &f.Alt, &f.At)
}

// AddFile notes a file.
func (s *Store) AddFile(ctx context.Context, tenant kernel.ID, f contribution.File) error {
	_, err := s.exec(ctx, `insert into contribution_file (tenant_id, `+fileColumns+`) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
		tenant, f.ID, f.Contribution, f.Kind, f.SHA256, f.Small, f.Type, f.Width, f.Height, f.Bytes, f.Alt, f.At)
	return err
}

// ListFiles lists those of a contribution.
func (s *Store) ListFiles(ctx context.Context, tenant, of kernel.ID) ([]contribution.File, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select `+fileColumns+` from contribution_file where tenant_id = $1 and contribution = $2 order by id`, tenant, of)
	return db.Collect(rows, err, scanFile)
}

// Covers gives the first photo of each contribution that has one.
func (s *Store) Covers(ctx context.Context, tenant kernel.ID, of []kernel.ID) (map[kernel.ID]contribution.File, error) {
	w := db.NewWhere(tenant)
	w.And("kind = ?", contribution.Photo)
	w.In("contribution", of)
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select `+fileColumns+` from contribution_file where `+w.String()+` order by id`, w.Args...)
	out := map[kernel.ID]contribution.File{}
	err = db.Each(rows, err, func(r db.Row) error {
		f, err := scanFile(r)
		if _, there := out[f.Contribution]; !there {
			out[f.Contribution] = f
		}
		return err
	})
	return out, err
}

// FileBySum finds files by their content.
func (s *Store) FileBySum(ctx context.Context, tenant kernel.ID, sum string) ([]contribution.File, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select `+fileColumns+` from contribution_file where tenant_id = $1 and (sha256 = $2 or small = $2) order by id limit 50`, tenant, sum)
	return db.Collect(rows, err, scanFile)
}

// RemoveFile forgets a file.
func (s *Store) RemoveFile(ctx context.Context, tenant, id kernel.ID) error {
	_, err := s.exec(ctx, `delete from contribution_file where tenant_id = $1 and id = $2`, tenant, id)
	return err
}

const commentColumns = `id, contribution, parent, depth, account_id, pseudonym, official, lang, body, state, received_at, changed_at`

func scanComment(r db.Row) (k contribution.Comment, err error) {
	return k, r.Scan(&k.ID, &k.Contribution, &k.Parent, &k.Depth, &k.Author, &k.Pseudonym, &k.Official, &k.Lang, &k.Text, &k.State, &k.Received, &k.Changed)
}

// AddComment writes a comment.
func (s *Store) AddComment(ctx context.Context, tenant kernel.ID, k contribution.Comment) error {
	return s.DB.Tx(ctx, func(ctx context.Context) error {
		if _, err := s.exec(ctx, `insert into contribution_comment (tenant_id, `+commentColumns+`) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
			tenant, k.ID, k.Contribution, k.Parent, k.Depth, k.Author, k.Pseudonym, k.Official, k.Lang, k.Text, k.State, k.Received, k.Changed); err != nil {
			return err
		}
		return s.countComments(ctx, tenant, k.Contribution)
	})
}

func (s *Store) countComments(ctx context.Context, tenant, of kernel.ID) error {
	_, err := s.exec(ctx, `update contribution set comments = (select count(*) from contribution_comment k where k.tenant_id = $1 and k.contribution = $2 and k.state = 'published')
		where tenant_id = $1 and id = $2`, tenant, of)
	return err
}

// Comment finds one.
func (s *Store) Comment(ctx context.Context, tenant, id kernel.ID) (contribution.Comment, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select `+commentColumns+` from contribution_comment where tenant_id = $1 and id = $2`, tenant, id)
	return db.One(rows, err, "contribution.comment.notfound", scanComment)
}

// Comments lists those of a contribution.
func (s *Store) Comments(ctx context.Context, tenant, of kernel.ID, all bool) ([]contribution.Comment, error) {
	w := db.NewWhere(tenant)
	w.And("contribution = ?", of)
	if !all {
		w.And("state = 'published'")
	}
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select `+commentColumns+` from contribution_comment where `+w.String()+` order by id`, w.Args...)
	return db.Collect(rows, err, scanComment)
}

// CommentsIn lists comments in a state.
func (s *Store) CommentsIn(ctx context.Context, tenant kernel.ID, state contribution.State, limit int) ([]contribution.Comment, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select `+commentColumns+` from contribution_comment where tenant_id = $1 and state = $2 order by id limit $3`, tenant, state, limit)
	return db.Collect(rows, err, scanComment)
}

// SaveComment writes text and state.
func (s *Store) SaveComment(ctx context.Context, tenant kernel.ID, k contribution.Comment) error {
	return s.DB.Tx(ctx, func(ctx context.Context) error {
		if _, err := s.exec(ctx, `update contribution_comment set body = $3, state = $4, changed_at = $5 where tenant_id = $1 and id = $2`, tenant, k.ID, k.Text, k.State, k.Changed); err != nil {
			return err
		}
		return s.countComments(ctx, tenant, k.Contribution)
	})
}

// AddSupport notes a voice; the key of the table says whether it is new.
func (s *Store) AddSupport(ctx context.Context, tenant, of kernel.ID, v contribution.Support) (added bool, err error) {
	err = s.DB.Tx(ctx, func(ctx context.Context) error {
		n, err := s.exec(ctx, `insert into contribution_support (tenant_id, contribution, voter, account_id, at) values ($1, $2, $3, $4, $5)
			on conflict (tenant_id, contribution, voter) do nothing`, tenant, of, v.Voter, v.Account, v.At)
		if added = n > 0; err != nil || !added {
			return err
		}
		_, err = s.exec(ctx, `update contribution set supports = supports + 1 where tenant_id = $1 and id = $2`, tenant, of)
		return err
	})
	return added, err
}

// RemoveSupport forgets a voice.
func (s *Store) RemoveSupport(ctx context.Context, tenant, of kernel.ID, voter string) (removed bool, err error) {
	err = s.DB.Tx(ctx, func(ctx context.Context) error {
		n, err := s.exec(ctx, `delete from contribution_support where tenant_id = $1 and contribution = $2 and voter = $3`, tenant, of, voter)
		if removed = n > 0; err != nil || !removed {
			return err
		}
		_, err = s.exec(ctx, `update contribution set supports = supports - 1 where tenant_id = $1 and id = $2`, tenant, of)
		return err
	})
	return removed, err
}

// Supported tells whether a voter supports.
func (s *Store) Supported(ctx context.Context, tenant, of kernel.ID, voter string) (bool, error) {
	n, err := db.Value[int](s.DB.Conn(ctx).QueryRowContext(ctx, `select count(*) from contribution_support where tenant_id = $1 and contribution = $2 and voter = $3`, tenant, of, voter),
		"contribution.notfound")
	return n > 0, err
}

// CopySupports adds the voices of one to another.
func (s *Store) CopySupports(ctx context.Context, tenant, from, to kernel.ID) error {
	return s.DB.Tx(ctx, func(ctx context.Context) error {
		if _, err := s.exec(ctx, `insert into contribution_support (tenant_id, contribution, voter, account_id, at)
			select v.tenant_id, c.id, v.voter, v.account_id, v.at from contribution_support v join contribution c on c.tenant_id = v.tenant_id and c.id = $3
			where v.tenant_id = $1 and v.contribution = $2
			on conflict (tenant_id, contribution, voter) do nothing`, tenant, from, to); err != nil {
			return err
		}
		_, err := s.exec(ctx, `update contribution set supports = (select count(*) from contribution_support v where v.tenant_id = $1 and v.contribution = $2)
			where tenant_id = $1 and id = $2`, tenant, to)
		return err
	})
}

const statementColumns = `id, contribution, from_rune, to_rune, quote, topic, stance, about_kind, about_id, at`

func scanStatement(r db.Row) (x contribution.Statement, err error) {
	return x, r.Scan(&x.ID, &x.Contribution, &x.From, &x.To, &x.Quote, &x.Topic, &x.Stance, &x.About.Kind, &x.About.ID, &x.At)
}

// AddStatement writes a statement.
func (s *Store) AddStatement(ctx context.Context, tenant kernel.ID, x contribution.Statement) error {
	_, err := s.exec(ctx, `insert into contribution_statement (tenant_id, `+statementColumns+`) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
		tenant, x.ID, x.Contribution, x.From, x.To, x.Quote, x.Topic, x.Stance, x.About.Kind, string(x.About.ID), x.At)
	return err
}

// Statements lists those of a contribution in the order of its text.
func (s *Store) Statements(ctx context.Context, tenant, of kernel.ID) ([]contribution.Statement, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select `+statementColumns+` from contribution_statement where tenant_id = $1 and contribution = $2 order by from_rune, id`, tenant, of)
	return db.Collect(rows, err, scanStatement)
}

// StatementsAbout lists what is said of an object, the youngest first.
func (s *Store) StatementsAbout(ctx context.Context, tenant kernel.ID, about kernel.Ref, limit int) ([]contribution.Statement, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select `+statementColumns+` from contribution_statement where tenant_id = $1 and about_kind = $2 and about_id = $3 order by id desc limit $4`,
		tenant, about.Kind, string(about.ID), limit)
	return db.Collect(rows, err, scanStatement)
}

// RemoveStatement forgets a statement.
func (s *Store) RemoveStatement(ctx context.Context, tenant, id kernel.ID) error {
	_, err := s.exec(ctx, `delete from contribution_statement where tenant_id = $1 and id = $2`, tenant, id)
	return err
}

// Sources lists which sources are there already.
func (s *Store) Sources(ctx context.Context, tenant kernel.ID, process, module string, sources []string) (map[string]bool, error) {
	out := map[string]bool{}
	for part := range slices.Chunk(sources, 1000) {
		w := db.NewWhere(tenant)
		w.And("process = ? and module = ? and source <> ''", process, module)
		w.In("source", part)
		rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select source from contribution where `+w.String(), w.Args...)
		if err := db.Each(rows, err, func(r db.Row) error {
			var x string
			err := r.Scan(&x)
			out[x] = true
			return err
		}); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// AddImport notes an import.
func (s *Store) AddImport(ctx context.Context, tenant kernel.ID, x contribution.ImportRecord) error {
	_, err := s.exec(ctx, `insert into contribution_import (tenant_id, id, file, sha256, process, module, mapping, taken, repeated, left_out, at, imported_by)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`, tenant, x.ID, x.File, x.SHA256, x.Process, x.Module, db.AsJSON(x.Mapping), x.Taken, x.Repeated, x.LeftOut, x.At, x.By)
	return err
}

// Imports lists them, the youngest first.
func (s *Store) Imports(ctx context.Context, tenant kernel.ID) ([]contribution.ImportRecord, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select id, file, sha256, process, module, mapping, taken, repeated, left_out, at, imported_by from contribution_import
		where tenant_id = $1 order by id desc limit 200`, tenant)
	return db.Collect(rows, err, func(r db.Row) (x contribution.ImportRecord, err error) {
		var m db.JSON[contribution.Mapping]
		err = r.Scan(&x.ID, &x.File, &x.SHA256, &x.Process, &x.Module, &m, &x.Taken, &x.Repeated, &x.LeftOut, &x.At, &x.By)
		x.Mapping = m.V
		return x, err
	})
}

// SaveMapping remembers a mapping under its name.
func (s *Store) SaveMapping(ctx context.Context, tenant kernel.ID, m contribution.Mapping, at kernel.Instant) error {
	_, err := s.exec(ctx, `insert into contribution_mapping (tenant_id, name, mapping, changed_at) values ($1, $2, $3, $4)
		on conflict (tenant_id, name) do update set mapping = excluded.mapping, changed_at = excluded.changed_at`, tenant, m.Name, db.AsJSON(m), at)
	return err
}

// Mappings lists them by name.
func (s *Store) Mappings(ctx context.Context, tenant kernel.ID) ([]contribution.Mapping, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select mapping from contribution_mapping where tenant_id = $1 order by name`, tenant)
	return db.Collect(rows, err, func(r db.Row) (contribution.Mapping, error) {
		var m db.JSON[contribution.Mapping]
		err := r.Scan(&m)
		return m.V, err
	})
}
