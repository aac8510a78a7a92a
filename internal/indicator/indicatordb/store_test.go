// SPDX-License-Identifier: EUPL-1.2

package indicatordb_test

import (
	"errors"

	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

func asError(err error) *kernel.Error {
	var e *kernel.Error
	if errors.As(err, &e) {
		return e
	}
	return nil
}
