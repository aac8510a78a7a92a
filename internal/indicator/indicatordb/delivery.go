// SPDX-License-Identifier: EUPL-1.2

package indicatordb

import (
	"context"
	"fmt"

	"github.com/kupferfaden/kupferfaden/internal/indicator"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/platform/db"
)

const deliveryColumns = `id, source, file_name, sha256, disclosure, rows_taken, taken_at, taken_by, retracted_at, retracted_by, retracted_reason, replaces`

func deliveryFields(d *indicator.Delivery) []any {
	return []any{
		&d.ID, &d.Source, &d.FileName, &d.SHA256, &d.Disclosure, &d.RowsTaken, &d.TakenAt, &d.TakenBy, &d.RetractedAt, &d.RetractedBy,
		&d.RetractedReason, &d.Replaces,
	}
}

// Deliveries lists all deliveries, newest first, without their reports and mappings.
func (s *Store) Deliveries(ctx context.Context, tenant kernel.ID) ([]indicator.Delivery, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select `+deliveryColumns+` from delivery where tenant_id = $1 order by taken_at desc, id desc`, tenant)
	list, err := db.Collect(rows, err, func(r db.Row) (indicator.Delivery, error) {
		var d indicator.Delivery
		return d, r.Scan(deliveryFields(&d)...)
	})
	if err != nil {
		return nil, fmt.Errorf("deliveries: %w", err)
	}
	return list, nil
}

// Delivery is one delivery with its mapping and report.
func (s *Store) Delivery(ctx context.Context, tenant, id kernel.ID) (indicator.Delivery, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select `+deliveryColumns+`, mapping, report from delivery where tenant_id = $1 and id = $2`, tenant, id)
	return db.One(rows, err, "indicator.delivery.notfound", func(r db.Row) (indicator.Delivery, error) {
		var d indicator.Delivery
		report := db.JSON[indicator.Report]{}
		err := r.Scan(append(deliveryFields(&d), &d.Mapping, &report)...)
		d.Report = report.V
		return d, err
	})
}

// AddDelivery writes a delivery.
func (s *Store) AddDelivery(ctx context.Context, tenant kernel.ID, d indicator.Delivery) error {
	return s.DB.Tx(ctx, func(ctx context.Context) error {
		_, err := s.DB.Conn(ctx).ExecContext(ctx, `insert into delivery (tenant_id, id, source, file_name, sha256, mapping, disclosure, report, rows_taken, taken_at,
			taken_by, retracted_by, retracted_reason, replaces) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, '', '', $12)`,
			tenant, d.ID, d.Source, d.FileName, d.SHA256, d.Mapping, string(d.Disclosure), db.AsJSON(d.Report), d.RowsTaken, d.TakenAt, d.TakenBy, d.Replaces)
		if err != nil {
			return fmt.Errorf("delivery of %s: %w", d.FileName, err)
		}
		return nil
	})
}

// SetRetracted writes the retraction of a delivery that still counts.
func (s *Store) SetRetracted(ctx context.Context, tenant kernel.ID, d indicator.Delivery) error {
	return s.DB.Tx(ctx, func(ctx context.Context) error {
		res, err := s.DB.Conn(ctx).ExecContext(ctx, `update delivery set retracted_at = $1, retracted_by = $2, retracted_reason = $3
			where tenant_id = $4 and id = $5 and retracted_at is null`, d.RetractedAt, d.RetractedBy, d.RetractedReason, tenant, d.ID)
		if err != nil {
			return fmt.Errorf("delivery %s: %w", d.ID, err)
		}
		n, err := res.RowsAffected()
		if err == nil && n == 0 {
			err = kernel.E(kernel.NotFound, "indicator.delivery.notfound")
		}
		return err
	})
}

// Mapping is the one used last for files whose header has the signature.
func (s *Store) Mapping(ctx context.Context, tenant kernel.ID, signature string) (source, yaml string, err error) {
	type remembered struct{ source, yaml string }
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select source, yaml from mapping where tenant_id = $1 and signature = $2 order by used_at desc, id desc limit 1`,
		tenant, signature)
	m, err := db.One(rows, err, "indicator.mapping.notfound", func(r db.Row) (remembered, error) {
		var m remembered
		return m, r.Scan(&m.source, &m.yaml)
	})
	return m.source, m.yaml, err
}

// SaveMapping remembers a mapping for a source and header.
func (s *Store) SaveMapping(ctx context.Context, tenant kernel.ID, source, signature, yaml string, at kernel.Instant) error {
	return s.DB.Tx(ctx, func(ctx context.Context) error {
		_, err := s.DB.Conn(ctx).ExecContext(ctx, `insert into mapping (tenant_id, id, source, signature, yaml, used_at) values ($1, $2, $3, $4, $5, $6)
			on conflict (tenant_id, source, signature) do update set yaml = excluded.yaml, used_at = excluded.used_at`,
			tenant, kernel.NewID(), source, signature, yaml, at)
		if err != nil {
			return fmt.Errorf("mapping of %s: %w", source, err)
		}
		return nil
	})
}
