// SPDX-License-Identifier: EUPL-1.2

package account

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// How long a session lasts where the town has not said otherwise (ASVS 7.3.1, 7.3.2): without activity, and at all. A working day fits in.
const (
	SessionIdle = 2 * time.Hour
	SessionMost = 12 * time.Hour
)

// Proved is how long a person counts as having just shown who he or she is; older sessions are asked again before anything is changed that
// opens the account (ASVS 7.5.1).
const Proved = 10 * time.Minute

// Way is how a person signed in.
type Way string

// The ways to sign in.
const (
	ByPassword Way = "password"
	ByPasskey  Way = "passkey"
	ByProvider Way = "oidc" // the town's own identity provider
)

// Session is one browser in which a person is signed in.
type Session struct {
	ID        kernel.ID
	Account   kernel.ID
	Way       Way
	Strong    bool   // with a second factor, or by a way that counts as two
	Device    string // browser and system, coarse
	StartedAt kernel.Instant
	ProvedAt  kernel.Instant // when the person last showed who he or she is
	SeenAt    kernel.Instant
}

// Limits are how long sessions of a town last.
type Limits struct{ Idle, Most time.Duration }

// Ends is when the session ends if nothing more is done in it.
func (l Limits) Ends(s Session) time.Time {
	idle, most := s.SeenAt.Add(l.Idle), s.StartedAt.Add(l.Most)
	if idle.Before(most) {
		return idle
	}
	return most
}

// Rules are what a town asks of those who sign in.
type Rules struct {
	SecondFactor bool // people who work for the town need one
	Idle, Most   time.Duration
}

// limits gives the town's limits within bounds: nobody is signed out while typing, nobody stays for days.
func (r Rules) limits() Limits {
	within := func(d, missing, least, most time.Duration) time.Duration {
		if d == 0 {
			return missing
		}
		return min(max(d, least), most)
	}
	most := within(r.Most, SessionMost, time.Hour, 24*time.Hour)
	return Limits{Idle: min(within(r.Idle, SessionIdle, 5*time.Minute, 12*time.Hour), most), Most: most}
}

// rulesFor is how long the rules of a town are believed without asking again.
const rulesFor = 5 * time.Second

type keptRules struct {
	Rules
	at time.Time
}

// TownRules gives the rules of a town; a change shows within seconds.
func (s *Service) TownRules(ctx context.Context, tenant kernel.ID) (Rules, error) {
	if s.Rules == nil {
		return Rules{}, nil
	}
	if k, ok := s.kept.Load(tenant); ok {
		if k := k.(keptRules); time.Since(k.at) < rulesFor {
			return k.Rules, nil
		}
	}
	r, err := s.Rules(ctx, tenant)
	if err != nil {
		return Rules{}, err
	}
	s.kept.Store(tenant, keptRules{r, time.Now()})
	return r, nil
}

// SessionLimits gives how long sessions of the town last.
func (s *Service) SessionLimits(ctx context.Context, tenant kernel.ID) (Limits, error) {
	r, err := s.TownRules(ctx, tenant)
	return r.limits(), err
}

// Sessions lists where the person is signed in, last seen first.
func (s *Service) Sessions(ctx context.Context, by access.Actor) ([]Session, error) {
	if err := ownAccount(by); err != nil {
		return nil, err
	}
	list, err := s.Keys.Sessions(ctx, by.Tenant, by.Person)
	if err != nil {
		return nil, err
	}
	limits, err := s.SessionLimits(ctx, by.Tenant)
	if err != nil {
		return nil, err
	}
	now, alive := s.now(), list[:0]
	for _, x := range list {
		if now.Before(limits.Ends(x)) {
			alive = append(alive, x)
		}
	}
	return alive, nil
}

// EndSession ends one of the person's own sessions; NotFound when it is not his or hers.
func (s *Service) EndSession(ctx context.Context, by access.Actor, id kernel.ID) error {
	if err := ownAccount(by); err != nil {
		return err
	}
	return s.DB.Tx(ctx, func(ctx context.Context) error {
		if err := s.Keys.EndSession(ctx, by.Tenant, by.Person, id); err != nil {
			return err
		}
		return s.record(ctx, by, "signin.session.end", map[string]string{"sessions": "1"})
	})
}

// EndOthers ends every session of the person but the one named, and forgets the browsers that were known.
func (s *Service) EndOthers(ctx context.Context, by access.Actor, keep kernel.ID) error {
	if err := ownAccount(by); err != nil {
		return err
	}
	return s.DB.Tx(ctx, func(ctx context.Context) error {
		n, err := s.Keys.EndOthers(ctx, by.Tenant, by.Person, keep)
		if err != nil {
			return err
		}
		return s.record(ctx, by, "signin.session.end", map[string]string{"sessions": fmt.Sprint(n)})
	})
}

func ownAccount(by access.Actor) error {
	if by.Person == "" {
		return kernel.E(kernel.Unauthenticated, "access.signin")
	}
	return access.CheckTenant(by, access.UseOwnAccount)
}

// record writes an act on the person's own account to the trail.
func (s *Service) record(ctx context.Context, by access.Actor, what string, note map[string]string) error {
	return access.Record(ctx, s.Trail, by, access.Act{
		Do: access.UseOwnAccount, What: what, Object: kernel.Ref{Kind: "account", ID: by.Person}, Note: note,
	})
}

// Opening is how a session begins.
type Opening struct {
	Way         Way
	Strong      bool
	TokenHash   string // of the cookie of the session
	DeviceHash  string // of the cookie of the browser
	Agent       string // User-Agent header
	KeepStarted bool   // the session goes on under a new token: not a sign-in of its own
}

// Open begins a session. A browser in which the person has never been is told by mail, unless it is the first one.
func (s *Service) Open(ctx context.Context, a Account, tenant kernel.ID, o Opening) (Session, error) {
	now := kernel.InstantOf(s.now())
	x := Session{ID: kernel.NewID(), Account: a.ID, Way: o.Way, Strong: o.Strong, Device: DeviceName(o.Agent), StartedAt: now, ProvedAt: now, SeenAt: now}
	limits, err := s.SessionLimits(ctx, tenant)
	if err != nil {
		return x, err
	}
	by := access.Actor{Tenant: tenant, Person: a.ID, Name: a.Name}
	err = s.DB.Tx(ctx, func(ctx context.Context) error {
		if err := s.Keys.BeginSession(ctx, tenant, o.TokenHash, x, kernel.InstantOf(limits.Ends(x))); err != nil {
			return err
		}
		if o.KeepStarted {
			return nil
		}
		known, others, err := s.Keys.SeeDevice(ctx, tenant, a.ID, o.DeviceHash, now)
		if err != nil {
			return err
		}
		if staff(a) {
			if err := s.record(ctx, by, "signin", map[string]string{"way": string(o.Way), "strong": fmt.Sprint(o.Strong)}); err != nil {
				return err
			}
		}
		if known || others == 0 {
			return nil
		}
		return s.notify(ctx, tenant, a, "signin.device", string(x.ID), map[string]any{"device": x.Device})
	})
	return x, err
}

// Prove notes that the person of a session has just shown again who he or she is.
func (s *Service) Prove(ctx context.Context, by access.Actor, session kernel.ID) error {
	return s.Keys.ProveSession(ctx, by.Tenant, by.Person, session, kernel.InstantOf(s.now()))
}

// systems and browsers as their User-Agent headers name them; the first hit counts, so that Edge, which also says Chrome and Safari, comes first.
var (
	systems  = [][2]string{{"Android", "Android"}, {"iPhone", "iPhone"}, {"iPad", "iPad"}, {"Windows", "Windows"}, {"Mac OS X", "macOS"}, {"CrOS", "ChromeOS"}, {"Linux", "Linux"}}
	browsers = [][2]string{{"Edg", "Edge"}, {"OPR/", "Opera"}, {"Firefox/", "Firefox"}, {"FxiOS", "Firefox"}, {"Chrome/", "Chrome"}, {"CriOS", "Chrome"}, {"Safari/", "Safari"}}
)

// DeviceName gives browser and system of a User-Agent header, coarse enough to tell one's own devices apart and nothing more: "Firefox, Windows".
// Empty when neither is known.
func DeviceName(agent string) string {
	var parts []string
	for _, names := range [][][2]string{browsers, systems} {
		for _, n := range names {
			if strings.Contains(agent, n[0]) {
				parts = append(parts, n[1])
				break
			}
		}
	}
	return strings.Join(parts, ", ")
}

// SessionKey is the value a session holds: which session it is.
const SessionKey = "session"

// SessionCodec writes sessions as JSON with sorted keys.
type SessionCodec struct{}

type sessionData struct {
	Deadline time.Time      `json:"deadline"`
	Values   map[string]any `json:"values"`
}

// Encode writes a session.
func (SessionCodec) Encode(deadline time.Time, values map[string]any) ([]byte, error) {
	return json.Marshal(sessionData{deadline.UTC(), values})
}

// Decode reads a session.
func (SessionCodec) Decode(b []byte) (time.Time, map[string]any, error) {
	var d sessionData
	if err := json.Unmarshal(b, &d); err != nil {
		return time.Time{}, nil, fmt.Errorf("session: %w", err)
	}
	if d.Values == nil {
		d.Values = map[string]any{}
	}
	return d.Deadline, d.Values, nil
}

// SessionValue is a session as the value under SessionKey, DecodeSession reads it; the zero session stands for nobody.
func SessionValue(x Session) string {
	b, err := json.Marshal(x)
	if err != nil {
		return "" // cannot happen: texts, times and a bool
	}
	return string(b)
}

// DecodeSession reads what SessionValue wrote.
func DecodeSession(value string) (x Session) {
	if json.Unmarshal([]byte(value), &x) != nil {
		return Session{}
	}
	return x
}
