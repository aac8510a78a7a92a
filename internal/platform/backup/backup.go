// SPDX-License-Identifier: EUPL-1.2

// Package backup keeps a whole installation - every row, every file - in one file that can be taken while the town works, and brings it back,
// on either database, proven equal to what was saved.
//
// The file is a tar archive (rows as lines of JSON, files under their SHA-256, a manifest at the end), compressed with zstd and, where public
// keys are given, encrypted with age: `age -d | zstd -d | tar x` reads it without this program.
//
// Invariants: a backup shows one moment, whatever is written meanwhile; a file under its final name is complete and on the disk; nothing is ever
// overwritten; a restore goes into an empty place only and serves nothing until all of it has been compared with the manifest; the key of the
// installation leaves the data directory only encrypted or when asked for.
package backup

import (
	"time"

	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/platform/db"
)

// Format is the version of the file's form; a reader refuses a higher one.
const Format = 1

// Names inside the archive, in the order in which they stand there.
const (
	headerName   = "kupferfaden-backup.json"
	filesDir     = "files/"
	keyName      = "secret.key"
	rowsDir      = "rows/"
	manifestName = "manifest.json"
)

// chunk is how many bytes of rows make one entry of the archive, which must know its size before its content.
const chunk = 1 << 20

// Header stands first in the file and says what is to come.
type Header struct {
	Format  int            `json:"format"`
	Program string         `json:"program"` // version of the program that wrote it
	Engine  db.Engine      `json:"engine"`
	Schema  int64          `json:"schema"` // version of the database's schema
	Started kernel.Instant `json:"started"`
	Tables  []db.Table     `json:"tables"`
	// Tenant is the key of the town where only one was saved.
	Tenant string `json:"tenant,omitempty"`
}

// Manifest stands last and proves what came before.
type Manifest struct {
	Header
	Finished kernel.Instant `json:"finished"`
	// Rows are count and content of each table at the moment of the backup.
	Rows []TableSum `json:"rows"`
	// Files are those the store had at that moment.
	Files []FileSum `json:"files"`
	// Missing are files that rows name and the store had lost already.
	Missing []string `json:"missing,omitempty"`
	// Key tells that the key of the installation is inside.
	Key bool `json:"key"`
	// HeaderSHA256 binds the header that was read to this manifest.
	HeaderSHA256 string `json:"header_sha256"`
}

// TableSum is the number of a table's rows and the SHA-256 of their lines in the order of the key; equal on both engines.
type TableSum struct {
	Table  string `json:"table"`
	Rows   int64  `json:"rows"`
	SHA256 string `json:"sha256"`
}

// FileSum is a file of the store.
type FileSum struct {
	SHA256 string `json:"sha256"`
	Size   int64  `json:"size"`
}

// Total counts rows and files.
func (m Manifest) Total() (rows int64, files int, bytes int64) {
	for _, t := range m.Rows {
		rows += t.Rows
	}
	for _, f := range m.Files {
		bytes += f.Size
	}
	return rows, len(m.Files), bytes
}

// Age is how old the backup was at now.
func (m Manifest) Age(now time.Time) time.Duration { return now.Sub(m.Started.Time) }
