// SPDX-License-Identifier: EUPL-1.2

package app_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

func TestAWeightIsTriedBeforeItIsKept(t *testing.T) {
	offices(t, func(o *office) {
		d := o.planner()
		town(d)
		v := d.page("/arbeit/verfahren/neu?von=z-mean").form(o.t, "/arbeit/verfahren/neu")
		v.Set("id", "eigen")
		v["ind"], v["weight"], v["dir"], v["transform"] = []string{"unemp_share – x", "child_poverty_rate"}, []string{"1", "1"}, []string{"1", "1"}, []string{"none", "none"}
		v.Set("status_limits", "-1; 1; 1,5")
		v.Set("step", "save")
		d.postForm("/arbeit/verfahren/neu", v).done(o.t)
		if p := d.postForm("/arbeit/verfahren/neu", v); p.code != 422 || !strings.Contains(p.text(), "Diese Kennung ist vergeben") {
			o.t.Errorf("the same identifier twice: %d %s", p.code, p.text())
		}
		page := d.page("/arbeit/verfahren/eigen")
		if !strings.Contains(page.body, "<svg") || !strings.Contains(page.text(), "Räume je Klasse") {
			o.t.Fatalf("editor: %s", page.text())
		}
		v = page.form(o.t, "/arbeit/verfahren/eigen")
		if v.Get("for") != "plr/2021/2023-12-31" {
			o.t.Errorf("chosen: %s", v.Get("for"))
		}
		v["weight"] = []string{"9", "0,5"}
		part := d.postForm("/arbeit/verfahren/eigen/vorschau", v)
		if part.code != 200 || strings.Contains(part.body, "<html") || !strings.Contains(part.text(), "die Klasse") || !strings.Contains(part.body, "<svg") {
			o.t.Errorf("preview: %d %s", part.code, part.text())
		}
		whole := d.postForm("/arbeit/verfahren/eigen", v)
		if whole.code != 200 || !strings.Contains(whole.body, "<html") || whole.form(o.t, "/arbeit/verfahren/eigen")["weight"][0] != "9" {
			o.t.Errorf("preview without script: %d", whole.code)
		}
		if runs, err := o.app.Analysis.Store.Runs(o.t.Context(), o.who.Tenant, ""); err != nil || len(runs) != 0 {
			o.t.Errorf("a preview stored %d runs, %v", len(runs), err)
		}
		for field, bad := range map[string]string{"weight": "-1", "status_limits": "1; 0", "minpop": "viele", "attention": "x"} {
			w := copied(v)
			w[field] = []string{bad, "1"}
			w.Set("step", "save")
			if p := d.postForm("/arbeit/verfahren/eigen", w); p.code != 422 || p.form(o.t, "/arbeit/verfahren/eigen").Get(field) != bad {
				o.t.Errorf("%s = %s: %d", field, bad, p.code)
			}
			if p := d.postForm("/arbeit/verfahren/eigen/vorschau", w); p.code != 200 || strings.Contains(p.body, "<svg") {
				o.t.Errorf("preview of %s = %s: %d", field, bad, p.code)
			}
		}
		v.Set("step", "save")
		if p := d.postForm("/arbeit/verfahren/eigen", v); !strings.Contains(p.location, "notice.method.saved") {
			o.t.Errorf("saved: %d %s", p.code, p.location)
		}
		if p := d.postForm("/arbeit/verfahren/eigen", v); !strings.Contains(p.location, "notice.method.unchanged") {
			o.t.Errorf("saved twice: %d %s", p.code, p.location)
		}
		m, err := o.app.Analysis.Method(o.t.Context(), o.who, "eigen")
		if err != nil || m.Method.Version != 2 || m.Method.Indicators[0].Weight != 9 || m.Method.Indicators[1].Weight != .5 {
			o.t.Errorf("stored %+v %v", m.Method, err)
		}
	})
}

func copied(v map[string][]string) (out url.Values) {
	out = url.Values{}
	for k, x := range v {
		out[k] = append([]string(nil), x...)
	}
	return out
}

func TestARunIsKeptCheckedAndReleased(t *testing.T) {
	offices(t, func(o *office) {
		d := o.planner()
		town(d)
		v := d.page("/arbeit/verfahren/neu?von=z-mean").form(o.t, "/arbeit/verfahren/neu")
		v.Set("id", "eigen")
		v["ind"], v["weight"], v["dir"], v["transform"] = []string{"unemp_share", "child_poverty_rate"}, []string{"1", "1"}, []string{"1", "1"}, []string{"none", "none"}
		v.Set("step", "save")
		d.postForm("/arbeit/verfahren/neu", v).done(o.t)
		if p := d.post("/arbeit/verfahren/eigen/rechnen", "for", "plr/2021/2023-12-31", "draws", "100000000"); p.code != 422 || !strings.Contains(p.text(), "bis zu 20.000 Ziehungen") {
			o.t.Errorf("too many draws: %d %s", p.code, p.text())
		}
		run := d.post("/arbeit/verfahren/eigen/rechnen", "for", "plr/2021/2023-12-31", "draws", "50", "seed", "3").done(o.t)
		if again := d.post("/arbeit/verfahren/eigen/rechnen", "for", "plr/2021/2023-12-31", "draws", "50", "seed", "3").done(o.t); again != run {
			o.t.Errorf("the same request made %s and %s", run, again)
		}
		p := d.page(run)
		if !strings.Contains(p.text(), "12 von 12 Räumen") || !strings.Contains(p.text(), "50 mit Startwert 3") || !strings.Contains(p.body, "<svg") {
			o.t.Errorf("run: %s", p.text())
		}
		csv := d.get(run + "/tabelle")
		if lines := strings.Split(csv.body, "\n"); len(lines) != 14 || !strings.HasPrefix(lines[0], "area,eligible,reason,sum,index,class") {
			o.t.Errorf("csv: %.200s", csv.body)
		}
		if p := d.post(run + "/pruefen"); p.code != 200 || !strings.Contains(p.text(), "jede Stelle stimmt überein") {
			o.t.Errorf("computed again: %d %s", p.code, p.text())
		}
		d.post(run+"/freigeben", "audience", "public", "note", "Ausschuss").done(o.t)
		if p := d.page(run); !strings.Contains(p.text(), "Öffentlichkeit") {
			o.t.Errorf("released: %s", p.text())
		}
		if p := d.post(run+"/zuruecknehmen", "reason", ""); p.code != 422 {
			o.t.Errorf("without a reason: %d", p.code)
		}
		d.post(run+"/zuruecknehmen", "reason", "Zahlen berichtigt").done(o.t)
		if p := d.page("/arbeit/freigaben/verlauf"); !strings.Contains(p.text(), "Zahlen berichtigt") || !strings.Contains(p.body, `href="`+run+`"`) {
			o.t.Errorf("ledger: %s", p.text())
		}
	})
}

func TestTheCatalogueTakesOwnIndicatorsAndVersions(t *testing.T) {
	offices(t, func(o *office) {
		d := o.planner()
		p := d.page("/arbeit/katalog?suche=einwohner&feld=A")
		if !strings.Contains(p.text(), "Einwohner (Hauptwohnsitz)") {
			o.t.Errorf("search: %s", p.text())
		}
		v := d.page("/arbeit/katalog/neu").form(o.t, "/arbeit/katalog/neu")
		v.Set("key", "Gärten")
		p = d.postForm("/arbeit/katalog/neu", v)
		if p.code != 422 || !strings.Contains(p.body, `href="#feld-name_de"`) || p.form(o.t, "/arbeit/katalog/neu").Get("key") != "Gärten" {
			o.t.Errorf("incomplete: %d %s", p.code, p.text())
		}
		for k, x := range map[string]string{"key": "gaerten", "field": "A", "name_de": "Gärten", "numerator_de": "Gärten", "unit": "n", "class": "O"} {
			v.Set(k, x)
		}
		d.postForm("/arbeit/katalog/neu", v).done(o.t)
		if p := d.postForm("/arbeit/katalog/neu", v); p.code != 422 {
			o.t.Errorf("the same key twice: %d", p.code)
		}
		v = d.page("/arbeit/katalog/gaerten/fassung").form(o.t, "/arbeit/katalog/gaerten/fassung")
		if p := d.postForm("/arbeit/katalog/gaerten/fassung", v); p.code != 422 || p.form(o.t, "/arbeit/katalog/gaerten/fassung").Get("name_de") != "Gärten" {
			o.t.Errorf("without reason and day: %d", p.code)
		}
		v.Set("valid_from", "2025-01-01")
		v.Set("reason", "Neue Satzung")
		d.postForm("/arbeit/katalog/gaerten/fassung", v).done(o.t)
		if p := d.page("/arbeit/katalog/gaerten"); !strings.Contains(p.text(), "Neue Satzung") || !strings.Contains(p.text(), "Fassung 2") {
			o.t.Errorf("history: %s", p.text())
		}
		if p := d.get("/arbeit/katalog/gibtesnicht"); p.code != http.StatusNotFound {
			o.t.Errorf("unknown: %d", p.code)
		}
	})
}
