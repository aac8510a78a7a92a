// SPDX-License-Identifier: EUPL-1.2

package accountweb

import (
	"errors"
	"net/http"
	"strings"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/account"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/web"
)

const invitePath = "/arbeit/einladungen"

func invitationPath(l account.Link) string { return invitePath + "/" + string(l.ID) }

// registerInvite adds inviting people and accepting an invitation.
func (h handlers) registerInvite(m *web.Mux) {
	m.Handle("GET /arbeit/einladungen", access.ManageUsers, h.invitePage)
	m.Handle("POST /arbeit/einladungen", access.ManageUsers, h.invite)
	m.Handle("POST /arbeit/einladungen/{id}/erneut", access.ManageUsers, h.resend)
	m.Handle("GET /arbeit/einladungen/{id}/zurueckziehen", access.ManageUsers, h.askRevoke)
	m.Handle("POST /arbeit/einladungen/{id}/zurueckziehen", access.ManageUsers, h.revoke)
	m.Handle("GET /einladung", access.ReadPublic, h.invitation)
	m.Handle("POST /einladung", access.AnonymousWrite, h.accept)
}

func inviteTitle(r *web.Request) web.Page {
	return web.Page{Title: r.T("account.invite.title"), Nav: web.NavWork, Narrow: true, Breadcrumb: []web.Crumb{{Text: r.T("account.users.title"), Href: usersPath}}}
}

func (h handlers) invitePage(w http.ResponseWriter, r *web.Request) error {
	f := web.BlankForm(r)
	f.Set("lang", r.Lang)
	return h.renderInvite(w, r, f)
}

func (h handlers) renderInvite(w http.ResponseWriter, r *web.Request, f *web.Form) error {
	places, err := h.service.RolePlaces(r.Context(), r.Actor)
	if err != nil {
		return err
	}
	return answer(w, r, inviteTitle(r), f, inviteForm(r, places, h.service.Mails(), f))
}

// waiting tells that a second person is asked first.
func waiting(err error) bool {
	var e *kernel.Error
	return errors.As(err, &e) && e.Key == "approval.waiting"
}

func (h handlers) invite(w http.ResponseWriter, r *web.Request) error {
	f := web.NewForm(r)
	in, err := account.ParseContext(f.Value("in"))
	path := ""
	if err == nil {
		n := account.New{Email: f.Value("email"), Name: f.Value("name"), In: in, From: day(f, "from"), To: day(f, "to")}
		for _, v := range f.Values("roles") {
			n.Roles = append(n.Roles, access.Role(v))
		}
		path, err = h.service.Invite(r.Context(), r.Actor, n, mailLang(f))
	}
	if waiting(err) {
		return r.Done(w, usersPath, "notice.account.invite.waiting")
	}
	if f.Fail(err) {
		return h.renderInvite(w, r, f)
	}
	if err != nil {
		return err
	}
	return h.sent(w, r, path, f.Value("email"))
}

// mailLang is the language a mail is to be written in.
func mailLang(f *web.Form) string {
	for _, l := range account.Languages {
		if f.Value("lang") == l {
			return l
		}
	}
	return account.Languages[0]
}

// sent goes on after a link was sent, or shows it where it has to be handed over.
func (h handlers) sent(w http.ResponseWriter, r *web.Request, path, email string) error {
	if path == "" {
		return r.Done(w, usersPath, "notice.account.invite.sent")
	}
	return h.handOverLink(w, r, path, email, "account.invite.handover")
}

// handOverLink shows a link, once.
func (h handlers) handOverLink(w http.ResponseWriter, r *web.Request, path, email, text string) error {
	link, err := h.absolute(r, path)
	if err != nil {
		return err
	}
	secretPage(w)
	p := inviteTitle(r)
	p.Title = r.T("account.handover.title")
	return r.Render(w, p, handOverPage(r, r.T(text, "email", email), link))
}

// absolute makes an address somebody can be given. Where the installation does not know its own, it is the one the administration reads this
// page under.
func (h handlers) absolute(r *web.Request, path string) (string, error) {
	link := r.Link(path)
	if h.o.Address != nil {
		var err error
		if link, err = h.o.Address(r.Context(), r.Tenant.ID, r.Lang, path); err != nil {
			return "", err
		}
	}
	if !strings.HasPrefix(link, "/") {
		return link, nil
	}
	scheme := "http://"
	if h.sessions.secure {
		scheme = "https://"
	}
	return scheme + r.Host + link, nil
}

func (h handlers) resend(w http.ResponseWriter, r *web.Request) error {
	path, l, err := h.service.Resend(r.Context(), r.Actor, kernel.ID(r.PathValue("id")))
	if err != nil {
		return err
	}
	return h.sent(w, r, path, l.Email)
}

func (h handlers) askRevoke(w http.ResponseWriter, r *web.Request) error {
	l, err := h.service.GetInvitation(r.Context(), r.Actor, kernel.ID(r.PathValue("id")))
	if err != nil {
		return err
	}
	p := inviteTitle(r)
	p.Title = r.T("account.revoke.title")
	return r.Render(w, p, web.Confirm(web.Confirmation{
		Text: r.T("account.revoke.text", "email", l.Email), Action: r.Link(invitationPath(l) + "/zurueckziehen"), Button: r.T("account.revoke.button"),
		Back: r.Link(usersPath), Danger: true,
	}))
}

func (h handlers) revoke(w http.ResponseWriter, r *web.Request) error {
	if err := h.service.Revoke(r.Context(), r.Actor, kernel.ID(r.PathValue("id"))); err != nil {
		return err
	}
	return r.Done(w, usersPath, "notice.account.invite.revoked")
}

func acceptTitle(r *web.Request) web.Page {
	return web.Page{Title: r.T("account.accept.title", "town", r.Name()), NoIndex: true, Narrow: true}
}

func (h handlers) invitation(w http.ResponseWriter, r *web.Request) error {
	secretPage(w)
	f := web.NewForm(r)
	l, err := h.service.OpenLink(r.Context(), r.Tenant.ID, account.Invitation, f.Value(account.TokenParam))
	if err != nil {
		return err
	}
	f.Set("name", l.Content.Name)
	return answer(w, r, acceptTitle(r), f, acceptPage(r, l, f))
}

func (h handlers) accept(w http.ResponseWriter, r *web.Request) error {
	secretPage(w)
	f := web.NewForm(r)
	token := f.Value(account.TokenParam)
	l, err := h.service.OpenLink(r.Context(), r.Tenant.ID, account.Invitation, token)
	if err != nil {
		return err
	}
	a, err := h.service.Accept(r.Context(), r.Tenant.ID, token, f.Value("name"), f.Value("password"))
	if f.Fail(err) {
		return answer(w, r, acceptTitle(r), f, acceptPage(r, l, f))
	}
	if err != nil {
		return err
	}
	if err := h.sessions.begin(r.Context(), r.Tenant, a.ID); err != nil {
		return err
	}
	return r.Done(w, ownPath, "notice.account.accepted")
}
