// SPDX-License-Identifier: EUPL-1.2

package report

import (
	"context"
	"embed"
	"strings"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// The template follows domain.md 5.7: chapters 0 to 10 and an annex. A heading of level 1 or 2 begins a chapter.
//
//go:embed template/*.md
var templates embed.FS

// TemplateLanguages are the languages the template is written in.
var TemplateLanguages = []string{"de", "en"}

// section is a chapter of the template with its text and sections.
type section struct {
	title    string
	body     string
	sections []section
}

// CreateFromTemplate makes an edition with the chapters of the template. A passage whose parts have no figures yet is left out, and the chapter
// says for which indicators that was so.
func (s *Service) CreateFromTemplate(ctx context.Context, a access.Actor, e Edition) (Edition, error) {
	if err := access.CheckTenant(a, access.EditReport); err != nil {
		return Edition{}, err
	}
	e, err := s.complete(ctx, a, e)
	if err != nil {
		return Edition{}, err
	}
	text, err := templates.ReadFile("template/" + e.Settings.Language + ".md")
	if err != nil {
		return Edition{}, &kernel.Error{Kind: kernel.Invalid, Key: "form.invalid", Fields: map[string]string{"language": "report.language.form"}}
	}
	r, err := s.resolver(ctx, a, e.Settings, e.Settings.Audience)
	if err != nil {
		return Edition{}, err
	}
	list := sections(string(text), 1)
	if err := r.fit(ctx, list); err != nil {
		return Edition{}, err
	}
	return e, s.Tx.Tx(ctx, func(ctx context.Context) error {
		if err := s.Store.AddEdition(ctx, a.Tenant, e); err != nil {
			return err
		}
		if err := s.addSections(ctx, a.Tenant, e.ID, "", list); err != nil {
			return err
		}
		return s.record(ctx, a, access.EditReport, "report.create", e, "")
	})
}

func (s *Service) addSections(ctx context.Context, tenant, edition, parent kernel.ID, list []section) error {
	for i, x := range list {
		c := Chapter{ID: kernel.NewID(), ParentID: parent, Position: i + 1, Title: x.title, Body: x.body, Version: 1}
		if err := s.Store.AddChapter(ctx, tenant, edition, c); err != nil {
			return err
		}
		if err := s.addSections(ctx, tenant, edition, c.ID, x.sections); err != nil {
			return err
		}
	}
	return nil
}

// sections splits Markdown at its headings of a level.
func sections(text string, level int) []section {
	mark := strings.Repeat("#", level) + " "
	var list []section
	var body []string
	flush := func() {
		if len(list) == 0 {
			return
		}
		last := &list[len(list)-1]
		own := strings.Join(body, "\n")
		if level == 1 {
			first := strings.Index("\n"+own, "\n## ")
			if first >= 0 {
				last.sections = sections(own[first:], 2)
				own = own[:first]
			}
		}
		last.body = strings.TrimSpace(own) + "\n"
	}
	for line := range strings.SplitSeq(text, "\n") {
		if title, ok := strings.CutPrefix(line, mark); ok {
			flush()
			list = append(list, section{title: strings.TrimSpace(title)})
			body = nil
			continue
		}
		body = append(body, line)
	}
	flush()
	return list
}

// fit leaves out of the sections what cannot be shown.
func (r *resolver) fit(ctx context.Context, list []section) error {
	for i := range list {
		var kept, lacking []string
		for passage := range strings.SplitSeq(list[i].body, "\n\n") {
			missing, err := r.missing(ctx, passage)
			if err != nil {
				return err
			}
			if missing == nil {
				kept = append(kept, strings.TrimSpace(passage))
				continue
			}
			for _, name := range missing {
				lacking = once(lacking, name)
			}
		}
		if len(lacking) > 0 {
			kept = append(kept, r.w.T("report.template.lacking", "names", r.w.List(lacking)))
		}
		list[i].body = strings.TrimSpace(strings.Join(kept, "\n\n")) + "\n"
		if err := r.fit(ctx, list[i].sections); err != nil {
			return err
		}
	}
	return nil
}

// missing names what the calls of a passage lack; nil where all can be shown.
func (r *resolver) missing(ctx context.Context, passage string) ([]string, error) {
	lacking := []string{}
	fails := false
	for _, c := range ParseBody(passage).Calls {
		if c.Kind.last() || c.Kind == Flags {
			continue
		}
		_, err := r.part(ctx, c)
		if k := kernel.KindOf(err); err != nil && k != kernel.NotFound && k != kernel.Invalid {
			return nil, err
		}
		if err == nil {
			continue
		}
		fails = true
		for _, key := range c.List("indicator") {
			ind, err := r.view.Indicator(key)
			if err != nil {
				continue
			}
			if e, err := r.place(ctx, c); err == nil {
				if _, err := r.period(c, key, e); err == nil {
					continue // another indicator of the same passage is missing
				}
			}
			name, _ := r.w.Text(ind.Current().Name)
			lacking = once(lacking, name)
		}
	}
	if !fails {
		return nil, nil
	}
	return lacking, nil
}
