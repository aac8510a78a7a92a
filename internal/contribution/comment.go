// SPDX-License-Identifier: EUPL-1.2

package contribution

import (
	"context"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// MostDepth bounds how deep comments answer each other; what goes deeper is put beside the last one.
const MostDepth = 4

// Say comments on a contribution, or answers a comment of it where parent names one. Comments wait for the moderation like contributions.
func (s *Service) Say(ctx context.Context, by access.Actor, number string, parent kernel.ID, lang, text string) (k Comment, err error) {
	c, err := s.Get(ctx, by, number)
	if err != nil {
		return k, err
	}
	o, err := s.Object(ctx, by.Tenant, c)
	if err != nil {
		return k, err
	}
	official := ""
	if s.May(ctx, by, access.DraftAnswer, c) {
		if official = c.Office; official == "" {
			official = "-"
		}
	} else if err := access.Check(by, access.Comment, o); err != nil {
		return k, err
	}
	if c.State != Published {
		return k, kernel.E(kernel.Conflict, "contribution.over")
	}
	f := map[string]string{}
	text = tidy(text, true)
	switch {
	case text == "":
		f["comment"] = "contribution.text.missing"
	case length(text) > MostComment:
		f["comment"] = "contribution.text.long"
	}
	canonical, ok := Lang(lang)
	if !ok {
		f["lang"] = "contribution.lang.unknown"
	}
	if err := invalid(f); err != nil {
		return k, err
	}
	now := s.now()
	k = Comment{
		ID: kernel.NewID(), Contribution: c.ID, Author: by.Person, Pseudonym: by.Name, Official: official, Lang: canonical, Text: text, State: Received, Received: now, Changed: now,
	}
	if by.Has(access.YoungPerson) {
		k.Pseudonym = ""
	}
	if parent != "" {
		above, err := s.Store.Comment(ctx, by.Tenant, parent)
		if err != nil {
			return k, err
		}
		if above.Contribution != c.ID || above.State != Published {
			return k, kernel.E(kernel.NotFound, "contribution.comment.notfound")
		}
		k.Parent, k.Depth = parent, above.Depth+1
		if k.Depth > MostDepth {
			k.Parent, k.Depth = above.Parent, above.Depth
		}
	}
	switch {
	case official != "":
		k.State = Published
	case s.BeginComment != nil:
		if k.State, err = s.BeginComment(ctx, by, c, k); err != nil {
			return k, err
		}
	}
	return k, s.Tx.TxGrouped(ctx, func(ctx context.Context) error {
		if err := s.Store.AddComment(ctx, by.Tenant, k); err != nil {
			return err
		}
		if err := s.tell(ctx, by.Tenant, Commented, c); err != nil {
			return err
		}
		for _, f := range s.Said {
			if err := f(ctx, by.Tenant, c, k); err != nil {
				return err
			}
		}
		if official != "" {
			return access.Record(ctx, s.Trail, by, access.Act{Do: access.DraftAnswer, What: "contribution.comment", Object: c.Ref()})
		}
		return nil
	})
}

// Comments lists those of a contribution that everybody may read, and one's own, in the order of a thread: each behind what it answers.
func (s *Service) Comments(ctx context.Context, by access.Actor, c Contribution) ([]Comment, error) {
	all, err := s.Store.Comments(ctx, by.Tenant, c.ID, true)
	if err != nil {
		return nil, err
	}
	below := map[kernel.ID][]Comment{}
	for _, k := range all {
		below[k.Parent] = append(below[k.Parent], k)
	}
	var out []Comment
	var walk func(parent kernel.ID)
	walk = func(parent kernel.ID) {
		for _, k := range below[parent] {
			own := k.Author != "" && k.Author == by.Person
			switch {
			case k.State == Published || own:
				out = append(out, k)
			case len(below[k.ID]) > 0: // its answers stay in place
				k.Text, k.Pseudonym, k.Author = "", "", ""
				out = append(out, k)
			default:
				continue
			}
			walk(k.ID)
		}
	}
	walk("")
	return out, nil
}

// TurnComment changes the state of a comment. It asks no permission and writes no trail: the decision does.
func (s *Service) TurnComment(ctx context.Context, tenant, id kernel.ID, to State) (k Comment, err error) {
	err = s.Tx.Tx(ctx, func(ctx context.Context) error {
		if k, err = s.Store.Comment(ctx, tenant, id); err != nil || k.State == to {
			return err
		}
		if k.State == Withdrawn {
			return kernel.E(kernel.Conflict, "contribution.over")
		}
		k.State, k.Changed = to, s.now()
		return s.Store.SaveComment(ctx, tenant, k)
	})
	return k, err
}

// RetractComment takes one's own comment back.
func (s *Service) RetractComment(ctx context.Context, by access.Actor, id kernel.ID) error {
	k, err := s.Store.Comment(ctx, by.Tenant, id)
	if err != nil {
		return err
	}
	if by.Person == "" || k.Author != by.Person {
		return kernel.E(kernel.NotFound, "contribution.comment.notfound")
	}
	return s.Tx.Tx(ctx, func(ctx context.Context) error {
		if _, err := s.TurnComment(ctx, by.Tenant, id, Withdrawn); err != nil || s.Gone == nil {
			return err
		}
		return s.Gone(ctx, by.Tenant, kernel.Ref{Kind: CommentSubject, ID: id})
	})
}
