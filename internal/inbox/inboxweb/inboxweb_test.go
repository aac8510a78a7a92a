// SPDX-License-Identifier: EUPL-1.2

package inboxweb_test

import (
	"strings"
	"testing"

	"github.com/kupferfaden/kupferfaden/internal/inbox/inboxweb"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/platform/i18n"
	"github.com/kupferfaden/kupferfaden/internal/web"
)

// Sentences are shared with the command line; a page must not tell people to type options.
func TestNoSentenceOfAFindingNamesAnOptionOfTheCommandLine(t *testing.T) {
	for _, lang := range i18n.Languages() {
		ctx := web.With(t.Context(), &web.Request{Lang: lang})
		for _, key := range i18n.Keys(lang) {
			if !strings.HasPrefix(key, "area.") && !strings.HasPrefix(key, "geo.") && !strings.HasPrefix(key, "table.") && !strings.HasPrefix(key, "indicator.") {
				continue
			}
			if key == "area.import.ask" || key == "indicator.import.refused" {
				continue // the page says its own verdict instead
			}
			params := map[string]any{}
			for _, name := range i18n.Placeholders(lang, key) {
				params[name] = "x"
			}
			params["code"] = "area.key.zeros"
			s := inboxweb.Sentence(ctx, kernel.Finding{Code: key, Params: params})
			if strings.Contains(s, "--accept") || strings.Contains(s, "--rekey") || strings.Contains(s, "(--") {
				t.Errorf("%s %s: %s", lang, key, s)
			}
			if strings.HasPrefix(key, "table.") && (strings.Contains(s, "header_rows") || strings.Contains(s, "key_width") || strings.Contains(s, "period: format")) {
				t.Errorf("%s %s names keys of the mapping file: %s", lang, key, s)
			}
		}
	}
}

func TestQuestionsAreGatheredByTheirAnswer(t *testing.T) {
	list := []kernel.Finding{
		{Code: "a.ask", Outcome: kernel.Ask, Row: 1},
		{Code: "b.warn", Outcome: kernel.Warn},
		{Code: "c.fixed", Outcome: kernel.Ask},
		{Code: "d.yes", Outcome: kernel.Warn, Row: 2},
		{Code: "a.ask", Outcome: kernel.Ask, Row: 3},
		{Code: "indicator.period.before", Outcome: kernel.RefuseFile, Params: map[string]any{"code": "indicator.period.outside"}},
	}
	got := inboxweb.Questions(list, []string{"d.yes", "gone"}, "c.fixed")
	if len(got) != 2 || got[0].Code != "a.ask" || len(got[0].Findings) != 2 || got[0].Answered || got[1].Code != "d.yes" || !got[1].Answered {
		t.Errorf("%+v", got)
	}
	lifted := inboxweb.Lifted(list)
	if len(lifted) != 1 || lifted[0].Code != "indicator.period.outside" {
		t.Errorf("%+v", lifted)
	}
	rest := inboxweb.Rest(list, append(got, lifted...))
	if len(rest) != 2 || rest[0].Code != "b.warn" || rest[1].Code != "c.fixed" {
		t.Errorf("%+v", rest)
	}
}
