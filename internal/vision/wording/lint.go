// SPDX-License-Identifier: EUPL-1.2

package wording

import (
	"strings"
	"unicode"
)

// Hint is a word that fixes people or places to a deficit, with what can be said instead; Instead is empty where it is better left out.
type Hint struct{ Word, Instead string }

// hurtful are such words (design/domain.md 7.3), by language. A star stands for any ending.
var hurtful = map[string][]Hint{
	"de": {
		{"brennpunkt*", "Raum mit besonderem Aufmerksamkeitsbedarf"},
		{"problemviertel*", "Raum mit besonderem Aufmerksamkeitsbedarf"},
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
		{"parallelgesellschaft*", ""},
		{"ausländerviertel*", "Raum mit vielfältiger Bevölkerung"},
		{"hartz*", "Grundsicherung für Arbeitsuchende (SGB II)"},
		{"abgehängte*", "mit besonderem Unterstützungsbedarf"},
		{"no-go-area*", ""},
	},
	"en": {
		{"ghetto*", ""},
		{"slum*", ""},
		{"problem area*", "area with special need of attention"},
		{"problem district*", "area with special need of attention"},
		{"worst area*", "area with the highest need"},
		{"antisocial", ""},
		{"no-go area*", ""},
		{"underclass", "people with low income"},
	},
}

// Hints finds such words in a text, each once, in the order of the list.
func Hints(text, lang string) []Hint {
	lang, _, _ = strings.Cut(lang, "+")
	lower := strings.ToLower(text)
	var out []Hint
	for _, h := range hurtful[lang] {
		word, open := strings.CutSuffix(h.Word, "*")
		for from := 0; ; {
			i := strings.Index(lower[from:], word)
			if i < 0 {
				break
			}
			end := from + i + len(word)
			if open || !letterAt(lower[end:]) {
				out = append(out, Hint{lower[from+i : end], h.Instead})
				break
			}
			from = end
		}
	}
	return out
}

func letterAt(s string) bool {
	for _, r := range s {
		return unicode.IsLetter(r)
	}
	return false
}
