// SPDX-License-Identifier: EUPL-1.2

package write

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"sort"
	"time"

	"github.com/xuri/excelize/v2"
)

// Properties are what a workbook says about itself.
type Properties struct {
	Title    string
	Creator  string
	Language string
	Created  time.Time // of the content, not of the writing; the zero time stands for 1 January 2000
}

// the text of a cell may have this many characters (Excel specifications and limits)
const maxCellText = 32767

// XLSX writes sheets as a workbook. Titles stand above the table, notes below; the row of column titles is frozen and bold. The same
// input gives the same bytes.
func XLSX(w io.Writer, sheets []Sheet, p Properties) error {
	if len(sheets) == 0 {
		return errors.New("write: a workbook needs a sheet")
	}
	f := excelize.NewFile()
	defer func() { _ = f.Close() }()
	bold, err := f.NewStyle(&excelize.Style{Font: &excelize.Font{Bold: true}, Alignment: &excelize.Alignment{WrapText: true, Vertical: "top"}})
	if err != nil {
		return err
	}
	st := styles{file: f, bold: bold, numbers: map[int]int{}}
	taken := map[string]bool{}
	for i, s := range sheets {
		name := sheetName(s.Name, taken)
		if i == 0 {
			err = f.SetSheetName("Sheet1", name)
		} else {
			_, err = f.NewSheet(name)
		}
		if err == nil {
			err = st.sheet(name, s)
		}
		if err != nil {
			return fmt.Errorf("write: sheet %s: %w", name, err)
		}
	}
	created := p.Created
	if created.IsZero() {
		created = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	stamp := created.UTC().Format(time.RFC3339)
	if err := f.SetDocProps(&excelize.DocProperties{Title: p.Title, Creator: p.Creator, LastModifiedBy: p.Creator, Language: p.Language, Created: stamp, Modified: stamp}); err != nil {
		return err
	}
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		return err
	}
	return settle(w, b.Bytes(), created)
}

type styles struct {
	file    *excelize.File
	bold    int
	numbers map[int]int // by decimals
}

// number gives the style of a number with fixed decimals, 0 for one as it is.
func (s *styles) number(decimals int) (int, error) {
	if decimals < 0 {
		return 0, nil
	}
	if id, ok := s.numbers[decimals]; ok {
		return id, nil
	}
	format := "0"
	if decimals > 0 {
		format += "." + "000000000000000"[:decimals]
	}
	id, err := s.file.NewStyle(&excelize.Style{CustomNumFmt: &format})
	s.numbers[decimals] = id
	return id, err
}

func (s *styles) sheet(name string, t Sheet) error {
	out, err := s.file.NewStreamWriter(name)
	if err != nil {
		return err
	}
	head := 1
	if len(t.Title) > 0 {
		head = len(t.Title) + 2
	}
	if len(t.Columns) > 0 {
		if err := out.SetColWidth(1, len(t.Columns), 16); err != nil {
			return err
		}
		if err := out.SetPanes(&excelize.Panes{Freeze: true, YSplit: head, TopLeftCell: fmt.Sprintf("A%d", head+1), ActivePane: "bottomLeft"}); err != nil {
			return err
		}
	}
	line := 1
	put := func(cells []any) error {
		ref, err := excelize.CoordinatesToCellName(1, line)
		if err != nil {
			return err
		}
		line++
		return out.SetRow(ref, cells)
	}
	for _, x := range t.Title {
		if err := put([]any{excelize.Cell{StyleID: s.bold, Value: clean(x)}}); err != nil {
			return err
		}
	}
	line = head
	cells := make([]any, len(t.Columns))
	for i, c := range t.Columns {
		cells[i] = excelize.Cell{StyleID: s.bold, Value: clean(c)}
	}
	if err := put(cells); err != nil {
		return err
	}
	for _, r := range t.Rows {
		cells = cells[:0]
		for _, c := range r {
			v, err := s.cell(c)
			if err != nil {
				return err
			}
			cells = append(cells, v)
		}
		if err := put(cells); err != nil {
			return err
		}
	}
	if len(t.Notes) > 0 {
		line++
	}
	for _, n := range t.Notes {
		if err := put([]any{clean(n)}); err != nil {
			return err
		}
	}
	return out.Flush()
}

func (s *styles) cell(c Cell) (any, error) {
	switch {
	case c.kind == textual:
		return clean(c.text), nil
	case c.kind == blank || math.IsNaN(c.number) || math.IsInf(c.number, 0):
		return nil, nil
	}
	id, err := s.number(c.digits)
	return excelize.Cell{StyleID: id, Value: c.number}, err
}

// clean makes a text fit for a cell: harmless, valid, without control characters that XML cannot hold, within the length a cell may have.
func clean(s string) string {
	b := make([]rune, 0, len(s))
	for _, r := range Neutral(s) {
		if r < ' ' && r != '\n' && r != '\t' || r == 0xFFFE || r == 0xFFFF {
			r = '\uFFFD'
		}
		b = append(b, r)
	}
	return string(b[:min(len(b), maxCellText)])
}

// settle writes the parts of a workbook in a fixed order and with one time stamp.
func settle(w io.Writer, raw []byte, stamp time.Time) error {
	in, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		return err
	}
	parts := append([]*zip.File(nil), in.File...)
	rank := func(f *zip.File) string {
		if f.Name == "[Content_Types].xml" { // readers expect it first
			return ""
		}
		return f.Name
	}
	sort.Slice(parts, func(i, j int) bool { return rank(parts[i]) < rank(parts[j]) })
	if y := stamp.UTC().Year(); y < 1980 || y > 2107 { // what the archive format can hold
		stamp = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	out := zip.NewWriter(w)
	for _, f := range parts {
		r, err := f.Open()
		if err != nil {
			return err
		}
		p, err := out.CreateHeader(&zip.FileHeader{Name: f.Name, Method: zip.Deflate, Modified: stamp.UTC()})
		if err == nil {
			_, err = io.Copy(p, r)
		}
		_ = r.Close()
		if err != nil {
			return err
		}
	}
	return out.Close()
}
