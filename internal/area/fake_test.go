// SPDX-License-Identifier: EUPL-1.2

package area_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/area"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

const tenant = kernel.ID("11111111-1111-7111-8111-111111111111")

var planner = access.Actor{Tenant: tenant, Person: "p", Roles: []access.Role{access.Planner}}

// fakeStore keeps one tenant in memory.
type fakeStore struct {
	mu       sync.Mutex
	levels   map[kernel.ID]area.Level
	editions map[kernel.ID]area.Edition
	maps     map[kernel.ID]area.Maps
	records  map[kernel.ID]area.Record
	areas    map[kernel.ID]area.Area
	outlines map[kernel.ID][]byte
	figures  map[kernel.ID]bool
	last     kernel.Date
	stamp    int64
	reads    int
	before   func() // called as a transaction begins
}

func newFakeStore() *fakeStore {
	return &fakeStore{
		levels: map[kernel.ID]area.Level{}, editions: map[kernel.ID]area.Edition{}, maps: map[kernel.ID]area.Maps{},
		records: map[kernel.ID]area.Record{}, areas: map[kernel.ID]area.Area{}, outlines: map[kernel.ID][]byte{}, figures: map[kernel.ID]bool{},
	}
}

func (f *fakeStore) Tx(ctx context.Context, do func(context.Context) error) error {
	if f.before != nil {
		f.before()
	}
	return do(ctx)
}

func (f *fakeStore) Stamp(context.Context, kernel.ID) (int64, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.stamp, nil
}

func (f *fakeStore) Levels(context.Context, kernel.ID) (out []area.Level, _ error) {
	for _, l := range f.levels {
		out = append(out, l)
	}
	return out, nil
}

func (f *fakeStore) SaveLevel(_ context.Context, _ kernel.ID, l area.Level) error {
	f.levels[l.ID] = l
	return nil
}

func (f *fakeStore) Editions(context.Context, kernel.ID) (out []area.Edition, _ error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, e := range f.editions {
		e.Level = f.levels[e.Level.ID]
		out = append(out, e)
	}
	return out, nil
}

func (f *fakeStore) Areas(_ context.Context, _, edition kernel.ID) (out []area.Area, _ error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.reads++
	for _, a := range f.areas {
		if a.EditionID == edition {
			out = append(out, a)
		}
	}
	slices.SortFunc(out, func(x, y area.Area) int { return strings.Compare(x.Key, y.Key) })
	return out, nil
}

func (f *fakeStore) Children(_ context.Context, _, parent kernel.ID) (out []area.Area, _ error) {
	for _, a := range f.areas {
		if a.ParentID == parent {
			out = append(out, a)
		}
	}
	return out, nil
}

func (f *fakeStore) Geometry(_ context.Context, _, edition kernel.ID) (map[kernel.ID][]byte, error) {
	out := map[kernel.ID][]byte{}
	for id, a := range f.areas {
		if a.EditionID == edition {
			out[id] = f.outlines[id]
		}
	}
	return out, nil
}

func (f *fakeStore) Map(_ context.Context, _, edition kernel.ID, d area.Detail) ([]byte, error) {
	return f.maps[edition][d], nil
}

// Record goes through JSON, as the database does.
func (f *fakeStore) Record(_ context.Context, _, edition kernel.ID) (r area.Record, err error) {
	b, err := json.Marshal(f.records[edition])
	if err != nil {
		return r, err
	}
	return r, json.Unmarshal(b, &r)
}

func (f *fakeStore) SaveEdition(_ context.Context, _ kernel.ID, e area.Edition, m area.Maps, r area.Record) error {
	f.editions[e.ID], f.maps[e.ID], f.records[e.ID] = e, m, r
	f.stamp++
	return nil
}

func (f *fakeStore) EndEdition(_ context.Context, _, edition kernel.ID, last kernel.Date) error {
	e := f.editions[edition]
	e.ValidTo = last
	f.editions[edition] = e
	return nil
}

func (f *fakeStore) SaveAreas(_ context.Context, _ kernel.ID, add, change []area.Area, outlines map[kernel.ID][]byte, remove []kernel.ID) error {
	for _, a := range append(add[:len(add):len(add)], change...) {
		f.areas[a.ID], f.outlines[a.ID] = a, outlines[a.ID]
	}
	for _, id := range remove {
		delete(f.areas, id)
	}
	return nil
}

func (f *fakeStore) Uses(_ context.Context, _, edition kernel.ID) (area.Uses, error) {
	u := area.Uses{Figures: f.figures, Below: map[kernel.ID]bool{}, LastFigure: f.last}
	for _, a := range f.areas {
		if a.ParentID != "" {
			u.Below[a.ParentID] = true
		}
	}
	return u, nil
}

// fakeFiles keeps files in a folder of the test.
type fakeFiles struct{ dir string }

func (f fakeFiles) Put(_ context.Context, r io.Reader, _ int64) (string, int64, error) {
	b, err := io.ReadAll(r)
	if err != nil {
		return "", 0, err
	}
	h := sha256.Sum256(b)
	sum := hex.EncodeToString(h[:])
	return sum, int64(len(b)), os.WriteFile(filepath.Join(f.dir, sum), b, 0o600)
}

func (f fakeFiles) Open(sum string) (*os.File, error) { return os.Open(filepath.Join(f.dir, sum)) }

func newService(t testing.TB) (*area.Service, *fakeStore) {
	st := newFakeStore()
	now := time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC)
	return &area.Service{Store: st, Tx: st, Files: fakeFiles{t.TempDir()}, Now: func() time.Time { return now }}, st
}

// request is an import of GeoJSON with the key in "key" and the name in "name".
func request(level, edition string, from kernel.Date, file string) area.ImportRequest {
	return area.ImportRequest{
		Level: level, Edition: edition, ValidFrom: from, KeyField: "key", NameField: "name",
		FileName: "test.geojson", Data: strings.NewReader(file), Size: int64(len(file)),
	}
}

// square is a polygon ring of side d degrees with its south-west corner at x, y.
func square(x, y, d float64) string {
	return fmt.Sprintf("[[%g,%g],[%g,%g],[%g,%g],[%g,%g],[%g,%g]]", x, y, x+d, y, x+d, y+d, x, y+d, x, y)
}

func feature(props, ring string) string {
	return `{"type":"Feature","properties":` + props + `,"geometry":{"type":"Polygon","coordinates":[` + ring + `]}}`
}

func collection(features ...string) string {
	return `{"type":"FeatureCollection","features":[` + strings.Join(features, ",\n") + `]}`
}

// town is four squares in a row, keys 0101, 0102, 0201, 0202.
func town() string {
	var fs []string
	for i, k := range []string{"0101", "0102", "0201", "0202"} {
		fs = append(fs, feature(fmt.Sprintf(`{"key":%q,"name":"Raum %d","up":%q}`, k, i+1, k[:2]), square(6.2+.01*float64(i), 50.7, .01)))
	}
	return collection(fs...)
}

// districts are the two halves of town.
func districts() string {
	wide := func(x float64) string {
		return fmt.Sprintf("[[%g,50.7],[%g,50.7],[%g,50.71],[%g,50.71],[%g,50.7]]", x, x+.02, x+.02, x, x)
	}
	return collection(feature(`{"key":"01","name":"West"}`, wide(6.2)), feature(`{"key":"02","name":"Ost"}`, wide(6.22)))
}

func mustImport(t testing.TB, s *area.Service, q area.ImportRequest) area.Report {
	t.Helper()
	r, err := s.Import(context.Background(), planner, q, nil)
	sentences(t, r.Findings, err)
	if err != nil {
		t.Fatalf("import %s %s: %v", q.Level, q.Edition, err)
	}
	return r
}

// codes lists the findings as "outcome code", each once.
func codes(fs []kernel.Finding) []string {
	var out []string
	for _, f := range fs {
		if c := string(f.Outcome) + " " + f.Code; !slices.Contains(out, c) {
			out = append(out, c)
		}
	}
	return out
}

func find(fs []kernel.Finding, code string) (kernel.Finding, bool) {
	i := slices.IndexFunc(fs, func(f kernel.Finding) bool { return f.Code == code })
	if i < 0 {
		return kernel.Finding{}, false
	}
	return fs[i], true
}

func fileRequest(t testing.TB, path string) area.ImportRequest {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return area.ImportRequest{FileName: filepath.Base(path), Data: bytes.NewReader(b), Size: int64(len(b))}
}
