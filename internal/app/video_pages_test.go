// SPDX-License-Identifier: EUPL-1.2

package app_test

import (
	"bytes"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/app"
)

func init() {
	moreThings = append(moreThings, func(_ *testing.T, _ *app.App, _ access.Actor, _ string) map[string][]thing {
		return map[string][]thing{"/gebaerdenvideo/{video}": {{values: map[string]string{"video": nowhere}, maybe: true}}}
	})
}

var videoAt = regexp.MustCompile(`src="(/gebaerdenvideo/[0-9a-f-]{36})"`)

// film is the begin of a file as telephones write it, and n bytes of what nobody decodes here.
func film(n int) []byte {
	return append([]byte("\x00\x00\x00\x20ftypisom\x00\x00\x02\x00isomiso2avc1mp41"), bytes.Repeat([]byte("film"), n/4)...)
}

func TestAVideoInSignLanguageStandsOnThePageOfItsText(t *testing.T) {
	offices(t, func(o *office) {
		plan, all := o.planner(), o.anonymous()
		e := meeting(t, o.app, planning(o.who), "Forum", 10)
		page := "/veranstaltungen/" + e.Key
		at := "/arbeit/sprachen/video?seite=" + url.QueryEscape(page)
		if p := plan.page("/arbeit/sprachen"); !strings.Contains(p.body, at) {
			t.Fatalf("the report does not lead to the slot: %s", p.text())
		}
		for name, content := range map[string][]byte{
			"film.mp4":  []byte("<html><script>alert(1)</script></html>"),
			"film.webm": []byte("\x1a\x45\xdf\xa3\x42\x82\x88matroska"),
			"quick.mov": []byte("\x00\x00\x00\x14ftypqt  \x00\x00\x00\x00"),
			"leer.mp4":  {},
		} {
			if p := plan.sendFile(at, name, content); p.code != 422 || !strings.Contains(p.text(), "kein Video") && !strings.Contains(p.text(), "Datei") {
				t.Errorf("%s: %d %s", name, p.code, p.text())
			}
		}
		if p := plan.sendFile("/arbeit/sprachen/video?seite=/arbeit", "film.mp4", film(100)); p.code != 404 {
			t.Errorf("a page that is no public text: %d", p.code)
		}
		if p := all.sendFile(at, "film.mp4", film(100)); p.code == 303 && !strings.Contains(p.location, "anmelden") || p.code == 200 {
			t.Errorf("somebody without a role: %d %s", p.code, p.location)
		}
		before := all.page(page)
		if videoAt.MatchString(before.body) {
			t.Fatal("a video before there is one")
		}
		plan.sendFile(at, "film.mp4", film(4000)).done(t)
		src := videoAt.FindStringSubmatch(all.page(page).body)
		if src == nil {
			t.Fatalf("no video on the page: %s", all.page(page).text())
		}
		whole := all.get(src[1])
		if whole.code != 200 || whole.header.Get("Content-Type") != "video/mp4" || whole.header.Get("X-Content-Type-Options") != "nosniff" || whole.header.Get("Accept-Ranges") != "bytes" || len(whole.body) != len(film(4000)) {
			t.Errorf("%d %v, %d bytes", whole.code, whole.header, len(whole.body))
		}
		req, err := http.NewRequest("GET", o.URL+src[1], nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Range", "bytes=32-35")
		if p := all.send(req); p.code != http.StatusPartialContent || p.body != "film" || p.header.Get("Content-Encoding") != "" {
			t.Errorf("a part: %d %q %v", p.code, p.body, p.header)
		}
		if p := plan.page("/arbeit/sprachen?fassung=dgs&stand=complete"); !strings.Contains(p.text(), "Forum") {
			t.Errorf("the report does not count the video: %s", p.text())
		}
		plan.sendFile(at, "film.webm", []byte("\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\xf7\x81\x01\x42\x82\x84webm\x42\x87\x81\x02")).done(t)
		again := videoAt.FindStringSubmatch(all.page(page).body)
		if again == nil || again[1] == src[1] || all.get(src[1]).code != 404 || all.get(again[1]).header.Get("Content-Type") != "video/webm" {
			t.Errorf("replaced: %v", again)
		}
		plan.post("/arbeit/sprachen/video/entfernen", "seite", page).done(t)
		if videoAt.MatchString(all.page(page).body) {
			t.Error("the video is still on the page")
		}
	})
}
