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
	"github.com/kupferfaden/kupferfaden/internal/contribution"
	"github.com/kupferfaden/kupferfaden/internal/doc/ics"
	"github.com/kupferfaden/kupferfaden/internal/event"
	"github.com/kupferfaden/kupferfaden/internal/event/eventdb"
	"github.com/kupferfaden/kupferfaden/internal/event/eventweb"
	"github.com/kupferfaden/kupferfaden/internal/group"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/notice"
	"github.com/kupferfaden/kupferfaden/internal/participation"
	"github.com/kupferfaden/kupferfaden/internal/participation/participationweb"
	"github.com/kupferfaden/kupferfaden/internal/platform/i18n"
	"github.com/kupferfaden/kupferfaden/internal/platform/job"
	"github.com/kupferfaden/kupferfaden/internal/platform/mail"
	"github.com/kupferfaden/kupferfaden/internal/privacy"
	"github.com/kupferfaden/kupferfaden/internal/privacy/privacydb"
	"github.com/kupferfaden/kupferfaden/internal/web"
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
	a.Participation.Facts = append(a.Participation.Facts, eventFacts{a})
	return &event.Service{
		Store: &eventdb.Store{DB: a.DB}, Tx: a.DB, Trail: a.Trail, Secret: a.Secret, Mail: eventMail{a}, Jobs: eventJobs{a}, Files: a.Files, Now: a.Now,
		Reach: a.eventReach, Outcomes: event.Outcomes{Contribution: a.minuteContribution, Task: a.minuteTask},
	}
}

// minuteContribution writes a point of the minutes down as a contribution to the event's process, said at a workshop. Without a process, or where it
// collects nothing (any more) or the actor writes nothing down there, the point stays in the minutes: these are published all the same.
func (a *App) minuteContribution(ctx context.Context, by access.Actor, e event.Event, m event.Minute) (kernel.Ref, string, error) {
	if e.Process == "" {
		return kernel.Ref{}, "", nil
	}
	p, err := a.Participation.Process(ctx, by, e.Process)
	if err != nil {
		return kernel.Ref{}, "", stays(err)
	}
	i := slices.IndexFunc(p.Modules, func(x participation.Module) bool {
		return !x.PlaceRequired && (x.Kind == participation.IdeasModule || x.Kind == participation.MapModule || x.Kind == participation.QuestionModule)
	})
	if i < 0 {
		return kernel.Ref{}, "", nil
	}
	text, title := m.Body, m.Title
	if text == "" {
		text = m.Title
	}
	if r := []rune(title); len(r) > contribution.MostTitle {
		title = string(r[:contribution.MostTitle-1]) + "…"
	}
	c, _, err := a.Contributions.Record(ctx, by, contribution.Draft{
		Process: p.Key, Module: p.Modules[i].Key, Channel: contribution.Workshop, Lang: i18n.German, Title: title, Text: text, Areas: e.Areas, Topics: e.Topics,
		SaidOn: kernel.DayOf(e.Start.Time), Source: "event " + string(m.ID),
	}, true)
	if err != nil {
		return kernel.Ref{}, "", stays(err)
	}
	return kernel.Ref{Kind: "contribution", ID: c.ID}, c.Path(), nil
}

// stays takes away errors that say that somebody may not, or that it is not the time: what was said at an event then stays in its minutes.
func stays(err error) error {
	switch kernel.KindOf(err) {
	case kernel.Denied, kernel.NotFound, kernel.Conflict:
		return nil
	}
	return err
}

// minuteTask gives a point of the minutes to the event's working group, or to whoever is named outside of any where the actor gives no tasks there.
// Who gives no tasks at all leaves it in the minutes.
func (a *App) minuteTask(ctx context.Context, by access.Actor, e event.Event, m event.Minute) (kernel.Ref, string, error) {
	t := group.Task{About: kernel.Ref{Kind: "event", ID: e.ID}, Title: m.Title, Text: m.Body, OwnerLabel: m.Charge, Due: m.Due}
	if e.Group != "" {
		g, err := a.Groups.Get(ctx, by, e.Group)
		if stays(err) != nil {
			return kernel.Ref{}, "", err
		}
		if err == nil && a.Groups.Can(by, g, access.WorkInGroup) {
			t.Group = g.ID
		}
	}
	t, err := a.Groups.AddTask(ctx, by, t)
	if err != nil {
		return kernel.Ref{}, "", stays(err)
	}
	return kernel.Ref{Kind: "task", ID: t.ID}, "", nil
}

// eventPages adds the pages of events and the pinboard.
func (a *App) eventPages(m *web.Mux) {
	items := func(list []account.Place, err error, r *web.Request) ([]web.Item, error) {
		out := make([]web.Item, len(list))
		for i, x := range list {
			name, _ := r.P.Text(x.Name)
			out[i] = web.Item{Value: x.In.Key, Text: name}
		}
		return out, err
	}
	eventweb.Register(m, a.Events, eventweb.Options{
		Areas: func(r *web.Request) ([]web.Item, error) {
			list, err := places{a}.areas(r.Context(), r.Tenant.ID)
			return items(list, err, r)
		},
		Processes: func(r *web.Request) ([]web.Item, error) {
			list, err := a.Participation.List(r.Context(), r.Actor, participation.Filter{})
			out := make([]web.Item, len(list))
			for i, p := range list {
				name, _ := r.P.Text(p.Title)
				out[i] = web.Item{Value: p.Key, Text: name}
			}
			return out, err
		},
		Groups: func(r *web.Request) ([]web.Item, error) {
			list, err := a.Groups.List(r.Context(), r.Actor)
			out := make([]web.Item, len(list))
			for i, g := range list {
				name, _ := r.P.Text(g.Name)
				out[i] = web.Item{Value: g.Key, Text: name}
			}
			return out, err
		},
		Consent: func(r *web.Request) (version, text string, err error) {
			v, err := a.Privacy.ConsentText(r.Context(), r.Tenant.ID, privacy.EventConsent, r.Lang)
			return v.Lang + " " + strconv.Itoa(v.Version), v.Body, err
		},
		Open: a.Files.Open, Sources: a.guestSources, Now: a.Now,
		Reads: func(r *web.Request, became kernel.Ref) bool {
			if became.Kind != "contribution" {
				return true
			}
			_, err := a.Contributions.ByID(r.Context(), r.Actor, became.ID)
			return err == nil
		},
	})
}

// guestSources lists where invitations can be taken from: people of the town with a role.
func (a *App) guestSources(r *web.Request) ([]eventweb.Source, error) {
	if !r.Can(access.EditEvent) { // whoever prepares the events of one process gets no list of everybody
		return nil, nil
	}
	all, err := a.Accounts.Store.Accounts(r.Context(), r.Tenant.ID)
	if err != nil {
		return nil, err
	}
	today := kernel.DayOf(a.Now())
	lines := map[access.Role][]string{}
	for _, x := range all {
		if x.Disabled() || x.Email == "" {
			continue
		}
		for _, g := range x.Roles {
			if g.On(today) && !g.Role.Citizen() {
				if l := r.T("account.role."+string(g.Role)) + " <" + x.Email + ">"; !slices.Contains(lines[g.Role], l) {
					lines[g.Role] = append(lines[g.Role], l)
				}
			}
		}
	}
	var out []eventweb.Source
	for _, role := range access.Roles() {
		if list := lines[role]; len(list) > 0 {
			out = append(out, eventweb.Source{
				Key: string(role), Name: r.T("account.role."+string(role)) + " (" + strconv.Itoa(len(list)) + ")",
				Lines: func(context.Context) (string, error) { return strings.Join(list, "\n"), nil },
			})
		}
	}
	return out, nil
}

// eventParts draw the modules of events and of the pinboard on the page of a process.
func (a *App) eventParts(parts map[participation.ModuleKind]participationweb.PartOf) {
	parts[participation.EventModule], parts[participation.BoardModule] = eventweb.EventPart(a.Events, a.Now), eventweb.BoardPart(a.Events)
}

// eventFacts tells the check of minimum standards of the events of a process.
type eventFacts struct{ a *App }

// Facts says whether there were several ways to meet, and whether what was said was written down.
func (f eventFacts) Facts(ctx context.Context, tenant kernel.ID, p participation.Process) ([]participation.Fact, error) {
	x, err := f.a.Events.Facts(ctx, tenant, p.Key)
	if err != nil || x.Events == 0 {
		return nil, err
	}
	told := func(rule participation.Rule, key string, all bool, kv ...any) participation.Fact {
		out := participation.Fact{Rule: rule, Result: participation.Partly, Key: key, Params: kernel.Params(kv...)}
		if all {
			out.Result = participation.Fulfilled
		}
		return out
	}
	out := []participation.Fact{
		told(participation.FormatsRule, "formats.events", len(x.Formats) > 1, "n", x.Events, "formats", len(x.Formats)),
		told(participation.AccessRule, "access.events", x.Accessible == x.Events, "n", x.Accessible, "of", x.Events),
	}
	if x.Held > 0 {
		out = append(out, told(participation.WrittenRule, "written.events", x.Minutes >= x.Held, "n", x.Minutes, "of", x.Held))
	}
	return out, nil
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

// eventTopics lists what people can ask to be told of as a whole; what concerns an area, a topic or a process comes with the topics of these.
func (a *App) eventTopics() []notice.Topic {
	return []notice.Topic{{Key: eventTopic, Kind: "event.news"}, {Key: postTopic, Kind: "post.news"}}
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

// News notes what subscribers are told: those of all events or posts, and those of the areas, topics and the process it concerns.
func (j eventJobs) News(ctx context.Context, tenant kernel.ID, topic string, id kernel.ID) error {
	title, wishes, path := kernel.Text{}, []notice.Wish{{Topic: topic}}, ""
	concerns := func(areas, topics []string, process string) {
		for _, x := range areas {
			wishes = append(wishes, notice.Wish{Topic: contribution.AreaTopic, Ref: x})
		}
		for _, x := range topics {
			wishes = append(wishes, notice.Wish{Topic: contribution.SubjectTopic, Ref: x})
		}
		if process != "" {
			wishes = append(wishes, notice.Wish{Topic: contribution.ProcessTopic, Ref: process})
		}
	}
	if topic == postTopic {
		p, err := j.a.Events.Store.Post(ctx, tenant, id)
		if err != nil {
			return err
		}
		title, path = p.Title, eventweb.PostPath(p.ID)
		concerns(p.Areas, p.Topics, p.Process)
	} else {
		e, err := j.a.Events.Store.ByID(ctx, tenant, id)
		if err != nil {
			return err
		}
		path = eventweb.EventPath(e.Key)
		concerns(e.Areas, e.Topics, e.Process)
		for lang, t := range e.Title {
			base, register, _ := strings.Cut(lang, "+")
			title[lang] = t + ", " + i18n.For(base, kernel.Register(register)).DateTime(e.Start)
		}
	}
	for _, w := range wishes {
		if err := j.a.Notices.News(ctx, tenant, w.Topic, w.Ref, title, path); err != nil {
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
			Show: []string{"state", "name", "companions", "email", "needs", "photos", "created_at", "attended_at"}, Age: "over_at",
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
		Path: eventweb.EventPath(e.Key), Public: true,
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
	x.Params["heads"] = r.Heads
	for k, v := range more {
		x.Params[k] = v
	}
	if slices.Contains(datedLetters, kind) {
		var err error
		if x.Files, err = m.calendar(ctx, tenant, e, r.Lang); err != nil {
			return err
		}
	}
	return m.a.Notices.Send(ctx, x)
}

// datedLetters bring the date for the recipient's calendar with them, or take it away.
var datedLetters = []notice.Kind{"event.registered", "event.movedup", "event.movedup_part", "event.changed", "event.cancelled"}

// calendar is the event as a file for calendar programs.
func (m eventMail) calendar(ctx context.Context, tenant kernel.ID, e event.Event, lang string) ([]notice.File, error) {
	base, register, _ := strings.Cut(lang, "+")
	address, err := m.a.Notices.Writer.Link(ctx, tenant, base, eventweb.EventPath(e.Key))
	if err != nil {
		address = "" // an installation that does not know its address says so when the mail is to be sent
	}
	b, err := eventweb.File(i18n.For(base, kernel.Register(register)), address, e)
	if err != nil || b == nil {
		return nil, err
	}
	method := ics.Publish
	if e.Stage == event.Cancelled {
		method = ics.Cancel
	}
	return []notice.File{calendarFile(e.Key, method, b)}, nil
}

// calendarFile encloses a date in a mail; the type says what the recipient's calendar is to do with it.
func calendarFile(name string, method ics.Method, b []byte) notice.File {
	return notice.File{Name: name + ".ics", Type: "text/calendar; charset=utf-8; method=" + string(method), Content: string(b)}
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

// TooMany tells those who wait together that places became free, and not enough for all of them.
func (m eventMail) TooMany(ctx context.Context, tenant kernel.ID, e event.Event, r event.Registration, token string) error {
	return m.send(ctx, tenant, "event.toomany", string(r.ID), e, r, token, map[string]any{"free": e.Free()})
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
		Path: eventweb.EventPath(e.Key), Public: true,
	})
}

// eventTexts are the public texts of events and posts with the languages they are there in.
func (a *App) eventTexts(ctx context.Context, tenant kernel.ID) ([]kernel.Variant, error) {
	return a.Events.Variants(ctx, tenant)
}
