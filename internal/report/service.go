// SPDX-License-Identifier: EUPL-1.2

package report

import (
	"context"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/analysis"
	"github.com/kupferfaden/kupferfaden/internal/area"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/release"
	"github.com/kupferfaden/kupferfaden/internal/tenant"
)

// Gate opens views of the figures and keeps the ledger.
type Gate interface {
	View(ctx context.Context, a access.Actor, as access.Audience) (release.View, error)
	PublishObject(ctx context.Context, a access.Actor, kind release.Kind, id kernel.ID, to access.Audience, note string) error
	Withdraw(ctx context.Context, a access.Actor, kind release.Kind, id kernel.ID, from access.Audience, reason string) error
}

// Areas gives the social spaces.
type Areas interface {
	Levels(ctx context.Context, a access.Actor) ([]area.Level, error)
	Editions(ctx context.Context, a access.Actor, level string) ([]area.Edition, error)
	Edition(ctx context.Context, a access.Actor, level, edition string) (area.Edition, error)
	EditionByID(ctx context.Context, a access.Actor, id kernel.ID) (area.Edition, error)
	EditionAt(ctx context.Context, a access.Actor, level string, day kernel.Date) (area.Edition, error)
	Areas(ctx context.Context, a access.Actor, edition kernel.ID) ([]area.Area, error)
	Hierarchy(ctx context.Context, a access.Actor, edition kernel.ID) (*area.Hierarchy, error)
	Coverage(ctx context.Context, a access.Actor, edition kernel.ID, d area.Detail) (*area.Coverage, error)
}

// Analysis gives runs of the index.
type Analysis interface {
	Runs(ctx context.Context, v release.View, edition kernel.ID) ([]analysis.Run, error)
	Result(ctx context.Context, v release.View, id kernel.ID) (analysis.Result, error)
}

// Tenants gives the town a report is about.
type Tenants interface {
	Town(ctx context.Context, id kernel.ID) (tenant.Tenant, error)
}

// Store keeps editions, chapters and what frozen editions showed.
type Store interface {
	// Editions lists all, newest first.
	Editions(ctx context.Context, tenant kernel.ID) ([]Edition, error)
	// Edition finds one by key; NotFound "report.notfound".
	Edition(ctx context.Context, tenant kernel.ID, key string) (Edition, error)
	AddEdition(ctx context.Context, tenant kernel.ID, e Edition) error
	// SaveEdition writes title, settings and freezing, and counts the version up; Conflict "report.changed" when e.Version is not the stored one.
	SaveEdition(ctx context.Context, tenant kernel.ID, e Edition) error
	DeleteEdition(ctx context.Context, tenant, edition kernel.ID) error
	// Chapters of an edition by parent and position.
	Chapters(ctx context.Context, tenant, edition kernel.ID) ([]Chapter, error)
	AddChapter(ctx context.Context, tenant, edition kernel.ID, c Chapter) error
	// SaveChapter writes a chapter and counts its version up; Conflict "report.changed" when c.Version is not the stored one.
	SaveChapter(ctx context.Context, tenant, edition kernel.ID, c Chapter) error
	DeleteChapter(ctx context.Context, tenant, edition, chapter kernel.ID) error
	// SaveParts keeps what a frozen edition shows: JSON by key.
	SaveParts(ctx context.Context, tenant, edition kernel.ID, parts map[string][]byte) error
	Parts(ctx context.Context, tenant, edition kernel.ID) (map[string][]byte, error)
	// File finds a file made of a frozen edition; NotFound "report.file.none".
	File(ctx context.Context, tenant, edition kernel.ID, kind FileKind) (File, error)
	SaveFile(ctx context.Context, tenant, edition kernel.ID, f File) error
	// KeepsFile tells whether any edition has a file of that content.
	KeepsFile(ctx context.Context, tenant kernel.ID, sha string) (bool, error)
}

// Tx runs a function in a transaction that its context carries.
type Tx interface {
	Tx(ctx context.Context, f func(ctx context.Context) error) error
}

// Files keeps finished files by their SHA-256.
type Files interface {
	Put(ctx context.Context, r io.Reader, limit int64) (sum string, size int64, err error)
	Open(sum string) (*os.File, error)
}

// Press writes a document in the forms readers take away. Progress tells chapters and profiles done.
type Press interface {
	HTML(ctx context.Context, w io.Writer, d *Document, progress Progress) error
	PDF(ctx context.Context, w io.Writer, d *Document, progress Progress) error
	XLSX(ctx context.Context, w io.Writer, d *Document, progress Progress) error
	// Unprintable names the characters of texts that the PDF could not show.
	Unprintable(texts ...string) []string
}

// Progress is told how far a build is.
type Progress func(done, total int)

// Service holds the use cases of the social report.
type Service struct {
	Store    Store
	Gate     Gate
	Areas    Areas
	Analysis Analysis
	Tenants  Tenants
	Tx       Tx
	Files    Files
	Press    Press
	// Built is told, in the transaction of a release, that the files of an edition are wanted; nil: they are made when first asked for.
	Built func(ctx context.Context, tenant kernel.ID, key string) error
	Words func(lang string) Words
	Now   func() time.Time
	// Trail is told of every act, in its transaction; nil: none is kept, as in tests of single rules.
	Trail access.Trail
	// FourEyes asks for a second person before something becomes public; nil: nobody is asked.
	FourEyes access.FourEyes

	building sync.Map // one at a time for each file
	cache    documents
}

// List gives the editions an actor may read: everybody the released ones, the planning staff all; newest first.
func (s *Service) List(ctx context.Context, a access.Actor) ([]Edition, error) {
	if err := access.CheckTenant(a, access.ReadPublic); err != nil {
		return nil, err
	}
	all, err := s.Store.Editions(ctx, a.Tenant)
	if err != nil || access.Can(a, access.ReadInternal, access.Object{Tenant: a.Tenant}) {
		return all, err
	}
	v, err := s.Gate.View(ctx, a, access.Public)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(all, func(e Edition) bool { return !v.Sees(release.ReportKind, e.ID) }), nil
}

// Released lists the editions that everybody may read.
func (s *Service) Released(ctx context.Context, a access.Actor) ([]Edition, error) {
	return s.List(ctx, access.Anonymous(a.Tenant))
}

// Audiences tells to whom an edition is released.
func (s *Service) Audiences(ctx context.Context, a access.Actor, e Edition) ([]access.Audience, error) {
	v, err := s.Gate.View(ctx, a, access.Public)
	if err != nil {
		return nil, err
	}
	var list []access.Audience
	for _, to := range []access.Audience{access.Public, access.Political} {
		if v.Released(release.ReportKind, e.ID, to) {
			list = append(list, to)
		}
	}
	return list, nil
}

// Edition finds an edition the actor may read; one that is not released does not exist for the public.
func (s *Service) Edition(ctx context.Context, a access.Actor, key string) (Edition, error) {
	if err := access.CheckTenant(a, access.ReadPublic); err != nil {
		return Edition{}, err
	}
	e, err := s.Store.Edition(ctx, a.Tenant, key)
	if err != nil || access.Can(a, access.ReadInternal, access.Object{Tenant: a.Tenant}) {
		return e, err
	}
	v, err := s.Gate.View(ctx, a, access.Public)
	if err != nil {
		return Edition{}, err
	}
	if !v.Sees(release.ReportKind, e.ID) {
		return Edition{}, kernel.E(kernel.NotFound, "report.notfound", "edition", key)
	}
	return e, nil
}

// Stamp changes with everything a page about reports could show.
func (s *Service) Stamp(ctx context.Context, a access.Actor) (string, error) {
	v, err := s.Gate.View(ctx, a, access.Public)
	if err != nil {
		return "", err
	}
	return v.Stamp(), nil
}

// edition reads one for an action.
func (s *Service) edition(ctx context.Context, a access.Actor, key string, do access.Action) (Edition, error) {
	if err := access.CheckTenant(a, do); err != nil {
		return Edition{}, err
	}
	e, err := s.Store.Edition(ctx, a.Tenant, key)
	if err != nil {
		return Edition{}, err
	}
	if err := access.Check(a, do, e.object(a.Tenant)); err != nil {
		if kernel.KindOf(err) == kernel.Conflict {
			return Edition{}, kernel.E(kernel.Conflict, "report.frozen", "edition", key)
		}
		return Edition{}, err
	}
	return e, nil
}

// Create makes an empty edition.
func (s *Service) Create(ctx context.Context, a access.Actor, e Edition) (Edition, error) {
	if err := access.CheckTenant(a, access.EditReport); err != nil {
		return Edition{}, err
	}
	e, err := s.complete(ctx, a, e)
	if err != nil {
		return Edition{}, err
	}
	return e, s.Tx.Tx(ctx, func(ctx context.Context) error {
		if err := s.Store.AddEdition(ctx, a.Tenant, e); err != nil {
			return err
		}
		return s.record(ctx, a, access.EditReport, "report.create", e, "")
	})
}

// complete checks a new edition and gives it an identity.
func (s *Service) complete(ctx context.Context, a access.Actor, e Edition) (Edition, error) {
	if e.Settings.Audience == "" {
		e.Settings.Audience = access.Public
	}
	if err := e.Validate(); err != nil {
		return Edition{}, err
	}
	if _, err := s.Areas.Edition(ctx, a, e.Settings.Level, e.Settings.AreaEdition); err != nil {
		return Edition{}, err
	}
	e.ID, e.Version, e.CreatedAt, e.FrozenAt, e.FrozenBy = kernel.NewID(), 1, kernel.InstantOf(s.Now()), kernel.Instant{}, ""
	return e, nil
}

// Save changes title and settings of an edition that is not frozen.
func (s *Service) Save(ctx context.Context, a access.Actor, e Edition) error {
	if err := e.Validate(); err != nil {
		return err
	}
	if _, err := s.Areas.Edition(ctx, a, e.Settings.Level, e.Settings.AreaEdition); err != nil {
		return err
	}
	return s.Tx.Tx(ctx, func(ctx context.Context) error {
		have, err := s.edition(ctx, a, e.Key, access.EditReport)
		if err != nil {
			return err
		}
		have.Title, have.Settings, have.Version = e.Title, e.Settings, e.Version
		if err := s.Store.SaveEdition(ctx, a.Tenant, have); err != nil {
			return err
		}
		return s.record(ctx, a, access.EditReport, "report.save", have, "")
	})
}

// Delete removes an edition that was never frozen; a frozen one stays readable for ever.
func (s *Service) Delete(ctx context.Context, a access.Actor, key string) error {
	return s.Tx.Tx(ctx, func(ctx context.Context) error {
		e, err := s.edition(ctx, a, key, access.EditReport)
		if err != nil {
			return err
		}
		if err := s.Store.DeleteEdition(ctx, a.Tenant, e.ID); err != nil {
			return err
		}
		return s.record(ctx, a, access.EditReport, "report.delete", e, "")
	})
}

// Copy makes a new edition with the chapters of another, frozen or not: the way to correct what was frozen.
func (s *Service) Copy(ctx context.Context, a access.Actor, from string, to Edition) (Edition, error) {
	if err := access.CheckTenant(a, access.EditReport); err != nil {
		return Edition{}, err
	}
	to, err := s.complete(ctx, a, to)
	if err != nil {
		return Edition{}, err
	}
	return to, s.Tx.Tx(ctx, func(ctx context.Context) error {
		old, err := s.Store.Edition(ctx, a.Tenant, from)
		if err != nil {
			return err
		}
		list, err := s.Store.Chapters(ctx, a.Tenant, old.ID)
		if err != nil {
			return err
		}
		if err := s.Store.AddEdition(ctx, a.Tenant, to); err != nil {
			return err
		}
		if err := s.record(ctx, a, access.EditReport, "report.copy", to, old.ID); err != nil {
			return err
		}
		ids := map[kernel.ID]kernel.ID{}
		for _, c := range list {
			ids[c.ID] = kernel.NewID()
		}
		return Walk(tree(list), func(n *Node) error { // parents come before their sections
			c := n.Chapter
			c.ID, c.ParentID, c.Version = ids[c.ID], ids[c.ParentID], 1
			return s.Store.AddChapter(ctx, a.Tenant, to.ID, c)
		})
	})
}

// Chapters gives the tree of an edition to the planning staff.
func (s *Service) Chapters(ctx context.Context, a access.Actor, key string) (Edition, []*Node, error) {
	if err := access.CheckTenant(a, access.ReadInternal); err != nil {
		return Edition{}, nil, err
	}
	e, err := s.Store.Edition(ctx, a.Tenant, key)
	if err != nil {
		return Edition{}, nil, err
	}
	list, err := s.Store.Chapters(ctx, a.Tenant, e.ID)
	return e, tree(list), err
}

// AddChapter appends a chapter to its siblings.
func (s *Service) AddChapter(ctx context.Context, a access.Actor, key string, c Chapter) (Chapter, error) {
	if err := c.Validate(); err != nil {
		return Chapter{}, err
	}
	err := s.change(ctx, a, key, "report.chapter.add", func(ctx context.Context, e Edition, list []Chapter) error {
		if len(list) >= maxChapters {
			return kernel.E(kernel.Invalid, "report.chapter.many", "most", maxChapters)
		}
		if depth(list, c.ParentID) >= maxDepth {
			return kernel.E(kernel.Invalid, "report.chapter.deep", "most", maxDepth)
		}
		c.ID, c.Version, c.Position = kernel.NewID(), 1, 1
		for _, have := range list {
			if have.ParentID == c.ParentID {
				c.Position = max(c.Position, have.Position+1)
			}
		}
		return s.Store.AddChapter(ctx, a.Tenant, e.ID, c)
	})
	return c, err
}

// change runs an edit on an edition that is not frozen.
func (s *Service) change(ctx context.Context, a access.Actor, key, what string, f func(ctx context.Context, e Edition, list []Chapter) error) error {
	return s.Tx.Tx(ctx, func(ctx context.Context) error {
		e, err := s.edition(ctx, a, key, access.EditReport)
		if err != nil {
			return err
		}
		list, err := s.Store.Chapters(ctx, a.Tenant, e.ID)
		if err != nil {
			return err
		}
		if err := f(ctx, e, list); err != nil {
			return err
		}
		if err := s.Store.SaveEdition(ctx, a.Tenant, e); err != nil { // counts the edit, so that freezing notices it
			return err
		}
		return s.record(ctx, a, access.EditReport, what, e, "")
	})
}

// record writes an act on an edition down; from is the edition it was copied from.
func (s *Service) record(ctx context.Context, a access.Actor, do access.Action, what string, e Edition, from kernel.ID) error {
	note := map[string]string{"edition": e.Key, "version": strconv.Itoa(e.Version)}
	if from != "" {
		note["from"] = string(from)
	}
	return access.Record(ctx, s.Trail, a, access.Act{Do: do, What: what, Object: kernel.Ref{Kind: "report", ID: e.ID}, Note: note})
}

// depth of a chapter in its tree, 0 for the root; a parent that is not there counts as too deep.
func depth(list []Chapter, id kernel.ID) int {
	for d := range maxDepth + 1 {
		if id == "" {
			return d
		}
		i := slices.IndexFunc(list, func(c Chapter) bool { return c.ID == id })
		if i < 0 {
			return maxDepth
		}
		id = list[i].ParentID
	}
	return maxDepth
}

// SaveChapter changes title and text; Conflict when somebody saved the chapter since it was read.
func (s *Service) SaveChapter(ctx context.Context, a access.Actor, key string, c Chapter) error {
	c.Body = strings.ReplaceAll(c.Body, "\r\n", "\n")
	if err := c.Validate(); err != nil {
		return err
	}
	return s.change(ctx, a, key, "report.chapter.save", func(ctx context.Context, e Edition, list []Chapter) error {
		i := slices.IndexFunc(list, func(have Chapter) bool { return have.ID == c.ID })
		if i < 0 {
			return kernel.E(kernel.NotFound, "report.chapter.notfound")
		}
		have := list[i]
		have.Title, have.Body, have.Version = strings.TrimSpace(c.Title), c.Body, c.Version
		return s.Store.SaveChapter(ctx, a.Tenant, e.ID, have)
	})
}

// MoveChapter exchanges a chapter with the sibling before (-1) or after it (+1).
func (s *Service) MoveChapter(ctx context.Context, a access.Actor, key string, id kernel.ID, by int) error {
	return s.change(ctx, a, key, "report.chapter.move", func(ctx context.Context, e Edition, list []Chapter) error {
		i := slices.IndexFunc(list, func(c Chapter) bool { return c.ID == id })
		if i < 0 {
			return kernel.E(kernel.NotFound, "report.chapter.notfound")
		}
		var siblings []Chapter
		for _, c := range list {
			if c.ParentID == list[i].ParentID {
				siblings = append(siblings, c)
			}
		}
		at := slices.IndexFunc(siblings, func(c Chapter) bool { return c.ID == id })
		to := at + by
		if to < 0 || to >= len(siblings) {
			return nil
		}
		siblings[at], siblings[to] = siblings[to], siblings[at]
		for n := range siblings {
			if siblings[n].Position != n+1 {
				siblings[n].Position = n + 1
				if err := s.Store.SaveChapter(ctx, a.Tenant, e.ID, siblings[n]); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// DeleteChapter removes a chapter that has no sections.
func (s *Service) DeleteChapter(ctx context.Context, a access.Actor, key string, id kernel.ID) error {
	return s.change(ctx, a, key, "report.chapter.delete", func(ctx context.Context, e Edition, list []Chapter) error {
		if slices.ContainsFunc(list, func(c Chapter) bool { return c.ParentID == id }) {
			return kernel.E(kernel.Invalid, "report.chapter.sections")
		}
		return s.Store.DeleteChapter(ctx, a.Tenant, e.ID, id)
	})
}
