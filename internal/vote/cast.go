// SPDX-License-Identifier: EUPL-1.2

package vote

import (
	"context"
	"errors"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/stat/ballot"
)

// Cast is a ballot on its way into the box.
type Cast struct {
	Voter   string // key of the voter in this round
	Way     Way
	Area    string
	Receipt string // hash
	At      kernel.Instant
	Marks   []ballot.Mark
}

// Counted is a ballot as it is counted and published: without a voter.
type Counted struct {
	Number     int64
	Way        Way
	Area       string
	Marks      string // as ballot.Write gives them
	Correction int
}

// Voice is somebody who votes: by a code, by an account, or by nothing but a browser.
type Voice struct {
	Code   string // from a letter; empty: none
	Device string // random value of a cookie, for open rounds
}

// Sent is what a voter has to know afterwards.
type Sent struct {
	Receipt string // shown once
	Way     Way
	Again   bool // it replaces an earlier vote
	At      kernel.Instant
}

// closed says that a vote comes too early or too late.
func closed(r Round, now kernel.Instant) error {
	switch r.Stage(now) {
	case Running:
		return nil
	case Announced, Preparing:
		return kernel.E(kernel.Conflict, "vote.early")
	case Ended:
		return kernel.E(kernel.Conflict, "vote.cancelled")
	}
	return kernel.E(kernel.Conflict, "vote.over")
}

// wrongBallot words what is wrong with a ballot, at the option it concerns.
func wrongBallot(r Round, options []Option, err error) error {
	var f *ballot.Fault
	if !errors.As(err, &f) {
		return err
	}
	key := "vote.ballot.unknown"
	for e, k := range map[error]string{
		ballot.ErrEmpty: "vote.ballot.empty", ballot.ErrTwice: "vote.ballot.twice", ballot.ErrFew: "vote.ballot.few", ballot.ErrMany: "vote.ballot.many",
		ballot.ErrValue: "vote.ballot.value", ballot.ErrStock: "vote.ballot.stock", ballot.ErrLittle: "vote.ballot.little", ballot.ErrPlaces: "vote.ballot.places",
		ballot.ErrMissing: "vote.ballot.missing",
	} {
		if errors.Is(err, e) {
			key = k
		}
	}
	out := kernel.E(kernel.Invalid, key, "least", r.Rules.Least, "most", r.Rules.Most, "stock", r.Rules.Stock, "leaststock", r.Rules.LeastStock)
	if f.Option >= 0 && f.Option < len(options) {
		out.Fields = map[string]string{Field(f.Option): key + ".field"}
	}
	return out
}

// Field is the name of an option's field in forms.
func Field(number int) string { return "o" + count(number) }

// Judge tells whether marks make a ballot of the round.
func Judge(r Round, options []Option, marks []ballot.Mark) error {
	if err := r.Rules.Check(len(options), marks); err != nil {
		return wrongBallot(r, options, err)
	}
	if r.Budget > 0 && r.Rules.Method == ballot.Approval && r.Rules.Most == 0 {
		var sum int64
		for _, m := range marks {
			sum += options[m.Option].Cost
		}
		if sum > r.Budget {
			return kernel.E(kernel.Invalid, "vote.ballot.budget", "sum", ballot.Money(sum), "budget", ballot.Money(r.Budget))
		}
	}
	return nil
}

// voter finds out who votes, without keeping it: the key is a hash with the salt of the box.
func (s *Service) voter(ctx context.Context, by access.Actor, r Round, salt string, v Voice) (key string, way Way, area string, err error) {
	switch {
	case v.Code != "" && r.Eligibility != Account:
		g, err := s.Codes.Check(ctx, by.Tenant, Scope{Process: r.Process, Round: r.ID}, v.Code)
		if err == nil && g.Kind != LetterCode {
			err = wrongCode()
		}
		return hash(salt, "code", string(g.Set), g.Key), Verified, g.Area, err
	case r.Eligibility == Code:
		return "", "", "", &kernel.Error{Kind: kernel.Invalid, Key: "vote.code.missing", Fields: map[string]string{"code": "vote.code.missing"}}
	case by.Person != "" && by.HasIn(access.Resident, nil):
		return hash(salt, "account", string(by.Person)), Verified, "", nil
	case r.Eligibility == Account:
		o, err := s.object(ctx, by, r, true)
		if err == nil {
			err = access.Check(by, access.Vote, o)
		}
		return hash(salt, "account", string(by.Person)), Verified, "", err
	case by.Person != "":
		return hash(salt, "account", string(by.Person)), Unverified, "", nil
	case len(v.Device) < 16:
		return "", "", "", kernel.E(kernel.Invalid, "vote.cookie")
	}
	return hash(salt, "device", v.Device), Unverified, "", nil
}

// do is what a voter must be allowed to do.
func (r Round) do() access.Action {
	if r.Eligibility == Account {
		return access.Vote
	}
	return access.VoteByCode
}

// ready finds a round that takes votes now from somebody who may vote.
func (s *Service) ready(ctx context.Context, by access.Actor, key string) (Round, []Option, error) {
	r, options, err := s.Get(ctx, by, key)
	if err != nil {
		return r, nil, err
	}
	if err := closed(r, s.now()); err != nil {
		return r, options, err
	}
	o, err := s.object(ctx, by, r, true)
	if err != nil {
		return r, options, err
	}
	return r, options, access.Check(by, r.do(), o)
}

// Try tells whether a vote would be taken, before it is cast: the page that asks once more uses it.
func (s *Service) Try(ctx context.Context, by access.Actor, key string, v Voice, marks []ballot.Mark) error {
	r, options, err := s.ready(ctx, by, key)
	if err != nil {
		return err
	}
	if err := Judge(r, options, marks); err != nil {
		return err
	}
	salt, err := s.Store.Salt(ctx, by.Tenant, r.ID)
	if err != nil {
		return err
	}
	_, _, _, err = s.voter(ctx, by, r, salt, v)
	return err
}

// Vote puts a ballot into the box. The clock is read within the transaction: what waits for the writer past the end is refused.
func (s *Service) Vote(ctx context.Context, by access.Actor, key string, v Voice, marks []ballot.Mark) (Sent, error) {
	receipt := NewCode()
	var sent Sent
	err := s.Tx.TxGrouped(ctx, func(ctx context.Context) error {
		r, options, err := s.ready(ctx, by, key)
		if err != nil {
			return err
		}
		if err := Judge(r, options, marks); err != nil {
			return err
		}
		salt, err := s.Store.Salt(ctx, by.Tenant, r.ID)
		if err != nil {
			return err
		}
		c := Cast{Marks: marks, At: s.now()}
		if c.Voter, c.Way, c.Area, err = s.voter(ctx, by, r, salt, v); err != nil {
			return err
		}
		c.Receipt = receiptHash(r.ID, receipt)
		casts, err := s.Store.Cast(ctx, by.Tenant, r.ID, c)
		sent = Sent{Receipt: receipt, Way: c.Way, Again: casts > 1, At: c.At}
		return err
	})
	return sent, err
}

// receiptHash is how a receipt is kept. Its 50 bits need no salt beyond the round: it opens nothing but the word that a vote was counted.
func receiptHash(round kernel.ID, code string) string {
	normal, _ := Normal(code)
	return hash(string(round), "receipt", normal)
}

// Standing is what a receipt tells.
type Standing struct {
	Round   Round
	At      kernel.Instant // when it was cast; zero once the round is closed
	Counted bool           // it was among the ballots that were counted
}

// Receipt tells whoever has a receipt whether the vote lies in the box, or was counted; never for what.
func (s *Service) Receipt(ctx context.Context, by access.Actor, key, code string) (Standing, error) {
	r, _, err := s.Get(ctx, by, key)
	if err != nil {
		return Standing{}, err
	}
	unknown := &kernel.Error{Kind: kernel.Invalid, Key: "vote.receipt.unknown", Fields: map[string]string{"receipt": "vote.receipt.unknown"}}
	if _, ok := Normal(code); !ok {
		return Standing{}, unknown
	}
	st := Standing{Round: r}
	if r.State == Fixed {
		st.At, err = s.Store.Receipt(ctx, by.Tenant, r.ID, receiptHash(r.ID, code))
	} else {
		st.Counted, err = s.Store.Counted(ctx, by.Tenant, r.ID, receiptHash(r.ID, code))
		if err == nil && !st.Counted {
			err = kernel.E(kernel.NotFound, "vote.receipt.unknown")
		}
	}
	if kernel.KindOf(err) == kernel.NotFound {
		return st, unknown
	}
	return st, err
}

// PaperBallot is a ballot on paper that staff entered.
type PaperBallot struct {
	Number int
	Batch  string // the pile it came with
	Area   string
	Marks  []ballot.Mark
	Void   string // why it does not count; empty: it does
	At     kernel.Instant
}

// AddPaper enters a paper ballot, from the start of the round until it is closed: counting goes on after the polls have closed.
func (s *Service) AddPaper(ctx context.Context, by access.Actor, key string, p PaperBallot) (number int, err error) {
	if p.Batch = tidy(p.Batch); p.Batch == "" || len(p.Batch) > 60 {
		return 0, invalid(map[string]string{"batch": "vote.batch.missing"})
	}
	if len(p.Area) > 100 {
		return 0, invalid(map[string]string{"area": "vote.text.long"})
	}
	err = s.Tx.Tx(ctx, func(ctx context.Context) error {
		r, options, err := s.ForStaff(ctx, by, key, access.RecordContribution)
		if err != nil {
			return err
		}
		if st := r.Stage(s.now()); r.State != Fixed || st != Running && st != Counting {
			return kernel.E(kernel.Conflict, "vote.paper.closed")
		}
		if err := Judge(r, options, p.Marks); err != nil {
			return err
		}
		p.At = s.now()
		if number, err = s.Store.AddPaper(ctx, by.Tenant, r.ID, p); err != nil {
			return err
		}
		return s.record(ctx, by, r, access.RecordContribution, "vote.paper", "", map[string]string{"number": count(number)})
	})
	return number, err
}

// VoidPaper takes an entered ballot out before the count, with a reason.
func (s *Service) VoidPaper(ctx context.Context, by access.Actor, key string, number int, reason string) error {
	if reason = tidy(reason); reason == "" || len(reason) > 500 {
		return invalid(map[string]string{"reason": "vote.reason.missing"})
	}
	return s.Tx.Tx(ctx, func(ctx context.Context) error {
		r, _, err := s.ForStaff(ctx, by, key, access.RecordContribution)
		if err != nil {
			return err
		}
		if r.State != Fixed {
			return kernel.E(kernel.Conflict, "vote.paper.closed")
		}
		ok, err := s.Store.VoidPaper(ctx, by.Tenant, r.ID, number, reason)
		if err != nil {
			return err
		}
		if !ok {
			return &kernel.Error{Kind: kernel.Invalid, Key: "web.invalid", Fields: map[string]string{"number": "vote.paper.none"}}
		}
		return s.record(ctx, by, r, access.RecordContribution, "vote.paper.void", reason, map[string]string{"number": count(number)})
	})
}

// May tells whether by may vote in the round as far as that hangs on the person and the phase; codes are asked for with the vote.
func (s *Service) May(ctx context.Context, by access.Actor, r Round) error {
	o, err := s.object(ctx, by, r, true)
	if err != nil {
		return err
	}
	return access.Check(by, r.do(), o)
}
