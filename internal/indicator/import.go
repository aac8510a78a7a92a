// SPDX-License-Identifier: EUPL-1.2

package indicator

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/area"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/table"
)

// MaxFile is the size above which a file is refused.
const MaxFile = 1 << 30

// ImportRequest is a file with the mapping that says what its columns mean.
type ImportRequest struct {
	Source   string // name under which the mapping is remembered; the file name without its ending when empty
	FileName string
	Data     io.ReaderAt
	Size     int64
	Mapping  *table.Mapping
	// MappingText is the mapping as YAML, read when Mapping is nil. MappingName is the file it stands in, for findings about it.
	MappingText string
	MappingName string
	DryRun      bool
	// Accept holds codes of questions (findings with outcome "ask") that a person has answered with yes.
	Accept []string
	// Whole refuses the file when any row of it cannot be taken.
	Whole bool
	// PersonData lifts the refusal of files that look like data of persons.
	PersonData bool
}

// Progress is told how far an import is: the step is "read", "compare" or "write"; total is 0 while it is not known.
type Progress func(step string, done, total int)

// importing is one import on its way.
type importing struct {
	catalogue []Indicator
	s         *Service
	a         access.Actor
	req       ImportRequest
	progress  Progress
	report    Report
	found     findings
	table     *table.Table
	st        *stage
	replaces  *Delivery
	related   []relatedEdition
	faulty    int // rows the library refused
}

// Import reads a file, checks it against itself, the areas and what is known already, and takes it in one transaction: whole, or without the
// rows its report names, or not at all. With DryRun it only reports. A refused file gives the report and an error of kind Invalid with all
// findings; with DryRun no error, Report.Refuses tells. The same file with the same mapping changes nothing.
func (s *Service) Import(ctx context.Context, a access.Actor, req ImportRequest, progress Progress) (Report, error) {
	return s.take(ctx, a, req, nil, progress)
}

func (s *Service) take(ctx context.Context, a access.Actor, req ImportRequest, replaces *Delivery, progress Progress) (Report, error) {
	if err := access.CheckTenant(a, access.ImportData); err != nil {
		return Report{}, err
	}
	if progress == nil {
		progress = func(string, int, int) {}
	}
	req.FileName = filepath.Base(strings.ReplaceAll(req.FileName, `\`, "/"))
	if req.Source = strings.TrimSpace(req.Source); req.Source == "" {
		req.Source = strings.TrimSuffix(req.FileName, filepath.Ext(req.FileName))
	}
	im := &importing{s: s, a: a, req: req, progress: progress, replaces: replaces}
	im.found.file = req.FileName
	im.report = Report{DryRun: req.DryRun, File: req.FileName, Source: req.Source}
	if err := im.run(ctx); err != nil {
		return im.finish(), err
	}
	r := im.finish()
	if r.Refuses() && !req.DryRun {
		return r, &kernel.Error{Kind: kernel.Invalid, Key: "indicator.import.refused", Params: kernel.Params("file", req.FileName), Findings: r.Findings}
	}
	return r, nil
}

func (im *importing) finish() Report {
	im.report.Findings = im.found.all()
	return im.report
}

func (im *importing) refuses() bool {
	return slices.ContainsFunc(im.found.list, func(f kernel.Finding) bool { return rank[f.Outcome] >= rank[kernel.Ask] })
}

// run goes as far as the findings let it. Its errors are not about the file.
func (im *importing) run(ctx context.Context) error {
	if err := im.open(ctx); err != nil || im.refuses() {
		return err
	}
	defer im.table.Close() //nolint:errcheck // only reads
	if err := im.prepare(ctx); err != nil || im.refuses() {
		return err
	}
	if err := im.read(ctx); err != nil || im.rejected() {
		return err
	}
	if err := im.st.arrange(ctx); err != nil {
		return err
	}
	im.twice()
	im.summarize()
	// Rows with a key that is unknown or none do not count as faulty: files with several levels in them have many.
	faulty, of := im.faulty+im.st.bad.count, im.report.Rows-im.report.Filtered
	for _, code := range []string{"table.key.empty", "table.key.too_long", "table.key.destroyed"} {
		faulty -= im.found.count[code]
	}
	switch mostly := 2*faulty > of; {
	case im.report.Taken > 0 && mostly && !accepted(im.req.Accept, "indicator.import.mostly_refused"):
		im.found.note(kernel.Ask, "indicator.import.mostly_refused", "rows", faulty, "of", of, "code", "indicator.import.mostly_refused")
	case im.report.Taken > 0 || im.refuses(): // an answer may make rows usable
	case mostly:
		im.found.note(kernel.RefuseFile, "indicator.import.no_figures", "rows", faulty, "of", of)
	default:
		im.found.note(kernel.RefuseFile, "indicator.import.nothing", "rows", im.report.Rows)
	}
	if im.req.Whole && im.report.Refused > 0 {
		im.found.note(kernel.RefuseFile, "indicator.import.whole", "n", im.report.Refused)
	}
	if im.rejected() {
		return nil
	}
	if err := im.relate(ctx); err != nil {
		return err
	}
	if im.req.DryRun || im.refuses() {
		return im.compare(ctx)
	}
	return im.store(ctx)
}

// rejected tells whether nothing further can be found out about the file; questions do not end the report.
func (im *importing) rejected() bool {
	return slices.ContainsFunc(im.found.list, kernel.Finding.Refuses)
}

// open finds out what the file is. A refusal by the library becomes a finding.
func (im *importing) open(ctx context.Context) error {
	m := im.req.Mapping
	if m == nil {
		parsed, err := table.ParseMapping([]byte(im.req.MappingText))
		if err != nil {
			return im.refused(err, nil)
		}
		m = parsed
	}
	im.req.Mapping = m
	if im.req.MappingText == "" {
		text, err := m.YAML()
		if err != nil {
			return fmt.Errorf("mapping: %w", err)
		}
		im.req.MappingText = string(text)
	}
	if im.req.Size > MaxFile {
		im.found.note(kernel.RefuseFile, "table.file.too_large", "size", im.req.Size, "limit", int64(MaxFile))
		return nil
	}
	h := sha256.New()
	if _, err := io.Copy(h, contextReader{ctx, io.NewSectionReader(im.req.Data, 0, im.req.Size)}); err != nil {
		return fmt.Errorf("%s: %w", im.req.FileName, err)
	}
	im.report.SHA256 = hex.EncodeToString(h.Sum(nil))
	o, err := m.Options()
	if err != nil {
		return im.refused(err, nil)
	}
	if im.catalogue, err = im.s.Store.Indicators(ctx, im.a.Tenant); err != nil {
		return err
	}
	signed := map[string]bool{}
	for _, i := range im.catalogue {
		signed[i.Key] = i.Current().Signed
	}
	o.AllowPersonData, o.Confirmed, o.Signed = im.req.PersonData, confirmed(im.req.Accept), func(key string) bool { return signed[key] }
	if im.table, err = table.Open(im.req.Data, im.req.Size, im.req.FileName, o); err != nil {
		return im.refused(err, nil)
	}
	return nil
}

// refused turns the library's refusal into a finding; another error stays one.
func (im *importing) refused(err error, t *table.Table) error {
	var r *table.Refusal
	if !errors.As(err, &r) {
		return fmt.Errorf("%s: %w", im.req.FileName, err)
	}
	for _, f := range append([]table.Finding{r.Finding}, r.Others...) {
		k := fromTable(f, t)
		if strings.HasPrefix(f.Code, "mapping.") {
			k.File = im.req.MappingName
		}
		im.found.add(k)
	}
	return nil
}

// contextReader ends reading when the context does.
type contextReader struct {
	ctx context.Context
	r   io.Reader
}

func (c contextReader) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.Read(p)
}

// prepare finds edition, areas and indicators that the mapping names.
func (im *importing) prepare(ctx context.Context) error {
	edition, err := im.edition(ctx)
	if err != nil || im.refuses() {
		return err
	}
	areas, err := im.s.Areas.Areas(ctx, im.a, edition.ID)
	if err != nil {
		return fmt.Errorf("areas: %w", err)
	}
	im.report.Level, im.report.Edition = edition.Level.Key, edition.Key
	im.st = newStage(im.catalogue, edition, areas)
	return im.checkTargets()
}

func (im *importing) edition(ctx context.Context) (area.Edition, error) {
	spec := im.req.Mapping.Area
	if spec.Level == "" {
		im.found.note(kernel.RefuseFile, "indicator.mapping.level")
		return area.Edition{}, nil
	}
	var e area.Edition
	var err error
	if spec.Edition != "" {
		e, err = im.s.Areas.Edition(ctx, im.a, spec.Level, spec.Edition)
	} else {
		var all []area.Edition
		if all, err = im.s.Areas.Editions(ctx, im.a, spec.Level); err == nil && len(all) != 1 {
			keys := make([]string, len(all))
			for i, x := range all {
				keys[i] = x.Key
			}
			im.found.note(kernel.RefuseFile, "indicator.mapping.edition", "level", spec.Level, "editions", keys)
			return area.Edition{}, nil
		} else if err == nil {
			e = all[0]
		}
	}
	if kernel.KindOf(err) == kernel.NotFound {
		im.found.note(kernel.RefuseFile, "indicator.mapping.edition_unknown", "level", spec.Level, "edition", spec.Edition)
		return area.Edition{}, nil
	}
	return e, err
}

// checkTargets compares what the mapping wants to fill with the catalogue.
func (im *importing) checkTargets() error {
	type place struct {
		indicator, period string
		part              table.Part
	}
	seen := map[place]string{}
	check := func(column string, t table.Target) {
		n, ok := im.st.byKey[t.Indicator]
		if !ok {
			code, kv := unknownKey("indicator.mapping.indicator", t.Indicator, im.st.catalogue)
			im.found.add(kernel.Finding{Code: code, Outcome: kernel.RefuseFile, Column: column, Params: kernel.Params(kv...)})
			return
		}
		v := im.st.catalogue[n].Current()
		if !v.takes(t.Part) {
			im.found.add(kernel.Finding{
				Code: "indicator.mapping.part", Outcome: kernel.RefuseFile, Column: column,
				Params: kernel.Params("indicator", v.Name, "key", t.Indicator, "part", partWord(partNames[partCodes[t.Part]])),
			})
		}
		if v.Aggregation == Sum && t.Part == table.PartValue {
			t.Part = table.PartNumerator // the same thing for a count
		}
		p := place{t.Indicator, t.Period, t.Part}
		if other, twice := seen[p]; twice && im.req.Mapping.Long == nil {
			im.found.add(kernel.Finding{
				Code: "indicator.mapping.twice", Outcome: kernel.RefuseFile, Column: column,
				Params: kernel.Params("indicator", v.Name, "key", t.Indicator, "part", partWord(partNames[partCodes[t.Part]]), "other", other),
			})
		}
		seen[p] = column
	}
	for _, c := range im.req.Mapping.Columns {
		for _, t := range c.Targets {
			check(c.Column, t)
		}
	}
	if l := im.req.Mapping.Long; l != nil {
		codes := make([]string, 0, len(l.Codes))
		for code := range l.Codes {
			codes = append(codes, code)
		}
		slices.Sort(codes)
		for _, code := range codes {
			check(l.ValueColumn+" = "+code, l.Codes[code])
		}
	}
	if v := im.req.Mapping.Period.Value; v != "" {
		if p, code := table.ParsePeriod(v, im.req.Mapping.Period.Format); code == "" {
			if f, ok := im.outside(periodOf(p)); ok {
				if f.Outcome == kernel.RefuseRow {
					f.Outcome = kernel.RefuseFile // one period for all rows
				}
				im.found.add(f)
			}
		}
	}
	return nil
}

// takes tells whether the part means something for the definition.
func (v Version) takes(p table.Part) bool {
	switch v.Aggregation {
	case Sum:
		return p != table.PartDenominator
	case NoAggregation:
		return p != table.PartNumerator || len(v.Numerator) > 0
	}
	return true
}

func periodOf(p table.Period) kernel.Period {
	return kernel.Period{From: kernel.Date(p.From.String()), To: kernel.Date(p.To.String())}
}

// outside tells whether the edition is valid at the period. The end of 31 December is the begin of 1 January, so a stock of the day before the
// edition's first day is one of its first moment. Figures that an office recomputed for a newer cut are taken when a person says so.
func (im *importing) outside(p kernel.Period) (kernel.Finding, bool) {
	e := im.st.edition
	from := e.ValidFrom
	if from != "" {
		from = kernel.Date(from.Time().AddDate(0, 0, -1).Format("2006-01-02"))
	}
	if p.Within(from, e.ValidTo) {
		return kernel.Finding{}, false
	}
	f := kernel.Finding{
		Code: "indicator.period.before", Outcome: kernel.RefuseRow,
		Params: kernel.Params("period", p, "level", e.Level.Key, "edition", e.Key, "day", e.ValidFrom, "code", "indicator.period.outside"),
	}
	if e.ValidFrom == "" || p.To >= e.ValidFrom {
		f.Code, f.Params["day"] = "indicator.period.after", e.ValidTo
	}
	if accepted(im.req.Accept, "indicator.period.outside") {
		f.Outcome = kernel.Warn
	}
	return f, true
}
