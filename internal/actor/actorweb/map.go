// SPDX-License-Identifier: EUPL-1.2

package actorweb

import (
	"math"
	"strings"

	"github.com/kupferfaden/kupferfaden/internal/area"
	"github.com/kupferfaden/kupferfaden/internal/doc/palette"
	"github.com/kupferfaden/kupferfaden/internal/doc/svg"
	"github.com/kupferfaden/kupferfaden/internal/web"
)

const (
	mapWidth = 900.0
	mapMost  = 700.0 // height
)

// sight projects degrees onto the drawing: equirectangular at the town's own latitude, which over a town is off by less than a line is wide.
type sight struct {
	west, north float64
	perLon      float64
	perLat      float64
	w, h        float64
}

func sightOf(c *area.Coverage, pins []pin) sight {
	west, east, south, north := math.Inf(1), math.Inf(-1), math.Inf(1), math.Inf(-1)
	take := func(lon, lat float64) {
		west, east, south, north = min(west, lon), max(east, lon), min(south, lat), max(north, lat)
	}
	if c != nil && len(c.Shapes) > 0 {
		take(c.West, c.South)
		take(c.East, c.North)
	}
	for _, q := range pins { // what lies beyond the border belongs to it as well
		take(q.Lon, q.Lat)
	}
	dLon, dLat := max(east-west, 0.01), max(north-south, 0.01)
	shrink := math.Cos((south + north) / 2 * math.Pi / 180)
	scale := min(mapWidth/(dLon*shrink), mapMost/dLat)
	return sight{west: west, north: north, perLon: scale * shrink, perLat: scale, w: dLon * shrink * scale, h: dLat * scale}
}

func (s sight) xy(lon, lat float64) (x, y float64) {
	return (lon - s.west) * s.perLon, (s.north - lat) * s.perLat
}

// draw makes the map: the areas as ground, a point for each place with a link to its page. The table below the map says the same.
func (p *pages) draw(r *web.Request, s shown, pins []pin) (*picture, error) {
	sp, err := p.s.Spaces(r.Context(), r.Actor, "")
	if err != nil {
		return nil, err
	}
	var c *area.Coverage
	out := &picture{Title: r.T("actor.map.title", "n", len(pins)), Pins: pins}
	if len(sp.Areas) > 0 {
		if c, err = p.s.Areas.Coverage(r.Context(), r.Actor, sp.Level.Edition.ID, area.Overview); err != nil {
			return nil, err
		}
		out.Areas = r.Link("/atlas/karte/" + sp.Level.Key + "/" + sp.Level.Edition.Key)
	}
	at := sightOf(c, pins)
	d := svg.New(svg.Head{ID: "akteure-karte", Title: out.Title, Description: r.T("actor.map.text"), Width: at.w, Height: at.h, Links: true, Theme: palette.Light})
	if c != nil {
		for _, shape := range c.Shapes {
			var b strings.Builder
			for _, poly := range shape.Polygons {
				for _, ring := range poly {
					for i, q := range ring {
						x, y := at.xy(q[0], q[1])
						if i == 0 {
							b.WriteString("M")
						} else {
							b.WriteString("L")
						}
						b.WriteString(svg.Num(x) + " " + svg.Num(y))
					}
					b.WriteString("Z")
				}
			}
			d.Raw(`<path class="ak-area" fill-rule="evenodd" fill="`, palette.Paper(d.Theme()).Hex(), `" stroke="`, palette.Muted(d.Theme()).Hex(), `" stroke-width="1" d="`, b.String(), `"><title>`, svg.Escape(shape.Area.Name), `</title></path>`)
		}
	}
	for _, q := range pins {
		x, y := at.xy(q.Lon, q.Lat)
		dot := `<circle class="ak-pin" cx="` + svg.Num(x) + `" cy="` + svg.Num(y) + `" r="7" fill="` + palette.Accent(d.Theme()).Hex() + `" stroke="` + palette.Paper(d.Theme()).Hex() + `" stroke-width="2"><title>` + svg.Escape(q.Name) + `</title></circle>`
		if q.Href != "" { // the list below is the way by keyboard
			dot = `<a href="` + svg.Escape(q.Href) + `" tabindex="-1" aria-label="` + svg.Escape(q.Name) + `">` + dot + `</a>`
		}
		d.Raw(dot)
	}
	out.SVG = d.String()
	return out, nil
}
