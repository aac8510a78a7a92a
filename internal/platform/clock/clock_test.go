// SPDX-License-Identifier: EUPL-1.2

package clock_test

import (
	"testing"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/platform/clock"
)

func TestFixedStandsUntilMoved(t *testing.T) {
	start := time.Date(2025, 3, 30, 2, 30, 0, 0, time.FixedZone("CEST", 7200))
	c := clock.At(start)
	if got := c.Now(); !got.Equal(start) || got.Location() != time.UTC {
		t.Fatalf("got %v, want the same moment in UTC", got)
	}
	c.Advance(90 * time.Minute)
	if got := c.Now().Sub(start); got != 90*time.Minute {
		t.Fatalf("advanced by %v", got)
	}
	c.Set(start)
	if !c.Now().Equal(start) {
		t.Fatal("Set did not move the clock")
	}
}

func TestSystemTellsUTC(t *testing.T) {
	before := time.Now()
	got := clock.System{}.Now()
	if got.Before(before) || got.Location() != time.UTC {
		t.Fatalf("got %v, want a moment in UTC not before %v", got, before)
	}
}
