// SPDX-License-Identifier: EUPL-1.2

package table_test

import (
	"fmt"
	"strings"

	"github.com/kupferfaden/kupferfaden/table"
)

func ExampleMapping_Apply() {
	file := "Stadtteil;31.12.2024;;\n;Einwohner;darunter Kinder\n01;1.024;98\n02;2.310,0;.\n03;k.A.;12\nInsgesamt;3.334;110\n"
	m, err := table.ParseMapping([]byte(`
table: {header_rows: 2}
area: {level: stadtteil, edition: "2024", column: Stadtteil}
period: {value: 31.12.2024}
columns:
  31.12.2024 | Einwohner: {indicator: child_share, part: denominator}
  C: {indicator: child_share, part: numerator}
`))
	if err != nil {
		fmt.Println(err)
		return
	}
	o, err := m.Options()
	if err != nil {
		fmt.Println(err)
		return
	}
	t, err := table.Open(strings.NewReader(file), int64(len(file)), "kinder.csv", o)
	if err != nil {
		fmt.Println(err)
		return
	}
	r, err := m.Apply(t, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	for r.Next() {
		x := r.Record()
		if x.HasValue {
			fmt.Println(x.Area, x.Part, x.Value)
		} else {
			fmt.Println(x.Area, x.Part, x.Flag)
		}
	}
	for _, f := range table.Questions(r.Findings()) {
		fmt.Println(f)
	}
	// Output:
	// 01 denominator 1024
	// 01 numerator 98
	// 02 denominator 2310
	// 02 numerator unknown
	// 03 denominator unknown
	// 03 numerator 12
	// line 6, column A: "Insgesamt" looks like a total among the areas and would count twice; leave it out by a filter
}
