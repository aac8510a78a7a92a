// SPDX-License-Identifier: EUPL-1.2

package crs

import (
	"errors"
	"fmt"

	"github.com/kupferfaden/kupferfaden/geo"
)

// TransformLayer returns the layer in another system; the given one stays as it is. It fails for a system that is unknown (0 included) and,
// naming the feature, for coordinates outside it.
func TransformLayer(l geo.Layer, to int, opts ...Option) (geo.Layer, error) {
	t, err := New(l.CRS, to, opts...)
	if err != nil {
		return geo.Layer{}, err
	}
	out := l
	out.CRS, out.CRSText = to, ""
	out.Features = make([]geo.Feature, len(l.Features))
	for i, f := range l.Features {
		if f.Geometry, err = t.Geometry(f.Geometry); err != nil {
			var o *OutsideError
			if errors.As(err, &o) {
				return geo.Layer{}, fmt.Errorf("feature %d: %w", l.Features[i].Index+1, err)
			}
			return geo.Layer{}, err
		}
		out.Features[i] = f
	}
	return out, nil
}
