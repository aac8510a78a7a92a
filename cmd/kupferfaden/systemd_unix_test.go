// SPDX-License-Identifier: EUPL-1.2

//go:build unix

package main

import (
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
)

var httpAddress = regexp.MustCompile(`https?://127\.0\.0\.1:\d+`)

// listener is a socket as systemd would hold it.
func listener(t *testing.T) *net.TCPListener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l.(*net.TCPListener)
}

// manager hears what a service tells systemd.
type manager struct {
	path string
	mu   sync.Mutex
	said []string
}

func notified(t *testing.T) *manager {
	t.Helper()
	dir, err := os.MkdirTemp("", "kf") // the path of a socket must be short
	if err != nil {
		t.Fatal(err)
	}
	m := &manager{path: filepath.Join(dir, "s")}
	c, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: m.path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close(); _ = os.RemoveAll(dir) })
	go func() {
		b := make([]byte, 4096)
		for {
			n, err := c.Read(b)
			if err != nil {
				return
			}
			m.mu.Lock()
			m.said = append(m.said, strings.Split(string(b[:n]), "\n")...)
			m.mu.Unlock()
		}
	}()
	return m
}

func (m *manager) has(line string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, s := range m.said {
		if s == line {
			return true
		}
	}
	return false
}
