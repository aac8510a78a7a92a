// SPDX-License-Identifier: EUPL-1.2

package report

import (
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// Kind is what a live part shows.
type Kind string

// The kinds of live parts, by their English name.
const (
	Figure      Kind = "figure"      // one number in a sentence
	Fact        Kind = "fact"        // a word of the edition in a sentence: reference date, number of areas
	MapPart     Kind = "map"         // areas by class
	ChartPart   Kind = "chart"       // series, bars, spread, status and dynamics
	TablePart   Kind = "table"       // figures of every area
	IndexPart   Kind = "index"       // how the index is made and what came out
	Profiles    Kind = "profiles"    // a profile of every area
	Sheets      Kind = "sheets"      // indicator sheets of everything used
	Sources     Kind = "sources"     // who delivered what
	Flags       Kind = "flags"       // what the signs beside values mean
	Disclosure  Kind = "disclosure"  // the rules by which values are withheld
	Definitions Kind = "definitions" // changes of definitions
)

// Inline kinds stand in a sentence, all others on a line of their own.
func (k Kind) Inline() bool { return k == Figure || k == Fact }

// Call is a live part as an author wrote it: a kind, topics without a name, and parameters. It is data; nothing in it is executed.
type Call struct {
	Kind   Kind
	Topics []string          // bare words after the kind
	Params map[string]string // by English name
	Line   int               // of the chapter, from 1; 0 where unknown
}

// spec says what a kind takes.
type spec struct {
	names  []string // German, then English
	topics []string // "German/English"
	params []string // English names
}

var specs = map[Kind]spec{
	Figure:      {[]string{"zahl", "figure"}, nil, []string{"indicator", "area", "level", "edition", "period", "compare", "part", "decimals"}},
	Fact:        {[]string{"angabe", "fact"}, factTopics, nil},
	MapPart:     {[]string{"karte", "map"}, []string{"index/index", "räume/areas"}, []string{"indicator", "level", "edition", "period", "classes", "count", "limits", "title", "alt"}},
	ChartPart:   {[]string{"diagramm", "chart"}, []string{"index/index"}, []string{"indicator", "area", "level", "edition", "period", "type", "from", "title", "alt"}},
	TablePart:   {[]string{"tabelle", "table"}, []string{"index/index", "räume/areas"}, []string{"indicator", "area", "level", "edition", "period", "compare", "title"}},
	IndexPart:   {[]string{"index", "index"}, nil, []string{"title"}},
	Profiles:    {[]string{"steckbriefe", "profiles"}, nil, []string{"indicator", "area", "level", "edition", "from"}},
	Sheets:      {[]string{"indikatorenblätter", "sheets"}, nil, []string{"indicator"}},
	Sources:     {[]string{"quellen", "sources"}, nil, []string{"title"}},
	Flags:       {[]string{"zeichen", "flags"}, nil, []string{"title"}},
	Disclosure:  {[]string{"geheimhaltung", "disclosure"}, nil, []string{"title"}},
	Definitions: {[]string{"definitionen", "definitions"}, nil, []string{"title"}},
}

// order of the kinds in lists.
var kinds = []Kind{Figure, Fact, MapPart, ChartPart, TablePart, IndexPart, Profiles, Sheets, Sources, Flags, Disclosure, Definitions}

var factTopics = []string{"stadt/town", "stichtag/period", "vergleich/comparison", "raumstand/edition", "ebene/level", "anzahl/count", "verfahren/method", "titel/title"}

// paramNames gives the German name of each parameter.
var paramNames = map[string]string{
	"indicator": "indikator", "area": "raum", "level": "stufe", "edition": "stand", "period": "zeit", "compare": "vergleich", "part": "teil",
	"decimals": "stellen", "classes": "klassen", "count": "anzahl", "limits": "grenzen", "title": "titel", "alt": "alt", "type": "art", "from": "ab",
}

// words that a parameter allows, "German/English"; the English one is kept.
var words = map[string][]string{
	"part":    {"wert/value", "zähler/numerator", "nenner/denominator", "veränderung/change", "spanne/range", "stand/date"},
	"classes": {"jenks/jenks", "quantile/quantile", "gleich/equal", "manuell/manual"},
	"type":    {"linie/line", "balken/bar", "verteilung/histogram", "streuung/scatter"},
	"compare": {"nein/no"},
}

// maxCall is the length of a call; longer ones are mistakes.
const maxCall = 1000

// ParseCall reads what stands between the double braces. Errors are kernel.Error of kind Invalid and say what to write instead.
func ParseCall(text string) (Call, error) {
	if len(text) > maxCall {
		return Call{}, kernel.E(kernel.Invalid, "report.call.long", "most", maxCall)
	}
	tokens, err := tokenize(text)
	if err != nil {
		return Call{}, err
	}
	if len(tokens) == 0 || tokens[0].key != "" {
		return Call{}, kernel.E(kernel.Invalid, "report.call.empty", "known", known())
	}
	kind, ok := kindOf(tokens[0].value)
	if !ok {
		return Call{}, kernel.E(kernel.Invalid, "report.call.unknown", "part", tokens[0].value, "known", known())
	}
	c := Call{Kind: kind, Params: map[string]string{}}
	for _, t := range tokens[1:] {
		if t.key == "" {
			err = c.topic(t.value)
		} else {
			err = c.param(t.key, t.value)
		}
		if err != nil {
			return Call{}, err
		}
	}
	return c, nil
}

// Name is the German name of the kind.
func (k Kind) Name() string { return specs[k].names[0] }

func known() string {
	names := make([]string, len(kinds))
	for i, k := range kinds {
		names[i] = k.Name()
	}
	return strings.Join(names, ", ")
}

func kindOf(name string) (Kind, bool) {
	name = plain(name)
	for _, k := range kinds {
		for _, n := range specs[k].names {
			if plain(n) == name {
				return k, true
			}
		}
	}
	return "", false
}

// plain lets "Räume", "raeume" and "RÄUME" be one word.
func plain(s string) string { return umlauts.Replace(strings.ToLower(s)) }

func (c *Call) topic(word string) error {
	for _, t := range specs[c.Kind].topics {
		de, en, _ := strings.Cut(t, "/")
		if plain(word) == plain(de) || plain(word) == en {
			c.Topics = append(c.Topics, en)
			if len(c.Topics) > 1 {
				return kernel.E(kernel.Invalid, "report.call.topics", "part", c.Kind.Name())
			}
			return nil
		}
	}
	names := make([]string, 0, 8)
	for _, t := range specs[c.Kind].topics {
		de, _, _ := strings.Cut(t, "/")
		names = append(names, de)
	}
	for _, p := range specs[c.Kind].params {
		names = append(names, paramNames[p]+"=…")
	}
	return kernel.E(kernel.Invalid, "report.call.word", "word", word, "part", c.Kind.Name(), "known", strings.Join(names, ", "))
}

func (c *Call) param(name, value string) error {
	english := ""
	for _, p := range specs[c.Kind].params {
		if plain(name) == p || plain(name) == plain(paramNames[p]) {
			english = p
		}
	}
	if english == "" {
		names := make([]string, 0, 8)
		for _, p := range specs[c.Kind].params {
			names = append(names, paramNames[p])
		}
		return kernel.E(kernel.Invalid, "report.call.param", "param", name, "part", c.Kind.Name(), "known", strings.Join(names, ", "))
	}
	if _, twice := c.Params[english]; twice {
		return kernel.E(kernel.Invalid, "report.call.twice", "param", name, "part", c.Kind.Name())
	}
	if strings.TrimSpace(value) == "" {
		return kernel.E(kernel.Invalid, "report.call.novalue", "param", name, "part", c.Kind.Name())
	}
	value, err := checkValue(english, value)
	if err != nil {
		return err
	}
	c.Params[english] = value
	return nil
}

// checkValue refuses values that no figure could be read with, and turns words into their English form.
func checkValue(param, value string) (string, error) {
	allowed := words[param]
	bad := func(known string) error {
		return kernel.E(kernel.Invalid, "report.call.value", "value", value, "param", paramNames[param], "known", known)
	}
	switch param {
	case "period", "from":
		if _, err := kernel.ParsePeriod(value); err != nil {
			return "", bad("2025-12-31, 2025")
		}
		return value, nil
	case "count", "decimals":
		n, err := strconv.Atoi(value)
		if low, high := bounds(param); err != nil || n < low || n > high {
			return "", bad(strconv.Itoa(low) + "–" + strconv.Itoa(high))
		}
		return value, nil
	case "limits":
		if _, err := limits(value); err != nil {
			return "", bad("5,10,20")
		}
		return value, nil
	case "compare":
		if _, err := kernel.ParsePeriod(value); err == nil {
			return value, nil
		}
	}
	if allowed == nil {
		return value, nil
	}
	names := make([]string, 0, len(allowed))
	for _, w := range allowed {
		de, en, _ := strings.Cut(w, "/")
		if plain(value) == plain(de) || plain(value) == en {
			return en, nil
		}
		names = append(names, de)
	}
	return "", bad(strings.Join(names, ", "))
}

func bounds(param string) (low, high int) {
	if param == "count" {
		return 3, 7 // palette.MinClasses, palette.MaxClasses
	}
	return 0, 4
}

// limits reads ascending class limits; a point is the decimal sign, because the comma separates.
func limits(value string) ([]float64, error) {
	var list []float64
	for part := range strings.SplitSeq(value, ",") {
		v, err := strconv.ParseFloat(strings.TrimSpace(part), 64)
		if err != nil || v != v || len(list) > 0 && !(v > list[len(list)-1]) || len(list) > 5 {
			return nil, kernel.E(kernel.Invalid, "report.call.value", "value", value, "param", paramNames["limits"], "known", "5,10,20")
		}
		list = append(list, v)
	}
	return list, nil
}

// List splits a parameter at its commas.
func (c Call) List(param string) []string {
	var list []string
	for s := range strings.SplitSeq(c.Params[param], ",") {
		if s = strings.TrimSpace(s); s != "" {
			list = append(list, s)
		}
	}
	return list
}

// Topic tells whether the bare word stands in the call.
func (c Call) Topic(word string) bool { return slices.Contains(c.Topics, word) }

// Key is the canonical form of the call: equal calls have equal keys, wherever they stand. It is itself a call.
func (c Call) Key() string {
	var b strings.Builder
	b.WriteString(string(c.Kind))
	for _, t := range c.Topics {
		b.WriteString(" " + t)
	}
	names := make([]string, 0, len(c.Params))
	for n := range c.Params {
		names = append(names, n)
	}
	slices.Sort(names)
	for _, n := range names {
		b.WriteString(" " + n + "=" + quote(c.Params[n]))
	}
	return b.String()
}

// German writes the call as an author would.
func (c Call) German() string {
	var b strings.Builder
	b.WriteString("{{" + c.Kind.Name())
	for _, t := range c.Topics {
		for _, pair := range specs[c.Kind].topics {
			if de, en, _ := strings.Cut(pair, "/"); en == t {
				t = de
				break
			}
		}
		b.WriteString(" " + t)
	}
	for _, p := range specs[c.Kind].params {
		if v, ok := c.Params[p]; ok {
			b.WriteString(" " + paramNames[p] + "=" + quote(v))
		}
	}
	return b.String() + "}}"
}

func quote(v string) string {
	if strings.IndexFunc(v, func(r rune) bool { return !bare(r) }) < 0 {
		return v
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(v) + `"`
}

// bare runes may stand in a value without quotes.
func bare(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("-_.,/:+", r)
}

type token struct{ key, value string }

// tokenize splits words and name=value pairs; values with blanks stand in quotes.
func tokenize(s string) ([]token, error) {
	var tokens []token
	for {
		s = strings.TrimLeftFunc(s, unicode.IsSpace)
		if s == "" {
			return tokens, nil
		}
		word, rest, err := scanWord(s)
		if err != nil {
			return nil, err
		}
		after := strings.TrimLeftFunc(rest, unicode.IsSpace)
		if !strings.HasPrefix(after, "=") {
			tokens = append(tokens, token{value: word})
			s = rest
			continue
		}
		value, rest, err := scanWord(strings.TrimLeftFunc(after[1:], unicode.IsSpace))
		if err != nil {
			return nil, err
		}
		tokens = append(tokens, token{key: word, value: value})
		s = rest
	}
}

// quotes that open a value, with what closes them.
var quotes = map[rune]string{'"': `"`, '„': "“”\"", '“': "”“", '»': "«", '«': "»"}

// scanWord takes a bare or quoted word; the empty word is only possible in quotes or at the end.
func scanWord(s string) (word, rest string, err error) {
	first, size := utf8.DecodeRuneInString(s)
	if closing, ok := quotes[first]; ok {
		var b strings.Builder
		escaped := false
		for i, r := range s[size:] {
			switch {
			case escaped:
				b.WriteRune(r)
				escaped = false
			case r == '\\':
				escaped = true
			case strings.ContainsRune(closing, r):
				return b.String(), s[size+i+utf8.RuneLen(r):], nil
			default:
				b.WriteRune(r)
			}
		}
		return "", "", kernel.E(kernel.Invalid, "report.call.quote", "text", s)
	}
	end := strings.IndexFunc(s, func(r rune) bool { return !bare(r) })
	switch {
	case end < 0:
		return s, "", nil
	case end == 0 && first != '=' && !unicode.IsSpace(first):
		return "", "", kernel.E(kernel.Invalid, "report.call.sign", "sign", string(first))
	case end == 0 && first == '=':
		return "", "", kernel.E(kernel.Invalid, "report.call.sign", "sign", "=")
	}
	return s[:end], s[end:], nil
}

func itoa(n int) string { return strconv.Itoa(n) }
