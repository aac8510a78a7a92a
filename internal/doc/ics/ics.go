// SPDX-License-Identifier: EUPL-1.2

// Package ics writes calendars as RFC 5545 asks, so that a citizen can take an event of the town over into any calendar program, and a change or
// a cancellation finds the same entry again.
//
// Invariants: times are written as the clock of the town shows them, with the zone they belong to and its changes of summer time, so that six in the
// evening stays six in the evening whatever the zone does by then; no text can begin a line of its own, because line ends are escaped and other control
// characters dropped; no line is longer than 75 octets, and none is cut inside a character.
package ics

import (
	"bytes"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Method says what a program that opens the file is to do with it (RFC 5546).
type Method string

// The methods.
const (
	Publish Method = "PUBLISH" // take the events over
	Cancel  Method = "CANCEL"  // the events do not take place
)

// Calendar is a file of events.
type Calendar struct {
	Product string // of PRODID, "-//Kupferfaden//DE"
	Name    string // shown by programs that subscribe to the calendar
	Method  Method
	Refresh time.Duration  // how often a program that subscribes may ask; 0: not said
	Zone    *time.Location // of the clock events are announced by; nil: UTC
	Events  []Event
}

// Event is one entry.
type Event struct {
	UID         string // the same for ever: by it a program finds the entry again
	Sequence    int    // counts changes of time and place, and the cancellation
	Stamp       time.Time
	Start, End  time.Time
	Summary     string
	Description string
	Location    string
	URL         string
	Lat, Lon    float64 // 0, 0: not known
	Categories  []string
	Organizer   string // name
	Email       string // address of the organiser; without it no ORGANIZER is written
	Cancelled   bool
	Tentative   bool          // a date to keep free, the rest is to come
	Alarm       time.Duration // how long before a program reminds; 0: not at all
}

// Write writes the calendar.
func (c Calendar) Write(w io.Writer) error {
	l := &lines{}
	l.add("BEGIN", "VCALENDAR")
	l.add("VERSION", "2.0")
	l.add("PRODID", text(c.Product))
	l.add("CALSCALE", "GREGORIAN")
	if c.Method != "" {
		l.add("METHOD", string(c.Method))
	}
	if c.Name != "" {
		l.add("NAME", text(c.Name))         // RFC 7986
		l.add("X-WR-CALNAME", text(c.Name)) // what programs read before that
	}
	if c.Refresh > 0 {
		l.add("REFRESH-INTERVAL;VALUE=DURATION", duration(c.Refresh))
		l.add("X-PUBLISHED-TTL", duration(c.Refresh))
	}
	c.zone(l)
	for _, e := range c.Events {
		e.write(l, c.Zone)
	}
	l.add("END", "VCALENDAR")
	_, err := w.Write(l.buf.Bytes())
	return err
}

// zone describes the zone of the events for their years.
func (c Calendar) zone(l *lines) {
	if c.Zone == nil || c.Zone == time.UTC || len(c.Events) == 0 {
		return
	}
	from, to := c.Events[0].Start, c.Events[0].Start
	for _, e := range c.Events {
		if e.Start.Before(from) {
			from = e.Start
		}
		for _, t := range []time.Time{e.Start, e.End} {
			if t.After(to) {
				to = t
			}
		}
	}
	l.zone(c.Zone, from, to)
}

// moment writes a time by the clock of the zone, or in UTC where there is none.
func (l *lines) moment(name string, t time.Time, zone *time.Location) {
	if zone == nil || zone == time.UTC {
		l.add(name, utc(t))
		return
	}
	l.add(name+";TZID="+zone.String(), t.In(zone).Format(local))
}

func (e Event) write(l *lines, zone *time.Location) {
	l.add("BEGIN", "VEVENT")
	l.add("UID", text(e.UID))
	l.add("SEQUENCE", strconv.Itoa(max(e.Sequence, 0)))
	l.add("DTSTAMP", utc(e.Stamp))
	l.moment("DTSTART", e.Start, zone)
	if e.End.After(e.Start) {
		l.moment("DTEND", e.End, zone)
	}
	l.add("SUMMARY", text(e.Summary))
	if e.Description != "" {
		l.add("DESCRIPTION", text(e.Description))
	}
	if e.Location != "" {
		l.add("LOCATION", text(e.Location))
	}
	if e.Lat != 0 || e.Lon != 0 {
		l.add("GEO", strconv.FormatFloat(e.Lat, 'f', 6, 64)+";"+strconv.FormatFloat(e.Lon, 'f', 6, 64))
	}
	if e.URL != "" {
		l.add("URL", address(e.URL))
	}
	if len(e.Categories) > 0 {
		parts := make([]string, len(e.Categories))
		for i, c := range e.Categories {
			parts[i] = text(c)
		}
		l.add("CATEGORIES", strings.Join(parts, ","))
	}
	if e.Email != "" {
		l.add(`ORGANIZER;CN="`+parameter(e.Organizer)+`"`, "mailto:"+address(e.Email))
	}
	switch {
	case e.Cancelled:
		l.add("STATUS", "CANCELLED")
	case e.Tentative:
		l.add("STATUS", "TENTATIVE")
	default:
		l.add("STATUS", "CONFIRMED")
	}
	if e.Alarm > 0 && !e.Cancelled {
		l.add("BEGIN", "VALARM")
		l.add("ACTION", "DISPLAY")
		l.add("DESCRIPTION", text(e.Summary))
		l.add("TRIGGER", "-"+duration(e.Alarm))
		l.add("END", "VALARM")
	}
	l.add("END", "VEVENT")
}

// utc is a moment as DATE-TIME form 2 (RFC 5545 3.3.5).
func utc(t time.Time) string { return t.UTC().Format("20060102T150405Z") }

// duration is RFC 5545 3.3.6, in whole minutes.
func duration(d time.Duration) string { return fmt.Sprintf("PT%dM", int64(d/time.Minute)) }

// text escapes a value of type TEXT (RFC 5545 3.3.11).
func text(s string) string {
	var b strings.Builder
	s = strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n")
	for _, r := range s {
		switch {
		case r == '\n' || r == '\u2028' || r == '\u2029' || r == '\u0085':
			b.WriteString(`\n`)
		case r == '\\' || r == ';' || r == ',':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\t':
			b.WriteByte(' ')
		case unicode.IsControl(r), r == utf8.RuneError, r == '\ufeff', r >= '\u202a' && r <= '\u202e', r >= '\u2066' && r <= '\u2069':
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// parameter is a value between quotes: nothing there can be escaped, so that quotes are replaced (RFC 5545 3.2).
func parameter(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '"':
			return '\''
		case unicode.IsControl(r), r == utf8.RuneError:
			return -1
		}
		return r
	}, s)
}

// address is a URI: what none has is dropped.
func address(s string) string {
	return strings.Map(func(r rune) rune {
		if r <= ' ' || r == 0x7f || r == utf8.RuneError || unicode.IsControl(r) || unicode.IsSpace(r) || r == '"' {
			return -1
		}
		return r
	}, s)
}

// lines folds what is longer than 75 octets (RFC 5545 3.1).
type lines struct{ buf bytes.Buffer }

func (l *lines) add(name, value string) {
	line := name + ":" + value
	room := 75
	for len(line) > room {
		cut := room
		for cut > 0 && !utf8.RuneStart(line[cut]) {
			cut--
		}
		l.buf.WriteString(line[:cut] + "\r\n ")
		line, room = line[cut:], 74
	}
	l.buf.WriteString(line + "\r\n")
}
