// SPDX-License-Identifier: EUPL-1.2

package privacy

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"html/template"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// answer is what the two files of an Auskunft hold (Art. 15 (1) a to h, 20 GDPR).
type answer struct {
	Town       string         `json:"town"`
	Controller string         `json:"controller,omitempty"`
	Officer    string         `json:"data_protection_officer,omitempty"`
	Person     kernel.ID      `json:"person"`
	At         kernel.Instant `json:"at"`
	Kinds      []answerKind   `json:"kinds"`
}

type answerKind struct {
	Key        string    `json:"key"`
	Title      string    `json:"title"`
	Purpose    string    `json:"purpose"`
	Basis      string    `json:"basis"`
	Recipients string    `json:"recipients"`
	Kept       string    `json:"kept"`
	Sections   []Section `json:"sections"`
}

// archive puts everything held about a person into one zip: a page to read and JSON to carry elsewhere.
func (s *Service) archive(ctx context.Context, tenant kernel.ID, d Disclosure) ([]byte, error) {
	p, err := s.People.Person(ctx, tenant, d.Person)
	if err != nil {
		return nil, err
	}
	record, err := s.Current(ctx, tenant)
	if err != nil {
		return nil, err
	}
	facts, err := s.Facts(ctx, tenant)
	if err != nil {
		return nil, err
	}
	town, err := s.Towns.Town(ctx, tenant)
	if err != nil {
		return nil, err
	}
	a := answer{Town: record.Town.String(), Controller: record.Controller.String(), Officer: record.Officer.String(), Person: p.ID, At: s.now()}
	for _, k := range s.Kinds { // also what was left behind by kinds that are switched off
		if k.Holder == nil {
			continue
		}
		sections, err := k.Holder.Held(ctx, tenant, p)
		if err != nil {
			return nil, fmt.Errorf("answer about %s: %w", k.Key, err)
		}
		if len(sections) == 0 {
			continue
		}
		e := s.entry(k, k.days(town), facts)
		a.Kinds = append(a.Kinds, answerKind{k.Key, e.Title.String(), e.Purpose.String(), e.Basis.String(), e.Recipients.String(), e.Kept.String(), sections})
	}
	page, err := s.page(a, p)
	if err != nil {
		return nil, err
	}
	data, err := json.MarshalIndent(a, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("answer: %w", err)
	}
	return pack(s.now().Time, map[string][]byte{"auskunft.html": page, "auskunft.json": data})
}

func pack(at time.Time, files map[string][]byte) ([]byte, error) {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, name := range []string{"auskunft.html", "auskunft.json"} {
		w, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: at})
		if err == nil {
			_, err = w.Write(files[name])
		}
		if err != nil {
			return nil, fmt.Errorf("answer: %w", err)
		}
	}
	if err := z.Close(); err != nil {
		return nil, fmt.Errorf("answer: %w", err)
	}
	return b.Bytes(), nil
}

// page writes the answer to be read and printed; it needs nothing beside itself.
func (s *Service) page(a answer, p Person) ([]byte, error) {
	t := func(key string, kv ...any) string { return s.Words.T("de", key, kv...) }
	field := func(column string) string {
		if key := "privacy.field." + column; s.Words.Has(key) {
			return t(key)
		}
		return column
	}
	tmpl, err := template.New("").Funcs(template.FuncMap{
		"t": t, "field": field, "value": func(v any) string {
			// The trail's keys have words of their own.
			if act, ok := v.(string); ok && s.Words.Has("audit.what."+act) {
				return t("audit.what." + act)
			}
			return s.Words.Value("de", v)
		},
		"table": func(name string) string {
			if key := "privacy.table." + name; s.Words.Has(key) {
				return t(key)
			}
			return name
		},
	}).Parse(answerPage)
	if err != nil {
		return nil, fmt.Errorf("answer: %w", err)
	}
	var b bytes.Buffer
	if err := tmpl.Execute(&b, struct {
		answer
		Name, Email string
	}{a, p.Name, p.Email}); err != nil {
		return nil, fmt.Errorf("answer: %w", err)
	}
	return b.Bytes(), nil
}

const answerPage = `<!DOCTYPE html>
<html lang="de">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{t "privacy.answer.title"}} – {{.Town}}</title>
<style>
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1d1a18;background:#fff}
h1{line-height:1.2}h2{margin-top:2.5rem;border-top:2px solid #b5532a;padding-top:.5rem}
dl{display:grid;grid-template-columns:minmax(8rem,14rem) 1fr;gap:.25rem 1rem}dt{font-weight:600}dd{margin:0;white-space:pre-line}
.scroll{overflow-x:auto}table{border-collapse:collapse;width:100%;margin:1rem 0}caption{text-align:left;font-weight:600}
th,td{border:1px solid #bbb;padding:.3rem .5rem;text-align:left;vertical-align:top;overflow-wrap:anywhere}
@media print{body{margin:0;max-width:none}h2{break-after:avoid}}
</style>
</head>
<body>
<main>
<h1>{{t "privacy.answer.title"}}</h1>
<dl>
<dt>{{t "privacy.answer.about"}}</dt><dd>{{.Name}}, {{.Email}}</dd>
<dt>{{t "privacy.answer.at"}}</dt><dd>{{value .At}}</dd>
<dt>{{t "privacy.record.controller"}}</dt><dd>{{if .Controller}}{{.Controller}}{{else}}{{.Town}}{{end}}</dd>
{{if .Officer}}<dt>{{t "privacy.record.officer"}}</dt><dd>{{.Officer}}</dd>{{end}}
</dl>
<p>{{t "privacy.answer.lead"}}</p>
{{range .Kinds}}
<h2>{{.Title}}</h2>
<dl>
<dt>{{t "privacy.entry.purpose"}}</dt><dd>{{.Purpose}}</dd>
<dt>{{t "privacy.entry.basis"}}</dt><dd>{{.Basis}}</dd>
<dt>{{t "privacy.entry.recipients"}}</dt><dd>{{.Recipients}}</dd>
<dt>{{t "privacy.entry.kept"}}</dt><dd>{{.Kept}}</dd>
</dl>
{{range .Sections}}<div class="scroll" role="region" tabindex="0" aria-label="{{table .Table}}"><table>
<caption>{{table .Table}}</caption>
<thead><tr>{{range .Columns}}<th scope="col">{{field .}}</th>{{end}}</tr></thead>
<tbody>{{range .Rows}}<tr>{{range .}}<td>{{value .}}</td>{{end}}</tr>{{end}}</tbody>
</table></div>{{end}}
{{end}}
<h2>{{t "privacy.answer.rights"}}</h2>
<p>{{t "privacy.answer.rights.text"}}</p>
</main>
</body>
</html>
`
