// SPDX-License-Identifier: EUPL-1.2

// Package visionweb shows vision and guidelines to everybody, takes amendments, and gives the editors their desk.
package visionweb

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/doc/typst"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/vision"
	"github.com/kupferfaden/kupferfaden/internal/web"
)

// Options are what the pages need beside the service.
type Options struct {
	// Address gives the page of something a paragraph rests on; empty where there is none.
	Address func(r *web.Request, c vision.Cite) string
	// Follow is the address of the form that subscribes to a text; empty: there is none.
	Follow func(text string) string
	// Teams names the working groups a person can submit an amendment for.
	Teams func(r *web.Request) ([]web.Item, error)
	// AllTeams names every working group.
	AllTeams func(r *web.Request) ([]web.Item, error)
	// Round is the page on which a round of voting is prepared.
	Round func(ref kernel.Ref) string
	// Processes and Modules list what a text can belong to, "process/module".
	Modules func(r *web.Request) ([]web.Item, error)
	// Typesetter makes the PDFs; nil: there are none.
	Typesetter typst.Typesetter
}

type handlers struct {
	s *vision.Service
	o Options
}

// The addresses.
const (
	Path     = "/leitbild"
	WorkPath = "/arbeit/leitbild"
	codePath = Path + "/vorgang"
)

func textPath(key string) string { return Path + "/" + url.PathEscape(key) }
func workPath(key string) string { return WorkPath + "/" + url.PathEscape(key) }
func versionPath(key string, n int) string {
	return textPath(key) + "/fassungen/" + strconv.Itoa(n)
}
func amendmentsPath(key string) string { return textPath(key) + "/aenderungen" }
func amendmentPath(key string, n int) string {
	return amendmentsPath(key) + "/" + strconv.Itoa(n)
}

func amendPath(key string, p kernel.ID, kind vision.AmendmentKind) string {
	if p == "" {
		p = "anfang"
	}
	out := textPath(key) + "/absatz/" + string(p) + "/aendern"
	if kind != "" {
		out += "?art=" + string(kind)
	}
	return out
}

func paragraphPath(key string, p kernel.ID) string {
	return workPath(key) + "/absatz/" + string(p)
}

// anchor is the id of a paragraph within its page: the same in every version.
func anchor(id kernel.ID) string { return "absatz-" + strings.ReplaceAll(string(id), "+", "-") }

// writes bounds what one address sends to the open forms.
var writes = web.Rate{PerMinute: 6, Burst: 30}

// guesses bounds how often one address asks for a code (50 bits).
var guesses = web.Rate{PerMinute: 5, Burst: 10}

// sheets bounds how often one address has a text set as a file: a PDF costs the machine a second.
var sheets = web.Rate{PerMinute: 12, Burst: 24}

// mostUpload bounds an uploaded text.
const mostUpload = 24 << 20

// Register adds the pages.
func Register(m *web.Mux, s *vision.Service, o Options) {
	h := handlers{s, o}
	m.Handle("GET "+Path, access.ReadPublic, h.start)
	m.Handle("GET "+codePath, access.AnonymousWrite, h.code)
	m.Handle("POST "+codePath, access.AnonymousWrite, h.asked, web.Limit(guesses))
	m.Handle("POST "+codePath+"/zurueckziehen", access.AnonymousWrite, h.withdraw, web.Limit(guesses))
	m.Handle("GET "+Path+"/{text}", access.ReadPublic, h.text)
	m.Handle("GET "+Path+"/{text}/fassungen/{version}", access.ReadPublic, h.version)
	m.Handle("GET "+Path+"/{text}/fassungen/{version}/{file}", access.ReadPublic, h.file, web.Limit(sheets))
	m.Handle("GET "+Path+"/{text}/lesefassung.pdf", access.ReadPublic, h.sheet, web.Limit(sheets))
	m.Handle("GET "+Path+"/{text}/vergleich", access.ReadPublic, h.compare)
	m.Handle("GET "+Path+"/{text}/aenderungen", access.ReadPublic, h.amendments)
	m.Handle("GET "+Path+"/{text}/aenderungen/{number}", access.ReadPublic, h.amendment)
	m.Handle("POST "+Path+"/{text}/aenderungen/{number}/unterstuetzen", access.VoteByCode, h.support, web.Limit(writes))
	m.Handle("GET "+Path+"/{text}/absatz/{paragraph}/aendern", access.Contribute, h.amend)
	m.Handle("POST "+Path+"/{text}/absatz/{paragraph}/aendern", access.Contribute, h.amended, web.Limit(writes))
	h.registerWork(m)
}

// read gives texts as the reader of the page asked for them.
func read(r *web.Request) vision.Read {
	ctx := web.With(r.Request.Context(), r)
	return func(t kernel.Text) string {
		s, _ := web.Read(ctx, t)
		return s
	}
}

// Title is what a text is called.
func Title(r *web.Request, t vision.Text) string { return said(r, t.Title) }

func said(r *web.Request, t kernel.Text) string { return read(r)(t) }

// tagOf is the language and register a reader sees a text in, as amendments note it.
func tagOf(r *web.Request, t kernel.Text) string {
	if tag := r.Reading(); tag != "" && t[tag] != "" {
		return tag
	}
	if tag := r.Lang + "+" + string(kernel.Leicht); r.Register == kernel.Leicht && t[tag] != "" {
		return tag
	}
	_, actual := t.In(r.Lang)
	return actual
}

// bodies are the texts of a page, for the word about the language they are in.
func bodies(list []vision.Paragraph) []kernel.Text {
	out := make([]kernel.Text, len(list))
	for i := range list {
		out[i] = list[i].Body
	}
	return out
}

func styles() []string { return []string{"vision.css"} }

func (h handlers) page(r *web.Request, t vision.Text) web.Page {
	return web.Page{
		Title: said(r, t.Title), Nav: web.NavVision, Styles: styles(), Wide: true, NoIndex: !t.Public(), Subject: kernel.Ref{Kind: "vision", ID: kernel.ID(t.Key)},
		Breadcrumb: []web.Crumb{{Text: r.T("vision.title"), Href: Path}},
	}
}

// below is a page under that of a text.
func (h handlers) below(r *web.Request, t vision.Text, title string) web.Page {
	p := h.page(r, t)
	p.Breadcrumb = append(p.Breadcrumb, web.Crumb{Text: p.Title, Href: textPath(t.Key)})
	p.Title, p.Heading = title+" – "+p.Title, title
	return p
}

// shown is a text as a page shows it.
type shown struct {
	doc     *vision.Doc
	version *vision.Version // nil: the working text
	live    []vision.Paragraph
	open    map[kernel.ID]int // open amendments of each paragraph
	pending int               // amendments that are open
	others  []vision.Text
	own     bool // the actor edits
	lead    kernel.Text
	headed  kernel.Text
}

func (h handlers) start(w http.ResponseWriter, r *web.Request) error {
	list, err := h.s.Texts(r.Context(), r.Actor)
	if err != nil {
		return err
	}
	list = slices.DeleteFunc(list, func(t vision.Text) bool { return !t.Public() })
	if len(list) == 0 {
		p := web.Page{Title: r.T("vision.title"), Nav: web.NavVision, Styles: styles(), Lead: r.T("vision.lead")}
		return r.Render(w, p, emptyPage(r))
	}
	v, err := h.shown(r, list[0].Key)
	if err != nil {
		return err
	}
	v.others = list[1:]
	p := h.page(r, v.doc.Text)
	p.Breadcrumb = nil
	p.Leicht = r.HasLeicht(bodies(v.live)...)
	return r.Render(w, p, textPage(r, h, v))
}

func (h handlers) text(w http.ResponseWriter, r *web.Request) error {
	v, err := h.shown(r, r.PathValue("text"))
	if err != nil {
		return err
	}
	p := h.page(r, v.doc.Text)
	p.Leicht = r.HasLeicht(bodies(v.live)...)
	return r.Render(w, p, textPage(r, h, v))
}

// shown gives the version in force; the working text where there is none or the reader asks for it.
func (h handlers) shown(r *web.Request, key string) (*shown, error) {
	d, err := h.s.Doc(r.Context(), r.Actor, key)
	if err != nil {
		return nil, err
	}
	v := &shown{doc: d, open: map[kernel.ID]int{}, own: d.Edits, lead: d.Lead, headed: d.Headline.Text}
	h.voting(r, d)
	if a, ok := d.Adopted(); ok && r.URL.Query().Get("fassung") != "arbeit" {
		full, err := h.s.Version(r.Context(), r.Actor, key, a.Number)
		if err != nil {
			return nil, err
		}
		v.show(r, &full)
	} else {
		v.live = d.Live(read(r))
	}
	list, err := h.s.Amendments(r.Context(), r.Actor, key)
	if err != nil {
		return nil, err
	}
	for _, a := range list {
		if a.State.Public() && a.State.Open() {
			v.pending++
			v.open[a.Paragraph]++
		}
	}
	return v, nil
}

// voting leads to the vote on the headline who can see it.
func (h handlers) voting(r *web.Request, d *vision.Doc) {
	if d.Headline.Path != "" && d.Headline.Total() == 0 && !h.s.Voting(r.Context(), r.Actor, d.Text) {
		d.Headline.Path, d.Headline.Options = "", nil
	}
}

// teamName is what a working group is called.
func (h handlers) teamName(r *web.Request, key string) string {
	if h.o.AllTeams != nil {
		all, err := h.o.AllTeams(r)
		if i := slices.IndexFunc(all, func(x web.Item) bool { return x.Value == key }); err == nil && i >= 0 {
			return all[i].Text
		}
	}
	return key
}

// show puts a version in place of the working text.
func (v *shown) show(r *web.Request, x *vision.Version) {
	v.version, v.live = x, vision.Numbered(x.Content.Paragraphs, read(r))
	v.lead, v.headed = x.Content.Lead, x.Content.Headline
}

func (h handlers) number(r *web.Request, name string) (int, error) {
	n, err := strconv.Atoi(r.PathValue(name))
	if err != nil || n < 1 {
		return 0, kernel.E(kernel.NotFound, "access.notfound")
	}
	return n, nil
}

func (h handlers) version(w http.ResponseWriter, r *web.Request) error {
	n, err := h.number(r, "version")
	if err != nil {
		return err
	}
	d, err := h.s.Doc(r.Context(), r.Actor, r.PathValue("text"))
	if err != nil {
		return err
	}
	x, err := h.s.Version(r.Context(), r.Actor, d.Key, n)
	if err != nil {
		return err
	}
	h.voting(r, d)
	v := &shown{doc: d, open: map[kernel.ID]int{}}
	v.show(r, &x)
	p := h.below(r, d.Text, r.T("vision.version.n", "n", n))
	p.Leicht = r.HasLeicht(bodies(v.live)...)
	return r.Render(w, p, textPage(r, h, v))
}

// stateTone colours states; each has its word too.
func stateTone(s vision.State) web.Tone {
	switch s {
	case vision.Accepted, vision.Modified:
		return web.Success
	case vision.Rejected, vision.Hidden, vision.Withdrawn:
		return web.Danger
	case vision.Discouraged:
		return web.Warning
	}
	return web.Info
}

func stateName(r *web.Request, s vision.State) string { return r.T("vision.state." + string(s)) }

func kindName(r *web.Request, k vision.AmendmentKind) string {
	return r.T("vision.amend.kind." + string(k))
}

// paragraphName names a paragraph by its number; empty: the begin of the text.
func paragraphName(r *web.Request, live []vision.Paragraph, id kernel.ID) string {
	if id == "" {
		return r.T("vision.begin")
	}
	i := slices.IndexFunc(live, func(p vision.Paragraph) bool { return p.ID == id })
	if i < 0 {
		return r.T("vision.paragraph.gone")
	}
	return r.T("vision.paragraph.n", "n", live[i].Number)
}

// private keeps a page from being kept by anybody: its form's token is good once, or it shows a code.
func private(w http.ResponseWriter) { w.Header().Set("Cache-Control", "no-store") }

func day(s string) kernel.Date {
	d, err := kernel.ParseDate(strings.TrimSpace(s))
	if err != nil {
		return ""
	}
	return d
}

// moment reads the date of a form as the start of that day in the town; zero where there is none.
func moment(s string) kernel.Instant {
	if t, err := time.ParseInLocation(time.DateOnly, string(day(s)), kernel.Zone()); err == nil {
		return kernel.InstantOf(t)
	}
	return kernel.Instant{}
}

// after is moment for a last day, which counts: what it ends, ends with it.
func after(s string) kernel.Instant {
	t := moment(s)
	if t.IsZero() {
		return t
	}
	return kernel.InstantOf(t.In(kernel.Zone()).AddDate(0, 0, 1))
}

// dateOf is the day of a moment in the town, lastDay the last one before it.
func dateOf(i kernel.Instant) string {
	if i.IsZero() {
		return ""
	}
	return string(kernel.DayOf(i.Time))
}

func lastDay(i kernel.Instant) string {
	if i.IsZero() {
		return ""
	}
	return dateOf(kernel.InstantOf(i.Add(-time.Nanosecond)))
}

// address of something a paragraph rests on.
func (h handlers) address(ctx context.Context, c vision.Cite) string {
	if h.o.Address == nil {
		return ""
	}
	return h.o.Address(web.From(ctx), c)
}
