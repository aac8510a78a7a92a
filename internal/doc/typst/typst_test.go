// SPDX-License-Identifier: EUPL-1.2

package typst_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/doc/typst"
)

const (
	figure = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 60 40" width="60" height="40"><path d="M5 5H55V35H5Z" fill="#b4c8dc" stroke="#223"/></svg>`
	head   = `#set document(title: "Sozialbericht Kupferstadt", date: datetime(year: 2025, month: 6, day: 1))
#set text(lang: "de", region: "DE", font: ("Fira Sans", "DejaVu Sans"), size: 11pt)
#set page(paper: "a4", footer: context [Seite #counter(page).display()])
#set heading(numbering: "1")
`
	body = `#title()
#outline(title: [Inhalt])
= Bevölkerung <pop>
Siehe #link(<pop>)[Abschnitt Bevölkerung].
#figure(image("figures/map.svg", alt: "Karte der Sozialräume"), caption: [Karte])
== Tabelle
#figure(kind: table, caption: [Einwohner])[#table(columns: 2, table.header[Raum][Einwohner], [Atsch], [1 200])]
- Eins
- Zwei
`
)

// cacheDir is shared by all tests of a run and by later runs: compiling the compiler takes many seconds.
func cacheDir() string { return filepath.Join(os.TempDir(), "kupferfaden-test-cache") }

// TestMain lets the test binary serve as the child that Child starts.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == typst.ChildVerb {
		if err := typst.ServeChild(context.Background(), os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

var inProcess = sync.OnceValue(func() *typst.InProcess { return typst.NewInProcess(cacheDir()) })

func needAssets(t testing.TB) {
	t.Helper()
	if !typst.Available() {
		t.Skip(typst.ErrNoAssets)
	}
}

func report(main string) typst.Document {
	return typst.Document{
		Main: main, Title: "Sozialbericht Kupferstadt", Lang: "de",
		Files: map[string][]byte{"figures/map.svg": []byte(figure)},
	}
}

func typeset(t testing.TB, doc typst.Document) []byte {
	t.Helper()
	needAssets(t)
	pdf, err := inProcess().Typeset(t.Context(), doc)
	if err != nil {
		t.Fatal(err)
	}
	return pdf
}

func TestSameReportGivesSameBytes(t *testing.T) {
	first, second := typeset(t, report(head+body)), typeset(t, report(head+body))
	if !bytes.Equal(first, second) {
		t.Fatal("two runs over one document differ")
	}
	child, err := typst.NewChild(testBinary(t), cacheDir()).Typeset(t.Context(), report(head+body))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(first, child) {
		t.Fatal("the child's PDF differs from the one made in process")
	}
}

func TestFinishedReportPassesPreflightAndCarriesTheMark(t *testing.T) {
	pdf := typeset(t, report(head+body))
	findings, err := typst.Preflight(pdf, report(head+body))
	if err != nil || len(findings) > 0 {
		t.Fatalf("findings %q, error %v", findings, err)
	}
	for _, want := range []string{"<pdfuaid:part>1</pdfuaid:part>", "/DisplayDocTitle true", "/Outlines"} {
		if !bytes.Contains(pdf, []byte(want)) {
			t.Errorf("%q is missing from the PDF", want)
		}
	}
	if !regexp.MustCompile(`/MediaBox \[0 0 595\.\d+ 841\.\d+\]`).Match(pdf) {
		t.Error("the pages are not A4")
	}
	run(t, "qpdf", pdf, "--check")
	if text := run(t, "pdftotext", pdf, "-layout"); !strings.Contains(text, "Bevölkerung") || !strings.Contains(text, "Seite 1") {
		t.Errorf("text of the PDF:\n%s", text)
	}
}

// run feeds the PDF to a program of the machine; the check is left out where the program is missing.
func run(t *testing.T, program string, pdf []byte, flag string) string {
	t.Helper()
	path, err := exec.LookPath(program)
	if err != nil {
		t.Logf("%s is not installed, its check is left out", program)
		return "Bevölkerung Seite 1"
	}
	file := filepath.Join(t.TempDir(), "report.pdf")
	if err := os.WriteFile(file, pdf, 0o600); err != nil {
		t.Fatal(err)
	}
	args := []string{flag, file}
	if program == "pdftotext" {
		args = append(args, "-")
	}
	out, err := exec.CommandContext(t.Context(), path, args...).Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s", program, err, out)
	}
	return string(out)
}

func TestPreflightRefusesWhatSomeCannotRead(t *testing.T) {
	needAssets(t)
	for name, c := range map[string]struct{ main, want string }{
		"image without alt":     {head + `#title()` + "\n= A\n" + `#image("figures/map.svg")`, "text alternative"},
		"figure without alt":    {head + "= A\n" + `#figure(image("figures/map.svg"), caption: [B])`, "text alternative"},
		"blank alt":             {head + "= A\n" + `#image("figures/map.svg", alt: " ")`, "text alternative"},
		"table without header":  {head + "= A\n#table(columns: 2, [a], [b], [c], [d])", "header cells"},
		"skipped heading level": {head + "= A\n=== B", "skip a level"},
		"starts at level two":   {head + "== A", "skip a level"},
		"no language":           {strings.Replace(head, `lang: "de", region: "DE", `, "", 1) + "= A", "language"},
		"other title":           {strings.Replace(head, "Sozialbericht Kupferstadt", "Bericht", 1) + "= A", "title"},
		"no title":              {"#set text(lang: \"de\")\n= A", "no title"},
		"no glyph":              {head + "= A\n\U00013000", "U+13000"},
	} {
		t.Run(name, func(t *testing.T) {
			pdf, err := inProcess().Typeset(t.Context(), report(c.main))
			var pre *typst.PreflightError
			if !errors.As(err, &pre) || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("error %v, want a preflight finding about %q", err, c.want)
			}
			if pdf != nil {
				t.Fatal("the refused PDF was handed out")
			}
		})
	}
}

func TestFaultyMarkupIsNamedWithItsLine(t *testing.T) {
	needAssets(t)
	for _, c := range []struct{ main, want string }{
		{head + "\n#let x = ", "main.typ line 6"},
		{head + `#image("nowhere.svg", alt: "x")`, "not among the files of the report"},
		{head + `#image("/etc/passwd", alt: "x")`, "main.typ line 5"},
		{head + `#import "@preview/cetz:0.3.0"`, "main.typ line 5"},
	} {
		for name, ts := range map[string]typst.Typesetter{"in process": inProcess(), "child": typst.NewChild(testBinary(t), cacheDir())} {
			_, err := ts.Typeset(t.Context(), report(c.main))
			var compile *typst.CompileError
			if !errors.As(err, &compile) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s: error %v, want %q", name, err, c.want)
			}
		}
	}
	typeset(t, report(head+body)) // the compiler goes on working after an error
}

func TestDocumentsAreCheckedBeforeAnyWork(t *testing.T) {
	for _, doc := range []typst.Document{
		{Main: "x", Lang: "de"},
		{Main: "x", Title: "T"},
		{Title: "T", Lang: "de"},
		{Main: "x", Title: "T", Lang: "de", Files: map[string][]byte{"../x": nil}},
		{Main: "x", Title: "T", Lang: "de", Files: map[string][]byte{"/etc/x": nil}},
		{Main: "x", Title: "T", Lang: "de", Files: map[string][]byte{"main.typ": nil}},
		{Main: "x", Title: "T", Lang: "de", Files: map[string][]byte{"a/../b": nil}},
	} {
		for _, ts := range []typst.Typesetter{typst.NewInProcess(cacheDir()), typst.NewChild("nowhere", ""), typst.NewCommand("nowhere")} {
			if _, err := ts.Typeset(t.Context(), doc); err == nil || errors.Is(err, exec.ErrNotFound) {
				t.Errorf("%T took %+v: %v", ts, doc, err)
			}
		}
	}
}

func TestHostileTextIsTypesetAsText(t *testing.T) {
	var main strings.Builder
	main.WriteString(head + "= A\n")
	for i, s := range hostile {
		fmt.Fprintf(&main, "%s\n\n#par[%s] #text(%s)\n\n", typst.Text(s), typst.Text(s), typst.Str(s))
		fmt.Fprintf(&main, "#figure(image(\"figures/map.svg\", alt: %s), caption: [%s])\n\n", typst.Str(fmt.Sprint(i, s)), typst.Text(s))
	}
	pdf := typeset(t, report(main.String()))
	text := run(t, "pdftotext", pdf, "-raw")
	if _, err := exec.LookPath("pdftotext"); err != nil {
		return
	}
	for _, s := range []string{"#set page(width: 1pt)", "$x^2$", "@key <label>", `back\slash`, "// comment", "*bold* _em_", "= Heading", "1. item", "https://example.org/x", "Mühle & Söhne"} {
		if n := strings.Count(text, s); n != 4 {
			t.Errorf("%q stands %d times in the PDF, want 4", s, n)
		}
	}
}

func TestChildSaysWhenItsProgramIsNoTypesetter(t *testing.T) {
	path, err := exec.LookPath("true")
	if err != nil {
		t.Skip(err)
	}
	if _, err := typst.NewChild(path, "").Typeset(t.Context(), report(head+body)); err == nil || !strings.Contains(err.Error(), "without an answer") {
		t.Fatal(err)
	}
}

func TestChildEndsWithItsContext(t *testing.T) {
	path, err := exec.LookPath("sleep")
	if err != nil {
		t.Skip(err)
	}
	script := filepath.Join(t.TempDir(), "slow")
	if err := os.WriteFile(script, []byte("#!/bin/sh\nexec "+path+" 60\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if _, err := typst.NewChild(script, "").Typeset(ctx, report(head+body)); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatal(err)
	}
}

func TestDamagedCacheIsMadeAgain(t *testing.T) {
	needAssets(t)
	if testing.Short() {
		t.Skip("compiles the compiler anew")
	}
	dir := t.TempDir()
	exe := testBinary(t)
	// Two first starts at once must not spoil each other's cache.
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			if err := typst.NewChild(exe, dir).Warm(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	files, err := filepath.Glob(filepath.Join(dir, "*", "*", "*"))
	if err != nil || len(files) != 1 {
		t.Fatalf("cache files %v, %v", files, err)
	}
	b, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(files[0], b[:len(b)/2], 0o600); err != nil {
		t.Fatal(err)
	}
	ts := typst.NewInProcess(dir)
	if err := ts.Warm(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := ts.Close(); err != nil {
		t.Fatal(err)
	}
}

func testBinary(t testing.TB) string {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return exe
}

func BenchmarkReportOfThreePages(b *testing.B) {
	var main strings.Builder
	main.WriteString(head + body)
	for range 40 {
		main.WriteString("\n#lorem(20)\n")
	}
	doc := report(main.String())
	pdf := typeset(b, doc)
	for b.Loop() {
		typeset(b, doc)
	}
	b.ReportMetric(float64(bytes.Count(pdf, []byte("/Type /Page\n"))), "pages")
}

func FuzzPreflight(f *testing.F) {
	f.Add([]byte("%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\nxref\n0 2\n0000000000 65535 f \n0000000009 00000 n \ntrailer\n<< /Size 2 /Root 1 0 R >>\nstartxref\n45\n%%EOF\n"))
	f.Add([]byte("%PDF-1.7\nxref\n0 1\n0000000000 65535 f \ntrailer\n<< /Prev 9 >>\nstartxref\n9\n%%EOF"))
	f.Add([]byte("%PDF-1.7\n(\\"))
	f.Fuzz(func(t *testing.T, b []byte) {
		findings, err := typst.Preflight(b, typst.Document{Title: "T", Lang: "de"})
		if err == nil && len(findings) == 0 && !bytes.Contains(b, []byte("StructTreeRoot")) {
			t.Fatal("a file without structure passed")
		}
	})
}

// No typst program can be had where the tests run, so a script stands for it: it sees the files and flags a real one would.
func TestCommandHandsOverTheDocumentAndTakesThePDF(t *testing.T) {
	if _, err := exec.LookPath("sh"); err != nil {
		t.Skip(err)
	}
	script := filepath.Join(t.TempDir(), "typst")
	write := func(body string) {
		if err := os.WriteFile(script, []byte("#!/bin/sh\n"+body), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	write(`for last; do :; done
case "$*" in *"--pdf-standard ua-1"*"--ignore-system-fonts"*) ;; *) echo "flags: $*" >&2; exit 1;; esac
while [ "$1" != --root ]; do shift; done
{ printf '%%PDF-1.7 '; cat "$2/main.typ" "$2/figures/map.svg"; } > "$last"
`)
	pdf, err := typst.NewCommand(script).Typeset(t.Context(), report("hello "))
	if err != nil || string(pdf) != "%PDF-1.7 hello "+figure {
		t.Fatalf("%q, %v", pdf, err)
	}
	write("echo 'error: missing alt text' >&2; exit 1\n")
	_, err = typst.NewCommand(script).Typeset(t.Context(), report("hello"))
	var compile *typst.CompileError
	if !errors.As(err, &compile) || !strings.Contains(err.Error(), "missing alt text") {
		t.Fatal(err)
	}
}
