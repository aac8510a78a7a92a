// SPDX-License-Identifier: EUPL-1.2

package job

import (
	"testing"

	"golang.org/x/sys/unix"
)

// A job stands back behind the pages, and the threads of the pages keep their priority.
func TestJobsStandBack(t *testing.T) {
	priority := func() int {
		p, err := unix.Getpriority(unix.PRIO_PROCESS, unix.Gettid()) // the system call counts from 20 down
		if err != nil {
			t.Fatal(err)
		}
		return 20 - p
	}
	before := priority()
	inside := make(chan int)
	go func() {
		gently()
		inside <- priority()
	}()
	if got := <-inside; got < niceness || got <= before {
		t.Errorf("the priority of a job is %d, of a page %d", got, before)
	}
	for range 20 {
		done := make(chan int)
		go func() { done <- priority() }()
		if got := <-done; got != before {
			t.Errorf("another goroutine has %d, want %d", got, before)
		}
	}
}
