// SPDX-License-Identifier: EUPL-1.2

//go:build unix

package server

import "golang.org/x/sys/unix"

// Disk gives the free and the whole size in bytes of the file system that holds dir; ok is false where that cannot be asked.
func Disk(dir string) (free, size uint64, ok bool) {
	var s unix.Statfs_t
	if err := unix.Statfs(dir, &s); err != nil || s.Blocks == 0 {
		return 0, 0, false
	}
	return s.Bavail * uint64(s.Bsize), s.Blocks * uint64(s.Bsize), true //nolint:unconvert // types differ between systems
}
