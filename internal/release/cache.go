// SPDX-License-Identifier: EUPL-1.2

package release

import (
	"sync"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// cacheLimit bounds the figures kept in memory: about 20 MB.
const cacheLimit = 300_000

// cacheKey carries the stamp, so that an old table is never served after a change.
type cacheKey struct {
	tenant   kernel.ID
	stamp    string
	audience access.Audience
	query    Query
}

// cache keeps the state of tenants and recently read tables. It is emptied as a whole when full: simple, and a page warms it again in one query a
// table.
type cache struct {
	mu     sync.Mutex
	states map[kernel.ID]stamped
	tables map[cacheKey]*Table
	size   int
}

type stamped struct {
	stamp string
	state *state
}

func (c *cache) state(tenant kernel.ID, stamp string, load func() (*state, error)) (*state, error) {
	c.mu.Lock()
	have, ok := c.states[tenant]
	c.mu.Unlock()
	if ok && have.stamp == stamp {
		return have.state, nil
	}
	st, err := load()
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.states == nil {
		c.states = map[kernel.ID]stamped{}
	}
	c.states[tenant] = stamped{stamp: stamp, state: st}
	return st, nil
}

func (c *cache) table(key cacheKey, read func() (*Table, error)) (*Table, error) {
	c.mu.Lock()
	t, ok := c.tables[key]
	c.mu.Unlock()
	if ok {
		return t, nil
	}
	t, err := read()
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.tables == nil || c.size+len(t.Figures) > cacheLimit {
		c.tables, c.size = map[cacheKey]*Table{}, 0
	}
	if _, again := c.tables[key]; !again {
		c.tables[key] = t
		c.size += len(t.Figures)
	}
	return t, nil
}
