// SPDX-License-Identifier: EUPL-1.2

package i18n

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

func TestABrokenFileCostsOnlyItsOwnKeys(t *testing.T) {
	c := read(fstest.MapFS{
		"catalogue/de/a.yaml": {Data: []byte("a.one: \"Eins\"\na.two: {one: \"{n} Raum\", other: \"{n} Räume\", leicht: \"{n} Teile\"}\n")},
		"catalogue/de/b.yaml": {Data: []byte("b.one: \"unfinished {name\"\nb.two: \"Zwei\"\nb.three: {one: \"x\"}\na.one: \"again\"\nb.four: \"{n:colour}\"\n")},
		"catalogue/de/c.yaml": {Data: []byte("c: [")},
	})
	if c.err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{"b.one: placeholder without end", "b.three: line 3: the form other is missing", "a.one: stands twice", "unknown form \"colour\"", "c.yaml"} {
		if !strings.Contains(c.err.Error(), want) {
			t.Errorf("error does not say %q: %v", want, c.err)
		}
	}
	p := &Printer{lang: "de", register: kernel.Leicht, messages: c.messages["de"], fallback: c.messages["de"]}
	if p.T("b.two") != "Zwei" || p.T("a.two", "n", 3) != "3 Teile" || p.Missed("a.two") || p.T("b.one") != "b.one" {
		t.Errorf("%q %q %q", p.T("b.two"), p.T("a.two", "n", 3), p.T("b.one"))
	}
}

func FuzzSegments(f *testing.F) {
	for _, s := range []string{"", "Räume", "{n} Räume", "{{literal}", "{", "}", "{a:bytes}{b:plain}", "{a:", "x{y}z{"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		segs, err := parseSegments(s)
		if err != nil {
			return
		}
		var b strings.Builder
		for _, seg := range segs {
			switch {
			case seg.param == "" && seg.text == "{":
				b.WriteString("{{")
			case seg.text != "":
				b.WriteString(seg.text)
			default:
				b.WriteString("{" + seg.param)
				if seg.form != "" {
					b.WriteString(":" + seg.form)
				}
				b.WriteString("}")
			}
		}
		if strings.ReplaceAll(b.String(), ":}", "}") != strings.ReplaceAll(s, ":}", "}") {
			t.Fatalf("%q came back as %q", s, b.String())
		}
	})
}
