// SPDX-License-Identifier: EUPL-1.2

package visionweb

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/doc/typst"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/vision"
	"github.com/kupferfaden/kupferfaden/internal/vision/manuscript"
	"github.com/kupferfaden/kupferfaden/internal/vision/visiondoc"
	"github.com/kupferfaden/kupferfaden/internal/web"
)

// file gives a version to take away, in the language of the reader.
func (h handlers) file(w http.ResponseWriter, r *web.Request) error {
	n, err := h.number(r, "version")
	if err != nil {
		return err
	}
	v, err := h.s.Version(r.Context(), r.Actor, r.PathValue("text"), n)
	if err != nil {
		return err
	}
	name := r.PathValue("text") + "-" + strconv.Itoa(n)
	if r.PathValue("file") == name+".pdf" {
		return h.pdf(w, r, name, visiondoc.Sheet{
			Title: said(r, v.Title), Standing: versionName(r, v) + standingLine(r, v), Headline: said(r, v.Content.Headline), Lead: said(r, v.Content.Lead),
			Paragraphs: vision.Numbered(v.Content.Paragraphs, read(r)),
		})
	}
	blocks := vision.Blocks(v.Content.Paragraphs, read(r))
	title := said(r, v.Title)
	blocks = append([]manuscript.Block{{Kind: manuscript.Paragraph, Text: title + ". " + versionName(r, v) + standingLine(r, v)}}, blocks...)
	var b bytes.Buffer
	kind := ""
	switch r.PathValue("file") {
	case name + ".md":
		kind = "text/markdown; charset=utf-8"
		b.WriteString(manuscript.Markdown(blocks))
	case name + ".docx":
		kind = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
		if err := manuscript.WriteDOCX(&b, title, r.Lang, blocks); err != nil {
			return err
		}
	default:
		return kernel.E(kernel.NotFound, "access.notfound")
	}
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Content-Disposition", `attachment; filename="`+r.PathValue("file")+`"`)
	w.Header().Set("Content-Length", strconv.Itoa(b.Len()))
	_, err = w.Write(b.Bytes())
	return err
}

// sheet gives the text as its page shows it: the version in force, or the working text where there is none.
func (h handlers) sheet(w http.ResponseWriter, r *web.Request) error {
	v, err := h.shown(r, r.PathValue("text"))
	if err != nil {
		return err
	}
	standing := r.T("vision.working") + ", " + r.P.Date(kernel.Date(dateOf(v.doc.ChangedAt)))
	if v.version != nil {
		standing = versionName(r, *v.version) + standingLine(r, *v.version)
	}
	return h.pdf(w, r, v.doc.Key, visiondoc.Sheet{Title: said(r, v.doc.Title), Standing: standing, Headline: said(r, v.headed), Lead: said(r, v.lead), Paragraphs: v.live})
}

// pdf sets a text and gives it away.
func (h handlers) pdf(w http.ResponseWriter, r *web.Request, name string, s visiondoc.Sheet) error {
	if h.o.Typesetter == nil {
		return kernel.E(kernel.NotFound, "access.notfound")
	}
	s.Town, s.Lang, s.Read, s.Lines, s.Page = r.Name(), r.Lang, read(r), r.T("vision.pdf.lines"), r.T("vision.pdf.page")
	pdf, err := visiondoc.PDF(r.Context(), h.o.Typesetter, s)
	var refused *typst.PreflightError
	if errors.As(err, &refused) { // signs no font of the sheet has
		return &kernel.Error{Kind: kernel.Conflict, Key: "vision.pdf.refused", Err: err}
	}
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/pdf")
	w.Header().Set("Content-Disposition", `attachment; filename="`+name+`.pdf"`)
	w.Header().Set("Content-Length", strconv.Itoa(len(pdf)))
	_, err = w.Write(pdf)
	return err
}

// standingLine says who adopted a version and by which resolution.
func standingLine(r *web.Request, v vision.Version) string {
	if v.Kind != vision.Adopted {
		return "."
	}
	return ", " + v.Body + ", " + v.Reference + ". SHA-256 " + v.Hash
}

// taking is a file beside the text it would become.
type taking struct {
	doc      *vision.Doc
	plan     *vision.Plan
	markdown string
	lang     string
	findings []kernel.Finding
	view     comparison
}

func (h handlers) askFile(w http.ResponseWriter, r *web.Request) error {
	return h.showFile(w, r, web.BlankForm(r), taking{})
}

func (h handlers) showFile(w http.ResponseWriter, r *web.Request, f *web.Form, v taking) error {
	var err error
	if v.doc, err = h.s.Desk(r.Context(), r.Actor, r.PathValue("text"), access.EditVision); err != nil {
		return err
	}
	p := inside(r, v.doc, r.T("vision.take"))
	p.Wide = v.plan != nil
	if f.Failed() {
		return r.Invalid(w, p, takePage(r, v, f))
	}
	return r.Render(w, p, takePage(r, v, f))
}

// readFile shows what an uploaded file, or what was typed, would make of the text. Nothing is kept yet.
func (h handlers) readFile(w http.ResponseWriter, r *web.Request) error {
	f := web.NewForm(r)
	m, err := manuscriptOf(f)
	if f.Fail(err) {
		return h.showFile(w, r, f, taking{})
	}
	if err != nil {
		return err
	}
	return h.preview(w, r, f, m)
}

// manuscriptOf reads the uploaded file, or the field with the text where there is none.
func manuscriptOf(f *web.Form) (manuscript.Manuscript, error) {
	if s := f.Value("markdown"); strings.TrimSpace(s) != "" {
		return manuscript.ReadMarkdown(s)
	}
	file, head, err := f.File("file")
	if err != nil {
		return manuscript.Manuscript{}, err
	}
	defer file.Close() //nolint:errcheck // read only
	data, err := io.ReadAll(io.LimitReader(file, manuscript.MostBytes+1))
	if err != nil {
		return manuscript.Manuscript{}, err
	}
	return manuscript.Read(head.Filename, data)
}

func (h handlers) preview(w http.ResponseWriter, r *web.Request, f *web.Form, m manuscript.Manuscript) error {
	v := taking{lang: f.Value("lang"), markdown: manuscript.Markdown(m.Blocks), findings: m.Findings}
	plan, err := h.s.PlanOf(r.Context(), r.Actor, r.PathValue("text"), v.lang, m.Blocks)
	if f.Fail(err) {
		f.Set("markdown", v.markdown)
		return h.showFile(w, r, f, taking{markdown: v.markdown, findings: m.Findings})
	}
	if err != nil {
		return err
	}
	v.plan = &plan
	next := make([]vision.Paragraph, len(plan.Next))
	for i, p := range plan.Next {
		if p.ID == "" {
			p.ID = kernel.ID("neu+" + strconv.Itoa(i))
		}
		next[i] = p
	}
	in := func(t kernel.Text) string { return t[plan.Lang] }
	v.view = comparison{doc: plan.Doc, names: [2]string{r.T("vision.working"), r.T("vision.take.file")}, whole: true, form: f}
	v.view.pairs = vision.Pairs(vision.Numbered(plan.Doc.Paragraphs, in), vision.Numbered(next, in))
	f.Set("markdown", v.markdown)
	return h.showFile(w, r, f, v)
}

func (h handlers) take(w http.ResponseWriter, r *web.Request) error {
	f := web.NewForm(r)
	m, err := manuscript.ReadMarkdown(f.Value("markdown"))
	if err == nil {
		err = h.s.Take(r.Context(), r.Actor, r.PathValue("text"), f.Value("lang"), f.Value("mark"), m.Blocks)
	}
	if f.Fail(err) {
		return h.showFile(w, r, f, taking{markdown: f.Value("markdown")})
	}
	if err != nil {
		return err
	}
	return r.Done(w, workPath(r.PathValue("text")), "notice.vision.taken")
}
