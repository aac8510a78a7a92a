// SPDX-License-Identifier: EUPL-1.2

package journey_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// TestPictures renews the pictures of README and handbook: PICTURES=docs/img go test ./internal/journey -run Pictures.
func TestPictures(t *testing.T) {
	dir := os.Getenv("PICTURES")
	if dir == "" {
		t.Skip("PICTURES names no folder")
	}
	k, b := kupferstadt(t), browser(t)
	page := func(path string, width, height int64) {
		b.size(width, height)
		b.open(k.url + path)
		time.Sleep(1500 * time.Millisecond) // the interactive map draws itself after loading
	}
	keep := func(name string, picture []byte, err error) {
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, name), picture, 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	shoot := func(name, path string, width, height int64) {
		page(path, width, height)
		ctx, cancel := context.WithTimeout(b.ctx, pageTimeout)
		defer cancel()
		png, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
		keep(name+".png", png, err)
	}
	small := func(name, path string) { // the same in a format that takes less room
		page(path, 1000, 860)
		quality := int64(72)
		b.do(chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
			p, err := chromedp.Call(ctx, cdppage.CaptureScreenshot, cdppage.CaptureScreenshotParams{Format: cdppage.CaptureScreenshotFormatWebp, Quality: &quality})
			if err == nil {
				keep(name+".webp", p.Data, nil)
			}
			return err
		}))
	}
	shoot("start", "/", 1280, 860)
	shoot("atlas", "/atlas", 1280, 1000)
	shoot("steckbrief", "/raeume/sozialraum/2015/0102", 1280, 1200)
	process := "/beteiligung/messingsiedlung"
	for name, path := range map[string]string{
		"beteiligung": process, "beitrag-schreiben": process + "/ideen/neu", "was-wurde-daraus": "/beteiligung/leitbild-kupferstadt/rueckmeldungen",
		"veranstaltungen": "/veranstaltungen", "leitbild": "/leitbild", "mitreden": "/mitreden", "gruppen": "/gruppen", "angebote": "/angebote", "abstimmen": "/abstimmung/buergerbudget", "leicht": process + "?sprache=leicht",
	} {
		small(name, path)
	}
	b.signIn(k)
	for name, path := range map[string]string{
		"arbeit": "/arbeit", "raeume-neu": "/arbeit/raeume/neu", "lieferung-zuordnung": "/arbeit/lieferungen/neu", "freigaben": "/arbeit/freigaben",
		"verfahren": "/arbeit/verfahren/kupferstadt-index", "bericht-bearbeiten": "/arbeit/berichte/2025",
		"konten": "/arbeit/benutzer",
	} {
		shoot(name, path, 1280, 1000)
	}
	for name, path := range map[string]string{
		"beteiligung-bearbeiten": "/arbeit/beteiligung/messingsiedlung", "mindeststandards": "/arbeit/beteiligung/messingsiedlung/standards",
		"beitrag-erfassen": "/arbeit/beitraege/erfassen", "beitraege-importieren": "/arbeit/beitraege/import", "moderation": "/arbeit/moderation",
		"rueckmeldungen": "/arbeit/rueckmeldungen", "abstimmungen": "/arbeit/abstimmungen", "veranstaltung-bearbeiten": "/arbeit/veranstaltungen",
		"leitbild-bearbeiten": "/arbeit/leitbild/leitbild", "matrix": "/arbeit/akteure/matrix", "gruppencodes": "/arbeit/mitreden", "briefcodes": "/arbeit/codes", "abstimmung-bearbeiten": "/arbeit/abstimmungen/buergerbudget", "papier": "/arbeit/abstimmungen/buergerbudget/papier", "gruppe-bearbeiten": "/arbeit/gruppen/ag-1-familie", "sprachen": "/arbeit/sprachen",
	} {
		small(name, path)
	}
}
