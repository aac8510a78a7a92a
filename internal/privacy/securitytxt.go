// SPDX-License-Identifier: EUPL-1.2

package privacy

import (
	"context"
	"fmt"
	"strings"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// SecurityTxt is the town's /.well-known/security.txt (RFC 9116), at its canonical address. NotFound where the town has none or its date has
// passed: whoever finds a gap must not write to somebody who no longer looks.
func (s *Service) SecurityTxt(ctx context.Context, by access.Actor, canonical string) (string, error) {
	v, err := s.Published(ctx, by, Security)
	if err != nil {
		return "", err
	}
	if v.Version == 0 || v.overdue(s.today()) {
		return "", kernel.E(kernel.NotFound, "access.notfound")
	}
	town, err := s.Towns.Town(ctx, by.Tenant)
	if err != nil {
		return "", err
	}
	f := v.Content.Fields
	var b strings.Builder
	fmt.Fprintf(&b, "Contact: mailto:%s\n", f["email"])
	fmt.Fprintf(&b, "Expires: %sT00:00:00Z\n", f["expires"])
	fmt.Fprintf(&b, "Preferred-Languages: %s\n", strings.Join(town.Languages, ", "))
	if strings.HasPrefix(canonical, "https://") {
		fmt.Fprintf(&b, "Canonical: %s\n", canonical)
	}
	if f["policy"] != "" {
		fmt.Fprintf(&b, "Policy: %s\n", f["policy"])
	}
	return b.String(), nil
}
