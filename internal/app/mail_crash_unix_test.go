// SPDX-License-Identifier: EUPL-1.2

//go:build unix

package app_test

import (
	"os"
	"os/exec"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/app"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/notice"
	"github.com/kupferfaden/kupferfaden/internal/platform/db/dbtest"
	"github.com/kupferfaden/kupferfaden/internal/testdata/mailbox"
)

// TestPostmanProcess is the process that is killed; in the test run itself it has nothing to do.
func TestPostmanProcess(t *testing.T) {
	port, err := strconv.Atoi(os.Getenv("MAIL_TEST_PORT"))
	if err != nil {
		return
	}
	a, err := app.Open(t.Context(), app.Config{
		DataDir: os.Getenv("MAIL_TEST_DIR"), Database: os.Getenv("MAIL_TEST_URL"), URL: "https://planung.example",
		Mail: app.MailOptions{Mode: "send", Host: "127.0.0.1", Port: port, From: "post@stadt.example", Security: "none"},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Fatal("ended by itself: ", a.Notices.Deliver(t.Context(), kernel.ID(os.Getenv("MAIL_TEST_TENANT")), nil))
}

// The process is killed after the mail server took the mail and before it could write that down. The mail is sent again: to the mailbox both
// are one, as they bear the same Message-ID, and the outbox holds one mail that was sent.
func TestAKilledPostmanDoublesAMailThatMailboxesSeeOnce(t *testing.T) {
	for _, engine := range []string{"sqlite", "postgres"} {
		t.Run(engine, func(t *testing.T) {
			s := mailbox.Start(t, mailbox.Options{Open: true})
			now := time.Now()
			cfg := app.Config{DataDir: t.TempDir(), Now: func() time.Time { return now }}
			if engine == "postgres" {
				cfg.Database = dbtest.PostgresURL(t)
			}
			a, town := posting(t, s, cfg)
			for _, event := range []string{"1", "2", "3"} {
				err := a.Notices.Send(t.Context(), notice.Message{Tenant: town.ID, To: notice.Recipient{Email: "anna@stadt.example"}, Kind: "test", Event: event})
				if err != nil {
					t.Fatal(err)
				}
			}
			c := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestPostmanProcess$")
			c.Env = append(os.Environ(), "MAIL_TEST_PORT="+strconv.Itoa(s.Port), "MAIL_TEST_DIR="+cfg.DataDir, "MAIL_TEST_URL="+cfg.Database, "MAIL_TEST_TENANT="+string(town.ID))
			died := make(chan bool)
			var once sync.Once
			s.Taken = func(mailbox.Mail) {
				once.Do(func() {
					_ = c.Process.Signal(syscall.SIGKILL)
					close(died)
				})
			}
			if err := c.Start(); err != nil {
				t.Fatal(err)
			}
			select {
			case <-died:
			case <-time.After(time.Minute):
				t.Fatal("the process sent nothing")
			}
			_ = c.Wait()
			handOver(t, a, town)
			if n := len(s.Mails()); n != 1 {
				t.Fatalf("%d mails while the dead process may still hold them", n)
			}
			now = now.Add(10 * time.Minute)
			handOver(t, a, town)
			ids := map[string]int{}
			for _, m := range s.Mails() {
				ids[m.Header("Message-Id")]++
			}
			if len(s.Mails()) != 4 || len(ids) != 3 || ids[s.Mails()[0].Header("Message-Id")] != 2 {
				t.Errorf("%d mails with the identifiers %v", len(s.Mails()), ids)
			}
			list, err := a.Notices.List(t.Context(), a.Operator(town), notice.Filter{Limit: 10})
			if err != nil || len(list) != 3 {
				t.Fatalf("%d rows, %v", len(list), err)
			}
			for _, m := range list {
				if m.State != notice.Sent || m.Sealed != "" {
					t.Errorf("%+v", m)
				}
			}
		})
	}
}
