// SPDX-License-Identifier: EUPL-1.2

package web

import (
	"errors"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/platform/i18n"
)

// formMemory is how much of an upload is held in memory; the rest waits in a temporary file, which net/http removes after the request.
const formMemory = 1 << 20

// readForm reads an ordinary or multipart form; bodies of other types are left to the handler.
func readForm(r *http.Request) error {
	if r.Body == nil || r.Body == http.NoBody {
		return r.ParseForm()
	}
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil {
		return nil
	}
	switch kind {
	case "application/x-www-form-urlencoded":
		err = r.ParseForm()
	case "multipart/form-data":
		err = r.ParseMultipartForm(formMemory)
	}
	var tooBig *http.MaxBytesError
	if err == nil && !legible(r.PostForm) {
		return kernel.E(kernel.Invalid, "web.text")
	}
	if err != nil && !errors.As(err, &tooBig) {
		return &kernel.Error{Kind: kernel.Invalid, Key: "web.form", Err: err}
	}
	return err
}

// legible tells whether every name and value is text: valid UTF-8 without control characters other than tab and line ends. PostgreSQL could not
// keep anything else, and no keyboard types it (reliability.md F14, F15).
func legible(values url.Values) bool {
	for name, list := range values {
		if !text(name) || slices.ContainsFunc(list, func(v string) bool { return !text(v) }) {
			return false
		}
	}
	return true
}

func text(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, func(c rune) bool { return c < ' ' && c != '\t' && c != '\n' && c != '\r' || c == 0x7f })
}

// Form is what a reader typed, and what is wrong with it: the values of a request or the ones to start from, and one sentence a field. A form
// is drawn the same way before and after a mistake.
type Form struct {
	values   url.Values
	request  *http.Request
	printer  *i18n.Printer
	errors   map[string]string
	order    []string
	sentence string
	findings []kernel.Finding
}

// NewForm takes the values of the query and of the body the mux has read.
func NewForm(r *Request) *Form {
	f := &Form{values: url.Values{}, request: r.Request, printer: r.P}
	if err := r.Request.ParseForm(); err == nil { // query only: the mux has read the body
		f.values = r.Form
	}
	return f
}

// BlankForm is a form that takes nothing from the request: the form to start from, or one of several on a page.
func BlankForm(r *Request) *Form {
	return &Form{values: url.Values{}, request: r.Request, printer: r.P}
}

// Value is what stands in the field.
func (f *Form) Value(name string) string { return f.values.Get(name) }

// Values are all values of a field that may come several times.
func (f *Form) Values(name string) []string { return f.values[name] }

// Has tells whether the field was sent at all.
func (f *Form) Has(name string) bool { return f.values.Has(name) }

// Is tells whether the field holds the value, for options and boxes.
func (f *Form) Is(name, value string) bool { return slices.Contains(f.values[name], value) }

// Set puts what the field holds at first.
func (f *Form) Set(name string, values ...string) { f.values[name] = values }

// Add puts one more value into a field that may hold several.
func (f *Form) Add(name, value string) { f.values[name] = append(f.values[name], value) }

// File gives an uploaded file; an Invalid error on the field where none was chosen.
func (f *Form) File(name string) (multipart.File, *multipart.FileHeader, error) {
	file, head, err := f.request.FormFile(name)
	if errors.Is(err, http.ErrMissingFile) || errors.Is(err, http.ErrNotMultipart) {
		return nil, nil, &kernel.Error{Kind: kernel.Invalid, Key: "web.invalid", Fields: map[string]string{name: "web.file.missing"}}
	}
	return file, head, err
}

// Fail takes an Invalid or Conflict error into the form and tells whether it was one; any other error is for the handler to return.
func (f *Form) Fail(err error) bool {
	var e *kernel.Error
	if !errors.As(err, &e) || (e.Kind != kernel.Invalid && e.Kind != kernel.Conflict) {
		return false
	}
	f.sentence = f.printer.Error(e)
	f.findings = e.Findings
	f.errors = map[string]string{}
	f.order = f.order[:0]
	for name := range e.Fields {
		f.errors[name] = f.printer.Field(e, name)
		f.order = append(f.order, name)
	}
	slices.Sort(f.order)
	return true
}

// Failed tells whether Fail took an error.
func (f *Form) Failed() bool { return f.sentence != "" }

// Error is the sentence of a field, empty where it is right.
func (f *Form) Error(name string) string { return f.errors[name] }

// fieldID is the id of a field's element; the error summary links to it.
func fieldID(name string) string { return "feld-" + name }
