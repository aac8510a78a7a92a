// SPDX-License-Identifier: EUPL-1.2

package kernel

import (
	"strings"
	"unicode"
)

// StigmaWord is a word that fixes people or places to a deficit, as it stands in a text, with what can be said instead; Instead is empty where it
// is better left out.
type StigmaWord struct{ Word, Instead string }

// stigma are such words (design/domain.md 7.3), by language. A word ending in "*" stands for its compounds and inflections.
var stigma = map[string][]StigmaWord{
	"de": {
		{"brennpunkt*", "Raum mit besonderem Aufmerksamkeitsbedarf"},
		{"problemviertel*", "Raum mit besonderem Aufmerksamkeitsbedarf"},
		{"problembezirk*", "Raum mit besonderem Aufmerksamkeitsbedarf"},
		{"problemgebiet*", "Raum mit besonderem Aufmerksamkeitsbedarf"},
		{"problemquartier*", "Raum mit besonderem Aufmerksamkeitsbedarf"},
		{"problemstadtteil*", "Raum mit besonderem Aufmerksamkeitsbedarf"},
		{"asozial*", ""},
		{"schlechteste*", "mit dem höchsten Unterstützungsbedarf"},
		{"sozialschwach*", "mit geringem Einkommen"},
		{"sozial schwach*", "mit geringem Einkommen"},
		{"sozial schwächere*", "mit geringem Einkommen"},
		{"bildungsfern*", "mit geringem formalem Bildungsabschluss"},
		{"ghetto*", ""},
		{"getto*", ""},
		{"parallelgesellschaft*", ""},
		{"ausländerviertel*", "Raum mit vielfältiger Bevölkerung"},
		{"hartz*", "Grundsicherung für Arbeitsuchende (SGB II)"},
		{"abgehängte*", "mit besonderem Unterstützungsbedarf"},
		{"schmuddel*", ""},
		{"no-go-area*", ""},
	},
	"en": {
		{"ghetto*", ""},
		{"slum*", ""},
		{"problem area*", "area with special need of attention"},
		{"problem district*", "area with special need of attention"},
		{"sink estate*", ""},
		{"worst area*", "area with the highest need"},
		{"worst district*", "area with the highest need"},
		{"antisocial", ""},
		{"no-go area*", ""},
		{"underclass", "people with low income"},
	},
}

// Stigma finds such words in a text, each once, in the order of the list. lang may name a register ("de+leicht").
func Stigma(text, lang string) []StigmaWord {
	lang, _, _ = strings.Cut(lang, "+")
	lower := strings.ToLower(text)
	var out []StigmaWord
	for _, w := range stigma[lang] {
		word, open := strings.CutSuffix(w.Word, "*")
		for from := 0; ; {
			i := strings.Index(lower[from:], word)
			if i < 0 {
				break
			}
			end := from + i + len(word)
			if open || !letterAt(lower[end:]) { // what stands before does not matter: German joins words
				out = append(out, StigmaWord{lower[from+i : end], w.Instead})
				break
			}
			from = end
		}
	}
	return out
}

// letterAt tells whether a word goes on.
func letterAt(s string) bool {
	for _, r := range s {
		return unicode.IsLetter(r)
	}
	return false
}
