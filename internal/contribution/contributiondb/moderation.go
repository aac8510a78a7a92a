// SPDX-License-Identifier: EUPL-1.2

package contributiondb

import (
	"context"
	"database/sql"
	"slices"

	"github.com/kupferfaden/kupferfaden/internal/contribution"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/platform/db"
)

// Moderation implements contribution.ModerationStore.
type Moderation struct{ DB *db.DB }

var _ contribution.ModerationStore = (*Moderation)(nil)

// run runs one statement in a transaction and counts the rows it changed.
func run(ctx context.Context, d *db.DB, q string, args ...any) (n int64, err error) {
	err = d.Tx(ctx, func(ctx context.Context) error {
		var res sql.Result
		if res, err = d.Conn(ctx).ExecContext(ctx, q, args...); err != nil {
			return err
		}
		n, err = res.RowsAffected()
		return err
	})
	return n, err
}

// conductContent is how the rules of conduct are written.
type conductContent struct {
	Intro kernel.Text                `json:"intro"`
	Rules []contribution.ConductRule `json:"rules"`
}

// Conduct gives a version of the rules of conduct, -1 the newest.
func (s *Moderation) Conduct(ctx context.Context, tenant kernel.ID, version int) (contribution.Conduct, error) {
	w := db.NewWhere(tenant)
	if version >= 0 {
		w.And("version = ?", version)
	}
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select version, content, published_at, published_by from conduct where `+w.String()+` order by version desc limit 1`, w.Args...)
	return db.One(rows, err, "moderation.conduct.notfound", func(r db.Row) (c contribution.Conduct, err error) {
		var x db.JSON[conductContent]
		err = r.Scan(&c.Version, &x, &c.Published, &c.By)
		c.Intro, c.Rules = x.V.Intro, x.V.Rules
		return c, err
	})
}

// AddConduct writes a version.
func (s *Moderation) AddConduct(ctx context.Context, tenant kernel.ID, c contribution.Conduct) error {
	n, err := run(ctx, s.DB, `insert into conduct (tenant_id, version, content, published_at, published_by) values ($1, $2, $3, $4, $5) on conflict (tenant_id, version) do nothing`,
		tenant, c.Version, db.AsJSON(conductContent{c.Intro, c.Rules}), c.Published, c.By)
	if err == nil && n == 0 {
		err = kernel.E(kernel.Conflict, "moderation.conduct.changed")
	}
	return err
}

// HouseRules gives the town's rules.
func (s *Moderation) HouseRules(ctx context.Context, tenant kernel.ID) (contribution.HouseRules, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select content, edit from voice_rules where tenant_id = $1`, tenant)
	list, err := db.Collect(rows, err, func(r db.Row) (h contribution.HouseRules, err error) {
		var x db.JSON[contribution.HouseRules]
		var edit int
		err = r.Scan(&x, &edit)
		h = x.V
		h.Edit = edit
		return h, err
	})
	if err != nil || len(list) == 0 {
		return contribution.HouseRules{}, err
	}
	return list[0], nil
}

// SaveHouseRules changes them.
func (s *Moderation) SaveHouseRules(ctx context.Context, tenant kernel.ID, h contribution.HouseRules) error {
	n, err := run(ctx, s.DB, `insert into voice_rules (tenant_id, content, edit) values ($1, $2, $3 + 1)
		on conflict (tenant_id) do update set content = excluded.content, edit = excluded.edit where voice_rules.edit = excluded.edit - 1`, tenant, db.AsJSON(h), h.Edit)
	if err == nil && n == 0 {
		err = kernel.E(kernel.Conflict, "moderation.rules.changed")
	}
	return err
}

const decisionColumns = `id, subject_kind, subject_id, contribution, process, kind, rule, conduct, message, note, pieces, automatic, waited, decided_at, decided_by`

func scanDecision(r db.Row) (d contribution.Decision, err error) {
	return d, r.Scan(&d.ID, &d.Subject.Kind, &d.Subject.ID, &d.Contribution, &d.Process, &d.Kind, &d.Rule, &d.Conduct, &d.Message, &d.Note, &d.Pieces, &d.Automatic, &d.Waited, &d.At, &d.By)
}

// AddDecision writes one.
func (s *Moderation) AddDecision(ctx context.Context, tenant kernel.ID, d contribution.Decision) error {
	_, err := run(ctx, s.DB, `insert into moderation_decision (tenant_id, `+decisionColumns+`) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)`,
		tenant, d.ID, d.Subject.Kind, d.Subject.ID, d.Contribution, d.Process, d.Kind, d.Rule, d.Conduct, d.Message, d.Note, d.Pieces, d.Automatic, d.Waited, d.At, d.By)
	return err
}

// Decision finds one.
func (s *Moderation) Decision(ctx context.Context, tenant, id kernel.ID) (contribution.Decision, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select `+decisionColumns+` from moderation_decision where tenant_id = $1 and id = $2`, tenant, id)
	return db.One(rows, err, "moderation.notfound", scanDecision)
}

// Decisions lists those of a contribution and its comments.
func (s *Moderation) Decisions(ctx context.Context, tenant, of kernel.ID) ([]contribution.Decision, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select `+decisionColumns+` from moderation_decision where tenant_id = $1 and contribution = $2 order by decided_at, id`, tenant, of)
	return db.Collect(rows, err, scanDecision)
}

// LastDecisions gives the latest decision of each subject.
func (s *Moderation) LastDecisions(ctx context.Context, tenant kernel.ID, subjects []kernel.ID) (map[kernel.ID]contribution.Decision, error) {
	out := map[kernel.ID]contribution.Decision{}
	for part := range slices.Chunk(subjects, 1000) {
		w := db.NewWhere(tenant)
		w.In("subject_id", part)
		rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select `+decisionColumns+` from moderation_decision where `+w.String()+` order by decided_at, id`, w.Args...)
		list, err := db.Collect(rows, err, scanDecision)
		if err != nil {
			return nil, err
		}
		for _, d := range list {
			out[d.Subject.ID] = d
		}
	}
	return out, nil
}

// Standing counts what was let through of an account, and what was hidden.
func (s *Moderation) Standing(ctx context.Context, tenant, account kernel.ID, since kernel.Instant) (through, hidden int, err error) {
	conn := s.DB.Conn(ctx)
	if through, err = db.Value[int](conn.QueryRowContext(ctx, `select count(distinct d.subject_id) from moderation_decision d
		join contribution c on c.tenant_id = d.tenant_id and c.id = d.contribution
		where d.tenant_id = $1 and c.account_id = $2 and d.subject_kind = 'contribution' and d.kind = 'publish' and not d.automatic`, tenant, account), "moderation.notfound"); err != nil {
		return 0, 0, err
	}
	hidden, err = db.Value[int](conn.QueryRowContext(ctx, `select count(*) from moderation_decision d
		left join contribution c on c.tenant_id = d.tenant_id and c.id = d.subject_id
		left join contribution_comment k on k.tenant_id = d.tenant_id and k.id = d.subject_id
		where d.tenant_id = $1 and coalesce(c.account_id, k.account_id) = $2 and d.kind = 'hide' and d.decided_at >= $3
		and not exists (select 1 from moderation_appeal a where a.tenant_id = d.tenant_id and a.decision = d.id and a.reversed)`, tenant, account, since), "moderation.notfound")
	return through, hidden, err
}

const appealColumns = `decision, reason, received_at, reversed, answer, decided_at, decided_by`

func scanAppeal(r db.Row) (a contribution.Appeal, err error) {
	return a, r.Scan(&a.Decision, &a.Reason, &a.Received, &a.Reversed, &a.Answer, &a.Decided, &a.By)
}

// AddAppeal writes an objection.
func (s *Moderation) AddAppeal(ctx context.Context, tenant kernel.ID, a contribution.Appeal) error {
	n, err := run(ctx, s.DB, `insert into moderation_appeal (tenant_id, `+appealColumns+`) values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (tenant_id, decision) do nothing`,
		tenant, a.Decision, a.Reason, a.Received, a.Reversed, a.Answer, a.Decided, a.By)
	if err == nil && n == 0 {
		err = kernel.E(kernel.Conflict, "moderation.appeal.there")
	}
	return err
}

// Appeal gives the objection to a decision.
func (s *Moderation) Appeal(ctx context.Context, tenant, decision kernel.ID) (contribution.Appeal, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select `+appealColumns+` from moderation_appeal where tenant_id = $1 and decision = $2`, tenant, decision)
	return db.One(rows, err, "moderation.appeal.notfound", scanAppeal)
}

// OpenAppeals lists objections nobody decided.
func (s *Moderation) OpenAppeals(ctx context.Context, tenant kernel.ID) ([]contribution.Appeal, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select `+appealColumns+` from moderation_appeal where tenant_id = $1 and decided_at is null order by received_at, decision`, tenant)
	return db.Collect(rows, err, scanAppeal)
}

// SettleAppeal decides one.
func (s *Moderation) SettleAppeal(ctx context.Context, tenant kernel.ID, a contribution.Appeal) error {
	n, err := run(ctx, s.DB, `update moderation_appeal set reversed = $3, answer = $4, decided_at = $5, decided_by = $6 where tenant_id = $1 and decision = $2 and decided_at is null`,
		tenant, a.Decision, a.Reversed, a.Answer, a.Decided, a.By)
	if err == nil && n == 0 {
		err = kernel.E(kernel.Conflict, "moderation.appeal.decided")
	}
	return err
}

const reportColumns = `id, subject_kind, subject_id, contribution, process, reason, body, account_id, received_at, outcome`

func scanReport(r db.Row) (x contribution.Report, err error) {
	return x, r.Scan(&x.ID, &x.Subject.Kind, &x.Subject.ID, &x.Contribution, &x.Process, &x.Reason, &x.Text, &x.Account, &x.Received, &x.Outcome)
}

// AddReport writes a reader's report.
func (s *Moderation) AddReport(ctx context.Context, tenant kernel.ID, x contribution.Report) error {
	_, err := run(ctx, s.DB, `insert into moderation_report (tenant_id, `+reportColumns+`) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
		tenant, x.ID, x.Subject.Kind, x.Subject.ID, x.Contribution, x.Process, x.Reason, x.Text, x.Account, x.Received, x.Outcome)
	return err
}

// OpenReports lists reports nobody settled.
func (s *Moderation) OpenReports(ctx context.Context, tenant kernel.ID, limit int) ([]contribution.Report, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select `+reportColumns+` from moderation_report where tenant_id = $1 and outcome = '' order by received_at, id limit $2`, tenant, limit)
	return db.Collect(rows, err, scanReport)
}

// Settle settles the open reports of a subject.
func (s *Moderation) Settle(ctx context.Context, tenant kernel.ID, subject kernel.Ref, outcome contribution.ReportOutcome, by kernel.ID, at kernel.Instant) error {
	_, err := run(ctx, s.DB, `update moderation_report set outcome = $4, settled_at = $5, settled_by = $6 where tenant_id = $1 and subject_kind = $2 and subject_id = $3 and outcome = ''`,
		tenant, subject.Kind, subject.ID, outcome, at, by)
	return err
}

// AlarmReports marks late reports and gives them.
func (s *Moderation) AlarmReports(ctx context.Context, tenant kernel.ID, before, at kernel.Instant) (list []contribution.Report, err error) {
	err = s.DB.Tx(ctx, func(ctx context.Context) error {
		rows, err := s.DB.Conn(ctx).QueryContext(ctx, `update moderation_report set alarmed_at = $3 where tenant_id = $1 and outcome = '' and alarmed_at is null and received_at < $2
			returning `+reportColumns, tenant, before, at)
		list, err = db.Collect(rows, err, scanReport)
		return err
	})
	return list, err
}

const caseColumns = `id, subject_kind, subject_id, contribution, grounds, told, opened_at, opened_by, outcome, closed_at, closed_by`

// AddCase writes a handover.
func (s *Moderation) AddCase(ctx context.Context, tenant kernel.ID, k contribution.Case) error {
	_, err := run(ctx, s.DB, `insert into safeguard_case (tenant_id, `+caseColumns+`) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
		tenant, k.ID, k.Subject.Kind, k.Subject.ID, k.Contribution, k.Grounds, k.Told, k.Opened, k.By, k.Outcome, k.Closed, k.ClosedBy)
	return err
}

// Cases lists handovers, open ones first.
func (s *Moderation) Cases(ctx context.Context, tenant kernel.ID, limit int) ([]contribution.Case, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select `+caseColumns+` from safeguard_case where tenant_id = $1
		order by case when closed_at is null then 0 else 1 end, opened_at desc limit $2`, tenant, limit)
	return db.Collect(rows, err, func(r db.Row) (k contribution.Case, err error) {
		return k, r.Scan(&k.ID, &k.Subject.Kind, &k.Subject.ID, &k.Contribution, &k.Grounds, &k.Told, &k.Opened, &k.By, &k.Outcome, &k.Closed, &k.ClosedBy)
	})
}

// CloseCase closes an open one.
func (s *Moderation) CloseCase(ctx context.Context, tenant kernel.ID, k contribution.Case) error {
	n, err := run(ctx, s.DB, `update safeguard_case set outcome = $3, closed_at = $4, closed_by = $5 where tenant_id = $1 and id = $2 and closed_at is null`, tenant, k.ID, k.Outcome, k.Closed, k.ClosedBy)
	if err == nil && n == 0 {
		err = kernel.E(kernel.Conflict, "moderation.case.closed")
	}
	return err
}

// Numbers counts decisions, reports and objections of a time.
func (s *Moderation) Numbers(ctx context.Context, tenant kernel.ID, from, to kernel.Instant) (n contribution.Numbers, err error) {
	n = contribution.Numbers{Decisions: map[contribution.DecisionKind]int{}, Rules: map[int]int{}, Reasons: map[contribution.ReportReason]int{}}
	conn := s.DB.Conn(ctx)
	rows, err := conn.QueryContext(ctx, `select kind, rule, automatic, count(*), sum(pieces) from moderation_decision
		where tenant_id = $1 and decided_at >= $2 and decided_at < $3 group by kind, rule, automatic`, tenant, from, to)
	err = db.Each(rows, err, func(r db.Row) error {
		var kind contribution.DecisionKind
		var rule, count, pieces int
		var automatic bool
		if err := r.Scan(&kind, &rule, &automatic, &count, &pieces); err != nil {
			return err
		}
		n.Decisions[kind] += count
		n.Passages += pieces
		if automatic {
			n.Automatic += count
		}
		if kind == contribution.HideIt {
			n.Rules[rule] += count
		}
		return nil
	})
	if err != nil {
		return n, err
	}
	rows, err = conn.QueryContext(ctx, `select waited from moderation_decision where tenant_id = $1 and decided_at >= $2 and decided_at < $3
		and not automatic and waited > 0 order by waited`, tenant, from, to)
	waits, err := db.Collect(rows, err, func(r db.Row) (v int, err error) { return v, r.Scan(&v) })
	if err != nil {
		return n, err
	}
	n.Waited, n.Hours = len(waits), median(waits)/60
	n.WithinDay, _ = slices.BinarySearch(waits, 24*60+1)
	rows, err = conn.QueryContext(ctx, `select reason, outcome, received_at, settled_at from moderation_report where tenant_id = $1 and received_at >= $2 and received_at < $3`, tenant, from, to)
	var took []int
	err = db.Each(rows, err, func(r db.Row) error {
		var reason contribution.ReportReason
		var outcome contribution.ReportOutcome
		var received, settled kernel.Instant
		if err := r.Scan(&reason, &outcome, &received, &settled); err != nil {
			return err
		}
		n.Reports++
		n.Reasons[reason]++
		switch outcome {
		case "":
			n.OpenNow++
			return nil
		case contribution.Acted:
			n.Acted++
		}
		took = append(took, int(settled.Sub(received.Time).Minutes()))
		return nil
	})
	if err != nil {
		return n, err
	}
	slices.Sort(took)
	n.SettledIn = median(took) / 60
	rows, err = conn.QueryContext(ctx, `select reversed, decided_at is not null from moderation_appeal where tenant_id = $1 and received_at >= $2 and received_at < $3`, tenant, from, to)
	err = db.Each(rows, err, func(r db.Row) error {
		var reversed, decided bool
		if err := r.Scan(&reversed, &decided); err != nil {
			return err
		}
		n.Appeals++
		switch {
		case reversed:
			n.Reversed++
		case decided:
			n.Upheld++
		}
		return nil
	})
	return n, err
}

// median of sorted values, 0 of none.
func median(v []int) float64 {
	if len(v) == 0 {
		return 0
	}
	return float64(v[(len(v)-1)/2]+v[len(v)/2]) / 2
}
