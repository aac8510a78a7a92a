// SPDX-License-Identifier: EUPL-1.2

package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// servingName is the file in the data directory that says which process serves.
const servingName = "serve.json"

// serving is its content.
type serving struct {
	PID     int       `json:"pid"`
	Since   time.Time `json:"since"`
	Version string    `json:"version"`
	// Refused says why the last restart did not happen, and when.
	Refused   string    `json:"refused,omitempty"`
	RefusedAt time.Time `json:"refused_at,omitzero"`
}

// note writes that this process serves, and why a restart was refused.
func (s *site) note(refused error) error {
	v, _ := built()
	n := serving{PID: os.Getpid(), Since: s.since(), Version: v}
	if refused != nil {
		n.Refused, n.RefusedAt = refused.Error(), time.Now().UTC()
	}
	b, err := json.MarshalIndent(n, "", "  ")
	if err != nil {
		return err
	}
	path := filepath.Join(s.a.DataDir, servingName)
	tmp := fmt.Sprintf("%s.%d", path, os.Getpid())
	if err := os.WriteFile(tmp, append(b, '\n'), 0o640); err != nil {
		return err
	}
	return os.Rename(tmp, path)
}

// forget removes what note wrote, unless another process serves by now.
func (s *site) forget() {
	path := filepath.Join(s.a.DataDir, servingName)
	if n, err := readServing(path); err == nil && n.PID == os.Getpid() {
		_ = os.Remove(path) // what is left names a process that does not serve, which restart notices
	}
}

func (s *site) since() time.Time {
	if s.started.IsZero() {
		s.started = time.Now().UTC().Truncate(time.Second)
	}
	return s.started
}

// RestartCmd replaces the serving program without losing a request.
type RestartCmd struct {
	Data string        `help:"Data directory of the serving process." env:"KUPFERFADEN_DATA" placeholder:"DIR" default:"kupferfaden-data"`
	PID  int           `name:"pid" help:"The process, where several use one data directory." placeholder:"N"`
	Wait time.Duration `help:"How long to wait until the new program serves." default:"3m"`
}

// Run tells the process to replace itself and waits until the new one serves.
func (c *RestartCmd) Run(e *Env) error {
	if hangup == nil {
		return kernel.E(kernel.Unavailable, "cli.restart.system")
	}
	path := filepath.Join(c.Data, servingName)
	before, err := readServing(path)
	if err != nil {
		return err
	}
	pid := before.PID
	if c.PID != 0 {
		pid = c.PID
	}
	p, err := os.FindProcess(pid)
	if err == nil && !serves(pid) {
		err = fmt.Errorf("process %d does not serve", pid)
	}
	if err == nil {
		err = p.Signal(hangup)
	}
	if err != nil {
		return &kernel.Error{Kind: kernel.NotFound, Key: "cli.restart.none", Params: kernel.Params("file", path), Err: err}
	}
	asked := time.Now()
	for time.Since(asked) < c.Wait {
		select {
		case <-e.Ctx.Done():
			return e.Ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
		now, err := readServing(path)
		switch {
		case err != nil: // the old one has ended, the new one changes the schema of the database before it serves
		case now.Refused != "" && !now.RefusedAt.Equal(before.RefusedAt):
			return kernel.E(kernel.Unavailable, "cli.restart.refused", "detail", now.Refused)
		case now.PID != pid && now.PID != before.PID:
			e.say("cli.restart.done", "pid", fmt.Sprint(now.PID), "version", now.Version)
			return nil
		}
	}
	return kernel.E(kernel.Unavailable, "cli.restart.slow", "file", path)
}

// serves tells whether a process is one of ours as far as that can be seen, so that a number used again by another program is left alone.
func serves(pid int) bool {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	return err != nil || bytes.Contains(b, []byte("\x00serve")) || bytes.Contains(b, []byte("\x00demo"))
}

func readServing(path string) (s serving, err error) {
	b, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(b, &s)
	}
	if err == nil && s.PID <= 0 {
		err = errors.New("no process in it")
	}
	if err != nil {
		return s, &kernel.Error{Kind: kernel.NotFound, Key: "cli.restart.none", Params: kernel.Params("file", path), Err: err}
	}
	return s, nil
}
