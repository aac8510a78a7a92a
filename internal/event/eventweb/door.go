// SPDX-License-Identifier: EUPL-1.2

package eventweb

import (
	"bytes"
	"errors"
	"mime/multipart"
	"net/http"
	"strconv"
	"strings"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/doc/picture"
	"github.com/kupferfaden/kupferfaden/internal/event"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/participation"
	"github.com/kupferfaden/kupferfaden/internal/web"
	"github.com/kupferfaden/kupferfaden/table/write"
)

func (h handlers) registerDoor(m *web.Mux) {
	held := web.Held()
	at := workPath + "/{event}"
	m.Handle("GET "+at+"/einladungen", access.EditEvent, h.guests, held)
	m.Handle("POST "+at+"/einladungen", access.EditEvent, h.addGuests, held)
	m.Handle("POST "+at+"/einladungen/senden", access.EditEvent, h.invite, held)
	m.Handle("POST "+at+"/einladungen/streichen", access.EditEvent, h.dropGuest, held)
	m.Handle("GET "+at+"/anmeldungen", access.EditEvent, h.registrations, held)
	m.Handle("POST "+at+"/anmeldungen", access.EditEvent, h.addRegistration, held)
	m.Handle("POST "+at+"/anmeldungen/datei", access.EditEvent, h.export, held)
	m.Handle("GET "+at+"/anmeldungen/streichen", access.EditEvent, h.askRemove, held)
	m.Handle("POST "+at+"/anmeldungen/streichen", access.EditEvent, h.remove, held)
	m.Handle("GET "+at+"/einlass", access.CheckIn, h.door, held)
	m.Handle("POST "+at+"/einlass", access.CheckIn, h.checkIn, held)
	m.Handle("GET "+at+"/einlass/liste", access.CheckIn, h.doorList, held)
	m.Handle("GET "+at+"/einlass/zaehlung", access.CheckIn, h.counts, held)
	m.Handle("POST "+at+"/einlass/zaehlung", access.CheckIn, h.saveCounts, held)
	m.Handle("GET "+at+"/protokoll", access.EditEvent, h.minutes, held)
	m.Handle("POST "+at+"/protokoll", access.EditEvent, h.addMinute, held)
	m.Handle("POST "+at+"/protokoll/streichen", access.EditEvent, h.dropMinute, held)
	m.Handle("POST "+at+"/protokoll/veroeffentlichen", access.EditEvent, h.publishMinutes, held)
	m.Handle("GET "+at+"/fotos", access.EditEvent, h.photos, held)
	m.Handle("POST "+at+"/fotos", access.EditEvent, h.addPhoto, web.MaxBody(photoBody), held)
	m.Handle("POST "+at+"/fotos/streichen", access.EditEvent, h.dropPhoto, held)
}

func (h handlers) guests(w http.ResponseWriter, r *web.Request) error {
	f := web.BlankForm(r)
	if key := r.URL.Query().Get("aus"); key != "" && h.o.Sources != nil {
		list, err := h.o.Sources(r)
		if err != nil {
			return err
		}
		for _, s := range list {
			if s.Key == key {
				lines, err := s.Lines(r.Context())
				if err != nil {
					return err
				}
				f.Set("guests", lines)
			}
		}
	}
	return h.renderGuests(w, r, f)
}

func (h handlers) renderGuests(w http.ResponseWriter, r *web.Request, f *web.Form) error {
	e, list, err := h.s.Invitations(r.Context(), r.Actor, r.PathValue("event"))
	if err != nil {
		return err
	}
	var sources []Source
	if h.o.Sources != nil {
		if sources, err = h.o.Sources(r); err != nil {
			return err
		}
	}
	p := h.deskPage(r, e, r.T("event.tab.guests"))
	content := guestsPage(r, e, list, sources, f)
	if f.Failed() {
		return r.Invalid(w, p, content)
	}
	return r.Render(w, p, content)
}

func (h handlers) addGuests(w http.ResponseWriter, r *web.Request) error {
	f := web.NewForm(r)
	_, err := h.s.AddInvitations(r.Context(), r.Actor, r.PathValue("event"), f.Value("guests"), "de")
	if f.Fail(err) {
		return h.renderGuests(w, r, f)
	}
	if err != nil {
		return err
	}
	return r.Done(w, WorkPath(r.PathValue("event"))+"/einladungen", "notice.event.guests")
}

func (h handlers) invite(w http.ResponseWriter, r *web.Request) error {
	f := web.NewForm(r)
	err := h.s.Invite(r.Context(), r.Actor, r.PathValue("event"), f.Is("brief", "vormerken"))
	if f.Fail(err) {
		return h.renderGuests(w, r, f)
	}
	if err != nil {
		return err
	}
	return r.Done(w, WorkPath(r.PathValue("event"))+"/einladungen", "notice.event.invited")
}

func (h handlers) dropGuest(w http.ResponseWriter, r *web.Request) error {
	id, err := kernel.ParseID(web.NewForm(r).Value("id"))
	if err != nil {
		return err
	}
	if err := h.s.DropInvitation(r.Context(), r.Actor, r.PathValue("event"), id); err != nil {
		return err
	}
	return r.Done(w, WorkPath(r.PathValue("event"))+"/einladungen", "notice.event.saved")
}

func (h handlers) registrations(w http.ResponseWriter, r *web.Request) error {
	return h.renderRegistrations(w, r, web.BlankForm(r))
}

func (h handlers) renderRegistrations(w http.ResponseWriter, r *web.Request, f *web.Form) error {
	e, list, err := h.s.Registrations(r.Context(), r.Actor, r.PathValue("event"))
	if err != nil {
		return err
	}
	p := h.deskPage(r, e, r.T("event.tab.registrations"))
	content := registrationsPage(r, e, list, f)
	if f.Failed() {
		return r.Invalid(w, p, content)
	}
	return r.Render(w, p, content)
}

func (h handlers) addRegistration(w http.ResponseWriter, r *web.Request) error {
	f := web.NewForm(r)
	a := application(r, f)
	a.Staff = true
	reg, err := h.s.Register(r.Context(), r.Actor, r.PathValue("event"), a)
	if f.Fail(err) {
		return h.renderRegistrations(w, r, f)
	}
	if err != nil {
		return err
	}
	key := "notice.event.registered"
	if reg.State == event.Waits {
		key = "notice.event.waiting"
	}
	return r.Done(w, WorkPath(r.PathValue("event"))+"/anmeldungen", key)
}

// needsText says what a person needs in one line.
func needsText(r *web.Request, n event.Needs) string {
	var parts []string
	for _, f := range n.Features {
		parts = append(parts, r.T("event.feature."+string(f)))
	}
	if n.Children > 0 {
		parts = append(parts, r.T("event.needs.children.n", "n", n.Children))
	}
	if n.Language != "" {
		parts = append(parts, r.T("event.needs.language.n", "language", n.Language))
	}
	if n.Text != "" {
		parts = append(parts, n.Text)
	}
	return strings.Join(parts, "; ")
}

// export is the list of registrations as a workbook.
func (h handlers) export(w http.ResponseWriter, r *web.Request) error {
	private(w)
	e, list, err := h.s.Export(r.Context(), r.Actor, r.PathValue("event"))
	if err != nil {
		return err
	}
	title, _ := r.P.Text(e.Title)
	s := write.Sheet{Name: r.T("event.tab.registrations"), Title: []string{title, span(r, e)}, Columns: []string{
		r.T("event.col.at"), r.T("event.col.state"), r.T("event.name"), r.T("event.heads"), r.T("event.heads.others"), r.T("event.email"), r.T("event.part"), r.T("event.needs"), r.T("event.photos.yes"), r.T("event.code"), r.T("event.col.attended"),
	}}
	for _, x := range list {
		part := ""
		if p, ok := e.Part(x.Part); ok {
			part, _ = r.P.Text(p.Title)
		}
		came := ""
		if !x.AttendedAt.IsZero() {
			came = r.P.DateTime(x.AttendedAt)
		}
		photos := r.T("event.no")
		if x.Photos {
			photos = r.T("event.yes")
		}
		s.Rows = append(s.Rows, []write.Cell{
			write.Text(r.P.DateTime(x.CreatedAt)), write.Text(r.T("event.standing." + string(x.State))), write.Text(x.Name), write.Int(int64(x.Heads)), write.Text(strings.Join(x.Companions, ", ")), write.Text(x.Email), write.Text(part),
			write.Text(needsText(r, x.Needs)), write.Text(photos), write.Text(x.Code), write.Text(came),
		})
	}
	var b bytes.Buffer
	if err := write.XLSX(&b, []write.Sheet{s}, write.Properties{Title: title, Creator: r.Name(), Language: r.Lang, Created: e.ChangedAt.Time}); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
	w.Header().Set("Content-Disposition", `attachment; filename="anmeldungen-`+e.Key+`.xlsx"`)
	_, err = w.Write(b.Bytes())
	return err
}

func (h handlers) askRemove(w http.ResponseWriter, r *web.Request) error {
	e, list, err := h.s.Registrations(r.Context(), r.Actor, r.PathValue("event"))
	if err != nil {
		return err
	}
	for _, x := range list {
		if string(x.ID) == r.URL.Query().Get("id") {
			return r.Render(w, h.deskPage(r, e, r.T("event.remove.title")), web.Confirm(web.Confirmation{
				Text: r.T("event.remove.text"), Lines: []string{who(r, x)}, Action: r.Link(WorkPath(e.Key) + "/anmeldungen/streichen"), Hidden: [][2]string{{"id", string(x.ID)}},
				Button: r.T("event.remove.button"), Back: r.Link(WorkPath(e.Key) + "/anmeldungen"), Danger: true,
			}))
		}
	}
	return kernel.E(kernel.NotFound, "event.link")
}

// who names a person as far as he or she is known.
func who(r *web.Request, x event.Registration) string {
	for _, s := range []string{x.Name, x.Email, x.Code} {
		if s != "" {
			return s
		}
	}
	return r.T("event.noname")
}

func (h handlers) remove(w http.ResponseWriter, r *web.Request) error {
	id, err := kernel.ParseID(web.NewForm(r).Value("id"))
	if err != nil {
		return err
	}
	if err := h.s.Remove(r.Context(), r.Actor, r.PathValue("event"), id); err != nil {
		return err
	}
	return r.Done(w, WorkPath(r.PathValue("event"))+"/anmeldungen", "notice.event.removed")
}

func (h handlers) doorPage(r *web.Request, e event.Event, title string) web.Page {
	p := h.deskPage(r, e, title)
	if !h.s.Edits(r.Actor, e) {
		p.Breadcrumb = work(r)
	}
	return p
}

func (h handlers) door(w http.ResponseWriter, r *web.Request) error {
	private(w)
	f := formOf(r)
	code := f.Value("code")
	if code == "" {
		e, err := h.s.Door(r.Context(), r.Actor, r.PathValue("event"))
		if err != nil {
			return err
		}
		return r.Render(w, h.doorPage(r, e, r.T("event.tab.door")), doorPage(r, e, h.s.Edits(r.Actor, e), nil, false, f))
	}
	e, reg, err := h.s.ByCode(r.Context(), r.Actor, r.PathValue("event"), code)
	if f.Fail(err) {
		return r.Invalid(w, h.doorPage(r, e, r.T("event.tab.door")), doorPage(r, e, h.s.Edits(r.Actor, e), nil, false, f))
	}
	if err != nil {
		return err
	}
	return r.Render(w, h.doorPage(r, e, r.T("event.tab.door")), doorPage(r, e, h.s.Edits(r.Actor, e), &reg, false, f))
}

func (h handlers) checkIn(w http.ResponseWriter, r *web.Request) error {
	private(w)
	f := web.NewForm(r)
	e, err := h.s.Door(r.Context(), r.Actor, r.PathValue("event"))
	if err != nil {
		return err
	}
	came := 0
	if f.Value("came") != "" {
		if came = heads(f.Value("came")); came == 0 {
			came = -1
		}
	}
	reg, first, err := h.s.CheckIn(r.Context(), r.Actor, e.Key, f.Value("code"), came)
	if f.Fail(err) {
		found := &reg
		if f.Error("code") != "" {
			found = nil
		}
		return r.Invalid(w, h.doorPage(r, e, r.T("event.tab.door")), doorPage(r, e, h.s.Edits(r.Actor, e), found, false, f))
	}
	if err != nil {
		return err
	}
	if !first {
		f.Set("code", "")
		return r.Render(w, h.doorPage(r, e, r.T("event.tab.door")), doorPage(r, e, h.s.Edits(r.Actor, e), &reg, true, f))
	}
	return r.Done(w, WorkPath(e.Key)+"/einlass", "notice.event.checkedin")
}

func (h handlers) doorList(w http.ResponseWriter, r *web.Request) error {
	private(w)
	e, list, err := h.s.DoorList(r.Context(), r.Actor, r.PathValue("event"))
	if err != nil {
		return err
	}
	p := h.doorPage(r, e, r.T("event.doorlist.title"))
	p.Lead, p.Wide = span(r, e), true
	return r.Render(w, p, doorListPage(r, e, list))
}

func (h handlers) counts(w http.ResponseWriter, r *web.Request) error {
	return h.renderCounts(w, r, nil)
}

func (h handlers) renderCounts(w http.ResponseWriter, r *web.Request, f *web.Form) error {
	e, list, err := h.s.Counts(r.Context(), r.Actor, r.PathValue("event"))
	if err != nil {
		return err
	}
	people, closed := event.Counted(list)
	if f == nil {
		f = web.BlankForm(r)
		for _, c := range list {
			f.Set(c.Dimension+"."+c.Value, strconv.FormatInt(c.N, 10))
		}
	}
	p := h.doorPage(r, e, r.T("event.counts.title"))
	content := countsPage(r, e, people, closed, list, f)
	if f.Failed() {
		return r.Invalid(w, p, content)
	}
	return r.Render(w, p, content)
}

func (h handlers) saveCounts(w http.ResponseWriter, r *web.Request) error {
	f := web.NewForm(r)
	var counts []participation.Count
	var err error
	read := func(name string) (n int64) {
		v, e := count(f, name)
		if e != nil {
			err = e
		}
		return int64(v)
	}
	for _, d := range event.Dimensions() {
		for _, v := range d.Values {
			counts = append(counts, participation.Count{Dimension: d.Key, Value: v, N: read(d.Key + "." + v)})
		}
	}
	people := int64(0)
	if f.Is("fertig", "1") {
		if people = read("people"); people == 0 && err == nil {
			err = invalid("people", "event.field.missing")
		}
	}
	if err == nil {
		err = h.s.SetCounts(r.Context(), r.Actor, r.PathValue("event"), counts, people)
	}
	if f.Fail(err) {
		return h.renderCounts(w, r, f)
	}
	if err != nil {
		return err
	}
	return r.Done(w, WorkPath(r.PathValue("event"))+"/einlass/zaehlung", "notice.event.saved")
}

func (h handlers) minutes(w http.ResponseWriter, r *web.Request) error {
	return h.renderMinutes(w, r, web.BlankForm(r))
}

func (h handlers) renderMinutes(w http.ResponseWriter, r *web.Request, f *web.Form) error {
	e, err := h.s.Edited(r.Context(), r.Actor, r.PathValue("event"))
	if err != nil {
		return err
	}
	list, err := h.s.Minutes(r.Context(), r.Actor, e)
	if err != nil {
		return err
	}
	p := h.deskPage(r, e, r.T("event.tab.minutes"))
	content := minutesPage(r, e, list, f)
	if f.Failed() {
		return r.Invalid(w, p, content)
	}
	return r.Render(w, p, content)
}

func (h handlers) addMinute(w http.ResponseWriter, r *web.Request) error {
	f := web.NewForm(r)
	err := h.s.AddMinute(r.Context(), r.Actor, r.PathValue("event"), event.Minute{
		Kind: event.MinuteKind(f.Value("kind")), Part: kernel.ID(f.Value("part")), Title: f.Value("title"), Body: f.Value("body"), Due: kernel.Date(f.Value("due")), Charge: f.Value("charge"),
	})
	if f.Fail(err) {
		return h.renderMinutes(w, r, f)
	}
	if err != nil {
		return err
	}
	return r.Done(w, WorkPath(r.PathValue("event"))+"/protokoll", "notice.event.minute")
}

func (h handlers) dropMinute(w http.ResponseWriter, r *web.Request) error {
	f := web.NewForm(r)
	id, err := kernel.ParseID(f.Value("id"))
	if err != nil {
		return err
	}
	err = h.s.DropMinute(r.Context(), r.Actor, r.PathValue("event"), id)
	if f.Fail(err) {
		return h.renderMinutes(w, r, f)
	}
	if err != nil {
		return err
	}
	return r.Done(w, WorkPath(r.PathValue("event"))+"/protokoll", "notice.event.saved")
}

func (h handlers) publishMinutes(w http.ResponseWriter, r *web.Request) error {
	f := web.BlankForm(r)
	_, err := h.s.PublishMinutes(r.Context(), r.Actor, r.PathValue("event"))
	if f.Fail(err) {
		return h.renderMinutes(w, r, f)
	}
	if err != nil {
		return err
	}
	return r.Done(w, WorkPath(r.PathValue("event"))+"/protokoll", "notice.event.minutes")
}

func (h handlers) photos(w http.ResponseWriter, r *web.Request) error {
	return h.renderPhotos(w, r, web.BlankForm(r))
}

func (h handlers) renderPhotos(w http.ResponseWriter, r *web.Request, f *web.Form) error {
	e, err := h.s.Edited(r.Context(), r.Actor, r.PathValue("event"))
	if err != nil {
		return err
	}
	list, err := h.s.Photos(r.Context(), r.Actor, e)
	if err != nil {
		return err
	}
	p := h.deskPage(r, e, r.T("event.tab.photos"))
	if f.Failed() {
		return r.Invalid(w, p, photosPage(r, e, list, f))
	}
	return r.Render(w, p, photosPage(r, e, list, f))
}

// drawn reads an uploaded photo and draws it anew; nil where none was chosen and none is needed.
func drawn(f *web.Form, name string, optional bool) (*event.Picture, error) {
	file, _, err := f.File(name)
	if err != nil {
		var k *kernel.Error
		if optional && errors.As(err, &k) && k.Fields[name] == "web.file.missing" {
			return nil, nil
		}
		return nil, err
	}
	defer func(file multipart.File) { _ = file.Close() }(file) // read only
	p, err := picture.Draw(file, name, picture.Photo)
	return &event.Picture{JPEG: p.JPEG, Width: p.Width, Height: p.Height}, err
}

func (h handlers) addPhoto(w http.ResponseWriter, r *web.Request) error {
	f := web.NewForm(r)
	if _, err := h.s.Edited(r.Context(), r.Actor, r.PathValue("event")); err != nil {
		return err
	}
	p, err := drawn(f, "file", false)
	if err == nil {
		err = h.s.AddPhoto(r.Context(), r.Actor, r.PathValue("event"), *p, kernel.T(line(f.Value("alt")), line(f.Value("alt_en"))), f.Value("credit"))
	}
	if f.Fail(err) {
		return h.renderPhotos(w, r, f)
	}
	if err != nil {
		return err
	}
	return r.Done(w, WorkPath(r.PathValue("event"))+"/fotos", "notice.event.photo")
}

func (h handlers) dropPhoto(w http.ResponseWriter, r *web.Request) error {
	id, err := kernel.ParseID(web.NewForm(r).Value("id"))
	if err != nil {
		return err
	}
	if err := h.s.DropPhoto(r.Context(), r.Actor, r.PathValue("event"), id); err != nil {
		return err
	}
	return r.Done(w, WorkPath(r.PathValue("event"))+"/fotos", "notice.event.saved")
}
