// SPDX-License-Identifier: EUPL-1.2

//go:build unix

package main

import (
	"fmt"
	"os"
	"syscall"
)

// hangup asks a serving process to replace itself.
var hangup os.Signal = syscall.SIGHUP

// mainPID tells systemd which process the service is from here on.
func mainPID(pid int) string { return fmt.Sprintf("MAINPID=%d", pid) }
