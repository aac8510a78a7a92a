// SPDX-License-Identifier: EUPL-1.2

package visiondoc_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kupferfaden/kupferfaden/internal/doc/typst"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/vision"
	"github.com/kupferfaden/kupferfaden/internal/vision/visiondoc"
)

func sheet() visiondoc.Sheet {
	text := func(kind vision.ParagraphKind, level int, s string) vision.Paragraph {
		return vision.Paragraph{Kind: kind, Level: level, Body: kernel.Text{"de": s}}
	}
	list := []vision.Paragraph{
		text(vision.Body, 0, "Vorab: #eval(\"1\") und *Sterne* bleiben, was sie sind."), text(vision.Heading, 1, "Zusammenleben"),
		text(vision.Body, 0, strings.Repeat("Wir sind für alle da. ", 30)), text(vision.Heading, 3, "Nachbarschaft"), text(vision.Item, 1, "Treffpunkte"), text(vision.Item, 2, "ein Garten"),
	}
	return visiondoc.Sheet{
		Town: "Kupferstadt", Title: "Leitbild", Lang: "de", Standing: "Beschlossene Fassung 1", Headline: "Wir halten zusammen", Lead: "Wofür wir stehen",
		Paragraphs: vision.Numbered(list, nil), Read: kernel.Text.String, Lines: "Am Rand: Zeilen", Page: "Seite",
	}
}

// What people wrote stays text, and the file carries the mark for accessible ones: the typesetter refuses one that may not.
func TestATextBecomesAnAccessiblePDF(t *testing.T) {
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = t.TempDir()
	}
	pdf, err := visiondoc.PDF(t.Context(), typst.NewInProcess(filepath.Join(cache, "kupferfaden")), sheet())
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.HasPrefix(pdf, []byte("%PDF-")) || !bytes.Contains(pdf, []byte("pdfuaid")) {
		t.Errorf("%d bytes without the mark", len(pdf))
	}
	if out := os.Getenv("VISION_PDF"); out != "" {
		if err := os.WriteFile(out, pdf, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

type reading struct{ main string }

func (r *reading) Typeset(_ context.Context, d typst.Document) ([]byte, error) {
	r.main = d.Main
	return nil, nil
}

func TestLinesAreThoseOfThePages(t *testing.T) {
	var r reading
	if _, err := visiondoc.PDF(t.Context(), &r, sheet()); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"#line-at(1)", "#line-at(3)", "#line-at(5)", "#line-at(10)", "=== "} {
		if !strings.Contains(r.main, want) {
			t.Errorf("%s is missing in\n%s", want, r.main)
		}
	}
	if strings.Contains(r.main, "#eval(\"") || strings.Contains(r.main, "==== ") {
		t.Errorf("what was typed became markup, or a heading jumps:\n%s", r.main)
	}
}
