// SPDX-License-Identifier: EUPL-1.2

package visiondb

import (
	"context"

	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/platform/db"
	"github.com/kupferfaden/kupferfaden/internal/vision"
)

// NextAmendment counts an amendment.
func (s *Store) NextAmendment(ctx context.Context, tenant, text kernel.ID) (n int, err error) {
	err = s.DB.Tx(ctx, func(ctx context.Context) error {
		n, err = db.Value[int](s.DB.Conn(ctx).QueryRowContext(ctx, `update vision_text set amendments = amendments + 1 where tenant_id = $1 and id = $2 returning amendments`, tenant, text), "vision.notfound")
		return err
	})
	return n, err
}

const amendmentColumns = `id, number, paragraph_id, base_edit, kind, lang, line_from, line_to, base, want, reason, account_id, pseudonym, team, state, rule, advice, advice_reason,
	outcome, outcome_base, decision, decider, decided_on, applied_at, supports, edit, created_at, changed_at`

func scanAmendment(r db.Row, more ...any) (a vision.Amendment, err error) {
	return a, r.Scan(append([]any{
		&a.ID, &a.Number, &a.Paragraph, &a.BaseEdit, &a.Kind, &a.Lang, &a.LineFrom, &a.LineTo, &a.Base, &a.Want, &a.Reason, &a.Account, &a.Pseudonym, &a.Team,
		&a.State, &a.Rule, &a.Advice, &a.AdviceReason, &a.Outcome, &a.OutcomeBase, &a.Decision, &a.Decider, &a.DecidedOn, &a.Applied, &a.Supports, &a.Edit, &a.CreatedAt, &a.ChangedAt,
	}, more...)...)
}

// InsertAmendment adds one.
func (s *Store) InsertAmendment(ctx context.Context, tenant, text kernel.ID, a vision.Amendment, codeHash string) error {
	_, err := s.exec(ctx, `insert into vision_amendment (tenant_id, text_id, code_hash, `+amendmentColumns+`)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31)`,
		tenant, text, codeHash, a.ID, a.Number, a.Paragraph, a.BaseEdit, a.Kind, a.Lang, a.LineFrom, a.LineTo, a.Base, a.Want, a.Reason, a.Account, a.Pseudonym, a.Team,
		a.State, a.Rule, a.Advice, a.AdviceReason, a.Outcome, a.OutcomeBase, a.Decision, a.Decider, a.DecidedOn, a.Applied, a.Supports, a.Edit, a.CreatedAt, a.ChangedAt)
	return err
}

// SaveAmendment writes what became of one; what its author wrote has no place here.
func (s *Store) SaveAmendment(ctx context.Context, tenant kernel.ID, a vision.Amendment) error {
	n, err := s.exec(ctx, `update vision_amendment set edit = $3, state = $4, rule = $5, advice = $6, advice_reason = $7, outcome = $8, outcome_base = $9, decision = $10, decider = $11,
		decided_on = $12, applied_at = $13, changed_at = $14 where tenant_id = $1 and id = $2 and edit = $3 - 1`,
		tenant, a.ID, a.Edit, a.State, a.Rule, a.Advice, a.AdviceReason, a.Outcome, a.OutcomeBase, a.Decision, a.Decider, a.DecidedOn, a.Applied, a.ChangedAt)
	return changed(n, err, "vision.changed")
}

// Amendments lists those of a text by number.
func (s *Store) Amendments(ctx context.Context, tenant, text kernel.ID) ([]vision.Amendment, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select `+amendmentColumns+` from vision_amendment where tenant_id = $1 and text_id = $2 order by number`, tenant, text)
	return db.Collect(rows, err, func(r db.Row) (vision.Amendment, error) { return scanAmendment(r) })
}

// Amendment finds one by number.
func (s *Store) Amendment(ctx context.Context, tenant, text kernel.ID, number int) (vision.Amendment, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select `+amendmentColumns+` from vision_amendment where tenant_id = $1 and text_id = $2 and number = $3`, tenant, text, number)
	return db.One(rows, err, "vision.amendment.notfound", func(r db.Row) (vision.Amendment, error) { return scanAmendment(r) })
}

// AmendmentByCode finds one by the hash of its receipt, with the key of its text.
func (s *Store) AmendmentByCode(ctx context.Context, tenant kernel.ID, codeHash string) (a vision.Amendment, text string, err error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select `+amendmentColumns+`,
		(select t.key from vision_text t where t.tenant_id = $1 and t.id = vision_amendment.text_id) from vision_amendment where tenant_id = $1 and code_hash = $2`, tenant, codeHash)
	a, err = db.One(rows, err, "vision.amendment.notfound", func(r db.Row) (vision.Amendment, error) { return scanAmendment(r, &text) })
	return a, text, err
}

// Support notes a voter once; the key of the table decides who was first.
func (s *Store) Support(ctx context.Context, tenant, amendment kernel.ID, voter string, account kernel.ID, at kernel.Instant) (bool, error) {
	return s.count(ctx, tenant, amendment, 1, `insert into vision_support (tenant_id, amendment_id, voter, account_id, at) values ($1, $2, $3, $4, $5) on conflict (tenant_id, amendment_id, voter) do nothing`,
		tenant, amendment, voter, account, at)
}

// Unsupport takes it back.
func (s *Store) Unsupport(ctx context.Context, tenant, amendment kernel.ID, voter string) (bool, error) {
	return s.count(ctx, tenant, amendment, -1, `delete from vision_support where tenant_id = $1 and amendment_id = $2 and voter = $3`, tenant, amendment, voter)
}

func (s *Store) count(ctx context.Context, tenant, amendment kernel.ID, step int, q string, args ...any) (done bool, err error) {
	err = s.DB.Tx(ctx, func(ctx context.Context) error {
		n, err := s.exec(ctx, q, args...)
		if done = n == 1; err != nil || !done {
			return err
		}
		_, err = s.exec(ctx, `update vision_amendment set supports = supports + $3 where tenant_id = $1 and id = $2`, tenant, amendment, step)
		return err
	})
	return done, err
}

// Supporters gives the accounts that support an amendment.
func (s *Store) Supporters(ctx context.Context, tenant, amendment kernel.ID) ([]kernel.ID, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select account_id from vision_support where tenant_id = $1 and amendment_id = $2 and account_id is not null order by account_id`, tenant, amendment)
	return db.Collect(rows, err, func(r db.Row) (id kernel.ID, err error) { return id, r.Scan(&id) })
}

// Supported gives the amendments of a text that a voter supports.
func (s *Store) Supported(ctx context.Context, tenant, text kernel.ID, voter string) ([]kernel.ID, error) {
	rows, err := s.DB.Conn(ctx).QueryContext(ctx, `select amendment_id from vision_support where tenant_id = $1 and voter = $3
		and amendment_id in (select id from vision_amendment where tenant_id = $1 and text_id = $2)`, tenant, text, voter)
	return db.Collect(rows, err, func(r db.Row) (id kernel.ID, err error) { return id, r.Scan(&id) })
}
