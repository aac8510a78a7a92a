// SPDX-License-Identifier: EUPL-1.2

package app_test

import (
	"bytes"
	"image"
	"image/png"
	"mime/multipart"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/account"
	"github.com/kupferfaden/kupferfaden/internal/contribution"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/notice"
)

var receiptCode = regexp.MustCompile(`\b[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{3}\b`)

// A guest with script off writes in small steps, keeps the receipt, corrects and withdraws; a letter is recorded at the desk.
func TestAGuestContributesInSmallStepsAndComesBackWithTheReceiptCode(t *testing.T) {
	offices(t, func(o *office) {
		d := o.anonymous()
		text := "Am Marktplatz fehlen Bänke im Schatten."
		if p := d.post("/beitraege/neu", "schritt", "schreiben", "weiter", "weiter", "text", " ", "lang", "de"); p.code != http.StatusUnprocessableEntity || !strings.Contains(p.text(), "Schreiben Sie, worum es geht.") {
			t.Errorf("blanks are taken: %d", p.code)
		}
		for _, step := range []string{"schreiben", "ort", "aehnlich", "angaben"} {
			if p := d.post("/beitraege/neu", "schritt", step, "weiter", "weiter", "text", text, "lang", "de"); p.code != http.StatusOK || strings.Contains(p.text(), "Vorgangscode: ") {
				t.Fatalf("%s: %d", step, p.code)
			}
		}
		p := d.post("/beitraege/neu", "schritt", "angaben", "weiter", "weiter", "text", text, "lang", "de", "name", "Linde", "email", "nirgends")
		if p.code != http.StatusUnprocessableEntity || !strings.Contains(p.text(), "E-Mail-Adresse") {
			t.Errorf("what is no address is taken: %d", p.code)
		}
		p = d.post("/beitraege/neu", "schritt", "angaben", "weiter", "weiter", "text", text, "lang", "de", "name", "Linde", "email", "linde@haus.example", "fassung", p.form(t, "/beitraege/neu").Get("fassung"))
		v := p.form(t, "/beitraege/neu")
		v.Set("weiter", "senden")
		if early := d.postForm("/beitraege/neu", v); early.code != http.StatusUnprocessableEntity {
			t.Fatalf("a program that fills it in at once gets through: %d", early.code)
		}
		time.Sleep(12500 * time.Millisecond) // the pause of those without script
		sent := d.postForm("/beitraege/neu", v)
		code := receiptCode.FindString(sent.text())
		if sent.code != http.StatusOK || code == "" || !strings.Contains(sent.text(), "B-2") {
			t.Fatalf("%d %s", sent.code, sent.text())
		}
		o.mailsTheReceipt(d, code, receiptNumber.FindString(sent.text()))
		if p := d.post("/vorgang", "code", "0000-0000-000"); p.code != http.StatusUnprocessableEntity {
			t.Errorf("a wrong code: %d", p.code)
		}
		if p := d.post("/vorgang", "code", strings.ToLower(code)); p.code != http.StatusOK || !strings.Contains(p.text(), text) {
			t.Errorf("%d %s", p.code, p.text())
		}
		if p := d.post("/vorgang/aendern", "code", code, "text", text+" Und ein Brunnen.", "lang", "de"); p.code != http.StatusOK || !strings.Contains(p.text(), "Brunnen") {
			t.Errorf("%d %s", p.code, p.text())
		}
		if p := d.post("/vorgang/zurueckziehen", "code", code); p.code != http.StatusOK || !strings.Contains(p.text(), "zurückgezogen") {
			t.Errorf("%d %s", p.code, p.text())
		}
		plan := o.planner()
		kept := plan.post("/arbeit/beitraege/erfassen", "channel", "letter", "text", "Der Bus fährt abends zu selten.", "lang", "de", "publish", "1")
		if kept.code != http.StatusOK || receiptCode.FindString(kept.text()) == "" {
			t.Errorf("%d %s", kept.code, kept.text())
		}
		if p := d.page("/beitraege"); !strings.Contains(p.text(), "Der Bus fährt abends zu selten.") || strings.Contains(p.text(), "Marktplatz") {
			t.Errorf("the list: %s", p.text())
		}
	})
}

var receiptNumber = regexp.MustCompile(`B-\d{4}-\d{5}`)

// mailsTheReceipt follows a guest who gave a mail address: the code comes by mail, with a link that has to be confirmed before anything else comes,
// and every later mail can be ended without signing in.
func (o *office) mailsTheReceipt(d *desk, code, number string) {
	o.t.Helper()
	ctx := o.t.Context()
	town, err := o.app.Tenants.Find(ctx, "")
	if err != nil {
		o.t.Fatal(err)
	}
	mails := func() []notice.Envelope {
		o.t.Helper()
		if err := o.app.Notices.Deliver(ctx, town.ID, nil); err != nil {
			o.t.Fatal(err)
		}
		list, err := o.app.CapturedMail(ctx, town, 50)
		if err != nil {
			o.t.Fatal(err)
		}
		return slices.DeleteFunc(list, func(e notice.Envelope) bool { return e.To != "linde@haus.example" })
	}
	decide := func() {
		o.t.Helper()
		if err := o.app.Notices.News(ctx, town.ID, contribution.ReceiptTopic, number, kernel.T(number+" entschieden", ""), "/vorgang#"+string(kernel.NewID())); err != nil {
			o.t.Fatal(err)
		}
		if err := o.app.Notices.Digest(ctx, town.ID, notice.AtOnce, notice.RunName(notice.AtOnce, time.Now()), nil); err != nil {
			o.t.Fatal(err)
		}
	}
	decide()
	got := mails()
	if len(got) != 1 || !strings.Contains(got[0].Text, code) || !strings.Contains(got[0].Subject, number) {
		o.t.Fatalf("%d mails before the address was confirmed: %+v", len(got), got)
	}
	link := regexp.MustCompile(`/abo/bestaetigen/\S+`).FindString(got[0].Text)
	if p := d.post(link); p.code != http.StatusSeeOther {
		o.t.Fatalf("confirming: %d %s", p.code, p.text())
	}
	decide()
	if got = mails(); len(got) != 2 || !strings.Contains(got[0].Text+got[1].Text, "entschieden") {
		o.t.Fatalf("%d mails after it: %+v", len(got), got)
	}
	all := got[0].Text + got[1].Text
	end := regexp.MustCompile(`/abo/\S+/ende/receipt`).FindString(all + got[0].Unsubscribe + got[1].Unsubscribe)
	if end == "" {
		end = regexp.MustCompile(`/abo/[^\s/]+`).FindString(strings.ReplaceAll(all, link, "")) + "/ende/receipt"
	}
	if p := d.post(end); p.code != http.StatusOK {
		o.t.Fatalf("ending by link %q: %d", end, p.code)
	}
	if decide(); len(mails()) != 2 {
		o.t.Error("mail comes after it was ended")
	}
	// Who has the code can ask for it again; who has not cannot, not even by the form of subscriptions.
	if p := d.post("/vorgang/nachricht", "code", code, "email", "linde@haus.example"); p.code != http.StatusUnprocessableEntity {
		o.t.Errorf("without consent: %d", p.code)
	}
	f := d.post("/vorgang", "code", code).form(o.t, "/vorgang/nachricht")
	if p := d.post("/vorgang/nachricht", "code", code, "email", "linde@haus.example", "fassung", f.Get("fassung")); p.code != http.StatusOK || len(mails()) != 3 {
		o.t.Errorf("asking again: %d", p.code)
	}
	if ok, err := o.app.Notices.Store.SentSince(ctx, town.ID, "linde@haus.example", "contribution.follow", kernel.InstantOf(time.Now().Add(-time.Hour))); err != nil || ok != 1 {
		o.t.Errorf("%d %v", ok, err)
	}
}

// sendPhoto sends a file in the second step.
func (d *desk) sendPhoto(content []byte) paper {
	d.t.Helper()
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	for name, v := range map[string]string{"schritt": "ort", "weiter": "foto", "text": "Mit Foto von der Ecke", "lang": "de", "alt": "Eine Ecke"} {
		if err := m.WriteField(name, v); err != nil {
			d.t.Fatal(err)
		}
	}
	w, err := m.CreateFormFile("photo", "foto.jpg")
	if err != nil {
		d.t.Fatal(err)
	}
	if _, err := w.Write(content); err != nil {
		d.t.Fatal(err)
	}
	if err := m.Close(); err != nil {
		d.t.Fatal(err)
	}
	req, err := http.NewRequest("POST", d.URL+"/beitraege/neu", &b)
	if err != nil {
		d.t.Fatal(err)
	}
	req.Header.Set("Content-Type", m.FormDataContentType())
	return d.send(req)
}

func TestPhotosAreDrawnAnewOrRefusedInWords(t *testing.T) {
	offices(t, func(o *office) {
		d := o.anonymous()
		var good bytes.Buffer
		if err := png.Encode(&good, image.NewRGBA(image.Rect(0, 0, 64, 48))); err != nil {
			t.Fatal(err)
		}
		p := d.sendPhoto(append(good.Bytes(), "EXIF GPS 50.7731"...))
		if p.code != http.StatusOK || !strings.Contains(p.text(), "Foto 1:") {
			t.Fatalf("%d %s", p.code, p.text())
		}
		token := p.form(t, "/beitraege/neu").Get("photos")
		f, ok := o.app.Contributions.Held(o.who.Tenant, token, "Eine Ecke")
		if !ok || f.Width != 64 || f.Kind != contribution.Photo {
			t.Fatalf("%+v", f)
		}
		file, err := o.app.Files.Open(f.SHA256)
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		var kept bytes.Buffer
		if _, err := kept.ReadFrom(file); err != nil || bytes.Contains(kept.Bytes(), []byte("50.7731")) {
			t.Errorf("what the camera hid is kept (%v)", err)
		}
		if _, ok := o.app.Contributions.Held(o.who.Tenant, "0"+token[1:], ""); ok {
			t.Error("a forged token is taken")
		}
		for name, content := range map[string][]byte{
			"HEIC": append([]byte("\x00\x00\x00\x18ftypheic"), make([]byte, 40)...), "a bomb": bomb(), "a text": []byte("kein Bild"), "SVG": []byte("<svg onload='x()'/>"),
		} {
			if p := d.sendPhoto(content); p.code != http.StatusUnprocessableEntity {
				t.Errorf("%s: %d", name, p.code)
			}
		}
	})
}

// What a moderator lets through is seen whole, photos too; a photo of somebody who was not asked can be taken away.
func TestAModeratorSeesThePhotosAndTakesOneAway(t *testing.T) {
	offices(t, func(o *office) {
		ctx := t.Context()
		var good bytes.Buffer
		if err := png.Encode(&good, image.NewRGBA(image.Rect(0, 0, 64, 48))); err != nil {
			t.Fatal(err)
		}
		f, err := o.app.Contributions.KeepPhoto(ctx, &good, "Eine Ecke mit einem Kind")
		if err != nil {
			t.Fatal(err)
		}
		c, _, err := o.app.Contributions.Submit(ctx, access.Anonymous(o.who.Tenant), contribution.Draft{Text: "Die Ecke am Markt", Files: []contribution.File{f}})
		if err != nil {
			t.Fatal(err)
		}
		plan := o.planner()
		at := "/beitraege/" + c.Number + "/foto/" + string(f.ID)
		if p := plan.page("/arbeit/moderation/beitrag/" + string(c.ID)); !strings.Contains(p.body, at) || !strings.Contains(p.body, "Eine Ecke mit einem Kind") {
			t.Errorf("the photo is let through unseen: %s", p.text())
		}
		if p := plan.post("/arbeit/beitraege/"+c.Number+"/datei", "datei", string(f.ID)); p.code != http.StatusUnprocessableEntity || !strings.Contains(p.text(), "Nennen Sie einen Grund.") {
			t.Errorf("without a reason: %d", p.code)
		}
		plan.post("/arbeit/beitraege/"+c.Number+"/datei", "datei", string(f.ID), "reason", "zeigt ein Kind").done(t)
		if p := plan.get(at); p.code != http.StatusNotFound {
			t.Errorf("it is still there: %d", p.code)
		}
	})
}

// Wrong receipt codes are counted in the database, for every form that takes one and every process on it; what cannot be a code, and what is right,
// counts for nothing.
func TestWhoGuessesReceiptCodesIsHeldUp(t *testing.T) {
	offices(t, func(o *office) {
		ctx := t.Context()
		_, code, err := o.app.Contributions.Submit(ctx, access.Anonymous(o.who.Tenant), contribution.Draft{Text: "Mehr Bänke am Markt"})
		if err != nil {
			t.Fatal(err)
		}
		d := o.anonymous()
		const wrong = "0000-0000-000"
		forms := []string{"/vorgang", "/vorgang/aendern", "/vorgang/zurueckziehen", "/vorgang/quittung", "/mitreden/antwort"}
		for i := range 40 {
			if p := d.post("/vorgang", "code", "0000-0000-00X"); p.code != http.StatusUnprocessableEntity {
				t.Fatalf("a slip of the pen: %d", p.code)
			}
			p := d.post(forms[i%len(forms)], "code", wrong, "text", "egal")
			if p.code == http.StatusTooManyRequests {
				if i < 20 {
					t.Errorf("a class behind one address is held up after %d", i)
				}
				break
			}
			if i == 39 {
				t.Fatal("nobody is held up")
			}
			if p := d.post("/vorgang", "code", code); p.code != http.StatusOK && i < 20 {
				t.Fatalf("%d after %d wrong ones", p.code, i)
			}
		}
		if p := d.post("/vorgang", "code", code); p.code != http.StatusTooManyRequests || p.header.Get("Retry-After") == "" {
			t.Errorf("%d", p.code)
		}
		// The count is in the database, where another process finds it.
		held := false
		for _, client := range []string{"127.0.0.1", "127.0.0.0", "::1"} {
			if _, wait := account.Wait(o.app.Accounts.TryCode(ctx, o.who.Tenant, "receipt", client)); wait {
				held = true
			}
		}
		if !held {
			t.Error("another process lets the same network go on")
		}
	})
}

// The rules of conduct are there in Leichte Sprache, a town can write its own, and the report of languages counts them.
func TestTheRulesOfConductAreThereInPlainLanguage(t *testing.T) {
	offices(t, func(o *office) {
		guest, plan := o.anonymous(), o.planner()
		if p := guest.page("/netiquette?sprache=leicht"); !strings.Contains(p.text(), "Beleidigen Sie niemanden.") {
			t.Errorf("%s", p.text())
		}
		if p := plan.page("/arbeit/sprachen?art=conduct&stand=complete"); !strings.Contains(p.text(), "Netiquette") {
			t.Errorf("%s", p.text())
		}
		own := plan.page("/arbeit/moderation/netiquette").form(t, "/arbeit/moderation/netiquette")
		own.Set("text-leicht1", "Seien Sie nett.")
		own.Set("text-leicht2", "")
		plan.postForm("/arbeit/moderation/netiquette", own).done(t)
		if p := guest.page("/netiquette?sprache=leicht"); !strings.Contains(p.text(), "Seien Sie nett.") || strings.Contains(p.text(), "Beleidigen Sie niemanden.") {
			t.Errorf("%s", p.text())
		}
		if p := plan.page("/arbeit/sprachen?art=conduct&fassung=de%2Bleicht&stand=partly"); !strings.Contains(p.text(), "Netiquette") {
			t.Errorf("%s", p.text())
		}
	})
}

// bomb is a PNG whose head announces more pixels than any camera has.
func bomb() []byte {
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 1, 1))); err != nil {
		return nil
	}
	p := b.Bytes()
	copy(p[16:24], "\x00\x00\x70\x00\x00\x00\x70\x00")
	return p
}
