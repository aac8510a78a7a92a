// SPDX-License-Identifier: EUPL-1.2

// Package approvalweb is the page of what waits for a second person: who asks for what and why, and the buttons to agree, refuse and withdraw.
package approvalweb

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/approval"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/web"
)

// carryTime is how long carrying out what was agreed to may take.
const carryTime = 2 * time.Minute

// Names gives the name of a colleague; ok is false where the account is gone.
type Names func(ctx context.Context, tenant, person kernel.ID) (name string, ok bool)

type pages struct {
	s    *approval.Service
	name Names
}

// Register adds the pages.
func Register(m *web.Mux, s *approval.Service, name Names) {
	p := pages{s, name}
	one := approval.Path + "/{id}"
	m.Handle("GET "+approval.Path, access.SecondPerson, p.list)
	m.Handle("GET "+one, access.SecondPerson, p.request)
	m.Handle("POST "+one+"/zustimmen", access.SecondPerson, p.approve, web.Timeout(carryTime))
	m.Handle("POST "+one+"/ablehnen", access.SecondPerson, p.reject)
	m.Handle("POST "+one+"/zurueckziehen", access.SecondPerson, p.withdraw)
}

func page(r *web.Request, title string, crumbs ...web.Crumb) web.Page {
	return web.Page{
		Title: title, Nav: web.NavWork, NoIndex: true, Styles: []string{"figures.css", "planner.css"},
		Breadcrumb: append([]web.Crumb{{Text: r.T("planner.desk.crumb"), Href: "/arbeit"}}, crumbs...),
	}
}

func (p pages) list(w http.ResponseWriter, r *web.Request) error {
	all, err := p.s.List(r.Context(), r.Actor)
	if err != nil {
		return err
	}
	var waiting, past []approval.Request
	for _, x := range all {
		if x.State == approval.Waiting {
			waiting = append(waiting, x)
		} else {
			past = append(past, x)
		}
	}
	pg := page(r, r.T("approval.title"))
	pg.Lead = r.T("approval.lead", "days", approval.WaitDays)
	return r.Render(w, pg, listPage(r, p, waiting, past))
}

// who names a person of a request.
func (p pages) who(r *web.Request, person kernel.ID) string {
	if person == "" {
		return r.T("audit.operator")
	}
	if name, ok := p.name(r.Context(), r.Tenant.ID, person); ok {
		return name
	}
	return r.T("approval.gone")
}

// find reads the request of the address.
func (p pages) find(r *web.Request) (approval.Request, error) {
	id, err := kernel.ParseID(r.PathValue("id"))
	if err != nil {
		return approval.Request{}, kernel.E(kernel.NotFound, "approval.notfound")
	}
	return p.s.Get(r.Context(), r.Actor, id)
}

func (p pages) request(w http.ResponseWriter, r *web.Request) error {
	x, err := p.find(r)
	if err != nil {
		return err
	}
	return p.show(w, r, x, web.BlankForm(r), http.StatusOK)
}

func (p pages) show(w http.ResponseWriter, r *web.Request, x approval.Request, f *web.Form, status int) error {
	title, _ := r.P.Text(x.Title)
	return r.RenderStatus(w, status, page(r, title, web.Crumb{Text: r.T("approval.title"), Href: approval.Path}), requestPage(r, p, x, f))
}

// decided shows what an attempt came to.
func (p pages) decided(w http.ResponseWriter, r *web.Request, x approval.Request, err error, done string) error {
	if err == nil {
		return r.Done(w, approval.Path, done)
	}
	f := web.NewForm(r)
	var k *kernel.Error
	if errors.As(err, &k) && k.Key == "approval.stale" { // the reason is what the second person has to know
		var cause *kernel.Error
		if errors.As(k.Err, &cause) {
			k = &kernel.Error{Kind: k.Kind, Key: k.Key, Findings: append([]kernel.Finding{}, cause.Findings...), Fields: map[string]string{}}
			f.Set("cause", r.P.Error(cause))
			err = k
		}
	}
	if !f.Fail(err) {
		return err
	}
	now, gerr := p.s.Get(r.Context(), r.Actor, x.ID)
	if gerr != nil {
		return gerr
	}
	status := http.StatusUnprocessableEntity
	if kernel.KindOf(err) == kernel.Conflict {
		status = http.StatusConflict
	}
	return p.show(w, r, now, f, status)
}

func (p pages) approve(w http.ResponseWriter, r *web.Request) error {
	x, err := p.find(r)
	if err != nil {
		return err
	}
	return p.decided(w, r, x, p.s.Approve(r.Context(), r.Actor, x.ID), "notice.approval.approved")
}

func (p pages) reject(w http.ResponseWriter, r *web.Request) error {
	x, err := p.find(r)
	if err != nil {
		return err
	}
	return p.decided(w, r, x, p.s.Reject(r.Context(), r.Actor, x.ID, r.PostForm.Get("reason")), "notice.approval.rejected")
}

func (p pages) withdraw(w http.ResponseWriter, r *web.Request) error {
	x, err := p.find(r)
	if err != nil {
		return err
	}
	return p.decided(w, r, x, p.s.Withdraw(r.Context(), r.Actor, x.ID), "notice.approval.withdrawn")
}
