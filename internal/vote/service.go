// SPDX-License-Identifier: EUPL-1.2

package vote

import (
	"context"
	"iter"
	"slices"
	"strconv"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/stat/ballot"
)

// Tx runs f in a transaction; TxGrouped lets many short ones share a commit. platform/db has them.
type Tx interface {
	Tx(ctx context.Context, f func(ctx context.Context) error) error
	TxGrouped(ctx context.Context, f func(ctx context.Context) error) error
}

// Store keeps rounds, ballots and results. votedb implements it.
type Store interface {
	// Add keeps a new round with its box; Conflict "vote.key.taken" when there is one of its key.
	Add(ctx context.Context, tenant kernel.ID, r Round, salt string) error
	// Save changes a round if its edit count is still edit; false when somebody else changed it.
	Save(ctx context.Context, tenant kernel.ID, r Round, edit int) (bool, error)
	// Round finds one by key, ByID by id; NotFound "vote.notfound".
	Round(ctx context.Context, tenant kernel.ID, key string) (Round, error)
	ByID(ctx context.Context, tenant, id kernel.ID) (Round, error)
	// List gives all rounds, the latest first.
	List(ctx context.Context, tenant kernel.ID) ([]Round, error)
	// Options lists what can be voted for, by number; SetOptions replaces it.
	Options(ctx context.Context, tenant, round kernel.ID) ([]Option, error)
	SetOptions(ctx context.Context, tenant, round kernel.ID, list []Option) error

	// Salt gives the salt of the box; NotFound "vote.over" when the round is closed.
	Salt(ctx context.Context, tenant, round kernel.ID) (string, error)
	// Cast keeps a ballot in place of an earlier one of the same voter and tells how often the voter has cast one.
	Cast(ctx context.Context, tenant, round kernel.ID, b Cast) (casts int, err error)
	// Receipt finds when the ballot with the receipt was cast; NotFound "vote.receipt.unknown".
	Receipt(ctx context.Context, tenant, round kernel.ID, hash string) (kernel.Instant, error)
	// Counted tells whether a receipt belongs to a ballot that was counted.
	Counted(ctx context.Context, tenant, round kernel.ID, hash string) (bool, error)
	// Turnout counts what lies in the box.
	Turnout(ctx context.Context, tenant, round kernel.ID) (map[Way]int64, error)

	// AddPaper keeps a paper ballot and gives it the next number.
	AddPaper(ctx context.Context, tenant, round kernel.ID, p PaperBallot) (int, error)
	// Papers lists paper ballots, the latest first; VoidPaper takes one out, false when there is none that counts.
	Papers(ctx context.Context, tenant, round kernel.ID, batch string, limit int) ([]PaperBallot, error)
	VoidPaper(ctx context.Context, tenant, round kernel.ID, number int, reason string) (bool, error)
	// Batches counts the paper ballots that count by batch.
	Batches(ctx context.Context, tenant, round kernel.ID) (map[string]int, error)

	// InBox reads every ballot of the box, paper included; the order means nothing.
	InBox(ctx context.Context, tenant, round kernel.ID, f func(Counted) error) error
	// Empty deletes the box and all keys, and keeps the receipts apart; it tells how many keys there were.
	Empty(ctx context.Context, tenant, round kernel.ID) (keys, receipts int64, err error)
	// Lay keeps ballots that are counted, in the order given.
	Lay(ctx context.Context, tenant, round kernel.ID, list iter.Seq2[Counted, error]) (int64, error)
	// CountedBallots reads them by number.
	CountedBallots(ctx context.Context, tenant, round kernel.ID, f func(Counted) error) error
	// Strike takes ballots out under the number of a correction and tells how many.
	Strike(ctx context.Context, tenant, round kernel.ID, numbers []int64, c Correction) (int, error)
	Corrections(ctx context.Context, tenant, round kernel.ID) ([]Correction, error)
	// SetResult keeps the count, Result reads it; NotFound "vote.uncounted".
	SetResult(ctx context.Context, tenant, round kernel.ID, r Result) error
	Result(ctx context.Context, tenant, round kernel.ID) (Result, error)

	CodeStore
}

// Service runs rounds of voting.
type Service struct {
	Store    Store
	Tx       Tx
	Trail    access.Trail
	FourEyes access.FourEyes
	Codes    *Codes
	Now      func() time.Time
	// Place tells where a round of a process stands for permission: a module's key within the process, both empty for the town.
	Place func(ctx context.Context, by access.Actor, process, module string) (Place, error)
	// Contributions gives what can be voted on of a process, as drafts of options; nil: nothing is offered.
	Contributions func(ctx context.Context, by access.Actor, process string) ([]Option, error)
}

func (s *Service) now() kernel.Instant { return kernel.InstantOf(s.Now()) }

func count[N int | int64](n N) string { return strconv.FormatInt(int64(n), 10) }

// object is the round for the permission function. What hangs on a process is judged by its phase; for staff no phase governs.
func (s *Service) object(ctx context.Context, by access.Actor, r Round, governed bool) (access.Object, error) {
	p, err := s.Place(ctx, by, r.Process, r.Module)
	if err != nil {
		return access.Object{}, err
	}
	o := p.Object
	if !governed {
		o.Phase, o.Locked = nil, false
	}
	if !r.Public() {
		o.Visibility = access.Internal
	}
	return o, nil
}

// staff checks that by may do something to the round, whatever phase is on.
func (s *Service) staff(ctx context.Context, by access.Actor, r Round, do access.Action) error {
	o, err := s.object(ctx, by, r, false)
	if err != nil {
		return err
	}
	return access.Check(by, do, o)
}

// CreateRound makes a draft with its options. Other capabilities use it too: a vision lets people vote on its headline.
func (s *Service) CreateRound(ctx context.Context, by access.Actor, r Round, options []Option) (Round, error) {
	r.State, r.ID, r.Edit, r.CreatedAt = Draft, kernel.NewID(), 1, s.now()
	r.defaults()
	if err := s.staff(ctx, by, r, access.EditProcess); err != nil {
		return r, err
	}
	if err := r.check(); err != nil {
		return r, err
	}
	options, err := tidyOptions(options)
	if err != nil {
		return r, err
	}
	return r, s.Tx.Tx(ctx, func(ctx context.Context) error {
		if err := s.Store.Add(ctx, by.Tenant, r, newSalt()); err != nil {
			return err
		}
		if err := s.Store.SetOptions(ctx, by.Tenant, r.ID, options); err != nil {
			return err
		}
		return s.record(ctx, by, r, access.EditProcess, "vote.create", "", nil)
	})
}

// defaults puts right what forms leave open, and what is typed.
func (r *Round) defaults() {
	r.Title, r.Text = tidied(r.Title, false), tidied(r.Text, true)
	if r.Winners == 0 {
		r.Winners = 1
	}
	if r.Rules.Method == ballot.Ranking && r.Winner == "" {
		r.Winner = Borda
	}
	if r.Rules.Method != ballot.Points {
		r.Rules.Stock, r.Rules.LeastStock, r.Rules.Each = 0, 0, 0
	}
	if r.Rules.Method == ballot.Resistance {
		r.Rules.Least, r.Rules.Most = 0, 0
	}
	if r.Rule.Counting != ballot.EqualShares {
		r.Rule.Utility, r.Rule.Completion, r.Rule.Step = "", "", 0
	}
}

func (s *Service) record(ctx context.Context, by access.Actor, r Round, do access.Action, what, reason string, note map[string]string) error {
	return access.Record(ctx, s.Trail, by, access.Act{Do: do, What: what, Object: r.Ref(), Reason: reason, Note: note})
}

// Get finds a round that the reader may see.
func (s *Service) Get(ctx context.Context, by access.Actor, key string) (Round, []Option, error) {
	r, err := s.Store.Round(ctx, by.Tenant, key)
	if err != nil {
		return r, nil, err
	}
	o, err := s.object(ctx, by, r, true)
	if err != nil {
		return r, nil, err
	}
	if err := access.Check(by, access.ReadPublic, o); err != nil {
		return r, nil, err
	}
	options, err := s.Store.Options(ctx, by.Tenant, r.ID)
	return r, options, err
}

// ByID finds a round by its id, for what refers to it.
func (s *Service) ByID(ctx context.Context, by access.Actor, id kernel.ID) (Round, error) {
	r, err := s.Store.ByID(ctx, by.Tenant, id)
	if err != nil {
		return r, err
	}
	o, err := s.object(ctx, by, r, true)
	if err != nil {
		return r, err
	}
	return r, access.Check(by, access.ReadPublic, o)
}

// List gives the rounds the reader may see, the latest first; process selects those of one, "" all.
func (s *Service) List(ctx context.Context, by access.Actor, process string) ([]Round, error) {
	all, err := s.Store.List(ctx, by.Tenant)
	if err != nil {
		return nil, err
	}
	objects := map[string]access.Object{}
	out := all[:0]
	for _, r := range all {
		if process != "" && r.Process != process {
			continue
		}
		o, ok := objects[r.Process]
		if !ok {
			p, err := s.Place(ctx, by, r.Process, "")
			if kernel.KindOf(err) == kernel.NotFound {
				p.Object, err = access.Object{Tenant: by.Tenant, Visibility: access.Sealed}, nil
			}
			if err != nil {
				return nil, err
			}
			o = p.Object
			objects[r.Process] = o
		}
		if !r.Public() {
			o.Visibility = access.Internal
		}
		if access.Can(by, access.ReadPublic, o) {
			out = append(out, r)
		}
	}
	return out, nil
}

// WorkList gives the rounds whose ballots the actor takes down or which he or she runs, the latest first.
func (s *Service) WorkList(ctx context.Context, by access.Actor) ([]Round, error) {
	if !access.Anywhere(by, access.RecordContribution) {
		return nil, access.CheckTenant(by, access.RecordContribution)
	}
	all, err := s.Store.List(ctx, by.Tenant)
	if err != nil {
		return nil, err
	}
	out := all[:0]
	for _, r := range all {
		switch err := s.staff(ctx, by, r, access.RecordContribution); {
		case err == nil:
			out = append(out, r)
		case kernel.KindOf(err) != kernel.Denied && kernel.KindOf(err) != kernel.NotFound:
			return nil, err
		}
	}
	return out, nil
}

// Runs tells whether the actor may do something to the round as staff.
func (s *Service) Runs(ctx context.Context, by access.Actor, r Round, do access.Action) bool {
	return s.staff(ctx, by, r, do) == nil
}

// ForStaff finds a round for those who run it.
func (s *Service) ForStaff(ctx context.Context, by access.Actor, key string, do access.Action) (Round, []Option, error) {
	r, err := s.Store.Round(ctx, by.Tenant, key)
	if err != nil {
		return r, nil, err
	}
	if err := s.staff(ctx, by, r, do); err != nil {
		return r, nil, err
	}
	options, err := s.Store.Options(ctx, by.Tenant, r.ID)
	return r, options, err
}

// Save changes a round before it starts. What is in to and not to be changed by it (key, state, dates of states) is taken from what is kept.
func (s *Service) Save(ctx context.Context, by access.Actor, to Round) error {
	return s.change(ctx, by, to.Key, access.EditProcess, "vote.save", "", func(ctx context.Context, r *Round, _ []Option) error {
		if r.Begun(s.now()) || r.State != Draft && r.State != Fixed {
			return kernel.E(kernel.Conflict, "vote.begun")
		}
		if to.Edit != r.Edit {
			return kernel.E(kernel.Conflict, "vote.changed")
		}
		if to.Process != r.Process { // into another process only for who runs that one too
			if err := s.staff(ctx, by, to, access.EditProcess); err != nil {
				return err
			}
		}
		kept := *r
		*r = to
		r.ID, r.State, r.Reason, r.Source, r.CreatedAt, r.ClosedAt, r.PublishedAt, r.Proof = kept.ID, kept.State, kept.Reason, kept.Source, kept.CreatedAt, kept.ClosedAt, kept.PublishedAt, kept.Proof
		r.defaults()
		if err := r.check(); err != nil {
			return err
		}
		if r.State == Fixed {
			return s.dates(*r)
		}
		return nil
	})
}

// change loads a round, lets f change it and keeps it, in one transaction with its entry in the trail.
func (s *Service) change(ctx context.Context, by access.Actor, key string, do access.Action, what, reason string, f func(ctx context.Context, r *Round, options []Option) error) error {
	return s.Tx.Tx(ctx, func(ctx context.Context) error {
		r, options, err := s.ForStaff(ctx, by, key, do)
		if err != nil {
			return err
		}
		edit := r.Edit
		if err := f(ctx, &r, options); err != nil {
			return err
		}
		r.Edit = edit + 1
		ok, err := s.Store.Save(ctx, by.Tenant, r, edit)
		if err != nil {
			return err
		}
		if !ok {
			return kernel.E(kernel.Conflict, "vote.changed")
		}
		return s.record(ctx, by, r, do, what, reason, map[string]string{"state": string(r.State)})
	})
}

// SetOptions replaces what is voted on, before the start.
func (s *Service) SetOptions(ctx context.Context, by access.Actor, key string, list []Option) error {
	list, err := tidyOptions(list)
	if err != nil {
		return err
	}
	return s.change(ctx, by, key, access.EditProcess, "vote.options", "", func(ctx context.Context, r *Round, _ []Option) error {
		if r.Begun(s.now()) || r.State != Draft && r.State != Fixed {
			return kernel.E(kernel.Conflict, "vote.begun")
		}
		if r.State == Fixed && len(list) < 2 {
			return kernel.E(kernel.Invalid, "vote.options.few")
		}
		return s.Store.SetOptions(ctx, by.Tenant, r.ID, list)
	})
}

// tidyOptions numbers options and names what is wrong with them.
func tidyOptions(list []Option) ([]Option, error) {
	if len(list) > MostOptions {
		return nil, kernel.E(kernel.Invalid, "vote.options.many", "most", MostOptions)
	}
	out := slices.Clone(list)
	seen := map[string]bool{}
	var findings []kernel.Finding
	for i := range out {
		o := &out[i]
		o.Number, o.Key, o.Alt, o.Title, o.Text = i, tidy(o.Key), tidy(o.Alt), tidied(o.Title, false), tidied(o.Text, true)
		if o.Key == "" {
			o.Key = strconv.Itoa(i + 1)
		}
		f := map[string]string{}
		long(f, "title", o.Title, 300)
		long(f, "text", o.Text, 10_000)
		switch {
		case seen[o.Key], len(o.Key) > 60:
			findings = append(findings, kernel.Finding{Code: "vote.option.key", Outcome: kernel.RefuseRow, Row: i + 1, Params: kernel.Params("key", o.Key)})
		case o.Title.String() == "":
			findings = append(findings, kernel.Finding{Code: "vote.option.title", Outcome: kernel.RefuseRow, Row: i + 1})
		case len(f) > 0 || len(o.Alt) > 500:
			findings = append(findings, kernel.Finding{Code: "vote.option.long", Outcome: kernel.RefuseRow, Row: i + 1})
		case o.Cost < 0 || o.Cost > 1<<45:
			findings = append(findings, kernel.Finding{Code: "vote.option.cost", Outcome: kernel.RefuseRow, Row: i + 1})
		}
		seen[o.Key] = true
	}
	if len(findings) > 0 {
		return nil, &kernel.Error{Kind: kernel.Invalid, Key: "vote.options.wrong", Findings: findings}
	}
	return out, nil
}

// dates asks for an end, and for a start that leaves nobody with a rule that changes under his or her vote.
func (s *Service) dates(r Round) error {
	f := map[string]string{}
	now := s.now()
	if r.From.IsZero() {
		f["from"] = "vote.from.missing"
	}
	switch {
	case r.To.IsZero():
		f["to"] = "vote.to.missing"
	case !now.Before(r.To.Time):
		f["to"] = "vote.to.past"
	}
	return invalid(f)
}

// Fix announces a round: it can be seen by everybody, and from its start on nothing of it changes.
func (s *Service) Fix(ctx context.Context, by access.Actor, key string) error {
	return s.change(ctx, by, key, access.Publish, "vote.fix", "", func(ctx context.Context, r *Round, options []Option) error {
		if r.State != Draft {
			return kernel.E(kernel.Conflict, "vote.state")
		}
		if err := s.dates(*r); err != nil {
			return err
		}
		if len(options) < 2 && !(r.Budget > 0 && len(options) == 1) {
			return kernel.E(kernel.Invalid, "vote.options.few")
		}
		if r.Budget > 0 && !slices.ContainsFunc(options, func(o Option) bool { return o.Cost > 0 && o.Cost <= r.Budget }) {
			return kernel.E(kernel.Invalid, "vote.options.dear")
		}
		r.State = Fixed
		return nil
	})
}

// Cancel ends a round without a result, with a reason everybody can read. What was cast is deleted.
func (s *Service) Cancel(ctx context.Context, by access.Actor, key, reason string) error {
	reason = tidy(reason)
	if reason == "" || len(reason) > 2000 {
		return invalid(map[string]string{"reason": "vote.reason.missing"})
	}
	return s.change(ctx, by, key, access.Publish, "vote.cancel", reason, func(ctx context.Context, r *Round, _ []Option) error {
		if r.State != Fixed {
			return kernel.E(kernel.Conflict, "vote.state")
		}
		if _, _, err := s.Store.Empty(ctx, by.Tenant, r.ID); err != nil {
			return err
		}
		r.State, r.Reason, r.ClosedAt = Cancelled, reason, s.now()
		return nil
	})
}

// Variants lists the public texts of rounds, for the report of languages.
func (s *Service) Variants(ctx context.Context, tenant kernel.ID) ([]kernel.Variant, error) {
	all, err := s.Store.List(ctx, tenant)
	if err != nil {
		return nil, err
	}
	var out []kernel.Variant
	for _, r := range all {
		if r.Public() && r.Source == "" {
			out = append(out, kernel.Variant{Kind: Kind, ID: r.Key, Title: r.Title, Path: "/abstimmung/" + r.Key, Edit: "/arbeit/abstimmungen/" + r.Key + "/angaben", Texts: []kernel.Text{r.Title, r.Text}})
		}
	}
	return out, nil
}
