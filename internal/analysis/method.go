// SPDX-License-Identifier: EUPL-1.2

// Package analysis computes social indices (Analyse): a method is data, a run is pinned to the figures and the method version it read and can be
// repeated to the last digit.
//
// Runs compute on unsuppressed figures behind the gate; what leaves is a Result cleared for an audience: classes, and index values where they do
// not lead back to a figure the audience may not see (domain.md 4.4).
package analysis

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"path"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// Status says how far a method is proven.
type Status string

const (
	// Verified against the publisher's printed results.
	Verified Status = "verified"
	// Unverified: built from a description, results never compared.
	Unverified Status = "unverified"
	// Own method of the town.
	Own Status = "own"
)

// Method is an index method as data; field names are those of its YAML form (domain.md 4.4).
type Method struct {
	ID                  string            `yaml:"id"`
	Title               Title             `yaml:"title"`
	Version             int               `yaml:"version,omitempty"`
	SourceURL           string            `yaml:"source_url,omitempty"`
	Status              Status            `yaml:"status,omitempty"`
	Note                Title             `yaml:"note,omitempty"`
	Indicators          []MethodIndicator `yaml:"indicators"`
	PopulationIndicator string            `yaml:"population_indicator,omitempty"`
	Reference           string            `yaml:"reference,omitempty"`
	SD                  string            `yaml:"sd,omitempty"`
	Standardise         string            `yaml:"standardise,omitempty"`
	Aggregate           string            `yaml:"aggregate,omitempty"`
	Restandardise       bool              `yaml:"restandardise,omitempty"`
	Scale               float64           `yaml:"scale,omitempty"` // factor of the index; 100 turns min-max into 0..100
	LagYears            int               `yaml:"lag_years,omitempty"`
	RebasingRequired    bool              `yaml:"rebasing_required,omitempty"`
	MinPopulation       float64           `yaml:"min_population,omitempty"`
	MinPopScope         string            `yaml:"min_pop_scope,omitempty"`
	Exclusions          []Exclusion       `yaml:"exclusions,omitempty"`
	MissingPolicy       string            `yaml:"missing_policy,omitempty"`
	StatusThresholds    []float64         `yaml:"status_thresholds,omitempty"`
	DynamicThresholds   []float64         `yaml:"dynamic_thresholds,omitempty"`
	Labels              []Title           `yaml:"labels,omitempty"`
	AttentionRule       Groups            `yaml:"attention_rule,omitempty"`
	Rounding            int               `yaml:"rounding,omitempty"` // digits shown; nothing is rounded before comparison
	ConfidentialityStep string            `yaml:"confidentiality_stage,omitempty"`
	AuditHash           string            `yaml:"audit_hash,omitempty"`
}

// MethodIndicator is one input of a method.
type MethodIndicator struct {
	Key       string  `yaml:"key"`
	Weight    float64 `yaml:"weight,omitempty"`
	Direction Sign    `yaml:"direction,omitempty"` // empty: as the catalogue says
	Transform string  `yaml:"transform,omitempty"`
}

// Exclusion names an area that is not assessed, and why.
type Exclusion struct {
	Area      string `yaml:"area" json:"area"`
	Reason    string `yaml:"reason,omitempty" json:"reason,omitempty"`
	DecidedBy string `yaml:"decided_by,omitempty" json:"decided_by,omitempty"`
	Date      string `yaml:"date,omitempty" json:"date,omitempty"`
}

// Title is a text in one or several languages; YAML may give a plain string.
type Title kernel.Text

// UnmarshalYAML reads a string (taken as German) or a map by language.
func (t *Title) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind == yaml.ScalarNode {
		*t = Title{"de": n.Value}
		return nil
	}
	m := map[string]string{}
	if err := n.Decode(&m); err != nil {
		return err
	}
	*t = m
	return nil
}

// Text in the kernel's form.
func (t Title) Text() kernel.Text { return kernel.Text(t) }

// Sign is a direction: 1 high is burden, -1 high is relief, 0 not given.
type Sign int

// UnmarshalYAML reads 1, -1, "+", "-", "burden" or "relief".
func (s *Sign) UnmarshalYAML(n *yaml.Node) error {
	switch strings.TrimSpace(n.Value) {
	case "1", "+1", "+", "burden":
		*s = 1
	case "-1", "-", "−", "relief":
		*s = -1
	default:
		return fmt.Errorf("line %d: direction %q: give + (high is burden) or - (high is relief)", n.Line, n.Value)
	}
	return nil
}

// Groups are patterns of status and dynamics: "4" (any dynamics), "3-", "3+/-".
type Groups []string

var groupPattern = regexp.MustCompile(`^[1-9](\+|\+/-|-)?$`)

// UnmarshalYAML reads a list or a comma-separated text.
func (g *Groups) UnmarshalYAML(n *yaml.Node) error {
	var list []string
	if n.Kind == yaml.ScalarNode {
		list = strings.Split(n.Value, ",")
	} else if err := n.Decode(&list); err != nil {
		return err
	}
	for i := range list {
		list[i] = strings.ReplaceAll(strings.TrimSpace(list[i]), "−", "-")
		if !groupPattern.MatchString(list[i]) {
			return fmt.Errorf("line %d: attention_rule %q: give groups such as 4 or 3-", n.Line, list[i])
		}
	}
	*g = list
	return nil
}

// Match tells whether the rule holds for a status class and a dynamic class ("", "+", "+/-", "-").
func (g Groups) Match(class int, dynamic string) bool {
	for _, p := range g {
		if p == fmt.Sprint(class) || p == fmt.Sprint(class)+dynamic {
			return true
		}
	}
	return false
}

// ParseMethod reads and checks a method; unknown keys are refused with their line.
func ParseMethod(data []byte) (Method, error) {
	if len(data) > MaxMethod {
		return Method{}, kernel.E(kernel.Invalid, "method.too_large", "limit", int64(MaxMethod))
	}
	dec := yaml.NewDecoder(bytes.NewReader(data))
	dec.KnownFields(true)
	var m Method
	if err := dec.Decode(&m); err != nil {
		if errors.Is(err, io.EOF) {
			return Method{}, kernel.E(kernel.Invalid, "method.empty")
		}
		return Method{}, unreadable(err)
	}
	m.defaults()
	return m, m.Validate()
}

func (m *Method) defaults() {
	set := func(s *string, v string) {
		if *s == "" {
			*s = v
		}
	}
	set(&m.PopulationIndicator, "pop_total")
	set(&m.Reference, "mean_of_areas")
	set(&m.SD, "population")
	set(&m.Standardise, "z")
	set(&m.Aggregate, "sum")
	set(&m.MinPopScope, "any_date")
	set(&m.MissingPolicy, "exclude_area")
	if m.Status == "" {
		m.Status = Own
	}
	m.Indicators = slices.Clone(m.Indicators) // the caller's stay as they are
	for i := range m.Indicators {
		if m.Indicators[i].Weight == 0 {
			m.Indicators[i].Weight = 1
		}
		set(&m.Indicators[i].Transform, "none")
	}
}

// allowed words of the enumerated fields.
var allowed = map[string][]string{
	"reference":     {"mean_of_areas", "city_value", "weighted_mean"},
	"sd":            {"population", "sample", "weighted"},
	"standardise":   {"z", "minmax", "rank", "percentile_rank", "imd_exponential", "robust_mad"},
	"aggregate":     {"sum", "mean", "geometric", "harmonic"},
	"min_pop_scope": {"any_date", "last_date"},
	"status":        {string(Verified), string(Unverified), string(Own)},
	// Runs compute behind the gate on what was delivered; an index of suppressed figures would be another index for every audience.
	"confidentiality_stage": {"", "before"},
}

var idPattern = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,60}$`)

// Validate returns an Invalid error naming every field at fault.
func (m Method) Validate() error {
	f := m.tooMuch()
	if !idPattern.MatchString(m.ID) {
		f["id"] = "method.id.form"
	}
	if s, _ := m.Title.Text().In("de"); s == "" {
		f["title"] = "method.title.missing"
	}
	for field, value := range map[string]string{
		"reference": m.Reference, "sd": m.SD, "standardise": m.Standardise, "aggregate": m.Aggregate, "min_pop_scope": m.MinPopScope,
		"status": string(m.Status), "confidentiality_stage": m.ConfidentialityStep,
	} {
		if !slices.Contains(allowed[field], value) {
			f[field] = "method." + field + ".unknown"
		}
	}
	if len(m.Indicators) == 0 {
		f["indicators"] = "method.indicators.none"
	}
	seen := map[string]bool{}
	for _, i := range m.Indicators {
		switch {
		case i.Key == "":
			f["indicators"] = "method.indicators.key"
		case seen[i.Key]:
			f["indicators"] = "method.indicators.twice"
		case !(i.Weight > 0) || i.Weight > 1e6:
			f["indicators"] = "method.indicators.weight"
		}
		seen[i.Key] = true
	}
	if !ascending(m.StatusThresholds) || len(m.StatusThresholds) > 8 {
		f["status_thresholds"] = "method.thresholds.order"
	}
	if n := len(m.DynamicThresholds); !ascending(m.DynamicThresholds) || n != 0 && n != 2 {
		f["dynamic_thresholds"] = "method.dynamic.two"
	}
	if m.Scale < 0 {
		f["scale"] = "method.scale.form"
	}
	if m.LagYears < 0 || m.LagYears > 50 {
		f["lag_years"] = "method.lag.range"
	}
	if n := len(m.Labels); n != 0 && n != len(m.StatusThresholds)+1 {
		f["labels"] = "method.labels.count"
	}
	if !(m.MinPopulation >= 0) || math.IsInf(m.MinPopulation, 1) {
		f["min_population"] = "method.population.range"
	}
	if len(f) == 0 {
		if _, err := m.numeric(); err != nil {
			return &kernel.Error{Kind: kernel.Invalid, Key: "method.numeric", Params: kernel.Params("method", m.ID), Err: err}
		}
		return nil
	}
	return &kernel.Error{Kind: kernel.Invalid, Key: "method.invalid", Params: kernel.Params("method", m.ID), Fields: f}
}

func ascending(v []float64) bool {
	for i := 1; i < len(v); i++ {
		if !(v[i-1] < v[i]) {
			return false
		}
	}
	return true
}

// YAML is the canonical form that is stored and hashed.
func (m Method) YAML() string {
	var b bytes.Buffer
	enc := yaml.NewEncoder(&b)
	enc.SetIndent(2)
	if err := enc.Encode(m); err != nil {
		panic("analysis: method does not encode: " + err.Error())
	}
	return b.String()
}

// Hash is the SHA-256 of the canonical form without version and audit hash: equal content, equal hash.
func (m Method) Hash() string {
	m.Version, m.AuditHash = 0, ""
	sum := sha256.Sum256([]byte(m.YAML()))
	return hex.EncodeToString(sum[:])
}

//go:embed presets/*.yaml
var presetFiles embed.FS

// Presets are the methods that come with the program, sorted by id.
func Presets() []Method {
	names, err := fs.Glob(presetFiles, "presets/*.yaml")
	if err != nil {
		panic(err)
	}
	list := make([]Method, 0, len(names))
	for _, name := range names {
		data, err := presetFiles.ReadFile(name)
		if err != nil {
			panic(err)
		}
		m, err := ParseMethod(data)
		if err != nil || m.ID+".yaml" != path.Base(name) {
			panic(fmt.Sprintf("analysis: preset %s: %v", name, err))
		}
		list = append(list, m)
	}
	return list
}

// Preset finds a shipped method by id.
func Preset(id string) (Method, bool) {
	for _, m := range Presets() {
		if m.ID == id {
			return m, true
		}
	}
	return Method{}, false
}
