// SPDX-License-Identifier: EUPL-1.2

package shapefile

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/kupferfaden/kupferfaden/geo"
)

// field is one column of a dBASE table.
type field struct {
	name   string // undecoded
	kind   byte
	length int
}

// dbfReader reads records one after the other; texts stay undecoded until the character set is known.
type dbfReader struct {
	r       *bufio.Reader
	name    string
	fields  []field
	records int64 // as the header claims
	ldid    byte
	row     []byte
}

func newDBF(r io.Reader, name string, lim geo.Limits) (*dbfReader, error) {
	d := &dbfReader{r: bufio.NewReaderSize(r, 64<<10), name: name}
	var h [32]byte
	if _, err := io.ReadFull(d.r, h[:]); err != nil {
		return nil, d.short(err, 0)
	}
	headerLen, recordLen := int(binary.LittleEndian.Uint16(h[8:])), int(binary.LittleEndian.Uint16(h[10:]))
	d.records, d.ldid = int64(binary.LittleEndian.Uint32(h[4:])), h[29]
	if headerLen < 33 || recordLen < 1 || h[0] == 0 {
		return nil, d.damaged("its header is impossible")
	}
	sum := 1
	read := 32
	for {
		c, err := d.r.Peek(1)
		if err != nil {
			return nil, d.short(err, 0)
		}
		if c[0] == 0x0D || read+32 > headerLen {
			break
		}
		var b [32]byte
		if _, err := io.ReadFull(d.r, b[:]); err != nil {
			return nil, d.short(err, 0)
		}
		read += 32
		f := field{name: strings.TrimRight(cString(b[:11]), " "), kind: b[11], length: int(b[16])}
		if f.kind == 'C' {
			f.length |= int(b[17]) << 8 // long texts use the decimals as high byte
		}
		if sum += f.length; sum > recordLen {
			return nil, d.damaged("its columns are wider than its records")
		}
		if d.fields = append(d.fields, f); len(d.fields) > lim.MaxFields {
			return nil, refuse("limit.fields", name, map[string]any{"limit": lim.MaxFields}, "The table has more than %d columns.", lim.MaxFields)
		}
	}
	if _, err := io.CopyN(io.Discard, d.r, int64(headerLen-read)); err != nil {
		return nil, d.short(err, 0)
	}
	if len(d.fields) == 0 {
		return nil, d.damaged("it has no columns")
	}
	d.row = make([]byte, recordLen) // at most 64 KB
	return d, nil
}

func (d *dbfReader) damaged(reason string) error {
	return refuse("dbf.damaged", d.name, nil, "The table %q is damaged: %s. Export it again.", d.name, reason)
}

func (d *dbfReader) short(err error, row int) error {
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return refuse("dbf.truncated", d.name, map[string]any{"records": row}, "The table %q ends after %d records; transfer it again.", d.name, row)
	}
	return err
}

// next reads record number row (from 0). deleted marks records that dBASE only crossed out.
func (d *dbfReader) next(row int) (deleted bool, err error) {
	if _, err := io.ReadFull(d.r, d.row); err != nil {
		return false, d.short(err, row)
	}
	return d.row[0] == '*', nil
}

// value returns the undecoded value of a column of the current record; text tells whether it must be decoded.
func (d *dbfReader) values(f func(i int, v geo.Value, text bool)) {
	at := 1
	for i, fd := range d.fields {
		raw := d.row[at : at+fd.length]
		at += fd.length
		switch fd.kind {
		case 'N', 'F':
			f(i, number(strings.TrimSpace(cString(raw))), false)
		case 'L':
			f(i, logical(raw), false)
		case 'D':
			f(i, date(strings.TrimSpace(cString(raw))), false)
		case 'I', '+':
			if len(raw) == 4 {
				f(i, geo.IntValue(int64(int32(binary.LittleEndian.Uint32(raw)))), false)
				continue
			}
			f(i, geo.Value{}, false)
		case 'O', 'B':
			if len(raw) == 8 {
				if v := float(raw); v-v == 0 {
					f(i, geo.NumberValue(v), false)
					continue
				}
			}
			f(i, geo.Value{}, false)
		case 'M', 'G', 'P': // memo, OLE and picture live in another file
			f(i, geo.Value{}, false)
		default:
			s := strings.TrimRight(cString(raw), " ")
			if s == "" {
				f(i, geo.Value{}, false)
				continue
			}
			f(i, geo.StringValue(s), true)
		}
	}
}

// cString cuts at the first NUL, with which some programs pad.
func cString(b []byte) string {
	s, _, _ := strings.Cut(string(b), "\x00")
	return s
}

// number keeps the text of a number. Stars mean that it did not fit into the column.
func number(s string) geo.Value {
	if s == "" {
		return geo.Value{}
	}
	if f, err := strconv.ParseFloat(s, 64); err == nil && f-f == 0 && !strings.ContainsAny(s, "xXpP_") {
		return geo.Value{Kind: geo.Number, Text: s}
	}
	return geo.Value{Kind: geo.Missing, Text: strings.ToValidUTF8(s, "\uFFFD")}
}

func logical(raw []byte) geo.Value {
	if len(raw) == 1 {
		switch raw[0] {
		case 'T', 't', 'Y', 'y', 'J', 'j':
			return geo.BoolValue(true)
		case 'F', 'f', 'N', 'n':
			return geo.BoolValue(false)
		}
	}
	return geo.Value{}
}

func date(s string) geo.Value {
	if s == "" || strings.Trim(s, "0") == "" {
		return geo.Value{}
	}
	t, err := time.Parse("20060102", s)
	if err != nil {
		return geo.Value{Kind: geo.Missing, Text: strings.ToValidUTF8(s, "\uFFFD")}
	}
	return geo.Value{Kind: geo.Date, Text: t.Format(time.DateOnly)}
}

// unique makes column names distinct; dBASE cuts them to ten characters.
func unique(names []string) (changed []string) {
	seen := map[string]bool{}
	for i, n := range names {
		if n == "" {
			n = fmt.Sprintf("column_%d", i+1)
		}
		base := n
		for k := 2; seen[n]; k++ {
			n = fmt.Sprintf("%s_%d", base, k)
		}
		seen[n] = true
		if n != names[i] {
			changed = append(changed, names[i]+" → "+n)
			names[i] = n
		}
	}
	return changed
}
