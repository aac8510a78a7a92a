// SPDX-License-Identifier: EUPL-1.2

package contribution

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/participation"
	"github.com/kupferfaden/kupferfaden/table"
)

// Mapping says which column of a file is which field of a contribution. It is remembered under its name.
type Mapping struct {
	Name     string              `json:"name"`
	Columns  map[string][]string `json:"columns"` // field: columns by name; several are joined for texts
	Channel  Channel             `json:"channel,omitempty"`
	Lang     string              `json:"lang,omitempty"`
	EachText bool                `json:"each_text,omitempty"` // every text column makes a contribution of its own, as with answers to open questions
}

// Fields lists the fields a column can be, in the order of the form.
func Fields() []string {
	return []string{"id", "title", "text", "category", "latitude", "longitude", "area", "lang", "date", "name"}
}

// ImportRecord is an import that was made.
type ImportRecord struct {
	ID              kernel.ID
	File, SHA256    string
	Process, Module string
	Mapping         Mapping
	Taken           int
	Repeated        int
	LeftOut         int
	At              kernel.Instant
	By              kernel.ID
}

// ImportRequest is a file with what is to be made of it.
type ImportRequest struct {
	Process, Module string
	File            string // name
	SHA256          string // of the kept file
	Mapping         Mapping
	Publish         bool // everything is public at once, where the actor may moderate
	DryRun          bool
}

// ImportReport says what became of the rows.
type ImportReport struct {
	Rows     int
	Taken    int
	Repeated int // rows that are there already, in the file or in the town
	LeftOut  int
	Placed   int // of those taken, with a place
	Findings []kernel.Finding
	Sample   []Contribution // the first ones, as they would be
}

// Columns is a file as the form of its mapping shows it.
type Columns struct {
	Names    []string
	Samples  [][]string // the first rows
	Mapping  Mapping    // proposed
	Findings []kernel.Finding
}

// mostImport bounds a file.
const mostImport = 64 << 20

// mostFindings is how many rows are named one by one.
const mostFindings = 500

// KeepUpload keeps a file until it was taken in.
func (s *Service) KeepUpload(ctx context.Context, by access.Actor, r io.Reader) (sha string, err error) {
	if err := access.CheckTenant(by, access.RecordContribution); err != nil {
		return "", err
	}
	sha, _, err = s.Files.Put(ctx, r, mostImport)
	if kernel.KindOf(err) == kernel.Invalid && err != nil {
		return "", invalid(map[string]string{"file": "contribution.import.large"})
	}
	return sha, err
}

// Ticket carries a kept file through the steps of the form; Ticketed reads it.
func (s *Service) Ticket(tenant kernel.ID, sha string) string {
	return sha + "." + s.Secret.Mark("contribution.import", string(tenant)+" "+sha)
}

// Ticketed gives the file of a ticket; NotFound for one that is not ours.
func (s *Service) Ticketed(tenant kernel.ID, ticket string) (sha string, err error) {
	sha, _, _ = strings.Cut(ticket, ".")
	if ticket != s.Ticket(tenant, sha) {
		return "", notFound()
	}
	return sha, nil
}

func (s *Service) openTable(sha, name string) (*table.Table, func(), error) {
	f, err := s.Files.Open(sha)
	if err != nil {
		return nil, nil, err
	}
	info, err := f.Stat()
	if err != nil {
		return nil, nil, errors.Join(err, f.Close())
	}
	// Comments and answers hold words like "name"; nothing of it becomes public unseen.
	t, err := table.Open(f, info.Size(), name, table.Options{HeaderRows: headerRows(name), AllowPersonData: true, Limits: table.Limits{Rows: 200_000, Columns: 500}})
	if err != nil {
		return nil, nil, errors.Join(refusedTable(err), f.Close())
	}
	return t, func() { _ = errors.Join(t.Close(), f.Close()) }, nil
}

// headerRows is how many rows the head of an export has: one. Offices' workbooks are found out about.
func headerRows(name string) int {
	if strings.HasSuffix(strings.ToLower(name), ".csv") {
		return 1
	}
	return 0
}

// refusedTable turns the library's refusal into a sentence.
func refusedTable(err error) error {
	var r *table.Refusal
	if !errors.As(err, &r) {
		return err
	}
	e := &kernel.Error{Kind: kernel.Invalid, Key: "contribution.import.refused", Fields: map[string]string{"file": "contribution.import.unreadable"}}
	for _, f := range append([]table.Finding{r.Finding}, r.Others...) {
		e.Findings = append(e.Findings, kernel.Finding{Code: "table." + f.Code, Outcome: kernel.RefuseFile, Row: f.Line, Params: map[string]any{"code": f.Code}, Text: f.String()})
	}
	return e
}

// Inspect reads the head of a file and proposes a mapping: one that was remembered where it fits, a known export, or by the names of the columns.
func (s *Service) Inspect(ctx context.Context, by access.Actor, sha, name string) (c Columns, err error) {
	if err := access.CheckTenant(by, access.RecordContribution); err != nil {
		return c, err
	}
	t, done, err := s.openTable(sha, name)
	if err != nil {
		return c, err
	}
	defer done()
	for _, x := range t.Columns {
		c.Names = append(c.Names, x.Name)
	}
	rows, err := t.Rows()
	if err != nil {
		return c, refusedTable(err)
	}
	defer rows.Close()
	for len(c.Samples) < 5 && rows.Next() {
		line := make([]string, len(c.Names))
		for i := range line {
			line[i] = tidy(string(rows.Row().Cell(i).Text), false)
		}
		c.Samples = append(c.Samples, line)
	}
	kept, err := s.Store.Mappings(ctx, by.Tenant)
	if err != nil {
		return c, err
	}
	c.Mapping = propose(c.Names, kept)
	return c, nil
}

// Mappings lists what was remembered.
func (s *Service) Mappings(ctx context.Context, by access.Actor) ([]Mapping, error) {
	if err := access.CheckTenant(by, access.RecordContribution); err != nil {
		return nil, err
	}
	return s.Store.Mappings(ctx, by.Tenant)
}

// Imports lists the imports that were made.
func (s *Service) Imports(ctx context.Context, by access.Actor) ([]ImportRecord, error) {
	if err := access.CheckTenant(by, access.RecordContribution); err != nil {
		return nil, err
	}
	return s.Store.Imports(ctx, by.Tenant)
}

// importing is one import.
type importing struct {
	s      *Service
	by     access.Actor
	q      ImportRequest
	p      participation.Process
	m      participation.Module
	at     map[string][]int // field: positions of its columns
	names  map[string]string
	seen   map[string]int // source: row
	keys   map[string]int // content of a row without an id: how often
	report ImportReport
}

// Import takes the rows of a file as contributions, or with DryRun says what would become of them. A row that was taken before, from this file or
// an earlier one, is left alone: the same file twice doubles nothing.
func (s *Service) Import(ctx context.Context, by access.Actor, q ImportRequest) (ImportReport, error) {
	im := &importing{s: s, by: by, q: q, at: map[string][]int{}, seen: map[string]int{}, keys: map[string]int{}}
	var err error
	if im.p, im.m, err = s.Process(ctx, by.Tenant, q.Process, q.Module); err != nil {
		return im.report, err
	}
	o := s.object(by.Tenant, im.p, im.m, nil)
	o.Phase = nil
	if err := access.Check(by, access.RecordContribution, o); err != nil {
		return im.report, err
	}
	if q.Publish {
		if err := access.Check(by, access.Moderate, o); err != nil {
			return im.report, err
		}
	}
	t, done, err := s.openTable(q.SHA256, q.File)
	if err != nil {
		return im.report, err
	}
	defer done()
	if err := im.columns(t); err != nil {
		return im.report, err
	}
	if im.names, err = s.areaKeys(ctx, by.Tenant); err != nil {
		return im.report, err
	}
	list, err := im.read(ctx, t)
	if err != nil {
		return im.report, err
	}
	if !q.DryRun {
		return im.report, im.store(ctx, list)
	}
	if list, err = im.known(ctx, list); err != nil {
		return im.report, err
	}
	im.report.Sample = list[:min(len(list), 5)]
	return im.report, nil
}

// columns finds the columns of the mapping.
func (im *importing) columns(t *table.Table) error {
	f := map[string]string{}
	for field, names := range im.q.Mapping.Columns {
		if !slices.Contains(Fields(), field) {
			continue
		}
		for _, name := range names {
			i := slices.IndexFunc(t.Columns, func(c table.Column) bool { return c.Name == name })
			if i < 0 {
				f["field-"+field] = "contribution.import.column"
				continue
			}
			im.at[field] = append(im.at[field], i)
		}
	}
	if len(im.at["text"]) == 0 && len(im.at["title"]) == 0 {
		f["field-text"] = "contribution.import.text"
	}
	if (len(im.at["latitude"]) == 0) != (len(im.at["longitude"]) == 0) {
		f["field-longitude"] = "contribution.import.place"
	}
	if c := im.q.Mapping.Channel; c != "" && !slices.Contains(Channels(), c) {
		f["channel"] = "contribution.channel.missing"
	}
	if _, ok := Lang(im.q.Mapping.Lang); !ok {
		f["lang"] = "contribution.lang.unknown"
	}
	return invalid(f)
}

func (im *importing) note(o kernel.Outcome, row int, code string, kv ...any) {
	if o == kernel.RefuseRow {
		im.report.LeftOut++
	}
	if len(im.report.Findings) < mostFindings {
		im.report.Findings = append(im.report.Findings, kernel.Finding{Code: code, Outcome: o, File: im.q.File, Row: row, Params: kernel.Params(kv...)})
	}
}

// read makes contributions of the rows.
func (im *importing) read(ctx context.Context, t *table.Table) (list []Contribution, err error) {
	rows, err := t.Rows()
	if err != nil {
		return nil, refusedTable(err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		r := rows.Row()
		im.report.Rows++
		if r.Fault != "" {
			im.note(kernel.RefuseRow, r.Line, "contribution.import.fault", "code", r.Fault)
			continue
		}
		text := func(field string) []string {
			var out []string
			for _, i := range im.at[field] {
				out = append(out, tidy(string(r.Cell(i).Text), true))
			}
			return out
		}
		if !im.q.Mapping.EachText {
			c, ok, err := im.one(ctx, r.Line, text, strings.Join(compact(text("text")), "\n\n"), "")
			if err != nil {
				return nil, err
			}
			if ok {
				list = append(list, c)
			}
			continue
		}
		for n, answer := range text("text") {
			if answer == "" {
				continue
			}
			c, ok, err := im.one(ctx, r.Line, text, answer, "/"+strconv.Itoa(n+1))
			if err != nil {
				return nil, err
			}
			if ok {
				c.Topics = []string{short(t.Columns[im.at["text"][n]].Name)}
				list = append(list, c)
			}
		}
	}
	return list, refusedTable(rows.Err())
}

func compact(list []string) []string {
	return slices.DeleteFunc(list, func(s string) bool { return s == "" })
}

func short(s string) string {
	r := []rune(tidy(s, false))
	return string(r[:min(len(r), 60)])
}

// one makes a contribution of a row; ok is false for one that is left out, which is noted.
func (im *importing) one(ctx context.Context, row int, text func(string) []string, body, part string) (c Contribution, ok bool, err error) {
	now := im.s.now()
	title := tidy(strings.Join(compact(text("title")), " – "), false)
	if body == "" {
		body = title
	}
	if body == "" {
		im.note(kernel.RefuseRow, row, "contribution.import.empty")
		return c, false, nil
	}
	if length(body) > MostEntered {
		im.note(kernel.RefuseRow, row, "contribution.import.long", "most", MostEntered)
		return c, false, nil
	}
	if title == "" {
		title = headline(body)
	}
	if r := []rune(title); len(r) > MostTitle {
		title = string(r[:MostTitle-1]) + "…"
	}
	c = Contribution{
		ID: kernel.NewID(), Process: im.p.Key, Module: im.m.Key, Channel: im.q.Mapping.Channel, Lang: first(text("lang")), Original: body, Title: title, Text: body,
		Category: short(first(text("category"))), State: Received, Received: now, Changed: now, EnteredBy: im.by.Person, Office: im.p.Office, Edit: 1,
	}
	if c.Channel == "" {
		c.Channel = Import
	}
	if c.Lang == "" {
		c.Lang = im.q.Mapping.Lang
	}
	if lang, fine := Lang(c.Lang); fine {
		c.Lang = lang
	} else {
		c.Lang, _ = Lang(im.q.Mapping.Lang)
	}
	if name := first(text("name")); length(name) <= MostName && !strings.Contains(name, "@") && !strings.Contains(name, "://") {
		c.Pseudonym = tidy(name, false)
	}
	c.SaidOn = dayOf(first(text("date")))
	if im.q.Publish {
		c.State, c.Published = Published, now
	}
	if im.p.AnswerDays > 0 {
		c.Due = kernel.DayOf(now.In(kernel.Zone()).AddDate(0, 0, im.p.AnswerDays))
	}
	c.Source = im.source(text, body) + part
	if before, twice := im.seen[c.Source]; twice {
		im.report.Repeated++
		im.note(kernel.Warn, row, "contribution.import.repeated", "row", before)
		return c, false, nil
	}
	im.seen[c.Source] = row
	if err := im.locate(ctx, &c, row, first(text("latitude")), first(text("longitude")), first(text("area"))); err != nil {
		return c, false, err
	}
	return c, true, nil
}

// mostSource is the longest name of a row, beside the part of an answer.
const mostSource = 60

// source names a row: by its id, or by what it says where there is none.
func (im *importing) source(text func(string) []string, body string) string {
	if id := strings.Join(text("id"), "/"); strings.Trim(id, "/") != "" {
		if length(id) <= mostSource {
			return id
		}
		sum := sha256.Sum256([]byte(id)) // long addresses of one platform begin alike
		return string([]rune(id)[:mostSource-17]) + "#" + hex.EncodeToString(sum[:8])
	}
	sum := sha256.Sum256([]byte(strings.Join(append(text("title"), append(text("date"), body)...), "\x00")))
	key := hex.EncodeToString(sum[:10])
	im.keys[key]++
	return "#" + key + "." + strconv.Itoa(im.keys[key])
}

func first(list []string) string {
	for _, s := range list {
		if s != "" {
			return s
		}
	}
	return ""
}

// dayOf reads the day of a date or time; what is none is left out.
func dayOf(s string) kernel.Date {
	for _, layout := range []string{time.DateOnly, time.DateTime, time.RFC3339, "2006-01-02 15:04:05 -0700", "2006-01-02 15:04:05 UTC", "2006-01-02T15:04:05", "02.01.2006", "02.01.2006 15:04", "02.01.2006 15:04:05", "2.1.2006"} {
		if t, err := time.Parse(layout, s); err == nil && t.Year() > 1970 {
			return kernel.Date(t.Format(time.DateOnly))
		}
	}
	return ""
}

// locate finds place and areas of a row; a place that cannot be is noted, and the contribution taken without.
func (im *importing) locate(ctx context.Context, c *Contribution, row int, lat, lon, name string) error {
	var chosen []string
	if key := im.names[Fold(name)]; key != "" && name != "" {
		chosen = []string{key}
	}
	geometry := ""
	if lat != "" && lon != "" {
		g, ok := PointOf(lat + " " + lon)
		if !ok {
			im.note(kernel.Warn, row, "contribution.import.nowhere", "lat", lat, "lon", lon)
		}
		geometry = g
	}
	err := im.s.place(ctx, im.by.Tenant, c, geometry, chosen)
	if fieldsOf(err) != nil {
		im.note(kernel.Warn, row, "contribution.import.nowhere", "lat", lat, "lon", lon)
		return im.s.place(ctx, im.by.Tenant, c, "", chosen)
	}
	return err
}

// areaKeys finds areas by their folded names and keys; a name that stands for several areas finds none.
func (s *Service) areaKeys(ctx context.Context, tenant kernel.ID) (map[string]string, error) {
	levels, err := s.AreaLevels(ctx, tenant)
	out := map[string]string{}
	for _, l := range levels { // smaller areas take the place of larger ones of the same name
		times := map[string]int{}
		for _, a := range l.Areas {
			_, key, _ := strings.Cut(a.Key, "/")
			out[Fold(key)] = a.Key
			times[Fold(a.Name)]++
		}
		for _, a := range l.Areas {
			if n := Fold(a.Name); times[n] == 1 {
				out[n] = a.Key
			}
		}
	}
	return out, err
}

// known leaves out what an earlier import has taken, and counts. The list it was given stays as it is.
func (im *importing) known(ctx context.Context, list []Contribution) ([]Contribution, error) {
	sources := make([]string, len(list))
	for i, c := range list {
		sources[i] = c.Source
	}
	have, err := im.s.Store.Sources(ctx, im.by.Tenant, im.p.Key, im.m.Key, sources)
	if err != nil {
		return nil, err
	}
	list = slices.DeleteFunc(slices.Clone(list), func(c Contribution) bool {
		if !have[c.Source] {
			return false
		}
		im.report.Repeated++
		im.note(kernel.Info, im.seen[c.Source], "contribution.import.there")
		return true
	})
	im.report.Taken = len(list)
	for _, c := range list {
		if c.Placed {
			im.report.Placed++
		}
	}
	return list, nil
}

// store writes the contributions that are not there yet, all or none.
func (im *importing) store(ctx context.Context, all []Contribution) error {
	s, tenant, now, read := im.s, im.by.Tenant, im.s.now(), im.report
	return s.Tx.Tx(ctx, func(ctx context.Context) error {
		im.report = read
		list, err := im.known(ctx, all) // in the transaction: somebody else may take the same file at the same moment
		if err != nil {
			return err
		}
		if len(list) > 0 {
			year := now.In(kernel.Zone()).Year()
			n, err := s.Store.Numbers(ctx, tenant, year, len(list))
			if err != nil {
				return err
			}
			for i := range list {
				list[i].Number = formatNumber(year, n+i)
				if err := s.Store.Insert(ctx, tenant, New{Contribution: list[i]}); err != nil {
					return fmt.Errorf("row %s: %w", list[i].Source, err)
				}
				if err := s.tell(ctx, tenant, Submitted, list[i]); err != nil {
					return err
				}
			}
			if err := s.touch(ctx, tenant); err != nil {
				return err
			}
		}
		if im.q.Mapping.Name = tidy(im.q.Mapping.Name, false); im.q.Mapping.Name != "" {
			if err := s.Store.SaveMapping(ctx, tenant, im.q.Mapping, now); err != nil {
				return err
			}
		}
		record := ImportRecord{
			ID: kernel.NewID(), File: im.q.File, SHA256: im.q.SHA256, Process: im.p.Key, Module: im.m.Key, Mapping: im.q.Mapping, Taken: im.report.Taken, Repeated: im.report.Repeated,
			LeftOut: im.report.LeftOut, At: now, By: im.by.Person,
		}
		if err := s.Store.AddImport(ctx, tenant, record); err != nil {
			return err
		}
		return access.Record(ctx, s.Trail, im.by, access.Act{
			Do: access.RecordContribution, What: "contribution.import", Object: kernel.Ref{Kind: "contribution.import", ID: record.ID},
			Note: map[string]string{"process": im.p.Key, "taken": strconv.Itoa(record.Taken), "repeated": strconv.Itoa(record.Repeated), "left": strconv.Itoa(record.LeftOut)},
		})
	})
}
