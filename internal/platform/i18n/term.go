// SPDX-License-Identifier: EUPL-1.2

package i18n

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Term is a noun that a town may call otherwise, in one language: "Ortsteil" where the program says "Raum". Gender is "der", "die" or "das" in
// German and empty in English.
type Term struct {
	One      string `json:"one"`
	Many     string `json:"many"`
	Genitive string `json:"genitive,omitempty"` // German singular
	Dative   string `json:"dative,omitempty"`   // German plural
	Gender   string `json:"gender,omitempty"`
}

// shipped are the program's own words.
var shipped = map[string]map[string]Term{
	German: {
		"area":   {One: "Raum", Many: "Räume", Genitive: "Raums", Dative: "Räumen", Gender: "der"},
		"report": {One: "Bericht", Many: "Berichte", Genitive: "Berichts", Dative: "Berichten", Gender: "der"},
	},
	English: {
		"area":   {One: "area", Many: "areas"},
		"report": {One: "report", Many: "reports"},
	},
}

// Shipped gives the program's own word for a thing; ok is false where it has none that can be changed.
func Shipped(lang, key string) (t Term, ok bool) {
	t, ok = shipped[lang][key]
	return t, ok
}

// WithTerms gives a printer that says the town's words, by key, where a sentence has a placeholder for one: {@area.many}. In German the part
// after the dot is "one", "many", "genitive", "dative" (plural), or a word that goes with the noun and takes its gender and case: {@area.den}
// writes "den Ortsteil", {@area.Jeder} "Jede Nachbarschaft", {@area.des} "des Quartiers"; a pronoun (er, ihn, ihm) stands alone. In English it
// is "one", "many", "a", and the same with a capital: {@area.Many}.
func (p *Printer) WithTerms(terms map[string]Term) *Printer {
	if len(terms) == 0 {
		return p
	}
	with := *p
	with.terms = terms
	return &with
}

// Term gives the word for a thing as the printer says it.
func (p *Printer) Term(key string) Term {
	if t, ok := p.terms[key]; ok {
		return t
	}
	if t, ok := shipped[p.lang][key]; ok {
		return t
	}
	return shipped[German][key]
}

// agreeing lists, for der, die and das, the forms of the words that go with a noun, and the case of the noun.
var agreeing = map[string]struct {
	masculine, feminine, neuter string
	genitive, alone             bool
}{
	"der":    {"der", "die", "das", false, false},
	"den":    {"den", "die", "das", false, false},
	"dem":    {"dem", "der", "dem", false, false},
	"des":    {"des", "der", "des", true, false},
	"ein":    {"ein", "eine", "ein", false, false},
	"einen":  {"einen", "eine", "ein", false, false},
	"einem":  {"einem", "einer", "einem", false, false},
	"eines":  {"eines", "einer", "eines", true, false},
	"kein":   {"kein", "keine", "kein", false, false},
	"keinen": {"keinen", "keine", "kein", false, false},
	"jeder":  {"jeder", "jede", "jedes", false, false},
	"jeden":  {"jeden", "jede", "jedes", false, false},
	"jedem":  {"jedem", "jeder", "jedem", false, false},
	"jedes":  {"jedes", "jeder", "jedes", true, false},
	"dieser": {"dieser", "diese", "dieses", false, false},
	"diesen": {"diesen", "diese", "dieses", false, false},
	"diesem": {"diesem", "dieser", "diesem", false, false},
	"dieses": {"dieses", "dieser", "dieses", true, false},
	"im":     {"im", "in der", "im", false, false},
	"zum":    {"zum", "zur", "zum", false, false},
	"er":     {"er", "sie", "es", false, true},
	"ihn":    {"ihn", "sie", "es", false, true},
	"ihm":    {"ihm", "ihr", "ihm", false, true},
}

// termForm tells whether a placeholder for a word is one WithTerms knows.
func termForm(param string) bool {
	key, form, _ := strings.Cut(strings.TrimPrefix(param, "@"), ".")
	if _, ok := shipped[German][key]; !ok {
		return false
	}
	switch f := strings.ToLower(form); f {
	case "one", "many", "genitive", "dative", "a":
		return true
	default:
		_, ok := agreeing[f]
		return ok
	}
}

// term writes the placeholder "@area.den".
func (p *Printer) term(param string) string {
	key, form, _ := strings.Cut(strings.TrimPrefix(param, "@"), ".")
	t := p.Term(key)
	small := strings.ToLower(form)
	var out string
	switch small {
	case "one":
		out = t.One
	case "many":
		out = t.Many
	case "genitive":
		out = t.Genitive
	case "dative":
		out = t.Dative
	case "a":
		out = "a " + t.One
		if strings.ContainsRune("aeiou", unicode.ToLower(first(t.One))) {
			out = "an " + t.One
		}
	default:
		a := agreeing[small]
		word := map[string]string{"die": a.feminine, "das": a.neuter}[t.Gender]
		if word == "" {
			word = a.masculine
		}
		switch {
		case a.alone:
			out = word
		case a.genitive:
			out = word + " " + t.Genitive
		default:
			out = word + " " + t.One
		}
	}
	if small != form {
		r, n := utf8.DecodeRuneInString(out)
		out = string(unicode.ToUpper(r)) + out[n:]
	}
	return out
}

func first(s string) rune {
	r, _ := utf8.DecodeRuneInString(s)
	return r
}
