// SPDX-License-Identifier: EUPL-1.2

package actor

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/table"
)

// importing is an import under way.
type importing struct {
	s      *Service
	by     access.Actor
	q      ImportRequest
	rep    *Report
	terms  Terms
	areas  map[string]string // "quartier/0101" to name
	lookup map[string]string // folded name or key to "quartier/0101"; "" where it is not unique
	actors map[string]Record // by folded name and key
	kept   map[string]Record // of the kind, by folded owner and name
	keys   map[string]Record
	nets   map[string]Record
	seen   map[string]int // row in which a record came first
	write  bool
}

// Import reads a file of records or relations. Without take it only says what it would do. Rows at fault are refused and named, all others are
// taken in one transaction.
func (s *Service) Import(ctx context.Context, by access.Actor, q ImportRequest, take bool) (rep Report, err error) {
	if err := access.CheckTenant(by, access.PlanActors); err != nil {
		return rep, err
	}
	_, must := Columns(q.Kind)
	if len(must) == 0 {
		return rep, kernel.E(kernel.NotFound, "actor.notfound")
	}
	named := slices.Collect(maps.Values(q.Columns))
	for _, c := range must {
		if !slices.Contains(named, c) {
			return rep, invalid(map[string]string{"columns": "actor.import.must." + c})
		}
	}
	slices.Sort(named)
	for i := 1; i < len(named); i++ {
		if named[i] == named[i-1] {
			return rep, invalid(map[string]string{"columns": "actor.import.twice"})
		}
	}
	t, rep, err := open(q)
	if err != nil {
		return rep, err
	}
	defer t.Close() //nolint:errcheck // only read
	found := rep.Findings
	run := func(ctx context.Context) error {
		rep = Report{Format: t.Format, Columns: t.Columns, Findings: slices.Clone(found)} // a transaction may run again
		im := &importing{s: s, by: by, q: q, rep: &rep, write: take}
		if err := im.prepare(ctx); err != nil {
			return err
		}
		return im.read(ctx, t)
	}
	if !take {
		return rep, run(ctx)
	}
	err = s.act(ctx, by, access.PlanActors, "actor.import", kernel.Ref{Kind: "actor.import"}, "", map[string]string{"kind": string(q.Kind)}, run)
	return rep, err
}

func (im *importing) prepare(ctx context.Context) error {
	list, err := im.s.Store.Records(ctx, im.by.Tenant)
	if err != nil {
		return err
	}
	own, err := im.s.Store.Terms(ctx, im.by.Tenant)
	if err != nil {
		return err
	}
	if im.terms, err = merged(own); err != nil {
		return err
	}
	levels, err := im.s.Levels(ctx, im.by)
	if err != nil {
		return err
	}
	fold := im.s.fold
	im.areas = AreaNames(levels)
	im.lookup = map[string]string{}
	for ref, name := range im.areas {
		_, key, _ := strings.Cut(ref, "/")
		for _, word := range []string{fold(ref), fold(key), fold(name)} {
			if have, there := im.lookup[word]; there && have != ref {
				im.lookup[word] = ""
			} else {
				im.lookup[word] = ref
			}
		}
	}
	im.actors, im.kept, im.keys, im.nets, im.seen = map[string]Record{}, map[string]Record{}, map[string]Record{}, map[string]Record{}, map[string]int{}
	for _, r := range list {
		m := r.Head()
		if !m.ArchivedAt.IsZero() {
			continue
		}
		if m.Kind == ActorKind || m.Kind == NetworkKind {
			target := im.actors
			if m.Kind == NetworkKind {
				target = im.nets
			}
			target[fold(r.Name())], target[fold(m.Key)] = r, r
		}
		if m.Kind == im.q.Kind {
			im.kept[im.sameAs(m.Actor, r.Name())] = r
			im.keys[m.Key] = r
		}
	}
	return nil
}

func (im *importing) sameAs(owner kernel.ID, name string) string {
	return string(owner) + "\x00" + im.s.fold(name)
}

func (im *importing) read(ctx context.Context, t *table.Table) error {
	rows, err := t.Rows()
	if err != nil {
		return err
	}
	defer rows.Close()
	at := map[string]int{}
	for _, c := range t.Columns {
		if name := im.q.Columns[c.Letter]; name != "" {
			at[name] = c.Index
		}
	}
	for rows.Next() {
		row := rows.Row()
		im.rep.Rows++
		if im.rep.Rows > mostRows {
			return &kernel.Error{Kind: kernel.Invalid, Key: "actor.import.long", Params: kernel.Params("max", mostRows)}
		}
		cells := map[string]string{}
		for name, i := range at {
			c := row.Cell(i)
			cells[name] = strings.TrimSpace(string(c.Text))
		}
		if row.Fault != "" {
			im.refuse(row.Line, "", "table."+row.Fault)
			continue
		}
		take := im.record
		if im.q.Kind == RelationKind {
			take = im.relation
		}
		if err := take(ctx, row.Line, cells); err != nil {
			return err
		}
	}
	return rows.Err()
}

func (im *importing) note(line int, column string, o kernel.Outcome, code string, kv ...any) {
	if len(im.rep.Findings) < 500 {
		im.rep.Findings = append(im.rep.Findings, kernel.Finding{Code: code, Outcome: o, Row: line, Column: column, Params: kernel.Params(kv...)})
	}
}

func (im *importing) refuse(line int, column, code string, kv ...any) {
	im.rep.Refused++
	im.note(line, column, kernel.RefuseRow, code, kv...)
}

// owner finds the organisation a row names; where allowed it is made.
func (im *importing) owner(ctx context.Context, line int, name string) (kernel.ID, bool, error) {
	if name == "" {
		return "", true, nil
	}
	if r, ok := im.actors[im.s.fold(name)]; ok {
		return r.Head().ID, true, nil
	}
	if !im.q.Found {
		im.refuse(line, "", "actor.import.owner", "name", name)
		return "", false, nil
	}
	r := &Actor{Meta: im.meta(ActorKind, ""), Title: tidy(name, false)}
	r.Public, r.Key = im.q.Public, slug(r.Title)
	im.actors[im.s.fold(name)] = r
	im.rep.Founded = append(im.rep.Founded, r.Title)
	if !im.write {
		return r.ID, true, nil
	}
	return r.ID, true, im.s.Store.Insert(ctx, im.by.Tenant, r)
}

func (im *importing) meta(k Kind, owner kernel.ID) Meta {
	now := im.s.now()
	return Meta{ID: kernel.NewID(), Kind: k, Actor: owner, Edit: 1, CreatedAt: now, ChangedAt: now, Public: im.q.Public}
}

// record takes a row as a record: the one of its key, else the one of its organisation and name, else a new one.
func (im *importing) record(ctx context.Context, line int, cells map[string]string) error {
	if cells["title"] == "" {
		im.refuse(line, "", "actor.import.title.missing")
		return nil
	}
	owner, ok, err := im.owner(ctx, line, cells[OwnerColumn])
	if err != nil || !ok {
		return err
	}
	same := im.sameAs(owner, cells["title"])
	r := im.keys[cells[KeyColumn]]
	if r == nil {
		r = im.kept[same]
	}
	fresh := r == nil
	if fresh {
		if r, err = New(im.q.Kind); err != nil {
			return err
		}
		*r.Head() = im.meta(im.q.Kind, owner)
	} else if first, twice := im.seen[string(r.Head().ID)]; twice {
		im.refuse(line, "", "actor.import.again", "first", first)
		return nil
	}
	before, public := snapshot(r), r.Head().Public
	if wrong := fill(r, im.values(line, r, cells), im.terms, im.areas); len(wrong) > 0 {
		for _, name := range slices.Sorted(maps.Keys(wrong)) {
			im.note(line, name, kernel.RefuseRow, wrong[name])
		}
		im.rep.Refused++
		if !fresh { // the row is not taken; the record stays as it was
			return im.restore(r, before)
		}
		return nil
	}
	m := r.Head()
	if v, sent := cells[PublicColumn]; sent && v != "" {
		m.Public, _ = readYes(v)
	}
	if cells[OwnerColumn] != "" {
		m.Actor = owner
	}
	im.seen[string(m.ID)] = line
	switch {
	case fresh:
		im.rep.Made++
		m.Key = slug(r.Name())
		im.kept[same] = r
		if im.q.Kind == ActorKind {
			im.actors[im.s.fold(r.Name())] = r
		}
		if im.write {
			err = im.s.Store.Insert(ctx, im.by.Tenant, r)
		}
	case len(differences(before, r)) == 0 && public == m.Public:
		im.rep.Same++
	default:
		im.rep.Changed++
		m.Edit, m.ChangedAt = m.Edit+1, im.s.now()
		if im.write {
			err = im.s.Store.Update(ctx, im.by.Tenant, r)
		}
	}
	if err != nil || !fresh {
		return err
	}
	return im.contact(ctx, line, m.ID, cells)
}

func (im *importing) restore(r Record, before map[string][]string) error {
	for _, f := range r.Fields() {
		if key := f.Set(before[f.Name]); key != "" {
			return invalid(map[string]string{f.Name: key})
		}
	}
	return nil
}

// contact takes the person a row names; nobody agreed yet to be shown.
func (im *importing) contact(ctx context.Context, line int, record kernel.ID, cells map[string]string) error {
	c := Contact{
		ID: kernel.NewID(), Record: record, Role: tidy(cells[ContactRole], false), Person: tidy(cells[ContactName], false),
		Email: tidy(cells[ContactMail], false), Phone: tidy(cells[ContactPhone], false), ChangedAt: im.s.now(),
	}
	if c.Email == "" && c.Phone == "" {
		return nil
	}
	if wrong := c.check(); len(wrong) > 0 {
		for _, name := range slices.Sorted(maps.Keys(wrong)) {
			im.note(line, "contact_"+name, kernel.Warn, wrong[name])
		}
		return nil
	}
	if !im.write {
		return nil
	}
	return im.s.Store.PutContact(ctx, im.by.Tenant, c)
}

// values are the cells of a row as fields take them: terms and areas by name or key, lists parted by semicolons.
func (im *importing) values(line int, r Record, cells map[string]string) map[string][]string {
	out := map[string][]string{}
	for _, f := range r.Fields() {
		cell, sent := cells[f.Name]
		if !sent {
			continue
		}
		switch {
		case f.Terms != "":
			out[f.Name] = []string{}
			for _, word := range strings.FieldsFunc(cell, func(c rune) bool { return c == ';' || c == '\n' || c == '|' }) {
				if word = strings.TrimSpace(word); word == "" {
					continue
				}
				if key, ok := im.word(f.Terms, word); ok {
					out[f.Name] = append(out[f.Name], key)
				} else {
					im.note(line, f.Name, kernel.Warn, "actor.import.word", "word", word)
				}
			}
		default:
			if _, list := f.At.(*[]string); list {
				cell = strings.Join(strings.Split(cell, ";"), "\n")
			}
			out[f.Name] = []string{cell}
		}
	}
	return out
}

// word finds a term or area by its key or its name in any language.
func (im *importing) word(g Group, word string) (string, bool) {
	folded := im.s.fold(word)
	if g == AreaTerms {
		ref := im.lookup[folded]
		return ref, ref != ""
	}
	for _, t := range im.terms[g] {
		if im.s.fold(t.Key) == folded {
			return t.Key, true
		}
		for _, name := range t.Name {
			if im.s.fold(name) == folded {
				return t.Key, true
			}
		}
	}
	return "", false
}

// relation takes a row as a relation.
func (im *importing) relation(ctx context.Context, line int, cells map[string]string) error {
	fold := im.s.fold
	from := im.actors[fold(cells[FromColumn])]
	to := im.actors[fold(cells[ToColumn])]
	if to == nil {
		to = im.nets[fold(cells[ToColumn])]
	}
	if from == nil {
		im.refuse(line, "", "actor.import.owner", "name", cells[FromColumn])
		return nil
	}
	if to == nil {
		im.refuse(line, "", "actor.import.owner", "name", cells[ToColumn])
		return nil
	}
	x := Relation{ID: kernel.NewID(), From: from.Head().ID, To: to.Head().ID, Role: tidy(cells[RoleColumn], false), Note: tidy(cells[NoteColumn], false), Strength: 2}
	switch cells[StrengthCol] {
	case "1", "2", "3":
		x.Strength = int(cells[StrengthCol][0] - '0')
	case "":
	default:
		im.note(line, StrengthCol, kernel.Warn, "actor.import.word", "word", cells[StrengthCol])
	}
	var ok1, ok2, ok3 bool
	x.Formal, ok1 = readYes(cells[FormalColumn])
	x.Since, ok2 = readDay(cells[SinceColumn])
	x.Until, ok3 = readDay(cells[UntilColumn])
	if !ok1 || !ok2 || !ok3 || x.From == x.To || len([]rune(x.Role)) > maxLine || len([]rune(x.Note)) > maxLine {
		im.refuse(line, "", "actor.import.relation")
		return nil
	}
	if to.Head().Kind == ActorKind && x.To < x.From {
		x.From, x.To = x.To, x.From
	}
	im.rep.Made++
	if !im.write {
		return nil
	}
	return im.s.Store.PutRelation(ctx, im.by.Tenant, x)
}
