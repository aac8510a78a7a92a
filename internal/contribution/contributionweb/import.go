// SPDX-License-Identifier: EUPL-1.2

package contributionweb

import (
	"net/http"
	"path"
	"strings"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/contribution"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/web"
)

// importing is an import as its pages show it.
type importing struct {
	r         *web.Request
	f         *web.Form
	modules   []web.Item
	channels  []web.Item
	done      []contribution.ImportRecord
	columns   contribution.Columns
	report    *contribution.ImportReport
	dry       bool
	publishes bool
}

func (h handlers) newImport(r *web.Request, f *web.Form) (importing, error) {
	q, err := h.quickFields(r, f)
	return importing{r: r, f: f, modules: q.modules, channels: q.channels, publishes: r.Can(access.Moderate)}, err
}

func (h handlers) importStart(w http.ResponseWriter, r *web.Request) error {
	return h.drawStart(w, r, web.BlankForm(r))
}

func (h handlers) drawStart(w http.ResponseWriter, r *web.Request, f *web.Form) error {
	x, err := h.newImport(r, f)
	if err != nil {
		return err
	}
	if x.done, err = h.s.Imports(r.Context(), r.Actor); err != nil {
		return err
	}
	page := workPage(r, r.T("contribution.import.title"))
	page.Lead = r.T("contribution.import.lead")
	if f.Failed() {
		return r.Invalid(w, page, importStartView(x))
	}
	return r.Render(w, page, importStartView(x))
}

// importFile keeps the file and shows its columns.
func (h handlers) importFile(w http.ResponseWriter, r *web.Request) error {
	f := web.NewForm(r)
	file, head, err := f.File("file")
	if err != nil {
		if f.Fail(err) {
			return h.drawStart(w, r, f)
		}
		return err
	}
	defer file.Close()
	sha, err := h.s.KeepUpload(r.Context(), r.Actor, file)
	if err == nil {
		f.Set("ticket", h.s.Ticket(r.Tenant.ID, sha))
		f.Set("filename", path.Base(strings.ReplaceAll(head.Filename, `\`, "/")))
		var x importing
		if x, err = h.newImport(r, f); err != nil {
			return err
		}
		if x.columns, err = h.s.Inspect(r.Context(), r.Actor, sha, f.Value("filename")); err == nil {
			m := x.columns.Mapping
			for field, names := range m.Columns {
				f.Set("field-"+field, names...)
			}
			f.Set("name", m.Name)
			f.Set("lang", m.Lang)
			f.Set("channel", string(m.Channel))
			if m.EachText {
				f.Set("each", "1")
			}
			return h.drawMapping(w, x)
		}
	}
	if !f.Fail(err) {
		return err
	}
	return h.drawStart(w, r, f)
}

func (h handlers) drawMapping(w http.ResponseWriter, x importing) error {
	page := workPage(x.r, x.r.T("contribution.import.mapping"))
	page.Lead = x.f.Value("filename")
	if x.f.Failed() {
		return x.r.Invalid(w, page, mappingView(x))
	}
	return x.r.Render(w, page, mappingView(x))
}

// importMap tries the mapping, or takes the file.
func (h handlers) importMap(w http.ResponseWriter, r *web.Request) error {
	f := web.NewForm(r)
	sha, err := h.s.Ticketed(r.Tenant.ID, f.Value("ticket"))
	if err != nil {
		return err
	}
	x, err := h.newImport(r, f)
	if err != nil {
		return err
	}
	process, module := cutWhere(f.Value("where"))
	q := contribution.ImportRequest{
		Process: process, Module: module, File: f.Value("filename"), SHA256: sha, Publish: f.Value("publish") != "", DryRun: f.Value("tun") != "uebernehmen",
		Mapping: contribution.Mapping{
			Name: f.Value("name"), Columns: map[string][]string{}, Channel: contribution.Channel(f.Value("channel")), Lang: f.Value("lang"), EachText: f.Value("each") != "",
		},
	}
	for _, field := range contribution.Fields() {
		for _, name := range f.Values("field-" + field) {
			if name != "" {
				q.Mapping.Columns[field] = append(q.Mapping.Columns[field], name)
			}
		}
	}
	report, err := h.s.Import(r.Context(), r.Actor, q)
	failed := f.Fail(err)
	if err != nil && !failed {
		return err
	}
	if !failed {
		x.report, x.dry = &report, q.DryRun
	}
	if x.columns, err = h.s.Inspect(r.Context(), r.Actor, sha, q.File); err != nil {
		if kernel.KindOf(err) == kernel.Invalid && f.Fail(err) {
			return h.drawStart(w, r, f)
		}
		return err
	}
	if x.report != nil && !x.dry {
		page := workPage(r, r.T("contribution.import.done"))
		return r.Render(w, page, importDoneView(x))
	}
	return h.drawMapping(w, x)
}
