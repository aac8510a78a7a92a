// SPDX-License-Identifier: EUPL-1.2

package app_test

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math/bits"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/contribution"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// Fifty people send at the same moment, each of them twice as with a double click: every one has one receipt, and it opens what that one wrote. How
// long a thousand take is BenchmarkThousandWriters.
func TestWritersAtOnceAreNeitherLostNorDoubled(t *testing.T) {
	const people = 50
	offices(t, func(o *office) {
		d := o.anonymous()
		forms := make([]url.Values, people)
		for i := range forms {
			p := d.post("/beitraege/neu", "schritt", "angaben", "weiter", "weiter", "text", fmt.Sprintf("Wunsch %d: ein Baum mehr.", i), "lang", "de")
			forms[i] = p.form(t, "/beitraege/neu")
			forms[i].Set("weiter", "senden")
			for n := 0; ; n++ { // the sum a reader's device works out, see web.Guard
				sum := sha256.Sum256(fmt.Appendf(nil, "%s:%d", forms[i].Get("pruefung"), n))
				if bits.LeadingZeros64(binary.BigEndian.Uint64(sum[:])) >= 16 {
					forms[i].Set("rechnung", strconv.Itoa(n))
					break
				}
			}
		}
		time.Sleep(2100 * time.Millisecond) // nobody types a form in less
		var wg sync.WaitGroup
		var mu sync.Mutex
		codes := map[string]int{} // whose receipt it is
		for i := range 2 * people {
			wg.Go(func() {
				resp, err := http.PostForm(o.URL+"/beitraege/neu", forms[i%people])
				if err != nil {
					t.Error(err)
					return
				}
				defer resp.Body.Close()
				var body strings.Builder
				if err := resp.Write(&body); err != nil {
					t.Error(err)
				}
				code := receiptCode.FindString(body.String())
				mu.Lock()
				defer mu.Unlock()
				if _, twice := codes[code]; code == "" != (resp.StatusCode == http.StatusUnprocessableEntity) || twice {
					t.Errorf("person %d: %d with receipt %q", i%people, resp.StatusCode, code)
				}
				if code != "" {
					codes[code] = i % people
				}
			})
		}
		wg.Wait()
		seen := map[int]bool{}
		for code, i := range codes {
			seen[i] = true
			if p := d.post("/vorgang", "code", code); p.code != http.StatusOK || !strings.Contains(p.text(), fmt.Sprintf("Wunsch %d:", i)) {
				t.Errorf("the receipt of person %d: %d", i, p.code)
			}
		}
		by := access.Actor{Tenant: o.who.Tenant, Person: kernel.NewID(), Roles: []access.Role{access.Moderator}}
		n, err := o.app.Contributions.Count(t.Context(), by, contribution.Filter{})
		if err != nil || n != people || len(seen) != people || len(codes) != people {
			t.Errorf("%d kept, %d people with %d receipts, want %d (%v)", n, len(seen), len(codes), people, err)
		}
	})
}
