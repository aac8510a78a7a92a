// SPDX-License-Identifier: EUPL-1.2

package voteweb

import (
	"sync"
	"time"
)

// guesses counts wrong codes for each network address. Codes have 50 bits: at this rate nobody finds one, while a school behind one address votes
// with codes that are right.
type guesses struct {
	mu   sync.Mutex
	seen map[string]guess
}

type guess struct {
	n     int
	until time.Time // forgotten afterwards
}

const (
	mostGuesses  = 20
	guessWindow  = 10 * time.Minute
	mostGuessers = 50_000
)

// wait tells how long who asks from there has to wait; 0: not at all.
func (g *guesses) wait(client string, now time.Time) time.Duration {
	g.mu.Lock()
	defer g.mu.Unlock()
	x := g.seen[client]
	if x.n < mostGuesses || !now.Before(x.until) {
		return 0
	}
	return x.until.Sub(now)
}

// wrong counts a code that was wrong.
func (g *guesses) wrong(client string, now time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.seen == nil || len(g.seen) > mostGuessers {
		kept := map[string]guess{}
		for k, x := range g.seen {
			if now.Before(x.until) && x.n >= mostGuesses {
				kept[k] = x
			}
		}
		g.seen = kept
	}
	x := g.seen[client]
	if !now.Before(x.until) {
		x = guess{until: now.Add(guessWindow)}
	}
	x.n++
	g.seen[client] = x
}
