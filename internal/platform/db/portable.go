// SPDX-License-Identifier: EUPL-1.2

package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// Holds is what a column holds, in words that mean the same on both engines.
type Holds string

// What columns hold. Instants are kernel.Instant's text.
const (
	Text    Holds = "text"
	UUID    Holds = "uuid"
	Bool    Holds = "bool"
	Instant Holds = "instant"
	Int     Holds = "int"
	Float   Holds = "float"
	Bytes   Holds = "bytes"
)

// held translates the declared types of the common subset (design/stack.md 2.2).
var held = map[string]Holds{
	"text": Text, "uuid": UUID, "boolean": Bool, "timestamptz": Instant, "timestamp with time zone": Instant,
	"smallint": Int, "integer": Int, "bigint": Int, "double precision": Float, "bytea": Bytes,
}

// Column is a column of a table.
type Column struct {
	Name  string `json:"name"`
	Holds Holds  `json:"holds"`
}

// Table is a table of the schema as the database describes it, with its primary key.
type Table struct {
	Name    string   `json:"name"`
	Columns []Column `json:"columns"`
	Key     []string `json:"key"`
}

// Has tells whether the table has a column of that name.
func (t Table) Has(column string) bool {
	return slices.ContainsFunc(t.Columns, func(c Column) bool { return c.Name == column })
}

// Names lists the columns.
func (t Table) Names() []string {
	names := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		names[i] = c.Name
	}
	return names
}

// ownTables keep the database itself: the version of the schema, the lock of its changes, the high-water mark. They belong to one database and
// are not carried into another.
var ownTables = []string{"schema_version", "schema_lock", "database_mark"}

// Tables describes every table that holds data, by name. It asks the database, not the migrations, so that it is right for an older schema too.
func (d *DB) Tables(ctx context.Context) ([]Table, error) {
	q := `select m.name, p.name, p.type, p.pk from sqlite_master m join pragma_table_info(m.name) p
		where m.type = 'table' and m.name not like 'sqlite_%' order by m.name, p.cid`
	if d.engine == PostgreSQL {
		q = `select c.relname, a.attname, format_type(a.atttypid, a.atttypmod), coalesce(array_position(i.indkey::int2[], a.attnum) + 1, 0)
			from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
			left join pg_index i on i.indrelid = c.oid and i.indisprimary
			where c.relkind in ('r', 'p') and c.relnamespace = current_schema()::regnamespace order by c.relname collate "C", a.attnum`
	}
	type column struct {
		table, name, kind string
		key               int
	}
	rows, err := d.bare(ctx).QueryContext(ctx, q)
	all, err := Collect(rows, err, func(r Row) (c column, err error) { return c, r.Scan(&c.table, &c.name, &c.kind, &c.key) })
	if err != nil {
		return nil, err
	}
	var out []Table
	keys := map[string]map[int]string{}
	for _, c := range all {
		if slices.Contains(ownTables, c.table) {
			continue
		}
		if len(out) == 0 || out[len(out)-1].Name != c.table {
			out = append(out, Table{Name: c.table})
			keys[c.table] = map[int]string{}
		}
		h, ok := held[strings.ToLower(c.kind)]
		if !ok {
			return nil, fmt.Errorf("db: %s.%s is declared as %q, which is not of the common subset", c.table, c.name, c.kind)
		}
		t := &out[len(out)-1]
		t.Columns = append(t.Columns, Column{c.name, h})
		if c.key > 0 {
			keys[c.table][c.key] = c.name
		}
	}
	for i := range out {
		for n := 1; keys[out[i].Name][n] != ""; n++ {
			out[i].Key = append(out[i].Key, keys[out[i].Name][n])
		}
		if len(out[i].Key) == 0 {
			out[i].Key = out[i].Names()
		}
	}
	return out, nil
}

// bare is Conn without Trace: what concerns every town at once - a backup, a restore, a check of the whole database - names no tenant.
func (d *DB) bare(ctx context.Context) Conn {
	st := d.state(ctx)
	if st == nil {
		return d.reader
	}
	if t, ok := st.run.(tracer); ok {
		return t.Conn
	}
	return st.run
}

// Rows calls f for every row of the table in the order of its key, the same on both engines, with values in the form that Bulk takes. With a
// tenant it gives that town's rows only. row is used again for the next one.
func (d *DB) Rows(ctx context.Context, t Table, tenant kernel.ID, f func(row []any) error) error {
	var args []any
	where := ""
	if tenant != "" {
		where = " where tenant_id = $1"
		args = append(args, tenant)
	}
	order := make([]string, len(t.Key))
	for i, k := range t.Key {
		order[i] = quote(k)
		if j := slices.IndexFunc(t.Columns, func(c Column) bool { return c.Name == k }); d.engine == PostgreSQL && j >= 0 && t.Columns[j].Holds == Text {
			order[i] += ` collate "C"`
		}
	}
	names := t.Names()
	for i := range names {
		names[i] = quote(names[i])
	}
	rows, err := d.bare(ctx).QueryContext(ctx, "select "+strings.Join(names, ", ")+" from "+quote(t.Name)+where+" order by "+strings.Join(order, ", "), args...)
	row := make([]any, len(t.Columns))
	scan := make([]any, len(t.Columns))
	for i := range row {
		scan[i] = &row[i]
	}
	return Each(rows, err, func(r Row) error {
		if err := r.Scan(scan...); err != nil {
			return err
		}
		for i, c := range t.Columns {
			v, err := normal(c.Holds, row[i])
			if err != nil {
				return fmt.Errorf("%s.%s: %w", t.Name, c.Name, err)
			}
			row[i] = v
		}
		return f(row)
	})
}

// quote makes a name of the schema a name whatever words the engine reserves.
func quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// normal brings a value as the driver gives it into the one form of its kind.
func normal(h Holds, v any) (any, error) {
	if v == nil {
		return nil, nil
	}
	switch h {
	case Text, UUID:
		switch x := v.(type) {
		case string:
			return v, nil
		case []byte:
			return string(x), nil
		}
	case Bool:
		switch x := v.(type) {
		case bool:
			return v, nil
		case int64:
			return x != 0, nil
		}
	case Int:
		if _, ok := v.(int64); ok {
			return v, nil
		}
	case Float:
		switch x := v.(type) {
		case float64:
			return v, nil
		case int64:
			return float64(x), nil
		}
	case Bytes:
		switch x := v.(type) {
		case []byte:
			return v, nil
		case string:
			return []byte(x), nil
		}
	case Instant:
		var i kernel.Instant
		if err := i.Scan(v); err != nil {
			return nil, err
		}
		return i.String(), nil
	}
	return nil, fmt.Errorf("%T where %s is kept", v, h)
}

// Empty tells whether no table holds anything: the database may be filled by a restore.
func (d *DB) Empty(ctx context.Context) (bool, error) {
	tables, err := d.Tables(ctx)
	if err != nil {
		return false, err
	}
	for _, t := range tables {
		var one int
		err := d.bare(ctx).QueryRowContext(ctx, "select 1 from "+quote(t.Name)+" limit 1").Scan(&one)
		if err == nil {
			return false, nil
		}
		if !errors.Is(err, sql.ErrNoRows) {
			return false, translate(err)
		}
	}
	return true, nil
}

// Refill runs f in one transaction in which rows may come in any order: references between them are checked at its end. It is for filling an
// empty database, all or nothing.
func (d *DB) Refill(ctx context.Context, f func(ctx context.Context) error) error {
	begun := false
	return d.Tx(ctx, func(ctx context.Context) error {
		if begun {
			return kernel.E(kernel.Unavailable, "db.busy") // what f reads cannot be read twice
		}
		begun = true
		if d.engine == SQLite {
			if _, err := d.bare(ctx).ExecContext(ctx, "pragma defer_foreign_keys = on"); err != nil {
				return err
			}
			return f(ctx)
		}
		return d.withoutReferences(ctx, f)
	})
}

// withoutReferences drops PostgreSQL's foreign keys for the transaction and puts them back, which checks them. Dropping needs no more than the
// owner's right, putting off their check would need it at their making.
func (d *DB) withoutReferences(ctx context.Context, f func(ctx context.Context) error) error {
	type key struct{ table, name, text string }
	rows, err := d.bare(ctx).QueryContext(ctx, `select c.relname, k.conname, pg_get_constraintdef(k.oid) from pg_constraint k join pg_class c on c.oid = k.conrelid
		where k.contype = 'f' and k.connamespace = current_schema()::regnamespace order by c.relname, k.conname`)
	keys, err := Collect(rows, err, func(r Row) (k key, err error) { return k, r.Scan(&k.table, &k.name, &k.text) })
	if err != nil {
		return err
	}
	for _, k := range keys {
		if _, err := d.bare(ctx).ExecContext(ctx, "alter table "+quote(k.table)+" drop constraint "+quote(k.name)); err != nil {
			return err
		}
	}
	if err := f(ctx); err != nil {
		return err
	}
	for _, k := range keys {
		if _, err := d.bare(ctx).ExecContext(ctx, "alter table "+quote(k.table)+" add constraint "+quote(k.name)+" "+k.text); err != nil {
			return err
		}
	}
	return nil
}
