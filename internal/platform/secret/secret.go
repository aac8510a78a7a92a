// SPDX-License-Identifier: EUPL-1.2

// Package secret keeps the one key of an installation and what is made with it: values that must be read again (the seed of a second factor,
// the password of a mail server) are sealed before they reach the database, and links that stand for a right (unsubscribing) carry a mark that
// nobody else can make.
//
// The key is made at first start and lies beside the data, readable by the owner only; several processes on one database are given the same
// one. Whoever has the database without the key can read neither. Keys for single purposes are derived from it (HKDF, RFC 5869), so that what
// was made for one purpose is worth nothing for another.
package secret

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// FileName is the key inside the data directory.
const FileName = "secret.key"

const keySize = 32

// Box makes and opens what the key protects.
type Box struct{ key []byte }

// Open reads the key of a data directory and makes one where there is none. given, base64 of 32 bytes, is used instead of a file; several
// processes on one database need it.
func Open(dataDir, given string) (*Box, error) {
	if given != "" {
		return parse(given, "KUPFERFADEN_SECRET")
	}
	path := filepath.Join(dataDir, FileName)
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		if err = create(path); err == nil {
			b, err = os.ReadFile(path)
		}
	}
	if err != nil {
		return nil, &kernel.Error{Kind: kernel.Unavailable, Key: "secret.file", Params: kernel.Params("file", path), Err: err}
	}
	return parse(string(b), path)
}

// Text is the key as it is kept, for a backup; it makes one where there is none, as Open does.
func Text(dataDir, given string) ([]byte, error) {
	b, err := Open(dataDir, given)
	if err != nil {
		return nil, err
	}
	return append(base64.StdEncoding.AppendEncode(nil, b.key), '\n'), nil
}

// create writes a new key. Of two programs starting at once, the first one's key stays.
func create(path string) error {
	key := make([]byte, keySize)
	_, _ = rand.Read(key)                                      // crypto/rand.Read never fails (Go 1.24)
	tmp, err := os.CreateTemp(filepath.Dir(path), ".secret-*") // 0600
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name())
	_, err = fmt.Fprintln(tmp, base64.StdEncoding.EncodeToString(key))
	if err := errors.Join(err, tmp.Sync(), tmp.Close()); err != nil {
		return err
	}
	if err := os.Link(tmp.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		return os.Rename(tmp.Name(), path) // a file system without links
	}
	return nil
}

// parse reads a key and refuses one that a person typed to try things out.
func parse(s, from string) (*Box, error) {
	key, err := base64.StdEncoding.DecodeString(strings.TrimSpace(s))
	if err != nil || len(key) != keySize || poor(key) {
		return nil, &kernel.Error{Kind: kernel.Invalid, Key: "secret.poor", Params: kernel.Params("from", from)}
	}
	return &Box{key}, nil
}

// poor tells a key without chance in it: 32 random bytes hold fewer than 16 different values about once in 10^13 keys.
func poor(key []byte) bool {
	seen := map[byte]bool{}
	printable := true
	for _, b := range key {
		seen[b] = true
		printable = printable && b >= ' ' && b <= '~'
	}
	return len(seen) < 16 || printable
}

// derive gives the key of a purpose.
func (b *Box) derive(purpose string) []byte {
	k, err := hkdf.Key(sha256.New, b.key, nil, "kupferfaden "+purpose, keySize)
	if err != nil {
		panic("secret: " + err.Error()) // cannot happen: the length is within what HKDF gives
	}
	return k
}

func (b *Box) aead(purpose string) cipher.AEAD {
	block, err := aes.NewCipher(b.derive("seal " + purpose))
	if err != nil {
		panic("secret: " + err.Error()) // cannot happen: the key has 32 bytes
	}
	gcm, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		panic("secret: " + err.Error()) // cannot happen: AES has blocks of 16 bytes
	}
	return gcm
}

// Seal encrypts a value for a purpose (AES-256-GCM) and binds it to where it is kept: it opens under the same purpose and place only, so that
// a value copied to another row is worth nothing. Text, for a column of text.
func (b *Box) Seal(purpose, place string, plain []byte) string {
	return base64.RawStdEncoding.EncodeToString(b.aead(purpose).Seal(nil, nil, plain, []byte(place)))
}

// Unseal gives the value back; Unavailable "secret.sealed" when the key is another one or the value was changed.
func (b *Box) Unseal(purpose, place, sealed string) ([]byte, error) {
	raw, err := base64.RawStdEncoding.DecodeString(sealed)
	var plain []byte
	if err == nil {
		plain, err = b.aead(purpose).Open(nil, nil, raw, []byte(place))
	}
	if err != nil {
		return nil, &kernel.Error{Kind: kernel.Unavailable, Key: "secret.sealed", Err: err}
	}
	return plain, nil
}

// Mark gives a mark of the message that only this installation can make (HMAC-SHA-256), as text that fits into an address.
func (b *Box) Mark(purpose, message string) string {
	m := hmac.New(sha256.New, b.derive("mark "+purpose))
	m.Write([]byte(message))
	return base64.RawURLEncoding.EncodeToString(m.Sum(nil))
}

// Marked tells whether mark is that of the message.
func (b *Box) Marked(purpose, message, mark string) bool {
	return hmac.Equal([]byte(b.Mark(purpose, message)), []byte(mark))
}
