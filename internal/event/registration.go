// SPDX-License-Identifier: EUPL-1.2

package event

import (
	"context"
	"crypto/rand"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// Standing is where a registration stands.
type Standing string

// The standings.
const (
	Registered Standing = "registered"
	Offered    Standing = "offered" // a place is kept until OfferedUntil
	Waits      Standing = "waiting"
	Left       Standing = "cancelled"
)

// Needs is what a person needs to take part, as far as he or she wants to say.
type Needs struct {
	Features []Feature `json:"features,omitempty"`
	Children int       `json:"children,omitempty"` // to be looked after
	Language string    `json:"language,omitempty"` // to interpret
	Text     string    `json:"text,omitempty"`
}

// Empty tells that nothing is needed.
func (n Needs) Empty() bool {
	return len(n.Features) == 0 && n.Children == 0 && n.Language == "" && n.Text == ""
}

// Registration is the place of one person or of several who come together, or their place in the queue.
type Registration struct {
	ID           kernel.ID
	Event        kernel.ID
	State        Standing
	Part         kernel.ID
	Heads        int // people it is for, who registered included
	Account      kernel.ID
	Name         string
	Companions   []string // names of the others, as far as they were given
	Email        string
	Lang         string
	Needs        Needs
	Consent      string
	Photos       bool
	Code         string // for the door
	CreatedAt    kernel.Instant
	OfferedUntil kernel.Instant
	CancelledAt  kernel.Instant
	RemindedAt   kernel.Instant
	AttendedAt   kernel.Instant
	Came         int            // people of it who were let in
	PassedAt     kernel.Instant // when it was told that places became free, and not enough for all of them
	OverAt       kernel.Instant
}

// Seated tells whether the person holds a place.
func (r Registration) Seated() bool { return r.State == Registered || r.State == Offered }

// Application is what the form of a registration sends.
type Application struct {
	Part    kernel.ID
	Heads   int // people it is for; 0: one
	Name    string
	Others  []string // names of the others; optional
	Email   string
	Lang    string
	Needs   Needs
	Consent string // version of the text shown; empty: not agreed
	Photos  bool
	// Staff registers somebody who called or wrote: an address is not needed, nor the consent by tick.
	Staff bool
}

// The bounds of what is typed.
const (
	longestName  = 200
	longestNeeds = 1000
	mostStaff    = 60 // people staff register at once: a class, a coach
)

// codeLetters leaves out what is mistaken for something else when read out or typed.
const codeLetters = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"

// doorCode is 35 random bits as people read them: "ABCD-EFG". It opens nothing but the list at the door, which only staff can use.
func doorCode() string {
	var b [7]byte
	_, _ = rand.Read(b[:]) // crypto/rand.Read never fails (Go 1.24)
	for i, c := range b {
		b[i] = codeLetters[int(c)%len(codeLetters)]
	}
	return string(b[:4]) + "-" + string(b[4:])
}

// ParseCode reads a code however it was typed or scanned.
func ParseCode(s string) string {
	s = strings.Map(func(r rune) rune {
		if strings.ContainsRune(codeLetters, r) {
			return r
		}
		return -1
	}, strings.ToUpper(s))
	if len(s) != 7 {
		return ""
	}
	return s[:4] + "-" + s[4:]
}

// errInvalid names the fields at fault.
func errInvalid(fields map[string]string) error {
	return &kernel.Error{Kind: kernel.Invalid, Key: "event.invalid", Fields: fields}
}

// admits tells why nobody can register now, nil when somebody can.
func (e Event) admits(now kernel.Instant, staff bool) error {
	switch e.State(now) {
	case CalledOff:
		return kernel.E(kernel.Conflict, "event.refused.cancelled")
	case Held, MinutesPublic:
		return kernel.E(kernel.Conflict, "event.refused.past")
	case Running:
		if !staff {
			return kernel.E(kernel.Conflict, "event.refused.running")
		}
	case Planned:
		if staff && e.Registers {
			return nil
		}
		if e.Registers && !e.Opens.IsZero() {
			return kernel.E(kernel.Conflict, "event.refused.early", "at", e.Opens)
		}
		return kernel.E(kernel.Conflict, "event.refused.none")
	case ClosedBefore:
		if !staff {
			return kernel.E(kernel.Conflict, "event.refused.closed")
		}
	case Full:
		return kernel.E(kernel.Conflict, "event.refused.full")
	case InDraft:
		return kernel.E(kernel.Conflict, "event.refused.draft")
	}
	return nil
}

// check cleans the application and names what is wrong with it.
func (e Event) check(s *Service, a *Application) error {
	f := map[string]string{}
	a.Name, a.Needs.Text, a.Needs.Language = tidy(a.Name), tidyText(a.Needs.Text), tidy(a.Needs.Language)
	if e.AskName == "" && !a.Staff {
		a.Name, a.Others = "", nil
	}
	e.checkHeads(a, f)
	if a.Name == "" && e.AskName == "required" {
		f["name"] = "event.field.missing"
	}
	if len([]rune(a.Name)) > longestName {
		f["name"] = "event.field.long"
	}
	if len([]rune(a.Needs.Text)) > longestNeeds || len([]rune(a.Needs.Language)) > 100 {
		f["needs"] = "event.field.long"
	}
	if a.Needs.Children < 0 || a.Needs.Children > 20 {
		f["children"] = "event.field.number"
	}
	a.Needs.Features = slices.DeleteFunc(a.Needs.Features, func(x Feature) bool { return !slices.Contains(Features(), x) })
	if !e.AskNeeds && !a.Staff {
		a.Needs = Needs{}
	}
	if a.Email != "" || !a.Staff {
		email, err := s.Mail.Check(a.Email)
		if err != nil {
			f["email"] = "mail.address"
		}
		a.Email = email
	}
	if a.Consent == "" && !a.Staff {
		f["consent"] = "event.consent.missing"
	}
	if p, ok := e.Part(a.Part); len(e.Parts) > 0 && !ok && !a.Staff || a.Part != "" && !ok {
		f["part"] = "event.part.missing"
	} else if ok && !p.Fits(a.Heads) && e.fits(a.Heads) {
		f["part"] = "event.part.full"
	}
	if len(f) > 0 {
		return errInvalid(f)
	}
	return nil
}

// checkHeads cleans what was said of those who come along.
func (e Event) checkHeads(a *Application, f map[string]string) {
	a.Heads = max(a.Heads, 1) // what no number is, the form refuses
	most := e.Most()
	if a.Staff {
		if most = mostStaff; e.Capacity > 0 {
			most = min(most, e.Capacity)
		}
	}
	if a.Heads > most {
		f["heads"] = "event.heads.many"
	}
	others := a.Others
	a.Others = nil
	for _, name := range others {
		if name = tidy(name); name == "" {
			continue
		}
		if len([]rune(name)) > longestName {
			f["others"] = "event.field.long"
			return
		}
		a.Others = append(a.Others, name)
	}
	if len(a.Others) >= a.Heads && f["heads"] == "" && len(a.Others) > 0 {
		f["others"] = "event.heads.names"
	}
}

// fits tells whether so many people find a place.
func (e Event) fits(heads int) bool { return e.Capacity == 0 || e.Taken+heads <= e.Capacity }

// Register takes a place, or a place on the waiting list, and sends the mail that says which. Whoever asks learns nothing about an address that is
// registered already: its owner is told by mail, and the answer is as for a new one, without a link.
//
// Conflict "event.refused.…" when the event is full, called off, over or not open for registration.
func (s *Service) Register(ctx context.Context, by access.Actor, key string, a Application) (Registration, error) {
	e, err := s.Event(ctx, by, key)
	if err != nil {
		return Registration{}, err
	}
	if a.Staff {
		if err := s.may(by, access.EditEvent, e); err != nil {
			return Registration{}, err
		}
	} else if err := access.Check(by, access.AnonymousWrite, e.Object(by.Tenant)); err != nil {
		return Registration{}, err
	}
	if err := e.admits(s.now(), a.Staff); err != nil {
		return Registration{}, err
	}
	if err := e.check(s, &a); err != nil {
		return Registration{}, err
	}
	var reg Registration
	err = s.Tx.TxGrouped(ctx, func(ctx context.Context) error {
		reg = Registration{
			ID: kernel.NewID(), Event: e.ID, State: Registered, Part: a.Part, Heads: a.Heads, Name: a.Name, Companions: a.Others, Email: a.Email, Lang: a.Lang, Needs: a.Needs, Consent: a.Consent,
			Photos: a.Photos, Code: doorCode(), CreatedAt: s.now(), OverAt: e.last(),
		}
		if !a.Staff {
			reg.Account = by.Person
		}
		seat, err := s.seat(ctx, by.Tenant, e.ID, a)
		if err != nil {
			return err
		}
		if !seat {
			reg.State = Waits
			if err := s.Store.CountWaiting(ctx, by.Tenant, e.ID, reg.Heads); err != nil {
				return err
			}
		} else if reg.Part != "" {
			if ok, err := s.Store.TakePart(ctx, by.Tenant, e.ID, reg.Part, reg.Heads); err != nil {
				return err
			} else if !ok {
				return errInvalid(map[string]string{"part": "event.part.full"})
			}
		}
		added, err := s.Store.AddRegistration(ctx, by.Tenant, reg)
		if err != nil {
			return err
		}
		if !added {
			return errKnown
		}
		if a.Staff {
			if err := access.Record(ctx, s.Trail, by, access.Act{Do: access.EditEvent, What: "event.register", Object: ref(e.ID)}); err != nil {
				return err
			}
		}
		return s.Mail.Registered(ctx, by.Tenant, e, reg, s.token(by.Tenant, reg.ID))
	})
	if errors.Is(err, errKnown) {
		reg.ID, reg.Code = "", ""
		known, found := s.Store.ByEmail(ctx, by.Tenant, e.ID, a.Email)
		if found != nil {
			return Registration{}, found
		}
		return reg, s.Tx.Tx(ctx, func(ctx context.Context) error {
			return s.Mail.Known(ctx, by.Tenant, e, known, s.token(by.Tenant, known.ID))
		})
	}
	return reg, err
}

// seat takes the places of a registration; false where it goes to the waiting list, an error where there is none. What holds now is what counts, not
// what did when the form was sent. Places that are too few for everybody who waits are free for whom they are enough for: nobody who waits loses by it.
func (s *Service) seat(ctx context.Context, tenant, id kernel.ID, a Application) (bool, error) {
	if ok, err := s.Store.TakeSeat(ctx, tenant, id, a.Heads, false); ok || err != nil {
		return ok, err
	}
	if err := s.Store.Lock(ctx, tenant, id); err != nil {
		return false, err
	}
	now, err := s.Store.ByID(ctx, tenant, id)
	if err != nil {
		return false, err
	}
	if err := now.admits(s.now(), a.Staff); err != nil {
		return false, err
	}
	if now.Waiting > 0 && now.fits(a.Heads) {
		_, err := s.Store.NextWaiting(ctx, tenant, id, now.Free())
		if kernel.KindOf(err) == kernel.NotFound && err != nil {
			return s.Store.TakeSeat(ctx, tenant, id, a.Heads, true)
		}
		if err != nil {
			return false, err
		}
	}
	if !now.HasWaiting {
		if free := now.Free(); free > 0 {
			return false, kernel.E(kernel.Conflict, "event.refused.few", "n", free)
		}
		return false, kernel.E(kernel.Conflict, "event.refused.full")
	}
	return false, nil
}

// errKnown undoes a registration of an address that has one.
var errKnown = kernel.E(kernel.Conflict, "event.known")

// token names a registration in a link; nobody else can make one.
func (s *Service) token(tenant, id kernel.ID) string {
	return string(id) + "." + s.Secret.Mark("event.registration", string(tenant)+"/"+string(id))
}

// Seat reads the token of a link and gives the registration with its event; NotFound "event.link" when it is none of ours or was deleted.
func (s *Service) Seat(ctx context.Context, tenant kernel.ID, token string) (Registration, Event, error) {
	none := kernel.E(kernel.NotFound, "event.link")
	id, mark, ok := strings.Cut(token, ".")
	if !ok || len(token) > 200 || !s.Secret.Marked("event.registration", string(tenant)+"/"+id, mark) {
		return Registration{}, Event{}, none
	}
	reg, err := s.Store.Registration(ctx, tenant, kernel.ID(id))
	if err != nil {
		return reg, Event{}, err
	}
	e, err := s.Store.ByID(ctx, tenant, reg.Event)
	return reg, e, err
}

// Leave gives a place or a place in the queue back, by the link of the mail. Who waits moves up by itself.
func (s *Service) Leave(ctx context.Context, tenant kernel.ID, token string) (Event, error) {
	reg, e, err := s.Seat(ctx, tenant, token)
	if err != nil {
		return e, err
	}
	if e.Over(s.now()) {
		return e, kernel.E(kernel.Conflict, "event.refused.past")
	}
	return e, s.leave(ctx, tenant, e, reg.ID, true)
}

// leave ends a registration and has the next one move up. Leaving twice is no error.
func (s *Service) leave(ctx context.Context, tenant kernel.ID, e Event, id kernel.ID, tell bool) error {
	return s.Tx.TxGrouped(ctx, func(ctx context.Context) error {
		if err := s.Store.Lock(ctx, tenant, e.ID); err != nil {
			return err
		}
		reg, err := s.Store.Registration(ctx, tenant, id)
		if err != nil || reg.State == Left {
			return err
		}
		if err := s.Store.EndRegistration(ctx, tenant, reg, s.now()); err != nil {
			return err
		}
		if tell {
			if err := s.Mail.Left(ctx, tenant, e, reg); err != nil {
				return err
			}
		}
		if !reg.Seated() {
			return nil
		}
		return s.Jobs.Promote(ctx, tenant, e.ID)
	})
}

// Accept takes the place that was kept for somebody who moved up; Conflict "event.offer.over" when it went to the next one.
func (s *Service) Accept(ctx context.Context, tenant kernel.ID, token string) (Event, error) {
	reg, e, err := s.Seat(ctx, tenant, token)
	if err != nil || reg.State == Registered {
		return e, err
	}
	return e, s.Tx.TxGrouped(ctx, func(ctx context.Context) error {
		ok, err := s.Store.Accept(ctx, tenant, reg.ID, s.now())
		if err == nil && !ok {
			err = kernel.E(kernel.Conflict, "event.offer.over")
		}
		return err
	})
}

// Choose changes the working group, where the other one has a place.
func (s *Service) Choose(ctx context.Context, tenant kernel.ID, token string, part kernel.ID) (Event, error) {
	reg, e, err := s.Seat(ctx, tenant, token)
	if err != nil {
		return e, err
	}
	if e.Over(s.now()) || e.Stage != Published {
		return e, kernel.E(kernel.Conflict, "event.refused.past")
	}
	if _, ok := e.Part(part); !ok {
		return e, errInvalid(map[string]string{"part": "event.part.missing"})
	}
	return e, s.Tx.TxGrouped(ctx, func(ctx context.Context) error {
		if err := s.Store.Lock(ctx, tenant, e.ID); err != nil {
			return err
		}
		now, err := s.Store.Registration(ctx, tenant, reg.ID)
		if err != nil || now.Part == part || now.State == Left {
			return err
		}
		if now.Seated() {
			if ok, err := s.Store.TakePart(ctx, tenant, e.ID, part, now.Heads); err != nil {
				return err
			} else if !ok {
				return errInvalid(map[string]string{"part": "event.part.full"})
			}
			if now.Part != "" {
				if err := s.Store.GivePart(ctx, tenant, e.ID, now.Part, now.Heads); err != nil {
					return err
				}
			}
		}
		return s.Store.SetPart(ctx, tenant, reg.ID, part)
	})
}

// Fewer has fewer people of a registration come; nobody can add people to it, as others may wait for a place. Places that become free go to those
// who wait, and a registration that waits may fit now.
func (s *Service) Fewer(ctx context.Context, tenant kernel.ID, token string, heads int) (Event, error) {
	reg, e, err := s.Seat(ctx, tenant, token)
	if err != nil {
		return e, err
	}
	if e.Over(s.now()) || e.Stage != Published {
		return e, kernel.E(kernel.Conflict, "event.refused.past")
	}
	return e, s.Tx.TxGrouped(ctx, func(ctx context.Context) error {
		if err := s.Store.Lock(ctx, tenant, e.ID); err != nil {
			return err
		}
		now, err := s.Store.Registration(ctx, tenant, reg.ID)
		if err != nil || now.State == Left || now.Heads == heads {
			return err
		}
		if heads < 1 || heads > now.Heads {
			return errInvalid(map[string]string{"heads": "event.heads.fewer"})
		}
		if err := s.Store.SetHeads(ctx, tenant, now, heads); err != nil {
			return err
		}
		return s.Jobs.Promote(ctx, tenant, e.ID)
	})
}

// Promote lets those who wait move up while there are places, who waits longest first. It is run by a job that every freed place asks for. Where
// several come together and the places are not enough for all of them, they are told so once, keep their place in the queue, and the next ones for
// whom the places are enough move up. Somebody whose working group is full meanwhile moves up without one and is told so.
func (s *Service) Promote(ctx context.Context, tenant, id kernel.ID) error {
	for more := true; more; {
		err := s.Tx.TxGrouped(ctx, func(ctx context.Context) error {
			more = false
			if err := s.Store.Lock(ctx, tenant, id); err != nil {
				return err
			}
			if err := s.Store.Recount(ctx, tenant, id); err != nil {
				return err
			}
			e, err := s.Store.ByID(ctx, tenant, id)
			if err != nil {
				return err
			}
			if e.Stage != Published || !e.Start.IsZero() && !s.now().Before(e.Start.Time) || e.Free() == 0 {
				return nil
			}
			next, err := s.next(ctx, tenant, e)
			if kernel.KindOf(err) == kernel.NotFound && err != nil {
				return nil
			}
			if err != nil {
				return err
			}
			wanted := next.Part
			if wanted != "" {
				ok, err := s.Store.TakePart(ctx, tenant, id, wanted, next.Heads)
				if err != nil {
					return err
				}
				if !ok {
					next.Part = ""
				}
			}
			next.State = Registered
			if e.Hours > 0 {
				next.State, next.OfferedUntil = Offered, s.until(e)
			}
			if err := s.Store.MoveUp(ctx, tenant, next); err != nil {
				return err
			}
			more = true
			return s.Mail.MovedUp(ctx, tenant, e, next, s.token(tenant, next.ID), wanted != next.Part)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// next is who waits longest of those the free places are enough for. Those who wait longer and are too many are told.
func (s *Service) next(ctx context.Context, tenant kernel.ID, e Event) (Registration, error) {
	first, err := s.Store.NextWaiting(ctx, tenant, e.ID, -1)
	if err != nil || e.fits(first.Heads) {
		return first, err
	}
	large, err := s.Store.PassedOver(ctx, tenant, e.ID, e.Free())
	if err != nil {
		return Registration{}, err
	}
	for _, r := range large {
		if err := s.Store.Passed(ctx, tenant, r.ID, s.now()); err != nil {
			return Registration{}, err
		}
		if err := s.Mail.TooMany(ctx, tenant, e, r, s.token(tenant, r.ID)); err != nil {
			return Registration{}, err
		}
	}
	return s.Store.NextWaiting(ctx, tenant, e.ID, e.Free())
}

// until is the end of an offer: after the hours the organiser gives, and before the event begins.
func (s *Service) until(e Event) kernel.Instant {
	at := s.now().Add(time.Duration(e.Hours) * time.Hour)
	if !e.Start.IsZero() && at.After(e.Start.Time) {
		at = e.Start.Time
	}
	return kernel.InstantOf(at)
}
