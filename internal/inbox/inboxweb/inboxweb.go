// SPDX-License-Identifier: EUPL-1.2

// Package inboxweb draws what the imports of areas and of figures have in common: the hand-in of a file, the list of files that wait, the
// questions of a report, and the page that asks before a file is discarded.
package inboxweb

import (
	"context"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/inbox"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/web"
)

// Path is where the file is worked on.
func Path(f inbox.File) string {
	switch f.Kind {
	case inbox.Areas:
		return "/arbeit/eingang/raeume/" + string(f.ID)
	case inbox.Actors:
		return "/arbeit/akteure/import/" + string(f.ID)
	}
	return "/arbeit/eingang/zahlen/" + string(f.ID)
}

// Accepts are the endings offered by the file dialogue.
func Accepts(k inbox.Kind) string {
	if k == inbox.Areas {
		return ".geojson,.json,.zip,.gpkg"
	}
	return ".csv,.txt,.tsv,.xlsx,.ods"
}

// The forms of the command line in sentences that both surfaces share; on a page the answer is a box or a field.
var (
	flagParenthesis = regexp.MustCompile(`\s*\((?:oder |or )?--[^()]*(?:\([^()]*\)[^()]*)*\)`)
	flagWith        = regexp.MustCompile(`(?:mit|with) --accept [\w.]+\w`)
	flagColon       = regexp.MustCompile(`: --accept [\w.]+\w`)
	flagName        = regexp.MustCompile(`--[a-z][a-z-]+ `)
	flagExample     = regexp.MustCompile(`,? (?:zum Beispiel|for example|e\.g\.)(?: mit| with)? --\S+ \S*\w`)
)

// fieldOfKey names the field of the form for a key of the mapping file.
var fieldOfKey = map[string]string{
	"table: header_rows": "planner.map.header", "header_rows": "planner.map.header", "first_row": "planner.map.first", "last_row": "planner.map.last",
	"footer": "planner.map.footer", "table: encoding": "planner.map.encoding", "table: delimiter": "planner.map.delimiter",
	"table: decimal": "planner.map.decimal", "table: sheet": "planner.map.sheet", "period: format": "planner.map.format",
	"period: value": "planner.map.period", "area: key_width": "planner.map.width", "key_width": "planner.map.width", "filter": "planner.filter.title", "special": "planner.map.special",
}

var mappingKey = regexp.MustCompile(`\b(?:table: (?:header_rows|encoding|delimiter|decimal|sheet)|period: (?:format|value)|area: key_width|key_width|header_rows|first_row|last_row|footer|filter|special)\b`)

// Sentence is the text of a finding as a page says it: with the fields of the form in place of the keys of the mapping file.
func Sentence(ctx context.Context, f kernel.Finding) string {
	s := Plain(ctx, web.P(ctx).FindingText(f))
	if !strings.HasPrefix(f.Code, "table.") && !strings.HasPrefix(f.Code, "indicator.") {
		return s
	}
	return mappingKey.ReplaceAllStringFunc(s, func(key string) string {
		return web.T(ctx, "planner.quoted", "text", web.T(ctx, fieldOfKey[key]))
	})
}

// Plain puts a page's words in place of the options of the command line.
func Plain(ctx context.Context, s string) string {
	s = flagParenthesis.ReplaceAllString(s, "")
	s = flagWith.ReplaceAllLiteralString(s, web.T(ctx, "planner.accept.below"))
	s = flagColon.ReplaceAllLiteralString(s, ": "+web.T(ctx, "planner.accept.confirm"))
	s = flagExample.ReplaceAllString(s, "")
	return flagName.ReplaceAllString(s, "")
}

// Question is something a person must say yes to before a file can be taken.
type Question struct {
	Code     string
	Findings []kernel.Finding
	Answered bool
}

// Questions gathers the findings that ask, and those that were agreed to, by their code and in their order. fixed names codes to which yes is
// no answer.
func Questions(list []kernel.Finding, accepted []string, fixed ...string) []Question {
	var out []Question
	at := map[string]int{}
	for _, f := range list {
		code := answerCode(f)
		yes := slices.Contains(accepted, code)
		if f.Outcome != kernel.Ask && !yes || slices.Contains(fixed, f.Code) {
			continue
		}
		i, ok := at[code]
		if !ok {
			i = len(out)
			at[code] = i
			out = append(out, Question{Code: code, Answered: yes})
		}
		out[i].Findings = append(out[i].Findings, f)
	}
	for _, code := range accepted {
		if _, ok := at[code]; !ok {
			at[code] = len(out)
			out = append(out, Question{Code: code, Answered: true})
		}
	}
	out = slices.DeleteFunc(out, func(q Question) bool { return len(q.Findings) == 0 })
	slices.SortStableFunc(out, func(x, y Question) int {
		if x.Answered == y.Answered {
			return 0
		}
		if x.Answered {
			return 1
		}
		return -1
	})
	return out
}

// Rest is what the questions do not say already.
func Rest(list []kernel.Finding, questions []Question) []kernel.Finding {
	asked := map[string]bool{}
	for _, q := range questions {
		asked[q.Code] = true
	}
	var out []kernel.Finding
	for _, f := range list {
		if !asked[answerCode(f)] {
			out = append(out, f)
		}
	}
	return out
}

// answerCode is the code to send back; some refusals name another one that lifts them.
func answerCode(f kernel.Finding) string {
	if c, ok := f.Params["code"].(string); ok && strings.Contains(c, ".") && strings.HasPrefix(f.Code, "indicator.") {
		return c
	}
	return f.Code
}

// Lifted adds the questions of refusals that a person may lift, such as a period outside of an edition.
func Lifted(list []kernel.Finding) []Question {
	byCode := map[string]Question{}
	for _, f := range list {
		if f.Outcome != kernel.RefuseFile && f.Outcome != kernel.RefuseRow || answerCode(f) == f.Code {
			continue
		}
		q := byCode[answerCode(f)]
		q.Code = answerCode(f)
		q.Findings = append(q.Findings, f)
		byCode[q.Code] = q
	}
	var out []Question
	for _, code := range slices.Sorted(maps.Keys(byCode)) {
		out = append(out, byCode[code])
	}
	return out
}

// Upload takes the file of a form into the inbox and leads to the page where it is worked on.
func Upload(w http.ResponseWriter, r *web.Request, s *inbox.Service, kind inbox.Kind, f *web.Form, query url.Values) error {
	file, head, err := f.File("file")
	if err != nil {
		return err
	}
	defer file.Close()
	kept, err := s.Add(r.Context(), r.Actor, kind, head.Filename, file)
	if err != nil {
		return err
	}
	to := Path(kept)
	if len(query) > 0 {
		to += "?" + query.Encode()
	}
	return r.Redirect(w, to)
}

// RegisterDiscard adds the page that asks before a file is discarded, and the act.
func RegisterDiscard(m *web.Mux, s *inbox.Service, kind inbox.Kind, back string) {
	do := map[inbox.Kind]string{inbox.Areas: "/arbeit/eingang/raeume/{id}/verwerfen", inbox.Figures: "/arbeit/eingang/zahlen/{id}/verwerfen"}[kind]
	m.Handle("GET "+do, action(kind), func(w http.ResponseWriter, r *web.Request) error {
		file, err := find(r, s, kind)
		if err != nil {
			return err
		}
		return r.Render(w, web.Page{
			Title: r.T("planner.discard.title", "file", file.Name), Nav: web.NavWork, NoIndex: true, Narrow: true,
			Breadcrumb: []web.Crumb{{Text: r.T("planner.desk.crumb"), Href: "/arbeit"}},
		}, web.Confirm(web.Confirmation{
			Text: r.T("planner.discard.text", "size", file.Size), Action: r.Link(Path(file) + "/verwerfen"),
			Button: r.T("planner.discard.button"), Back: r.Link(Path(file)), Danger: true,
		}))
	})
	m.Handle("POST "+do, action(kind), func(w http.ResponseWriter, r *web.Request) error {
		file, err := find(r, s, kind)
		if kernel.KindOf(err) == kernel.NotFound && err != nil {
			return r.Done(w, back, "notice.inbox.gone")
		}
		if err != nil {
			return err
		}
		if err := s.Discard(r.Context(), r.Actor, kind, file.ID); err != nil {
			return err
		}
		return r.Done(w, back, "notice.inbox.discarded")
	})
}

func find(r *web.Request, s *inbox.Service, kind inbox.Kind) (inbox.File, error) {
	id, err := kernel.ParseID(r.PathValue("id"))
	if err != nil {
		return inbox.File{}, err
	}
	return s.File(r.Context(), r.Actor, kind, id)
}

func action(kind inbox.Kind) access.Action {
	if kind == inbox.Areas {
		return access.ImportAreas
	}
	return access.ImportData
}
