// SPDX-License-Identifier: EUPL-1.2

package report

import (
	"encoding/json"
	"strings"
	"unicode"

	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// stigma are words that fix people and places to a deficit, each with what to say instead (domain.md 7.3). A word ending in "*" stands for its
// compounds and inflections.
var stigma = map[string][][2]string{
	"de": {
		{"brennpunkt*", "Raum mit besonderem Aufmerksamkeitsbedarf"},
		{"problemviertel*", "Raum mit besonderem Aufmerksamkeitsbedarf"},
		{"problembezirk*", "Raum mit besonderem Aufmerksamkeitsbedarf"},
		{"problemgebiet*", "Raum mit besonderem Aufmerksamkeitsbedarf"},
		{"problemquartier*", "Raum mit besonderem Aufmerksamkeitsbedarf"},
		{"problemstadtteil*", "Raum mit besonderem Aufmerksamkeitsbedarf"},
		{"asozial*", "—"},
		{"schlechteste*", "mit dem höchsten Unterstützungsbedarf"},
		{"sozialschwach*", "mit geringem Einkommen"},
		{"sozial schwach*", "mit geringem Einkommen"},
		{"sozial schwächere*", "mit geringem Einkommen"},
		{"bildungsfern*", "mit geringem formalem Bildungsabschluss"},
		{"ghetto*", "—"},
		{"getto*", "—"},
		{"parallelgesellschaft*", "—"},
		{"ausländerviertel*", "Raum mit vielfältiger Bevölkerung"},
		{"hartz*", "Grundsicherung für Arbeitsuchende (SGB II)"},
		{"abgehängte*", "mit besonderem Unterstützungsbedarf"},
		{"schmuddel*", "—"},
		{"no-go-area*", "—"},
	},
	"en": {
		{"ghetto*", "—"},
		{"slum*", "—"},
		{"problem area*", "area with special need of attention"},
		{"problem district*", "area with special need of attention"},
		{"sink estate*", "—"},
		{"worst area*", "area with the highest need"},
		{"worst district*", "area with the highest need"},
		{"antisocial", "—"},
		{"no-go area*", "—"},
		{"underclass", "people with low income"},
	},
}

// check adds what the chapters themselves show: faults of their text, words that stigmatise, empty chapters.
func (d *Document) check(r *resolver) {
	_ = Walk(d.Chapters, func(n *Node) error {
		name := r.chapterName(n)
		body := d.Bodies[n.ID]
		for _, f := range body.Faults {
			f.File = name
			d.Findings = append(d.Findings, f)
		}
		for _, f := range wording(n.Title, 0, r.w.Lang()) {
			f.File = name
			d.Findings = append(d.Findings, f)
		}
		for i, line := range strings.Split(string(body.Source), "\n") {
			for _, f := range wording(line, i+1, r.w.Lang()) {
				f.File = name
				d.Findings = append(d.Findings, f)
			}
		}
		for row, line := range append([]string{n.Title}, strings.Split(string(body.Source), "\n")...) {
			d.unprintable(r, name, row, line)
		}
		if len(body.Blocks) == 0 && len(n.Children) == 0 {
			d.Findings = append(d.Findings, kernel.Finding{Code: "report.chapter.empty", Outcome: kernel.Warn, File: name})
		}
		for _, c := range body.Calls {
			p := d.Parts[c.Key()]
			if b, err := json.Marshal(p); err == nil { // names of areas, units, offices
				d.unprintable(r, name, c.Line, string(b))
			}
			if (p.Map != nil || p.Chart != nil) && strings.TrimSpace(p.Alt) == "" {
				d.Findings = append(d.Findings, kernel.Finding{Code: "report.alt.missing", Outcome: kernel.RefuseFile, File: name, Row: c.Line})
			}
		}
		return nil
	})
	if len(d.Chapters) == 0 {
		d.Findings = append(d.Findings, kernel.Finding{Code: "report.empty", Outcome: kernel.RefuseFile})
	}
}

// unprintable refuses characters that would be an empty box in the PDF.
func (d *Document) unprintable(r *resolver, chapter string, row int, text string) {
	if list := r.s.Press.Unprintable(text); len(list) > 0 {
		d.Findings = append(d.Findings, kernel.Finding{
			Code: "report.glyph", Outcome: kernel.RefuseFile, File: chapter, Row: row, Params: kernel.Params("characters", strings.Join(list, ", ")),
		})
	}
}

// wording finds words that stigmatise in a line.
func wording(line string, row int, lang string) []kernel.Finding {
	var list []kernel.Finding
	lower := strings.ToLower(line)
	for _, w := range stigma[lang] {
		word, open := strings.CutSuffix(w[0], "*")
		for from := 0; ; {
			i := strings.Index(lower[from:], word)
			if i < 0 {
				break
			}
			start, end := from+i, from+i+len(word)
			from = end
			if !open && letterAfter(lower, end) {
				continue
			}
			list = append(list, kernel.Finding{Code: "report.word", Outcome: kernel.Warn, Row: row, Params: kernel.Params("word", lower[start:end], "instead", w[1])})
			break
		}
	}
	return list
}

// letterAfter tells whether a word goes on. What stands before it does not matter: German joins words.
func letterAfter(s string, at int) bool {
	for _, r := range s[at:] {
		return unicode.IsLetter(r)
	}
	return false
}
