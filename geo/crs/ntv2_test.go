// SPDX-License-Identifier: EUPL-1.2

package crs_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math"
	"testing"

	"github.com/kupferfaden/kupferfaden/geo/crs"
)

// gridFile writes a 3 × 3 grid over 6-8 E, 50-52 N whose latitude shift is 4" + 1" per degree of latitude and whose longitude shift is
// 3" west + 0.5" per degree west, both linear, so that bilinear interpolation is exact.
func gridFile(order binary.ByteOrder) []byte {
	var b bytes.Buffer
	rec := func(name string, v any) {
		k := make([]byte, 8)
		copy(k, name+"        ")
		b.Write(k)
		switch v := v.(type) {
		case int:
			binary.Write(&b, order, int32(v))
			b.Write(make([]byte, 4))
		case float64:
			binary.Write(&b, order, v)
		case string:
			k := make([]byte, 8)
			copy(k, v+"        ")
			b.Write(k)
		}
	}
	rec("NUM_OREC", 11)
	rec("NUM_SREC", 11)
	rec("NUM_FILE", 1)
	rec("GS_TYPE", "SECONDS")
	rec("VERSION", "TEST")
	rec("SYSTEM_F", "DHDN90")
	rec("SYSTEM_T", "ETRS89")
	rec("MAJOR_F", 6377397.155)
	rec("MINOR_F", 6356078.963)
	rec("MAJOR_T", 6378137.0)
	rec("MINOR_T", 6356752.314)
	rec("SUB_NAME", "TEST")
	rec("PARENT", "NONE")
	rec("CREATED", "")
	rec("UPDATED", "")
	rec("S_LAT", 50.*3600)
	rec("N_LAT", 52.*3600)
	rec("E_LONG", -8.*3600)
	rec("W_LONG", -6.*3600)
	rec("LAT_INC", 3600.)
	rec("LONG_INC", 3600.)
	rec("GS_COUNT", 9)
	for i := range 3 {
		for j := range 3 {
			binary.Write(&b, order, []float32{4 + float32(i), 3 + .5*float32(j), 0, 0})
		}
	}
	rec("END", 0.)
	return b.Bytes()
}

func TestGridInterpolatesBilinearlyInBothByteOrders(t *testing.T) {
	for _, order := range []binary.ByteOrder{binary.LittleEndian, binary.BigEndian} {
		g, err := crs.ReadGrid(bytes.NewReader(gridFile(order)))
		if err != nil {
			t.Fatal(err)
		}
		if g.From != "DHDN90" || g.To != "ETRS89" {
			t.Errorf("systems %q %q", g.From, g.To)
		}
		x, y := convert(t, crs.DHDN, crs.WGS84, 7.25, 50.5, crs.WithGrid(g))
		// latitude: 4" + 0.5"; longitude west shift: 3" + 0.5·0.75", so east becomes smaller
		if math.Abs(y-(50.5+4.5/3600)) > 1e-12 || math.Abs(x-(7.25-3.375/3600)) > 1e-12 {
			t.Errorf("got %.12f %.12f", x, y)
		}
		bx, by := convert(t, crs.WGS84, crs.DHDN, x, y, crs.WithGrid(g))
		if math.Abs(bx-7.25) > 1e-12 || math.Abs(by-50.5) > 1e-12 {
			t.Errorf("inverse %.12f %.12f", bx, by)
		}
		// Outside the grid the seven parameters apply.
		hx, hy := convert(t, crs.DHDN, crs.WGS84, 13.4, 52.5)
		ox, oy := convert(t, crs.DHDN, crs.WGS84, 13.4, 52.5, crs.WithGrid(g))
		if hx != ox || hy != oy {
			t.Error("outside the grid the seven parameters must apply")
		}
	}
}

func TestDamagedGridsAreRefusedWithAReason(t *testing.T) {
	good := gridFile(binary.LittleEndian)
	edit := func(f func(b []byte)) []byte {
		b := bytes.Clone(good)
		f(b)
		return b
	}
	for name, b := range map[string][]byte{
		"empty":           nil,
		"text":            []byte("this is no grid at all, really not"),
		"cut":             good[:400],
		"count lies":      edit(func(b []byte) { binary.LittleEndian.PutUint32(b[(11+10)*16+8:], 1<<31-1) }),
		"spacing zero":    edit(func(b []byte) { binary.LittleEndian.PutUint64(b[(11+8)*16+8:], 0) }),
		"extent NaN":      edit(func(b []byte) { binary.LittleEndian.PutUint64(b[(11+4)*16+8:], math.Float64bits(math.NaN())) }),
		"shift NaN":       edit(func(b []byte) { binary.LittleEndian.PutUint32(b[22*16:], math.Float32bits(float32(math.NaN()))) }),
		"many sub-grids":  edit(func(b []byte) { binary.LittleEndian.PutUint32(b[2*16+8:], 1<<30) }),
		"unit degrees":    edit(func(b []byte) { copy(b[3*16+8:], "DEGREES ") }),
		"record missing":  edit(func(b []byte) { copy(b[(11+4)*16:], "X_LAT   ") }),
		"second grid cut": edit(func(b []byte) { binary.LittleEndian.PutUint32(b[2*16+8:], 2) }),
	} {
		_, err := crs.ReadGrid(bytes.NewReader(b))
		var ge *crs.GridError
		if !errors.As(err, &ge) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func FuzzReadGrid(f *testing.F) {
	f.Add(gridFile(binary.LittleEndian))
	f.Add(gridFile(binary.BigEndian))
	f.Add([]byte("NUM_OREC"))
	f.Fuzz(func(t *testing.T, b []byte) {
		g, err := crs.ReadGrid(bytes.NewReader(b))
		if err != nil {
			return
		}
		tr, _ := crs.New(crs.DHDN, crs.WGS84, crs.WithGrid(g))
		if x, y, err := tr.Point(7, 51); err != nil || math.IsNaN(x) || math.IsNaN(y) {
			t.Errorf("an accepted grid must shift to a number, got %v %v %v", x, y, err)
		}
	})
}
