// SPDX-License-Identifier: EUPL-1.2

package job

import (
	"runtime"

	"golang.org/x/sys/unix"
)

// niceness is how much a job stands back behind the pages: about a tenth of a processor where both want it, all of it where nobody else does.
const niceness = 10

// gently lets the goroutine that calls it stand back for the rest of its life: it gets a thread of its own, of lower priority, which ends with it.
// Where the system does not allow that the job runs like everything else.
func gently() {
	runtime.LockOSThread() // never unlocked: the thread must not be used again by a page
	_ = unix.Setpriority(unix.PRIO_PROCESS, unix.Gettid(), niceness)
}
