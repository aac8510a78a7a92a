// SPDX-License-Identifier: EUPL-1.2

package group

import (
	"context"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// Paper is a file of a group.
type Paper struct {
	ID      kernel.ID
	Group   kernel.ID
	Meeting kernel.ID // zero: of the group as a whole
	Title   string
	Name    string // of the file
	SHA256  string
	Size    int64
	Public  bool // everybody may read it, once the group is public
	AddedAt kernel.Instant
	AddedBy kernel.ID
}

// MaxPaper is the size above which a paper is not taken.
const MaxPaper = 50 << 20

// Papers lists the files of a group.
func (s *Service) Papers(ctx context.Context, by access.Actor, key string) ([]Paper, error) {
	g, err := s.Space(ctx, by, key, access.ReadGroup)
	if err != nil {
		return nil, err
	}
	return s.Store.Papers(ctx, by.Tenant, g.ID)
}

// PublicPapers lists the files of a group everybody may read.
func (s *Service) PublicPapers(ctx context.Context, tenant kernel.ID, g Group) ([]Paper, error) {
	if !g.Public {
		return nil, nil
	}
	all, err := s.Store.Papers(ctx, tenant, g.ID)
	return slices.DeleteFunc(all, func(p Paper) bool { return !p.Public }), err
}

// AddPaper keeps a file.
func (s *Service) AddPaper(ctx context.Context, by access.Actor, key string, p Paper, content io.Reader) (Paper, error) {
	g, err := s.Space(ctx, by, key, access.WorkInGroup)
	if err != nil {
		return p, err
	}
	p.Title, p.Name = kernel.Clean(p.Title, false), fileName(p.Name)
	if p.Title == "" {
		p.Title = p.Name
	}
	if utf8.RuneCountInString(p.Title) > mostLine {
		return p, invalid(map[string]string{"title": "group.long"})
	}
	if p.SHA256, p.Size, err = s.Files.Put(ctx, content, MaxPaper); err != nil {
		return p, err
	}
	if p.Size == 0 {
		return p, invalid(map[string]string{"file": "group.paper.empty"})
	}
	p.ID, p.Group, p.AddedAt, p.AddedBy = kernel.NewID(), g.ID, s.now(), by.Person
	return p, s.Tx.Tx(ctx, func(ctx context.Context) error {
		if p.Meeting != "" {
			all, err := s.Store.Meetings(ctx, by.Tenant, g.ID)
			if err != nil {
				return err
			}
			if !slices.ContainsFunc(all, func(m Meeting) bool { return m.ID == p.Meeting }) {
				return notFound()
			}
		}
		if err := s.Store.SavePaper(ctx, by.Tenant, p); err != nil {
			return err
		}
		return s.record(ctx, by, access.WorkInGroup, "group.paper.add", ref("group", g.ID), map[string]string{"sha256": p.SHA256})
	})
}

// DropPaper takes a file out of the group.
func (s *Service) DropPaper(ctx context.Context, by access.Actor, key string, id kernel.ID) error {
	g, err := s.Space(ctx, by, key, access.LeadGroup)
	if err != nil {
		return err
	}
	return s.Tx.Tx(ctx, func(ctx context.Context) error {
		p, err := s.Store.Paper(ctx, by.Tenant, id)
		if err != nil {
			return err
		}
		if p.Group != g.ID {
			return notFound()
		}
		if err := s.Store.DropPaper(ctx, by.Tenant, id); err != nil {
			return err
		}
		return s.record(ctx, by, access.LeadGroup, "group.paper.drop", ref("group", g.ID), map[string]string{"sha256": p.SHA256})
	})
}

// OpenPaper gives a file to read: to those who may enter the space, and a public one of a public group to everybody.
func (s *Service) OpenPaper(ctx context.Context, by access.Actor, key string, id kernel.ID) (Paper, io.ReadSeekCloser, error) {
	g, err := s.Store.Group(ctx, by.Tenant, key)
	if err != nil {
		return Paper{}, nil, err
	}
	p, err := s.Store.Paper(ctx, by.Tenant, id)
	if err != nil {
		return p, nil, err
	}
	if p.Group != g.ID || !(g.Public && p.Public) && !s.Can(by, g, access.ReadGroup) {
		return Paper{}, nil, kernel.E(kernel.NotFound, "group.paper.notfound")
	}
	f, err := s.Files.Open(p.SHA256)
	return p, f, err
}

// fileName keeps the last part of a path and drops what cannot be shown.
func fileName(name string) string {
	name = kernel.Clean(strings.ReplaceAll(name, `\`, "/"), false)
	name = name[strings.LastIndexByte(name, '/')+1:]
	if r := []rune(name); len(r) > 150 {
		name = string(r[len(r)-150:])
	}
	if strings.Trim(name, ". ") == "" {
		return "datei"
	}
	return name
}
