// SPDX-License-Identifier: EUPL-1.2

package contributionweb

import (
	"context"
	"errors"

	"github.com/kupferfaden/kupferfaden/internal/contribution"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/web"
)

// Codes slows down those who guess receipt codes, for all processes of the installation and all forms that take a code together.
type Codes struct {
	// Try asks whether the network address may try a code now and counts it as wrong in advance, so that many at once are not all let through; Right
	// takes back what Try counted. nil: nobody counts.
	Try, Right func(ctx context.Context, tenant kernel.ID, client string) error
}

// guess looks a code up. What cannot be a code, as its check sign is wrong, is a slip of the pen and no guess.
func (c Codes) guess(r *web.Request, code string, look func() error) error {
	if _, ok := contribution.ParseCode(code); !ok || c.Try == nil {
		return look()
	}
	if err := c.Try(r.Context(), r.Tenant.ID, r.Client()); err != nil {
		return err
	}
	err := look()
	var e *kernel.Error
	if errors.As(err, &e) && e.Fields["code"] != "" {
		return err
	}
	if wrong := c.Right(r.Context(), r.Tenant.ID, r.Client()); wrong != nil && err == nil {
		return wrong
	}
	return err
}
