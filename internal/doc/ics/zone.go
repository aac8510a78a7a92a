// SPDX-License-Identifier: EUPL-1.2

package ics

import (
	"fmt"
	"time"
)

// change is a moment at which the clocks of a zone are put forward or back.
type change struct {
	at       time.Time // in the zone, after the change
	from, to int       // seconds east of UTC
	name     string
	summer   bool
}

// changes lists those of the years between two moments.
func changes(zone *time.Location, from, to time.Time) (list []change) {
	at := time.Date(from.In(zone).Year(), 1, 1, 0, 0, 0, 0, zone)
	end := time.Date(to.In(zone).Year()+1, 1, 1, 0, 0, 0, 0, zone)
	for {
		_, next := at.ZoneBounds()
		if next.IsZero() || !next.Before(end) {
			return list
		}
		_, before := next.Add(-time.Second).Zone()
		name, after := next.Zone()
		list = append(list, change{at: next, from: before, to: after, name: name, summer: next.IsDST()})
		at = next
	}
}

// wall is the clock as it stood at the moment of the change, before it was put forward or back: so RFC 5545 3.6.5 wants it.
func (c change) wall() time.Time { return c.at.UTC().Add(time.Duration(c.from) * time.Second) }

// last tells whether the day is the last of its weekday in the month.
func last(t time.Time) bool { return t.AddDate(0, 0, 7).Month() != t.Month() }

// yearly finds the rule of changes that come on the last same weekday of the same month every year; false where they do not. Programs that know the
// zone by its name use what they know, those that do not are best at rules.
func yearly(list []change, summer bool) (first change, rule string, ok bool) {
	days := [...]string{"SU", "MO", "TU", "WE", "TH", "FR", "SA"}
	var before change
	for _, c := range list {
		if c.summer != summer {
			continue
		}
		w := c.wall()
		if !last(w) {
			return first, "", false
		}
		if before.at.IsZero() {
			first = c
		} else if b := before.wall(); b.Month() != w.Month() || b.Weekday() != w.Weekday() || b.Format("150405") != w.Format("150405") || b.Year()+1 != w.Year() {
			return first, "", false
		}
		before = c
	}
	if first.at.IsZero() {
		return first, "", false
	}
	w := first.wall()
	return first, fmt.Sprintf("FREQ=YEARLY;BYMONTH=%d;BYDAY=-1%s", int(w.Month()), days[w.Weekday()]), true
}

// zone describes a zone for the years of the events, and a year on either side: what the zone does later nobody knows, and a program that learns
// of it moves the entry so that the hour stays.
func (l *lines) zone(zone *time.Location, from, to time.Time) {
	list := changes(zone, from.AddDate(-1, 0, 0), to.AddDate(1, 0, 0))
	l.add("BEGIN", "VTIMEZONE")
	l.add("TZID", zone.String())
	winter, winterRule, regular := yearly(list, false)
	summer, summerRule, both := yearly(list, true)
	switch {
	case len(list) == 0:
		begin := from.AddDate(-1, 0, 0).In(zone)
		name, offset := begin.Zone()
		l.observance(change{at: begin, from: offset, to: offset, name: name}, "")
	case regular && both:
		l.observance(summer, summerRule)
		l.observance(winter, winterRule)
	default:
		for _, c := range list {
			l.observance(c, "")
		}
	}
	l.add("END", "VTIMEZONE")
}

func (l *lines) observance(c change, rule string) {
	kind := "STANDARD"
	if c.summer {
		kind = "DAYLIGHT"
	}
	l.add("BEGIN", kind)
	l.add("TZOFFSETFROM", offset(c.from))
	l.add("TZOFFSETTO", offset(c.to))
	l.add("TZNAME", text(c.name))
	l.add("DTSTART", c.wall().Format(local))
	if rule != "" {
		l.add("RRULE", rule)
	}
	l.add("END", kind)
}

// local is a DATE-TIME of form 1 and 3 (RFC 5545 3.3.5).
const local = "20060102T150405"

// offset writes seconds east of UTC, "+0200".
func offset(s int) string {
	sign := '+'
	if s < 0 {
		sign, s = '-', -s
	}
	return fmt.Sprintf("%c%02d%02d", sign, s/3600, s/60%60)
}
