// SPDX-License-Identifier: EUPL-1.2

package deskweb

import (
	"net/http"
	"slices"
	"strings"

	"github.com/kupferfaden/kupferfaden/internal/access"
	languages "github.com/kupferfaden/kupferfaden/internal/desk"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/web"
)

// LanguagesPath is the report of languages and Leichte Sprache.
const LanguagesPath = "/arbeit/sprachen"

// languagesView is the report with what is selected of it.
type languagesView struct {
	*languages.Report
	tag, kind, state string
	rows             []languages.Row
}

const mostRows = 500

// RegisterLanguages adds the report of which public texts are there in which language and register.
func RegisterLanguages(m *web.Mux, s *languages.Languages) {
	m.Handle("GET "+LanguagesPath, access.Publish, func(w http.ResponseWriter, r *web.Request) error {
		report, err := s.Report(r.Context(), r.Actor)
		if err != nil {
			return err
		}
		q := r.URL.Query()
		v := languagesView{Report: report, tag: strings.ReplaceAll(q.Get("fassung"), " ", "+"), kind: q.Get("art"), state: q.Get("stand")}
		if !slices.Contains(report.Tags, v.tag) {
			v.tag = ""
		}
		if !slices.Contains(report.Kinds, v.kind) {
			v.kind = ""
		}
		if !slices.Contains([]string{string(languages.Missing), string(languages.Partly), string(languages.Outdated), string(languages.Complete)}, v.state) {
			v.state = ""
		}
		for _, row := range report.Rows {
			if v.kind != "" && row.Kind != v.kind || !v.has(row) {
				continue
			}
			v.rows = append(v.rows, row)
		}
		return r.Render(w, web.Page{
			Title: r.T("languages.title"), Lead: r.T("languages.lead"), Nav: web.NavWork, NoIndex: true, Wide: true, Styles: []string{"planner.css"},
			Breadcrumb: []web.Crumb{{Text: r.T("web.nav.work"), Href: "/arbeit"}},
		}, languagesPage(r, v))
	})
}

// has tells whether a row is in the selected state, in the selected language or in any.
func (v languagesView) has(row languages.Row) bool {
	if v.state == "" {
		return true
	}
	for tag, st := range row.States {
		if (v.tag == "" || tag == v.tag) && string(st) == v.state {
			return true
		}
	}
	return false
}

// columns are the languages shown.
func (v languagesView) columns() []string {
	if v.tag != "" {
		return []string{v.tag}
	}
	return v.Tags
}

func tagName(r *web.Request, tag string) string {
	if tag == languages.Sign {
		return r.T("languages.sign")
	}
	base, register, marked := strings.Cut(tag, "+")
	switch {
	case !marked:
		return kernel.LanguageName(base)
	case base == "de" && register == string(kernel.Leicht):
		return r.T("languages.leicht")
	}
	return kernel.LanguageName(base) + " (" + register + ")"
}

func kindName(r *web.Request, kind string) string {
	if key := "languages.kind." + kind; r.P.Has(key) {
		return r.T(key)
	}
	return kind
}

func stateTone(s languages.State) web.Tone {
	switch s {
	case languages.Complete:
		return web.Success
	case languages.Missing:
		return web.Danger
	case languages.Partly, languages.Outdated:
		return web.Warning
	}
	return web.Neutral
}

func stateItems(r *web.Request) (out []web.Item) {
	for _, s := range []languages.State{languages.Missing, languages.Partly, languages.Outdated, languages.Complete} {
		out = append(out, web.Item{Value: string(s), Text: r.T("languages.state." + string(s))})
	}
	return out
}

func filters(r *web.Request, v languagesView) *web.Form {
	f := web.BlankForm(r)
	f.Set("fassung", v.tag)
	f.Set("art", v.kind)
	f.Set("stand", v.state)
	return f
}

func tagItems(r *web.Request, v languagesView) (out []web.Item) {
	for _, t := range v.Tags {
		out = append(out, web.Item{Value: t, Text: tagName(r, t)})
	}
	return out
}

func languageKinds(r *web.Request, v languagesView) (out []web.Item) {
	for _, k := range v.Kinds {
		out = append(out, web.Item{Value: k, Text: kindName(r, k)})
	}
	return out
}

// shareTable tells how much of each kind is there in each language.
func shareTable(r *web.Request, v languagesView) web.Table {
	t := web.Table{Caption: r.T("languages.shares"), Hidden: true, Columns: []web.Column{{Text: r.T("languages.kind")}, {Text: r.T("languages.texts"), Numeric: true}}}
	for _, tag := range v.Tags {
		t.Columns = append(t.Columns, web.Column{Text: tagName(r, tag), Numeric: true})
	}
	for _, kind := range append(slices.Clone(v.Kinds), "") {
		name := r.T("languages.all")
		if kind != "" {
			name = kindName(r, kind)
		}
		n := v.Shares[kind]["de"].All
		row := web.Row{Cells: []web.Cell{{Text: name}, {Text: r.P.Int(int64(n))}}, Mark: kind == ""}
		for _, tag := range v.Tags {
			x := v.Shares[kind][tag]
			c := web.Cell{Text: "–"}
			if x.All > 0 {
				c.Text = r.P.Percent(float64(x.Percent()), 0)
			}
			if x.Outdated > 0 {
				c.Note = r.T("languages.outdated.n", "n", x.Outdated)
			}
			row.Cells = append(row.Cells, c)
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

func textTable(r *web.Request, v languagesView) web.Table {
	t := web.Table{Caption: r.T("languages.list"), Hidden: true, Small: true, Columns: []web.Column{{Text: r.T("languages.text")}, {Text: r.T("languages.kind")}}, Empty: r.T("languages.none")}
	for _, tag := range v.columns() {
		t.Columns = append(t.Columns, web.Column{Text: tagName(r, tag)})
	}
	t.Columns = append(t.Columns, web.Column{Text: r.T("languages.edit")})
	for i, row := range v.rows {
		if i == mostRows {
			break
		}
		title, _ := r.P.Text(row.Title)
		if title == "" {
			title = row.ID
		}
		cells := []web.Cell{{Text: title, Href: r.Link(row.Path)}, {Text: kindName(r, row.Kind)}}
		for _, tag := range v.columns() {
			st := row.States[tag]
			c := web.Cell{Content: web.Badge(stateTone(st), r.T("languages.state."+string(st)))}
			if tag == languages.Sign && st != languages.None {
				c = web.Cell{Text: r.T("languages.state." + string(st)), Href: r.Link(videoOf(row.Path)), Note: title}
			}
			cells = append(cells, c)
		}
		edit := web.Cell{Text: "–"}
		if row.Edit != "" {
			edit = web.Cell{Text: r.T("languages.edit"), Href: r.Link(row.Edit), Note: title}
		}
		t.Rows = append(t.Rows, web.Row{Cells: append(cells, edit)})
	}
	return t
}
