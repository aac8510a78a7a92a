// SPDX-License-Identifier: EUPL-1.2

package indicator

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"slices"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/table"
)

// Deliveries lists the deliveries, newest first, without reports.
func (s *Service) Deliveries(ctx context.Context, a access.Actor) ([]Delivery, error) {
	if err := access.CheckTenant(a, access.ReadInternal); err != nil {
		return nil, err
	}
	return s.Store.Deliveries(ctx, a.Tenant)
}

// Delivery is one delivery with its mapping and report.
func (s *Service) Delivery(ctx context.Context, a access.Actor, id kernel.ID) (Delivery, error) {
	if err := access.CheckTenant(a, access.ReadInternal); err != nil {
		return Delivery{}, err
	}
	return s.Store.Delivery(ctx, a.Tenant, id)
}

// Retract makes a delivery's figures stop counting, for a reason that stays with it. It fails with Conflict when it is retracted already, or
// when a later delivery has completed its figures (a denominator to its numerators): that one has to be retracted first. The findings name
// later deliveries that said the same as this one: their figures were not kept twice, so they have to be imported again to count.
func (s *Service) Retract(ctx context.Context, a access.Actor, id kernel.ID, reason string) ([]kernel.Finding, error) {
	d, err := s.retractable(ctx, a, id, reason)
	if err != nil {
		return nil, err
	}
	var found []kernel.Finding
	err = s.change(ctx, a.Tenant, func(ctx context.Context) error {
		if err := s.retract(ctx, a, &d); err != nil {
			return err
		}
		if err := s.recount(ctx, a, d); err != nil {
			return err
		}
		if found, err = s.confirmedBy(ctx, a, d); err != nil {
			return err
		}
		return access.Record(ctx, s.Trail, a, access.Act{
			Do: access.ImportData, What: "delivery.retract", Object: kernel.Ref{Kind: "delivery", ID: d.ID}, Reason: reason,
		})
	})
	return found, err
}

func (s *Service) retractable(ctx context.Context, a access.Actor, id kernel.ID, reason string) (Delivery, error) {
	if err := access.CheckTenant(a, access.ImportData); err != nil {
		return Delivery{}, err
	}
	if reason == "" {
		return Delivery{}, &kernel.Error{Kind: kernel.Invalid, Key: "indicator.form", Fields: map[string]string{"reason": "indicator.reason.required"}}
	}
	d, err := s.Store.Delivery(ctx, a.Tenant, id)
	if err == nil && !d.Counts() {
		err = kernel.E(kernel.Conflict, "indicator.delivery.retracted", "date", d.RetractedAt)
	}
	d.RetractedReason = reason
	return d, err
}

// retract writes the retraction of d, within a transaction.
func (s *Service) retract(ctx context.Context, a access.Actor, d *Delivery) error {
	later, err := s.touchedLater(ctx, a, *d, func(r SliceReport) bool { return r.Carried > 0 })
	if err != nil {
		return err
	}
	if len(later) > 0 {
		return kernel.E(kernel.Conflict, "indicator.retract.built_on", "file", d.FileName, "by", later[0].FileName, "date", later[0].TakenAt)
	}
	d.RetractedAt, d.RetractedBy = s.now(), a.Name
	return s.Store.SetRetracted(ctx, a.Tenant, *d)
}

// touchedLater lists deliveries after d that count and touched one of its slices in the way that is asked for.
func (s *Service) touchedLater(ctx context.Context, a access.Actor, d Delivery, touched func(SliceReport) bool) ([]Delivery, error) {
	own, err := s.Store.SlicesOf(ctx, a.Tenant, d.ID)
	if err != nil {
		return nil, err
	}
	all, err := s.Store.Deliveries(ctx, a.Tenant)
	if err != nil {
		return nil, err
	}
	var out []Delivery
	for _, x := range all {
		if !x.Counts() || !later(d, x) {
			continue
		}
		whole, err := s.Store.Delivery(ctx, a.Tenant, x.ID)
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(whole.Report.Slices, func(r SliceReport) bool { return slices.Contains(own, r.Slice) && touched(r) }) {
			out = append(out, x)
		}
	}
	return out, nil
}

// recount counts anew what is left in the slices of a retracted delivery.
func (s *Service) recount(ctx context.Context, a access.Actor, d Delivery) error {
	ids, err := s.Store.SlicesOf(ctx, a.Tenant, d.ID)
	if err != nil {
		return err
	}
	list, err := s.Store.Indicators(ctx, a.Tenant)
	if err != nil {
		return err
	}
	of := make(map[kernel.ID]Indicator, len(list))
	for _, i := range list {
		of[i.ID] = i
	}
	raw := s.Raw(a.Tenant)
	known, err := raw.deliveries(ctx)
	if err != nil {
		return err
	}
	states := make([]SliceState, 0, len(ids))
	for _, id := range ids {
		sl, err := s.Store.Slice(ctx, a.Tenant, id)
		if err != nil {
			return err
		}
		v, err := of[sl.IndicatorID].Version(sl.Version)
		if err != nil {
			return err
		}
		left, err := raw.latest(ctx, id, known, Delivery.Counts)
		if err != nil {
			return err
		}
		st := SliceState{Slice: sl, Figures: len(left)}
		var newest Delivery
		for _, o := range left {
			if o.addable(v) {
				st.Parts++
			}
			if x := known[o.DeliveryID]; newest.ID == "" || later(newest, x) {
				newest = x
			}
		}
		st.Stamp = string(newest.ID)
		states = append(states, st)
	}
	return s.Store.SetStates(ctx, a.Tenant, states)
}

// later tells whether y was taken after x.
func later(x, y Delivery) bool {
	return y.TakenAt.After(x.TakenAt.Time) || y.TakenAt.Equal(x.TakenAt.Time) && y.ID > x.ID
}

func (s *Service) confirmedBy(ctx context.Context, a access.Actor, d Delivery) ([]kernel.Finding, error) {
	later, err := s.touchedLater(ctx, a, d, func(r SliceReport) bool { return r.Unchanged > 0 })
	if err != nil {
		return nil, err
	}
	var out []kernel.Finding
	for _, x := range later {
		out = append(out, kernel.Finding{Code: "indicator.retract.confirmed", Outcome: kernel.Warn, File: x.FileName, Params: kernel.Params("date", x.TakenAt)})
	}
	return out, nil
}

// Reimport reads the kept file of a delivery again with a changed mapping: in one transaction the old delivery is retracted and the new one
// taken, which names the old one. It fails as Import and Retract do, and then leaves everything as it was.
func (s *Service) Reimport(ctx context.Context, a access.Actor, id kernel.ID, req ImportRequest, progress Progress) (Report, error) {
	d, err := s.retractable(ctx, a, id, "reimport")
	if err != nil {
		return Report{}, err
	}
	f, err := s.Files.Open(d.SHA256)
	if err != nil {
		return Report{}, err
	}
	defer f.Close() //nolint:errcheck // only read
	st, err := f.Stat()
	if err != nil {
		return Report{}, fmt.Errorf("%s: %w", d.FileName, err)
	}
	req.FileName, req.Source, req.Data, req.Size = d.FileName, d.Source, f, st.Size()
	return s.take(ctx, a, req, &d, progress)
}

// ProposeMapping gives the mapping that was used last for a file with the same header, else what the library reads out of header and rows.
// remembered tells which; source is the name it was remembered under.
func (s *Service) ProposeMapping(ctx context.Context, a access.Actor, name string, data io.ReaderAt, size int64) (m *table.Mapping, source string, remembered bool, err error) {
	if err := access.CheckTenant(a, access.ImportData); err != nil {
		return nil, "", false, err
	}
	t, err := table.Open(data, size, name, table.Options{})
	if err != nil {
		im := importing{req: ImportRequest{FileName: name}}
		if err := im.refused(err, nil); err != nil {
			return nil, "", false, err
		}
		return nil, "", false, &kernel.Error{Kind: kernel.Invalid, Key: "indicator.import.refused", Params: kernel.Params("file", name), Findings: im.found.list}
	}
	defer t.Close() //nolint:errcheck // only read
	source, text, err := s.Store.Mapping(ctx, a.Tenant, signature(t))
	switch {
	case err == nil:
		m, err := table.ParseMapping([]byte(text))
		return m, source, true, err
	case kernel.KindOf(err) != kernel.NotFound:
		return nil, "", false, err
	}
	proposed := table.Propose(t, table.Hints{})
	return &proposed, "", false, nil
}

// signature names a header: the same columns in the same order give the same one, whatever the rows.
func signature(t *table.Table) string {
	h := sha256.New()
	for _, c := range t.Columns {
		fmt.Fprintf(h, "%q\n", c.Name)
	}
	return hex.EncodeToString(h.Sum(nil))
}
