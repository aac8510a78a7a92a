// SPDX-License-Identifier: EUPL-1.2

package archtest_test

import (
	"encoding/json"
	"go/parser"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/kupferfaden/kupferfaden/internal/testdata"
)

// compatible are licences whose works may be combined with ours: permissive ones, and those of the EUPL's appendix.
var compatible = []string{"0BSD", "Apache-2.0", "Bitstream-Vera", "BSD-2-Clause", "BSD-3-Clause", "EUPL-1.2", "ISC", "MIT", "MPL-2.0", "OFL-1.1"}

func read(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(testdata.Module(), name))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// documented returns name and version of each row below the headings that contain word.
func documented(t *testing.T, word string) map[string]string {
	t.Helper()
	out := map[string]string{}
	inside := false
	for _, line := range strings.Split(read(t, "docs/dependencies.md"), "\n") {
		if strings.HasPrefix(line, "## ") {
			inside = strings.Contains(line, word)
		}
		cells := strings.Split(line, "|")
		if !inside || len(cells) != 6 || strings.Contains(line, "---") || strings.TrimSpace(cells[2]) == "Version" {
			continue
		}
		name, version, licence, why := strings.TrimSpace(cells[1]), strings.TrimSpace(cells[2]), strings.TrimSpace(cells[3]), strings.TrimSpace(cells[4])
		if !slices.Contains(compatible, licence) {
			t.Errorf("docs/dependencies.md: %s: licence %q is not among those known to fit", name, licence)
		}
		if len(why) < 10 {
			t.Errorf("docs/dependencies.md: %s: no reason", name)
		}
		out[name] = version
	}
	if len(out) == 0 {
		t.Fatalf("docs/dependencies.md has no table below a heading with %q", word)
	}
	return out
}

var required = regexp.MustCompile(`(?m)^\s*(?:require )?(\S+) (v\S+)(?: // indirect)?$`)

// requirements reads the modules and versions of a go.mod.
func requirements(t *testing.T, name string) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, m := range required.FindAllStringSubmatch(read(t, name), -1) {
		out[m[1]] = m[2]
	}
	return out
}

// moduleOf returns the module among those required that a package lies in.
func moduleOf(pkg string, required map[string]string) string {
	best := ""
	for m := range required {
		if (pkg == m || strings.HasPrefix(pkg, m+"/")) && len(m) > len(best) {
			best = m
		}
	}
	return best
}

func compare(t *testing.T, what string, used, documented map[string]string) {
	t.Helper()
	for _, name := range slices.Sorted(maps.Keys(used)) {
		switch v, ok := documented[name]; {
		case !ok:
			t.Errorf("%s %s %s is used but not in docs/dependencies.md", what, name, used[name])
		case v != used[name]:
			t.Errorf("%s %s is used in version %s, docs/dependencies.md says %s", what, name, used[name], v)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(documented)) {
		if _, ok := used[name]; !ok {
			t.Errorf("%s %s is in docs/dependencies.md, but nothing uses it", what, name)
		}
	}
}

func TestEveryGoModuleIsNamedWithItsReason(t *testing.T) {
	required := requirements(t, "go.mod")
	program, tests := map[string]string{}, map[string]string{}
	for _, f := range sources(t, ".go") {
		_, a := parse(t, f, parser.ImportsOnly)
		for _, i := range a.Imports {
			pkg, err := strconv.Unquote(i.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			first, _, _ := strings.Cut(pkg, "/")
			if !strings.Contains(first, ".") || strings.HasPrefix(pkg, module) {
				continue
			}
			m := moduleOf(pkg, required)
			if m == "" {
				t.Errorf("%s: %s is in no module of go.mod", f.name, pkg)
				continue
			}
			if l, _ := place(filepath.ToSlash(filepath.Dir(f.name))); f.test() || l == testsOnly || strings.HasSuffix(filepath.Dir(f.name), "dbtest") {
				tests[m] = required[m]
			} else {
				program[m] = required[m]
			}
		}
	}
	for m := range program {
		delete(tests, m)
	}
	compare(t, "module", program, documented(t, "In the program"))
	compare(t, "test module", tests, documented(t, "In the tests"))
}

func TestEveryToolIsNamedWithItsReason(t *testing.T) {
	required := requirements(t, "tools/go.mod")
	used := map[string]string{}
	block := regexp.MustCompile(`(?s)tool \((.*?)\)`).FindStringSubmatch(read(t, "tools/go.mod"))
	if block == nil {
		t.Fatal("tools/go.mod has no block of tools")
	}
	for _, pkg := range strings.Fields(block[1]) {
		m := moduleOf(pkg, required)
		used[m] = required[m]
	}
	compare(t, "tool", used, documented(t, "In the tools"))
	if lib := requirements(t, "go.mod")["github.com/a-h/templ"]; lib != required["github.com/a-h/templ"] {
		t.Errorf("templ generates with %s, the program is built with %s", required["github.com/a-h/templ"], lib)
	}
}

func TestEveryPackageOfThePagesIsNamedWithItsReason(t *testing.T) {
	var p struct {
		Private         bool              `json:"private"`
		Dependencies    map[string]string `json:"dependencies"`
		DevDependencies map[string]string `json:"devDependencies"`
	}
	if err := json.Unmarshal([]byte(read(t, "package.json")), &p); err != nil {
		t.Fatal(err)
	}
	if !p.Private {
		t.Error("package.json is not private")
	}
	exact := regexp.MustCompile(`^\d+\.\d+\.\d+$`)
	for _, d := range []map[string]string{p.Dependencies, p.DevDependencies} {
		for name, v := range d {
			if !exact.MatchString(v) {
				t.Errorf("package.json: %s %s is no exact version", name, v)
			}
		}
	}
	compare(t, "package", p.Dependencies, documented(t, "In the pages"))
	compare(t, "package", p.DevDependencies, documented(t, "To build and test"))
}

func TestTheLicenceIsThere(t *testing.T) {
	text := read(t, "LICENSE")
	for _, part := range []string{"EUROPEAN UNION PUBLIC LICENCE v. 1.2", "Applicable Law", "Appendix", "GNU Affero General Public License"} {
		if !strings.Contains(text, part) {
			t.Errorf("LICENSE lacks %q", part)
		}
	}
}
