// SPDX-License-Identifier: EUPL-1.2

package area_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/area"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/testdata"
)

func TestInspectProposesTheColumnsOfRealFiles(t *testing.T) {
	dir := testdata.Dir(t)
	for _, c := range []struct {
		file, key, name string
		features        int
	}{
		{"berlin_lor_geometry/plr_2021_wgs84.geojson", "PLR_ID", "PLR_NAME", 542},
		{"berlin_lor_geometry/plr_pre2021_wgs84.geojson", "broker Dow", "PLANUNGSRA", 448},
		{"koeln/Stadtteil_wgs84.geojson", "", "", 86},
	} {
		f, err := os.Open(filepath.Join(dir, c.file))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		st, err := f.Stat()
		if err != nil {
			t.Fatal(err)
		}
		got, err := (&area.Service{}).Inspect(t.Context(), access.CommandLine("t"), area.ImportRequest{FileName: filepath.Base(c.file), Data: f, Size: st.Size()})
		if err != nil {
			t.Fatal(err)
		}
		if got.Features != c.features || c.key != "" && got.Key != c.key || c.name != "" && got.Name != c.name {
			t.Errorf("%s: %d features, key %q, name %q, parent %q", c.file, got.Features, got.Key, got.Name, got.Parent)
		}
		if _, err := (&area.Service{}).Inspect(t.Context(), access.Anonymous("t"), area.ImportRequest{}); kernel.KindOf(err) != kernel.Unauthenticated {
			t.Errorf("anonymous: %v", err)
		}
		t.Logf("%s: key %q, name %q, parent %q", c.file, got.Key, got.Name, got.Parent)
	}
}
