// SPDX-License-Identifier: EUPL-1.2

package eventweb

import (
	"net/url"
	"strconv"
	"strings"

	"rsc.io/qr"
)

// quietZone is the white around a code, in modules (ISO/IEC 18004 6.3.8).
const quietZone = 4

// qrPath draws text as a path of horizontal strokes and tells the length of a side; empty when it is too long for a code, where the text beside it
// must do.
func qrPath(text string) (size, path string) {
	c, err := qr.Encode(text, qr.M)
	if err != nil {
		return "", ""
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
	return strconv.Itoa(c.Size + 2*quietZone), b.String()
}

func escape(s string) string { return url.QueryEscape(s) }

// join adds a parameter to a query.
func join(query, more string) string {
	if query == "" {
		return "?" + more
	}
	return query + "&" + more
}
