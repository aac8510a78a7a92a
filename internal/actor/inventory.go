// SPDX-License-Identifier: EUPL-1.2

package actor

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// Inventory is what a reader may see of the records of a town, by name. It is shared and must not be changed.
type Inventory struct {
	Actors     []*Actor
	Offers     []*Offer
	Resources  []*Resource
	Networks   []*Network
	Projects   []*Project
	Structures []*Structure
	Relations  []Relation
	Terms      Terms
	Rules      Rules

	byID   map[kernel.ID]Record
	byKey  map[Kind]map[string]Record
	search map[kernel.ID]string
}

// loaded is the whole inventory of a town at a stamp, and what the public sees of it.
type loaded struct {
	stamp  int64
	all    *Inventory
	public *Inventory
}

// load gives the whole inventory, from memory where nothing has changed. It is never asked within a transaction that changes the inventory.
func (s *Service) load(ctx context.Context, tenant kernel.ID) (*Inventory, error) {
	l, err := s.loaded(ctx, tenant)
	if err != nil {
		return nil, err
	}
	return l.all, nil
}

func (s *Service) loaded(ctx context.Context, tenant kernel.ID) (*loaded, error) {
	stamp, err := s.Store.Stamp(ctx, tenant)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	l := s.cache[tenant]
	s.mu.Unlock()
	if l != nil && l.stamp == stamp {
		return l, nil
	}
	records, err := s.Store.Records(ctx, tenant)
	if err != nil {
		return nil, err
	}
	relations, err := s.Store.Relations(ctx, tenant)
	if err != nil {
		return nil, err
	}
	own, err := s.Store.Terms(ctx, tenant)
	if err != nil {
		return nil, err
	}
	terms, err := merged(own)
	if err != nil {
		return nil, err
	}
	rules, err := s.Store.Rules(ctx, tenant)
	if err != nil {
		return nil, err
	}
	all := s.build(records, relations, terms, rules.filled())
	l = &loaded{stamp: stamp, all: all, public: all.only(func(m *Meta) bool { return m.Public && m.ArchivedAt.IsZero() })}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cache == nil {
		s.cache = map[kernel.ID]*loaded{}
	}
	if len(s.cache) >= 32 { // towns of an installation; the next reader loads it again
		clear(s.cache)
	}
	s.cache[tenant] = l
	return l, nil
}

func (s *Service) build(records []Record, relations []Relation, terms Terms, rules Rules) *Inventory {
	in := &Inventory{Relations: relations, Terms: terms, Rules: rules, byID: map[kernel.ID]Record{}, byKey: map[Kind]map[string]Record{}, search: map[kernel.ID]string{}}
	sorted := make([]struct {
		key string
		Record
	}, len(records))
	for i, r := range records {
		sorted[i].key, sorted[i].Record = s.sortKey(r.Name()), r
	}
	slices.SortFunc(sorted, func(a, b struct {
		key string
		Record
	},
	) int {
		return cmp.Or(cmp.Compare(a.key, b.key), cmp.Compare(a.Head().ID, b.Head().ID))
	})
	for _, r := range sorted {
		in.add(r.Record)
		in.search[r.Head().ID] = s.fold(searched(r.Record, terms))
	}
	return in
}

// searched is what a search looks at: every text that everybody may read.
func searched(r Record, terms Terms) string {
	var b strings.Builder
	for _, f := range r.Fields() {
		if f.Inner {
			continue
		}
		switch at := f.At.(type) {
		case *string:
			b.WriteString(*at)
			if f.Terms != "" && *at != "" {
				b.WriteByte(' ')
				b.WriteString(terms.Name(f.Terms, *at)["de"])
			}
		case *kernel.Text:
			b.WriteString((*at)[f.Lang])
		case *[]string:
			for _, v := range *at {
				if f.Terms != "" && f.Terms != AreaTerms {
					v = terms.Name(f.Terms, v)["de"]
				}
				b.WriteString(v)
				b.WriteByte(' ')
			}
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func (in *Inventory) add(r Record) {
	switch x := r.(type) {
	case *Actor:
		in.Actors = append(in.Actors, x)
	case *Offer:
		in.Offers = append(in.Offers, x)
	case *Resource:
		in.Resources = append(in.Resources, x)
	case *Network:
		in.Networks = append(in.Networks, x)
	case *Project:
		in.Projects = append(in.Projects, x)
	case *Structure:
		in.Structures = append(in.Structures, x)
	}
	m := r.Head()
	in.byID[m.ID] = r
	if in.byKey[m.Kind] == nil {
		in.byKey[m.Kind] = map[string]Record{}
	}
	in.byKey[m.Kind][m.Key] = r
}

// only gives the part whose records pass; relations stay where both ends do. What an organisation keeps that does not pass, goes with it.
func (in *Inventory) only(pass func(m *Meta) bool) *Inventory {
	out := &Inventory{Terms: in.Terms, Rules: in.Rules, byID: map[kernel.ID]Record{}, byKey: map[Kind]map[string]Record{}, search: in.search}
	for _, k := range Kinds() {
		for _, r := range in.Records(k) {
			m := r.Head()
			if !pass(m) {
				continue
			}
			if owner := in.byID[m.Actor]; m.Actor != "" && owner != nil && !pass(owner.Head()) {
				continue
			}
			out.add(r)
		}
	}
	for _, x := range in.Relations {
		if out.byID[x.From] != nil && out.byID[x.To] != nil {
			out.Relations = append(out.Relations, x)
		}
	}
	return out
}

// Records lists those of a kind, by name.
func (in *Inventory) Records(k Kind) []Record {
	switch k {
	case ActorKind:
		return records(in.Actors)
	case OfferKind:
		return records(in.Offers)
	case ResourceKind:
		return records(in.Resources)
	case NetworkKind:
		return records(in.Networks)
	case ProjectKind:
		return records(in.Projects)
	case StructureKind:
		return records(in.Structures)
	}
	return nil
}

func records[T Record](list []T) []Record {
	out := make([]Record, len(list))
	for i, x := range list {
		out[i] = x
	}
	return out
}

// Find gives a record by its id; ok is false where the reader sees none.
func (in *Inventory) Find(id kernel.ID) (Record, bool) {
	r, ok := in.byID[id]
	return r, ok
}

// ByKey gives a record by kind and key of its address.
func (in *Inventory) ByKey(k Kind, key string) (Record, error) {
	if r, ok := in.byKey[k][key]; ok {
		return r, nil
	}
	return nil, kernel.E(kernel.NotFound, "actor.notfound")
}

// Of lists what an organisation keeps, in the order of kinds.
func (in *Inventory) Of(id kernel.ID) []Record {
	var out []Record
	for _, k := range Kinds()[1:] {
		for _, r := range in.Records(k) {
			if r.Head().Actor == id {
				out = append(out, r)
			}
		}
	}
	return out
}

// Partner is the other end of a relation.
type Partner struct {
	Relation
	Other Record
}

// Partners lists with whom a record is related on the day, organisations before networks.
func (in *Inventory) Partners(id kernel.ID, day kernel.Date) []Partner {
	var out []Partner
	for _, x := range in.Relations {
		other := x.To
		switch id {
		case x.From:
		case x.To:
			other = x.From
		default:
			continue
		}
		if o, ok := in.byID[other]; ok && x.On(day) {
			out = append(out, Partner{x, o})
		}
	}
	slices.SortStableFunc(out, func(a, b Partner) int {
		return cmp.Or(cmp.Compare(a.Other.Head().Kind, b.Other.Head().Kind), cmp.Compare(a.Other.Name(), b.Other.Name()))
	})
	return out
}

// Inventory gives what the reader may see: everybody what is public, an organisation its own besides, the planning staff and who sees what is
// internal to it all that has not ended.
func (s *Service) Inventory(ctx context.Context, by access.Actor) (*Inventory, error) {
	if err := access.CheckTenant(by, access.ReadPublic); err != nil {
		return nil, err
	}
	l, err := s.loaded(ctx, by.Tenant)
	if err != nil {
		return nil, err
	}
	switch {
	case Plans(by):
		return l.all.only(func(m *Meta) bool { return m.ArchivedAt.IsZero() }), nil
	case access.MaySee(by, access.Internal), slices.ContainsFunc(by.Held, func(h access.Holding) bool { return h.In.Kind == access.InActor }):
		return l.all.only(func(m *Meta) bool {
			return access.Can(by, access.ReadPublic, m.object(by.Tenant)) && m.ArchivedAt.IsZero()
		}), nil
	}
	return l.public, nil
}

// Public gives what everybody sees, whoever asks.
func (s *Service) Public(ctx context.Context, tenant kernel.ID) (*Inventory, error) {
	l, err := s.loaded(ctx, tenant)
	if err != nil {
		return nil, err
	}
	return l.public, nil
}

// Stamp is the version of what the public sees of the inventory.
func (s *Service) Stamp(ctx context.Context, tenant kernel.ID) (int64, error) {
	return s.Store.Stamp(ctx, tenant)
}

// Filter selects records.
type Filter struct {
	Text   string
	Area   string // "quartier/0101"
	Theme  string // key of a theme, of an offer its type, of others their kind
	Sort   string // kind of organisation, of network, of structure
	Group  string // target group
	Age    *float64
	Lang   string
	Access string // accessibility
	Free   bool   // costs nothing
	Vacant bool   // has free places, or says nothing of them
	Actor  kernel.ID
}

// List gives the records of a kind that pass, by name.
func (s *Service) List(ctx context.Context, by access.Actor, k Kind, f Filter) ([]Record, *Inventory, error) {
	in, err := s.Inventory(ctx, by)
	if err != nil {
		return nil, nil, err
	}
	var spaces *Spaces
	if f.Area != "" {
		if spaces, err = s.spaces(ctx, by, f.Area); err != nil {
			return nil, nil, err
		}
	}
	words := strings.Fields(s.fold(f.Text))
	var out []Record
	for _, r := range in.Records(k) {
		if in.passes(r, f, words, spaces) {
			out = append(out, r)
		}
	}
	return out, in, nil
}

func (in *Inventory) passes(r Record, f Filter, words []string, spaces *Spaces) bool {
	text := in.search[r.Head().ID]
	for _, w := range words {
		if !strings.Contains(text, w) {
			return false
		}
	}
	has := func(list []string, v string) bool { return v == "" || slices.Contains(list, v) }
	if !has(r.Themes(), f.Theme) || f.Actor != "" && r.Head().Keeper() != f.Actor {
		return false
	}
	if spaces != nil && len(r.Served()) > 0 && len(spaces.Cover(r.Served())) == 0 {
		return false
	}
	switch x := r.(type) {
	case *Actor:
		return has(nonEmpty(x.Sort), f.Sort) && has(x.Languages, f.Lang) && has(x.Accessibility, f.Access)
	case *Offer:
		if f.Age != nil && (x.AgeFrom != nil && *f.Age < *x.AgeFrom || x.AgeTo != nil && *f.Age > *x.AgeTo) {
			return false
		}
		if f.Free && !x.Free || f.Vacant && x.Vacant != nil && *x.Vacant == 0 {
			return false
		}
		group := has(x.Groups, f.Group) || len(x.Groups) == 0 || slices.Contains(x.Groups, "all")
		return group && has(x.Languages, f.Lang) && has(x.Accessibility, f.Access)
	case *Network:
		return has(nonEmpty(x.Sort), f.Sort) && has(x.Groups, f.Group)
	case *Structure:
		return has(nonEmpty(x.Sort), f.Sort) && has(x.Groups, f.Group)
	}
	return true
}

// Used tells which terms of a group occur among the records, for filters that lead somewhere.
func (in *Inventory) Used(k Kind, field string) []string {
	seen := map[string]bool{}
	for _, r := range in.Records(k) {
		if f, ok := FieldOf(r, field); ok {
			for _, v := range f.Values() {
				seen[v] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(seen))
}
