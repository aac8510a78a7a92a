// SPDX-License-Identifier: EUPL-1.2

package server

import (
	"context"
	"net"
	"os"
	"strconv"
	"strings"
	"time"
)

// Notify tells systemd how the program is (sd_notify(3)): "READY=1", "STOPPING=1", "STATUS=…". Without systemd it does nothing.
func Notify(lines ...string) {
	path := os.Getenv("NOTIFY_SOCKET")
	if path == "" {
		return
	}
	if path[0] == '@' { // an abstract socket
		path = "\x00" + path[1:]
	}
	c, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		return // systemd notices the silence
	}
	defer c.Close()
	_, _ = c.Write([]byte(strings.Join(lines, "\n"))) // as above
}

// Watchdog tells systemd twice in its span that the program lives, as long as alive says so; without WATCHDOG_USEC it does nothing. systemd
// restarts a program that falls silent.
func Watchdog(ctx context.Context, alive func(context.Context) bool) {
	usec, err := strconv.ParseInt(os.Getenv("WATCHDOG_USEC"), 10, 64)
	if err != nil || usec <= 0 {
		return
	}
	every := time.Duration(usec) * time.Microsecond / 2
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		probe, cancel := context.WithTimeout(ctx, every)
		if alive(probe) {
			Notify("WATCHDOG=1")
		}
		cancel()
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}
