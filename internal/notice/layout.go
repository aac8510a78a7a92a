// SPDX-License-Identifier: EUPL-1.2

package notice

import (
	"html/template"
	"regexp"
	"strings"
)

// copper is the colour of the heading where the town has none of its own.
const copper = "#8a4b20"

var colour = regexp.MustCompile(`^#[0-9a-fA-F]{6}$`)

// page is the letter as HTML: one column of text that every mail program shows, no picture, nothing fetched from outside, and the same
// sentences as the plain text. The heading carries the town's colour as a line, so that no text stands on it and contrast cannot fail.
var page = template.Must(template.New("mail").Parse(`<!doctype html>
<html lang="{{.Lang}}" dir="ltr">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark"><title>{{.Letter.Subject}}</title></head>
<body style="margin:0;padding:0">
<div role="article" aria-label="{{.Letter.Subject}}" lang="{{.Lang}}" style="max-width:36em;margin:0 auto;padding:24px 16px;font-family:'Fira Sans',Verdana,Arial,sans-serif;font-size:17px;line-height:1.5">
<p style="margin:0 0 24px;padding:0 0 8px;border-bottom:4px solid {{.Colour}};font-size:20px;font-weight:bold">{{.Town}}</p>
<h1 style="margin:0 0 16px;font-size:22px;line-height:1.3">{{.Letter.Subject}}</h1>
{{range .Text}}<p style="margin:0 0 16px">{{range $i, $l := .}}{{if $i}}<br>{{end}}{{$l}}{{end}}</p>
{{end}}{{range .Letter.Groups}}<h2 style="margin:24px 0 8px;font-size:19px;line-height:1.3">{{.Title}}</h2>
<ul style="margin:0 0 16px;padding:0 0 0 20px">
{{range .Entries}}<li style="margin:0 0 8px"><a href="{{.Path}}">{{.Text}}</a></li>
{{end}}</ul>
{{end}}{{if .Letter.Path}}<p style="margin:24px 0"><a href="{{.Letter.Path}}" style="display:inline-block;padding:12px 20px;border:2px solid {{.Colour}};border-radius:4px;font-weight:bold">{{.Letter.Button}}</a></p>
<p style="margin:0 0 16px;font-size:15px;overflow-wrap:anywhere">{{.Copy}}<br>{{.Letter.Path}}</p>
{{end}}<div style="margin:32px 0 0;padding:16px 0 0;border-top:1px solid #767676;font-size:15px">
<p style="margin:0 0 8px">{{.From}}</p>
{{if .Letter.Manage}}<p style="margin:0 0 8px">{{.Why}} <a href="{{.Letter.Manage}}">{{.ManageText}}</a></p>
{{end}}</div>
</div>
</body>
</html>
`))

// lay makes plain text and HTML of a letter.
func (s *Service) lay(lang string, t Town, l Letter) (text, html string, err error) {
	say := func(key string, kv map[string]any) string {
		out, _ := s.Writer.Sentence(lang, "outbox.letter."+key, kv)
		return out
	}
	base, _, _ := strings.Cut(lang, "+")
	name, _ := t.Name.In(base)
	from := say("from", map[string]any{"town": line(name)})

	var b strings.Builder
	b.WriteString(line(name) + "\n\n" + l.Subject + "\n\n")
	paragraphs := make([][]string, len(l.Text))
	for i, p := range l.Text {
		b.WriteString(p + "\n\n")
		paragraphs[i] = strings.Split(p, "\n")
	}
	for _, g := range l.Groups {
		b.WriteString(g.Title + "\n\n")
		for _, e := range g.Entries {
			b.WriteString("- " + e.Text + "\n  " + e.Path + "\n")
		}
		b.WriteString("\n")
	}
	if l.Path != "" {
		b.WriteString(l.Button + ":\n" + l.Path + "\n\n")
	}
	b.WriteString("-- \n" + from + "\n")
	if l.Manage != "" {
		b.WriteString(say("why", nil) + " " + say("manage", nil) + ":\n" + l.Manage + "\n")
	}

	c := t.Colour
	if !colour.MatchString(c) {
		c = copper
	}
	var h strings.Builder
	err = page.Execute(&h, map[string]any{
		"Lang": base, "Letter": l, "Colour": template.CSS(c), "Town": line(name), "Text": paragraphs, "From": from, //nolint:gosec // colour is six hexadecimal digits
		"Copy": say("copy", nil), "Why": say("why", nil), "ManageText": say("manage", nil),
	})
	return b.String(), h.String(), err
}
