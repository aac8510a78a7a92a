// SPDX-License-Identifier: EUPL-1.2

// Package groupweb shows working groups and bodies: to everybody what they are charged with and what they published, to their members the space
// they work in, and to the planning staff which groups there are.
package groupweb

import (
	"context"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/doc/prose"
	"github.com/kupferfaden/kupferfaden/internal/group"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/web"
)

// The addresses.
const (
	Path      = "/gruppen"
	workPath  = "/arbeit/gruppen"
	tasksPath = "/arbeit/aufgaben"
)

// Options are what the pages need of others.
type Options struct {
	// Processes lists the participation processes a group can belong to, by key; nil: none are offered.
	Processes func(r *web.Request) ([]web.Item, error)
	// ProcessPath gives the page of a process; nil: no link.
	ProcessPath func(key string) string
	// ContributionPath gives the page of a contribution by its number; nil, or empty where the reader may not see it: no link.
	ContributionPath func(r *web.Request, number string) string
	// Address makes an absolute address, for calendar entries.
	Address func(ctx context.Context, tenant kernel.ID, lang, path string) (string, error)
}

func (o Options) contribution(r *web.Request, number string) string {
	if o.ContributionPath == nil {
		return ""
	}
	return o.ContributionPath(r, number)
}

type handlers struct {
	s *group.Service
	o Options
}

// Register adds the pages.
func Register(m *web.Mux, s *group.Service, o Options) {
	h := handlers{s, o}
	in := web.In(access.InGroup, "group")
	m.Handle("GET "+Path, access.ReadPublic, h.list)
	m.Handle("GET "+Path+"/{group}", access.ReadPublic, h.public)
	m.Handle("GET "+Path+"/{group}/sitzungen/{number}", access.ReadPublic, h.publicMinutes)
	m.Handle("GET "+Path+"/{group}/unterlagen/{paper}", access.ReadPublic, h.paper)

	m.Handle("GET "+workPath, access.UseOwnAccount, h.mine)
	m.Handle("GET "+workPath+"/neu", access.ManageGroups, h.newForm)
	m.Handle("POST "+workPath+"/neu", access.ManageGroups, h.create)
	m.Handle("GET "+workPath+"/{group}", access.ReadGroup, h.space, in)
	m.Handle("GET "+workPath+"/{group}/bearbeiten", access.ManageGroups, h.editForm)
	m.Handle("POST "+workPath+"/{group}/bearbeiten", access.ManageGroups, h.edit)

	m.Handle("GET "+workPath+"/{group}/mitglieder", access.ReadGroup, h.members, in)
	m.Handle("POST "+workPath+"/{group}/mitglieder", access.LeadGroup, h.addMember, in)
	m.Handle("GET "+workPath+"/{group}/mitglieder/{member}", access.LeadGroup, h.memberForm, in)
	m.Handle("POST "+workPath+"/{group}/mitglieder/{member}", access.LeadGroup, h.saveMember, in)
	m.Handle("GET "+workPath+"/{group}/mitglieder/{member}/entfernen", access.LeadGroup, h.askDropMember, in)
	m.Handle("POST "+workPath+"/{group}/mitglieder/{member}/entfernen", access.LeadGroup, h.dropMember, in)

	m.Handle("GET "+workPath+"/{group}/sitzungen/neu", access.LeadGroup, h.newMeeting, in)
	m.Handle("POST "+workPath+"/{group}/sitzungen/neu", access.LeadGroup, h.createMeeting, in)
	m.Handle("GET "+workPath+"/{group}/sitzungen/{number}", access.ReadGroup, h.meeting, in)
	m.Handle("GET "+workPath+"/{group}/sitzungen/{number}/termin.ics", access.ReadGroup, h.calendar, in)
	m.Handle("GET "+workPath+"/{group}/sitzungen/{number}/bearbeiten", access.LeadGroup, h.meetingForm, in)
	m.Handle("POST "+workPath+"/{group}/sitzungen/{number}/bearbeiten", access.LeadGroup, h.saveMeeting, in)
	for _, step := range []string{"einladen", "absagen", "veroeffentlichen"} {
		m.Handle("GET "+workPath+"/{group}/sitzungen/{number}/"+step, access.LeadGroup, h.askStep(step), in)
		m.Handle("POST "+workPath+"/{group}/sitzungen/{number}/"+step, access.LeadGroup, h.step(step), in)
	}
	m.Handle("GET "+workPath+"/{group}/sitzungen/{number}/protokoll", access.LeadGroup, h.minutesForm, in)
	m.Handle("POST "+workPath+"/{group}/sitzungen/{number}/protokoll", access.LeadGroup, h.saveMinutes, in)
	m.Handle("POST "+workPath+"/{group}/sitzungen/{number}/ergebnisse", access.LeadGroup, h.addOutcome, in)

	m.Handle("POST "+workPath+"/{group}/unterlagen", access.WorkInGroup, h.addPaper, in, web.MaxBody(group.MaxPaper+1<<20))
	m.Handle("GET "+workPath+"/{group}/unterlagen/{paper}", access.ReadGroup, h.paper, in)
	m.Handle("GET "+workPath+"/{group}/unterlagen/{paper}/entfernen", access.LeadGroup, h.askDropPaper, in)
	m.Handle("POST "+workPath+"/{group}/unterlagen/{paper}/entfernen", access.LeadGroup, h.dropPaper, in)

	m.Handle("GET "+workPath+"/{group}/texte/neu", access.WorkInGroup, h.newDraft, in)
	m.Handle("POST "+workPath+"/{group}/texte/neu", access.WorkInGroup, h.createDraft, in)
	m.Handle("GET "+workPath+"/{group}/texte/{text}", access.ReadGroup, h.draft, in)
	m.Handle("GET "+workPath+"/{group}/texte/{text}/bearbeiten", access.WorkInGroup, h.draftForm, in)
	m.Handle("POST "+workPath+"/{group}/texte/{text}/bearbeiten", access.WorkInGroup, h.saveDraft, in)
	m.Handle("GET "+workPath+"/{group}/texte/{text}/vergleich", access.ReadGroup, h.compare, in)

	m.Handle("POST "+workPath+"/{group}/aufgaben", access.WorkInGroup, h.addTask, in)
	m.Handle("GET "+tasksPath, access.UseOwnAccount, h.tasks)
	m.Handle("GET "+tasksPath+"/{task}", access.UseOwnAccount, h.taskForm)
	m.Handle("POST "+tasksPath+"/{task}", access.UseOwnAccount, h.saveTask)
}

func publicPath(key string) string { return Path + "/" + url.PathEscape(key) }
func spacePath(key string) string  { return workPath + "/" + url.PathEscape(key) }
func meetingPath(key string, n int) string {
	return spacePath(key) + "/sitzungen/" + strconv.Itoa(n)
}
func draftPath(key string, id kernel.ID) string { return spacePath(key) + "/texte/" + string(id) }
func taskPath(id kernel.ID) string              { return tasksPath + "/" + string(id) }

func said(r *web.Request, t kernel.Text) string {
	s, _ := web.Read(web.With(r.Context(), r), t)
	return s
}

// page is a page of the space.
func page(r *web.Request, title string, crumbs ...web.Crumb) web.Page {
	return web.Page{
		Title: title, Nav: web.NavWork, NoIndex: true, Styles: []string{"planner.css", "group.css"},
		Breadcrumb: append([]web.Crumb{{Text: r.T("group.mine"), Href: workPath}}, crumbs...),
	}
}

func (h handlers) crumb(r *web.Request, g group.Group) web.Crumb {
	return web.Crumb{Text: said(r, g.Name), Href: spacePath(g.Key)}
}

// wording draws what people wrote in Markdown.
func wording(r *web.Request, text string) templ.Component {
	out, err := prose.HTML(text, 3, r.Link)
	if err != nil || out == "" {
		return templ.NopComponent
	}
	return templ.Raw(out)
}

// number reads the number of a meeting from the address.
func number(r *web.Request) int {
	n, err := strconv.Atoi(r.PathValue("number"))
	if err != nil || n < 1 || n > 1_000_000 {
		return 0 // there is none
	}
	return n
}

func id(r *web.Request, name string) (kernel.ID, error) { return kernel.ParseID(r.PathValue(name)) }

// at reads a day and a time of the town's zone; the zero instant where the day is missing or wrong.
func at(day, clock string) kernel.Instant {
	t, err := time.ParseInLocation("2006-01-02 15:04", strings.TrimSpace(day)+" "+strings.TrimSpace(clock), kernel.Zone())
	if err != nil || t.Year() < 1990 || t.Year() > 2200 {
		return kernel.Instant{}
	}
	return kernel.InstantOf(t)
}

func dayOf(i kernel.Instant) string {
	if i.IsZero() {
		return ""
	}
	return string(kernel.DayOf(i.Time))
}

func clockOf(i kernel.Instant) string {
	if i.IsZero() {
		return ""
	}
	return i.In(kernel.Zone()).Format("15:04")
}

// date reads an optional day; a wrong one becomes a field error.
func date(f *web.Form, name string, faults map[string]string) kernel.Date {
	v := strings.TrimSpace(f.Value(name))
	if v == "" {
		return ""
	}
	d, err := kernel.ParseDate(v)
	if err != nil {
		faults[name] = "date.form"
	}
	return d
}

func fault(faults map[string]string) error {
	if len(faults) == 0 {
		return nil
	}
	return &kernel.Error{Kind: kernel.Invalid, Key: "group.invalid", Fields: faults}
}

func whole(f *web.Form, name string) int {
	v := strings.TrimSpace(f.Value(name))
	if v == "" {
		return 0
	}
	n, err := strconv.Atoi(v)
	if err != nil {
		return -1 // refused by the rules
	}
	return n
}

// list shows everybody the public groups, and members their own.
func (h handlers) list(w http.ResponseWriter, r *web.Request) error {
	all, err := h.s.List(r.Context(), r.Actor)
	if err != nil {
		return err
	}
	mine, err := h.s.Mine(r.Context(), r.Actor)
	if err != nil {
		return err
	}
	all = slices.DeleteFunc(all, func(g group.Group) bool { return !g.Public })
	return r.Render(w, web.Page{Title: r.T("group.title"), Lead: r.T("group.lead"), Nav: web.NavActors, Styles: []string{"group.css"}}, listPage(r, all, mine, today()))
}

// publicView is what everybody sees of a group.
type publicView struct {
	g        group.Group
	roll     []group.Roll
	others   int
	meetings []group.Meeting
	papers   []group.Paper
	enter    bool
	process  string // page
}

func (h handlers) public(w http.ResponseWriter, r *web.Request) error {
	g, err := h.s.Get(r.Context(), r.Actor, r.PathValue("group"))
	if err != nil {
		return err
	}
	v := publicView{g: g, enter: h.s.Can(r.Actor, g, access.ReadGroup)}
	if v.roll, v.others, err = h.s.PublicRoll(r.Context(), r.Tenant.ID, g); err != nil {
		return err
	}
	if v.meetings, err = h.s.PublicMeetings(r.Context(), r.Actor, g); err != nil {
		return err
	}
	if v.papers, err = h.s.PublicPapers(r.Context(), r.Tenant.ID, g); err != nil {
		return err
	}
	if g.Process != "" && h.o.ProcessPath != nil {
		v.process = h.o.ProcessPath(g.Process)
	}
	return r.Render(w, web.Page{
		Title: said(r, g.Name), Nav: web.NavActors, Styles: []string{"group.css"}, Leicht: r.HasLeicht(g.Texts()...), NoIndex: !g.Public,
		Breadcrumb: []web.Crumb{{Text: r.T("group.title"), Href: Path}}, Subject: kernel.Ref{Kind: "group", ID: g.ID},
	}, publicPage(r, v))
}

func (h handlers) publicMinutes(w http.ResponseWriter, r *web.Request) error {
	g, x, err := h.s.PublicRecord(r.Context(), r.Actor, r.PathValue("group"), number(r))
	if err != nil {
		return err
	}
	p := web.Page{
		Title: r.T("group.minutes.of", "title", x.Title), Lead: r.P.DateTime(x.Starts), Nav: web.NavActors, Styles: []string{"group.css"}, NoIndex: !g.Public,
		Breadcrumb: []web.Crumb{{Text: r.T("group.title"), Href: Path}, {Text: said(r, g.Name), Href: publicPath(g.Key)}},
	}
	return r.Render(w, p, minutesPage(r, h.o, g, x, nil, publicPath(g.Key)))
}

// paper answers a file; it is always saved, never shown inside the site, whatever it claims to be.
func (h handlers) paper(w http.ResponseWriter, r *web.Request) error {
	pid, err := id(r, "paper")
	if err != nil {
		return err
	}
	p, f, err := h.s.OpenPaper(r.Context(), r.Actor, r.PathValue("group"), pid)
	if err != nil {
		return err
	}
	defer f.Close() //nolint:errcheck // read only
	hd := w.Header()
	hd.Set("Content-Type", "application/octet-stream")
	hd.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": p.Name}))
	hd.Set("X-Content-Type-Options", "nosniff")
	hd.Set("Cache-Control", "no-store")
	http.ServeContent(w, r.Request, "", time.Time{}, f)
	return nil
}

// mine lists the groups somebody can enter.
func (h handlers) mine(w http.ResponseWriter, r *web.Request) error {
	list, err := h.s.Mine(r.Context(), r.Actor)
	if err != nil {
		return err
	}
	p := web.Page{Title: r.T("group.mine"), Lead: r.T("group.mine.lead"), Nav: web.NavWork, NoIndex: true, Styles: []string{"planner.css", "group.css"}}
	if r.CanAnywhere(access.Work) {
		p.Breadcrumb = []web.Crumb{{Text: r.T("web.nav.work"), Href: "/arbeit"}}
	}
	return r.Render(w, p, minePage(r, list))
}

// Own draws the groups of a person on his or her own page.
func Own(s *group.Service) func(r *web.Request) templ.Component {
	return func(r *web.Request) templ.Component {
		list, err := s.Mine(r.Context(), r.Actor)
		if err != nil || len(list) == 0 {
			return templ.NopComponent
		}
		return ownSection(r, list)
	}
}
