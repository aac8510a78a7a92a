// SPDX-License-Identifier: EUPL-1.2

package area

import (
	"cmp"
	"context"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// Tx runs f so that everything it stores is kept together or not at all.
type Tx interface {
	Tx(ctx context.Context, f func(ctx context.Context) error) error
}

// Files keeps original files by their SHA-256.
type Files interface {
	Put(ctx context.Context, r io.Reader, limit int64) (sum string, size int64, err error)
	Open(sum string) (*os.File, error)
}

// Store keeps levels, editions and areas of one tenant at a time. areadb implements it.
type Store interface {
	// Stamp changes with every change of editions that is committed, and is cheap to ask.
	Stamp(ctx context.Context, tenant kernel.ID) (int64, error)
	Levels(ctx context.Context, tenant kernel.ID) ([]Level, error)
	// SaveLevel adds a level or changes its name and rank.
	SaveLevel(ctx context.Context, tenant kernel.ID, l Level) error
	// Editions of all levels, in no order.
	Editions(ctx context.Context, tenant kernel.ID) ([]Edition, error)
	// Areas of an edition by key.
	Areas(ctx context.Context, tenant, edition kernel.ID) ([]Area, error)
	// Children are the areas, of whatever edition, that name the area as their parent.
	Children(ctx context.Context, tenant, parent kernel.ID) ([]Area, error)
	// Geometry gives the outlines as WKB in longitude and latitude, by area.
	Geometry(ctx context.Context, tenant, edition kernel.ID) (map[kernel.ID][]byte, error)
	// Map gives the simplified coverage as gzipped GeoJSON.
	Map(ctx context.Context, tenant, edition kernel.ID, d Detail) ([]byte, error)
	// Record gives the settings and the report of the last import of an edition.
	Record(ctx context.Context, tenant, edition kernel.ID) (Record, error)
	// SaveEdition adds an edition or replaces it together with its maps and record. A nil map keeps the stored one.
	SaveEdition(ctx context.Context, tenant kernel.ID, e Edition, maps Maps, r Record) error
	// EndEdition sets the last day of an edition's validity.
	EndEdition(ctx context.Context, tenant, edition kernel.ID, last kernel.Date) error
	// SaveAreas adds, replaces and removes areas of an edition; outlines are WKB by area.
	SaveAreas(ctx context.Context, tenant kernel.ID, add, change []Area, outlines map[kernel.ID][]byte, remove []kernel.ID) error
	// Uses says which areas of an edition are referred to by figures, results or areas below.
	Uses(ctx context.Context, tenant, edition kernel.ID) (Uses, error)
}

// Uses is what refers to an edition.
type Uses struct {
	Figures    map[kernel.ID]bool // areas with observations or results of a run
	Below      map[kernel.ID]bool // areas that are parents
	LastFigure kernel.Date        // end of the latest period with figures; empty: none
}

// Service is the use cases of areas.
type Service struct {
	Store Store
	Tx    Tx
	Files Files
	Now   func() time.Time
	// Trail is told of every act, in its transaction; nil: none is kept, as in tests of single rules.
	Trail access.Trail
	// SortKey turns a name into text that sorts as German readers expect; folded lower case when nil.
	SortKey func(string) string

	cache   cache
	mu      sync.Mutex
	running map[kernel.ID]*sync.Mutex // one import at a time for each tenant of this process
}

// Levels lists the levels of the town, the largest areas first.
func (s *Service) Levels(ctx context.Context, a access.Actor) ([]Level, error) {
	if err := access.CheckTenant(a, access.ReadPublic); err != nil {
		return nil, err
	}
	ls, err := s.Store.Levels(ctx, a.Tenant)
	slices.SortFunc(ls, byRank)
	return ls, err
}

func byRank(x, y Level) int { return cmp.Or(cmp.Compare(x.Rank, y.Rank), cmp.Compare(x.Key, y.Key)) }

// Editions lists the editions of a level, or of all levels when the key is empty: by rank, the newest first.
func (s *Service) Editions(ctx context.Context, a access.Actor, levelKey string) ([]Edition, error) {
	all, err := s.editions(ctx, a)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(slices.Clone(all), func(e Edition) bool { return levelKey != "" && e.Level.Key != levelKey }), nil
}

// editions is the shared list of all editions in the order of Editions.
func (s *Service) editions(ctx context.Context, a access.Actor) ([]Edition, error) {
	if err := access.CheckTenant(a, access.ReadPublic); err != nil {
		return nil, err
	}
	stamp, err := s.Store.Stamp(ctx, a.Tenant)
	if err != nil {
		return nil, err
	}
	return cached(&s.cache, cacheKey{"editions", a.Tenant, strconv.FormatInt(stamp, 10)}, func() ([]Edition, int, error) {
		all, err := s.Store.Editions(ctx, a.Tenant)
		slices.SortFunc(all, func(x, y Edition) int {
			return cmp.Or(byRank(x.Level, y.Level), cmp.Compare(y.ValidFrom, x.ValidFrom), cmp.Compare(x.Key, y.Key))
		})
		return all, 500 * len(all), err
	})
}

// Edition returns the edition of a level by its key, or NotFound.
func (s *Service) Edition(ctx context.Context, a access.Actor, levelKey, editionKey string) (Edition, error) {
	return s.find(ctx, a, func(e Edition) bool { return e.Level.Key == levelKey && e.Key == editionKey }, "level", levelKey, "edition", editionKey)
}

// EditionByID returns the edition with the id, or NotFound.
func (s *Service) EditionByID(ctx context.Context, a access.Actor, id kernel.ID) (Edition, error) {
	return s.find(ctx, a, func(e Edition) bool { return e.ID == id }, "level", "", "edition", string(id))
}

// EditionAt returns the edition of a level that is valid on the day, or NotFound.
func (s *Service) EditionAt(ctx context.Context, a access.Actor, levelKey string, day kernel.Date) (Edition, error) {
	return s.find(ctx, a, func(e Edition) bool { return e.Level.Key == levelKey && e.ValidAt(day) }, "level", levelKey, "edition", string(day))
}

func (s *Service) find(ctx context.Context, a access.Actor, match func(Edition) bool, kv ...any) (Edition, error) {
	all, err := s.editions(ctx, a)
	if err != nil {
		return Edition{}, err
	}
	if i := slices.IndexFunc(all, match); i >= 0 {
		return all[i], nil
	}
	return Edition{}, kernel.E(kernel.NotFound, "area.edition.notfound", kv...)
}

// Areas lists the areas of an edition by key. The slice is shared and must not be changed.
func (s *Service) Areas(ctx context.Context, a access.Actor, edition kernel.ID) ([]Area, error) {
	e, err := s.EditionByID(ctx, a, edition)
	if err != nil {
		return nil, err
	}
	set, err := s.areas(ctx, a.Tenant, e)
	return set.list, err
}

// areaSet is the areas of one version of an edition with their indexes.
type areaSet struct {
	list  []Area
	byKey map[string]int
	byID  map[kernel.ID]int
}

func (s *Service) areas(ctx context.Context, tenant kernel.ID, e Edition) (areaSet, error) {
	return cached(&s.cache, cacheKey{"areas", tenant, version(e)}, func() (areaSet, int, error) {
		list, err := s.Store.Areas(ctx, tenant, e.ID)
		if err != nil {
			return areaSet{}, 0, err
		}
		set := areaSet{list, make(map[string]int, len(list)), make(map[kernel.ID]int, len(list))}
		for i, x := range list {
			set.byKey[x.Key], set.byID[x.ID] = i, i
		}
		return set, 400 * len(list), nil
	})
}

// Area returns the area of an edition by its key, or NotFound.
func (s *Service) Area(ctx context.Context, a access.Actor, edition kernel.ID, key string) (Area, error) {
	e, err := s.EditionByID(ctx, a, edition)
	if err != nil {
		return Area{}, err
	}
	set, err := s.areas(ctx, a.Tenant, e)
	if err != nil {
		return Area{}, err
	}
	if i, ok := set.byKey[key]; ok {
		return set.list[i], nil
	}
	return Area{}, kernel.E(kernel.NotFound, "area.notfound", "key", key, "level", e.Level.Name, "edition", e.Key)
}

// Children lists the areas that lie in the area by the hierarchy, with their editions: by rank, newest edition first, then key.
func (s *Service) Children(ctx context.Context, a access.Actor, id kernel.ID) ([]Placed, error) {
	editions, err := s.editions(ctx, a)
	if err != nil {
		return nil, err
	}
	list, err := s.Store.Children(ctx, a.Tenant, id)
	if err != nil {
		return nil, err
	}
	var out []Placed
	for _, e := range editions {
		from := len(out)
		for _, x := range list {
			if x.EditionID == e.ID {
				out = append(out, Placed{x, e})
			}
		}
		slices.SortFunc(out[from:], func(x, y Placed) int { return cmp.Compare(x.Area.Key, y.Area.Key) })
	}
	return out, nil
}

// Ancestors lists the areas the area lies in, nearest first.
func (s *Service) Ancestors(ctx context.Context, a access.Actor, x Area) ([]Placed, error) {
	editions, err := s.editions(ctx, a)
	if err != nil {
		return nil, err
	}
	var out []Placed
	for _, e := range chain(editions, x.EditionID)[1:] {
		set, err := s.areas(ctx, a.Tenant, e)
		if err != nil {
			return nil, err
		}
		i, ok := set.byID[x.ParentID]
		if !ok {
			break
		}
		x = set.list[i]
		out = append(out, Placed{x, e})
	}
	return out, nil
}

// chain is the edition with the id and the editions above it, nearest first; never longer than the list, whatever the references say.
func chain(all []Edition, id kernel.ID) []Edition {
	var out []Edition
	for len(out) <= len(all) {
		i := slices.IndexFunc(all, func(e Edition) bool { return e.ID == id })
		if i < 0 || slices.ContainsFunc(out, func(e Edition) bool { return e.ID == id }) {
			break
		}
		out = append(out, all[i])
		id = all[i].ParentEditionID
	}
	if len(out) == 0 {
		return []Edition{{}}
	}
	return out
}

// Hierarchy returns the areas of an edition with their ancestors on every level above. It is shared and must not be changed.
func (s *Service) Hierarchy(ctx context.Context, a access.Actor, edition kernel.ID) (*Hierarchy, error) {
	all, err := s.editions(ctx, a)
	if err != nil {
		return nil, err
	}
	c := chain(all, edition)
	if c[0].ID == "" {
		return nil, kernel.E(kernel.NotFound, "area.edition.notfound", "level", "", "edition", string(edition))
	}
	var v strings.Builder
	for _, e := range c {
		v.WriteString(version(e))
		v.WriteString(string(e.ValidFrom+"/"+e.ValidTo) + strconv.Itoa(e.Level.Rank))
	}
	return cached(&s.cache, cacheKey{"hierarchy", a.Tenant, v.String()}, func() (*Hierarchy, int, error) {
		h := &Hierarchy{Edition: c[0]}
		sets := make([]areaSet, len(c))
		for i, e := range c {
			if sets[i], err = s.areas(ctx, a.Tenant, e); err != nil {
				return nil, 0, err
			}
		}
		h.Areas = sets[0].list
		at := make([]int, len(h.Areas)) // index of the ancestor on the level last treated
		for i := range at {
			at[i] = i
		}
		for l := 1; l < len(c); l++ {
			of := make([]int, len(h.Areas))
			for i, from := range at {
				of[i] = -1
				if from >= 0 {
					if j, ok := sets[l].byID[sets[l-1].list[from].ParentID]; ok {
						of[i] = j
					}
				}
			}
			h.Levels = append(h.Levels, HierarchyLevel{c[l], sets[l].list, of})
			at = of
		}
		return h, 8 * len(h.Areas) * len(c), nil
	})
}

// Geometry gives the outlines of an edition's areas as WKB in longitude and latitude.
func (s *Service) Geometry(ctx context.Context, a access.Actor, edition kernel.ID) (map[kernel.ID][]byte, error) {
	if _, err := s.EditionByID(ctx, a, edition); err != nil {
		return nil, err
	}
	return s.Store.Geometry(ctx, a.Tenant, edition)
}

// Coverage gives the simplified outlines of an edition for drawing. It is shared and must not be changed.
func (s *Service) Coverage(ctx context.Context, a access.Actor, edition kernel.ID, d Detail) (*Coverage, error) {
	e, err := s.EditionByID(ctx, a, edition)
	if err != nil {
		return nil, err
	}
	return cached(&s.cache, cacheKey{"coverage " + string(d), a.Tenant, version(e)}, func() (*Coverage, int, error) {
		set, err := s.areas(ctx, a.Tenant, e)
		if err != nil {
			return nil, 0, err
		}
		packed, err := s.Store.Map(ctx, a.Tenant, e.ID, d)
		if err != nil {
			return nil, 0, err
		}
		c, err := unpackCoverage(packed, set)
		if err != nil {
			return nil, 0, err
		}
		c.ETag = string(d) + "-" + version(e)
		return c, c.weight(), nil
	})
}

// LastImport returns the settings and the report of the import that made the edition what it is.
func (s *Service) LastImport(ctx context.Context, a access.Actor, edition kernel.ID) (Record, error) {
	if err := access.CheckTenant(a, access.ReadInternal); err != nil {
		return Record{}, err
	}
	if _, err := s.EditionByID(ctx, a, edition); err != nil {
		return Record{}, err
	}
	return s.Store.Record(ctx, a.Tenant, edition)
}

// OriginalFile opens the file the edition was imported from, as it came.
func (s *Service) OriginalFile(ctx context.Context, a access.Actor, edition kernel.ID) (*os.File, error) {
	if err := access.CheckTenant(a, access.ReadInternal); err != nil {
		return nil, err
	}
	e, err := s.EditionByID(ctx, a, edition)
	if err != nil {
		return nil, err
	}
	return s.Files.Open(e.SHA256)
}

func (s *Service) sortKey(name string) string {
	if s.SortKey != nil {
		return s.SortKey(name)
	}
	return strings.ToLower(name)
}
