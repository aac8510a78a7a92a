// SPDX-License-Identifier: EUPL-1.2

package vision

import (
	"context"
	"slices"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// Store keeps texts. visiondb implements it.
type Store interface {
	textStore
	amendmentStore
}

// textStore keeps texts, paragraphs and versions.
type textStore interface {
	Texts(ctx context.Context, tenant kernel.ID) ([]Text, error)
	// Text finds one by its key; NotFound "vision.notfound".
	Text(ctx context.Context, tenant kernel.ID, key string) (Text, error)
	// InsertText fails with Conflict "vision.key.taken".
	InsertText(ctx context.Context, tenant kernel.ID, t Text) error
	// SaveText writes a text whose stored edit is the one before; Conflict "vision.changed" when it is another.
	SaveText(ctx context.Context, tenant kernel.ID, t Text) error
	// Paragraphs gives all paragraphs of a text in order, removed ones too.
	Paragraphs(ctx context.Context, tenant, text kernel.ID) ([]Paragraph, error)
	// Citing finds the paragraphs of all texts that rest on something, by text; removed ones are left out.
	Citing(ctx context.Context, tenant kernel.ID, what kernel.Ref) (map[kernel.ID][]kernel.ID, error)
	InsertParagraph(ctx context.Context, tenant, text kernel.ID, p Paragraph, reason string) error
	// SaveParagraph writes a paragraph and keeps its wording; Conflict "vision.paragraph.changed" when its stored edit is not the one before.
	SaveParagraph(ctx context.Context, tenant kernel.ID, p Paragraph, reason string) error
	// Places writes the order of paragraphs.
	Places(ctx context.Context, tenant kernel.ID, places map[kernel.ID]int) error
	// Wordings gives the wordings of a paragraph, the newest first.
	Wordings(ctx context.Context, tenant, paragraph kernel.ID) ([]Wording, error)
	InsertVersion(ctx context.Context, tenant, text kernel.ID, v Version) error
	// Versions lists them without content, the newest first.
	Versions(ctx context.Context, tenant, text kernel.ID) ([]Version, error)
	// Version finds one; NotFound "vision.version.notfound".
	Version(ctx context.Context, tenant, text kernel.ID, number int) (Version, error)
	// NextVersion counts a version and gives its number.
	NextVersion(ctx context.Context, tenant, text kernel.ID) (int, error)
}

// amendmentStore keeps what people want changed.
type amendmentStore interface {
	// NextAmendment counts an amendment and gives its number.
	NextAmendment(ctx context.Context, tenant, text kernel.ID) (int, error)
	InsertAmendment(ctx context.Context, tenant, text kernel.ID, a Amendment, codeHash string) error
	// SaveAmendment writes what became of it, never its words; Conflict "vision.changed" when its stored edit is not the one before.
	SaveAmendment(ctx context.Context, tenant kernel.ID, a Amendment) error
	// Amendments lists those of a text by number.
	Amendments(ctx context.Context, tenant, text kernel.ID) ([]Amendment, error)
	// Amendment finds one by number; NotFound "vision.amendment.notfound".
	Amendment(ctx context.Context, tenant, text kernel.ID, number int) (Amendment, error)
	// AmendmentByCode finds one by the hash of its receipt; NotFound "vision.amendment.notfound".
	AmendmentByCode(ctx context.Context, tenant kernel.ID, codeHash string) (a Amendment, text string, err error)
	// Support notes a voter once and counts; false where the voter had supported it before.
	Support(ctx context.Context, tenant, amendment kernel.ID, voter string, account kernel.ID, at kernel.Instant) (bool, error)
	// Unsupport takes it back; false where there was none.
	Unsupport(ctx context.Context, tenant, amendment kernel.ID, voter string) (bool, error)
	// Supporters gives the accounts that support an amendment.
	Supporters(ctx context.Context, tenant, amendment kernel.ID) ([]kernel.ID, error)
	// Supported gives the amendments of a text that a voter supports.
	Supported(ctx context.Context, tenant, text kernel.ID, voter string) ([]kernel.ID, error)
}

// Wording is what a paragraph said at a time.
type Wording struct {
	Edit   int
	Body   kernel.Text
	Reason string
	At     kernel.Instant
}

// Tx runs f in one transaction; platform/db implements it.
type Tx interface {
	Tx(ctx context.Context, f func(ctx context.Context) error) error
	// TxGrouped shares a commit with others, for what many people do at once.
	TxGrouped(ctx context.Context, f func(ctx context.Context) error) error
}

// Processes tells what the phases of a process permit.
type Processes interface {
	// Object is what the permission function knows of a module of the process; NotFound where there is none.
	Object(ctx context.Context, tenant kernel.ID, process, module string) (access.Object, error)
}

// Figures gives a figure as the public sees it.
type Figures interface {
	// Figure reads the newest figure of an indicator in an area ("quartier/0101") through the release gate, written out with its unit, and the
	// period it speaks of. NotFound where the public sees none.
	Figure(ctx context.Context, a access.Actor, indicator, area string) (value kernel.Text, period string, err error)
}

// Codes lets people without an account support an amendment with the code of a letter or a group.
type Codes interface {
	// Voter gives the mark a code of the process, or of the town where it is empty, stands for; Invalid on the field "code" where it is none.
	Voter(ctx context.Context, tenant kernel.ID, process, code string) (string, error)
}

// Rounds holds the vote on a headline.
type Rounds interface {
	// Create makes a round with the options; path is the page where people vote.
	Create(ctx context.Context, by access.Actor, t Text, options []kernel.Text, closes kernel.Instant) (ref kernel.Ref, path string, err error)
	// Open tells whether the reader may see the page of a round: a round that is prepared is nobody's but the staff's.
	Open(ctx context.Context, by access.Actor, ref kernel.Ref) bool
	// Result counts a round that has ended, in the order of the options; ok is false while it runs.
	Result(ctx context.Context, by access.Actor, ref kernel.Ref) (votes []int, method string, on kernel.Date, ok bool, err error)
}

// News is what people are told.
type News struct {
	Text      Text
	Amendment *Amendment // that was decided, or hidden: that its author alone is told
	Version   *Version   // that is new
	Accounts  []kernel.ID
}

// Mailer tells people in the transaction of ctx: the accounts, and everybody who follows the text or the amendment.
type Mailer interface {
	Tell(ctx context.Context, tenant kernel.ID, n News) error
}

// Service keeps the texts of the towns.
type Service struct {
	Store     Store
	Tx        Tx
	Processes Processes // nil: texts belong to no process
	Figures   Figures   // nil: none can be cited
	Codes     Codes     // nil: support takes an account
	Rounds    Rounds    // nil: headlines are voted on elsewhere and the counts written down
	Mail      Mailer    // nil: nobody is told
	// Members gives the accounts that belong to a working group now; nil: there are no groups.
	Members func(ctx context.Context, tenant kernel.ID, group string) ([]kernel.ID, error)
	// Contribution tells whether everybody can read the contribution of a number; nil: none can be cited.
	Contribution func(ctx context.Context, tenant kernel.ID, number string) (bool, error)
	// Touch marks the town's public pages as changed, in the transaction of ctx.
	Touch    func(ctx context.Context, tenant kernel.ID) error
	Trail    access.Trail
	FourEyes access.FourEyes
	Now      func() time.Time
}

func (s *Service) now() kernel.Instant {
	if s.Now != nil {
		return kernel.InstantOf(s.Now())
	}
	return kernel.InstantOf(time.Now())
}

func (s *Service) today() kernel.Date { return kernel.DayOf(s.now().Time) }

// team adds the accounts of working groups to those who are told.
func (s *Service) team(ctx context.Context, tenant kernel.ID, people []kernel.ID, groups ...string) ([]kernel.ID, error) {
	for _, g := range groups {
		if g == "" || s.Members == nil {
			continue
		}
		more, err := s.Members(ctx, tenant, g)
		if err != nil {
			return nil, err
		}
		people = append(people, more...)
	}
	slices.Sort(people)
	return slices.Compact(people), nil
}

// staff is what the people in charge do at any time; the window or the phase governs what people outside do.
var staff = []access.Action{access.EditVision, access.AdoptVision, access.Moderate}

// Object is the text as the permission function knows it.
func (s *Service) Object(ctx context.Context, tenant kernel.ID, t Text) (access.Object, error) {
	o := access.Object{Tenant: tenant, Visibility: access.Public}
	if t.Process != "" && s.Processes != nil {
		var err error
		if o, err = s.Processes.Object(ctx, tenant, t.Process, t.Module); err != nil {
			if kernel.KindOf(err) != kernel.NotFound {
				return o, err
			}
			o = access.Object{Tenant: tenant, Visibility: access.Public}
		}
		o.Locked = false // what a process ended with can still be edited into a new version
	} else if now := s.now(); !t.Opens.IsZero() && !now.Before(t.Opens.Time) && (t.Closes.IsZero() || now.Before(t.Closes.Time)) {
		o.Phase = append(o.Phase, access.Contribute, access.Support, access.VoteByCode)
	}
	o.Phase = append(o.Phase, staff...)
	if !t.Public() {
		o.Visibility = access.Internal
	}
	if t.Team != "" {
		o.Within = append(o.Within, access.Context{Kind: access.InGroup, Key: t.Team})
	}
	return o, nil
}

// find gives a text the actor may do the action to.
func (s *Service) find(ctx context.Context, a access.Actor, key string, do access.Action) (Text, error) {
	t, err := s.Store.Text(ctx, a.Tenant, key)
	if err != nil {
		return t, err
	}
	o, err := s.Object(ctx, a.Tenant, t)
	if err != nil {
		return t, err
	}
	return t, access.Check(a, do, o)
}

// can tells whether the actor may do the action to the text.
func (s *Service) can(ctx context.Context, a access.Actor, t Text, do access.Action) (bool, error) {
	o, err := s.Object(ctx, a.Tenant, t)
	return err == nil && access.Can(a, do, o), err
}

// change runs an act of staff in one transaction with its entry of the audit trail, and marks the public pages as changed.
func (s *Service) change(ctx context.Context, by access.Actor, act access.Act, f func(ctx context.Context) error) error {
	return s.Tx.Tx(ctx, func(ctx context.Context) error {
		if err := f(ctx); err != nil {
			return err
		}
		if s.Touch != nil {
			if err := s.Touch(ctx, by.Tenant); err != nil {
				return err
			}
		}
		return access.Record(ctx, s.Trail, by, act)
	})
}

// about names a text in the audit trail.
func about(t Text) kernel.Ref { return kernel.Ref{Kind: "vision", ID: t.ID} }
