// SPDX-License-Identifier: EUPL-1.2

package groupweb

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/group"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/web"
)

// variant is the language and register a group's texts are edited in: German, unless the address names another.
func variant(r *web.Request) string {
	tag, ok := kernel.Tag(strings.ReplaceAll(r.URL.Query().Get("fassung"), " ", "+"))
	if !ok {
		return "de"
	}
	return tag
}

// part is a text of a group in a form.
type part struct {
	name  string
	label string
	hint  string
	line  bool
	rows  int
	of    func(g *group.Group) *kernel.Text
}

var parts = []part{
	{"name", "group.name", "", true, 0, func(g *group.Group) *kernel.Text { return &g.Name }},
	{"mandate", "group.mandate", "group.mandate.hint", false, 6, func(g *group.Group) *kernel.Text { return &g.Mandate }},
	{"composition", "group.composition", "group.composition.hint", false, 3, func(g *group.Group) *kernel.Text { return &g.Composition }},
	{"power", "group.power", "group.power.hint", false, 3, func(g *group.Group) *kernel.Text { return &g.Power }},
	{"set_up", "group.setup", "group.setup.hint", false, 2, func(g *group.Group) *kernel.Text { return &g.SetUp }},
	{"rhythm", "group.rhythm", "group.rhythm.hint", false, 2, func(g *group.Group) *kernel.Text { return &g.Rhythm }},
	{"contact", "group.contact", "", false, 3, func(g *group.Group) *kernel.Text { return &g.Contact }},
	{"closing", "group.closing", "group.closing.hint", false, 2, func(g *group.Group) *kernel.Text { return &g.Closing }},
}

// editView is the form of a group.
type editView struct {
	g         group.Group
	tag       string // the language and register that is edited
	made      bool
	processes []web.Item
}

func (h handlers) editView(r *web.Request, g group.Group, tag string) (editView, error) {
	v := editView{g: g, tag: tag, made: g.ID != ""}
	if h.o.Processes != nil {
		var err error
		if v.processes, err = h.o.Processes(r); err != nil {
			return v, err
		}
	}
	return v, nil
}

func (h handlers) newForm(w http.ResponseWriter, r *web.Request) error {
	v, err := h.editView(r, group.Group{Kind: group.WorkingGroup}, "de")
	if err != nil {
		return err
	}
	f := web.BlankForm(r)
	f.Set("kind", string(group.WorkingGroup))
	p := page(r, r.T("group.new"))
	return r.Render(w, p, editPage(r, v, f))
}

func (h handlers) create(w http.ResponseWriter, r *web.Request) error {
	return h.save(w, r, group.Group{}, "de", page(r, r.T("group.new")))
}

// read takes a form into a group; only the language that is edited changes.
func read(f *web.Form, g group.Group, tag string) (group.Group, error) {
	faults := map[string]string{}
	for _, p := range parts {
		t := p.of(&g)
		next := kernel.Text{}
		for k, s := range *t {
			next[k] = s
		}
		if f.Has(p.name) {
			next[tag] = f.Value(p.name)
		}
		*t = next
	}
	if f.Has("kind") {
		g.Kind, g.Process, g.Sign, g.Public = group.Kind(f.Value("kind")), strings.TrimSpace(f.Value("process")), f.Value("sign"), f.Is("public", "1")
		g.From, g.To = date(f, "from", faults), date(f, "to", faults)
		g.Topics = nil
		for t := range strings.SplitSeq(f.Value("topics"), ",") {
			if t = strings.TrimSpace(t); t != "" && len(g.Topics) < 20 && len(t) <= 100 {
				g.Topics = append(g.Topics, t)
			}
		}
		if g.Edit == 0 {
			g.Key = f.Value("key")
		}
	}
	return g, fault(faults)
}

func (h handlers) save(w http.ResponseWriter, r *web.Request, g group.Group, tag string, p web.Page) error {
	f := web.NewForm(r)
	x, err := read(f, g, tag)
	if err == nil && g.Edit > 0 {
		if n, perr := strconv.Atoi(f.Value("edit")); perr != nil || n != g.Edit {
			err = kernel.E(kernel.Conflict, "group.changed")
		}
	}
	v, verr := h.editView(r, x, tag)
	if verr != nil {
		return verr
	}
	v.made = g.ID != ""
	if err == nil && x.Process != "" && !slices.ContainsFunc(v.processes, func(i web.Item) bool { return i.Value == x.Process }) {
		err = fault(map[string]string{"process": "group.process.unknown"})
	}
	if err == nil {
		x, err = h.s.Save(r.Context(), r.Actor, x)
	}
	if f.Fail(err) {
		return r.Invalid(w, p, editPage(r, v, f))
	}
	if err != nil {
		return err
	}
	return r.Done(w, spacePath(x.Key), "notice.group.saved")
}

func (h handlers) editForm(w http.ResponseWriter, r *web.Request) error {
	g, err := h.s.Space(r.Context(), r.Actor, r.PathValue("group"), access.ManageGroups)
	if err != nil {
		return err
	}
	tag := variant(r)
	v, err := h.editView(r, g, tag)
	if err != nil {
		return err
	}
	f := web.BlankForm(r)
	f.Set("edit", strconv.Itoa(g.Edit))
	f.Set("kind", string(g.Kind))
	f.Set("process", g.Process)
	f.Set("topics", strings.Join(g.Topics, ", "))
	f.Set("from", string(g.From))
	f.Set("to", string(g.To))
	f.Set("sign", g.Sign)
	if g.Public {
		f.Set("public", "1")
	}
	for _, p := range parts {
		f.Set(p.name, (*p.of(&g))[tag])
	}
	return r.Render(w, page(r, r.T("group.edit"), h.crumb(r, g)), editPage(r, v, f))
}

func (h handlers) edit(w http.ResponseWriter, r *web.Request) error {
	g, err := h.s.Space(r.Context(), r.Actor, r.PathValue("group"), access.ManageGroups)
	if err != nil {
		return err
	}
	return h.save(w, r, g, variant(r), page(r, r.T("group.edit"), h.crumb(r, g)))
}

// spaceView is the front page of a group's space.
type spaceView struct {
	g          group.Group
	roll       []group.Roll
	meetings   []group.Meeting
	papers     []group.Paper
	tasks      []group.Task
	drafts     []group.Draft
	people     map[kernel.ID]string // of tasks, by account
	today      kernel.Date
	lead, work bool
	manage     bool
	paper      *web.Form
	task       *web.Form
}

func (h handlers) spaceView(r *web.Request, key string) (v spaceView, err error) {
	ctx := r.Context()
	if v.g, err = h.s.Space(ctx, r.Actor, key, access.ReadGroup); err != nil {
		return v, err
	}
	if v.roll, err = h.s.Roll(ctx, r.Tenant.ID, v.g, false); err != nil {
		return v, err
	}
	if v.meetings, err = h.s.Meetings(ctx, r.Actor, key); err != nil {
		return v, err
	}
	if v.papers, err = h.s.Papers(ctx, r.Actor, key); err != nil {
		return v, err
	}
	if v.tasks, err = h.s.Tasks(ctx, r.Actor, key); err != nil {
		return v, err
	}
	if v.drafts, err = h.s.Drafts(ctx, r.Actor, key); err != nil {
		return v, err
	}
	v.people = h.owners(r, v.tasks)
	v.today = today()
	v.lead, v.work, v.manage = h.s.Can(r.Actor, v.g, access.LeadGroup), h.s.Can(r.Actor, v.g, access.WorkInGroup), r.Can(access.ManageGroups)
	v.paper, v.task = web.BlankForm(r), web.BlankForm(r)
	return v, nil
}

func (h handlers) space(w http.ResponseWriter, r *web.Request) error {
	v, err := h.spaceView(r, r.PathValue("group"))
	if err != nil {
		return err
	}
	return h.showSpace(w, r, v)
}

func (h handlers) showSpace(w http.ResponseWriter, r *web.Request, v spaceView) error {
	p := page(r, said(r, v.g.Name))
	p.Lead = r.T("group.kind." + string(v.g.Kind))
	if v.paper.Failed() || v.task.Failed() {
		return r.Invalid(w, p, spacePage(r, v))
	}
	return r.Render(w, p, spacePage(r, v))
}

func (h handlers) addPaper(w http.ResponseWriter, r *web.Request) error {
	f := web.NewForm(r)
	key := r.PathValue("group")
	file, head, err := f.File("file")
	if err == nil {
		defer file.Close() //nolint:errcheck // read only
		p := group.Paper{Title: f.Value("title"), Name: head.Filename, Public: f.Is("public", "1")}
		if m := f.Value("meeting"); m != "" {
			if p.Meeting, err = kernel.ParseID(m); err != nil {
				return err
			}
		}
		_, err = h.s.AddPaper(r.Context(), r.Actor, key, p, file)
	}
	if err == nil {
		return r.Done(w, spacePath(key), "notice.group.paper")
	}
	if !f.Fail(err) {
		return err
	}
	v, verr := h.spaceView(r, key)
	if verr != nil {
		return verr
	}
	v.paper = f
	return h.showSpace(w, r, v)
}

func (h handlers) askDropPaper(w http.ResponseWriter, r *web.Request) error {
	pid, err := id(r, "paper")
	if err != nil {
		return err
	}
	g, err := h.s.Space(r.Context(), r.Actor, r.PathValue("group"), access.LeadGroup)
	if err != nil {
		return err
	}
	list, err := h.s.Papers(r.Context(), r.Actor, g.Key)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(list, func(p group.Paper) bool { return p.ID == pid })
	if i < 0 {
		return kernel.E(kernel.NotFound, "group.paper.notfound")
	}
	p := page(r, r.T("group.paper.drop"), h.crumb(r, g))
	p.Narrow = true
	return r.Render(w, p, web.Confirm(web.Confirmation{
		Text: r.T("group.paper.drop.text", "title", list[i].Title), Action: r.Link(spacePath(g.Key) + "/unterlagen/" + string(pid) + "/entfernen"), Button: r.T("group.paper.drop"),
		Back: r.Link(spacePath(g.Key)), Danger: true,
	}))
}

func (h handlers) dropPaper(w http.ResponseWriter, r *web.Request) error {
	pid, err := id(r, "paper")
	if err != nil {
		return err
	}
	if err := h.s.DropPaper(r.Context(), r.Actor, r.PathValue("group"), pid); err != nil {
		return err
	}
	return r.Done(w, spacePath(r.PathValue("group")), "notice.group.dropped")
}
