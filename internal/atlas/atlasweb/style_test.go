// SPDX-License-Identifier: EUPL-1.2

package atlasweb_test

import (
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/kupferfaden/kupferfaden/internal/doc/palette"
	"github.com/kupferfaden/kupferfaden/internal/testdata"
)

var update = flag.Bool("update", false, "write the generated style sheet anew")

// pageTokens are colours that the page has in a shade of its own; figures on it take those.
var pageTokens = regexp.MustCompile(`--kf-(paper|ink|muted):[^;]*;`)

// The style sheet of figures is made from the palette that the drawings use, so that page, print and PDF agree.
func TestStyleSheetOfFiguresIsFresh(t *testing.T) {
	vars := func(th palette.Theme) string { return pageTokens.ReplaceAllString(palette.Variables(th), "") }
	lines := func(s string) string { return regexp.MustCompile(`;`).ReplaceAllString(s, ";\n") }
	want := "/* SPDX-License-Identifier: EUPL-1.2 */\n\n/* Made from internal/doc/palette by TestStyleSheetOfFiguresIsFresh -update. */\n:root{\n" +
		lines(vars(palette.Light)) + "}\n@media screen and (prefers-color-scheme:dark){:root{\n" + lines(vars(palette.Dark)) + "}}\n" + palette.Rules()
	file := filepath.Join(testdata.Module(), "internal", "web", "assets", "css", "palette.css")
	if *update {
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Error("internal/web/assets/css/palette.css differs from the palette; run this test with -update")
	}
}
