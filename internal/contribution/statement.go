// SPDX-License-Identifier: EUPL-1.2

package contribution

import (
	"context"
	"math"
	"slices"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/participation"
)

// checkStatement brings quote and range of a statement in line with the text it is about.
func checkStatement(x *Statement, text string) error {
	wrong := kernel.E(kernel.Invalid, "contribution.statement.form")
	r := []rune(text)
	if !slices.Contains(Stances(), x.Stance) || x.From < 0 || x.To < x.From || x.To > len(r) || x.About.Kind == "" || len(x.About.Kind) > 40 || len(x.About.ID) > 200 {
		return wrong
	}
	if x.Topic = tidy(x.Topic, false); length(x.Topic) > 100 {
		return wrong
	}
	x.Quote = string(r[x.From:x.To])
	return nil
}

// mostStatements is how many statements one can make where one writes.
const mostStatements = 20

// checkSaid lets authors speak of the figures they were shown only: what else a form sends would be words on a public page that nobody read as
// part of the text.
func (s *Service) checkSaid(ctx context.Context, tenant kernel.ID, p participation.Process, c Contribution, list []Statement) error {
	if len(list) == 0 {
		return nil
	}
	areas := c.Areas
	if len(areas) == 0 && len(p.Areas) == 1 {
		areas = p.Areas
	}
	facts, err := s.Facts(ctx, tenant, areas, math.MaxInt)
	if err != nil {
		return err
	}
	for _, x := range list {
		if len(list) > mostStatements || !slices.ContainsFunc(facts, func(f Fact) bool { return f.About == x.About }) {
			return invalid(map[string]string{"stance": "contribution.statement.form"})
		}
	}
	return nil
}

// Find gives the range of a quote in the public text, in characters; ok is false where it is not in it.
func Find(text, quote string) (from, to int, ok bool) {
	r, q := []rune(text), []rune(tidy(quote, true))
	if len(q) == 0 {
		return 0, 0, true
	}
	for i := 0; i+len(q) <= len(r); i++ {
		if slices.Equal(r[i:i+len(q)], q) {
			return i, i + len(q), true
		}
	}
	return 0, 0, false
}

// Note keeps a statement of a contribution: staff read it out of the text, and the author says it where he or she writes.
func (s *Service) Note(ctx context.Context, by access.Actor, number string, x Statement) error {
	c, err := s.Get(ctx, by, number)
	if err != nil {
		return err
	}
	if err := s.may(ctx, by, access.Moderate, c); err != nil {
		return err
	}
	x.ID, x.Contribution, x.At = kernel.NewID(), c.ID, s.now()
	if err := checkStatement(&x, c.Text); err != nil {
		return invalid(map[string]string{"quote": "contribution.statement.form"})
	}
	return s.Tx.Tx(ctx, func(ctx context.Context) error {
		if err := s.Store.AddStatement(ctx, by.Tenant, x); err != nil {
			return err
		}
		if err := s.touch(ctx, by.Tenant); err != nil {
			return err
		}
		return access.Record(ctx, s.Trail, by, access.Act{
			Do: access.Moderate, What: "contribution.note", Object: c.Ref(), Note: map[string]string{"stance": string(x.Stance), "about": x.About.Kind},
		})
	})
}

// Unnote removes a statement.
func (s *Service) Unnote(ctx context.Context, by access.Actor, number string, id kernel.ID) error {
	c, err := s.Get(ctx, by, number)
	if err != nil {
		return err
	}
	if err := s.may(ctx, by, access.Moderate, c); err != nil {
		return err
	}
	list, err := s.Store.Statements(ctx, by.Tenant, c.ID)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(list, func(x Statement) bool { return x.ID == id }) {
		return notFound()
	}
	return s.Tx.Tx(ctx, func(ctx context.Context) error {
		if err := s.Store.RemoveStatement(ctx, by.Tenant, id); err != nil {
			return err
		}
		if err := s.touch(ctx, by.Tenant); err != nil {
			return err
		}
		return access.Record(ctx, s.Trail, by, access.Act{Do: access.Moderate, What: "contribution.unnote", Object: c.Ref()})
	})
}

// Voices lists what contributions everybody may read say of an object, the youngest first.
func (s *Service) Voices(ctx context.Context, by access.Actor, about kernel.Ref) ([]Statement, []Contribution, error) {
	if err := access.CheckTenant(by, access.ReadPublic); err != nil {
		return nil, nil, err
	}
	list, err := s.Store.StatementsAbout(ctx, by.Tenant, about, 200)
	if err != nil {
		return nil, nil, err
	}
	var said []Statement
	var of []Contribution
	for _, x := range list {
		c, err := s.Store.Contribution(ctx, by.Tenant, x.Contribution)
		if err != nil {
			return nil, nil, err
		}
		if c.State == Published {
			said, of = append(said, x), append(of, c)
		}
	}
	return said, of, nil
}
