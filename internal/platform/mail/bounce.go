// SPDX-License-Identifier: EUPL-1.2

package mail

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"net/textproto"
	"strings"

	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// Report is what a mail server tells later of a mail it took first and could not deliver (RFC 3464).
type Report struct {
	MessageID  string // of our mail, without brackets; empty where the report does not carry it
	Recipients []ReportRecipient
}

// ReportRecipient is what became of one address.
type ReportRecipient struct {
	Address string // the one we wrote to (Original-Recipient), else the final one
	Action  string // "failed", "delayed", "delivered", "relayed", "expanded"
	Status  string // RFC 3463, "5.1.1"
	Text    string // Diagnostic-Code: the last server's words
}

// Failed tells that the address does not take mail: given up, and for good.
func (r ReportRecipient) Failed() bool {
	return r.Action == "failed" && strings.HasPrefix(r.Status, "5.")
}

// AddressFault tells that the address itself is at fault, as Error.Address does.
func (r ReportRecipient) AddressFault() bool {
	e := &Error{Stage: Content, Code: 550, Enhanced: r.Status}
	return r.Failed() && e.Address()
}

// maxBounce is more than any report with the whole mail attached.
const maxBounce = 2 << 20

// Bounce reads a report from the message a mail server sent to our sender's address. Invalid "mail.bounce" when the message is none: an answer
// of a person, an automatic answer, or something broken.
func Bounce(r io.Reader) (Report, error) {
	rep, err := bounce(io.LimitReader(r, maxBounce))
	if err == nil && len(rep.Recipients) == 0 {
		err = errors.New("no recipient in it")
	}
	if err != nil {
		return Report{}, &kernel.Error{Kind: kernel.Invalid, Key: "mail.bounce", Err: err}
	}
	return rep, nil
}

func bounce(r io.Reader) (rep Report, err error) {
	m, err := mail.ReadMessage(bufio.NewReader(r))
	if err != nil {
		return rep, err
	}
	kind, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil {
		return rep, err
	}
	if kind != "multipart/report" || params["boundary"] == "" || params["report-type"] != "" && !strings.EqualFold(params["report-type"], "delivery-status") {
		return rep, errors.New("no delivery report")
	}
	for parts := multipart.NewReader(m.Body, params["boundary"]); ; {
		p, err := parts.NextRawPart()
		if errors.Is(err, io.EOF) {
			return rep, nil
		}
		if err != nil {
			if len(rep.Recipients) > 0 { // cut off in the returned mail, which comes last
				return rep, nil
			}
			return rep, err
		}
		kind, _, err := mime.ParseMediaType(p.Header.Get("Content-Type"))
		if err != nil {
			continue
		}
		body := decoded(p.Header, p)
		switch kind {
		case "message/delivery-status", "message/global-delivery-status":
			list, err := recipients(body)
			rep.Recipients = append(rep.Recipients, list...)
			if err != nil && len(rep.Recipients) == 0 {
				return rep, err
			}
		case "message/rfc822", "text/rfc822-headers", "message/global", "message/global-headers":
			b, err := io.ReadAll(body)
			if err != nil && len(b) == 0 {
				continue
			}
			if h, _ := textproto.NewReader(bufio.NewReader(bytes.NewReader(append(b, "\r\n\r\n"...)))).ReadMIMEHeader(); h != nil {
				rep.MessageID = strings.Trim(strings.TrimSpace(h.Get("Message-Id")), "<>")
			}
		}
	}
}

// decoded undoes the transfer encoding of a part.
func decoded(h textproto.MIMEHeader, r io.Reader) io.Reader {
	switch strings.ToLower(strings.TrimSpace(h.Get("Content-Transfer-Encoding"))) {
	case "quoted-printable":
		return quotedprintable.NewReader(r)
	case "base64":
		return base64.NewDecoder(base64.StdEncoding, r)
	}
	return r
}

// recipients reads the groups of fields after the first one, which is about the message as a whole (RFC 3464 2.1).
func recipients(r io.Reader) (list []ReportRecipient, err error) {
	const most = 1000
	t := textproto.NewReader(bufio.NewReader(r))
	for len(list) < most {
		h, err := t.ReadMIMEHeader()
		if len(h) > 0 && h.Get("Action") != "" {
			rr := ReportRecipient{
				Address: typed(h.Get("Original-Recipient")), Action: strings.ToLower(word(h.Get("Action"))), Status: word(h.Get("Status")),
				Text: typed(h.Get("Diagnostic-Code")),
			}
			if rr.Address == "" {
				rr.Address = typed(h.Get("Final-Recipient"))
			}
			rr.Address = strings.Trim(rr.Address, "<>")
			if rr.Address != "" {
				list = append(list, rr)
			}
		}
		if errors.Is(err, io.EOF) {
			return list, nil
		}
		if err != nil {
			return list, err
		}
		if len(h) == 0 { // a further empty line between groups
			if _, err := t.R.Peek(1); err != nil {
				return list, nil
			}
		}
	}
	return list, nil
}

// typed cuts the type off a field: "rfc822; anna@stadt.de".
func typed(s string) string {
	if _, rest, ok := strings.Cut(s, ";"); ok {
		s = rest
	}
	return strings.TrimSpace(s)
}

// word is a field without the comment behind it: "failed (permanent failure)".
func word(s string) string {
	w, _, _ := strings.Cut(strings.TrimSpace(s), " ")
	return w
}
