// SPDX-License-Identifier: EUPL-1.2

package trail

import (
	"context"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// Store keeps the chains. traildb implements it.
type Store interface {
	// Next takes the next number of the town's chain for the transaction in ctx and gives it with the hash of the entry before.
	Next(ctx context.Context, tenant kernel.ID) (seq int64, prev string, err error)
	// Add writes an entry with the number that Next gave, and makes it the head.
	Add(ctx context.Context, tenant kernel.ID, e Entry) error
	// Head gives the end of the chain; zero where nothing was ever written.
	Head(ctx context.Context, tenant kernel.ID) (Head, error)
	// After gives entries in the order of the chain from the one after seq, at most n.
	After(ctx context.Context, tenant kernel.ID, seq int64, n int) ([]Entry, error)
	// Find gives the newest entries before a number that a filter chooses, newest first, at most n; before 0: from the end.
	Find(ctx context.Context, tenant kernel.ID, f Filter, before int64, n int) ([]Entry, error)
	// Entry finds one; NotFound "audit.notfound".
	Entry(ctx context.Context, tenant kernel.ID, seq int64) (Entry, error)
	// Cuts lists the places up to which entries were removed, the latest last.
	Cuts(ctx context.Context, tenant kernel.ID) ([]Cut, error)
	// AddCut keeps the hash the rest of the chain hangs on; Remove then removes the entries up to it and tells how many.
	AddCut(ctx context.Context, tenant kernel.ID, c Cut) error
	Remove(ctx context.Context, tenant kernel.ID, upTo int64) (int64, error)
	// People and Whats list whom and what entries name, for filters.
	People(ctx context.Context, tenant kernel.ID) ([]kernel.ID, error)
	Whats(ctx context.Context, tenant kernel.ID) ([]string, error)
}

// Tx runs f in one transaction, joining the one in ctx; platform/db implements it.
type Tx interface {
	Tx(ctx context.Context, f func(ctx context.Context) error) error
	ReadTx(ctx context.Context, f func(ctx context.Context) error) error
}

// Service keeps the trail. It implements access.Trail.
type Service struct {
	Store Store
	Tx    Tx
	// FourEyes asks for a second person before the trail leaves the program; nil: nobody is asked.
	FourEyes access.FourEyes
	Now      func() time.Time
}

// Record writes an act into the chain of the actor's town, in the transaction of ctx.
func (s *Service) Record(ctx context.Context, by access.Actor, act access.Act) error {
	e := Entry{
		At: kernel.InstantOf(s.Now()), Person: by.Person, Roles: rolesOf(by), Do: act.Do, What: act.What, Object: act.Object,
		Reason: plain(act.Reason), Note: clean(act.Note),
	}
	return s.Tx.Tx(ctx, func(ctx context.Context) error {
		seq, prev, err := s.Store.Next(ctx, by.Tenant)
		if err != nil {
			return err
		}
		e.Seq = seq
		e.Hash = e.Seal(by.Tenant, prev)
		return s.Store.Add(ctx, by.Tenant, e)
	})
}

// plain bounds a reason and takes out what a database cannot keep.
func plain(reason string) string {
	const most = 2000
	reason = strings.TrimSpace(strings.ReplaceAll(strings.ToValidUTF8(reason, "?"), "\x00", ""))
	if utf8.RuneCountInString(reason) > most {
		reason = string([]rune(reason)[:most]) + "…"
	}
	return reason
}
