// SPDX-License-Identifier: EUPL-1.2

package visionweb

import (
	"net/http"
	"strconv"

	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/vision"
	"github.com/kupferfaden/kupferfaden/internal/web"
)

// The versions that have no number.
const (
	workingVersion      = "arbeit"       // the working text
	consolidatedVersion = "konsolidiert" // with the amendments that were accepted
)

// comparison is two versions side by side.
type comparison struct {
	doc      *vision.Doc
	from, to string
	names    [2]string
	side     bool
	whole    bool // unchanged paragraphs too
	pairs    []vision.Pair
	items    []web.Item
	changed  int
	form     *web.Form
}

// paragraphs gives those of a version by its word in the address.
func (h handlers) paragraphs(r *web.Request, d *vision.Doc, which string) ([]vision.Paragraph, string, error) {
	switch which {
	case workingVersion:
		return d.Live(read(r)), r.T("vision.working"), nil
	case consolidatedVersion:
		c, err := h.s.Consolidated(r.Context(), r.Actor, d.Key)
		if err != nil {
			return nil, "", err
		}
		return vision.Numbered(c.Paragraphs, read(r)), r.T("vision.consolidated"), nil
	}
	n, err := strconv.Atoi(which)
	if err != nil {
		return nil, "", kernel.E(kernel.NotFound, "vision.version.notfound")
	}
	v, err := h.s.Version(r.Context(), r.Actor, d.Key, n)
	return vision.Numbered(v.Content.Paragraphs, read(r)), versionName(r, v), err
}

func (h handlers) comparison(r *web.Request, d *vision.Doc, from, to string) (comparison, error) {
	f := web.NewForm(r)
	v := comparison{doc: d, from: from, to: to, side: f.Value("ansicht") == "nebeneinander", whole: f.Value("umfang") == "alles", form: f}
	a, name, err := h.paragraphs(r, d, from)
	if err != nil {
		return v, err
	}
	b, other, err := h.paragraphs(r, d, to)
	if err != nil {
		return v, err
	}
	v.names = [2]string{name, other}
	for _, p := range vision.Pairs(a, b) {
		same := p.Same(read(r))
		if !same {
			v.changed++
		}
		if !same || v.whole {
			v.pairs = append(v.pairs, p)
		}
	}
	for i := len(d.Versions) - 1; i >= 0; i-- {
		v.items = append(v.items, web.Item{Value: strconv.Itoa(d.Versions[i].Number), Text: versionName(r, d.Versions[i])})
	}
	v.items = append(v.items, web.Item{Value: workingVersion, Text: r.T("vision.working")}, web.Item{Value: consolidatedVersion, Text: r.T("vision.consolidated")})
	f.Set("von", from)
	f.Set("bis", to)
	if !f.Has("ansicht") {
		f.Set("ansicht", "zusammen")
	}
	return v, nil
}

func (h handlers) compare(w http.ResponseWriter, r *web.Request) error {
	d, err := h.s.Doc(r.Context(), r.Actor, r.PathValue("text"))
	if err != nil {
		return err
	}
	q := r.URL.Query()
	from, to := q.Get("von"), q.Get("bis")
	if from == "" && len(d.Versions) > 0 {
		from = strconv.Itoa(d.Versions[len(d.Versions)-1].Number)
		if len(d.Versions) > 1 {
			from = strconv.Itoa(d.Versions[1].Number)
		}
	}
	if from == "" {
		from = workingVersion
	}
	if to == "" && len(d.Versions) > 1 {
		to = strconv.Itoa(d.Versions[0].Number)
	}
	if to == "" {
		to = workingVersion
	}
	v, err := h.comparison(r, d, from, to)
	if err != nil {
		return err
	}
	p := h.below(r, d.Text, r.T("vision.compare"))
	p.Lead = r.T("vision.compare.lead")
	return r.Render(w, p, comparePage(r, v))
}
