// SPDX-License-Identifier: EUPL-1.2

// Package privacyweb is where people meet the duties of the town: the legal pages in the footer, the form for barriers, one's own data, and the
// desks of data protection and administration.
package privacyweb

import (
	"net/http"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/privacy"
	"github.com/kupferfaden/kupferfaden/internal/web"
)

// Options are what the pages need beside the service.
type Options struct {
	Service *privacy.Service
	// Version changes whenever a published page does.
	Version web.Version
	// Session stands for the session of the request; empty for readers who are not signed in.
	Session func(r *web.Request) string
	// Confirm makes sure that it is the person who asks, before something that cannot be undone: an Invalid error on the field "password", nil
	// when it is.
	Confirm func(r *web.Request, password string) error
	// HasPassword tells whether the person can confirm by a password.
	HasPassword func(r *web.Request) (bool, error)
	// SignOut ends the session in the browser after an account was erased.
	SignOut func(w http.ResponseWriter, r *web.Request) error
}

type pages struct {
	s *privacy.Service
	o Options
}

// The addresses of the staff's pages.
const (
	staffPath    = "/arbeit/datenschutz"
	recordPath   = staffPath + "/verzeichnis"
	termsPath    = staffPath + "/fristen"
	answersPath  = staffPath + "/auskunft"
	erasePath    = staffPath + "/loeschung"
	legalPath    = "/arbeit/rechtstexte"
	consentPath  = "/arbeit/einwilligungen"
	barriersPath = "/arbeit/barrieren"
	ownPath      = "/konto/daten"
	reportPath   = "/barrierefreiheit/melden"
	statePath    = "/barrierefreiheit/stand"
)

// Register adds the pages.
func Register(m *web.Mux, o Options) {
	p := pages{o.Service, o}
	for _, page := range []privacy.PageKey{privacy.Imprint, privacy.Accessibility, privacy.Contact, privacy.Help} {
		m.Handle("GET /"+string(page), access.ReadPublic, web.Cached(o.Version, p.public(page)))
	}
	m.Handle("GET /datenschutz", access.ReadPublic, p.notice)
	m.Handle("GET /.well-known/security.txt", access.ReadPublic, p.securityTxt)
	m.Handle("GET "+reportPath, access.AnonymousWrite, p.reportForm)
	m.Handle("POST "+reportPath, access.AnonymousWrite, p.report)
	m.Handle("GET "+statePath, access.AnonymousWrite, p.stateForm)
	m.Handle("POST "+statePath, access.AnonymousWrite, p.state)

	m.Handle("GET "+ownPath, access.UseOwnAccount, p.own)
	m.Handle("POST "+ownPath+"/auskunft", access.UseOwnAccount, p.askOwn)
	m.Handle("GET "+ownPath+"/auskunft/{id}", access.UseOwnAccount, p.ownAnswer)
	m.Handle("POST "+ownPath+"/auskunft/{id}", access.UseOwnAccount, p.fetchOwn)
	m.Handle("GET "+ownPath+"/loeschen", access.UseOwnAccount, p.eraseOwnForm)
	m.Handle("POST "+ownPath+"/loeschen", access.UseOwnAccount, p.eraseOwn)

	m.Handle("GET "+staffPath, access.ReadPrivacy, p.staff)
	m.Handle("GET "+recordPath, access.ReadPrivacy, p.record)
	m.Handle("POST "+recordPath, access.EditLegal, p.keepRecord)
	m.Handle("GET "+recordPath+"/{version}", access.ReadPrivacy, p.record)
	m.Handle("GET "+recordPath+"/{version}/{file}", access.ReadPrivacy, p.recordFile)
	m.Handle("GET "+termsPath, access.ReadPrivacy, p.terms)
	m.Handle("POST "+termsPath, access.ManageTenant, p.setTerms)

	m.Handle("GET "+answersPath, access.AnswerPrivacy, p.answers)
	m.Handle("POST "+answersPath, access.AnswerPrivacy, p.ask)
	m.Handle("GET "+answersPath+"/{id}", access.AnswerPrivacy, p.answer)
	m.Handle("POST "+answersPath+"/{id}", access.AnswerPrivacy, p.fetch)
	m.Handle("POST "+answersPath+"/{id}/erstellen", access.AnswerPrivacy, p.start)
	m.Handle("GET "+erasePath+"/{person}", access.AnswerPrivacy, p.eraseForm)
	m.Handle("POST "+erasePath+"/{person}", access.AnswerPrivacy, p.erase)

	m.Handle("GET "+legalPath, access.EditLegal, p.legalList)
	m.Handle("GET "+legalPath+"/{page}", access.EditLegal, p.editForm)
	m.Handle("POST "+legalPath+"/{page}", access.EditLegal, p.saveDraft)
	m.Handle("GET "+legalPath+"/{page}/vorschau", access.EditLegal, p.preview)
	m.Handle("POST "+legalPath+"/{page}/vorschau", access.EditLegal, p.publish)
	m.Handle("GET "+legalPath+"/{page}/fassungen/{version}", access.EditLegal, p.legalVersion)
	m.Handle("GET "+consentPath, access.EditLegal, p.consents)
	m.Handle("GET "+consentPath+"/{kind}/{lang}", access.EditLegal, p.consentForm)
	m.Handle("POST "+consentPath+"/{kind}/{lang}", access.EditLegal, p.publishConsent)

	m.Handle("GET "+barriersPath, access.ReadFeedback, p.barriers)
	m.Handle("GET "+barriersPath+"/{id}", access.ReadFeedback, p.barrier)
	m.Handle("POST "+barriersPath+"/{id}", access.ReadFeedback, p.answerBarrier)
}

// staffPage is the frame of the staff's pages.
func staffPage(r *web.Request, title string, crumbs ...web.Crumb) web.Page {
	return web.Page{
		Title: title, Nav: web.NavWork, NoIndex: true, Styles: []string{"figures.css", "planner.css"},
		Breadcrumb: append([]web.Crumb{{Text: r.T("planner.desk.crumb"), Href: "/arbeit"}}, crumbs...),
	}
}

func staffCrumb(r *web.Request) web.Crumb {
	return web.Crumb{Text: r.T("privacy.staff.title"), Href: staffPath}
}

func pathID(r *web.Request, name string) (kernel.ID, error) { return kernel.ParseID(r.PathValue(name)) }

// download sends bytes as a file nobody but the reader may keep.
func download(w http.ResponseWriter, kind, name string, content []byte) error {
	h := w.Header()
	h.Set("Content-Type", kind)
	h.Set("Content-Disposition", `attachment; filename="`+name+`"`)
	h.Set("Cache-Control", "no-store")
	_, err := w.Write(content)
	return err
}
