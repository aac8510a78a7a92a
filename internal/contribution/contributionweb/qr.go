// SPDX-License-Identifier: EUPL-1.2

package contributionweb

import (
	"strconv"
	"strings"

	"rsc.io/qr"
)

// drawing is a QR code as a path of horizontal strokes.
type drawing struct {
	size int
	path string
}

const quietZone = 4 // modules, ISO/IEC 18004 6.3.8

// drawQR draws text; the empty drawing when it is too long for a code.
func drawQR(text string) drawing {
	c, err := qr.Encode(text, qr.M)
	if err != nil {
		return drawing{}
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
	return drawing{size: c.Size + 2*quietZone, path: b.String()}
}
