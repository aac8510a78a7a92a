// SPDX-License-Identifier: EUPL-1.2

package tenant

import (
	"fmt"
	"math"
	"strconv"

	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// The grounds of pages on which a town's accent is read, light and dark; internal/web/assets/css/tokens.css has the same (a test compares).
var (
	LightGrounds = []string{"#fcfaf7", "#ffffff", "#f5f1eb"}
	DarkGrounds  = []string{"#171412", "#211d1a", "#1c1916"}
)

// The least contrasts of WCAG 2.2: 1.4.3 for text. Everything drawn in the accent is text somewhere, so that the lower one of 1.4.11 for lines
// and marks is met with it.
const LeastContrast = 4.5

// Tone is what follows from one accent for one ground: the accent itself, what is written on it, its darker or lighter sister for what is
// pointed at, and a wash of it behind text.
type Tone struct {
	Accent, On, Hover, Soft string
}

// Tones gives light and dark tones of the town's colours; ok is false where the town has none of its own.
func (c Colours) Tones() (light, dark Tone, ok bool) {
	accent, err := parseColour(c.Accent)
	if err != nil {
		return Tone{}, Tone{}, false
	}
	night, err := parseColour(c.AccentDark)
	if err != nil {
		night = readable(accent, DarkGrounds, white)
	}
	return tone(accent, LightGrounds, black, white), tone(night, DarkGrounds, white, black), true
}

// tone derives the sisters of an accent that reads on the grounds.
func tone(accent rgb, on []string, strong, ground rgb) Tone {
	soft := mix(grounds(on)[0], accent, 0.10)
	hover := reach(mix(accent, strong, 0.22), append(grounds(on), soft), strong)
	text := ground
	if contrast(text, accent) < LeastContrast || contrast(text, hover) < LeastContrast {
		text = strong
	}
	return Tone{Accent: accent.hex(), On: text.hex(), Hover: hover.hex(), Soft: soft.hex()}
}

// Contrast is the contrast ratio of WCAG 2.2 of two colours "#rrggbb", from 1 to 21; 0 where one is none.
func Contrast(a, b string) float64 {
	x, err := parseColour(a)
	y, err2 := parseColour(b)
	if err != nil || err2 != nil {
		return 0
	}
	return contrast(x, y)
}

// Nearest is the colour of the same hue nearest to c that reads on pages: darker on light pages, lighter on dark ones.
func Nearest(c string, dark bool) string {
	x, err := parseColour(c)
	if err != nil {
		return ""
	}
	if dark {
		return readable(x, DarkGrounds, white).hex()
	}
	return readable(x, LightGrounds, black).hex()
}

// readable mixes c with the strong colour until it is read on the grounds and on its own wash.
func readable(c rgb, on []string, strong rgb) rgb {
	for step := range 257 {
		x := mix(c, strong, float64(step)/256)
		if lowest(x, washed(x, on)) >= LeastContrast {
			return x
		}
	}
	return strong
}

func washed(c rgb, on []string) []rgb {
	return append(grounds(on), mix(grounds(on)[0], c, 0.10))
}

// check names what is wrong with a colour: its form, or the contrast it measures and the nearest colour that passes.
func (c Colours) check(fields map[string]string, params map[string]any) {
	for _, x := range []struct {
		field, value string
		on           []string
		strong       rgb
	}{{"accent", c.Accent, LightGrounds, black}, {"accent_dark", c.AccentDark, DarkGrounds, white}} {
		if x.value == "" {
			continue
		}
		v, err := parseColour(x.value)
		if err != nil {
			fields[x.field] = "tenant.colour.form"
			continue
		}
		if got := lowest(v, washed(v, x.on)); got < LeastContrast {
			fields[x.field] = "tenant.colour." + x.field
			params[x.field+"_ratio"] = math.Floor(got*100) / 100
			params[x.field+"_near"] = readable(v, x.on, x.strong).hex()
		}
	}
	if c.Accent == "" && c.AccentDark != "" {
		fields["accent"] = "tenant.colour.missing"
	}
}

type rgb struct{ r, g, b uint8 }

var black, white = rgb{}, rgb{255, 255, 255}

func (c rgb) hex() string { return fmt.Sprintf("#%02x%02x%02x", c.r, c.g, c.b) }

func parseColour(s string) (rgb, error) {
	if len(s) != 7 || s[0] != '#' {
		return rgb{}, kernel.E(kernel.Invalid, "tenant.colour.form")
	}
	n, err := strconv.ParseUint(s[1:], 16, 32)
	if err != nil {
		return rgb{}, kernel.E(kernel.Invalid, "tenant.colour.form")
	}
	return rgb{uint8(n >> 16), uint8(n >> 8), uint8(n)}, nil
}

func grounds(list []string) []rgb {
	out := make([]rgb, 0, len(list)+1)
	for _, s := range list {
		if c, err := parseColour(s); err == nil {
			out = append(out, c)
		}
	}
	return out
}

// mix goes a part of the way from a to b.
func mix(a, b rgb, part float64) rgb {
	f := func(x, y uint8) uint8 { return uint8(math.Round(float64(x) + (float64(y)-float64(x))*part)) }
	return rgb{f(a.r, b.r), f(a.g, b.g), f(a.b, b.b)}
}

// reach mixes c with the strong colour until it is read on all grounds.
func reach(c rgb, on []rgb, strong rgb) rgb {
	for step := range 257 {
		if x := mix(c, strong, float64(step)/256); lowest(x, on) >= LeastContrast {
			return x
		}
	}
	return strong
}

func lowest(c rgb, on []rgb) float64 {
	least := 21.0
	for _, g := range on {
		least = min(least, contrast(c, g))
	}
	return least
}

// luminance is the relative luminance of WCAG 2.2.
func (c rgb) luminance() float64 {
	f := func(v uint8) float64 {
		x := float64(v) / 255
		if x <= 0.04045 {
			return x / 12.92
		}
		return math.Pow((x+0.055)/1.055, 2.4)
	}
	return 0.2126*f(c.r) + 0.7152*f(c.g) + 0.0722*f(c.b)
}

func contrast(a, b rgb) float64 {
	x, y := a.luminance(), b.luminance()
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}
