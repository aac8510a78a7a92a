// SPDX-License-Identifier: EUPL-1.2

package journey_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// The functions of this file use a page with the keyboard alone. Every stop of the focus is looked at: it has to be seen, within the window and in
// front of everything else.

// mostStops is more than any page has; whoever presses the key as often is in a trap.
const mostStops = 600

// key presses keys one after the other.
func (b *tab) key(keys string, with ...chromedp.Modifier) {
	b.t.Helper()
	var opts []chromedp.KeyOption
	if len(with) > 0 {
		opts = append(opts, chromedp.KeyModifiers(with...))
	}
	b.do(chromedp.KeyEvent(keys, opts...))
}

// stop is where the focus is.
type stop struct {
	Body bool   // nowhere: before the first element or behind the last one
	What string // the element in words
	Hit  bool   // it is the one that is looked for
	Bad  string // why a person could not see that it has the focus
	Main bool   // within the page's main part
	Wait bool   // a field with several stops of its own, such as a date
}

// focus looks at the element that has the focus; wanted is an expression in e.
func (b *tab) focus(wanted string) stop {
	b.t.Helper()
	var s stop
	got := eval[string](b, fmt.Sprintf(`(() => {
		const e = document.activeElement;
		if (!e || e === document.body || e === document.documentElement) return JSON.stringify({Body: true});
		const what = e.localName + " " + (e.name ?? "") + " " + (e.getAttribute("aria-label") || e.labels?.[0]?.innerText || e.innerText || e.value || "").replace(/\s+/g, " ").slice(0, 60);
		const ring = (x, p) => {
			const s = getComputedStyle(x, p);
			return s.outlineStyle !== "none" && parseFloat(s.outlineWidth) >= 2 && !/, 0\)$|transparent/.test(s.outlineColor);
		};
		const near = [e, e.labels?.[0], e.closest("label"), e.nextElementSibling].filter(Boolean);
		const seen = e.id === "inhalt" || near.some(x => ring(x) || ring(x, "::before") || ring(x, "::after")) || [...e.querySelectorAll("*")].some(x => ring(x) || getComputedStyle(x).stroke !== "none" && e.namespaceURI.endsWith("svg"));
		const boxes = near.slice(0, 3).map(x => x.getBoundingClientRect()).filter(r => r.width > 1 && r.height > 1);
		let bad = seen ? "" : "its focus cannot be seen";
		if (boxes.length === 0) bad = "it has no size";
		else if (e.id !== "inhalt" && !boxes.some(r => r.bottom > 0 && r.right > 0 && r.top < innerHeight && r.left < innerWidth)) bad = "it lies outside the window";
		else if (!bad && e.id !== "inhalt") {
			const r = boxes[0], front = [];
			for (const x of [.1, .5, .9]) for (const y of [.1, .5, .9]) front.push(document.elementFromPoint(r.left + r.width * x, r.top + r.height * y));
			const rects = [...e.getClientRects()]; // a link over two lines has a middle that is not its own
			for (const q of rects) front.push(document.elementFromPoint(q.left + q.width / 2, q.top + q.height / 2));
			if (front.every(f => f && !near.some(n => n.contains(f) || f.contains(n)))) bad = "it is hidden behind " + front.map(f => f?.className || f?.localName).join(",");
		}
		return JSON.stringify({What: what, Bad: bad, Main: !!e.closest("main"), Hit: !!(%s), Wait: e.localName === "input" && /date|time/.test(e.type)});
	})()`, wanted))
	if err := json.Unmarshal([]byte(got), &s); err != nil {
		b.t.Fatal(err)
	}
	if s.Bad != "" {
		b.t.Errorf("%s: the keyboard is at %q: %s", b.where(), s.What, s.Bad)
	}
	return s
}

// skip goes past the head of a new page by its first link.
func (b *tab) skip() {
	b.t.Helper()
	b.key(kb.Tab)
	if !b.focus(`e.classList.contains("kf-skip")`).Hit {
		b.t.Fatalf("%s: the first stop is not the link past the head: %+v", b.where(), b.focus("false"))
	}
	b.key(kb.Enter)
}

// tabTo presses Tab until the expression in e holds.
func (b *tab) tabTo(wanted string) {
	b.t.Helper()
	if b.focus("false").Body {
		b.skip()
	}
	for range mostStops {
		b.key(kb.Tab)
		s := b.focus(wanted)
		if s.Hit {
			return
		}
		if s.Body {
			break
		}
	}
	b.t.Fatalf("%s: Tab does not lead to %s", b.where(), wanted)
}

// follow goes to a link of the page's main part that says the words, and opens it.
func (b *tab) follow(words string) {
	b.t.Helper()
	b.tabTo(fmt.Sprintf(`e.localName === "a" && e.closest("main") && e.innerText.includes(%q)`, words))
	b.enter()
}

// enter presses Enter and waits for the next page.
func (b *tab) enter() {
	b.t.Helper()
	b.next(func() { b.key(kb.Enter) })
	if broken := eval[string](b, complaints); broken != "" {
		b.t.Fatalf("%s: %s", b.where(), broken)
	}
}

// push goes to the button that says the words and presses it.
func (b *tab) push(words string) {
	b.t.Helper()
	b.tabTo(fmt.Sprintf(`e.localName === "button" && e.closest("main") && e.innerText.includes(%q)`, words))
	b.enter()
}

// field goes to a field of the page's main part by its name.
func (b *tab) field(name string) {
	b.t.Helper()
	b.tabTo(fmt.Sprintf(`e.name === %q && e.closest("main")`, name))
}

// write fills a field by typing.
func (b *tab) write(name, text string) {
	b.t.Helper()
	b.field(name)
	if eval[bool](b, "document.activeElement.value !== ''") {
		b.key("a", chromedp.ModifierCtrl)
		b.key(kb.Delete)
	}
	b.key(text)
	if got := eval[string](b, "document.activeElement.value"); got != text {
		b.t.Fatalf("%s: %q was typed into %s, and it holds %q", b.where(), text, name, got)
	}
}

// date fills a field for a day by typing: in the order the browser asks for.
func (b *tab) date(name string, day time.Time) {
	b.t.Helper()
	b.field(name)
	for _, order := range []string{"01022006", "02012006", "20060102"} {
		b.key(day.Format(order))
		if eval[string](b, "document.activeElement.value") == day.Format(time.DateOnly) {
			return
		}
		for range 3 { // back to the first part
			b.key(kb.ArrowLeft)
		}
	}
	b.t.Fatalf("%s: no day can be typed into %s", b.where(), name)
}

// choose takes a value of a list, of radio buttons or of a box, with the arrow keys and the space bar.
func (b *tab) choose(name, value string) {
	b.t.Helper()
	kind := ""
	if eval[bool](b, fmt.Sprintf(`[...document.querySelectorAll("main [type=checkbox]")].some(e => e.name === %q && e.value === %q)`, name, value)) {
		b.tabTo(fmt.Sprintf(`e.name === %q && e.value === %q`, name, value))
		kind = "checkbox"
	} else {
		b.field(name)
		kind = eval[string](b, "document.activeElement.type")
	}
	now := fmt.Sprintf(`(() => { const e = document.activeElement; return e.type === "radio" || e.type === "checkbox" ? e.checked && e.value === %[1]q : e.value === %[1]q })()`, value)
	switch kind {
	case "radio":
		if eval[bool](b, fmt.Sprintf("document.activeElement.value === %q", value)) {
			b.key(" ")
		}
	case "checkbox":
		if !eval[bool](b, now) {
			b.key(" ")
		}
	default:
		b.key(kb.Home)
	}
	for range mostStops {
		if eval[bool](b, now) {
			return
		}
		b.key(kb.ArrowDown)
		b.focus("false")
	}
	b.t.Fatalf("%s: the keyboard cannot choose %s of %s", b.where(), value, name)
}

// walk goes through a page from its first stop to its last one and back, and says what the keyboard does not reach.
func (b *tab) walk(u string) {
	b.t.Helper()
	b.open(u)
	eval[bool](b, `(() => {
		window.__stops = new Set();
		window.__there = () => [...document.querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex='0']")].filter(e =>
			e.type !== "hidden" && !e.disabled && e.tabIndex >= 0 && e.checkVisibility({visibilityProperty: true}) && !e.closest("[inert], .maplibregl-map")
			&& !(e.type === "radio" && [...document.getElementsByName(e.name)].some(o => o.form === e.form && window.__stops.has(o))));
		document.addEventListener("focusin", e => window.__stops.add(e.target), true);
		return true;
	})()`)
	end := ""
	for n := range mostStops {
		b.key(kb.Tab)
		s := b.focus("e.classList.contains('kf-skip')")
		if s.Body || n > 0 && s.Hit { // the end, or around it
			end = "reached"
			break
		}
	}
	if end == "" {
		b.t.Errorf("%s: a trap for the keyboard at %+v", u, b.focus("false"))
	}
	missed := eval[string](b, `window.__there().filter(e => !window.__stops.has(e)).map(e => e.outerHTML.slice(0, 160)).join("\n")`)
	if missed != "" {
		b.t.Errorf("%s: the keyboard does not reach\n%s", u, missed)
	}
	b.open(u) // and backwards, from the end
	b.key(kb.Tab, chromedp.ModifierShift)
	first := b.focus("false").What
	for range mostStops {
		b.key(kb.Tab, chromedp.ModifierShift)
		if s := b.focus("e.classList.contains('kf-skip')"); s.Hit || s.Body {
			return
		}
	}
	b.t.Errorf("%s: Shift and Tab never come to the begin, from %q", u, first)
}

// signInByKeys signs in one of the people of the example town.
func (b *tab) signInByKeys(k town, email string) {
	b.t.Helper()
	b.open(k.url + "/anmelden")
	b.write("email", email)
	b.write("password", k.made.Password)
	b.enter()
	if strings.Contains(b.where(), "/anmelden") {
		b.t.Fatalf("not signed in: %s", b.text())
	}
}

// patience waits until the form that asks for it takes an answer: with scripts until the device has done its sum.
func (b *tab) patience() {
	b.t.Helper()
	time.Sleep(3 * time.Second) // nobody types a form in less
	for deadline := time.Now().Add(pageTimeout); time.Now().Before(deadline); time.Sleep(100 * time.Millisecond) {
		if eval[bool](b, `[...document.querySelectorAll("input[data-guard]")].every(e => e.value !== "")`) {
			return
		}
	}
	b.t.Fatalf("%s: the device never finished its sum", b.where())
}

// Every stop of a page can be reached with Tab, none is a trap, and one sees where one is.
func TestTheKeyboardReachesEverything(t *testing.T) {
	k := kupferstadt(t)
	b := browser(t)
	public := []string{"/beteiligung/messingsiedlung", "/beteiligung/messingsiedlung/ideen/neu", "/mitreden", "/leitbild", "/veranstaltungen"}
	desk := []string{"/arbeit/beteiligung/messingsiedlung", "/arbeit/rueckmeldungen", "/arbeit/beitraege", "/arbeit/abstimmungen"}
	b.size(1280, 900)
	for _, p := range public {
		b.walk(k.url + p)
	}
	b.size(390, 844)
	for _, p := range public[:2] {
		b.walk(k.url + p)
	}
	b.signInByKeys(k, k.made.Email)
	b.size(1280, 900)
	for _, p := range desk {
		b.walk(k.url + p)
	}
}
