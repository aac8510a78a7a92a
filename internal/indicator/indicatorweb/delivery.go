// SPDX-License-Identifier: EUPL-1.2

package indicatorweb

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/area"
	"github.com/kupferfaden/kupferfaden/internal/inbox"
	"github.com/kupferfaden/kupferfaden/internal/inbox/inboxweb"
	"github.com/kupferfaden/kupferfaden/internal/indicator"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/web"
	"github.com/kupferfaden/kupferfaden/table"
)

// effect is a slice that changes when a delivery is retracted.
type effect struct {
	Indicator string
	Edition   area.Edition
	Period    kernel.Period
	Released  []access.Audience
}

func (p pages) one(r *web.Request) (indicator.Delivery, error) {
	id, err := kernel.ParseID(r.PathValue("id"))
	if err != nil {
		return indicator.Delivery{}, err
	}
	return p.s.Delivery(r.Context(), r.Actor, id)
}

func (p pages) effects(r *web.Request, d indicator.Delivery) ([]effect, error) {
	list, err := p.s.Effects(r.Context(), r.Actor, d.ID)
	if err != nil {
		return nil, err
	}
	released, err := p.Released(r.Context(), r.Actor)
	if err != nil {
		return nil, err
	}
	_, catalogue, err := p.names(r)
	if err != nil {
		return nil, err
	}
	names := map[kernel.ID]string{}
	for _, i := range catalogue {
		names[i.ID], _ = r.P.Text(i.Current().Name)
	}
	out := make([]effect, len(list))
	for n, sl := range list {
		e, err := p.Areas.EditionByID(r.Context(), r.Actor, sl.EditionID)
		if err != nil {
			return nil, err
		}
		out[n] = effect{names[sl.IndicatorID], e, sl.Period, released[sl.ID]}
	}
	return out, nil
}

func (p pages) delivery(w http.ResponseWriter, r *web.Request) error {
	d, err := p.one(r)
	if err != nil {
		return err
	}
	effects, err := p.effects(r, d)
	if err != nil {
		return err
	}
	names, _, err := p.names(r)
	if err != nil {
		return err
	}
	pg := p.page(r, r.T("planner.delivery.title", "file", d.FileName), listCrumb(r))
	pg.Subject = kernel.Ref{Kind: "delivery", ID: d.ID}
	return r.Render(w, pg, deliveryPage(r, d, effects, names))
}

// original sends the file as it came, as an attachment that no browser opens by itself.
func (p pages) original(w http.ResponseWriter, r *web.Request) error {
	id, err := kernel.ParseID(r.PathValue("id"))
	if err != nil {
		return err
	}
	d, f, err := p.s.Original(r.Context(), r.Actor, id)
	if err != nil {
		return err
	}
	defer f.Close()
	h := w.Header()
	h.Set("Content-Type", "application/octet-stream")
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": d.FileName}))
	_, err = io.Copy(w, f)
	return err
}

func (p pages) usedMapping(w http.ResponseWriter, r *web.Request) error {
	d, err := p.one(r)
	if err != nil {
		return err
	}
	return sendText(w, d.Source+".yaml", d.Mapping)
}

func (p pages) retractPage(r *web.Request, d indicator.Delivery) web.Page {
	pg := p.page(r, r.T("planner.retract.title", "file", d.FileName), listCrumb(r), web.Crumb{Text: d.FileName, Href: deliveryPath(d.ID)})
	return pg
}

func (p pages) askRetract(w http.ResponseWriter, r *web.Request) error {
	d, err := p.one(r)
	if err != nil {
		return err
	}
	if !d.Counts() {
		return r.Redirect(w, deliveryPath(d.ID))
	}
	effects, err := p.effects(r, d)
	if err != nil {
		return err
	}
	return r.Render(w, p.retractPage(r, d), retractPage(r, d, effects, web.NewForm(r)))
}

func (p pages) retract(w http.ResponseWriter, r *web.Request) error {
	d, err := p.one(r)
	if err != nil {
		return err
	}
	if !d.Counts() { // sent twice
		return r.Redirect(w, deliveryPath(d.ID))
	}
	f := web.NewForm(r)
	_, err = p.s.Retract(r.Context(), r.Actor, d.ID, strings.TrimSpace(f.Value("reason")))
	if err != nil {
		if !f.Fail(err) {
			return err
		}
		effects, err := p.effects(r, d)
		if err != nil {
			return err
		}
		return r.Invalid(w, p.retractPage(r, d), retractPage(r, d, effects, f))
	}
	return r.Done(w, deliveryPath(d.ID), "notice.delivery.retracted")
}

// again puts the kept file into the inbox with the mapping it was read by, to read it with a changed one.
func (p pages) again(w http.ResponseWriter, r *web.Request) error {
	id, err := kernel.ParseID(r.PathValue("id"))
	if err != nil {
		return err
	}
	d, f, err := p.s.Original(r.Context(), r.Actor, id)
	if err != nil {
		return err
	}
	defer f.Close()
	file, err := p.Files.Add(r.Context(), r.Actor, inbox.Figures, d.FileName, f)
	if err != nil {
		return err
	}
	st, err := f.Stat()
	if err != nil {
		return err
	}
	v := url.Values{}
	m, err := table.ParseMapping([]byte(d.Mapping))
	if err == nil {
		var peek indicator.Peek
		peek, err = p.s.Peek(r.Context(), r.Actor, indicator.PeekRequest{FileName: d.FileName, Data: f, Size: st.Size(), As: m, PersonData: true})
		if err == nil {
			fill(v, m, peek.Columns)
		}
	}
	var refusal *table.Refusal
	if err != nil && kernel.KindOf(err) != kernel.Invalid && !errors.As(err, &refusal) {
		return err
	}
	v.Set("source", d.Source)
	v.Set("replaces", string(d.ID))
	if err := p.Files.SaveDraft(r.Context(), r.Actor, inbox.Figures, file.ID, v.Encode()); err != nil {
		return err
	}
	return r.Redirect(w, inboxweb.Path(file))
}
