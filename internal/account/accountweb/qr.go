// SPDX-License-Identifier: EUPL-1.2

package accountweb

import (
	"strconv"
	"strings"

	"rsc.io/qr"
)

// qrDrawing is a QR code as a path of horizontal strokes, with the quiet zone the standard asks for around it.
type qrDrawing struct {
	size int
	path string
}

const quietZone = 4 // modules, ISO/IEC 18004 6.3.8

// drawQR draws text; the empty drawing when it is too long for a code, where the text beside it must do.
func drawQR(text string) qrDrawing {
	c, err := qr.Encode(text, qr.M)
	if err != nil {
		return qrDrawing{}
	}
	var b strings.Builder
	for y := range c.Size {
		for x := 0; x < c.Size; x++ {
			from := x
			for x < c.Size && c.Black(x, y) {
				x++
			}
			if n := strconv.Itoa(x - from); x > from {
				b.WriteString("M" + strconv.Itoa(from+quietZone) + " " + strconv.Itoa(y+quietZone) + "h" + n + "v1h-" + n + "z")
			}
		}
	}
	return qrDrawing{size: c.Size + 2*quietZone, path: b.String()}
}

// groups writes a seed in groups of four for typing.
func groups(s string) string {
	var b strings.Builder
	for i, r := range s {
		if i > 0 && i%4 == 0 {
			b.WriteByte(' ')
		}
		b.WriteRune(r)
	}
	return b.String()
}
