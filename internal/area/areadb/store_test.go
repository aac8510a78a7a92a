// SPDX-License-Identifier: EUPL-1.2

package areadb_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/area"
	"github.com/kupferfaden/kupferfaden/internal/area/areadb"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/platform/db"
	"github.com/kupferfaden/kupferfaden/internal/platform/db/dbtest"
)

var ctx = context.Background()

func newTenant(t *testing.T, d *db.DB, key string) kernel.ID {
	t.Helper()
	id := kernel.NewID()
	run(t, d, `insert into tenant (tenant_id, key, name, fictional, settings, created_at) values ($1, $2, '{}', $3, '{}', $4)`,
		id, key, false, kernel.InstantOf(time.Now()))
	return id
}

func run(t *testing.T, d *db.DB, query string, args ...any) {
	t.Helper()
	err := d.Tx(ctx, func(ctx context.Context) error {
		_, err := d.Conn(ctx).ExecContext(ctx, query, args...)
		return err
	})
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
}

// town is a district edition with one area and a planning edition with two areas in it.
type town struct {
	district, plr  area.Edition
	west, one, two area.Area
	outlines       map[kernel.ID][]byte
	levels         []area.Level
	record         area.Record
}

func newTown() town {
	at := kernel.InstantOf(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC))
	t := town{levels: []area.Level{
		{ID: kernel.NewID(), Key: "district", Name: kernel.T("Bezirk", "District"), Rank: 2},
		{ID: kernel.NewID(), Key: "plr", Name: kernel.T("Planungsraum", ""), Rank: 4},
	}}
	t.district = area.Edition{ID: kernel.NewID(), Level: t.levels[0], Key: "2021", ValidFrom: "2021-01-01", Source: "b.zip", SHA256: "ab", SourceCRS: 25833, Version: 1, ImportedAt: at}
	t.plr = area.Edition{ID: kernel.NewID(), Level: t.levels[1], Key: "2021", ValidFrom: "2021-01-01", ValidTo: "2024-12-31", ParentEditionID: t.district.ID, Source: "p.zip", SHA256: "cd", SourceCRS: 4326, Version: 1, ImportedAt: at}
	t.west = area.Area{ID: kernel.NewID(), EditionID: t.district.ID, Key: "01", Name: "West", SortName: "west", AreaM2: 2.5, LabelLon: 6.2, LabelLat: 50.7}
	t.one = area.Area{ID: kernel.NewID(), EditionID: t.plr.ID, Key: "0101", Name: "Äußere Straße", SortName: "aussere strasse", ParentID: t.west.ID, AreaM2: 1.25, LabelLon: 6.2, LabelLat: 50.7}
	t.two = t.one
	t.two.ID, t.two.Key, t.two.ParentID = kernel.NewID(), "0102", ""
	t.outlines = map[kernel.ID][]byte{t.west.ID: {1, 0, 255}, t.one.ID: {2}, t.two.ID: {3}}
	t.record = area.Record{
		Request: area.ImportRequest{Level: "district", KeyField: "K", Rekey: map[string]string{"1#2": "3"}}, Areas: 1,
		Findings: []kernel.Finding{{Code: "area.name.duplicate", Outcome: kernel.Warn, Key: "01"}},
	}
	return t
}

func (w town) save(ctx context.Context, s *areadb.Store, tenant kernel.ID) error {
	return s.Tx(ctx, func(ctx context.Context) error {
		for _, l := range w.levels {
			if err := s.SaveLevel(ctx, tenant, l); err != nil {
				return err
			}
		}
		maps := area.Maps{area.Overview: []byte("small"), area.Web: []byte("large")}
		return errors.Join(
			s.SaveEdition(ctx, tenant, w.district, maps, w.record),
			s.SaveEdition(ctx, tenant, w.plr, maps, area.Record{}),
			s.SaveAreas(ctx, tenant, []area.Area{w.west}, nil, w.outlines, nil),
			s.SaveAreas(ctx, tenant, []area.Area{w.two, w.one}, nil, w.outlines, nil))
	})
}

func TestStoreGivesBackWhatItWasGiven(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := &areadb.Store{DB: d}
		tenant, other := newTenant(t, d, "a"), newTenant(t, d, "b")
		w := newTown()
		if err := w.save(ctx, s, tenant); err != nil {
			t.Fatal(err)
		}
		check := func(what string, got, want any, err error) {
			t.Helper()
			if err != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("%s: %v\n got %+v\nwant %+v", what, err, got, want)
			}
		}
		ls, err := s.Levels(ctx, tenant)
		check("levels", ls, w.levels, err)
		es, err := s.Editions(ctx, tenant)
		if len(es) == 2 && es[0].ID != w.district.ID {
			es[0], es[1] = es[1], es[0]
		}
		check("editions", es, []area.Edition{w.district, w.plr}, err)
		as, err := s.Areas(ctx, tenant, w.plr.ID)
		check("areas", as, []area.Area{w.one, w.two}, err)
		as, err = s.Children(ctx, tenant, w.west.ID)
		check("children", as, []area.Area{w.one}, err)
		g, err := s.Geometry(ctx, tenant, w.district.ID)
		check("geometry", g, map[kernel.ID][]byte{w.west.ID: {1, 0, 255}}, err)
		m, err := s.Map(ctx, tenant, w.plr.ID, area.Overview)
		check("overview", string(m), "small", err)
		m, err = s.Map(ctx, tenant, w.plr.ID, area.Web)
		check("web", string(m), "large", err)
		r, err := s.Record(ctx, tenant, w.district.ID)
		check("record", r, w.record, err)

		// Another town sees none of it.
		es, err = s.Editions(ctx, other)
		check("editions of the other town", len(es), 0, err)
		as, err = s.Areas(ctx, other, w.plr.ID)
		check("areas of the other town", len(as), 0, err)
		if _, err := s.Map(ctx, other, w.plr.ID, area.Web); kernel.KindOf(err) != kernel.NotFound {
			t.Errorf("map of the other town: %v", err)
		}
	})
}

func TestStoreReplacesEditionsAndAreas(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := &areadb.Store{DB: d}
		tenant := newTenant(t, d, "a")
		w := newTown()
		if err := w.save(ctx, s, tenant); err != nil {
			t.Fatal(err)
		}
		w.plr.Version, w.plr.SHA256, w.plr.ValidTo = 2, "ef", ""
		w.one.Name, w.one.ParentID = "neu", ""
		w.levels[1].Rank = 5
		w.plr.Level.Rank = 5
		err := s.Tx(ctx, func(ctx context.Context) error {
			return errors.Join(s.SaveLevel(ctx, tenant, w.levels[1]),
				s.SaveEdition(ctx, tenant, w.plr, area.Maps{area.Overview: []byte("o2"), area.Web: []byte("w2")}, area.Record{Areas: 1}),
				s.SaveAreas(ctx, tenant, nil, []area.Area{w.one}, map[kernel.ID][]byte{w.one.ID: {9}}, []kernel.ID{w.two.ID}),
				s.EndEdition(ctx, tenant, w.district.ID, "2023-12-31"))
		})
		if err != nil {
			t.Fatal(err)
		}
		if stamp, err := s.Stamp(ctx, tenant); err != nil || stamp != 3 {
			t.Errorf("after three saved editions the stamp is %d, %v", stamp, err)
		}
		as, err := s.Areas(ctx, tenant, w.plr.ID)
		if err != nil || !reflect.DeepEqual(as, []area.Area{w.one}) {
			t.Errorf("areas %+v, %v", as, err)
		}
		es, err := s.Editions(ctx, tenant)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range es {
			if e.ID == w.plr.ID && !reflect.DeepEqual(e, w.plr) {
				t.Errorf("edition %+v, want %+v", e, w.plr)
			}
			if e.ID == w.district.ID && e.ValidTo != "2023-12-31" {
				t.Errorf("ended edition %+v", e)
			}
		}
		g, err := s.Geometry(ctx, tenant, w.plr.ID)
		if err != nil || fmt.Sprint(g[w.one.ID]) != "[9]" {
			t.Errorf("geometry %v, %v", g, err)
		}
	})
}

func TestUsesNamesAreasWithFiguresAndParents(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := &areadb.Store{DB: d}
		tenant := newTenant(t, d, "a")
		w := newTown()
		if err := w.save(ctx, s, tenant); err != nil {
			t.Fatal(err)
		}
		u, err := s.Uses(ctx, tenant, w.plr.ID)
		if err != nil || len(u.Figures)+len(u.Below) != 0 || u.LastFigure != "" {
			t.Errorf("uses of an edition without figures: %+v, %v", u, err)
		}
		u, err = s.Uses(ctx, tenant, w.district.ID)
		if err != nil || !reflect.DeepEqual(u.Below, map[kernel.ID]bool{w.west.ID: true}) {
			t.Errorf("uses of the parents: %+v, %v", u, err)
		}
		observe(t, d, tenant, w.plr.ID, w.two.ID)
		u, err = s.Uses(ctx, tenant, w.plr.ID)
		if err != nil || !reflect.DeepEqual(u.Figures, map[kernel.ID]bool{w.two.ID: true}) || u.LastFigure != "2022-12-31" {
			t.Errorf("uses with a figure: %+v, %v", u, err)
		}
		err = s.Tx(ctx, func(ctx context.Context) error { return s.SaveAreas(ctx, tenant, nil, nil, nil, []kernel.ID{w.two.ID}) })
		if !db.Dangling(err) {
			t.Errorf("an area with figures was removed: %v", err)
		}
	})
}

// observe stores one figure by the way of its tables, since the capability that owns them comes later than this one.
func observe(t *testing.T, d *db.DB, tenant, edition, of kernel.ID) {
	t.Helper()
	indicator, slice, delivery := kernel.NewID(), kernel.NewID(), kernel.NewID()
	at := kernel.InstantOf(time.Now())
	insert(t, d, "indicator", map[string]any{"tenant_id": tenant, "id": indicator, "key": "pop", "own": false, "field": "A", "position": 1, "parts": "[]", "created_at": at})
	insert(t, d, "indicator_version", map[string]any{
		"tenant_id": tenant, "indicator_id": indicator, "version": 1, "name": "{}", "numerator": "{}", "denominator": "{}", "unit": "n",
		"factor": 1.0, "direction": 0, "office": "", "class": "O", "aggregation": "sum", "signed": false, "note": "{}", "valid_from": "2000-01-01", "reason": "", "created_at": at,
	})
	insert(t, d, "delivery", map[string]any{
		"tenant_id": tenant, "id": delivery, "source": "s", "file_name": "f", "sha256": "", "mapping": "", "disclosure": "unchecked", "report": "{}",
		"rows_taken": 1, "taken_at": at, "taken_by": "", "retracted_by": "", "retracted_reason": "",
	})
	insert(t, d, "slice", map[string]any{"tenant_id": tenant, "id": slice, "indicator_id": indicator, "version": 1, "edition_id": edition, "period_from": "2022-12-31", "period_to": "2022-12-31", "figures": 1, "parts": 1})
	insert(t, d, "observation", map[string]any{"tenant_id": tenant, "slice_id": slice, "area_id": of, "revision": 1, "numerator": 5.0, "flag": "", "delivery_id": delivery, "line": 1})
}

func insert(t *testing.T, d *db.DB, table string, values map[string]any) {
	t.Helper()
	var columns, places string
	var args []any
	for c, v := range values {
		if len(args) > 0 {
			columns, places = columns+", ", places+", "
		}
		args = append(args, v)
		columns, places = columns+c, places+fmt.Sprintf("$%d", len(args))
	}
	run(t, d, "insert into "+table+" ("+columns+") values ("+places+")", args...)
}
