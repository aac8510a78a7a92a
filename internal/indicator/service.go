// SPDX-License-Identifier: EUPL-1.2

package indicator

import (
	"context"
	"io"
	"iter"
	"os"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/area"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// CatalogueStore keeps definitions.
type CatalogueStore interface {
	// Indicators lists all with their versions, by field and position.
	Indicators(ctx context.Context, tenant kernel.ID) ([]Indicator, error)
	AddIndicators(ctx context.Context, tenant kernel.ID, list []Indicator, at kernel.Instant) error
	AddVersion(ctx context.Context, tenant, indicator kernel.ID, v Version, at kernel.Instant) error
	SetParts(ctx context.Context, tenant, indicator kernel.ID, parts [][]string) error
}

// DeliveryStore keeps deliveries and the mappings that read them.
type DeliveryStore interface {
	// Deliveries lists all, newest first, without their reports and mappings.
	Deliveries(ctx context.Context, tenant kernel.ID) ([]Delivery, error)
	Delivery(ctx context.Context, tenant, id kernel.ID) (Delivery, error)
	AddDelivery(ctx context.Context, tenant kernel.ID, d Delivery) error
	// SetRetracted writes the retraction of d; NotFound when there is no such delivery that still counts.
	SetRetracted(ctx context.Context, tenant kernel.ID, d Delivery) error
	// Mapping is the one used last for files whose header has the signature, NotFound when there is none.
	Mapping(ctx context.Context, tenant kernel.ID, signature string) (source, yaml string, err error)
	SaveMapping(ctx context.Context, tenant kernel.ID, source, signature, yaml string, at kernel.Instant) error
}

// ObservationStore keeps slices and figures.
type ObservationStore interface {
	// Slices lists those with at least one figure of a delivery that counts, by indicator, edition and period; all, also empty ones, when asked.
	Slices(ctx context.Context, tenant kernel.ID, f Filter, empty bool) ([]Slice, error)
	Slice(ctx context.Context, tenant, id kernel.ID) (Slice, error)
	AddSlices(ctx context.Context, tenant kernel.ID, list []Slice) error
	// SetStates writes what is known of the figures in slices.
	SetStates(ctx context.Context, tenant kernel.ID, list []SliceState) error
	// Revisions yields every figure of a slice by area and revision.
	Revisions(ctx context.Context, tenant, slice kernel.ID, f func(Observation) error) error
	// AddObservations appends figures in the order of slice, area and revision; o may be reused by the sequence.
	AddObservations(ctx context.Context, tenant kernel.ID, rows iter.Seq2[kernel.ID, *Observation]) error
	// SlicesOf lists the slices a delivery has figures in.
	SlicesOf(ctx context.Context, tenant, delivery kernel.ID) ([]kernel.ID, error)
}

// Store is everything the service keeps; indicatordb implements it.
type Store interface {
	// Lock lets one transaction at a time change the figures or definitions of a tenant, and counts the change.
	Lock(ctx context.Context, tenant kernel.ID) error
	CatalogueStore
	DeliveryStore
	ObservationStore
}

// Areas is what the service asks of area.Service.
type Areas interface {
	Edition(ctx context.Context, a access.Actor, level, edition string) (area.Edition, error)
	Editions(ctx context.Context, a access.Actor, level string) ([]area.Edition, error)
	Areas(ctx context.Context, a access.Actor, edition kernel.ID) ([]area.Area, error)
}

// Files keeps the original files by their SHA-256.
type Files interface {
	Put(ctx context.Context, r io.Reader, limit int64) (sum string, size int64, err error)
	Open(sum string) (*os.File, error)
}

// Transactor runs a function in one transaction that its context carries; it may run it again.
type Transactor interface {
	Tx(ctx context.Context, f func(ctx context.Context) error) error
}

// Service holds the use cases of definitions, deliveries and figures.
type Service struct {
	Store Store
	Areas Areas
	Files Files
	DB    Transactor
	Now   func() time.Time
	// Trail is told of every act, in its transaction; nil: none is kept, as in tests of single rules.
	Trail access.Trail
}

// change runs f in a transaction that alone may change figures and definitions of the tenant.
func (s *Service) change(ctx context.Context, tenant kernel.ID, f func(context.Context) error) error {
	return s.DB.Tx(ctx, func(ctx context.Context) error {
		if err := s.Store.Lock(ctx, tenant); err != nil {
			return err
		}
		return f(ctx)
	})
}

func (s *Service) now() kernel.Instant { return kernel.InstantOf(s.Now()) }

// Slices lists the slices with figures that count, for those who may see figures before their release.
func (s *Service) Slices(ctx context.Context, a access.Actor, f Filter) ([]Slice, error) {
	if err := access.CheckTenant(a, access.ReadInternal); err != nil {
		return nil, err
	}
	return s.Store.Slices(ctx, a.Tenant, f, false)
}

// Slice is one slice by its id.
func (s *Service) Slice(ctx context.Context, a access.Actor, id kernel.ID) (Slice, error) {
	if err := access.CheckTenant(a, access.ReadInternal); err != nil {
		return Slice{}, err
	}
	return s.Store.Slice(ctx, a.Tenant, id)
}

// Observations are the figures of a slice that count, by area id: of each area the highest revision of a delivery that is not retracted.
func (s *Service) Observations(ctx context.Context, a access.Actor, slice kernel.ID) ([]Observation, error) {
	if err := access.CheckTenant(a, access.ReadInternal); err != nil {
		return nil, err
	}
	return s.Raw(a.Tenant).Observations(ctx, slice)
}

// ObservationsPinned are the figures of a slice as the given deliveries left them, whether they still count or not.
func (s *Service) ObservationsPinned(ctx context.Context, a access.Actor, slice kernel.ID, deliveries []kernel.ID) ([]Observation, error) {
	if err := access.CheckTenant(a, access.ReadInternal); err != nil {
		return nil, err
	}
	return s.Raw(a.Tenant).Pinned(ctx, slice, deliveries)
}

// Raw reads figures that nobody has cleared. It asks for no permission: only the gate (release) and computations whose results pass the gate
// may hold one.
type Raw struct {
	store  Store
	tenant kernel.ID
}

// Raw gives the uncleared figures of a tenant to the gate and to computations.
func (s *Service) Raw(tenant kernel.ID) Raw { return Raw{store: s.Store, tenant: tenant} }

// Slices lists the slices with figures that count.
func (r Raw) Slices(ctx context.Context, f Filter) ([]Slice, error) {
	return r.store.Slices(ctx, r.tenant, f, false)
}

// Slice is one slice by its id.
func (r Raw) Slice(ctx context.Context, id kernel.ID) (Slice, error) {
	return r.store.Slice(ctx, r.tenant, id)
}

// Observations are the figures of a slice that count, by area id.
func (r Raw) Observations(ctx context.Context, slice kernel.ID) ([]Observation, error) {
	known, err := r.deliveries(ctx)
	if err != nil {
		return nil, err
	}
	return r.latest(ctx, slice, known, func(d Delivery) bool { return d.Counts() })
}

// Pinned are the figures of a slice as the given deliveries left them.
func (r Raw) Pinned(ctx context.Context, slice kernel.ID, deliveries []kernel.ID) ([]Observation, error) {
	known, err := r.deliveries(ctx)
	if err != nil {
		return nil, err
	}
	pinned := make(map[kernel.ID]bool, len(deliveries))
	for _, id := range deliveries {
		pinned[id] = true
	}
	return r.latest(ctx, slice, known, func(d Delivery) bool { return pinned[d.ID] })
}

func (r Raw) deliveries(ctx context.Context) (map[kernel.ID]Delivery, error) {
	list, err := r.store.Deliveries(ctx, r.tenant)
	if err != nil {
		return nil, err
	}
	m := make(map[kernel.ID]Delivery, len(list))
	for _, d := range list {
		m[d.ID] = d
	}
	return m, nil
}

// latest reads the slice once in key order and keeps of each area the last revision that counts.
func (r Raw) latest(ctx context.Context, slice kernel.ID, known map[kernel.ID]Delivery, counts func(Delivery) bool) ([]Observation, error) {
	var out []Observation
	var last Delivery
	counting := false
	err := r.store.Revisions(ctx, r.tenant, slice, func(o Observation) error {
		if o.DeliveryID != last.ID {
			last = known[o.DeliveryID]
			counting = last.ID != "" && counts(last)
		}
		if !counting {
			return nil
		}
		o.Disclosure = last.Disclosure
		if n := len(out); n > 0 && out[n-1].AreaID == o.AreaID {
			out[n-1] = o
		} else {
			out = append(out, o)
		}
		return nil
	})
	return out, err
}
