// SPDX-License-Identifier: EUPL-1.2

package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"net"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

func (d *DB) openPostgres(ctx context.Context) error {
	d.engine = PostgreSQL
	if !IsPostgres(d.cfg.URL) {
		return kernel.E(kernel.Invalid, "db.url")
	}
	conf, err := pgx.ParseConfig(d.cfg.URL)
	if err != nil {
		return &kernel.Error{Kind: kernel.Invalid, Key: "db.url", Err: err}
	}
	d.writer = pgPool(conf, "off")
	// Readers may not write, as on SQLite, so that a store which forgot its transaction fails on both engines.
	d.reader = pgPool(conf, "on")
	err = translate(d.checkPostgres(ctx))
	var k *kernel.Error
	if errors.As(err, &k) && k.Key == "db.away" { // at the start an address that is wrong is likelier than a server that rests
		return &kernel.Error{Kind: kernel.Unavailable, Key: "db.unreachable", Params: kernel.Params("host", net.JoinHostPort(conf.Host, strconv.Itoa(int(conf.Port)))), Err: err}
	}
	return err
}

func pgPool(conf *pgx.ConnConfig, readOnly string) *sql.DB {
	c := conf.Copy()
	c.RuntimeParams = maps.Clone(c.RuntimeParams)
	c.RuntimeParams["default_transaction_read_only"] = readOnly
	c.RuntimeParams["timezone"] = "UTC"
	if c.RuntimeParams["application_name"] == "" {
		c.RuntimeParams["application_name"] = "kupferfaden"
	}
	p := stdlib.OpenDB(*c)
	p.SetMaxOpenConns(12)
	p.SetMaxIdleConns(12) // as many: under load each one given back above that would be closed and opened anew, which costs more than most acts
	p.SetConnMaxIdleTime(5 * time.Minute)
	return p
}

// checkPostgres refuses a server that may forget what it acknowledged (reliability.md 1, D3). Engines like PostgreSQL that do not know a
// setting return null for it and are taken at their word.
func (d *DB) checkPostgres(ctx context.Context) error {
	for _, s := range []string{"fsync", "full_page_writes", "synchronous_commit"} {
		var v sql.NullString
		if err := d.writer.QueryRowContext(ctx, `select current_setting($1, true)`, s).Scan(&v); err != nil {
			return fmt.Errorf("PostgreSQL: %w", err)
		}
		if v.String == "off" {
			return kernel.E(kernel.Unavailable, "db.pg_unsafe", "setting", s)
		}
	}
	var enc sql.NullString
	if err := d.writer.QueryRowContext(ctx, `select current_setting('server_encoding', true)`).Scan(&enc); err != nil {
		return fmt.Errorf("PostgreSQL: %w", err)
	}
	if enc.Valid && enc.String != "UTF8" {
		return kernel.E(kernel.Unavailable, "db.pg_encoding", "encoding", enc.String)
	}
	return nil
}
