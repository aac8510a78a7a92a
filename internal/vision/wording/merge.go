// SPDX-License-Identifier: EUPL-1.2

package wording

import (
	"cmp"
	"slices"
)

// Change is what somebody wants made of a text: the words it was made against, and the words wanted.
type Change struct{ Base, Want []string }

// Rebased is a change as it stands to the words of today.
type Rebased struct {
	Hunks []Hunk
	// Conflict: the words it changes have been changed otherwise since.
	Conflict bool
	// Done: the words of today say it already.
	Done bool
}

// Rebase carries a change over to the words of today. Where one of its hunks meets words that were changed otherwise since, the whole change is a
// conflict: a part of what somebody proposed is not what he or she proposed.
func Rebase(c Change, today []string) Rebased {
	own, since := Diff(c.Base, c.Want), Diff(c.Base, today)
	if len(own) == 0 {
		return Rebased{Done: true}
	}
	var r Rebased
	done := 0
	for _, h := range own {
		moved, state := carry(h, since)
		switch state {
		case clashes:
			return Rebased{Conflict: true}
		case made:
			done++
		case free:
			r.Hunks = append(r.Hunks, moved)
		}
	}
	r.Done = done == len(own)
	return r
}

// carriage is how a hunk came through.
type carriage int

const (
	free carriage = iota
	made
	clashes
)

// carry moves one hunk over the changes made since.
func carry(h Hunk, since []Hunk) (Hunk, carriage) {
	shift := 0
	for _, s := range since {
		if h.equal(s) {
			return h, made
		}
		if h.clash(s) {
			return h, clashes
		}
		if before(s, h) {
			shift += len(s.With) - (s.Hi - s.Lo)
		}
	}
	return Hunk{Lo: h.Lo + shift, Hi: h.Hi + shift, With: h.With}, free
}

// before tells which of two changes that do not clash comes first in the text.
func before(a, b Hunk) bool {
	return cmp.Or(cmp.Compare(a.Lo, b.Lo), cmp.Compare(a.Hi, b.Hi)) < 0
}

func ordered(hunks []Hunk) []Hunk {
	out := slices.Clone(hunks)
	slices.SortStableFunc(out, func(a, b Hunk) int { return cmp.Or(cmp.Compare(a.Lo, b.Lo), cmp.Compare(a.Hi, b.Hi)) })
	return slices.CompactFunc(out, Hunk.equal)
}

// Outcome is what becomes of one of several changes.
type Outcome struct {
	Rebased
	// With are the other changes (by their place in the list) that change the same words otherwise.
	With []int
}

// Taken tells whether the change is part of the joined text.
func (o Outcome) Taken() bool { return !o.Conflict && len(o.With) == 0 }

// Merge joins changes into the words of today. Changes that meet each other are both left out and name each other, so that the joined text does
// not depend on the order they come in; so are changes that meet words changed since.
func Merge(today []string, changes []Change) ([]string, []Outcome) {
	out := make([]Outcome, len(changes))
	for i, c := range changes {
		out[i].Rebased = Rebase(c, today)
	}
	for i := range out {
		for j := i + 1; j < len(out); j++ {
			if meet(out[i].Hunks, out[j].Hunks) {
				out[i].With = append(out[i].With, j)
				out[j].With = append(out[j].With, i)
			}
		}
	}
	var hunks []Hunk
	for _, o := range out {
		if o.Taken() {
			hunks = append(hunks, o.Hunks...)
		}
	}
	return Apply(today, hunks), out
}

func meet(a, b []Hunk) bool {
	for _, x := range a {
		if slices.ContainsFunc(b, x.clash) {
			return true
		}
	}
	return false
}

// Op is a stretch of a comparison.
type Op struct {
	Kind OpKind
	Text string
}

// OpKind tells kept words from new and old ones.
type OpKind string

// The kinds of stretches.
const (
	Kept    OpKind = "kept"
	Added   OpKind = "added"
	Dropped OpKind = "dropped"
)

// Compare gives a comparison of two texts as it is read: what was dropped stands before what came in its place.
func Compare(from, to string) []Op {
	a, b := Words(from), Words(to)
	var out []Op
	put := func(k OpKind, words []string) {
		if len(words) == 0 {
			return
		}
		text := ""
		for _, w := range words {
			text += w
		}
		out = append(out, Op{k, text})
	}
	at := 0
	for _, h := range readable(Diff(a, b), a) {
		put(Kept, a[at:h.Lo])
		put(Dropped, a[h.Lo:h.Hi])
		put(Added, h.With)
		at = h.Hi
	}
	put(Kept, a[at:])
	return out
}

// readable joins hunks that only a sign or a single short word keeps apart: a reader follows one longer change more easily than crumbs.
func readable(hunks []Hunk, words []string) []Hunk {
	var out []Hunk
	for _, h := range hunks {
		if n := len(out); n > 0 {
			last := &out[n-1]
			between := words[last.Hi:h.Lo]
			if len(between) <= 1 && last.Hi > last.Lo && h.Hi > h.Lo && !slices.Contains(between, Part) {
				last.With = slices.Concat(last.With, between, h.With)
				last.Hi = h.Hi
				continue
			}
		}
		out = append(out, h)
	}
	return out
}
