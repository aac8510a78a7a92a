// SPDX-License-Identifier: EUPL-1.2

package contribution

import (
	"context"
	"fmt"
	"sync"

	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// numbers gives public numbers to many people at once: those who wait while one asks the database share the next asking, so that the one row of
// the year is no queue of its own.
type numbers struct {
	mu      sync.Mutex
	waiting map[numberKey]*numberBatch // not asked for yet
	asking  map[numberKey]bool
}

type numberKey struct {
	tenant kernel.ID
	year   int
}

type numberBatch struct {
	n     int
	first int
	err   error
	done  chan struct{}
}

// number gives the next number of the year, "B-2026-00017". Where the act it was for fails it stays unused.
func (s *Service) number(ctx context.Context, tenant kernel.ID, year int) (string, error) {
	if s.Tx.InTx(ctx) { // minutes become contributions in one transaction: what it holds, the batch of others would wait for, and the other way round
		n, err := s.Store.Numbers(ctx, tenant, year, 1)
		return formatNumber(year, n), err
	}
	k := numberKey{tenant, year}
	x := &s.numbers
	x.mu.Lock()
	if x.waiting == nil {
		x.waiting, x.asking = map[numberKey]*numberBatch{}, map[numberKey]bool{}
	}
	b := x.waiting[k]
	if b == nil {
		b = &numberBatch{done: make(chan struct{})}
		x.waiting[k] = b
	}
	place := b.n
	b.n++
	if !x.asking[k] {
		x.asking[k] = true
		go s.reserve(context.WithoutCancel(ctx), k)
	}
	x.mu.Unlock()
	<-b.done
	return formatNumber(year, b.first+place), b.err
}

func formatNumber(year, n int) string { return fmt.Sprintf("B-%04d-%05d", year, n) }

// reserve asks for one batch after the other until nobody waits.
func (s *Service) reserve(ctx context.Context, k numberKey) {
	x := &s.numbers
	for {
		x.mu.Lock()
		b := x.waiting[k]
		delete(x.waiting, k)
		if b == nil {
			delete(x.asking, k)
			x.mu.Unlock()
			return
		}
		x.mu.Unlock()
		b.err = s.Tx.TxGrouped(ctx, func(ctx context.Context) (err error) {
			b.first, err = s.Store.Numbers(ctx, k.tenant, k.year, b.n)
			return err
		})
		close(b.done)
	}
}
