// SPDX-License-Identifier: EUPL-1.2

package indicator_test

import (
	"math"
	"testing"

	"github.com/kupferfaden/kupferfaden/internal/indicator"
)

// TestDivisionByNothingIsMissing: reliability.md E01 and E02, never an infinity.
func TestDivisionByNothingIsMissing(t *testing.T) {
	for _, c := range [][2]float64{{1, 0}, {0, 0}, {-1, 0}, {1 << 53, 1e-308}, {1e308, 10}} {
		if x := figure(c[0], c[1], indicator.Value).Number(share); !math.IsNaN(x) {
			t.Errorf("%v/%v is %v", c[0], c[1], x)
		}
	}
	if x := figure(1<<53, 1<<53, indicator.Value).Number(share); x != 100 {
		t.Errorf("%v", x)
	}
}
