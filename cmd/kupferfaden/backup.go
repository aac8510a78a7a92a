// SPDX-License-Identifier: EUPL-1.2

package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"filippo.io/age"

	"github.com/kupferfaden/kupferfaden/internal/app"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/platform/backup"
)

// BackupCmd groups the verbs on backups.
type BackupCmd struct {
	Create BackupCreateCmd `cmd:"" default:"withargs" help:"Save the whole installation into one file, also while it serves."`
	Verify BackupVerifyCmd `cmd:"" help:"Read a backup fully and say what is in it."`
	List   BackupListCmd   `cmd:"" help:"List the backups that are kept."`
	Keygen BackupKeygenCmd `cmd:"" help:"Make a key pair for encrypted backups."`
}

// BackupPlace says which installation is saved, and how.
type BackupPlace struct {
	Place
	Dir       string   `help:"Folder of the backups; backups in the data directory when empty." env:"KUPFERFADEN_BACKUP_DIR" placeholder:"DIR"`
	Recipient []string `help:"Public key (age1…) to which the backup is encrypted." env:"KUPFERFADEN_BACKUP_RECIPIENT" placeholder:"KEY"`
}

func (p BackupPlace) config() app.Config {
	c := p.Place.config()
	c.Backup.Dir, c.Backup.Recipients = p.Dir, p.Recipient
	return c
}

// BackupCreateCmd saves.
type BackupCreateCmd struct {
	BackupPlace
	To      string `help:"File to write; a new one in the folder of the backups when empty. Never overwrites." type:"path" placeholder:"FILE"`
	WithKey bool   `help:"Put the key of the installation into a backup that is not encrypted."`
	Town    string `help:"Save this town only, for an installation of its own." placeholder:"KEY"`
	Keep    int    `help:"Afterwards keep only so many backups in the folder; 0: all." placeholder:"N"`
	Prove   bool   `help:"Bring the backup back into a temporary folder and compare it, as the nightly one does."`
}

// Run writes the backup and prints its name.
func (c *BackupCreateCmd) Run(e *Env) error {
	if c.Database == "" && !app.Exists(c.Data) {
		return kernel.E(kernel.NotFound, "data.none", "dir", c.Data)
	}
	if c.Prove && (c.To != "" || c.Town != "" || c.WithKey) {
		return usageError{errors.New("--prove goes with neither --to nor --town nor --with-key")}
	}
	cfg := c.config()
	cfg.AsIs = true
	cfg.Backup.Keep = c.Keep
	if c.Prove && c.Keep == 0 {
		cfg.Backup.Keep = int(^uint(0) >> 1)
	}
	a, err := app.Open(e.Ctx, cfg)
	if err != nil {
		return err
	}
	defer a.Close()
	report := e.Tracer.step(e.P.T("backup.step.save"))
	if c.Prove {
		v, err := a.SaveAndProve(e.Ctx, func(done int64, _ string) { report(int(done), 3) })
		e.Tracer.end()
		if err != nil {
			return err
		}
		e.say("backup.done.proven", "file", v.File, "rows", v.Rows, "files", v.Files, "size", v.Bytes, "took", v.Took)
		fmt.Fprintln(e.Out, v.File)
		return nil
	}
	q := app.BackupRequest{To: c.To, Recipients: c.Recipient, WithKey: c.WithKey}
	if c.Town != "" {
		t, err := a.Tenants.Find(e.Ctx, c.Town)
		if err != nil {
			return err
		}
		q.Tenant = &t
	}
	path, m, err := a.Save(e.Ctx, q)
	e.Tracer.end()
	if err != nil {
		return err
	}
	e.saved(path, m)
	fmt.Fprintln(e.Out, path)
	if c.Keep > 0 && c.To == "" {
		gone, err := backup.Prune(cfg.BackupDir(), c.Keep, a.Now())
		for _, f := range gone {
			e.say("backup.pruned", "file", f)
		}
		return err
	}
	return nil
}

// saved tells what a backup holds.
func (e *Env) saved(path string, m backup.Manifest) {
	rows, files, bytes := m.Total()
	size := int64(0)
	if i, err := os.Stat(path); err == nil {
		size = i.Size()
	}
	e.say("backup.done", "file", path, "rows", rows, "files", files, "bytes", bytes, "size", size)
	if !m.Key && m.Tenant == "" {
		e.say("backup.no_key")
	}
	if n := len(m.Missing); n > 0 {
		e.say("backup.missing", "n", n, "first", m.Missing[0])
	}
}

// IdentityFlag names private keys.
type IdentityFlag struct {
	Identity []string `help:"File with a private key, as backup keygen writes it." type:"path" placeholder:"KEYFILE"`
}

func (f IdentityFlag) read() ([]age.Identity, error) {
	var all []age.Identity
	for _, name := range f.Identity {
		text, err := readFile(name, 1<<20)
		if err != nil {
			return nil, err
		}
		ids, err := backup.Identities(text)
		if err != nil {
			return nil, err
		}
		all = append(all, ids...)
	}
	return all, nil
}

// BackupVerifyCmd proves a backup whole.
type BackupVerifyCmd struct {
	IdentityFlag
	File string `arg:"" help:"Backup." type:"path"`
}

// Run reads all of it and prints each table with its number of rows.
func (c *BackupVerifyCmd) Run(e *Env) error {
	ids, err := c.read()
	if err != nil {
		return err
	}
	e.Tracer.step(e.P.T("backup.step.verify"))
	m, err := backup.Verify(e.Ctx, c.File, ids)
	e.Tracer.end()
	if err != nil {
		return err
	}
	e.say("backup.verified", "file", c.File, "at", m.Started, "program", m.Program, "engine", string(m.Engine), "schema", m.Schema)
	e.saved(c.File, m)
	for _, t := range m.Rows {
		fmt.Fprintf(e.Out, "%s\t%d\t%s\n", t.Table, t.Rows, t.SHA256)
	}
	return nil
}

// BackupListCmd lists backups.
type BackupListCmd struct{ BackupPlace }

// Run prints one backup a line, newest first.
func (c *BackupListCmd) Run(e *Env) error {
	dir := c.config().BackupDir()
	list, err := backup.List(dir)
	if err != nil {
		return err
	}
	proven, _, err := app.LastBackup(dir)
	if err != nil {
		return err
	}
	if len(list) == 0 {
		e.say("backup.none", "dir", dir)
	}
	for _, f := range list {
		state := "-"
		if filepath.Base(proven.File) == filepath.Base(f.Path) {
			state = "proven"
		}
		lock := "plain"
		if f.Encrypted {
			lock = "encrypted"
		}
		fmt.Fprintf(e.Out, "%s\t%s\t%d\t%s\t%s\t%s\n", f.Path, kernel.InstantOf(f.At), f.Size, lock, state, f.What)
	}
	return nil
}

// BackupKeygenCmd makes a key pair.
type BackupKeygenCmd struct {
	To string `help:"File for the private key." default:"kupferfaden-backup.key" type:"path" placeholder:"FILE"`
}

// Run writes the private key to a new file only its owner may read, and prints the public one.
func (c *BackupKeygenCmd) Run(e *Env) error {
	i, err := age.GenerateX25519Identity()
	if err != nil {
		return err
	}
	f, err := os.OpenFile(c.To, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return kernel.E(kernel.Conflict, "backup.exists", "file", c.To)
	}
	if err != nil {
		return &kernel.Error{Kind: kernel.Unavailable, Key: "backup.not_writable", Params: kernel.Params("file", c.To), Err: err}
	}
	_, err = fmt.Fprintf(f, "# public key: %s\n%s\n", i.Recipient(), i)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	e.say("backup.keygen", "file", c.To)
	fmt.Fprintln(e.Out, i.Recipient())
	return nil
}

// programVersion is what backups name as their maker.
func programVersion() string {
	v, _ := built()
	return v
}
