// SPDX-License-Identifier: EUPL-1.2

// Package testdata finds the real data that tests are checked against. The data are kept outside the repository because their licences
// do not allow us to ship them; a test that needs them says so and is skipped where they are absent.
package testdata

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

// Dir returns the folder with the real test data: $KUPFERFADEN_TESTDATA or, by default, shared/data beside the module.
// Where it is absent the test is skipped with a message, or fails when REQUIRE_DATA=1 is set.
func Dir(t testing.TB) string {
	t.Helper()
	dir := os.Getenv("KUPFERFADEN_TESTDATA")
	if dir == "" {
		_, file, _, _ := runtime.Caller(0)
		dir = filepath.Join(filepath.Dir(file), "..", "..", "..", "shared", "data")
	}
	if _, err := os.Stat(filepath.Join(dir, "EXPECTED.md")); err != nil {
		if os.Getenv("REQUIRE_DATA") == "1" {
			t.Fatalf("real test data required but absent: %v", err)
		}
		t.Skipf("real test data absent (set KUPFERFADEN_TESTDATA): %v", err)
	}
	return dir
}

// Module returns the root folder of the module, for tests that read repository files.
func Module() string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Join(filepath.Dir(file), "..", "..")
}
