// SPDX-License-Identifier: EUPL-1.2

package access_test

import (
	"testing"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

const town, other kernel.ID = "t1", "t2"

func actor(roles ...access.Role) access.Actor {
	return access.Actor{Tenant: town, Person: "p", Roles: roles}
}

func TestOnlyPublicReadingIsOpenToEverybody(t *testing.T) {
	for _, do := range access.Actions() {
		got := access.Can(access.Anonymous(town), do, access.Object{Tenant: town})
		if got != (do == access.ReadPublic) {
			t.Errorf("anonymous %s: %v", do, got)
		}
	}
}

func TestNobodyReachesAnotherTenant(t *testing.T) {
	for _, do := range access.Actions() {
		for _, r := range []access.Role{access.Planner, access.Admin, access.Operator} {
			err := access.Check(actor(r), do, access.Object{Tenant: other})
			if kernel.KindOf(err) != kernel.NotFound {
				t.Errorf("%s by %s on another tenant's object: %v", do, r, err)
			}
		}
	}
}

func TestPolicy(t *testing.T) {
	cases := []struct {
		who  access.Actor
		do   access.Action
		obj  access.Object
		want kernel.Kind
	}{
		{access.Anonymous(town), access.ImportData, access.Object{Tenant: town}, kernel.Unauthenticated},
		{actor(access.Admin), access.ImportData, access.Object{Tenant: town}, kernel.Denied},
		{actor(access.Admin), access.ReadInternal, access.Object{Tenant: town}, kernel.Denied},
		{actor(access.Planner), access.ManageUsers, access.Object{Tenant: town}, kernel.Denied},
		{actor(access.Planner), access.EditReport, access.Object{Tenant: town, Locked: true}, kernel.Conflict},
		{actor(access.Planner), "no.such.action", access.Object{Tenant: town}, kernel.Denied},
	}
	for _, c := range cases {
		if got := kernel.KindOf(access.Check(c.who, c.do, c.obj)); got != c.want {
			t.Errorf("%v %s: kind %v, want %v", c.who.Roles, c.do, got, c.want)
		}
	}
	if err := access.CheckTenant(actor(access.Planner), access.ImportData); err != nil {
		t.Error(err)
	}
}

func TestAdministratorsSeeNoFigureByThatRole(t *testing.T) {
	if access.MaySee(actor(access.Admin), access.Internal) || !access.MaySee(actor(access.Admin), access.Public) {
		t.Error("an administrator sees what is public, and nothing more")
	}
	for _, r := range []access.Role{access.Planner, access.Admin, access.Operator} {
		if access.MaySee(actor(r), access.Sealed) {
			t.Errorf("%s sees sealed figures", r)
		}
	}
}
