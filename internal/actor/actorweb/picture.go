// SPDX-License-Identifier: EUPL-1.2

package actorweb

import (
	"encoding/json"

	"github.com/kupferfaden/kupferfaden/internal/actor"
	"github.com/kupferfaden/kupferfaden/internal/web"
)

// pin is a place on the map with the page of what is there.
type pin struct {
	Name string  `json:"name"`
	Kind string  `json:"kind"`
	Href string  `json:"href,omitempty"`
	Lat  float64 `json:"lat"`
	Lon  float64 `json:"lon"`
}

// picture is the map of a list: the places of its records, over the areas of the town. Without places there is none.
type picture struct {
	Title string
	Pins  []pin
	SVG   string // as drawn on the server
	Areas string // address of the outlines, for the map of the browser
}

// data is what the script of the map reads.
func (d *picture) data() string {
	b, err := json.Marshal(d.Pins)
	if err != nil {
		return "[]"
	}
	return string(b)
}

func placeOf(x actor.Record) actor.Place {
	switch x := x.(type) {
	case *actor.Actor:
		return x.Place
	case *actor.Offer:
		return x.Place
	case *actor.Resource:
		return x.Place
	case *actor.Structure:
		return x.Place
	}
	return actor.Place{}
}

// picture draws where the records are.
func (p *pages) picture(r *web.Request, s shown, list []actor.Record) (*picture, error) {
	var pins []pin
	for _, x := range list {
		at := placeOf(x)
		if !at.Known() {
			continue
		}
		href := ""
		if to := path(x.Head()); to != "" {
			href = r.Link(to)
		}
		pins = append(pins, pin{x.Name(), r.T("actor.kind." + string(x.Head().Kind)), href, *at.Lat, *at.Lon})
	}
	if len(pins) == 0 {
		return nil, nil
	}
	return p.draw(r, s, pins)
}
