// SPDX-License-Identifier: EUPL-1.2

// Package picture draws photos anew that people hand in, so that nothing but the picture is kept: no place and time of the taking (EXIF), no
// second file hidden behind it, no script.
//
// Invariants: what comes out was encoded here from pixels; how large a picture is gets asked before a pixel is unpacked, so that a small file
// that announces a huge picture costs nothing; no more of a file is read than is allowed; pictures are unpacked one after the other where they
// are large, so that many at once need no more memory than one of the largest.
package picture

import (
	"bytes"
	"context"
	"encoding/binary"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io"

	"golang.org/x/image/webp"
	"golang.org/x/sync/semaphore"

	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// Bounds say what a picture may be and how large it is kept.
type Bounds struct {
	Bytes  int64 // of the file as handed in
	Pixels int   // of the picture as handed in, width times height
	Side   int   // of the longer side as kept
}

// Photo is what the town's pages take: photos of a phone, kept as large as a screen shows them.
var Photo = Bounds{Bytes: 20 << 20, Pixels: 50_000_000, Side: 1600}

// Picture is a photo as it may be shown.
type Picture struct {
	JPEG          []byte
	Width, Height int
}

// room is for the pixels unpacked at one time.
var room = semaphore.NewWeighted(int64(Photo.Pixels))

// Draw reads a JPEG, PNG or WebP picture and draws it anew as JPEG, upright as the camera was held. Of a PNG that moves the first frame is drawn.
// Invalid on the field, with a sentence that says what to do, where it is none, too large, or of a kind that is not taken (HEIC, moving WebP, GIF,
// SVG).
func Draw(r io.Reader, field string, within Bounds) (Picture, error) {
	refuse := func(key string, kv ...any) (Picture, error) {
		return Picture{}, &kernel.Error{Kind: kernel.Invalid, Key: "picture.refused", Fields: map[string]string{field: key}, Params: kernel.Params(kv...)}
	}
	b, err := io.ReadAll(io.LimitReader(r, within.Bytes+1))
	if err != nil {
		return Picture{}, err
	}
	if int64(len(b)) > within.Bytes {
		return refuse("picture.large", "mb", within.Bytes>>20)
	}
	var decode func(io.Reader) (image.Image, error)
	var config func(io.Reader) (image.Config, error)
	turn := 1
	switch kind(b) {
	case "jpeg":
		decode, config, turn = jpeg.Decode, jpeg.DecodeConfig, orientation(b)
	case "png":
		decode, config = png.Decode, png.DecodeConfig
	case "webp":
		decode, config, turn = webp.Decode, webp.DecodeConfig, webpOrientation(b)
	case "heic":
		return refuse("picture.heic")
	default:
		return refuse("picture.kind")
	}
	c, err := config(bytes.NewReader(b))
	if err != nil {
		return refuse("picture.broken")
	}
	if c.Width < 1 || c.Height < 1 || c.Width > 30000 || c.Height > 30000 || c.Width*c.Height > within.Pixels {
		return refuse("picture.pixels", "mp", within.Pixels/1_000_000)
	}
	pixels := min(int64(c.Width)*int64(c.Height), int64(Photo.Pixels))
	if err := room.Acquire(context.Background(), pixels); err != nil {
		return Picture{}, err
	}
	defer room.Release(pixels)
	img, err := decode(bytes.NewReader(b))
	if err != nil {
		return refuse("picture.broken")
	}
	small := upright(shrink(img, within.Side), turn)
	var out bytes.Buffer
	if err := jpeg.Encode(&out, small, &jpeg.Options{Quality: 85}); err != nil {
		return Picture{}, err
	}
	return Picture{JPEG: out.Bytes(), Width: small.Bounds().Dx(), Height: small.Bounds().Dy()}, nil
}

// kind tells what a file is by its first bytes, whatever its name says.
func kind(b []byte) string {
	switch {
	case bytes.HasPrefix(b, []byte("\xff\xd8\xff")):
		return "jpeg"
	case bytes.HasPrefix(b, []byte("\x89PNG\r\n\x1a\n")):
		return "png"
	case len(b) > 12 && string(b[:4]) == "RIFF" && string(b[8:12]) == "WEBP":
		return "webp"
	case len(b) > 12 && string(b[4:8]) == "ftyp" && bytes.Contains([]byte("heic heix hevc heim heis mif1 msf1 avif"), b[8:12]):
		return "heic"
	}
	return ""
}

// shrink fits a picture into a square, each new pixel the mean of those it stands for, on white where it is transparent.
func shrink(src image.Image, side int) *image.RGBA {
	b := src.Bounds()
	w, h := b.Dx(), b.Dy()
	f := min(float64(side)/float64(max(w, h)), 1)
	nw, nh := max(1, int(float64(w)*f+.5)), max(1, int(float64(h)*f+.5))
	out := image.NewRGBA(image.Rect(0, 0, nw, nh))
	at := reader(src)
	for y := range nh {
		y0, y1 := b.Min.Y+y*h/nh, b.Min.Y+max((y+1)*h/nh, y*h/nh+1)
		for x := range nw {
			x0, x1 := b.Min.X+x*w/nw, b.Min.X+max((x+1)*w/nw, x*w/nw+1)
			var r, g, bl, n uint64
			for j := y0; j < y1; j++ {
				for i := x0; i < x1; i++ {
					pr, pg, pb, pa := at(i, j)
					white := uint64(0xffff - pa)
					r, g, bl, n = r+uint64(pr)+white, g+uint64(pg)+white, bl+uint64(pb)+white, n+1
				}
			}
			out.SetRGBA(x, y, color.RGBA{uint8(r / n >> 8), uint8(g / n >> 8), uint8(bl / n >> 8), 0xff})
		}
	}
	return out
}

// reader reads pixels of the kinds cameras make without an allocation for each.
func reader(src image.Image) func(x, y int) (r, g, b, a uint32) {
	switch p := src.(type) {
	case *image.YCbCr:
		return func(x, y int) (r, g, b, a uint32) { return p.YCbCrAt(x, y).RGBA() }
	case *image.RGBA:
		return func(x, y int) (r, g, b, a uint32) { return p.RGBAAt(x, y).RGBA() }
	case *image.NRGBA:
		return func(x, y int) (r, g, b, a uint32) { return p.NRGBAAt(x, y).RGBA() }
	}
	return func(x, y int) (r, g, b, a uint32) { return src.At(x, y).RGBA() }
}

// upright turns a picture as EXIF orientation says (1 to 8), because what says so is not kept.
func upright(p *image.RGBA, turn int) *image.RGBA {
	w, h := p.Bounds().Dx(), p.Bounds().Dy()
	if turn < 2 || turn > 8 {
		return p
	}
	nw, nh := w, h
	if turn >= 5 {
		nw, nh = h, w
	}
	out := image.NewRGBA(image.Rect(0, 0, nw, nh))
	for y := range h {
		for x := range w {
			nx, ny := x, y
			switch turn {
			case 2:
				nx = w - 1 - x
			case 3:
				nx, ny = w-1-x, h-1-y
			case 4:
				ny = h - 1 - y
			case 5:
				nx, ny = y, x
			case 6:
				nx, ny = h-1-y, x
			case 7:
				nx, ny = h-1-y, w-1-x
			case 8:
				nx, ny = y, w-1-x
			}
			out.SetRGBA(nx, ny, p.RGBAAt(x, y))
		}
	}
	return out
}

// orientation reads the EXIF orientation of a JPEG file; 1 where it has none or says nonsense.
func orientation(b []byte) int {
	for i := 2; i+4 <= len(b) && b[i] == 0xff; {
		marker, n := b[i+1], int(binary.BigEndian.Uint16(b[i+2:]))
		if marker == 0xda || n < 2 || i+2+n > len(b) {
			break
		}
		if seg := b[i+4 : i+2+n]; marker == 0xe1 && bytes.HasPrefix(seg, []byte("Exif\x00\x00")) {
			return tiffOrientation(seg[6:])
		}
		i += 2 + n
	}
	return 1
}

// webpOrientation reads that of a WebP file, which keeps EXIF in a chunk of its RIFF container.
func webpOrientation(b []byte) int {
	for i := 12; i+8 <= len(b); {
		n := int(binary.LittleEndian.Uint32(b[i+4:]))
		if n < 0 || n > len(b)-i-8 {
			break
		}
		if string(b[i:i+4]) == "EXIF" {
			return tiffOrientation(bytes.TrimPrefix(b[i+8:i+8+n], []byte("Exif\x00\x00")))
		}
		i += 8 + n + n&1
	}
	return 1
}

// tiffOrientation looks for tag 0x0112 in the first directory.
func tiffOrientation(t []byte) int {
	if len(t) < 8 {
		return 1
	}
	var order binary.ByteOrder = binary.LittleEndian
	if string(t[:2]) == "MM" {
		order = binary.BigEndian
	}
	at := int64(order.Uint32(t[4:]))
	if at+2 > int64(len(t)) {
		return 1
	}
	n := int64(order.Uint16(t[at:]))
	for k := range n {
		e := at + 2 + 12*k
		if e+12 > int64(len(t)) {
			break
		}
		if order.Uint16(t[e:]) == 0x0112 {
			if v := int(order.Uint16(t[e+8:])); v >= 1 && v <= 8 {
				return v
			}
		}
	}
	return 1
}
