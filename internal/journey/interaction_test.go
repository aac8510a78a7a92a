// SPDX-License-Identifier: EUPL-1.2

package journey_test

import "testing"

// Everything that opens on the atlas may be open at once, and axe has nothing against the page.
func TestTheAtlasStaysAccessibleWithEverythingOpen(t *testing.T) {
	k, b := kupferstadt(t), browser(t)
	b.size(1280, 900)
	b.open(k.url + "/atlas")
	if n := eval[float64](b, `(() => { const all = [...document.querySelectorAll("details")]; all.forEach(d => d.open = true); return all.length })()`); n == 0 {
		t.Error("the atlas has nothing to open")
	}
	b.axe("the atlas with everything open")
}
