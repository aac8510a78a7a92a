// SPDX-License-Identifier: EUPL-1.2

package participation

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// Store keeps processes, sets of standards, statements and counts of reach. participationdb implements it.
type Store interface {
	// Insert adds a process; Conflict "participation.key.taken" where its key is.
	Insert(ctx context.Context, tenant kernel.ID, p Process) error
	// Update replaces it where nobody has changed it since it was read (p.Edit), and counts the edit; Conflict "participation.edited" otherwise.
	Update(ctx context.Context, tenant kernel.ID, p Process) error
	// ByKey gives one; NotFound "participation.notfound".
	ByKey(ctx context.Context, tenant kernel.ID, key string) (Process, error)
	// ByID gives one; NotFound "participation.notfound".
	ByID(ctx context.Context, tenant, id kernel.ID) (Process, error)
	// All lists processes, or templates, of the states (none: all), youngest first.
	All(ctx context.Context, tenant kernel.ID, template bool, states []State) ([]Process, error)
	// Delete removes a draft with everything that hangs on it.
	Delete(ctx context.Context, tenant, id kernel.ID) error

	// Sets lists the sets of standards the town has changed or made.
	Sets(ctx context.Context, tenant kernel.ID) ([]Set, error)
	// PutSet writes one where nobody has changed it since it was read (x.Edit); Conflict "participation.edited" otherwise.
	PutSet(ctx context.Context, tenant kernel.ID, x Set, at kernel.Instant) error

	// Statements gives what people said of the criteria of a process.
	Statements(ctx context.Context, tenant, process kernel.ID) ([]Statement, error)
	// PutStatement replaces one; DropStatement takes it back.
	PutStatement(ctx context.Context, tenant, process kernel.ID, x Statement) error
	DropStatement(ctx context.Context, tenant, process kernel.ID, criterion string) error

	// CountReach adds to the counts of who took part.
	CountReach(ctx context.Context, tenant, process kernel.ID, shard int, counts []Count) error
	// Reached gives them, added up.
	Reached(ctx context.Context, tenant, process kernel.ID) ([]Count, error)
}

// Tx runs f in a transaction, joining the one of ctx.
type Tx interface {
	Tx(ctx context.Context, f func(ctx context.Context) error) error
}

// Answers knows what is still owed to those who took part. The contributions supply it; app wires it.
type Answers interface {
	// Missing counts contributions of the process that need an answer and have none, and of those the ones whose promised day is over.
	Missing(ctx context.Context, tenant kernel.ID, process string) (missing, overdue int, err error)
	// Undecided counts contributions of the process that nobody has let through or hidden yet: each may need an answer.
	Undecided(ctx context.Context, tenant kernel.ID, process string) (int, error)
}

// Service looks after processes.
type Service struct {
	Store    Store
	Tx       Tx
	Now      func() time.Time
	Trail    access.Trail
	FourEyes access.FourEyes
	// Answers is nil where nothing is ever owed.
	Answers Answers
	// Facts know what the program itself can tell of a process, by criterion; each capability adds its own.
	Facts []Facts
	// Published is told of a process that was published for the first time, in the same transaction; nil: nobody.
	Published func(ctx context.Context, tenant kernel.ID, p Process) error
	// InUse tells whether anything hangs on a process (module empty), or on one of its modules: contributions, events, votes, texts, roles. nil:
	// nothing ever does.
	InUse func(ctx context.Context, tenant kernel.ID, process, module string) (bool, error)
	// Population gives how many people live in an area; nil: no comparison.
	Population Population
}

func (s *Service) now() kernel.Instant {
	if s.Now != nil {
		return kernel.InstantOf(s.Now())
	}
	return kernel.InstantOf(time.Now())
}

// Time is the clock of the processes, by which their phases switch.
func (s *Service) Time() kernel.Instant { return s.now() }

var keyForm = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{1,59}$`)

// reserved are the addresses below a process and the staff's list that no key may take.
var reserved = []string{"neu", "mindeststandards", "konzept", "reichweite", "rueckmeldungen", "dokument", "netiquette"}

// ValidKey tells whether a process or module can have the key.
func ValidKey(key string) bool { return keyForm.MatchString(key) && !slices.Contains(reserved, key) }

// object is the process as the permission function knows it, for what staff do whatever the phase.
func (s *Service) object(by access.Actor, p Process) access.Object {
	return p.Object(by.Tenant, Module{}, s.now())
}

// may checks an act on a process; drafts do not exist for strangers.
func (s *Service) may(by access.Actor, do access.Action, p Process) error {
	o := s.object(by, p)
	if access.CheckTenant(by, access.Publish) == nil { // whoever publishes processes has to see them before
		o.Visibility = ""
	}
	err := access.Check(by, do, o)
	if kernel.KindOf(err) == kernel.NotFound {
		return kernel.E(kernel.NotFound, "participation.notfound")
	}
	return err
}

// Process gives a process the actor may read.
func (s *Service) Process(ctx context.Context, by access.Actor, key string) (Process, error) {
	return s.Open(ctx, by, access.ReadPublic, key)
}

// Open gives a process on which the actor may do the act now, in any of its modules or as staff.
func (s *Service) Open(ctx context.Context, by access.Actor, do access.Action, key string) (Process, error) {
	p, err := s.Store.ByKey(ctx, by.Tenant, key)
	if err != nil {
		return Process{}, err
	}
	return p, s.may(by, do, p)
}

// Module gives a process and one of its modules in which the actor may do the act now: the phase decides.
func (s *Service) Module(ctx context.Context, by access.Actor, do access.Action, process, module string) (Process, Module, error) {
	p, err := s.Process(ctx, by, process)
	if err != nil {
		return p, Module{}, err
	}
	m, ok := p.Module(module)
	if !ok {
		return p, m, kernel.E(kernel.NotFound, "participation.module.notfound")
	}
	return p, m, access.Check(by, do, p.Object(by.Tenant, m, s.now()))
}

// Filter selects processes. Empty fields do not.
type Filter struct {
	States []State
	Level  Level
	Area   string // "quartier/0101"; processes of the whole town match every area
	Topic  string
	Status Status
	Text   string // words, each of which must stand in title, teaser or the facts
	Fold   func(string) string
}

// Status is where a process stands for somebody who wants to take part.
type Status string

// The statuses of the public list.
const (
	Now  Status = "now"  // one can take part
	Soon Status = "soon" // it begins later
	Over Status = "over" // nothing is asked for any more; answers may be on their way
)

// Status tells whether one can take part now.
func (p Process) Status(now kernel.Instant) Status {
	switch p.State {
	case Draft, Ready:
		return Soon
	case Running:
		if from, _ := p.Time(); !from.IsZero() && now.Before(from.Time) {
			return Soon
		}
		if _, to := p.Time(); !to.IsZero() && !now.Before(to.Time) {
			return Over
		}
		return Now
	}
	return Over
}

// Time is from when to when the phases last; a zero instant is open.
func (p Process) Time() (from, to kernel.Instant) {
	for i, x := range p.Phases {
		if i == 0 || x.From.IsZero() || !from.IsZero() && x.From.Before(from.Time) {
			from = x.From
		}
		if i == 0 || x.To.IsZero() || !to.IsZero() && x.To.After(to.Time) {
			to = x.To
		}
	}
	return from, to
}

func (f Filter) matches(p Process, now kernel.Instant) bool {
	switch {
	case f.Level != "" && p.Level != f.Level,
		f.Area != "" && len(p.Areas) > 0 && !slices.Contains(p.Areas, f.Area),
		f.Topic != "" && !slices.Contains(p.Topics, f.Topic),
		f.Status != "" && p.Status(now) != f.Status:
		return false
	}
	fold := f.Fold
	if fold == nil {
		fold = strings.ToLower
	}
	words := strings.Fields(fold(f.Text))
	if len(words) == 0 {
		return true
	}
	var b strings.Builder
	for _, t := range []kernel.Text{p.Title, p.Teaser, p.Decided, p.Who, p.Body} {
		for _, v := range t {
			b.WriteString(v)
			b.WriteByte(' ')
		}
	}
	b.WriteString(strings.Join(p.Topics, " "))
	text := fold(b.String())
	return !slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(text, w) })
}

// List gives the processes the actor may read: those one can take part in first, the one that ends first leading, then what comes, then what is over.
func (s *Service) List(ctx context.Context, by access.Actor, f Filter) ([]Process, error) {
	all, err := s.Store.All(ctx, by.Tenant, false, f.States)
	if err != nil {
		return nil, err
	}
	now := s.now()
	var out []Process
	for _, p := range all {
		if s.may(by, access.ReadPublic, p) == nil && f.matches(p, now) {
			out = append(out, p)
		}
	}
	rank := map[Status]int{Now: 0, Soon: 1, Over: 2}
	slices.SortStableFunc(out, func(x, y Process) int {
		sx, sy := x.Status(now), y.Status(now)
		if sx != sy {
			return rank[sx] - rank[sy]
		}
		fx, tx := x.Time()
		fy, ty := y.Time()
		switch sx {
		case Soon:
			return compare(fx, fy)
		case Over:
			return compare(ty, tx)
		}
		if tx.IsZero() != ty.IsZero() { // without an end: last
			if tx.IsZero() {
				return 1
			}
			return -1
		}
		return compare(tx, ty)
	})
	return out, nil
}

func compare(a, b kernel.Instant) int { return a.Compare(b.Time) }

// Create adds a process as a draft.
func (s *Service) Create(ctx context.Context, by access.Actor, p Process) (Process, error) {
	if err := access.CheckTenant(by, access.EditProcess); err != nil {
		return Process{}, err
	}
	p = tidy(p)
	if err := validate(p); err != nil {
		return Process{}, err
	}
	now := s.now()
	p.ID, p.State, p.Edit, p.CreatedAt, p.ChangedAt = kernel.NewID(), Draft, 0, now, now
	p.PublishedAt, p.ClosedAt = kernel.Instant{}, kernel.Instant{}
	err := s.Tx.Tx(ctx, func(ctx context.Context) error {
		if err := s.Store.Insert(ctx, by.Tenant, p); err != nil {
			return err
		}
		return s.record(ctx, by, access.EditProcess, "process.create", p, "", map[string]string{"key": p.Key})
	})
	return p, err
}

// Save replaces what is said of a process. Its state, and the key of one that was published, stay as they are; what had to be said before it was
// published cannot be taken away again.
func (s *Service) Save(ctx context.Context, by access.Actor, p Process) (Process, error) {
	p = tidy(p)
	err := s.Tx.Tx(ctx, func(ctx context.Context) error {
		old, err := s.find(ctx, by, access.EditProcess, p.ID)
		if err != nil {
			return err
		}
		if !old.PublishedAt.IsZero() {
			p.Key = old.Key
		}
		p.State, p.Template, p.CreatedAt, p.PublishedAt, p.ClosedAt = old.State, old.Template, old.CreatedAt, old.PublishedAt, old.ClosedAt
		if err := validate(p); err != nil {
			return err
		}
		if !old.PublishedAt.IsZero() {
			if err := stays(old, p); err != nil {
				return err
			}
		}
		if err := s.keeps(ctx, by.Tenant, old, p); err != nil {
			return err
		}
		p.ChangedAt = s.now()
		if err := s.Store.Update(ctx, by.Tenant, p); err != nil {
			return err
		}
		p.Edit++
		return s.record(ctx, by, access.EditProcess, "process.change", p, "", map[string]string{"key": p.Key})
	})
	return p, err
}

// stays names what a published process would lose.
func stays(old, p Process) error {
	was, f := old.Gaps(), map[string]string{}
	for _, g := range p.Gaps() {
		if !slices.Contains(was, g) {
			f[g.field()] = "participation.published.keep"
		}
	}
	if len(f) > 0 {
		return &kernel.Error{Kind: kernel.Invalid, Key: "participation.published.lacks", Fields: f}
	}
	return nil
}

// keeps refuses an address to change or to go on which something hangs: what was said would lose its process or module, and who is given the same
// address later would find the roles and contributions of another one.
func (s *Service) keeps(ctx context.Context, tenant kernel.ID, old, p Process) error {
	if s.InUse == nil || old.Template {
		return nil
	}
	if old.Key != p.Key {
		if used, err := s.InUse(ctx, tenant, old.Key, ""); err != nil {
			return err
		} else if used {
			return &kernel.Error{Kind: kernel.Invalid, Key: "participation.invalid", Fields: map[string]string{"key": "participation.key.used"}}
		}
	}
	for _, m := range old.Modules {
		if slices.ContainsFunc(p.Modules, func(x Module) bool { return x.Key == m.Key }) {
			continue
		}
		if used, err := s.InUse(ctx, tenant, old.Key, m.Key); err != nil {
			return err
		} else if used {
			return &kernel.Error{Kind: kernel.Invalid, Key: "participation.invalid", Fields: map[string]string{"modules": "participation.module.used"}}
		}
	}
	return nil
}

// find gives a process by its id, as staff change it.
func (s *Service) find(ctx context.Context, by access.Actor, do access.Action, id kernel.ID) (Process, error) {
	p, err := s.Store.ByID(ctx, by.Tenant, id)
	if err != nil {
		return p, err
	}
	return p, s.may(by, do, p)
}

func (s *Service) record(ctx context.Context, by access.Actor, do access.Action, what string, p Process, reason string, note map[string]string) error {
	return access.Record(ctx, s.Trail, by, access.Act{Do: do, What: what, Object: kernel.Ref{Kind: "process", ID: p.ID}, Reason: reason, Note: note})
}
