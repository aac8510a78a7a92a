// SPDX-License-Identifier: EUPL-1.2

package i18n

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // the town's clock is read on machines without zones too

	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// forms are what may stand after the colon of a placeholder; without one the Go type decides.
var forms = map[string]bool{"": true, "plain": true, "bytes": true, "percent": true}

const (
	nbsp  = "\u00a0"
	minus = "\u2212" // the sign screen readers speak and that is as wide as a digit
	dash  = "\u2013"
)

// Number writes v with the given count of decimals, 1.234,5 in German and 1,234.5 in English; decimals below 0 mean as many as v needs, at
// most 6. A value that is none (NaN) is a dash.
func (p *Printer) Number(v float64, decimals int) string {
	switch {
	case math.IsNaN(v):
		return dash
	case math.IsInf(v, 1):
		return "∞"
	case math.IsInf(v, -1):
		return minus + "∞"
	}
	var s string
	if decimals < 0 {
		s = strconv.FormatFloat(v, 'f', 6, 64)
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	} else {
		s = strconv.FormatFloat(v, 'f', decimals, 64)
	}
	return p.group(s, 4)
}

// Int writes a whole number with groups of three digits.
func (p *Printer) Int(n int64) string { return p.group(strconv.FormatInt(n, 10), 4) }

// group sets separators into the plain decimal form s; whole parts with fewer digits than from stay together.
func (p *Printer) group(s string, from int) string {
	thousands, point := ".", ","
	if p.lang == English {
		thousands, point = ",", "."
	}
	negative := strings.HasPrefix(s, "-")
	s = strings.TrimPrefix(s, "-")
	whole, fraction, _ := strings.Cut(s, ".")
	if negative && strings.Trim(s, "0.") == "" {
		negative = false // no "-0,0"
	}
	var b strings.Builder
	if negative {
		b.WriteString(minus)
	}
	for i, c := range []byte(whole) {
		if i > 0 && len(whole) >= from && (len(whole)-i)%3 == 0 {
			b.WriteString(thousands)
		}
		b.WriteByte(c)
	}
	if fraction != "" {
		b.WriteString(point)
		b.WriteString(fraction)
	}
	return b.String()
}

// Percent writes v, given in per cent, with its sign: "12,3 %" in German (DIN 5008), "12.3%" in English.
func (p *Printer) Percent(v float64, decimals int) string {
	s := p.Number(v, decimals)
	if s == dash {
		return s
	}
	if p.lang == English {
		return s + "%"
	}
	return s + nbsp + "%"
}

var englishMonths = [...]string{"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"}

// Date writes a day: "31.12.2020", "31 Dec 2020"; a dash where it is open.
func (p *Printer) Date(d kernel.Date) string {
	if d == "" {
		return dash
	}
	return p.day(d.Time())
}

func (p *Printer) day(t time.Time) string {
	if p.lang == English {
		return fmt.Sprintf("%d %s %d", t.Day(), englishMonths[t.Month()-1], t.Year())
	}
	return t.Format("02.01.2006")
}

// Period writes what a figure speaks of: a calendar year as "2020", a reference date as a day, any other interval from day to day.
func (p *Printer) Period(period kernel.Period) string {
	switch {
	case period.IsZero():
		return dash
	case period.IsDate():
		return p.Date(period.From)
	}
	from, to := string(period.From), string(period.To)
	if strings.HasSuffix(from, "-01-01") && strings.HasSuffix(to, "-12-31") {
		if from[:4] == to[:4] {
			return from[:4]
		}
		return from[:4] + dash + to[:4]
	}
	return p.Date(period.From) + " " + dash + " " + p.Date(period.To)
}

// DateTime writes an instant in the town's time: "21.11.2026, 10:36 Uhr", "21 Nov 2026, 10:36".
func (p *Printer) DateTime(i kernel.Instant) string {
	if i.IsZero() {
		return dash
	}
	t := i.In(kernel.Zone())
	if p.lang == English {
		return p.day(t) + t.Format(", 15:04")
	}
	return p.day(t) + t.Format(", 15:04") + nbsp + "Uhr"
}

// Bytes writes a size with three digits at most: "1,2 MB".
func (p *Printer) Bytes(n int64) string {
	units := []string{"B", "kB", "MB", "GB", "TB"}
	v, i := float64(n), 0
	for math.Abs(v) >= 999.5 && i < len(units)-1 {
		v, i = v/1000, i+1
	}
	decimals := 0
	if i > 0 && math.Abs(v) < 9.95 {
		decimals = 1
	}
	return p.Number(v, decimals) + nbsp + units[i]
}

// Duration writes how long something took or will take: "250 ms", "3,5 s", "2 min 5 s", "1 h 20 min".
func (p *Printer) Duration(d time.Duration) string {
	switch {
	case d < 0:
		return minus + p.Duration(-d)
	case d < time.Second:
		return p.Int(d.Milliseconds()) + nbsp + "ms"
	case d < 10*time.Second:
		return p.Number(d.Seconds(), 1) + nbsp + "s"
	case d < time.Minute:
		return p.Number(d.Seconds(), 0) + nbsp + "s"
	}
	d = d.Round(time.Second)
	if d < time.Hour {
		return fmt.Sprintf("%d"+nbsp+"min %d"+nbsp+"s", int(d.Minutes()), int(d.Seconds())%60)
	}
	return fmt.Sprintf("%d"+nbsp+"h %d"+nbsp+"min", int(d.Hours()), int(d.Minutes())%60)
}

// List joins items as a sentence does: "a, b und c".
func (p *Printer) List(items []string) string {
	switch len(items) {
	case 0:
		return ""
	case 1:
		return items[0]
	}
	and := " und "
	if p.lang == English {
		and = " and "
	}
	return strings.Join(items[:len(items)-1], ", ") + and + items[len(items)-1]
}

// Text gives a town's text in the printer's language and register, and the language it is really in. In Leichte Sprache the variant
// "de+leicht" is taken where it exists.
func (p *Printer) Text(t kernel.Text) (text, actual string) {
	if p.register == kernel.Leicht {
		if s := t[p.lang+"+"+string(kernel.Leicht)]; s != "" {
			return s, p.lang
		}
	}
	return t.In(p.lang)
}

// format writes a parameter by its Go type or the form asked for. Whole numbers up to 9999 stay ungrouped, so that years and line numbers
// read as such.
func (p *Printer) format(v any, form string) string {
	switch form {
	case "plain":
		return fmt.Sprint(v)
	case "bytes":
		if n, ok := whole(v); ok {
			return p.Bytes(n)
		}
	case "percent":
		if f, ok := v.(float64); ok {
			return p.Percent(f, 1)
		}
		if n, ok := whole(v); ok {
			return p.Percent(float64(n), 0)
		}
	}
	if n, ok := whole(v); ok {
		return p.group(strconv.FormatInt(n, 10), 5)
	}
	switch v := v.(type) {
	case string:
		return v
	case float64:
		return p.Number(v, -1)
	case float32:
		return p.Number(float64(v), -1)
	case kernel.Date:
		return p.Date(v)
	case kernel.Period:
		return p.Period(v)
	case kernel.Instant:
		return p.DateTime(v)
	case time.Time:
		return p.DateTime(kernel.InstantOf(v))
	case time.Duration:
		return p.Duration(v)
	case kernel.Text:
		s, _ := p.Text(v)
		return s
	case []string:
		return p.List(v)
	case error:
		return p.Error(v)
	}
	return fmt.Sprint(v)
}

func whole(v any) (int64, bool) {
	switch v := v.(type) {
	case int:
		return int64(v), true
	case int64:
		return v, true
	case int32:
		return int64(v), true
	case uint32:
		return int64(v), true
	case uint64:
		if v <= math.MaxInt64 {
			return int64(v), true
		}
	}
	return 0, false
}
