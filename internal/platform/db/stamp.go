// SPDX-License-Identifier: EUPL-1.2

package db

import (
	"context"

	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// Touch counts a change of what a tenant's pages show, in the transaction of the change: pages and caches are valid for one value of
// tenant.stamp. It also takes the tenant's row, so that on PostgreSQL a second transaction waits for the first.
func (d *DB) Touch(ctx context.Context, tenant any) error {
	_, err := d.Conn(ctx).ExecContext(ctx, `update tenant set stamp = stamp + 1 where tenant_id = $1`, tenant)
	if id, ok := tenant.(kernel.ID); ok && err == nil && d.Touched != nil {
		return d.Touched(ctx, id)
	}
	return err
}
