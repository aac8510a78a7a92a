// SPDX-License-Identifier: EUPL-1.2

package contribution

import (
	"crypto/rand"
	"strings"

	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// A receipt code (Vorgangscode) is 50 random bits as ten signs that people do not mix up, and a check sign that finds every single mistake in
// typing: "7K3M-Q9TX-4HB". Whoever has it may read, correct and withdraw the contribution; the town keeps a keyed hash.

// codeSigns leaves out I, L, O and U.
const codeSigns = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

// codeLength is without the check sign.
const codeLength = 10

// newCode makes a code as it is shown.
func newCode() string {
	var b [codeLength]byte
	_, _ = rand.Read(b[:]) // crypto/rand.Read never fails (Go 1.24)
	code := make([]byte, 0, codeLength+1)
	for _, x := range b {
		code = append(code, codeSigns[x&31])
	}
	return showCode(string(append(code, checkSign(string(code)))))
}

func showCode(s string) string { return s[:4] + "-" + s[4:8] + "-" + s[8:] }

// checkSign is that of Luhn's method in base 32.
func checkSign(code string) byte {
	sum, double := 0, true
	for i := len(code) - 1; i >= 0; i-- {
		v := strings.IndexByte(codeSigns, code[i])
		if double {
			v *= 2
		}
		sum += v/32 + v%32
		double = !double
	}
	return codeSigns[(32-sum%32)%32]
}

// ParseCode reads a code however it was typed and gives it as it is shown; ok is false for one that cannot be right.
func ParseCode(s string) (code string, ok bool) {
	if len(s) > 100 {
		return "", false
	}
	s = strings.Map(func(r rune) rune {
		switch {
		case r == 'O':
			return '0'
		case r == 'I', r == 'L':
			return '1'
		case r < 128 && strings.IndexByte(codeSigns, byte(r)) >= 0:
			return r
		case r == ' ', r == '-', r == '.', r == '\t', r == '–':
			return -1
		}
		return '?'
	}, strings.ToUpper(s))
	if len(s) != codeLength+1 || strings.Contains(s, "?") || checkSign(s[:codeLength]) != s[codeLength] {
		return "", false
	}
	return showCode(s), true
}

// codeHash is the form in which a code is kept.
func (s *Service) codeHash(tenant kernel.ID, code string) string {
	return s.Secret.Mark("contribution.receipt", string(tenant)+" "+code)
}
