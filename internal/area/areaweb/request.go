// SPDX-License-Identifier: EUPL-1.2

package areaweb

import (
	"io"
	"net/url"
	"strconv"
	"strings"

	"github.com/kupferfaden/kupferfaden/internal/area"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// ways by which the form says how an area finds its parent.
const (
	wayNone     = "none"
	wayField    = "field"
	wayPrefix   = "prefix"
	wayGeometry = "geometry"
)

// ownLevel stands in the select for a level the town names itself.
const ownLevel = "+"

// request makes an import of what was filled in.
func request(v url.Values, name string, data io.ReaderAt, size int64) area.ImportRequest {
	text := func(k string) string { return strings.TrimSpace(v.Get(k)) }
	number := func(k string) int {
		if text(k) == "" {
			return 0
		}
		n, err := strconv.Atoi(text(k))
		if err != nil {
			return -1 // refused by the field's own check
		}
		return n
	}
	q := area.ImportRequest{
		Level: text("level"), Edition: text("edition"), ValidFrom: kernel.Date(text("valid_from")), ValidTo: kernel.Date(text("valid_to")),
		KeyField: v.Get("key_field"), KeyPattern: text("key_pattern"), KeyWidth: number("key_width"), NameField: v.Get("name_field"),
		NamePattern: text("name_pattern"), CRS: max(0, number("crs")), SwapAxes: v.Get("swap_axes") == "1", Encoding: text("encoding"), Layer: v.Get("layer"),
		FileName: name, Data: data, Size: size, Accept: v["accept"],
	}
	if q.Level == ownLevel {
		q.Level, q.Rank = text("level_key"), max(0, number("level_rank"))
		if n := text("level_name"); n != "" {
			q.LevelName = kernel.Text{"de": n}
		}
	}
	switch way := v.Get("parent_way"); way {
	case wayField, wayPrefix, wayGeometry:
		q.ParentLevel = text("parent_level")
		level, edition, ok := strings.Cut(q.ParentLevel, "/")
		if ok {
			q.ParentLevel, q.ParentEdition = level, edition
		}
		switch way {
		case wayField:
			q.ParentField = v.Get("parent_field")
		case wayPrefix:
			q.ParentPrefix = number("parent_prefix")
		default:
			q.ParentByGeometry = true
		}
	}
	if f, value := v.Get("only_field"), text("only_value"); f != "" {
		q.Only = map[string]string{f: value}
	}
	for _, x := range v["rekey"] {
		if from, to, ok := strings.Cut(x, "="); ok {
			if q.Rekey == nil {
				q.Rekey = map[string]string{}
			}
			q.Rekey[from] = strings.TrimSpace(to)
		}
	}
	return q
}

// draftOf is the form that made an edition, without what belongs to the edition itself, to fill it in again for a corrected file.
func draftOf(q area.ImportRequest) url.Values {
	v := url.Values{}
	set := func(k, s string) {
		if s != "" && s != "0" {
			v.Set(k, s)
		}
	}
	set("key_field", q.KeyField)
	set("key_pattern", q.KeyPattern)
	set("key_width", strconv.Itoa(q.KeyWidth))
	set("name_field", q.NameField)
	set("name_pattern", q.NamePattern)
	set("crs", strconv.Itoa(q.CRS))
	set("encoding", q.Encoding)
	set("layer", q.Layer)
	if q.SwapAxes {
		v.Set("swap_axes", "1")
	}
	for f, value := range q.Only {
		set("only_field", f)
		set("only_value", value)
	}
	v.Set("parent_way", wayNone)
	if q.ParentLevel != "" {
		level := q.ParentLevel
		if q.ParentEdition != "" {
			level += "/" + q.ParentEdition
		}
		v.Set("parent_level", level)
		switch {
		case q.ParentByGeometry:
			v.Set("parent_way", wayGeometry)
		case q.ParentPrefix > 0:
			v.Set("parent_way", wayPrefix)
			v.Set("parent_prefix", strconv.Itoa(q.ParentPrefix))
		default:
			v.Set("parent_way", wayField)
			v.Set("parent_field", q.ParentField)
		}
	}
	return v
}
