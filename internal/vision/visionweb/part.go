// SPDX-License-Identifier: EUPL-1.2

package visionweb

import (
	"github.com/kupferfaden/kupferfaden/internal/participation"
	"github.com/kupferfaden/kupferfaden/internal/participation/participationweb"
	"github.com/kupferfaden/kupferfaden/internal/vision"
	"github.com/kupferfaden/kupferfaden/internal/web"
)

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
