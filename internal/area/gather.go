// SPDX-License-Identifier: EUPL-1.2

package area

import (
	"math"
	"slices"

	"github.com/kupferfaden/kupferfaden/geo"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// An area that lies in another with this share of its size is no neighbour whose border was drawn badly: the file holds a level and its parts,
// or one area twice, and every sum over the edition would count the people there twice.
const nestedShare = 0.95

// manyUnfilled is how many parents that are not filled are named one by one. More of them say that the level covers only a part of the town.
const manyUnfilled = 20

// gather turns findings that say the same about many areas into one sentence. size gives the square metres of an area by its key.
func (im *importing) gather(list []geo.Finding, size map[string]float64) []geo.Finding {
	inside := map[string]bool{}
	example := [2]string{}
	list = slices.DeleteFunc(list, func(f geo.Finding) bool {
		if f.Code != "coverage.overlap" {
			return false
		}
		small, large := f.Key, f.Params["other"].(string)
		if size[large] < size[small] {
			small, large = large, small
		}
		if f.Params["m2"].(float64) < nestedShare*size[small] {
			return false
		}
		if len(inside) == 0 {
			example = [2]string{small, large}
		}
		inside[small] = true
		return true
	})
	if len(inside) > 0 {
		im.fs.note(kernel.Ask, "area.nested", nil, "n", len(inside), "key", example[0], "other", example[1])
	}
	unfilled := func(f geo.Finding) bool { return f.Code == "parent.unfilled" }
	worst, n, sum := geo.Finding{}, 0, 0.0
	for _, f := range list {
		if !unfilled(f) {
			continue
		}
		m2 := f.Params["m2"].(float64)
		if n == 0 || m2 > worst.Params["m2"].(float64) {
			worst = f
		}
		n++
		sum += m2
	}
	if n > manyUnfilled {
		list = slices.DeleteFunc(list, unfilled)
		im.fs.note(kernel.Warn, "area.parent.unfilled", nil, "n", n, "of", len(im.above), "km2", math.Round(sum/1e4)/100, "key", worst.Key,
			"worst", math.Round(worst.Params["m2"].(float64)/1e4)/100)
	}
	return list
}
