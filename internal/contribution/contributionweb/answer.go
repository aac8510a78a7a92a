// SPDX-License-Identifier: EUPL-1.2

package contributionweb

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/contribution"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/participation"
	"github.com/kupferfaden/kupferfaden/internal/web"
)

const (
	deskPath    = "/arbeit/rueckmeldungen"
	replyPath   = deskPath + "/antwort"
	blockPath   = deskPath + "/textbausteine"
	dutyPath    = deskPath + "/zustaendigkeiten"
	outcomeTail = "/rueckmeldungen"
	perDesk     = 50
)

// answering are the pages of the answers.
type answering struct {
	s *contribution.Answers
}

// RegisterAnswers adds the desk of the offices, the editor of an answer, text blocks, responsibilities, and the public table of every contribution
// with what became of it.
func RegisterAnswers(mux *web.Mux, s *contribution.Answers) {
	h := answering{s}
	held, team := web.Held(), web.In(access.InProcess, "process")
	mux.Handle("GET "+deskPath, access.DraftAnswer, h.desk, held)
	mux.Handle("GET "+replyPath+"/neu", access.DraftAnswer, h.askNew, held)
	mux.Handle("POST "+replyPath+"/neu", access.DraftAnswer, h.create, held)
	mux.Handle("GET "+replyPath+"/{id}", access.DraftAnswer, h.edit, held)
	mux.Handle("POST "+replyPath+"/{id}", access.DraftAnswer, h.act, held)
	mux.Handle("GET "+blockPath, access.DraftAnswer, h.blocks, held)
	mux.Handle("GET "+blockPath+"/{id}", access.DraftAnswer, h.block)
	mux.Handle("POST "+blockPath+"/{id}", access.DraftAnswer, h.saveBlock)
	mux.Handle("GET "+dutyPath, access.ReleaseAnswer, h.duties)
	mux.Handle("POST "+dutyPath, access.ReleaseAnswer, h.saveDuties)
	mux.Handle("POST "+dutyPath+"/amt", access.ReleaseAnswer, h.saveOffice)
	mux.Handle("GET "+deskPath+"/{number}", access.DraftAnswer, h.sheet, held)
	mux.Handle("POST "+deskPath+"/{number}", access.DraftAnswer, h.pass, held)
	mux.Handle("GET /beteiligung/{process}"+outcomeTail, access.ReadPublic, h.outcomes, team)
	mux.Handle("GET /beteiligung/{process}"+outcomeTail+"/daten.csv", access.ReadPublic, h.outcomesCSV, team, web.Stream())
}

// OutcomesPath is the public table of a process.
func OutcomesPath(process string) string {
	return "/beteiligung/" + url.PathEscape(process) + outcomeTail
}

// SheetPath is where a contribution is answered.
func SheetPath(c contribution.Contribution) string { return deskPath + "/" + url.PathEscape(c.Number) }

func answerPath(id kernel.ID) string { return replyPath + "/" + string(id) }

func deskCrumb(r *web.Request) web.Crumb { return web.Crumb{Text: r.T("answer.title"), Href: deskPath} }

// answerDesk is what the desk shows.
type answerDesk struct {
	list      []contribution.Outcome
	more      bool
	release   []contribution.Answer
	offices   []contribution.Office
	mine      []string // offices of the reader
	processes []web.Item
	all       bool
	view      contribution.DeskView
	count     contribution.Count
	today     kernel.Date
}

// officeOf is the name of an office in the list.
func (v answerDesk) officeOf(r *web.Request, key string) string { return officeIn(r, v.offices, key) }

func officeIn(r *web.Request, list []contribution.Office, key string) string {
	if i := slices.IndexFunc(list, func(o contribution.Office) bool { return o.Key == key }); i >= 0 {
		name, _ := r.P.Text(list[i].Name)
		return name
	}
	if key == "" {
		return r.T("answer.office.none")
	}
	return key
}

// deskLink is the desk with the selection of the request, another view of it, or its next part.
func deskLink(r *web.Request, view string, after contribution.Cursor) string {
	q := url.Values{}
	for name, v := range map[string]string{
		"amt": r.URL.Query().Get("amt"), "beteiligung": r.URL.Query().Get("beteiligung"), "ansicht": view, "nach": string(after.ID), "frist": string(after.Due),
	} {
		if v != "" {
			q.Set(name, v)
		}
	}
	if len(q) == 0 {
		return r.Link(deskPath)
	}
	return r.Link(deskPath + "?" + q.Encode())
}

func (h answering) desk(w http.ResponseWriter, r *web.Request) error {
	f := web.NewForm(r)
	d := contribution.Desk{Process: f.Value("beteiligung"), Office: f.Value("amt"), View: contribution.DeskView(f.Value("ansicht")), Limit: perDesk}
	switch d.View {
	case contribution.DeskOpen, contribution.DeskOverdue, contribution.DeskDone:
	default:
		return kernel.E(kernel.Invalid, "outbox.filter")
	}
	if after, err := kernel.ParseID(f.Value("nach")); err == nil {
		d.After = contribution.Cursor{ID: after, Due: kernel.Date(f.Value("frist"))}
	}
	var v answerDesk
	var err error
	if v.list, v.more, err = h.s.Desk(r.Context(), r.Actor, d); err != nil {
		return err
	}
	if v.offices, err = h.s.Offices(r.Context(), r.Tenant.ID); err != nil {
		return err
	}
	if v.release, err = h.s.ToRelease(r.Context(), r.Actor); err != nil {
		return err
	}
	mine, err := h.s.Mine(r.Actor)
	if err != nil {
		return err
	}
	if v.all = mine == nil; !v.all {
		v.mine = mine.Offices
	}
	list, err := h.s.Contributions.Processes.Processes(r.Context(), r.Tenant.ID)
	if err != nil {
		return err
	}
	for _, p := range list {
		if v.all && p.State != participation.Draft || !v.all && slices.Contains(mine.Processes, p.Key) {
			v.processes = append(v.processes, web.Item{Value: p.Key, Text: said(r, p.Title)})
		}
	}
	if v.all {
		if v.count, err = h.s.Counted(r.Context(), r.Tenant.ID, d.Process); err != nil {
			return err
		}
	}
	v.view, v.today = d.View, h.s.Today()
	page := staffPage(r, r.T("answer.title"))
	page.Lead = r.T("answer.lead")
	return r.Render(w, page, deskPage(r, v, f))
}

// sheetView is what the page of one contribution shows to those who answer it.
type sheetView struct {
	x       contribution.Sheet
	offices []contribution.Office
}

func (h answering) loadSheet(r *web.Request) (v sheetView, err error) {
	if v.x, err = h.s.Sheet(r.Context(), r.Actor, r.PathValue("number")); err != nil {
		return v, err
	}
	v.offices, err = h.s.Offices(r.Context(), r.Tenant.ID)
	return v, err
}

func (h answering) sheet(w http.ResponseWriter, r *web.Request) error {
	v, err := h.loadSheet(r)
	if err != nil {
		return err
	}
	return h.drawSheet(w, r, v, web.BlankForm(r))
}

func (h answering) drawSheet(w http.ResponseWriter, r *web.Request, v sheetView, f *web.Form) error {
	c := v.x.Contribution
	page := staffPage(r, c.Number+": "+c.Title, deskCrumb(r))
	if f.Failed() {
		return r.Invalid(w, page, sheetPage(r, v, f))
	}
	return r.Render(w, page, sheetPage(r, v, f))
}

func (h answering) pass(w http.ResponseWriter, r *web.Request) error {
	f := web.NewForm(r)
	err := h.s.Pass(r.Context(), r.Actor, r.PathValue("number"), f.Value("office"), f.Value("reason"))
	if f.Fail(err) {
		v, err := h.loadSheet(r)
		if err != nil {
			return err
		}
		return h.drawSheet(w, r, v, f)
	}
	if err != nil {
		return err
	}
	if _, err := h.s.Sheet(r.Context(), r.Actor, r.PathValue("number")); err != nil { // it belongs to another office now
		return r.Done(w, deskPath, "notice.answer.passed")
	}
	return r.Done(w, deskPath+"/"+url.PathEscape(r.PathValue("number")), "notice.answer.passed")
}

// replyView is what the editor of an answer shows.
type replyView struct {
	a             contribution.Answer // zero: a new one
	contributions []contribution.Contribution
	versions      []contribution.AnswerVersion
	blocks        []contribution.Block
	offices       []contribution.Office
	rules         contribution.HouseRules
	canRelease    bool
	youth         bool
	langs         []string // of the contributions, beside German
}

// joins tells whether the reader may take a further contribution in: as long as nobody reads the answer, or with the right to release it.
func (v replyView) joins() bool {
	return v.a.ID != "" && (v.a.Public == nil || v.canRelease && !v.rules.NeedsSecond(v.a.Public.Status))
}

// languages of the contributions that an answer can be written in too.
func foreign(list []contribution.Contribution) []string {
	var out []string
	for _, c := range list {
		if base, _, _ := strings.Cut(c.Lang, "-"); base != "de" && !slices.Contains(out, c.Lang) && len(out) < 4 {
			out = append(out, c.Lang)
		}
	}
	return out
}

// replyOf reads the form.
func replyOf(f *web.Form, langs []string) contribution.Reply {
	r := contribution.Reply{
		Status: contribution.Status(f.Value("status")), Cause: contribution.Cause(f.Value("cause")), Target: f.Value("target"), Seen: whole(f.Value("seen")),
		Body: kernel.Text{"de": f.Value("text-de"), contribution.PlainKey: f.Value("text-" + contribution.PlainKey), contribution.YouthKey: f.Value("text-" + contribution.YouthKey)},
	}
	for _, l := range langs {
		r.Body[l] = f.Value("text-" + l)
	}
	return r
}

// setReply puts an answer into the form.
func setReply(f *web.Form, a contribution.Answer) {
	f.Set("status", string(a.Newest.Status))
	f.Set("cause", string(a.Newest.Cause))
	f.Set("target", a.Newest.Target)
	f.Set("seen", strconv.Itoa(a.Edit))
	for lang, s := range a.Newest.Body {
		f.Set("text-"+lang, s)
	}
}

func (h answering) askNew(w http.ResponseWriter, r *web.Request) error {
	f := web.NewForm(r)
	return h.drawNew(w, r, f)
}

// numbersOf are the contributions a new answer is for: chosen on the desk, or typed.
func numbersOf(f *web.Form) []string {
	var out []string
	for _, v := range f.Values("nummer") {
		for _, n := range strings.FieldsFunc(v, func(c rune) bool { return c == ' ' || c == ',' || c == '\n' || c == '\r' || c == ';' }) {
			if !slices.Contains(out, n) {
				out = append(out, n)
			}
		}
	}
	return out
}

func (h answering) drawNew(w http.ResponseWriter, r *web.Request, f *web.Form) error {
	var v replyView
	for _, n := range numbersOf(f) {
		x, err := h.s.Sheet(r.Context(), r.Actor, n)
		if err != nil {
			return err
		}
		if x.Draft != nil && len(numbersOf(f)) == 1 { // there is one already
			return r.Redirect(w, answerPath(x.Draft.ID))
		}
		v.contributions = append(v.contributions, x.Contribution)
	}
	if len(v.contributions) == 0 {
		return r.Redirect(w, deskPath)
	}
	return h.draw(w, r, v, f)
}

// draw adds what every form of an answer shows.
func (h answering) draw(w http.ResponseWriter, r *web.Request, v replyView, f *web.Form) error {
	var err error
	office := v.a.Office
	if office == "" && len(v.contributions) > 0 {
		office = v.contributions[0].Office
	}
	if v.blocks, err = h.s.Blocks(r.Context(), r.Actor, office, contribution.Unanswered); err != nil {
		return err
	}
	if v.offices, err = h.s.Offices(r.Context(), r.Tenant.ID); err != nil {
		return err
	}
	if v.rules, err = h.s.Rules(r.Context(), r.Tenant.ID, v.contributions); err != nil {
		return err
	}
	if v.a.ID != "" {
		if v.versions, err = h.s.Store.Versions(r.Context(), r.Tenant.ID, v.a.ID); err != nil {
			return err
		}
	}
	v.langs = foreign(v.contributions)
	v.youth = slices.ContainsFunc(v.contributions, func(c contribution.Contribution) bool { return c.Channel == contribution.Youth })
	v.canRelease = v.a.ID != ""
	for _, c := range v.contributions {
		v.canRelease = v.canRelease && h.s.Contributions.May(r.Context(), r.Actor, access.ReleaseAnswer, c)
	}
	title := r.T("answer.new.title")
	if v.a.ID != "" {
		title = r.T("answer.edit.title", "n", len(v.contributions))
	}
	page := staffPage(r, title, deskCrumb(r))
	if f.Failed() {
		return r.Invalid(w, page, replyPage(r, v, f))
	}
	return r.Render(w, page, replyPage(r, v, f))
}

func (h answering) create(w http.ResponseWriter, r *web.Request) error {
	f := web.NewForm(r)
	numbers := numbersOf(f)
	var list []contribution.Contribution
	for _, n := range numbers {
		x, err := h.s.Sheet(r.Context(), r.Actor, n)
		if err != nil {
			return err
		}
		list = append(list, x.Contribution)
	}
	if f.Value("tun") == "einfuegen" {
		if err := h.insert(r, f, list, contribution.Answer{}); err != nil {
			return err
		}
		return h.drawNew(w, r, f)
	}
	a, err := h.s.Write(r.Context(), r.Actor, numbers, replyOf(f, foreign(list)))
	if f.Fail(err) {
		return h.drawNew(w, r, f)
	}
	if err != nil {
		return err
	}
	return r.Done(w, answerPath(a.ID), "notice.answer.saved")
}

// insert puts a text block behind what is written, with its placeholders filled.
func (h answering) insert(r *web.Request, f *web.Form, list []contribution.Contribution, a contribution.Answer) error {
	blocks, err := h.s.Blocks(r.Context(), r.Actor, "", contribution.Unanswered)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(blocks, func(b contribution.Block) bool { return string(b.ID) == f.Value("baustein") })
	if i < 0 || len(list) == 0 {
		return nil
	}
	c := list[0]
	office := a.Office
	if office == "" {
		office = c.Office
	}
	name, err := h.s.OfficeName(r.Context(), r.Tenant.ID, office)
	if err != nil {
		return err
	}
	p, _, err := h.s.Contributions.Process(r.Context(), r.Tenant.ID, c.Process, "")
	if err != nil && kernel.KindOf(err) != kernel.NotFound {
		return err
	}
	values := map[string]string{"nummer": c.Number, "titel": c.Title, "beteiligung": p.Title.String(), "amt": name.String(), "frist": ""}
	if c.Due != "" {
		values["frist"] = r.P.Date(c.Due)
	}
	for _, key := range []string{"de", contribution.PlainKey, contribution.YouthKey} {
		text := contribution.Fill(blocks[i].Body[key], values)
		if text == "" {
			continue
		}
		f.Set("text-"+key, strings.TrimSpace(f.Value("text-"+key)+"\n\n"+text))
	}
	if f.Value("status") == "" {
		f.Set("status", string(blocks[i].Status))
	}
	return nil
}

func (h answering) load(r *web.Request) (v replyView, err error) {
	id, err := kernel.ParseID(r.PathValue("id"))
	if err != nil {
		return v, err
	}
	v.a, v.contributions, err = h.s.Get(r.Context(), r.Actor, id)
	return v, err
}

func (h answering) edit(w http.ResponseWriter, r *web.Request) error {
	v, err := h.load(r)
	if err != nil {
		return err
	}
	f := web.BlankForm(r)
	setReply(f, v.a)
	return h.draw(w, r, v, f)
}

// act does what the button of the editor says; what was typed is kept first.
func (h answering) act(w http.ResponseWriter, r *web.Request) error {
	v, err := h.load(r)
	if err != nil {
		return err
	}
	f := web.NewForm(r)
	do := f.Value("tun")
	langs := foreign(v.contributions)
	id := v.a.ID
	done := "notice.answer.saved"
	seen := whole(f.Value("seen"))
	switch do {
	case "einfuegen":
		if err := h.insert(r, f, v.contributions, v.a); err != nil {
			return err
		}
		return h.draw(w, r, v, f)
	case "dazu":
		err, done = h.s.Join(r.Context(), r.Actor, id, f.Value("number")), "notice.answer.joined"
	case "heraus":
		err, done = h.s.Leave(r.Context(), r.Actor, id, f.Value("heraus")), "notice.answer.left"
	case "zurueck":
		err, done = h.s.Return(r.Context(), r.Actor, id, f.Value("reason")), "notice.answer.returned"
	case "freigeben":
		err, done = h.s.Release(r.Context(), r.Actor, id, seen), "notice.answer.released"
	case "bitten":
		var a contribution.Answer
		if a, err = h.s.Rewrite(r.Context(), r.Actor, id, replyOf(f, langs)); err == nil {
			f.Set("seen", strconv.Itoa(a.Edit))
			err, done = h.s.Ask(r.Context(), r.Actor, id, a.Edit), "notice.answer.asked"
		}
	default:
		_, err = h.s.Rewrite(r.Context(), r.Actor, id, replyOf(f, langs))
	}
	if f.Fail(err) {
		if !f.Has("text-de") { // a form without the words: a reason, a number
			g := web.BlankForm(r)
			setReply(g, v.a)
			for _, name := range []string{"number", "reason"} {
				g.Set(name, f.Value(name))
			}
			g.Fail(err)
			f = g
		}
		if v, err = h.load(r); err != nil {
			return err
		}
		return h.draw(w, r, v, f)
	}
	if err != nil {
		return err
	}
	return r.Done(w, answerPath(id), done)
}
