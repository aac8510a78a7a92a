// SPDX-License-Identifier: EUPL-1.2

package report

import (
	"cmp"
	"encoding/json"
	"strings"

	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

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
func wording(line string, row int, lang string) (list []kernel.Finding) {
	for _, w := range kernel.Stigma(line, lang) {
		list = append(list, kernel.Finding{Code: "report.word", Outcome: kernel.Warn, Row: row, Params: kernel.Params("word", w.Word, "instead", cmp.Or(w.Instead, "—"))})
	}
	return list
}
