// SPDX-License-Identifier: EUPL-1.2

package accountweb

import (
	"context"
	"net/url"

	"github.com/kupferfaden/kupferfaden/internal/account"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/web"
)

type handlers struct {
	service  *account.Service
	sessions *Sessions
	o        Options
}

// Options are what the pages need of others; all may be missing.
type Options struct {
	// Address makes the absolute address of a path of a town, for links that are handed over.
	Address func(ctx context.Context, tenant kernel.ID, lang, path string) (string, error)
	// Own are further parts of one's own page.
	Own []OwnSection
}

// Register adds the pages of accounts.
func Register(m *web.Mux, s *account.Service, sessions *Sessions, o Options) {
	h := handlers{s, sessions, o}
	h.registerSignIn(m)
	h.registerOwn(m)
	h.registerUsers(m)
	h.registerInvite(m)
	h.registerReset(m)
	h.registerCitizen(m)
}

// Addresses of the pages other pages lead to.
const (
	ownPath   = "/konto"
	usersPath = "/arbeit/benutzer"
)

func userPath(id kernel.ID) string { return usersPath + "/" + url.PathEscape(string(id)) }
