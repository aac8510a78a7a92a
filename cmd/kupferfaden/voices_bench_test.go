// SPDX-License-Identifier: EUPL-1.2

package main

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"io"
	"math/bits"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/html"

	"github.com/kupferfaden/kupferfaden/internal/platform/db/dbtest"
)

// writing is where people write in the example town, in a phase that takes contributions.
const writing = "/beteiligung/messingsiedlung/ideen/neu"

// The goal of issue "Voices": a thousand people who send at the same moment, 99 of 100 answered within a second on two cores, none lost or doubled.
const writers = 1000

// BenchmarkThousandWriters lets a thousand people fill in the form of a contribution, step by step, and send it at the same moment. PostgreSQL,
// where TEST_POSTGRES names a server, works on the same processors as the program and its readers.
func BenchmarkThousandWriters(b *testing.B) {
	exe := program(b)
	b.Run("sqlite", func(b *testing.B) { thousandWriters(b, exe) })
	b.Run("postgres", func(b *testing.B) { thousandWriters(b, exe, "--database", dbtest.PostgresURL(b)) })
}

func thousandWriters(b *testing.B, exe string, where ...string) {
	where = append(where, "--data", filepath.Join(b.TempDir(), "town"))
	if out, err := exec.Command(exe, append([]string{"demo", "--no-serve"}, where...)...).CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	base, cmd, _ := served(b, exe, append([]string{"serve", "--log-level", "warn"}, where...)...)
	defer stop(b, cmd)
	c := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: writers}, Timeout: time.Minute}
	defer c.CloseIdleConnections()
	b.ResetTimer()
	for range b.N {
		b.StopTimer()
		forms := fill(b, c, base)
		time.Sleep(3 * time.Second) // nobody types a form in less, see web.Guard
		b.StartTimer()
		before := worked100(b, cmd.Process.Pid)
		took, codes := send(b, c, base, forms)
		b.StopTimer()
		b.ReportMetric(float64(worked100(b, cmd.Process.Pid)-before)*10/writers, "ms-cpu/writer")
		slices.Sort(took)
		b.ReportMetric(float64(took[len(took)/2].Milliseconds()), "ms-p50")
		b.ReportMetric(float64(took[len(took)*99/100].Milliseconds()), "ms-p99")
		b.ReportMetric(float64(took[len(took)-1].Milliseconds()), "ms-max")
		b.ReportMetric(float64(len(codes)), "written")
		if len(codes) != writers {
			b.Errorf("%d receipts, want %d", len(codes), writers)
		}
	}
	b.ReportMetric(resident(b, cmd.Process.Pid), "MB-rss")
}

// worked100 is how long a process has worked, in hundredths of a second: other than times it does not depend on what else the machine does.
func worked100(b *testing.B, pid int) int64 {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		b.Skip("needs /proc")
	}
	f := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	user, err := strconv.ParseInt(f[11], 10, 64)
	system, err2 := strconv.ParseInt(f[12], 10, 64)
	if err != nil || err2 != nil {
		b.Fatal(err, err2)
	}
	return user + system
}

// fill brings a thousand people to the last step.
func fill(b *testing.B, c *http.Client, base string) []url.Values {
	b.Helper()
	forms := make([]url.Values, writers)
	var wg sync.WaitGroup
	next := make(chan int)
	for range 4 {
		wg.Go(func() {
			for i := range next {
				f := url.Values{"schritt": {"schreiben"}, "title": {fmt.Sprintf("Wunsch %d", i)}, "text": {fmt.Sprintf("Ich wünsche mir Nummer %d: mehr Bäume, mehr Bänke, mehr Zeit füreinander.", i)}, "lang": {"de"}, "area": {"sozialraum/0202"}}
				for _, step := range []string{"schreiben", "ort", "aehnlich", "angaben"} {
					f.Set("schritt", step)
					a, err := c.PostForm(base+writing, f)
					if err != nil {
						b.Error(err)
						return
					}
					f = formIn(b, a.Body)
					a.Body.Close()
				}
				f.Set("rechnung", worked(f.Get("pruefung")))
				forms[i] = f
			}
		})
	}
	for i := range forms {
		next <- i
	}
	close(next)
	wg.Wait()
	return forms
}

// formIn reads the fields of the form with the guard's token.
func formIn(b *testing.B, r io.Reader) url.Values {
	doc, err := html.Parse(r)
	if err != nil {
		b.Error(err)
	}
	f := url.Values{}
	for n := range doc.Descendants() {
		at := map[string]string{}
		for _, a := range n.Attr {
			at[a.Key] = a.Val
		}
		switch {
		case n.Data == "input" && at["name"] != "" && at["type"] != "radio" && at["type"] != "checkbox" && at["type"] != "file" && at["type"] != "submit":
			f.Add(at["name"], at["value"])
		case n.Data == "textarea" && n.FirstChild != nil:
			f.Add(at["name"], n.FirstChild.Data)
		}
	}
	return f
}

// worked does the sum of a guarded form.
func worked(token string) string {
	for n := 0; ; n++ {
		s := strconv.Itoa(n)
		sum := sha256.Sum256([]byte(token + ":" + s))
		if bits.LeadingZeros64(binary.BigEndian.Uint64(sum[:])) >= 16 {
			return s
		}
	}
}

var receiptCode = regexp.MustCompile(`\b([0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{3})\b`)

// send sends all at once and gives how long each took and which receipts there were. Pages are unpacked and read afterwards, as readers do that on
// devices of their own.
func send(b *testing.B, c *http.Client, base string, forms []url.Values) ([]time.Duration, map[string]bool) {
	b.Helper()
	took, pages := make([]time.Duration, len(forms)), make([][]byte, len(forms))
	var wg sync.WaitGroup
	start := make(chan struct{})
	for i, f := range forms {
		q, err := http.NewRequest("POST", base+writing, strings.NewReader(f.Encode()))
		if err != nil {
			b.Fatal(err)
		}
		q.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		q.Header.Set("Accept-Encoding", "gzip")
		wg.Go(func() {
			<-start
			began := time.Now()
			a, err := c.Do(q)
			if err != nil {
				b.Error(err)
				return
			}
			pages[i], err = io.ReadAll(a.Body)
			took[i] = time.Since(began)
			a.Body.Close()
			if err != nil || a.StatusCode != http.StatusOK {
				b.Errorf("%s: %v", a.Status, err)
			}
		})
	}
	close(start)
	wg.Wait()
	codes := map[string]bool{}
	for _, packed := range pages {
		z, err := gzip.NewReader(bytes.NewReader(packed))
		if err != nil {
			b.Errorf("a page that is not packed: %v", err)
			continue
		}
		page, err := io.ReadAll(z)
		m := receiptCode.FindSubmatch(page)
		if err != nil || m == nil {
			b.Errorf("no receipt: %v", err)
			continue
		}
		codes[string(m[1])] = true
	}
	return took, codes
}
