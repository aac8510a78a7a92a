// SPDX-License-Identifier: EUPL-1.2

//go:build !unix

package server

import (
	"context"
	"errors"
	"os"
	"time"
)

// Predecessor is the program that this one replaces: on this system there never is one.
type Predecessor struct{ Claim *os.File }

func closeOnExec(*os.File) {}

// Start begins with nothing.
func Start() (*Sockets, *Predecessor, error) { return newSockets(), nil, nil }

// Ready has nobody to tell.
func (*Predecessor) Ready() {}

// Quiet has nobody to wait for.
func (*Predecessor) Quiet(context.Context) error { return nil }

// Successor is a new program that has been started to replace this one.
type Successor struct {
	PID   int
	Quiet bool
}

// ErrSuccessor says that the new program did not come up.
var ErrSuccessor = errors.New("this system cannot hand over listeners; stop and start instead")

// Replace is not possible here.
func (*Sockets) Replace(context.Context, string, []string, *os.File, time.Duration) (*Successor, error) {
	return nil, ErrSuccessor
}
