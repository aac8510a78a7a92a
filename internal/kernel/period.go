// SPDX-License-Identifier: EUPL-1.2

package kernel

import (
	"fmt"
	"strings"
	"sync"
	"time"
)

// Date is a calendar day as "2006-01-02"; the empty date means open.
type Date string

// ParseDate reads an ISO date and refuses days that do not exist.
func ParseDate(s string) (Date, error) {
	if _, err := time.Parse("2006-01-02", s); err != nil {
		return "", E(Invalid, "date.form", "value", s)
	}
	return Date(s), nil
}

// Time is the day's start in UTC; the zero time for the empty date.
func (d Date) Time() time.Time {
	t, _ := time.Parse("2006-01-02", string(d))
	return t
}

// Zone is the clock of the towns, Europe/Berlin; UTC where the machine knows no zones (package i18n embeds them).
var Zone = sync.OnceValue(func() *time.Location {
	if l, err := time.LoadLocation("Europe/Berlin"); err == nil {
		return l
	}
	return time.UTC
})

// DayOf gives the day of an instant by the clock of the towns: by it days begin, periods end and years are counted.
func DayOf(t time.Time) Date { return Date(t.In(Zone()).Format(time.DateOnly)) }

// Year of the day; 0 for the empty date.
func (d Date) Year() int {
	if d == "" {
		return 0
	}
	return d.Time().Year()
}

// AddYears moves by whole years; 29 February becomes 28 February. The empty date stays open.
func (d Date) AddYears(n int) Date {
	if d == "" {
		return ""
	}
	t := d.Time()
	m := t.AddDate(n, 0, 0)
	if m.Month() != t.Month() {
		m = m.AddDate(0, 0, -m.Day())
	}
	return Date(m.Format("2006-01-02"))
}

// Period is what a figure speaks of: a reference date (From == To) or an interval of days, both ends included.
type Period struct {
	From Date `json:"from"`
	To   Date `json:"to"`
}

// On is the period of one reference date.
func On(d Date) Period { return Period{From: d, To: d} }

// ParsePeriod reads "2020-12-31", "2020-01-01/2020-12-31" (ISO 8601 interval) or "2020" (the calendar year).
func ParsePeriod(s string) (Period, error) {
	s = strings.TrimSpace(s)
	if len(s) == 4 {
		if _, err := time.Parse("2006", s); err == nil {
			return Period{From: Date(s + "-01-01"), To: Date(s + "-12-31")}, nil
		}
	}
	from, to, ok := strings.Cut(s, "/")
	if !ok {
		to = from
	}
	a, err := ParseDate(from)
	if err != nil {
		return Period{}, E(Invalid, "period.form", "value", s)
	}
	b, err := ParseDate(to)
	if err != nil {
		return Period{}, E(Invalid, "period.form", "value", s)
	}
	if b < a {
		return Period{}, E(Invalid, "period.order", "value", s)
	}
	return Period{From: a, To: b}, nil
}

// IsDate tells a reference date from an interval.
func (p Period) IsDate() bool { return p.From == p.To }

// IsZero tells whether no period is given.
func (p Period) IsZero() bool { return p.From == "" && p.To == "" }

// String is the form ParsePeriod reads; it sorts by begin.
func (p Period) String() string {
	if p.IsDate() {
		return string(p.From)
	}
	return string(p.From) + "/" + string(p.To)
}

// AddYears moves both ends.
func (p Period) AddYears(n int) Period { return Period{From: p.From.AddYears(n), To: p.To.AddYears(n)} }

// Within tells whether the period's end lies in [from, to]; an empty bound is open. A stock figure of 31.12. belongs to the edition valid that day.
func (p Period) Within(from, to Date) bool {
	return (from == "" || p.To >= from) && (to == "" || p.To <= to)
}

// MarshalText writes String.
func (p Period) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// UnmarshalText reads what ParsePeriod reads; the empty text is the zero period.
func (p *Period) UnmarshalText(b []byte) error {
	if len(b) == 0 {
		*p = Period{}
		return nil
	}
	q, err := ParsePeriod(string(b))
	if err != nil {
		return fmt.Errorf("period: %w", err)
	}
	*p = q
	return nil
}
