// SPDX-License-Identifier: EUPL-1.2

package area

import (
	"context"
	"io"
	"regexp"
	"slices"
	"strings"

	"github.com/peterstace/simplefeatures/geom"

	"github.com/kupferfaden/kupferfaden/geo"
	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// Contents is what a file of areas holds, before anybody has said what its columns mean.
type Contents struct {
	Features int
	CRS      int    // EPSG code; 0 where the file does not say it in a way we know
	CRSText  string // what it says, word for word
	Layer    string
	Fields   []FieldSample
	// Key, Name and Parent are the fields that look like key, name and parent's key; empty where none does.
	Key, Name, Parent string
	Findings          []kernel.Finding
}

// FieldSample shows a column of the file.
type FieldSample struct {
	Name     string
	Examples []string // up to three different values
	Distinct int
	Filled   int
}

// Drawn is an area of an import that was only tried, for a map of the result.
type Drawn struct {
	Key, Name string
	Outline   geom.Geometry // in degrees
}

// Inspect reads a file of areas and shows its columns, so that a person can say which is what. Only Data, Size, FileName, CRS, SwapAxes, Layer,
// Encoding and Accept of q are looked at. A file that cannot be read gives its findings and no error.
func (s *Service) Inspect(ctx context.Context, a access.Actor, q ImportRequest) (Contents, error) {
	if err := access.CheckTenant(a, access.ImportAreas); err != nil {
		return Contents{}, err
	}
	im := &importing{s: s, tenant: a.Tenant, q: q, fs: newFindings(q.FileName, q.Accept)}
	l, err := im.read(ctx)
	c := Contents{Features: len(l.Features), CRS: l.CRS, CRSText: l.CRSText, Layer: l.Name, Findings: im.fs.all()}
	if err != nil && kernel.KindOf(err) != kernel.Invalid {
		return c, err
	}
	for _, name := range l.Fields {
		c.Fields = append(c.Fields, sample(l, name))
	}
	c.guess(len(l.Features))
	return c, nil
}

func sample(l geo.Layer, name string) FieldSample {
	f := FieldSample{Name: name}
	seen := map[string]bool{}
	for _, x := range l.Features {
		v := strings.TrimSpace(x.Properties.Text(name))
		if v == "" {
			continue
		}
		f.Filled++
		if seen[v] {
			continue
		}
		seen[v] = true
		if len(f.Examples) < 3 {
			f.Examples = append(f.Examples, v)
		}
	}
	f.Distinct = len(seen)
	return f
}

var (
	keyWord    = regexp.MustCompile(`(?i)(schl(ü|ue)ssel|^key$|_id$|^id$|kennz|nummer|_nr$|^nr$|^plr|^bzr|^pgr|^ags$|^rs$|gml_id|code)`)
	nameWord   = regexp.MustCompile(`(?i)(nam|bezeichn|^bez$|^gen$|^ortsteil$|^stadtteil$|title)`)
	parentWord = regexp.MustCompile(`(?i)(parent|^bez$|bezirk|^gehoert|übergeordnet|uebergeordnet|district|_von$|land_|gemeinde)`)
	digits4    = regexp.MustCompile(`^\d{2,}$`)
	withDigits = regexp.MustCompile(`\d`)
)

// guess proposes the columns by their names and values: a key is different in every area, a parent's key is shared by several.
func (c *Contents) guess(features int) {
	best := func(score func(f FieldSample) int) string {
		name, most := "", 0
		for _, f := range c.Fields {
			if n := score(f); n > most {
				name, most = f.Name, n
			}
		}
		return name
	}
	numbers := func(f FieldSample) bool {
		return len(f.Examples) > 0 && !slices.ContainsFunc(f.Examples, func(s string) bool { return !digits4.MatchString(s) })
	}
	unique := func(f FieldSample) bool { return f.Filled == features && f.Distinct*100 >= features*98 }
	c.Key = best(func(f FieldSample) int {
		if !unique(f) {
			return 0
		}
		n := 1
		if keyWord.MatchString(f.Name) {
			n += 4
		}
		if numbers(f) {
			n += 3
		}
		if nameWord.MatchString(f.Name) {
			n--
		}
		return n
	})
	c.Name = best(func(f FieldSample) int {
		if f.Name == c.Key || numbers(f) || f.Filled == 0 {
			return 0
		}
		n := 0
		if nameWord.MatchString(f.Name) {
			n += 2
		}
		if f.Distinct*10 > features*8 {
			n += 3
		}
		if slices.ContainsFunc(f.Examples, func(s string) bool { return withDigits.MatchString(s) }) {
			n -= 3
		}
		return n
	})
	c.Parent = best(func(f FieldSample) int {
		if f.Name == c.Key || f.Name == c.Name || f.Distinct < 2 || f.Distinct*2 > features || !parentWord.MatchString(f.Name) {
			return 0
		}
		n := 1
		if numbers(f) {
			n += 2
		}
		return n
	})
}

// drawn is the areas as far as the import came with them; nothing while their place on earth is not known.
func (im *importing) drawn() []Drawn {
	if !im.q.DryRun || !im.inDegrees {
		return nil
	}
	list := make([]Drawn, len(im.list))
	for i, d := range im.list {
		list[i] = Drawn{Key: d.key, Name: d.name, Outline: d.outline}
	}
	return list
}

// file is the whole of the imported file.
func (im *importing) file() *io.SectionReader { return io.NewSectionReader(im.q.Data, 0, im.q.Size) }
