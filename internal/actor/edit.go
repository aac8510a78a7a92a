// SPDX-License-Identifier: EUPL-1.2

package actor

import (
	"context"
	"net/mail"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// Edit is what a form of a record holds: field by name, and what is not a field.
type Edit struct {
	Values map[string][]string
	Public bool
	// Edit is the count of edits the form was made from.
	Edit int
}

// Record gives a record to somebody who may edit it; NotFound for everybody else.
func (s *Service) Record(ctx context.Context, by access.Actor, id kernel.ID) (Record, error) {
	r, err := s.Store.Record(ctx, by.Tenant, id)
	if err != nil {
		return nil, err
	}
	if !Keeps(by, r.Head()) && !Plans(by) {
		return nil, kernel.E(kernel.NotFound, "actor.notfound")
	}
	return r, nil
}

// Create adds a record of a kind; owner is the organisation that keeps it, empty for the town's own. What an organisation adds becomes public at
// once or after staff looked at it, as the town's rules say.
func (s *Service) Create(ctx context.Context, by access.Actor, k Kind, owner kernel.ID, e Edit) (Record, error) {
	r, err := New(k)
	if err != nil {
		return nil, err
	}
	m := r.Head()
	m.ID, m.CreatedAt, m.Public, m.Edit = kernel.NewID(), s.now(), e.Public, 1
	m.ChangedAt, m.ConfirmedAt = m.CreatedAt, m.CreatedAt
	if k == ActorKind {
		owner = ""
	}
	m.Actor = owner
	if owner != "" {
		o, err := s.Store.Record(ctx, by.Tenant, owner)
		if err != nil {
			return nil, err
		}
		if o.Head().Kind != ActorKind {
			return nil, kernel.E(kernel.NotFound, "actor.notfound")
		}
	}
	if !Keeps(by, m) || k == ActorKind && !Plans(by) {
		return nil, kernel.E(kernel.NotFound, "actor.notfound")
	}
	if err := s.fill(ctx, by, r, e.Values); err != nil {
		return nil, err
	}
	m.Key = slug(r.Name())
	waits := false
	if !Plans(by) && m.Public {
		rules, err := s.Store.Rules(ctx, by.Tenant)
		if err != nil {
			return nil, err
		}
		waits = rules.filled().Changes != AllAtOnce
		m.Public = !waits
	}
	return r, s.act(ctx, by, access.KeepActors, "actor.create", Ref(m), "", map[string]string{"kind": string(k)}, func(ctx context.Context) error {
		if err := s.Store.Insert(ctx, by.Tenant, r); err != nil || Plans(by) {
			return err
		}
		c := Change{ID: kernel.NewID(), Record: m.ID, State: Applied, By: by.Person, At: m.CreatedAt}
		if waits {
			c.State, c.Patch = Waiting, []Patch{{Field: publicField, After: []string{"1"}}}
		}
		return s.Store.AddChange(ctx, by.Tenant, c)
	})
}

// fill reads the fields of a form into the record and checks them.
func (s *Service) fill(ctx context.Context, by access.Actor, r Record, values map[string][]string) error {
	own, err := s.Store.Terms(ctx, by.Tenant)
	if err != nil {
		return err
	}
	terms, err := merged(own)
	if err != nil {
		return err
	}
	levels, err := s.Levels(ctx, by)
	if err != nil {
		return err
	}
	return invalid(fill(r, values, terms, AreaNames(levels)))
}

// fill sets the fields that values has and names those at fault. Terms and areas that were chosen before may stay although they are not offered
// any more.
func fill(r Record, values map[string][]string, terms Terms, areas map[string]string) map[string]string {
	wrong := map[string]string{}
	for _, f := range r.Fields() {
		v, sent := values[f.Name]
		if sent {
			before := f.Values()
			if key := f.Set(v); key != "" {
				wrong[f.Name] = key
				continue
			}
			if f.Terms != "" {
				for _, x := range f.Values() {
					t, known := terms.Find(f.Terms, x)
					if f.Terms == AreaTerms {
						_, known = areas[x]
					}
					if (!known || t.Retired) && !slices.Contains(before, x) {
						wrong[f.Name] = "actor.choice"
					}
				}
			}
		}
		if f.Must && !f.Filled() {
			wrong[f.Name] = "actor.missing"
		}
	}
	check(r, wrong)
	return wrong
}

// check names what does not fit together.
func check(r Record, wrong map[string]string) {
	var p *Place
	switch x := r.(type) {
	case *Actor:
		p = &x.Place
	case *Offer:
		p = &x.Place
		if x.AgeFrom != nil && x.AgeTo != nil && *x.AgeFrom > *x.AgeTo {
			wrong["age_to"] = "actor.age.order"
		}
		if x.Capacity != nil && x.Vacant != nil && *x.Vacant > *x.Capacity {
			wrong["vacant"] = "actor.vacant.more"
		}
	case *Resource:
		p = &x.Place
	case *Structure:
		p = &x.Place
	case *Project:
		if x.From != "" && x.To != "" && x.To < x.From {
			wrong["to"] = "actor.to.before"
		}
	}
	if p != nil && (p.Lat == nil) != (p.Lon == nil) {
		if p.Lat == nil {
			wrong["lat"] = "actor.place.half"
		} else {
			wrong["lon"] = "actor.place.half"
		}
	}
}

// Save changes a record. What an organisation changes is done at once or waits, as the town's rules say; waits tells that something of it waits.
func (s *Service) Save(ctx context.Context, by access.Actor, id kernel.ID, e Edit) (waits bool, err error) {
	r, err := s.Record(ctx, by, id)
	if err != nil {
		return false, err
	}
	m := r.Head()
	if err := access.Check(by, access.KeepActors, m.object(by.Tenant)); err != nil {
		return false, err
	}
	if m.Edit != e.Edit {
		return false, kernel.E(kernel.Conflict, "actor.changed")
	}
	before := snapshot(r)
	if err := s.fill(ctx, by, r, e.Values); err != nil {
		return false, err
	}
	patch := differences(before, r)
	if m.Public != e.Public {
		patch = append(patch, flip(publicField, m.Public, e.Public))
		m.Public = e.Public
	}
	if len(patch) == 0 {
		return false, nil
	}
	var later []Patch
	if !Plans(by) {
		rules, err := s.Store.Rules(ctx, by.Tenant)
		if err != nil {
			return false, err
		}
		patch, later = split(r, patch, rules.filled().Changes)
		for _, p := range later {
			if err := p.undo(r); err != nil {
				return false, err
			}
		}
	}
	m.Edit, m.ChangedAt = m.Edit+1, s.now()
	return len(later) > 0, s.act(ctx, by, access.KeepActors, "actor.change", Ref(m), "", map[string]string{"fields": fieldNames(patch), "waiting": fieldNames(later)},
		func(ctx context.Context) error {
			if err := s.Store.Update(ctx, by.Tenant, r); err != nil || Plans(by) {
				return err
			}
			for state, list := range map[ChangeState][]Patch{Applied: patch, Waiting: later} {
				if len(list) == 0 {
					continue
				}
				if err := s.Store.AddChange(ctx, by.Tenant, Change{ID: kernel.NewID(), Record: id, Patch: list, State: state, By: by.Person, At: m.ChangedAt}); err != nil {
					return err
				}
			}
			return nil
		})
}

// Archive ends a record: it is shown nowhere any more, and can be brought back.
func (s *Service) Archive(ctx context.Context, by access.Actor, id kernel.ID, ended bool) error {
	r, err := s.Record(ctx, by, id)
	if err != nil {
		return err
	}
	m := r.Head()
	if !ended && !Plans(by) || m.Kind == ActorKind && !Plans(by) {
		return kernel.E(kernel.Denied, "access.denied")
	}
	if ended == !m.ArchivedAt.IsZero() {
		return nil
	}
	what := "actor.end"
	m.ArchivedAt = s.now()
	if !ended {
		what, m.ArchivedAt = "actor.restore", kernel.Instant{}
	}
	m.Edit, m.ChangedAt = m.Edit+1, s.now()
	return s.act(ctx, by, access.KeepActors, what, Ref(m), "", nil, func(ctx context.Context) error { return s.Store.Update(ctx, by.Tenant, r) })
}

// Contacts lists the people of a record: all to staff and its organisation, to everybody else those who agreed.
func (s *Service) Contacts(ctx context.Context, by access.Actor, r Record) ([]Contact, error) {
	list, err := s.Store.Contacts(ctx, by.Tenant, r.Head().ID)
	if err != nil || SeesInner(by, r.Head()) {
		return list, err
	}
	return slices.DeleteFunc(list, func(c Contact) bool { return !c.Public() }), nil
}

// PutContact keeps a person of a record; public says that he or she agreed to be shown to everybody.
func (s *Service) PutContact(ctx context.Context, by access.Actor, record kernel.ID, c Contact, public bool) error {
	r, err := s.Record(ctx, by, record)
	if err != nil {
		return err
	}
	c.Role, c.Person, c.Email, c.Phone = tidy(c.Role, false), tidy(c.Person, false), tidy(c.Email, false), tidy(c.Phone, false)
	if err := invalid(c.check()); err != nil {
		return err
	}
	list, err := s.Store.Contacts(ctx, by.Tenant, record)
	if err != nil {
		return err
	}
	if c.ID == "" {
		c.ID = kernel.NewID()
		if len(list) >= 20 {
			return kernel.E(kernel.Conflict, "actor.contact.many")
		}
	} else if i := slices.IndexFunc(list, func(x Contact) bool { return x.ID == c.ID }); i < 0 {
		return kernel.E(kernel.NotFound, "actor.notfound")
	} else if list[i].Person == c.Person { // the consent was this person's
		c.ConsentAt, c.ConsentBy = list[i].ConsentAt, list[i].ConsentBy
	}
	c.Record, c.ChangedAt = record, s.now()
	switch {
	case !public:
		c.ConsentAt, c.ConsentBy = kernel.Instant{}, ""
	case !c.Public():
		c.ConsentAt, c.ConsentBy = s.now(), by.Person
	}
	return s.act(ctx, by, access.KeepActors, "actor.contact", Ref(r.Head()), "", map[string]string{"consent": strconv.FormatBool(public)},
		func(ctx context.Context) error { return s.Store.PutContact(ctx, by.Tenant, c) })
}

// check names the fields of a person that are at fault.
func (c Contact) check() map[string]string {
	f := map[string]string{}
	for name, v := range map[string]string{"role": c.Role, "person": c.Person, "email": c.Email, "phone": c.Phone} {
		if len([]rune(v)) > maxLine {
			f[name] = "actor.text.long"
		}
	}
	if c.Role == "" && c.Person == "" {
		f["role"] = "actor.contact.who"
	}
	if c.Email == "" && c.Phone == "" {
		f["email"] = "actor.contact.how"
	}
	if a, err := mail.ParseAddress(c.Email); c.Email != "" && (err != nil || a.Address != c.Email) {
		f["email"] = "mail.address"
	}
	return f
}

// DeleteContact forgets a person of a record.
func (s *Service) DeleteContact(ctx context.Context, by access.Actor, record, id kernel.ID) error {
	r, err := s.Record(ctx, by, record)
	if err != nil {
		return err
	}
	return s.act(ctx, by, access.KeepActors, "actor.contact.delete", Ref(r.Head()), "", nil, func(ctx context.Context) error {
		return s.Store.DeleteContact(ctx, by.Tenant, record, id)
	})
}

// Relate notes that an organisation works with another, or in a network. Whoever keeps one of the two may.
func (s *Service) Relate(ctx context.Context, by access.Actor, x Relation) error {
	from, to, err := s.ends(ctx, by, x)
	if err != nil {
		return err
	}
	x.Role, x.Note = tidy(x.Role, false), tidy(x.Note, false)
	f := map[string]string{}
	if x.From == x.To || from.Head().Kind != ActorKind || to.Head().Kind != ActorKind && to.Head().Kind != NetworkKind {
		f["to"] = "actor.choice"
	}
	if x.Strength < 1 || x.Strength > 3 {
		f["strength"] = "actor.choice"
	}
	if x.Since != "" && x.Until != "" && x.Until < x.Since {
		f["until"] = "actor.to.before"
	}
	if len([]rune(x.Role)) > maxLine || len([]rune(x.Note)) > maxLine {
		f["note"] = "actor.text.long"
	}
	if err := invalid(f); err != nil {
		return err
	}
	if to.Head().Kind == ActorKind && x.To < x.From { // the same two once, whoever says it
		x.From, x.To = x.To, x.From
	}
	if x.ID == "" {
		x.ID = kernel.NewID()
	}
	return s.act(ctx, by, access.KeepActors, "actor.relate", Ref(from.Head()), "", map[string]string{"to": string(x.To)},
		func(ctx context.Context) error { return s.Store.PutRelation(ctx, by.Tenant, x) })
}

// ends gives both ends of a relation to somebody who keeps one of them.
func (s *Service) ends(ctx context.Context, by access.Actor, x Relation) (from, to Record, err error) {
	if from, err = s.Store.Record(ctx, by.Tenant, x.From); err != nil {
		return nil, nil, err
	}
	if to, err = s.Store.Record(ctx, by.Tenant, x.To); err != nil {
		return nil, nil, err
	}
	if !Keeps(by, from.Head()) && !Keeps(by, to.Head()) {
		return nil, nil, kernel.E(kernel.NotFound, "actor.notfound")
	}
	for _, m := range []*Meta{from.Head(), to.Head()} {
		if !access.Can(by, access.ReadPublic, m.object(by.Tenant)) {
			return nil, nil, kernel.E(kernel.NotFound, "actor.notfound")
		}
	}
	return from, to, nil
}

// Unrelate forgets a relation.
func (s *Service) Unrelate(ctx context.Context, by access.Actor, id kernel.ID) error {
	list, err := s.Store.Relations(ctx, by.Tenant)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(list, func(x Relation) bool { return x.ID == id })
	if i < 0 {
		return kernel.E(kernel.NotFound, "actor.notfound")
	}
	from, _, err := s.ends(ctx, by, list[i])
	if err != nil {
		return err
	}
	return s.act(ctx, by, access.KeepActors, "actor.unrelate", Ref(from.Head()), "", map[string]string{"to": string(list[i].To)},
		func(ctx context.Context) error { return s.Store.DeleteRelation(ctx, by.Tenant, id) })
}

// Terms gives the words of the town; they stand on public pages.
func (s *Service) Terms(ctx context.Context, by access.Actor) (Terms, error) {
	own, err := s.Store.Terms(ctx, by.Tenant)
	if err != nil {
		return nil, err
	}
	return merged(own)
}

// PutTerm words a term anew, adds or retires one.
func (s *Service) PutTerm(ctx context.Context, by access.Actor, g Group, x Term) error {
	if err := access.CheckTenant(by, access.PlanActors); err != nil {
		return err
	}
	if !slices.Contains(Groups(), g) {
		return kernel.E(kernel.NotFound, "actor.notfound")
	}
	for lang := range x.Name {
		if x.Name[lang] = tidy(x.Name[lang], false); x.Name[lang] == "" {
			delete(x.Name, lang)
		}
	}
	x.Key, x.Population, x.Indicator = strings.TrimSpace(x.Key), strings.TrimSpace(x.Population), strings.TrimSpace(x.Indicator)
	terms, err := s.Terms(ctx, by)
	if err != nil {
		return err
	}
	if x.Key == "" {
		x.Key = slug(x.Name["de"])
		if x.Key = x.Key[:min(len(x.Key), 40)]; g == Age {
			x.Key = strconv.Itoa(x.From) + "-" + strconv.Itoa(x.To)
		}
		if _, taken := terms.Find(g, x.Key); taken {
			return invalid(map[string]string{"de": "actor.term.taken"})
		}
	}
	f := x.check(g)
	if _, known := terms.Find(g, x.Key); g.Fixed() && (!known || x.Retired) {
		f["de"] = "actor.term.fixed"
	}
	for _, k := range x.Expects {
		if _, known := terms.Find(ActorSort, k); !known {
			f["expects"] = "actor.choice"
		}
	}
	if err := invalid(f); err != nil {
		return err
	}
	return s.act(ctx, by, access.PlanActors, "actor.term", kernel.Ref{Kind: "actor.term"}, "", map[string]string{"group": string(g), "key": x.Key},
		func(ctx context.Context) error { return s.Store.PutTerm(ctx, by.Tenant, g, x) })
}

// slug makes the key of an address from a name: small letters, digits and hyphens.
func slug(name string) string {
	var b strings.Builder
	gap := false
	for _, r := range strings.ToLower(name) {
		var s string
		switch {
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			s = string(r)
		case r == 'ä':
			s = "ae"
		case r == 'ö':
			s = "oe"
		case r == 'ü':
			s = "ue"
		case r == 'ß':
			s = "ss"
		case r == 'é' || r == 'è' || r == 'ê':
			s = "e"
		case unicode.IsSpace(r) || unicode.IsPunct(r):
			gap = b.Len() > 0
			continue
		default:
			continue
		}
		if gap {
			b.WriteByte('-')
			gap = false
		}
		b.WriteString(s)
		if b.Len() >= 60 {
			break
		}
	}
	if b.Len() == 0 {
		return "eintrag"
	}
	return b.String()
}
