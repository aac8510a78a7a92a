// SPDX-License-Identifier: EUPL-1.2

package regionweb

import (
	"bytes"
	"net/http"

	"github.com/kupferfaden/kupferfaden/internal/atlas"
	"github.com/kupferfaden/kupferfaden/internal/indicator"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/region"
	"github.com/kupferfaden/kupferfaden/internal/web"
	"github.com/kupferfaden/kupferfaden/table/write"
)

// decimals of a figure: counts have none.
func decimals(unit string) int {
	if unit == "n" || unit == "" {
		return 0
	}
	return 1
}

func said(r *web.Request, t kernel.Text) string {
	s, _ := r.P.Text(t)
	return s
}

func figure(r *web.Request, f region.Figure, m region.Meta) string {
	return atlas.FigureText(r.P, f.Value, f.Flag, m.Unit, decimals(m.Unit))
}

// why says why a figure is not set beside the others.
func why(r *web.Request, l region.Line) string {
	if l.Why == region.Comparable || l.Table == nil {
		if l.Why == region.Comparable {
			return ""
		}
		return r.T(l.Why)
	}
	return r.T(l.Why, "period", l.Table.Period, "version", l.Table.Version, "definition", said(r, l.Table.Meta.Numerator))
}

// file writes a comparison: one row a town and one an area, each with flag, period, edition and definition, so that it can be read alone.
func (h handlers) file(w http.ResponseWriter, r *web.Request) error {
	c, err := h.compare(r)
	if err != nil {
		return err
	}
	f, err := atlas.ParseFormat(r.URL.Query().Get("format"))
	if err != nil || f != atlas.CSV && f != atlas.Spreadsheet && f != atlas.XLSX {
		return kernel.E(kernel.NotFound, "access.notfound")
	}
	var b bytes.Buffer
	s := sheet(r, c)
	switch f {
	case atlas.XLSX:
		err = write.XLSX(&b, []write.Sheet{s}, write.Properties{Title: said(r, c.Meta.Name), Creator: "Kupferfaden", Language: r.Lang})
	case atlas.Spreadsheet:
		err = write.CSV(&b, s, write.CSVOptions{BOM: true, Semicolon: true, DecimalComma: true, CRLF: true})
	default:
		err = write.CSV(&b, s, write.CSVOptions{})
	}
	if err != nil {
		return err
	}
	head := w.Header()
	head.Set("Content-Type", f.ContentType())
	head.Set("Content-Disposition", `attachment; filename="region-`+safe(c.Theme.Indicator)+f.Extension()+`"`)
	_, err = w.Write(b.Bytes())
	return err
}

// safe keeps what keys of the catalogue consist of.
func safe(key string) string {
	out := []byte{}
	for _, c := range []byte(key) {
		if c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '_' {
			out = append(out, c)
		}
	}
	return string(out)
}

func sheet(r *web.Request, c *region.Comparison) write.Sheet {
	s := write.Sheet{Name: safe(c.Theme.Indicator)}
	for _, k := range []string{"town", "level", "edition", "area", "name", "period", "version", "value", "flag", "comparable", "note"} {
		s.Columns = append(s.Columns, r.T("region.column."+k))
	}
	row := func(l region.Line, t *region.Table, key, name string, f region.Figure) {
		value := write.Blank()
		if f.Shown() {
			value = write.Number(f.Value)
		}
		comparable := r.T("region.yes")
		if l.Why != region.Comparable {
			comparable = r.T("region.no")
		}
		s.Rows = append(s.Rows, []write.Cell{
			write.Text(said(r, l.Town.Name)), write.Text(t.Level), write.Text(t.Edition), write.Text(key), write.Text(name), write.Text(t.Period.String()),
			write.Int(int64(t.Version)), value, write.Text(flagWord(r, f.Flag)), write.Text(comparable), write.Text(why(r, l)),
		})
	}
	for _, l := range c.Lines {
		if l.Table == nil {
			s.Rows = append(s.Rows, []write.Cell{
				write.Text(said(r, l.Town.Name)), write.Blank(), write.Blank(), write.Blank(), write.Blank(), write.Blank(), write.Blank(), write.Blank(),
				write.Blank(), write.Text(r.T("region.no")), write.Text(why(r, l)),
			})
			continue
		}
		row(l, l.Table, "", r.T("region.whole"), l.Table.Total.Figure)
		for i := range l.Areas {
			for _, a := range l.Areas[i].Areas {
				row(l, &l.Areas[i], a.Key, a.Name, a.Figure)
			}
		}
	}
	return s
}

// flagWord explains what stands beside or instead of a number.
func flagWord(r *web.Request, f indicator.Flag) string {
	if f == "" {
		f = indicator.Unknown
	}
	return r.T("indicator.flag." + string(f))
}
