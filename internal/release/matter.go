// SPDX-License-Identifier: EUPL-1.2

package release

import (
	"slices"
	"strconv"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// PublishMatter names the release of figures among what waits for a second person.
const PublishMatter = "figures.publish"

// PublishArgs are what Publish is called with once a second person has agreed. States pins what was asked for: figures that came or went
// since make it another matter.
type PublishArgs struct {
	Slices []kernel.ID          `json:"slices"`
	To     access.Audience      `json:"to"`
	Note   string               `json:"note"`
	States map[kernel.ID]string `json:"states"` // newest delivery that counts, by slice
}

// MatterTitle is the heading of a request to publish: to whom, what, and of when.
func MatterTitle(to access.Audience, name kernel.Text, period string) kernel.Text {
	forWhom := kernel.T("Freigabe für alle", "Publish to everybody")
	if to == access.Political {
		forWhom = kernel.T("Freigabe für Rat und Ausschüsse", "Show to council and committees")
	}
	out := kernel.Text{}
	for lang, lead := range forWhom {
		what, _ := name.In(lang)
		out[lang] = lead + ": " + what
		if period != "" {
			out[lang] += " (" + period + ")"
		}
	}
	return out
}

// matter is the release of slices as a second person is asked about it.
func (v View) matter(ids []kernel.ID, to access.Audience, note string) access.Matter {
	args := PublishArgs{Slices: slices.Sorted(slices.Values(ids)), To: to, Note: note, States: make(map[kernel.ID]string, len(ids))}
	m := access.Matter{Kind: access.PublishMatter, Do: access.ReleaseFigures, What: PublishMatter, Reason: note}
	for n, id := range args.Slices {
		sl, ind, ok := v.state.find(id)
		if !ok {
			continue
		}
		args.States[id] = sl.Stamp
		if n > 0 {
			continue
		}
		m.Object = kernel.Ref{Kind: string(SliceKind), ID: id}
		name := ind.Current().Name
		if more := len(ids) - 1; more > 0 {
			name = kernel.T(name.String()+" und "+strconv.Itoa(more)+" weitere Tabellen", inEnglish(name)+" and "+strconv.Itoa(more)+" more tables")
		}
		m.Title = MatterTitle(to, name, sl.Period.String())
	}
	m.Args = args
	return m
}

func inEnglish(t kernel.Text) string {
	s, _ := t.In("en")
	return s
}
