// SPDX-License-Identifier: EUPL-1.2

package access

import (
	"context"

	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// Act is what the audit trail keeps of something done: which action, to which object, and why. It holds no personal content: Note carries keys,
// counts, versions and states only, never names, addresses or texts people wrote.
type Act struct {
	Do     Action
	What   string // the step within the action, "disable", "publish"; a catalogue key "audit.what.<What>" names it
	Object kernel.Ref
	Reason string // the reason given on a form that asks for one for the record, shown to data protection only
	Note   map[string]string
}

// Trail is where services write down what was done. Record is called inside the transaction of the act, so that neither exists without the
// other.
type Trail interface {
	Record(ctx context.Context, by Actor, act Act) error
}

// Record writes an act to the trail. A service without a trail, as in tests of single rules, writes none.
func Record(ctx context.Context, t Trail, by Actor, act Act) error {
	if t == nil {
		return nil
	}
	return t.Record(ctx, by, act)
}

// MatterKind groups the acts for which a town can ask for two people.
type MatterKind string

// The acts for which a town can ask for two people (four eyes).
const (
	RoleMatter    MatterKind = "roles"   // giving and taking roles
	PublishMatter MatterKind = "publish" // making figures, runs, reports public
	ExportMatter  MatterKind = "export"  // bulk exports that are not public
	VoteMatter    MatterKind = "votes"   // taking ballots out of a count
)

// MatterKinds lists them.
func MatterKinds() []MatterKind {
	return []MatterKind{RoleMatter, PublishMatter, ExportMatter, VoteMatter}
}

// Matter is one act that may have to wait for a second person.
type Matter struct {
	Kind   MatterKind
	Do     Action     // the second person must be allowed to do it too
	What   string     // which executor carries it out once approved, "account.roles"
	Object kernel.Ref // what it is done to
	Title  kernel.Text
	Reason string
	Args   any // what the executor needs, written as JSON; equal matters have equal Args
}

// FourEyes decides whether an act may go on now. It answers nil when the town asks for no second person, or when ctx carries the approval of
// exactly this matter; otherwise it keeps the request and answers a Conflict "approval.waiting".
type FourEyes interface {
	Second(ctx context.Context, by Actor, m Matter) error
}

// Second asks f; a service without one, as in tests of single rules, goes on.
func Second(ctx context.Context, f FourEyes, by Actor, m Matter) error {
	if f == nil {
		return nil
	}
	return f.Second(ctx, by, m)
}
