// SPDX-License-Identifier: EUPL-1.2

package report

import (
	"context"
	"slices"
	"strings"

	"github.com/kupferfaden/kupferfaden/internal/indicator"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// annex makes the parts that speak about all others: what was used, from whom, and by which rules it was withheld.
func (r *resolver) annex(ctx context.Context, c Call) (Part, error) {
	switch c.Kind {
	case Sheets:
		return r.sheets(c)
	case Sources:
		return r.sources(ctx, c)
	case Disclosure:
		return r.disclosure(c)
	case Definitions:
		return r.definitions(c)
	}
	return r.flagTable(c), nil
}

// used lists the indicators of the edition in the order of the catalogue.
func (r *resolver) used() []indicator.Indicator {
	var list []indicator.Indicator
	for _, ind := range r.view.Indicators() {
		if slices.ContainsFunc(r.uses, func(u Use) bool { return u.Indicator == ind.Key }) {
			list = append(list, ind)
		}
	}
	return list
}

// sheets tells of every indicator what it counts.
func (r *resolver) sheets(c Call) (Part, error) {
	list := r.used()
	if keys := c.List("indicator"); len(keys) > 0 {
		list = nil
		for _, k := range keys {
			ind, err := r.indicator(k)
			if err != nil {
				return Part{}, err
			}
			list = append(list, ind)
		}
	}
	p := Part{Kind: Sheets, Title: r.w.T("report.title.sheets")}
	for _, ind := range list {
		v := r.versionUsed(ind)
		t := Terms{}
		t.Title, _ = r.w.Text(v.Name)
		add := func(key, text string) {
			if text != "" {
				t.Items = append(t.Items, Definition{Term: r.w.T("report.sheet." + key), Text: text})
			}
		}
		num, _ := r.w.Text(v.Numerator)
		den, _ := r.w.Text(v.Denominator)
		if den == "" {
			add("counts", num)
		} else {
			add("numerator", num)
			add("denominator", den)
		}
		unit, _ := r.w.Text(indicator.UnitName(v.Unit))
		add("unit", unit)
		add("direction", r.w.T("report.sheet.direction."+itoa(int(v.Direction)+1)))
		add("office", r.offices(v.Office))
		add("class", r.classRule(v.Class))
		note, _ := r.w.Text(v.Note)
		add("note", note)
		add("version", r.w.T("report.sheet.version.text", "n", v.Version, "key", ind.Key))
		p.Blocks = append(p.Blocks, t)
	}
	return p, nil
}

// versionUsed is the newest version of the definition whose figures the edition shows.
func (r *resolver) versionUsed(ind indicator.Indicator) indicator.Version {
	best := 0
	for _, u := range r.uses {
		if u.Indicator == ind.Key {
			best = max(best, u.Version)
		}
	}
	if v, err := ind.Version(best); err == nil {
		return v
	}
	return ind.Current()
}

func (r *resolver) classRule(class string) string {
	if !slices.Contains(indicator.Classes(), class) {
		return class
	}
	return r.w.T("report.class.rule." + class)
}

// sources lists for every indicator who delivered it, and of which dates and areas figures are shown.
func (r *resolver) sources(ctx context.Context, c Call) (Part, error) {
	p := Part{Kind: Sources, Title: title(c, r.w.T("report.title.sources"))}
	tab := &Table{Columns: []Column{{Text: r.w.T("report.col.indicator")}, {Text: r.w.T("report.col.office")}, {Text: r.w.T("report.col.periods")}, {Text: r.w.T("report.col.areas.edition")}}}
	for _, ind := range r.used() {
		v := r.versionUsed(ind)
		name, _ := r.w.Text(v.Name)
		var periods []kernel.Period
		var areas []string
		for _, u := range r.uses {
			if u.Indicator != ind.Key {
				continue
			}
			if !slices.Contains(periods, u.Period) {
				periods = append(periods, u.Period)
			}
			e, err := r.s.Areas.EditionByID(ctx, r.actor, u.Edition)
			if err != nil {
				return Part{}, err
			}
			areas = once(areas, r.areas(e))
		}
		tab.Rows = append(tab.Rows, []Cell{{Text: name}, {Text: r.offices(v.Office)}, {Text: r.dates(periods)}, {Text: strings.Join(areas, "; ")}})
	}
	p.Table = tab
	return p, nil
}

// dates writes one or two periods, or the first and the last of several.
func (r *resolver) dates(list []kernel.Period) string {
	slices.SortFunc(list, func(x, y kernel.Period) int { return strings.Compare(string(x.To+x.From), string(y.To+y.From)) })
	switch n := len(list); n {
	case 0:
		return "–"
	case 1:
		return r.w.Period(list[0])
	case 2:
		return r.w.List([]string{r.w.Period(list[0]), r.w.Period(list[1])})
	default:
		return r.w.T("report.sources.dates", "n", n, "from", r.w.Period(list[0]), "to", r.w.Period(list[n-1]))
	}
}

// flagTable explains every sign that may stand beside or instead of a value.
func (r *resolver) flagTable(c Call) Part {
	p := Part{Kind: Flags, Title: title(c, r.w.T("report.title.flags"))}
	tab := &Table{Columns: []Column{{Text: r.w.T("report.col.sign")}, {Text: r.w.T("report.col.meaning")}}}
	for _, f := range indicator.Flags() {
		if sign := r.flag(f); sign != "" {
			tab.Rows = append(tab.Rows, []Cell{{Text: sign}, {Text: r.w.T("report.flag.long." + string(f))}})
		}
	}
	tab.Rows = append(tab.Rows, []Cell{{Text: "0"}, {Text: r.w.T("report.flag.long.zero")}})
	p.Table = tab
	return p
}

// disclosure states the rules of the classes that occur.
func (r *resolver) disclosure(c Call) (Part, error) {
	p := Part{Kind: Disclosure, Title: title(c, r.w.T("report.title.disclosure"))}
	tab := &Table{Columns: []Column{{Text: r.w.T("report.col.indicator")}, {Text: r.w.T("report.col.rule")}}}
	for _, class := range indicator.Classes() {
		var names []string
		for _, ind := range r.used() {
			if v := r.versionUsed(ind); v.Class == class {
				n, _ := r.w.Text(v.Name)
				names = append(names, n)
			}
		}
		if len(names) > 0 {
			tab.Rows = append(tab.Rows, []Cell{{Text: r.w.List(names)}, {Text: r.classRule(class)}})
		}
	}
	p.Table = tab
	return p, nil
}

// definitions lists the changes of definitions behind the figures shown.
func (r *resolver) definitions(c Call) (Part, error) {
	p := Part{Kind: Definitions, Title: title(c, r.w.T("report.title.definitions"))}
	tab := &Table{Columns: []Column{{Text: r.w.T("report.col.indicator")}, {Text: r.w.T("report.col.version"), Numeric: true}, {Text: r.w.T("report.col.validfrom")}, {Text: r.w.T("report.col.reason")}}}
	for _, ind := range r.used() {
		for _, v := range ind.Versions {
			if v.Version < 2 {
				continue
			}
			name, _ := r.w.Text(v.Name)
			tab.Rows = append(tab.Rows, []Cell{{Text: name}, {Text: itoa(v.Version), Number: Number(v.Version), Numeric: true}, {Text: r.w.Date(v.ValidFrom)}, {Text: v.Reason}})
		}
	}
	if len(tab.Rows) == 0 {
		p.Text = r.w.T("report.definitions.none")
		return p, nil
	}
	p.Table = tab
	return p, nil
}
