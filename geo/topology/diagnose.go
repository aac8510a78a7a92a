// SPDX-License-Identifier: EUPL-1.2

package topology

import (
	"fmt"
	"math"

	"github.com/kupferfaden/kupferfaden/geo"
	"github.com/kupferfaden/kupferfaden/geo/internal/plane"
)

// problem is one fault of an area by itself.
type problem struct {
	code     string
	severity geo.Severity
	message  string
	params   map[string]any
	lon, lat float64
}

// solo is the arrangement of one area's rings, labelled by ring.
type solo struct {
	m     *model
	rings []int32
	arr   *plane.Arrangement
}

func newSolo(m *model, area int32) *solo {
	s := &solo{m: m, rings: m.byArea[area]}
	s.arr = m.build(s.rings, func(r int32) int32 { return r })
	return s
}

// inside decides which faces belong to the area: those that a shell winds around, in any sense, and no hole of the same polygon does.
func (s *solo) inside(face int32) bool {
	label := s.arr.Label(face)
	for _, c := range label {
		r := &s.m.rings[c.Owner]
		if r.hole {
			continue
		}
		cut := false
		for _, d := range label {
			q := &s.m.rings[d.Owner]
			cut = cut || q.hole && q.part == r.part
		}
		if !cut {
			return true
		}
	}
	return false
}

// diagnose names the faults of an area. Self-crossing, a hole outside and overlapping parts change the area when repaired, so a person decides,
// unless they are as small as rounding leaves them; touches and spikes change nothing.
func diagnose(m *model, ruler *ruler, area int32, opt Options) []problem {
	s := newSolo(m, area)
	var out []problem
	add := func(code string, sev geo.Severity, at plane.Point, params map[string]any, format string, args ...any) {
		lon, lat := ruler.lonLat(at)
		if params == nil {
			params = map[string]any{}
		}
		out = append(out, problem{code, sev, fmt.Sprintf(format, args...), params, lon, lat})
	}
	crossed := map[int32]*patch{}
	var crossedOrder []int32
	var outside, parts patch
	for f := int32(1); f < int32(s.arr.Faces()); f++ {
		shells, wrong, out := 0, []int32(nil), false
		for _, c := range s.arr.Label(f) {
			r := &m.rings[c.Owner]
			good := int32(1)
			if r.hole {
				good = -1
				out = out || !s.shellHolds(f, r.part)
			} else {
				shells++
			}
			if c.Winding != good {
				wrong = append(wrong, c.Owner)
			}
		}
		if len(wrong) == 0 && !out && shells < 2 {
			continue
		}
		m2, length := ruler.face(s.arr, f)
		size := m2
		if opt.sliver(m2, length) {
			size = 0 // keeps the place, not the size
		}
		at := s.arr.FaceRings(f)[0][0]
		for _, r := range wrong {
			if crossed[r] == nil {
				crossed[r] = &patch{at: s.crossing(r, f)}
				crossedOrder = append(crossedOrder, r)
			}
			crossed[r].add(size, s.crossing(r, f))
		}
		if out {
			outside.add(size, at)
		}
		if shells > 1 {
			parts.add(size, at)
		}
	}
	for _, r := range crossedOrder {
		if p := crossed[r]; p.m2 > 0 {
			add("polygon.selfcrossing", geo.Ask, p.at, map[string]any{"m2": round(p.m2, 1)}, "The border crosses itself near %s (%.1f m²); the repair keeps every part it encloses.", place(ruler, p.at), p.m2)
		} else {
			add("polygon.selftouch", geo.Warn, p.at, nil, "The border touches or crosses itself by rounding near %s; the repair splits it there and changes less than a square metre or half a metre.", place(ruler, p.at))
		}
	}
	if outside.m2 > 0 {
		add("hole.outside", geo.Ask, outside.at, map[string]any{"m2": round(outside.m2, 1)}, "A hole lies outside its outer ring near %s (%.1f m²); the repair drops that part.", place(ruler, outside.at), outside.m2)
	}
	if parts.m2 > 0 {
		add("polygon.parts", geo.Ask, parts.at, map[string]any{"m2": round(parts.m2, 1)}, "Two parts of the area overlap near %s (%.1f m²); the repair joins them.", place(ruler, parts.at), parts.m2)
	}
	for _, r := range s.rings {
		if crossed[r] != nil {
			continue
		}
		if at, ok := s.touch(r); ok {
			add("polygon.selftouch", geo.Warn, at, nil, "The border touches itself near %s; the repair splits it there without changing the area.", place(ruler, at))
		}
	}
	if n := len(s.arr.Cancelled); n > 0 && crossed[s.arr.Cancelled[0]] == nil {
		pts := m.rings[s.arr.Cancelled[0]].points
		at, ok := spike(pts)
		if !ok {
			at = pts[0]
		}
		add("polygon.spike", geo.Warn, at, map[string]any{"edges": n}, "The border runs to and fro along the same line near %s; the repair drops the line.", place(ruler, at))
	}
	if len(out) == 0 {
		at := m.rings[s.rings[0]].points[0]
		add("polygon.disconnected", geo.Warn, at, nil, "Rings of the area touch so that its inside falls into separate pieces, or overlap by rounding; the repair makes each piece a part of its own.")
	}
	return out
}

func place(r *ruler, p plane.Point) string {
	lon, lat := r.lonLat(p)
	return fmt.Sprintf("%.6f, %.6f", lon, lat)
}

// shellHolds reports whether the shell of the polygon winds around the face.
func (s *solo) shellHolds(face, part int32) bool {
	for _, c := range s.arr.Label(face) {
		if r := &s.m.rings[c.Owner]; !r.hole && r.part == part {
			return true
		}
	}
	return false
}

// crossing finds a vertex of the face where the ring passes twice, else any vertex of the face.
func (s *solo) crossing(ring, face int32) plane.Point {
	at, found := int32(-1), false
	s.arr.Neighbours(face, func(h int32) {
		if v := s.arr.Tail(h); !found {
			at, found = v, s.passesAt(ring, v) > 1
		}
	})
	return s.arr.Points[at]
}

func (s *solo) passesAt(ring, v int32) int {
	n := 0
	for _, h := range s.arr.Out(v) {
		s.arr.Rings(h, func(r int32, times int) {
			if r == ring {
				n += max(0, times)
			}
		})
	}
	return n
}

func (s *solo) touch(ring int32) (plane.Point, bool) {
	for v := range int32(len(s.arr.Points)) {
		if len(s.arr.Out(v)) > 2 && s.passesAt(ring, v) > 1 {
			return s.arr.Points[v], true
		}
	}
	return plane.Point{}, false
}

// spike finds a vertex where the ring turns back on itself.
func spike(pts []plane.Point) (plane.Point, bool) {
	n := len(pts)
	for i := range pts {
		a, b, c := pts[(i+n-1)%n], pts[i], pts[(i+1)%n]
		dot := float64(a.X-b.X)*float64(c.X-b.X) + float64(a.Y-b.Y)*float64(c.Y-b.Y)
		if plane.Orient(a, b, c) == 0 && dot > 0 && !math.IsNaN(dot) {
			return b, true
		}
	}
	return plane.Point{}, false
}
