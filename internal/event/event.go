// SPDX-License-Identifier: EUPL-1.2

// Package event keeps the town's events (Veranstaltungen) from the first announcement to the minutes, and its pinboard (Pinnwand): who can come and
// how, who has registered, who moves up, what was said there and what became of it.
//
// Invariants: a place is taken by one person, however many ask at once; whoever waits longest moves up first; nobody gets the same mail twice, and
// nobody one for an event he or she has left; what people gave to register is deleted when its time is over, numbers stay; minutes are public only
// once they were published.
package event

import (
	"slices"
	"strings"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// Stage is what staff decided about an event; the rest of its state follows from the clock and from who registered.
type Stage string

// The stages.
const (
	Draft     Stage = "draft"
	Published Stage = "published"
	Cancelled Stage = "cancelled"
)

// State is where an event stands (design/participation.md 8.2).
type State string

// The states.
const (
	InDraft       State = "draft"         // Entwurf
	Planned       State = "planned"       // geplant: announced, nobody can register (yet)
	Open          State = "open"          // Anmeldung offen
	WaitingList   State = "waiting"       // ausgebucht, mit Warteliste
	Full          State = "full"          // ausgebucht
	Running       State = "running"       // läuft gerade
	Held          State = "held"          // durchgeführt
	MinutesPublic State = "minutes"       // Protokoll veröffentlicht
	CalledOff     State = "cancelled"     // abgesagt
	ClosedBefore  State = "closed_before" // geplant, Anmeldung beendet
)

// Feature is something that lets people take part who otherwise could not. The catalogue names it under "event.feature.<feature>".
type Feature string

// The features, in the order the pages show them.
const (
	StepFree       Feature = "step_free"
	Lift           Feature = "lift"
	ToiletFeature  Feature = "toilet"
	InductionLoop  Feature = "loop"
	SignLanguage   Feature = "sign"
	Captions       Feature = "captions"
	PlainLanguage  Feature = "plain"
	Interpretation Feature = "interpretation"
	QuietRoom      Feature = "quiet"
	AssistanceDogs Feature = "dogs"
	ParkingFeature Feature = "parking"
	StopNearby     Feature = "stop"
	Childcare      Feature = "childcare"
	FreeOfCharge   Feature = "free"
	OnlineToo      Feature = "online"
)

// Features lists them.
func Features() []Feature {
	return []Feature{
		StepFree, Lift, ToiletFeature, InductionLoop, SignLanguage, Captions, PlainLanguage, Interpretation, QuietRoom, AssistanceDogs, ParkingFeature,
		StopNearby, Childcare, FreeOfCharge, OnlineToo,
	}
}

// Formats lists the ways of meeting; the catalogue names them under "event.format.<format>".
func Formats() []string {
	return []string{"workshop", "forum", "information", "walk", "roundtable", "outreach", "online", "festival", "meeting"}
}

// Content is what an event says of itself. Each text is there in as many languages and registers as somebody has written.
type Content struct {
	Title      kernel.Text `json:"title,omitempty"`
	Teaser     kernel.Text `json:"teaser,omitempty"`
	Body       kernel.Text `json:"body,omitempty"` // Markdown
	Place      kernel.Text `json:"place,omitempty"`
	Address    string      `json:"address,omitempty"`
	Directions kernel.Text `json:"directions,omitempty"`
	Lat        float64     `json:"lat,omitempty"`
	Lon        float64     `json:"lon,omitempty"`
	Online     string      `json:"online,omitempty"` // address to take part from elsewhere
	Format     string      `json:"format,omitempty"`
	Areas      []string    `json:"areas,omitempty"`  // "quartier/0101"; empty: the whole town
	Topics     []string    `json:"topics,omitempty"` // keys of topics
	Access     []Feature   `json:"access,omitempty"`
	AccessNote kernel.Text `json:"access_note,omitempty"`
	Languages  []string    `json:"languages,omitempty"` // that are interpreted
	Programme  []Item      `json:"programme,omitempty"`
	Photos     kernel.Text `json:"photos,omitempty"` // what is done with photos; empty: none are taken
	SaveDate   bool        `json:"save_date,omitempty"`
	Contact    string      `json:"contact,omitempty"`
	AskName    string      `json:"ask_name,omitempty"` // "", optional, required
	AskNeeds   bool        `json:"ask_needs,omitempty"`
	Hours      int         `json:"hours,omitempty"`    // within which somebody who moves up confirms; 0: no need to
	Together   int         `json:"together,omitempty"` // people that one registration can be for at most; 0: as many as usual
	Reason     kernel.Text `json:"reason,omitempty"`
	Minutes    kernel.Text `json:"minutes,omitempty"` // Markdown; public once MinutesAt is set
	Report     kernel.Text `json:"report,omitempty"`  // of the documentation, Markdown
}

// Item is a point of the programme.
type Item struct {
	From  string      `json:"from"` // "18:00", the town's clock
	To    string      `json:"to,omitempty"`
	Title kernel.Text `json:"title"`
	Text  kernel.Text `json:"text,omitempty"`
	Roles []string    `json:"roles,omitempty"` // who speaks: functions, no names needed
	Room  string      `json:"room,omitempty"`
}

// Part is one of several working groups that meet at the same time.
type Part struct {
	ID       kernel.ID
	Title    kernel.Text
	Text     kernel.Text
	Room     string
	Lead     string // function of who leads it
	Capacity int    // 0: as many as come
	Taken    int
}

// Free tells whether the group has a place left.
func (p Part) Free() bool { return p.Fits(1) }

// Fits tells whether so many people find a place in the group.
func (p Part) Fits(heads int) bool { return p.Capacity == 0 || p.Taken+heads <= p.Capacity }

// Event is a public or internal meeting of the town.
type Event struct {
	ID       kernel.ID
	Key      string // of its address, /veranstaltungen/{key}
	Template bool
	Stage    Stage
	Audience access.Audience // Public, or Internal: for those who were invited or hold a role there
	Process  string
	Group    string // working group or body
	Start    kernel.Instant
	End      kernel.Instant
	Content
	Registers   bool // people register
	Capacity    int  // 0: as many as come
	HasWaiting  bool
	Opens       kernel.Instant
	Closes      kernel.Instant
	Taken       int // people who hold a place
	Waiting     int // people on the waiting list
	Attended    int // people who were let in
	Sequence    int
	Edit        int
	CreatedAt   kernel.Instant
	ChangedAt   kernel.Instant
	PublishedAt kernel.Instant
	CancelledAt kernel.Instant
	MinutesAt   kernel.Instant
	Parts       []Part // filled where one event is read
}

// State tells where the event stands at a moment. It switches by itself.
func (e Event) State(now kernel.Instant) State {
	switch {
	case e.Stage == Cancelled:
		return CalledOff
	case e.Stage == Draft:
		return InDraft
	case !e.MinutesAt.IsZero():
		return MinutesPublic
	case !e.Start.IsZero() && !now.Before(e.last().Time):
		return Held
	case !e.Start.IsZero() && !now.Before(e.Start.Time):
		return Running
	case !e.Registers || !e.Opens.IsZero() && now.Before(e.Opens.Time):
		return Planned
	case !e.Closes.IsZero() && !now.Before(e.Closes.Time):
		return ClosedBefore
	case e.Capacity > 0 && (e.Taken >= e.Capacity || e.Waiting > 0) && e.HasWaiting:
		return WaitingList
	case e.Capacity > 0 && e.Taken >= e.Capacity:
		return Full
	}
	return Open
}

// last is when the event is over: at the end, or where none is set four hours after its begin.
func (e Event) last() kernel.Instant {
	if !e.End.IsZero() {
		return e.End
	}
	return kernel.InstantOf(e.Start.Add(4 * time.Hour))
}

// Over tells whether the event lies behind.
func (e Event) Over(now kernel.Instant) bool { return !e.Start.IsZero() && !now.Before(e.last().Time) }

// Free is how many places are left; -1 where there is no limit.
func (e Event) Free() int {
	if e.Capacity == 0 {
		return -1
	}
	return max(e.Capacity-e.Taken, 0)
}

// usualTogether is how many people a registration can be for where the organiser says nothing: a family, a table of neighbours.
const usualTogether = 6

// Most is how many people one registration can be for.
func (e Event) Most() int {
	most := usualTogether
	if e.Together > 0 {
		most = e.Together
	}
	if e.Capacity > 0 {
		most = min(most, e.Capacity)
	}
	return most
}

// Has tells whether the place or the organiser offers the feature.
func (e Event) Has(f Feature) bool { return slices.Contains(e.Access, f) }

// In tells whether the event takes place for the area, or for the whole town.
func (e Event) In(area string) bool {
	return area == "" || len(e.Areas) == 0 || slices.ContainsFunc(e.Areas, func(a string) bool { return a == area })
}

// About tells whether the event has the topic.
func (e Event) About(topic string) bool { return topic == "" || slices.Contains(e.Topics, topic) }

// Part finds a working group.
func (e Event) Part(id kernel.ID) (Part, bool) {
	i := slices.IndexFunc(e.Parts, func(p Part) bool { return p.ID == id })
	if i < 0 || id == "" {
		return Part{}, false
	}
	return e.Parts[i], true
}

// within lists the contexts the event belongs to.
func within(process, group string, areas []string) (list []access.Context) {
	if process != "" {
		list = append(list, access.Context{Kind: access.InProcess, Key: process})
	}
	if group != "" {
		list = append(list, access.Context{Kind: access.InGroup, Key: group})
	}
	for _, a := range areas {
		list = append(list, access.Context{Kind: access.InArea, Key: a})
	}
	return list
}

// Object is the event as the permission function knows it.
func (e Event) Object(tenant kernel.ID) access.Object {
	o := access.Object{Tenant: tenant, Visibility: access.Public, Within: within(e.Process, e.Group, e.Areas)}
	if e.Template || e.Stage == Draft || e.Audience != access.Public {
		o.Visibility = access.Internal
	}
	return o
}

// tidy makes one line of what was typed: no control characters, none that turn the direction of writing, blanks at the ends cut.
func tidy(s string) string { return strings.Join(strings.Fields(clean(s)), " ") }

// tidyText is tidy for texts of several lines.
func tidyText(s string) string {
	s = strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n")
	lines := strings.Split(s, "\n")
	for i, l := range lines {
		lines[i] = strings.TrimRight(clean(l), " \t")
	}
	return strings.Trim(strings.Join(lines, "\n"), "\n \t\u00a0\u3164\u2003")
}

func clean(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\u2028', r == '\u2029', r == '\u0085', r == '\u3164', r == '\u00a0':
			return ' '
		case r < ' ' && r != '\t', r == 0x7f, r >= 0x80 && r < 0xa0, r >= '\u202a' && r <= '\u202e', r >= '\u2066' && r <= '\u2069', r == '\ufeff', r == '\u200b', r == '\ufffd':
			return -1
		}
		return r
	}, s)
}

// Why tells why nobody can register at a moment; nil when somebody can.
func (e Event) Why(now kernel.Instant) error {
	if s := e.State(now); s == Open || s == WaitingList {
		return nil
	}
	return e.admits(now, false)
}
