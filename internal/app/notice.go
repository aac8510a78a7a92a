// SPDX-License-Identifier: EUPL-1.2

package app

import (
	"context"
	"crypto/x509"
	"errors"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/notice"
	"github.com/kupferfaden/kupferfaden/internal/notice/noticedb"
	"github.com/kupferfaden/kupferfaden/internal/platform/i18n"
	"github.com/kupferfaden/kupferfaden/internal/platform/job"
	"github.com/kupferfaden/kupferfaden/internal/platform/mail"
	"github.com/kupferfaden/kupferfaden/internal/privacy"
	"github.com/kupferfaden/kupferfaden/internal/report"
	"github.com/kupferfaden/kupferfaden/internal/web"
)

const (
	// deliverMail is the job that hands the tenant's waiting mail over.
	deliverMail = "mail.deliver"
	// sweepMail looks for waiting mail whose job got lost with its process.
	sweepMail = "mail.sweep"
	// purgeJobs forgets what ended long ago.
	purgeJobs = "job.purge"
)

// reportTopic is what people subscribe to who want to know of new social reports.
const reportTopic = "report"

const (
	// digestNow writes what subscribers want to hear at once, digestDaily what comes once a day or week.
	digestNow   = "digest.now"
	digestDaily = "digest.daily"
)

// keepNews is how long news are remembered that everybody was told of.
const keepNews = 90 * 24 * time.Hour

// keepJobs is how long the queue shows what ended.
const keepJobs = 90 * 24 * time.Hour

// notices wires the town's mail. Without a mail server, and in test mode, mail is kept back and shown.
func (a *App) notices(o MailOptions, roots *x509.CertPool) (*notice.Service, error) {
	s := &notice.Service{
		Store: &noticedb.Store{DB: a.DB}, Tx: a.DB, Writer: letters{a}, Secret: a.Secret, Check: mail.Address, Later: a.deliverLater, Soon: a.digestSoon, Trail: a.Trail, Now: a.Now,
		Topics: append([]notice.Topic{{Key: reportTopic, Kind: "report.released"}}, a.voiceTopics()...),
	}
	if o.Host == "" || o.Mode == "capture" {
		return s, nil
	}
	sender, err := mail.New(o.config(roots))
	if err != nil {
		return nil, err
	}
	s.Transport = postman{sender}
	return s, nil
}

// config is the mail server's as package mail takes it; roots are the certificates to trust, nil those of the machine.
func (o MailOptions) config(roots *x509.CertPool) mail.Config {
	return mail.Config{Host: o.Host, Port: o.Port, User: o.User, Password: o.Password, From: o.From, Security: mail.Security(o.Security), Roots: roots}
}

// postman lets notice hand mail to a mail server.
type postman struct{ sender *mail.Sender }

// Host is the domain of the sender's address.
func (p postman) Host() string { return p.sender.Host() }

// Open reaches the mail server.
func (p postman) Open(ctx context.Context) (notice.Session, error) {
	c, err := p.sender.Open(ctx)
	if err != nil {
		return nil, err
	}
	return bag{c}, nil
}

// bag is a connection.
type bag struct{ *mail.Conn }

// Send hands one mail over and tells the mail server's no from a broken line.
func (b bag) Send(ctx context.Context, e notice.Envelope) error {
	err := b.Conn.Send(ctx, letterOf(e))
	var no *mail.Error
	if errors.As(err, &no) && no.Code != 0 {
		return &notice.Refused{Code: no.Code, Text: no.Text, Forever: no.Forever(), Address: no.Address()}
	}
	return err
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

// digestSoon enqueues a digest of those who want to hear at once: what is noted while one waits goes with it.
func (a *App) digestSoon(ctx context.Context, tenant kernel.ID) error {
	_, err := a.Queue.Enqueue(ctx, tenant, digestNow, nil, job.Options{Key: "now", Merge: true})
	return err
}

// tellNow is the job.
func (a *App) tellNow(ctx context.Context, r *job.Run) error {
	return a.Notices.Digest(ctx, r.Tenant, notice.AtOnce, notice.RunName(notice.AtOnce, a.Now()), func(n int64) { r.Progress(n, 0, "") })
}

// tellDaily writes the digest of the day, and on the first day of a week that of the week.
func (a *App) tellDaily(ctx context.Context, r *job.Run) error {
	at := a.Now().In(kernel.Zone())
	for _, f := range []notice.Frequency{notice.Daily, notice.Weekly} {
		if err := a.Notices.Digest(ctx, r.Tenant, f, notice.RunName(f, at), func(n int64) { r.Progress(n, 0, "") }); err != nil {
			return err
		}
	}
	return nil
}

// purge forgets jobs that ended long ago, and subscriptions nobody confirmed.
func (a *App) purge(ctx context.Context, r *job.Run) error {
	if _, err := a.Notices.Store.ExpireWishes(ctx, r.Tenant, kernel.InstantOf(a.Now().Add(-notice.ConfirmWithin))); err != nil {
		return err
	}
	if _, err := a.Notices.Store.ExpireNews(ctx, r.Tenant, kernel.InstantOf(a.Now().Add(-keepNews))); err != nil {
		return err
	}
	n, err := a.Queue.Purge(ctx, r.Tenant, a.Now().Add(-keepJobs))
	if err != nil {
		return err
	}
	r.Progress(n, n, "")
	return nil
}

// recurring lists the work that comes again and again.
func (a *App) recurring() []job.Recurring {
	list := []job.Recurring{{Kind: sweepMail, Every: time.Hour}, {Kind: purgeJobs, At: "03:10"}, {Kind: expireJob, At: "02:40"}, {Kind: expireLinks, Every: time.Hour}, {Kind: digestDaily, At: "06:30"}}
	if at := a.Config.Backup.At; at != "" {
		list = append(list, job.Recurring{Kind: nightlyBackup, At: at})
	}
	return append(list, a.voiceWork()...)
}

// schedule enqueues it.
func (a *App) schedule() *job.Schedule {
	return &job.Schedule{Queue: a.Queue, Work: a.recurring(), Tenants: a.tenantIDs, Zone: kernel.Zone()}
}

// letters gives mails their sentences, their sender and their addresses.
type letters struct{ a *App }

// Town names the sender.
func (l letters) Town(ctx context.Context, id kernel.ID) (notice.Town, error) {
	t, err := l.a.Town(ctx, id)
	return notice.Town{Name: t.Name, Colour: t.Settings.Colours.Accent, ReplyTo: t.Settings.Contact.Email}, err
}

// Link makes an absolute address. Where the installation does not know its own, the mail would lead nowhere and waits.
func (l letters) Link(ctx context.Context, id kernel.ID, lang, path string) (string, error) {
	out, err := l.a.Address(ctx, id, lang, path)
	if err == nil && strings.HasPrefix(out, "/") {
		return "", kernel.E(kernel.Unavailable, "outbox.address")
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

// tellOfReport writes to everybody who wants to know of new social reports, once an edition is there for everybody to read.
func (a *App) tellOfReport(ctx context.Context, tenant kernel.ID, key string) error {
	released, err := a.Reports.Released(ctx, access.Anonymous(tenant))
	i := slices.IndexFunc(released, func(e report.Edition) bool { return e.Key == key })
	if err != nil || i < 0 {
		return err
	}
	return a.Notices.Tell(ctx, notice.News{
		Tenant: tenant, Wish: notice.Wish{Topic: reportTopic}, Event: key, Path: "/berichte/" + url.PathEscape(key),
		Params: func(string) map[string]any { return map[string]any{"title": released[i].Name()} }, Title: kernel.T(released[i].Name(), ""),
	}, nil)
}

// subscriptionConsent is the text people agree to who order messages.
func (a *App) subscriptionConsent(r *web.Request) (version, text string, err error) {
	v, err := a.Privacy.ConsentText(r.Context(), r.Tenant.ID, privacy.SubscriptionConsent, r.Lang)
	return v.Lang + " " + strconv.Itoa(v.Version), v.Body, err
}
