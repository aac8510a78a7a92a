// SPDX-License-Identifier: EUPL-1.2

package app_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"log/slog"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"filippo.io/age"

	"github.com/kupferfaden/kupferfaden/internal/app"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/platform/backup"
	"github.com/kupferfaden/kupferfaden/internal/platform/db"
	"github.com/kupferfaden/kupferfaden/internal/platform/db/dbtest"
)

// The nightly backup is encrypted to a key the server does not have, and yet proven: brought back, compared, noted; the oldest are removed.
func TestTheNightlyBackupIsProven(t *testing.T) {
	key, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	for engine, place := range map[string]func(t *testing.T) string{"sqlite": func(*testing.T) string { return "" }, "postgres": func(t *testing.T) string { return dbtest.PostgresURL(t) }} {
		t.Run(engine, func(t *testing.T) {
			now := time.Date(2026, 10, 24, 0, 30, 0, 0, time.UTC)
			cfg := app.Config{
				DataDir: t.TempDir(), Database: place(t), Log: slog.New(slog.DiscardHandler), Now: func() time.Time { return now },
				Backup: app.BackupOptions{Keep: 2, Recipients: []string{key.Recipient().String()}},
			}
			a, err := app.Open(t.Context(), cfg)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() {
				if err := a.Close(); err != nil {
					t.Error(err)
				}
			})
			if _, err := a.Init(t.Context(), "default", kernel.T("Teststadt", "Test town"), true); err != nil {
				t.Fatal(err)
			}
			if _, _, err := a.Files.Put(t.Context(), strings.NewReader("Akte"), 10); err != nil {
				t.Fatal(err)
			}
			if _, ok, err := a.LastBackup(); ok || err != nil {
				t.Fatalf("a backup before the first: %v", err)
			}
			for range 3 {
				now = now.Add(24 * time.Hour)
				if _, err := a.SaveAndProve(t.Context(), func(int64, string) {}); err != nil {
					t.Fatal(err)
				}
			}
			v, ok, err := a.LastBackup()
			if err != nil || !ok || !v.VerifiedAt.Equal(now) || v.Files != 1 || v.Rows == 0 {
				t.Errorf("%+v %v", v, err)
			}
			list, err := backup.List(cfg.BackupDir())
			if err != nil || len(list) != 2 || !list[0].Encrypted || list[0].Path != v.File {
				t.Errorf("%+v %v", list, err)
			}
			if m, err := backup.Verify(t.Context(), v.File, []age.Identity{key}); err != nil || !m.Key {
				t.Errorf("the town's own key does not open it, or the key of the installation is missing: %v", err)
			}
			if left, err := filepath.Glob(filepath.Join(cfg.BackupDir(), ".*")); err != nil || len(left) > 0 {
				t.Errorf("the trial left %v", left)
			}
		})
	}
}

// diagnose runs doctor and gives the outcome of each check.
func diagnose(t *testing.T, cfg app.Config, o app.DoctorOptions) map[string]app.Check {
	t.Helper()
	out := map[string]app.Check{}
	for _, c := range app.Doctor(context.Background(), cfg, o, func(app.Check) {}) {
		out[c.Name] = c
	}
	return out
}

// Each fault that doctor looks for is found, and a town in order has none.
func TestDoctorFindsWhatIsWrong(t *testing.T) {
	now := time.Now()
	fresh := func(t *testing.T) app.Config {
		cfg := app.Config{
			DataDir: filepath.Join(t.TempDir(), "data"), URL: "https://sozialplanung.stadt.example", Log: slog.New(slog.DiscardHandler), Now: func() time.Time { return now },
			Backup: app.BackupOptions{At: "02:30"},
		}
		a, err := app.Open(t.Context(), cfg)
		if err != nil {
			t.Fatal(err)
		}
		_, err = a.Init(t.Context(), "default", kernel.T("Teststadt", "Test town"), true)
		if err == nil {
			_, err = a.SaveAndProve(t.Context(), func(int64, string) {})
		}
		if err := errors.Join(err, a.Close()); err != nil {
			t.Fatal(err)
		}
		return cfg
	}
	well := diagnose(t, fresh(t), app.DoctorOptions{})
	for name, c := range well {
		if c.Health == app.Ill || c.Health == app.Ailing && name != "mail" && name != "disk" {
			t.Errorf("%s of a town in order: %s %s %v", name, c.Health, c.Key, c.Err)
		}
	}
	for _, name := range []string{"version", "configuration", "data", "disk", "key", "schema", "database", "clock", "files", "jobs", "audit", "mail", "certificate", "backup"} {
		if _, ok := well[name]; !ok {
			t.Errorf("nobody looked at %s", name)
		}
	}
	open := func(t *testing.T, cfg app.Config, f func(a *app.App) error) {
		t.Helper()
		a, err := app.Open(t.Context(), cfg)
		if err == nil {
			err = errors.Join(f(a), a.Close())
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := closed.Addr().(*net.TCPAddr).Port
	if err := closed.Close(); err != nil {
		t.Fatal(err)
	}
	for want, harm := range map[string]func(t *testing.T, cfg *app.Config, o *app.DoctorOptions){
		"files fail doctor.files.bad": func(t *testing.T, cfg *app.Config, _ *app.DoctorOptions) {
			open(t, *cfg, func(a *app.App) error {
				sum, _, err := a.Files.Put(t.Context(), strings.NewReader("Akte"), 10)
				if err != nil {
					return err
				}
				return os.WriteFile(filepath.Join(cfg.DataDir, "files", sum[:2], sum[2:]), []byte("anders"), 0o600)
			})
		},
		"key fail doctor.key.none": func(t *testing.T, cfg *app.Config, _ *app.DoctorOptions) {
			if err := os.Remove(filepath.Join(cfg.DataDir, "secret.key")); err != nil {
				t.Fatal(err)
			}
		},
		"key fail doctor.key.open": func(t *testing.T, cfg *app.Config, _ *app.DoctorOptions) {
			if err := os.Chmod(filepath.Join(cfg.DataDir, "secret.key"), 0o644); err != nil {
				t.Fatal(err)
			}
		},
		"data warn doctor.data.open": func(t *testing.T, cfg *app.Config, _ *app.DoctorOptions) {
			if err := os.Chmod(cfg.DataDir, 0o755); err != nil {
				t.Fatal(err)
			}
		},
		"database fail db.behind": func(t *testing.T, cfg *app.Config, _ *app.DoctorOptions) {
			if err := os.Truncate(filepath.Join(cfg.DataDir, db.FileName), 0); err != nil {
				t.Fatal(err)
			}
		},
		"clock fail doctor.clock.back": func(_ *testing.T, cfg *app.Config, _ *app.DoctorOptions) {
			cfg.Now = func() time.Time { return now.AddDate(0, 0, -1) }
		},
		"backup warn doctor.backup.old": func(_ *testing.T, cfg *app.Config, _ *app.DoctorOptions) {
			cfg.Now = func() time.Time { return now.AddDate(0, 0, 3) }
		},
		"backup warn doctor.backup.none":       func(t *testing.T, cfg *app.Config, _ *app.DoctorOptions) { cfg.Backup.Dir = t.TempDir() },
		"configuration fail backup.recipient":  func(_ *testing.T, cfg *app.Config, _ *app.DoctorOptions) { cfg.Backup.Recipients = []string{"age1x"} },
		"configuration warn doctor.config.url": func(_ *testing.T, cfg *app.Config, _ *app.DoctorOptions) { cfg.URL = "" },
		"mail fail doctor.mail.unreachable": func(_ *testing.T, cfg *app.Config, _ *app.DoctorOptions) {
			cfg.Mail = app.MailOptions{Host: "127.0.0.1", Port: port, From: "plan@stadt.example", Security: "none"}
		},
		"certificate fail doctor.certificate.expired": func(t *testing.T, _ *app.Config, o *app.DoctorOptions) { certificate(t, o, now.Add(-time.Hour)) },
		"certificate warn doctor.certificate.soon":    func(t *testing.T, _ *app.Config, o *app.DoctorOptions) { certificate(t, o, now.AddDate(0, 0, 5)) },
		"certificate ok doctor.certificate":           func(t *testing.T, _ *app.Config, o *app.DoctorOptions) { certificate(t, o, now.AddDate(0, 3, 0)) },
		"data fail doctor.data.none":                  func(t *testing.T, cfg *app.Config, _ *app.DoctorOptions) { cfg.DataDir += "-other" },
	} {
		t.Run(want, func(t *testing.T) {
			cfg, o := fresh(t), app.DoctorOptions{}
			harm(t, &cfg, &o)
			part := strings.Fields(want)
			c := diagnose(t, cfg, o)[part[0]]
			if string(c.Health) != part[1] || c.Key != part[2] {
				t.Errorf("%s %s %v", c.Health, c.Key, c.Err)
			}
			if strings.HasSuffix(cfg.DataDir, "-other") {
				if _, err := os.Stat(cfg.DataDir); err == nil {
					t.Error("doctor made a data directory")
				}
			}
		})
	}
}

// certificate writes a key pair that ends at a time.
func certificate(t *testing.T, o *app.DoctorOptions, end time.Time) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "stadt.example"}, NotBefore: end.AddDate(-1, 0, 0), NotAfter: end}
	der, err := x509.CreateCertificate(rand.Reader, c, c, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	o.CertFile, o.KeyFile = filepath.Join(t.TempDir(), "cert.pem"), filepath.Join(t.TempDir(), "key.pem")
	for path, block := range map[string]*pem.Block{o.CertFile: {Type: "CERTIFICATE", Bytes: der}, o.KeyFile: {Type: "EC PRIVATE KEY", Bytes: private}} {
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
