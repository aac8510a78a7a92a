// SPDX-License-Identifier: EUPL-1.2

package contribution

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/participation"
)

// mappingFile is a mapping as a person writes it: a column, or a list of columns, for each field.
type mappingFile struct {
	Name     string             `yaml:"name"`
	Channel  Channel            `yaml:"channel"`
	Lang     string             `yaml:"lang"`
	EachText bool               `yaml:"each_text"`
	Columns  map[string]columns `yaml:"columns"`
}

type columns []string

// UnmarshalYAML takes one name as a list of one.
func (c *columns) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind == yaml.ScalarNode {
		*c = columns{n.Value}
		return nil
	}
	return n.Decode((*[]string)(c))
}

// ParseMapping reads a mapping from a YAML file:
//
//	name: Postkarten
//	lang: de
//	columns:
//	  title: Betreff
//	  text: [Was fehlt?, Was stört?]
func ParseMapping(b []byte) (Mapping, error) {
	bad := func(detail string) (Mapping, error) {
		return Mapping{}, kernel.E(kernel.Invalid, "contribution.import.yaml", "detail", detail)
	}
	var f mappingFile
	d := yaml.NewDecoder(bytes.NewReader(b))
	d.KnownFields(true)
	if err := d.Decode(&f); err != nil && !errors.Is(err, io.EOF) {
		return bad(strings.TrimPrefix(err.Error(), "yaml: "))
	}
	if len(f.Columns) == 0 {
		return bad("columns")
	}
	m := Mapping{Name: f.Name, Channel: f.Channel, Lang: f.Lang, EachText: f.EachText, Columns: map[string][]string{}}
	for field, names := range f.Columns {
		if !slices.Contains(Fields(), field) {
			return bad("columns: " + field)
		}
		m.Columns[field] = names
	}
	return m, nil
}

// NamedMapping gives the mapping of a name for a file: one that was remembered, or the one of a known export; with an empty name the one that is
// proposed for the file.
func (s *Service) NamedMapping(ctx context.Context, by access.Actor, sha, file, name string) (Mapping, error) {
	c, err := s.Inspect(ctx, by, sha, file)
	if err != nil || name == "" || c.Mapping.Name == name {
		return c.Mapping, err
	}
	kept, err := s.Store.Mappings(ctx, by.Tenant)
	if err != nil {
		return Mapping{}, err
	}
	if i := slices.IndexFunc(kept, func(m Mapping) bool { return m.Name == name }); i >= 0 {
		return kept[i], nil
	}
	return Mapping{}, kernel.E(kernel.NotFound, "contribution.import.unknown", "name", name)
}

// Home gives the module of a process that takes contributions where none is named: the first of its kind.
func (s *Service) Home(ctx context.Context, tenant kernel.ID, process string) (module string, err error) {
	p, _, err := s.Process(ctx, tenant, process, "")
	if err != nil {
		return "", err
	}
	takes := []participation.ModuleKind{participation.IdeasModule, participation.MapModule, participation.QuestionModule}
	if i := slices.IndexFunc(p.Modules, func(m participation.Module) bool { return slices.Contains(takes, m.Kind) }); i >= 0 {
		return p.Modules[i].Key, nil
	}
	return "", nil
}
