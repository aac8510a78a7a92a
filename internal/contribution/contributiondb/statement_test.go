// SPDX-License-Identifier: EUPL-1.2

package contributiondb_test

import (
	"testing"

	"github.com/kupferfaden/kupferfaden/internal/contribution"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// What a form sends beside the text is shown on a public page: nobody may smuggle words there past those who read the text.
func TestAWriterSpeaksOfFiguresThatWereShownOnly(t *testing.T) {
	each(t, func(x *town) {
		for _, id := range []kernel.ID{"Kauft bei uns: x.example", "sgb2_rate@quartier/0101"} {
			d := idea("Am Marktplatz fehlen Bänke.")
			d.Statements = []contribution.Statement{{Stance: contribution.Confirms, About: kernel.Ref{Kind: "indicator", ID: id}}}
			if _, _, err := x.s.Submit(x.Context(), x.guest(), d); kernel.KindOf(err) != kernel.Invalid {
				x.Errorf("%s: %v", id, err)
			}
		}
	})
}
