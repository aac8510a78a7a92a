// SPDX-License-Identifier: EUPL-1.2

// Package db keeps everything the municipality entrusts to the program: one SQLite file in the data directory, or a PostgreSQL server.
//
// Invariants: what was acknowledged is on the disk (SQLite runs with synchronous=FULL, a PostgreSQL that may forget is refused); a database
// that lost commits is noticed at start and not served; after an I/O error of a commit nothing is acknowledged any more. Stores write one
// SQL text for both engines: $n parameters and the common subset of design/stack.md 2.2 (no arrays, no ::cast, no ILIKE, no date_trunc).
package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// FileName is the SQLite database inside the data directory.
const FileName = "kupferfaden.db"

// Conn is what a store needs to run statements: a transaction or the pool of readers.
type Conn interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
	PrepareContext(ctx context.Context, query string) (*sql.Stmt, error)
}

// Config says which database to open.
type Config struct {
	// DataDir is the data directory; it holds the SQLite file and, with either engine, locks and uploaded files.
	DataDir string
	// URL names a PostgreSQL server (postgres://…); empty means SQLite in DataDir.
	URL string
	// Serve claims the SQLite file for a serving process; a second one is refused. Other verbs leave it false and may run beside it.
	Serve bool
	// Claim is the lock of the data directory as the process before hands it over (DB.Claim); nil: it is taken.
	Claim *os.File
	// BusyWait is how long a write waits for another program's write; 30 seconds when zero.
	BusyWait time.Duration
	// OnFatal is called once when a commit failed with an I/O error. When nil the process ends with exit code 1.
	OnFatal func(error)
	// Schema opens the database at this version of the schema instead of the newest, for a restore; AsIs leaves it at the one it has.
	Schema int64
	// AsIs opens the database as it is and migrates nothing, to look at it or to save it.
	AsIs bool
	// Restoring opens a data directory that a restore has begun to fill.
	Restoring bool
	// BeforeMigrate is called before the schema of a filled database is changed; an error leaves it as it is.
	BeforeMigrate func(ctx context.Context, d *DB) error
	// Trace, when set, is told every statement the program runs. Tests use it to prove that each names its tenant.
	Trace func(query string, args []any)
}

// Engine tells the two databases apart for the few places that must know.
type Engine string

// The engines.
const (
	SQLite     Engine = "sqlite"
	PostgreSQL Engine = "postgres"
)

// DB is an open database with its schema up to date.
type DB struct {
	// Touched, when set before the database is used, is called in every transaction that changes what a tenant's pages show.
	Touched func(ctx context.Context, tenant kernel.ID) error

	engine  Engine
	cfg     Config
	writer  *sql.DB
	reader  *sql.DB
	mark    *mark
	claim   *os.File
	release []func() error
	schema  Schema
	fatal   atomic.Pointer[error]
	once    sync.Once
	gate    chan struct{}
	group   group
	closed  bool
}

// Open opens the database, refuses one that could lose or has lost data, and brings the schema up to date.
func Open(ctx context.Context, cfg Config) (*DB, error) {
	if cfg.BusyWait == 0 {
		cfg.BusyWait = 30 * time.Second
	}
	d := &DB{cfg: cfg, gate: make(chan struct{}, 1)}
	err := d.unfinished()
	if err != nil {
		return nil, err
	}
	if cfg.URL != "" {
		err = d.openPostgres(ctx)
	} else {
		err = d.openSQLite(ctx)
	}
	if err == nil {
		err = d.migrate(ctx)
	}
	if err != nil {
		return nil, errors.Join(d.damage(translate(err)), d.Close())
	}
	return d, nil
}

// damage names the file in an error that says it is damaged.
func (d *DB) damage(err error) error {
	var k *kernel.Error
	if d.engine == SQLite && errors.As(err, &k) && k.Key == "db.damaged" {
		return &kernel.Error{Kind: kernel.Unavailable, Key: "db.damaged_file", Params: kernel.Params("file", d.where()), Err: err}
	}
	return err
}

// Engine returns which database this is.
func (d *DB) Engine() Engine { return d.engine }

// Close ends the connections and gives up the locks. Running transactions are rolled back.
func (d *DB) Close() error {
	if d.closed {
		return nil
	}
	d.closed = true // the pools stay, closed: whoever still asks, such as the renewal of a certificate, gets an error
	var errs []error
	if d.reader != nil {
		errs = append(errs, d.reader.Close())
	}
	if d.writer != nil {
		errs = append(errs, d.writer.Close())
	}
	if d.mark != nil {
		errs = append(errs, d.mark.close())
	}
	for _, f := range d.release {
		errs = append(errs, f())
	}
	return errors.Join(errs...)
}

// Stats tells how busy the connections are: those that write and those that read.
func (d *DB) Stats() (writer, reader sql.DBStats) {
	if d.writer != nil {
		writer = d.writer.Stats()
	}
	if d.reader != nil {
		reader = d.reader.Stats()
	}
	return writer, reader
}

// Ping tells whether the database answers; after a failed commit it never does.
func (d *DB) Ping(ctx context.Context) error {
	if err := d.poisoned(); err != nil {
		return err
	}
	return translate(d.reader.PingContext(ctx))
}

// txKey finds the transaction of one database in a context; two databases in one test do not meet.
type txKey struct{ d *DB }

// txState is a running transaction as the context carries it.
type txState struct {
	conn   *sql.Conn
	run    Conn
	plain  Conn // run without the watching of tests
	write  bool
	level  sql.IsolationLevel
	failed error
	after  []func()
}

func (d *DB) state(ctx context.Context) *txState {
	st, _ := ctx.Value(txKey{d}).(*txState)
	return st
}

// Conn returns the transaction that ctx carries, else the pool of readers, on which both engines refuse to write.
func (d *DB) Conn(ctx context.Context) Conn {
	if st := d.state(ctx); st != nil {
		return st.run
	}
	return d.traced(d.reader)
}

// InTx tells whether ctx carries a writing transaction of this database.
func (d *DB) InTx(ctx context.Context) bool {
	st := d.state(ctx)
	return st != nil && st.write
}

// Tx runs f in a serializable transaction that its context carries, and commits when f returns nil. A Tx inside a Tx joins it; if the inner
// one fails, the outer one cannot commit any more. f may run several times when the database asks for a retry (40001, 40P01, SQLITE_BUSY),
// so it must not change anything outside the database except what it sets afresh. The context must not be used by two goroutines at once.
func (d *DB) Tx(ctx context.Context, f func(ctx context.Context) error) error {
	return d.transact(ctx, sql.LevelSerializable, f)
}

// TxReadCommitted is Tx for a few statements of which each is right by itself, such as "update … where state = 'waiting'": PostgreSQL then
// need not prove that nothing was read meanwhile, which many writers on one small table would fail at. On SQLite it is the same as Tx.
func (d *DB) TxReadCommitted(ctx context.Context, f func(ctx context.Context) error) error {
	return d.transact(ctx, sql.LevelReadCommitted, f)
}

func (d *DB) transact(ctx context.Context, level sql.IsolationLevel, f func(ctx context.Context) error) error {
	if st := d.state(ctx); st != nil {
		if !st.write {
			return errors.New("db: a writing transaction was begun inside a reading one")
		}
		err := f(ctx)
		if err != nil && st.failed == nil {
			st.failed = err
		}
		return err
	}
	start := time.Now()
	alone := false
	for try := 1; ; try++ {
		if err := d.poisoned(); err != nil {
			return err
		}
		leave, err := d.enter(ctx, alone)
		if err != nil {
			return err
		}
		st := &txState{write: true, level: level}
		began := time.Now()
		err = d.attempt(ctx, st, f)
		leave()
		if err == nil {
			for _, f := range st.after {
				f()
			}
			return nil
		}
		if ctx.Err() != nil {
			return ended(ctx, err)
		}
		wait := retryAfter(err, try, time.Since(start), d.cfg.BusyWait)
		if wait == 0 {
			return translate(err)
		}
		alone = try > 1 && time.Since(began) < shortTx
		select {
		case <-ctx.Done():
			return ended(ctx, translate(err))
		case <-time.After(wait):
		}
	}
}

// shortTx is how long a transaction may take to be let through the gate alone; a long one would hold up everybody.
const shortTx = time.Second

// enter waits until a writing transaction may begin on PostgreSQL. One that was refused twice, because others changed the row it needs
// first, keeps the gate closed while it runs, so that it meets only those that had begun before: without that, many writers on one row (the
// end of a town's audit trail) could starve one of them until it gave up.
func (d *DB) enter(ctx context.Context, alone bool) (leave func(), err error) {
	if d.engine != PostgreSQL {
		return func() {}, nil // there is one writer, and who comes first is served first
	}
	select {
	case d.gate <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	open := func() { <-d.gate }
	if alone {
		return open, nil
	}
	open()
	return func() {}, nil
}

// ReadTx runs f on one consistent state of the database. Inside a Tx or another ReadTx it joins.
func (d *DB) ReadTx(ctx context.Context, f func(ctx context.Context) error) error {
	if d.state(ctx) != nil {
		return f(ctx)
	}
	if err := d.poisoned(); err != nil {
		return err
	}
	err := d.attempt(ctx, &txState{level: sql.LevelRepeatableRead}, f)
	if err != nil && ctx.Err() != nil {
		return ended(ctx, err)
	}
	return translate(err)
}

// ended says that ctx is over; the drivers then report whatever broke first, often only a closed connection.
func ended(ctx context.Context, err error) error {
	if errors.Is(err, ctx.Err()) {
		return err
	}
	return errors.Join(ctx.Err(), err)
}

// AfterCommit runs f once the transaction in ctx has committed, at once when there is none. f must not fail: what must happen is a job.
func (d *DB) AfterCommit(ctx context.Context, f func()) {
	if st := d.state(ctx); st != nil && st.write {
		st.after = append(st.after, f)
		return
	}
	f()
}

// attempt runs f once in a transaction kept in st.
func (d *DB) attempt(ctx context.Context, st *txState, f func(context.Context) error) (err error) {
	pool := d.reader
	opts := &sql.TxOptions{ReadOnly: true}
	if st.write {
		pool, opts = d.writer, nil // SQLite: begin immediate, by the writer's DSN
	}
	if d.engine == PostgreSQL {
		opts = &sql.TxOptions{Isolation: st.level, ReadOnly: !st.write}
	}
	if st.conn, err = pool.Conn(ctx); err != nil {
		return err
	}
	defer func() {
		if cerr := st.conn.Close(); cerr != nil && !errors.Is(cerr, sql.ErrConnDone) {
			err = errors.Join(err, cerr)
		}
	}()
	tx, err := st.conn.BeginTx(ctx, opts)
	if err != nil {
		return err
	}
	defer func() {
		if p := recover(); p != nil {
			_ = tx.Rollback() // the panic is what the caller must see
			panic(p)
		}
	}()
	st.plain, st.run = tx, d.traced(tx)
	err = f(context.WithValue(ctx, txKey{d}, st))
	if err == nil {
		err = st.failed
	}
	if err == nil && st.write && d.mark != nil {
		err = d.mark.count(ctx, tx)
	}
	if err != nil {
		if rerr := tx.Rollback(); rerr != nil && !errors.Is(rerr, sql.ErrTxDone) {
			err = errors.Join(err, fmt.Errorf("db: rollback: %w", rerr))
		}
		return err
	}
	if err := tx.Commit(); err != nil {
		if st.write {
			d.commitFailed(err)
		}
		return err
	}
	if st.write && d.mark != nil {
		d.mark.write()
	}
	return nil
}

// commitFailed stops everything when the disk failed under a commit: later acknowledgements could not be trusted (reliability.md 0.4).
func (d *DB) commitFailed(err error) {
	if !diskFailed(err) {
		return
	}
	d.once.Do(func() {
		stop := error(kernel.E(kernel.Unavailable, "db.disk_failed", "file", d.where()))
		d.fatal.Store(&stop)
		slog.Error("a commit failed with an I/O error; nothing is acknowledged from here on", "database", d.where(), "error", err)
		if d.cfg.OnFatal != nil {
			d.cfg.OnFatal(err)
			return
		}
		os.Exit(1)
	})
}

func (d *DB) poisoned() error {
	if p := d.fatal.Load(); p != nil {
		return *p
	}
	return nil
}

// where names the database for a message, without credentials.
func (d *DB) where() string {
	if d.engine == PostgreSQL {
		return "PostgreSQL"
	}
	return d.cfg.DataDir + string(os.PathSeparator) + FileName
}

// retryAfter returns how long to wait before running a transaction again, 0 when it must not.
func retryAfter(err error, try int, spent, busyWait time.Duration) time.Duration {
	switch {
	case serialization(err) && (try < 12 || spent < busyWait):
	case busy(err) && spent < busyWait:
	default:
		return 0
	}
	most := 5 * time.Millisecond << min(try, 7)
	return most/2 + rand.N(most/2)
}

// traced wraps c so that Config.Trace sees its statements.
func (d *DB) traced(c Conn) Conn {
	if d.cfg.Trace == nil {
		return c
	}
	return tracer{c, d.cfg.Trace}
}

type tracer struct {
	Conn
	told func(string, []any)
}

func (t tracer) ExecContext(ctx context.Context, q string, args ...any) (sql.Result, error) {
	t.told(q, args)
	return t.Conn.ExecContext(ctx, q, args...)
}

func (t tracer) QueryContext(ctx context.Context, q string, args ...any) (*sql.Rows, error) {
	t.told(q, args)
	return t.Conn.QueryContext(ctx, q, args...)
}

func (t tracer) QueryRowContext(ctx context.Context, q string, args ...any) *sql.Row {
	t.told(q, args)
	return t.Conn.QueryRowContext(ctx, q, args...)
}

func (t tracer) PrepareContext(ctx context.Context, q string) (*sql.Stmt, error) {
	t.told(q, nil)
	return t.Conn.PrepareContext(ctx, q)
}

// IsPostgres tells whether a database address means PostgreSQL.
func IsPostgres(url string) bool {
	return strings.HasPrefix(url, "postgres://") || strings.HasPrefix(url, "postgresql://")
}
