// SPDX-License-Identifier: EUPL-1.2

package archtest_test

import (
	"fmt"
	"go/ast"
	"go/token"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/kupferfaden/kupferfaden/internal/platform/db"
)

var (
	comment     = regexp.MustCompile(`(?m)--.*$`)
	createTable = regexp.MustCompile(`(?is)create table (?:if not exists )?(\w+)\s*\((.*?)\n\)\s*;`)
	primary     = regexp.MustCompile(`(?i)primary key\s*\(\s*(\w+)`)
	inline      = regexp.MustCompile(`(?im)^\s*(\w+)\s[^,\n]*\bprimary key\b`)
	foreign     = regexp.MustCompile(`(?i)foreign key\s*\(([^)]*)\)`)
	reference   = regexp.MustCompile(`(?im)^\s*(\w+)\s[^,\n]*\breferences\s+(\w+)`)
	uniqueKey   = regexp.MustCompile(`(?i)\bunique\s*\(([^)]*)\)`)
	uniqueIndex = regexp.MustCompile(`(?i)create unique index (\w+) on (\w+)\s*\(([^)]*)\)`)
	sequences   = regexp.MustCompile(`(?i)\b(?:big|small)?serial\b|\bautoincrement\b|\bgenerated\b.*\bidentity\b|\bcreate sequence\b`)
)

// faults names what in a migration would not distribute by tenant (design: "What a distributed PostgreSQL asks of the schema").
func faults(sql string, shared []string) (out []string) {
	sql = comment.ReplaceAllString(sql, "")
	tell := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	leads := func(cols string) bool { return strings.TrimSpace(strings.SplitN(cols, ",", 2)[0]) == "tenant_id" }
	tables := createTable.FindAllStringSubmatch(sql, -1)
	if n := len(regexp.MustCompile(`(?i)create table`).FindAllString(sql, -1)); n != len(tables) {
		tell("%d tables are created, %d of them are understood: write \"create table name (\" … \"\\n);\"", n, len(tables))
	}
	for _, m := range tables {
		name, body := m[1], "\n"+m[2]
		if slices.Contains(shared, strings.ToLower(name)) {
			continue
		}
		key := primary.FindStringSubmatch(body)
		if key == nil {
			key = inline.FindStringSubmatch(body)
		}
		if key == nil || key[1] != "tenant_id" {
			tell("table %s: its primary key does not begin with tenant_id", name)
		}
		for _, k := range foreign.FindAllStringSubmatch(body, -1) {
			if !leads(k[1]) {
				tell("table %s: the foreign key (%s) does not begin with tenant_id", name, k[1])
			}
		}
		for _, k := range reference.FindAllStringSubmatch(body, -1) {
			if !strings.EqualFold(k[1], "foreign") && k[1] != "tenant_id" && !slices.Contains(shared, k[2]) {
				tell("table %s: column %s refers to %s without tenant_id", name, k[1], k[2])
			}
		}
		for _, k := range uniqueKey.FindAllStringSubmatch(body, -1) {
			if !leads(k[1]) {
				tell("table %s: unique (%s) reaches across tenants", name, k[1])
			}
		}
	}
	for _, m := range uniqueIndex.FindAllStringSubmatch(sql, -1) {
		if !slices.Contains(shared, strings.ToLower(m[2])) && !leads(m[3]) {
			tell("index %s: unique (%s) reaches across tenants", m[1], m[3])
		}
	}
	if s := sequences.FindString(sql); s != "" {
		tell("%q: identifiers are made by the program", s)
	}
	return out
}

func TestEveryTableBelongsToATenant(t *testing.T) {
	shared, err := db.SharedTables()
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	err = fs.WalkDir(db.Migrations(), ".", func(p string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		b, err := fs.ReadFile(db.Migrations(), p)
		if err != nil {
			return err
		}
		seen++
		for _, f := range faults(string(b), shared) {
			t.Errorf("%s: %s", p, f)
		}
		if strings.Contains(string(b), "+goose Down") {
			t.Errorf("%s: migrations go forward only", p)
		}
		return nil
	})
	if err != nil || seen < 2 {
		t.Fatalf("%d migrations, %v", seen, err)
	}
}

// What all tenants share is little, and each with a reason that holds no one's data.
func TestSharedTablesAreFew(t *testing.T) {
	shared, err := db.SharedTables()
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]string{
		"tenant":            "a town is found by its key and its host before anything of it is known; it holds what stands on its public pages, and its settings",
		"certificate_cache": "certificates of host names, public by nature; their keys are sealed with the key of the installation",
	}
	for _, name := range shared {
		if known[name] == "" {
			t.Errorf("table %s belongs to no tenant; say here why that harms nobody", name)
		}
	}
}

func TestTheTenantRuleFindsItsFaults(t *testing.T) {
	for sql, want := range map[string]string{
		"create table a (\n  tenant_id uuid,\n  id uuid,\n  primary key (tenant_id, id)\n);":                                               "",
		"create table a (\n  id uuid primary key\n);":                                                                                      "primary key",
		"create table a (\n  tenant_id uuid,\n  id uuid,\n  primary key (id, tenant_id)\n);":                                               "primary key",
		"create table a (\n  tenant_id uuid,\n  id uuid\n);":                                                                               "primary key",
		"create table tenant (\n  tenant_id uuid primary key,\n  key text unique\n);":                                                      "",
		"create table a (\n  tenant_id uuid,\n  id uuid,\n  b uuid references b (id),\n  primary key (tenant_id, id)\n);":                  "refers to b",
		"create table a (\n  tenant_id uuid references tenant (tenant_id),\n  id uuid,\n  primary key (tenant_id, id)\n);":                 "",
		"create table a (\n  tenant_id uuid,\n  id uuid,\n  primary key (tenant_id, id),\n  foreign key (b) references b (id)\n);":         "foreign key",
		"create table a (\n  tenant_id uuid,\n  id uuid,\n  primary key (tenant_id, id),\n  unique (email)\n);":                            "across tenants",
		"create unique index i on a (email);":                                                                                              "across tenants",
		"create table a (\n  tenant_id uuid,\n  id bigserial,\n  primary key (tenant_id, id)\n);":                                          "made by the program",
		"create table a (tenant_id uuid, id uuid, primary key (tenant_id, id));":                                                           "understood",
		"create table a (\n  tenant_id uuid,\n  id uuid, -- bigserial, unique (x)\n  primary key (tenant_id, id) -- references b (id)\n);": "",
	} {
		got := strings.Join(faults(sql, []string{"tenant"}), "; ")
		if (got == "") != (want == "") || !strings.Contains(got, want) {
			t.Errorf("%s\ngot %q, want %q", sql, got, want)
		}
	}
}

// What only one of the engines understands, or understands otherwise (design/stack.md 2.2); dates and times are made by the program's clock.
var oneEngine = regexp.MustCompile(`(?i)\bilike\b|\bdate_trunc\b|\w::[a-z]|\bnow\(\)|\bcurrent_timestamp\b|\bjson_each\b|\bany\s*\(\s*\$|\blower\(|\bupper\(|\bdatetime\(|\bstrftime\(|\bifnull\(|\browid\b|\bfor update\b|\bpg_advisory`)

func TestStatementsRunOnBothEngines(t *testing.T) {
	for _, f := range sources(t, ".go") {
		if l, _ := place(path.Dir(f.name)); f.test() || l != store && !strings.HasPrefix(f.name, "internal/platform/job/") {
			continue
		}
		set, a := parse(t, f, 0)
		ast.Inspect(a, func(n ast.Node) bool {
			l, ok := n.(*ast.BasicLit)
			if !ok || l.Kind != token.STRING {
				return true
			}
			s, err := strconv.Unquote(l.Value)
			if err != nil {
				t.Fatal(err)
			}
			if m := oneEngine.FindString(s); m != "" {
				t.Errorf("%s: %q is not the same on SQLite and PostgreSQL", set.Position(l.Pos()), m)
			}
			return true
		})
	}
}
