// SPDX-License-Identifier: EUPL-1.2

package voteweb

import (
	"encoding/csv"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/vote"
	"github.com/kupferfaden/kupferfaden/internal/vote/votedoc"
	"github.com/kupferfaden/kupferfaden/internal/web"
)

func queryEscape(s string) string { return url.QueryEscape(s) }

func (h handlers) registerCodes(m *web.Mux) {
	held := web.Held()
	m.Handle("GET "+codePath, access.EditProcess, h.codes, held)
	m.Handle("POST "+codePath, access.EditProcess, h.makeCodes, held)
	m.Handle("GET "+codePath+"/{set}", access.EditProcess, h.codeSet, held)
	m.Handle("POST "+codePath+"/{set}/briefe.csv", access.EditProcess, h.lettersCSV, web.Timeout(2*time.Minute), held)
	m.Handle("POST "+codePath+"/{set}/briefe.pdf", access.EditProcess, h.lettersPDF, web.Timeout(3*time.Minute), held)
	m.Handle("POST "+codePath+"/{set}/druckdaten-loeschen", access.EditProcess, h.forget, held)
	m.Handle("POST "+codePath+"/{set}/sperren", access.EditProcess, h.disable, held)
}

// codesView is the page of all codes.
type codesView struct {
	sets      []vote.CodeSet
	rounds    map[kernel.ID]vote.Round
	choose    []web.Item // what new codes can be for
	areas     []web.Item
	areaNames map[string]string
	shown     string // the code of a group, once
	made      vote.CodeSet
}

func (h handlers) codesPage(r *web.Request, title string) web.Page {
	return web.Page{
		Title: title, Nav: web.NavWork, NoIndex: true, Styles: []string{"planner.css", "vote.css"},
		Breadcrumb: []web.Crumb{{Text: r.T("web.nav.work"), Href: "/arbeit"}, {Text: r.T("vote.work.title"), Href: WorkPath}},
	}
}

func (h handlers) codes(w http.ResponseWriter, r *web.Request) error {
	f := web.BlankForm(r)
	f.Set("kind", string(vote.LetterCode))
	f.Set("for", r.URL.Query().Get("fuer"))
	return h.showCodes(w, r, f, codesView{})
}

func (h handlers) showCodes(w http.ResponseWriter, r *web.Request, f *web.Form, v codesView) error {
	var err error
	if v.sets, err = h.s.Codes.All(r.Context(), r.Actor); err != nil {
		return err
	}
	if v.areas, err = h.areaItems(r); err != nil {
		return err
	}
	v.areaNames = map[string]string{}
	for _, a := range v.areas {
		v.areaNames[a.Value] = a.Text
	}
	all, err := h.s.List(r.Context(), r.Actor, "")
	if err != nil {
		return err
	}
	processes, err := h.processItems(r)
	if err != nil {
		return err
	}
	v.rounds = map[kernel.ID]vote.Round{}
	if r.Can(access.EditProcess) {
		v.choose = []web.Item{{Value: "", Text: r.T("vote.codes.town")}}
	}
	for _, p := range processes {
		v.choose = append(v.choose, web.Item{Value: "process/" + p.Value, Text: r.T("vote.codes.process", "title", p.Text)})
	}
	for _, x := range all {
		v.rounds[x.ID] = x
		if (x.State == vote.Draft || x.State == vote.Fixed) && h.s.Runs(r.Context(), r.Actor, x, access.EditProcess) {
			v.choose = append(v.choose, web.Item{Value: "round/" + x.Key, Text: r.T("vote.codes.round", "title", text(r, x.Title))})
		}
	}
	p := h.codesPage(r, r.T("vote.codes"))
	p.Lead = r.T("vote.codes.lead")
	w.Header().Set("Cache-Control", "no-store")
	if f.Failed() {
		return r.Invalid(w, p, codesPage(r, f, v))
	}
	return r.Render(w, p, codesPage(r, f, v))
}

func (h handlers) makeCodes(w http.ResponseWriter, r *web.Request) error {
	f := web.NewForm(r)
	s := vote.CodeSet{Kind: vote.CodeKind(f.Value("kind")), Name: f.Value("name"), Area: f.Value("area")}
	bad := map[string]string{}
	number := func(name, key string) int {
		v := strings.TrimSpace(f.Value(name))
		if v == "" {
			return 0
		}
		n, err := strconv.Atoi(v)
		if err != nil {
			bad[name] = key
		}
		return n
	}
	n := number("count", "vote.set.count")
	s.Most = number("most", "vote.set.most")
	for name, to := range map[string]*kernel.Instant{"from": &s.From, "to": &s.To} {
		if v := f.Value(name); v != "" {
			t, err := time.ParseInLocation(localForm, v, kernel.Zone())
			if err != nil || t.Year() < 2000 || t.Year() > 2200 {
				bad[name] = "vote.time.form"
				continue
			}
			*to = kernel.InstantOf(t)
		}
	}
	var err error
	kind, key, _ := strings.Cut(f.Value("for"), "/")
	switch kind {
	case "process":
		s.Process = key
	case "round":
		x, _, e := h.s.ForStaff(r.Context(), r.Actor, key, access.EditProcess)
		if e != nil {
			return e
		}
		s.Process, s.Round = x.Process, x.ID
		if s.To.IsZero() {
			s.To = x.To
		}
	}
	if s.Area != "" {
		if e := h.knownArea(r, s.Area); e != nil {
			bad["area"] = "vote.area.unknown"
		}
	}
	var shown string
	if len(bad) > 0 {
		err = &kernel.Error{Kind: kernel.Invalid, Key: "web.invalid", Fields: bad}
	} else {
		s, shown, err = h.s.Codes.Make(r.Context(), r.Actor, s, n)
	}
	if f.Fail(err) {
		return h.showCodes(w, r, f, codesView{})
	}
	if err != nil {
		return err
	}
	if shown != "" {
		return h.showCodes(w, r, web.BlankForm(r), codesView{shown: shown, made: s})
	}
	return r.Done(w, codePath+"/"+string(s.ID), "notice.vote.codes")
}

// setView is the page of one set.
type setView struct {
	set   vote.CodeSet
	round vote.Round
	area  string
	pdf   bool
	parts []web.Item
}

// lettersPart is how many letters one PDF holds.
const lettersPart = 250

func (h handlers) codeSet(w http.ResponseWriter, r *web.Request) error {
	return h.showSet(w, r, web.BlankForm(r))
}

func (h handlers) set(r *web.Request) (vote.CodeSet, error) {
	id, err := kernel.ParseID(r.PathValue("set"))
	if err != nil {
		return vote.CodeSet{}, err
	}
	return h.s.Codes.Get(r.Context(), r.Actor, id)
}

func (h handlers) showSet(w http.ResponseWriter, r *web.Request, f *web.Form) error {
	s, err := h.set(r)
	if err != nil {
		return err
	}
	v := setView{set: s, pdf: h.Typesetter != nil && s.Kind == vote.LetterCode}
	if s.Round != "" {
		if v.round, err = h.s.ByID(r.Context(), r.Actor, s.Round); err != nil {
			return err
		}
	}
	areas, err := h.areaItems(r)
	if err != nil {
		return err
	}
	for _, a := range areas {
		if a.Value == s.Area {
			v.area = a.Text
		}
	}
	for from := 1; from <= s.Made; from += lettersPart {
		v.parts = append(v.parts, web.Item{Value: strconv.Itoa(from), Text: r.T("vote.letters.part", "from", from, "to", min(from+lettersPart-1, s.Made))})
	}
	p := h.codesPage(r, s.Name)
	p.Breadcrumb = append(p.Breadcrumb, web.Crumb{Text: r.T("vote.codes"), Href: codePath})
	if f.Failed() {
		return r.Invalid(w, p, setPage(r, f, v))
	}
	return r.Render(w, p, setPage(r, f, v))
}

// letters gives the codes of a set with the address where they are used.
func (h handlers) letters(r *web.Request) (votedoc.Letters, error) {
	s, err := h.set(r)
	if err != nil {
		return votedoc.Letters{}, err
	}
	l := votedoc.Letters{Town: r.Name(), Title: s.Name, Lang: r.Lang, Address: r.Absolute("/beteiligung"), T: r.T}
	if s.Process != "" {
		l.Address = r.Absolute("/beteiligung/" + url.PathEscape(s.Process))
	}
	if s.Round != "" {
		x, err := h.s.ByID(r.Context(), r.Actor, s.Round)
		if err != nil {
			return l, err
		}
		l.Title, l.Address = text(r, x.Title), r.Absolute(RoundPath(x.Key))
		if !x.To.IsZero() {
			l.Until = r.P.DateTime(x.To)
		}
	}
	_, l.Codes, err = h.s.Codes.Print(r.Context(), r.Actor, s.ID)
	return l, err
}

func (h handlers) lettersCSV(w http.ResponseWriter, r *web.Request) error {
	l, err := h.letters(r)
	f := web.NewForm(r)
	if f.Fail(err) {
		return h.showSet(w, r, f)
	}
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="briefe.csv"`)
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write([]byte("\ufeff"))
	c := csv.NewWriter(w)
	c.Comma = ';'
	_ = c.Write([]string{r.T("vote.letters.number"), r.T("vote.code"), r.T("vote.letters.address")})
	for _, x := range l.Codes {
		_ = c.Write([]string{strconv.Itoa(x.Number), x.Code, l.Address + "?code=" + x.Code})
	}
	c.Flush()
	return c.Error()
}

func (h handlers) lettersPDF(w http.ResponseWriter, r *web.Request) error {
	f := web.NewForm(r)
	if h.Typesetter == nil {
		return kernel.E(kernel.NotFound, "access.notfound")
	}
	l, err := h.letters(r)
	if f.Fail(err) {
		return h.showSet(w, r, f)
	}
	if err != nil {
		return err
	}
	from, _ := strconv.Atoi(f.Value("from"))
	from = max(1, from)
	part := l.Codes[:0:0]
	for _, x := range l.Codes {
		if x.Number >= from && x.Number < from+lettersPart {
			part = append(part, x)
		}
	}
	l.Codes = part
	pdf, err := votedoc.PDF(r.Context(), h.Typesetter, l)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/pdf")
	w.Header().Set("Content-Disposition", `attachment; filename="briefe-`+strconv.Itoa(from)+`.pdf"`)
	w.Header().Set("Cache-Control", "no-store")
	_, err = w.Write(pdf)
	return err
}

func (h handlers) forget(w http.ResponseWriter, r *web.Request) error {
	s, err := h.set(r)
	if err != nil {
		return err
	}
	if err := h.s.Codes.Forget(r.Context(), r.Actor, s.ID); err != nil {
		return err
	}
	return r.Done(w, codePath+"/"+string(s.ID), "notice.vote.forgotten")
}

func (h handlers) disable(w http.ResponseWriter, r *web.Request) error {
	s, err := h.set(r)
	if err != nil {
		return err
	}
	f := web.NewForm(r)
	n := 0
	if !f.Is("all", "1") {
		if n, err = strconv.Atoi(strings.TrimSpace(f.Value("number"))); err != nil || n < 1 {
			err = &kernel.Error{Kind: kernel.Invalid, Key: "web.invalid", Fields: map[string]string{"number": "vote.code.number"}}
		}
	}
	if err == nil {
		err = h.s.Codes.Disable(r.Context(), r.Actor, s.ID, n)
	}
	if f.Fail(err) {
		return h.showSet(w, r, f)
	}
	if err != nil {
		return err
	}
	return r.Done(w, codePath+"/"+string(s.ID), "notice.vote.disabled")
}

// longOpening is how much of the text of an option a ballot paper repeats, in characters.
const longOpening = 160

// opening is the first paragraph of a formatted text without its signs, as far as it goes on a ballot paper.
func opening(markdown string) string {
	first, _, _ := strings.Cut(strings.TrimSpace(strings.ReplaceAll(markdown, "\r\n", "\n")), "\n\n")
	s := []rune(strings.Join(strings.Fields(strings.NewReplacer("**", "", "__", "", "#", "", "`", "", "* ", "", "[", "", "](", " (").Replace(first)), " "))
	if len(s) > longOpening {
		return strings.TrimSpace(string(s[:longOpening])) + " …"
	}
	return string(s)
}

// sheet is the ballot paper, to print and to hand out.
func (h handlers) sheet(w http.ResponseWriter, r *web.Request) error {
	if h.Typesetter == nil {
		return kernel.E(kernel.NotFound, "access.notfound")
	}
	x, options, err := h.s.ForStaff(r.Context(), r.Actor, r.PathValue("round"), access.RecordContribution)
	if err != nil {
		return err
	}
	s := votedoc.Sheet{
		Town: r.Name(), Title: text(r, x.Title), Lang: r.Lang, How: howText(r, x), Where: r.Absolute(RoundPath(x.Key)), Method: x.Rules.Method, T: r.T,
	}
	if !x.To.IsZero() {
		s.Until = r.P.DateTime(x.To)
	}
	for _, o := range options {
		l := votedoc.Line{Key: o.Key, Title: text(r, o.Title), Text: opening(text(r, o.Text))}
		if o.Cost > 0 {
			l.Cost = euro(r, o.Cost)
		}
		s.Options = append(s.Options, l)
	}
	pdf, err := s.PDF(r.Context(), h.Typesetter)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/pdf")
	w.Header().Set("Content-Disposition", `attachment; filename="stimmzettel-`+x.Key+`.pdf"`)
	w.Header().Set("Cache-Control", "no-store")
	_, err = w.Write(pdf)
	return err
}
