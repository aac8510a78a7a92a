// SPDX-License-Identifier: EUPL-1.2

// Package app wires the program: it is the only package that knows all capabilities, and gives each the small interfaces it asks for.
package app

import (
	"context"
	"crypto/x509"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/account"
	"github.com/kupferfaden/kupferfaden/internal/actor"
	"github.com/kupferfaden/kupferfaden/internal/analysis"
	"github.com/kupferfaden/kupferfaden/internal/analysis/analysisdb"
	"github.com/kupferfaden/kupferfaden/internal/approval"
	"github.com/kupferfaden/kupferfaden/internal/area"
	"github.com/kupferfaden/kupferfaden/internal/area/areadb"
	"github.com/kupferfaden/kupferfaden/internal/atlas"
	"github.com/kupferfaden/kupferfaden/internal/atlas/atlasweb"
	"github.com/kupferfaden/kupferfaden/internal/contribution"
	"github.com/kupferfaden/kupferfaden/internal/doc/typst"
	"github.com/kupferfaden/kupferfaden/internal/event"
	"github.com/kupferfaden/kupferfaden/internal/group"
	"github.com/kupferfaden/kupferfaden/internal/indicator"
	"github.com/kupferfaden/kupferfaden/internal/indicator/indicatordb"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/notice"
	"github.com/kupferfaden/kupferfaden/internal/participation"
	"github.com/kupferfaden/kupferfaden/internal/platform/blob"
	"github.com/kupferfaden/kupferfaden/internal/platform/clock"
	"github.com/kupferfaden/kupferfaden/internal/platform/db"
	"github.com/kupferfaden/kupferfaden/internal/platform/i18n"
	"github.com/kupferfaden/kupferfaden/internal/platform/job"
	"github.com/kupferfaden/kupferfaden/internal/platform/secret"
	"github.com/kupferfaden/kupferfaden/internal/privacy"
	"github.com/kupferfaden/kupferfaden/internal/region"
	"github.com/kupferfaden/kupferfaden/internal/release"
	"github.com/kupferfaden/kupferfaden/internal/release/releasedb"
	"github.com/kupferfaden/kupferfaden/internal/report"
	"github.com/kupferfaden/kupferfaden/internal/tenant"
	"github.com/kupferfaden/kupferfaden/internal/tenant/tenantdb"
	"github.com/kupferfaden/kupferfaden/internal/trail"
	"github.com/kupferfaden/kupferfaden/internal/trail/traildb"
	"github.com/kupferfaden/kupferfaden/internal/vision"
	"github.com/kupferfaden/kupferfaden/internal/vote"
)

// Config says where the town's data are.
type Config struct {
	DataDir  string // embedded database and uploaded files
	Database string // postgres://… instead of the embedded database
	Serve    bool   // a serving process: claims the embedded database for itself
	// Claim is the claim of the embedded database as the process that is replaced hands it over.
	Claim *os.File
	// Alone is called before the schema of the embedded database is changed: the process that is replaced must have ended by then.
	Alone func(ctx context.Context) error
	Now   func() time.Time
	Log   *slog.Logger
	Trace func(query string, args []any)
	// URL is the public address of the installation ("https://sozialplanung.example.de"), for links in mails, feeds and files.
	URL string
	// Typesetter sets reports as PDF; nil where none are needed.
	Typesetter typst.Typesetter
	// Secret is the key of the installation where it does not lie in the data directory: several processes on one database share it.
	Secret    string
	Mail      MailOptions
	MailRoots *x509.CertPool // certificates the mail server may show; nil: those the machine trusts
	Backup    BackupOptions
	// Program is the version that backups name.
	Program string
	// AsIs opens the database as it is and migrates nothing; SkipBackup migrates without saving before.
	AsIs, SkipBackup bool
	FetchHosts       []string // internal hosts that may be fetched from although their address is private
}

// App is the program with everything wired.
type App struct {
	DB            *db.DB
	Files         *blob.Store
	Secret        *secret.Box
	Tenants       *tenant.Service
	Accounts      *account.Service
	Areas         *area.Service
	Indicators    *indicator.Service
	Gate          *release.Service
	Analysis      *analysis.Service
	Reports       *report.Service
	Actors        *actor.Service
	Regions       *region.Service
	Atlas         *atlas.Service
	Votes         *vote.Service
	Queue         *job.Queue
	Trail         *trail.Service
	Notices       *notice.Service
	Privacy       *privacy.Service
	Approvals     *approval.Service
	Participation *participation.Service
	Contributions *contribution.Service
	Events        *event.Service
	Moderation    *contribution.Moderation
	Answers       *contribution.Answers
	Typesetter    typst.Typesetter
	Log           *slog.Logger
	Now           func() time.Time
	DataDir       string
	// lastBackup tells the moment the last proven backup shows; nil: nobody knows.
	lastBackup func() (at time.Time, ok bool)
	URL        string // see Config.URL
	Config     Config

	Groups *group.Service
	Vision *vision.Service
}

// Open opens the data and wires the services.
func Open(ctx context.Context, cfg Config) (*App, error) {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Log == nil {
		cfg.Log = slog.Default()
	}
	d, err := db.Open(ctx, db.Config{
		DataDir: cfg.DataDir, URL: cfg.Database, Serve: cfg.Serve, Claim: cfg.Claim, Trace: cfg.Trace, AsIs: cfg.AsIs, BeforeMigrate: alone(cfg, beforeMigrate(cfg)),
	})
	if err != nil {
		return nil, wayBack(err, cfg)
	}
	files, err := blob.Open(cfg.DataDir)
	if err != nil {
		return nil, errors.Join(err, d.Close())
	}
	key, err := secret.Open(cfg.DataDir, cfg.Secret)
	if err != nil {
		return nil, errors.Join(err, files.Close(), d.Close())
	}
	a := &App{DB: d, Files: files, Secret: key, Queue: job.New(d, clock.System{}), Typesetter: cfg.Typesetter, Log: cfg.Log, Now: cfg.Now, DataDir: cfg.DataDir, URL: cfg.URL, Config: cfg}
	a.Trail = &trail.Service{Store: &traildb.Store{DB: d}, Tx: d, Now: cfg.Now}
	if a.Notices, err = a.notices(cfg.Mail, cfg.MailRoots); err != nil {
		return nil, errors.Join(err, files.Close(), d.Close())
	}
	a.Approvals = a.approvals()
	a.Trail.FourEyes = a.Approvals
	a.Tenants = &tenant.Service{Store: &tenantdb.Store{DB: d}, Tx: d, Now: cfg.Now, Trail: a.Trail}
	a.Accounts = a.people()
	a.signing(cfg)
	a.Areas = &area.Service{Store: &areadb.Store{DB: d}, Tx: d, Files: files, Now: cfg.Now, Trail: a.Trail, SortKey: i18n.SortKey}
	figures := &indicatordb.Store{DB: d}
	a.Indicators = &indicator.Service{Store: figures, Areas: a.Areas, Files: files, DB: d, Now: cfg.Now, Trail: a.Trail}
	a.Gate = &release.Service{Source: source{a.Indicators, figures}, Areas: a.Areas, Store: &releasedb.Store{DB: d}, Tx: d, Now: cfg.Now, Trail: a.Trail, FourEyes: a.Approvals}
	a.Analysis = &analysis.Service{Gate: a.Gate, Areas: a.Areas, Store: &analysisdb.Store{DB: d}, Tx: d, Now: cfg.Now, Trail: a.Trail, FourEyes: a.Approvals}
	a.Atlas = &atlas.Service{Gate: a.Gate, Exports: a.Gate, Areas: a.Areas, Index: a.Analysis, Drawing: &atlasweb.Maps{}}
	if cfg.Backup.At != "" {
		a.lastBackup = a.provenAt
	}
	a.Tenants.Files = files
	a.Regions = a.regions()
	a.Reports = a.reports()
	a.voices()
	a.Privacy = a.privacy()
	return a, nil
}

// Close ends everything in order.
func (a *App) Close() error { return errors.Join(a.Files.Close(), a.DB.Close()) }

// Exists tells whether a data directory holds a town, so that a typing error in --data does not found a new one.
func Exists(dataDir string) bool {
	_, err := os.Stat(filepath.Join(dataDir, db.FileName))
	return err == nil
}

// Init makes a town with the shipped catalogue. On a town that is there it adds what is missing.
func (a *App) Init(ctx context.Context, key string, name kernel.Text, fictional bool) (tenant.Tenant, error) {
	var t tenant.Tenant
	err := a.DB.Tx(ctx, func(ctx context.Context) error {
		list, err := a.Tenants.List(ctx)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(list, func(t tenant.Tenant) bool { return t.Key == key })
		if i >= 0 {
			t = list[i]
		} else if t, err = a.Tenants.Create(ctx, access.CommandLine(""), tenant.Tenant{Key: key, Name: name, Fictional: fictional}); err != nil {
			return err
		}
		return a.Indicators.EnsureCatalogue(ctx, t.ID)
	})
	return t, err
}

// Operator is the person at the command line, within a tenant.
func (a *App) Operator(t tenant.Tenant) access.Actor { return access.CommandLine(t.ID) }

// source gives the gate the figures as delivered.
type source struct {
	service *indicator.Service
	store   *indicatordb.Store
}

func (s source) Indicators(ctx context.Context, tenant kernel.ID) ([]indicator.Indicator, error) {
	return s.store.Indicators(ctx, tenant)
}

func (s source) SliceStates(ctx context.Context, tenant kernel.ID) ([]indicator.SliceState, error) {
	return s.store.SliceStates(ctx, tenant)
}

func (s source) Slice(ctx context.Context, tenant, id kernel.ID) (indicator.Slice, error) {
	return s.store.Slice(ctx, tenant, id)
}

func (s source) Observations(ctx context.Context, tenant, slice kernel.ID, deliveries []kernel.ID) ([]indicator.Observation, error) {
	if deliveries != nil {
		return s.service.Raw(tenant).Pinned(ctx, slice, deliveries)
	}
	return s.service.Raw(tenant).Observations(ctx, slice)
}

func (s source) Stamp(ctx context.Context, tenant kernel.ID) (string, error) {
	return s.store.Stamp(ctx, tenant)
}
