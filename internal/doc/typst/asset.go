// SPDX-License-Identifier: EUPL-1.2

package typst

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/klauspost/compress/zstd"
)

// assets holds the compiler module and the fonts, compressed; `make assets` puts them there.
//
//go:embed all:gen
var assets embed.FS

// sums names every file of assets with the SHA-256 of its uncompressed content.
//
//go:embed assets.sum
var sums string

const wasmName = "typst.wasm"

// ErrNoAssets says that the program was built without the typesetter.
var ErrNoAssets = errors.New("this program was built without the typesetter; run \"make assets\" and build again, or install the typst command")

// Available reports whether the typesetter is built in.
func Available() bool {
	_, err := fs.Stat(assets, "gen/"+wasmName+".zst")
	return err == nil
}

// asset returns one file, decompressed and checked against the sum in the source: a changed compiler must not go unnoticed.
func asset(name string) ([]byte, error) {
	packed, err := assets.ReadFile("gen/" + name + ".zst")
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ErrNoAssets
	}
	if err != nil {
		return nil, fmt.Errorf("typesetter file %s: %w", name, err)
	}
	d, err := zstd.NewReader(bytes.NewReader(packed), zstd.WithDecoderConcurrency(1))
	if err != nil {
		return nil, fmt.Errorf("typesetter file %s: %w", name, err)
	}
	defer d.Close()
	var b bytes.Buffer
	if _, err := b.ReadFrom(d); err != nil {
		return nil, fmt.Errorf("typesetter file %s: %w", name, err)
	}
	sum := sha256.Sum256(b.Bytes())
	if got := hex.EncodeToString(sum[:]); got != pinned(name) {
		return nil, fmt.Errorf("typesetter file %s has SHA-256 %s, assets.sum says %q; run \"make assets\" again", name, got, pinned(name))
	}
	return b.Bytes(), nil
}

func pinned(name string) string {
	for sum, file := range sumLines() {
		if file == name {
			return sum
		}
	}
	return ""
}

// fontNames lists the fonts in the order of assets.sum.
func fontNames() []string {
	var names []string
	for _, file := range sumLines() {
		if strings.HasSuffix(file, ".ttf") {
			names = append(names, file)
		}
	}
	return names
}

func sumLines() func(yield func(sum, file string) bool) {
	return func(yield func(sum, file string) bool) {
		for sc := bufio.NewScanner(strings.NewReader(sums)); sc.Scan(); {
			if sum, file, ok := strings.Cut(sc.Text(), "  "); ok && !yield(sum, file) {
				return
			}
		}
	}
}
