// SPDX-License-Identifier: EUPL-1.2

package account

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// InviteExecutor names the executor of an invitation that waited for a second person.
const InviteExecutor = "account.invite"

// invited is what a second person agrees to; the invitation itself holds name, address and roles, so that what waits holds no personal data.
type invited struct {
	Invitation kernel.ID `json:"invitation"`
}

// Invite prepares an account for an address and sends the link to it. Where the town sends no mail, the link is given back to be handed over.
// Invalid names the fields at fault; Conflict "account.exists" when there is such an account; "approval.waiting" when a second person is asked
// first. An older invitation to the same address is worth nothing afterwards.
func (s *Service) Invite(ctx context.Context, by access.Actor, n New, lang string) (path string, err error) {
	if err := access.CheckTenant(by, access.ManageUsers); err != nil {
		return "", err
	}
	a, err := s.prepare(ctx, by.Tenant, n)
	if err != nil {
		return "", err
	}
	l := Link{
		ID: kernel.NewID(), Kind: Invitation, Email: a.Email, Lang: lang, CreatedAt: kernel.InstantOf(s.now()), CreatedBy: by.Person,
		ExpiresAt: kernel.InstantOf(s.now().Add(InvitationLife)), Content: LinkContent{Name: a.Name, Waiting: true},
	}
	for _, r := range n.Roles {
		l.Content.Roles = append(l.Content.Roles, RoleChange{Role: r, In: n.In, From: n.From, To: n.To})
	}
	_, unknown := newToken()
	err = s.DB.Tx(ctx, func(ctx context.Context) error {
		switch _, err := s.Store.ByEmail(ctx, by.Tenant, FoldEmail(a.Email)); {
		case err == nil:
			return &kernel.Error{
				Kind: kernel.Conflict, Key: "account.exists", Params: kernel.Params("email", a.Email), Fields: map[string]string{"email": "account.exists"},
			}
		case kernel.KindOf(err) != kernel.NotFound:
			return err
		}
		if err := s.Links.DropLinks(ctx, by.Tenant, []LinkKind{Invitation}, "", FoldEmail(a.Email)); err != nil {
			return err
		}
		return s.Links.AddLink(ctx, by.Tenant, l, unknown)
	})
	if err != nil {
		return "", err
	}
	return s.sendInvitation(ctx, by, l, "account.invite")
}

// CarryOutInvite is the executor of InviteExecutor.
func (s *Service) CarryOutInvite(ctx context.Context, by access.Actor, args json.RawMessage) error {
	var i invited
	if err := json.Unmarshal(args, &i); err != nil {
		return fmt.Errorf("invitation: %w", err)
	}
	l, err := s.invitation(ctx, by.Tenant, i.Invitation)
	if err != nil {
		return err
	}
	_, err = s.sendInvitation(ctx, by, l, "account.invite")
	return err
}

// sendInvitation asks a second person where the town wants one, and sends the link.
func (s *Service) sendInvitation(ctx context.Context, by access.Actor, l Link, what string) (path string, err error) {
	if err := access.CheckTenant(by, access.ManageUsers); err != nil {
		return "", err
	}
	ref := kernel.Ref{Kind: "invitation", ID: l.ID}
	if l.Content.Waiting && !by.Has(access.Operator) {
		roles := make([]string, len(l.Content.Roles))
		for i, r := range l.Content.Roles {
			roles[i] = string(r.Role)
		}
		err := access.Second(ctx, s.FourEyes, by, access.Matter{
			Kind: access.RoleMatter, Do: access.ManageUsers, What: InviteExecutor, Object: ref, Title: s.say("account.matter.invite", "roles", s.roleWords(roles)),
			Args: invited{l.ID},
		})
		if err != nil {
			return "", err
		}
	}
	l.Content.Waiting = false
	l.ExpiresAt = kernel.InstantOf(s.now().Add(InvitationLife))
	err = s.DB.Tx(ctx, func(ctx context.Context) error {
		m := Mail{Email: l.Email, Lang: l.Lang, Kind: "account.invite", Params: kernel.Params("name", l.Content.Name, "until", l.ExpiresAt)}
		if !s.Mails() {
			m = Mail{}
		}
		path, err = s.give(ctx, by.Tenant, l, m)
		if err != nil {
			return err
		}
		return access.Record(ctx, s.Trail, by, access.Act{Do: access.ManageUsers, What: what, Object: ref, Note: rolesNote(l.Content.Roles)})
	})
	if err != nil || s.Mails() {
		return "", err
	}
	return path, nil
}

// roleWords are names of roles as one parameter of a text.
func (s *Service) roleWords(roles []string) kernel.Text {
	out := kernel.Text{}
	for i, r := range roles {
		for lang, name := range s.say("account.role." + r) {
			if i > 0 {
				out[lang] += ", "
			}
			out[lang] += name
		}
	}
	return out
}

func rolesNote(list []RoleChange) map[string]string {
	note := map[string]string{}
	for i, c := range list {
		note[fmt.Sprintf("role%d", i+1)] = string(c.Role) + "@" + WriteContext(c.In)
	}
	return note
}

// invitation gives one that is still open.
func (s *Service) invitation(ctx context.Context, tenant, id kernel.ID) (Link, error) {
	l, err := s.Links.Link(ctx, tenant, id)
	if err == nil && l.Kind != Invitation {
		err = errLink()
	}
	return l, err
}

// Invitations lists those nobody has accepted yet, newest first, expired ones included.
func (s *Service) Invitations(ctx context.Context, by access.Actor) ([]Link, error) {
	if err := access.CheckTenant(by, access.ManageUsers); err != nil {
		return nil, err
	}
	if s.Links == nil {
		return nil, nil
	}
	return s.Links.LinksOf(ctx, by.Tenant, Invitation)
}

// GetInvitation gives one of them.
func (s *Service) GetInvitation(ctx context.Context, by access.Actor, id kernel.ID) (Link, error) {
	if err := access.CheckTenant(by, access.ManageUsers); err != nil {
		return Link{}, err
	}
	return s.invitation(ctx, by.Tenant, id)
}

// Resend sends a new link for an invitation, good for another week; the older link is worth nothing any more. Conflict "account.invite.waiting"
// while a second person has not agreed.
func (s *Service) Resend(ctx context.Context, by access.Actor, id kernel.ID) (path string, l Link, err error) {
	if l, err = s.GetInvitation(ctx, by, id); err != nil {
		return "", l, err
	}
	if l.Content.Waiting {
		return "", l, kernel.E(kernel.Conflict, "account.invite.waiting")
	}
	path, err = s.sendInvitation(ctx, by, l, "account.invite.again")
	return path, l, err
}

// Revoke takes an invitation back.
func (s *Service) Revoke(ctx context.Context, by access.Actor, id kernel.ID) error {
	l, err := s.GetInvitation(ctx, by, id)
	if err != nil {
		return err
	}
	return s.DB.Tx(ctx, func(ctx context.Context) error {
		if err := s.take(ctx, by.Tenant, l); err != nil {
			return err
		}
		return access.Record(ctx, s.Trail, by, access.Act{
			Do: access.ManageUsers, What: "account.invite.revoke", Object: kernel.Ref{Kind: "invitation", ID: l.ID},
		})
	})
}

// Accept makes the account of an invitation with a password of the person's own. NotFound "account.link.invalid" is the one answer to a link
// that is unknown, used, too old, revoked or of another town.
func (s *Service) Accept(ctx context.Context, tenant kernel.ID, token, name, password string) (Account, error) {
	l, err := s.open(ctx, tenant, Invitation, token)
	if err != nil {
		return Account{}, err
	}
	a, err := s.fromInvitation(ctx, tenant, l)
	if err != nil {
		return Account{}, err
	}
	clean, wrong := CleanName(name)
	switch {
	case wrong != "":
		return Account{}, fieldError("name", wrong, "max", MaxName)
	case clean != "":
		a.Name = clean
	}
	if err := s.checkChosen(ctx, tenant, password, a); err != nil {
		return Account{}, err
	}
	if a.Hash, err = s.Hasher.Hash(ctx, password); err != nil {
		return Account{}, err
	}
	return a, s.settle(ctx, tenant, l, a)
}

// AcceptVerified makes the account of an open invitation for an address that somebody trusted has verified (the town's identity provider);
// it has no password. NotFound "account.link.invalid" where there is no invitation to it.
func (s *Service) AcceptVerified(ctx context.Context, tenant kernel.ID, email string) (Account, error) {
	list, err := s.Links.LinksOf(ctx, tenant, Invitation)
	if err != nil {
		return Account{}, err
	}
	i := slices.IndexFunc(list, func(l Link) bool {
		return FoldEmail(l.Email) == FoldEmail(email) && !l.Content.Waiting && s.now().Before(l.ExpiresAt.Time)
	})
	if i < 0 {
		return Account{}, errLink()
	}
	a, err := s.fromInvitation(ctx, tenant, list[i])
	if err != nil {
		return Account{}, err
	}
	return a, s.settle(ctx, tenant, list[i], a)
}

// fromInvitation gives the account an invitation leads to; its roles begin today where they were to begin earlier, and one whose last day has
// passed meanwhile is not given.
func (s *Service) fromInvitation(ctx context.Context, tenant kernel.ID, l Link) (Account, error) {
	a := Account{ID: kernel.NewID(), Email: l.Email, Name: l.Content.Name, Lang: l.Lang, CreatedAt: kernel.InstantOf(s.now())}
	for _, c := range l.Content.Roles {
		if c.To != "" && c.To < kernel.DayOf(s.now()) {
			continue
		}
		g, err := s.planGrant(ctx, tenant, a.Roles, c, true)
		var e *kernel.Error
		if errors.As(err, &e) && e.Fields["in"] == "account.context.unknown" {
			continue // the process or area is gone
		}
		if err != nil {
			return a, err
		}
		a.Roles = append(a.Roles, g)
	}
	return a, nil
}

// settle uses the invitation up and writes the account, in one transaction: of two tries with one link exactly one succeeds.
func (s *Service) settle(ctx context.Context, tenant kernel.ID, l Link, a Account) error {
	self := access.Actor{Tenant: tenant, Person: a.ID, Name: a.Name}
	return s.DB.Tx(ctx, func(ctx context.Context) error {
		if err := s.take(ctx, tenant, l); err != nil {
			return err
		}
		if err := s.Links.DropLinks(ctx, tenant, []LinkKind{Invitation, Registration}, "", FoldEmail(a.Email)); err != nil {
			return err
		}
		if err := s.Store.Insert(ctx, tenant, a); err != nil {
			return err
		}
		err := access.Record(ctx, s.Trail, self, access.Act{
			Do: access.UseOwnAccount, What: "account.invite.accept", Object: accountRef(a.ID), Note: map[string]string{"invitation": string(l.ID)},
		})
		for _, g := range a.Roles {
			if err == nil {
				err = access.Record(ctx, s.Trail, self, access.Act{Do: access.UseOwnAccount, What: "account.role.give", Object: accountRef(a.ID), Note: noteOf(g)})
			}
		}
		return err
	})
}
