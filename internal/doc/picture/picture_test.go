// SPDX-License-Identifier: EUPL-1.2

package picture_test

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io"
	"strings"
	"testing"

	"github.com/kupferfaden/kupferfaden/internal/doc/picture"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// photo is a picture whose left half is red.
func photo(w, h int) image.Image {
	p := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			c := color.RGBA{20, 20, 200, 255}
			if x < w/2 {
				c = color.RGBA{220, 20, 20, 255}
			}
			p.SetRGBA(x, y, c)
		}
	}
	return p
}

// withExif puts an EXIF segment with orientation and a place behind the begin of a JPEG file.
func withExif(t *testing.T, p image.Image, turn uint16) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, p, nil); err != nil {
		t.Fatal(err)
	}
	tiff := []byte("MM\x00\x2a\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01")
	tiff = binary.BigEndian.AppendUint16(tiff, turn)
	tiff = append(tiff, "\x00\x00\x00\x00\x00\x00GPS 50.77N 6.22E secret place"...)
	seg := append([]byte("Exif\x00\x00"), tiff...)
	out := append([]byte{0xff, 0xd8, 0xff, 0xe1}, binary.BigEndian.AppendUint16(nil, uint16(len(seg)+2))...)
	return append(append(out, seg...), b.Bytes()[2:]...)
}

func draw(t *testing.T, b []byte) (picture.Picture, error) {
	t.Helper()
	return picture.Draw(bytes.NewReader(b), "file", picture.Photo)
}

func TestNothingButThePictureIsKept(t *testing.T) {
	got, err := draw(t, append(withExif(t, photo(400, 200), 6), "PK\x03\x04 a file behind"...))
	if err != nil {
		t.Fatal(err)
	}
	for _, left := range []string{"Exif", "GPS", "secret", "PK\x03\x04"} {
		if bytes.Contains(got.JPEG, []byte(left)) {
			t.Errorf("%q is still there", left)
		}
	}
	p, err := jpeg.Decode(bytes.NewReader(got.JPEG))
	if err != nil || got.Width != 200 || got.Height != 400 || p.Bounds().Dx() != 200 {
		t.Fatalf("%dx%d %v", got.Width, got.Height, err)
	}
	// Orientation 6: what was left is above.
	if r, _, b, _ := p.At(100, 50).RGBA(); r < b {
		t.Error("the picture lies on its side")
	}
}

// What a browser writes for a picture whose left half is red: lossless, and lossy.
const (
	losslessWebP = "UklGRi4AAABXRUJQVlA4TB8AAAAvJ8AEAA8wFKdAPhPy/EcLCLJtanB/2gkcIKL/UeMdAA=="
	lossyWebP    = "UklGRnIAAABXRUJQVlA4IGYAAAAQBQCdASooABQAPm0skkWkIqGYBABABsSgDOZ4H5B8oFKA/ACu/9wAA1tkEX3QVVAAAP7wOEP/gDyb6qf/3jP6FOxL+wh6ozSJU2Jj60paOpSd/i5coeV5jabyBXKs6fYVpn4AAAA="
)

func TestWebPIsDrawnAnewAsJPEG(t *testing.T) {
	for name, file := range map[string]string{"lossless": losslessWebP, "lossy": lossyWebP} {
		b, err := base64.StdEncoding.DecodeString(file)
		if err != nil {
			t.Fatal(err)
		}
		got, err := draw(t, b)
		if err != nil || got.Width != 40 || got.Height != 20 {
			t.Fatalf("%s: %dx%d %v", name, got.Width, got.Height, err)
		}
		p, err := jpeg.Decode(bytes.NewReader(got.JPEG))
		if err != nil {
			t.Fatal(err)
		}
		left, _, _, _ := p.At(5, 10).RGBA()
		right, _, _, _ := p.At(35, 10).RGBA()
		if left < right {
			t.Errorf("%s: the left half is not red", name)
		}
	}
	// The same picture of a camera that was held upright: EXIF in a chunk of its own, behind the picture.
	b, err := base64.StdEncoding.DecodeString(losslessWebP)
	if err != nil {
		t.Fatal(err)
	}
	tiff := []byte("MM\x00\x2a\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00\x06\x00\x00\x00\x00\x00\x00")
	exif := append([]byte("EXIF"), binary.LittleEndian.AppendUint32(nil, uint32(len(tiff)))...)
	head := append([]byte("VP8X"), 10, 0, 0, 0, 8, 0, 0, 0, 39, 0, 0, 19, 0, 0)
	body := append(append(append([]byte("WEBP"), head...), b[12:]...), append(exif, tiff...)...)
	turned := append(append([]byte("RIFF"), binary.LittleEndian.AppendUint32(nil, uint32(len(body)))...), body...)
	if got, err := draw(t, turned); err != nil || got.Width != 20 || got.Height != 40 {
		t.Errorf("with EXIF: %dx%d %v", got.Width, got.Height, err)
	}
}

func TestALargePhotoIsKeptAsLargeAsAScreenShowsIt(t *testing.T) {
	var b bytes.Buffer
	if err := png.Encode(&b, photo(3200, 1600)); err != nil {
		t.Fatal(err)
	}
	got, err := draw(t, b.Bytes())
	if err != nil || got.Width != 1600 || got.Height != 800 {
		t.Errorf("%dx%d %v", got.Width, got.Height, err)
	}
}

// bomb is a PNG of a few bytes that announces w times h pixels; with frames it says that it moves.
func bomb(w, h uint32, frames bool) []byte {
	chunk := func(kind string, data []byte) []byte {
		out := binary.BigEndian.AppendUint32(nil, uint32(len(data)))
		out = append(append(out, kind...), data...)
		return binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(out[4:]))
	}
	head := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, w), h)
	out := append([]byte("\x89PNG\r\n\x1a\n"), chunk("IHDR", append(head, 8, 6, 0, 0, 0))...)
	if frames {
		out = append(out, chunk("acTL", []byte{0, 0xff, 0xff, 0xff, 0, 0, 0, 0})...)
	}
	return append(out, chunk("IEND", nil)...)
}

func TestWhatIsNoPhotoIsRefusedWithAWordOfHelp(t *testing.T) {
	for name, c := range map[string]struct {
		file []byte
		want string
	}{
		"a phone's HEIC":                {append([]byte("\x00\x00\x00\x18ftypheic"), make([]byte, 100)...), "picture.heic"},
		"a drawing with script":         {[]byte(`<svg onload="alert(1)">`), "picture.kind"},
		"a moving GIF":                  {[]byte("GIF89a......"), "picture.kind"},
		"a moving WebP":                 {[]byte("RIFF\x16\x00\x00\x00WEBPVP8X\x0a\x00\x00\x00\x02\x00\x00\x00\x07\x00\x00\x07\x00\x00"), "picture.broken"},
		"a WebP of 16,384 a side":       {[]byte("RIFF\x11\x00\x00\x00WEBPVP8L\x05\x00\x00\x00\x2f\xff\xff\xff\x0f"), "picture.pixels"},
		"nothing":                       {nil, "picture.kind"},
		"a picture cut off":             {withExif(t, photo(100, 100), 1)[:300], "picture.broken"},
		"a bomb of 40,000 a side":       {bomb(40000, 40000, false), "picture.pixels"},
		"a bomb that moves":             {bomb(20000, 20000, true), "picture.pixels"},
		"a picture without any content": {bomb(100, 100, true), "picture.broken"},
	} {
		_, err := draw(t, c.file)
		var e *kernel.Error
		if !errors.As(err, &e) || e.Kind != kernel.Invalid || e.Fields["file"] != c.want {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
}

// endless yields a photo that never ends.
type endless struct{ read int64 }

func (e *endless) Read(p []byte) (int, error) {
	e.read += int64(len(p))
	return copy(p, strings.Repeat("\xff\xd8\xff", len(p)/3+1)), nil
}

func TestOfAFileThatIsTooLargeNoMoreIsReadThanAllowed(t *testing.T) {
	e := &endless{}
	_, err := picture.Draw(io.LimitReader(e, 200<<20), "file", picture.Photo)
	var k *kernel.Error
	if !errors.As(err, &k) || k.Fields["file"] != "picture.large" {
		t.Errorf("%v", err)
	}
	if e.read > 50<<20 {
		t.Errorf("%d bytes read", e.read)
	}
}

func FuzzDraw(f *testing.F) {
	f.Add(bomb(10, 10, true))
	f.Add([]byte("\xff\xd8\xff\xe1\x00\x20Exif\x00\x00MM\x00\x2a\x00\x00\x00\x08"))
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := picture.Draw(bytes.NewReader(b), "file", picture.Bounds{Bytes: 1 << 20, Pixels: 100_000, Side: 64})
		if err == nil && (p.Width > 64 || p.Height > 64 || len(p.JPEG) == 0) {
			t.Errorf("%dx%d", p.Width, p.Height)
		}
	})
}
