// SPDX-License-Identifier: EUPL-1.2

package actorweb

import (
	"slices"
	"strings"

	"github.com/kupferfaden/kupferfaden/internal/actor"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/web"
)

// shown is one reader's way to put fields into words.
type shown struct {
	r     *web.Request
	in    *actor.Inventory
	areas map[string]string
}

func (p *pages) shown(r *web.Request, in *actor.Inventory) (shown, error) {
	levels, err := p.s.Levels(r.Context(), r.Actor)
	return shown{r, in, actor.AreaNames(levels)}, err
}

// area is the name of a social space; its key where it is not there any more.
func (s shown) area(key string) string {
	if name, ok := s.areas[key]; ok {
		return name
	}
	_, k, _ := strings.Cut(key, "/")
	return s.r.T("actor.area.gone", "key", k)
}

// served names the areas of a record.
func (s shown) served(x actor.Record) string {
	if len(x.Served()) == 0 {
		return s.r.T("actor.town")
	}
	names := make([]string, len(x.Served()))
	for i, k := range x.Served() {
		names[i] = s.area(k)
	}
	return s.r.P.List(names)
}

// term is the name of a term; empty for none.
func (s shown) term(g actor.Group, key string) string {
	if key == "" {
		return ""
	}
	return say(s.r, s.in.Terms.Name(g, key))
}

func (s shown) terms(g actor.Group, keys []string) string {
	names := make([]string, len(keys))
	for i, k := range keys {
		names[i] = s.term(g, k)
	}
	return s.r.P.List(names)
}

// text is what a field says, in words.
func (s shown) text(f actor.Field) string {
	switch at := f.At.(type) {
	case *string:
		if f.Terms != "" {
			return s.term(f.Terms, *at)
		}
		return *at
	case *kernel.Date:
		if *at == "" {
			return ""
		}
		return s.r.P.Date(*at)
	case *bool:
		if *at {
			return s.r.T("actor.yes")
		}
	case **float64:
		if *at != nil {
			return number(s.r, **at)
		}
	case *[]string:
		switch {
		case f.Terms == actor.AreaTerms:
			names := make([]string, len(*at))
			for i, k := range *at {
				names[i] = s.area(k)
			}
			return s.r.P.List(names)
		case f.Terms != "":
			return s.terms(f.Terms, *at)
		}
		return strings.Join(*at, "\n")
	case *kernel.Text:
		return (*at)[f.Lang]
	}
	return ""
}

// number writes a number with the decimals it has.
func number(r *web.Request, v float64) string {
	decimals := 0
	for x := v; decimals < 2 && x != float64(int64(x)); decimals++ {
		x *= 10
	}
	return r.P.Number(v, decimals)
}

// apart are fields that a page shows in a way of its own.
var apart = []string{"title", "text", "text_leicht", "text_en", "lat", "lon", "age_from", "age_to"}

// facts are the fields of a record as terms and what they say; what is empty is left out.
func (s shown) facts(x actor.Record, inner bool) []web.Definition {
	var out []web.Definition
	for _, f := range x.Fields() {
		if slices.Contains(apart, f.Name) || f.Inner != inner || !f.Filled() {
			continue
		}
		d := web.Definition{Term: fieldName(s.r, f), Text: s.text(f)}
		switch {
		case f.Name == "website":
			d.Content = siteLink(d.Text)
		case f.Name == "documents":
			d.Content = documentLinks(strings.Split(d.Text, "\n"))
		case f.Lines > 1:
			d.Content = lines(strings.Split(d.Text, "\n"))
		}
		out = append(out, d)
	}
	if o, ok := x.(*actor.Offer); ok && !inner {
		if age := ages(s.r, o); age != "" {
			out = append([]web.Definition{{Term: s.r.T("actor.age"), Text: age}}, out...)
		}
	}
	return out
}

// ages puts the ages an offer is for into words; empty for all.
func ages(r *web.Request, o *actor.Offer) string {
	switch {
	case o.AgeFrom != nil && o.AgeTo != nil:
		return r.T("actor.age.between", "from", number(r, *o.AgeFrom), "to", number(r, *o.AgeTo))
	case o.AgeFrom != nil:
		return r.T("actor.age.from", "from", number(r, *o.AgeFrom))
	case o.AgeTo != nil:
		return r.T("actor.age.to", "to", number(r, *o.AgeTo))
	}
	return ""
}

func fieldName(r *web.Request, f actor.Field) string { return r.T("actor.field." + f.Name) }

// body is the public text in the reader's language and register, and the language it really is in.
func body(r *web.Request, x actor.Record) (text, lang string, leicht bool) {
	f, ok := actor.FieldOf(x, "text")
	if !ok {
		return "", "", false
	}
	t := *f.At.(*kernel.Text)
	if s := t["de+leicht"]; s != "" && r.Register == kernel.Leicht && r.Lang == "de" {
		return s, "de", true
	}
	for _, l := range []string{r.Lang, "de", "en"} {
		if t[l] != "" {
			return t[l], l, false
		}
	}
	return "", r.Lang, false
}

// excerpt is the begin of a text, cut at a word.
func excerpt(s string, most int) string {
	s = strings.Join(strings.Fields(s), " ")
	runes := []rune(s)
	if len(runes) <= most {
		return s
	}
	cut := string(runes[:most])
	if i := strings.LastIndexByte(cut, ' '); i > most/2 {
		cut = cut[:i]
	}
	return strings.TrimRight(cut, " ,;:") + " …"
}

// confirmed says when a record was last found to hold.
func confirmed(r *web.Request, m *actor.Meta) string {
	if m.ConfirmedAt.IsZero() {
		return r.T("actor.confirmed.never")
	}
	return r.T("actor.confirmed", "day", r.P.Date(kernel.Date(m.ConfirmedAt.Format("2006-01-02"))))
}

// Variants are the public texts of the inventory with the languages they are there in.
func Variants(in *actor.Inventory) []kernel.Variant {
	var out []kernel.Variant
	for _, k := range actor.Kinds() {
		for _, x := range in.Records(k) {
			f, ok := actor.FieldOf(x, "text")
			if !ok || k == actor.ResourceKind {
				continue
			}
			m := x.Head()
			out = append(out, kernel.Variant{
				Kind: string(k), ID: string(m.ID), Title: kernel.T(x.Name(), x.Name()), Path: path(m), Edit: editPath(m.ID), Texts: []kernel.Text{*f.At.(*kernel.Text)},
			})
		}
	}
	return out
}
