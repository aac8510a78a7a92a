// SPDX-License-Identifier: EUPL-1.2

// Package notice is the town's mail: what was sent to whom and whether it arrived, who asked to be told of something, and which addresses
// refuse mail.
//
// Invariants: a mail is written down in the transaction of the act it tells of, so that neither exists without the other; of one event a
// recipient gets one mail on one channel, however often it is asked for; a code or link that stands for a right is sealed, shown to nobody and
// forgotten once the mail was sent; nothing is sent to an address that refused mail, nor to one nobody has confirmed.
//
// Handing a mail to a mail server cannot be made to happen exactly once: when the program is killed after the server's "250" and before its own
// commit, it hands the mail over again. Both copies bear the same Message-ID, made from the idempotency key, by which mailboxes drop the second.
package notice

import (
	"context"
	"crypto/sha256"
	"encoding/base32"
	"strings"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// Kind is a sort of mail, "account.invite". Its sentences are the catalogue's mail.<kind>.subject, mail.<kind>.text (paragraphs separated by
// blank lines) and, where it leads to a page, mail.<kind>.button.
type Kind string

// Channel is a way to the recipient.
type Channel string

const (
	// Now is a mail of its own, as soon as it can be sent.
	Now Channel = "now"
	// Digest is one mail for all the news of some time.
	Digest Channel = "digest"
)

// State is where a mail stands.
type State string

// The states of a mail.
const (
	Waiting    State = "waiting"    // to be sent, perhaps after the mail server asked for patience
	Sent       State = "sent"       // the mail server took it
	Captured   State = "captured"   // kept back: the installation is in test mode
	Failed     State = "failed"     // given up: refused for another reason than the address, or too many attempts
	Bounced    State = "bounced"    // refused because of the address, at delivery or later by a bounce mail
	Suppressed State = "suppressed" // not sent: the address had refused mail before
)

// States lists them as the page offers them.
func States() []State { return []State{Waiting, Sent, Captured, Failed, Bounced, Suppressed} }

// Recipient is who a mail is for.
type Recipient struct {
	Account kernel.ID // of a person with an account
	Address kernel.ID // of a subscriber without one
	Email   string
	Lang    string // "de", "en", "de+leicht"; empty: German
}

// Key names the recipient in the idempotency key: the person where known, so that a changed address is no second recipient.
func (r Recipient) Key() string {
	switch {
	case r.Account != "":
		return "account:" + string(r.Account)
	case r.Address != "":
		return "address:" + string(r.Address)
	}
	return "mail:" + Fold(r.Email)
}

// Message is what a capability wants said.
type Message struct {
	Tenant kernel.ID
	To     Recipient
	Kind   Kind
	Event  string         // what happened, "invite 0199…"; the same event reaches a recipient once
	Params map[string]any // of the sentences
	Hide   []string       // parameters nobody but the recipient may see: codes
	Path   string         // page it leads to, within the town; what follows its first segment is shown to nobody but the recipient
	Public bool           // the page is open to everybody: its address need not be hidden
	// Confirm is mail that a person asked for just now to prove that an address is theirs: it is sent to addresses that refused mail before too.
	Confirm bool
	// Topic is what a subscriber asked for; the mail then says how to end it.
	Topic string
	Files []File
}

// File is what a mail has with it: a date for the recipient's calendar. It is sealed with the letter and forgotten with it.
type File struct {
	Name    string `json:"name"`
	Type    string `json:"type"` // "text/calendar; charset=utf-8; method=PUBLISH"
	Content string `json:"content,omitempty"`
}

// Letter is a mail in words. It is kept twice: sealed in full until it is sent, and masked for the page that shows what was sent.
type Letter struct {
	Subject string   `json:"subject"`
	Text    []string `json:"text"` // paragraphs
	Button  string   `json:"button,omitempty"`
	// Path is the page the button opens, within the town; Manage leads a subscriber to what he or she asked for, End ends it (RFC 8058).
	Path   string `json:"path,omitempty"`
	Manage string `json:"manage,omitempty"`
	End    string `json:"end,omitempty"`
	// Groups is what a digest lists.
	Groups []Group `json:"groups,omitempty"`
	// Files are enclosed; of the letter as it may be shown only their names are kept.
	Files []File `json:"files,omitempty"`
}

// Group is the part of a digest that belongs to one topic.
type Group struct {
	Title   string  `json:"title"`
	Entries []Entry `json:"entries"`
}

// Entry is one piece of news with its page, which is open to everybody.
type Entry struct {
	Text string `json:"text"`
	Path string `json:"path"`
}

// Mail is a row of the outbox.
type Mail struct {
	Tenant    kernel.ID
	ID        kernel.ID
	To        Recipient
	Kind      Kind
	Event     string
	Channel   Channel
	State     State
	Letter    Letter // masked
	Sealed    string // empty once sent
	MessageID string // left of the "@"
	Attempts  int
	NextAt    kernel.Instant
	Code      int // the mail server's last answer, 0 without one
	Error     string
	CreatedAt kernel.Instant
	EndedAt   kernel.Instant
}

// Resendable tells whether the mail can be handed over again: it did not reach its recipient, and its text is still there.
func (m Mail) Resendable() bool {
	return m.Sealed != "" && (m.State == Failed || m.State == Bounced || m.State == Captured || m.State == Suppressed)
}

// Fold gives the form in which addresses are compared: servers that tell upper from lower case are long gone (RFC 5321 2.4 allows them).
func Fold(email string) string { return strings.ToLower(strings.TrimSpace(email)) }

// messageID names a mail to mail servers and mailboxes: the same event for the same recipient has the same one, and nobody can tell either
// from it.
func (s *Service) messageID(tenant kernel.ID, recipient, event string, c Channel) string {
	mark := s.Secret.Mark("mail.id", strings.Join([]string{string(tenant), recipient, event, string(c)}, "\x00"))
	sum := sha256.Sum256([]byte(mark))
	return strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(sum[:20]))
}

// MaskEmail shows which mail server is meant, and not who.
func MaskEmail(email string) string {
	i := strings.LastIndexByte(email, '@')
	if i < 1 {
		return "…"
	}
	return email[:1] + "…" + email[i:]
}

// Store keeps the outbox. noticedb implements it.
type Store interface {
	// Add writes a mail; false when there is one of the same recipient, event and channel.
	Add(ctx context.Context, m Mail) (bool, error)
	// Claim takes up to n waiting mails that are due, counts an attempt and keeps others away until then.
	Claim(ctx context.Context, tenant kernel.ID, now, until kernel.Instant, n int) ([]Mail, error)
	// Conclude writes down what became of an attempt, and forgets the sealed letter of a mail that was sent. A mail that another attempt has
	// taken over meanwhile stays as it is.
	Conclude(ctx context.Context, m Mail) error
	// NextDue is when the next waiting mail may be tried; zero without one.
	NextDue(ctx context.Context, tenant kernel.ID) (kernel.Instant, error)
	// Mail finds one; NotFound "outbox.notfound".
	Mail(ctx context.Context, tenant, id kernel.ID) (Mail, error)
	// ByMessageID finds the mail a bounce speaks of.
	ByMessageID(ctx context.Context, tenant kernel.ID, messageID string) (Mail, error)
	// List gives mails, the youngest first.
	List(ctx context.Context, tenant kernel.ID, f Filter) ([]Mail, error)
	// Counts gives the number of mails in each state.
	Counts(ctx context.Context, tenant kernel.ID) (map[State]int, error)
	// Kinds lists the kinds there are mails of.
	Kinds(ctx context.Context, tenant kernel.ID) ([]Kind, error)
	// Suppress keeps an address from being written to; Lift ends that.
	Suppress(ctx context.Context, tenant kernel.ID, s Refusal) error
	Lift(ctx context.Context, tenant kernel.ID, emailKey string) error
	// Suppressed tells whether an address is.
	Suppressed(ctx context.Context, tenant kernel.ID, emailKey string) (bool, error)
	// Refusals lists the addresses that are, the latest first.
	Refusals(ctx context.Context, tenant kernel.ID) ([]Refusal, error)
	// SentSince counts the mails of a kind to an address since a moment.
	SentSince(ctx context.Context, tenant kernel.ID, emailKey string, kind Kind, since kernel.Instant) (int, error)
	// Trouble gives the oldest waiting mail that a mail server or the way there has held up; NotFound without one.
	Trouble(ctx context.Context, tenant kernel.ID) (Mail, error)

	// Put keeps an address, or the language and consent of one that is there, and gives its id.
	Put(ctx context.Context, tenant kernel.ID, a Address) (kernel.ID, error)
	// Address finds one; NotFound "abo.notfound".
	Address(ctx context.Context, tenant, id kernel.ID) (Address, error)
	// Wish notes what an address asked for in a request that is not confirmed yet; what is confirmed already stays so.
	Wish(ctx context.Context, tenant kernel.ID, s Subscription) error
	// Confirm confirms an address and the wishes of a request, and tells how many there were.
	Confirm(ctx context.Context, tenant, address, request kernel.ID, at kernel.Instant) (int, error)
	// Subscriptions lists what an address asked for.
	Subscriptions(ctx context.Context, tenant, address kernel.ID) ([]Subscription, error)
	// End removes one.
	End(ctx context.Context, tenant, address kernel.ID, w Wish) error
	// Forget removes an address and all it asked for.
	Forget(ctx context.Context, tenant, address kernel.ID) error
	// Subscribers lists confirmed addresses that asked for a topic and want to hear at once, by id, after the given one.
	Subscribers(ctx context.Context, tenant kernel.ID, w Wish, after kernel.ID, n int) ([]Address, error)

	// Note writes news down; false when the same was noted before. told: those who want to hear at once were told in another way.
	Note(ctx context.Context, tenant kernel.ID, x Item, told bool) (bool, error)
	// Begin starts a digest, unless one of that name was started, and gives it the news no digest of the frequency has taken up. It gives every
	// digest of the frequency that is not ended, the oldest first.
	Begin(ctx context.Context, tenant kernel.ID, f Frequency, run string, at kernel.Instant) ([]Run, error)
	// Items lists the news of a digest.
	Items(ctx context.Context, tenant kernel.ID, f Frequency, run string) ([]Item, error)
	// Readers lists whose wishes of the frequency concern the wishes given, by address, after the given one, without addresses that refused mail.
	Readers(ctx context.Context, tenant kernel.ID, f Frequency, w []Wish, after kernel.ID, n int) ([]Reader, error)
	// Advance writes mails of a digest and how far it came; Conflict "digest.moved" when another process has advanced it meanwhile.
	Advance(ctx context.Context, tenant kernel.ID, was Run, mails []Mail, after kernel.ID, ended kernel.Instant) (Run, error)
	// ExpireNews forgets news from before a moment that every digest has taken up, and digests that ended before.
	ExpireNews(ctx context.Context, tenant kernel.ID, before kernel.Instant) (int64, error)

	// ExpireWishes removes wishes from before a moment that nobody confirmed, and addresses without a wish.
	ExpireWishes(ctx context.Context, tenant kernel.ID, before kernel.Instant) (int64, error)
}

// Filter selects mails for the page.
type Filter struct {
	State    State
	Kind     Kind
	From, To kernel.Instant // of writing; To is not included
	Before   kernel.ID      // continue after this one
	Limit    int
}

// Refusal is an address that refuses mail.
type Refusal struct {
	Email  string
	Reason string // the mail server's words
	Since  kernel.Instant
	Token  string // names it in a form without the address
}

// Town is what a mail says of its sender.
type Town struct {
	Name    kernel.Text
	Colour  string // of the heading, "#7a4b1f"; empty: the program's own
	ReplyTo string // the town's contact address; empty: none
}

// Writer knows the town and the sentences; app supplies it.
type Writer interface {
	Town(ctx context.Context, tenant kernel.ID) (Town, error)
	// Link makes the absolute address of a path within the town.
	Link(ctx context.Context, tenant kernel.ID, lang, path string) (string, error)
	// Sentence gives a sentence of the catalogue in a language and register ("de", "de+leicht"); false when the catalogue lacks the key.
	Sentence(lang, key string, params map[string]any) (string, bool)
}

// Sealer is the installation's key.
type Sealer interface {
	Seal(purpose, place string, plain []byte) string
	Unseal(purpose, place, sealed string) ([]byte, error)
	Mark(purpose, message string) string
	Marked(purpose, message, mark string) bool
}

// Tx runs f in a transaction, joining the one of ctx.
type Tx interface {
	Tx(ctx context.Context, f func(ctx context.Context) error) error
}

// Envelope is a mail ready for the transport.
type Envelope struct {
	MessageID string
	FromName  string
	ReplyTo   string
	To        string
	Subject   string
	Lang      string
	Text      string
	HTML      string
	// Unsubscribe is the address for List-Unsubscribe and its one click; empty for mail that is part of what the person does with the town.
	Unsubscribe string
	Date        time.Time
	Files       []File
}

// Transport hands mails over.
type Transport interface {
	// Open reaches the mail server and signs in; an error says in words what is wrong.
	Open(ctx context.Context) (Session, error)
	// Host is the domain of the sender's address, for Message-IDs.
	Host() string
}

// Session is a connection that takes one mail after the other.
type Session interface {
	// Alive tells whether the server still listens; many close a connection after some mails.
	Alive() bool
	// Send hands a mail over: nil when the server took it, a *Refused with its answer, any other error when the connection broke.
	Send(ctx context.Context, e Envelope) error
	Close() error
}

// Refused is a mail server's answer other than yes.
type Refused struct {
	Code    int // 450, 550
	Text    string
	Forever bool // 5xx: trying again is of no use
	Address bool // it concerns the recipient's address, not the mail or the sender
}

// Error is the server's answer, for the page and the log.
func (r *Refused) Error() string { return r.Text }
