// SPDX-License-Identifier: EUPL-1.2

package tenant

import "github.com/kupferfaden/kupferfaden/internal/kernel"

// Term is a town's own word for a thing. German needs its gender, and the form after "in den"; English needs one and many.
type Term struct {
	One    kernel.Text `json:"one"`              // Ortsteil
	Many   kernel.Text `json:"many"`             // Ortsteile
	Dative string      `json:"dative,omitempty"` // German dative plural: Ortsteilen; empty: made from Many
	Gender Gender      `json:"gender,omitempty"` // of the German word
}

// Gender is the grammatical gender of a German noun.
type Gender string

// The genders; the stored form is the article.
const (
	Masculine Gender = "der"
	Feminine  Gender = "die"
	Neuter    Gender = "das"
)

// TermKeys lists the things for which a town may have a word of its own, as docs/glossary.md names them. It is a small set on purpose: only
// words that stand alone in headings, navigation and short sentences, so that every sentence stays grammatical.
func TermKeys() []string { return []string{"area"} }
