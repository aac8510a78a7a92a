// SPDX-License-Identifier: EUPL-1.2

package reportdoc_test

import (
	"bytes"
	"context"
	"io"
	"testing"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/doc/typst"
	"github.com/kupferfaden/kupferfaden/internal/report/reportdoc"
)

var press = reportdoc.Press{Words: words}

func BenchmarkReport542HTML(b *testing.B) {
	d := fixture(542)
	b.ReportAllocs()
	for b.Loop() {
		if err := press.HTML(context.Background(), io.Discard, d, nil); err != nil {
			b.Fatal(err)
		}
	}
}

func TestTimePDF(t *testing.T) {
	ts := typst.NewInProcess("")
	defer ts.Close()
	if err := ts.Warm(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, n := range []int{1, 17, 17, 542} {
		d := fixture(n)
		t0 := time.Now()
		doc, err := reportdoc.Typst(t.Context(), d, words("de"), nil)
		if err != nil {
			t.Fatal(err)
		}
		t1 := time.Now()
		pdf, err := ts.Typeset(t.Context(), doc)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%d: markup %v (%d bytes), set %v, %d bytes", n, t1.Sub(t0), len(doc.Main), time.Since(t1), len(pdf))
		var b bytes.Buffer
		t0 = time.Now()
		if err := press.HTML(t.Context(), &b, d, nil); err != nil {
			t.Fatal(err)
		}
		t.Logf("   html %v %d bytes", time.Since(t0), b.Len())
	}
}
