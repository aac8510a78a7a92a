// SPDX-License-Identifier: EUPL-1.2

package app

import (
	"context"
	"slices"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/account"
	"github.com/kupferfaden/kupferfaden/internal/contribution"
	"github.com/kupferfaden/kupferfaden/internal/contribution/contributiondb"
	"github.com/kupferfaden/kupferfaden/internal/indicator"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/notice"
	"github.com/kupferfaden/kupferfaden/internal/participation"
	"github.com/kupferfaden/kupferfaden/internal/platform/job"
	"github.com/kupferfaden/kupferfaden/internal/privacy"
	"github.com/kupferfaden/kupferfaden/internal/privacy/privacydb"
)

const (
	// moderationAlarm tells moderators of reports that wait too long, answersDue tells offices of answers that are due and the leadership what is
	// owed.
	moderationAlarm = "moderation.alarm"
	answersDue      = "answer.due"
	// entryTopic is a Vorhaben, by the id it is referred to with.
	entryTopic = "entry"
)

// moderation wires what is shown of contributions and what was answered.
func (a *App) moderation() {
	s := a.Contributions
	who := voicePeople{a}
	a.Moderation = &contribution.Moderation{
		Contributions: s, Store: &contributiondb.Moderation{DB: a.DB}, Tx: a.DB, Trail: a.Trail, Post: a.Notices, People: who, Now: a.Now,
	}
	a.Answers = &contribution.Answers{
		Contributions: s, Moderation: a.Moderation, Store: &contributiondb.Answers{DB: a.DB}, Tx: a.DB, Trail: a.Trail, Post: a.Notices, People: who, Known: catalogueOffices, Now: a.Now,
	}
	s.Begin, s.BeginComment = a.Moderation.Begin, a.Moderation.BeginComment
	s.Told = append(s.Told, a.Moderation.Submitted, a.Answers.RouteNew, a.Moderation.TellChange, a.Moderation.Watch)
	s.Said, s.Gone = append(s.Said, a.Moderation.WatchComment), a.Moderation.Gone
	s.SplitUp = append(s.SplitUp, a.Answers.SplitUp)
	s.Backers = append(s.Backers, a.Moderation.Backed)
	a.Answers.Unmet = func(ctx context.Context, tenant kernel.ID) (int, error) {
		list, err := a.Participation.Unmet(ctx, tenant)
		return len(list), err
	}
	a.Participation.Answers = a.Answers
	a.Participation.Facts = append(a.Participation.Facts, a.Answers)
}

// catalogueOffices are the offices of the catalogue of indicators, as a role can be held in them.
func catalogueOffices() []contribution.Office {
	var out []contribution.Office
	for _, key := range indicator.Offices() {
		out = append(out, contribution.Office{Key: key, Name: indicator.OfficeNames(key)[0]})
	}
	return out
}

// officePlaces lists the offices a role can be held in: those of the catalogue and those the town has set up.
func (a *App) officePlaces(ctx context.Context, tenant kernel.ID) ([]account.Place, error) {
	list, err := a.Answers.Offices(ctx, tenant)
	if err != nil {
		return nil, err
	}
	out := make([]account.Place, len(list))
	for i, o := range list {
		out[i] = account.Place{In: access.Context{Kind: access.InOffice, Key: o.Key}, Name: o.Name}
	}
	return out, nil
}

// alarmModeration is the job.
func (a *App) alarmModeration(ctx context.Context, r *job.Run) error {
	return a.Moderation.Alarm(ctx, r.Tenant)
}

// alarmAnswers is the job. The weekly list goes out on the first day of a week on which it runs.
func (a *App) alarmAnswers(ctx context.Context, r *job.Run) error {
	if err := a.Answers.Alarm(ctx, r.Tenant); err != nil {
		return err
	}
	return a.Answers.Weekly(ctx, r.Tenant)
}

// voicePeople finds the addresses of accounts.
type voicePeople struct{ app *App }

// Reader gives the address of an account.
func (p voicePeople) Reader(ctx context.Context, tenant, id kernel.ID) (to notice.Recipient, ok bool, err error) {
	x, err := p.app.Accounts.Store.Account(ctx, tenant, id)
	if kernel.KindOf(err) == kernel.NotFound && err != nil {
		return to, false, nil
	}
	if err != nil || x.Disabled() || x.Email == "" {
		return to, false, err
	}
	return notice.Recipient{Account: x.ID, Email: x.Email, Lang: x.Lang}, true, nil
}

// Staff lists who may do the action: those who hold a role for it in one of the contexts, else those who hold one in the town.
func (p voicePeople) Staff(ctx context.Context, tenant kernel.ID, do access.Action, within []access.Context) ([]notice.Recipient, error) {
	list, err := p.app.Accounts.Store.Accounts(ctx, tenant)
	if err != nil {
		return nil, err
	}
	day := kernel.DayOf(p.app.Now())
	var near, town []notice.Recipient
	for _, x := range list {
		if x.Disabled() || x.Email == "" {
			continue
		}
		to := notice.Recipient{Account: x.ID, Email: x.Email, Lang: x.Lang}
		held := access.Actor{Tenant: tenant, Person: x.ID, Held: x.Held(day)}
		switch {
		case access.Can(held, do, access.Object{Tenant: tenant, Within: within}):
			near = append(near, to)
		case access.CheckTenant(access.Actor{Tenant: tenant, Person: x.ID, Roles: x.On(day)}, do) == nil:
			town = append(town, to)
		}
	}
	if len(near) > 0 {
		return near, nil
	}
	return town, nil
}

// answerTopics is what people can subscribe to of contributions.
func (a *App) answerTopics() []notice.Topic {
	byNumber := func(ctx context.Context, tenant kernel.ID, ref string) (kernel.Text, bool, error) {
		c, err := a.Contributions.Store.ByNumber(ctx, tenant, ref)
		if kernel.KindOf(err) == kernel.NotFound && err != nil {
			return nil, false, nil
		}
		if !c.Public() {
			return kernel.T(c.Number, c.Number), err == nil, err
		}
		return kernel.T(c.Number+" "+contribution.Unlinked(c.Title), c.Number+" "+contribution.Unlinked(c.Title)), err == nil, err
	}
	return []notice.Topic{
		{Key: contribution.ProcessTopic, Param: "beteiligung", Name: a.processTopic},
		{Key: contribution.AreaTopic, Param: "bereich", Only: true, Name: a.areaTopic, Choices: a.areaChoices},
		{Key: contribution.SubjectTopic, Param: "thema", Only: true, Name: func(ctx context.Context, tenant kernel.ID, ref string) (kernel.Text, bool, error) {
			return kernel.T(ref, ref), ref != "", nil
		}},
		{Key: contribution.ContributionTopic, Param: "beitrag", Only: true, Name: byNumber},
		{Key: contribution.ReceiptTopic, Only: true, Hidden: true, Name: byNumber},
		{Key: entryTopic, Param: "vorhaben", Only: true, Name: a.entryTopicName},
	}
}

// processTopic names a process everybody may read.
func (a *App) processTopic(ctx context.Context, tenant kernel.ID, ref string) (kernel.Text, bool, error) {
	p, err := a.Participation.Process(ctx, access.Anonymous(tenant), ref)
	if k := kernel.KindOf(err); err != nil && (k == kernel.NotFound || k == kernel.Unauthenticated) {
		return nil, false, nil
	}
	return p.Title, err == nil, err
}

// entryTopicName names a Vorhaben by the processes that belong to it.
func (a *App) entryTopicName(ctx context.Context, tenant kernel.ID, ref string) (kernel.Text, bool, error) {
	list, err := a.Participation.Store.All(ctx, tenant, false, nil)
	if err != nil {
		return nil, false, err
	}
	for _, p := range list {
		if string(p.Entry.ID) == ref && ref != "" && access.Can(access.Anonymous(tenant), access.ReadPublic, p.Object(tenant, participation.Module{}, kernel.InstantOf(a.Now()))) {
			return p.Title, true, nil
		}
	}
	return nil, false, nil
}

// areaTopic names an area, "quartier/0101".
func (a *App) areaTopic(ctx context.Context, tenant kernel.ID, ref string) (kernel.Text, bool, error) {
	list, err := a.areaChoices(ctx, tenant)
	i := slices.IndexFunc(list, func(c notice.Choice) bool { return c.Ref == ref })
	if err != nil || i < 0 {
		return nil, false, err
	}
	return list[i].Name, true, nil
}

// areaChoices lists the areas people can subscribe to.
func (a *App) areaChoices(ctx context.Context, tenant kernel.ID) ([]notice.Choice, error) {
	list, err := places{a}.areas(ctx, tenant)
	out := make([]notice.Choice, len(list))
	for i, x := range list {
		out[i] = notice.Choice{Ref: x.In.Key, Name: x.Name}
	}
	return out, err
}

// answerKinds names what moderation and answers keep about people: the words of authors belong to the contribution, the staff's notes to the
// town.
func answerKinds(add addKind) {
	id := func(columns ...string) (by []privacydb.By) {
		for _, c := range columns {
			by = append(by, privacydb.By{Column: c, Is: privacydb.ID})
		}
		return by
	}
	const years = 365
	staff := []privacy.Basis{privacy.PublicTask, privacy.Employment}
	add(
		privacy.DataKind{Key: "moderation", Basis: staff},
		privacydb.Table{Name: "moderation_decision", By: id("decided_by"), Show: []string{"kind", "decided_at"}, Then: privacydb.Blank},
		privacydb.Table{Name: "moderation_appeal", By: id("decided_by"), Show: []string{"answer", "decided_at"}, Then: privacydb.Blank},
		privacydb.Table{Name: "safeguard_case", By: id("opened_by", "closed_by"), Show: []string{"opened_at", "closed_at"}, Then: privacydb.Blank},
		privacydb.Table{Name: "conduct", By: id("published_by"), Show: []string{"version", "published_at"}, Then: privacydb.Blank},
	)
	add(
		privacy.DataKind{Key: "report", Basis: []privacy.Basis{privacy.PublicTask}, Default: 2 * years, Least: 90, Most: 10 * years},
		privacydb.Table{Name: "moderation_report", By: id("account_id"), Show: []string{"reason", "body", "received_at", "outcome"}, Then: privacydb.Blank, Age: "settled_at"},
		privacydb.Table{Name: "moderation_report", By: id("settled_by"), Show: []string{"outcome", "settled_at"}, Then: privacydb.Blank},
	)
	add(
		privacy.DataKind{Key: "answer", Basis: staff},
		privacydb.Table{Name: "answer_route", By: id("routed_by"), Show: []string{"office", "routed_at"}, Then: privacydb.Blank},
		privacydb.Table{Name: "answer_version", By: id("written_by", "asked_by", "released_by"), Show: []string{"version", "status", "written_at", "released_at"}, Then: privacydb.Blank},
		privacydb.Table{Name: "answer_link", By: id("linked_by"), Show: []string{"contribution", "linked_at"}, Then: privacydb.Blank},
	)
}
