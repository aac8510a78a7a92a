// SPDX-License-Identifier: EUPL-1.2

package eventweb

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/event"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/platform/i18n"
	"github.com/kupferfaden/kupferfaden/internal/web"
)

// The longest texts.
const (
	longLine = 300
	longText = 50_000
	areaRows = 3 // areas an event can be given in the form
)

func invalid(field, key string) error {
	return &kernel.Error{Kind: kernel.Invalid, Key: "event.invalid", Fields: map[string]string{field: key}}
}

// line makes one line of what was typed.
func line(s string) string {
	return strings.Join(strings.Fields(strings.Map(func(r rune) rune {
		if r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069' || r == '\ufeff' || r == '\u200b' {
			return -1
		}
		return r
	}, s)), " ")
}

// moment reads day and time of the town's clock; both empty is no moment. A time that the change to summer time leaves out is refused.
func moment(f *web.Form, day, clock string) (kernel.Instant, error) {
	d, c := strings.TrimSpace(f.Value(day)), strings.TrimSpace(f.Value(clock))
	if d == "" && c == "" {
		return kernel.Instant{}, nil
	}
	if d == "" {
		return kernel.Instant{}, invalid(day, "event.field.missing")
	}
	if c == "" {
		return kernel.Instant{}, invalid(clock, "event.field.missing")
	}
	t, err := time.ParseInLocation("2006-01-02 15:04", d+" "+c, kernel.Zone())
	if err != nil || t.Year() < 1990 || t.Year() > 2199 {
		return kernel.Instant{}, invalid(day, "event.field.day")
	}
	if t.Format("2006-01-02 15:04") != d+" "+c {
		return kernel.Instant{}, invalid(clock, "event.field.gap")
	}
	return kernel.InstantOf(t), nil
}

// until reads the end: a time of the same day, or of another one where it is given.
func until(f *web.Form, start kernel.Instant) (kernel.Instant, error) {
	if f.Value("to") == "" && f.Value("endday") == "" {
		return kernel.Instant{}, nil
	}
	if strings.TrimSpace(f.Value("endday")) == "" {
		day := f.Value("day")
		f.Set("endday", day)
		defer f.Set("endday", "")
	}
	end, err := moment(f, "endday", "to")
	if err == nil && !start.IsZero() && !end.After(start.Time) {
		err = invalid("to", "event.field.end")
	}
	return end, err
}

func setMoment(f *web.Form, day, clock string, at kernel.Instant) {
	if at.IsZero() {
		return
	}
	t := at.In(kernel.Zone())
	f.Set(day, t.Format(time.DateOnly))
	f.Set(clock, t.Format("15:04"))
}

func tick(f *web.Form, name string, on bool) {
	if on {
		f.Set(name, "1")
	}
}

// factsForm is an event as the form of its facts shows it.
func factsForm(r *web.Request, e event.Event) *web.Form {
	f := web.BlankForm(r)
	setMoment(f, "day", "from", e.Start)
	setMoment(f, "endday", "to", e.End)
	if !e.Start.IsZero() && f.Value("day") == f.Value("endday") {
		f.Set("endday", "")
	}
	setMoment(f, "opens", "opens_at", e.Opens)
	setMoment(f, "closes", "closes_at", e.Closes)
	f.Set("place", e.Place["de"])
	for k, v := range map[string]string{
		"address": e.Address, "online": e.Online, "format": e.Format, "process": e.Process, "group": e.Group, "contact": e.Contact, "ask_name": e.AskName,
		"topics": strings.Join(e.Topics, ", "), "languages": strings.Join(e.Languages, ", "), "audience": string(e.Audience), "edit": strconv.Itoa(e.Edit),
		"capacity": strconv.Itoa(e.Capacity), "hours": strconv.Itoa(e.Hours),
	} {
		f.Set(k, v)
	}
	for i := range min(len(e.Areas), areaRows) {
		f.Set("area"+strconv.Itoa(i), e.Areas[i])
	}
	if e.Lat != 0 || e.Lon != 0 {
		f.Set("lat", strconv.FormatFloat(e.Lat, 'f', -1, 64))
		f.Set("lon", strconv.FormatFloat(e.Lon, 'f', -1, 64))
	}
	for _, x := range e.Access {
		f.Add("access", string(x))
	}
	if e.Together > 0 {
		f.Set("together", strconv.Itoa(e.Together))
	}
	tick(f, "registers", e.Registers)
	tick(f, "waiting", e.HasWaiting)
	tick(f, "ask_needs", e.AskNeeds)
	tick(f, "save_date", e.SaveDate)
	return f
}

// words reads a list separated by commas.
func words(s string) (out []string) {
	for _, w := range strings.Split(s, ",") {
		if w = line(w); w != "" && !slices.Contains(out, w) {
			out = append(out, w)
		}
	}
	return out
}

// count reads a whole number; an empty field is 0.
func count(f *web.Form, name string) (int, error) {
	s := strings.TrimSpace(f.Value(name))
	if s == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 0 || n > 100_000 {
		return 0, invalid(name, "event.field.number")
	}
	return n, nil
}

// degrees reads a coordinate.
func degrees(f *web.Form, name string) (float64, error) {
	s := strings.ReplaceAll(strings.TrimSpace(f.Value(name)), ",", ".")
	if s == "" {
		return 0, nil
	}
	v, err := strconv.ParseFloat(s, 64)
	if err != nil || !(v >= -180 && v <= 180) {
		return 0, invalid(name, "event.field.number")
	}
	return v, nil
}

// readFacts puts what was typed into the event.
func readFacts(e event.Event, f *web.Form) (event.Event, error) {
	var err error
	fields := map[string]string{}
	take := func(e error) {
		if k, ok := e.(*kernel.Error); ok && k != nil {
			maps.Copy(fields, k.Fields)
		}
	}
	e.Start, err = moment(f, "day", "from")
	take(err)
	e.End, err = until(f, e.Start)
	take(err)
	e.Opens, err = moment(f, "opens", "opens_at")
	take(err)
	e.Closes, err = moment(f, "closes", "closes_at")
	take(err)
	e.Capacity, err = count(f, "capacity")
	take(err)
	e.Hours, err = count(f, "hours")
	take(err)
	e.Together, err = count(f, "together")
	take(err)
	e.Lat, err = degrees(f, "lat")
	take(err)
	e.Lon, err = degrees(f, "lon")
	take(err)
	e.Edit = number(f.Value("edit"))
	e.Place = with(e.Place, "de", line(f.Value("place")))
	e.Address, e.Online, e.Contact = line(f.Value("address")), strings.TrimSpace(f.Value("online")), line(f.Value("contact"))
	e.Format, e.Process, e.Group, e.AskName = f.Value("format"), f.Value("process"), f.Value("group"), f.Value("ask_name")
	if e.Format != "" && !slices.Contains(event.Formats(), e.Format) {
		fields["format"] = "event.field.missing"
	}
	if !slices.Contains([]string{"", "optional", "required"}, e.AskName) {
		fields["ask_name"] = "event.field.missing"
	}
	e.Topics, e.Languages = words(f.Value("topics")), words(f.Value("languages"))
	for name, s := range map[string]string{"place": e.Place["de"], "address": e.Address, "online": e.Online, "contact": e.Contact, "process": e.Process, "group": e.Group} {
		if len([]rune(s)) > longLine {
			fields[name] = "event.field.long"
		}
	}
	for name, list := range map[string][]string{"topics": e.Topics, "languages": e.Languages} {
		if len(list) > 20 || slices.ContainsFunc(list, func(s string) bool { return len([]rune(s)) > 60 }) {
			fields[name] = "event.field.long"
		}
	}
	e.Audience = access.Public
	if f.Is("audience", string(access.Internal)) {
		e.Audience = access.Internal
	}
	e.Areas = e.Areas[min(areaRows, len(e.Areas)):]
	for i := areaRows - 1; i >= 0; i-- {
		if a := f.Value("area" + strconv.Itoa(i)); a != "" && !slices.Contains(e.Areas, a) && len(a) <= 200 {
			e.Areas = append([]string{a}, e.Areas...)
		}
	}
	e.Access = nil
	for _, x := range event.Features() {
		if f.Is("access", string(x)) {
			e.Access = append(e.Access, x)
		}
	}
	e.Registers, e.HasWaiting, e.AskNeeds, e.SaveDate = f.Is("registers", "1"), f.Is("waiting", "1"), f.Is("ask_needs", "1"), f.Is("save_date", "1")
	if len(fields) > 0 {
		return e, &kernel.Error{Kind: kernel.Invalid, Key: "event.invalid", Fields: fields}
	}
	return e, nil
}

// with sets a text in a language, without changing the text that others hold.
func with(t kernel.Text, tag, s string) kernel.Text {
	t = maps.Clone(t)
	if t == nil {
		t = kernel.Text{}
	}
	if s == "" {
		delete(t, tag)
	} else {
		t[tag] = s
	}
	return t
}

// variant reads a language and register; German where it is none.
func variant(s string) string {
	if tag, ok := kernel.Tag(s); ok {
		return tag
	}
	return i18n.German
}

// textFields are the texts of an event by the name of their field, with whether they have several lines.
func textFields(e *event.Event) []struct {
	name string
	text *kernel.Text
	long bool
} {
	return []struct {
		name string
		text *kernel.Text
		long bool
	}{
		{"title", &e.Title, false},
		{"teaser", &e.Teaser, false},
		{"body", &e.Content.Body, true},
		{"place", &e.Place, false},
		{"directions", &e.Directions, true},
		{"access_note", &e.AccessNote, true},
		{"photos", &e.Content.Photos, true},
		{"minutes", &e.Content.Minutes, true},
		{"report", &e.Report, true},
	}
}

func textsForm(r *web.Request, e event.Event, tag string) *web.Form {
	f := web.BlankForm(r)
	f.Set("fassung", tag)
	f.Set("edit", strconv.Itoa(e.Edit))
	for _, x := range textFields(&e) {
		f.Set(x.name, (*x.text)[tag])
	}
	var programme, parts []string
	for _, it := range e.Programme {
		programme = append(programme, it.Title[tag])
	}
	for _, p := range e.Parts {
		parts = append(parts, p.Title[tag])
	}
	f.Set("programme", strings.TrimRight(strings.Join(programme, "\n"), "\n"))
	f.Set("parts", strings.TrimRight(strings.Join(parts, "\n"), "\n"))
	return f
}

// readTexts puts the texts of one language into the event.
func readTexts(e event.Event, tag string, f *web.Form) (event.Event, error) {
	e.Edit = number(f.Value("edit"))
	fields := map[string]string{}
	for _, x := range textFields(&e) {
		s, most := line(f.Value(x.name)), longLine*2
		if x.long {
			s, most = strings.TrimSpace(strings.ReplaceAll(f.Value(x.name), "\r\n", "\n")), longText
		}
		if len([]rune(s)) > most {
			fields[x.name] = "event.field.long"
		}
		*x.text = with(*x.text, tag, s)
	}
	if tag != i18n.German { // the German ones are edited with their times and places
		titles := func(name string) []string {
			return strings.Split(strings.ReplaceAll(f.Value(name), "\r\n", "\n"), "\n")
		}
		e.Programme = slices.Clone(e.Programme)
		for i, s := range titles("programme") {
			if i < len(e.Programme) {
				e.Programme[i].Title = with(e.Programme[i].Title, tag, cut(line(s)))
			}
		}
		e.Parts = slices.Clone(e.Parts)
		for i, s := range titles("parts") {
			if i < len(e.Parts) {
				e.Parts[i].Title = with(e.Parts[i].Title, tag, cut(line(s)))
			}
		}
	}
	if len(fields) > 0 {
		return e, &kernel.Error{Kind: kernel.Invalid, Key: "event.invalid", Fields: fields}
	}
	return e, nil
}

// cut bounds a title.
func cut(s string) string {
	if r := []rune(s); len(r) > longLine {
		return string(r[:longLine])
	}
	return s
}

// blankParts is how many empty rows the form of working groups offers beside those there are.
const blankParts = 3

func programmeForm(r *web.Request, e event.Event) *web.Form {
	f := web.BlankForm(r)
	f.Set("edit", strconv.Itoa(e.Edit))
	var b strings.Builder
	for _, it := range e.Programme {
		b.WriteString(it.From)
		if it.To != "" {
			b.WriteString("-" + it.To)
		}
		b.WriteString(" " + it.Title["de"])
		if len(it.Roles) > 0 || it.Room != "" {
			b.WriteString(" | " + strings.Join(it.Roles, ", "))
		}
		if it.Room != "" {
			b.WriteString(" | " + it.Room)
		}
		b.WriteString("\n")
	}
	f.Set("programme", strings.TrimSpace(b.String()))
	for i, p := range e.Parts {
		n := strconv.Itoa(i)
		for k, v := range map[string]string{"id": string(p.ID), "title": p.Title["de"], "text": p.Text["de"], "room": p.Room, "lead": p.Lead, "capacity": strconv.Itoa(p.Capacity)} {
			f.Set("part"+n+"_"+k, v)
		}
	}
	f.Set("rows", strconv.Itoa(len(e.Parts)+blankParts))
	return f
}

// readProgramme reads the lines of the programme and the rows of the working groups.
func readProgramme(e event.Event, f *web.Form) (event.Event, error) {
	e.Edit = number(f.Value("edit"))
	old := e.Programme
	e.Programme = nil
	for _, l := range strings.Split(strings.ReplaceAll(f.Value("programme"), "\r\n", "\n"), "\n") {
		if line(l) == "" {
			continue
		}
		cells := strings.SplitN(l, "|", 3)
		times, title, _ := strings.Cut(line(cells[0]), " ")
		from, to, _ := strings.Cut(strings.ReplaceAll(times, "–", "-"), "-")
		it := event.Item{From: clock(from), To: clock(to), Title: kernel.T(cut(title), "")}
		if i := slices.IndexFunc(old, func(o event.Item) bool { return o.Title["de"] == title && title != "" }); i >= 0 {
			it.Title, it.Text = old[i].Title, old[i].Text
		}
		if len(cells) > 1 {
			it.Roles = words(cut(cells[1]))
		}
		if len(cells) > 2 {
			it.Room = cut(line(cells[2]))
		}
		e.Programme = append(e.Programme, it)
	}
	if len(e.Programme) > 200 {
		return e, invalid("programme", "event.field.long")
	}
	parts := e.Parts
	e.Parts = nil
	for i := range min(max(number(f.Value("rows")), 0), 60) {
		n := "part" + strconv.Itoa(i) + "_"
		title := cut(line(f.Value(n + "title")))
		if title == "" {
			continue
		}
		capacity, err := count(f, n+"capacity")
		if err != nil {
			return e, err
		}
		var p event.Part
		if j := slices.IndexFunc(parts, func(p event.Part) bool { return string(p.ID) == f.Value(n+"id") }); j >= 0 {
			p = parts[j]
		} else {
			p.ID = kernel.NewID()
		}
		p.Title, p.Text, p.Room, p.Lead, p.Capacity = with(p.Title, "de", title), with(p.Text, "de", cut(line(f.Value(n+"text")))), cut(line(f.Value(n+"room"))), cut(line(f.Value(n+"lead"))), capacity
		if slices.ContainsFunc(e.Parts, func(q event.Part) bool { return q.ID == p.ID }) {
			p.ID = kernel.NewID()
		}
		e.Parts = append(e.Parts, p)
	}
	return e, nil
}

// clock writes "9:00" as "09:00".
func clock(s string) string {
	if t, err := time.Parse("15:04", s); err == nil {
		return t.Format("15:04")
	}
	return s
}
