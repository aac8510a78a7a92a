// SPDX-License-Identifier: EUPL-1.2

package atlasweb

import (
	"context"
	"html"
	"io"
	"math"
	"net/url"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"github.com/kupferfaden/kupferfaden/internal/atlas"
	"github.com/kupferfaden/kupferfaden/internal/indicator"
)

func escapeQuery(s string) string { return url.QueryEscape(s) }

// tableRows writes the body of the table of the atlas. It is written by hand, as a town has hundreds of rows and each would repeat the same
// markup: cells carry no classes, columns are styled by position.
func tableRows(p *atlasPage) templ.Component {
	return templ.ComponentFunc(func(_ context.Context, out io.Writer) error {
		var b strings.Builder
		b.Grow(200 * len(p.main.layer.Cells))
		t := newTable(p)
		for _, i := range p.main.layer.Order(p.q.Order) {
			t.row(&b, i)
		}
		_, err := io.WriteString(out, b.String())
		return err
	})
}

// table knows what the columns are.
type table struct {
	p        *atlasPage
	w        atlas.Words
	l        *atlas.Layer
	second   *atlas.Layer
	base     string
	interval bool
	parts    bool
	classes  []string
}

func newTable(p *atlasPage) *table {
	t := &table{p: p, w: p.r.P, l: p.main.layer, base: p.r.Link(editionPath(p.main.layer.Edition)) + "/"}
	if p.second != nil {
		t.second = p.second.layer
	}
	if t.l.Table != nil {
		v := t.l.Table.Version
		for i := range t.l.Cells {
			f := &t.l.Cells[i].Figure
			t.parts = t.parts || !math.IsNaN(f.Denominator)
			t.interval = t.interval || v.Share() && !math.IsNaN(f.Low)
		}
	}
	for i := range t.l.Classes.N() {
		t.classes = append(t.classes, t.l.ClassName(t.w, i))
	}
	return t
}

// tableColumn is a head cell; only columns with an order can be sorted.
type tableColumn struct {
	text, unit string
	numeric    bool
	order      string // parameter of the address when it is not sorted by it yet
	sorted     string // "ascending" or "descending"
}

func (t *table) columns() []tableColumn {
	w, q := t.w, t.p.q
	sorted := func(up, down string) string {
		switch q.Order {
		case up:
			return "ascending"
		case down:
			return "descending"
		}
		return ""
	}
	next := atlas.ByValueDown
	if q.Order == atlas.ByValueDown {
		next = atlas.ByValueUp
	}
	cols := []tableColumn{{text: w.T("atlas.column.name"), order: atlas.ByName, sorted: sorted(atlas.ByName, "-")}}
	if t.l.Result != nil {
		cols = append(cols, tableColumn{text: w.T("atlas.column.classname")}, tableColumn{
			text: w.T("atlas.column.index"), numeric: true, order: next, sorted: sorted(atlas.ByValueUp, atlas.ByValueDown),
		}, tableColumn{text: w.T("atlas.column.distance"), numeric: true}, tableColumn{text: w.T("atlas.column.dynamic")})
	} else {
		cols = append(cols, tableColumn{
			text: w.T("atlas.column.value"), unit: atlas.UnitName(w, t.l.Unit), numeric: true, order: next, sorted: sorted(atlas.ByValueUp, atlas.ByValueDown),
		})
		if t.interval {
			cols = append(cols, tableColumn{text: w.T("atlas.column.interval"), numeric: true})
		}
		if t.parts {
			cols = append(cols, tableColumn{text: w.T("atlas.column.numerator"), numeric: true}, tableColumn{text: w.T("atlas.column.denominator"), numeric: true})
		}
		cols = append(cols, tableColumn{text: w.T("atlas.column.class")})
	}
	if t.second != nil {
		head := tableColumn{text: atlas.Say(w, t.second.Name), unit: w.Period(t.second.Period), numeric: true}
		if t.second.Theme == t.l.Theme {
			head.text = w.T("atlas.column.value")
		}
		cols = append(cols, head)
		if t.difference() {
			cols = append(cols, tableColumn{text: w.T("atlas.column.difference"), numeric: true})
		}
	}
	return cols
}

// numeric names the columns of numbers for the style sheet, as cells carry no classes.
func (t *table) numeric() string {
	var names []string
	for i, c := range t.columns() {
		if c.numeric {
			names = append(names, "ka-n"+strconv.Itoa(i+1))
		}
	}
	return strings.Join(names, " ")
}

// difference tells whether the two maps show the same thing at two times.
func (t *table) difference() bool {
	return t.second != nil && t.second.Theme == t.l.Theme && t.l.Table != nil && t.second.Table != nil &&
		t.l.Table.Version.Version == t.second.Table.Version.Version
}

func (t *table) row(b *strings.Builder, i int) {
	c := &t.l.Cells[i]
	b.WriteString(`<tr data-k="`)
	b.WriteString(html.EscapeString(c.Area.Key))
	b.WriteByte('"')
	if c.Class >= 0 {
		b.WriteString(` data-c="` + strconv.Itoa(c.Class) + `"`)
	} else {
		b.WriteString(` data-s="` + stateNames[c.State] + `"`)
	}
	if !math.IsNaN(c.Value) {
		b.WriteString(` data-v="` + strconv.FormatFloat(c.Value, 'g', 7, 64) + `"`)
	}
	marks(b, c, "")
	if t.second != nil {
		if j := t.second.Find(c.Area.Key); j >= 0 {
			o := &t.second.Cells[j]
			if o.Class >= 0 {
				b.WriteString(` data-c2="` + strconv.Itoa(o.Class) + `"`)
			} else {
				b.WriteString(` data-s2="` + stateNames[o.State] + `"`)
			}
			marks(b, o, "2")
		}
	}
	if c.Area.Key == t.p.q.Selected {
		b.WriteString(` class="kf-row--mark" aria-current="true"`)
	}
	b.WriteString(`><th scope="row"><a href="` + html.EscapeString(t.base+url.PathEscape(c.Area.Key)) + `">` + html.EscapeString(c.Area.Name) + `</a></th>`)
	if t.l.Result != nil {
		t.indexCells(b, c)
	} else {
		t.figureCells(b, c)
	}
	if t.second != nil {
		t.besideCells(b, c)
	}
	b.WriteString("</tr>\n")
}

// marks tell the script how an area has changed and whether it needs attention, by map.
func marks(b *strings.Builder, c *atlas.Cell, which string) {
	if c.Outcome == nil || c.State != atlas.Shown {
		return
	}
	if d := c.Outcome.DynamicClass; d == "+" || d == "-" {
		b.WriteString(` data-d` + which + `="` + d + `"`)
	}
	if c.Outcome.Attention {
		b.WriteString(` data-a` + which)
	}
}

// stateNames are the words of data-s, which the script draws as patterns.
var stateNames = [...]string{atlas.Shown: "class", atlas.NotAssessed: "notassessed", atlas.Suppressed: "suppressed", atlas.NoData: "nodata"}

func td(b *strings.Builder, text string) { b.WriteString(`<td>` + html.EscapeString(text) + `</td>`) }

func (t *table) figureCells(b *strings.Builder, c *atlas.Cell) {
	f, d := c.Figure, t.l.Decimals()
	if c.State != atlas.Shown {
		b.WriteString(`<td><i>` + html.EscapeString(t.l.Text(t.w, c)) + `</i></td>`)
	} else {
		b.WriteString(`<td>` + html.EscapeString(t.w.Number(c.Value, d)))
		if word := atlas.FlagWord(t.w, f.Flag); word != "" && f.Flag != indicator.Zero {
			b.WriteString(` <i>(` + html.EscapeString(word) + `)</i>`)
		}
		b.WriteString(`</td>`)
	}
	optional := func(show bool, text func() string) {
		if show {
			td(b, text())
		} else {
			b.WriteString(`<td></td>`)
		}
	}
	if t.interval {
		optional(c.State == atlas.Shown && !math.IsNaN(f.Low), func() string { return t.w.Number(f.Low, d) + "–" + t.w.Number(f.High, d) })
	}
	if t.parts {
		optional(!math.IsNaN(f.Numerator), func() string { return t.w.Number(f.Numerator, 0) })
		optional(!math.IsNaN(f.Denominator), func() string { return t.w.Number(f.Denominator, 0) })
	}
	optional(c.Class >= 0, func() string { return t.classes[c.Class] })
}

func (t *table) indexCells(b *strings.Builder, c *atlas.Cell) {
	o := c.Outcome
	if c.State != atlas.Shown {
		b.WriteString(`<td><i>` + html.EscapeString(atlas.StateWord(t.w, c.State)) + `</i></td><td></td><td></td><td></td>`)
		return
	}
	name := ""
	if c.Class >= 0 && c.Class < len(t.classes) {
		name = t.classes[c.Class]
	}
	if o.Attention {
		name += " (" + t.w.T("atlas.attention.short") + ")"
	}
	td(b, name)
	num := func(v float64) {
		if math.IsNaN(v) {
			b.WriteString(`<td></td>`)
			return
		}
		td(b, t.w.Number(v, t.l.Decimals()))
	}
	num(c.Value)
	num(float64(o.Distance))
	td(b, atlas.DynamicWord(t.w, o.DynamicClass))
}

func (t *table) besideCells(b *strings.Builder, c *atlas.Cell) {
	j := t.second.Find(c.Area.Key)
	if j < 0 {
		b.WriteString(`<td></td>`)
	} else if o := &t.second.Cells[j]; o.State != atlas.Shown {
		b.WriteString(`<td><i>` + html.EscapeString(t.second.Text(t.w, o)) + `</i></td>`)
	} else if t.second.Table != nil {
		td(b, t.w.Number(o.Value, t.second.Decimals()))
	} else {
		td(b, t.second.Text(t.w, o))
	}
	if !t.difference() {
		return
	}
	if j < 0 || math.IsNaN(c.Value) || math.IsNaN(t.second.Cells[j].Value) {
		b.WriteString(`<td></td>`)
		return
	}
	td(b, atlas.Difference(t.w, c.Value-t.second.Cells[j].Value, t.l.Unit, t.l.Decimals()))
}
