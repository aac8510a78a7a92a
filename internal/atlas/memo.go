// SPDX-License-Identifier: EUPL-1.2

package atlas

import (
	"container/list"
	"errors"
	"sync"
)

// errInterrupted is what those get who waited for a computation that panicked.
var errInterrupted = errors.New("atlas: the computation was broken off")

// memoSize is how many results of a kind are kept: enough for every map and period of a few towns, small beside the figures themselves.
const memoSize = 128

// memo keeps what was asked for last and computes each thing once, however many wait for it. Keys carry the stamp of the figures, so that what
// is outdated is never found and falls out by age. The zero value is ready.
type memo[V any] struct {
	mu    sync.Mutex
	items map[string]*list.Element
	order list.List // of *memoItem[V], the last used first
}

type memoItem[V any] struct {
	key   string
	ready chan struct{}
	value V
	err   error
}

// get returns the value for the key, computing it where it is not kept. Errors are told to all who wait and not kept.
func (m *memo[V]) get(key string, compute func() (V, error)) (V, error) {
	m.mu.Lock()
	if e, ok := m.items[key]; ok {
		m.order.MoveToFront(e)
		m.mu.Unlock()
		it := e.Value.(*memoItem[V])
		<-it.ready
		return it.value, it.err
	}
	if m.items == nil {
		m.items = map[string]*list.Element{}
	}
	it := &memoItem[V]{key: key, ready: make(chan struct{}), err: errInterrupted}
	e := m.order.PushFront(it)
	m.items[key] = e
	for m.order.Len() > memoSize {
		last := m.order.Back()
		m.order.Remove(last)
		delete(m.items, last.Value.(*memoItem[V]).key)
	}
	m.mu.Unlock()
	// Deferred, so that whoever waits is released when compute panics.
	defer func() {
		if it.err != nil {
			m.mu.Lock()
			if m.items[key] == e {
				m.order.Remove(e)
				delete(m.items, key)
			}
			m.mu.Unlock()
		}
		close(it.ready)
	}()
	it.value, it.err = compute()
	return it.value, it.err
}
