// SPDX-License-Identifier: EUPL-1.2

package contribution

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/notice"
	"github.com/kupferfaden/kupferfaden/internal/participation"
)

// Reply is what an office writes.
type Reply struct {
	Status Status
	Cause  Cause
	Target string
	Body   kernel.Text
	Seen   int // Answer.Edit the writer saw
}

// MostReply is how long an answer may be in each language.
const MostReply = 10_000

// mostGroup bounds how many contributions one answer is for.
const mostGroup = 500

func (r *Reply) tidy() {
	r.Target, r.Body = tidy(r.Target, false), tidyText(r.Body, true)
}

// check names what keeps a draft from being kept; complete asks for all an answer needs before it is released.
func (r Reply) check(complete, plain, youth bool) error {
	f := map[string]string{}
	if !slices.Contains(Statuses(), r.Status) {
		f["status"] = "answer.status.missing"
	}
	if r.Cause != "" && !slices.Contains(Causes(), r.Cause) {
		f["cause"] = "answer.cause.missing"
	}
	for lang, s := range r.Body {
		if length(s) > MostReply {
			f["text-"+lang] = "contribution.text.long"
		}
	}
	if length(r.Target) > 300 {
		f["target"] = "contribution.text.long"
	}
	if complete {
		if r.Status == Unanswered {
			f["status"] = "answer.status.missing"
		}
		if r.Body["de"] == "" {
			f["text-de"] = "answer.text.missing"
		}
		if (r.Status == NotAdopted || r.Status == PartlyAdopted) && r.Cause == "" {
			f["cause"] = "answer.cause.missing"
		}
		if (r.Status == Pursued || r.Status == NotResponsible) && r.Target == "" {
			f["target"] = "answer.target.missing"
		}
		if plain && r.Body[PlainKey] == "" {
			f["text-"+PlainKey] = "answer.plain.missing"
		}
		if youth && r.Body[YouthKey] == "" {
			f["text-"+YouthKey] = "answer.youth.missing"
		}
	}
	return invalid(f)
}

func (v AnswerVersion) reply() Reply {
	return Reply{Status: v.Status, Cause: v.Cause, Target: v.Target, Body: v.Body}
}

// Write begins an answer for one contribution or several, in the name of the office they were given to.
func (s *Answers) Write(ctx context.Context, by access.Actor, numbers []string, r Reply) (a Answer, err error) {
	r.tidy()
	if err := r.check(false, false, false); err != nil {
		return a, err
	}
	if len(numbers) == 0 || len(numbers) > mostGroup {
		return a, invalid(map[string]string{"numbers": "answer.group.size"})
	}
	a = Answer{ID: kernel.NewID(), State: AnswerDraft, Created: s.now(), Edit: 1}
	for i, number := range numbers {
		c, err := s.answerable(ctx, by, number)
		if err != nil {
			return a, err
		}
		if i == 0 {
			a.Process, a.Office = c.Process, c.Office
		}
		if c.Process != a.Process {
			return a, invalid(map[string]string{"numbers": "answer.group.process"})
		}
		if !slices.Contains(a.Contributions, c.ID) {
			a.Contributions = append(a.Contributions, c.ID)
		}
	}
	a.Newest = AnswerVersion{Number: 1, Status: r.Status, Cause: r.Cause, Target: r.Target, Body: r.Body, Written: a.Created, By: by.Person}
	return a, s.Tx.Tx(ctx, func(ctx context.Context) error {
		if err := s.Store.AddAnswer(ctx, by.Tenant, a, by.Person); err != nil {
			return err
		}
		return s.record(ctx, by, access.DraftAnswer, "answer.write", a)
	})
}

// answerable finds a contribution the actor may answer.
func (s *Answers) answerable(ctx context.Context, by access.Actor, number string) (Contribution, error) {
	c, err := s.Contributions.Get(ctx, by, number)
	if err != nil {
		return c, err
	}
	if err := s.may(ctx, by, access.DraftAnswer, c); err != nil {
		return c, err
	}
	if c.State != Published {
		return c, kernel.E(kernel.Conflict, "answer.notpublic")
	}
	return c, nil
}

func (s *Answers) record(ctx context.Context, by access.Actor, do access.Action, what string, a Answer) error {
	return access.Record(ctx, s.Trail, by, access.Act{
		Do: do, What: what, Object: kernel.Ref{Kind: "answer", ID: a.ID},
		Note: map[string]string{"version": strconv.Itoa(a.Newest.Number), "status": string(a.Newest.Status), "contributions": strconv.Itoa(len(a.Contributions))},
	})
}

// Get gives an answer to those who may write it.
func (s *Answers) Get(ctx context.Context, by access.Actor, id kernel.ID) (Answer, []Contribution, error) {
	return s.open(ctx, by, access.DraftAnswer, id)
}

// open finds an answer with its contributions, of which the actor must be allowed to do the action to each.
func (s *Answers) open(ctx context.Context, by access.Actor, do access.Action, id kernel.ID) (Answer, []Contribution, error) {
	a, err := s.Store.Answer(ctx, by.Tenant, id)
	if err != nil {
		return a, nil, err
	}
	var list []Contribution
	for _, id := range a.Contributions {
		c, err := s.Contributions.Store.Contribution(ctx, by.Tenant, id)
		if err != nil {
			return a, nil, err
		}
		if err := s.may(ctx, by, do, c); err != nil {
			if kernel.KindOf(err) == kernel.Denied {
				err = kernel.E(kernel.NotFound, "answer.notfound")
				if do != access.DraftAnswer {
					err = kernel.E(kernel.Denied, "access.denied")
				}
			}
			return a, nil, err
		}
		list = append(list, c)
	}
	return a, list, nil
}

// Rewrite changes the draft of an answer; of one that was released it begins a new version, and everybody reads the released one until then.
func (s *Answers) Rewrite(ctx context.Context, by access.Actor, id kernel.ID, r Reply) (Answer, error) {
	a, list, err := s.open(ctx, by, access.DraftAnswer, id)
	if err != nil {
		return a, err
	}
	r.tidy()
	if err := r.check(false, false, false); err != nil {
		return a, err
	}
	if r.Seen != 0 && r.Seen != a.Edit {
		return a, kernel.E(kernel.Conflict, "answer.changed")
	}
	returned := a.Newest.Returned
	if a.State == AnswerReleased {
		a.Newest = AnswerVersion{Number: a.Newest.Number + 1}
		returned = ""
	}
	a.State = AnswerDraft
	if len(list) > 0 { // it may have been passed on since
		a.Office = list[0].Office
	}
	a.Newest = AnswerVersion{
		Number: a.Newest.Number, Status: r.Status, Cause: r.Cause, Target: r.Target, Body: r.Body, Written: s.now(), By: by.Person, Returned: returned,
	}
	return a, s.save(ctx, by, access.DraftAnswer, "answer.write", &a, nil)
}

func (s *Answers) save(ctx context.Context, by access.Actor, do access.Action, what string, a *Answer, more func(ctx context.Context) error) error {
	err := s.Tx.Tx(ctx, func(ctx context.Context) error {
		if err := s.Store.SaveAnswer(ctx, by.Tenant, *a); err != nil {
			return err
		}
		if more != nil {
			if err := more(ctx); err != nil {
				return err
			}
		}
		return s.record(ctx, by, do, what, *a)
	})
	if err == nil {
		a.Edit++
	}
	return err
}

// Join makes an answer one for further contributions; each keeps a link of its own. To give one that everybody reads to another contribution is to
// release it for that one, and needs what a release needs. Leave takes one out again, unless it was answered by it.
func (s *Answers) Join(ctx context.Context, by access.Actor, id kernel.ID, number string) error {
	a, list, err := s.open(ctx, by, access.DraftAnswer, id)
	if err != nil {
		return err
	}
	c, err := s.answerable(ctx, by, strings.TrimSpace(number))
	if kernel.KindOf(err) == kernel.NotFound {
		return invalid(map[string]string{"number": "answer.group.unknown"})
	}
	if err != nil {
		return err
	}
	switch {
	case c.Process != a.Process:
		return invalid(map[string]string{"number": "answer.group.process"})
	case len(a.Contributions) >= mostGroup:
		return invalid(map[string]string{"number": "answer.group.size"})
	case slices.Contains(a.Contributions, c.ID):
		return nil
	}
	if a.Public != nil {
		if err := s.givable(ctx, by, a, append(list, c)); err != nil {
			return err
		}
	}
	return s.Tx.Tx(ctx, func(ctx context.Context) error {
		if err := s.Store.Link(ctx, by.Tenant, a.ID, c.ID, by.Person, s.now()); err != nil {
			return err
		}
		a.Contributions = append(a.Contributions, c.ID)
		if err := s.record(ctx, by, access.DraftAnswer, "answer.join", a); err != nil || a.Public == nil {
			return err
		}
		return s.give(ctx, by.Tenant, a, *a.Public, []Contribution{c})
	})
}

// givable tells whether the actor may give an answer that everybody reads to one more contribution, the last of the list, without a release. Where
// a second person is asked for, each contribution needs two who looked at it, so that one gets an answer of its own.
func (s *Answers) givable(ctx context.Context, by access.Actor, a Answer, list []Contribution) error {
	if err := s.may(ctx, by, access.ReleaseAnswer, list[len(list)-1]); err != nil {
		return err
	}
	h, youth, err := s.needs(ctx, by.Tenant, list)
	if err != nil {
		return err
	}
	if h.NeedsSecond(a.Public.Status) {
		return kernel.E(kernel.Conflict, "answer.join.second")
	}
	if err := a.Public.reply().check(true, h.PlainRequired, youth); err != nil {
		return invalid(map[string]string{"number": "answer.join.lacks"})
	}
	return nil
}

// Leave takes a contribution out of an answer that it was not given yet.
func (s *Answers) Leave(ctx context.Context, by access.Actor, id kernel.ID, number string) error {
	a, list, err := s.open(ctx, by, access.DraftAnswer, id)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(list, func(c Contribution) bool { return c.Number == number })
	if i < 0 || len(list) == 1 || a.Public != nil {
		return kernel.E(kernel.Conflict, "answer.group.leave")
	}
	return s.Tx.Tx(ctx, func(ctx context.Context) error {
		if err := s.Store.Unlink(ctx, by.Tenant, a.ID, list[i].ID); err != nil {
			return err
		}
		return s.record(ctx, by, access.DraftAnswer, "answer.leave", a)
	})
}

// needs tells what this answer needs before everybody reads it.
func (s *Answers) needs(ctx context.Context, tenant kernel.ID, list []Contribution) (h HouseRules, youth bool, err error) {
	h, err = s.Rules(ctx, tenant, list)
	youth = slices.ContainsFunc(list, func(c Contribution) bool { return c.Channel == Youth })
	return h, youth, err
}

// Rules gives what the town and the process of the contributions ask of an answer, the stricter of the two counting.
func (s *Answers) Rules(ctx context.Context, tenant kernel.ID, list []Contribution) (HouseRules, error) {
	h, err := s.Moderation.HouseRules(ctx, tenant)
	if err != nil || len(list) == 0 {
		return h, err
	}
	p, _, err := s.Contributions.Process(ctx, tenant, list[0].Process, "")
	if err != nil {
		if kernel.KindOf(err) == kernel.NotFound {
			err = nil
		}
		return h, err
	}
	switch {
	case p.Second == participation.SecondAlways:
		h.Second = SecondAlways
	case p.Second == participation.SecondRefusals && h.Second == SecondNever:
		h.Second = SecondRefusals
	}
	return h, nil
}

// Ask asks for the release of an answer; it must be complete by then.
func (s *Answers) Ask(ctx context.Context, by access.Actor, id kernel.ID, seen int) error {
	a, list, err := s.open(ctx, by, access.DraftAnswer, id)
	if err != nil {
		return err
	}
	h, youth, err := s.needs(ctx, by.Tenant, list)
	if err != nil {
		return err
	}
	if err := a.Newest.reply().check(true, h.PlainRequired, youth); err != nil {
		return err
	}
	if a.State != AnswerDraft || seen != 0 && seen != a.Edit {
		return kernel.E(kernel.Conflict, "answer.changed")
	}
	a.State, a.Newest.Asked, a.Newest.AskedBy, a.Newest.Returned = AnswerWaiting, s.now(), by.Person, ""
	return s.save(ctx, by, access.DraftAnswer, "answer.ask", &a, nil)
}

// Return sends an answer back to its writer, with a reason.
func (s *Answers) Return(ctx context.Context, by access.Actor, id kernel.ID, reason string) error {
	a, _, err := s.open(ctx, by, access.ReleaseAnswer, id)
	if err != nil {
		return err
	}
	if reason = tidy(reason, true); reason == "" || length(reason) > mostReason {
		return invalid(map[string]string{"reason": "contribution.reason.missing"})
	}
	if a.State != AnswerWaiting {
		return kernel.E(kernel.Conflict, "answer.changed")
	}
	a.State, a.Newest.Returned = AnswerDraft, reason
	return s.save(ctx, by, access.ReleaseAnswer, "answer.return", &a, func(ctx context.Context) error {
		return s.tellOffice(ctx, by.Tenant, a.Office, "answer.returned", string(a.ID)+" "+strconv.Itoa(a.Edit), map[string]any{"reason": reason}, "/arbeit/rueckmeldungen/antwort/"+string(a.ID))
	})
}

// NeedsSecond tells whether another person than the writer has to release an answer with the status.
func (h HouseRules) NeedsSecond(st Status) bool {
	return h.Second == SecondAlways || h.Second == SecondRefusals && st == NotAdopted
}

// Release gives an answer: everybody reads it, the contributions bear its status, and who asked to be told is told.
func (s *Answers) Release(ctx context.Context, by access.Actor, id kernel.ID, seen int) error {
	a, list, err := s.open(ctx, by, access.ReleaseAnswer, id)
	if err != nil {
		return err
	}
	h, youth, err := s.needs(ctx, by.Tenant, list)
	if err != nil {
		return err
	}
	if err := a.Newest.reply().check(true, h.PlainRequired, youth); err != nil {
		return err
	}
	if a.State == AnswerReleased || seen != 0 && seen != a.Edit {
		return kernel.E(kernel.Conflict, "answer.changed")
	}
	if h.NeedsSecond(a.Newest.Status) && (by.Person == "" || a.Newest.By == by.Person || a.Newest.AskedBy == by.Person) {
		return kernel.E(kernel.Conflict, "answer.second")
	}
	v := &a.Newest
	v.Released, v.ReleasedBy, v.PlainLater = s.now(), by.Person, v.Body[PlainKey] == ""
	a.State, a.Released, a.ReleasedAt = AnswerReleased, v.Number, v.Released
	return s.save(ctx, by, access.ReleaseAnswer, "answer.release", &a, func(ctx context.Context) error {
		return s.give(ctx, by.Tenant, a, *v, list)
	})
}

// give writes the status of an answer to contributions and tells about it.
func (s *Answers) give(ctx context.Context, tenant kernel.ID, a Answer, v AnswerVersion, list []Contribution) error {
	for _, c := range list {
		c.Status, c.Changed = v.Status, s.now()
		if err := s.Contributions.Store.Save(ctx, tenant, c); err != nil {
			return err
		}
		// Whose contribution lives on in this one is answered with it.
		merged, err := s.Contributions.Store.MergedInto(ctx, tenant, c.ID)
		if err != nil {
			return err
		}
		merged = slices.DeleteFunc(merged, func(x Contribution) bool { return x.State != Merged })
		for _, x := range append([]Contribution{c}, merged...) {
			if err := s.tellAnswer(ctx, tenant, a, v, x); err != nil {
				return err
			}
		}
	}
	if Answered(v.Status) {
		if err := s.Store.MarkAnswered(ctx, tenant, a.ID, s.now()); err != nil {
			return err
		}
	}
	return s.Contributions.touch(ctx, tenant)
}

// tellAnswer tells author, supporters, followers and those who follow the process.
func (s *Answers) tellAnswer(ctx context.Context, tenant kernel.ID, a Answer, v AnswerVersion, c Contribution) error {
	if s.Post == nil {
		return nil
	}
	office, err := s.OfficeName(ctx, tenant, a.Office)
	if err != nil {
		return err
	}
	text := v.Body["de"]
	if c.Channel == Youth && v.Body[YouthKey] != "" {
		text = v.Body[YouthKey]
	}
	msg := notice.Message{
		Kind: "answer.given", Event: string(a.ID) + " " + strconv.Itoa(v.Number) + " " + string(c.ID), Path: c.Path() + "#rueckmeldung", Public: true,
		Params: map[string]any{"number": c.Number, "title": Unlinked(c.Title), "status": string(v.Status), "office": office.String(), "text": text},
	}
	receipt := receiptNews(c, "Die Stadt hat geantwortet. Sehen Sie mit Ihrem Vorgangscode nach.", "The town has answered. Look it up with your receipt code.")
	if err := s.Moderation.tellAuthor(ctx, tenant, c.Author, c, msg, receipt); err != nil {
		return err
	}
	title := kernel.T(
		"Rückmeldung zu „"+Unlinked(c.Title)+"“: "+statusWords[v.Status][0]+" (Fassung "+strconv.Itoa(v.Number)+")",
		"Answer to “"+Unlinked(c.Title)+"”: "+statusWords[v.Status][1]+" (version "+strconv.Itoa(v.Number)+")")
	if !c.Public() { // it lives on unread: nobody but its author knows of it
		return nil
	}
	if err := s.Post.News(ctx, tenant, ContributionTopic, c.Number, title, c.Path()); err != nil {
		return err
	}
	if c.Process == "" || c.State == Merged { // the process hears of it once
		return nil
	}
	return s.Post.News(ctx, tenant, ProcessTopic, c.Process, title, c.Path())
}

// statusWords are the fixed terms of design/participation.md 8.5, German and English; pages take theirs from the catalogue.
var statusWords = map[Status][2]string{
	UnderReview: {"wird geprüft", "under review"}, Adopted: {"wird umgesetzt", "will be implemented"}, PartlyAdopted: {"teilweise umgesetzt", "partly implemented"},
	Pursued: {"wird weiterverfolgt", "will be pursued"}, NotAdopted: {"wird nicht umgesetzt", "will not be implemented"},
	NotResponsible: {"nicht zuständig – weitergeleitet", "not responsible – forwarded"}, Done: {"umgesetzt", "implemented"}, Effective: {"Wirkung sichtbar", "effect visible"},
}

// Fill puts what is known of a contribution into the placeholders of a text block: {nummer}, {titel}, {beteiligung}, {amt}, {frist}.
func Fill(text string, values map[string]string) string {
	pairs := make([]string, 0, 2*len(values))
	for k, v := range values {
		pairs = append(pairs, "{"+k+"}", v)
	}
	return strings.NewReplacer(pairs...).Replace(text)
}

// Blocks lists the text blocks that fit an office and a status; empty fits every one.
func (s *Answers) Blocks(ctx context.Context, by access.Actor, office string, st Status) ([]Block, error) {
	if !access.Anywhere(by, access.DraftAnswer) {
		return nil, access.CheckTenant(by, access.DraftAnswer)
	}
	list, err := s.Store.Blocks(ctx, by.Tenant)
	return slices.DeleteFunc(list, func(b Block) bool {
		return office != "" && b.Office != "" && b.Office != office || st != Unanswered && b.Status != Unanswered && b.Status != st
	}), err
}

// SaveBlock adds a text block, or changes the one with its id.
func (s *Answers) SaveBlock(ctx context.Context, by access.Actor, b Block) error {
	if err := access.CheckTenant(by, access.DraftAnswer); err != nil {
		return err
	}
	b.Title, b.Body = tidy(b.Title, false), tidyText(b.Body, true)
	f := map[string]string{}
	if b.Title == "" || length(b.Title) > 100 {
		f["title"] = "answer.block.title"
	}
	if b.Body["de"] == "" || length(b.Body["de"]) > MostReply || length(b.Body[PlainKey]) > MostReply {
		f["text-de"] = "answer.text.missing"
	}
	if !slices.Contains(Statuses(), b.Status) {
		f["status"] = "answer.status.missing"
	}
	if err := invalid(f); err != nil {
		return err
	}
	if b.ID == "" {
		b.ID = kernel.NewID()
	}
	return s.Tx.Tx(ctx, func(ctx context.Context) error {
		if err := s.Store.SaveBlock(ctx, by.Tenant, b); err != nil {
			return err
		}
		return access.Record(ctx, s.Trail, by, access.Act{Do: access.DraftAnswer, What: "answer.block", Object: kernel.Ref{Kind: "answer_block", ID: b.ID}})
	})
}

// DeleteBlock removes a text block.
func (s *Answers) DeleteBlock(ctx context.Context, by access.Actor, id kernel.ID) error {
	if err := access.CheckTenant(by, access.DraftAnswer); err != nil {
		return err
	}
	return s.Tx.Tx(ctx, func(ctx context.Context) error {
		if err := s.Store.DeleteBlock(ctx, by.Tenant, id); err != nil {
			return err
		}
		return access.Record(ctx, s.Trail, by, access.Act{Do: access.DraftAnswer, What: "answer.block.delete", Object: kernel.Ref{Kind: "answer_block", ID: id}})
	})
}
