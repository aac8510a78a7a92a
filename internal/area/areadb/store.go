// SPDX-License-Identifier: EUPL-1.2

// Package areadb keeps areas in the database of the program; one SQL text serves both engines.
package areadb

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"slices"

	"github.com/kupferfaden/kupferfaden/internal/area"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/platform/db"
)

// Store implements area.Store and area.Tx.
type Store struct{ DB *db.DB }

// Tx runs f in a transaction.
func (s *Store) Tx(ctx context.Context, f func(ctx context.Context) error) error {
	return s.DB.Tx(ctx, f)
}

// Stamp is the tenant's count of changes.
func (s *Store) Stamp(ctx context.Context, tenant kernel.ID) (int64, error) {
	return db.Value[int64](s.DB.Conn(ctx).QueryRowContext(ctx, `select stamp from tenant where tenant_id = $1`, tenant), "access.notfound")
}

// Levels lists the levels of the tenant.
func (s *Store) Levels(ctx context.Context, tenant kernel.ID) ([]area.Level, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select id, key, name, rank from area_level where tenant_id = $1 order by rank, key`, tenant)
	return db.Collect(rows, err, func(r db.Row) (l area.Level, err error) {
		err = r.Scan(&l.ID, &l.Key, &l.Name, &l.Rank)
		return l, err
	})
}

// SaveLevel adds a level or changes its name and rank.
func (s *Store) SaveLevel(ctx context.Context, tenant kernel.ID, l area.Level) error {
	_, err := s.DB.Conn(ctx).ExecContext(ctx, `
		insert into area_level (tenant_id, id, key, name, rank) values ($1, $2, $3, $4, $5)
		on conflict (tenant_id, id) do update set name = excluded.name, rank = excluded.rank`,
		tenant, l.ID, l.Key, l.Name, l.Rank)
	return wrap(err, "level %s", l.Key)
}

// Editions lists the editions of all levels.
func (s *Store) Editions(ctx context.Context, tenant kernel.ID) ([]area.Edition, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `
		select e.id, e.key, e.valid_from, e.valid_to, e.parent_edition_id, e.source, e.sha256, e.source_crs, e.version, e.imported_at,
			l.id, l.key, l.name, l.rank
		from area_edition e join area_level l on l.tenant_id = e.tenant_id and l.id = e.level_id
		where e.tenant_id = $1`, tenant)
	return db.Collect(rows, err, func(r db.Row) (e area.Edition, err error) {
		l := &e.Level
		err = r.Scan(&e.ID, &e.Key, &e.ValidFrom, &e.ValidTo, &e.ParentEditionID, &e.Source, &e.SHA256, &e.SourceCRS, &e.Version, &e.ImportedAt,
			&l.ID, &l.Key, &l.Name, &l.Rank)
		return e, err
	})
}

const areaColumns = `id, edition_id, key, name, sort_name, parent_id, area_m2, label_lon, label_lat`

func scanArea(r db.Row) (a area.Area, err error) {
	err = r.Scan(&a.ID, &a.EditionID, &a.Key, &a.Name, &a.SortName, &a.ParentID, &a.AreaM2, &a.LabelLon, &a.LabelLat)
	return a, err
}

// Areas lists the areas of an edition by key.
func (s *Store) Areas(ctx context.Context, tenant, edition kernel.ID) ([]area.Area, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select `+areaColumns+` from area where tenant_id = $1 and edition_id = $2`, tenant, edition)
	list, err := db.Collect(rows, err, scanArea)
	// Sorted here: the order of texts depends on the collation of the database.
	slices.SortFunc(list, func(x, y area.Area) int { return cmp.Compare(x.Key, y.Key) })
	return list, err
}

// Children lists the areas that name the area as their parent.
func (s *Store) Children(ctx context.Context, tenant, parent kernel.ID) ([]area.Area, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select `+areaColumns+` from area where tenant_id = $1 and parent_id = $2`, tenant, parent)
	return db.Collect(rows, err, scanArea)
}

// Geometry gives the outlines of an edition as WKB by area.
func (s *Store) Geometry(ctx context.Context, tenant, edition kernel.ID) (map[kernel.ID][]byte, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select id, geometry from area where tenant_id = $1 and edition_id = $2`, tenant, edition)
	out := map[kernel.ID][]byte{}
	err = db.Each(rows, err, func(r db.Row) error {
		var id kernel.ID
		var wkb []byte
		err := r.Scan(&id, &wkb)
		out[id] = wkb
		return err
	})
	return out, err
}

// Map gives the simplified coverage of an edition.
func (s *Store) Map(ctx context.Context, tenant, edition kernel.ID, d area.Detail) ([]byte, error) {
	column := "map_overview"
	if d == area.Web {
		column = "map_web"
	}
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select `+column+` from area_edition where tenant_id = $1 and id = $2`, tenant, edition)
	return db.One(rows, err, "area.edition.notfound", func(r db.Row) (b []byte, err error) {
		err = r.Scan(&b)
		return b, err
	})
}

// Record gives the settings and the report of the last import of an edition.
func (s *Store) Record(ctx context.Context, tenant, edition kernel.ID) (area.Record, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select report from area_edition where tenant_id = $1 and id = $2`, tenant, edition)
	return db.One(rows, err, "area.edition.notfound", func(r db.Row) (area.Record, error) {
		var j db.JSON[area.Record]
		err := r.Scan(&j)
		return j.V, err
	})
}

// SaveEdition adds an edition or replaces it, and tells rendered pages that they are out of date.
func (s *Store) SaveEdition(ctx context.Context, tenant kernel.ID, e area.Edition, maps area.Maps, r area.Record) error {
	if _, err := s.DB.Conn(ctx).ExecContext(ctx, `update tenant set stamp = stamp + 1 where tenant_id = $1`, tenant); err != nil {
		return fmt.Errorf("edition %s: %w", e.Key, err)
	}
	_, err := s.DB.Conn(ctx).ExecContext(ctx, `
		insert into area_edition (tenant_id, id, level_id, key, valid_from, valid_to, parent_edition_id, source, sha256, source_crs, report,
			map_overview, map_web, version, imported_at)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
		on conflict (tenant_id, id) do update set valid_from = excluded.valid_from, valid_to = excluded.valid_to,
			parent_edition_id = excluded.parent_edition_id, source = excluded.source, sha256 = excluded.sha256, source_crs = excluded.source_crs,
			report = excluded.report, map_overview = excluded.map_overview, map_web = excluded.map_web, version = excluded.version,
			imported_at = excluded.imported_at`,
		tenant, e.ID, e.Level.ID, e.Key, string(e.ValidFrom), string(e.ValidTo), e.ParentEditionID, e.Source, e.SHA256, e.SourceCRS, db.AsJSON(r),
		maps[area.Overview], maps[area.Web], e.Version, e.ImportedAt)
	return wrap(err, "edition %s", e.Key)
}

// EndEdition sets the last day of an edition's validity.
func (s *Store) EndEdition(ctx context.Context, tenant, edition kernel.ID, last kernel.Date) error {
	_, err := s.DB.Conn(ctx).ExecContext(ctx, `update area_edition set valid_to = $1 where tenant_id = $2 and id = $3`, string(last), tenant, edition)
	return wrap(err, "edition %s", edition)
}

// SaveAreas adds, replaces and removes areas of an edition.
func (s *Store) SaveAreas(ctx context.Context, tenant kernel.ID, add, change []area.Area, outlines map[kernel.ID][]byte, remove []kernel.ID) error {
	for part := range slices.Chunk(remove, 1000) {
		w := db.NewWhere(tenant)
		w.In("id", part)
		if _, err := s.DB.Conn(ctx).ExecContext(ctx, `delete from area where `+w.String(), w.Args...); err != nil {
			return fmt.Errorf("areas: removing: %w", err)
		}
	}
	if len(change) > 0 {
		stmt, err := s.DB.Conn(ctx).PrepareContext(ctx, `
			update area set name = $1, sort_name = $2, parent_id = $3, area_m2 = $4, label_lon = $5, label_lat = $6, geometry = $7
			where tenant_id = $8 and id = $9`)
		if err != nil {
			return fmt.Errorf("areas: %w", err)
		}
		defer stmt.Close() //nolint:errcheck // the errors that matter are those of its executions
		for _, a := range change {
			if _, err := stmt.ExecContext(ctx, a.Name, a.SortName, a.ParentID, a.AreaM2, a.LabelLon, a.LabelLat, outlines[a.ID], tenant, a.ID); err != nil {
				return fmt.Errorf("area %s: %w", a.Key, err)
			}
		}
	}
	_, err := s.DB.Bulk(ctx, "area", []string{"tenant_id", "id", "edition_id", "key", "name", "sort_name", "parent_id", "area_m2", "label_lon", "label_lat", "geometry"},
		areaRows(tenant, add, outlines))
	return err
}

func areaRows(tenant kernel.ID, list []area.Area, outlines map[kernel.ID][]byte) iter.Seq2[[]any, error] {
	return func(yield func([]any, error) bool) {
		for _, a := range list {
			row := []any{tenant, a.ID, a.EditionID, a.Key, a.Name, a.SortName, a.ParentID, a.AreaM2, a.LabelLon, a.LabelLat, outlines[a.ID]}
			if !yield(row, nil) {
				return
			}
		}
	}
}

// Uses says which areas of an edition are referred to.
func (s *Store) Uses(ctx context.Context, tenant, edition kernel.ID) (area.Uses, error) {
	u := area.Uses{Figures: map[kernel.ID]bool{}, Below: map[kernel.ID]bool{}}
	collect := func(into map[kernel.ID]bool, query string) error {
		rows, err := s.DB.Conn(ctx).QueryContext(ctx, query, tenant, edition)
		return db.Each(rows, err, func(r db.Row) error {
			var id kernel.ID
			err := r.Scan(&id)
			into[id] = true
			return err
		})
	}
	if err := collect(u.Figures, `
		select a.id from area a where a.tenant_id = $1 and a.edition_id = $2 and (
			exists (select 1 from slice s join observation o on o.tenant_id = s.tenant_id and o.slice_id = s.id and o.area_id = a.id
				where s.tenant_id = a.tenant_id and s.edition_id = a.edition_id)
			or exists (select 1 from run r join run_result x on x.tenant_id = r.tenant_id and x.run_id = r.id and x.area_id = a.id
				where r.tenant_id = a.tenant_id and r.edition_id = a.edition_id))`); err != nil {
		return u, err
	}
	if err := collect(u.Below, `
		select distinct p.id from area p join area c on c.tenant_id = p.tenant_id and c.parent_id = p.id
		where p.tenant_id = $1 and p.edition_id = $2`); err != nil {
		return u, err
	}
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select coalesce(max(period_to), '') from slice where tenant_id = $1 and edition_id = $2 and figures > 0`, tenant, edition)
	u.LastFigure, err = db.One(rows, err, "area.edition.notfound", func(r db.Row) (d kernel.Date, err error) {
		err = r.Scan(&d)
		return d, err
	})
	return u, err
}

func wrap(err error, format string, args ...any) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf(format+": %w", append(args, err)...)
}
