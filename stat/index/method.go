// SPDX-License-Identifier: EUPL-1.2

// Package index computes composite indices of areas from several indicators, as towns do to see where living conditions press most.
//
// The result says for each area how far it stands from the others, never how its people are. A method is data: each convention that towns
// differ in (which mean, which standard deviation, which ties, whether the sum is standardised again) is a named field. Higher always means
// more of what the directions point to, usually burden. Nothing is rounded before it is compared with a class limit. An indicator that does
// not vary is an error that names it, never a column of NaN. NaN in a result means only that the area has no such value.
//
// Sources: OECD/JRC, Handbook on Constructing Composite Indicators (2008); Monitoring Soziale Stadtentwicklung Berlin; English Indices of
// Deprivation 2019, technical report.
package index

import (
	"fmt"
	"math"

	"github.com/kupferfaden/kupferfaden/stat/rank"
)

// Method is the numeric part of an index method.
type Method struct {
	Indicators []Indicator
	// Reference is what an area is compared with by z scores; other standardisations take MeanOfAreas.
	Reference Reference
	// SD is the spread of z scores and of the second standardisation.
	SD          SD
	Standardise Standardise
	// Ties is needed by the standardisations that use ranks.
	Ties      rank.Ties
	Aggregate Aggregate
	// Restandardise subtracts the mean of the aggregate and divides by its spread. Without it limits mean something else entirely.
	Restandardise bool
	// Invert turns the aggregate s into 1-s, for scores on 0..1 that shall point the other way.
	Invert bool
	// Scale multiplies the index at the end; 0 stands for 1.
	Scale   float64
	Missing MissingPolicy
	Status  Limits
	Dynamic Limits
	// DynamicLabels name the classes of the dynamics; empty stands for +, +/-, - where there are three.
	DynamicLabels []string
	Attention     []AttentionRule
}

// Indicator is one column of the index.
type Indicator struct {
	Key string
	// Weight is taken as published: 99.9 is not repaired to 100.
	Weight float64
	// Direction is +1 where a high value means more burden, -1 where it means less.
	Direction int
	Transform Transform
	// Winsor is the share cut on each side by the transform Winsor, below one half.
	Winsor float64
}

// Transform is applied to an indicator before it is standardised.
type Transform string

// Transforms; the empty one is None.
const (
	None   Transform = "none"
	Log    Transform = "log"    // natural logarithm, values must be positive
	Sqrt   Transform = "sqrt"   // values must not be negative
	Winsor Transform = "winsor" // values beyond the type 7 quantiles p and 1-p take their value
)

// Reference is the point that z scores measure from.
type Reference string

// References.
const (
	MeanOfAreas  Reference = "mean_of_areas" // unweighted mean over the assessed areas
	CityValue    Reference = "city_value"    // the rate of the whole town, given with the input
	WeightedMean Reference = "weighted_mean" // mean weighted by population
)

// SD is the kind of standard deviation.
type SD string

// Standard deviations.
const (
	Population SD = "population" // divides by n; Berlin's published classes prove it
	Sample     SD = "sample"     // divides by n-1
	Weighted   SD = "weighted"   // weighted by population, about the weighted mean
)

// Standardise says how indicators become comparable.
type Standardise string

// Standardisations. All point upward with burden.
const (
	Z              Standardise = "z"
	MinMax         Standardise = "minmax"          // 0..1 over the assessed areas
	Rank           Standardise = "rank"            // 1..n
	PercentileRank Standardise = "percentile_rank" // (rank-1)/(n-1)
	IMDExponential Standardise = "imd_exponential" // -23·ln(1-R·(1-exp(-100/23))), R the share of areas at most as deprived
	RobustMAD      Standardise = "robust_mad"      // (x-median)/(1.4826·MAD)
)

// Aggregate says how standardised indicators become one figure.
type Aggregate string

// Aggregates. The last two need positive values.
const (
	Sum       Aggregate = "sum"       // Σwz
	Mean      Aggregate = "mean"      // Σwz/Σw
	Geometric Aggregate = "geometric" // exp(Σw·ln z/Σw)
	Harmonic  Aggregate = "harmonic"  // Σw/Σ(w/z)
)

// MissingPolicy says what happens where an area lacks a value. Nothing is ever imputed.
type MissingPolicy struct {
	Kind MissingKind
	// MinAreas is the least number of areas an indicator must have under ExcludeIndicator.
	MinAreas int
	// MinShare is the least share of the weights an area must have under ImputeNone.
	MinShare float64
}

// MissingKind names a policy.
type MissingKind string

// Policies.
const (
	ExcludeArea      MissingKind = "exclude_area"         // an area without all values is not assessed
	ExcludeIndicator MissingKind = "exclude_indicator_if" // an indicator of fewer than MinAreas areas is left out, then as ExcludeArea
	ImputeNone       MissingKind = "impute_none"          // an area is assessed by what it has, weights enlarged in proportion
)

// AttentionRule marks areas of special need: a status class together with dynamics classes by label, any where there are none.
type AttentionRule struct {
	Status   int
	Dynamics []string
}

// Limits cut an index into classes 1..k.
type Limits struct {
	// Values ascend; k-1 of them make k classes. A value at a limit belongs to the side of Middle.
	Values []float64
	// Middle is the class that limits lean to; 0 stands for the class that holds zero, which is "mittel" where limits are multiples of the
	// standard deviation. With all limits positive every class includes its upper limit.
	Middle int
	// Groups, instead of Values, cuts into that many groups of equally many areas (equal values stay together).
	Groups int
}

// Classes returns the number of classes, 0 where there are no limits.
func (l Limits) Classes() int {
	switch {
	case l.Groups > 0:
		return l.Groups
	case len(l.Values) > 0:
		return len(l.Values) + 1
	}
	return 0
}

// Class returns the class 1..k of v by Values; 0 for NaN and where there are no Values.
func (l Limits) Class(v float64) int {
	if len(l.Values) == 0 || v != v {
		return 0
	}
	c, middle := 1, l.middle()
	for i, limit := range l.Values {
		if v > limit || v == limit && i+1 < middle {
			c++
		}
	}
	return c
}

// Distance returns how far v is from the nearest of Values, NaN where there are none.
func (l Limits) Distance(v float64) float64 {
	d := math.NaN()
	for _, limit := range l.Values {
		if e := math.Abs(v - limit); !(e >= d) {
			d = e
		}
	}
	return d
}

func (l Limits) middle() int {
	if l.Middle > 0 {
		return l.Middle
	}
	c := 1
	for _, limit := range l.Values {
		if limit < 0 {
			c++
		}
	}
	return c
}

func (l Limits) validate(field string) error {
	if l.Groups != 0 && (l.Groups < 2 || len(l.Values) > 0) {
		return &MethodError{field, "groups must be at least 2 and stand without limit values"}
	}
	for i, v := range l.Values {
		if math.IsNaN(v) || math.IsInf(v, 0) || i > 0 && v <= l.Values[i-1] {
			return &MethodError{field, fmt.Sprintf("limits must be finite and ascend; number %d is %v", i+1, v)}
		}
	}
	if l.Middle < 0 || l.Middle > l.Classes() {
		return &MethodError{field, fmt.Sprintf("the middle class %d is none of %d classes", l.Middle, l.Classes())}
	}
	return nil
}

// DynamicLabel returns the label of a dynamics class from 1, the empty string for class 0.
func (m Method) DynamicLabel(class int) string {
	if class == 0 {
		return ""
	}
	if l := m.dynamicLabels(); class <= len(l) {
		return l[class-1]
	}
	return fmt.Sprint(class)
}

func (m Method) dynamicLabels() []string {
	if len(m.DynamicLabels) == 0 && m.Dynamic.Classes() == 3 {
		return []string{"+", "+/-", "-"}
	}
	return m.DynamicLabels
}

// Validate returns a MethodError that names the first field at fault.
func (m Method) Validate() error {
	if len(m.Indicators) == 0 {
		return &MethodError{"indicators", "a method needs at least one indicator"}
	}
	seen := make(map[string]bool, len(m.Indicators))
	total := 0.0
	for _, ind := range m.Indicators {
		if err := ind.validate(seen); err != nil {
			return err
		}
		seen[ind.Key] = true
		total += ind.Weight
	}
	if !(total > 0) || math.IsInf(total, 0) {
		return &MethodError{"indicators", "the weights must have a positive sum"}
	}
	if err := m.validateScale(); err != nil {
		return err
	}
	switch m.Missing.Kind {
	case ExcludeArea:
	case ExcludeIndicator:
		if m.Missing.MinAreas < 2 {
			return &MethodError{"missing_policy", "exclude_indicator_if needs a least number of areas of at least 2"}
		}
	case ImputeNone:
		if !(m.Missing.MinShare > 0 && m.Missing.MinShare <= 1) {
			return &MethodError{"missing_policy", "impute_none needs the least share of weights an area must have, above 0 and at most 1"}
		}
	default:
		return unknown("missing_policy", string(m.Missing.Kind))
	}
	if err := m.Status.validate("status_limits"); err != nil {
		return err
	}
	if err := m.Dynamic.validate("dynamic_limits"); err != nil {
		return err
	}
	return m.validateLabels()
}

func (ind Indicator) validate(seen map[string]bool) error {
	field := "indicator " + ind.Key
	switch {
	case ind.Key == "":
		return &MethodError{"indicators", "an indicator has no key"}
	case seen[ind.Key]:
		return &MethodError{field, "stands twice"}
	case !(ind.Weight >= 0) || math.IsInf(ind.Weight, 0):
		return &MethodError{field, fmt.Sprintf("the weight %v must be a number not below 0; turn an indicator round by its direction", ind.Weight)}
	case ind.Direction != 1 && ind.Direction != -1:
		return &MethodError{field, fmt.Sprintf("the direction %d must be 1 (high value, more burden) or -1", ind.Direction)}
	}
	switch ind.Transform {
	case "", None, Log, Sqrt:
	case Winsor:
		if !(ind.Winsor > 0 && ind.Winsor < 0.5) {
			return &MethodError{field, fmt.Sprintf("the winsorised share %v must lie between 0 and 0.5", ind.Winsor)}
		}
	default:
		return unknown(field, string(ind.Transform))
	}
	return nil
}

func (m Method) validateScale() error {
	ranked := false
	switch m.Standardise {
	case Z, MinMax, RobustMAD:
	case Rank, PercentileRank, IMDExponential:
		ranked = true
	default:
		return unknown("standardise", string(m.Standardise))
	}
	if ranked && !m.Ties.Valid() {
		return &MethodError{"ties", fmt.Sprintf("%q is unknown; %s needs average, min or max", string(m.Ties), m.Standardise)}
	}
	switch m.Reference {
	case MeanOfAreas:
	case CityValue, WeightedMean:
		if m.Standardise != Z {
			return &MethodError{"reference", fmt.Sprintf("%s is a reference of z scores; %s has its own", m.Reference, m.Standardise)}
		}
	default:
		return unknown("reference", string(m.Reference))
	}
	switch m.SD {
	case Population, Sample, Weighted:
	default:
		return unknown("sd", string(m.SD))
	}
	switch m.Aggregate {
	case Sum, Mean, Geometric, Harmonic:
	default:
		return unknown("aggregate", string(m.Aggregate))
	}
	switch {
	case m.Scale < 0 || m.Scale != m.Scale || math.IsInf(m.Scale, 0):
		return &MethodError{"scale", "must be a positive number"}
	case m.Invert && (m.Aggregate == Sum || m.Restandardise || m.Standardise != MinMax && m.Standardise != PercentileRank):
		return &MethodError{"invert", "1-s needs a mean of scores on 0..1 (minmax, percentile_rank) that is not standardised again"}
	}
	return nil
}

func (m Method) validateLabels() error {
	labels := m.dynamicLabels()
	if len(labels) > 0 && len(labels) != m.Dynamic.Classes() {
		return &MethodError{"dynamic_labels", fmt.Sprintf("%d labels for %d classes", len(labels), m.Dynamic.Classes())}
	}
	for _, r := range m.Attention {
		if r.Status < 1 || r.Status > m.Status.Classes() {
			return &MethodError{"attention", fmt.Sprintf("status class %d is none of %d classes", r.Status, m.Status.Classes())}
		}
		for _, want := range r.Dynamics {
			if !m.hasDynamic(want) {
				return &MethodError{"attention", fmt.Sprintf("there is no dynamics class %q", want)}
			}
		}
	}
	return nil
}

func (m Method) hasDynamic(label string) bool {
	for c := 1; c <= m.Dynamic.Classes(); c++ {
		if m.DynamicLabel(c) == label {
			return true
		}
	}
	return false
}

func unknown(field, value string) error {
	return &MethodError{field, fmt.Sprintf("%q is not a known convention", value)}
}
