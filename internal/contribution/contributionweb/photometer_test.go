// SPDX-License-Identifier: EUPL-1.2

package contributionweb

import (
	"strconv"
	"testing"
	"time"
)

func TestGuestsCannotFillTheDiskWithPhotos(t *testing.T) {
	var m photoMeter
	now := time.Date(2026, 11, 21, 10, 5, 0, 0, time.UTC)
	taken := 0
	for range 200 {
		if m.take("198.51.100.7", now) {
			taken++
		}
	}
	if taken != photosEach {
		t.Errorf("%d from one address", taken)
	}
	for i := range 5000 {
		if m.take(strconv.Itoa(i), now) {
			taken++
		}
	}
	if taken != photosAll {
		t.Errorf("%d in all", taken)
	}
	if !m.take("198.51.100.7", now.Add(time.Hour)) {
		t.Error("the next hour has no room")
	}
}
