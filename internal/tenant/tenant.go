// SPDX-License-Identifier: EUPL-1.2

// Package tenant is the town, municipality or region whose planning the installation keeps. Everything else belongs to exactly one of them.
//
// Invariants: a town's key is part of published addresses and never changes; a fictional town says so on every page; every change of settings
// is written to the audit trail, and of two people who change the same section at once the second is told; a colour that cannot be read is not
// taken.
package tenant

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// Default is the key of the town that init makes.
const Default = "default"

// Tenant is one town.
type Tenant struct {
	ID        kernel.ID
	Key       string
	Name      kernel.Text
	Kind      Kind // empty: Town
	Fictional bool
	Settings  Settings
	Version   int // counts changes of name and settings, for conflict detection
	CreatedAt kernel.Instant
}

// Store keeps towns. tenantdb implements it.
type Store interface {
	// List gives all towns by key.
	List(ctx context.Context) ([]Tenant, error)
	// Get gives one town; NotFound where there is none.
	Get(ctx context.Context, id kernel.ID) (Tenant, error)
	// Insert adds a town; Conflict "tenant.exists" when its key is taken.
	Insert(ctx context.Context, t Tenant) error
	// Update changes name, fictional and settings of version t.Version and counts it up; Conflict "tenant.changed" when another change came
	// first.
	Update(ctx context.Context, t Tenant) error
}

// Service keeps the rules of towns.
type Service struct {
	Store    Store
	Tx       Tx
	Files    Files
	Trail    access.Trail     // nil: nothing is written down
	FourEyes access.FourEyes  // nil: one person is enough
	Now      func() time.Time // nil: time.Now
}

// Tx runs f in one transaction; platform/db implements it.
type Tx interface {
	Tx(ctx context.Context, f func(ctx context.Context) error) error
}

var (
	keyForm  = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$`)
	hostForm = regexp.MustCompile(`^[a-z0-9]([a-z0-9.-]{0,250}[a-z0-9])?$`)
	langForm = regexp.MustCompile(`^[a-z]{2,3}$`)
)

// Validate returns an Invalid error naming every field at fault.
func (t Tenant) Validate() error {
	f := map[string]string{}
	if !keyForm.MatchString(t.Key) {
		f["key"] = "tenant.key.form"
	}
	if strings.TrimSpace(t.Name.String()) == "" {
		f["name"] = "tenant.name.missing"
	}
	params := kernel.Params("key", t.Key)
	t.Settings.check(f, params)
	if len(f) == 0 {
		return nil
	}
	return &kernel.Error{Kind: kernel.Invalid, Key: "tenant.invalid", Params: params, Fields: f}
}

// Create adds a town or region. Only the person at the command line may, as there is no town yet whose roles could allow it.
func (s *Service) Create(ctx context.Context, a access.Actor, t Tenant) (Tenant, error) {
	if !a.Has(access.Operator) {
		return Tenant{}, kernel.E(kernel.Denied, "access.denied")
	}
	t.Key = strings.TrimSpace(t.Key)
	if err := t.Validate(); err != nil {
		return Tenant{}, err
	}
	if t.ID == "" {
		t.ID = kernel.NewID()
	}
	if t.Kind == "" {
		t.Kind = Town
	}
	t.CreatedAt = kernel.InstantOf(s.now())
	return t, s.act(ctx, func(ctx context.Context) error {
		if err := s.Store.Insert(ctx, t); err != nil {
			return err
		}
		a.Tenant = t.ID
		return s.record(ctx, a, "tenant.create", t)
	})
}

// act runs f in a transaction.
func (s *Service) act(ctx context.Context, f func(ctx context.Context) error) error {
	if s.Tx == nil {
		return f(ctx)
	}
	return s.Tx.Tx(ctx, f)
}

func (s *Service) record(ctx context.Context, a access.Actor, what string, t Tenant) error {
	return access.Record(ctx, s.Trail, a, access.Act{
		Do: access.ManageTenant, What: what, Object: kernel.Ref{Kind: "tenant", ID: t.ID}, Note: map[string]string{"key": t.Key},
	})
}

// List gives all towns by key. It holds nothing that is not on public pages.
func (s *Service) List(ctx context.Context) ([]Tenant, error) { return s.Store.List(ctx) }

// KeepsFile tells whether a file is the logo of a town.
func (s *Service) KeepsFile(ctx context.Context, sha256 string) (bool, error) {
	list, err := s.Store.List(ctx)
	return slices.ContainsFunc(list, func(t Tenant) bool { return t.Settings.Logo.SHA256 == sha256 }), err
}

// Get gives the town of the identifier with its settings.
func (s *Service) Get(ctx context.Context, id kernel.ID) (Tenant, error) { return s.Store.Get(ctx, id) }

// Find gives the town of the key; without a key the only one there is. It says what to do when there is none, or more than one to choose from.
func (s *Service) Find(ctx context.Context, key string) (Tenant, error) {
	list, err := s.Store.List(ctx)
	if err != nil {
		return Tenant{}, err
	}
	if len(list) == 0 {
		return Tenant{}, kernel.E(kernel.NotFound, "tenant.none")
	}
	keys := make([]string, len(list))
	for i, t := range list {
		if t.Key == key || key == "" && len(list) == 1 {
			return t, nil
		}
		keys[i] = t.Key
	}
	if key == "" {
		return Tenant{}, kernel.E(kernel.Invalid, "tenant.which", "keys", keys)
	}
	return Tenant{}, kernel.E(kernel.NotFound, "tenant.unknown", "key", key, "keys", keys)
}

func (s *Service) now() time.Time {
	if s.Now != nil {
		return s.Now()
	}
	return time.Now()
}
