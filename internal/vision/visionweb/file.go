// SPDX-License-Identifier: EUPL-1.2

package visionweb

import (
	"bytes"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/vision"
	"github.com/kupferfaden/kupferfaden/internal/vision/manuscript"
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
	if v.doc, err = h.s.Doc(r.Context(), r.Actor, r.PathValue("text")); err != nil {
		return err
	}
	p := inside(r, v.doc.Text, r.T("vision.take"))
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
