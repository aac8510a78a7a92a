// SPDX-License-Identifier: EUPL-1.2

package secret_test

import (
	"encoding/base64"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/platform/secret"
)

func open(t *testing.T, dir, given string) *secret.Box {
	t.Helper()
	b, err := secret.Open(dir, given)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestTheKeyIsMadeOnceAndReadableByTheOwnerOnly(t *testing.T) {
	dir := t.TempDir()
	boxes := make([]*secret.Box, 8)
	var wg sync.WaitGroup
	for i := range boxes {
		wg.Go(func() { boxes[i], _ = secret.Open(dir, "") })
	}
	wg.Wait()
	for _, b := range boxes {
		if b == nil || b.Mark("p", "m") != open(t, dir, "").Mark("p", "m") {
			t.Fatal("programs starting at once have different keys")
		}
	}
	info, err := os.Stat(filepath.Join(dir, secret.FileName))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info.Mode(), err)
	}
	if open(t, t.TempDir(), "").Mark("p", "m") == boxes[0].Mark("p", "m") {
		t.Error("two installations have the same key")
	}
}

func TestWhatIsSealedOpensInItsPlaceOnly(t *testing.T) {
	b, other := open(t, t.TempDir(), ""), open(t, t.TempDir(), "")
	sealed := b.Seal("totp", "town/anna", []byte("seed"))
	if strings.Contains(sealed, "seed") || sealed == b.Seal("totp", "town/anna", []byte("seed")) {
		t.Error("sealed values show what is in them")
	}
	if plain, err := b.Unseal("totp", "town/anna", sealed); err != nil || string(plain) != "seed" {
		t.Errorf("%q %v", plain, err)
	}
	for name, err := range map[string]error{
		"another row":     second(b.Unseal("totp", "town/bert", sealed)),
		"another purpose": second(b.Unseal("smtp", "town/anna", sealed)),
		"another key":     second(other.Unseal("totp", "town/anna", sealed)),
		"changed":         second(b.Unseal("totp", "town/anna", "A"+sealed[1:len(sealed)-1]+"A")),
		"cut off":         second(b.Unseal("totp", "town/anna", sealed[:5])),
		"empty":           second(b.Unseal("totp", "town/anna", "")),
	} {
		if kernel.KindOf(err) != kernel.Unavailable {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func second[T any](_ T, err error) error { return err }

func TestMarksBelongToMessageAndPurpose(t *testing.T) {
	b := open(t, t.TempDir(), "")
	m := b.Mark("unsubscribe", "anna")
	if !b.Marked("unsubscribe", "anna", m) || b.Marked("unsubscribe", "bert", m) || b.Marked("confirm", "anna", m) || b.Marked("unsubscribe", "anna", "") {
		t.Error("a mark stands for more or less than its message")
	}
}

func TestKnownAndPoorKeysAreRefused(t *testing.T) {
	for name, key := range map[string]string{
		"zeros":     base64.StdEncoding.EncodeToString(make([]byte, 32)),
		"a phrase":  base64.StdEncoding.EncodeToString([]byte("please-change-this-secret-key-32")),
		"too short": base64.StdEncoding.EncodeToString([]byte("short")),
		"no base64": "secret",
	} {
		if _, err := secret.Open(t.TempDir(), key); kernel.KindOf(err) != kernel.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}
