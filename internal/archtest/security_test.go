// SPDX-License-Identifier: EUPL-1.2

package archtest_test

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/kupferfaden/kupferfaden/internal/testdata"
)

var (
	proofName = regexp.MustCompile(`\b(Test|Fuzz)[A-Z]\w+`)
	duty      = regexp.MustCompile(`^\d+\.\d+\.\d+$`)
)

// dutiesOfLevel3 are the requirements of level 3 taken on beside levels 1 and 2 (design/reliability.md 2.4).
const dutiesOfLevel3 = "1.2.10 1.3.12 2.3.5 2.4.2 3.4.7 3.4.8 3.5.6 3.5.7 3.5.8 4.1.4 4.2.5 5.2.4 5.2.5 5.2.6 5.3.3 6.3.5 6.3.7 6.3.8 6.4.6 6.5.6 7.5.3 8.3.2 11.1.4 " +
	"13.1.2 13.1.3 13.4.6 14.2.6 14.2.7 14.2.8 15.1.4 15.1.5 15.2.4 15.2.5 15.4.1 15.4.2 15.4.3 15.4.4 16.5.4"

// Every test that docs/security.md names is there, no line is without one unless it says why, and every requirement has a line.
func TestEveryProofOfSecurityExists(t *testing.T) {
	there := map[string]bool{}
	for _, f := range sources(t, ".go") {
		if f.test() {
			for _, m := range regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)\w+)\(`).FindAllSubmatch(f.text, -1) {
				there[string(m[1])] = true
			}
		}
	}
	met := map[string]bool{}
	for line := range strings.Lines(read(t, "docs/security.md")) {
		for _, name := range proofName.FindAllString(line, -1) {
			if !there[name] {
				t.Errorf("docs/security.md names the test %s, which does not exist", name)
			}
		}
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		if len(cells) != 3 {
			continue
		}
		ids := strings.Split(strings.TrimSpace(cells[0]), ", ")
		if !duty.MatchString(ids[0]) {
			continue
		}
		if !proofName.MatchString(cells[2]) && !strings.HasPrefix(strings.TrimSpace(cells[1]), "no ") {
			t.Errorf("no test shows %s", cells[0])
		}
		for _, id := range ids {
			if met[id] || !duty.MatchString(id) {
				t.Errorf("%q stands twice, or is no requirement", id)
			}
			met[id] = true
		}
	}
	if len(met) < 200 {
		t.Errorf("only %d requirements have a line", len(met))
	}
	list, err := os.Open(filepath.Join(testdata.Dir(t), "..", "design", "asvs.csv"))
	if err != nil {
		t.Skipf("the list of requirements is not here: %v", err)
	}
	defer list.Close()
	rows, err := csv.NewReader(list).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows[1:] {
		wanted := r[2] != "no" && r[1] != "3" && r[0] != "1.2.6" || slices.Contains(strings.Fields(dutiesOfLevel3), r[0])
		if wanted && !met[r[0]] {
			t.Errorf("no line for %s: %s", r[0], r[4])
		}
	}
}
