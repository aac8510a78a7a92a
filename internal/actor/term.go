// SPDX-License-Identifier: EUPL-1.2

package actor

import (
	"bytes"
	_ "embed"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"

	"go.yaml.in/yaml/v3"

	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// Group is a list of terms; the catalogue names it under "actor.group.<group>".
type Group string

// The groups of terms.
const (
	OfferType     Group = "offer_type"
	TargetGroup   Group = "target_group"
	Age           Group = "age"
	ActorSort     Group = "actor_sort"
	LegalForm     Group = "legal_form"
	Theme         Group = "theme"
	NetworkSort   Group = "network_sort"
	Rhythm        Group = "rhythm"
	DecisionPower Group = "decision_power"
	StructureSort Group = "structure_sort"
	ResourceSort  Group = "resource_sort"
	Language      Group = "language"
	Accessibility Group = "accessibility"
	LegalSphere   Group = "legal_sphere"
	AmountBand    Group = "amount_band"
	Duty          Group = "duty"
)

// AreaTerms in place of a group are the areas of the town.
const AreaTerms Group = "areas"

// Groups lists them in the order of the page where a town edits them.
func Groups() []Group {
	return []Group{
		OfferType, TargetGroup, Age, ActorSort, LegalForm, Theme, NetworkSort, Rhythm, DecisionPower, StructureSort, ResourceSort, Language, Accessibility,
		LegalSphere, AmountBand, Duty,
	}
}

// The kinds of resources, which computation knows; the town may word them.
const (
	Room      = "room"
	Equipment = "equipment"
	Budget    = "budget"
	Personnel = "staff"
	Vacancy   = "vacancy"
)

// fixed groups have words but no further terms.
var fixed = []Group{ResourceSort, Duty}

// Fixed tells whether a town can only word the terms of the group.
func (g Group) Fixed() bool { return slices.Contains(fixed, g) }

// Term is one word the inventory is sorted by.
type Term struct {
	Key  string      `json:"key"`
	Name kernel.Text `json:"name"`
	// From and To are years of age, both included.
	From int `json:"from,omitempty"`
	To   int `json:"to,omitempty"`
	// Population says which released figures give the number of people of an age: "share_u18 - share_u6" takes their numerators.
	Population string `json:"population,omitempty"`
	// Indicator is the released figure that says how many people of a target group live in an area.
	Indicator string `json:"indicator,omitempty"`
	// Expects are kinds of organisations one would look for in a circle of this kind.
	Expects []string `json:"expects,omitempty"`
	// Retired terms are not offered any more, and stand where they were chosen.
	Retired bool `json:"retired,omitempty"`
}

// Terms are the words of a town.
type Terms map[Group][]Term

// Find gives a term by its key.
func (t Terms) Find(g Group, key string) (Term, bool) {
	i := slices.IndexFunc(t[g], func(x Term) bool { return x.Key == key })
	if i < 0 {
		return Term{}, false
	}
	return t[g][i], true
}

// Name of a term; the key where it is unknown.
func (t Terms) Name(g Group, key string) kernel.Text {
	if x, ok := t.Find(g, key); ok {
		return x.Name
	}
	return kernel.T(key, key)
}

// Offered lists the terms that can be chosen.
func (t Terms) Offered(g Group) []Term {
	return slices.DeleteFunc(slices.Clone(t[g]), func(x Term) bool { return x.Retired })
}

//go:embed terms.yaml
var termsYAML []byte

type shippedTerm struct {
	Key        string   `yaml:"key"`
	De         string   `yaml:"de"`
	En         string   `yaml:"en"`
	From       int      `yaml:"from"`
	To         int      `yaml:"to"`
	Population string   `yaml:"population"`
	Indicator  string   `yaml:"indicator"`
	Expects    []string `yaml:"expects"`
}

var shippedTerms = sync.OnceValues(func() (Terms, error) {
	var raw map[Group][]shippedTerm
	d := yaml.NewDecoder(bytes.NewReader(termsYAML))
	d.KnownFields(true)
	if err := d.Decode(&raw); err != nil {
		return nil, fmt.Errorf("terms.yaml: %w", err)
	}
	out := Terms{}
	for g, list := range raw {
		for _, x := range list {
			out[g] = append(out[g], Term{
				Key: x.Key, Name: kernel.T(x.De, x.En), From: x.From, To: x.To, Population: x.Population, Indicator: x.Indicator, Expects: x.Expects,
			})
		}
	}
	return out, nil
})

// Shipped gives the terms as the program brings them.
func Shipped() (Terms, error) { return shippedTerms() }

// merged gives the shipped terms with the town's own in their place, behind them what the town added.
func merged(own Terms) (Terms, error) {
	shipped, err := Shipped()
	if err != nil {
		return nil, err
	}
	out := Terms{}
	for _, g := range Groups() {
		list := slices.Clone(shipped[g])
		for _, x := range own[g] {
			if i := slices.IndexFunc(list, func(y Term) bool { return y.Key == x.Key }); i >= 0 {
				list[i] = x
			} else {
				list = append(list, x)
			}
		}
		out[g] = list
	}
	slices.SortStableFunc(out[Age], func(a, b Term) int { return a.From - b.From })
	return out, nil
}

var (
	termKey    = regexp.MustCompile(`^[a-z0-9][a-z0-9+-]{0,39}$`)
	population = regexp.MustCompile(`^[a-z0-9_]+( [+-] [a-z0-9_]+)*$`)
)

// check names the fields at fault.
func (x Term) check(g Group) map[string]string {
	f := map[string]string{}
	if !termKey.MatchString(x.Key) {
		f["key"] = "actor.term.key"
	}
	if strings.TrimSpace(x.Name["de"]) == "" {
		f["de"] = "actor.term.name"
	}
	for lang, s := range x.Name {
		if len([]rune(s)) > maxLine {
			f[strings.ReplaceAll(lang, "+", "_")] = "actor.text.long"
		}
	}
	if g == Age {
		if x.From < 0 || x.To > 120 || x.From > x.To {
			f["to"] = "actor.term.age"
		}
		if x.Population != "" && !population.MatchString(x.Population) {
			f["population"] = "actor.term.population"
		}
	}
	return f
}

// Takes tells whether an offer for the ages reaches people of the band; an open end reaches everybody on that side.
func (x Term) Takes(from, to *float64) bool {
	return (from == nil || *from <= float64(x.To)) && (to == nil || *to >= float64(x.From))
}
