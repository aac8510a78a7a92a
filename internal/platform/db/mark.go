// SPDX-License-Identifier: EUPL-1.2

package db

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"sync"

	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// MarkName is the high-water mark beside the SQLite file: how many commits the file held when the last one returned. SQLite starts happily
// after its -wal file was deleted or an old copy was mounted and then serves fewer rows; the mark notices (reliability.md 0.2). It is
// written after the commit and not synced, so it may lag but never lead, and a power cut raises no false alarm.
const MarkName = "kupferfaden.mark"

type mark struct {
	mu   sync.Mutex
	file *os.File
	path string
	// known is what the file said at open; zero when it said nothing readable.
	known record
	next  record
	// counted is the commit that is being tried; it becomes next when it succeeded.
	counted record
	// changes is SQLite's total_changes() of the writer at the last count; a transaction that changed nothing is not counted.
	changes int64
	warned  bool
}

// record is the content of the mark: the identity of the database and its number of commits.
type record struct {
	id string
	n  int64
}

func (r record) String() string {
	s := fmt.Sprintf("%-26s %020d", r.id, r.n)
	return fmt.Sprintf("%s %08x\n", s, crc32.ChecksumIEEE([]byte(s)))
}

func openMark(dir string) (*mark, error) {
	path := filepath.Join(dir, MarkName)
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, &kernel.Error{Kind: kernel.Unavailable, Key: "db.cannot_open", Params: kernel.Params("file", path), Err: err}
	}
	m := &mark{file: f, path: path, changes: -1}
	b, err := io.ReadAll(io.LimitReader(f, 256))
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", path, err), f.Close())
	}
	var r record
	if _, err := fmt.Sscanf(string(b), "%s %d", &r.id, &r.n); err == nil && r.String() == string(b) {
		m.known = r
	}
	return m, nil
}

// check compares the database with the mark, and gives a new database its identity. The file was read before the database is asked, so a
// commit of another process in between cannot look like a loss.
func (m *mark) check(ctx context.Context, w *sql.DB, where string) error {
	behind := func(r record) error {
		return kernel.E(kernel.Unavailable, "db.behind", "file", where, "mark", m.path, "has", r.n, "expected", m.known.n)
	}
	r, err := readMark(ctx, w)
	if errors.Is(err, sql.ErrNoRows) {
		if m.known.n > 0 {
			return behind(record{})
		}
		r, err = makeMark(ctx, w)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", where, err)
	}
	if m.known.id != "" && (m.known.id != r.id || r.n < m.known.n) {
		return behind(r)
	}
	m.counted = r
	m.write()
	return nil
}

// querier is a connection or a transaction.
type querier interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// readMark returns what the database says of itself, sql.ErrNoRows when it is new.
func readMark(ctx context.Context, c querier) (r record, err error) {
	var there int
	if err := c.QueryRowContext(ctx, `select count(*) from sqlite_master where name = 'database_mark'`).Scan(&there); err != nil {
		return r, err
	}
	if there == 0 {
		return r, sql.ErrNoRows
	}
	return r, c.QueryRowContext(ctx, `select id, n from database_mark`).Scan(&r.id, &r.n)
}

// makeMark gives a new database its identity. It is no migration: PostgreSQL needs no mark, and the mark comes before the first migration.
func makeMark(ctx context.Context, w *sql.DB) (r record, err error) {
	tx, err := w.BeginTx(ctx, nil) // immediate: of two processes that open a new database one makes the mark
	if err != nil {
		return r, err
	}
	defer tx.Rollback() //nolint:errcheck // after the commit there is nothing to undo, before it the error is returned already
	if r, err = readMark(ctx, tx); !errors.Is(err, sql.ErrNoRows) {
		return r, err
	}
	r = record{id: rand.Text()}
	if _, err := tx.ExecContext(ctx, `create table database_mark (one integer primary key check (one = 1), id text not null, n integer not null)`); err != nil {
		return r, err
	}
	if _, err := tx.ExecContext(ctx, `insert into database_mark (one, id, n) values (1, $1, 0)`, r.id); err != nil {
		return r, err
	}
	return r, tx.Commit()
}

// count notes one more commit in the database, inside the transaction, when it changed anything.
func (m *mark) count(ctx context.Context, tx *sql.Tx) error {
	m.counted = m.next
	row := tx.QueryRowContext(ctx, `update database_mark set n = n + 1 where total_changes() <> $1 returning id, n, total_changes()`, m.changes)
	r, changes := record{}, int64(0)
	err := row.Scan(&r.id, &r.n, &changes)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	m.counted, m.changes = r, changes+1 // the update itself is a change, counted after RETURNING is computed
	return nil
}

// write puts the commit that succeeded into the file. A failure is only told: the mark may lag.
func (m *mark) write() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.next = m.counted
	if _, err := m.file.WriteAt([]byte(m.next.String()), 0); err != nil && !m.warned {
		m.warned = true
		slog.Warn("the high-water mark cannot be written; lost commits would go unnoticed", "file", m.path, "error", err)
	}
}

func (m *mark) close() error { return m.file.Close() }
