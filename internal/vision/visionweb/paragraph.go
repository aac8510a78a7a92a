// SPDX-License-Identifier: EUPL-1.2

package visionweb

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/vision"
	"github.com/kupferfaden/kupferfaden/internal/web"
)

// editing is one paragraph as its editor sees it.
type editing struct {
	work
	p        vision.Paragraph
	langs    []string
	hints    []kernel.StigmaWord
	wordings []vision.Wording
	open     []vision.Amendment // that wait for a decision on this paragraph
	conflict bool               // somebody else edited it meanwhile
}

func (h handlers) editing(r *web.Request) (editing, error) {
	var v editing
	var err error
	if v.work, err = h.work(r, access.EditVision); err != nil {
		return v, err
	}
	i := slices.IndexFunc(v.live, func(p vision.Paragraph) bool { return string(p.ID) == r.PathValue("paragraph") })
	if i < 0 {
		return v, kernel.E(kernel.NotFound, "vision.paragraph.notfound")
	}
	v.p, v.langs = v.live[i], variants(v.doc)
	for _, l := range v.langs {
		v.hints = append(v.hints, kernel.Stigma(v.p.Body[l], l)...)
	}
	for _, a := range v.all {
		if a.State.Open() && slices.ContainsFunc(v.doc.Targets(a.Paragraph, a.BaseEdit), func(p vision.Paragraph) bool { return p.ID == v.p.ID }) {
			v.open = append(v.open, a)
		}
	}
	v.wordings, err = h.s.Wordings(r.Context(), r.Actor, v.doc.Key, v.p.ID)
	return v, err
}

func (h handlers) paragraph(w http.ResponseWriter, r *web.Request) error {
	v, err := h.editing(r)
	if err != nil {
		return err
	}
	f := web.BlankForm(r)
	for _, l := range v.langs {
		f.Set("body-"+l, v.p.Body[l])
	}
	f.Set("kind", string(v.p.Kind))
	f.Set("level", strconv.Itoa(max(v.p.Level, 1)))
	f.Set("cites", citeLines(v.p.Cites))
	f.Set("edit", strconv.Itoa(v.p.Edit))
	return h.showParagraph(w, r, v, f)
}

func (h handlers) showParagraph(w http.ResponseWriter, r *web.Request, v editing, f *web.Form) error {
	p := inside(r, v.doc, r.T("vision.paragraph.n", "n", v.p.Number))
	if f.Failed() {
		return r.Invalid(w, p, paragraphPage(r, h, v, f))
	}
	return r.Render(w, p, paragraphPage(r, h, v, f))
}

// citeLines writes what a paragraph rests on for a field of several lines: kind, id, and what it is called.
func citeLines(list []vision.Cite) string {
	var b strings.Builder
	for _, c := range list {
		b.WriteString(strings.TrimSpace(c.Ref.Kind+" "+string(c.Ref.ID)+" "+c.Label) + "\n")
	}
	return b.String()
}

// citesOf reads those lines; the German words for the kinds are understood too.
func citesOf(s string) []vision.Cite {
	names := map[string]string{"beitrag": "contribution", "kennzahl": "indicator", "befund": "finding", "umfrage": "survey"}
	var out []vision.Cite
	for line := range strings.SplitSeq(s, "\n") {
		f := strings.Fields(line)
		if len(f) == 0 {
			continue
		}
		kind := strings.ToLower(strings.TrimSuffix(f[0], ":"))
		if k := names[kind]; k != "" {
			kind = k
		}
		c := vision.Cite{Ref: kernel.Ref{Kind: kind}}
		if len(f) > 1 {
			c.Ref.ID = kernel.ID(f[1])
			c.Label = strings.Join(f[2:], " ")
		} else {
			c.Label = line
		}
		out = append(out, c)
	}
	return out
}

func (h handlers) write(w http.ResponseWriter, r *web.Request) error {
	v, err := h.editing(r)
	if err != nil {
		return err
	}
	f := web.NewForm(r)
	edit, _ := strconv.Atoi(f.Value("edit"))   // 0 is no wording of any paragraph
	level, _ := strconv.Atoi(f.Value("level")) // put right by the service
	key := v.doc.Key
	body := textOf(f, "body", v.langs)
	if f.Has("teilen") {
		err = h.s.Split(r.Context(), r.Actor, key, v.p.ID, edit, body)
	} else {
		err = h.s.Write(r.Context(), r.Actor, key, edit, vision.Paragraph{
			ID: v.p.ID, Kind: vision.ParagraphKind(f.Value("kind")), Level: level, Body: body, Cites: citesOf(f.Value("cites")),
		}, strings.TrimSpace(f.Value("note")))
	}
	if kernel.KindOf(err) == kernel.Conflict && edit != v.p.Edit { // shown side by side, and the next attempt is made against what is there now
		v.conflict = true
		f.Fail(err)
		f.Set("edit", strconv.Itoa(v.p.Edit))
		return h.showParagraph(w, r, v, f)
	}
	if f.Fail(err) {
		return h.showParagraph(w, r, v, f)
	}
	if err != nil {
		return err
	}
	return r.Done(w, workPath(key)+"#"+anchor(v.p.ID), "notice.vision.written")
}

// paragraphAct moves, merges, removes or restores a paragraph.
func (h handlers) paragraphAct(w http.ResponseWriter, r *web.Request) error {
	f := web.NewForm(r)
	ctx, key, id := r.Context(), r.PathValue("text"), kernel.ID(r.PathValue("paragraph"))
	edit, _ := strconv.Atoi(f.Value("edit")) // 0 is no wording of any paragraph
	switch r.PathValue("act") {
	case "hoch":
		return h.onDesk(w, r, h.s.Move(ctx, r.Actor, key, id, false), "notice.vision.moved", "#"+anchor(id))
	case "runter":
		return h.onDesk(w, r, h.s.Move(ctx, r.Actor, key, id, true), "notice.vision.moved", "#"+anchor(id))
	case "verbinden":
		return h.onDesk(w, r, h.s.Merge(ctx, r.Actor, key, id, edit), "notice.vision.merged", "#"+anchor(id))
	case "streichen":
		return h.onDesk(w, r, h.s.Remove(ctx, r.Actor, key, id, edit, strings.TrimSpace(f.Value("note"))), "notice.vision.removed", "")
	case "zurueckholen":
		return h.onDesk(w, r, h.s.Restore(ctx, r.Actor, key, id), "notice.vision.restored", "#"+anchor(id))
	}
	return kernel.E(kernel.NotFound, "access.notfound")
}

// cutPair reads "process/module".
func cutPair(s string) (a, b string) {
	a, b, _ = strings.Cut(s, "/")
	return a, b
}
