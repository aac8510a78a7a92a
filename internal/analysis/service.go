// SPDX-License-Identifier: EUPL-1.2

package analysis

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/area"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/release"
)

// Gate opens views of the figures.
type Gate interface {
	View(ctx context.Context, a access.Actor, as access.Audience) (release.View, error)
	Compute(ctx context.Context, a access.Actor) (release.View, error)
	PublishObject(ctx context.Context, a access.Actor, kind release.Kind, id kernel.ID, to access.Audience, note string) error
}

// Areas gives the social spaces.
type Areas interface {
	Edition(ctx context.Context, a access.Actor, level, edition string) (area.Edition, error)
	EditionByID(ctx context.Context, a access.Actor, id kernel.ID) (area.Edition, error)
	Areas(ctx context.Context, a access.Actor, editionID kernel.ID) ([]area.Area, error)
}

// Store keeps methods and runs.
type Store interface {
	Methods(ctx context.Context, tenant kernel.ID) ([]StoredMethod, error)
	AddMethod(ctx context.Context, tenant kernel.ID, m StoredMethod) error
	AddRun(ctx context.Context, tenant kernel.ID, r Run) error
	// Runs lists runs without outcomes, newest first; edition "" means all.
	Runs(ctx context.Context, tenant, edition kernel.ID) ([]Run, error)
	// Run reads one with outcomes, by area id; Edition and area keys are filled in by the service.
	Run(ctx context.Context, tenant, id kernel.ID) (Run, error)
}

// Tx runs a function in a transaction that its context carries.
type Tx interface {
	Tx(ctx context.Context, f func(ctx context.Context) error) error
}

// Service computes, keeps and shows indices.
type Service struct {
	Gate  Gate
	Areas Areas
	Store Store
	Tx    Tx
	Now   func() time.Time
	// Trail is told of every act, in its transaction; nil: none is kept, as in tests of single rules.
	Trail access.Trail
	// FourEyes asks for a second person before something becomes public; nil: nobody is asked.
	FourEyes access.FourEyes
}

// Methods lists the newest version of every stored method, then the presets the town has not stored yet.
func (s *Service) Methods(ctx context.Context, a access.Actor) ([]StoredMethod, error) {
	if err := access.CheckTenant(a, access.ReadInternal); err != nil {
		return nil, err
	}
	all, err := s.Store.Methods(ctx, a.Tenant)
	if err != nil {
		return nil, err
	}
	newest := map[string]StoredMethod{}
	for _, m := range all {
		if m.Method.Version > newest[m.Method.ID].Method.Version {
			newest[m.Method.ID] = m
		}
	}
	for _, p := range Presets() {
		if _, ok := newest[p.ID]; !ok {
			newest[p.ID] = StoredMethod{Method: p, Hash: p.Hash()}
		}
	}
	list := make([]StoredMethod, 0, len(newest))
	for _, m := range newest {
		list = append(list, m)
	}
	slices.SortFunc(list, func(x, y StoredMethod) int { return strings.Compare(x.Method.ID, y.Method.ID) })
	return list, nil
}

// Method finds the newest version of a stored method, or the preset of that name.
func (s *Service) Method(ctx context.Context, a access.Actor, id string) (StoredMethod, error) {
	list, err := s.Methods(ctx, a)
	if err != nil {
		return StoredMethod{}, err
	}
	for _, m := range list {
		if m.Method.ID == id {
			return m, nil
		}
	}
	names := make([]string, len(list))
	for i, m := range list {
		names[i] = m.Method.ID
	}
	return StoredMethod{}, kernel.E(kernel.NotFound, "method.notfound", "method", id, "known", strings.Join(names, ", "))
}

// SaveMethod stores a method as a new version, unless the newest version says the same already.
func (s *Service) SaveMethod(ctx context.Context, a access.Actor, m Method) (StoredMethod, error) {
	if err := access.CheckTenant(a, access.EditMethod); err != nil {
		return StoredMethod{}, err
	}
	m, err := m.settled()
	if err != nil {
		return StoredMethod{}, err
	}
	var saved StoredMethod
	err = s.Tx.Tx(ctx, func(ctx context.Context) error {
		all, err := s.Store.Methods(ctx, a.Tenant)
		if err != nil {
			return err
		}
		m.Version = 1
		for _, have := range all {
			if have.Method.ID != m.ID {
				continue
			}
			if have.Hash == m.Hash() {
				saved = have
				return nil
			}
			m.Version = max(m.Version, have.Method.Version+1)
		}
		saved = StoredMethod{ID: kernel.NewID(), Method: m, Hash: m.Hash(), CreatedAt: kernel.InstantOf(s.Now())}
		if err := s.Store.AddMethod(ctx, a.Tenant, saved); err != nil {
			return err
		}
		return access.Record(ctx, s.Trail, a, access.Act{
			Do: access.EditMethod, What: "method.save", Object: kernel.Ref{Kind: "method", ID: saved.ID},
			Note: map[string]string{"method": m.ID, "version": strconv.Itoa(m.Version), "hash": saved.Hash},
		})
	})
	return saved, err
}

// Preview computes without storing anything, for the planner who moves a weight. The result is cleared for the audience.
func (s *Service) Preview(ctx context.Context, a access.Actor, q Request, as access.Audience) (Result, error) {
	run, err := s.compute(ctx, a, q)
	if err != nil {
		return Result{}, err
	}
	return s.cleared(ctx, a, run, as)
}

// Run computes an index and keeps it with method version and inputs. The same request on the same figures gives the run there is.
func (s *Service) Run(ctx context.Context, a access.Actor, q Request) (Run, error) {
	run, err := s.compute(ctx, a, q)
	if err != nil {
		return Run{}, err
	}
	err = s.Tx.Tx(ctx, func(ctx context.Context) error {
		m, err := s.SaveMethod(ctx, a, run.Method)
		if err != nil {
			return err
		}
		run.MethodID, run.Method = m.ID, m.Method
		earlier, err := s.Store.Runs(ctx, a.Tenant, run.Edition.ID)
		if err != nil {
			return err
		}
		for _, r := range earlier {
			if r.Hash == run.Hash && r.MethodID == run.MethodID {
				run.ID, run.CreatedAt, run.CreatedBy = r.ID, r.CreatedAt, r.CreatedBy
				return nil
			}
		}
		run.ID, run.CreatedAt, run.CreatedBy = kernel.NewID(), kernel.InstantOf(s.Now()), a.Name
		if err := s.Store.AddRun(ctx, a.Tenant, run); err != nil {
			return err
		}
		return access.Record(ctx, s.Trail, a, access.Act{
			Do: access.RunIndex, What: "run.store", Object: kernel.Ref{Kind: "run", ID: run.ID},
			Note: map[string]string{
				"method": run.Method.ID, "version": strconv.Itoa(run.Method.Version), "edition": string(run.Edition.ID), "period": run.Period.String(), "hash": run.Hash,
			},
		})
	})
	return run, err
}

func (s *Service) compute(ctx context.Context, a access.Actor, q Request) (Run, error) {
	view, err := s.Gate.Compute(ctx, a)
	if err != nil {
		return Run{}, err
	}
	if q.Method, err = q.Method.settled(); err != nil {
		return Run{}, err
	}
	edition, err := s.Areas.Edition(ctx, a, q.Level, q.Edition)
	if err != nil {
		return Run{}, err
	}
	if q.Draws < 0 || q.Draws > 1_000_000 {
		return Run{}, kernel.E(kernel.Invalid, "run.draws", "value", q.Draws)
	}
	for i := range q.Method.Indicators {
		if err := direct(&q.Method.Indicators[i], view); err != nil {
			return Run{}, err
		}
	}
	in, err := read(ctx, view, q.Method, edition, q.Period, nil)
	if err != nil {
		return Run{}, err
	}
	excluded, err := exclusions(q, in.areas)
	if err != nil {
		return Run{}, err
	}
	return s.finish(ctx, q.Method, edition, q.Period, excluded, in, q.Draws, q.Seed)
}

func (s *Service) finish(ctx context.Context, m Method, e area.Edition, p kernel.Period, excluded []Exclusion, in *inputs, draws int, seed uint64) (Run, error) {
	outcomes, summary, err := compute(ctx, m, in, excluded, draws, seed)
	if err != nil {
		return Run{}, err
	}
	return Run{
		Method: m, Edition: e, Period: p, Exclusions: excluded, Draws: draws, Seed: seed, Summary: summary, Inputs: in.pins, Outcomes: outcomes,
		Hash: hashRun(m, e, p, excluded, in.pins, draws, seed),
	}, nil
}

// settled fills in what a method leaves open and checks it; a changed preset is no longer the one that was verified.
func (m Method) settled() (Method, error) {
	m.defaults()
	if err := m.Validate(); err != nil {
		return m, err
	}
	if p, ok := Preset(m.ID); ok && m.Status == Verified && p.Hash() != m.Hash() {
		m.Status = Own
	}
	return m, nil
}

// direct fills in the catalogue's direction; an indicator that is context only needs one given.
func direct(i *MethodIndicator, view figures) error {
	if i.Direction != 0 {
		return nil
	}
	ind, err := view.Indicator(i.Key)
	if err != nil {
		return err
	}
	if i.Direction = Sign(ind.Current().Direction); i.Direction == 0 {
		return kernel.E(kernel.Invalid, "method.direction", "indicator", i.Key)
	}
	return nil
}

// exclusions joins those of the method with those of the request; areas that the edition does not have are an error when the request names them,
// while a method's list may speak of several editions.
func exclusions(q Request, areas []area.Area) ([]Exclusion, error) {
	known := map[string]bool{}
	for _, a := range areas {
		known[a.Key] = true
	}
	var list []Exclusion
	var unknown []string
	for _, e := range q.Exclude {
		if !known[e.Area] {
			unknown = append(unknown, e.Area)
		}
		if !slices.ContainsFunc(list, func(x Exclusion) bool { return x.Area == e.Area }) {
			list = append(list, e)
		}
	}
	if len(unknown) > 0 {
		return nil, kernel.E(kernel.Invalid, "run.exclude.unknown", "areas", someOf(unknown))
	}
	for _, e := range q.Method.Exclusions {
		if known[e.Area] && !slices.ContainsFunc(list, func(x Exclusion) bool { return x.Area == e.Area }) {
			list = append(list, e)
		}
	}
	slices.SortFunc(list, func(x, y Exclusion) int { return strings.Compare(x.Area, y.Area) })
	return list, nil
}

// someOf keeps a list readable in a sentence.
func someOf(keys []string) []string {
	if len(keys) <= 20 {
		return keys
	}
	return append(slices.Clone(keys[:20]), "…")
}

// Runs lists the runs on an edition (all with the empty id) that the view's audience may know of, newest first, without inputs and outcomes and
// without what could lead back to figures; Result gives one of them cleared.
func (s *Service) Runs(ctx context.Context, v release.View, edition kernel.ID) ([]Run, error) {
	all, err := s.Store.Runs(ctx, v.Actor().Tenant, edition)
	if err != nil {
		return nil, err
	}
	var list []Run
	for _, r := range all {
		if !v.Sees(release.RunKind, r.ID) {
			continue
		}
		if r.Edition, err = s.Areas.EditionByID(ctx, v.Actor(), r.Edition.ID); err != nil {
			return nil, err
		}
		r.conceal()
		list = append(list, r)
	}
	return list, nil
}

// Result reads a run as the view's audience may see it; NotFound where it is not released to them.
func (s *Service) Result(ctx context.Context, v release.View, id kernel.ID) (Result, error) {
	if !v.Sees(release.RunKind, id) {
		return Result{}, kernel.E(kernel.NotFound, "run.notfound")
	}
	run, err := s.load(ctx, v.Actor(), id)
	if err != nil {
		return Result{}, err
	}
	return clear(ctx, run, v)
}

func (s *Service) load(ctx context.Context, a access.Actor, id kernel.ID) (Run, error) {
	run, err := s.Store.Run(ctx, a.Tenant, id)
	if err != nil {
		return Run{}, err
	}
	if run.Edition, err = s.Areas.EditionByID(ctx, a, run.Edition.ID); err != nil {
		return Run{}, err
	}
	areas, err := s.Areas.Areas(ctx, a, run.Edition.ID)
	if err != nil {
		return Run{}, err
	}
	by := make(map[kernel.ID]area.Area, len(areas))
	for _, ar := range areas {
		by[ar.ID] = ar
	}
	for i := range run.Outcomes {
		ar := by[run.Outcomes[i].AreaID]
		run.Outcomes[i].Key, run.Outcomes[i].Name = ar.Key, ar.Name
	}
	slices.SortFunc(run.Outcomes, func(x, y Outcome) int { return strings.Compare(x.Key, y.Key) })
	return run, nil
}

// Repeat computes a stored run again from its pinned inputs and tells whether every digit is the same.
func (s *Service) Repeat(ctx context.Context, a access.Actor, id kernel.ID) (same bool, err error) {
	view, err := s.Gate.Compute(ctx, a)
	if err != nil {
		return false, err
	}
	run, err := s.load(ctx, a, id)
	if err != nil {
		return false, err
	}
	in, err := read(ctx, view, run.Method, run.Edition, run.Period, run.Inputs)
	if err != nil {
		return false, err
	}
	again, err := s.finish(ctx, run.Method, run.Edition, run.Period, run.Exclusions, in, run.Draws, run.Seed)
	if err != nil {
		return false, err
	}
	return again.Hash == run.Hash && equalOutcomes(again.Outcomes, run.Outcomes), nil
}

// PublishMatter names the release of a run among what waits for a second person.
const PublishMatter = "run.publish"

// PublishArgs are what Publish is called with once a second person has agreed.
type PublishArgs struct {
	Run  kernel.ID       `json:"run"`
	To   access.Audience `json:"to"`
	Note string          `json:"note"`
}

// Publish releases a run: its classes become visible, its index values where the figures behind them are visible too.
func (s *Service) Publish(ctx context.Context, a access.Actor, id kernel.ID, to access.Audience, note string) error {
	if err := access.CheckTenant(a, access.ReleaseFigures); err != nil {
		return err
	}
	run, err := s.Store.Run(ctx, a.Tenant, id)
	if err != nil {
		return err
	}
	err = access.Second(ctx, s.FourEyes, a, access.Matter{
		Kind: access.PublishMatter, Do: access.ReleaseFigures, What: PublishMatter, Object: kernel.Ref{Kind: "run", ID: id},
		Title: release.MatterTitle(to, run.Method.Title.Text(), run.Period.String()), Reason: note, Args: PublishArgs{id, to, note},
	})
	if err != nil {
		return err
	}
	return s.Gate.PublishObject(ctx, a, release.RunKind, id, to, note)
}

func (s *Service) cleared(ctx context.Context, a access.Actor, run Run, as access.Audience) (Result, error) {
	v, err := s.Gate.View(ctx, a, as)
	if err != nil {
		return Result{}, err
	}
	return clear(ctx, run, v)
}

// Show clears a run just computed for an audience of the actor.
func (s *Service) Show(ctx context.Context, a access.Actor, run Run, as access.Audience) (Result, error) {
	return s.cleared(ctx, a, run, as)
}
