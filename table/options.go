// SPDX-License-Identifier: EUPL-1.2

package table

import "regexp"

// Options steer how a file is opened; the zero value lets everything be found.
type Options struct {
	Sheet      string         // name of the sheet; "" takes the first visible one with a table
	HeaderRows int            // number of header rows, 0 to find them
	FirstRow   int            // line (sheet row) of the first data row, 0 to find it
	LastRow    int            // line (sheet row) of the last data row, 0 for the end of the table
	Footer     *regexp.Regexp // a row with a cell that matches ends the table
	Encoding   string         // "" or "auto", or one of Encodings
	Delimiter  rune           // 0 to find it
	Limits     Limits

	// AllowPersonData lifts the refusal of columns that look like data of persons.
	AllowPersonData bool
	// Signed tells the indicators that are balances (net migration, natural change), whose numerators may be negative; nil if none is.
	Signed func(indicator string) bool
	// Confirmed holds codes of findings with outcome "ask" that a person has agreed to; they become warnings, and what was proposed is taken.
	// Codes that are not Answerable stay questions.
	Confirmed []string
	// Headings are column names the header is known to hold, such as those a mapping names. Where the header that was found lacks one of them
	// but other rows have all, those are the header: a faulty first row of data is then not taken for a part of it.
	Headings []string
}

// Limits bound what a file may cost. Zero fields take the default.
type Limits struct {
	Bytes    int64 // size of the file; default 1 GB
	Unzipped int64 // sum of all unpacked parts; default 512 MB
	Entries  int   // entries of an archive; default 10,000
	Strings  int64 // shared texts of a workbook, which are kept in memory; default 96 MB
	Rows     int   // default 20 million
	Columns  int   // default 2,000
	Field    int   // bytes of one cell; default 1 MB
}

func (l Limits) withDefaults() Limits {
	def := func(p *int64, v int64) {
		if *p <= 0 {
			*p = v
		}
	}
	defInt := func(p *int, v int) {
		if *p <= 0 {
			*p = v
		}
	}
	def(&l.Bytes, 1<<30)
	def(&l.Unzipped, 512<<20)
	def(&l.Strings, 96<<20)
	defInt(&l.Entries, 10_000)
	defInt(&l.Rows, 20_000_000)
	defInt(&l.Columns, 2_000)
	defInt(&l.Field, 1<<20)
	return l
}

func (o Options) confirmed(code string) bool {
	if !Answerable(code) {
		return false
	}
	for _, c := range o.Confirmed {
		if c == code {
			return true
		}
	}
	return false
}
