// SPDX-License-Identifier: EUPL-1.2

package backup_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"filippo.io/age"

	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/platform/backup"
	"github.com/kupferfaden/kupferfaden/internal/platform/blob"
	"github.com/kupferfaden/kupferfaden/internal/platform/db"
	"github.com/kupferfaden/kupferfaden/internal/platform/db/dbtest"
)

// town is a filled installation.
type town struct {
	t      *testing.T
	cfg    db.Config
	db     *db.DB
	files  *blob.Store
	tenant kernel.ID
}

// engines are where a town can be kept.
var engines = map[string]func(t *testing.T) string{"sqlite": func(*testing.T) string { return "" }, "postgres": func(t *testing.T) string { return dbtest.PostgresURL(t) }}

func openTown(t *testing.T, cfg db.Config) *town {
	t.Helper()
	d, err := db.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	f, err := blob.Open(cfg.DataDir)
	if err != nil {
		t.Fatal(err)
	}
	x := &town{t: t, cfg: cfg, db: d, files: f}
	t.Cleanup(func() {
		if err := errors.Join(f.Close(), d.Close()); err != nil {
			t.Error(err)
		}
	})
	return x
}

// makeTown fills one with values of every kind, and with rows that refer to rows that come later in the order of keys.
func makeTown(t *testing.T, url string) *town {
	t.Helper()
	x := openTown(t, db.Config{DataDir: t.TempDir(), URL: url})
	x.tenant = kernel.NewID()
	at := kernel.InstantOf(time.Date(2026, 3, 29, 1, 30, 0, 123456789, time.UTC))
	x.exec(`insert into tenant (tenant_id, key, name, fictional, settings, created_at) values ($1, $2, $3, $4, $5, $6)`,
		x.tenant, "stadt", `{"de":"Städt\"chen\\"}`, true, "{}", at)
	x.exec(`insert into area_level (tenant_id, id, key, name, rank) values ($1, $2, 'raum', '{}', 4)`, x.tenant, id(1))
	x.exec(`insert into area_edition (tenant_id, id, level_id, key, valid_from, valid_to, source, sha256, source_crs, report, map_overview, map_web, version, imported_at)
		values ($1, $2, $3, '2018', '2018-01-01', '', 'raum.geojson', $4, 25832, '{}', $5, $6, 1, $7)`,
		x.tenant, id(2), id(1), x.put("Räume"), []byte{0, 255, '\n', '"'}, []byte{}, at)
	for i, v := range []float64{0.1, -1e-300, 1.7976931348623157e308, 3, 0} {
		x.exec(`insert into area (tenant_id, id, edition_id, key, name, sort_name, area_m2, label_lon, label_lat, geometry)
			values ($1, $2, $3, $4, $5, '', $6, 9.5, 51, $7)`, x.tenant, id(10+i), id(2), []string{"Ä", "Z", "a", "b", "B"}[i], "Zeile\n\tTab \u2028 \x01 😀", v, bytes.Repeat([]byte{byte(i)}, 3<<19))
	}
	x.exec(`update area set parent_id = $2 where tenant_id = $1 and id <> $2`, x.tenant, id(13))
	for i := range 300 {
		x.account(fmt.Sprintf("Änne%03d@stadt.example", i))
	}
	return x
}

func id(n int) kernel.ID { return kernel.ID(fmt.Sprintf("00000000-0000-7000-8000-%012d", n)) }

func (x *town) exec(q string, args ...any) {
	x.t.Helper()
	if err := x.db.Tx(context.Background(), func(ctx context.Context) error {
		_, err := x.db.Conn(ctx).ExecContext(ctx, q, args...)
		return err
	}); err != nil {
		x.t.Fatal(err)
	}
}

func (x *town) put(content string) string {
	x.t.Helper()
	sum, _, err := x.files.Put(context.Background(), strings.NewReader(content), 1<<20)
	if err != nil {
		x.t.Fatal(err)
	}
	return sum
}

func (x *town) account(mail string) {
	x.exec(`insert into account (tenant_id, id, email, email_folded, name, password_hash, must_change, created_at) values ($1, $2, $3, $3, '', '', false, $4)`,
		x.tenant, kernel.NewID(), mail, kernel.InstantOf(time.Now()))
}

func (x *town) source() backup.Source {
	return backup.Source{DB: x.db, Files: x.files, Program: "test", Now: time.Now}
}

// digests sums every table.
func (x *town) digests() []backup.TableSum {
	x.t.Helper()
	tables, err := x.db.Tables(x.t.Context())
	if err != nil {
		x.t.Fatal(err)
	}
	var sums []backup.TableSum
	for _, t := range tables {
		s, err := backup.Digest(x.t.Context(), x.db, t)
		if err != nil {
			x.t.Fatal(err)
		}
		sums = append(sums, s)
	}
	return sums
}

// A town moves between the engines and stays what it was, to the last digit and byte.
func TestATownIsTheSameOnEitherEngine(t *testing.T) {
	for from, url := range engines {
		t.Run("from "+from, func(t *testing.T) {
			x := makeTown(t, url(t))
			path := filepath.Join(t.TempDir(), "b", backup.Name(time.Now(), "", false))
			m, err := backup.Create(t.Context(), x.source(), path, nil)
			if err != nil {
				t.Fatal(err)
			}
			want := x.digests()
			if !slices.Equal(m.Rows, want) || len(m.Files) != 1 || len(m.Missing) != 0 || m.Key {
				t.Fatalf("the manifest is not what is in the town: %+v", m)
			}
			if v, err := backup.Verify(t.Context(), path, nil); err != nil || !slices.Equal(v.Rows, want) {
				t.Fatalf("verify: %v", err)
			}
			for to, url := range engines {
				t.Run("to "+to, func(t *testing.T) {
					target := backup.Target{Dir: filepath.Join(t.TempDir(), "new"), Database: url(t)}
					if _, err := backup.RestoreFile(t.Context(), path, nil, target); err != nil {
						t.Fatal(err)
					}
					y := openTown(t, db.Config{DataDir: target.Dir, URL: target.Database})
					if got := y.digests(); !slices.Equal(got, want) {
						t.Errorf("got  %v\nwant %v", got, want)
					}
					for _, f := range m.Files {
						if err := y.files.Verify(f.SHA256); err != nil {
							t.Error(err)
						}
					}
					var keys int
					if err := y.db.Conn(t.Context()).QueryRowContext(t.Context(), `select count(*) from area a join area b on b.tenant_id = a.tenant_id and b.id = a.parent_id where a.tenant_id = $1`, x.tenant).Scan(&keys); err != nil || keys != 4 {
						t.Errorf("%d areas have their parent, want 4: %v", keys, err)
					}
					// References are enforced again.
					err := y.db.Tx(t.Context(), func(ctx context.Context) error {
						_, err := y.db.Conn(ctx).ExecContext(ctx, `update area set parent_id = $2 where tenant_id = $1`, x.tenant, kernel.NewID())
						return err
					})
					if !db.Dangling(err) {
						t.Errorf("a reference to nothing was taken: %v", err)
					}
					if _, err := backup.RestoreFile(t.Context(), path, nil, target); kernel.KindOf(err) != kernel.Conflict {
						t.Errorf("restored over a town: %v", err)
					}
					if to == "postgres" {
						_, err := backup.RestoreFile(t.Context(), path, nil, backup.Target{Dir: filepath.Join(t.TempDir(), "other"), Database: target.Database})
						if kernel.KindOf(err) != kernel.Conflict {
							t.Errorf("restored into a filled database: %v", err)
						}
						if got := y.digests(); !slices.Equal(got, want) {
							t.Error("the refused restore changed the database")
						}
					}
				})
			}
		})
	}
}

// What was acknowledged before the backup began is in it, what came later is in it whole or not at all.
func TestABackupUnderLoadShowsOneMoment(t *testing.T) {
	for engine, url := range engines {
		t.Run(engine, func(t *testing.T) {
			x := makeTown(t, url(t))
			var stop atomic.Bool
			var acked atomic.Int64
			var wg sync.WaitGroup
			wg.Go(func() {
				for n := 0; !stop.Load(); n++ {
					sum, _, err := x.files.Put(context.Background(), strings.NewReader(fmt.Sprint("Datei ", n)), 100)
					if err == nil {
						// Two rows that belong together, and a file.
						err = x.db.Tx(context.Background(), func(ctx context.Context) error {
							for _, part := range []string{"a", "b"} {
								if _, err := x.db.Conn(ctx).ExecContext(ctx, `insert into inbox_file (tenant_id, id, kind, name, sha256, size, draft, uploaded_at, uploaded_by) values ($1, $2, 'figures', $3, $4, $5, '', $6, '')`,
									x.tenant, kernel.NewID(), part+fmt.Sprint(n), sum, n, kernel.InstantOf(time.Now())); err != nil {
									return err
								}
							}
							return nil
						})
					}
					if err != nil {
						t.Error(err)
						return
					}
					acked.Store(int64(n + 1))
				}
			})
			for acked.Load() < 20 {
				time.Sleep(time.Millisecond)
			}
			before := acked.Load()
			path := filepath.Join(t.TempDir(), "x.tar.zst")
			m, err := backup.Create(t.Context(), x.source(), path, nil)
			after := acked.Load()
			stop.Store(true)
			wg.Wait()
			if err != nil {
				t.Fatal(err)
			}
			if after == before {
				t.Log("nothing was written while the backup was made")
			}
			target := backup.Target{Dir: filepath.Join(t.TempDir(), "new"), Database: url(t)}
			if _, err := backup.RestoreFile(t.Context(), path, nil, target); err != nil {
				t.Fatal(err)
			}
			y := openTown(t, db.Config{DataDir: target.Dir, URL: target.Database})
			if got := y.digests(); !slices.Equal(got, m.Rows) {
				t.Error("the restored town is not the snapshot of the backup")
			}
			rows, err := y.db.Conn(t.Context()).QueryContext(t.Context(), `select size, count(*), max(sha256) from inbox_file where tenant_id = $1 group by size order by size`, x.tenant)
			next := int64(0)
			if err := db.Each(rows, err, func(r db.Row) error {
				var n, pair int64
				var sum string
				if err := r.Scan(&n, &pair, &sum); err != nil {
					return err
				}
				if n != next || pair != 2 {
					t.Errorf("write %d came as %d rows after %d", n, pair, next-1)
				}
				next++
				return y.files.Verify(sum)
			}); err != nil {
				t.Error(err)
			}
			if next < before || next > after+1 {
				t.Errorf("%d writes are in the backup; %d were acknowledged before it began, %d when it ended", next, before, after)
			}
		})
	}
}

func TestABackupForSeveralKeys(t *testing.T) {
	x := makeTown(t, "")
	a, b, other := identity(t), identity(t), identity(t)
	recipients, err := backup.Recipients([]string{a.Recipient().String(), b.Recipient().String()})
	if err != nil {
		t.Fatal(err)
	}
	s := x.source()
	s.Key = []byte("c2VjcmV0\n")
	path := filepath.Join(t.TempDir(), backup.Name(time.Now(), "", true))
	if _, err := backup.Create(t.Context(), s, path, recipients); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(path)
	if err != nil || bytes.Contains(content, []byte("stadt.example")) {
		t.Fatalf("the file can be read: %v", err)
	}
	for _, i := range []age.Identity{a, b} {
		if m, err := backup.Verify(t.Context(), path, []age.Identity{i}); err != nil || !m.Key {
			t.Errorf("%v", err)
		}
	}
	refused(t, path, "backup.wrong_key", other)
	refused(t, path, "backup.encrypted")
	dir := filepath.Join(t.TempDir(), "new")
	if _, err := backup.RestoreFile(t.Context(), path, []age.Identity{b}, backup.Target{Dir: dir}); err != nil {
		t.Fatal(err)
	}
	if key, err := os.ReadFile(filepath.Join(dir, "secret.key")); err != nil || string(key) != "c2VjcmV0\n" {
		t.Errorf("the key of the installation came back as %q: %v", key, err)
	}
	if _, err := backup.Recipients([]string{"age1wrong"}); kernel.KindOf(err) != kernel.Invalid {
		t.Errorf("%v", err)
	}
	if _, err := backup.Identities([]byte("AGE-SECRET-KEY-1WRONG")); kernel.KindOf(err) != kernel.Invalid {
		t.Errorf("%v", err)
	}
}

func identity(t *testing.T) *age.X25519Identity {
	i, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	return i
}

// refused tells whether verifying and restoring end with the message, and the restore leaves nothing behind.
func refused(t *testing.T, path, key string, ids ...age.Identity) {
	t.Helper()
	_, err := backup.Verify(t.Context(), path, ids)
	var k *kernel.Error
	if !errors.As(err, &k) || k.Key != key && key != "" {
		t.Errorf("verify: %v, want %s", err, key)
	}
	dir := filepath.Join(t.TempDir(), "target")
	_, err = backup.RestoreFile(t.Context(), path, ids, backup.Target{Dir: dir})
	if !errors.As(err, &k) || k.Key != key && key != "" {
		t.Errorf("restore: %v, want %s", err, key)
	}
	if left, err := os.ReadDir(dir); err == nil && len(left) > 0 {
		t.Errorf("the refused restore left %v", left)
	}
}

// Whatever happens to a file of a backup, it is refused and nothing of it stays.
func TestDamagedBackupsAreRefused(t *testing.T) {
	x := makeTown(t, "")
	dir := t.TempDir()
	path := filepath.Join(dir, "good.tar.zst")
	m, err := backup.Create(t.Context(), x.source(), path, nil)
	if err != nil {
		t.Fatal(err)
	}
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	write := func(b []byte) string {
		f, err := os.CreateTemp(dir, "case-*.tar.zst")
		if err == nil {
			_, err = f.Write(b)
		}
		if err := errors.Join(err, f.Close()); err != nil {
			t.Fatal(err)
		}
		return f.Name()
	}
	for _, n := range []int{len(good) / 3, len(good) - 1, 200} {
		refused(t, write(good[:n]), "")
	}
	for i := range 12 {
		b := bytes.Clone(good)
		b[len(b)*(2*i+1)/24] ^= 1 << (i % 8)
		flipped := write(b)
		// A compressed stream has bits that mean nothing; then the content is proven to be the same.
		if v, err := backup.Verify(t.Context(), flipped, nil); err == nil && slices.Equal(v.Rows, m.Rows) && slices.Equal(v.Files, m.Files) {
			continue
		}
		refused(t, flipped, "")
	}
	refused(t, write(append(bytes.Clone(good), "more"...)), "backup.damaged")
	refused(t, write(append(bytes.Clone(good), good...)), "backup.damaged")
	refused(t, write(nil), "backup.foreign")
	refused(t, write([]byte("PK\x03\x04 something else that is long enough")), "backup.foreign")
	refused(t, write([]byte("age-encryption.org/v1\nbroken\n")), "backup.encrypted")
	refused(t, write([]byte("age-encryption.org/v1\nbroken\n")), "backup.damaged", identity(t))
	if _, err := backup.Create(t.Context(), x.source(), path, nil); kernel.KindOf(err) != kernel.Conflict {
		t.Errorf("an older backup was overwritten: %v", err)
	}
	refused(t, rewrite(t, good, dir, func(name string, b []byte) []byte {
		if name == "kupferfaden-backup.json" {
			return bytes.Replace(b, []byte(`"format": 1`), []byte(`"format": 2`), 1)
		}
		return b
	}), "backup.newer")
	refused(t, rewrite(t, good, dir, func(name string, b []byte) []byte {
		if name == "kupferfaden-backup.json" {
			return bytes.Replace(b, []byte(`"schema": `), []byte(`"schema": 99`), 1)
		}
		return b
	}), "backup.newer")
	refused(t, rewrite(t, good, dir, func(name string, b []byte) []byte {
		return bytes.Replace(b, []byte("nne007@"), []byte("nne00x@"), 1)
	}), "backup.damaged")
	refused(t, rewrite(t, good, dir, func(name string, b []byte) []byte {
		if strings.HasPrefix(name, "files/") {
			return nil
		}
		return b
	}), "backup.damaged")
}

func TestRetentionKeepsTheNewest(t *testing.T) {
	dir := t.TempDir()
	day := time.Date(2026, 10, 25, 2, 0, 0, 0, time.UTC)
	for i := range 5 {
		if err := os.WriteFile(filepath.Join(dir, backup.Name(day.AddDate(0, 0, i), "", i%2 == 0)), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	special := backup.Name(day.AddDate(-1, 0, 0), "before-schema-9", false)
	for _, name := range []string{special, "somebody-elses.tar.zst", "kupferfaden-notes.txt"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	gone, err := backup.Prune(dir, 2, day)
	if err != nil || len(gone) != 3 {
		t.Fatalf("%v %v", gone, err)
	}
	list, err := backup.List(dir)
	if err != nil || len(list) != 3 || !list[0].At.Equal(day.AddDate(0, 0, 4)) || !list[0].Encrypted || list[2].What != "before-schema-9" {
		t.Errorf("%v %+v", err, list)
	}
	if gone, err := backup.Prune(dir, 0, day); err != nil || len(gone) != 1 {
		t.Errorf("the newest must stay whatever is asked for: %v %v", gone, err)
	}
	if list, err := backup.List(filepath.Join(dir, "none")); err != nil || list != nil {
		t.Errorf("%v %v", list, err)
	}
}

// A town alone moves to an installation of its own, and takes nothing of the others along.
func TestOneTownAlone(t *testing.T) {
	x := makeTown(t, "")
	other := kernel.NewID()
	x.exec(`insert into tenant (tenant_id, key, name, fictional, settings, created_at) values ($1, 'andere', '{}', false, '{}', $2)`, other, kernel.InstantOf(time.Now()))
	x.put("gehört niemandem")
	s := x.source()
	s.Tenant, s.TenantKey = x.tenant, "stadt"
	path := filepath.Join(t.TempDir(), "one.tar.zst")
	m, err := backup.Create(t.Context(), s, path, nil)
	if err != nil || m.Tenant != "stadt" || len(m.Files) != 1 {
		t.Fatalf("%v %+v", err, m.Files)
	}
	dir := filepath.Join(t.TempDir(), "new")
	if _, err := backup.RestoreFile(t.Context(), path, nil, backup.Target{Dir: dir}); err != nil {
		t.Fatal(err)
	}
	y := openTown(t, db.Config{DataDir: dir})
	var towns, accounts int
	if err := y.db.Conn(t.Context()).QueryRowContext(t.Context(), `select (select count(*) from tenant), (select count(*) from account where tenant_id = $1)`, x.tenant).Scan(&towns, &accounts); err != nil || towns != 1 || accounts != 300 {
		t.Errorf("%d towns, %d accounts: %v", towns, accounts, err)
	}
}
