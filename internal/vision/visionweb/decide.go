// SPDX-License-Identifier: EUPL-1.2

package visionweb

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/vision"
	"github.com/kupferfaden/kupferfaden/internal/web"
)

// inbox lists the amendments of a text by what they wait for.
func (h handlers) inbox(w http.ResponseWriter, r *web.Request) error {
	v, err := h.work(r, access.Moderate, access.EditVision)
	if err != nil {
		return err
	}
	f := web.NewForm(r)
	if s := f.Value("stand"); s != "" {
		v.all = slices.DeleteFunc(v.all, func(a vision.Amendment) bool {
			return s == "offen" && !a.State.Open() || s != "offen" && string(a.State) != s
		})
	}
	p := inside(r, v.doc, r.T("vision.amendments"))
	p.Wide = true
	return r.Render(w, p, inboxPage(r, v, f))
}

func (h handlers) judge(w http.ResponseWriter, r *web.Request) error {
	f := web.BlankForm(r)
	f.Set("on", h.today())
	return h.showJudge(w, r, f)
}

func (h handlers) today() string {
	now := time.Now
	if h.s.Now != nil {
		now = h.s.Now
	}
	return string(kernel.DayOf(now()))
}

func (h handlers) showJudge(w http.ResponseWriter, r *web.Request, f *web.Form) error {
	n, err := h.number(r, "number")
	if err != nil {
		return err
	}
	v, err := h.single(r, n)
	if err == nil && !v.doc.Moderates && !v.doc.Edits {
		err = kernel.E(kernel.Denied, "access.denied")
	}
	if err != nil {
		return err
	}
	if !f.Has("outcome") {
		f.Set("outcome", v.result)
		if v.stand.Conflict {
			f.Set("outcome", v.today)
		}
	}
	if !f.Has("outcome-base") {
		f.Set("outcome-base", v.today)
	}
	p := inside(r, v.doc, r.T("vision.amendment.n", "n", n))
	p.Breadcrumb = append(p.Breadcrumb, web.Crumb{Text: r.T("vision.amendments"), Href: workPath(v.doc.Key) + "/aenderungen"})
	if f.Failed() {
		return r.Invalid(w, p, judgePage(r, h, v, f))
	}
	return r.Render(w, p, judgePage(r, h, v, f))
}

func (h handlers) judged(w http.ResponseWriter, r *web.Request) error {
	n, err := h.number(r, "number")
	if err != nil {
		return err
	}
	f := web.NewForm(r)
	edit, _ := strconv.Atoi(f.Value("edit")) // 0 is no edit of any amendment
	key := r.PathValue("text")
	err = h.s.Judge(r.Context(), r.Actor, key, vision.Step{
		Number: n, Edit: edit, To: vision.State(f.Value("to")), Reason: f.Value("reason"), Rule: f.Value("rule"),
		Outcome: f.Value("outcome"), OutcomeBase: f.Value("outcome-base"), Decider: f.Value("decider"), On: day(f.Value("on")),
	})
	if f.Fail(err) {
		return h.showJudge(w, r, f)
	}
	if err != nil {
		return err
	}
	return r.Done(w, workPath(key)+"/aenderungen/"+strconv.Itoa(n), "notice.vision.judged")
}

// nextStates are the steps that can be taken now by the reader.
func nextStates(r *web.Request, v single, of ...vision.State) []web.Item {
	var out []web.Item
	a := v.a
	for _, s := range of {
		moderates := s == vision.Admitted || s == vision.Hidden
		if a.State.May(s) && (a.Applied.IsZero() || !a.State.Decided()) && (moderates && v.doc.Moderates || !moderates && v.doc.Edits) {
			out = append(out, web.Item{Value: string(s), Text: stateName(r, s)})
		}
	}
	return out
}

// consolidating is the preview of the text with the amendments that were accepted.
type consolidating struct {
	c    *vision.Consolidation
	view comparison
}

func (h handlers) consolidating(r *web.Request) (consolidating, error) {
	var v consolidating
	var err error
	if v.c, err = h.s.Consolidated(r.Context(), r.Actor, r.PathValue("text")); err == nil && !v.c.Doc.Edits {
		err = kernel.E(kernel.Denied, "access.denied")
	}
	if err != nil {
		return v, err
	}
	v.view, err = h.comparison(r, v.c.Doc, workingVersion, consolidatedVersion)
	return v, err
}

func (h handlers) consolidated(w http.ResponseWriter, r *web.Request) error {
	return h.showConsolidated(w, r, web.BlankForm(r))
}

func (h handlers) showConsolidated(w http.ResponseWriter, r *web.Request, f *web.Form) error {
	v, err := h.consolidating(r)
	if err != nil {
		return err
	}
	p := inside(r, v.c.Doc, r.T("vision.consolidated"))
	p.Wide = true
	if f.Failed() {
		return r.Invalid(w, p, consolidatedPage(r, v, f))
	}
	return r.Render(w, p, consolidatedPage(r, v, f))
}

func (h handlers) incorporate(w http.ResponseWriter, r *web.Request) error {
	f := web.NewForm(r)
	key := r.PathValue("text")
	_, err := h.s.Incorporate(r.Context(), r.Actor, key, f.Value("mark"))
	if f.Fail(err) {
		return h.showConsolidated(w, r, f)
	}
	if err != nil {
		return err
	}
	return r.Done(w, workPath(key), "notice.vision.incorporated")
}

func (h handlers) versions(w http.ResponseWriter, r *web.Request) error {
	f := web.BlankForm(r)
	f.Set("on", h.today())
	return h.showVersions(w, r, f)
}

func (h handlers) showVersions(w http.ResponseWriter, r *web.Request, f *web.Form) error {
	v, err := h.work(r, access.AdoptVision)
	if err != nil {
		return err
	}
	p := inside(r, v.doc, r.T("vision.versions"))
	if f.Failed() {
		return r.Invalid(w, p, versionsPage(r, v, f))
	}
	return r.Render(w, p, versionsPage(r, v, f))
}

func (h handlers) issue(w http.ResponseWriter, r *web.Request) error {
	f := web.NewForm(r)
	n, err := h.s.Issue(r.Context(), r.Actor, r.PathValue("text"), f.Value("reason"))
	return h.kept(w, r, f, n, err)
}

func (h handlers) adopt(w http.ResponseWriter, r *web.Request) error {
	f := web.NewForm(r)
	n, err := h.s.Adopt(r.Context(), r.Actor, vision.Resolution{
		Key: r.PathValue("text"), Edit: f.Value("mark"), Body: f.Value("body"), On: day(f.Value("on")), Reference: f.Value("reference"), Reason: f.Value("reason"),
	})
	return h.kept(w, r, f, n, err)
}

func (h handlers) kept(w http.ResponseWriter, r *web.Request, f *web.Form, n int, err error) error {
	if f.Fail(err) {
		return h.showVersions(w, r, f)
	}
	if err != nil {
		return err
	}
	return r.Done(w, versionPath(r.PathValue("text"), n), "notice.vision.kept")
}

func (h handlers) headline(w http.ResponseWriter, r *web.Request) error {
	v, err := h.work(r, access.EditVision)
	if err != nil {
		return err
	}
	f := web.BlankForm(r)
	f.Set("on", h.today())
	f.Set("options", optionLines(v.doc.Headline.Options))
	return h.showHeadline(w, r, v, f)
}

func (h handlers) showHeadline(w http.ResponseWriter, r *web.Request, v work, f *web.Form) error {
	p := inside(r, v.doc, r.T("vision.headline"))
	p.Narrow = true
	if f.Failed() {
		return r.Invalid(w, p, headlinePage(r, h, v, f))
	}
	return r.Render(w, p, headlinePage(r, h, v, f))
}

// optionLines writes headlines for a field of several lines: the votes, then the headline.
func optionLines(list []vision.Option) string {
	var b strings.Builder
	for _, o := range list {
		if o.Votes > 0 {
			b.WriteString(strconv.Itoa(o.Votes) + " ")
		}
		b.WriteString(o.Text.String() + "\n")
	}
	return b.String()
}

// optionsOf reads them; a number at the begin is the votes.
func optionsOf(s string) []vision.Option {
	var out []vision.Option
	for line := range strings.SplitSeq(s, "\n") {
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		o := vision.Option{Text: kernel.Text{"de": line}}
		if first, rest, ok := strings.Cut(line, " "); ok {
			if n, err := strconv.Atoi(first); err == nil {
				o.Votes, o.Text = n, kernel.Text{"de": strings.TrimSpace(rest)}
			}
		}
		out = append(out, o)
	}
	return out
}

func (h handlers) headlined(w http.ResponseWriter, r *web.Request) error {
	v, err := h.work(r, access.EditVision)
	if err != nil {
		return err
	}
	f := web.NewForm(r)
	key, list := v.doc.Key, optionsOf(f.Value("options"))
	notice := "notice.vision.headline"
	switch f.Value("do") {
	case "abstimmen":
		texts := make([]kernel.Text, len(list))
		for i, o := range list {
			texts[i] = o.Text
		}
		_, err = h.s.StartHeadline(r.Context(), r.Actor, key, texts, after(f.Value("closes")))
		notice = "notice.vision.headline.round"
	case "ergebnis":
		err = h.s.TakeHeadline(r.Context(), r.Actor, key)
	default:
		err = h.s.RecordHeadline(r.Context(), r.Actor, key, vision.Headline{Options: list, Method: f.Value("method"), On: day(f.Value("on"))})
	}
	if f.Fail(err) {
		return h.showHeadline(w, r, v, f)
	}
	if err != nil {
		return err
	}
	return r.Done(w, workPath(key)+"/motto", notice)
}
