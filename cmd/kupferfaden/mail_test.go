// SPDX-License-Identifier: EUPL-1.2

package main

import (
	"bytes"
	"strconv"
	"strings"
	"testing"

	"github.com/kupferfaden/kupferfaden/internal/testdata/mailbox"
)

// Whoever sets up mail learns at once whether the mail server takes it, and in its own words why not.
func TestMailTestSaysWhatTheMailServerSaid(t *testing.T) {
	dir := t.TempDir()
	call := func(args ...string) (int, string) {
		var out, errw bytes.Buffer
		code := run(append(args, "--data", dir), strings.NewReader(""), &out, &errw)
		return code, out.String() + errw.String()
	}
	if code, said := call("init", "--name", "Teststadt"); code != exitDone {
		t.Fatal(said)
	}
	s := mailbox.Start(t, mailbox.Options{Open: true})
	s.Rcpt = func(to string) error {
		if strings.HasPrefix(to, "weg") {
			return mailbox.No(550, [3]int{5, 1, 1}, "no such user here")
		}
		return nil
	}
	try := func(to string) (int, string) {
		return call("mail", "test", "--to", to, "--mail-host", s.Host, "--mail-port", strconv.Itoa(s.Port), "--mail-security", "none", "--mail-from", "Planung <post@stadt.example>")
	}
	if code, said := try("anna@stadt.example"); code != exitDone || !strings.Contains(said, "angenommen") || len(s.Mails()) != 1 || s.Mails()[0].From != "post@stadt.example" {
		t.Errorf("%d %s", code, said)
	}
	if code, said := try("weg@stadt.example"); code != exitRefused || !strings.Contains(said, "Empfängeradresse weg@stadt.example") || !strings.Contains(said, "no such user here") {
		t.Errorf("%d %s", code, said)
	}
	s.Data = func(mailbox.Mail) error { return mailbox.No(554, [3]int{5, 7, 1}, "looks like spam") }
	if code, said := try("anna@stadt.example"); code != exitRefused || !strings.Contains(said, "looks like spam") {
		t.Errorf("%d %s", code, said)
	}
}
