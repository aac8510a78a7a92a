// SPDX-License-Identifier: EUPL-1.2

package vision

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"slices"
	"strings"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/vision/wording"
)

// Proposal is what the form of an amendment sends.
type Proposal struct {
	Paragraph        kernel.ID
	Edit             int // the wording the form showed
	Kind             AmendmentKind
	Lang             string
	LineFrom, LineTo int    // want is for these lines alone; 0: the whole paragraph
	Want             string // the wording wanted, of the paragraph or of those lines
	Reason           string
	Pseudonym        string // shown; empty: without a name
	Team             string // key of the working group that submits it
}

// Receipt is what somebody who submitted an amendment takes along.
type Receipt struct {
	Number int
	Code   string // shows the state without an account
}

// Submit takes an amendment. Guests and accounts alike are seen by the moderation first; what a working group submits is admitted at once.
func (s *Service) Submit(ctx context.Context, by access.Actor, key string, p Proposal) (Receipt, error) {
	t, err := s.find(ctx, by, key, access.Contribute)
	if err != nil {
		return Receipt{}, err
	}
	d, err := s.doc(ctx, by, t)
	if err != nil {
		return Receipt{}, err
	}
	a, err := s.amendment(ctx, by, d, p)
	if err != nil {
		return Receipt{}, err
	}
	code := newCode()
	err = s.Tx.TxGrouped(ctx, func(ctx context.Context) error {
		var err error
		if a.Number, err = s.Store.NextAmendment(ctx, by.Tenant, t.ID); err != nil {
			return err
		}
		if err := s.Store.InsertAmendment(ctx, by.Tenant, t.ID, a, codeHash(code)); err != nil {
			return err
		}
		if a.State.Public() && s.Touch != nil {
			return s.Touch(ctx, by.Tenant)
		}
		return nil
	})
	return Receipt{a.Number, code}, err
}

// amendment makes an amendment of a proposal, naming every field at fault.
func (s *Service) amendment(ctx context.Context, by access.Actor, d *Doc, p Proposal) (Amendment, error) {
	now := s.now()
	a := Amendment{
		ID: kernel.NewID(), Paragraph: p.Paragraph, BaseEdit: p.Edit, Kind: p.Kind, Lang: p.Lang, Want: tidied(p.Want), Reason: kernel.Clean(p.Reason, true),
		Pseudonym: strings.Join(strings.Fields(kernel.Clean(p.Pseudonym, false)), " "), Account: by.Person, State: Submitted, Edit: 1, CreatedAt: now, ChangedAt: now,
	}
	f := map[string]string{}
	if !slices.Contains(AmendmentKinds(), a.Kind) {
		f["kind"] = "vision.amend.kind.missing"
	}
	if p.Lang == "" || len(p.Lang) > 35 {
		return a, kernel.E(kernel.Invalid, "vision.lang")
	}
	if a.Reason == "" && a.Kind != Editorial {
		f["reason"] = "vision.amend.reason.missing"
	}
	if len([]rune(a.Reason)) > mostReason {
		f["reason"] = "vision.long"
	}
	if len([]rune(a.Pseudonym)) > 80 {
		f["pseudonym"] = "vision.long"
	}
	if p.Team != "" {
		if !slices.ContainsFunc(by.Held, func(h access.Holding) bool { return h.In == access.Context{Kind: access.InGroup, Key: p.Team} }) {
			f["team"] = "vision.amend.team"
		}
		a.Team, a.State = p.Team, Admitted
	}
	if a.Paragraph != "" || a.Kind != Insert {
		if err := s.base(ctx, by.Tenant, d, &a, p, f); err != nil {
			return a, err
		}
	}
	switch {
	case a.Kind == Delete:
		a.Want = ""
	case a.Want == "":
		f["want"] = "vision.amend.want.missing"
	case len([]rune(a.Want)) > mostText:
		f["want"] = "vision.long"
	case a.Kind != Insert && a.Want == a.Base:
		f["want"] = "vision.amend.want.same"
	case a.Kind != Insert && strings.Contains(a.Want, wording.Part):
		a.Want = strings.ReplaceAll(a.Want, wording.Part, " ")
	}
	return a, invalid(f)
}

// base notes the wording an amendment is made against, which may be older than the one of today.
func (s *Service) base(ctx context.Context, tenant kernel.ID, d *Doc, a *Amendment, p Proposal, f map[string]string) error {
	x, ok := d.Paragraph(a.Paragraph)
	if !ok {
		return kernel.E(kernel.NotFound, "vision.paragraph.notfound")
	}
	body := x.Body
	if p.Edit != x.Edit {
		list, err := s.Store.Wordings(ctx, tenant, x.ID)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(list, func(w Wording) bool { return w.Edit == p.Edit })
		if i < 0 {
			return kernel.E(kernel.NotFound, "vision.paragraph.notfound")
		}
		body = list[i].Body
	}
	text, actual := body.In(p.Lang)
	a.Lang = actual // what a reader saw is what the proposal is made against
	if a.Kind == Insert {
		return nil // it stands behind the paragraph whatever that says
	}
	a.Base = text
	if p.LineFrom == 0 || a.Kind == Delete && p.LineTo == 0 {
		return nil
	}
	lines := wording.Lines(text, Measure)
	if p.LineFrom < 1 || p.LineTo < p.LineFrom || p.LineTo > len(lines) {
		f["lines"] = "vision.amend.lines"
		return nil
	}
	a.LineFrom, a.LineTo = p.LineFrom, p.LineTo
	inner := a.Want
	if a.Kind == Delete { // lines alone: the paragraph stays
		a.Kind, inner = Replace, ""
	}
	whole := slices.Concat(lines[:p.LineFrom-1], []string{inner}, lines[p.LineTo:])
	if a.Want = wording.Tidy(strings.Join(whole, " ")); a.Want == "" {
		a.Kind = Delete
	}
	return nil
}

// newCode is 50 random bits and a sign that tells slips of the pen, as people can read them out: three groups of signs.
func newCode() string {
	var b [7]byte
	_, _ = rand.Read(b[:]) // crypto/rand.Read never fails (Go 1.24)
	s := codeSigns.EncodeToString(b[:])[:10]
	s += string(check(s))
	return s[:4] + "-" + s[4:8] + "-" + s[8:]
}

// alphabet leaves out signs that look or sound alike.
const alphabet = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"

var codeSigns = base32.NewEncoding(alphabet).WithPadding(base32.NoPadding)

// check is the eleventh sign of a code.
func check(s string) byte {
	sum := sha256.Sum256([]byte(s))
	return alphabet[int(sum[0])%len(alphabet)]
}

// plainCode reads a code however it was typed; ok is false where its last sign does not fit the others.
func plainCode(code string) (string, bool) {
	s := strings.Map(func(r rune) rune {
		if strings.ContainsRune(alphabet, r) {
			return r
		}
		return -1
	}, strings.ToUpper(code))
	return s, len(s) == 11 && s[10] == check(s[:10])
}

func codeHash(code string) string {
	s, _ := plainCode(code)
	sum := sha256.Sum256([]byte("vision " + s))
	return hex.EncodeToString(sum[:])
}

// ByCode gives the amendment of a receipt, and the key of its text. Invalid on the field "code" where there is none.
func (s *Service) ByCode(ctx context.Context, by access.Actor, code string) (Amendment, string, error) {
	if err := access.CheckTenant(by, access.AnonymousWrite); err != nil {
		return Amendment{}, "", err
	}
	wrong := invalid(map[string]string{"code": "vision.code.wrong"})
	if _, ok := plainCode(code); !ok {
		return Amendment{}, "", wrong
	}
	a, text, err := s.Store.AmendmentByCode(ctx, by.Tenant, codeHash(code))
	if kernel.KindOf(err) == kernel.NotFound {
		err = wrong
	}
	return a, text, err
}

// Withdraw takes an amendment back that nobody has decided on; the receipt's code is the proof of who asks.
func (s *Service) Withdraw(ctx context.Context, by access.Actor, code string) error {
	a, _, err := s.ByCode(ctx, by, code)
	if err != nil {
		return err
	}
	if !a.State.May(Withdrawn) {
		return kernel.E(kernel.Conflict, "vision.withdraw.late")
	}
	a.State, a.Edit, a.ChangedAt = Withdrawn, a.Edit+1, s.now()
	return s.Tx.Tx(ctx, func(ctx context.Context) error {
		if err := s.Store.SaveAmendment(ctx, by.Tenant, a); err != nil || s.Touch == nil {
			return err
		}
		return s.Touch(ctx, by.Tenant)
	})
}

// Support notes that somebody stands behind an amendment: once for each account, or for each code where the town gave out codes. It tells
// whether it was the first time.
func (s *Service) Support(ctx context.Context, by access.Actor, key string, number int, code string) (bool, error) {
	a, voter, err := s.voter(ctx, by, key, number, code)
	if err != nil {
		return false, err
	}
	if !a.State.Open() {
		return false, kernel.E(kernel.Conflict, "vision.support.late")
	}
	first := false
	err = s.Tx.TxGrouped(ctx, func(ctx context.Context) error {
		var err error
		if first, err = s.Store.Support(ctx, by.Tenant, a.ID, voter, by.Person, s.now()); err != nil || !first || s.Touch == nil {
			return err
		}
		return s.Touch(ctx, by.Tenant)
	})
	return first, err
}

// Unsupport takes it back.
func (s *Service) Unsupport(ctx context.Context, by access.Actor, key string, number int, code string) error {
	a, voter, err := s.voter(ctx, by, key, number, code)
	if err != nil {
		return err
	}
	return s.Tx.TxGrouped(ctx, func(ctx context.Context) error {
		done, err := s.Store.Unsupport(ctx, by.Tenant, a.ID, voter)
		if err != nil || !done || s.Touch == nil {
			return err
		}
		return s.Touch(ctx, by.Tenant)
	})
}

// voter says for whom support counts.
func (s *Service) voter(ctx context.Context, by access.Actor, key string, number int, code string) (Amendment, string, error) {
	do := access.Support
	if code != "" {
		do = access.VoteByCode
	}
	t, err := s.find(ctx, by, key, do)
	if err != nil {
		return Amendment{}, "", err
	}
	a, err := s.Store.Amendment(ctx, by.Tenant, t.ID, number)
	if err == nil && !a.State.Public() {
		err = kernel.E(kernel.NotFound, "vision.amendment.notfound")
	}
	if err != nil || code == "" {
		return a, "account:" + string(by.Person), err
	}
	if s.Codes == nil {
		return a, "", invalid(map[string]string{"code": "vision.code.none"})
	}
	mark, err := s.Codes.Voter(ctx, by.Tenant, t.Process, code)
	return a, "code:" + mark, err
}
