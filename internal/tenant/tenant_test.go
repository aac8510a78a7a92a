// SPDX-License-Identifier: EUPL-1.2

package tenant_test

import (
	"context"
	"errors"
	"testing"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/tenant"
)

// fake keeps towns in memory.
type fake struct{ list []tenant.Tenant }

func (f *fake) List(context.Context) ([]tenant.Tenant, error) { return f.list, nil }
func (f *fake) Get(_ context.Context, id kernel.ID) (tenant.Tenant, error) {
	for _, t := range f.list {
		if t.ID == id {
			return t, nil
		}
	}
	return tenant.Tenant{}, kernel.E(kernel.NotFound, "access.notfound")
}

func (f *fake) Insert(_ context.Context, t tenant.Tenant) error {
	f.list = append(f.list, t)
	return nil
}

func (f *fake) Update(_ context.Context, t tenant.Tenant) error {
	for i := range f.list {
		if f.list[i].ID == t.ID {
			f.list[i] = t
		}
	}
	return nil
}

var operator = access.Actor{Roles: []access.Role{access.Operator}}

func TestOnlyTheOperatorMakesTowns(t *testing.T) {
	s := &tenant.Service{Store: &fake{}}
	for _, r := range []access.Role{access.Planner, access.Admin} {
		_, err := s.Create(t.Context(), access.Actor{Tenant: "t", Person: "p", Roles: []access.Role{r}}, tenant.Tenant{Key: "x", Name: kernel.T("X", "")})
		if kernel.KindOf(err) != kernel.Denied {
			t.Errorf("%s makes a town: %v", r, err)
		}
	}
	made, err := s.Create(t.Context(), operator, tenant.Tenant{Key: "kupferstadt", Name: kernel.T("Kupferstadt", "")})
	if err != nil || made.ID == "" || made.CreatedAt.IsZero() {
		t.Fatalf("operator: %+v %v", made, err)
	}
}

func TestKeysAreFitForAddresses(t *testing.T) {
	for key, ok := range map[string]bool{
		"default": true, "kupferstadt-2": true, "a": true, "": false, "Köln": false, "a b": false, "-a": false, "a/b": false,
		"a123456789012345678901234567890123456789": true, "a1234567890123456789012345678901234567890": false,
	} {
		err := tenant.Tenant{Key: key, Name: kernel.T("X", "")}.Validate()
		if (err == nil) != ok {
			t.Errorf("key %q: %v", key, err)
		}
	}
}

func TestFindSaysWhatToDo(t *testing.T) {
	f := &fake{}
	s := &tenant.Service{Store: f}
	want := func(key, message string) {
		t.Helper()
		_, err := s.Find(t.Context(), key)
		var e *kernel.Error
		if !errors.As(err, &e) || e.Key != message {
			t.Errorf("find %q: %v, want %s", key, err, message)
		}
	}
	want("", "tenant.none")
	f.list = []tenant.Tenant{{ID: "1", Key: "default"}}
	if got, err := s.Find(t.Context(), ""); err != nil || got.Key != "default" {
		t.Errorf("the only town: %v %v", got, err)
	}
	want("other", "tenant.unknown")
	f.list = append(f.list, tenant.Tenant{ID: "2", Key: "second"})
	want("", "tenant.which")
	if got, err := s.Find(t.Context(), "second"); err != nil || got.ID != "2" {
		t.Errorf("second: %v %v", got, err)
	}
}
