// SPDX-License-Identifier: EUPL-1.2

package main

import (
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// standBack lets an import on the command line leave the processors to a serving program beside it. On Linux each thread has a priority of its own,
// which the threads it starts inherit; where it cannot be set the import runs like everything else.
func standBack() {
	tasks, err := os.ReadDir("/proc/self/task")
	if err != nil {
		return
	}
	for _, t := range tasks {
		if id, err := strconv.Atoi(t.Name()); err == nil {
			_ = unix.Setpriority(unix.PRIO_PROCESS, id, 10)
		}
	}
}
