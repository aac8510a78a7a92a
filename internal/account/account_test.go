// SPDX-License-Identifier: EUPL-1.2

package account_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/account"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// fake keeps accounts in memory.
type fake struct {
	list  []account.Account
	ended []kernel.ID
}

func (f *fake) Tx(ctx context.Context, g func(context.Context) error) error { return g(ctx) }
func (f *fake) find(ok func(account.Account) bool) (*account.Account, error) {
	for i := range f.list {
		if ok(f.list[i]) {
			return &f.list[i], nil
		}
	}
	return nil, kernel.E(kernel.NotFound, "account.notfound")
}

func (f *fake) Accounts(context.Context, kernel.ID) ([]account.Account, error) { return f.list, nil }

func (f *fake) Account(_ context.Context, _, id kernel.ID) (account.Account, error) {
	a, err := f.find(func(a account.Account) bool { return a.ID == id })
	if err != nil {
		return account.Account{}, err
	}
	c := *a
	c.Roles = slices.Clone(a.Roles)
	return c, nil
}

func (f *fake) ByEmail(_ context.Context, _ kernel.ID, folded string) (account.Account, error) {
	a, err := f.find(func(a account.Account) bool { return account.FoldEmail(a.Email) == folded })
	if err != nil {
		return account.Account{}, err
	}
	c := *a
	c.Roles = slices.Clone(a.Roles)
	return c, nil
}

func (f *fake) Insert(_ context.Context, _ kernel.ID, a account.Account) error {
	f.list = append(f.list, a)
	return nil
}

func (f *fake) SetPassword(_ context.Context, _, id kernel.ID, hash string, must bool) error {
	a, err := f.find(func(a account.Account) bool { return a.ID == id })
	if err == nil {
		a.Hash, a.MustChange = hash, must
	}
	return err
}

func (f *fake) SetDisabled(_ context.Context, _, id kernel.ID, at kernel.Instant) error {
	a, err := f.find(func(a account.Account) bool { return a.ID == id })
	if err == nil {
		a.DisabledAt = at
	}
	return err
}

func (f *fake) SetRoles(_ context.Context, _, id kernel.ID, g []account.Grant) error {
	a, err := f.find(func(a account.Account) bool { return a.ID == id })
	for _, n := range g {
		if err != nil {
			break
		}
		if i := slices.IndexFunc(a.Roles, func(o account.Grant) bool { return o.ID == n.ID }); i >= 0 {
			a.Roles[i] = n
		} else {
			a.Roles = append(a.Roles, n)
		}
	}
	return err
}

func (f *fake) Holders(_ context.Context, _ kernel.ID, r access.Role) (list []account.Account, err error) {
	for _, a := range f.list {
		if slices.ContainsFunc(a.Roles, func(g account.Grant) bool { return g.Role == r && g.In == access.Context{} }) {
			list = append(list, a)
		}
	}
	return list, nil
}

func (f *fake) SetProfile(_ context.Context, _ kernel.ID, a account.Account) error {
	o, err := f.find(func(x account.Account) bool { return x.ID == a.ID })
	if err == nil {
		o.Name, o.Lang, o.Email = a.Name, a.Lang, a.Email
	}
	return err
}

func (f *fake) PseudonymFree(_ context.Context, _ kernel.ID, p string) (bool, error) {
	_, err := f.find(func(x account.Account) bool {
		return x.Citizen && account.PseudonymKey(x.Name) == account.PseudonymKey(p)
	})
	return err != nil, nil
}

func (f *fake) Erase(_ context.Context, _, id kernel.ID, at kernel.Instant) error {
	o, err := f.find(func(x account.Account) bool { return x.ID == id })
	if err == nil {
		o.Name, o.Email, o.Hash, o.ErasedAt = "", "", "", at
	}
	return err
}

func (f *fake) EndSessions(_ context.Context, _, id kernel.ID) error {
	f.ended = append(f.ended, id)
	return nil
}

// guesses keeps failures in memory.
type guesses map[string]account.Failures

func (g guesses) Failures(_ context.Context, _ kernel.ID, marks []string) (map[string]account.Failures, error) {
	out := map[string]account.Failures{}
	for _, m := range marks {
		if f, ok := g[m]; ok {
			out[m] = f
		}
	}
	return out, nil
}

func (g guesses) SetFailures(_ context.Context, _ kernel.ID, mark string, f account.Failures) error {
	g[mark] = f
	return nil
}

func (g guesses) Forgive(_ context.Context, _ kernel.ID, mark string) error {
	delete(g, mark)
	return nil
}

// open is a key that hides nothing, so that tests can look.
type open struct{}

func (open) Seal(_, place string, plain []byte) string { return place + "|" + string(plain) }
func (open) Mark(purpose, message string) string       { return purpose + "|" + message }
func (open) Unseal(_, place, sealed string) ([]byte, error) {
	plain, ok := strings.CutPrefix(sealed, place+"|")
	if !ok {
		return nil, errors.New("another place")
	}
	return []byte(plain), nil
}

// cheap keeps the tests quick; the real cost is tested once.
func cheap() account.Cost { return account.Cost{Memory: 64, Passes: 1, Threads: 1} }

type world struct {
	*account.Service
	store *fake
	now   time.Time
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{store: &fake{}, now: time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC)}
	w.Service = &account.Service{Store: w.store, DB: w.store, Hasher: &account.Hasher{Cost: cheap}, Now: func() time.Time { return w.now }}
	w.Guesses, w.Secret = guesses{}, open{}
	return w
}

func (w *world) add(t *testing.T, email, password string, roles ...access.Role) (account.Account, string) {
	t.Helper()
	a, oneTime, err := w.Add(t.Context(), access.CommandLine("t"), account.New{Email: email, Roles: roles, Password: password})
	if err != nil {
		t.Fatal(err)
	}
	return a, oneTime
}

func (w *world) actor(t *testing.T, a account.Account) access.Actor {
	t.Helper()
	who, err := w.Actor(t.Context(), "t", a.ID)
	if err != nil {
		t.Fatal(err)
	}
	return who
}

const good = "kupfer und faden"

func TestSignInNeverTellsWhetherAnAddressIsKnown(t *testing.T) {
	w := newWorld(t)
	w.add(t, "Anna@Stadt.de", good, access.Planner)
	gone, _ := w.add(t, "gone@stadt.de", good, access.Planner)
	if err := w.Disable(t.Context(), access.CommandLine("t"), gone.ID, true); err != nil {
		t.Fatal(err)
	}
	if a, err := w.SignIn(t.Context(), "t", " anna@stadt.DE ", good, account.From{Net: "ip"}); err != nil || a.Email != "Anna@Stadt.de" {
		t.Fatalf("right password: %v", err)
	}
	var said []string
	for _, c := range [][2]string{{"anna@stadt.de", "wrong password"}, {"nobody@stadt.de", good}, {"gone@stadt.de", good}, {"", ""}, {strings.Repeat("x", 10000), good}, {"anna@stadt.de", strings.Repeat("x", 100000)}} {
		_, err := w.SignIn(t.Context(), "t", c[0], c[1], account.From{Net: "ip"})
		said = append(said, fmt.Sprint(err))
	}
	if c := slices.Compact(said); len(c) != 1 || !strings.Contains(c[0], "account.signin.failed") {
		t.Errorf("different answers: %q", c)
	}
}

// The time of an answer comes from the hash; an unknown address computes one too.
func TestAnUnknownAddressCostsAsMuchAsAKnownOne(t *testing.T) {
	w := newWorld(t)
	w.Hasher = &account.Hasher{Cost: func() account.Cost { return account.Cost{Memory: 8192, Passes: 2, Threads: 1} }}
	w.add(t, "anna@stadt.de", good, access.Planner)
	known, unknown := time.Hour, time.Hour
	for i := range 12 { // by turns, so that a busy machine is busy for both
		for email, best := range map[string]*time.Duration{"anna@stadt.de": &known, "nobody@stadt.de": &unknown} {
			start := time.Now()
			if _, err := w.SignIn(t.Context(), "t", email, "wrong password", account.From{Net: fmt.Sprint("ip", i)}); err == nil {
				t.Fatal("signed in")
			}
			*best = min(*best, time.Since(start))
		}
	}
	if unknown < known/3 {
		t.Errorf("known address %v, unknown %v", known, unknown)
	}
}

func TestGuessingGetsSlowerAndLocksNobodyElseOut(t *testing.T) {
	w := newWorld(t)
	w.add(t, "anna@stadt.de", good, access.Planner)
	try := func(password, from string) string {
		_, err := w.SignIn(t.Context(), "t", "anna@stadt.de", password, account.From{Net: from})
		var e *kernel.Error
		if errors.As(err, &e) {
			return e.Key
		}
		return fmt.Sprint(err)
	}
	for i := range 5 {
		if got := try("wrong", "stranger"); got != "account.signin.failed" {
			t.Fatalf("try %d: %s", i, got)
		}
	}
	if got := try(good, "stranger"); got != "account.signin.wait" {
		t.Errorf("after five failures, even the right password waits: %s", got)
	}
	if got := try(good, "office"); got != "<nil>" {
		t.Errorf("the owner at another address: %s", got)
	}
	w.now = w.now.Add(3 * time.Second)
	if got := try("wrong", "stranger"); got != "account.signin.failed" {
		t.Errorf("after the wait: %s", got)
	}
	w.now = w.now.Add(3 * time.Second)
	if got := try(good, "stranger"); got != "account.signin.wait" {
		t.Errorf("the wait does not grow: %s", got)
	}
	w.now = w.now.Add(5 * time.Minute)
	if got := try(good, "stranger"); got != "<nil>" {
		t.Errorf("nobody waits for ever: %s", got)
	}
	if got := try("wrong", "stranger"); got != "account.signin.failed" {
		t.Errorf("a good sign-in forgives: %s", got)
	}
}

func TestOneAddressCannotTryEveryAccount(t *testing.T) {
	w := newWorld(t)
	waits := 0
	for i := range 80 {
		_, err := w.SignIn(t.Context(), "t", fmt.Sprintf("person%d@stadt.de", i), good, account.From{Net: "sprayer"})
		var e *kernel.Error
		if errors.As(err, &e) && e.Key == "account.signin.wait" {
			waits++
		}
	}
	if waits == 0 {
		t.Error("80 accounts tried from one address without a wait")
	}
}

func TestAOneTimePasswordOpensNothingElse(t *testing.T) {
	w := newWorld(t)
	a, oneTime := w.add(t, "anna@stadt.de", "", access.Planner)
	if len(oneTime) != 19 || !a.MustChange {
		t.Fatalf("one-time password %q, %+v", oneTime, a)
	}
	if got, err := w.SignIn(t.Context(), "t", "anna@stadt.de", oneTime, account.From{Net: "ip"}); err != nil || !got.MustChange {
		t.Fatalf("sign-in: %v", err)
	}
	who := w.actor(t, a)
	if !who.SignedIn() || len(who.Roles) > 0 {
		t.Errorf("holds %v before the password is replaced", who.Roles)
	}
	for old, want := range map[string]string{"wrong one": "account.password.wrong", oneTime: ""} {
		err := w.ChangePassword(t.Context(), who, old, good, account.From{Net: "ip"})
		var e *kernel.Error
		if want == "" && err != nil || want != "" && (!errors.As(err, &e) || e.Fields["old"] != want) {
			t.Errorf("change with %q: %v", old, err)
		}
	}
	if who = w.actor(t, a); !slices.Equal(who.Roles, []access.Role{access.Planner}) {
		t.Errorf("holds %v afterwards", who.Roles)
	}
	if _, err := w.SignIn(t.Context(), "t", "anna@stadt.de", oneTime, account.From{Net: "ip"}); err == nil {
		t.Error("the one-time password still works")
	}
	if !slices.Contains(w.store.ended, a.ID) {
		t.Error("sessions of the old password go on")
	}
}

func TestResetEndsEverything(t *testing.T) {
	w := newWorld(t)
	a, _ := w.add(t, "anna@stadt.de", good, access.Planner)
	oneTime, err := w.Reset(t.Context(), access.CommandLine("t"), "ANNA@stadt.de", "")
	if err != nil || oneTime == "" || !slices.Contains(w.store.ended, a.ID) {
		t.Fatalf("%q %v %v", oneTime, err, w.store.ended)
	}
	if _, err := w.SignIn(t.Context(), "t", "anna@stadt.de", good, account.From{Net: "ip"}); err == nil {
		t.Error("the old password still works")
	}
	if oneTime, err = w.Reset(t.Context(), access.CommandLine("t"), "anna@stadt.de", "chosen by hand"); err != nil || oneTime != "" {
		t.Errorf("%q %v", oneTime, err)
	}
	if got, err := w.SignIn(t.Context(), "t", "anna@stadt.de", "chosen by hand", account.From{Net: "ip"}); err != nil || got.MustChange {
		t.Errorf("%+v %v", got, err)
	}
	if _, err := w.Reset(t.Context(), access.CommandLine("t"), "nobody@stadt.de", ""); kernel.KindOf(err) != kernel.NotFound {
		t.Errorf("nobody: %v", err)
	}
}

func TestOnlyTheAdministrationManagesAccounts(t *testing.T) {
	w := newWorld(t)
	a, _ := w.add(t, "anna@stadt.de", good, access.Planner)
	admin, _ := w.add(t, "root@stadt.de", good, access.Admin)
	planner := w.actor(t, a)
	foreign := access.Actor{Tenant: "other", Person: "x", Roles: []access.Role{access.Planner}}
	for name, act := range map[string]func(access.Actor) error{
		"add": func(by access.Actor) error {
			_, _, err := w.Add(t.Context(), by, account.New{Email: "x@y.de"})
			return err
		},
		"list":    func(by access.Actor) error { _, err := w.List(t.Context(), by); return err },
		"get":     func(by access.Actor) error { _, err := w.Get(t.Context(), by, admin.ID); return err },
		"reset":   func(by access.Actor) error { _, err := w.Reset(t.Context(), by, "root@stadt.de", ""); return err },
		"disable": func(by access.Actor) error { return w.Disable(t.Context(), by, admin.ID, true) },
		"roles": func(by access.Actor) error {
			return w.Change(t.Context(), by, account.RoleChange{Account: admin.ID, Role: access.Planner})
		},
	} {
		for who, by := range map[string]access.Actor{"planner": planner, "foreign": foreign, "anonymous": access.Anonymous("t")} {
			if err := act(by); err == nil {
				t.Errorf("%s may %s", who, name)
			}
		}
	}
	if _, err := w.Get(t.Context(), planner, a.ID); err != nil {
		t.Errorf("one's own account: %v", err)
	}
}

func TestPasswordRuleIsLengthAndNotOneself(t *testing.T) {
	anna := account.Account{Email: "anna.mustermann@stadt.de", Name: "Statistikstelle"}
	for password, key := range map[string]string{
		"":                             "account.password.short",
		"123456789":                    "account.password.short",
		"äöüäöüßäöü":                   "",
		"8305917264":                   "",
		strings.Repeat("xyzzy ab", 25): "",
		strings.Repeat("x", 201):       "account.password.long",
		"Anna.Mustermann":              "account.password.own",
		"statistikstelle":              "account.password.own",
		"anna.mustermann@stadt.de":     "account.password.own",
		"invalid \xff utf-8":           "account.password.utf8",
	} {
		err := account.CheckPassword(password, anna)
		var e *kernel.Error
		if key == "" && err != nil || key != "" && (!errors.As(err, &e) || e.Fields["password"] != key) {
			t.Errorf("%q: %v, want %q", password, err, key)
		}
	}
}

func TestAddressesAreCheckedAndFolded(t *testing.T) {
	for s, ok := range map[string]bool{"a@b.de": true, "Anna.Müller@stadt.de": true, "a@b@c": false, "anna": false, "Anna <a@b.de>": false, "a@b.de, c@d.de": false, "": false, "a b@c.de": false} {
		if account.ValidEmail(s) != ok {
			t.Errorf("%q: %v", s, !ok)
		}
	}
	if account.FoldEmail(" Anna@Stadt.DE ") != account.FoldEmail("anna@stadt.de") {
		t.Error("case and blanks make another person")
	}
	if account.FoldEmail("anna@stadt.de") == account.FoldEmail("ana@stadt.de") {
		t.Error("two people are one")
	}
	w := newWorld(t)
	_, _, err := w.Add(t.Context(), access.CommandLine("t"), account.New{Email: "x", Roles: []access.Role{"king"}})
	var e *kernel.Error
	if !errors.As(err, &e) || e.Fields["email"] == "" || e.Fields["roles"] == "" {
		t.Errorf("%v", err)
	}
}

func TestHashesAreArgon2idAndRenewedWhenTooCheap(t *testing.T) {
	old := &account.Hasher{Cost: cheap}
	hash, err := old.Hash(t.Context(), good)
	if err != nil || !strings.HasPrefix(hash, "$argon2id$v=19$m=64,t=1,p=1$") {
		t.Fatalf("%s %v", hash, err)
	}
	dear := &account.Hasher{Cost: func() account.Cost { return account.Cost{Memory: 128, Passes: 2, Threads: 1} }}
	if ok, renew, err := dear.Check(t.Context(), hash, good); !ok || !renew || err != nil {
		t.Errorf("%v %v %v", ok, renew, err)
	}
	if ok, renew, err := dear.Check(t.Context(), hash, "wrong"); ok || renew || err != nil {
		t.Errorf("%v %v %v", ok, renew, err)
	}
	again, err := old.Hash(t.Context(), good)
	if err != nil || again == hash {
		t.Error("the same salt twice")
	}
	// "ä" as one letter and as a with dots is the same password (RFC 8265).
	hash, _ = old.Hash(t.Context(), "m\u00e4rchenwald")
	if ok, _, _ := old.Check(t.Context(), hash, "ma\u0308rchenwald"); !ok {
		t.Error("another keyboard, another password")
	}
	for _, bad := range []string{"x", "$argon2i$v=19$m=64,t=1,p=1$AAAA$AAAA", "$argon2id$v=16$m=64,t=1,p=1$AAAA$AAAA", "$argon2id$v=19$m=99999999,t=1,p=1$AAAA$AAAA", "$argon2id$v=19$m=64,t=1,p=1$!$AAAA"} {
		if ok, _, err := old.Check(t.Context(), bad, good); ok || err == nil {
			t.Errorf("%s: %v %v", bad, ok, err)
		}
	}
}

func TestCostIsNeverBelowTheBase(t *testing.T) {
	if c := account.Calibrate(0); c != account.BaseCost {
		t.Errorf("%+v", c)
	}
	if c := account.Calibrate(time.Hour); c.Passes <= account.BaseCost.Passes || c.Passes > 12 || c.Memory != account.BaseCost.Memory {
		t.Errorf("%+v", c)
	}
}

func TestSessionsKeepTheirBytes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := map[string]any{}
		for k, v := range rapid.MapOf(rapid.String(), rapid.String()).Draw(t, "values") {
			values[k] = v
		}
		codec := account.SessionCodec{}
		at := time.Unix(rapid.Int64Range(0, 4e9).Draw(t, "at"), 0)
		b, err := codec.Encode(at, values)
		if err != nil {
			t.Fatal(err)
		}
		deadline, back, err := codec.Decode(b)
		if err != nil || !deadline.Equal(at) {
			t.Fatalf("%v %v", deadline, err)
		}
		c, err := codec.Encode(deadline, back)
		if err != nil || string(b) != string(c) {
			t.Fatalf("%s\n%s", b, c)
		}
	})
}
