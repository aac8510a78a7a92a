// SPDX-License-Identifier: EUPL-1.2

package table_test

import (
	"testing"
	"time"

	"github.com/kupferfaden/kupferfaden/table"
	"pgregory.net/rapid"
)

func TestPeriodsAreTyped(t *testing.T) {
	for _, c := range []struct{ text, format, kind, want string }{
		{"31.12.2021", "", "day", "2021-12-31"},
		{"1.1.2024", "", "day", "2024-01-01"},
		{" 31.12.2021 ", "auto", "day", "2021-12-31"},
		{"2021-12-31", "", "day", "2021-12-31"},
		{"2021-12-31T00:00:00", "", "day", "2021-12-31"},
		{"2021-12-31 00:00", "", "day", "2021-12-31"},
		{"2026-10-25T02:30:00+01:00", "", "day", "2026-10-25"},
		{"20211231", "", "day", "2021-12-31"},
		{"Stichtag 31.12.2021", "", "day", "2021-12-31"},
		{"Stand: 30.06.2024", "", "day", "2024-06-30"},
		{"1. Januar 2024", "", "day", "2024-01-01"},
		{"29.02.2024", "", "day", "2024-02-29"},
		{"Stichtag 31.12.", "", "reference_day", "--12-31"},
		{"202012", "YYYYMM", "month_end", "2020-12-31"},
		{"202402", "", "month_end", "2024-02-29"},
		{"2020", "", "year", "2020-01-01/2020-12-31"},
		{"Jahr 2020", "", "year", "2020-01-01/2020-12-31"},
		{"12/2020", "", "month", "2020-12-01/2020-12-31"},
		{"2020-12", "", "month", "2020-12-01/2020-12-31"},
		{"Dezember 2020", "", "month", "2020-12-01/2020-12-31"},
		{"3. Quartal 2024", "", "quarter", "2024-07-01/2024-09-30"},
		{"III. Quartal 2024", "", "quarter", "2024-07-01/2024-09-30"},
		{"2024-Q3", "YYYY-QN", "quarter", "2024-07-01/2024-09-30"},
		{"Q3 2024", "", "quarter", "2024-07-01/2024-09-30"},
		{"2. Halbjahr 2024", "", "half_year", "2024-07-01/2024-12-31"},
		{"Schuljahr 2025/26", "", "school_year", "2025-08-01/2026-07-31"},
		{"Schuljahr 2025/2026", "", "school_year", "2025-08-01/2026-07-31"},
		{"Kita-Jahr 2025/26", "", "school_year", "2025-08-01/2026-07-31"},
		{"2025/26", "school_year", "school_year", "2025-08-01/2026-07-31"},
		{"2026-W53", "", "week", "2026-12-28/2027-01-03"},
		{"KW 52/2025", "", "week", "2025-12-22/2025-12-28"},
		{"01.01.2024 - 31.03.2024", "", "interval", "2024-01-01/2024-03-31"},
		{"1.1.-31.12.2024", "", "interval", "2024-01-01/2024-12-31"},
		{"2018-2020", "", "interval", "2018-01-01/2020-12-31"},
		{"2018 bis 2020", "", "interval", "2018-01-01/2020-12-31"},
		{"31.12.24", "DD.MM.YY", "day", "2024-12-31"},
		{"01/02/2024", "DD/MM/YYYY", "day", "2024-02-01"},
		{"01/02/2024", "MM/DD/YYYY", "day", "2024-01-02"},
		{"13/02/2024", "", "day", "2024-02-13"},
		{"45292", "excel_serial", "day", "2024-01-01"},
	} {
		p, code := table.ParsePeriod(c.text, c.format)
		if code != "" || p.Kind.String() != c.kind || p.String() != c.want {
			t.Errorf("%q (%s): %s %s %q, want %s %s", c.text, c.format, p.Kind, p, code, c.kind, c.want)
		}
	}
}

func TestPeriodsThatCannotBeTakenSayWhy(t *testing.T) {
	for _, c := range []struct{ text, format, code string }{
		{"31.02.2026", "", "period.no_such_day"}, // D01
		{"29.02.2025", "", "period.no_such_day"}, // D02
		{"32.12.2025", "", "period.no_such_day"},
		{"01/02/03", "", "period.order_unknown"}, // D03
		{"01/02/2003", "", "period.order_unknown"},
		{"KW 53/2025", "", "period.invalid"}, // D04
		{"2025-W53", "", "period.invalid"},
		{"2025-W00", "", "period.invalid"},
		{"24", "", "period.two_digit_year"}, // D06
		{"31.12.24", "", "period.two_digit_year"},
		{"0", "", "period.out_of_range"}, // D07
		{"-1", "", "period.out_of_range"},
		{"9999", "", "period.out_of_range"},
		{"10000", "", "period.out_of_range"},
		{"20224", "", "period.out_of_range"},
		{"1899", "", "period.out_of_range"},
		{"2101", "", "period.out_of_range"},
		{"31.12.1899", "", "period.out_of_range"},
		{"2024-12-31T23:59:60", "", "period.invalid"},       // D10
		{"2024-12-31T12:00:00+25:00", "", "period.invalid"}, // D11
		{"45292", "", "period.serial"},                      // D12
		{"31.12.2024 - 01.01.2024", "", "period.reversed"},  // D13
		{"1735689600", "", "period.unix_time"},              // D15
		{"1735689600000", "", "period.unix_time"},
		{"2025/26", "", "period.two_ways"},
		{"2011/12", "", "period.two_ways"},
		{"Schuljahr 2025/27", "", "period.invalid"},
		{"202013", "", "period.invalid"},
		{"5. Quartal 2024", "", "period.invalid"},
		{"gestern", "", "period.invalid"},
		{"", "", "period.invalid"},
		{"2020", "YYYYMM", "period.invalid"},
		{"2020-12-31", "DD.MM.YYYY", "period.invalid"},
		{"31.12.2020", "YYYY-MM-DD", "period.invalid"},
	} {
		if p, code := table.ParsePeriod(c.text, c.format); code != c.code {
			t.Errorf("%q (%s): %v %q, want %q", c.text, c.format, p, code, c.code)
		}
	}
	if p, _ := table.ParsePeriod("45292", ""); p.String() != "2024-01-01" {
		t.Errorf("the proposal for a day number is %v", p)
	}
}

func TestEveryDayIsReadInEveryWriting(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := time.Date(1900, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, rapid.IntRange(0, 73_000).Draw(t, "day"))
		for _, layout := range []string{"02.01.2006", "2006-01-02", "20060102", "2.1.2006", "2006-01-02T15:04:05Z"} {
			p, code := table.ParsePeriod(d.Format(layout), "")
			if code != "" || p.String() != d.Format("2006-01-02") {
				t.Fatalf("%s: %v %s", d.Format(layout), p, code)
			}
		}
		y, w := d.ISOWeek()
		p, code := table.ParsePeriod(isoWeek(y, w), "")
		if y >= table.FirstYear && y <= table.LastYear && (code != "" || d.Before(at(p.From)) || d.After(at(p.To))) {
			t.Fatalf("week %d of %d: %v %s does not hold %v", w, y, p, code, d)
		}
	})
}

func isoWeek(y, w int) string {
	return time.Date(y, 1, 1, 0, 0, 0, 0, time.UTC).Format("2006") + "-W" + string(rune('0'+w/10)) + string(rune('0'+w%10))
}

func at(d table.Date) time.Time {
	return time.Date(d.Year, time.Month(d.Month), d.Day, 0, 0, 0, 0, time.UTC)
}

func FuzzPeriod(f *testing.F) {
	for _, s := range []string{"31.12.2021", "2025/26", "KW 53/2025", "1.1.-31.12.2024", "Schuljahr 2025/26", "45292", "-1", "1. Januar 24", "Stichtag Stichtag 1.1.", "01/02/03"} {
		for _, x := range table.PeriodFormats() {
			f.Add(s, x)
		}
	}
	f.Fuzz(func(t *testing.T, s, format string) {
		p, code := table.ParsePeriod(s, format)
		if code == "" && p.IsZero() {
			t.Fatalf("%q: neither period nor reason", s)
		}
		if code == "" && p.Kind != table.PeriodReferenceDay {
			if p.To.Before(p.From) || p.From.Year < table.FirstYear || p.To.Year > table.LastYear+1 {
				t.Fatalf("%q: %v", s, p)
			}
			for _, d := range []table.Date{p.From, p.To} {
				if x := at(d); x.Day() != d.Day || int(x.Month()) != d.Month {
					t.Fatalf("%q: %v is no day", s, d)
				}
			}
		}
	})
}
