// SPDX-License-Identifier: EUPL-1.2

package group

import "strings"

// Op is what a comparison says of a piece of text.
type Op int

// The kinds of pieces.
const (
	Same Op = iota
	Inserted
	Deleted
)

// Piece is a part of a comparison.
type Piece struct {
	Op   Op
	Text string
}

// Compare gives the way from one text to another: line by line, and word by word where lines were replaced. Joining what is not inserted gives
// the old text, joining what is not deleted the new one.
func Compare(from, to string) []Piece {
	var out []Piece
	put := func(op Op, text string) {
		if text == "" {
			return
		}
		if n := len(out); n > 0 && out[n-1].Op == op {
			out[n-1].Text += text
			return
		}
		out = append(out, Piece{op, text})
	}
	lines := differ(strings.SplitAfter(from, "\n"), strings.SplitAfter(to, "\n"))
	for i := 0; i < len(lines); i++ {
		if lines[i].Op == Same {
			put(Same, lines[i].Text)
			continue
		}
		var gone, come strings.Builder
		for ; i < len(lines) && lines[i].Op != Same; i++ {
			if lines[i].Op == Deleted {
				gone.WriteString(lines[i].Text)
			} else {
				come.WriteString(lines[i].Text)
			}
		}
		i--
		for _, p := range differ(words(gone.String()), words(come.String())) {
			put(p.Op, p.Text)
		}
	}
	return out
}

// words cuts a text into words with the blanks behind them.
func words(s string) []string {
	var out []string
	start, blank := 0, false
	for i, c := range s {
		is := c == ' ' || c == '\n' || c == '\t'
		if blank && !is {
			out = append(out, s[start:i])
			start = i
		}
		blank = is
	}
	if start < len(s) {
		out = append(out, s[start:])
	}
	return out
}

// mostCells bounds the table of the comparison: beyond it the middle is taken as replaced whole.
const mostCells = 4_000_000

// differ compares two lists by their longest common subsequence, after what is equal at both ends.
func differ(a, b []string) []Piece {
	var head, tail []Piece
	for len(a) > 0 && len(b) > 0 && a[0] == b[0] {
		head = append(head, Piece{Same, a[0]})
		a, b = a[1:], b[1:]
	}
	for len(a) > 0 && len(b) > 0 && a[len(a)-1] == b[len(b)-1] {
		tail = append(tail, Piece{Same, a[len(a)-1]})
		a, b = a[:len(a)-1], b[:len(b)-1]
	}
	out := head
	if len(a)*len(b) > mostCells || len(a) == 0 || len(b) == 0 {
		for _, s := range a {
			out = append(out, Piece{Deleted, s})
		}
		for _, s := range b {
			out = append(out, Piece{Inserted, s})
		}
	} else {
		out = append(out, common(a, b)...)
	}
	for i := len(tail) - 1; i >= 0; i-- {
		out = append(out, tail[i])
	}
	return out
}

func common(a, b []string) (out []Piece) {
	w := len(b) + 1
	long := make([]int32, (len(a)+1)*w)
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			if a[i] == b[j] {
				long[i*w+j] = long[(i+1)*w+j+1] + 1
			} else {
				long[i*w+j] = max(long[(i+1)*w+j], long[i*w+j+1])
			}
		}
	}
	i, j := 0, 0
	for i < len(a) && j < len(b) {
		switch {
		case a[i] == b[j]:
			out = append(out, Piece{Same, a[i]})
			i, j = i+1, j+1
		case long[(i+1)*w+j] >= long[i*w+j+1]:
			out = append(out, Piece{Deleted, a[i]})
			i++
		default:
			out = append(out, Piece{Inserted, b[j]})
			j++
		}
	}
	for ; i < len(a); i++ {
		out = append(out, Piece{Deleted, a[i]})
	}
	for ; j < len(b); j++ {
		out = append(out, Piece{Inserted, b[j]})
	}
	return out
}
