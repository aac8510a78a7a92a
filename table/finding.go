// SPDX-License-Identifier: EUPL-1.2

package table

import (
	"sort"
	"strconv"
	"strings"
)

// Outcome says what becomes of a file, row or cell that is not as expected.
type Outcome string

// The outcomes, from harmless to final.
const (
	Accept Outcome = "accept" // taken as it is; worth knowing
	Warn   Outcome = "warn"   // taken, named in the report
	Ask    Outcome = "ask"    // nothing may be stored before a person has decided
	Row    Outcome = "row"    // this row is refused, the others may be taken after confirmation
	File   Outcome = "file"   // the whole file is refused
)

// Finding is one departure from a plain table.
type Finding struct {
	Code    string
	Outcome Outcome
	Sheet   string            // of a workbook
	Line    int               // line of the file, or row of the sheet, counted from 1; 0 if it concerns the whole
	Row     int               // number of the record below the header, counted from 1; 0 if none
	Column  string            // letter
	Params  map[string]string // what the sentence names; "answer" is the mapping key that settles a question
	Count   int               // how often it occurred, when only the first occurrences are listed one by one
}

// where gives the place for the sentence.
func (f Finding) where() string {
	var s []string
	if f.Sheet != "" {
		s = append(s, "sheet \""+f.Sheet+"\"")
	}
	if f.Line > 0 {
		s = append(s, "line "+strconv.Itoa(f.Line))
	}
	if f.Column != "" {
		s = append(s, "column "+f.Column)
	}
	if len(s) == 0 {
		return ""
	}
	return strings.Join(s, ", ") + ": "
}

// String is the finding as an English sentence: where, what, what to do. Programs that speak to people translate by Code and Params.
func (f Finding) String() string {
	d, ok := catalogue[f.Code]
	if !ok {
		return f.where() + f.Code
	}
	s := d.text
	for k, v := range f.Params {
		s = strings.ReplaceAll(s, "{"+k+"}", v)
	}
	if f.Count > 1 {
		s += " (" + strconv.Itoa(f.Count) + " times)"
	}
	return f.where() + s
}

// Refusal is the error of a file that is refused as a whole. Others are further reasons and what was noticed before.
type Refusal struct {
	Finding Finding
	Others  []Finding
}

// Error gives the finding's sentence.
func (r *Refusal) Error() string { return r.Finding.String() }

func refuse(code string, kv ...string) *Refusal {
	return &Refusal{Finding: found(code, kv...)}
}

func found(code string, kv ...string) Finding {
	f := Finding{Code: code, Outcome: catalogue[code].outcome}
	if len(kv) > 0 {
		f.Params = make(map[string]string, len(kv)/2)
		for i := 0; i+1 < len(kv); i += 2 {
			f.Params[kv[i]] = kv[i+1]
			if kv[i] != "known" { // what the program knows is short, what a file says need not be
				f.Params[kv[i]] = clip(kv[i+1])
			}
		}
	}
	return f
}

// clip keeps a quoted cell short: diagnostics repeat what the file says and must not become as large as it.
func clip(s string) string {
	if len(s) <= 120 {
		return strings.ToValidUTF8(s, "�")
	}
	return strings.ToValidUTF8(s[:117], "") + "…"
}

// Codes lists every code a Finding may carry, sorted, so that translations can be checked for completeness.
func Codes() []string {
	out := make([]string, 0, len(catalogue))
	for c := range catalogue {
		out = append(out, c)
	}
	sort.Strings(out)
	return out
}

// Answerable tells whether yes settles a question of this code: something is proposed that can be taken. Other questions need a choice that
// only the mapping or a better file can make.
func Answerable(code string) bool {
	switch code {
	case "column.ambiguous", "period.order_unknown", "period.unix_time", "period.no_year":
		return false
	}
	return catalogue[code].outcome == Ask
}

// perCode is how many findings of one code are listed one by one.
const perCode = 50

// findings collects with a limit per code: a file of a million broken rows gives a short report with true counts.
type findings struct {
	list  []Finding
	count map[string]int
	last  map[string]int // index of the finding that carries the count
}

func (l *findings) add(f Finding) {
	if l.count == nil {
		l.count, l.last = map[string]int{}, map[string]int{}
	}
	key := f.Code + "\x00" + f.Column
	if f.Outcome == Row {
		key = f.Code
	}
	l.count[key]++
	if l.count[key] <= perCode {
		l.last[key] = len(l.list)
		l.list = append(l.list, f)
		return
	}
	l.list[l.last[key]].Count = l.count[key] - perCode + 1
}

type description struct {
	outcome Outcome
	text    string
}

// catalogue holds every code with its outcome (design: reliability, section 3, parts C, X and D) and its English sentence.
var catalogue = map[string]description{
	"file.empty":           {File, "the file is empty; deliver it again"},
	"file.too_large":       {File, "the file has {size} bytes, more than the limit of {limit}; split it"},
	"file.unreadable":      {File, "the file cannot be read: {reason}"},
	"file.html":            {File, "this is a web page, not a spreadsheet; open it and save it as .xlsx or .csv"},
	"file.xls":             {File, "this is the old .xls format; open it and save it as .xlsx"},
	"file.encrypted":       {File, "the workbook is protected by a password; save it without"},
	"file.csv_named_xlsx":  {File, "this is a text table named {name}; rename it to .csv or save it as .xlsx"},
	"file.pdf":             {File, "this is a PDF; ask for the table behind it as .xlsx or .csv"},
	"file.xml":             {File, "this is an XML file; save it as .xlsx, .ods or .csv"},
	"file.not_a_table":     {File, "this is not a CSV, XLSX or ODS file; save the table in one of these formats"},
	"file.no_header":       {File, "no table was found: there is no line with at least two columns, or one column with a heading"},
	"file.no_rows":         {File, "there are no data rows below the header"},
	"file.person_data":     {File, "the columns {columns} look like data of persons; only aggregated figures may be imported, nothing was stored"},
	"file.nul":             {File, "the file contains NUL bytes; it is damaged or not a text file"},
	"file.too_many_rows":   {File, "more than {limit} rows; split the file"},
	"csv.too_many_columns": {File, "{columns} columns, more than the limit of {limit}"},
	"csv.field_too_long":   {File, "a field is longer than {limit} bytes"},
	"csv.record_too_long":  {File, "the line is longer than {limit} bytes"},
	"csv.quote_unclosed":   {File, "a quotation mark opened in this line is never closed"},
	"csv.delimiter_given":  {File, "the separator \"{delimiter}\" of the mapping splits no line of this file"},

	"encoding.utf16_guess":  {Ask, "this looks like {encoding} without byte-order mark; confirm the encoding"},
	"encoding.uncertain":    {Ask, "the letters look like {encoding} (\"{sample}\"); confirm the encoding"},
	"encoding.broken_line":  {Row, "the line is not valid {encoding}: it was written in another encoding than the rest"},
	"encoding.mojibake":     {Warn, "\"{sample}\" looks like text that was encoded twice; ask for the original"},
	"encoding.unknown":      {File, "the encoding \"{encoding}\" is not known; known are {known}"},
	"csv.mixed_line_ends":   {Warn, "the file mixes line ends"},
	"csv.requoted":          {Warn, "a spreadsheet had quoted every line as one field and split the decimal commas; the lines were put together again"},
	"csv.sep_line":          {Accept, "the line sep= was read as instruction"},
	"csv.no_delimiter":      {Warn, "no separator was found; the file is read as one column"},
	"csv.delimiter_changes": {Ask, "from here on the separator seems to be \"{delimiter}\""},
	"csv.too_few_fields":    {Row, "{fields} fields where the header has {columns}"},
	"csv.too_many_fields":   {Row, "{fields} fields where the header has {columns}"},
	"csv.stray_quote":       {Row, "text follows a closing quotation mark"},

	"layout.title_lines":       {Ask, "{lines} lines above the table were left out; confirm that the header begins in line {header}"},
	"layout.header_rows":       {Ask, "the header seems to have {rows} rows; confirm it"},
	"layout.footer":            {Ask, "the table seems to end before this line (\"{text}\"); confirm it"},
	"layout.footer_taken":      {Accept, "the table ends before this line"},
	"layout.genesis":           {Accept, "GENESIS table: {title}"},
	"layout.data_after_footer": {Ask, "after the end of the table there is another line that looks like data"},
	"layout.header_again":      {Row, "the header stands here again; the row was left out"},
	"layout.no_header_match":   {Ask, "no header was recognised; the columns are named by letters"},
	"column.duplicate":         {Ask, "two columns are called \"{name}\"; refer to them by letter"},
	"column.unnamed":           {Warn, "the column has no name and is ignored"},
	"column.missing":           {File, "the mapping names the column \"{name}\" which the table does not have; it has {columns}"},
	"column.ambiguous":         {Ask, "the mapping names \"{name}\" but several columns are called so; use the letter"},
	"sheet.missing":            {File, "the workbook has no sheet \"{name}\"; it has {sheets}"},
	"sheet.several":            {Ask, "the workbook has {count} sheets ({sheets}); \"{name}\" was taken, confirm it"},
	"sheet.hidden":             {Ask, "the sheet is hidden; confirm that it is meant"},
	"sheet.hidden_others":      {Warn, "hidden sheets were left aside: {sheets}"},
	"sheet.hidden_rows":        {Ask, "rows are hidden, the first is row {first}; they are read, confirm that they are meant"},
	"sheet.hidden_columns":     {Ask, "the columns {columns} are hidden; they are read, confirm that they are meant"},
	"sheet.merged_header":      {Ask, "the header has merged cells; their text was repeated: {names}"},
	"sheet.merged_body":        {Warn, "cells are merged below the header ({range}); only the first carries the value"},

	"xlsx.no_sheet":            {File, "the workbook has no sheet"},
	"xlsx.damaged":             {File, "the workbook is damaged ({reason}); open and save it again"},
	"xlsx.dtd":                 {File, "a part of the workbook declares XML entities; such files are not read"},
	"xlsx.macros":              {File, "the workbook contains macros; save it as .xlsx"},
	"xlsx.shared_string":       {File, "cell {cell} refers to text number {index} which the workbook does not hold"},
	"xlsx.external":            {Accept, "the workbook refers to other files; only the stored values are read"},
	"xlsx.formula_no_value":    {Row, "the formula has no stored value; open the file in a spreadsheet program and save it"},
	"xlsx.error_value":         {Row, "the cell holds the error {error}"},
	"xlsx.bad_date":            {Row, "the date number {serial} is no day of the calendar"},
	"xlsx.percent_format":      {Warn, "numbers formatted as percent were taken as shown: 0.314 as 31.4"},
	"zip.entries":              {File, "the archive holds {entries} entries, more than the limit of {limit}"},
	"zip.bomb":                 {File, "unpacked, the file would have more than {limit} bytes"},
	"zip.path":                 {File, "the archive holds the entry \"{name}\" which points outside; such files are not read"},
	"zip.no_workbook":          {File, "the archive holds no workbook; save the table as .xlsx, .ods or .csv"},
	"zip.damaged":              {File, "the archive is damaged ({reason}); deliver it again"},
	"ods.repeated":             {Accept, "repeated cells were not expanded"},
	"number.text":              {Row, "\"{text}\" is not a number"},
	"number.conflict":          {Row, "\"{text}\" is written in another way than the column, whose decimal sign is \"{decimal}\""},
	"number.out_of_range":      {Row, "\"{text}\" is not a finite number"},
	"number.error":             {Warn, "\"{text}\" is a spreadsheet error; taken as missing"},
	"number.ambiguous":         {Ask, "\"{text}\" may be thousands or decimals and nothing in the column tells; give the decimal sign (\"{decimal}\" is proposed)"},
	"number.as_text":           {Warn, "{cells} numbers are stored as text and were converted, the first is \"{text}\""},
	"number.percent_mixed":     {Ask, "\"{percent}\" and \"{bare}\" stand in one column; say which scale is meant"},
	"number.sentinel":          {Ask, "\"{text}\" looks like a code for a missing value; name it under special"},
	"number.negative":          {Row, "\"{text}\" is negative, a {part} cannot be"},
	"number.part_above_whole":  {Warn, "the numerator {numerator} of {indicator} is larger than its denominator {denominator}"},
	"period.invalid":           {Row, "\"{text}\" is not a date or period"},
	"period.no_such_day":       {Row, "there is no day {text}"},
	"period.out_of_range":      {Row, "the year of \"{text}\" lies outside 1900 to 2100"},
	"period.reversed":          {Row, "\"{text}\" ends before it begins"},
	"period.two_digit_year":    {Ask, "\"{text}\" has a year of two digits; give the format"},
	"period.order_unknown":     {Ask, "\"{text}\" can be read as day/month or month/day; give the format"},
	"period.serial":            {Ask, "\"{text}\" looks like the day number of a spreadsheet, {proposal}; give the format"},
	"period.unix_time":         {Ask, "\"{text}\" looks like a computer time in seconds or milliseconds; give the dates"},
	"period.two_ways":          {Ask, "\"{text}\" may be a school year or another year; give the format"},
	"period.no_year":           {Ask, "\"{text}\" lacks the year; give the period in the mapping"},
	"period.none":              {File, "the mapping gives no period for {indicator}"},
	"key.empty":                {Row, "the area key is empty"},
	"key.destroyed":            {Row, "the area key \"{text}\" was turned into a rounded number by a spreadsheet; ask for the keys as text"},
	"key.total":                {Ask, "\"{text}\" looks like a total among the areas and would count twice; leave it out by a filter"},
	"key.padded":               {Warn, "{count} area keys had lost leading zeros and were padded to {width} digits, the first is \"{text}\""},
	"key.too_long":             {Row, "the area key \"{text}\" is longer than {width} characters"},
	"key.lost_zero":            {Ask, "the area key \"{text}\" seems to have lost a leading zero; \"{proposal}\" is proposed, set key_width"},
	"key.mixed_lengths":        {Ask, "the area keys have {lengths} digits; if they are one level, leading zeros were lost, set key_width; otherwise set a filter"},
	"long.code_unmapped":       {Warn, "{rows} rows carry codes that the mapping does not name, the first is \"{text}\"; they were left out"},
	"filter.nothing":           {File, "the filters of the mapping leave no row"},
	"mapping.yaml":             {File, "the mapping is not YAML; check indents, colons and quotation marks"},
	"mapping.too_large":        {File, "the mapping is larger than {limit} bytes"},
	"mapping.not_utf8":         {File, "the mapping is not UTF-8; save it as UTF-8"},
	"mapping.empty":            {File, "the mapping is empty; it needs area, period and columns"},
	"mapping.block":            {File, "\"{where}\" must be a block of keys"},
	"mapping.key_form":         {File, "a key under \"{where}\" is no word"},
	"mapping.key_twice":        {File, "the key \"{key}\" stands twice under \"{where}\""},
	"mapping.key_unknown":      {File, "unknown key \"{key}\" under \"{where}\"; known are {known}"},
	"mapping.word":             {File, "a word is expected here"},
	"mapping.number":           {File, "a whole number from 1 is expected, not \"{text}\""},
	"mapping.flag":             {File, "unknown flag \"{text}\"; known are {known}"},
	"mapping.disclosure":       {File, "disclosure must be cleared_by_source or unchecked, not \"{text}\""},
	"mapping.part":             {File, "unknown part \"{text}\"; known are value, numerator, denominator, change"},
	"mapping.no_indicator":     {File, "\"{where}\" names no indicator"},
	"mapping.filter":           {File, "a filter needs column and one of equals, in, length"},
	"mapping.no_area":          {File, "area.column is missing: name the column with the area keys"},
	"mapping.area_twice":       {File, "area has column or key, not both"},
	"mapping.no_columns":       {File, "columns or long is missing: name at least one column with figures"},
	"mapping.columns_and_long": {File, "columns and long exclude each other"},
	"mapping.long":             {File, "long needs indicator_column, value_column and codes"},
	"mapping.period_twice":     {File, "period has value or column, not both"},
	"mapping.period":           {File, "the period \"{text}\" cannot be read; write 2020-12-31, 2020-01-01/2020-12-31 or 2020, between 1900 and 2100"},
	"mapping.period_format":    {File, "unknown period format \"{text}\"; known are {known}"},
	"mapping.decimal":          {File, "decimal must be auto, comma or point, not \"{text}\""},
	"mapping.delimiter":        {File, "delimiter must be one of ; , | tab, not \"{text}\""},
	"mapping.encoding":         {File, "unknown encoding \"{text}\"; known are {known}"},
	"mapping.footer":           {File, "footer is not a regular expression: {text}"},
	"mapping.key_width":        {File, "key_width is larger than {limit}"},
	"read.stopped":             {File, "reading stopped: {reason}"},
}
