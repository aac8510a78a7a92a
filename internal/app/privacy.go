// SPDX-License-Identifier: EUPL-1.2

package app

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/account"
	"github.com/kupferfaden/kupferfaden/internal/account/accountdb"
	"github.com/kupferfaden/kupferfaden/internal/account/accountweb"
	"github.com/kupferfaden/kupferfaden/internal/indicator/indicatordb"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/notice"
	"github.com/kupferfaden/kupferfaden/internal/platform/i18n"
	"github.com/kupferfaden/kupferfaden/internal/platform/job"
	"github.com/kupferfaden/kupferfaden/internal/privacy"
	"github.com/kupferfaden/kupferfaden/internal/privacy/privacydb"
	"github.com/kupferfaden/kupferfaden/internal/privacy/privacyweb"
	"github.com/kupferfaden/kupferfaden/internal/tenant"
	"github.com/kupferfaden/kupferfaden/internal/web"
)

// The work of the duties towards people.
const (
	discloseJob = "privacy.disclose" // put an answer together
	closeJob    = "privacy.close"    // end answers nobody fetched
	expireJob   = "privacy.expire"   // delete what is older than the town keeps it
)

// privacy wires the duties towards people.
func (a *App) privacy() *privacy.Service {
	s := &privacy.Service{
		Kinds: a.dataKinds(), Store: &privacydb.Store{DB: a.DB}, Tx: a.DB, Towns: privacyTowns{a}, People: people{a, &accountdb.Store{DB: a.DB}},
		Words: words{}, Seal: a.Secret, Jobs: privacyJobs{a.Queue}, Trail: a.Trail, FourEyes: a.Approvals, Facts: a.facts, Now: a.Now,
		Mail:  privacyMail{a},
		Touch: func(ctx context.Context, tenant kernel.ID) error { return a.DB.Touch(ctx, tenant) },
	}
	a.Accounts.Renamed = a.renamed
	return s
}

// privacyPages adds the legal pages, one's own data, and the desks of data protection.
func (a *App) privacyPages(m *web.Mux, sessions *accountweb.Sessions) {
	figures := &indicatordb.Store{DB: a.DB}
	privacyweb.Register(m, privacyweb.Options{
		Version: func(r *web.Request) (string, error) { return figures.Stamp(r.Context(), r.Tenant.ID) },
		Service: a.Privacy, Session: sessions.Mark, SignOut: sessions.SignOut,
		Confirm: func(r *web.Request, password string) error {
			return a.Accounts.Confirm(r.Context(), r.Actor, password, r.Client())
		},
		HasPassword: func(r *web.Request) (bool, error) { return a.Accounts.HasPassword(r.Context(), r.Actor) },
	})
}

// addKind notes a kind of data with the tables it lies in.
type addKind func(k privacy.DataKind, tables ...privacydb.Table)

// dataKinds names everything the program keeps about people. A test fails when a table with a column that names a person is in none of them.
func (a *App) dataKinds() []privacy.DataKind {
	task, staff := []privacy.Basis{privacy.PublicTask}, []privacy.Basis{privacy.Employment, privacy.PublicTask}
	const years = 365
	var list []privacy.DataKind
	var add addKind = func(k privacy.DataKind, tables ...privacydb.Table) {
		if len(tables) > 0 {
			t := privacydb.Tables{DB: a.DB, List: tables}
			k.Holder = t
			if slices.ContainsFunc(tables, func(t privacydb.Table) bool { return t.Age != "" }) {
				k.Expire = t.Expire
			}
		}
		list = append(list, k)
	}
	id := func(column string) []privacydb.By { return []privacydb.By{{Column: column, Is: privacydb.ID}} }
	names := func(columns ...string) (by []privacydb.By) {
		for _, c := range columns {
			by = append(by, privacydb.By{Column: c, Is: privacydb.Name})
		}
		return by
	}
	add(
		privacy.DataKind{Key: "session", Basis: task, Default: 1, Least: 1, Most: 7},
		privacydb.Table{Name: "session", By: id("account_id"), Show: []string{"device", "way", "started_at", "seen_at", "expires_at"}, Age: "expires_at", Key: "token_hash"},
		privacydb.Table{Name: "signin_step", By: id("account_id"), Show: []string{"purpose", "expires_at"}, Age: "expires_at", Key: "token_hash"},
	)
	add(
		privacy.DataKind{Key: "factor", Basis: task},
		privacydb.Table{Name: "signin_device", By: id("account_id"), Show: []string{"created_at", "seen_at"}},
		privacydb.Table{Name: "account_totp", By: id("account_id"), Show: []string{"created_at", "confirmed_at"}},
		privacydb.Table{Name: "account_recovery", By: id("account_id"), Show: []string{"created_at"}},
		privacydb.Table{Name: "passkey", By: id("account_id"), Show: []string{"name", "created_at", "used_at"}},
		privacydb.Table{Name: "identity", By: id("account_id"), Show: []string{"issuer", "linked_at", "used_at"}},
	)
	add(
		privacy.DataKind{Key: "failure", Basis: task, Default: 1, Least: 1, Most: 7},
		privacydb.Table{Name: "signin_failure", Age: "last_at", Key: "mark"},
	)
	// What staff did with the figures: the rows belong to the town and stay, with the function instead of the person.
	add(
		privacy.DataKind{Key: "work", Basis: staff},
		privacydb.Table{Name: "inbox_file", By: names("uploaded_by"), Show: []string{"name", "uploaded_at", "uploaded_by"}, Then: privacydb.Blank},
		privacydb.Table{Name: "delivery", By: names("taken_by", "retracted_by"), Show: []string{"file_name", "taken_at", "taken_by", "retracted_at", "retracted_by"}, Then: privacydb.Blank},
		privacydb.Table{Name: "release", By: names("released_by", "withdrawn_by"), Show: []string{"kind", "released_at", "released_by", "withdrawn_at", "withdrawn_by"}, Then: privacydb.Blank},
		privacydb.Table{Name: "run", By: names("created_by"), Show: []string{"period", "created_at", "created_by"}, Then: privacydb.Blank},
		privacydb.Table{Name: "report_edition", By: names("frozen_by"), Show: []string{"key", "frozen_at", "frozen_by"}, Then: privacydb.Blank},
		privacydb.Table{Name: "legal_draft", By: id("edited_by"), Show: []string{"page", "edited_at"}, Then: privacydb.Blank},
		privacydb.Table{Name: "legal_version", By: id("published_by"), Show: []string{"page", "version", "published_at"}, Then: privacydb.Blank},
		privacydb.Table{Name: "consent_text", By: id("published_by"), Show: []string{"kind", "lang", "version", "valid_from"}, Then: privacydb.Blank},
		privacydb.Table{Name: "barrier_report", By: id("answered_by"), Show: []string{"received_at", "answered_at"}, Then: privacydb.Blank},
	)
	add(
		privacy.DataKind{Key: "mail", Basis: []privacy.Basis{privacy.PublicTask, privacy.Consent}, Default: 90, Least: 7, Most: years},
		privacydb.Table{
			Name: "notice_mail", By: []privacydb.By{{Column: "account", Is: privacydb.ID}, {Column: "email_key", Is: privacydb.Email}, {Column: "email", Is: privacydb.Email}},
			Show: []string{"created_at", "kind", "email", "subject", "letter", "state"}, Age: "ended_at",
		},
		privacydb.Table{
			Name: "notice_subscription", By: []privacydb.By{{Column: "address", Is: privacydb.ID}}, Show: []string{"topic", "ref", "created_at", "confirmed_at"},
			Through: "notice_address", Match: []privacydb.By{{Column: "email_key", Is: privacydb.Email}},
		},
		privacydb.Table{
			Name: "notice_address", By: []privacydb.By{{Column: "email_key", Is: privacydb.Email}, {Column: "email", Is: privacydb.Email}},
			Show: []string{"email", "lang", "created_at", "confirmed_at", "consent"},
		},
		privacydb.Table{
			Name: "notice_suppressed", By: []privacydb.By{{Column: "email_key", Is: privacydb.Email}, {Column: "email", Is: privacydb.Email}},
			Show: []string{"email", "reason", "since"}, Age: "since", Key: "email_key",
		},
	)
	add(
		privacy.DataKind{Key: "link", Basis: []privacy.Basis{privacy.Employment, privacy.Consent}, Default: 7, Least: 1, Most: 90},
		privacydb.Table{
			Name: "account_link", By: []privacydb.By{{Column: "account_id", Is: privacydb.ID}, {Column: "email_folded", Is: privacydb.Email}, {Column: "email", Is: privacydb.Email}},
			Show: []string{"kind", "email", "created_at", "expires_at"}, Age: "expires_at",
		},
		privacydb.Table{Name: "account_link", By: id("created_by"), Show: []string{"kind", "created_at"}, Then: privacydb.Blank},
	)
	add(
		privacy.DataKind{Key: "job", Basis: task, Default: 30, Least: 1, Most: years},
		privacydb.Table{Name: "job", By: []privacydb.By{{Column: "args", Is: privacydb.Within}}, Show: []string{"kind", "created_at", "state"}, Age: "ended_at"},
	)
	add(
		privacy.DataKind{Key: "approval", Basis: staff, Default: 3 * years, Least: years, Most: 10 * years},
		privacydb.Table{
			Name: "approval", By: append(id("requested_by"), id("decided_by")...), Show: []string{"kind", "what", "state", "requested_at", "decided_at", "reason"},
			Then: privacydb.Blank, Age: "decided_at",
		},
	)
	add(
		privacy.DataKind{Key: "consent", Basis: []privacy.Basis{privacy.Consent, privacy.Obligation}, Default: 3 * years, Least: years, Most: 10 * years},
		privacydb.Table{Name: "consent", By: id("account_id"), Show: []string{"kind", "lang", "version", "given_at", "withdrawn_at"}, Age: "withdrawn_at"},
	)
	add(
		privacy.DataKind{Key: "request", Basis: []privacy.Basis{privacy.Obligation}, Default: 3 * years, Least: years, Most: 10 * years, Lawful: true},
		privacydb.Table{
			Name: "disclosure", By: append(id("account_id"), id("asked_by")...), Show: []string{"state", "asked_at", "ready_at", "fetched_at"},
			Then: privacydb.Blank, Set: []privacydb.Value{{Column: "content", To: ""}, {Column: "session", To: ""}, {Column: "reason", To: ""}}, Age: "asked_at",
		},
		privacydb.Table{Name: "erasure", By: append(id("account_id"), id("asked_by")...), Show: []string{"at"}, Then: privacydb.Keep, Age: "at"},
	)
	add(
		privacy.DataKind{Key: "barrier", Basis: []privacy.Basis{privacy.Obligation}, Default: years, Least: 30, Most: 3 * years},
		privacydb.Table{
			Name: "barrier_report", By: []privacydb.By{{Column: "email", Is: privacydb.Email}},
			Show: []string{"page", "body", "name", "email", "received_at", "answer", "answered_at"}, Age: "answered_at",
		},
	)
	add(
		privacy.DataKind{Key: "audit", Basis: []privacy.Basis{privacy.Obligation}, Default: 10 * years, Least: years, Most: 30 * years, Lawful: true, Expire: a.Trail.Expire},
		privacydb.Table{Name: "audit_entry", By: id("person"), Show: []string{"at", "action", "what", "object_kind"}, Then: privacydb.Keep},
	)
	list[len(list)-1].Expire = a.Trail.Expire // behind a seal, so that the chain can still be verified
	for _, kinds := range a.voiceKinds() {
		kinds(add)
	}
	// Last, so that what hangs on an account goes before it.
	add(privacy.DataKind{Key: "account", Basis: []privacy.Basis{privacy.Employment, privacy.PublicTask, privacy.Consent}})
	list[len(list)-1].Holder = accountHolder{a, privacydb.Tables{DB: a.DB, List: []privacydb.Table{
		{Name: "account_role", By: id("account_id"), Show: []string{"role", "context_kind", "context_key", "from_date", "to_date"}},
		{
			Name: "account", By: []privacydb.By{{Column: "id", Is: privacydb.ID}}, Show: []string{"email", "name", "lang", "created_at", "consent", "consented_at", "disabled_at"},
			Set: []privacydb.Value{{Column: "email_folded"}, {Column: "pseudonym_key"}},
		},
	}}}
	list = append(list, privacy.DataKind{Key: "log", Basis: task})
	return list
}

// accountHolder leaves a stub of an account: what the person did keeps an author, and nobody is named.
type accountHolder struct {
	a *App
	privacydb.Tables
}

func (h accountHolder) Erase(ctx context.Context, tenant kernel.ID, p privacy.Person) (int64, error) {
	n, err := h.a.Accounts.Erase(ctx, tenant, p.ID)
	return int64(n), err
}

// renamed brings the notes of work up to date when somebody's name changes (Art. 16 GDPR), unless another account bears the old name too.
func (a *App) renamed(ctx context.Context, tenant, person kernel.ID, from, to string) error {
	all, err := a.Accounts.Store.Accounts(ctx, tenant)
	if err != nil || slices.ContainsFunc(all, func(x account.Account) bool { return x.ID != person && x.Name == from }) {
		return err
	}
	for _, k := range a.Privacy.Kinds {
		if t, ok := k.Holder.(privacydb.Tables); ok {
			if err := t.Rename(ctx, tenant, from, to); err != nil {
				return err
			}
		}
	}
	return nil
}

// privacyJobs has answers made in the background.
type privacyJobs struct{ q *job.Queue }

type discloseArgs struct {
	ID kernel.ID `json:"id"`
}

func (j privacyJobs) Disclose(ctx context.Context, tenant, id kernel.ID) error {
	_, err := j.q.Enqueue(ctx, tenant, discloseJob, discloseArgs{id}, job.Options{Key: string(id)})
	return err
}

// disclose puts an answer together, and sees to it that it does not lie longer than it may.
func (a *App) disclose(ctx context.Context, r *job.Run) error {
	var args discloseArgs
	if err := r.Decode(&args); err != nil {
		return err
	}
	if err := a.Privacy.Make(ctx, r.Tenant, args.ID); err != nil {
		return err
	}
	_, err := a.Queue.Enqueue(ctx, r.Tenant, closeJob, discloseArgs{args.ID}, job.Options{Key: string(args.ID), At: a.Now().Add(privacy.FetchWithin + time.Minute)})
	return err
}

func (a *App) closeDisclosures(ctx context.Context, r *job.Run) error {
	return a.Privacy.Close(ctx, r.Tenant)
}

// expire does what is due every night: the times of keeping, answers nobody fetched, reports nobody answered.
func (a *App) expire(ctx context.Context, r *job.Run) error {
	if err := a.Privacy.Close(ctx, r.Tenant); err != nil {
		return err
	}
	if err := a.Approvals.Close(ctx, r.Tenant); err != nil {
		return err
	}
	if err := a.Privacy.Alarm(ctx, r.Tenant); err != nil {
		return err
	}
	return a.Privacy.Expire(ctx, r.Tenant)
}

// privacyMail tells people by mail.
type privacyMail struct{ a *App }

func (m privacyMail) BarrierAnswered(ctx context.Context, tenant kernel.ID, b privacy.BarrierReport) error {
	return m.a.Notices.Send(ctx, notice.Message{
		Tenant: tenant, To: notice.Recipient{Email: b.Email, Lang: b.Lang}, Kind: "barrier.answered", Event: string(b.ID), Path: "/barrierefreiheit/stand", Public: true,
	})
}

func (m privacyMail) BarriersOverdue(ctx context.Context, tenant kernel.ID, to string, list []privacy.BarrierReport) error {
	return m.a.Notices.Send(ctx, notice.Message{
		Tenant: tenant, To: notice.Recipient{Email: to, Lang: i18n.German}, Kind: "barrier.overdue", Event: string(list[0].ID), Path: "/arbeit/barrieren",
		Params: map[string]any{"n": len(list)}, Public: true,
	})
}

// privacyTowns gives the settings of a town.
type privacyTowns struct{ a *App }

func (p privacyTowns) Town(ctx context.Context, town kernel.ID) (privacy.Town, error) {
	t, err := p.a.Tenants.Get(ctx, town)
	if err != nil {
		return privacy.Town{}, err
	}
	langs := t.Settings.Languages
	if len(langs) == 0 {
		langs = i18n.Languages()
	} else if !slices.Contains(langs, i18n.German) {
		langs = append([]string{i18n.German}, langs...)
	}
	return privacy.Town{Name: t.Name, Languages: langs, Days: t.Settings.Retention, Contact: t.Settings.Contact.Email}, nil
}

func (p privacyTowns) SetDays(ctx context.Context, by access.Actor, days map[string]int) error {
	t, err := p.a.Tenants.Get(ctx, by.Tenant)
	if err != nil {
		return err
	}
	return p.a.Tenants.Change(ctx, by, tenant.RetentionSection, t.Mark(tenant.RetentionSection), func(t *tenant.Tenant) error {
		t.Settings.Retention = days
		return nil
	})
}

// people gives the accounts of a town.
type people struct {
	a     *App
	store *accountdb.Store
}

// stub tells an account that was erased.
func stub(x account.Account) bool { return x.Erased() }

func (p people) Person(ctx context.Context, tenant, id kernel.ID) (privacy.Person, error) {
	list, err := p.store.Accounts(ctx, tenant)
	if err != nil {
		return privacy.Person{}, err
	}
	i := slices.IndexFunc(list, func(x account.Account) bool { return x.ID == id })
	if i < 0 || stub(list[i]) {
		return privacy.Person{}, kernel.E(kernel.NotFound, "account.notfound")
	}
	return person(list, list[i]), nil
}

func person(all []account.Account, x account.Account) privacy.Person {
	shared := slices.ContainsFunc(all, func(y account.Account) bool { return y.ID != x.ID && y.Name == x.Name })
	return privacy.Person{ID: x.ID, Name: x.Name, Email: x.Email, Shared: shared}
}

func (p people) Find(ctx context.Context, tenant kernel.ID, text string) ([]privacy.Person, error) {
	list, err := p.store.Accounts(ctx, tenant)
	if err != nil {
		return nil, err
	}
	want := account.FoldEmail(text)
	var out []privacy.Person
	for _, x := range list {
		if !stub(x) && (account.FoldEmail(x.Email) == want || account.FoldEmail(x.Name) == want) {
			out = append(out, person(list, x))
		}
	}
	return out, nil
}

func (p people) LastAdmin(ctx context.Context, tenant, id kernel.ID) (bool, error) {
	list, err := p.store.Accounts(ctx, tenant)
	if err != nil {
		return false, err
	}
	today := kernel.DayOf(p.a.Now())
	admin := func(x account.Account) bool { return !x.Disabled() && slices.Contains(x.On(today), access.Admin) }
	is, others := false, false
	for _, x := range list {
		if admin(x) {
			is, others = is || x.ID == id, others || x.ID != id
		}
	}
	return is && !others, nil
}

func (p people) EndSessions(ctx context.Context, tenant, id kernel.ID) error {
	return p.store.EndSessions(ctx, tenant, id)
}

// words gives sentences of the catalogue.
type words struct{}

func (words) T(lang, key string, kv ...any) string {
	return i18n.For(lang, kernel.Standard).T(key, kv...)
}

func (words) Has(key string) bool { return i18n.Has(i18n.German, key) }

func (words) Value(lang string, v any) string {
	p := i18n.For(lang, kernel.Standard)
	switch x := v.(type) {
	case nil:
		return "–"
	case kernel.Instant:
		if x.IsZero() {
			return "–"
		}
		return p.DateTime(x)
	case kernel.Date:
		return p.Date(x)
	case bool:
		if x {
			return p.T("privacy.yes")
		}
		return p.T("privacy.no")
	case string:
		if strings.TrimSpace(x) == "" {
			return "–"
		}
		return x
	}
	return fmt.Sprint(v)
}

// facts tells what is switched on.
func (a *App) facts(ctx context.Context, tenant kernel.ID) (privacy.Facts, error) {
	t, err := a.Tenants.Get(ctx, tenant)
	if err != nil {
		return privacy.Facts{}, err
	}
	return privacy.Facts{
		Mail: a.Notices.Transport != nil, TLS: strings.HasPrefix(a.URL, "https://"), Registration: t.Settings.Rules.Registration, SecondFactor: t.Settings.Rules.SecondFactor,
		Database: string(a.DB.Engine()),
	}, nil
}
