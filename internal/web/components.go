// SPDX-License-Identifier: EUPL-1.2

package web

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"

	"github.com/a-h/templ"

	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// Tone is what a notice or badge says before its words: a colour with an icon and a spoken word, never colour alone.
type Tone string

// The tones of notices and badges.
const (
	Neutral Tone = ""
	Info    Tone = "info"
	Success Tone = "success"
	Warning Tone = "warning"
	Danger  Tone = "danger"
)

// Weight is how much a button stands out; a page has one Primary at most.
type Weight string

// The weights of buttons.
const (
	Primary   Weight = "primary"
	Secondary Weight = "secondary"
	Tertiary  Weight = "tertiary"
)

// Input describes a text field. Label, Hint and the words of the other descriptions come translated.
type Input struct {
	Name, Label, Hint string
	Type              string // "text" where empty
	Autocomplete      string // token of WCAG 1.3.5, "username"
	InputMode         string
	Min, Max, Step    string
	List              []string // proposals
	Optional          bool     // said beside the label; required is the rule
	Short             bool     // numbers and dates
	Code              bool     // keys and formulas: fixed-width, no spelling help
	Rows              int      // lines of a TextArea
	ReadOnly          bool
}

// Choice describes a select or a group of radio buttons or boxes.
type Choice struct {
	Name, Label, Hint string
	Items             []Item
	Blank             string // first entry of a select that stands for no choice
	Optional          bool
	Inline            bool // side by side
	Submit            bool // a script sends the form on change; the button stays for everybody else
}

// Item is one of the values to choose from.
type Item struct {
	Value, Text, Hint string
	Disabled          bool
}

// FileField describes the choice of a file.
type FileField struct {
	Name, Label, Hint string
	Accept            string // ".csv,.xlsx"
	Optional          bool
	Multiple          bool
}

// Btn describes a button of a form.
type Btn struct {
	Text        string
	Weight      Weight // Primary where empty
	Name, Value string // sent with the form
	Action      string // another target than the form's
	Danger      bool   // takes something away
	NoValidate  bool
}

// Table describes a table of texts and numbers; what needs more is written out inside TableFrame.
type Table struct {
	Caption string
	Hidden  bool // the caption is for screen readers only, as a heading right above says the same
	Columns []Column
	Rows    []Row
	Small   bool
	Empty   string // sentence in place of the body when there are no rows
}

// Column is a head cell.
type Column struct {
	Text    string
	Hint    string // unit, spoken and shown small
	Numeric bool
	Sort    string // address that sorts by this column; empty: cannot be sorted
	Sorted  string // "ascending" or "descending" where it is sorted by this column
}

// Row of a table; the first cell is its head.
type Row struct {
	Cells []Cell
	Mark  bool // stands out: the chosen one, the sum
}

// Cell of a table.
type Cell struct {
	Text    string
	Href    string // address, already made by Link
	Note    string // flag or remark behind the text
	Content templ.Component
}

// Definition is a term with what it means here.
type Definition struct {
	Term, Text string
	Content    templ.Component
}

// Tab is one of several views; Href is an address, already made by Link.
type Tab struct {
	Text, Href string
	Current    bool
}

// Pages are the links of a list that is shown in parts; addresses already made by Link, empty where there is no such part.
type Pages struct {
	Prev, Next string
	Text       string // "51 bis 100 von 542"
}

// Download is a file to take away.
type Download struct {
	Text, Href string
	Kind       string // "CSV"
	Size       int64  // 0: not known
	Note       string // what is in it, licence
}

// Card leads to a page.
type Card struct {
	Title, Href string
	Text        string
	Meta        string // small line above the title
	Content     templ.Component
}

// Confirmation asks before something that cannot be taken back simply.
type Confirmation struct {
	Text    string      // what will happen
	Lines   []string    // to what
	Action  string      // address of the POST, already made by Link
	Hidden  [][2]string // names and values sent along
	Button  string
	Back    string // address of "Abbrechen", already made by Link
	Danger  bool
	Content templ.Component // further fields, a reason
}

// Caption describes a figure: what it shows and where it is from.
type Caption struct {
	Title  string
	Text   string
	Source string // office, date, licence
}

func describedBy(f *Form, name, hint string) string {
	ids := ""
	if hint != "" {
		ids = fieldID(name) + "-hinweis"
	}
	if f.Error(name) != "" {
		if ids != "" {
			ids += " "
		}
		ids += fieldID(name) + "-fehler"
	}
	return ids
}

func inputType(in Input) string {
	if in.Type == "" {
		return "text"
	}
	return in.Type
}

func inputClass(f *Form, in Input) string {
	c := "kern-form-input__input"
	if f.Error(in.Name) != "" {
		c += " kern-form-input__input--error"
	}
	if in.Short {
		c += " kf-short"
	}
	if in.Code {
		c += " kf-code"
	}
	return c
}

func groupClass(f *Form, name string) string {
	if f.Error(name) != "" {
		return "kern-form-input kern-form-input--error"
	}
	return "kern-form-input"
}

func fieldsetClass(f *Form, name string) string {
	if f.Error(name) != "" {
		return "kern-fieldset kern-fieldset--error"
	}
	return "kern-fieldset"
}

func buttonClass(w Weight, danger bool) string {
	if w == "" {
		w = Primary
	}
	c := "kern-btn kern-btn--" + string(w)
	if danger {
		c += " kf-btn--danger"
	}
	return c
}

// toneIcon is the icon of KERN that goes with a tone.
func toneIcon(t Tone) string {
	if t == Neutral {
		t = Info
	}
	return "kern-icon kern-icon--" + string(t)
}

// toneRole lets screen readers say at once what went wrong or well (WCAG 4.1.3).
func toneRole(t Tone) string {
	switch t {
	case Danger:
		return "alert"
	case Success:
		return "status"
	}
	return ""
}

// outcomeTone colours what follows from a finding.
func outcomeTone(o kernel.Outcome) Tone {
	switch o {
	case kernel.Info:
		return Info
	case kernel.Warn, kernel.Ask:
		return Warning
	case kernel.RefuseRow, kernel.RefuseFile:
		return Danger
	}
	return Neutral
}

func outcomeKey(o kernel.Outcome) string {
	switch o {
	case kernel.Warn:
		return "web.outcome.warn"
	case kernel.Ask:
		return "web.outcome.ask"
	case kernel.RefuseRow:
		return "web.outcome.row"
	case kernel.RefuseFile:
		return "web.outcome.file"
	}
	return "web.outcome.info"
}

// sortedFindings puts what forbids most first and keeps the order of the file otherwise; at most limit.
func sortedFindings(list []kernel.Finding, limit int) []kernel.Finding {
	rank := map[kernel.Outcome]int{kernel.RefuseFile: 0, kernel.RefuseRow: 1, kernel.Ask: 2, kernel.Warn: 3, kernel.Info: 4}
	list = slices.Clone(list)
	slices.SortStableFunc(list, func(a, b kernel.Finding) int { return rank[a.Outcome] - rank[b.Outcome] })
	if len(list) > limit {
		list = list[:limit]
	}
	return list
}

func percentText(n int) string { return strconv.Itoa(n) }

// pageLang gives the lang attribute of a text that is not in the page's language, empty where it is.
func pageLang(ctx context.Context, actual string) string {
	if actual == From(ctx).Lang {
		return ""
	}
	return actual
}

func townName(r *Request, t Tenant) string {
	s, _ := r.P.Text(t.Name)
	return s
}

// townAddress leads to a town from the list of all: to its own host where it has one of its own, else within this one.
func townAddress(r *Request, t Tenant) string {
	if t.Canonical {
		return r.AddressOf(t, "/")
	}
	return within("/t/"+t.Key, r.Lang, kernel.Standard, "/")
}

// listTowns answers the start page of an installation without a home town.
func (r *Request) listTowns(w http.ResponseWriter, towns []Tenant) error {
	return r.Render(w, Page{Title: r.T("web.towns"), NoIndex: true}, townList(r, towns))
}

func findingsOf(err error) []kernel.Finding {
	var e *kernel.Error
	if errors.As(err, &e) {
		return e.Findings
	}
	return nil
}

func downloadKind(ctx context.Context, d Download) string {
	if d.Size <= 0 {
		return d.Kind
	}
	return d.Kind + ", " + P(ctx).Bytes(d.Size)
}
