// SPDX-License-Identifier: EUPL-1.2

package db

import (
	"bytes"
	"io"
	"io/fs"
	"strings"
)

// engineFS gives the migrations as one engine reads them. What follows a line "-- +engine sqlite" or "-- +engine postgres", up to the next such
// line or "-- +engine both", is for that engine only: triggers, which the common subset of SQL does not have.
type engineFS struct {
	fs.FS
	engine Engine
}

// Open reads a migration without the parts of the other engine.
func (e engineFS) Open(name string) (fs.File, error) {
	f, err := e.FS.Open(name)
	if err != nil || !strings.HasSuffix(name, ".sql") {
		return f, err
	}
	b, err := io.ReadAll(f)
	if err != nil {
		return nil, err
	}
	return &migration{File: f, text: bytes.NewReader(forEngine(b, e.engine))}, nil
}

// migration is a file with another text.
type migration struct {
	fs.File
	text *bytes.Reader
}

func (m *migration) Read(b []byte) (int, error) { return m.text.Read(b) }

// forEngine empties the lines that are for the other engine, so that line numbers in errors stay right.
func forEngine(text []byte, engine Engine) []byte {
	var out bytes.Buffer
	mine := true
	for line := range bytes.Lines(text) {
		if word, ok := bytes.CutPrefix(line, []byte("-- +engine ")); ok {
			w := Engine(bytes.TrimSpace(word))
			mine = w == engine || w == "both"
			out.WriteByte('\n')
			continue
		}
		if mine {
			out.Write(line)
		} else {
			out.WriteByte('\n')
		}
	}
	return out.Bytes()
}
