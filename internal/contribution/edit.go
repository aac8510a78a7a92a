// SPDX-License-Identifier: EUPL-1.2

package contribution

import (
	"context"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// Edit is a new version of the public text.
type Edit struct {
	Title, Text, Lang string
	Plain             string // the public text in Leichte Sprache, of the town; an author's new words make the old one untrue
	Category          string
	Geometry          string   // GeoJSON; empty: none
	Areas             []string // chosen, where there is no geometry
	Place             bool     // geometry and areas are to be set, else they stay
	Reason            string
	Seen              int // Contribution.Edit the editor saw, for conflict detection
}

// ByCode finds a contribution by its receipt code, whatever its state; Invalid on the field "code" for one that is none. Callers slow down
// guesses.
func (s *Service) ByCode(ctx context.Context, by access.Actor, code string) (Contribution, error) {
	wrong := invalid(map[string]string{"code": "contribution.code.unknown"})
	if err := access.CheckTenant(by, access.Contribute); err != nil {
		return Contribution{}, err
	}
	code, ok := ParseCode(code)
	if !ok {
		return Contribution{}, invalid(map[string]string{"code": "contribution.code.form"})
	}
	c, err := s.Store.ByReceipt(ctx, by.Tenant, s.codeHash(by.Tenant, code))
	if kernel.KindOf(err) == kernel.NotFound {
		return Contribution{}, wrong
	}
	return c, err
}

// Mine finds a contribution of somebody's: by the receipt code where there is one, by the account otherwise.
func (s *Service) Mine(ctx context.Context, by access.Actor, number, code string) (Contribution, error) {
	if code != "" {
		return s.ByCode(ctx, by, code)
	}
	c, err := s.Store.ByNumber(ctx, by.Tenant, number)
	if err != nil {
		return c, err
	}
	if by.Person == "" || c.Author != by.Person {
		return Contribution{}, notFound()
	}
	return c, nil
}

// Correct is the author's new version. What was public goes back to moderation, and so does what was hidden: it may be right now.
func (s *Service) Correct(ctx context.Context, by access.Actor, number, code string, e Edit) (Contribution, error) {
	c, err := s.Mine(ctx, by, number, code)
	if err != nil {
		return c, err
	}
	if c.State == Withdrawn || c.State == Merged {
		return c, kernel.E(kernel.Conflict, "contribution.over")
	}
	e.Category, e.Plain = c.Category, c.Plain
	if tidy(e.Text, true) != c.Text {
		e.Plain = ""
	}
	return s.edit(ctx, by, c, e, true)
}

// Rewrite is the town's new version, with a reason: somebody's address taken out, a spelling that cannot be read. Whoever may moderate has
// moderated it; for anybody else it goes back there.
func (s *Service) Rewrite(ctx context.Context, by access.Actor, number string, e Edit) (Contribution, error) {
	c, err := s.Get(ctx, by, number)
	if err != nil {
		return c, err
	}
	do := access.Moderate
	if c.EnteredBy != "" && c.EnteredBy == by.Person {
		do = access.RecordContribution
	}
	if err := s.may(ctx, by, do, c); err != nil {
		return c, err
	}
	if tidy(e.Reason, true) == "" {
		return c, invalid(map[string]string{"reason": "contribution.reason.missing"})
	}
	return s.edit(ctx, by, c, e, false)
}

func (s *Service) edit(ctx context.Context, by access.Actor, c Contribution, e Edit, author bool) (Contribution, error) {
	f := map[string]string{}
	e.Title, e.Text, e.Reason, e.Category = tidy(e.Title, false), tidy(e.Text, true), tidy(e.Reason, true), tidy(e.Category, false)
	most := MostText
	if c.Channel != Platform {
		most = MostEntered
	}
	checkText(f, &e.Title, e.Text, most)
	if e.Plain = tidy(e.Plain, true); length(e.Plain) > most {
		f["plain"] = "contribution.text.long"
	}
	if e.Lang == "" {
		e.Lang = c.Lang
	}
	lang, ok := Lang(e.Lang)
	if !ok {
		f["lang"] = "contribution.lang.unknown"
	}
	if length(e.Reason) > mostReason {
		f["reason"] = "contribution.reason.long"
	}
	if length(e.Category) > 100 {
		f["category"] = "contribution.category.unknown"
	}
	if err := invalid(f); err != nil {
		return c, err
	}
	public := c.Public()
	if e.Place {
		if err := s.replace(ctx, by.Tenant, &c, e); err != nil {
			return c, err
		}
	}
	if e.Seen != 0 && e.Seen != c.Edit {
		return c, kernel.E(kernel.Conflict, "contribution.edited")
	}
	c.Title, c.Text, c.Plain, c.Lang, c.Category, c.Changed = e.Title, e.Text, e.Plain, lang, e.Category, s.now()
	if (public || c.State == Hidden) && (author || !s.May(ctx, by, access.Moderate, c)) {
		c.State = Checking
	}
	err := s.Tx.Tx(ctx, func(ctx context.Context) error {
		versions, err := s.Store.Versions(ctx, by.Tenant, c.ID)
		if err != nil {
			return err
		}
		v := Version{
			Contribution: c.ID, Number: len(versions) + 1, Lang: c.Lang, Title: c.Title, Text: c.Text, Author: author, By: by.Person, Reason: e.Reason, At: c.Changed,
		}
		if err := s.Store.AddVersion(ctx, by.Tenant, v); err != nil {
			return err
		}
		if err := s.Store.Save(ctx, by.Tenant, c); err != nil {
			return err
		}
		if err := s.requote(ctx, by.Tenant, c); err != nil {
			return err
		}
		if err := s.tell(ctx, by.Tenant, Corrected, c); err != nil {
			return err
		}
		if public {
			if err := s.touch(ctx, by.Tenant); err != nil {
				return err
			}
		}
		if author {
			return nil
		}
		return access.Record(ctx, s.Trail, by, access.Act{Do: access.Moderate, What: "contribution.rewrite", Object: c.Ref(), Reason: e.Reason})
	})
	c.Edit++
	return c, err
}

// replace sets another place; Invalid on the field "place" for one that cannot be, or for none where the module wants one.
func (s *Service) replace(ctx context.Context, tenant kernel.ID, c *Contribution, e Edit) error {
	if err := s.place(ctx, tenant, c, e.Geometry, e.Areas); err != nil {
		return err
	}
	far, err := s.farAway(ctx, tenant, *c)
	if err != nil {
		return err
	}
	_, m, err := s.Process(ctx, tenant, c.Process, c.Module)
	switch {
	case err != nil && kernel.KindOf(err) != kernel.NotFound: // of a module that is gone nothing is known
		return err
	case far:
		return invalid(map[string]string{"place": "contribution.place.far"})
	case m.PlaceRequired && !c.Placed && len(c.Areas) == 0:
		return invalid(map[string]string{"place": "contribution.place.missing"})
	}
	return nil
}

// requote finds the quotes of statements in a new text; a quote that is gone speaks of the whole.
func (s *Service) requote(ctx context.Context, tenant kernel.ID, c Contribution) error {
	list, err := s.Store.Statements(ctx, tenant, c.ID)
	if err != nil {
		return err
	}
	for _, x := range list {
		from, to, ok := Find(c.Text, x.Quote)
		if ok && from == x.From && to == x.To {
			continue
		}
		if !ok {
			from, to, x.Quote = 0, 0, ""
		}
		x.From, x.To = from, to
		if err := s.Store.RemoveStatement(ctx, tenant, x.ID); err != nil {
			return err
		}
		if err := s.Store.AddStatement(ctx, tenant, x); err != nil {
			return err
		}
	}
	return nil
}

// Withdraw takes a contribution back, by its author, one that lives on in another one too. It is not shown any more; the town keeps it, as others
// may have answered.
func (s *Service) Withdraw(ctx context.Context, by access.Actor, number, code string) (Contribution, error) {
	c, err := s.Mine(ctx, by, number, code)
	if err != nil {
		return c, err
	}
	if c.State == Withdrawn {
		return c, nil
	}
	c.State, c.MergedIn, c.Changed = Withdrawn, "", s.now()
	err = s.Tx.Tx(ctx, func(ctx context.Context) error {
		if err := s.Store.Save(ctx, by.Tenant, c); err != nil {
			return err
		}
		if err := s.standAlone(ctx, by.Tenant, c.ID); err != nil {
			return err
		}
		if s.Gone != nil {
			if err := s.Gone(ctx, by.Tenant, c.Ref()); err != nil {
				return err
			}
		}
		if err := s.tell(ctx, by.Tenant, TookBack, c); err != nil {
			return err
		}
		return s.touch(ctx, by.Tenant)
	})
	c.Edit++
	return c, err
}

// Versions lists the versions of the public text: to everybody those of a public contribution, without who made them.
func (s *Service) Versions(ctx context.Context, by access.Actor, c Contribution) ([]Version, error) {
	if _, err := s.readable(ctx, by, c); err != nil {
		return nil, err
	}
	list, err := s.Store.Versions(ctx, by.Tenant, c.ID)
	if err != nil || s.May(ctx, by, access.Moderate, c) {
		return list, err
	}
	for i := range list { // an earlier version may be what the moderation took out
		list[i].By, list[i].Title, list[i].Text = "", "", ""
	}
	return list, nil
}
