// SPDX-License-Identifier: EUPL-1.2

package privacyweb

import (
	"net/http"

	"github.com/kupferfaden/kupferfaden/internal/privacy"
	"github.com/kupferfaden/kupferfaden/internal/web"
)

func ownPage(r *web.Request, title string, crumbs ...web.Crumb) web.Page {
	return web.Page{Title: title, NoIndex: true, Narrow: true, Breadcrumb: crumbs}
}

func ownCrumb(r *web.Request) web.Crumb {
	return web.Crumb{Text: r.T("privacy.own.title"), Href: ownPath}
}

// own is what a person can do about the data held about him or her.
func (p pages) own(w http.ResponseWriter, r *web.Request) error {
	list, err := p.s.Disclosures(r.Context(), r.Actor, false)
	if err != nil {
		return err
	}
	page := ownPage(r, r.T("privacy.own.title"))
	page.Lead = r.T("privacy.own.lead")
	return r.Render(w, page, ownView(r, list))
}

func (p pages) askOwn(w http.ResponseWriter, r *web.Request) error {
	d, err := p.s.AskOwn(r.Context(), r.Actor, p.o.Session(r))
	if err != nil {
		return err
	}
	return r.Redirect(w, ownPath+"/auskunft/"+string(d.ID))
}

func (p pages) ownAnswer(w http.ResponseWriter, r *web.Request) error {
	return p.showAnswer(w, r, ownPath+"/auskunft", ownPage(r, r.T("privacy.answer.one"), ownCrumb(r)))
}

func (p pages) fetchOwn(w http.ResponseWriter, r *web.Request) error { return p.fetch(w, r) }

func (p pages) eraseOwnPage(r *web.Request) web.Page {
	return ownPage(r, r.T("privacy.erase.own"), ownCrumb(r))
}

func (p pages) eraseOwnForm(w http.ResponseWriter, r *web.Request) error {
	kept, has, err := p.eraseFacts(r)
	if err != nil {
		return err
	}
	return r.Render(w, p.eraseOwnPage(r), eraseOwnView(r, web.BlankForm(r), kept, has))
}

func (p pages) eraseFacts(r *web.Request) (kept []privacy.DataKind, hasPassword bool, err error) {
	if kept, err = p.s.Kept(r.Context(), r.Actor); err != nil {
		return nil, false, err
	}
	hasPassword, err = p.o.HasPassword(r)
	return kept, hasPassword, err
}

func (p pages) eraseOwn(w http.ResponseWriter, r *web.Request) error {
	f := web.NewForm(r)
	kept, has, err := p.eraseFacts(r)
	if err != nil {
		return err
	}
	err = sure(f)
	if err == nil && has {
		err = p.o.Confirm(r, f.Value("password"))
	}
	if err == nil {
		_, err = p.s.EraseOwn(r.Context(), r.Actor)
	}
	if f.Fail(err) {
		return r.Invalid(w, p.eraseOwnPage(r), eraseOwnView(r, f, kept, has))
	}
	if err != nil {
		return err
	}
	if err := p.o.SignOut(w, r); err != nil {
		return err
	}
	return r.Done(w, "/", "notice.privacy.gone")
}
