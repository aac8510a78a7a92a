// SPDX-License-Identifier: EUPL-1.2

package tenantweb

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"os"
	"slices"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/tenant"
	"github.com/kupferfaden/kupferfaden/internal/web"
)

// Files opens uploaded files; platform/blob implements it.
type Files interface {
	Open(sum string) (*os.File, error)
}

// stylePath names the sheet by what is in it, so that browsers may keep it for ever. No style stands in a page (CSP).
func stylePath(c tenant.Colours) string {
	sum := sha256.Sum256(sheet(c))
	return "/stil/" + hex.EncodeToString(sum[:6]) + ".css"
}

// sheet sets the tokens of internal/web/assets/css/tokens.css that carry the accent. It stands in no layer and so wins over them.
func sheet(c tenant.Colours) []byte {
	light, dark, ok := c.Tones()
	if !ok {
		return nil
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, ":root{%s}\n@media screen and (prefers-color-scheme:dark){:root{%s}}\n", tokens(light), tokens(dark))
	return b.Bytes()
}

func tokens(t tenant.Tone) string {
	return fmt.Sprintf("--kf-copper:%s;--kf-copper-deep:%s;--kf-copper-soft:%s;--kf-on-copper:%s", t.Accent, t.Hover, t.Soft, t.On)
}

// sample shows the colours in a light and in a dark box side by side, whatever the reader's own theme is.
func sample(c tenant.Colours) []byte {
	light, dark, ok := c.Tones()
	if !ok {
		return nil
	}
	var b bytes.Buffer
	for _, x := range []struct {
		class, scheme, paper, surface, ink, line string
		tone                                     tenant.Tone
	}{
		{"light", "light", tenant.LightGrounds[0], tenant.LightGrounds[1], "#221c17", "#e4dcd2", light},
		{"dark", "dark", tenant.DarkGrounds[0], tenant.DarkGrounds[1], "#f2ece6", "#3b342e", dark},
	} {
		fmt.Fprintf(&b, ".kf-sample--%s{color-scheme:%s;%s;--kf-paper:%s;--kf-surface:%s;--kf-ink:%s;--kf-line:%s;"+
			"--kern-color-action-default:%s;--kern-color-action-on-default:%s;--kern-color-action-visited:%s;--kern-color-layout-text-default:%s;"+
			"--kern-color-action-default-contextual:%s;--kern-color-action-on-default-contextual:%s;--kern-color-action-state-indicator-shade-hover:%s;"+
			"background:%s;color:%s}\n",
			x.class, x.scheme, tokens(x.tone), x.paper, x.surface, x.ink, x.line, x.tone.Accent, x.tone.On, x.tone.Hover, x.ink, x.tone.Accent, x.tone.On, x.tone.Hover, x.paper, x.ink)
	}
	return b.Bytes()
}

const immutable = "public, max-age=31536000, immutable"

// style serves the town's sheet.
func (h handlers) style(w http.ResponseWriter, r *web.Request) error {
	t, err := h.o.Service.Get(r.Context(), r.Tenant.ID)
	if err != nil {
		return err
	}
	b := sheet(t.Settings.Colours)
	if b == nil {
		return kernel.E(kernel.NotFound, "access.notfound")
	}
	if stylePath(t.Settings.Colours) == r.Path {
		w.Header().Set("Cache-Control", immutable)
	} else { // of an earlier page: the present colours, not to be kept
		w.Header().Set("Cache-Control", "no-cache")
	}
	return css(w, r, b)
}

// preview serves the sheet of the sample on the page of colours.
func (h handlers) preview(w http.ResponseWriter, r *web.Request) error {
	q := r.URL.Query()
	b := sample(tenant.Colours{Accent: q.Get("accent"), AccentDark: q.Get("dark")})
	if b == nil {
		return kernel.E(kernel.NotFound, "access.notfound")
	}
	return css(w, r, b)
}

func css(w http.ResponseWriter, r *web.Request, b []byte) error {
	w.Header().Set("Content-Type", "text/css; charset=utf-8")
	http.ServeContent(w, r.Request, "", time.Time{}, bytes.NewReader(b))
	return nil
}

func logoPath(l tenant.Logo) string {
	ext := ".png"
	if l.Type == "image/jpeg" {
		ext = ".jpg"
	}
	return "/logo/" + l.SHA256[:min(16, len(l.SHA256))] + ext
}

// logo serves the town's logo: a picture this program has drawn, under the type it has (ASVS 3.2.1).
func (h handlers) logo(w http.ResponseWriter, r *web.Request) error {
	t, err := h.o.Service.Get(r.Context(), r.Tenant.ID)
	if err != nil {
		return err
	}
	l := t.Settings.Logo
	if !l.Set() || logoPath(l) != r.Path {
		return kernel.E(kernel.NotFound, "access.notfound")
	}
	f, err := h.o.Files.Open(l.SHA256)
	if err != nil {
		return err
	}
	defer f.Close()
	head := w.Header()
	head.Set("Content-Type", l.Type)
	head.Set("ETag", `"`+l.SHA256[:16]+`"`)
	head.Set("Cache-Control", immutable)
	http.ServeContent(w, r.Request, "", time.Time{}, f)
	return nil
}

// contrasts measures what the colours reach on pages.
func contrasts(ctx context.Context, c tenant.Colours) []web.Row {
	light, dark, ok := c.Tones()
	if !ok {
		return nil
	}
	var rows []web.Row
	for _, x := range []struct {
		key  string
		on   []string
		tone tenant.Tone
	}{{"tenant.colour.light", tenant.LightGrounds, light}, {"tenant.colour.dark", tenant.DarkGrounds, dark}} {
		least := 21.0
		for _, g := range append(slices.Clone(x.on), x.tone.Soft) {
			least = min(least, tenant.Contrast(x.tone.Accent, g))
		}
		rows = append(rows, web.Row{Cells: []web.Cell{
			{Text: web.T(ctx, x.key)}, {Text: x.tone.Accent}, {Text: ratio(ctx, least)}, {Text: x.tone.Hover}, {Text: ratio(ctx, tenant.Contrast(x.tone.On, x.tone.Accent))},
		}})
	}
	return rows
}

func ratio(ctx context.Context, r float64) string { return web.P(ctx).Number(r, 2) + " : 1" }
