// SPDX-License-Identifier: EUPL-1.2

package crs_test

import (
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/kupferfaden/kupferfaden/geo/crs"
)

func TestWellKnownTextOfEverySystem(t *testing.T) {
	b, err := os.ReadFile("testdata/wkt.txt")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[int]int{}
	for _, line := range strings.Split(strings.TrimSpace(string(b)), "\n") {
		code, wkt, ok := strings.Cut(line, "\t")
		if !ok {
			continue
		}
		want, err := strconv.Atoi(code)
		if err != nil {
			t.Fatal(err)
		}
		seen[want]++
		if got, ok := crs.ParseWKT(wkt); got != want || !ok {
			t.Errorf("EPSG:%d read as %d %v from %.120s", want, got, ok, wkt)
		}
		// without authority codes and in another layout
		loose := strings.NewReplacer(",", " ,\n ", "[", "(", "]", ")").Replace(wkt)
		if got, _ := crs.ParseWKT(loose); got != want {
			t.Errorf("EPSG:%d in loose layout read as %d", want, got)
		}
	}
	for _, s := range crs.Systems() {
		if seen[s.EPSG] != 3 {
			t.Errorf("EPSG:%d has %d examples", s.EPSG, seen[s.EPSG])
		}
	}
}

func TestForeignWellKnownTextIsNotGuessed(t *testing.T) {
	gk := `PROJCS["x",GEOGCS["GCS_MGI",DATUM["D_MGI",SPHEROID["Bessel_1841",6377397.155,299.1528128]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]],PROJECTION["Transverse_Mercator"],PARAMETER["False_Easting",0.0],PARAMETER["Central_Meridian",9.0],PARAMETER["Scale_Factor",1.0],UNIT["Meter",1.0]]`
	utm := `PROJCS["ETRS_1989_UTM_Zone_32N",GEOGCS["GCS_ETRS_1989",DATUM["D_ETRS_1989",SPHEROID["GRS_1980",6378137.0,298.257222101]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]],PROJECTION["Transverse_Mercator"],PARAMETER["False_Easting",500000.0],PARAMETER["False_Northing",0.0],PARAMETER["Central_Meridian",9.0],PARAMETER["Scale_Factor",0.9996],PARAMETER["Latitude_Of_Origin",0.0],UNIT["Meter",1.0]]`
	if e, ok := crs.ParseWKT(utm); e != crs.UTM32 || !ok {
		t.Fatalf("%d", e)
	}
	for name, s := range map[string]string{
		"empty": "", "words": "hello", "open": `GEOGCS["WGS 84"`, "Austria": gk,
		"feet":            strings.Replace(utm, `UNIT["Meter",1.0]`, `UNIT["Foot",0.3048]`, 1),
		"other meridian":  strings.Replace(utm, `"Central_Meridian",9.0`, `"Central_Meridian",10.0`, 1),
		"name lies":       strings.Replace(utm, `"False_Easting",500000.0`, `"False_Easting",0.0`, 1),
		"prime Ferro":     strings.Replace(utm, `"Greenwich",0.0`, `"Ferro",-17.66`, 1),
		"deep":            strings.Repeat("A[", 100_000),
		"local":           `LOCAL_CS["site"]`,
		"quote not ended": `GEOGCS["WGS 84`,
	} {
		if e, ok := crs.ParseWKT(s); ok {
			t.Errorf("%s: read as %d", name, e)
		}
	}
}

func FuzzParseWKT(f *testing.F) {
	f.Add(`GEOGCS["WGS 84",DATUM["WGS_1984",SPHEROID["WGS 84",6378137,298.257223563]],PRIMEM["Greenwich",0],UNIT["degree",0.0174532925199433]]`)
	f.Add(`COMPD_CS["a",PROJCS["b"],VERT_CS["c"]]`)
	f.Add(`PROJCRS["x",BASEGEOGCRS["ETRS89",DATUM["x"]],CONVERSION["c",METHOD["Transverse Mercator"],PARAMETER["y",1e309]]]`)
	f.Fuzz(func(t *testing.T, s string) {
		if e, ok := crs.ParseWKT(s); ok {
			if _, known := crs.Lookup(e); !known {
				t.Errorf("unknown code %d", e)
			}
		}
	})
}
