// SPDX-License-Identifier: EUPL-1.2

package groupweb

import (
	"net/http"
	"strconv"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/group"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/web"
)

// draftView is a shared text.
type draftView struct {
	g    group.Group
	d    group.Draft
	v    group.Version
	all  []group.Version
	by   map[kernel.ID]string
	work bool
	// diff is what changed since the version somebody began to write on; nil: nothing to show.
	diff []group.Piece
	from int
}

func (h handlers) draftView(r *web.Request, number int) (x draftView, err error) {
	did, err := id(r, "text")
	if err != nil {
		return x, err
	}
	if x.g, x.d, x.v, x.all, err = h.s.Draft(r.Context(), r.Actor, r.PathValue("group"), did, number); err != nil {
		return x, err
	}
	x.work = h.s.Can(r.Actor, x.g, access.WorkInGroup)
	var tasks []group.Task // whose owners are looked up by name
	for _, v := range x.all {
		tasks = append(tasks, group.Task{Owner: v.By})
	}
	x.by = h.owners(r, tasks)
	return x, nil
}

func asked(r *web.Request, name string) int {
	n, err := strconv.Atoi(r.URL.Query().Get(name))
	if err != nil || n < 1 {
		return 0
	}
	return n
}

func (h handlers) draft(w http.ResponseWriter, r *web.Request) error {
	x, err := h.draftView(r, asked(r, "fassung"))
	if err != nil {
		return err
	}
	return r.Render(w, page(r, x.d.Title, h.crumb(r, x.g)), draftPage(r, x))
}

func (h handlers) newDraft(w http.ResponseWriter, r *web.Request) error {
	g, err := h.s.Space(r.Context(), r.Actor, r.PathValue("group"), access.WorkInGroup)
	if err != nil {
		return err
	}
	f := web.BlankForm(r)
	f.Set("lang", "de")
	return r.Render(w, page(r, r.T("group.draft.new"), h.crumb(r, g)), draftForm(r, draftView{g: g}, f))
}

func (h handlers) createDraft(w http.ResponseWriter, r *web.Request) error {
	g, err := h.s.Space(r.Context(), r.Actor, r.PathValue("group"), access.WorkInGroup)
	if err != nil {
		return err
	}
	f := web.NewForm(r)
	d, err := h.s.Write(r.Context(), r.Actor, g.Key, group.Draft{Title: f.Value("title"), Lang: f.Value("lang")}, 0, f.Value("body"), f.Value("note"))
	if f.Fail(err) {
		return r.Invalid(w, page(r, r.T("group.draft.new"), h.crumb(r, g)), draftForm(r, draftView{g: g}, f))
	}
	if err != nil {
		return err
	}
	return r.Done(w, draftPath(g.Key, d.ID), "notice.group.draft")
}

func (h handlers) draftForm(w http.ResponseWriter, r *web.Request) error {
	x, err := h.draftView(r, 0)
	if err != nil {
		return err
	}
	f := web.BlankForm(r)
	f.Set("title", x.d.Title)
	f.Set("lang", x.d.Lang)
	f.Set("body", x.v.Body)
	f.Set("base", strconv.Itoa(x.d.Version))
	return r.Render(w, page(r, r.T("group.draft.edit"), h.crumb(r, x.g), web.Crumb{Text: x.d.Title, Href: draftPath(x.g.Key, x.d.ID)}), draftForm(r, x, f))
}

// saveDraft saves a version. When somebody else was first, the form comes back with what was typed, beside it what changed meanwhile, and stands
// on the newest version: saved once more, it is taken.
func (h handlers) saveDraft(w http.ResponseWriter, r *web.Request) error {
	x, err := h.draftView(r, 0)
	if err != nil {
		return err
	}
	f := web.NewForm(r)
	base, _ := strconv.Atoi(f.Value("base")) // a wrong number is a conflict
	if base < 1 {
		base = -1
	}
	d := x.d
	d.Title, d.Lang = f.Value("title"), f.Value("lang")
	_, err = h.s.Write(r.Context(), r.Actor, x.g.Key, d, base, f.Value("body"), f.Value("note"))
	if f.Fail(err) {
		if kernel.KindOf(err) == kernel.Conflict {
			if old, oerr := h.s.Store.Version(r.Context(), r.Tenant.ID, x.d.ID, base); oerr == nil {
				x.diff, x.from = group.Compare(old.Body, x.v.Body), base
			}
			f.Set("base", strconv.Itoa(x.d.Version))
		}
		return r.Invalid(w, page(r, r.T("group.draft.edit"), h.crumb(r, x.g), web.Crumb{Text: x.d.Title, Href: draftPath(x.g.Key, x.d.ID)}), draftForm(r, x, f))
	}
	if err != nil {
		return err
	}
	return r.Done(w, draftPath(x.g.Key, x.d.ID), "notice.group.draft")
}

func (h handlers) compare(w http.ResponseWriter, r *web.Request) error {
	to := asked(r, "bis")
	x, err := h.draftView(r, to)
	if err != nil {
		return err
	}
	x.from = asked(r, "von")
	if x.from == 0 {
		x.from = max(x.v.Number-1, 1)
	}
	_, _, old, _, err := h.s.Draft(r.Context(), r.Actor, x.g.Key, x.d.ID, x.from)
	if err != nil {
		return err
	}
	x.diff = group.Compare(old.Body, x.v.Body)
	p := page(r, r.T("group.draft.compare"), h.crumb(r, x.g), web.Crumb{Text: x.d.Title, Href: draftPath(x.g.Key, x.d.ID)})
	p.Lead = r.T("group.draft.compare.lead", "from", x.from, "to", x.v.Number)
	return r.Render(w, p, comparePage(r, x))
}
