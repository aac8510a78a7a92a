// SPDX-License-Identifier: EUPL-1.2

package group

import (
	"context"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// State is where a meeting stands.
type State string

// The states of a meeting.
const (
	Planned   State = "planned"   // geplant
	Invited   State = "invited"   // eingeladen
	Held      State = "held"      // durchgeführt
	Published State = "published" // Protokoll veröffentlicht
	Cancelled State = "cancelled" // abgesagt
)

// Meeting is one of a group's meetings.
type Meeting struct {
	ID           kernel.ID
	Group        kernel.ID
	Number       int // 1 is the group's first
	Title        string
	Starts, Ends kernel.Instant
	Place        string
	Online       string // address of a video call
	Intro        string // above the agenda
	State        State
	Minutes      string // what belongs to no item
	Guests       int
	Sequence     int // of the calendar entry: counts changes of time and place (RFC 5545 3.8.7.4)
	InvitedAt    kernel.Instant
	PublishedAt  kernel.Instant
	Edit         int
	CreatedAt    kernel.Instant
	Items        []Item // in order
}

// Item is one point of an agenda (TOP), with what the minutes say of it.
type Item struct {
	ID      kernel.ID
	Number  int
	Title   string
	Text    string
	Minutes string
}

// Presence is whether a member came.
type Presence string

// The presences.
const (
	Present Presence = "present" // anwesend
	Excused Presence = "excused" // entschuldigt
	Absent  Presence = "absent"  // fehlt
)

// OutcomeKind is what became of an item.
type OutcomeKind string

// The kinds of outcomes.
const (
	Decided     OutcomeKind = "decision"
	Tasked      OutcomeKind = "task"
	Contributed OutcomeKind = "contribution"
)

// Outcome is a decision, a task or a contribution that came of a meeting.
type Outcome struct {
	ID                    kernel.ID
	Meeting, Item         kernel.ID // zero Item: of the meeting as a whole
	Kind                  OutcomeKind
	Text                  string
	Ayes, Noes, Abstained int
	Ref                   kernel.Ref // the task or the contribution by its number
	At                    kernel.Instant
}

type meetingStore interface {
	// Meetings lists those of a group with their agendas, the latest first.
	Meetings(ctx context.Context, tenant, group kernel.ID) ([]Meeting, error)
	// Meeting finds one by its number; NotFound "group.meeting.notfound".
	Meeting(ctx context.Context, tenant, group kernel.ID, number int) (Meeting, error)
	// SaveMeeting writes a meeting and its agenda as SaveGroup does a group.
	SaveMeeting(ctx context.Context, tenant kernel.ID, m Meeting) error
	Attendance(ctx context.Context, tenant, meeting kernel.ID) (map[kernel.ID]Presence, error)
	SetAttendance(ctx context.Context, tenant, meeting kernel.ID, who map[kernel.ID]Presence) error
	Outcomes(ctx context.Context, tenant, meeting kernel.ID) ([]Outcome, error)
	AddOutcome(ctx context.Context, tenant kernel.ID, o Outcome) error
	Papers(ctx context.Context, tenant, group kernel.ID) ([]Paper, error)
	Paper(ctx context.Context, tenant, id kernel.ID) (Paper, error)
	SavePaper(ctx context.Context, tenant kernel.ID, p Paper) error
	DropPaper(ctx context.Context, tenant, id kernel.ID) error
	PaperUses(ctx context.Context, tenant kernel.ID, sha256 string) (bool, error)
}

// Mail writes to members; app supplies it. Each mail is written once for its event, however often it is asked for.
type Mail interface {
	// Invite asks a member to a meeting. event changes when the meeting's time or place do.
	Invite(ctx context.Context, tenant kernel.ID, to Roll, g Group, m Meeting, event string) error
	// Cancel tells that a meeting does not take place.
	Cancel(ctx context.Context, tenant kernel.ID, to Roll, g Group, m Meeting) error
	// Remind tells somebody of a task; overdue when its day is over.
	Remind(ctx context.Context, tenant kernel.ID, to Person, g Group, t Task, overdue bool) error
}

func (m Meeting) check() error {
	f := map[string]string{}
	if m.Title == "" {
		f["title"] = "group.meeting.title.missing"
	}
	if m.Starts.IsZero() {
		f["day"] = "group.meeting.day.missing"
	}
	if !m.Ends.IsZero() && m.Ends.Before(m.Starts.Time) {
		f["ends"] = "group.meeting.order"
	}
	if m.Online != "" && !strings.HasPrefix(m.Online, "https://") {
		f["online"] = "group.meeting.online.form"
	}
	for name, s := range map[string]string{"title": m.Title, "place": m.Place, "online": m.Online} {
		if utf8.RuneCountInString(s) > mostLine {
			f[name] = "group.long"
		}
	}
	if utf8.RuneCountInString(m.Intro) > mostText {
		f["intro"] = "group.long"
	}
	if utf8.RuneCountInString(m.Minutes) > mostText {
		f["minutes"] = "group.long"
	}
	if m.Guests < 0 || m.Guests > 100_000 {
		f["guests"] = "group.meeting.guests.form"
	}
	if len(m.Items) > 100 {
		f["agenda"] = "group.long"
	}
	for _, it := range m.Items {
		if utf8.RuneCountInString(it.Title) > mostLine || utf8.RuneCountInString(it.Text) > mostText || utf8.RuneCountInString(it.Minutes) > mostText {
			f["agenda"] = "group.long"
		}
	}
	return invalid(f)
}

// Agenda reads an agenda as people write it: one item a line, further lines that begin with a blank belong to the item above. Items keep the
// id and minutes of the old item of the same title.
func Agenda(text string, old []Item) []Item {
	var out []Item
	for line := range strings.SplitSeq(kernel.Clean(text, true), "\n") {
		body := strings.TrimSpace(line)
		switch {
		case body == "":
		case len(out) > 0 && (line[0] == ' ' || line[0] == '\t'):
			it := &out[len(out)-1]
			it.Text = strings.TrimSpace(it.Text + "\n" + body)
		default:
			out = append(out, Item{Number: len(out) + 1, Title: unnumbered(body)})
		}
	}
	used := map[kernel.ID]bool{}
	for i := range out {
		for _, o := range old {
			if o.Title == out[i].Title && !used[o.ID] {
				out[i].ID, out[i].Minutes, used[o.ID] = o.ID, o.Minutes, true
				break
			}
		}
	}
	for _, o := range old { // what has minutes is not lost by a changed title
		if o.Minutes != "" && !used[o.ID] {
			if i := slices.IndexFunc(out, func(it Item) bool { return it.ID == "" && it.Number == o.Number }); i >= 0 {
				out[i].ID, out[i].Minutes = o.ID, o.Minutes
			} else {
				o.Number = len(out) + 1
				out = append(out, o)
			}
		}
	}
	for i := range out {
		if out[i].ID == "" {
			out[i].ID = kernel.NewID()
		}
	}
	return out
}

// keepItems numbers the points of an agenda and gives each the id and the minutes of the old point with the same id, or where it has none of the one
// with the same title; what is new gets an id of its own.
func keepItems(items, old []Item) []Item {
	out := slices.Clone(items)
	used := map[kernel.ID]bool{}
	take := func(i int, same func(o Item) bool) {
		j := slices.IndexFunc(old, func(o Item) bool { return !used[o.ID] && same(o) })
		if j >= 0 {
			out[i].ID, out[i].Minutes, used[old[j].ID] = old[j].ID, old[j].Minutes, true
		}
	}
	for i := range out {
		out[i].Number, out[i].Minutes = i+1, ""
		out[i].Title, out[i].Text = kernel.Clean(out[i].Title, false), kernel.Clean(out[i].Text, true)
		if id := out[i].ID; id != "" {
			out[i].ID = ""
			take(i, func(o Item) bool { return o.ID == id })
		}
	}
	for i := range out {
		if out[i].ID == "" {
			take(i, func(o Item) bool { return o.Title == out[i].Title })
		}
		if out[i].ID == "" {
			out[i].ID = kernel.NewID()
		}
	}
	return out
}

// unnumbered takes "TOP 3:", "3." or "3)" away: items are numbered by their place.
func unnumbered(s string) string {
	rest := s
	if t, ok := strings.CutPrefix(strings.ToUpper(rest), "TOP "); ok {
		rest = rest[len(rest)-len(t):]
	}
	digits := strings.TrimLeft(rest, "0123456789")
	if len(digits) < len(rest) && digits != "" && strings.ContainsRune(".):", rune(digits[0])) {
		if out := strings.TrimSpace(digits[1:]); out != "" {
			return out
		}
	}
	return s
}

// AgendaText writes an agenda as Agenda reads it.
func AgendaText(items []Item) string {
	var b strings.Builder
	for _, it := range items {
		b.WriteString(it.Title + "\n")
		for line := range strings.SplitSeq(it.Text, "\n") {
			if line != "" {
				b.WriteString("  " + line + "\n")
			}
		}
	}
	return b.String()
}

// Meetings lists the meetings of a group for those who may enter its space.
func (s *Service) Meetings(ctx context.Context, by access.Actor, key string) ([]Meeting, error) {
	g, err := s.Space(ctx, by, key, access.ReadGroup)
	if err != nil {
		return nil, err
	}
	return s.Store.Meetings(ctx, by.Tenant, g.ID)
}

// Meeting finds one.
func (s *Service) Meeting(ctx context.Context, by access.Actor, key string, number int) (Group, Meeting, error) {
	g, err := s.Space(ctx, by, key, access.ReadGroup)
	if err != nil {
		return g, Meeting{}, err
	}
	m, err := s.Store.Meeting(ctx, by.Tenant, g.ID, number)
	return g, m, err
}

// SaveMeeting plans a meeting (zero ID) or changes it; one whose minutes are published, or that was called off, is changed no more. Points of the
// agenda need no id: one keeps that of the point of the same title, and with it what the minutes say. Minutes are written by SaveMinutes alone. A
// change of time or place after the invitation lets the calendar entry be sent anew.
func (s *Service) SaveMeeting(ctx context.Context, by access.Actor, key string, m Meeting) (Meeting, error) {
	g, err := s.Space(ctx, by, key, access.LeadGroup)
	if err != nil {
		return m, err
	}
	m.Title, m.Place, m.Online, m.Intro = kernel.Clean(m.Title, false), kernel.Clean(m.Place, false), kernel.Clean(m.Online, false), kernel.Clean(m.Intro, true)
	if err := m.check(); err != nil {
		return m, err
	}
	if m.Ends.IsZero() {
		m.Ends = kernel.InstantOf(m.Starts.Add(2 * time.Hour))
	}
	what := "group.meeting.change"
	err = s.Tx.Tx(ctx, func(ctx context.Context) error {
		if m.ID == "" {
			all, err := s.Store.Meetings(ctx, by.Tenant, g.ID)
			if err != nil {
				return err
			}
			m.ID, m.Group, m.State, m.CreatedAt, m.Number, what = kernel.NewID(), g.ID, Planned, s.now(), 1, "group.meeting.plan"
			m.Minutes, m.Guests, m.Items = "", 0, keepItems(m.Items, nil)
			for _, x := range all {
				m.Number = max(m.Number, x.Number+1)
			}
		} else {
			old, err := s.Store.Meeting(ctx, by.Tenant, g.ID, m.Number)
			if err != nil {
				return err
			}
			switch old.State {
			case Published:
				return kernel.E(kernel.Conflict, "group.meeting.published")
			case Cancelled:
				return kernel.E(kernel.Conflict, "group.meeting.over")
			}
			m.Minutes, m.Guests, m.Items = old.Minutes, old.Guests, keepItems(m.Items, old.Items)
			m.ID, m.Group, m.State, m.CreatedAt, m.InvitedAt, m.PublishedAt, m.Sequence = old.ID, g.ID, old.State, old.CreatedAt, old.InvitedAt, old.PublishedAt, old.Sequence
			if !old.Starts.Equal(m.Starts.Time) || !old.Ends.Equal(m.Ends.Time) || old.Place != m.Place || old.Online != m.Online {
				m.Sequence++
			}
		}
		m.Edit++
		if err := s.Store.SaveMeeting(ctx, by.Tenant, m); err != nil {
			return err
		}
		return s.record(ctx, by, access.LeadGroup, what, ref("group.meeting", m.ID), map[string]string{"number": numbered(m.Number), "items": numbered(len(m.Items))})
	})
	return m, err
}

// Invite writes to every present member who has an address, once for each state of time and place, and tells how many that were and how many
// have none.
func (s *Service) Invite(ctx context.Context, by access.Actor, key string, number int) (written, without int, err error) {
	err = s.step(ctx, by, key, number, "group.meeting.invite", func(ctx context.Context, g Group, m *Meeting) error {
		if m.State != Planned && m.State != Invited {
			return kernel.E(kernel.Conflict, "group.meeting.over")
		}
		roll, err := s.Roll(ctx, by.Tenant, g, false)
		if err != nil {
			return err
		}
		written, without = 0, 0
		for _, r := range roll {
			if r.Address == "" {
				without++
				continue
			}
			if s.Mail != nil {
				if err := s.Mail.Invite(ctx, by.Tenant, r, g, *m, string(m.ID)+"/"+numbered(m.Sequence)); err != nil {
					return err
				}
			}
			written++
		}
		m.State, m.InvitedAt = Invited, s.now()
		return nil
	})
	return written, without, err
}

// Cancel calls a meeting off and tells those who were invited.
func (s *Service) Cancel(ctx context.Context, by access.Actor, key string, number int) error {
	return s.step(ctx, by, key, number, "group.meeting.cancel", func(ctx context.Context, g Group, m *Meeting) error {
		if m.State != Planned && m.State != Invited {
			return kernel.E(kernel.Conflict, "group.meeting.over")
		}
		invited := m.State == Invited
		m.State = Cancelled
		m.Sequence++
		if invited && s.Mail != nil {
			roll, err := s.Roll(ctx, by.Tenant, g, false)
			if err != nil {
				return err
			}
			for _, r := range roll {
				if r.Address == "" {
					continue
				}
				if err := s.Mail.Cancel(ctx, by.Tenant, r, g, *m); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// step changes the state of a meeting.
func (s *Service) step(ctx context.Context, by access.Actor, key string, number int, what string, f func(ctx context.Context, g Group, m *Meeting) error) error {
	g, err := s.Space(ctx, by, key, access.LeadGroup)
	if err != nil {
		return err
	}
	return s.Tx.Tx(ctx, func(ctx context.Context) error {
		m, err := s.Store.Meeting(ctx, by.Tenant, g.ID, number)
		if err != nil {
			return err
		}
		if err := f(ctx, g, &m); err != nil {
			return err
		}
		m.Edit++
		if err := s.Store.SaveMeeting(ctx, by.Tenant, m); err != nil {
			return err
		}
		return s.record(ctx, by, access.LeadGroup, what, ref("group.meeting", m.ID), map[string]string{"number": numbered(m.Number), "state": string(m.State)})
	})
}

// Minutes are what is written down of a meeting.
type Minutes struct {
	Text       string
	Items      map[kernel.ID]string
	Attendance map[kernel.ID]Presence
	Guests     int
	Edit       int // of the meeting when the form was drawn
}

// SaveMinutes writes them down; a meeting whose minutes are published is changed no more.
func (s *Service) SaveMinutes(ctx context.Context, by access.Actor, key string, number int, x Minutes) error {
	return s.step(ctx, by, key, number, "group.meeting.minutes", func(ctx context.Context, g Group, m *Meeting) error {
		switch {
		case m.State == Published:
			return kernel.E(kernel.Conflict, "group.meeting.published")
		case m.State == Cancelled:
			return kernel.E(kernel.Conflict, "group.meeting.over")
		case m.Edit != x.Edit:
			return kernel.E(kernel.Conflict, "group.changed")
		case s.now().Before(m.Starts.Time):
			return kernel.E(kernel.Conflict, "group.meeting.early")
		}
		m.Minutes, m.Guests, m.State = kernel.Clean(x.Text, true), x.Guests, Held
		for i, it := range m.Items {
			if text, ok := x.Items[it.ID]; ok {
				m.Items[i].Minutes = kernel.Clean(text, true)
			}
		}
		if err := m.check(); err != nil {
			return err
		}
		members, err := s.Store.Members(ctx, by.Tenant, g.ID)
		if err != nil {
			return err
		}
		who := map[kernel.ID]Presence{}
		for id, p := range x.Attendance {
			if !slices.ContainsFunc(members, func(m Member) bool { return m.ID == id }) {
				return notFound()
			}
			if p == Present || p == Excused || p == Absent {
				who[id] = p
			}
		}
		return s.Store.SetAttendance(ctx, by.Tenant, m.ID, who)
	})
}

// Publish closes the minutes; of a public group everybody can read them.
func (s *Service) Publish(ctx context.Context, by access.Actor, key string, number int) error {
	return s.step(ctx, by, key, number, "group.meeting.publish", func(_ context.Context, _ Group, m *Meeting) error {
		if m.State != Held {
			return kernel.E(kernel.Conflict, "group.meeting.unheld")
		}
		m.State, m.PublishedAt = Published, s.now()
		return nil
	})
}

// AddOutcome notes what came of an item: a decision, a task (t), or a contribution handed in for the group's process.
func (s *Service) AddOutcome(ctx context.Context, by access.Actor, key string, number int, o Outcome, t Task) error {
	g, err := s.Space(ctx, by, key, access.LeadGroup)
	if err != nil {
		return err
	}
	o.Text = kernel.Clean(o.Text, true)
	f := map[string]string{}
	if o.Text == "" {
		f["text"] = "group.outcome.missing"
	}
	if utf8.RuneCountInString(o.Text) > mostText {
		f["text"] = "group.long"
	}
	if o.Kind != Decided && o.Kind != Tasked && o.Kind != Contributed || o.Kind == Contributed && s.Contribute == nil {
		f["kind"] = "group.outcome.kind"
	}
	if min(o.Ayes, o.Noes, o.Abstained) < 0 || max(o.Ayes, o.Noes, o.Abstained) > 100_000 {
		f["ayes"] = "group.meeting.guests.form"
	}
	if err := invalid(f); err != nil {
		return err
	}
	return s.Tx.Tx(ctx, func(ctx context.Context) error {
		m, err := s.Store.Meeting(ctx, by.Tenant, g.ID, number)
		if err != nil {
			return err
		}
		if m.State != Held {
			return kernel.E(kernel.Conflict, "group.meeting.unheld")
		}
		title := m.Title
		if o.Item != "" {
			i := slices.IndexFunc(m.Items, func(it Item) bool { return it.ID == o.Item })
			if i < 0 {
				return notFound()
			}
			title = m.Items[i].Title
		}
		o.ID, o.Meeting, o.At = kernel.NewID(), m.ID, s.now()
		switch o.Kind {
		case Tasked:
			t.Group, t.About = g.ID, ref("group.meeting", m.ID)
			if t.Title == "" {
				t.Title = firstLine(o.Text)
			}
			made, err := s.AddTask(ctx, by, t)
			if err != nil {
				return err
			}
			o.Ref = ref("task", made.ID)
		case Contributed:
			n, err := s.Contribute(ctx, by, g.Process, title, o.Text, kernel.DayOf(m.Starts.Time))
			if err != nil {
				return err
			}
			o.Ref = ref("contribution", kernel.ID(n))
		}
		if err := s.Store.AddOutcome(ctx, by.Tenant, o); err != nil {
			return err
		}
		return s.record(ctx, by, access.LeadGroup, "group.outcome", ref("group.meeting", m.ID), map[string]string{"kind": string(o.Kind)})
	})
}

func firstLine(s string) string {
	s, _, _ = strings.Cut(s, "\n")
	if r := []rune(s); len(r) > 150 {
		return string(r[:149]) + "…"
	}
	return s
}

// Record is a meeting with everything the minutes show.
type Record struct {
	Meeting
	Attendance map[kernel.ID]Presence
	Outcomes   []Outcome
	Papers     []Paper
}

// Record gives a meeting for those who may enter the space.
func (s *Service) Record(ctx context.Context, by access.Actor, key string, number int) (Group, Record, error) {
	g, m, err := s.Meeting(ctx, by, key, number)
	if err != nil {
		return g, Record{}, err
	}
	r, err := s.recordOf(ctx, by.Tenant, g, m)
	return g, r, err
}

func (s *Service) recordOf(ctx context.Context, tenant kernel.ID, g Group, m Meeting) (Record, error) {
	r := Record{Meeting: m}
	var err error
	if r.Attendance, err = s.Store.Attendance(ctx, tenant, m.ID); err != nil {
		return r, err
	}
	if r.Outcomes, err = s.Store.Outcomes(ctx, tenant, m.ID); err != nil {
		return r, err
	}
	all, err := s.Store.Papers(ctx, tenant, g.ID)
	r.Papers = slices.DeleteFunc(all, func(p Paper) bool { return p.Meeting != m.ID })
	return r, err
}

// PublicRecord gives published minutes of a public group for everybody: how many came instead of who, and public papers only.
func (s *Service) PublicRecord(ctx context.Context, by access.Actor, key string, number int) (Group, Record, error) {
	g, err := s.Get(ctx, by, key)
	if err != nil {
		return g, Record{}, err
	}
	m, err := s.Store.Meeting(ctx, by.Tenant, g.ID, number)
	if err == nil && m.State != Published {
		err = kernel.E(kernel.NotFound, "group.meeting.notfound")
	}
	if err != nil {
		return g, Record{}, err
	}
	r, err := s.recordOf(ctx, by.Tenant, g, m)
	r.Papers = slices.DeleteFunc(r.Papers, func(p Paper) bool { return !p.Public })
	return g, r, err
}

// PublicMeetings lists the meetings of a group whose minutes are published.
func (s *Service) PublicMeetings(ctx context.Context, by access.Actor, g Group) ([]Meeting, error) {
	if err := access.Check(by, access.ReadPublic, g.Object(by.Tenant)); err != nil {
		return nil, err
	}
	all, err := s.Store.Meetings(ctx, by.Tenant, g.ID)
	return slices.DeleteFunc(all, func(m Meeting) bool { return m.State != Published }), err
}
