// SPDX-License-Identifier: EUPL-1.2

// Package svg writes the drawings of reports and pages: the plumbing under maps and charts. A drawing is the same in a page, in print, in the PDF
// and as a file of its own, so it uses only what all four understand: shapes, text, patterns and presentation attributes, no scripts, no style
// sheets, no foreign objects. Text that people typed is always escaped, numbers are always finite.
package svg

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/kupferfaden/kupferfaden/internal/doc/palette"
)

// FontFamily is what texts in drawings are set in; the PDF has the first two.
const FontFamily = "Fira Sans,DejaVu Sans,sans-serif"

// Drawing collects the elements of one SVG.
type Drawing struct {
	b     strings.Builder
	theme palette.Theme
}

// Head says what a drawing is to a reader who does not see it, and how large it is.
type Head struct {
	ID            string // prefix of every id in the drawing; a page with several drawings gives each its own
	Title         string
	Description   string
	Width, Height float64
	Links         bool // the drawing holds links, so it is a group and not one picture
	Theme         palette.Theme
}

// New opens a drawing with its title and description. Open elements are the caller's to close; String closes the drawing itself.
func New(h Head) *Drawing {
	d := &Drawing{theme: h.Theme}
	role := "img"
	if h.Links {
		role = "group"
	}
	w, ht := Num(h.Width), Num(h.Height)
	d.Raw(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 `, w, ` `, ht, `" width="`, w, `" height="`, ht, `" role="`, role, `"`)
	d.Raw(` aria-labelledby="`, ID(h.ID, "title"), `"`)
	if h.Description != "" {
		d.Raw(` aria-describedby="`, ID(h.ID, "desc"), `"`)
	}
	d.Raw(` class="kf-figure" font-family="`, FontFamily, `"><title id="`, ID(h.ID, "title"), `">`, Escape(h.Title), `</title>`)
	if h.Description != "" {
		d.Raw(`<desc id="`, ID(h.ID, "desc"), `">`, Escape(h.Description), `</desc>`)
	}
	return d
}

// Raw appends markup as it is.
func (d *Drawing) Raw(parts ...string) {
	for _, p := range parts {
		d.b.WriteString(p)
	}
}

// Rawf appends formatted markup; texts among the arguments must be escaped.
func (d *Drawing) Rawf(format string, args ...any) { fmt.Fprintf(&d.b, format, args...) }

// String closes the drawing and returns it.
func (d *Drawing) String() string { return d.b.String() + "</svg>" }

// Len is the number of bytes so far.
func (d *Drawing) Len() int { return d.b.Len() }

// Paint is a colour that a page style may replace: the class for the style sheet, the colour for everything else.
type Paint struct {
	Class  string
	Colour palette.Colour
}

// Fill writes the attributes that fill with the paint.
func (p Paint) Fill() string { return `class="` + p.Class + `" fill="` + p.Colour.Hex() + `"` }

// Stroke writes the attributes that draw lines with the paint.
func (p Paint) Stroke() string { return `class="` + p.Class + `" stroke="` + p.Colour.Hex() + `"` }

// Ink paints text.
func (d *Drawing) Ink() Paint { return Paint{"kf-ink", palette.Ink(d.theme)} }

// Muted paints secondary text.
func (d *Drawing) Muted() Paint { return Paint{"kf-muted", palette.Muted(d.theme)} }

// Grid paints guide lines.
func (d *Drawing) Grid() Paint { return Paint{"kf-grid", palette.Grid(d.theme)} }

// Axis paints axes.
func (d *Drawing) Axis() Paint { return Paint{"kf-axis", palette.Ink(d.theme)} }

// Accent paints what is selected.
func (d *Drawing) Accent() Paint { return Paint{"kf-accent", palette.Accent(d.theme)} }

// Halo paints the ground around text that lies on something.
func (d *Drawing) Halo() Paint { return Paint{"kf-halo", palette.Paper(d.theme)} }

// Theme is the theme the drawing is made for.
func (d *Drawing) Theme() palette.Theme { return d.theme }

// Anchor says which point of a text its position names.
type Anchor string

// The three anchors.
const (
	Start  Anchor = ""
	Middle Anchor = "middle"
	End    Anchor = "end"
)

// Text is one line of text.
type Text struct {
	X, Y   float64
	Size   float64
	Anchor Anchor
	Bold   bool
	Halo   bool
	Paint  Paint
	Text   string
}

// Text draws a line of text.
func (d *Drawing) Text(t Text) {
	if t.Text == "" {
		return
	}
	attrs := ` font-size="` + Num(t.Size) + `"`
	if t.Anchor != Start {
		attrs += ` text-anchor="` + string(t.Anchor) + `"`
	}
	if t.Bold {
		attrs += ` font-weight="600"`
	}
	class, fill := t.Paint.Class, t.Paint.Colour.Hex()
	if t.Halo {
		h := d.Halo()
		class += " " + h.Class
		attrs += ` stroke="` + h.Colour.Hex() + `" stroke-width="` + Num(t.Size/5) + `" stroke-linejoin="round" paint-order="stroke"`
	}
	d.Raw(`<text x="`, Num(t.X), `" y="`, Num(t.Y), `"`, attrs, ` class="`, class, `" fill="`, fill, `">`, Escape(t.Text), `</text>`)
}

// Line draws a straight line.
func (d *Drawing) Line(x1, y1, x2, y2, width float64, p Paint, dash string) {
	d.Raw(`<path d="M`, Num(x1), ` `, Num(y1), `L`, Num(x2), ` `, Num(y2), `" `, p.Stroke(), ` stroke-width="`, Num(width), `"`)
	if dash != "" {
		d.Raw(` stroke-dasharray="`, dash, `"`)
	}
	d.Raw(` fill="none"/>`)
}

// Rect draws a filled rectangle.
func (d *Drawing) Rect(x, y, w, h float64, p Paint) { d.rect(x, y, w, h, p, "") }

// TitledRect draws a filled rectangle that names itself when pointed at.
func (d *Drawing) TitledRect(x, y, w, h float64, p Paint, title string) { d.rect(x, y, w, h, p, title) }

func (d *Drawing) rect(x, y, w, h float64, p Paint, title string) {
	if w < 0 {
		x, w = x+w, -w
	}
	d.Raw(`<rect x="`, Num(x), `" y="`, Num(y), `" width="`, Num(w), `" height="`, Num(h), `" `, p.Fill())
	if title == "" {
		d.Raw(`/>`)
		return
	}
	d.Raw(`><title>`, Escape(title), `</title></rect>`)
}

// Num writes a coordinate: at most two decimals, no trailing zeros. A number that is not finite is a fault of the caller's arithmetic and is
// written as 0, because one bad number must not blank a whole drawing.
func Num(f float64) string {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return "0"
	}
	s := strconv.FormatFloat(f, 'f', 2, 64)
	s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	if s == "-0" || s == "" {
		return "0"
	}
	return s
}

// Escape makes text safe in element content and in quoted attributes, and drops what XML 1.0 cannot hold.
func Escape(s string) string {
	if isPlain(s) {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		switch {
		case r == '&':
			b.WriteString("&amp;")
		case r == '<':
			b.WriteString("&lt;")
		case r == '>':
			b.WriteString("&gt;")
		case r == '"':
			b.WriteString("&quot;")
		case r == '\'':
			b.WriteString("&#39;")
		case r == '\n' || r == '\t' || r == '\r':
			b.WriteByte(' ')
		case r < 0x20 || r == 0x7f || r == 0xfffe || r == 0xffff:
		default:
			b.WriteRune(r) // a broken byte has become U+FFFD
		}
	}
	return b.String()
}

func isPlain(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < 0x20 || c == '&' || c == '<' || c == '>' || c == '"' || c == '\'' || c >= 0x7f {
			return false
		}
	}
	return true
}

// ID joins a prefix and a key to an id that is one in XML and a simple selector in CSS.
func ID(prefix, key string) string {
	var b strings.Builder
	b.WriteString(prefix)
	if prefix != "" {
		b.WriteByte('-')
	}
	for _, r := range key {
		if r < utf8.RuneSelf && (unicode.IsLetter(r) || unicode.IsDigit(r)) || r == '-' {
			b.WriteRune(r)
			continue
		}
		fmt.Fprintf(&b, "_%x_", r)
	}
	id := b.String()
	if id == "" || id[0] >= '0' && id[0] <= '9' || id[0] == '-' {
		return "k" + id
	}
	return id
}

// Width estimates how wide a text is at a size, for a sans-serif like Fira Sans; layout leaves room for its being 10 % wrong.
func Width(s string, size float64) float64 {
	w := 0.0
	for _, r := range s {
		switch {
		case strings.ContainsRune("ijl.,:;|!'()[]ftr I1", r):
			w += 0.32
		case strings.ContainsRune("mwMW@%", r):
			w += 0.86
		case unicode.Is(unicode.Mn, r):
		case unicode.IsUpper(r):
			w += 0.64
		case r >= 0x2e80:
			w += 1
		default:
			w += 0.555
		}
	}
	return 1.08 * w * size // a reader without Fira Sans sees a wider font
}

// Wrap breaks a text into lines no wider than width; a word that is wider stands alone, and after most lines the rest ends in "…".
func Wrap(s string, size, width float64, most int) []string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(s) {
		switch {
		case line == "":
			line = word
		case Width(line+" "+word, size) <= width:
			line += " " + word
		default:
			lines = append(lines, line)
			line = word
		}
	}
	if line != "" {
		lines = append(lines, line)
	}
	if most > 0 && len(lines) > most {
		lines = lines[:most]
		lines[most-1] = Cut(lines[most-1]+" …", size, width)
	}
	for i := range lines {
		lines[i] = Cut(lines[i], size, width)
	}
	return lines
}

// Cut shortens a text to width, marking the cut.
func Cut(s string, size, width float64) string {
	if Width(s, size) <= width {
		return s
	}
	runes := []rune(strings.TrimSuffix(s, " …"))
	for len(runes) > 1 && Width(string(runes)+"…", size) > width {
		runes = runes[:len(runes)-1]
	}
	return strings.TrimRight(string(runes), " ,;-") + "…"
}
