// SPDX-License-Identifier: EUPL-1.2

package archtest_test

import (
	"go/ast"
	"go/token"
	"path"
	"slices"
	"strings"
	"testing"
)

// statements are the functions that send SQL; the text is their second argument.
var statements = []string{"ExecContext", "QueryContext", "QueryRowContext", "PrepareContext"}

// sender is a function one of whose parameters reaches the text of a statement; the rule then holds for its callers.
type sender struct {
	name   string
	method bool
	param  int
}

// folder is one package as the rule reads it.
type folder struct {
	functions map[string]*ast.FuncDecl // by name; methods of one name in one package share their fate
	constants map[string]bool          // constants, and variables that hold a literal for good
	senders   map[sender]bool
}

// SQL is written by programmers and never made of what came in (participation.md 6.2; CVE-2024-43415, CVE-2026-45376): its text is put together
// from literals, constants and the conditions of db.Where, whose values travel as parameters. What the rule cannot follow is named here, with
// the reason why it is safe.
var writtenElsewhere = map[string]string{
	"geo/geopackage/geopackage.go features":              "the columns of a foreign file, quoted, opened read-only with a schema that is not trusted",
	"internal/privacy/privacydb/tables.go Held":          tablesByName,
	"internal/privacy/privacydb/tables.go erase":         tablesByName,
	"internal/privacy/privacydb/tables.go Expire":        tablesByName,
	"internal/privacy/privacydb/tables.go Rename":        tablesByName,
	"internal/platform/db/group.go ExecContext":          "passes on what its callers wrote, who are looked at",
	"internal/platform/db/bulk.go Bulk":                  "table and columns; its callers are looked at",
	"internal/platform/db/portable.go Rows":              tablesOfSchema,
	"internal/platform/db/portable.go Empty":             tablesOfSchema,
	"internal/platform/db/portable.go withoutReferences": tablesOfSchema,
	"internal/platform/backup/restore.go run":            "names in a backup are plain words and those of a table the database has, before a row is written",
	"internal/platform/db/db.go ExecContext":             "passes on what its callers wrote, who are looked at",
	"internal/platform/db/db.go QueryContext":            "passes on what its callers wrote, who are looked at",
	"internal/platform/db/db.go QueryRowContext":         "passes on what its callers wrote, who are looked at",
	"internal/platform/db/db.go PrepareContext":          "passes on what its callers wrote, who are looked at",
}

const tablesOfSchema = "names as the database itself gives them, quoted"

const tablesByName = "names of tables and columns that the program lists where it wires the duties of privacy"

func TestSQLIsNeverMadeOfInput(t *testing.T) {
	seen := 0
	for _, fault := range madeStatements(t, sources(t, ".go"), &seen) {
		t.Error(fault)
	}
	if seen < 120 {
		t.Errorf("only %d statements were looked at", seen)
	}
}

func madeStatements(t *testing.T, list []file, seen *int) (faults []string) {
	t.Helper()
	folders := map[string]*folder{}
	type parsed struct {
		file
		set  *token.FileSet
		tree *ast.File
	}
	var all []parsed
	for _, f := range list {
		if f.test() || f.generated() || strings.HasPrefix(f.name, "scripts/") || strings.Contains(f.name, "/dbtest/") {
			continue
		}
		set, tree := parse(t, f, 0)
		all = append(all, parsed{f, set, tree})
		dir := path.Dir(f.name)
		if folders[dir] == nil {
			folders[dir] = &folder{map[string]*ast.FuncDecl{}, map[string]bool{}, map[sender]bool{}}
		}
		for _, d := range tree.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				folders[dir].functions[d.Name.Name] = d
			case *ast.GenDecl:
				for _, s := range d.Specs {
					if v, ok := s.(*ast.ValueSpec); ok {
						for _, n := range v.Names {
							folders[dir].constants[n.Name] = true
						}
					}
				}
			}
		}
	}
	// A parameter that reaches a statement makes its function a sender; again until nothing new is found.
	for round := 0; ; round++ {
		faults, *seen = nil, 0
		found := false
		for _, p := range all {
			f := folders[path.Dir(p.name)]
			for _, d := range p.tree.Decls {
				fn, ok := d.(*ast.FuncDecl)
				if !ok || fn.Body == nil {
					continue
				}
				ast.Inspect(fn.Body, func(n ast.Node) bool {
					call, ok := n.(*ast.CallExpr)
					if !ok {
						return true
					}
					for _, arg := range f.texts(call) {
						*seen++
						why, from := f.made(arg, fn, 0)
						if from != nil && !f.senders[*from] {
							f.senders[*from] = true
							found = true
						}
						where := p.set.Position(call.Pos())
						if _, ok := writtenElsewhere[p.name+" "+fn.Name.Name]; why != "" && !ok {
							faults = append(faults, p.name+":"+strings.TrimPrefix(where.String()[strings.LastIndex(where.String(), ".go")+3:], ":")+" "+fn.Name.Name+": the text of a statement is made of "+why)
						}
					}
					return true
				})
			}
		}
		if !found || round > 10 {
			return faults
		}
	}
}

// texts gives the arguments of a call that become the text of a statement.
func (f *folder) texts(call *ast.CallExpr) (out []ast.Expr) {
	name, method := "", false
	switch fun := call.Fun.(type) {
	case *ast.SelectorExpr:
		name, method = fun.Sel.Name, true
		if x, ok := fun.X.(*ast.Ident); ok && slices.Contains([]string{"stmt", "exec"}, x.Name) {
			return nil // a prepared statement: these are its parameters
		}
		if name == "Bulk" && len(call.Args) > 1 {
			return call.Args[1:2] // the table
		}
		if slices.Contains(statements, name) && len(call.Args) > 1 {
			return call.Args[1:2]
		}
	case *ast.Ident:
		name = fun.Name
	}
	for s := range f.senders {
		if s.name == name && s.method == method && s.param < len(call.Args) {
			out = append(out, call.Args[s.param])
		}
	}
	return out
}

// made says what a text is made of when that is more than literals; from is set when it is a parameter of an unexported function.
func (f *folder) made(e ast.Expr, fn *ast.FuncDecl, depth int) (why string, from *sender) {
	if depth > 20 {
		return "too much to follow", nil
	}
	switch e := e.(type) {
	case *ast.BasicLit:
		return "", nil
	case *ast.ParenExpr:
		return f.made(e.X, fn, depth+1)
	case *ast.BinaryExpr:
		if why, from = f.made(e.X, fn, depth+1); why == "" && from == nil {
			return f.made(e.Y, fn, depth+1)
		}
		return why, from
	case *ast.Ident:
		return f.madeOfName(e.Name, fn, depth)
	case *ast.CallExpr:
		if sel, ok := e.Fun.(*ast.SelectorExpr); ok && slices.Contains([]string{"String", "Arg", "Order"}, sel.Sel.Name) {
			return "", nil // db.Where
		}
		if id, ok := e.Fun.(*ast.Ident); ok && f.functions[id.Name] != nil {
			for _, ret := range returns(f.functions[id.Name]) {
				if why, from := f.made(ret, f.functions[id.Name], depth+1); why != "" || from != nil {
					for _, a := range e.Args {
						if why, from := f.made(a, fn, depth+1); why != "" || from != nil {
							return why, from
						}
					}
					if why != "" {
						return why, nil
					}
				}
			}
			return "", nil
		}
		return "a call", nil
	}
	return "something other than literals", nil
}

func (f *folder) madeOfName(name string, fn *ast.FuncDecl, depth int) (string, *sender) {
	i := 0
	for _, field := range fn.Type.Params.List {
		for _, n := range field.Names {
			if n.Name == name {
				if fn.Name.IsExported() {
					return "the parameter " + name + " of an exported function", nil
				}
				return "", &sender{fn.Name.Name, fn.Recv != nil, i}
			}
			i++
		}
	}
	if s := closure(fn, name); s != nil {
		return "", s
	}
	assigned := false
	why, from := "", (*sender)(nil)
	ast.Inspect(fn.Body, func(n ast.Node) bool {
		if v, ok := n.(*ast.ValueSpec); ok && len(v.Values) == 1 && v.Names[0].Name == name {
			assigned = true
			why, from = f.made(v.Values[0], fn, depth+1)
		}
		a, ok := n.(*ast.AssignStmt)
		if !ok {
			return true
		}
		for i, l := range a.Lhs {
			if id, ok := l.(*ast.Ident); ok && id.Name == name && why == "" && from == nil {
				assigned = true
				if len(a.Rhs) == len(a.Lhs) {
					why, from = f.made(a.Rhs[i], fn, depth+1)
				} else {
					why = "a call of several values"
				}
			}
		}
		return true
	})
	if assigned || f.constants[name] {
		return why, from
	}
	return "the name " + name, nil
}

// closure finds a parameter of a function literal that has a name of its own within fn.
func closure(fn *ast.FuncDecl, name string) (out *sender) {
	ast.Inspect(fn.Body, func(n ast.Node) bool {
		a, ok := n.(*ast.AssignStmt)
		if !ok || len(a.Rhs) != 1 || len(a.Lhs) != 1 {
			return true
		}
		lit, ok := a.Rhs[0].(*ast.FuncLit)
		id, named := a.Lhs[0].(*ast.Ident)
		if !ok || !named {
			return true
		}
		i := 0
		for _, field := range lit.Type.Params.List {
			for _, p := range field.Names {
				if p.Name == name {
					out = &sender{id.Name, false, i}
				}
				i++
			}
		}
		return true
	})
	return out
}

// returns are the first values a function gives back.
func returns(fn *ast.FuncDecl) (out []ast.Expr) {
	ast.Inspect(fn.Body, func(n ast.Node) bool {
		if r, ok := n.(*ast.ReturnStmt); ok && len(r.Results) > 0 {
			out = append(out, r.Results[0])
		}
		return true
	})
	return out
}

// The rule finds what it is for, and lets through what stores do.
func TestTheRuleAgainstMadeSQLFindsItsFaults(t *testing.T) {
	const head = "package x\n\nconst columns = `a, b`\n\n"
	cases := map[string]struct {
		source string
		fault  bool
	}{
		"a literal":              {`func f() { c.QueryContext(ctx, "select "+columns+" from t where tenant_id = $1", tenant) }`, false},
		"conditions":             {`func f() { w := db.NewWhere(t); c.QueryContext(ctx, "select a from t where "+w.String()+" limit "+w.Arg(5), w.Args...) }`, false},
		"a choice of literals":   {`func f(d bool) { o := "a"; if d { o = "b" }; c.QueryContext(ctx, "select a from t order by "+o) }`, false},
		"a sender, well called":  {`func (s S) change(q string) { c.ExecContext(ctx, q) }` + "\n" + `func g() { s.change("delete from t") }`, false},
		"a parameter":            {`func F(order string) { c.QueryContext(ctx, "select a from t order by "+order) }`, true},
		"a sender, badly called": {`func (s S) change(q string) { c.ExecContext(ctx, q) }` + "\n" + `func g() { s.change("delete from t where a = "+r.Value("a")) }`, true},
		"formatted":              {`func f() { c.QueryContext(ctx, fmt.Sprintf("select %s from t", x)) }`, true},
		"a field":                {`func f() { c.QueryContext(ctx, "select a from t order by "+q.Sort) }`, true},
		"a variable of input":    {`func f() { o := r.Value("sort"); c.QueryContext(ctx, "select a from t order by "+o) }`, true},
	}
	for name, c := range cases {
		seen := 0
		got := madeStatements(t, []file{{"internal/x/xdb/store.go", []byte(head + c.source)}}, &seen)
		if (len(got) > 0) != c.fault || seen == 0 {
			t.Errorf("%s: %v after %d", name, got, seen)
		}
	}
}

// Only these open connections to other machines: whatever address somebody gave goes through platform/fetch, which refuses the own network
// (participation.md 6.2; CVE-2026-45573, CVE-2021-40822); the mail server, the certificate authority and the database are the operator's choice.
var reachOut = map[string]string{
	"internal/platform/fetch":   "the guard itself",
	"internal/platform/mail":    "the mail server of the configuration",
	"internal/platform/db":      "the database of the configuration",
	"internal/platform/server":  "the ACME service of the configuration, systemd",
	"internal/platform/metrics": "listens, does not call",
}

var outgoing = []string{"http.Get", "http.Post", "http.PostForm", "http.Head", "http.DefaultClient", "http.Client", "http.DefaultTransport", "http.Transport", "net.Dial", "net.DialTimeout", "net.Dialer", "tls.Dial"}

func TestNothingElseOpensConnections(t *testing.T) {
	for _, f := range sources(t, ".go") {
		if _, ok := reachOut[path.Dir(f.name)]; ok || f.test() || f.generated() || strings.HasPrefix(f.name, "scripts/") || strings.Contains(f.name, "test/") {
			continue
		}
		set, tree := parse(t, f, 0)
		ast.Inspect(tree, func(n ast.Node) bool {
			// A pointer to a client as a parameter is one that somebody else made.
			if star, ok := n.(*ast.StarExpr); ok {
				if _, ok := star.X.(*ast.SelectorExpr); ok {
					return false
				}
			}
			sel, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			if x, ok := sel.X.(*ast.Ident); ok && slices.Contains(outgoing, x.Name+"."+sel.Sel.Name) {
				t.Errorf("%s: %s.%s: addresses are called through internal/platform/fetch only", set.Position(sel.Pos()), x.Name, sel.Sel.Name)
			}
			return true
		})
	}
}
