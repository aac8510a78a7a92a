// SPDX-License-Identifier: EUPL-1.2

package region

import (
	"context"
	"slices"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/release"
	"github.com/kupferfaden/kupferfaden/internal/tenant"
)

// Store keeps bonds and copies. regiondb implements it. Every method concerns the tenant it is given and no other.
type Store interface {
	Bonds(ctx context.Context, tenant kernel.ID) ([]Bond, error)
	// SetBond writes one side's view of a bond.
	SetBond(ctx context.Context, b Bond) error
	Towns(ctx context.Context, region kernel.ID) ([]Town, error)
	Tables(ctx context.Context, region kernel.ID, indicator string) ([]Table, error)
	// Heads lists all tables without their areas.
	Heads(ctx context.Context, region kernel.ID) ([]Table, error)
	// Replace puts the tables of a town in place of those before, unless the copy that is there is of a later stamp; done tells whether it was
	// taken.
	Replace(ctx context.Context, region kernel.ID, t Town, tables []Table) (done bool, err error)
	// Drop deletes the tables of a town and dates its leaving.
	Drop(ctx context.Context, region, town kernel.ID, at kernel.Instant) error
	Page(ctx context.Context, region kernel.ID) (Page, error)
	SetPage(ctx context.Context, region kernel.ID, p Page) error
	// Stamp is the number of changes of what a town's pages show.
	Stamp(ctx context.Context, town kernel.ID) (int64, error)
}

// Towns knows the tenants of the installation.
type Towns interface {
	Get(ctx context.Context, id kernel.ID) (tenant.Tenant, error)
	List(ctx context.Context) ([]tenant.Tenant, error)
}

// Gate opens the public view of a town; release.Service implements it.
type Gate interface {
	View(ctx context.Context, a access.Actor, as access.Audience) (release.View, error)
}

// Tx runs f in one transaction; platform/db implements it.
type Tx interface {
	Tx(ctx context.Context, f func(ctx context.Context) error) error
}

// Service keeps the rules of regions.
type Service struct {
	Store    Store
	Towns    Towns
	Gate     Gate
	Tx       Tx
	Trail    access.Trail
	FourEyes access.FourEyes
	// Later enqueues a copy of a town into a region, in the transaction of ctx.
	Later func(ctx context.Context, region, town kernel.ID) error
	Now   func() time.Time
}

// Bonds lists where the actor's tenant stands with others: its members, its region, invitations.
func (s *Service) Bonds(ctx context.Context, a access.Actor) ([]Bond, error) {
	if err := access.CheckTenant(a, access.ManageRegional); err != nil {
		return nil, err
	}
	return s.Store.Bonds(ctx, a.Tenant)
}

// Propose invites a town into the actor's region, or applies for the actor's town to be a member of a region.
func (s *Service) Propose(ctx context.Context, a access.Actor, other kernel.ID) error {
	return s.act(ctx, a, other, "region.propose", func(mine Bond) (Bond, error) {
		if mine.State == Joined || mine.State == Invited || mine.State == Applied {
			return mine, kernel.E(kernel.Conflict, "region.bond.there")
		}
		mine.State, mine.EndedBy = Invited, ""
		if mine.Side == TownSide {
			mine.State = Applied
		}
		return mine, nil
	})
}

// Accept agrees to what the other side proposed; the town's released figures are copied from then on.
func (s *Service) Accept(ctx context.Context, a access.Actor, other kernel.ID) error {
	return s.act(ctx, a, other, "region.accept", func(mine Bond) (Bond, error) {
		if !mine.MyTurn() {
			return mine, kernel.E(kernel.Conflict, "region.bond.nothing")
		}
		mine.State = Joined
		return mine, nil
	})
}

// End ends a membership, takes a proposal back or declines one. What the region has of the town is deleted at once.
func (s *Service) End(ctx context.Context, a access.Actor, other kernel.ID) error {
	return s.act(ctx, a, other, "region.end", func(mine Bond) (Bond, error) {
		if mine.State == Ended || mine.State == "" {
			return mine, kernel.E(kernel.Conflict, "region.bond.nothing")
		}
		mine.State, mine.EndedBy = Ended, mine.Side
		return mine, nil
	})
}

// act changes a bond on both sides in one transaction and writes both trails.
func (s *Service) act(ctx context.Context, a access.Actor, other kernel.ID, what string, change func(Bond) (Bond, error)) error {
	if err := access.CheckTenant(a, access.ManageRegional); err != nil {
		return err
	}
	me, err := s.Towns.Get(ctx, a.Tenant)
	if err != nil {
		return err
	}
	it, err := s.Towns.Get(ctx, other)
	if err != nil {
		return err
	}
	if me.Kind.Regional() == it.Kind.Regional() {
		return kernel.E(kernel.Invalid, "region.bond.kinds")
	}
	return s.Tx.Tx(ctx, func(ctx context.Context) error {
		bonds, err := s.Store.Bonds(ctx, a.Tenant)
		if err != nil {
			return err
		}
		mine := Bond{Tenant: a.Tenant, Other: other, Side: TownSide}
		if me.Kind.Regional() {
			mine.Side = RegionSide
		}
		if i := slices.IndexFunc(bonds, func(b Bond) bool { return b.Other == other }); i >= 0 {
			mine = bonds[i]
		}
		if mine, err = change(mine); err != nil {
			return err
		}
		mine.Since = kernel.InstantOf(s.Now())
		theirs := mine
		theirs.Tenant, theirs.Other, theirs.Side = other, a.Tenant, mine.Side.Other()
		for _, b := range []Bond{mine, theirs} {
			if err := s.Store.SetBond(ctx, b); err != nil {
				return err
			}
		}
		if err := s.follow(ctx, mine); err != nil {
			return err
		}
		act := access.Act{Do: access.ManageRegional, What: what, Object: kernel.Ref{Kind: "tenant", ID: other}, Note: map[string]string{"state": string(mine.State), "other": it.Key}}
		if err := access.Record(ctx, s.Trail, a, act); err != nil {
			return err
		}
		// In the other tenant's trail stands which tenant acted, not who there did.
		act.Object.ID, act.Note = a.Tenant, map[string]string{"state": string(mine.State), "other": me.Key, "by": "other"}
		return access.Record(ctx, s.Trail, access.Actor{Tenant: other}, act)
	})
}

// follow does what a new state of a bond asks for: a copy, or the deletion of one.
func (s *Service) follow(ctx context.Context, b Bond) error {
	region, town := b.Tenant, b.Other
	if b.Side == TownSide {
		region, town = town, region
	}
	switch b.State {
	case Joined:
		return s.Later(ctx, region, town)
	case Ended:
		return s.Store.Drop(ctx, region, town, b.Since)
	case Invited, Applied:
	}
	return nil
}

// Changed enqueues copies of a town into the regions it is a member of. It is called in every transaction that changes what the town's public
// pages show.
func (s *Service) Changed(ctx context.Context, town kernel.ID) error {
	bonds, err := s.Store.Bonds(ctx, town)
	if err != nil {
		return err
	}
	for _, b := range bonds {
		if b.Side == TownSide && b.State == Joined {
			if err := s.Later(ctx, b.Other, town); err != nil {
				return err
			}
		}
	}
	return nil
}

// Copy takes what the public sees of a town into the region, where the town is a member. Interrupted, it has done nothing and is repeated.
func (s *Service) Copy(ctx context.Context, region, town kernel.ID) error {
	t, err := s.Towns.Get(ctx, town)
	if err != nil {
		return err
	}
	// The stamp is read first: the figures are at least as new.
	stamp, err := s.Store.Stamp(ctx, town)
	if err != nil {
		return err
	}
	tables, err := s.released(ctx, town)
	if err != nil {
		return err
	}
	copied := Town{ID: t.ID, Key: t.Key, Name: t.Name, Fictional: t.Fictional, Stamp: stamp, CopiedAt: kernel.InstantOf(s.Now())}
	return s.Tx.Tx(ctx, func(ctx context.Context) error {
		bonds, err := s.Store.Bonds(ctx, region)
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(bonds, func(b Bond) bool { return b.Other == town && b.State == Joined }) {
			return nil // it left while we read
		}
		_, err = s.Store.Replace(ctx, region, copied, tables)
		return err
	})
}

// released reads the tables of the shipped catalogue that everybody sees, each on the areas it was released for.
func (s *Service) released(ctx context.Context, town kernel.ID) ([]Table, error) {
	v, err := s.Gate.View(ctx, access.Anonymous(town), access.Public)
	if err != nil {
		return nil, err
	}
	var out []Table
	for _, ind := range v.Indicators() {
		if ind.Own {
			continue // a town's own indicator means what only that town says
		}
		for _, sl := range v.Slices(ind) {
			got, err := v.Figures(ctx, release.Query{Indicator: ind.Key, Version: sl.Version, EditionID: sl.EditionID, Period: sl.Period})
			if kernel.KindOf(err) == kernel.NotFound {
				continue // withdrawn meanwhile; its own copy follows
			}
			if err != nil {
				return nil, err
			}
			out = append(out, tableOf(town, got))
		}
	}
	return out, nil
}

func tableOf(town kernel.ID, t *release.Table) Table {
	v := t.Version
	out := Table{
		Town: town, ID: kernel.NewID(), Indicator: t.Indicator.Key, Version: v.Version, Definition: Definition(t.Indicator, v),
		Meta: Meta{
			Name: v.Name, Numerator: v.Numerator, Denominator: v.Denominator, Unit: v.Unit, Office: v.Office, Field: t.Indicator.Field,
			Position: t.Indicator.Position,
		},
		Level: t.Edition.Level.Key, LevelName: t.Edition.Level.Name, Edition: t.Edition.Key, Period: t.Period,
		Total: Total{Figure: Figure{t.Total.Value, t.Total.Flag}, Key: t.TotalKey},
	}
	for i, f := range t.Figures {
		out.Areas = append(out.Areas, AreaFigure{Key: t.Areas[i].Key, Name: t.Areas[i].Name, Figure: Figure{f.Value, f.Flag}})
	}
	return out
}

// PublishMatter names the executor of a publication that a second person has approved.
const PublishMatter = "region.publish"

// Publish lets everybody read the comparison, or takes it back. Its figures are public in each town already; putting them side by side is an act
// of its own.
func (s *Service) Publish(ctx context.Context, a access.Actor, public bool) error {
	if err := access.CheckTenant(a, access.ManageRegional); err != nil {
		return err
	}
	p, what := Page{}, "region.withdraw"
	if public {
		p, what = Page{PublishedAt: kernel.InstantOf(s.Now())}, "region.publish"
		err := access.Second(ctx, s.FourEyes, a, access.Matter{
			Kind: access.PublishMatter, Do: access.ManageRegional, What: PublishMatter, Object: kernel.Ref{Kind: "tenant", ID: a.Tenant},
			Title: kernel.T("Städtevergleich der Region veröffentlichen", "Publish the region's comparison of towns"), Args: struct{}{},
		})
		if err != nil {
			return err
		}
	}
	return s.Tx.Tx(ctx, func(ctx context.Context) error {
		if err := s.Store.SetPage(ctx, a.Tenant, p); err != nil {
			return err
		}
		return access.Record(ctx, s.Trail, a, access.Act{Do: access.ManageRegional, What: what, Object: kernel.Ref{Kind: "tenant", ID: a.Tenant}})
	})
}

// may tells whether the actor may read the comparison: everybody once it is published, the planning staff of the region before.
func (s *Service) may(ctx context.Context, a access.Actor) error {
	p, err := s.Store.Page(ctx, a.Tenant)
	if err != nil {
		return err
	}
	if p.Public() {
		return access.Check(a, access.ReadPublic, access.Object{Tenant: a.Tenant, Visibility: access.Public})
	}
	return access.Check(a, access.ReadRegion, access.Object{Tenant: a.Tenant, Visibility: access.Internal})
}

// Page tells whether the comparison is published.
func (s *Service) Page(ctx context.Context, a access.Actor) (Page, error) {
	return s.Store.Page(ctx, a.Tenant)
}
