// SPDX-License-Identifier: EUPL-1.2

package contributionweb

import (
	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/contribution"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/participation"
	"github.com/kupferfaden/kupferfaden/internal/participation/participationweb"
	"github.com/kupferfaden/kupferfaden/internal/web"
)

// newest is how many contributions the page of a process shows of a module.
const newest = 3

// PartOf draws the modules in which people contribute: ideas, places on the map, questions.
func PartOf(s *contribution.Service) participationweb.PartOf {
	return func(r *web.Request, p participation.Process, m participation.Module) (out participationweb.Part, err error) {
		ctx := r.Context()
		f := contribution.Filter{Process: p.Key, Module: m.Key, States: []contribution.State{contribution.Published}, Limit: newest}
		list, _, err := s.List(ctx, r.Actor, f)
		if err != nil {
			return out, err
		}
		n, err := s.Count(ctx, r.Actor, f)
		if err != nil {
			return out, err
		}
		out.Note = r.T("contribution.count", "n", n)
		out.More = participationweb.Link{Text: r.T("contribution.part.more"), Path: ListPath(p.Key, m.Key)}
		names, err := s.AreaNames(ctx, r.Tenant.ID)
		if err != nil {
			return out, err
		}
		if len(list) > 0 {
			out.Content = partView(r, list, names)
		}
		_, _, err = s.Open(ctx, r.Actor, p.Key, m.Key)
		switch kernel.KindOf(err) {
		case kernel.Conflict, kernel.Denied, kernel.Unauthenticated, kernel.NotFound:
			return out, nil
		}
		if err == nil {
			out.Do = participationweb.Link{Text: r.T("contribution.list.new"), Path: NewPath(p.Key, m.Key)}
		}
		return out, err
	}
}

// reachFields name the fields of the voluntary question.
func reachField(d participation.Dimension) string { return "ich-" + d.Key }

// reachOf reads the answers to the voluntary question.
func reachOf(f *web.Form) map[string]string {
	out := map[string]string{}
	for _, d := range participation.Dimensions() {
		if v := f.Value(reachField(d)); v != "" {
			out[d.Key] = v
		}
	}
	return out
}

// mayExport tells whether the actor may take contributions away for evaluation.
func mayExport(r *web.Request) bool { return r.Can(access.ExportPseudonymous) }
