// SPDX-License-Identifier: EUPL-1.2

package app

import (
	"context"
	"strings"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/notice"
	"github.com/kupferfaden/kupferfaden/internal/notice/noticedb"
	"github.com/kupferfaden/kupferfaden/internal/platform/i18n"
	"github.com/kupferfaden/kupferfaden/internal/platform/job"
	"github.com/kupferfaden/kupferfaden/internal/platform/mail"
)

const (
	// deliverMail is the job that hands the tenant's waiting mail over.
	deliverMail = "mail.deliver"
	// sweepMail looks for waiting mail whose job got lost with its process.
	sweepMail = "mail.sweep"
	// purgeJobs forgets what ended long ago.
	purgeJobs = "job.purge"
)

// keepJobs is how long the queue shows what ended.
const keepJobs = 90 * 24 * time.Hour

// notices wires the town's mail.
func (a *App) notices() *notice.Service {
	return &notice.Service{
		Store: &noticedb.Store{DB: a.DB}, Tx: a.DB, Writer: letters{a}, Secret: a.Secret, Check: mail.Address, Later: a.deliverLater, Trail: a.Trail, Now: a.Now,
	}
}

// deliverLater enqueues a delivery: all mail written while one waits is delivered by it.
func (a *App) deliverLater(ctx context.Context, tenant kernel.ID, at time.Time) error {
	o := job.Options{Key: "now", Merge: true, At: at}
	if !at.IsZero() { // a later attempt must not hold up new mail
		o.At = at.Truncate(time.Minute).Add(time.Minute)
		o.Key = "at " + o.At.UTC().Format(time.RFC3339)
	}
	_, err := a.Queue.Enqueue(ctx, tenant, deliverMail, nil, o)
	return err
}

// deliver is the job.
func (a *App) deliver(ctx context.Context, r *job.Run) error {
	return a.Notices.Deliver(ctx, r.Tenant, func(n int64) { r.Progress(n, 0, "") })
}

// purge forgets jobs that ended long ago.
func (a *App) purge(ctx context.Context, r *job.Run) error {
	n, err := a.Queue.Purge(ctx, r.Tenant, a.Now().Add(-keepJobs))
	if err != nil {
		return err
	}
	r.Progress(n, n, "")
	return nil
}

// recurring lists the work that comes again and again.
func (a *App) recurring() []job.Recurring {
	return []job.Recurring{{Kind: sweepMail, Every: time.Hour}, {Kind: purgeJobs, At: "03:10"}}
}

// schedule enqueues it.
func (a *App) schedule() *job.Schedule {
	return &job.Schedule{Queue: a.Queue, Work: a.recurring(), Tenants: a.tenantIDs, Zone: i18n.Zone()}
}

// letters gives mails their sentences, their sender and their addresses.
type letters struct{ a *App }

// Town names the sender.
func (l letters) Town(ctx context.Context, id kernel.ID) (notice.Town, error) {
	t, err := l.a.Town(ctx, id)
	return notice.Town{Name: t.Name, Colour: t.Settings.Colours.Accent, ReplyTo: t.Settings.Contact.Email}, err
}

// Link makes an absolute address. Where the installation does not know its own, mail that really leaves would lead nowhere.
func (l letters) Link(ctx context.Context, id kernel.ID, lang, path string) (string, error) {
	out, err := l.a.Address(ctx, id, lang, path)
	if err == nil && strings.HasPrefix(out, "/") {
		if l.a.Notices.Transport != nil {
			return "", kernel.E(kernel.Unavailable, "outbox.address")
		}
		out = "http://localhost:8080" + out
	}
	return out, err
}

// Sentence gives a sentence of the catalogue.
func (l letters) Sentence(lang, key string, params map[string]any) (string, bool) {
	base, register, _ := strings.Cut(lang, "+")
	p := i18n.For(base, kernel.Register(register))
	if !p.Has(key) {
		return "", false
	}
	return p.TMap(key, params), true
}
