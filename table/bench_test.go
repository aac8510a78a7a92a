// SPDX-License-Identifier: EUPL-1.2

package table_test

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/kupferfaden/kupferfaden/table"
)

// wideCSV writes rows of six columns: key, name, year and three figures.
func wideCSV(rows int) []byte {
	var b bytes.Buffer
	b.WriteString("Schlüssel;Name;Jahr;Einwohner;Arbeitslose;Quote\n")
	for i := range rows {
		fmt.Fprintf(&b, "%08d;Gebiet %d;%d;%d;%d;%d,%d\n", 1000000+i%33000, i%33000, 2015+i/33000%10, 1000+i%5000, i%300, i%100, i%10)
	}
	return b.Bytes()
}

const benchMapping = `
area: {column: Schlüssel}
period: {column: Jahr}
columns:
  Einwohner: {indicator: pop_total}
`

func BenchmarkCSVRows(b *testing.B) {
	const n = 1_000_000
	data := wideCSV(n)
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		t, err := table.Open(bytes.NewReader(data), int64(len(data)), "a.csv", table.Options{})
		if err != nil {
			b.Fatal(err)
		}
		rows, err := t.Rows()
		if err != nil {
			b.Fatal(err)
		}
		k := 0
		for rows.Next() {
			k += rows.Row().Len()
		}
		if k != 6*n {
			b.Fatal(k, rows.Err())
		}
	}
	b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}

func BenchmarkCSVMapped(b *testing.B) {
	const n = 1_000_000
	data := wideCSV(n)
	m, err := table.ParseMapping([]byte(benchMapping))
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		t, err := table.Open(bytes.NewReader(data), int64(len(data)), "a.csv", table.Options{})
		if err != nil {
			b.Fatal(err)
		}
		r, err := m.Apply(t, nil)
		if err != nil {
			b.Fatal(err)
		}
		k := 0
		for r.Next() {
			k++
		}
		if k != n || r.Err() != nil {
			b.Fatal(k, r.Err(), r.Findings())
		}
	}
	b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}
