// SPDX-License-Identifier: EUPL-1.2

package contributionweb

import (
	"encoding/csv"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/kupferfaden/kupferfaden/internal/contribution"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/participation"
	"github.com/kupferfaden/kupferfaden/internal/web"
)

const perOutcomes = 100

// outcomesView is what the table "Was wurde daraus?" shows.
type outcomesView struct {
	p       participation.Process
	list    []contribution.Outcome
	more    bool
	count   contribution.Count
	offices []contribution.Office
}

// outcomeFilter reads the selection; what is none of the offered values is refused.
func outcomeFilter(r *web.Request, p participation.Process) (contribution.Filter, error) {
	q := r.URL.Query()
	f := contribution.Filter{Process: p.Key, States: []contribution.State{contribution.Published, contribution.Merged}, Order: contribution.Oldest, Limit: perOutcomes, Text: q.Get("text")}
	if len(f.Text) > 200 {
		return f, kernel.E(kernel.Invalid, "outbox.filter")
	}
	if s := q.Get("status"); s == "offen" {
		f.Statuses = []contribution.Status{contribution.Unanswered}
	} else if s != "" {
		if !slices.Contains(contribution.Statuses(), contribution.Status(s)) {
			return f, kernel.E(kernel.Invalid, "outbox.filter")
		}
		f.Statuses = []contribution.Status{contribution.Status(s)}
	}
	if len(f.Statuses) > 0 { // what lives on in another contribution bears the status of that one
		f.States = f.States[:1]
	}
	f.Category = q.Get("kategorie")
	if id, err := kernel.ParseID(q.Get("nach")); err == nil {
		f.After = contribution.Cursor{ID: id}
	}
	return f, nil
}

func (h answering) outcomes(w http.ResponseWriter, r *web.Request) error {
	var v outcomesView
	var err error
	if v.p, _, err = h.s.Contributions.Process(r.Context(), r.Tenant.ID, r.PathValue("process"), ""); err != nil {
		return err
	}
	f, err := outcomeFilter(r, v.p)
	if err != nil {
		return err
	}
	if v.list, v.more, err = h.s.Outcomes(r.Context(), r.Actor, f); err != nil {
		return err
	}
	if v.count, err = h.s.Counted(r.Context(), r.Tenant.ID, v.p.Key); err != nil {
		return err
	}
	if v.offices, err = h.s.Offices(r.Context(), r.Tenant.ID); err != nil {
		return err
	}
	name, _ := web.Read(r.Context(), v.p.Title)
	page := web.Page{
		Title: r.T("answer.outcomes.title"), Lead: r.T("answer.outcomes.lead", "process", name), Nav: web.NavVoices, Styles: []string{"planner.css", "answer.css"}, Wide: true,
		Breadcrumb: []web.Crumb{{Text: r.T("web.nav.voices"), Href: "/beteiligung"}, {Text: name, Href: "/beteiligung/" + v.p.Key}},
	}
	return r.Render(w, page, outcomesPage(r, v, web.NewForm(r)))
}

// harmless keeps a spreadsheet from reading a text as a formula.
func harmless(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) {
		return "'" + s
	}
	return s
}

// outcomesCSV streams the whole table.
func (h answering) outcomesCSV(w http.ResponseWriter, r *web.Request) error {
	p, _, err := h.s.Contributions.Process(r.Context(), r.Tenant.ID, r.PathValue("process"), "")
	if err != nil {
		return err
	}
	f, err := outcomeFilter(r, p)
	if err != nil {
		return err
	}
	f.Limit = contribution.MostListed
	list, more, err := h.s.Outcomes(r.Context(), r.Actor, f)
	if err != nil {
		return err
	}
	offices, err := h.s.Offices(r.Context(), r.Tenant.ID)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="rueckmeldungen-`+strings.Map(plainName, p.Key)+`.csv"`)
	if _, err := w.Write([]byte("\ufeff")); err != nil { // so that spreadsheets read UTF-8
		return err
	}
	out := csv.NewWriter(w)
	out.Comma = ';'
	head := []string{"number", "title", "category", "received", "status", "reason", "target", "office", "due", "answered", "answer", "plain", "into"}
	for i, k := range head {
		head[i] = r.T("answer.csv." + k)
	}
	if err := out.Write(head); err != nil {
		return err
	}
	for {
		for _, o := range list {
			c := o.Contribution
			row := []string{c.Number, c.Title, c.Category, day(c.Received), statusName(r, c.Status), "", "", "", string(c.Due), "", "", "", ""}
			if o.Answer != nil {
				v := o.Answer.Public
				row[5], row[6], row[7] = causeName(r, v.Cause), v.Target, officeIn(r, offices, o.Answer.Office)
				row[9], row[10], row[11] = day(o.Answer.ReleasedAt), v.Body["de"], v.Body[contribution.PlainKey]
			}
			if o.Into != nil {
				row[12] = o.Into.Number
			}
			for i := range row {
				row[i] = harmless(row[i])
			}
			if err := out.Write(row); err != nil {
				return err
			}
		}
		if out.Flush(); out.Error() != nil || !more {
			return out.Error()
		}
		f.After = contribution.End(list[len(list)-1].Contribution)
		if list, more, err = h.s.Outcomes(r.Context(), r.Actor, f); err != nil {
			return err
		}
	}
}

func plainName(c rune) rune {
	if c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '-' {
		return c
	}
	return -1
}

func day(i kernel.Instant) string {
	if i.IsZero() {
		return ""
	}
	return i.Format("2006-01-02")
}

func statusName(r *web.Request, s contribution.Status) string {
	if s == contribution.Unanswered {
		return r.T("answer.status.open")
	}
	return r.T("answer.status." + string(s))
}

func causeName(r *web.Request, c contribution.Cause) string {
	if c == "" {
		return ""
	}
	return r.T("answer.cause." + string(c))
}

// statusTone colours a status; the word stands beside it in any case.
func statusTone(s contribution.Status) web.Tone {
	switch s {
	case contribution.UnderReview, contribution.Pursued:
		return web.Warning
	case contribution.Adopted, contribution.PartlyAdopted, contribution.Done, contribution.Effective:
		return web.Success
	case contribution.NotAdopted:
		return web.Danger
	case contribution.NotResponsible:
		return web.Info
	}
	return web.Neutral
}

// statusChoices are those an office chooses from.
func statusChoices(r *web.Request) []web.Item {
	var items []web.Item
	for _, s := range contribution.Statuses() {
		if s != contribution.Unanswered {
			items = append(items, web.Item{Value: string(s), Text: r.T("answer.status." + string(s))})
		}
	}
	return items
}

func outcomePages(r *web.Request, v outcomesView) (p web.Pages) {
	if r.URL.Query().Get("nach") != "" {
		p.Prev = r.With("nach", "")
	}
	if v.more {
		p.Next = r.With("nach", string(v.list[len(v.list)-1].Contribution.ID))
	}
	if n := len(v.list); n > 0 {
		p.Text = strconv.Itoa(n)
	}
	return p
}
