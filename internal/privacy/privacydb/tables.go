// SPDX-License-Identifier: EUPL-1.2

package privacydb

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/platform/db"
	"github.com/kupferfaden/kupferfaden/internal/privacy"
)

// Is says by what a column names a person.
type Is string

// What columns hold of a person.
const (
	ID     Is = "id"     // the account's id
	Name   Is = "name"   // the name as it was when the row was written
	Email  Is = "email"  // the address as typed or folded
	Within Is = "within" // the account's id somewhere in a longer text, as in the arguments of a job
)

// By is a column that names a person.
type By struct {
	Column string
	Is     Is
}

// Then is what an erasure does to the rows of a table.
type Then int

// What becomes of rows that name an erased person.
const (
	Delete Then = iota // the rows go
	Blank              // the rows stay without the person: they belong to the town
	Keep               // the rows stay as they are: a law asks for it, or they name nobody but a stub
)

// Table is one table of another capability with what of it concerns people. All names come from the program, never from a person.
type Table struct {
	Name string
	By   []By
	// Show are the columns the person is told; the columns of By where empty.
	Show []string
	Then Then
	// Set are further columns that an erasure overwrites in rows that stay.
	Set []Value
	// Through names a table whose rows name the person by Match, where this one only holds their id in the first column of By.
	Through string
	Match   []By
	// Age is the column that tells how old a row is, for Expire; Key tells rows of the town apart, "id" where empty.
	Age, Key string
}

// Value is what a column is set to; nil stands for null.
type Value struct {
	Column string
	To     any
}

// Tables finds and erases people in tables of other capabilities; it implements privacy.Holder. The tables are given in the order in which
// rows may be deleted.
type Tables struct {
	DB   *db.DB
	List []Table
}

var _ privacy.Holder = Tables{}

// match gives the condition that finds the person's rows; empty where the table cannot name him or her.
func (t Table) match(w *db.Where, p privacy.Person) bool {
	if t.Through != "" {
		inner := Table{By: t.Match}
		parts := inner.parts(w, p)
		if len(parts) == 0 {
			return false
		}
		w.And(t.By[0].Column + " in (select id from " + t.Through + " where tenant_id = $1 and (" + strings.Join(parts, " or ") + "))")
		return true
	}
	parts := t.parts(w, p)
	if len(parts) == 0 {
		return false
	}
	w.And("(" + strings.Join(parts, " or ") + ")")
	return true
}

// parts are the comparisons that find the person.
func (t Table) parts(w *db.Where, p privacy.Person) []string {
	var parts []string
	for _, b := range t.By {
		var v string
		switch b.Is {
		case ID:
			v = string(p.ID)
		case Within:
			parts = append(parts, b.Column+" like "+w.Arg("%"+string(p.ID)+"%"))
			continue
		case Name:
			if v = p.Name; p.Shared {
				v = ""
			}
		case Email:
			if p.Email != "" {
				parts = append(parts, b.Column+" in ("+w.Arg(p.Email)+", "+w.Arg(strings.ToLower(p.Email))+")")
			}
			continue
		}
		if v != "" {
			parts = append(parts, b.Column+" = "+w.Arg(v))
		}
	}
	return parts
}

// Listed gives the tables, for the tests that nothing is forgotten.
func (s Tables) Listed() []Table { return s.List }

// Held tells the rows that name the person. Rows that keep only a name are told although somebody else may bear it too.
func (s Tables) Held(ctx context.Context, tenant kernel.ID, p privacy.Person) ([]privacy.Section, error) {
	var out []privacy.Section
	p.Shared = false
	for _, t := range s.List {
		w := db.NewWhere(tenant)
		if !t.match(w, p) {
			continue
		}
		show := t.Show
		if len(show) == 0 {
			for _, b := range t.By {
				show = append(show, b.Column)
			}
		}
		rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select `+strings.Join(show, ", ")+` from `+t.Name+` where `+w.String(), w.Args...)
		list, err := db.Collect(rows, err, func(r db.Row) ([]any, error) { return scanAny(r, len(show)) })
		if err != nil {
			return nil, fmt.Errorf("%s: %w", t.Name, err)
		}
		if len(list) == 0 {
			continue
		}
		slices.SortStableFunc(list, func(a, b []any) int { return strings.Compare(fmt.Sprint(a...), fmt.Sprint(b...)) })
		out = append(out, privacy.Section{Table: t.Name, Columns: show, Rows: list})
	}
	return out, nil
}

// scanAny reads a row whatever its types, and brings times into the form the program uses.
func scanAny(r db.Row, n int) ([]any, error) {
	vals := make([]any, n)
	dest := make([]any, n)
	for i := range vals {
		dest[i] = &vals[i]
	}
	if err := r.Scan(dest...); err != nil {
		return nil, err
	}
	for i, v := range vals {
		switch x := v.(type) {
		case time.Time:
			vals[i] = kernel.InstantOf(x)
		case []byte:
			if !utf8.Valid(x) {
				vals[i] = fmt.Sprintf("%d Bytes", len(x))
				continue
			}
			vals[i] = text(string(x))
		case string:
			vals[i] = text(x)
		case sql.RawBytes:
			vals[i] = text(string(x))
		}
	}
	return vals, nil
}

// text tells instants, which SQLite keeps as text, from other texts.
func text(s string) any {
	if len(s) == len("2006-01-02T15:04:05.000000Z") && s[10] == 'T' {
		var at kernel.Instant
		if at.Scan(s) == nil {
			return at
		}
	}
	return s
}

// Erase deletes or blanks the rows that name the person. Rows that keep only a name somebody else bears too stay: they cannot be told apart.
func (s Tables) Erase(ctx context.Context, tenant kernel.ID, p privacy.Person) (int64, error) {
	var all int64
	for _, t := range s.List {
		n, err := s.erase(ctx, tenant, p, t)
		if err != nil {
			return all, fmt.Errorf("%s: %w", t.Name, err)
		}
		all += n
	}
	return all, nil
}

func (s Tables) erase(ctx context.Context, tenant kernel.ID, p privacy.Person, t Table) (int64, error) {
	switch t.Then {
	case Delete:
		w := db.NewWhere(tenant)
		if !t.match(w, p) {
			return 0, nil
		}
		return exec(ctx, s.DB, `delete from `+t.Name+` where `+w.String(), w.Args...)
	case Blank:
		var all int64
		// Each column by itself: a row may name several people.
		for _, b := range t.By {
			one := Table{By: []By{b}}
			w := db.NewWhere(tenant)
			if !one.match(w, p) {
				continue
			}
			set := ""
			switch {
			case len(t.Set) > 0:
				set = assign(w, t.Set)
			case b.Is == ID:
				set = b.Column + " = null"
			case b.Is == Name:
				set = b.Column + " = " + w.Arg(privacy.Gone)
			default:
				set = b.Column + " = ''"
			}
			n, err := exec(ctx, s.DB, `update `+t.Name+` set `+set+` where `+w.String(), w.Args...)
			if err != nil {
				return all, err
			}
			all += n
		}
		return all, nil
	}
	return 0, nil
}

func assign(w *db.Where, set []Value) string {
	parts := make([]string, len(set))
	for i, v := range set {
		parts[i] = v.Column + " = null"
		if v.To != nil {
			parts[i] = v.Column + " = " + w.Arg(v.To)
		}
	}
	return strings.Join(parts, ", ")
}

func exec(ctx context.Context, d *db.DB, statement string, args ...any) (int64, error) {
	res, err := d.Conn(ctx).ExecContext(ctx, statement, args...)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

// Expire deletes at most limit rows of each table that are older than before, in the transaction of ctx; tables without Age are left alone.
func (s Tables) Expire(ctx context.Context, tenant kernel.ID, before kernel.Instant, limit int) (int64, error) {
	var all int64
	for _, t := range s.List {
		if t.Age == "" {
			continue
		}
		key := t.Key
		if key == "" {
			key = "id"
		}
		w := db.NewWhere(tenant)
		w.And(t.Age+" < ?", before)
		n, err := exec(ctx, s.DB, `delete from `+t.Name+` where tenant_id = $1 and `+t.Age+` < $2 and `+key+` in (select `+key+` from `+t.Name+` where `+w.String()+` limit `+w.Arg(limit)+`)`, w.Args...)
		if err != nil {
			return all, fmt.Errorf("%s: %w", t.Name, err)
		}
		all += n
	}
	return all, nil
}

// Rename brings the name in rows that keep only a name up to date (Art. 16 GDPR), in the transaction of ctx.
func (s Tables) Rename(ctx context.Context, tenant kernel.ID, from, to string) error {
	if from == "" || from == to {
		return nil
	}
	for _, t := range s.List {
		for _, b := range t.By {
			if b.Is != Name {
				continue
			}
			_, err := exec(ctx, s.DB, `update `+t.Name+` set `+b.Column+` = $3 where tenant_id = $1 and `+b.Column+` = $2`, tenant, from, to)
			if err != nil {
				return fmt.Errorf("%s: %w", t.Name, err)
			}
		}
	}
	return nil
}
