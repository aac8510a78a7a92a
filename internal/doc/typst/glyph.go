// SPDX-License-Identifier: EUPL-1.2

package typst

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"sync"
	"unicode"
)

// missingGlyphs names the characters of the document that none of the built-in fonts can draw. PDF/UA-1 (7.21.8) forbids the empty box that
// would stand in their place, and a reader would not know what was meant.
func missingGlyphs(doc Document) []string {
	texts := []string{doc.Main}
	for _, name := range doc.names() {
		if strings.HasSuffix(name, ".svg") || strings.HasSuffix(name, ".json") || strings.HasSuffix(name, ".typ") {
			texts = append(texts, string(doc.Files[name]))
		}
	}
	return Unprintable(texts...)
}

// Unprintable names the characters of texts that none of the built-in fonts can draw, each once; nothing where the fonts are not built in. Who
// writes a report should hear of them before it is frozen.
func Unprintable(texts ...string) []string {
	missing := map[rune]bool{}
	for _, s := range texts {
		for _, r := range s {
			if !printable(r) {
				missing[r] = true
			}
		}
	}
	var names []string
	for r := range missing {
		names = append(names, fmt.Sprintf("%c (U+%04X)", r, r))
	}
	slices.Sort(names)
	return names
}

// Printable leaves out the characters of a text that none of the built-in fonts can draw, for papers made of what others typed, where nobody is
// there to replace them.
func Printable(s string) string {
	return strings.Map(func(r rune) rune {
		if printable(r) {
			return r
		}
		return -1
	}, s)
}

// printable tells whether a built-in font draws the character, or it is none that is drawn; where no fonts are built in everything is.
func printable(r rune) bool {
	if r <= 0x7f || !unicode.IsGraphic(r) || unicode.IsSpace(r) {
		return true
	}
	fonts, err := coverage()
	return err != nil || slices.ContainsFunc(fonts, func(f ranges) bool { return f.has(r) })
}

var coverage = sync.OnceValues(func() ([]ranges, error) {
	var fonts []ranges
	for _, name := range fontNames() {
		if !strings.HasSuffix(name, "-Regular.ttf") && name != "DejaVuSans.ttf" {
			continue // the other cuts draw the same characters
		}
		b, err := asset(name)
		if err != nil {
			return nil, err
		}
		fonts = append(fonts, readCmap(b))
	}
	return fonts, nil
})

// ranges are spans of characters a font has, in ascending order.
type ranges [][2]rune

func (f ranges) has(r rune) bool {
	_, found := slices.BinarySearchFunc(f, r, func(span [2]rune, r rune) int {
		switch {
		case r < span[0]:
			return 1
		case r > span[1]:
			return -1
		}
		return 0
	})
	return found
}

// readCmap reads the character map of a TrueType font: subtables of format 12, else of format 4 (OpenType specification, "cmap").
// The fonts are our own, so a font it cannot read just covers nothing.
func readCmap(font []byte) ranges {
	table := func(tag string) []byte {
		for i := range int(binary.BigEndian.Uint16(font[4:])) {
			e := font[12+16*i:]
			if string(e[:4]) == tag {
				return font[binary.BigEndian.Uint32(e[8:]):][:binary.BigEndian.Uint32(e[12:])]
			}
		}
		return nil
	}
	cmap := table("cmap")
	if cmap == nil {
		return nil
	}
	var best ranges
	for i := range int(binary.BigEndian.Uint16(cmap[2:])) {
		sub := cmap[binary.BigEndian.Uint32(cmap[4+8*i+4:]):]
		switch binary.BigEndian.Uint16(sub) {
		case 12:
			return cmapGroups(sub)
		case 4:
			best = cmapSegments(sub)
		}
	}
	return best
}

func cmapGroups(sub []byte) ranges {
	var f ranges
	for i := range int(binary.BigEndian.Uint32(sub[12:])) {
		g := sub[16+12*i:]
		f = append(f, [2]rune{rune(binary.BigEndian.Uint32(g)), rune(binary.BigEndian.Uint32(g[4:]))})
	}
	return f
}

func cmapSegments(sub []byte) ranges {
	var f ranges
	n := int(binary.BigEndian.Uint16(sub[6:])) // twice the number of segments
	for i := 0; i < n; i += 2 {
		end, start := rune(binary.BigEndian.Uint16(sub[14+i:])), rune(binary.BigEndian.Uint16(sub[16+n+i:]))
		if start <= end && end != 0xffff {
			f = append(f, [2]rune{start, end})
		}
	}
	return f
}
