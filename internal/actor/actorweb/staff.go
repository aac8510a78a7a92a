// SPDX-License-Identifier: EUPL-1.2

package actorweb

import (
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/actor"
	"github.com/kupferfaden/kupferfaden/internal/doc/graph"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/web"
)

// staffPage is the frame of a page of the planning staff.
func staffPage(r *web.Request, key string) web.Page {
	return web.Page{
		Title: r.T("actor." + key + ".title"), Lead: r.T("actor." + key + ".lead"), Nav: web.NavWork, NoIndex: true, Styles: styles, Wide: true,
		Breadcrumb: []web.Crumb{{Text: r.T("planner.desk.crumb"), Href: "/arbeit"}, {Text: r.T("actor.staff.title"), Href: staffPath}},
	}
}

// staffDesk is the entry: what waits, the tables, and the list of all records.
type staffDesk struct {
	shown
	form                 *web.Form
	list                 []actor.Record
	all                  int
	pages                web.Pages
	waiting, unconfirmed int
	soon                 int
}

func (p *pages) staff(w http.ResponseWriter, r *web.Request) error {
	in, err := p.s.Inventory(r.Context(), r.Actor)
	if err != nil {
		return err
	}
	s, err := p.shown(r, in)
	if err != nil {
		return err
	}
	d := staffDesk{shown: s, form: web.NewForm(r)}
	kind := actor.Kind(d.form.Value("kind"))
	for _, k := range actor.Kinds() {
		if kind != "" && k != kind {
			continue
		}
		list, _, err := p.s.List(r.Context(), r.Actor, k, filterOf(d.form))
		if err != nil {
			return err
		}
		d.list = append(d.list, list...)
	}
	d.all = len(d.list)
	d.list, d.pages = paged(r, d.list)
	if d.waiting, err = p.s.WaitingChanges(r.Context(), r.Actor); err != nil {
		return err
	}
	late, err := p.s.Unconfirmed(r.Context(), r.Actor)
	if err != nil {
		return err
	}
	d.unconfirmed = len(late)
	ends, err := p.s.Endings(r.Context(), r.Actor)
	if err != nil {
		return err
	}
	for _, e := range ends {
		if e.Soon {
			d.soon++
		}
	}
	page := staffPage(r, "staff")
	page.Breadcrumb = page.Breadcrumb[:1]
	return r.Render(w, page, staffView(d))
}

// levelTabs lead to the levels a table can be shown for.
func (p *pages) levelTabs(r *web.Request, sp *actor.Spaces) ([]web.Tab, error) {
	levels, err := p.s.Levels(r.Context(), r.Actor)
	if err != nil || len(levels) < 2 {
		return nil, err
	}
	out := make([]web.Tab, len(levels))
	for i, l := range levels {
		out[i] = web.Tab{Text: say(r, l.Name), Href: r.With("ebene", l.Key), Current: l.Key == sp.Level.Key}
	}
	return out, nil
}

// matrixView is the matrix with the filter it was made for.
type matrixView struct {
	r    *web.Request
	m    *actor.Matrix
	form *web.Form
	tabs []web.Tab
	ages []web.Item
	kind []web.Item
	who  []web.Item
}

func (p *pages) matrix(w http.ResponseWriter, r *web.Request) error {
	form := web.NewForm(r)
	terms, err := p.s.Terms(r.Context(), r.Actor)
	if err != nil {
		return err
	}
	d := matrixView{r: r, form: form}
	for _, t := range terms.Offered(actor.Age) {
		d.ages = append(d.ages, web.Item{Value: t.Key, Text: say(r, t.Name)})
	}
	for _, t := range terms.Offered(actor.OfferType) {
		d.kind = append(d.kind, web.Item{Value: t.Key, Text: say(r, t.Name)})
	}
	for _, t := range terms.Offered(actor.TargetGroup) {
		d.who = append(d.who, web.Item{Value: t.Key, Text: say(r, t.Name)})
	}
	d.m, err = p.s.Matrix(r.Context(), r.Actor, actor.MatrixFilter{Level: form.Value("ebene"), Type: form.Value("thema"), Age: form.Value("alter"), Group: form.Value("zielgruppe")})
	if err != nil {
		return err
	}
	if d.tabs, err = p.levelTabs(r, d.m.Spaces); err != nil {
		return err
	}
	return r.Render(w, staffPage(r, "matrix"), matrixPage(d))
}

func (p *pages) funding(w http.ResponseWriter, r *web.Request) error {
	list, err := p.s.Endings(r.Context(), r.Actor)
	if err != nil {
		return err
	}
	in, err := p.s.Inventory(r.Context(), r.Actor)
	if err != nil {
		return err
	}
	s, err := p.shown(r, in)
	if err != nil {
		return err
	}
	return r.Render(w, staffPage(r, "funding"), fundingPage(s, list))
}

func (p *pages) hours(w http.ResponseWriter, r *web.Request) error {
	as := access.Internal
	if r.URL.Query().Get("leserkreis") == string(access.Public) {
		as = access.Public
	}
	t, err := p.s.StaffHours(r.Context(), r.Actor, r.URL.Query().Get("ebene"), as)
	if err != nil {
		return err
	}
	tabs, err := p.levelTabs(r, t.Spaces)
	if err != nil {
		return err
	}
	return r.Render(w, staffPage(r, "hours"), hoursPage(r, t, tabs, as))
}

// network is the picture of who works with whom.
type network struct {
	r       *web.Request
	form    *web.Form
	filters []web.Choice
	w       *actor.Web
	svg     string
	degree  []int
	limited bool
}

// mostDrawn is how many nodes a picture holds that people can still read.
const mostDrawn = 350

func (p *pages) network(w http.ResponseWriter, r *web.Request) error {
	form := web.NewForm(r)
	net, err := p.s.Web(r.Context(), r.Actor, actor.WebFilter{Area: form.Value("raum"), Theme: form.Value("thema"), Lone: form.Is("einzeln", "1")})
	if err != nil {
		return err
	}
	in, err := p.s.Inventory(r.Context(), r.Actor)
	if err != nil {
		return err
	}
	s, err := p.shown(r, in)
	if err != nil {
		return err
	}
	d := network{r: r, form: form, w: net, degree: make([]int, len(net.Nodes))}
	all, err := p.filters(r, s, actor.ActorKind)
	if err != nil {
		return err
	}
	for _, c := range all {
		if c.Name == "raum" || c.Name == "thema" {
			d.filters = append(d.filters, c)
		}
	}
	edges := make([]graph.Edge, len(net.Edges))
	for i, e := range net.Edges {
		d.degree[e.A]++
		d.degree[e.B]++
		edges[i] = graph.Edge{A: e.A, B: e.B, Weight: e.Strength, Dashed: !e.Formal}
	}
	if d.limited = len(net.Nodes) > mostDrawn; !d.limited && len(net.Nodes) > 0 {
		nodes := make([]graph.Node, len(net.Nodes))
		for i, x := range net.Nodes {
			nodes[i] = graph.Node{
				Name: x.Name(), Text: r.T("actor.picture.node", "name", x.Name(), "kind", r.T("actor.kind."+string(x.Head().Kind)), "n", d.degree[i]),
				Href: r.Link(path(x.Head())), Square: x.Head().Kind == actor.NetworkKind,
			}
		}
		d.svg = graph.SVG(nodes, edges, graph.Options{ID: "netz", Title: r.T("actor.picture.title"), Description: r.T("actor.picture.text")})
	}
	return r.Render(w, staffPage(r, "picture"), networkPage(d))
}

func (p *pages) missing(w http.ResponseWriter, r *web.Request) error {
	m, err := p.s.Missing(r.Context(), r.Actor, r.URL.Query().Get("ebene"))
	if err != nil {
		return err
	}
	tabs, err := p.levelTabs(r, m.Spaces)
	if err != nil {
		return err
	}
	return r.Render(w, staffPage(r, "missing"), missingPage(r, m, tabs))
}

func (p *pages) pooling(w http.ResponseWriter, r *web.Request) error {
	return p.renderPooling(w, r, web.BlankForm(r))
}

func (p *pages) renderPooling(w http.ResponseWriter, r *web.Request, form *web.Form) error {
	list, err := p.s.Proposals(r.Context(), r.Actor)
	if err != nil {
		return err
	}
	in, err := p.s.Inventory(r.Context(), r.Actor)
	if err != nil {
		return err
	}
	s, err := p.shown(r, in)
	if err != nil {
		return err
	}
	shownList, pages := paged(r, list)
	page := staffPage(r, "pooling")
	if form.Failed() {
		return r.Invalid(w, page, poolingPage(s, form, shownList, pages))
	}
	return r.Render(w, page, poolingPage(s, form, shownList, pages))
}

func (p *pages) judge(w http.ResponseWriter, r *web.Request) error {
	form := web.NewForm(r)
	err := p.s.Judge(r.Context(), r.Actor, form.Value("key"), form.Value("verdict") == actor.VerdictAccepted, form.Value("reason"))
	if form.Fail(err) {
		return p.renderPooling(w, r, form)
	}
	if err != nil {
		return err
	}
	return r.Done(w, staffPath+"/buendelung", "notice.actor.saved")
}

// late is an organisation nobody confirmed, with who keeps its records.
type late struct {
	actor.Unconfirmed
	Keepers []string
}

func (p *pages) unconfirmed(w http.ResponseWriter, r *web.Request) error {
	list, err := p.s.Unconfirmed(r.Context(), r.Actor)
	if err != nil {
		return err
	}
	part, pages := paged(r, list)
	out := make([]late, len(part))
	for i, u := range part {
		out[i].Unconfirmed = u
		if out[i].Keepers, err = p.Keepers(r.Context(), r.Tenant.ID, u.ID); err != nil {
			return err
		}
	}
	return r.Render(w, staffPage(r, "unconfirmed"), unconfirmedPage(r, out, pages))
}

func (p *pages) changes(w http.ResponseWriter, r *web.Request) error {
	return p.renderChanges(w, r, web.BlankForm(r))
}

func (p *pages) renderChanges(w http.ResponseWriter, r *web.Request, form *web.Form) error {
	waiting, err := p.s.Changes(r.Context(), r.Actor, actor.Waiting)
	if err != nil {
		return err
	}
	applied, err := p.s.Changes(r.Context(), r.Actor, actor.Applied)
	if err != nil {
		return err
	}
	in, err := p.s.Inventory(r.Context(), r.Actor)
	if err != nil {
		return err
	}
	s, err := p.shown(r, in)
	if err != nil {
		return err
	}
	part, pages := paged(r, applied)
	page := staffPage(r, "changes")
	if form.Failed() {
		return r.Invalid(w, page, changesPage(s, form, waiting, part, pages))
	}
	return r.Render(w, page, changesPage(s, form, waiting, part, pages))
}

func (p *pages) decide(w http.ResponseWriter, r *web.Request) error {
	id, err := kernel.ParseID(r.PathValue("id"))
	if err != nil {
		return err
	}
	form := web.NewForm(r)
	err = p.s.Decide(r.Context(), r.Actor, id, form.Value("decision") == "accept", form.Value("reason"))
	if form.Fail(err) {
		return p.renderChanges(w, r, form)
	}
	if err != nil {
		return err
	}
	return r.Done(w, staffPath+"/aenderungen", "notice.actor.decided")
}

// group is the list of terms of the address; the first where it names none.
func group(r *web.Request) actor.Group {
	g := actor.Group(r.URL.Query().Get("liste"))
	if !slices.Contains(actor.Groups(), g) {
		return actor.OfferType
	}
	return g
}

func (p *pages) terms(w http.ResponseWriter, r *web.Request) error {
	return p.renderTerms(w, r, group(r), web.BlankForm(r))
}

func (p *pages) renderTerms(w http.ResponseWriter, r *web.Request, g actor.Group, form *web.Form) error {
	terms, err := p.s.Terms(r.Context(), r.Actor)
	if err != nil {
		return err
	}
	if t, ok := terms.Find(g, r.URL.Query().Get("begriff")); ok && !form.Failed() {
		form.Set("key", t.Key)
		for _, lang := range termLanguages {
			form.Set(strings.ReplaceAll(lang, "+", "_"), t.Name[lang])
		}
		form.Set("from", strconv.Itoa(t.From))
		form.Set("to", strconv.Itoa(t.To))
		form.Set("population", t.Population)
		form.Set("indicator", t.Indicator)
		form.Set("expects", t.Expects...)
		if t.Retired {
			form.Set("retired", "1")
		}
	}
	page := staffPage(r, "terms")
	if form.Failed() {
		return r.Invalid(w, page, termsPage(r, g, terms, form))
	}
	return r.Render(w, page, termsPage(r, g, terms, form))
}

var termLanguages = []string{"de", "de+leicht", "en"}

func (p *pages) putTerm(w http.ResponseWriter, r *web.Request) error {
	form := web.NewForm(r)
	g := actor.Group(form.Value("liste"))
	t := actor.Term{
		Key: form.Value("key"), Name: kernel.Text{}, Population: form.Value("population"), Indicator: form.Value("indicator"), Expects: form.Values("expects"), Retired: form.Is("retired", "1"),
	}
	for _, lang := range termLanguages {
		t.Name[lang] = form.Value(strings.ReplaceAll(lang, "+", "_"))
	}
	t.From, _ = strconv.Atoi(form.Value("from"))
	t.To, _ = strconv.Atoi(form.Value("to"))
	err := p.s.PutTerm(r.Context(), r.Actor, g, t)
	if form.Fail(err) {
		return p.renderTerms(w, r, g, form)
	}
	if err != nil {
		return err
	}
	return r.Done(w, staffPath+"/begriffe?"+url.Values{"liste": {string(g)}}.Encode(), "notice.actor.saved")
}

func (p *pages) rules(w http.ResponseWriter, r *web.Request) error {
	rules, err := p.s.Rules(r.Context(), r.Actor)
	if err != nil {
		return err
	}
	form := web.BlankForm(r)
	form.Set("changes", string(rules.Changes))
	form.Set("months", strconv.Itoa(rules.Months))
	form.Set("ahead", strconv.Itoa(rules.Ahead))
	form.Set("level", rules.Level)
	return p.renderRules(w, r, form)
}

func (p *pages) renderRules(w http.ResponseWriter, r *web.Request, form *web.Form) error {
	levels, err := p.s.Levels(r.Context(), r.Actor)
	if err != nil {
		return err
	}
	page := staffPage(r, "rules")
	page.Wide, page.Narrow = false, true
	if form.Failed() {
		return r.Invalid(w, page, rulesPage(r, levels, form))
	}
	return r.Render(w, page, rulesPage(r, levels, form))
}

func (p *pages) setRules(w http.ResponseWriter, r *web.Request) error {
	form := web.NewForm(r)
	rules := actor.Rules{Changes: actor.ChangeRule(form.Value("changes")), Level: form.Value("level")}
	rules.Months, _ = strconv.Atoi(form.Value("months"))
	rules.Ahead, _ = strconv.Atoi(form.Value("ahead"))
	err := p.s.SetRules(r.Context(), r.Actor, rules)
	if form.Fail(err) {
		return p.renderRules(w, r, form)
	}
	if err != nil {
		return err
	}
	return r.Done(w, staffPath+"/regeln", "notice.actor.saved")
}

// people writes a number of people; a dash where it is not released.
func people(r *web.Request, v float64) string {
	if math.IsNaN(v) {
		return "–"
	}
	return r.P.Number(v, 0)
}
