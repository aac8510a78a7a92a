// SPDX-License-Identifier: EUPL-1.2

package accountweb

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"

	"github.com/kupferfaden/kupferfaden/internal/web"
)

// Mark stands for the session of the request and tells it from every other, for what only the same session may go on with. Empty for readers
// who are not signed in. Who knows a mark does not have the session.
func (s *Sessions) Mark(r *web.Request) string {
	if r.Actor.Person == "" {
		return ""
	}
	token := s.of(r.Tenant).Token(r.Context())
	if token == "" {
		return ""
	}
	sum := sha256.Sum256([]byte("mark " + token))
	return hex.EncodeToString(sum[:])
}

// SignOut ends the session of the request in the database and in the browser, as after an account was erased.
func (s *Sessions) SignOut(w http.ResponseWriter, r *web.Request) error {
	w.Header().Set("Clear-Site-Data", `"cache", "storage"`) // ASVS 14.3.1
	return s.end(r.Context(), r.Tenant)
}
