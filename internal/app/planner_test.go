// SPDX-License-Identifier: EUPL-1.2

package app_test

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/app"
	"github.com/kupferfaden/kupferfaden/internal/indicator"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/platform/i18n"
	"github.com/kupferfaden/kupferfaden/internal/release"
	"github.com/kupferfaden/kupferfaden/table/write"
)

var placeholder = regexp.MustCompile(`\{[^}]*\}`)

func TestPlannerPagesAreForPlanners(t *testing.T) {
	offices(t, func(o *office) {
		nobody, admin, planner := o.anonymous(), o.signIn("admin@stadt.example"), o.planner()
		seen := 0
		for _, route := range o.app.Mux(app.WebOptions{}).Routes() {
			if route.System || !strings.HasPrefix(route.Path, "/arbeit") {
				continue
			}
			path := placeholder.ReplaceAllString(route.Path, string(kernel.NewID()))
			ask := func(d *desk) int {
				if route.Method == "GET" {
					return d.get(path).code
				}
				return d.post(path).code
			}
			if code := ask(nobody); code != 401 {
				o.t.Errorf("%s anonymous: %d", route.Pattern, code)
			}
			for who, d := range map[access.Role]*desk{access.Admin: admin, access.Planner: planner} {
				may := access.Can(access.Actor{Tenant: o.who.Tenant, Person: "p", Roles: []access.Role{who}}, route.Action, access.Object{Tenant: o.who.Tenant})
				if code := ask(d); (code == 403) == may || code == 401 || code >= 500 {
					o.t.Errorf("%s as %s: %d", route.Pattern, who, code)
				}
			}
			seen++
		}
		if seen < 40 {
			o.t.Errorf("only %d routes", seen)
		}
		if p := admin.get("/arbeit/freigaben"); !strings.Contains(p.text(), "wenden Sie sich an die Administration") {
			o.t.Errorf("refusal without a sentence: %s", p.text())
		}
		if p := admin.page("/arbeit"); !strings.Contains(p.text(), "Zugänge") || strings.Contains(p.text(), "Lieferungen") {
			o.t.Errorf("the administration's desk: %s", p.text())
		}
	})
}

func TestANewTownIsShownItsFirstSteps(t *testing.T) {
	offices(t, func(o *office) {
		d := o.planner()
		for path, want := range map[string]string{
			"/arbeit": "Räume einlesen", "/arbeit/raeume": "Noch keine Räume", "/arbeit/lieferungen": "Noch keine Lieferung",
			"/arbeit/freigaben": "Noch keine Zahlen", "/arbeit/verfahren": "Noch kein Ergebnis",
		} {
			if p := d.page(path); !strings.Contains(p.text(), want) {
				o.t.Errorf("%s lacks %q: %s", path, want, p.text())
			}
		}
		for _, path := range []string{"/arbeit", "/arbeit/raeume/neu", "/arbeit/lieferungen/neu", "/arbeit/katalog", "/arbeit/katalog/neu", "/arbeit/verfahren/neu", "/arbeit/freigaben/verlauf"} {
			p := d.page("/en" + path)
			for _, key := range i18n.Keys("de") {
				if strings.HasPrefix(key, "planner.") && strings.Contains(p.text(), " "+key+" ") {
					o.t.Errorf("%s shows the key %s", path, key)
				}
			}
		}
	})
}

// The rows are what reliability.md C28 and G19 feed: script where names and headers stand, title lines, keys without their zero, a total, a footer.
const messy = "Statistikstelle;;;\r\nEinwohner am 31.12.2023;;;\r\nRaum;Name;Einwohner;\"<script>alert('h')</script>\"\r\n" +
	"101;Altstadt;3.412,0;12\r\n102;<img src=x onerror=alert(1)>;4.120,5;-\r\n103;\"=HYPERLINK(\"\"http://evil.example\"\")\";2.900;7\r\n104;S\xfcdviertel;k.A.;3\r\n" +
	"Gesamt;;10.432;\r\nQuelle: Melderegister <b>fett</b>\r\n"

func TestAMessyTableIsAskedAboutAndTakenWhole(t *testing.T) {
	offices(t, func(o *office) {
		d := o.planner()
		d.bringAreas(4)
		at := d.upload("/arbeit/lieferungen/neu", "<b>messy</b>.csv", []byte(messy))
		p := d.page(at)
		noScript(o.t, p)
		if !strings.Contains(p.text(), "Südviertel") || !strings.Contains(p.text(), "<script>alert('h')</script>") {
			o.t.Errorf("preview: %s", p.text())
		}
		v := p.form(o.t, at)
		if v.Get("place") != "plr/2021" || v.Get("c0_role") != "area" || v.Get("period_value") != "2023-12-31" || v.Get("c2_ind") != "pop_total" {
			o.t.Errorf("proposed: %v", v)
		}
		v.Set("c3_role", "figure")
		if bad := d.postForm(at, v); bad.code != 422 || !strings.Contains(bad.text(), "Bitte nennen Sie die Kennzahl") {
			o.t.Errorf("a figure without an indicator: %d %s", bad.code, bad.text())
		}
		v.Set("c3_role", "")
		d.postForm(at, v).done(o.t)
		first := d.page(at + "/pruefung")
		noScript(o.t, first)
		if len(questions(first)) == 0 || strings.Contains(first.text(), "--accept") || strings.Contains(first.text(), "header_rows") {
			o.t.Errorf("questions: %s", first.text())
		}
		if n := slicesOf(o); n != 0 {
			o.t.Errorf("%d slices before anything was taken", n)
		}
		if early := d.postForm(at+"/uebernehmen", nil); early.code != 422 {
			o.t.Errorf("taken with open questions: %d %s", early.code, early.location)
		}
		p = d.answerAll(at)
		noScript(o.t, p)
		delivery := d.take(at)
		p = d.page(delivery)
		noScript(o.t, p)
		if !strings.Contains(p.text(), "zählt") {
			o.t.Errorf("delivery: %s", p.text())
		}
		if n := slicesOf(o); n != 1 {
			o.t.Errorf("%d slices, want 1", n)
		}
		if got := d.get(delivery + "/datei"); got.body != messy || !strings.HasPrefix(got.header.Get("Content-Disposition"), "attachment") || got.header.Get("Content-Type") != "application/octet-stream" {
			o.t.Errorf("original: %v", got.header)
		}
		if got := d.get(delivery + "/zuordnung"); !strings.Contains(got.body, "pop_total") {
			o.t.Errorf("mapping: %s", got.body)
		}
		again := d.page(d.upload("/arbeit/lieferungen/neu", "naechstes.csv", []byte(strings.ReplaceAll(messy, "3.412", "3.512"))))
		if !strings.Contains(again.text(), "Diese Spalten sind bekannt") {
			o.t.Errorf("the mapping was not remembered: %s", again.text())
		}
	})
}

// noScript fails where text of a file has become markup.
func noScript(t *testing.T, p paper) {
	t.Helper()
	for _, bad := range []string{"<script>alert", "<img src=x", "<b>", "onerror=alert(1)>"} {
		if strings.Contains(p.body, bad) {
			t.Errorf("the page holds %s", bad)
		}
	}
}

func slicesOf(o *office) int {
	o.t.Helper()
	list, err := o.app.Indicators.Slices(o.t.Context(), o.who, indicator.Filter{})
	if err != nil {
		o.t.Fatal(err)
	}
	return len(list)
}

func TestAWorkbookIsTakenByItsMappingFile(t *testing.T) {
	offices(t, func(o *office) {
		d := o.planner()
		d.bringAreas(3)
		var b bytes.Buffer
		sheet := write.Sheet{Name: "Daten", Rows: [][]write.Cell{{write.Text("Raum"), write.Text("Anzahl")}}}
		for i := range 3 {
			sheet.Rows = append(sheet.Rows, []write.Cell{write.Text(fmt.Sprintf("01%02d", i+1)), write.Int(int64(100 + i))})
		}
		if err := write.XLSX(&b, []write.Sheet{sheet}, write.Properties{}); err != nil {
			o.t.Fatal(err)
		}
		at := d.upload("/arbeit/lieferungen/neu", "zahlen.xlsx", b.Bytes())
		v := d.page(at).form(o.t, at)
		v.Set("step", "yaml")
		v.Set("yaml", "area: {level: plr, column: Raum}\nperiod: kaputt: ja")
		if p := d.postForm(at, v); p.code != 422 || !strings.Contains(p.text(), "Die Zuordnung lässt sich nicht lesen") {
			o.t.Errorf("broken YAML: %d %s", p.code, p.text())
		}
		v.Set("yaml", "area: {level: plr, edition: \"2021\", column: Raum}\nperiod: {value: \"31.12.2023\"}\ncolumns:\n  Anzahl: {indicator: pop_total, part: numerator}\n")
		d.postForm(at, v).done(o.t)
		v = d.page(at).form(o.t, at)
		if v.Get("c1_role") != "figure" || v.Get("c1_ind") != "pop_total" || v.Get("c1_part") != "numerator" || v.Get("period_value") != "31.12.2023" {
			o.t.Errorf("form after YAML: %v", v)
		}
		d.postForm(at, v).done(o.t)
		d.answerAll(at)
		d.take(at)
		if n := slicesOf(o); n != 1 {
			o.t.Errorf("%d slices, want 1", n)
		}
	})
}

func TestALongTableIsMappedCodeByCode(t *testing.T) {
	offices(t, func(o *office) {
		d := o.planner()
		d.bringAreas(2)
		var b strings.Builder
		b.WriteString("Raum;Jahr;Geschlecht;Merkmal;Wert\n")
		for i := range 2 {
			for _, sex := range []string{"insgesamt", "weiblich"} {
				for k, code := range []string{"EW", "AL"} {
					fmt.Fprintf(&b, "01%02d;31.12.2022;%s;%s;%d\n", i+1, sex, code, 100*(2-k)+i)
				}
			}
		}
		at := d.upload("/arbeit/lieferungen/neu", "lang.csv", []byte(b.String()))
		v := d.page(at).form(o.t, at)
		v.Set("c1_role", "period")
		v.Set("period_value", "")
		v.Set("c3_role", "code")
		v.Set("c4_role", "value")
		v.Set("filter_col", "Geschlecht")
		v.Set("filter_val", "insgesamt")
		v.Set("step", "read")
		d.postForm(at, v).done(o.t)
		v = d.page(at).form(o.t, at)
		if got := strings.Join(v["code"], " "); got != "EW AL" || v["filter_col"][0] != "Geschlecht" || v["filter_val"][0] != "insgesamt" {
			o.t.Fatalf("codes %s, filter %v %v", got, v["filter_col"], v["filter_val"])
		}
		v["code_ind"], v["code_part"] = []string{"pop_total – Einwohner", "unemp_share"}, []string{"numerator", "numerator"}
		d.postForm(at, v).done(o.t)
		p := d.answerAll(at)
		if !strings.Contains(p.text(), "8 gelesen, 4 einem Raum zugeordnet, 4 ausgelassen") {
			o.t.Fatalf("dry run: %s", p.text())
		}
		d.take(at)
		if n := slicesOf(o); n != 2 {
			o.t.Errorf("%d slices, want 2", n)
		}
	})
}

func TestADoubleKeyIsAskedAboutAndGetsItsOwn(t *testing.T) {
	offices(t, func(o *office) {
		d := o.planner()
		file := bytes.Replace(squares(4), []byte(`"0104"`), []byte(`"0103"`), 1)
		file = bytes.Replace(file, []byte(`"Raum 4"`), []byte(`"<script>alert(2)</script>"`), 1)
		at := d.upload("/arbeit/raeume/neu", "doppelt.geojson", file)
		v := d.page(at).form(o.t, at)
		for k, x := range map[string]string{"level": "plr", "edition": "2021", "valid_from": "2021-01-01", "key_field": "SCHLUESSEL", "name_field": "NAME"} {
			v.Set(k, x)
		}
		d.postForm(at, v).done(o.t)
		p := d.page(at + "/pruefung")
		noScript(o.t, p)
		if !strings.Contains(p.text(), "Der Schlüssel 0103 steht zum 2. Mal") || strings.Contains(p.text(), "--rekey") {
			o.t.Fatalf("question: %s", p.text())
		}
		v = p.form(o.t, at+"/uebernehmen")
		if got := strings.Join(v["rekey_key"], " "); got != "0103#1 0103#2" {
			o.t.Errorf("fields for %s", got)
		}
		v["rekey_to"] = []string{"", "0199"}
		p = d.page(d.postForm(at+"/pruefung", v).done(o.t))
		noScript(o.t, p)
		if !strings.Contains(p.text(), "4 Räume können übernommen werden") {
			o.t.Fatalf("answered: %s", p.text())
		}
		noScript(o.t, d.page(d.postForm(at+"/uebernehmen", p.form(o.t, at+"/uebernehmen")).done(o.t)))
		e, err := o.app.Areas.Edition(o.t.Context(), o.who, "plr", "2021")
		if err != nil {
			o.t.Fatal(err)
		}
		if a, err := o.app.Areas.Area(o.t.Context(), o.who, e.ID, "0199"); err != nil || a.Name != "<script>alert(2)</script>" {
			o.t.Errorf("area %+v %v", a, err)
		}
	})
}

func TestAFormOfAreasKeepsWhatWasFilledIn(t *testing.T) {
	offices(t, func(o *office) {
		d := o.planner()
		if p := d.sendFile("/arbeit/raeume/neu", "leer.geojson", nil); p.code != 422 || !strings.Contains(p.text(), "Die Datei ist leer") {
			o.t.Errorf("empty file: %d %s", p.code, p.text())
		}
		if p := d.post("/arbeit/raeume/neu"); p.code != 422 || !strings.Contains(p.text(), "wählen Sie eine Datei") {
			o.t.Errorf("no file: %d %s", p.code, p.text())
		}
		at := d.upload("/arbeit/raeume/neu", "raeume.geojson", squares(2))
		v := d.page(at).form(o.t, at)
		v.Set("level", "plr")
		v.Set("edition", "2021 neu")
		d.postForm(at, v).done(o.t)
		p := d.get(at + "/pruefung")
		if p.code != 422 || !strings.Contains(p.text(), "ab welchem Tag") || p.form(o.t, at).Get("edition") != "2021 neu" {
			o.t.Errorf("incomplete: %d %s", p.code, p.text())
		}
		if p := d.page("/arbeit"); !strings.Contains(p.text(), "raeume.geojson zu Ende einlesen") {
			o.t.Errorf("the desk forgets the file: %s", p.text())
		}
		d.page(at + "/verwerfen")
		d.post(at + "/verwerfen").done(o.t)
		if p := d.get(at); p.code != 404 {
			o.t.Errorf("discarded: %d", p.code)
		}
		if p := d.post(at + "/verwerfen"); p.code != 303 {
			o.t.Errorf("discarded twice: %d", p.code)
		}
	})
}

func TestTakingTwiceAtOnceMakesOneDelivery(t *testing.T) {
	offices(t, func(o *office) {
		d := o.planner()
		d.bringAreas(12)
		at := d.upload("/arbeit/lieferungen/neu", "a.csv", []byte("Raum;Einwohner\n0101;10\n0102;20\n"))
		v := d.page(at).form(o.t, at)
		v.Set("period_value", "2023-12-31")
		d.postForm(at, v).done(o.t)
		d.answerAll(at)
		form := d.page(at+"/pruefung").form(o.t, at+"/uebernehmen")
		var wg sync.WaitGroup
		codes := make([]int, 4)
		for i := range codes {
			wg.Go(func() { codes[i] = d.postForm(at+"/uebernehmen", form).code })
		}
		wg.Wait()
		for _, c := range codes {
			if c >= 500 {
				o.t.Errorf("codes %v", codes)
			}
		}
		list, err := o.app.Indicators.Deliveries(o.t.Context(), o.who)
		if err != nil || len(list) != 1 {
			o.t.Errorf("%d deliveries after %v, %v", len(list), codes, err)
		}
		if p := d.postForm(at+"/uebernehmen", form); p.code != 303 || !strings.Contains(p.location, "notice.inbox.gone") {
			o.t.Errorf("a fifth time: %d %s", p.code, p.location)
		}
		first := d.upload("/arbeit/lieferungen/neu", "b.csv", []byte("Raum;Einwohner\n0103;1\n"))
		if second := d.upload("/arbeit/lieferungen/neu", "b.csv", []byte("Raum;Einwohner\n0103;1\n")); first != second {
			o.t.Errorf("the same file waits twice: %s %s", first, second)
		}
	})
}

func TestALargeFileIsTakenInTheBackground(t *testing.T) {
	offices(t, func(o *office) {
		d := o.planner()
		d.bringAreas(12)
		ctx, stop := context.WithCancel(context.Background())
		ended := o.app.Work(ctx)
		defer func() { stop(); <-ended }()
		var b strings.Builder
		b.WriteString("Raum;Einwohner;Bemerkung\n")
		for i := range 12 {
			fmt.Fprintf(&b, "01%02d;%d;%s\n", i+1, 100+i, strings.Repeat("lang ", 90_000))
		}
		at := d.upload("/arbeit/lieferungen/neu", "gross.csv", []byte(b.String()))
		v := d.page(at).form(o.t, at)
		v.Set("period_value", "2023-12-31")
		d.postForm(at, v).done(o.t)
		p := d.answerAll(at)
		if !strings.Contains(p.text(), "im Hintergrund übernommen") {
			o.t.Fatalf("dry run: %s", p.text())
		}
		job := d.take(at)
		if !strings.HasPrefix(job, "/arbeit/auftraege/") {
			o.t.Fatalf("taken at once: %s", job)
		}
		deadline := time.Now().Add(30 * time.Second)
		for p = d.page(job); !strings.Contains(p.text(), "Zum Ergebnis"); p = d.page(job) {
			if time.Now().After(deadline) {
				o.t.Fatalf("not done: %s", p.text())
			}
			time.Sleep(100 * time.Millisecond)
		}
		if !strings.Contains(p.body, `href="/arbeit/lieferungen/`) || slicesOf(o) != 1 {
			o.t.Errorf("result: %s", p.body)
		}
		if p := d.get(at); p.code != 404 {
			o.t.Errorf("the file waits still: %d", p.code)
		}
	})
}

// town has enough areas and figures for an index of two indicators.
func town(d *desk) (first, second string) {
	d.bringAreas(12)
	first = d.bringFigures("arbeit-2022.csv", "2022-12-31", func(i int) (int, int) { return 30 + 7*i, 1000 + 11*i })
	second = d.bringFigures("arbeit-2023.csv", "2023-12-31", func(i int) (int, int) { return 36 + 8*i + i*i, 1000 + 13*i })
	at := d.upload("/arbeit/lieferungen/neu", "einwohner.csv", []byte(people()))
	v := d.page(at).form(d.t, at)
	v.Set("place", "plr/2021")
	v.Set("period_value", "2023-12-31")
	for i, x := range [][2]string{{"pop_total", "numerator"}, {"child_poverty_rate", "numerator"}, {"child_poverty_rate", "denominator"}} {
		c := fmt.Sprintf("c%d_", i+1)
		v.Set(c+"role", "figure")
		v.Set(c+"ind", x[0])
		v.Set(c+"part", x[1])
	}
	d.postForm(at, v).done(d.t)
	d.answerAll(at)
	d.take(at)
	return first, second
}

func people() string {
	var b strings.Builder
	b.WriteString("Raum;Einwohner;Arme Kinder;Kinder\n")
	for i := range 12 {
		fmt.Fprintf(&b, "01%02d;%d;%d;%d\n", i+1, 1500+40*i, 20+int(30*math.Abs(math.Sin(float64(i)))), 200+9*i)
	}
	return b.String()
}

var groupBox = regexp.MustCompile(`name="group" value="([^"]+)"`)

func TestReleasesNameWhatSpeaksAgainstThem(t *testing.T) {
	offices(t, func(o *office) {
		d := o.planner()
		d.bringAreas(12)
		d.bringFigures("gut.csv", "2022-12-31", func(i int) (int, int) { return 100 + i, 1000 })
		d.bringFigures("klein.csv", "2023-12-31", func(i int) (int, int) {
			if i == 4 {
				return 2, 1000
			}
			return 100 + i, 1000
		})
		list := d.page("/arbeit/freigaben")
		var group string
		if m := groupBox.FindStringSubmatch(list.body); m != nil {
			group = m[1]
		}
		if p := d.post("/arbeit/freigaben/pruefen"); p.code != 422 || !strings.Contains(p.text(), "mindestens eine Tabelle") {
			o.t.Errorf("nothing chosen: %d", p.code)
		}
		p := d.post("/arbeit/freigaben/pruefen", "group", group, "audience", "public")
		if p.code != 200 || !strings.Contains(p.text(), "1 Tabelle kann freigegeben werden") || !strings.Contains(p.text(), "1 Tabelle bleibt zurück") || !strings.Contains(p.text(), "ließe sich aus") {
			o.t.Fatalf("check: %d %s", p.code, p.text())
		}
		v := p.form(o.t, "/arbeit/freigaben/freigeben")
		v.Set("note", "Beschluss 7")
		d.postForm("/arbeit/freigaben/freigeben", v).done(o.t)
		if p := d.post("/arbeit/freigaben/freigeben", "group", group, "audience", "public"); p.code != 422 {
			o.t.Errorf("the held back table was released: %d", p.code)
		}
		view, err := o.app.Gate.View(o.t.Context(), access.Anonymous(o.who.Tenant), access.Public)
		if err != nil {
			o.t.Fatal(err)
		}
		ind, err := view.Indicator("unemp_share")
		if err != nil || len(view.Slices(ind)) != 1 {
			o.t.Fatalf("public sees %d tables, %v", len(view.Slices(ind)), err)
		}
		id := string(view.Slices(ind)[0].ID)
		ask := d.post("/arbeit/freigaben/pruefen", "slice", id, "step", "withdraw")
		v = ask.form(o.t, "/arbeit/freigaben/zuruecknehmen")
		if p := d.postForm("/arbeit/freigaben/zuruecknehmen", v); p.code != 422 || !strings.Contains(p.text(), "Grund der Rücknahme") {
			o.t.Errorf("without a reason: %d %s", p.code, p.text())
		}
		v.Set("reason", "<script>Fehler im Register</script>")
		d.postForm("/arbeit/freigaben/zuruecknehmen", v).done(o.t)
		p = d.page("/arbeit/freigaben/verlauf")
		if !strings.Contains(p.text(), "Beschluss 7") || !strings.Contains(p.text(), "Fehler im Register") || strings.Contains(p.body, "<script>Fehler") {
			o.t.Errorf("ledger: %s", p.text())
		}
		if entries, err := o.app.Gate.Ledger(o.t.Context(), o.who, release.SliceKind); err != nil || len(entries) != 1 || entries[0].Active() {
			o.t.Errorf("ledger %v %v", entries, err)
		}
	})
}

func TestARetractionNamesWhatChangesAndNeedsAReason(t *testing.T) {
	offices(t, func(o *office) {
		d := o.planner()
		first, _ := town(d)
		ask := d.page(first + "/zurueckziehen")
		if !strings.Contains(ask.text(), "Eine Tabelle ändert sich") || !strings.Contains(ask.text(), "31.12.2022") {
			o.t.Errorf("effects: %s", ask.text())
		}
		if p := d.post(first+"/zurueckziehen", "reason", " "); p.code != 422 {
			o.t.Errorf("without a reason: %d", p.code)
		}
		before := slicesOf(o)
		d.post(first+"/zurueckziehen", "reason", "falsches Jahr").done(o.t)
		d.post(first+"/zurueckziehen", "reason", "noch einmal").done(o.t)
		if p := d.page(first); !strings.Contains(p.text(), "falsches Jahr") || slicesOf(o) != before-1 {
			o.t.Errorf("retracted: %s", p.text())
		}
	})
}

func TestADeliveryIsReadAgainWithAChangedMapping(t *testing.T) {
	offices(t, func(o *office) {
		d := o.planner()
		d.bringAreas(12)
		first := d.bringFigures("a.csv", "2022-12-31", func(i int) (int, int) { return 30 + i, 1000 })
		at := d.post(first + "/neu-einlesen").done(o.t)
		v := d.page(at).form(o.t, at)
		if v.Get("c1_ind") != "unemp_share" || v.Get("period_value") != "2022-12-31" {
			o.t.Errorf("mapping brought along: %v", v)
		}
		v.Set("period_value", "2023-12-31")
		d.postForm(at, v).done(o.t)
		d.answerAll(at)
		second := d.take(at)
		if p := d.page(second); !strings.Contains(p.text(), "ersetzt eine frühere Lieferung") {
			o.t.Errorf("second: %s", p.text())
		}
		if p := d.page(first); !strings.Contains(p.text(), "zurückgezogen") {
			o.t.Errorf("first: %s", p.text())
		}
		list, err := o.app.Indicators.Slices(o.t.Context(), o.who, indicator.Filter{})
		if err != nil || len(list) != 1 || list[0].Period.String() != "2023-12-31" {
			o.t.Errorf("slices %v %v", list, err)
		}
	})
}
