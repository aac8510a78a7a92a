// SPDX-License-Identifier: EUPL-1.2

package tenant

import (
	"bytes"
	"context"
	"image"
	"image/jpeg"
	"image/png"
	"io"

	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// What a logo may be: at most LogoBytes as uploaded and logoPixels a side; it is kept no larger than it is shown on a fine screen.
const (
	LogoBytes  = 2 << 20
	logoPixels = 4096
	logoWidth  = 720
	logoHeight = 240
)

// Files keeps uploaded files by their content; platform/blob implements it.
type Files interface {
	Put(ctx context.Context, r io.Reader, limit int64) (sum string, size int64, err error)
}

// DrawLogo draws an uploaded PNG or JPEG picture anew, so that nothing but the picture is kept: no metadata, no second file hidden inside, and
// no SVG, which can carry scripts (ASVS 5.2.2, 5.2.6). Invalid on the field "file" where it is none.
func DrawLogo(r io.Reader) ([]byte, Logo, error) {
	b, err := io.ReadAll(io.LimitReader(r, LogoBytes+1))
	if err != nil {
		return nil, Logo{}, err
	}
	refuse := func(key string) ([]byte, Logo, error) {
		return nil, Logo{}, &kernel.Error{Kind: kernel.Invalid, Key: "tenant.logo.refused", Fields: map[string]string{"file": key}}
	}
	if len(b) > LogoBytes {
		return refuse("tenant.logo.large")
	}
	head := bytes.ToLower(b[:min(len(b), 1024)])
	if bytes.Contains(head, []byte("<svg")) || bytes.HasPrefix(bytes.TrimSpace(head), []byte("<?xml")) {
		return refuse("tenant.logo.svg")
	}
	var decode func(io.Reader) (image.Image, error)
	var cfg image.Config
	l := Logo{}
	switch {
	case bytes.HasPrefix(b, []byte("\x89PNG\r\n\x1a\n")):
		l.Type, decode = "image/png", png.Decode
		cfg, err = png.DecodeConfig(bytes.NewReader(b))
	case bytes.HasPrefix(b, []byte("\xff\xd8\xff")):
		l.Type, decode = "image/jpeg", jpeg.Decode
		cfg, err = jpeg.DecodeConfig(bytes.NewReader(b))
	default:
		return refuse("tenant.logo.kind")
	}
	if err != nil {
		return refuse("tenant.logo.broken")
	}
	// The size is asked for before a pixel is unpacked: a small file can announce a huge picture.
	if cfg.Width < 16 || cfg.Height < 16 || cfg.Width > logoPixels || cfg.Height > logoPixels {
		return refuse("tenant.logo.pixels")
	}
	img, err := decode(bytes.NewReader(b))
	if err != nil {
		return refuse("tenant.logo.broken")
	}
	img = shrink(img)
	l.Width, l.Height = img.Bounds().Dx(), img.Bounds().Dy()
	var out bytes.Buffer
	if l.Type == "image/png" {
		err = (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&out, img)
	} else {
		err = jpeg.Encode(&out, img, &jpeg.Options{Quality: 90})
	}
	return out.Bytes(), l, err
}

// shrink fits a picture into the largest size it is shown in, each new pixel the mean of those it stands for.
func shrink(src image.Image) image.Image {
	b := src.Bounds()
	w, h := b.Dx(), b.Dy()
	f := min(float64(logoWidth)/float64(w), float64(logoHeight)/float64(h), 1)
	nw, nh := max(1, int(float64(w)*f)), max(1, int(float64(h)*f))
	out := image.NewRGBA64(image.Rect(0, 0, nw, nh))
	for y := range nh {
		for x := range nw {
			x0, x1 := b.Min.X+x*w/nw, b.Min.X+max((x+1)*w/nw, x*w/nw+1)
			y0, y1 := b.Min.Y+y*h/nh, b.Min.Y+max((y+1)*h/nh, y*h/nh+1)
			var sum [4]uint64
			n := uint64(0)
			for j := y0; j < y1; j++ {
				for i := x0; i < x1; i++ {
					r, g, bl, a := src.At(i, j).RGBA()
					sum[0], sum[1], sum[2], sum[3] = sum[0]+uint64(r), sum[1]+uint64(g), sum[2]+uint64(bl), sum[3]+uint64(a)
					n++
				}
			}
			o := out.PixOffset(x, y)
			for k, s := range sum {
				v := s / n
				out.Pix[o+2*k], out.Pix[o+2*k+1] = uint8(v>>8), uint8(v)
			}
		}
	}
	narrow := image.NewNRGBA(out.Bounds())
	for y := range nh {
		for x := range nw {
			narrow.Set(x, y, out.At(x, y))
		}
	}
	return narrow
}
