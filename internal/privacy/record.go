// SPDX-License-Identifier: EUPL-1.2

package privacy

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// Entry is one processing of the record, with its words as they were when the version was made.
type Entry struct {
	Key        string      `json:"key"`
	Title      kernel.Text `json:"title"`
	Purpose    kernel.Text `json:"purpose"`
	Basis      kernel.Text `json:"basis"`
	People     kernel.Text `json:"people"`
	Data       kernel.Text `json:"data"`
	Recipients kernel.Text `json:"recipients"`
	Kept       kernel.Text `json:"kept"` // for how long
	Days       int         `json:"days"` // 0: until the purpose ends
}

// Record is the record of processing activities (Art. 30 (1) GDPR) as the program can know it.
type Record struct {
	Version    int            `json:"-"` // 0: not kept yet
	At         kernel.Instant `json:"-"`
	Town       kernel.Text    `json:"town"`
	Controller kernel.Text    `json:"controller"` // name and address, from the published imprint
	Officer    kernel.Text    `json:"officer"`    // data protection officer, from the published privacy notice
	Entries    []Entry        `json:"entries"`
	Measures   []kernel.Text  `json:"measures"` // technical and organisational measures (Art. 30 (1) g, 32), as far as the program takes them
}

// recordStore keeps versions of the record.
type recordStore interface {
	// Records lists the versions without their content, newest first.
	Records(ctx context.Context, tenant kernel.ID) ([]Record, error)
	// Record gives one version; NotFound "privacy.record.notfound".
	Record(ctx context.Context, tenant kernel.ID, version int) (Record, error)
	// RecordHash gives number and hash of the newest version; 0 and empty where there is none.
	RecordHash(ctx context.Context, tenant kernel.ID) (version int, hash string, err error)
	InsertRecord(ctx context.Context, tenant kernel.ID, version int, hash string, content []byte, at kernel.Instant) error
}

// languages of kept texts.
var languages = []string{"de", "en"}

// text gives a sentence in all languages.
func (s *Service) text(key string, kv ...any) kernel.Text {
	t := kernel.Text{}
	for _, l := range languages {
		t[l] = s.Words.T(l, key, kv...)
	}
	return t
}

// Current computes the record from what is switched on now.
func (s *Service) Current(ctx context.Context, tenant kernel.ID) (Record, error) {
	kinds, err := s.active(ctx, tenant)
	if err != nil {
		return Record{}, err
	}
	town, err := s.Towns.Town(ctx, tenant)
	if err != nil {
		return Record{}, err
	}
	facts, err := s.Facts(ctx, tenant)
	if err != nil {
		return Record{}, err
	}
	r := Record{Town: town.Name}
	for _, k := range kinds {
		r.Entries = append(r.Entries, s.entry(k, k.days(town), facts))
	}
	imprint, err := s.published(ctx, tenant, Imprint)
	if err != nil {
		return Record{}, err
	}
	notice, err := s.published(ctx, tenant, Notice)
	if err != nil {
		return Record{}, err
	}
	r.Controller = imprint.address()
	r.Officer = notice.officer()
	for _, m := range facts.measures() {
		r.Measures = append(r.Measures, s.text("privacy.measure."+m))
	}
	return r, nil
}

func (s *Service) entry(k DataKind, days int, facts Facts) Entry {
	at := "privacy.kind." + k.Key + "."
	e := Entry{
		Key: k.Key, Days: days, Title: s.text(at + "title"), Purpose: s.text(at + "purpose"), People: s.text(at + "people"), Data: s.text(at + "data"),
		Recipients: s.text(at + "recipients"), Basis: kernel.Text{}, Kept: kernel.Text{},
	}
	if k.Key == "mail" && !facts.Mail {
		e.Recipients = s.text("privacy.recipients.none")
	}
	for _, l := range languages {
		for i, b := range k.Basis {
			if i > 0 {
				e.Basis[l] += "; "
			}
			e.Basis[l] += s.Words.T(l, "privacy.basis."+string(b))
		}
		if days > 0 {
			e.Kept[l] = s.Words.T(l, "privacy.kept.days", "n", days)
		}
		if clock := at + "clock"; s.Words.Has(clock) {
			if e.Kept[l] != "" {
				e.Kept[l] += " "
			}
			e.Kept[l] += s.Words.T(l, clock)
		}
	}
	return e
}

// measures names what the program does to protect data, by key of the catalogue.
func (f Facts) measures() []string {
	list := []string{"access", "passwords", "audit", "tenants", "files", "log", "delete", "backup"}
	if f.TLS {
		list = append(list, "tls")
	}
	if f.SecondFactor {
		list = append(list, "second")
	}
	return list
}

// KeepRecord makes a further version where the record has changed, in the transaction of ctx, and tells its number.
func (s *Service) KeepRecord(ctx context.Context, tenant kernel.ID) (version int, changed bool, err error) {
	err = s.Tx.Tx(ctx, func(ctx context.Context) error {
		r, err := s.Current(ctx, tenant)
		if err != nil {
			return err
		}
		content, hash, err := r.sum()
		if err != nil {
			return err
		}
		last, have, err := s.Store.RecordHash(ctx, tenant)
		if err != nil || have == hash {
			version, changed = last, false
			return err
		}
		version, changed = last+1, true
		return s.Store.InsertRecord(ctx, tenant, version, hash, content, s.now())
	})
	return version, changed, err
}

func (r Record) sum() (content []byte, hash string, err error) {
	content, err = json.Marshal(r)
	if err != nil {
		return nil, "", fmt.Errorf("record of processing: %w", err)
	}
	sum := sha256.Sum256(content)
	return content, hex.EncodeToString(sum[:]), nil
}

// SaveRecord is KeepRecord on the word of a person.
func (s *Service) SaveRecord(ctx context.Context, by access.Actor) (version int, err error) {
	if err := access.CheckTenant(by, access.EditLegal); err != nil {
		return 0, err
	}
	err = s.Tx.Tx(ctx, func(ctx context.Context) error {
		v, changed, err := s.KeepRecord(ctx, by.Tenant)
		version = v
		if err != nil || !changed {
			return err
		}
		return access.Record(ctx, s.Trail, by, access.Act{Do: access.EditLegal, What: "privacy.record", Note: map[string]string{"version": fmt.Sprint(v)}})
	})
	return version, err
}

// Records lists the kept versions, newest first, and tells whether the newest one is still what is switched on now.
func (s *Service) Records(ctx context.Context, by access.Actor) (list []Record, fresh bool, err error) {
	if err := access.CheckTenant(by, access.ReadPrivacy); err != nil {
		return nil, false, err
	}
	if list, err = s.Store.Records(ctx, by.Tenant); err != nil {
		return nil, false, err
	}
	now, err := s.Current(ctx, by.Tenant)
	if err != nil {
		return nil, false, err
	}
	_, hash, err := now.sum()
	if err != nil {
		return nil, false, err
	}
	_, have, err := s.Store.RecordHash(ctx, by.Tenant)
	return list, have == hash, err
}

// RecordAt gives a kept version; version 0 is what is switched on now.
func (s *Service) RecordAt(ctx context.Context, by access.Actor, version int) (Record, error) {
	if err := access.CheckTenant(by, access.ReadPrivacy); err != nil {
		return Record{}, err
	}
	if version == 0 {
		return s.Current(ctx, by.Tenant)
	}
	return s.Store.Record(ctx, by.Tenant, version)
}
