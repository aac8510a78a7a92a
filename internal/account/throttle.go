// SPDX-License-Identifier: EUPL-1.2

package account

import (
	"sync"
	"time"
)

// throttle slows down guessing. It counts failures per account and address together, so that a stranger who fails on purpose slows only
// himself; and per address over all accounts, so that one machine cannot try one password on everybody. It lives in memory: a restart forgives.
type throttle struct {
	mu    sync.Mutex
	pairs map[string]*failures
	hosts map[string]*failures
	sweep time.Time
}

type failures struct {
	n    int
	last time.Time
}

const (
	freePair   = 4               // failures of a pair without waiting: everybody mistypes
	freeHost   = 50              // failures of an address without waiting: an office behind one address
	mostPair   = 5 * time.Minute // longest wait
	mostHost   = 10 * time.Second
	forgetPair = 30 * time.Minute
	mostKept   = 20000 // entries in memory; beyond, any half goes
)

func pairKey(account, address string) string { return account + "\x00" + address }

// wait tells how long the pair has to wait before its next try.
func (t *throttle) wait(account, address string, now time.Time) time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	w := left(t.pairs[pairKey(account, address)], freePair, mostPair, now)
	return max(w, left(t.hosts[address], freeHost, mostHost, now))
}

// left is the rest of a wait that doubles with each failure beyond the free ones.
func left(f *failures, free int, most time.Duration, now time.Time) time.Duration {
	if f == nil || f.n <= free || now.Sub(f.last) > forgetPair {
		return 0
	}
	w := most
	if k := f.n - free; k < 10 {
		w = min(most, time.Second<<k)
	}
	return max(0, w-now.Sub(f.last))
}

func (t *throttle) fail(account, address string, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.pairs == nil {
		t.pairs, t.hosts = map[string]*failures{}, map[string]*failures{}
	}
	note(t.pairs, pairKey(account, address), now)
	note(t.hosts, address, now)
	if now.Sub(t.sweep) > time.Minute || len(t.pairs) > mostKept {
		t.sweep = now
		forget(t.pairs, now)
		forget(t.hosts, now)
	}
}

func note(m map[string]*failures, key string, now time.Time) {
	f := m[key]
	if f == nil || now.Sub(f.last) > forgetPair {
		f = &failures{}
		m[key] = f
	}
	f.n++
	f.last = now
}

func forget(m map[string]*failures, now time.Time) {
	for key, f := range m {
		if now.Sub(f.last) > forgetPair {
			delete(m, key)
		}
	}
	if len(m) <= mostKept {
		return
	}
	for key := range m {
		if len(m) <= mostKept/2 {
			return
		}
		delete(m, key)
	}
}

// clear forgives a pair after a good sign-in.
func (t *throttle) clear(account, address string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.pairs, pairKey(account, address))
}
