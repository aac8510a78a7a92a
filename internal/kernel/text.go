// SPDX-License-Identifier: EUPL-1.2

package kernel

import (
	"database/sql/driver"
	"encoding/json"
	"fmt"
)

// Register is the way a text is written, beside its language.
type Register string

const (
	// Standard is ordinary language.
	Standard Register = "standard"
	// Leicht is Leichte Sprache (BITV 2.0 annex 2).
	Leicht Register = "leicht"
)

// Text is what people read, in several languages and registers. Keys are a BCP 47 tag ("de", "en") or tag and register ("de+leicht").
type Text map[string]string

// T makes a text in German and English.
func T(de, en string) Text {
	t := Text{}
	if de != "" {
		t["de"] = de
	}
	if en != "" {
		t["en"] = en
	}
	return t
}

// In returns the text in lang and the language it is really in; a fallback (German, then English, then any) is thereby never silent.
func (t Text) In(lang string) (text, actual string) {
	for _, l := range []string{lang, "de", "en"} {
		if s := t[l]; s != "" {
			return s, l
		}
	}
	best := ""
	for l := range t {
		if best == "" || l < best {
			best = l
		}
	}
	return t[best], best
}

// String is the text in German or its fallback.
func (t Text) String() string {
	s, _ := t.In("de")
	return s
}

// Value stores JSON.
func (t Text) Value() (driver.Value, error) {
	if t == nil {
		return "{}", nil
	}
	b, err := json.Marshal(map[string]string(t))
	return string(b), err
}

// Scan reads JSON.
func (t *Text) Scan(src any) error {
	var b []byte
	switch v := src.(type) {
	case nil:
		*t = nil
		return nil
	case string:
		b = []byte(v)
	case []byte:
		b = v
	default:
		return fmt.Errorf("text: cannot read %T", src)
	}
	m := map[string]string{}
	if err := json.Unmarshal(b, &m); err != nil {
		return fmt.Errorf("text: %w", err)
	}
	*t = m
	return nil
}
