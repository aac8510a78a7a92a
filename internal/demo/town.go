// SPDX-License-Identifier: EUPL-1.2

// Package demo makes Kupferstadt, a fictional town of about 57,000 inhabitants with 17 social spaces in five districts: areas, ten years of
// figures, an index and a released report. Everything is drawn from one seed, so that the same seed gives the same town to the last digit; nothing
// of it describes a real place. It is brought in through the same imports a planner uses.
package demo

import (
	"math"
	"math/rand/v2"
)

// Seed of the town that `kupferfaden demo` makes.
const Seed = 1525 // the year brass making came to many towns of this kind

// space is one social space with what drives its figures.
type space struct {
	key, name string
	district  int
	residents float64 // at the first reference date
	growth    float64 // a year
	burden    float64 // latent strain, about -1.3 to 1.9
	drift     float64 // of the burden, a year
	young     float64 // share under 18
	old       float64 // share of 65 and older
	foreign   float64
}

var districts = []string{"Mitte", "Nord", "Ost", "Süd", "West"}

// plan lays down the character of each space; the generator adds noise.
var plan = []space{
	{"0101", "Altstadt", 0, 5210, .002, .7, .02, .15, .17, .29},
	{"0102", "Bahnhofsviertel", 0, 4890, .006, 1.5, .03, .18, .14, .38},
	{"0103", "Hammerwerk", 0, 3960, .004, 1.1, -.05, .19, .15, .31},
	{"0104", "Rathausviertel", 0, 3120, .000, .1, -.02, .13, .23, .18},
	{"0201", "Drahtzieherviertel", 1, 4480, .003, .9, .04, .20, .15, .26},
	{"0202", "Messingsiedlung", 1, 3870, .001, 1.8, .01, .22, .14, .33},
	{"0203", "Galmeihöhe", 1, 2760, -.001, -.4, .00, .16, .24, .10},
	{"0301", "Lindenhof", 2, 3540, .002, -.2, .02, .17, .23, .12},
	{"0302", "Talaue", 2, 2980, .008, .3, -.06, .19, .18, .17},
	{"0303", "Oberdorf", 2, 1890, -.003, -.9, .00, .15, .27, .06},
	{"0401", "Kirchberg", 3, 3310, .001, -.6, .01, .16, .25, .09},
	{"0402", "Wiesengrund", 3, 4120, .009, -.3, -.01, .21, .17, .13},
	{"0403", "Niederdorf", 3, 1640, -.004, -1.0, .00, .14, .29, .05},
	{"0404", "Sonnenhang", 3, 2240, .002, -1.3, -.01, .17, .26, .07},
	{"0501", "Schmelzerfeld", 4, 3680, .002, .8, -.03, .19, .17, .24},
	{"0502", "Am Kupferbach", 4, 2870, .005, -.1, .03, .18, .20, .14},
	{"0503", "Waldsiedlung", 4, 1790, -.002, -1.1, .00, .16, .28, .06},
}

// years of the reference dates, 31 December each.
const (
	firstYear = 2016
	lastYear  = 2025
)

// Figure is one row of a delivery: counts of an indicator in a space at the end of a year.
type Figure struct {
	Indicator   string
	Key         string
	Year        int
	Numerator   float64
	Denominator float64 // NaN for plain counts
}

// state is a space at the end of one year.
type state struct {
	space                                       *space
	year                                        int
	residents, u3, u15, u18, u21                float64
	from15to24, from15to64                      float64
	from65, from80, from5, households, families float64
	burden                                      float64
}

// Figures draws every figure of the starter set: by indicator in the order of rates, then year, then space.
func Figures(seed uint64) []Figure {
	var list []Figure
	for n, r := range rates {
		for year := firstYear; year <= lastYear; year++ {
			if !r.in(year) {
				continue
			}
			year := year
			row := make([]Figure, len(plan))
			for i := range plan {
				s := at(seed, i, year)
				rng := rand.New(rand.NewPCG(seed+uint64(n)*1009, uint64(i)*101+uint64(year)))
				numerator, denominator := r.counts(s, rng)
				row[i] = Figure{Indicator: r.key, Key: plan[i].key, Year: year, Numerator: numerator, Denominator: denominator}
			}
			if r.least > 0 {
				pair(row, r.least)
			}
			list = append(list, row...)
		}
	}
	return list
}

// at computes a space's state; noise is fixed by seed, space and year.
func at(seed uint64, i, year int) state {
	s := &plan[i]
	t := float64(year - firstYear)
	rng := rand.New(rand.NewPCG(seed, uint64(i)*1000+uint64(year)))
	refugees := 0.0
	if year >= 2022 { // arrivals from Ukraine, more where housing was free
		refugees = .012 + .006*s.burden
	}
	n := math.Round(s.residents * .975 * (1 + s.growth*t + refugees + .002*rng.NormFloat64()))
	young, old := s.young+.001*t, s.old+.0015*t
	part := func(share float64) float64 { return math.Round(n * share * (1 + .01*rng.NormFloat64())) }
	st := state{space: s, year: year, residents: n, burden: s.burden + s.drift*t + .05*rng.NormFloat64()}
	st.u18, st.from65 = part(young), part(old)
	st.u3, st.u21, st.from5 = part(young*.165), st.u18+part(young*.17), n-part(young*.28)
	st.from15to24 = part(.05 + young*.33)
	st.from80 = part(old * .31)
	st.u15 = math.Round(st.u18 * .83)
	st.from15to64 = n - st.from65 - st.u15 // the age groups make up the residents, which the catalogue checks
	st.households = math.Round(n / (1.75 + 1.6*young))
	st.families = math.Round(st.households * (.08 + .62*young))
	return st
}

// rate is the recipe of one indicator.
type rate struct {
	key    string
	years  func(year int) bool // nil: every year
	least  float64             // smallest numerator the public may see; see pair
	counts func(s state, rng *rand.Rand) (numerator, denominator float64)
}

func (r rate) in(year int) bool { return r.years == nil || r.years(year) }

// share draws a count out of base whose share is centre at burden 0 and grows or falls with it.
func share(base, centre, slope, noise float64, s state, rng *rand.Rand) (float64, float64) {
	odds := centre / (1 - centre) * math.Exp(slope*s.burden+noise*rng.NormFloat64())
	return math.Min(base, math.Round(base*odds/(1+odds))), base
}

// cycle follows the labour market: good years until 2019, a shock in 2020 and 2021, refugees counted in SGB II since June 2022.
func cycle(year int) float64 {
	return map[int]float64{2016: 1.06, 2017: 1.02, 2018: .97, 2019: .94, 2020: 1.08, 2021: 1.03, 2022: 1.04, 2023: 1.07, 2024: 1.09, 2025: 1.08}[year]
}

var rates = []rate{
	{key: "pop_total", counts: func(s state, _ *rand.Rand) (float64, float64) { return s.residents, math.NaN() }},
	{key: "share_u18", counts: func(s state, _ *rand.Rand) (float64, float64) { return s.u18, s.residents }},
	{key: "share_65plus", counts: func(s state, _ *rand.Rand) (float64, float64) { return s.from65, s.residents }},
	{key: "share_80plus", counts: func(s state, _ *rand.Rand) (float64, float64) { return s.from80, s.residents }},
	{key: "share_foreign", counts: func(s state, rng *rand.Rand) (float64, float64) {
		return share(s.residents, s.space.foreign+.006*float64(s.year-firstYear), 0, .02, s, rng)
	}},
	{key: "single_parent_hh_share", counts: func(s state, rng *rand.Rand) (float64, float64) {
		return share(s.families, .21, .32, .06, s, rng)
	}},
	{key: "residence_5y_share", counts: func(s state, rng *rand.Rand) (float64, float64) {
		return share(s.from5, .66, -.28, .02, s, rng)
	}},
	{key: "migration_balance", counts: func(s state, rng *rand.Rand) (float64, float64) {
		return math.Round(s.residents * (s.space.growth + .003 + .004*rng.NormFloat64())), s.residents
	}},
	{key: "unemp_share", counts: func(s state, rng *rand.Rand) (float64, float64) {
		return share(s.from15to64, .055*cycle(s.year), .52, .04, s, rng)
	}},
	{key: "youth_unemp_share", least: 3, counts: func(s state, rng *rand.Rand) (float64, float64) {
		return share(s.from15to24, .038*cycle(s.year), .55, .12, s, rng)
	}},
	{key: "employment_share", counts: func(s state, rng *rand.Rand) (float64, float64) {
		return share(s.from15to64, .60+.004*float64(s.year-firstYear), -.22, .02, s, rng)
	}},
	{key: "sgb2_rate", counts: func(s state, rng *rand.Rand) (float64, float64) {
		return share(s.residents-s.from65, .092*cycle(s.year), .66, .03, s, rng)
	}},
	{key: "child_poverty_rate", counts: func(s state, rng *rand.Rand) (float64, float64) {
		return share(s.u15, .145*cycle(s.year), .78, .05, s, rng)
	}},
	{key: "old_age_basic_rate", counts: func(s state, rng *rand.Rand) (float64, float64) {
		return share(s.from65, .032+.0012*float64(s.year-firstYear), .72, .07, s, rng)
	}},
	{key: "min_income_rate", counts: func(s state, rng *rand.Rand) (float64, float64) {
		return share(s.residents, .098*cycle(s.year), .62, .03, s, rng)
	}},
	{key: "daycare_u3_rate", counts: func(s state, rng *rand.Rand) (float64, float64) {
		return share(s.u3, .29+.012*float64(s.year-firstYear), -.24, .07, s, rng)
	}},
	{key: "transition_gymnasium", least: 5, counts: func(s state, rng *rand.Rand) (float64, float64) {
		return share(math.Round(s.u18*.056), .41, -.52, .12, s, rng)
	}},
	{key: "hze_rate", least: 10, counts: func(s state, rng *rand.Rand) (float64, float64) {
		return share(s.u21, .034, .5, .1, s, rng)
	}},
	{key: "turnout_local", years: func(y int) bool { return y == 2020 || y == 2025 }, counts: func(s state, rng *rand.Rand) (float64, float64) {
		return share(math.Round((s.residents-s.u18)*.88), .52, -.36, .03, s, rng)
	}},
}

// pair keeps a table publishable while cells are suppressed one by one only: where a district or the town would have a single small numerator or a
// single small complement beside its sum, that cell is raised to the least count. A real office would publish coarser figures instead.
func pair(row []Figure, least float64) {
	small := func(f Figure) bool {
		c := f.Denominator - f.Numerator
		return f.Numerator >= 1 && f.Numerator < least || c >= 1 && c < least
	}
	for d := range districts {
		var hidden []int
		for i := range row {
			if plan[i].district == d && small(row[i]) {
				hidden = append(hidden, i)
			}
		}
		if len(hidden) == 1 {
			f := &row[hidden[0]]
			f.Numerator = math.Min(math.Max(f.Numerator, least), f.Denominator-least)
		}
	}
}

// survey of life in the quarter, every fourth year: weighted means of 1 to 10 with the number of answers.
type satisfaction struct {
	key   string
	year  int
	mean  float64
	count int
}

func satisfactions(seed uint64) []satisfaction {
	var list []satisfaction
	for _, year := range []int{2019, 2023} {
		for i := range plan {
			s := at(seed, i, year)
			rng := rand.New(rand.NewPCG(seed+77, uint64(i)*10+uint64(year)))
			mean := 6.6 - .8*s.burden + .15*rng.NormFloat64()
			list = append(list, satisfaction{plan[i].key, year, math.Round(mean*10) / 10, int(s.residents*.02) + rng.IntN(15)})
		}
	}
	return list
}
