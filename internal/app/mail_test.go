// SPDX-License-Identifier: EUPL-1.2

package app_test

import (
	"context"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/http"
	"net/http/httptest"
	"net/mail"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/account"
	"github.com/kupferfaden/kupferfaden/internal/app"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/notice"
	"github.com/kupferfaden/kupferfaden/internal/platform/job"
	"github.com/kupferfaden/kupferfaden/internal/tenant"
	"github.com/kupferfaden/kupferfaden/internal/testdata/mailbox"
)

// posting is a town whose mail goes to a real mail server.
func posting(t *testing.T, s *mailbox.Server, cfg app.Config) (*app.App, tenant.Tenant) {
	t.Helper()
	cfg.URL = "https://planung.example"
	if cfg.DataDir == "" {
		cfg.DataDir = t.TempDir()
	}
	cfg.Mail = app.MailOptions{Mode: "send", Host: s.Host, Port: s.Port, User: s.User, Password: s.Password, From: "post@stadt.example"}
	if s.Roots == nil {
		cfg.Mail.Security = "none"
	}
	cfg.MailRoots = s.Roots
	a, err := app.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = a.Close() })
	town, err := a.Init(context.WithoutCancel(t.Context()), tenant.Default, kernel.T("Kupferstadt", "Copper Town"), true)
	if err != nil {
		t.Fatal(err)
	}
	return a, town
}

// part gives the body of one type of a mail.
func part(t *testing.T, m mailbox.Mail, want string) string {
	t.Helper()
	p, err := mail.ReadMessage(strings.NewReader(m.Raw))
	if err != nil {
		t.Fatal(err)
	}
	_, params, err := mime.ParseMediaType(p.Header.Get("Content-Type"))
	if err != nil {
		t.Fatal(err)
	}
	for r := multipart.NewReader(p.Body, params["boundary"]); ; {
		q, err := r.NextRawPart()
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(q.Header.Get("Content-Type"), want) {
			b, err := io.ReadAll(quotedprintable.NewReader(q))
			if err != nil {
				t.Fatal(err)
			}
			return string(b)
		}
	}
}

func handOver(t *testing.T, a *app.App, town tenant.Tenant) {
	t.Helper()
	if err := a.Notices.Deliver(t.Context(), town.ID, nil); err != nil {
		t.Fatal(err)
	}
}

// visit asks the pages for the path of an absolute address; a body makes it a POST, as a mail program sends it: without cookie and origin.
func visit(t *testing.T, h http.Handler, address string, form url.Values) *httptest.ResponseRecorder {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest("GET", u.RequestURI(), nil)
	if form != nil {
		r = httptest.NewRequest("POST", u.RequestURI(), strings.NewReader(form.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	r.Host = "planung.example"
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

var aboLink = regexp.MustCompile(`https://planung\.example/\S+`)

// From the order to the end, through a real mail server: nothing comes before the link was followed and the button pressed, and one click of the
// mail program ends it.
func TestMessagesAreOrderedConfirmedAndEndedWithoutAnAccount(t *testing.T) {
	s := mailbox.Start(t, mailbox.Options{User: "stadt"})
	now := time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)
	a, town := posting(t, s, app.Config{Now: func() time.Time { return now }})
	h, err := a.Handler(app.WebOptions{})
	if err != nil {
		t.Fatal(err)
	}
	news := func(event string) {
		t.Helper()
		err := a.Notices.Tell(t.Context(), notice.News{
			Tenant: town.ID, Wish: notice.Wish{Topic: "report"}, Event: event, Path: "/berichte/2026",
			Params: func(string) map[string]any { return map[string]any{"title": "Sozialbericht\r\nBcc: x@y.de"} },
		}, nil)
		if err != nil {
			t.Fatal(err)
		}
		handOver(t, a, town)
	}
	order := notice.Order{Tenant: town.ID, Email: "Anna.Muster@stadt.example", Lang: "de", Wishes: []notice.Wish{{Topic: "report"}}, Consent: "de 1"}
	for range 5 { // a stranger who presses the button again and again
		if err := a.Notices.Subscribe(t.Context(), order); err != nil {
			t.Fatal(err)
		}
	}
	news("1")
	if n := len(s.Mails()); n != 3 {
		t.Fatalf("%d mails, want three requests a day and no news", n)
	}
	m := s.Mails()[2]
	link := aboLink.FindString(part(t, m, "text/plain"))
	if !strings.Contains(link, "/abo/bestaetigen/") || m.Header("List-Unsubscribe") != "" || m.To != "Anna.Muster@stadt.example" {
		t.Fatalf("%s\n%s", link, m.Raw)
	}
	if html := part(t, m, "text/html"); !strings.Contains(html, link) || strings.Contains(html, "<img") || strings.Contains(html, "src=") {
		t.Error(html)
	}
	for range 3 { // programs that look into mail open its links
		if w := visit(t, h, link, nil); w.Code != http.StatusOK || w.Header().Get("Cache-Control") != "no-store" || !strings.Contains(w.Body.String(), "Neue Sozialberichte") {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
	}
	news("2")
	if n := len(s.Mails()); n != 3 {
		t.Fatal("opening the link confirmed it")
	}
	if w := visit(t, h, link[:len(link)-3]+"AAA", url.Values{}); w.Code != http.StatusNotFound {
		t.Errorf("a forged link: %d", w.Code)
	}
	if w := visit(t, h, link, url.Values{}); w.Code != http.StatusSeeOther || !strings.Contains(w.Header().Get("Location"), "/abo/") {
		t.Fatalf("%d %s", w.Code, w.Header().Get("Location"))
	}
	news("2")
	news("3")
	news("3")
	if n := len(s.Mails()); n != 5 {
		t.Fatalf("%d mails, want one of each event after the confirmation", n)
	}
	m = s.Mails()[4]
	end := strings.Trim(m.Header("List-Unsubscribe"), "<>")
	if m.Header("List-Unsubscribe-Post") != "List-Unsubscribe=One-Click" || !strings.HasPrefix(end, "https://planung.example/abo/") || m.Header("Bcc") != "" || m.Header("Auto-Submitted") != "auto-generated" {
		t.Error(m.Raw)
	}
	if w := visit(t, h, end, nil); w.Code != http.StatusOK {
		t.Errorf("the page to unsubscribe: %d", w.Code)
	}
	news("4")
	if n := len(s.Mails()); n != 6 {
		t.Error("opening the link to unsubscribe unsubscribed")
	}
	for range 2 {
		if w := visit(t, h, end, url.Values{"List-Unsubscribe": {"One-Click"}}); w.Code != http.StatusOK || w.Header().Get("Set-Cookie") != "" {
			t.Errorf("one click: %d %s", w.Code, w.Header().Get("Location"))
		}
	}
	news("5")
	if n := len(s.Mails()); n != 6 {
		t.Errorf("%d mails, want none after the end", n)
	}
	if w := visit(t, h, strings.TrimSuffix(end, "/ende/report"), nil); w.Code != http.StatusNotFound {
		t.Errorf("the page of an address that was forgotten: %d", w.Code)
	}
	id, err := a.Notices.Store.Put(t.Context(), town.ID, notice.Address{ID: kernel.NewID(), Email: "anna.muster@stadt.example", Lang: "de", CreatedAt: kernel.InstantOf(now)})
	if err != nil {
		t.Fatal(err)
	}
	if left, err := a.Notices.Store.Subscriptions(t.Context(), town.ID, id); err != nil || len(left) != 0 {
		t.Errorf("the address was not forgotten: %+v %v", left, err)
	}

	// A link that is too old, and one of another town.
	if err := a.Notices.Subscribe(t.Context(), notice.Order{Tenant: town.ID, Email: "bert@stadt.example", Lang: "en", Wishes: order.Wishes, Consent: "en 1"}); err != nil {
		t.Fatal(err)
	}
	handOver(t, a, town)
	late := aboLink.FindString(part(t, s.Mails()[6], "text/plain"))
	if !strings.Contains(late, "/en/abo/") {
		t.Errorf("an English reader is sent to %s", late)
	}
	now = now.Add(8 * 24 * time.Hour)
	if w := visit(t, h, late, url.Values{}); w.Code != http.StatusNotFound {
		t.Errorf("a link of last week: %d", w.Code)
	}
}

func TestOrdersThatCannotBeMeantAreRefused(t *testing.T) {
	s := mailbox.Start(t, mailbox.Options{})
	a, town := posting(t, s, app.Config{})
	good := notice.Order{Tenant: town.ID, Email: "a@b.de", Lang: "de", Wishes: []notice.Wish{{Topic: "report"}}, Consent: "de 1"}
	for name, change := range map[string]func(*notice.Order){
		"no consent":    func(o *notice.Order) { o.Consent = "" },
		"no topic":      func(o *notice.Order) { o.Wishes = nil },
		"forged topic":  func(o *notice.Order) { o.Wishes = []notice.Wish{{Topic: "secrets"}} },
		"two addresses": func(o *notice.Order) { o.Email = "a@b.de,c@d.de" },
		"a header":      func(o *notice.Order) { o.Email = "a@b.de\r\nBcc: c@d.de" },
	} {
		o := good
		change(&o)
		if err := a.Notices.Subscribe(t.Context(), o); kernel.KindOf(err) != kernel.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	handOver(t, a, town)
	if len(s.Mails()) != 0 {
		t.Errorf("%d mails", len(s.Mails()))
	}
}

// The mail server takes a mail and says later that it could not deliver it; the alias of the sender's address hands that to the program.
func TestABounceMailFindsItsMail(t *testing.T) {
	s := mailbox.Start(t, mailbox.Options{})
	a, town := posting(t, s, app.Config{})
	send := func(event string) {
		t.Helper()
		err := a.Notices.Send(t.Context(), notice.Message{Tenant: town.ID, To: notice.Recipient{Email: "weg@stadt.example"}, Kind: "test", Event: event})
		if err != nil {
			t.Fatal(err)
		}
		handOver(t, a, town)
	}
	send("1")
	id := s.Mails()[0].Header("Message-Id")
	bounce := "Content-Type: multipart/report; report-type=delivery-status; boundary=x\n\n--x\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx\n\n" +
		"Final-Recipient: rfc822; weg@stadt.example\nAction: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1 unknown\n\n--x\nContent-Type: text/rfc822-headers\n\nMessage-ID: " + id + "\n\n--x--\n"
	for range 2 {
		if n, err := a.BounceMail(t.Context(), strings.NewReader(bounce)); err != nil || n != 1 {
			t.Fatalf("%d %v", n, err)
		}
	}
	if n, err := a.BounceMail(t.Context(), strings.NewReader(strings.Replace(bounce, id, "<other@stadt.example>", 1))); err != nil || n != 0 {
		t.Errorf("a mail that is not ours: %d %v", n, err)
	}
	send("2")
	list, err := a.Notices.List(t.Context(), a.Operator(town), notice.Filter{Limit: 10})
	if err != nil || len(s.Mails()) != 1 || list[1].State != notice.Bounced || list[0].State != notice.Suppressed {
		t.Errorf("%d mails, %+v %v", len(s.Mails()), list, err)
	}
}

// Whoever may see mail sees no link in it, and failing work stands on the desk.
func TestMailAndQueueAreShownToTheStaff(t *testing.T) {
	s := mailbox.Start(t, mailbox.Options{})
	a, town := posting(t, s, app.Config{})
	ctx := t.Context()
	err := a.Notices.Send(ctx, notice.Message{Tenant: town.ID, To: notice.Recipient{Email: "anna@stadt.example"}, Kind: "test", Event: "1", Path: "/einladung/geheimes-zeichen"})
	if err != nil {
		t.Fatal(err)
	}
	list, err := a.Notices.List(ctx, a.Operator(town), notice.Filter{Limit: 10})
	if err != nil || len(list) != 1 {
		t.Fatal(list, err)
	}
	if _, err := a.Queue.Enqueue(ctx, town.ID, "report.files", "no arguments", job.Options{MaxAttempt: 1}); err != nil {
		t.Fatal(err)
	}
	work, stop := context.WithCancel(ctx)
	done := a.Work(work)
	for deadline := time.Now().Add(30 * time.Second); ; {
		counts, err := a.Queue.States(ctx, town.ID)
		if err != nil {
			t.Fatal(err)
		}
		if counts[job.Failed] == 1 && len(s.Mails()) == 1 {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("%v, %d mails", counts, len(s.Mails()))
		}
		time.Sleep(5 * time.Millisecond)
	}
	stop()
	<-done
	if len(s.Mails()) != 1 || !strings.Contains(s.Mails()[0].Raw, "geheimes-zeichen") {
		t.Fatalf("%d mails", len(s.Mails()))
	}
	if _, _, err := a.Accounts.Add(ctx, a.Operator(town), account.New{Email: "admin@stadt.example", Name: "Betrieb", Roles: []access.Role{access.Admin}, Password: passphrase}); err != nil {
		t.Fatal(err)
	}
	pages := httptest.NewServer(a.Mux(app.WebOptions{Hosts: []string{"127.0.0.1"}}))
	defer pages.Close()
	d := (&office{pages, t, a, a.Operator(town)}).signIn("admin@stadt.example")
	for path, want := range map[string][]string{
		"/arbeit/mail":                          {"Testnachricht der Sozialplanungs-Plattform", "a…@stadt.example", "verschickt"},
		"/arbeit/mail/" + string(list[0].ID):    {"/einladung/…", "a…@stadt.example", list[0].MessageID},
		"/arbeit/mail?stand=bounced":            {"Keine E-Mail passt"},
		"/arbeit/mail/gesperrt":                 {"Keine gesperrten Adressen"},
		"/arbeit/auftraege":                     {"Dateien eines Berichts erstellen", "gescheitert", "Wiederholen", "E-Mails verschicken", "Nächste Termine"},
		"/arbeit/auftraege?stand=failed":        {"Dateien eines Berichts erstellen"},
		"/arbeit":                               {"1 Auftrag ist gescheitert"},
		"/arbeit/mail?stand=x":                  {"Diese Auswahl gibt es nicht."},
		"/arbeit/auftraege?stand=x%27+or+1%3D1": {"Diese Auswahl gibt es nicht."},
	} {
		body := d.get(path).body
		for _, w := range want {
			if !strings.Contains(body, w) {
				t.Errorf("%s does not say %q", path, w)
			}
		}
		if strings.Contains(body, "geheimes-zeichen") || strings.Contains(body, "anna@stadt") {
			t.Errorf("%s shows what only the recipient may see", path)
		}
	}
}
