// SPDX-License-Identifier: EUPL-1.2

package participationweb

import (
	"fmt"
	"maps"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/indicator"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/participation"
	"github.com/kupferfaden/kupferfaden/internal/platform/i18n"
	"github.com/kupferfaden/kupferfaden/internal/web"
)

// textField is a text of a process that is written in every language and register.
type textField struct {
	name string
	rows int // 0: one line
	of   func(p *participation.Process) *kernel.Text
}

// editPage is one page of the desk: texts, edited one language at a time, and what there is beside them.
type editPage struct {
	slug  string
	part  string // of participation.Gap, and of the catalogue
	texts []textField
	// fill puts what the process says beside its texts into the form, take reads it back; both nil where there are texts only. take names the
	// fields it cannot read.
	fill  func(f *web.Form, p participation.Process)
	take  func(f *web.Form, p *participation.Process, lang string) map[string]string
	extra func(r *web.Request, v editView, f *web.Form) templ.Component
}

// editPages are the pages in the order of filling in.
var editPages = []editPage{
	{
		slug: "eckdaten", part: "facts", fill: fillFacts, take: takeFacts, extra: func(r *web.Request, v editView, f *web.Form) templ.Component { return factsFields(r, v, f) },
		texts: []textField{
			{"decided", 4, func(p *participation.Process) *kernel.Text { return &p.Decided }},
			{"who", 4, func(p *participation.Process) *kernel.Text { return &p.Who }},
			{"how", 4, func(p *participation.Process) *kernel.Text { return &p.How }},
			{"levelreason", 3, func(p *participation.Process) *kernel.Text { return &p.LevelReason }},
			{"scope", 4, func(p *participation.Process) *kernel.Text { return &p.Scope }},
			{"limits", 4, func(p *participation.Process) *kernel.Text { return &p.Limits }},
			{"place", 2, func(p *participation.Process) *kernel.Text { return &p.Place }},
			{"contact", 3, func(p *participation.Process) *kernel.Text { return &p.Contact }},
		},
	},
	{
		slug: "texte", part: "texts",
		texts: []textField{
			{"title", 0, func(p *participation.Process) *kernel.Text { return &p.Title }},
			{"teaser", 2, func(p *participation.Process) *kernel.Text { return &p.Teaser }},
			{"body", 12, func(p *participation.Process) *kernel.Text { return &p.Body }},
			{"access", 4, func(p *participation.Process) *kernel.Text { return &p.Access }},
			{"privacy", 6, func(p *participation.Process) *kernel.Text { return &p.Privacy }},
			{"sign", 0, func(p *participation.Process) *kernel.Text { return &p.Sign }},
		},
	},
	{slug: "phasen", part: "phases", fill: fillPhases, take: takePhases, extra: func(r *web.Request, v editView, f *web.Form) templ.Component { return phaseFields(r, v, f) }},
	{slug: "bausteine", part: "modules", fill: fillModules, take: takeModules, extra: func(r *web.Request, v editView, f *web.Form) templ.Component { return moduleFields(r, v, f) }},
	{
		slug: "konzept", part: "concept", fill: fillConcept, take: takeConcept, extra: func(r *web.Request, v editView, f *web.Form) templ.Component { return conceptFields(r, v, f) },
		texts: []textField{
			{"object", 6, func(p *participation.Process) *kernel.Text { return &p.Concept.Object }},
			{"responsible", 4, func(p *participation.Process) *kernel.Text { return &p.Concept.Responsible }},
			{"groups", 6, func(p *participation.Process) *kernel.Text { return &p.Concept.Groups }},
			{"course", 6, func(p *participation.Process) *kernel.Text { return &p.Concept.Course }},
			{"results", 4, func(p *participation.Process) *kernel.Text { return &p.Concept.Results }},
			{"evaluation", 4, func(p *participation.Process) *kernel.Text { return &p.Concept.Evaluation }},
			{"resources", 4, func(p *participation.Process) *kernel.Text { return &p.Concept.Resources }},
		},
	},
	{slug: "mittel", part: "resources", fill: fillResources, take: takeResources, extra: func(r *web.Request, v editView, f *web.Form) templ.Component { return resourceFields(r, v, f) }},
}

// source is the language processes are first written in.
const source = i18n.German

// editView is what a page of the desk shows.
type editView struct {
	page   editPage
	p      participation.Process
	lang   string // being written
	langs  []string
	places []web.Item
	sets   []participation.Set
	refs   []web.Item // what a module can show that lives elsewhere
}

// first tells whether the source is being written, and with it what is not text.
func (v editView) first() bool { return v.lang == source }

func (h handlers) editView(r *web.Request, e editPage) (v editView, err error) {
	v = editView{page: e, lang: source}
	if v.p, err = h.s.Open(r.Context(), r.Actor, access.EditProcess, r.PathValue("process")); err != nil {
		return v, err
	}
	if tag, ok := kernel.Tag(r.URL.Query().Get("text")); ok {
		v.lang = tag
	}
	v.langs = []string{source, source + "+leicht", i18n.English}
	for _, t := range append(texts(v.p), v.p.Privacy, v.p.Access, v.p.Sign) {
		for tag := range t {
			if !slices.Contains(v.langs, tag) {
				v.langs = append(v.langs, tag)
			}
		}
	}
	slices.Sort(v.langs[3:])
	if !slices.Contains(v.langs, v.lang) {
		v.langs = append(v.langs, v.lang)
	}
	if e.slug == "bausteine" && v.first() && h.o.Refs != nil {
		if v.refs, err = h.o.Refs(r, v.p); err != nil {
			return v, err
		}
	}
	if e.slug == "eckdaten" && v.first() {
		if v.places, err = h.places(r); err != nil {
			return v, err
		}
		if v.sets, err = h.s.Sets(r.Context(), r.Tenant.ID); err != nil {
			return v, err
		}
	}
	return v, nil
}

// bare are the pages whose texts stand among other fields.
func (e editPage) bare() bool { return len(e.texts) == 0 }

// written tells whether the page has anything in several languages.
func (e editPage) written() bool { return !e.bare() || e.slug == "phasen" || e.slug == "bausteine" }

func (h handlers) show(w http.ResponseWriter, r *web.Request, v editView, f *web.Form) error {
	page := work(r, r.T("participation.part."+v.page.part), listCrumb(r), processCrumb(r, v.p))
	page.Lead = r.T("participation.part." + v.page.part + ".hint")
	if f.Failed() {
		return r.Invalid(w, page, editFormPage(r, v, f))
	}
	return r.Render(w, page, editFormPage(r, v, f))
}

func (h handlers) edit(e editPage) web.Handler {
	return func(w http.ResponseWriter, r *web.Request) error {
		v, err := h.editView(r, e)
		if err != nil {
			return err
		}
		f := web.BlankForm(r)
		f.Set("edit", strconv.Itoa(v.p.Edit))
		for _, t := range e.texts {
			f.Set(t.name, (*t.of(&v.p))[v.lang])
		}
		if e.fill != nil {
			e.fill(f, v.p)
			f.Set("lang", v.lang)
			fillTitles(f, v)
		}
		return h.show(w, r, v, f)
	}
}

func (h handlers) save(e editPage) web.Handler {
	return func(w http.ResponseWriter, r *web.Request) error {
		v, err := h.editView(r, e)
		if err != nil {
			return err
		}
		f := web.NewForm(r)
		p := v.p
		for _, t := range e.texts {
			setText(t.of(&p), v.lang, f.Value(t.name))
		}
		faults := map[string]string{}
		if e.take != nil && (v.first() || e.bare()) {
			faults = e.take(f, &p, v.lang)
		}
		if e.slug == "konzept" && !equalParts(p.Concept, v.p.Concept) {
			p.Concept.ChangedOn = day(h.s.Time())
		}
		p.Edit = number(f.Value("edit"))
		if len(faults) > 0 {
			err = &kernel.Error{Kind: kernel.Invalid, Key: "participation.invalid", Fields: faults}
		} else {
			p, err = h.s.Save(r.Context(), r.Actor, p)
		}
		if f.Fail(err) {
			if kernel.KindOf(err) == kernel.Conflict { // told once; who saves again has compared
				f.Set("edit", strconv.Itoa(v.p.Edit))
			}
			return h.show(w, r, v, f)
		}
		if err != nil {
			return err
		}
		to := WorkPath(p.Key)
		if f.Has("bleiben") {
			to += "/" + e.slug + "?text=" + escape(v.lang)
		}
		return r.Done(w, to, "notice.participation.saved")
	}
}

func setText(t *kernel.Text, lang, s string) {
	*t = maps.Clone(*t)
	if *t == nil {
		*t = kernel.Text{}
	}
	(*t)[lang] = s
}

func equalParts(a, b participation.Concept) bool {
	x, y := a.Parts(), b.Parts()
	for i := range x {
		for _, lang := range slices.Concat(slices.Collect(maps.Keys(x[i])), slices.Collect(maps.Keys(y[i]))) {
			if strings.TrimSpace(x[i][lang]) != strings.TrimSpace(y[i][lang]) {
				return false
			}
		}
	}
	return true
}

func fillFacts(f *web.Form, p participation.Process) {
	f.Set("key", p.Key)
	f.Set("level", string(p.Level))
	f.Set("reach", string(p.Reach))
	f.Set("office", p.Office)
	f.Set("areas", p.Areas...)
	f.Set("topics", strings.Join(p.Topics, ", "))
	f.Set("standard", p.Standard)
	if p.Youth {
		f.Set("youth", "1")
	}
}

func takeFacts(f *web.Form, p *participation.Process, _ string) map[string]string {
	faults := map[string]string{}
	if p.PublishedAt.IsZero() {
		p.Key = f.Value("key")
	}
	p.Level, p.Reach = participation.Level(f.Value("level")), participation.Reach(f.Value("reach"))
	if p.Office = f.Value("office"); p.Office != "" && !slices.Contains(indicator.Offices(), p.Office) {
		faults["office"] = "participation.choice"
	}
	p.Areas, p.Topics = f.Values("areas"), strings.Split(f.Value("topics"), ",")
	p.Standard, p.Youth = f.Value("standard"), f.Is("youth", "1")
	return faults
}

// when is how a moment stands in a field of date and time, in the town's time.
const when = "2006-01-02T15:04"

func fieldOf(i int, name string) string { return fmt.Sprintf("%d-%s", i, name) }

func setWhen(f *web.Form, name string, i kernel.Instant) {
	if !i.IsZero() {
		f.Set(name, i.In(kernel.Zone()).Format(when))
	}
}

func takeWhen(f *web.Form, name string) (kernel.Instant, bool) {
	s := strings.TrimSpace(f.Value(name))
	if s == "" {
		return kernel.Instant{}, true
	}
	for _, layout := range []string{when, "2006-01-02T15:04:05", time.DateOnly} {
		if t, err := time.ParseInLocation(layout, s, kernel.Zone()); err == nil && t.Year() >= 2000 && t.Year() < 2100 {
			return kernel.InstantOf(t), true
		}
	}
	return kernel.Instant{}, false
}

func fillPhases(f *web.Form, p participation.Process) {
	for i, x := range p.Phases {
		f.Set(fieldOf(i, "id"), string(x.ID))
		f.Set(fieldOf(i, "kind"), string(x.Kind))
		setWhen(f, fieldOf(i, "from"), x.From)
		setWhen(f, fieldOf(i, "to"), x.To)
	}
}

// fillTitles puts title and text of phases and modules in the language that is written.
func fillTitles(f *web.Form, v editView) {
	switch v.page.slug {
	case "phasen":
		for i, x := range v.p.Phases {
			f.Set(fieldOf(i, "title"), x.Title[v.lang])
			f.Set(fieldOf(i, "text"), x.Text[v.lang])
		}
	case "bausteine":
		for i, m := range v.p.Modules {
			f.Set(fieldOf(i, "title"), m.Title[v.lang])
			f.Set(fieldOf(i, "text"), m.Text[v.lang])
		}
	}
}

func takePhases(f *web.Form, p *participation.Process, lang string) map[string]string {
	faults := map[string]string{}
	old := p.Phases
	var out []participation.Phase
	for i := range len(old) + 1 {
		var x participation.Phase
		if j := slices.IndexFunc(old, func(x participation.Phase) bool { return string(x.ID) == f.Value(fieldOf(i, "id")) }); j >= 0 {
			x = old[j]
		}
		if lang == source {
			kind := f.Value(fieldOf(i, "kind"))
			if f.Is(fieldOf(i, "remove"), "1") || kind == "" {
				continue
			}
			x.Kind = participation.PhaseKind(kind)
			var ok, also bool
			x.From, ok = takeWhen(f, fieldOf(i, "from"))
			x.To, also = takeWhen(f, fieldOf(i, "to"))
			if !ok || !also {
				faults["phases"] = "participation.date.form"
			}
		} else if x.ID == "" {
			continue
		}
		setText(&x.Title, lang, f.Value(fieldOf(i, "title")))
		setText(&x.Text, lang, f.Value(fieldOf(i, "text")))
		out = append(out, x)
	}
	// In the order of their dates, so that a phase can be put in between.
	slices.SortStableFunc(out, func(a, b participation.Phase) int {
		if a.From.IsZero() || b.From.IsZero() {
			return 0
		}
		return a.From.Compare(b.From.Time)
	})
	p.Phases = out
	return faults
}

// permitted are the actions a phase can open in a module, as the form offers them.
var permitted = []struct {
	key  string
	acts []access.Action
}{
	{"contribute", []access.Action{access.Contribute, access.RecordContribution}},
	{"support", []access.Action{access.Support}},
	{"vote", []access.Action{access.Vote, access.VoteByCode}},
}

func fillModules(f *web.Form, p participation.Process) {
	for i, m := range p.Modules {
		f.Set(fieldOf(i, "id"), string(m.ID))
		f.Set(fieldOf(i, "key"), m.Key)
		f.Set(fieldOf(i, "kind"), string(m.Kind))
		f.Set(fieldOf(i, "categories"), strings.Join(m.Categories, "\n"))
		f.Set(fieldOf(i, "ref"), string(m.Ref.ID))
		if m.PlaceRequired {
			f.Set(fieldOf(i, "place"), "1")
		}
		if m.GroupSupport {
			f.Set(fieldOf(i, "groups"), "1")
		}
		for _, x := range p.Phases {
			open, set := m.Open[x.ID]
			if !set {
				f.Set(fieldOf(i, "open-"+string(x.ID)), "usual")
				continue
			}
			for _, c := range permitted {
				if slices.Contains(open, c.acts[0]) {
					f.Add(fieldOf(i, "open-"+string(x.ID)), c.key)
				}
			}
		}
	}
}

func takeModules(f *web.Form, p *participation.Process, lang string) map[string]string {
	old := p.Modules
	var out []participation.Module
	for i := range len(old) + 1 {
		var m participation.Module
		j := slices.IndexFunc(old, func(x participation.Module) bool { return string(x.ID) == f.Value(fieldOf(i, "id")) })
		if j >= 0 {
			m = old[j]
		}
		if lang == source {
			kind := f.Value(fieldOf(i, "kind"))
			if f.Is(fieldOf(i, "remove"), "1") || kind == "" {
				continue
			}
			m.Kind, m.Key = participation.ModuleKind(kind), f.Value(fieldOf(i, "key"))
			m.Categories, m.PlaceRequired = strings.Split(f.Value(fieldOf(i, "categories")), "\n"), f.Is(fieldOf(i, "place"), "1")
			m.GroupSupport = f.Is(fieldOf(i, "groups"), "1")
			if id := strings.TrimSpace(f.Value(fieldOf(i, "ref"))); id != string(m.Ref.ID) {
				m.Ref = refOf(m.Kind, id)
			}
			if j >= 0 {
				m.Open = takeOpen(f, i, p.Phases)
			}
		} else if m.ID == "" {
			continue
		}
		setText(&m.Title, lang, f.Value(fieldOf(i, "title")))
		setText(&m.Text, lang, f.Value(fieldOf(i, "text")))
		out = append(out, m)
	}
	p.Modules = out
	return nil
}

// takeOpen reads what each phase permits in a module.
func takeOpen(f *web.Form, i int, phases []participation.Phase) map[kernel.ID][]access.Action {
	open := map[kernel.ID][]access.Action{}
	for _, x := range phases {
		name := fieldOf(i, "open-"+string(x.ID))
		if f.Is(name, "usual") {
			continue
		}
		list := []access.Action{access.Report}
		for _, c := range permitted {
			if f.Is(name, c.key) {
				list = append(list, c.acts...)
			}
		}
		open[x.ID] = list
	}
	return open
}

// refOf names what a module shows that lives elsewhere.
func refOf(kind participation.ModuleKind, id string) kernel.Ref {
	if id == "" || len(id) > 100 {
		return kernel.Ref{}
	}
	switch kind {
	case participation.TextModule:
		return kernel.Ref{Kind: "vision", ID: kernel.ID(id)}
	case participation.RankingModule, participation.BudgetModule:
		return kernel.Ref{Kind: "vote", ID: kernel.ID(id)}
	case participation.SurveyModule:
		return kernel.Ref{Kind: "survey", ID: kernel.ID(id)}
	}
	return kernel.Ref{}
}

func fillConcept(f *web.Form, p participation.Process) {
	f.Set("approvedby", p.Concept.ApprovedBy)
	f.Set("approvedon", string(p.Concept.ApprovedOn))
}

func takeConcept(f *web.Form, p *participation.Process, _ string) map[string]string {
	p.Concept.ApprovedBy = f.Value("approvedby")
	p.Concept.ApprovedOn = ""
	if s := f.Value("approvedon"); s != "" {
		d, err := kernel.ParseDate(s)
		if err != nil {
			return map[string]string{"approvedon": "participation.date.form"}
		}
		p.Concept.ApprovedOn = d
	}
	return nil
}

func fillResources(f *web.Form, p participation.Process) {
	f.Set("answerdays", strconv.Itoa(p.AnswerDays))
	f.Set("second", string(p.Second))
	f.Set("budget", strings.Replace(strconv.FormatFloat(float64(p.BudgetCents)/100, 'f', 2, 64), ".", ",", 1))
	f.Set("hours", strings.Replace(strconv.FormatFloat(p.Hours, 'f', -1, 64), ".", ",", 1))
}

func takeResources(f *web.Form, p *participation.Process, _ string) map[string]string {
	faults := map[string]string{}
	p.Second = participation.Second(f.Value("second"))
	days := strings.TrimSpace(f.Value("answerdays"))
	if days == "" {
		days = "0"
	}
	var err error
	if p.AnswerDays, err = strconv.Atoi(days); err != nil {
		faults["answerdays"] = "participation.days.form"
	}
	budget, ok := amount(f.Value("budget"))
	if !ok {
		faults["budget"] = "participation.number"
	}
	p.BudgetCents = int64(math.Round(budget * 100))
	if p.Hours, ok = amount(f.Value("hours")); !ok {
		faults["hours"] = "participation.number"
	}
	return faults
}

// amount reads a number as people in Germany write it, "12.500,50", and as programs do, "12500.50".
func amount(s string) (float64, bool) {
	s = strings.Map(func(r rune) rune {
		if r == ' ' || r == '\u00a0' || r == '\u202f' || r == '€' {
			return -1
		}
		return r
	}, s)
	if s == "" {
		return 0, true
	}
	if i := strings.LastIndexByte(s, ','); i >= 0 {
		s = strings.ReplaceAll(s[:i], ".", "") + "." + s[i+1:]
	} else if i := strings.LastIndexByte(s, '.'); i >= 0 && (len(s)-i == 4 || strings.Count(s, ".") > 1) {
		s = strings.ReplaceAll(s, ".", "")
	}
	x, err := strconv.ParseFloat(s, 64)
	return x, err == nil && x >= 0 && x < 1e11
}
