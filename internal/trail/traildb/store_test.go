// SPDX-License-Identifier: EUPL-1.2

package traildb_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/platform/db"
	"github.com/kupferfaden/kupferfaden/internal/platform/db/dbtest"
	"github.com/kupferfaden/kupferfaden/internal/tenant"
	"github.com/kupferfaden/kupferfaden/internal/tenant/tenantdb"
	"github.com/kupferfaden/kupferfaden/internal/trail"
	"github.com/kupferfaden/kupferfaden/internal/trail/traildb"
)

// town makes a town to write in.
func town(t testing.TB, d *db.DB, key string) kernel.ID {
	t.Helper()
	id := kernel.NewID()
	err := (&tenantdb.Store{DB: d}).Insert(context.Background(), tenant.Tenant{ID: id, Key: key, Name: kernel.T("Teststadt", ""), CreatedAt: kernel.InstantOf(time.Now())})
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func service(d *db.DB) *trail.Service {
	return &trail.Service{Store: &traildb.Store{DB: d}, Tx: d, Now: time.Now}
}

func TestAnActThatFailsLeavesNoEntryAndNoGap(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s, by := service(d), access.CommandLine(town(t, d, "a"))
		act := access.Act{Do: access.ManageTenant, What: "tenant.save", Object: kernel.Ref{Kind: "tenant", ID: by.Tenant}}
		broken := errors.New("the act failed")
		for i := range 3 {
			err := d.Tx(t.Context(), func(ctx context.Context) error {
				if err := s.Record(ctx, by, act); err != nil {
					return err
				}
				if i == 1 {
					return broken
				}
				return nil
			})
			if (i == 1) != errors.Is(err, broken) || i != 1 && err != nil {
				t.Fatal(err)
			}
		}
		h, err := s.Store.Head(t.Context(), by.Tenant)
		if err != nil || h.Seq != 2 || len(h.Hash) != 64 {
			t.Errorf("head after two acts and a failed one: %v %v", h, err)
		}
	})
}

func TestTheDatabaseItselfKeepsEntries(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s, by := service(d), access.CommandLine(town(t, d, "a"))
		for range 2 {
			if err := s.Record(t.Context(), by, access.Act{Do: access.ManageTenant, What: "tenant.save"}); err != nil {
				t.Fatal(err)
			}
		}
		for _, q := range []string{
			`update audit_entry set reason = 'x' where tenant_id = $1`, `delete from audit_entry where tenant_id = $1`,
			`update audit_head set seq = seq - 1 where tenant_id = $1`, `update audit_head set seq = seq + 2 where tenant_id = $1`,
			`delete from audit_head where tenant_id = $1`,
		} {
			err := d.Tx(t.Context(), func(ctx context.Context) error {
				_, err := d.Conn(ctx).ExecContext(ctx, q, by.Tenant)
				return err
			})
			if err == nil || !strings.Contains(err.Error(), "audit") {
				t.Errorf("%s: %v", q, err)
			}
		}
	})
}
