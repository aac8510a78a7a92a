// SPDX-License-Identifier: EUPL-1.2

// Package desk knows what is left to do across capabilities: which public texts lack a language, Leichte Sprache or a video in sign language, and
// which translation fell behind its source.
//
// Invariants: a text is out of date when its source was seen to change after it; nobody is told that a text is complete because an empty one is
// there; looking at the report changes nothing.
package desk

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// Source gives the public texts of one capability.
type Source func(ctx context.Context, tenant kernel.ID) ([]kernel.Variant, error)

// Seen is what a text and its source looked like when the text last changed.
type Seen struct {
	Kind, Item, Tag  string
	SourceHash, Hash string
	At               kernel.Instant
}

func (s Seen) key() string { return s.Kind + "\x00" + s.Item + "\x00" + s.Tag }

// Store keeps what was seen. deskdb implements it.
type Store interface {
	Seen(ctx context.Context, tenant kernel.ID) ([]Seen, error)
	// See writes what was seen, in place of what was seen of the same text before.
	See(ctx context.Context, tenant kernel.ID, list []Seen) error
	// Unsee forgets texts that are gone.
	Unsee(ctx context.Context, tenant kernel.ID, list []Seen) error
}

// Languages is the report of what is there in which language and register.
type Languages struct {
	Store Store
	Tx    interface {
		Tx(ctx context.Context, f func(ctx context.Context) error) error
	}
	Sources []Source
	// Offered lists the languages the town shows its pages in beside German.
	Offered func(ctx context.Context, tenant kernel.ID) ([]string, error)
	Now     func() time.Time
	// Signed lists the pages that have a video in sign language; nil: none.
	Signed func(ctx context.Context, tenant kernel.ID) ([]Video, error)
}

// Sign stands for the video in sign language among the tags of a report.
const Sign = "dgs"

// State is how a text stands in one language or register.
type State string

// The states.
const (
	Missing  State = "missing"
	Partly   State = "partly"
	Outdated State = "outdated" // complete, but its source changed since
	Complete State = "complete"
	None     State = "none" // not asked for: no slot for a video
)

// Row is one text.
type Row struct {
	kernel.Variant
	States map[string]State // by tag
}

// Share counts the texts of a kind that are complete in a language.
type Share struct{ Complete, Outdated, All int }

// Percent is the share of complete texts.
func (s Share) Percent() int {
	if s.All == 0 {
		return 0
	}
	return s.Complete * 100 / s.All
}

// Report is the whole of it.
type Report struct {
	Tags   []string // in the order of columns; Sign last
	Kinds  []string
	Rows   []Row
	Shares map[string]map[string]Share // kind, then tag; kind "" is all of them
}

func hash(texts []kernel.Text, tag string) string {
	h := sha256.New()
	found := false
	for _, t := range texts {
		s := strings.TrimSpace(t[tag])
		found = found || s != ""
		h.Write([]byte(s))
		h.Write([]byte{0})
	}
	if !found {
		return ""
	}
	return hex.EncodeToString(h.Sum(nil)[:12])
}

// tagsOf lists the languages and registers a text has anything in, without its source.
func tagsOf(v kernel.Variant) []string {
	var out []string
	for _, t := range v.Texts {
		for tag, s := range t {
			if tag != v.From() && strings.TrimSpace(s) != "" && !slices.Contains(out, tag) {
				out = append(out, tag)
			}
		}
	}
	return out
}

func (s *Languages) gather(ctx context.Context, tenant kernel.ID) ([]kernel.Variant, error) {
	var out []kernel.Variant
	for _, source := range s.Sources {
		list, err := source(ctx, tenant)
		if err != nil {
			return nil, err
		}
		out = append(out, list...)
	}
	if s.Signed == nil {
		return out, nil
	}
	videos, err := s.Signed(ctx, tenant)
	for i, v := range out {
		out[i].Slot = true
		out[i].Signed = v.Signed || slices.ContainsFunc(videos, func(x Video) bool { return x.Path == v.Path })
	}
	return out, err
}

// Report gives the state of every public text.
func (s *Languages) Report(ctx context.Context, by access.Actor) (*Report, error) {
	if err := access.CheckTenant(by, access.Publish); err != nil {
		return nil, err
	}
	texts, err := s.gather(ctx, by.Tenant)
	if err != nil {
		return nil, err
	}
	seen, err := s.seen(ctx, by.Tenant)
	if err != nil {
		return nil, err
	}
	offered, err := s.Offered(ctx, by.Tenant)
	if err != nil {
		return nil, err
	}
	r := &Report{Tags: []string{"de", "de+leicht"}, Shares: map[string]map[string]Share{}}
	for _, l := range offered {
		if !slices.Contains(r.Tags, l) {
			r.Tags = append(r.Tags, l)
		}
	}
	var more []string
	for _, v := range texts {
		for _, tag := range tagsOf(v) {
			if !slices.Contains(r.Tags, tag) && !slices.Contains(more, tag) && tag != Sign {
				more = append(more, tag)
			}
		}
		if !slices.Contains(r.Kinds, v.Kind) {
			r.Kinds = append(r.Kinds, v.Kind)
		}
	}
	slices.Sort(more)
	r.Tags = append(append(r.Tags, more...), Sign)
	for _, v := range texts {
		row := Row{Variant: v, States: map[string]State{}}
		for _, tag := range r.Tags {
			row.States[tag] = state(v, tag, seen)
			r.count("", tag, row.States[tag])
			r.count(v.Kind, tag, row.States[tag])
		}
		r.Rows = append(r.Rows, row)
	}
	return r, nil
}

func (r *Report) count(kind, tag string, st State) {
	if r.Shares[kind] == nil {
		r.Shares[kind] = map[string]Share{}
	}
	x := r.Shares[kind][tag]
	if st == None {
		return
	}
	x.All++
	switch st {
	case Complete:
		x.Complete++
	case Outdated:
		x.Outdated++
	}
	r.Shares[kind][tag] = x
}

func state(v kernel.Variant, tag string, seen map[string]Seen) State {
	if tag == Sign {
		switch {
		case !v.Slot:
			return None
		case v.Signed:
			return Complete
		}
		return Missing
	}
	st := State(v.In(tag))
	if st != Complete || tag == v.From() {
		return st
	}
	x, known := seen[Seen{Kind: v.Kind, Item: v.ID, Tag: tag}.key()]
	if known && x.Hash == hash(v.Texts, tag) && x.SourceHash != hash(v.Texts, v.From()) {
		return Outdated
	}
	return Complete
}

func (s *Languages) seen(ctx context.Context, tenant kernel.ID) (map[string]Seen, error) {
	list, err := s.Store.Seen(ctx, tenant)
	if err != nil {
		return nil, err
	}
	out := make(map[string]Seen, len(list))
	for _, x := range list {
		out[x.key()] = x
	}
	return out, nil
}

// Observe notes what texts look like now: a text that changed is held against its source as it is now, so that a later change of the source alone
// shows. It is done every hour; a text and its source changed in the same hour count as changed together.
func (s *Languages) Observe(ctx context.Context, tenant kernel.ID) (changed int, err error) {
	texts, err := s.gather(ctx, tenant)
	if err != nil {
		return 0, err
	}
	return changed, s.Tx.Tx(ctx, func(ctx context.Context) error {
		seen, err := s.seen(ctx, tenant)
		if err != nil {
			return err
		}
		var now []Seen
		for _, v := range texts {
			source := hash(v.Texts, v.From())
			for _, tag := range tagsOf(v) {
				x := Seen{Kind: v.Kind, Item: v.ID, Tag: tag, SourceHash: source, Hash: hash(v.Texts, tag), At: kernel.InstantOf(s.Now())}
				old, known := seen[x.key()]
				delete(seen, x.key())
				if !known || old.Hash != x.Hash {
					now = append(now, x)
				}
			}
		}
		var gone []Seen
		for _, x := range seen {
			gone = append(gone, x)
		}
		changed = len(now) + len(gone)
		if err := s.Store.See(ctx, tenant, now); err != nil {
			return err
		}
		return s.Store.Unsee(ctx, tenant, gone)
	})
}
