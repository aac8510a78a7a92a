// SPDX-License-Identifier: EUPL-1.2

package privacy

import (
	"context"
	"fmt"
	"net/mail"
	"net/url"
	"slices"
	"strings"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// PageKey names a legal page; it is the page's address too.
type PageKey string

// The pages every town fills. Security is the contact for people who find a gap, shown as /.well-known/security.txt (RFC 9116).
const (
	Imprint       PageKey = "impressum"
	Notice        PageKey = "datenschutz"
	Accessibility PageKey = "barrierefreiheit"
	Contact       PageKey = "kontakt"
	Help          PageKey = "hilfe"
	Security      PageKey = "sicherheit"
)

// Pages lists them in the order of their importance.
func Pages() []PageKey {
	return []PageKey{Imprint, Notice, Accessibility, Contact, Help, Security}
}

// FieldKind says what a field of a page holds.
type FieldKind string

// The kinds of fields.
const (
	Line   FieldKind = "line"
	Lines  FieldKind = "lines"
	Email  FieldKind = "email"
	Day    FieldKind = "day"
	Choose FieldKind = "choose"
	Link   FieldKind = "link" // https address
)

// PageField is one of the facts a page must or can state. The catalogue labels it under "privacy.legal.<page>.<name>".
type PageField struct {
	Name     string
	Kind     FieldKind
	Required bool
	Options  []string // of Choose; worded under "privacy.option.<name>.<option>"
}

// fields are what the laws ask a page to state.
var fields = map[PageKey][]PageField{
	// § 5 (1) DDG: name, legal form and who represents it, address, ways of quick contact, supervision, VAT number. § 18 (2) MStV: who answers
	// for editorial content.
	Imprint: {
		{Name: "body", Kind: Line, Required: true},
		{Name: "form", Kind: Line, Required: true},
		{Name: "represented", Kind: Line, Required: true},
		{Name: "street", Kind: Line, Required: true},
		{Name: "place", Kind: Line, Required: true},
		{Name: "email", Kind: Email, Required: true},
		{Name: "phone", Kind: Line, Required: true},
		{Name: "supervision", Kind: Line},
		{Name: "vat", Kind: Line},
		{Name: "editorial", Kind: Line},
	},
	// Art. 13 (1) a, b and (2) d GDPR.
	Notice: {
		{Name: "land", Kind: Choose, Required: true, Options: landKeys()},
		{Name: "officer", Kind: Line, Required: true},
		{Name: "officer_address", Kind: Lines},
		{Name: "officer_email", Kind: Email, Required: true},
		{Name: "authority", Kind: Lines, Required: true},
	},
	// § 7 BITV 2.0 and the model statement of Commission Implementing Decision (EU) 2018/1523.
	Accessibility: {
		{Name: "land", Kind: Choose, Required: true, Options: landKeys()},
		{Name: "status", Kind: Choose, Required: true, Options: []string{"full", "partial", "none"}},
		{Name: "exceptions", Kind: Lines},
		{Name: "alternatives", Kind: Lines},
		{Name: "method", Kind: Choose, Required: true, Options: []string{"self", "external"}},
		{Name: "made", Kind: Day, Required: true},
		{Name: "reviewed", Kind: Day, Required: true},
		{Name: "email", Kind: Email, Required: true},
		{Name: "phone", Kind: Line},
		{Name: "law", Kind: Line, Required: true},
		{Name: "enforcement", Kind: Lines, Required: true},
		{Name: "enforcement_link", Kind: Link},
	},
	Contact: {
		{Name: "office", Kind: Line, Required: true},
		{Name: "street", Kind: Line},
		{Name: "place", Kind: Line},
		{Name: "email", Kind: Email, Required: true},
		{Name: "phone", Kind: Line},
		{Name: "hours", Kind: Lines},
	},
	Help: {},
	// RFC 9116: Contact and Expires are required; a year at most is its advice.
	Security: {
		{Name: "email", Kind: Email, Required: true}, {Name: "expires", Kind: Day, Required: true}, {Name: "policy", Kind: Link},
	},
}

// FieldsOf lists what a page states.
func FieldsOf(p PageKey) []PageField { return slices.Clone(fields[p]) }

// Variants are the languages and registers a page can be written in, as keys of kernel.Text.
func Variants() []string { return []string{"de", "de+leicht", "en"} }

// Content is what stands on a page: facts, and a text of the town's own in Markdown.
type Content struct {
	Fields map[string]string `json:"fields"`
	Texts  kernel.Text       `json:"texts"`
}

// Draft is a page in the making.
type Draft struct {
	Page    PageKey
	Edits   int // 0: nobody has written anything
	Content Content
	At      kernel.Instant
	By      kernel.ID
}

// Published is a page as readers see it.
type Published struct {
	Page    PageKey
	Version int // 0: the town has not filled the page yet
	Content Content
	At      kernel.Instant
	By      kernel.ID
}

// legalStore keeps drafts and versions.
type legalStore interface {
	// Drafts gives the drafts there are.
	Drafts(ctx context.Context, tenant kernel.ID) ([]Draft, error)
	// SaveDraft writes a draft whose stored counterpart has d.Edits-1 edits; Conflict "privacy.changed" when somebody else wrote first.
	SaveDraft(ctx context.Context, tenant kernel.ID, d Draft) error
	// Versions lists the versions of a page, newest first.
	Versions(ctx context.Context, tenant kernel.ID, p PageKey) ([]Published, error)
	// Newest gives the newest version of every page that has one.
	Newest(ctx context.Context, tenant kernel.ID) ([]Published, error)
	// InsertVersion adds one; Conflict "privacy.changed" when the number is taken.
	InsertVersion(ctx context.Context, tenant kernel.ID, v Published) error
}

func known(p PageKey) error {
	if _, ok := fields[p]; !ok {
		return kernel.E(kernel.NotFound, "privacy.legal.notfound")
	}
	return nil
}

// clean keeps the fields the page has and takes out what cannot be shown.
func (c Content) clean(p PageKey) Content {
	out := Content{Fields: map[string]string{}, Texts: kernel.Text{}}
	for _, f := range fields[p] {
		if v := kernel.Clean(c.Fields[f.Name], f.Kind == Lines); v != "" {
			out.Fields[f.Name] = v
		}
	}
	for _, l := range Variants() {
		if v := kernel.Clean(c.Texts[l], true); v != "" {
			out.Texts[l] = v
		}
	}
	return out
}

// fault names every field that cannot be kept; with whole, also those that are missing.
func (c Content) faults(p PageKey, whole bool, today kernel.Date) map[string]string {
	out := map[string]string{}
	for _, f := range fields[p] {
		v := c.Fields[f.Name]
		switch {
		case v == "":
			if whole && f.Required {
				out[f.Name] = "privacy.field.missing"
			}
		case len(v) > 4000 || f.Kind == Line && len(v) > 300:
			out[f.Name] = "privacy.text.long"
		case f.Kind == Email && !validEmail(v):
			out[f.Name] = "privacy.email.form"
		case f.Kind == Link && !validLink(v):
			out[f.Name] = "privacy.link.form"
		case f.Kind == Day && badDay(v):
			out[f.Name] = "privacy.day.form"
		case f.Kind == Choose && !slices.Contains(f.Options, v):
			out[f.Name] = "privacy.choice"
		}
	}
	for _, l := range Variants() {
		if len(c.Texts[l]) > maxText {
			out["text-"+l] = "privacy.text.long"
		}
	}
	if !whole {
		return out
	}
	if p == Accessibility && c.Fields["status"] != "full" && c.Fields["exceptions"] == "" && out["exceptions"] == "" {
		out["exceptions"] = "privacy.legal.exceptions.missing"
	}
	if e := c.Fields["expires"]; p == Security && out["expires"] == "" && (kernel.Date(e) <= today || kernel.Date(e) > today.AddYears(1)) {
		out["expires"] = "privacy.legal.expires.range"
	}
	return out
}

func validEmail(s string) bool {
	a, err := mail.ParseAddress(s)
	return err == nil && a.Address == s && len(s) <= 254
}

func validLink(s string) bool {
	u, err := url.Parse(s)
	return err == nil && u.Scheme == "https" && u.Host != "" && u.User == nil && !strings.ContainsAny(s, " \n\t")
}

func badDay(s string) bool {
	_, err := kernel.ParseDate(s)
	return err != nil
}

// Draft gives the page as it is being written; where nobody has begun, what is published, and where nothing is, what the program knows of the
// Land and the town.
func (s *Service) Draft(ctx context.Context, by access.Actor, p PageKey) (Draft, error) {
	if err := access.CheckTenant(by, access.EditLegal); err != nil {
		return Draft{}, err
	}
	if err := known(p); err != nil {
		return Draft{}, err
	}
	list, err := s.Store.Drafts(ctx, by.Tenant)
	if err != nil {
		return Draft{}, err
	}
	for _, d := range list {
		if d.Page == p {
			return d, nil
		}
	}
	v, err := s.published(ctx, by.Tenant, p)
	return Draft{Page: p, Content: v.Content}, err
}

// SaveDraft keeps what was written so far; base is the number of edits the writer started from. What is not whole yet is kept; what is wrong
// is refused.
func (s *Service) SaveDraft(ctx context.Context, by access.Actor, p PageKey, c Content, base int) (Draft, error) {
	if err := access.CheckTenant(by, access.EditLegal); err != nil {
		return Draft{}, err
	}
	if err := known(p); err != nil {
		return Draft{}, err
	}
	c = c.clean(p)
	if f := c.faults(p, false, ""); len(f) > 0 {
		return Draft{}, &kernel.Error{Kind: kernel.Invalid, Key: "privacy.invalid", Fields: f}
	}
	d := Draft{Page: p, Edits: base + 1, Content: c, At: s.now(), By: by.Person}
	return d, s.Tx.Tx(ctx, func(ctx context.Context) error {
		if err := s.Store.SaveDraft(ctx, by.Tenant, d); err != nil {
			return err
		}
		return access.Record(ctx, s.Trail, by, access.Act{Do: access.EditLegal, What: "privacy.draft", Note: map[string]string{"page": string(p)}})
	})
}

// Faults names what a page lacks before it can be published.
func (s *Service) Faults(d Draft) map[string]string { return d.Content.faults(d.Page, true, s.today()) }

func (s *Service) today() kernel.Date { return kernel.Date(s.now().Format("2006-01-02")) }

// Publish makes the draft with the given number of edits the page that readers see.
func (s *Service) Publish(ctx context.Context, by access.Actor, p PageKey, edits int) (Published, error) {
	d, err := s.Draft(ctx, by, p)
	if err != nil {
		return Published{}, err
	}
	if d.Edits != edits {
		return Published{}, kernel.E(kernel.Conflict, "privacy.changed")
	}
	if f := s.Faults(d); len(f) > 0 {
		return Published{}, &kernel.Error{Kind: kernel.Invalid, Key: "privacy.legal.incomplete", Fields: f}
	}
	var v Published
	err = s.Tx.Tx(ctx, func(ctx context.Context) error {
		last, err := s.published(ctx, by.Tenant, p)
		if err != nil {
			return err
		}
		v = Published{Page: p, Version: last.Version + 1, Content: d.Content, At: s.now(), By: by.Person}
		if err := s.Store.InsertVersion(ctx, by.Tenant, v); err != nil {
			return err
		}
		err = access.Record(ctx, s.Trail, by, access.Act{
			Do: access.EditLegal, What: "privacy.publish", Note: map[string]string{"page": string(p), "version": fmt.Sprint(v.Version)},
		})
		if err != nil {
			return err
		}
		if _, _, err := s.KeepRecord(ctx, by.Tenant); err != nil {
			return err
		}
		return s.touch(ctx, by.Tenant)
	})
	return v, err
}

// Published gives the page as readers see it; Version is 0 where the town has not filled it yet.
func (s *Service) Published(ctx context.Context, by access.Actor, p PageKey) (Published, error) {
	if err := access.CheckTenant(by, access.ReadPublic); err != nil {
		return Published{}, err
	}
	return s.published(ctx, by.Tenant, p)
}

func (s *Service) published(ctx context.Context, tenant kernel.ID, p PageKey) (Published, error) {
	if err := known(p); err != nil {
		return Published{}, err
	}
	list, err := s.Store.Newest(ctx, tenant)
	if err != nil {
		return Published{}, err
	}
	for _, v := range list {
		if v.Page == p {
			return v, nil
		}
	}
	return Published{Page: p}, nil
}

// Versions lists what was published, newest first.
func (s *Service) Versions(ctx context.Context, by access.Actor, p PageKey) ([]Published, error) {
	if err := access.CheckTenant(by, access.EditLegal); err != nil {
		return nil, err
	}
	if err := known(p); err != nil {
		return nil, err
	}
	return s.Store.Versions(ctx, by.Tenant, p)
}

// PageState says how a page stands.
type PageState struct {
	Page      PageKey
	Published Published
	Draft     Draft             // as Service.Draft gives it
	Changed   bool              // the draft differs from what is published
	Missing   map[string]string // what the draft lacks
	Expires   kernel.Date       // of security.txt
	Overdue   bool              // security.txt has expired, or the accessibility statement is older than a year (§ 7 (5) BITV 2.0)
}

// States lists every page with what is missing, for staff.
func (s *Service) States(ctx context.Context, by access.Actor) ([]PageState, error) {
	if err := access.CheckTenant(by, access.EditLegal); err != nil {
		return nil, err
	}
	newest, err := s.Store.Newest(ctx, by.Tenant)
	if err != nil {
		return nil, err
	}
	drafts, err := s.Store.Drafts(ctx, by.Tenant)
	if err != nil {
		return nil, err
	}
	var list []PageState
	for _, p := range Pages() {
		st := PageState{Page: p, Published: Published{Page: p}}
		for _, v := range newest {
			if v.Page == p {
				st.Published = v
			}
		}
		st.Draft = Draft{Page: p, Content: st.Published.Content}
		for _, d := range drafts {
			if d.Page == p {
				st.Draft = d
			}
		}
		st.Changed = !st.Draft.Content.same(st.Published.Content)
		st.Missing = s.Faults(st.Draft)
		if st.Published.Version > 0 {
			st.Overdue = st.Published.overdue(s.today())
		}
		list = append(list, st)
	}
	return list, nil
}

func (c Content) same(d Content) bool {
	eq := func(a, b map[string]string) bool {
		if len(a) != len(b) {
			return false
		}
		for k, v := range a {
			if b[k] != v {
				return false
			}
		}
		return true
	}
	return eq(c.Fields, d.Fields) && eq(c.Texts, d.Texts)
}

func (v Published) overdue(today kernel.Date) bool {
	switch v.Page {
	case Security:
		return kernel.Date(v.Content.Fields["expires"]) <= today
	case Accessibility:
		return kernel.Date(v.Content.Fields["reviewed"]).AddYears(1) < today
	}
	return false
}

// address is who answers for the data, as the imprint names it.
func (v Published) address() kernel.Text {
	var lines []string
	for _, name := range []string{"body", "street", "place", "email", "phone"} {
		if f := v.Content.Fields[name]; f != "" {
			lines = append(lines, f)
		}
	}
	if len(lines) == 0 {
		return kernel.Text{}
	}
	return kernel.T(strings.Join(lines, ", "), "")
}

// officer is the data protection officer, as the privacy notice names it.
func (v Published) officer() kernel.Text {
	var lines []string
	for _, name := range []string{"officer", "officer_address", "officer_email"} {
		if f := v.Content.Fields[name]; f != "" {
			lines = append(lines, strings.ReplaceAll(f, "\n", ", "))
		}
	}
	if len(lines) == 0 {
		return kernel.Text{}
	}
	return kernel.T(strings.Join(lines, ", "), "")
}
