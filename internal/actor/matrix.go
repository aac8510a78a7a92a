// SPDX-License-Identifier: EUPL-1.2

package actor

import (
	"context"
	"math"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// Mark says what stands out in a cell of the matrix.
type Mark string

// The marks of the matrix.
const (
	NoMark    Mark = ""
	Gap       Mark = "gap"       // no offer, and people of the age live there or nobody knows that none do
	Duplicate Mark = "duplicate" // offers of two or more organisations for the same
)

// Cell of the matrix: a type of offers, in an area, for an age.
type Cell struct {
	Offers []*Offer
	Actors int     // organisations behind them
	People float64 // of the age in the area; NaN: not released
	Rate   float64 // offers per 1,000 of them; NaN where they are not known or none
	Mark   Mark
}

// Matrix is offers by type, area and age.
type Matrix struct {
	Types  []Term
	Ages   []Term
	Spaces *Spaces
	People []People // by age
	cells  []Cell
}

// Cell of a type, an area and an age, by their positions.
func (m *Matrix) Cell(kind, area, age int) *Cell {
	return &m.cells[(kind*len(m.Spaces.Areas)+area)*len(m.Ages)+age]
}

// Count tells how many cells bear a mark.
func (m *Matrix) Count(k Mark) (n int) {
	for i := range m.cells {
		if m.cells[i].Mark == k {
			n++
		}
	}
	return n
}

// MatrixFilter narrows the matrix down; empty is all.
type MatrixFilter struct {
	Level string
	Type  string
	Age   string
	Group string // target group
}

// Matrix counts the offers of the town. An offer counts in every area it serves, one for the whole town in all of them, and for every age it is
// open to. A cell is a gap where there is none although people of the age live there (or no figure says that none do), and a duplicate where
// organisations offer the same side by side.
func (s *Service) Matrix(ctx context.Context, by access.Actor, f MatrixFilter) (*Matrix, error) {
	if err := access.CheckTenant(by, access.PlanActors); err != nil {
		return nil, err
	}
	in, err := s.Inventory(ctx, by)
	if err != nil {
		return nil, err
	}
	sp, err := s.Spaces(ctx, by, f.Level)
	if err != nil {
		return nil, err
	}
	people, err := s.figures(ctx, by, sp)
	if err != nil {
		return nil, err
	}
	m := in.matrix(sp, f)
	for i, age := range m.Ages {
		p, err := people.sum(age.Population)
		if err != nil {
			return nil, err
		}
		m.People[i] = p
	}
	m.mark()
	return m, nil
}

func (in *Inventory) matrix(sp *Spaces, f MatrixFilter) *Matrix {
	m := &Matrix{Types: chosen(in.Terms.Offered(OfferType), f.Type), Ages: chosen(in.Terms.Offered(Age), f.Age), Spaces: sp}
	m.People = make([]People, len(m.Ages))
	m.cells = make([]Cell, len(m.Types)*len(sp.Areas)*len(m.Ages))
	row := map[string]int{}
	for i, t := range m.Types {
		row[t.Key] = i
	}
	for _, o := range in.Offers {
		kind, ok := row[o.Sort]
		if !ok || f.Group != "" && !reaches(o.Groups, f.Group) {
			continue
		}
		for _, area := range sp.Cover(o.Areas) {
			for age, t := range m.Ages {
				if t.Takes(o.AgeFrom, o.AgeTo) {
					c := m.Cell(kind, area, age)
					c.Offers = append(c.Offers, o)
				}
			}
		}
	}
	return m
}

// reaches tells whether an offer for the groups is open to one of them: offers that name none are for all.
func reaches(groups []string, group string) bool {
	if len(groups) == 0 {
		return true
	}
	for _, g := range groups {
		if g == group || g == "all" {
			return true
		}
	}
	return false
}

// chosen keeps the term of the key, or all.
func chosen(list []Term, key string) []Term {
	for _, t := range list {
		if t.Key == key {
			return []Term{t}
		}
	}
	return list
}

// mark finds gaps and duplicates once the people are known.
func (m *Matrix) mark() {
	seen := map[kernel.ID]bool{}
	for kind := range m.Types {
		for area := range m.Spaces.Areas {
			for age := range m.Ages {
				c := m.Cell(kind, area, age)
				c.People, c.Rate = math.NaN(), math.NaN()
				if area < len(m.People[age].Of) {
					c.People = m.People[age].Of[area]
				}
				if c.People > 0 {
					c.Rate = float64(len(c.Offers)) * 1000 / c.People
				}
				clear(seen)
				for _, o := range c.Offers {
					seen[o.Actor] = true
				}
				c.Actors = len(seen)
				switch {
				case len(c.Offers) == 0 && c.People != 0:
					c.Mark = Gap
				case c.Actors > 1:
					c.Mark = Duplicate
				}
			}
		}
	}
}
