// SPDX-License-Identifier: EUPL-1.2

package contribution

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/area"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// Frame is a part of the map, in degrees; East and North are not part of it.
type Frame struct{ West, South, East, North float64 }

// String writes it as addresses have it; empty for no frame.
func (f Frame) String() string {
	if f == (Frame{}) {
		return ""
	}
	return degree(f.West) + "," + degree(f.South) + "," + degree(f.East) + "," + degree(f.North)
}

func degree(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

// ParseFrame reads what String wrote; ok is false for anything else.
func ParseFrame(s string) (f Frame, ok bool) {
	parts := strings.Split(s, ",")
	if len(parts) != 4 || len(s) > 120 {
		return f, false
	}
	for i, to := range []*float64{&f.West, &f.South, &f.East, &f.North} {
		v, err := strconv.ParseFloat(parts[i], 64)
		if err != nil || math.IsNaN(v) || math.Abs(v) > 180 {
			return Frame{}, false
		}
		*to = v
	}
	return f, f.West < f.East && f.South < f.North
}

// Still is a map of contributions as a picture: outlines are drawn below, and what lies close together is one spot.
type Still struct {
	Width, Height int
	Town          Frame
	Spots         []Spot
	Outside       int // beyond the edge of the picture
}

// Spot is one contribution, or several.
type Spot struct {
	X, Y, R       float64
	N             int
	Number, Title string // of one that stands alone
	Within        Frame  // where those of several lie
}

const (
	stillWidth = 720 // units
	stillMost  = 640 // height
	stillCell  = 45  // spots are not closer than this, nearly
)

// grid gathers points in cells.
type grid struct {
	town       Frame
	height     int
	lons, lats []float64 // borders of the cells, rounded as addresses have them
	cells      map[int]*mapCell
	outside    int
}

type mapCell struct {
	n             int
	lon, lat      float64 // sums
	number, title string
}

func newGrid(town Frame) *grid {
	if town == (Frame{}) {
		return nil
	}
	// A degree of longitude is shorter than one of latitude by the cosine of the latitude.
	across := (town.East - town.West) * math.Cos((town.South+town.North)/2*math.Pi/180)
	h := min(max(int(stillWidth*(town.North-town.South)/across), 120), stillMost)
	g := &grid{town: town, height: h, cells: map[int]*mapCell{}}
	g.lons, g.lats = borders(town.West, town.East, stillWidth/stillCell), borders(town.South, town.North, max(h/stillCell, 2))
	return g
}

func borders(from, to float64, n int) []float64 {
	out := make([]float64, n+1)
	for i := range out {
		out[i] = math.Round((from+(to-from)*float64(i)/float64(n))*1e6) / 1e6
	}
	return out
}

// at gives the cell of a value, -1 outside.
func at(borders []float64, v float64) int {
	i, found := slices.BinarySearch(borders, v)
	if !found {
		i--
	}
	if i < 0 || i >= len(borders)-1 {
		return -1
	}
	return i
}

func (g *grid) add(p Point) {
	if g == nil {
		return
	}
	x, y := at(g.lons, p.Lon), at(g.lats, p.Lat)
	if x < 0 || y < 0 {
		g.outside++
		return
	}
	c := g.cells[y*len(g.lons)+x]
	if c == nil {
		c = &mapCell{number: p.Number, title: p.Title}
		g.cells[y*len(g.lons)+x] = c
	}
	c.n, c.lon, c.lat = c.n+1, c.lon+p.Lon, c.lat+p.Lat
}

// still draws the cells, from the north-west on as one reads.
func (g *grid) still() *Still {
	if g == nil {
		return nil
	}
	s := &Still{Width: stillWidth, Height: g.height, Town: g.town, Outside: g.outside}
	for y := len(g.lats) - 2; y >= 0; y-- {
		for x := range len(g.lons) - 1 {
			c := g.cells[y*len(g.lons)+x]
			if c == nil {
				continue
			}
			spot := Spot{N: c.n, R: min(6+3.2*math.Log(float64(c.n)), stillCell/2)}
			spot.X, spot.Y = s.xy(c.lon/float64(c.n), c.lat/float64(c.n))
			west, north := s.xy(g.lons[x], g.lats[y+1])
			east, south := s.xy(g.lons[x+1], g.lats[y])
			spot.X, spot.Y = inside(spot.X, west, east, spot.R), inside(spot.Y, north, south, spot.R)
			if c.n == 1 {
				spot.Number, spot.Title = c.number, c.title
			} else {
				spot.Within = Frame{g.lons[x], g.lats[y], g.lons[x+1], g.lats[y+1]}
			}
			s.Spots = append(s.Spots, spot)
		}
	}
	return s
}

// inside moves the middle of a circle so that it does not reach over the edges of its cell, where another one may be.
func inside(v, from, to, r float64) float64 {
	if to-from < 2*r {
		return (from + to) / 2
	}
	return min(max(v, from+r), to-r)
}

func (s *Still) xy(lon, lat float64) (x, y float64) {
	t := s.Town
	return (lon - t.West) / (t.East - t.West) * float64(s.Width), (t.North - lat) / (t.North - t.South) * float64(s.Height)
}

// townFrame is the town with a narrow edge; zero where it has no areas.
func (s *Service) townFrame(ctx context.Context, tenant kernel.ID) (Frame, error) {
	b, ok, err := s.Box(ctx, tenant)
	if err != nil || !ok || b[0] >= b[2] || b[1] >= b[3] {
		return Frame{}, err
	}
	x, y := (b[2]-b[0])*.02, (b[3]-b[1])*.02
	return Frame{b[0] - x, b[1] - y, b[2] + x, b[3] + y}, nil
}

// farAway tells whether a place lies where nobody speaks of this town: latitude and longitude mixed up, or a pin set on the wrong map.
func (s *Service) farAway(ctx context.Context, tenant kernel.ID, c Contribution) (bool, error) {
	if !c.Placed {
		return false, nil
	}
	t, err := s.townFrame(ctx, tenant)
	if err != nil || t == (Frame{}) {
		return false, err
	}
	const around = 0.5 // degrees, some 50 km
	return c.Lon < t.West-around || c.Lon > t.East+around || c.Lat < t.South-around || c.Lat > t.North+around, nil
}

// outlines keeps the borders of areas as a path of SVG, for each edition and picture.
type outlines struct {
	mu   sync.Mutex
	kept map[string]string
}

// mostOutlined is how many areas a picture has below its spots.
const mostOutlined = 160

// Outline gives the borders of the areas below a picture: of the finest level that is not too fine.
func (s *Service) Outline(ctx context.Context, tenant kernel.ID, p *Still) (string, error) {
	levels, err := s.AreaLevels(ctx, tenant)
	if err != nil || len(levels) == 0 {
		return "", err
	}
	l := levels[0]
	for _, x := range levels {
		if len(x.Areas) <= mostOutlined {
			l = x
		}
	}
	c, err := s.Areas.Coverage(ctx, access.Anonymous(tenant), l.Edition.ID, area.Overview)
	if err != nil {
		return "", err
	}
	key := fmt.Sprint(tenant, " ", c.ETag, " ", p.Town, p.Height)
	s.outlines.mu.Lock()
	defer s.outlines.mu.Unlock()
	if path, ok := s.outlines.kept[key]; ok {
		return path, nil
	}
	var b strings.Builder
	for _, shape := range c.Shapes {
		for _, rings := range shape.Polygons {
			for _, ring := range rings {
				p.ring(&b, ring)
			}
		}
	}
	if s.outlines.kept == nil || len(s.outlines.kept) > 64 {
		s.outlines.kept = map[string]string{}
	}
	s.outlines.kept[key] = b.String()
	return b.String(), nil
}

// ring writes one ring in whole units, without what is too small to see.
func (s *Still) ring(b *strings.Builder, ring [][2]float64) {
	last, n := [2]int{math.MinInt, 0}, 0
	for _, p := range ring {
		x, y := s.xy(p[0], p[1])
		now := [2]int{int(math.Round(x)), int(math.Round(y))}
		if now == last {
			continue
		}
		cmd := "L"
		if n == 0 {
			cmd = "M"
		}
		b.WriteString(cmd + strconv.Itoa(now[0]) + " " + strconv.Itoa(now[1]))
		last, n = now, n+1
	}
	if n > 0 {
		b.WriteString("z")
	}
}
