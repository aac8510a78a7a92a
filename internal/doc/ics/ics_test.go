// SPDX-License-Identifier: EUPL-1.2

package ics_test

import (
	"bytes"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"
	"unicode/utf8"

	"github.com/kupferfaden/kupferfaden/internal/doc/ics"
)

func write(t testing.TB, c ics.Calendar) string {
	t.Helper()
	var b bytes.Buffer
	if err := c.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// unfold gives the logical lines of a calendar, and fails on a physical one that is too long or ends otherwise than in CRLF.
func unfold(t testing.TB, s string) []string {
	t.Helper()
	if !utf8.ValidString(s) || !strings.HasSuffix(s, "\r\n") {
		t.Fatalf("no text or no end: %q", s)
	}
	for line := range strings.SplitSeq(strings.TrimSuffix(s, "\r\n"), "\r\n") {
		if len(line) > 75 || strings.ContainsAny(line, "\r\n") || !utf8.ValidString(line) {
			t.Fatalf("line of %d octets: %q", len(line), line)
		}
	}
	return strings.Split(strings.TrimSuffix(strings.ReplaceAll(s, "\r\n ", ""), "\r\n"), "\r\n")
}

func value(lines []string, name string) (out []string) {
	for _, l := range lines {
		if n, v, _ := strings.Cut(l, ":"); n == name || strings.HasPrefix(n, name+";") {
			out = append(out, v)
		}
	}
	return out
}

func TestAnEventKeepsItsMomentOverTheChangeOfSummerTime(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ start, want string }{
		{"2027-03-27 18:00", "20270327T170000Z"}, // winter time
		{"2027-03-28 18:00", "20270328T160000Z"}, // the day of the change
		{"2027-10-30 18:00", "20271030T160000Z"},
		{"2027-10-31 18:00", "20271031T170000Z"},
	} {
		start, err := time.ParseInLocation("2006-01-02 15:04", c.start, berlin)
		if err != nil {
			t.Fatal(err)
		}
		l := unfold(t, write(t, ics.Calendar{Method: ics.Publish, Events: []ics.Event{{UID: "1", Start: start, End: start.Add(2 * time.Hour), Summary: "x"}}}))
		if got := value(l, "DTSTART"); len(got) != 1 || got[0] != c.want {
			t.Errorf("%s: %v, want %s", c.start, got, c.want)
		}
	}
	// 02:30 comes twice on the last Sunday of October: an event over the change lasts as long as it lasts.
	start := time.Date(2027, 10, 30, 22, 0, 0, 0, time.UTC)
	l := unfold(t, write(t, ics.Calendar{Events: []ics.Event{{UID: "1", Start: start, End: start.Add(6 * time.Hour), Summary: "Lange Nacht"}}}))
	if value(l, "DTSTART")[0] != "20271030T220000Z" || value(l, "DTEND")[0] != "20271031T040000Z" {
		t.Errorf("%q", l)
	}
}

func TestTheHourStaysWhateverTheZoneDoes(t *testing.T) {
	at := func(zone *time.Location, s string) time.Time {
		t.Helper()
		x, err := time.ParseInLocation("2006-01-02 15:04", s, zone)
		if err != nil {
			t.Fatal(err)
		}
		return x
	}
	load := func(name string) *time.Location {
		t.Helper()
		z, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		return z
	}
	berlin := load("Europe/Berlin")
	for _, c := range []struct {
		zone   *time.Location
		events []string
		want   []string // lines of the description of the zone
		not    string
	}{
		{berlin, []string{"2027-03-27 18:00", "2027-10-31 18:00"}, []string{
			"TZID:Europe/Berlin", "BEGIN:DAYLIGHT", "TZOFFSETFROM:+0100", "TZOFFSETTO:+0200", "TZNAME:CEST", "DTSTART:20260329T020000", "RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU",
			"BEGIN:STANDARD", "DTSTART:20261025T030000", "RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU",
		}, ""},
		// In 1995 summer time ended in September, in 1996 in October: no rule holds for both, so each change is written out.
		{berlin, []string{"1995-06-01 18:00", "1996-06-01 18:00"}, []string{"DTSTART:19950924T030000", "DTSTART:19961027T030000"}, "RRULE"},
		// A zone that gave up summer time, and one that never had it in these years.
		{load("Europe/Moscow"), []string{"2011-06-01 18:00"}, []string{"DTSTART:20101031T030000", "DTSTART:20110327T020000"}, "RRULE"},
		{load("Asia/Tokyo"), []string{"2027-06-01 18:00"}, []string{"BEGIN:STANDARD", "TZOFFSETTO:+0900"}, "DAYLIGHT"},
		{load("America/St_Johns"), []string{"2027-06-01 18:00"}, []string{"TZOFFSETTO:-0230", "TZOFFSETTO:-0330"}, "RRULE"}, // second Sunday, first Sunday
	} {
		cal := ics.Calendar{Method: ics.Publish, Zone: c.zone}
		for _, e := range c.events {
			start := at(c.zone, e)
			cal.Events = append(cal.Events, ics.Event{UID: e, Start: start.UTC(), End: start.Add(2 * time.Hour).UTC(), Summary: "x"})
		}
		l := unfold(t, write(t, cal))
		all := "\n" + strings.Join(l, "\n") + "\n"
		for _, want := range c.want {
			if !strings.Contains(all, "\n"+want+"\n") {
				t.Errorf("%s: %q is missing in %s", c.zone, want, all)
			}
		}
		if c.not != "" && strings.Contains(all, "\n"+c.not) {
			t.Errorf("%s: %q in %s", c.zone, c.not, all)
		}
		for _, e := range c.events {
			want := "DTSTART;TZID=" + c.zone.String() + ":" + strings.NewReplacer("-", "", " ", "T", ":", "").Replace(e) + "00"
			if !strings.Contains(all, "\n"+want+"\n") {
				t.Errorf("%s: %q is missing", c.zone, want)
			}
		}
	}
}

func TestACancellationFindsTheSameEntry(t *testing.T) {
	e := ics.Event{UID: "0190@stadt.example", Start: time.Unix(0, 0), End: time.Unix(3600, 0), Summary: "Auftakt"}
	first := unfold(t, write(t, ics.Calendar{Method: ics.Publish, Events: []ics.Event{e}}))
	e.Sequence, e.Cancelled = 3, true
	last := unfold(t, write(t, ics.Calendar{Method: ics.Cancel, Events: []ics.Event{e}}))
	for _, c := range []struct {
		lines []string
		name  string
		want  string
	}{
		{first, "METHOD", "PUBLISH"},
		{first, "STATUS", "CONFIRMED"},
		{first, "SEQUENCE", "0"},
		{first, "UID", e.UID},
		{last, "METHOD", "CANCEL"},
		{last, "STATUS", "CANCELLED"},
		{last, "SEQUENCE", "3"},
		{last, "UID", e.UID},
	} {
		if got := value(c.lines, c.name); len(got) != 1 || got[0] != c.want {
			t.Errorf("%s: %v, want %s", c.name, got, c.want)
		}
	}
}

func TestNoTextBeginsALineOfItsOwn(t *testing.T) {
	evil := "Auftakt\r\nATTENDEE:mailto:x@evil.example\nEND:VEVENT\u2028BEGIN:VALARM; a,b\\ \x00\x07\u202e"
	l := unfold(t, write(t, ics.Calendar{Name: evil, Events: []ics.Event{{
		UID: evil, Summary: evil, Description: evil, Location: evil, URL: "https://x.example/\r\nATTENDEE:1", Organizer: evil + `"`, Email: "a@b.example\r\nX:1",
		Categories: []string{evil},
	}}}))
	for _, name := range []string{"ATTENDEE", "X"} {
		if got := value(l, name); got != nil {
			t.Errorf("%s: %v", name, got)
		}
	}
	begins := 0
	for _, line := range l {
		if strings.HasPrefix(line, "BEGIN:") {
			begins++
		}
		if strings.HasPrefix(line, "SUMMARY:") && line != `SUMMARY:Auftakt\nATTENDEE:mailto:x@evil.example\nEND:VEVENT\nBEGIN:VALARM\; a\,b\\ ` {
			t.Errorf("%q", line)
		}
		if strings.HasPrefix(line, "ORGANIZER") && strings.Count(line, `"`) != 2 {
			t.Errorf("%q", line)
		}
	}
	if begins != 2 {
		t.Errorf("%d components", begins)
	}
}

func TestLongLinesAreFoldedBetweenCharacters(t *testing.T) {
	long := strings.Repeat("Straßenfest für Groß und Klein 👩‍👩‍👧 ", 20)
	l := unfold(t, write(t, ics.Calendar{Events: []ics.Event{{UID: "1", Summary: "x", Description: long}}}))
	if got := value(l, "DESCRIPTION")[0]; got != long {
		t.Errorf("%q", got)
	}
}

func FuzzWrite(f *testing.F) {
	f.Add("Auftakt\r\nX:1", "Rathaus; Saal", "https://stadt.example", "a\"b")
	f.Fuzz(func(t *testing.T, summary, place, url, organizer string) {
		e := ics.Event{UID: "1", Summary: summary, Description: summary, Location: place, URL: url, Organizer: organizer, Email: url, Alarm: time.Hour}
		allowed := []string{"BEGIN", "END", "VERSION", "PRODID", "CALSCALE", "UID", "SEQUENCE", "DTSTAMP", "DTSTART", "DTEND", "SUMMARY", "DESCRIPTION", "LOCATION", "URL", "ORGANIZER", "STATUS", "ACTION", "TRIGGER"}
		for _, line := range unfold(t, write(t, ics.Calendar{Events: []ics.Event{e}})) {
			name := line[:strings.IndexAny(line, ":;")]
			ok := false
			for _, a := range allowed {
				ok = ok || a == name
			}
			if !ok {
				t.Errorf("%q", line)
			}
		}
	})
}
