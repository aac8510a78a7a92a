// SPDX-License-Identifier: EUPL-1.2

package tenant

import (
	"regexp"
	"slices"
	"strings"

	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// Term is a town's own word for a thing. German sentences need its gender and two of its cases; English needs one and many.
type Term struct {
	One      kernel.Text `json:"one"`                // Ortsteil; neighbourhood
	Many     kernel.Text `json:"many"`               // Ortsteile; neighbourhoods
	Gender   Gender      `json:"gender,omitempty"`   // of the German word
	Genitive string      `json:"genitive,omitempty"` // des Ortsteils; empty: by rule
	Dative   string      `json:"dative,omitempty"`   // in den Ortsteilen; empty: by rule
}

// Gender is the grammatical gender of a German noun; the stored form is its article.
type Gender string

// The genders.
const (
	Masculine Gender = "der"
	Feminine  Gender = "die"
	Neuter    Gender = "das"
)

// TermKeys lists the things for which a town may have a word of its own, as docs/glossary.md names them: the areas it is divided into, and
// what it calls its social reports. The set is small on purpose: each word has to stand in every sentence that uses it.
func TermKeys() []string { return []string{"area", "report"} }

// Empty tells whether the town has said nothing.
func (t Term) Empty() bool {
	return t.One["de"]+t.One["en"]+t.Many["de"]+t.Many["en"]+string(t.Gender)+t.Genitive+t.Dative == ""
}

// GenitiveForm is the German genitive singular, by rule where the town gave none.
func (t Term) GenitiveForm() string {
	one := t.One["de"]
	switch {
	case t.Genitive != "":
		return t.Genitive
	case t.Gender == Feminine || one == "":
		return one
	case strings.HasSuffix(one, "s"), strings.HasSuffix(one, "ß"), strings.HasSuffix(one, "x"), strings.HasSuffix(one, "z"):
		return one + "es"
	}
	return one + "s"
}

// DativeForm is the German dative plural, by rule where the town gave none.
func (t Term) DativeForm() string {
	many := t.Many["de"]
	if t.Dative != "" {
		return t.Dative
	}
	if many == "" || strings.HasSuffix(many, "n") || strings.HasSuffix(many, "s") {
		return many
	}
	return many + "n"
}

var word = regexp.MustCompile(`^\pL[\pL\pN '’.\-]{0,39}$`)

// check names the fields of a term that are missing or are no words.
func (t Term) check(key string, fields map[string]string) {
	if t.Empty() {
		return
	}
	f := "term." + key + "."
	for name, s := range map[string]string{
		"one.de": t.One["de"], "many.de": t.Many["de"], "one.en": t.One["en"], "many.en": t.Many["en"], "genitive": t.Genitive, "dative": t.Dative,
	} {
		if s != "" && !word.MatchString(s) {
			fields[f+name] = "tenant.term.form"
		}
	}
	if t.One["de"] == "" {
		fields[f+"one.de"] = "tenant.term.missing"
	}
	if t.Many["de"] == "" {
		fields[f+"many.de"] = "tenant.term.missing"
	}
	if !slices.Contains([]Gender{Masculine, Feminine, Neuter}, t.Gender) {
		fields[f+"gender"] = "tenant.term.gender"
	}
	if (t.One["en"] == "") != (t.Many["en"] == "") {
		fields[f+"one.en"] = "tenant.term.both"
	}
}
