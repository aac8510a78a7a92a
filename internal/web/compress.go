// SPDX-License-Identifier: EUPL-1.2

package web

import (
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/klauspost/compress/gzip"
)

// compressFrom is the size below which packing costs more than it saves.
const compressFrom = 1000

var gzipWriters = sync.Pool{New: func() any {
	w, err := gzip.NewWriterLevel(io.Discard, 5)
	if err != nil {
		panic(err) // the level is a constant
	}
	return w
}}

// compressWriter packs text answers for readers who can unpack them, and remembers status and size for the log.
type compressWriter struct {
	http.ResponseWriter
	gz      *gzip.Writer
	accepts bool
	head    bool
	wrote   bool
	status  int
	bytes   int64
}

func newCompressWriter(w http.ResponseWriter, r *http.Request) *compressWriter {
	return &compressWriter{ResponseWriter: w, accepts: acceptsGzip(r), head: r.Method == http.MethodHead}
}

// outermost finds the compressWriter under the writers that sessions put around it.
func outermost(w http.ResponseWriter) *compressWriter {
	for {
		switch x := w.(type) {
		case *compressWriter:
			return x
		case interface{ Unwrap() http.ResponseWriter }:
			w = x.Unwrap()
		default:
			return nil
		}
	}
}

// asIs sends the body as the handler writes it, which has packed it itself or will not.
func asIs(w http.ResponseWriter) {
	if cw := outermost(w); cw != nil {
		cw.accepts = false
	}
}

// acceptsGzip reads Accept-Encoding (RFC 9110 12.5.3) as far as it matters here: gzip named and not forbidden.
func acceptsGzip(r *http.Request) bool {
	for part := range strings.SplitSeq(r.Header.Get("Accept-Encoding"), ",") {
		name, params, _ := strings.Cut(strings.TrimSpace(part), ";")
		if !strings.EqualFold(strings.TrimSpace(name), "gzip") {
			continue
		}
		q, err := strconv.ParseFloat(strings.TrimPrefix(strings.TrimSpace(params), "q="), 64)
		return err != nil || q > 0
	}
	return false
}

func compressible(contentType string) bool {
	t, _, _ := strings.Cut(contentType, ";")
	switch t = strings.TrimSpace(t); t {
	case "application/json", "application/geo+json", "application/problem+json", "application/javascript", "image/svg+xml", "application/xml",
		"application/vnd.mapbox-vector-tile":
		return true
	case "text/event-stream":
		return false
	}
	return strings.HasPrefix(t, "text/")
}

// WriteHeader decides whether the body will be packed.
func (w *compressWriter) WriteHeader(status int) {
	if w.wrote || status < 200 {
		if status < 200 {
			w.ResponseWriter.WriteHeader(status)
		}
		return
	}
	w.wrote, w.status = true, status
	h := w.Header()
	if cc := h.Values("Cache-Control"); len(cc) > 1 && slices.Contains(cc, "no-store") {
		h.Set("Cache-Control", "no-store") // the session adds a weaker line of its own
	}
	if h.Get("Content-Encoding") == "" && compressible(h.Get("Content-Type")) && h.Get("Content-Range") == "" {
		addVary(h, "Accept-Encoding")
		length, err := strconv.Atoi(h.Get("Content-Length"))
		if w.accepts && !w.head && (err != nil || length >= compressFrom) && status != http.StatusNoContent && status != http.StatusNotModified {
			h.Set("Content-Encoding", "gzip")
			h.Del("Content-Length")
			w.gz = gzipWriters.Get().(*gzip.Writer)
			w.gz.Reset(counter{w})
		}
	}
	w.ResponseWriter.WriteHeader(status)
}

func addVary(h http.Header, name string) {
	for _, v := range h.Values("Vary") {
		if strings.EqualFold(v, name) {
			return
		}
	}
	h.Add("Vary", name)
}

// counter is the way of packed bytes to the reader.
type counter struct{ w *compressWriter }

func (c counter) Write(b []byte) (int, error) {
	n, err := c.w.ResponseWriter.Write(b)
	c.w.bytes += int64(n)
	return n, err
}

// Write sends b, packed where that was decided.
func (w *compressWriter) Write(b []byte) (int, error) {
	if !w.wrote {
		if w.Header().Get("Content-Type") == "" {
			w.Header().Set("Content-Type", http.DetectContentType(b))
		}
		w.WriteHeader(http.StatusOK)
	}
	if w.gz != nil {
		return w.gz.Write(b)
	}
	n, err := w.ResponseWriter.Write(b)
	w.bytes += int64(n)
	return n, err
}

// FlushError sends what has been written so far.
func (w *compressWriter) FlushError() error {
	if w.gz != nil {
		if err := w.gz.Flush(); err != nil {
			return err
		}
	}
	return http.NewResponseController(w.ResponseWriter).Flush()
}

// Flush sends what has been written so far.
func (w *compressWriter) Flush() { _ = w.FlushError() }

// Unwrap gives http.ResponseController the connection.
func (w *compressWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// close ends the packed body.
func (w *compressWriter) close() {
	if w.gz == nil {
		if !w.wrote {
			w.status = http.StatusOK
		}
		return
	}
	_ = w.gz.Close() // the reader has gone: nobody left to tell
	gzipWriters.Put(w.gz)
	w.gz = nil
}
