// SPDX-License-Identifier: EUPL-1.2

// Command pack compresses the typesetter's files (compiler module and fonts) into the folder that the program embeds. It takes a file only
// when its SHA-256 is the one pinned in assets.sum, so that nobody ships a compiler nobody looked at. scripts/typst-asset.mjs runs it.
package main

import (
	"crypto/sha256"
	"encoding/hex"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/klauspost/compress/zstd"
)

func main() {
	sums := flag.String("sums", "internal/doc/typst/assets.sum", "file with the pinned SHA-256 sums")
	out := flag.String("out", "internal/doc/typst/gen", "folder to fill")
	flag.Parse()
	if err := pack(*sums, *out, flag.Arg(0)); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func pack(sums, out, in string) error {
	list, err := os.ReadFile(sums)
	if err != nil {
		return err
	}
	enc, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedBestCompression))
	if err != nil {
		return err
	}
	for line := range strings.Lines(string(list)) {
		want, name, ok := strings.Cut(strings.TrimSpace(line), "  ")
		if !ok {
			continue
		}
		b, err := os.ReadFile(filepath.Join(in, name))
		if err != nil {
			return err
		}
		sum := sha256.Sum256(b)
		if got := hex.EncodeToString(sum[:]); got != want {
			return fmt.Errorf("%s has SHA-256 %s, but %s pins %s: look at what changed before pinning another version", name, got, sums, want)
		}
		packed := enc.EncodeAll(b, nil)
		tmp := filepath.Join(out, name+".tmp")
		if err := os.WriteFile(tmp, packed, 0o644); err != nil {
			return err
		}
		if err := os.Rename(tmp, filepath.Join(out, name+".zst")); err != nil {
			return err
		}
		fmt.Printf("%s: %d bytes, packed %d\n", name, len(b), len(packed))
	}
	return nil
}
