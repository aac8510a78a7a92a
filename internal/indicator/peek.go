// SPDX-License-Identifier: EUPL-1.2

package indicator

import (
	"context"
	"io"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/area"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/table"
)

// Peek is a look into a file before its columns are mapped.
type Peek struct {
	Format   table.Format
	Columns  []table.Column
	Rows     [][]string       // the first data rows
	Findings []kernel.Finding // about the layout
	// Mapping is what was used last for files with this header, else what header and rows suggest.
	Mapping    *table.Mapping
	Source     string // name under which the mapping is remembered
	Remembered bool
	// Codes are the different values of the column asked for, in the order of the file, of a table with one figure a row.
	Codes []string
}

// PeekRequest says how to look.
type PeekRequest struct {
	FileName string
	Data     io.ReaderAt
	Size     int64
	// As is a mapping whose layout (sheet, header rows, encoding, delimiter) is used; nil lets everything be found.
	As         *table.Mapping
	Rows       int
	CodeColumn string // column, by letter or header, whose values to list
	PersonData bool   // lifts the refusal of columns that look like data of persons
}

// maxCodes bounds the list of codes, and codeRows how far they are looked for.
const (
	maxCodes = 200
	codeRows = 20_000
)

// Peek opens a file and proposes a mapping, with the area level and edition whose keys fit best. A file that cannot be read as a table is an
// Invalid error with the findings.
func (s *Service) Peek(ctx context.Context, a access.Actor, q PeekRequest) (Peek, error) {
	if err := access.CheckTenant(a, access.ImportData); err != nil {
		return Peek{}, err
	}
	o := table.Options{}
	if q.As != nil {
		var err error
		if o, err = q.As.Options(); err != nil {
			return Peek{}, peekRefused(q.FileName, err)
		}
	}
	o.AllowPersonData = q.PersonData
	t, err := table.Open(q.Data, q.Size, q.FileName, o)
	if err != nil {
		return Peek{}, peekRefused(q.FileName, err)
	}
	defer t.Close() //nolint:errcheck // only read
	p := Peek{Format: t.Format, Columns: t.Columns}
	for _, f := range t.Findings {
		x := fromTable(f, t)
		x.File = q.FileName
		p.Findings = append(p.Findings, x)
	}
	if p.Rows, err = t.Preview(q.Rows); err != nil {
		return Peek{}, peekRefused(q.FileName, err)
	}
	if q.CodeColumn != "" {
		if p.Codes, err = codes(ctx, t, q.CodeColumn); err != nil {
			return Peek{}, peekRefused(q.FileName, err)
		}
	}
	source, text, err := s.Store.Mapping(ctx, a.Tenant, signature(t))
	switch {
	case err == nil:
		if p.Mapping, err = table.ParseMapping([]byte(text)); err == nil {
			p.Source, p.Remembered = source, true
			return p, nil
		}
	case kernel.KindOf(err) != kernel.NotFound:
		return Peek{}, err
	}
	h, err := s.hints(ctx, a, t)
	if err != nil {
		return Peek{}, err
	}
	m := table.Propose(t, h)
	if m.Period.Column == "" {
		m.Period.Value = titleDate(t.Format.Titles)
	}
	p.Mapping = &m
	return p, nil
}

var dateInTitle = regexp.MustCompile(`\b\d{1,2}\.\d{1,2}\.\d{4}\b`)

// titleDate is the day the lines above the table name, empty where they name none or several.
func titleDate(titles []string) string {
	found := dateInTitle.FindAllString(strings.Join(titles, " "), -1)
	slices.Sort(found)
	if found = slices.Compact(found); len(found) != 1 {
		return ""
	}
	if p, code := table.ParsePeriod(found[0], ""); code == "" {
		return p.String()
	}
	return ""
}

func peekRefused(name string, err error) error {
	im := importing{req: ImportRequest{FileName: name}}
	im.found.file = name
	if err := im.refused(err, nil); err != nil {
		return err
	}
	return &kernel.Error{Kind: kernel.Invalid, Key: "indicator.import.refused", Params: kernel.Params("file", name), Findings: im.found.list}
}

// hints are the catalogue's names and keys, and the edition whose area keys stand in the file most often.
func (s *Service) hints(ctx context.Context, a access.Actor, t *table.Table) (table.Hints, error) {
	list, err := s.Store.Indicators(ctx, a.Tenant)
	if err != nil {
		return table.Hints{}, err
	}
	h := table.Hints{Indicators: map[string]table.Target{}}
	short := map[string]int{} // names without what stands in brackets; proposed where only one indicator is called so
	for _, i := range list {
		v := i.Current()
		target := table.Target{Indicator: i.Key, Part: table.PartValue}
		if v.Aggregation == Sum {
			target.Part = table.PartNumerator
		}
		for _, name := range []string{i.Key, v.Name["de"], v.Name["en"]} {
			if name != "" {
				h.Indicators[name] = target
			}
			if head, _, ok := strings.Cut(name, " ("); ok {
				if short[head]++; short[head] == 1 {
					if _, taken := h.Indicators[head]; !taken {
						h.Indicators[head] = target
					}
				} else if h.Indicators[head].Indicator != target.Indicator {
					delete(h.Indicators, head)
				}
			}
		}
		for _, part := range []table.Part{table.PartNumerator, table.PartDenominator} {
			h.Indicators[i.Key+"_"+string(part)] = table.Target{Indicator: i.Key, Part: part}
		}
	}
	sample, err := t.Preview(200)
	if err != nil {
		return h, err
	}
	values := map[string]bool{}
	for _, row := range sample {
		for _, cell := range row {
			if cell = strings.TrimSpace(cell); cell != "" {
				values[cell] = true
			}
		}
	}
	editions, err := s.Areas.Editions(ctx, a, "")
	if err != nil {
		return h, err
	}
	var best area.Edition
	most := 0
	for _, e := range editions { // newest first within a level: a later edition must fit better to win
		areas, err := s.Areas.Areas(ctx, a, e.ID)
		if err != nil {
			return h, err
		}
		n := 0
		for _, x := range areas {
			if values[x.Key] || len(x.Key) > 1 && x.Key[0] == '0' && values[x.Key[1:]] {
				n++
			}
		}
		if n > most {
			most, best = n, e
		}
	}
	if most == 0 {
		return h, nil
	}
	areas, err := s.Areas.Areas(ctx, a, best.ID)
	if err != nil {
		return h, err
	}
	known := make(map[string]bool, len(areas))
	for _, x := range areas {
		known[x.Key] = true
	}
	h.Level, h.Edition, h.Known = best.Level.Key, best.Key, func(key string) bool { return known[key] }
	return h, nil
}

// codes lists the different values of a column.
func codes(ctx context.Context, t *table.Table, column string) ([]string, error) {
	at := slices.IndexFunc(t.Columns, func(c table.Column) bool { return c.Letter == column || c.Name == column })
	if at < 0 {
		return nil, nil
	}
	rows, err := t.Rows()
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []string
	seen := map[string]bool{}
	for n := 0; rows.Next() && n < codeRows && len(list) < maxCodes; n++ {
		if n%1024 == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		v := strings.TrimSpace(string(rows.Row().Cell(at).Text))
		if v != "" && !seen[v] {
			seen[v] = true
			list = append(list, v)
		}
	}
	return list, rows.Err()
}

// Original opens the file a delivery was made of; the caller closes it.
func (s *Service) Original(ctx context.Context, a access.Actor, id kernel.ID) (Delivery, *os.File, error) {
	d, err := s.Delivery(ctx, a, id)
	if err != nil {
		return Delivery{}, nil, err
	}
	f, err := s.Files.Open(d.SHA256)
	return d, f, err
}

// Effects lists the slices that hold figures of a delivery: what retracting it would change.
func (s *Service) Effects(ctx context.Context, a access.Actor, id kernel.ID) ([]Slice, error) {
	if _, err := s.Delivery(ctx, a, id); err != nil {
		return nil, err
	}
	ids, err := s.Store.SlicesOf(ctx, a.Tenant, id)
	if err != nil {
		return nil, err
	}
	list := make([]Slice, 0, len(ids))
	for _, x := range ids {
		sl, err := s.Store.Slice(ctx, a.Tenant, x)
		if err != nil {
			return nil, err
		}
		list = append(list, sl)
	}
	return list, nil
}
