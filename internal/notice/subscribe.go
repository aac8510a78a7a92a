// SPDX-License-Identifier: EUPL-1.2

package notice

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// Topic is something people can ask to be told of without an account. The catalogue's topic.<key> names it, topic.<key>.hint says what will come.
type Topic struct {
	Key  string
	Kind Kind // of mails that Tell writes; what is noted by News comes as a digest
	// Param is the parameter of the form's address that names one object of the topic, "bereich"; empty: only the whole topic can be asked for.
	Param string
	// Only: the topic cannot be asked for as a whole.
	Only bool
	// Hidden: the form of subscriptions does not take it; whoever orders it has proved elsewhere that it is theirs, by a receipt code.
	Hidden bool
	// Name gives the name of an object, or ok = false where there is none; nil: the topic has no objects.
	Name func(ctx context.Context, tenant kernel.ID, ref string) (name kernel.Text, ok bool, err error)
	// Choices lists objects the form offers; nil: those that pages link to with Param.
	Choices func(ctx context.Context, tenant kernel.ID) ([]Choice, error)
}

// Choice is an object of a topic to choose from.
type Choice struct {
	Ref  string
	Name kernel.Text
}

// Address is a subscriber's address.
type Address struct {
	ID          kernel.ID
	Email       string
	Lang        string
	CreatedAt   kernel.Instant
	ConfirmedAt kernel.Instant // zero: nobody has followed the link yet, and nothing is sent
	Consent     string         // version of the text agreed to
}

// Wish is what somebody asks for: a topic, or one object of it.
type Wish struct {
	Topic string
	Ref   string // key of an area, a process; empty: the whole topic
}

// Subscription is a wish of an address.
type Subscription struct {
	ID      kernel.ID
	Address kernel.ID
	Request kernel.ID // whose link confirms it
	Wish
	Frequency   Frequency
	CreatedAt   kernel.Instant
	ConfirmedAt kernel.Instant
}

// Order is what the form of a subscription sends.
type Order struct {
	Tenant kernel.ID
	Email  string
	Lang   string
	Wishes []Wish
	// Frequency is how often mail may come; empty: at once.
	Frequency Frequency
	Consent   string // version of the text shown; empty: not agreed
	// With is the mail the link to confirm goes with: its kind, the parameters of its sentences and those of them nobody else may see; nil: a mail
	// with nothing but the link. MostADay is how many of its kind go to one address in a day.
	With *Enclosure
}

// Enclosure is a mail that carries the link to confirm an order beside what it says itself.
type Enclosure struct {
	Kind     Kind
	Params   map[string]any
	Hide     []string
	MostADay int
}

const (
	// ConfirmWithin is how long the link in the mail can be followed.
	ConfirmWithin = 7 * 24 * time.Hour
	// ConfirmKind is the mail with that link.
	ConfirmKind Kind = "subscription.confirm"
	// asksADay bounds how often a stranger can have this mail sent to somebody else.
	asksADay = 3
)

// Subscribe notes wishes and sends the mail with the link that confirms them (double opt-in). Whoever asks learns nothing about the address:
// the answer is the same whether it is known, suppressed or has been asked too often today. Invalid names the fields at fault.
func (s *Service) Subscribe(ctx context.Context, o Order) error {
	f := map[string]string{}
	email, err := s.Check(o.Email)
	if err != nil {
		f["email"] = "mail.address"
	}
	names := make([]string, 0, len(o.Wishes))
	for _, w := range o.Wishes {
		name, ok, err := s.WishName(ctx, o.Tenant, o.Lang, w)
		if err != nil {
			return err
		}
		if !ok {
			f["topics"] = "abo.topics.missing"
		}
		names = append(names, "– "+name)
	}
	if len(o.Wishes) == 0 {
		f["topics"] = "abo.topics.missing"
	}
	if o.Frequency == "" {
		o.Frequency = AtOnce
	}
	if !slices.Contains(Frequencies(), o.Frequency) {
		f["haeufigkeit"] = "abo.frequency.missing"
	}
	if o.Consent == "" {
		f["consent"] = "abo.consent.missing"
	}
	if len(f) > 0 {
		return &kernel.Error{Kind: kernel.Invalid, Key: "abo.invalid", Fields: f}
	}
	with := Enclosure{Kind: ConfirmKind, Params: map[string]any{"topics": strings.Join(slices.Compact(names), "\n")}, MostADay: asksADay}
	if o.With != nil {
		with = *o.With
	}
	return s.Tx.Tx(ctx, func(ctx context.Context) error {
		now := s.now()
		n, err := s.Store.SentSince(ctx, o.Tenant, Fold(email), with.Kind, kernel.InstantOf(now.Add(-24*time.Hour)))
		if err != nil || n >= with.MostADay {
			return err
		}
		id, err := s.Store.Put(ctx, o.Tenant, Address{ID: kernel.NewID(), Email: email, Lang: o.Lang, CreatedAt: now, Consent: o.Consent})
		if err != nil {
			return err
		}
		request := kernel.NewID()
		for _, w := range o.Wishes {
			x := Subscription{ID: kernel.NewID(), Address: id, Request: request, Wish: w, Frequency: o.Frequency, CreatedAt: now}
			if err := s.Store.Wish(ctx, o.Tenant, x); err != nil {
				return err
			}
		}
		return s.Send(ctx, Message{
			Tenant: o.Tenant, To: Recipient{Email: email, Lang: o.Lang}, Kind: with.Kind, Event: string(request), Confirm: true,
			Params: with.Params, Hide: with.Hide, Path: s.confirmPath(o.Tenant, id, request, now.Add(ConfirmWithin)),
		})
	})
}

// WishName names what somebody asks for; ok is false where there is no such thing.
func (s *Service) WishName(ctx context.Context, tenant kernel.ID, lang string, w Wish) (name string, ok bool, err error) {
	i := slices.IndexFunc(s.Topics, func(t Topic) bool { return t.Key == w.Topic })
	if i < 0 || len(w.Ref) > 200 {
		return w.Topic, false, nil
	}
	t := s.Topics[i]
	name, _ = s.Writer.Sentence(lang, "topic."+w.Topic, nil)
	if w.Ref == "" {
		return name, !t.Only, nil
	}
	if t.Name == nil {
		return name, false, nil
	}
	object, ok, err := t.Name(ctx, tenant, w.Ref)
	if err != nil || !ok {
		return name + ": " + w.Ref, false, err
	}
	base, _, _ := strings.Cut(lang, "+")
	said, _ := object.In(base)
	return name + ": " + line(said), true, nil
}

// Follow notes a wish of somebody whose address is known to be theirs: an account that follows what it supported. What is there already stays
// as it is, so that whoever chose another frequency keeps it.
func (s *Service) Follow(ctx context.Context, tenant kernel.ID, to Recipient, w Wish, f Frequency, consent string) error {
	email, err := s.Check(to.Email)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(s.Topics, func(t Topic) bool { return t.Key == w.Topic }) {
		return fmt.Errorf("notice: nobody registered the topic %q", w.Topic)
	}
	return s.Tx.Tx(ctx, func(ctx context.Context) error {
		now := s.now()
		id, err := s.Store.Put(ctx, tenant, Address{ID: kernel.NewID(), Email: email, Lang: to.Lang, CreatedAt: now, Consent: consent})
		if err != nil {
			return err
		}
		request := kernel.NewID()
		x := Subscription{ID: kernel.NewID(), Address: id, Request: request, Wish: w, Frequency: f, CreatedAt: now}
		if err := s.Store.Wish(ctx, tenant, x); err != nil {
			return err
		}
		_, err = s.Store.Confirm(ctx, tenant, id, request, now)
		return err
	})
}

// confirmPath is the page the link in the mail opens.
func (s *Service) confirmPath(tenant, address, request kernel.ID, until time.Time) string {
	part := strings.Join([]string{string(address), string(request), strconv.FormatInt(until.Unix(), 36)}, ".")
	return "/abo/bestaetigen/" + part + "." + s.Secret.Mark("abo.confirm", string(tenant)+"/"+part)
}

// request reads the token of that link; NotFound "abo.link" when it is none of ours or too old.
func (s *Service) request(tenant kernel.ID, token string) (address, request kernel.ID, err error) {
	none := kernel.E(kernel.NotFound, "abo.link")
	i := strings.LastIndexByte(token, '.')
	if i < 0 || !s.Secret.Marked("abo.confirm", string(tenant)+"/"+token[:i], token[i+1:]) {
		return "", "", none
	}
	parts := strings.Split(token[:i], ".")
	if len(parts) != 3 {
		return "", "", none
	}
	until, err := strconv.ParseInt(parts[2], 36, 64)
	if err != nil || s.now().After(time.Unix(until, 0)) {
		return "", "", none
	}
	return kernel.ID(parts[0]), kernel.ID(parts[1]), nil
}

// Asked tells what the link of a mail would confirm, and changes nothing: programs that look into mail open links too.
func (s *Service) Asked(ctx context.Context, tenant kernel.ID, token string) (Address, []Subscription, error) {
	id, request, err := s.request(tenant, token)
	if err != nil {
		return Address{}, nil, err
	}
	a, err := s.Store.Address(ctx, tenant, id)
	if err != nil {
		return a, nil, err
	}
	list, err := s.Store.Subscriptions(ctx, tenant, id)
	list = slices.DeleteFunc(list, func(x Subscription) bool { return x.Request != request })
	if err == nil && len(list) == 0 {
		err = kernel.E(kernel.NotFound, "abo.link")
	}
	return a, list, err
}

// Confirm confirms address and wishes. From then on mail is sent, also to an address that had refused mail before: somebody reads it. It gives
// the path of the page where the wishes can be changed.
func (s *Service) Confirm(ctx context.Context, tenant kernel.ID, token string) (manage string, err error) {
	a, _, err := s.Asked(ctx, tenant, token)
	if err != nil {
		return "", err
	}
	_, request, err := s.request(tenant, token)
	if err != nil {
		return "", err
	}
	return s.ManagePath(tenant, a.ID), s.Tx.Tx(ctx, func(ctx context.Context) error {
		if _, err := s.Store.Confirm(ctx, tenant, a.ID, request, s.now()); err != nil {
			return err
		}
		return s.Store.Lift(ctx, tenant, Fold(a.Email))
	})
}

// ManagePath is the page where a subscriber changes or ends what he or she asked for. It holds as long as the address is kept.
func (s *Service) ManagePath(tenant, address kernel.ID) string {
	return "/abo/" + string(address) + "." + s.Secret.Mark("abo.manage", string(tenant)+"/"+string(address))
}

// Subscriber reads the token of that page and gives what is subscribed; NotFound "abo.link" when it is none of ours or the address was forgotten.
func (s *Service) Subscriber(ctx context.Context, tenant kernel.ID, token string) (Address, []Subscription, error) {
	id, mark, ok := strings.Cut(token, ".")
	if !ok || !s.Secret.Marked("abo.manage", string(tenant)+"/"+id, mark) {
		return Address{}, nil, kernel.E(kernel.NotFound, "abo.link")
	}
	a, err := s.Store.Address(ctx, tenant, kernel.ID(id))
	if err != nil {
		return a, nil, err
	}
	list, err := s.Store.Subscriptions(ctx, tenant, a.ID)
	list = slices.DeleteFunc(list, func(x Subscription) bool { return x.ConfirmedAt.IsZero() })
	return a, list, err
}

// Keep ends every subscription of the token's address that is not among those to keep. With the last one the address is forgotten.
func (s *Service) Keep(ctx context.Context, tenant kernel.ID, token string, keep []Wish) error {
	return s.end(ctx, tenant, token, func(w Wish) bool { return !slices.Contains(keep, w) })
}

// AllTopics stands for every topic in the address that ends them.
const AllTopics = "alle"

// End ends a topic for the token's address, every one where topic is empty or AllTopics. Ending what has ended already is no error (RFC 8058: a mail program
// asks once, a person twice).
func (s *Service) End(ctx context.Context, tenant kernel.ID, token, topic string) error {
	return s.end(ctx, tenant, token, func(w Wish) bool { return topic == "" || topic == AllTopics || w.Topic == topic })
}

func (s *Service) end(ctx context.Context, tenant kernel.ID, token string, over func(Wish) bool) error {
	return s.Tx.Tx(ctx, func(ctx context.Context) error {
		a, list, err := s.Subscriber(ctx, tenant, token)
		if err != nil {
			return err
		}
		left := 0
		for _, x := range list {
			if !over(x.Wish) {
				left++
				continue
			}
			if err := s.Store.End(ctx, tenant, a.ID, x.Wish); err != nil {
				return err
			}
		}
		if left == 0 {
			return s.Store.Forget(ctx, tenant, a.ID)
		}
		return nil
	})
}

// News is something subscribers of a topic are told.
type News struct {
	Tenant kernel.ID
	Wish
	Event  string
	Params func(lang string) map[string]any
	Path   string // page open to everybody
	// Title is what digests list for those who want to hear once a day or week; empty: they are not told.
	Title kernel.Text
}

// Tell writes a mail to every subscriber who wants to know at once, some at a time. Broken off and run again it goes on where it stopped, as nobody gets an event twice.
func (s *Service) Tell(ctx context.Context, n News, done func(sent int64)) error {
	i := slices.IndexFunc(s.Topics, func(t Topic) bool { return t.Key == n.Topic })
	if i < 0 {
		return fmt.Errorf("notice: nobody registered the topic %q", n.Topic)
	}
	if len(n.Title) > 0 {
		item := Item{ID: kernel.NewID(), Wish: n.Wish, Event: n.Event, Title: n.Title, Path: n.Path, At: s.now()}
		if _, err := s.Store.Note(ctx, n.Tenant, item, true); err != nil {
			return err
		}
	}
	var sent int64
	for after := kernel.ID(""); ; {
		list, err := s.Store.Subscribers(ctx, n.Tenant, n.Wish, after, 100)
		if err != nil || len(list) == 0 {
			return err
		}
		err = s.Tx.Tx(ctx, func(ctx context.Context) error {
			for _, a := range list {
				m := Message{
					Tenant: n.Tenant, To: Recipient{Address: a.ID, Email: a.Email, Lang: a.Lang}, Kind: s.Topics[i].Kind, Event: n.Event, Path: n.Path, Public: true,
					Topic: n.Topic, Params: n.Params(a.Lang),
				}
				if err := s.Send(ctx, m); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		after = list[len(list)-1].ID
		if sent += int64(len(list)); done != nil {
			done(sent)
		}
	}
}
