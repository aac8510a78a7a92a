// SPDX-License-Identifier: EUPL-1.2

package contribution

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/peterstace/simplefeatures/geom"

	"github.com/kupferfaden/kupferfaden/geo/locate"
	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/area"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

const (
	mostGeometry = 64 << 10 // bytes of GeoJSON
	mostVertices = 1000
	// mostExtent bounds a line or area, in degrees: some 30 km.
	mostExtent = 0.45
)

// geometry reads a point, line or area in WGS 84 and gives it in its shortest form with a place on it.
func geometry(text string) (short []byte, lon, lat float64, err error) {
	wrong := func(key string) error { return invalid(map[string]string{"place": key}) }
	if len(text) > mostGeometry {
		return nil, 0, 0, wrong("contribution.place.large")
	}
	var head struct{ Type string }
	if json.Unmarshal([]byte(text), &head) != nil || !slices.Contains([]string{"Point", "LineString", "Polygon"}, head.Type) {
		return nil, 0, 0, wrong("contribution.place.form")
	}
	g, err := geom.UnmarshalGeoJSON([]byte(text))
	if err != nil || g.IsEmpty() || g.CoordinatesType() != geom.DimXY {
		return nil, 0, 0, wrong("contribution.place.form")
	}
	if g.DumpCoordinates().Length() > mostVertices {
		return nil, 0, 0, wrong("contribution.place.large")
	}
	if g = rounded(g); g.Validate() != nil { // too small for the places that are kept
		return nil, 0, 0, wrong("contribution.place.form")
	}
	box, ok := g.Envelope().AsBox()
	if !ok || box.MinX < -180 || box.MaxX > 180 || box.MinY < -90 || box.MaxY > 90 || math.Abs(box.MaxX-box.MinX) > mostExtent*1.6 || box.MaxY-box.MinY > mostExtent {
		return nil, 0, 0, wrong("contribution.place.range")
	}
	at := g.PointOnSurface()
	if g.IsLineString() {
		at = g.MustAsLineString().InterpolatePoint(0.5)
	}
	xy, ok := at.XY()
	if !ok {
		return nil, 0, 0, wrong("contribution.place.form")
	}
	if short, err = json.Marshal(g); err != nil {
		return nil, 0, 0, err
	}
	return short, round(xy.X), round(xy.Y), nil
}

// round keeps a place to some ten centimetres.
func round(v float64) float64 { return math.Round(v*1e6) / 1e6 }

func rounded(g geom.Geometry) geom.Geometry {
	return g.TransformXY(func(p geom.XY) geom.XY { return geom.XY{X: round(p.X), Y: round(p.Y)} })
}

// PointOf makes the geometry of a place from its coordinates as people type them: "52.5163, 13.3777", latitude first; ok is false for what is none.
func PointOf(text string) (geometry string, ok bool) {
	text = strings.TrimSpace(text)
	parts := strings.FieldsFunc(text, func(r rune) bool { return r == ' ' || r == ';' || r == '/' })
	if len(parts) != 2 {
		if parts = strings.Split(text, ","); len(parts) == 4 { // 52,5163, 13,3777
			parts = []string{parts[0] + "." + parts[1], parts[2] + "." + parts[3]}
		}
	}
	if len(parts) != 2 {
		return "", false
	}
	var v [2]float64
	for i, p := range parts {
		p = strings.Replace(strings.TrimRight(strings.TrimSpace(strings.Trim(p, "°NEOno")), ","), ",", ".", 1)
		x, err := strconv.ParseFloat(strings.TrimSpace(p), 64)
		if err != nil || math.IsNaN(x) || math.IsInf(x, 0) {
			return "", false
		}
		v[i] = x
	}
	if math.Abs(v[0]) > 90 || math.Abs(v[1]) > 180 {
		return "", false
	}
	return fmt.Sprintf(`{"type":"Point","coordinates":[%s,%s]}`, strconv.FormatFloat(round(v[1]), 'f', -1, 64), strconv.FormatFloat(round(v[0]), 'f', -1, 64)), true
}

// place sets geometry and areas of a contribution: derived from the geometry, or those chosen with the areas they lie in.
func (s *Service) place(ctx context.Context, tenant kernel.ID, c *Contribution, text string, chosen []string) (err error) {
	c.Geometry, c.Placed, c.Lon, c.Lat, c.Areas = nil, false, 0, 0, nil
	if text = strings.TrimSpace(text); text != "" {
		if c.Geometry, c.Lon, c.Lat, err = geometry(text); err != nil {
			return err
		}
		c.Placed = true
		c.Areas, err = s.Locate(ctx, tenant, c.Lon, c.Lat)
		if err != nil || len(c.Areas) > 0 {
			return err
		}
	}
	c.Areas, err = s.withParents(ctx, tenant, chosen)
	return err
}

// places keeps an index of each edition.
type places struct {
	mu   sync.Mutex
	kept map[kernel.ID]placeIndex // by edition
}

type placeIndex struct {
	version int
	index   *locate.Index
	keys    []string
	boxes   []geom.Envelope
}

// current gives the editions in force, one for each level, the largest areas first.
func (s *Service) current(ctx context.Context, tenant kernel.ID) ([]area.Edition, error) {
	if s.Areas == nil {
		return nil, nil
	}
	all, err := s.Areas.Editions(ctx, access.Anonymous(tenant), "")
	if err != nil {
		return nil, err
	}
	today := kernel.DayOf(s.now().Time)
	var out []area.Edition
	for _, e := range all {
		if e.ValidAt(today) && !slices.ContainsFunc(out, func(x area.Edition) bool { return x.Level.Key == e.Level.Key }) {
			out = append(out, e)
		}
	}
	if len(out) == 0 { // a town whose editions have all ended: the newest of each level
		for _, e := range all {
			if !slices.ContainsFunc(out, func(x area.Edition) bool { return x.Level.Key == e.Level.Key }) {
				out = append(out, e)
			}
		}
	}
	return out, nil
}

// Locate tells in which areas a place lies, one for each level, the largest first.
func (s *Service) Locate(ctx context.Context, tenant kernel.ID, lon, lat float64) ([]string, error) {
	editions, err := s.current(ctx, tenant)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, e := range editions {
		x, err := s.indexOf(ctx, tenant, e)
		if err != nil {
			return nil, err
		}
		if i := x.index.Find(lon, lat); i != locate.None {
			out = append(out, e.Level.Key+"/"+x.keys[i])
		}
	}
	return out, nil
}

func (s *Service) indexOf(ctx context.Context, tenant kernel.ID, e area.Edition) (placeIndex, error) {
	s.places.mu.Lock()
	defer s.places.mu.Unlock()
	if x, ok := s.places.kept[e.ID]; ok && x.version == e.Version {
		return x, nil
	}
	by := access.Anonymous(tenant)
	areas, err := s.Areas.Areas(ctx, by, e.ID)
	if err != nil {
		return placeIndex{}, err
	}
	outlines, err := s.Areas.Geometry(ctx, by, e.ID)
	if err != nil {
		return placeIndex{}, err
	}
	x := placeIndex{version: e.Version, keys: make([]string, len(areas))}
	shapes := make([]geom.Geometry, len(areas))
	x.boxes = make([]geom.Envelope, len(areas))
	for i, a := range areas {
		x.keys[i] = a.Key
		if wkb, ok := outlines[a.ID]; ok {
			if shapes[i], err = geom.UnmarshalWKB(wkb, geom.NoValidate{}); err != nil {
				return placeIndex{}, fmt.Errorf("outline of area %s: %w", a.Key, err)
			}
			x.boxes[i] = shapes[i].Envelope()
		}
	}
	x.index = locate.New(shapes)
	if s.places.kept == nil {
		s.places.kept = map[kernel.ID]placeIndex{}
	}
	if len(s.places.kept) > 64 {
		clear(s.places.kept)
	}
	s.places.kept[e.ID] = x
	return x, nil
}

// AreaChoice is an area people can choose.
type AreaChoice struct {
	Key  string // "quartier/0101"
	Name string
}

// AreaLevel is a level of areas to choose from.
type AreaLevel struct {
	Level   area.Level
	Edition area.Edition
	Areas   []AreaChoice
}

// AreaLevels lists the areas people can choose, the largest first.
func (s *Service) AreaLevels(ctx context.Context, tenant kernel.ID) ([]AreaLevel, error) {
	editions, err := s.current(ctx, tenant)
	if err != nil {
		return nil, err
	}
	out := make([]AreaLevel, 0, len(editions))
	for _, e := range editions {
		areas, err := s.Areas.Areas(ctx, access.Anonymous(tenant), e.ID)
		if err != nil {
			return nil, err
		}
		l := AreaLevel{Level: e.Level, Edition: e}
		for _, a := range areas {
			l.Areas = append(l.Areas, AreaChoice{e.Level.Key + "/" + a.Key, a.Name})
		}
		out = append(out, l)
	}
	return out, nil
}

// AreaNames gives the names of areas by their keys.
func (s *Service) AreaNames(ctx context.Context, tenant kernel.ID) (map[string]string, error) {
	levels, err := s.AreaLevels(ctx, tenant)
	names := map[string]string{}
	for _, l := range levels {
		for _, a := range l.Areas {
			names[a.Key] = a.Name
		}
	}
	return names, err
}

// withParents adds the areas that chosen ones lie in; Invalid on "place" for one that is not there.
func (s *Service) withParents(ctx context.Context, tenant kernel.ID, chosen []string) ([]string, error) {
	chosen = slices.DeleteFunc(slices.Clone(chosen), func(k string) bool { return k == "" })
	if len(chosen) == 0 {
		return nil, nil
	}
	wrong := invalid(map[string]string{"place": "contribution.place.area"})
	if len(chosen) > 50 || s.Areas == nil {
		return nil, wrong
	}
	editions, err := s.current(ctx, tenant)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, k := range chosen {
		level, key, _ := strings.Cut(k, "/")
		i := slices.IndexFunc(editions, func(e area.Edition) bool { return e.Level.Key == level })
		if i < 0 {
			return nil, wrong
		}
		by := access.Anonymous(tenant)
		a, err := s.Areas.Area(ctx, by, editions[i].ID, key)
		if kernel.KindOf(err) == kernel.NotFound {
			return nil, wrong
		}
		if err != nil {
			return nil, err
		}
		up, err := s.Areas.Ancestors(ctx, by, a)
		if err != nil {
			return nil, err
		}
		for _, p := range slices.Backward(up) {
			out = append(out, p.Edition.Level.Key+"/"+p.Area.Key)
		}
		out = append(out, k)
	}
	rank := func(k string) int {
		level, _, _ := strings.Cut(k, "/")
		return slices.IndexFunc(editions, func(e area.Edition) bool { return e.Level.Key == level })
	}
	slices.SortFunc(out, func(a, b string) int { return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(a, b)) })
	return slices.Compact(out), nil // the largest first, as Locate gives them
}

// Box is where the town lies, for the first view of a map: west, south, east, north; ok is false without areas.
func (s *Service) Box(ctx context.Context, tenant kernel.ID) (box [4]float64, ok bool, err error) {
	editions, err := s.current(ctx, tenant)
	if err != nil || len(editions) == 0 {
		return box, false, err
	}
	x, err := s.indexOf(ctx, tenant, editions[0])
	if err != nil {
		return box, false, err
	}
	var all geom.Envelope
	for _, b := range x.boxes {
		all = all.ExpandToIncludeEnvelope(b)
	}
	b, ok := all.AsBox()
	return [4]float64{b.MinX, b.MinY, b.MaxX, b.MaxY}, ok, nil
}
