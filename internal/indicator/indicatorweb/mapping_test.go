// SPDX-License-Identifier: EUPL-1.2

package indicatorweb

import (
	"fmt"
	"net/url"
	"reflect"
	"testing"

	"pgregory.net/rapid"

	"github.com/kupferfaden/kupferfaden/table"
)

// A mapping that goes through the form comes out as it went in: the page shows the same thing as the file.
func TestTheFormKeepsAMapping(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(2, 8).Draw(t, "columns")
		columns := make([]table.Column, n)
		for i := range columns {
			columns[i] = table.Column{Index: i, Letter: table.Letter(i), Name: rapid.SampledFrom([]string{"", "Wert", "Raum (ID)", "a | b", "Ä=1; 2"}).Draw(t, "name")}
		}
		m := &table.Mapping{
			Table: table.TableSpec{
				Encoding: rapid.SampledFrom([]string{"", table.UTF8}).Draw(t, "encoding"), Delimiter: rapid.SampledFrom([]string{"", ";", "tab"}).Draw(t, "delimiter"),
				Decimal: rapid.SampledFrom([]string{"", ",", "."}).Draw(t, "decimal"), HeaderRows: rapid.IntRange(0, 3).Draw(t, "header"),
			},
			LastRow: rapid.IntRange(0, 3).Draw(t, "last"), Footer: rapid.SampledFrom([]string{"", "^Quelle"}).Draw(t, "footer"),
			Area:       table.AreaSpec{Level: "plr", Edition: "2021", Column: reference(columns, 0), KeyWidth: rapid.IntRange(0, 8).Draw(t, "width")},
			Period:     table.PeriodSpec{Value: "2023-12-31"},
			Disclosure: rapid.SampledFrom([]string{table.Unchecked, table.ClearedBySource}).Draw(t, "disclosure"),
		}
		part := rapid.SampledFrom([]table.Part{table.PartValue, table.PartNumerator, table.PartDenominator, table.PartChange})
		if n > 2 && rapid.Bool().Draw(t, "long") {
			m.Long = &table.LongSpec{IndicatorColumn: reference(columns, 1), ValueColumn: reference(columns, 2), Codes: map[string]table.Target{}}
			for i := range rapid.IntRange(1, 3).Draw(t, "codes") {
				m.Long.Codes[fmt.Sprintf("M%d", i)] = table.Target{Indicator: fmt.Sprintf("k%d", i), Part: part.Draw(t, "part")}
			}
		} else {
			for i := 1; i < n; i++ {
				c := table.ColumnSpec{Column: reference(columns, i)}
				for k := range rapid.IntRange(0, 2).Draw(t, "targets") {
					c.Targets = append(c.Targets, table.Target{Indicator: fmt.Sprintf("k%d_%d", i, k), Part: part.Draw(t, "part"), Period: rapid.SampledFrom([]string{"", "2022"}).Draw(t, "period")})
				}
				if len(c.Targets) > 0 {
					m.Columns = append(m.Columns, c)
				}
			}
		}
		if rapid.Bool().Draw(t, "filters") {
			total := "insgesamt"
			m.Filter = []table.FilterSpec{
				{Column: "X", Equals: &total}, {Column: "Y", In: []string{"a b", "c"}}, {Column: "Z", Length: []int{2, 4}},
			}
		}
		if rapid.Bool().Draw(t, "special") {
			m.Special = map[string]table.Flag{"-9": table.FlagUnknown, "a = b": table.FlagSuppressed}
		}
		v := url.Values{}
		fill(v, m, columns)
		sent, err := url.ParseQuery(v.Encode()) // as the browser sends it
		if err != nil {
			t.Fatal(err)
		}
		back, wrong := build(sent, columns)
		if len(wrong) > 0 || !reflect.DeepEqual(back, m) {
			t.Fatalf("wrong %v\nin  %+v\nout %+v", wrong, m, back)
		}
	})
}

func TestWrongNumbersAreNamed(t *testing.T) {
	v := url.Values{"header_rows": {"zwei"}, "key_width": {"-1"}, "special": {"-9 unknown"}, "filter_col": {"A"}, "filter_op": {filterLength}, "filter_val": {"vier"}, "c0_role": {roleFigure}}
	_, wrong := build(v, []table.Column{{Letter: "A", Name: "x"}})
	for _, name := range []string{"header_rows", "key_width", "special", "filter_val", "c0_ind"} {
		if wrong[name] == "" {
			t.Errorf("%s is not named: %v", name, wrong)
		}
	}
}
