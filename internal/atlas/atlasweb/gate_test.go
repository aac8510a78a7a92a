// SPDX-License-Identifier: EUPL-1.2

package atlasweb_test

import (
	"archive/zip"
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func request(path string) *http.Request { return httptest.NewRequest("GET", path, nil) }

func (t *town) do(r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	t.mux.ServeHTTP(w, r)
	return w
}

// sheetText is everything that stands in a workbook.
func sheetText(t *testing.T, book string) string {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader([]byte(book)), int64(len(book)))
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(&b, r); err != nil {
			t.Fatal(err)
		}
		_ = r.Close()
	}
	return b.String()
}

// The gate's promise, tried on every way out: a count that is held back or not released appears nowhere, whichever page, file, language or
// way of classing is asked for. Counts are chosen so that they cannot stand there by chance.
func TestNoHiddenNumberLeavesByAnyWay(t *testing.T) {
	const n = 23
	tn := newTown(t)
	tn.grid(n, nil)
	// Two areas of one district have all but one and two of their people in the numerator: the complement points at persons.
	secret := func(key string, row map[string]int) {
		switch key {
		case "0102":
			row["SZ"], row["SN"] = 73331, 73332
		case "0104":
			row["SZ"], row["SN"] = 64873, 64875
		case "0203":
			row["SZ"], row["SN"] = 5167, 52931 // shown: proves that the search finds what is there
		}
	}
	tn.deliver("2019-12-31", usual, figuresOf(n, 2019, nil))
	tn.deliver("2020-12-31", usual, figuresOf(n, 2020, nil))
	tn.deliver("2021-12-31", usual, figuresOf(n, 2021, secret))
	tn.publish()
	tn.run("2021-12-31", 20)
	// A later period is there but not released.
	tn.deliver("2022-12-31", usual, figuresOf(n, 2022, func(key string, row map[string]int) {
		if key == "0105" {
			row["SZ"], row["SN"], row["N"] = 38561, 91733, 91733
		}
	}))
	hidden := variants("73331", "73332", "64873", "64875", "38561", "91733")
	// 73331 of 73332 and 64873 of 64875 as shares.
	hidden = append(hidden, "99.9986", "99,9986", "99.9969", "99,9969")
	shown := variants("5167", "52931")

	queries := []string{
		"", "indikator=sgb2_rate", "indikator=sgb2_rate&zeit=2021-12-31&raum=0102", "indikator=sgb2_rate&zeit=2021-12-31&raum=0104&klassen=gleich&anzahl=7",
		"indikator=sgb2_rate&klassen=quantile&basis=zeitpunkt", "indikator=sgb2_rate&klassen=standard", "indikator=sgb2_rate&bezug=stadt", "indikator=sgb2_rate&zeit=2022-12-31",
		"indikator=sgb2_rate&stufe=bezirk", "indikator=pop_total&vergleich=sgb2_rate", "indikator=sgb2_rate&vergleich=2022-12-31", "indikator=sgb2_rate&vergleich=2019-12-31&raum=0102",
		"verfahren=test-index", "verfahren=test-index&raum=0102", "verfahren=test-index&vergleich=sgb2_rate", "indikator=sgb2_rate&ordnung=-wert",
	}
	paths := []string{
		"/", "/raeume", "/raeume/raum/2020", "/daten", "/daten/sgb2_rate", "/daten/pop_total", "/verfahren/test-index", "/atlas/karte/raum/2020",
		"/vergleich?stufe=raum&raum=0102&raum=0104&raum=0203",
	}
	for i := range n {
		paths = append(paths, "/raeume/raum/2020/"+areaKey(i))
	}
	for _, d := range []string{"01", "02", "03"} {
		paths = append(paths, "/raeume/bezirk/2020/"+d)
	}
	for _, q := range queries {
		paths = append(paths, "/atlas?"+q, "/atlas/auswahl?"+q)
		for _, f := range []string{"csv", "csv-excel", "xlsx", "geojson", "svg"} {
			paths = append(paths, "/atlas/export/"+f+"?"+q)
		}
	}
	found := 0
	for _, p := range paths {
		for _, lang := range []string{"", "/en"} {
			if lang+p == "/en/" {
				p = ""
			}
			w := tn.get(lang + p)
			if w.Code != 200 {
				t.Errorf("%s%s: %d", lang, p, w.Code)
				continue
			}
			text := w.Body.String()
			if strings.Contains(p, "xlsx") {
				text = sheetText(t, text)
			}
			for _, h := range hidden {
				if at := strings.Index(text, h); at >= 0 {
					t.Errorf("%s%s shows %s: …%s…", lang, p, h, text[max(0, at-60):min(len(text), at+60)])
				}
			}
			for _, s := range shown {
				if strings.Contains(text, s) {
					found++
					break
				}
			}
		}
	}
	if found < 20 {
		t.Errorf("the shown counts were found on %d pages only: the search finds nothing", found)
	}
	has(t, "the atlas", body(t, tn, "/atlas?indikator=sgb2_rate&raum=0102"), "geheim zu halten", `data-s="suppressed"`)
	has(t, "the table", body(t, tn, "/atlas/export/csv?indikator=sgb2_rate"), "suppressed")
}

// variants are the ways a count is written.
func variants(counts ...string) []string {
	var out []string
	for _, c := range counts {
		cut := len(c) - 3
		out = append(out, c, c[:cut]+"."+c[cut:], c[:cut]+","+c[cut:])
	}
	return out
}
