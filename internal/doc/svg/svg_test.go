// SPDX-License-Identifier: EUPL-1.2

package svg_test

import (
	"encoding/xml"
	"io"
	"math"
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/kupferfaden/kupferfaden/internal/doc/svg"
)

func TestEscapedTextIsWellFormedAndKeepsItsWords(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.OneOf(rapid.String(), rapid.StringOf(rapid.SampledFrom([]rune("<>&'\"]\x00\x08\ufffe ä\U0001F600!-")))).Draw(t, "s")
		d := svg.New(svg.Head{ID: "x", Title: s, Description: s, Width: 10, Height: 10})
		d.Text(svg.Text{Text: s, Size: 10, Paint: d.Ink(), Halo: true})
		dec := xml.NewDecoder(strings.NewReader(d.String()))
		for {
			_, err := dec.Token()
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatalf("%q: %v", s, err)
			}
		}
	})
	if got := svg.Escape(`<b a="1">'&`); got != "&lt;b a=&quot;1&quot;&gt;&#39;&amp;" {
		t.Error(got)
	}
}

func TestNumbersAreShortAndFinite(t *testing.T) {
	for f, want := range map[float64]string{0: "0", 1.5: "1.5", 2: "2", 100: "100", -0.001: "0", 1.005: "1", 12.346: "12.35", math.Inf(1): "0", 1e6: "1000000"} {
		if got := svg.Num(f); got != want {
			t.Errorf("Num(%v) = %s, want %s", f, got, want)
		}
	}
	if svg.Num(math.NaN()) != "0" {
		t.Error("NaN")
	}
}

func TestIDsAreDistinctAndSimple(t *testing.T) {
	simple := regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_-]*$`)
	rapid.Check(t, func(t *rapid.T) {
		a, b := rapid.String().Draw(t, "a"), rapid.String().Draw(t, "b")
		x, y := svg.ID("m", a), svg.ID("m", b)
		if !simple.MatchString(x) {
			t.Fatalf("%q gives %q", a, x)
		}
		if a != b && x == y && strings.ToValidUTF8(a, "\ufffd") != strings.ToValidUTF8(b, "\ufffd") {
			t.Fatalf("%q and %q share %q", a, b, x)
		}
	})
}

func TestWrappedLinesFitAndKeepTheWords(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.StringOf(rapid.SampledFrom([]rune("abc DEi m"))).Draw(t, "s")
		width := rapid.Float64Range(40, 400).Draw(t, "width")
		lines := svg.Wrap(s, 12, width, 0)
		for _, l := range lines {
			if svg.Width(l, 12) > width {
				t.Fatalf("%q is wider than %v", l, width)
			}
		}
		if got := strings.Join(lines, " "); !strings.Contains(got, "…") && got != strings.Join(strings.Fields(s), " ") {
			t.Fatalf("%q became %q", s, got)
		}
		if n := len(svg.Wrap(s, 12, width, 2)); n > 2 {
			t.Fatalf("%d lines, at most 2 asked for", n)
		}
	})
}
