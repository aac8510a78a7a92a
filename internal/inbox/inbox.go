// SPDX-License-Identifier: EUPL-1.2

// Package inbox holds the files that offices handed over and the planner has not decided on yet (Eingang): geometry of areas, tables of
// figures. A file waits here with what was filled in so far, until it is taken or discarded, so that nobody has to finish in one sitting.
//
// Invariants: nothing here counts as a figure or an area; a file is seen only by those who may import it; discarding removes the content
// unless a delivery or an edition is made of the same file.
package inbox

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"
	"unicode"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// Kind is what a file is to become.
type Kind string

const (
	// Areas become an edition of social spaces.
	Areas Kind = "areas"
	// Figures become a delivery.
	Figures Kind = "figures"
	// Actors become records of the inventory of actors.
	Actors Kind = "actors"
)

// action is what one must be allowed to do with files of the kind.
func (k Kind) action() access.Action {
	switch k {
	case Areas:
		return access.ImportAreas
	case Actors:
		return access.PlanActors
	}
	return access.ImportData
}

// File waits for a decision.
type File struct {
	ID         kernel.ID
	Kind       Kind
	Name       string
	SHA256     string
	Size       int64
	Draft      string // what was filled in so far, in the encoding of forms
	UploadedAt kernel.Instant
	UploadedBy string
}

// MaxFile is the size above which a file is not accepted.
const MaxFile = 1 << 30

// Store keeps the list. inboxdb implements it.
type Store interface {
	List(ctx context.Context, tenant kernel.ID) ([]File, error)
	File(ctx context.Context, tenant, id kernel.ID) (File, error)
	// Add keeps f, or gives the file that waits already under the same name with the same content.
	Add(ctx context.Context, tenant kernel.ID, f File) (File, error)
	SetDraft(ctx context.Context, tenant, id kernel.ID, draft string) error
	// Remove forgets a file; no error where it is gone already.
	Remove(ctx context.Context, tenant, id kernel.ID) error
}

// Files keeps contents by their SHA-256.
type Files interface {
	Put(ctx context.Context, r io.Reader, limit int64) (sum string, size int64, err error)
	Open(sum string) (*os.File, error)
	Remove(sum string) error
}

// Tx runs f in one transaction; platform/db implements it.
type Tx interface {
	Tx(ctx context.Context, f func(ctx context.Context) error) error
}

// Service is the use cases of the inbox.
type Service struct {
	Store Store
	Tx    Tx
	Files Files
	// InUse tells whether a content is part of a delivery, an edition or another waiting file of any town.
	InUse func(ctx context.Context, sha256 string) (bool, error)
	Now   func() time.Time
	// Trail is told of every act, in its transaction; nil: none is kept, as in tests of single rules.
	Trail access.Trail
}

// Add takes a file in. The same file under the same name waits only once, so sending a form twice does no harm.
func (s *Service) Add(ctx context.Context, a access.Actor, kind Kind, name string, r io.Reader) (File, error) {
	if err := access.CheckTenant(a, kind.action()); err != nil {
		return File{}, err
	}
	sum, size, err := s.Files.Put(ctx, r, MaxFile)
	if err != nil {
		return File{}, err
	}
	if size == 0 {
		return File{}, &kernel.Error{Kind: kernel.Invalid, Key: "form.invalid", Fields: map[string]string{"file": "inbox.empty"}}
	}
	f := File{
		ID: kernel.NewID(), Kind: kind, Name: cleanName(name), SHA256: sum, Size: size, UploadedAt: kernel.InstantOf(s.Now()), UploadedBy: a.Name,
	}
	kept := f
	err = s.Tx.Tx(ctx, func(ctx context.Context) error {
		if kept, err = s.Store.Add(ctx, a.Tenant, f); err != nil || kept.ID != f.ID {
			return err
		}
		return s.record(ctx, a, "inbox.add", f)
	})
	return kept, err
}

// record writes an act on a waiting file down; the name of the file, which may say anything, stays out.
func (s *Service) record(ctx context.Context, a access.Actor, what string, f File) error {
	return access.Record(ctx, s.Trail, a, access.Act{
		Do: f.Kind.action(), What: what, Object: kernel.Ref{Kind: "inbox.file", ID: f.ID}, Note: map[string]string{"kind": string(f.Kind), "sha256": f.SHA256},
	})
}

// cleanName keeps the last part of a path and drops what cannot be shown.
func cleanName(name string) string {
	name = filepath.Base(strings.ReplaceAll(name, `\`, "/"))
	name = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == unicode.ReplacementChar {
			return -1
		}
		return r
	}, name)
	if runes := []rune(name); len(runes) > 200 {
		ext := []rune(filepath.Ext(name))
		name = string(runes[:200-min(len(ext), 20)]) + string(ext[:min(len(ext), 20)])
	}
	if name == "" || name == "." || name == "/" {
		return "datei"
	}
	return name
}

// List gives the files that wait, newest first, as far as the actor may import their kind.
func (s *Service) List(ctx context.Context, a access.Actor) ([]File, error) {
	if err := access.CheckTenant(a, access.ReadInternal); err != nil {
		return nil, err
	}
	all, err := s.Store.List(ctx, a.Tenant)
	if err != nil {
		return nil, err
	}
	var list []File
	for _, f := range all {
		if access.CheckTenant(a, f.Kind.action()) == nil {
			list = append(list, f)
		}
	}
	return list, nil
}

// File finds a waiting file of a kind.
func (s *Service) File(ctx context.Context, a access.Actor, kind Kind, id kernel.ID) (File, error) {
	if err := access.CheckTenant(a, kind.action()); err != nil {
		return File{}, err
	}
	f, err := s.Store.File(ctx, a.Tenant, id)
	if err == nil && f.Kind != kind {
		err = kernel.E(kernel.NotFound, "inbox.notfound")
	}
	return f, err
}

// Open gives a waiting file with its content; the caller closes it.
func (s *Service) Open(ctx context.Context, a access.Actor, kind Kind, id kernel.ID) (File, *os.File, error) {
	f, err := s.File(ctx, a, kind, id)
	if err != nil {
		return File{}, nil, err
	}
	content, err := s.Files.Open(f.SHA256)
	return f, content, err
}

// SaveDraft remembers what was filled in so far.
func (s *Service) SaveDraft(ctx context.Context, a access.Actor, kind Kind, id kernel.ID, draft string) error {
	if _, err := s.File(ctx, a, kind, id); err != nil {
		return err
	}
	return s.Store.SetDraft(ctx, a.Tenant, id, draft)
}

// Taken takes a file off the list after it has become a delivery or an edition; its content stays with that.
func (s *Service) Taken(ctx context.Context, a access.Actor, kind Kind, id kernel.ID) error {
	if err := access.CheckTenant(a, kind.action()); err != nil {
		return err
	}
	return s.Store.Remove(ctx, a.Tenant, id)
}

// Discard takes a file off the list and removes its content, unless something taken earlier is made of the same content.
func (s *Service) Discard(ctx context.Context, a access.Actor, kind Kind, id kernel.ID) error {
	f, err := s.File(ctx, a, kind, id)
	if err != nil {
		return err
	}
	err = s.Tx.Tx(ctx, func(ctx context.Context) error {
		if err := s.Store.Remove(ctx, a.Tenant, id); err != nil {
			return err
		}
		return s.record(ctx, a, "inbox.discard", f)
	})
	if err != nil {
		return err
	}
	used, err := s.InUse(ctx, f.SHA256)
	if err != nil || used {
		return err
	}
	return s.Files.Remove(f.SHA256)
}
