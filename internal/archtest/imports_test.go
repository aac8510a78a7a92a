// SPDX-License-Identifier: EUPL-1.2

package archtest_test

import (
	"fmt"
	"go/parser"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// chain is the order of the capabilities: each may import the earlier ones, none a later one.
var chain = []string{
	"tenant", "notice", "account", "trail", "approval", "privacy", "inbox", "area", "indicator", "release", "analysis", "actor", "participation", "contribution", "vote", "event", "group", "survey", "finding",
	"vision", "goal", "measure", "finance", "council", "register", "review", "thread", "atlas", "report", "region", "opendata", "desk",
}

// layer is what a package is in the table of imports.
type layer string

const (
	public     layer = "stat, geo, table" // usable by anyone, imports nothing of internal
	kernel     layer = "kernel"
	access     layer = "access"
	capability layer = "capability"
	store      layer = "<name>db"
	pages      layer = "<name>web, <name>api"
	platform   layer = "platform"
	doc        layer = "doc"
	web        layer = "web"
	whole      layer = "app, demo, cmd" // wires everything
	testsOnly  layer = "tests"          // imported by tests only
	unknown    layer = "unknown"
)

// place says in which layer a package lies and, for a capability and its adapters, to which one it belongs. pkg is the path below the module.
func place(pkg string) (l layer, name string) {
	first, rest, _ := strings.Cut(pkg, "/")
	switch first {
	case "stat", "geo", "table":
		return public, first
	case "cmd", "scripts":
		return whole, ""
	case "internal":
	default:
		return unknown, ""
	}
	name, rest, _ = strings.Cut(rest, "/")
	adapter, _, _ := strings.Cut(rest, "/")
	switch {
	case name == "kernel":
		return kernel, ""
	case name == "access":
		return access, ""
	case name == "platform":
		return platform, ""
	case name == "doc":
		return doc, ""
	case name == "web":
		return web, ""
	case name == "app", name == "demo":
		return whole, ""
	case name == "archtest", name == "journey", name == "testdata":
		return testsOnly, ""
	case !slices.Contains(chain, name):
		return unknown, ""
	case adapter == name+"db":
		return store, name
	case adapter == name+"web", adapter == name+"api", adapter == name+"doc": // doc: the capability's documents
		return pages, name
	}
	return capability, name
}

// allowed is the table of design and docs/architecture.md: may a package at from import one at to?
func allowed(from, to string) error {
	l, name := place(from)
	toLayer, toName := place(to)
	earlier := func(andOwn bool) bool {
		i, j := slices.Index(chain, name), slices.Index(chain, toName)
		return j < i || andOwn && j == i
	}
	sameFamily := path.Dir(from) == path.Dir(to) && strings.HasPrefix(path.Base(to), name)
	ok := false
	switch l {
	case public:
		ok = toLayer == public && (name == toName || name == "table" || toName == "stat")
	case kernel:
	case access:
		ok = toLayer == kernel
	case capability:
		ok = slices.Contains([]layer{kernel, access, public}, toLayer) || toLayer == capability && (earlier(false) || name == toName)
	case store:
		ok = toLayer == kernel || to == "internal/platform/db" || toLayer == capability && earlier(true) || toLayer == access || toLayer == public || sameFamily && toLayer == store
	case pages:
		ok = slices.Contains([]layer{kernel, access, web, doc, public}, toLayer) || toLayer == capability && earlier(true) ||
			toLayer == pages && earlier(true) || to == "internal/platform/i18n" // the words of the pages
	case platform:
		ok = toLayer == kernel || toLayer == platform
	case doc:
		ok = slices.Contains([]layer{kernel, public, doc}, toLayer)
	case web:
		ok = slices.Contains([]layer{kernel, access, platform, web}, toLayer)
	case whole:
		ok = toLayer != testsOnly && (to != "internal/app" || from == "internal/demo" || from == "scripts/fixture" || strings.HasPrefix(from, "cmd/"))
	case testsOnly:
		ok = true
	}
	if !ok {
		return fmt.Errorf("%s (%s) may not import %s (%s)", from, l, to, toLayer)
	}
	return nil
}

func TestImportsPointOneWay(t *testing.T) {
	for _, f := range sources(t, ".go") {
		pkg := path.Dir(f.name)
		l, _ := place(pkg)
		if l == unknown {
			t.Errorf("%s: the package has no place in the architecture", f.name)
			continue
		}
		if f.test() || l == testsOnly {
			continue
		}
		_, a := parse(t, f, parser.ImportsOnly)
		for _, i := range a.Imports {
			to, err := strconv.Unquote(i.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			if l == capability && (to == "database/sql" || to == "net/http" || strings.HasPrefix(to, "net/http/")) {
				t.Errorf("%s: a capability imports %s; what it needs of the outside it declares as a small interface", f.name, to)
			}
			if l == kernel && strings.Contains(strings.SplitN(to, "/", 2)[0], ".") {
				t.Errorf("%s: the kernel imports %s; it has the standard library only", f.name, to)
			}
			if own, ok := strings.CutPrefix(to, module); ok {
				if err := allowed(pkg, own); err != nil {
					t.Errorf("%s: %v", f.name, err)
				}
			}
		}
	}
}

// A test of the rules themselves, so that a slip in them does not let everything through.
func TestTheTableOfImports(t *testing.T) {
	for _, c := range []struct {
		from, to string
		ok       bool
	}{
		{"stat/index", "stat/rank", true},
		{"stat/index", "internal/kernel", false},
		{"geo/topology", "geo/locate", true},
		{"table", "internal/kernel", false},
		{"internal/kernel", "internal/access", false},
		{"internal/access", "internal/kernel", true},
		{"internal/access", "internal/tenant", false},
		{"internal/area", "internal/tenant", true},
		{"internal/area", "internal/indicator", false},
		{"internal/area", "geo/crs", true},
		{"internal/area", "internal/platform/db", false},
		{"internal/area", "internal/web", false},
		{"internal/area", "internal/area/areadb", false},
		{"internal/area", "internal/doc/chart", false},
		{"internal/area/areadb", "internal/area", true},
		{"internal/area/areadb", "internal/platform/db", true},
		{"internal/area/areadb", "internal/platform/job", false},
		{"internal/area/areadb", "internal/tenant/tenantdb", false},
		{"internal/area/areadb", "internal/web", false},
		{"internal/area/areaweb", "internal/area", true},
		{"internal/area/areaweb", "internal/web", true},
		{"internal/area/areaweb", "internal/doc/mapsvg", true},
		{"internal/area/areaweb", "internal/area/areadb", false},
		{"internal/area/areaweb", "internal/inbox/inboxweb", true},
		{"internal/area/areaweb", "internal/indicator", false},
		{"internal/area/areaweb", "internal/indicator/indicatorweb", false},
		{"internal/area/areaweb", "internal/platform/db", false},
		{"internal/platform/job", "internal/platform/db", true},
		{"internal/platform/job", "internal/tenant", false},
		{"internal/doc/chart", "internal/platform/db", false},
		{"internal/web", "internal/platform/i18n", true},
		{"internal/web", "internal/area", false},
		{"internal/app", "internal/area/areaweb", true},
		{"internal/demo", "internal/app", true},
		{"internal/report", "internal/atlas", true},
		{"internal/atlas", "internal/report", false},
		{"cmd/kupferfaden", "internal/app", true},
		{"cmd/kupferfaden", "internal/testdata", false},
		{"internal/app", "internal/testdata", false},
	} {
		if err := allowed(c.from, c.to); (err == nil) != c.ok {
			t.Errorf("%s importing %s: allowed %v, want %v", c.from, c.to, err == nil, c.ok)
		}
	}
}
