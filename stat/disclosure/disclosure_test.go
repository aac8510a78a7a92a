// SPDX-License-Identifier: EUPL-1.2

package disclosure_test

import (
	"errors"
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/kupferfaden/kupferfaden/stat/disclosure"
)

func num(v float64) *float64 { return &v }

func TestPrimaryByClassAndAudience(t *testing.T) {
	type c = disclosure.Class
	for _, v := range []struct {
		class    c
		audience disclosure.Audience
		num, den *float64
		want     disclosure.Reason
	}{
		{disclosure.S3, disclosure.Public, num(2), num(400), disclosure.SmallCount},
		{disclosure.S3, disclosure.Public, num(3), num(400), disclosure.None},
		{disclosure.S3, disclosure.Political, num(4), num(400), disclosure.SmallCount},
		{disclosure.S3, disclosure.Internal, num(2), num(400), disclosure.SmallCount},
		{disclosure.S3, disclosure.Sealed, num(1), num(2), disclosure.None},
		{disclosure.S3, disclosure.Public, num(0), num(400), disclosure.None},
		{disclosure.S3, disclosure.Public, num(398), num(400), disclosure.SmallComplement},
		{disclosure.S3, disclosure.Public, num(400), num(400), disclosure.None},
		{disclosure.S3, disclosure.Public, num(0), num(2), disclosure.SmallDenominator},
		{disclosure.S3, disclosure.Public, num(0), num(0), disclosure.None},
		{disclosure.S3, disclosure.Public, num(2), nil, disclosure.SmallCount},
		{disclosure.S3, disclosure.Public, nil, num(50), disclosure.NotJudged},
		{disclosure.S3, disclosure.Public, num(-1), nil, disclosure.SmallCount},
		{disclosure.S5, disclosure.Internal, num(4), num(400), disclosure.SmallCount},
		{disclosure.S10, disclosure.Political, num(9), num(400), disclosure.SmallCount},
		{disclosure.S10, disclosure.Political, num(10), num(400), disclosure.None},
		{disclosure.N100, disclosure.Public, num(5), num(99), disclosure.SmallDenominator},
		{disclosure.N100, disclosure.Public, num(5), num(100), disclosure.None},
		{disclosure.N100, disclosure.Public, num(0), num(500), disclosure.ZeroCount},
		{disclosure.N100, disclosure.Political, num(4), num(500), disclosure.SmallCount},
		{disclosure.Q30, disclosure.Public, num(1), num(29), disclosure.SmallDenominator},
		{disclosure.Q30, disclosure.Internal, num(1), num(60), disclosure.None},
		{disclosure.Q30, disclosure.Public, nil, nil, disclosure.NotJudged},
		{disclosure.N20, disclosure.Public, nil, num(19), disclosure.SmallDenominator},
		{disclosure.N20, disclosure.Public, nil, num(20), disclosure.None},
		{disclosure.Open, disclosure.Public, num(1), num(2), disclosure.None},
		{disclosure.Open, disclosure.Political, num(1), nil, disclosure.None},
		{disclosure.Contract, disclosure.Internal, num(100), num(200), disclosure.Forbidden},
		{disclosure.Contract, disclosure.Sealed, num(1), num(2), disclosure.None},
		{"S7", disclosure.Public, num(100), num(200), disclosure.Forbidden},
		{disclosure.Open, "press", num(100), num(200), disclosure.Forbidden},
		{disclosure.S3, disclosure.Public, num(math.NaN()), num(200), disclosure.NotJudged},
	} {
		got := disclosure.Primary(v.num, v.den, v.class.Rule().For(v.audience))
		if got.Reason != v.want || got.Suppressed != (v.want != disclosure.None) {
			t.Errorf("%s for %s: %+v, want reason %d", v.class, v.audience, got, v.want)
		}
	}
}

func TestSurveyFiguresOfFewAnswersAreUnsafe(t *testing.T) {
	r := disclosure.Q30.Rule()
	for n, want := range map[float64]bool{30: true, 49: true, 50: false} {
		if got := disclosure.Primary(num(5), num(n), r); got.Unsafe != want || got.Suppressed {
			t.Errorf("%v answers: %+v", n, got)
		}
	}
}

func TestFullCellsAreWithheldWhereTheRuleSaysSo(t *testing.T) {
	r := disclosure.S3.Rule()
	r.NoFull = true
	if got := disclosure.Primary(num(40), num(40), r); got.Reason != disclosure.FullCount {
		t.Errorf("%+v", got)
	}
}

func TestParseClassReadsTheCatalogue(t *testing.T) {
	for s, want := range map[string]disclosure.Class{"S3": disclosure.S3, " S10, 3-yr pool ": disclosure.S10, "n≥20": disclosure.N20, "by contract": disclosure.Contract, "O": disclosure.Open} {
		if got, err := disclosure.ParseClass(s); err != nil || got != want {
			t.Errorf("%q: %q %v", s, got, err)
		}
	}
	for _, s := range []string{"", "S4", "public"} {
		if _, err := disclosure.ParseClass(s); err == nil {
			t.Errorf("%q was taken", s)
		}
	}
}

// What Primary shows never lets a count, a rest or a base between 1 and the minimum be read, not even from a rate and its base.
func TestNothingSmallIsShown(t *testing.T) {
	classes := []disclosure.Class{disclosure.S3, disclosure.S5, disclosure.S10, disclosure.N100}
	audiences := []disclosure.Audience{disclosure.Internal, disclosure.Political, disclosure.Public}
	for _, class := range classes {
		for _, audience := range audiences {
			k := map[disclosure.Class]float64{disclosure.S3: 3, disclosure.S5: 5, disclosure.S10: 10, disclosure.N100: 3}[class]
			k = max(k, map[disclosure.Audience]float64{disclosure.Internal: 3, disclosure.Political: 5}[audience])
			shown := 0
			for den := 0.0; den <= 130; den++ {
				for n := 0.0; n <= den; n++ {
					if disclosure.Primary(num(n), num(den), class.Rule().For(audience)).Suppressed {
						continue
					}
					shown++
					for _, v := range []float64{n, den - n, den} {
						if v >= 1 && v < k {
							t.Fatalf("%s for %s shows %v of %v", class, audience, n, den)
						}
					}
				}
			}
			if shown == 0 {
				t.Errorf("%s for %s shows nothing", class, audience)
			}
		}
	}
}

// Domain handbook 4.7: areas 2, 14, 9, 30 of 55. With the smallest blank alone, the total gives it away; with 9 blank too it does not.
func TestSingleBlankBesideItsTotalIsFound(t *testing.T) {
	town := []disclosure.Relation{{Name: "town", Parts: []int{0, 1, 2, 3}, Total: 4}}
	alone := []bool{true, false, false, false, false}
	if got := disclosure.SingleSuppressed(alone, town); !slices.Equal(got, []disclosure.Exposure{{Cell: 0, Relation: 0}}) {
		t.Errorf("%v", got)
	}
	var e *disclosure.ExposedError
	if err := disclosure.Check(alone, town); !errors.As(err, &e) || !slices.Equal(e.Names, []string{"town"}) {
		t.Errorf("%v", err)
	}
	if err := disclosure.Check([]bool{true, false, true, false, false}, town); err != nil {
		t.Errorf("two blanks: %v", err)
	}
	if err := disclosure.Check([]bool{false, false, false, false, true}, town); err == nil {
		t.Error("a blank total is the sum of its parts")
	}
}

func TestBlanksThatFollowFromSeveralSumsAreFound(t *testing.T) {
	// Areas 0, 1 in district 3, area 2 elsewhere, town 4 = 0+1+2, district 3 = 0+1.
	relations := []disclosure.Relation{{Name: "district", Parts: []int{0, 1}, Total: 3}, {Name: "town", Parts: []int{0, 1, 2}, Total: 4}}
	got := disclosure.SingleSuppressed([]bool{true, true, true, false, false}, relations)
	if !slices.Equal(got, []disclosure.Exposure{{Cell: 2, Relation: -1}}) {
		t.Errorf("%v", got)
	}
	// Chain: 2 is alone in the town once the district is known.
	relations = []disclosure.Relation{{Name: "district", Parts: []int{0, 1}, Total: 3}, {Name: "town", Parts: []int{3, 2}, Total: 4}}
	got = disclosure.SingleSuppressed([]bool{false, false, true, true, false}, relations)
	if !slices.Equal(got, []disclosure.Exposure{{Cell: 3, Relation: 0}, {Cell: 2, Relation: -1}}) {
		t.Errorf("%v", got)
	}
}

// Against all small vectors: a blank is determined exactly when no change of blanks that keeps every sum changes it.
func TestSingleSuppressedEqualsBruteForce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const cells = 7
		suppressed := make([]bool, cells)
		var blanks []int
		for c := range suppressed {
			if suppressed[c] = rapid.Bool().Draw(t, "suppressed"); suppressed[c] {
				blanks = append(blanks, c)
			}
		}
		var relations []disclosure.Relation
		for range rapid.IntRange(1, 3).Draw(t, "relations") {
			perm := rapid.Permutation([]int{0, 1, 2, 3, 4, 5, 6}).Draw(t, "cells")
			n := rapid.IntRange(2, 5).Draw(t, "parts")
			relations = append(relations, disclosure.Relation{Total: perm[0], Parts: perm[1 : n+1]})
		}
		free := make(map[int]bool) // blanks that can differ
		v := make([]int, cells)
		var try func(i int)
		try = func(i int) {
			if i == len(blanks) {
				for _, r := range relations {
					s := -v[r.Total]
					for _, p := range r.Parts {
						s += v[p]
					}
					if s != 0 {
						return
					}
				}
				for _, c := range blanks {
					free[c] = free[c] || v[c] != 0
				}
				return
			}
			for d := -3; d <= 3; d++ {
				v[blanks[i]] = d
				try(i + 1)
			}
			v[blanks[i]] = 0
		}
		if len(blanks) > 5 {
			t.Skip("too many blanks to enumerate")
		}
		try(0)
		got := make(map[int]bool)
		for _, e := range disclosure.SingleSuppressed(suppressed, relations) {
			got[e.Cell] = true
		}
		for _, c := range blanks {
			if got[c] == free[c] {
				t.Fatalf("cell %d: found %v, but can differ %v (blanks %v, relations %v)", c, got[c], free[c], blanks, relations)
			}
		}
	})
}
