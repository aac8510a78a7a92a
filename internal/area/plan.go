// SPDX-License-Identifier: EUPL-1.2

package area

import (
	"cmp"
	"math"
	"slices"

	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// place finds level and parent edition among what is stored, and fixes the ranks of the levels.
func (im *importing) place() error {
	q := &im.q
	if q.ParentLevel != "" {
		if err := im.parentEdition(); err != nil {
			return err
		}
	}
	var above *Level
	if im.parent.ID != "" {
		above = &im.parent.Level
	}
	i := slices.IndexFunc(im.levels, func(l Level) bool { return l.Key == q.Level })
	if i >= 0 {
		im.level = im.levels[i]
	} else {
		im.level = newLevel(q.Level, q.LevelName, q.Rank, above)
		im.saveLevels = append(im.saveLevels, im.level)
		im.fs.note(kernel.Info, "area.level.new", nil, "level", q.Level, "name", im.level.Name, "rank", im.level.Rank)
	}
	if above != nil {
		changed, ok := rerank(im.levels, im.editions, *above, im.level)
		if !ok {
			im.fs.note(kernel.RefuseFile, "area.level.order", nil, "level", q.Level, "parent_level", q.ParentLevel)
		}
		for _, l := range changed {
			if l.ID == im.level.ID {
				im.level.Rank = l.Rank
			}
			im.saveLevels = append(slices.DeleteFunc(im.saveLevels, func(x Level) bool { return x.ID == l.ID }), l)
		}
	}
	im.edition = Edition{ID: kernel.NewID(), Key: q.Edition}
	if i := slices.IndexFunc(im.editions, func(e Edition) bool { return e.Level.ID == im.level.ID && e.Key == q.Edition }); i >= 0 {
		im.edition = im.editions[i]
		im.again = true
	}
	e := &im.edition
	e.Level, e.ValidFrom, e.ValidTo, e.ParentEditionID = im.level, q.ValidFrom, q.ValidTo, im.parent.ID
	e.Source = q.FileName
	e.Version++
	return nil
}

// parentEdition is the one named, else the one with the same key, else the one valid when the new edition begins.
func (im *importing) parentEdition() error {
	q := &im.q
	var of []Edition
	var keys []string
	for _, e := range im.editions {
		if e.Level.Key == q.ParentLevel {
			of = append(of, e)
			keys = append(keys, e.Key)
		}
	}
	pick := func(match func(Edition) bool) bool {
		i := slices.IndexFunc(of, match)
		if i >= 0 {
			im.parent = of[i]
		}
		return i >= 0
	}
	if q.ParentEdition != "" {
		if pick(func(e Edition) bool { return e.Key == q.ParentEdition }) {
			return nil
		}
		return kernel.E(kernel.Invalid, "area.parent.edition_unknown", "level", q.ParentLevel, "edition", q.ParentEdition, "editions", keys)
	}
	if pick(func(e Edition) bool { return e.Key == q.Edition }) || pick(func(e Edition) bool { return e.ValidAt(q.ValidFrom) }) {
		return nil
	}
	if len(of) == 0 {
		var levels []string
		for _, l := range im.levels {
			levels = append(levels, l.Key)
		}
		if len(levels) == 0 {
			return kernel.E(kernel.Invalid, "area.parent.level_first", "level", q.ParentLevel)
		}
		return kernel.E(kernel.Invalid, "area.parent.level_unknown", "level", q.ParentLevel, "levels", levels)
	}
	return kernel.E(kernel.Invalid, "area.parent.edition_missing", "level", q.ParentLevel, "edition", q.Edition, "day", q.ValidFrom, "editions", keys)
}

// validity makes the edition and its neighbours in time not overlap: an open predecessor ends the day before, an open newcomer ends before
// its successor begins, a predecessor with a last day is shortened when a person agrees, everything else is refused, for a figure's day must
// point at one cut of the town.
func (im *importing) validity() {
	e := &im.edition
	var others []Edition
	for _, o := range im.editions {
		if o.Level.ID == im.level.ID && o.ID != e.ID {
			others = append(others, o)
		}
	}
	slices.SortFunc(others, func(x, y Edition) int { return cmp.Compare(x.ValidFrom, y.ValidFrom) })
	for _, o := range others {
		switch {
		case o.ValidFrom < e.ValidFrom && o.ValidTo == "":
			last := dayBefore(e.ValidFrom)
			im.end = append(im.end, ending{o, last})
			im.fs.note(kernel.Info, "area.edition.closed", nil, "level", im.level.Key, "edition", o.Key, "day", last)
		case o.ValidFrom > e.ValidFrom && e.ValidTo == "":
			e.ValidTo = dayBefore(o.ValidFrom)
			im.fs.note(kernel.Info, "area.edition.ended", nil, "level", im.level.Key, "edition", e.Key, "day", e.ValidTo, "next", o.Key)
		case o.ValidFrom < e.ValidFrom && o.ValidTo >= e.ValidFrom:
			last := dayBefore(e.ValidFrom)
			im.end = append(im.end, ending{o, last})
			im.fs.note(kernel.Ask, "area.edition.shorten", nil, "level", im.level.Key, "edition", o.Key, "to", o.ValidTo, "day", last)
		case o.ValidFrom == e.ValidFrom, o.ValidFrom > e.ValidFrom && o.ValidFrom <= e.ValidTo:
			im.fs.note(kernel.RefuseFile, "area.edition.overlap", nil, "level", im.level.Key, "edition", o.Key, "from", o.ValidFrom, "to", o.ValidTo)
		}
	}
	if p := im.parent; p.ID != "" && !p.ValidAt(e.ValidFrom) {
		im.fs.note(kernel.Warn, "area.parent.not_valid", nil, "level", p.Level.Key, "edition", p.Key, "day", e.ValidFrom)
	}
}

// ending is an edition that the import closes.
type ending struct {
	edition Edition
	last    kernel.Date
}

func dayBefore(d kernel.Date) kernel.Date {
	return kernel.Date(d.Time().AddDate(0, 0, -1).Format("2006-01-02"))
}

// movedShare is how much the size of an area with figures may change before a person is asked: rounding and repairs stay far below it.
const movedShare = 0.01

// compare settles what an import over an existing edition adds, changes and removes. Areas keep their id by their key, so figures stay
// where they were; what carries figures can neither vanish nor change its shape unasked, for old figures would silently mean another place.
func (im *importing) compare(old []Area, uses Uses) {
	byKey := make(map[string]Area, len(old))
	for _, x := range old {
		byKey[x.Key] = x
	}
	for _, d := range im.list {
		o, ok := byKey[d.key]
		if !ok {
			d.area.ID = kernel.NewID()
			im.add = append(im.add, d.area)
			continue
		}
		delete(byKey, d.key)
		d.area.ID = o.ID
		im.change = append(im.change, d.area)
		if uses.Figures[o.ID] && math.Abs(d.area.AreaM2-o.AreaM2) > movedShare*o.AreaM2 {
			im.fs.note(kernel.Ask, "area.again.moved", d, "before", o.AreaM2, "after", d.area.AreaM2)
		}
	}
	for _, x := range old {
		if _, gone := byKey[x.Key]; !gone {
			continue
		}
		f := kernel.Finding{Outcome: kernel.RefuseFile, Key: x.Key, Params: kernel.Params("name", x.Name)}
		switch {
		case uses.Figures[x.ID]:
			f.Code = "area.again.has_figures"
		case uses.Below[x.ID]:
			f.Code = "area.again.is_parent"
		default:
			f.Code, f.Outcome = "area.again.removed", kernel.Warn
			im.remove = append(im.remove, x.ID)
		}
		im.fs.add(f)
	}
}
