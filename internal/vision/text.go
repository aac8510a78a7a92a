// SPDX-License-Identifier: EUPL-1.2

package vision

import (
	"cmp"
	"context"
	"regexp"
	"slices"
	"strings"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/vision/wording"
)

// Bounds of what people write.
const (
	mostTitle      = 200   // signs
	mostText       = 8000  // of a paragraph
	mostReason     = 4000  // of an amendment
	mostParagraphs = 2000  // of a text
	mostLead       = 2000  //
	mostShort      = 300   // names of bodies, references
	mostWordings   = 10000 // signs of an outcome
)

var keyForm = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{1,60}$`)

// reserved are words of the addresses beside the texts.
var reserved = []string{"vorgang", "neu", "einlesen"}

// validate names every field of a text at fault.
func (t Text) validate() map[string]string {
	f := map[string]string{}
	if !keyForm.MatchString(t.Key) || slices.Contains(reserved, t.Key) {
		f["key"] = "vision.key.form"
	}
	if !slices.Contains(Kinds(), t.Kind) {
		f["kind"] = "vision.kind.missing"
	}
	if strings.TrimSpace(t.Title["de"]) == "" {
		f["title"] = "vision.title.missing"
	}
	for _, s := range t.Title {
		if len([]rune(s)) > mostTitle {
			f["title"] = "vision.long"
		}
	}
	for _, s := range t.Lead {
		if len([]rune(s)) > mostLead {
			f["lead"] = "vision.long"
		}
	}
	if !t.Closes.IsZero() && (t.Opens.IsZero() || !t.Opens.Before(t.Closes.Time)) {
		f["closes"] = "vision.closes.order"
	}
	return f
}

func invalid(f map[string]string) error {
	if len(f) == 0 {
		return nil
	}
	return &kernel.Error{Kind: kernel.Invalid, Key: "vision.invalid", Fields: f}
}

// Tidied keeps the variants of a text that hold something.
func Tidied(t kernel.Text) kernel.Text {
	out := kernel.Text{}
	for l, s := range t {
		if s = tidied(s); s != "" {
			out[l] = s
		}
	}
	return out
}

// tidied is the form in which words are kept: without marks that turn the direction of writing, control characters, and blanks nobody needs.
func tidied(s string) string { return wording.Tidy(kernel.Clean(s, true)) }

// Texts lists the texts the actor may read: the public ones, for planning staff drafts too. The most recently published leads.
func (s *Service) Texts(ctx context.Context, a access.Actor) ([]Text, error) {
	if err := access.CheckTenant(a, access.ReadPublic); err != nil {
		return nil, err
	}
	all, err := s.Store.Texts(ctx, a.Tenant)
	if err != nil {
		return nil, err
	}
	out := all[:0]
	for _, t := range all {
		ok, err := s.can(ctx, a, t, access.ReadPublic)
		if err != nil {
			return nil, err
		}
		if ok {
			out = append(out, t)
		}
	}
	rank := map[Kind]int{Leitbild: 0, Guidelines: 1, Other: 2}
	slices.SortStableFunc(out, func(a, b Text) int {
		return cmp.Or(cmp.Compare(rank[a.Kind], rank[b.Kind]), b.PublishedAt.Compare(a.PublishedAt.Time), cmp.Compare(a.Key, b.Key))
	})
	return out, nil
}

// Workable lists the texts the actor edits, moderates or adopts: all of them in the town, or those of a process a role is held in.
func (s *Service) Workable(ctx context.Context, a access.Actor) ([]Text, error) {
	all, err := s.Texts(ctx, a)
	if err != nil {
		return nil, err
	}
	out := all[:0]
	for _, t := range all {
		o, err := s.Object(ctx, a.Tenant, t)
		if err != nil {
			return nil, err
		}
		if access.Can(a, access.EditVision, o) || access.Can(a, access.Moderate, o) || access.Can(a, access.AdoptVision, o) {
			out = append(out, t)
		}
	}
	return out, nil
}

// Desk gives a text with its words to who may do one of the acts of staff to it.
func (s *Service) Desk(ctx context.Context, a access.Actor, key string, acts ...access.Action) (*Doc, error) {
	t, err := s.find(ctx, a, key, access.ReadPublic)
	if err != nil {
		return nil, err
	}
	for _, do := range acts {
		ok, err := s.can(ctx, a, t, do)
		if err != nil {
			return nil, err
		}
		if ok {
			return s.doc(ctx, a, t)
		}
	}
	return nil, kernel.E(kernel.Denied, "access.denied")
}

// Doc is a text with its words.
type Doc struct {
	Text
	Paragraphs []Paragraph // all, removed ones too
	Versions   []Version   // without content, the newest first
	Languages  []string    // any paragraph is written in
	// Amendable and Supportable tell whether the actor can propose a change, or support one, at this moment; ByCode whether with a code.
	Amendable, Supportable, ByCode bool
	// Edits, Moderates and Adopts tell what the actor does to it as staff, in the town or in the process of the text.
	Edits, Moderates, Adopts bool
}

// Live gives the numbered paragraphs of the working text.
func (d *Doc) Live(read Read) []Paragraph { return Numbered(d.Paragraphs, read) }

// Paragraph finds one, removed or not.
func (d *Doc) Paragraph(id kernel.ID) (Paragraph, bool) {
	i := slices.IndexFunc(d.Paragraphs, func(p Paragraph) bool { return p.ID == id })
	if i < 0 {
		return Paragraph{}, false
	}
	return d.Paragraphs[i], true
}

// Adopted gives the newest version that was adopted.
func (d *Doc) Adopted() (Version, bool) {
	for _, v := range d.Versions {
		if v.Kind == Adopted {
			return v, true
		}
	}
	return Version{}, false
}

// Doc gives a text with its words and versions.
func (s *Service) Doc(ctx context.Context, a access.Actor, key string) (*Doc, error) {
	t, err := s.find(ctx, a, key, access.ReadPublic)
	if err != nil {
		return nil, err
	}
	return s.doc(ctx, a, t)
}

func (s *Service) doc(ctx context.Context, a access.Actor, t Text) (*Doc, error) {
	d := &Doc{Text: t}
	var err error
	if d.Paragraphs, err = s.Store.Paragraphs(ctx, a.Tenant, t.ID); err != nil {
		return nil, err
	}
	if d.Versions, err = s.Store.Versions(ctx, a.Tenant, t.ID); err != nil {
		return nil, err
	}
	d.Languages = languages(d.Paragraphs)
	o, err := s.Object(ctx, a.Tenant, t)
	if err != nil {
		return nil, err
	}
	d.Amendable, d.Supportable = access.Can(a, access.Contribute, o), access.Can(a, access.Support, o)
	d.ByCode = s.Codes != nil && access.Can(a, access.VoteByCode, o)
	d.Edits, d.Moderates, d.Adopts = access.Can(a, access.EditVision, o), access.Can(a, access.Moderate, o), access.Can(a, access.AdoptVision, o)
	return d, nil
}

// Ground is a paragraph that rests on something.
type Ground struct {
	Text      Text
	Paragraph Paragraph // numbered
	Adopted   bool      // it stands in the version in force
}

// Grounds gives the paragraphs of texts the actor may read that rest on something: a contribution learns where it went.
func (s *Service) Grounds(ctx context.Context, a access.Actor, what kernel.Ref) ([]Ground, error) {
	found, err := s.Store.Citing(ctx, a.Tenant, what)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	texts, err := s.Texts(ctx, a)
	if err != nil {
		return nil, err
	}
	var out []Ground
	for _, t := range texts {
		ids := found[t.ID]
		if len(ids) == 0 {
			continue
		}
		d, err := s.doc(ctx, a, t)
		if err != nil {
			return nil, err
		}
		var inForce []Paragraph
		if v, ok := d.Adopted(); ok {
			if v, err = s.Store.Version(ctx, a.Tenant, t.ID, v.Number); err != nil {
				return nil, err
			}
			inForce = v.Content.Paragraphs
		}
		for _, p := range d.Live(nil) {
			if slices.Contains(ids, p.ID) {
				out = append(out, Ground{t, p, slices.ContainsFunc(inForce, func(x Paragraph) bool { return x.ID == p.ID })})
			}
		}
	}
	return out, nil
}

// Create adds a text as a draft.
func (s *Service) Create(ctx context.Context, by access.Actor, t Text) (Text, error) {
	if err := access.CheckTenant(by, access.EditVision); err != nil {
		return t, err
	}
	t.Key, t.Title, t.Lead = strings.TrimSpace(t.Key), Tidied(t.Title), Tidied(t.Lead)
	if err := invalid(t.validate()); err != nil {
		return t, err
	}
	now := s.now()
	t.ID, t.Edit, t.Amendments, t.Versions, t.CreatedAt, t.ChangedAt, t.PublishedAt = kernel.NewID(), 1, 0, 0, now, now, kernel.Instant{}
	return t, s.change(ctx, by, access.Act{Do: access.EditVision, What: "vision.create", Object: about(t), Note: map[string]string{"key": t.Key}}, func(ctx context.Context) error {
		return s.Store.InsertText(ctx, by.Tenant, t)
	})
}

// Save changes title, lead, kind, process and dates of a text. edit is the one the form was made from.
func (s *Service) Save(ctx context.Context, by access.Actor, key string, edit int, change func(*Text)) error {
	t, err := s.find(ctx, by, key, access.EditVision)
	if err != nil {
		return err
	}
	if t.Edit != edit {
		return kernel.E(kernel.Conflict, "vision.changed")
	}
	id, public := t.ID, t.PublishedAt
	change(&t)
	t.ID, t.Key, t.PublishedAt, t.Title, t.Lead = id, key, public, Tidied(t.Title), Tidied(t.Lead)
	if err := invalid(t.validate()); err != nil {
		return err
	}
	return s.save(ctx, by, t, "vision.save", "")
}

func (s *Service) save(ctx context.Context, by access.Actor, t Text, what, reason string) error {
	t.Edit++
	t.ChangedAt = s.now()
	return s.change(ctx, by, access.Act{Do: access.EditVision, What: what, Object: about(t), Reason: reason, Note: map[string]string{"key": t.Key}}, func(ctx context.Context) error {
		return s.Store.SaveText(ctx, by.Tenant, t)
	})
}

// Publish lets everybody read a text, or only the planning staff again while it has no version anybody could rely on.
func (s *Service) Publish(ctx context.Context, by access.Actor, key string, public bool) error {
	t, err := s.find(ctx, by, key, access.EditVision)
	if err != nil {
		return err
	}
	if t.Public() == public {
		return nil
	}
	if !public && t.Versions > 0 {
		return kernel.E(kernel.Conflict, "vision.unpublish.versions")
	}
	what := "vision.unpublish"
	t.PublishedAt = kernel.Instant{}
	if public {
		what, t.PublishedAt = "vision.publish", s.now()
	}
	return s.save(ctx, by, t, what, "")
}
