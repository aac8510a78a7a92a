// SPDX-License-Identifier: EUPL-1.2

package web

import (
	"bytes"
	"container/list"
	"io"
	"net/http"
	"runtime"
	"strconv"
	"sync"
	"time"

	"github.com/klauspost/compress/gzip"
	"golang.org/x/sync/singleflight"
)

// Version tells the version of what a page shows: a text that changes whenever the page would. It is asked on every request and has to be
// cheap.
type Version func(r *Request) (string, error)

// Cached keeps the page h draws for anonymous readers in memory, packed, until its version changes, and answers If-None-Match. Signed-in
// readers get their page from h every time. Only answers of status 200 are kept.
func Cached(version Version, h Handler) Handler {
	return func(w http.ResponseWriter, r *Request) error {
		v, err := version(r)
		if err != nil {
			return err
		}
		if r.SignedIn() || (r.Method != http.MethodGet && r.Method != http.MethodHead) || r.mux == nil || len(r.URL.RawQuery) > 512 {
			return h(w, r)
		}
		if r.NotModified(w, v) {
			return nil
		}
		page, etag, err := r.mux.cache.get(w.Header().Get("ETag"), r.etag(""), r, h)
		if err != nil {
			return err
		}
		w.Header().Set("ETag", etag)
		return page.write(w, r)
	}
}

// keptPage is an answer as it will be sent again.
type keptPage struct {
	status int
	header http.Header
	packed []byte
	size   int
}

func (p *keptPage) write(w http.ResponseWriter, r *Request) error {
	h := w.Header()
	for name, values := range p.header {
		h[name] = values
	}
	if p.status != http.StatusOK {
		h.Del("ETag")
	}
	addVary(h, "Accept-Encoding")
	body, length := io.Reader(bytes.NewReader(p.packed)), len(p.packed)
	if acceptsGzip(r.Request) {
		h.Set("Content-Encoding", "gzip")
	} else {
		gz, err := gzip.NewReader(body)
		if err != nil {
			return err
		}
		body, length = gz, p.size
	}
	asIs(w)
	h.Set("Content-Length", strconv.Itoa(length))
	w.WriteHeader(p.status)
	if r.Method == http.MethodHead {
		return nil
	}
	_, err := io.Copy(w, body)
	return err
}

// pageCache keeps the pages used last, up to a number of bytes. The key is the ETag, which covers town, address, language and version, so that
// an outdated page is never found and falls out by age.
type pageCache struct {
	mu     sync.Mutex
	limit  int
	used   int
	pages  map[string]*list.Element
	order  *list.List
	flight singleflight.Group
	// newest holds the key of the page last drawn for an address, whatever its version.
	newest  map[string]string
	drawing chan struct{} // one place a processor
}

type cacheEntry struct {
	key     string
	address string
	page    *keptPage
	current time.Time // when it was last known to be the newest
}

// outdatedFor is how long after it was last known to be current a page may be shown while others are being drawn: when a delivery or a release changes
// everything, thousands of readers do not wait for all pages to be drawn anew. With a processor free the page is drawn at once.
const outdatedFor = 2 * time.Second

func newPageCache(limit int) *pageCache {
	return &pageCache{limit: limit, pages: map[string]*list.Element{}, order: list.New(), newest: map[string]string{}, drawing: make(chan struct{}, runtime.GOMAXPROCS(0))}
}

// CacheUse tells how many pages are kept in memory and how many bytes they take.
func (m *Mux) CacheUse() (pages, bytes int) {
	m.cache.mu.Lock()
	defer m.cache.mu.Unlock()
	return len(m.cache.pages), m.cache.used
}

func (c *pageCache) find(key string) *keptPage {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e, ok := c.pages[key]; ok {
		c.order.MoveToFront(e)
		entry := e.Value.(*cacheEntry)
		entry.current = time.Now()
		return entry.page
	}
	return nil
}

// get gives the page from memory, or has it drawn once however many ask for it at the same time, and as many at once as there are processors. etag
// is that of the page given, which may be the one before for a moment.
func (c *pageCache) get(key, address string, r *Request, h Handler) (page *keptPage, etag string, err error) {
	if p := c.find(key); p != nil {
		return p, key, nil
	}
	if len(c.drawing) == cap(c.drawing) {
		if p, old := c.before(address); p != nil {
			return p, old, nil
		}
	}
	v, err, _ := c.flight.Do(key, func() (any, error) {
		if p := c.find(key); p != nil {
			return p, nil
		}
		select {
		case c.drawing <- struct{}{}:
		case <-r.Context().Done():
			return nil, r.Context().Err()
		}
		defer func() { <-c.drawing }()
		p, err := draw(r, h)
		if err == nil && p.status == http.StatusOK {
			c.put(key, address, p)
		}
		return p, err
	})
	if err != nil {
		return nil, "", err
	}
	return v.(*keptPage), key, nil
}

// before gives the page last drawn for an address as long as it may still be shown.
func (c *pageCache) before(address string) (page *keptPage, etag string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.pages[c.newest[address]]
	if !ok {
		return nil, ""
	}
	entry := e.Value.(*cacheEntry)
	if time.Since(entry.current) > outdatedFor {
		return nil, ""
	}
	return entry.page, entry.key
}

func (c *pageCache) put(key, address string, p *keptPage) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, ok := c.pages[key]; ok || len(p.packed) > c.limit/4 {
		return
	}
	c.pages[key] = c.order.PushFront(&cacheEntry{key: key, address: address, page: p, current: time.Now()})
	c.newest[address] = key
	c.used += len(p.packed) + len(key) + 512
	for c.used > c.limit {
		last := c.order.Back()
		e := last.Value.(*cacheEntry)
		c.order.Remove(last)
		delete(c.pages, e.key)
		if c.newest[e.address] == e.key {
			delete(c.newest, e.address)
		}
		c.used -= len(e.page.packed) + len(e.key) + 512
	}
}

// capture takes an answer instead of sending it.
type capture struct {
	header http.Header
	status int
	size   int
	gz     *gzip.Writer
	packed bytes.Buffer
}

func (c *capture) Header() http.Header { return c.header }

func (c *capture) WriteHeader(status int) {
	if c.status == 0 {
		c.status = status
	}
}

func (c *capture) Write(b []byte) (int, error) {
	c.WriteHeader(http.StatusOK)
	c.size += len(b)
	return c.gz.Write(b)
}

// draw runs the handler as a plain GET without conditions, so that the whole page comes out whatever the first reader has already.
func draw(r *Request, h Handler) (*keptPage, error) {
	inner := *r
	hr := r.Request.Clone(r.Request.Context())
	hr.Method = http.MethodGet
	hr.Header = http.Header{"Accept-Language": r.Header["Accept-Language"]}
	inner.Request = hr
	c := &capture{header: http.Header{}}
	gz, err := gzip.NewWriterLevel(&c.packed, 6)
	if err != nil {
		return nil, err
	}
	c.gz = gz
	if err := h(c, &inner); err != nil {
		return nil, err
	}
	if err := gz.Close(); err != nil {
		return nil, err
	}
	c.WriteHeader(http.StatusOK)
	for _, name := range []string{"ETag", "Content-Length", "Vary"} {
		c.header.Del(name)
	}
	return &keptPage{status: c.status, header: c.header, packed: bytes.Clone(c.packed.Bytes()), size: c.size}, nil
}
