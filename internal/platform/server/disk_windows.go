// SPDX-License-Identifier: EUPL-1.2

package server

import "golang.org/x/sys/windows"

// Disk gives the free and the whole size in bytes of the volume that holds dir; ok is false where that cannot be asked.
func Disk(dir string) (free, size uint64, ok bool) {
	p, err := windows.UTF16PtrFromString(dir)
	if err != nil {
		return 0, 0, false
	}
	err = windows.GetDiskFreeSpaceEx(p, &free, &size, nil)
	return free, size, err == nil && size > 0
}
