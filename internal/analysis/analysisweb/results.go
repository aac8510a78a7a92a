// SPDX-License-Identifier: EUPL-1.2

package analysisweb

import (
	"bytes"
	"net/http"
	"strings"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/analysis"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/release"
	"github.com/kupferfaden/kupferfaden/internal/web"
)

// shown is the page of a run.
type shown struct {
	analysis.Result
	Public, Political bool
	Same              *bool // outcome of computing it again
	f                 *web.Form
	pic               picture
	names             map[string]string // of the indicators
}

func (p pages) find(r *web.Request) (shown, error) {
	id, err := kernel.ParseID(r.PathValue("id"))
	if err != nil {
		return shown{}, err
	}
	v, err := p.gate.View(r.Context(), r.Actor, access.Internal)
	if err != nil {
		return shown{}, err
	}
	res, err := p.s.Result(r.Context(), v, id)
	names := map[string]string{}
	for _, i := range v.Indicators() {
		names[i.Key], _ = r.P.Text(i.Current().Name)
	}
	return shown{
		names: names, Result: res, Public: v.Released(release.RunKind, id, access.Public), Political: v.Released(release.RunKind, id, access.Political), f: web.NewForm(r),
	}, err
}

func (p pages) runPage(r *web.Request, s shown) web.Page {
	level, _ := r.P.Text(s.Edition.Level.Name)
	pg := p.page(r, r.T("planner.run.title", "method", title(r, s.Method), "period", s.Period), listCrumb(r),
		web.Crumb{Text: title(r, s.Method), Href: methodPath(s.Method.ID)})
	pg.Lead = level + " " + s.Edition.Key
	pg.Subject = kernel.Ref{Kind: "run", ID: s.ID}
	return pg
}

func (p pages) result(w http.ResponseWriter, r *web.Request) error {
	s, err := p.find(r)
	if err != nil {
		return err
	}
	return p.show(w, r, s, http.StatusOK)
}

func (p pages) show(w http.ResponseWriter, r *web.Request, s shown, status int) (err error) {
	if s.pic, err = p.draw(r, s.Result); err != nil {
		return err
	}
	return r.RenderStatus(w, status, p.runPage(r, s), resultPage(r, s))
}

func (p pages) csv(w http.ResponseWriter, r *web.Request) error {
	s, err := p.find(r)
	if err != nil {
		return err
	}
	name, _ := s.Method.Title.Text().In("de")
	err = p.gate.TakeAway(r.Context(), r.Actor, release.Export{
		As: access.Internal, Object: kernel.Ref{Kind: "run", ID: s.ID}, Title: kernel.T("Ausgabe eines Indexlaufs: "+name, "Export of an index run: "+name),
	})
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := s.WriteCSV(&b); err != nil {
		return err
	}
	name = s.Method.ID + "-" + s.Edition.Level.Key + "-" + s.Edition.Key + "-" + string(s.Period.To) + ".csv"
	return send(w, "text/csv; charset=utf-8", name, b.Bytes())
}

// repeat computes the run again from its pinned figures.
func (p pages) repeat(w http.ResponseWriter, r *web.Request) error {
	s, err := p.find(r)
	if err != nil {
		return err
	}
	same, err := p.s.Repeat(r.Context(), r.Actor, s.ID)
	if err != nil {
		return err
	}
	s.Same = &same
	return p.show(w, r, s, http.StatusOK)
}

func (p pages) publish(w http.ResponseWriter, r *web.Request) error {
	s, err := p.find(r)
	if err != nil {
		return err
	}
	to := access.Public
	if s.f.Value("audience") == string(access.Political) {
		to = access.Political
	}
	if err := p.s.Publish(r.Context(), r.Actor, s.ID, to, strings.TrimSpace(s.f.Value("note"))); err != nil {
		if s.f.Fail(err) {
			return p.show(w, r, s, http.StatusUnprocessableEntity)
		}
		return err
	}
	return r.Done(w, RunPath(s.ID), "notice.run.released")
}

func (p pages) askWithdraw(w http.ResponseWriter, r *web.Request) error {
	s, err := p.find(r)
	if err != nil {
		return err
	}
	if !s.Public && !s.Political {
		return r.Redirect(w, RunPath(s.ID))
	}
	return r.Render(w, p.withdrawPage(r, s), withdrawPage(r, s))
}

func (p pages) withdrawPage(r *web.Request, s shown) web.Page {
	pg := p.runPage(r, s)
	pg.Breadcrumb = append(pg.Breadcrumb, web.Crumb{Text: pg.Title, Href: RunPath(s.ID)})
	pg.Title = r.T("planner.run.withdraw")
	return pg
}

func (p pages) withdraw(w http.ResponseWriter, r *web.Request) error {
	s, err := p.find(r)
	if err != nil {
		return err
	}
	reason := strings.TrimSpace(s.f.Value("reason"))
	for to, released := range map[access.Audience]bool{access.Public: s.Public, access.Political: s.Political} {
		if !released {
			continue
		}
		err := p.gate.Withdraw(r.Context(), r.Actor, release.RunKind, s.ID, to, reason)
		if err == nil || kernel.KindOf(err) == kernel.NotFound {
			continue
		}
		if s.f.Fail(err) {
			return r.Invalid(w, p.withdrawPage(r, s), withdrawPage(r, s))
		}
		return err
	}
	return r.Done(w, RunPath(s.ID), "notice.run.withdrawn")
}
