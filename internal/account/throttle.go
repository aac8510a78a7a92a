// SPDX-License-Identifier: EUPL-1.2

package account

import (
	"context"
	"strings"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// Failures are guesses that failed, counted under one mark.
type Failures struct {
	N    int
	Last kernel.Instant
}

// Guesses keeps failed guesses for all processes of an installation together. accountdb implements it.
type Guesses interface {
	// Failures gives what is counted under the marks; a mark without failures is missing.
	Failures(ctx context.Context, tenant kernel.ID, marks []string) (map[string]Failures, error)
	// SetFailures writes the count of a mark and forgets the marks that are older than a day.
	SetFailures(ctx context.Context, tenant kernel.ID, mark string, f Failures) error
	// Forgive removes the count of a mark.
	Forgive(ctx context.Context, tenant kernel.ID, mark string) error
}

// KeepFailures is how long a failed guess is remembered at most.
const KeepFailures = 24 * time.Hour

// From is what is known of where somebody signs in.
type From struct {
	Net    string // network address; used to slow guesses, kept as a keyed hash for a day, never shown
	Device string // token of a browser in which somebody signed in before; empty: none
	Agent  string // User-Agent header; only browser and system are kept
}

// counter is one count a guess adds to: what it is counted for, how many failures are free, how long the longest wait is, and whether success
// clears it. Counts that many people share are only brought back by one.
type counter struct {
	kind   string
	of     []string
	free   int
	most   time.Duration
	shared bool
}

// How guesses are slowed. A stranger who fails on purpose slows himself and his network only: what is counted for an account is counted together
// with the network, or for browsers in which nobody signed in yet. Waits double from two seconds; an hour without a failure forgives.
const (
	freePair   = 4  // of an account from a network: everybody mistypes
	freeNet    = 50 // of a network over all accounts: an office behind one address
	freeDevice = 9  // of an account in a browser that knows it
	freeCode   = 4  // of a code of an account, in browsers that do not know it: the password was right, so few strangers get here
	freeOpen   = 30 // of codes without an account from a network
	mostOpen   = time.Minute
	mostPair   = 5 * time.Minute // longest wait
	mostNet    = 10 * time.Second
	mostCode   = 15 * time.Minute
	forget     = time.Hour
)

// passwordCounters are those of a guess of a password.
func passwordCounters(folded string, from From, known bool) []counter {
	if known {
		return []counter{{kind: "device", of: []string{from.Device, folded}, free: freeDevice, most: mostPair}}
	}
	return []counter{
		{kind: "pair", of: []string{folded, from.Net}, free: freePair, most: mostPair},
		{kind: "net", of: []string{from.Net}, free: freeNet, most: mostNet, shared: true},
	}
}

// codeCounters are those of a guess of a code, after the password or in place of it.
func codeCounters(account kernel.ID, from From, known bool) []counter {
	if known {
		return []counter{{kind: "device code", of: []string{from.Device, string(account)}, free: freeCode, most: mostCode}}
	}
	return []counter{{kind: "code", of: []string{string(account)}, free: freeCode, most: mostCode}}
}

// codeOf counts the tries of codes that belong to no account, such as receipts: a network has many free ones, as a library or a school stands
// behind one address, and what was right is taken back.
func codeOf(what, net string) []counter {
	return []counter{{kind: "code of " + what, of: []string{net}, free: freeOpen, most: mostOpen, shared: true}}
}

// TryCode asks whether somebody at a network address may try a code that belongs to no account and counts it as wrong in advance, for all
// processes of the installation together; the error says how long to wait (see Wait). RightCode takes back one that was right.
func (s *Service) TryCode(ctx context.Context, tenant kernel.ID, what, net string) error {
	_, err := s.guess(ctx, tenant, codeOf(what, net))
	return err
}

// RightCode takes back what TryCode counted.
func (s *Service) RightCode(ctx context.Context, tenant kernel.ID, what, net string) error {
	return s.succeeded(ctx, tenant, codeOf(what, net))
}

func (s *Service) mark(tenant kernel.ID, c counter) string {
	return s.Secret.Mark("signin failure", strings.Join(append([]string{string(tenant), c.kind}, c.of...), "\x00"))
}

// guess asks whether a guess may be made now and counts it as failed in advance, so that many at once are not all let through; slowed tells
// that this one used up the last free failure. What it counted is taken back by succeeded.
func (s *Service) guess(ctx context.Context, tenant kernel.ID, counters []counter) (slowed bool, err error) {
	if s.Guesses == nil {
		return false, nil
	}
	now := s.now()
	err = s.DB.Tx(ctx, func(ctx context.Context) error {
		slowed = false
		marks := make([]string, len(counters))
		for i, c := range counters {
			marks[i] = s.mark(tenant, c)
		}
		have, err := s.Guesses.Failures(ctx, tenant, marks)
		if err != nil {
			return err
		}
		wait := time.Duration(0)
		for i, c := range counters {
			wait = max(wait, have[marks[i]].left(c.free, c.most, now))
		}
		if wait > 0 {
			return errWait(wait)
		}
		for i, c := range counters {
			f := have[marks[i]]
			if now.Sub(f.Last.Time) > forget {
				f.N = 0
			}
			f.N++
			f.Last = kernel.InstantOf(now)
			slowed = slowed || !c.shared && f.N == c.free+1
			if err := s.Guesses.SetFailures(ctx, tenant, marks[i], f); err != nil {
				return err
			}
		}
		return nil
	})
	return slowed, err
}

// succeeded takes back what guess counted: a count of one's own is forgiven, a shared one loses the guess that was right.
func (s *Service) succeeded(ctx context.Context, tenant kernel.ID, counters []counter) error {
	if s.Guesses == nil {
		return nil
	}
	return s.DB.Tx(ctx, func(ctx context.Context) error {
		for _, c := range counters {
			mark := s.mark(tenant, c)
			if !c.shared {
				if err := s.Guesses.Forgive(ctx, tenant, mark); err != nil {
					return err
				}
				continue
			}
			have, err := s.Guesses.Failures(ctx, tenant, []string{mark})
			if err != nil {
				return err
			}
			if f := have[mark]; f.N > 0 {
				f.N--
				if err := s.Guesses.SetFailures(ctx, tenant, mark, f); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// left is the rest of a wait that doubles with each failure beyond the free ones.
func (f Failures) left(free int, most time.Duration, now time.Time) time.Duration {
	since := now.Sub(f.Last.Time)
	if f.N <= free || since > forget {
		return 0
	}
	w := most
	if k := f.N - free; k < 12 {
		w = min(most, time.Second<<k)
	}
	return max(0, w-since)
}
