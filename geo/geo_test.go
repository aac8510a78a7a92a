// SPDX-License-Identifier: EUPL-1.2

package geo_test

import (
	"errors"
	"testing"

	"github.com/peterstace/simplefeatures/geom"

	"github.com/kupferfaden/kupferfaden/geo"
)

func TestFindingsSayWhereAndHowBad(t *testing.T) {
	fs := geo.Findings{
		{Code: "b", Severity: geo.Row, Feature: 2, Key: "01", File: "a.dbf", Line: 3, Column: 4, Message: "no."},
		{Code: "a", Severity: geo.Warn, Feature: geo.WholeFile, Message: "hm."},
	}
	if fs.Worst() != geo.Row || fs.Err() != nil || len(fs.Of("a")) != 1 || len(fs.Codes()) != 2 || fs.Codes()[0] != "a" {
		t.Error(fs)
	}
	if got := fs[0].String(); got != `row b (a.dbf, line 3, column 4, feature 3, key "01"): no.` {
		t.Error(got)
	}
	if got := fs[1].String(); got != "warn a: hm." {
		t.Error(got)
	}
	fs = append(fs, geo.Finding{Code: "c", Severity: geo.Refuse, Feature: geo.WholeFile, Message: "stop."})
	var re *geo.RefusedError
	if err := fs.Err(); !errors.As(err, &re) || re.Finding.Code != "c" || err.Error() != "refuse c: stop." {
		t.Error(fs.Err())
	}
	if geo.Findings(nil).Worst() != geo.Info {
		t.Error("no findings are harmless")
	}
}

func TestValuesKeepTheirText(t *testing.T) {
	for v, want := range map[geo.Value]float64{{Kind: geo.Number, Text: "01.50"}: 1.5, geo.StringValue("12"): 12, geo.IntValue(-3): -3, geo.NumberValue(1e21): 1e21} {
		if f, ok := v.Float(); !ok || f != want {
			t.Errorf("%v: %v %v", v, f, ok)
		}
	}
	for _, v := range []geo.Value{{}, geo.BoolValue(true), geo.StringValue("x"), {Kind: geo.Missing, Text: "1"}} {
		if _, ok := v.Float(); ok {
			t.Errorf("%v is no number", v)
		}
	}
	p := geo.Properties{{Name: "key", Value: geo.StringValue("01100101")}}
	if p.Text("key") != "01100101" || p.Text("none") != "" {
		t.Error(p)
	}
}

func TestWantsLimitsAndBounds(t *testing.T) {
	if !geo.Areas.Accepts(geom.TypeMultiPolygon) || geo.Areas.Accepts(geom.TypePoint) || !geo.Points.Accepts(geom.TypeMultiPoint) || geo.Points.Accepts(geom.TypePolygon) || !geo.AnyGeometry.Accepts(geom.TypeLineString) {
		t.Error("wants")
	}
	if l := (geo.Limits{MaxBytes: 7}).OrDefault(); l.MaxBytes != 7 || l.MaxDepth != geo.DefaultLimits().MaxDepth {
		t.Error(l)
	}
	l := geo.Layer{Features: []geo.Feature{{Geometry: geom.NewPointXY(1, 5).AsGeometry()}, {}, {Geometry: geom.NewPointXY(3, 2).AsGeometry()}}}
	if b, ok := l.Bounds(); !ok || b != (geo.Bounds{MinX: 1, MinY: 2, MaxX: 3, MaxY: 5}) {
		t.Error(b)
	}
	if _, ok := (geo.Layer{}).Bounds(); ok {
		t.Error("an empty layer has no bounds")
	}
}
