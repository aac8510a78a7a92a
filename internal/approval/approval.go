// SPDX-License-Identifier: EUPL-1.2

// Package approval is the rule of two people: where the town asks for it, giving roles, publishing and bulk exports wait until a second person,
// who may do the same, agrees.
//
// A request is kept with everything needed to carry it out, for fourteen days. Nobody agrees to what he asked for, nor to what is done to his own
// account. What was agreed to happens in the transaction of the agreement, exactly once and exactly as asked, or not at all when the object has
// changed meanwhile. A file that was agreed to can be fetched by who asked for it for seven days.
package approval

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

const (
	// WaitDays is how long a request waits for its second person.
	WaitDays = 14
	// FetchDays is how long a file that was agreed to can be fetched.
	FetchDays = 7
)

// State is what became of a request.
type State string

// The states.
const (
	Waiting   State = "waiting"
	Approved  State = "approved"
	Rejected  State = "rejected"  // by a second person, with a reason
	Withdrawn State = "withdrawn" // by who asked
	Expired   State = "expired"
	Stale     State = "stale" // agreed to, but no longer possible as asked
)

// Request is one act that waits, or waited, for a second person.
type Request struct {
	ID          kernel.ID
	Kind        access.MatterKind
	Do          access.Action
	What        string
	Object      kernel.Ref
	Title       kernel.Text
	Reason      string
	Args        json.RawMessage
	Digest      string // equal for equal matters
	State       State
	RequestedAt kernel.Instant
	RequestedBy kernel.ID // empty: the person at the command line
	ExpiresAt   kernel.Instant
	DecidedAt   kernel.Instant
	DecidedBy   kernel.ID
	Answer      string // reason of a rejection; key of the error of a stale request
}

// at gives the request as it stands now: one whose time is over is expired, whether or not anybody wrote that down.
func (r Request) at(now time.Time) Request {
	if r.State == Waiting && !now.Before(r.ExpiresAt.Time) {
		r.State = Expired
	}
	return r
}

// digest tells equal matters from others.
func digest(m access.Matter, args []byte) string {
	b, err := json.Marshal([]any{m.Kind, m.Do, m.What, m.Object, json.RawMessage(args)})
	if err != nil {
		panic("approval: " + err.Error()) // cannot happen: strings and valid JSON
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// argsOf writes what the executor needs.
func argsOf(m access.Matter) (json.RawMessage, error) {
	b, err := json.Marshal(m.Args)
	if err != nil {
		return nil, fmt.Errorf("approval: arguments of %s: %w", m.What, err)
	}
	return b, nil
}

// approvedKey finds the agreement a context carries.
type approvedKey struct{}

type agreement struct {
	tenant kernel.ID
	digest string
}

func agreed(ctx context.Context) (agreement, bool) {
	a, ok := ctx.Value(approvedKey{}).(agreement)
	return a, ok
}

// Executor carries out what was agreed to, as the person who asked; args is what the matter's Args were written as. It runs in the transaction of
// the agreement and calls the service again, which asks for the second person again and, now, goes on.
type Executor func(ctx context.Context, by access.Actor, args json.RawMessage) error

// Call makes an executor of a function that takes the arguments as the type they were given in.
func Call[T any](f func(ctx context.Context, by access.Actor, args T) error) Executor {
	return func(ctx context.Context, by access.Actor, raw json.RawMessage) error {
		var args T
		if err := json.Unmarshal(raw, &args); err != nil {
			return fmt.Errorf("approval: %w", err)
		}
		return f(ctx, by, args)
	}
}
