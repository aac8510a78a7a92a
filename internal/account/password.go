// SPDX-License-Identifier: EUPL-1.2

package account

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"math/big"
	"strings"
	"sync"
	"time"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"
)

// Cost is the work one guess of a password takes.
type Cost struct {
	Memory  uint32 // KiB
	Passes  uint32
	Threads uint8
}

// BaseCost is the least OWASP asks for (Password Storage Cheat Sheet: m=19456, t=2, p=1). Memory is kept there, so that a few people signing in
// at once do not need more than the program has; Calibrate adds passes.
var BaseCost = Cost{Memory: 19456, Passes: 2, Threads: 1}

// maxPasses bounds what a fast machine costs a slow one that takes over its data.
const maxPasses = 12

// Calibrate gives a cost that takes about target here, never less than BaseCost.
func Calibrate(target time.Duration) Cost {
	c := BaseCost
	start := time.Now()
	argon2.IDKey([]byte("calibrate"), make([]byte, 16), c.Passes, c.Memory, c.Threads, 32)
	if took := time.Since(start); took < target {
		c.Passes = min(uint32(float64(c.Passes)*float64(target)/float64(took)), maxPasses)
	}
	return c
}

// Hasher makes and checks password hashes, two at a time, so that sign-ins cannot use up the memory.
type Hasher struct {
	Cost  func() Cost // nil: calibrated once at first use, to 80 ms
	once  sync.Once
	cost  Cost
	slots chan struct{}
	dummy string
}

func (h *Hasher) ready() {
	h.once.Do(func() {
		h.slots = make(chan struct{}, 2)
		if h.Cost != nil {
			h.cost = h.Cost()
		} else {
			h.cost = Calibrate(80 * time.Millisecond)
		}
		salt := make([]byte, 16)
		_, _ = rand.Read(salt) // never fails (Go 1.24)
		h.dummy = encode(h.cost, salt, make([]byte, 32))
	})
}

func (h *Hasher) take(ctx context.Context) error {
	h.ready()
	select {
	case h.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Hash gives the PHC string of a password.
func (h *Hasher) Hash(ctx context.Context, password string) (string, error) {
	if err := h.take(ctx); err != nil {
		return "", err
	}
	defer func() { <-h.slots }()
	salt := make([]byte, 16)
	_, _ = rand.Read(salt)
	return encode(h.cost, salt, key(password, salt, h.cost)), nil
}

// Check tells whether the password belongs to the hash, and whether it should be hashed anew because its cost is less than today's. An empty
// hash takes as long as any other and never fits.
func (h *Hasher) Check(ctx context.Context, hash, password string) (ok, renew bool, err error) {
	if err := h.take(ctx); err != nil {
		return false, false, err
	}
	defer func() { <-h.slots }()
	unknown := hash == ""
	if unknown {
		hash = h.dummy
	}
	c, salt, want, err := decode(hash)
	if err != nil {
		return false, false, err
	}
	ok = subtle.ConstantTimeCompare(key(password, salt, c), want) == 1 && !unknown
	return ok, ok && (c.Memory < h.cost.Memory || c.Passes < h.cost.Passes), nil
}

// key normalises the password, so that it fits however a keyboard composes its letters (RFC 8265, NFC).
func key(password string, salt []byte, c Cost) []byte {
	return argon2.IDKey([]byte(norm.NFC.String(password)), salt, c.Passes, c.Memory, c.Threads, 32)
}

var b64 = base64.RawStdEncoding

func encode(c Cost, salt, sum []byte) string {
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, c.Memory, c.Passes, c.Threads, b64.EncodeToString(salt), b64.EncodeToString(sum))
}

func decode(s string) (c Cost, salt, sum []byte, err error) {
	parts := strings.Split(s, "$")
	if len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" {
		return c, nil, nil, fmt.Errorf("password hash: not an argon2id PHC string")
	}
	var version int
	if _, err = fmt.Sscanf(parts[2], "v=%d", &version); err != nil || version != argon2.Version {
		return c, nil, nil, fmt.Errorf("password hash: argon2 version %q", parts[2])
	}
	if _, err = fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &c.Memory, &c.Passes, &c.Threads); err != nil {
		return c, nil, nil, fmt.Errorf("password hash: cost %q: %w", parts[3], err)
	}
	if c.Memory < 8 || c.Memory > 1<<20 || c.Passes < 1 || c.Passes > 100 || c.Threads < 1 {
		return c, nil, nil, fmt.Errorf("password hash: cost %q out of bounds", parts[3])
	}
	if salt, err = b64.DecodeString(parts[4]); err != nil {
		return c, nil, nil, fmt.Errorf("password hash: salt: %w", err)
	}
	if sum, err = b64.DecodeString(parts[5]); err != nil || len(sum) != 32 {
		return c, nil, nil, fmt.Errorf("password hash: sum of %d bytes: %w", len(sum), err)
	}
	return c, salt, sum, nil
}

// passwordLetters leave out what is mixed up when read from paper: 0 O, 1 l I.
const passwordLetters = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"

// OneTime makes a password of four groups of four letters, 92 bits, to be handed over and replaced at the first sign-in.
func OneTime() string {
	var b strings.Builder
	for i := range 16 {
		if i > 0 && i%4 == 0 {
			b.WriteByte('-')
		}
		n, err := rand.Int(rand.Reader, big.NewInt(int64(len(passwordLetters))))
		if err != nil {
			panic("account: no random source: " + err.Error())
		}
		b.WriteByte(passwordLetters[n.Int64()])
	}
	return b.String()
}
