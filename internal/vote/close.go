// SPDX-License-Identifier: EUPL-1.2

package vote

import (
	"bufio"
	"cmp"
	"context"
	crand "crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/stat/ballot"
)

// FewestOfArea is how many ballots of an area are shown apart; those of smaller ones are counted together.
const FewestOfArea = 10

// Correction takes ballots out of a count, publicly.
type Correction struct {
	Number  int
	Ballots int
	Reason  string
	At      kernel.Instant
}

// Close ends a round whose time is over: the ballots are laid out in an order drawn by lot, the keys of voters are deleted, and the count is kept.
// by is a member of the staff, or the zero actor of the town for the job that does it at the end.
func (s *Service) Close(ctx context.Context, by access.Actor, key string) error {
	return s.change(ctx, by, key, access.Publish, "vote.close", "", func(ctx context.Context, r *Round, options []Option) error {
		return s.close(ctx, by.Tenant, r, options)
	})
}

// CloseDue closes every round whose end is longer ago than an hour, if staff has entered no paper ballots: those are closed by hand.
func (s *Service) CloseDue(ctx context.Context, tenant kernel.ID, wait func(r Round) bool) error {
	list, err := s.Store.List(ctx, tenant)
	if err != nil {
		return err
	}
	for _, r := range list {
		if r.State != Fixed || r.Stage(s.now()) != Counting || wait(r) {
			continue
		}
		batches, err := s.Store.Batches(ctx, tenant, r.ID)
		if err != nil {
			return err
		}
		if len(batches) > 0 {
			continue
		}
		err = s.Tx.Tx(ctx, func(ctx context.Context) error {
			r, err := s.Store.ByID(ctx, tenant, r.ID)
			if err != nil || r.State != Fixed {
				return err
			}
			options, err := s.Store.Options(ctx, tenant, r.ID)
			if err != nil {
				return err
			}
			edit := r.Edit
			if err := s.close(ctx, tenant, &r, options); err != nil {
				return err
			}
			r.Edit++
			ok, err := s.Store.Save(ctx, tenant, r, edit)
			if err == nil && !ok {
				err = kernel.E(kernel.Conflict, "vote.changed")
			}
			return err
		})
		if err != nil {
			return fmt.Errorf("closing round %s: %w", r.Key, err)
		}
	}
	return nil
}

func (s *Service) close(ctx context.Context, tenant kernel.ID, r *Round, options []Option) error {
	now := s.now()
	if r.State != Fixed {
		return kernel.E(kernel.Conflict, "vote.state")
	}
	if r.Stage(now) != Counting {
		return kernel.E(kernel.Conflict, "vote.running")
	}
	var list []Counted
	if err := s.Store.InBox(ctx, tenant, r.ID, func(c Counted) error {
		list = append(list, c)
		return nil
	}); err != nil {
		return err
	}
	mix(list)
	together(list)
	for i := range list {
		list[i].Number = int64(i + 1)
	}
	keys, receipts, err := s.Store.Empty(ctx, tenant, r.ID)
	if err != nil {
		return err
	}
	n, err := s.Store.Lay(ctx, tenant, r.ID, func(yield func(Counted, error) bool) {
		for _, c := range list {
			if !yield(c, nil) {
				return
			}
		}
	})
	if err != nil {
		return err
	}
	sum := sha256.New()
	for _, c := range list {
		writeLine(sum, options, c)
	}
	r.State, r.ClosedAt = Closed, now
	r.Proof = Proof{Keys: keys, Receipts: receipts, Ballots: n, Hash: hex.EncodeToString(sum.Sum(nil)), At: now}
	return s.recount(ctx, tenant, *r, options)
}

// mix draws the order by lot.
func mix(list []Counted) {
	slices.SortFunc(list, func(a, b Counted) int { // what order they came in from the database must not shine through
		return cmp.Or(cmp.Compare(a.Marks, b.Marks), cmp.Compare(a.Way, b.Way), cmp.Compare(a.Area, b.Area))
	})
	var seed [32]byte
	_, _ = crand.Read(seed[:]) // crypto/rand.Read never fails (Go 1.24)
	rand.New(rand.NewChaCha8(seed)).Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
}

// together takes the area away from ballots of areas with few of them, and from those of the next smallest area where few would still be left
// apart: nobody can work out what a handful of neighbours voted.
func together(list []Counted) {
	n := map[string]int{}
	for _, c := range list {
		n[c.Area]++
	}
	areas := make([]string, 0, len(n))
	for a := range n {
		if a != "" {
			areas = append(areas, a)
		}
	}
	slices.SortFunc(areas, func(a, b string) int { return cmp.Or(cmp.Compare(n[a], n[b]), cmp.Compare(a, b)) })
	gone := map[string]bool{}
	rest := n[""]
	for _, a := range areas {
		if n[a] >= FewestOfArea && (rest == 0 || rest >= FewestOfArea) {
			break
		}
		gone[a] = true
		rest += n[a]
	}
	for i := range list {
		if gone[list[i].Area] {
			list[i].Area = ""
		}
	}
}

// writeLine writes a ballot as it can be downloaded: number, way, area, and the keys of options with their values.
func writeLine(w io.Writer, options []Option, c Counted) {
	marks, err := ballot.Parse(c.Marks)
	if err != nil {
		return
	}
	fmt.Fprintf(w, "%d;%s;%s;", c.Number, c.Way, c.Area)
	for i, m := range marks {
		if i > 0 {
			_, _ = io.WriteString(w, " ")
		}
		if m.Option < len(options) {
			fmt.Fprintf(w, "%s=%d", options[m.Option].Key, m.Value)
		}
	}
	_, _ = io.WriteString(w, "\n")
}

// WriteBallots writes the ballots of a round whose result the reader may see as the lines whose checksum the proof names.
func (s *Service) WriteBallots(ctx context.Context, by access.Actor, key string, w io.Writer) error {
	_, options, _, _, err := s.Result(ctx, by, key)
	if err != nil {
		return err
	}
	b := bufio.NewWriter(w)
	if err := s.Ballots(ctx, by, key, func(c Counted) error {
		writeLine(b, options, c)
		return nil
	}); err != nil {
		return err
	}
	return b.Flush()
}

// recount counts what lies on the table and keeps the result.
func (s *Service) recount(ctx context.Context, tenant kernel.ID, r Round, options []Option) error {
	res, err := s.counted(ctx, tenant, r, options)
	if err != nil {
		return err
	}
	return s.Store.SetResult(ctx, tenant, r.ID, res)
}

// PublishMatter names the executor of a publication that needed a second person.
const PublishMatter = "vote.publish"

// CorrectMatter names the executor of a correction that needed a second person.
const CorrectMatter = "vote.correct"

// PublishArgs are what a publication is agreed to with: the count may not have changed since.
type PublishArgs struct {
	Round string `json:"round"`
	Hash  string `json:"hash"`
	Edit  int    `json:"edit"`
}

// Publish makes the result public.
func (s *Service) Publish(ctx context.Context, by access.Actor, a PublishArgs) error {
	r, _, err := s.ForStaff(ctx, by, a.Round, access.Publish)
	if err != nil {
		return err
	}
	if r.State != Closed {
		return kernel.E(kernel.Conflict, "vote.state")
	}
	if a.Edit != 0 && a.Edit != r.Edit {
		return kernel.E(kernel.Conflict, "vote.changed")
	}
	a.Edit, a.Hash = r.Edit, r.Proof.Hash
	if err := access.Second(ctx, s.FourEyes, by, access.Matter{
		Kind: access.PublishMatter, Do: access.Publish, What: PublishMatter, Object: r.Ref(), Title: r.Title, Args: a,
	}); err != nil {
		return err
	}
	return s.change(ctx, by, a.Round, access.Publish, "vote.publish", "", func(_ context.Context, r *Round, _ []Option) error {
		if r.State != Closed || r.Edit != a.Edit {
			return kernel.E(kernel.Conflict, "vote.changed")
		}
		r.State, r.PublishedAt = Published, s.now()
		return nil
	})
}

// CorrectArgs are a correction as a second person agrees to it.
type CorrectArgs struct {
	Round   string  `json:"round"`
	Ballots []int64 `json:"ballots"`
	Reason  string  `json:"reason"`
	Edit    int     `json:"edit"`
}

// Correct takes ballots out of a count that was closed, because they were manipulated or entered twice. The reason and their number are public;
// the result is counted anew. Where the town asks for two people, a second one agrees first.
func (s *Service) Correct(ctx context.Context, by access.Actor, a CorrectArgs) error {
	a.Reason = tidy(a.Reason)
	slices.Sort(a.Ballots)
	a.Ballots = slices.Compact(a.Ballots)
	f := map[string]string{}
	if a.Reason == "" || len(a.Reason) > 2000 {
		f["reason"] = "vote.reason.missing"
	}
	if len(a.Ballots) == 0 || len(a.Ballots) > 100_000 {
		f["ballots"] = "vote.correct.none"
	}
	if err := invalid(f); err != nil {
		return err
	}
	r, _, err := s.ForStaff(ctx, by, a.Round, access.Publish)
	if err != nil {
		return err
	}
	if r.State != Closed && r.State != Published {
		return kernel.E(kernel.Conflict, "vote.state")
	}
	if a.Edit != 0 && a.Edit != r.Edit {
		return kernel.E(kernel.Conflict, "vote.changed")
	}
	a.Edit = r.Edit
	if err := access.Second(ctx, s.FourEyes, by, access.Matter{
		Kind: access.VoteMatter, Do: access.Publish, What: CorrectMatter, Object: r.Ref(), Title: r.Title, Reason: a.Reason, Args: a,
	}); err != nil {
		return err
	}
	return s.change(ctx, by, a.Round, access.Publish, "vote.correct", a.Reason, func(ctx context.Context, r *Round, options []Option) error {
		if r.Edit != a.Edit {
			return kernel.E(kernel.Conflict, "vote.changed")
		}
		earlier, err := s.Store.Corrections(ctx, by.Tenant, r.ID)
		if err != nil {
			return err
		}
		n, err := s.Store.Strike(ctx, by.Tenant, r.ID, a.Ballots, Correction{Number: len(earlier) + 1, Ballots: len(a.Ballots), Reason: a.Reason, At: s.now()})
		if err != nil {
			return err
		}
		if n != len(a.Ballots) {
			return &kernel.Error{Kind: kernel.Invalid, Key: "vote.correct.unknown", Fields: map[string]string{"ballots": "vote.correct.unknown"}}
		}
		return s.recount(ctx, by.Tenant, *r, options)
	})
}
