// SPDX-License-Identifier: EUPL-1.2

package vote

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"iter"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/stat/ballot"
)

// Imported is what came of a file of votes.
type Imported struct {
	Round       Round
	Ballots     int64
	Differences []ballot.Difference // between the recount and the numbers the file publishes
	Published   []int               // projects the file publishes as paid for; nil: it does not
	Agrees      []ballot.Rule       // counting rules that pay for just those
	Selected    map[ballot.Counting][]int
}

// MostFile bounds a file of votes.
const MostFile = 256 << 20

var keyLetters = regexp.MustCompile(`[^a-z0-9]+`)

// KeyOf makes an address of a name.
func KeyOf(name string) string {
	s := strings.NewReplacer("ä", "ae", "ö", "oe", "ü", "ue", "ß", "ss").Replace(strings.ToLower(name))
	s = strings.Trim(keyLetters.ReplaceAllString(s, "-"), "-")
	if len(s) > 60 {
		s = strings.Trim(s[:60], "-")
	}
	if s == "" {
		s = "abstimmung"
	}
	return s
}

// ImportPabulib takes the votes of another election from a Pabulib file, counts them and keeps the round, to be looked at by staff and published if
// they want. The ballots are streamed; ages, sexes, quarters and identifiers of voters are not kept. The same file twice is refused.
func (s *Service) ImportPabulib(ctx context.Context, by access.Actor, name, key string, rule ballot.Rule, in io.Reader) (out Imported, err error) {
	if err := s.staff(ctx, by, Round{}, access.EditProcess); err != nil {
		return out, err
	}
	sum := sha256.New()
	p, err := ballot.OpenPabulib(io.TeeReader(in, sum))
	if err != nil {
		return out, fileError(name, err)
	}
	if len(p.Projects) > MostOptions {
		return out, kernel.E(kernel.Invalid, "vote.options.many", "most", MostOptions)
	}
	r := s.fromFile(p, name, key, rule)
	if err := r.check(); err != nil {
		return out, err
	}
	options := make([]Option, len(p.Projects))
	for i, x := range p.Projects {
		title := x.Name
		if title == "" {
			title = x.Key
		}
		options[i] = Option{Key: x.Key, Title: kernel.Text{language(p): cut(title, 300)}, Cost: x.Cost, Published: Numbers{x.Votes, x.Score, x.Selected}}
	}
	if options, err = tidyOptions(options); err != nil {
		return out, err
	}
	t, err := ballot.NewTally(p.Rules, p.Options())
	if err != nil {
		return out, fileError(name, err)
	}
	err = s.Tx.Tx(ctx, func(ctx context.Context) error {
		if err := s.Store.Add(ctx, by.Tenant, r, ""); err != nil {
			return err
		}
		if err := s.Store.SetOptions(ctx, by.Tenant, r.ID, options); err != nil {
			return err
		}
		n, err := s.Store.Lay(ctx, by.Tenant, r.ID, counted(p, t))
		if err != nil {
			return err
		}
		out.Ballots = n
		r.Source = fmt.Sprintf("%s, SHA-256 %s", name, hex.EncodeToString(sum.Sum(nil)))
		all, err := s.Store.List(ctx, by.Tenant)
		if err != nil {
			return err
		}
		if i := slices.IndexFunc(all, func(x Round) bool { return x.Source == r.Source }); i >= 0 {
			return kernel.E(kernel.Conflict, "vote.import.twice", "title", all[i].Title.String())
		}
		r.Proof = Proof{Ballots: n, At: r.ClosedAt}
		r.Edit++
		if ok, err := s.Store.Save(ctx, by.Tenant, r, r.Edit-1); err != nil || !ok {
			return errors.Join(err, wants(ok))
		}
		if err := s.recount(ctx, by.Tenant, r, options); err != nil {
			return err
		}
		return s.record(ctx, by, r, access.EditProcess, "vote.import", "", map[string]string{"ballots": count(n)})
	})
	if err != nil {
		return out, fileError(name, err)
	}
	out.Round, out.Differences = r, p.Differences(t)
	return out, out.compare(p, t)
}

func wants(ok bool) error {
	if ok {
		return nil
	}
	return kernel.E(kernel.Conflict, "vote.changed")
}

// compare tells which of the simple rules pay for what the file publishes.
func (x *Imported) compare(p *ballot.Pabulib, t *ballot.Tally) error {
	x.Selected = map[ballot.Counting][]int{}
	published, ok := p.Selected()
	for _, c := range []ballot.Counting{ballot.GreedyStop, ballot.GreedySkip} {
		a, err := t.Allocate(ballot.Rule{Counting: c}, p.Budget)
		if err != nil {
			return err
		}
		slices.Sort(a.Selected)
		x.Selected[c] = a.Selected
		if ok && slices.Equal(a.Selected, published) {
			x.Agrees = append(x.Agrees, ballot.Rule{Counting: c})
		}
	}
	if ok {
		x.Published = published
	}
	return nil
}

// counted numbers the ballots of a file and counts them on the way.
func counted(p *ballot.Pabulib, t *ballot.Tally) iter.Seq2[Counted, error] {
	return func(yield func(Counted, error) bool) {
		var n int64
		for v, err := range p.Voters() {
			if err == nil {
				err = t.Add(v.Marks)
			}
			n++
			c := Counted{Number: n, Way: FromFile, Marks: ballot.Write(v.Marks)}
			if v.Way == "paper" {
				c.Way = Paper
			}
			if !yield(c, err) || err != nil {
				return
			}
		}
	}
}

func (s *Service) fromFile(p *ballot.Pabulib, name, key string, rule ballot.Rule) Round {
	title := p.Get("description")
	if instance := p.Get("instance"); instance != "" && title != "" {
		title += ", " + instance
	}
	if title == "" {
		title = strings.TrimSuffix(name, ".pb")
	}
	if key == "" {
		key = KeyOf(strings.TrimSuffix(name, ".pb"))
	}
	if rule.Counting == "" {
		rule.Counting = ballot.GreedyStop
	}
	now := s.now()
	r := Round{
		ID: kernel.NewID(), Key: key, Title: kernel.Text{"de": cut(title, 200)}, Rules: p.Rules, Budget: p.Budget, Rule: rule, Winners: 1, Eligibility: Open,
		From: day(p.Get("date_begin"), 0), To: day(p.Get("date_end"), 1), State: Closed, Source: cut(name, 200), Edit: 1, CreatedAt: now, ClosedAt: now,
	}
	r.defaults()
	r.Rules = p.Rules // bounds of the file, also those the forms here do not have
	if !r.From.IsZero() && !r.To.IsZero() && !r.From.Before(r.To.Time) {
		r.From, r.To = kernel.Instant{}, kernel.Instant{}
	}
	return r
}

// day reads "08.06.2020" or "2020-06-08"; anything else is not known.
func day(s string, later int) kernel.Instant {
	for _, form := range []string{"2.01.2006", "2.1.2006", time.DateOnly} {
		if t, err := time.Parse(form, s); err == nil {
			return kernel.InstantOf(t.AddDate(0, 0, later))
		}
	}
	return kernel.Instant{}
}

// language gives the tag for the words of a file.
func language(p *ballot.Pabulib) string {
	for name, tag := range map[string]string{"polish": "pl", "french": "fr", "english": "en", "german": "de", "dutch": "nl", "pl": "pl", "fr": "fr", "en": "en"} {
		if strings.EqualFold(p.Get("language"), name) {
			return tag
		}
	}
	return "de"
}

func cut(s string, most int) string {
	if r := []rune(s); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return s
}

// fileError names the line of a file that is refused.
func fileError(name string, err error) error {
	var l *ballot.LineError
	if !errors.As(err, &l) {
		return err
	}
	params := map[string]any{"value": l.Value}
	return &kernel.Error{Kind: kernel.Invalid, Key: "vote.file.refused", Params: kernel.Params("line", l.Line), Err: l, Findings: []kernel.Finding{{
		Code: "vote.file." + string(l.Problem), Outcome: kernel.RefuseFile, File: name, Row: l.Line, Params: params, Text: l.Error(),
	}}}
}

// WritePabulib writes the ballots that count of a round whose result the reader may see, in the format of Pabulib.
func (s *Service) WritePabulib(ctx context.Context, by access.Actor, key, town, lang string, w io.Writer) error {
	r, options, res, _, err := s.Result(ctx, by, key)
	if err != nil {
		return err
	}
	title, _ := r.Title.In(lang)
	p := &ballot.Pabulib{Rules: r.Rules, Budget: r.Budget, Votes: res.Ballots, Meta: []ballot.Pair{
		{Key: "description", Value: title}, {Key: "country", Value: "Germany"}, {Key: "unit", Value: town}, {Key: "instance", Value: r.Key},
	}}
	date := func(key string, at kernel.Instant) {
		if !at.IsZero() {
			p.Meta = append(p.Meta, ballot.Pair{Key: key, Value: at.Format("02.01.2006")})
		}
	}
	date("date_begin", r.From)
	date("date_end", r.To)
	if r.Budget > 0 {
		p.Meta = append(p.Meta, ballot.Pair{Key: "rule", Value: string(r.Rule.Counting)})
	}
	for i, o := range options {
		name, _ := o.Title.In(lang)
		x := ballot.Project{Key: o.Key, Name: name, Cost: o.Cost, Votes: res.Options[i].Votes, Score: res.Options[i].Score}
		if slices.Contains(res.Selected, i) {
			x.Selected = 1
		}
		p.Projects = append(p.Projects, x)
	}
	var failed error
	return errors.Join(ballot.WritePabulib(w, p, func(yield func(ballot.Voter, error) bool) {
		failed = s.Store.CountedBallots(ctx, by.Tenant, r.ID, func(c Counted) error {
			if c.Correction > 0 {
				return nil
			}
			marks, err := ballot.Parse(c.Marks)
			way := "internet"
			if c.Way == Paper {
				way = "paper"
			}
			if !yield(ballot.Voter{ID: strconv.FormatInt(c.Number, 10), Marks: marks, Area: c.Area, Way: way}, err) {
				return io.ErrClosedPipe
			}
			return nil
		})
	}), failed)
}
