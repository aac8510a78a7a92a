// SPDX-License-Identifier: EUPL-1.2

package area_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/platform/i18n"
	"github.com/kupferfaden/kupferfaden/internal/testdata"
)

var printers = []*i18n.Printer{i18n.For("de", kernel.Standard), i18n.For("en", kernel.Standard)}

// sentences checks that everything an import said is a whole sentence in both languages.
func sentences(t testing.TB, list []kernel.Finding, err error) {
	t.Helper()
	for _, p := range printers {
		said := []string{}
		for _, f := range list {
			if !p.Has(f.Code) {
				t.Errorf("no sentence for %s", f.Code)
			}
			said = append(said, p.Finding(f))
		}
		var e *kernel.Error
		if errors.As(err, &e) {
			said = append(said, p.Error(err))
			for name := range e.Fields {
				said = append(said, p.Field(e, name))
			}
		}
		for _, s := range said {
			if strings.ContainsAny(s, "{}") || regexp.MustCompile(`^(area|geo)\.`).MatchString(s) {
				t.Errorf("not a sentence: %s", s)
			}
		}
	}
}

// TestEveryKeyHasASentence looks for the keys in the sources, so that one that no test provokes is not forgotten.
func TestEveryKeyHasASentence(t *testing.T) {
	area := regexp.MustCompile(`"((?:area|geo)\.[a-z_]+(?:\.[a-z_]+)*)"`)
	code := regexp.MustCompile(`(?:[cC]ode: *|refuse\(|ask\(|syntaxError\{|fail\(|\.row\([^"]*|c\.area\([^"]*|add\()"([a-z]+\.[a-z_]+)"`)
	told := map[string]bool{"key.missing": true, "key.duplicate": true, "name.duplicate": true, "parent.missing": true, "parent.cycle": true, "area.turned": true} // the import has its own
	seen := 0
	scan := func(dir string, re *regexp.Regexp, prefix string) {
		err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			b, err := os.ReadFile(path)
			for _, m := range re.FindAllStringSubmatch(string(b), -1) {
				if seen++; told[m[1]] {
					continue
				}
				for _, lang := range i18n.Languages() {
					if !i18n.Has(lang, prefix+m[1]) && !i18n.Has(lang, "audit.what."+m[1]) {
						t.Errorf("%s: no sentence in %s for %s", path, lang, prefix+m[1])
					}
				}
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	scan(filepath.Join(testdata.Module(), "internal", "area"), area, "")
	for _, lib := range []string{"crs", "geojson", "shapefile", "geopackage", "topology"} {
		scan(filepath.Join(testdata.Module(), "geo", lib), code, "geo.")
	}
	if seen < 100 {
		t.Errorf("only %d keys found; the patterns no longer fit the sources", seen)
	}
}
