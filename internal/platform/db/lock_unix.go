// SPDX-License-Identifier: EUPL-1.2

//go:build unix

package db

import (
	"errors"
	"os"

	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"golang.org/x/sys/unix"
)

// tryLock takes the lock file at path without waiting; the system gives it back when the process ends, however it ends.
func tryLock(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, &kernel.Error{Kind: kernel.Unavailable, Key: "db.cannot_open", Params: kernel.Params("file", path), Err: err}
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		if errors.Is(err, unix.EWOULDBLOCK) {
			err = errLocked
		}
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}
