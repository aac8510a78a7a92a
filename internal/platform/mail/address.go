// SPDX-License-Identifier: EUPL-1.2

// Package mail hands the town's mail to a mail server (SMTP) and understands what mail servers send back when they could not deliver.
//
// Invariants: a mail goes out over an encrypted connection to a server whose certificate was checked, unless that server is this very machine;
// no part of a name, subject or address can become a header of its own; the server's answer is kept word for word, so that a person can act on
// it.
package mail

import (
	"net/mail"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"

	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// Address gives an address in the form mail servers take: the domain in ASCII (IDNA 2008, RFC 5891) and lower case, the part before the "@" as it was
// typed. Invalid "mail.address" on the field "email" for what is none, for local parts beyond ASCII (few servers take those, RFC 6531) and for
// what is longer than RFC 5321 4.5.3.1 allows (64 and 254 bytes).
func Address(s string) (string, error) {
	bad := &kernel.Error{Kind: kernel.Invalid, Key: "mail.address", Fields: map[string]string{"email": "mail.address"}}
	s = strings.TrimSpace(s)
	if s == "" || len(s) > 320 || !utf8.ValidString(s) || strings.ContainsFunc(s, func(r rune) bool { return unicode.IsControl(r) || unicode.IsSpace(r) }) {
		return "", bad
	}
	i := strings.LastIndexByte(s, '@')
	if i < 1 || i > 64 || strings.ContainsAny(s, "<>,;:\"()[]\\") {
		return "", bad
	}
	local, domain := s[:i], s[i+1:]
	if strings.ContainsFunc(local, func(r rune) bool { return r > unicode.MaxASCII || r == '@' }) {
		return "", bad
	}
	host, err := idna.Lookup.ToASCII(strings.ToLower(domain))
	if err != nil || host == "" || len(host) > 253 || strings.HasSuffix(host, ".") {
		return "", bad
	}
	for label := range strings.SplitSeq(host, ".") {
		if label == "" || len(label) > 63 {
			return "", bad
		}
	}
	out := local + "@" + host
	if a, err := mail.ParseAddress(out); err != nil || a.Address != out || a.Name != "" || len(out) > 254 {
		return "", bad
	}
	return out, nil
}
