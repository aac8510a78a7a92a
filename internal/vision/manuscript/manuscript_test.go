// SPDX-License-Identifier: EUPL-1.2

package manuscript_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/vision/manuscript"
)

// packed makes a packed file of names and texts.
func packed(t testing.TB, kv ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := 0; i < len(kv); i += 2 {
		w, err := z.Create(kv[i])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, kv[i+1]); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

const word = `<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>`

const wordStyles = `<w:styles xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">
<w:style w:type="paragraph" w:styleId="berschrift2"><w:name w:val="heading 2"/></w:style>
<w:style w:type="paragraph" w:styleId="Eigene"><w:name w:val="Kapitel"/><w:basedOn w:val="berschrift2"/></w:style>
<w:style w:type="paragraph" w:styleId="Verz"><w:name w:val="toc 1"/></w:style></w:styles>`

func docx(t testing.TB, body string, more ...string) []byte {
	return packed(t, append([]string{"word/document.xml", word + body + `</w:body></w:document>`, "word/styles.xml", wordStyles}, more...)...)
}

const odt = `<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><office:body><office:text>`

func codes(m manuscript.Manuscript) (out []string) {
	for _, f := range m.Findings {
		out = append(out, f.Code)
	}
	return out
}

func TestWhatWorkingGroupsWriteIsRead(t *testing.T) {
	want := []manuscript.Block{
		{Kind: manuscript.Heading, Level: 2, Text: "Zusammenhalt"},
		{Kind: manuscript.Paragraph, Text: "Wir wollen eine Stadt & ein Land."},
		{Kind: manuscript.Item, Level: 1, Text: "Kinder"},
		{Kind: manuscript.Item, Level: 2, Text: "Alte"},
	}
	for name, data := range map[string][]byte{
		"text.docx": docx(t, `<w:p><w:pPr><w:pStyle w:val="Verz"/></w:pPr><w:r><w:t>Zusammenhalt 3</w:t></w:r></w:p>
			<w:p><w:pPr><w:pStyle w:val="Eigene"/></w:pPr><w:r><w:t>Zusammen</w:t></w:r><w:r><w:rPr><w:b/></w:rPr><w:t>halt</w:t></w:r></w:p>
			<w:p><w:r><w:t xml:space="preserve">Wir wollen </w:t></w:r><w:r><w:t>eine Stadt &amp; ein Land.</w:t></w:r></w:p><w:p/>
			<w:p><w:pPr><w:numPr><w:ilvl w:val="0"/><w:numId w:val="1"/></w:numPr></w:pPr><w:r><w:t>Kinder</w:t></w:r></w:p>
			<w:p><w:pPr><w:numPr><w:ilvl w:val="1"/><w:numId w:val="1"/></w:numPr></w:pPr><w:r><w:t>Alte</w:t></w:r></w:p>`),
		"text.odt": packed(t, "content.xml", odt+`<text:h text:outline-level="2">Zusammenhalt</text:h><text:p>Wir wollen<text:s/>eine <text:span>Stadt</text:span> &amp; ein Land.</text:p>
			<text:list><text:list-item><text:p>Kinder</text:p><text:list><text:list-item><text:p>Alte</text:p></text:list-item></text:list></text:list-item></text:list></office:text></office:body></office:document-content>`),
		"text.md": []byte("## Zusammenhalt\r\n\r\nWir wollen eine **Stadt** &\nein [Land](https://example.org).\n\n- Kinder\n  - *Alte*\n"),
	} {
		m, err := manuscript.Read(name, data)
		if err != nil || !slices.Equal(m.Blocks, want) {
			t.Errorf("%s: %v %+v", name, err, m.Blocks)
		}
	}
}

func TestWhatIsLeftOutIsNamed(t *testing.T) {
	m, err := manuscript.Read("a.docx", docx(t, `<w:p><w:r><w:t xml:space="preserve">Wir </w:t></w:r><w:del><w:r><w:delText>alle </w:delText></w:r></w:del><w:ins><w:r><w:t>jetzt</w:t></w:r></w:ins><w:r><w:drawing><w:t>Bild</w:t></w:drawing></w:r></w:p>`,
		"word/vbaProject.bin", "macro", "word/_rels/document.xml.rels", `<Relationships><Relationship Type="x/image" TargetMode="External" Target="http://192.0.2.1/"/></Relationships>`))
	if err != nil || len(m.Blocks) != 1 || m.Blocks[0].Text != "Wir jetzt" {
		t.Fatalf("%v %+v", err, m)
	}
	for _, want := range []string{"vision.file.tracked", "vision.file.pictures", "vision.file.macros", "vision.file.external"} {
		if !slices.Contains(codes(m), want) {
			t.Errorf("%s is not said: %v", want, codes(m))
		}
	}
	m, err = manuscript.Read("a.odt", packed(t, "content.xml", odt+`<text:tracked-changes><text:p>weg</text:p></text:tracked-changes><text:p>Da<text:note><text:p>Fuß</text:p></text:note>.</text:p></office:text></office:body></office:document-content>`, "Basic/Standard/x.xml", "<x/>"))
	if err != nil || len(m.Blocks) != 1 || m.Blocks[0].Text != "Da." || !slices.Equal(codes(m), []string{"vision.file.tracked", "vision.file.notes", "vision.file.macros"}) {
		t.Errorf("%v %+v", err, m)
	}
}

func TestHostileFilesAreRefused(t *testing.T) {
	bomb := strings.Repeat("<w:p><w:r><w:t>"+strings.Repeat(" ", 1000)+"</w:t></w:r></w:p>", 20_000)
	for name, c := range map[string]struct {
		data []byte
		code string
	}{
		"bomb":      {docx(t, bomb), "vision.file.bomb"},
		"entity":    {packed(t, "word/document.xml", `<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>`+word+`<w:p><w:r><w:t>&a;</w:t></w:r></w:p></w:body></w:document>`), "vision.file.doctype"},
		"unknown":   {docx(t, `<w:p><w:r><w:t>&a;</w:t></w:r></w:p>`), "vision.file.damaged"},
		"deep":      {docx(t, strings.Repeat("<w:x>", 500)+strings.Repeat("</w:x>", 500)), "vision.file.bomb"},
		"twice":     {packed(t, "word/document.xml", word+`</w:body></w:document>`, "word/document.xml", word+`</w:body></w:document>`), "vision.file.damaged"},
		"cut":       {docx(t, "<w:p>")[:100], "vision.file.damaged"},
		"open":      {packed(t, "word/document.xml", word+"<w:p>"), "vision.file.damaged"},
		"other":     {packed(t, "xl/workbook.xml", "<x/>"), "vision.file.kind"},
		"old word":  {[]byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 doc"), "vision.file.old"},
		"pdf":       {[]byte("%PDF-1.7"), "vision.file.old"},
		"empty":     {docx(t, "<w:p/>"), "vision.file.empty"},
		"paragraph": {docx(t, "<w:p><w:r><w:t>"+strings.Repeat("wort ", 3000)+"</w:t></w:r></w:p>"), "vision.file.paragraph"},
		"long":      {docx(t, strings.Repeat("<w:p><w:r><w:t>x</w:t></w:r></w:p>", 3000)), "vision.file.long"},
	} {
		m, err := manuscript.Read("x.docx", c.data)
		var k *kernel.Error
		if !errors.As(err, &k) || len(k.Findings) != 1 || k.Findings[0].Code != c.code {
			t.Errorf("%s: %v, %d blocks", name, err, len(m.Blocks))
		}
	}
	for name, data := range map[string][]byte{"a.md": []byte("\xff\xfe"), "b.md": []byte("   "), "c.exe": []byte("MZ"), "d.md": make([]byte, manuscript.MostBytes+1)} {
		if _, err := manuscript.Read(name, data); kernel.KindOf(err) != kernel.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestWhatIsWrittenIsReadAgain(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`[A-Za-zäöüß][A-Za-zäöüß ,]{0,30}[a-z.]`)
		var blocks []manuscript.Block
		for range rapid.IntRange(1, 8).Draw(t, "n") {
			b := manuscript.Block{Kind: rapid.SampledFrom([]manuscript.Kind{manuscript.Heading, manuscript.Paragraph, manuscript.Item}).Draw(t, "kind"), Text: strings.Join(strings.Fields(text.Draw(t, "text")), " ")}
			switch b.Kind {
			case manuscript.Heading:
				b.Level = rapid.IntRange(1, 4).Draw(t, "level")
			case manuscript.Item:
				b.Level = rapid.IntRange(1, 3).Draw(t, "level")
			}
			blocks = append(blocks, b)
		}
		m, err := manuscript.ReadMarkdown(manuscript.Markdown(blocks))
		if err != nil || !slices.Equal(m.Blocks, blocks) {
			t.Fatalf("Markdown: %v\n%+v\n%+v", err, blocks, m.Blocks)
		}
		var b bytes.Buffer
		if err := manuscript.WriteDOCX(&b, "Titel <&>", "de", blocks); err != nil {
			t.Fatal(err)
		}
		if m, err = manuscript.Read("a.docx", b.Bytes()); err != nil || !slices.Equal(m.Blocks, blocks) {
			t.Fatalf("DOCX: %v\n%+v\n%+v", err, blocks, m.Blocks)
		}
	})
}

func FuzzRead(f *testing.F) {
	f.Add("a.md", []byte("# Titel\n\n- eins\n- zwei\n\nText *mit* Zeichen."))
	f.Add("a.docx", docx(f, `<w:p><w:r><w:t>Text</w:t></w:r></w:p>`))
	f.Add("a.odt", packed(f, "content.xml", odt+`<text:p>Text</text:p></office:text></office:body></office:document-content>`))
	f.Fuzz(func(t *testing.T, name string, data []byte) {
		m, err := manuscript.Read(name, data)
		if err != nil {
			if kernel.KindOf(err) != kernel.Invalid {
				t.Errorf("%v", err)
			}
			return
		}
		if len(m.Blocks) == 0 {
			t.Error("no error and no text")
		}
		for _, b := range m.Blocks {
			if strings.TrimSpace(b.Text) == "" || strings.ContainsAny(b.Text, "\n\r\x00\u202e") {
				t.Errorf("%q", b.Text)
			}
		}
	})
}

// FuzzDocument reads whatever can stand inside of a Word document.
func FuzzDocument(f *testing.F) {
	f.Add(word + `<w:p><w:pPr><w:pStyle w:val="berschrift2"/></w:pPr><w:r><w:t>a</w:t><w:del><w:r/></w:del></w:r></w:p></w:body></w:document>`)
	f.Fuzz(func(t *testing.T, body string) {
		if _, err := manuscript.Read("a.docx", packed(t, "word/document.xml", body)); err != nil && kernel.KindOf(err) != kernel.Invalid {
			t.Errorf("%v", err)
		}
	})
}
