// SPDX-License-Identifier: EUPL-1.2

package actor

import (
	"context"
	"errors"
	"io"
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
