// SPDX-License-Identifier: EUPL-1.2

package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/text/encoding/charmap"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/app"
	"github.com/kupferfaden/kupferfaden/internal/area"
	"github.com/kupferfaden/kupferfaden/internal/indicator"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// withTown opens the town of a script the way the program does.
func withTown(ts *testscript.TestScript, f func(ctx context.Context, a *app.App, who access.Actor) error) {
	ctx := context.Background()
	a, err := app.Open(ctx, app.Config{DataDir: ts.Getenv("KUPFERFADEN_DATA"), Database: ts.Getenv("KUPFERFADEN_DATABASE"), Log: quiet()})
	ts.Check(err)
	defer a.Close() //nolint:errcheck // the next command would notice
	t, err := a.Tenants.Find(ctx, "")
	ts.Check(err)
	ts.Check(f(ctx, a, a.Operator(t)))
}

// ownIndicators adds counts of the town's own to its catalogue, as the catalogue's page does: own unit key... ; a key ending in ± is a balance.
func ownIndicators(ts *testscript.TestScript, _ bool, args []string) {
	withTown(ts, func(ctx context.Context, a *app.App, who access.Actor) error {
		for _, key := range args[1:] {
			key, signed := strings.CutSuffix(key, "±")
			i := indicator.Indicator{Key: key, Field: "A", Versions: []indicator.Version{{
				Name: kernel.T(key, key), Numerator: kernel.T(key, key), Unit: args[0], Class: "O", Signed: signed,
			}}}
			if _, err := a.Indicators.Add(ctx, who, i); err != nil {
				return err
			}
		}
		return nil
	})
}

// sumOf tells the catalogue that parts make up a whole, beside what it knows already: parts whole part...
func sumOf(ts *testscript.TestScript, _ bool, args []string) {
	withTown(ts, func(ctx context.Context, a *app.App, who access.Actor) error {
		whole, err := a.Indicators.Indicator(ctx, who, args[0])
		if err != nil {
			return err
		}
		return a.Indicators.SetParts(ctx, who, args[0], append(whole.Parts, args[1:]))
	})
}

// firstLines copies the first lines of a file, as a cut delivery: head n from to.
func firstLines(ts *testscript.TestScript, _ bool, args []string) {
	n, err := strconv.Atoi(args[0])
	ts.Check(err)
	b, err := os.ReadFile(ts.MkAbs(args[1]))
	ts.Check(err)
	lines := slices.Collect(strings.Lines(string(b)))
	ts.Check(os.WriteFile(ts.MkAbs(args[2]), []byte(strings.Join(lines[:n], "")), 0o600))
}

// squares draws invented areas for the keys of an official table, because the geometry of Länder and Kreise is not among the test data: squares
// to.geojson table.csv length... . A key of two digits is a square of one degree; a longer one lies in the square of its first two. Several
// lengths give a file in which areas lie upon each other.
func squares(ts *testscript.TestScript, _ bool, args []string) {
	f, err := os.Open(ts.MkAbs(args[1]))
	ts.Check(err)
	defer f.Close() //nolint:errcheck // only read
	type feature struct {
		Type       string            `json:"type"`
		Properties map[string]string `json:"properties"`
		Geometry   map[string]any    `json:"geometry"`
	}
	var list []feature
	inside := map[string]int{}
	lines := bufio.NewScanner(charmap.Windows1252.NewDecoder().Reader(f))
	for lines.Scan() {
		cells := strings.SplitN(lines.Text(), ";", 3)
		key := cells[0]
		if strings.Trim(key, "0123456789") != "" || !slices.Contains(args[2:], strconv.Itoa(len(key))) || len(cells) < 3 {
			continue
		}
		land, err := strconv.Atoi(key[:2])
		ts.Check(err)
		x, y, side := float64(8+(land-1)%4), float64(54-(land-1)/4), 1.0
		if len(key) > 2 {
			n := inside[key[:2]]
			inside[key[:2]]++
			x, y, side = x+float64(n%10)/10, y+float64(n/10)/10, 0.1
		}
		list = append(list, feature{
			Type: "Feature", Properties: map[string]string{"key": key, "name": strings.TrimSpace(cells[1])},
			Geometry: map[string]any{
				"type":        "Polygon",
				"coordinates": [][][2]float64{{{x, y}, {x + side, y}, {x + side, y + side}, {x, y + side}, {x, y}}},
			},
		})
	}
	ts.Check(lines.Err())
	b, err := json.Marshal(map[string]any{"type": "FeatureCollection", "features": list})
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), b, 0o600))
}

// tally counts the values of a column: tally file column value=count... . Every value that stands there must be named.
func tally(ts *testscript.TestScript, _ bool, args []string) {
	count := map[string]int{}
	for _, r := range records(ts, args[0]) {
		if v := r[args[1]]; v != "" {
			count[v]++
		}
	}
	want := map[string]int{}
	for _, a := range args[2:] {
		i := strings.LastIndex(a, "=")
		n, err := strconv.Atoi(a[i+1:])
		ts.Check(err)
		want[a[:i]] = n
	}
	if !maps.Equal(count, want) {
		ts.Fatalf("%s: %v, want %v", args[1], count, want)
	}
}

// sliceOf finds the figures of an indicator on an edition for a period.
func sliceOf(ctx context.Context, a *app.App, who access.Actor, key, place, period string) (indicator.Version, []area.Area, kernel.ID, error) {
	i, err := a.Indicators.Indicator(ctx, who, key)
	if err != nil {
		return indicator.Version{}, nil, "", err
	}
	level, edition, _ := strings.Cut(place, "/")
	e, err := a.Areas.Edition(ctx, who, level, edition)
	if err != nil {
		return indicator.Version{}, nil, "", err
	}
	areas, err := a.Areas.Areas(ctx, who, e.ID)
	if err != nil {
		return indicator.Version{}, nil, "", err
	}
	p, err := kernel.ParsePeriod(period)
	if err != nil {
		return indicator.Version{}, nil, "", err
	}
	list, err := a.Indicators.Slices(ctx, who, indicator.Filter{Indicator: i.ID, Edition: e.ID, Period: p})
	if err == nil && len(list) != 1 {
		err = fmt.Errorf("%s %s %s: %d slices", key, place, period, len(list))
	}
	if err != nil {
		return indicator.Version{}, nil, "", err
	}
	return i.At(p.To), areas, list[0].ID, nil
}

// storedRates compares figures as they are kept, in the indicator's unit, to three decimals: rates indicator level/edition period area=value... .
func storedRates(ts *testscript.TestScript, _ bool, args []string) {
	withTown(ts, func(ctx context.Context, a *app.App, who access.Actor) error {
		v, areas, slice, err := sliceOf(ctx, a, who, args[0], args[1], args[2])
		if err != nil {
			return err
		}
		list, err := a.Indicators.Observations(ctx, who, slice)
		if err != nil {
			return err
		}
		values := map[string]string{}
		for _, o := range list {
			n := slices.IndexFunc(areas, func(x area.Area) bool { return x.ID == o.AreaID })
			values[areas[n].Key] = strconv.FormatFloat(o.Number(v), 'f', 3, 64)
		}
		for _, pair := range args[3:] {
			key, want, _ := strings.Cut(pair, "=")
			if values[key] != want {
				return fmt.Errorf("%s in %s: %s, want %s", args[0], key, values[key], want)
			}
		}
		return nil
	})
}

// union rolls all areas of an edition up to the city: union indicator level/edition period numerator [denominator]. With ! the roll-up is refused
// with the code that stands in place of the numbers.
func union(ts *testscript.TestScript, neg bool, args []string) {
	withTown(ts, func(ctx context.Context, a *app.App, who access.Actor) error {
		_, areas, slice, err := sliceOf(ctx, a, who, args[0], args[1], args[2])
		if err != nil {
			return err
		}
		ids := make([]kernel.ID, len(areas))
		for n, x := range areas {
			ids[n] = x.ID
		}
		o, missing, err := a.Indicators.Union(ctx, who, slice, ids)
		var refused *kernel.Error
		if neg {
			if errors.As(err, &refused) && refused.Key == args[3] {
				return nil
			}
			return fmt.Errorf("roll-up gives %v and %v, want %s", o, err, args[3])
		}
		if err != nil {
			return err
		}
		got := []string{strconv.FormatFloat(o.Numerator, 'f', -1, 64), strconv.FormatFloat(o.Denominator, 'f', -1, 64)}
		if len(missing) > 0 || !slices.Equal(got[:len(args)-3], args[3:]) {
			return fmt.Errorf("roll-up gives %v without %d areas, want %v", got, len(missing), args[3:])
		}
		return nil
	})
}
