// SPDX-License-Identifier: EUPL-1.2

package analysis

import (
	"bufio"
	"encoding/csv"
	"io"
	"strconv"
)

// classColumns is the number of class probabilities in the table: four classes, as the status index has.
const classColumns = 4

// WriteCSV writes the result as a table, one row per area by key: full float64 precision, point as decimal sign, LF line ends, empty where an area
// is not assessed, where the method has no such result or where the audience does not see it.
func (r Result) WriteCSV(w io.Writer) error {
	buffered := bufio.NewWriter(w)
	c := csv.NewWriter(buffered)
	header := []string{
		"area", "eligible", "reason", "sum", "index", "class", "dynamic_sum", "dynamic_index", "dynamic_class", "group", "attention",
		"distance_to_limit",
	}
	if r.Draws > 0 {
		header = append(header, "rank_median", "rank_lo", "rank_hi")
		for i := range classColumns {
			header = append(header, "p_class_"+strconv.Itoa(i+1))
		}
	}
	if err := c.Write(header); err != nil {
		return err
	}
	for _, o := range r.Outcomes {
		row := []string{
			o.Key, strconv.FormatBool(o.Eligible), o.Reason, o.Sum.text(), o.Index.text(), "", o.DynamicSum.text(), o.DynamicIndex.text(),
			o.DynamicClass, o.Group, "", o.Distance.text(),
		}
		if o.Class > 0 {
			row[5] = strconv.Itoa(o.Class)
		}
		if o.Eligible && len(r.Method.AttentionRule) > 0 {
			row[10] = strconv.FormatBool(o.Attention)
		}
		if r.Draws > 0 {
			row = append(row, o.RankMedian.text(), o.RankLow.text(), o.RankHigh.text())
			for i := range classColumns {
				p := ""
				if i < len(o.Probability) {
					p = o.Probability[i].text()
				}
				row = append(row, p)
			}
		}
		if err := c.Write(row); err != nil {
			return err
		}
	}
	c.Flush()
	if err := c.Error(); err != nil {
		return err
	}
	return buffered.Flush()
}

// text writes the shortest form that reads back as the same float64, nothing for NaN.
func (n Number) text() string {
	if !n.Known() {
		return ""
	}
	return strconv.FormatFloat(float64(n), 'g', -1, 64)
}
