// SPDX-License-Identifier: EUPL-1.2

// Package indicatordb keeps definitions, deliveries and figures in the database of either engine.
package indicatordb

import (
	"context"
	"fmt"
	"iter"
	"math"
	"strconv"

	"github.com/kupferfaden/kupferfaden/internal/indicator"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/platform/db"
)

// Store implements indicator.Store.
type Store struct{ DB *db.DB }

var _ indicator.Store = (*Store)(nil)

// Indicators lists all definitions with their versions, by field and position.
func (s *Store) Indicators(ctx context.Context, tenant kernel.ID) ([]indicator.Indicator, error) {
	c := s.DB.Conn(ctx)
	rows, err := c.QueryContext(ctx, `select id, key, own, field, position, parts from indicator where tenant_id = $1 order by field, position, key`, tenant)
	list, err := db.Collect(rows, err, func(r db.Row) (indicator.Indicator, error) {
		var i indicator.Indicator
		parts := db.JSON[[][]string]{}
		err := r.Scan(&i.ID, &i.Key, &i.Own, &i.Field, &i.Position, &parts)
		i.Parts = parts.V
		return i, err
	})
	if err != nil {
		return nil, fmt.Errorf("indicators: %w", err)
	}
	at := make(map[kernel.ID]int, len(list))
	for n, i := range list {
		at[i.ID] = n
	}
	rows, err = c.QueryContext(ctx, `select indicator_id, version, name, numerator, denominator, unit, factor, direction, office, class, aggregation, signed,
		note, valid_from, reason from indicator_version where tenant_id = $1 order by indicator_id, version`, tenant)
	err = db.Each(rows, err, func(r db.Row) error {
		var id kernel.ID
		var v indicator.Version
		err := r.Scan(&id, &v.Version, &v.Name, &v.Numerator, &v.Denominator, &v.Unit, &v.Factor, &v.Direction, &v.Office, &v.Class, &v.Aggregation,
			&v.Signed, &v.Note, &v.ValidFrom, &v.Reason)
		if n, ok := at[id]; ok && err == nil {
			list[n].Versions = append(list[n].Versions, v)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("indicator versions: %w", err)
	}
	return list, nil
}

// AddIndicators writes definitions with their versions.
func (s *Store) AddIndicators(ctx context.Context, tenant kernel.ID, list []indicator.Indicator, at kernel.Instant) error {
	return s.DB.Tx(ctx, func(ctx context.Context) error {
		for _, i := range list {
			_, err := s.DB.Conn(ctx).ExecContext(ctx, `insert into indicator (tenant_id, id, key, own, field, position, parts, created_at)
				values ($1, $2, $3, $4, $5, $6, $7, $8)`, tenant, i.ID, i.Key, i.Own, i.Field, i.Position, jsonParts(i.Parts), at)
			if err != nil {
				return fmt.Errorf("indicator %s: %w", i.Key, err)
			}
			for _, v := range i.Versions {
				if err := s.AddVersion(ctx, tenant, i.ID, v, at); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

func jsonParts(parts [][]string) any {
	if parts == nil {
		parts = [][]string{}
	}
	return db.AsJSON(parts)
}

// AddVersion writes a version of a definition.
func (s *Store) AddVersion(ctx context.Context, tenant, id kernel.ID, v indicator.Version, at kernel.Instant) error {
	return s.DB.Tx(ctx, func(ctx context.Context) error {
		_, err := s.DB.Conn(ctx).ExecContext(ctx, `insert into indicator_version (tenant_id, indicator_id, version, name, numerator, denominator, unit, factor,
			direction, office, class, aggregation, signed, note, valid_from, reason, created_at)
			values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)`,
			tenant, id, v.Version, v.Name, v.Numerator, v.Denominator, v.Unit, v.Factor, int(v.Direction), v.Office, v.Class, string(v.Aggregation), v.Signed,
			v.Note, string(v.ValidFrom), v.Reason, at)
		if err != nil {
			return fmt.Errorf("version %d of indicator %s: %w", v.Version, id, err)
		}
		return nil
	})
}

// SetParts replaces the lists of parts of an indicator.
func (s *Store) SetParts(ctx context.Context, tenant, id kernel.ID, parts [][]string) error {
	return s.DB.Tx(ctx, func(ctx context.Context) error {
		_, err := s.DB.Conn(ctx).ExecContext(ctx, `update indicator set parts = $1 where tenant_id = $2 and id = $3`, jsonParts(parts), tenant, id)
		if err != nil {
			return fmt.Errorf("parts of indicator %s: %w", id, err)
		}
		return nil
	})
}

// Slices lists slices by indicator, edition and period; without empty only those with a figure that counts.
func (s *Store) Slices(ctx context.Context, tenant kernel.ID, f indicator.Filter, empty bool) ([]indicator.Slice, error) {
	w := db.NewWhere(tenant)
	if f.Indicator != "" {
		w.And("indicator_id = ?", f.Indicator)
	}
	if f.Edition != "" {
		w.And("edition_id = ?", f.Edition)
	}
	if !f.Period.IsZero() {
		w.And("period_from = ?", string(f.Period.From))
		w.And("period_to = ?", string(f.Period.To))
	}
	if !empty {
		w.And("figures > ?", 0)
	}
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select id, indicator_id, version, edition_id, period_from, period_to from slice where `+w.String()+
		` order by indicator_id, version, edition_id, period_to, period_from`, w.Args...)
	list, err := db.Collect(rows, err, scanSlice)
	if err != nil {
		return nil, fmt.Errorf("slices: %w", err)
	}
	return list, nil
}

// Slice is one slice by its id.
func (s *Store) Slice(ctx context.Context, tenant, id kernel.ID) (indicator.Slice, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select id, indicator_id, version, edition_id, period_from, period_to from slice
		where tenant_id = $1 and id = $2`, tenant, id)
	return db.One(rows, err, "indicator.slice.notfound", scanSlice)
}

func scanSlice(r db.Row) (indicator.Slice, error) {
	var s indicator.Slice
	err := r.Scan(&s.ID, &s.IndicatorID, &s.Version, &s.EditionID, &s.Period.From, &s.Period.To)
	return s, err
}

// AddSlices writes new slices.
func (s *Store) AddSlices(ctx context.Context, tenant kernel.ID, list []indicator.Slice) error {
	return s.DB.Tx(ctx, func(ctx context.Context) error {
		_, err := s.DB.Bulk(ctx, "slice", []string{"tenant_id", "id", "indicator_id", "version", "edition_id", "period_from", "period_to", "figures", "parts"},
			func(yield func([]any, error) bool) {
				for _, x := range list {
					if !yield([]any{tenant, x.ID, x.IndicatorID, int64(x.Version), x.EditionID, string(x.Period.From), string(x.Period.To), int64(0), int64(0)}, nil) {
						return
					}
				}
			})
		return err
	})
}

// SliceStates lists the slices with figures that count, with what is known of them.
func (s *Store) SliceStates(ctx context.Context, tenant kernel.ID) ([]indicator.SliceState, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select id, indicator_id, version, edition_id, period_from, period_to, figures, parts, newest
		from slice where tenant_id = $1 and figures > 0 order by indicator_id, version, edition_id, period_to, period_from`, tenant)
	list, err := db.Collect(rows, err, func(r db.Row) (indicator.SliceState, error) {
		var s indicator.SliceState
		var newest kernel.ID
		err := r.Scan(&s.ID, &s.IndicatorID, &s.Version, &s.EditionID, &s.Period.From, &s.Period.To, &s.Figures, &s.Parts, &newest)
		s.Stamp = string(newest)
		return s, err
	})
	if err != nil {
		return nil, fmt.Errorf("slices: %w", err)
	}
	return list, nil
}

// SetStates writes what is known of the figures in slices.
func (s *Store) SetStates(ctx context.Context, tenant kernel.ID, list []indicator.SliceState) error {
	return s.DB.Tx(ctx, func(ctx context.Context) error {
		for _, x := range list {
			_, err := s.DB.Conn(ctx).ExecContext(ctx, `update slice set figures = $1, parts = $2, newest = $3 where tenant_id = $4 and id = $5`,
				x.Figures, x.Parts, kernel.ID(x.Stamp), tenant, x.ID)
			if err != nil {
				return fmt.Errorf("slice %s: %w", x.ID, err)
			}
		}
		return nil
	})
}

// Lock takes the row of the tenant for the transaction and counts the change. On PostgreSQL a second transaction waits for it and is then run
// again, instead of meeting the first one's keys.
func (s *Store) Lock(ctx context.Context, tenant kernel.ID) error {
	_, err := s.DB.Conn(ctx).ExecContext(ctx, `update tenant set stamp = stamp + 1 where tenant_id = $1`, tenant)
	return err
}

// Stamp changes whenever anything that pages show of the tenant has changed.
func (s *Store) Stamp(ctx context.Context, tenant kernel.ID) (string, error) {
	n, err := db.Value[int64](s.DB.Conn(ctx).QueryRowContext(ctx, `select stamp from tenant where tenant_id = $1`, tenant), "tenant.notfound")
	return strconv.FormatInt(n, 36), err
}

// Revisions yields every figure of a slice in the order of the primary key: one range scan.
func (s *Store) Revisions(ctx context.Context, tenant, slice kernel.ID, f func(indicator.Observation) error) error {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select area_id, revision, numerator, denominator, value, change, flag, delivery_id, line
		from observation where tenant_id = $1 and slice_id = $2 order by area_id, revision`, tenant, slice)
	var num, den, val, chg maybe
	var flag, delivery string
	last := indicator.Observation{}
	err = db.Each(rows, err, func(r db.Row) error {
		var o indicator.Observation
		if err := r.Scan(&o.AreaID, &o.Revision, &num, &den, &val, &chg, &flag, &delivery, &o.Line); err != nil {
			return err
		}
		o.Numerator, o.Denominator, o.Value, o.Change = float64(num), float64(den), float64(val), float64(chg)
		o.Flag, o.DeliveryID = last.Flag, last.DeliveryID // mostly the same as above: no new strings then
		if string(o.Flag) != flag {
			o.Flag = indicator.Flag(flag)
		}
		if string(o.DeliveryID) != delivery {
			o.DeliveryID = kernel.ID(delivery)
		}
		last = o
		return f(o)
	})
	if err != nil {
		return fmt.Errorf("figures of slice %s: %w", slice, err)
	}
	return nil
}

// maybe is a number that may be null: NaN in the program.
type maybe float64

// Scan reads a double or null.
func (m *maybe) Scan(src any) error {
	switch v := src.(type) {
	case nil:
		*m = maybe(math.NaN())
	case float64:
		*m = maybe(v)
	case int64:
		*m = maybe(v)
	default:
		return fmt.Errorf("number: cannot read %T", src)
	}
	return nil
}

var observationColumns = []string{
	"tenant_id", "slice_id", "area_id", "revision", "numerator", "denominator", "value", "change", "flag", "delivery_id", "line",
}

// AddObservations appends figures in one stream.
func (s *Store) AddObservations(ctx context.Context, tenant kernel.ID, rows iter.Seq2[kernel.ID, *indicator.Observation]) error {
	flags := map[indicator.Flag]any{}
	for _, f := range indicator.Flags() {
		flags[f] = string(f)
	}
	_, err := s.DB.Bulk(ctx, "observation", observationColumns, func(yield func([]any, error) bool) {
		row := make([]any, len(observationColumns))
		row[0] = string(tenant)
		var slice, delivery kernel.ID
		for id, o := range rows {
			if id != slice {
				slice, row[1] = id, string(id)
			}
			if o.DeliveryID != delivery {
				delivery, row[9] = o.DeliveryID, string(o.DeliveryID)
			}
			row[2], row[3] = string(o.AreaID), int64(o.Revision)
			row[4], row[5], row[6], row[7] = orNull(o.Numerator), orNull(o.Denominator), orNull(o.Value), orNull(o.Change)
			row[8], row[10] = flags[o.Flag], int64(o.Line)
			if !yield(row, nil) {
				return
			}
		}
	})
	if err != nil {
		return fmt.Errorf("figures: %w", err)
	}
	return nil
}

func orNull(f float64) any {
	if math.IsNaN(f) {
		return nil
	}
	return f
}

// SlicesOf lists the slices a delivery has figures in.
func (s *Store) SlicesOf(ctx context.Context, tenant, delivery kernel.ID) ([]kernel.ID, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select distinct slice_id from observation where tenant_id = $1 and delivery_id = $2 order by slice_id`,
		tenant, delivery)
	return db.Collect(rows, err, func(r db.Row) (kernel.ID, error) {
		var id kernel.ID
		return id, r.Scan(&id)
	})
}
