// SPDX-License-Identifier: EUPL-1.2

package atlasweb_test

import (
	"encoding/json"
	"encoding/xml"
	"html"
	"io"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

func body(t *testing.T, tn *town, path string, staff ...bool) string {
	t.Helper()
	w := tn.get(path, staff...)
	if w.Code != 200 {
		t.Fatalf("%s: %d %s", path, w.Code, w.Body.String())
	}
	return w.Body.String()
}

func has(t *testing.T, where, page string, parts ...string) {
	t.Helper()
	text := html.UnescapeString(page)
	for _, p := range parts {
		if !strings.Contains(text, p) {
			t.Errorf("%s does not say %q", where, p)
		}
	}
}

// Every page is there in both languages, is whole HTML without inline script and style, and links only to pages that exist.
func TestEveryPageIsReadable(t *testing.T) {
	tn := filled(t, 23, nil, 2019, 2020, 2021, 2022)
	pages := []string{
		"/", "/atlas", "/atlas?indikator=sgb2_rate", "/atlas?indikator=sgb2_rate&raum=0102", "/atlas?verfahren=test-index&zeit=2021-12-31&raum=0101",
		"/atlas?indikator=sgb2_rate&vergleich=2019-12-31", "/atlas?indikator=sgb2_rate&vergleich=unemp_share", "/atlas?indikator=sgb2_rate&vergleich=verfahren:test-index",
		"/atlas?indikator=sgb2_rate&klassen=quantile&anzahl=7", "/atlas?indikator=sgb2_rate&klassen=gleich&anzahl=3", "/atlas?indikator=sgb2_rate&klassen=standard",
		"/atlas?indikator=sgb2_rate&klassen=eigene&grenzen=5+10", "/atlas?indikator=sgb2_rate&bezug=stadt&anzahl=6", "/atlas?indikator=sgb2_rate&bezug=7.5",
		"/atlas?indikator=sgb2_rate&stufe=bezirk&ordnung=-wert&basis=zeitpunkt", "/raeume", "/raeume?suche=0101", "/raeume/raum/2020", "/raeume/bezirk/2020",
		"/raeume/raum/2020/0101", "/raeume/bezirk/2020/01", "/vergleich", "/vergleich?stufe=raum&ausgabe=2020&raum=0101&raum=0203", "/daten", "/daten/sgb2_rate",
		"/daten/pop_total", "/daten/care_rate", "/verfahren/test-index",
	}
	inline := regexp.MustCompile(`(?i)<style|\sstyle=|\son[a-z]+=|<script>|javascript:`)
	href := regexp.MustCompile(`(?:href|src|action)="([^"]*)"`)
	seen := map[string]bool{}
	for _, prefix := range []string{"", "/en"} {
		for _, p := range pages {
			page := body(t, tn, strings.TrimSuffix(prefix+p, map[bool]string{true: "/"}[prefix != ""]))
			if m := inline.FindString(page); m != "" {
				t.Errorf("%s%s has %q", prefix, p, m)
			}
			if !strings.Contains(page, "<h1>") || strings.Contains(page, "atlas.") && regexp.MustCompile(`>[^<]*\batlas\.[a-z]+\.`).MatchString(page) {
				t.Errorf("%s%s has no heading or shows a key of the catalogue", prefix, p)
			}
			for _, m := range href.FindAllStringSubmatch(page, -1) {
				link := html.UnescapeString(m[1])
				if strings.HasPrefix(link, "?") {
					base, _, _ := strings.Cut(prefix+p, "?")
					link = base + link
				}
				link, _, _ = strings.Cut(link, "#")
				if link == "" || strings.HasPrefix(link, "/static/") || strings.HasPrefix(link, "/anmelden") || strings.HasPrefix(link, "https://") {
					continue
				}
				seen[link] = true
			}
		}
	}
	for link := range seen {
		if w := tn.get(link); w.Code != 200 {
			t.Errorf("link %s leads to %d", link, w.Code)
		}
	}
	if len(seen) < 200 {
		t.Errorf("only %d links found", len(seen))
	}
}

func TestAtlasShowsMapLegendTableAndTown(t *testing.T) {
	tn := filled(t, 23, nil, 2021)
	page := body(t, tn, "/atlas?indikator=sgb2_rate&raum=0102")
	has(t, "the atlas", page, "SGB-II-Quote", "31.12.2021", "Sozialraum, Stand 2020", "natürlichen Grenzen", "Stadt insgesamt", `aria-current="true"`, "Raum 0102",
		"Zum Steckbrief", "/atlas/export/xlsx", "Adresse dieser Ansicht")
	if n := strings.Count(page, `<tr data-k="`); n != 23 {
		t.Errorf("%d rows", n)
	}
	if n := len(regexp.MustCompile(`<a href="\?[^"]*raum=`).FindAllString(page, -1)); n != 23 {
		t.Errorf("%d areas of the map are links", n)
	}
	total := 0
	for _, m := range regexp.MustCompile(`ka__count">(\d+) R`).FindAllStringSubmatch(page, -1) {
		n := 0
		for _, c := range m[1] {
			n = 10*n + int(c-'0')
		}
		total += n
	}
	if total != 23 {
		t.Errorf("the legend counts %d areas", total)
	}
	if h := tn.get("/atlas").Header().Get("Link"); !strings.Contains(h, `rel="canonical"`) || !strings.Contains(h, "zeit=2021-12-31") {
		t.Errorf("Link: %s", h)
	}
}

func TestIndexSaysClassDynamicsAndAttention(t *testing.T) {
	tn := filled(t, 40, nil, 2019, 2020, 2021)
	page := body(t, tn, "/atlas?verfahren=test-index")
	has(t, "the index", page, "Testindex", "sehr hoch", "Abstand zur Klassengrenze", "Entwicklung", "besonderer Aufmerksamkeitsbedarf", "ein Hinweis, kein Urteil", "Die Grenzen legt das Verfahren fest.")
	for _, mark := range []string{` data-a`, `data-d="`} {
		if !strings.Contains(page, mark) {
			t.Errorf("no %s", mark)
		}
	}
	profile := body(t, tn, "/raeume/raum/2020/0101")
	has(t, "the profile", profile, "Testindex", "Indexwert", "Proberechnungen", "Angrenzende Räume", "Raum 0102", "Raum 0201", "Altersaufbau", "unter 18 Jahre", "Verlauf über die Jahre", "95-%-Spanne")
	_, around, _ := strings.Cut(profile, `id="umgebung"`)
	for name, want := range map[string]bool{"Raum 0102": true, "Raum 0201": true, "Raum 0202": false, "Raum 0301": false, "Raum 0103": false} {
		if strings.Contains(around, name) != want {
			t.Errorf("%s is a neighbour of Raum 0101: %v", name, !want)
		}
	}
	method := body(t, tn, "/verfahren/test-index")
	has(t, "the method", method, "Drei Kennzahlen.", "weniger als 300 Einwohnern", "Standardabweichungen", "33,3", "über 1,5", "hoher Wert: mehr Belastung")
}

func TestFormsLeadToOneTidyAddress(t *testing.T) {
	tn := filled(t, 12, nil, 2020, 2021)
	for sent, want := range map[string]string{
		"indikator=verfahren%3Ax&stufe=raum%2F2020&zeit=":                                                            "/atlas?verfahren=x&stufe=raum&ausgabe=2020",
		"indikator=sgb2_rate&bezug=eigener&bezugswert=7%2C5&klassen=gleich&grenzen=5%3B10&anzahl=4&vergleich=&raum=": "/atlas?indikator=sgb2_rate&klassen=gleich&anzahl=4&bezug=7.5",
		"indikator=sgb2_rate&klassen=natuerlich&anzahl=5&bezug=stadt&bezugswert=":                                    "/atlas?indikator=sgb2_rate&bezug=stadt",
	} {
		w := tn.get("/atlas?" + sent)
		if w.Code != 303 || w.Header().Get("Location") != want {
			t.Errorf("%s: %d %s, want %s", sent, w.Code, w.Header().Get("Location"), want)
		}
	}
	if w := tn.get("/en/atlas?indikator=sgb2_rate&zeit="); w.Header().Get("Location") != "/en/atlas?indikator=sgb2_rate" {
		t.Error(w.Header().Get("Location"))
	}
}

func TestBadParametersSayWhatToDo(t *testing.T) {
	tn := filled(t, 12, nil, 2021)
	for path, want := range map[string]string{
		"/atlas?indikator=nix":                                                              "404 Unter „Daten“",
		"/atlas?verfahren=nix":                                                              "404 Unter „Daten“",
		"/atlas?indikator=sgb2_rate&stufe=mond":                                             "404 Vorhanden sind: bezirk/2020, raum/2020",
		"/atlas?indikator=sgb2_rate&stufe=raum&ausgabe=1999":                                "404 Vorhanden sind",
		"/atlas?indikator=sgb2_rate&raum=9999":                                              "404 Unter „Räume“",
		"/atlas?indikator=sgb2_rate&zeit=gestern":                                           "422 Schreiben Sie ein Jahr",
		"/atlas?indikator=sgb2_rate&klassen=x":                                              "422 natuerlich, quantile",
		"/atlas?indikator=sgb2_rate&anzahl=12":                                              "422 Wählen Sie 3 bis 7",
		"/atlas?indikator=sgb2_rate&anzahl=viele":                                           "422 Wählen Sie 3 bis 7",
		"/atlas?indikator=sgb2_rate&klassen=eigene":                                         "422 5; 10; 15",
		"/atlas?indikator=sgb2_rate&klassen=eigene&grenzen=5+4":                             "422 5; 10; 15",
		"/atlas?indikator=sgb2_rate&bezug=viel":                                             "422 Geben Sie eine Zahl ein",
		"/atlas?indikator=sgb2_rate&bezug=NaN":                                              "422 Geben Sie eine Zahl ein",
		"/atlas?indikator=sgb2_rate&ordnung=zufall":                                         "422 name, wert und -wert",
		"/atlas?indikator=sgb2_rate&basis=x":                                                "422 alle",
		"/atlas?indikator=sgb2_rate&vergleich=2x":                                           "422 Schreiben Sie ein Jahr",
		"/atlas?indikator=sgb2_rate&vergleich=nix":                                          "404 Unter „Daten“",
		"/atlas?indikator=sgb2_rate&leserkreis=alle":                                        "422 ",
		"/atlas/export/pdf":                                                                 "404 csv, csv-excel",
		"/atlas/karte/mond/2020":                                                            "404 Vorhanden sind",
		"/raeume/raum/2020/9999":                                                            "404 Unter „Räume“",
		"/raeume/raum/1999":                                                                 "404 Vorhanden sind",
		"/vergleich?stufe=raum&raum=9999":                                                   "404 Unter „Räume“",
		"/vergleich?stufe=raum&raum=0101&raum=0102&raum=0103&raum=0104&raum=0105&raum=0106": "422 Nehmen Sie einen Raum heraus",
		"/daten/nix":            "404 Unter „Daten“",
		"/verfahren/test-index": "404 Unter „Daten“",
	} {
		status, sentence, _ := strings.Cut(want, " ")
		w := tn.get(path)
		if got := w.Code; got != map[string]int{"404": 404, "422": 422}[status] {
			t.Errorf("%s: %d, want %s", path, got, status)
			continue
		}
		has(t, path, w.Body.String(), sentence)
	}
}

// A theme, level or time that exists but not together gives way to the nearest, and the page says so.
func TestWhatIsNotThereGivesWayToTheNearest(t *testing.T) {
	tn := filled(t, 40, nil, 2019, 2020, 2021)
	has(t, "another period", body(t, tn, "/atlas?indikator=sgb2_rate&zeit=2009-12-31"), "Gezeigt wird der nächstliegende", "31.12.2019")
	has(t, "another level", body(t, tn, "/atlas?verfahren=test-index&stufe=bezirk"), "Gezeigt wird die nächstliegende", "Sozialraum, Stand 2020")
}

func TestOnlyStaffSeesUnpublishedFigures(t *testing.T) {
	tn := newTown(t)
	tn.grid(12, nil)
	tn.deliver("2020-12-31", usual, figuresOf(12, 2020, nil))
	tn.deliver("2021-12-31", usual, figuresOf(12, 2021, nil))
	tn.publish("2020-12-31")
	if w := tn.get("/atlas?indikator=sgb2_rate&leserkreis=intern"); w.Code != 401 {
		t.Errorf("anonymous: %d", w.Code)
	}
	for _, p := range []string{"/atlas/export/csv?indikator=sgb2_rate&leserkreis=intern", "/atlas/auswahl?indikator=sgb2_rate&raum=0101&leserkreis=politik"} {
		if w := tn.get(p); w.Code != 401 {
			t.Errorf("%s: %d", p, w.Code)
		}
	}
	if page := body(t, tn, "/atlas?indikator=sgb2_rate", true); strings.Contains(page, "31.12.2021") {
		t.Error("a planner sees unpublished figures without asking for them")
	}
	page := body(t, tn, "/atlas?indikator=sgb2_rate&leserkreis=intern", true)
	has(t, "the internal page", page, "31.12.2021", "interne Planung")
	if w := tn.get("/atlas?indikator=sgb2_rate&leserkreis=intern", true); w.Header().Get("Cache-Control") != "no-store" {
		t.Errorf("kept: %s", w.Header().Get("Cache-Control"))
	}
	if w := tn.get("/atlas?indikator=sgb2_rate&leserkreis=intern"); w.Code != 401 {
		t.Errorf("after a planner has asked, everybody gets %d", w.Code)
	}
}

// hostile names try to leave their place: in pages, in pictures and in spreadsheets.
const hostile = `=2+3<script>alert(1)</script>"'&`

func TestHostileNamesStayText(t *testing.T) {
	tn := filled(t, 12, map[string]string{"0101": hostile}, 2019, 2021)
	for _, p := range []string{
		"/", "/atlas", "/atlas?indikator=sgb2_rate&raum=0101", "/atlas?verfahren=test-index&raum=0101", "/raeume/raum/2020", "/raeume/raum/2020/0101", "/raeume/raum/2020/0102",
		"/vergleich?stufe=raum&raum=0101&raum=0102", "/raeume?suche=" + url.QueryEscape("=2+3"), "/raeume?suche=" + url.QueryEscape(hostile), "/atlas/auswahl?indikator=sgb2_rate&raum=0101",
		"/atlas/export/svg?indikator=sgb2_rate",
	} {
		page := body(t, tn, p)
		if strings.Contains(page, "<script>alert") || strings.Contains(page, `"'&"`) {
			t.Errorf("%s lets the name out", p)
		}
		if p != "/" && !strings.Contains(page, "&lt;script&gt;") {
			t.Errorf("%s does not show the name", p)
		}
	}
	d := xml.NewDecoder(strings.NewReader(body(t, tn, "/atlas/export/svg?indikator=sgb2_rate")))
	for {
		if _, err := d.Token(); err == io.EOF {
			break
		} else if err != nil {
			t.Fatalf("the drawing is not XML: %v", err)
		}
	}
	for _, f := range []string{"csv", "csv-excel"} {
		if csv := body(t, tn, "/atlas/export/"+f+"?indikator=sgb2_rate"); !strings.Contains(csv, `'=2+3`) {
			t.Errorf("%s: the name may become a formula: %s", f, csv[:400])
		}
	}
	var fc struct {
		Features []struct{ Properties map[string]any }
	}
	if err := json.Unmarshal([]byte(body(t, tn, "/atlas/export/geojson?indikator=sgb2_rate")), &fc); err != nil || fc.Features[0].Properties["name"] != hostile {
		t.Errorf("%v %v", err, fc.Features)
	}
}

func TestFilesSaySourceDateAndEdition(t *testing.T) {
	tn := filled(t, 12, nil, 2019, 2021)
	for _, q := range []string{"indikator=sgb2_rate", "verfahren=test-index"} {
		for _, f := range []string{"csv", "csv-excel", "geojson", "svg"} {
			w := tn.get("/atlas/export/" + f + "?" + q)
			text := w.Body.String()
			if w.Code != 200 || !strings.Contains(text, "Stand 2020") || !strings.Contains(text, "31.12.2021") && !strings.Contains(text, "2021-12-31") {
				t.Errorf("%s %s: %d %.200s", f, q, w.Code, text)
			}
			if d := w.Header().Get("Content-Disposition"); !strings.Contains(d, "attachment") || !strings.Contains(d, "_raum_2020_2021-12-31.") {
				t.Errorf("%s: %s", f, d)
			}
		}
	}
	has(t, "the German table", body(t, tn, "/atlas/export/csv-excel?indikator=sgb2_rate"), "\ufeffSchlüssel;Raum;", "Stadt insgesamt", "Zeichen in Worten")
	has(t, "the plain table", body(t, tn, "/atlas/export/csv?indikator=sgb2_rate"), "area,name,level,edition,indicator,", "\n0101,Raum 0101,raum,2020,sgb2_rate,")
	sheet := sheetText(t, body(t, tn, "/atlas/export/xlsx?indikator=sgb2_rate"))
	has(t, "the workbook", sheet, "SGB-II-Quote, Sozialraum, Stand 2020, 31.12.2021", "Statistik der Bundesagentur", "Leistungsberechtigte", "Stadt insgesamt")
}

func TestPagesAnswerWhetherTheyStillHold(t *testing.T) {
	tn := filled(t, 12, nil, 2021)
	for _, p := range []string{"/raeume/raum/2020/0101", "/atlas?indikator=sgb2_rate", "/atlas/export/csv?indikator=sgb2_rate", "/atlas/karte/raum/2020", "/"} {
		first := tn.get(p)
		tag := first.Header().Get("ETag")
		if tag == "" {
			t.Errorf("%s has no ETag", p)
			continue
		}
		r := request(p)
		r.Header.Set("If-None-Match", tag)
		if w := tn.do(r); w.Code != 304 {
			t.Errorf("%s: %d for a reader who has it", p, w.Code)
		}
	}
	before := tn.get("/raeume/raum/2020/0101").Header().Get("ETag")
	tn.deliver("2022-12-31", usual, figuresOf(12, 2022, nil))
	tn.publish("2022-12-31")
	w := tn.get("/raeume/raum/2020/0101")
	if w.Header().Get("ETag") == before || !strings.Contains(w.Body.String(), "31.12.2022") {
		t.Error("the page does not follow the figures")
	}
}

func TestEmptyTownSaysSo(t *testing.T) {
	tn := newTown(t)
	for _, p := range []string{"/", "/atlas", "/raeume", "/daten", "/vergleich"} {
		has(t, p, body(t, tn, p), "Sobald")
	}
	tn.grid(12, nil)
	has(t, "areas without figures", body(t, tn, "/raeume/raum/2020/0101"), "Noch keine Zahlen", "Angrenzende Räume")
	body(t, tn, "/raeume/raum/2020")
	body(t, tn, "/vergleich")
}
