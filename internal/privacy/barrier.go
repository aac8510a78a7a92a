// SPDX-License-Identifier: EUPL-1.2

package privacy

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"strings"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// AnswerDays is how long the town has to answer a report of a barrier before the program sounds the alarm (design/reliability.md 4, item 34).
const AnswerDays = 14

// BarrierReport is what somebody could not use (§ 12b (2) no. 2 BGG and the laws of the Länder). Name and address are given only if wanted.
type BarrierReport struct {
	ID       kernel.ID
	Page     string
	Body     string
	Name     string
	Email    string
	Lang     string
	Received kernel.Instant
	Due      kernel.Instant
	Answer   string
	Answered kernel.Instant // zero: open
	By       kernel.ID      // account that answered
}

// Open tells whether the town still owes an answer.
func (b BarrierReport) Open() bool { return b.Answered.IsZero() }

// Overdue tells whether it owes it for too long.
func (b BarrierReport) Overdue(now kernel.Instant) bool { return b.Open() && b.Due.Before(now.Time) }

// barrierStore keeps the reports.
type barrierStore interface {
	InsertBarrier(ctx context.Context, tenant kernel.ID, b BarrierReport, codeHash string) error
	// Barrier gives one; NotFound "privacy.barrier.notfound".
	Barrier(ctx context.Context, tenant, id kernel.ID) (BarrierReport, error)
	// BarrierByCode finds one by the hash of its receipt code; NotFound "privacy.barrier.notfound".
	BarrierByCode(ctx context.Context, tenant kernel.ID, codeHash string) (BarrierReport, error)
	// Barriers lists open reports, the one due first leading, then answered ones, newest first.
	Barriers(ctx context.Context, tenant kernel.ID, limit int) ([]BarrierReport, error)
	// AnswerBarrier writes the answer of an open report; Conflict "privacy.barrier.answered" when there is one.
	AnswerBarrier(ctx context.Context, tenant kernel.ID, b BarrierReport) error
	// CountBarriers tells how many are open, and how many of them overdue at the moment.
	CountBarriers(ctx context.Context, tenant kernel.ID, now kernel.Instant) (open, overdue int, err error)
	// AlarmBarriers marks the overdue reports nobody was told of and gives them.
	AlarmBarriers(ctx context.Context, tenant kernel.ID, now kernel.Instant) ([]BarrierReport, error)
}

// ReportBarrier takes a report and gives its receipt code, by which the state of the answer can be looked up. Only the hash of the code is kept.
func (s *Service) ReportBarrier(ctx context.Context, by access.Actor, b BarrierReport) (code string, err error) {
	if err := access.CheckTenant(by, access.AnonymousWrite); err != nil {
		return "", err
	}
	b.Page, b.Body, b.Name, b.Email = kernel.Clean(b.Page, false), kernel.Clean(b.Body, true), kernel.Clean(b.Name, false), kernel.Clean(b.Email, false)
	f := map[string]string{}
	switch {
	case b.Body == "":
		f["body"] = "privacy.barrier.body.missing"
	case len([]rune(b.Body)) > 5000:
		f["body"] = "privacy.text.long"
	}
	if b.Email != "" && !validEmail(b.Email) {
		f["email"] = "privacy.email.form"
	}
	if len(b.Page) > 500 {
		f["page"] = "privacy.text.long"
	}
	if len(b.Name) > 300 {
		f["name"] = "privacy.text.long"
	}
	if len(f) > 0 {
		return "", &kernel.Error{Kind: kernel.Invalid, Key: "privacy.invalid", Fields: f}
	}
	code = receipt()
	b.ID, b.Received = kernel.NewID(), s.now()
	b.Due = kernel.InstantOf(b.Received.AddDate(0, 0, AnswerDays))
	return code, s.Tx.Tx(ctx, func(ctx context.Context) error {
		if err := s.Store.InsertBarrier(ctx, by.Tenant, b, codeHash(code)); err != nil {
			return err
		}
		return access.Record(ctx, s.Trail, by, access.Act{Do: access.AnonymousWrite, What: "barrier.report", Object: kernel.Ref{Kind: "barrier", ID: b.ID}})
	})
}

// receipt is 80 random bits as people can read them out: XXXX-XXXX-XXXX-XXXX.
func receipt() string {
	var b [10]byte
	_, _ = rand.Read(b[:]) // crypto/rand.Read never fails (Go 1.24)
	s := base32.StdEncoding.EncodeToString(b[:])
	return s[:4] + "-" + s[4:8] + "-" + s[8:12] + "-" + s[12:]
}

// codeHash is the stored form of a code, however it was typed.
func codeHash(code string) string {
	code = strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' || r >= '2' && r <= '7' {
			return r
		}
		return -1
	}, strings.ToUpper(code))
	sum := sha256.Sum256([]byte(code))
	return hex.EncodeToString(sum[:])
}

// BarrierState tells whoever has the receipt code how the report stands. The report comes without name and address.
func (s *Service) BarrierState(ctx context.Context, by access.Actor, code string) (BarrierReport, error) {
	if err := access.CheckTenant(by, access.AnonymousWrite); err != nil {
		return BarrierReport{}, err
	}
	b, err := s.Store.BarrierByCode(ctx, by.Tenant, codeHash(code))
	if kernel.KindOf(err) == kernel.NotFound {
		return b, &kernel.Error{Kind: kernel.Invalid, Key: "privacy.invalid", Fields: map[string]string{"code": "privacy.barrier.code"}}
	}
	b.Name, b.Email = "", ""
	return b, err
}

// Barriers lists the reports for staff.
func (s *Service) Barriers(ctx context.Context, by access.Actor) ([]BarrierReport, error) {
	if err := access.CheckTenant(by, access.ReadFeedback); err != nil {
		return nil, err
	}
	return s.Store.Barriers(ctx, by.Tenant, 500)
}

// Barrier gives one report for staff.
func (s *Service) Barrier(ctx context.Context, by access.Actor, id kernel.ID) (BarrierReport, error) {
	if err := access.CheckTenant(by, access.ReadFeedback); err != nil {
		return BarrierReport{}, err
	}
	return s.Store.Barrier(ctx, by.Tenant, id)
}

// AnswerBarrier answers a report; the person reads it by the receipt code. An answer is not changed afterwards.
func (s *Service) AnswerBarrier(ctx context.Context, by access.Actor, id kernel.ID, text string) error {
	b, err := s.Barrier(ctx, by, id)
	if err != nil {
		return err
	}
	text = kernel.Clean(text, true)
	if text == "" || len([]rune(text)) > 5000 {
		key := "privacy.barrier.answer.missing"
		if text != "" {
			key = "privacy.text.long"
		}
		return &kernel.Error{Kind: kernel.Invalid, Key: "privacy.invalid", Fields: map[string]string{"answer": key}}
	}
	b.Answer, b.Answered, b.By = text, s.now(), by.Person
	return s.Tx.Tx(ctx, func(ctx context.Context) error {
		if err := s.Store.AnswerBarrier(ctx, by.Tenant, b); err != nil {
			return err
		}
		if err := access.Record(ctx, s.Trail, by, access.Act{Do: access.ReadFeedback, What: "barrier.answer", Object: kernel.Ref{Kind: "barrier", ID: id}}); err != nil {
			return err
		}
		if s.Mail == nil || b.Email == "" {
			return nil
		}
		return s.Mail.BarrierAnswered(ctx, by.Tenant, b)
	})
}

// Waiting tells how many reports are open and how many of them overdue, for the desk.
func (s *Service) Waiting(ctx context.Context, by access.Actor) (open, overdue int, err error) {
	if err := access.CheckTenant(by, access.ReadFeedback); err != nil {
		return 0, 0, err
	}
	return s.Store.CountBarriers(ctx, by.Tenant, s.now())
}

// Alarm tells the town once of every report whose answer is overdue.
func (s *Service) Alarm(ctx context.Context, tenant kernel.ID) error {
	return s.Tx.Tx(ctx, func(ctx context.Context) error {
		list, err := s.Store.AlarmBarriers(ctx, tenant, s.now())
		if err != nil || len(list) == 0 || s.Mail == nil {
			return err
		}
		town, err := s.Towns.Town(ctx, tenant)
		if err != nil || town.Contact == "" {
			return err
		}
		return s.Mail.BarriersOverdue(ctx, tenant, town.Contact, list)
	})
}

// Mailer tells people by mail, in the transaction of ctx.
type Mailer interface {
	// BarrierAnswered tells whoever reported a barrier that there is an answer.
	BarrierAnswered(ctx context.Context, tenant kernel.ID, b BarrierReport) error
	// BarriersOverdue tells the town that reports wait for longer than they may.
	BarriersOverdue(ctx context.Context, tenant kernel.ID, to string, list []BarrierReport) error
}
