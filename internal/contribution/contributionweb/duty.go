// SPDX-License-Identifier: EUPL-1.2

package contributionweb

import (
	"net/http"
	"slices"
	"strconv"

	"github.com/a-h/templ"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/contribution"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/participation"
	"github.com/kupferfaden/kupferfaden/internal/participation/participationweb"
	"github.com/kupferfaden/kupferfaden/internal/web"
)

func (h answering) blocks(w http.ResponseWriter, r *web.Request) error {
	list, err := h.s.Blocks(r.Context(), r.Actor, "", contribution.Unanswered)
	if err != nil {
		return err
	}
	offices, err := h.s.Offices(r.Context(), r.Tenant.ID)
	if err != nil {
		return err
	}
	page := staffPage(r, r.T("answer.blocks.title"), deskCrumb(r))
	page.Lead = r.T("answer.blocks.lead")
	return r.Render(w, page, blocksPage(r, list, offices))
}

// newBlock stands in the address in place of an id.
const newBlock = "neu"

func (h answering) block(w http.ResponseWriter, r *web.Request) error {
	f := web.BlankForm(r)
	if id := r.PathValue("id"); id != newBlock {
		list, err := h.s.Blocks(r.Context(), r.Actor, "", contribution.Unanswered)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(list, func(b contribution.Block) bool { return string(b.ID) == id })
		if i < 0 {
			return kernel.E(kernel.NotFound, "answer.block.notfound")
		}
		b := list[i]
		f.Set("title", b.Title)
		f.Set("status", string(b.Status))
		f.Set("office", b.Office)
		f.Set("edit", strconv.Itoa(b.Edit))
		for lang, s := range b.Body {
			f.Set("text-"+lang, s)
		}
	}
	return h.drawBlock(w, r, f)
}

func (h answering) drawBlock(w http.ResponseWriter, r *web.Request, f *web.Form) error {
	offices, err := h.s.Offices(r.Context(), r.Tenant.ID)
	if err != nil {
		return err
	}
	page := staffPage(r, r.T("answer.block.heading"), deskCrumb(r), web.Crumb{Text: r.T("answer.blocks.title"), Href: blockPath})
	content := blockPage(r, r.PathValue("id"), offices, f)
	if f.Failed() {
		return r.Invalid(w, page, content)
	}
	return r.Render(w, page, content)
}

func (h answering) saveBlock(w http.ResponseWriter, r *web.Request) error {
	f := web.NewForm(r)
	var id kernel.ID
	if s := r.PathValue("id"); s != newBlock {
		var err error
		if id, err = kernel.ParseID(s); err != nil {
			return err
		}
	}
	if f.Value("tun") == "loeschen" && id != "" {
		if err := h.s.DeleteBlock(r.Context(), r.Actor, id); err != nil {
			return err
		}
		return r.Done(w, blockPath, "notice.answer.block.deleted")
	}
	err := h.s.SaveBlock(r.Context(), r.Actor, contribution.Block{
		ID: id, Title: f.Value("title"), Status: contribution.Status(f.Value("status")), Office: f.Value("office"), Edit: whole(f.Value("edit")),
		Body: kernel.Text{"de": f.Value("text-de"), contribution.PlainKey: f.Value("text-" + contribution.PlainKey), contribution.YouthKey: f.Value("text-" + contribution.YouthKey)},
	})
	if f.Fail(err) {
		return h.drawBlock(w, r, f)
	}
	if err != nil {
		return err
	}
	return r.Done(w, blockPath, "notice.answer.block")
}

// spareDuties is how many empty rows the form of the rules offers.
const spareDuties = 3

func (h answering) duties(w http.ResponseWriter, r *web.Request) error {
	f, err := h.dutyForm(r)
	if err != nil {
		return err
	}
	return h.drawDuties(w, r, f, web.BlankForm(r))
}

// dutyForm is the form of the rules as they are.
func (h answering) dutyForm(r *web.Request) (*web.Form, error) {
	list, err := h.s.Store.RouteRules(r.Context(), r.Tenant.ID)
	if err != nil {
		return nil, err
	}
	f := web.BlankForm(r)
	for i, x := range list {
		n := strconv.Itoa(i + 1)
		f.Set("process"+n, x.Process)
		f.Set("category"+n, x.Category)
		f.Set("area"+n, x.Area)
		f.Set("office"+n, x.Office)
	}
	f.Set("zahl", strconv.Itoa(len(list)+spareDuties))
	return f, nil
}

func (h answering) drawDuties(w http.ResponseWriter, r *web.Request, f, office *web.Form) error {
	offices, err := h.s.Offices(r.Context(), r.Tenant.ID)
	if err != nil {
		return err
	}
	page := staffPage(r, r.T("answer.duties.title"), deskCrumb(r))
	page.Lead = r.T("answer.duties.lead")
	if f.Failed() || office.Failed() {
		return r.Invalid(w, page, dutiesPage(r, offices, f, office))
	}
	return r.Render(w, page, dutiesPage(r, offices, f, office))
}

func (h answering) saveDuties(w http.ResponseWriter, r *web.Request) error {
	f := web.NewForm(r)
	var list []contribution.RouteRule
	for i := 1; i <= min(whole(f.Value("zahl")), 210); i++ {
		n := strconv.Itoa(i)
		if f.Value("office"+n) == "" && f.Value("category"+n) == "" && f.Value("area"+n) == "" && f.Value("process"+n) == "" {
			continue
		}
		list = append(list, contribution.RouteRule{Process: f.Value("process" + n), Category: f.Value("category" + n), Area: f.Value("area" + n), Office: f.Value("office" + n)})
	}
	err := h.s.SaveRouteRules(r.Context(), r.Actor, list)
	if f.Fail(err) {
		return h.drawDuties(w, r, f, web.BlankForm(r))
	}
	if err != nil {
		return err
	}
	return r.Done(w, dutyPath, "notice.answer.duties")
}

func (h answering) saveOffice(w http.ResponseWriter, r *web.Request) error {
	f := web.NewForm(r)
	o := contribution.Office{Key: f.Value("key"), Name: kernel.T(f.Value("name"), f.Value("name-en")), Mailbox: f.Value("mailbox")}
	list, err := h.s.Store.Offices(r.Context(), r.Tenant.ID)
	if err != nil {
		return err
	}
	if i := slices.IndexFunc(list, func(x contribution.Office) bool { return x.Key == o.Key }); i >= 0 {
		o.Edit = list[i].Edit
	}
	err = h.s.SaveOffice(r.Context(), r.Actor, o)
	if f.Fail(err) {
		rules, err := h.dutyForm(r)
		if err != nil {
			return err
		}
		return h.drawDuties(w, r, rules, f)
	}
	if err != nil {
		return err
	}
	return r.Done(w, dutyPath, "notice.answer.office")
}

// AnswerBox draws the answer on the public page of a contribution, signed by its office.
func AnswerBox(s *contribution.Answers) func(r *web.Request, c contribution.Contribution) (templ.Component, error) {
	return func(r *web.Request, c contribution.Contribution) (templ.Component, error) {
		a, err := s.Of(r.Context(), r.Tenant.ID, c)
		if err != nil {
			return nil, err
		}
		if a == nil || a.Public == nil {
			if c.State != contribution.Published || c.Due == "" {
				return nil, nil
			}
			return promiseBox(r, c, c.Due < s.Today()), nil
		}
		office, err := s.OfficeName(r.Context(), r.Tenant.ID, a.Office)
		if err != nil {
			return nil, err
		}
		name, _ := r.P.Text(office)
		return answerBox(r, c, *a, name), nil
	}
}

// ReceiptAnswer draws the answer on the page of a receipt.
func ReceiptAnswer(s *contribution.Answers) func(r *web.Request, c contribution.Contribution, code string) (templ.Component, error) {
	box := AnswerBox(s)
	return func(r *web.Request, c contribution.Contribution, _ string) (templ.Component, error) { return box(r, c) }
}

// WorkAnswer leads from the page of the staff to where the contribution is answered.
func WorkAnswer(s *contribution.Answers) func(r *web.Request, c contribution.Contribution) (templ.Component, error) {
	return func(r *web.Request, c contribution.Contribution) (templ.Component, error) {
		if !s.Contributions.May(r.Context(), r.Actor, access.DraftAnswer, c) {
			return nil, nil
		}
		return workAnswer(r, c), nil
	}
}

// OfficeName names an office by its key.
func OfficeName(s *contribution.Answers) func(r *web.Request, key string) string {
	return func(r *web.Request, key string) string {
		name, err := s.OfficeName(r.Context(), r.Tenant.ID, key)
		if err != nil {
			return key
		}
		said, _ := r.P.Text(name)
		return said
	}
}

// OfficeItems lists the offices to choose from.
func OfficeItems(s *contribution.Answers) func(r *web.Request) ([]web.Item, error) {
	return func(r *web.Request) ([]web.Item, error) {
		list, err := s.Offices(r.Context(), r.Tenant.ID)
		return officeItems(r, list), err
	}
}

// OutcomeSection says on the page of a process how far its answers are, and leads to the table of what became of every contribution.
func OutcomeSection(s *contribution.Answers) participationweb.SectionOf {
	return func(r *web.Request, p participation.Process) (participationweb.Section, error) {
		n, err := s.Counted(r.Context(), r.Tenant.ID, p.Key)
		if err != nil || n.All == 0 {
			return participationweb.Section{}, err
		}
		return participationweb.Section{ID: "rueckmeldungen", Title: r.T("answer.outcomes.title"), Content: outcomeSection(r, p, n)}, nil
	}
}
