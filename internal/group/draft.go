// SPDX-License-Identifier: EUPL-1.2

package group

import (
	"context"
	"unicode/utf8"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// Draft is a text a group writes together.
type Draft struct {
	ID        kernel.ID
	Group     kernel.ID
	Title     string
	Lang      string // BCP 47 tag
	Version   int    // number of its newest version
	ChangedAt kernel.Instant
}

// Version is a state of a draft as it was saved.
type Version struct {
	Number int
	Body   string
	Note   string // what was changed
	By     kernel.ID
	At     kernel.Instant
}

type draftStore interface {
	Drafts(ctx context.Context, tenant, group kernel.ID) ([]Draft, error)
	// Draft finds one; NotFound "group.draft.notfound".
	Draft(ctx context.Context, tenant, id kernel.ID) (Draft, error)
	// SaveDraft writes the draft and its newest version; Conflict "group.draft.changed" when that number is there already.
	SaveDraft(ctx context.Context, tenant kernel.ID, d Draft, v Version) error
	// Versions lists the versions of a draft without their bodies, the newest first.
	Versions(ctx context.Context, tenant, draft kernel.ID) ([]Version, error)
	// Version finds one; NotFound "group.draft.notfound".
	Version(ctx context.Context, tenant, draft kernel.ID, number int) (Version, error)
}

// Drafts lists the texts of a group.
func (s *Service) Drafts(ctx context.Context, by access.Actor, key string) ([]Draft, error) {
	g, err := s.Space(ctx, by, key, access.ReadGroup)
	if err != nil {
		return nil, err
	}
	return s.Store.Drafts(ctx, by.Tenant, g.ID)
}

// Draft gives a text in one version (0: the newest) with the list of all.
func (s *Service) Draft(ctx context.Context, by access.Actor, key string, id kernel.ID, number int) (Group, Draft, Version, []Version, error) {
	g, err := s.Space(ctx, by, key, access.ReadGroup)
	if err != nil {
		return g, Draft{}, Version{}, nil, err
	}
	d, err := s.Store.Draft(ctx, by.Tenant, id)
	if err == nil && d.Group != g.ID {
		err = kernel.E(kernel.NotFound, "group.draft.notfound")
	}
	if err != nil {
		return g, d, Version{}, nil, err
	}
	if number == 0 {
		number = d.Version
	}
	v, err := s.Store.Version(ctx, by.Tenant, d.ID, number)
	if err != nil {
		return g, d, v, nil, err
	}
	all, err := s.Store.Versions(ctx, by.Tenant, d.ID)
	return g, d, v, all, err
}

// Write saves a text: a new one (zero ID) or a further version of what base was the newest of. When somebody else saved meanwhile it gives
// Conflict "group.draft.changed", and nothing is written: the page then shows what changed beside what was typed.
func (s *Service) Write(ctx context.Context, by access.Actor, key string, d Draft, base int, body, note string) (Draft, error) {
	g, err := s.Space(ctx, by, key, access.WorkInGroup)
	if err != nil {
		return d, err
	}
	d.Title, body, note = kernel.Clean(d.Title, false), kernel.Clean(body, true), kernel.Clean(note, false)
	f := map[string]string{}
	if d.Title == "" {
		f["title"] = "group.draft.title.missing"
	}
	if body == "" {
		f["body"] = "group.draft.body.missing"
	}
	if utf8.RuneCountInString(d.Title) > mostLine {
		f["title"] = "group.long"
	}
	if utf8.RuneCountInString(body) > mostBody {
		f["body"] = "group.draft.long"
	}
	if utf8.RuneCountInString(note) > mostLine {
		f["note"] = "group.long"
	}
	if d.Lang == "" {
		d.Lang = "de"
	}
	var ok bool
	if d.Lang, ok = kernel.Tag(d.Lang); !ok {
		f["lang"] = "group.lang.form"
	}
	if err := invalid(f); err != nil {
		return d, err
	}
	what := "group.draft.write"
	if d.ID == "" {
		d.ID, what, base = kernel.NewID(), "group.draft.create", 0
	}
	d.Group, d.ChangedAt, d.Version = g.ID, s.now(), base+1
	return d, s.Tx.Tx(ctx, func(ctx context.Context) error {
		if base > 0 {
			old, err := s.Store.Draft(ctx, by.Tenant, d.ID)
			if err != nil {
				return err
			}
			if old.Group != g.ID {
				return kernel.E(kernel.NotFound, "group.draft.notfound")
			}
			if old.Version != base {
				return kernel.E(kernel.Conflict, "group.draft.changed")
			}
		}
		v := Version{Number: base + 1, Body: body, Note: note, By: by.Person, At: s.now()}
		if err := s.Store.SaveDraft(ctx, by.Tenant, d, v); err != nil {
			return err
		}
		return s.record(ctx, by, access.WorkInGroup, what, ref("group.draft", d.ID), map[string]string{"version": numbered(v.Number)})
	})
}
