// SPDX-License-Identifier: EUPL-1.2

package privacyweb

import (
	"io"
	"net/http"
	"strings"

	"github.com/a-h/templ"

	"github.com/kupferfaden/kupferfaden/internal/doc/prose"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/privacy"
	"github.com/kupferfaden/kupferfaden/internal/web"
)

// words gives the town's own text in the reader's language and register, German where there is none, and tells whether it is in Leichte
// Sprache.
func words(r *web.Request, t kernel.Text) (text, lang string, leicht bool) {
	if s := t["de+leicht"]; s != "" && r.Register == kernel.Leicht && r.Lang == "de" {
		return s, "de", true
	}
	for _, l := range []string{r.Lang, "de", "en"} {
		if t[l] != "" {
			return t[l], l, false
		}
	}
	return "", r.Lang, false
}

// text draws the town's own text.
func text(r *web.Request, t kernel.Text) (templ.Component, error) {
	s, lang, _ := words(r, t)
	out, err := prose.HTML(s, 2, r.Link)
	if err != nil || out == "" {
		return templ.NopComponent, err
	}
	if lang == r.Lang {
		lang = ""
	}
	return ownText(out, lang), nil
}

func title(r *web.Request, p privacy.PageKey) string { return r.T("privacy.page." + string(p)) }

// frame is the frame of a legal page.
func frame(r *web.Request, v privacy.Published) web.Page {
	_, _, leicht := words(r, v.Content.Texts)
	page := web.Page{Title: title(r, v.Page), Leicht: leicht}
	if v.Page == privacy.Accessibility || v.Page == privacy.Help {
		page.Lead = r.T("privacy.page."+string(v.Page)+".lead", "town", r.Name())
	}
	return page
}

// draw gives the content of a page as readers see it, from what is published or from a draft.
func (p pages) draw(r *web.Request, v privacy.Published) (templ.Component, error) {
	own, err := text(r, v.Content.Texts)
	if err != nil {
		return nil, err
	}
	switch v.Page {
	case privacy.Imprint:
		return imprintPage(r, v, own), nil
	case privacy.Accessibility:
		return accessibilityPage(r, v, own), nil
	case privacy.Contact:
		return contactPage(r, v, own), nil
	case privacy.Help:
		return helpPage(r, own), nil
	case privacy.Security:
		s, err := p.s.SecurityTxt(r.Context(), r.Actor, r.Absolute("/.well-known/security.txt"))
		if kernel.KindOf(err) == kernel.NotFound {
			s, err = r.T("privacy.security.none"), nil
		}
		return securityPage(s), err
	}
	record, err := p.s.Current(r.Context(), r.Tenant.ID)
	return noticePage(r, v, record, own), err
}

func (p pages) public(key privacy.PageKey) web.Handler {
	return func(w http.ResponseWriter, r *web.Request) error {
		v, err := p.s.Published(r.Context(), r.Actor, key)
		if err != nil {
			return err
		}
		content, err := p.draw(r, v)
		if err != nil {
			return err
		}
		return r.Render(w, frame(r, v), content)
	}
}

// notice is the privacy notice: what the program knows of itself, and the town's own words.
func (p pages) notice(w http.ResponseWriter, r *web.Request) error {
	return p.public(privacy.Notice)(w, r)
}

func (p pages) securityTxt(w http.ResponseWriter, r *web.Request) error {
	s, err := p.s.SecurityTxt(r.Context(), r.Actor, r.Absolute("/.well-known/security.txt"))
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-cache")
	_, err = io.WriteString(w, s)
	return err
}

// fact is a definition of a page, left out where the town has said nothing.
func facts(r *web.Request, v privacy.Published, names ...string) []web.Definition {
	var list []web.Definition
	for _, f := range privacy.FieldsOf(v.Page) {
		value := v.Content.Fields[f.Name]
		if value == "" || len(names) > 0 && !contains(names, f.Name) {
			continue
		}
		d := web.Definition{Term: r.T("privacy.legal." + string(v.Page) + "." + f.Name), Text: value}
		switch f.Kind {
		case privacy.Email:
			d.Content = mailLink(value)
		case privacy.Link:
			d.Content = pageLink(value)
		case privacy.Day:
			d.Text = r.P.Date(kernel.Date(value))
		case privacy.Lines:
			d.Content = lines(value)
		case privacy.Choose:
			d.Text = option(r, f.Name, value)
		}
		list = append(list, d)
	}
	return list
}

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}

// option words a value of a field to choose from.
func option(r *web.Request, field, value string) string {
	if field == "land" {
		return privacy.LandOf(value).Name
	}
	return r.T("privacy.option." + field + "." + value)
}

func split(s string) []string { return strings.Split(s, "\n") }

func reportTitle(r *web.Request) web.Page {
	return web.Page{
		Title: r.T("privacy.barrier.title"), Lead: r.T("privacy.barrier.lead", "days", privacy.AnswerDays), Narrow: true,
		Breadcrumb: []web.Crumb{{Text: title(r, privacy.Accessibility), Href: "/barrierefreiheit"}},
	}
}

func (p pages) reportForm(w http.ResponseWriter, r *web.Request) error {
	f := web.BlankForm(r)
	f.Set("page", r.URL.Query().Get("seite"))
	w.Header().Set("Cache-Control", "no-store") // each form is good once
	return r.Render(w, reportTitle(r), reportFormPage(r, f))
}

func (p pages) report(w http.ResponseWriter, r *web.Request) error {
	f := web.NewForm(r)
	if err := r.Guarded(f); f.Fail(err) {
		return r.Invalid(w, reportTitle(r), reportFormPage(r, f))
	} else if err != nil {
		return err
	}
	code, err := p.s.ReportBarrier(r.Context(), r.Actor, privacy.BarrierReport{
		Page: f.Value("page"), Body: f.Value("body"), Name: f.Value("name"), Email: f.Value("email"), Lang: r.Lang,
	})
	if f.Fail(err) {
		return r.Invalid(w, reportTitle(r), reportFormPage(r, f))
	}
	if err != nil {
		return err
	}
	page := reportTitle(r)
	page.Title, page.Lead, page.NoIndex = r.T("privacy.barrier.thanks"), "", true
	w.Header().Set("Cache-Control", "no-store")
	return r.Render(w, page, receiptPage(r, code))
}

func stateTitle(r *web.Request) web.Page {
	return web.Page{
		Title: r.T("privacy.barrier.state.title"), Lead: r.T("privacy.barrier.state.lead"), Narrow: true, NoIndex: true,
		Breadcrumb: []web.Crumb{{Text: title(r, privacy.Accessibility), Href: "/barrierefreiheit"}},
	}
}

func (p pages) stateForm(w http.ResponseWriter, r *web.Request) error {
	return r.Render(w, stateTitle(r), stateFormPage(r, web.BlankForm(r), nil))
}

func (p pages) state(w http.ResponseWriter, r *web.Request) error {
	f := web.NewForm(r)
	b, err := p.s.BarrierState(r.Context(), r.Actor, f.Value("code"))
	if f.Fail(err) {
		return r.Invalid(w, stateTitle(r), stateFormPage(r, f, nil))
	}
	if err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "no-store")
	return r.Render(w, stateTitle(r), stateFormPage(r, f, &b))
}
