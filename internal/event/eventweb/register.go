// SPDX-License-Identifier: EUPL-1.2

package eventweb

import (
	"math"
	"net/http"
	"strconv"
	"strings"

	"github.com/kupferfaden/kupferfaden/internal/event"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/web"
)

// private keeps pages that belong to one person out of every cache.
func private(w http.ResponseWriter) { w.Header().Set("Cache-Control", "no-store") }

// language is the one mails are to be in, with the register.
func language(r *web.Request) string {
	if r.Register == kernel.Leicht {
		return r.Lang + "+" + string(kernel.Leicht)
	}
	return r.Lang
}

// offeredNeeds are the needs the form offers: those somebody can do something about beforehand.
func offeredNeeds() []event.Feature {
	return []event.Feature{
		event.StepFree, event.SignLanguage, event.InductionLoop, event.Captions, event.PlainLanguage, event.QuietRoom, event.AssistanceDogs, event.ParkingFeature,
	}
}

func (h handlers) formPage(r *web.Request, e event.Event) web.Page {
	title, _ := r.P.Text(e.Title)
	return web.Page{
		Title: r.T("event.register.title", "title", title), Nav: web.NavEvents, Narrow: true, NoIndex: true, Leicht: true, Styles: []string{"event.css"},
		Lead: span(r, e), Breadcrumb: []web.Crumb{{Text: r.T("event.title"), Href: Path}, {Text: title, Href: EventPath(e.Key)}},
	}
}

func (h handlers) form(w http.ResponseWriter, r *web.Request) error {
	private(w) // the form's token is good once
	e, err := h.s.Event(r.Context(), r.Actor, r.PathValue("event"))
	if err != nil {
		return err
	}
	return h.renderForm(w, r, e, web.BlankForm(r))
}

func (h handlers) renderForm(w http.ResponseWriter, r *web.Request, e event.Event, f *web.Form) error {
	version, text, err := h.o.Consent(r)
	if err != nil {
		return err
	}
	if !f.Has("fassung") || f.Value("fassung") != version { // the text changed while the form was open: ask again
		f.Set("fassung", version)
		f.Set("consent")
	}
	content := registerPage(r, e, e.State(h.now()), text, f)
	if f.Failed() {
		return r.Invalid(w, h.formPage(r, e), content)
	}
	return r.Render(w, h.formPage(r, e), content)
}

// application reads what was typed.
func application(r *web.Request, f *web.Form) event.Application {
	a := event.Application{
		Part: kernel.ID(f.Value("part")), Others: strings.Split(strings.ReplaceAll(f.Value("others"), "\r\n", "\n"), "\n"), Name: f.Value("name"), Email: strings.TrimSpace(f.Value("email")), Lang: language(r), Photos: f.Is("photos", "1"),
		Needs: event.Needs{Language: f.Value("language"), Text: f.Value("needs")},
	}
	for _, x := range f.Values("features") {
		a.Needs.Features = append(a.Needs.Features, event.Feature(x))
	}
	if s := strings.TrimSpace(f.Value("children")); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil {
			n = -1
		}
		a.Needs.Children = n
	}
	if a.Heads = heads(f.Value("heads")); a.Heads < 1 {
		a.Heads = math.MaxInt32 // too many: the rules say how many may come
	}
	return a
}

// heads reads how many people come; an empty field is one, and what is no number none.
func heads(s string) int {
	if s = strings.TrimSpace(s); s == "" {
		return 1
	}
	n, err := strconv.Atoi(s)
	if err != nil {
		return 0
	}
	return n
}

func (h handlers) register(w http.ResponseWriter, r *web.Request) error {
	private(w)
	e, err := h.s.Event(r.Context(), r.Actor, r.PathValue("event"))
	if err != nil {
		return err
	}
	f := web.NewForm(r)
	version, _, err := h.o.Consent(r)
	if err != nil {
		return err
	}
	a := application(r, f)
	if f.Is("consent", "1") && f.Value("fassung") == version {
		a.Consent = version
	}
	if err := r.Guarded(f); f.Fail(err) {
		return h.renderForm(w, r, e, f)
	} else if err != nil {
		return err
	}
	reg, err := h.s.Register(r.Context(), r.Actor, e.Key, a)
	if f.Fail(err) {
		return h.renderForm(w, r, e, f)
	}
	if err != nil {
		return err
	}
	p := h.formPage(r, e)
	p.Title = r.T("event.registered.title")
	if reg.State == event.Waits {
		p.Title = r.T("event.waiting.title")
	}
	return r.Render(w, p, registeredPage(r, e, reg))
}

func (h handlers) seat(w http.ResponseWriter, r *web.Request) error {
	private(w)
	reg, e, err := h.s.Seat(r.Context(), r.Tenant.ID, r.PathValue("token"))
	if err != nil {
		return err
	}
	return h.renderSeat(w, r, e, reg, web.BlankForm(r))
}

func (h handlers) renderSeat(w http.ResponseWriter, r *web.Request, e event.Event, reg event.Registration, f *web.Form) error {
	if !f.Has("part") {
		f.Set("part", string(reg.Part))
	}
	if !f.Has("heads") {
		f.Set("heads", strconv.Itoa(reg.Heads))
	}
	p := h.formPage(r, e)
	p.Title, _ = r.P.Text(e.Title)
	p.Breadcrumb = nil
	content := seatPage(r, e, reg, r.PathValue("token"), e.State(h.now()), f)
	if f.Failed() {
		return r.Invalid(w, p, content)
	}
	return r.Render(w, p, content)
}

// seatCalendar is the calendar file by the link of the mail, for internal events too.
func (h handlers) seatCalendar(w http.ResponseWriter, r *web.Request) error {
	private(w)
	_, e, err := h.s.Seat(r.Context(), r.Tenant.ID, r.PathValue("token"))
	if err != nil {
		return err
	}
	return h.one(w, r, e)
}

func (h handlers) askLeave(w http.ResponseWriter, r *web.Request) error {
	private(w)
	_, e, err := h.s.Seat(r.Context(), r.Tenant.ID, r.PathValue("token"))
	if err != nil {
		return err
	}
	p := h.formPage(r, e)
	p.Title, p.Breadcrumb = r.T("event.leave.title"), nil
	title, _ := r.P.Text(e.Title)
	at := seatPath + "/" + r.PathValue("token")
	return r.Render(w, p, web.Confirm(web.Confirmation{
		Text: r.T("event.leave.text", "title", title), Action: r.Link(at + "/abmelden"), Button: r.T("event.leave.button"), Back: r.Link(at), Danger: true,
	}))
}

func (h handlers) leave(w http.ResponseWriter, r *web.Request) error {
	private(w)
	e, err := h.s.Leave(r.Context(), r.Tenant.ID, r.PathValue("token"))
	if err != nil {
		return err
	}
	p := h.formPage(r, e)
	p.Title, p.Breadcrumb = r.T("event.left.title"), nil
	return r.Render(w, p, leftPage(r, e))
}

func (h handlers) accept(w http.ResponseWriter, r *web.Request) error {
	private(w)
	if _, err := h.s.Accept(r.Context(), r.Tenant.ID, r.PathValue("token")); err != nil {
		return err
	}
	return r.Done(w, seatPath+"/"+r.PathValue("token"), "notice.event.accepted")
}

// fewer has fewer people of a registration come.
func (h handlers) fewer(w http.ResponseWriter, r *web.Request) error {
	private(w)
	f := web.NewForm(r)
	_, err := h.s.Fewer(r.Context(), r.Tenant.ID, r.PathValue("token"), heads(f.Value("heads")))
	if f.Fail(err) {
		reg, e, err := h.s.Seat(r.Context(), r.Tenant.ID, r.PathValue("token"))
		if err != nil {
			return err
		}
		return h.renderSeat(w, r, e, reg, f)
	}
	if err != nil {
		return err
	}
	return r.Done(w, seatPath+"/"+r.PathValue("token"), "notice.event.fewer")
}

func (h handlers) choose(w http.ResponseWriter, r *web.Request) error {
	private(w)
	f := web.NewForm(r)
	_, err := h.s.Choose(r.Context(), r.Tenant.ID, r.PathValue("token"), kernel.ID(f.Value("part")))
	if f.Fail(err) {
		reg, e, err := h.s.Seat(r.Context(), r.Tenant.ID, r.PathValue("token"))
		if err != nil {
			return err
		}
		return h.renderSeat(w, r, e, reg, f)
	}
	if err != nil {
		return err
	}
	return r.Done(w, seatPath+"/"+r.PathValue("token"), "notice.event.chosen")
}
