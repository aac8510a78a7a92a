// SPDX-License-Identifier: EUPL-1.2

package web

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// Kept is what somebody typed into a form whose session had ended (WCAG 2.2.5): it travels through signing in as a hidden field and is offered to
// be sent again. It is never stored. Passwords, codes and files are not among it.
type Kept struct {
	Path   string      `json:"path"`   // within the town, where the form was sent to
	Fields [][2]string `json:"fields"` // in the order of names
}

// mostKept is how many bytes of a form are carried along; longer ones are given up.
const mostKept = 512 << 10

// unkept are parts of the names of fields that are nobody's to carry along.
var unkept = []string{"password", "passwort", "kennwort", "code", "old", "secret", "geheim", "token"}

// keep takes what was typed from a request that asks for a session.
func keep(w http.ResponseWriter, r *Request) (Kept, bool) {
	if r.Method != http.MethodPost || r.Body == nil || r.wantsJSON() {
		return Kept{}, false
	}
	r.Body = http.MaxBytesReader(w, r.Body, 1<<20)
	if err := readForm(r.Request); err != nil || len(r.PostForm) == 0 {
		return Kept{}, false
	}
	k := Kept{Path: (&url.URL{Path: r.Path}).EscapedPath() + query(r.URL.RawQuery)}
	names := make([]string, 0, len(r.PostForm))
	for name := range r.PostForm {
		if !slices.ContainsFunc(unkept, func(part string) bool { return strings.Contains(strings.ToLower(name), part) }) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	size := 0
	for _, name := range names {
		for _, v := range r.PostForm[name] {
			k.Fields = append(k.Fields, [2]string{name, v})
			size += len(name) + len(v)
		}
	}
	return k, k.sound() && size <= mostKept && len(k.Fields) > 0
}

// sound tells whether the form leads to a page of this town and nowhere else.
func (k Kept) sound() bool { return k.Path != "" && SafeReturn(k.Path) == k.Path }

func (k Kept) encode() string {
	b, err := json.Marshal(k)
	if err != nil {
		return "" // cannot happen: texts only
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

// ParseKept reads the hidden field of a sign-in form; ok is false where there is nothing to send again. Whoever changes the field changes his own
// form: other sites cannot send it (cross-origin protection).
func ParseKept(s string) (k Kept, ok bool) {
	b, err := base64.RawURLEncoding.DecodeString(s)
	if s == "" || err != nil || json.Unmarshal(b, &k) != nil || !k.sound() || len(k.Fields) == 0 {
		return Kept{}, false
	}
	return k, true
}
