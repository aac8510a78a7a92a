// SPDX-License-Identifier: EUPL-1.2

package contribution

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/participation"
)

// Draft is what somebody wants to say, or what staff writes down of it.
type Draft struct {
	Process, Module string
	Channel         Channel // Platform where empty
	Lang            string
	Title, Text     string // a title is made of the text where there is none
	Category        string
	Topics          []string
	Geometry        string   // GeoJSON geometry; empty: none
	Areas           []string // chosen, where there is no geometry
	Pseudonym       string   // of guests, as they want to be called; people with an account bear theirs
	SaidOn          kernel.Date
	Source          string
	Statements      []Statement
	Files           []File // already stored, see KeepPhoto
	Reach           map[string]string
	Mail            Mailing   // of guests who want to hear of it; Email empty: none
	ID              kernel.ID // of a form, see Once; empty: a new one
}

// Once names a form that is about to be drawn: sent twice, by a double click or a page that is loaded anew, it makes one contribution.
func (s *Service) Once(tenant kernel.ID) string {
	id := string(kernel.NewID())
	return id + "." + s.Secret.Mark("contribution.once", string(tenant)+" "+id)
}

// OnceID reads what Once wrote; ok is false for what is not ours.
func (s *Service) OnceID(tenant kernel.ID, name string) (id kernel.ID, ok bool) {
	v, mark, _ := strings.Cut(name, ".")
	if mark != s.Secret.Mark("contribution.once", string(tenant)+" "+v) {
		return "", false
	}
	return kernel.ID(v), true
}

// twice tells a contribution that is there already from any other error of storing it.
func (s *Service) twice(ctx context.Context, tenant kernel.ID, d Draft, err error) error {
	if err == nil || d.ID == "" {
		return err
	}
	have, missing := s.Store.Contribution(ctx, tenant, d.ID)
	if missing != nil {
		return err
	}
	return kernel.E(kernel.Conflict, "contribution.twice", "number", have.Number)
}

// Submit takes a contribution from anybody, with or without an account, and gives the receipt code: it is shown this once. Invalid names the
// fields at fault, Conflict "access.phase" says that nothing can be contributed now.
func (s *Service) Submit(ctx context.Context, by access.Actor, d Draft) (c Contribution, code string, err error) {
	p, m, err := s.Process(ctx, by.Tenant, d.Process, d.Module)
	if err != nil {
		return c, "", err
	}
	k, err := s.Look(ctx, by, p, m, d)
	if err != nil {
		return k.Contribution, "", err
	}
	return s.Send(ctx, by, k)
}

// Checked is a draft that can be sent.
type Checked struct {
	Contribution Contribution
	process      participation.Process
	module       participation.Module
	draft        Draft
}

// Look checks a draft for the process and module that Open gave, without storing anything, and tells where it would lie.
func (s *Service) Look(ctx context.Context, by access.Actor, p participation.Process, m participation.Module, d Draft) (k Checked, err error) {
	if err := s.mayContribute(by, p, m); err != nil {
		return k, err
	}
	if d.Channel != Youth {
		d.Channel = Platform
	}
	c, err := s.check(ctx, by.Tenant, p, m, &d, MostText)
	return Checked{c, p, m, d}, err
}

// Send stores what was checked a moment ago and gives the receipt code; see Submit.
func (s *Service) Send(ctx context.Context, by access.Actor, k Checked) (Contribution, string, error) {
	if err := s.mayContribute(by, k.process, k.module); err != nil {
		return Contribution{}, "", err
	}
	c := k.Contribution
	if err := s.checkSaid(ctx, by.Tenant, k.process, c, k.draft.Statements); err != nil {
		return c, "", err
	}
	if by.Person != "" && by.Name != "" {
		c.Author, c.Pseudonym = by.Person, by.Name
		if by.Has(access.YoungPerson) {
			c.Pseudonym = "" // never shown by name
		}
	}
	return s.submit(ctx, by, k.process, c, k.draft)
}

// submit stores what was checked.
func (s *Service) submit(ctx context.Context, by access.Actor, p participation.Process, c Contribution, d Draft) (_ Contribution, code string, err error) {
	if s.Begin != nil {
		if c.State, err = s.Begin(ctx, by, c); err != nil {
			return c, "", err
		}
	}
	if c.State == Published {
		c.Published = c.Received
	}
	if home := d.Reach["area"]; home != "" && s.Areas != nil { // shown in public: only what is an area
		names, err := s.AreaNames(ctx, by.Tenant)
		if err != nil {
			return c, "", err
		}
		if _, known := names[home]; !known {
			d.Reach = maps.Clone(d.Reach)
			delete(d.Reach, "area")
		}
	}
	if c.Number, err = s.number(ctx, by.Tenant, c.Received.In(kernel.Zone()).Year()); err != nil {
		return c, "", err
	}
	if c.Channel == Youth && c.Source != "" { // many of a group speak
		c.Source += groupMark + c.Number
	}
	code = newCode()
	n := New{Contribution: c, Receipt: s.codeHash(by.Tenant, code), Statements: d.Statements, Files: d.Files}
	for i := range n.Files {
		n.Files[i].Contribution, n.Files[i].At = c.ID, c.Received
	}
	err = s.Tx.TxGrouped(ctx, func(ctx context.Context) error {
		if err := s.Store.Insert(ctx, by.Tenant, n); err != nil {
			return err
		}
		if err := s.tell(ctx, by.Tenant, Submitted, c); err != nil {
			return err
		}
		if s.Reach != nil && len(d.Reach) > 0 { // counted with the contribution or not at all, so that a second try counts nobody twice
			if err := s.Reach(ctx, by, p, d.Reach); err != nil {
				return err
			}
		}
		if c.Author == "" && d.Mail.Email != "" {
			if err := s.subscribe(ctx, by.Tenant, c, d.Mail, code); err != nil {
				return err
			}
		}
		if c.State == Published {
			return s.touch(ctx, by.Tenant)
		}
		return nil
	})
	return c, code, s.twice(ctx, by.Tenant, d, err)
}

// mayContribute asks whether the actor may contribute now: everybody where the process is open and the phase permits it, members where it is
// half open.
func (s *Service) mayContribute(by access.Actor, p participation.Process, m participation.Module) error {
	o := s.object(by.Tenant, p, m, nil)
	if err := access.Check(by, access.Contribute, o); err != nil {
		return err
	}
	if p.Reach == participation.SemiOpen && !by.HasIn(access.GroupMember, o.Within) {
		if !by.SignedIn() {
			return kernel.E(kernel.Unauthenticated, "contribution.members")
		}
		return kernel.E(kernel.Denied, "contribution.members")
	}
	return nil
}

// Open tells whether the actor may contribute in a module now; the error says why not.
func (s *Service) Open(ctx context.Context, by access.Actor, process, module string) (participation.Process, participation.Module, error) {
	p, m, err := s.Process(ctx, by.Tenant, process, module)
	if err != nil {
		return p, m, err
	}
	return p, m, s.mayContribute(by, p, m)
}

// Record writes down what was said elsewhere. The staff's own audit entry is made; with the right to moderate it can be public at once.
func (s *Service) Record(ctx context.Context, by access.Actor, d Draft, publish bool) (c Contribution, code string, err error) {
	p, m, err := s.Process(ctx, by.Tenant, d.Process, d.Module)
	if err != nil {
		return c, "", err
	}
	if d.Channel == "" || d.Channel == Platform || !slices.Contains(Channels(), d.Channel) {
		return c, "", invalid(map[string]string{"channel": "contribution.channel.missing"})
	}
	if c, err = s.check(ctx, by.Tenant, p, m, &d, MostEntered); err != nil {
		return c, "", err
	}
	o := s.object(by.Tenant, p, m, c.Areas)
	o.Phase = nil // what was said in time may be written down later
	if err := access.Check(by, access.RecordContribution, o); err != nil {
		return c, "", err
	}
	c.EnteredBy = by.Person
	if publish && access.Can(by, access.Moderate, o) {
		c.State, c.Published = Published, c.Received
	}
	if c.Number, err = s.number(ctx, by.Tenant, c.Received.In(kernel.Zone()).Year()); err != nil {
		return c, "", err
	}
	code = newCode()
	n := New{Contribution: c, Receipt: s.codeHash(by.Tenant, code), Statements: d.Statements, Files: d.Files}
	for i := range n.Files {
		n.Files[i].Contribution, n.Files[i].At = c.ID, c.Received
	}
	err = s.Tx.Tx(ctx, func(ctx context.Context) error {
		if err := s.Store.Insert(ctx, by.Tenant, n); err != nil {
			return err
		}
		if err := s.tell(ctx, by.Tenant, Submitted, c); err != nil {
			return err
		}
		if c.State == Published {
			if err := s.touch(ctx, by.Tenant); err != nil {
				return err
			}
		}
		return access.Record(ctx, s.Trail, by, access.Act{
			Do: access.RecordContribution, What: "contribution.record", Object: c.Ref(), Note: map[string]string{"channel": string(c.Channel), "process": c.Process},
		})
	})
	return c, code, s.twice(ctx, by.Tenant, d, err)
}

// mostAtOnce is how many paragraphs RecordEach takes as contributions at once.
const mostAtOnce = 60

// RecordEach is Record for a wall of cards or a page of notes: with each, every paragraph is a contribution of its own, all of them or none, and what
// was scanned belongs to each.
func (s *Service) RecordEach(ctx context.Context, by access.Actor, d Draft, each, publish bool) (list []Contribution, codes []string, err error) {
	texts := []string{d.Text}
	if each {
		texts = strings.FieldsFunc(strings.ReplaceAll(tidy(d.Text, true), "\n\n", "\x00"), func(r rune) bool { return r == 0 })
		d.Title = ""
	}
	if len(texts) == 0 {
		texts = []string{""} // refused with the sentence of the field
	}
	if len(texts) > mostAtOnce {
		return nil, nil, invalid(map[string]string{"text": "contribution.quick.many"})
	}
	err = s.Tx.Tx(ctx, func(ctx context.Context) error {
		list, codes = nil, nil
		for i, text := range texts {
			one := d
			one.Text, one.Files = text, slices.Clone(d.Files)
			if i > 0 {
				one.ID = ""
			}
			for j := range one.Files {
				one.Files[j].ID = kernel.NewID()
			}
			c, code, err := s.Record(ctx, by, one, publish)
			if err != nil {
				return err
			}
			list, codes = append(list, c), append(codes, code)
		}
		return nil
	})
	return list, codes, s.twice(ctx, by.Tenant, d, err)
}

// check makes a contribution of a draft, or says what is wrong with it.
func (s *Service) check(ctx context.Context, tenant kernel.ID, p participation.Process, m participation.Module, d *Draft, most int) (c Contribution, err error) {
	f := map[string]string{}
	d.Title, d.Text, d.Category = tidy(d.Title, false), tidy(d.Text, true), tidy(d.Category, false)
	checkText(f, &d.Title, d.Text, most)
	lang, ok := Lang(d.Lang)
	if !ok {
		f["lang"] = "contribution.lang.unknown"
	}
	if d.Pseudonym = tidy(d.Pseudonym, false); length(d.Pseudonym) > MostName || strings.Contains(d.Pseudonym, "@") || strings.Contains(d.Pseudonym, "://") {
		f["name"] = "contribution.name.form"
	}
	if len(m.Categories) > 0 && d.Category != "" && !slices.Contains(m.Categories, d.Category) || length(d.Category) > 100 {
		f["category"] = "contribution.category.unknown"
	}
	if len(d.Topics) > 20 || slices.ContainsFunc(d.Topics, func(t string) bool { return length(t) > 60 }) {
		f["topics"] = "contribution.topics.form"
	}
	if d.SaidOn != "" {
		if _, err := kernel.ParseDate(string(d.SaidOn)); err != nil || d.SaidOn.Time().After(s.now().Time.AddDate(0, 0, 1)) {
			f["said"] = "contribution.said.form"
		}
	}
	if len(d.Files) > MostFiles {
		f["photo"] = "contribution.photo.many"
	}
	maps.Copy(f, s.checkMail(&d.Mail))
	now := s.now()
	if d.ID == "" {
		d.ID = kernel.NewID()
	}
	c = Contribution{
		ID: d.ID, Process: p.Key, Module: m.Key, Channel: d.Channel, Lang: lang, Original: d.Text, Title: d.Title, Text: d.Text, Category: d.Category, Topics: d.Topics,
		Pseudonym: d.Pseudonym, State: Received, SaidOn: d.SaidOn, Source: d.Source, Received: now, Changed: now, Office: p.Office, Edit: 1,
	}
	if err := s.place(ctx, tenant, &c, d.Geometry, d.Areas); err != nil {
		maps.Copy(f, fieldsOf(err))
		if len(fieldsOf(err)) == 0 {
			return c, err
		}
	}
	if far, err := s.farAway(ctx, tenant, c); err != nil {
		return c, err
	} else if far {
		f["place"] = "contribution.place.far"
	}
	if m.PlaceRequired && !c.Placed && len(c.Areas) == 0 && f["place"] == "" {
		f["place"] = "contribution.place.missing"
	}
	for i := range d.Statements {
		d.Statements[i].ID, d.Statements[i].Contribution, d.Statements[i].At = kernel.NewID(), c.ID, now
		if err := checkStatement(&d.Statements[i], c.Text); err != nil {
			f["stance"] = "contribution.statement.form"
		}
	}
	if p.AnswerDays > 0 {
		c.Due = kernel.DayOf(now.In(kernel.Zone()).AddDate(0, 0, p.AnswerDays))
	}
	return c, invalid(f)
}

var zeroModule participation.Module

// checkText checks title and text, and makes a title where there is none.
func checkText(f map[string]string, title *string, text string, most int) {
	switch {
	case text == "":
		f["text"] = "contribution.text.missing"
	case length(text) > most:
		f["text"] = "contribution.text.long"
	case length(text) < 3:
		f["text"] = "contribution.text.short"
	}
	if *title == "" && text != "" {
		*title = headline(text)
	}
	if length(*title) > MostTitle {
		f["title"] = "contribution.title.long"
	}
}

func fieldsOf(err error) map[string]string {
	if e, ok := err.(*kernel.Error); ok && e.Kind == kernel.Invalid {
		return e.Fields
	}
	return nil
}
