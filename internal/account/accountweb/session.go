// SPDX-License-Identifier: EUPL-1.2

// Package accountweb is signing in and out, one's own account, and the administration of users.
package accountweb

import (
	"context"
	"log/slog"
	"net/http"
	"sync"
	"time"

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

var _ web.Sessions = (*Sessions)(nil)

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
	sm := scs.New()
	sm.Store = s.store(t.ID)
	sm.HashTokenInStore = true
	sm.Codec = account.SessionCodec{}
	sm.Lifetime = account.SessionMost
	sm.IdleTimeout = account.SessionIdle
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

// Load makes the session of the request available to next.
func (s *Sessions) Load(t web.Tenant, next http.Handler) http.Handler {
	return s.of(t).LoadAndSave(next)
}

// Actor reads who asks: nobody when there is no session, or when its account is gone or disabled.
func (s *Sessions) Actor(r *http.Request, t web.Tenant) (access.Actor, error) {
	id := s.of(t).GetString(r.Context(), account.SessionKey)
	if id == "" {
		return access.Anonymous(t.ID), nil
	}
	a, err := s.service.Actor(r.Context(), t.ID, kernel.ID(id))
	if kernel.KindOf(err) == kernel.NotFound {
		return access.Anonymous(t.ID), nil
	}
	return a, err
}

// begin makes a session with a new token for the account; whatever token came with the request is worth nothing afterwards.
func (s *Sessions) begin(ctx context.Context, t web.Tenant, id kernel.ID) error {
	sm := s.of(t)
	if err := sm.RenewToken(ctx); err != nil {
		return err
	}
	sm.SetDeadline(ctx, time.Now().Add(account.SessionMost))
	sm.Put(ctx, account.SessionKey, string(id))
	return nil
}

// end ends the session in the database and in the browser.
func (s *Sessions) end(ctx context.Context, t web.Tenant) error { return s.of(t).Destroy(ctx) }
