// SPDX-License-Identifier: EUPL-1.2

package tenant

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"net/mail"
	"slices"
	"strconv"
	"strings"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// Section is a part of the settings that is edited by itself: two people who change different sections at once do not meet.
type Section string

// The sections, in the order of the page.
const (
	NameSection      Section = "name"
	ContactSection   Section = "contact"
	ColourSection    Section = "colours"
	LogoSection      Section = "logo"
	TermSection      Section = "terms"
	LanguageSection  Section = "languages"
	HostSection      Section = "hosts"
	RuleSection      Section = "rules"
	RetentionSection Section = "retention"
)

// Sections lists them.
func Sections() []Section {
	return []Section{NameSection, ContactSection, ColourSection, LogoSection, TermSection, LanguageSection, HostSection, RuleSection, RetentionSection}
}

// Part is what a section holds.
func (t Tenant) Part(s Section) any {
	x := t.Settings
	switch s {
	case NameSection:
		return t.Name
	case ContactSection:
		return x.Contact
	case ColourSection:
		return x.Colours
	case LogoSection:
		return x.Logo
	case TermSection:
		return x.Terms
	case LanguageSection:
		return x.Languages
	case HostSection:
		return []any{x.Hosts, x.Canonical}
	case RuleSection:
		return x.Rules
	case RetentionSection:
		return x.Retention
	}
	return nil
}

// Mark stands for what a section held when a form was drawn; see Service.Change.
func (t Tenant) Mark(s Section) string {
	b, err := json.Marshal(t.Part(s))
	if err != nil { // cannot happen: texts and numbers only
		return ""
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:8])
}

// RuleMatter names the executor of a change of rules that a second person has approved.
const RuleMatter = "tenant.rules"

// Change changes one section of the actor's own town. mark is what the section held when the person began; Conflict "tenant.changed" when
// somebody else has changed it since, and nothing is written. apply gets the town as it is now. To switch off the rule of two people takes two
// people.
func (s *Service) Change(ctx context.Context, a access.Actor, section Section, mark string, apply func(*Tenant) error) error {
	if err := access.CheckTenant(a, access.ManageTenant); err != nil {
		return err
	}
	now, t, err := s.changed(ctx, a, section, mark, apply)
	if err != nil || t.Mark(section) == mark {
		return err
	}
	if err := s.secondForRules(ctx, a, now, t); err != nil {
		return err
	}
	return s.Tx.Tx(ctx, func(ctx context.Context) error {
		_, t, err := s.changed(ctx, a, section, mark, apply)
		if err != nil {
			return err
		}
		return s.save(ctx, a, t, section)
	})
}

// Save writes name and settings of the actor's own town as a whole, for programs; people change one section at a time. The same rules hold.
func (s *Service) Save(ctx context.Context, a access.Actor, t Tenant) error {
	if err := access.Check(a, access.ManageTenant, access.Object{Tenant: t.ID}); err != nil {
		return err
	}
	if err := t.Validate(); err != nil {
		return err
	}
	now, err := s.Store.Get(ctx, t.ID)
	if err != nil {
		return err
	}
	if err := s.secondForRules(ctx, a, now, t); err != nil {
		return err
	}
	return s.act(ctx, func(ctx context.Context) error {
		if err := s.hostsFree(ctx, t); err != nil {
			return err
		}
		if err := s.Store.Update(ctx, t); err != nil {
			return err
		}
		return s.record(ctx, a, "tenant.save", t)
	})
}

// changed gives the town as it is and as it would be, checked.
func (s *Service) changed(ctx context.Context, a access.Actor, section Section, mark string, apply func(*Tenant) error) (now, t Tenant, err error) {
	if now, err = s.Store.Get(ctx, a.Tenant); err != nil {
		return now, t, err
	}
	if now.Mark(section) != mark {
		return now, t, kernel.E(kernel.Conflict, "tenant.changed")
	}
	t = now
	t.Name, t.Settings = maps.Clone(now.Name), now.Settings.clone() // what apply does to maps must not reach now
	if err = apply(&t); err == nil {
		err = t.Validate()
	}
	return now, t, err
}

// secondForRules asks for a second person where a change would do away with the second person.
func (s *Service) secondForRules(ctx context.Context, a access.Actor, from, to Tenant) error {
	for _, k := range access.MatterKinds() {
		if from.Settings.Rules.FourEyes[k] && !to.Settings.Rules.FourEyes[k] {
			return access.Second(ctx, s.FourEyes, a, access.Matter{
				Kind: k, Do: access.ManageTenant, What: RuleMatter, Object: kernel.Ref{Kind: "tenant", ID: a.Tenant},
				Title: kernel.T("Regeln der Stadt ändern", "Change the rules of the town"), Args: RuleChange{from.Mark(RuleSection), to.Settings.Rules},
			})
		}
	}
	return nil
}

// RuleChange is what a second person approves: the rules to be, on top of those that Mark stands for.
type RuleChange struct {
	Mark  string `json:"mark"`
	Rules Rules  `json:"rules"`
}

// ApproveRules carries out a change of rules that two people want; ctx carries their approval.
func (s *Service) ApproveRules(ctx context.Context, a access.Actor, args json.RawMessage) error {
	var c RuleChange
	if err := json.Unmarshal(args, &c); err != nil {
		return err
	}
	return s.Change(ctx, a, RuleSection, c.Mark, func(t *Tenant) error {
		t.Settings.Rules = c.Rules
		return nil
	})
}

// save writes a town, with its line in the trail.
func (s *Service) save(ctx context.Context, a access.Actor, t Tenant, section Section) error {
	if section == HostSection {
		if err := s.hostsFree(ctx, t); err != nil {
			return err
		}
	}
	if err := s.Store.Update(ctx, t); err != nil {
		return err
	}
	return access.Record(ctx, s.Trail, a, access.Act{
		Do: access.ManageTenant, What: "tenant." + string(section), Object: kernel.Ref{Kind: "tenant", ID: t.ID}, Note: note(t, section),
	})
}

// note says for the trail what a section is now, in keys and numbers only.
func note(t Tenant, s Section) map[string]string {
	out := map[string]string{"version": strconv.Itoa(t.Version + 1)}
	x := t.Settings
	switch s {
	case HostSection:
		out["hosts"], out["canonical"] = strings.Join(x.Hosts, " "), strconv.FormatBool(x.Canonical)
	case LanguageSection:
		out["languages"] = strings.Join(x.Languages, " ")
	case LogoSection:
		out["sha256"] = x.Logo.SHA256
	case ColourSection:
		out["accent"], out["accent_dark"] = x.Colours.Accent, x.Colours.AccentDark
	case RuleSection:
		for _, k := range access.MatterKinds() {
			out["four_eyes."+string(k)] = strconv.FormatBool(x.Rules.FourEyes[k])
		}
		out["registration"], out["second_factor"] = strconv.FormatBool(x.Rules.Registration), strconv.FormatBool(x.Rules.SecondFactor)
		out["session_idle"], out["session_most"] = strconv.Itoa(x.Rules.Idle()), strconv.Itoa(x.Rules.Most())
	case RetentionSection:
		for k, days := range x.Retention {
			out[k] = strconv.Itoa(days)
		}
	case NameSection, ContactSection, TermSection:
	}
	return out
}

// hostsFree refuses host names that lead to another town.
func (s *Service) hostsFree(ctx context.Context, t Tenant) error {
	list, err := s.Store.List(ctx)
	if err != nil {
		return err
	}
	for _, other := range list {
		for _, h := range t.Settings.Hosts {
			if other.ID != t.ID && slices.Contains(other.Settings.Hosts, h) {
				return &kernel.Error{Kind: kernel.Conflict, Key: "tenant.host.taken", Params: kernel.Params("host", h), Fields: map[string]string{"hosts": "tenant.host.taken"}}
			}
		}
	}
	return nil
}

// SetLogo draws an uploaded picture anew, keeps it and puts it into the head of the town's pages.
func (s *Service) SetLogo(ctx context.Context, a access.Actor, mark string, l Logo, picture []byte) error {
	if err := access.CheckTenant(a, access.ManageTenant); err != nil {
		return err
	}
	if picture != nil {
		sum, _, err := s.Files.Put(ctx, bytes.NewReader(picture), LogoBytes)
		if err != nil {
			return err
		}
		l.SHA256 = sum
	}
	return s.Change(ctx, a, LogoSection, mark, func(t *Tenant) error {
		t.Settings.Logo = l
		return nil
	})
}

// check names what is wrong with the settings.
func (x Settings) check(f map[string]string, params map[string]any) {
	for _, h := range x.Hosts {
		if !hostForm.MatchString(h) || !strings.Contains(h, ".") && h != "localhost" {
			f["hosts"] = "tenant.hosts.form"
		}
	}
	if x.Canonical && len(x.Hosts) == 0 {
		f["canonical"] = "tenant.canonical.none"
	}
	for _, l := range x.Languages {
		if !langForm.MatchString(l) {
			f["languages"] = "tenant.languages.form"
		}
	}
	if x.Contact.Email != "" {
		if a, err := mail.ParseAddress(x.Contact.Email); err != nil || a.Address != x.Contact.Email {
			f["email"] = "tenant.contact.email"
		}
	}
	if len(x.Contact.Address) > 500 || len(x.Contact.Phone) > 60 {
		f["address"] = "tenant.contact.long"
	}
	x.Colours.check(f, params)
	if x.Logo.Set() && strings.TrimSpace(x.Logo.Alt.String()) == "" {
		f["alt"] = "tenant.logo.alt"
	}
	for key, t := range x.Terms {
		if !slices.Contains(TermKeys(), key) {
			f["term."+key] = "tenant.term.unknown"
		}
		t.check(key, f)
	}
	if m := x.Rules.SessionIdle; m != 0 && (m < 5 || m > 24*60) {
		f["idle"] = "tenant.rules.idle"
	}
	if m := x.Rules.SessionMost; m != 0 && (m < 30 || m > 14*24*60) {
		f["most"] = "tenant.rules.most"
	}
	if x.Rules.Idle() > x.Rules.Most() {
		f["idle"] = "tenant.rules.order"
	}
	for kind, days := range x.Retention {
		if days < 1 || days > 100*365 {
			f["keep."+kind] = "tenant.retention.days"
		}
	}
}
