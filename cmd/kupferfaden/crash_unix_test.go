// SPDX-License-Identifier: EUPL-1.2

//go:build unix

package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"mime/multipart"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/account"
	"github.com/kupferfaden/kupferfaden/internal/app"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/platform/db"
	"github.com/kupferfaden/kupferfaden/internal/platform/db/dbtest"
)

// uploadPage takes a file of figures: it is kept in the store of files and waits as a row.
const uploadPage = "/arbeit/lieferungen/neu"

const officer, officerWord = "plan@stadt.example", "kupfer und faden"

// served is a real server on real data that may be killed, with what clients were told by it.
type crashed struct {
	t    *testing.T
	cfg  app.Config
	base string
	cmd  *exec.Cmd
	gone chan error // told when a program of tryStart has ended, which alone waits for it; nil: kill waits
	errs *bytes.Buffer
	// limit is a shell command before the server, such as ulimit.
	limit string

	mu    sync.Mutex
	sent  map[string]bool
	acked map[string]bool
	other map[int]int // answers that acknowledge nothing, by status
}

func newCrashed(t *testing.T, cfg app.Config) *crashed {
	t.Helper()
	cfg.Log = slog.New(slog.DiscardHandler)
	a, err := app.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	town, err := a.Init(t.Context(), "default", kernel.T("Teststadt", "Test town"), true)
	if err == nil {
		_, _, err = a.Accounts.Add(t.Context(), a.Operator(town), account.New{Email: officer, Name: "Planung", Roles: []access.Role{access.Planner}, Password: officerWord})
	}
	if err := errors.Join(err, a.Close()); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	return &crashed{t: t, cfg: cfg, base: "http://" + address, sent: map[string]bool{}, acked: map[string]bool{}, other: map[int]int{}}
}

// start starts the server and waits until it is ready.
func (c *crashed) start() time.Duration {
	c.t.Helper()
	exe, err := os.Executable()
	if err != nil {
		c.t.Fatal(err)
	}
	args := []string{"serve", "--data", c.cfg.DataDir, "--database", c.cfg.Database, "--listen", strings.TrimPrefix(c.base, "http://"), "--backup-at", ""}
	c.cmd = exec.Command(exe, args...)
	c.cmd.Args[0] = "kupferfaden"
	if c.limit != "" {
		link := filepath.Join(c.t.TempDir(), "kupferfaden")
		if err := os.Symlink(exe, link); err != nil {
			c.t.Fatal(err)
		}
		c.cmd = exec.Command("sh", append([]string{"-c", c.limit + `; exec "$@"`, "sh", link}, args...)...)
	}
	c.errs = &bytes.Buffer{}
	c.cmd.Stderr = c.errs
	c.cmd.WaitDelay = 5 * time.Second
	begun := time.Now()
	if err := c.cmd.Start(); err != nil {
		c.t.Fatal(err)
	}
	for time.Since(begun) < time.Minute {
		if r, err := http.Get(c.base + "/readyz"); err == nil {
			_ = r.Body.Close()
			if r.StatusCode == http.StatusOK {
				return time.Since(begun)
			}
		}
		time.Sleep(5 * time.Millisecond)
	}
	c.kill()
	c.t.Fatalf("not ready after a minute: %s", c.errs)
	return 0
}

func (c *crashed) kill() {
	if c.cmd != nil {
		_ = c.cmd.Process.Kill()
		if c.gone != nil {
			<-c.gone
		} else {
			_ = c.cmd.Wait() // it was killed
		}
		c.cmd, c.gone = nil, nil
	}
}

// drill is a script that stands in for pulling the plug: setup FS DIR MB, cut DIR, recover DIR, clean DIR. It is run by hand, with
// KUPFERFADEN_POWER_CUT naming it; see docs/betrieb/ausfall.md.
type drill struct {
	t           *testing.T
	script, dir string
}

// newDrill makes a disk whose unsynced writes a cut forgets; nil where no script is named.
func newDrill(t *testing.T) *drill {
	t.Helper()
	script := os.Getenv("KUPFERFADEN_POWER_CUT")
	if script == "" {
		return nil
	}
	d := &drill{t, script, filepath.Join(t.TempDir(), "disk")}
	d.run("setup", "ext4", d.dir, "900")
	t.Cleanup(func() { d.run("clean", d.dir) })
	return d
}

func (d *drill) run(args ...string) {
	d.t.Helper()
	if out, err := exec.Command("sh", append([]string{d.script}, args...)...).CombinedOutput(); err != nil {
		d.t.Fatalf("%v: %v: %s", args, err, out)
	}
}

// client is a browser that signs in when it must.
func (c *crashed) client() *http.Client {
	jar, err := cookiejar.New(nil)
	if err != nil {
		c.t.Fatal(err)
	}
	return &http.Client{Jar: jar, Timeout: 20 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

func (c *crashed) do(h *http.Client, method, path, kind string, body io.Reader) (*http.Response, error) {
	req, err := http.NewRequest(method, c.base+path, body)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	if kind != "" {
		req.Header.Set("Content-Type", kind)
	}
	resp, err := h.Do(req)
	if err != nil {
		return nil, err
	}
	_, err = io.Copy(io.Discard, resp.Body)
	return resp, errors.Join(err, resp.Body.Close())
}

func (c *crashed) signIn(h *http.Client) error {
	resp, err := c.do(h, "POST", "/anmelden", "application/x-www-form-urlencoded", strings.NewReader(url.Values{"email": {officer}, "password": {officerWord}}.Encode()))
	if err == nil && resp.StatusCode != http.StatusSeeOther {
		err = fmt.Errorf("sign-in: %s", resp.Status)
	}
	return err
}

// write hands in a file of its own under a name of its own; acknowledged is the answer that leads on to the form of that file.
func (c *crashed) write(h *http.Client, name string, size int) (status int, header http.Header, err error) {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	f, err := w.CreateFormFile("file", name)
	if err == nil {
		_, err = fmt.Fprintf(f, "Raum;Wert\r\n%s;1\r\n%s", name, strings.Repeat("x", size))
	}
	if err := errors.Join(err, w.Close()); err != nil {
		return 0, nil, err
	}
	c.mu.Lock()
	c.sent[name] = true
	c.mu.Unlock()
	resp, err := c.do(h, "POST", uploadPage, w.FormDataContentType(), &b)
	if err != nil {
		return 0, nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if to := resp.Header.Get("Location"); resp.StatusCode == http.StatusSeeOther && strings.HasPrefix(to, "/arbeit/eingang/zahlen/") {
		c.acked[name] = true
	} else {
		c.other[resp.StatusCode]++
	}
	return resp.StatusCode, resp.Header, nil
}

// writers write until stop is closed, whatever happens to the server. They sign in once: a session is among what must not be lost.
func (c *crashed) writers(n int, stop <-chan struct{}) *sync.WaitGroup {
	c.t.Helper()
	var wg sync.WaitGroup
	h := c.client()
	if err := c.signIn(h); err != nil {
		c.t.Fatal(err)
	}
	for k := range n {
		wg.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-stop:
					return
				default:
				}
				if _, _, err := c.write(h, fmt.Sprintf("w%d-%05d.csv", k, i), 100); err != nil {
					time.Sleep(5 * time.Millisecond)
				}
			}
		})
	}
	return &wg
}

// check looks at the data as they are: everything acknowledged is there, nothing that was never sent, each row with its file.
func (c *crashed) check(what string) {
	c.t.Helper()
	c.mu.Lock()
	acked := make([]string, 0, len(c.acked))
	for name := range c.acked {
		acked = append(acked, name)
	}
	c.mu.Unlock()
	a, err := app.Open(c.t.Context(), c.cfg)
	if err != nil {
		c.t.Fatalf("%s: %v", what, err)
	}
	defer a.Close()
	town, err := a.Tenants.Find(c.t.Context(), "")
	if err != nil {
		c.t.Fatal(err)
	}
	rows, err := a.DB.Conn(c.t.Context()).QueryContext(c.t.Context(), `select name, sha256, size from inbox_file where tenant_id = $1`, town.ID)
	have := map[string]bool{}
	err = db.Each(rows, err, func(r db.Row) error {
		var name, sum string
		var size int64
		if err := r.Scan(&name, &sum, &size); err != nil {
			return err
		}
		have[name] = true
		c.mu.Lock()
		sent := c.sent[name]
		c.mu.Unlock()
		if !sent {
			c.t.Errorf("%s: %s is there and was never sent", what, name)
		}
		if err := a.Files.Verify(sum); err != nil {
			c.t.Errorf("%s: %s has no file: %v", what, name, err)
		}
		return nil
	})
	if err != nil {
		c.t.Fatal(err)
	}
	lost := slices.DeleteFunc(acked, func(name string) bool { return have[name] })
	if len(lost) > 0 {
		c.t.Errorf("%s: %d of %d acknowledged files are lost, such as %s", what, len(lost), len(c.acked), lost[0])
	}
	if err := a.DB.Check(c.t.Context()); err != nil {
		c.t.Errorf("%s: %v", what, err)
	}
}

// rounds is how often the server is killed on each engine; KUPFERFADEN_KILLS makes it more.
func rounds(t *testing.T) int {
	t.Helper()
	if s := os.Getenv("KUPFERFADEN_KILLS"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	return 100
}

// Proof of the issue: clients write while the server is killed with -9 again and again, a hundred times on each database. Nothing acknowledged is
// lost, nothing half written is visible, and it starts again each time.
func TestNothingAcknowledgedIsLostWhenTheServerIsKilled(t *testing.T) {
	if testing.Short() {
		t.Skip("takes minutes")
	}
	for engine, place := range map[string]func(t *testing.T) string{"sqlite": func(*testing.T) string { return "" }, "postgres": func(t *testing.T) string { return dbtest.PostgresURL(t) }} {
		t.Run(engine, func(t *testing.T) {
			plug := newDrill(t)
			dir := t.TempDir()
			if plug != nil {
				if engine != "sqlite" {
					t.Skip("the server of PostgreSQL does not lie on the disk of the drill")
				}
				dir = filepath.Join(plug.dir, "data")
			}
			c := newCrashed(t, app.Config{DataDir: dir, Database: place(t)})
			defer c.kill()
			n := rounds(t)
			starts := []time.Duration{c.start()}
			stop := make(chan struct{})
			wg := c.writers(4, stop)
			for i := range n {
				time.Sleep(time.Duration(20+rand.IntN(120)) * time.Millisecond)
				if plug != nil {
					plug.run("cut", plug.dir)
				}
				c.kill()
				if plug != nil {
					plug.run("recover", plug.dir)
				}
				if i%10 == 9 || plug != nil {
					c.check(fmt.Sprintf("after %d kills", i+1))
				}
				starts = append(starts, c.start())
			}
			close(stop)
			wg.Wait()
			c.check("at the end")
			stopped := c.cmd
			if err := stopped.Process.Signal(os.Interrupt); err != nil {
				t.Error(err)
			}
			if err := stopped.Wait(); err != nil {
				t.Errorf("the last one did not stop by itself: %v\n%s", err, c.errs)
			}
			c.cmd = nil
			slices.Sort(starts)
			t.Logf("%d kills, %d acknowledged of %d sent, other answers %v, start median %v, slowest %v", n, len(c.acked), len(c.sent), c.other, starts[len(starts)/2], starts[len(starts)-1])
			if len(c.acked) < n/2 {
				t.Errorf("only %d acknowledged: the drill says nothing", len(c.acked))
			}
			if median := starts[len(starts)/2]; median > 2*time.Second {
				t.Errorf("it takes %v to start, 2 s are promised", median)
			}
		})
	}
}
