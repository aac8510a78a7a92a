// SPDX-License-Identifier: EUPL-1.2

package area

import (
	"context"
	"fmt"
	"slices"

	"github.com/peterstace/simplefeatures/geom"

	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// parents finds for each area the one it lies in: by column, by the beginning of its key or by place.
func (im *importing) parents(ctx context.Context) error {
	if im.parent.ID == "" {
		im.sameFile(im.list)
		return nil
	}
	list, err := im.s.Store.Areas(ctx, im.tenant, im.parent.ID)
	if err != nil {
		return err
	}
	wkb, err := im.s.Store.Geometry(ctx, im.tenant, im.parent.ID)
	if err != nil {
		return err
	}
	im.above = make([]*parentArea, len(list))
	byKey := map[string]*parentArea{}
	for i, x := range list {
		p, err := newParentArea(x, wkb[x.ID])
		if err != nil {
			return fmt.Errorf("area %s of edition %s: %w", x.Key, im.parent.Key, err)
		}
		im.above[i], byKey[x.Key] = p, p
	}
	if im.q.ParentByGeometry {
		im.parentsByPlace()
		return nil
	}
	var orphans []*draft
	for _, d := range im.list {
		if im.q.ParentPrefix > 0 {
			r := []rune(d.key)
			d.parent = string(r[:min(len(r), im.q.ParentPrefix)])
		}
		if p := byKey[d.parent]; p != nil {
			d.area.ParentID, d.parent = p.area.ID, p.area.Key
		} else {
			orphans = append(orphans, d)
		}
	}
	if len(orphans) == 0 {
		return nil
	}
	if im.sameFile(orphans) {
		return nil
	}
	if len(orphans) == len(im.list) && len(list) > 0 {
		im.fs.note(kernel.Ask, "area.parent.none", nil, "parent", orphans[0].parent, "example", list[0].Key, "level", im.parent.Level.Key, "edition", im.parent.Key)
		return nil
	}
	for _, d := range orphans {
		im.fs.note(kernel.Ask, "area.parent.missing", d, "parent", d.parent, "name", d.name, "level", im.parent.Level.Key, "edition", im.parent.Key)
	}
	return nil
}

// sameFile refuses a file whose areas name each other as parents: in a circle, or because it holds several levels at once, of which an
// edition can take only one. It reports whether it refused.
func (im *importing) sameFile(list []*draft) bool {
	if im.q.ParentField == "" {
		return false
	}
	up := map[string]string{}
	for _, d := range im.list {
		up[d.key] = d.parent
	}
	var inside *draft
	done := map[string]bool{}
	for _, d := range list {
		if _, ok := up[d.parent]; ok && inside == nil {
			inside = d
		}
		var path []string
		for k := d.key; !done[k]; k = up[k] {
			if i := slices.Index(path, k); i >= 0 {
				im.fs.note(kernel.RefuseFile, "area.parent.cycle", d, "keys", append(path[i:], k))
				return true
			}
			if _, ok := up[k]; !ok {
				break
			}
			path = append(path, k)
		}
		for _, k := range path {
			done[k] = true
		}
	}
	if inside != nil {
		im.fs.note(kernel.RefuseFile, "area.parent.same_file", inside, "parent", inside.parent, "field", im.q.ParentField)
		return true
	}
	if im.parent.ID == "" {
		im.fs.note(kernel.Ask, "area.parent.no_level", nil, "field", im.q.ParentField)
	}
	return false
}

// parentsByPlace takes the parent in which the area's label point lies.
func (im *importing) parentsByPlace() {
	for _, d := range im.list {
		at := label(d.outline)
		var found []*parentArea
		for _, p := range im.above {
			if p.box.Contains(at) && contains(p.outline, at) {
				found = append(found, p)
			}
		}
		if len(found) == 0 {
			im.fs.note(kernel.Ask, "area.parent.nowhere", d, "name", d.name, "level", im.parent.Level.Key, "edition", im.parent.Key)
			continue
		}
		if len(found) > 1 {
			im.fs.note(kernel.Warn, "area.parent.two", d, "parent", found[0].area.Key, "other", found[1].area.Key)
		}
		d.area.ParentID, d.parent = found[0].area.ID, found[0].area.Key
	}
}

// parentArea is an area of the parent edition, ready for questions of place.
type parentArea struct {
	area    Area
	outline geom.Geometry // in degrees
	box     geom.Envelope
}

func newParentArea(a Area, wkb []byte) (*parentArea, error) {
	g, err := geom.UnmarshalWKB(wkb, geom.NoValidate{})
	return &parentArea{a, g, g.Envelope()}, err
}
