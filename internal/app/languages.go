// SPDX-License-Identifier: EUPL-1.2

package app

import (
	"context"
	"net/url"
	"slices"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/desk"
	"github.com/kupferfaden/kupferfaden/internal/desk/deskdb"
	"github.com/kupferfaden/kupferfaden/internal/desk/deskweb"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/platform/i18n"
	"github.com/kupferfaden/kupferfaden/internal/platform/job"
	"github.com/kupferfaden/kupferfaden/internal/privacy"
	"github.com/kupferfaden/kupferfaden/internal/privacy/privacydb"
	"github.com/kupferfaden/kupferfaden/internal/web"
)

// observeTexts notes which public texts changed, to tell which fell behind their source.
const observeTexts = "languages.observe"

// languages wires the report of languages and Leichte Sprache over all public texts.
func (a *App) languages() *desk.Languages {
	s := &desk.Languages{
		Store: &deskdb.Store{DB: a.DB}, Tx: a.DB, Now: a.Now, Signed: (&deskdb.Store{DB: a.DB}).Videos,
		Offered: func(ctx context.Context, tenant kernel.ID) ([]string, error) {
			t, err := a.Town(ctx, tenant)
			if len(t.Settings.Languages) == 0 {
				return i18n.Languages(), err
			}
			return t.Settings.Languages, err
		},
	}
	for _, f := range a.voiceTexts() {
		s.Sources = append(s.Sources, f)
	}
	s.Sources = append(s.Sources, a.legalTexts, a.reportTexts)
	return s
}

func (a *App) languagePages(m *web.Mux) {
	deskweb.RegisterLanguages(m, a.languages())
	deskweb.RegisterVideos(m, a.videos())
}

// videos wires the videos in sign language beside public texts.
func (a *App) videos() *desk.Videos {
	return &desk.Videos{Store: &deskdb.Store{DB: a.DB}, Tx: a.DB, Files: a.Files, Texts: a.languages(), Trail: a.Trail, Now: a.Now}
}

// videoFiles tells whether a file is such a video.
func (a *App) videoFiles(ctx context.Context, tenant kernel.ID, sha string) (bool, error) {
	return (&deskdb.Store{DB: a.DB}).VideoUses(ctx, tenant, sha)
}

// videoKinds names what is kept about those who uploaded one.
func videoKinds(add addKind) {
	add(
		privacy.DataKind{Key: "video", Basis: []privacy.Basis{privacy.Employment, privacy.PublicTask}},
		privacydb.Table{Name: "sign_video", By: []privacydb.By{{Column: "uploaded_by", Is: privacydb.ID}}, Show: []string{"path", "uploaded_at"}, Then: privacydb.Blank},
	)
}

func (a *App) observeLanguages(ctx context.Context, r *job.Run) error {
	return a.ObserveLanguages(ctx, r.Tenant)
}

// ObserveLanguages notes which public texts of a town changed since the last time.
func (a *App) ObserveLanguages(ctx context.Context, tenant kernel.ID) error {
	_, err := a.languages().Observe(ctx, tenant)
	return err
}

func observing() job.Recurring { return job.Recurring{Kind: observeTexts, Every: time.Hour} }

// legalTexts gives the town's own texts on its legal pages.
func (a *App) legalTexts(ctx context.Context, tenant kernel.ID) ([]kernel.Variant, error) {
	newest, err := a.Privacy.Store.Newest(ctx, tenant)
	if err != nil {
		return nil, err
	}
	var out []kernel.Variant
	for _, key := range privacy.Pages() {
		i := slices.IndexFunc(newest, func(p privacy.Published) bool { return p.Page == key })
		if i < 0 || key == privacy.Security || newest[i].Content.Texts.String() == "" {
			continue
		}
		out = append(out, kernel.Variant{
			Kind: "legal", ID: string(key), Title: sayings("privacy.page." + string(key)), Path: "/" + string(key), Edit: "/arbeit/rechtstexte/" + string(key),
			Texts: []kernel.Text{newest[i].Content.Texts},
		})
	}
	return out, nil
}

// reportTexts gives the chapters of released reports. A report is written in one language.
func (a *App) reportTexts(ctx context.Context, tenant kernel.ID) ([]kernel.Variant, error) {
	list, err := a.Reports.Released(ctx, access.Anonymous(tenant))
	if err != nil {
		return nil, err
	}
	var out []kernel.Variant
	for _, e := range list {
		lang := e.Settings.Language
		if lang == "" {
			lang = i18n.German
		}
		v := kernel.Variant{
			Kind: "report", ID: e.Key, Title: kernel.T(e.Name(), e.Name()), Path: "/berichte/" + url.PathEscape(e.Key), Edit: "/arbeit/berichte/" + url.PathEscape(e.Key), Source: lang,
			Texts: []kernel.Text{{lang: e.Name()}},
		}
		out = append(out, v)
	}
	return out, nil
}
