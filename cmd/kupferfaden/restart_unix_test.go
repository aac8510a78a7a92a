// SPDX-License-Identifier: EUPL-1.2

//go:build unix

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/pressly/goose/v3"

	"github.com/kupferfaden/kupferfaden/internal/platform/db"
	"github.com/kupferfaden/kupferfaden/internal/platform/db/dbtest"
)

// process is a program that serves, and those that take its place.
type process struct {
	t    *testing.T
	dir  string
	base string
	log  string
	cmd  *exec.Cmd
}

const (
	testMail     = "planung@stadt.example"
	testPassword = "kupfer-faden-probe-17"
)

// serving starts the program on the town's data and waits until it answers. Its log is a file, because successors inherit it.
func (w town) serving(args ...string) *process {
	w.t.Helper()
	log := filepath.Join(w.t.TempDir(), "serve.log")
	f, err := os.Create(log)
	if err != nil {
		w.t.Fatal(err)
	}
	defer f.Close()
	c := w.program(append([]string{"serve", "--listen", "127.0.0.1:0"}, args...)...)
	c.Stderr = f
	if err := c.Start(); err != nil {
		w.t.Fatal(err)
	}
	p := &process{t: w.t, dir: w.dir, log: log, cmd: c}
	w.t.Cleanup(p.stop)
	within(w.t, "an address in the log", func() bool {
		b, err := os.ReadFile(log)
		if err != nil {
			w.t.Fatal(err)
		}
		p.base = httpAddress.FindString(string(b))
		return p.base != ""
	})
	return p
}

// within waits until something holds, and fails when it does not for long.
func within(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for start := time.Now(); !holds(); time.Sleep(20 * time.Millisecond) {
		if time.Since(start) > time.Minute {
			t.Fatalf("waited a minute for %s", what)
		}
	}
}

// pid is the process that serves now.
func (p *process) pid() int {
	s, err := readServing(filepath.Join(p.dir, servingName))
	if err != nil {
		p.t.Fatal(err)
	}
	return s.PID
}

// stop ends whatever serves.
func (p *process) stop() {
	if s, err := readServing(filepath.Join(p.dir, servingName)); err == nil && s.PID != p.cmd.Process.Pid {
		_ = syscall.Kill(s.PID, syscall.SIGTERM) // it may have ended
		within(p.t, "the successor's end", func() bool { return errors.Is(syscall.Kill(s.PID, 0), syscall.ESRCH) || zombie(s.PID) })
	}
	_ = p.cmd.Process.Signal(syscall.SIGTERM) // as above
	_ = p.cmd.Wait()                          // the exit code is checked where it matters
	if p.t.Failed() {
		b, _ := os.ReadFile(p.log)
		p.t.Logf("the end of the log:\n%s", b[max(0, len(b)-3000):])
	}
}

// zombie tells a process that has ended and that nobody has asked about yet, as in a container without an init.
func zombie(pid int) bool {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err == nil && strings.Contains(string(b), ") Z ")
}

// restart replaces the program as an operator does.
func (p *process) restart() (code int, errs string) {
	p.t.Helper()
	code, _, errs = called(p.t, "restart", "--data", p.dir)
	return code, errs
}

// account adds a planner to the town.
func (w town) account() {
	w.t.Helper()
	args := []string{"user", "add", testMail, "--role", "planner,admin", "--password-stdin", "--data", w.dir, "--database", w.url}
	if w.tenant != "" {
		args = append(args, "--tenant", w.tenant)
	}
	if code := run(args, strings.NewReader(testPassword+"\n"), io.Discard, os.Stderr); code != exitDone {
		w.t.Fatalf("user add: exit %d", code)
	}
}

// planner signs in; connections are kept or fresh.
func (p *process) planner(fresh bool) *http.Client {
	p.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		p.t.Fatal(err)
	}
	c := &http.Client{
		Jar: jar, Transport: &http.Transport{DisableKeepAlives: fresh, MaxIdleConnsPerHost: 4}, Timeout: time.Minute,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	p.t.Cleanup(c.CloseIdleConnections)
	r, err := c.PostForm(p.base+"/anmelden", url.Values{"email": {testMail}, "password": {testPassword}})
	if err != nil {
		p.t.Fatal(err)
	}
	r.Body.Close()
	if r.StatusCode != http.StatusSeeOther {
		p.t.Fatalf("signing in: %s", r.Status)
	}
	return c
}

// report writes something a planner would: an empty report of the key.
func (p *process) report(ctx context.Context, c *http.Client, key string) error {
	form := url.Values{"from": {"empty"}, "key": {key}, "title": {"Bericht " + key}, "language": {"de"}, "areas": {"ot/2024"}, "period": {"2024"}}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, p.base+"/arbeit/berichte", strings.NewReader(form.Encode()))
	if err != nil {
		return err
	}
	r.GetBody = nil // as a browser: a form is not sent twice
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	a, err := c.Do(r)
	if err != nil {
		return err
	}
	defer a.Body.Close()
	b, err := io.ReadAll(a.Body)
	if err == nil && a.StatusCode != http.StatusSeeOther {
		err = fmt.Errorf("report %s: %s\n%s", key, a.Status, b)
	}
	return err
}

// page reads a page.
func (p *process) page(c *http.Client, path string) error {
	a, err := c.Get(p.base + path)
	if err != nil {
		return err
	}
	defer a.Body.Close()
	if _, err = io.Copy(io.Discard, a.Body); err == nil && a.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", path, a.Status)
	}
	return err
}

// TestRestartLosesNothing: readers and writers, on connections that are kept and on fresh ones, notice nothing of restarts one after the other,
// and everything that was acknowledged is there afterwards.
func TestRestartLosesNothing(t *testing.T) {
	t.Setenv("KUPFERFADEN_LANG", "en")
	t.Run("sqlite", func(t *testing.T) { restarts(t, settle(town{t: t, dir: t.TempDir()})) })
	t.Run("postgres", func(t *testing.T) {
		restarts(t, settle(town{t: t, dir: t.TempDir(), url: dbtest.PostgresURL(t)}))
	})
}

func restarts(t *testing.T, w town) {
	w.account()
	p := w.serving()
	first := p.cmd.Process.Pid
	ctx, end := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	var reads, writes, failures atomic.Int64
	var mu sync.Mutex
	var acknowledged []string
	failed := func(err error) {
		if ctx.Err() == nil && failures.Add(1) < 5 {
			t.Error(err)
		}
	}
	for i := range 4 {
		c := p.planner(i%2 == 0)
		wg.Go(func() {
			for n := 0; ctx.Err() == nil; n++ {
				key := fmt.Sprintf("b%d-%d", i, n)
				if err := p.report(context.WithoutCancel(ctx), c, key); err != nil {
					failed(err)
					continue
				}
				writes.Add(1)
				mu.Lock()
				acknowledged = append(acknowledged, key)
				mu.Unlock()
			}
		})
	}
	for i := range 4 {
		c := &http.Client{Transport: &http.Transport{DisableKeepAlives: i%2 == 0}, Timeout: time.Minute}
		defer c.CloseIdleConnections()
		wg.Go(func() {
			for ctx.Err() == nil {
				for _, path := range []string{"/", "/raeume", "/healthz"} {
					if err := p.page(c, path); err != nil {
						failed(err)
						continue
					}
					reads.Add(1)
				}
			}
		})
	}
	pids := map[int]bool{first: true}
	for range 4 {
		time.Sleep(300 * time.Millisecond)
		if code, errs := p.restart(); code != exitDone {
			t.Fatalf("restart: exit %d %s", code, errs)
		}
		pids[p.pid()] = true
	}
	time.Sleep(300 * time.Millisecond)
	end()
	wg.Wait()
	if len(pids) != 5 {
		t.Errorf("%d processes served, want 5", len(pids))
	}
	t.Logf("%d pages read, %d reports written, %d failures in 4 restarts", reads.Load(), writes.Load(), failures.Load())
	if reads.Load() < 100 || writes.Load() < 40 {
		t.Error("too little happened to say anything")
	}
	c := p.planner(false)
	for _, key := range acknowledged {
		if err := p.page(c, "/arbeit/berichte/"+key); err != nil {
			t.Errorf("acknowledged and lost: %v", err)
		}
	}
	if p.cmd.ProcessState == nil {
		if err := p.cmd.Wait(); err != nil {
			t.Errorf("the first program ended with %v", err)
		}
	}
}

// TestRestartWithAChangeOfTheSchema: the old program ends before the new one changes the embedded database, and readers and writers wait instead of
// being refused.
func TestRestartWithAChangeOfTheSchema(t *testing.T) {
	t.Setenv("KUPFERFADEN_LANG", "en")
	w := settle(town{t: t, dir: t.TempDir()})
	w.account()
	p := w.serving()
	c := p.planner(true)
	// As if the newest migration had come with the new program: nothing of it is there yet.
	w.rewind("00024_gather", "alter table event_registration drop column heads; alter table event_registration drop column companions; "+
		"alter table event_registration drop column came; alter table event_registration drop column passed_at")
	ctx, end := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	var reads, writes atomic.Int64
	reader := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: time.Minute}
	for range 2 {
		wg.Go(func() {
			for ctx.Err() == nil {
				if err := p.page(reader, "/raeume"); err != nil {
					t.Error(err)
					return
				}
				reads.Add(1)
			}
		})
	}
	wg.Go(func() {
		for n := 0; ctx.Err() == nil; n++ {
			if err := p.report(context.WithoutCancel(ctx), c, fmt.Sprintf("s%d", n)); err != nil {
				t.Error(err)
				return
			}
			writes.Add(1)
		}
	})
	time.Sleep(200 * time.Millisecond)
	if code, errs := p.restart(); code != exitDone {
		t.Fatalf("restart: exit %d %s", code, errs)
	}
	was := reads.Load()
	within(t, "answers of the new program", func() bool { return reads.Load() > was+5 })
	end()
	wg.Wait()
	log, err := os.ReadFile(p.log)
	if err != nil || !strings.Contains(string(log), "alone=true") {
		t.Errorf("the old program did not make room: %v", err)
	}
	t.Logf("%d pages read, %d reports written", reads.Load(), writes.Load())
	for n := range writes.Load() {
		if err := p.page(c, fmt.Sprintf("/arbeit/berichte/s%d", n)); err != nil {
			t.Errorf("acknowledged and lost: %v", err)
		}
	}
}

// rewind takes a migration back, with the statement that undoes it.
func (w town) rewind(name, undo string) {
	w.t.Helper()
	d, err := db.Open(w.t.Context(), db.Config{DataDir: w.dir, AsIs: true})
	if err != nil {
		w.t.Fatal(err)
	}
	defer d.Close()
	version, err := goose.NumericComponent(name + ".sql")
	if err != nil {
		w.t.Fatal(err)
	}
	err = d.Tx(w.t.Context(), func(ctx context.Context) error {
		_, err := d.Conn(ctx).ExecContext(ctx, undo)
		if err == nil {
			_, err = d.Conn(ctx).ExecContext(ctx, `delete from schema_version where version_id = $1`, version)
		}
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

// TestRestartThatFails: a program that cannot start leaves the old one serving, and the operator is told why.
func TestRestartThatFails(t *testing.T) {
	t.Setenv("KUPFERFADEN_LANG", "en")
	w := settle(town{t: t, dir: t.TempDir()})
	path := settingsIn(t, `proxy = ["10.0.0.0/8"]`)
	p := w.serving("--config", path)
	if err := os.WriteFile(path, []byte(`proxy = "nonsense"`), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, errs := p.restart(); code != exitRefused || !strings.Contains(errs, "the old program goes on") {
		t.Fatalf("exit %d: %s", code, errs)
	}
	if err := p.page(http.DefaultClient, "/"); err != nil {
		t.Error(err)
	}
	if p.pid() != p.cmd.Process.Pid {
		t.Error("another process serves")
	}
	log, err := os.ReadFile(p.log)
	if err != nil || !strings.Contains(string(log), "“proxy” needs a list") {
		t.Errorf("the log does not say why: %v %s", err, log)
	}
	if err := os.WriteFile(path, []byte(`proxy = []`), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, errs := p.restart(); code != exitDone {
		t.Fatalf("with the mistake mended: exit %d %s", code, errs)
	}
}

// TestClaimThroughRestart: another program is refused the data directory before, during and after a restart.
func TestClaimThroughRestart(t *testing.T) {
	t.Setenv("KUPFERFADEN_LANG", "en")
	w := settle(town{t: t, dir: t.TempDir()})
	p := w.serving()
	second := func(when string) {
		t.Helper()
		if code, errs := ended(t, w.program("serve", "--listen", "127.0.0.1:0")); code != exitRefused || !strings.Contains(errs, w.dir) {
			t.Errorf("%s: exit %d %s", when, code, errs)
		}
	}
	second("before")
	done := make(chan int, 1)
	go func() {
		code, _ := p.restart()
		done <- code
	}()
	for {
		select {
		case code := <-done:
			if code != exitDone {
				t.Fatalf("restart: exit %d", code)
			}
			second("after")
			return
		default:
			second("during")
		}
	}
}

// TestSlowRequestsSurvive: a long upload that began before a restart is finished, and one that takes longer than the limit is cut off.
func TestSlowRequestsSurvive(t *testing.T) {
	t.Setenv("KUPFERFADEN_LANG", "en")
	w := settle(town{t: t, dir: t.TempDir()})
	w.account()
	p := w.serving("--limit-drain", "20s")
	c := p.planner(false)
	form := url.Values{"from": {"empty"}, "key": {"langsam"}, "title": {"Langsam"}, "language": {"de"}, "areas": {"ot/2024"}, "period": {"2024"}}.Encode()
	read, write := io.Pipe()
	r, err := http.NewRequest(http.MethodPost, p.base+"/arbeit/berichte", read)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.ContentLength = int64(len(form))
	status := make(chan string, 1)
	go func() {
		a, err := c.Do(r)
		if err != nil {
			status <- err.Error()
			return
		}
		a.Body.Close()
		status <- a.Status
	}()
	if _, err := write.Write([]byte(form[:10])); err != nil {
		t.Fatal(err)
	}
	if code, errs := p.restart(); code != exitDone {
		t.Fatalf("restart: exit %d %s", code, errs)
	}
	if _, err := write.Write([]byte(form[10:])); err != nil {
		t.Fatal(err)
	}
	if got := <-status; got != "303 See Other" {
		t.Errorf("the upload that began before the restart: %s", got)
	}
	if err := p.page(p.planner(false), "/arbeit/berichte/langsam"); err != nil {
		t.Error(err)
	}
}

// TestSocketActivation: systemd holds the socket, so that connections wait while the program is stopped and started.
func TestSocketActivation(t *testing.T) {
	t.Setenv("KUPFERFADEN_LANG", "en")
	w := settle(town{t: t, dir: t.TempDir()})
	l := listener(t)
	notify := notified(t)
	start := func() *exec.Cmd {
		// systemd names the process in LISTEN_PID, which only a process that becomes the program knows.
		c := w.program("serve", "--listen", "127.0.0.1:1")
		sh := exec.Command("/bin/sh", "-c", `export LISTEN_PID=$$; exec -a kupferfaden "$0" "$@"`, c.Path)
		if _, err := exec.LookPath("bash"); err != nil {
			t.Skip("skipped: needs bash to name the process")
		}
		sh.Path, _ = exec.LookPath("bash")
		sh.Args = append(sh.Args, c.Args[1:]...)
		f, err := l.File()
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		sh.ExtraFiles = []*os.File{f}
		sh.Env = append(os.Environ(), "LISTEN_FDS=1", "LISTEN_FDNAMES=web", "NOTIFY_SOCKET="+notify.path, "WATCHDOG_USEC=200000")
		sh.Stderr = os.Stderr
		if err := sh.Start(); err != nil {
			t.Fatal(err)
		}
		return sh
	}
	base := "http://" + l.Addr().String()
	p := &process{t: t, base: base}
	c := start()
	within(t, "READY=1", func() bool { return notify.has("READY=1") })
	within(t, "WATCHDOG=1", func() bool { return notify.has("WATCHDOG=1") })
	fresh := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: time.Minute}
	ctx, end := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	var n atomic.Int64
	for range 3 {
		wg.Go(func() {
			for ctx.Err() == nil {
				if err := p.page(fresh, "/"); err != nil {
					t.Error(err)
					return
				}
				n.Add(1)
			}
		})
	}
	for range 2 {
		time.Sleep(200 * time.Millisecond)
		if err := c.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		if err := c.Wait(); err != nil {
			t.Error(err)
		}
		c = start()
	}
	was := n.Load()
	within(t, "answers after the last start", func() bool { return n.Load() > was+3 })
	end()
	wg.Wait()
	if !notify.has("STOPPING=1") {
		t.Error("systemd was not told of the stop")
	}
	if err := c.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := c.Wait(); err != nil {
		t.Error(err)
	}
}
