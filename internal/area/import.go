// SPDX-License-Identifier: EUPL-1.2

package area

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strconv"
	"sync"

	"github.com/peterstace/simplefeatures/geom"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

var errComputing = errors.New("area: a computation was broken off")

// importing is one import on its way.
type importing struct {
	s        *Service
	tenant   kernel.ID
	by       access.Actor
	q        ImportRequest
	fs       *findings
	progress func(done, total int)

	levels     []Level   // as stored
	editions   []Edition // as stored
	level      Level
	parent     Edition // zero: none
	edition    Edition // as it will be
	again      bool    // the edition exists already
	end        []ending
	saveLevels []Level

	list     []*draft      // by key
	above    []*parentArea // areas of the parent edition
	outlines map[kernel.ID][]byte
	add      []Area
	change   []Area
	remove   []kernel.ID
	maps     Maps

	inDegrees bool // the outlines have been brought to longitude and latitude
}

// The steps of an import as progress counts them.
const (
	stepRead = iota + 1
	stepParents
	stepCheck
	stepMap
	stepStore
	steps = stepStore
)

// Import reads a file of areas and makes it an edition, or says why not. It is taken whole or not at all: findings that ask stop it until
// their codes are accepted or the request answers them; the error is then Invalid and carries all findings, and the report has them too.
// The same file with the same settings changes nothing. progress may be nil.
func (s *Service) Import(ctx context.Context, a access.Actor, q ImportRequest, progress func(done, total int)) (Report, error) {
	if err := access.CheckTenant(a, access.ImportAreas); err != nil {
		return Report{}, err
	}
	keyPart, namePart, err := q.validate()
	if err != nil {
		return Report{}, err
	}
	if progress == nil {
		progress = func(int, int) {}
	}
	q.GridUsed = len(q.Grid) > 0
	defer s.alone(a.Tenant)()

	im := &importing{s: s, tenant: a.Tenant, by: a, q: q, fs: newFindings(q.FileName, q.Accept), progress: progress}
	if im.levels, im.editions, err = s.stored(ctx, a.Tenant); err != nil {
		return Report{}, err
	}
	if err := im.place(); err != nil {
		return Report{}, err
	}
	sum := sha256.New()
	if _, err := io.Copy(sum, im.file()); err != nil {
		return Report{}, fmt.Errorf("area import: reading %s: %w", q.FileName, err)
	}
	im.edition.SHA256 = hex.EncodeToString(sum.Sum(nil))
	if same, err := im.same(ctx); err != nil || same {
		return im.report(same), err
	}

	layer, err := im.read(ctx)
	if err != nil {
		return im.report(false), err
	}
	progress(stepRead, steps)
	if im.drafts(layer, keyPart, namePart) {
		im.keys()
	}
	if err := im.fs.refused(); err != nil {
		return im.report(false), err
	}
	if err := im.degrees(ctx, layer.CRS); err != nil {
		return im.report(false), err
	}
	im.inDegrees = true
	if err := im.parents(ctx); err != nil {
		return im.report(false), err
	}
	progress(stepParents, steps)
	if err := im.topology(); err != nil {
		return im.report(false), err
	}
	progress(stepCheck, steps)
	im.validity()
	if err := im.settle(ctx); err != nil {
		return im.report(false), err
	}
	if err := im.fs.open(); err != nil {
		return im.report(false), err
	}
	if err := im.simplified(); err != nil {
		return im.report(false), err
	}
	progress(stepMap, steps)
	if q.DryRun {
		return im.report(false), nil
	}
	if err := im.store(ctx); err != nil {
		return im.report(false), err
	}
	progress(stepStore, steps)
	return im.report(false), nil
}

// alone makes imports of one tenant in this process wait for each other; between processes the check in store refuses the later one.
func (s *Service) alone(tenant kernel.ID) (done func()) {
	s.mu.Lock()
	if s.running == nil {
		s.running = map[kernel.ID]*sync.Mutex{}
	}
	m := s.running[tenant]
	if m == nil {
		m = &sync.Mutex{}
		s.running[tenant] = m
	}
	s.mu.Unlock()
	m.Lock()
	return m.Unlock
}

// stored reads levels and editions in a fixed order, so that two states can be compared.
func (s *Service) stored(ctx context.Context, tenant kernel.ID) ([]Level, []Edition, error) {
	ls, err := s.Store.Levels(ctx, tenant)
	if err != nil {
		return nil, nil, err
	}
	slices.SortFunc(ls, byRank)
	es, err := s.Store.Editions(ctx, tenant)
	if err != nil {
		return nil, nil, err
	}
	slices.SortFunc(es, func(x, y Edition) int {
		if x.ID < y.ID {
			return -1
		}
		return 1
	})
	return ls, es, nil
}

// record is what will be kept of this import.
func (im *importing) record() Record {
	return Record{Request: im.q, ParentVersion: im.parent.Version, Areas: len(im.list), Findings: im.fs.all()}
}

// same tells whether the stored edition came from this very file with these very settings.
func (im *importing) same(ctx context.Context) (bool, error) {
	if !im.again {
		return false, nil
	}
	i := slices.IndexFunc(im.editions, func(e Edition) bool { return e.ID == im.edition.ID })
	old := im.editions[i]
	if old.SHA256 != im.edition.SHA256 {
		return false, nil
	}
	r, err := im.s.Store.Record(ctx, im.tenant, old.ID)
	if err != nil || r.settings() != im.record().settings() {
		return false, err
	}
	im.edition = old
	im.fs.list = nil
	im.fs.note(kernel.Info, "area.import.same", nil, "level", old.Level.Key, "edition", old.Key, "areas", r.Areas)
	return true, nil
}

// settle completes the areas and compares them with those stored under the same edition.
func (im *importing) settle(ctx context.Context) error {
	for _, d := range im.list {
		d.area.EditionID, d.area.Key, d.area.Name = im.edition.ID, d.key, d.name
		d.area.SortName = im.s.sortKey(d.name)
	}
	var old []Area
	var uses Uses
	var err error
	if im.again {
		if old, err = im.s.Store.Areas(ctx, im.tenant, im.edition.ID); err != nil {
			return err
		}
		if uses, err = im.s.Store.Uses(ctx, im.tenant, im.edition.ID); err != nil {
			return err
		}
		im.beyond(im.edition, im.edition.ValidTo, uses)
	}
	im.compare(old, uses)
	for _, e := range im.end {
		if uses, err = im.s.Store.Uses(ctx, im.tenant, e.edition.ID); err != nil {
			return err
		}
		im.beyond(e.edition, e.last, uses)
	}
	return nil
}

// beyond warns of figures that would lie after the end of their edition.
func (im *importing) beyond(e Edition, last kernel.Date, uses Uses) {
	if last != "" && uses.LastFigure > last {
		im.fs.note(kernel.Warn, "area.edition.figures_after", nil, "level", e.Level.Key, "edition", e.Key, "day", last, "figure", uses.LastFigure)
	}
}

// store keeps the file and, in one transaction, everything else. What was read at the beginning must still hold then.
func (im *importing) store(ctx context.Context) error {
	sha, _, err := im.s.Files.Put(ctx, im.file(), im.q.Size)
	if err != nil {
		return err
	}
	if sha != im.edition.SHA256 {
		return fmt.Errorf("area import: %s changed while it was read", im.q.FileName)
	}
	im.edition.ImportedAt = kernel.InstantOf(im.s.Now())
	im.outlines = make(map[kernel.ID][]byte, len(im.list))
	for _, d := range im.list {
		im.outlines[d.area.ID] = d.outline.AsBinary()
	}
	return im.s.Tx.Tx(ctx, func(ctx context.Context) error {
		ls, es, err := im.s.stored(ctx, im.tenant)
		if err != nil {
			return err
		}
		if !reflect.DeepEqual(ls, im.levels) || !reflect.DeepEqual(es, im.editions) {
			return kernel.E(kernel.Conflict, "area.import.changed", "level", im.level.Key, "edition", im.edition.Key)
		}
		if len(im.remove) > 0 {
			uses, err := im.s.Store.Uses(ctx, im.tenant, im.edition.ID)
			if err != nil {
				return err
			}
			for _, id := range im.remove {
				if uses.Figures[id] || uses.Below[id] {
					return kernel.E(kernel.Conflict, "area.import.changed", "level", im.level.Key, "edition", im.edition.Key)
				}
			}
		}
		for _, l := range im.saveLevels {
			if err := im.s.Store.SaveLevel(ctx, im.tenant, l); err != nil {
				return err
			}
		}
		for _, e := range im.end {
			if err := im.s.Store.EndEdition(ctx, im.tenant, e.edition.ID, e.last); err != nil {
				return err
			}
		}
		if err := im.s.Store.SaveEdition(ctx, im.tenant, im.edition, im.maps, im.record()); err != nil {
			return err
		}
		if err := im.s.Store.SaveAreas(ctx, im.tenant, im.add, im.change, im.outlines, im.remove); err != nil {
			return err
		}
		return access.Record(ctx, im.s.Trail, im.by, access.Act{
			Do: access.ImportAreas, What: "area.import", Object: kernel.Ref{Kind: "edition", ID: im.edition.ID}, Note: im.note(),
		})
	})
}

// note says in keys and counts what an import did.
func (im *importing) note() map[string]string {
	return map[string]string{
		"level": im.level.Key, "edition": im.edition.Key, "sha256": im.edition.SHA256, "areas": strconv.Itoa(len(im.list)),
		"added": strconv.Itoa(len(im.add)), "changed": strconv.Itoa(len(im.change)), "removed": strconv.Itoa(len(im.remove)),
	}
}

func (im *importing) report(unchanged bool) Report {
	r := Report{
		Edition: im.edition, Areas: len(im.list), Added: len(im.add), Changed: len(im.change), Removed: len(im.remove),
		Unchanged: unchanged, DryRun: im.q.DryRun, Findings: im.fs.all(), MapBytes: map[Detail]int{}, Drawn: im.drawn(),
	}
	for _, d := range im.list {
		r.AreaM2 += d.area.AreaM2
	}
	for d, b := range im.maps {
		r.MapBytes[d] = len(b)
	}
	return r
}

// joinParts makes one multipolygon of the parts of an area.
func joinParts(x, y geom.Geometry) geom.Geometry {
	var parts []geom.Polygon
	for _, g := range []geom.Geometry{x, y} {
		for _, p := range g.Dump() {
			if p.IsPolygon() {
				parts = append(parts, p.MustAsPolygon())
			}
		}
	}
	return geom.NewMultiPolygon(parts).AsGeometry()
}
