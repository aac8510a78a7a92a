// SPDX-License-Identifier: EUPL-1.2

// Package wording compares and joins the words of a paragraph: what an amendment changes, whether two changes of the same paragraph get along,
// and on which line a word stands.
//
// Invariants: a join never drops a word of either side without saying so, it is a conflict instead; which changes are taken first does not
// matter; the lines of a text depend on its words alone, so that a line number said in a meeting is found again.
package wording

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

// Part stands between the parts of a text that are paragraphs of their own by now.
const Part = "\n\n"

// Tidy gives the form in which texts are kept: one blank between words, parts apart by an empty line, nothing at the ends.
func Tidy(s string) string {
	var parts []string
	for p := range strings.SplitSeq(strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n"), "\n") {
		p = strings.Join(strings.Fields(p), " ")
		switch {
		case p == "" && len(parts) > 0 && parts[len(parts)-1] != "":
			parts = append(parts, "")
		case p != "" && len(parts) > 0 && parts[len(parts)-1] != "":
			parts[len(parts)-1] += " " + p
		case p != "":
			parts = append(parts, p)
		}
	}
	var kept []string
	for _, p := range parts {
		if p != "" {
			kept = append(kept, p)
		}
	}
	return strings.Join(kept, Part)
}

// Parts gives the paragraphs a text consists of.
func Parts(s string) []string {
	if s = Tidy(s); s == "" {
		return nil
	}
	return strings.Split(s, Part)
}

// word is a run of letters and digits, also joined by hyphen, apostrophe or the signs of gender-fair spelling, or a single other sign. The blank
// before a word belongs to it.
var word = regexp.MustCompile(` ?[\p{L}\p{N}\p{M}]+(?:[-'’:*_/·][\p{L}\p{N}\p{M}]+)*| ?[^ ]`)

// Words cuts a text into what is compared. Joining them gives the text back.
func Words(s string) []string {
	var out []string
	for i, p := range Parts(s) {
		if i > 0 {
			out = append(out, Part)
		}
		out = append(out, word.FindAllString(" "+p, -1)...)
	}
	return out
}

// Cut gives the parts of words as texts, also those that hold nothing.
func Cut(words []string) []string {
	out, at := []string{}, 0
	for i, w := range words {
		if w == Part {
			out, at = append(out, Join(words[at:i])), i+1
		}
	}
	return append(out, Join(words[at:]))
}

// Join writes words as a text.
func Join(words []string) string { return Tidy(strings.Join(words, "")) }

// Hunk is a change of a text: the words from Lo up to Hi, none where they are equal, give way to With.
type Hunk struct {
	Lo, Hi int
	With   []string
}

func (h Hunk) equal(x Hunk) bool {
	if h.Lo != x.Lo || h.Hi != x.Hi || len(h.With) != len(x.With) {
		return false
	}
	for i, w := range h.With {
		if w != x.With[i] {
			return false
		}
	}
	return true
}

// clash tells whether two changes of the same text cannot both be made unseen: they touch the same words, or one inserts right beside words the
// other changes, which may be the words it speaks of.
func (h Hunk) clash(x Hunk) bool {
	switch {
	case h.equal(x):
		return false
	case h.Lo == h.Hi || x.Lo == x.Hi:
		return h.Lo <= x.Hi && x.Lo <= h.Hi
	}
	return h.Lo < x.Hi && x.Lo < h.Hi
}

// Diff gives the changes that lead from one text to the other, the first leading.
func Diff(from, to []string) []Hunk {
	lo := 0
	for lo < len(from) && lo < len(to) && from[lo] == to[lo] {
		lo++
	}
	end := 0
	for end < len(from)-lo && end < len(to)-lo && from[len(from)-1-end] == to[len(to)-1-end] {
		end++
	}
	a, b := from[lo:len(from)-end], to[lo:len(to)-end]
	var out []Hunk
	i, j := 0, 0
	for _, m := range append(common(a, b), [2]int{len(a), len(b)}) {
		if m[0] > i || m[1] > j {
			out = append(out, Hunk{Lo: lo + i, Hi: lo + m[0], With: b[j:m[1]:m[1]]})
		}
		i, j = m[0]+1, m[1]+1
	}
	return out
}

// mostCells bounds the table of a comparison: some 3,000 changed words on either side. Beyond, everything between the first and the last change
// counts as changed, which is right and coarse.
const mostCells = 9_000_000

// common gives the places of a longest common subsequence. Words that end a stretch of equal ones are matched before single signs, as the table
// is read from the front.
func common(a, b []string) [][2]int {
	n, m := len(a), len(b)
	if n == 0 || m == 0 || n*m > mostCells {
		return nil
	}
	ids := make(map[string]int32, n)
	number := func(words []string) []int32 {
		out := make([]int32, len(words))
		for i, w := range words {
			id, ok := ids[w]
			if !ok {
				id = int32(len(ids))
				ids[w] = id
			}
			out[i] = id
		}
		return out
	}
	x, y := number(a), number(b)
	table := make([]uint16, (n+1)*(m+1))
	width := m + 1
	for i := n - 1; i >= 0; i-- {
		for j := m - 1; j >= 0; j-- {
			if x[i] == y[j] {
				table[i*width+j] = table[(i+1)*width+j+1] + 1
			} else {
				table[i*width+j] = max(table[(i+1)*width+j], table[i*width+j+1])
			}
		}
	}
	var out [][2]int
	for i, j := 0, 0; i < n && j < m; {
		switch {
		case x[i] == y[j]:
			out = append(out, [2]int{i, j})
			i++
			j++
		case table[(i+1)*width+j] >= table[i*width+j+1]:
			i++
		default:
			j++
		}
	}
	return out
}

// Apply makes changes, which must not clash and come in any order.
func Apply(words []string, hunks []Hunk) []string {
	out := make([]string, 0, len(words))
	at := 0
	for _, h := range ordered(hunks) {
		out = append(out, words[at:h.Lo]...)
		out = append(out, h.With...)
		at = h.Hi
	}
	return append(out, words[at:]...)
}

// Similar tells how alike two texts are, from 0 to 1: the share of words they have in common, in order.
func Similar(a, b string) float64 {
	x, y := Words(a), Words(b)
	if len(x)+len(y) == 0 {
		return 1
	}
	same := len(x)
	for _, h := range Diff(x, y) {
		same -= h.Hi - h.Lo
	}
	return 2 * float64(same) / float64(len(x)+len(y))
}

// Lines breaks a text into lines of at most measure signs, at blanks; a longer word stands alone on its line. It is the same on every screen and
// on paper, whatever they can show side by side.
func Lines(s string, measure int) []string {
	var out []string
	for _, p := range Parts(s) {
		line, long := "", 0
		for w := range strings.SplitSeq(p, " ") {
			n := utf8.RuneCountInString(w)
			if line != "" && long+1+n > measure {
				out = append(out, line)
				line, long = "", 0
			}
			if line != "" {
				line += " "
				long++
			}
			line += w
			long += n
		}
		out = append(out, line)
	}
	return out
}
