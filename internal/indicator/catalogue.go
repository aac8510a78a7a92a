// SPDX-License-Identifier: EUPL-1.2

package indicator

import (
	"bytes"
	"context"
	_ "embed"
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"sort"
	"strconv"
	"strings"
	"sync"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"go.yaml.in/yaml/v3"
)

//go:embed catalogue.yaml
var catalogueYAML []byte

type catalogueFile struct {
	Units      map[string]unit        `yaml:"units"`
	Offices    map[string]kernel.Text `yaml:"offices"`
	Fields     map[string]kernel.Text `yaml:"fields"`
	Indicators []struct {
		Key         string      `yaml:"key"`
		Field       string      `yaml:"field"`
		Name        kernel.Text `yaml:"name"`
		Numerator   kernel.Text `yaml:"numerator"`
		Denominator kernel.Text `yaml:"denominator"`
		Unit        string      `yaml:"unit"`
		Direction   int         `yaml:"direction"`
		Office      string      `yaml:"office"`
		Class       string      `yaml:"class"`
		Aggregation Aggregation `yaml:"aggregation"`
		Signed      bool        `yaml:"signed"`
		Note        kernel.Text `yaml:"note"`
		Parts       [][]string  `yaml:"parts"`
	} `yaml:"indicators"`
}

type unit struct {
	Factor float64     `yaml:"factor"`
	Name   kernel.Text `yaml:"name"`
}

var shipped = sync.OnceValue(func() catalogueFile {
	var f catalogueFile
	d := yaml.NewDecoder(bytes.NewReader(catalogueYAML))
	d.KnownFields(true)
	if err := d.Decode(&f); err != nil {
		panic("indicator: embedded catalogue: " + err.Error()) // cannot happen: the file is part of the program and read by a test
	}
	return f
})

// Shipped is the catalogue that comes with the program, without ids, valid for all time.
func Shipped() []Indicator {
	f := shipped()
	out := make([]Indicator, len(f.Indicators))
	position := map[string]int{}
	for i, r := range f.Indicators {
		position[r.Field]++
		v := Version{
			Version: 1, Name: r.Name, Numerator: r.Numerator, Denominator: r.Denominator, Unit: r.Unit, Factor: f.Units[r.Unit].Factor,
			Direction: Direction(r.Direction), Office: r.Office, Class: r.Class, Aggregation: r.Aggregation, Signed: r.Signed, Note: r.Note,
		}
		if v.Aggregation == "" {
			v.Aggregation = Ratio
			if len(v.Denominator) == 0 {
				v.Aggregation = Sum
			}
		}
		out[i] = Indicator{Key: r.Key, Field: r.Field, Position: position[r.Field], Versions: []Version{v}, Parts: r.Parts}
	}
	return out
}

// Units lists the units of the catalogue with the factor that turns numerator over denominator into them.
func Units() map[string]float64 {
	m := make(map[string]float64, len(shipped().Units))
	for u, f := range shipped().Units {
		m[u] = f.Factor
	}
	return m
}

// UnitName is what people call a unit; one the catalogue does not know is its own name.
func UnitName(u string) kernel.Text {
	if x, ok := shipped().Units[u]; ok {
		return x.Name
	}
	return kernel.T(u, u)
}

// OfficeNames are the names of the offices that deliver, of an entry like "BA+SozA"; one the catalogue does not know is its own name.
func OfficeNames(office string) []kernel.Text {
	var out []kernel.Text
	for _, o := range strings.Split(office, "+") {
		t, ok := shipped().Offices[o]
		if !ok {
			t = kernel.T(o, o)
		}
		out = append(out, t)
	}
	return out
}

// Offices lists the keys of the offices that deliver, sorted.
func Offices() []string { return slices.Sorted(maps.Keys(shipped().Offices)) }

// Fields lists the letters of the catalogue's fields.
func Fields() []string {
	var out []string
	for f := range shipped().Fields {
		out = append(out, f)
	}
	sort.Strings(out)
	return out
}

// FieldName is the name of a field of the catalogue; own fields are called by their letter.
func FieldName(field string) kernel.Text {
	if t, ok := shipped().Fields[field]; ok {
		return t
	}
	return kernel.T(field, field)
}

// EnsureCatalogue gives the tenant the shipped rows it does not have yet. What the town has added or changed stays as it is.
func (s *Service) EnsureCatalogue(ctx context.Context, tenant kernel.ID) error {
	return s.change(ctx, tenant, func(ctx context.Context) error {
		have, err := s.Store.Indicators(ctx, tenant)
		if err != nil {
			return fmt.Errorf("catalogue: %w", err)
		}
		known := make(map[string]bool, len(have))
		for _, i := range have {
			known[i.Key] = true
		}
		var missing []Indicator
		for _, i := range Shipped() {
			if !known[i.Key] {
				i.ID = kernel.NewID()
				missing = append(missing, i)
			}
		}
		if len(missing) == 0 {
			return nil
		}
		if err := s.Store.AddIndicators(ctx, tenant, missing, s.now()); err != nil {
			return err
		}
		return access.Record(ctx, s.Trail, access.CommandLine(tenant), access.Act{
			Do: access.EditCatalogue, What: "indicator.ship", Object: kernel.Ref{Kind: "tenant", ID: tenant}, Note: map[string]string{"n": strconv.Itoa(len(missing))},
		})
	})
}

// Catalogue lists every definition of the town, by field and position. Definitions are public.
func (s *Service) Catalogue(ctx context.Context, a access.Actor) ([]Indicator, error) {
	if err := access.CheckTenant(a, access.ReadPublic); err != nil {
		return nil, err
	}
	return s.Store.Indicators(ctx, a.Tenant)
}

// Indicator is one definition by its key.
func (s *Service) Indicator(ctx context.Context, a access.Actor, key string) (Indicator, error) {
	list, err := s.Catalogue(ctx, a)
	if err != nil {
		return Indicator{}, err
	}
	for _, i := range list {
		if i.Key == key {
			return i, nil
		}
	}
	code, kv := unknownKey("indicator.unknown", key, list)
	return Indicator{}, kernel.E(kernel.NotFound, code, kv...)
}

var keyForm = regexp.MustCompile(`^[a-z][a-z0-9_]{1,39}$`)

// Add gives the town an indicator of its own. It fails when the key is taken or the definition incomplete; i's id, position and version
// number are set here.
func (s *Service) Add(ctx context.Context, a access.Actor, i Indicator) (Indicator, error) {
	if err := access.CheckTenant(a, access.EditCatalogue); err != nil {
		return Indicator{}, err
	}
	i.ID, i.Own = kernel.NewID(), true
	fields := map[string]string{}
	if !keyForm.MatchString(i.Key) {
		fields["key"] = "indicator.key.form"
	}
	if i.Field = strings.TrimSpace(i.Field); i.Field == "" || len(i.Field) > 20 {
		fields["field"] = "indicator.field.required"
	}
	if len(i.Versions) != 1 {
		return Indicator{}, fmt.Errorf("indicator %s: %d versions where one is added", i.Key, len(i.Versions))
	}
	v := &i.Versions[0]
	v.Version = 1
	v.complete(fields)
	if len(fields) > 0 {
		return Indicator{}, &kernel.Error{Kind: kernel.Invalid, Key: "indicator.form", Fields: fields}
	}
	err := s.change(ctx, a.Tenant, func(ctx context.Context) error {
		have, err := s.Store.Indicators(ctx, a.Tenant)
		if err != nil {
			return err
		}
		i.Position = 1
		for _, h := range have {
			if h.Key == i.Key {
				return &kernel.Error{
					Kind: kernel.Conflict, Key: "indicator.key.taken", Params: kernel.Params("key", i.Key),
					Fields: map[string]string{"key": "indicator.key.taken"},
				}
			}
			if h.Field == i.Field {
				i.Position = max(i.Position, h.Position+1)
			}
		}
		if err := checkParts(i.Key, i.Parts, have); err != nil {
			return err
		}
		if err := s.Store.AddIndicators(ctx, a.Tenant, []Indicator{i}, s.now()); err != nil {
			return err
		}
		return s.record(ctx, a, "indicator.add", i, "")
	})
	return i, err
}

// complete fills what follows from the rest and names what is missing.
func (v *Version) complete(fields map[string]string) {
	if v.Name.String() == "" {
		fields["name"] = "indicator.name.required"
	}
	if v.Aggregation == "" {
		v.Aggregation = Ratio
		if len(v.Denominator) == 0 {
			v.Aggregation = Sum
		}
	}
	switch v.Aggregation {
	case Ratio:
		if v.Denominator.String() == "" {
			fields["denominator"] = "indicator.denominator.required"
		}
		fallthrough
	case Sum:
		if v.Numerator.String() == "" {
			fields["numerator"] = "indicator.numerator.required"
		}
	case NoAggregation:
	default:
		fields["aggregation"] = "indicator.aggregation.unknown"
	}
	if v.Unit = strings.TrimSpace(v.Unit); v.Unit == "" || len(v.Unit) > 20 {
		fields["unit"] = "indicator.unit.required"
	}
	if v.Factor == 0 {
		v.Factor = 1
		if f, ok := shipped().Units[v.Unit]; ok {
			v.Factor = f.Factor
		}
	}
	if !(v.Factor > 0) || math.IsInf(v.Factor, 0) {
		fields["factor"] = "indicator.factor.positive"
	}
	if v.Direction < Relief || v.Direction > Burden {
		fields["direction"] = "indicator.direction.unknown"
	}
	if v.Class == "" {
		v.Class = "S5" // when nobody has decided: counts below 5 are withheld
	}
	if !slices.Contains(Classes(), v.Class) {
		fields["class"] = "indicator.class.unknown"
	}
	if v.ValidFrom != "" {
		if _, err := kernel.ParseDate(string(v.ValidFrom)); err != nil {
			fields["valid_from"] = "date.form"
		}
	}
}

// NewVersion adds a version of a definition, valid for figures from v.ValidFrom on. Figures of older versions stay with theirs: a reason is
// required, because every series breaks there (reliability.md D16).
func (s *Service) NewVersion(ctx context.Context, a access.Actor, key string, v Version, reason string) (Indicator, error) {
	if err := access.CheckTenant(a, access.EditCatalogue); err != nil {
		return Indicator{}, err
	}
	fields := map[string]string{}
	if v.Reason = strings.TrimSpace(reason); v.Reason == "" {
		fields["reason"] = "indicator.reason.required"
	}
	if v.ValidFrom == "" {
		fields["valid_from"] = "indicator.valid_from.required"
	}
	v.complete(fields)
	if len(fields) > 0 {
		return Indicator{}, &kernel.Error{Kind: kernel.Invalid, Key: "indicator.form", Fields: fields}
	}
	var out Indicator
	err := s.change(ctx, a.Tenant, func(ctx context.Context) error {
		i, err := s.Indicator(ctx, a, key)
		if err != nil {
			return err
		}
		last := i.Current()
		if v.ValidFrom <= last.ValidFrom {
			return &kernel.Error{
				Kind: kernel.Invalid, Key: "indicator.form", Params: kernel.Params("date", last.ValidFrom),
				Fields: map[string]string{"valid_from": "indicator.valid_from.later"},
			}
		}
		v.Version = last.Version + 1
		i.Versions = append(i.Versions[:len(i.Versions):len(i.Versions)], v)
		out = i
		if err := s.Store.AddVersion(ctx, a.Tenant, i.ID, v, s.now()); err != nil {
			return err
		}
		return s.record(ctx, a, "indicator.version", i, v.Reason)
	})
	return out, err
}

// SetParts says which indicators' numerators add up to this one's, so that imports and checks can compare the sums.
func (s *Service) SetParts(ctx context.Context, a access.Actor, key string, parts [][]string) error {
	if err := access.CheckTenant(a, access.EditCatalogue); err != nil {
		return err
	}
	return s.change(ctx, a.Tenant, func(ctx context.Context) error {
		i, err := s.Indicator(ctx, a, key)
		if err != nil {
			return err
		}
		have, err := s.Store.Indicators(ctx, a.Tenant)
		if err != nil {
			return err
		}
		if err := checkParts(key, parts, have); err != nil {
			return err
		}
		if err := s.Store.SetParts(ctx, a.Tenant, i.ID, parts); err != nil {
			return err
		}
		return s.record(ctx, a, "indicator.parts", i, "")
	})
}

// record writes a change of the catalogue down.
func (s *Service) record(ctx context.Context, a access.Actor, what string, i Indicator, reason string) error {
	return access.Record(ctx, s.Trail, a, access.Act{
		Do: access.EditCatalogue, What: what, Object: kernel.Ref{Kind: "indicator", ID: i.ID}, Reason: reason,
		Note: map[string]string{"key": i.Key, "version": strconv.Itoa(i.Current().Version)},
	})
}

func checkParts(key string, parts [][]string, have []Indicator) error {
	for _, group := range parts {
		for _, p := range group {
			name, _ := partOf(p)
			if name == key || !slices.ContainsFunc(have, func(i Indicator) bool { return i.Key == name }) {
				code, kv := unknownKey("indicator.parts.unknown", name, have)
				return kernel.E(kernel.Invalid, code, kv...)
			}
		}
	}
	return nil
}

// partOf splits a member of Indicator.Parts.
func partOf(p string) (key string, part Part) {
	if k, ok := strings.CutSuffix(p, "/"+string(DenominatorPart)); ok {
		return k, DenominatorPart
	}
	return p, NumeratorPart
}

// Nearest proposes up to three keys of the catalogue that are spelt like key.
func Nearest(key string, list []Indicator) []string {
	type near struct {
		key string
		d   int
	}
	var found []near
	for _, i := range list {
		d := distance(key, i.Key)
		if strings.Contains(i.Key, key) || strings.Contains(key, i.Key) {
			d = min(d, 2)
		}
		if d <= max(2, len(key)/3) {
			found = append(found, near{i.Key, d})
		}
	}
	sort.SliceStable(found, func(a, b int) bool { return found[a].d < found[b].d })
	var out []string
	for _, f := range found[:min(3, len(found))] {
		out = append(out, f.key)
	}
	return out
}

// distance is Levenshtein's: the fewest letters to change, add or leave out.
func distance(a, b string) int {
	if len(a) > 64 || len(b) > 64 { // keys are shorter; do not work for the rest
		return 64
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
