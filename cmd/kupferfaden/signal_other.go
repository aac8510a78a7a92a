// SPDX-License-Identifier: EUPL-1.2

//go:build !unix

package main

import "os"

// hangup would ask a serving process to replace itself; this system has no such signal.
var hangup os.Signal

func mainPID(int) string { return "" }
