// SPDX-License-Identifier: EUPL-1.2

package participation

import (
	"maps"
	"math"
	"net/url"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// How long texts may be, in characters.
const (
	mostTitle = 200
	mostLine  = 300
	mostText  = 20_000
)

// Levels lists the levels of participation, the weakest first.
func Levels() []Level { return []Level{Information, Consultation, Codecision, Decision} }

// Reaches lists the kinds of access.
func Reaches() []Reach { return []Reach{Open, SemiOpen, Members} }

// PhaseKinds lists the kinds of phases in their usual order.
func PhaseKinds() []PhaseKind {
	return []PhaseKind{Presentation, Inventory, Ideas, Discussion, Prioritising, Assessment, Resolution, Implementation}
}

// ModuleKinds lists the kinds of modules.
func ModuleKinds() []ModuleKind {
	return []ModuleKind{IdeasModule, MapModule, QuestionModule, TextModule, RankingModule, BudgetModule, SurveyModule, BoardModule, EventModule}
}

// States lists the states in order.
func States() []State { return []State{Draft, Ready, Running, Evaluation, Feedback, Closed, Archived} }

func cleanText(t kernel.Text, lines bool) kernel.Text {
	out := kernel.Text{}
	for lang, s := range t {
		if s = kernel.Clean(s, lines); s != "" {
			out[lang] = s
		}
	}
	return out
}

// tidy brings what was typed into the form that is kept.
func tidy(p Process) Process {
	p.Key = strings.ToLower(strings.TrimSpace(p.Key))
	p.Title, p.Teaser = cleanText(p.Title, false), cleanText(p.Teaser, false)
	for _, t := range []*kernel.Text{
		&p.Body, &p.Decided, &p.Who, &p.How, &p.Scope, &p.Limits, &p.LevelReason, &p.Contact, &p.Place, &p.Privacy, &p.Access,
		&p.Concept.Object, &p.Concept.Responsible, &p.Concept.Groups, &p.Concept.Course, &p.Concept.Results, &p.Concept.Evaluation, &p.Concept.Resources,
	} {
		*t = cleanText(*t, true)
	}
	p.Sign = cleanText(p.Sign, false)
	p.Concept.ApprovedBy = kernel.Clean(p.Concept.ApprovedBy, false)
	if p.Reach == "" {
		p.Reach = Open
	}
	p.Topics = tidyList(p.Topics)
	p.Areas = tidyList(p.Areas)
	p.Phases, p.Modules, p.Documents = slices.Clone(p.Phases), slices.Clone(p.Modules), slices.Clone(p.Documents)
	for i := range p.Phases {
		x := &p.Phases[i]
		if x.ID == "" {
			x.ID = kernel.NewID()
		}
		x.Title, x.Text = cleanText(x.Title, false), cleanText(x.Text, true)
	}
	for i := range p.Modules {
		m := &p.Modules[i]
		if m.ID == "" {
			m.ID = kernel.NewID()
		}
		m.Key = strings.ToLower(strings.TrimSpace(m.Key))
		m.Title, m.Text, m.Categories = cleanText(m.Title, false), cleanText(m.Text, true), tidyList(m.Categories)
		m.Open = maps.Clone(m.Open)
		maps.DeleteFunc(m.Open, func(id kernel.ID, _ []access.Action) bool {
			return !slices.ContainsFunc(p.Phases, func(x Phase) bool { return x.ID == id })
		})
	}
	for i := range p.Documents {
		if p.Documents[i].ID == "" {
			p.Documents[i].ID = kernel.NewID()
		}
		p.Documents[i].Title, p.Documents[i].Name = cleanText(p.Documents[i].Title, false), kernel.Clean(p.Documents[i].Name, false)
	}
	return p
}

func tidyList(list []string) (out []string) {
	for _, s := range list {
		if s = kernel.Clean(s, false); s != "" && !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

// validate names every field that cannot be kept. What is merely missing is no fault of a draft; see Missing.
func validate(p Process) error {
	f := map[string]string{}
	if !ValidKey(p.Key) {
		f["key"] = "participation.key.form"
	}
	if !said(p.Title) {
		f["title"] = "participation.title.missing"
	}
	long := func(name string, t kernel.Text, most int) {
		for _, s := range t {
			if utf8.RuneCountInString(s) > most {
				f[name] = "participation.long"
			}
		}
	}
	long("title", p.Title, mostTitle)
	long("teaser", p.Teaser, mostLine)
	for name, t := range map[string]kernel.Text{
		"body": p.Body, "decided": p.Decided, "who": p.Who, "how": p.How, "scope": p.Scope, "limits": p.Limits, "levelreason": p.LevelReason,
		"contact": p.Contact, "place": p.Place, "privacy": p.Privacy, "access": p.Access, "object": p.Concept.Object, "responsible": p.Concept.Responsible,
		"groups": p.Concept.Groups, "course": p.Concept.Course, "results": p.Concept.Results, "evaluation": p.Concept.Evaluation, "resources": p.Concept.Resources,
	} {
		long(name, t, mostText)
	}
	for _, s := range p.Sign {
		if !webAddress(s) {
			f["sign"] = "participation.address.form"
		}
	}
	if p.Level != "" && !slices.Contains(Levels(), p.Level) {
		f["level"] = "participation.choice"
	}
	if !slices.Contains(Reaches(), p.Reach) {
		f["reach"] = "participation.choice"
	}
	if !slices.Contains([]Second{SecondAsTown, SecondRefusals, SecondAlways}, p.Second) {
		f["second"] = "participation.choice"
	}
	if p.AnswerDays < 0 || p.AnswerDays > 730 {
		f["answerdays"] = "participation.days.form"
	}
	if p.BudgetCents < 0 || p.BudgetCents > 1e13 {
		f["budget"] = "participation.number"
	}
	if p.Hours < 0 || p.Hours > 1e6 || math.IsNaN(p.Hours) {
		f["hours"] = "participation.number"
	}
	if len(p.Topics) > 30 || len(p.Areas) > 400 {
		f["topics"] = "participation.many"
	}
	if p.Concept.ApprovedBy != "" != (p.Concept.ApprovedOn != "") {
		f["approvedby"] = "participation.approval.both"
	}
	phaseFaults(p, f)
	moduleFaults(p, f)
	for _, d := range p.Documents {
		if !said(d.Title) || d.SHA == "" && !webAddress(d.Link) || len(d.Name) > mostLine {
			f["documents"] = "participation.document.form"
		}
	}
	if len(f) > 0 {
		return &kernel.Error{Kind: kernel.Invalid, Key: "participation.invalid", Fields: f}
	}
	return nil
}

// phaseFaults: each has a kind and ends after it began, and none begins before the one ahead of it is over.
func phaseFaults(p Process, f map[string]string) {
	if len(p.Phases) > 30 {
		f["phases"] = "participation.many"
	}
	var over kernel.Instant
	for i, x := range p.Phases {
		switch {
		case !slices.Contains(PhaseKinds(), x.Kind):
			f["phases"] = "participation.choice"
		case !x.From.IsZero() && !x.To.IsZero() && !x.From.Before(x.To.Time):
			f["phases"] = "participation.phase.turned"
		case x.From.IsZero() && x.To.IsZero(): // of a draft: its dates come later
		case i > 0 && x.From.IsZero(), i < len(p.Phases)-1 && x.To.IsZero():
			f["phases"] = "participation.phase.open"
		case !x.From.IsZero() && x.From.Before(over.Time):
			f["phases"] = "participation.phase.overlap"
		}
		for _, t := range []kernel.Text{x.Title, x.Text} {
			for _, s := range t {
				if utf8.RuneCountInString(s) > mostText {
					f["phases"] = "participation.long"
				}
			}
		}
		over = x.To
	}
}

func moduleFaults(p Process, f map[string]string) {
	if len(p.Modules) > 30 {
		f["modules"] = "participation.many"
	}
	seen := map[string]bool{}
	for _, m := range p.Modules {
		switch {
		case !ValidKey(m.Key):
			f["modules"] = "participation.key.form"
		case seen[m.Key]:
			f["modules"] = "participation.key.taken"
		case !slices.Contains(ModuleKinds(), m.Kind):
			f["modules"] = "participation.choice"
		case len(m.Categories) > 60:
			f["modules"] = "participation.many"
		}
		seen[m.Key] = true
		for _, t := range []kernel.Text{m.Title, m.Text} {
			for _, s := range t {
				if utf8.RuneCountInString(s) > mostText {
					f["modules"] = "participation.long"
				}
			}
		}
	}
}

// webAddress tells whether a link leads to a page: an absolute http or https address without a password in it.
func webAddress(s string) bool {
	u, err := url.Parse(s)
	return err == nil && len(s) <= 500 && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" && u.User == nil && !strings.ContainsFunc(s, unicode.IsSpace)
}

// validArea tells whether a key names an area of a level, "quartier/0101".
func validArea(s string) bool {
	level, key, ok := strings.Cut(s, "/")
	return ok && level != "" && key != "" && len(s) <= 200
}
