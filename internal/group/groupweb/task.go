// SPDX-License-Identifier: EUPL-1.2

package groupweb

import (
	"net/http"
	"strconv"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/group"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/web"
)

func today() kernel.Date { return kernel.DayOf(time.Now()) }

// owners gives the names of the people tasks belong to.
func (h handlers) owners(r *web.Request, list []group.Task) map[kernel.ID]string {
	var ids []kernel.ID
	for _, t := range list {
		if t.Owner != "" {
			ids = append(ids, t.Owner)
		}
	}
	out := map[kernel.ID]string{}
	if len(ids) == 0 || h.s.People == nil {
		return out
	}
	people, err := h.s.People.People(r.Context(), r.Tenant.ID, ids)
	if err != nil {
		return out
	}
	for id, p := range people {
		out[id] = p.Name
	}
	return out
}

func (h handlers) addTask(w http.ResponseWriter, r *web.Request) error {
	key := r.PathValue("group")
	v, err := h.spaceView(r, key)
	if err != nil {
		return err
	}
	f := web.NewForm(r)
	faults := map[string]string{}
	t := group.Task{Group: v.g.ID, About: kernel.Ref{Kind: "group", ID: v.g.ID}, Title: f.Value("title"), Text: f.Value("text"), Due: date(f, "due", faults)}
	t.Owner, t.OwnerLabel = owner(f, v.roll)
	err = fault(faults)
	if err == nil {
		_, err = h.s.AddTask(r.Context(), r.Actor, t)
	}
	if f.Fail(err) {
		v.task = f
		return h.showSpace(w, r, v)
	}
	if err != nil {
		return err
	}
	return r.Done(w, spacePath(key), "notice.task.added")
}

func (h handlers) tasks(w http.ResponseWriter, r *web.Request) error {
	list, err := h.s.AllTasks(r.Context(), r.Actor)
	if err != nil {
		return err
	}
	groups, err := h.s.Mine(r.Context(), r.Actor)
	if err != nil {
		return err
	}
	names := map[kernel.ID]group.Group{}
	for _, g := range groups {
		names[g.ID] = g
	}
	p := web.Page{Title: r.T("task.title"), Lead: r.T("task.lead"), Nav: web.NavWork, NoIndex: true, Styles: []string{"planner.css", "group.css"}}
	if r.CanAnywhere(access.Work) {
		p.Breadcrumb = []web.Crumb{{Text: r.T("web.nav.work"), Href: "/arbeit"}}
	}
	return r.Render(w, p, tasksPage(r, list, names, h.owners(r, list), today()))
}

// taskView is one task with those it can be given to.
type taskView struct {
	g    group.Group
	t    group.Task
	roll []group.Roll
	who  string
}

func (h handlers) taskView(r *web.Request) (v taskView, err error) {
	tid, err := id(r, "task")
	if err != nil {
		return v, err
	}
	if v.g, v.t, err = h.s.Task(r.Context(), r.Actor, tid); err != nil {
		return v, err
	}
	v.who = v.t.OwnerLabel
	if name := h.owners(r, []group.Task{v.t})[v.t.Owner]; name != "" {
		v.who = name
	}
	if v.g.ID != "" && h.s.Can(r.Actor, v.g, access.ReadGroup) {
		v.roll, err = h.s.Roll(r.Context(), r.Tenant.ID, v.g, false)
	}
	return v, err
}

func (h handlers) taskForm(w http.ResponseWriter, r *web.Request) error {
	v, err := h.taskView(r)
	if err != nil {
		return err
	}
	f := web.BlankForm(r)
	for name, s := range map[string]string{
		"title": v.t.Title, "text": v.t.Text, "due": string(v.t.Due), "state": string(v.t.State), "owner_label": v.t.OwnerLabel, "edit": strconv.Itoa(v.t.Edit),
	} {
		f.Set(name, s)
	}
	return h.showTask(w, r, v, f)
}

func (h handlers) showTask(w http.ResponseWriter, r *web.Request, v taskView, f *web.Form) error {
	p := web.Page{Title: v.t.Title, Nav: web.NavWork, NoIndex: true, Narrow: true, Styles: []string{"planner.css", "group.css"}, Breadcrumb: []web.Crumb{{Text: r.T("task.title"), Href: tasksPath}}}
	if f.Failed() {
		return r.Invalid(w, p, taskPage(r, v, f))
	}
	return r.Render(w, p, taskPage(r, v, f))
}

func (h handlers) saveTask(w http.ResponseWriter, r *web.Request) error {
	v, err := h.taskView(r)
	if err != nil {
		return err
	}
	f := web.NewForm(r)
	faults := map[string]string{}
	t := v.t
	t.Title, t.Text, t.State, t.Due = f.Value("title"), f.Value("text"), group.TaskState(f.Value("state")), date(f, "due", faults)
	if f.Value("owner") != "" || f.Value("owner_label") != v.t.OwnerLabel {
		t.Owner, t.OwnerLabel = owner(f, v.roll)
	}
	err = fault(faults)
	if n, perr := strconv.Atoi(f.Value("edit")); err == nil && (perr != nil || n != v.t.Edit) {
		err = kernel.E(kernel.Conflict, "group.changed")
	}
	if err == nil {
		_, err = h.s.SaveTask(r.Context(), r.Actor, t)
	}
	if f.Fail(err) {
		return h.showTask(w, r, v, f)
	}
	if err != nil {
		return err
	}
	if v.g.ID != "" && h.s.Can(r.Actor, v.g, access.ReadGroup) {
		return r.Done(w, spacePath(v.g.Key), "notice.task.saved")
	}
	return r.Done(w, tasksPath, "notice.task.saved")
}
