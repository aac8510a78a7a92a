// SPDX-License-Identifier: EUPL-1.2

package report

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/kupferfaden/kupferfaden/internal/analysis"
	"github.com/kupferfaden/kupferfaden/internal/indicator"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/stat/classify"
)

// result finds the run the edition speaks of, as its audience may see it.
func (r *resolver) result(ctx context.Context) (*analysis.Result, error) {
	if r.run != nil || r.runErr != nil {
		return r.run, r.runErr
	}
	r.run, r.runErr = r.findRun(ctx)
	return r.run, r.runErr
}

func (r *resolver) findRun(ctx context.Context) (*analysis.Result, error) {
	if r.set.Method == "" && r.set.Run == "" {
		return nil, kernel.E(kernel.NotFound, "report.index.nomethod")
	}
	id := r.set.Run
	if id == "" {
		runs, err := r.s.Analysis.Runs(ctx, r.view, r.edition.ID)
		if err != nil {
			return nil, err
		}
		for _, run := range runs { // newest first
			if run.Method.ID == r.set.Method && run.Period == r.set.Period {
				id = run.ID
				break
			}
		}
	}
	if id == "" {
		return nil, kernel.E(kernel.NotFound, "report.index.norun", "method", r.set.Method, "period", r.set.Period.String(), "edition", r.areas(r.edition))
	}
	res, err := r.s.Analysis.Result(ctx, r.view, id)
	if err != nil {
		return nil, err
	}
	for _, p := range res.Inputs {
		key, earlier := strings.CutSuffix(p.Role, "@earlier")
		period := res.Period
		if earlier {
			period = period.AddYears(-res.Method.LagYears)
		}
		if key == "population" {
			key = res.Method.PopulationIndicator
		}
		if _, err := r.view.Indicator(key); err == nil {
			if u := (Use{key, p.Version, period, res.Edition.ID}); !slices.Contains(r.uses, u) {
				r.uses = append(r.uses, u)
			}
		}
	}
	return &res, nil
}

// label is the word of a status class, its number where the method has none.
func (r *resolver) label(m analysis.Method, class int) string {
	if class >= 1 && class <= len(m.Labels) {
		s, _ := r.w.Text(m.Labels[class-1].Text())
		return s
	}
	return r.w.T("report.index.class", "n", class)
}

func classCount(m analysis.Method) int {
	if len(m.StatusThresholds) == 0 {
		return 0
	}
	return len(m.StatusThresholds) + 1
}

func (r *resolver) indexFacts(res *analysis.Result) Facts {
	f := Facts{Areas: r.areas(res.Edition), Period: r.w.Period(res.Period), Base: r.w.T("report.index.base")}
	var sources []string
	for _, i := range res.Method.Indicators {
		if ind, err := r.view.Indicator(i.Key); err == nil {
			for _, t := range indicator.OfficeNames(ind.Current().Office) {
				n, _ := r.w.Text(t)
				sources = once(sources, n)
			}
		}
	}
	f.Source = r.w.T("report.index.source", "sources", r.w.List(sources))
	f.Note = r.w.T("report.index.note")
	return f
}

// reason says why an area is not assessed.
func (r *resolver) reason(o analysis.Outcome) string {
	key, missing := strings.CutPrefix(o.Reason, analysis.ReasonMissing)
	if missing {
		name := key
		if ind, err := r.view.Indicator(key); err == nil {
			name, _ = r.w.Text(ind.Current().Name)
		}
		return r.w.T("report.index.reason.missing", "indicator", name)
	}
	switch o.Reason {
	case analysis.ReasonExcluded, analysis.ReasonNoPopulation, analysis.ReasonPopulation:
		return r.w.T("report.index.reason." + o.Reason)
	}
	return r.w.T("report.index.reason.other")
}

// indexMap shows the status classes; a method without classes is cut by natural breaks.
func (r *resolver) indexMap(ctx context.Context, c Call) (Part, error) {
	res, err := r.result(ctx)
	if err != nil {
		return Part{}, err
	}
	key, err := r.outlinesOf(ctx, res.Edition)
	if err != nil {
		return Part{}, err
	}
	name, _ := r.w.Text(res.Method.Title.Text())
	m := &Map{Outlines: key, Legend: name, Specials: map[string]string{}}
	n := classCount(res.Method)
	class := func(o analysis.Outcome) int { return o.Class }
	switch {
	case n == 4:
		m.Scheme = "status"
	case n > 7:
		return Part{}, kernel.E(kernel.Invalid, "report.index.classes", "n", n, "most", 7)
	default:
		m.Scheme = "sequential"
	}
	for i := 1; i <= n; i++ {
		m.Classes = append(m.Classes, r.label(res.Method, i))
	}
	if n == 0 {
		var values []float64
		for _, o := range res.Outcomes {
			if o.Eligible && o.Index.Known() {
				values = append(values, float64(o.Index))
			}
		}
		if len(values) == 0 {
			return Part{}, kernel.E(kernel.Invalid, "report.index.withheld")
		}
		slices.Sort(values)
		distinct := len(slices.Compact(slices.Clone(values)))
		cuts, err := classify.Make(values, classify.Options{Method: classify.FisherJenks, Classes: min(5, distinct)})
		if err != nil {
			return Part{}, err
		}
		m.Classes = r.classTexts(cuts, scale{decimals: res.Method.Rounding})
		class = func(o analysis.Outcome) int { return cuts.Class(float64(o.Index)) }
	}
	counts := make([]int, len(m.Classes))
	without := 0
	for _, o := range res.Outcomes {
		a := MapArea{Key: o.Key, Name: o.Name, Class: class(o) - 1}
		switch {
		case !o.Eligible:
			a.None, a.Class, a.Value = noneNotAssessed, -1, r.reason(o)
		case a.Class < 0:
			a.None, a.Value = noneSuppressed, r.w.T("report.missing.suppressed")
		default:
			a.Value = m.Classes[a.Class]
			if o.DynamicClass != "" {
				a.Value = r.w.T("report.index.value", "status", a.Value, "dynamic", r.dynamic(o.DynamicClass))
				m.Signs = [2]string{r.w.T("report.dynamic.sign.plus"), r.w.T("report.dynamic.sign.minus")}
				if o.DynamicClass != "+/-" {
					a.Sign = o.DynamicClass
				}
			}
			if o.Attention {
				a.Thick, m.Outlined = true, r.w.T("report.col.attention")
			}
			counts[a.Class]++
		}
		if a.None != "" {
			m.Specials[a.None] = r.w.T("report.special." + a.None)
			without++
		}
		m.Areas = append(m.Areas, a)
	}
	text := r.indexFinding(m.Classes, counts, without)
	return Part{
		Kind: MapPart, Map: m, Text: text, Facts: r.indexFacts(res),
		Title: title(c, r.w.T("report.title.one", "name", name, "period", r.w.Period(res.Period))),
		Alt:   alt(c, r.w.T("report.alt.map", "level", r.level(res.Edition), "n", len(res.Outcomes), "finding", text)),
		Table: r.outcomeTable(res),
	}, nil
}

func (r *resolver) indexFinding(classes []string, counts []int, without int) string {
	parts := make([]string, 0, len(classes))
	for i, name := range classes {
		parts = append(parts, r.w.T("report.index.count", "n", counts[i], "class", name))
	}
	text := r.w.T("report.index.finding", "counts", r.w.List(parts))
	if without > 0 {
		text += " " + r.w.T("report.index.without", "n", without)
	}
	return text
}

func (r *resolver) dynamic(label string) string {
	switch label {
	case "+":
		return r.w.T("report.dynamic.plus")
	case "-":
		return r.w.T("report.dynamic.minus")
	case "":
		return "–"
	}
	return r.w.T("report.dynamic.even")
}

// course is dynamic in one word, for tables.
func (r *resolver) course(label string) string {
	switch label {
	case "+":
		return r.w.T("report.dynamic.short.plus")
	case "-":
		return r.w.T("report.dynamic.short.minus")
	case "":
		return "–"
	}
	return r.w.T("report.dynamic.short.even")
}

// outcomeTable lists the areas by key with status, dynamics and how near they are to another class.
func (r *resolver) outcomeTable(res *analysis.Result) *Table {
	dynamic := slices.ContainsFunc(res.Outcomes, func(o analysis.Outcome) bool { return o.DynamicClass != "" })
	values := slices.ContainsFunc(res.Outcomes, func(o analysis.Outcome) bool { return o.Index.Known() })
	near := slices.ContainsFunc(res.Outcomes, func(o analysis.Outcome) bool { return o.Distance.Known() })
	sure := slices.ContainsFunc(res.Outcomes, func(o analysis.Outcome) bool { return len(o.Probability) > 0 && o.Class > 0 })
	attention := len(res.Method.AttentionRule) > 0
	s := scale{decimals: cmp.Or(res.Method.Rounding, 2)}
	tab := &Table{Columns: []Column{{Text: r.level(res.Edition)}, {Text: r.w.T("report.col.status")}}}
	if dynamic {
		tab.Columns = append(tab.Columns, Column{Text: r.w.T("report.col.dynamic")})
	}
	if attention {
		tab.Columns = append(tab.Columns, Column{Text: r.w.T("report.col.attention")})
	}
	if values {
		tab.Columns = append(tab.Columns, Column{Text: r.w.T("report.col.index"), Numeric: true})
	}
	if near {
		tab.Columns = append(tab.Columns, Column{Text: r.w.T("report.col.distance"), Numeric: true})
	}
	if sure {
		tab.Columns = append(tab.Columns, Column{Text: r.w.T("report.col.sure"), Unit: "%", Numeric: true})
	}
	number := func(v analysis.Number, decimals int) Cell {
		return r.number(float64(v), indicator.Suppressed, scale{decimals: decimals})
	}
	for _, o := range res.Outcomes {
		status := r.reason(o)
		if o.Eligible {
			status = r.label(res.Method, o.Class)
			if o.Class == 0 {
				status = "–"
			}
		}
		row := []Cell{{Text: r.areaName(o.Key, o.Name)}, {Text: status}}
		blank := Cell{Text: "–", Number: none()}
		if dynamic {
			row = append(row, Cell{Text: r.course(o.DynamicClass)})
		}
		if attention {
			yes := "–"
			if o.Attention {
				yes = r.w.T("report.yes")
			}
			row = append(row, Cell{Text: yes})
		}
		for _, col := range []struct {
			on bool
			v  analysis.Number
			d  int
		}{{values, o.Index, s.decimals}, {near, o.Distance, s.decimals}, {sure, probability(o), 0}} {
			switch {
			case !col.on:
			case !o.Eligible:
				row = append(row, blank)
			default:
				row = append(row, number(col.v, col.d))
			}
		}
		tab.Rows = append(tab.Rows, row)
	}
	return tab
}

// probability is how often, in per cent, an area kept its class in the draws with changed weights.
func probability(o analysis.Outcome) analysis.Number {
	if o.Class < 1 || o.Class > len(o.Probability) {
		return none()
	}
	return 100 * o.Probability[o.Class-1]
}

func (r *resolver) indexTable(ctx context.Context, c Call) (Part, error) {
	res, err := r.result(ctx)
	if err != nil {
		return Part{}, err
	}
	name, _ := r.w.Text(res.Method.Title.Text())
	return Part{
		Kind: TablePart, Table: r.outcomeTable(res), Facts: r.indexFacts(res),
		Title: title(c, r.w.T("report.title.one", "name", name, "period", r.w.Period(res.Period))),
	}, nil
}

// scatter sets status against dynamics.
func (r *resolver) scatter(ctx context.Context, c Call) (Part, error) {
	res, err := r.result(ctx)
	if err != nil {
		return Part{}, err
	}
	if t := c.Params["type"]; t != "" && t != "scatter" {
		return Part{}, kernel.E(kernel.Invalid, "report.chart.index")
	}
	sc := &ScatterData{XName: r.w.T("report.col.status"), YName: r.w.T("report.col.dynamic")}
	tab := &Table{Columns: []Column{{Text: r.level(res.Edition)}, {Text: sc.XName, Numeric: true}, {Text: sc.YName, Numeric: true}}}
	d := cmp.Or(res.Method.Rounding, 2)
	for _, o := range res.Outcomes {
		if !o.Eligible || !o.Index.Known() || !o.DynamicIndex.Known() {
			continue
		}
		sc.Dots = append(sc.Dots, Dot{Name: o.Name, X: o.Index, Y: o.DynamicIndex, Status: o.Class, Dynamic: o.DynamicClass})
		tab.Rows = append(tab.Rows, []Cell{{Text: r.areaName(o.Key, o.Name)}, r.number(float64(o.Index), "", scale{decimals: d}), r.number(float64(o.DynamicIndex), "", scale{decimals: d})})
	}
	if len(sc.Dots) == 0 {
		return Part{}, kernel.E(kernel.NotFound, "report.index.nodynamics")
	}
	for _, v := range res.Method.StatusThresholds {
		sc.XLimits = append(sc.XLimits, Number(v))
	}
	for _, v := range res.Method.DynamicThresholds {
		sc.YLimits = append(sc.YLimits, Number(v))
	}
	if classCount(res.Method) == 4 {
		for i := 1; i <= 4; i++ {
			sc.StatusNames = append(sc.StatusNames, r.label(res.Method, i))
		}
	}
	count := map[string]int{}
	for _, o := range res.Outcomes {
		count[o.DynamicClass]++
	}
	text := r.w.T("report.finding.scatter", "n", len(sc.Dots), "plus", count["+"], "minus", count["-"], "even", count["+/-"], "years", res.Method.LagYears)
	name, _ := r.w.Text(res.Method.Title.Text())
	return Part{
		Kind: ChartPart, Chart: &Chart{Type: "scatter", Decimals: d, Scatter: sc}, Table: tab, Text: text, Facts: r.indexFacts(res),
		Title: title(c, r.w.T("report.title.scatter", "name", name, "period", r.w.Period(res.Period))),
		Alt:   alt(c, r.w.T("report.alt.scatter", "finding", text)),
	}, nil
}

// index tells how the index is made and how many areas and people each class holds.
func (r *resolver) index(ctx context.Context, c Call) (Part, error) {
	res, err := r.result(ctx)
	if err != nil {
		return Part{}, err
	}
	m := res.Method
	name, _ := r.w.Text(m.Title.Text())
	p := Part{Kind: IndexPart, Title: title(c, r.w.T("report.title.index", "name", name)), Facts: r.indexFacts(res)}
	inputs := Terms{Title: r.w.T("report.index.inputs")}
	for _, i := range m.Indicators {
		ind, err := r.indicator(i.Key)
		if err != nil {
			return Part{}, err
		}
		n, _ := r.w.Text(ind.Current().Name)
		direction := r.w.T("report.index.burden")
		if i.Direction < 0 {
			direction = r.w.T("report.index.relief")
		}
		inputs.Items = append(inputs.Items, Definition{Term: n, Text: r.w.T("report.index.weight", "direction", direction, "weight", r.w.Number(i.Weight, -1))})
	}
	rules := Terms{Title: r.w.T("report.index.rules")}
	rule := func(key string, kv ...any) {
		rules.Items = append(rules.Items, Definition{Term: r.w.T("report.index.rule." + key), Text: r.w.T("report.index.rule."+key+".text", kv...)})
	}
	if note, _ := r.w.Text(m.Note.Text()); note != "" {
		rules.Items = append(rules.Items, Definition{Term: r.w.T("report.index.rule.note"), Text: note})
	}
	rule("standardise", "how", r.w.T("report.index.standardise."+m.Standardise), "aggregate", r.w.T("report.index.aggregate."+m.Aggregate))
	if m.Restandardise {
		rule("again")
	}
	if len(m.StatusThresholds) > 0 {
		limits := make([]string, len(m.StatusThresholds))
		for i, v := range m.StatusThresholds {
			limits[i] = r.w.Number(v, -1)
		}
		rule("classes", "n", classCount(m), "limits", r.w.List(limits))
	}
	if m.LagYears > 0 && len(m.DynamicThresholds) == 2 {
		rule("dynamic", "n", m.LagYears, "low", r.w.Number(m.DynamicThresholds[0], -1), "high", r.w.Number(m.DynamicThresholds[1], -1))
	}
	if m.MinPopulation > 0 {
		rule("population", "n", int(m.MinPopulation))
	}
	if len(m.AttentionRule) > 0 {
		rule("attention", "groups", strings.Join(m.AttentionRule, ", "))
	}
	if res.Draws > 0 {
		rule("draws", "n", res.Draws)
	}
	if m.Status != analysis.Verified {
		rule("status", "status", r.w.T("report.index.status."+string(m.Status)))
	}
	p.Blocks = []Terms{inputs, rules}
	if p.Table, err = r.classTable(ctx, res); err != nil {
		return Part{}, err
	}
	return p, nil
}

// classTable counts areas and inhabitants by class: absolute numbers beside the index.
func (r *resolver) classTable(ctx context.Context, res *analysis.Result) (*Table, error) {
	n := classCount(res.Method)
	if n == 0 {
		return nil, nil
	}
	tab := &Table{Columns: []Column{{Text: r.w.T("report.col.status")}, {Text: r.w.T("report.col.areas"), Numeric: true}}}
	people := map[string]float64{}
	have := false
	if q, err := r.period(Call{}, population, res.Edition); err == nil {
		t, err := r.read(ctx, population, res.Edition, q)
		if err != nil {
			return nil, err
		}
		have = true
		for i, ar := range t.Areas {
			people[ar.Key] = t.Figures[i].Value
		}
		tab.Columns = append(tab.Columns, Column{Text: r.w.T("report.col.people"), Numeric: true}, Column{Text: r.w.T("report.col.share"), Unit: "%", Numeric: true})
	}
	counts, sums, all := make([]int, n+1), make([]float64, n+1), 0.0
	for _, o := range res.Outcomes {
		k := 0
		if o.Eligible {
			k = o.Class
		}
		counts[k]++
		sums[k] += people[o.Key]
		all += people[o.Key]
	}
	row := func(name string, k int) {
		cells := []Cell{{Text: name}, r.number(float64(counts[k]), "", scale{count: true})}
		if have {
			cells = append(cells, r.number(sums[k], indicator.Unknown, scale{count: true}), r.number(100*sums[k]/all, indicator.Unknown, scale{decimals: 1}))
		}
		tab.Rows = append(tab.Rows, cells)
	}
	for k := 1; k <= n; k++ {
		row(r.label(res.Method, k), k)
	}
	if counts[0] > 0 {
		row(r.w.T("report.special.notassessed"), 0)
	}
	total := []Cell{{Text: r.town}, r.number(float64(len(res.Outcomes)), "", scale{count: true})}
	if have {
		total = append(total, r.number(all, indicator.Unknown, scale{count: true}), r.number(100, "", scale{decimals: 1}))
	}
	tab.Rows, tab.Total = append(tab.Rows, total), true
	return tab, nil
}

// standing is an area's place in the index, for its profile.
func (r *resolver) standing(res *analysis.Result, o analysis.Outcome) []Definition {
	if !o.Eligible {
		return []Definition{{Term: r.w.T("report.col.status"), Text: fmt.Sprint(r.w.T("report.special.notassessed"), ": ", r.reason(o))}}
	}
	var list []Definition
	if o.Class > 0 {
		text := r.label(res.Method, o.Class)
		if o.Distance.Known() {
			text = r.w.T("report.profile.distance", "class", text, "distance", r.w.Number(math.Abs(float64(o.Distance)), 2))
		}
		list = append(list, Definition{Term: r.w.T("report.col.status"), Text: text})
		if p := probability(o); p.Known() {
			list = append(list, Definition{Term: r.w.T("report.col.sure"), Text: r.w.Percent(float64(p), 0)})
		}
	}
	if o.DynamicClass != "" {
		list = append(list, Definition{Term: r.w.T("report.col.dynamic"), Text: r.dynamic(o.DynamicClass)})
	}
	return list
}
