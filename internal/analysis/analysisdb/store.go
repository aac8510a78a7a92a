// SPDX-License-Identifier: EUPL-1.2

// Package analysisdb keeps methods and runs of indices in the database.
package analysisdb

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"

	"github.com/kupferfaden/kupferfaden/internal/analysis"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/platform/db"
)

// Store implements analysis.Store.
type Store struct{ DB *db.DB }

// Methods lists every stored version.
func (s *Store) Methods(ctx context.Context, tenant kernel.ID) ([]analysis.StoredMethod, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select id, version, spec, hash, created_at from method where tenant_id = $1
		order by key, version`, tenant)
	return db.Collect(rows, err, func(r db.Row) (m analysis.StoredMethod, err error) {
		var spec string
		var version int
		if err := r.Scan(&m.ID, &version, &spec, &m.Hash, &m.CreatedAt); err != nil {
			return m, err
		}
		m.Method, err = parse(spec, version)
		return m, err
	})
}

func parse(spec string, version int) (analysis.Method, error) {
	m, err := analysis.ParseMethod([]byte(spec))
	if err != nil {
		return m, fmt.Errorf("stored method: %w", err)
	}
	m.Version = version
	return m, nil
}

// AddMethod stores a version.
func (s *Store) AddMethod(ctx context.Context, tenant kernel.ID, m analysis.StoredMethod) error {
	_, err := s.DB.Conn(ctx).ExecContext(ctx, `insert into method (tenant_id, id, key, version, title, status, spec, hash, created_at)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`, tenant, m.ID, m.Method.ID, m.Method.Version, m.Method.Title.Text(),
		string(m.Method.Status), m.Method.YAML(), m.Hash, m.CreatedAt)
	return err
}

// AddRun stores a run with its inputs and outcomes.
func (s *Store) AddRun(ctx context.Context, tenant kernel.ID, r analysis.Run) error {
	if err := s.DB.Touch(ctx, tenant); err != nil {
		return err
	}
	exclusions, err := json.Marshal(r.Exclusions)
	if err != nil {
		return err
	}
	summary, err := json.Marshal(r.Summary)
	if err != nil {
		return err
	}
	_, err = s.DB.Conn(ctx).ExecContext(ctx, `insert into run (tenant_id, id, method_id, edition_id, period, exclusions, draws, seed, summary,
		hash, created_at, created_by) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`, tenant, r.ID, r.MethodID, r.Edition.ID,
		r.Period.String(), string(exclusions), r.Draws, int64(r.Seed), string(summary), r.Hash, r.CreatedAt, r.CreatedBy)
	if err != nil {
		return err
	}
	for _, p := range r.Inputs {
		_, err := s.DB.Conn(ctx).ExecContext(ctx, `insert into run_input (tenant_id, run_id, role, slice_id, version, deliveries, hash)
			values ($1, $2, $3, $4, $5, $6, $7)`, tenant, r.ID, p.Role, p.SliceID, p.Version, p.Deliveries, p.Hash)
		if err != nil {
			return err
		}
	}
	_, err = s.DB.Bulk(ctx, "run_result", []string{"tenant_id", "run_id", "area_id", "eligible", "reason", "detail"}, outcomes(tenant, r))
	return err
}

func outcomes(tenant kernel.ID, r analysis.Run) iter.Seq2[[]any, error] {
	return func(yield func([]any, error) bool) {
		row := make([]any, 6)
		for _, o := range r.Outcomes {
			detail, err := json.Marshal(o)
			row[0], row[1], row[2], row[3], row[4], row[5] = tenant, r.ID, o.AreaID, o.Eligible, o.Reason, string(detail)
			if !yield(row, err) {
				return
			}
		}
	}
}

const runColumns = `run.id, run.method_id, run.edition_id, run.period, run.exclusions, run.draws, run.seed, run.summary, run.hash,
	run.created_at, run.created_by, method.spec, method.version`

// Runs lists runs without inputs and outcomes, newest first.
func (s *Store) Runs(ctx context.Context, tenant, edition kernel.ID) ([]analysis.Run, error) {
	w := &db.Where{}
	w.And("run.tenant_id = ?", tenant)
	if edition != "" {
		w.And("run.edition_id = ?", edition)
	}
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, "select "+runColumns+` from run join method on method.tenant_id = run.tenant_id
		and method.id = run.method_id where `+w.String()+" order by run.created_at desc, run.id desc", w.Args...)
	return db.Collect(rows, err, scanRun)
}

func scanRun(row db.Row) (r analysis.Run, err error) {
	var period, exclusions, summary, spec string
	var seed int64
	var version int
	err = row.Scan(&r.ID, &r.MethodID, &r.Edition.ID, &period, &exclusions, &r.Draws, &seed, &summary, &r.Hash, &r.CreatedAt, &r.CreatedBy,
		&spec, &version)
	if err != nil {
		return r, err
	}
	r.Seed = uint64(seed)
	if r.Period, err = kernel.ParsePeriod(period); err != nil {
		return r, err
	}
	if err = json.Unmarshal([]byte(exclusions), &r.Exclusions); err != nil {
		return r, err
	}
	if err = json.Unmarshal([]byte(summary), &r.Summary); err != nil {
		return r, err
	}
	r.Method, err = parse(spec, version)
	return r, err
}

// Run reads one with inputs and outcomes.
func (s *Store) Run(ctx context.Context, tenant, id kernel.ID) (analysis.Run, error) {
	conn := s.DB.Conn(ctx)
	rows, err := conn.QueryContext(ctx, "select "+runColumns+` from run join method on method.tenant_id = run.tenant_id
		and method.id = run.method_id where run.tenant_id = $1 and run.id = $2`, tenant, id)
	r, err := db.One(rows, err, "run.notfound", scanRun)
	if err != nil {
		return r, err
	}
	rows, err = conn.QueryContext(ctx, `select role, slice_id, version, deliveries, hash from run_input where tenant_id = $1 and run_id = $2`,
		tenant, id)
	r.Inputs, err = db.Collect(rows, err, func(row db.Row) (p analysis.Pin, err error) {
		err = row.Scan(&p.Role, &p.SliceID, &p.Version, &p.Deliveries, &p.Hash)
		return p, err
	})
	if err != nil {
		return r, err
	}
	rows, err = conn.QueryContext(ctx, `select area_id, eligible, reason, detail from run_result where tenant_id = $1 and run_id = $2`, tenant, id)
	r.Outcomes, err = db.Collect(rows, err, func(row db.Row) (o analysis.Outcome, err error) {
		var detail string
		if err := row.Scan(&o.AreaID, &o.Eligible, &o.Reason, &detail); err != nil {
			return o, err
		}
		err = json.Unmarshal([]byte(detail), &o)
		return o, err
	})
	return r, err
}
