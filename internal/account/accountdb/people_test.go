// SPDX-License-Identifier: EUPL-1.2

package accountdb_test

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/account"
	"github.com/kupferfaden/kupferfaden/internal/account/accountdb"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/platform/clock"
	"github.com/kupferfaden/kupferfaden/internal/platform/db"
	"github.com/kupferfaden/kupferfaden/internal/platform/db/dbtest"
)

// people is a service on a real database with a mailbox in memory and a clock that stands still.
type people struct {
	*account.Service
	t     *testing.T
	db    *db.DB
	clock *clock.Fixed
	town  kernel.ID
	other kernel.ID

	mu    sync.Mutex
	mails []account.Mail
	later [][2]kernel.ID
	acts  []string
}

func (p *people) Mails() bool { return true }

func (p *people) Mail(_ context.Context, _ kernel.ID, m account.Mail) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.mails = append(p.mails, m)
	return nil
}

func (p *people) Registration(context.Context, kernel.ID) (bool, error) { return true, nil }

func (p *people) Consent(context.Context, kernel.ID, string) (version, text string, err error) {
	return "de-1", "Text", nil
}

func (p *people) Names(context.Context, kernel.ID) ([]string, error) {
	return []string{"Kupferstadt"}, nil
}

func (p *people) Record(_ context.Context, _ access.Actor, act access.Act) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.acts = append(p.acts, act.What)
	for _, v := range act.Note {
		if strings.Contains(v, "@stadt") {
			p.t.Errorf("%s writes an address into the trail: %q", act.What, v)
		}
	}
	return nil
}

const word = "kupfer und faden"

func eachPeople(t *testing.T, f func(p *people)) {
	t.Helper()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		store := &accountdb.Store{DB: d}
		p := &people{t: t, db: d, clock: clock.At(time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC)), town: town(t, d, "here"), other: town(t, d, "there")}
		p.Service = &account.Service{
			Store: store, DB: d, Links: store, Mailer: p, Town: p, Trail: p, Now: p.clock.Now,
			Hasher: &account.Hasher{Cost: func() account.Cost { return account.Cost{Memory: 64, Passes: 1, Threads: 1} }},
			Later: func(_ context.Context, tenant, id kernel.ID) error {
				p.mu.Lock()
				defer p.mu.Unlock()
				p.later = append(p.later, [2]kernel.ID{tenant, id})
				return nil
			},
		}
		f(p)
	})
}

// add makes an account with a password of its own.
func (p *people) add(email string, roles ...access.Role) account.Account {
	p.t.Helper()
	a, _, err := p.Add(p.t.Context(), access.CommandLine(p.town), account.New{Email: email, Roles: roles, Password: word})
	if err != nil {
		p.t.Fatal(err)
	}
	return a
}

func (p *people) actor(a account.Account) access.Actor {
	p.t.Helper()
	who, err := p.Actor(p.t.Context(), p.town, a.ID)
	if err != nil {
		p.t.Fatal(err)
	}
	return who
}

// work does the jobs that wait, each twice: a job may run again.
func (p *people) work() {
	p.t.Helper()
	for _, l := range p.later {
		for range 2 {
			if err := p.SendLink(p.t.Context(), l[0], l[1]); err != nil {
				p.t.Fatal(err)
			}
		}
	}
	p.later = nil
}

// token gives that of the last mail of a kind, and how many there were.
func (p *people) token(kind string) (token string, n int) {
	p.t.Helper()
	for _, m := range p.mails {
		if m.Kind != kind {
			continue
		}
		n++
		_, query, _ := strings.Cut(m.Path, "?")
		q, err := url.ParseQuery(query)
		if err != nil {
			p.t.Fatal(err)
		}
		token = q.Get(account.TokenParam)
	}
	return token, n
}

func (p *people) invite(email string, roles ...access.Role) string {
	p.t.Helper()
	if _, err := p.Invite(p.t.Context(), access.CommandLine(p.town), account.New{Email: email, Name: "Anna", Roles: roles}, "de"); err != nil {
		p.t.Fatal(err)
	}
	token, _ := p.token("account.invite")
	return token
}

func keyOf(err error) string {
	var e *kernel.Error
	if errors.As(err, &e) {
		return e.Key
	}
	return fmt.Sprint(err)
}

const dead = "account.link.invalid"

func TestAnInvitationWorksOnceForAWeekInItsTown(t *testing.T) {
	eachPeople(t, func(p *people) {
		ctx := t.Context()
		token := p.invite("anna@stadt.de", access.Planner)
		for name, err := range map[string]error{
			"another town": second(p.Accept(ctx, p.other, token, "", word)),
			"unknown":      second(p.Accept(ctx, p.town, strings.Repeat("A", 43), "", word)),
			"empty":        second(p.Accept(ctx, p.town, "", "", word)),
			"huge":         second(p.Accept(ctx, p.town, strings.Repeat("A", 1<<20), "", word)),
			"as a reset":   p.Renew(ctx, p.town, token, word),
		} {
			if keyOf(err) != dead {
				t.Errorf("%s: %v", name, err)
			}
		}
		p.clock.Advance(7*24*time.Hour - time.Second)
		a, err := p.Accept(ctx, p.town, token, "", word)
		if err != nil {
			t.Fatal(err)
		}
		if who := p.actor(a); !who.Has(access.Planner) || a.Roles[0].From != "2026-11-28" {
			t.Errorf("in the last second: %+v", a.Roles)
		}
		if err := second(p.Accept(ctx, p.town, token, "", word)); keyOf(err) != dead {
			t.Errorf("twice: %v", err)
		}
		late := p.invite("bert@stadt.de", access.Planner)
		p.clock.Advance(7 * 24 * time.Hour)
		if err := second(p.Accept(ctx, p.town, late, "", word)); keyOf(err) != dead {
			t.Errorf("after a week: %v", err)
		}
		if n, err := p.ExpireLinks(ctx, p.town); err != nil || n != 1 {
			t.Errorf("expired %d, %v", n, err)
		}
		if err := second(p.Invite(ctx, access.CommandLine(p.town), account.New{Email: "ANNA@stadt.de", Roles: []access.Role{access.Planner}}, "de")); keyOf(err) != "account.exists" {
			t.Errorf("an address with an account: %v", err)
		}
	})
}

func TestOfTwoTriesWithOneLinkExactlyOneSucceeds(t *testing.T) {
	eachPeople(t, func(p *people) {
		ctx := t.Context()
		a := p.add("plan@stadt.de", access.Planner)
		for name, try := range map[string]func(token string, i int) error{
			"account.invite": func(token string, i int) error { return second(p.Accept(ctx, p.town, token, "", fmt.Sprint(word, i))) },
			"account.reset":  func(token string, i int) error { return p.Renew(ctx, p.town, token, fmt.Sprint(word, i)) },
		} {
			if name == "account.invite" {
				p.invite("anna@stadt.de", access.Planner)
			} else if _, err := p.SendReset(ctx, access.CommandLine(p.town), a.ID); err != nil {
				t.Fatal(err)
			}
			token, _ := p.token(name)
			errs := make([]error, 8)
			var wg sync.WaitGroup
			for i := range errs {
				wg.Go(func() { errs[i] = try(token, i) })
			}
			wg.Wait()
			won := 0
			for _, err := range errs {
				if err == nil {
					won++
				} else if keyOf(err) != dead && keyOf(err) != "account.exists" {
					t.Errorf("%s: %v", name, err)
				}
			}
			if won != 1 {
				t.Errorf("%s: %d of %d tries succeeded", name, won, len(errs))
			}
		}
		if list, err := p.List(ctx, access.CommandLine(p.town)); err != nil || len(list) != 2 {
			t.Errorf("%d accounts, %v", len(list), err)
		}
	})
}

// Decidim CVE-2023-48220: an invitation could be accepted for ever through a new password.
func TestAnInvitationNeverLivesOnThroughANewPassword(t *testing.T) {
	eachPeople(t, func(p *people) {
		ctx := t.Context()
		token := p.invite("anna@stadt.de", access.Admin)
		if err := p.AskReset(ctx, p.town, "anna@stadt.de", "de", "net"); err != nil {
			t.Fatal(err)
		}
		p.work()
		if _, n := p.token("account.reset"); n > 0 {
			t.Error("a new password for an account that was only invited")
		}
		p.clock.Advance(8 * 24 * time.Hour)
		if err := p.AskReset(ctx, p.town, "anna@stadt.de", "de", "net"); err != nil {
			t.Fatal(err)
		}
		p.work()
		if _, n := p.token("account.reset"); n > 0 {
			t.Error("a new password after the invitation expired")
		}
		if err := second(p.Accept(ctx, p.town, token, "", word)); keyOf(err) != dead {
			t.Errorf("the expired invitation: %v", err)
		}
		// The administration made the account otherwise meanwhile; the invitation is dead from then on, and after a new password too.
		token = p.invite("bert@stadt.de", access.Admin)
		bert := p.add("bert@stadt.de", access.Planner)
		if err := second(p.Accept(ctx, p.town, token, "", word)); keyOf(err) != "account.exists" {
			t.Errorf("an invitation beside an account: %v", err)
		}
		if err := p.AskReset(ctx, p.town, "bert@stadt.de", "de", "net"); err != nil {
			t.Fatal(err)
		}
		p.work()
		reset, _ := p.token("account.reset")
		if err := p.Renew(ctx, p.town, reset, "ganz neues Wort"); err != nil {
			t.Fatal(err)
		}
		if err := second(p.Accept(ctx, p.town, token, "", word)); keyOf(err) != dead {
			t.Errorf("the invitation after a new password: %v", err)
		}
		if who := p.actor(bert); who.Has(access.Admin) {
			t.Error("the invitation's role came along")
		}
	})
}

func TestANewPasswordByMail(t *testing.T) {
	eachPeople(t, func(p *people) {
		ctx := t.Context()
		a := p.add("plan@stadt.de", access.Planner)
		gone := p.add("weg@stadt.de", access.Planner)
		if err := p.Disable(ctx, access.CommandLine(p.town), gone.ID, true); err != nil {
			t.Fatal(err)
		}
		for _, email := range []string{"PLAN@stadt.de", "weg@stadt.de", "nobody@stadt.de"} {
			if err := p.AskReset(ctx, p.town, email, "de", "net"); err != nil {
				t.Errorf("%s: %v", email, err)
			}
		}
		if len(p.mails) > 0 || len(p.later) != 3 {
			t.Errorf("the answer waits for %d mails; %d jobs", len(p.mails), len(p.later))
		}
		p.work()
		token, n := p.token("account.reset")
		if n != 1 || len(p.mails) != 1 {
			t.Fatalf("mails: %+v", p.mails)
		}
		if err := p.Renew(ctx, p.other, token, "ganz neues Wort"); keyOf(err) != dead {
			t.Errorf("in another town: %v", err)
		}
		p.clock.Advance(30*time.Minute - time.Second)
		if err := p.Renew(ctx, p.town, token, "plan@stadt.de"); keyOf(err) != "account.invalid" {
			t.Errorf("a password that is the address: %v", err)
		}
		if err := p.Renew(ctx, p.town, token, "Kupferstadt26!"); keyOf(err) != "account.invalid" {
			t.Errorf("a password that is the town's name: %v", err)
		}
		if err := p.Renew(ctx, p.town, token, "ganz neues Wort"); err != nil {
			t.Fatal(err)
		}
		if err := p.Renew(ctx, p.town, token, "noch ein neues"); keyOf(err) != dead {
			t.Errorf("twice: %v", err)
		}
		if _, n := p.token("account.changed"); n != 1 || !slices.Contains(p.acts, "account.reset") {
			t.Errorf("told %d times; %v", n, p.acts)
		}
		now, err := p.Get(ctx, access.CommandLine(p.town), a.ID)
		if err != nil {
			t.Fatal(err)
		}
		if ok, _, err := p.Hasher.Check(ctx, now.Hash, "ganz neues Wort"); !ok || err != nil {
			t.Errorf("the new password does not hold: %v", err)
		}
		if err := p.AskReset(ctx, p.town, "plan@stadt.de", "de", "net"); err != nil {
			t.Fatal(err)
		}
		p.work()
		token, _ = p.token("account.reset")
		p.clock.Advance(30 * time.Minute)
		if err := p.Renew(ctx, p.town, token, "ein drittes Wort"); keyOf(err) != dead {
			t.Errorf("after half an hour: %v", err)
		}
	})
}

func TestAskingForManyLinksBothersNobodyAndLocksNobodyOut(t *testing.T) {
	eachPeople(t, func(p *people) {
		ctx := t.Context()
		p.add("plan@stadt.de", access.Planner)
		for i := range 10 {
			if err := p.AskReset(ctx, p.town, "plan@stadt.de", "de", fmt.Sprint("stranger", i)); err != nil {
				t.Errorf("%d: %v", i, err)
			}
			p.work()
		}
		if _, n := p.token("account.reset"); n != 3 {
			t.Errorf("%d mails within an hour", n)
		}
		first := p.mails[0].Path
		_, query, _ := strings.Cut(first, "?")
		q, err := url.ParseQuery(query)
		if err != nil {
			t.Fatal(err)
		}
		if err := p.Renew(ctx, p.town, q.Get(account.TokenParam), "ganz neues Wort"); err != nil {
			t.Errorf("the owner's own link is dead because strangers asked too: %v", err)
		}
		p.clock.Advance(61 * time.Minute)
		if err := p.AskReset(ctx, p.town, "plan@stadt.de", "de", "home"); err != nil {
			t.Fatal(err)
		}
		p.work()
		if _, n := p.token("account.reset"); n != 4 {
			t.Errorf("an hour later: %d mails", n)
		}
		waits := 0
		for i := range 40 {
			err := p.AskReset(ctx, p.town, fmt.Sprintf("person%d@stadt.de", i), "de", "sprayer")
			if keyOf(err) == "account.link.wait" {
				waits++
			}
		}
		if waits != 10 {
			t.Errorf("one network was told to wait %d times of 40", waits)
		}
	})
}

func TestUnconfirmedRegistrationsVanish(t *testing.T) {
	eachPeople(t, func(p *people) {
		ctx := t.Context()
		register := func(pseudonym, email string) error {
			return p.Register(ctx, p.town, account.Registering{Pseudonym: pseudonym, Email: email, Password: word, Consent: "de-1", Lang: "de"}, "net")
		}
		if err := register("Kupferfreundin", "a@post.de"); err != nil {
			t.Fatal(err)
		}
		if err := register("kupfer-freundin", "b@post.de"); err != nil {
			t.Errorf("an unconfirmed pseudonym blocks others: %v", err)
		}
		p.work()
		first, second2 := p.mails[0], p.mails[1]
		take := func(m account.Mail, pseudonym string) (account.Account, error) {
			_, query, _ := strings.Cut(m.Path, "?")
			q, err := url.ParseQuery(query)
			if err != nil {
				t.Fatal(err)
			}
			return p.ConfirmRegistration(ctx, p.town, q.Get(account.TokenParam), pseudonym)
		}
		p.clock.Advance(48*time.Hour - time.Second)
		a, err := take(first, "")
		if err != nil || !a.Citizen || !p.actor(a).Has(access.Citizen) {
			t.Fatalf("in the last second: %+v %v", a, err)
		}
		var e *kernel.Error
		if _, err := take(second2, ""); !errors.As(err, &e) || e.Fields["pseudonym"] != "account.pseudonym.taken" {
			t.Errorf("a pseudonym like one that is taken meanwhile: %v", err)
		}
		if b, err := take(second2, "Zinnfreund"); err != nil || b.Name != "Zinnfreund" {
			t.Errorf("with another one: %v", err)
		}
		if err := register("Kupferfreundin", "c@post.de"); !errors.As(err, &e) || e.Fields["pseudonym"] != "account.pseudonym.taken" {
			t.Errorf("a taken pseudonym: %v", err)
		}
		if err := register("Bleifreund", "d@post.de"); err != nil {
			t.Fatal(err)
		}
		p.work()
		p.clock.Advance(48 * time.Hour)
		if n, err := p.ExpireLinks(ctx, p.town); err != nil || n != 1 {
			t.Errorf("%d vanish, %v", n, err)
		}
		if list, err := p.Links.LinksOf(ctx, p.town, account.Registration); err != nil || len(list) > 0 {
			t.Errorf("left: %+v %v", list, err)
		}
	})
}

func TestErasingLeavesAStub(t *testing.T) {
	eachPeople(t, func(p *people) {
		ctx := t.Context()
		admin := p.add("root@stadt.de", access.Admin)
		a := p.add("anna@stadt.de", access.Planner)
		if _, err := p.SendReset(ctx, access.CommandLine(p.town), a.ID); err != nil {
			t.Fatal(err)
		}
		if _, err := p.Erase(ctx, p.town, admin.ID); keyOf(err) != "account.admin.last" {
			t.Errorf("the last administration: %v", err)
		}
		if _, err := p.Erase(ctx, p.other, a.ID); kernel.KindOf(err) != kernel.NotFound {
			t.Errorf("from another town: %v", err)
		}
		if n, err := p.Erase(ctx, p.town, a.ID); err != nil || n != 2 {
			t.Errorf("erased %d, %v", n, err)
		}
		stub, err := p.Get(ctx, access.CommandLine(p.town), a.ID)
		if err != nil || stub.Email != "" || stub.Name != "" || stub.Hash != "" || !stub.Erased() || !stub.Disabled() || len(stub.Roles) != 1 || stub.Roles[0].To == "" {
			t.Errorf("left: %+v %v", stub, err)
		}
		if _, err := p.Actor(ctx, p.town, a.ID); kernel.KindOf(err) != kernel.NotFound {
			t.Errorf("still somebody: %v", err)
		}
		for _, query := range []string{
			`select count(*) from account where tenant_id = $1 and (email like $2 or email_folded like $2 or name like $2)`,
			`select count(*) from account_link where tenant_id = $1 and (email like $2 or email_folded like $2 or content like $2)`,
		} {
			if n, err := db.Value[int](p.db.Conn(ctx).QueryRowContext(ctx, query, p.town, "%anna%"), "none"); err != nil || n != 0 {
				t.Errorf("%s: %d %v", query, n, err)
			}
		}
		if n, err := p.Erase(ctx, p.town, a.ID); err != nil || n != 0 {
			t.Errorf("erased again: %d %v", n, err)
		}
		p.add("anna@stadt.de", access.Planner) // the address is free again
	})
}

func TestTheTokenIsKeptAsAHashOnly(t *testing.T) {
	eachPeople(t, func(p *people) {
		token := p.invite("anna@stadt.de", access.Planner)
		n, err := db.Value[int](p.db.Conn(t.Context()).QueryRowContext(t.Context(),
			`select count(*) from account_link where tenant_id = $1 and (token_hash = $2 or content like $3)`, p.town, token, "%"+token+"%"), "none")
		if err != nil || n != 0 {
			t.Errorf("the token stands in the database: %d %v", n, err)
		}
	})
}
