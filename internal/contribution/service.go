// SPDX-License-Identifier: EUPL-1.2

package contribution

import (
	"context"
	"io"
	"os"
	"slices"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/area"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/notice"
	"github.com/kupferfaden/kupferfaden/internal/participation"
	"github.com/kupferfaden/kupferfaden/internal/release"
)

// Tx runs acts in transactions; TxGrouped is for what a thousand people do at once.
type Tx interface {
	Tx(ctx context.Context, f func(ctx context.Context) error) error
	TxGrouped(ctx context.Context, f func(ctx context.Context) error) error
	// InTx tells whether ctx is that of a transaction.
	InTx(ctx context.Context) bool
}

// Secret makes marks nobody without the installation's key can make.
type Secret interface {
	Mark(purpose, message string) string
}

// Processes knows the processes contributions hang on; app fills it.
type Processes interface {
	// ProcessByKey finds one, drafts included; NotFound where there is none.
	ProcessByKey(ctx context.Context, tenant kernel.ID, key string) (participation.Process, error)
	// Processes lists them all, the youngest first.
	Processes(ctx context.Context, tenant kernel.ID) ([]participation.Process, error)
}

// Files keeps files by their SHA-256.
type Files interface {
	Put(ctx context.Context, r io.Reader, limit int64) (sum string, size int64, err error)
	Open(sum string) (*os.File, error)
}

// Change is what happened to a contribution, for those who are told.
type Change string

// What happens to contributions.
const (
	Submitted Change = "submitted"
	Corrected Change = "corrected" // a new version of the public text
	TookBack  Change = "withdrawn"
	Turned    Change = "turned" // the state of moderation changed
	Commented Change = "commented"
	Joined    Change = "merged"
)

// Service is the use cases of contributions.
type Service struct {
	Store     Store
	Tx        Tx
	Trail     access.Trail
	FourEyes  access.FourEyes
	Processes Processes
	Areas     *area.Service    // nil: no places, as in tests of single rules
	Figures   *release.Service // nil: no key figures
	Files     Files
	Secret    Secret
	Now       func() time.Time
	// Touch counts a change of what public pages show.
	Touch func(ctx context.Context, tenant kernel.ID) error
	// Begin says in which state something new starts; nil: everything waits for the moderation. by is who sends it.
	Begin func(ctx context.Context, by access.Actor, c Contribution) (State, error)
	// BeginComment is Begin for comments.
	BeginComment func(ctx context.Context, by access.Actor, c Contribution, k Comment) (State, error)
	// Voter turns a letter code, or with groups a group's code too, into the key of the one voice it has; Invalid on the field "code" for one that is
	// not good. nil: codes are not offered.
	Voter func(ctx context.Context, tenant kernel.ID, process, code string, groups bool) (string, error)
	// Reach takes the answers to the voluntary question who somebody is, without a link to the contribution but in its transaction; nil: the
	// question is not asked.
	Reach func(ctx context.Context, by access.Actor, p participation.Process, answers map[string]string) error
	// Address checks a mail address and gives it as it is written to, Subscribe notes a guest's wish to hear by mail what becomes of a contribution and
	// sends the link that confirms it; nil: nobody is asked for an address.
	Address   func(email string) (string, error)
	Subscribe func(ctx context.Context, o notice.Order) error
	// Draw draws a photo anew from its pixels, or says on the field "photo" what is wrong with it; nil: no photos.
	Draw func(r io.Reader) (Drawn, error)
	// Told are called in the transaction of a change.
	Told []func(ctx context.Context, tenant kernel.ID, what Change, c Contribution) error
	// Backers are called in the transaction of somebody's support with an account.
	Backers []func(ctx context.Context, by access.Actor, c Contribution) error
	// Said are called in the transaction of a new comment.
	Said []func(ctx context.Context, tenant kernel.ID, c Contribution, k Comment) error
	// Gone is called in the transaction in which somebody takes back a contribution or comment; nil: nobody has to know.
	Gone func(ctx context.Context, tenant kernel.ID, what kernel.Ref) error
	// SplitUp is called in the transaction of a split, with the parts.
	SplitUp []func(ctx context.Context, tenant kernel.ID, from Contribution, parts []Contribution) error

	numbers  numbers
	places   places
	similar  similarCache
	points   pointCache
	outlines outlines
}

// Store keeps contributions of one tenant at a time. contributiondb implements it.
type Store interface {
	// Numbers reserves n public numbers of a year and gives the first.
	Numbers(ctx context.Context, tenant kernel.ID, year, n int) (first int, err error)
	// Insert writes a contribution with its original, first version, areas, receipt (a hash; empty: none), statements and files.
	Insert(ctx context.Context, tenant kernel.ID, n New) error
	// Contribution finds one by id or number; NotFound "contribution.notfound".
	Contribution(ctx context.Context, tenant, id kernel.ID) (Contribution, error)
	ByNumber(ctx context.Context, tenant kernel.ID, number string) (Contribution, error)
	// ByReceipt finds one by the hash of a receipt code.
	ByReceipt(ctx context.Context, tenant kernel.ID, hash string) (Contribution, error)
	// Save writes what can change, counts the edit and keeps areas; Conflict "contribution.edited" when c.Edit is not what is stored.
	Save(ctx context.Context, tenant kernel.ID, c Contribution) error
	// Texts gives the original.
	Original(ctx context.Context, tenant, id kernel.ID) (lang, title, text string, err error)
	AddVersion(ctx context.Context, tenant kernel.ID, v Version) error
	Versions(ctx context.Context, tenant, id kernel.ID) ([]Version, error)
	// List gives contributions without their original, the youngest first.
	List(ctx context.Context, tenant kernel.ID, f Filter) ([]Contribution, error)
	// Count tells how many a filter finds, at most limit.
	Count(ctx context.Context, tenant kernel.ID, f Filter, limit int) (int, error)
	// Each streams what a filter finds by id, originals included but for those of which the moderation made something unreadable.
	Each(ctx context.Context, tenant kernel.ID, f Filter, do func(Contribution) error) error
	// Points streams the places a filter finds.
	Points(ctx context.Context, tenant kernel.ID, f Filter, do func(Point) error) error
	// Words lists the folded texts a filter finds, the youngest first.
	Words(ctx context.Context, tenant kernel.ID, f Filter) ([]Words, error)
	// Stamp changes with every change of what the lists show.
	Stamp(ctx context.Context, tenant kernel.ID) (string, error)
	// Tally counts by state.
	Tally(ctx context.Context, tenant kernel.ID, process string) (map[State]int, error)
	Parts(ctx context.Context, tenant, of kernel.ID) ([]Contribution, error)
	MergedInto(ctx context.Context, tenant, id kernel.ID) ([]Contribution, error)

	AddFile(ctx context.Context, tenant kernel.ID, f File) error
	ListFiles(ctx context.Context, tenant, contribution kernel.ID) ([]File, error)
	// Covers gives the first photo of each contribution that has one.
	Covers(ctx context.Context, tenant kernel.ID, contributions []kernel.ID) (map[kernel.ID]File, error)
	FileBySum(ctx context.Context, tenant kernel.ID, sum string) ([]File, error)
	RemoveFile(ctx context.Context, tenant, id kernel.ID) error

	AddComment(ctx context.Context, tenant kernel.ID, c Comment) error
	Comment(ctx context.Context, tenant, id kernel.ID) (Comment, error)
	// Comments lists those of a contribution, oldest first; every state where all.
	Comments(ctx context.Context, tenant, contribution kernel.ID, all bool) ([]Comment, error)
	// CommentsIn lists comments in a state, oldest first.
	CommentsIn(ctx context.Context, tenant kernel.ID, state State, limit int) ([]Comment, error)
	SaveComment(ctx context.Context, tenant kernel.ID, c Comment) error

	// AddSupport notes a voice; false when it is there already.
	AddSupport(ctx context.Context, tenant, contribution kernel.ID, v Support) (bool, error)
	RemoveSupport(ctx context.Context, tenant, contribution kernel.ID, voter string) (bool, error)
	Supported(ctx context.Context, tenant, contribution kernel.ID, voter string) (bool, error)
	// CopySupports adds those of one to another, each voter once, and counts them there.
	CopySupports(ctx context.Context, tenant, from, to kernel.ID) error

	AddStatement(ctx context.Context, tenant kernel.ID, x Statement) error
	Statements(ctx context.Context, tenant, contribution kernel.ID) ([]Statement, error)
	StatementsAbout(ctx context.Context, tenant kernel.ID, about kernel.Ref, limit int) ([]Statement, error)
	RemoveStatement(ctx context.Context, tenant, id kernel.ID) error

	// Sources lists which of the sources are there already in a module.
	Sources(ctx context.Context, tenant kernel.ID, process, module string, sources []string) (map[string]bool, error)
	AddImport(ctx context.Context, tenant kernel.ID, x ImportRecord) error
	Imports(ctx context.Context, tenant kernel.ID) ([]ImportRecord, error)
	SaveMapping(ctx context.Context, tenant kernel.ID, m Mapping, at kernel.Instant) error
	Mappings(ctx context.Context, tenant kernel.ID) ([]Mapping, error)
}

// New is a contribution as it is stored for the first time.
type New struct {
	Contribution
	Receipt    string // hash of the code; empty: none
	Statements []Statement
	Files      []File
}

func (s *Service) now() kernel.Instant {
	if s.Now != nil {
		return kernel.InstantOf(s.Now())
	}
	return kernel.InstantOf(time.Now())
}

func (s *Service) touch(ctx context.Context, tenant kernel.ID) error {
	if s.Touch == nil {
		return nil
	}
	return s.Touch(ctx, tenant)
}

func (s *Service) tell(ctx context.Context, tenant kernel.ID, what Change, c Contribution) error {
	for _, f := range s.Told {
		if err := f(ctx, tenant, what, c); err != nil {
			return err
		}
	}
	return nil
}

// notFound is what everybody hears of what is not there or not for them.
func notFound() error { return kernel.E(kernel.NotFound, "contribution.notfound") }

// invalid is an error on fields, nil without any.
func invalid(f map[string]string) error {
	if len(f) == 0 {
		return nil
	}
	return &kernel.Error{Kind: kernel.Invalid, Key: "contribution.invalid", Fields: f}
}

// Process finds the process and module of a contribution; the zero ones for what was said outside of any.
func (s *Service) Process(ctx context.Context, tenant kernel.ID, process, module string) (participation.Process, participation.Module, error) {
	if process == "" || s.Processes == nil {
		if process != "" {
			return participation.Process{}, participation.Module{}, notFound()
		}
		return participation.Process{}, participation.Module{}, nil
	}
	p, err := s.Processes.ProcessByKey(ctx, tenant, process)
	if err != nil {
		return p, participation.Module{}, err
	}
	if module == "" {
		return p, participation.Module{}, nil
	}
	m, ok := p.Module(module)
	if !ok {
		return p, m, notFound()
	}
	return p, m, nil
}

// object is what permission is asked for: the process with its phase, or the town.
func (s *Service) object(tenant kernel.ID, p participation.Process, m participation.Module, areas []string) access.Object {
	o := access.Object{Tenant: tenant}
	if p.Key != "" {
		o = p.Object(tenant, m, s.now())
		if slices.Contains(o.Phase, access.Support) {
			o.Phase = append(o.Phase, access.Comment, access.SupportByCode)
		}
	}
	for _, a := range areas {
		o.Within = append(o.Within, access.Context{Kind: access.InArea, Key: a})
	}
	return o
}

// Object is a contribution as the permission function knows it: what its process permits now, visible to whom its state lets see it.
func (s *Service) Object(ctx context.Context, tenant kernel.ID, c Contribution) (access.Object, error) {
	p, m, err := s.Process(ctx, tenant, c.Process, c.Module)
	if kernel.KindOf(err) == kernel.NotFound && c.Module != "" { // the module is gone: its process still says who may read
		p, m, err = s.Process(ctx, tenant, c.Process, "")
	}
	if kernel.KindOf(err) == kernel.NotFound { // the process is gone: the contribution is the town's
		p, m, err = participation.Process{}, participation.Module{}, nil
	}
	if err != nil {
		return access.Object{}, err
	}
	o := s.object(tenant, p, m, c.Areas)
	o.Owner = c.Author
	if o.Visibility == "" {
		o.Visibility = access.Public
	}
	if !c.Public() {
		o.Visibility = access.Internal
	}
	if c.Office != "" {
		o.Within = append(o.Within, access.Context{Kind: access.InOffice, Key: c.Office})
	}
	return o, nil
}

// staffActions let somebody see what is not public.
var staffActions = []access.Action{access.Moderate, access.DraftAnswer, access.RecordContribution, access.ReleaseAnswer}

// sees tells whether the actor may read the contribution: everybody what is public, the author the own one, staff of the process all, and
// whoever entered it.
func (s *Service) sees(by access.Actor, c Contribution, o access.Object) bool {
	if by.Tenant != o.Tenant {
		return false
	}
	if o.Visibility == access.Public || c.Author != "" && c.Author == by.Person || c.EnteredBy != "" && c.EnteredBy == by.Person {
		return true
	}
	o.Visibility, o.Phase, o.Locked = "", nil, false
	return slices.ContainsFunc(staffActions[:2], func(do access.Action) bool { return access.Can(by, do, o) })
}

// Get gives a contribution by its number, with its process and what the actor may know; NotFound for one the actor may not read.
func (s *Service) Get(ctx context.Context, by access.Actor, number string) (Contribution, error) {
	c, err := s.Store.ByNumber(ctx, by.Tenant, number)
	if err != nil {
		return c, err
	}
	return s.readable(ctx, by, c)
}

// ByID is Get by the id.
func (s *Service) ByID(ctx context.Context, by access.Actor, id kernel.ID) (Contribution, error) {
	c, err := s.Store.Contribution(ctx, by.Tenant, id)
	if err != nil {
		return c, err
	}
	return s.readable(ctx, by, c)
}

func (s *Service) readable(ctx context.Context, by access.Actor, c Contribution) (Contribution, error) {
	o, err := s.Object(ctx, by.Tenant, c)
	if err != nil {
		return Contribution{}, err
	}
	if !s.sees(by, c, o) {
		return Contribution{}, notFound()
	}
	return c, nil
}

// may checks an act of staff on a contribution.
func (s *Service) may(ctx context.Context, by access.Actor, do access.Action, c Contribution) error {
	o, err := s.Object(ctx, by.Tenant, c)
	if err != nil {
		return err
	}
	o.Visibility = ""
	return access.Check(by, do, o)
}

// May tells whether the actor may do the action to the contribution.
func (s *Service) May(ctx context.Context, by access.Actor, do access.Action, c Contribution) bool {
	return s.may(ctx, by, do, c) == nil
}

// Turn changes the state of moderation and tells those who want to know. It asks no permission and writes no trail: the decision does.
func (s *Service) Turn(ctx context.Context, tenant, id kernel.ID, to State) (c Contribution, err error) {
	err = s.Tx.Tx(ctx, func(ctx context.Context) error {
		if c, err = s.Store.Contribution(ctx, tenant, id); err != nil {
			return err
		}
		c, err = s.turn(ctx, tenant, c, to)
		return err
	})
	return c, err
}

// turn is Turn for a contribution that was read already: Conflict "contribution.edited" where somebody changed it since, so that nothing is let
// through in words nobody read.
func (s *Service) turn(ctx context.Context, tenant kernel.ID, c Contribution, to State) (Contribution, error) {
	if to == Published && c.MergedIn != "" {
		to = Merged // where it lives on
	}
	if c.State == to {
		return c, nil
	}
	if c.State == Withdrawn || c.State == Merged && to != Hidden {
		return c, kernel.E(kernel.Conflict, "contribution.over")
	}
	c.State, c.Changed = to, s.now()
	if (to == Published || to == Merged) && c.Published.IsZero() {
		c.Published = c.Changed
	}
	seen := c.Edit
	c.Edit++
	return c, s.Tx.Tx(ctx, func(ctx context.Context) error {
		write := c
		write.Edit = seen
		if err := s.Store.Save(ctx, tenant, write); err != nil {
			return err
		}
		if to == Hidden {
			if err := s.standAlone(ctx, tenant, c.ID); err != nil {
				return err
			}
		}
		if err := s.tell(ctx, tenant, Turned, c); err != nil {
			return err
		}
		return s.touch(ctx, tenant)
	})
}

// Publish lets everybody read a contribution; see Turn.
func (s *Service) Publish(ctx context.Context, tenant, id kernel.ID) (Contribution, error) {
	return s.Turn(ctx, tenant, id, Published)
}

// Hide takes it from sight; see Turn.
func (s *Service) Hide(ctx context.Context, tenant, id kernel.ID) (Contribution, error) {
	return s.Turn(ctx, tenant, id, Hidden)
}
