// SPDX-License-Identifier: EUPL-1.2

package contribution

import (
	"bytes"
	"encoding/json"
	"math"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/table"
)

// A code that is taken is shown in one way, and typed in that way it is the same.
func FuzzParseCode(f *testing.F) {
	for _, s := range []string{"C060-52QX-97W", "c06052qx97w", "CO6O 52QX 97W", "", "0000-0000-000", strings.Repeat("-", 99), "ſ060-52QX-97W", "C060-52QX-97\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		code, ok := ParseCode(s)
		if !ok {
			if code != "" {
				t.Errorf("%q is refused and gives %q", s, code)
			}
			return
		}
		if again, fine := ParseCode(code); !fine || again != code || len(code) != 13 {
			t.Errorf("%q is %q, and that is %q", s, code, again)
		}
		if again, fine := ParseCode(strings.ToLower(code)); !fine || again != code {
			t.Errorf("%q in small letters is %q", code, again)
		}
	})
}

// A place that is taken lies on the earth, and its short form is a place again: forms send it back.
func FuzzPlace(f *testing.F) {
	for _, s := range []string{
		"52.5163, 13.3777", "52,5163, 13,3777", "50.7731 6.2274", "N 50.7 E 6.2", "91 0", "NaN Inf", "1e400 0", "0x1p-2 1_0",
		`{"type":"Point","coordinates":[6.2274,50.7731]}`, `{"type":"LineString","coordinates":[[6.2,50.7],[6.21,50.71]]}`,
		`{"type":"Polygon","coordinates":[[[6.2,50.7],[6.21,50.7],[6.21,50.71],[6.2,50.7]]]}`, `{"type":"Polygon","coordinates":[[[6.2,50.7],[6.2000001,50.7],[6.2,50.7000001],[6.2,50.7]]]}`,
		`{"type":"Point","coordinates":[]}`, `{"type":"Point","coordinates":[1e308,-1e308]}`, `{"type":"LineString","coordinates":[[6,50],[6,50]]}`, `{"type":"Polygon","coordinates":[[]]}`,
		`{"type":"Point","coordinates":[6.2,50.7,3]}`, `{"type":"GeometryCollection","geometries":[]}`,
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if len(s) > 4000 {
			return
		}
		text, typed := PointOf(s)
		if !typed {
			text = s
		}
		short, lon, lat, err := geometry(text)
		if err != nil {
			if kernel.KindOf(err) != kernel.Invalid || typed {
				t.Errorf("%q (%s): %v", s, text, err)
			}
			return
		}
		if !json.Valid(short) || math.Abs(lon) > 180 || math.Abs(lat) > 90 || math.IsNaN(lon) || math.IsNaN(lat) {
			t.Errorf("%q: %s at %v %v", s, short, lon, lat)
		}
		if _, _, _, err := geometry(string(short)); err != nil {
			t.Errorf("%q is kept as %s, which is refused: %v", s, short, err)
		}
	})
}

// Whatever a file holds: it is refused in words, or every row is taken as a whole and can be named, repeated or left out.
func FuzzImport(f *testing.F) {
	f.Add("a.csv", []byte("id;category/id;participatory_space/id;title/de;body/de;latitude;longitude;published_at\n17;1;4;Bänke;Am Markt fehlen Bänke.;50.7731;6.2274;2026-05-03 10:00:00 UTC\n"))
	f.Add("a.csv", []byte("Link,Titel,Beschreibung,Breitengrad,Längengrad,Referenznr.\nhttps://x.example/1,Zebrastreifen,Vor der Schule.,52.5,13.4,2026-1\n"))
	f.Add("a.csv", []byte("\"id\",\"submitdate\",\"lastpage\",\"startlanguage\",\"Was fehlt?\",\"Was stört?\"\n1,2026-03-01 12:00:00,3,de,\"Ein \"\"Platz\"\"\",\n1,,,xx,\"\u202e\",Lärm\n"))
	f.Add("a.csv", []byte("id;round;texts;areaScope;title;latitude;longitude\n1;2;Lisää puita;x;Puut;60.1;24.9\n1;2;Lisää puita;x;Puut;;\n"))
	f.Add("a.csv", []byte("Titel;Text\n;\n\x00;\xff\n"))
	f.Fuzz(func(t *testing.T, name string, content []byte) {
		if len(content) > 20_000 {
			return
		}
		x, err := table.Open(bytes.NewReader(content), int64(len(content)), name, table.Options{HeaderRows: headerRows(name), AllowPersonData: true, Limits: table.Limits{Rows: 1000, Columns: 100}})
		if err != nil {
			return
		}
		defer x.Close()
		var names []string
		for _, c := range x.Columns {
			names = append(names, c.Name)
		}
		im := &importing{s: &Service{}, by: access.Actor{Person: "p"}, q: ImportRequest{Mapping: propose(names, nil)}, at: map[string][]int{}, seen: map[string]int{}, keys: map[string]int{}}
		if err := im.columns(x); err != nil {
			if fieldsOf(err) == nil {
				t.Fatal(err)
			}
			return
		}
		list, err := im.read(t.Context(), x)
		if err != nil {
			if kernel.KindOf(err) != kernel.Invalid {
				t.Fatal(err)
			}
			return
		}
		sources := map[string]bool{}
		for _, c := range list {
			if c.Text == "" || length(c.Text) > MostEntered || c.Title == "" || length(c.Title) > MostTitle || !utf8.ValidString(c.Title+c.Text+c.Source) || c.Source == "" || length(c.Source) > 70 || sources[c.Source] {
				t.Errorf("%+v", c)
			}
			if _, ok := Lang(c.Lang); !ok {
				t.Errorf("language %q", c.Lang)
			}
			sources[c.Source] = true
		}
		if !im.q.Mapping.EachText && im.report.Rows != len(list)+im.report.Repeated+im.report.LeftOut {
			t.Errorf("%d rows, %d taken, %d repeated, %d left out", im.report.Rows, len(list), im.report.Repeated, im.report.LeftOut)
		}
	})
}
