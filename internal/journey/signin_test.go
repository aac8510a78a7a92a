// SPDX-License-Identifier: EUPL-1.2

package journey_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/account"
)

// TestPasskeyInTheBrowser sets a passkey up and signs in with it, in a browser with a virtual authenticator.
func TestPasskeyInTheBrowser(t *testing.T) {
	k := kupferstadt(t)
	tenants, err := k.app.Tenants.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	const mail, passphrase = "schluessel@kupferstadt.example", "vier zufällige wörter hier"
	_, _, err = k.app.Accounts.Add(t.Context(), access.CommandLine(tenants[0].ID), account.New{
		Email: mail, Name: "Schlüsselprobe", Roles: []access.Role{access.Planner}, Password: passphrase,
	})
	if err != nil {
		t.Fatal(err)
	}
	b := browser(t)
	b.size(1280, 900)
	base := strings.Replace(k.url, "127.0.0.1", "localhost", 1) // browsers allow passkeys without HTTPS there only
	b.do(chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		if _, err := chromedp.Call(ctx, webauthn.Enable, webauthn.EnableParams{}); err != nil {
			return err
		}
		_, err := chromedp.Call(ctx, webauthn.AddVirtualAuthenticator, webauthn.AddVirtualAuthenticatorParams{Options: &webauthn.VirtualAuthenticatorOptions{
			Protocol: webauthn.AuthenticatorProtocolCtap2, Transport: webauthn.AuthenticatorTransportInternal, HasResidentKey: true,
			HasUserVerification: true, IsUserVerified: true, AutomaticPresenceSimulation: true,
		}})
		return err
	}))
	fill := func(name, value string) {
		eval[bool](b, fmt.Sprintf(`(document.querySelector("[name=%s]").value = %q, true)`, name, value))
	}
	password := func() {
		b.open(base + "/anmelden?weiter=/konto/anmeldung")
		fill("email", mail)
		fill("password", passphrase)
		b.submit(`form[action="/anmelden"] button`)
	}
	text := func() string { return eval[string](b, "document.querySelector('main').innerText") }

	password()
	b.axe("sign-in and sessions")
	fill("name", "Prüfgerät")
	b.submit(`form[data-passkey=create] button`)
	if at := b.where(); !strings.HasPrefix(at, "/konto/anmeldung/codes") {
		t.Fatalf("after setting up: %s\n%s", at, text())
	}
	b.submit(`form[action="/konto/anmeldung/codes"] button`)
	b.axe("recovery codes")
	b.open(base + "/konto/anmeldung")
	if !strings.Contains(text(), "Prüfgerät") {
		t.Fatalf("the passkey is not listed: %s", text())
	}

	b.submit(`form[action="/abmelden"] button`)
	b.open(base + "/anmelden?weiter=/konto")
	b.axe("sign-in")
	b.submit(`form[data-passkey=get] button`)
	if at := b.where(); at != "/konto" {
		t.Errorf("signed in without a name, and at %s\n%s", at, text())
	}

	b.submit(`form[action="/abmelden"] button`)
	password()
	if !strings.Contains(text(), "Zweiter Schritt") {
		t.Errorf("after the password: %s", text())
	}
	b.axe("second step")
	b.submit(`form[data-passkey=get] button`)
	if at := b.where(); at != "/konto/anmeldung" {
		t.Errorf("after the second step at %s\n%s", at, text())
	}
}
