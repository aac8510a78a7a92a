// SPDX-License-Identifier: EUPL-1.2

package accountweb

import (
	"net/url"

	"github.com/kupferfaden/kupferfaden/internal/account"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/web"
)

type handlers struct {
	service  *account.Service
	sessions *Sessions
}

// Register adds the pages of accounts.
func Register(m *web.Mux, s *account.Service, sessions *Sessions) {
	h := handlers{s, sessions}
	h.registerSignIn(m)
	h.registerOwn(m)
	h.registerUsers(m)
}

// Addresses of the pages other pages lead to.
const (
	ownPath   = "/konto"
	usersPath = "/arbeit/benutzer"
)

func userPath(id kernel.ID) string { return usersPath + "/" + url.PathEscape(string(id)) }
