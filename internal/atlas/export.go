// SPDX-License-Identifier: EUPL-1.2

package atlas

import (
	"context"
	"strings"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/release"
)

// TakeAway is asked before a layer leaves the program as a file. Files of public figures go on at once.
func (s *Service) TakeAway(ctx context.Context, a access.Actor, as access.Audience, l *Layer, f Format) error {
	if as == access.Public {
		return nil
	}
	name := l.Theme.Indicator
	object := kernel.Ref{Kind: "indicator", ID: kernel.ID(name)}
	if name == "" {
		name = l.Theme.Method
		object = kernel.Ref{Kind: "method", ID: kernel.ID(name)}
	}
	return s.Exports.TakeAway(ctx, a, release.Export{
		As: as, Object: object, Choice: strings.Join([]string{l.Edition.Level.Key, l.Edition.Key, l.Period.String(), string(f)}, " "),
		Title: kernel.T("Ausgabe von Zahlen: "+name+" ("+l.Period.String()+")", "Export of figures: "+name+" ("+l.Period.String()+")"),
	})
}
