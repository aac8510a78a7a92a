// SPDX-License-Identifier: EUPL-1.2

package i18n

import (
	"encoding/hex"
	"strings"
	"sync"
	"unicode"

	"golang.org/x/text/collate"
	"golang.org/x/text/language"
	"golang.org/x/text/unicode/norm"
)

type collator struct {
	c   *collate.Collator
	buf collate.Buffer
}

// A collator keeps state between calls, so that each goroutine borrows its own.
var collators = sync.Pool{New: func() any {
	return &collator{c: collate.New(language.German, collate.Numeric)}
}}

// SortKey gives the key by which names sort as a German reader expects (DIN 5007-1: Ö with O, numbers by value). It is hexadecimal, so that it
// compares the same in Go, SQLite and PostgreSQL under any collation.
func SortKey(s string) string {
	c := collators.Get().(*collator)
	defer collators.Put(c)
	c.buf.Reset()
	return hex.EncodeToString(c.c.KeyFromString(&c.buf, s))
}

// Less compares two names as SortKey would.
func Less(a, b string) bool {
	c := collators.Get().(*collator)
	defer collators.Put(c)
	return c.c.CompareString(a, b) < 0
}

var umlauts = strings.NewReplacer("ae", "a", "oe", "o", "ue", "u", "ß", "ss")

// Fold gives the form in which texts are searched: without case, accents and the difference between "Mühle", "Muehle" and "Muhle", words
// separated by single blanks. It is made for finding, not for telling names apart.
func Fold(s string) string {
	s = norm.NFKD.String(strings.ToLower(s))
	var b strings.Builder
	b.Grow(len(s))
	blank := true
	for _, r := range s {
		switch {
		case unicode.Is(unicode.Mn, r):
		case unicode.IsSpace(r):
			if !blank {
				b.WriteByte(' ')
				blank = true
			}
		default:
			b.WriteRune(r)
			blank = false
		}
	}
	return umlauts.Replace(strings.TrimRight(b.String(), " "))
}
