// SPDX-License-Identifier: EUPL-1.2

package indicator_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/platform/i18n"
	"github.com/kupferfaden/kupferfaden/table"
)

var quoted = regexp.MustCompile(`"(indicator\.[a-z_.]+)"`)

// TestEverySentenceExists: every code and key that this package writes, and every code of the library, has a sentence in both languages.
func TestEverySentenceExists(t *testing.T) {
	var want []string
	for _, c := range table.Codes() {
		want = append(want, "table."+c)
	}
	for _, folder := range []string{".", "indicatordb"} {
		files, err := filepath.Glob(filepath.Join(folder, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			b, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range quoted.FindAllStringSubmatch(string(b), -1) {
				if !strings.HasSuffix(f, "_test.go") && !slices.Contains([]string{"indicator.period.outside"}, m[1]) { // a word for --accept only
					want = append(want, m[1])
				}
			}
		}
	}
	for _, u := range []string{"indicator.unknown", "indicator.mapping.indicator", "indicator.parts.unknown"} {
		want = append(want, u, u+".near")
	}
	for _, lang := range []string{"de", "en"} {
		keys := i18n.Keys(lang)
		for _, k := range want {
			if !slices.Contains(keys, k) && !slices.Contains(keys, "audit.what."+k) {
				t.Errorf("%s: no sentence for %s", lang, k)
			}
		}
	}
	if len(want) < 150 {
		t.Errorf("only %d keys found", len(want))
	}
}

func TestFindingsReadAsSentences(t *testing.T) {
	p := i18n.For("de", kernel.Standard)
	f := kernel.Finding{Code: "indicator.quality.sum", File: "ew.csv", Key: "02", Params: kernel.Params("indicator", kernel.T("Einwohner", "Inhabitants"),
		"part", kernel.T("Zähler", "numerator"), "period", kernel.On("2020-12-31"), "lower", "quarter", "sum", 7000.0, "expected", 7001.0, "difference", -1.0)}
	got := p.Finding(f)
	for _, part := range []string{"ew.csv", "Einwohner", "Zähler", "31.12.2020", "quarter", "02", "7.000", "7.001", "−1"} {
		if !strings.Contains(got, part) {
			t.Errorf("%q lacks %q", got, part)
		}
	}
	if strings.Contains(got, "{") {
		t.Errorf("%q has an empty place", got)
	}
}
