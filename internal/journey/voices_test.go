// SPDX-License-Identifier: EUPL-1.2

package journey_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/account"
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
		const form = [...document.querySelectorAll("main form")].find(f => f.getAttribute("action").includes(%q));
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
		const form = [...document.querySelectorAll("main form")].find(f => f.getAttribute("action").includes(%q));
		const button = form && [...form.querySelectorAll("button")].find(e => e.innerText.includes(%q));
		button?.setAttribute("data-press", "");
		return !!button;
	})()`, action, words))
	if !found {
		b.t.Fatalf("no button %q of a form to %q on %s:\n%s", words, action, b.where(), b.text())
	}
	b.submit("[data-press]")
	if broken := eval[string](b, `[...document.querySelectorAll("main [role=alert], main .kern-error, main .kern-form-input__error")].map(e => e.innerText).join(" | ")`); broken != "" {
		b.t.Fatalf("%s: %s", b.where(), broken)
	}
}

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
	b.do(chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		_, err := chromedp.Call(ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !on})
		return err
	}))
}

var numberOf = regexp.MustCompile(`B-\d{4}-\d+`)

// TestAProcessFromTemplateToClosing: a planner makes a process, a citizen without account and a young person speak, the moderation lets them
// through, an office answers, the planner releases and closes, and the citizen reads what became of it by the receipt.
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
	ctx := t.Context()
	operator := access.CommandLine(k.made.Tenant.ID)
	for mail, roles := range map[string][]account.RoleIn{
		"moderation@kupferstadt.example": {{Role: access.Moderator}},
		"fachamt@kupferstadt.example":    {{Role: access.DataSupplier, In: access.Context{Kind: access.InOffice, Key: "SozA"}}},
	} {
		addStaff(ctx, t, k, operator, mail, roles)
	}

	planner := browser(t)
	planner.signIn(k)
	key := "probe-gespraech"
	begin := time.Now().AddDate(0, 0, -16).Format(time.DateOnly)
	planner.open(k.url + "/arbeit/beteiligung/neu")
	planner.fill("/arbeit/beteiligung/neu", map[string]string{"from": "messingsiedlung", "title": "Probegespräch am Hüttenplatz", "key": key, "start": begin})
	planner.press("/arbeit/beteiligung/neu", "")
	planner.axe("the desk of a new process")
	planner.open(k.url + "/arbeit/beteiligung/" + key + "/konzept")
	planner.fill(key+"/konzept", map[string]string{"approvedby": "Sozialausschuss", "approvedon": time.Now().Format(time.DateOnly)})
	planner.press(key+"/konzept", "")
	standardsMet(ctx, t, k, key)
	for _, to := range []string{"ready", "running"} {
		planner.open(k.url + "/arbeit/beteiligung/" + key + "/stand?nach=" + to)
		planner.press(key+"/stand", "")
	}

	// A citizen, on the phone and without script.
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
	time.Sleep(13 * time.Second) // without script the form asks for patience
	citizen.press(form, "senden")
	citizen.axe("the receipt")
	number := numberOf.FindString(citizen.text())
	code := eval[string](citizen, `document.querySelector("[data-receipt], .kf-receipt__code, code")?.innerText ?? ""`)
	if number == "" || code == "" {
		t.Fatalf("no number %q or receipt %q:\n%s", number, code, citizen.text())
	}
	young := speakYoung(t, k, key)

	moderator := browser(t)
	moderator.signInAs(k, "moderation@kupferstadt.example")
	for _, number := range []string{number, young} {
		moderate(moderator, k, number)
	}
	citizen.open(k.url + "/beitraege/" + number)
	citizen.reads("Bäume")
	citizen.axe("a published contribution")

	// Nothing can be closed while answers are missing.
	if err := closing(ctx, k, key); err == nil || !strings.Contains(err.Error(), "participation.state.answers") {
		t.Errorf("closed without answers: %v", err)
	}
	office := browser(t)
	office.signInAs(k, "fachamt@kupferstadt.example")
	answers(office, k, number, map[string]string{"status": "adopted", "body": "Im Herbst werden sechs Bäume gepflanzt.", "plain": "Im Herbst kommen sechs Bäume."})
	planner.open(k.url + "/arbeit/rueckmeldungen")
	planner.axe("answers at the desk")
	answers(planner, k, young, map[string]string{"status": "under_review", "body": "Wir prüfen das bis zum Sommer.", "plain": "Wir prüfen das.", "young": "Danke! Wir schauen uns das an und sagen euch im Sommer Bescheid."})
	release(planner, k)
	if err := closing(ctx, k, key); err != nil {
		t.Errorf("with every answer given: %v", err)
	}
	citizen.open(k.url + "/vorgang")
	citizen.fill("/vorgang", map[string]string{"code": code})
	citizen.press("/vorgang", "")
	citizen.reads("sechs Bäume")
	citizen.axe("what became of it, by receipt")
	citizen.open(k.url + "/beteiligung/" + key + "/rueckmeldungen")
	citizen.reads(number)
	citizen.axe("was wurde daraus")
}
