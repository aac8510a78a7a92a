// SPDX-License-Identifier: EUPL-1.2

package db

import (
	"errors"
	"os"

	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"golang.org/x/sys/windows"
)

// tryLock takes the lock file at path without waiting; the system gives it back when the process ends, however it ends.
func tryLock(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, &kernel.Error{Kind: kernel.Unavailable, Key: "db.cannot_open", Params: kernel.Params("file", path), Err: err}
	}
	const flags = windows.LOCKFILE_EXCLUSIVE_LOCK | windows.LOCKFILE_FAIL_IMMEDIATELY
	if err := windows.LockFileEx(windows.Handle(f.Fd()), flags, 0, 1, 0, new(windows.Overlapped)); err != nil {
		if errors.Is(err, windows.ERROR_LOCK_VIOLATION) {
			err = errLocked
		}
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}
