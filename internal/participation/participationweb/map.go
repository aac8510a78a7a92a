// SPDX-License-Identifier: EUPL-1.2

package participationweb

import (
	"slices"
	"strings"

	"github.com/kupferfaden/kupferfaden/internal/area"
	"github.com/kupferfaden/kupferfaden/internal/doc/mapsvg"
	"github.com/kupferfaden/kupferfaden/internal/doc/palette"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/participation"
	"github.com/kupferfaden/kupferfaden/internal/web"
)

// mapView is the list as a map: areas with the number of processes about them, each leading to its list.
type mapView struct {
	possible bool
	svg      string
	legend   []mapsvg.Entry
	areas    []mapRow
	whole    []participation.Process // about the whole town
}

type mapRow struct {
	name string
	path string
	list []participation.Process
}

// listMap draws the list on the level most of its processes name.
func (h handlers) listMap(r *web.Request, v listView) (m mapView, err error) {
	if h.o.Areas == nil {
		return m, nil
	}
	levels := map[string]int{}
	level := ""
	for _, p := range v.list {
		if len(p.Areas) == 0 {
			m.whole = append(m.whole, p)
		}
		for _, a := range p.Areas {
			l, _, _ := strings.Cut(a, "/")
			if levels[l]++; level == "" || levels[l] > levels[level] {
				level = l
			}
		}
	}
	m.possible = true
	if level == "" {
		return m, nil
	}
	e, err := h.o.Areas.EditionAt(r.Context(), r.Actor, level, day(v.now))
	if kernel.KindOf(err) == kernel.NotFound {
		return m, nil
	}
	if err != nil {
		return m, err
	}
	cov, err := h.o.Areas.Coverage(r.Context(), r.Actor, e.ID, area.Overview)
	if err != nil {
		return m, err
	}
	none := palette.NoData
	drawn := mapsvg.Map{
		Title: r.T("participation.map.title"), Description: r.T("participation.map.text"), Scheme: mapsvg.Sequential(3), Geographic: true,
		Classes:  []string{r.T("participation.map.one"), r.T("participation.map.few"), r.T("participation.map.many")},
		Specials: map[palette.Special]string{none: r.T("participation.map.none")}, LegendTitle: r.T("participation.map.legend"),
	}
	for _, s := range cov.Shapes {
		row := mapRow{name: s.Area.Name, path: r.Link(Path + "?raum=" + escape(level+"/"+s.Area.Key))}
		for _, p := range v.list {
			if slices.Contains(p.Areas, level+"/"+s.Area.Key) {
				row.list = append(row.list, p)
			}
		}
		n := len(row.list)
		a := mapsvg.Area{Key: s.Area.Key, Name: s.Area.Name, Rings: mapsvg.Polygons(s.Polygons), Value: r.T("participation.count", "n", n)}
		switch {
		case n == 0:
			a.Special = &none
		case n < 2:
		case n < 4:
			a.Class = 1
		default:
			a.Class = 2
		}
		if n > 0 {
			a.Href = row.path
			m.areas = append(m.areas, row)
		}
		drawn.Areas = append(drawn.Areas, a)
	}
	if m.svg, err = drawn.SVG(mapsvg.Options{ID: "beteiligung", Links: true, SkipTab: true}); err != nil {
		return m, err
	}
	m.legend = drawn.Legend(palette.Light)
	return m, nil
}
