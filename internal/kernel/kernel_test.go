// SPDX-License-Identifier: EUPL-1.2

package kernel_test

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

func TestPeriodsAreDatesIntervalsOrYears(t *testing.T) {
	for text, want := range map[string]kernel.Period{
		"2020-12-31":            {From: "2020-12-31", To: "2020-12-31"},
		"2020-01-01/2020-12-31": {From: "2020-01-01", To: "2020-12-31"},
		" 2020 ":                {From: "2020-01-01", To: "2020-12-31"},
	} {
		p, err := kernel.ParsePeriod(text)
		if err != nil || p != want || p.IsDate() != (want.From == want.To) {
			t.Errorf("%q: %v %v", text, p, err)
		}
		var again kernel.Period
		if b, err := p.MarshalText(); err != nil || again.UnmarshalText(b) != nil || again != p {
			t.Errorf("%q: written and read back %v", text, again)
		}
	}
	for _, text := range []string{"", "2020-02-30", "2020-2-3", "20", "2020/2021", "2020-12-31/2020-01-01", "2020-01-01/", "31.12.2020"} {
		if p, err := kernel.ParsePeriod(text); kernel.KindOf(err) != kernel.Invalid {
			t.Errorf("%q was taken as %v", text, p)
		}
	}
}

func TestYearsAreAddedByTheCalendar(t *testing.T) {
	for _, c := range []struct {
		day  kernel.Date
		n    int
		want kernel.Date
	}{{"2020-12-31", -2, "2018-12-31"}, {"2020-02-29", -2, "2018-02-28"}, {"2020-02-29", 4, "2024-02-29"}, {"2019-02-28", 1, "2020-02-28"}, {"", 3, ""}} {
		if got := c.day.AddYears(c.n); got != c.want {
			t.Errorf("%s and %d years: %s, want %s", c.day, c.n, got, c.want)
		}
	}
}

func TestAPeriodBelongsToTheEditionValidAtItsEnd(t *testing.T) {
	year := kernel.Period{From: "2020-01-01", To: "2020-12-31"}
	for _, c := range []struct {
		from, to kernel.Date
		want     bool
	}{{"2020-06-01", "", true}, {"", "2020-12-31", true}, {"", "", true}, {"2021-01-01", "", false}, {"", "2020-12-30", false}} {
		if got := year.Within(c.from, c.to); got != c.want {
			t.Errorf("2020 in [%s, %s]: %v", c.from, c.to, got)
		}
	}
}

func TestAFallbackIsNeverSilent(t *testing.T) {
	for _, c := range []struct {
		text         kernel.Text
		lang         string
		want, actual string
	}{
		{kernel.T("Raum", "area"), "en", "area", "en"},
		{kernel.T("Raum", ""), "en", "Raum", "de"},
		{kernel.Text{"tr": "alan", "pl": "obszar"}, "fr", "obszar", "pl"},
		{nil, "de", "", ""},
	} {
		if got, actual := c.text.In(c.lang); got != c.want || actual != c.actual {
			t.Errorf("%v in %s: %q in %q", c.text, c.lang, got, actual)
		}
	}
}

func TestErrorsKeepTheirKindThroughWrapping(t *testing.T) {
	cause := errors.New("disk")
	err := fmt.Errorf("slice 7: %w", &kernel.Error{Kind: kernel.Conflict, Key: "x.y", Params: kernel.Params("b", 2, "a", 1), Err: cause})
	if kernel.KindOf(err) != kernel.Conflict || !errors.Is(err, cause) || kernel.KindOf(cause) != kernel.Internal {
		t.Error(err)
	}
	if got := err.Error(); got != "slice 7: x.y a=1 b=2: disk" {
		t.Errorf("%q: parameters come in a fixed order", got)
	}
}

var uuid7 = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)

func TestIDsAreVersion7AndSortInTheOrderOfTheirMaking(t *testing.T) {
	before := kernel.ID("")
	for range 100_000 {
		id := kernel.NewID()
		if !uuid7.MatchString(string(id)) || id <= before {
			t.Fatalf("%s after %s", id, before)
		}
		before = id
	}
	ms, err := strconv.ParseInt(string(before[:8]+before[9:13]), 16, 64)
	if off := time.Since(time.UnixMilli(ms)); err != nil || off.Abs() > time.Minute {
		t.Errorf("%s is %v from now: %v", before, off, err)
	}
}

func TestInstantsSortAsTextAndComeBack(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		draw := func(name string) kernel.Instant {
			return kernel.InstantOf(time.UnixMicro(rapid.Int64Range(0, 4e15).Draw(rt, name)))
		}
		a, b := draw("a"), draw("b")
		if (a.String() < b.String()) != a.Before(b.Time) {
			rt.Fatalf("%s and %s", a, b)
		}
		var again kernel.Instant
		if err := again.Scan(a.String()); err != nil || again != a {
			rt.Fatalf("%s comes back as %s: %v", a, again, err)
		}
	})
}
