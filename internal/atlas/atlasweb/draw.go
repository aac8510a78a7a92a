// SPDX-License-Identifier: EUPL-1.2

package atlasweb

import (
	"context"
	"strconv"
	"sync"

	"github.com/kupferfaden/kupferfaden/internal/area"
	"github.com/kupferfaden/kupferfaden/internal/atlas"
	"github.com/kupferfaden/kupferfaden/internal/doc/mapsvg"
	"github.com/kupferfaden/kupferfaden/internal/doc/palette"
)

// DrawOptions say what a map is for.
type DrawOptions struct {
	// Width of the drawing in units; 1000 where zero.
	Width float64
	// Selected is the key of the area that is marked.
	Selected string
	// Href gives the address an area leads to; nil for no links.
	Href func(a *area.Area) string
	// Plain leaves out the names of the larger areas, for small pictures.
	Plain bool
}

// Maps draws layers as maps. It keeps the outlines it has prepared, which takes ten times as long as drawing with them; the zero value is ready.
type Maps struct {
	mu    sync.Mutex
	bases map[string]*mapsvg.Base
}

// basesKept bounds the prepared outlines: about 150 kB each for a Berlin of 542 areas.
const basesKept = 64

// specials are what the states without value look like.
var specials = map[atlas.State]palette.Special{
	atlas.NotAssessed: palette.NotAssessed, atlas.Suppressed: palette.Suppressed, atlas.NoData: palette.NoData,
}

// Map is the layer as a map that can be drawn as SVG.
func (d *Maps) Map(ctx context.Context, r *atlas.Reader, l *atlas.Layer, w atlas.Words, o DrawOptions) (mapsvg.Map, error) {
	base, err := d.base(ctx, r, l.Edition, o)
	if err != nil {
		return mapsvg.Map{}, err
	}
	m := mapsvg.Map{
		Title: l.Heading(w), Description: l.Summary(w), Scheme: Scheme(&l.Classes), Selected: o.Selected, Base: base, Source: l.Source(w),
		LegendTitle: l.LegendTitle(w), Specials: map[palette.Special]string{},
		Signs: [2]string{w.T("atlas.dynamic.plus"), w.T("atlas.dynamic.minus")}, OutlineText: w.T("atlas.attention"),
	}
	for state, special := range specials {
		m.Specials[special] = atlas.StateWord(w, state)
	}
	n := l.Classes.N()
	if n == 0 {
		// Nothing is shown anywhere: every area is a special, and the legend has no classes to speak of.
		n, m.Scheme = 1, mapsvg.Sequential(1)
	}
	for i := range n {
		name := ""
		if l.Classes.N() > 0 {
			name = l.ClassName(w, i)
		}
		m.Classes = append(m.Classes, name)
	}
	m.Areas = make([]mapsvg.Area, len(l.Cells))
	for i := range l.Cells {
		c := &l.Cells[i]
		a := mapsvg.Area{Key: c.Area.Key, Name: c.Area.Name, Class: c.Class, Value: l.Text(w, c)}
		if s, ok := specials[c.State]; ok || c.Class < 0 {
			if !ok {
				s = palette.Suppressed // a class is known to be there, but not shown
			}
			a.Special = &s
		}
		if c.Outcome != nil && c.State == atlas.Shown {
			switch c.Outcome.DynamicClass {
			case "+":
				a.Sign = mapsvg.Up
			case "-":
				a.Sign = mapsvg.Down
			}
			a.Outlined = c.Outcome.Attention
		}
		if o.Href != nil {
			a.Href = o.Href(c.Area)
		}
		m.Areas[i] = a
	}
	return m, nil
}

// Scheme is how the classes of a layer get their colours.
func Scheme(c *atlas.Classes) mapsvg.Scheme {
	switch {
	case c.Choice.Method == atlas.OfIndex && c.N() == 4:
		return mapsvg.Status()
	case c.Diverging:
		return mapsvg.Diverging(c.Below, c.Above)
	}
	return mapsvg.Sequential(c.N())
}

// Standalone draws the layer with title, legend and source, as a file of its own.
func (d *Maps) Standalone(ctx context.Context, r *atlas.Reader, l *atlas.Layer, w atlas.Words) (string, error) {
	m, err := d.Map(ctx, r, l, w, DrawOptions{})
	if err != nil {
		return "", err
	}
	return m.SVG(mapsvg.Options{ID: "k", Standalone: true, Scale: scale(w), Count: count(w)})
}

func scale(w atlas.Words) func(float64) string {
	return func(metres float64) string { return atlas.Length(w, metres) }
}

func count(w atlas.Words) func(int) string {
	return func(n int) string { return w.Number(float64(n), 0) }
}

// base prepares the outlines once for each edition and size.
func (d *Maps) base(ctx context.Context, r *atlas.Reader, e area.Edition, o DrawOptions) (*mapsvg.Base, error) {
	width := o.Width
	if width <= 0 {
		width = 1000
	}
	cov, err := r.Coverage(ctx, e, area.Overview)
	if err != nil {
		return nil, err
	}
	key := string(r.Actor().Tenant) + string(e.ID) + cov.ETag + strconv.FormatFloat(width, 'f', -1, 64) + strconv.FormatBool(o.Plain)
	d.mu.Lock()
	base, ok := d.bases[key]
	d.mu.Unlock()
	if ok {
		return base, nil
	}
	areas := make([]mapsvg.Area, len(cov.Shapes))
	for i, s := range cov.Shapes {
		areas[i] = mapsvg.Area{Key: s.Area.Key, Rings: rings(s)}
	}
	most := namedAround
	if o.Plain {
		most = plainAround
	}
	larger, err := districts(ctx, r, e, most)
	if err != nil {
		return nil, err
	}
	if o.Plain {
		for i := range larger {
			larger[i].Name = ""
		}
	}
	base = mapsvg.NewBase(areas, larger, true, mapsvg.Size{Width: width, Height: 0.92 * width})
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.bases == nil || len(d.bases) >= basesKept {
		d.bases = map[string]*mapsvg.Base{}
	}
	d.bases[key] = base
	return base, nil
}

// How many larger areas a map shows: names of more would cover it, outlines alone bear more.
const (
	namedAround = 30
	plainAround = 120
)

// around is the edition of the nearest larger level that divides the town, into most parts at the most; false where there is none.
func around(ctx context.Context, r *atlas.Reader, e area.Edition, most int) (area.Edition, bool, error) {
	h, err := r.Hierarchy(ctx, e)
	if err != nil {
		return area.Edition{}, false, err
	}
	for _, level := range h.Levels {
		if k := len(level.Areas); k >= 2 && k <= most && k < len(h.Areas) {
			return level.Edition, true, nil
		}
	}
	return area.Edition{}, false, nil
}

// districts are the outlines of the larger areas.
func districts(ctx context.Context, r *atlas.Reader, e area.Edition, most int) ([]mapsvg.District, error) {
	larger, ok, err := around(ctx, r, e, most)
	if err != nil || !ok {
		return nil, err
	}
	cov, err := r.Coverage(ctx, larger, area.Overview)
	if err != nil {
		return nil, err
	}
	var out []mapsvg.District
	for _, s := range cov.Shapes {
		out = append(out, mapsvg.District{Name: s.Area.Name, Rings: rings(s)})
	}
	return out, nil
}

func rings(s area.Shape) []mapsvg.Ring {
	var out []mapsvg.Ring
	for _, p := range s.Polygons {
		for _, ring := range p {
			points := make(mapsvg.Ring, len(ring))
			for i, q := range ring {
				points[i] = mapsvg.Point{X: q[0], Y: q[1]}
			}
			out = append(out, points)
		}
	}
	return out
}

// Outline draws the bare areas of an edition, where there is nothing to colour them by.
func (d *Maps) Outline(ctx context.Context, r *atlas.Reader, e area.Edition, title string, o DrawOptions) (mapsvg.Map, error) {
	base, err := d.base(ctx, r, e, o)
	if err != nil {
		return mapsvg.Map{}, err
	}
	areas, err := r.Areas(ctx, e)
	if err != nil {
		return mapsvg.Map{}, err
	}
	m := mapsvg.Map{Title: title, Scheme: mapsvg.Sequential(palette.MinClasses), Classes: make([]string, palette.MinClasses), Selected: o.Selected, Base: base}
	for i := range areas {
		a := mapsvg.Area{Key: areas[i].Key, Name: areas[i].Name}
		if o.Href != nil {
			a.Href = o.Href(&areas[i])
		}
		m.Areas = append(m.Areas, a)
	}
	return m, nil
}
