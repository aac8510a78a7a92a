// SPDX-License-Identifier: EUPL-1.2

package area

import (
	"encoding/json"
	"io"
	"regexp"
	"slices"

	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// ImportRequest says which file becomes which edition, what its columns mean, and what a person has answered to the questions of an earlier try.
type ImportRequest struct {
	Level     string      `json:"level"`               // key; unknown levels are made
	LevelName kernel.Text `json:"level_name,omitzero"` // the town's word, for a new level
	Rank      int         `json:"rank,omitzero"`       // for a new level; 0: from the table of known levels or from the parent level
	Edition   string      `json:"edition"`
	ValidFrom kernel.Date `json:"valid_from"`
	ValidTo   kernel.Date `json:"valid_to,omitzero"` // empty: until further notice

	KeyField    string            `json:"key_field"`
	KeyPattern  string            `json:"key_pattern,omitzero"` // regular expression; its first group, or its match, is the key ("01 Altstadt" by ^(\d\d))
	KeyWidth    int               `json:"key_width,omitzero"`   // pads keys that lost leading zeros
	NameField   string            `json:"name_field,omitzero"`  // empty: the key serves as name
	NamePattern string            `json:"name_pattern,omitzero"`
	Only        map[string]string `json:"only,omitzero"` // takes only features whose property has the value, for files with several levels

	ParentLevel      string `json:"parent_level,omitzero"`
	ParentEdition    string `json:"parent_edition,omitzero"` // empty: the edition with the same key, else the one valid at ValidFrom
	ParentField      string `json:"parent_field,omitzero"`   // property with the parent's key
	ParentPrefix     int    `json:"parent_prefix,omitzero"`  // so many characters of the key are the parent's key
	ParentByGeometry bool   `json:"parent_by_geometry,omitzero"`

	CRS      int    `json:"crs,omitzero"` // EPSG code; 0 takes the file's word
	SwapAxes bool   `json:"swap_axes,omitzero"`
	Encoding string `json:"encoding,omitzero"` // of dBASE texts; empty takes the file's word
	Layer    string `json:"layer,omitzero"`    // of a GeoPackage, or the shapefile of an archive
	Grid     []byte `json:"-"`                 // BETA2007.gsb, for exact transformation from DHDN
	GridUsed bool   `json:"grid,omitzero"`     // set by Import

	FileName string      `json:"-"`
	Data     io.ReaderAt `json:"-"`
	Size     int64       `json:"-"`

	Accept []string          `json:"accept,omitzero"` // codes of questions answered with yes
	Rekey  map[string]string `json:"rekey,omitzero"`  // "06010102#2" → "04030417": the second feature with that key gets another
	DryRun bool              `json:"-"`
}

// Report says what an import found and did, or would do.
type Report struct {
	Edition   Edition
	Areas     int
	Added     int
	Changed   int
	Removed   int
	Unchanged bool // the edition is already what this import would make it
	DryRun    bool
	AreaM2    float64
	MapBytes  map[Detail]int // compressed
	Findings  []kernel.Finding
	Drawn     []Drawn // by key, of an import that was only tried; also of one that waits for answers
}

// Record is what is kept of the import that made an edition what it is.
type Record struct {
	Request       ImportRequest    `json:"request"`
	ParentVersion int              `json:"parent_version,omitzero"`
	Areas         int              `json:"areas"`
	Findings      []kernel.Finding `json:"findings"`
}

// settings is the part of a record on which the result depends besides the file.
func (r Record) settings() string {
	q := r.Request
	q.Accept = slices.Sorted(slices.Values(q.Accept))
	b, err := json.Marshal(struct {
		Request ImportRequest
		Parent  int
	}{q, r.ParentVersion})
	if err != nil {
		return ""
	}
	return string(b)
}

// validate checks the form of the answers and compiles the patterns.
func (q ImportRequest) validate() (key, name *regexp.Regexp, err error) {
	f := map[string]string{}
	if !levelKey.MatchString(q.Level) {
		f["level"] = "area.level.form"
	}
	if !editionKey.MatchString(q.Edition) {
		f["edition"] = "area.edition.form"
	}
	if q.ValidFrom == "" {
		f["valid_from"] = "area.valid_from.required"
	} else if _, err := kernel.ParseDate(string(q.ValidFrom)); err != nil {
		f["valid_from"] = "area.date.form"
	}
	if q.ValidTo != "" {
		if _, err := kernel.ParseDate(string(q.ValidTo)); err != nil {
			f["valid_to"] = "area.date.form"
		} else if q.ValidTo < q.ValidFrom {
			f["valid_to"] = "area.date.order"
		}
	}
	if q.KeyField == "" {
		f["key_field"] = "area.key_field.required"
	}
	if q.KeyWidth < 0 || q.KeyWidth > maxKey {
		f["key_width"] = "area.key_width.form"
	}
	if q.ParentPrefix < 0 || q.ParentPrefix > maxKey {
		f["parent_prefix"] = "area.parent_prefix.form"
	}
	ways := 0
	for _, set := range []bool{q.ParentField != "", q.ParentPrefix > 0, q.ParentByGeometry} {
		if set {
			ways++
		}
	}
	switch {
	case ways > 1:
		f["parent_level"] = "area.parent.several_ways"
	case q.ParentLevel == "" && (q.ParentPrefix > 0 || q.ParentByGeometry || q.ParentEdition != ""):
		f["parent_level"] = "area.parent_level.required"
	case q.ParentLevel != "" && ways == 0:
		f["parent_level"] = "area.parent.way_required"
	case q.ParentLevel != "" && q.ParentLevel == q.Level:
		f["parent_level"] = "area.parent_level.same"
	}
	if key, err = compile(q.KeyPattern); err != nil {
		f["key_pattern"] = "area.pattern.form"
	}
	if name, err = compile(q.NamePattern); err != nil {
		f["name_pattern"] = "area.pattern.form"
	}
	if q.Data == nil || q.Size <= 0 {
		f["file"] = "area.file.empty"
	}
	if len(f) > 0 {
		return nil, nil, &kernel.Error{Kind: kernel.Invalid, Key: "area.import.form", Fields: f}
	}
	return key, name, nil
}

func compile(pattern string) (*regexp.Regexp, error) {
	if pattern == "" {
		return nil, nil //nolint:nilnil // no pattern is an answer, not a failure
	}
	return regexp.Compile(pattern)
}

// cut returns the first group of the pattern in s, or its match; ok is false where it does not match.
func cut(p *regexp.Regexp, s string) (string, bool) {
	if p == nil {
		return s, true
	}
	m := p.FindStringSubmatch(s)
	switch len(m) {
	case 0:
		return "", false
	case 1:
		return m[0], true
	}
	return m[1], true
}
