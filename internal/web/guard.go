// SPDX-License-Identifier: EUPL-1.2

package web

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math/bits"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// The forms that anybody may send without an account are guarded against programs that fill them in by the thousand, with nothing for people to
// solve and nobody else asked: a field people do not see, a pause people need anyway, and a sum the reader's own device works out while the form
// is filled in. Without script the pause is longer instead, and fewer forms an hour go through from one address.

// Marker makes and checks marks nobody else can make; platform/secret has one.
type Marker interface {
	Mark(purpose, message string) string
	Marked(purpose, message, mark string) bool
}

const (
	guardField    = "pruefung"  // the token
	guardWork     = "rechnung"  // what the device found
	guardHoney    = "webseite2" // people leave it empty
	guardLife     = 2 * time.Hour
	guardPause    = 2 * time.Second  // nobody types a form in less
	guardPatience = 12 * time.Second // without the sum
	guardBits     = 16               // 65,536 tries on average: a quarter of a second on an old phone
)

// guardSlow is how many forms without the sum one address may send.
var guardSlow = Rate{PerMinute: 1, Burst: 10}

// guard knows the tokens that were used.
type guard struct {
	mu   sync.Mutex
	used map[string]time.Time
	slow meter
}

// token makes a token for the town: a random name and the time, marked.
func (m *Mux) guardToken(t Tenant, now time.Time) string {
	var b [8]byte
	_, _ = rand.Read(b[:]) // crypto/rand.Read never fails (Go 1.24)
	msg := hex.EncodeToString(b[:]) + "." + strconv.FormatInt(now.UnixMilli(), 36)
	return msg + "." + m.o.Marks.Mark("guard", string(t.ID)+" "+msg)
}

// guardAge gives how old a token is; ok is false for one that is not ours, of another town, or too old.
func (m *Mux) guardAge(t Tenant, token string, now time.Time) (age time.Duration, ok bool) {
	if len(token) > 200 {
		return 0, false
	}
	i := strings.LastIndexByte(token, '.')
	if i < 0 || !m.o.Marks.Marked("guard", string(t.ID)+" "+token[:i], token[i+1:]) {
		return 0, false
	}
	_, at, _ := strings.Cut(token[:i], ".")
	ms, err := strconv.ParseInt(at, 36, 64)
	if err != nil {
		return 0, false
	}
	age = now.Sub(time.UnixMilli(ms))
	return age, age >= 0 && age < guardLife
}

// worked tells whether the sum is right: the hash of token and number begins with guardBits zero bits.
func worked(token, number string) bool {
	if number == "" || len(number) > 20 {
		return false
	}
	sum := sha256.Sum256([]byte(token + ":" + number))
	return bits.LeadingZeros64(binary.BigEndian.Uint64(sum[:])) >= guardBits
}

// use tells whether a token is used for the first time.
func (g *guard) use(token string, now time.Time) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.used == nil {
		g.used = map[string]time.Time{}
	}
	if _, ok := g.used[token]; ok {
		return false
	}
	if len(g.used) > mostBuckets {
		for k, at := range g.used {
			if now.Sub(at) > guardLife {
				delete(g.used, k)
			}
		}
	}
	g.used[token] = now
	return true
}

func (g *guard) isUsed(token string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	_, ok := g.used[token]
	return ok
}

// Guarded checks a form drawn with GuardFields. It answers nil, or an Invalid error for the form to show with everything that was typed: it can
// be sent again at once, or after the pause the sentence names.
func (r *Request) Guarded(f *Form) error {
	m := r.mux
	now := time.Now()
	if m == nil {
		return fmt.Errorf("web: Guarded outside of a mux")
	}
	if f.Value(guardHoney) != "" {
		return kernel.E(kernel.Invalid, "web.guard.honey")
	}
	token := f.Value(guardField)
	age, ok := m.guardAge(r.Tenant, token, now)
	if !ok || m.guard.isUsed(token) {
		f.Set(guardField, "")
		return kernel.E(kernel.Invalid, "web.guard.again")
	}
	switch {
	case worked(token, f.Value(guardWork)) && age < guardPause:
		return kernel.E(kernel.Invalid, "web.guard.quick")
	case worked(token, f.Value(guardWork)):
	case age < guardPatience:
		return kernel.E(kernel.Invalid, "web.guard.wait", "n", int64((guardPatience-age+time.Second-1)/time.Second))
	default:
		if wait := m.guard.slow.take(r.Client(), guardSlow, now); wait > 0 {
			return kernel.E(kernel.Invalid, "web.guard.wait", "n", errTooMany{wait}.seconds())
		}
	}
	if !m.guard.use(token, now) {
		f.Set(guardField, "")
		return kernel.E(kernel.Invalid, "web.guard.again")
	}
	return nil
}

// guardValue gives the token a form is drawn with: the one it came with while that is good, so that a pause goes on, else a new one.
func guardValue(r *Request, f *Form) string {
	if r.mux == nil {
		return ""
	}
	now := time.Now()
	token := f.Value(guardField)
	if _, ok := r.mux.guardAge(r.Tenant, token, now); ok && !r.mux.guard.isUsed(token) {
		return token
	}
	return r.mux.guardToken(r.Tenant, now)
}

// ownMarks are those of a mux that was given no key, as in tests: good until the program ends.
type ownMarks [32]byte

func newOwnMarks() (o ownMarks) {
	_, _ = rand.Read(o[:])
	return o
}

func (o ownMarks) Mark(purpose, message string) string {
	sum := sha256.Sum256([]byte(string(o[:]) + purpose + "\x00" + message + string(o[:])))
	return hex.EncodeToString(sum[:])
}

func (o ownMarks) Marked(purpose, message, mark string) bool { return o.Mark(purpose, message) == mark }
