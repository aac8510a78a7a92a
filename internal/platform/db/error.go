// SPDX-License-Identifier: EUPL-1.2

package db

import (
	"errors"
	"net"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// liteCode returns the extended SQLite result code in err, 0 when there is none.
func liteCode(err error) int {
	var e *sqlite.Error
	if errors.As(err, &e) {
		return e.Code()
	}
	return 0
}

// pgCode returns the SQLSTATE in err, empty when there is none.
func pgCode(err error) string {
	var e *pgconn.PgError
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}

// Duplicate tells whether err is a violated unique or primary key.
func Duplicate(err error) bool {
	c := liteCode(err)
	return c == sqlite3.SQLITE_CONSTRAINT_UNIQUE || c == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY || pgCode(err) == "23505"
}

// Dangling tells whether err is a violated foreign key.
func Dangling(err error) bool {
	return liteCode(err) == sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY || pgCode(err) == "23503"
}

// Unfit tells whether the database refused what a row holds, by any of its rules.
func Unfit(err error) bool {
	c := liteCode(err) & 0xff
	code := pgCode(err)
	return c == sqlite3.SQLITE_CONSTRAINT || c == sqlite3.SQLITE_MISMATCH || len(code) == 5 && (code[:2] == "22" || code[:2] == "23")
}

// malformed tells whether PostgreSQL could not read a text as what a column holds. What the program writes is well formed, so this is an
// identifier somebody typed into an address or a command; SQLite compares it and finds nothing.
func malformed(err error) bool { return pgCode(err) == "22P02" }

// serialization tells whether the database asks for the transaction to be run again.
func serialization(err error) bool {
	c := pgCode(err)
	return c == "40001" || c == "40P01"
}

// busy tells whether another program holds the SQLite file's write lock.
func busy(err error) bool { return liteCode(err)&0xff == sqlite3.SQLITE_BUSY }

// diskFailed tells whether a commit's error means that the disk or the file can no longer be trusted.
func diskFailed(err error) bool {
	switch liteCode(err) & 0xff {
	case sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
		return true
	}
	return false
}

// translate turns what a person can act on into a kernel.Error and leaves the rest, and what is one already, as it is.
func translate(err error) error {
	if err == nil {
		return nil
	}
	var k *kernel.Error
	if errors.As(err, &k) {
		return err
	}
	unavailable := func(key string) error { return &kernel.Error{Kind: kernel.Unavailable, Key: key, Err: err} }
	switch liteCode(err) & 0xff {
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		return unavailable("db.busy")
	case sqlite3.SQLITE_FULL:
		return unavailable("db.full")
	case sqlite3.SQLITE_READONLY:
		return unavailable("db.readonly")
	case sqlite3.SQLITE_CANTOPEN:
		return unavailable("db.cannot_open")
	case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
		return unavailable("db.damaged")
	}
	switch c := pgCode(err); {
	case c == "40001", c == "40P01", c == "55P03":
		return unavailable("db.busy")
	case c == "53100":
		return unavailable("db.full")
	case malformed(err):
		return &kernel.Error{Kind: kernel.NotFound, Key: "access.notfound", Err: err}
	case c == "22021":
		return &kernel.Error{Kind: kernel.Invalid, Key: "db.text", Err: err}
	case c == "25006":
		return unavailable("db.readonly")
	case len(c) == 5 && c[:2] == "28":
		return unavailable("db.denied")
	case c == "3D000":
		return unavailable("db.no_database")
	case len(c) == 5 && (c[:2] == "08" || c[:2] == "57" && c != "57014"), c == "53300":
		return unavailable("db.away")
	}
	var ne *net.OpError // not net.Error, which an error of the file system is too
	var ce *pgconn.ConnectError
	if errors.As(err, &ne) || errors.As(err, &ce) {
		return unavailable("db.away")
	}
	return err
}
