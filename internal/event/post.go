// SPDX-License-Identifier: EUPL-1.2

package event

import (
	"context"
	"slices"
	"strings"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// PostStage is where a post stands.
type PostStage string

// The stages of a post. One that has expired is published and no longer on the board.
const (
	PostDraft     PostStage = "draft"
	PostPublished PostStage = "published"
	PostWithdrawn PostStage = "withdrawn"
)

// Categories lists the sorts of posts; the catalogue names them under "post.category.<category>".
func Categories() []string {
	return []string{"news", "call", "result", "offer", "question", "thanks", "notice"}
}

// PostContent is what a post says.
type PostContent struct {
	Title   kernel.Text `json:"title,omitempty"`
	Body    kernel.Text `json:"body,omitempty"`   // Markdown
	Source  string      `json:"source,omitempty"` // who says it, where it is from
	Link    string      `json:"link,omitempty"`
	Areas   []string    `json:"areas,omitempty"`
	Topics  []string    `json:"topics,omitempty"`
	Alt     kernel.Text `json:"alt,omitempty"` // what the picture shows
	Credit  string      `json:"credit,omitempty"`
	Width   int         `json:"width,omitempty"`
	Height  int         `json:"height,omitempty"`
	Contact string      `json:"contact,omitempty"`
}

// Post is a note on the town's pinboard.
type Post struct {
	ID       kernel.ID
	Stage    PostStage
	Category string
	Process  string
	PostContent
	Picture     string // SHA-256; empty: none
	Starts      kernel.Date
	Ends        kernel.Date
	Pinned      bool
	Edit        int
	CreatedAt   kernel.Instant
	ChangedAt   kernel.Instant
	PublishedAt kernel.Instant
	ExpiresAt   kernel.Instant
}

// Shown tells whether the post is on the board.
func (p Post) Shown(now kernel.Instant) bool {
	return p.Stage == PostPublished && (p.ExpiresAt.IsZero() || now.Before(p.ExpiresAt.Time))
}

// Object is the post as the permission function knows it.
func (p Post) Object(tenant kernel.ID) access.Object {
	o := access.Object{Tenant: tenant, Visibility: access.Public, Within: within(p.Process, "", p.Areas)}
	if p.Stage != PostPublished {
		o.Visibility = access.Internal
	}
	return o
}

// PostFilter selects posts.
type PostFilter struct {
	Category string
	Process  string
	Area     string
	Topic    string
	Old      bool // those that have expired
	Drafts   bool // staff: all of them
	Limit    int  // 200 where 0
}

// postStore keeps the pinboard.
type postStore interface {
	InsertPost(ctx context.Context, tenant kernel.ID, p Post) error
	// SavePost writes a post whose Edit is that of the row; Conflict "event.changed".
	SavePost(ctx context.Context, tenant kernel.ID, p Post) error
	// Post gives one; NotFound "post.notfound".
	Post(ctx context.Context, tenant, id kernel.ID) (Post, error)
	// Posts lists posts, pinned ones first, then the youngest.
	Posts(ctx context.Context, tenant kernel.ID, f PostFilter) ([]Post, error)
	DeletePost(ctx context.Context, tenant, id kernel.ID) error
}

func postRef(id kernel.ID) kernel.Ref { return kernel.Ref{Kind: "post", ID: id} }

func (s *Service) mayPost(by access.Actor, do access.Action, p Post) error {
	o := p.Object(by.Tenant)
	o.Visibility = ""
	return access.Check(by, do, o)
}

// Posts lists the posts on the board, pinned ones first.
func (s *Service) Posts(ctx context.Context, by access.Actor, f PostFilter) ([]Post, error) {
	if f.Drafts {
		if !access.Anywhere(by, access.EditEvent) {
			return nil, access.CheckTenant(by, access.EditEvent)
		}
	}
	limit := f.Limit
	if limit == 0 {
		limit = 200
	}
	f.Limit = 2000
	list, err := s.Store.Posts(ctx, by.Tenant, f)
	now := s.now()
	list = slices.DeleteFunc(list, func(p Post) bool {
		if f.Drafts && s.mayPost(by, access.EditEvent, p) != nil {
			return true
		}
		there := f.Area == "" || len(p.Areas) == 0 || slices.Contains(p.Areas, f.Area)
		return !there || f.Topic != "" && !slices.Contains(p.Topics, f.Topic) || !f.Drafts && (p.Stage != PostPublished || p.Shown(now) == f.Old)
	})
	return list[:min(len(list), limit)], err
}

// Post gives one post the actor may know of.
func (s *Service) Post(ctx context.Context, by access.Actor, id kernel.ID) (Post, error) {
	p, err := s.Store.Post(ctx, by.Tenant, id)
	if err == nil && s.mayPost(by, access.EditEvent, p) != nil && (p.Stage != PostPublished || !access.Can(by, access.ReadPublic, p.Object(by.Tenant))) {
		err = kernel.E(kernel.NotFound, "post.notfound")
	}
	return p, err
}

// valid cleans a post and names what is wrong with it.
func (p *Post) valid() error {
	f := map[string]string{}
	p.Source, p.Link, p.Credit, p.Contact = tidy(p.Source), strings.TrimSpace(p.Link), tidy(p.Credit), tidy(p.Contact)
	if strings.TrimSpace(p.Title.String()) == "" {
		f["title"] = "event.field.missing"
	}
	if strings.TrimSpace(p.Body.String()) == "" {
		f["body"] = "event.field.missing"
	}
	if !slices.Contains(Categories(), p.Category) {
		f["category"] = "event.field.missing"
	}
	if p.Link != "" && !strings.HasPrefix(p.Link, "https://") {
		f["link"] = "event.field.link"
	}
	if p.Picture != "" && strings.TrimSpace(p.Alt.String()) == "" {
		f["alt"] = "event.field.missing"
	}
	if p.Ends != "" && (p.Starts == "" || p.Ends < p.Starts) {
		f["ends"] = "event.field.end"
	}
	if len(f) > 0 {
		return errInvalid(f)
	}
	return nil
}

// SavePost writes a post, a new one where it has no ID. picture is drawn anew already; nil leaves the one there is.
func (s *Service) SavePost(ctx context.Context, by access.Actor, p Post, picture *Picture) (Post, error) {
	var old Post
	var err error
	if p.ID != "" {
		if old, err = s.Store.Post(ctx, by.Tenant, p.ID); err != nil {
			return p, err
		}
		if err := s.mayPost(by, access.EditEvent, old); err != nil {
			return p, err
		}
		p.Stage, p.CreatedAt, p.PublishedAt = old.Stage, old.CreatedAt, old.PublishedAt
	}
	if err := s.mayPost(by, access.EditEvent, p); err != nil {
		return p, err
	}
	if picture != nil {
		p.Picture, p.Width, p.Height = "new", picture.Width, picture.Height
	}
	if err := p.valid(); err != nil {
		return p, err
	}
	if picture != nil {
		if p.Picture, _, err = s.Files.Put(ctx, strings.NewReader(string(picture.JPEG)), int64(len(picture.JPEG))+1); err != nil {
			return p, err
		}
	}
	p.ChangedAt = s.now()
	return p, s.Tx.Tx(ctx, func(ctx context.Context) error {
		what := "post.edit"
		if old.ID == "" {
			what = "post.create"
			p.ID, p.Stage, p.Edit, p.CreatedAt = kernel.NewID(), PostDraft, 1, s.now()
			err = s.Store.InsertPost(ctx, by.Tenant, p)
		} else {
			err = s.Store.SavePost(ctx, by.Tenant, p)
		}
		if err != nil {
			return err
		}
		return access.Record(ctx, s.Trail, by, access.Act{Do: access.EditEvent, What: what, Object: postRef(p.ID)})
	})
}

// PublishPost puts a draft on the board and has subscribers told; withdraw takes it off again.
func (s *Service) PublishPost(ctx context.Context, by access.Actor, id kernel.ID, withdraw bool) error {
	p, err := s.Store.Post(ctx, by.Tenant, id)
	if err != nil {
		return err
	}
	if err := s.mayPost(by, access.EditEvent, p); err != nil {
		return err
	}
	if err := s.mayPost(by, access.Publish, p); err != nil {
		return err
	}
	what, first := "post.publish", p.PublishedAt.IsZero()
	p.Stage, p.ChangedAt = PostPublished, s.now()
	if withdraw {
		p.Stage, what, first = PostWithdrawn, "post.withdraw", false
	} else if first {
		p.PublishedAt = s.now()
	}
	return s.Tx.Tx(ctx, func(ctx context.Context) error {
		if err := s.Store.SavePost(ctx, by.Tenant, p); err != nil {
			return err
		}
		if first {
			if err := s.Jobs.News(ctx, by.Tenant, "post", p.ID); err != nil {
				return err
			}
		}
		return access.Record(ctx, s.Trail, by, access.Act{Do: access.Publish, What: what, Object: postRef(p.ID)})
	})
}

// DeletePost takes a post away that is not on the board.
func (s *Service) DeletePost(ctx context.Context, by access.Actor, id kernel.ID) error {
	p, err := s.Store.Post(ctx, by.Tenant, id)
	if err != nil {
		return err
	}
	if err := s.mayPost(by, access.EditEvent, p); err != nil {
		return err
	}
	if p.Stage == PostPublished {
		return kernel.E(kernel.Conflict, "post.published")
	}
	return s.Tx.Tx(ctx, func(ctx context.Context) error {
		if err := s.Store.DeletePost(ctx, by.Tenant, id); err != nil {
			return err
		}
		return access.Record(ctx, s.Trail, by, access.Act{Do: access.EditEvent, What: "post.delete", Object: postRef(id)})
	})
}
