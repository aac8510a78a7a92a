// SPDX-License-Identifier: EUPL-1.2

package reportdoc

import (
	"context"
	"io"

	"github.com/kupferfaden/kupferfaden/internal/report"
	"github.com/kupferfaden/kupferfaden/table/write"
)

// XLSX writes the figures: a sheet for every figure and table of the report, one for the profiles, and what their signs mean.
func (p Press) XLSX(ctx context.Context, out io.Writer, d *report.Document, progress report.Progress) error {
	w := p.Words(d.Edition.Settings.Language)
	sheets := []write.Sheet{overview(d, w)}
	total := len(d.Items) + 1
	for i, it := range d.Items {
		if err := ctx.Err(); err != nil {
			return err
		}
		if it.Part.Table != nil {
			s := sheetOf(w, it.Part.Table)
			s.Name = sheet(w, it)
			s.Title = []string{label(w, it) + ": " + it.Part.Title, d.Edition.Name() + ", " + d.Meta.Town}
			s.Notes = facts(w, it.Part.Facts)
			sheets = append(sheets, s)
		}
		if progress != nil {
			progress(i+1, total)
		}
	}
	sheets = append(sheets, profileSheets(d, w)...)
	at := d.Edition.FrozenAt
	if d.Draft {
		at = d.Edition.CreatedAt
	}
	err := write.XLSX(out, sheets, write.Properties{Title: d.Edition.Name(), Creator: d.Meta.Town, Language: d.Edition.Settings.Language, Created: at.Time})
	if progress != nil {
		progress(total, total)
	}
	return err
}

// overview is the first sheet: what the workbook is and which sheet shows what.
func overview(d *report.Document, w report.Words) write.Sheet {
	s := write.Sheet{Name: w.T("report.sheetname.overview"), Title: []string{d.Edition.Name()}, Columns: []string{w.T("report.sheetname.sheet"), w.T("report.sheetname.content"), w.T("report.sheetname.chapter")}}
	for _, x := range about(w, d) {
		s.Title = append(s.Title, x.Term+": "+x.Text)
	}
	for _, it := range d.Items {
		if it.Part.Table != nil {
			s.Rows = append(s.Rows, []write.Cell{write.Text(sheet(w, it)), write.Text(it.Part.Title), write.Text(it.Chapter.Number + " " + it.Chapter.Title)})
		}
	}
	if d.Draft {
		s.Notes = append(s.Notes, w.T("report.draft")+": "+w.T("report.draft.text"))
	}
	if d.Meta.Fictional {
		s.Notes = append(s.Notes, w.T("report.fictional"))
	}
	return s
}

func cell(c report.Cell) write.Cell {
	if c.Numeric && c.Number.Known() {
		return write.Fixed(float64(c.Number), c.Decimals)
	}
	return write.Text(c.Text)
}

func sheetOf(w report.Words, t *report.Table) write.Sheet {
	var s write.Sheet
	for _, c := range t.Columns {
		name := c.Text
		if c.Unit != "" {
			name = w.T("report.legend.unit", "name", c.Text, "unit", c.Unit)
		}
		s.Columns = append(s.Columns, name)
	}
	for _, row := range t.Rows {
		cells := make([]write.Cell, len(row))
		for i, c := range row {
			cells[i] = cell(c)
		}
		s.Rows = append(s.Rows, cells)
	}
	return s
}

// profileSheets are one long table for each part with profiles: area, indicator, value, town, change, and the years of the small charts.
func profileSheets(d *report.Document, w report.Words) []write.Sheet {
	var sheets []write.Sheet
	_ = report.Walk(d.Chapters, func(n *report.Node) error {
		for _, b := range d.Bodies[n.ID].Blocks {
			if b.Call == nil || b.Call.Kind != report.Profiles {
				continue
			}
			p := d.Part(*b.Call)
			if p.Fault == "" {
				sheets = append(sheets, profileSheet(d, w, p, len(sheets)+1))
			}
		}
		return nil
	})
	return sheets
}

func profileSheet(d *report.Document, w report.Words, p report.Part, n int) write.Sheet {
	s := write.Sheet{
		Name: w.T("report.sheetname.profiles", "n", n), Title: []string{p.Title, d.Edition.Name() + ", " + d.Meta.Town}, Notes: facts(w, p.Facts),
		Columns: []string{w.T("report.col.key"), w.T("report.profile.col.area"), w.T("report.col.indicator"), w.T("report.sheet.unit"), w.T("report.chart.value"), d.Meta.Town, w.T("report.chart.low"), w.T("report.chart.high")},
	}
	if d.Meta.Compare != "" {
		s.Columns = append(s.Columns, w.T("report.profile.col.change", "period", d.Meta.Compare))
	}
	s.Columns = append(s.Columns, p.Frame.Periods...)
	number := func(v report.Number) write.Cell {
		if !v.Known() {
			return write.Blank()
		}
		return write.Number(float64(v))
	}
	for _, x := range p.Profiles {
		for i, row := range p.Frame.Rows {
			v := x.Values[i]
			cells := []write.Cell{write.Text(x.Key), write.Text(x.Name), write.Text(row.Name), write.Text(row.Unit), cell(v.Value), cell(row.Town), number(row.Low), number(row.High)}
			if d.Meta.Compare != "" {
				cells = append(cells, number(v.Delta))
			}
			for k := range p.Frame.Periods {
				if k < len(v.Line) {
					cells = append(cells, number(v.Line[k]))
				} else {
					cells = append(cells, write.Blank())
				}
			}
			s.Rows = append(s.Rows, cells)
		}
	}
	return s
}
