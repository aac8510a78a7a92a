// SPDX-License-Identifier: EUPL-1.2

package palette

// LabDifference is Difference for colours given in CIELAB, as the published test pairs are.
func LabDifference(x, y [3]float64) float64 {
	return difference(lab{x[0], x[1], x[2]}, lab{y[0], y[1], y[2]})
}
