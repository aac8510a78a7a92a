// SPDX-License-Identifier: EUPL-1.2

package event

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/participation"
)

// Filter selects events. Zero fields select everything.
type Filter struct {
	From, To  kernel.Instant // of the begin; To is not included
	Process   string
	Group     string
	Area      string
	Topic     string
	Features  []Feature // all of them
	Past      bool      // what is over, the youngest first; else what is to come
	Drafts    bool      // staff: drafts too
	Templates bool      // staff: templates and nothing else
	Limit     int       // 500 where 0
}

// Store keeps events. eventdb implements it; what changes public pages touches the town's stamp.
type Store interface {
	Insert(ctx context.Context, tenant kernel.ID, e Event) error
	// Save writes an event whose Edit is that of the row, and counts it; Conflict "event.changed" when somebody else was first.
	Save(ctx context.Context, tenant kernel.ID, e Event) error
	// SaveParts writes the working groups; one that is not among them any more goes unless somebody chose it (Conflict "event.part.used").
	SaveParts(ctx context.Context, tenant, event kernel.ID, parts []Part) error
	// ByKey and ByID give an event with its parts; NotFound "event.notfound".
	ByKey(ctx context.Context, tenant kernel.ID, key string) (Event, error)
	ByID(ctx context.Context, tenant, id kernel.ID) (Event, error)
	Keys(ctx context.Context, tenant kernel.ID, prefix string) ([]string, error)
	// List gives events without their parts.
	List(ctx context.Context, tenant kernel.ID, f Filter) ([]Event, error)
	Delete(ctx context.Context, tenant, id kernel.ID) error
	seatStore
	guestStore
	recordStore
	postStore
}

// seatStore counts places. Each method is one or two statements that are right by themselves, whatever others do at the same time.
type seatStore interface {
	// Lock takes the event's row until the transaction ends.
	Lock(ctx context.Context, tenant, event kernel.ID) error
	// TakeSeat takes places; false when there are not enough, somebody waits for one (unless who asks may pass), or the event is not published (any more).
	TakeSeat(ctx context.Context, tenant, event kernel.ID, heads int, pass bool) (bool, error)
	TakePart(ctx context.Context, tenant, event, part kernel.ID, heads int) (bool, error)
	GivePart(ctx context.Context, tenant, event, part kernel.ID, heads int) error
	CountWaiting(ctx context.Context, tenant, event kernel.ID, by int) error
	// AddRegistration writes one; false when its address has one already.
	AddRegistration(ctx context.Context, tenant kernel.ID, r Registration) (bool, error)
	// Registration gives one; NotFound "event.link".
	Registration(ctx context.Context, tenant, id kernel.ID) (Registration, error)
	ByEmail(ctx context.Context, tenant, event kernel.ID, email string) (Registration, error)
	// EndRegistration ends one and gives back what it held.
	EndRegistration(ctx context.Context, tenant kernel.ID, r Registration, at kernel.Instant) error
	// Accept turns an offer that still holds into a place.
	Accept(ctx context.Context, tenant, id kernel.ID, now kernel.Instant) (bool, error)
	SetPart(ctx context.Context, tenant, id, part kernel.ID) error
	// SetHeads has fewer people come and gives back what they held.
	SetHeads(ctx context.Context, tenant kernel.ID, r Registration, heads int) error
	// NextWaiting finds who waits longest of registrations for at most so many people; -1: of all.
	NextWaiting(ctx context.Context, tenant, event kernel.ID, most int) (Registration, error)
	// PassedOver lists registrations that wait for more places than there are and were not told so; Passed notes that they were.
	PassedOver(ctx context.Context, tenant, event kernel.ID, free int) ([]Registration, error)
	Passed(ctx context.Context, tenant, id kernel.ID, at kernel.Instant) error
	// MoveUp gives somebody who waited a place.
	MoveUp(ctx context.Context, tenant kernel.ID, r Registration) error
	// Recount sets the counts of an event to what there is, after rows were deleted for data protection.
	Recount(ctx context.Context, tenant, event kernel.ID) error
}

// guestStore reads lists of registrations and invitations.
type guestStore interface {
	// Registrations lists those of an event in the order they came, after one of them; 0: all.
	Registrations(ctx context.Context, tenant, event kernel.ID, after kernel.ID, limit int) ([]Registration, error)
	ByCode(ctx context.Context, tenant, event kernel.ID, code string) (Registration, error)
	// CheckIn notes how many came; first is false when the registration was used before.
	CheckIn(ctx context.Context, tenant kernel.ID, r Registration, came int, at kernel.Instant) (first bool, err error)
	// ToRemind lists people with a place, registered before a moment, who were not reminded.
	ToRemind(ctx context.Context, tenant, event kernel.ID, before kernel.Instant, limit int) ([]Registration, error)
	Reminded(ctx context.Context, tenant, id kernel.ID, at kernel.Instant) error
	// Unremind forgets the reminders of an event that moved.
	Unremind(ctx context.Context, tenant, event kernel.ID) error
	// Soon lists published events that begin between two moments.
	Soon(ctx context.Context, tenant kernel.ID, from, to kernel.Instant) ([]Event, error)
	// Lapsed lists offers that nobody accepted in time.
	Lapsed(ctx context.Context, tenant kernel.ID, now kernel.Instant, limit int) ([]Registration, error)
	// SetOver has registrations and invitations of an event end with it.
	SetOver(ctx context.Context, tenant, event kernel.ID, at kernel.Instant) error
	AddInvitation(ctx context.Context, tenant kernel.ID, i Invitation) (bool, error)
	Invitations(ctx context.Context, tenant, event kernel.ID) ([]Invitation, error)
	Invited(ctx context.Context, tenant, id kernel.ID, announced bool, at kernel.Instant) error
	DropInvitation(ctx context.Context, tenant, event, id kernel.ID) error
	// ToRecount lists events to come whose counts are not those of their registrations.
	ToRecount(ctx context.Context, tenant kernel.ID, now kernel.Instant) ([]kernel.ID, error)
}

// Tx runs f in a transaction; platform/db implements it.
type Tx interface {
	Tx(ctx context.Context, f func(ctx context.Context) error) error
	TxGrouped(ctx context.Context, f func(ctx context.Context) error) error
}

// Marker makes and checks marks nobody else can make.
type Marker interface {
	Mark(purpose, message string) string
	Marked(purpose, message, mark string) bool
}

// Letter is what everybody who registered is told.
type Letter string

// The letters.
const (
	CancelLetter  Letter = "cancelled"
	ChangeLetter  Letter = "changed"
	MinutesLetter Letter = "minutes"
)

// Mailer writes mail in the transaction of ctx; a registration without address gets none. Each of its letters reaches a person once.
type Mailer interface {
	Check(email string) (string, error)
	Registered(ctx context.Context, tenant kernel.ID, e Event, r Registration, token string) error
	Known(ctx context.Context, tenant kernel.ID, e Event, r Registration, token string) error
	MovedUp(ctx context.Context, tenant kernel.ID, e Event, r Registration, token string, withoutPart bool) error
	// TooMany tells those who wait together that places became free, and not enough for all of them.
	TooMany(ctx context.Context, tenant kernel.ID, e Event, r Registration, token string) error
	Left(ctx context.Context, tenant kernel.ID, e Event, r Registration) error
	Lapsed(ctx context.Context, tenant kernel.ID, e Event, r Registration) error
	Reminder(ctx context.Context, tenant kernel.ID, e Event, r Registration, token string) error
	Tell(ctx context.Context, tenant kernel.ID, l Letter, e Event, r Registration, token string) error
	Invite(ctx context.Context, tenant kernel.ID, e Event, i Invitation, announce bool) error
}

// Jobs asks for work in the transaction of ctx.
type Jobs interface {
	Promote(ctx context.Context, tenant, event kernel.ID) error
	// Tell has everybody who registered told; sequence tells apart two changes of one event.
	Tell(ctx context.Context, tenant, event kernel.ID, l Letter, sequence int) error
	Invite(ctx context.Context, tenant, event kernel.ID, announce bool) error
	// News has subscribers told of an event or post that is public now.
	News(ctx context.Context, tenant kernel.ID, topic string, id kernel.ID) error
}

// Service is the use cases.
type Service struct {
	Store  Store
	Tx     Tx
	Trail  access.Trail
	Secret Marker
	Mail   Mailer
	Jobs   Jobs
	Files  Files
	Now    func() time.Time
	// Outcomes makes contributions and tasks of minutes; nil funcs where a capability is not there.
	Outcomes Outcomes
	// Reach takes a closed count into the reach of a process, in the transaction of ctx; nil: nobody does.
	Reach func(ctx context.Context, by access.Actor, process string, counts []participation.Count, people int64) error
}

func (s *Service) now() kernel.Instant {
	if s.Now == nil {
		return kernel.InstantOf(time.Now())
	}
	return kernel.InstantOf(s.Now())
}

func ref(id kernel.ID) kernel.Ref { return kernel.Ref{Kind: "event", ID: id} }

// may checks what staff do: the role is what counts, a draft is theirs to see.
func (s *Service) may(by access.Actor, do access.Action, e Event) error {
	o := e.Object(by.Tenant)
	o.Visibility = ""
	return access.Check(by, do, o)
}

// sees tells whether the actor may read the event. Drafts are for those who prepare events alone.
func (s *Service) sees(by access.Actor, e Event) bool {
	if s.may(by, access.EditEvent, e) == nil {
		return true
	}
	return e.Stage != Draft && !e.Template && access.Can(by, access.ReadPublic, e.Object(by.Tenant))
}

// Edits tells whether the actor prepares the event.
func (s *Service) Edits(by access.Actor, e Event) bool { return s.may(by, access.EditEvent, e) == nil }

// Event gives an event by the key of its address; NotFound for drafts and internal events of which the actor may not know.
func (s *Service) Event(ctx context.Context, by access.Actor, key string) (Event, error) {
	e, err := s.Store.ByKey(ctx, by.Tenant, key)
	if err == nil && !s.sees(by, e) {
		err = kernel.E(kernel.NotFound, "event.notfound")
	}
	return e, err
}

// ByID is Event for its identifier.
func (s *Service) ByID(ctx context.Context, by access.Actor, id kernel.ID) (Event, error) {
	e, err := s.Store.ByID(ctx, by.Tenant, id)
	if err == nil && !s.sees(by, e) {
		err = kernel.E(kernel.NotFound, "event.notfound")
	}
	return e, err
}

// Edited gives an event for those who may change it.
func (s *Service) Edited(ctx context.Context, by access.Actor, key string) (Event, error) {
	e, err := s.Store.ByKey(ctx, by.Tenant, key)
	if err == nil {
		err = s.may(by, access.EditEvent, e)
	}
	return e, err
}

// List gives the events the actor may know of: those to come by their begin, past ones the youngest first.
func (s *Service) List(ctx context.Context, by access.Actor, f Filter) ([]Event, error) {
	if f.Limit == 0 {
		f.Limit = 500
	}
	if f.Drafts || f.Templates {
		if !access.Anywhere(by, access.CheckIn) {
			return nil, access.CheckTenant(by, access.CheckIn)
		}
	} else if f.From.IsZero() && f.To.IsZero() && !f.Past {
		f.From = kernel.InstantOf(s.now().AddDate(0, 0, -1))
	}
	past, now := f.Past, s.now()
	if past && f.To.IsZero() {
		f.To = now
	}
	list, err := s.Store.List(ctx, by.Tenant, f)
	if err != nil {
		return nil, err
	}
	window := !f.Drafts && !f.Templates && f.To.IsZero()
	list = slices.DeleteFunc(list, func(e Event) bool {
		if (f.Drafts || f.Templates) && !s.Edits(by, e) && (e.Stage == Draft || e.Template || s.may(by, access.CheckIn, e) != nil) {
			return true
		}
		return !s.sees(by, e) || !f.Drafts && !f.Templates && e.Stage == Draft || !e.In(f.Area) || !e.About(f.Topic) ||
			slices.ContainsFunc(f.Features, func(x Feature) bool { return !e.Has(x) }) || window && e.Over(now) || past && !e.Over(now)
	})
	return list, nil
}

// Create makes a draft, from a template or another event where from is given.
func (s *Service) Create(ctx context.Context, by access.Actor, e Event) (Event, error) {
	if err := s.may(by, access.EditEvent, e); err != nil {
		return e, err
	}
	if err := e.valid(); err != nil {
		return e, err
	}
	e.ID, e.Stage, e.Edit, e.Sequence = kernel.NewID(), Draft, 1, 0
	e.CreatedAt, e.ChangedAt = s.now(), s.now()
	if e.Audience == "" {
		e.Audience = access.Public
	}
	return e, s.Tx.Tx(ctx, func(ctx context.Context) error {
		var err error
		if e.Key, err = s.key(ctx, by.Tenant, e); err != nil {
			return err
		}
		if err := s.Store.Insert(ctx, by.Tenant, e); err != nil {
			return err
		}
		for i := range e.Parts {
			e.Parts[i].ID, e.Parts[i].Taken = kernel.NewID(), 0
		}
		if err := s.Store.SaveParts(ctx, by.Tenant, e.ID, e.Parts); err != nil {
			return err
		}
		return access.Record(ctx, s.Trail, by, access.Act{Do: access.EditEvent, What: "event.create", Object: ref(e.ID), Note: map[string]string{"key": e.Key}})
	})
}

// Copy makes a draft with everything but people and dates of another event or template.
func (s *Service) Copy(ctx context.Context, by access.Actor, key string, template bool) (Event, error) {
	e, err := s.Edited(ctx, by, key)
	if err != nil {
		return e, err
	}
	c := Event{
		Template: template, Audience: e.Audience, Process: e.Process, Group: e.Group, Content: e.Content, Registers: e.Registers, Capacity: e.Capacity,
		HasWaiting: e.HasWaiting, Parts: slices.Clone(e.Parts),
	}
	c.Minutes, c.Report, c.Reason = nil, nil, nil
	return s.Create(ctx, by, c)
}

// key makes an address of title and day that nobody has yet.
func (s *Service) key(ctx context.Context, tenant kernel.ID, e Event) (string, error) {
	base := Slug(e.Title.String())
	if !e.Start.IsZero() {
		base += "-" + e.Start.Format(time.DateOnly)
	}
	taken, err := s.Store.Keys(ctx, tenant, base)
	if err != nil {
		return "", err
	}
	out := base
	for n := 2; slices.Contains(taken, out); n++ {
		out = fmt.Sprintf("%s-%d", base, n)
	}
	return out, nil
}

var umlauts = strings.NewReplacer("ä", "ae", "ö", "oe", "ü", "ue", "ß", "ss", "é", "e", "è", "e", "ê", "e", "á", "a", "ç", "c", "ñ", "n", "ı", "i", "ş", "s", "ğ", "g")

// Slug makes a part of an address of a title: small letters, digits and hyphens, at most 60 of them.
func Slug(title string) string {
	var b strings.Builder
	for _, r := range umlauts.Replace(strings.ToLower(title)) {
		switch {
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			b.WriteRune(r)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
		if b.Len() >= 60 {
			break
		}
	}
	if s := strings.Trim(b.String(), "-"); s != "" {
		return s
	}
	return "termin"
}

// valid names what is wrong with what was typed.
func (e Event) valid() error {
	f := map[string]string{}
	if strings.TrimSpace(e.Title.String()) == "" {
		f["title"] = "event.field.missing"
	}
	if !e.Start.IsZero() && !e.End.IsZero() && !e.End.After(e.Start.Time) {
		f["end"] = "event.field.end"
	}
	if e.Start.IsZero() && !e.End.IsZero() {
		f["start"] = "event.field.missing"
	}
	if !e.Closes.IsZero() && !e.Opens.IsZero() && !e.Closes.After(e.Opens.Time) {
		f["closes"] = "event.field.closes"
	}
	if e.Capacity < 0 || e.Capacity > 100_000 {
		f["capacity"] = "event.field.number"
	}
	if e.Hours < 0 || e.Hours > 240 {
		f["hours"] = "event.field.number"
	}
	if e.Together < 0 || e.Together > mostStaff {
		f["together"] = "event.field.number"
	}
	if e.Online != "" && !strings.HasPrefix(e.Online, "https://") {
		f["online"] = "event.field.link"
	}
	if e.Lat < -90 || e.Lat > 90 || e.Lon < -180 || e.Lon > 180 {
		f["lat"] = "event.field.number"
	}
	if slices.ContainsFunc(e.Parts, func(p Part) bool { return p.Capacity < 0 || p.Capacity > 100_000 || p.Title.String() == "" }) {
		f["parts"] = "event.field.parts"
	}
	for _, it := range e.Programme {
		if _, err := time.Parse("15:04", it.From); err != nil || it.Title.String() == "" {
			f["programme"] = "event.field.programme"
		}
		if _, err := time.Parse("15:04", it.To); it.To != "" && err != nil {
			f["programme"] = "event.field.programme"
		}
	}
	if len(f) > 0 {
		return errInvalid(f)
	}
	return nil
}

// Save changes an event. People who registered are told when the time or place of a published one changed; places that became free go to those
// who wait.
func (s *Service) Save(ctx context.Context, by access.Actor, e Event) (Event, error) {
	old, err := s.Store.ByID(ctx, by.Tenant, e.ID)
	if err != nil {
		return e, err
	}
	if err := s.may(by, access.EditEvent, old); err != nil {
		return e, err
	}
	if err := s.may(by, access.EditEvent, e); err != nil { // nobody moves an event to where he or she may not
		return e, err
	}
	if err := e.valid(); err != nil {
		return e, err
	}
	e.Key, e.Stage, e.Template, e.Sequence, e.PublishedAt, e.CancelledAt, e.MinutesAt = old.Key, old.Stage, old.Template, old.Sequence, old.PublishedAt, old.CancelledAt, old.MinutesAt
	e.ChangedAt = s.now()
	if e.Stage == Published && (e.Start.IsZero() || e.End.IsZero()) {
		return e, errInvalid(map[string]string{"start": "event.field.missing"})
	}
	moved := e.Stage == Published && !old.Over(s.now()) && (e.Start != old.Start || e.End != old.End || e.Place.String() != old.Place.String() || e.Address != old.Address)
	if moved {
		e.Sequence++
	}
	return e, s.Tx.Tx(ctx, func(ctx context.Context) error {
		if err := s.Store.Save(ctx, by.Tenant, e); err != nil {
			return err
		}
		if err := s.Store.SaveParts(ctx, by.Tenant, e.ID, e.Parts); err != nil {
			return err
		}
		if e.Start != old.Start || e.End != old.End {
			if err := s.Store.SetOver(ctx, by.Tenant, e.ID, e.last()); err != nil {
				return err
			}
			if err := s.Store.Unremind(ctx, by.Tenant, e.ID); err != nil {
				return err
			}
		}
		if moved {
			if err := s.Jobs.Tell(ctx, by.Tenant, e.ID, ChangeLetter, e.Sequence); err != nil {
				return err
			}
		}
		if e.Stage == Published {
			if err := s.Jobs.Promote(ctx, by.Tenant, e.ID); err != nil {
				return err
			}
		}
		return access.Record(ctx, s.Trail, by, access.Act{Do: access.EditEvent, What: "event.edit", Object: ref(e.ID), Note: map[string]string{"key": e.Key}})
	})
}

// Missing lists what an event needs before it can be published, as keys of the catalogue.
func (e Event) Missing() (list []string) {
	if e.Start.IsZero() {
		list = append(list, "event.needs.start")
	}
	if e.End.IsZero() {
		list = append(list, "event.needs.end")
	}
	if e.Place.String() == "" && e.Online == "" && !e.SaveDate {
		list = append(list, "event.needs.place")
	}
	if len(e.Access) == 0 && !e.SaveDate {
		list = append(list, "event.needs.access")
	}
	return list
}

// Publish makes an event public and has subscribers told.
func (s *Service) Publish(ctx context.Context, by access.Actor, key string) error {
	e, err := s.Edited(ctx, by, key)
	if err != nil {
		return err
	}
	if err := s.may(by, access.Publish, e); err != nil {
		return err
	}
	if e.Stage != Draft || e.Template {
		return kernel.E(kernel.Conflict, "event.notdraft")
	}
	if missing := e.Missing(); len(missing) > 0 {
		return kernel.E(kernel.Conflict, "event.incomplete")
	}
	if e.Over(s.now()) {
		return kernel.E(kernel.Conflict, "event.refused.past")
	}
	e.Stage, e.PublishedAt, e.ChangedAt = Published, s.now(), s.now()
	return s.Tx.Tx(ctx, func(ctx context.Context) error {
		if err := s.Store.Save(ctx, by.Tenant, e); err != nil {
			return err
		}
		if e.Audience == access.Public {
			if err := s.Jobs.News(ctx, by.Tenant, "event", e.ID); err != nil {
				return err
			}
		}
		return access.Record(ctx, s.Trail, by, access.Act{Do: access.Publish, What: "event.publish", Object: ref(e.ID), Note: map[string]string{"key": e.Key}})
	})
}

// Cancel calls a published event off; everybody who registered is told, and the calendar entries of all who took it over end.
func (s *Service) Cancel(ctx context.Context, by access.Actor, key string, reason kernel.Text) error {
	e, err := s.Edited(ctx, by, key)
	if err != nil {
		return err
	}
	if e.Stage != Published || e.Over(s.now()) {
		return kernel.E(kernel.Conflict, "event.notcancellable")
	}
	if strings.TrimSpace(reason.String()) == "" {
		return errInvalid(map[string]string{"reason": "event.field.missing"})
	}
	e.Stage, e.Reason, e.CancelledAt, e.ChangedAt = Cancelled, reason, s.now(), s.now()
	e.Sequence++
	return s.Tx.Tx(ctx, func(ctx context.Context) error {
		if err := s.Store.Save(ctx, by.Tenant, e); err != nil {
			return err
		}
		if err := s.Jobs.Tell(ctx, by.Tenant, e.ID, CancelLetter, e.Sequence); err != nil {
			return err
		}
		return access.Record(ctx, s.Trail, by, access.Act{Do: access.EditEvent, What: "event.cancel", Object: ref(e.ID), Note: map[string]string{"key": e.Key}})
	})
}

// Delete takes away a draft or template nobody registered for.
func (s *Service) Delete(ctx context.Context, by access.Actor, key string) error {
	e, err := s.Edited(ctx, by, key)
	if err != nil {
		return err
	}
	if e.Stage != Draft {
		return kernel.E(kernel.Conflict, "event.notdraft")
	}
	return s.Tx.Tx(ctx, func(ctx context.Context) error {
		if err := s.Store.Delete(ctx, by.Tenant, e.ID); err != nil {
			return err
		}
		return access.Record(ctx, s.Trail, by, access.Act{Do: access.EditEvent, What: "event.delete", Object: ref(e.ID), Note: map[string]string{"key": e.Key}})
	})
}

// Variants lists the texts of events to come and of posts on the board, with the languages they are there in.
func (s *Service) Variants(ctx context.Context, tenant kernel.ID) ([]kernel.Variant, error) {
	list, err := s.Store.List(ctx, tenant, Filter{From: s.now(), Limit: 1000})
	if err != nil {
		return nil, err
	}
	var out []kernel.Variant
	for _, e := range list {
		if e.Stage == Published {
			out = append(out, kernel.Variant{
				Kind: "event", ID: string(e.ID), Title: e.Title, Path: "/veranstaltungen/" + e.Key, Edit: "/arbeit/veranstaltungen/" + e.Key + "/texte",
				Texts: []kernel.Text{e.Title, e.Teaser, e.Content.Body, e.Place, e.Directions, e.AccessNote},
			})
		}
	}
	posts, err := s.Store.Posts(ctx, tenant, PostFilter{Limit: 500})
	for _, p := range posts {
		if p.Shown(s.now()) {
			out = append(out, kernel.Variant{
				Kind: "post", ID: string(p.ID), Title: p.Title, Path: "/pinnwand/" + string(p.ID), Edit: "/arbeit/pinnwand/" + string(p.ID),
				Texts: []kernel.Text{p.Title, p.Body},
			})
		}
	}
	return out, err
}
