// SPDX-License-Identifier: EUPL-1.2

package contribution

import (
	"context"
	"strings"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/notice"
)

// Topics of news about contributions.
const (
	// ContributionTopic is one contribution, by its number: its answer, its status.
	ContributionTopic = "contribution"
	// ReceiptTopic is what its author is told who has no account and asked for mail on the page of the receipt: by number too.
	ReceiptTopic = "receipt"
	// ProcessTopic and AreaTopic are a process and an area, by their keys; SubjectTopic is a topic of the town.
	ProcessTopic = "process"
	AreaTopic    = "area"
	SubjectTopic = "theme"
)

// tellAuthor writes to the author of a contribution: to the account, or to the address the author of a receipt confirmed. What the latter is
// told says nothing of the content, as the page behind it asks for the code.
func (m *Moderation) tellAuthor(ctx context.Context, tenant, author kernel.ID, c Contribution, msg notice.Message, receipt kernel.Text) error {
	if m.Post == nil {
		return nil
	}
	if author == "" {
		// The fragment keeps two answers in the same words from being taken for one piece of news.
		return m.Post.News(ctx, tenant, ReceiptTopic, c.Number, receipt, "/vorgang#"+strings.ReplaceAll(msg.Event, " ", "-"))
	}
	if m.People == nil {
		return nil
	}
	to, ok, err := m.People.Reader(ctx, tenant, author)
	if err != nil || !ok {
		return err
	}
	msg.Tenant, msg.To = tenant, to
	return m.Post.Send(ctx, msg)
}

// receiptNews is what the author of a receipt is told.
func receiptNews(c Contribution, de, en string) kernel.Text {
	return kernel.T(c.Number+": "+de, c.Number+": "+en)
}

// tellDecision tells the author of a decision, with the rule and the way to object.
func (m *Moderation) tellDecision(ctx context.Context, tenant kernel.ID, x subject, d Decision) error {
	if d.Kind == KeepIt || d.Kind == HandOver {
		return nil
	}
	rule := ""
	if d.Rule != 0 {
		rules, err := m.ConductAt(ctx, tenant, d.Conduct)
		if err != nil {
			return err
		}
		if r, ok := rules.Rule(d.Rule); ok {
			rule = r.Title.String()
		}
	}
	msg := notice.Message{
		Kind: notice.Kind("moderation." + string(d.Kind)), Event: string(d.ID), Path: "/beitraege/" + x.c.Number + "/moderation",
		Params: map[string]any{"number": x.c.Number, "title": Unlinked(x.c.Title), "rule": rule, "n": d.Rule, "message": d.Message},
	}
	if x.comment != nil && x.comment.Author == "" {
		return nil
	}
	return m.tellAuthor(ctx, tenant, x.author(), x.c, msg, receiptNews(x.c, "Die Moderation hat entschieden. Sehen Sie mit Ihrem Vorgangscode nach.", "The moderation has decided. Look it up with your receipt code."))
}

// tellAppeal tells the author what came of the objection.
func (m *Moderation) tellAppeal(ctx context.Context, tenant kernel.ID, x subject, d Decision, a Appeal) error {
	kind := notice.Kind("moderation.upheld")
	if a.Reversed {
		kind = "moderation.reversed"
	}
	msg := notice.Message{
		Kind: kind, Event: string(d.ID), Path: "/beitraege/" + x.c.Number + "/moderation",
		Params: map[string]any{"number": x.c.Number, "title": Unlinked(x.c.Title), "message": a.Answer},
	}
	if x.comment != nil && x.comment.Author == "" {
		return nil
	}
	return m.tellAuthor(ctx, tenant, x.author(), x.c, msg, receiptNews(x.c, "Über Ihren Widerspruch ist entschieden. Sehen Sie mit Ihrem Vorgangscode nach.", "Your objection was decided. Look it up with your receipt code."))
}

// TellChange tells author and subscribers of what happened to a contribution; it is one of Service.Told.
func (m *Moderation) TellChange(ctx context.Context, tenant kernel.ID, what Change, c Contribution) error {
	if m.Post == nil {
		return nil
	}
	if what == Submitted && c.Author != "" && c.Channel == Platform {
		msg := notice.Message{
			Kind: "contribution.received", Event: string(c.ID), Path: c.Path(), Params: map[string]any{"number": c.Number, "title": Unlinked(c.Title), "shown": c.State == Published},
		}
		if err := m.tellAuthor(ctx, tenant, c.Author, c, msg, nil); err != nil {
			return err
		}
	}
	if what == Joined {
		msg := notice.Message{
			Kind: "contribution.merged", Event: string(c.ID) + " " + string(c.MergedIn), Path: c.Path(), Params: map[string]any{"number": c.Number, "title": Unlinked(c.Title)}, Public: true,
		}
		return m.tellAuthor(ctx, tenant, c.Author, c, msg, receiptNews(c, "Ihr Beitrag wurde mit einem anderen zusammengeführt. Sehen Sie mit Ihrem Vorgangscode nach.", "Your contribution was merged with another one. Look it up with your receipt code."))
	}
	// A new contribution is news once, when it is public for the first time.
	if c.State != Published || c.Channel == Import || what != Submitted && (what != Turned || c.Published != c.Changed) {
		return nil
	}
	title := kernel.T("Neuer Beitrag: "+Unlinked(c.Title), "New contribution: "+Unlinked(c.Title))
	if c.Process != "" {
		if err := m.Post.News(ctx, tenant, ProcessTopic, c.Process, title, c.Path()); err != nil {
			return err
		}
	}
	for _, area := range c.Areas {
		if err := m.Post.News(ctx, tenant, AreaTopic, area, title, c.Path()); err != nil {
			return err
		}
	}
	for _, topic := range c.Topics {
		if err := m.Post.News(ctx, tenant, SubjectTopic, topic, title, c.Path()); err != nil {
			return err
		}
	}
	return nil
}

// Backed lets somebody who supported a contribution with an account hear what becomes of it, once a day at most; it can be ended by every mail.
// Young people are not written to.
func (m *Moderation) Backed(ctx context.Context, by access.Actor, c Contribution) error {
	if by.Has(access.YoungPerson) {
		return nil
	}
	return m.follow(ctx, by, c, "support")
}

// Follow lets somebody with an account hear what becomes of a contribution.
func (m *Moderation) Follow(ctx context.Context, by access.Actor, number string) error {
	if by.Person == "" {
		return kernel.E(kernel.Unauthenticated, "access.signin")
	}
	c, err := m.Contributions.Get(ctx, by, number)
	if err != nil {
		return err
	}
	return m.follow(ctx, by, c, "follow")
}

func (m *Moderation) follow(ctx context.Context, by access.Actor, c Contribution, consent string) error {
	if m.Post == nil || m.People == nil || by.Person == "" {
		return nil
	}
	to, ok, err := m.People.Reader(ctx, by.Tenant, by.Person)
	if err != nil || !ok {
		return err
	}
	return m.Post.Follow(ctx, by.Tenant, to, notice.Wish{Topic: ContributionTopic, Ref: c.Number}, notice.Daily, consent)
}
