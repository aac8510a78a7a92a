// SPDX-License-Identifier: EUPL-1.2

package app

import (
	"net/url"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/contribution"
	"github.com/kupferfaden/kupferfaden/internal/desk/deskweb"
	"github.com/kupferfaden/kupferfaden/internal/event"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/vision"
	"github.com/kupferfaden/kupferfaden/internal/vision/visionweb"
	"github.com/kupferfaden/kupferfaden/internal/vote"
	"github.com/kupferfaden/kupferfaden/internal/web"
)

// voiceDesk gathers what the reader does of participation and its neighbours, and what of it waits.
type voiceDesk struct {
	a *App
	r *web.Request
	deskweb.Voices
}

// deskVoices is the part of the first page after signing in that is for everybody who moderates, answers, invites, counts, plans with or belongs
// to a group: in the town, or where a role is held.
func (a *App) deskVoices(r *web.Request) (deskweb.Voices, error) {
	d := &voiceDesk{a: a, r: r}
	for _, part := range []func() error{d.moderation, d.answers, d.contributions, d.votes, d.events, d.groups, d.vision, d.actors} {
		if err := part(); err != nil {
			return deskweb.Voices{}, err
		}
	}
	if r.Can(access.EditProcess) {
		d.place("youth.work.title", "/arbeit/mitreden", "youth.work.lead", "")
	}
	if r.Can(access.Publish) {
		d.place("languages.title", deskweb.LanguagesPath, "languages.lead", "")
	}
	return d.Voices, nil
}

// does tells whether the reader does something in the town, or in a process, office or area; what somebody does in a group or for an organisation
// has its own places.
func (d *voiceDesk) does(do access.Action) bool {
	return access.Anywhere(d.r.Actor, do, access.InProcess, access.InOffice, access.InArea)
}

func (d *voiceDesk) place(title, path, text, meta string) {
	d.Places = append(d.Places, web.Card{Title: d.r.T(title), Href: d.r.Link(path), Text: d.r.T(text), Meta: meta})
}

func (d *voiceDesk) waits(n int, path, key string) {
	if n > 0 {
		d.Waiting = append(d.Waiting, deskweb.Item{Title: d.r.T(key, "n", n), Path: path})
	}
}

func (d *voiceDesk) moderation() error {
	r := d.r
	if !d.does(access.Moderate) {
		return nil
	}
	list, err := d.a.Moderation.Inbox(r.Context(), r.Actor, contribution.InboxFilter{})
	if err != nil {
		return err
	}
	waiting, late, now := 0, 0, d.a.Moderation.Time()
	for _, w := range list {
		if w.Kind == contribution.WaitsAuthor || w.Own {
			continue
		}
		waiting++
		if now.Sub(w.Since.Time) > contribution.ReportAlarm {
			late++
		}
	}
	d.waits(late, "/arbeit/moderation", "planner.desk.moderation.late")
	d.place("moderation.title", "/arbeit/moderation", "planner.desk.moderation.text", r.T("planner.desk.moderation.meta", "n", waiting))
	return nil
}

func (d *voiceDesk) answers() error {
	r := d.r
	if !d.does(access.DraftAnswer) {
		return nil
	}
	open, overdue, err := d.a.Answers.Owed(r.Context(), r.Actor)
	if err != nil {
		return err
	}
	release, err := d.a.Answers.ToRelease(r.Context(), r.Actor)
	if err != nil {
		return err
	}
	d.waits(overdue, "/arbeit/rueckmeldungen?ansicht="+string(contribution.DeskOverdue), "planner.desk.answers.overdue")
	d.waits(len(release), "/arbeit/rueckmeldungen", "planner.desk.answers.release")
	d.place("answer.title", "/arbeit/rueckmeldungen", "planner.desk.answers.text", r.T("planner.desk.answers.meta", "n", open))
	return nil
}

func (d *voiceDesk) contributions() error {
	r := d.r
	if !d.does(access.RecordContribution) {
		return nil
	}
	n, err := d.a.Contributions.Count(r.Context(), r.Actor, contribution.Filter{Work: true})
	if err != nil {
		return err
	}
	d.place("contribution.work.title", "/arbeit/beitraege", "planner.desk.contributions.text", r.T("planner.desk.contributions.meta", "n", n))
	return nil
}

func (d *voiceDesk) votes() error {
	r := d.r
	if !d.does(access.RecordContribution) {
		return nil
	}
	list, err := d.a.Votes.WorkList(r.Context(), r.Actor)
	if err != nil || len(list) == 0 && !d.does(access.EditProcess) {
		return err
	}
	running, counting, now := 0, 0, kernel.InstantOf(d.a.Now())
	for _, x := range list {
		switch x.Stage(now) {
		case vote.Running:
			running++
		case vote.Counting:
			counting++
		}
	}
	if r.CanAnywhere(access.Publish) {
		d.waits(counting, "/arbeit/abstimmungen", "planner.desk.votes.counting")
	}
	d.place("vote.work.title", "/arbeit/abstimmungen", "vote.work.lead", r.T("planner.desk.votes.meta", "n", running))
	return nil
}

func (d *voiceDesk) events() error {
	r := d.r
	if !r.CanAnywhere(access.CheckIn) {
		return nil
	}
	list, err := d.a.Events.List(r.Context(), r.Actor, event.Filter{Drafts: true})
	if err != nil {
		return err
	}
	coming, minutes, now := 0, 0, kernel.InstantOf(d.a.Now())
	for _, e := range list {
		switch {
		case e.Stage == event.Published && !e.Over(now):
			coming++
		case e.Stage == event.Published && e.MinutesAt.IsZero() && d.a.Events.Edits(r.Actor, e) && now.Sub(e.End.Time) < 90*24*time.Hour:
			minutes++
		}
	}
	if coming > 0 || r.CanAnywhere(access.EditEvent) {
		d.waits(minutes, "/arbeit/veranstaltungen?zeit=vergangen", "planner.desk.events.minutes")
		d.place("event.work.title", "/arbeit/veranstaltungen", "event.work.lead", r.T("planner.desk.events.meta", "n", coming))
	}
	if !r.CanAnywhere(access.EditEvent) {
		return nil
	}
	posts, err := d.a.Events.Posts(r.Context(), r.Actor, event.PostFilter{Drafts: true, Limit: 500})
	if err != nil {
		return err
	}
	shown := 0
	for _, p := range posts {
		if p.Shown(now) {
			shown++
		}
	}
	d.place("post.work.title", "/arbeit/pinnwand", "post.work.lead", r.T("planner.desk.posts.meta", "n", shown))
	return nil
}

func (d *voiceDesk) groups() error {
	r := d.r
	mine, err := d.a.Groups.Mine(r.Context(), r.Actor)
	if err != nil {
		return err
	}
	if len(mine) > 0 || r.Can(access.ManageGroups) {
		d.place("group.title", "/arbeit/gruppen", "group.card", r.T("planner.desk.groups.meta", "n", len(mine)))
	}
	tasks, err := d.a.Groups.AllTasks(r.Context(), r.Actor)
	if err != nil {
		return err
	}
	open, late, today := 0, 0, d.a.Answers.Today()
	for _, t := range tasks {
		if t.State.Ended() {
			continue
		}
		open++
		if t.Owner == r.Actor.Person && r.Actor.Person != "" && t.Overdue(today) {
			late++
		}
	}
	d.waits(late, "/arbeit/aufgaben", "planner.desk.tasks.late")
	if open > 0 || len(mine) > 0 || r.Can(access.GiveTask) {
		d.place("task.title", "/arbeit/aufgaben", "task.lead", r.T("planner.desk.tasks.meta", "n", open))
	}
	return nil
}

func (d *voiceDesk) vision() error {
	r := d.r
	texts, err := d.a.Vision.Workable(r.Context(), r.Actor)
	if err != nil {
		return err
	}
	open, edits := 0, r.Can(access.EditVision)
	for _, t := range texts {
		x, err := d.a.Vision.Doc(r.Context(), r.Actor, t.Key)
		if err != nil {
			return err
		}
		if !x.Edits && !x.Moderates { // who adopts what others wrote
			d.Places = append(d.Places, web.Card{Title: r.T("vision.adopt.of", "title", visionweb.Title(r, t)), Href: r.Link(visionweb.DoorTo(x)), Text: r.T("vision.adopt.text")})
			continue
		}
		edits = true
		list, err := d.a.Vision.Amendments(r.Context(), r.Actor, t.Key)
		if err != nil {
			return err
		}
		fresh := 0
		for _, a := range list {
			if a.State.Open() {
				open++
			}
			if a.State == vision.Submitted && x.Moderates {
				fresh++
			}
		}
		d.waits(fresh, "/arbeit/leitbild/"+url.PathEscape(t.Key)+"/aenderungen?stand="+string(vision.Submitted), "planner.desk.vision.fresh")
	}
	if edits {
		d.place("vision.work.title", "/arbeit/leitbild", "vision.work.lead", r.T("planner.desk.vision.meta", "n", open))
	}
	return nil
}

func (d *voiceDesk) actors() error {
	r := d.r
	if r.Can(access.PlanActors) {
		changes, err := d.a.Actors.WaitingChanges(r.Context(), r.Actor)
		if err != nil {
			return err
		}
		stale, err := d.a.Actors.Unconfirmed(r.Context(), r.Actor)
		if err != nil {
			return err
		}
		d.waits(changes, "/arbeit/akteure/aenderungen", "planner.desk.actors.changes")
		d.place("actor.staff.title", "/arbeit/akteure", "actor.staff.lead", r.T("planner.desk.actors.meta", "n", len(stale)))
	}
	kept, err := d.a.Actors.Kept(r.Context(), r.Actor)
	if err != nil || len(kept) == 0 {
		return err
	}
	in, err := d.a.Actors.Inventory(r.Context(), r.Actor)
	if err != nil {
		return err
	}
	due := 0
	for _, x := range kept {
		if in.Due(x) <= d.a.Actors.Today() {
			due++
		}
	}
	d.waits(due, "/arbeit/mein-traeger", "planner.desk.actors.confirm")
	d.place("actor.own.title", "/arbeit/mein-traeger", "actor.own.lead", "")
	return nil
}
