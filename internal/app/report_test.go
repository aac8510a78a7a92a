// SPDX-License-Identifier: EUPL-1.2

package app_test

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/app"
	"github.com/kupferfaden/kupferfaden/internal/doc/typst"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/report"
	"github.com/kupferfaden/kupferfaden/internal/report/reportdoc"
)

// paperless stands for the typesetter: what it is given is what the PDF would show.
type paperless struct{}

func (paperless) Typeset(_ context.Context, d typst.Document) ([]byte, error) {
	return []byte("%PDF-1.7 " + d.Main), nil
}

// reporting gives a town with twelve areas, two dates of figures, all published, and an index.
func reporting(t *testing.T, a *app.App, who access.Actor) report.Edition {
	t.Helper()
	ctx := context.Background()
	p := a.Reports.Press.(reportdoc.Press)
	p.Typesetter = paperless{}
	a.Reports.Press = p
	run, err := a.Analysis.Run(ctx, who, handbook(t, a, who))
	if err != nil {
		t.Fatal(err)
	}
	publishAll(t, a, who)
	if err := a.Analysis.Publish(ctx, who, run.ID, access.Public, ""); err != nil {
		t.Fatal(err)
	}
	return report.Edition{Key: "2020", Title: kernel.T("Sozialbericht 2020", ""), Settings: report.Settings{
		Language: "de", Level: "raum", AreaEdition: "2018", Period: kernel.On("2020-12-31"), Compare: kernel.On("2018-12-31"), Method: "berlin-mss-2019", Audience: access.Public,
	}}
}

// build writes an edition and gives its files by name.
func build(t *testing.T, a *app.App, who access.Actor, key string) map[string]string {
	t.Helper()
	dir := t.TempDir()
	names, err := a.Reports.Build(context.Background(), who, key, dir, access.Public, nil)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for _, n := range names {
		b, err := os.ReadFile(n)
		if err != nil {
			t.Fatal(err)
		}
		files[filepath.Base(n)] = string(b)
	}
	if len(files) != 3 {
		t.Fatalf("%v", names)
	}
	return files
}

// unzipped joins the parts of a workbook.
func unzipped(t *testing.T, file string) string {
	t.Helper()
	z, err := zip.NewReader(strings.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(&b, r); err != nil {
			t.Fatal(err)
		}
	}
	return b.String()
}

func TestAFrozenReportStaysWhateverIsImportedLater(t *testing.T) {
	each(t, func(t *testing.T, a *app.App, who access.Actor) {
		ctx := context.Background()
		e, err := a.Reports.CreateFromTemplate(ctx, who, reporting(t, a, who))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := a.Reports.Release(ctx, who, e.Key, access.Public, "Beschluss", nil); err != nil {
			t.Fatal(err)
		}
		first := build(t, a, who, e.Key)
		if !strings.Contains(first["report.html"], "11.290") || strings.Contains(first["report.html"], "Entwurf") {
			t.Error("the report lacks a figure, or calls itself a draft")
		}
		// A correction, a retraction of everything, other borders' worth of figures, and a withdrawal.
		deliver(t, a, who, "2020-12-31", three, strings.Replace(after, "A01;2,8", "A01;77,7", 1))
		deliveries, err := a.Indicators.Deliveries(ctx, who)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range deliveries {
			if _, err := a.Indicators.Retract(ctx, who, d.ID, "alles falsch"); err != nil {
				t.Fatal(err)
			}
		}
		// A service without gate, areas, analysis and memory draws it again from what was frozen.
		fresh := &report.Service{Store: a.Reports.Store, Press: a.Reports.Press, Words: a.Reports.Words}
		dir := t.TempDir()
		for _, kind := range report.FileKinds {
			f, err := os.Create(filepath.Join(dir, kind.Name()))
			if err != nil {
				t.Fatal(err)
			}
			if err := fresh.Write(ctx, who, e.Key, kind, f, nil); err != nil {
				t.Fatal(err)
			}
			if err := f.Close(); err != nil {
				t.Fatal(err)
			}
			b, err := os.ReadFile(f.Name())
			if err != nil || string(b) != first[kind.Name()] {
				t.Errorf("%s changed (%d bytes, were %d): %v", kind, len(b), len(first[kind.Name()]), err)
			}
		}
		again := build(t, a, who, e.Key)
		for name := range first {
			if again[name] != first[name] {
				t.Errorf("%s is not the same in a second build", name)
			}
		}
	})
}

func TestAFrozenReportCannotBeChangedButCopied(t *testing.T) {
	each(t, func(t *testing.T, a *app.App, who access.Actor) {
		ctx := context.Background()
		e, err := a.Reports.CreateFromTemplate(ctx, who, reporting(t, a, who))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := a.Reports.Freeze(ctx, who, e.Key, nil); err != nil {
			t.Fatal(err)
		}
		e, nodes, err := a.Reports.Chapters(ctx, who, e.Key)
		if err != nil || !e.Frozen() {
			t.Fatal(err)
		}
		_, addErr := a.Reports.AddChapter(ctx, who, e.Key, report.Chapter{Title: "Neu"})
		_, freezeErr := a.Reports.Freeze(ctx, who, e.Key, nil)
		for what, err := range map[string]error{
			"save": a.Reports.Save(ctx, who, e), "chapter": a.Reports.SaveChapter(ctx, who, e.Key, nodes[0].Chapter), "add": addErr, "freeze": freezeErr,
			"move": a.Reports.MoveChapter(ctx, who, e.Key, nodes[0].ID, 1), "delete chapter": a.Reports.DeleteChapter(ctx, who, e.Key, nodes[0].ID),
			"delete": a.Reports.Delete(ctx, who, e.Key),
		} {
			if kernel.KindOf(err) != kernel.Conflict {
				t.Errorf("%s: %v", what, err)
			}
		}
		to := e
		to.Key = "2020-2"
		if _, err := a.Reports.Copy(ctx, who, e.Key, to); err != nil {
			t.Fatal(err)
		}
		copied, list, err := a.Reports.Chapters(ctx, who, "2020-2")
		if err != nil || copied.Frozen() || len(list) != len(nodes) || len(list[3].Children) != len(nodes[3].Children) || list[1].Body != nodes[1].Body {
			t.Errorf("copy: %v, %d chapters", err, len(list))
		}
		if _, err := a.Reports.Copy(ctx, who, e.Key, to); kernel.KindOf(err) != kernel.Conflict {
			t.Errorf("a key twice: %v", err)
		}
		if err := a.Reports.Delete(ctx, who, "2020-2"); err != nil {
			t.Error(err)
		}
	})
}

func TestTwoPeopleDoNotOverwriteEachOther(t *testing.T) {
	each(t, func(t *testing.T, a *app.App, who access.Actor) {
		ctx := context.Background()
		e, err := a.Reports.Create(ctx, who, reporting(t, a, who))
		if err != nil {
			t.Fatal(err)
		}
		c, err := a.Reports.AddChapter(ctx, who, e.Key, report.Chapter{Title: "Eins"})
		if err != nil {
			t.Fatal(err)
		}
		mine, theirs := c, c
		mine.Body, theirs.Body = "meins", "ihrs"
		if err := a.Reports.SaveChapter(ctx, who, e.Key, mine); err != nil {
			t.Fatal(err)
		}
		if err := a.Reports.SaveChapter(ctx, who, e.Key, theirs); kernel.KindOf(err) != kernel.Conflict {
			t.Errorf("the second saving: %v", err)
		}
		_, nodes, err := a.Reports.Chapters(ctx, who, e.Key)
		if err != nil || nodes[0].Body != "meins" {
			t.Errorf("%v %+v", err, nodes)
		}
		for i, title := range []string{"Zwei", "Drei"} {
			if _, err := a.Reports.AddChapter(ctx, who, e.Key, report.Chapter{Title: title, ParentID: []kernel.ID{"", c.ID}[i]}); err != nil {
				t.Fatal(err)
			}
		}
		if err := a.Reports.MoveChapter(ctx, who, e.Key, c.ID, 1); err != nil {
			t.Fatal(err)
		}
		_, nodes, err = a.Reports.Chapters(ctx, who, e.Key)
		if err != nil || nodes[0].Title != "Zwei" || nodes[1].Title != "Eins" || nodes[1].Children[0].Number != "1.1" {
			t.Errorf("%v %+v", err, nodes)
		}
		if err := a.Reports.DeleteChapter(ctx, who, e.Key, c.ID); kernel.KindOf(err) != kernel.Invalid {
			t.Errorf("a chapter with sections: %v", err)
		}
	})
}

func TestFreezingNamesEveryReasonWithChapterAndLine(t *testing.T) {
	each(t, func(t *testing.T, a *app.App, who access.Actor) {
		ctx := context.Background()
		e, err := a.Reports.Create(ctx, who, reporting(t, a, who))
		if err != nil {
			t.Fatal(err)
		}
		body := "Im Brennpunkt leben {{zahl indikator=pop_totall}} Menschen.\n\n{{karte indikator=hze_rate}}\n\n{{zahl indikator=pop_total raum=ZZ}}\n\n{{karte indikator=pop_total zeit=1999}}\n\n{{bild}}\n\n{{diagramm indikator=pop_total,unemp_sgb2_share}}\n\nEin Fuchs: 🦊"
		if _, err := a.Reports.AddChapter(ctx, who, e.Key, report.Chapter{Title: "Lage", Body: body}); err != nil {
			t.Fatal(err)
		}
		_, err = a.Reports.Freeze(ctx, who, e.Key, nil)
		var k *kernel.Error
		if !errors.As(err, &k) || k.Key != "report.freeze.refused" {
			t.Fatal(err)
		}
		var got []string
		for _, f := range k.Findings {
			got = append(got, fmt.Sprintf("%s:%d %s", f.File, f.Row, f.Code))
		}
		for _, want := range []string{
			"Kapitel 0 Lage:1 report.indicator.unknown", "Kapitel 0 Lage:3 report.nofigures", "Kapitel 0 Lage:5 report.area.unknown", "Kapitel 0 Lage:7 report.noperiod",
			"Kapitel 0 Lage:9 report.call.unknown", "Kapitel 0 Lage:11 report.chart.units", "Kapitel 0 Lage:1 report.word",
		} {
			if !slices.Contains(got, want) {
				t.Errorf("%s is missing in %q", want, got)
			}
		}
		if typst.Available() && !slices.Contains(got, "Kapitel 0 Lage:13 report.glyph") {
			t.Errorf("a character that no font has: %q", got)
		}
		if again, _, err := a.Reports.Chapters(ctx, who, e.Key); err != nil || again.Frozen() {
			t.Errorf("a refused edition is frozen: %v", err)
		}
		files := build(t, a, who, e.Key) // a draft is built all the same, and says what is missing
		if !strings.Contains(files["report.html"], "Entwurf") || !strings.Contains(files["report.html"], "pop_totall") || !strings.Contains(files["report.pdf"], "Entwurf") {
			t.Error("the draft does not say what it is")
		}
	})
}

// The counts of A02 and A05 are below what may be published; no output may carry them or a rate made of them.
const secret = `Raum;Z;N
A01;120;1012
A02;61;83
A03;240;1515
A04;310;1616
A05;67;89
A06;515;1717
`

func TestWithheldFiguresReachNoOutput(t *testing.T) {
	each(t, func(t *testing.T, a *app.App, who access.Actor) {
		ctx := context.Background()
		p := a.Reports.Press.(reportdoc.Press)
		p.Typesetter = paperless{}
		a.Reports.Press = p
		grid(t, a, who, 6)
		deliver(t, a, who, "2020-12-31", "  Z: {indicator: sgb2_rate, part: numerator}\n  N: {indicator: sgb2_rate, part: denominator}\n", secret)
		publishAll(t, a, who)
		e, err := a.Reports.Create(ctx, who, report.Edition{Key: "g", Title: kernel.T("G", ""), Settings: report.Settings{
			Language: "de", Level: "raum", AreaEdition: "2018", Period: kernel.On("2020-12-31"), Audience: access.Public,
		}})
		if err != nil {
			t.Fatal(err)
		}
		body := "In A02 sind es {{zahl indikator=sgb2_rate raum=A02}}, gezählt {{zahl indikator=sgb2_rate raum=A02 teil=zähler}}; {{zahl indikator=sgb2_rate teil=spanne}}.\n\n" +
			"{{karte indikator=sgb2_rate}}\n\n{{diagramm indikator=sgb2_rate art=balken}}\n\n{{diagramm indikator=sgb2_rate art=verteilung}}\n\n{{diagramm indikator=sgb2_rate raum=A02 art=linie}}\n\n" +
			"{{tabelle indikator=sgb2_rate}}\n\n{{steckbriefe}}\n\n{{zeichen}}\n\n{{geheimhaltung}}\n\n{{quellen}}\n\n{{definitionen}}\n\n{{indikatorenblätter}}"
		if _, err := a.Reports.AddChapter(ctx, who, e.Key, report.Chapter{Title: "Alles", Body: body}); err != nil {
			t.Fatal(err)
		}
		if _, err := a.Reports.Release(ctx, who, e.Key, access.Public, "", nil); err != nil {
			t.Fatal(err)
		}
		files := build(t, a, who, e.Key)
		files["tables.xlsx"] = unzipped(t, files["tables.xlsx"])
		for name, text := range files {
			if !strings.Contains(text, "geheim") {
				t.Errorf("%s does not say that values are withheld", name)
			}
			// 61/83 = 73.49 %, 67/89 = 75.28 %; counts stand in cells of their own.
			for _, canary := range []string{"73,5", "73.49", "0.7349", "75,3", "75.28", "0.7528", ">61<", ">83<", ">67<", ">89<", "[61]", "[83]", "[67]", "[89]", "gezählt 61"} {
				if strings.Contains(text, canary) {
					t.Errorf("%s shows %q", name, canary)
				}
			}
		}
	})
}

func TestReadersSeeReleasedReportsOnly(t *testing.T) {
	offices(t, func(o *office) {
		ctx := context.Background()
		e, err := o.app.Reports.CreateFromTemplate(ctx, o.who, reporting(o.t, o.app, o.who))
		if err != nil {
			o.t.Fatal(err)
		}
		d := o.anonymous()
		for _, path := range []string{"/berichte/2020", "/berichte/2020/report.html", "/berichte/2020/zusammenfassung", "/berichte/keiner"} {
			if p := d.get(path); p.code != 404 {
				o.t.Errorf("%s before the release: %d", path, p.code)
			}
		}
		if p := d.page("/berichte"); strings.Contains(p.text(), "Sozialbericht 2020") {
			o.t.Error("an unreleased report is listed")
		}
		if _, err := o.app.Reports.Release(ctx, o.who, e.Key, access.Public, "", nil); err != nil {
			o.t.Fatal(err)
		}
		for path, want := range map[string]string{
			"/berichte": "Sozialbericht 2020", "/berichte/2020": "Inhalt", "/berichte/2020/auftrag-methode-und-lesehilfe": "Lesehilfe", "/berichte/2020/lesehilfe": "Lesehilfe",
			"/berichte/2020/der-sozialindex": "Abbildung", "/berichte/2020/steckbriefe": "A07", "/berichte/2020/steckbriefe?raum=A07": "Alle Steckbriefe", "/en/berichte/2020": "Contents",
		} {
			p := d.page(path)
			noScript(o.t, p)
			if !strings.Contains(p.text(), want) || strings.Contains(p.body, "style=") || strings.Contains(p.body, "<style") {
				o.t.Errorf("%s lacks %q, or has a style that the policy forbids", path, want)
			}
		}
		if p := d.get("/berichte/2020/steckbriefe?raum=ZZ"); p.code != 404 {
			o.t.Errorf("a profile that is not there: %d", p.code)
		}
		for _, kind := range report.FileKinds {
			p := d.get("/berichte/2020/" + kind.Name())
			if p.code != 200 || len(p.body) < 1000 || p.header.Get("ETag") == "" {
				o.t.Errorf("%s: %d, %d bytes, %v", kind, p.code, len(p.body), p.header)
			}
		}
		if err := o.app.Reports.Withdraw(ctx, o.who, e.Key, access.Public, "Fehler"); err != nil {
			o.t.Fatal(err)
		}
		if p := d.get("/berichte/2020"); p.code != 404 {
			o.t.Errorf("after the withdrawal: %d", p.code)
		}
	})
}

func TestAReportIsWrittenCheckedAndReleasedByPages(t *testing.T) {
	offices(t, func(o *office) {
		reporting(o.t, o.app, o.who)
		d := o.planner()
		v := d.page("/arbeit/berichte/neu").form(o.t, "/arbeit/berichte")
		if bad := d.postForm("/arbeit/berichte", v); bad.code != 422 || !strings.Contains(bad.text(), "Stichtag oder Zeitraum") {
			o.t.Errorf("an empty form: %d %s", bad.code, bad.text())
		}
		for k, x := range map[string]string{"key": "2020", "title": "Bericht & <b>Lage</b>", "period": "2020-12-31", "compare": "2018-12-31", "method": "berlin-mss-2019"} {
			v.Set(k, x)
		}
		at := d.postForm("/arbeit/berichte", v).done(o.t)
		p := d.page(at)
		noScript(o.t, p)
		if !strings.Contains(p.text(), "Bericht & <b>Lage</b>") || !strings.Contains(p.text(), "Lesehilfe") {
			o.t.Errorf("the edition: %s", p.text())
		}
		chapter := d.post(at+"/kapitel", "title", "Eigenes").done(o.t)
		form := d.page(chapter).form(o.t, chapter)
		form.Set("body", "Es sind {{zahl indikator=pop_total}} und {{zahl indikator=nix}} <script>alert(1)</script>")
		form.Set("step", "preview")
		seen := d.postForm(chapter, form)
		noScript(o.t, seen)
		if seen.code != 200 || !strings.Contains(seen.text(), "nix") || !strings.Contains(seen.text(), "Zeile 1") || !strings.Contains(seen.text(), "HTML im Text") {
			o.t.Errorf("preview: %d %s", seen.code, seen.text())
		}
		form.Set("step", "save")
		d.postForm(chapter, form).done(o.t)
		if stale := d.postForm(chapter, form); stale.code != 409 && stale.code != 422 {
			o.t.Errorf("the same version saved twice: %d", stale.code)
		}
		if p := d.page(at + "/freigabe"); !strings.Contains(p.text(), "lässt sich die Ausgabe noch nicht festschreiben") {
			o.t.Errorf("check: %s", p.text())
		}
		form = d.page(chapter).form(o.t, chapter)
		form.Set("body", "Es sind {{zahl indikator=pop_total}}.")
		form.Set("step", "save")
		d.postForm(chapter, form).done(o.t)
		release := d.page(at+"/freigabe").form(o.t, at+"/freigabe")
		release.Set("step", "release")
		d.postForm(at+"/freigabe", release).done(o.t)
		if p := o.anonymous().page("/berichte/2020/eigenes"); !strings.Contains(p.text(), "Es sind") {
			o.t.Errorf("published: %s", p.text())
		}
		if p := d.get(chapter); p.code != 200 && p.code != 409 {
			o.t.Errorf("the editor of a frozen chapter: %d", p.code)
		}
	})
}

// check reads a report's page as a browser does and looks for what must not be in it.
func TestTheStandingPageNeedsNothingElse(t *testing.T) {
	each(t, func(t *testing.T, a *app.App, who access.Actor) {
		e, err := a.Reports.CreateFromTemplate(context.Background(), who, reporting(t, a, who))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := a.Reports.Freeze(context.Background(), who, e.Key, nil); err != nil {
			t.Fatal(err)
		}
		page := build(t, a, who, e.Key)["report.html"]
		root, err := html.Parse(bytes.NewReader([]byte(page)))
		if err != nil {
			t.Fatal(err)
		}
		level, h1, ids := 0, 0, map[string]bool{}
		for n := range root.Descendants() {
			if n.Type != html.ElementNode {
				continue
			}
			switch n.Data {
			case "script", "link", "img", "iframe", "object", "embed":
				t.Errorf("the page holds a %s", n.Data)
			case "h1", "h2", "h3", "h4", "h5", "h6":
				l := int(n.Data[1] - '0')
				if l == 1 {
					h1++
				}
				if l > level+1 {
					t.Errorf("heading level %d follows %d", l, level)
				}
				level = l
			}
			for _, at := range n.Attr {
				switch {
				case at.Key == "id" && ids[at.Val]:
					t.Errorf("the id %s stands twice", at.Val)
				case at.Key == "id":
					ids[at.Val] = true
				case strings.HasPrefix(at.Key, "on"), at.Key == "style":
					t.Errorf("%s has the attribute %s", n.Data, at.Key)
				}
			}
		}
		if h1 != 1 || strings.Contains(page, "url(http") || strings.Contains(page, "@import") || !strings.Contains(page, `<html lang="de">`) {
			t.Errorf("%d h1", h1)
		}
	})
}
