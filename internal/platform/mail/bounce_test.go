// SPDX-License-Identifier: EUPL-1.2

package mail_test

import (
	"strings"
	"testing"

	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/platform/mail"
)

// postfix is a report as Postfix writes it.
const postfix = `Return-Path: <>
From: MAILER-DAEMON@mail.example (Mail Delivery System)
To: post@stadt.example
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status;
	boundary="B5C3A.1/mail.example"

--B5C3A.1/mail.example
Content-Description: Notification
Content-Type: text/plain; charset=us-ascii

I'm sorry to have to inform you that your message could not be delivered.

--B5C3A.1/mail.example
Content-Description: Delivery report
Content-Type: message/delivery-status

Reporting-MTA: dns; mail.example
Arrival-Date: Sat, 21 Nov 2026 10:00:00 +0100 (CET)

Final-Recipient: rfc822; anna.neu@stadt.example
Original-Recipient: rfc822;anna@stadt.example
Action: failed
Status: 5.1.1
Remote-MTA: dns; mx.stadt.example
Diagnostic-Code: smtp; 550 5.1.1 <anna.neu@stadt.example>: Recipient address
    rejected: User unknown

--B5C3A.1/mail.example
Content-Description: Undelivered Message Headers
Content-Type: text/rfc822-headers

From: "Kupferstadt" <post@stadt.example>
Message-ID: <abc123@stadt.example>
Subject: Einladung

--B5C3A.1/mail.example--
`

func TestAReportIsRead(t *testing.T) {
	for name, raw := range map[string]string{"LF": postfix, "CRLF": strings.ReplaceAll(postfix, "\n", "\r\n"), "cut off": postfix[:len(postfix)-30]} {
		rep, err := mail.Bounce(strings.NewReader(raw))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		want := mail.ReportRecipient{Address: "anna@stadt.example", Action: "failed", Status: "5.1.1", Text: "550 5.1.1 <anna.neu@stadt.example>: Recipient address rejected: User unknown"}
		if rep.MessageID != "abc123@stadt.example" || len(rep.Recipients) != 1 || rep.Recipients[0] != want || !rep.Recipients[0].AddressFault() {
			t.Errorf("%s: %+v", name, rep)
		}
	}
}

func TestOnlyWhatFailedForGoodCounts(t *testing.T) {
	for status, want := range map[string][2]bool{ // failed, fault of the address
		"Action: failed\nStatus: 5.1.1":                   {true, true},
		"Action: failed (permanent)\nStatus: 5.2.1 (off)": {true, true},
		"Action: failed\nStatus: 5.2.2":                   {true, false},
		"Action: failed\nStatus: 5.7.1":                   {true, false},
		"Action: delayed\nStatus: 4.4.1":                  {false, false},
		"Action: delivered\nStatus: 2.0.0":                {false, false},
		"Action: failed\nStatus: 4.4.7":                   {false, false},
	} {
		rep, err := mail.Bounce(strings.NewReader(strings.Replace(postfix, "Action: failed\nStatus: 5.1.1", status, 1)))
		if err != nil {
			t.Errorf("%s: %v", status, err)
			continue
		}
		if r := rep.Recipients[0]; r.Failed() != want[0] || r.AddressFault() != want[1] {
			t.Errorf("%s: %+v", status, r)
		}
	}
}

func TestWhatIsNoReportIsRefused(t *testing.T) {
	for name, raw := range map[string]string{
		"empty":            "",
		"a person's reply": "From: anna@stadt.example\nSubject: Re: Einladung\nContent-Type: text/plain\n\nDanke!\n",
		"read receipt":     strings.Replace(postfix, "delivery-status;", "disposition-notification;", 1),
		"without groups":   strings.Replace(postfix, "Final-Recipient", "X-Nothing", 1)[:600] + "\n",
		"no boundary":      strings.Replace(postfix, "boundary=", "border=", 1),
	} {
		if rep, err := mail.Bounce(strings.NewReader(raw)); kernel.KindOf(err) != kernel.Invalid {
			t.Errorf("%s: %+v %v", name, rep, err)
		}
	}
}

func FuzzBounce(f *testing.F) {
	f.Add(postfix)
	f.Add(strings.ReplaceAll(postfix, "\n", "\r\n"))
	f.Add("Content-Type: multipart/report; boundary=x\n\n--x\nContent-Type: message/delivery-status\nContent-Transfer-Encoding: base64\n\nQWN0aW9uOiBmYWlsZWQ=\n--x--")
	f.Fuzz(func(t *testing.T, raw string) {
		rep, err := mail.Bounce(strings.NewReader(raw))
		if (err == nil) == (len(rep.Recipients) == 0) {
			t.Errorf("%+v %v", rep, err)
		}
		for _, r := range rep.Recipients {
			if r.Address == "" {
				t.Errorf("%+v", r)
			}
		}
	})
}
