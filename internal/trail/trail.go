// SPDX-License-Identifier: EUPL-1.2

// Package trail is the audit trail of a town: who did what to which object when and why, kept for data protection and revision.
//
// Entries are numbered without gaps in each town and chained: the hash of one covers the hash of the one before. They are written in the
// transaction of the act they tell of, never changed, and leave only at the old end, after a seal has kept the hash the rest hangs on. They hold
// no personal content: a person is an identifier, and notes carry keys, counts and states. Only holders of access.ReadAudit read them.
package trail

import (
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// Entry is one act.
type Entry struct {
	Seq    int64             `json:"seq"` // from 1, without gaps in the town
	At     kernel.Instant    `json:"at"`
	Person kernel.ID         `json:"person,omitempty"` // empty: nobody signed in, or the person at the command line
	Roles  []string          `json:"roles"`            // held at that time: "planner", "group_member@group:4"
	Do     access.Action     `json:"action"`
	What   string            `json:"what"`
	Object kernel.Ref        `json:"object"`
	Reason string            `json:"reason,omitempty"`
	Note   map[string]string `json:"note,omitempty"`
	Hash   string            `json:"hash"` // hexadecimal SHA-256 of Canonical
}

// Canonical gives the bytes that the hash of an entry covers: netstrings ("5:hello,") of a word that names the form, the hash before, the
// town, and the fields in the order of Entry; roles joined by
// blanks; each note as two netstrings, by name. prev is the Hash of the entry before, empty for the first.
func (e Entry) Canonical(tenant kernel.ID, prev string) []byte {
	var b []byte
	put := func(parts ...string) {
		for _, s := range parts {
			b = strconv.AppendInt(b, int64(len(s)), 10)
			b = append(b, ':')
			b = append(b, s...)
			b = append(b, ',')
		}
	}
	put("kupferfaden-audit-1", prev, string(tenant), strconv.FormatInt(e.Seq, 10), e.At.String(), string(e.Person), strings.Join(e.Roles, " "),
		string(e.Do), e.What, e.Object.Kind, string(e.Object.ID), e.Reason)
	for _, name := range slices.Sorted(maps.Keys(e.Note)) {
		put(name, e.Note[name])
	}
	return b
}

// Seal gives the hash of the entry after one whose hash is prev.
func (e Entry) Seal(tenant kernel.ID, prev string) string {
	sum := sha256.Sum256(e.Canonical(tenant, prev))
	return hex.EncodeToString(sum[:])
}

// Head is the end of a town's chain. Whoever keeps it elsewhere, in a record or a printed report, can prove later that nothing before it was
// changed or cut off.
type Head struct {
	Seq  int64  `json:"seq"`
	Hash string `json:"hash"`
}

// String is the form ParseHead reads: "12:9f86d0…".
func (h Head) String() string { return strconv.FormatInt(h.Seq, 10) + ":" + h.Hash }

// ParseHead reads what Head.String wrote.
func ParseHead(s string) (Head, error) {
	n, hash, _ := strings.Cut(strings.TrimSpace(s), ":")
	seq, err := strconv.ParseInt(n, 10, 64)
	raw, herr := hex.DecodeString(hash)
	if err != nil || herr != nil || seq < 0 || len(raw) != sha256.Size && !(seq == 0 && hash == "") {
		return Head{}, kernel.E(kernel.Invalid, "audit.head.form", "value", s)
	}
	return Head{seq, strings.ToLower(hash)}, nil
}

// Cut is the place up to which old entries were removed: the rest of the chain hangs on its Hash.
type Cut struct {
	Head
	At kernel.Instant `json:"at"` // when it was cut
}

// recordCut is the What of the entry that tells of a cut.
const recordCut = "audit.cut"

// Filter chooses entries; zero fields choose all.
type Filter struct {
	From, Until kernel.Instant // Until is not included
	Person      kernel.ID
	Do          access.Action
	What        string
	Kind        string    // of the object
	ID          kernel.ID // of the object
}

// most is the longest value of a note, in bytes.
const most = 200

// clean keeps what must not be in a trail out of it: a note with an @ could be an address, a long one a text somebody wrote.
func clean(note map[string]string) map[string]string {
	if len(note) == 0 {
		return nil
	}
	out := make(map[string]string, len(note))
	for k, v := range note {
		v = strings.ToValidUTF8(strings.Map(func(r rune) rune {
			if r < ' ' {
				return ' '
			}
			return r
		}, v), "?")
		if strings.Contains(v, "@") {
			v = "[@]"
		}
		if len(v) > most {
			v = strings.ToValidUTF8(v[:most], "") + "…"
		}
		out[k] = v
	}
	return out
}

// rolesOf writes down what an actor held.
func rolesOf(by access.Actor) []string {
	out := make([]string, 0, len(by.Roles)+len(by.Held))
	for _, r := range by.Roles {
		out = append(out, string(r))
	}
	for _, h := range by.Held {
		out = append(out, string(h.Role)+"@"+string(h.In.Kind)+":"+h.In.Key)
	}
	slices.Sort(out)
	return slices.Compact(out)
}
