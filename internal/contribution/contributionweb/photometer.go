// SPDX-License-Identifier: EUPL-1.2

package contributionweb

import (
	"sync"
	"time"
)

const (
	// photosEach and photosAll bound how many photos guests can lay down in an hour, from one address and in all: they are kept before the
	// contribution is sent, and would fill the disk of a town that somebody does not like. A school class behind one address has room.
	photosEach = 90
	photosAll  = 1500
)

// photoMeter counts the photos of guests in the current hour.
type photoMeter struct {
	mu   sync.Mutex
	hour time.Time
	all  int
	each map[string]int
}

// take counts one; false when there were enough.
func (m *photoMeter) take(client string, now time.Time) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if h := now.Truncate(time.Hour); !h.Equal(m.hour) {
		m.hour, m.all, m.each = h, 0, map[string]int{}
	}
	if m.all >= photosAll || m.each[client] >= photosEach {
		return false
	}
	m.all++
	m.each[client]++
	return true
}
