// SPDX-License-Identifier: EUPL-1.2

package vote

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// letters are those of codes: no I, L, O and U, which are read as 1, 0 and V (Crockford's base 32).
const letters = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

// encode writes 50 bits as ten letters and a check letter, as in 7K3M-9PQR-2AB.
func encode(bits uint64) string {
	var b [11]byte
	for i := 9; i >= 0; i-- {
		b[i] = letters[bits&31]
		bits >>= 5
	}
	b[10] = checkLetter(b[:10])
	return string(b[:4]) + "-" + string(b[4:8]) + "-" + string(b[8:])
}

// checkLetter finds every wrong letter and nearly every swap of two (Luhn modulo 32).
func checkLetter(code []byte) byte {
	sum, factor := 0, 2
	for i := len(code) - 1; i >= 0; i-- {
		x := factor * strings.IndexByte(letters, code[i])
		sum += x/32 + x%32
		factor = 3 - factor
	}
	return letters[(32-sum%32)%32]
}

// NewCode draws a code of 50 bits.
func NewCode() string {
	var b [8]byte
	_, _ = rand.Read(b[:]) // crypto/rand.Read never fails (Go 1.24)
	return encode(binary.BigEndian.Uint64(b[:]) >> 14)
}

// Normal gives a code as it is hashed, however it was typed; ok is false for what cannot be one, a slip of the pen included.
func Normal(code string) (string, bool) {
	if len(code) > 60 {
		return "", false
	}
	var b []byte
	for _, c := range strings.ToUpper(code) {
		switch c {
		case ' ', '-', '‐', '–', '\u00a0', '.', '\t':
			continue
		case 'O':
			c = '0'
		case 'I', 'L':
			c = '1'
		case 'U':
			c = 'V'
		}
		if c > 'Z' || strings.IndexByte(letters, byte(c)) < 0 {
			return "", false
		}
		b = append(b, byte(c))
	}
	if len(b) != 11 || checkLetter(b[:10]) != b[10] {
		return "", false
	}
	return string(b), true
}

// hash is the form in which codes and keys are kept.
func hash(salt string, parts ...string) string {
	m := hmac.New(sha256.New, []byte(salt))
	m.Write([]byte(strings.Join(parts, "\x00")))
	return hex.EncodeToString(m.Sum(nil))
}

func newSalt() string {
	var b [16]byte
	_, _ = rand.Read(b[:])
	return hex.EncodeToString(b[:])
}

// CodeKind tells codes from letters from those of groups.
type CodeKind string

// The kinds of codes.
const (
	LetterCode CodeKind = "letter" // one code, one person
	GroupCode  CodeKind = "group"  // one code for a school class or a youth club, used many times
)

// CodeSet is a package of letter codes, or the code of a group.
type CodeSet struct {
	ID       kernel.ID
	Kind     CodeKind
	Round    kernel.ID // empty: for the whole process
	Process  string
	Name     string // of the group or the package
	Area     string // "quartier/0101"; empty: none
	From, To kernel.Instant
	Most     int // uses of a group code; 0: any number
	Uses     int
	Made     int
	Salt     string
	Seed     string // sealed; empty once the letters are printed
	Disabled kernel.Instant
	MadeAt   kernel.Instant
}

// Valid tells whether its codes open anything at a moment.
func (s CodeSet) Valid(now kernel.Instant) bool {
	return s.Disabled.IsZero() && (s.From.IsZero() || !now.Before(s.From.Time)) && (s.To.IsZero() || now.Before(s.To.Time))
}

// Scope is what a code is asked for: the town, a process, or a round. Codes of the town hold everywhere, those of a process for its rounds too.
type Scope struct {
	Process string    // key; empty: none
	Round   kernel.ID // empty: none
}

// Grant is what a code gives.
type Grant struct {
	Set  kernel.ID
	Kind CodeKind
	Name string // of the group
	Area string // that the code belongs to; empty: none
	// Key stands for the holder of a letter code within its set, for "once per person or code"; equal whenever the code is used. Empty for group
	// codes, which stand for many.
	Key string
}

// CodeStore keeps codes. votedb implements it.
type CodeStore interface {
	// AddSet keeps a set and the hashes of its codes, in the order of their numbers.
	AddSet(ctx context.Context, tenant kernel.ID, s CodeSet, hashes []string) error
	// Sets lists the sets that hold in a scope, AllSets those of the town and everything in it, the oldest first.
	Sets(ctx context.Context, tenant kernel.ID, of Scope) ([]CodeSet, error)
	AllSets(ctx context.Context, tenant kernel.ID) ([]CodeSet, error)
	// Set finds one; NotFound "vote.set.notfound".
	Set(ctx context.Context, tenant, id kernel.ID) (CodeSet, error)
	// HasCode tells whether a set has a code of the hash that is not disabled.
	HasCode(ctx context.Context, tenant, set kernel.ID, hash string) (bool, error)
	// CodeHashes lists the hashes of a set by number, those disabled left out.
	CodeHashes(ctx context.Context, tenant, set kernel.ID) (map[int]string, error)
	// Use counts one use of a group code; false when there were enough.
	Use(ctx context.Context, tenant, set kernel.ID) (bool, error)
	// Mark keeps that a letter code was used for a purpose; false when it was before.
	Mark(ctx context.Context, tenant, set kernel.ID, mark string) (bool, error)
	// Forget deletes the seed of a set.
	Forget(ctx context.Context, tenant, set kernel.ID) error
	// Disable ends a set, or one code of it (number > 0); false when there is none.
	Disable(ctx context.Context, tenant, set kernel.ID, number int, at kernel.Instant) (bool, error)
}

// Sealer keeps seeds so that nobody reads them in the database.
type Sealer interface {
	Seal(purpose, place string, plain []byte) string
	Unseal(purpose, place, sealed string) ([]byte, error)
}

// Codes makes and checks codes. Contributions ask it for "once per person or code", the entry for young people for the group.
type Codes struct {
	Store CodeStore
	Seal  Sealer
	Trail access.Trail
	Tx    Tx
	Now   func() time.Time
	// Place tells where a process stands for permission; see Service.Place.
	Place func(ctx context.Context, by access.Actor, process, module string) (Place, error)
}

func (c *Codes) now() kernel.Instant { return kernel.InstantOf(c.Now()) }

// wrongCode is the same for a code that never was, is over, disabled or used up: who guesses learns nothing.
func wrongCode() error {
	return &kernel.Error{Kind: kernel.Invalid, Key: "vote.code.wrong", Fields: map[string]string{"code": "vote.code.wrong"}}
}

// Check tells what a code gives; Invalid "vote.code.wrong" on the field "code" where it opens nothing. Pages must limit how often one reader asks.
func (c *Codes) Check(ctx context.Context, tenant kernel.ID, of Scope, code string) (Grant, error) {
	normal, ok := Normal(code)
	if !ok {
		return Grant{}, wrongCode()
	}
	sets, err := c.Store.Sets(ctx, tenant, of)
	if err != nil {
		return Grant{}, err
	}
	now := c.now()
	for _, s := range sets {
		if !s.Valid(now) || s.Kind == GroupCode && s.Most > 0 && s.Uses >= s.Most {
			continue
		}
		h := hash(s.Salt, "code", normal)
		has, err := c.Store.HasCode(ctx, tenant, s.ID, h)
		if err != nil {
			return Grant{}, err
		}
		if has {
			g := Grant{Set: s.ID, Kind: s.Kind, Name: s.Name, Area: s.Area}
			if s.Kind == LetterCode {
				g.Key = hash(s.Salt, "key", normal)
			}
			return g, nil
		}
	}
	return Grant{}, wrongCode()
}

// Redeem is Check and counts the use, in the caller's transaction where there is one: a group code has a number of uses; a letter code can be
// redeemed once for each purpose ("support B-2026-00017"), afterwards it answers Conflict "vote.code.used".
func (c *Codes) Redeem(ctx context.Context, tenant kernel.ID, of Scope, code, purpose string) (g Grant, err error) {
	err = c.Tx.TxGrouped(ctx, func(ctx context.Context) error {
		if g, err = c.Check(ctx, tenant, of, code); err != nil {
			return err
		}
		if g.Kind == GroupCode {
			ok, err := c.Store.Use(ctx, tenant, g.Set)
			if err == nil && !ok {
				err = wrongCode()
			}
			return err
		}
		first, err := c.Store.Mark(ctx, tenant, g.Set, hash(g.Key, purpose))
		if err == nil && !first {
			err = kernel.E(kernel.Conflict, "vote.code.used")
		}
		return err
	})
	return g, err
}

// Voter gives the key that stands for the holder of a letter code; group codes stand for many and are refused.
func (c *Codes) Voter(ctx context.Context, tenant kernel.ID, of Scope, code string) (string, error) {
	g, err := c.Check(ctx, tenant, of, code)
	if err == nil && g.Key == "" {
		err = wrongCode()
	}
	return g.Key, err
}

// MostCodes is how many letters one package can have.
const MostCodes = 50_000

// seedPurpose seals seeds.
const seedPurpose = "vote.codes"

// Make makes a package of n letter codes, or (kind GroupCode) the code of a group, which is given back once and kept nowhere.
func (c *Codes) Make(ctx context.Context, by access.Actor, s CodeSet, n int) (CodeSet, string, error) {
	if err := c.may(ctx, by, s.Process); err != nil {
		return s, "", err
	}
	f := map[string]string{}
	s.Name = tidy(s.Name)
	if s.Name == "" || len(s.Name) > 200 {
		f["name"] = "vote.set.name"
	}
	if s.Kind == GroupCode {
		n = 1
	}
	if n < 1 || n > MostCodes {
		f["count"] = "vote.set.count"
	}
	if s.Most < 0 || s.Most > 1_000_000 {
		f["most"] = "vote.set.most"
	}
	if !s.From.IsZero() && !s.To.IsZero() && !s.From.Before(s.To.Time) {
		f["to"] = "vote.to.before"
	}
	if s.Kind != LetterCode && s.Kind != GroupCode {
		f["kind"] = "vote.set.kind"
	}
	if err := invalid(f); err != nil {
		return s, "", err
	}
	seed := newSalt()
	s.ID, s.Salt, s.Made, s.MadeAt, s.Uses = kernel.NewID(), newSalt(), n, c.now(), 0
	codes := make([]string, n)
	hashes := make([]string, n)
	for i := range codes {
		codes[i] = derived(seed, i+1)
		normal, _ := Normal(codes[i])
		hashes[i] = hash(s.Salt, "code", normal)
	}
	shown := ""
	if s.Kind == GroupCode {
		shown = codes[0]
	} else {
		s.Seed = c.Seal.Seal(seedPurpose, string(s.ID), []byte(seed))
	}
	return s, shown, c.Tx.Tx(ctx, func(ctx context.Context) error {
		if err := c.Store.AddSet(ctx, by.Tenant, s, hashes); err != nil {
			return err
		}
		return access.Record(ctx, c.Trail, by, access.Act{
			Do: access.EditProcess, What: "vote.codes.make", Object: kernel.Ref{Kind: "codes", ID: s.ID}, Note: map[string]string{"kind": string(s.Kind), "codes": count(n)},
		})
	})
}

// derived is the code of one letter of a package. Two letters of a package with the same code would need a million million of them.
func derived(seed string, number int) string {
	m := hmac.New(sha256.New, []byte(seed))
	_ = binary.Write(m, binary.BigEndian, int64(number)) // a hash takes everything
	return encode(binary.BigEndian.Uint64(m.Sum(nil)) >> 14)
}

// Letter is one letter of a package.
type Letter struct {
	Number int
	Code   string
}

// Print gives the codes of a package for its letters, those disabled left out, as long as its seed was not deleted.
func (c *Codes) Print(ctx context.Context, by access.Actor, id kernel.ID) (CodeSet, []Letter, error) {
	s, err := c.Store.Set(ctx, by.Tenant, id)
	if err == nil {
		err = c.may(ctx, by, s.Process)
	}
	if err != nil {
		return s, nil, err
	}
	if s.Seed == "" {
		return s, nil, kernel.E(kernel.Conflict, "vote.set.printed")
	}
	seed, err := c.Seal.Unseal(seedPurpose, string(s.ID), s.Seed)
	if err != nil {
		return s, nil, err
	}
	hashes, err := c.Store.CodeHashes(ctx, by.Tenant, id)
	if err != nil {
		return s, nil, err
	}
	out := make([]Letter, 0, s.Made)
	for i := 1; i <= s.Made; i++ {
		if _, ok := hashes[i]; ok {
			out = append(out, Letter{i, derived(string(seed), i)})
		}
	}
	return s, out, c.Tx.Tx(ctx, func(ctx context.Context) error {
		return access.Record(ctx, c.Trail, by, access.Act{Do: access.EditProcess, What: "vote.codes.print", Object: kernel.Ref{Kind: "codes", ID: id}, Note: map[string]string{"codes": count(len(out))}})
	})
}

// Forget deletes what letters are printed from; from then on nobody can, the program included.
func (c *Codes) Forget(ctx context.Context, by access.Actor, id kernel.ID) error {
	return c.change(ctx, by, id, "vote.codes.forget", func(ctx context.Context) error { return c.Store.Forget(ctx, by.Tenant, id) })
}

// Disable ends a whole set, or the code of one letter (number > 0). Votes that were cast with it before stay.
func (c *Codes) Disable(ctx context.Context, by access.Actor, id kernel.ID, number int) error {
	return c.change(ctx, by, id, "vote.codes.disable", func(ctx context.Context) error {
		ok, err := c.Store.Disable(ctx, by.Tenant, id, number, c.now())
		if err == nil && !ok {
			err = &kernel.Error{Kind: kernel.Invalid, Key: "web.invalid", Fields: map[string]string{"number": "vote.code.number"}}
		}
		return err
	})
}

func (c *Codes) change(ctx context.Context, by access.Actor, id kernel.ID, what string, f func(ctx context.Context) error) error {
	s, err := c.Store.Set(ctx, by.Tenant, id)
	if err == nil {
		err = c.may(ctx, by, s.Process)
	}
	if err != nil {
		return err
	}
	return c.Tx.Tx(ctx, func(ctx context.Context) error {
		if err := f(ctx); err != nil {
			return err
		}
		return access.Record(ctx, c.Trail, by, access.Act{Do: access.EditProcess, What: what, Object: kernel.Ref{Kind: "codes", ID: id}})
	})
}

// Get finds a set for staff.
func (c *Codes) Get(ctx context.Context, by access.Actor, id kernel.ID) (CodeSet, error) {
	s, err := c.Store.Set(ctx, by.Tenant, id)
	if err == nil {
		err = c.may(ctx, by, s.Process)
	}
	return s, err
}

// Sets lists the sets of a scope for staff.
func (c *Codes) Sets(ctx context.Context, by access.Actor, of Scope) ([]CodeSet, error) {
	if err := c.may(ctx, by, of.Process); err != nil {
		return nil, err
	}
	return c.Store.Sets(ctx, by.Tenant, of)
}

// All lists the sets of codes: every one for staff of the town, else those of the processes the actor runs.
func (c *Codes) All(ctx context.Context, by access.Actor) ([]CodeSet, error) {
	town := c.may(ctx, by, "")
	if town != nil && !access.Anywhere(by, access.EditProcess) {
		return nil, town
	}
	all, err := c.Store.AllSets(ctx, by.Tenant)
	if town == nil || err != nil {
		return all, err
	}
	return slices.DeleteFunc(all, func(s CodeSet) bool { return s.Process == "" || c.may(ctx, by, s.Process) != nil }), nil
}

// may lets those who run a process deal with its codes.
func (c *Codes) may(ctx context.Context, by access.Actor, process string) error {
	p, err := c.Place(ctx, by, process, "")
	if err != nil {
		return err
	}
	p.Object.Phase, p.Object.Locked = nil, false
	return access.Check(by, access.EditProcess, p.Object)
}
