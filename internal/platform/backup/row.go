// SPDX-License-Identifier: EUPL-1.2

package backup

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"unicode/utf8"

	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/platform/db"
)

// appendRow writes a row as one line: a JSON array with null, true, false, numbers and strings; bytes are base64. Equal rows make equal lines.
func appendRow(b []byte, t db.Table, row []any) ([]byte, error) {
	b = append(b, '[')
	for i, v := range row {
		if i > 0 {
			b = append(b, ',')
		}
		switch x := v.(type) {
		case nil:
			b = append(b, "null"...)
		case bool:
			b = strconv.AppendBool(b, x)
		case int64:
			b = strconv.AppendInt(b, x, 10)
		case float64:
			if math.IsNaN(x) || math.IsInf(x, 0) {
				return nil, fmt.Errorf("%s.%s: %v is not a finite number", t.Name, t.Columns[i].Name, x)
			}
			b = strconv.AppendFloat(b, x, 'g', -1, 64)
		case string:
			if !utf8.ValidString(x) {
				return nil, fmt.Errorf("%s.%s: %q is not UTF-8", t.Name, t.Columns[i].Name, x)
			}
			b = appendText(b, x)
		case []byte:
			b = append(b, '"')
			b = base64.StdEncoding.AppendEncode(b, x)
			b = append(b, '"')
		default:
			return nil, fmt.Errorf("%s.%s: %T cannot be kept", t.Name, t.Columns[i].Name, v)
		}
	}
	return append(b, ']', '\n'), nil
}

// appendText writes a JSON string: quotation mark, backslash and what is below a space are escaped, nothing else.
func appendText(b []byte, s string) []byte {
	const hex = "0123456789abcdef"
	b = append(b, '"')
	from := 0
	for i := range len(s) {
		c := s[i]
		if c >= ' ' && c != '"' && c != '\\' {
			continue
		}
		b = append(b, s[from:i]...)
		switch c {
		case '"', '\\':
			b = append(b, '\\', c)
		case '\n':
			b = append(b, '\\', 'n')
		case '\t':
			b = append(b, '\\', 't')
		default:
			b = append(b, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		}
		from = i + 1
	}
	return append(append(b, s[from:]...), '"')
}

var errRow = errors.New("a line is not a row")

// parseRow reads a line that appendRow wrote into row, and refuses everything else.
func parseRow(line []byte, t db.Table, row []any) error {
	if len(line) < 2 || line[0] != '[' || line[len(line)-1] != ']' {
		return errRow
	}
	rest := line[1 : len(line)-1]
	for i, c := range t.Columns {
		value, after, err := cut(rest)
		if err != nil {
			return err
		}
		if row[i], err = parseValue(value, c.Holds); err != nil {
			return fmt.Errorf("%s.%s: %w", t.Name, c.Name, err)
		}
		last := i == len(t.Columns)-1
		if last != (len(after) == 0) || !last && after[0] != ',' {
			return errRow
		}
		if !last {
			rest = after[1:]
		}
	}
	return nil
}

// cut takes the first value of a line.
func cut(b []byte) (value, after []byte, err error) {
	if len(b) == 0 {
		return nil, nil, errRow
	}
	if b[0] != '"' {
		n := bytes.IndexByte(b, ',')
		if n < 0 {
			n = len(b)
		}
		return b[:n], b[n:], nil
	}
	for i := 1; i < len(b); i++ {
		switch b[i] {
		case '\\':
			i++
		case '"':
			return b[:i+1], b[i+1:], nil
		}
	}
	return nil, nil, errRow
}

func parseValue(v []byte, h db.Holds) (any, error) {
	s := string(v)
	if s == "null" {
		return nil, nil
	}
	if len(s) < 2 || s[0] != '"' {
		switch h {
		case db.Bool:
			if s == "true" || s == "false" {
				return s == "true", nil
			}
		case db.Int:
			n, err := strconv.ParseInt(s, 10, 64)
			return n, err
		case db.Float:
			f, err := strconv.ParseFloat(s, 64)
			if err == nil && (math.IsNaN(f) || math.IsInf(f, 0)) {
				err = errRow
			}
			return f, err
		}
		return nil, errRow
	}
	switch h {
	case db.Text, db.UUID, db.Instant:
		text := s[1 : len(s)-1]
		if bytes.IndexByte(v, '\\') >= 0 {
			if err := json.Unmarshal(v, &text); err != nil {
				return nil, errRow
			}
		}
		if !utf8.ValidString(text) {
			return nil, errRow
		}
		if h == db.Instant {
			var i kernel.Instant
			return text, i.Scan(text)
		}
		return text, nil
	case db.Bytes:
		return base64.StdEncoding.DecodeString(s[1 : len(s)-1])
	}
	return nil, errRow
}
