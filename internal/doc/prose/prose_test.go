// SPDX-License-Identifier: EUPL-1.2

package prose_test

import (
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/kupferfaden/kupferfaden/internal/doc/prose"
)

func TestTextsCarryNothingButWords(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"# Oben\n\nText **fett** und [Seite](/kontakt).\n\n## Unten", "<h2>Oben</h2>\n<p>Text <strong>fett</strong> und <a href=\"/kontakt\">Seite</a>.</p>\n<h3>Unten</h3>\n"},
		{"### Nur tief", "<h2>Nur tief</h2>\n"},
		{"<script>alert(1)</script>Hallo <b onclick=x>Welt</b>", ""},
		{"[x](javascript:alert(1)) [y](//boese.example) [z](data:text/html,x)", "<p>x y z</p>\n"},
		{"![Bild](https://fremd.example/x.png)", "<p>Bild</p>\n"},
		{"| A | B |\n| - | - |\n| 1 | 2 |", "<table>\n<thead>\n<tr>\n<th scope=\"col\">A</th>\n<th scope=\"col\">B</th>\n</tr>\n</thead>\n<tbody>\n<tr>\n<td>1</td>\n<td>2</td>\n</tr>\n</tbody>\n</table>\n"},
		{"[Post](mailto:stadt@stadt.example) 1 < 2 & \"x\"", "<p><a href=\"mailto:stadt@stadt.example\">Post</a> 1 &lt; 2 &amp; &#34;x&#34;</p>\n"},
	} {
		got, err := prose.HTML(c.in, 2, nil)
		if err != nil || c.want != "" && got != c.want {
			t.Errorf("%q\ngot  %q %v\nwant %q", c.in, got, err, c.want)
		}
		for _, bad := range []string{"<script", "onclick", "javascript:", "<img", "data:"} {
			if strings.Contains(got, bad) {
				t.Errorf("%q lets %s through: %q", c.in, bad, got)
			}
		}
	}
}

// FuzzHTML: whatever is typed, the page holds only allowed elements and attributes.
func FuzzHTML(f *testing.F) {
	for _, s := range []string{"# x\n\n[a](http://b)", "<svg/onload=x>", "[a](\x00javascript:x)", "<a href=javascript:x>", "|a|\n|-|\n|<b>|", "&#x6a;avascript:", "[x]: javascript:y\n\n[x]"} {
		f.Add(s)
	}
	allowed := map[string]bool{
		"p": true, "br": true, "strong": true, "em": true, "code": true, "pre": true, "blockquote": true, "ul": true, "ol": true, "li": true, "hr": true,
		"table": true, "thead": true, "tbody": true, "tr": true, "th": true, "td": true, "h2": true, "h3": true, "h4": true, "h5": true, "h6": true, "a": true,
		"html": true, "head": true, "body": true,
	}
	f.Fuzz(func(t *testing.T, in string) {
		out, err := prose.HTML(in, 2, nil)
		if err != nil {
			t.Skip()
		}
		doc, err := html.Parse(strings.NewReader(out))
		if err != nil {
			t.Fatal(err)
		}
		for n := range doc.Descendants() {
			if n.Type != html.ElementNode {
				continue
			}
			if !allowed[n.Data] {
				t.Errorf("%q gives <%s>: %q", in, n.Data, out)
			}
			for _, a := range n.Attr {
				switch {
				case a.Key == "href" && n.Data == "a" && prose.Safe(a.Val), a.Key == "scope" && n.Data == "th", a.Key == "start" && n.Data == "ol", a.Key == "rel":
				default:
					t.Errorf("%q gives %s=%q on <%s>", in, a.Key, a.Val, n.Data)
				}
			}
		}
	})
}
