// SPDX-License-Identifier: EUPL-1.2

package contributionweb

import (
	"strings"

	"github.com/kupferfaden/kupferfaden/internal/contribution"
	"github.com/kupferfaden/kupferfaden/internal/web"
)

// ground is what a form needs to ask for a place: the areas to choose from and where the map begins.
type ground struct {
	levels []contribution.AreaLevel
	box    [4]float64
	boxed  bool
	placed bool // there is a place that can be taken away
}

func (h handlers) ground(r *web.Request) (g ground, err error) {
	if g.levels, err = h.s.AreaLevels(r.Context(), r.Tenant.ID); err != nil {
		return g, err
	}
	g.box, g.boxed, err = h.s.Box(r.Context(), r.Tenant.ID)
	return g, err
}

// mapped adds to a page what the map of a form needs.
func mapped(p web.Page) web.Page {
	p.Styles, p.Scripts = append(p.Styles, "maplibre-gl.css"), append(p.Scripts, "contribution.js")
	return p
}

// putPlace fills the fields of a place with the one a contribution has.
func putPlace(f *web.Form, c contribution.Contribution) {
	f.Set("geometry", string(c.Geometry))
	if !c.Placed && len(c.Areas) > 0 {
		f.Set("area", c.Areas[len(c.Areas)-1])
	}
}

// placeOf reads the fields of a place: coordinates that were typed count more than what was drawn.
func placeOf(f *web.Form) (geometry string, areas []string) {
	if f.Value("ohneort") != "" {
		return "", nil
	}
	geometry = f.Value("geometry")
	if typed := strings.TrimSpace(f.Value("place")); typed != "" {
		geometry = typed // refused with the sentence of the field where it is none
		if g, ok := contribution.PointOf(typed); ok {
			geometry = g
		}
	}
	if a := f.Value("area"); a != "" {
		areas = []string{a}
	}
	return geometry, areas
}
