// SPDX-License-Identifier: EUPL-1.2

package visionweb

import (
	"github.com/a-h/templ"

	"github.com/kupferfaden/kupferfaden/internal/contribution"
	"github.com/kupferfaden/kupferfaden/internal/contribution/contributionweb"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/participation"
	"github.com/kupferfaden/kupferfaden/internal/participation/participationweb"
	"github.com/kupferfaden/kupferfaden/internal/vision"
	"github.com/kupferfaden/kupferfaden/internal/web"
)

// GroundOf names on the page of a contribution the paragraphs that rest on it.
func GroundOf(s *vision.Service) contributionweb.SectionOf {
	return func(r *web.Request, c contribution.Contribution) (templ.Component, error) {
		list, err := s.Grounds(r.Context(), r.Actor, kernel.Ref{Kind: "contribution", ID: kernel.ID(c.Number)})
		if err != nil || len(list) == 0 {
			return nil, err
		}
		return groundSection(r, list), nil
	}
}

// groundPath leads to a paragraph: in the version in force where it stands there, else in the working text.
func groundPath(x vision.Ground) string {
	if x.Adopted {
		return textPath(x.Text.Key) + "#" + anchor(x.Paragraph.ID)
	}
	return textPath(x.Text.Key) + "?fassung=arbeit#" + anchor(x.Paragraph.ID)
}

// PartOf draws the module of a process in which people work on a text: the text that names the module, its open amendments, and the way to propose
// one while the phase permits it.
func PartOf(s *vision.Service) participationweb.PartOf {
	return func(r *web.Request, p participation.Process, m participation.Module) (participationweb.Part, error) {
		var part participationweb.Part
		list, err := s.Texts(r.Context(), r.Actor)
		if err != nil {
			return part, err
		}
		for _, t := range list {
			if t.Process != p.Key || t.Module != m.Key && string(m.Ref.ID) != t.Key {
				continue
			}
			d, err := s.Doc(r.Context(), r.Actor, t.Key)
			if err != nil {
				return part, err
			}
			all, err := s.Amendments(r.Context(), r.Actor, t.Key)
			if err != nil {
				return part, err
			}
			open := 0
			for _, a := range all {
				if a.State.Public() && a.State.Open() {
					open++
				}
			}
			part.Note = r.T("vision.amendments.open", "n", open)
			part.More = participationweb.Link{Text: r.T("vision.part.read"), Path: textPath(t.Key)}
			if d.Amendable {
				part.Do = participationweb.Link{Text: r.T("vision.part.amend"), Path: textPath(t.Key) + "?fassung=arbeit"}
			}
			live := d.Live(read(r))
			part.Content = partText(r, t, live)
			return part, nil
		}
		return part, nil
	}
}
