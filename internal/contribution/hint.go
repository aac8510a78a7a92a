// SPDX-License-Identifier: EUPL-1.2

package contribution

import (
	"net/mail"
	"regexp"
	"strings"
)

// Hint is something in a text a moderator should look at before anything else.
type Hint string

// The hints, the gravest first.
const (
	DangerHint Hint = "danger" // words that may point to danger to a child or to somebody's life
	PersonHint Hint = "person" // an e-mail address, a telephone number, an account
	LinkHint   Hint = "link"
	LoudHint   Hint = "loud" // mostly capitals
)

var (
	linkForm  = regexp.MustCompile(`(?i)\b(?:[a-z][a-z0-9+.-]{1,9}://|www\.)[^\s<>"']+|\b[a-z0-9-]{2,63}\.(?:de|com|net|org|eu|info|biz|io|ru|cn|shop|online|xyz|app)\b(?:/[^\s<>"']*)?`)
	emailForm = regexp.MustCompile(`(?i)[a-z0-9._%+-]+@[a-z0-9.-]+\.[a-z]{2,}`)
	phoneForm = regexp.MustCompile(`(?:\+|\b0)[0-9][0-9 ()/.-]{6,}[0-9]\b`)
	ibanForm  = regexp.MustCompile(`(?i)\b[a-z]{2}[0-9]{2}(?: ?[0-9a-z]{4}){3,7}\b`)
)

// dangerWords are stems, folded. They only sort the inbox: a person reads and decides.
var dangerWords = []string{
	"missbrauch", "misshandel", "vergewaltig", "wird geschlagen", "werde geschlagen", "schlagt mich", "schlaegt mich", "schlagt sein kind", "schlaegt sein kind", "verprugel", "verpruegel",
	"selbstmord", "suizid", "umbringen", "nicht mehr leben", "ritze mich", "angst vor papa", "angst vor mama", "angst vor meinem vater", "angst vor meiner mutter", "fasst mich an",
	"eingesperrt", "kindeswohl", "hunger zu hause", "abuse", "suicide", "kill myself", "beats me", "hits me", "touches me",
}

// Hints finds what a moderator should look at.
func Hints(text string) []Hint {
	var out []Hint
	folded := strings.ToLower(text)
	plain := strings.NewReplacer("ä", "a", "ö", "o", "ü", "u", "ß", "ss").Replace(folded)
	for _, w := range dangerWords {
		if strings.Contains(folded, w) || strings.Contains(plain, w) {
			out = append(out, DangerHint)
			break
		}
	}
	if emailForm.MatchString(text) || phoneForm.MatchString(text) || ibanForm.MatchString(text) {
		out = append(out, PersonHint)
	}
	if linkForm.MatchString(emailForm.ReplaceAllString(text, "")) {
		out = append(out, LinkHint)
	}
	upper, lower := 0, 0
	for _, r := range text {
		switch {
		case r >= 'A' && r <= 'Z' || strings.ContainsRune("ÄÖÜ", r):
			upper++
		case r >= 'a' && r <= 'z' || strings.ContainsRune("äöüß", r):
			lower++
		}
	}
	if upper > 20 && upper > 2*lower {
		out = append(out, LoudHint)
	}
	return out
}

// Unlinked takes the addresses of pages and mailboxes out of a text that people typed, for mails, where programs would make links of them.
// Pages show texts as they are and never as links.
func Unlinked(s string) string {
	return linkForm.ReplaceAllString(emailForm.ReplaceAllString(s, "[…]"), "[…]")
}

// mailbox tells whether a text is an e-mail address and nothing else.
func mailbox(s string) bool {
	a, err := mail.ParseAddress(s)
	return err == nil && a.Address == s && len(s) <= 254 && emailForm.FindString(s) == s
}
