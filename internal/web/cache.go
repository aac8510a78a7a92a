// SPDX-License-Identifier: EUPL-1.2

package web

import (
	"bytes"
	"container/list"
	"io"
	"net/http"
	"strconv"
	"sync"

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
		page, err := r.mux.cache.get(w.Header().Get("ETag"), r, h)
		if err != nil {
			return err
		}
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
}

type cacheEntry struct {
	key  string
	page *keptPage
}

func newPageCache(limit int) *pageCache {
	return &pageCache{limit: limit, pages: map[string]*list.Element{}, order: list.New()}
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
		return e.Value.(*cacheEntry).page
	}
	return nil
}

// get gives the page from memory, or has it drawn once however many ask for it at the same time.
func (c *pageCache) get(key string, r *Request, h Handler) (*keptPage, error) {
	if p := c.find(key); p != nil {
		return p, nil
	}
	v, err, _ := c.flight.Do(key, func() (any, error) {
		if p := c.find(key); p != nil {
			return p, nil
		}
		p, err := draw(r, h)
		if err == nil && p.status == http.StatusOK {
			c.put(key, p)
		}
		return p, err
	})
	if err != nil {
		return nil, err
	}
	return v.(*keptPage), nil
}

func (c *pageCache) put(key string, p *keptPage) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, ok := c.pages[key]; ok || len(p.packed) > c.limit/4 {
		return
	}
	c.pages[key] = c.order.PushFront(&cacheEntry{key, p})
	c.used += len(p.packed) + len(key) + 512
	for c.used > c.limit {
		last := c.order.Back()
		e := last.Value.(*cacheEntry)
		c.order.Remove(last)
		delete(c.pages, e.key)
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
