// SPDX-License-Identifier: EUPL-1.2

package atlas

import (
	"math"
	"testing"

	"github.com/kupferfaden/kupferfaden/internal/indicator"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/platform/i18n"
)

func analysisShare() indicator.Version {
	return indicator.Version{Unit: "%", Factor: 100, Aggregation: indicator.Ratio}
}

func TestValuesAreWrittenWithTheirUnit(t *testing.T) {
	de, en := i18n.For("de", kernel.Standard), i18n.For("en", kernel.Standard)
	for _, c := range []struct {
		v        float64
		unit     string
		decimals int
		de, en   string
	}{
		{12.345, "%", 1, "12,3\u00a0%", "12.3%"},
		{1234, "n", 0, "1.234", "1,234"},
		{45.5, "per 1000", 1, "45,5\u00a0je 1.000", "45.5\u00a0per 1,000"},
		{3.5, "Bäume je Kopf", 1, "3,5\u00a0Bäume je Kopf", "3.5\u00a0Bäume je Kopf"},
		{math.NaN(), "%", 1, "–", "–"},
	} {
		if got := Value(de, c.v, c.unit, c.decimals); got != c.de {
			t.Errorf("%q, want %q", got, c.de)
		}
		if got := Value(en, c.v, c.unit, c.decimals); got != c.en {
			t.Errorf("%q, want %q", got, c.en)
		}
	}
}

func TestDifferencesCarryTheirSign(t *testing.T) {
	w := i18n.For("de", kernel.Standard)
	for want, v := range map[string]float64{"+1,5\u00a0Pp.": 1.5, "−1,5\u00a0Pp.": -1.5, "±0,0\u00a0Pp.": -0.04, "–": math.NaN()} {
		if got := Difference(w, v, "%", 1); got != want {
			t.Errorf("%v: %q, want %q", v, got, want)
		}
	}
	if got := Difference(w, 12, "n", 0); got != "+12" {
		t.Error(got)
	}
}

func TestWhatIsHeldBackIsSaidInOneWord(t *testing.T) {
	w := i18n.For("de", kernel.Standard)
	if got := FigureText(w, math.NaN(), indicator.Suppressed, "%", 1); got != "geheim zu halten" {
		t.Error(got)
	}
	if got := FigureText(w, math.NaN(), indicator.Value, "%", 1); got != "unbekannt" {
		t.Errorf("a value without number reads %q", got)
	}
	if got := FigureText(w, 0, indicator.Zero, "%", 1); got != "0,0\u00a0%" {
		t.Error(got)
	}
	if got := FigureText(w, 3, indicator.Provisional, "n", 0); got != "3 (vorläufig)" {
		t.Error(got)
	}
}

func TestLimitsShowNoMoreDigitsThanTheyNeed(t *testing.T) {
	w := i18n.For("de", kernel.Standard)
	equal := Classes{Choice: ClassChoice{Method: Equal}, Limits: []float64{1.0 / 3, 2.0 / 3}, Counts: make([]int, 3)}
	if got := equal.Range(w, 1, "%", 1); got != "über 0,3 bis 0,7\u00a0%" {
		t.Error(got)
	}
	close := Classes{Choice: ClassChoice{Method: Equal}, Limits: []float64{0.331, 0.336}, Counts: make([]int, 3)}
	if got := close.Range(w, 1, "%", 1); got != "über 0,33 bis 0,34\u00a0%" {
		t.Error(got)
	}
	own := Classes{Choice: ClassChoice{Method: Manual}, Limits: []float64{2.125}, Counts: make([]int, 2)}
	if got := own.Range(w, 0, "", 1); got != "bis 2,125" {
		t.Error(got)
	}
}
