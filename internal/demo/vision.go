// SPDX-License-Identifier: EUPL-1.2

package demo

import (
	"bytes"
	"context"
	_ "embed"
	"fmt"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/app"
	"github.com/kupferfaden/kupferfaden/internal/contribution"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/vision"
)

//go:embed vision.yaml
var visionYAML []byte

// passage is a heading or a paragraph of vision.yaml.
type passage struct {
	H, P, En, Leicht string
}

// proposals are amendments to the guidelines, by the paragraph they are made to.
var proposals = []struct {
	at     int
	kind   vision.AmendmentKind
	want   string
	reason string
	name   string
	to     []vision.State
}{
	{
		4, vision.Replace, "Wir laden früh ein, solange Wege offen sind, mindestens drei Monate vor der ersten Beratung.",
		"Ohne eine Frist ist „früh“ für jeden etwas anderes.", "Sprecherin der AG 4",
		[]vision.State{vision.Admitted, vision.Recommended},
	},
	{
		5, vision.Insert, "Wer Kinder betreut oder Angehörige pflegt, bekommt Unterstützung, damit er oder sie kommen kann.",
		"Sonst kommen immer dieselben.", "Nachbarin",
		[]vision.State{vision.Admitted},
	},
	{8, vision.Replace, "Jeder Beitrag bekommt innerhalb von vier Wochen eine Antwort.", "Acht Wochen sind zu lang.", "", []vision.State{vision.Admitted, vision.Discouraged}},
	{2, vision.Editorial, "Vor jeder Beteiligung steht öffentlich fest, was entschieden wird und was nicht.", "Liest sich leichter.", "", nil},
}

// grounds are what was said before a paragraph was written, by words of both.
var grounds = []struct{ paragraph, said string }{
	{"Hilfe beginnt früh", "wo die Kinder ohnehin sind"},
	{"ohne Eintritt und ohne Verein", "ohne Eintritt und ohne Verein"},
	{"Wer alt wird", "im Alter in unserem Quartier"},
	{"einen Ort, an dem sich alle", "an dem sich Jung und Alt"},
}

// cite lets the paragraphs of a text name the contributions they rest on.
func cite(ctx context.Context, a *app.App, s staff, key, process string) error {
	said, _, err := a.Contributions.List(ctx, s.by, contribution.Filter{Process: process, Limit: 100})
	if err != nil {
		return err
	}
	d, err := a.Vision.Doc(ctx, s.by, key)
	if err != nil {
		return err
	}
	for _, p := range d.Live(nil) {
		for _, g := range grounds {
			i := slices.IndexFunc(said, func(c contribution.Contribution) bool { return strings.Contains(c.Text, g.said) })
			if i < 0 || !strings.Contains(p.Body["de"], g.paragraph) {
				continue
			}
			p.Cites = append(p.Cites, vision.Cite{Ref: kernel.Ref{Kind: "contribution", ID: kernel.ID(said[i].Number)}})
			if err := a.Vision.Write(ctx, s.by, key, p.Edit, p, ""); err != nil {
				return fmt.Errorf("%s: %w", g.said, err)
			}
		}
	}
	return nil
}

// visions brings the adopted vision, and guidelines that everybody can propose changes to.
func visions(ctx context.Context, a *app.App, by access.Actor) error {
	have, err := a.Vision.Texts(ctx, by)
	if err != nil || len(have) > 0 {
		return err
	}
	var f struct{ Leitbild, Leitlinien []passage }
	if err := yaml.NewDecoder(bytes.NewReader(visionYAML)).Decode(&f); err != nil {
		return err
	}
	s, err := people(ctx, a, by)
	if err != nil {
		return err
	}
	err = then(a, days(a, 1590), func() error {
		t := vision.Text{
			Key: "leitbild", Kind: vision.Leitbild, Title: kernel.T("Leitbild der Stadt Kupferstadt", "Vision of the town of Kupferstadt"), Process: visionProcess, Module: "text",
			Lead: kernel.Text{"de": "Wie wir miteinander leben wollen. Geschrieben in sieben Arbeitsgruppen, beschlossen vom Rat.", "en": "How we want to live together. Written in seven working groups, adopted by the council.", "de+leicht": "So wollen wir zusammen leben."},
		}
		if err := write(ctx, a, s, t, f.Leitbild); err != nil {
			return err
		}
		if err := cite(ctx, a, s, t.Key, visionProcess); err != nil {
			return err
		}
		d, err := a.Vision.Doc(ctx, s.by, t.Key)
		if err != nil {
			return err
		}
		_, err = a.Vision.Adopt(ctx, s.by, vision.Resolution{
			Key: t.Key, Edit: d.Mark(), Body: "Rat der Stadt Kupferstadt", On: kernel.Date(days(a, 1590).Format(time.DateOnly)), Reference: "DS 0117/21", Reason: "Abschluss des Leitbildprozesses",
		})
		return err
	})
	if err != nil {
		return err
	}
	return then(a, days(a, 18), func() error {
		t := vision.Text{
			Key: "beteiligung", Kind: vision.Guidelines, Title: kernel.T("Leitlinien für Beteiligung", "Guidelines for participation"),
			Lead:  kernel.T("Der Entwurf liegt offen: Schlagen Sie Änderungen vor, Absatz für Absatz.", "The draft is open: propose changes, paragraph by paragraph."),
			Opens: instant(a, 18, 8), Closes: instant(a, -45, 20),
		}
		if err := write(ctx, a, s, t, f.Leitlinien); err != nil {
			return err
		}
		return propose(ctx, a, s, t.Key)
	})
}

// write makes a text of its passages and publishes it.
func write(ctx context.Context, a *app.App, s staff, t vision.Text, list []passage) error {
	if _, err := a.Vision.Create(ctx, s.by, t); err != nil {
		return err
	}
	var after kernel.ID
	for _, x := range list {
		p := vision.Paragraph{Kind: vision.Body, Body: kernel.T(x.P, x.En)}
		if x.H != "" {
			p = vision.Paragraph{Kind: vision.Heading, Level: 1, Body: kernel.T(x.H, x.En)}
		}
		if x.Leicht != "" {
			p.Body["de+leicht"] = x.Leicht
		}
		made, err := a.Vision.Add(ctx, s.by, t.Key, after, p)
		if err != nil {
			return fmt.Errorf("%s%s: %w", x.H, x.P, err)
		}
		after = made.ID
	}
	return a.Vision.Publish(ctx, s.by, t.Key, true)
}

// propose lets people propose amendments, and the editors advise on them.
func propose(ctx context.Context, a *app.App, s staff, key string) error {
	d, err := a.Vision.Doc(ctx, s.by, key)
	if err != nil {
		return err
	}
	for i, x := range proposals {
		err := then(a, days(a, 12-i), func() error {
			p := d.Paragraphs[x.at]
			made, err := a.Vision.Submit(ctx, access.Anonymous(s.by.Tenant), key, vision.Proposal{
				Paragraph: p.ID, Edit: p.Edit, Kind: x.kind, Lang: "de", Want: x.want, Reason: x.reason, Pseudonym: x.name,
			})
			if err != nil {
				return err
			}
			for _, to := range x.to {
				m, err := a.Vision.Amendment(ctx, s.by, key, made.Number)
				if err != nil {
					return err
				}
				step := vision.Step{Number: made.Number, Edit: m.Edit, To: to}
				if to != vision.Admitted {
					step.Reason = "Die Koordinierungsstelle hat die Folgen für laufende Verfahren geprüft."
				}
				if err := a.Vision.Judge(ctx, s.by, key, step); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("%s: %w", x.want, err)
		}
	}
	return nil
}
