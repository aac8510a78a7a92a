// SPDX-License-Identifier: EUPL-1.2

package eventweb

import (
	"bytes"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/doc/ics"
	"github.com/kupferfaden/kupferfaden/internal/event"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/platform/i18n"
	"github.com/kupferfaden/kupferfaden/internal/web"
)

// product names the program in calendars.
const product = "-//Kupferfaden//Veranstaltungen//DE"

// entry is an event as a calendar has it.
func entry(r *web.Request, e event.Event) ics.Event {
	return entryOf(r.P, r.Absolute(EventPath(e.Key)), e)
}

// entryOf is an event as a calendar has it. Its identifier is made of the event's own, so that it is the same in the file, in the feed and in mails.
func entryOf(p *i18n.Printer, address string, e event.Event) ics.Event {
	title, _ := p.Text(e.Title)
	teaser, _ := p.Text(e.Teaser)
	x := ics.Event{
		UID: string(e.ID) + "@kupferfaden", Sequence: e.Sequence, Stamp: e.ChangedAt.Time, Start: e.Start.Time, End: e.End.Time, Summary: title,
		Description: strings.TrimSpace(teaser + "\n\n" + address), Location: place(p, e), URL: address, Lat: e.Lat, Lon: e.Lon,
		Categories: e.Topics, Cancelled: e.Stage == event.Cancelled, Tentative: e.SaveDate,
	}
	if x.Cancelled {
		x.Summary = p.T("event.ics.cancelled", "title", title)
		reason, _ := p.Text(e.Reason)
		x.Description = strings.TrimSpace(reason + "\n\n" + address)
	}
	return x
}

// File is the calendar file of one event, as a mail has it; of a cancelled one it takes the entry away. An event without a date has none.
func File(p *i18n.Printer, address string, e event.Event) ([]byte, error) {
	if e.Start.IsZero() {
		return nil, nil
	}
	var b bytes.Buffer
	err := single(entryOf(p, address, e)).Write(&b)
	return b.Bytes(), err
}

// single is a calendar of one entry.
func single(e ics.Event) ics.Calendar {
	c := ics.Calendar{Product: product, Method: ics.Publish, Zone: kernel.Zone(), Events: []ics.Event{e}}
	if e.Cancelled {
		c.Method = ics.Cancel
	}
	return c
}

// where is the place in one line.
func where(r *web.Request, e event.Event) string { return place(r.P, e) }

func place(p *i18n.Printer, e event.Event) string {
	place, _ := p.Text(e.Place)
	var parts []string
	for _, s := range []string{place, e.Address} {
		if s != "" {
			parts = append(parts, s)
		}
	}
	if len(parts) == 0 && e.Online != "" {
		return p.T("event.online")
	}
	return strings.Join(parts, ", ")
}

func sendCalendar(w http.ResponseWriter, r *web.Request, c ics.Calendar, name string) error {
	c.Product, c.Zone = product, kernel.Zone()
	var b bytes.Buffer
	if err := c.Write(&b); err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "text/calendar; charset=utf-8")
	h.Set("Content-Disposition", `attachment; filename="`+name+`.ics"`)
	h.Set("Cache-Control", "no-cache")
	if r.Method == http.MethodHead {
		return nil
	}
	_, err := w.Write(b.Bytes())
	return err
}

// calendar is the file of one event; of a cancelled one the file takes the entry away.
func (h handlers) calendar(w http.ResponseWriter, r *web.Request) error {
	e, err := h.s.Event(r.Context(), r.Actor, r.PathValue("event"))
	if err != nil {
		return err
	}
	return h.one(w, r, e)
}

func (h handlers) one(w http.ResponseWriter, r *web.Request, e event.Event) error {
	if e.Start.IsZero() {
		return kernel.E(kernel.NotFound, "event.notfound")
	}
	return sendCalendar(w, r, single(entry(r, e)), e.Key)
}

// feed is the calendar people subscribe to: what the filters let through, cancelled events included, so that they end in people's calendars too.
func (h handlers) feed(w http.ResponseWriter, r *web.Request) error {
	f := filtersOf(r)
	filter := f.filter()
	filter.Past = false
	filter.From = kernel.InstantOf(h.now().AddDate(0, -3, 0))
	list, err := h.s.List(r.Context(), access.Anonymous(r.Tenant.ID), filter)
	if err != nil {
		return err
	}
	c := ics.Calendar{Method: ics.Publish, Name: r.T("event.feed.name", "town", r.Name()), Refresh: 6 * time.Hour}
	for _, e := range list {
		if !e.Start.IsZero() {
			c.Events = append(c.Events, entry(r, e))
		}
	}
	return sendCalendar(w, r, c, "veranstaltungen")
}

// day is one of a month's sheet.
type day struct {
	date   time.Time
	in     bool // of the month, not of its neighbours
	today  bool
	events []event.Event
}

// month is a sheet of the calendar.
type month struct {
	first      time.Time
	weeks      [][]day
	prev, next string
}

// month gathers the events of a month for a sheet of weeks.
func (h handlers) month(r *web.Request, f filters) (month, error) {
	zone := kernel.Zone()
	now := h.now().In(zone)
	first := time.Date(now.Year(), now.Month(), 1, 0, 0, 0, 0, zone)
	if t, err := time.ParseInLocation("2006-01", r.URL.Query().Get("monat"), zone); err == nil && t.Year() > 1999 && t.Year() < 2200 {
		first = t
	}
	begin := first.AddDate(0, 0, -(int(first.Weekday())+6)%7)
	end := first.AddDate(0, 1, 0)
	filter := f.filter()
	filter.Past, filter.From, filter.To = false, kernel.InstantOf(begin.AddDate(0, 0, -7)), kernel.InstantOf(end.AddDate(0, 0, 7))
	list, err := h.s.List(r.Context(), r.Actor, filter)
	m := month{first: first, prev: first.AddDate(0, -1, 0).Format("2006-01"), next: end.Format("2006-01")}
	for at := begin; at.Before(end); {
		var week []day
		for range 7 {
			d := day{date: at, in: at.Month() == first.Month(), today: at.Format(time.DateOnly) == now.Format(time.DateOnly)}
			for _, e := range list {
				from, to := e.Start.In(zone).Format(time.DateOnly), e.End.Add(-time.Second).In(zone).Format(time.DateOnly)
				if this := at.Format(time.DateOnly); !e.Start.IsZero() && from <= this && (this <= to || from == this) {
					d.events = append(d.events, e)
				}
			}
			week = append(week, d)
			at = at.AddDate(0, 0, 1)
		}
		m.weeks = append(m.weeks, week)
	}
	return m, err
}

// linked is an event as search engines read it (schema.org/Event). It is data, which the page's content policy does not concern.
func linked(r *web.Request, e event.Event, now kernel.Instant) ([]byte, error) {
	title, lang := r.P.Text(e.Title)
	teaser, _ := r.P.Text(e.Teaser)
	x := map[string]any{
		"@context": "https://schema.org", "@type": "Event", "name": title, "inLanguage": lang, "url": r.Absolute(EventPath(e.Key)),
		"startDate": e.Start.UTC().Format(time.RFC3339), "endDate": e.End.UTC().Format(time.RFC3339), "isAccessibleForFree": e.Has(event.FreeOfCharge),
		"eventStatus": "https://schema.org/EventScheduled", "organizer": map[string]any{"@type": "GovernmentOrganization", "name": r.Name()},
	}
	if teaser != "" {
		x["description"] = teaser
	}
	if e.Stage == event.Cancelled {
		x["eventStatus"] = "https://schema.org/EventCancelled"
	}
	place, _ := r.P.Text(e.Place)
	var locations []any
	if place != "" || e.Address != "" {
		l := map[string]any{"@type": "Place", "name": place, "address": e.Address}
		if e.Lat != 0 || e.Lon != 0 {
			l["geo"] = map[string]any{"@type": "GeoCoordinates", "latitude": e.Lat, "longitude": e.Lon}
		}
		var features []any
		for _, f := range e.Access {
			features = append(features, map[string]any{"@type": "LocationFeatureSpecification", "name": r.T("event.feature." + string(f)), "value": true})
		}
		if features != nil {
			l["amenityFeature"] = features
		}
		locations = append(locations, l)
	}
	mode := "Offline"
	if e.Online != "" {
		locations = append(locations, map[string]any{"@type": "VirtualLocation", "url": e.Online})
		if mode = "Mixed"; len(locations) == 1 {
			mode = "Online"
		}
	}
	x["eventAttendanceMode"] = "https://schema.org/" + mode + "EventAttendanceMode"
	if len(locations) > 0 {
		x["location"] = locations
	}
	if e.Capacity > 0 {
		x["maximumAttendeeCapacity"], x["remainingAttendeeCapacity"] = e.Capacity, e.Free()
	}
	if e.State(now) == event.Full || e.State(now) == event.WaitingList {
		x["offers"] = map[string]any{"@type": "Offer", "availability": "https://schema.org/SoldOut", "url": r.Absolute(EventPath(e.Key))}
	}
	return json.Marshal(x) // writes <, > and & as escapes, so that no text ends the element
}

// sortedTopics lists the topics of events once.
func sortedTopics(list []event.Event) (out []string) {
	for _, e := range list {
		for _, t := range e.Topics {
			if !slices.Contains(out, t) {
				out = append(out, t)
			}
		}
	}
	slices.SortFunc(out, func(a, b string) int { return strings.Compare(i18n.SortKey(a), i18n.SortKey(b)) })
	return out
}

// number reads a whole number of an address; -1 for none.
func number(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil || n < 0 || n > 1_000_000 {
		return -1
	}
	return n
}

// span writes begin and end as people say it: the day once where it is one.
func span(r *web.Request, e event.Event) string {
	if e.Start.IsZero() {
		return r.T("event.nodate")
	}
	zone := kernel.Zone()
	from, to := e.Start.In(zone), e.End.In(zone)
	weekday := r.T("event.weekday." + strconv.Itoa(int(from.Weekday())))
	switch {
	case e.End.IsZero():
		return r.T("event.when.from", "weekday", weekday, "at", e.Start)
	case from.Format(time.DateOnly) == to.Format(time.DateOnly):
		return r.T("event.when", "weekday", weekday, "day", kernel.Date(from.Format(time.DateOnly)), "from", from.Format("15:04"), "to", to.Format("15:04"))
	}
	return r.T("event.when.days", "from", e.Start, "to", e.End)
}
