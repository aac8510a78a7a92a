// SPDX-License-Identifier: EUPL-1.2

package backup

import (
	"io/fs"
	"path/filepath"
)

// Size adds up the files below dir; what cannot be read counts nothing.
func Size(dir string) (bytes int64) {
	_ = filepath.WalkDir(dir, func(_ string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return nil //nolint:nilerr // an estimate
		}
		if i, err := e.Info(); err == nil {
			bytes += i.Size()
		}
		return nil
	})
	return bytes
}
