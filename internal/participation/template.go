// SPDX-License-Identifier: EUPL-1.2

package participation

import (
	"bytes"
	"context"
	_ "embed"
	"maps"
	"slices"
	"sync"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// Pattern is a process to start from: shipped, or one the town made of its own.
type Pattern struct {
	Key   string
	Title kernel.Text
	Note  kernel.Text
	Own   bool
}

//go:embed templates.yaml
var templatesYAML []byte

type shippedTemplate struct {
	Key        string      `yaml:"key"`
	Title      kernel.Text `yaml:"title"`
	Note       kernel.Text `yaml:"note"`
	Level      Level       `yaml:"level"`
	Reason     kernel.Text `yaml:"reason"`
	AnswerDays int         `yaml:"answerdays"`
	Youth      bool        `yaml:"youth"`
	Phases     []struct {
		Kind  PhaseKind   `yaml:"kind"`
		Days  int         `yaml:"days"`
		Title kernel.Text `yaml:"title"`
	} `yaml:"phases"`
	Modules []struct {
		Key        string      `yaml:"key"`
		Kind       ModuleKind  `yaml:"kind"`
		Title      kernel.Text `yaml:"title"`
		Place      bool        `yaml:"place"`
		Categories []string    `yaml:"categories"`
	} `yaml:"modules"`
}

var shippedTemplates = sync.OnceValue(func() []shippedTemplate {
	var f struct {
		Templates []shippedTemplate `yaml:"templates"`
	}
	d := yaml.NewDecoder(bytes.NewReader(templatesYAML))
	d.KnownFields(true)
	if err := d.Decode(&f); err != nil {
		panic("participation: embedded templates: " + err.Error()) // cannot happen: the file is part of the program and read by a test
	}
	return f.Templates
})

// Patterns lists what a process can be made from: the shipped templates and the town's own.
func (s *Service) Patterns(ctx context.Context, by access.Actor) ([]Pattern, error) {
	if err := access.CheckTenant(by, access.EditProcess); err != nil {
		return nil, err
	}
	var out []Pattern
	for _, t := range shippedTemplates() {
		out = append(out, Pattern{Key: t.Key, Title: t.Title, Note: t.Note})
	}
	own, err := s.Store.All(ctx, by.Tenant, true, nil)
	for _, p := range own {
		out = append(out, Pattern{Key: p.Key, Title: p.Title, Note: p.Teaser, Own: true})
	}
	return out, err
}

// New is what is said of a process that is made from another.
type New struct {
	Key      string      // of the new one
	From     string      // shipped template to start from, empty: none
	Copy     string      // process or template of the town to start from, empty: none; From comes first
	Title    kernel.Text // empty: that of the template
	Start    kernel.Date // first day; phases move with it
	Zone     *time.Location
	Template bool // make a template
}

// CreateFrom makes a draft from a template or as a copy of a process: texts, phases and modules are taken over, phases moved to the new first day;
// what others said, statements on standards, documents and the approval of the concept are not.
func (s *Service) CreateFrom(ctx context.Context, by access.Actor, n New) (Process, error) {
	if err := access.CheckTenant(by, access.EditProcess); err != nil {
		return Process{}, err
	}
	zone := n.Zone
	if zone == nil {
		zone = time.UTC
	}
	start, err := time.ParseInLocation(time.DateOnly, string(n.Start), zone)
	if err != nil {
		if n.Start != "" {
			return Process{}, &kernel.Error{Kind: kernel.Invalid, Key: "participation.invalid", Fields: map[string]string{"start": "participation.date.form"}}
		}
		start = time.Time{}
	}
	var p Process
	switch {
	case n.From != "":
		i := slices.IndexFunc(shippedTemplates(), func(t shippedTemplate) bool { return t.Key == n.From })
		if i < 0 {
			return Process{}, kernel.E(kernel.NotFound, "participation.notfound")
		}
		p = shippedTemplates()[i].process(start)
	case n.Copy != "":
		if p, err = s.Open(ctx, by, access.ReadPublic, n.Copy); err != nil {
			return Process{}, err
		}
		p = p.copy(start)
	default:
		p = Process{Level: Consultation}
	}
	p.Key, p.Template = n.Key, n.Template
	if said(n.Title) {
		p.Title = n.Title
	}
	return s.Create(ctx, by, p)
}

func (t shippedTemplate) process(start time.Time) Process {
	p := Process{
		Title: maps.Clone(t.Title), Level: t.Level, LevelReason: maps.Clone(t.Reason), AnswerDays: t.AnswerDays, Youth: t.Youth, Reach: Open,
	}
	for _, x := range t.Phases {
		ph := Phase{ID: kernel.NewID(), Kind: x.Kind, Title: maps.Clone(x.Title)}
		if !start.IsZero() {
			ph.From = kernel.InstantOf(start)
			start = start.AddDate(0, 0, x.Days)
			ph.To = kernel.InstantOf(start)
		}
		p.Phases = append(p.Phases, ph)
	}
	for _, m := range t.Modules {
		p.Modules = append(p.Modules, Module{
			ID: kernel.NewID(), Key: m.Key, Kind: m.Kind, Title: maps.Clone(m.Title), PlaceRequired: m.Place, Categories: slices.Clone(m.Categories),
		})
	}
	return p
}

// copy is the process as the beginning of another: new ids, phases moved so that the first begins on the day.
func (p Process) copy(start time.Time) Process {
	ids := map[kernel.ID]kernel.ID{}
	p.Phases, p.Modules = slices.Clone(p.Phases), slices.Clone(p.Modules)
	from, _ := p.Time()
	if from.IsZero() && len(p.Phases) > 0 {
		from = p.Phases[0].To
	}
	move := func(i kernel.Instant) kernel.Instant {
		if i.IsZero() || start.IsZero() {
			return i
		}
		// Whole days, so that phases keep their hour where the clocks change in between.
		first := from.In(start.Location())
		days := int(start.Sub(time.Date(first.Year(), first.Month(), first.Day(), 0, 0, 0, 0, start.Location())).Round(24*time.Hour).Hours() / 24)
		return kernel.InstantOf(i.In(start.Location()).AddDate(0, 0, days))
	}
	for i := range p.Phases {
		x := &p.Phases[i]
		id := kernel.NewID()
		ids[x.ID], x.ID = id, id
		x.From, x.To = move(x.From), move(x.To)
	}
	for i := range p.Modules {
		m := &p.Modules[i]
		m.ID, m.Ref = kernel.NewID(), kernel.Ref{}
		open := map[kernel.ID][]access.Action{}
		for phase, list := range m.Open {
			open[ids[phase]] = slices.Clone(list)
		}
		m.Open = open
	}
	p.Concept.ApprovedBy, p.Concept.ApprovedOn = "", ""
	p.Documents, p.Entry = nil, kernel.Ref{}
	return p
}
