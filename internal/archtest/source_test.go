// SPDX-License-Identifier: EUPL-1.2

package archtest_test

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/kupferfaden/kupferfaden/internal/testdata"
)

const module = "github.com/kupferfaden/kupferfaden/"

// file is one source file; its name is the path from the module's root with slashes.
type file struct {
	name string
	text []byte
}

func (f file) generated() bool {
	return strings.HasSuffix(f.name, "_templ.go") || bytes.Contains(f.text[:min(len(f.text), 400)], []byte("DO NOT EDIT"))
}

func (f file) test() bool { return strings.HasSuffix(f.name, "_test.go") }

// sources reads the files with one of the endings; folders that are fetched, generated or data are left out.
func sources(t *testing.T, endings ...string) []file {
	t.Helper()
	root := testdata.Module()
	var out []file
	err := filepath.WalkDir(root, func(p string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if e.IsDir() {
			n := e.Name()
			if p != root && (strings.HasPrefix(n, ".") && n != ".ci" || strings.HasPrefix(n, "_") || slices.Contains([]string{"node_modules", "gen", "bin", "dist", "testdata"}, n) && p != filepath.Join(root, "internal", "testdata")) {
				return fs.SkipDir
			}
			return nil
		}
		if slices.Contains(endings, path.Ext(e.Name())) {
			b, err := os.ReadFile(p)
			if err != nil {
				return err
			}
			rel, err := filepath.Rel(root, p)
			if err != nil {
				return err
			}
			out = append(out, file{filepath.ToSlash(rel), b})
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(out) == 0 {
		t.Fatalf("no files %v below %s", endings, root)
	}
	return out
}

func parse(t *testing.T, f file, mode parser.Mode) (*token.FileSet, *ast.File) {
	t.Helper()
	set := token.NewFileSet()
	a, err := parser.ParseFile(set, f.name, f.text, mode)
	if err != nil {
		t.Fatal(err)
	}
	return set, a
}

func TestEverySourceNamesItsLicence(t *testing.T) {
	for _, f := range sources(t, ".go", ".templ", ".ts", ".css", ".mjs", ".sh") {
		head := strings.SplitN(string(f.text), "\n", 6)
		if !slices.ContainsFunc(head[:len(head)-1], func(l string) bool { return strings.Contains(l, "SPDX-License-Identifier: EUPL-1.2") }) {
			t.Errorf("%s: the first lines lack SPDX-License-Identifier: EUPL-1.2", f.name)
		}
	}
}

func TestFilesStayShort(t *testing.T) {
	const most = 600
	for _, f := range sources(t, ".go", ".templ", ".ts", ".css", ".mjs", ".sh") {
		if n := bytes.Count(f.text, []byte("\n")); n > most && !f.generated() {
			t.Errorf("%s has %d lines; a file above %d is more than one thing", f.name, n, most)
		}
	}
}

func TestNothingIsLeftForLaterAndNoMachineIsNamed(t *testing.T) {
	// Written in parts so that this file does not find itself.
	forbidden := regexp.MustCompile(`\b(TO` + `DO|FIX` + `ME|X` + `XX|HA` + `CK)\b|(^|[\s"'(=])/(wo` + `rk|ro` + `ot|fa` + `rm)/|registry\.npm` + `js|proxy\.gol` + `ang\.org`)
	for _, f := range sources(t, ".go", ".templ", ".ts", ".css", ".mjs", ".sh", ".sql", ".md", ".yaml", ".json", ".txtar") {
		for i, line := range strings.Split(string(f.text), "\n") {
			if m := forbidden.FindString(line); m != "" {
				t.Errorf("%s:%d: %q", f.name, i+1, strings.TrimSpace(m))
			}
		}
	}
}

func TestPackagesAreNamedAfterWhatTheyAre(t *testing.T) {
	for _, f := range sources(t, ".go") {
		for _, part := range strings.Split(path.Dir(f.name), "/") {
			if slices.Contains([]string{"util", "utils", "common", "helper", "helpers", "types", "models", "misc", "shared", "base"}, part) {
				t.Errorf("%s: a package named %s holds anything and explains nothing", f.name, part)
			}
		}
	}
}

func TestEveryPackageSaysWhatItIs(t *testing.T) {
	said := map[string]bool{}
	for _, f := range sources(t, ".go") {
		if f.test() {
			continue
		}
		_, a := parse(t, f, parser.ParseComments|parser.PackageClauseOnly)
		dir := path.Dir(f.name)
		said[dir] = said[dir] || a.Doc != nil && len(a.Doc.Text()) > 40
	}
	for dir, ok := range said {
		if !ok {
			t.Errorf("%s: no package comment", dir)
		}
	}
}

func TestEveryExportedNameIsExplained(t *testing.T) {
	for _, f := range sources(t, ".go") {
		if f.test() || f.generated() {
			continue
		}
		set, a := parse(t, f, parser.ParseComments)
		tell := func(p token.Pos, name string) { t.Errorf("%s: %s has no comment", set.Position(p), name) }
		for _, d := range a.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				if d.Name.IsExported() && d.Doc == nil && exportedReceiver(d) {
					tell(d.Pos(), d.Name.Name)
				}
			case *ast.GenDecl:
				for _, s := range d.Specs {
					switch s := s.(type) {
					case *ast.TypeSpec:
						if s.Name.IsExported() && d.Doc == nil && s.Doc == nil && s.Comment == nil {
							tell(s.Pos(), s.Name.Name)
						}
					case *ast.ValueSpec:
						for _, n := range s.Names {
							if n.IsExported() && d.Doc == nil && s.Doc == nil && s.Comment == nil {
								tell(n.Pos(), n.Name)
							}
						}
					}
				}
			}
		}
	}
}

// exportedReceiver tells whether a function is seen outside: it has no receiver or one of an exported type.
func exportedReceiver(d *ast.FuncDecl) bool {
	if d.Recv == nil {
		return true
	}
	e := d.Recv.List[0].Type
	for {
		switch x := e.(type) {
		case *ast.StarExpr:
			e = x.X
		case *ast.IndexExpr:
			e = x.X
		case *ast.IndexListExpr:
			e = x.X
		case *ast.Ident:
			return x.IsExported()
		default:
			return true
		}
	}
}

// make lint compares the contents; here it is enough that none is forgotten and none comes from another templ.
func TestEveryComponentHasItsGoFile(t *testing.T) {
	mod, err := os.ReadFile(filepath.Join(testdata.Module(), "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	version := regexp.MustCompile(`github\.com/a-h/templ (v\S+)`).FindSubmatch(mod)
	if version == nil {
		t.Fatal("go.mod does not name templ")
	}
	for _, f := range sources(t, ".templ") {
		b, err := os.ReadFile(filepath.Join(testdata.Module(), strings.TrimSuffix(f.name, ".templ")+"_templ.go"))
		if err != nil || !bytes.Contains(b[:min(len(b), 300)], append([]byte("templ: version: "), version[1]...)) {
			t.Errorf("%s: its Go file is missing or not made by templ %s; run make generate (%v)", f.name, version[1], err)
		}
	}
}
