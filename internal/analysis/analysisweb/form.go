// SPDX-License-Identifier: EUPL-1.2

package analysisweb

import (
	"errors"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/kupferfaden/kupferfaden/internal/analysis"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/web"
)

// number reads what a person types; German and English decimal signs are the same here, as weights and limits have no thousands.
func number(s string) (float64, bool) {
	s = strings.ReplaceAll(strings.ReplaceAll(strings.TrimSpace(s), "−", "-"), ",", ".")
	v, err := strconv.ParseFloat(s, 64)
	return v, err == nil && v == v && v < 1e12 && v > -1e12
}

func plain(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

// local writes a number for a text field as the reader writes it.
func local(lang string, v float64) string {
	if lang == "de" {
		return strings.ReplaceAll(plain(v), ".", ",")
	}
	return plain(v)
}

// fill puts a method into the form.
func fill(f *web.Form, lang string, m analysis.Method) {
	f.Set("id", m.ID)
	f.Set("title_de", m.Title["de"])
	f.Set("title_en", m.Title["en"])
	f.Set("note_de", m.Note["de"])
	f.Set("note_en", m.Note["en"])
	for _, k := range []string{"ind", "weight", "dir", "transform"} {
		f.Set(k)
	}
	for _, i := range m.Indicators {
		f.Add("ind", i.Key)
		f.Add("weight", plain(i.Weight))
		f.Add("dir", strconv.Itoa(int(i.Direction)))
		f.Add("transform", i.Transform)
	}
	f.Set("population", m.PopulationIndicator)
	f.Set("reference", m.Reference)
	f.Set("sd", m.SD)
	f.Set("standardise", m.Standardise)
	f.Set("aggregate", m.Aggregate)
	flag := func(name string, on bool) {
		f.Set(name)
		if on {
			f.Set(name, "1")
		}
	}
	flag("restandardise", m.Restandardise)
	flag("rebasing", m.RebasingRequired)
	number := func(name string, v float64) {
		f.Set(name, "")
		if v != 0 {
			f.Set(name, plain(v))
		}
	}
	number("scale", m.Scale)
	number("lag", float64(m.LagYears))
	number("minpop", m.MinPopulation)
	f.Set("minpop_scope", m.MinPopScope)
	f.Set("missing", m.MissingPolicy)
	f.Set("status_limits", numbers(lang, m.StatusThresholds))
	f.Set("dynamic_limits", numbers(lang, m.DynamicThresholds))
	f.Set("attention", strings.Join(m.AttentionRule, ", "))
	var de, en, out []string
	for _, l := range m.Labels {
		de = append(de, l["de"])
		en = append(en, l["en"])
	}
	f.Set("labels_de", strings.Join(de, "; "))
	f.Set("labels_en", strings.Join(en, "; "))
	for _, e := range m.Exclusions {
		line := e.Area
		if e.Reason != "" {
			line += "; " + e.Reason
		}
		out = append(out, line)
	}
	f.Set("exclusions", strings.Join(out, "\n"))
	number("rounding", float64(m.Rounding))
}

func numbers(lang string, list []float64) string {
	s := make([]string, len(list))
	for i, v := range list {
		s[i] = local(lang, v)
	}
	return strings.Join(s, "; ")
}

// read makes a method of the form; what the form does not show stays as in base. A field that is no number is named.
func read(f *web.Form, base analysis.Method) (analysis.Method, error) {
	m := base
	wrong := map[string]string{}
	m.ID = strings.TrimSpace(f.Value("id"))
	title := func(de, en string) analysis.Title {
		t := analysis.Title{}
		for lang, s := range map[string]string{"de": f.Value(de), "en": f.Value(en)} {
			if s = strings.TrimSpace(s); s != "" {
				t[lang] = s
			}
		}
		return t
	}
	m.Title, m.Note = title("title_de", "title_en"), title("note_de", "note_en")
	m.Indicators = nil
	for i, key := range f.Values("ind") {
		key, _, _ = strings.Cut(strings.TrimSpace(key), " ")
		if key == "" {
			continue
		}
		x := analysis.MethodIndicator{Key: key, Weight: 1, Transform: nth(f.Values("transform"), i)}
		if s := nth(f.Values("weight"), i); strings.TrimSpace(s) != "" {
			v, ok := number(s)
			if !ok || v <= 0 {
				wrong["indicators"] = "method.indicators.weight"
			}
			x.Weight = v
		}
		if n, err := strconv.Atoi(nth(f.Values("dir"), i)); err == nil && n >= -1 && n <= 1 {
			x.Direction = analysis.Sign(n)
		}
		m.Indicators = append(m.Indicators, x)
	}
	m.PopulationIndicator, _, _ = strings.Cut(strings.TrimSpace(f.Value("population")), " ")
	m.Reference, m.SD, m.Standardise, m.Aggregate = f.Value("reference"), f.Value("sd"), f.Value("standardise"), f.Value("aggregate")
	m.Restandardise, m.RebasingRequired = f.Is("restandardise", "1"), f.Is("rebasing", "1")
	one := func(name string) float64 {
		if strings.TrimSpace(f.Value(name)) == "" {
			return 0
		}
		v, ok := number(f.Value(name))
		if !ok {
			wrong[name] = "planner.number.form"
		}
		return v
	}
	m.Scale, m.MinPopulation = one("scale"), one("minpop")
	m.LagYears, m.Rounding = int(one("lag")), int(one("rounding"))
	m.MinPopScope, m.MissingPolicy = f.Value("minpop_scope"), strings.TrimSpace(f.Value("missing"))
	several := func(name string) (list []float64) {
		for s := range strings.SplitSeq(f.Value(name), ";") {
			if strings.TrimSpace(s) == "" {
				continue
			}
			v, ok := number(s)
			if !ok {
				wrong[name] = "planner.number.list"
			}
			list = append(list, v)
		}
		return list
	}
	m.StatusThresholds, m.DynamicThresholds = several("status_limits"), several("dynamic_limits")
	m.AttentionRule = nil
	for s := range strings.FieldsFuncSeq(strings.ReplaceAll(f.Value("attention"), "−", "-"), func(r rune) bool { return r == ',' || r == ';' || r == ' ' }) {
		if !attentionGroup.MatchString(s) {
			wrong["attention"] = "planner.method.attention.form"
			continue
		}
		m.AttentionRule = append(m.AttentionRule, s)
	}
	m.Labels = nil
	de, en := strings.Split(f.Value("labels_de"), ";"), strings.Split(f.Value("labels_en"), ";")
	if strings.TrimSpace(f.Value("labels_de")) != "" {
		for i, s := range de {
			l := analysis.Title{"de": strings.TrimSpace(s)}
			if e := strings.TrimSpace(nth(en, i)); e != "" {
				l["en"] = e
			}
			m.Labels = append(m.Labels, l)
		}
	}
	m.Exclusions = exclusions(f.Value("exclusions"), base.Exclusions)
	if len(wrong) > 0 {
		return m, &kernel.Error{Kind: kernel.Invalid, Key: "method.invalid", Params: kernel.Params("method", m.ID), Fields: wrong}
	}
	return m, nil
}

// attentionGroup is a status class, with a dynamic class where only that counts.
var attentionGroup = regexp.MustCompile(`^[1-9](\+|\+/-|-)?$`)

// exclusions reads one area a line, "key; reason"; who decided and when stays from before.
func exclusions(text string, before []analysis.Exclusion) []analysis.Exclusion {
	var list []analysis.Exclusion
	for line := range strings.Lines(text) {
		key, reason, _ := strings.Cut(strings.TrimSpace(line), ";")
		if key = strings.TrimSpace(key); key == "" {
			continue
		}
		x := analysis.Exclusion{Area: key}
		if i := slices.IndexFunc(before, func(e analysis.Exclusion) bool { return e.Area == key }); i >= 0 {
			x = before[i]
		}
		x.Reason = strings.TrimSpace(reason)
		list = append(list, x)
	}
	return list
}

func nth(list []string, i int) string {
	if i >= 0 && i < len(list) {
		return list[i]
	}
	return ""
}

// fieldOf names the form's field of a method's field, for the sentences of Validate.
var fieldOf = map[string]string{
	"title": "title_de", "status_thresholds": "status_limits", "dynamic_thresholds": "dynamic_limits", "lag_years": "lag",
	"min_population": "minpop", "min_pop_scope": "minpop_scope", "missing_policy": "missing", "population_indicator": "population",
}

// onForm renames the fields of an error to those of the form.
func onForm(e *kernel.Error) *kernel.Error {
	c := *e
	c.Fields = map[string]string{}
	for k, v := range e.Fields {
		if to, ok := fieldOf[k]; ok {
			k = to
		}
		c.Fields[k] = v
	}
	return &c
}

// failure is what is wrong in one line, with the sentences of the fields where the error names some.
func failure(r *web.Request, err error) string {
	var e *kernel.Error
	if !errors.As(err, &e) {
		return r.P.Error(err)
	}
	s := r.P.Error(e)
	for _, name := range slices.Sorted(maps.Keys(e.Fields)) {
		s += " " + r.P.Field(e, name)
	}
	for i, f := range e.Findings {
		if i < 5 {
			s += " " + r.P.FindingText(f)
		}
	}
	return s
}
