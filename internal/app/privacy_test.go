// SPDX-License-Identifier: EUPL-1.2

package app_test

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/account"
	"github.com/kupferfaden/kupferfaden/internal/app"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/platform/db"
	"github.com/kupferfaden/kupferfaden/internal/platform/db/dbtest"
	"github.com/kupferfaden/kupferfaden/internal/privacy"
	"github.com/kupferfaden/kupferfaden/internal/privacy/privacydb"
)

// column is one of the schema.
type column struct {
	table, name, kind string
	required          bool
}

// parent is a foreign key of a table to another one's columns.
type parent struct {
	table    string
	from, to []string
}

// schema reads what the migrations made, on SQLite, where it can be asked; both engines have the same.
func schema(t *testing.T) (map[string][]column, map[string][]parent) {
	t.Helper()
	d := dbtest.SQLite(t)
	for _, part := range []string{"sqlite_master", "pragma_"} {
		dbtest.AllowAcrossTenants(d, part)
	}
	ctx := t.Context()
	rows, err := d.Conn(ctx).QueryContext(ctx, `select name from sqlite_master where type = 'table' and name not like 'sqlite_%' and name not like 'goose%'`)
	names, err := db.Collect(rows, err, func(r db.Row) (s string, err error) { return s, r.Scan(&s) })
	if err != nil {
		t.Fatal(err)
	}
	columns, parents := map[string][]column{}, map[string][]parent{}
	for _, table := range names {
		rows, err := d.Conn(ctx).QueryContext(ctx, `select name, type, "notnull" from pragma_table_info('`+table+`')`)
		err = db.Each(rows, err, func(r db.Row) error {
			c := column{table: table}
			err := r.Scan(&c.name, &c.kind, &c.required)
			c.kind = strings.ToLower(c.kind) // SQLite writes its own types in capitals
			columns[table] = append(columns[table], c)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		byID := map[int]*parent{}
		rows, err = d.Conn(ctx).QueryContext(ctx, `select id, "table", "from", "to" from pragma_foreign_key_list('`+table+`') order by id, seq`)
		err = db.Each(rows, err, func(r db.Row) error {
			var id int
			var to, a, b string
			err := r.Scan(&id, &to, &a, &b)
			if byID[id] == nil {
				byID[id] = &parent{table: to}
			}
			byID[id].from, byID[id].to = append(byID[id].from, a), append(byID[id].to, b)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range byID {
			parents[table] = append(parents[table], *p)
		}
	}
	return columns, parents
}

// names are columns that hold a person: an account, an address, a name of who did something.
var personal = regexp.MustCompile(`^(account|account_id|person|person_id|actor|owner|holder|recipient|email|email_.+|.+_email|pseudonym.*|.+_by)$`)

// notPeople are columns that look like it and hold nobody.
var notPeople = map[string]string{
	"region_bond.ended_by":  "which side ended it: region or town",
	"notice_mail.recipient": "goes with the row, which is found by account and address",
}

// listed gives the tables a kind of data looks at.
func listed(k privacy.DataKind) []privacydb.Table {
	if l, ok := k.Holder.(interface{ Listed() []privacydb.Table }); ok {
		return l.Listed()
	}
	return nil
}

// covered lists the tables and columns of all registered kinds.
func covered(kinds []privacy.DataKind) map[string][]string {
	out := map[string][]string{}
	for _, k := range kinds {
		for _, t := range listed(k) {
			for _, b := range t.By {
				out[t.Name] = append(out[t.Name], b.Column)
			}
			for _, v := range t.Set {
				out[t.Name] = append(out[t.Name], v.Column)
			}
			out[t.Name] = append(out[t.Name], t.Show...)
		}
	}
	return out
}

func TestEveryTableThatNamesPeopleBelongsToAKindOfData(t *testing.T) {
	columns, _ := schema(t)
	a, err := app.Open(t.Context(), app.Config{DataDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	known := covered(a.Privacy.Kinds)
	seen := 0
	for table, list := range columns {
		for _, c := range list {
			if !personal.MatchString(c.name) || notPeople[table+"."+c.name] != "" {
				continue
			}
			seen++
			if !slices.Contains(known[table], c.name) {
				t.Errorf("%s.%s names people, and no kind of data of internal/app/privacy.go looks at it: register it, so that Auskunft, Löschung and Fristen know it", table, c.name)
			}
		}
	}
	if seen < 25 {
		t.Errorf("only %d columns that name people: the pattern no longer fits", seen)
	}
	for table := range known {
		if columns[table] == nil {
			t.Errorf("%s is registered and does not exist", table)
		}
	}
}

func TestEveryKindOfDataIsExplained(t *testing.T) {
	a, err := app.Open(t.Context(), app.Config{DataDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	w := a.Privacy.Words
	for _, k := range a.Privacy.Kinds {
		at := "privacy.kind." + k.Key + "."
		want := []string{at + "title", at + "purpose", at + "people", at + "data", at + "recipients", at + "clock"}
		if k.Lawful {
			want = append(want, at+"kept")
		}
		for _, key := range want {
			if !w.Has(key) {
				t.Errorf("the catalogue lacks %s", key)
			}
		}
		if k.Timed() && (k.Default < k.Least || k.Default > k.Most) {
			t.Errorf("%s: %d days are outside %d to %d", k.Key, k.Default, k.Least, k.Most)
		}
	}
	for table, columns := range covered(a.Privacy.Kinds) {
		if !w.Has("privacy.table." + table) {
			t.Errorf("the catalogue lacks privacy.table.%s", table)
		}
		_ = columns
	}
}

// traces fills tables with rows that name a person.
type traces struct {
	t       *testing.T
	db      *db.DB
	columns map[string][]column
	parents map[string][]parent
	tenant  kernel.ID
	person  privacy.Person
	n       int
}

// row writes one row of the table with the values given, everything else being filled in, parents too.
func (x *traces) row(ctx context.Context, table string, values map[string]any) map[string]any {
	x.t.Helper()
	x.n++
	all := map[string]any{"tenant_id": x.tenant}
	for k, v := range values {
		all[k] = v
	}
	for _, p := range x.parents[table] {
		if p.table == "tenant" || p.table == "account" {
			continue
		}
		needed := false
		for _, c := range x.columns[table] {
			if c.required && c.name != "tenant_id" && slices.Contains(p.from, c.name) && all[c.name] == nil {
				needed = true
			}
		}
		if !needed {
			continue
		}
		made := x.row(ctx, p.table, nil)
		for i, from := range p.from {
			all[from] = made[p.to[i]]
		}
	}
	var names, marks []string
	var args []any
	for _, c := range x.columns[table] {
		v, given := all[c.name]
		if !given {
			if !c.required {
				continue
			}
			switch {
			case c.kind == "uuid":
				v = kernel.NewID()
			case c.kind == "boolean":
				v = false
			case strings.Contains(c.kind, "int"):
				v = x.n
			case c.kind == "timestamptz":
				v = kernel.InstantOf(time.Now())
			case c.kind == "bytea":
				v = []byte("{}")
			case strings.Contains(c.kind, "double"):
				v = 1.0
			case strings.Contains(c.name, "date") || c.name == "valid_from":
				v = "2026-01-01"
			default:
				v = fmt.Sprintf("{%q:%q}", "spur", fmt.Sprint(table, x.n))
			}
			all[c.name] = v
		}
		names, args = append(names, c.name), append(args, v)
		marks = append(marks, fmt.Sprintf("$%d", len(args)))
	}
	err := x.db.Tx(ctx, func(ctx context.Context) error {
		_, err := x.db.Conn(ctx).ExecContext(ctx, `insert into `+table+` (`+strings.Join(names, ", ")+`) values (`+strings.Join(marks, ", ")+`)`, args...)
		return err
	})
	if err != nil {
		x.t.Fatalf("%s: %v", table, err)
	}
	return all
}

// leave writes a row that names the person into every table of every kind, and lists the tables.
func (x *traces) leave(ctx context.Context, kinds []privacy.DataKind) (tables []string) {
	for _, k := range kinds {
		for _, t := range listed(k) {
			if t.Through != "" || len(t.By) == 0 {
				continue // follows from the table it is found through, or names nobody
			}
			tables = append(tables, t.Name)
			if t.Name == "account" || t.Name == "account_role" {
				continue // made with the account
			}
			row := map[string]any{}
			for _, b := range t.By {
				switch b.Is {
				case privacydb.ID:
					row[b.Column] = x.person.ID
				case privacydb.Name:
					row[b.Column] = x.person.Name
				case privacydb.Email:
					row[b.Column] = x.person.Email
				case privacydb.Within:
					row[b.Column] = `{"actor":{"Person":"` + string(x.person.ID) + `","Name":"` + x.person.Name + `"}}`
				}
			}
			if t.Name == "notice_address" {
				made := x.row(ctx, t.Name, row)
				x.row(ctx, "notice_subscription", map[string]any{"address": made["id"]})
				tables = append(tables, "notice_subscription")
				continue
			}
			x.row(ctx, t.Name, row)
		}
	}
	return tables
}

const (
	canaryName = "Kanarienvogel Gelbgefieder"
	canaryMail = "kanarienvogel@gelbgefieder.example"
)

// withTraces runs f with a signed-in person who left something in every table that can name people.
func withTraces(t *testing.T, f func(o *office, d *desk, p privacy.Person, tables []string)) {
	columns, parents := schema(t)
	offices(t, func(o *office) {
		ctx := o.t.Context()
		made, _, err := o.app.Accounts.Add(ctx, o.who, account.New{Email: canaryMail, Name: canaryName, Roles: []access.Role{access.Planner}, Password: passphrase})
		if err != nil {
			o.t.Fatal(err)
		}
		p := privacy.Person{ID: made.ID, Name: canaryName, Email: canaryMail}
		x := &traces{t: o.t, db: o.app.DB, columns: columns, parents: parents, tenant: o.who.Tenant, person: p}
		d := o.signIn(canaryMail) // before the traces: a second factor among them would be asked for
		f(o, d, p, x.leave(ctx, o.app.Privacy.Kinds))
	})
}

// unzip gives the files of an answer.
func unzip(t *testing.T, b []byte) map[string][]byte {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string][]byte{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		if out[f.Name], err = io.ReadAll(r); err != nil {
			t.Fatal(err)
		}
		_ = r.Close()
	}
	return out
}

// A person with a trace in every table that can hold one finds all of them in the answer (Art. 15 GDPR; design/reliability.md 2.6).
func TestAnAnswerHoldsEveryTrace(t *testing.T) {
	withTraces(t, func(o *office, d *desk, p privacy.Person, tables []string) {
		at := d.post("/konto/daten/auskunft").done(o.t)
		id := kernel.ID(at[strings.LastIndex(at, "/")+1:])
		if err := o.app.Privacy.Make(o.t.Context(), o.who.Tenant, id); err != nil {
			o.t.Fatal(err)
		}
		files := unzip(o.t, []byte(d.post(at).body))
		var answer struct {
			Kinds []struct {
				Sections []privacy.Section `json:"sections"`
			} `json:"kinds"`
		}
		if err := json.Unmarshal(files["auskunft.json"], &answer); err != nil {
			o.t.Fatal(err)
		}
		found := map[string]int{}
		for _, k := range answer.Kinds {
			for _, s := range k.Sections {
				found[s.Table] += len(s.Rows)
			}
		}
		want := map[string]int{}
		for _, table := range tables {
			want[table]++
		}
		for table, n := range want {
			if found[table] < n {
				o.t.Errorf("%s: %d of %d traces", table, found[table], n)
			}
		}
		if len(want) < 15 {
			o.t.Errorf("only %d tables", len(want))
		}
		html := string(files["auskunft.html"])
		if !strings.Contains(html, canaryName) || !strings.Contains(html, canaryMail) || strings.Contains(html, "password_hash") || strings.Contains(html, ">privacy.kind") || strings.Contains(html, ">privacy.field") || strings.Contains(html, ">privacy.table") {
			o.t.Errorf("the page to read lacks the person, or shows keys: %.300s", html)
		}
	})
}

// The file can be fetched once, within a quarter of an hour, by the session that asked (Decidim CVE-2026-45377).
func TestAnAnswerIsForOneSessionOnceAndSoon(t *testing.T) {
	offices(t, func(o *office) {
		now := time.Now()
		o.app.Privacy.Now = func() time.Time { return now }
		d, elsewhere, other := o.planner(), o.planner(), o.signIn("admin@stadt.example")
		ask := func() string {
			at := d.post("/konto/daten/auskunft").done(o.t)
			if err := o.app.Privacy.Make(o.t.Context(), o.who.Tenant, kernel.ID(at[strings.LastIndex(at, "/")+1:])); err != nil {
				o.t.Fatal(err)
			}
			return at
		}
		at := ask()
		for who, x := range map[string]*desk{"another session of the person": elsewhere, "somebody else": other} {
			if p := x.post(at); p.code != 404 {
				o.t.Errorf("%s: %d", who, p.code)
			}
		}
		if p := o.anonymous().post(at); p.code != 401 {
			o.t.Errorf("nobody: %d", p.code)
		}
		if p := other.get(at); p.code != 404 {
			o.t.Errorf("somebody else looks: %d", p.code)
		}
		p := d.post(at)
		if p.code != 200 || p.header.Get("Content-Type") != "application/zip" || p.header.Get("Cache-Control") != "no-store" {
			o.t.Fatalf("the one who asked: %d %v", p.code, p.header)
		}
		if p := d.post(at); p.code != 404 {
			o.t.Errorf("a second time: %d", p.code)
		}
		at = ask()
		now = now.Add(16 * time.Minute)
		if p := d.post(at); p.code != 404 {
			o.t.Errorf("after 16 minutes: %d", p.code)
		}
		if err := o.app.Privacy.Close(o.t.Context(), o.who.Tenant); err != nil {
			o.t.Fatal(err)
		}
		row := o.app.DB.Conn(o.t.Context()).QueryRowContext(o.t.Context(), `select count(*) from disclosure where tenant_id = $1 and content <> ''`, o.who.Tenant)
		if n, err := db.Value[int](row, "none"); err != nil || n != 0 {
			o.t.Errorf("%d files still lie there: %v", n, err)
		}
	})
}

// hits counts rows of the database in which a text stands.
func (x *traces) hits(ctx context.Context, needle string) (out []string) {
	for table, list := range x.columns {
		if table == "tenant" || !slices.ContainsFunc(list, func(c column) bool { return c.name == "tenant_id" }) {
			continue
		}
		for _, c := range list {
			if c.kind != "text" {
				continue
			}
			row := x.db.Conn(ctx).QueryRowContext(ctx, `select count(*) from `+table+` where tenant_id = $1 and cast(`+c.name+` as text) like $2`, x.tenant, "%"+needle+"%")
			n, err := db.Value[int](row, "none")
			if err != nil {
				x.t.Fatalf("%s.%s: %v", table, c.name, err)
			}
			if n > 0 {
				out = append(out, fmt.Sprintf("%s.%s: %d", table, c.name, n))
			}
		}
	}
	slices.Sort(out)
	return out
}

// After an erasure neither name nor address stands anywhere: no table, no file (Art. 17 GDPR).
func TestWhatIsErasedIsGone(t *testing.T) {
	columns, parents := schema(t)
	withTraces(t, func(o *office, d *desk, p privacy.Person, _ []string) {
		ctx := o.t.Context()
		x := &traces{t: o.t, db: o.app.DB, columns: columns, parents: parents, tenant: o.who.Tenant, person: p}
		if len(x.hits(ctx, canaryName)) < 3 || len(x.hits(ctx, canaryMail)) < 3 {
			o.t.Fatal("there are no traces to begin with")
		}
		for what, v := range map[string][]string{
			"without the box":      {"password", passphrase},
			"with a wrong one":     {"sure", "1", "password", "not the password"},
			"without any password": {"sure", "1"},
		} {
			if p := d.post("/konto/daten/loeschen", v...); p.code != 422 {
				o.t.Errorf("%s: %d", what, p.code)
			}
		}
		if p := d.post("/konto/daten/loeschen", "sure", "1", "password", passphrase); p.code != 303 {
			o.t.Fatalf("%d %s", p.code, p.text())
		}
		for _, needle := range []string{canaryName, canaryMail, strings.Split(canaryMail, "@")[0]} {
			if list := x.hits(ctx, needle); len(list) > 0 {
				o.t.Errorf("%q still stands in %v", needle, list)
			}
		}
		for sum, err := range o.app.Files.All() {
			if err != nil {
				o.t.Fatal(err)
			}
			f, err := o.app.Files.Open(sum)
			if err != nil {
				o.t.Fatal(err)
			}
			b, err := io.ReadAll(f)
			_ = f.Close()
			if err != nil || bytes.Contains(b, []byte(canaryName)) || bytes.Contains(b, []byte(canaryMail)) {
				o.t.Errorf("file %s: %v", sum, err)
			}
		}
		if p := d.get("/konto/daten"); p.code != 401 {
			o.t.Errorf("the session goes on: %d", p.code)
		}
		if p := o.anonymous().post("/anmelden", "email", canaryMail, "password", passphrase); p.code != 422 {
			o.t.Errorf("signs in again: %d", p.code)
		}
	})
}

func TestTheLastAdministrationIsNotErased(t *testing.T) {
	offices(t, func(o *office) {
		d := o.signIn("admin@stadt.example")
		if p := d.post("/konto/daten/loeschen", "sure", "1", "password", passphrase); p.code != 422 || !strings.Contains(p.text(), "als einziges die Administration") {
			o.t.Errorf("%d %s", p.code, p.text())
		}
		if p := d.get("/arbeit/benutzer"); p.code != 200 {
			o.t.Errorf("afterwards: %d", p.code)
		}
	})
}

// A name that is corrected is corrected in the notes of work too, unless somebody else bears it (Art. 16 GDPR).
func TestACorrectedNameIsCorrectedEverywhere(t *testing.T) {
	columns, parents := schema(t)
	withTraces(t, func(o *office, _ *desk, p privacy.Person, _ []string) {
		ctx := o.t.Context()
		x := &traces{t: o.t, db: o.app.DB, columns: columns, parents: parents, tenant: o.who.Tenant, person: p}
		me := access.Actor{Tenant: o.who.Tenant, Person: p.ID, Roles: []access.Role{access.Planner}}
		if err := o.app.Accounts.SetProfile(ctx, me, "Statistikstelle", "de"); err != nil {
			o.t.Fatal(err)
		}
		for _, hit := range x.hits(ctx, canaryName) {
			if !strings.HasPrefix(hit, "job.") { // what a job was started with is history
				o.t.Errorf("the old name stands in %s", hit)
			}
		}
		if len(x.hits(ctx, "Statistikstelle")) < 4 {
			o.t.Errorf("the new name stands in %v only", x.hits(ctx, "Statistikstelle"))
		}
		if _, _, err := o.app.Accounts.Add(ctx, o.who, account.New{Email: "zwei@stadt.example", Name: "Statistikstelle", Roles: []access.Role{access.Planner}, Password: passphrase}); err != nil {
			o.t.Fatal(err)
		}
		if err := o.app.Accounts.SetProfile(ctx, me, "Neuer Name", "de"); err != nil {
			o.t.Fatal(err)
		}
		if len(x.hits(ctx, "Statistikstelle")) < 4 {
			o.t.Error("notes that may be somebody else's were renamed")
		}
	})
}
