// SPDX-License-Identifier: EUPL-1.2

package main

import (
	"context"
	"errors"
	"net/netip"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/app"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/tenant"
	"github.com/kupferfaden/kupferfaden/internal/web"
)

// Place says which town's data a verb works on.
type Place struct {
	Data     string `help:"Data directory." env:"KUPFERFADEN_DATA" placeholder:"DIR" default:"kupferfaden-data"`
	Database string `help:"PostgreSQL database instead of the embedded one." env:"KUPFERFADEN_DATABASE" placeholder:"postgres://…" secret:""`
	Secret   string `help:"Key of the installation (base64 of 32 bytes) instead of the file in the data directory." env:"KUPFERFADEN_SECRET" placeholder:"BASE64" secret:""`
	URL      string `name:"url" help:"Public address of the installation, for links in mail." env:"KUPFERFADEN_URL" placeholder:"https://…"`
	Typst    string `help:"Typst program (0.14 or later) that sets PDF files instead of the built-in typesetter." env:"KUPFERFADEN_TYPST" placeholder:"PROGRAM"`
	Tenant   string `help:"Key of the tenant; needed where there are several." env:"KUPFERFADEN_TENANT" placeholder:"KEY"`
}

// config is what app needs to open the place.
func (p Place) config() app.Config {
	return app.Config{DataDir: p.Data, Database: p.Database, Secret: p.Secret, URL: p.URL, Log: quiet(), Typesetter: typesetter(p.Typst), Program: programVersion()}
}

// open opens the data of a town that exists.
func (p Place) open(ctx context.Context) (*app.App, tenant.Tenant, error) {
	return p.openWith(ctx, p.config())
}

// openWith opens the data of a town that exists, with more than the place says.
func (p Place) openWith(ctx context.Context, c app.Config) (*app.App, tenant.Tenant, error) {
	if p.Database == "" && !app.Exists(p.Data) {
		return nil, tenant.Tenant{}, kernel.E(kernel.NotFound, "data.none", "dir", p.Data)
	}
	a, err := app.Open(ctx, c)
	if err != nil {
		return nil, tenant.Tenant{}, err
	}
	t, err := a.Tenants.Find(ctx, p.Tenant)
	if err != nil {
		return nil, tenant.Tenant{}, errors.Join(err, a.Close())
	}
	return a, t, nil
}

// Settings are those of an installation that serves; the struct tags are the one place where names and defaults stand. A name with a dash whose
// first part is a section below stands in that section of the file: --mail-host, KUPFERFADEN_MAIL_HOST, host in [mail].
type Settings struct {
	Place
	Listen  string          `help:"Address to listen on." env:"KUPFERFADEN_LISTEN" default:"127.0.0.1:8080" placeholder:"HOST:PORT"`
	Host    []string        `help:"Name the installation answers to; without it, any." env:"KUPFERFADEN_HOST" placeholder:"NAME"`
	Proxy   []netip.Prefix  `help:"Network of a reverse proxy whose X-Forwarded-For is believed." env:"KUPFERFADEN_PROXY" placeholder:"CIDR"`
	TLS     TLSSettings     `embed:"" prefix:"tls-" envprefix:"KUPFERFADEN_TLS_"`
	ACME    ACMESettings    `embed:"" prefix:"acme-" envprefix:"KUPFERFADEN_ACME_"`
	Mail    MailSettings    `embed:"" prefix:"mail-" envprefix:"KUPFERFADEN_MAIL_"`
	Fetch   FetchSettings   `embed:"" prefix:"fetch-" envprefix:"KUPFERFADEN_FETCH_"`
	Backup  BackupSettings  `embed:"" prefix:"backup-" envprefix:"KUPFERFADEN_BACKUP_"`
	Log     LogSettings     `embed:"" prefix:"log-" envprefix:"KUPFERFADEN_LOG_"`
	Metrics MetricsSettings `embed:"" prefix:"metrics-" envprefix:"KUPFERFADEN_METRICS_"`
	Limit   LimitSettings   `embed:"" prefix:"limit-" envprefix:"KUPFERFADEN_LIMIT_"`
}

// sections are the tables of the settings file.
var sections = []string{"tls", "acme", "mail", "fetch", "backup", "log", "metrics", "limit"}

// TLSSettings say how pages become encrypted.
type TLSSettings struct {
	Mode string `help:"off: plain HTTP; proxy: a reverse proxy encrypts; files: with --tls-cert and --tls-key; acme: certificates from an ACME service." env:"MODE" enum:"off,proxy,files,acme" default:"off"`
	Cert string `help:"Certificate chain (PEM), read again when it changes." env:"CERT" placeholder:"FILE"`
	Key  string `help:"Private key (PEM)." env:"KEY" placeholder:"FILE"`
	HTTP string `name:"http" help:"Address for plain HTTP that leads to HTTPS and answers ACME (HTTP-01), such as :80." env:"HTTP" placeholder:"HOST:PORT"`
}

// ACMESettings name the service that issues certificates.
type ACMESettings struct {
	Directory string `help:"Directory of the ACME service." env:"DIRECTORY" default:"https://acme-v02.api.letsencrypt.org/directory" placeholder:"URL"`
	Contact   string `help:"Mail address for the ACME service's messages." env:"CONTACT" placeholder:"MAIL"`
	Root      string `help:"Root certificate (PEM) of an ACME service of one's own." env:"ROOT" placeholder:"FILE"`
}

// MailSettings say how mail leaves.
type MailSettings struct {
	Mode     string `help:"send, or capture: mail is kept and shown, never sent. Without a mail server it is always captured." env:"MODE" enum:"send,capture" default:"send"`
	Host     string `help:"Mail server." env:"HOST" placeholder:"NAME"`
	Port     int    `help:"Port of the mail server." env:"PORT" default:"587"`
	User     string `help:"User name at the mail server." env:"USER" placeholder:"NAME"`
	Password string `help:"Password at the mail server; better in a file." env:"PASSWORD" placeholder:"TEXT" secret:""`
	From     string `help:"Sender's address." env:"FROM" placeholder:"MAIL"`
	Security string `help:"starttls, tls (from the first byte) or none." env:"SECURITY" enum:"starttls,tls,none" default:"starttls"`
}

// FetchSettings are for the guard of fetches.
type FetchSettings struct {
	Allow []string `help:"Internal host the program may fetch from although its address is private, such as an identity provider." env:"ALLOW" placeholder:"HOST"`
}

// BackupSettings are for the nightly backup.
type BackupSettings struct {
	Dir       string   `help:"Where backups are kept; backups in the data directory when empty." env:"DIR" placeholder:"DIR"`
	At        string   `help:"Time of the nightly backup (Europe/Berlin); empty: none." env:"AT" default:"02:30" placeholder:"HH:MM"`
	Keep      int      `help:"Number of backups kept." env:"KEEP" default:"14"`
	Recipient []string `help:"Public key (age1…) to which backups are encrypted." env:"RECIPIENT" placeholder:"KEY"`
}

// LogSettings say what is written about what happens.
type LogSettings struct {
	Format string `help:"text or json." env:"FORMAT" enum:"text,json" default:"text"`
	Level  string `help:"debug, info, warn or error." env:"LEVEL" enum:"debug,info,warn,error" default:"info"`
}

// MetricsSettings are for monitoring.
type MetricsSettings struct {
	Listen string `help:"Address for Prometheus metrics and the details of /readyz; empty: none. Not for the public." env:"LISTEN" placeholder:"HOST:PORT"`
}

// LimitSettings bound what the program takes on.
type LimitSettings struct {
	Costly int           `help:"Costly requests (exports, reports) at the same time; 0: one a processor." env:"COSTLY" default:"0"`
	Wait   time.Duration `help:"How long a costly request may wait for its turn before it is asked to come back." env:"WAIT" default:"5s"`
	Drain  time.Duration `help:"How long running requests may take to end at a stop or restart." env:"DRAIN" default:"30s"`
}

// config is what app needs of the settings.
func (s Settings) config() app.Config {
	c := s.Place.config()
	c.Mail = app.MailOptions(s.Mail)
	if s.Mail.Host == "" {
		c.Mail.Mode = "capture"
	}
	c.FetchHosts = s.Fetch.Allow
	c.Backup = app.BackupOptions{Dir: s.Backup.Dir, At: s.Backup.At, Keep: s.Backup.Keep, Recipients: s.Backup.Recipient}
	return c
}

// web is what the pages need of the settings.
func (s Settings) web() app.WebOptions {
	return app.WebOptions{TLS: s.TLS.Mode != "off", Hosts: s.Host, Proxies: s.Proxy, Load: web.Load{AtOnce: s.Limit.Costly, Wait: s.Limit.Wait}}
}
