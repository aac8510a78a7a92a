// SPDX-License-Identifier: EUPL-1.2

package region

import (
	"cmp"
	"context"
	"slices"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// Why two figures cannot be set side by side; keys of the catalogue, empty where they can.
const (
	Comparable      = ""
	OtherDefinition = "region.not.definition"
	OtherPeriod     = "region.not.period"
	NoFigure        = "region.not.released"
)

// Theme is an indicator that at least one member has released.
type Theme struct {
	Indicator string
	Meta      Meta
	Towns     int             // members with a figure of it
	Periods   []kernel.Period // ascending
}

// Overview is what a region has of its members.
type Overview struct {
	Towns  []Town // members by name, then those that left
	Themes []Theme
}

// Overview lists members and shared indicators.
func (s *Service) Overview(ctx context.Context, a access.Actor) (*Overview, error) {
	if err := s.may(ctx, a); err != nil {
		return nil, err
	}
	towns, err := s.towns(ctx, a)
	if err != nil {
		return nil, err
	}
	heads, err := s.Store.Heads(ctx, a.Tenant)
	if err != nil {
		return nil, err
	}
	o := &Overview{Towns: towns}
	at := map[string]int{}
	seen := map[string]map[kernel.ID]bool{}
	for _, h := range heads {
		i, ok := at[h.Indicator]
		if !ok {
			i = len(o.Themes)
			at[h.Indicator], seen[h.Indicator] = i, map[kernel.ID]bool{}
			o.Themes = append(o.Themes, Theme{Indicator: h.Indicator, Meta: h.Meta})
		}
		t := &o.Themes[i]
		if !seen[h.Indicator][h.Town] {
			seen[h.Indicator][h.Town] = true
			t.Towns++
		}
		if !slices.Contains(t.Periods, h.Period) {
			t.Periods = append(t.Periods, h.Period)
		}
	}
	for i := range o.Themes {
		slices.SortFunc(o.Themes[i].Periods, byPeriod)
	}
	slices.SortFunc(o.Themes, func(x, y Theme) int {
		return cmp.Or(cmp.Compare(x.Meta.Field, y.Meta.Field), cmp.Compare(x.Meta.Position, y.Meta.Position), cmp.Compare(x.Indicator, y.Indicator))
	})
	return o, nil
}

func byPeriod(x, y kernel.Period) int {
	return cmp.Or(cmp.Compare(x.To, y.To), cmp.Compare(x.From, y.From))
}

func (s *Service) towns(ctx context.Context, a access.Actor) ([]Town, error) {
	towns, err := s.Store.Towns(ctx, a.Tenant)
	slices.SortFunc(towns, func(x, y Town) int {
		if x.Left() != y.Left() {
			if y.Left() {
				return -1
			}
			return 1
		}
		return cmp.Or(cmp.Compare(x.Name.String(), y.Name.String()), cmp.Compare(x.Key, y.Key))
	})
	return towns, err
}

// Line is one town in a comparison.
type Line struct {
	Town  Town
	Table *Table // nil: the town has released none
	Why   string // not comparable: why; see OtherDefinition
	Areas []Table
}

// Comparison sets the members side by side on one indicator at one time.
type Comparison struct {
	Theme  Theme
	Period kernel.Period
	Meta   Meta // of the definition the comparison goes by: the one most towns have
	Lines  []Line
	Course []Course
}

// Course is a town's figures over time.
type Course struct {
	Town   Town
	Points []Point
}

// Point is a town's figure at a time; Break tells that its definition differs from the one the comparison goes by.
type Point struct {
	Period kernel.Period
	Total  Total
	Break  bool
}

// Compare sets the members side by side. Without a period it takes the newest that most towns share.
func (s *Service) Compare(ctx context.Context, a access.Actor, indicator string, period kernel.Period) (*Comparison, error) {
	if err := s.may(ctx, a); err != nil {
		return nil, err
	}
	towns, err := s.towns(ctx, a)
	if err != nil {
		return nil, err
	}
	towns = slices.DeleteFunc(towns, Town.Left)
	tables, err := s.Store.Tables(ctx, a.Tenant, indicator)
	if err != nil {
		return nil, err
	}
	if len(tables) == 0 {
		return nil, kernel.E(kernel.NotFound, "region.theme.none", "indicator", indicator)
	}
	slices.SortStableFunc(tables, func(x, y Table) int { return cmp.Or(byPeriod(x.Period, y.Period), cmp.Compare(x.Version, y.Version)) })
	c := &Comparison{Theme: Theme{Indicator: indicator}, Period: period}
	for _, t := range tables {
		if !slices.Contains(c.Theme.Periods, t.Period) {
			c.Theme.Periods = append(c.Theme.Periods, t.Period)
		}
	}
	if period.IsZero() {
		c.Period = shared(tables)
	} else if !slices.Contains(c.Theme.Periods, period) {
		return nil, kernel.E(kernel.NotFound, "region.period.none", "period", period.String())
	}
	definition := commonest(tables, c.Period)
	for i := range tables {
		if tables[i].Definition == definition {
			c.Meta = tables[i].Meta
		}
	}
	c.Theme.Meta = c.Meta
	for _, town := range towns {
		c.Lines = append(c.Lines, line(town, tables, c.Period, definition))
		c.Course = append(c.Course, course(town, tables, definition))
	}
	return c, nil
}

// shared is the newest period that most towns have.
func shared(tables []Table) kernel.Period {
	towns := map[kernel.Period]map[kernel.ID]bool{}
	var best kernel.Period
	for _, t := range tables { // ascending, so that of equal numbers the newest wins
		if towns[t.Period] == nil {
			towns[t.Period] = map[kernel.ID]bool{}
		}
		towns[t.Period][t.Town] = true
		if len(towns[t.Period]) >= len(towns[best]) {
			best = t.Period
		}
	}
	return best
}

// commonest is the definition most towns' figures of the period have.
func commonest(tables []Table, period kernel.Period) string {
	count := map[string]map[kernel.ID]bool{}
	best := ""
	for _, t := range tables {
		if t.Period != period {
			continue
		}
		if count[t.Definition] == nil {
			count[t.Definition] = map[kernel.ID]bool{}
		}
		count[t.Definition][t.Town] = true
		if len(count[t.Definition]) >= len(count[best]) {
			best = t.Definition
		}
	}
	return best
}

// line finds what a town has to show: its figure of the period in the same definition, else what it has instead, with the reason why that is
// not the same.
func line(town Town, tables []Table, period kernel.Period, definition string) Line {
	l := Line{Town: town, Why: NoFigure}
	for i := range tables {
		t := &tables[i]
		if t.Town != town.ID {
			continue
		}
		why := Comparable
		switch {
		case t.Definition != definition:
			why = OtherDefinition
		case t.Period != period:
			why = OtherPeriod
		}
		if why == Comparable {
			l.Areas = append(l.Areas, *t)
		}
		better := l.Table == nil || rank(why) < rank(l.Why) || rank(why) == rank(l.Why) && (t.Total.Figure.Shown() || !l.Table.Total.Figure.Shown())
		if better {
			l.Table, l.Why = t, why
		}
	}
	return l
}

// rank orders the reasons: what can be compared first.
func rank(why string) int {
	return slices.Index([]string{Comparable, OtherPeriod, OtherDefinition, NoFigure}, why)
}

func course(town Town, tables []Table, definition string) Course {
	c := Course{Town: town}
	for _, t := range tables {
		if t.Town != town.ID {
			continue
		}
		p := Point{t.Period, t.Total, t.Definition != definition}
		if n := len(c.Points); n > 0 && c.Points[n-1].Period == t.Period {
			if c.Points[n-1].Break && !p.Break || !c.Points[n-1].Total.Figure.Shown() && p.Break == c.Points[n-1].Break {
				c.Points[n-1] = p
			}
			continue
		}
		c.Points = append(c.Points, p)
	}
	return c
}

// Profile is what a region has of one member.
type Profile struct {
	Town   Town
	Themes []ProfileLine
}

// ProfileLine is one indicator of a member, newest figure, beside those of the other members.
type ProfileLine struct {
	Table  Table
	Lower  int // members with a lower comparable figure of the same period
	Others int // members with a comparable figure of the same period
}

// Profile shows one member by its key.
func (s *Service) Profile(ctx context.Context, a access.Actor, key string) (*Profile, error) {
	if err := s.may(ctx, a); err != nil {
		return nil, err
	}
	towns, err := s.towns(ctx, a)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(towns, func(t Town) bool { return t.Key == key })
	if i < 0 {
		return nil, kernel.E(kernel.NotFound, "access.notfound")
	}
	heads, err := s.Store.Heads(ctx, a.Tenant)
	if err != nil {
		return nil, err
	}
	p := &Profile{Town: towns[i]}
	newest := map[string]Table{}
	for _, h := range heads {
		if h.Town != p.Town.ID {
			continue
		}
		old, ok := newest[h.Indicator]
		if later := byPeriod(h.Period, old.Period); !ok || later > 0 || later == 0 && h.Total.Figure.Shown() && !old.Total.Figure.Shown() {
			newest[h.Indicator] = h
		}
	}
	for _, t := range newest {
		l := ProfileLine{Table: t}
		others := map[kernel.ID]float64{}
		for _, h := range heads {
			if h.Town != t.Town && h.Indicator == t.Indicator && h.Period == t.Period && h.Definition == t.Definition && h.Total.Figure.Shown() {
				others[h.Town] = h.Total.Figure.Value
			}
		}
		l.Others = len(others)
		for _, v := range others {
			if t.Total.Figure.Shown() && v < t.Total.Figure.Value {
				l.Lower++
			}
		}
		p.Themes = append(p.Themes, l)
	}
	slices.SortFunc(p.Themes, func(x, y ProfileLine) int {
		return cmp.Or(cmp.Compare(x.Table.Meta.Field, y.Table.Meta.Field), cmp.Compare(x.Table.Meta.Position, y.Table.Meta.Position), cmp.Compare(x.Table.Indicator, y.Table.Indicator))
	})
	return p, nil
}
