// SPDX-License-Identifier: EUPL-1.2

// Package shapefile reads areas and places from ESRI shapefiles, zipped as geoportals hand them out or as files beside each other.
//
// Invariants: nothing is written to disk; no length that a file claims is allocated before its bytes have arrived; damaged files end in a
// refusal with the file's name, never in a panic; texts whose character set nobody states are shown to a person instead of guessed silently.
package shapefile

import (
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/kupferfaden/kupferfaden/geo"
	"github.com/kupferfaden/kupferfaden/geo/crs"
)

// Read reads a zip with a shapefile. The error is a *geo.RefusedError when the file is refused whole, or the error of r.
func Read(r io.ReaderAt, size int64, opt geo.ReadOptions) (geo.Layer, geo.Findings, error) {
	sets, err := fromZip(r, size, opt.Limits.OrDefault())
	return read(sets, err, opt)
}

// ReadFS reads a .shp file and the files of the same name beside it.
func ReadFS(fsys fs.FS, name string, opt geo.ReadOptions) (geo.Layer, geo.Findings, error) {
	sets, err := fromFS(fsys, name)
	return read(sets, err, opt)
}

func read(sets []set, err error, opt geo.ReadOptions) (geo.Layer, geo.Findings, error) {
	rd := &reader{opt: opt, lim: opt.Limits.OrDefault(), budget: &budget{opt.Limits.OrDefault().MaxUnzipped}}
	if err == nil {
		err = rd.pick(sets)
	}
	if f, ok := asRefusal(err); ok {
		rd.findings = append(rd.findings, f)
	} else if err != nil {
		return geo.Layer{}, rd.findings, fmt.Errorf("reading shapefile: %w", err)
	}
	if err := rd.findings.Err(); err != nil {
		return geo.Layer{}, rd.findings, err
	}
	return rd.layer, rd.findings, nil
}

type reader struct {
	opt      geo.ReadOptions
	lim      geo.Limits
	budget   *budget
	layer    geo.Layer
	findings geo.Findings
	texts    []*string // undecoded texts of the features
}

// pick chooses the set that the person named, or the only one; several are a question.
func (rd *reader) pick(sets []set) error {
	var names []string
	for _, s := range sets {
		names = append(names, s.name)
		if rd.opt.Layer != "" && strings.EqualFold(s.name, rd.opt.Layer) {
			return rd.set(s)
		}
	}
	if rd.opt.Layer != "" {
		return refuse("layer.unknown", "", map[string]any{"layer": rd.opt.Layer, "choices": names}, "The file holds no shapefile %q; it holds %s.", rd.opt.Layer, strings.Join(names, ", "))
	}
	if len(sets) > 1 {
		rd.findings = append(rd.findings, geo.Finding{
			Code: "layer.choose", Severity: geo.Ask, Feature: geo.WholeFile, Params: map[string]any{"choices": names},
			Message: fmt.Sprintf("The file holds %d shapefiles: %s. Choose one.", len(sets), strings.Join(names, ", ")),
		})
		return nil
	}
	return rd.set(sets[0])
}

// open opens a part within the budget.
func (rd *reader) open(p part) (io.ReadCloser, error) {
	c, err := p.open()
	if err != nil {
		return nil, refuse("archive.damaged", p.name, nil, "The entry %q cannot be unpacked; pack it anew with the usual method (deflate).", p.name)
	}
	return struct {
		io.Reader
		io.Closer
	}{&limited{c, rd.budget, p.name}, c}, nil
}

// small reads a part that holds a line of text.
func (rd *reader) small(p part) (string, error) {
	if p.open == nil {
		return "", nil
	}
	r, err := rd.open(p)
	if err != nil {
		return "", err
	}
	defer r.Close()
	b, err := io.ReadAll(io.LimitReader(r, 64<<10))
	return string(b), err
}

func (rd *reader) set(s set) error {
	if s.parts[".dbf"].open == nil {
		var missing []string
		for _, e := range []string{".dbf", ".shx", ".prj"} {
			if s.parts[e].open == nil {
				missing = append(missing, e)
			}
		}
		return refuse("shapefile.parts", s.name, map[string]any{"missing": missing}, "The shapefile %q is incomplete: %s is missing. Without the .dbf table the areas have no keys.", s.name, strings.Join(missing, ", "))
	}
	rd.layer.Name = s.name[strings.LastIndexByte(s.name, '/')+1:]
	if !utf8.ValidString(rd.layer.Name) {
		rd.layer.Name = cp437.decode(rd.layer.Name) // the zip format's default
	}
	prj, err := rd.small(s.parts[".prj"])
	if err != nil {
		return err
	}
	rd.layer.CRSText = strings.ToValidUTF8(strings.TrimSpace(prj), "\uFFFD")
	if e, ok := crs.ParseWKT(prj); ok {
		rd.layer.CRS = e
	}
	if rd.opt.CRS != 0 {
		rd.layer.CRS = rd.opt.CRS
	}
	cpg, err := rd.small(s.parts[".cpg"])
	if err != nil {
		return err
	}
	ldid, err := rd.features(s)
	if err != nil {
		return err
	}
	rd.decode(cpg, ldid, s.parts[".dbf"].name)
	if len(rd.layer.Features) == 0 {
		return refuse("layer.empty", s.name, map[string]any{"wanted": rd.opt.Want.String()}, "None of the shapes of %q can be used as %s.", s.name, rd.opt.Want)
	}
	rd.findings = append(rd.findings, crs.Check(&rd.layer)...)
	return nil
}

// features reads shapes and records side by side.
func (rd *reader) features(s set) (ldid byte, err error) {
	sr, err := rd.open(s.parts[".shp"])
	if err != nil {
		return 0, err
	}
	defer sr.Close()
	shapes, err := newSHP(sr, s.parts[".shp"].name, rd.lim)
	if err != nil {
		return 0, err
	}
	if err := rd.wanted(shapes); err != nil {
		return 0, err
	}
	dr, err := rd.open(s.parts[".dbf"])
	if err != nil {
		return 0, err
	}
	defer dr.Close()
	table, err := newDBF(dr, s.parts[".dbf"].name, rd.lim)
	if err != nil {
		return 0, err
	}
	for _, f := range table.fields {
		rd.layer.Fields = append(rd.layer.Fields, f.name)
	}
	deleted := 0
	for i := 0; ; i++ {
		g, problem, ok, err := shapes.next()
		if err != nil {
			return 0, err
		}
		if !ok {
			if table.records > int64(i) {
				rd.findings = append(rd.findings, geo.Finding{
					Code: "shapefile.count", Severity: geo.Warn, Feature: geo.WholeFile, File: table.name, Params: map[string]any{"shapes": i, "records": int(table.records)},
					Message: fmt.Sprintf("The table has %d records for %d shapes; the rest is left out.", table.records, i),
				})
			}
			break
		}
		if i >= rd.lim.MaxFeatures {
			return 0, refuse("limit.features", s.name, map[string]any{"limit": rd.lim.MaxFeatures}, "The file has more than %d shapes.", rd.lim.MaxFeatures)
		}
		if int64(i) >= table.records {
			return 0, refuse("shapefile.count", table.name, map[string]any{"records": int(table.records)}, "The table has only %d records, fewer than there are shapes; the parts do not belong together.", table.records)
		}
		gone, err := table.next(i)
		if err != nil {
			return 0, err
		}
		switch {
		case gone:
			deleted++
		case problem != "":
			rd.row(i, problem)
		default:
			f := geo.Feature{Index: i, Geometry: g, Properties: rd.record(i, table)}
			if rd.opt.SwapAxes {
				f.Geometry = g.FlipCoordinates()
			}
			rd.layer.Features = append(rd.layer.Features, f)
		}
	}
	if deleted > 0 {
		rd.findings = append(rd.findings, geo.Finding{Code: "dbf.deleted", Severity: geo.Info, Feature: geo.WholeFile, File: table.name, Params: map[string]any{"records": deleted}, Message: fmt.Sprintf("%d records are marked as deleted and left out.", deleted)})
	}
	return table.ldid, nil
}

// wanted refuses a file whose shapes can never serve.
func (rd *reader) wanted(s *shpReader) error {
	names := map[int32]string{typePoint: "points", typeMultiPoint: "points", typeLine: "lines", typePolygon: "areas"}
	n := names[s.kind]
	if rd.opt.Want == geo.AnyGeometry || n == "" || n == rd.opt.Want.String() {
		return nil
	}
	return refuse("geometry.kind", s.name, map[string]any{"type": n, "wanted": rd.opt.Want.String()}, "The shapefile holds %s, but %s are wanted; choose another file.", n, rd.opt.Want)
}

func (rd *reader) row(i int, code string) {
	message := "The shape has no geometry."
	if code == "coordinates.outside" {
		message = "The shape has coordinates that are no numbers."
	}
	rd.findings = append(rd.findings, geo.Finding{Code: code, Severity: geo.Row, Feature: i, Message: message})
}

// record takes over the current record. A number that did not fit its column becomes a typed gap and is named.
func (rd *reader) record(i int, table *dbfReader) geo.Properties {
	props := make(geo.Properties, len(table.fields))
	var unfit []string
	table.values(func(k int, v geo.Value, text bool) {
		props[k].Value = v
		if text {
			rd.texts = append(rd.texts, &props[k].Value.Text)
		}
		if v.Kind == geo.Missing {
			unfit = append(unfit, strings.ToValidUTF8(table.fields[k].name, "\uFFFD"))
		}
	})
	if len(unfit) > 0 {
		rd.findings = append(rd.findings, geo.Finding{
			Code: "dbf.value", Severity: geo.Warn, Feature: i, File: table.name, Params: map[string]any{"columns": unfit},
			Message: fmt.Sprintf("The columns %s hold no number or date (stars mean that it was too long); the value counts as missing.", strings.Join(unfit, ", ")),
		})
	}
	return props
}

// decode finds the character set and decodes all texts: the person's choice, then .cpg, then the table's header. Without any of them plain ASCII
// and valid UTF-8 need no question, anything else is a question with a preview.
func (rd *reader) decode(cpg string, ldid byte, file string) {
	sample, foreign := rd.foreign()
	validUTF8 := true
	for _, s := range foreign {
		validUTF8 = validUTF8 && utf8.ValidString(s)
	}
	cs, known := charsetNamed(rd.opt.Encoding)
	stated := known
	if !known && strings.TrimSpace(cpg) != "" {
		cs, known = charsetNamed(cpg)
	}
	if !known && strings.TrimSpace(cpg) == "" {
		cs, known = charsetOfLDID(ldid)
	}
	switch {
	case len(foreign) == 0:
		cs = utf8Set
	case known && cs.high == nil && !validUTF8:
		cs = rd.ask("encoding.mismatch", sample, file, "The texts are said to be UTF-8, but are not.")
	case known && cs.high != nil && validUTF8 && !stated:
		rd.findings = append(rd.findings, geo.Finding{
			Code: "encoding.utf8", Severity: geo.Warn, Feature: geo.WholeFile, File: file, Params: map[string]any{"stated": cs.name, "example": utf8Set.decode(sample)},
			Message: fmt.Sprintf("The texts are said to be %s, but are valid UTF-8 and were read so (%q).", cs.name, utf8Set.decode(sample)),
		})
		cs = utf8Set
	case known:
	case validUTF8:
		cs = utf8Set
	default:
		cs = rd.ask("encoding.unknown", sample, file, "The file does not say in which character set its texts are written.")
	}
	for _, t := range rd.texts {
		*t = cs.decode(*t)
	}
	for i, n := range rd.layer.Fields {
		rd.layer.Fields[i] = cs.decode(n)
	}
	if changed := unique(rd.layer.Fields); len(changed) > 0 {
		rd.findings = append(rd.findings, geo.Finding{
			Code: "field.renamed", Severity: geo.Warn, Feature: geo.WholeFile, File: file, Params: map[string]any{"columns": changed},
			Message: "Columns without a name of their own were renamed: " + strings.Join(changed, ", ") + ".",
		})
	}
	for i := range rd.layer.Features {
		for k := range rd.layer.Features[i].Properties {
			rd.layer.Features[i].Properties[k].Name = rd.layer.Fields[k]
		}
	}
}

// foreign returns the texts that are not plain ASCII, and the first of them.
func (rd *reader) foreign() (sample string, all []string) {
	for _, t := range rd.texts {
		if !ascii(*t) {
			all = append(all, *t)
		}
	}
	for _, n := range rd.layer.Fields {
		if !ascii(n) {
			all = append(all, n)
		}
	}
	if len(all) > 0 {
		sample = all[0]
	}
	return sample, all
}

// ask puts the question with previews, the likeliest first, and returns that.
func (rd *reader) ask(code, sample, file, message string) charset {
	_, all := rd.foreign()
	sets := []charset{cp1252, cp850, latin9, cp437}
	score := map[string]int{}
	for _, c := range sets {
		for _, t := range all[:min(len(all), 1000)] {
			score[c.name] += c.plausible(t)
		}
	}
	slices.SortStableFunc(sets, func(a, b charset) int { return score[b.name] - score[a.name] })
	var choices, previews []string
	for _, c := range sets {
		choices = append(choices, c.name)
		previews = append(previews, c.decode(sample))
	}
	rd.findings = append(rd.findings, geo.Finding{
		Code: code, Severity: geo.Ask, Feature: geo.WholeFile, File: file, Params: map[string]any{"choices": choices, "previews": previews},
		Message: fmt.Sprintf("%s Choose: %s gives %q, %s gives %q.", message, choices[0], previews[0], choices[1], previews[1]),
	})
	return sets[0]
}
