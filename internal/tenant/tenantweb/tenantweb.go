// SPDX-License-Identifier: EUPL-1.2

// Package tenantweb tells the mux which towns there are, and lets the administration of a town set its name, contact, colours, logo, words,
// languages, addresses, rules and retention times.
package tenantweb

import (
	"context"

	"github.com/kupferfaden/kupferfaden/internal/platform/i18n"
	"github.com/kupferfaden/kupferfaden/internal/tenant"
	"github.com/kupferfaden/kupferfaden/internal/web"
)

// Tenants gives the mux what its pages need to know of each town.
type Tenants struct{ Service *tenant.Service }

var _ web.Tenants = Tenants{}

// Tenants lists the towns by key.
func (t Tenants) Tenants(ctx context.Context) ([]web.Tenant, error) {
	list, err := t.Service.List(ctx)
	if err != nil {
		return nil, err
	}
	out := make([]web.Tenant, len(list))
	for i, x := range list {
		out[i] = Of(x)
	}
	return out, nil
}

// Of gives what pages need to know of a town.
func Of(t tenant.Tenant) web.Tenant {
	out := web.Tenant{
		ID: t.ID, Key: t.Key, Name: t.Name, Fictional: t.Fictional, Hosts: t.Settings.Hosts, Canonical: t.Settings.Canonical,
		Languages: t.Settings.Languages, Region: t.Kind.Regional(), Terms: terms(t.Settings.Terms),
	}
	if _, _, ok := t.Settings.Colours.Tones(); ok {
		out.Style = stylePath(t.Settings.Colours)
	}
	if l := t.Settings.Logo; l.Set() {
		out.Logo = web.Picture{Path: logoPath(l), Width: l.Width, Height: l.Height, Alt: l.Alt}
	}
	return out
}

// terms gives the town's words as each language says them; a language the town has no word in keeps the program's.
func terms(own map[string]tenant.Term) map[string]map[string]i18n.Term {
	out := map[string]map[string]i18n.Term{}
	for key, t := range own {
		for _, lang := range i18n.Languages() {
			if t.One[lang] == "" || t.Many[lang] == "" {
				continue
			}
			if out[lang] == nil {
				out[lang] = map[string]i18n.Term{}
			}
			x := i18n.Term{One: t.One[lang], Many: t.Many[lang]}
			if lang == i18n.German {
				x.Gender, x.Genitive, x.Dative = string(t.Gender), t.GenitiveForm(), t.DativeForm()
			}
			out[lang][key] = x
		}
	}
	if len(out) == 0 {
		return nil
	}
	return out
}

// Kind is a kind of data with the days the program keeps it, for the page of retention times.
type Kind struct {
	Key         string
	Name        string // key of the catalogue
	Days        int    // shipped
	Least, Most int    // what the town may say
}
