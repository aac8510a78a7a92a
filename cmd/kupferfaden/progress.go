// SPDX-License-Identifier: EUPL-1.2

package main

import (
	"fmt"
	"io"
	"log/slog"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/term"
)

// progress shows how far long work is: a bar on a terminal, a line every few seconds otherwise.
type progress struct {
	mu       sync.Mutex
	w        io.Writer
	terminal bool
	last     time.Time
	started  time.Time
	drawn    bool
	waiting  chan struct{} // closed when the step ends
	seconds  func(time.Duration) string
}

// linesEvery is how often a line is written where the output is not a terminal.
const linesEvery = 2 * time.Second

func newProgress(w io.Writer, seconds func(time.Duration) string) *progress {
	p := &progress{w: w, seconds: seconds}
	if f, ok := w.(*os.File); ok {
		p.terminal = term.IsTerminal(int(f.Fd()))
	}
	return p
}

// step returns a function that reports done of total under a label; total 0 means unknown. While nothing is reported it says every few seconds
// how long the step has lasted, so that nobody takes long work for a program that hangs.
func (p *progress) step(label string) func(done, total int) {
	p.end()
	p.mu.Lock()
	p.started, p.last = time.Now(), time.Now()
	p.waiting = make(chan struct{})
	go p.wait(label, p.waiting)
	p.mu.Unlock()
	return func(done, total int) {
		p.mu.Lock()
		defer p.mu.Unlock()
		every := linesEvery
		if p.terminal {
			every = 100 * time.Millisecond
		}
		finished := total > 0 && done >= total
		if time.Since(p.last) < every && (!finished || !p.drawn) {
			return
		}
		p.last, p.drawn = time.Now(), true
		if !p.terminal {
			if total > 0 {
				p.print("%s: %d/%d (%d %%)", label, done, total, done*100/total)
			} else {
				p.print("%s: %d", label, done)
			}
			return
		}
		const width = 30
		bar := strings.Repeat(" ", width)
		if total > 0 {
			n := min(width, done*width/total)
			bar = strings.Repeat("█", n) + strings.Repeat("·", width-n)
		}
		p.print("%s %s %d", label, bar, done)
	}
}

func (p *progress) wait(label string, end <-chan struct{}) {
	tick := time.NewTicker(linesEvery / 2)
	defer tick.Stop()
	for {
		select {
		case <-end:
			return
		case <-tick.C:
		}
		p.mu.Lock()
		select {
		case <-end:
		default:
			if time.Since(p.last) >= linesEvery {
				p.last, p.drawn = time.Now(), true
				p.print("%s … %s", label, p.seconds(time.Since(p.started).Round(time.Second)))
			}
		}
		p.mu.Unlock()
	}
}

// print writes a line, over the one before on a terminal.
func (p *progress) print(format string, args ...any) {
	if p.terminal {
		fmt.Fprintf(p.w, "\r\x1b[K"+format, args...)
		return
	}
	fmt.Fprintf(p.w, format+"\n", args...)
}

// end finishes a bar's line.
func (p *progress) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.waiting != nil {
		close(p.waiting)
		p.waiting = nil
	}
	if p.drawn && p.terminal {
		fmt.Fprintln(p.w)
	}
	p.drawn = false
}

// quiet is the log of verbs that speak to a person: warnings and errors only.
func quiet() *slog.Logger {
	return slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
}

func sortedKeys(m map[string]string) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
