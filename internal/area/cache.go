// SPDX-License-Identifier: EUPL-1.2

package area

import (
	"container/list"
	"strconv"
	"sync"

	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// cacheBytes bounds what all editions together may occupy, roughly counted; a Berlin of 542 areas takes about 5 MB with both maps.
const cacheBytes = 48 << 20

// cacheKey names something derived from an edition. The version is part of it, so that nothing has to be forgotten when an import ends:
// what was replaced is not asked for again and falls out.
type cacheKey struct {
	kind    string
	tenant  kernel.ID
	version string
}

func version(e Edition) string { return string(e.ID) + "." + strconv.Itoa(e.Version) }

// cache keeps the results used last. The zero value is ready; it is safe for concurrent use.
type cache struct {
	mu    sync.Mutex
	items map[cacheKey]*list.Element
	order list.List // of *cacheItem, the last used first
	bytes int
}

type cacheItem struct {
	key   cacheKey
	bytes int
	done  chan struct{}
	value any
	err   error
}

// cached returns the value for the key, computing it at most once at a time. Errors are told to all who wait and then forgotten.
func cached[T any](c *cache, key cacheKey, compute func() (T, int, error)) (T, error) {
	c.mu.Lock()
	if e, ok := c.items[key]; ok {
		c.order.MoveToFront(e)
		c.mu.Unlock()
		it := e.Value.(*cacheItem)
		<-it.done
		v, _ := it.value.(T)
		return v, it.err
	}
	if c.items == nil {
		c.items = map[cacheKey]*list.Element{}
	}
	it := &cacheItem{key: key, done: make(chan struct{})}
	e := c.order.PushFront(it)
	c.items[key] = e
	c.mu.Unlock()

	finished := false
	var v T
	var n int
	var err error
	defer func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		it.value, it.bytes, it.err = v, n, err
		if !finished { // compute panicked; whoever waits must not wait for ever
			it.err = errComputing
		}
		close(it.done)
		if it.err != nil {
			c.drop(e)
			return
		}
		c.bytes += n
		c.shrink(e)
	}()
	v, n, err = compute()
	finished = true
	return v, err
}

// shrink drops what was used longest ago and is complete, but not the item just added.
func (c *cache) shrink(keep *list.Element) {
	for e := c.order.Back(); e != nil && c.bytes > cacheBytes; {
		before := e.Prev()
		select {
		case <-e.Value.(*cacheItem).done:
			if e != keep {
				c.drop(e)
			}
		default:
		}
		e = before
	}
}

func (c *cache) drop(e *list.Element) {
	it := e.Value.(*cacheItem)
	c.bytes -= it.bytes
	delete(c.items, it.key)
	c.order.Remove(e)
}
