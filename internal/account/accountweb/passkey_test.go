// SPDX-License-Identifier: EUPL-1.2

package accountweb_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	"github.com/kupferfaden/kupferfaden/internal/account"
)

// device is an authenticator of its own, for what a browser would never send.
type device struct {
	t       *testing.T
	id      []byte
	key     *ecdsa.PrivateKey
	handle  string
	counter uint32
	origin  string
	host    string
}

func newDevice(t *testing.T, site string) *device {
	t.Helper()
	u, err := url.Parse(site)
	if err != nil {
		t.Fatal(err)
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	id := make([]byte, 16)
	_, _ = rand.Read(id)
	return &device{t: t, id: id, key: key, origin: site, host: u.Hostname()}
}

var b64 = base64.RawURLEncoding

func (d *device) clientData(kind, challenge string) []byte {
	b, err := json.Marshal(map[string]any{"type": kind, "challenge": challenge, "origin": d.origin, "crossOrigin": false})
	if err != nil {
		d.t.Fatal(err)
	}
	return b
}

// authData is WebAuthn Level 3, 6.1: hash of the host, flags (present, verified), counter.
func (d *device) authData(flags byte, rest ...byte) []byte {
	sum := sha256.Sum256([]byte(d.host))
	d.counter++
	return append(binary.BigEndian.AppendUint32(append(sum[:], flags), d.counter), rest...)
}

type ceremony struct {
	Token   string
	Options struct {
		PublicKey struct {
			Challenge string
			User      struct{ ID string }
		}
	}
}

func readCeremony(t *testing.T, a answer) ceremony {
	t.Helper()
	var c ceremony
	if err := json.Unmarshal([]byte(a.body), &c); err != nil || c.Token == "" || c.Options.PublicKey.Challenge == "" {
		t.Fatalf("options: %d %v %s", a.code, err, a.body)
	}
	return c
}

func (d *device) packed(response map[string]any) string {
	b, err := json.Marshal(map[string]any{
		"id": b64.EncodeToString(d.id), "rawId": b64.EncodeToString(d.id), "type": "public-key", "clientExtensionResults": map[string]any{}, "response": response,
	})
	if err != nil {
		d.t.Fatal(err)
	}
	return string(b)
}

// create answers a registration: CBOR by hand (RFC 8949), the key as COSE (RFC 9053), no attestation.
func (d *device) create(c ceremony) string {
	handle, err := b64.DecodeString(c.Options.PublicKey.User.ID)
	if err != nil {
		d.t.Fatal(err)
	}
	d.handle = string(handle)
	public, err := d.key.PublicKey.Bytes()
	if err != nil {
		d.t.Fatal(err)
	}
	cose := append([]byte{0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 0x20}, public[1:33]...)
	cose = append(append(cose, 0x22, 0x58, 0x20), public[33:]...)
	credential := append(append(make([]byte, 16), 0, byte(len(d.id))), d.id...)
	auth := d.authData(0x45, append(credential, cose...)...)
	object := append([]byte{0xa3, 0x63}, "fmt"...)
	object = append(append(object, 0x64), "none"...)
	object = append(append(object, 0x67), "attStmt"...)
	object = append(append(append(object, 0xa0), 0x68), "authData"...)
	object = append(append(object, 0x58, byte(len(auth))), auth...)
	return d.packed(map[string]any{
		"clientDataJSON": b64.EncodeToString(d.clientData("webauthn.create", c.Options.PublicKey.Challenge)), "attestationObject": b64.EncodeToString(object),
	})
}

// get answers a sign-in.
func (d *device) get(c ceremony, flags byte) string {
	client, auth := d.clientData("webauthn.get", c.Options.PublicKey.Challenge), d.authData(flags)
	hash := sha256.Sum256(client)
	sum := sha256.Sum256(append(append([]byte{}, auth...), hash[:]...))
	signature, err := ecdsa.SignASN1(rand.Reader, d.key, sum[:])
	if err != nil {
		d.t.Fatal(err)
	}
	return d.packed(map[string]any{
		"clientDataJSON": b64.EncodeToString(client), "authenticatorData": b64.EncodeToString(auth), "signature": b64.EncodeToString(signature),
		"userHandle": b64.EncodeToString([]byte(d.handle)),
	})
}

const verified = 0x05 // the person was there and was verified by the device

// atHome opens pages under localhost, where browsers allow passkeys without HTTPS.
func (s *site) atHome(t *testing.T) *browser {
	t.Helper()
	b := s.browser(t)
	b.base = strings.Replace(s.URL, "127.0.0.1", "localhost", 1)
	return b
}

func (b *browser) addPasskey(d *device) answer {
	b.t.Helper()
	c := readCeremony(b.t, b.post("/konto/anmeldung/passkey/beginn"))
	return b.post("/konto/anmeldung/passkey", "vorgang", c.Token, "name", "Dienstrechner", "antwort", d.create(c))
}

func TestAPasskeySignsInAlone(t *testing.T) {
	s := newSite(t)
	owner := s.atHome(t)
	owner.signIn("", plannerMail)
	d := newDevice(t, owner.base)
	if a := owner.addPasskey(d); a.code != 303 {
		t.Fatalf("set up: %d %s", a.code, a.body)
	}
	if page := owner.get("/konto/anmeldung"); !strings.Contains(page.body, "Dienstrechner") {
		t.Error("the passkey is not listed")
	}
	b := s.atHome(t)
	c := readCeremony(t, b.post("/anmelden/passkey/beginn"))
	answered := d.get(c, verified)
	if a := b.post("/anmelden/passkey", "vorgang", c.Token, "antwort", answered, "weiter", "/arbeit"); a.code != 303 || b.get("/arbeit").code != 200 {
		t.Fatalf("signed in: %d %s", a.code, a.body)
	}
	again := s.atHome(t)
	if a := again.post("/anmelden/passkey", "vorgang", c.Token, "antwort", answered); a.code != 422 || again.token("kf-default") != "" {
		t.Errorf("the same answer again: %d", a.code)
	}
	if _, step := again.password(plannerMail); step == "" {
		t.Error("with a passkey the password alone is still enough")
	} else {
		c := readCeremony(t, again.post("/anmelden/zweiter-schritt/passkey", "schritt", step))
		if a := again.post("/anmelden/zweiter-schritt", "schritt", step, "vorgang", c.Token, "antwort", d.get(c, verified)); a.code != 303 || again.get("/arbeit").code != 200 {
			t.Errorf("as second factor: %d", a.code)
		}
	}
	if err := s.service.Disable(t.Context(), s.operator("default"), s.id(t, plannerMail), true); err != nil {
		t.Fatal(err)
	}
	c = readCeremony(t, again.post("/anmelden/passkey/beginn"))
	if a := s.atHome(t).post("/anmelden/passkey", "vorgang", c.Token, "antwort", d.get(c, verified)); a.code != 422 {
		t.Errorf("of a disabled account: %d", a.code)
	}
}

func TestPasskeysThatDoNotFitAreRefused(t *testing.T) {
	s := newSite(t)
	owner := s.atHome(t)
	owner.signIn("", plannerMail)
	d := newDevice(t, owner.base)
	if a := owner.addPasskey(d); a.code != 303 {
		t.Fatalf("set up: %d", a.code)
	}
	other := newDevice(t, owner.base)
	other.id, other.handle = d.id, d.handle
	for name, tamper := range map[string]func(c ceremony) (string, string){
		"another site": func(c ceremony) (string, string) {
			x := *d
			x.origin = "https://evil.example"
			return c.Token, x.get(c, verified)
		},
		"another host in the answer": func(c ceremony) (string, string) {
			x := *d
			x.host = "evil.example"
			return c.Token, x.get(c, verified)
		},
		"another key":                func(c ceremony) (string, string) { other.counter = d.counter; return c.Token, other.get(c, verified) },
		"not verified by the device": func(c ceremony) (string, string) { return c.Token, d.get(c, 0x01) },
		"another challenge": func(c ceremony) (string, string) {
			second := readCeremony(t, owner.post("/anmelden/passkey/beginn"))
			return c.Token, d.get(second, verified)
		},
		"somebody else's handle": func(c ceremony) (string, string) {
			x := *d
			x.handle = string(s.id(t, adminMail))
			return c.Token, x.get(c, verified)
		},
		"nonsense": func(c ceremony) (string, string) { return c.Token, `{"id":"x"}` },
	} {
		b := s.atHome(t)
		token, answered := tamper(readCeremony(t, b.post("/anmelden/passkey/beginn")))
		if a := b.post("/anmelden/passkey", "vorgang", token, "antwort", answered); a.code != 422 || b.token("kf-default") != "" {
			t.Errorf("%s: %d", name, a.code)
		}
	}

	b := s.atHome(t)
	c := readCeremony(t, b.post("/t/zinn/anmelden/passkey/beginn"))
	if a := b.post("/t/zinn/anmelden/passkey", "vorgang", c.Token, "antwort", d.get(c, verified)); a.code != 422 {
		t.Errorf("in another town: %d", a.code)
	}
	c = readCeremony(t, b.post("/anmelden/passkey/beginn"))
	if a := b.post("/t/zinn/anmelden/passkey", "vorgang", c.Token, "antwort", d.get(c, verified)); a.code != 422 {
		t.Errorf("a challenge of another town: %d", a.code)
	}
}

func TestACopiedPasskeyIsNoticed(t *testing.T) {
	s := newSite(t)
	owner := s.atHome(t)
	owner.signIn("", plannerMail)
	d := newDevice(t, owner.base)
	if a := owner.addPasskey(d); a.code != 303 {
		t.Fatalf("set up: %d", a.code)
	}
	copied := *d
	use := func(x *device) int {
		b := s.atHome(t)
		c := readCeremony(t, b.post("/anmelden/passkey/beginn"))
		return b.post("/anmelden/passkey", "vorgang", c.Token, "antwort", x.get(c, verified)).code
	}
	if a, b := use(d), use(d); a != 303 || b != 303 {
		t.Fatalf("the real one: %d %d", a, b)
	}
	told := len(s.told)
	if got := use(&copied); got != 422 {
		t.Errorf("the copy: %d", got)
	}
	if len(s.told) != told+1 || s.told[told].Kind != "signin.passkey.cloned" {
		t.Errorf("nobody is told: %v", s.told[told:])
	}
}

func TestPasskeysBelongToTheirOwner(t *testing.T) {
	s := newSite(t)
	owner, stranger := s.atHome(t), s.atHome(t)
	owner.signIn("", plannerMail)
	stranger.signIn("", adminMail)
	d := newDevice(t, owner.base)
	if a := owner.addPasskey(d); a.code != 303 {
		t.Fatalf("set up: %d", a.code)
	}
	path := "/konto/anmeldung/passkey/" + b64.EncodeToString(d.id) + "/entfernen"
	if a := stranger.post(path); a.code != 404 {
		t.Errorf("somebody else removes it: %d", a.code)
	}
	c := readCeremony(t, owner.post("/konto/anmeldung/passkey/beginn"))
	if a := stranger.post("/konto/anmeldung/passkey", "vorgang", c.Token, "name", "x", "antwort", newDevice(t, owner.base).create(c)); a.code != 422 {
		t.Errorf("somebody else's challenge: %d", a.code)
	}
	if a := owner.post("/konto/anmeldung/passkey", "vorgang", "x", "name", "", "antwort", "y"); a.code != 422 || !strings.Contains(a.body, `href="#feld-name"`) {
		t.Errorf("without a name: %d", a.code)
	}
	if a := owner.get(path); a.code != 200 || !strings.Contains(a.body, "Dienstrechner") {
		t.Errorf("question: %d", a.code)
	}
	if a := owner.post(path); a.code != 303 || strings.Contains(owner.get("/konto/anmeldung").body, "Dienstrechner") {
		t.Errorf("removed: %d", a.code)
	}
}

func TestPasskeysNeedAnAddressTheyAreBoundTo(t *testing.T) {
	s := newSite(t)
	b := s.browser(t) // 127.0.0.1
	if a := b.get("/anmelden"); strings.Contains(a.body, "data-passkey") {
		t.Error("offered under a number")
	}
	if a := b.post("/anmelden/passkey/beginn"); a.code != 409 {
		t.Errorf("asked for: %d", a.code)
	}
	_, err := s.service.BeginPasskeySignIn(t.Context(), s.towns["default"], account.Site{})
	if err == nil {
		t.Error("without a site")
	}
}
