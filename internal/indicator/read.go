// SPDX-License-Identifier: EUPL-1.2

package indicator

import (
	"context"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"github.com/kupferfaden/kupferfaden/internal/area"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/table"
)

// read streams the records into the stage.
func (im *importing) read(ctx context.Context) error {
	r, err := im.req.Mapping.Apply(im.table, im.st.known)
	if err != nil {
		return im.refused(err, im.table)
	}
	defer r.Close()
	rd := reading{im: im, unknown: map[string]int{}, said: map[string]bool{}, periods: map[table.Period]*period{}, columns: map[columnKey]*ColumnReport{}}
	for n := 0; r.Next(); n++ {
		if n%8192 == 0 {
			if err := ctx.Err(); err != nil {
				return err
			}
			im.progress("read", r.Stats().Rows, 0)
		}
		rd.record(r.Record())
	}
	if err := r.Err(); err != nil {
		if err := im.refused(err, im.table); err != nil {
			return err
		}
	}
	for _, f := range r.Findings() {
		if f.Code != "number.part_above_whole" { // judged below, for shares only
			im.found.add(fromTable(f, im.table))
			im.found.extra("table."+f.Code, max(0, f.Count-1))
		}
	}
	stats := r.Stats()
	im.progress("read", stats.Rows, stats.Rows)
	im.report.Rows, im.report.Filtered, im.report.Padded = stats.Rows, stats.Filtered, stats.Repaired
	im.report.Refused, im.faulty = stats.Refused, stats.Refused
	rd.done()
	return nil
}

// reading turns records into cells.
type reading struct {
	im      *importing
	unknown map[string]int // key and its first line
	lost    lineSet        // lines of unknown areas
	periods map[table.Period]*period
	columns map[columnKey]*ColumnReport
	folded  map[string]int32 // areas by the spelling of their keys, -1 where several have one
	said    map[string]bool  // words that were asked for
	order   []columnKey

	area    string
	areaAt  int32
	areaOK  bool
	lastPer table.Period
	lastIs  *period
	lastCol columnKey
	lastRep *ColumnReport
	lastInd int
}

type period struct {
	period  kernel.Period
	refused bool
	slices  []int32 // by indicator, 0 none, else its slice + 1
}

type columnKey struct {
	column    int
	indicator string
	part      table.Part
}

// maxFigure is the largest number up to which a float64 holds every whole number. Nothing that a town counts or spends comes near it, and sums
// of figures below it stay finite.
const maxFigure = 1 << 53

func (rd *reading) record(rec *table.Record) {
	im, st := rd.im, rd.im.st
	line := int32(rec.Line)
	if rec.Area != rd.area || rd.area == "" {
		rd.area = rec.Area
		if rd.areaAt, rd.areaOK = st.index[rec.Area]; !rd.areaOK {
			rd.areaAt, rd.areaOK = rd.like(rec)
		}
	}
	if !rd.areaOK {
		if _, ok := rd.unknown[rec.Area]; !ok && !rd.said[rec.Area] && len(rd.unknown) < keptKeys {
			rd.unknown[rec.Area] = rec.Line
		}
		rd.lost.add(line)
		return
	}
	st.matched.add(line)
	p := rd.period(rec.Period)
	if p.refused {
		if st.bad.add(line) {
			f, _ := im.outside(p.period)
			f.Row, f.Key = rec.Line, rec.Area
			im.found.add(f)
		}
		return
	}
	col := rd.column(rec)
	if rec.Flag == table.FlagMissing && !rec.HasValue {
		col.Empty++
		return
	}
	c := cell{value: math.NaN(), slice: rd.slice(p), area: rd.areaAt, line: line, column: int16(min(rec.Column, math.MaxInt16)), flag: flagCodes[rec.Flag]}
	v := st.version(st.slices[c.slice])
	c.part = partCodes[rec.Part]
	if c.part == valueCode && v.Aggregation == Sum {
		c.part = numeratorCode // the value of a count is the count
	}
	if rec.HasValue {
		c.value = rec.Value
		if math.Abs(rec.Value) > maxFigure {
			if st.bad.add(line) {
				im.found.add(kernel.Finding{
					Code: "indicator.import.too_large", Outcome: kernel.RefuseRow, Row: rec.Line, Key: rec.Area,
					Column: columnLabel(im.table, rec.Column), Params: kernel.Params("indicator", v.Name, "value", strconv.FormatFloat(rec.Value, 'g', 6, 64)),
				})
			}
			return
		}
		if rec.Value < 0 && c.part != changeCode && (!v.Signed || c.part == denominatorCode) {
			if st.bad.add(line) {
				im.found.add(kernel.Finding{
					Code: "indicator.import.negative", Outcome: kernel.RefuseRow, Row: rec.Line, Key: rec.Area,
					Column: columnLabel(im.table, rec.Column), Params: kernel.Params("indicator", v.Name, "value", rec.Value),
				})
			}
			return
		}
		if col.Cells == 0 || rec.Value < col.Min {
			col.Min = rec.Value
		}
		if col.Cells == 0 || rec.Value > col.Max {
			col.Max = rec.Value
		}
		col.Sum += rec.Value
	}
	col.Cells++
	if c.flag != 0 {
		if col.Flags == nil {
			col.Flags = map[Flag]int{}
		}
		col.Flags[flagNames[c.flag]]++
	}
	st.given.add(line)
	st.add(c)
}

// like finds the one area whose key differs from an unknown word only in spelling: Muehle, MÜHLE and Mühle (reliability.md C33). It is asked
// for, once a word; with yes it is taken. Digits are never guessed at.
func (rd *reading) like(rec *table.Record) (at int32, ok bool) {
	const code = "indicator.import.area_like"
	folded := fold(rec.Area)
	if strings.Trim(folded, "0123456789") == "" {
		return 0, false
	}
	if rd.folded == nil {
		rd.folded = make(map[string]int32, len(rd.im.st.areas))
		for i, a := range rd.im.st.areas {
			f := fold(a.Key)
			if _, twice := rd.folded[f]; twice {
				i = -1
			}
			rd.folded[f] = int32(i)
		}
	}
	at, ok = rd.folded[folded]
	if !ok || at < 0 {
		return 0, false
	}
	outcome := kernel.Ask
	if accepted(rd.im.req.Accept, code) {
		outcome = kernel.Warn
	}
	if !rd.said[rec.Area] && len(rd.said) < keptKeys {
		rd.said[rec.Area] = true
		rd.im.found.add(kernel.Finding{
			Code: code, Outcome: outcome, Row: rec.Line, Key: rd.im.st.areas[at].Key, Params: kernel.Params("text", rec.Area, "code", code),
		})
	}
	return at, outcome == kernel.Warn
}

var umlauts = strings.NewReplacer("ä", "ae", "ö", "oe", "ü", "ue", "ß", "ss")

// fold leaves of a word what spellings have in common.
func fold(s string) string {
	s = umlauts.Replace(strings.ToLower(norm.NFC.String(s)))
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return r
		}
		return -1
	}, s)
}

func (rd *reading) period(p table.Period) *period {
	if rd.lastIs != nil && rd.lastPer == p {
		return rd.lastIs
	}
	x := rd.periods[p]
	if x == nil {
		x = &period{period: periodOf(p), slices: make([]int32, len(rd.im.st.catalogue))}
		if f, ok := rd.im.outside(x.period); ok {
			x.refused = f.Outcome == kernel.RefuseRow
			if !x.refused && rd.im.req.Mapping.Period.Value == "" {
				rd.im.found.add(f)
			}
		}
		rd.periods[p] = x
	}
	rd.lastPer, rd.lastIs = p, x
	return x
}

// column finds what is summed up for a column; it also remembers the indicator for slice.
func (rd *reading) column(rec *table.Record) *ColumnReport {
	k := columnKey{rec.Column, rec.Indicator, rec.Part}
	if rd.lastRep != nil && rd.lastCol == k {
		return rd.lastRep
	}
	c := rd.columns[k]
	if c == nil {
		c = &ColumnReport{Column: columnLabel(rd.im.table, rec.Column), Indicator: rec.Indicator, Part: partNames[partCodes[rec.Part]]}
		rd.columns[k] = c
		rd.order = append(rd.order, k)
	}
	rd.lastCol, rd.lastRep, rd.lastInd = k, c, rd.im.st.byKey[rec.Indicator]
	return c
}

func (rd *reading) slice(p *period) int32 {
	n := p.slices[rd.lastInd]
	if n == 0 {
		n = rd.im.st.place(rd.lastInd, p.period) + 1
		p.slices[rd.lastInd] = n
	}
	return n - 1
}

func columnLabel(t *table.Table, index int) string {
	if index >= len(t.Columns) {
		return ""
	}
	c := t.Columns[index]
	if c.Name == "" {
		return c.Letter
	}
	return c.Letter + " (" + c.Name + ")"
}

func (rd *reading) done() {
	im := rd.im
	for _, k := range rd.order {
		im.report.Columns = append(im.report.Columns, *rd.columns[k])
	}
	im.report.Matched = im.st.matched.count
	im.report.Refused += rd.lost.count
	if len(rd.unknown) == 0 {
		return
	}
	first := math.MaxInt
	for key, line := range rd.unknown {
		im.report.Unmatched = append(im.report.Unmatched, key)
		first = min(first, line)
	}
	slices.Sort(im.report.Unmatched)
	e := im.st.edition
	code := "indicator.import.unknown_area"
	if len(rd.unknown) == keptKeys {
		code = "indicator.import.unknown_area_many"
	}
	im.found.add(kernel.Finding{
		Code: code, Outcome: kernel.RefuseRow, Row: first,
		Params: kernel.Params("keys", shorten(im.report.Unmatched), "n", len(im.report.Unmatched), "rows", rd.lost.count, "level", e.Level.Key, "edition", e.Key),
	})
	if own, others := lengths(im.st.areas, im.report.Unmatched); len(others) > 0 {
		im.found.note(kernel.Warn, "indicator.import.other_levels", "digits", own, "others", others, "level", e.Level.Key, "edition", e.Key)
	}
}

// lengths tells how many digits the keys of the edition have and, where none of the unknown keys has as many, how many those have: such a file
// holds several levels, as the tables of the statistical offices do. Words among the unknown keys (DG) are not judged.
func lengths(areas []area.Area, unknown []string) (own int, others []string) {
	digits := func(s string) bool { return strings.Trim(s, "0123456789") == "" }
	for _, a := range areas {
		if !digits(a.Key) || own > 0 && len(a.Key) != own {
			return 0, nil
		}
		own = len(a.Key)
	}
	seen := map[int]bool{}
	for _, k := range unknown {
		if digits(k) {
			seen[len(k)] = true
		}
	}
	if seen[own] {
		return own, nil
	}
	for _, n := range slices.Sorted(maps.Keys(seen)) {
		others = append(others, strconv.Itoa(n))
	}
	return own, others
}

// shorten keeps a list readable in a sentence; the report has all of it.
func shorten(keys []string) []string {
	if len(keys) <= 20 {
		return keys
	}
	return append(slices.Clone(keys[:20]), "…")
}
