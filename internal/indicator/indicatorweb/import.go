// SPDX-License-Identifier: EUPL-1.2

package indicatorweb

import (
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"strconv"
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

// previewRows is how much of a file the page of the mapping shows.
const previewRows = 20

// opened is a waiting file with what was filled in so far.
type opened struct {
	inbox.File
	v         url.Values
	peek      indicator.Peek
	lost      []string // columns of a remembered mapping that the file does not have
	catalogue []indicator.Indicator
	editions  []area.Edition
	refused   *kernel.Error // the file cannot be read as a table
	fresh     bool          // nothing was filled in yet
}

// personCode is the refusal of columns that look like data of persons; a planner can say that they are none.
const personCode = "table.file.person_data"

// look reads the top of a waiting file in the layout of its draft. A file that is no table leaves refused set.
func (p pages) look(ctx context.Context, a access.Actor, id kernel.ID) (o opened, content io.ReaderAt, done func(), err error) {
	file, f, err := p.Files.Open(ctx, a, inbox.Figures, id)
	if err != nil {
		return o, nil, nil, err
	}
	done = func() { _ = f.Close() } // only read
	o.File = file
	if o.v, err = url.ParseQuery(file.Draft); err != nil {
		o.v = url.Values{}
	}
	o.fresh = len(o.v) == 0
	as, _ := build(o.v, nil)
	q := indicator.PeekRequest{FileName: file.Name, Data: f, Size: file.Size, As: as, Rows: previewRows, PersonData: o.v.Get("person") == "1"}
	o.peek, err = p.s.Peek(ctx, a, q)
	if err == nil {
		if code := o.codeColumn(); code != "" {
			q.CodeColumn = code
			o.peek, err = p.s.Peek(ctx, a, q)
		}
	}
	var e *kernel.Error
	if errors.As(err, &e) && e.Kind == kernel.Invalid && len(e.Findings) > 0 {
		o.refused, err = e, nil
	}
	if err != nil {
		done()
		return o, nil, nil, err
	}
	if o.fresh && o.refused == nil {
		o.lost = fill(o.v, o.peek.Mapping, o.peek.Columns)
		o.v.Set("source", o.peek.Source)
		if o.peek.Source == "" {
			o.v.Set("source", strings.TrimSuffix(file.Name, filepath.Ext(file.Name)))
		}
	}
	return o, f, done, nil
}

// codeColumn is the column that names the indicators of a long table.
func (o opened) codeColumn() string {
	for i, c := range o.peek.Columns {
		if o.v.Get(field(i, "role")) == roleCode {
			return c.Letter
		}
	}
	return ""
}

// request makes the import of the draft.
func (o opened) request(content io.ReaderAt) (indicator.ImportRequest, error) {
	m, _ := build(o.v, o.peek.Columns)
	text, err := m.YAML()
	return indicator.ImportRequest{
		Source: o.v.Get("source"), FileName: o.Name, Data: content, Size: o.Size, MappingText: string(text), Accept: o.v["accept"],
		Whole: o.v.Get("whole") == "1", PersonData: o.v.Get("person") == "1",
	}, err
}

// replaces is the delivery that the file, read again, takes the place of.
func (o opened) replaces() kernel.ID { return kernel.ID(o.v.Get("replaces")) }

func (p pages) open(r *web.Request) (opened, io.ReaderAt, func(), error) {
	id, err := kernel.ParseID(r.PathValue("id"))
	if err != nil {
		return opened{}, nil, nil, err
	}
	o, content, done, err := p.look(r.Context(), r.Actor, id)
	if err != nil {
		return o, nil, nil, err
	}
	if _, o.catalogue, err = p.names(r); err == nil {
		o.editions, err = p.Areas.Editions(r.Context(), r.Actor, "")
	}
	if err != nil {
		done()
		return o, nil, nil, err
	}
	return o, content, done, nil
}

func (p pages) mappingPage(r *web.Request, o opened) web.Page {
	pg := p.page(r, r.T("planner.map.title"), listCrumb(r))
	pg.Scripts = []string{"planner.js"}
	return pg
}

func (p pages) form(r *web.Request, o opened) *web.Form {
	f := web.BlankForm(r)
	for k, v := range o.v {
		f.Set(k, v...)
	}
	if !f.Has("yaml") {
		if m, _ := build(o.v, o.peek.Columns); m != nil {
			if text, err := m.YAML(); err == nil {
				f.Set("yaml", string(text))
			}
		}
	}
	return f
}

func (p pages) mapping(w http.ResponseWriter, r *web.Request) error {
	o, _, done, err := p.open(r)
	if err != nil {
		return err
	}
	defer done()
	if o.refused != nil {
		return r.RenderStatus(w, http.StatusUnprocessableEntity, p.mappingPage(r, o), refusedPage(r, o, p.form(r, o)))
	}
	return r.Render(w, p.mappingPage(r, o), mappingPage(r, o, p.form(r, o)))
}

// saveMapping keeps what was filled in and goes where the pressed button leads.
func (p pages) saveMapping(w http.ResponseWriter, r *web.Request) error {
	o, _, done, err := p.open(r)
	if err != nil {
		return err
	}
	defer done()
	sent := r.PostForm
	step := sent.Get("step")
	sent.Del("step")
	text := sent.Get("yaml")
	sent.Del("yaml")
	for _, k := range []string{"accept", "replaces"} {
		sent[k] = o.v[k]
		if len(sent[k]) == 0 {
			sent.Del(k)
		}
	}
	to := inboxweb.Path(o.File)
	switch {
	case step == "reset":
		keep := url.Values{}
		if id := o.v.Get("replaces"); id != "" {
			keep.Set("replaces", id)
		}
		sent = keep
	case step == "yaml":
		m, err := table.ParseMapping([]byte(text))
		if err != nil {
			return p.wrongYAML(w, r, o, sent, text, err)
		}
		fresh := url.Values{}
		for _, k := range []string{"accept", "replaces", "source", "person", "whole"} {
			if len(sent[k]) > 0 {
				fresh[k] = sent[k]
			}
		}
		fill(fresh, m, o.peek.Columns)
		sent = fresh
	case strings.HasPrefix(step, "more-"):
		if i, err := strconv.Atoi(strings.TrimPrefix(step, "more-")); err == nil && i >= 0 && i < len(o.peek.Columns) {
			sent.Add(field(i, "ind"), "")
			to += "#" + "spalte-" + strconv.Itoa(i)
		}
	case step == "read":
	default:
		if _, wrong := build(sent, o.peek.Columns); len(wrong) > 0 {
			o.v = sent
			f := p.form(r, o)
			f.Fail(&kernel.Error{Kind: kernel.Invalid, Key: "form.invalid", Fields: wrong})
			return r.Invalid(w, p.mappingPage(r, o), mappingPage(r, o, f))
		}
		to += "/pruefung"
	}
	if err := p.Files.SaveDraft(r.Context(), r.Actor, inbox.Figures, o.ID, sent.Encode()); err != nil {
		return err
	}
	return r.Redirect(w, to)
}

func (p pages) wrongYAML(w http.ResponseWriter, r *web.Request, o opened, sent url.Values, text string, err error) error {
	var refusal *table.Refusal
	if !errors.As(err, &refusal) {
		return err
	}
	o.v = sent
	f := p.form(r, o)
	f.Set("yaml", text)
	f.Fail(&kernel.Error{
		Kind: kernel.Invalid, Key: "planner.map.yaml.wrong", Params: kernel.Params("line", refusal.Finding.Line, "reason", refusal.Finding.Params["reason"]),
		Fields: map[string]string{"yaml": "planner.map.yaml.wrong"},
	})
	return r.Invalid(w, p.mappingPage(r, o), mappingPage(r, o, f))
}

// yaml sends the mapping as the file that the command line takes.
func (p pages) yaml(w http.ResponseWriter, r *web.Request) error {
	o, content, done, err := p.open(r)
	if err != nil {
		return err
	}
	defer done()
	q, err := o.request(content)
	if err != nil {
		return err
	}
	return sendText(w, o.v.Get("source")+".yaml", q.MappingText)
}

func sendText(w http.ResponseWriter, name, text string) error {
	h := w.Header()
	h.Set("Content-Type", "application/yaml; charset=utf-8")
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
	h.Set("Cache-Control", "no-store")
	_, err := io.WriteString(w, text)
	return err
}

// try runs the import without taking anything.
func (p pages) try(ctx context.Context, a access.Actor, o opened, content io.ReaderAt) (indicator.Report, error) {
	q, err := o.request(content)
	if err != nil {
		return indicator.Report{}, err
	}
	q.DryRun = true
	if id := o.replaces(); id != "" {
		return p.s.Reimport(ctx, a, id, q, nil)
	}
	return p.s.Import(ctx, a, q, nil)
}

func (p pages) check(w http.ResponseWriter, r *web.Request) error {
	return p.report(w, r, http.StatusOK)
}

func (p pages) report(w http.ResponseWriter, r *web.Request, status int) error {
	o, content, done, err := p.open(r)
	if err != nil {
		return err
	}
	defer done()
	if o.fresh || o.refused != nil {
		return r.Redirect(w, inboxweb.Path(o.File))
	}
	report, err := p.try(r.Context(), r.Actor, o, content)
	var e *kernel.Error
	if err != nil && (!errors.As(err, &e) || e.Kind != kernel.Invalid && e.Kind != kernel.Conflict) {
		return err
	}
	q, err := o.request(content)
	if err != nil {
		return err
	}
	v := checked{opened: o, report: report, yaml: q.MappingText, failed: e, later: p.Later != nil && o.Size > laterSize}
	v.questions = append(inboxweb.Questions(report.Findings, o.v["accept"]), inboxweb.Lifted(report.Findings)...)
	v.questions = slices.CompactFunc(v.questions, func(x, y inboxweb.Question) bool { return x.Code == y.Code })
	v.names, _, err = p.names(r)
	if err != nil {
		return err
	}
	pg := p.page(r, r.T("planner.check.title"), listCrumb(r))
	return r.RenderStatus(w, status, pg, checkPage(r, v))
}

// checked is the page of a dry run.
type checked struct {
	opened
	report    indicator.Report
	questions []inboxweb.Question
	names     map[string]indicator.Indicator
	yaml      string
	failed    *kernel.Error
	later     bool
}

func (v checked) refused() bool {
	return v.failed != nil || slices.ContainsFunc(v.report.Findings, kernel.Finding.Refuses)
}

func (v checked) mayTake() bool { return v.failed == nil && !v.report.Refuses() && v.report.Same == "" }

func (p pages) saveAnswers(w http.ResponseWriter, r *web.Request) error {
	file, err := p.answer(r)
	if err != nil {
		return err
	}
	return r.Redirect(w, inboxweb.Path(file)+"/pruefung")
}

// answer keeps the answers of the report's form in the draft.
func (p pages) answer(r *web.Request) (inbox.File, error) {
	id, err := kernel.ParseID(r.PathValue("id"))
	if err != nil {
		return inbox.File{}, err
	}
	file, err := p.Files.File(r.Context(), r.Actor, inbox.Figures, id)
	if err != nil {
		return file, err
	}
	v, err := url.ParseQuery(file.Draft)
	if err != nil {
		return file, err
	}
	v["accept"] = r.PostForm["accept"]
	v.Set("whole", r.PostForm.Get("whole"))
	file.Draft = v.Encode()
	return file, p.Files.SaveDraft(r.Context(), r.Actor, inbox.Figures, id, file.Draft)
}

// take makes the delivery, at once or in the background. Sent twice, the second finds nothing to do.
func (p pages) take(w http.ResponseWriter, r *web.Request) error {
	file, err := p.answer(r)
	if err != nil && kernel.KindOf(err) == kernel.NotFound {
		return r.Done(w, listPath, "notice.inbox.gone")
	}
	if err != nil {
		return err
	}
	if p.Later != nil && file.Size > laterSize {
		path, err := p.Later(r.Context(), r.Actor, file.ID)
		if err != nil {
			return err
		}
		return r.Redirect(w, path)
	}
	report, err := Take(r.Context(), p.s, p.Options, r.Actor, file.ID, nil)
	if k := kernel.KindOf(err); err != nil && (k == kernel.Invalid || k == kernel.Conflict) {
		return p.report(w, r, http.StatusUnprocessableEntity)
	}
	if err != nil {
		return err
	}
	return r.Done(w, deliveryPath(made(report)), "notice.delivery.taken")
}

// made is the delivery that holds the figures of a file, new or known before.
func made(report indicator.Report) kernel.ID {
	if report.Delivery != "" {
		return report.Delivery
	}
	return report.Same
}

// Take makes a delivery of a waiting file with its draft and takes it off the inbox; for the page and for the work in the background.
func Take(ctx context.Context, s *indicator.Service, opt Options, a access.Actor, id kernel.ID, progress indicator.Progress) (indicator.Report, error) {
	p := pages{s, opt}
	o, content, done, err := p.look(ctx, a, id)
	if err != nil {
		return indicator.Report{}, err
	}
	defer done()
	if o.refused != nil {
		return indicator.Report{}, o.refused
	}
	q, err := o.request(content)
	if err != nil {
		return indicator.Report{}, err
	}
	var report indicator.Report
	if replaces := o.replaces(); replaces != "" {
		report, err = s.Reimport(ctx, a, replaces, q, progress)
	} else {
		report, err = s.Import(ctx, a, q, progress)
	}
	if err != nil {
		return report, err
	}
	return report, opt.Files.Taken(ctx, a, inbox.Figures, id)
}

// DeliveryPath is the page of the delivery that a taken file became.
func DeliveryPath(report indicator.Report) string { return deliveryPath(made(report)) }

// CheckPath is the page that says why a waiting file was not taken.
func CheckPath(id kernel.ID) string { return "/arbeit/eingang/zahlen/" + string(id) + "/pruefung" }
