// SPDX-License-Identifier: EUPL-1.2

package crs

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"strings"
)

// Grid is an NTv2 file of datum shifts, for example BETA2007.gsb of the AdV. The municipality supplies the file; we ship none.
// Format: Junkins and Farley, "NTv2 Developer's Guide" (1995), records of 16 bytes, little or big endian, nested grids allowed.
type Grid struct {
	From, To string
	parts    []gridPart
}

type gridPart struct {
	name, parent string
	south, north float64 // arc seconds, north positive
	east, west   float64 // arc seconds, west positive as NTv2 has it
	dLat, dLon   float64
	rows, cols   int
	shift        []float32 // latitude and longitude (west positive) shift in arc seconds, from the south-east corner westward
}

// maxGridNodes bounds the memory of a grid; the largest national NTv2 grids have about 10 million nodes, BETA2007 has 4,345.
const maxGridNodes = 20_000_000

// GridError says why a file is no usable NTv2 grid.
type GridError struct{ Reason string }

// Error names the reason and what to do.
func (e *GridError) Error() string {
	return "not a usable NTv2 grid: " + e.Reason + "; take BETA2007.gsb as the surveying authority publishes it"
}

// ReadGrid reads an NTv2 file. A damaged or foreign file gives a *GridError; memory grows with what is read, not with what the header claims.
func ReadGrid(r io.Reader) (*Grid, error) {
	read := func() ([]byte, error) {
		b := make([]byte, 16)
		if _, err := io.ReadFull(r, b); err != nil {
			if err == io.EOF || err == io.ErrUnexpectedEOF {
				return nil, &GridError{"the file ends too early"}
			}
			return nil, fmt.Errorf("reading NTv2 grid: %w", err)
		}
		return b, nil
	}
	first, err := read()
	if err != nil {
		return nil, err
	}
	if string(first[:8]) != "NUM_OREC" {
		return nil, &GridError{"it does not begin with NUM_OREC"}
	}
	var order binary.ByteOrder = binary.LittleEndian
	if order.Uint32(first[8:]) != 11 {
		order = binary.BigEndian
		if order.Uint32(first[8:]) != 11 {
			return nil, &GridError{"the overview header has not 11 records"}
		}
	}
	header := func(skip int) (map[string][]byte, error) {
		m := map[string][]byte{}
		for range 11 - skip {
			b, err := read()
			if err != nil {
				return nil, err
			}
			m[strings.TrimRight(string(b[:8]), " \x00")] = b[8:]
		}
		return m, nil
	}
	h, err := header(1)
	if err != nil {
		return nil, err
	}
	text := func(b []byte) string { return strings.TrimRight(string(b), " \x00") }
	integer := func(m map[string][]byte, k string) (int, error) {
		if m[k] == nil {
			return 0, &GridError{"the record " + k + " is missing"}
		}
		return int(int32(order.Uint32(m[k]))), nil
	}
	files, err := integer(h, "NUM_FILE")
	if err != nil {
		return nil, err
	}
	if files < 1 || files > 1000 {
		return nil, &GridError{fmt.Sprintf("it claims %d sub-grids", files)}
	}
	if u := text(h["GS_TYPE"]); u != "SECONDS" {
		return nil, &GridError{fmt.Sprintf("its unit is %q, expected SECONDS", u)}
	}
	g := &Grid{From: text(h["SYSTEM_F"]), To: text(h["SYSTEM_T"])}
	total := 0
	for range files {
		h, err := header(0)
		if err != nil {
			return nil, err
		}
		p := gridPart{name: text(h["SUB_NAME"]), parent: text(h["PARENT"])}
		for k, v := range map[string]*float64{"S_LAT": &p.south, "N_LAT": &p.north, "E_LONG": &p.east, "W_LONG": &p.west, "LAT_INC": &p.dLat, "LONG_INC": &p.dLon} {
			if h[k] == nil {
				return nil, &GridError{"the record " + k + " is missing"}
			}
			if *v = math.Float64frombits(order.Uint64(h[k])); !finite(*v) || math.Abs(*v) > 1e7 {
				return nil, &GridError{"the record " + k + " holds no sensible number"}
			}
		}
		n, err := integer(h, "GS_COUNT")
		if err != nil {
			return nil, err
		}
		if p.dLat <= 0 || p.dLon <= 0 || p.north <= p.south || p.west <= p.east {
			return nil, &GridError{"its extent or spacing is not positive"}
		}
		rows, cols := math.Round((p.north-p.south)/p.dLat)+1, math.Round((p.west-p.east)/p.dLon)+1
		if rows < 2 || cols < 2 || rows*cols != float64(n) {
			return nil, &GridError{fmt.Sprintf("extent and spacing give %.0f nodes, the header says %d", rows*cols, n)}
		}
		if total += n; total > maxGridNodes {
			return nil, &GridError{fmt.Sprintf("it has more than %d nodes", maxGridNodes)}
		}
		p.rows, p.cols = int(rows), int(cols)
		for range n {
			b, err := read()
			if err != nil {
				return nil, err
			}
			la, lo := math.Float32frombits(order.Uint32(b)), math.Float32frombits(order.Uint32(b[4:]))
			if !finite(float64(la)) || !finite(float64(lo)) || math.Abs(float64(la)) > 3600 || math.Abs(float64(lo)) > 3600 {
				return nil, &GridError{"a shift is no sensible number"}
			}
			p.shift = append(p.shift, la, lo)
		}
		g.parts = append(g.parts, p)
	}
	return g, nil
}

// Covers reports whether the grid holds a shift for the DHDN longitude and latitude in degrees.
func (g *Grid) Covers(lon, lat float64) bool {
	_, _, ok := g.forward(lon*rad, lat*rad)
	return ok
}

// forward shifts geographic radians of the old datum to the new one.
func (g *Grid) forward(lon, lat float64) (float64, float64, bool) {
	la, lo := lat/arcsec, -lon/arcsec
	p := g.part(la, lo)
	if p == nil {
		return lon, lat, false
	}
	dla, dlo := p.at(la, lo)
	return lon - dlo*arcsec, lat + dla*arcsec, true
}

// inverse finds the point whose forward shift is the given one, by fixed-point iteration; shifts vary so slowly that four steps reach 1e-12 rad.
func (g *Grid) inverse(lon, lat float64) (float64, float64, bool) {
	x, y := lon, lat
	for range 20 {
		fx, fy, ok := g.forward(x, y)
		if !ok {
			return lon, lat, false
		}
		ex, ey := fx-lon, fy-lat
		x, y = x-ex, y-ey
		if math.Abs(ex) < 1e-14 && math.Abs(ey) < 1e-14 {
			return x, y, true
		}
	}
	return x, y, true
}

// part picks the finest sub-grid around the point.
func (g *Grid) part(la, lo float64) *gridPart {
	var best *gridPart
	for i := range g.parts {
		p := &g.parts[i]
		if la >= p.south && la <= p.north && lo >= p.east && lo <= p.west && (best == nil || p.dLat < best.dLat) {
			best = p
		}
	}
	return best
}

// at interpolates bilinearly.
func (p *gridPart) at(la, lo float64) (dla, dlo float64) {
	r, c := (la-p.south)/p.dLat, (lo-p.east)/p.dLon
	i, j := min(int(r), p.rows-2), min(int(c), p.cols-2)
	fr, fc := r-float64(i), c-float64(j)
	at := func(i, j, k int) float64 { return float64(p.shift[2*(i*p.cols+j)+k]) }
	mix := func(k int) float64 {
		return (1-fr)*((1-fc)*at(i, j, k)+fc*at(i, j+1, k)) + fr*((1-fc)*at(i+1, j, k)+fc*at(i+1, j+1, k))
	}
	return mix(0), mix(1)
}
