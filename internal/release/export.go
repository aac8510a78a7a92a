// SPDX-License-Identifier: EUPL-1.2

package release

import (
	"context"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// ExportMatter names an export of figures among what waits for a second person.
const ExportMatter = "figures.export"

// Export is a file of figures that somebody takes away.
type Export struct {
	As     access.Audience // whose figures are in it
	Object kernel.Ref      // what they are figures of
	Title  kernel.Text
	Choice string // the rest of what was chosen, in keys: level, edition, period
}

// TakeAway lets figures that are not public leave the program as a file: it asks for permission and, where the town wants it, for a second person,
// and writes the act down. Files of public figures are for everybody, and nobody is told of them.
func (s *Service) TakeAway(ctx context.Context, a access.Actor, x Export) error {
	if x.As == access.Public {
		return nil
	}
	if err := access.CheckTenant(a, access.ExportFigures); err != nil {
		return err
	}
	err := access.Second(ctx, s.FourEyes, a, access.Matter{
		Kind: access.ExportMatter, Do: access.ExportFigures, What: ExportMatter, Object: x.Object, Title: x.Title,
		Args: map[string]string{"audience": string(x.As), "choice": x.Choice},
	})
	if err != nil {
		return err
	}
	return s.Tx.Tx(ctx, func(ctx context.Context) error {
		return access.Record(ctx, s.Trail, a, access.Act{
			Do: access.ExportFigures, What: "figures.export", Object: x.Object, Note: map[string]string{"audience": string(x.As), "choice": x.Choice},
		})
	})
}
