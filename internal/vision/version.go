// SPDX-License-Identifier: EUPL-1.2

package vision

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strconv"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// Resolution is what the council decided on a text.
type Resolution struct {
	Key       string      `json:"key"`
	Edit      string      `json:"edit"` // the working text that was read: see Mark
	Body      string      `json:"body"` // "Rat der Stadt"
	On        kernel.Date `json:"on"`
	Reference string      `json:"reference"` // "DS 12/2017"
	Ref       kernel.Ref  `json:"ref"`       // the resolution where the program keeps it
	Reason    string      `json:"reason"`
}

// AdoptMatter is the matter of keeping an adopted version, for which a town can ask for two people.
const AdoptMatter = "vision.adopt"

// Mark stands for the state of the working text: what is adopted is what was read.
func (d *Doc) Mark() string {
	_, hash, err := d.content()
	if err != nil {
		return ""
	}
	return hash[:16]
}

// content gives what a version made now would hold, and its hash.
func (d *Doc) content() ([]byte, string, error) {
	c := Content{Headline: d.Headline.Text, Lead: d.Lead}
	for _, p := range d.Paragraphs {
		if p.Live() {
			c.Paragraphs = append(c.Paragraphs, p)
		}
	}
	b, err := json.Marshal(c)
	sum := sha256.Sum256(b)
	return b, hex.EncodeToString(sum[:]), err
}

// Genuine tells whether a version's content is still what its hash was made of.
func (v Version) Genuine() bool {
	b, err := json.Marshal(v.Content)
	sum := sha256.Sum256(b)
	return err == nil && hex.EncodeToString(sum[:]) == v.Hash
}

// Issue keeps the working text as a numbered draft that can be discussed and compared.
func (s *Service) Issue(ctx context.Context, by access.Actor, key, reason string) (int, error) {
	d, err := s.editing(ctx, by, key)
	if err != nil {
		return 0, err
	}
	if reason = kernel.Clean(reason, true); reason == "" || len([]rune(reason)) > mostReason {
		return 0, invalid(map[string]string{"reason": "vision.reason.missing"})
	}
	return s.keep(ctx, by, d, Version{Kind: Draft, Reason: reason}, access.EditVision, "vision.issue")
}

// Adopt keeps the working text as the council adopted it, for ever. Later edits are later versions. Where the town asks for two people, a second
// one has to agree.
func (s *Service) Adopt(ctx context.Context, by access.Actor, r Resolution) (int, error) {
	t, err := s.find(ctx, by, r.Key, access.AdoptVision)
	if err != nil {
		return 0, err
	}
	d, err := s.doc(ctx, by, t)
	if err != nil {
		return 0, err
	}
	r.Body, r.Reference, r.Reason = kernel.Clean(r.Body, false), kernel.Clean(r.Reference, false), kernel.Clean(r.Reason, true)
	f := map[string]string{}
	if r.Body == "" || len([]rune(r.Body)) > mostShort {
		f["body"] = "vision.adopt.body"
	}
	if _, err := kernel.ParseDate(string(r.On)); err != nil || r.On > s.today() {
		f["on"] = "vision.adopt.on"
	}
	if r.Reference == "" || len([]rune(r.Reference)) > mostShort {
		f["reference"] = "vision.adopt.reference"
	}
	if len([]rune(r.Reason)) > mostReason || r.Reason == "" && t.Versions > 0 {
		f["reason"] = "vision.reason.missing"
	}
	if err := invalid(f); err != nil {
		return 0, err
	}
	if !slices.ContainsFunc(d.Paragraphs, Paragraph.Live) {
		return 0, kernel.E(kernel.Conflict, "vision.adopt.empty")
	}
	if r.Edit != d.Mark() {
		return 0, kernel.E(kernel.Conflict, "vision.adopt.moved")
	}
	m := access.Matter{
		Kind: access.PublishMatter, Do: access.AdoptVision, What: AdoptMatter, Object: about(t), Reason: r.Reason, Args: r,
		Title: kernel.T("Beschlossene Fassung: "+t.Title.String(), "Adopted version: "+t.Title.String()),
	}
	if err := access.Second(ctx, s.FourEyes, by, m); err != nil {
		return 0, err
	}
	return s.keep(ctx, by, d, Version{Kind: Adopted, Reason: r.Reason, Body: r.Body, DecidedOn: r.On, Reference: r.Reference, Ref: r.Ref}, access.AdoptVision, "vision.adopt")
}

// keep writes a version and tells who wants to know.
func (s *Service) keep(ctx context.Context, by access.Actor, d *Doc, v Version, do access.Action, what string) (int, error) {
	if !slices.ContainsFunc(d.Paragraphs, Paragraph.Live) {
		return 0, kernel.E(kernel.Conflict, "vision.adopt.empty")
	}
	mark := d.Mark()
	err := s.Tx.Tx(ctx, func(ctx context.Context) error {
		now, err := s.doc(ctx, by, d.Text) // the text as this transaction sees it
		if err != nil {
			return err
		}
		if now.Mark() != mark {
			return kernel.E(kernel.Conflict, "vision.adopt.moved")
		}
		content, hash, err := now.content()
		if err != nil {
			return err
		}
		if err := json.Unmarshal(content, &v.Content); err != nil {
			return err
		}
		v.Title, v.Hash, v.At = d.Title, hash, s.now()
		if v.Number, err = s.Store.NextVersion(ctx, by.Tenant, d.ID); err != nil {
			return err
		}
		a := access.Act{Do: do, What: what, Object: about(d.Text), Reason: v.Reason, Note: map[string]string{"key": d.Key, "version": strconv.Itoa(v.Number), "hash": hash}}
		return s.change(ctx, by, a, func(ctx context.Context) error {
			if err := s.Store.InsertVersion(ctx, by.Tenant, d.ID, v); err != nil {
				return err
			}
			if s.Mail == nil || !d.Public() {
				return nil
			}
			people, err := s.concerned(ctx, by.Tenant, d.Text)
			if err != nil {
				return err
			}
			return s.Mail.Tell(ctx, by.Tenant, News{Text: d.Text, Version: &v, Accounts: people})
		})
	})
	return v.Number, err
}

// concerned gives the accounts that proposed or supported something in a text, and those of the working groups that did or write it.
func (s *Service) concerned(ctx context.Context, tenant kernel.ID, t Text) ([]kernel.ID, error) {
	list, err := s.Store.Amendments(ctx, tenant, t.ID)
	if err != nil {
		return nil, err
	}
	var out []kernel.ID
	teams := []string{t.Team}
	for _, a := range list {
		if !a.State.Public() {
			continue
		}
		if !slices.Contains(teams, a.Team) {
			teams = append(teams, a.Team)
		}
		people, err := s.Store.Supporters(ctx, tenant, a.ID)
		if err != nil {
			return nil, err
		}
		out = append(out, people...)
		if a.Account != "" {
			out = append(out, a.Account)
		}
	}
	return s.team(ctx, tenant, out, teams...)
}

// Version gives a version with its content. Versions of a public text can be read by everybody.
func (s *Service) Version(ctx context.Context, a access.Actor, key string, number int) (Version, error) {
	t, err := s.find(ctx, a, key, access.ReadPublic)
	if err != nil {
		return Version{}, err
	}
	return s.Store.Version(ctx, a.Tenant, t.ID, number)
}

// Pair is a paragraph in two versions of a text; either side may be missing.
type Pair struct {
	Old, New *Paragraph
	// Moved tells that the paragraph stands elsewhere among the others.
	Moved bool
}

// Same tells whether nothing changed for a reader.
func (p Pair) Same(read Read) bool {
	if p.Old == nil || p.New == nil || p.Moved || p.Old.Kind != p.New.Kind || p.Old.Level != p.New.Level {
		return false
	}
	return read(p.Old.Body) == read(p.New.Body)
}

// Pairs sets two versions of a text side by side, by the ids of their paragraphs, in the order of the new one with removed paragraphs where they
// were.
func Pairs(from, to []Paragraph) []Pair {
	at := make(map[kernel.ID]int, len(to))
	for i := range to {
		at[to[i].ID] = i
	}
	var ids []int // places in the new version of paragraphs both have, in the old order
	for i := range from {
		if j, ok := at[from[i].ID]; ok {
			ids = append(ids, j)
		}
	}
	still := increasing(ids)
	old := make(map[kernel.ID]int, len(from))
	for i := range from {
		old[from[i].ID] = i
	}
	out := make([]Pair, 0, len(from)+len(to))
	next := 0
	gone := func(until int) {
		for ; next < until; next++ {
			if _, ok := at[from[next].ID]; !ok {
				out = append(out, Pair{Old: &from[next]})
			}
		}
	}
	for j := range to {
		i, ok := old[to[j].ID]
		switch {
		case !ok:
			out = append(out, Pair{New: &to[j]})
		case still[j]:
			gone(i)
			out = append(out, Pair{Old: &from[i], New: &to[j]})
		default:
			out = append(out, Pair{Old: &from[i], New: &to[j], Moved: true})
		}
	}
	gone(len(from))
	return out
}

// increasing gives a longest increasing run of numbers, as a set: what stayed in order.
func increasing(n []int) map[int]bool {
	best := make([]int, len(n))
	prev := make([]int, len(n))
	last := -1
	for i := range n {
		best[i], prev[i] = 1, -1
		for j := range i {
			if n[j] < n[i] && best[j]+1 > best[i] {
				best[i], prev[i] = best[j]+1, j
			}
		}
		if last < 0 || best[i] > best[last] {
			last = i
		}
	}
	out := map[int]bool{}
	for i := last; i >= 0; i = prev[i] {
		out[n[i]] = true
	}
	return out
}
