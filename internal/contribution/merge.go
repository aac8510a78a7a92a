// SPDX-License-Identifier: EUPL-1.2

package contribution

import (
	"context"
	"strconv"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// Merge lets a contribution live on in another one of the same process. It keeps its author, its text and its receipt code; who supported both
// counts once. What the moderation has not let through stays unseen by others, and what it hid cannot come back this way.
func (s *Service) Merge(ctx context.Context, by access.Actor, number, into, reason string) error {
	c, err := s.Get(ctx, by, number)
	if err != nil {
		return err
	}
	reason = tidy(reason, true)
	target, err := s.Get(ctx, by, into)
	if kernel.KindOf(err) == kernel.NotFound {
		return invalid(map[string]string{"into": "contribution.merge.unknown"})
	}
	if err != nil {
		return err
	}
	f := map[string]string{}
	switch {
	case target.ID == c.ID:
		f["into"] = "contribution.merge.self"
	case target.Process != c.Process:
		f["into"] = "contribution.merge.process"
	case target.State != Published && target.State != Received && target.State != Checking || target.MergedIn != "":
		f["into"] = "contribution.merge.over"
	}
	if reason == "" {
		f["reason"] = "contribution.reason.missing"
	} else if length(reason) > mostReason {
		f["reason"] = "contribution.reason.long"
	}
	if err := invalid(f); err != nil {
		return err
	}
	for _, x := range []Contribution{c, target} {
		if err := s.may(ctx, by, access.Moderate, x); err != nil {
			return err
		}
	}
	if c.State == Merged || c.State == Withdrawn || c.State == Hidden || c.MergedIn != "" { // what lives on in another one can be read
		return kernel.E(kernel.Conflict, "contribution.over")
	}
	if c.State != Published {
		c.Published = kernel.Instant{} // nobody let it through: it goes along unread, and stays inside
	}
	return s.Tx.Tx(ctx, func(ctx context.Context) error {
		before, err := s.Store.MergedInto(ctx, by.Tenant, c.ID)
		if err != nil {
			return err
		}
		c.State, c.MergedIn, c.Changed = Merged, target.ID, s.now()
		if err := s.Store.Save(ctx, by.Tenant, c); err != nil {
			return err
		}
		for _, x := range before { // what lived on in it goes along
			x.MergedIn, x.Changed = target.ID, c.Changed
			if err := s.Store.Save(ctx, by.Tenant, x); err != nil {
				return err
			}
		}
		if err := s.Store.CopySupports(ctx, by.Tenant, c.ID, target.ID); err != nil {
			return err
		}
		if err := s.tell(ctx, by.Tenant, Joined, c); err != nil {
			return err
		}
		if err := s.touch(ctx, by.Tenant); err != nil {
			return err
		}
		return access.Record(ctx, s.Trail, by, access.Act{
			Do: access.Moderate, What: "contribution.merge", Object: c.Ref(), Reason: reason, Note: map[string]string{"into": string(target.ID)},
		})
	})
}

// standAlone lets what lived on in a contribution stand on its own again when that one is shown no more: nobody takes the voice of another author
// along.
func (s *Service) standAlone(ctx context.Context, tenant, id kernel.ID) error {
	list, err := s.Store.MergedInto(ctx, tenant, id)
	if err != nil {
		return err
	}
	for _, x := range list {
		stood := x.State
		x.MergedIn, x.Changed = "", s.now()
		if stood == Merged {
			x.State = Received
			if !x.Published.IsZero() {
				x.State = Published
			}
		}
		if err := s.Store.Save(ctx, tenant, x); err != nil {
			return err
		}
		x.Edit++
		if x.State == stood { // hidden meanwhile, and stays so
			continue
		}
		if err := s.tell(ctx, tenant, Turned, x); err != nil {
			return err
		}
	}
	return nil
}

// Part is a piece of a contribution that says several things.
type Part struct {
	Title, Text string
	Category    string
	Office      string
}

// Split makes parts of a contribution that says several things. Each has its author and supporters; the receipt code leads to all of them.
func (s *Service) Split(ctx context.Context, by access.Actor, number string, parts []Part, reason string) (made []Contribution, err error) {
	c, err := s.Get(ctx, by, number)
	if err != nil {
		return nil, err
	}
	if err := s.may(ctx, by, access.Moderate, c); err != nil {
		return nil, err
	}
	if c.State == Merged || c.State == Withdrawn || c.State == Hidden {
		return nil, kernel.E(kernel.Conflict, "contribution.over")
	}
	f := map[string]string{}
	if reason = tidy(reason, true); reason == "" {
		f["reason"] = "contribution.reason.missing"
	}
	if len(parts) < 1 || len(parts) > 20 {
		f["part1"] = "contribution.split.parts"
	}
	now := s.now()
	for i, p := range parts {
		p.Title, p.Text = tidy(p.Title, false), tidy(p.Text, true)
		one := map[string]string{}
		checkText(one, &p.Title, p.Text, MostEntered)
		for _, key := range one {
			f["part"+strconv.Itoa(i+1)] = key
		}
		x := c
		x.ID, x.SplitFrom, x.Title, x.Text, x.Original = kernel.NewID(), c.ID, p.Title, p.Text, p.Text
		x.Received, x.Changed, x.Source, x.Edit, x.Supports, x.Comments, x.Status = now, now, "", 1, 0, 0, Unanswered
		if p.Category != "" {
			x.Category = p.Category
		}
		if p.Office != "" {
			x.Office = p.Office
		}
		made = append(made, x)
	}
	if err := invalid(f); err != nil {
		return nil, err
	}
	for i := range made {
		if made[i].Number, err = s.number(ctx, by.Tenant, now.In(kernel.Zone()).Year()); err != nil {
			return nil, err
		}
	}
	return made, s.Tx.Tx(ctx, func(ctx context.Context) error {
		for _, x := range made {
			if err := s.Store.Insert(ctx, by.Tenant, New{Contribution: x}); err != nil {
				return err
			}
			if err := s.Store.CopySupports(ctx, by.Tenant, c.ID, x.ID); err != nil {
				return err
			}
		}
		for _, f := range s.SplitUp {
			if err := f(ctx, by.Tenant, c, made); err != nil {
				return err
			}
		}
		if err := s.touch(ctx, by.Tenant); err != nil {
			return err
		}
		return access.Record(ctx, s.Trail, by, access.Act{
			Do: access.Moderate, What: "contribution.split", Object: c.Ref(), Reason: reason, Note: map[string]string{"parts": strconv.Itoa(len(made))},
		})
	})
}

// Family gives what a contribution came from and what became of it: the whole it is a part of, its parts, and what lives on in it.
func (s *Service) Family(ctx context.Context, by access.Actor, c Contribution) (from *Contribution, parts, merged []Contribution, err error) {
	if parts, err = s.Store.Parts(ctx, by.Tenant, c.ID); err != nil {
		return nil, nil, nil, err
	}
	if merged, err = s.Store.MergedInto(ctx, by.Tenant, c.ID); err != nil {
		return nil, nil, nil, err
	}
	if c.SplitFrom != "" {
		x, err := s.Store.Contribution(ctx, by.Tenant, c.SplitFrom)
		if err != nil {
			return nil, nil, nil, err
		}
		from = &x
	}
	return from, parts, merged, nil
}
