// SPDX-License-Identifier: EUPL-1.2

package app

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"time"

	"filippo.io/age"

	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/platform/backup"
	"github.com/kupferfaden/kupferfaden/internal/platform/blob"
	"github.com/kupferfaden/kupferfaden/internal/platform/db"
	"github.com/kupferfaden/kupferfaden/internal/platform/job"
	"github.com/kupferfaden/kupferfaden/internal/platform/secret"
	"github.com/kupferfaden/kupferfaden/internal/platform/server"
	"github.com/kupferfaden/kupferfaden/internal/tenant"
)

// nightlyBackup is the job that saves the installation and proves that what it saved can be brought back.
const nightlyBackup = "backup.nightly"

// verifiedName is the note beside the backups about the last one that was brought back on trial.
const verifiedName = "verified.json"

// BackupDir is where backups are kept.
func (c Config) BackupDir() string { return cmp.Or(c.Backup.Dir, filepath.Join(c.DataDir, "backups")) }

// VerifiedBackup is a backup that was brought back into an empty place and found equal.
type VerifiedBackup struct {
	File       string         `json:"file"`
	At         kernel.Instant `json:"at"`       // moment it shows
	VerifiedAt kernel.Instant `json:"verified"` // when it was brought back
	Took       time.Duration  `json:"took"`     // nanoseconds: saving and bringing back
	Rows       int64          `json:"rows"`
	Files      int            `json:"files"`
	Bytes      int64          `json:"bytes"` // size of the backup
}

// LastBackup tells about the newest backup that was proven; ok is false where none was. For readiness, metrics and doctor.
func (a *App) LastBackup() (v VerifiedBackup, ok bool, err error) {
	return LastBackup(a.Config.BackupDir())
}

// LastBackup reads the note in a folder of backups.
func LastBackup(dir string) (v VerifiedBackup, ok bool, err error) {
	b, err := os.ReadFile(filepath.Join(dir, verifiedName))
	if errors.Is(err, fs.ErrNotExist) {
		return v, false, nil
	}
	if err == nil {
		err = json.Unmarshal(b, &v)
	}
	return v, err == nil, err
}

// provenAt is the moment that the last proven backup shows, for readiness and metrics.
func (a *App) provenAt() (time.Time, bool) {
	v, ok, err := a.LastBackup()
	if err != nil {
		a.Log.Warn("the note about the last proven backup cannot be read", "err", err)
	}
	return v.At.Time, ok
}

// BackupRequest says what to save.
type BackupRequest struct {
	To         string   // file; empty: a new one in the folder of backups
	Recipients []string // public keys
	WithKey    bool     // the key of the installation although nothing is encrypted
	Tenant     *tenant.Tenant
}

// Save makes a backup while the town goes on working.
func (a *App) Save(ctx context.Context, q BackupRequest) (path string, m backup.Manifest, err error) {
	recipients, err := backup.Recipients(q.Recipients)
	if err != nil {
		return "", m, err
	}
	return a.save(ctx, q, recipients)
}

func (a *App) save(ctx context.Context, q BackupRequest, recipients []age.Recipient) (path string, m backup.Manifest, err error) {
	s := backup.Source{DB: a.DB, Files: a.Files, Program: a.Config.Program, Now: a.Now}
	what := ""
	if q.Tenant != nil {
		s.Tenant, s.TenantKey, what = q.Tenant.ID, q.Tenant.Key, "town-"+q.Tenant.Key
	} else if len(recipients) > 0 || q.WithKey {
		if s.Key, err = secret.Text(a.Config.DataDir, a.Config.Secret); err != nil {
			return "", m, err
		}
	}
	path = q.To
	if path == "" {
		path = filepath.Join(a.Config.BackupDir(), backup.Name(a.Now(), what, len(recipients) > 0))
	}
	m, err = backup.Create(ctx, s, path, recipients)
	return path, m, err
}

// nightly saves the installation, brings the backup back into an empty folder, compares, and removes the oldest backups. It is enqueued for
// every town; the first one's job does it for all.
func (a *App) nightly(ctx context.Context, r *job.Run) error {
	towns, err := a.tenantIDs(ctx)
	if err != nil || len(towns) == 0 || towns[0] != r.Tenant {
		return err
	}
	v, err := a.SaveAndProve(ctx, func(done int64, step string) { r.Progress(done, 3, step) })
	if err != nil {
		return err
	}
	a.Log.Info("backup made and proven", "file", filepath.Base(v.File), "rows", v.Rows, "files", v.Files, "bytes", v.Bytes, "took", v.Took)
	return nil
}

// SaveAndProve makes a backup, brings it back on trial beside it, compares row by row and keeps as many as the settings say.
func (a *App) SaveAndProve(ctx context.Context, progress func(done int64, step string)) (VerifiedBackup, error) {
	var v VerifiedBackup
	start := time.Now()
	recipients, err := backup.Recipients(a.Config.Backup.Recipients)
	if err != nil {
		return v, err
	}
	// The server has no private key. One that lives for this backup only proves that the encrypted file itself can be brought back.
	var trial []age.Identity
	if len(recipients) > 0 {
		i, err := age.GenerateX25519Identity()
		if err != nil {
			return v, fmt.Errorf("backup: %w", err)
		}
		trial, recipients = []age.Identity{i}, append(recipients, i.Recipient())
	}
	progress(0, "backup.step.save")
	path, m, err := a.save(ctx, BackupRequest{}, recipients)
	if err != nil {
		return v, err
	}
	progress(1, "backup.step.prove")
	dir := filepath.Dir(path)
	tmp, err := os.MkdirTemp(dir, ".trial-")
	if err != nil {
		return v, err
	}
	_, err = backup.RestoreFile(ctx, path, trial, backup.Target{Dir: tmp})
	if err := errors.Join(err, os.RemoveAll(tmp)); err != nil {
		return v, err
	}
	progress(2, "backup.step.prune")
	if _, err := backup.Prune(dir, cmp.Or(a.Config.Backup.Keep, defaultKeep), a.Now()); err != nil {
		return v, err
	}
	i, err := os.Stat(path)
	if err != nil {
		return v, err
	}
	v = VerifiedBackup{File: path, At: m.Started, VerifiedAt: kernel.InstantOf(a.Now()), Took: time.Since(start), Bytes: i.Size()}
	v.Rows, v.Files, _ = m.Total()
	progress(3, "")
	return v, note(dir, v)
}

// defaultKeep is how many nightly backups stay where no settings say so.
const defaultKeep = 14

// note writes what was proven, whole or not at all.
func note(dir string, v VerifiedBackup) error {
	b, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, ".verified-*")
	if err != nil {
		return err
	}
	_, err = f.Write(append(b, '\n'))
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return os.Rename(f.Name(), filepath.Join(dir, verifiedName))
}

// beforeMigrate saves a filled database before its schema changes. Migrations go forward only, so this file is the way back.
func beforeMigrate(cfg Config) func(ctx context.Context, d *db.DB) error {
	if cfg.SkipBackup {
		return nil
	}
	return func(ctx context.Context, d *db.DB) (err error) {
		dir := cfg.BackupDir()
		path := filepath.Join(dir, backup.Name(cfg.Now(), fmt.Sprintf("before-schema-%d", d.Schema().Known), len(cfg.Backup.Recipients) > 0))
		if err := room(dir, cfg.DataDir, d); err != nil {
			return err
		}
		files, err := blob.Open(cfg.DataDir)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, files.Close()) }()
		recipients, err := backup.Recipients(cfg.Backup.Recipients)
		if err != nil {
			return err
		}
		s := backup.Source{DB: d, Files: files, Program: cfg.Program, Now: cfg.Now}
		if len(recipients) > 0 {
			if s.Key, err = secret.Text(cfg.DataDir, cfg.Secret); err != nil {
				return err
			}
		}
		_, err = backup.Create(ctx, s, path, recipients)
		if kernel.KindOf(err) == kernel.Conflict && backupThere(path) {
			return nil // another process saves the same database in the same second
		}
		if err != nil {
			return err
		}
		cfg.Log.Info("saved before the schema changes", "file", path, "from", d.Schema().Have, "to", d.Schema().Known)
		return nil
	}
}

func backupThere(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// room refuses to begin what would not fit: the backup is at most about as large as the database and its files, and a migration may write
// every page of the database once more.
func room(dir, dataDir string, d *db.DB) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	need := backup.Size(filepath.Join(dataDir, "files"))
	if i, err := os.Stat(filepath.Join(dataDir, db.FileName)); err == nil && d.Engine() == db.SQLite {
		need += 2 * i.Size()
	}
	space, _, ok := server.Disk(dir)
	free := int64(min(space, math.MaxInt64))
	if ok && free < need {
		return kernel.E(kernel.Unavailable, "backup.no_room_migrate", "dir", dir, "need", need, "free", free)
	}
	return nil
}

// wayBack adds to an error about lost or damaged data which backup is the newest good one and how to bring it back.
func wayBack(err error, cfg Config) error {
	var k *kernel.Error
	if !errors.As(err, &k) || k.Key != "db.behind" && k.Key != "db.damaged_file" {
		return err
	}
	out := *k
	list, lerr := backup.List(cfg.BackupDir())
	if lerr != nil || len(list) == 0 {
		out.Findings = append(out.Findings, kernel.Finding{Code: "backup.last.none", Outcome: kernel.Info, Params: kernel.Params("dir", cfg.BackupDir())})
		return &out
	}
	newest := list[0]
	if v, ok, verr := LastBackup(cfg.BackupDir()); ok && verr == nil {
		for _, f := range list {
			if filepath.Base(f.Path) == filepath.Base(v.File) {
				newest = f
			}
		}
	}
	command := "kupferfaden restore --data " + cfg.DataDir + "-neu "
	if newest.Encrypted {
		command += "--identity SCHLUESSELDATEI "
	}
	out.Findings = append(out.Findings, kernel.Finding{
		Code: "backup.last", Outcome: kernel.Info, Params: kernel.Params("file", newest.Path, "at", kernel.InstantOf(newest.At), "command", command+newest.Path),
	})
	return &out
}
