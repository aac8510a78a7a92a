// SPDX-License-Identifier: EUPL-1.2

package area

import (
	"math"
	"slices"

	"github.com/kupferfaden/kupferfaden/geo"
	"github.com/kupferfaden/kupferfaden/geo/crs"
	"github.com/kupferfaden/kupferfaden/geo/topology"
)

// settled are findings that the import has told by itself, with the answers a person can give; the turning of rings Check tells already.
var settled = []string{"key.missing", "key.duplicate", "name.duplicate", "parent.missing", "parent.cycle", "area.turned"}

// own are faults of an outline by itself that its repair decides.
var own = []string{"polygon.selfcrossing", "hole.outside", "polygon.parts"}

// A border that crosses itself only because coordinates were rounded changes by less than this when repaired, and nobody need be asked; the
// wings of a bow tie change by their whole size. Rounding to six decimals makes loops of 0.1 m by a few metres.
const (
	harmlessM2    = 10.0
	harmlessShare = 1e-3
)

// topology checks the outlines one by one, against each other and against their parents, repairs them, and measures them.
func (im *importing) topology() error {
	areas := make([]topology.Area, len(im.list))
	for i, d := range im.list {
		areas[i] = topology.Area{Key: d.key, Name: d.name, Feature: d.feature, Line: d.row, Geometry: d.outline}
		if d.area.ParentID != "" {
			areas[i].Parent = d.parent
		}
	}
	opt := topology.Options{CRS: crs.WGS84, MaxListed: math.MaxInt} // findings.add bounds the list
	for _, p := range im.above {
		opt.Parents = append(opt.Parents, topology.Area{Key: p.area.Key, Name: p.area.Name, Geometry: p.outline})
	}
	list, err := topology.Check(areas, opt)
	if err != nil {
		return err
	}
	repaired, changes, err := topology.Repair(areas, opt)
	if err != nil {
		return err
	}
	told := func(f geo.Finding) bool { return slices.Contains(settled, f.Code) }
	list = slices.DeleteFunc(list, told)
	harmless := map[int]bool{} // by feature
	for _, c := range changes {
		d := math.Abs(c.After - c.Before)
		harmless[areas[c.Index].Feature] = d < harmlessM2 && d < harmlessShare*c.After
	}
	for i, f := range list {
		if f.Severity == geo.Ask && slices.Contains(own, f.Code) && harmless[f.Feature] {
			list[i].Severity = geo.Warn
		}
	}
	size := make(map[string]float64, len(im.list))
	for i, d := range im.list {
		if d.area.AreaM2, err = topology.SquareMetres(repaired[i].Geometry, crs.WGS84); err != nil {
			return err
		}
		size[d.key] = d.area.AreaM2
	}
	list = im.gather(list, size)
	im.fs.take(list)
	refused := map[int]bool{} // by feature
	for _, f := range list {
		if f.Severity == geo.Row {
			refused[f.Feature] = true
		}
	}
	im.fs.take(slices.DeleteFunc(topology.Findings(changes, areas), told))
	kept := im.list[:0]
	for i, d := range im.list {
		if refused[d.feature] {
			continue
		}
		d.outline = repaired[i].Geometry
		at := label(d.outline)
		d.area.LabelLon, d.area.LabelLat = at.X, at.Y
		kept = append(kept, d)
	}
	im.list = kept
	return im.fs.refused()
}
