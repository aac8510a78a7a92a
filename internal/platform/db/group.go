// SPDX-License-Identifier: EUPL-1.2

package db

import (
	"context"
	"database/sql"
	"fmt"
	"sync"
)

// mostGrouped is how many acts one commit carries at most.
const mostGrouped = 128

// group collects short acts of many people so that they share a commit: a write to the disk takes longer than any of them.
type group struct {
	mu      sync.Mutex
	waiting []*grouped
	running bool
}

// grouped is one act that waits for its commit.
type grouped struct {
	ctx      context.Context
	f        func(ctx context.Context) error
	err      error
	panicked any
	done     chan struct{}
}

// TxGrouped is Tx for short acts that a thousand people do at once: to contribute, to vote, to register. On SQLite those that wait for the writer
// are done one after the other in one transaction, each within a savepoint of its own, and acknowledged after their common commit
// (synchronous=FULL holds for each). On PostgreSQL, which groups commits by itself, it is TxReadCommitted: what two of them must not both do is
// guarded by a key of the schema.
func (d *DB) TxGrouped(ctx context.Context, f func(ctx context.Context) error) error {
	if d.engine == PostgreSQL || d.state(ctx) != nil {
		return d.TxReadCommitted(ctx, f)
	}
	g := &grouped{ctx: ctx, f: f, done: make(chan struct{})}
	d.group.mu.Lock()
	d.group.waiting = append(d.group.waiting, g)
	if !d.group.running {
		d.group.running = true
		go d.drainGroup()
	}
	d.group.mu.Unlock()
	<-g.done // even when ctx ends: whoever asked must learn what became of it
	if g.panicked != nil {
		panic(g.panicked)
	}
	return g.err
}

// drainGroup commits what waits until nothing does.
func (d *DB) drainGroup() {
	for {
		d.group.mu.Lock()
		n := min(len(d.group.waiting), mostGrouped)
		list := d.group.waiting[:n:n]
		d.group.waiting = d.group.waiting[n:]
		if n == 0 {
			d.group.waiting, d.group.running = nil, false
			d.group.mu.Unlock()
			return
		}
		d.group.mu.Unlock()
		err := d.transact(context.Background(), sql.LevelSerializable, func(ctx context.Context) error {
			st := d.state(ctx)
			st.plain = &prepared{Conn: st.plain, known: map[string]*sql.Stmt{}}
			st.run = d.traced(st.plain)
			for _, g := range list {
				if err := d.savepoint(ctx, g); err != nil {
					return err
				}
			}
			return nil
		})
		for _, g := range list {
			if err != nil && g.panicked == nil {
				g.err = err
			}
			close(g.done)
		}
	}
}

// savepoint runs one act; what it did is undone when it fails, and the others are not touched.
func (d *DB) savepoint(ctx context.Context, g *grouped) error {
	g.err, g.panicked = nil, nil
	if g.ctx.Err() != nil {
		g.err = g.ctx.Err()
		return nil
	}
	st := d.state(ctx)
	run := func(q string) error {
		if _, err := st.plain.ExecContext(ctx, q); err != nil {
			return fmt.Errorf("db: %s: %w", q, err)
		}
		return nil
	}
	if err := run("savepoint act"); err != nil {
		return err
	}
	after := len(st.after)
	// An interrupted statement would end the transaction of all, so that a reader who went away does not interrupt.
	own := context.WithValue(context.WithoutCancel(g.ctx), txKey{d}, st)
	func() {
		defer func() { g.panicked = recover() }()
		g.err = g.f(own)
	}()
	if g.err == nil {
		g.err = st.failed
	}
	st.failed = nil
	if g.err != nil || g.panicked != nil {
		st.after = st.after[:after]
		g.err = translate(g.err)
		if err := run("rollback to act"); err != nil {
			return err
		}
	}
	return run("release act")
}

// prepared prepares each text of a statement that changes something once for all acts of a transaction, which ends the statements too.
type prepared struct {
	Conn
	known map[string]*sql.Stmt
}

func (p *prepared) ExecContext(ctx context.Context, q string, args ...any) (sql.Result, error) {
	s := p.known[q]
	if s == nil {
		var err error
		if s, err = p.PrepareContext(context.WithoutCancel(ctx), q); err != nil {
			return nil, err
		}
		p.known[q] = s
	}
	return s.ExecContext(ctx, args...)
}
