// SPDX-License-Identifier: EUPL-1.2

package i18n_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/kupferfaden/kupferfaden/internal/platform/i18n"
)

func TestCatalogueCanBeRead(t *testing.T) {
	if err := i18n.Check(); err != nil {
		t.Fatal(err)
	}
}

func TestLanguagesHaveTheSameKeysAndPlaceholders(t *testing.T) {
	for _, key := range i18n.Keys("de") {
		if !i18n.Has("en", key) {
			t.Errorf("%s: German only", key)
			continue
		}
		if d, e := i18n.Placeholders("de", key), i18n.Placeholders("en", key); !slices.Equal(d, e) {
			t.Errorf("%s: German uses %v, English %v", key, d, e)
		}
	}
	for _, key := range i18n.Keys("en") {
		if !i18n.Has("de", key) {
			t.Errorf("%s: English only", key)
		}
	}
}

// used are the places in sources where a literal is a key of the catalogue.
var used = []*regexp.Regexp{
	regexp.MustCompile(`\bT\((?:ctx, ?)?"([a-z][\w.-]*\.[\w.-]*[\w])"`),
	regexp.MustCompile(`\bdb\.One\(rows, err, "([a-z][\w.-]*\.[\w.-]+)"`),
	regexp.MustCompile(`\bkernel\.E\(kernel\.\w+, ?"([a-z][\w.-]*\.[\w.-]+)"`),
	regexp.MustCompile(`\bKey: +"([a-z][\w-]*\.[a-z][\w.-]*)", Params`),
	regexp.MustCompile(`\bKey: +"([a-z][\w-]*\.[a-z][\w.-]*)", (?:Fields|Findings|Err)`),
	regexp.MustCompile(`\bDone\([^"]*"[^"]*", "(notice\.[\w.-]+)"`),
	regexp.MustCompile(`"(notice\.[a-z][\w.-]+)"`),
}

func TestEveryKeyOfTheSourcesIsWritten(t *testing.T) {
	root := filepath.Join("..", "..", "..")
	seen := 0
	for _, top := range []string{"internal", "cmd"} {
		err := filepath.WalkDir(filepath.Join(root, top), func(path string, d fs.DirEntry, err error) error {
			if os.IsNotExist(err) {
				return nil
			}
			if err != nil {
				return err
			}
			if d.IsDir() && strings.HasPrefix(d.Name(), "_") {
				return fs.SkipDir
			}
			name := d.Name()
			if d.IsDir() || strings.HasSuffix(name, "_test.go") || strings.HasSuffix(name, "_templ.go") || !(strings.HasSuffix(name, ".go") || strings.HasSuffix(name, ".templ")) {
				return nil
			}
			b, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			for _, re := range used {
				for _, m := range re.FindAllSubmatch(b, -1) {
					seen++
					if key := string(m[1]); !i18n.Has("de", key) {
						rel, _ := filepath.Rel(root, path)
						t.Errorf("%s: key %s is not in the catalogue", rel, key)
					}
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if seen < 100 {
		t.Errorf("only %d keys found in the sources: the patterns no longer fit", seen)
	}
}

// The interface speaks in whole sentences and real quotation marks.
func TestGermanTypography(t *testing.T) {
	root := "catalogue"
	files, err := filepath.Glob(filepath.Join(root, "de", "*.yaml"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no catalogue: %v", err)
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for i, line := range strings.Split(string(b), "\n") {
			if strings.Contains(line, "...") || strings.Contains(line, `\"`) {
				t.Errorf("%s:%d: use … and „“: %s", f, i+1, line)
			}
		}
	}
}
