// SPDX-License-Identifier: EUPL-1.2

package main

import (
	"strings"
	"testing"
)

func TestSummary(t *testing.T) {
	for _, c := range []struct {
		name, in, want string
		failed         bool
	}{
		{"parts are counted, not their parent", `{"Action":"run","Package":"p","Test":"A"}
{"Action":"run","Package":"p","Test":"A/x"}
{"Action":"run","Package":"p","Test":"A/y"}
{"Action":"pass","Package":"p","Test":"A/x"}
{"Action":"output","Package":"p","Test":"A/y","Output":"    each.go:7: no server\n"}
{"Action":"skip","Package":"p","Test":"A/y"}
{"Action":"pass","Package":"p","Test":"A"}
{"Action":"pass","Package":"p","Elapsed":1.25}
`, "ok       1.2s     2 tests  p\nskipped 1: no server\n1 passed, 0 failed, 1 skipped\n", false},
		{"a failure shows its output", `{"Action":"run","Package":"p","Test":"A"}
{"Action":"output","Package":"p","Test":"A","Output":"    a_test.go:1: wrong\n"}
{"Action":"fail","Package":"p","Test":"A"}
{"Action":"fail","Package":"p","Elapsed":0.1}
`, "    a_test.go:1: wrong\nFAIL     0.1s     1 tests  p\n0 passed, 1 failed, 0 skipped\n", true},
		{"a package that does not build is a failure", `{"ImportPath":"p","Action":"build-output","Output":"p.go:1: syntax\n"}
{"ImportPath":"p","Action":"build-fail"}
{"Action":"fail","Package":"p"}
`, "p.go:1: syntax\nFAIL     0.0s     0 tests  p\n0 passed, 1 failed, 0 skipped\n", true},
		{"a panic is a failure with its output", `{"Action":"run","Package":"p","Test":"A"}
{"Action":"output","Package":"p","Test":"A","Output":"panic: oh\n"}
{"Action":"fail","Package":"p","Elapsed":0.1}
`, "panic: oh\nFAIL     0.1s     0 tests  p\n0 passed, 1 failed, 0 skipped\n", true},
		{"what is not JSON is passed on", "go: no such module\n", "go: no such module\n0 passed, 0 failed, 0 skipped\n", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			var b strings.Builder
			s := newSummary(&b)
			if err := s.read(strings.NewReader(c.in)); err != nil {
				t.Fatal(err)
			}
			if failed := s.finish(); failed != c.failed || b.String() != c.want {
				t.Errorf("failed %v, want %v; got\n%s\nwant\n%s", failed, c.failed, b.String(), c.want)
			}
		})
	}
}
