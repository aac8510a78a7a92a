// SPDX-License-Identifier: EUPL-1.2

package tenantweb

import (
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/platform/i18n"
	"github.com/kupferfaden/kupferfaden/internal/tenant"
	"github.com/kupferfaden/kupferfaden/internal/web"
)

// section is one of the pages: how its form is filled, read and drawn, and what it says in the overview.
type section struct {
	id    tenant.Section
	name  string // in the address
	fill  func(f *web.Form, v view)
	apply func(r *web.Request, v view, f *web.Form, t *tenant.Tenant) error
	draw  func(r *web.Request, f *web.Form, v view) templ.Component
	lines func(r *web.Request, v view) []web.Definition
}

func (s section) path() string { return Path + "/" + s.name }

var sections = []section{
	{tenant.NameSection, "name", fillName, applyName, nameFields, nameLines},
	{tenant.ContactSection, "kontakt", fillContact, applyContact, contactFields, contactLines},
	{tenant.ColourSection, "farben", fillColours, applyColours, colourFields, colourLines},
	{tenant.LogoSection, "logo", fillLogo, nil, logoFields, logoLines},
	{tenant.TermSection, "woerter", fillTerms, applyTerms, termFields, termLines},
	{tenant.LanguageSection, "sprachen", fillLanguages, applyLanguages, languageFields, languageLines},
	{tenant.HostSection, "adressen", fillHosts, applyHosts, hostFields, hostLines},
	{tenant.RuleSection, "regeln", fillRules, applyRules, ruleFields, ruleLines},
	{tenant.RetentionSection, "fristen", fillRetention, applyRetention, retentionFields, retentionLines},
}

func (s section) save(r *web.Request, service *tenant.Service, v view, f *web.Form) error {
	if s.id == tenant.LogoSection {
		return saveLogo(r, service, f)
	}
	return service.Change(r.Context(), r.Actor, s.id, f.Value(stateField), func(t *tenant.Tenant) error { return s.apply(r, v, f, t) })
}

func said(r *web.Request, t kernel.Text) string {
	s, _ := r.P.Text(t)
	return s
}

func line(r *web.Request, key, text string) web.Definition {
	if text == "" {
		text = r.T("tenant.none.set")
	}
	return web.Definition{Term: r.T(key), Text: text}
}

// texts fills one field a language.
func texts(f *web.Form, name string, t kernel.Text) {
	for _, l := range i18n.Languages() {
		f.Set(name+"."+l, t[l])
	}
}

// textOf reads one field a language; what other languages and registers hold stays.
func textOf(f *web.Form, name string, old kernel.Text) kernel.Text {
	out := kernel.Text{}
	for k, v := range old {
		out[k] = v
	}
	for _, l := range i18n.Languages() {
		if v := strings.TrimSpace(f.Value(name + "." + l)); v != "" {
			out[l] = v
		} else {
			delete(out, l)
		}
	}
	return out
}

func fillName(f *web.Form, v view) { texts(f, "name", v.town.Name) }

func applyName(_ *web.Request, _ view, f *web.Form, t *tenant.Tenant) error {
	t.Name = textOf(f, "name", t.Name)
	if t.Name[i18n.German] == "" {
		return &kernel.Error{Kind: kernel.Invalid, Key: "web.invalid", Fields: map[string]string{"name.de": "tenant.name.missing"}}
	}
	for l, s := range t.Name {
		if len([]rune(s)) > 80 {
			return &kernel.Error{Kind: kernel.Invalid, Key: "web.invalid", Fields: map[string]string{"name." + l: "tenant.name.long"}}
		}
	}
	return nil
}

func nameLines(r *web.Request, v view) []web.Definition {
	var out []web.Definition
	for _, l := range i18n.Languages() {
		out = append(out, line(r, "tenant.name."+l, v.town.Name[l]))
	}
	return out
}

func fillContact(f *web.Form, v view) {
	c := v.town.Settings.Contact
	texts(f, "office", c.Name)
	f.Set("email", c.Email)
	f.Set("phone", c.Phone)
	f.Set("address", c.Address)
}

func applyContact(_ *web.Request, _ view, f *web.Form, t *tenant.Tenant) error {
	t.Settings.Contact = tenant.Contact{
		Name: textOf(f, "office", t.Settings.Contact.Name), Email: strings.TrimSpace(f.Value("email")), Phone: strings.TrimSpace(f.Value("phone")),
		Address: strings.TrimSpace(strings.ReplaceAll(f.Value("address"), "\r\n", "\n")),
	}
	return nil
}

func contactLines(r *web.Request, v view) []web.Definition {
	c := v.town.Settings.Contact
	return []web.Definition{
		line(r, "tenant.contact.office", said(r, c.Name)), line(r, "tenant.contact.email.label", c.Email),
		line(r, "tenant.contact.phone", c.Phone), line(r, "tenant.contact.address", c.Address),
	}
}

func fillColours(f *web.Form, v view) {
	f.Set("accent", v.town.Settings.Colours.Accent)
	f.Set("accent_dark", v.town.Settings.Colours.AccentDark)
}

// colour accepts a colour as people write it: with or without #, three digits or six.
func colour(s string) string {
	s = strings.TrimPrefix(strings.ToLower(strings.TrimSpace(s)), "#")
	if s == "" {
		return ""
	}
	if len(s) == 3 {
		s = string([]byte{s[0], s[0], s[1], s[1], s[2], s[2]})
	}
	return "#" + s
}

func coloursOf(f *web.Form) tenant.Colours {
	return tenant.Colours{Accent: colour(f.Value("accent")), AccentDark: colour(f.Value("accent_dark"))}
}

func applyColours(_ *web.Request, _ view, f *web.Form, t *tenant.Tenant) error {
	t.Settings.Colours = coloursOf(f)
	return nil
}

func colourLines(r *web.Request, v view) []web.Definition {
	c := v.town.Settings.Colours
	dark := c.AccentDark
	if _, d, ok := c.Tones(); ok && dark == "" {
		dark = r.T("tenant.colour.derived", "colour", d.Accent)
	}
	accent := c.Accent
	if accent == "" {
		accent = r.T("tenant.colour.shipped")
		dark = accent
	}
	return []web.Definition{line(r, "tenant.colour.accent.label", accent), line(r, "tenant.colour.dark.label", dark)}
}

func fillLogo(f *web.Form, v view) { texts(f, "alt", v.town.Settings.Logo.Alt) }

func saveLogo(r *web.Request, service *tenant.Service, f *web.Form) error {
	t, err := service.Get(r.Context(), r.Actor.Tenant)
	if err != nil {
		return err
	}
	l := t.Settings.Logo
	if f.Is("remove", "1") {
		return service.SetLogo(r.Context(), r.Actor, f.Value(stateField), tenant.Logo{}, nil)
	}
	var picture []byte
	file, _, err := f.File("file")
	switch {
	case err == nil:
		defer file.Close()
		if picture, l, err = tenant.DrawLogo(file); err != nil {
			return err
		}
	case !l.Set() || kernel.KindOf(err) != kernel.Invalid:
		return err
	}
	l.Alt = textOf(f, "alt", l.Alt)
	if l.Alt[i18n.German] == "" {
		return &kernel.Error{Kind: kernel.Invalid, Key: "web.invalid", Fields: map[string]string{"alt.de": "tenant.logo.alt"}}
	}
	return service.SetLogo(r.Context(), r.Actor, f.Value(stateField), l, picture)
}

func logoLines(r *web.Request, v view) []web.Definition {
	l := v.town.Settings.Logo
	if !l.Set() {
		return []web.Definition{line(r, "tenant.logo.label", r.T("tenant.logo.shipped"))}
	}
	return []web.Definition{line(r, "tenant.logo.label", r.T("tenant.logo.size", "width", l.Width, "height", l.Height)), line(r, "tenant.logo.alt.label", said(r, l.Alt))}
}

func fillTerms(f *web.Form, v view) {
	for _, key := range tenant.TermKeys() {
		t := v.town.Settings.Terms[key]
		n := "term." + key + "."
		texts(f, n+"one", t.One)
		texts(f, n+"many", t.Many)
		f.Set(n+"gender", string(t.Gender))
		f.Set(n+"genitive", t.Genitive)
		f.Set(n+"dative", t.Dative)
	}
}

func applyTerms(_ *web.Request, _ view, f *web.Form, t *tenant.Tenant) error {
	out := map[string]tenant.Term{}
	for _, key := range tenant.TermKeys() {
		n := "term." + key + "."
		x := tenant.Term{
			One: textOf(f, n+"one", nil), Many: textOf(f, n+"many", nil), Gender: tenant.Gender(f.Value(n + "gender")),
			Genitive: strings.TrimSpace(f.Value(n + "genitive")), Dative: strings.TrimSpace(f.Value(n + "dative")),
		}
		if !x.Empty() {
			out[key] = x
		}
	}
	t.Settings.Terms = out
	return nil
}

func termLines(r *web.Request, v view) []web.Definition {
	var out []web.Definition
	for _, key := range tenant.TermKeys() {
		t := v.town.Settings.Terms[key]
		text := said(r, t.One)
		if text != "" {
			text += ", " + said(r, t.Many)
		}
		out = append(out, line(r, "tenant.term."+key, text))
	}
	return out
}

// others are the languages a town may offer beside German.
func others() []string {
	return slices.DeleteFunc(i18n.Languages(), func(l string) bool { return l == i18n.German })
}

func fillLanguages(f *web.Form, v view) {
	w := Of(v.town)
	for _, l := range others() {
		if w.Offers(l) {
			f.Add("languages", l)
		}
	}
}

func applyLanguages(_ *web.Request, _ view, f *web.Form, t *tenant.Tenant) error {
	chosen := slices.DeleteFunc(others(), func(l string) bool { return !f.Is("languages", l) })
	switch {
	case len(chosen) == len(others()):
		t.Settings.Languages = nil
	case len(chosen) == 0:
		t.Settings.Languages = []string{i18n.German} // an empty list means all
	default:
		t.Settings.Languages = chosen
	}
	return nil
}

func languageLines(r *web.Request, v view) []web.Definition {
	names := []string{r.T("tenant.language.de")}
	for _, l := range others() {
		if Of(v.town).Offers(l) {
			names = append(names, r.T("tenant.language."+l))
		}
	}
	return []web.Definition{line(r, "tenant.languages.label", r.P.List(names))}
}

func fillHosts(f *web.Form, v view) {
	f.Set("hosts", strings.Join(v.town.Settings.Hosts, "\n"))
	if v.town.Settings.Canonical {
		f.Set("canonical", "1")
	}
}

// applyHosts takes the redirect to the town's own host only from somebody who came in under it: a name that leads nowhere would lock everybody
// out.
func applyHosts(r *web.Request, _ view, f *web.Form, t *tenant.Tenant) error {
	hosts := strings.Fields(strings.ToLower(strings.ReplaceAll(f.Value("hosts"), ",", " ")))
	was := t.Settings.Canonical && len(hosts) > 0 && slices.Equal(hosts[:1], t.Settings.Hosts[:1])
	t.Settings.Hosts, t.Settings.Canonical = hosts, f.Is("canonical", "1")
	if t.Settings.Canonical && !was && (len(hosts) == 0 || hosts[0] != r.HostName()) {
		return &kernel.Error{Kind: kernel.Invalid, Key: "web.invalid", Params: kernel.Params("host", r.HostName()), Fields: map[string]string{"canonical": "tenant.canonical.under"}}
	}
	return nil
}

func hostLines(r *web.Request, v view) []web.Definition {
	redirect := r.T("tenant.no")
	if v.town.Settings.Canonical {
		redirect = r.T("tenant.yes")
	}
	return []web.Definition{
		line(r, "tenant.key.label", v.town.Key), line(r, "tenant.hosts.label", strings.Join(v.town.Settings.Hosts, ", ")),
		line(r, "tenant.canonical.label", redirect),
	}
}

func fillRules(f *web.Form, v view) {
	x := v.town.Settings.Rules
	for _, k := range access.MatterKinds() {
		if x.FourEyes[k] {
			f.Add("four", string(k))
		}
	}
	if x.Registration {
		f.Set("registration", "1")
	}
	if x.SecondFactor {
		f.Set("second", "1")
	}
	f.Set("idle", strconv.Itoa(x.Idle()))
	f.Set("most", strconv.Itoa(x.Most()))
}

func applyRules(_ *web.Request, _ view, f *web.Form, t *tenant.Tenant) error {
	x := tenant.Rules{Registration: f.Is("registration", "1"), SecondFactor: f.Is("second", "1")}
	for _, k := range access.MatterKinds() {
		if f.Is("four", string(k)) {
			if x.FourEyes == nil {
				x.FourEyes = map[access.MatterKind]bool{}
			}
			x.FourEyes[k] = true
		}
	}
	var err error
	if x.SessionIdle, err = number(f, "idle", "tenant.rules.idle"); err != nil {
		return err
	}
	if x.SessionMost, err = number(f, "most", "tenant.rules.most"); err != nil {
		return err
	}
	t.Settings.Rules = x
	return nil
}

func number(f *web.Form, name, key string) (int, error) {
	n, err := strconv.Atoi(strings.TrimSpace(f.Value(name)))
	if err != nil || n < 1 {
		return 0, &kernel.Error{Kind: kernel.Invalid, Key: "web.invalid", Fields: map[string]string{name: key}}
	}
	return n, nil
}

func ruleLines(r *web.Request, v view) []web.Definition {
	x := v.town.Settings.Rules
	var four []string
	for _, k := range access.MatterKinds() {
		if x.FourEyes[k] {
			four = append(four, r.T("tenant.four."+string(k)))
		}
	}
	yes := func(b bool) string {
		if b {
			return r.T("tenant.yes")
		}
		return r.T("tenant.no")
	}
	return []web.Definition{
		line(r, "tenant.rules.four", strings.Join(four, "; ")), line(r, "tenant.rules.registration", yes(x.Registration)),
		line(r, "tenant.rules.second", yes(x.SecondFactor)),
		line(r, "tenant.rules.sessions", r.T("tenant.rules.sessions.text", "idle", x.Idle(), "most", x.Most())),
	}
}

func keepField(kind string) string { return "keep." + kind }

func fillRetention(f *web.Form, v view) {
	for _, k := range v.kinds {
		f.Set(keepField(k.Key), strconv.Itoa(v.town.Settings.Keep(k.Key, k.Days)))
	}
}

// applyRetention keeps what differs from the shipped days, of the kinds the program knows.
func applyRetention(_ *web.Request, v view, f *web.Form, t *tenant.Tenant) error {
	out := map[string]int{}
	for _, k := range v.kinds {
		n, err := number(f, keepField(k.Key), "tenant.retention.days")
		if err != nil {
			return err
		}
		if n < k.Least || k.Most > 0 && n > k.Most {
			return &kernel.Error{
				Kind: kernel.Invalid, Key: "web.invalid", Params: kernel.Params("least", k.Least, "most", k.Most),
				Fields: map[string]string{keepField(k.Key): "tenant.retention.bounds"},
			}
		}
		if n != k.Days {
			out[k.Key] = n
		}
	}
	t.Settings.Retention = out
	return nil
}

func retentionLines(r *web.Request, v view) []web.Definition {
	var out []web.Definition
	for _, k := range v.kinds {
		out = append(out, web.Definition{Term: r.T(k.Name), Text: r.T("tenant.retention.keep", "n", v.town.Settings.Keep(k.Key, k.Days))})
	}
	if out == nil {
		out = []web.Definition{line(r, "tenant.retention.label", r.T("tenant.retention.nothing"))}
	}
	return out
}
