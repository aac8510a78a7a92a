// SPDX-License-Identifier: EUPL-1.2

package web

import (
	"context"
	"slices"
	"strings"

	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// readingParam names the language a reader wants the town's texts in where that is none of the interface, "ar".
const readingParam = "textsprache"

// Read gives a town's text in the language the reader asked for, and the language it is really in: the one of ?textsprache=, else that of the page,
// else a fallback, which the page must not pass over in silence (Said, Fallback).
func Read(ctx context.Context, t kernel.Text) (text, lang string) {
	r := From(ctx)
	if tag := r.Reading(); tag != "" && t[tag] != "" {
		return t[tag], tag
	}
	return r.P.Text(t)
}

// Reading is the language the reader asked the town's texts in; empty where it is that of the page.
func (r *Request) Reading() string {
	tag, ok := kernel.Tag(r.URL.Query().Get(readingParam))
	if !ok || strings.Contains(tag, "+") || tag == r.Lang {
		return ""
	}
	return tag
}

// HasLeicht tells whether one of the texts is there in Leichte Sprache in the language of the page, for Page.Leicht.
func (r *Request) HasLeicht(texts ...kernel.Text) bool {
	return slices.ContainsFunc(texts, func(t kernel.Text) bool { return t[r.Lang+"+"+string(kernel.Leicht)] != "" })
}

// otherDir gives the direction of a text where it is not that of the page, which is always left to right.
func otherDir(lang string) string {
	if d := kernel.Dir(lang); d != "ltr" {
		return d
	}
	return ""
}

// fallbackOf gives the language the first of the texts falls back to; empty where each is there as the reader asked for it.
func fallbackOf(ctx context.Context, texts []kernel.Text) string {
	r := From(ctx)
	want := r.Lang
	if tag := r.Reading(); tag != "" {
		want = tag
	}
	for _, t := range texts {
		if text, lang := Read(ctx, t); strings.TrimSpace(text) != "" && lang != want {
			return lang
		}
	}
	return ""
}

// readings lists the languages texts are there in beside those of the interface, by their names.
func readings(ctx context.Context, texts []kernel.Text) []string {
	r := From(ctx)
	var out []string
	for _, t := range texts {
		for tag, text := range t {
			if strings.TrimSpace(text) != "" && !strings.Contains(tag, "+") && tag != r.Lang && !slices.Contains(out, tag) {
				out = append(out, tag)
			}
		}
	}
	slices.SortFunc(out, func(a, b string) int { return strings.Compare(kernel.LanguageName(a), kernel.LanguageName(b)) })
	return out
}

// readingLink leads to the same page with its texts in another language; languages of the interface change the whole page.
func readingLink(ctx context.Context, tag string) string {
	r := From(ctx)
	if slices.Contains(r.otherLanguages(), tag) {
		return r.LinkIn(tag, r.Self(noticeParam, "sprache", readingParam))
	}
	return r.With(readingParam, tag)
}

// leichtLink leads to the page in Leichte Sprache, or back to ordinary language.
func leichtLink(ctx context.Context) string {
	r := From(ctx)
	if r.Register == kernel.Leicht {
		return within(r.prefix, r.Lang, kernel.Standard, r.Self("sprache"))
	}
	return r.With("sprache", string(kernel.Leicht))
}
