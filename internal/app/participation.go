// SPDX-License-Identifier: EUPL-1.2

package app

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/account"
	"github.com/kupferfaden/kupferfaden/internal/account/accountdb"
	"github.com/kupferfaden/kupferfaden/internal/contribution"
	"github.com/kupferfaden/kupferfaden/internal/contribution/contributionweb"
	"github.com/kupferfaden/kupferfaden/internal/desk/deskweb"
	"github.com/kupferfaden/kupferfaden/internal/event"
	"github.com/kupferfaden/kupferfaden/internal/event/eventweb"
	"github.com/kupferfaden/kupferfaden/internal/group"
	"github.com/kupferfaden/kupferfaden/internal/indicator/indicatordb"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/notice"
	"github.com/kupferfaden/kupferfaden/internal/participation"
	"github.com/kupferfaden/kupferfaden/internal/participation/participationdb"
	"github.com/kupferfaden/kupferfaden/internal/participation/participationweb"
	"github.com/kupferfaden/kupferfaden/internal/platform/i18n"
	"github.com/kupferfaden/kupferfaden/internal/platform/job"
	"github.com/kupferfaden/kupferfaden/internal/vision"
	"github.com/kupferfaden/kupferfaden/internal/vision/visionweb"
	"github.com/kupferfaden/kupferfaden/internal/web"
)

// participation wires the processes.
func (a *App) participation() *participation.Service {
	s := &participation.Service{Store: &participationdb.Store{DB: a.DB}, Tx: a.DB, Now: a.Now, Trail: a.Trail, FourEyes: a.Approvals}
	s.Population = population{a}
	s.Published, s.InUse = a.tellOfProcess, a.processInUse
	a.Approvals.Register(participation.PublishMatter, s.CarryOut)
	return s
}

// processInUse tells whether anything hangs on a process or on one of its modules.
func (a *App) processInUse(ctx context.Context, tenant kernel.ID, process, module string) (bool, error) {
	n, err := a.Contributions.Store.Count(ctx, tenant, contribution.Filter{Process: process, Module: module}, 1)
	if err != nil || n > 0 || module != "" {
		return n > 0, err
	}
	by := access.Actor{Tenant: tenant, Roles: []access.Role{access.Planner}} // who sees drafts too
	for _, drafts := range []event.Filter{{Process: process, Drafts: true}, {Process: process, Drafts: true, Past: true}} {
		list, err := a.Events.List(ctx, by, drafts)
		if err != nil || len(list) > 0 {
			return len(list) > 0, err
		}
	}
	rounds, err := a.Votes.List(ctx, by, process)
	if err != nil || len(rounds) > 0 {
		return len(rounds) > 0, err
	}
	texts, err := a.Vision.Texts(ctx, by)
	if err != nil || slices.ContainsFunc(texts, func(x vision.Text) bool { return x.Process == process }) {
		return err == nil, err
	}
	groups, err := a.Groups.List(ctx, by)
	if err != nil || slices.ContainsFunc(groups, func(x group.Group) bool { return x.Process == process }) {
		return err == nil, err
	}
	holders, err := (&accountdb.Store{DB: a.DB}).HoldersIn(ctx, tenant, access.Context{Kind: access.InProcess, Key: process})
	return len(holders) > 0, err
}

// phaseNews is the job that tells followers of phases that start or end soon.
const phaseNews = "process.phases"

// tellOfProcess notes that there is a new process, for those who asked for processes, its areas or its topics.
func (a *App) tellOfProcess(ctx context.Context, tenant kernel.ID, p participation.Process) error {
	if p.Reach == participation.Members {
		return nil
	}
	path, title := participationweb.ProcessPath(p.Key), kernel.Text{}
	for _, lang := range i18n.Languages() {
		name, _ := p.Title.In(lang)
		title[lang] = i18n.For(lang, kernel.Standard).T("participation.news.new", "title", name)
	}
	if err := a.Notices.News(ctx, tenant, contribution.ProcessTopic, p.Key, title, path); err != nil {
		return err
	}
	for _, x := range p.Areas {
		if err := a.Notices.News(ctx, tenant, contribution.AreaTopic, x, title, path); err != nil {
			return err
		}
	}
	for _, x := range p.Topics {
		if err := a.Notices.News(ctx, tenant, contribution.SubjectTopic, x, title, path); err != nil {
			return err
		}
	}
	return nil
}

// tellOfPhases is the job. The day stands in the sentence, so that each turn is told once, and again where it was moved.
func (a *App) tellOfPhases(ctx context.Context, r *job.Run) error {
	turns, err := a.Participation.Turns(ctx, r.Tenant)
	if err != nil {
		return err
	}
	for _, t := range turns {
		title, key := kernel.Text{}, "participation.news.starts"
		if t.Ends {
			key = "participation.news.ends"
		}
		for _, lang := range i18n.Languages() {
			p := i18n.For(lang, kernel.Standard)
			name, _ := t.Process.Title.In(lang)
			phase, _ := t.Phase.Title.In(lang)
			if phase == "" {
				phase = p.T("participation.phase." + string(t.Phase.Kind))
			}
			at := t.At.Time
			if t.Ends { // at midnight means the day before
				at = at.Add(-time.Second)
			}
			title[lang] = p.T(key, "title", name, "phase", phase, "date", kernel.DayOf(at))
		}
		if err := a.Notices.News(ctx, r.Tenant, contribution.ProcessTopic, t.Process.Key, title, participationweb.ProcessPath(t.Process.Key)); err != nil {
			return err
		}
	}
	r.Progress(int64(len(turns)), int64(len(turns)), "")
	return a.tellOfStandards(ctx, r.Tenant)
}

// tellOfStandards tells those in charge of a process, once for each that comes up, which of its standards are not met.
func (a *App) tellOfStandards(ctx context.Context, tenant kernel.ID) error {
	list, err := a.Participation.Unmet(ctx, tenant)
	if err != nil {
		return err
	}
	for _, x := range list {
		to, err := voicePeople{a}.Staff(ctx, tenant, access.EditProcess, []access.Context{{Kind: access.InProcess, Key: x.Process.Key}})
		if err != nil {
			return err
		}
		var keys, titles []string
		for _, l := range x.Lines {
			keys, titles = append(keys, l.Key), append(titles, l.Title.String())
		}
		err = a.DB.Tx(ctx, func(ctx context.Context) error {
			for _, r := range to {
				err := a.Notices.Send(ctx, notice.Message{
					Tenant: tenant, To: r, Kind: "process.standards", Event: string(x.Process.ID) + " " + strings.Join(keys, " "), Path: participationweb.WorkPath(x.Process.Key) + "/standards",
					Params: map[string]any{"n": len(keys), "title": x.Process.Title.String(), "list": strings.Join(titles, "\n")}, Public: true,
				})
				if err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// deskProcesses lists processes somebody works on, for the first page after signing in.
func (a *App) deskProcesses(r *web.Request) ([]deskweb.Item, error) {
	list, err := participationweb.Desk(a.Participation, r)
	out := make([]deskweb.Item, len(list))
	for i, x := range list {
		out[i] = deskweb.Item{Title: x.Title, Path: x.Path, Note: x.Note, At: x.At, Draft: x.Draft}
	}
	return out, err
}

// processParts names what each capability draws of its modules on the page of a process; a capability adds its kinds.
func (a *App) processParts() map[participation.ModuleKind]participationweb.PartOf {
	parts := map[participation.ModuleKind]participationweb.PartOf{}
	a.contributionParts(parts)
	parts[participation.RankingModule], parts[participation.BudgetModule] = a.votePart, a.votePart
	a.eventParts(parts)
	parts[participation.TextModule] = visionweb.PartOf(a.Vision)
	return parts
}

// processSections names what each capability shows of a process as a whole, in the order of the page: events, numbers, results, register entry.
func (a *App) processSections() []participationweb.SectionOf {
	return []participationweb.SectionOf{a.eventSection, contributionweb.OutcomeSection(a.Answers)}
}

// eventSection lists the events of a process none of whose modules does.
func (a *App) eventSection(r *web.Request, p participation.Process) (participationweb.Section, error) {
	if slices.ContainsFunc(p.Modules, func(m participation.Module) bool { return m.Kind == participation.EventModule }) {
		return participationweb.Section{}, nil
	}
	for _, f := range []event.Filter{{Process: p.Key}, {Process: p.Key, Past: true}} {
		list, err := a.Events.List(r.Context(), r.Actor, f)
		if err != nil {
			return participationweb.Section{}, err
		}
		if len(list) > 0 {
			part, err := eventweb.EventPart(a.Events, a.Now)(r, p, participation.Module{})
			return participationweb.Section{ID: "veranstaltungen", Title: r.T("event.title"), Content: part.Content}, err
		}
	}
	return participationweb.Section{}, nil
}

// processPages adds the pages of participation.
func (a *App) processPages(m *web.Mux) {
	figures := &indicatordb.Store{DB: a.DB}
	participationweb.Register(m, a.Participation, participationweb.Options{
		Areas: a.Areas, Parts: a.processParts(), Sections: a.processSections(), Files: a.Files, Team: a.processTeam, Refs: a.moduleRefs,
		Version: func(r *web.Request) (string, error) { return figures.Stamp(r.Context(), r.Tenant.ID) },
		Follow:  func(p participation.Process) string { return "/abo?beteiligung=" + url.QueryEscape(p.Key) },
	})
}

// moduleRefs lists the texts and the rounds of voting of a process, or of none, that its modules can show.
func (a *App) moduleRefs(r *web.Request, p participation.Process) ([]web.Item, error) {
	texts, err := a.Vision.Texts(r.Context(), r.Actor)
	if err != nil {
		return nil, err
	}
	var out []web.Item
	for _, t := range texts {
		if t.Process == "" || t.Process == p.Key {
			name, _ := r.P.Text(t.Title)
			out = append(out, web.Item{Value: t.Key, Text: r.T("participation.modules.ref.text", "title", name)})
		}
	}
	rounds, err := a.Votes.List(r.Context(), r.Actor, p.Key)
	if err != nil {
		return nil, err
	}
	for _, x := range rounds {
		name, _ := r.P.Text(x.Title)
		out = append(out, web.Item{Value: string(x.ID), Text: r.T("participation.modules.ref.round", "title", name)})
	}
	return out, nil
}

// processPlaces lists the processes a role can be held in: those that are not archived.
func (a *App) processPlaces(ctx context.Context, tenant kernel.ID) ([]account.Place, error) {
	list, err := a.Participation.Store.All(ctx, tenant, false, nil)
	if err != nil {
		return nil, err
	}
	var out []account.Place
	for _, p := range list {
		if p.State != participation.Archived {
			out = append(out, account.Place{In: access.Context{Kind: access.InProcess, Key: p.Key}, Name: p.Title})
		}
	}
	return out, nil
}

// processTeam lists who holds a role in a process today.
func (a *App) processTeam(ctx context.Context, by access.Actor, process string) ([]participationweb.Member, error) {
	all, err := a.Accounts.Store.Accounts(ctx, by.Tenant)
	if err != nil {
		return nil, err
	}
	today := kernel.DayOf(a.Now())
	var out []participationweb.Member
	for _, x := range all {
		if x.Disabled() {
			continue
		}
		for _, g := range x.Roles {
			if g.In == (access.Context{Kind: access.InProcess, Key: process}) && g.On(today) {
				out = append(out, participationweb.Member{Name: x.Name, Role: g.Role})
			}
		}
	}
	return out, nil
}
