// SPDX-License-Identifier: EUPL-1.2

package analysis

import (
	"encoding/json"
	"math"
	"slices"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/area"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// StoredMethod is a version of a method kept by the town.
type StoredMethod struct {
	ID        kernel.ID
	Method    Method
	Hash      string
	CreatedAt kernel.Instant
}

// Request says what to compute.
type Request struct {
	Method  Method
	Level   string
	Edition string
	Period  kernel.Period
	Exclude []Exclusion // beside those of the method
	Draws   int         // robustness draws; 0: none
	Seed    uint64
}

// Run is a computed index, pinned to what it read.
type Run struct {
	ID         kernel.ID
	MethodID   kernel.ID
	Method     Method
	Edition    area.Edition
	Period     kernel.Period
	Exclusions []Exclusion
	Draws      int
	Seed       uint64
	Summary    Summary
	Inputs     []Pin
	Hash       string // of method, inputs and options: equal hash, equal digits
	CreatedAt  kernel.Instant
	CreatedBy  string
	Outcomes   []Outcome // by area key
}

// Pin names the figures a run has read.
type Pin struct {
	Role       string // indicator key, or key with "@earlier" for the base of the dynamics, "population", "population@earlier"
	SliceID    kernel.ID
	Version    int    // of the definition
	Deliveries string // release.Table.Pin
	Hash       string // of the values
}

// Summary describes a run as a whole.
type Summary struct {
	Areas       int              `json:"areas"`
	Eligible    int              `json:"eligible"`
	Columns     []ColumnSummary  `json:"columns"`
	SumMean     Number           `json:"sum_mean"`
	SumSD       Number           `json:"sum_sd"`
	Counts      []int            `json:"counts"` // areas per class, [0] not assessed
	Dynamic     map[string]int   `json:"dynamic,omitempty"`
	Groups      map[string]int   `json:"groups,omitempty"`
	Attention   int              `json:"attention"`
	Warnings    []kernel.Finding `json:"warnings,omitempty"`
	FailedDraws int              `json:"failed_draws,omitempty"`
}

// ColumnSummary is what was used to standardise an indicator.
type ColumnSummary struct {
	Key       string `json:"key"`
	Reference Number `json:"reference"`
	SD        Number `json:"sd"`
	Min       Number `json:"min"`
	Max       Number `json:"max"`
}

// Outcome is the result of one area.
type Outcome struct {
	AreaID        kernel.ID `json:"-"`
	Key           string    `json:"-"`
	Name          string    `json:"-"`
	Eligible      bool      `json:"-"`
	Reason        string    `json:"-"`
	Values        []Number  `json:"values"`        // per indicator of the method, as read
	Contributions []Number  `json:"contributions"` // what each adds to the sum
	Sum           Number    `json:"sum"`
	Index         Number    `json:"index"`
	Class         int       `json:"class"` // 0: none
	Distance      Number    `json:"distance"`
	DynamicSum    Number    `json:"dynamic_sum"`
	DynamicIndex  Number    `json:"dynamic_index"`
	DynamicClass  string    `json:"dynamic_class"`
	Group         string    `json:"group"`
	Attention     bool      `json:"attention"`
	RankMedian    Number    `json:"rank_median"`
	RankLow       Number    `json:"rank_lo"`
	RankHigh      Number    `json:"rank_hi"`
	Probability   []Number  `json:"p_class,omitempty"`
	Withheld      bool      `json:"-"` // numbers are not shown to the audience, the class is
}

// withholdStatus hides every number of the level that could lead back to a figure; classes stay.
func (o *Outcome) withholdStatus() {
	nan := Number(math.NaN())
	o.Contributions, o.Probability = unknown(len(o.Contributions)), nil
	o.Sum, o.Index, o.Distance, o.RankMedian, o.RankLow, o.RankHigh = nan, nan, nan, nan, nan, nan
	o.Withheld = true
}

// withholdDynamics hides the numbers of the change; the class stays.
func (o *Outcome) withholdDynamics() {
	o.DynamicSum, o.DynamicIndex = Number(math.NaN()), Number(math.NaN())
	o.Withheld = true
}

func unknown(n int) []Number {
	list := make([]Number, n)
	for i := range list {
		list[i] = Number(math.NaN())
	}
	return list
}

// conceal removes what is computed over all areas: means and deviations lead back to a figure that is withheld in one of them, and a hash lets one
// guess it. The slices are replaced, not changed, as callers share them.
func (r *Run) conceal() {
	r.Summary.Columns, r.Summary.SumMean, r.Summary.SumSD = nil, Number(math.NaN()), Number(math.NaN())
	r.Hash = ""
	r.Inputs = slices.Clone(r.Inputs)
	for i := range r.Inputs {
		r.Inputs[i].Hash = ""
	}
}

// Result is a run as an audience may see it.
type Result struct {
	Run
	Audience access.Audience
}

// Number is a float64 that is null in JSON where there is none (NaN).
type Number float64

// Known tells whether there is a number.
func (n Number) Known() bool { return !math.IsNaN(float64(n)) }

// MarshalJSON writes null for NaN.
func (n Number) MarshalJSON() ([]byte, error) {
	if !n.Known() {
		return []byte("null"), nil
	}
	return json.Marshal(float64(n))
}

// UnmarshalJSON reads null as NaN.
func (n *Number) UnmarshalJSON(b []byte) error {
	if string(b) == "null" {
		*n = Number(math.NaN())
		return nil
	}
	return json.Unmarshal(b, (*float64)(n))
}
