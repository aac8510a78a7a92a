// SPDX-License-Identifier: EUPL-1.2

package journey_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// TestPictures renews the pictures of README and handbook: PICTURES=docs/img go test ./internal/journey -run Pictures.
func TestPictures(t *testing.T) {
	dir := os.Getenv("PICTURES")
	if dir == "" {
		t.Skip("PICTURES names no folder")
	}
	k, b := kupferstadt(t), browser(t)
	shoot := func(name, path string, width, height int64, dark bool) {
		b.size(width, height)
		b.dark(dark)
		b.open(k.url + path)
		time.Sleep(1500 * time.Millisecond) // the interactive map draws itself after loading
		ctx, cancel := context.WithTimeout(b.ctx, pageTimeout)
		defer cancel()
		png, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name+".png"), png, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	shoot("start", "/", 1280, 860, false)
	shoot("atlas", "/atlas", 1280, 1000, false)
	shoot("steckbrief", "/raeume/sozialraum/2015/0102", 1280, 1200, false)
	b.signIn(k)
	for name, path := range map[string]string{
		"arbeit": "/arbeit", "raeume-neu": "/arbeit/raeume/neu", "lieferung-zuordnung": "/arbeit/lieferungen/neu", "freigaben": "/arbeit/freigaben",
		"verfahren": "/arbeit/verfahren/kupferstadt-index", "bericht-bearbeiten": "/arbeit/berichte/2025",
		"konten": "/arbeit/benutzer",
	} {
		shoot(name, path, 1280, 1000, false)
	}
}
