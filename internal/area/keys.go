// SPDX-License-Identifier: EUPL-1.2

package area

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/peterstace/simplefeatures/geom"

	"github.com/kupferfaden/kupferfaden/geo"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// maxKey and maxName bound what addresses and tables must hold.
const (
	maxKey  = 64
	maxName = 300
)

// draft is an area on its way from the file to the store.
type draft struct {
	feature int // index in the file
	row     int // line of the file, or number of the feature where the format has no lines
	key     string
	name    string
	parent  string        // key of the parent as the file has it
	outline geom.Geometry // in degrees once im.degrees is done
	number  bool          // the key stood in the file as a number

	area Area
}

// field finds a property by its name, exactly or else without regard to case (dBASE writes capitals).
func field(fields []string, name string) (string, bool) {
	if slices.Contains(fields, name) {
		return name, true
	}
	found := ""
	for _, f := range fields {
		if strings.EqualFold(f, name) {
			if found != "" {
				return "", false
			}
			found = f
		}
	}
	return found, found != ""
}

// drafts reads keys, names and parents' keys from the layer; it reports whether every named field exists.
func (im *importing) drafts(l geo.Layer, keyPart, namePart *regexp.Regexp) bool {
	q := &im.q
	missing := false
	find := func(name, what string) string {
		if name == "" {
			return ""
		}
		f, ok := field(l.Fields, name)
		if !ok {
			missing = true
			im.fs.note(kernel.RefuseFile, "area.field.missing", nil, "field", name, "use", what, "fields", l.Fields)
		}
		return f
	}
	keyField, nameField, parentField := find(q.KeyField, "key"), find(q.NameField, "name"), find(q.ParentField, "parent")
	only := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(q.Only)) {
		only[find(name, "only")] = q.Only[name]
	}
	if missing {
		return false
	}
	if nameField == "" {
		im.fs.note(kernel.Info, "area.name.none", nil)
	}
	left := 0
	for _, f := range l.Features {
		out := false
		for name, value := range only {
			out = out || strings.TrimSpace(f.Properties.Text(name)) != value
		}
		if out {
			left++
			continue
		}
		d := &draft{feature: f.Index, row: f.Line, outline: f.Geometry}
		if d.row == 0 {
			d.row = f.Index + 1
		}
		im.draft(d, f.Properties, keyField, nameField, parentField, keyPart, namePart)
	}
	if left > 0 {
		im.fs.note(kernel.Info, "area.only.left_out", nil, "n", left)
	}
	if len(im.list) == 0 && !im.fs.has(kernel.Ask) {
		im.fs.note(kernel.RefuseFile, "area.file.no_areas", nil)
	}
	return true
}

func (im *importing) draft(d *draft, p geo.Properties, keyField, nameField, parentField string, keyPart, namePart *regexp.Regexp) {
	v, _ := p.Get(keyField)
	raw := keyText(v)
	d.number = v.Kind == geo.Number
	name := clean(p.Text(nameField))
	key, ok := cut(keyPart, raw)
	switch key = cleanKey(key); {
	case raw == "" || key == "" && keyPart == nil:
		im.fs.note(kernel.Ask, "area.key.missing", d, "field", keyField, "name", name, "feature", d.feature+1)
		return
	case !ok || key == "":
		im.fs.note(kernel.Ask, "area.key.pattern", d, "value", raw, "pattern", im.q.KeyPattern)
		return
	case len([]rune(key)) > maxKey:
		im.fs.note(kernel.RefuseRow, "area.key.long", d, "value", string([]rune(key)[:maxKey])+"…", "limit", maxKey)
		return
	}
	d.key = key
	if hidden(raw) || hidden(p.Text(nameField)) {
		im.fs.note(kernel.Warn, "area.text.cleaned", d, "name", name)
	}
	if name != "" {
		if cutName, ok := cut(namePart, name); ok && clean(cutName) != "" {
			name = clean(cutName)
		} else {
			im.fs.note(kernel.Warn, "area.name.pattern", d, "value", name, "pattern", im.q.NamePattern)
		}
	} else if nameField != "" {
		im.fs.note(kernel.Warn, "area.name.missing", d, "field", nameField)
	}
	if name == "" {
		name = key
	}
	if r := []rune(name); len(r) > maxName {
		im.fs.note(kernel.Warn, "area.name.long", d, "limit", maxName)
		name = shorten(r, maxName)
	}
	d.name = name
	if parentField != "" {
		v, _ := p.Get(parentField)
		d.parent = cleanKey(keyText(v))
	}
	im.list = append(im.list, d)
}

// keyText is the text of a key. Tables without a type for whole numbers write 1100101 as 1100101.0, which no office means.
func keyText(v geo.Value) string {
	if v.Kind == geo.Null || v.Kind == geo.Missing {
		return ""
	}
	if v.Kind == geo.Number {
		if whole, zeros, ok := strings.Cut(v.Text, "."); ok && strings.Trim(zeros, "0") == "" {
			return whole
		}
	}
	return v.Text
}

// keys makes the drafts' keys unique: by the width given, by the new keys given, by joining parts where a person said that they belong together.
func (im *importing) keys() {
	im.zeros()
	im.rekey()
	im.duplicates()
	im.names()
}

// zeros pads keys to the width given, or asks when leading zeros seem to be lost.
func (im *importing) zeros() {
	if w := im.q.KeyWidth; w > 0 {
		n := 0
		for _, d := range im.list {
			if pad := w - len([]rune(d.key)); pad > 0 {
				d.key = strings.Repeat("0", pad) + d.key
				n++
			} else if pad < 0 {
				im.fs.note(kernel.Warn, "area.key.wide", d, "width", w)
			}
		}
		if n > 0 {
			im.fs.note(kernel.Warn, "area.key.padded", nil, "n", n, "width", w)
		}
		return
	}
	if width, short, example := lostZeros(im.list); short > 0 {
		im.fs.note(kernel.Ask, "area.key.zeros", nil, "n", short, "width", width, "key", example)
	}
}

// lostZeros tells the width of keys of which some seem to have lost a leading zero: all are digits, none begins with zero, and there are just
// two lengths that differ by one. Below four digits such lists are usually plain numbering (9, 10, 11). A program that takes keys for
// numbers does this to Berlin's 01011101.
func lostZeros(ds []*draft) (width, short int, example string) {
	lengths := map[int]int{}
	for _, d := range ds {
		if d.key[0] == '0' || strings.Trim(d.key, "0123456789") != "" {
			return 0, 0, ""
		}
		lengths[len(d.key)]++
		width = max(width, len(d.key))
	}
	if len(lengths) != 2 || lengths[width-1] == 0 || width < 4 {
		return 0, 0, ""
	}
	for _, d := range ds {
		if len(d.key) < width {
			return width, lengths[width-1], d.key
		}
	}
	return 0, 0, ""
}

// rekey gives features other keys as the person said; an answer that fits nothing is refused, for it would hide a mistake.
func (im *importing) rekey() {
	seen := map[string]int{}
	used := map[string]bool{}
	for _, d := range im.list {
		old := d.key
		seen[old]++
		which := fmt.Sprintf("%s#%d", old, seen[old])
		if to, ok := im.q.Rekey[which]; ok {
			used[which] = true
			d.key = cleanKey(to)
			im.fs.note(kernel.Warn, "area.key.changed", d, "from", old, "to", d.key, "name", d.name)
		}
	}
	for _, which := range slices.Sorted(maps.Keys(im.q.Rekey)) {
		switch to := cleanKey(im.q.Rekey[which]); {
		case !used[which]:
			im.fs.note(kernel.RefuseFile, "area.rekey.unknown", nil, "rekey", which)
		case to == "" || len([]rune(to)) > maxKey:
			im.fs.note(kernel.RefuseFile, "area.rekey.form", nil, "rekey", which)
		}
	}
}

// duplicates asks for each key that stands at several features; once accepted they are parts of one area.
func (im *importing) duplicates() {
	const code = "area.key.duplicate"
	first := map[string]*draft{}
	count := map[string]int{}
	var kept []*draft
	for _, d := range im.list {
		f := first[d.key]
		if f == nil {
			first[d.key], count[d.key] = d, 1
			kept = append(kept, d)
			continue
		}
		count[d.key]++
		im.fs.note(kernel.Ask, code, d, "key", d.key, "n", count[d.key], "name", d.name, "first_row", f.row, "first_name", f.name)
		if im.fs.accepted[code] {
			f.outline = joinParts(f.outline, d.outline)
		}
	}
	im.list = kept
	slices.SortFunc(im.list, func(x, y *draft) int { return strings.Compare(x.key, y.key) })
}

// names warns of names that several areas bear; names are not keys, but a list that shows names only would confuse the two.
func (im *importing) names() {
	by := map[string][]string{}
	for _, d := range im.list {
		by[d.name] = append(by[d.name], d.key)
	}
	for _, name := range slices.Sorted(maps.Keys(by)) {
		if keys := by[name]; len(keys) > 1 {
			im.fs.add(kernel.Finding{Code: "area.name.duplicate", Outcome: kernel.Warn, Key: keys[1], Params: kernel.Params("name", name, "n", len(keys), "keys", keys)})
		}
	}
}
