// SPDX-License-Identifier: EUPL-1.2

package app

import (
	"context"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/account"
	"github.com/kupferfaden/kupferfaden/internal/contribution"
	"github.com/kupferfaden/kupferfaden/internal/group"
	"github.com/kupferfaden/kupferfaden/internal/group/groupdb"
	"github.com/kupferfaden/kupferfaden/internal/group/groupweb"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/notice"
	"github.com/kupferfaden/kupferfaden/internal/platform/i18n"
	"github.com/kupferfaden/kupferfaden/internal/platform/job"
	"github.com/kupferfaden/kupferfaden/internal/platform/mail"
	"github.com/kupferfaden/kupferfaden/internal/privacy"
	"github.com/kupferfaden/kupferfaden/internal/privacy/privacydb"
	"github.com/kupferfaden/kupferfaden/internal/web"
)

// remindTasks writes to people whose tasks are due.
const remindTasks = "group.remind"

// groups wires working groups and bodies.
func (a *App) groups() *group.Service {
	return &group.Service{
		Store: &groupdb.Store{DB: a.DB}, Tx: a.DB, Files: a.Files, People: groupPeople{a}, Actors: groupActors{a}, Mail: groupMail{a}, Contribute: a.contributeOf, Address: mail.Address, Trail: a.Trail,
		Now: a.Now,
	}
}

// groupPages adds their pages.
func (a *App) groupPages(m *web.Mux) {
	groupweb.Register(m, a.Groups, groupweb.Options{
		Processes: func(r *web.Request) ([]web.Item, error) {
			places, err := a.processPlaces(r.Context(), r.Tenant.ID)
			var out []web.Item
			for _, p := range places {
				name, _ := r.P.Text(p.Name)
				out = append(out, web.Item{Value: p.In.Key, Text: name})
			}
			return out, err
		},
		ProcessPath: func(key string) string { return "/beteiligung/" + url.PathEscape(key) },
		ContributionPath: func(r *web.Request, number string) string {
			if _, err := a.Contributions.Get(r.Context(), r.Actor, number); err != nil { // not public yet, or not any more
				return ""
			}
			return "/beitraege/" + url.PathEscape(number)
		},
		Address: a.Address,
	})
}

// groupPlaces lists the groups a role can be held in: those whose term is not over.
func (a *App) groupPlaces(ctx context.Context, tenant kernel.ID) ([]account.Place, error) {
	list, err := a.Groups.Store.Groups(ctx, tenant)
	if err != nil {
		return nil, err
	}
	var out []account.Place
	for _, g := range list {
		if !g.Over(kernel.DayOf(a.Now())) {
			out = append(out, account.Place{In: g.Place(), Name: g.Name})
		}
	}
	return out, nil
}

// groupKinds names what groups keep about people.
func groupKinds(add addKind) {
	id := func(column string) []privacydb.By { return []privacydb.By{{Column: column, Is: privacydb.ID}} }
	gone := []privacydb.Value{{Column: "account_id"}, {Column: "email", To: ""}, {Column: "consent", To: false}}
	add(
		privacy.DataKind{Key: "group", Basis: []privacy.Basis{privacy.PublicTask, privacy.Consent}},
		privacydb.Table{
			Name: "group_member", By: []privacydb.By{{Column: "account_id", Is: privacydb.ID}, {Column: "email", Is: privacydb.Email}},
			Show: []string{"role", "label", "organisation", "email", "from_date", "to_date", "consent"}, Then: privacydb.Blank, Set: gone,
		},
		privacydb.Table{Name: "group_paper", By: id("added_by"), Show: []string{"title", "name", "added_at"}, Then: privacydb.Blank},
		privacydb.Table{Name: "group_task", By: id("owner"), Show: []string{"title", "due", "state", "created_at"}, Then: privacydb.Blank},
		privacydb.Table{Name: "group_draft_version", By: id("written_by"), Show: []string{"number", "note", "at"}, Then: privacydb.Blank},
	)
}

// remind is the job that writes to people whose tasks are due.
func (a *App) remind(ctx context.Context, r *job.Run) error {
	n, err := a.Groups.Remind(ctx, r.Tenant)
	r.Progress(int64(n), int64(n), "")
	return err
}

// contributeOf hands an item of a group's minutes in as a contribution of a workshop. Whoever leads a group that belongs to a process may do so there,
// as its members may (design/participation.md 8.3); the group has checked that before. It is public at once where the same person moderates the process.
func (a *App) contributeOf(ctx context.Context, by access.Actor, process, title, text string, on kernel.Date) (string, error) {
	if process != "" {
		by.Held = append(slices.Clone(by.Held), access.Holding{Role: access.GroupMember, In: access.Context{Kind: access.InProcess, Key: process}})
	}
	c, _, err := a.Contributions.Record(ctx, by, contribution.Draft{
		Process: process, Channel: contribution.Workshop, Lang: i18n.German, Title: title, Text: text, SaidOn: on,
	}, true)
	return c.Number, err
}

// groupActors tells groups of the town's organisations.
type groupActors struct{ app *App }

// Actors lists those that are public, by name.
func (g groupActors) Actors(ctx context.Context, tenant kernel.ID) ([]group.Actor, error) {
	in, err := g.app.Actors.Public(ctx, tenant)
	if err != nil {
		return nil, err
	}
	out := make([]group.Actor, 0, len(in.Actors))
	for _, x := range in.Actors {
		out = append(out, group.Actor{ID: x.ID, Name: x.Title, Path: "/akteure/" + url.PathEscape(x.Key)})
	}
	return out, nil
}

// groupPeople tells groups of accounts.
type groupPeople struct{ app *App }

func (p groupPeople) person(x account.Account) group.Person {
	out := group.Person{ID: x.ID, Name: x.Name, Email: x.Email, Lang: x.Lang}
	for _, h := range x.Held(kernel.DayOf(p.app.Now())) {
		if h.In.Kind == access.InGroup && !slices.Contains(out.Held, h.In.Key) {
			out.Held = append(out.Held, h.In.Key)
		}
	}
	return out
}

// Find gives the account with an address.
func (p groupPeople) Find(ctx context.Context, tenant kernel.ID, email string) (group.Person, error) {
	list, err := p.app.Accounts.Store.Accounts(ctx, tenant)
	if err != nil {
		return group.Person{}, err
	}
	want := account.FoldEmail(email)
	for _, x := range list {
		if !x.Disabled() && account.FoldEmail(x.Email) == want {
			return p.person(x), nil
		}
	}
	return group.Person{}, &kernel.Error{Kind: kernel.Invalid, Key: "group.invalid", Fields: map[string]string{"account": "group.member.account.unknown"}}
}

// People gives accounts by id.
func (p groupPeople) People(ctx context.Context, tenant kernel.ID, ids []kernel.ID) (map[kernel.ID]group.Person, error) {
	list, err := p.app.Accounts.Store.Accounts(ctx, tenant)
	if err != nil {
		return nil, err
	}
	out := map[kernel.ID]group.Person{}
	for _, x := range list {
		if !x.Disabled() && slices.Contains(ids, x.ID) {
			out[x.ID] = p.person(x)
		}
	}
	return out, nil
}

// groupMail writes to the members of groups.
type groupMail struct{ app *App }

func (m groupMail) send(ctx context.Context, tenant kernel.ID, to notice.Recipient, kind notice.Kind, event, path string, params map[string]any, files ...notice.File) error {
	return m.app.Notices.Send(ctx, notice.Message{Tenant: tenant, To: to, Kind: kind, Event: event, Path: path, Params: params, Files: files})
}

// calendar is a meeting as a file for calendar programs.
func (groupMail) calendar(x group.Meeting, params map[string]any) (notice.File, error) {
	name, _ := params["group"].(string)
	b, method, err := groupweb.File(name, "", x)
	return calendarFile("sitzung-"+strconv.Itoa(x.Number), method, b), err
}

// meeting gives recipient, page and words of a mail about a meeting. Only who can enter the space is led there.
func (groupMail) meeting(to group.Roll, g group.Group, x group.Meeting) (notice.Recipient, string, map[string]any) {
	lang := to.Lang
	if lang == "" {
		lang = i18n.German
	}
	base, _, _ := strings.Cut(lang, "+")
	p := i18n.For(base, kernel.Standard)
	name, _ := g.Name.In(base)
	place := x.Place
	if x.Online != "" {
		place = strings.TrimLeft(place+", "+x.Online, ", ")
	}
	if place == "" {
		place = "–"
	}
	var agenda []string
	for i, it := range x.Items {
		agenda = append(agenda, strconv.Itoa(i+1)+". "+it.Title)
	}
	if len(agenda) == 0 {
		agenda = []string{"–"}
	}
	params := map[string]any{
		"group": name, "title": x.Title, "when": p.DateTime(x.Starts), "place": place, "agenda": strings.Join(agenda, "\n"),
	}
	path := ""
	if to.Enter {
		path = "/arbeit/gruppen/" + g.Key + "/sitzungen/" + strconv.Itoa(x.Number)
	}
	return notice.Recipient{Account: to.Account, Email: to.Address, Lang: lang}, path, params
}

// Invite asks a member to a meeting.
func (m groupMail) Invite(ctx context.Context, tenant kernel.ID, to group.Roll, g group.Group, x group.Meeting, event string) error {
	who, path, params := m.meeting(to, g, x)
	file, err := m.calendar(x, params)
	if err != nil {
		return err
	}
	return m.send(ctx, tenant, who, "group.invited", event, path, params, file)
}

// Cancel tells that a meeting does not take place.
func (m groupMail) Cancel(ctx context.Context, tenant kernel.ID, to group.Roll, g group.Group, x group.Meeting) error {
	who, path, params := m.meeting(to, g, x)
	file, err := m.calendar(x, params)
	if err != nil {
		return err
	}
	delete(params, "place")
	delete(params, "agenda")
	return m.send(ctx, tenant, who, "group.cancelled", string(x.ID), path, params, file)
}

// Remind tells somebody of a task.
func (m groupMail) Remind(ctx context.Context, tenant kernel.ID, to group.Person, g group.Group, t group.Task, overdue bool) error {
	lang := to.Lang
	if lang == "" {
		lang = i18n.German
	}
	base, _, _ := strings.Cut(lang, "+")
	p := i18n.For(base, kernel.Standard)
	name, _ := g.Name.In(base)
	if name == "" {
		name = "–"
	}
	kind := notice.Kind("task.due")
	if overdue {
		kind = "task.overdue"
	}
	return m.send(ctx, tenant, notice.Recipient{Account: to.ID, Email: to.Email, Lang: lang}, kind, string(t.ID)+"/"+string(t.Due), "/arbeit/aufgaben/"+string(t.ID),
		map[string]any{"title": t.Title, "group": name, "due": p.Date(t.Due)})
}
