// SPDX-License-Identifier: EUPL-1.2

package atlas

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/analysis"
	"github.com/kupferfaden/kupferfaden/internal/area"
	"github.com/kupferfaden/kupferfaden/internal/indicator"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/release"
)

// Gate opens a view for an audience; release.Service is one.
type Gate interface {
	View(ctx context.Context, a access.Actor, as access.Audience) (release.View, error)
}

// Areas gives the social spaces and their drawings; area.Service is one.
type Areas interface {
	Levels(ctx context.Context, a access.Actor) ([]area.Level, error)
	Editions(ctx context.Context, a access.Actor, levelKey string) ([]area.Edition, error)
	Areas(ctx context.Context, a access.Actor, edition kernel.ID) ([]area.Area, error)
	Children(ctx context.Context, a access.Actor, id kernel.ID) ([]area.Placed, error)
	Ancestors(ctx context.Context, a access.Actor, x area.Area) ([]area.Placed, error)
	Hierarchy(ctx context.Context, a access.Actor, edition kernel.ID) (*area.Hierarchy, error)
	Coverage(ctx context.Context, a access.Actor, edition kernel.ID, d area.Detail) (*area.Coverage, error)
}

// Index gives the runs of the social index; analysis.Service is one.
type Index interface {
	Runs(ctx context.Context, v release.View, edition kernel.ID) ([]analysis.Run, error)
	Result(ctx context.Context, v release.View, id kernel.ID) (analysis.Result, error)
}

// Drawing draws a layer as a file of its own, with title, legend and source; atlasweb.Maps is one.
type Drawing interface {
	Standalone(ctx context.Context, r *Reader, l *Layer, w Words) (string, error)
}

// Service opens the atlas for readers. The zero caches are ready; keep one service per process.
type Service struct {
	// Exports is asked before figures that are not public leave as a file.
	Exports interface {
		TakeAway(ctx context.Context, a access.Actor, x release.Export) error
	}
	Gate    Gate
	Areas   Areas
	Index   Index
	Drawing Drawing // of SVG files; nil where none are written

	shelves memo[*shelf]
	results memo[*analysis.Result]
	layers  memo[*Layer]
	spreads memo[*Spread]
	joins   memo[map[string][]int]
}

// Reader is the atlas at one state of the figures, for one audience.
type Reader struct {
	s     *Service
	v     release.View
	shelf *shelf
}

// Stamp tells the version of everything an audience could read here; it costs one small query.
func (s *Service) Stamp(ctx context.Context, a access.Actor, as access.Audience) (string, error) {
	v, err := s.Gate.View(ctx, a, as)
	if err != nil {
		return "", err
	}
	return v.Stamp(), nil
}

// Open opens the atlas for an audience the actor belongs to.
func (s *Service) Open(ctx context.Context, a access.Actor, as access.Audience) (*Reader, error) {
	v, err := s.Gate.View(ctx, a, as)
	if err != nil {
		return nil, err
	}
	return s.Read(ctx, v)
}

// Read opens the atlas on a view that is open already.
func (s *Service) Read(ctx context.Context, v release.View) (*Reader, error) {
	// Somebody else may wait for what is read here, even when this reader has gone.
	load := func() (*shelf, error) { return s.load(context.WithoutCancel(ctx), v) }
	var sh *shelf
	var err error
	if v.Audience() == access.Public {
		sh, err = s.shelves.get(string(v.Actor().Tenant)+v.Stamp(), load)
	} else {
		// Runs the planner has just stored are not in the stamp until they are released, so nothing is kept for the staff.
		sh, err = load()
	}
	if err != nil {
		return nil, err
	}
	return &Reader{s: s, v: v, shelf: sh}, nil
}

// Audience the reader reads for.
func (r *Reader) Audience() access.Audience { return r.v.Audience() }

// Stamp of the figures.
func (r *Reader) Stamp() string { return r.v.Stamp() }

// Actor who reads.
func (r *Reader) Actor() access.Actor { return r.v.Actor() }

func (r *Reader) key(parts ...string) string {
	return string(r.v.Actor().Tenant) + "\x00" + r.v.Stamp() + "\x00" + strings.Join(parts, "\x00")
}

// shelf is what an audience can choose from.
type shelf struct {
	levels   []area.Level
	editions []area.Edition // by level, newest first
	offers   []release.Offer
	runs     []analysis.Run // newest first
	themes   []Offer
}

// Offer is a theme with the editions it can be shown on.
type Offer struct {
	Theme     Theme
	Name      kernel.Text
	Field     string               // of an indicator
	Indicator *indicator.Indicator // of an indicator
	Method    *analysis.Method     // of an index: as the newest run used it
	On        []OfferOn            // the finest level first, newest edition first
}

// OfferOn is a theme on an edition.
type OfferOn struct {
	Edition  area.Edition
	Periods  []kernel.Period // ascending
	RolledUp bool            // computed from smaller areas
}

// Newest is the latest period.
func (o OfferOn) Newest() kernel.Period { return o.Periods[len(o.Periods)-1] }

func (s *Service) load(ctx context.Context, v release.View) (*shelf, error) {
	sh := &shelf{}
	var err error
	if sh.levels, err = s.Areas.Levels(ctx, v.Actor()); err != nil {
		return nil, err
	}
	if sh.editions, err = s.Areas.Editions(ctx, v.Actor(), ""); err != nil {
		return nil, err
	}
	if sh.offers, err = v.Offers(ctx); err != nil {
		return nil, err
	}
	if sh.runs, err = s.Index.Runs(ctx, v, ""); err != nil {
		return nil, err
	}
	sh.arrange()
	return sh, nil
}

// arrange lists the themes: indices first, then the indicators in the order of the catalogue.
func (sh *shelf) arrange() {
	for i := range sh.runs {
		run := &sh.runs[i]
		at := slices.IndexFunc(sh.themes, func(o Offer) bool { return o.Theme.Method == run.Method.ID })
		if at < 0 {
			at = len(sh.themes)
			sh.themes = append(sh.themes, Offer{Theme: Theme{Method: run.Method.ID}, Name: run.Method.Title.Text(), Method: &run.Method})
		}
		sh.themes[at].add(run.Edition, run.Period, false)
	}
	for i := range sh.offers {
		o := &sh.offers[i]
		e, ok := sh.edition(o.EditionID)
		if !ok {
			continue
		}
		at := slices.IndexFunc(sh.themes, func(t Offer) bool { return t.Theme.Indicator == o.Indicator.Key })
		if at < 0 {
			at = len(sh.themes)
			sh.themes = append(sh.themes, Offer{
				Theme: Theme{Indicator: o.Indicator.Key}, Name: o.Indicator.Current().Name, Field: o.Indicator.Field, Indicator: &o.Indicator,
			})
		}
		for _, p := range o.Periods {
			sh.themes[at].add(e, p, o.RolledUp)
		}
	}
	for i := range sh.themes {
		on := sh.themes[i].On
		for j := range on {
			slices.SortFunc(on[j].Periods, byEnd)
		}
		slices.SortFunc(on, func(x, y OfferOn) int {
			return cmp.Or(-cmp.Compare(x.Edition.Level.Rank, y.Edition.Level.Rank), -strings.Compare(string(x.Edition.ValidFrom), string(y.Edition.ValidFrom)))
		})
	}
}

func byEnd(x, y kernel.Period) int {
	return cmp.Or(cmp.Compare(x.To, y.To), cmp.Compare(x.From, y.From))
}

func (o *Offer) add(e area.Edition, p kernel.Period, rolledUp bool) {
	at := slices.IndexFunc(o.On, func(on OfferOn) bool { return on.Edition.ID == e.ID })
	if at < 0 {
		at = len(o.On)
		o.On = append(o.On, OfferOn{Edition: e, RolledUp: rolledUp})
	}
	if !slices.Contains(o.On[at].Periods, p) {
		o.On[at].Periods = append(o.On[at].Periods, p)
	}
}

func (sh *shelf) edition(id kernel.ID) (area.Edition, bool) {
	for _, e := range sh.editions {
		if e.ID == id {
			return e, true
		}
	}
	return area.Edition{}, false
}

// Themes lists what can be shown: indices first, then indicators in the order of the catalogue.
func (r *Reader) Themes() []Offer { return r.shelf.themes }

// Theme finds an offer; NotFound where the audience has none of that name.
func (r *Reader) Theme(t Theme) (*Offer, error) {
	for i := range r.shelf.themes {
		if r.shelf.themes[i].Theme == t {
			return &r.shelf.themes[i], nil
		}
	}
	return nil, kernel.E(kernel.NotFound, "atlas.theme.none", "theme", t.Indicator+t.Method)
}

// Levels lists the levels of areas, the largest first.
func (r *Reader) Levels() []area.Level { return r.shelf.levels }

// Editions lists all editions by level, the newest of each first.
func (r *Reader) Editions() []area.Edition { return r.shelf.editions }

// Edition finds an edition by its keys; without an edition key it is the newest of the level. NotFound names what there is.
func (r *Reader) Edition(level, key string) (area.Edition, error) {
	for _, e := range r.shelf.editions {
		if e.Level.Key == level && (key == "" || e.Key == key) {
			return e, nil
		}
	}
	var known []string
	for _, e := range r.shelf.editions {
		known = append(known, e.Level.Key+"/"+e.Key)
	}
	return area.Edition{}, kernel.E(kernel.NotFound, "atlas.edition.none", "level", level, "edition", key, "known", strings.Join(known, ", "))
}

// Runs lists the index runs of a method that the audience may see, the newest first; of all methods with the empty id.
func (r *Reader) Runs(method string) []analysis.Run {
	if method == "" {
		return r.shelf.runs
	}
	var list []analysis.Run
	for _, run := range r.shelf.runs {
		if run.Method.ID == method {
			list = append(list, run)
		}
	}
	return list
}

// result reads a run as the audience may see it.
func (r *Reader) result(ctx context.Context, id kernel.ID) (*analysis.Result, error) {
	return r.s.results.get(r.key(string(id)), func() (*analysis.Result, error) {
		res, err := r.s.Index.Result(context.WithoutCancel(ctx), r.v, id)
		if err != nil {
			return nil, err
		}
		return &res, nil
	})
}

// Indicators lists the whole catalogue, published or not.
func (r *Reader) Indicators() []indicator.Indicator { return r.v.Indicators() }

// Areas lists the areas of an edition by key.
func (r *Reader) Areas(ctx context.Context, e area.Edition) ([]area.Area, error) {
	return r.s.Areas.Areas(ctx, r.v.Actor(), e.ID)
}

// Hierarchy gives the areas above an edition.
func (r *Reader) Hierarchy(ctx context.Context, e area.Edition) (*area.Hierarchy, error) {
	return r.s.Areas.Hierarchy(ctx, r.v.Actor(), e.ID)
}

// Coverage gives the outlines of an edition.
func (r *Reader) Coverage(ctx context.Context, e area.Edition, d area.Detail) (*area.Coverage, error) {
	return r.s.Areas.Coverage(ctx, r.v.Actor(), e.ID, d)
}

// findMost is how many areas a search lists.
const findMost = 60

// Find looks for areas by name or key in the newest edition of each level; fold makes spellings comparable. Names that begin with the text come
// first, larger areas before smaller ones.
func (r *Reader) Find(ctx context.Context, text string, fold func(string) string) ([]area.Placed, error) {
	type hit struct {
		area.Placed
		rank int
	}
	want := fold(text)
	var hits []hit
	seen := map[kernel.ID]bool{}
	for _, e := range r.shelf.editions {
		if seen[e.Level.ID] {
			continue // an older edition of the level
		}
		seen[e.Level.ID] = true
		areas, err := r.Areas(ctx, e)
		if err != nil {
			return nil, err
		}
		for _, a := range areas {
			name := fold(a.Name)
			switch {
			case a.Key == text || name == want:
				hits = append(hits, hit{area.Placed{Area: a, Edition: e}, 0})
			case strings.HasPrefix(name, want):
				hits = append(hits, hit{area.Placed{Area: a, Edition: e}, 1})
			case strings.Contains(name, want):
				hits = append(hits, hit{area.Placed{Area: a, Edition: e}, 2})
			}
		}
	}
	slices.SortStableFunc(hits, func(x, y hit) int {
		return cmp.Or(cmp.Compare(x.rank, y.rank), cmp.Compare(x.Edition.Level.Rank, y.Edition.Level.Rank), strings.Compare(x.Area.SortName, y.Area.SortName))
	})
	out := make([]area.Placed, 0, min(len(hits), findMost))
	for _, h := range hits[:min(len(hits), findMost)] {
		out = append(out, h.Placed)
	}
	return out, nil
}
