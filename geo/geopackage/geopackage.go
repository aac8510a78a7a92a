// SPDX-License-Identifier: EUPL-1.2

// Package geopackage reads areas and places from a GeoPackage (OGC 12-128r18), the SQLite file that QGIS writes.
//
// Invariants: the file is opened immutable and read-only, its schema is not trusted, no extension is loaded, and only real tables are read, so
// neither trigger nor view of a foreign file ever runs; lengths inside geometries are checked before anything is allocated.
package geopackage

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"modernc.org/sqlite"

	"github.com/kupferfaden/kupferfaden/geo"
	"github.com/kupferfaden/kupferfaden/geo/crs"
)

// Read reads one feature table. The error is a *geo.RefusedError when the file is refused whole, or of the file system or context. A file
// with several tables is a question unless opt.Layer names one.
func Read(ctx context.Context, path string, opt geo.ReadOptions) (geo.Layer, geo.Findings, error) {
	rd := &reader{opt: opt, lim: opt.Limits.OrDefault()}
	err := rd.file(ctx, path)
	var r *refusal
	var se *sqlite.Error
	switch {
	case err == nil:
	case errors.As(err, &r):
		rd.findings = append(rd.findings, r.finding)
	case ctx.Err() != nil:
		return geo.Layer{}, rd.findings, fmt.Errorf("reading GeoPackage: %w", ctx.Err())
	case errors.As(err, &se):
		rd.findings = append(rd.findings, refuse("geopackage.damaged", map[string]any{"code": se.Code()}, "The GeoPackage is damaged and cannot be read; export it again.").finding)
	default:
		return geo.Layer{}, rd.findings, fmt.Errorf("reading GeoPackage: %w", err)
	}
	if err := rd.findings.Err(); err != nil {
		return geo.Layer{}, rd.findings, err
	}
	return rd.layer, rd.findings, nil
}

type refusal struct{ finding geo.Finding }

func (r *refusal) Error() string { return r.finding.Message }

func refuse(code string, params map[string]any, format string, args ...any) *refusal {
	return &refusal{geo.Finding{Code: code, Severity: geo.Refuse, Feature: geo.WholeFile, Params: params, Message: fmt.Sprintf(format, args...)}}
}

type reader struct {
	opt      geo.ReadOptions
	lim      geo.Limits
	db       *sql.DB
	layer    geo.Layer
	findings geo.Findings
	vertices int
}

// file checks size and signature, then opens the database.
func (rd *reader) file(ctx context.Context, path string) error {
	abs, err := filepath.Abs(path)
	if err != nil {
		return err
	}
	f, err := os.Open(abs)
	if err != nil {
		return err
	}
	head := make([]byte, 100)
	n, _ := f.Read(head)
	info, err := f.Stat()
	f.Close()
	switch {
	case err != nil:
		return err
	case n == 0:
		return refuse("file.empty", nil, "The file is empty.")
	case !strings.HasPrefix(string(head[:n]), "SQLite format 3\x00"):
		return refuse("file.format", nil, "The file is no GeoPackage; export it as GeoPackage, GeoJSON or shapefile.")
	case info.Size() > rd.lim.MaxBytes:
		return refuse("file.toolarge", map[string]any{"limit_mb": int(rd.lim.MaxBytes >> 20)}, "The file is larger than the limit of %d MB.", rd.lim.MaxBytes>>20)
	}
	u := url.URL{Scheme: "file", Path: filepath.ToSlash(abs), RawQuery: url.Values{
		"mode": {"ro"}, "immutable": {"1"},
		"_pragma": {"trusted_schema(0)", "query_only(1)", "cell_size_check(1)", "mmap_size(0)"},
	}.Encode()}
	if rd.db, err = sql.Open("sqlite", u.String()); err != nil {
		return err
	}
	defer rd.db.Close()
	rd.db.SetMaxOpenConns(1)
	return rd.database(ctx)
}

// table is a row of gpkg_contents with its geometry column.
type table struct {
	name, column string
	srs          int64
}

func (rd *reader) database(ctx context.Context) error {
	kinds, err := rd.schema(ctx)
	if err != nil {
		return err
	}
	for _, need := range []string{"gpkg_contents", "gpkg_geometry_columns", "gpkg_spatial_ref_sys"} {
		if kinds[need] != "table" {
			return refuse("geopackage.missing", map[string]any{"table": need}, "The file is a database, but no GeoPackage: its table %s is missing.", need)
		}
	}
	tables, err := rd.tables(ctx, kinds)
	if err != nil {
		return err
	}
	t, ok, err := rd.pick(tables)
	if err != nil || !ok {
		return err
	}
	rd.layer.Name = t.name
	if err := rd.system(ctx, t.srs); err != nil {
		return err
	}
	if err := rd.features(ctx, t); err != nil {
		return err
	}
	if len(rd.layer.Features) == 0 {
		return refuse("layer.empty", map[string]any{"wanted": rd.opt.Want.String()}, "None of the features of %q can be used as %s.", t.name, rd.opt.Want)
	}
	rd.findings = append(rd.findings, crs.Check(&rd.layer)...)
	return nil
}

// schema returns the kind of every table-like object: table, view or virtual.
func (rd *reader) schema(ctx context.Context) (map[string]string, error) {
	rows, err := rd.db.QueryContext(ctx, `select name, type, coalesce(sql, '') from sqlite_master where type in ('table', 'view')`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	kinds := map[string]string{}
	for rows.Next() {
		var name, kind, text string
		if err := rows.Scan(&name, &kind, &text); err != nil {
			return nil, err
		}
		if f := strings.Fields(strings.ToLower(text)); len(f) > 1 && f[0] == "create" && f[1] == "virtual" {
			kind = "virtual"
		}
		kinds[strings.ToLower(name)] = kind
	}
	return kinds, rows.Err()
}

// tables lists the feature tables. Views and virtual tables are left out and named: their text would run inside our process.
func (rd *reader) tables(ctx context.Context, kinds map[string]string) ([]table, error) {
	rows, err := rd.db.QueryContext(ctx, `select c.table_name, g.column_name, coalesce(g.srs_id, 0)
		from gpkg_contents c join gpkg_geometry_columns g on lower(g.table_name) = lower(c.table_name)
		where c.data_type = 'features' order by c.table_name limit 1000`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []table
	for rows.Next() {
		var t table
		if err := rows.Scan(&t.name, &t.column, &t.srs); err != nil {
			return nil, refuse("geopackage.damaged", nil, "The list of tables of the GeoPackage is damaged; export it again.")
		}
		switch kind := kinds[strings.ToLower(t.name)]; kind {
		case "table":
			out = append(out, t)
		default:
			rd.findings = append(rd.findings, geo.Finding{
				Code: "layer.view", Severity: geo.Warn, Feature: geo.WholeFile, File: t.name, Params: map[string]any{"kind": kind},
				Message: fmt.Sprintf("The layer %q is no table but a view, which is not read; export it as a table.", t.name),
			})
		}
	}
	return out, rows.Err()
}

func (rd *reader) pick(tables []table) (t table, ok bool, err error) {
	var names []string
	for _, t := range tables {
		names = append(names, t.name)
		if rd.opt.Layer != "" && strings.EqualFold(t.name, rd.opt.Layer) {
			return t, true, nil
		}
	}
	switch {
	case rd.opt.Layer != "":
		return t, false, refuse("layer.unknown", map[string]any{"layer": rd.opt.Layer, "choices": names}, "The GeoPackage holds no table %q; it holds %s.", rd.opt.Layer, strings.Join(names, ", "))
	case len(tables) == 0:
		return t, false, refuse("geopackage.layers", nil, "The GeoPackage holds no table of features.")
	case len(tables) > 1:
		rd.findings = append(rd.findings, geo.Finding{
			Code: "layer.choose", Severity: geo.Ask, Feature: geo.WholeFile, Params: map[string]any{"choices": names},
			Message: fmt.Sprintf("The GeoPackage holds %d tables: %s. Choose one.", len(names), strings.Join(names, ", ")),
		})
		return t, false, nil
	}
	return tables[0], true, nil
}

// system finds the EPSG code of a spatial reference system id.
func (rd *reader) system(ctx context.Context, id int64) error {
	var organization, definition string
	var code int64
	err := rd.db.QueryRowContext(ctx, `select coalesce(organization, ''), coalesce(organization_coordsys_id, 0), coalesce(definition, '') from gpkg_spatial_ref_sys where srs_id = $1`, id).
		Scan(&organization, &code, &definition)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	rd.layer.CRSText = strings.ToValidUTF8(definition, "\uFFFD")
	if strings.EqualFold(organization, "EPSG") && code > 0 && code < 1_000_000 {
		rd.layer.CRS = int(code)
		rd.layer.CRSText = fmt.Sprintf("EPSG:%d", code)
	}
	if _, known := crs.Lookup(rd.layer.CRS); !known {
		if e, ok := crs.ParseWKT(definition); ok {
			rd.layer.CRS = e
		}
	}
	if rd.opt.CRS != 0 {
		rd.layer.CRS = rd.opt.CRS
	}
	return nil
}

// column is an attribute; its declared type is kept because SQLite has neither truth values nor dates.
type column struct {
	name, declared string
	key            bool
}

func (rd *reader) columns(ctx context.Context, t table) (cols []column, err error) {
	rows, err := rd.db.QueryContext(ctx, `select name, upper(type), pk from pragma_table_info($1)`, t.name)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	found := false
	for rows.Next() {
		var c column
		var pk int
		if err := rows.Scan(&c.name, &c.declared, &pk); err != nil {
			return nil, err
		}
		if strings.EqualFold(c.name, t.column) {
			found = true
			continue
		}
		c.key = pk > 0
		cols = append(cols, c)
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	if !found {
		return nil, refuse("geopackage.damaged", map[string]any{"column": t.column}, "The geometry column %q of %q is missing; export the GeoPackage again.", t.column, t.name)
	}
	if len(cols) > rd.lim.MaxFields {
		return nil, refuse("limit.fields", map[string]any{"limit": rd.lim.MaxFields}, "The table has more than %d columns.", rd.lim.MaxFields)
	}
	return cols, nil
}

func quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

func (rd *reader) features(ctx context.Context, t table) error {
	cols, err := rd.columns(ctx, t)
	if err != nil {
		return err
	}
	// The unary plus hides the declared type, after which the driver would turn dates into times and numbers into truth values.
	list := []string{"+" + quote(t.column)}
	for _, c := range cols {
		list = append(list, "+"+quote(c.name))
		rd.layer.Fields = append(rd.layer.Fields, strings.ToValidUTF8(c.name, "\uFFFD"))
	}
	rows, err := rd.db.QueryContext(ctx, "select "+strings.Join(list, ", ")+" from "+quote(t.name))
	if err != nil {
		return err
	}
	defer rows.Close()
	values := make([]any, len(list))
	targets := make([]any, len(list))
	for i := range values {
		targets[i] = &values[i]
	}
	for i := 0; rows.Next(); i++ {
		if i >= rd.lim.MaxFeatures {
			return refuse("limit.features", map[string]any{"limit": rd.lim.MaxFeatures}, "The table has more than %d features.", rd.lim.MaxFeatures)
		}
		if err := rows.Scan(targets...); err != nil {
			return err
		}
		if err := rd.feature(i, t, cols, values); err != nil {
			return err
		}
	}
	return rows.Err()
}

func (rd *reader) feature(i int, t table, cols []column, values []any) error {
	f := geo.Feature{Index: i}
	for k, c := range cols {
		v, err := rd.value(values[k+1], c)
		if err != nil {
			return err
		}
		f.Properties = append(f.Properties, geo.Property{Name: rd.layer.Fields[k], Value: v})
		if c.key && f.ID == "" {
			f.ID = v.Text
		}
	}
	row := func(code, message string, params map[string]any) {
		rd.findings = append(rd.findings, geo.Finding{Code: code, Severity: geo.Row, Feature: i, File: t.name, Params: params, Message: message})
	}
	blob, ok := values[0].([]byte)
	if !ok {
		row("geometry.missing", "The feature has no geometry.", nil)
		return nil
	}
	g, empty, err := geometry(blob)
	switch {
	case errors.Is(err, errPlace):
		row("coordinates.outside", "The feature has coordinates that are no numbers.", nil)
	case errors.Is(err, errKind):
		row("geometry.kind", "The feature has a curved or extended geometry; convert it to straight lines.", nil)
	case err != nil:
		row("geometry.malformed", "The geometry of the feature is damaged.", nil)
	case empty:
		row("geometry.missing", "The feature has an empty geometry.", nil)
	case rd.opt.Want != geo.AnyGeometry && !rd.opt.Want.Accepts(g.Type()):
		row("geometry.kind", fmt.Sprintf("The feature is a %s, but %s are wanted.", g.Type(), rd.opt.Want), map[string]any{"type": g.Type().String(), "wanted": rd.opt.Want.String()})
	default:
		if rd.vertices += g.DumpCoordinates().Length(); rd.vertices > rd.lim.MaxVertices {
			return refuse("limit.vertices", map[string]any{"limit": rd.lim.MaxVertices}, "The table has more than %d vertices; simplify it before the import.", rd.lim.MaxVertices)
		}
		if rd.opt.SwapAxes {
			g = g.FlipCoordinates()
		}
		f.Geometry = g
		rd.layer.Features = append(rd.layer.Features, f)
	}
	return nil
}

func (rd *reader) value(v any, c column) (geo.Value, error) {
	switch v := v.(type) {
	case int64:
		if strings.HasPrefix(c.declared, "BOOL") && (v == 0 || v == 1) {
			return geo.BoolValue(v == 1), nil
		}
		return geo.IntValue(v), nil
	case float64:
		if v-v != 0 {
			return geo.Value{Kind: geo.Missing, Text: strconv.FormatFloat(v, 'g', -1, 64)}, nil
		}
		return geo.NumberValue(v), nil
	case string:
		if len(v) > rd.lim.MaxText {
			return geo.Value{}, refuse("limit.text", map[string]any{"limit_kb": rd.lim.MaxText >> 10, "column": c.name}, "A text in the column %q is longer than the limit of %d KB.", c.name, rd.lim.MaxText>>10)
		}
		if !utf8.ValidString(v) || strings.ContainsRune(v, 0) {
			v = strings.ReplaceAll(strings.ToValidUTF8(v, "\uFFFD"), "\x00", "")
		}
		if c.declared == "DATE" {
			if _, err := time.Parse(time.DateOnly, v); err == nil {
				return geo.Value{Kind: geo.Date, Text: v}, nil
			}
		}
		return geo.StringValue(v), nil
	}
	return geo.Value{}, nil // null, or a blob that is no property
}

// Layers lists the feature tables of a GeoPackage, for a choice before Read.
func Layers(ctx context.Context, path string) ([]string, error) {
	_, fs, err := Read(ctx, path, geo.ReadOptions{Layer: "\x00"})
	for _, f := range fs.Of("layer.unknown") {
		names, _ := f.Params["choices"].([]string)
		return slices.Clone(names), nil
	}
	return nil, err
}
