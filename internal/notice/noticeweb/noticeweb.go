// SPDX-License-Identifier: EUPL-1.2

// Package noticeweb shows the staff what was sent and which addresses refuse mail, and lets anybody order, confirm, change and end messages
// without an account. Opening a link changes nothing: programs that look into mail open links, too.
package noticeweb

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/notice"
	"github.com/kupferfaden/kupferfaden/internal/web"
)

const (
	mailPath    = "/arbeit/mail"
	refusedPath = "/arbeit/mail/gesperrt"
	aboPath     = "/abo"
	perPage     = 50
)

// Options are what the pages need of others.
type Options struct {
	// Consent gives the text people agree to who order messages, and its version.
	Consent func(r *web.Request) (version, text string, err error)
}

type handlers struct {
	s *notice.Service
	o Options
}

// Register adds the pages.
func Register(m *web.Mux, s *notice.Service, o Options) {
	h := handlers{s, o}
	m.Handle("GET /arbeit/mail", access.ReadMail, h.list)
	m.Handle("GET /arbeit/mail/{id}", access.ReadMail, h.mail)
	m.Handle("POST /arbeit/mail/{id}/erneut", access.ManageJobs, h.resend)
	m.Handle("GET /arbeit/mail/gesperrt", access.ReadMail, h.refusals)
	m.Handle("POST /arbeit/mail/gesperrt", access.ManageJobs, h.clear)
	m.Handle("GET /abo", access.AnonymousWrite, h.order)
	m.Handle("POST /abo", access.AnonymousWrite, h.ordered)
	m.Handle("GET /abo/bestaetigen/{token}", access.AnonymousWrite, h.ask)
	m.Handle("POST /abo/bestaetigen/{token}", access.AnonymousWrite, h.confirm)
	m.Handle("GET /abo/{token}", access.AnonymousWrite, h.manage)
	m.Handle("POST /abo/{token}", access.AnonymousWrite, h.keep)
	m.Handle("GET /abo/{token}/ende/{topic}", access.AnonymousWrite, h.askEnd)
	m.Handle("POST /abo/{token}/ende/{topic}", access.AnonymousWrite, h.end)
}

// Path is the page of a mail.
func Path(id kernel.ID) string { return mailPath + "/" + url.PathEscape(string(id)) }

// mailList is what the page of sent mail shows.
type mailList struct {
	status notice.Status
	kinds  []notice.Kind
	mails  []notice.Mail
	more   bool
	any    bool // there are mails, perhaps not in this selection
}

func (h handlers) list(w http.ResponseWriter, r *web.Request) error {
	f := web.NewForm(r)
	page := web.Page{Title: r.T("outbox.title"), Lead: r.T("outbox.lead"), Nav: web.NavWork, NoIndex: true, Styles: []string{"planner.css"}, Breadcrumb: work(r)}
	filter, err := selection(f)
	if f.Fail(err) {
		return r.Invalid(w, page, listPage(r, mailList{any: true}, f))
	}
	var l mailList
	if l.status, err = h.s.Status(r.Context(), r.Actor); err != nil {
		return err
	}
	if l.kinds, err = h.s.Kinds(r.Context(), r.Actor); err != nil {
		return err
	}
	if l.mails, err = h.s.List(r.Context(), r.Actor, filter); err != nil {
		return err
	}
	if l.more = len(l.mails) > perPage; l.more {
		l.mails = l.mails[:perPage]
	}
	l.any = len(l.kinds) > 0
	return r.Render(w, page, listPage(r, l, f))
}

func work(r *web.Request) []web.Crumb {
	return []web.Crumb{{Text: r.T("web.nav.work"), Href: "/arbeit"}}
}

// selection reads the filter; what is none of the offered values is refused (reliability.md A12).
func selection(f *web.Form) (notice.Filter, error) {
	out := notice.Filter{State: notice.State(f.Value("stand")), Kind: notice.Kind(f.Value("art")), Limit: perPage + 1}
	bad := map[string]string{}
	if out.State != "" && !known(out.State) {
		bad["stand"] = "outbox.filter"
	}
	if len(out.Kind) > 100 {
		bad["art"] = "outbox.filter"
	}
	if day := f.Value("tag"); day != "" {
		t, err := time.ParseInLocation(time.DateOnly, day, kernel.Zone())
		if err != nil || t.Year() < 2000 || t.Year() > 2999 {
			bad["tag"] = "outbox.filter.day"
		}
		out.From, out.To = kernel.InstantOf(t), kernel.InstantOf(t.AddDate(0, 0, 1))
	}
	if before := f.Value("vor"); before != "" {
		id, err := kernel.ParseID(before)
		if err != nil {
			return out, kernel.E(kernel.Invalid, "outbox.filter")
		}
		out.Before = id
	}
	if len(bad) > 0 {
		return out, &kernel.Error{Kind: kernel.Invalid, Key: "outbox.filter", Fields: bad}
	}
	return out, nil
}

func known(s notice.State) bool {
	for _, k := range notice.States() {
		if s == k {
			return true
		}
	}
	return false
}

func (h handlers) mail(w http.ResponseWriter, r *web.Request) error {
	id, err := kernel.ParseID(r.PathValue("id"))
	if err != nil {
		return err
	}
	m, err := h.s.Get(r.Context(), r.Actor, id)
	if err != nil {
		return err
	}
	return r.Render(w, h.mailTitle(r, m), mailPage(r, m))
}

func (h handlers) mailTitle(r *web.Request, m notice.Mail) web.Page {
	return web.Page{
		Title: m.Letter.Subject, Nav: web.NavWork, NoIndex: true, Styles: []string{"planner.css"},
		Breadcrumb: append(work(r), web.Crumb{Text: r.T("outbox.title"), Href: mailPath}),
	}
}

func (h handlers) resend(w http.ResponseWriter, r *web.Request) error {
	id, err := kernel.ParseID(r.PathValue("id"))
	if err != nil {
		return err
	}
	f := web.BlankForm(r)
	err = h.s.Resend(r.Context(), r.Actor, id)
	if f.Fail(err) {
		m, err := h.s.Get(r.Context(), r.Actor, id)
		if err != nil {
			return err
		}
		return r.Invalid(w, h.mailTitle(r, m), mailPageWith(r, m, f))
	}
	if err != nil {
		return err
	}
	return r.Done(w, Path(id), "notice.mail.resent")
}

func (h handlers) refusals(w http.ResponseWriter, r *web.Request) error {
	list, err := h.s.Refusals(r.Context(), r.Actor)
	if err != nil {
		return err
	}
	return r.Render(w, web.Page{
		Title: r.T("outbox.refused.title"), Lead: r.T("outbox.refused.lead"), Nav: web.NavWork, NoIndex: true, Styles: []string{"planner.css"},
		Breadcrumb: append(work(r), web.Crumb{Text: r.T("outbox.title"), Href: mailPath}),
	}, refusedPage(r, list))
}

func (h handlers) clear(w http.ResponseWriter, r *web.Request) error {
	if err := h.s.Clear(r.Context(), r.Actor, web.NewForm(r).Value("adresse")); err != nil {
		return err
	}
	return r.Done(w, refusedPath, "notice.mail.cleared")
}

// private keeps pages that belong to a token out of every cache.
func private(w http.ResponseWriter) { w.Header().Set("Cache-Control", "no-store") }

func aboTitle(r *web.Request, key string) web.Page {
	return web.Page{Title: r.T(key), NoIndex: true, Narrow: true, Leicht: true}
}

func (h handlers) order(w http.ResponseWriter, r *web.Request) error {
	private(w) // the form's token is good once
	return h.renderOrder(w, r, web.BlankForm(r))
}

// refField is the name of the field that narrows a topic to one of its objects.
func refField(topic string) string { return "nur-" + topic }

// offer is a topic as the form shows it.
type offer struct {
	notice.Topic
	preset  []notice.Wish // objects the link to the form named
	names   []string      // of them
	choices []notice.Choice
}

// offers lists what can be ordered: the topics, and the objects the address of the form names (?bereich=quartier/0101), which are chosen already.
func (h handlers) offers(r *web.Request, f *web.Form) ([]offer, error) {
	out := make([]offer, len(h.s.Topics))
	for i, t := range h.s.Topics {
		out[i].Topic = t
		var refs []string
		if ref := r.URL.Query().Get(t.Param); t.Param != "" && ref != "" {
			refs = append(refs, ref)
		}
		for _, v := range f.Values("topics") { // typed already: the query is not sent again
			if topic, ref, ok := strings.Cut(v, " "); ok && topic == t.Key && ref != "" && !t.Hidden {
				refs = append(refs, ref)
			}
		}
		for _, ref := range refs {
			w := notice.Wish{Topic: t.Key, Ref: ref}
			name, ok, err := h.s.WishName(r.Context(), r.Tenant.ID, language(r), w)
			if err != nil {
				return nil, err
			}
			if !ok || slices.Contains(out[i].preset, w) {
				continue
			}
			out[i].preset, out[i].names = append(out[i].preset, w), append(out[i].names, name)
			if !f.Is("topics", wishValue(w)) {
				f.Add("topics", wishValue(w))
			}
		}
		if t.Choices != nil && len(out[i].preset) == 0 {
			var err error
			if out[i].choices, err = t.Choices(r.Context(), r.Tenant.ID); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}

func (h handlers) renderOrder(w http.ResponseWriter, r *web.Request, f *web.Form) error {
	version, text, err := h.o.Consent(r)
	if err != nil {
		return err
	}
	if !f.Has("fassung") || f.Value("fassung") != version { // the text changed while the form was open: ask again
		f.Set("fassung", version)
		f.Set("einwilligung")
	}
	page := aboTitle(r, "abo.title")
	page.NoIndex, page.Lead = false, r.T("abo.lead")
	offers, err := h.offers(r, f)
	if err != nil {
		return err
	}
	if f.Value("haeufigkeit") == "" {
		f.Set("haeufigkeit", string(notice.Weekly))
	}
	content := orderPage(r, offers, text, f)
	if f.Failed() {
		return r.Invalid(w, page, content)
	}
	return r.Render(w, page, content)
}

func (h handlers) ordered(w http.ResponseWriter, r *web.Request) error {
	private(w)
	f := web.NewForm(r)
	version, _, err := h.o.Consent(r)
	if err != nil {
		return err
	}
	o := notice.Order{Tenant: r.Tenant.ID, Email: f.Value("email"), Lang: language(r), Frequency: notice.Frequency(f.Value("haeufigkeit"))}
	for _, v := range f.Values("topics") {
		topic, ref, _ := strings.Cut(v, " ")
		if slices.ContainsFunc(h.s.Topics, func(t notice.Topic) bool { return t.Key == topic && t.Hidden }) {
			continue
		}
		if only := f.Value(refField(topic)); ref == "" && only != "" {
			ref = only
		}
		o.Wishes = append(o.Wishes, notice.Wish{Topic: topic, Ref: ref})
	}
	if f.Is("consent", "1") && f.Value("fassung") == version {
		o.Consent = version
	}
	if err := r.Guarded(f); f.Fail(err) {
		return h.renderOrder(w, r, f)
	} else if err != nil {
		return err
	}
	err = h.s.Subscribe(r.Context(), o)
	if f.Fail(err) {
		return h.renderOrder(w, r, f)
	}
	if err != nil {
		return err
	}
	return r.Render(w, aboTitle(r, "abo.asked.title"), saidPage(r, "abo.asked.text"))
}

// language is the one the mails are to be in, with the register.
func language(r *web.Request) string {
	if r.Register == kernel.Leicht {
		return r.Lang + "+" + string(kernel.Leicht)
	}
	return r.Lang
}

func (h handlers) ask(w http.ResponseWriter, r *web.Request) error {
	private(w)
	a, list, err := h.s.Asked(r.Context(), r.Tenant.ID, r.PathValue("token"))
	if err != nil {
		return err
	}
	names, err := h.names(r, list)
	if err != nil {
		return err
	}
	return r.Render(w, aboTitle(r, "abo.confirm.title"), confirmPage(r, a, names))
}

func (h handlers) confirm(w http.ResponseWriter, r *web.Request) error {
	private(w)
	manage, err := h.s.Confirm(r.Context(), r.Tenant.ID, r.PathValue("token"))
	if err != nil {
		return err
	}
	return r.Done(w, manage, "notice.abo.confirmed")
}

func (h handlers) manage(w http.ResponseWriter, r *web.Request) error {
	private(w)
	a, list, err := h.s.Subscriber(r.Context(), r.Tenant.ID, r.PathValue("token"))
	if err != nil {
		return err
	}
	f := web.BlankForm(r)
	for _, x := range list {
		f.Add("keep", wishValue(x.Wish))
	}
	names, err := h.names(r, list)
	if err != nil {
		return err
	}
	return r.Render(w, aboTitle(r, "abo.manage.title"), managePage(r, a, list, names, f))
}

// names words what was subscribed, with how often it comes.
func (h handlers) names(r *web.Request, list []notice.Subscription) ([]string, error) {
	out := make([]string, len(list))
	for i, x := range list {
		name, _, err := h.s.WishName(r.Context(), r.Tenant.ID, language(r), x.Wish)
		if err != nil {
			return nil, err
		}
		out[i] = name + " (" + r.T("abo.frequency."+string(x.Frequency)) + ")"
	}
	return out, nil
}

// wishValue names a wish in a form.
func wishValue(w notice.Wish) string { return w.Topic + " " + w.Ref }

func (h handlers) keep(w http.ResponseWriter, r *web.Request) error {
	private(w)
	f := web.NewForm(r)
	var keep []notice.Wish
	for _, v := range f.Values("keep") {
		topic, ref, _ := strings.Cut(v, " ")
		keep = append(keep, notice.Wish{Topic: topic, Ref: ref})
	}
	if f.Value("alle") != "" {
		keep = nil
	}
	if err := h.s.Keep(r.Context(), r.Tenant.ID, r.PathValue("token"), keep); err != nil {
		return err
	}
	if len(keep) == 0 {
		return r.Render(w, aboTitle(r, "abo.ended.title"), saidPage(r, "abo.ended.text"))
	}
	return r.Done(w, aboPath+"/"+url.PathEscape(r.PathValue("token")), "notice.abo.kept")
}

func (h handlers) askEnd(w http.ResponseWriter, r *web.Request) error {
	private(w)
	if _, _, err := h.s.Subscriber(r.Context(), r.Tenant.ID, r.PathValue("token")); kernel.KindOf(err) == kernel.NotFound && err != nil {
		return h.ended(w, r)
	} else if err != nil {
		return err
	}
	return r.Render(w, aboTitle(r, "abo.end.title"), endPage(r, r.PathValue("token"), r.PathValue("topic")))
}

// end is also what mail programs send for their own button (RFC 8058); they are answered without a redirect, and an address that was forgotten
// already is as ended as one that is ended now.
func (h handlers) end(w http.ResponseWriter, r *web.Request) error {
	private(w)
	err := h.s.End(r.Context(), r.Tenant.ID, r.PathValue("token"), r.PathValue("topic"))
	if err != nil && kernel.KindOf(err) != kernel.NotFound {
		return err
	}
	return h.ended(w, r)
}

func (h handlers) ended(w http.ResponseWriter, r *web.Request) error {
	return r.Render(w, aboTitle(r, "abo.ended.title"), saidPage(r, "abo.ended.text"))
}
