// SPDX-License-Identifier: EUPL-1.2

package accountdb_test

import (
	"reflect"
	"testing"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/account"
	"github.com/kupferfaden/kupferfaden/internal/account/accountdb"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/platform/db"
	"github.com/kupferfaden/kupferfaden/internal/platform/db/dbtest"
	"github.com/kupferfaden/kupferfaden/internal/tenant"
	"github.com/kupferfaden/kupferfaden/internal/tenant/tenantdb"
)

var at = kernel.InstantOf(time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC))

func town(t *testing.T, d *db.DB, key string) kernel.ID {
	t.Helper()
	id := kernel.NewID()
	if err := (&tenantdb.Store{DB: d}).Insert(t.Context(), tenant.Tenant{ID: id, Key: key, Name: kernel.T(key, ""), CreatedAt: at}); err != nil {
		t.Fatal(err)
	}
	return id
}

func person(email string) account.Account {
	return account.Account{
		ID: kernel.NewID(), Email: email, Name: "Name of " + email, Lang: "de", Hash: "hash", MustChange: true, CreatedAt: at,
		Roles: []account.Grant{{ID: kernel.NewID(), Role: access.Planner, From: "2026-01-01"}},
	}
}

func TestAccountsComeBackAsTheyWere(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := &accountdb.Store{DB: d}
		ctx := t.Context()
		here, there := town(t, d, "here"), town(t, d, "there")
		anna, bert := person("Anna@Stadt.de"), person("bert@stadt.de")
		for _, a := range []account.Account{bert, anna} {
			if err := s.Insert(ctx, here, a); err != nil {
				t.Fatal(err)
			}
		}
		if got, err := s.ByEmail(ctx, here, "anna@stadt.de"); err != nil || !reflect.DeepEqual(got, anna) {
			t.Errorf("%+v %v", got, err)
		}
		if list, err := s.Accounts(ctx, here); err != nil || !reflect.DeepEqual(list, []account.Account{anna, bert}) {
			t.Errorf("%+v %v", list, err)
		}
		same := person("ANNA@stadt.de")
		if err := s.Insert(ctx, here, same); kernel.KindOf(err) != kernel.Conflict {
			t.Errorf("same address: %v", err)
		}
		if err := s.Insert(ctx, there, same); err != nil {
			t.Errorf("same address in another town: %v", err)
		}
		for name, err := range map[string]error{
			"read":     second(s.Account(ctx, there, anna.ID)),
			"password": s.SetPassword(ctx, there, anna.ID, "x", false),
			"disabled": s.SetDisabled(ctx, there, anna.ID, at),
			"roles":    s.SetRoles(ctx, there, anna.ID, []account.Grant{{ID: kernel.NewID(), Role: access.Admin, From: "2026-01-01"}}),
		} {
			if kernel.KindOf(err) != kernel.NotFound {
				t.Errorf("%s from another town: %v", name, err)
			}
		}
		anna.Hash, anna.MustChange, anna.DisabledAt = "new", false, at
		anna.Roles[0].To = "2026-11-20"
		anna.Roles = append(anna.Roles, account.Grant{
			ID: kernel.NewID(), Role: access.DataSupplier, In: access.Context{Kind: access.InOffice, Key: "SozA"}, From: "2026-11-21",
		})
		for _, err := range []error{s.SetPassword(ctx, here, anna.ID, "new", false), s.SetDisabled(ctx, here, anna.ID, at), s.SetRoles(ctx, here, anna.ID, anna.Roles)} {
			if err != nil {
				t.Error(err)
			}
		}
		if got, err := s.Account(ctx, here, anna.ID); err != nil || !reflect.DeepEqual(got, anna) {
			t.Errorf("%+v\n%+v %v", got, anna, err)
		}
		if err := s.SetDisabled(ctx, here, anna.ID, kernel.Instant{}); err != nil {
			t.Error(err)
		}
		if got, err := s.Account(ctx, here, anna.ID); err != nil || got.Disabled() {
			t.Errorf("%+v %v", got, err)
		}
	})
}

func second[T any](_ T, err error) error { return err }
