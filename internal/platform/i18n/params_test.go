// SPDX-License-Identifier: EUPL-1.2

package i18n_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/kupferfaden/kupferfaden/internal/platform/i18n"
)

// placed are filled in by the printer from the place of a finding.
var placed = []string{"key", "row", "column", "sheet", "file"}

// TestSentencesGetTheirParameters: nobody reads "Den Indikator „{key}“ gibt es nicht". Calls whose parameters come from elsewhere are left out.
func TestSentencesGetTheirParameters(t *testing.T) {
	root := filepath.Join("..", "..", "..")
	calls := 0
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
			if d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return nil
			}
			set := token.NewFileSet()
			f, err := parser.ParseFile(set, path, nil, parser.SkipObjectResolution)
			if os.IsNotExist(err) {
				return nil
			}
			if err != nil {
				return err
			}
			ast.Inspect(f, func(n ast.Node) bool {
				call, ok := n.(*ast.CallExpr)
				if !ok || call.Ellipsis.IsValid() {
					return true
				}
				key, given, finding, ok := sentence(call)
				if !ok || !i18n.Has("de", key) {
					return true
				}
				calls++
				for _, p := range i18n.Placeholders("de", key) {
					if !slices.Contains(given, p) && !(finding && slices.Contains(placed, p)) {
						t.Errorf("%s: %s gets no {%s}, only %v", set.Position(call.Pos()), key, p, given)
					}
				}
				return true
			})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if calls < 200 {
		t.Errorf("only %d calls found: the patterns no longer fit", calls)
	}
}

// sentence reads the key and the parameter names of a call that writes a sentence: kernel.E(kind, key, …), p.T(key, …), web.T(ctx, key, …),
// say(key, …), note(outcome, code, …).
func sentence(call *ast.CallExpr) (key string, given []string, finding, ok bool) {
	name := ""
	switch f := call.Fun.(type) {
	case *ast.SelectorExpr:
		name = f.Sel.Name
	case *ast.Ident:
		name = f.Name
	}
	if !slices.Contains([]string{"E", "T", "say", "note"}, name) {
		return "", nil, false, false
	}
	for i, a := range call.Args {
		if i > 1 {
			break
		}
		s, isText := literal(a)
		if !isText || !strings.Contains(s, ".") {
			continue
		}
		rest := call.Args[i+1:]
		if name == "note" && len(rest)%2 == 1 {
			rest = rest[1:] // the draft the finding is about
		}
		for k := 0; k+1 < len(rest); k += 2 {
			p, isText := literal(rest[k])
			if !isText {
				return "", nil, false, false
			}
			given = append(given, p)
		}
		return s, given, name == "note", len(rest)%2 == 0
	}
	return "", nil, false, false
}

func literal(e ast.Expr) (string, bool) {
	b, ok := e.(*ast.BasicLit)
	if !ok || b.Kind != token.STRING {
		return "", false
	}
	s, err := strconv.Unquote(b.Value)
	return s, err == nil
}
