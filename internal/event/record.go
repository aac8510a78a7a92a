// SPDX-License-Identifier: EUPL-1.2

package event

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/participation"
)

// Photo is a picture of an event.
type Photo struct {
	ID            kernel.ID
	Event         kernel.ID
	SHA256        string
	Width, Height int
	Alt           kernel.Text
	Credit        string
	UploadedAt    kernel.Instant
	UploadedBy    kernel.ID
}

// Picture is a photo drawn anew, as it may be kept.
type Picture struct {
	JPEG          []byte
	Width, Height int
}

// Files keeps pictures by their content; platform/blob implements it.
type Files interface {
	Put(ctx context.Context, r io.Reader, limit int64) (sum string, size int64, err error)
}

// MinuteKind is what a point of the minutes is.
type MinuteKind string

// The kinds.
const (
	Note         MinuteKind = "note"
	Contribution MinuteKind = "contribution"
	Decision     MinuteKind = "decision"
	Task         MinuteKind = "task"
)

// MinuteKinds lists them.
func MinuteKinds() []MinuteKind { return []MinuteKind{Note, Contribution, Decision, Task} }

// Minute is a point of the minutes.
type Minute struct {
	ID        kernel.ID
	Event     kernel.ID
	Kind      MinuteKind
	Part      kernel.ID // working group it comes from
	Title     string
	Body      string
	Due       kernel.Date // of a task
	Charge    string      // who sees to it: a function
	Became    kernel.Ref  // what was made of it; zero: nothing yet
	Path      string      // page of that within the town; empty: none
	CreatedAt kernel.Instant
}

// Outcomes makes of minutes what other capabilities keep. A nil func means that this capability is not there; the point then stands in the
// minutes alone.
type Outcomes struct {
	// Contribution submits what was said as a contribution of channel Workshop, in the transaction of ctx.
	Contribution func(ctx context.Context, by access.Actor, e Event, m Minute) (kernel.Ref, string, error)
	// Task gives a task to the working group of the event.
	Task func(ctx context.Context, by access.Actor, e Event, m Minute) (kernel.Ref, string, error)
}

// recordStore keeps what is left of an event.
type recordStore interface {
	AddPhoto(ctx context.Context, tenant kernel.ID, p Photo) error
	// Covers finds the first photo of each event that has one.
	Covers(ctx context.Context, tenant kernel.ID) (map[kernel.ID]Photo, error)
	Photos(ctx context.Context, tenant, event kernel.ID) ([]Photo, error)
	DropPhoto(ctx context.Context, tenant, event, id kernel.ID) error
	// KeepsFile tells whether a picture of an event or post is the file.
	KeepsFile(ctx context.Context, tenant kernel.ID, sha string) (bool, error)
	SetCounts(ctx context.Context, tenant, event kernel.ID, counts []participation.Count) error
	Counts(ctx context.Context, tenant, event kernel.ID) ([]participation.Count, error)
	AddMinute(ctx context.Context, tenant kernel.ID, m Minute) error
	Minutes(ctx context.Context, tenant, event kernel.ID) ([]Minute, error)
	DropMinute(ctx context.Context, tenant, event, id kernel.ID) error
	// Became notes what was made of a point.
	Became(ctx context.Context, tenant, event, id kernel.ID, ref kernel.Ref, path string) error
}

// AddPhoto keeps a photo of an event with what it shows (WCAG 1.1.1). It must be drawn anew already.
func (s *Service) AddPhoto(ctx context.Context, by access.Actor, key string, p Picture, alt kernel.Text, credit string) error {
	e, err := s.Edited(ctx, by, key)
	if err != nil {
		return err
	}
	f := map[string]string{}
	if strings.TrimSpace(alt.String()) == "" {
		f["alt"] = "event.field.missing"
	}
	if len([]rune(alt.String())) > 500 {
		f["alt"] = "event.field.long"
	}
	if e.Content.Photos.String() == "" {
		f["file"] = "event.photo.note"
	}
	if len(f) > 0 {
		return errInvalid(f)
	}
	sum, _, err := s.Files.Put(ctx, strings.NewReader(string(p.JPEG)), int64(len(p.JPEG))+1)
	if err != nil {
		return err
	}
	return s.Tx.Tx(ctx, func(ctx context.Context) error {
		x := Photo{
			ID: kernel.NewID(), Event: e.ID, SHA256: sum, Width: p.Width, Height: p.Height, Alt: alt, Credit: tidy(credit), UploadedAt: s.now(), UploadedBy: by.Person,
		}
		if err := s.Store.AddPhoto(ctx, by.Tenant, x); err != nil {
			return err
		}
		return access.Record(ctx, s.Trail, by, access.Act{Do: access.EditEvent, What: "event.photo", Object: ref(e.ID)})
	})
}

// Photos lists the photos of an event the actor may see.
func (s *Service) Photos(ctx context.Context, by access.Actor, e Event) ([]Photo, error) {
	if !s.sees(by, e) {
		return nil, kernel.E(kernel.NotFound, "event.notfound")
	}
	return s.Store.Photos(ctx, by.Tenant, e.ID)
}

// Covers gives the first photo of each event the actor may know of, for the cards of a list; events without photos are not in it.
func (s *Service) Covers(ctx context.Context, by access.Actor, events []Event) (map[kernel.ID]Photo, error) {
	all, err := s.Store.Covers(ctx, by.Tenant)
	if err != nil {
		return nil, err
	}
	out := map[kernel.ID]Photo{}
	for _, e := range events {
		if p, ok := all[e.ID]; ok && s.sees(by, e) {
			out[e.ID] = p
		}
	}
	return out, nil
}

// DropPhoto takes a photo away, as somebody on it may ask for at any time.
func (s *Service) DropPhoto(ctx context.Context, by access.Actor, key string, id kernel.ID) error {
	e, err := s.Edited(ctx, by, key)
	if err != nil {
		return err
	}
	return s.Tx.Tx(ctx, func(ctx context.Context) error {
		if err := s.Store.DropPhoto(ctx, by.Tenant, e.ID, id); err != nil {
			return err
		}
		return access.Record(ctx, s.Trail, by, access.Act{Do: access.EditEvent, What: "event.photo.drop", Object: ref(e.ID)})
	})
}

// Dimensions lists by what people are counted at the door: what the reach of a process asks too, without the area.
func Dimensions() []participation.Dimension {
	return slices.DeleteFunc(participation.Dimensions(), func(d participation.Dimension) bool { return d.Values == nil })
}

// Counted tells whether the count of an event is closed: then the number of people stands among the counts without a dimension.
func Counted(list []participation.Count) (people int64, closed bool) {
	for _, c := range list {
		if c.Dimension == "" {
			return c.N, true
		}
	}
	return 0, false
}

// SetCounts keeps how many people of which coarse group came: numbers only. With people the count is closed, and goes into the reach of the event's
// process; a closed count is not changed any more.
func (s *Service) SetCounts(ctx context.Context, by access.Actor, key string, counts []participation.Count, people int64) error {
	e, err := s.Door(ctx, by, key)
	if err != nil {
		return err
	}
	f := map[string]string{}
	if people < 0 || people > 100_000 {
		f["people"] = "event.field.number"
	}
	for _, c := range counts {
		known := slices.ContainsFunc(Dimensions(), func(d participation.Dimension) bool {
			return d.Key == c.Dimension && slices.Contains(d.Values, c.Value)
		})
		if !known || c.N < 0 || c.N > 100_000 || people > 0 && c.N > people {
			f[c.Dimension+"."+c.Value] = "event.field.number"
		}
	}
	if len(f) > 0 {
		return errInvalid(f)
	}
	return s.Tx.Tx(ctx, func(ctx context.Context) error {
		old, err := s.Store.Counts(ctx, by.Tenant, e.ID)
		if err != nil {
			return err
		}
		if _, closed := Counted(old); closed {
			return kernel.E(kernel.Conflict, "event.counted")
		}
		all := counts
		if people > 0 {
			all = append(slices.Clone(counts), participation.Count{N: people})
			if s.Reach != nil && e.Process != "" {
				if err := s.Reach(ctx, by, e.Process, counts, people); err != nil {
					return err
				}
			}
		}
		if err := s.Store.SetCounts(ctx, by.Tenant, e.ID, all); err != nil {
			return err
		}
		return access.Record(ctx, s.Trail, by, access.Act{Do: access.CheckIn, What: "event.counts", Object: ref(e.ID)})
	})
}

// Counts gives the numbers for staff.
func (s *Service) Counts(ctx context.Context, by access.Actor, key string) (Event, []participation.Count, error) {
	e, err := s.Door(ctx, by, key)
	if err != nil {
		return e, nil, err
	}
	list, err := s.Store.Counts(ctx, by.Tenant, e.ID)
	return e, list, err
}

// Minutes gives the points of the minutes: to everybody once they are published, to staff always.
func (s *Service) Minutes(ctx context.Context, by access.Actor, e Event) ([]Minute, error) {
	if !s.sees(by, e) || e.MinutesAt.IsZero() && s.may(by, access.EditEvent, e) != nil {
		return nil, nil
	}
	return s.Store.Minutes(ctx, by.Tenant, e.ID)
}

// AddMinute adds a point; after the publication too, so that a correction is possible.
func (s *Service) AddMinute(ctx context.Context, by access.Actor, key string, m Minute) error {
	e, err := s.Edited(ctx, by, key)
	if err != nil {
		return err
	}
	m.Title, m.Body, m.Charge = tidy(m.Title), tidyText(m.Body), tidy(m.Charge)
	f := map[string]string{}
	if m.Title == "" {
		f["title"] = "event.field.missing"
	}
	if len([]rune(m.Title)) > 300 {
		f["title"] = "event.field.long"
	}
	if len([]rune(m.Body)) > 20_000 {
		f["body"] = "event.field.long"
	}
	if len([]rune(m.Charge)) > 200 {
		f["charge"] = "event.field.long"
	}
	if !slices.Contains(MinuteKinds(), m.Kind) {
		f["kind"] = "event.field.missing"
	}
	if m.Due != "" {
		if _, err := kernel.ParseDate(string(m.Due)); err != nil {
			f["due"] = "event.field.day"
		}
	}
	if _, ok := e.Part(m.Part); m.Part != "" && !ok {
		f["part"] = "event.part.missing"
	}
	if len(f) > 0 {
		return errInvalid(f)
	}
	m.ID, m.Event, m.CreatedAt = kernel.NewID(), e.ID, s.now()
	return s.Tx.Tx(ctx, func(ctx context.Context) error {
		if err := s.Store.AddMinute(ctx, by.Tenant, m); err != nil {
			return err
		}
		return access.Record(ctx, s.Trail, by, access.Act{Do: access.EditEvent, What: "event.minute", Object: ref(e.ID), Note: map[string]string{"kind": string(m.Kind)}})
	})
}

// DropMinute takes a point away that nothing was made of.
func (s *Service) DropMinute(ctx context.Context, by access.Actor, key string, id kernel.ID) error {
	e, err := s.Edited(ctx, by, key)
	if err != nil {
		return err
	}
	return s.Tx.Tx(ctx, func(ctx context.Context) error {
		if err := s.Store.DropMinute(ctx, by.Tenant, e.ID, id); err != nil {
			return err
		}
		return access.Record(ctx, s.Trail, by, access.Act{Do: access.EditEvent, What: "event.minute.drop", Object: ref(e.ID)})
	})
}

// PublishMinutes makes the minutes public, turns points into contributions and tasks, and has everybody who held a place told. Published again it
// carries on with points that came since; nothing is made twice.
func (s *Service) PublishMinutes(ctx context.Context, by access.Actor, key string) (made int, err error) {
	e, err := s.Edited(ctx, by, key)
	if err != nil {
		return 0, err
	}
	if err := s.may(by, access.Publish, e); err != nil {
		return 0, err
	}
	if e.Stage != Published || s.now().Before(e.Start.Time) {
		return 0, kernel.E(kernel.Conflict, "event.minutes.early")
	}
	return made, s.Tx.Tx(ctx, func(ctx context.Context) error {
		made = 0
		list, err := s.Store.Minutes(ctx, by.Tenant, e.ID)
		if err != nil {
			return err
		}
		if len(list) == 0 && e.Content.Minutes.String() == "" {
			return kernel.E(kernel.Conflict, "event.minutes.none")
		}
		for _, m := range list {
			make := map[MinuteKind]func(context.Context, access.Actor, Event, Minute) (kernel.Ref, string, error){Contribution: s.Outcomes.Contribution, Task: s.Outcomes.Task}[m.Kind]
			if make == nil || m.Became.ID != "" {
				continue
			}
			became, path, err := make(ctx, by, e, m)
			if err != nil {
				return err
			}
			if became.ID == "" {
				continue
			}
			if err := s.Store.Became(ctx, by.Tenant, e.ID, m.ID, became, path); err != nil {
				return err
			}
			made++
		}
		first := e.MinutesAt.IsZero()
		if first {
			e.MinutesAt, e.ChangedAt = s.now(), s.now()
			if err := s.Store.Save(ctx, by.Tenant, e); err != nil {
				return err
			}
			if err := s.Jobs.Tell(ctx, by.Tenant, e.ID, MinutesLetter, 0); err != nil {
				return err
			}
		}
		return access.Record(ctx, s.Trail, by, access.Act{Do: access.Publish, What: "event.minutes", Object: ref(e.ID), Note: map[string]string{"made": fmt.Sprint(made)}})
	})
}

// Facts is what the check of minimum standards asks of the events of a process.
type Facts struct {
	Events     int            // published ones
	Accessible int            // of them with at least step-free access or a way to take part from elsewhere
	Formats    map[string]int // by format
	Held       int
	Minutes    int // of the held ones with published minutes
	Attended   int
	Features   map[Feature]int
}

// Facts counts the events of a process.
func (s *Service) Facts(ctx context.Context, tenant kernel.ID, process string) (Facts, error) {
	f := Facts{Formats: map[string]int{}, Features: map[Feature]int{}}
	list, err := s.Store.List(ctx, tenant, Filter{Process: process, Limit: 1000})
	for _, e := range list {
		if e.Stage != Published || e.Template {
			continue
		}
		f.Events++
		if e.Has(StepFree) || e.Has(OnlineToo) {
			f.Accessible++
		}
		if e.Format != "" {
			f.Formats[e.Format]++
		}
		for _, x := range e.Access {
			f.Features[x]++
		}
		if e.Over(s.now()) {
			f.Held++
			f.Attended += e.Attended
		}
		if !e.MinutesAt.IsZero() {
			f.Minutes++
		}
	}
	return f, err
}
