// SPDX-License-Identifier: EUPL-1.2

package web_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/web"
)

func TestATextInAnotherLanguageSaysSoAndTurnsItsDirection(t *testing.T) {
	text := kernel.Text{"de": "Spielplatz", "ar": "ملعب", "de+leicht": "Der Spiel·platz"}
	draw := func(lang, query string) string {
		t.Helper()
		r := &web.Request{Request: httptest.NewRequest(http.MethodGet, "/beteiligung"+query, nil), Lang: lang, Path: "/beteiligung"}
		var b strings.Builder
		ctx := web.With(t.Context(), r)
		if err := web.Said(text).Render(ctx, &b); err != nil {
			t.Fatal(err)
		}
		if err := web.Fallback(text).Render(ctx, &b); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	for _, c := range []struct {
		lang, query string
		want, not   string
	}{
		{"de", "", "Spielplatz", "kern-alert"},
		{"de", "", `href="/beteiligung?textsprache=ar" lang="ar" hreflang="ar" dir="rtl"`, "<span lang"},
		{"de", "", "sprache=leicht", "kern-alert"},
		{"en", "", `<span lang="de">Spielplatz</span>`, "dir=\"ltr\""},
		{"en", "", "kern-alert", "ملعب</span>"},
		{"de", "?textsprache=ar", `<span lang="ar" dir="rtl">ملعب</span>`, "kern-alert"},
		{"de", "?textsprache=tr", "kern-alert", "ملعب</span>"},
		{"de", "?textsprache=%22%3E%3Cscript", "Spielplatz", "<script"},
	} {
		if got := draw(c.lang, c.query); !strings.Contains(got, c.want) || strings.Contains(got, c.not) {
			t.Errorf("%s%s: %s", c.lang, c.query, got)
		}
	}
}
