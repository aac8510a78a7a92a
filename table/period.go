// SPDX-License-Identifier: EUPL-1.2

package table

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Date is a day of the Gregorian calendar.
type Date struct{ Year, Month, Day int }

// String gives the date as YYYY-MM-DD.
func (d Date) String() string { return fmt.Sprintf("%04d-%02d-%02d", d.Year, d.Month, d.Day) }

// Before reports whether d is earlier than e.
func (d Date) Before(e Date) bool {
	if d.Year != e.Year {
		return d.Year < e.Year
	}
	if d.Month != e.Month {
		return d.Month < e.Month
	}
	return d.Day < e.Day
}

// Years that a figure of a municipality can refer to.
const (
	FirstYear = 1900
	LastYear  = 2100
)

func daysIn(year, month int) int {
	return time.Date(year, time.Month(month)+1, 0, 0, 0, 0, 0, time.UTC).Day()
}

// PeriodKind says which sort of time a period is.
type PeriodKind uint8

// The kinds of periods.
const (
	PeriodNone         PeriodKind = iota
	PeriodDay                     // a reference day (Stichtag)
	PeriodMonthEnd                // the last day of a month: how YYYYMM is used in the registers
	PeriodMonth                   // a whole month
	PeriodWeek                    // an ISO 8601 week
	PeriodQuarter                 //
	PeriodHalfYear                //
	PeriodYear                    //
	PeriodSchoolYear              // 1 August to 31 July (Hamburger Abkommen § 1); also the Kita year
	PeriodInterval                // any other interval
	PeriodReferenceDay            // a day without its year ("Stichtag 31.12."): Month and Day of From only
)

var periodNames = [...]string{"none", "day", "month_end", "month", "week", "quarter", "half_year", "year", "school_year", "interval", "reference_day"}

// String names the kind.
func (k PeriodKind) String() string { return periodNames[k] }

// Period is a typed time: a day (From equals To) or an interval with both ends included.
type Period struct {
	Kind     PeriodKind
	From, To Date
}

// IsZero reports whether no period is given.
func (p Period) IsZero() bool { return p.Kind == PeriodNone }

// String gives the day or both ends, parted by a slash as in ISO 8601.
func (p Period) String() string {
	switch {
	case p.IsZero():
		return ""
	case p.Kind == PeriodReferenceDay:
		return fmt.Sprintf("--%02d-%02d", p.From.Month, p.From.Day)
	case p.From == p.To:
		return p.To.String()
	}
	return p.From.String() + "/" + p.To.String()
}

// PeriodFormats lists the words that a mapping may give as format. "auto" reads everything that can be read in one way only. YY means a
// year of this century.
func PeriodFormats() []string {
	return []string{
		"auto", "YYYY", "YYYYMM", "YYYYMMDD", "YYYY-MM-DD", "YYYY-MM", "DD.MM.YYYY", "DD.MM.YY", "DD/MM/YYYY", "MM/DD/YYYY", "MM/YYYY", "MM.YYYY",
		"YYYY-QN", "YYYY-WNN", "school_year", "excel_serial",
	}
}

// Codes of periods that were not taken.
const (
	codePeriodInvalid  = "period.invalid"
	codePeriodRange    = "period.out_of_range"
	codePeriodTwoDigit = "period.two_digit_year"
	codePeriodOrder    = "period.order_unknown"
	codePeriodSerial   = "period.serial"
	codePeriodUnix     = "period.unix_time"
	codePeriodReversed = "period.reversed"
	codePeriodNoDay    = "period.no_such_day"
	codePeriodTwoWays  = "period.two_ways"
)

func day(y, m, d int) (Period, string) {
	if y < FirstYear || y > LastYear {
		return Period{}, codePeriodRange
	}
	if m < 1 || m > 12 || d < 1 || d > daysIn(y, m) {
		return Period{}, codePeriodNoDay
	}
	t := Date{y, m, d}
	return Period{PeriodDay, t, t}, ""
}

// asked makes a reading a proposal; what cannot be read at all stays refused.
func asked(question string) func(Period, string) (Period, string) {
	return func(p Period, code string) (Period, string) {
		if code != "" {
			return Period{}, code
		}
		return p, question
	}
}

func months(kind PeriodKind, y, m, n int) (Period, string) {
	if m < 1 || m+n-1 > 12 {
		return Period{}, codePeriodInvalid
	}
	if y < FirstYear || y > LastYear {
		return Period{}, codePeriodRange
	}
	last := Date{y, m + n - 1, daysIn(y, m+n-1)}
	if kind == PeriodMonthEnd {
		return Period{kind, last, last}, ""
	}
	return Period{kind, Date{y, m, 1}, last}, ""
}

func schoolYear(y int, second string) (Period, string) {
	if y < FirstYear || y >= LastYear {
		return Period{}, codePeriodRange
	}
	e := strconv.Itoa(y + 1)
	if second != e && second != e[2:] {
		return Period{}, codePeriodInvalid
	}
	return Period{PeriodSchoolYear, Date{y, 8, 1}, Date{y + 1, 7, 31}}, ""
}

// week finds an ISO 8601 week; a year has 53 of them only if it begins or, when a leap year, ends on a Thursday.
func week(y, w int) (Period, string) {
	if y < FirstYear || y > LastYear {
		return Period{}, codePeriodRange
	}
	jan4 := time.Date(y, 1, 4, 0, 0, 0, 0, time.UTC)
	monday := jan4.AddDate(0, 0, -(int(jan4.Weekday())+6)%7+7*(w-1))
	if iy, iw := monday.ISOWeek(); w < 1 || iy != y || iw != w {
		return Period{}, codePeriodInvalid
	}
	return Period{PeriodWeek, dateOf(monday), dateOf(monday.AddDate(0, 0, 6))}, ""
}

func dateOf(t time.Time) Date { return Date{t.Year(), int(t.Month()), t.Day()} }

// serialDate turns a spreadsheet serial into a day. Serial 60 of the 1900 system is 29.02.1900, a day that never was.
func serialDate(n int, date1904 bool) (Date, bool) {
	if n < 0 || n > 2958465 {
		return Date{}, false
	}
	if date1904 {
		return dateOf(time.Date(1904, 1, 1+n, 0, 0, 0, 0, time.UTC)), true
	}
	if n == 0 || n == 60 {
		return Date{}, false
	}
	if n > 60 {
		n--
	}
	return dateOf(time.Date(1899, 12, 31+n, 0, 0, 0, 0, time.UTC)), true
}

var monthNames = map[string]int{
	"januar": 1, "jan": 1, "jänner": 1, "februar": 2, "feb": 2, "märz": 3, "mär": 3, "mrz": 3, "maerz": 3, "april": 4, "apr": 4,
	"mai": 5, "juni": 6, "jun": 6, "juli": 7, "jul": 7, "august": 8, "aug": 8, "september": 9, "sep": 9, "sept": 9, "oktober": 10, "okt": 10,
	"november": 11, "nov": 11, "dezember": 12, "dez": 12, "january": 1, "february": 2, "march": 3, "may": 5, "mar": 3, "june": 6, "july": 7, "october": 10,
	"oct": 10, "december": 12, "dec": 12,
}

var (
	reDotDay    = regexp.MustCompile(`^(\d{1,2})\.\s?(\d{1,2})\.\s?(\d+)(?:[ T](\d{2}:.*))?$`)
	reDotNoYear = regexp.MustCompile(`^(\d{1,2})\.\s?(\d{1,2})\.$`)
	reISO       = regexp.MustCompile(`^(-?\d{1,5})-(\d{1,2})-(\d{1,2})(?:[ T](\d{2}:.*))?$`)
	reTime      = regexp.MustCompile(`^(\d{2}):(\d{2})(?::(\d{2})(?:[.,]\d{1,9})?)?\s?(Z|[+-](\d{2}):?(\d{2}))?$`)
	reSlash     = regexp.MustCompile(`^(\d{1,2})/(\d{1,2})/(\d{2}|\d{4})$`)
	reMonthYear = regexp.MustCompile(`^(\d{1,2})[/.](\d{4})$`)
	reYearMonth = regexp.MustCompile(`^(\d{4})[-/](\d{1,2})$`)
	reQuarter   = regexp.MustCompile(`^(?:(\d{4})[- /]?Q([1-4])|Q([1-4])[- /]?(\d{4})|([1-4]|I{1,3}|IV)\. ?(?:Quartal|Vierteljahr|Vj\.?|Quarter) ?/?(\d{4})|(?:Quartal|Quarter) ([1-4])[ /](\d{4}))$`)
	reHalf      = regexp.MustCompile(`^([12]|I{1,2})\. ?(?:Halbjahr|Hj\.?) ?/?(\d{4})$`)
	reWeek      = regexp.MustCompile(`^(?:(\d{4})-?W(\d{2})|KW ?(\d{1,2})[ /]+(\d{4})|(\d{1,2})\. ?KW ?/?(\d{4}))$`)
	reSchool    = regexp.MustCompile(`^(?:(?i:Schuljahr|SJ|Kita-?Jahr|Kindergartenjahr|Kitajahr|School year)) ?(\d{4}) ?[/-–] ?(\d{2}|\d{4})$`)
	reTwoYears  = regexp.MustCompile(`^(\d{4}) ?/ ?(\d{2}|\d{4})$`)
	reWordMonth = regexp.MustCompile(`^(?:(\d{1,2})\.? )?(\p{L}{3,9})\.? (\d{4}|\d{2})$`)
	rePrefix    = regexp.MustCompile(`^(?i:Stichtag|Stand|zum|am|vom|Jahr|Monat|Berichtsjahr|Berichtszeitraum|Ergebnis|Plan)[: ]+(?:am |vom |zum )?`)
	reInterval  = regexp.MustCompile(`^(.{4,24}?) ?(?:-|–|bis) ?(.{4,24})$`)
)

// ParsePeriod reads a point or span of time written in one of the usual German or ISO ways. format is one of PeriodFormats or empty for
// "auto". The second result is empty or the code of the finding that says why the text was not taken; codes whose outcome is "ask" come
// with the reading that would be proposed, where there is one.
func ParsePeriod(text, format string) (Period, string) {
	s := string(trim([]byte(text)))
	if len(s) == 0 || len(s) > 60 {
		return Period{}, codePeriodInvalid
	}
	s = strings.Map(func(r rune) rune {
		if r == '\u00a0' || r == '\u202f' || r == '\u2009' {
			return ' '
		}
		return r
	}, s)
	if format != "" && format != "auto" {
		return parseAs(s, format)
	}
	return parseAuto(s, true)
}

func atoi(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		return -1
	}
	return n
}

func parseAuto(s string, spans bool) (Period, string) {
	if allDigits([]byte(s)) {
		return parseDigits(s)
	}
	if m := reDotDay.FindStringSubmatch(s); m != nil {
		if !goodTime(m[4]) {
			return Period{}, codePeriodInvalid
		}
		if len(m[3]) == 2 {
			return asked(codePeriodTwoDigit)(day(2000+atoi(m[3]), atoi(m[2]), atoi(m[1])))
		}
		return day(atoi(m[3]), atoi(m[2]), atoi(m[1]))
	}
	if m := reISO.FindStringSubmatch(s); m != nil {
		if !goodTime(m[4]) {
			return Period{}, codePeriodInvalid
		}
		return day(atoi(m[1]), atoi(m[2]), atoi(m[3]))
	}
	if m := reSlash.FindStringSubmatch(s); m != nil {
		a, b := atoi(m[1]), atoi(m[2])
		switch {
		case len(m[3]) == 2:
			return Period{}, codePeriodOrder
		case a > 12 || a == b:
			return day(atoi(m[3]), b, a)
		case b > 12:
			return day(atoi(m[3]), a, b)
		}
		return Period{}, codePeriodOrder
	}
	if m := reMonthYear.FindStringSubmatch(s); m != nil {
		return months(PeriodMonth, atoi(m[2]), atoi(m[1]), 1)
	}
	if m := reSchool.FindStringSubmatch(s); m != nil {
		return schoolYear(atoi(m[1]), m[2])
	}
	if m := reTwoYears.FindStringSubmatch(s); m != nil {
		// "2025/26" may be a school, a kita, a heating or a budget year; "2011/12" even a month.
		p, code := schoolYear(atoi(m[1]), m[2])
		if code == "" {
			return p, codePeriodTwoWays
		}
	}
	if m := reYearMonth.FindStringSubmatch(s); m != nil {
		return months(PeriodMonth, atoi(m[1]), atoi(m[2]), 1)
	}
	if m := reQuarter.FindStringSubmatch(s); m != nil {
		y, q := atoi(m[1]+m[4]+m[6]+m[8]), roman(m[2]+m[3]+m[5]+m[7])
		return months(PeriodQuarter, y, 3*q-2, 3)
	}
	if m := reHalf.FindStringSubmatch(s); m != nil {
		return months(PeriodHalfYear, atoi(m[2]), 6*roman(m[1])-5, 6)
	}
	if m := reWeek.FindStringSubmatch(s); m != nil {
		return week(atoi(m[1]+m[4]+m[6]), atoi(m[2]+m[3]+m[5]))
	}
	if m := reWordMonth.FindStringSubmatch(s); m != nil {
		if mo := monthNames[strings.ToLower(m[2])]; mo > 0 {
			switch {
			case len(m[3]) == 2 && m[1] == "":
				return asked(codePeriodTwoDigit)(months(PeriodMonth, 2000+atoi(m[3]), mo, 1))
			case len(m[3]) == 2:
				return asked(codePeriodTwoDigit)(day(2000+atoi(m[3]), mo, atoi(m[1])))
			case m[1] == "":
				return months(PeriodMonth, atoi(m[3]), mo, 1)
			}
			return day(atoi(m[3]), mo, atoi(m[1]))
		}
	}
	if m := reDotNoYear.FindStringSubmatch(s); m != nil {
		d := Date{0, atoi(m[2]), atoi(m[1])}
		if d.Month < 1 || d.Month > 12 || d.Day < 1 || d.Day > daysIn(2000, d.Month) {
			return Period{}, codePeriodNoDay
		}
		return Period{PeriodReferenceDay, d, d}, ""
	}
	if at := rePrefix.FindStringIndex(s); at != nil {
		return parseAuto(s[at[1]:], spans)
	}
	if len(s) > 1 && s[0] == '-' && allDigits([]byte(s[1:])) {
		return Period{}, codePeriodRange
	}
	if m := reInterval.FindStringSubmatch(s); spans && m != nil {
		return interval(m[1], m[2])
	}
	return Period{}, codePeriodInvalid
}

func interval(a, b string) (Period, string) {
	to, code := parseAuto(strings.TrimSpace(b), false)
	if code != "" {
		return Period{}, code
	}
	from, code := parseAuto(strings.TrimSpace(a), false)
	if code != "" {
		return Period{}, code
	}
	if from.Kind == PeriodReferenceDay { // "1.1.-31.12.2024"
		if to.Kind != PeriodDay {
			return Period{}, codePeriodInvalid
		}
		from, code = day(to.To.Year, from.From.Month, from.From.Day)
		if code != "" {
			return Period{}, code
		}
	}
	if to.Kind == PeriodReferenceDay {
		return Period{}, codePeriodInvalid
	}
	if to.To.Before(from.From) {
		return Period{}, codePeriodReversed
	}
	return Period{PeriodInterval, from.From, to.To}, ""
}

func roman(s string) int {
	switch s {
	case "I":
		return 1
	case "II":
		return 2
	case "III":
		return 3
	case "IV":
		return 4
	}
	return atoi(s)
}

// goodTime accepts the clock time behind a date: spreadsheets write midnight there. A leap second or an offset of a day is refused.
func goodTime(s string) bool {
	if s == "" {
		return true
	}
	m := reTime.FindStringSubmatch(s)
	if m == nil {
		return false
	}
	return atoi(m[1]) < 24 && atoi(m[2]) < 60 && (m[3] == "" || atoi(m[3]) < 60) && (m[5] == "" || atoi(m[5]) <= 14) && (m[6] == "" || atoi(m[6]) < 60)
}

func parseDigits(s string) (Period, string) {
	n := atoi(s)
	switch len(s) {
	case 2:
		return asked(codePeriodTwoDigit)(months(PeriodYear, 2000+n, 1, 12))
	case 4:
		return months(PeriodYear, n, 1, 12)
	case 5:
		// Serials between 1990 and 2049 look like a forgotten date; others are no year either.
		if n >= 32874 && n < 54790 {
			d, _ := serialDate(n, false)
			return Period{PeriodDay, d, d}, codePeriodSerial
		}
	case 6:
		if p, code := months(PeriodMonthEnd, n/100, n%100, 1); code == "" {
			return p, ""
		}
		return Period{}, codePeriodInvalid
	case 8:
		return day(n/10000, n/100%100, n%100)
	case 10, 13:
		return Period{}, codePeriodUnix
	}
	return Period{}, codePeriodRange
}

func parseAs(s, format string) (Period, string) {
	p, code := parseAuto(s, false)
	want := map[string]PeriodKind{
		"YYYY": PeriodYear, "YYYYMM": PeriodMonthEnd, "YYYYMMDD": PeriodDay, "YYYY-MM-DD": PeriodDay, "DD.MM.YYYY": PeriodDay,
		"YYYY-MM": PeriodMonth, "MM/YYYY": PeriodMonth, "MM.YYYY": PeriodMonth, "YYYY-QN": PeriodQuarter, "YYYY-WNN": PeriodWeek,
	}
	if k, ok := want[format]; ok {
		if code == codePeriodTwoWays && format == "YYYY-MM" {
			return Period{}, codePeriodInvalid
		}
		if code == "" && (p.Kind != k || !shaped(s, format)) {
			return Period{}, codePeriodInvalid
		}
		return p, code
	}
	switch format {
	case "DD.MM.YY":
		if m := reDotDay.FindStringSubmatch(s); m != nil && len(m[3]) == 2 {
			return day(2000+atoi(m[3]), atoi(m[2]), atoi(m[1]))
		}
	case "DD/MM/YYYY", "MM/DD/YYYY":
		if m := reSlash.FindStringSubmatch(s); m != nil && len(m[3]) == 4 {
			if format[0] == 'D' {
				return day(atoi(m[3]), atoi(m[2]), atoi(m[1]))
			}
			return day(atoi(m[3]), atoi(m[1]), atoi(m[2]))
		}
	case "school_year":
		if code == codePeriodTwoWays || (code == "" && p.Kind == PeriodSchoolYear) {
			return p, ""
		}
		return Period{}, codePeriodInvalid
	case "excel_serial":
		if n := atoi(s); allDigits([]byte(s)) && n >= 0 {
			if d, ok := serialDate(n, false); ok {
				return day(d.Year, d.Month, d.Day)
			}
		}
	}
	return Period{}, codePeriodInvalid
}

// shaped tells formats of one kind apart ("YYYYMMDD" from "DD.MM.YYYY").
func shaped(s, format string) bool {
	switch format {
	case "YYYYMMDD":
		return len(s) == 8 && allDigits([]byte(s))
	case "YYYY-MM-DD":
		return strings.Contains(s, "-")
	case "DD.MM.YYYY":
		return strings.Contains(s, ".") && !allDigits([]byte(s))
	}
	return true
}

func knownPeriodFormat(s string) bool {
	for _, f := range PeriodFormats() {
		if f == s {
			return true
		}
	}
	return s == ""
}
