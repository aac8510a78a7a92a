// SPDX-License-Identifier: EUPL-1.2

package votedoc_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/kupferfaden/kupferfaden/internal/doc/typst"
	"github.com/kupferfaden/kupferfaden/internal/platform/i18n"
	"github.com/kupferfaden/kupferfaden/internal/vote"
	"github.com/kupferfaden/kupferfaden/internal/vote/votedoc"
	"github.com/kupferfaden/kupferfaden/stat/ballot"
)

// hostile is what somebody may call a proposal: markup of every language a paper passes through.
const hostile = "</style> #panic(\"x\") *a* _b_ $c$ @d <e> `f` \\ = - + // ]) #let x = 1 🦊"

// keep writes a paper where somebody looks at it; the tests do not need it.
func keep(t *testing.T, name string, pdf []byte) {
	t.Helper()
	if !bytes.HasPrefix(pdf, []byte("%PDF-")) || !bytes.Contains(pdf, []byte("pdfuaid")) {
		t.Errorf("%s: no accessible PDF", name)
	}
	if dir := os.Getenv("KUPFERFADEN_PAPERS"); dir != "" {
		if err := os.WriteFile(filepath.Join(dir, name+".pdf"), pdf, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func TestLettersAndBallotPapersAreAccessiblePDFs(t *testing.T) {
	setter := &typst.InProcess{}
	for _, lang := range []string{"de", "en"} {
		p := i18n.For(lang, "")
		l := votedoc.Letters{
			Town: "Kupferstadt", Title: "Wofür sollen 100.000 Euro ausgegeben werden?", Lang: lang, Address: "https://planung.kupferstadt.example/abstimmung/buergerbudget",
			Until: "31.12.2026, 18:00 Uhr", T: p.T,
		}
		for n := range 3 {
			l.Codes = append(l.Codes, vote.Letter{Number: n + 1, Code: vote.NewCode()})
		}
		pdf, err := votedoc.PDF(t.Context(), setter, l)
		if err != nil {
			t.Fatal(err)
		}
		keep(t, "letters-"+lang, pdf)
		for _, m := range []ballot.Method{ballot.Approval, ballot.Points, ballot.Ranking, ballot.Resistance} {
			s := votedoc.Sheet{
				Town: "Kupferstadt", Title: l.Title, Lang: lang, How: p.T("vote.how.points", "stock", 10), Until: l.Until, Where: l.Address, Method: m, T: p.T,
			}
			for n := range 14 {
				s.Options = append(s.Options, votedoc.Line{Key: fmt.Sprint(n + 1), Title: fmt.Sprintf("Vorschlag %d für die Messingsiedlung", n+1), Text: "Bänke, Schatten und ein Trinkbrunnen am Platz.", Cost: "12.500 €"})
			}
			s.Options[3] = votedoc.Line{Key: "4", Title: hostile, Text: hostile}
			pdf, err := s.PDF(t.Context(), setter)
			if err != nil {
				t.Fatalf("%s %s: %v", lang, m, err)
			}
			keep(t, "sheet-"+string(m)+"-"+lang, pdf)
		}
	}
}
