// SPDX-License-Identifier: EUPL-1.2

package inboxdb_test

import (
	"testing"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/inbox"
	"github.com/kupferfaden/kupferfaden/internal/inbox/inboxdb"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/platform/db"
	"github.com/kupferfaden/kupferfaden/internal/platform/db/dbtest"
	"github.com/kupferfaden/kupferfaden/internal/tenant"
	"github.com/kupferfaden/kupferfaden/internal/tenant/tenantdb"
)

func TestAFileWaitsOnceAndInItsTown(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		towns := &tenant.Service{Store: &tenantdb.Store{DB: d}}
		var ids [2]kernel.ID
		for i, key := range []string{"eins", "zwei"} {
			made, err := towns.Create(ctx, access.CommandLine(""), tenant.Tenant{Key: key, Name: kernel.T(key, key)})
			if err != nil {
				t.Fatal(err)
			}
			ids[i] = made.ID
		}
		s := &inboxdb.Store{DB: d}
		f := inbox.File{ID: kernel.NewID(), Kind: inbox.Figures, Name: "a.csv", SHA256: "ab", Size: 3, UploadedAt: kernel.InstantOf(time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)), UploadedBy: "Planung"}
		first, err := s.Add(ctx, ids[0], f)
		if err != nil || first != f {
			t.Fatalf("%+v %v", first, err)
		}
		f.ID = kernel.NewID()
		if again, err := s.Add(ctx, ids[0], f); err != nil || again.ID != first.ID {
			t.Errorf("the same file again: %+v %v", again, err)
		}
		f.ID, f.Kind = kernel.NewID(), inbox.Areas
		if other, err := s.Add(ctx, ids[0], f); err != nil || other.ID != f.ID {
			t.Errorf("as another kind: %+v %v", other, err)
		}
		if err := s.SetDraft(ctx, ids[1], first.ID, "x"); err != nil {
			t.Fatal(err)
		}
		if err := s.SetDraft(ctx, ids[0], first.ID, "a=1&b=%C3%BC"); err != nil {
			t.Fatal(err)
		}
		if got, err := s.File(ctx, ids[0], first.ID); err != nil || got.Draft != "a=1&b=%C3%BC" {
			t.Errorf("draft %+v %v", got, err)
		}
		if _, err := s.File(ctx, ids[1], first.ID); kernel.KindOf(err) != kernel.NotFound {
			t.Errorf("seen from another town: %v", err)
		}
		if err := s.Remove(ctx, ids[1], first.ID); err != nil {
			t.Fatal(err)
		}
		if list, err := s.List(ctx, ids[0]); err != nil || len(list) != 2 || list[0].ID != f.ID {
			t.Errorf("list %+v %v", list, err)
		}
		if err := s.Remove(ctx, ids[0], first.ID); err != nil {
			t.Fatal(err)
		}
		if err := s.Remove(ctx, ids[0], first.ID); err != nil {
			t.Errorf("removed twice: %v", err)
		}
		if list, err := s.List(ctx, ids[0]); err != nil || len(list) != 1 {
			t.Errorf("list %+v %v", list, err)
		}
	})
}
