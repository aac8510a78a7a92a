// SPDX-License-Identifier: EUPL-1.2

package contributionweb

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/contribution"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/web"
)

// YouthPath is the entry for children and young people.
const (
	YouthPath     = "/mitreden"
	youthWorkPath = "/arbeit/mitreden"
)

// YouthOptions are what the entry for children and young people needs of others.
type YouthOptions struct {
	Service *contribution.Service
	Answers *contribution.Answers // nil: no answers yet
	// Open lists what can be talked about now: participation processes that take contributions.
	Open func(r *web.Request) ([]YouthChoice, error)
	// Check names the group a code belongs to; Invalid on the field "code". Redeem counts its use too.
	Check, Redeem func(ctx context.Context, tenant kernel.ID, process, code string) (name string, err error)
	// MakeCode makes the code of a group, which is shown once.
	MakeCode func(ctx context.Context, by access.Actor, process, name string, until kernel.Date) (code string, err error)
	// Codes counts the tries of receipt codes.
	Codes Codes
	// Address makes an absolute address, for the poster.
	Address func(ctx context.Context, tenant kernel.ID, lang, path string) (string, error)
}

// YouthChoice is a process children can talk about.
type YouthChoice struct {
	Process, Module string
	Title, Teaser   kernel.Text
}

type youth struct {
	o YouthOptions
	s *contribution.Service
}

// RegisterYouth adds the entry for children and young people. Its pages set no cookie, ask for no name and no address, and work without script.
func RegisterYouth(m *web.Mux, o YouthOptions) {
	h := youth{o, o.Service}
	m.Handle("GET "+YouthPath, access.Contribute, h.start)
	m.Handle("POST "+YouthPath, access.Contribute, h.step)
	m.Handle("GET "+YouthPath+"/karte.svg", access.ReadPublic, h.picture)
	m.Handle("GET "+YouthPath+"/antwort", access.Contribute, h.askAnswer)
	m.Handle("POST "+YouthPath+"/antwort", access.Contribute, h.answer, web.Limit(guesses))
	m.Handle("GET "+youthWorkPath, access.EditProcess, h.work)
	m.Handle("POST "+youthWorkPath, access.EditProcess, h.poster)
}

// The steps of the entry.
const (
	stepStart = iota
	stepFeeling
	stepTopic
	stepPlace
	stepText
	stepCheck
)

// youthFields are the fields that go from step to step in the form itself: nothing is stored before it is sent.
var youthFields = []string{"code", "prozess", "gefuehl", "thema", "raum", "punkt", "text", "einmal", "pruefung", "rechnung"}

// talk is what was said so far.
type talk struct {
	f      *web.Form
	step   int
	open   []YouthChoice
	areas  []contribution.AreaChoice
	m      *contribution.TownMap
	place  string // in words
	pinX   int
	pinY   int
	pinned bool
	lon    float64
	lat    float64
	choice YouthChoice
}

func youthPage(r *web.Request, title string) web.Page {
	return web.Page{Title: title, Nav: web.NavVoices, Narrow: true, Leicht: true, Styles: []string{"youth.css"}}
}

func (h youth) start(w http.ResponseWriter, r *web.Request) error {
	f := web.BlankForm(r)
	f.Set("code", r.URL.Query().Get("code"))
	return h.show(w, r, &talk{f: f})
}

// show draws a step. The pages hold a token that is good once, so nobody keeps them.
func (h youth) show(w http.ResponseWriter, r *web.Request, t *talk) error {
	if err := h.fill(r, t); err != nil {
		return err
	}
	if _, ok := h.s.OnceID(r.Tenant.ID, t.f.Value("einmal")); !ok && t.step == stepCheck {
		t.f.Set("einmal", h.s.Once(r.Tenant.ID))
	}
	w.Header().Set("Cache-Control", "no-store")
	p := youthPage(r, r.T("youth.title"))
	if t.step == stepStart {
		p.Lead = r.T("youth.lead")
	} else {
		p.Heading = r.T("youth.step." + strconv.Itoa(t.step))
		p.NoIndex = true
	}
	if t.f.Failed() {
		return r.Invalid(w, p, youthStep(r, t))
	}
	return r.Render(w, p, youthStep(r, t))
}

// fill looks up what the step shows.
func (h youth) fill(r *web.Request, t *talk) (err error) {
	if t.open, err = h.o.Open(r); err != nil {
		return err
	}
	for _, c := range t.open {
		if c.Process == t.f.Value("prozess") {
			t.choice = c
		}
	}
	if t.step != stepPlace && t.step != stepCheck {
		return nil
	}
	l, ok, err := h.s.YouthAreas(r.Context(), r.Tenant.ID)
	if err != nil || !ok {
		return err
	}
	t.areas = l.Areas
	if t.m, err = h.s.TownMap(r.Context(), r.Tenant.ID); kernel.KindOf(err) == kernel.NotFound {
		t.m, err = nil, nil
	}
	if err != nil {
		return err
	}
	if i := slices.IndexFunc(t.areas, func(a contribution.AreaChoice) bool { return a.Key == t.f.Value("raum") }); i >= 0 {
		t.place = t.areas[i].Name
	}
	if t.lon, t.lat, t.pinned = point(t.f.Value("punkt")); t.pinned {
		if t.m != nil {
			t.pinX, t.pinY = t.m.Pixel(t.lon, t.lat)
		}
		keys, err := h.s.Locate(r.Context(), r.Tenant.ID, t.lon, t.lat)
		if err != nil {
			return err
		}
		t.place = r.T("youth.place.map")
		for _, a := range t.areas {
			if slices.Contains(keys, a.Key) {
				t.place = a.Name
			}
		}
	}
	return nil
}

// point reads "7.1,51.2".
func point(s string) (lon, lat float64, ok bool) {
	a, b, found := strings.Cut(s, ",")
	lon, err := strconv.ParseFloat(a, 64)
	lat, err2 := strconv.ParseFloat(b, 64)
	if !found || err != nil || err2 != nil || !(lon > -180 && lon < 180 && lat > -90 && lat < 90) {
		return 0, 0, false
	}
	return lon, lat, true
}

// step takes the answer of one step and shows the next.
func (h youth) step(w http.ResponseWriter, r *web.Request) error {
	f := web.NewForm(r)
	n, err := strconv.Atoi(f.Value("schritt"))
	if err != nil || n < stepStart || n > stepCheck {
		n = stepStart
	}
	t := &talk{f: f, step: n}
	if f.Value("zurueck") != "" {
		t.step = max(n-1, stepStart)
		return h.show(w, r, t)
	}
	if n == stepCheck {
		return h.send(w, r, t)
	}
	if err := h.take(r, t); err != nil {
		if !f.Fail(err) {
			return err
		}
		return h.show(w, r, t)
	}
	t.step++
	return h.show(w, r, t)
}

// take checks what one step asked.
func (h youth) take(r *web.Request, t *talk) error {
	f := t.f
	wrong := func(name, key string) error {
		return &kernel.Error{Kind: kernel.Invalid, Key: "youth.invalid", Fields: map[string]string{name: key}}
	}
	switch t.step {
	case stepStart:
		if f.Value("code") == "" {
			return nil
		}
		if _, err := h.o.Check(r.Context(), r.Tenant.ID, f.Value("prozess"), f.Value("code")); err != nil {
			if kernel.KindOf(err) == kernel.Invalid {
				return wrong("code", "youth.code.wrong")
			}
			return err
		}
	case stepFeeling:
		if !slices.Contains(contribution.Feelings(), f.Value("gefuehl")) {
			return wrong("gefuehl", "youth.feeling.missing")
		}
	case stepTopic:
		if !slices.Contains(contribution.YouthTopics(), f.Value("thema")) {
			return wrong("thema", "youth.topic.missing")
		}
	case stepPlace:
		return h.takePlace(r, f)
	case stepText:
		if f.Value("ohne") != "" {
			f.Set("text", "")
		}
		if len([]rune(f.Value("text"))) > contribution.MostText {
			return wrong("text", "youth.text.long")
		}
	}
	return nil
}

// takePlace reads a tap on the map, an area or "nowhere".
func (h youth) takePlace(r *web.Request, f *web.Form) error {
	if f.Has("karte.x") {
		m, err := h.s.TownMap(r.Context(), r.Tenant.ID)
		if err != nil {
			return err
		}
		x, err := strconv.Atoi(f.Value("karte.x"))
		y, err2 := strconv.Atoi(f.Value("karte.y"))
		lon, lat, ok := 0.0, 0.0, false
		if err == nil && err2 == nil {
			lon, lat, ok = m.At(x, y)
		}
		if !ok {
			return &kernel.Error{Kind: kernel.Invalid, Key: "youth.invalid", Fields: map[string]string{"raum": "youth.place.missing"}}
		}
		f.Set("punkt", strconv.FormatFloat(lon, 'f', 5, 64)+","+strconv.FormatFloat(lat, 'f', 5, 64))
		f.Set("raum", "")
		return nil
	}
	f.Set("punkt", "")
	if f.Value("raum") == "" || f.Value("raum") == "-" {
		f.Set("raum", "")
		return nil
	}
	l, ok, err := h.s.YouthAreas(r.Context(), r.Tenant.ID)
	if err != nil {
		return err
	}
	if !ok || !slices.ContainsFunc(l.Areas, func(a contribution.AreaChoice) bool { return a.Key == f.Value("raum") }) {
		f.Set("raum", "")
		return &kernel.Error{Kind: kernel.Invalid, Key: "youth.invalid", Fields: map[string]string{"raum": "youth.place.missing"}}
	}
	return nil
}

// send hands in what was said, and shows the picture code.
func (h youth) send(w http.ResponseWriter, r *web.Request, t *talk) error {
	f := t.f
	if err := h.fill(r, t); err != nil {
		return err
	}
	feeling, topic := f.Value("gefuehl"), f.Value("thema")
	if !slices.Contains(contribution.Feelings(), feeling) || !slices.Contains(contribution.YouthTopics(), topic) {
		t.step = stepFeeling
		return h.show(w, r, t)
	}
	err := r.Guarded(f)
	group := ""
	if err == nil && f.Value("code") != "" {
		if group, err = h.o.Redeem(r.Context(), r.Tenant.ID, t.choice.Process, f.Value("code")); kernel.KindOf(err) == kernel.Invalid {
			group, err = "", nil // the code ended meanwhile: what was said is taken all the same
		}
	}
	var code string
	once, _ := h.s.OnceID(r.Tenant.ID, f.Value("einmal"))
	if err == nil {
		_, code, err = h.s.SubmitYoung(r.Context(), r.Tenant.ID, contribution.Young{
			Process: t.choice.Process, Module: t.choice.Module, Topics: []string{r.T("youth.topic." + topic), r.T("youth.feeling." + feeling)},
			Lang: r.Lang, Text: h.words(r, t), Area: f.Value("raum"), Lon: t.lon, Lat: t.lat, Placed: t.pinned, Group: group, ID: once,
		})
	}
	if f.Fail(err) {
		return h.show(w, r, t)
	}
	if err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "no-store")
	p := youthPage(r, r.T("youth.sent"))
	p.NoIndex = true
	return r.Render(w, p, youthSent(r, code))
}

// words gives the text of the contribution: what was written, or what the pictures say.
func (h youth) words(r *web.Request, t *talk) string {
	text := strings.TrimSpace(t.f.Value("text"))
	if len([]rune(text)) >= 3 {
		return text
	}
	key := "youth.text.pictures"
	params := []any{"feeling", r.T("youth.feeling." + t.f.Value("gefuehl")), "topic", r.T("youth.topic." + t.f.Value("thema"))}
	if t.place != "" {
		key, params = "youth.text.pictures.place", append(params, "place", t.place)
	}
	return strings.TrimSpace(text + " " + r.T(key, params...))
}

// picture draws the map that is tapped.
func (h youth) picture(w http.ResponseWriter, r *web.Request) error {
	m, err := h.s.TownMap(r.Context(), r.Tenant.ID)
	if err != nil {
		return err
	}
	if r.NotModified(w, m.ETag) {
		return nil
	}
	w.Header().Set("Content-Type", "image/svg+xml; charset=utf-8")
	_, err = w.Write([]byte(drawTown(m)))
	return err
}

// drawTown writes the picture; it stands alone, so its colours are its own.
func drawTown(m *contribution.TownMap) string {
	var b strings.Builder
	b.WriteString(`<svg xmlns="http://www.w3.org/2000/svg" width="` + strconv.Itoa(m.Width) + `" height="` + strconv.Itoa(m.Height) + `" viewBox="0 0 ` + strconv.Itoa(m.Width) + ` ` + strconv.Itoa(m.Height) + `">`)
	b.WriteString(`<rect width="100%" height="100%" fill="#e8f1f5"/>`)
	fills := []string{"#f6d8b8", "#d9e8c4", "#f3e3a9", "#cfe3ea", "#e9d3e4"}
	for i, a := range m.Areas {
		b.WriteString(`<path d="` + a.Path + `" fill="` + fills[i%len(fills)] + `" stroke="#4a3b30" stroke-width="1"/>`)
	}
	for _, a := range m.Areas {
		b.WriteString(`<text x="` + strconv.Itoa(a.X) + `" y="` + strconv.Itoa(a.Y+5) + `" font-family="sans-serif" font-size="14" font-weight="700" text-anchor="middle" fill="#1f1813">` + strconv.Itoa(a.Number) + `</text>`)
	}
	b.WriteString(`</svg>`)
	return b.String()
}

// answers

func (h youth) askAnswer(w http.ResponseWriter, r *web.Request) error {
	p := youthPage(r, r.T("youth.answer"))
	p.Lead = r.T("youth.answer.lead")
	return r.Render(w, p, youthAsk(r, web.BlankForm(r)))
}

// spoken reads a code from words ("roter Stern, blauer Mond …") or as it is written.
func spoken(r *web.Request, s string) string {
	if _, ok := contribution.ParseCode(s); ok || len(s) > 400 {
		return s
	}
	name := map[string]string{}
	for _, x := range contribution.PictureShapes() {
		name[strings.ToLower(r.T("youth.shape."+x))] = x
	}
	colour := map[string]string{}
	for _, x := range contribution.PictureColours() {
		colour[strings.ToLower(r.T("youth.colour."+x))] = x
	}
	var list []contribution.Picture
	var p contribution.Picture
	for _, word := range strings.FieldsFunc(strings.ToLower(s), func(c rune) bool { return strings.ContainsRune(" ,;.-\n\t\r", c) }) {
		if c := colour[word]; c != "" {
			p.Colour = c
		} else if n := name[word]; n != "" {
			p.Shape = n
		}
		if p.Shape != "" && p.Colour != "" {
			list = append(list, p)
			p = contribution.Picture{}
		}
	}
	if code, ok := contribution.CodeOfPictures(list); ok {
		return code
	}
	return s
}

func (h youth) answer(w http.ResponseWriter, r *web.Request) error {
	f := web.NewForm(r)
	p := youthPage(r, r.T("youth.answer"))
	p.NoIndex = true
	w.Header().Set("Cache-Control", "no-store")
	var c contribution.Contribution
	code := spoken(r, f.Value("code"))
	err := h.o.Codes.guess(r, code, func() (err error) {
		c, err = h.s.ByCode(r.Context(), r.Actor, code)
		return err
	})
	if err != nil {
		if kernel.KindOf(err) == kernel.Invalid {
			err = &kernel.Error{Kind: kernel.Invalid, Key: "youth.invalid", Fields: map[string]string{"code": "youth.receipt.wrong"}}
		}
		if f.Fail(err) {
			return r.Invalid(w, p, youthAsk(r, f))
		}
		return err
	}
	text := ""
	if h.o.Answers != nil {
		a, err := h.o.Answers.Of(r.Context(), r.Tenant.ID, c)
		if err != nil {
			return err
		}
		if a != nil && a.Public != nil {
			for _, key := range []string{contribution.YouthKey, contribution.PlainKey, "de"} {
				if text = a.Public.Body[key]; text != "" {
					break
				}
			}
		}
	}
	return r.Render(w, p, youthAnswer(r, c, text))
}

// staff

func (h youth) work(w http.ResponseWriter, r *web.Request) error {
	return h.showWork(w, r, web.BlankForm(r))
}

func (h youth) showWork(w http.ResponseWriter, r *web.Request, f *web.Form) error {
	list, _, err := h.s.List(r.Context(), r.Actor, contribution.Filter{Channels: []contribution.Channel{contribution.Youth}, Limit: 50})
	if err != nil {
		return err
	}
	open, err := h.o.Open(r)
	if err != nil {
		return err
	}
	p := web.Page{
		Title: r.T("youth.work.title"), Lead: r.T("youth.work.lead"), Nav: web.NavWork, NoIndex: true, Styles: []string{"planner.css"},
		Breadcrumb: []web.Crumb{{Text: r.T("web.nav.work"), Href: "/arbeit"}},
	}
	if f.Failed() {
		return r.Invalid(w, p, youthWork(r, list, open, f))
	}
	return r.Render(w, p, youthWork(r, list, open, f))
}

// poster makes the code of a group and shows the poster with it. The code is kept nowhere: the poster is printed now.
func (h youth) poster(w http.ResponseWriter, r *web.Request) error {
	f := web.NewForm(r)
	faults := map[string]string{}
	var until kernel.Date
	if v := f.Value("bis"); v != "" {
		var err error
		if until, err = kernel.ParseDate(v); err != nil {
			faults["bis"] = "date.form"
		}
	}
	name := strings.Join(strings.Fields(f.Value("name")), " ")
	if name == "" || len([]rune(name)) > 100 {
		faults["name"] = "youth.group.missing"
	}
	open, err := h.o.Open(r)
	if err != nil {
		return err
	}
	process := f.Value("prozess")
	if process != "" && !slices.ContainsFunc(open, func(c YouthChoice) bool { return c.Process == process }) {
		faults["prozess"] = "youth.process.gone"
	}
	var code string
	if len(faults) > 0 {
		err = &kernel.Error{Kind: kernel.Invalid, Key: "youth.work.invalid", Fields: faults}
	} else {
		code, err = h.o.MakeCode(r.Context(), r.Actor, process, name, until)
	}
	if f.Fail(err) {
		return h.showWork(w, r, f)
	}
	if err != nil {
		return err
	}
	address, err := h.o.Address(r.Context(), r.Tenant.ID, "de", YouthPath)
	if err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "no-store")
	p := web.Page{Title: r.T("youth.poster.title", "name", name), Nav: web.NavWork, NoIndex: true, Narrow: true, Styles: []string{"youth.css"}, Breadcrumb: []web.Crumb{{Text: r.T("youth.work.title"), Href: youthWorkPath}}}
	return r.Render(w, p, youthPoster(r, name, code, address, drawQR(address+"?code="+code)))
}
