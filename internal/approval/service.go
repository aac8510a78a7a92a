// SPDX-License-Identifier: EUPL-1.2

package approval

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// Store keeps requests. approvaldb implements it.
type Store interface {
	// Add keeps a request; when an equal one waits it stays alone, and added is false.
	Add(ctx context.Context, tenant kernel.ID, r Request) (added bool, err error)
	// Request finds one; NotFound "approval.notfound".
	Request(ctx context.Context, tenant, id kernel.ID) (Request, error)
	// List gives requests that wait, then others by the time of their decision, newest first, at most n.
	List(ctx context.Context, tenant kernel.ID, n int) ([]Request, error)
	// Decide ends the waiting of a request and tells whether it still waited.
	Decide(ctx context.Context, tenant kernel.ID, r Request) (bool, error)
	// Granted tells whether an equal matter of that person was approved and has not expired.
	Granted(ctx context.Context, tenant kernel.ID, digest string, person kernel.ID, now kernel.Instant) (bool, error)
	// Expire ends the waiting of requests whose time is over.
	Expire(ctx context.Context, tenant kernel.ID, now kernel.Instant) error
}

// Tx runs f in one transaction; platform/db implements it.
type Tx interface {
	Tx(ctx context.Context, f func(ctx context.Context) error) error
	InTx(ctx context.Context) bool
}

// Rules tells for which matters a town asks for two people.
type Rules interface {
	FourEyes(ctx context.Context, tenant kernel.ID) (map[access.MatterKind]bool, error)
}

// People tells who people are today.
type People interface {
	// Actor gives one person with the roles of today; NotFound where the account is gone or disabled.
	Actor(ctx context.Context, tenant, person kernel.ID) (access.Actor, error)
	// Actors gives everybody who can sign in.
	Actors(ctx context.Context, tenant kernel.ID) ([]access.Actor, error)
}

// Message tells a person what happened to a request. Kind is "approval.asked", "approval.approved", "approval.rejected" or "approval.stale".
type Message struct {
	To    kernel.ID // account
	Kind  string
	Event string // equal for messages that must be sent once
	Title kernel.Text
	Path  string // within the town
}

// Mailer sends messages within the caller's transaction.
type Mailer interface {
	Tell(ctx context.Context, tenant kernel.ID, m Message) error
}

// Path of the page of requests within the town.
const Path = "/arbeit/freigabebitten"

// Service keeps the rule of two people. It implements access.FourEyes.
type Service struct {
	Store  Store
	Tx     Tx
	Rules  Rules
	People People
	Mailer Mailer       // nil: nobody is told
	Trail  access.Trail // nil: nothing is written down
	Now    func() time.Time

	executors map[string]Executor
}

// Register names who carries out a kind of matter. It is called while the program starts.
func (s *Service) Register(what string, run Executor) {
	if s.executors == nil {
		s.executors = map[string]Executor{}
	}
	if s.executors[what] != nil {
		panic("approval: " + what + " has two executors")
	}
	s.executors[what] = run
}

// Whats lists the matters that can be carried out, for tests.
func (s *Service) Whats() []string {
	list := make([]string, 0, len(s.executors))
	for what := range s.executors {
		list = append(list, what)
	}
	slices.Sort(list)
	return list
}

// Second lets an act go on, or keeps it as a request and answers Conflict "approval.waiting". It is asked before the transaction of the act: a
// request kept inside it would be rolled back with it.
func (s *Service) Second(ctx context.Context, by access.Actor, m access.Matter) error {
	args, err := argsOf(m)
	if err != nil {
		return err
	}
	sum := digest(m, args)
	if a, ok := agreed(ctx); ok {
		if a.tenant == by.Tenant && a.digest == sum {
			return nil
		}
		return kernel.E(kernel.Conflict, "approval.changed")
	}
	rules, err := s.Rules.FourEyes(ctx, by.Tenant)
	if err != nil || !rules[m.Kind] {
		return err
	}
	now := kernel.InstantOf(s.Now())
	if m.Kind == access.ExportMatter {
		if ok, err := s.Store.Granted(ctx, by.Tenant, sum, by.Person, now); err != nil || ok {
			return err
		}
	}
	if s.Tx.InTx(ctx) {
		return fmt.Errorf("approval: %s asked for a second person inside its own transaction", m.What)
	}
	r := Request{
		ID: kernel.NewID(), Kind: m.Kind, Do: m.Do, What: m.What, Object: m.Object, Title: m.Title, Reason: bounded(m.Reason), Args: args, Digest: sum,
		State: Waiting, RequestedAt: now, RequestedBy: by.Person, ExpiresAt: kernel.InstantOf(now.AddDate(0, 0, WaitDays)),
	}
	err = s.Tx.Tx(ctx, func(ctx context.Context) error {
		if err := s.Store.Expire(ctx, by.Tenant, now); err != nil {
			return err
		}
		added, err := s.Store.Add(ctx, by.Tenant, r)
		if err != nil || !added {
			return err
		}
		if err := s.record(ctx, by, r, "approval.ask", r.Reason); err != nil {
			return err
		}
		return s.tellDeciders(ctx, by, r)
	})
	if err != nil {
		return err
	}
	return kernel.E(kernel.Conflict, "approval.waiting", "days", WaitDays)
}

// bounded keeps a reason within what the page shows.
func bounded(s string) string {
	const most = 2000
	s = strings.TrimSpace(s)
	if utf8.RuneCountInString(s) > most {
		s = string([]rune(s)[:most])
	}
	return s
}

func (s *Service) record(ctx context.Context, by access.Actor, r Request, what, reason string) error {
	return access.Record(ctx, s.Trail, by, access.Act{
		Do: r.Do, What: what, Object: r.Object, Reason: reason, Note: map[string]string{"request": string(r.ID), "matter": r.What},
	})
}

// MayDecide tells whether the actor may agree to a request or reject it: allowed to do the same, somebody else than who asked, and not the
// person it is about.
func MayDecide(by access.Actor, r Request) bool {
	return by.Person != "" && by.Person != r.RequestedBy && r.Object.ID != by.Person &&
		access.Can(by, access.SecondPerson, access.Object{Tenant: by.Tenant}) && access.Can(by, r.Do, access.Object{Tenant: by.Tenant})
}

// sees tells whether the actor may know of a request.
func sees(by access.Actor, r Request) bool {
	own := by.Person == r.RequestedBy
	return own || access.Can(by, r.Do, access.Object{Tenant: by.Tenant})
}

// List gives what waits, then what was decided lately, as far as the actor may do it or asked for it.
func (s *Service) List(ctx context.Context, by access.Actor) ([]Request, error) {
	if err := access.CheckTenant(by, access.SecondPerson); err != nil {
		return nil, err
	}
	const most = 200
	all, err := s.Store.List(ctx, by.Tenant, most)
	list := make([]Request, 0, len(all))
	for _, r := range all {
		if r = r.at(s.Now()); sees(by, r) {
			list = append(list, r)
		}
	}
	return list, err
}

// Count tells how many requests wait for a decision of the actor.
func (s *Service) Count(ctx context.Context, by access.Actor) (int, error) {
	if !access.Can(by, access.SecondPerson, access.Object{Tenant: by.Tenant}) {
		return 0, nil
	}
	list, err := s.List(ctx, by)
	n := 0
	for _, r := range list {
		if r.State == Waiting && MayDecide(by, r) {
			n++
		}
	}
	return n, err
}

// Get gives one request the actor may know of.
func (s *Service) Get(ctx context.Context, by access.Actor, id kernel.ID) (Request, error) {
	if err := access.CheckTenant(by, access.SecondPerson); err != nil {
		return Request{}, err
	}
	r, err := s.Store.Request(ctx, by.Tenant, id)
	if err == nil && !sees(by, r) {
		err = kernel.E(kernel.NotFound, "approval.notfound")
	}
	return r.at(s.Now()), err
}

// waiting gives a request that can still be decided by who asks.
func (s *Service) waiting(ctx context.Context, by access.Actor, id kernel.ID) (Request, error) {
	r, err := s.Get(ctx, by, id)
	switch {
	case err != nil:
	case r.State == Expired:
		err = kernel.E(kernel.Conflict, "approval.expired")
	case r.State != Waiting:
		err = kernel.E(kernel.Conflict, "approval.decided")
	}
	return r, err
}

func (s *Service) decidable(ctx context.Context, by access.Actor, id kernel.ID) (Request, error) {
	r, err := s.waiting(ctx, by, id)
	switch {
	case err != nil:
	case by.Person == r.RequestedBy:
		err = kernel.E(kernel.Conflict, "approval.self")
	case r.Object == kernel.Ref{Kind: "account", ID: by.Person}: // the second person is not the one who gains
		err = kernel.E(kernel.Conflict, "account.roles.self")
	case !MayDecide(by, r):
		err = kernel.E(kernel.Denied, "access.denied")
	}
	return r, err
}

// decide ends the waiting exactly once, whatever happens at the same time.
func (s *Service) decide(ctx context.Context, by access.Actor, r *Request, state State, answer string) error {
	r.State, r.DecidedAt, r.DecidedBy, r.Answer = state, kernel.InstantOf(s.Now()), by.Person, answer
	ok, err := s.Store.Decide(ctx, by.Tenant, *r)
	if err == nil && !ok {
		err = kernel.E(kernel.Conflict, "approval.decided")
	}
	return err
}

// errCarry marks an error of carrying out, to be told from one of deciding.
type errCarry struct{ error }

func (e errCarry) Unwrap() error { return e.error }

// Approve agrees to a request and carries it out in the same transaction. A request that cannot be carried out as asked is ended, and the reason
// is the cause of the Conflict "approval.stale".
func (s *Service) Approve(ctx context.Context, by access.Actor, id kernel.ID) error {
	err := s.Tx.Tx(ctx, func(ctx context.Context) error {
		r, err := s.decidable(ctx, by, id)
		if err != nil {
			return err
		}
		if r.Kind == access.ExportMatter {
			r.ExpiresAt = kernel.InstantOf(s.Now().AddDate(0, 0, FetchDays))
		}
		if err := s.decide(ctx, by, &r, Approved, ""); err != nil {
			return err
		}
		if err := s.record(ctx, by, r, "approval.approve", ""); err != nil {
			return err
		}
		if err := s.carry(ctx, by, r); err != nil {
			return errCarry{err}
		}
		return s.tellRequester(ctx, by.Tenant, r, "approval.approved")
	})
	var carry errCarry
	if !errors.As(err, &carry) || !final(carry.error) {
		return err
	}
	return s.stale(ctx, by, id, carry.error)
}

// final tells errors that will not go away by themselves from those of a full disk and the like.
func final(err error) bool {
	return slices.Contains([]kernel.Kind{kernel.Invalid, kernel.NotFound, kernel.Conflict, kernel.Denied}, kernel.KindOf(err))
}

// carry does what was asked for, as the person who asked and with the rights he has today.
func (s *Service) carry(ctx context.Context, by access.Actor, r Request) error {
	asked := access.CommandLine(by.Tenant)
	if r.RequestedBy != "" {
		var err error
		if asked, err = s.People.Actor(ctx, by.Tenant, r.RequestedBy); err != nil {
			return err
		}
	}
	if err := access.CheckTenant(asked, r.Do); err != nil {
		return kernel.E(kernel.Denied, "approval.requester")
	}
	run := s.executors[r.What]
	switch {
	case run == nil && r.Kind == access.ExportMatter: // the agreement is all there is to it: the file is fetched later
		return nil
	case run == nil:
		return fmt.Errorf("approval: nobody carries out %s", r.What)
	}
	return run(context.WithValue(ctx, approvedKey{}, agreement{by.Tenant, r.Digest}), asked, r.Args)
}

// stale ends a request that cannot be carried out.
func (s *Service) stale(ctx context.Context, by access.Actor, id kernel.ID, cause error) error {
	var k *kernel.Error
	key := "approval.changed"
	if errors.As(cause, &k) {
		key = k.Key
	}
	err := s.Tx.Tx(ctx, func(ctx context.Context) error {
		r, err := s.decidable(ctx, by, id)
		if err != nil {
			return err
		}
		if err := s.decide(ctx, by, &r, Stale, key); err != nil {
			return err
		}
		if err := s.record(ctx, by, r, "approval.stale", ""); err != nil {
			return err
		}
		return s.tellRequester(ctx, by.Tenant, r, "approval.stale")
	})
	if err != nil {
		return err
	}
	return &kernel.Error{Kind: kernel.Conflict, Key: "approval.stale", Err: cause}
}

// Reject refuses a request, with a reason for who asked.
func (s *Service) Reject(ctx context.Context, by access.Actor, id kernel.ID, reason string) error {
	if reason = bounded(reason); reason == "" {
		return &kernel.Error{Kind: kernel.Invalid, Key: "web.invalid", Fields: map[string]string{"reason": "approval.reason.missing"}}
	}
	return s.Tx.Tx(ctx, func(ctx context.Context) error {
		r, err := s.decidable(ctx, by, id)
		if err != nil {
			return err
		}
		if err := s.decide(ctx, by, &r, Rejected, reason); err != nil {
			return err
		}
		if err := s.record(ctx, by, r, "approval.reject", reason); err != nil {
			return err
		}
		return s.tellRequester(ctx, by.Tenant, r, "approval.rejected")
	})
}

// Withdraw takes back what one has asked for.
func (s *Service) Withdraw(ctx context.Context, by access.Actor, id kernel.ID) error {
	return s.Tx.Tx(ctx, func(ctx context.Context) error {
		r, err := s.waiting(ctx, by, id)
		if err != nil {
			return err
		}
		if by.Person == "" || by.Person != r.RequestedBy {
			return kernel.E(kernel.Denied, "access.denied")
		}
		if err := s.decide(ctx, by, &r, Withdrawn, ""); err != nil {
			return err
		}
		return s.record(ctx, by, r, "approval.withdraw", "")
	})
}

func (s *Service) tellRequester(ctx context.Context, tenant kernel.ID, r Request, kind string) error {
	if s.Mailer == nil || r.RequestedBy == "" {
		return nil
	}
	return s.Mailer.Tell(ctx, tenant, Message{To: r.RequestedBy, Kind: kind, Event: string(r.ID), Title: r.Title, Path: Path + "/" + string(r.ID)})
}

func (s *Service) tellDeciders(ctx context.Context, by access.Actor, r Request) error {
	if s.Mailer == nil {
		return nil
	}
	all, err := s.People.Actors(ctx, by.Tenant)
	if err != nil {
		return err
	}
	for _, p := range all {
		if !MayDecide(p, r) {
			continue
		}
		m := Message{To: p.Person, Kind: "approval.asked", Event: string(r.ID), Title: r.Title, Path: Path + "/" + string(r.ID)}
		if err := s.Mailer.Tell(ctx, by.Tenant, m); err != nil {
			return err
		}
	}
	return nil
}

// Close ends the waiting of requests whose time is over; every night, so that their own time of keeping begins.
func (s *Service) Close(ctx context.Context, tenant kernel.ID) error {
	return s.Tx.Tx(ctx, func(ctx context.Context) error { return s.Store.Expire(ctx, tenant, kernel.InstantOf(s.Now())) })
}
