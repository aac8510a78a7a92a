// SPDX-License-Identifier: EUPL-1.2

package app_test

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"mime/multipart"
	"net/http"
	"regexp"
	"strings"
	"testing"
)

const settingsPath = "/arbeit/stadt"

func TestATownGetsItsOwnNameColourAndWords(t *testing.T) {
	offices(t, func(o *office) {
		admin, reader := o.signIn("admin@stadt.example"), o.anonymous()
		for _, path := range []string{settingsPath, settingsPath + "/regeln"} {
			if p := o.planner().get(path); p.code != 403 {
				o.t.Errorf("a planner at %s: %d", path, p.code)
			}
			if p := reader.get(path); p.code != 401 {
				o.t.Errorf("a reader at %s: %d", path, p.code)
			}
		}
		save := func(section string, kv ...string) paper {
			path := settingsPath + "/" + section
			v := admin.page(path).form(o.t, path)
			for i := 0; i+1 < len(kv); i += 2 {
				v.Set(kv[i], kv[i+1])
			}
			return admin.postForm(path, v)
		}
		save("name", "name.de", "Zinnstadt", "name.en", "Tin Town").done(o.t)
		if p := reader.page("/"); !strings.Contains(p.body, "Zinnstadt") || strings.Contains(p.body, "Teststadt") {
			o.t.Error("the new name is not shown")
		}
		if p := save("name", "name.de", " "); p.code != 422 || !strings.Contains(p.text(), "Geben Sie der Stadt einen Namen") {
			o.t.Errorf("no name: %d", p.code)
		}

		p := save("farben", "accent", "#ffdd00")
		if p.code != 422 || !strings.Contains(p.text(), "1,2") || !strings.Contains(p.text(), "Vorschlag #") {
			o.t.Errorf("yellow on white: %d %s", p.code, p.text())
		}
		save("farben", "accent", "1D5FA8").done(o.t)
		start := reader.page("/")
		sheet := regexp.MustCompile(`/stil/[0-9a-f]+\.css`).FindString(start.body)
		css := reader.get(sheet)
		if css.code != 200 || !strings.Contains(css.body, "--kf-copper:#1d5fa8") || !strings.Contains(css.header.Get("Cache-Control"), "immutable") || !strings.HasPrefix(css.header.Get("Content-Type"), "text/css") {
			o.t.Errorf("%s: %d %s", sheet, css.code, css.body)
		}
		if strings.Contains(start.body, "style=") || strings.Contains(start.body, "<style") {
			o.t.Error("a style stands inside the page, which the content policy forbids")
		}

		save("woerter", "term.area.one.de", "Nachbarschaft", "term.area.many.de", "Nachbarschaften", "term.area.gender", "die").done(o.t)
		if p := reader.page("/raeume"); !strings.Contains(p.text(), "Nachbarschaften") || strings.Contains(p.text(), "Räume") {
			o.t.Errorf("the town's word: %s", p.text())
		}
		if p := reader.page("/en/raeume"); !strings.Contains(p.text(), "Areas") {
			o.t.Errorf("English keeps its own: %s", p.text())
		}
		if p := save("woerter", "term.area.one.de", "<script>"); p.code != 422 {
			o.t.Errorf("markup as a word: %d", p.code)
		}

		save("sprachen").done(o.t)
		v := admin.page(settingsPath+"/sprachen").form(o.t, settingsPath+"/sprachen")
		v.Del("languages")
		admin.postForm(settingsPath+"/sprachen", v).done(o.t)
		if p := reader.get("/en/raeume"); p.code != 404 {
			o.t.Errorf("a language that is not offered: %d", p.code)
		}

		if p := save("adressen", "hosts", "zinn.example", "canonical", "1"); p.code != 422 || !strings.Contains(p.text(), "127.0.0.1") {
			o.t.Errorf("redirect to a name nobody has come by: %d %s", p.code, p.text())
		}
		if p := save("regeln", "idle", "2"); p.code != 422 {
			o.t.Errorf("sessions of two minutes: %d", p.code)
		}
		save("regeln", "idle", "20", "four", "publish").done(o.t)
		if p := save("regeln", "four", ""); p.code != 422 || !strings.Contains(admin.page(settingsPath).text(), "Veröffentlichen") {
			o.t.Errorf("one person switches off the rule of two: %d %s", p.code, p.text())
		}
	})
}

// A10: two people change the same at once; the second sees both and nothing is lost.
func TestTwoWhoSetTheSameAtOnceSeeBoth(t *testing.T) {
	offices(t, func(o *office) {
		one, two := o.signIn("admin@stadt.example"), o.signIn("admin@stadt.example")
		path := settingsPath + "/kontakt"
		first, second := one.page(path).form(o.t, path), two.page(path).form(o.t, path)
		first.Set("phone", "111")
		second.Set("phone", "222")
		one.postForm(path, first).done(o.t)
		p := two.postForm(path, second)
		if p.code != 409 || !strings.Contains(p.text(), "111") || p.form(o.t, path).Get("phone") != "222" {
			o.t.Fatalf("%d: %s", p.code, p.text())
		}
		two.postForm(path, p.form(o.t, path)).done(o.t) // knowingly
		if got := one.page(settingsPath).text(); !strings.Contains(got, "222") {
			o.t.Error(got)
		}
	})
}

func TestALogoIsAPictureAndNothingElse(t *testing.T) {
	offices(t, func(o *office) {
		admin := o.signIn("admin@stadt.example")
		path := settingsPath + "/logo"
		send := func(name string, content []byte) paper {
			v := admin.page(path).form(o.t, path)
			var b bytes.Buffer
			w := multipart.NewWriter(&b)
			v.Set("alt.de", "Wappen")
			for k := range v {
				if err := w.WriteField(k, v.Get(k)); err != nil {
					o.t.Fatal(err)
				}
			}
			f, err := w.CreateFormFile("file", name)
			if err != nil {
				o.t.Fatal(err)
			}
			if _, err := f.Write(content); err != nil || w.Close() != nil {
				o.t.Fatal(err)
			}
			req, err := http.NewRequest("POST", o.URL+path, &b)
			if err != nil {
				o.t.Fatal(err)
			}
			req.Header.Set("Content-Type", w.FormDataContentType())
			return admin.send(req)
		}
		if p := send("logo.png", []byte(`<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>`)); p.code != 422 || !strings.Contains(p.text(), "SVG") {
			o.t.Errorf("SVG under another name: %d %s", p.code, p.text())
		}
		m := image.NewRGBA(image.Rect(0, 0, 100, 40))
		m.Set(3, 3, color.White)
		var pic bytes.Buffer
		if err := png.Encode(&pic, m); err != nil {
			o.t.Fatal(err)
		}
		send("logo.svg", pic.Bytes()).done(o.t) // the name says nothing, the content does
		body := o.anonymous().page("/").body
		at := regexp.MustCompile(`/logo/[0-9a-f]+\.png`).FindString(body)
		p := o.anonymous().get(at)
		if p.code != 200 || p.header.Get("Content-Type") != "image/png" || p.header.Get("X-Content-Type-Options") != "nosniff" || !strings.Contains(body, `alt="Wappen"`) {
			o.t.Errorf("%s: %d %v", at, p.code, p.header)
		}
		if _, err := png.Decode(strings.NewReader(p.body)); err != nil {
			o.t.Error(err)
		}
	})
}
