// SPDX-License-Identifier: EUPL-1.2

package demo

import (
	"bytes"
	"context"
	_ "embed"
	"fmt"
	"math"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/app"
	"github.com/kupferfaden/kupferfaden/internal/area"
	"github.com/kupferfaden/kupferfaden/internal/contribution"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/participation"
)

//go:embed voices.yaml
var voicesYAML []byte

// consultation is a process of voices.yaml.
type consultation struct {
	Key, From, End, Office                                         string
	Start                                                          int
	Areas                                                          []string
	Budget                                                         int64
	Hours                                                          float64
	Title, Teaser, Body, Decided, Who, How, Scope, Limits, Contact kernel.Text
	Contributions                                                  []said
}

// said is a contribution of voices.yaml, with what became of it.
type said struct {
	Via, Module, Category, Area, Name, Text, Lang string
	Ago                                           int
	Supports, Wait                                bool
	Rule                                          int // of the Netiquette it broke
	About                                         string
	Stance                                        contribution.Stance
	Status                                        contribution.Status
	Cause                                         contribution.Cause
	Target, Answer, Plain, Youthly, Office        string
}

// staff are two people of the planning staff: what one writes the other releases.
type staff struct {
	by, second, citizen access.Actor
	areas               map[string]area.Area
}

// people finds them by the addresses of the example town.
func people(ctx context.Context, a *app.App, by access.Actor) (s staff, err error) {
	list, err := a.Accounts.List(ctx, by)
	if err != nil {
		return s, err
	}
	for _, x := range list {
		who := map[string]*access.Actor{Email: &s.by, AdminEmail: &s.second, CitizenEmail: &s.citizen}[x.Email]
		if who == nil {
			continue
		}
		if *who, err = a.Accounts.Actor(ctx, by.Tenant, x.ID); err != nil {
			return s, err
		}
	}
	e, err := a.Areas.Edition(ctx, by, SpaceLevel, Edition)
	if err != nil {
		return s, err
	}
	all, err := a.Areas.Areas(ctx, by, e.ID)
	s.areas = map[string]area.Area{}
	for _, x := range all {
		s.areas[x.Key] = x
	}
	return s, err
}

// then runs f with the clocks of what citizens say set to a day in the past, so that the town has a history.
func then(a *app.App, at time.Time, f func() error) error {
	clocks := []*func() time.Time{&a.Participation.Now, &a.Contributions.Now, &a.Moderation.Now, &a.Answers.Now, &a.Events.Now, &a.Groups.Now, &a.Votes.Now, &a.Vision.Now}
	for _, c := range clocks {
		was := *c
		*c = func() time.Time { return at }
		defer func() { *c = was }()
	}
	return f()
}

// days before now, at ten in the morning.
func days(a *app.App, n int) time.Time {
	t := a.Now().In(kernel.Zone())
	return time.Date(t.Year(), t.Month(), t.Day()-n, 10, 0, 0, 0, kernel.Zone())
}

// voices brings processes with their contributions and answers into a town that has none.
func voices(ctx context.Context, a *app.App, by access.Actor) error {
	have, err := a.Participation.List(ctx, by, participation.Filter{})
	if err != nil || len(have) > 0 {
		return err
	}
	var f struct {
		Processes []consultation
		Options   []option
	}
	if err := yaml.NewDecoder(bytes.NewReader(voicesYAML)).Decode(&f); err != nil {
		return err
	}
	s, err := people(ctx, a, by)
	if err != nil {
		return err
	}
	for _, c := range f.Processes {
		if err := c.bring(ctx, a, s); err != nil {
			return fmt.Errorf("%s: %w", c.Key, err)
		}
	}
	if err := gatherings(ctx, a, s); err != nil {
		return err
	}
	return ballots(ctx, a, s, f.Options)
}

// bring makes a process, lets people speak in it, and takes it to where it stands.
func (c consultation) bring(ctx context.Context, a *app.App, s staff) error {
	start := days(a, c.Start)
	var p participation.Process
	return then(a, start, func() (err error) {
		p, err = a.Participation.CreateFrom(ctx, s.by, participation.New{Key: c.Key, From: c.From, Title: c.Title, Start: kernel.Date(start.Format(time.DateOnly)), Zone: kernel.Zone()})
		if err != nil {
			return err
		}
		p.Teaser, p.Body, p.Decided, p.Who, p.How, p.Scope, p.Limits, p.Contact = c.Teaser, c.Body, c.Decided, c.Who, c.How, c.Scope, c.Limits, c.Contact
		p.Office, p.Areas, p.BudgetCents, p.Hours = c.Office, c.Areas, c.Budget, c.Hours
		p.Privacy = kernel.T("Ein Beitrag braucht keinen Namen. Angaben zur Person werden getrennt aufbewahrt und nach dem Abschluss gelöscht.", "")
		p.Access = kernel.T("Stufenlose Räume, Dolmetschen auf Anfrage, Leichte Sprache.", "Step-free rooms, interpreters on request, easy language.")
		p.Concept = participation.Concept{
			Object: c.Decided, Responsible: kernel.T("Sozialplanung; Moderation durch eine neutrale Stelle.", ""), Groups: kernel.T("Familien, ältere Menschen, Menschen ohne Deutschkenntnisse: über Nachbarschaftshaus, Kitas und Hausbesuche.", ""),
			Course: kernel.T("Online, auf Papier, am Telefon und vor Ort; die Phasen stehen auf dieser Seite.", ""), Results: kernel.T("Jeder Beitrag wird geprüft und beantwortet; das Ergebnis geht unverändert an den Ausschuss.", ""),
			Evaluation: kernel.T("Fragebogen am Ende jeder Veranstaltung, Auswertung durch die Koordinierungsstelle.", ""), Resources: c.Contact,
			ApprovedBy: "Sozialausschuss", ApprovedOn: kernel.Date(start.Format(time.DateOnly)),
		}
		if p, err = a.Participation.Save(ctx, s.by, p); err != nil {
			return err
		}
		if err := standards(ctx, a, s, p); err != nil {
			return err
		}
		for _, to := range []participation.State{participation.Ready, participation.Running} {
			if p, err = a.Participation.Move(ctx, s.by, p.Key, p.Edit, to, ""); err != nil {
				return err
			}
		}
		for i, x := range c.Contributions {
			if err := x.bring(ctx, a, s, c, i); err != nil {
				return fmt.Errorf("%s: %w", x.Text, err)
			}
		}
		if c.End != string(participation.Closed) {
			return nil
		}
		for _, to := range []participation.State{participation.Evaluation, participation.Feedback, participation.Closed} {
			if p, err = a.Participation.Move(ctx, s.by, p.Key, p.Edit, to, ""); err != nil {
				return err
			}
		}
		return nil
	})
}

// standards says of every minimum standard that keeps the process from beginning what was done for it.
func standards(ctx context.Context, a *app.App, s staff, p participation.Process) error {
	check, err := a.Participation.Check(ctx, s.by, p)
	if err != nil {
		return err
	}
	for _, l := range check.Blocking(participation.Before) {
		st := participation.Statement{Criterion: l.Key, Result: participation.Fulfilled, Comment: "Vor dem Beginn von der Koordinierungsstelle geprüft; der Nachweis liegt bei den Unterlagen."}
		if l.Computed() {
			st.Result, st.Comment = participation.Waived, "Die Vorhabenliste ist noch im Aufbau; der Ausschuss hat dem Beginn zugestimmt."
		}
		if err := a.Participation.State(ctx, s.by, p.Key, st); err != nil {
			return err
		}
	}
	return nil
}

// bring lets somebody say something, and the town moderate and answer it.
func (x said) bring(ctx context.Context, a *app.App, s staff, c consultation, n int) error {
	at := days(a, max(x.Ago, 0)).Add(time.Duration(n) * 7 * time.Minute)
	if at.After(a.Now()) { // made before that hour of the day
		at = at.AddDate(0, 0, -1)
	}
	return then(a, at, func() error {
		d := contribution.Draft{Process: c.Key, Module: x.Module, Category: x.Category, Text: x.Text, Lang: x.Lang, Pseudonym: x.Name, Channel: contribution.Channel(x.Via)}
		if d.Lang == "" {
			d.Lang = "de"
		}
		if at, ok := s.areas[x.Area]; ok { // around its middle, each somewhere else
			turn := float64(n) * 2.4
			d.Geometry = fmt.Sprintf(`{"type":"Point","coordinates":[%.5f,%.5f]}`, at.LabelLon+.0012*math.Cos(turn), at.LabelLat+.0008*math.Sin(turn))
		}
		if x.About != "" {
			d.Statements = []contribution.Statement{{Stance: x.Stance, About: kernel.Ref{Kind: "indicator", ID: kernel.ID(x.About + "@" + SpaceLevel + "/" + x.Area)}}}
		}
		var made contribution.Contribution
		var err error
		if d.Channel == "" || d.Channel == contribution.Youth {
			made, _, err = a.Contributions.Submit(ctx, access.Anonymous(s.by.Tenant), d)
		} else {
			made, _, err = a.Contributions.Record(ctx, s.by, d, false)
		}
		if err != nil || x.Wait {
			return err
		}
		ruling := contribution.Ruling{Kind: contribution.LetThrough}
		if x.Rule > 0 {
			ruling = contribution.Ruling{Kind: contribution.HideIt, Rule: x.Rule, Message: "Bitte schreiben Sie über die Sache und nicht über Menschen."}
		}
		if _, err = a.Moderation.Decide(ctx, s.by, made.Ref(), ruling); err != nil || x.Rule > 0 {
			return err
		}
		if x.Supports {
			if _, err := a.Contributions.Back(ctx, s.citizen, made.Number, ""); err != nil {
				return err
			}
		}
		return x.reply(ctx, a, s, made)
	})
}

// reply is the town's answer; what one person writes another releases.
func (x said) reply(ctx context.Context, a *app.App, s staff, c contribution.Contribution) error {
	if x.Status == "" {
		return nil
	}
	if c.Office != x.Office {
		if err := a.Answers.Pass(ctx, s.by, c.Number, x.Office, "Liegt in der Zuständigkeit des Fachamts."); err != nil {
			return err
		}
	}
	body := kernel.T(x.Answer, "")
	if x.Plain != "" {
		body[contribution.PlainKey] = x.Plain
	}
	if x.Youthly != "" {
		body[contribution.YouthKey] = x.Youthly
	}
	r, err := a.Answers.Write(ctx, s.by, []string{c.Number}, contribution.Reply{Status: x.Status, Cause: x.Cause, Target: x.Target, Body: body})
	if err != nil {
		return err
	}
	if err := a.Answers.Ask(ctx, s.by, r.ID, 0); err != nil {
		return err
	}
	return a.Answers.Release(ctx, s.second, r.ID, 0)
}
