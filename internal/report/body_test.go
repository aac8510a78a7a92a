// SPDX-License-Identifier: EUPL-1.2

package report_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/kupferfaden/kupferfaden/internal/report"
)

func TestPartsOfAChapterAreFoundWithTheirLines(t *testing.T) {
	b := report.ParseBody("# Arbeit\r\n\r\nDie Quote liegt bei {{zahl indikator=sgb2_rate}},\nin A bei {{zahl indikator=sgb2_rate raum=A}}.\n\n{{karte indikator=sgb2_rate}}\n\n" +
		"```diagramm\nindikator=sgb2_rate\nart=linie\n```\n\n- Punkt {{zahl indikator=x}}\n\n| a | b |\n| - | - |\n| {{zahl indikator=y}} | 2 |\n\n`{{zahl indikator=code}}` und \\{{zahl}}\n")
	var got []string
	for _, c := range b.Calls {
		got = append(got, fmt.Sprintf("%d %s", c.Line, c.Key()))
	}
	want := []string{
		"3 figure indicator=sgb2_rate", "4 figure area=A indicator=sgb2_rate", "6 map indicator=sgb2_rate", "8 chart indicator=sgb2_rate type=line",
		"13 figure indicator=x", "17 figure indicator=y",
	}
	if !slices.Equal(got, want) || len(b.Faults) != 0 {
		t.Errorf("%q\nwant %q\nfaults %v", got, want, b.Faults)
	}
	kinds := ""
	for _, x := range b.Blocks {
		if x.Call != nil {
			kinds += string(x.Call.Kind) + " "
		}
	}
	if kinds != "map chart " {
		t.Errorf("blocks: %s", kinds)
	}
}

func TestEveryFaultOfAChapterHasItsLine(t *testing.T) {
	for text, want := range map[string]string{
		"eins\n\n{{karte}":                                        "3 report.call.open file",
		"eins\n\n{{bild}}\n":                                      "3 report.call.unknown file",
		"Satz mit {{karte index}} darin.":                         "1 report.call.inline file",
		"```zahl\nindikator=a\n```":                               "1 report.call.block file",
		"# Eins\n\n### Drei":                                      "3 report.heading.jump file",
		"# Eins\n\n## Zwei\n\n### Drei":                           "5 report.heading.deep file",
		"Text <b>fett</b>":                                        "1 report.html warn",
		"<script>alert(1)</script>\n":                             "1 report.html warn",
		"![Foto](https://example.org/x.png)":                      "1 report.image warn",
		"[hier](javascript:alert(1))":                             "1 report.link warn",
		"- a\n- b {{zahl indikator=}}\n":                          "2 report.call.novalue file",
		"```diagramm\nindikator=a\nfarbe=rot\n```":                "1 report.call.param file",
		"## Zwei zuerst\n\n# Eins danach\n\nmit {{zahl x}} Fault": "1 report.heading.jump file",
	} {
		b := report.ParseBody(text)
		var got []string
		for _, f := range b.Faults {
			got = append(got, fmt.Sprintf("%d %s %s", f.Row, f.Code, f.Outcome))
		}
		if !slices.Contains(got, want) {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestControlCharactersDoNotReachTheReport(t *testing.T) {
	b := report.ParseBody("\ufeffa\x00b\x1b[31mc\u202ed\ue000e")
	if s := string(b.Source); s != "ab[31mcde" {
		t.Errorf("%q", s)
	}
}

func FuzzParseBody(f *testing.F) {
	for _, s := range []string{"# a\n\n{{karte index}}", "{{{{zahl}}", "```karte\n", "- {{zahl indikator=a}}\n\n  > x", "| a |\n|-|\n| {{zahl indikator=a}} |", "[a]: b\n[a]", "\\{{x}}", "{{\n}}"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		b := report.ParseBody(s)
		lines := strings.Count(string(b.Source), "\n") + 1
		for _, c := range b.Calls {
			if c.Line < 1 || c.Line > lines {
				t.Fatalf("%q: line %d of %d", s, c.Line, lines)
			}
		}
		for _, x := range b.Faults {
			if x.Row < 1 || x.Row > lines || x.Code == "" {
				t.Fatalf("%q: %+v", s, x)
			}
		}
	})
}
