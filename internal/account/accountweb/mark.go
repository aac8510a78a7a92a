// SPDX-License-Identifier: EUPL-1.2

package accountweb

import (
	"crypto/sha256"
	"encoding/hex"

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
