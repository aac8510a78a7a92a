// SPDX-License-Identifier: EUPL-1.2

package actor

import (
	"context"

	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// Verdict is what staff decided on a proposal to share.
type Verdict struct {
	Key    string
	State  string // VerdictAccepted or VerdictDismissed
	Reason string
	By     kernel.ID
	At     kernel.Instant
}

// What staff can decide on a proposal.
const (
	VerdictAccepted  = "accepted"
	VerdictDismissed = "dismissed"
)

type poolingStore interface {
	Verdicts(ctx context.Context, tenant kernel.ID) ([]Verdict, error)
	PutVerdict(ctx context.Context, tenant kernel.ID, v Verdict) error
}
