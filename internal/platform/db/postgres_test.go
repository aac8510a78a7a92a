// SPDX-License-Identifier: EUPL-1.2

package db_test

import (
	"context"
	"database/sql"
	"errors"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/platform/db"
	"github.com/kupferfaden/kupferfaden/internal/platform/db/dbtest"
)

// D3 of reliability.md. fsync and full_page_writes belong to the whole server and cannot be turned off for one database here.
func TestAServerThatMayForgetIsRefused(t *testing.T) {
	address := dbtest.PostgresURL(t)
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	a, err := sql.Open("pgx", address)
	if err == nil {
		_, err = a.ExecContext(t.Context(), `alter database `+strings.TrimPrefix(u.Path, "/")+` set synchronous_commit = off`)
	}
	if err := errors.Join(err, a.Close()); err != nil {
		t.Fatal(err)
	}
	_, err = openAt(t, db.Config{URL: address})
	var k *kernel.Error
	if !errors.As(err, &k) || k.Key != "db.pg_unsafe" || k.Params["setting"] != "synchronous_commit" {
		t.Fatalf("got %v, want db.pg_unsafe", err)
	}
}

func TestManyProcessesMayOpenANewPostgresAtOnce(t *testing.T) {
	address := dbtest.PostgresURL(t)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			d, err := db.Open(t.Context(), db.Config{URL: address})
			if err == nil {
				err = d.Close()
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}

func TestAWrongAddressIsRefusedWithoutItsPassword(t *testing.T) {
	for _, u := range []string{"mysql://x", "postgres://u:geheim@127.0.0.1:1/db?connect_timeout=2", "postgres://u:geheim@127.0.0.1:notaport/db"} {
		_, err := openAt(t, db.Config{URL: u})
		if k := kernel.KindOf(err); k != kernel.Invalid && k != kernel.Unavailable {
			t.Errorf("%s: %v", u, err)
		}
		if err != nil && strings.Contains(err.Error(), "geheim") {
			t.Errorf("the password is in the message: %v", err)
		}
	}
}

// TestWhyAServerLetsNobodyIn: name, password, database and address are told apart, and no password is repeated.
func TestWhyAServerLetsNobodyIn(t *testing.T) {
	base := dbtest.PostgresURL(t)
	with := func(change func(u *url.URL)) string {
		u, err := url.Parse(base)
		if err != nil {
			t.Fatal(err)
		}
		change(u)
		return u.String()
	}
	for key, address := range map[string]string{
		"db.denied":      with(func(u *url.URL) { u.User = url.UserPassword(u.User.Username(), "falsches-Wort") }),
		"db.no_database": with(func(u *url.URL) { u.Path = "/kf_gibt_es_nicht" }),
		"db.unreachable": with(func(u *url.URL) { u.Host = "127.0.0.1:1" }),
	} {
		_, err := db.Open(context.Background(), db.Config{DataDir: t.TempDir(), URL: address})
		var k *kernel.Error
		if !errors.As(err, &k) || k.Key != key || k.Kind != kernel.Unavailable {
			t.Errorf("%s: %v", key, err)
			continue
		}
		if u, _ := url.Parse(address); u != nil {
			if word, _ := u.User.Password(); strings.Contains(err.Error(), word) {
				t.Errorf("%s: the error repeats the password", key)
			}
		}
	}
}

// TestAnIdentifierThatIsNoneIsNotFound: on both engines, in lists, single rows and values.
func TestAnIdentifierThatIsNoneIsNotFound(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		dbtest.AllowAcrossTenants(d, "from tenant")
		const query = `select tenant_id from tenant where tenant_id = $1`
		scan := func(r db.Row) (kernel.ID, error) {
			var id kernel.ID
			return id, r.Scan(&id)
		}
		for _, id := range []kernel.ID{"'; drop table tenant; --", "x", "\u202e", "00000000-0000-0000-0000-00000000000g"} {
			rows, err := d.Conn(ctx).QueryContext(ctx, query, id)
			_, err = db.One(rows, err, "tenant.notfound", scan)
			var k *kernel.Error
			if !errors.As(err, &k) || k.Kind != kernel.NotFound || k.Key != "tenant.notfound" {
				t.Errorf("%q: %v", id, err)
			}
			if _, err := db.Value[string](d.Conn(ctx).QueryRowContext(ctx, query, id), "tenant.notfound"); kernel.KindOf(err) != kernel.NotFound {
				t.Errorf("%q: %v", id, err)
			}
			rows, err = d.Conn(ctx).QueryContext(ctx, query, id)
			if list, err := db.Collect(rows, err, scan); len(list) != 0 || err != nil && kernel.KindOf(err) != kernel.NotFound {
				t.Errorf("%q: %v %v", id, list, err)
			}
		}
	})
}

// TestATextThatCannotBeStored: NUL and bytes that are no UTF-8 are the giver's to correct, not a fault of the program.
func TestATextThatCannotBeStored(t *testing.T) {
	d := dbtest.Postgres(t)
	for _, text := range []string{"a\x00b", "M\xfchle"} {
		err := d.Tx(context.Background(), func(ctx context.Context) error {
			_, err := d.Conn(ctx).ExecContext(ctx, `update tenant set name = $2 where tenant_id = $1`, kernel.NewID(), text)
			return err
		})
		var k *kernel.Error
		if !errors.As(err, &k) || k.Kind != kernel.Invalid || k.Key != "db.text" {
			t.Errorf("%q: %v", text, err)
		}
	}
}
