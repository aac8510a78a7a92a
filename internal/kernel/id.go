// SPDX-License-Identifier: EUPL-1.2

// Package kernel holds the few types every capability speaks: identifiers, instants, periods, texts in several languages, and errors that a
// person can act on. It imports only the standard library.
package kernel

import (
	"crypto/rand"
	"database/sql/driver"
	"encoding/hex"
	"fmt"
	"sync/atomic"
	"time"
)

// ID identifies an object inside a tenant: a UUID version 7 made by the program, in the canonical text form, so that it sorts by time of
// making and is the same text on both databases.
type ID string

// NewID makes a UUIDv7 (RFC 9562 5.7): 48 bits of milliseconds, 12 bits of their fraction, the rest random. What this process makes later sorts
// later (6.2, method 3), also when the machine's clock is set back; so lists in the order of their ids are in the order of their making.
func NewID() ID {
	var b [16]byte
	if _, err := rand.Read(b[:]); err != nil {
		panic("kernel: no random source: " + err.Error())
	}
	t := tick()
	for i := range 6 {
		b[i] = byte(t >> (52 - 8*i))
	}
	b[6] = byte(t>>8)&0x0f | 0x70
	b[7] = byte(t)
	b[8] = b[8]&0x3f | 0x80
	h := hex.EncodeToString(b[:])
	return ID(h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:])
}

// latest is the last value of tick.
var latest atomic.Int64

// tick is the time in milliseconds times 4096, and more than every tick before.
func tick() int64 {
	now := time.Now()
	t := now.UnixMilli()<<12 | int64(now.Nanosecond()%1e6)<<12/1e6
	for {
		last := latest.Load()
		t = max(t, last+1)
		if latest.CompareAndSwap(last, t) {
			return t
		}
	}
}

// Value stores null for the empty ID.
func (id ID) Value() (driver.Value, error) {
	if id == "" {
		return nil, nil
	}
	return string(id), nil
}

// Scan reads text or bytes; null becomes the empty ID.
func (id *ID) Scan(src any) error {
	switch v := src.(type) {
	case nil:
		*id = ""
	case string:
		*id = ID(v)
	case []byte:
		*id = ID(v)
	default:
		return fmt.Errorf("id: cannot read %T", src)
	}
	return nil
}

// Ref points at an object of any capability; thread keeps links between such.
type Ref struct {
	Kind string `json:"kind"`
	ID   ID     `json:"id"`
}

// Instant is a point in time in UTC, kept as fixed-width text so that it sorts on SQLite and casts on PostgreSQL.
type Instant struct{ time.Time }

const instantLayout = "2006-01-02T15:04:05.000000Z"

// InstantOf converts t.
func InstantOf(t time.Time) Instant { return Instant{t.UTC().Truncate(time.Microsecond)} }

// String is the stored form.
func (i Instant) String() string {
	if i.IsZero() {
		return ""
	}
	return i.UTC().Format(instantLayout)
}

// Value stores the fixed-width text, null for the zero instant.
func (i Instant) Value() (driver.Value, error) {
	if i.IsZero() {
		return nil, nil
	}
	return i.String(), nil
}

// Scan reads text, bytes or a time.
func (i *Instant) Scan(src any) error {
	switch v := src.(type) {
	case nil:
		*i = Instant{}
		return nil
	case time.Time:
		*i = InstantOf(v)
		return nil
	case []byte:
		return i.parse(string(v))
	case string:
		return i.parse(v)
	}
	return fmt.Errorf("instant: cannot read %T", src)
}

func (i *Instant) parse(s string) error {
	if s == "" {
		*i = Instant{}
		return nil
	}
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		return fmt.Errorf("instant %q: %w", s, err)
	}
	*i = InstantOf(t)
	return nil
}

// ParseID reads the canonical text form from an address; anything else names nothing there is.
func ParseID(s string) (ID, error) {
	if len(s) != 36 {
		return "", E(NotFound, "access.notfound")
	}
	for i, c := range []byte(s) {
		switch {
		case i == 8 || i == 13 || i == 18 || i == 23:
			if c != '-' {
				return "", E(NotFound, "access.notfound")
			}
		case c >= '0' && c <= '9' || c >= 'a' && c <= 'f':
		default:
			return "", E(NotFound, "access.notfound")
		}
	}
	return ID(s), nil
}
