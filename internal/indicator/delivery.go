// SPDX-License-Identifier: EUPL-1.2

package indicator

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// Delivery is a file an office handed over, taken as a whole: the original is kept by its SHA-256 with the mapping that read it. Retracting it
// makes its figures stop counting; nothing is deleted.
type Delivery struct {
	ID              kernel.ID
	Source          string // name under which the mapping is remembered
	FileName        string
	SHA256          string
	Mapping         string // YAML as used
	Disclosure      Disclosure
	Report          Report
	RowsTaken       int
	TakenAt         kernel.Instant
	TakenBy         string
	RetractedAt     kernel.Instant // zero while it counts
	RetractedBy     string
	RetractedReason string
	Replaces        kernel.ID // the delivery that this one imported again
}

// Counts tells whether the delivery's figures count.
func (d Delivery) Counts() bool { return d.RetractedAt.IsZero() }

// Part says which part of an observation a column carries.
type Part string

// The parts. ChangePart is the change over the method's lag in percentage points, high is worse.
const (
	NumeratorPart   Part = "numerator"
	DenominatorPart Part = "denominator"
	ValuePart       Part = "value"
	ChangePart      Part = "change"
)

// Report says what an import found and what it did, or would do when it was only tried.
type Report struct {
	DryRun   bool      `json:"dry_run"`
	File     string    `json:"file"`
	SHA256   string    `json:"sha256"`
	Source   string    `json:"source"`
	Delivery kernel.ID `json:"delivery,omitempty"` // the delivery made; empty when nothing was taken
	Same     kernel.ID `json:"same,omitempty"`     // an earlier delivery that took the same file with the same mapping and still counts

	Level   string `json:"level"`
	Edition string `json:"edition"`

	Rows      int         `json:"rows"`     // data rows of the file
	Filtered  int         `json:"filtered"` // left out by the mapping's filters
	Matched   int         `json:"matched"`  // rows of an area the edition knows
	Refused   int         `json:"refused"`  // rows not taken
	Taken     int         `json:"taken"`    // rows whose figures count after the import
	Padded    int         `json:"padded"`   // keys whose lost leading zeros were restored
	Unmatched []string    `json:"unmatched,omitempty"`
	Missing   []string    `json:"missing,omitempty"` // areas of the edition without any figure in the file
	Twice     []Duplicate `json:"twice,omitempty"`

	Columns []ColumnReport `json:"columns,omitempty"`
	Slices  []SliceReport  `json:"slices,omitempty"`

	New        int `json:"new"`       // figures where there was none
	Changed    int `json:"changed"`   // corrections
	Unchanged  int `json:"unchanged"` // figures that say what is known already
	Superseded int `json:"superseded"`

	// AboveWhole names slices in which a part is larger than its whole; they may not be released (reliability.md C37).
	AboveWhole []string         `json:"above_whole,omitempty"`
	Findings   []kernel.Finding `json:"findings,omitempty"`
}

// UnmarshalJSON reads a stored report. The parameters of its findings get back the types that sentences are made of.
func (r *Report) UnmarshalJSON(b []byte) error {
	type plain Report
	if err := json.Unmarshal(b, (*plain)(r)); err != nil {
		return err
	}
	for _, f := range r.Findings {
		for k, v := range f.Params {
			f.Params[k] = revive(v)
		}
	}
	return nil
}

func revive(v any) any {
	switch x := v.(type) {
	case string:
		if t, err := time.Parse(time.RFC3339Nano, x); err == nil {
			return kernel.InstantOf(t)
		}
		if p, err := kernel.ParsePeriod(x); err == nil && len(x) >= len("2006-01-02") {
			if p.IsDate() {
				return p.From
			}
			return p
		}
	case []any:
		list := make([]string, len(x))
		for i, y := range x {
			list[i] = fmt.Sprint(y)
		}
		return list
	case map[string]any:
		t := kernel.Text{}
		for k, y := range x {
			t[k] = fmt.Sprint(y)
		}
		return t
	}
	return v
}

// Refuses tells whether the file cannot be taken as it is, because a finding refuses it or asks a question.
func (r Report) Refuses() bool {
	for _, f := range r.Findings {
		if f.Outcome == kernel.RefuseFile || f.Outcome == kernel.Ask {
			return true
		}
	}
	return false
}

// Duplicate is an area that stands twice for one indicator and period.
type Duplicate struct {
	Key   string `json:"key"`
	Lines []int  `json:"lines"`
	Equal bool   `json:"equal"` // the rows say the same; one was taken
}

// ColumnReport sums up what a column of the file gave.
type ColumnReport struct {
	Column    string       `json:"column"`
	Indicator string       `json:"indicator"`
	Part      Part         `json:"part"`
	Cells     int          `json:"cells"` // cells taken
	Empty     int          `json:"empty"`
	Min       float64      `json:"min"`
	Max       float64      `json:"max"`
	Sum       float64      `json:"sum"`
	Flags     map[Flag]int `json:"flags,omitempty"` // other than plain values
}

// SliceReport says what happens to one slice.
type SliceReport struct {
	Slice     kernel.ID     `json:"slice,omitempty"` // empty when an import that was only tried would make it
	Indicator string        `json:"indicator"`
	Version   int           `json:"version"`
	Period    kernel.Period `json:"period"`
	Areas     int           `json:"areas"` // with a figure after the import
	Absent    int           `json:"absent"`
	New       int           `json:"new"`
	Changed   int           `json:"changed"`
	Unchanged int           `json:"unchanged"`
	// Completed counts those of Changed that only got a part (numerator, denominator) that was not known before.
	Completed int `json:"completed,omitempty"`
	// Carried counts figures completed by a part (numerator, denominator) that an earlier delivery brought.
	Carried     int         `json:"carried,omitempty"`
	Numerator   float64     `json:"numerator"` // sums over the areas with a number
	Denominator float64     `json:"denominator"`
	AboveWhole  []string    `json:"above_whole,omitempty"`
	Sums        []SumReport `json:"sums,omitempty"`
	Jumps       []Jump      `json:"jumps,omitempty"`
}

// SumReport compares sums of areas with what was delivered for the areas they lie in.
type SumReport struct {
	Level      string       `json:"level"`
	Edition    string       `json:"edition"`
	Compared   int          `json:"compared"`
	Incomplete int          `json:"incomplete"` // areas above of which a part is missing
	Differing  []Difference `json:"differing,omitempty"`
}

// Difference is one sum that does not agree.
type Difference struct {
	Key      string  `json:"key"`
	Part     Part    `json:"part"`
	Sum      float64 `json:"sum"`
	Expected float64 `json:"expected"`
}

// Jump is a change against the last period far outside the changes of the other areas.
type Jump struct {
	Key   string  `json:"key"`
	From  float64 `json:"from"`
	To    float64 `json:"to"`
	Score float64 `json:"score"`
}

// Filter narrows a list of slices; empty fields do not.
type Filter struct {
	Indicator kernel.ID
	Edition   kernel.ID
	Period    kernel.Period
}
