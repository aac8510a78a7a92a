// SPDX-License-Identifier: EUPL-1.2

// Package region lets a district or region see its member towns side by side: the figures they released, on the indicators they share.
//
// Invariants: a town is a member only when both sides wanted it, and either side ends it; what a region shows is a copy in its own tenant, made
// through the public view of the release gate and nothing else, so that it never knows more than everybody; a copy replaces the one before as a
// whole, an older one never replaces a newer one, and nothing of a town that left is kept; figures with different definitions or periods are
// never set side by side without saying so.
package region

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"math"
	"strconv"

	"github.com/kupferfaden/kupferfaden/internal/indicator"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// Side is one of the two parties of a bond.
type Side string

// The sides.
const (
	RegionSide Side = "region"
	TownSide   Side = "town"
)

// Other is the opposite side.
func (s Side) Other() Side {
	if s == RegionSide {
		return TownSide
	}
	return RegionSide
}

// State is where a bond between region and town stands.
type State string

// The states: the region has invited, the town has applied, both have agreed, one has ended it.
const (
	Invited State = "invited"
	Applied State = "applied"
	Joined  State = "joined"
	Ended   State = "ended"
)

// Bond is what ties a town to a region, as one of the two sees it.
type Bond struct {
	Tenant  kernel.ID // whose view this is
	Other   kernel.ID
	Side    Side // which of the two Tenant is
	State   State
	Since   kernel.Instant
	EndedBy Side
}

// awaits tells which side has to answer; empty where none has.
func (b Bond) awaits() Side {
	switch b.State {
	case Invited:
		return TownSide
	case Applied:
		return RegionSide
	}
	return ""
}

// MyTurn tells whether the holder of this view has to answer.
func (b Bond) MyTurn() bool { return b.awaits() == b.Side }

// Town is a member, or one that was.
type Town struct {
	ID        kernel.ID
	Key       string
	Name      kernel.Text
	Fictional bool
	Stamp     int64 // state of the town's pages when its copy was begun
	CopiedAt  kernel.Instant
	LeftAt    kernel.Instant
}

// Left tells that the town is no member any more.
func (t Town) Left() bool { return !t.LeftAt.IsZero() }

// Figure is a figure as the public sees it; without a number only its flag is kept.
type Figure struct {
	Value float64
	Flag  indicator.Flag
}

// Shown tells whether there is a number.
func (f Figure) Shown() bool { return !math.IsNaN(f.Value) }

type figureJSON struct {
	Value *string        `json:"v,omitempty"` // shortest decimal form, so that what is read is what was written
	Flag  indicator.Flag `json:"f"`
}

// MarshalJSON keeps every digit.
func (f Figure) MarshalJSON() ([]byte, error) {
	x := figureJSON{Flag: f.Flag}
	if f.Shown() {
		s := strconv.FormatFloat(f.Value, 'g', -1, 64)
		x.Value = &s
	}
	return json.Marshal(x)
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (f *Figure) UnmarshalJSON(b []byte) error {
	var x figureJSON
	if err := json.Unmarshal(b, &x); err != nil {
		return err
	}
	f.Flag, f.Value = x.Flag, math.NaN()
	if x.Value == nil {
		return nil
	}
	var err error
	f.Value, err = strconv.ParseFloat(*x.Value, 64)
	return err
}

// AreaFigure is the figure of one area of a member.
type AreaFigure struct {
	Key    string `json:"key"`
	Name   string `json:"name"`
	Figure Figure `json:"figure"`
}

// Total is the figure of a whole town, or the message why there is none.
type Total struct {
	Figure Figure `json:"figure"`
	Key    string `json:"key,omitempty"`
}

// Meta is what a figure means, as the town's catalogue says it.
type Meta struct {
	Name        kernel.Text `json:"name"`
	Numerator   kernel.Text `json:"numerator"`
	Denominator kernel.Text `json:"denominator,omitempty"`
	Unit        string      `json:"unit"`
	Office      string      `json:"office"`
	Field       string      `json:"field"`
	Position    int         `json:"position"`
}

// Table is one released table of a member: an indicator on an edition of areas at a time.
type Table struct {
	Town       kernel.ID
	ID         kernel.ID
	Indicator  string
	Version    int
	Definition string
	Meta       Meta
	Level      string
	LevelName  kernel.Text
	Edition    string
	Period     kernel.Period
	Total      Total
	Areas      []AreaFigure
}

// Definition stands for what a figure means: equal, and the figures of two towns can be set side by side. Names of offices and notes may differ.
func Definition(i indicator.Indicator, v indicator.Version) string {
	b, err := json.Marshal([]any{i.Key, v.Version, v.Numerator, v.Denominator, v.Unit, v.Factor, v.Aggregation, v.Signed})
	if err != nil { // cannot happen: texts and numbers only
		return ""
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:12])
}

// Page tells whether everybody may read the comparison.
type Page struct {
	PublishedAt kernel.Instant
}

// Public tells whether it is published.
func (p Page) Public() bool { return !p.PublishedAt.IsZero() }
