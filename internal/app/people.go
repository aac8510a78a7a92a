// SPDX-License-Identifier: EUPL-1.2

package app

import (
	"context"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/account"
	"github.com/kupferfaden/kupferfaden/internal/account/accountdb"
	"github.com/kupferfaden/kupferfaden/internal/indicator"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/platform/i18n"
)

// people wires accounts with what they need of others.
func (a *App) people() *account.Service {
	return &account.Service{
		Store: &accountdb.Store{DB: a.DB}, DB: a.DB, Hasher: &account.Hasher{}, Now: a.Now, Trail: a.Trail, Places: places{a}, Say: sayings,
	}
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
// level and its own, "quartier/0101", so that a role outlives a new cut of the town. There are no processes and groups yet.
func (p places) Places(ctx context.Context, tenant kernel.ID, kind access.ContextKind) ([]account.Place, error) {
	switch kind {
	case access.InOffice:
		var out []account.Place
		for _, key := range indicator.Offices() {
			out = append(out, account.Place{In: access.Context{Kind: kind, Key: key}, Name: indicator.OfficeNames(key)[0]})
		}
		return out, nil
	case access.InArea:
		return p.areas(ctx, tenant)
	}
	return nil, nil
}

func (p places) areas(ctx context.Context, tenant kernel.ID) ([]account.Place, error) {
	by := access.CommandLine(tenant)
	levels, err := p.app.Areas.Levels(ctx, by)
	if err != nil {
		return nil, err
	}
	today := account.DayOf(p.app.Now())
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
