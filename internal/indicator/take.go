// SPDX-License-Identifier: EUPL-1.2

package indicator

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"math"
	"slices"
	"strconv"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/table"
)

// How much of a list a report keeps; a file of a million broken rows still gives a report that can be read.
const (
	keptTwice = 1000 // areas named in one list of the report
	keptLines = 20
	keptKeys  = 10_000
)

// twice finds areas that stand in two rows for one indicator and period. Rows that contradict each other are not taken, none of them: nobody
// can know which is right (reliability.md C34). Rows that say the same are taken once and named.
func (im *importing) twice() {
	type pair struct {
		area       int32
		first, two int32
	}
	conflict := map[pair]bool{}
	var order []pair
	for _, s := range im.st.slices {
		for at := 0; at < len(s.cells); {
			end := at + 1
			for end < len(s.cells) && s.cells[end].area == s.cells[at].area && s.cells[end].part == s.cells[at].part {
				end++
			}
			for _, x := range s.cells[at+1 : end] {
				first := s.cells[at]
				if x.line == first.line {
					continue
				}
				p := pair{x.area, first.line, x.line}
				differs := x.flag != first.flag || x.value != first.value && !(math.IsNaN(x.value) && math.IsNaN(first.value))
				before, seen := conflict[p]
				if !seen {
					order = append(order, p)
				}
				conflict[p] = before || differs
			}
			at = end
		}
	}
	place := map[int32]int{}
	for _, p := range order {
		key := im.st.areas[p.area].Key
		equal := !conflict[p]
		if !equal {
			im.st.bad.add(p.first)
			im.st.bad.add(p.two)
			im.found.add(kernel.Finding{
				Code: "indicator.import.twice", Outcome: kernel.RefuseRow, Row: int(p.two), Key: key,
				Params: kernel.Params("first", int(p.first), "second", int(p.two)),
			})
		} else {
			im.found.add(kernel.Finding{
				Code: "indicator.import.twice_equal", Outcome: kernel.Warn, Row: int(p.two), Key: key,
				Params: kernel.Params("first", int(p.first), "second", int(p.two)),
			})
		}
		n, ok := place[p.area]
		if !ok {
			if len(im.report.Twice) == keptTwice {
				continue
			}
			n = len(im.report.Twice)
			place[p.area] = n
			im.report.Twice = append(im.report.Twice, Duplicate{Key: key, Equal: true})
		}
		d := &im.report.Twice[n]
		d.Equal = d.Equal && equal
		for _, line := range []int{int(p.first), int(p.two)} {
			if len(d.Lines) < keptLines && !slices.Contains(d.Lines, line) {
				d.Lines = append(d.Lines, line)
			}
		}
	}
}

// summarize counts rows and finds the areas without any figure.
func (im *importing) summarize() {
	st, r := im.st, &im.report
	r.Refused += st.bad.count
	for i, w := range st.given.bits {
		if i < len(st.bad.bits) {
			w &^= st.bad.bits[i]
		}
		r.Taken += onesCount(w)
	}
	for _, s := range st.slices {
		for _, x := range s.cells {
			if !st.touched[x.area] && !st.bad.has(x.line) {
				st.touched[x.area] = true
			}
		}
	}
	for i, ok := range st.touched {
		if !ok {
			r.Missing = append(r.Missing, st.areas[i].Key)
		}
	}
	slices.Sort(r.Missing)
	if n := len(r.Missing); n > 0 && r.Taken > 0 {
		im.found.note(kernel.Warn, "indicator.import.areas_missing", "n", n, "of", len(st.areas), "keys", shorten(r.Missing), "level", r.Level, "edition", r.Edition)
	}
}

func onesCount(w uint64) (n int) {
	for ; w != 0; w &= w - 1 {
		n++
	}
	return n
}

// store takes the file: the original first, then everything else in one transaction. What is asked within it is asked again when the database
// wants the transaction to be repeated.
func (im *importing) store(ctx context.Context) error {
	sum, _, err := im.s.Files.Put(ctx, io.NewSectionReader(im.req.Data, 0, im.req.Size), MaxFile)
	if err != nil {
		return err
	}
	if sum != im.report.SHA256 {
		return kernel.E(kernel.Conflict, "indicator.import.changed_while_read", "file", im.req.FileName)
	}
	found := im.found.clone()
	err = im.s.change(ctx, im.a.Tenant, func(ctx context.Context) error {
		im.found = found.clone()
		im.report.Delivery = ""
		if im.replaces != nil {
			if err := im.s.retract(ctx, im.a, im.replaces); err != nil {
				return err
			}
		}
		if err := im.compare(ctx); err != nil {
			return err
		}
		if im.refuses() || im.report.New+im.report.Changed == 0 && im.replaces == nil {
			return errNothing
		}
		return im.write(ctx)
	})
	if errors.Is(err, errNothing) {
		return nil
	}
	return err
}

// errNothing takes a transaction back that would change no figure: not even the count of changes, on which pages hang.
var errNothing = errors.New("indicator: nothing to store")

// write puts slices, delivery and figures into the database.
func (im *importing) write(ctx context.Context) error {
	st, r := im.st, &im.report
	delivery := Delivery{
		ID: kernel.NewID(), Source: im.req.Source, FileName: im.req.FileName, SHA256: r.SHA256, Mapping: im.req.MappingText, Disclosure: Unchecked,
		RowsTaken: r.Taken, TakenAt: im.s.now(), TakenBy: im.a.Name,
	}
	if im.req.Mapping.Disclosure == table.ClearedBySource {
		delivery.Disclosure = Cleared
	}
	if im.replaces != nil {
		delivery.Replaces = im.replaces.ID
	}
	var fresh []Slice
	var states []SliceState
	ordered := make([]*staged, 0, len(st.slices))
	for n, s := range st.slices {
		if len(s.rows) == 0 {
			continue
		}
		if s.slice.ID == "" {
			s.slice.ID = kernel.NewID()
			fresh = append(fresh, s.slice)
			s.report.Slice, r.Slices[n].Slice = s.slice.ID, s.slice.ID
		}
		ordered = append(ordered, s)
		states = append(states, SliceState{Slice: s.slice, Figures: s.report.Areas, Parts: s.parts, Stamp: string(delivery.ID)})
	}
	if err := im.s.Store.AddSlices(ctx, im.a.Tenant, fresh); err != nil {
		return fmt.Errorf("slices: %w", err)
	}
	r.Delivery = delivery.ID
	delivery.Report = im.finish()
	if err := im.s.Store.AddDelivery(ctx, im.a.Tenant, delivery); err != nil {
		return err
	}
	if im.replaces != nil {
		if err := im.s.recount(ctx, im.a, *im.replaces); err != nil {
			return err
		}
	}
	if err := im.s.Store.SetStates(ctx, im.a.Tenant, states); err != nil {
		return err
	}
	slices.SortFunc(ordered, func(a, b *staged) int { return cmp.Compare(a.slice.ID, b.slice.ID) })
	if err := im.s.Store.AddObservations(ctx, im.a.Tenant, im.rows(ctx, ordered, delivery.ID)); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := im.s.Store.SaveMapping(ctx, im.a.Tenant, im.req.Source, signature(im.table), im.req.MappingText, im.s.now()); err != nil {
		return err
	}
	note := map[string]string{"sha256": r.SHA256, "rows": strconv.Itoa(r.Taken), "new": strconv.Itoa(r.New), "changed": strconv.Itoa(r.Changed)}
	if im.replaces != nil {
		note["replaces"] = string(im.replaces.ID)
	}
	return access.Record(ctx, im.s.Trail, im.a, access.Act{
		Do: access.ImportData, What: "delivery.take", Object: kernel.Ref{Kind: "delivery", ID: delivery.ID}, Note: note,
	})
}

// rows yields what is to be written in the order of the primary key, so that the database appends to its pages.
func (im *importing) rows(ctx context.Context, ordered []*staged, delivery kernel.ID) iter.Seq2[kernel.ID, *Observation] {
	total := im.report.New + im.report.Changed
	return func(yield func(kernel.ID, *Observation) bool) {
		o := Observation{DeliveryID: delivery}
		n := 0
		for _, s := range ordered {
			for i := range s.rows {
				x := &s.rows[i]
				if n%8192 == 0 {
					if ctx.Err() != nil {
						return // the caller sees the context's error
					}
					im.progress("write", n, total)
				}
				n++
				o.AreaID, o.Revision, o.Line = im.st.areas[x.area].ID, int(x.revision), int(x.line)
				o.Numerator, o.Denominator, o.Value, o.Change, o.Flag = x.num, x.den, x.val, x.chg, flagNames[x.flag]
				if !yield(s.slice.ID, &o) {
					return
				}
			}
		}
		im.progress("write", total, total)
	}
}
