// SPDX-License-Identifier: EUPL-1.2

package vision

import (
	"context"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// options checks the headlines people choose from.
func options(list []Option) ([]Option, error) {
	var out []Option
	for _, o := range list {
		if o.Text = Tidied(o.Text); len(o.Text) == 0 {
			continue
		}
		if len([]rune(o.Text.String())) > mostTitle || o.Votes < 0 || o.Votes > 10_000_000 {
			return nil, invalid(map[string]string{"options": "vision.headline.form"})
		}
		out = append(out, o)
	}
	if len(out) < 2 || len(out) > 20 {
		return nil, invalid(map[string]string{"options": "vision.headline.form"})
	}
	return out, nil
}

// StartHeadline lets people vote on the headline of a text: it makes a round with the headlines as options. Where and how people vote is said
// there.
func (s *Service) StartHeadline(ctx context.Context, by access.Actor, key string, list []kernel.Text, closes kernel.Instant) (path string, err error) {
	t, err := s.find(ctx, by, key, access.EditVision)
	if err != nil {
		return "", err
	}
	if s.Rounds == nil {
		return "", kernel.E(kernel.Unavailable, "vision.headline.none")
	}
	all := make([]Option, len(list))
	for i, x := range list {
		all[i].Text = x
	}
	if all, err = options(all); err != nil {
		return "", err
	}
	if !closes.After(s.now().Time) {
		return "", invalid(map[string]string{"closes": "vision.headline.closes"})
	}
	texts := make([]kernel.Text, len(all))
	for i, o := range all {
		texts[i] = o.Text
	}
	err = s.Tx.Tx(ctx, func(ctx context.Context) error {
		ref, at, err := s.Rounds.Create(ctx, by, t, texts, closes)
		if err != nil {
			return err
		}
		path = at
		x := t
		x.Headline = Headline{Round: ref, Path: at, Options: all}
		return s.save(ctx, by, x, "vision.headline.start", "")
	})
	return path, err
}

// Voting tells whether the reader finds a vote on the headline of a text at Headline.Path.
func (s *Service) Voting(ctx context.Context, by access.Actor, t Text) bool {
	return s.Rounds != nil && t.Headline.Round.ID != "" && s.Rounds.Open(ctx, by, t.Headline.Round)
}

// TakeHeadline takes over the published result of the round; Conflict while there is none.
func (s *Service) TakeHeadline(ctx context.Context, by access.Actor, key string) error {
	t, err := s.find(ctx, by, key, access.EditVision)
	if err != nil {
		return err
	}
	if s.Rounds == nil || t.Headline.Round.ID == "" {
		return kernel.E(kernel.Conflict, "vision.headline.open")
	}
	votes, method, on, ok, err := s.Rounds.Result(ctx, by, t.Headline.Round)
	if err != nil {
		return err
	}
	if !ok || len(votes) != len(t.Headline.Options) {
		return kernel.E(kernel.Conflict, "vision.headline.open")
	}
	h := t.Headline
	h.Options = append([]Option(nil), h.Options...)
	for i := range h.Options {
		h.Options[i].Votes = votes[i]
	}
	h.Method, h.On = method, on
	return s.keepHeadline(ctx, by, t, h)
}

// RecordHeadline writes down a vote that was held elsewhere, as on cards at a closing workshop.
func (s *Service) RecordHeadline(ctx context.Context, by access.Actor, key string, h Headline) error {
	t, err := s.find(ctx, by, key, access.EditVision)
	if err != nil {
		return err
	}
	if h.Options, err = options(h.Options); err != nil {
		return err
	}
	f := map[string]string{}
	if h.Method = kernel.Clean(h.Method, false); h.Method == "" || len([]rune(h.Method)) > mostShort {
		f["method"] = "vision.headline.method.missing"
	}
	if _, err := kernel.ParseDate(string(h.On)); err != nil || h.On > s.today() {
		f["on"] = "vision.adopt.on"
	}
	if h.Total() == 0 {
		f["options"] = "vision.headline.form"
	}
	if err := invalid(f); err != nil {
		return err
	}
	h.Round, h.Path = kernel.Ref{}, ""
	return s.keepHeadline(ctx, by, t, h)
}

// keepHeadline puts the winner over the text; a tie chooses none.
func (s *Service) keepHeadline(ctx context.Context, by access.Actor, t Text, h Headline) error {
	h.Text = nil
	if i := h.Winner(); i >= 0 {
		h.Text = h.Options[i].Text
	}
	t.Headline = h
	return s.save(ctx, by, t, "vision.headline.result", "")
}
