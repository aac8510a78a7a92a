// SPDX-License-Identifier: EUPL-1.2

package report

import (
	"bufio"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/release"
)

// FileKind is a form in which a report is taken away.
type FileKind string

// The forms.
const (
	HTML FileKind = "html"
	PDF  FileKind = "pdf"
	XLSX FileKind = "xlsx"
)

// FileKinds lists the forms, the quickest to make first.
var FileKinds = []FileKind{HTML, XLSX, PDF}

// Name is what the file is called in the directory of a build.
func (k FileKind) Name() string {
	if k == XLSX {
		return "tables.xlsx"
	}
	return "report." + string(k)
}

// File is a finished file of a frozen edition, kept by its content.
type File struct {
	Kind    FileKind
	SHA256  string
	Size    int64
	BuiltAt kernel.Instant
}

// maxFile is far above any report; a larger file is a fault of ours.
const maxFile = 1 << 30

// narrowness orders audiences from the widest to the narrowest.
var narrowness = map[access.Audience]int{access.Public: 0, access.Political: 1, access.Internal: 2}

func nothing(int, int) {}

// Freeze resolves every part of an edition and keeps what it shows; from then on nothing else is read and nothing can be changed. It fails with
// every reason named while a part cannot be resolved, and returns the warnings that remain.
func (s *Service) Freeze(ctx context.Context, a access.Actor, key string, progress Progress) ([]kernel.Finding, error) {
	if progress == nil {
		progress = nothing
	}
	const attempts = 3 // figures that arrive in the meantime start it again
	for n := range attempts {
		findings, err := s.freeze(ctx, a, key, progress)
		var k *kernel.Error
		if errors.As(err, &k) && k.Key == "report.freeze.moved" && n < attempts-1 {
			continue
		}
		return findings, err
	}
	return nil, nil
}

func (s *Service) freeze(ctx context.Context, a access.Actor, key string, progress Progress) ([]kernel.Finding, error) {
	e, err := s.edition(ctx, a, key, access.ReleaseReport)
	if err != nil {
		return nil, err
	}
	list, err := s.Store.Chapters(ctx, a.Tenant, e.ID)
	if err != nil {
		return nil, err
	}
	d, stamp, err := s.draft(ctx, a, e, tree(list), e.Settings.Audience, progress)
	if err != nil {
		return nil, err
	}
	if slices.ContainsFunc(d.Findings, kernel.Finding.Refuses) {
		return nil, &kernel.Error{Kind: kernel.Invalid, Key: "report.freeze.refused", Params: kernel.Params("edition", key), Findings: d.Findings}
	}
	rows, err := d.pack()
	if err != nil {
		return nil, err
	}
	return d.Findings, s.Tx.Tx(ctx, func(ctx context.Context) error {
		now, err := s.edition(ctx, a, key, access.ReleaseReport)
		if err != nil {
			return err
		}
		if now.Version != e.Version {
			return kernel.E(kernel.Conflict, "report.freeze.moved", "edition", key)
		}
		v, err := s.Gate.View(ctx, a, e.Settings.Audience)
		if err != nil {
			return err
		}
		if v.Stamp() != stamp {
			return kernel.E(kernel.Conflict, "report.freeze.moved", "edition", key)
		}
		if err := s.Store.SaveParts(ctx, a.Tenant, e.ID, rows); err != nil {
			return err
		}
		now.FrozenAt, now.FrozenBy = kernel.InstantOf(s.Now()), a.Name
		if err := s.Store.SaveEdition(ctx, a.Tenant, now); err != nil {
			return err
		}
		return s.record(ctx, a, access.ReleaseReport, "report.freeze", now, "")
	})
}

// PublishMatter names the release of an edition among what waits for a second person.
const PublishMatter = "report.publish"

// PublishArgs are what Release is called with once a second person has agreed.
type PublishArgs struct {
	Edition string          `json:"edition"`
	To      access.Audience `json:"to"`
	Note    string          `json:"note"`
}

// Release freezes an edition where it is not yet, and enters its publication in the ledger.
func (s *Service) Release(ctx context.Context, a access.Actor, key string, to access.Audience, note string, progress Progress) ([]kernel.Finding, error) {
	if err := access.CheckTenant(a, access.ReleaseReport); err != nil {
		return nil, err
	}
	e, err := s.Store.Edition(ctx, a.Tenant, key)
	if err != nil {
		return nil, err
	}
	if narrowness[e.Settings.Audience] > narrowness[to] {
		return nil, kernel.E(kernel.Invalid, "report.release.audience", "edition", key, "audience", string(e.Settings.Audience))
	}
	var findings []kernel.Finding
	if !e.Frozen() {
		if findings, err = s.Freeze(ctx, a, key, progress); err != nil {
			return nil, err
		}
	}
	// What waits for the second person is frozen already: exactly what was read becomes public.
	err = access.Second(ctx, s.FourEyes, a, access.Matter{
		Kind: access.PublishMatter, Do: access.ReleaseReport, What: PublishMatter, Object: kernel.Ref{Kind: "report", ID: e.ID},
		Title: release.MatterTitle(to, kernel.T(e.Name(), e.Name()), ""), Reason: note, Args: PublishArgs{key, to, note},
	})
	if err != nil {
		return findings, err
	}
	return findings, s.Tx.Tx(ctx, func(ctx context.Context) error {
		if err := s.Gate.PublishObject(ctx, a, release.ReportKind, e.ID, to, note); err != nil {
			return err
		}
		if s.Built == nil {
			return nil
		}
		return s.Built(ctx, a.Tenant, key)
	})
}

// Withdraw takes a released edition back from an audience; it stays frozen.
func (s *Service) Withdraw(ctx context.Context, a access.Actor, key string, from access.Audience, reason string) error {
	if err := access.CheckTenant(a, access.ReleaseReport); err != nil {
		return err
	}
	e, err := s.Store.Edition(ctx, a.Tenant, key)
	if err != nil {
		return err
	}
	return s.Gate.Withdraw(ctx, a, release.ReportKind, e.ID, from, reason)
}

// Check resolves a draft without changing anything and says what speaks against freezing it; a frozen edition has no findings.
func (s *Service) Check(ctx context.Context, a access.Actor, key string) ([]kernel.Finding, error) {
	if err := access.CheckTenant(a, access.ReadInternal); err != nil {
		return nil, err
	}
	e, err := s.Store.Edition(ctx, a.Tenant, key)
	if err != nil || e.Frozen() {
		return nil, err
	}
	d, err := s.document(ctx, a, e, e.Settings.Audience, nothing)
	if err != nil {
		return nil, err
	}
	return d.Findings, nil
}

// Document gives an edition as the actor may read it: frozen ones as they were frozen, drafts, for the planning staff, with the figures of now.
func (s *Service) Document(ctx context.Context, a access.Actor, key string) (*Document, error) {
	e, err := s.Edition(ctx, a, key)
	if err != nil {
		return nil, err
	}
	return s.document(ctx, a, e, e.Settings.Audience, nothing)
}

func (s *Service) document(ctx context.Context, a access.Actor, e Edition, as access.Audience, progress Progress) (*Document, error) {
	if e.Frozen() {
		return s.frozen(ctx, a.Tenant, e)
	}
	list, err := s.Store.Chapters(ctx, a.Tenant, e.ID)
	if err != nil {
		return nil, err
	}
	d, _, err := s.draft(ctx, a, e, tree(list), as, progress)
	return d, err
}

// Preview resolves one chapter with a text that is not saved.
func (s *Service) Preview(ctx context.Context, a access.Actor, key string, chapter kernel.ID, body string) (*Document, error) {
	e, nodes, err := s.Chapters(ctx, a, key)
	if err != nil {
		return nil, err
	}
	var found *Node
	_ = Walk(nodes, func(n *Node) error {
		if n.ID == chapter {
			found = n
		}
		return nil
	})
	if found == nil {
		return nil, kernel.E(kernel.NotFound, "report.chapter.notfound")
	}
	found.Body, found.Children = body, nil
	d, _, err := s.draft(ctx, a, e, []*Node{found}, e.Settings.Audience, nothing)
	return d, err
}

// Build writes an edition into a directory: report.html, report.pdf and tables.xlsx. An edition that is not frozen is built as a draft that says
// so. Step is told what is being made; it may be nil.
func (s *Service) Build(ctx context.Context, a access.Actor, key, dir string, as access.Audience, step func(kind FileKind) Progress) ([]string, error) {
	d, err := s.cleared(ctx, a, key, as)
	if err != nil {
		return nil, err
	}
	if step == nil {
		step = func(FileKind) Progress { return nothing }
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, kernel.E(kernel.Unavailable, "report.dir", "dir", dir, "detail", err)
	}
	var files []string
	for _, kind := range FileKinds {
		name := filepath.Join(dir, kind.Name())
		if err := s.writeFile(ctx, a, name, kind, d, step(kind)); err != nil {
			return files, err
		}
		files = append(files, name)
	}
	return files, nil
}

// cleared gives the document of an edition for an audience of the actor.
func (s *Service) cleared(ctx context.Context, a access.Actor, key string, as access.Audience) (*Document, error) {
	if _, err := s.Gate.View(ctx, a, as); err != nil {
		return nil, err
	}
	e, err := s.Edition(ctx, a, key)
	if err != nil {
		return nil, err
	}
	if e.Frozen() && narrowness[e.Settings.Audience] > narrowness[as] {
		return nil, kernel.E(kernel.Denied, "report.build.audience", "edition", key, "audience", string(e.Settings.Audience))
	}
	return s.document(ctx, a, e, as, nothing)
}

// writeFile writes beside the file and renames, so that an interrupted build leaves no half report.
func (s *Service) writeFile(ctx context.Context, a access.Actor, name string, kind FileKind, d *Document, progress Progress) (err error) {
	f, err := os.CreateTemp(filepath.Dir(name), ".report-*")
	if err != nil {
		return kernel.E(kernel.Unavailable, "report.dir", "dir", filepath.Dir(name), "detail", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(f.Name()))
		}
	}()
	w := bufio.NewWriterSize(f, 1<<16)
	if d.Draft {
		err = s.print(ctx, w, kind, d, progress)
	} else {
		err = s.kept(ctx, a, w, kind, d, progress)
	}
	err = errors.Join(err, w.Flush(), f.Chmod(0o644), f.Close())
	if err != nil {
		return err
	}
	return os.Rename(f.Name(), name)
}

// kept writes the file of a frozen edition, which is made once: whoever builds it later gets the bytes that were published.
func (s *Service) kept(ctx context.Context, a access.Actor, w io.Writer, kind FileKind, d *Document, progress Progress) error {
	f, err := s.File(ctx, a, d.Edition.Key, kind, progress)
	if err != nil {
		return err
	}
	r, err := s.OpenFile(f)
	if err != nil {
		return err
	}
	_, err = io.Copy(w, r)
	return errors.Join(err, r.Close())
}

func (s *Service) print(ctx context.Context, w io.Writer, kind FileKind, d *Document, progress Progress) error {
	if progress == nil {
		progress = nothing
	}
	switch kind {
	case HTML:
		return s.Press.HTML(ctx, w, d, progress)
	case PDF:
		return s.Press.PDF(ctx, w, d, progress)
	case XLSX:
		return s.Press.XLSX(ctx, w, d, progress)
	}
	return kernel.E(kernel.NotFound, "report.file.none")
}

// Offers lists the indicators an author can show on the areas of an edition, in the order of the catalogue.
func (s *Service) Offers(ctx context.Context, a access.Actor, e Edition) ([]Offer, error) {
	if err := access.CheckTenant(a, access.ReadInternal); err != nil {
		return nil, err
	}
	r, err := s.resolver(ctx, a, e.Settings, e.Settings.Audience)
	if err != nil {
		return nil, err
	}
	var list []Offer
	for _, ind := range r.view.Indicators() {
		if have := r.offers[offerKey{ind.Key, r.edition.ID}]; len(have) > 0 {
			list = append(list, Offer{Key: ind.Key, Name: ind.Current().Name, Newest: have[len(have)-1], Count: len(have)})
		}
	}
	return list, nil
}

// Offer is an indicator with figures for the areas of an edition.
type Offer struct {
	Key    string
	Name   kernel.Text
	Newest kernel.Period
	Count  int // of periods
}

// Write writes one form of an edition the actor may read.
func (s *Service) Write(ctx context.Context, a access.Actor, key string, kind FileKind, w io.Writer, progress Progress) error {
	d, err := s.Document(ctx, a, key)
	if err != nil {
		return err
	}
	return s.print(ctx, w, kind, d, progress)
}

// Ready tells which files of a frozen edition are there.
func (s *Service) Ready(ctx context.Context, a access.Actor, e Edition) (map[FileKind]File, error) {
	m := map[FileKind]File{}
	for _, kind := range FileKinds {
		f, err := s.Store.File(ctx, a.Tenant, e.ID, kind)
		if kernel.KindOf(err) == kernel.NotFound {
			continue
		}
		if err != nil {
			return nil, err
		}
		m[kind] = f
	}
	return m, nil
}

// File gives a finished file of a frozen edition the actor may read, and makes it where it is missing.
func (s *Service) File(ctx context.Context, a access.Actor, key string, kind FileKind, progress Progress) (File, error) {
	e, err := s.Edition(ctx, a, key)
	if err != nil {
		return File{}, err
	}
	if !e.Frozen() || !slices.Contains(FileKinds, kind) {
		return File{}, kernel.E(kernel.NotFound, "report.file.none")
	}
	f, err := s.Store.File(ctx, a.Tenant, e.ID, kind)
	if kernel.KindOf(err) != kernel.NotFound {
		return f, err
	}
	lock, _ := s.building.LoadOrStore(string(a.Tenant)+"/"+string(e.ID)+"/"+string(kind), &sync.Mutex{})
	lock.(*sync.Mutex).Lock()
	defer lock.(*sync.Mutex).Unlock()
	f, err = s.Store.File(ctx, a.Tenant, e.ID, kind) // somebody may have made it while we waited
	if kernel.KindOf(err) != kernel.NotFound {
		return f, err
	}
	d, err := s.frozen(ctx, a.Tenant, e)
	if err != nil {
		return File{}, err
	}
	r, w := io.Pipe()
	go func() { w.CloseWithError(s.print(ctx, w, kind, d, progress)) }()
	f = File{Kind: kind, BuiltAt: kernel.InstantOf(s.Now())}
	if f.SHA256, f.Size, err = s.Files.Put(ctx, r, maxFile); err != nil {
		return File{}, errors.Join(err, r.CloseWithError(err))
	}
	return f, s.Tx.Tx(ctx, func(ctx context.Context) error { return s.Store.SaveFile(ctx, a.Tenant, e.ID, f) })
}

// OpenFile opens a finished file; only content that File has named to the caller.
func (s *Service) OpenFile(f File) (*os.File, error) { return s.Files.Open(f.SHA256) }

// KeepsFile tells whether a frozen edition of the town needs the content, for whoever wants to remove it from the file store.
func (s *Service) KeepsFile(ctx context.Context, tenant kernel.ID, sha string) (bool, error) {
	return s.Store.KeepsFile(ctx, tenant, sha)
}

// BuildFiles makes every file of a frozen edition that is missing, in the background after a release.
func (s *Service) BuildFiles(ctx context.Context, a access.Actor, key string, progress Progress) error {
	if err := access.CheckTenant(a, access.ReadInternal); err != nil {
		return err
	}
	for _, kind := range FileKinds {
		if _, err := s.File(ctx, a, key, kind, progress); err != nil {
			return err
		}
	}
	return nil
}
