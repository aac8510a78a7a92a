// SPDX-License-Identifier: EUPL-1.2

package reportdoc_test

import (
	"bytes"
	"context"
	"io"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/kupferfaden/kupferfaden/internal/doc/typst"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/report"
	"github.com/kupferfaden/kupferfaden/internal/report/reportdoc"
)

var press = reportdoc.Press{Words: words}

// hostile is what somebody may call an area, a chapter or a town: markup of every language a report passes through.
const hostile = "</style><script>alert(1)</script>\"'><img src=x onerror=y> #panic(\"x\") *a* _b_ $c$ @d <e> `f` \\ = - + // [g](javascript:h) ]) #let x = 1 {{zahl}} 🦊"

func render(t *testing.T, d *report.Document) (page, book string) {
	t.Helper()
	var a, b bytes.Buffer
	if err := press.HTML(t.Context(), &a, d, nil); err != nil {
		t.Fatal(err)
	}
	if err := press.XLSX(t.Context(), &b, d, nil); err != nil {
		t.Fatal(err)
	}
	return a.String(), b.String()
}

func TestTheSameDocumentGivesTheSameBytes(t *testing.T) {
	page, book := render(t, fixture(12))
	again, bookAgain := render(t, fixture(12))
	if page != again || book != bookAgain {
		t.Error("two writings differ")
	}
}

// wild puts hostile texts wherever a person's words go.
func wild(n int) *report.Document {
	d := fixture(n)
	d.Edition.Title = kernel.T("Bericht "+hostile, "")
	d.Meta.Town, d.Meta.Areas, d.Meta.Method = hostile, hostile, hostile
	for key, p := range d.Parts {
		p.Title, p.Alt, p.Text, p.Facts.Source, p.Facts.Note = hostile, hostile, hostile, hostile, hostile
		for i := range p.Profiles {
			p.Profiles[i].Name, p.Profiles[i].Alt = hostile, hostile
			p.Profiles[i].Facts[0] = report.Definition{Term: hostile, Text: hostile}
		}
		if p.Map != nil {
			p.Map.Legend, p.Map.Classes[0] = hostile, hostile
			p.Map.Areas[0].Name, p.Map.Areas[0].Value = hostile, hostile
		}
		if p.Table != nil {
			p.Table.Columns[0].Text = hostile
			p.Table.Rows[0][0].Text = hostile
		}
		d.Parts[key] = p
	}
	list := []report.Chapter{{ID: "w", Position: 1, Title: hostile, Body: "Text " + hostile + "\n\n<script>alert(2)</script>\n\n[x](javascript:alert(3)) [y](https://example.org/?a=1&b=\"><b>)\n\n" + d.Chapters[0].Body}, {ID: "v", Position: 2, Title: "V", Body: d.Chapters[1].Body}}
	return report.Assemble(d.Edition, d.Meta, list, d.Parts, d.Outlines)
}

func TestNothingTypedBecomesMarkup(t *testing.T) {
	page, _ := render(t, wild(4))
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for n := range root.Descendants() {
		switch {
		case n.Type == html.TextNode && strings.Contains(n.Data, "alert(1)"):
			found++
		case n.Type != html.ElementNode:
		case n.Data == "script", n.Data == "img", n.Data == "e":
			t.Errorf("the page holds a %s", n.Data)
		default:
			for _, a := range n.Attr {
				if strings.HasPrefix(a.Key, "on") || a.Key == "href" && strings.HasPrefix(strings.ToLower(a.Val), "javascript:") {
					t.Errorf("%s %s=%q", n.Data, a.Key, a.Val)
				}
			}
		}
	}
	if found < 10 {
		t.Errorf("the words themselves stand only %d times on the page", found)
	}
}

func TestTheTypesetterTakesAnyTextAndFindsTheReportAccessible(t *testing.T) {
	if !typst.Available() {
		t.Skip("the program is built without the typesetter: make assets")
	}
	ts := typst.NewInProcess("")
	defer ts.Close()
	d := wild(3)
	// Characters that the fonts lack are named by the check; here they would only hide what is tested.
	for key, p := range d.Parts {
		if p.Map != nil {
			p.Map.Areas[0].Name = "x"
			d.Parts[key] = p
		}
	}
	for name, d := range map[string]*report.Document{"plain": fixture(3), "hostile": cleaned(d)} {
		doc, err := reportdoc.Typst(t.Context(), d, words("de"), nil)
		if err != nil {
			t.Fatal(err)
		}
		pdf, err := ts.Typeset(t.Context(), doc) // fails where Preflight finds something
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if findings, err := typst.Preflight(pdf, doc); err != nil || len(findings) > 0 {
			t.Errorf("%s: %v %v", name, err, findings)
		}
		for _, want := range []string{"/Caption", "/Table", "/Figure", "/TOC"} {
			if !bytes.Contains(pdf, []byte(want)) && !bytes.Contains(pdf, []byte("ObjStm")) {
				t.Errorf("%s: no %s among the tags", name, want)
			}
		}
	}
}

// cleaned removes the one character no font of the report has.
func cleaned(d *report.Document) *report.Document {
	list := []report.Chapter{}
	for _, n := range d.Chapters {
		c := n.Chapter
		c.Title, c.Body = strings.ReplaceAll(c.Title, "🦊", ""), strings.ReplaceAll(c.Body, "🦊", "")
		list = append(list, c)
	}
	strip := func(s *string) { *s = strings.ReplaceAll(*s, "🦊", "") }
	d.Edition.Title = kernel.T(strings.ReplaceAll(d.Edition.Name(), "🦊", ""), "")
	strip(&d.Meta.Town)
	strip(&d.Meta.Areas)
	strip(&d.Meta.Method)
	for key, p := range d.Parts {
		for _, s := range []*string{&p.Title, &p.Alt, &p.Text, &p.Facts.Source, &p.Facts.Note} {
			strip(s)
		}
		for i := range p.Profiles {
			strip(&p.Profiles[i].Name)
			strip(&p.Profiles[i].Alt)
			strip(&p.Profiles[i].Facts[0].Term)
			strip(&p.Profiles[i].Facts[0].Text)
		}
		if p.Map != nil {
			strip(&p.Map.Legend)
			strip(&p.Map.Classes[0])
			strip(&p.Map.Areas[0].Value)
		}
		if p.Table != nil {
			strip(&p.Table.Columns[0].Text)
			strip(&p.Table.Rows[0][0].Text)
		}
		d.Parts[key] = p
	}
	return report.Assemble(d.Edition, d.Meta, list, d.Parts, d.Outlines)
}

func TestProfilesStandAloneOnPagesOfTheirOwn(t *testing.T) {
	d := fixture(40)
	n := d.Chapters[1]
	href := func(key string) string { return "/p/" + key }
	var b bytes.Buffer
	if err := reportdoc.Chapter(t.Context(), &b, d, n, words("de"), reportdoc.Options{Level: 1, Untitled: true, ProfileHref: href}); err != nil {
		t.Fatal(err)
	}
	if strings.Count(b.String(), `href="/p/`) != 40 || strings.Contains(b.String(), "kfr-profile\"") {
		t.Error("the index of the profiles is not an index")
	}
	b.Reset()
	if err := reportdoc.Chapter(t.Context(), &b, d, n, words("de"), reportdoc.Options{Level: 1, Untitled: true, ProfileHref: href, Profile: "00000007"}); err != nil {
		t.Fatal(err)
	}
	if strings.Count(b.String(), "<article") != 1 || !strings.Contains(b.String(), "Planungsraum 7<") {
		t.Error("not the one profile asked for")
	}
	err := reportdoc.Chapter(t.Context(), &b, d, n, words("de"), reportdoc.Options{Level: 1, ProfileHref: href, Profile: "nein"})
	if kernel.KindOf(err) != kernel.NotFound {
		t.Errorf("a profile that is not there: %v", err)
	}
}

// 542 areas, 15 indicators, ten years: the planning areas of Berlin.
func BenchmarkReport542HTML(b *testing.B) {
	d := fixture(542)
	b.ReportAllocs()
	for b.Loop() {
		if err := press.HTML(context.Background(), io.Discard, d, nil); err != nil {
			b.Fatal(err)
		}
	}
}
