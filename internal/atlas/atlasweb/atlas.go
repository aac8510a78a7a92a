// SPDX-License-Identifier: EUPL-1.2

package atlasweb

import (
	"bytes"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/area"
	"github.com/kupferfaden/kupferfaden/internal/atlas"
	"github.com/kupferfaden/kupferfaden/internal/doc/chart"
	"github.com/kupferfaden/kupferfaden/internal/doc/mapsvg"
	"github.com/kupferfaden/kupferfaden/internal/doc/palette"
	"github.com/kupferfaden/kupferfaden/internal/doc/svg"
	"github.com/kupferfaden/kupferfaden/internal/indicator"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/release"
	"github.com/kupferfaden/kupferfaden/internal/web"
)

// tabLinks is how many areas of a map are reached by tab; of more the table is the way by keyboard, with fewer stops.
const tabLinks = 40

// atlasPage is what the page of the atlas shows.
type atlasPage struct {
	r      *web.Request
	q      query
	reader *atlas.Reader
	fit    atlas.Fitted
	main   mapPart
	second *mapPart
	chart  string
	moved  []string
	panel  panelPart
	staff  bool // may see more than the public
}

// mapPart is one map with its legend.
type mapPart struct {
	layer  *atlas.Layer
	svg    string
	legend []mapsvg.Entry
	base   string // address of the outlines
	around string // of those of the larger areas; empty where there are none
}

// panelPart is what is told of the chosen area.
type panelPart struct {
	layer *atlas.Layer
	cell  *atlas.Cell // nil: none is chosen
	trend *chart.Line
	steps []atlas.IndexPoint
	names func(class int) string
}

func (h *handlers) atlas(w http.ResponseWriter, r *web.Request) error {
	q, tidy, err := parseQuery(r.URL.Query())
	if err != nil {
		return err
	}
	if !tidy {
		return r.Redirect(w, q.path())
	}
	p, err := h.view(r, q)
	var e *kernel.Error
	if errors.As(err, &e) && e.Key == "atlas.empty" {
		return r.Render(w, web.Page{Title: r.T("atlas.title"), Nav: web.NavAtlas}, emptyAtlas(r))
	}
	if err != nil {
		return err
	}
	title := p.main.layer.Heading(r.P)
	full := p.q.path()
	w.Header().Set("Link", "<"+r.Link(full)+`>; rel="canonical"`) // RFC 6596: the whole state, whatever was left to be chosen
	return r.Render(w, web.Page{
		Title: title, Description: p.main.layer.Summary(r.P), Nav: web.NavAtlas, Wide: true, NoHeading: true, Scripts: []string{"atlas.js"}, Styles: figureStyles,
		NoIndex: q.Audience != access.Public,
	}, atlasView(p))
}

// view reads everything the page shows.
func (h *handlers) view(r *web.Request, q query) (*atlasPage, error) {
	ctx := r.Context()
	rd, err := h.open(r, q.Audience)
	if err != nil {
		return nil, err
	}
	fit, err := rd.Fit(q.Choice)
	if err != nil {
		return nil, err
	}
	p := &atlasPage{r: r, q: q, reader: rd, fit: fit, moved: fit.Moved, staff: access.WidestAudience(r.Actor) != access.Public}
	p.q.Choice = fit.Choice
	theme, period, err := q.beside()
	if err != nil {
		return nil, err
	}
	layer, err := rd.Layer(ctx, fit.Choice)
	if err != nil {
		return nil, err
	}
	if q.Selected != "" && layer.Find(q.Selected) < 0 {
		if len(fit.Moved) == 0 {
			return nil, kernel.E(kernel.NotFound, "atlas.area.none", "area", q.Selected, "level", fit.Level, "edition", fit.Edition)
		}
		q.Selected, p.q.Selected = "", "" // the theme is not on the level the area belongs to
	}
	if p.main, err = h.part(r, rd, layer, p.q, "k"); err != nil {
		return nil, err
	}
	p.chart = dots(r.P, layer, q.Selected)
	if p.panel, err = panel(r, rd, layer, q.Selected); err != nil {
		return nil, err
	}
	if q.Beside == "" {
		return p, nil
	}
	c := fit.Choice
	var second *atlas.Layer
	if theme.IsZero() {
		c.Period = period
		second, err = rd.LayerLike(ctx, c, layer)
	} else {
		c.Theme, c.Classes = theme, atlas.ClassChoice{}
		second, err = rd.Layer(ctx, c)
	}
	if err != nil {
		return nil, err
	}
	if second.Edition.ID != layer.Edition.ID {
		return nil, kernel.E(kernel.NotFound, "atlas.beside.level", "theme", atlas.Say(r.P, second.Name), "level", levelName(r.P, layer.Edition.Level))
	}
	part, err := h.part(r, rd, second, p.q, "l")
	if err != nil {
		return nil, err
	}
	p.second = &part
	return p, nil
}

// part draws a map with links that choose an area.
func (h *handlers) part(r *web.Request, rd *atlas.Reader, l *atlas.Layer, q query, id string) (mapPart, error) {
	prefix := "?" + q.encode("raum", "") + "&raum="
	m, err := h.maps.Map(r.Context(), rd, l, r.P, DrawOptions{Selected: q.Selected, Href: func(a *area.Area) string { return prefix + escapeQuery(a.Key) + "#raum" }})
	if err != nil {
		return mapPart{}, err
	}
	text, err := m.SVG(mapsvg.Options{ID: id, Links: true, SkipTab: len(l.Cells) > tabLinks, Scale: scale(r.P), Count: count(r.P)})
	if err != nil {
		return mapPart{}, err
	}
	p := mapPart{layer: l, svg: text, legend: legend(l, m), base: outlinesPath(l.Edition)}
	larger, ok, err := around(r.Context(), rd, l.Edition, namedAround)
	if ok {
		p.around = outlinesPath(larger)
	}
	return p, err
}

// legend has no rows of classes where nothing is shown.
func legend(l *atlas.Layer, m mapsvg.Map) []mapsvg.Entry {
	entries := m.Legend(palette.Light)
	if l.Classes.N() == 0 {
		entries = slices.DeleteFunc(entries, func(e mapsvg.Entry) bool { return e.Class >= 0 })
	}
	return entries
}

// dots draws how the values of the layer lie; empty where no number is shown.
func dots(w atlas.Words, l *atlas.Layer, selected string) string {
	d := chart.Dots{
		Frame: chart.Frame{
			ID: "d", Title: w.T("atlas.dots.title", "name", atlas.Say(w, l.Name)), Description: l.Summary(w), Unit: atlas.UnitName(w, l.Unit), Width: 640,
			Format: func(v float64) string { return w.Number(v, l.Decimals()) }, Words: chartWords(w),
		},
		Limits: l.Classes.Limits, Height: 150,
	}
	if l.Result != nil {
		d.Unit = w.T("atlas.index.unit")
	}
	scheme := Scheme(&l.Classes)
	for i := range l.Classes.N() {
		c, css := scheme.Fill(i, palette.Light)
		d.Classes = append(d.Classes, svg.Paint{Class: css, Colour: c})
	}
	any := false
	for i := range l.Cells {
		c := &l.Cells[i]
		if c.Class < 0 || c.Value != c.Value {
			continue
		}
		any = true
		d.Points = append(d.Points, chart.Point{Key: c.Area.Key, Name: c.Area.Name, Value: c.Value, Class: c.Class, Marked: c.Area.Key == selected})
	}
	if !any {
		return ""
	}
	if l.Town.Shown() && l.Table != nil && l.Table.Version.Aggregation != indicator.Sum {
		d.Reference = &chart.Reference{Name: w.T("atlas.town"), Value: l.Town.Value}
	}
	return d.SVG()
}

// panel reads what is told of the chosen area: its value and how it came about.
func panel(r *web.Request, rd *atlas.Reader, l *atlas.Layer, key string) (panelPart, error) {
	p := panelPart{layer: l, names: func(class int) string { return l.ClassName(r.P, class) }}
	at := l.Find(key)
	if key == "" || at < 0 {
		return p, nil
	}
	p.cell = &l.Cells[at]
	if l.Table != nil {
		points, err := rd.Series(r.Context(), l.Theme.Indicator, l.Edition, key)
		if err != nil {
			return p, err
		}
		if len(points) > 1 {
			t := trend(r.P, "t", r.T("atlas.trend.title"), p.cell.Area.Name, l.Table.Version, points, l.Source(r.P))
			t.Height, t.Width = 140, 340
			p.trend = &t
		}
		return p, nil
	}
	indices, err := rd.Indices(r.Context(), l.Edition, p.cell.Area.ID)
	if err != nil {
		return p, err
	}
	for _, x := range indices {
		if x.Run.Method.ID == l.Theme.Method {
			p.steps = x.History
		}
	}
	return p, nil
}

// panel answers a script that chose another area.
func (h *handlers) panel(w http.ResponseWriter, r *web.Request) error {
	q, _, err := parseQuery(r.URL.Query())
	if err != nil {
		return err
	}
	rd, err := h.open(r, q.Audience)
	if err != nil {
		return err
	}
	l, err := rd.Layer(r.Context(), q.Choice)
	if err != nil {
		return err
	}
	p, err := panel(r, rd, l, q.Selected)
	if err != nil {
		return err
	}
	return r.Fragment(w, panelView(r, p))
}

func outlinesPath(e area.Edition) string {
	return "/atlas/karte/" + strings.TrimPrefix(editionPath(e), "/raeume/")
}

// outlines sends the outlines of an edition, packed as they are stored.
func (h *handlers) outlines(w http.ResponseWriter, r *web.Request) error {
	rd, err := h.open(r, access.Public)
	if err != nil {
		return err
	}
	e, err := rd.Edition(r.PathValue("level"), r.PathValue("edition"))
	if err != nil {
		return err
	}
	cov, err := rd.Coverage(r.Context(), e, area.Web)
	if err != nil {
		return err
	}
	if r.NotModified(w, cov.ETag) {
		return nil
	}
	w.Header().Set("Content-Type", "application/geo+json")
	w.Header().Add("Vary", "Accept-Encoding")
	if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		w.Header().Set("Content-Encoding", "gzip")
		_, err = w.Write(cov.Gzip())
		return err
	}
	_, err = w.Write(cov.GeoJSON())
	return err
}

// export sends the layer of the address as a file.
func (h *handlers) export(w http.ResponseWriter, r *web.Request) error {
	f, err := atlas.ParseFormat(r.PathValue("format"))
	if err != nil {
		return kernel.E(kernel.NotFound, "atlas.format.unknown", "value", r.PathValue("format"))
	}
	q, _, err := parseQuery(r.URL.Query())
	if err != nil {
		return err
	}
	rd, err := h.open(r, q.Audience)
	if err != nil {
		return err
	}
	if q.Audience != access.Public { // before anything is read, so that others learn nothing from an error
		if err := access.CheckTenant(r.Actor, access.ExportFigures); err != nil {
			return err
		}
	}
	l, err := rd.Layer(r.Context(), q.Choice)
	if err != nil {
		return err
	}
	if err := h.s.TakeAway(r.Context(), r.Actor, q.Audience, l, f); err != nil {
		return err
	}
	if r.NotModified(w, rd.Stamp()) {
		return nil
	}
	var b bytes.Buffer
	if err := rd.Write(r.Context(), &b, l, f, r.P); err != nil {
		return err
	}
	w.Header().Set("Content-Type", f.ContentType())
	w.Header().Set("Content-Disposition", `attachment; filename="`+fileName(l, f)+`"`)
	_, err = w.Write(b.Bytes())
	return err
}

// fileName says what is in the file, in letters every system takes.
func fileName(l *atlas.Layer, f atlas.Format) string {
	parts := []string{l.Theme.Indicator + l.Theme.Method, l.Edition.Level.Key, l.Edition.Key, strings.ReplaceAll(l.Period.String(), "/", "_")}
	safe := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_' {
			return r
		}
		return '-'
	}, strings.Join(parts, "_"))
	return safe + f.Extension()
}

// shownSeries drops periods without any number, for charts.
func shownSeries(points []release.Point) []release.Point {
	return slices.DeleteFunc(slices.Clone(points), func(p release.Point) bool { return !p.Figure.Shown() && !p.Total.Shown() })
}
