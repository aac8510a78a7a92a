// SPDX-License-Identifier: EUPL-1.2

package main

import (
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/kupferfaden/kupferfaden/internal/platform/db/dbtest"
	"github.com/kupferfaden/kupferfaden/internal/testdata"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"kupferfaden": main})
}

// TestScript runs the command line as a person would, on the embedded database.
func TestScript(t *testing.T) {
	testscript.Run(t, testscript.Params{Dir: "testdata/script", Setup: setup(t, ""), Cmds: commands()})
}

// TestScriptPostgres runs the same scripts on PostgreSQL.
func TestScriptPostgres(t *testing.T) {
	dbtest.PostgresURL(t) // skips here where none is named, not inside a script
	testscript.Run(t, testscript.Params{Dir: "testdata/script", Setup: func(e *testscript.Env) error {
		return setup(t, dbtest.PostgresURL(t))(e)
	}, Cmds: commands()})
}

// TestReal runs the whole way on the real data: from an empty directory to the published results.
func TestReal(t *testing.T) {
	data := testdata.Dir(t)
	testscript.Run(t, testscript.Params{Dir: "testdata/real", Setup: func(e *testscript.Env) error {
		e.Setenv("DATA_DIR", data)
		return setup(t, "")(e)
	}, Cmds: commands()})
}

func setup(t *testing.T, url string) func(e *testscript.Env) error {
	return func(e *testscript.Env) error {
		e.Setenv("KUPFERFADEN_DATA", filepath.Join(e.WorkDir, "town"))
		e.Setenv("KUPFERFADEN_LANG", "de")
		e.Setenv("KUPFERFADEN_DATABASE", url)
		cache, err := os.UserCacheDir()
		if err != nil {
			return err
		}
		e.Setenv("KUPFERFADEN_CACHE", filepath.Join(cache, "kupferfaden"))
		return nil
	}
}

func commands() map[string]func(ts *testscript.TestScript, neg bool, args []string) {
	return map[string]func(ts *testscript.TestScript, neg bool, args []string){
		"mss": compareMSS, "sum": columnSum, "own": ownIndicators, "parts": sumOf, "head": firstLines, "squares": squares, "tally": tally,
		"rates": storedRates, "union": union,
		"dump": dumpTables, "ends": endsWith,
	}
}

// compareMSS compares an index run with the published classes of a year: mss own.csv expected.csv eligible attention.
func compareMSS(ts *testscript.TestScript, _ bool, args []string) {
	own := map[string]map[string]string{}
	attention, eligible := 0, 0
	for _, r := range records(ts, args[0]) {
		own[r["area"]] = r
		if r["attention"] == "true" {
			attention++
		}
		if r["eligible"] == "true" {
			eligible++
		}
	}
	assessed := 0
	for _, e := range records(ts, args[1]) {
		if e["status_index"] == "" {
			continue
		}
		assessed++
		o, ok := own[e["plr_id"]]
		if !ok || o["class"] != e["status_class_published"] || o["dynamic_class"] != e["dynamic_class_published"] {
			ts.Fatalf("area %s: own %v, published %s %s", e["plr_id"], o, e["status_class_published"], e["dynamic_class_published"])
		}
		for column, want := range map[string]string{"index": e["status_index"], "dynamic_index": e["dynamic_index"]} {
			a, _ := strconv.ParseFloat(o[column], 64)
			b, _ := strconv.ParseFloat(want, 64)
			if d := a - b; d > 2e-5 || d < -2e-5 {
				ts.Fatalf("area %s: %s %v, expected %v", e["plr_id"], column, a, b)
			}
		}
	}
	if want := fmt.Sprint(args[2], " ", args[3]); want != fmt.Sprint(eligible, " ", attention) || assessed != eligible {
		ts.Fatalf("eligible and attention: %d %d of %d, want %s", eligible, attention, assessed, want)
	}
}

// columnSum adds a column of a CSV file and compares: sum file column want.
func columnSum(ts *testscript.TestScript, _ bool, args []string) {
	total := 0.0
	for _, r := range records(ts, args[0]) {
		v, err := strconv.ParseFloat(strings.ReplaceAll(r[args[1]], ",", "."), 64)
		if err == nil {
			total += v
		}
	}
	want, err := strconv.ParseFloat(args[2], 64)
	ts.Check(err)
	if d := total - want; d > 1e-6 || d < -1e-6 {
		ts.Fatalf("sum of %s: %v, want %v", args[1], total, want)
	}
}

func records(ts *testscript.TestScript, name string) []map[string]string {
	f, err := os.Open(ts.MkAbs(name))
	ts.Check(err)
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	ts.Check(err)
	list := make([]map[string]string, 0, len(rows))
	for _, row := range rows[1:] {
		m := map[string]string{}
		for i, c := range row {
			m[rows[0][i]] = c
		}
		list = append(list, m)
	}
	return list
}
