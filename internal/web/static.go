// SPDX-License-Identifier: EUPL-1.2

package web

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"
	"sync"

	"github.com/klauspost/compress/gzip"
)

//go:embed all:static
var staticFS embed.FS

// staticFile is a file as it is sent; packed is nil where packing saves nothing.
type staticFile struct {
	contentType string
	plain       []byte
	etag        string
	once        sync.Once
	packed      []byte
}

// staticFiles serves style sheets, scripts, fonts and pictures under /static/{version}/{name}. The version is one hash over all of them: a
// release changes every address at once, so that browsers may keep each file for ever and files may refer to each other by relative addresses.
type staticFiles struct {
	version string
	files   map[string]*staticFile
	err     error
}

// loadStatic reads what `make assets` left in static/gen together with the committed pictures beside it, once.
var loadStatic = sync.OnceValue(func() *staticFiles { return readStatic(staticFS) })

func readStatic(fsys fs.FS) *staticFiles {
	s := &staticFiles{files: map[string]*staticFile{}}
	sum := sha256.New()
	err := fs.WalkDir(fsys, "static", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasPrefix(d.Name(), ".") {
			return err
		}
		b, err := fs.ReadFile(fsys, name)
		if err != nil {
			return err
		}
		sum.Write([]byte(name))
		sum.Write(b)
		short := strings.TrimPrefix(strings.TrimPrefix(name, "static/"), "gen/")
		one := sha256.Sum256(b)
		s.files[short] = &staticFile{contentType: contentType(short), plain: b, etag: `"` + hex.EncodeToString(one[:8]) + `"`}
		return nil
	})
	s.err = err
	if err == nil && s.files["app.css"] == nil {
		s.err = errors.New("internal/web/static/gen/app.css is missing")
	}
	s.version = hex.EncodeToString(sum.Sum(nil)[:6])
	return s
}

func contentType(name string) string {
	switch ext := path.Ext(name); ext {
	case ".js", ".mjs":
		return "text/javascript; charset=utf-8"
	case ".woff2":
		return "font/woff2"
	case ".css":
		return "text/css; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	case ".txt", ".md":
		return "text/plain; charset=utf-8"
	default:
		if t := mime.TypeByExtension(ext); t != "" {
			return t
		}
	}
	return "application/octet-stream"
}

// packOnce packs on first use; about 30 ms for the largest file, once in the life of the program.
func (f *staticFile) packOnce() []byte {
	f.once.Do(func() {
		if !compressible(f.contentType) || len(f.plain) < compressFrom {
			return
		}
		var b bytes.Buffer
		w, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
		if err != nil {
			return
		}
		if _, err := w.Write(f.plain); err != nil || w.Close() != nil {
			return
		}
		f.packed = b.Bytes()
	})
	return f.packed
}

// ServeHTTP answers /static/{version}/{name}. A file asked for under the version of another release is given in its present form, not to be
// kept: a page that was open during an upgrade goes on working.
func (s *staticFiles) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	version, name, _ := strings.Cut(r.PathValue("rest"), "/")
	f, ok := s.files[name]
	if !ok {
		http.NotFound(w, r)
		return
	}
	h := w.Header()
	if version == s.version {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	} else {
		h.Set("Cache-Control", "no-cache")
	}
	s.send(w, r, f)
}

func (s *staticFiles) send(w http.ResponseWriter, r *http.Request, f *staticFile) {
	h := w.Header()
	h.Set("Content-Type", f.contentType)
	h.Set("ETag", f.etag)
	addVary(h, "Accept-Encoding")
	if r.Header.Get("If-None-Match") == f.etag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	body := f.plain
	if packed := f.packOnce(); packed != nil && acceptsGzip(r) {
		body = packed
		h.Set("Content-Encoding", "gzip")
	}
	asIs(w)
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(http.StatusOK)
	if r.Method != http.MethodHead {
		_, _ = w.Write(body)
	}
}

func (s *staticFiles) favicon(w http.ResponseWriter, r *http.Request) {
	f, ok := s.files["favicon.svg"]
	if !ok {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Cache-Control", "public, max-age=86400")
	s.send(w, r, f)
}

// Static gives the address of a file of static/ or static/gen/, "atlas.js".
func Static(name string) string { return "/static/" + loadStatic().version + "/" + name }

// StaticVersion changes with every release that changes a style sheet, script or font.
func StaticVersion() string { return loadStatic().version }

// HasStatic tells whether a file is there; without `make assets` the generated ones are not.
func HasStatic(name string) bool {
	_, ok := loadStatic().files[name]
	return ok
}

// robots keeps crawlers out of the pages of staff.
func robots(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "public, max-age=86400")
	_, _ = w.Write([]byte("User-agent: *\nDisallow: /arbeit\nDisallow: /anmelden\n"))
}
