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
}

// linesEvery is how often a line is written where the output is not a terminal.
const linesEvery = 2 * time.Second

func newProgress(w io.Writer) *progress {
	p := &progress{w: w}
	if f, ok := w.(*os.File); ok {
		p.terminal = term.IsTerminal(int(f.Fd()))
	}
	return p
}

// step returns a function that reports done of total under a label; total 0 means unknown.
func (p *progress) step(label string) func(done, total int) {
	p.end()
	p.mu.Lock()
	p.started, p.last = time.Now(), time.Now()
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
				fmt.Fprintf(p.w, "%s: %d/%d (%d %%)\n", label, done, total, done*100/total)
			} else {
				fmt.Fprintf(p.w, "%s: %d\n", label, done)
			}
			return
		}
		const width = 30
		bar := strings.Repeat(" ", width)
		if total > 0 {
			n := min(width, done*width/total)
			bar = strings.Repeat("█", n) + strings.Repeat("·", width-n)
		}
		fmt.Fprintf(p.w, "\r\x1b[K%s %s %d", label, bar, done)
	}
}

// end finishes a bar's line.
func (p *progress) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
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
