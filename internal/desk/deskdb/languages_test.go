// SPDX-License-Identifier: EUPL-1.2

package deskdb_test

import (
	"context"
	"testing"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/desk"
	"github.com/kupferfaden/kupferfaden/internal/desk/deskdb"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/platform/db"
	"github.com/kupferfaden/kupferfaden/internal/platform/db/dbtest"
)

func TestATranslationFallsBehindWhenItsSourceChangesAlone(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		town := kernel.NewID()
		err := d.Tx(ctx, func(ctx context.Context) error {
			_, err := d.Conn(ctx).ExecContext(ctx, `insert into tenant (tenant_id, key, name, fictional, settings, stamp, created_at) values ($1, 'stadt', '{}', true, '{}', 0, $2)`, town, kernel.InstantOf(time.Now()))
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		texts := []kernel.Variant{
			{Kind: "event", ID: "fest", Texts: []kernel.Text{{"de": "Fest", "en": "Party"}, {"de": "Wir feiern", "en": "We celebrate", "ar": "نحتفل"}}, Slot: true, Signed: true},
			{Kind: "post", ID: "neu", Texts: []kernel.Text{{"de": "Neu"}}},
		}
		s := &desk.Languages{
			Store: &deskdb.Store{DB: d}, Tx: d, Now: time.Now, Offered: func(context.Context, kernel.ID) ([]string, error) { return []string{"de", "en"}, nil },
			Sources: []desk.Source{func(context.Context, kernel.ID) ([]kernel.Variant, error) { return texts, nil }},
		}
		by := access.Actor{Tenant: town, Person: kernel.NewID(), Roles: []access.Role{access.Planner}}
		states := func() map[string]desk.State {
			t.Helper()
			r, err := s.Report(ctx, by)
			if err != nil {
				t.Fatal(err)
			}
			return r.Rows[0].States
		}
		observe := func(want int) {
			t.Helper()
			if n, err := s.Observe(ctx, town); err != nil || n != want {
				t.Errorf("%d changes, want %d: %v", n, want, err)
			}
		}
		observe(2)
		observe(0)
		if st := states(); st["en"] != desk.Complete || st["ar"] != desk.Partly || st["de+leicht"] != desk.Missing || st[desk.Sign] != desk.Complete || st["de"] != desk.Complete {
			t.Errorf("%v", st)
		}
		texts[0].Texts[1] = kernel.Text{"de": "Wir feiern am Sonntag", "en": "We celebrate"}
		if st := states(); st["en"] != desk.Outdated || st["de"] != desk.Complete {
			t.Errorf("%v", st)
		}
		observe(1) // the Arabic text is gone
		if st := states(); st["en"] != desk.Outdated {
			t.Errorf("looking again makes it current: %v", st)
		}
		texts[0].Texts[1] = kernel.Text{"de": "Wir feiern am Sonntag", "en": "We celebrate on Sunday"}
		observe(1)
		if st := states(); st["en"] != desk.Complete {
			t.Errorf("%v", st)
		}
		r, err := s.Report(ctx, by)
		if err != nil || r.Shares[""]["en"] != (desk.Share{Complete: 1, All: 2}) || r.Shares[""][desk.Sign] != (desk.Share{Complete: 1, All: 1}) || r.Shares["post"]["de"].Percent() != 100 {
			t.Errorf("%+v %v", r.Shares, err)
		}
		if _, err := s.Report(ctx, access.Actor{Tenant: town, Person: kernel.NewID(), Roles: []access.Role{access.Citizen}}); kernel.KindOf(err) != kernel.Denied {
			t.Errorf("a citizen reads the report: %v", err)
		}
	})
}
