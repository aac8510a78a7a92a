// SPDX-License-Identifier: EUPL-1.2

package contributiondb_test

import (
	"encoding/csv"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/area"
	"github.com/kupferfaden/kupferfaden/internal/area/areadb"
	"github.com/kupferfaden/kupferfaden/internal/contribution"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/platform/blob"
	"github.com/kupferfaden/kupferfaden/internal/testdata"
)

func (x *town) planner() access.Actor {
	return access.Actor{Tenant: x.id, Person: kernel.NewID(), Name: "Planung", Roles: []access.Role{access.Planner}}
}

// keep keeps a file as an upload does.
func (x *town) keep(name string, content []byte) contribution.ImportRequest {
	x.Helper()
	if x.s.Files == nil {
		files, err := blob.Open(x.TempDir())
		if err != nil {
			x.Fatal(err)
		}
		x.Cleanup(func() { _ = files.Close() })
		x.s.Files = files
	}
	sha, err := x.s.KeepUpload(x.Context(), x.planner(), strings.NewReader(string(content)))
	if err != nil {
		x.Fatal(err)
	}
	return contribution.ImportRequest{Process: "westend", Module: "ideen", File: name, SHA256: sha, Publish: true}
}

func (x *town) read(path string) []byte {
	x.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		x.Fatal(err)
	}
	return b
}

// data/EXPECTED.md 10: 4,778 rows are 4,403 contributions and 375 repeats; 3,696 of those with coordinates lie in the district they name.
func TestHelsinkiBecomesItsContributionsOnceAndOnItsDistricts(t *testing.T) {
	dir := filepath.Join(testdata.Dir(t), "helsinki_omastadi")
	each(t, func(x *town) {
		ctx, by := x.Context(), x.planner()
		file := x.keep("pro_merged.csv", x.read(filepath.Join(dir, "pro_merged.csv")))
		x.s.Areas = &area.Service{Store: &areadb.Store{DB: x.db}, Tx: x.db, Files: x.s.Files, Now: x.clock.Now}
		districts := x.read(filepath.Join(dir, "districts.geojson"))
		if _, err := x.s.Areas.Import(ctx, by, area.ImportRequest{
			FileName: "districts.geojson", Data: strings.NewReader(string(districts)), Size: int64(len(districts)), Level: "district", Edition: "2024", ValidFrom: "2018-01-01",
			KeyField: "Area", NameField: "Area", Accept: []string{"*"},
		}, nil); err != nil {
			x.Fatal(err)
		}
		columns, err := x.s.Inspect(ctx, by, file.SHA256, file.File)
		if err != nil || columns.Mapping.Name != "OmaStadi" {
			x.Fatalf("%+v %v", columns.Mapping, err)
		}
		file.Mapping = columns.Mapping
		for _, step := range []struct {
			dry                    bool
			rows, taken, there, at int
		}{{true, 4778, 4403, 375, 0}, {false, 4778, 4403, 375, 4403}, {false, 4778, 0, 4778, 4403}} {
			file.DryRun = step.dry
			r, err := x.s.Import(ctx, by, file)
			if err != nil {
				x.Fatal(err)
			}
			n, err := x.s.Count(ctx, by, contribution.Filter{Process: "westend"})
			if err != nil || r.Rows != step.rows || r.Taken != step.taken || r.Repeated != step.there || r.LeftOut != 0 || n != step.at {
				x.Errorf("%d rows, %d taken, %d repeated, %d left out, %d kept (%v), want %+v", r.Rows, r.Taken, r.Repeated, r.LeftOut, n, err, step)
			}
			if !step.dry && step.taken > 0 {
				x.Logf("%d with a place", r.Placed)
			}
		}
		x.helsinkiOnItsDistricts(filepath.Join(dir, "pro_merged.csv"))
		p, err := x.s.Map(ctx, x.id, contribution.Filter{Process: "westend"})
		if err != nil || p.Still == nil {
			x.Fatalf("%+v %v", p, err)
		}
		drawn := p.Still.Outside
		for _, s := range p.Still.Spots {
			drawn += s.N
			if s.N > 1 {
				if n, err := x.s.Count(ctx, x.guest(), contribution.Filter{Process: "westend", Within: s.Within}); err != nil || n != s.N {
					x.Errorf("a spot of %d leads to a list of %d: %v", s.N, n, err)
				}
			}
		}
		without, err := x.s.Count(ctx, x.guest(), contribution.Filter{Process: "westend", Unplaced: true})
		if err != nil || drawn != p.N || p.N+without != 4403 {
			x.Errorf("%d drawn, %d on the map, %d without a place: %v", drawn, p.N, without, err)
		}
		away := idea("Hier fehlt eine Bank.")
		away.Geometry = `{"type":"Point","coordinates":[60.17,24.94]}` // latitude and longitude mixed up
		if _, _, err := x.s.Submit(ctx, x.guest(), away); kernel.KindOf(err) != kernel.Invalid {
			x.Errorf("a place in Turkmenistan: %v", err)
		}
		edges, err := x.s.Outline(ctx, x.id, p.Still)
		if err != nil || strings.Count(edges, "M") < 34 {
			x.Errorf("%d rings of 34 districts: %v", strings.Count(edges, "M"), err)
		}
		x.Logf("%d on the map, %d beyond its edge, %d without a place, %d spots, %d bytes packed", p.N, p.Still.Outside, without, len(p.Still.Spots), len(p.Gzip))
	})
}

// helsinkiOnItsDistricts compares the derived areas with the district the file names, row by row. Of the 3,724 rows with coordinates 3,696 agree. The
// other 28 name no district ("location_not_specified"), and rightly so: their places lie in no district of Helsinki, some of them in the sea or in
// the neighbouring town, some hundreds of kilometres away, where writers set their pin on the map of the country. Of the repeats, which are named
// and left out, 76 name another place than the row that was taken.
func (x *town) helsinkiOnItsDistricts(path string) {
	x.Helper()
	f, err := os.Open(path)
	if err != nil {
		x.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		x.Fatal(err)
	}
	at := map[string]int{}
	for i, name := range rows[0] {
		at[name] = i
	}
	areas := map[string][]string{}
	err = x.s.Store.Each(x.Context(), x.id, contribution.Filter{Process: "westend"}, func(c contribution.Contribution) error {
		areas[c.Source] = c.Areas
		return nil
	})
	if err != nil {
		x.Fatal(err)
	}
	agree, outside, elsewhere, districts, seen := 0, 0, 0, map[string]bool{}, map[string]bool{}
	for _, r := range rows[1:] {
		if r[at["latitude"]] == "" {
			continue
		}
		lat, errLat := strconv.ParseFloat(r[at["latitude"]], 64)
		lon, errLon := strconv.ParseFloat(r[at["longitude"]], 64)
		derived, err := x.s.Locate(x.Context(), x.id, lon, lat)
		if err := errors.Join(errLat, errLon, err); err != nil {
			x.Fatal(err)
		}
		source, district := r[at["round"]]+"/"+r[at["id"]], r[at["district"]]
		if same := slices.Equal(areas[source], derived); !same && seen[source] {
			elsewhere++
		} else if !same {
			x.Errorf("%s: kept in %v, lies in %v", source, areas[source], derived)
		}
		seen[source] = true
		switch {
		case district == "location_not_specified" && len(derived) == 0:
			outside++
		case len(derived) == 1 && derived[0] == "district/"+district:
			agree++
			districts[district] = true
		default:
			x.Errorf("%s of round %s: %v, the file says %s", r[at["id"]], r[at["round"]], derived, district)
		}
	}
	if agree != 3696 || outside != 28 || elsewhere != 76 || len(districts) != 34 {
		x.Errorf("%d agree, %d lie in none of %d districts, %d repeats lie elsewhere", agree, outside, len(districts), elsewhere)
	}
}

var exports = map[string]struct {
	file, name string
	want       []string // titles, in order
	area       bool
	texts      []string
}{
	"Decidim": {
		file: "proposals.csv", want: []string{"Bänke am Markt", "Mehr Bäume"}, texts: []string{"Am Marktplatz fehlen Bänke.", "Die Allee braucht Bäume."},
		name: "id;category/id;category/name/de;participatory_space/id;participatory_space/url;title/de;body/de;latitude;longitude;published_at\n" +
			"17;1;Grün;4;https://x.example/p;Bänke am Markt;Am Marktplatz fehlen Bänke.;50.7731;6.2274;2026-05-03 10:00:00 UTC\n18;1;Grün;4;https://x.example/p;Mehr Bäume;Die Allee braucht Bäume.;;;2026-05-04 11:00:00 UTC\n",
	},
	"meinBerlin (de)": {
		file: "export.csv", want: []string{"Zebrastreifen"}, texts: []string{"Vor der Schule."},
		name: "Link,Titel,Beschreibung,Kategorie,Breitengrad,Längengrad,Referenznr.\nhttps://x.example/ideas/2026-1,Zebrastreifen,Vor der Schule.,Verkehr,52.5,13.4,2026-00001\n",
	},
	"LimeSurvey": {
		file: "results-survey.csv", want: []string{"Der Park ist schön", "Zu laut", "Nichts fehlt"}, texts: []string{"Der Park ist schön", "Zu laut", "Nichts fehlt"},
		name: "\"id\",\"submitdate\",\"lastpage\",\"startlanguage\",\"Was gefällt Ihnen?\",\"Was fehlt?\"\n\"1\",\"2026-03-01 12:00:00\",\"3\",\"de\",\"Der Park ist schön\",\"Zu laut\"\n\"2\",\"2026-03-01 12:10:00\",\"3\",\"de\",\"\",\"Nichts fehlt\"\n",
	},
}

func TestExportsOfOtherPlatformsAreKnown(t *testing.T) {
	for preset, e := range exports {
		t.Run(preset, func(t *testing.T) {
			each(t, func(x *town) {
				ctx, by := x.Context(), x.planner()
				file := x.keep(e.file, []byte(e.name))
				columns, err := x.s.Inspect(ctx, by, file.SHA256, file.File)
				if err != nil || columns.Mapping.Name != preset {
					x.Fatalf("%+v %v", columns.Mapping, err)
				}
				file.Mapping = columns.Mapping
				r, err := x.s.Import(ctx, by, file)
				if err != nil || r.Taken != len(e.want) {
					x.Fatalf("%+v %v", r, err)
				}
				list, _, err := x.s.List(ctx, x.guest(), contribution.Filter{Order: contribution.Oldest})
				if err != nil || len(list) != len(e.want) {
					x.Fatalf("%d: %v", len(list), err)
				}
				found := map[string]bool{}
				for _, c := range list {
					found[c.Title+"|"+c.Text] = true
				}
				for i := range e.want {
					if !found[e.want[i]+"|"+e.texts[i]] {
						x.Errorf("%s is not there: %v", e.want[i], found)
					}
				}
				if again, err := x.s.Import(ctx, by, file); err != nil || again.Taken != 0 || again.Repeated != len(e.want) {
					x.Errorf("the same file twice takes %d", again.Taken)
				}
			})
		})
	}
}

// Rows are named by their address where a file has no number; long ones begin alike.
func TestLongAddressesOfRowsAreToldApart(t *testing.T) {
	each(t, func(x *town) {
		const base = "https://beteiligung.kupferstadt.example/projekte/verkehrskonzept-innenstadt/ideen/2026-"
		file := x.keep("export.csv", []byte("Link,Titel,Beschreibung\n"+base+"00001/,Bänke,Am Markt.\n"+base+"00002/,Bäume,An der Allee.\n"))
		file.Mapping = contribution.Mapping{Columns: map[string][]string{"id": {"Link"}, "title": {"Titel"}, "text": {"Beschreibung"}}}
		if r, err := x.s.Import(x.Context(), x.planner(), file); err != nil || r.Taken != 2 {
			x.Errorf("%+v %v", r, err)
		}
		if r, err := x.s.Import(x.Context(), x.planner(), file); err != nil || r.Taken != 0 || r.Repeated != 2 {
			x.Errorf("again: %+v %v", r, err)
		}
	})
}

// The same file from two desks at the same moment is taken once, and both hear what became of it.
func TestTwoDesksBringTheSameFileAtOnce(t *testing.T) {
	each(t, func(x *town) {
		file := x.keep("proposals.csv", []byte(exports["Decidim"].name))
		columns, err := x.s.Inspect(x.Context(), x.planner(), file.SHA256, file.File)
		if err != nil {
			x.Fatal(err)
		}
		file.Mapping = columns.Mapping
		var wg sync.WaitGroup
		var taken, repeated atomic.Int64
		for range 4 {
			wg.Go(func() {
				r, err := x.s.Import(x.Context(), x.planner(), file)
				if err != nil {
					x.Error(err)
				}
				taken.Add(int64(r.Taken))
				repeated.Add(int64(r.Repeated))
			})
		}
		wg.Wait()
		if n, err := x.s.Count(x.Context(), x.planner(), contribution.Filter{}); err != nil || n != 2 || taken.Load() != 2 || repeated.Load() != 6 {
			x.Errorf("%d kept, %d taken, %d repeated (%v)", n, taken.Load(), repeated.Load(), err)
		}
	})
}
