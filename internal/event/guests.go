// SPDX-License-Identifier: EUPL-1.2

package event

import (
	"context"
	"fmt"
	"strings"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// Invitation is somebody on the list of an event: a role or organisation with an address.
type Invitation struct {
	ID          kernel.ID
	Event       kernel.ID
	Label       string
	Email       string
	Lang        string
	CreatedAt   kernel.Instant
	AnnouncedAt kernel.Instant // save the date
	InvitedAt   kernel.Instant
	OverAt      kernel.Instant
}

// mostInvited is how many can be added at once.
const mostInvited = 2000

// AddInvitations takes a list as people have it in a table or mail program: a line each, "Jugendamt <jugendamt@stadt.example>", "Schule; schule@…"
// or the address alone. Who is on the list stays there once. Invalid names the lines that hold no address.
func (s *Service) AddInvitations(ctx context.Context, by access.Actor, key, lines, lang string) (added int, err error) {
	e, err := s.Edited(ctx, by, key)
	if err != nil {
		return 0, err
	}
	var list []Invitation
	var findings []kernel.Finding
	for n, line := range strings.Split(strings.ReplaceAll(lines, "\r", "\n"), "\n") {
		if strings.TrimSpace(line) == "" {
			continue
		}
		label, email := splitGuest(line)
		address, err := s.Mail.Check(email)
		if err != nil {
			findings = append(findings, kernel.Finding{Code: "event.guest.address", Outcome: kernel.RefuseRow, Row: n + 1})
			continue
		}
		list = append(list, Invitation{ID: kernel.NewID(), Event: e.ID, Label: label, Email: address, Lang: lang, CreatedAt: s.now(), OverAt: e.last()})
	}
	if len(findings) > 0 || len(list) == 0 || len(list) > mostInvited {
		key := "event.guest.missing"
		if len(findings) > 0 {
			key = "event.guest.lines"
		}
		return 0, &kernel.Error{Kind: kernel.Invalid, Key: "event.invalid", Fields: map[string]string{"guests": key}, Findings: findings}
	}
	return added, s.Tx.Tx(ctx, func(ctx context.Context) error {
		added = 0
		for _, i := range list {
			ok, err := s.Store.AddInvitation(ctx, by.Tenant, i)
			if err != nil {
				return err
			}
			if ok {
				added++
			}
		}
		return access.Record(ctx, s.Trail, by, access.Act{Do: access.EditEvent, What: "event.guests", Object: ref(e.ID), Note: map[string]string{"n": fmt.Sprint(added)}})
	})
}

// splitGuest tells label and address of a line.
func splitGuest(line string) (label, email string) {
	line = tidy(line)
	if i := strings.LastIndexByte(line, '<'); i >= 0 && strings.HasSuffix(line, ">") {
		return strings.Trim(line[:i], ` "`), strings.TrimSpace(line[i+1 : len(line)-1])
	}
	if i := strings.LastIndexAny(line, ";,\t "); i >= 0 {
		return strings.Trim(line[:i], ` ",;`), strings.TrimSpace(line[i+1:])
	}
	return "", line
}

// Invitations lists who is on the list.
func (s *Service) Invitations(ctx context.Context, by access.Actor, key string) (Event, []Invitation, error) {
	e, err := s.Edited(ctx, by, key)
	if err != nil {
		return e, nil, err
	}
	list, err := s.Store.Invitations(ctx, by.Tenant, e.ID)
	return e, list, err
}

// DropInvitation takes somebody off the list; what was sent cannot be called back.
func (s *Service) DropInvitation(ctx context.Context, by access.Actor, key string, id kernel.ID) error {
	e, err := s.Edited(ctx, by, key)
	if err != nil {
		return err
	}
	return s.Tx.Tx(ctx, func(ctx context.Context) error {
		if err := s.Store.DropInvitation(ctx, by.Tenant, e.ID, id); err != nil {
			return err
		}
		return access.Record(ctx, s.Trail, by, access.Act{Do: access.EditEvent, What: "event.guest.drop", Object: ref(e.ID)})
	})
}

// Invite has everybody on the list written to who has not got the letter: the save-the-date or the invitation.
func (s *Service) Invite(ctx context.Context, by access.Actor, key string, announce bool) error {
	e, err := s.Edited(ctx, by, key)
	if err != nil {
		return err
	}
	if e.Stage != Published || e.Over(s.now()) {
		return kernel.E(kernel.Conflict, "event.notpublished")
	}
	return s.Tx.Tx(ctx, func(ctx context.Context) error {
		if err := s.Jobs.Invite(ctx, by.Tenant, e.ID, announce); err != nil {
			return err
		}
		what := "event.invite"
		if announce {
			what = "event.announce"
		}
		return access.Record(ctx, s.Trail, by, access.Act{Do: access.EditEvent, What: what, Object: ref(e.ID)})
	})
}

// Registrations lists who registered, in the order they came, for those who prepare the event.
func (s *Service) Registrations(ctx context.Context, by access.Actor, key string) (Event, []Registration, error) {
	e, err := s.Edited(ctx, by, key)
	if err != nil {
		return e, nil, err
	}
	list, err := s.Store.Registrations(ctx, by.Tenant, e.ID, "", 0)
	return e, list, err
}

// Export is Registrations for a file that leaves the program; the trail says who took it and how many it names.
func (s *Service) Export(ctx context.Context, by access.Actor, key string) (Event, []Registration, error) {
	e, list, err := s.Registrations(ctx, by, key)
	if err != nil {
		return e, nil, err
	}
	return e, list, s.Tx.Tx(ctx, func(ctx context.Context) error {
		return access.Record(ctx, s.Trail, by, access.Act{Do: access.EditEvent, What: "event.export", Object: ref(e.ID), Note: map[string]string{"n": fmt.Sprint(len(list))}})
	})
}

// Remove ends somebody's registration for him or her, who called or wrote.
func (s *Service) Remove(ctx context.Context, by access.Actor, key string, id kernel.ID) error {
	e, err := s.Edited(ctx, by, key)
	if err != nil {
		return err
	}
	reg, err := s.Store.Registration(ctx, by.Tenant, id)
	if err != nil {
		return err
	}
	if reg.Event != e.ID {
		return kernel.E(kernel.NotFound, "event.link")
	}
	return s.Tx.Tx(ctx, func(ctx context.Context) error {
		if err := s.leave(ctx, by.Tenant, e, id, true); err != nil {
			return err
		}
		return access.Record(ctx, s.Trail, by, access.Act{Do: access.EditEvent, What: "event.remove", Object: ref(e.ID)})
	})
}

// Door gives the event for those who stand at the door.
func (s *Service) Door(ctx context.Context, by access.Actor, key string) (Event, error) {
	e, err := s.Store.ByKey(ctx, by.Tenant, key)
	if err == nil {
		err = s.may(by, access.CheckIn, e)
	}
	return e, err
}

// DoorList is the list at the door: those who hold a place, by name.
func (s *Service) DoorList(ctx context.Context, by access.Actor, key string) (Event, []Registration, error) {
	e, err := s.Door(ctx, by, key)
	if err != nil {
		return e, nil, err
	}
	all, err := s.Store.Registrations(ctx, by.Tenant, e.ID, "", 0)
	var list []Registration
	for _, r := range all {
		if r.Seated() {
			list = append(list, r)
		}
	}
	return e, list, err
}

// ByCode finds a registration by the code somebody shows at the door; Invalid on the field "code" where there is none.
func (s *Service) ByCode(ctx context.Context, by access.Actor, key, code string) (Event, Registration, error) {
	e, err := s.Door(ctx, by, key)
	if err != nil {
		return e, Registration{}, err
	}
	r, err := s.Store.ByCode(ctx, by.Tenant, e.ID, ParseCode(code))
	if kernel.KindOf(err) == kernel.NotFound && err != nil {
		err = errInvalid(map[string]string{"code": "event.code.unknown"})
	}
	return e, r, err
}

// CheckIn notes that somebody came, of a registration for several people how many of them (0: all); first is false when the code was used before. Somebody of the waiting list is let in where there is room,
// which is for the people at the door to see.
func (s *Service) CheckIn(ctx context.Context, by access.Actor, key, code string, came int) (r Registration, first bool, err error) {
	e, r, err := s.ByCode(ctx, by, key, code)
	if err != nil {
		return r, false, err
	}
	if e.Stage == Cancelled {
		return r, false, kernel.E(kernel.Conflict, "event.refused.cancelled")
	}
	if r.State == Left {
		return r, false, errInvalid(map[string]string{"code": "event.code.left"})
	}
	if came == 0 {
		came = r.Heads
	}
	if came < 0 || came > r.Heads {
		return r, false, errInvalid(map[string]string{"came": "event.heads.came"})
	}
	return r, first, s.Tx.Tx(ctx, func(ctx context.Context) error {
		var err error
		if first, err = s.Store.CheckIn(ctx, by.Tenant, r, came, s.now()); err != nil || !first {
			return err
		}
		return access.Record(ctx, s.Trail, by, access.Act{Do: access.CheckIn, What: "event.checkin", Object: ref(e.ID)})
	})
}
