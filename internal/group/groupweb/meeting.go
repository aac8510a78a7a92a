// SPDX-License-Identifier: EUPL-1.2

package groupweb

import (
	"bytes"
	"net/http"
	"strconv"
	"strings"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/doc/ics"
	"github.com/kupferfaden/kupferfaden/internal/group"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/web"
)

func (h handlers) newMeeting(w http.ResponseWriter, r *web.Request) error {
	g, err := h.s.Space(r.Context(), r.Actor, r.PathValue("group"), access.LeadGroup)
	if err != nil {
		return err
	}
	f := web.BlankForm(r)
	list, err := h.s.Meetings(r.Context(), r.Actor, g.Key)
	if err != nil {
		return err
	}
	f.Set("title", r.T("group.meeting.nth", "n", len(list)+1))
	f.Set("begins", "18:00")
	f.Set("ends", "20:00")
	if len(list) > 0 { // the same place as the last time
		f.Set("place", list[0].Place)
		f.Set("online", list[0].Online)
	}
	return h.showMeetingForm(w, r, g, 0, f)
}

func (h handlers) showMeetingForm(w http.ResponseWriter, r *web.Request, g group.Group, n int, f *web.Form) error {
	p := page(r, r.T("group.meeting.new"), h.crumb(r, g))
	action := spacePath(g.Key) + "/sitzungen/neu"
	if n > 0 {
		p.Title, action = r.T("group.meeting.edit"), meetingPath(g.Key, n)+"/bearbeiten"
	}
	if f.Failed() {
		return r.Invalid(w, p, meetingForm(r, action, f))
	}
	return r.Render(w, p, meetingForm(r, action, f))
}

// meetingOf reads a form into a meeting.
func meetingOf(f *web.Form, m group.Meeting) group.Meeting {
	m.Title, m.Place, m.Online, m.Intro = f.Value("title"), f.Value("place"), f.Value("online"), f.Value("intro")
	m.Starts = at(f.Value("day"), f.Value("begins"))
	m.Ends = at(f.Value("day"), f.Value("ends"))
	m.Items = group.Agenda(f.Value("agenda"), m.Items)
	return m
}

func (h handlers) createMeeting(w http.ResponseWriter, r *web.Request) error {
	g, err := h.s.Space(r.Context(), r.Actor, r.PathValue("group"), access.LeadGroup)
	if err != nil {
		return err
	}
	f := web.NewForm(r)
	m, err := h.s.SaveMeeting(r.Context(), r.Actor, g.Key, meetingOf(f, group.Meeting{}))
	if f.Fail(err) {
		return h.showMeetingForm(w, r, g, 0, f)
	}
	if err != nil {
		return err
	}
	return r.Done(w, meetingPath(g.Key, m.Number), "notice.group.meeting")
}

func (h handlers) meetingForm(w http.ResponseWriter, r *web.Request) error {
	g, m, err := h.s.Meeting(r.Context(), r.Actor, r.PathValue("group"), number(r))
	if err != nil {
		return err
	}
	f := web.BlankForm(r)
	for name, v := range map[string]string{
		"title": m.Title, "place": m.Place, "online": m.Online, "intro": m.Intro, "day": dayOf(m.Starts), "begins": clockOf(m.Starts), "ends": clockOf(m.Ends),
		"agenda": group.AgendaText(m.Items), "edit": strconv.Itoa(m.Edit),
	} {
		f.Set(name, v)
	}
	return h.showMeetingForm(w, r, g, m.Number, f)
}

func (h handlers) saveMeeting(w http.ResponseWriter, r *web.Request) error {
	g, m, err := h.s.Meeting(r.Context(), r.Actor, r.PathValue("group"), number(r))
	if err != nil {
		return err
	}
	f := web.NewForm(r)
	if n, perr := strconv.Atoi(f.Value("edit")); perr != nil || n != m.Edit {
		err = kernel.E(kernel.Conflict, "group.changed")
	} else {
		_, err = h.s.SaveMeeting(r.Context(), r.Actor, g.Key, meetingOf(f, m))
	}
	if f.Fail(err) {
		return h.showMeetingForm(w, r, g, m.Number, f)
	}
	if err != nil {
		return err
	}
	return r.Done(w, meetingPath(g.Key, m.Number), "notice.group.meeting")
}

// meetingView is a meeting as members see it.
type meetingView struct {
	g       group.Group
	x       group.Record
	roll    []group.Roll
	lead    bool
	outcome *web.Form
}

func (h handlers) meetingView(r *web.Request) (v meetingView, err error) {
	if v.g, v.x, err = h.s.Record(r.Context(), r.Actor, r.PathValue("group"), number(r)); err != nil {
		return v, err
	}
	if v.roll, err = h.s.Roll(r.Context(), r.Tenant.ID, v.g, true); err != nil {
		return v, err
	}
	v.lead = h.s.Can(r.Actor, v.g, access.LeadGroup)
	v.outcome = web.BlankForm(r)
	v.outcome.Set("kind", string(group.Decided))
	return v, nil
}

func (h handlers) meeting(w http.ResponseWriter, r *web.Request) error {
	v, err := h.meetingView(r)
	if err != nil {
		return err
	}
	return h.showMeeting(w, r, v)
}

func (h handlers) showMeeting(w http.ResponseWriter, r *web.Request, v meetingView) error {
	p := page(r, v.x.Title, h.crumb(r, v.g))
	p.Lead = r.P.DateTime(v.x.Starts)
	p.Aside = web.Badge(meetingTone(v.x.State), r.T("group.meeting.state."+string(v.x.State)))
	if v.outcome.Failed() {
		return r.Invalid(w, p, meetingPage(r, h.o, v))
	}
	return r.Render(w, p, meetingPage(r, h.o, v))
}

// calendar gives the meeting as an entry for a calendar.
func (h handlers) calendar(w http.ResponseWriter, r *web.Request) error {
	g, m, err := h.s.Meeting(r.Context(), r.Actor, r.PathValue("group"), number(r))
	if err != nil {
		return err
	}
	address := ""
	if h.o.Address != nil {
		if address, err = h.o.Address(r.Context(), r.Tenant.ID, r.Lang, meetingPath(g.Key, m.Number)); err != nil {
			return err
		}
	}
	b, _, err := File(said(r, g.Name), address, m)
	if err != nil {
		return err
	}
	hd := w.Header()
	hd.Set("Content-Type", "text/calendar; charset=utf-8")
	hd.Set("Content-Disposition", `attachment; filename="termin.ics"`)
	hd.Set("Cache-Control", "no-store")
	_, err = w.Write(b)
	return err
}

// File is a meeting as a calendar file, by what is done with it: a cancelled one takes the entry away. address is where the meeting is read; empty where
// the reader cannot enter.
func File(name, address string, m group.Meeting) ([]byte, ics.Method, error) {
	var agenda []string
	for i, it := range m.Items {
		agenda = append(agenda, strconv.Itoa(i+1)+". "+it.Title)
	}
	e := ics.Event{
		UID: string(m.ID) + "@kupferfaden", Sequence: m.Sequence, Stamp: m.CreatedAt.Time, Start: m.Starts.Time, End: m.Ends.Time, Summary: name + ": " + m.Title,
		Description: strings.Join(agenda, "\n"), Location: strings.Trim(m.Place+", "+m.Online, ", "), URL: address, Cancelled: m.State == group.Cancelled,
	}
	c := ics.Calendar{Product: "-//Kupferfaden//DE", Method: ics.Publish, Zone: kernel.Zone(), Events: []ics.Event{e}}
	if e.Cancelled {
		c.Method = ics.Cancel
	}
	var b bytes.Buffer
	err := c.Write(&b)
	return b.Bytes(), c.Method, err
}

// askStep asks before a meeting changes its state.
func (h handlers) askStep(step string) web.Handler {
	return func(w http.ResponseWriter, r *web.Request) error {
		g, m, err := h.s.Meeting(r.Context(), r.Actor, r.PathValue("group"), number(r))
		if err != nil {
			return err
		}
		return h.confirmStep(w, r, g, m, step, web.BlankForm(r))
	}
}

func (h handlers) confirmStep(w http.ResponseWriter, r *web.Request, g group.Group, m group.Meeting, step string, f *web.Form) error {
	p := page(r, r.T("group.meeting.step."+step), h.crumb(r, g), web.Crumb{Text: m.Title, Href: meetingPath(g.Key, m.Number)})
	p.Narrow = true
	lines := []string(nil)
	if step == "einladen" {
		roll, err := h.s.Roll(r.Context(), r.Tenant.ID, g, false)
		if err != nil {
			return err
		}
		for _, x := range roll {
			if x.Address == "" {
				lines = append(lines, r.T("group.meeting.uninvited", "name", x.Said()))
			}
		}
	}
	text := r.T("group.meeting.step."+step+".text", "title", m.Title, "when", r.P.DateTime(m.Starts))
	c := web.Confirm(web.Confirmation{
		Text: text, Lines: lines, Action: r.Link(meetingPath(g.Key, m.Number) + "/" + step), Button: r.T("group.meeting.step." + step), Back: r.Link(meetingPath(g.Key, m.Number)),
		Danger: step == "absagen", Content: web.FormErrors(f),
	})
	if f.Failed() {
		return r.Invalid(w, p, c)
	}
	return r.Render(w, p, c)
}

func (h handlers) step(step string) web.Handler {
	return func(w http.ResponseWriter, r *web.Request) error {
		g, m, err := h.s.Meeting(r.Context(), r.Actor, r.PathValue("group"), number(r))
		if err != nil {
			return err
		}
		notice := "notice.group.invited"
		switch step {
		case "einladen":
			_, _, err = h.s.Invite(r.Context(), r.Actor, g.Key, m.Number)
		case "absagen":
			notice = "notice.group.cancelled"
			err = h.s.Cancel(r.Context(), r.Actor, g.Key, m.Number)
		case "veroeffentlichen":
			notice = "notice.group.published"
			err = h.s.Publish(r.Context(), r.Actor, g.Key, m.Number)
		}
		f := web.NewForm(r)
		if f.Fail(err) {
			return h.confirmStep(w, r, g, m, step, f)
		}
		if err != nil {
			return err
		}
		return r.Done(w, meetingPath(g.Key, m.Number), notice)
	}
}

func (h handlers) minutesForm(w http.ResponseWriter, r *web.Request) error {
	v, err := h.meetingView(r)
	if err != nil {
		return err
	}
	if !v.lead {
		return access.Check(r.Actor, access.LeadGroup, v.g.Space(r.Tenant.ID))
	}
	f := web.BlankForm(r)
	f.Set("edit", strconv.Itoa(v.x.Edit))
	f.Set("minutes", v.x.Minutes)
	f.Set("guests", strconv.Itoa(v.x.Guests))
	for _, it := range v.x.Items {
		f.Set("top-"+string(it.ID), it.Minutes)
	}
	for who, p := range v.x.Attendance {
		f.Set("da-"+string(who), string(p))
	}
	return h.showMinutesForm(w, r, v, f)
}

func (h handlers) showMinutesForm(w http.ResponseWriter, r *web.Request, v meetingView, f *web.Form) error {
	p := page(r, r.T("group.minutes"), h.crumb(r, v.g), web.Crumb{Text: v.x.Title, Href: meetingPath(v.g.Key, v.x.Number)})
	if f.Failed() {
		return r.Invalid(w, p, minutesForm(r, v, f))
	}
	return r.Render(w, p, minutesForm(r, v, f))
}

func (h handlers) saveMinutes(w http.ResponseWriter, r *web.Request) error {
	v, err := h.meetingView(r)
	if err != nil {
		return err
	}
	f := web.NewForm(r)
	x := group.Minutes{Text: f.Value("minutes"), Items: map[kernel.ID]string{}, Attendance: map[kernel.ID]group.Presence{}, Guests: whole(f, "guests")}
	x.Edit, _ = strconv.Atoi(f.Value("edit")) // a wrong number is a conflict
	for _, it := range v.x.Items {
		x.Items[it.ID] = f.Value("top-" + string(it.ID))
	}
	for _, m := range v.roll {
		if p := f.Value("da-" + string(m.ID)); p != "" {
			x.Attendance[m.ID] = group.Presence(p)
		}
	}
	err = h.s.SaveMinutes(r.Context(), r.Actor, v.g.Key, v.x.Number, x)
	if f.Fail(err) {
		return h.showMinutesForm(w, r, v, f)
	}
	if err != nil {
		return err
	}
	return r.Done(w, meetingPath(v.g.Key, v.x.Number), "notice.group.minutes")
}

func (h handlers) addOutcome(w http.ResponseWriter, r *web.Request) error {
	v, err := h.meetingView(r)
	if err != nil {
		return err
	}
	f := web.NewForm(r)
	faults := map[string]string{}
	o := group.Outcome{Kind: group.OutcomeKind(f.Value("kind")), Text: f.Value("text"), Ayes: whole(f, "ayes"), Noes: whole(f, "noes"), Abstained: whole(f, "abstained")}
	if it := f.Value("item"); it != "" {
		if o.Item, err = kernel.ParseID(it); err != nil {
			return err
		}
	}
	t := group.Task{Due: date(f, "due", faults)}
	t.Owner, t.OwnerLabel = owner(f, v.roll)
	err = fault(faults)
	if err == nil {
		err = h.s.AddOutcome(r.Context(), r.Actor, v.g.Key, v.x.Number, o, t)
	}
	if f.Fail(err) {
		v.outcome = f
		return h.showMeeting(w, r, v)
	}
	if err != nil {
		return err
	}
	return r.Done(w, meetingPath(v.g.Key, v.x.Number), "notice.group.outcome")
}

// owner reads who has to do something: a member with an account, or a function.
func owner(f *web.Form, roll []group.Roll) (account kernel.ID, label string) {
	for _, m := range roll {
		if f.Value("owner") != string(m.ID) || m.ID == "" {
			continue
		}
		if m.Account != "" {
			return m.Account, ""
		}
		return "", m.Said()
	}
	return "", f.Value("owner_label")
}
