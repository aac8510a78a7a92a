// SPDX-License-Identifier: EUPL-1.2

package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"unicode"

	"github.com/kupferfaden/kupferfaden/internal/analysis"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/table"
)

// Sizes above which small files are not read; the grid of BETA2007 has 3 MB.
const (
	maxGrid    = 64 << 20
	maxMapping = table.MaxMapping
	maxMethod  = analysis.MaxMethod
)

// openFile opens an input file; one that is not there is wrong usage. What is no ordinary file (a pipe, a device, a folder) is not opened: it
// could block or never end, and an import reads its file more than once.
func openFile(name string) (*os.File, int64, error) {
	missing := usageError{kernel.E(kernel.NotFound, "cli.nofile", "file", name)}
	st, err := os.Stat(name)
	if err != nil {
		return nil, 0, missing
	}
	if !st.Mode().IsRegular() {
		return nil, 0, usageError{kernel.E(kernel.Invalid, "cli.notregular", "file", name)}
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, 0, missing
	}
	if st, err = f.Stat(); err != nil || !st.Mode().IsRegular() {
		f.Close()
		return nil, 0, missing
	}
	return f, st.Size(), nil
}

// readFile reads a small file whole.
func readFile(name string, limit int64) ([]byte, error) {
	f, size, err := openFile(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if size > limit {
		return nil, kernel.E(kernel.Invalid, "cli.toolarge", "file", name, "size", size, "limit", limit)
	}
	b, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return nil, usageError{kernel.E(kernel.NotFound, "cli.nofile", "file", name)}
	}
	return b, nil
}

// visible writes control characters and marks of direction by their number, so that a name in a file can neither steer the terminal nor forge
// a line of the report.
func visible(s string) string {
	if !strings.ContainsFunc(s, steers) {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		if steers(r) {
			fmt.Fprintf(&b, "<U+%04X>", r)
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

func steers(r rune) bool {
	return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == '\u2028' || r == '\u2029'
}
