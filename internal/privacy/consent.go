// SPDX-License-Identifier: EUPL-1.2

package privacy

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// The kinds of consent the program asks for. Their shipped texts stand in the catalogue under "privacy.consent.<kind>.text".
const (
	RegistrationConsent = "registration" // an account of a citizen
	SubscriptionConsent = "subscription" // mails about what is new
	EventConsent        = "event"        // a place at an event
)

// ConsentKinds lists them.
func ConsentKinds() []string { return []string{RegistrationConsent, SubscriptionConsent, EventConsent} }

// maxText is how long a text of a town may be, in bytes.
const maxText = 200_000

// ConsentVersion is a text people agree to. It is never changed; a change is a further version.
type ConsentVersion struct {
	Kind      string
	Lang      string
	Version   int
	Body      string // Markdown
	ValidFrom kernel.Instant
	By        kernel.ID // account; empty: shipped
}

// Agreement is that a person agreed to a text.
type Agreement struct {
	ID        kernel.ID
	Person    kernel.ID
	Kind      string
	Lang      string
	Version   int
	Given     kernel.Instant
	Withdrawn kernel.Instant
}

// consentStore keeps texts and agreements.
type consentStore interface {
	// ConsentTexts lists the versions of a kind, newest first; of one language, or of all where lang is empty.
	ConsentTexts(ctx context.Context, tenant kernel.ID, kind, lang string) ([]ConsentVersion, error)
	// InsertConsentText adds a version; Conflict "privacy.changed" when the number is taken.
	InsertConsentText(ctx context.Context, tenant kernel.ID, v ConsentVersion) error
	InsertAgreement(ctx context.Context, tenant kernel.ID, a Agreement) error
	// Withdraw ends the agreements of a person to a kind that still hold, and tells how many.
	Withdraw(ctx context.Context, tenant, person kernel.ID, kind string, at kernel.Instant) (int64, error)
}

// ConsentText gives the text of the kind that holds now in the language, German where the town has none in it. A consent names its Version and
// Lang. The shipped text becomes version 1 when it is first asked for, so that it can be shown later whatever a newer program ships.
func (s *Service) ConsentText(ctx context.Context, tenant kernel.ID, kind, lang string) (ConsentVersion, error) {
	if !slices.Contains(ConsentKinds(), kind) {
		return ConsentVersion{}, kernel.E(kernel.NotFound, "privacy.consent.notfound")
	}
	if !slices.Contains(languages, lang) {
		lang = "de"
	}
	list, err := s.Store.ConsentTexts(ctx, tenant, kind, lang)
	if err != nil {
		return ConsentVersion{}, err
	}
	if len(list) > 0 {
		return list[0], nil
	}
	var v ConsentVersion
	err = s.Tx.Tx(ctx, func(ctx context.Context) error {
		list, err := s.Store.ConsentTexts(ctx, tenant, kind, lang)
		if err != nil {
			return err
		}
		if len(list) > 0 {
			v = list[0]
			return nil
		}
		v = ConsentVersion{Kind: kind, Lang: lang, Version: 1, Body: s.Words.T(lang, "privacy.consent."+kind+".text"), ValidFrom: s.now()}
		return s.Store.InsertConsentText(ctx, tenant, v)
	})
	return v, err
}

// ConsentTexts lists every version of a kind, newest first, for staff.
func (s *Service) ConsentTexts(ctx context.Context, by access.Actor, kind string) ([]ConsentVersion, error) {
	if err := access.CheckTenant(by, access.EditLegal); err != nil {
		return nil, err
	}
	if !slices.Contains(ConsentKinds(), kind) {
		return nil, kernel.E(kernel.NotFound, "privacy.consent.notfound")
	}
	return s.Store.ConsentTexts(ctx, by.Tenant, kind, "")
}

// PublishConsent makes a further version of a text, valid at once. base is the version the writer started from: when another one came first, it
// is a Conflict, and nobody's text is lost unseen.
func (s *Service) PublishConsent(ctx context.Context, by access.Actor, kind, lang, body string, base int) (ConsentVersion, error) {
	if err := access.CheckTenant(by, access.EditLegal); err != nil {
		return ConsentVersion{}, err
	}
	body = strings.TrimSpace(strings.ReplaceAll(body, "\r\n", "\n"))
	switch {
	case !slices.Contains(ConsentKinds(), kind) || !slices.Contains(languages, lang):
		return ConsentVersion{}, kernel.E(kernel.NotFound, "privacy.consent.notfound")
	case body == "":
		return ConsentVersion{}, &kernel.Error{Kind: kernel.Invalid, Key: "privacy.invalid", Fields: map[string]string{"body": "privacy.text.missing"}}
	case len(body) > maxText:
		return ConsentVersion{}, &kernel.Error{Kind: kernel.Invalid, Key: "privacy.invalid", Fields: map[string]string{"body": "privacy.text.long"}}
	}
	var v ConsentVersion
	err := s.Tx.Tx(ctx, func(ctx context.Context) error {
		now, err := s.ConsentText(ctx, by.Tenant, kind, lang)
		if err != nil {
			return err
		}
		if now.Version != base {
			return kernel.E(kernel.Conflict, "privacy.changed")
		}
		if now.Body == body {
			v = now
			return nil
		}
		v = ConsentVersion{Kind: kind, Lang: lang, Version: now.Version + 1, Body: body, ValidFrom: s.now(), By: by.Person}
		if err := s.Store.InsertConsentText(ctx, by.Tenant, v); err != nil {
			return err
		}
		return access.Record(ctx, s.Trail, by, access.Act{
			Do: access.EditLegal, What: "privacy.consent", Note: map[string]string{"kind": kind, "lang": lang, "version": fmt.Sprint(v.Version)},
		})
	})
	return v, err
}

// Agree keeps that the person agreed to the version, in the transaction of ctx.
func (s *Service) Agree(ctx context.Context, tenant, person kernel.ID, v ConsentVersion) error {
	return s.Tx.Tx(ctx, func(ctx context.Context) error {
		return s.Store.InsertAgreement(ctx, tenant, Agreement{ID: kernel.NewID(), Person: person, Kind: v.Kind, Lang: v.Lang, Version: v.Version, Given: s.now()})
	})
}

// Withdraw ends a person's consent of a kind (Art. 7 (3) GDPR); what was done before stays lawful.
func (s *Service) Withdraw(ctx context.Context, tenant, person kernel.ID, kind string) (n int64, err error) {
	err = s.Tx.Tx(ctx, func(ctx context.Context) (err error) {
		n, err = s.Store.Withdraw(ctx, tenant, person, kind, s.now())
		return err
	})
	return n, err
}
