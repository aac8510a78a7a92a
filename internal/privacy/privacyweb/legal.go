// SPDX-License-Identifier: EUPL-1.2

package privacyweb

import (
	"net/http"
	"strconv"

	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/privacy"
	"github.com/kupferfaden/kupferfaden/internal/web"
)

// sure asks for the box that says one means it.
func sure(f *web.Form) error {
	if f.Is("sure", "1") {
		return nil
	}
	return &kernel.Error{Kind: kernel.Invalid, Key: "privacy.invalid", Fields: map[string]string{"sure": "privacy.erase.sure.missing"}}
}

func legalCrumb(r *web.Request) web.Crumb {
	return web.Crumb{Text: r.T("privacy.legal.title"), Href: legalPath}
}

func (p pages) legalList(w http.ResponseWriter, r *web.Request) error {
	list, err := p.s.States(r.Context(), r.Actor)
	if err != nil {
		return err
	}
	page := staffPage(r, r.T("privacy.legal.title"))
	page.Lead = r.T("privacy.legal.lead")
	return r.Render(w, page, legalListView(r, list))
}

func pageKey(r *web.Request) privacy.PageKey { return privacy.PageKey(r.PathValue("page")) }

func editPage(r *web.Request, key privacy.PageKey) web.Page {
	page := staffPage(r, title(r, key), legalCrumb(r))
	page.Lead = r.T("privacy.edit." + string(key))
	return page
}

// edit is what the editor of a page shows.
type edit struct {
	draft    privacy.Draft
	versions []privacy.Published
	missing  map[string]string
}

func (p pages) edit(r *web.Request, key privacy.PageKey) (e edit, err error) {
	if e.draft, err = p.s.Draft(r.Context(), r.Actor, key); err != nil {
		return e, err
	}
	e.missing = p.s.Faults(e.draft)
	e.versions, err = p.s.Versions(r.Context(), r.Actor, key)
	return e, err
}

func (p pages) editForm(w http.ResponseWriter, r *web.Request) error {
	key := pageKey(r)
	e, err := p.edit(r, key)
	if err != nil {
		return err
	}
	f := web.BlankForm(r)
	fill(f, e.draft.Content, e.draft.Edits)
	return r.Render(w, editPage(r, key), editView(r, f, e))
}

func fill(f *web.Form, c privacy.Content, edits int) {
	for name, v := range c.Fields {
		f.Set(name, v)
	}
	for lang, v := range c.Texts {
		f.Set("text-"+lang, v)
	}
	f.Set("edits", strconv.Itoa(edits))
}

func (p pages) saveDraft(w http.ResponseWriter, r *web.Request) error {
	key, f := pageKey(r), web.NewForm(r)
	c := privacy.Content{Fields: map[string]string{}, Texts: kernel.Text{}}
	for _, field := range privacy.FieldsOf(key) {
		c.Fields[field.Name] = f.Value(field.Name)
	}
	for _, l := range privacy.Variants() {
		c.Texts[l] = f.Value("text-" + l)
	}
	if f.Has("vorschlag") {
		c = privacy.LandOf(c.Fields["land"]).Propose(c)
	}
	base, err := strconv.Atoi(f.Value("edits"))
	if err != nil {
		return kernel.E(kernel.Conflict, "privacy.changed")
	}
	d, err := p.s.SaveDraft(r.Context(), r.Actor, key, c, base)
	if f.Fail(err) {
		e, err := p.edit(r, key)
		if err != nil {
			return err
		}
		return r.Invalid(w, editPage(r, key), editView(r, f, e))
	}
	if err != nil {
		return err
	}
	if f.Has("weiter") && len(p.s.Faults(d)) == 0 {
		return r.Redirect(w, legalPath+"/"+string(key)+"/vorschau")
	}
	return r.Done(w, legalPath+"/"+string(key), "notice.privacy.draft")
}

func (p pages) preview(w http.ResponseWriter, r *web.Request) error {
	key := pageKey(r)
	e, err := p.edit(r, key)
	if err != nil {
		return err
	}
	content, err := p.draw(r, privacy.Published{Page: key, Content: e.draft.Content})
	if err != nil {
		return err
	}
	page := staffPage(r, r.T("privacy.preview.title", "page", title(r, key)), legalCrumb(r), web.Crumb{Text: title(r, key), Href: legalPath + "/" + string(key)})
	return r.Render(w, page, previewView(r, e, content))
}

func (p pages) publish(w http.ResponseWriter, r *web.Request) error {
	key := pageKey(r)
	edits, err := strconv.Atoi(web.NewForm(r).Value("edits"))
	if err != nil {
		return kernel.E(kernel.Conflict, "privacy.changed")
	}
	if _, err := p.s.Publish(r.Context(), r.Actor, key, edits); err != nil {
		return err
	}
	return r.Done(w, legalPath, "notice.privacy.published")
}

func (p pages) legalVersion(w http.ResponseWriter, r *web.Request) error {
	key := pageKey(r)
	list, err := p.s.Versions(r.Context(), r.Actor, key)
	if err != nil {
		return err
	}
	for _, v := range list {
		if strconv.Itoa(v.Version) != r.PathValue("version") {
			continue
		}
		content, err := p.draw(r, v)
		if err != nil {
			return err
		}
		page := staffPage(r, r.T("privacy.version.title", "page", title(r, key), "version", v.Version), legalCrumb(r), web.Crumb{Text: title(r, key), Href: legalPath + "/" + string(key)})
		return r.Render(w, page, content)
	}
	return kernel.E(kernel.NotFound, "privacy.legal.notfound")
}

func (p pages) consents(w http.ResponseWriter, r *web.Request) error {
	var all []privacy.ConsentVersion
	for _, kind := range privacy.ConsentKinds() {
		list, err := p.s.ConsentTexts(r.Context(), r.Actor, kind)
		if err != nil {
			return err
		}
		all = append(all, list...)
	}
	page := staffPage(r, r.T("privacy.consents.title"), legalCrumb(r))
	page.Lead = r.T("privacy.consents.lead")
	return r.Render(w, page, consentsView(r, all))
}

func consentPage(r *web.Request, kind, lang string) web.Page {
	page := staffPage(r, r.T("privacy.consents."+kind)+" ("+lang+")", legalCrumb(r), web.Crumb{Text: r.T("privacy.consents.title"), Href: consentPath})
	page.Lead = r.T("privacy.consents.edit")
	return page
}

func (p pages) consentForm(w http.ResponseWriter, r *web.Request) error {
	kind, lang := r.PathValue("kind"), r.PathValue("lang")
	list, now, err := p.consent(r, kind, lang)
	if err != nil {
		return err
	}
	f := web.BlankForm(r)
	f.Set("body", now.Body)
	f.Set("base", strconv.Itoa(now.Version))
	return r.Render(w, consentPage(r, kind, lang), consentView(r, f, kind, lang, list))
}

// consent gives the versions of a text in a language, and the one that holds.
func (p pages) consent(r *web.Request, kind, lang string) (list []privacy.ConsentVersion, now privacy.ConsentVersion, err error) {
	if !contains([]string{"de", "en"}, lang) {
		return nil, now, kernel.E(kernel.NotFound, "privacy.consent.notfound")
	}
	if now, err = p.s.ConsentText(r.Context(), r.Tenant.ID, kind, lang); err != nil {
		return nil, now, err
	}
	all, err := p.s.ConsentTexts(r.Context(), r.Actor, kind)
	for _, v := range all {
		if v.Lang == lang {
			list = append(list, v)
		}
	}
	return list, now, err
}

func (p pages) publishConsent(w http.ResponseWriter, r *web.Request) error {
	kind, lang, f := r.PathValue("kind"), r.PathValue("lang"), web.NewForm(r)
	base, err := strconv.Atoi(f.Value("base"))
	if err != nil {
		return kernel.E(kernel.Conflict, "privacy.changed")
	}
	if _, err = p.s.PublishConsent(r.Context(), r.Actor, kind, lang, f.Value("body"), base); f.Fail(err) {
		list, _, err := p.consent(r, kind, lang)
		if err != nil {
			return err
		}
		return r.Invalid(w, consentPage(r, kind, lang), consentView(r, f, kind, lang, list))
	}
	if err != nil {
		return err
	}
	return r.Done(w, consentPath, "notice.privacy.consent")
}
