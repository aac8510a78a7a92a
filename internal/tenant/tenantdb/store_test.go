// SPDX-License-Identifier: EUPL-1.2

package tenantdb_test

import (
	"reflect"
	"testing"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/platform/db"
	"github.com/kupferfaden/kupferfaden/internal/platform/db/dbtest"
	"github.com/kupferfaden/kupferfaden/internal/tenant"
	"github.com/kupferfaden/kupferfaden/internal/tenant/tenantdb"
)

func TestStoreGivesBackWhatItTook(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := &tenantdb.Store{DB: d}
		ctx := t.Context()
		at := kernel.InstantOf(time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC))
		second := tenant.Tenant{ID: kernel.NewID(), Key: "zweite", Kind: tenant.Town, Name: kernel.T("Zweite Stadt", "Second town"), CreatedAt: at}
		first := tenant.Tenant{
			ID: kernel.NewID(), Key: "erste", Kind: tenant.Region, Name: kernel.T("Erste Stadt", ""), Fictional: true, CreatedAt: at,
			Settings: tenant.Settings{Hosts: []string{"atlas.example.org"}, Languages: []string{"en"}},
		}
		for _, x := range []tenant.Tenant{second, first} {
			if err := s.Insert(ctx, x); err != nil {
				t.Fatal(err)
			}
		}
		list, err := s.List(ctx)
		if err != nil || !reflect.DeepEqual(list, []tenant.Tenant{first, second}) {
			t.Fatalf("list: %+v %v", list, err)
		}
		again := first
		again.ID = kernel.NewID()
		if err := s.Insert(ctx, again); kernel.KindOf(err) != kernel.Conflict {
			t.Errorf("same key twice: %v", err)
		}
		first.Name = kernel.T("Neue Stadt", "")
		first.Fictional = false
		if err := s.Update(ctx, first); err != nil {
			t.Fatal(err)
		}
		first.Version++
		if list, err = s.List(ctx); err != nil || !reflect.DeepEqual(list[0], first) {
			t.Errorf("after the change: %+v %v", list, err)
		}
		if got, err := s.Get(ctx, first.ID); err != nil || !reflect.DeepEqual(got, first) {
			t.Errorf("one town: %+v %v", got, err)
		}
		if _, err := s.Get(ctx, again.ID); kernel.KindOf(err) != kernel.NotFound {
			t.Errorf("a town that is not there: %v", err)
		}
		late := first
		late.Version--
		if err := s.Update(ctx, late); kernel.KindOf(err) != kernel.Conflict {
			t.Errorf("a change on top of an older state: %v", err)
		}
		if err := s.Update(ctx, again); kernel.KindOf(err) != kernel.NotFound {
			t.Errorf("change of a town that is not there: %v", err)
		}
	})
}
