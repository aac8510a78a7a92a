// SPDX-License-Identifier: EUPL-1.2

package app

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io/fs"
	"math"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/platform/backup"
	"github.com/kupferfaden/kupferfaden/internal/platform/blob"
	"github.com/kupferfaden/kupferfaden/internal/platform/clock"
	"github.com/kupferfaden/kupferfaden/internal/platform/db"
	"github.com/kupferfaden/kupferfaden/internal/platform/job"
	"github.com/kupferfaden/kupferfaden/internal/platform/mail"
	"github.com/kupferfaden/kupferfaden/internal/platform/secret"
	"github.com/kupferfaden/kupferfaden/internal/platform/server"
	"github.com/kupferfaden/kupferfaden/internal/tenant"
	"github.com/kupferfaden/kupferfaden/internal/tenant/tenantdb"
	"github.com/kupferfaden/kupferfaden/internal/trail"
	"github.com/kupferfaden/kupferfaden/internal/trail/traildb"
)

// Health is the outcome of one check of doctor.
type Health string

// The outcomes: in order; works, but look at it; must be mended.
const (
	Well   Health = "ok"
	Ailing Health = "warn"
	Ill    Health = "fail"
)

// Check is one thing doctor looked at: Name for machines, Key and Params for the sentence that says what is and what to do.
type Check struct {
	Name   string
	Health Health
	Key    string
	Params map[string]any
	Err    error
}

// DoctorOptions are settings that only a serving process uses.
type DoctorOptions struct {
	CertFile, KeyFile string // TLS from files
	Hosts             []string
}

// Limits of what doctor calls well.
const (
	oldBackup  = 36 * time.Hour      // reliability.md 5: red after 36 hours
	soonExpiry = 21 * 24 * time.Hour // ACME renews at 30 days before the end; three weeks leave time to act
	futureSkew = 5 * time.Minute
	stuckAfter = time.Hour
	failedDays = 7 * 24 * time.Hour
)

// doctor collects checks.
type doctor struct {
	cfg    Config
	opts   DoctorOptions
	list   []Check
	notify func(Check)
}

func (d *doctor) say(name string, h Health, key string, kv ...any) {
	d.add(Check{Name: name, Health: h, Key: key, Params: kernel.Params(kv...)})
}

func (d *doctor) add(c Check) {
	d.list = append(d.list, c)
	d.notify(c)
}

func (d *doctor) ill(name string, err error) {
	var k *kernel.Error
	if errors.As(err, &k) {
		d.add(Check{Name: name, Health: Ill, Key: k.Key, Params: k.Params, Err: err})
		return
	}
	d.add(Check{Name: name, Health: Ill, Key: "doctor.error", Params: kernel.Params("detail", err.Error()), Err: err})
}

// Doctor looks over an installation and changes nothing: it opens the database as it is. notify is told each check as it is done.
func Doctor(ctx context.Context, cfg Config, o DoctorOptions, notify func(Check)) []Check {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	d := &doctor{cfg: cfg, opts: o, notify: notify}
	d.say("version", Well, "doctor.version", "program", cfg.Program, "go", runtime.Version(), "system", runtime.GOOS+"/"+runtime.GOARCH)
	d.configuration()
	d.dataDir()
	d.disk()
	d.key()
	if cfg.Database != "" || Exists(cfg.DataDir) {
		d.inside(ctx)
	}
	d.mail(ctx)
	d.certificate()
	d.backups()
	return d.list
}

// inside looks at what is kept. It wires no more than it needs, so that it makes nothing that is missing.
func (d *doctor) inside(ctx context.Context) {
	data, err := db.Open(ctx, db.Config{DataDir: d.cfg.DataDir, URL: d.cfg.Database, AsIs: true})
	if err != nil {
		d.ill("database", wayBack(err, d.cfg))
		return
	}
	a := &App{DB: data, Queue: job.New(data, clock.System{}), Now: d.cfg.Now, Config: d.cfg}
	a.Tenants = &tenant.Service{Store: &tenantdb.Store{DB: data}, Tx: data, Now: d.cfg.Now}
	if a.Files, err = blob.Open(d.cfg.DataDir); err != nil {
		d.ill("files", errors.Join(err, data.Close()))
		return
	}
	d.database(ctx, a)
	d.files(ctx, a)
	if len(data.Schema().Pending) == 0 {
		d.clock(ctx, a)
		d.jobs(ctx, a)
		d.trail(ctx, a)
	}
	if err := a.Close(); err != nil {
		d.ill("database", err)
	}
}

// configuration looks at settings that contradict each other or cannot be read.
func (d *doctor) configuration() {
	_, err := backup.Recipients(d.cfg.Backup.Recipients)
	switch {
	case err != nil:
		d.ill("configuration", err)
	case d.cfg.URL == "" && d.cfg.Mail.Host != "":
		d.say("configuration", Ill, "doctor.config.no_url")
	case d.cfg.URL == "":
		d.say("configuration", Ailing, "doctor.config.url")
	case d.cfg.Backup.At == "":
		d.say("configuration", Ailing, "doctor.config.no_backup")
	default:
		d.say("configuration", Well, "doctor.config", "url", d.cfg.URL)
	}
}

// dataDir looks at rights: only the program's user may read what is there.
func (d *doctor) dataDir() {
	i, err := os.Stat(d.cfg.DataDir)
	if err != nil {
		d.say("data", Ill, "doctor.data.none", "dir", d.cfg.DataDir)
		return
	}
	f, err := os.CreateTemp(d.cfg.DataDir, ".doctor-*")
	if err != nil {
		d.say("data", Ill, "doctor.data.readonly", "dir", d.cfg.DataDir)
		return
	}
	if err := errors.Join(f.Close(), os.Remove(f.Name())); err != nil {
		d.ill("data", err)
		return
	}
	if runtime.GOOS != "windows" && i.Mode().Perm()&0o007 != 0 {
		d.say("data", Ailing, "doctor.data.open", "dir", d.cfg.DataDir, "mode", i.Mode().Perm().String())
		return
	}
	d.say("data", Well, "doctor.data", "dir", d.cfg.DataDir)
}

func (d *doctor) disk() {
	space, _, ok := server.Disk(d.cfg.DataDir)
	free := int64(min(space, math.MaxInt64))
	used := backup.Size(d.cfg.DataDir)
	switch {
	case !ok:
		d.say("disk", Ailing, "doctor.disk.unknown", "dir", d.cfg.DataDir)
	case free < 100<<20:
		d.say("disk", Ill, "doctor.disk.full", "free", free)
	case free < 1<<30 || free < 2*used:
		d.say("disk", Ailing, "doctor.disk.low", "free", free, "used", used)
	default:
		d.say("disk", Well, "doctor.disk", "free", free, "used", used)
	}
}

// key looks at the key of the installation; it makes none.
func (d *doctor) key() {
	path := filepath.Join(d.cfg.DataDir, secret.FileName)
	if d.cfg.Secret == "" {
		i, err := os.Stat(path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			d.say("key", Ill, "doctor.key.none", "file", path)
			return
		case err != nil:
			d.ill("key", err)
			return
		case runtime.GOOS != "windows" && i.Mode().Perm()&0o077 != 0:
			d.say("key", Ill, "doctor.key.open", "file", path, "mode", i.Mode().Perm().String())
			return
		}
	}
	if _, err := secret.Open(d.cfg.DataDir, d.cfg.Secret); err != nil {
		d.ill("key", err)
		return
	}
	d.say("key", Well, "doctor.key")
}

// database reads all of it.
func (d *doctor) database(ctx context.Context, a *App) {
	if s := a.DB.Schema(); len(s.Pending) > 0 {
		d.say("schema", Ailing, "doctor.schema.pending", "have", s.Have, "known", s.Known, "n", len(s.Pending))
	} else {
		d.say("schema", Well, "doctor.schema", "have", s.Have)
	}
	if err := a.DB.Check(ctx); err != nil {
		d.ill("database", wayBack(err, d.cfg))
		return
	}
	about, err := a.DB.About(ctx)
	if err != nil {
		d.ill("database", err)
		return
	}
	if about.Checksums == "off" {
		d.say("database", Ailing, "doctor.database.checksums", "version", about.Version)
		return
	}
	d.say("database", Well, "doctor.database", "version", about.Version)
}

// clock compares what can be compared without a network: the clock with the database's and with the newest entry, which must not lie ahead.
func (d *doctor) clock(ctx context.Context, a *App) {
	now := d.cfg.Now()
	about, err := a.DB.About(ctx)
	if err != nil {
		d.ill("clock", err)
		return
	}
	newest, err := a.DB.Newest(ctx)
	if err != nil {
		d.ill("clock", err)
		return
	}
	switch {
	case newest.Sub(now) > futureSkew:
		d.say("clock", Ill, "doctor.clock.back", "now", kernel.InstantOf(now), "newest", newest)
	case about.Now.Sub(now).Abs() > 5*time.Second:
		d.say("clock", Ailing, "doctor.clock.differs", "now", kernel.InstantOf(now), "database", about.Now)
	default:
		d.say("clock", Well, "doctor.clock", "now", kernel.InstantOf(now))
	}
}

// files holds the store against the rows.
func (d *doctor) files(ctx context.Context, a *App) {
	named, err := backup.References(ctx, a.DB)
	if err != nil {
		d.ill("files", err)
		return
	}
	stored, orphans := 0, 0
	var bad []string
	for sum, err := range a.Files.All() {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			d.ill("files", err)
			return
		}
		stored++
		if !named[sum] {
			orphans++
		}
		if a.Files.Verify(sum) != nil {
			bad = append(bad, sum)
		}
		delete(named, sum)
	}
	for sum := range named {
		bad = append(bad, sum)
	}
	if len(bad) > 0 {
		d.say("files", Ill, "doctor.files.bad", "n", len(bad), "first", bad[0])
		return
	}
	d.say("files", Well, "doctor.files", "n", stored, "orphans", orphans)
}

func (d *doctor) jobs(ctx context.Context, a *App) {
	towns, err := a.tenantIDs(ctx)
	if err != nil {
		d.ill("jobs", err)
		return
	}
	stuck, failed := 0, 0
	now := d.cfg.Now()
	for _, t := range towns {
		list, err := a.Queue.List(ctx, t, job.Filter{})
		if err != nil {
			d.ill("jobs", err)
			return
		}
		for _, j := range list {
			switch {
			case j.State == job.Waiting && now.Sub(j.RunAt.Time) > stuckAfter:
				stuck++
			case j.State == job.Failed && now.Sub(j.EndedAt.Time) < failedDays:
				failed++
			}
		}
	}
	switch {
	case stuck > 0:
		d.say("jobs", Ailing, "doctor.jobs.stuck", "n", stuck)
	case failed > 0:
		d.say("jobs", Ailing, "doctor.jobs.failed", "n", failed)
	default:
		d.say("jobs", Well, "doctor.jobs")
	}
}

// trail reads the chain of every town's audit trail.
func (d *doctor) trail(ctx context.Context, a *App) {
	s := &trail.Service{Store: &traildb.Store{DB: a.DB}, Tx: a.DB, Now: d.cfg.Now}
	towns, err := a.Tenants.List(ctx)
	if err != nil {
		d.ill("audit", err)
		return
	}
	entries := int64(0)
	for _, t := range towns {
		r, err := s.Verify(ctx, access.CommandLine(t.ID))
		if err != nil {
			d.ill("audit", err)
			return
		}
		if r.Fault != nil {
			d.say("audit", Ill, "doctor.audit.fault", "tenant", t.Key, "entry", r.Fault.Seq)
			return
		}
		entries += r.Entries
	}
	d.say("audit", Well, "doctor.audit", "n", entries)
}

// mail greets the mail server as delivery does, and hands nothing over.
func (d *doctor) mail(ctx context.Context) {
	m := d.cfg.Mail
	if m.Host == "" || m.Mode == "capture" {
		d.say("mail", Ailing, "doctor.mail.captured")
		return
	}
	address := net.JoinHostPort(m.Host, strconv.Itoa(m.Port))
	if err := greet(ctx, m, d.cfg.MailRoots); err != nil {
		d.add(Check{Name: "mail", Health: Ill, Key: "doctor.mail.unreachable", Params: kernel.Params("address", address, "detail", err.Error()), Err: err})
		return
	}
	d.say("mail", Well, "doctor.mail", "address", address, "security", m.Security)
}

// greet connects as delivery does: greeting, encryption, signing in.
func greet(ctx context.Context, m MailOptions, roots *x509.CertPool) error {
	sender, err := mail.New(m.config(roots))
	if err != nil {
		return err
	}
	conn, err := sender.Open(ctx)
	if err != nil {
		return err
	}
	return conn.Close()
}

// certificate looks at the file a serving process would use.
func (d *doctor) certificate() {
	if d.opts.CertFile == "" {
		d.say("certificate", Well, "doctor.certificate.none")
		return
	}
	if _, err := tls.LoadX509KeyPair(d.opts.CertFile, d.opts.KeyFile); err != nil {
		d.say("certificate", Ill, "doctor.certificate.unreadable", "file", d.opts.CertFile, "detail", err.Error())
		return
	}
	text, err := os.ReadFile(d.opts.CertFile)
	if err != nil {
		d.ill("certificate", err)
		return
	}
	block, _ := pem.Decode(text)
	c, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		d.ill("certificate", err)
		return
	}
	left := c.NotAfter.Sub(d.cfg.Now())
	at := kernel.InstantOf(c.NotAfter)
	switch {
	case left <= 0:
		d.say("certificate", Ill, "doctor.certificate.expired", "file", d.opts.CertFile, "at", at)
	case left < soonExpiry:
		d.say("certificate", Ailing, "doctor.certificate.soon", "file", d.opts.CertFile, "at", at)
	default:
		d.say("certificate", Well, "doctor.certificate", "at", at)
	}
}

// backups asks whether there is a new one, and one that was brought back on trial.
func (d *doctor) backups() {
	dir := d.cfg.BackupDir()
	list, err := backup.List(dir)
	if err != nil {
		d.ill("backup", err)
		return
	}
	if len(list) == 0 {
		d.say("backup", Ailing, "doctor.backup.none", "dir", dir)
		return
	}
	v, ok, err := LastBackup(dir)
	now := d.cfg.Now()
	switch {
	case err != nil:
		d.ill("backup", err)
	case now.Sub(list[0].At) > oldBackup:
		d.say("backup", Ailing, "doctor.backup.old", "file", list[0].Path, "at", kernel.InstantOf(list[0].At))
	case !ok || now.Sub(v.VerifiedAt.Time) > oldBackup:
		d.say("backup", Ailing, "doctor.backup.unproven", "file", list[0].Path)
	default:
		d.say("backup", Well, "doctor.backup", "at", v.At, "verified", v.VerifiedAt)
	}
}
