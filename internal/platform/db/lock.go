// SPDX-License-Identifier: EUPL-1.2

package db

import "errors"

// errLocked says that another process holds the lock.
var errLocked = errors.New("db: locked by another process")
