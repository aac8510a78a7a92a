// SPDX-License-Identifier: EUPL-1.2

package contributionweb

import (
	"cmp"
	"net/http"

	"github.com/kupferfaden/kupferfaden/internal/contribution"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/web"
)

// contentTypes of the files people take away.
var contentTypes = map[string]string{
	"csv": "text/csv; charset=utf-8", "geojson": "application/geo+json", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}

// openData is everything public as a file for everybody.
func (h handlers) openData(w http.ResponseWriter, r *web.Request) error {
	q := r.URL.Query()
	format := cmp.Or(q.Get("format"), "csv")
	if format != "csv" && format != "geojson" {
		return kernel.E(kernel.NotFound, "contribution.notfound")
	}
	f := contribution.Filter{Process: q.Get("prozess"), Module: q.Get("baustein")}
	out := &lazy{w: w, name: "beitraege." + format, kind: contentTypes[format]}
	return h.s.OpenData(r.Context(), r.Tenant.ID, f, format, out, r.P.T)
}

// lazy sends the head with the first byte, so that an error before becomes a page.
type lazy struct {
	w          http.ResponseWriter
	name, kind string
	begun      bool
}

func (l *lazy) Write(b []byte) (int, error) {
	if !l.begun {
		l.begun = true
		h := l.w.Header()
		h.Set("Content-Type", l.kind)
		h.Set("Content-Disposition", `attachment; filename="`+l.name+`"`)
	}
	return l.w.Write(b)
}
