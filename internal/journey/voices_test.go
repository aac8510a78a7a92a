// SPDX-License-Identifier: EUPL-1.2

package journey_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/account"
	"github.com/kupferfaden/kupferfaden/internal/contribution"
	"github.com/kupferfaden/kupferfaden/internal/demo"
	"github.com/kupferfaden/kupferfaden/internal/participation"
)

// fill writes into fields of the form that has the action, by name; a box or radio button is chosen where it has the value.
func (b *tab) fill(action string, fields map[string]string) {
	b.t.Helper()
	values, err := json.Marshal(fields)
	if err != nil {
		b.t.Fatal(err)
	}
	missing := eval[string](b, fmt.Sprintf(`(() => {
		const form = [...document.querySelectorAll("main form")].find(f => f.method === "post" && f.getAttribute("action").includes(%q));
		if (!form) return "the form " + %q + " on " + location.pathname;
		for (const [name, value] of Object.entries(%s)) {
			const all = [...form.elements].filter(e => e.name === name);
			if (all.length === 0) return name + " in " + form.innerText.slice(0, 300);
			const box = all.find(e => (e.type === "radio" || e.type === "checkbox") && e.value === value);
			if (box) { box.checked = true; continue; }
			if (all[0].type === "radio" || all[0].type === "checkbox") return name + "=" + value + " of " + all.map(e => e.value);
			all[0].value = value;
			if (all[0].value !== value) return name + "=" + value + " cannot be chosen";
		}
		return "";
	})()`, action, action, values))
	if missing != "" {
		b.t.Fatalf("the page lacks %s", missing)
	}
}

// press sends the form with the action by the button that says the words; empty: its first one.
func (b *tab) press(action, words string) {
	b.t.Helper()
	found := eval[bool](b, fmt.Sprintf(`(() => {
		document.querySelectorAll("[data-press]").forEach(e => e.removeAttribute("data-press"));
		const forms = [...document.querySelectorAll("main form")].filter(f => f.method === "post" && f.getAttribute("action").includes(%q));
		const button = forms.flatMap(f => [...f.querySelectorAll("button")]).find(e => e.innerText.includes(%q));
		button?.setAttribute("data-press", "");
		return !!button;
	})()`, action, words))
	if !found {
		b.t.Fatalf("no button %q of a form to %q on %s:\n%s", words, action, b.where(), b.text())
	}
	b.submit("[data-press]")
	if broken := eval[string](b, complaints); broken != "" {
		b.t.Fatalf("%s: %s", b.where(), broken)
	}
}

// complaints are what a page says is wrong with a form.
const complaints = `[...document.querySelectorAll("main [role=alert], main .kern-error, main .kern-form-input__error")].map(e => e.innerText).join(" | ")`

// text is what stands on the page.
func (b *tab) text() string {
	b.t.Helper()
	return eval[string](b, "document.querySelector('main').innerText")
}

// reads fails unless the page says the words.
func (b *tab) reads(words string) {
	b.t.Helper()
	if got := b.text(); !strings.Contains(got, words) {
		b.t.Fatalf("%s does not say %q:\n%s", b.where(), words, short(got))
	}
}

// scripts switches the page's own scripts off or on.
func (b *tab) scripts(on bool) {
	b.t.Helper()
	b.off = !on
	b.do(chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		_, err := chromedp.Call(ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !on})
		return err
	}))
}

var (
	numberOf  = regexp.MustCompile(`B-\d{4}-\d+`)
	receiptOf = regexp.MustCompile(`\b[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{3}\b`)
)

// TestAProcessFromTemplateToClosing: a planner makes a process, citizens without account and a young person speak, the moderation lets them through,
// an office answers, the planner releases and closes, and the citizen reads what became of it by the receipt. One citizen has a phone without
// script, the young person a phone; the staff and the other citizen have nothing but a keyboard, at the desk and on narrow windows.
func TestAProcessFromTemplateToClosing(t *testing.T) {
	dir, err := os.MkdirTemp("", "journey-")
	if err != nil {
		t.Fatal(err)
	}
	k, err := start(dir)
	if err != nil {
		t.Fatal(err)
	}
	clean = append(clean, func() { os.RemoveAll(dir) })
	k.add(t, "moderation@kupferstadt.example", account.RoleChange{Role: access.Moderator})
	k.add(t, "fachamt@kupferstadt.example", account.RoleChange{Role: access.DataSupplier, In: access.Context{Kind: access.InOffice, Key: "SozA"}})
	const key, title = "probe-gespraech", "Probegespräch am Hüttenplatz"

	planner := browser(t)
	planner.size(1280, 900)
	planner.signInByKeys(k, demo.Email)
	planner.publish(k, key, title)

	// A citizen on the phone and without script, meanwhile the others.
	citizen := browser(t)
	citizen.size(390, 844)
	citizen.scripts(false)
	citizen.open(k.url + "/beteiligung/" + key)
	citizen.axe("a process on the phone")
	citizen.open(k.url + "/beteiligung/" + key + "/ideen/neu")
	form := key + "/ideen/neu"
	citizen.fill(form, map[string]string{"title": "Schatten für den Hüttenplatz", "text": "Im Sommer ist der Platz zu heiß. Ein paar Bäume würden allen helfen."})
	for step := range 4 {
		citizen.axe(fmt.Sprintf("step %d of writing", step+1))
		if step == 1 {
			citizen.fill(form, map[string]string{"area": "sozialraum/0202"})
		}
		citizen.press(form, "Weiter")
	}
	citizen.reads("Bäume")
	patient := time.Now().Add(13 * time.Second) // without script the form asks for patience
	young := k.speakYoung(t, key)
	keys := browser(t)
	keys.size(1280, 900)
	placed := keys.contribute(k, title)
	time.Sleep(time.Until(patient))
	citizen.press(form, "senden")
	citizen.axe("the receipt")
	number := numberOf.FindString(citizen.text())
	code := receiptOf.FindString(citizen.text())
	if number == "" || code == "" {
		t.Fatalf("no number %q or receipt %q:\n%s", number, code, citizen.text())
	}

	moderator := browser(t)
	moderator.size(390, 844)
	moderator.signInByKeys(k, "moderation@kupferstadt.example")
	for _, number := range []string{number, young, placed} {
		moderator.open(k.url + "/arbeit/moderation")
		moderator.follow(number)
		moderator.axe("a contribution that waits for the moderation")
		moderator.choose("kind", "publish")
		moderator.push("Entscheiden")
	}
	citizen.open(k.url + "/beitraege/" + number)
	citizen.reads("Bäume")
	citizen.axe("a published contribution")
	keys.signInByKeys(k, demo.CitizenEmail)
	keys.open(k.url + "/beitraege/" + number)
	keys.push("Unterstützen")
	keys.reads("1 Unterstützung")
	keys.axe("a contribution that is supported")

	// Nothing can be closed while answers are missing.
	if err := k.close(t, key); err == nil || !strings.Contains(err.Error(), "participation.state.answers") {
		t.Errorf("closed without answers: %v", err)
	}
	office := browser(t)
	office.size(390, 844)
	office.signInByKeys(k, "fachamt@kupferstadt.example")
	office.open(k.url + "/arbeit/rueckmeldungen")
	office.axe("the answers an office owes, on the phone")
	office.follow(number)
	office.follow("Rückmeldung schreiben")
	office.answer(map[string]string{"status": "adopted"}, [][2]string{{"text-de", "Im Herbst werden sechs Bäume gepflanzt."}, {"text-de+leicht", "Im Herbst kommen sechs Bäume."}})
	planner.open(k.url + "/arbeit/rueckmeldungen")
	planner.axe("answers at the desk")
	planner.follow("sechs Bäume")
	planner.push("Rückmeldung freigeben")
	planner.open(k.url + "/arbeit/rueckmeldungen?beteiligung=" + key) // one answer for two
	for _, number := range []string{young, placed} {
		planner.tabTo(fmt.Sprintf(`e.name === "nummer" && e.value === %q`, number))
		planner.key(" ")
	}
	planner.push("ausgewählten")
	id := planner.answer(map[string]string{"status": "pursued"}, [][2]string{
		{"target", "Konzept Spielplätze"},
		{"text-de", "Wir nehmen das in das Konzept für Spielplätze auf."},
		{"text-de+leicht", "Wir nehmen das in einen Plan auf."},
		{"text-de+jung", "Danke! Wir schauen uns das an und sagen euch im Sommer Bescheid."},
	})
	planner.open(k.url + id)
	planner.push("Rückmeldung freigeben")
	planner.open(k.url + "/arbeit/beteiligung/" + key)
	planner.follow("Abschließen")
	planner.push("Abschließen")
	planner.reads("abgeschlossen")

	citizen.open(k.url + "/vorgang")
	citizen.fill("/vorgang", map[string]string{"code": code})
	citizen.press("/vorgang", "")
	citizen.reads("sechs Bäume")
	citizen.axe("what became of it, by receipt")
	citizen.open(k.url + "/beteiligung/" + key + "/rueckmeldungen")
	citizen.reads(number)
	citizen.reads(placed)
	citizen.axe("was wurde daraus")
}

// publish takes a process from its template to the public, with the keyboard.
func (b *tab) publish(k town, key, title string) {
	b.t.Helper()
	b.open(k.url + "/arbeit/beteiligung")
	b.follow("Neuer Prozess")
	b.choose("from", "kopie:messingsiedlung")
	b.write("title", title)
	b.write("key", key)
	b.date("start", time.Now().AddDate(0, 0, -16))
	b.push("Entwurf anlegen")
	b.axe("the desk of a new process")
	b.follow("Beteiligungskonzept")
	b.write("approvedby", "Sozialausschuss")
	b.date("approvedon", time.Now())
	b.push("Speichern")
	k.meetStandards(b.t, key)
	for _, step := range []string{"Als bereit melden", "Veröffentlichen"} {
		b.open(k.url + "/arbeit/beteiligung/" + key)
		b.follow(step)
		b.push(step)
	}
}

// contribute says something with a place on the map, with the keyboard and without an account, and gives the number.
func (b *tab) contribute(k town, title string) string {
	b.t.Helper()
	b.open(k.url + "/beteiligung")
	b.follow(title)
	b.tabTo(`e.localName === "a" && /karte\/neu$/.test(e.getAttribute("href"))`)
	b.enter()
	b.write("text", "Hier fehlt ein Zebrastreifen. Viele Kinder gehen hier zur Schule.")
	b.write("title", "Zebrastreifen")
	b.push("Weiter")
	eval[bool](b, `new Promise(done => { const look = () => document.querySelector(".kv-map[data-pick] [aria-pressed]") ? done(true) : setTimeout(look, 50); look() })`)
	b.tabTo(`e.localName === "canvas"`)
	b.key(kb.ArrowRight + kb.ArrowUp)
	time.Sleep(time.Second) // the map glides
	b.key(kb.Enter)
	if !eval[bool](b, `JSON.parse(document.querySelector("[data-geometry][type=hidden]").value).type === "Point"`) {
		b.t.Fatal("no place was set")
	}
	b.axe("a place that is set on the map")
	for range 3 {
		b.push("Weiter")
	}
	b.reads("Zebrastreifen")
	b.patience()
	b.push("absenden")
	b.axe("a receipt with everything")
	return numberOf.FindString(b.text())
}

// add gives the town a person of the staff with a role, who signs in with the town's password.
func (k town) add(t *testing.T, email string, role account.RoleChange) {
	t.Helper()
	by := access.CommandLine(k.made.Tenant.ID)
	made, _, err := k.app.Accounts.Add(t.Context(), by, account.New{Email: email, Name: strings.SplitN(email, "@", 2)[0], Password: k.made.Password, Roles: []access.Role{access.Carrier}})
	if err == nil {
		role.Account = made.ID
		err = k.app.Accounts.Change(t.Context(), by, role)
	}
	if err != nil {
		t.Fatalf("%s: %v", email, err)
	}
}

// actor is a person of the town as services know them.
func (k town) actor(t *testing.T, email string) access.Actor {
	t.Helper()
	list, err := k.app.Accounts.List(t.Context(), access.CommandLine(k.made.Tenant.ID))
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(list, func(a account.Account) bool { return a.Email == email })
	by, err := k.app.Accounts.Actor(t.Context(), k.made.Tenant.ID, list[i].ID)
	if err != nil {
		t.Fatal(err)
	}
	return by
}

// meetStandards says of each standard that keeps the process from beginning what was done.
func (k town) meetStandards(t *testing.T, key string) {
	t.Helper()
	by := k.actor(t, demo.Email)
	p, err := k.app.Participation.Process(t.Context(), by, key)
	if err != nil {
		t.Fatal(err)
	}
	check, err := k.app.Participation.Check(t.Context(), by, p)
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range check.Blocking(participation.Before) {
		st := participation.Statement{Criterion: l.Key, Result: participation.Fulfilled, Comment: "Geprüft, der Nachweis liegt bei den Unterlagen."}
		if l.Computed() {
			st.Result = participation.Waived
		}
		if err := k.app.Participation.State(t.Context(), by, key, st); err != nil {
			t.Fatalf("%s: %v", l.Key, err)
		}
	}
}

// close takes the process to its end.
func (k town) close(t *testing.T, key string) error {
	t.Helper()
	by := k.actor(t, demo.Email)
	for _, to := range []participation.State{participation.Evaluation, participation.Feedback, participation.Closed} {
		p, err := k.app.Participation.Process(t.Context(), by, key)
		if err != nil {
			t.Fatal(err)
		}
		if slices.Index(participation.States(), p.State) >= slices.Index(participation.States(), to) {
			continue
		}
		if _, err := k.app.Participation.Move(t.Context(), by, key, p.Edit, to, ""); err != nil {
			return err
		}
	}
	return nil
}

// speakYoung says something through the entry for children and young people, with large buttons only, and gives the number.
func (k town) speakYoung(t *testing.T, process string) string {
	t.Helper()
	b := browser(t)
	b.size(390, 844)
	b.open(k.url + "/mitreden")
	b.axe("the entry for young people")
	for _, button := range []string{`button[name=prozess][value="` + process + `"]`, "button[name=gefuehl]", "button[name=thema]", "button[name=raum]"} {
		b.submit(button)
		b.axe("a step of the entry for young people")
	}
	b.fill("/mitreden", map[string]string{"text": "Wir brauchen Schatten und Wasser."})
	b.press("/mitreden", "")
	time.Sleep(3 * time.Second) // nobody types a form in less; the device does its sum meanwhile
	b.press("/mitreden", "")
	b.axe("the receipt for young people")
	number := ""
	list, _, err := k.app.Contributions.List(t.Context(), k.actor(t, demo.Email), contribution.Filter{Process: process})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range list {
		if c.Channel == contribution.Youth {
			number = c.Number
		}
	}
	if number == "" {
		t.Fatalf("the young person was not heard:\n%s", b.text())
	}
	return number
}

// answer writes an answer, with the keyboard, and asks for its release.
func (b *tab) answer(chosen map[string]string, written [][2]string) (at string) {
	b.t.Helper()
	for name, value := range chosen {
		b.choose(name, value)
	}
	for _, w := range written {
		b.write(w[0], w[1])
	}
	b.push("Speichern")
	at, _, _ = strings.Cut(b.where(), "?")
	b.axe("an answer that is being written")
	b.push("um Freigabe bitten")
	return at
}
