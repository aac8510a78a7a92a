// SPDX-License-Identifier: EUPL-1.2

// Package actordb keeps the inventory of actors on both engines.
package actordb

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/kupferfaden/kupferfaden/internal/actor"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/platform/db"
)

// Store implements actor.Store.
type Store struct{ DB *db.DB }

var _ actor.Store = (*Store)(nil)

func (s *Store) exec(ctx context.Context, statement string, args ...any) (int64, error) {
	var n int64
	err := s.DB.Tx(ctx, func(ctx context.Context) error {
		res, err := s.DB.Conn(ctx).ExecContext(ctx, statement, args...)
		if err != nil {
			return err
		}
		n, err = res.RowsAffected()
		return err
	})
	return n, err
}

// Stamp changes with every change of the inventory.
func (s *Store) Stamp(ctx context.Context, tenant kernel.ID) (stamp int64, err error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select stamp from actor_rule where tenant_id = $1`, tenant)
	err = db.Each(rows, err, func(r db.Row) error { return r.Scan(&stamp) })
	return stamp, err
}

// Touch counts a change, and one of the town's public pages.
func (s *Store) Touch(ctx context.Context, tenant kernel.ID) error {
	return s.DB.Tx(ctx, func(ctx context.Context) error {
		_, err := s.exec(ctx, `insert into actor_rule (tenant_id, content, stamp) values ($1, '{}', 1)
			on conflict (tenant_id) do update set stamp = actor_rule.stamp + 1`, tenant)
		if err != nil {
			return err
		}
		return s.DB.Touch(ctx, tenant)
	})
}

const recordColumns = `id, kind, key, actor_id, public, content, edit, created_at, changed_at, confirmed_at, archived_at`

func scanRecord(row db.Row) (actor.Record, error) {
	var m actor.Meta
	var content string
	if err := row.Scan(&m.ID, &m.Kind, &m.Key, &m.Actor, &m.Public, &content, &m.Edit, &m.CreatedAt, &m.ChangedAt, &m.ConfirmedAt, &m.ArchivedAt); err != nil {
		return nil, err
	}
	r, err := actor.New(m.Kind)
	if err != nil {
		return nil, fmt.Errorf("record %s of the inventory: %w", m.ID, err)
	}
	if err := json.Unmarshal([]byte(content), r); err != nil {
		return nil, fmt.Errorf("record %s of the inventory: %w", m.ID, err)
	}
	*r.Head() = m
	return r, nil
}

// Records gives all records.
func (s *Store) Records(ctx context.Context, tenant kernel.ID) ([]actor.Record, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select `+recordColumns+` from actor_record where tenant_id = $1 order by name, id`, tenant)
	return db.Collect(rows, err, scanRecord)
}

// Record finds one.
func (s *Store) Record(ctx context.Context, tenant, id kernel.ID) (actor.Record, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select `+recordColumns+` from actor_record where tenant_id = $1 and id = $2`, tenant, id)
	return db.One(rows, err, "actor.notfound", scanRecord)
}

// Insert adds a record; a key that is taken gets a number.
func (s *Store) Insert(ctx context.Context, tenant kernel.ID, r actor.Record) error {
	content, err := json.Marshal(r)
	if err != nil {
		return err
	}
	m := r.Head()
	return s.DB.Tx(ctx, func(ctx context.Context) error {
		key, err := s.freeKey(ctx, tenant, m.Kind, m.Key)
		if err != nil {
			return err
		}
		m.Key = key
		_, err = s.exec(ctx, `insert into actor_record (tenant_id, `+recordColumns+`, name) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
			tenant, m.ID, m.Kind, m.Key, m.Actor, m.Public, string(content), m.Edit, m.CreatedAt, m.ChangedAt, m.ConfirmedAt, m.ArchivedAt, r.Name())
		return err
	})
}

// freeKey gives a key nobody has: the wish, or the wish with the next number.
func (s *Store) freeKey(ctx context.Context, tenant kernel.ID, k actor.Kind, wish string) (string, error) {
	taken := map[string]bool{}
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select key from actor_record where tenant_id = $1 and kind = $2 and (key = $3 or key like $4)`, tenant, k, wish, wish+"-%")
	err = db.Each(rows, err, func(r db.Row) error {
		var key string
		err := r.Scan(&key)
		taken[key] = true
		return err
	})
	if err != nil || !taken[wish] {
		return wish, err
	}
	for n := 2; ; n++ {
		if key := wish + "-" + strconv.Itoa(n); !taken[key] {
			return key, nil
		}
	}
}

// Update writes a record of the edit it had.
func (s *Store) Update(ctx context.Context, tenant kernel.ID, r actor.Record) error {
	content, err := json.Marshal(r)
	if err != nil {
		return err
	}
	m := r.Head()
	n, err := s.exec(ctx, `update actor_record set actor_id = $3, public = $4, content = $5, edit = $6, changed_at = $7, confirmed_at = $8, archived_at = $9, name = $10
		where tenant_id = $1 and id = $2 and edit = $11`,
		tenant, m.ID, m.Actor, m.Public, string(content), m.Edit, m.ChangedAt, m.ConfirmedAt, m.ArchivedAt, r.Name(), m.Edit-1)
	if err == nil && n == 0 {
		return kernel.E(kernel.Conflict, "actor.changed")
	}
	return err
}

// Confirm notes that all records of an organisation still hold.
func (s *Store) Confirm(ctx context.Context, tenant, id kernel.ID, at kernel.Instant) (int64, error) {
	return s.exec(ctx, `update actor_record set confirmed_at = $3 where tenant_id = $1 and (id = $2 or actor_id = $2) and archived_at is null`, tenant, id, at)
}

// Relations gives all of them.
func (s *Store) Relations(ctx context.Context, tenant kernel.ID) ([]actor.Relation, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select id, from_id, to_id, role, strength, formal, from_date, to_date, note from actor_relation where tenant_id = $1 order by id`, tenant)
	return db.Collect(rows, err, func(r db.Row) (x actor.Relation, err error) {
		err = r.Scan(&x.ID, &x.From, &x.To, &x.Role, &x.Strength, &x.Formal, &x.Since, &x.Until, &x.Note)
		return x, err
	})
}

// PutRelation adds a relation or changes the one between the same two.
func (s *Store) PutRelation(ctx context.Context, tenant kernel.ID, x actor.Relation) error {
	_, err := s.exec(ctx, `insert into actor_relation (tenant_id, id, from_id, to_id, role, strength, formal, from_date, to_date, note) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
		on conflict (tenant_id, from_id, to_id) do update set role = excluded.role, strength = excluded.strength, formal = excluded.formal, from_date = excluded.from_date,
			to_date = excluded.to_date, note = excluded.note`,
		tenant, x.ID, x.From, x.To, x.Role, x.Strength, x.Formal, x.Since, x.Until, x.Note)
	return err
}

// DeleteRelation forgets one.
func (s *Store) DeleteRelation(ctx context.Context, tenant, id kernel.ID) error {
	_, err := s.exec(ctx, `delete from actor_relation where tenant_id = $1 and id = $2`, tenant, id)
	return err
}

// Contacts lists the people of a record, or of all.
func (s *Store) Contacts(ctx context.Context, tenant, record kernel.ID) ([]actor.Contact, error) {
	w := db.NewWhere(tenant)
	if record != "" {
		w.And("record_id = ?", record)
	}
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select id, record_id, role, person, email, phone, consent_at, consent_by, changed_at from actor_contact where `+w.String()+` order by record_id, id`, w.Args...)
	return db.Collect(rows, err, func(r db.Row) (c actor.Contact, err error) {
		err = r.Scan(&c.ID, &c.Record, &c.Role, &c.Person, &c.Email, &c.Phone, &c.ConsentAt, &c.ConsentBy, &c.ChangedAt)
		return c, err
	})
}

// PutContact keeps a person of a record.
func (s *Store) PutContact(ctx context.Context, tenant kernel.ID, c actor.Contact) error {
	_, err := s.exec(ctx, `insert into actor_contact (tenant_id, id, record_id, role, person, email, phone, consent_at, consent_by, changed_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
		on conflict (tenant_id, id) do update set role = excluded.role, person = excluded.person, email = excluded.email, phone = excluded.phone, consent_at = excluded.consent_at,
			consent_by = excluded.consent_by, changed_at = excluded.changed_at`,
		tenant, c.ID, c.Record, c.Role, c.Person, c.Email, c.Phone, c.ConsentAt, c.ConsentBy, c.ChangedAt)
	return err
}

// DeleteContact forgets one.
func (s *Store) DeleteContact(ctx context.Context, tenant, record, id kernel.ID) error {
	_, err := s.exec(ctx, `delete from actor_contact where tenant_id = $1 and record_id = $2 and id = $3`, tenant, record, id)
	return err
}

// Terms gives the town's own terms.
func (s *Store) Terms(ctx context.Context, tenant kernel.ID) (actor.Terms, error) {
	out := actor.Terms{}
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select grp, content from actor_term where tenant_id = $1 order by grp, position, key`, tenant)
	err = db.Each(rows, err, func(r db.Row) error {
		var g actor.Group
		var x db.JSON[actor.Term]
		err := r.Scan(&g, &x)
		out[g] = append(out[g], x.V)
		return err
	})
	return out, err
}

// PutTerm keeps a term; new ones come last.
func (s *Store) PutTerm(ctx context.Context, tenant kernel.ID, g actor.Group, x actor.Term) error {
	_, err := s.exec(ctx, `insert into actor_term (tenant_id, grp, key, position, content)
		values ($1, $2, $3, (select coalesce(max(position), 0) + 1 from actor_term where tenant_id = $1 and grp = $2), $4)
		on conflict (tenant_id, grp, key) do update set content = excluded.content`, tenant, g, x.Key, db.AsJSON(x))
	return err
}

// Rules gives the town's rules.
func (s *Store) Rules(ctx context.Context, tenant kernel.ID) (out actor.Rules, err error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select content from actor_rule where tenant_id = $1`, tenant)
	err = db.Each(rows, err, func(r db.Row) error {
		var x db.JSON[actor.Rules]
		err := r.Scan(&x)
		out = x.V
		return err
	})
	return out, err
}

// SetRules keeps them.
func (s *Store) SetRules(ctx context.Context, tenant kernel.ID, x actor.Rules) error {
	_, err := s.exec(ctx, `insert into actor_rule (tenant_id, content, stamp) values ($1, $2, 1) on conflict (tenant_id) do update set content = excluded.content`, tenant, db.AsJSON(x))
	return err
}

const changeColumns = `id, record_id, patch, state, changed_by, changed_at, decided_by, decided_at, reason`

func scanChange(r db.Row) (c actor.Change, err error) {
	var patch db.JSON[[]actor.Patch]
	err = r.Scan(&c.ID, &c.Record, &patch, &c.State, &c.By, &c.At, &c.DecidedBy, &c.DecidedAt, &c.Reason)
	c.Patch = patch.V
	return c, err
}

// AddChange writes down what an organisation changed.
func (s *Store) AddChange(ctx context.Context, tenant kernel.ID, c actor.Change) error {
	_, err := s.exec(ctx, `insert into actor_change (tenant_id, `+changeColumns+`) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
		tenant, c.ID, c.Record, db.AsJSON(c.Patch), c.State, c.By, c.At, c.DecidedBy, c.DecidedAt, c.Reason)
	return err
}

// Change finds one.
func (s *Store) Change(ctx context.Context, tenant, id kernel.ID) (actor.Change, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select `+changeColumns+` from actor_change where tenant_id = $1 and id = $2`, tenant, id)
	return db.One(rows, err, "actor.notfound", scanChange)
}

// Changes lists those in a state, or of a record, the youngest first.
func (s *Store) Changes(ctx context.Context, tenant kernel.ID, state actor.ChangeState, record kernel.ID, limit int) ([]actor.Change, error) {
	w := db.NewWhere(tenant)
	if state != "" {
		w.And("state = ?", state)
	}
	if record != "" {
		w.And("record_id = ?", record)
	}
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select `+changeColumns+` from actor_change where `+w.String()+` order by changed_at desc, id desc limit `+w.Arg(limit), w.Args...)
	return db.Collect(rows, err, scanChange)
}

// Decide writes what became of a waiting change.
func (s *Store) Decide(ctx context.Context, tenant kernel.ID, c actor.Change) error {
	n, err := s.exec(ctx, `update actor_change set state = $3, decided_by = $4, decided_at = $5, reason = $6 where tenant_id = $1 and id = $2 and state = 'waiting'`,
		tenant, c.ID, c.State, c.DecidedBy, c.DecidedAt, c.Reason)
	if err == nil && n == 0 {
		return kernel.E(kernel.Conflict, "actor.change.decided")
	}
	return err
}

// CountChanges counts those in a state.
func (s *Store) CountChanges(ctx context.Context, tenant kernel.ID, state actor.ChangeState) (int, error) {
	return db.Value[int](s.DB.Conn(ctx).QueryRowContext(ctx, `select count(*) from actor_change where tenant_id = $1 and state = $2`, tenant, state), "actor.notfound")
}

// Alarm notes that staff are told of the end of a record's funding; false when they were told before.
func (s *Store) Alarm(ctx context.Context, tenant, record kernel.ID, ends kernel.Date, at kernel.Instant) (bool, error) {
	n, err := s.exec(ctx, `insert into actor_alarm (tenant_id, record_id, ends, told_at) values ($1, $2, $3, $4) on conflict (tenant_id, record_id, ends) do nothing`, tenant, record, ends, at)
	return n > 0, err
}

// Verdicts gives what staff decided on proposals to share.
func (s *Store) Verdicts(ctx context.Context, tenant kernel.ID) ([]actor.Verdict, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select key, state, reason, decided_by, decided_at from actor_pooling where tenant_id = $1 order by decided_at desc, key`, tenant)
	return db.Collect(rows, err, func(r db.Row) (v actor.Verdict, err error) {
		err = r.Scan(&v.Key, &v.State, &v.Reason, &v.By, &v.At)
		return v, err
	})
}

// PutVerdict keeps what staff decided; a later decision takes the place of an earlier one.
func (s *Store) PutVerdict(ctx context.Context, tenant kernel.ID, v actor.Verdict) error {
	_, err := s.exec(ctx, `insert into actor_pooling (tenant_id, key, state, reason, decided_by, decided_at) values ($1, $2, $3, $4, $5, $6)
		on conflict (tenant_id, key) do update set state = excluded.state, reason = excluded.reason, decided_by = excluded.decided_by, decided_at = excluded.decided_at`,
		tenant, v.Key, v.State, v.Reason, v.By, v.At)
	return err
}
