// SPDX-License-Identifier: EUPL-1.2

package analysis_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/kupferfaden/kupferfaden/internal/analysis"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

func TestPresetsAreCompleteAndKeepTheirHash(t *testing.T) {
	want := []string{"berlin-mss-2013", "berlin-mss-2019", "imd-2019", "minmax-0-100", "muenster-z", "rank-mean", "z-mean"}
	got := analysis.Presets()
	if len(got) != len(want) {
		t.Fatalf("%d presets", len(got))
	}
	for i, m := range got {
		if m.ID != want[i] {
			t.Errorf("preset %d is %s", i, m.ID)
		}
		again, err := analysis.ParseMethod([]byte(m.YAML()))
		if err != nil || again.Hash() != m.Hash() {
			t.Errorf("%s: the stored form reads back differently: %v", m.ID, err)
		}
		if de, en := m.Title["de"], m.Title["en"]; de == "" || en == "" {
			t.Errorf("%s: title in both languages", m.ID)
		}
	}
}

// Weights of the English index as published; with 28/3 instead of 9.3 the ranks differ (statistics.md 4.1).
func TestPublishedWeightsAreNotRepaired(t *testing.T) {
	m, ok := analysis.Preset("imd-2019")
	if !ok {
		t.Fatal("no preset imd-2019")
	}
	sum := 0.0
	for _, i := range m.Indicators {
		sum += i.Weight
	}
	if sum < 99.899 || sum > 99.901 {
		t.Errorf("weights add up to %v", sum)
	}
}

func TestMethodFilesAreRefusedWithReasons(t *testing.T) {
	const good = "id: x\ntitle: X\nindicators: [{key: a}, {key: b}]\n"
	cases := []struct{ name, yaml, want string }{
		{"empty", "", "method.empty"},
		{"unknown key with its line", good + "weigths: 3\n", "line 4"},
		{"no indicator", "id: x\ntitle: X\nindicators: []\n", "method.indicators.none"},
		{"labels that leave a class without a word", good + "status_thresholds: [0, 1]\nlabels: [a, b]\n", "method.labels.count"},
		{"an index of suppressed figures", good + "confidentiality_stage: after\n", "method.confidentiality_stage.unknown"},
		{"a minimum that is no number", good + "min_population: .nan\n", "method.population.range"},
		{"an indicator twice", "id: x\ntitle: X\nindicators: [{key: a}, {key: a}]\n", "method.indicators.twice"},
		{"negative weight", "id: x\ntitle: X\nindicators: [{key: a, weight: -1}]\n", "method.indicators.weight"},
		{"NaN weight", "id: x\ntitle: X\nindicators: [{key: a, weight: .nan}]\n", "method.indicators.weight"},
		{"limits out of order", good + "status_thresholds: [1, -1]\n", "method.thresholds.order"},
		{"three limits of dynamics", good + "dynamic_thresholds: [-1, 0, 1]\n", "method.dynamic.two"},
		{"unknown standardisation", good + "standardise: magic\n", "method.standardise.unknown"},
		{"unknown direction", "id: x\ntitle: X\nindicators: [{key: a, direction: up}]\n", "direction"},
		{"attention rule", good + "attention_rule: [very]\n", "attention_rule"},
		{"id with blanks", "id: a b\ntitle: X\nindicators: [{key: a}]\n", "method.id.form"},
		{"not YAML", "id: [", "method.yaml"},
		{"winsor without share", "id: x\ntitle: X\nindicators: [{key: a, transform: winsor}]\n", "method.numeric"},
	}
	for _, c := range cases {
		_, err := analysis.ParseMethod([]byte(c.yaml))
		var e *kernel.Error
		if !errors.As(err, &e) || e.Kind != kernel.Invalid || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	if _, err := analysis.ParseMethod([]byte(good)); err != nil {
		t.Error(err)
	}
}

func TestAttentionRule(t *testing.T) {
	g := analysis.Groups{"4", "3-"}
	for _, c := range []struct {
		class   int
		dynamic string
		want    bool
	}{{4, "+", true}, {4, "", true}, {3, "-", true}, {3, "+/-", false}, {3, "", false}, {1, "-", false}} {
		if g.Match(c.class, c.dynamic) != c.want {
			t.Errorf("%d%s", c.class, c.dynamic)
		}
	}
}

func FuzzParseMethod(f *testing.F) {
	for _, m := range analysis.Presets() {
		f.Add([]byte(m.YAML()))
	}
	f.Add([]byte("id: x\ntitle: {de: [}"))
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := analysis.ParseMethod(data)
		if err != nil {
			return
		}
		again, err := analysis.ParseMethod([]byte(m.YAML()))
		if err != nil || again.Hash() != m.Hash() {
			t.Fatalf("reads back differently: %v", err)
		}
	})
}
