// SPDX-License-Identifier: EUPL-1.2

package event

import (
	"context"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// RemindBefore is how long before an event people are reminded of it.
const RemindBefore = 48 * time.Hour

// portion is how many people are told in one transaction.
const portion = 100

// Tick does what the clock asks for: reminders, offers that nobody accepted, counts after rows were deleted. It is run every few minutes; run
// twice it does nothing the second time.
func (s *Service) Tick(ctx context.Context, tenant kernel.ID) error {
	if err := s.lapse(ctx, tenant); err != nil {
		return err
	}
	wrong, err := s.Store.ToRecount(ctx, tenant, s.now())
	if err != nil {
		return err
	}
	for _, id := range wrong {
		if err := s.Promote(ctx, tenant, id); err != nil {
			return err
		}
	}
	return s.remind(ctx, tenant)
}

// lapse ends offers nobody accepted; the place goes to the next one.
func (s *Service) lapse(ctx context.Context, tenant kernel.ID) error {
	for {
		list, err := s.Store.Lapsed(ctx, tenant, s.now(), portion)
		if err != nil || len(list) == 0 {
			return err
		}
		for _, r := range list {
			err := s.Tx.Tx(ctx, func(ctx context.Context) error {
				if err := s.Store.Lock(ctx, tenant, r.Event); err != nil {
					return err
				}
				now, err := s.Store.Registration(ctx, tenant, r.ID)
				if err != nil || now.State != Offered {
					return err
				}
				e, err := s.Store.ByID(ctx, tenant, r.Event)
				if err != nil {
					return err
				}
				if err := s.Store.EndRegistration(ctx, tenant, now, s.now()); err != nil {
					return err
				}
				if err := s.Mail.Lapsed(ctx, tenant, e, now); err != nil {
					return err
				}
				return s.Jobs.Promote(ctx, tenant, r.Event)
			})
			if err != nil {
				return err
			}
		}
	}
}

// remind tells everybody who holds a place of an event that begins within two days, once. Who registered within these two days needs no
// reminder: the confirmation is fresh.
func (s *Service) remind(ctx context.Context, tenant kernel.ID) error {
	now := s.now()
	soon, err := s.Store.Soon(ctx, tenant, now, kernel.InstantOf(now.Add(RemindBefore)))
	if err != nil {
		return err
	}
	for _, e := range soon {
		before := kernel.InstantOf(e.Start.Add(-RemindBefore))
		for {
			list, err := s.Store.ToRemind(ctx, tenant, e.ID, before, portion)
			if err != nil {
				return err
			}
			if len(list) == 0 {
				break
			}
			err = s.Tx.Tx(ctx, func(ctx context.Context) error {
				fresh, err := s.Store.ByID(ctx, tenant, e.ID)
				if err != nil || fresh.Stage != Published || fresh.Start != e.Start {
					return err
				}
				for _, r := range list {
					again, err := s.Store.Registration(ctx, tenant, r.ID)
					if kernel.KindOf(err) == kernel.NotFound && err != nil {
						continue
					}
					if err != nil {
						return err
					}
					if err := s.Store.Reminded(ctx, tenant, r.ID, now); err != nil {
						return err
					}
					if again.Seated() {
						if err := s.Mail.Reminder(ctx, tenant, fresh, again, s.token(tenant, r.ID)); err != nil {
							return err
						}
					}
				}
				return nil
			})
			if err != nil {
				return err
			}
			if len(list) < portion {
				break
			}
		}
	}
	return nil
}

// Tell sends a letter to everybody who registered, some at a time. Broken off and run again it goes on, as nobody gets the same letter twice.
func (s *Service) Tell(ctx context.Context, tenant, id kernel.ID, l Letter, sequence int, done func(n int64)) error {
	e, err := s.Store.ByID(ctx, tenant, id)
	if err != nil {
		return err
	}
	if l == ChangeLetter && (e.Sequence != sequence || e.Stage != Published) {
		return nil // it changed again or was called off: that letter says what holds
	}
	var told int64
	for after := kernel.ID(""); ; {
		list, err := s.Store.Registrations(ctx, tenant, id, after, portion)
		if err != nil || len(list) == 0 {
			return err
		}
		err = s.Tx.Tx(ctx, func(ctx context.Context) error {
			for _, r := range list {
				if r.State == Left || l == MinutesLetter && r.State == Waits {
					continue
				}
				if err := s.Mail.Tell(ctx, tenant, l, e, r, s.token(tenant, r.ID)); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		after = list[len(list)-1].ID
		if told += int64(len(list)); done != nil {
			done(told)
		}
	}
}

// SendInvitations sends the save-the-date or the invitation to everybody on the list who has not got it.
func (s *Service) SendInvitations(ctx context.Context, tenant, id kernel.ID, announce bool) error {
	e, err := s.Store.ByID(ctx, tenant, id)
	if err != nil || e.Stage != Published {
		return err
	}
	list, err := s.Store.Invitations(ctx, tenant, id)
	if err != nil {
		return err
	}
	for begin := 0; begin < len(list); begin += portion {
		err := s.Tx.Tx(ctx, func(ctx context.Context) error {
			for _, i := range list[begin:min(begin+portion, len(list))] {
				if announce && !i.AnnouncedAt.IsZero() || !announce && !i.InvitedAt.IsZero() {
					continue
				}
				if err := s.Store.Invited(ctx, tenant, i.ID, announce, s.now()); err != nil {
					return err
				}
				if err := s.Mail.Invite(ctx, tenant, e, i, announce); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}
