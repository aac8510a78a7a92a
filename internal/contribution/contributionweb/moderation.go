// SPDX-License-Identifier: EUPL-1.2

package contributionweb

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/contribution"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/web"
)

const (
	moderationPath = "/arbeit/moderation"
	casesPath      = moderationPath + "/kinderschutz"
	rulesPath      = moderationPath + "/regeln"
	conductPath    = moderationPath + "/netiquette"
	numbersPath    = "/moderationsbericht"
	netiquettePath = "/netiquette"
	objectPath     = "/vorgang/widerspruch"
)

// moderating are the pages of the moderation.
type moderating struct {
	m     *contribution.Moderation
	codes Codes
}

// RegisterModeration adds the inbox of the moderation, the form of a report, objections, the rules of conduct and the public report in figures.
func RegisterModeration(mux *web.Mux, m *contribution.Moderation, codes Codes) {
	h := moderating{m, codes}
	mux.Handle("GET "+moderationPath, access.Moderate, h.inbox, web.Held())
	mux.Handle("GET "+casesPath, access.Moderate, h.cases)
	mux.Handle("POST "+casesPath, access.Moderate, h.closeCase)
	mux.Handle("GET "+rulesPath, access.Publish, h.rules)
	mux.Handle("POST "+rulesPath, access.Publish, h.saveRules)
	mux.Handle("GET "+conductPath, access.Publish, h.conduct)
	mux.Handle("POST "+conductPath, access.Publish, h.publishConduct)
	mux.Handle("GET "+moderationPath+"/{kind}/{id}", access.Moderate, h.look, web.Held())
	mux.Handle("POST "+moderationPath+"/{kind}/{id}", access.Moderate, h.decide, web.Held())
	mux.Handle("POST "+moderationPath+"/{kind}/{id}/widerspruch", access.Moderate, h.decideAppeal, web.Held())
	mux.Handle("GET "+netiquettePath, access.ReadPublic, h.netiquette)
	mux.Handle("GET "+numbersPath, access.ReadPublic, h.numbers)
	mux.Handle("GET /beitraege/{number}/melden", access.AnonymousWrite, h.askReport)
	mux.Handle("POST /beitraege/{number}/melden", access.AnonymousWrite, h.report, web.Limit(web.Rate{PerMinute: 6, Burst: 12}))
	mux.Handle("GET /beitraege/{number}/moderation", access.UseOwnAccount, h.own)
	mux.Handle("POST "+objectPath, access.Contribute, h.object, web.Limit(web.Rate{PerMinute: 10, Burst: 30}))
	mux.Handle("POST /beitraege/{number}/folgen", access.UseOwnAccount, h.follow)
}

// ReportPath is where a contribution, or a comment of it, is reported.
func ReportPath(c contribution.Contribution, comment kernel.ID) string {
	p := "/beitraege/" + url.PathEscape(c.Number) + "/melden"
	if comment != "" {
		p += "?kommentar=" + string(comment)
	}
	return p
}

// FollowPath is where one orders messages about a contribution without an account.
func FollowPath(c contribution.Contribution) string {
	return "/abo?beitrag=" + url.QueryEscape(c.Number)
}

func subjectPath(ref kernel.Ref) string {
	kind := "beitrag"
	if ref.Kind == contribution.CommentSubject {
		kind = "kommentar"
	}
	return moderationPath + "/" + kind + "/" + string(ref.ID)
}

// subjectOf reads it back.
func subjectOf(r *web.Request) (kernel.Ref, error) {
	id, err := kernel.ParseID(r.PathValue("id"))
	if err != nil {
		return kernel.Ref{}, err
	}
	switch r.PathValue("kind") {
	case "beitrag":
		return kernel.Ref{Kind: contribution.ContributionSubject, ID: id}, nil
	case "kommentar":
		return kernel.Ref{Kind: contribution.CommentSubject, ID: id}, nil
	}
	return kernel.Ref{}, kernel.E(kernel.NotFound, "access.notfound")
}

// staffPage is a page of the staff.
func staffPage(r *web.Request, title string, way ...web.Crumb) web.Page {
	return web.Page{
		Title: title, Nav: web.NavWork, NoIndex: true, Styles: []string{"planner.css", "answer.css"},
		Breadcrumb: append([]web.Crumb{{Text: r.T("web.nav.work"), Href: "/arbeit"}}, way...),
	}
}

func inboxCrumb(r *web.Request) web.Crumb {
	return web.Crumb{Text: r.T("moderation.title"), Href: moderationPath}
}

// town says whether the actor may do something in the town as a whole.
func inTown(r *web.Request, do access.Action) bool {
	return access.CheckTenant(r.Actor, do) == nil
}

func (h moderating) inbox(w http.ResponseWriter, r *web.Request) error {
	f := web.NewForm(r)
	filter := contribution.InboxFilter{Process: f.Value("beteiligung"), Kind: contribution.WaitKind(f.Value("art"))}
	list, err := h.m.Inbox(r.Context(), r.Actor, filter)
	if err != nil {
		return err
	}
	page := staffPage(r, r.T("moderation.title"))
	page.Lead = r.T("moderation.lead")
	return r.Render(w, page, inboxPage(r, list, f))
}

// looked is what the page of a decision shows.
type looked struct {
	w       contribution.Waiting
	history []contribution.Told
	rules   contribution.Conduct
	photos  []contribution.File
}

func (h moderating) load(r *web.Request, ref kernel.Ref) (x looked, err error) {
	if x.w, x.history, err = h.m.Look(r.Context(), r.Actor, ref); err != nil {
		return x, err
	}
	if x.w.Comment == nil {
		if x.photos, err = h.m.Contributions.Photos(r.Context(), r.Tenant.ID, x.w.Contribution); err != nil {
			return x, err
		}
	}
	x.rules, err = h.m.Conduct(r.Context(), r.Tenant.ID)
	return x, err
}

func (h moderating) look(w http.ResponseWriter, r *web.Request) error {
	ref, err := subjectOf(r)
	if err != nil {
		return err
	}
	x, err := h.load(r, ref)
	if err != nil {
		return err
	}
	f := web.BlankForm(r)
	f.Set("seen", strconv.Itoa(x.w.Contribution.Edit))
	return h.render(w, r, x, f)
}

func (h moderating) render(w http.ResponseWriter, r *web.Request, x looked, f *web.Form) error {
	title := x.w.Contribution.Number + ": " + x.w.Contribution.Title
	if x.w.Comment != nil {
		title = r.T("moderation.comment.of", "number", x.w.Contribution.Number)
	}
	page := staffPage(r, title, inboxCrumb(r))
	page.Styles = append(page.Styles, "contribution.css")
	if f.Failed() {
		return r.Invalid(w, page, decisionPage(r, x, f))
	}
	return r.Render(w, page, decisionPage(r, x, f))
}

// following is where a moderator goes after a decision: to the next thing that waits.
func (h moderating) following(r *web.Request) (string, error) {
	list, err := h.m.Inbox(r.Context(), r.Actor, contribution.InboxFilter{})
	if err != nil {
		return "", err
	}
	i := slices.IndexFunc(list, func(x contribution.Waiting) bool { return !x.Own && x.Kind != contribution.WaitsAuthor })
	if i < 0 {
		return moderationPath, nil
	}
	return subjectPath(list[i].Ref()), nil
}

func (h moderating) decide(w http.ResponseWriter, r *web.Request) error {
	ref, err := subjectOf(r)
	if err != nil {
		return err
	}
	f := web.NewForm(r)
	ruling := contribution.Ruling{
		Kind: contribution.DecisionKind(f.Value("kind")), Rule: whole(f.Value("rule")), Message: f.Value("message"), Note: f.Value("note"), Told: f.Value("told"),
		Pieces: strings.Split(strings.ReplaceAll(f.Value("pieces"), "\r", ""), "\n"), Seen: whole(f.Value("seen")),
	}
	_, err = h.m.Decide(r.Context(), r.Actor, ref, ruling)
	return h.after(w, r, ref, f, err, "notice.moderation.decided")
}

// after shows the form again where something is wrong with it, and goes on to the next one otherwise.
func (h moderating) after(w http.ResponseWriter, r *web.Request, ref kernel.Ref, f *web.Form, err error, done string) error {
	if err == nil {
		next := moderationPath
		if f.Value("weiter") != "" {
			if next, err = h.following(r); err != nil {
				return err
			}
		}
		return r.Done(w, next, done)
	}
	if !f.Fail(err) {
		return err
	}
	x, err := h.load(r, ref)
	if err != nil {
		return err
	}
	return h.render(w, r, x, f)
}

func (h moderating) decideAppeal(w http.ResponseWriter, r *web.Request) error {
	ref, err := subjectOf(r)
	if err != nil {
		return err
	}
	f := web.NewForm(r)
	err = h.m.DecideAppeal(r.Context(), r.Actor, kernel.ID(f.Value("decision")), f.Value("outcome") == "reversed", f.Value("answer"))
	if err == nil || f.Value("outcome") != "" {
		return h.after(w, r, ref, f, err, "notice.moderation.appealed")
	}
	return h.after(w, r, ref, f, &kernel.Error{Kind: kernel.Invalid, Key: "contribution.invalid", Fields: map[string]string{"outcome": "moderation.kind.missing"}}, "")
}

func whole(s string) int {
	n, err := strconv.Atoi(strings.TrimSpace(s))
	if err != nil || n < 0 || n > 1_000_000_000 {
		return 0
	}
	return n
}

func (h moderating) cases(w http.ResponseWriter, r *web.Request) error {
	return h.drawCases(w, r, web.BlankForm(r))
}

func (h moderating) drawCases(w http.ResponseWriter, r *web.Request, f *web.Form) error {
	list, err := h.m.Cases(r.Context(), r.Actor)
	if err != nil {
		return err
	}
	page := staffPage(r, r.T("moderation.cases.title"), inboxCrumb(r))
	page.Lead = r.T("moderation.cases.lead")
	if f.Failed() {
		return r.Invalid(w, page, casesPage(r, list, f))
	}
	return r.Render(w, page, casesPage(r, list, f))
}

func (h moderating) closeCase(w http.ResponseWriter, r *web.Request) error {
	f := web.NewForm(r)
	err := h.m.CloseCase(r.Context(), r.Actor, kernel.ID(f.Value("id")), f.Value("outcome"))
	if f.Fail(err) {
		return h.drawCases(w, r, f)
	}
	if err != nil {
		return err
	}
	return r.Done(w, casesPath, "notice.moderation.case")
}

func (h moderating) rules(w http.ResponseWriter, r *web.Request) error {
	x, err := h.m.HouseRules(r.Context(), r.Tenant.ID)
	if err != nil {
		return err
	}
	f := web.BlankForm(r)
	if x.Trusted {
		f.Set("vertraut", "1")
	}
	f.Set("nach", strconv.Itoa(max(x.After, 1)))
	f.Set("jugendamt", x.YouthOffice)
	f.Set("zweite", string(x.Second))
	if x.PlainRequired {
		f.Set("leicht", "1")
	}
	f.Set("leitung", x.Leadership)
	f.Set("amt", x.Office)
	f.Set("edit", strconv.Itoa(x.Edit))
	return r.Render(w, staffPage(r, r.T("moderation.rules.title"), inboxCrumb(r)), rulesPage(r, f))
}

func (h moderating) saveRules(w http.ResponseWriter, r *web.Request) error {
	f := web.NewForm(r)
	err := h.m.SaveHouseRules(r.Context(), r.Actor, contribution.HouseRules{
		Trusted: f.Is("vertraut", "1"), After: whole(f.Value("nach")), YouthOffice: f.Value("jugendamt"), Second: contribution.SecondRule(f.Value("zweite")),
		PlainRequired: f.Is("leicht", "1"), Leadership: f.Value("leitung"), Office: f.Value("amt"), Edit: whole(f.Value("edit")),
	})
	if f.Fail(err) {
		return r.Invalid(w, staffPage(r, r.T("moderation.rules.title"), inboxCrumb(r)), rulesPage(r, f))
	}
	if err != nil {
		return err
	}
	return r.Done(w, rulesPath, "notice.moderation.rules")
}

// spareRules is how many empty fields the form of the rules of conduct offers for new ones.
const spareRules = 2

func (h moderating) conduct(w http.ResponseWriter, r *web.Request) error {
	c, err := h.m.Conduct(r.Context(), r.Tenant.ID)
	if err != nil {
		return err
	}
	f := web.BlankForm(r)
	f.Set("version", strconv.Itoa(c.Version))
	f.Set("intro", c.Intro["de"])
	f.Set("intro-en", c.Intro["en"])
	f.Set("intro-leicht", c.Intro[contribution.PlainKey])
	for i, x := range c.Rules {
		n := strconv.Itoa(i + 1)
		f.Set("nummer"+n, strconv.Itoa(x.Number))
		f.Set("regel"+n, x.Title["de"])
		f.Set("text"+n, x.Body["de"])
		f.Set("regel-en"+n, x.Title["en"])
		f.Set("text-en"+n, x.Body["en"])
		f.Set("regel-leicht"+n, x.Title[contribution.PlainKey])
		f.Set("text-leicht"+n, x.Body[contribution.PlainKey])
	}
	f.Set("zahl", strconv.Itoa(len(c.Rules)+spareRules))
	return r.Render(w, staffPage(r, r.T("moderation.conduct.title"), inboxCrumb(r)), conductPage(r, f))
}

func (h moderating) publishConduct(w http.ResponseWriter, r *web.Request) error {
	f := web.NewForm(r)
	inAll := func(name, n string) kernel.Text {
		return kernel.Text{"de": f.Value(name + n), "en": f.Value(name + "-en" + n), contribution.PlainKey: f.Value(name + "-leicht" + n)}
	}
	c := contribution.Conduct{Intro: inAll("intro", "")}
	for i := 1; i <= min(whole(f.Value("zahl")), 40); i++ {
		n := strconv.Itoa(i)
		if strings.TrimSpace(f.Value("regel"+n)) == "" && strings.TrimSpace(f.Value("text"+n)) == "" {
			continue
		}
		c.Rules = append(c.Rules, contribution.ConductRule{Number: whole(f.Value("nummer" + n)), Title: inAll("regel", n), Body: inAll("text", n)})
	}
	_, err := h.m.PublishConduct(r.Context(), r.Actor, c, whole(f.Value("version")))
	if f.Fail(err) {
		return r.Invalid(w, staffPage(r, r.T("moderation.conduct.title"), inboxCrumb(r)), conductPage(r, f))
	}
	if err != nil {
		return err
	}
	return r.Done(w, conductPath, "notice.moderation.conduct")
}

func (h moderating) netiquette(w http.ResponseWriter, r *web.Request) error {
	c, err := h.m.Conduct(r.Context(), r.Tenant.ID)
	if err != nil {
		return err
	}
	return r.Render(w, web.Page{Title: r.T("moderation.netiquette"), Nav: web.NavVoices, Narrow: true, Leicht: c.Intro[contribution.PlainKey] != ""}, netiquettePage(r, c))
}

// span is the time a report in figures is about: a year, or the last twelve months.
func span(r *web.Request, now time.Time) (from, to time.Time, year string) {
	if y := whole(r.URL.Query().Get("jahr")); y >= 2000 && y <= now.Year() {
		from = time.Date(y, 1, 1, 0, 0, 0, 0, kernel.Zone())
		return from, from.AddDate(1, 0, 0), strconv.Itoa(y)
	}
	to = now.AddDate(0, 0, 1)
	return time.Date(now.Year()-1, now.Month(), now.Day(), 0, 0, 0, 0, kernel.Zone()), to, ""
}

func (h moderating) numbers(w http.ResponseWriter, r *web.Request) error {
	now := h.m.Time().In(kernel.Zone())
	from, to, year := span(r, now)
	n, err := h.m.PublicNumbers(r.Context(), r.Actor, kernel.InstantOf(from), kernel.InstantOf(to))
	if err != nil {
		return err
	}
	rules, err := h.m.Conduct(r.Context(), r.Tenant.ID)
	if err != nil {
		return err
	}
	page := web.Page{Title: r.T("moderation.numbers.title"), Lead: r.T("moderation.numbers.lead"), Nav: web.NavVoices, Styles: []string{"planner.css", "answer.css"}}
	return r.Render(w, page, numbersPage(r, n, rules, now.Year(), year))
}

func (h moderating) reportTitle(r *web.Request, c contribution.Contribution) web.Page {
	return web.Page{
		Title: r.T("moderation.report.title"), Lead: r.T("moderation.report.lead"), Nav: web.NavVoices, Narrow: true, NoIndex: true,
		Breadcrumb: []web.Crumb{{Text: c.Number, Href: c.Path()}},
	}
}

// reported finds what is to be reported.
func (h moderating) reported(r *web.Request) (ref kernel.Ref, c contribution.Contribution, k *contribution.Comment, err error) {
	c, err = h.m.Contributions.Get(r.Context(), r.Actor, r.PathValue("number"))
	if err != nil {
		return ref, c, nil, err
	}
	ref = c.Ref()
	if id := r.URL.Query().Get("kommentar"); id != "" {
		if ref.ID, err = kernel.ParseID(id); err != nil {
			return ref, c, nil, err
		}
		ref.Kind = contribution.CommentSubject
	}
	got, k, err := h.m.Reported(r.Context(), r.Actor, ref)
	if err == nil && got.ID != c.ID {
		err = kernel.E(kernel.NotFound, "contribution.notfound")
	}
	return ref, c, k, err
}

func (h moderating) askReport(w http.ResponseWriter, r *web.Request) error {
	_, c, k, err := h.reported(r)
	if err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "no-store") // each form is good once
	return r.Render(w, h.reportTitle(r, c), reportPage(r, c, k, web.BlankForm(r)))
}

func (h moderating) report(w http.ResponseWriter, r *web.Request) error {
	ref, c, k, err := h.reported(r)
	if err != nil {
		return err
	}
	f := web.NewForm(r)
	if !r.SignedIn() {
		err = r.Guarded(f)
	}
	if err == nil {
		err = h.m.Report(r.Context(), r.Actor, ref, contribution.ReportReason(f.Value("reason")), f.Value("text"))
	}
	if f.Fail(err) {
		return r.Invalid(w, h.reportTitle(r, c), reportPage(r, c, k, f))
	}
	if err != nil {
		return err
	}
	return r.Done(w, c.Path(), "notice.moderation.reported")
}

// own shows the author with an account what was decided.
func (h moderating) own(w http.ResponseWriter, r *web.Request) error {
	number := r.PathValue("number")
	list, err := h.m.Mine(r.Context(), r.Actor, number, "")
	if err != nil {
		return err
	}
	page := web.Page{
		Title: r.T("moderation.mine.title", "number", number), Nav: web.NavVoices, NoIndex: true, Narrow: true, Breadcrumb: []web.Crumb{{Text: number, Href: "/beitraege/" + number}},
	}
	return r.Render(w, page, ownPage(r, number, list))
}

// object takes an author's objection: with the receipt code, or the account.
func (h moderating) object(w http.ResponseWriter, r *web.Request) error {
	f := web.NewForm(r)
	number, code := f.Value("nummer"), f.Value("code")
	err := h.codes.guess(r, code, func() error {
		return h.m.Appeal(r.Context(), r.Actor, number, code, kernel.ID(f.Value("decision")), f.Value("reason"))
	})
	page := web.Page{Title: r.T("moderation.appeal.title"), Nav: web.NavVoices, NoIndex: true, Narrow: true}
	w.Header().Set("Cache-Control", "no-store")
	if f.Fail(err) {
		return r.Invalid(w, page, objectPage(r, number, code, f))
	}
	if err != nil {
		return err
	}
	return r.Render(w, page, objectedPage(r))
}

func (h moderating) follow(w http.ResponseWriter, r *web.Request) error {
	number := r.PathValue("number")
	if err := h.m.Follow(r.Context(), r.Actor, number); err != nil {
		return err
	}
	return r.Done(w, "/beitraege/"+url.PathEscape(number), "notice.moderation.follow")
}

// ReceiptDecisions draws what the moderation decided on the page of a receipt, with the form of an objection.
func ReceiptDecisions(m *contribution.Moderation) func(r *web.Request, c contribution.Contribution, code string) (templ.Component, error) {
	return func(r *web.Request, c contribution.Contribution, code string) (templ.Component, error) {
		list, err := m.Mine(r.Context(), r.Actor, c.Number, code)
		if err != nil || len(list) == 0 {
			return nil, err
		}
		return decisionsPart(r, c.Number, code, list), nil
	}
}

// WorkDecisions draws the decisions on the page of the staff, with the way to decide anew.
func WorkDecisions(m *contribution.Moderation) func(r *web.Request, c contribution.Contribution) (templ.Component, error) {
	return func(r *web.Request, c contribution.Contribution) (templ.Component, error) {
		if !m.Contributions.May(r.Context(), r.Actor, access.Moderate, c) {
			return nil, nil
		}
		list, err := m.History(r.Context(), r.Tenant.ID, c.ID)
		if err != nil {
			return nil, err
		}
		return workDecisions(r, c, list), nil
	}
}
