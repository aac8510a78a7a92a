// SPDX-License-Identifier: EUPL-1.2

package analysis

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/kupferfaden/kupferfaden/internal/area"
	"github.com/kupferfaden/kupferfaden/internal/indicator"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/release"
	"github.com/kupferfaden/kupferfaden/stat"
	"github.com/kupferfaden/kupferfaden/stat/index"
)

// Reasons why an area is not assessed; "missing:KEY" names the indicator without a figure.
const (
	ReasonExcluded     = "excluded"
	ReasonNoPopulation = "population_unknown"
	ReasonPopulation   = "population_below_minimum"
	ReasonMissing      = "missing:"
)

// Roles of pins beside the indicators' keys.
const (
	population = "population"
	atEarlier  = "@earlier"
)

// figures reads tables behind the gate.
type figures interface {
	Figures(ctx context.Context, q release.Query) (*release.Table, error)
	Indicator(key string) (indicator.Indicator, error)
}

// inputs is everything a run reads, in the order of the areas.
type inputs struct {
	areas      []area.Area
	columns    []*release.Table // at the period, per indicator
	earlier    []*release.Table // at the period minus the lag; nil where changes were delivered or there are none
	population *release.Table
	popEarlier *release.Table
	dynamics   bool // the change of every indicator is known
	pins       []Pin
	warnings   []kernel.Finding
}

// reader fetches the tables of a run and notes them as pins.
type reader struct {
	view    figures
	edition area.Edition
	pins    []Pin // of a run to repeat; nil for a new one
	in      *inputs
}

// get reads the figures of a period. Where an office counts for the whole year and not for its last day, or the other way round, it takes those and
// says so. It fails with NotFound where there are none.
func (r *reader) get(ctx context.Context, role, key string, version int, period kernel.Period) (*release.Table, error) {
	q := release.Query{Indicator: key, Version: version, EditionID: r.edition.ID, Period: period}
	if r.pins != nil {
		n := slices.IndexFunc(r.pins, func(p Pin) bool { return p.Role == role })
		if n < 0 {
			return nil, kernel.E(kernel.NotFound, "run.notpinned", "role", role)
		}
		q.Version, q.SliceID, q.Pin = r.pins[n].Version, r.pins[n].SliceID, r.pins[n].Deliveries
	}
	t, err := r.view.Figures(ctx, q)
	if kernel.KindOf(err) == kernel.NotFound && err != nil && r.pins == nil {
		q.Period = otherForm(period)
		if other, e := r.view.Figures(ctx, q); e == nil {
			t, err = other, nil
			r.warn("run.period", "indicator", key, "period", q.Period.String(), "instead", period.String())
		}
	}
	if err != nil {
		return nil, err
	}
	r.in.pins = append(r.in.pins, Pin{Role: role, SliceID: t.SliceID, Version: t.Version.Version, Deliveries: t.Pin, Hash: hashTable(t)})
	return t, nil
}

// otherForm is the last day of an interval, and the year that ends with a day.
func otherForm(p kernel.Period) kernel.Period {
	if !p.IsDate() {
		return kernel.On(p.To)
	}
	return kernel.Period{From: kernel.Date(p.To.AddYears(-1).Time().AddDate(0, 0, 1).Format("2006-01-02")), To: p.To}
}

func (r *reader) warn(code string, kv ...any) {
	r.in.warnings = append(r.in.warnings, kernel.Finding{Code: code, Outcome: kernel.Warn, Params: kernel.Params(kv...)})
}

// read fetches the tables of a run. pins, when given, are those of a run to repeat.
func read(ctx context.Context, v figures, m Method, edition area.Edition, period kernel.Period, pins []Pin) (*inputs, error) {
	r := &reader{view: v, edition: edition, pins: pins, in: &inputs{}}
	in := r.in
	var missing []kernel.Finding
	must := func(role, key string) (*release.Table, error) {
		t, err := r.get(ctx, role, key, 0, period)
		if err != nil && kernel.KindOf(err) == kernel.NotFound {
			missing = append(missing, kernel.Finding{
				Code: "run.nofigures", Outcome: kernel.RefuseFile, Params: kernel.Params("indicator", key, "period", period.String(),
					"level", edition.Level.Key, "edition", edition.Key),
			})
			return nil, nil
		}
		return t, err
	}
	for _, i := range m.Indicators {
		t, err := must(i.Key, i.Key)
		if err != nil {
			return nil, err
		}
		in.columns = append(in.columns, t)
	}
	if m.MinPopulation > 0 || m.weighted() {
		var err error
		if in.population, err = must(population, m.PopulationIndicator); err != nil {
			return nil, err
		}
	}
	if len(missing) > 0 {
		return nil, &kernel.Error{Kind: kernel.Invalid, Key: "run.incomplete", Findings: missing}
	}
	in.areas = in.columns[0].Areas
	in.earlier = make([]*release.Table, len(in.columns))
	if m.LagYears == 0 || len(m.DynamicThresholds) == 0 {
		return in, nil
	}
	return in, r.readEarlier(ctx, m)
}

// readEarlier fetches what the dynamics start from. What is missing there costs the dynamics, not the run.
func (r *reader) readEarlier(ctx context.Context, m Method) error {
	in := r.in
	optional := func(role, key string, version int, now *release.Table) (*release.Table, kernel.Period, error) {
		before := now.Period.AddYears(-m.LagYears)
		t, err := r.get(ctx, role+atEarlier, key, version, before)
		if k := kernel.KindOf(err); err != nil && (k == kernel.NotFound || k == kernel.Invalid) {
			return nil, before, nil
		}
		return t, before, err
	}
	if in.population != nil && m.MinPopulation > 0 && m.MinPopScope == "any_date" {
		t, before, err := optional(population, m.PopulationIndicator, 0, in.population)
		if err != nil {
			return err
		}
		if in.popEarlier = t; t == nil {
			r.warn("run.population.earlier", "indicator", m.PopulationIndicator, "period", before.String())
		}
	}
	city := m.Reference == "city_value"
	in.dynamics = true
	for k, t := range in.columns {
		if hasChange(t) && !city { // delivered changes know nothing of the town's
			continue
		}
		e, before, err := optional(m.Indicators[k].Key, m.Indicators[k].Key, t.Version.Version, t)
		if err != nil {
			return err
		}
		if e == nil || city && !e.Total.Shown() {
			r.warn("run.nodynamics", "indicator", t.Indicator.Key, "period", before.String(), "version", t.Version.Version)
			in.dynamics = false
			continue
		}
		in.earlier[k] = e
	}
	return nil
}

func hasChange(t *release.Table) bool {
	return slices.ContainsFunc(t.Figures, func(f release.Figure) bool { return !math.IsNaN(f.Change) })
}

// weighted tells whether the population enters the numbers themselves.
func (m Method) weighted() bool { return m.SD == "weighted" || m.Reference == "weighted_mean" }

// eligibility says for each area whether it is assessed by the rules on population and exclusions, and why not.
func (in *inputs) eligibility(m Method, excluded map[string]bool) (ok []bool, reason []string) {
	ok, reason = make([]bool, len(in.areas)), make([]string, len(in.areas))
	small := func(t *release.Table, i int) string {
		switch {
		case t == nil:
			return ""
		case !t.Figures[i].Shown():
			return ReasonNoPopulation
		case t.Figures[i].Value < m.MinPopulation:
			return ReasonPopulation
		}
		return ""
	}
	for i, a := range in.areas {
		switch {
		case excluded[a.Key]:
			reason[i] = ReasonExcluded
		case small(in.population, i) != "":
			reason[i] = small(in.population, i)
		default:
			reason[i] = small(in.popEarlier, i)
		}
		ok[i] = reason[i] == ""
	}
	return ok, reason
}

// status is the library's input for the level of the indicators.
func (in *inputs) status(m Method, eligible []bool) (index.Input, error) {
	x := index.Input{Eligible: eligible}
	for _, t := range in.columns {
		values, states := column(t, func(f release.Figure) float64 { return f.Value })
		x.Values, x.States = append(x.Values, values), append(x.States, states)
		if m.Reference == "city_value" {
			if !t.Total.Shown() {
				return x, kernel.E(kernel.Invalid, "run.nocity", "indicator", t.Indicator.Key, "period", t.Period.String())
			}
			x.City = append(x.City, t.Total.Value)
		}
	}
	if in.population != nil {
		x.Population, _ = column(in.population, func(f release.Figure) float64 { return f.Value })
		for i, v := range x.Population {
			if math.IsNaN(v) {
				x.Population[i] = 0
			}
		}
	}
	return x, nil
}

// change is the library's input for the dynamics of the assessed areas: delivered changes where there are, else the difference to the earlier period in the same
// definition. Delivered changes say "high is worse" already, so they are turned once more where high values of the indicator are a relief.
func (in *inputs) change(n index.Method, now index.Input, assessed []bool) index.Input {
	x := index.Input{Eligible: assessed, Population: now.Population}
	for k, t := range in.columns {
		if in.earlier[k] == nil {
			sign := float64(n.Indicators[k].Direction)
			values, states := column(t, func(f release.Figure) float64 { return sign * f.Change })
			x.Values, x.States = append(x.Values, values), append(x.States, states)
			continue
		}
		before, states := column(in.earlier[k], func(f release.Figure) float64 { return f.Value })
		delta := make([]float64, len(before))
		for i := range before {
			if now.States[k][i] != stat.Number {
				states[i] = now.States[k][i]
			}
			delta[i] = now.Values[k][i] - before[i]
		}
		x.Values, x.States = append(x.Values, delta), append(x.States, states)
		if now.City != nil {
			x.City = append(x.City, now.City[k]-in.earlier[k].Total.Value)
		}
	}
	return x
}

func column(t *release.Table, of func(release.Figure) float64) ([]float64, []stat.State) {
	values, states := make([]float64, len(t.Figures)), make([]stat.State, len(t.Figures))
	for i, f := range t.Figures {
		values[i] = of(f)
		if math.IsNaN(values[i]) {
			states[i] = stat.Missing
			if f.Flag == indicator.Suppressed {
				states[i] = stat.Secret
			}
		}
	}
	return values, states
}

// compute runs the method on what was read.
func compute(ctx context.Context, m Method, in *inputs, excluded []Exclusion, draws int, seed uint64) ([]Outcome, Summary, error) {
	n, err := m.numeric()
	if err != nil {
		return nil, Summary{}, err
	}
	skip := map[string]bool{}
	for _, e := range excluded {
		skip[e.Area] = true
	}
	eligible, reason := in.eligibility(m, skip)
	now, err := in.status(m, eligible)
	if err != nil {
		return nil, Summary{}, err
	}
	status, err := index.Compute(n, now)
	if err != nil {
		return nil, Summary{}, explain(err, in, "status")
	}
	var dynamics *index.Result
	if in.dynamics {
		if dynamics, err = index.Dynamics(n, in.change(n, now, status.Assessed)); err != nil {
			return nil, Summary{}, explain(err, in, "dynamics")
		}
	}
	combined, err := index.Combine(n, status, dynamics)
	if err != nil {
		return nil, Summary{}, err
	}
	outcomes := make([]Outcome, len(in.areas))
	for i, a := range in.areas {
		o := Outcome{AreaID: a.ID, Key: a.Key, Name: a.Name, Eligible: status.Assessed[i], Reason: reason[i]}
		for k := range in.columns {
			o.Values = append(o.Values, Number(now.Values[k][i]))
			o.Contributions = append(o.Contributions, Number(status.Contribution(k, i)))
			if o.Reason == "" && !o.Eligible && now.States[k][i] != stat.Number {
				o.Reason = ReasonMissing + m.Indicators[k].Key
			}
		}
		o.Sum, o.Index, o.Class, o.Distance = Number(status.Sum[i]), Number(status.Index[i]), status.Class[i], Number(status.Distance[i])
		o.DynamicSum, o.DynamicIndex = Number(math.NaN()), Number(math.NaN())
		if dynamics != nil {
			o.DynamicSum, o.DynamicIndex = Number(dynamics.Sum[i]), Number(dynamics.Index[i])
			o.DynamicClass = n.DynamicLabel(dynamics.Class[i])
		}
		o.Group, o.Attention = combined[i].Group, combined[i].Attention
		o.RankMedian, o.RankLow, o.RankHigh = Number(math.NaN()), Number(math.NaN()), Number(math.NaN())
		outcomes[i] = o
	}
	sum := summarise(in, status, dynamics, outcomes)
	if draws > 0 {
		if err := robust(ctx, n, now, outcomes, &sum, draws, seed); err != nil {
			return nil, Summary{}, explain(err, in, "robustness")
		}
	}
	return outcomes, sum, nil
}

func summarise(in *inputs, status, dynamics *index.Result, outcomes []Outcome) Summary {
	s := Summary{Areas: len(outcomes), SumMean: Number(status.SumMean), SumSD: Number(status.SumSD), Counts: status.Counts, Warnings: in.warnings}
	for _, c := range status.Columns {
		s.Columns = append(s.Columns, ColumnSummary{Key: c.Key, Reference: Number(c.Reference), SD: Number(c.SD), Min: Number(c.Min), Max: Number(c.Max)})
	}
	if dynamics != nil {
		s.Dynamic, s.Groups = map[string]int{}, map[string]int{}
	}
	for _, o := range outcomes {
		if o.Eligible {
			s.Eligible++
		}
		if o.Attention {
			s.Attention++
		}
		if o.DynamicClass != "" {
			s.Dynamic[o.DynamicClass]++
		}
		if o.Group != "" && s.Groups != nil {
			s.Groups[o.Group]++
		}
	}
	return s
}

// explain turns the library's errors into sentences with area keys.
func explain(err error, in *inputs, step string) error {
	var constant *index.ConstantError
	var domain *index.DomainError
	var few *index.TooFewError
	switch {
	case errors.As(err, &constant):
		return &kernel.Error{Kind: kernel.Invalid, Key: "run.constant", Params: kernel.Params("indicator", constant.Indicator, "step", step), Err: err}
	case errors.As(err, &domain) && domain.Area < len(in.areas):
		return &kernel.Error{
			Kind: kernel.Invalid, Key: "run.domain", Params: kernel.Params("indicator", domain.Indicator, "area", in.areas[domain.Area].Key), Err: err,
		}
	case errors.As(err, &few):
		return &kernel.Error{Kind: kernel.Invalid, Key: "run.toofew", Params: kernel.Params("count", few.Assessed, "step", step), Err: err}
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	}
	return &kernel.Error{Kind: kernel.Invalid, Key: "run.failed", Params: kernel.Params("detail", err.Error()), Err: err}
}

func hashTable(t *release.Table) string {
	h := sha256.New()
	fmt.Fprintf(h, "%s %d %s\n", t.Indicator.Key, t.Version.Version, t.Period)
	var b [16]byte
	for i, f := range t.Figures {
		h.Write([]byte(t.Areas[i].Key))
		binary.BigEndian.PutUint64(b[:8], math.Float64bits(f.Value))
		binary.BigEndian.PutUint64(b[8:], math.Float64bits(f.Change))
		h.Write(b[:])
	}
	return hex.EncodeToString(h.Sum(nil))
}

// hashRun identifies everything that decides the digits of a run.
func hashRun(m Method, edition area.Edition, period kernel.Period, excluded []Exclusion, pins []Pin, draws int, seed uint64) string {
	h := sha256.New()
	fmt.Fprintf(h, "%s\n%s %s %s\n%d %d\n", m.Hash(), edition.Level.Key, edition.Key, period, draws, seed)
	for _, e := range excluded {
		fmt.Fprintln(h, e.Area)
	}
	for _, p := range pins {
		fmt.Fprintln(h, p.Role, p.Hash)
	}
	return hex.EncodeToString(h.Sum(nil))
}
