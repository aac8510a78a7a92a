// SPDX-License-Identifier: EUPL-1.2

package vote

import (
	"strings"
	"testing"
)

// A code that is taken is hashed in one form, however it was typed; one wrong letter is noticed.
func FuzzNormal(f *testing.F) {
	for _, s := range []string{"7K3M-9PQR-2AB", "0000-0000-000", "oooo oooo ooo", "UUUU-UUUU-UUU", "", strings.Repeat("\u00a0", 30), "7K3M\xff9PQR", NewCode()} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		code, ok := Normal(s)
		if !ok {
			return
		}
		for _, typed := range []string{code, strings.ToLower(code), code[:4] + " " + code[4:8] + "-" + code[8:]} {
			if again, fine := Normal(typed); !fine || again != code || len(code) != 11 {
				t.Errorf("%q is %q, and %q is %q", s, code, typed, again)
			}
		}
		for i := range code {
			other := letters[(strings.IndexByte(letters, code[i])+1)%32]
			if _, fine := Normal(code[:i] + string(other) + code[i+1:]); fine {
				t.Errorf("%q with another letter at %d is taken", code, i)
			}
		}
	})
}
