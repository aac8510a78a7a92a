// SPDX-License-Identifier: EUPL-1.2

package contributionweb

import (
	"net/http"

	"github.com/a-h/templ"

	"github.com/kupferfaden/kupferfaden/internal/contribution"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/web"
)

// slip is the page of a receipt: a contribution as its author sees it.
type slip struct {
	r        *web.Request
	h        handlers
	c        contribution.Contribution
	code     string // empty: found by the account
	versions []contribution.Version
	parts    []contribution.Contribution
	into     *contribution.Contribution
	more     []templ.Component
	edit     *web.Form
	changing bool      // the form of the correction is open
	ending   bool      // asks whether it is to be withdrawn
	mail     *web.Form // to order mail; nil: not offered
	asked    bool      // mail was ordered just now
	paper    paper
	ground   ground // where the form of the correction is open
}

func receiptPage(r *web.Request) web.Page {
	return web.Page{Title: r.T("contribution.receipt.title"), Nav: web.NavVoices, NoIndex: true, Narrow: true, Styles: []string{"planner.css", "contribution.css"}}
}

// receipt asks for the code. A code in the address, as a QR code has it, is put into the field and not looked up: guessing goes through the form.
func (h handlers) receipt(w http.ResponseWriter, r *web.Request) error {
	f := web.BlankForm(r)
	if code, ok := contribution.ParseCode(r.URL.Query().Get("code")); ok {
		f.Set("code", code)
	}
	page := receiptPage(r)
	page.Lead = r.T("contribution.receipt.lead")
	if number := r.URL.Query().Get("nummer"); number != "" && r.SignedIn() {
		c, err := h.s.Mine(r.Context(), r.Actor, number, "")
		if err != nil {
			return err
		}
		return h.slip(w, &slip{r: r, h: h, c: c})
	}
	return r.Render(w, page, askCode(r, f))
}

// find reads the code or the number of a form.
func (h handlers) find(r *web.Request, f *web.Form) (*slip, error) {
	var c contribution.Contribution
	err := h.o.Codes.guess(r, f.Value("code"), func() (err error) {
		c, err = h.s.Mine(r.Context(), r.Actor, f.Value("nummer"), f.Value("code"))
		return err
	})
	if err != nil {
		return nil, err
	}
	code, _ := contribution.ParseCode(f.Value("code"))
	return &slip{r: r, h: h, c: c, code: code}, nil
}

// again asks for the code once more.
func (h handlers) again(w http.ResponseWriter, r *web.Request, f *web.Form, err error) error {
	if f.Value("code") == "" && f.Value("nummer") == "" {
		err = &kernel.Error{Kind: kernel.Invalid, Key: "contribution.invalid", Fields: map[string]string{"code": "contribution.code.form"}}
	}
	if !f.Fail(err) {
		return err
	}
	page := receiptPage(r)
	page.Lead = r.T("contribution.receipt.lead")
	return r.Invalid(w, page, askCode(r, f))
}

func (h handlers) lookUp(w http.ResponseWriter, r *web.Request) error {
	f := web.NewForm(r)
	x, err := h.find(r, f)
	if err != nil {
		return h.again(w, r, f, err)
	}
	x.changing, x.ending = f.Value("tun") == "aendern", f.Value("tun") == "zurueckziehen"
	return h.slip(w, x)
}

func (h handlers) slip(w http.ResponseWriter, x *slip) error {
	r := x.r
	ctx := r.Context()
	var err error
	if x.versions, err = h.s.Store.Versions(ctx, r.Tenant.ID, x.c.ID); err != nil {
		return err
	}
	if _, x.parts, _, err = h.s.Family(ctx, r.Actor, x.c); err != nil {
		return err
	}
	if x.c.MergedIn != "" {
		into, err := h.s.Store.Contribution(ctx, r.Tenant.ID, x.c.MergedIn)
		if err != nil {
			return err
		}
		x.into = &into
	}
	for _, f := range h.o.Receipt {
		part, err := f(r, x.c, x.code)
		if err != nil {
			return err
		}
		if part != nil {
			x.more = append(x.more, part)
		}
	}
	if x.code != "" {
		x.paper = h.slipOf(r, x.code, contribution.Mailing{})
		x.paper.again = true
	}
	if x.mail == nil && x.code != "" && x.c.Author == "" && h.o.Consent != nil && x.c.State != contribution.Withdrawn {
		x.mail = web.BlankForm(r)
	}
	if x.mail != nil {
		c, err := h.consentOf(r)
		if err != nil {
			return err
		}
		x.paper.consent = c
	}
	if x.edit == nil {
		x.edit = web.BlankForm(r)
		x.edit.Set("title", x.c.Title)
		x.edit.Set("text", x.c.Text)
		x.edit.Set("lang", x.c.Lang)
		x.edit.Set("seen", itoa(x.c.Edit))
		putPlace(x.edit, x.c)
	}
	if x.changing {
		if x.ground, err = h.ground(r); err != nil {
			return err
		}
		x.ground.placed = x.c.Placed
	}
	page := receiptPage(r)
	if x.changing {
		page = mapped(page)
	}
	page.Heading = r.T("contribution.receipt.of", "number", x.c.Number)
	if x.edit.Failed() || x.mail != nil && x.mail.Failed() {
		return r.Invalid(w, page, slipView(x))
	}
	return r.Render(w, page, slipView(x))
}

// correct is the author's new version.
func (h handlers) correct(w http.ResponseWriter, r *web.Request) error {
	f := web.NewForm(r)
	x, err := h.find(r, f)
	if err != nil {
		return h.again(w, r, f, err)
	}
	e := contribution.Edit{Title: f.Value("title"), Text: f.Value("text"), Lang: f.Value("lang"), Reason: f.Value("reason"), Seen: number(f.Value("seen")), Place: f.Value("ort") != ""}
	e.Geometry, e.Areas = placeOf(f)
	c, err := h.s.Correct(r.Context(), r.Actor, x.c.Number, x.code, e)
	if err != nil {
		if !f.Fail(err) {
			return err
		}
		x.edit, x.changing = f, true
		return h.slip(w, x)
	}
	x.c = c
	return h.slip(w, x)
}

// withdraw takes the contribution back.
func (h handlers) withdraw(w http.ResponseWriter, r *web.Request) error {
	f := web.NewForm(r)
	x, err := h.find(r, f)
	if err != nil {
		return h.again(w, r, f, err)
	}
	if x.c, err = h.s.Withdraw(r.Context(), r.Actor, x.c.Number, x.code); err != nil {
		return err
	}
	return h.slip(w, x)
}
