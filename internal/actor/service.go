// SPDX-License-Identifier: EUPL-1.2

package actor

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/area"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/release"
)

// Store keeps the inventory. actordb implements it.
type Store interface {
	// Stamp changes with every change of the inventory.
	Stamp(ctx context.Context, tenant kernel.ID) (int64, error)
	// Touch counts a change, in the transaction of the change, and tells caches of public pages.
	Touch(ctx context.Context, tenant kernel.ID) error
	// Records gives all records, by name.
	Records(ctx context.Context, tenant kernel.ID) ([]Record, error)
	// Record finds one; NotFound "actor.notfound".
	Record(ctx context.Context, tenant, id kernel.ID) (Record, error)
	// Insert adds a record; a key that is taken gets a number.
	Insert(ctx context.Context, tenant kernel.ID, r Record) error
	// Update writes a record of the edit it had; Conflict "actor.changed" when another edit came first.
	Update(ctx context.Context, tenant kernel.ID, r Record) error
	// Confirm notes that all records of an organisation still hold; it tells how many there were.
	Confirm(ctx context.Context, tenant, actor kernel.ID, at kernel.Instant) (int64, error)

	Relations(ctx context.Context, tenant kernel.ID) ([]Relation, error)
	// PutRelation adds a relation or changes the one between the same two.
	PutRelation(ctx context.Context, tenant kernel.ID, r Relation) error
	DeleteRelation(ctx context.Context, tenant, id kernel.ID) error

	// Contacts lists the people of a record; of all records where it is empty.
	Contacts(ctx context.Context, tenant, record kernel.ID) ([]Contact, error)
	PutContact(ctx context.Context, tenant kernel.ID, c Contact) error
	DeleteContact(ctx context.Context, tenant, record, id kernel.ID) error

	// Terms gives the town's own terms.
	Terms(ctx context.Context, tenant kernel.ID) (Terms, error)
	PutTerm(ctx context.Context, tenant kernel.ID, g Group, t Term) error

	Rules(ctx context.Context, tenant kernel.ID) (Rules, error)
	SetRules(ctx context.Context, tenant kernel.ID, r Rules) error

	changeStore
	alarmStore
	poolingStore
}

// Tx runs f in one transaction; platform/db implements it.
type Tx interface {
	Tx(ctx context.Context, f func(ctx context.Context) error) error
}

// Areas knows the social spaces; area.Service implements it.
type Areas interface {
	Levels(ctx context.Context, a access.Actor) ([]area.Level, error)
	EditionAt(ctx context.Context, a access.Actor, levelKey string, day kernel.Date) (area.Edition, error)
	Areas(ctx context.Context, a access.Actor, edition kernel.ID) ([]area.Area, error)
	Hierarchy(ctx context.Context, a access.Actor, edition kernel.ID) (*area.Hierarchy, error)
	Coverage(ctx context.Context, a access.Actor, edition kernel.ID, d area.Detail) (*area.Coverage, error)
}

// Gate opens the released figures; release.Service implements it.
type Gate interface {
	View(ctx context.Context, a access.Actor, as access.Audience) (release.View, error)
}

// Service is the use cases.
type Service struct {
	Store Store
	Tx    Tx
	Areas Areas
	Gate  Gate   // nil: no figures of the population
	Mail  Mailer // nil: nobody is told
	Trail access.Trail
	Now   func() time.Time
	// Fold gives the form in which words are searched and compared, SortKey the one they are sorted by.
	Fold    func(string) string
	SortKey func(string) string

	mu    sync.Mutex
	cache map[kernel.ID]*loaded
}

func (s *Service) now() kernel.Instant {
	if s.Now != nil {
		return kernel.InstantOf(s.Now())
	}
	return kernel.InstantOf(time.Now())
}

// Today is the present day of the town.
func (s *Service) Today() kernel.Date { return kernel.DayOf(s.now().Time) }

func (s *Service) fold(v string) string {
	if s.Fold != nil {
		return s.Fold(v)
	}
	return strings.ToLower(strings.TrimSpace(v))
}

func (s *Service) sortKey(v string) string {
	if s.SortKey != nil {
		return s.SortKey(v)
	}
	return strings.ToLower(v)
}

// Rules are how the town keeps its inventory.
type Rules struct {
	// Changes says what organisations change at once.
	Changes ChangeRule `json:"changes,omitempty"`
	// Months after which a record has to be confirmed anew.
	Months int `json:"months,omitempty"`
	// Ahead is how many months before the end of funding staff are told.
	Ahead int `json:"ahead,omitempty"`
	// Level is the level of areas that tables and the matrix show; empty: the largest areas there are beside the town itself.
	Level string `json:"level,omitempty"`
}

// ChangeRule says which changes of organisations wait for staff.
type ChangeRule string

// The rules a town can choose from.
const (
	FactsAtOnce ChangeRule = "facts" // free texts and what becomes public wait; what is shipped
	AllAtOnce   ChangeRule = "all"
	NoneAtOnce  ChangeRule = "none"
)

// ChangeRules lists them.
func ChangeRules() []ChangeRule { return []ChangeRule{FactsAtOnce, AllAtOnce, NoneAtOnce} }

// filled gives the rules with what is shipped where the town has said nothing.
func (r Rules) filled() Rules {
	if r.Changes == "" {
		r.Changes = FactsAtOnce
	}
	if r.Months == 0 {
		r.Months = 12
	}
	if r.Ahead == 0 {
		r.Ahead = 6
	}
	return r
}

// Rules gives the town's rules.
func (s *Service) Rules(ctx context.Context, by access.Actor) (Rules, error) {
	if err := access.CheckTenant(by, access.PlanActors); err != nil {
		return Rules{}, err
	}
	r, err := s.Store.Rules(ctx, by.Tenant)
	return r.filled(), err
}

// SetRules keeps the town's rules.
func (s *Service) SetRules(ctx context.Context, by access.Actor, r Rules) error {
	if err := access.CheckTenant(by, access.PlanActors); err != nil {
		return err
	}
	f := map[string]string{}
	if !slices.Contains(ChangeRules(), r.Changes) {
		f["changes"] = "actor.choice"
	}
	if r.Months < 1 || r.Months > 60 {
		f["months"] = "actor.rule.months"
	}
	if r.Ahead < 1 || r.Ahead > 36 {
		f["ahead"] = "actor.rule.ahead"
	}
	if r.Level != "" {
		if levels, err := s.Levels(ctx, by); err != nil {
			return err
		} else if !slices.ContainsFunc(levels, func(l Level) bool { return l.Key == r.Level }) {
			f["level"] = "actor.choice"
		}
	}
	if err := invalid(f); err != nil {
		return err
	}
	return s.act(ctx, by, access.PlanActors, "actor.rules", kernel.Ref{Kind: "actor.rules"}, "", map[string]string{"changes": string(r.Changes), "months": strconv.Itoa(r.Months)},
		func(ctx context.Context) error { return s.Store.SetRules(ctx, by.Tenant, r) })
}

// invalid is the error that names fields; nil where none is at fault.
func invalid(f map[string]string) error {
	if len(f) == 0 {
		return nil
	}
	return &kernel.Error{Kind: kernel.Invalid, Key: "actor.invalid", Fields: f}
}

// act runs f in a transaction, writes it to the trail and tells readers that the inventory has changed.
func (s *Service) act(ctx context.Context, by access.Actor, do access.Action, what string, object kernel.Ref, reason string, note map[string]string, f func(ctx context.Context) error) error {
	return s.Tx.Tx(ctx, func(ctx context.Context) error {
		if err := f(ctx); err != nil {
			return err
		}
		if err := s.Store.Touch(ctx, by.Tenant); err != nil {
			return err
		}
		return access.Record(ctx, s.Trail, by, access.Act{Do: do, What: what, Object: object, Reason: reason, Note: note})
	})
}

// Ref points at a record, for the trail and the thread.
func Ref(m *Meta) kernel.Ref { return kernel.Ref{Kind: "actor." + string(m.Kind), ID: m.ID} }

// Keeps tells whether the person may edit the record.
func Keeps(by access.Actor, m *Meta) bool {
	return access.Can(by, access.KeepActors, m.object(by.Tenant))
}

// Plans tells whether the person is of the planning staff, who sees and decides everything here.
func Plans(by access.Actor) bool { return access.CheckTenant(by, access.PlanActors) == nil }

// SeesInner tells whether the person may see the fields that are not for everybody: money, staff, what is sought.
func SeesInner(by access.Actor, m *Meta) bool {
	return Plans(by) || Keeps(by, m)
}

// Kept lists the organisations whose records the person keeps, by name.
func (s *Service) Kept(ctx context.Context, by access.Actor) ([]*Actor, error) {
	if err := access.CheckTenant(by, access.UseOwnAccount); err != nil {
		return nil, err
	}
	in, err := s.load(ctx, by.Tenant)
	if err != nil {
		return nil, err
	}
	var out []*Actor
	for _, a := range in.Actors {
		if a.ArchivedAt.IsZero() && slices.Contains(by.Held, access.Holding{Role: access.Carrier, In: access.Context{Kind: access.InActor, Key: string(a.ID)}}) {
			out = append(out, a)
		}
	}
	return out, nil
}
