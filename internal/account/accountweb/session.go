// SPDX-License-Identifier: EUPL-1.2

// Package accountweb is signing in and out, one's own account, and the administration of users.
package accountweb

import (
	"context"
	"log/slog"
	"net/http"
	"sync"

	"github.com/alexedwards/scs/v2"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/account"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/platform/i18n"
	"github.com/kupferfaden/kupferfaden/internal/web"
)

// SessionStore gives the store of a town's sessions; accountdb.Sessions is one.
type SessionStore func(tenant kernel.ID) scs.Store

// Sessions are who is signed in, by town: each town has a cookie of its own, so that a person can work for two of them in one browser and no
// session of one is ever looked up in the other.
type Sessions struct {
	service *account.Service
	store   SessionStore
	secure  bool
	mu      sync.Mutex
	byTown  map[kernel.ID]*scs.SessionManager
}

var (
	_ web.Sessions = (*Sessions)(nil)
	_ web.Dutiful  = (*Sessions)(nil)
)

// NewSessions makes the sessions of an installation; secure tells that pages are reached through HTTPS.
func NewSessions(s *account.Service, store SessionStore, secure bool) *Sessions {
	return &Sessions{service: s, store: store, secure: secure, byTown: map[kernel.ID]*scs.SessionManager{}}
}

func (s *Sessions) of(t web.Tenant) *scs.SessionManager {
	s.mu.Lock()
	defer s.mu.Unlock()
	if sm, ok := s.byTown[t.ID]; ok {
		return sm
	}
	sm := scs.New() // how long a session lasts is for the store to know
	sm.Store = s.store(t.ID)
	sm.HashTokenInStore = true
	sm.Codec = account.SessionCodec{}
	sm.Cookie.Name = CookieName(t.Key, s.secure)
	sm.Cookie.Path = "/"
	sm.Cookie.HttpOnly = true
	sm.Cookie.SameSite = http.SameSiteLaxMode
	sm.Cookie.Secure = s.secure
	sm.Cookie.Persist = false
	sm.ErrorFunc = func(w http.ResponseWriter, r *http.Request, err error) {
		slog.ErrorContext(r.Context(), "session", "err", err)
		w.Header().Set("Retry-After", "30")
		http.Error(w, i18n.For(i18n.German, kernel.Standard).T("web.error.unavailable"), http.StatusServiceUnavailable)
	}
	s.byTown[t.ID] = sm
	return sm
}

// CookieName is the name of a town's session cookie. Behind TLS the prefix forbids every other host and path to set it (RFC 6265bis 4.1.3.2).
func CookieName(town string, secure bool) string {
	if secure {
		return "__Host-kf-" + town
	}
	return "kf-" + town
}

// The further cookies of a town: the browser in which somebody signed in before, and a sign-in that is under way at the identity provider.
const (
	deviceCookie   = "-geraet"
	providerCookie = "-anbieter"
)

// cookie makes a cookie of ours; no script and no other host can read or set it.
func (s *Sessions) cookie(t web.Tenant, kind, value string, seconds int) *http.Cookie {
	return &http.Cookie{
		Name: CookieName(t.Key, s.secure) + kind, Value: value, Path: "/", MaxAge: seconds, HttpOnly: true, Secure: s.secure, SameSite: http.SameSiteLaxMode,
	}
}

// read gives the value of a cookie of ours, empty where there is none.
func (s *Sessions) read(r *http.Request, t web.Tenant, kind string) string {
	c, err := r.Cookie(CookieName(t.Key, s.secure) + kind)
	if err != nil || len(c.Value) > 100 {
		return ""
	}
	return c.Value
}

// Load makes the session of the request available to next.
func (s *Sessions) Load(t web.Tenant, next http.Handler) http.Handler {
	return s.of(t).LoadAndSave(next)
}

// current is the session of the request; the zero session where nobody is signed in.
func (s *Sessions) current(ctx context.Context, t web.Tenant) account.Session {
	return account.DecodeSession(s.of(t).GetString(ctx, account.SessionKey))
}

// Actor reads who asks: nobody when there is no session, or when its account is gone or disabled.
func (s *Sessions) Actor(r *http.Request, t web.Tenant) (access.Actor, error) {
	x := s.current(r.Context(), t)
	if x.Account == "" {
		return access.Anonymous(t.ID), nil
	}
	a, _, err := s.service.Present(r.Context(), t.ID, x)
	if kernel.KindOf(err) == kernel.NotFound {
		return access.Anonymous(t.ID), nil
	}
	return a, err
}

// Duty gives where somebody has to go before anything else.
func (s *Sessions) Duty(r *http.Request, t web.Tenant) string {
	x := s.current(r.Context(), t)
	if x.Account == "" {
		return ""
	}
	_, duty, err := s.service.Present(r.Context(), t.ID, x)
	switch {
	case err != nil:
		return ""
	case duty == account.PasswordDuty:
		return ownPath
	case duty == account.FactorDuty:
		return factorPath
	}
	return ""
}

// from is what is known of where the reader signs in.
func (s *Sessions) from(r *web.Request) account.From {
	f := account.From{Net: r.Client(), Agent: r.UserAgent()}
	if token := s.read(r.Request, r.Tenant, deviceCookie); token != "" {
		f.Device = account.HashToken(token)
	}
	return f
}

// deviceSeconds is how long a browser is known without being used.
const deviceSeconds = int(account.KeepDevice / 1e9)

// enter signs an account in: a session with a new token, whatever token came with the request is worth nothing afterwards.
func (s *Sessions) enter(w http.ResponseWriter, r *web.Request, a account.Account, way account.Way, strong bool) error {
	token := s.read(r.Request, r.Tenant, deviceCookie)
	if token == "" {
		token = account.NewToken()
	}
	http.SetCookie(w, s.cookie(r.Tenant, deviceCookie, token, deviceSeconds))
	return s.open(r, a, account.Opening{Way: way, Strong: strong, DeviceHash: account.HashToken(token)})
}

// renew lets the session go on under a new token, as when the password or the second factor has changed; strong is what it is from now on.
func (s *Sessions) renew(r *web.Request, a account.Account, strong bool) error {
	x := s.current(r.Context(), r.Tenant)
	way := x.Way
	if x.Account != a.ID {
		way = account.ByPassword
	}
	return s.open(r, a, account.Opening{Way: way, Strong: strong, KeepStarted: true})
}

func (s *Sessions) open(r *web.Request, a account.Account, o account.Opening) error {
	ctx, sm := r.Context(), s.of(r.Tenant)
	if err := sm.RenewToken(ctx); err != nil {
		return err
	}
	o.TokenHash, o.Agent = account.HashToken(sm.Token(ctx)), r.UserAgent()
	x, err := s.service.Open(ctx, a, r.Tenant.ID, o)
	if err != nil {
		return err
	}
	sm.Put(ctx, account.SessionKey, account.SessionValue(x))
	return nil
}

// begin lets the session of a person go on under a new token, as strong as it was. For another account, which has just shown by a link from a
// mail whom it belongs to, it begins a session, unless a second factor has to be shown first: then the person signs in as always (ASVS 6.4.3).
func (s *Sessions) begin(ctx context.Context, t web.Tenant, id kernel.ID) error {
	r := web.From(ctx)
	if x := s.current(ctx, t); x.Account == id {
		return s.renew(r, account.Account{ID: id}, x.Strong)
	}
	needed, err := s.service.HasSecond(ctx, t.ID, id)
	if err != nil || needed {
		return err
	}
	return s.renew(r, account.Account{ID: id}, false)
}

// end ends the session in the database and in the browser.
func (s *Sessions) end(ctx context.Context, t web.Tenant) error { return s.of(t).Destroy(ctx) }
