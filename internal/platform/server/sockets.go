// SPDX-License-Identifier: EUPL-1.2

package server

import (
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Sockets are the listeners of the program by name. Some are there before it starts: systemd holds them (socket activation), or the program that
// is being replaced hands them over.
type Sockets struct {
	given map[string]given
	open  map[string]*socket
}

// given is a listener that was there before.
type given struct {
	file *os.File
	addr string // as asked for by the program before; empty from systemd, which decides the address
}

type socket struct {
	net.Listener
	addr string
}

// firstFile is the first descriptor a parent hands over (sd_listen_fds(3)).
const firstFile = 3

// FromSystemd takes the listeners that systemd holds: named by FileDescriptorName=, the first unnamed one is "web".
func FromSystemd() *Sockets {
	s := newSockets()
	pid, n := os.Getenv("LISTEN_PID"), os.Getenv("LISTEN_FDS")
	names := strings.Split(os.Getenv("LISTEN_FDNAMES"), ":")
	for _, v := range []string{"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"} {
		_ = os.Unsetenv(v) // children are not meant
	}
	count, err := strconv.Atoi(n)
	if err != nil || pid != strconv.Itoa(os.Getpid()) {
		return s
	}
	for i := range count {
		name := ""
		if i < len(names) {
			name = names[i]
		}
		if name == "" || name == "unknown" || strings.HasSuffix(name, ".socket") {
			name = "web"
		}
		s.take(name, "", firstFile+i)
	}
	return s
}

func newSockets() *Sockets { return &Sockets{given: map[string]given{}, open: map[string]*socket{}} }

// take keeps a descriptor that was handed over.
func (s *Sockets) take(name, addr string, fd int) {
	f := os.NewFile(uintptr(fd), name)
	if f == nil {
		return
	}
	closeOnExec(f)
	s.given[name] = given{f, addr}
}

// Listen gives the listener of the name: the one that is there already, else a new one. A listener handed over for another address is not used.
func (s *Sockets) Listen(name, addr string) (net.Listener, error) {
	l, err := s.listen(name, addr)
	if err != nil {
		return nil, err
	}
	s.open[name] = &socket{l, addr}
	return l, nil
}

func (s *Sockets) listen(name, addr string) (net.Listener, error) {
	if g, ok := s.given[name]; ok && (g.addr == "" || g.addr == addr) {
		delete(s.given, name)
		l, err := net.FileListener(g.file)
		if err := errors.Join(err, g.file.Close()); err != nil {
			return nil, fmt.Errorf("listener %s: %w", name, err)
		}
		return l, nil
	}
	// A program that was killed may hold the address a moment longer.
	for start := time.Now(); ; time.Sleep(50 * time.Millisecond) {
		l, err := net.Listen("tcp", addr)
		if err == nil || !errors.Is(err, syscall.EADDRINUSE) || time.Since(start) > time.Second {
			return l, err
		}
	}
}

// Unused closes what was handed over and not asked for.
func (s *Sockets) Unused() {
	for name, g := range s.given {
		_ = g.file.Close() // nobody knows it
		delete(s.given, name)
	}
}
