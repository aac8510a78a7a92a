// SPDX-License-Identifier: EUPL-1.2

package db

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// UnfinishedName marks a data directory that a restore has begun and not ended: nothing serves from it.
const UnfinishedName = "restore.unfinished"

// unfinished refuses a data directory that is half restored.
func (d *DB) unfinished() error {
	if d.cfg.DataDir == "" || d.cfg.Restoring {
		return nil
	}
	path := filepath.Join(d.cfg.DataDir, UnfinishedName)
	_, err := os.Lstat(path)
	switch {
	case err == nil:
		return kernel.E(kernel.Unavailable, "db.unfinished", "dir", d.cfg.DataDir)
	case errors.Is(err, fs.ErrNotExist):
		return nil
	}
	return fmt.Errorf("%s: %w", path, err)
}
