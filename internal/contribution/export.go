// SPDX-License-Identifier: EUPL-1.2

package contribution

import (
	"archive/zip"
	"bufio"
	"context"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"io"
	"strconv"
	"strings"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/table/write"
)

// Formats lists the files contributions can be taken away as.
func Formats() []string { return []string{"csv", "xlsx", "geojson"} }

// ExportMatter names the export that may have to wait for a second person.
const ExportMatter = "contribution.export"

// WordsOf gives a sentence of the catalogue.
type WordsOf func(key string, kv ...any) string

// columns of the files: those of the staff's file begin with what the open one has.
var openColumns = []string{
	"number", "process", "module", "channel", "lang", "title", "text", "category", "status", "areas", "lon", "lat", "received", "published", "supports", "comments", "merged", "split",
}

var staffColumns = append(openColumns[:len(openColumns):len(openColumns)], "state", "office", "due", "said", "source", "person", "original")

// OpenData writes everything public that a filter finds as CSV or GeoJSON. Names of authors are not in it.
func (s *Service) OpenData(ctx context.Context, tenant kernel.ID, f Filter, format string, w io.Writer, t WordsOf) error {
	by := access.Anonymous(tenant)
	if err := s.bound(ctx, by, &f); err != nil {
		return err
	}
	f.States = []State{Published}
	return s.export(ctx, tenant, f, format, w, openColumns, t, nil)
}

// Export writes what a filter finds for evaluation: without names and accounts; contributions of the same person bear the same mark, which is
// another one in each file. It is an act of its own: written down, and where the town wants it, by two people.
func (s *Service) Export(ctx context.Context, by access.Actor, f Filter, format, reason string, w io.Writer, t WordsOf) error {
	if err := s.TakeAway(ctx, by, f, format, reason); err != nil {
		return err
	}
	return s.Pour(ctx, by, f, format, w, t)
}

// exportArgs are what an approval of an export is about.
type exportArgs struct {
	Filter Filter `json:"filter"`
	Format string `json:"format"`
}

// TakeAway asks for an export and writes it down; Conflict "approval.waiting" where a second person has to agree first.
func (s *Service) TakeAway(ctx context.Context, by access.Actor, f Filter, format, reason string) error {
	o := access.Object{Tenant: by.Tenant}
	if f.Process != "" {
		p, m, err := s.Process(ctx, by.Tenant, f.Process, f.Module)
		if err != nil {
			return err
		}
		o.Within = s.object(by.Tenant, p, m, nil).Within
	}
	if err := access.Check(by, access.ExportPseudonymous, o); err != nil {
		return err
	}
	reason = tidy(reason, true)
	if reason == "" || length(reason) > mostReason {
		return invalid(map[string]string{"reason": "contribution.reason.missing"})
	}
	object := kernel.Ref{Kind: "contributions", ID: kernel.ID(f.Process)}
	if err := access.Second(ctx, s.FourEyes, by, access.Matter{
		Kind: access.ExportMatter, Do: access.ExportPseudonymous, What: ExportMatter, Object: object, Title: kernel.T("Beiträge ausgeben ("+format+")", "Export contributions ("+format+")"),
		Reason: reason, Args: exportArgs{f, format},
	}); err != nil {
		return err
	}
	return s.Tx.Tx(ctx, func(ctx context.Context) error {
		return access.Record(ctx, s.Trail, by, access.Act{Do: access.ExportPseudonymous, What: "contribution.export", Object: object, Reason: reason, Note: map[string]string{"format": format}})
	})
}

// Pour writes the file of an export that TakeAway has let through.
func (s *Service) Pour(ctx context.Context, by access.Actor, f Filter, format string, w io.Writer, t WordsOf) error {
	salt := kernel.NewID()
	mark := func(person kernel.ID) string {
		if person == "" {
			return ""
		}
		return s.Secret.Mark("contribution.export", string(salt)+" "+string(person))[:12]
	}
	return s.export(ctx, by.Tenant, f, format, w, staffColumns, t, mark)
}

func (s *Service) export(ctx context.Context, tenant kernel.ID, f Filter, format string, w io.Writer, columns []string, t WordsOf, mark func(kernel.ID) string) error {
	head := make([]string, len(columns))
	for i, c := range columns {
		head[i] = t("contribution.column." + c)
	}
	var sink rows
	buf := bufio.NewWriterSize(w, 64<<10)
	switch format {
	case "csv":
		sink = newCSV(buf)
	case "xlsx":
		sink = &xlsxRows{zip: zip.NewWriter(buf)}
	case "geojson":
		sink = &geoRows{w: buf}
	default:
		return notFound()
	}
	if err := sink.begin(head); err != nil {
		return err
	}
	row := make([]string, len(columns))
	if err := s.Store.Each(ctx, tenant, f, func(c Contribution) error {
		for i, name := range columns {
			row[i] = cell(c, name, mark)
		}
		return sink.row(columns, row, c.Geometry)
	}); err != nil {
		return err
	}
	if err := sink.end(); err != nil {
		return err
	}
	return buf.Flush()
}

func cell(c Contribution, column string, mark func(kernel.ID) string) string {
	place := func(v float64) string {
		if !c.Placed {
			return ""
		}
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	day := func(i kernel.Instant) string {
		if i.IsZero() {
			return ""
		}
		return string(kernel.DayOf(i.Time))
	}
	switch column {
	case "number":
		return c.Number
	case "process":
		return c.Process
	case "module":
		return c.Module
	case "channel":
		return string(c.Channel)
	case "lang":
		return c.Lang
	case "title", "text", "original":
		if c.State == Hidden || c.State == Withdrawn { // what broke a rule or was taken back is counted and not read
			return ""
		}
		return map[string]string{"title": c.Title, "text": c.Text, "original": c.Original}[column]
	case "category":
		return c.Category
	case "status":
		return string(c.Status)
	case "areas":
		return strings.Join(c.Areas, " ")
	case "lon":
		return place(c.Lon)
	case "lat":
		return place(c.Lat)
	case "received":
		return day(c.Received)
	case "published":
		return day(c.Published)
	case "supports":
		return strconv.Itoa(c.Supports)
	case "comments":
		return strconv.Itoa(c.Comments)
	case "merged":
		return string(c.MergedIn)
	case "split":
		return string(c.SplitFrom)
	case "state":
		return string(c.State)
	case "office":
		return c.Office
	case "due":
		return string(c.Due)
	case "said":
		return string(c.SaidOn)
	case "source":
		return c.Source
	case "person":
		return mark(c.Author)
	}
	return ""
}

// rows is a file that is written row by row.
type rows interface {
	begin(head []string) error
	row(columns, cells []string, geometry []byte) error
	end() error
}

// csvRows is CSV as German spreadsheet programs open it; a text never becomes a formula there.
type csvRows struct {
	w *csv.Writer
	b io.Writer
}

func newCSV(w io.Writer) *csvRows {
	c := csv.NewWriter(w)
	c.Comma = ';'
	return &csvRows{c, w}
}

func (c *csvRows) begin(head []string) error {
	if _, err := io.WriteString(c.b, "\ufeff"); err != nil {
		return err
	}
	return c.w.Write(head)
}

func (c *csvRows) row(_, cells []string, _ []byte) error {
	for i, v := range cells {
		cells[i] = write.Neutral(v)
	}
	return c.w.Write(cells)
}

func (c *csvRows) end() error {
	c.w.Flush()
	return c.w.Error()
}

// geoRows is a collection of features; what has no place has none there either.
type geoRows struct {
	w *bufio.Writer
	n int
}

func (g *geoRows) begin([]string) error {
	_, err := g.w.WriteString(`{"type":"FeatureCollection","features":[`)
	return err
}

func (g *geoRows) row(columns, cells []string, geometry []byte) error {
	if g.n++; g.n > 1 {
		if _, err := g.w.WriteString(",\n"); err != nil {
			return err
		}
	}
	properties := make(map[string]string, len(columns))
	for i, c := range columns {
		if c != "lon" && c != "lat" {
			properties[c] = cells[i]
		}
	}
	if len(geometry) == 0 {
		geometry = []byte("null")
	}
	b, err := json.Marshal(map[string]any{"type": "Feature", "geometry": json.RawMessage(geometry), "properties": properties})
	if err != nil {
		return err
	}
	_, err = g.w.Write(b)
	return err
}

func (g *geoRows) end() error {
	_, err := g.w.WriteString("]}\n")
	return err
}

// xlsxRows is a workbook with one sheet whose texts stand in their cells, so that nothing is held until the end. A cell of text is no formula.
type xlsxRows struct {
	zip *zip.Writer
	w   *bufio.Writer
}

const xlsxSpace = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"

func (x *xlsxRows) begin(head []string) error {
	for _, part := range [][2]string{
		{"[Content_Types].xml", `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>`},
		{"_rels/.rels", `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>`},
		{"xl/workbook.xml", `<workbook xmlns="` + xlsxSpace + `" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="Beiträge" sheetId="1" r:id="r1"/></sheets></workbook>`},
		{"xl/_rels/workbook.xml.rels", `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>`},
	} {
		w, err := x.zip.Create(part[0])
		if err != nil {
			return err
		}
		if _, err := io.WriteString(w, `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>`+part[1]); err != nil {
			return err
		}
	}
	w, err := x.zip.Create("xl/worksheets/sheet1.xml")
	if err != nil {
		return err
	}
	x.w = bufio.NewWriterSize(w, 64<<10)
	if _, err := x.w.WriteString(`<?xml version="1.0" encoding="UTF-8" standalone="yes"?><worksheet xmlns="` + xlsxSpace + `"><sheetData>`); err != nil {
		return err
	}
	return x.row(nil, head, nil)
}

// mostCell is the longest text a spreadsheet program takes into a cell.
const mostCell = 32_767

func (x *xlsxRows) row(_, cells []string, _ []byte) error {
	x.w.WriteString("<row>") //nolint:errcheck // bufio keeps the first error for Flush
	for _, v := range cells {
		if v == "" {
			x.w.WriteString("<c/>") //nolint:errcheck // see above
			continue
		}
		if r := []rune(v); len(r) > mostCell {
			v = string(r[:mostCell])
		}
		x.w.WriteString(`<c t="inlineStr"><is><t xml:space="preserve">`) //nolint:errcheck // see above
		if err := xml.EscapeText(x.w, []byte(v)); err != nil {
			return err
		}
		x.w.WriteString("</t></is></c>") //nolint:errcheck // see above
	}
	_, err := x.w.WriteString("</row>")
	return err
}

func (x *xlsxRows) end() error {
	if _, err := x.w.WriteString("</sheetData></worksheet>"); err != nil {
		return err
	}
	if err := x.w.Flush(); err != nil {
		return err
	}
	return x.zip.Close()
}
