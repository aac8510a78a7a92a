// SPDX-License-Identifier: EUPL-1.2

package participation

import (
	"context"

	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// Stage is when a criterion has to be met.
type Stage string

// The stages (domain.md 5.5).
const (
	Before Stage = "before"
	During Stage = "during"
	After  Stage = "after"
)

// Result is how a criterion is met.
type Result string

// The results.
const (
	Fulfilled Result = "fulfilled"
	Partly    Result = "partly"
	No        Result = "no"
	Waived    Result = "waived"  // set aside, with the reason
	Pending   Result = "pending" // its time has not come, or nobody has said yet
)

// Rule names what the program computes; empty: people say it.
type Rule string

// The rules. Those marked so are answered by later capabilities through Facts.
const (
	LevelRule     Rule = "level"
	LimitsRule    Rule = "limits"
	ConceptRule   Rule = "concept"
	ResourcesRule Rule = "resources"
	PlainRule     Rule = "plain"
	RegisterRule  Rule = "register" // Facts: lead time of the register entry
	GroupsRule    Rule = "groups"
	AccessRule    Rule = "access"
	PrivacyRule   Rule = "privacy"
	FormatsRule   Rule = "formats" // and Facts: events at several times and places
	WrittenRule   Rule = "written" // Facts: results written down and shown
	ReachRule     Rule = "reach"
	AnsweredRule  Rule = "answered" // Facts: share of contributions with an answer
	InTimeRule    Rule = "intime"   // Facts: share of answers within the promised time
)

// Criterion is one minimum standard.
type Criterion struct {
	Key   string      `json:"key" yaml:"key"`
	Stage Stage       `json:"stage" yaml:"stage"`
	Title kernel.Text `json:"title" yaml:"title"`
	Hint  kernel.Text `json:"hint,omitempty" yaml:"hint"`
	Rule  Rule        `json:"rule,omitempty" yaml:"rule"`
}

// Set is a set of minimum standards. A town changes it as a whole.
type Set struct {
	Key      string      `json:"-" yaml:"key"`
	Title    kernel.Text `json:"title" yaml:"title"`
	Source   kernel.Text `json:"source,omitempty" yaml:"source"`
	Criteria []Criterion `json:"criteria" yaml:"criteria"`
	Edit     int         `json:"-" yaml:"-"`
}

// Statement is what a person says of a criterion, with the evidence.
type Statement struct {
	Criterion string
	Result    Result
	Comment   string // what was done; of a waiver the reason
	Link      string
	Document  kernel.ID // of the process
	At        kernel.Instant
}

// Fact is what the program knows of a rule, with the sentence that says so: the catalogue's participation.fact.<Key>.
type Fact struct {
	Rule   Rule
	Result Result
	Key    string
	Params map[string]any
}

// Facts is a capability that knows something of a process.
type Facts interface {
	Facts(ctx context.Context, tenant kernel.ID, p Process) ([]Fact, error)
}
