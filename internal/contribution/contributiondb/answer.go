// SPDX-License-Identifier: EUPL-1.2

package contributiondb

import (
	"context"
	"slices"

	"github.com/kupferfaden/kupferfaden/internal/contribution"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/platform/db"
)

// Answers implements contribution.AnswerStore.
type Answers struct{ DB *db.DB }

var _ contribution.AnswerStore = (*Answers)(nil)

// Offices lists the offices the town has set up.
func (s *Answers) Offices(ctx context.Context, tenant kernel.ID) ([]contribution.Office, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select key, name, mailbox, edit from answer_office where tenant_id = $1 order by key`, tenant)
	return db.Collect(rows, err, func(r db.Row) (o contribution.Office, err error) {
		return o, r.Scan(&o.Key, &o.Name, &o.Mailbox, &o.Edit)
	})
}

// SaveOffice adds or changes one.
func (s *Answers) SaveOffice(ctx context.Context, tenant kernel.ID, o contribution.Office) error {
	n, err := run(ctx, s.DB, `insert into answer_office (tenant_id, key, name, mailbox, edit) values ($1, $2, $3, $4, $5 + 1)
		on conflict (tenant_id, key) do update set name = excluded.name, mailbox = excluded.mailbox, edit = excluded.edit where answer_office.edit = excluded.edit - 1`,
		tenant, o.Key, o.Name, o.Mailbox, o.Edit)
	return changed(n, err)
}

// changed is a Conflict where nothing was written, as somebody else did before.
func changed(n int64, err error) error {
	if err == nil && n == 0 {
		err = kernel.E(kernel.Conflict, "answer.changed")
	}
	return err
}

// RouteRules lists the rules in their order.
func (s *Answers) RouteRules(ctx context.Context, tenant kernel.ID) ([]contribution.RouteRule, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select id, process, category, area, office, position from answer_rule where tenant_id = $1 order by position, id`, tenant)
	return db.Collect(rows, err, func(r db.Row) (x contribution.RouteRule, err error) {
		return x, r.Scan(&x.ID, &x.Process, &x.Category, &x.Area, &x.Office, &x.Position)
	})
}

// SaveRouteRules replaces them.
func (s *Answers) SaveRouteRules(ctx context.Context, tenant kernel.ID, list []contribution.RouteRule) error {
	return s.DB.Tx(ctx, func(ctx context.Context) error {
		if _, err := run(ctx, s.DB, `delete from answer_rule where tenant_id = $1`, tenant); err != nil {
			return err
		}
		for _, x := range list {
			if _, err := run(ctx, s.DB, `insert into answer_rule (tenant_id, id, process, category, area, office, position) values ($1, $2, $3, $4, $5, $6, $7)`,
				tenant, x.ID, x.Process, x.Category, x.Area, x.Office, x.Position); err != nil {
				return err
			}
		}
		return nil
	})
}

// Assign gives a contribution to an office.
func (s *Answers) Assign(ctx context.Context, tenant, id kernel.ID, office string, due kernel.Date) error {
	_, err := run(ctx, s.DB, `update contribution set office = $3, due_on = case when due_on = '' then $4 else due_on end where tenant_id = $1 and id = $2`, tenant, id, office, string(due))
	return err
}

// AddRoute writes a step.
func (s *Answers) AddRoute(ctx context.Context, tenant kernel.ID, r contribution.Route) error {
	_, err := run(ctx, s.DB, `insert into answer_route (tenant_id, id, contribution, was, office, reason, routed_at, routed_by) values ($1, $2, $3, $4, $5, $6, $7, $8)`,
		tenant, r.ID, r.Contribution, r.Was, r.Office, r.Reason, r.At, r.By)
	return err
}

// Routes lists the steps of a contribution.
func (s *Answers) Routes(ctx context.Context, tenant, of kernel.ID) ([]contribution.Route, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select id, contribution, was, office, reason, routed_at, routed_by from answer_route
		where tenant_id = $1 and contribution = $2 order by routed_at, id`, tenant, of)
	return db.Collect(rows, err, func(r db.Row) (x contribution.Route, err error) {
		return x, r.Scan(&x.ID, &x.Contribution, &x.Was, &x.Office, &x.Reason, &x.At, &x.By)
	})
}

const (
	answerColumns  = `a.id, a.process, a.office, a.state, a.released, a.edit, a.created_at, a.released_at`
	versionColumns = `version, status, category, target, body, plain_later, written_at, written_by, asked_at, asked_by, released_at, released_by, returned`
)

func answerFields(a *contribution.Answer) []any {
	return []any{&a.ID, &a.Process, &a.Office, &a.State, &a.Released, &a.Edit, &a.Created, &a.ReleasedAt}
}

func versionFields(v *contribution.AnswerVersion) []any {
	return []any{
		&v.Number, &v.Status, &v.Cause, &v.Target, &v.Body, &v.PlainLater, &v.Written, &v.By, &v.Asked, &v.AskedBy, &v.Released, &v.ReleasedBy, &v.Returned,
	}
}

// joinedVersion are the columns of a version under the alias v.
const joinedVersion = "v.version, v.status, v.category, v.target, v.body, v.plain_later, v.written_at, v.written_by, v.asked_at, v.asked_by, v.released_at, v.released_by, v.returned"

func versionArgs(tenant, answer kernel.ID, v contribution.AnswerVersion) []any {
	return []any{
		tenant, answer, v.Number, v.Status, v.Cause, v.Target, v.Body, v.PlainLater, v.Written, v.By, v.Asked, v.AskedBy, v.Released, v.ReleasedBy, v.Returned,
	}
}

// putVersion writes a version, or what of it was a draft until now; a version that was released never changes.
func (s *Answers) putVersion(ctx context.Context, tenant, answer kernel.ID, v contribution.AnswerVersion) error {
	n, err := run(ctx, s.DB, `insert into answer_version (tenant_id, answer, `+versionColumns+`) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
		on conflict (tenant_id, answer, version) do update set status = excluded.status, category = excluded.category, target = excluded.target, body = excluded.body,
		plain_later = excluded.plain_later, written_at = excluded.written_at, written_by = excluded.written_by, asked_at = excluded.asked_at, asked_by = excluded.asked_by,
		released_at = excluded.released_at, released_by = excluded.released_by, returned = excluded.returned where answer_version.released_at is null`,
		versionArgs(tenant, answer, v)...)
	return changed(n, err)
}

// AddAnswer writes an answer with its first version and links.
func (s *Answers) AddAnswer(ctx context.Context, tenant kernel.ID, a contribution.Answer, by kernel.ID) error {
	return s.DB.Tx(ctx, func(ctx context.Context) error {
		if _, err := run(ctx, s.DB, `insert into answer (tenant_id, id, process, office, state, version, released, edit, created_at, released_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
			tenant, a.ID, a.Process, a.Office, a.State, a.Newest.Number, a.Released, a.Edit, a.Created, a.ReleasedAt); err != nil {
			return err
		}
		if err := s.putVersion(ctx, tenant, a.ID, a.Newest); err != nil {
			return err
		}
		for _, c := range a.Contributions {
			if err := s.Link(ctx, tenant, a.ID, c, by, a.Created); err != nil {
				return err
			}
		}
		return nil
	})
}

// Answer finds one with its versions and links.
func (s *Answers) Answer(ctx context.Context, tenant, id kernel.ID) (contribution.Answer, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select `+answerColumns+`, `+joinedVersion+` from answer a
		join answer_version v on v.tenant_id = a.tenant_id and v.answer = a.id and v.version = a.version where a.tenant_id = $1 and a.id = $2`, tenant, id)
	a, err := db.One(rows, err, "answer.notfound", scanAnswer)
	if err != nil {
		return a, err
	}
	list, err := s.complete(ctx, tenant, []contribution.Answer{a})
	if err != nil {
		return a, err
	}
	return list[0], nil
}

func scanAnswer(r db.Row) (a contribution.Answer, err error) {
	return a, r.Scan(append(answerFields(&a), versionFields(&a.Newest)...)...)
}

// complete adds the public versions and the links.
func (s *Answers) complete(ctx context.Context, tenant kernel.ID, list []contribution.Answer) ([]contribution.Answer, error) {
	if len(list) == 0 {
		return list, nil
	}
	ids, at := make([]kernel.ID, len(list)), map[kernel.ID]*contribution.Answer{}
	for i := range list {
		ids[i] = list[i].ID
		at[list[i].ID] = &list[i]
	}
	w := db.NewWhere(tenant)
	w.In("answer", ids)
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select answer, contribution from answer_link where `+w.String()+` order by linked_at, contribution`, w.Args...)
	err = db.Each(rows, err, func(r db.Row) error {
		var a, c kernel.ID
		if err := r.Scan(&a, &c); err != nil {
			return err
		}
		at[a].Contributions = append(at[a].Contributions, c)
		return nil
	})
	if err != nil {
		return nil, err
	}
	w = &db.Where{}
	w.And("a.tenant_id = ?", tenant)
	w.In("a.id", ids)
	rows, err = s.DB.Conn(ctx).QueryContext(ctx, `select a.id, `+joinedVersion+` from answer a
		join answer_version v on v.tenant_id = a.tenant_id and v.answer = a.id and v.version = a.released where `+w.String(), w.Args...)
	return list, db.Each(rows, err, func(r db.Row) error {
		var id kernel.ID
		var v contribution.AnswerVersion
		if err := r.Scan(append([]any{&id}, versionFields(&v)...)...); err != nil {
			return err
		}
		at[id].Public = &v
		return nil
	})
}

func scanVersion(r db.Row) (v contribution.AnswerVersion, err error) {
	return v, r.Scan(versionFields(&v)...)
}

// SaveAnswer writes state and newest version.
func (s *Answers) SaveAnswer(ctx context.Context, tenant kernel.ID, a contribution.Answer) error {
	return s.DB.Tx(ctx, func(ctx context.Context) error {
		n, err := run(ctx, s.DB, `update answer set state = $3, version = $4, released = $5, released_at = $6, office = $7, edit = edit + 1 where tenant_id = $1 and id = $2 and edit = $8`,
			tenant, a.ID, a.State, a.Newest.Number, a.Released, a.ReleasedAt, a.Office, a.Edit)
		if err := changed(n, err); err != nil {
			return err
		}
		return s.putVersion(ctx, tenant, a.ID, a.Newest)
	})
}

// Link makes an answer one for a contribution.
func (s *Answers) Link(ctx context.Context, tenant, answer, of, by kernel.ID, at kernel.Instant) error {
	_, err := run(ctx, s.DB, `insert into answer_link (tenant_id, contribution, answer, linked_at, linked_by, first_at) values ($1, $2, $3, $4, $5, null)
		on conflict (tenant_id, contribution, answer) do nothing`, tenant, of, answer, at, by)
	return err
}

// Unlink takes a contribution from an answer.
func (s *Answers) Unlink(ctx context.Context, tenant, answer, of kernel.ID) error {
	n, err := run(ctx, s.DB, `delete from answer_link where tenant_id = $1 and answer = $2 and contribution = $3 and first_at is null`, tenant, answer, of)
	return changed(n, err)
}

// MarkAnswered notes when the contributions of an answer were answered.
func (s *Answers) MarkAnswered(ctx context.Context, tenant, answer kernel.ID, at kernel.Instant) error {
	_, err := run(ctx, s.DB, `update answer_link set first_at = $3 where tenant_id = $1 and answer = $2 and first_at is null`, tenant, answer, at)
	return err
}

// PublicAnswers gives the answer released last for each contribution.
func (s *Answers) PublicAnswers(ctx context.Context, tenant kernel.ID, ids []kernel.ID) (map[kernel.ID]contribution.Answer, error) {
	return s.byContribution(ctx, tenant, ids, `a.released`, `a.released > 0`, `a.released_at`)
}

// OpenAnswers gives the answer that is being written for each contribution.
func (s *Answers) OpenAnswers(ctx context.Context, tenant kernel.ID, ids []kernel.ID) (map[kernel.ID]contribution.Answer, error) {
	return s.byContribution(ctx, tenant, ids, `a.version`, `a.state <> 'released'`, `a.created_at`)
}

func (s *Answers) byContribution(ctx context.Context, tenant kernel.ID, ids []kernel.ID, version, cond, order string) (map[kernel.ID]contribution.Answer, error) {
	out := map[kernel.ID]contribution.Answer{}
	for part := range slices.Chunk(ids, 1000) {
		w := &db.Where{}
		w.And("l.tenant_id = ?", tenant)
		w.In("l.contribution", part)
		rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select l.contribution, `+answerColumns+`, `+joinedVersion+` from answer_link l
			join answer a on a.tenant_id = l.tenant_id and a.id = l.answer
			join answer_version v on v.tenant_id = a.tenant_id and v.answer = a.id and v.version = `+version+`
			where `+w.String()+` and `+cond+` order by `+order, w.Args...)
		err = db.Each(rows, err, func(r db.Row) error {
			var of kernel.ID
			var a contribution.Answer
			if err := r.Scan(append(append([]any{&of}, answerFields(&a)...), versionFields(&a.Newest)...)...); err != nil {
				return err
			}
			if v := a.Newest; v.Number == a.Released {
				a.Public = &v
			}
			out[of] = a
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// AnswersOf lists the answers of a contribution.
func (s *Answers) AnswersOf(ctx context.Context, tenant, of kernel.ID) ([]contribution.Answer, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select `+answerColumns+`, `+joinedVersion+` from answer a
		join answer_version v on v.tenant_id = a.tenant_id and v.answer = a.id and v.version = a.version
		join answer_link l on l.tenant_id = a.tenant_id and l.answer = a.id where a.tenant_id = $1 and l.contribution = $2 order by a.created_at, a.id`, tenant, of)
	list, err := db.Collect(rows, err, scanAnswer)
	if err != nil {
		return nil, err
	}
	return s.complete(ctx, tenant, list)
}

// AnswersIn lists answers in a state.
func (s *Answers) AnswersIn(ctx context.Context, tenant kernel.ID, process string, state contribution.AnswerState, limit int) ([]contribution.Answer, error) {
	w := &db.Where{}
	w.And("a.tenant_id = ?", tenant)
	if process != "" {
		w.And("a.process = ?", process)
	}
	if state != "" {
		w.And("a.state = ?", state)
	}
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select `+answerColumns+`, `+joinedVersion+` from answer a
		join answer_version v on v.tenant_id = a.tenant_id and v.answer = a.id and v.version = a.version where `+w.String()+` order by a.created_at, a.id limit `+w.Arg(limit), w.Args...)
	list, err := db.Collect(rows, err, scanAnswer)
	if err != nil {
		return nil, err
	}
	return s.complete(ctx, tenant, list)
}

// Versions lists the versions of an answer.
func (s *Answers) Versions(ctx context.Context, tenant, answer kernel.ID) ([]contribution.AnswerVersion, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select `+versionColumns+` from answer_version where tenant_id = $1 and answer = $2 order by version`, tenant, answer)
	return db.Collect(rows, err, scanVersion)
}

// Count counts what became of contributions. One that lives on in another is counted there.
func (s *Answers) Count(ctx context.Context, tenant kernel.ID, process string, today kernel.Date) (n contribution.Count, err error) {
	w := &db.Where{}
	w.And("c.tenant_id = ?", tenant)
	w.And("c.state = 'published'")
	if process != "" {
		w.And("c.process = ?", process)
	}
	// Instants are compared as days of the town's clock; the first answer counts.
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select c.status, c.due_on, (select min(l.first_at) from answer_link l where l.tenant_id = c.tenant_id and l.contribution = c.id),
		(select max(case when v.plain_later then 1 else 0 end) from answer_link l join answer a on a.tenant_id = l.tenant_id and a.id = l.answer
			join answer_version v on v.tenant_id = a.tenant_id and v.answer = a.id and v.version = a.released
			where l.tenant_id = c.tenant_id and l.contribution = c.id)
		from contribution c where `+w.String(), w.Args...)
	err = db.Each(rows, err, func(r db.Row) error {
		var status contribution.Status
		var due kernel.Date
		var first kernel.Instant
		var plain int
		if err := r.Scan(&status, &due, &first, db.OrZero(&plain)); err != nil {
			return err
		}
		n.Add(status, due, first, plain > 0, today)
		return nil
	})
	return n, err
}

// DueBy lists published contributions without an answer that are due by a day.
func (s *Answers) DueBy(ctx context.Context, tenant kernel.ID, day kernel.Date) ([]contribution.Contribution, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select `+columns+` from contribution where tenant_id = $1 and state = 'published' and status in ('', 'under_review')
		and due_on <> '' and due_on <= $2 order by office, due_on, id`, tenant, string(day))
	return db.Collect(rows, err, scan)
}

// Told notes that the office was told of a day.
func (s *Answers) Told(ctx context.Context, tenant, of kernel.ID, kind string, due kernel.Date, at kernel.Instant) (bool, error) {
	n, err := run(ctx, s.DB, `insert into answer_alarm (tenant_id, contribution, kind, due, told_at) values ($1, $2, $3, $4, $5) on conflict (tenant_id, contribution, kind, due) do nothing`,
		tenant, of, kind, string(due), at)
	return n == 1, err
}

// Blocks lists the text blocks by title.
func (s *Answers) Blocks(ctx context.Context, tenant kernel.ID) ([]contribution.Block, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select id, title, status, office, body, edit from answer_block where tenant_id = $1 order by title, id`, tenant)
	return db.Collect(rows, err, func(r db.Row) (b contribution.Block, err error) {
		return b, r.Scan(&b.ID, &b.Title, &b.Status, &b.Office, &b.Body, &b.Edit)
	})
}

// SaveBlock adds or changes one.
func (s *Answers) SaveBlock(ctx context.Context, tenant kernel.ID, b contribution.Block) error {
	n, err := run(ctx, s.DB, `insert into answer_block (tenant_id, id, title, status, office, body, edit) values ($1, $2, $3, $4, $5, $6, $7 + 1)
		on conflict (tenant_id, id) do update set title = excluded.title, status = excluded.status, office = excluded.office, body = excluded.body, edit = excluded.edit
		where answer_block.edit = excluded.edit - 1`, tenant, b.ID, b.Title, b.Status, b.Office, b.Body, b.Edit)
	return changed(n, err)
}

// DeleteBlock removes one.
func (s *Answers) DeleteBlock(ctx context.Context, tenant, id kernel.ID) error {
	_, err := run(ctx, s.DB, `delete from answer_block where tenant_id = $1 and id = $2`, tenant, id)
	return err
}
