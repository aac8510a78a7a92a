// SPDX-License-Identifier: EUPL-1.2

package app

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/account"
	"github.com/kupferfaden/kupferfaden/internal/event"
	"github.com/kupferfaden/kupferfaden/internal/event/eventdb"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/notice"
	"github.com/kupferfaden/kupferfaden/internal/participation"
	"github.com/kupferfaden/kupferfaden/internal/platform/i18n"
	"github.com/kupferfaden/kupferfaden/internal/platform/job"
	"github.com/kupferfaden/kupferfaden/internal/platform/mail"
	"github.com/kupferfaden/kupferfaden/internal/privacy"
	"github.com/kupferfaden/kupferfaden/internal/privacy/privacydb"
)

// The background work of events.
const (
	promoteJob = "event.promote" // let those who wait move up
	tellJob    = "event.tell"    // a letter to everybody who registered
	inviteJob  = "event.invite"
	tickJob    = "event.tick" // reminders and offers nobody accepted
)

// The topics people subscribe to.
const (
	eventTopic = "event"
	postTopic  = "post"
)

// events wires events and the pinboard.
func (a *App) events() *event.Service {
	return &event.Service{
		Store: &eventdb.Store{DB: a.DB}, Tx: a.DB, Trail: a.Trail, Secret: a.Secret, Mail: eventMail{a}, Jobs: eventJobs{a}, Files: a.Files, Now: a.Now,
		Reach: a.eventReach,
	}
}

// eventReach adds a count at the door to the reach of a process. Where the process does not take anything now, the count stays with the event.
func (a *App) eventReach(ctx context.Context, by access.Actor, process string, counts []participation.Count, people int64) error {
	if _, err := a.Participation.Open(ctx, by, access.RecordContribution, process); err != nil {
		if k := kernel.KindOf(err); k == kernel.Conflict || k == kernel.Denied || k == kernel.NotFound {
			return nil
		}
		return err
	}
	return a.Participation.ReachedMany(ctx, by, process, counts, people)
}

// eventTopics lists what people can ask to be told of: everything, or what concerns an area.
func (a *App) eventTopics() []notice.Topic {
	name := func(ctx context.Context, tenant kernel.ID, ref string) (kernel.Text, bool, error) {
		list, err := places{a}.areas(ctx, tenant)
		i := slices.IndexFunc(list, func(p account.Place) bool { return p.In.Key == ref })
		if err != nil || i < 0 {
			return nil, false, err
		}
		return list[i].Name, true, nil
	}
	return []notice.Topic{
		{Key: eventTopic, Kind: "event.news", Param: "termine", Name: name},
		{Key: postTopic, Kind: "post.news", Param: "pinnwand", Name: name},
	}
}

// eventJobs asks for background work.
type eventJobs struct{ a *App }

type eventArgs struct {
	Event    kernel.ID    `json:"event"`
	Letter   event.Letter `json:"letter,omitempty"`
	Sequence int          `json:"sequence,omitempty"`
	Announce bool         `json:"announce,omitempty"`
}

// Promote asks for a look at the waiting list; several places that become free at once are seen by one look.
func (j eventJobs) Promote(ctx context.Context, tenant, id kernel.ID) error {
	_, err := j.a.Queue.Enqueue(ctx, tenant, promoteJob, eventArgs{Event: id}, job.Options{Key: string(id), Merge: true})
	return err
}

// Tell asks for a letter to everybody who registered.
func (j eventJobs) Tell(ctx context.Context, tenant, id kernel.ID, l event.Letter, sequence int) error {
	_, err := j.a.Queue.Enqueue(ctx, tenant, tellJob, eventArgs{Event: id, Letter: l, Sequence: sequence}, job.Options{})
	return err
}

// Invite asks for the letters to everybody on the list.
func (j eventJobs) Invite(ctx context.Context, tenant, id kernel.ID, announce bool) error {
	_, err := j.a.Queue.Enqueue(ctx, tenant, inviteJob, eventArgs{Event: id, Announce: announce}, job.Options{})
	return err
}

// News notes what subscribers are told, for the whole town and for each area it concerns.
func (j eventJobs) News(ctx context.Context, tenant kernel.ID, topic string, id kernel.ID) error {
	var title kernel.Text
	var areas []string
	var path string
	if topic == postTopic {
		p, err := j.a.Events.Store.Post(ctx, tenant, id)
		if err != nil {
			return err
		}
		title, areas, path = p.Title, p.Areas, "/pinnwand/"+string(p.ID)
	} else {
		e, err := j.a.Events.Store.ByID(ctx, tenant, id)
		if err != nil {
			return err
		}
		title, areas, path = kernel.Text{}, e.Areas, "/veranstaltungen/"+e.Key
		for lang, t := range e.Title {
			base, register, _ := strings.Cut(lang, "+")
			title[lang] = t + ", " + i18n.For(base, kernel.Register(register)).DateTime(e.Start)
		}
	}
	if len(areas) == 0 {
		areas = []string{""}
	}
	for _, area := range areas {
		if err := j.a.Notices.News(ctx, tenant, topic, area, title, path); err != nil {
			return err
		}
	}
	return nil
}

// eventHandlers does the background work.
func (a *App) eventHandlers() map[string]job.Handler {
	with := func(f func(ctx context.Context, r *job.Run, x eventArgs) error) job.Handler {
		return func(ctx context.Context, r *job.Run) error {
			var x eventArgs
			if err := r.Decode(&x); err != nil {
				return err
			}
			return f(ctx, r, x)
		}
	}
	return map[string]job.Handler{
		promoteJob: with(func(ctx context.Context, r *job.Run, x eventArgs) error {
			return a.Events.Promote(ctx, r.Tenant, x.Event)
		}),
		tellJob: with(func(ctx context.Context, r *job.Run, x eventArgs) error {
			return a.Events.Tell(ctx, r.Tenant, x.Event, x.Letter, x.Sequence, func(n int64) { r.Progress(n, 0, "") })
		}),
		inviteJob: with(func(ctx context.Context, r *job.Run, x eventArgs) error {
			return a.Events.SendInvitations(ctx, r.Tenant, x.Event, x.Announce)
		}),
		tickJob: func(ctx context.Context, r *job.Run) error { return a.Events.Tick(ctx, r.Tenant) },
	}
}

// eventKinds names what events keep about people.
func (a *App) eventKinds(add addKind) {
	by := func(column string, is privacydb.Is) privacydb.By { return privacydb.By{Column: column, Is: is} }
	add(
		privacy.DataKind{Key: "event", Basis: []privacy.Basis{privacy.PublicTask, privacy.Consent}, Default: 30, Least: 1, Most: 365},
		privacydb.Table{
			Name: "event_registration", By: []privacydb.By{by("account_id", privacydb.ID), by("email_key", privacydb.Email), by("email", privacydb.Email)},
			Show: []string{"state", "name", "email", "needs", "photos", "created_at", "attended_at"}, Age: "over_at",
		},
		privacydb.Table{
			Name: "event_invitation", By: []privacydb.By{by("email_key", privacydb.Email), by("email", privacydb.Email)},
			Show: []string{"label", "email", "created_at", "announced_at", "invited_at"}, Age: "over_at",
		},
	)
	add(
		privacy.DataKind{Key: "eventwork", Basis: []privacy.Basis{privacy.Employment, privacy.PublicTask}},
		privacydb.Table{Name: "event_photo", By: []privacydb.By{by("uploaded_by", privacydb.ID)}, Show: []string{"uploaded_at"}, Then: privacydb.Blank},
	)
}

// eventMail writes the letters of events.
type eventMail struct{ a *App }

// Check gives an address as mail servers take it.
func (m eventMail) Check(email string) (string, error) { return mail.Address(email) }

// params are what every letter says of its event.
func (m eventMail) params(e event.Event, lang string) map[string]any {
	base, register, _ := strings.Cut(lang, "+")
	p := i18n.For(base, kernel.Register(register))
	title, _ := p.Text(e.Title)
	place, _ := p.Text(e.Place)
	if e.Address != "" {
		place = strings.TrimLeft(place+", "+e.Address, ", ")
	}
	if place == "" {
		place = e.Online
	}
	reason, _ := p.Text(e.Reason)
	return map[string]any{"title": title, "at": e.Start, "place": place, "reason": reason}
}

// send writes a letter to somebody who registered, if there is an address.
func (m eventMail) send(ctx context.Context, tenant kernel.ID, kind notice.Kind, once string, e event.Event, r event.Registration, token string, more map[string]any) error {
	if r.Email == "" {
		return nil
	}
	x := notice.Message{
		Tenant: tenant, To: notice.Recipient{Account: r.Account, Email: r.Email, Lang: r.Lang}, Kind: kind, Event: once, Params: m.params(e, r.Lang),
		Path: "/veranstaltungen/" + e.Key, Public: true,
	}
	if token != "" {
		x.Path, x.Public = "/teilnahme/"+token, false
	}
	x.Params["code"] = r.Code
	x.Hide = []string{"code"}
	x.Params["part"] = "–"
	base, register, _ := strings.Cut(r.Lang, "+")
	if part, ok := e.Part(r.Part); ok {
		x.Params["part"], _ = i18n.For(base, kernel.Register(register)).Text(part.Title)
	}
	for k, v := range more {
		x.Params[k] = v
	}
	return m.a.Notices.Send(ctx, x)
}

// Registered confirms a place or a place on the waiting list.
func (m eventMail) Registered(ctx context.Context, tenant kernel.ID, e event.Event, r event.Registration, token string) error {
	kind := notice.Kind("event.registered")
	if r.State == event.Waits {
		kind = "event.waiting"
	}
	return m.send(ctx, tenant, kind, string(r.ID), e, r, token, nil)
}

// Known tells somebody who registered again that the place is there already; once a day.
func (m eventMail) Known(ctx context.Context, tenant kernel.ID, e event.Event, r event.Registration, token string) error {
	return m.send(ctx, tenant, "event.known", string(r.ID)+" "+m.a.Now().Format(time.DateOnly), e, r, token, nil)
}

// MovedUp tells somebody who waited of the place.
func (m eventMail) MovedUp(ctx context.Context, tenant kernel.ID, e event.Event, r event.Registration, token string, withoutPart bool) error {
	kind := notice.Kind("event.movedup")
	switch {
	case r.State == event.Offered:
		kind = "event.offered"
	case withoutPart:
		kind = "event.movedup_part"
	}
	return m.send(ctx, tenant, kind, string(r.ID), e, r, token, map[string]any{"until": r.OfferedUntil})
}

// Left confirms that a place was given back.
func (m eventMail) Left(ctx context.Context, tenant kernel.ID, e event.Event, r event.Registration) error {
	return m.send(ctx, tenant, "event.left", string(r.ID), e, r, "", nil)
}

// Lapsed tells somebody that the place went on to the next one.
func (m eventMail) Lapsed(ctx context.Context, tenant kernel.ID, e event.Event, r event.Registration) error {
	return m.send(ctx, tenant, "event.lapsed", string(r.ID), e, r, "", nil)
}

// Reminder reminds of the event, once for each begin it has had.
func (m eventMail) Reminder(ctx context.Context, tenant kernel.ID, e event.Event, r event.Registration, token string) error {
	return m.send(ctx, tenant, "event.reminder", string(r.ID)+" "+e.Start.String(), e, r, token, nil)
}

// Tell sends one of the letters to all.
func (m eventMail) Tell(ctx context.Context, tenant kernel.ID, l event.Letter, e event.Event, r event.Registration, token string) error {
	once := string(r.ID)
	switch l {
	case event.CancelLetter:
		return m.send(ctx, tenant, "event.cancelled", once, e, r, "", nil)
	case event.MinutesLetter:
		return m.send(ctx, tenant, "event.minutes", once, e, r, "", nil)
	}
	return m.send(ctx, tenant, "event.changed", once+" "+e.Start.String()+" "+strconv.Itoa(e.Sequence), e, r, token, nil)
}

// Invite writes the save-the-date or the invitation.
func (m eventMail) Invite(ctx context.Context, tenant kernel.ID, e event.Event, i event.Invitation, announce bool) error {
	kind := notice.Kind("event.invite")
	if announce {
		kind = "event.announce"
	}
	return m.a.Notices.Send(ctx, notice.Message{
		Tenant: tenant, To: notice.Recipient{Email: i.Email, Lang: i.Lang}, Kind: kind, Event: string(i.ID), Params: m.params(e, i.Lang),
		Path: "/veranstaltungen/" + e.Key, Public: true,
	})
}

// eventTexts are the public texts of events and posts with the languages they are there in.
func (a *App) eventTexts(ctx context.Context, tenant kernel.ID) ([]kernel.Variant, error) {
	return a.Events.Variants(ctx, tenant)
}
