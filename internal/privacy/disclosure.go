// SPDX-License-Identifier: EUPL-1.2

package privacy

import (
	"context"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// DisclosureState is where an answer about a person stands.
type DisclosureState string

// The states. Granted waits for the staff member who asked to have it made; over was not fetched in time.
const (
	Granted DisclosureState = "granted"
	Making  DisclosureState = "making"
	Ready   DisclosureState = "ready"
	Fetched DisclosureState = "fetched"
	Over    DisclosureState = "over"
	Failed  DisclosureState = "failed"
)

// FetchWithin is how long a finished answer can be fetched.
const FetchWithin = 15 * time.Minute

// Disclosure is an answer to what is held about a person (Art. 15, 20 GDPR).
type Disclosure struct {
	ID      kernel.ID
	Person  kernel.ID // about whom
	AskedBy kernel.ID // staff; empty: the person
	Reason  string
	State   DisclosureState
	Session string // mark of the session that may fetch it
	Size    int64
	Asked   kernel.Instant
	Ready   kernel.Instant
	Fetched kernel.Instant
}

// Until is the moment up to which the file can be fetched.
func (d Disclosure) Until() kernel.Instant { return kernel.InstantOf(d.Ready.Add(FetchWithin)) }

// disclosureStore keeps answers and erasures.
type disclosureStore interface {
	InsertDisclosure(ctx context.Context, tenant kernel.ID, d Disclosure) error
	// Disclosure gives one without its content; NotFound "privacy.disclosure.notfound".
	Disclosure(ctx context.Context, tenant, id kernel.ID) (Disclosure, error)
	// Disclosures lists those about a person that the person asked for, or those the staff member asked for; newest first.
	Disclosures(ctx context.Context, tenant, person, askedBy kernel.ID) ([]Disclosure, error)
	// StartDisclosure lets a granted one be made for the session.
	StartDisclosure(ctx context.Context, tenant, id kernel.ID, session string) error
	// FinishDisclosure keeps the content of one that is being made.
	FinishDisclosure(ctx context.Context, tenant, id kernel.ID, sealed string, size int64, at kernel.Instant) error
	// TakeDisclosure gives the content and removes it, once; NotFound where it is not ready for the session or came before since.
	TakeDisclosure(ctx context.Context, tenant, id kernel.ID, session string, since, now kernel.Instant) (sealed string, err error)
	// CloseDisclosures ends those that became ready before since or were asked for before started and never got ready.
	CloseDisclosures(ctx context.Context, tenant kernel.ID, since, started kernel.Instant) error
	InsertErasure(ctx context.Context, tenant kernel.ID, e Erasure) error
}

// sealPurpose binds the content of an answer to its row.
const sealPurpose = "privacy.disclosure"

// AskOwn has everything held about the actor put together. An answer that the same session is already waiting for is given again.
func (s *Service) AskOwn(ctx context.Context, by access.Actor, session string) (Disclosure, error) {
	if err := access.CheckTenant(by, access.UseOwnAccount); err != nil {
		return Disclosure{}, err
	}
	if by.Person == "" || session == "" {
		return Disclosure{}, kernel.E(kernel.Unauthenticated, "access.signin")
	}
	var d Disclosure
	err := s.Tx.Tx(ctx, func(ctx context.Context) error {
		list, err := s.Store.Disclosures(ctx, by.Tenant, by.Person, "")
		if err != nil {
			return err
		}
		for _, have := range list {
			if have.Session == session && (have.State == Making || have.State == Ready && s.now().Before(have.Until().Time)) {
				d = have
				return nil
			}
		}
		d = Disclosure{ID: kernel.NewID(), Person: by.Person, State: Making, Session: session, Asked: s.now()}
		return s.begin(ctx, by, d)
	})
	return d, err
}

// begin writes an answer, tells the trail, and has it made unless it waits for its staff member.
func (s *Service) begin(ctx context.Context, by access.Actor, d Disclosure) error {
	if err := s.Store.InsertDisclosure(ctx, by.Tenant, d); err != nil {
		return err
	}
	do := access.UseOwnAccount
	if d.Person != by.Person || d.AskedBy != "" {
		do = access.AnswerPrivacy
	}
	err := access.Record(ctx, s.Trail, by, access.Act{Do: do, What: "privacy.disclose", Object: kernel.Ref{Kind: "account", ID: d.Person}, Reason: d.Reason})
	if err != nil || d.State != Making {
		return err
	}
	return s.Jobs.Disclose(ctx, by.Tenant, d.ID)
}

// DiscloseMatter names what a second person is asked for before an answer about somebody else is made.
const DiscloseMatter = "privacy.disclose"

// DisclosureArgs are what the approval of an answer carries.
type DisclosureArgs struct {
	Person  kernel.ID `json:"person"`
	AskedBy kernel.ID `json:"asked_by"`
	Reason  string    `json:"reason"`
}

// AskFor has everything held about somebody else put together, for staff who answer a letter. Where the town wants a second person for
// exports, the request waits for one (Conflict "approval.waiting"); once approved, the staff member has it made.
func (s *Service) AskFor(ctx context.Context, by access.Actor, person kernel.ID, reason, session string) (Disclosure, error) {
	if err := access.CheckTenant(by, access.AnswerPrivacy); err != nil {
		return Disclosure{}, err
	}
	reason = kernel.Clean(reason, false)
	if reason == "" || len(reason) > 500 {
		return Disclosure{}, &kernel.Error{Kind: kernel.Invalid, Key: "privacy.invalid", Fields: map[string]string{"reason": "privacy.reason.missing"}}
	}
	p, err := s.People.Person(ctx, by.Tenant, person)
	if err != nil {
		return Disclosure{}, err
	}
	d := Disclosure{ID: kernel.NewID(), Person: p.ID, AskedBy: by.Person, Reason: reason, State: Making, Session: session, Asked: s.now()}
	if session == "" {
		d.State = Granted
	}
	err = access.Second(ctx, s.FourEyes, by, access.Matter{
		Kind: access.ExportMatter, Do: access.AnswerPrivacy, What: DiscloseMatter, Object: kernel.Ref{Kind: "account", ID: p.ID},
		Title: s.text("privacy.disclosure.matter"), Reason: reason, Args: DisclosureArgs{p.ID, by.Person, reason},
	})
	if err != nil {
		return Disclosure{}, err
	}
	return d, s.Tx.Tx(ctx, func(ctx context.Context) error { return s.begin(ctx, by, d) })
}

// Grant carries out an approved request: the staff member who asked can have the answer made, in his or her own session.
func (s *Service) Grant(ctx context.Context, by access.Actor, args DisclosureArgs) error {
	p, err := s.People.Person(ctx, by.Tenant, args.Person)
	if err != nil {
		return err
	}
	d := Disclosure{ID: kernel.NewID(), Person: p.ID, AskedBy: args.AskedBy, Reason: args.Reason, State: Granted, Asked: s.now()}
	return s.Tx.Tx(ctx, func(ctx context.Context) error { return s.begin(ctx, by, d) })
}

// StartGranted has an approved answer made for the session.
func (s *Service) StartGranted(ctx context.Context, by access.Actor, id kernel.ID, session string) error {
	d, err := s.Disclosure(ctx, by, id)
	if err != nil {
		return err
	}
	if d.State != Granted || d.AskedBy != by.Person || session == "" {
		return kernel.E(kernel.NotFound, "privacy.disclosure.notfound")
	}
	return s.Tx.Tx(ctx, func(ctx context.Context) error {
		if err := s.Store.StartDisclosure(ctx, by.Tenant, id, session); err != nil {
			return err
		}
		err := access.Record(ctx, s.Trail, by, access.Act{Do: access.AnswerPrivacy, What: "privacy.make", Object: kernel.Ref{Kind: "account", ID: d.Person}})
		if err != nil {
			return err
		}
		return s.Jobs.Disclose(ctx, by.Tenant, id)
	})
}

// Disclosure tells how an answer stands: to the person who asked for the own data, or to the staff member who asked.
func (s *Service) Disclosure(ctx context.Context, by access.Actor, id kernel.ID) (Disclosure, error) {
	if err := access.CheckTenant(by, access.UseOwnAccount); err != nil {
		return Disclosure{}, err
	}
	d, err := s.Store.Disclosure(ctx, by.Tenant, id)
	if err != nil {
		return Disclosure{}, err
	}
	own := d.AskedBy == "" && d.Person == by.Person && by.Person != ""
	staff := d.AskedBy != "" && d.AskedBy == by.Person && access.CheckTenant(by, access.AnswerPrivacy) == nil
	if !own && !staff {
		return Disclosure{}, kernel.E(kernel.NotFound, "privacy.disclosure.notfound")
	}
	if d.State == Ready && !s.now().Before(d.Until().Time) {
		d.State = Over
	}
	return d, nil
}

// Disclosures lists the actor's own requests, or with staff those he or she asked for.
func (s *Service) Disclosures(ctx context.Context, by access.Actor, staff bool) ([]Disclosure, error) {
	do, person, asked := access.UseOwnAccount, by.Person, kernel.ID("")
	if staff {
		do, person, asked = access.AnswerPrivacy, "", by.Person
	}
	if err := access.CheckTenant(by, do); err != nil {
		return nil, err
	}
	if by.Person == "" {
		return nil, nil
	}
	list, err := s.Store.Disclosures(ctx, by.Tenant, person, asked)
	for i, d := range list {
		if d.State == Ready && !s.now().Before(d.Until().Time) {
			list[i].State = Over
		}
	}
	return list, err
}

// Fetch gives the file once: to the session that asked, within FetchWithin. Everybody and everything else is NotFound (CVE-2026-45377 of
// Decidim: the download of private exports checked neither).
func (s *Service) Fetch(ctx context.Context, by access.Actor, id kernel.ID, session string) ([]byte, error) {
	d, err := s.Disclosure(ctx, by, id)
	if err != nil {
		return nil, err
	}
	missing := kernel.E(kernel.NotFound, "privacy.disclosure.notfound")
	if d.State != Ready || session == "" || d.Session != session {
		return nil, missing
	}
	var sealed string
	err = s.Tx.Tx(ctx, func(ctx context.Context) (err error) {
		since := kernel.InstantOf(s.now().Add(-FetchWithin))
		if sealed, err = s.Store.TakeDisclosure(ctx, by.Tenant, id, session, since, s.now()); err != nil {
			return err
		}
		do := access.UseOwnAccount
		if d.AskedBy != "" {
			do = access.AnswerPrivacy
		}
		return access.Record(ctx, s.Trail, by, access.Act{Do: do, What: "privacy.fetch", Object: kernel.Ref{Kind: "account", ID: d.Person}})
	})
	if err != nil {
		return nil, err
	}
	return s.Seal.Unseal(sealPurpose, string(by.Tenant)+"/"+string(id), sealed)
}

// Make puts an answer together: the work of the job. Doing it twice does no harm.
func (s *Service) Make(ctx context.Context, tenant, id kernel.ID) error {
	d, err := s.Store.Disclosure(ctx, tenant, id)
	if err != nil || d.State != Making {
		return err
	}
	zip, err := s.archive(ctx, tenant, d)
	if err != nil {
		return err
	}
	sealed := s.Seal.Seal(sealPurpose, string(tenant)+"/"+string(id), zip)
	return s.Tx.Tx(ctx, func(ctx context.Context) error {
		return s.Store.FinishDisclosure(ctx, tenant, id, sealed, int64(len(zip)), s.now())
	})
}

// makeWithin is after how long an answer that never got ready is given up.
const makeWithin = 24 * time.Hour

// Close ends answers that nobody fetched in time, and removes their content.
func (s *Service) Close(ctx context.Context, tenant kernel.ID) error {
	return s.Tx.Tx(ctx, func(ctx context.Context) error {
		return s.Store.CloseDisclosures(ctx, tenant, kernel.InstantOf(s.now().Add(-FetchWithin)), kernel.InstantOf(s.now().Add(-makeWithin)))
	})
}

// Find gives the people whose address or name is the text, for staff who answer a letter.
func (s *Service) Find(ctx context.Context, by access.Actor, text string) ([]Person, error) {
	if err := access.CheckTenant(by, access.AnswerPrivacy); err != nil {
		return nil, err
	}
	if text = kernel.Clean(text, false); text == "" {
		return nil, nil
	}
	return s.People.Find(ctx, by.Tenant, text)
}

// Person gives somebody by id, for staff.
func (s *Service) Person(ctx context.Context, by access.Actor, id kernel.ID) (Person, error) {
	if err := access.CheckTenant(by, access.AnswerPrivacy); err != nil {
		return Person{}, err
	}
	return s.People.Person(ctx, by.Tenant, id)
}
