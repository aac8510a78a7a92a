// SPDX-License-Identifier: EUPL-1.2

package notice

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// Frequency is how often a subscriber wants to hear.
type Frequency string

// The frequencies.
const (
	AtOnce Frequency = "now"    // sofort
	Daily  Frequency = "daily"  // täglich
	Weekly Frequency = "weekly" // wöchentlich
)

// Frequencies lists them as forms offer them.
func Frequencies() []Frequency { return []Frequency{AtOnce, Daily, Weekly} }

// Item is news as it was noted.
type Item struct {
	ID kernel.ID
	Wish
	Event string
	Title kernel.Text
	Path  string
	At    kernel.Instant
}

// Run is a digest on its way through the subscribers.
type Run struct {
	Frequency Frequency
	Name      string    // "2026-11-21", "2026-W47"
	After     kernel.ID // the last address that is done
	Mails     int64
	EndedAt   kernel.Instant
}

// Reader is a subscriber with one wish that some news concern; a subscriber with several comes several times in a row.
type Reader struct {
	Address Address
	Wish
	Since kernel.Instant // when the wish was confirmed: older news are not for it
}

// readersAt is how many wishes a digest looks at between two commits.
const readersAt = 1000

// News notes what subscribers of a topic are told: once, however often it is called. Those who want to hear at once get a mail soon, the others
// find it in their next digest. It is called in the transaction of what happened. The page must be open to everybody.
func (s *Service) News(ctx context.Context, tenant kernel.ID, topic, ref string, title kernel.Text, path string) error {
	if !slices.ContainsFunc(s.Topics, func(t Topic) bool { return t.Key == topic }) {
		return fmt.Errorf("notice: nobody registered the topic %q", topic)
	}
	told, err := json.Marshal(title)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(append([]byte(path+"\x00"), told...))
	x := Item{ID: kernel.NewID(), Wish: Wish{Topic: topic, Ref: ref}, Event: hex.EncodeToString(sum[:12]), Title: title, Path: path, At: s.now()}
	return s.Tx.Tx(ctx, func(ctx context.Context) error {
		added, err := s.Store.Note(ctx, tenant, x, false)
		if err != nil || !added || s.Soon == nil {
			return err
		}
		return s.Soon(ctx, tenant)
	})
}

// RunName names the digest of a frequency that is due at a moment of the town's clock.
func RunName(f Frequency, at time.Time) string {
	switch f {
	case Daily:
		return at.Format(time.DateOnly)
	case Weekly:
		y, w := at.ISOWeek()
		return fmt.Sprintf("%d-W%02d", y, w)
	}
	return at.UTC().Format("2006-01-02T15:04:05.000000")
}

// Digest writes the mails of a digest: one for every subscriber of the frequency whom news concern, in one pass over the wishes. How far it came
// is written down with the mails, so that a run that was killed goes on where it stopped, and nobody gets one digest twice. Runs that stopped
// before are ended first. done is told of the mails written.
func (s *Service) Digest(ctx context.Context, tenant kernel.ID, f Frequency, run string, done func(mails int64)) error {
	open, err := s.Store.Begin(ctx, tenant, f, run, s.now())
	if err != nil {
		return err
	}
	for _, r := range open {
		if err := s.digest(ctx, tenant, r, done); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) digest(ctx context.Context, tenant kernel.ID, r Run, done func(int64)) error {
	items, err := s.Store.Items(ctx, tenant, r.Frequency, r.Name)
	if err != nil {
		return err
	}
	town, err := s.Writer.Town(ctx, tenant)
	if err != nil {
		return err
	}
	d := digester{s: s, tenant: tenant, run: r, town: town, items: items, words: map[string]string{}}
	wishes := d.wishes()
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		var readers []Reader
		if len(wishes) > 0 {
			if readers, err = s.Store.Readers(ctx, tenant, r.Frequency, wishes, r.After, readersAt); err != nil {
				return err
			}
		}
		more := len(readers) == readersAt
		if more { // the last one's wishes may go on
			last := readers[len(readers)-1].Address.ID
			for len(readers) > 0 && readers[len(readers)-1].Address.ID == last {
				readers = readers[:len(readers)-1]
			}
			if len(readers) == 0 {
				return fmt.Errorf("notice: an address has more than %d wishes", readersAt)
			}
		}
		mails, err := d.mails(readers)
		if err != nil {
			return err
		}
		after, ended := r.After, kernel.Instant{}
		if len(readers) > 0 {
			after = readers[len(readers)-1].Address.ID
		}
		if !more {
			ended = s.now()
		}
		err = s.Tx.Tx(ctx, func(ctx context.Context) error {
			if r, err = s.Store.Advance(ctx, tenant, r, mails, after, ended); err != nil || len(mails) == 0 {
				return err
			}
			return s.Later(ctx, tenant, time.Time{})
		})
		if err != nil {
			return err
		}
		if done != nil {
			done(r.Mails)
		}
		if !more {
			return nil
		}
	}
}

// digester writes the letters of one run; what is the same for many is put into words once.
type digester struct {
	s      *Service
	tenant kernel.ID
	run    Run
	town   Town
	items  []Item
	words  map[string]string
}

// wishes lists what the news are about.
func (d *digester) wishes() []Wish {
	seen := map[Wish]bool{}
	for _, x := range d.items {
		seen[x.Wish] = true
	}
	return slices.SortedFunc(maps.Keys(seen), func(a, b Wish) int { return strings.Compare(a.Topic+" "+a.Ref, b.Topic+" "+b.Ref) })
}

// mails writes a mail for each address among the readers whom any of the news concern.
func (d *digester) mails(readers []Reader) ([]Mail, error) {
	var out []Mail
	for len(readers) > 0 {
		n := 1
		for n < len(readers) && readers[n].Address.ID == readers[0].Address.ID {
			n++
		}
		m, ok, err := d.mail(readers[:n])
		if err != nil {
			return nil, err
		}
		if ok {
			out = append(out, m)
		}
		readers = readers[n:]
	}
	return out, nil
}

// mail writes the mail for the wishes of one address.
func (d *digester) mail(wishes []Reader) (m Mail, ok bool, err error) {
	to := wishes[0].Address
	var groups []Group
	said := map[string]bool{} // one page is listed once, whatever wishes led to it
	n, one := 0, ""
	topics := map[string]bool{}
	for _, x := range d.items {
		if said[x.Path+x.Event] || !slices.ContainsFunc(wishes, func(w Reader) bool {
			return w.Topic == x.Topic && (w.Ref == "" || w.Ref == x.Ref) && !w.Since.After(x.At.Time)
		}) {
			continue
		}
		said[x.Path+x.Event] = true
		topics[x.Topic] = true
		base, _, _ := strings.Cut(to.Lang, "+")
		text := x.Title[to.Lang]
		if text == "" {
			text, _ = x.Title.In(base)
		}
		one = line(text)
		title := d.sentence(to.Lang, "topic."+x.Topic, 0, "")
		i := slices.IndexFunc(groups, func(g Group) bool { return g.Title == title })
		if i < 0 {
			groups = append(groups, Group{Title: title})
			i = len(groups) - 1
		}
		groups[i].Entries = append(groups[i].Entries, Entry{Text: one, Path: x.Path})
		n++
	}
	if n == 0 {
		return m, false, nil
	}
	key := "mail.digest." + string(d.run.Frequency)
	l := Letter{Groups: groups}
	if n == 1 {
		l.Subject = line(d.sentence(to.Lang, "mail.digest.one.subject", 0, one))
	} else {
		l.Subject = line(d.sentence(to.Lang, key+".subject", n, ""))
	}
	for p := range strings.SplitSeq(d.sentence(to.Lang, key+".text", n, ""), "\n\n") {
		l.Text = append(l.Text, paragraph(p))
	}
	l.Manage = d.s.ManagePath(d.tenant, to.ID)
	l.End = l.Manage + "/ende/" + AllTopics
	if len(topics) == 1 {
		l.End = l.Manage + "/ende/" + slices.Collect(maps.Keys(topics))[0]
	}
	plain, err := json.Marshal(l)
	if err != nil {
		return m, false, err
	}
	l.Manage, l.End = "…", "…"
	now := d.s.now()
	r := Recipient{Address: to.ID, Email: to.Email, Lang: to.Lang}
	event := "digest." + string(d.run.Frequency) + " " + d.run.Name
	m = Mail{
		Tenant: d.tenant, ID: kernel.NewID(), To: r, Kind: Kind("digest." + string(d.run.Frequency)), Event: event, Channel: Digest, State: Waiting, Letter: l,
		NextAt: now, CreatedAt: now, MessageID: d.s.messageID(d.tenant, r.Key(), event, Digest),
	}
	m.Sealed = d.s.Secret.Seal("mail", place(m), plain)
	return m, true, nil
}

// sentence words a key in a language, with a number or a title.
func (d *digester) sentence(lang, key string, n int, title string) string {
	at := fmt.Sprintf("%s %s %d %s", lang, key, n, title)
	if s, ok := d.words[at]; ok {
		return s
	}
	base, _, _ := strings.Cut(lang, "+")
	name, _ := d.town.Name.In(base)
	s, ok := d.s.Writer.Sentence(lang, key, map[string]any{"town": name, "n": n, "title": title})
	if !ok {
		s = key
	}
	d.words[at] = s
	return s
}

// linked makes the addresses of what a digest lists absolute.
func (s *Service) linked(ctx context.Context, tenant kernel.ID, lang string, groups []Group) ([]Group, error) {
	out := make([]Group, len(groups))
	for i, g := range groups {
		out[i] = Group{Title: g.Title, Entries: make([]Entry, len(g.Entries))}
		for j, e := range g.Entries {
			link, err := s.Writer.Link(ctx, tenant, lang, e.Path)
			if err != nil {
				return nil, err
			}
			out[i].Entries[j] = Entry{Text: e.Text, Path: link}
		}
	}
	return out, nil
}
