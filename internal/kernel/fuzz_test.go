// SPDX-License-Identifier: EUPL-1.2

package kernel_test

import (
	"testing"

	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// FuzzPeriod: what is read as a period or a date is written the same way again.
func FuzzPeriod(f *testing.F) {
	for _, seed := range []string{"2023", "2023-12-31", "2023-01-01/2023-12-31", "2025-02-29", "0000", "10000", "2023-13-01", "-1", "2023-12-31/2023-01-01", "", "２０２３"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if p, err := kernel.ParsePeriod(s); err == nil {
			again, err := kernel.ParsePeriod(p.String())
			if err != nil || again != p || p.From > p.To {
				t.Errorf("%q is %v, then %v %v", s, p, again, err)
			}
		}
		if d, err := kernel.ParseDate(s); err == nil {
			if again, err := kernel.ParseDate(string(d)); err != nil || again != d || d.Time().IsZero() && d != "0001-01-01" {
				t.Errorf("%q is %q, then %q %v", s, d, again, err)
			}
		}
	})
}

// FuzzStored: ids, instants and texts from a damaged database are an error, never a wrong value.
func FuzzStored(f *testing.F) {
	for _, seed := range []string{"01a1fe6b-27f3-7aa4-bf6f-7ae9d9859912", "2026-11-21T10:00:00.000000Z", `{"de":"Text"}`, `{"de":1}`, "null", "[]", "\xff", "2026-11-21 10:00:00+25:00"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if id, err := kernel.ParseID(s); err == nil {
			if again, err := kernel.ParseID(string(id)); err != nil || again != id || len(id) != 36 {
				t.Errorf("id %q is %q", s, id)
			}
		}
		var at kernel.Instant
		if at.Scan(s) == nil && !at.IsZero() {
			var again kernel.Instant
			if v, err := at.Value(); err != nil || again.Scan(v) != nil || again != at {
				t.Errorf("instant %q is %v, then %v", s, at, again)
			}
		}
		var text kernel.Text
		if text.Scan(s) == nil {
			if _, err := text.Value(); err != nil {
				t.Errorf("text %q: %v", s, err)
			}
		}
	})
}
