// SPDX-License-Identifier: EUPL-1.2

package contribution

import "github.com/kupferfaden/kupferfaden/internal/kernel"

// Mapping says which column of a file is which field of a contribution. It is remembered under its name.
type Mapping struct {
	Name     string              `json:"name"`
	Columns  map[string][]string `json:"columns"` // field: columns by name; several are joined for texts
	Channel  Channel             `json:"channel,omitempty"`
	Lang     string              `json:"lang,omitempty"`
	EachText bool                `json:"each_text,omitempty"` // every text column makes a contribution of its own, as with answers to open questions
}

// ImportRecord is an import that was made.
type ImportRecord struct {
	ID              kernel.ID
	File, SHA256    string
	Process, Module string
	Mapping         Mapping
	Taken           int
	Repeated        int
	LeftOut         int
	At              kernel.Instant
	By              kernel.ID
}
