// SPDX-License-Identifier: EUPL-1.2

package actor

import (
	"context"
	"errors"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/table"
	"github.com/kupferfaden/kupferfaden/table/write"
)

// RelationKind is a file of relations in place of records.
const RelationKind Kind = "relation"

// Columns of files beside the fields of a record.
const (
	KeyColumn    = "key"
	OwnerColumn  = "owner" // organisation, by name or key
	PublicColumn = "public"
	FromColumn   = "from_actor"
	ToColumn     = "to_actor"
	RoleColumn   = "relation_role"
	StrengthCol  = "strength"
	FormalColumn = "formal"
	SinceColumn  = "relation_since"
	UntilColumn  = "relation_until"
	NoteColumn   = "note"
	ContactRole  = "contact_role"
	ContactName  = "contact_person"
	ContactMail  = "contact_email"
	ContactPhone = "contact_phone"
)

// Columns lists what a file of the kind can hold, in the order in which it is written. Contacts are read, never written.
func Columns(k Kind) (all []string, must []string) {
	if k == RelationKind {
		return []string{FromColumn, ToColumn, RoleColumn, StrengthCol, FormalColumn, SinceColumn, UntilColumn, NoteColumn}, []string{FromColumn, ToColumn}
	}
	r, err := New(k)
	if err != nil {
		return nil, nil
	}
	all = []string{KeyColumn}
	if k != ActorKind {
		all = append(all, OwnerColumn)
	}
	for _, f := range r.Fields() {
		all = append(all, f.Name)
	}
	return append(all, PublicColumn, ContactRole, ContactName, ContactMail, ContactPhone), []string{"title"}
}

// exportColumns leaves out people.
func exportColumns(k Kind) []string {
	all, _ := Columns(k)
	return slices.DeleteFunc(all, func(c string) bool { return strings.HasPrefix(c, "contact_") })
}

// Words gives the words of a file: the head of a column, yes and no, the name of a term.
type Words interface {
	Column(name string) string
	Yes(yes bool) string
	Text(t kernel.Text) string
}

// Export gives the records of a kind as a table, in the words of the reader. What is not for everybody is in it, so it is for staff.
func (s *Service) Export(ctx context.Context, by access.Actor, k Kind, words Words) (write.Sheet, error) {
	if err := access.CheckTenant(by, access.PlanActors); err != nil {
		return write.Sheet{}, err
	}
	in, err := s.Inventory(ctx, by)
	if err != nil {
		return write.Sheet{}, err
	}
	levels, err := s.Levels(ctx, by)
	if err != nil {
		return write.Sheet{}, err
	}
	areas := AreaNames(levels)
	columns := exportColumns(k)
	sheet := write.Sheet{}
	for _, c := range columns {
		sheet.Columns = append(sheet.Columns, words.Column(c))
	}
	if k == RelationKind {
		for _, x := range in.Relations {
			from, to := in.byID[x.From], in.byID[x.To]
			if from == nil || to == nil {
				continue
			}
			sheet.Rows = append(sheet.Rows, []write.Cell{
				write.Text(from.Name()), write.Text(to.Name()), write.Text(x.Role), write.Int(int64(x.Strength)), write.Text(words.Yes(x.Formal)),
				write.Text(string(x.Since)), write.Text(string(x.Until)), write.Text(x.Note),
			})
		}
		return sheet, nil
	}
	for _, r := range in.Records(k) {
		m := r.Head()
		row := make([]write.Cell, 0, len(columns))
		for _, c := range columns {
			switch c {
			case KeyColumn:
				row = append(row, write.Text(m.Key))
			case OwnerColumn:
				name := ""
				if o, ok := in.Find(m.Actor); ok {
					name = o.Name()
				}
				row = append(row, write.Text(name))
			case PublicColumn:
				row = append(row, write.Text(words.Yes(m.Public)))
			default:
				f, _ := FieldOf(r, c)
				row = append(row, cellOf(f, in.Terms, areas, words))
			}
		}
		sheet.Rows = append(sheet.Rows, row)
	}
	return sheet, nil
}

// cellOf writes a field as a cell that Import reads back.
func cellOf(f Field, terms Terms, areas map[string]string, words Words) write.Cell {
	switch at := f.At.(type) {
	case **float64:
		if *at == nil {
			return write.Blank()
		}
		return write.Number(**at)
	case *bool:
		return write.Text(words.Yes(*at))
	}
	values := slices.Clone(f.Values())
	for i, v := range values {
		switch {
		case f.Terms == AreaTerms:
			values[i] = v
			if name, ok := areas[v]; ok && unique(areas, name) {
				values[i] = name
			}
		case f.Terms != "":
			values[i] = words.Text(terms.Name(f.Terms, v))
		}
	}
	return write.Text(strings.Join(values, "; "))
}

func unique(areas map[string]string, name string) bool {
	n := 0
	for _, x := range areas {
		if x == name {
			n++
		}
	}
	return n == 1
}

// ImportRequest is a file with what its columns mean.
type ImportRequest struct {
	Kind    Kind
	Name    string
	Data    io.ReaderAt
	Size    int64
	Sheet   string
	Columns map[string]string // column letter to name of Columns; what is not there is left alone
	// Found makes organisations that a file names and the town does not have.
	Found bool
	// Public says what becomes of new records where the file says nothing.
	Public bool
}

// Report is what an import found and did, or would do.
type Report struct {
	Format   table.Format
	Columns  []table.Column
	Sample   [][]string
	Rows     int
	Made     int
	Changed  int
	Same     int
	Refused  int
	Founded  []string // organisations made on the way
	Findings []kernel.Finding
}

// mostRows is how many rows a file may have.
const mostRows = 20_000

// Look opens a file and gives its columns and first rows.
func (s *Service) Look(ctx context.Context, by access.Actor, q ImportRequest) (Report, error) {
	if err := access.CheckTenant(by, access.PlanActors); err != nil {
		return Report{}, err
	}
	t, rep, err := open(q)
	if err != nil {
		return rep, err
	}
	rep.Sample, err = t.Preview(5)
	return rep, errors.Join(err, t.Close())
}

func open(q ImportRequest) (*table.Table, Report, error) {
	// Contacts of organisations are people by nature; they are shown to everybody only after they agreed.
	t, err := table.Open(q.Data, q.Size, q.Name, table.Options{Sheet: q.Sheet, AllowPersonData: true})
	if err != nil {
		var r *table.Refusal
		if errors.As(err, &r) {
			return nil, Report{}, &kernel.Error{Kind: kernel.Invalid, Key: "actor.import.file", Findings: []kernel.Finding{fromTable(q.Name, r.Finding)}}
		}
		return nil, Report{}, err
	}
	rep := Report{Format: t.Format, Columns: t.Columns}
	for _, f := range t.Findings {
		rep.Findings = append(rep.Findings, fromTable(q.Name, f))
	}
	return t, rep, nil
}

// fromTable is a finding of the table with its place and the catalogue's sentence.
func fromTable(file string, f table.Finding) kernel.Finding {
	params := map[string]any{}
	for k, v := range f.Params {
		params[k] = v
	}
	outcome := map[table.Outcome]kernel.Outcome{table.Accept: kernel.Info, table.Warn: kernel.Warn, table.Ask: kernel.Ask, table.Row: kernel.RefuseRow, table.File: kernel.RefuseFile}[f.Outcome]
	if f.Outcome == table.Ask { // texts need no decimal sign; what was proposed is taken and said
		outcome = kernel.Warn
	}
	return kernel.Finding{Code: "table." + f.Code, Outcome: outcome, File: file, Sheet: f.Sheet, Row: f.Line, Column: f.Column, Params: params, Text: f.String()}
}

// Propose says what the columns of a file are, by their heads: words gives the head in each language.
func Propose(columns []table.Column, k Kind, fold func(string) string, words []Words) map[string]string {
	known := map[string]string{}
	all, _ := Columns(k)
	for _, c := range all {
		known[fold(c)] = c
		for _, w := range words {
			if head := fold(w.Column(c)); known[head] == "" {
				known[head] = c
			}
		}
	}
	out := map[string]string{}
	var taken []string
	for _, c := range columns {
		if name := known[fold(c.Name)]; name != "" && !slices.Contains(taken, name) {
			out[c.Letter] = name
			taken = append(taken, name)
		}
	}
	return out
}

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
