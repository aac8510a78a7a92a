// SPDX-License-Identifier: EUPL-1.2

package table_test

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"testing"

	"github.com/kupferfaden/kupferfaden/table"
	"pgregory.net/rapid"
)

var (
	comma = table.Convention{Decimal: ','}
	point = table.Convention{Decimal: '.'}
	open0 = table.Convention{}
)

func TestNumbersAreReadUnderTheConventionOfTheColumn(t *testing.T) {
	for _, c := range []struct {
		text string
		conv table.Convention
		want float64
		kind table.NumberKind
		flag table.Flag
	}{
		{"12", open0, 12, table.NumberPlain, 0},
		{"-12", open0, -12, table.NumberPlain, 0},
		{"−12", open0, -12, table.NumberPlain, 0}, // U+2212
		{"–12", open0, -12, table.NumberPlain, 0}, // en dash
		{"12-", open0, -12, table.NumberPlain, 0},
		{"+12", open0, 12, table.NumberPlain, 0},
		{" 12 ", open0, 12, table.NumberPlain, 0},
		{"31,4", comma, 31.4, table.NumberPlain, 0},
		{"31,4", open0, 31.4, table.NumberPlain, 0},
		{"31.4", open0, 31.4, table.NumberPlain, 0},
		{"31,4", point, 0, table.NumberConflict, 0},
		{"31.4", comma, 0, table.NumberConflict, 0},
		{"1.234", comma, 1234, table.NumberPlain, 0},
		{"1.234", point, 1.234, table.NumberPlain, 0},
		{"1.234", open0, 0, table.NumberAmbiguous, 0},
		{"1,234", open0, 0, table.NumberAmbiguous, 0},
		{"0.123", open0, 0.123, table.NumberPlain, 0}, // no group begins with zero
		{"1234.567", open0, 1234.567, table.NumberPlain, 0},
		{"1.234.567", open0, 1234567, table.NumberPlain, 0},
		{"1.234.567", point, 0, table.NumberConflict, 0},
		{"1.234,56", open0, 1234.56, table.NumberPlain, 0},
		{"1,234.56", open0, 1234.56, table.NumberPlain, 0},
		{"1,234.56", comma, 0, table.NumberConflict, 0},
		{"1 234 567", comma, 1234567, table.NumberPlain, 0},
		{"1\u00a0234,5", comma, 1234.5, table.NumberPlain, 0},
		{"1\u202f234,5", open0, 1234.5, table.NumberPlain, 0},
		{"1'234.50", open0, 1234.5, table.NumberPlain, 0},
		{"1’234.50", point, 1234.5, table.NumberPlain, 0},
		{"31,4 %", comma, 31.4, table.NumberPercent, 0},
		{"31,4%", comma, 31.4, table.NumberPercent, 0},
		{",5", comma, 0.5, table.NumberPlain, 0},
		{"1e308", open0, 1e308, table.NumberPlain, 0},
		{"1.5e-3", point, 0.0015, table.NumberPlain, 0},
		{"1e400", open0, 0, table.NumberOutOfRange, 0},
		{"NaN", open0, 0, table.NumberOutOfRange, 0},
		{"-Infinity", open0, 0, table.NumberOutOfRange, 0},
		{"-", comma, 0, table.NumberPlain, table.FlagZero},
		{"–", comma, 0, table.NumberPlain, table.FlagZero},
		{"0", comma, 0, table.NumberPlain, 0},
		{"0", table.Convention{Decimal: ',', Signs: true}, 0, table.NumberPlain, table.FlagRoundedZero},
		{"10", table.Convention{Decimal: ',', Signs: true}, 10, table.NumberPlain, 0},
		{".", comma, 0, table.NumberMissing, table.FlagUnknown},
		{"...", comma, 0, table.NumberMissing, table.FlagNotYet},
		{"…", comma, 0, table.NumberMissing, table.FlagNotYet},
		{"/", comma, 0, table.NumberMissing, table.FlagUnsafe},
		{"x", comma, 0, table.NumberMissing, table.FlagNotApplicable},
		{"*", comma, 0, table.NumberMissing, table.FlagNotApplicable},
		{"(12)", comma, 12, table.NumberPlain, table.FlagUnsafe},
		{"( 12,5 )", comma, 12.5, table.NumberPlain, table.FlagUnsafe},
		{"12r", comma, 12, table.NumberPlain, table.FlagCorrected},
		{"12 p", comma, 12, table.NumberPlain, table.FlagProvisional},
		{"1.234s", comma, 1234, table.NumberPlain, table.FlagEstimated},
		{"k.A.", comma, 0, table.NumberMissing, table.FlagUnknown},
		{"#NV", comma, 0, table.NumberMissing, table.FlagUnknown},
		{"NULL", comma, 0, table.NumberMissing, table.FlagMissing},
		{"", comma, 0, table.NumberMissing, table.FlagMissing},
		{" \u00a0 ", comma, 0, table.NumberMissing, table.FlagMissing},
		{"#DIV/0!", comma, 0, table.NumberError, table.FlagNotApplicable},
		{"Mitte", comma, 0, table.NumberText, 0},
		{"12 34", comma, 0, table.NumberText, 0},
		{"1.23.456", comma, 0, table.NumberText, 0},
		{"1.234,5,6", comma, 0, table.NumberText, 0},
		{"1..2", comma, 0, table.NumberText, 0},
		{"--5", comma, 0, table.NumberText, 0},
		{"12a", comma, 0, table.NumberText, 0},
		{"0x10", comma, 0, table.NumberText, 0},
		{"1_000", comma, 0, table.NumberText, 0},
		{"%", comma, 0, table.NumberText, 0},
		{"r", comma, 0, table.NumberText, 0},
		{"١٢", comma, 0, table.NumberText, 0}, // Arabic-Indic digits are not guessed
	} {
		n := table.ParseNumber([]byte(c.text), c.conv)
		if n.Kind != c.kind || n.Value != c.want || (n.OK() && n.Flag != c.flag) || (c.kind == table.NumberError && n.Flag != c.flag) {
			t.Errorf("%q under %q: %+v, want %v kind %v flag %v", c.text, c.conv.Decimal, n, c.want, c.kind, c.flag)
		}
	}
}

// germanNumber writes a number with the given signs.
func germanNumber(v float64, decimals int, decimal, group string) string {
	s := strconv.FormatFloat(math.Abs(v), 'f', decimals, 64)
	whole, frac, _ := strings.Cut(s, ".")
	var parts []string
	for len(whole) > 3 {
		parts = append([]string{whole[len(whole)-3:]}, parts...)
		whole = whole[:len(whole)-3]
	}
	s = strings.Join(append([]string{whole}, parts...), group)
	if frac != "" {
		s += decimal + frac
	}
	if math.Signbit(v) && v != 0 {
		s = "-" + s
	}
	return s
}

func TestEveryWrittenNumberIsReadBackExactly(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		decimals := rapid.IntRange(0, 6).Draw(t, "decimals")
		v := rapid.Float64Range(-1e9, 1e9).Draw(t, "v")
		way := rapid.SampledFrom([]struct {
			decimal byte
			group   string
		}{{',', "."}, {'.', ","}, {',', " "}, {',', "\u00a0"}, {',', "\u202f"}, {'.', "'"}, {',', ""}, {'.', ""}}).Draw(t, "way")
		text := germanNumber(v, decimals, string(way.decimal), way.group)
		want, _ := strconv.ParseFloat(strconv.FormatFloat(v, 'f', decimals, 64), 64)
		n := table.ParseNumber([]byte(text), table.Convention{Decimal: way.decimal})
		if !n.Valued() || n.Value != want {
			t.Fatalf("%q: %+v, want %v", text, n, want)
		}
	})
}

func TestDestroyedKeysAreRecognised(t *testing.T) {
	for s, want := range map[string]bool{"5,33E+09": true, "5.33E+09": true, "1E+11": true, "05334032001": false, "E12": false, "12E": false, "5,33E09": false, "": false} {
		if got := table.DestroyedKey([]byte(s)); got != want {
			t.Errorf("%q: %v", s, got)
		}
	}
}

func FuzzNumber(f *testing.F) {
	for _, s := range []string{"1.234,56", "(12)", "12r", "-", "…", "1e400", "1\u202f234", "((", "%%", "e", "1e", "-e1", "9999999999999999999999", "1'2", ".,", ",.", "1.,2"} {
		f.Add([]byte(s), byte(','))
		f.Add([]byte(s), byte('.'))
		f.Add([]byte(s), byte(0))
	}
	f.Fuzz(func(t *testing.T, b []byte, d byte) {
		if d != ',' && d != '.' {
			d = 0
		}
		n := table.ParseNumber(b, table.Convention{Decimal: d})
		if math.IsNaN(n.Value) || math.IsInf(n.Value, 0) {
			t.Fatalf("%q gives %v", b, n.Value)
		}
		if !n.Valued() && n.Value != 0 {
			t.Fatalf("%q gives a number without being one: %+v", b, n)
		}
		if n.Valued() && d == 0 {
			// What is unambiguous means the same under the convention it proves, and nothing else under the other.
			a, p := table.ParseNumber(b, comma), table.ParseNumber(b, point)
			if a.Valued() && a.Value != n.Value || p.Valued() && p.Value != n.Value {
				t.Fatalf("%q: open %v, comma %+v, point %+v", b, n.Value, a, p)
			}
		}
		table.DestroyedKey(b)
	})
}

func ExampleParseNumber() {
	fmt.Println(table.ParseNumber([]byte("1.234,5"), table.Convention{Decimal: ','}).Value)
	fmt.Println(table.ParseNumber([]byte("."), table.Convention{Decimal: ','}).Flag)
	// Output:
	// 1234.5
	// unknown
}
