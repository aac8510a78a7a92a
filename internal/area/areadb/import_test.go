// SPDX-License-Identifier: EUPL-1.2

package areadb_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/area"
	"github.com/kupferfaden/kupferfaden/internal/area/areadb"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/platform/blob"
	"github.com/kupferfaden/kupferfaden/internal/platform/db"
	"github.com/kupferfaden/kupferfaden/internal/platform/db/dbtest"
	"github.com/kupferfaden/kupferfaden/internal/testdata"
)

func newService(t *testing.T, d *db.DB) *area.Service {
	t.Helper()
	files, err := blob.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := files.Close(); err != nil {
			t.Error(err)
		}
	})
	st := &areadb.Store{DB: d}
	return &area.Service{Store: st, Tx: st, Files: files, Now: time.Now}
}

func TestImportOfBerlinOnBothEngines(t *testing.T) {
	dir := filepath.Join(testdata.Dir(t), "berlin_lor_geometry")
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := newService(t, d)
		a := access.CommandLine(newTenant(t, d, "berlin"))
		load := func(level, file, key, name, parent string, prefix int) area.Report {
			t.Helper()
			b, err := os.ReadFile(filepath.Join(dir, file))
			if err != nil {
				t.Fatal(err)
			}
			r, err := s.Import(ctx, a, area.ImportRequest{
				Level: level, Edition: "2021", ValidFrom: "2021-01-01", KeyField: key, NameField: name,
				ParentLevel: parent, ParentPrefix: prefix, FileName: file, Data: bytes.NewReader(b), Size: int64(len(b)),
			}, nil)
			if err != nil {
				t.Fatal(err)
			}
			return r
		}
		pgr := load("pgr", "pgr_2021_wgs84.geojson", "PGR_ID", "PGR_NAME", "", 0)
		bzr := load("bzr", "bzr_2021_wgs84.geojson", "BZR_ID", "BZR_NAME", "pgr", 4)
		again := load("bzr", "bzr_2021_wgs84.geojson", "BZR_ID", "BZR_NAME", "pgr", 4)
		if pgr.Areas != 58 || bzr.Areas != 143 || !again.Unchanged || again.Edition.Version != 1 {
			t.Errorf("%d, %d areas; again: %+v", pgr.Areas, bzr.Areas, again)
		}
		h, err := s.Hierarchy(ctx, a, bzr.Edition.ID)
		if err != nil || len(h.Areas) != 143 || len(h.Levels) != 1 {
			t.Fatalf("%v", err)
		}
		for i, x := range h.Areas {
			if got := h.Levels[0].Areas[h.Levels[0].Of[i]].Key; got != x.Key[:4] {
				t.Errorf("%s lies in %s", x.Key, got)
			}
		}
		c, err := s.Coverage(ctx, a, bzr.Edition.ID, area.Web)
		if err != nil || len(c.Shapes) != 143 {
			t.Errorf("coverage: %v", err)
		}
		rec, err := s.LastImport(ctx, a, bzr.Edition.ID)
		if err != nil || rec.Areas != 143 || len(rec.Findings) == 0 {
			t.Errorf("record: %+v, %v", rec, err)
		}
		f, err := s.OriginalFile(ctx, a, bzr.Edition.ID)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if info, err := f.Stat(); err != nil || info.Size() != 2809054 {
			t.Errorf("original: %v, %v", info, err)
		}
	})
}

// Two programs on one database: each import is whole, and one that was overtaken says so.
func TestImportsOfTwoProgramsDoNotMix(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		tenant := newTenant(t, d, "a")
		a := access.CommandLine(tenant)
		file := `{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"key":"1","name":"A"},"geometry":{"type":"Polygon","coordinates":[[[6.2,50.7],[6.21,50.7],[6.21,50.71],[6.2,50.7]]]}}]}`
		var wg sync.WaitGroup
		for i := range 4 {
			s := newService(t, d)
			wg.Go(func() {
				q := area.ImportRequest{
					Level: "plr", Edition: fmt.Sprint(i), ValidFrom: kernel.Date(fmt.Sprintf("201%d-01-01", i)), ValidTo: kernel.Date(fmt.Sprintf("201%d-12-31", i)),
					KeyField: "key", NameField: "name", FileName: "x.geojson", Data: strings.NewReader(file), Size: int64(len(file)),
				}
				for {
					_, err := s.Import(ctx, a, q, nil)
					var e *kernel.Error
					if err == nil {
						return
					}
					if !errors.As(err, &e) || e.Kind != kernel.Conflict || e.Key != "area.import.changed" {
						t.Errorf("import %d: %v", i, err)
						return
					}
				}
			})
		}
		wg.Wait()
		s := newService(t, d)
		ls, err := s.Levels(ctx, a)
		if err != nil || len(ls) != 1 {
			t.Errorf("levels %+v, %v", ls, err)
		}
		es, err := s.Editions(ctx, a, "plr")
		if err != nil || len(es) != 4 {
			t.Errorf("%d editions, %v", len(es), err)
		}
		for _, e := range es {
			if list, err := s.Areas(ctx, a, e.ID); err != nil || len(list) != 1 {
				t.Errorf("edition %s: %d areas, %v", e.Key, len(list), err)
			}
		}
	})
}
