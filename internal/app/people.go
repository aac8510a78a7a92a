// SPDX-License-Identifier: EUPL-1.2

package app

import (
	"context"
	"maps"
	"slices"
	"strconv"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/account"
	"github.com/kupferfaden/kupferfaden/internal/account/accountdb"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/notice"
	"github.com/kupferfaden/kupferfaden/internal/platform/i18n"
	"github.com/kupferfaden/kupferfaden/internal/platform/job"
	"github.com/kupferfaden/kupferfaden/internal/privacy"
)

const (
	// linkJob sends what somebody asked for by a form that must not tell whether the address is known.
	linkJob = "account.link"
	// expireLinks removes links nobody used in time.
	expireLinks = "account.links"
)

// people wires accounts with what they need of others.
func (a *App) people() *account.Service {
	store := &accountdb.Store{DB: a.DB}
	s := &account.Service{
		Store: store, DB: a.DB, Hasher: &account.Hasher{}, Now: a.Now, Trail: a.Trail, FourEyes: a.Approvals, Places: places{a}, Say: sayings,
		Links: store, Mailer: peopleMail{a}, Marks: a.Secret, Town: peopleTown{a},
		Later: func(ctx context.Context, tenant, link kernel.ID) error {
			_, err := a.Queue.Enqueue(ctx, tenant, linkJob, link, job.Options{Key: string(link)})
			return err
		},
	}
	a.Approvals.Register(account.RolesExecutor, s.CarryOut)
	a.Approvals.Register(account.InviteExecutor, s.CarryOutInvite)
	return s
}

// sendLink is the job behind forms that ask for a link.
func (a *App) sendLink(ctx context.Context, r *job.Run) error {
	var id kernel.ID
	if err := r.Decode(&id); err != nil {
		return err
	}
	return a.Accounts.SendLink(ctx, r.Tenant, id)
}

// dropLinks is the job that removes links nobody used in time.
func (a *App) dropLinks(ctx context.Context, r *job.Run) error {
	n, err := a.Accounts.ExpireLinks(ctx, r.Tenant)
	r.Progress(int64(n), int64(n), "")
	return err
}

// peopleMail writes mails of accounts into the outbox.
type peopleMail struct{ app *App }

// Mails tells whether mail leaves this installation.
func (m peopleMail) Mails() bool { return m.app.Notices.Transport != nil }

// Mail writes one.
func (m peopleMail) Mail(ctx context.Context, tenant kernel.ID, x account.Mail) error {
	return m.app.Notices.Send(ctx, notice.Message{
		Tenant: tenant, To: notice.Recipient{Account: x.Account, Email: x.Email, Lang: x.Lang}, Kind: notice.Kind(x.Kind), Event: x.Event,
		Params: x.Params, Path: x.Path, Confirm: x.Asked,
	})
}

// peopleTown knows what a town asks of citizens who open an account.
type peopleTown struct{ app *App }

// Registration tells whether citizens may open one by themselves.
func (t peopleTown) Registration(ctx context.Context, tenant kernel.ID) (bool, error) {
	town, err := t.app.Town(ctx, tenant)
	return town.Settings.Rules.Registration, err
}

// Consent gives the text a citizen agrees to, as the town keeps it, with language and number as its version.
func (t peopleTown) Consent(ctx context.Context, tenant kernel.ID, lang string) (version, text string, err error) {
	v, err := t.app.Privacy.ConsentText(ctx, tenant, privacy.RegistrationConsent, lang)
	return v.Lang + "-" + strconv.Itoa(v.Version), v.Body, err
}

// Names lists the town's key and its name in every language.
func (t peopleTown) Names(ctx context.Context, tenant kernel.ID) ([]string, error) {
	town, err := t.app.Town(ctx, tenant)
	return append(slices.Collect(maps.Values(town.Name)), town.Key), err
}

// sayings gives a text of the catalogue in every language.
func sayings(key string, kv ...any) kernel.Text {
	t := kernel.Text{}
	for _, lang := range i18n.Languages() {
		t[lang] = i18n.For(lang, kernel.Standard).T(key, kv...)
	}
	return t
}

// places tells what there is to hold a role in.
type places struct{ app *App }

// mostPlaces is up to how many areas a level is offered for roles: districts and quarters, not blocks.
const mostPlaces = 400

// Places lists the offices of the catalogue, and the areas of each level's present edition, larger ones first. The key of an area is that of its
// level and its own, "quartier/0101", so that a role outlives a new cut of the town.
func (p places) Places(ctx context.Context, tenant kernel.ID, kind access.ContextKind) ([]account.Place, error) {
	switch kind {
	case access.InOffice:
		return p.app.officePlaces(ctx, tenant)
	case access.InArea:
		return p.areas(ctx, tenant)
	case access.InActor:
		return p.app.actorPlaces(ctx, tenant)
	case access.InProcess:
		return p.app.processPlaces(ctx, tenant)
	case access.InGroup:
		return p.app.groupPlaces(ctx, tenant)
	}
	return nil, nil
}

func (p places) areas(ctx context.Context, tenant kernel.ID) ([]account.Place, error) {
	by := access.CommandLine(tenant)
	levels, err := p.app.Areas.Levels(ctx, by)
	if err != nil {
		return nil, err
	}
	today := kernel.DayOf(p.app.Now())
	var out []account.Place
	for _, l := range levels {
		e, err := p.app.Areas.EditionAt(ctx, by, l.Key, today)
		if kernel.KindOf(err) == kernel.NotFound {
			continue
		}
		if err != nil {
			return nil, err
		}
		list, err := p.app.Areas.Areas(ctx, by, e.ID)
		if err != nil {
			return nil, err
		}
		if len(list) < 2 || len(list) > mostPlaces { // the town itself needs no context
			continue
		}
		for _, a := range list {
			out = append(out, account.Place{In: access.Context{Kind: access.InArea, Key: l.Key + "/" + a.Key}, Name: kernel.T(a.Name, a.Name)})
		}
	}
	return out, nil
}
