// SPDX-License-Identifier: EUPL-1.2

// Package clock is the program's only source of the present moment, so that tests decide what time it is: deadlines, terms of office and
// opening hours of a survey are rules, and rules are tested without waiting.
package clock

import (
	"sync"
	"time"
)

// Clock tells the time.
type Clock interface{ Now() time.Time }

// System is the machine's clock.
type System struct{}

// Now returns the present moment in UTC.
func (System) Now() time.Time { return time.Now().UTC() }

// Fixed stands still until it is moved.
type Fixed struct {
	mu sync.Mutex
	t  time.Time
}

// At makes a clock that shows t.
func At(t time.Time) *Fixed { return &Fixed{t: t.UTC()} }

// Now returns what the clock was set to.
func (f *Fixed) Now() time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.t
}

// Set moves the clock to t.
func (f *Fixed) Set(t time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.t = t.UTC()
}

// Advance moves the clock by d.
func (f *Fixed) Advance(d time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.t = f.t.Add(d)
}
