// SPDX-License-Identifier: EUPL-1.2

package trail

import (
	"context"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// portion is how many entries are read at once where all are read.
const portion = 1000

// Find gives the newest entries before a number that a filter chooses, newest first, and whether there are older ones; before 0: from the end.
func (s *Service) Find(ctx context.Context, by access.Actor, f Filter, before int64, n int) (list []Entry, more bool, err error) {
	if err := access.CheckTenant(by, access.ReadAudit); err != nil {
		return nil, false, err
	}
	list, err = s.Store.Find(ctx, by.Tenant, f, before, n+1)
	if len(list) > n {
		return list[:n], true, err
	}
	return list, false, err
}

// Entry gives one.
func (s *Service) Entry(ctx context.Context, by access.Actor, seq int64) (Entry, error) {
	if err := access.CheckTenant(by, access.ReadAudit); err != nil {
		return Entry{}, err
	}
	return s.Store.Entry(ctx, by.Tenant, seq)
}

// Head gives the end of the chain, to be kept elsewhere.
func (s *Service) Head(ctx context.Context, by access.Actor) (Head, error) {
	if err := access.CheckTenant(by, access.ReadAudit); err != nil {
		return Head{}, err
	}
	return s.Store.Head(ctx, by.Tenant)
}

// Choices lists whom and what the entries name, for filters.
func (s *Service) Choices(ctx context.Context, by access.Actor) (people []kernel.ID, whats []string, err error) {
	if err := access.CheckTenant(by, access.ReadAudit); err != nil {
		return nil, nil, err
	}
	if people, err = s.Store.People(ctx, by.Tenant); err != nil {
		return nil, nil, err
	}
	whats, err = s.Store.Whats(ctx, by.Tenant)
	return people, whats, err
}

// ExportMatter names an export of the trail among what waits for a second person.
const ExportMatter = "audit.export"

// exportArgs make exports of the same choice equal.
type exportArgs struct {
	From   string `json:"from,omitempty"`
	Until  string `json:"until,omitempty"`
	Person string `json:"person,omitempty"`
	Do     string `json:"do,omitempty"`
	What   string `json:"what,omitempty"`
	Kind   string `json:"kind,omitempty"`
	ID     string `json:"id,omitempty"`
}

// Export gives the entries a filter chooses to each, oldest first. It is an act of its own: where the town asks for it a second person has to
// agree, and an entry tells of it. format is for that entry ("csv", "ndjson").
func (s *Service) Export(ctx context.Context, by access.Actor, f Filter, format string, each func(Entry) error) error {
	if err := access.CheckTenant(by, access.ReadAudit); err != nil {
		return err
	}
	err := access.Second(ctx, s.FourEyes, by, access.Matter{
		Kind: access.ExportMatter, Do: access.ReadAudit, What: ExportMatter, Object: kernel.Ref{Kind: "tenant", ID: by.Tenant},
		Title: kernel.T("Ausgabe des Protokolls", "Export of the audit trail"),
		Args:  exportArgs{f.From.String(), f.Until.String(), string(f.Person), string(f.Do), f.What, f.Kind, string(f.ID)},
	})
	if err != nil {
		return err
	}
	act := access.Act{Do: access.ReadAudit, What: "audit.export", Object: kernel.Ref{Kind: "tenant", ID: by.Tenant}, Note: map[string]string{"format": format}}
	if err := s.Record(ctx, by, act); err != nil {
		return err
	}
	return s.Tx.ReadTx(ctx, func(ctx context.Context) error {
		return s.each(ctx, by.Tenant, func(e Entry) error {
			if !f.chooses(e) {
				return nil
			}
			return each(e)
		})
	})
}

// each gives every entry in the order of the chain.
func (s *Service) each(ctx context.Context, tenant kernel.ID, f func(Entry) error) error {
	for seq := int64(0); ; {
		list, err := s.Store.After(ctx, tenant, seq, portion)
		if err != nil {
			return err
		}
		for _, e := range list {
			if err := f(e); err != nil {
				return err
			}
			seq = e.Seq
		}
		if len(list) < portion {
			return nil
		}
	}
}

// chooses tells whether the filter takes an entry.
func (f Filter) chooses(e Entry) bool {
	return (f.From.IsZero() || !e.At.Before(f.From.Time)) && (f.Until.IsZero() || e.At.Before(f.Until.Time)) &&
		(f.Person == "" || e.Person == f.Person) && (f.Do == "" || e.Do == f.Do) && (f.What == "" || e.What == f.What) &&
		(f.Kind == "" || e.Object.Kind == f.Kind) && (f.ID == "" || e.Object.ID == f.ID)
}
