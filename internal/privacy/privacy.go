// SPDX-License-Identifier: EUPL-1.2

// Package privacy is what the municipality owes the people it keeps data about, as functions of the program: it says what it keeps and why
// (Art. 13, 30 GDPR), deletes when the time is over and proves it (Art. 5 (1) e), tells a person everything it holds about him or her
// (Art. 15, 20), erases it (Art. 17), and keeps the texts people agree to and the legal pages every town must have.
//
// Invariants: every table that names a person belongs to a registered kind of data, or a test fails; proofs of deletion hold numbers and no
// content; an answer about a person can be fetched once, within a quarter of an hour, by the session that asked; texts that were agreed to or
// published are never changed, only followed by a further version.
package privacy

import (
	"context"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// Basis is the legal basis of a processing; the catalogue words it under "privacy.basis.<basis>".
type Basis string

// The bases of Art. 6 (1) GDPR that occur, and Art. 9 where answers may be sensitive.
const (
	Consent    Basis = "consent"    // Art. 6 (1) a
	Obligation Basis = "obligation" // Art. 6 (1) c
	PublicTask Basis = "task"       // Art. 6 (1) e with the data protection act of the Land
	Employment Basis = "employment" // Art. 88 with the law of the Land on data of staff
)

// DataKind is one kind of personal data the program keeps. Its words stand in the catalogue under "privacy.kind.<key>.": title, purpose, people,
// data, recipients, and clock where the time of keeping counts from an event.
type DataKind struct {
	Key   string
	Basis []Basis
	// Default is how many days the kind is kept where the town says nothing, Least and Most are the bounds of what it may say. All 0: kept as
	// long as the purpose lasts, which the words under ".clock" explain.
	Default, Least, Most int
	// Expire deletes at most limit rows that are older than before, in the transaction of ctx, and tells how many it deleted; nil where there is
	// nothing that ends by time.
	Expire func(ctx context.Context, tenant kernel.ID, before kernel.Instant, limit int) (int64, error)
	// On tells whether the town uses what the kind belongs to; nil: always.
	On func(ctx context.Context, tenant kernel.ID) (bool, error)
	// Holder finds and erases what is held of one person; nil where nothing is kept by person, as in the log.
	Holder Holder
	// Lawful marks what has to be kept after an erasure, and which the person is told of: the words under ".kept" say by which law.
	Lawful bool
}

// Timed tells whether the kind ends after a number of days.
func (k DataKind) Timed() bool { return k.Default > 0 }

// Person is whom a duty is about, with everything by which tables name him or her.
type Person struct {
	ID    kernel.ID
	Name  string
	Email string
	// Shared tells that another account of the town bears the same name, so that rows which keep only a name cannot be told apart.
	Shared bool
}

// Gone stands where the name of an erased account stood.
const Gone = "(gelöschtes Konto)"

// Holder keeps data about people. Each capability that does offers one, or is covered by privacydb.Tables.
type Holder interface {
	// Held tells everything held about the person, as tables to read.
	Held(ctx context.Context, tenant kernel.ID, p Person) ([]Section, error)
	// Erase takes it away, in the transaction of ctx, and tells how many rows it deleted or blanked.
	Erase(ctx context.Context, tenant kernel.ID, p Person) (int64, error)
}

// Section is one table of what is held. Columns are named by the catalogue under "privacy.field.<column>"; values are text, whole numbers,
// booleans, kernel.Instant or kernel.Date.
type Section struct {
	Table   string   `json:"table"`
	Columns []string `json:"columns"`
	Rows    [][]any  `json:"rows"`
}

// Tx runs f in one transaction; platform/db implements it.
type Tx interface {
	Tx(ctx context.Context, f func(ctx context.Context) error) error
}

// Town is what the duties need to know of a town.
type Town struct {
	Name      kernel.Text
	Languages []string       // of its pages, German first
	Days      map[string]int // kept days by kind where the town has chosen them
	Contact   string         // e-mail address for those who answer for the pages; empty where none is known
}

// Towns gives and changes what the town has set.
type Towns interface {
	Town(ctx context.Context, tenant kernel.ID) (Town, error)
	// SetDays keeps the town's choice of days by kind, in the transaction of ctx.
	SetDays(ctx context.Context, by access.Actor, days map[string]int) error
}

// People knows the accounts of a town.
type People interface {
	// Person finds an account; NotFound where there is none or it was erased.
	Person(ctx context.Context, tenant, id kernel.ID) (Person, error)
	// Find gives the accounts whose address or name is the text.
	Find(ctx context.Context, tenant kernel.ID, text string) ([]Person, error)
	// LastAdmin tells whether the town would have no administration without the person.
	LastAdmin(ctx context.Context, tenant, id kernel.ID) (bool, error)
	// EndSessions signs the person out everywhere, in the transaction of ctx.
	EndSessions(ctx context.Context, tenant, id kernel.ID) error
}

// Words gives sentences of the catalogue, for texts that are kept or handed over.
type Words interface {
	// T is the sentence of the key in the language.
	T(lang, key string, kv ...any) string
	// Has tells whether the catalogue has the key.
	Has(key string) bool
	// Value writes a value of a Section as the language does.
	Value(lang string, v any) string
}

// Sealer keeps an answer unreadable for whoever has only the database.
type Sealer interface {
	Seal(purpose, place string, plain []byte) string
	Unseal(purpose, place, sealed string) ([]byte, error)
}

// Jobs enqueues work in the transaction of ctx.
type Jobs interface {
	// Disclose has an answer made in the background.
	Disclose(ctx context.Context, tenant, id kernel.ID) error
}

// Store keeps records, proofs, answers, texts and pages. privacydb implements it.
type Store interface {
	recordStore
	retentionStore
	disclosureStore
	consentStore
	legalStore
	barrierStore
}

// Service is the use cases.
type Service struct {
	Kinds    []DataKind
	Store    Store
	Tx       Tx
	Towns    Towns
	People   People
	Words    Words
	Seal     Sealer
	Jobs     Jobs
	Mail     Mailer          // nil: nobody is told by mail
	Trail    access.Trail    // nil: nothing is written down
	FourEyes access.FourEyes // nil: no second person
	Touch    func(ctx context.Context, tenant kernel.ID) error
	Now      func() time.Time
	// Facts tells what of the installation and the town is switched on; the record of processing and the privacy notice name it.
	Facts func(ctx context.Context, tenant kernel.ID) (Facts, error)
}

// Facts are what is switched on, as far as it concerns people's data.
type Facts struct {
	Mail         bool   `json:"mail"`         // a mail server sends
	SignInByIdP  bool   `json:"idp"`          // OpenID Connect
	Registration bool   `json:"registration"` // citizens may open accounts
	Region       bool   `json:"region"`       // released figures go to a region
	TLS          bool   `json:"tls"`          // pages come through HTTPS
	SecondFactor bool   `json:"second"`       // required of staff
	Database     string `json:"database"`     // "sqlite" or "postgres"
}

func (s *Service) now() kernel.Instant {
	if s.Now == nil {
		return kernel.InstantOf(time.Now())
	}
	return kernel.InstantOf(s.Now())
}

// kind finds a registered kind.
func (s *Service) kind(key string) (DataKind, bool) {
	for _, k := range s.Kinds {
		if k.Key == key {
			return k, true
		}
	}
	return DataKind{}, false
}

// active lists the kinds the town uses, in the order of registration.
func (s *Service) active(ctx context.Context, tenant kernel.ID) ([]DataKind, error) {
	var list []DataKind
	for _, k := range s.Kinds {
		on := true
		if k.On != nil {
			var err error
			if on, err = k.On(ctx, tenant); err != nil {
				return nil, err
			}
		}
		if on {
			list = append(list, k)
		}
	}
	return list, nil
}

// days is how long the town keeps the kind; what it chose is brought within the bounds, which a later version of the program may have narrowed.
func (k DataKind) days(t Town) int {
	d, ok := t.Days[k.Key]
	if !ok || !k.Timed() {
		return k.Default
	}
	return min(max(d, k.Least), k.Most)
}

func (s *Service) touch(ctx context.Context, tenant kernel.ID) error {
	if s.Touch == nil {
		return nil
	}
	return s.Touch(ctx, tenant)
}

// Moment is the service's present, for pages that tell what is overdue.
func (s *Service) Moment() kernel.Instant { return s.now() }
