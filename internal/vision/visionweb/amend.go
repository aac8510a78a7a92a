// SPDX-License-Identifier: EUPL-1.2

package visionweb

import (
	"net/http"
	"slices"
	"strconv"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/vision"
	"github.com/kupferfaden/kupferfaden/internal/vision/wording"
	"github.com/kupferfaden/kupferfaden/internal/web"
)

// amending is what the form of an amendment shows.
type amending struct {
	doc       *vision.Doc
	paragraph vision.Paragraph // zero: the begin
	kind      vision.AmendmentKind
	lang      string
	edit      int
	text      string // that is changed
	lines     []string
	first     int // number of the first line
	from, to  int // lines chosen; 0: all
	teams     []web.Item
}

func (h handlers) amending(r *web.Request, f *web.Form) (amending, error) {
	v := amending{kind: vision.AmendmentKind(f.Value("art"))}
	var err error
	if v.doc, err = h.s.Doc(r.Context(), r.Actor, r.PathValue("text")); err != nil {
		return v, err
	}
	o, err := h.s.Object(r.Context(), r.Tenant.ID, v.doc.Text)
	if err != nil {
		return v, err
	}
	if err := access.Check(r.Actor, access.Contribute, o); err != nil {
		return v, err
	}
	if !slices.Contains(vision.AmendmentKinds(), v.kind) {
		v.kind = vision.Replace
	}
	if h.o.Teams != nil {
		if v.teams, err = h.o.Teams(r); err != nil {
			return v, err
		}
	}
	v.lang = r.Lang
	if r.PathValue("paragraph") == "anfang" {
		v.kind = vision.Insert
		return v, nil
	}
	i := slices.IndexFunc(v.doc.Live(read(r)), func(p vision.Paragraph) bool { return string(p.ID) == r.PathValue("paragraph") })
	if i < 0 {
		return v, kernel.E(kernel.NotFound, "vision.paragraph.notfound")
	}
	v.paragraph = v.doc.Live(read(r))[i]
	v.lang, v.edit = tagOf(r, v.paragraph.Body), v.paragraph.Edit
	v.text = v.paragraph.Body[v.lang]
	v.lines, v.first = wording.Lines(v.text, vision.Measure), v.paragraph.Line
	if n, err := strconv.Atoi(f.Value("erste")); err == nil && n > 0 && n < 1e6 { // lines are counted as the form showed them
		v.first = n
	}
	v.from, v.to = lineOf(f.Value("von"), v), lineOf(f.Value("bis"), v)
	if v.from > 0 && v.to < v.from {
		v.to = v.from
	}
	return v, nil
}

// lineOf reads the number of a line as it stands beside the text, and gives its place in the paragraph; 0 where it is none of it.
func lineOf(s string, v amending) int {
	n, err := strconv.Atoi(s)
	if n = n - v.first + 1; err != nil || n < 1 || n > len(v.lines) {
		return 0
	}
	return n
}

func (h handlers) amend(w http.ResponseWriter, r *web.Request) error {
	private(w)
	f := web.NewForm(r)
	v, err := h.amending(r, f)
	if err != nil {
		return err
	}
	if !f.Has("want") {
		f.Set("want", v.prefill())
	}
	return r.Render(w, h.amendForm(r, v), amendPage(r, v, f))
}

// prefill is what the field of the new wording starts with.
func (v amending) prefill() string {
	switch {
	case v.kind == vision.Insert || v.kind == vision.Delete:
		return ""
	case v.from > 0:
		return wording.Tidy(joinLines(v.lines[v.from-1 : v.to]))
	}
	return v.text
}

func joinLines(lines []string) string {
	out := ""
	for _, l := range lines {
		out += l + " "
	}
	return out
}

func (h handlers) amendForm(r *web.Request, v amending) web.Page {
	title := r.T("vision.amend.title.begin")
	if v.paragraph.ID != "" {
		title = r.T("vision.amend.title", "n", v.paragraph.Number)
	}
	p := h.below(r, v.doc.Text, title)
	p.Wide, p.NoIndex = false, true
	return p
}

func (h handlers) amended(w http.ResponseWriter, r *web.Request) error {
	private(w)
	f := web.NewForm(r)
	v, err := h.amending(r, f)
	if err != nil {
		return err
	}
	again := func(err error) error {
		if !f.Fail(err) {
			return err
		}
		return r.Invalid(w, h.amendForm(r, v), amendPage(r, v, f))
	}
	if f.Has("wechseln") { // another kind or other lines: no script needed
		f.Set("want", v.prefill())
		return r.Render(w, h.amendForm(r, v), amendPage(r, v, f))
	}
	if !r.SignedIn() {
		if err := r.Guarded(f); err != nil {
			return again(err)
		}
	}
	edit, err := strconv.Atoi(f.Value("fassung"))
	if err != nil {
		edit = v.edit
	}
	p := vision.Proposal{
		Paragraph: v.paragraph.ID, Edit: edit, Kind: v.kind, Lang: f.Value("sprachfassung"), Want: f.Value("want"), Reason: f.Value("reason"), Pseudonym: f.Value("pseudonym"), Team: f.Value("team"),
	}
	if p.Lang == "" {
		p.Lang = v.lang
	}
	if v.from > 0 && v.kind != vision.Insert {
		p.LineFrom, p.LineTo = v.from, v.to
	}
	receipt, err := h.s.Submit(r.Context(), r.Actor, v.doc.Key, p)
	if err != nil {
		return again(err)
	}
	page := h.below(r, v.doc.Text, r.T("vision.amend.done"))
	page.Wide, page.NoIndex = false, true
	return r.Render(w, page, receiptPage(r, h, v, receipt))
}

// listed is the public list of amendments.
type listed struct {
	doc   *vision.Doc
	live  []vision.Paragraph
	list  []vision.Amendment
	all   int
	form  *web.Form
	state string
}

func (h handlers) amendments(w http.ResponseWriter, r *web.Request) error {
	d, err := h.s.Doc(r.Context(), r.Actor, r.PathValue("text"))
	if err != nil {
		return err
	}
	list, err := h.s.Amendments(r.Context(), r.Actor, d.Key)
	if err != nil {
		return err
	}
	f := web.NewForm(r)
	v := listed{doc: d, live: d.Live(read(r)), form: f, state: f.Value("stand")}
	for _, a := range list {
		if !a.State.Public() {
			continue
		}
		v.all++
		if s := v.state; s == "offen" && !a.State.Open() || s != "" && s != "offen" && string(a.State) != s {
			continue
		}
		if p := f.Value("absatz"); p != "" && p != string(a.Paragraph) {
			continue
		}
		v.list = append(v.list, a)
	}
	p := h.below(r, d.Text, r.T("vision.amendments"))
	p.Lead = r.T("vision.amendments.lead")
	return r.Render(w, p, amendmentsPage(r, v))
}

// single is one amendment as its page shows it.
type single struct {
	doc       *vision.Doc
	live      []vision.Paragraph
	a         vision.Amendment
	stand     vision.Standing
	today     string // what its paragraph says now
	result    string // what it would say with the amendment
	supported bool
}

func (h handlers) single(r *web.Request, n int) (single, error) {
	var v single
	d, err := h.s.Doc(r.Context(), r.Actor, r.PathValue("text"))
	if err != nil {
		return v, err
	}
	v.doc, v.live = d, d.Live(read(r))
	if v.a, err = h.s.Amendment(r.Context(), r.Actor, d.Key, n); err != nil {
		return v, err
	}
	mine, err := h.s.Supported(r.Context(), r.Actor, d.Text)
	if err != nil {
		return v, err
	}
	v.supported = slices.Contains(mine, v.a.ID)
	v.weigh()
	return v, nil
}

// weigh sets the amendment beside the text of today.
func (v *single) weigh() {
	v.stand, v.result = v.doc.Stand(v.a)
	if v.a.Kind != vision.Insert {
		v.today = v.doc.Today(v.a)
	}
}

func (h handlers) amendment(w http.ResponseWriter, r *web.Request) error {
	n, err := h.number(r, "number")
	if err != nil {
		return err
	}
	v, err := h.single(r, n)
	if err != nil {
		return err
	}
	return h.showSingle(w, r, v, web.BlankForm(r))
}

func (h handlers) showSingle(w http.ResponseWriter, r *web.Request, v single, f *web.Form) error {
	p := h.below(r, v.doc.Text, r.T("vision.amendment.n", "n", v.a.Number))
	p.Breadcrumb = append(p.Breadcrumb, web.Crumb{Text: r.T("vision.amendments"), Href: amendmentsPath(v.doc.Key)})
	p.Wide = false
	p.NoIndex = p.NoIndex || !v.a.State.Public()
	if f.Failed() {
		return r.Invalid(w, p, amendmentPage(r, h, v, f))
	}
	return r.Render(w, p, amendmentPage(r, h, v, f))
}

func (h handlers) support(w http.ResponseWriter, r *web.Request) error {
	n, err := h.number(r, "number")
	if err != nil {
		return err
	}
	f := web.NewForm(r)
	key, code := r.PathValue("text"), f.Value("code")
	notice := "notice.vision.supported"
	if f.Has("zurueck") {
		notice = "notice.vision.unsupported"
		err = h.s.Unsupport(r.Context(), r.Actor, key, n, code)
	} else {
		var first bool
		if first, err = h.s.Support(r.Context(), r.Actor, key, n, code); err == nil && !first {
			notice = "notice.vision.supported.before"
		}
	}
	if f.Fail(err) {
		v, err := h.single(r, n)
		if err != nil {
			return err
		}
		return h.showSingle(w, r, v, f)
	}
	if err != nil {
		return err
	}
	return r.Done(w, amendmentPath(key, n), notice)
}

func (h handlers) codePage(r *web.Request) web.Page {
	return web.Page{
		Title: r.T("vision.code.title"), Lead: r.T("vision.code.lead"), Nav: web.NavVision, Narrow: true, NoIndex: true, Styles: styles(),
		Breadcrumb: []web.Crumb{{Text: r.T("vision.title"), Href: Path}},
	}
}

func (h handlers) code(w http.ResponseWriter, r *web.Request) error {
	private(w)
	return r.Render(w, h.codePage(r), codeForm(r, web.BlankForm(r)))
}

// asked shows the state of the amendment of a receipt.
func (h handlers) asked(w http.ResponseWriter, r *web.Request) error {
	private(w)
	return h.byCode(w, r, web.NewForm(r), "")
}

func (h handlers) byCode(w http.ResponseWriter, r *web.Request, f *web.Form, done string) error {
	a, key, err := h.s.ByCode(r.Context(), r.Actor, f.Value("code"))
	if f.Fail(err) {
		return r.Invalid(w, h.codePage(r), codeForm(r, f))
	}
	if err != nil {
		return err
	}
	return r.Render(w, h.codePage(r), codeState(r, a, key, f.Value("code"), done))
}

func (h handlers) withdraw(w http.ResponseWriter, r *web.Request) error {
	private(w)
	f := web.NewForm(r)
	if err := h.s.Withdraw(r.Context(), r.Actor, f.Value("code")); err != nil {
		if f.Fail(err) {
			return r.Invalid(w, h.codePage(r), codeForm(r, f))
		}
		return err
	}
	return h.byCode(w, r, f, r.T("vision.withdrawn"))
}
