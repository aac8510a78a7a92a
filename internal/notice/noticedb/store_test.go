// SPDX-License-Identifier: EUPL-1.2

package noticedb_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/notice"
	"github.com/kupferfaden/kupferfaden/internal/notice/noticedb"
	"github.com/kupferfaden/kupferfaden/internal/platform/clock"
	"github.com/kupferfaden/kupferfaden/internal/platform/db"
	"github.com/kupferfaden/kupferfaden/internal/platform/db/dbtest"
	"github.com/kupferfaden/kupferfaden/internal/platform/mail"
	"github.com/kupferfaden/kupferfaden/internal/platform/secret"
	"github.com/kupferfaden/kupferfaden/internal/tenant"
	"github.com/kupferfaden/kupferfaden/internal/tenant/tenantdb"
)

// town is a post office of two towns with a clock that only the test moves.
type town struct {
	*testing.T
	db     *db.DB
	clock  *clock.Fixed
	s      *notice.Service
	store  *noticedb.Store
	ids    [2]kernel.ID
	server *server
	later  []time.Time
}

func each(t *testing.T, f func(x *town)) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		x := &town{T: t, db: d, clock: clock.At(time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)), store: &noticedb.Store{DB: d}, server: &server{}}
		for i, key := range []string{"eins", "zwei"} {
			made, err := (&tenant.Service{Store: &tenantdb.Store{DB: d}}).Create(t.Context(), access.CommandLine(""), tenant.Tenant{Key: key, Name: kernel.T(key, key)})
			if err != nil {
				t.Fatal(err)
			}
			x.ids[i] = made.ID
		}
		key, err := secret.Open(t.TempDir(), "")
		if err != nil {
			t.Fatal(err)
		}
		x.s = &notice.Service{
			Store: x.store, Tx: d, Writer: words{}, Secret: key, Transport: x.server, Check: mail.Address, Now: x.clock.Now,
			Later: func(_ context.Context, _ kernel.ID, at time.Time) error { x.later = append(x.later, at); return nil },
		}
		f(x)
	})
}

// words writes sentences with their parameters behind them.
type words struct{}

func (words) Town(context.Context, kernel.ID) (notice.Town, error) {
	return notice.Town{Name: kernel.T("Kupferstadt", "Copper Town"), Colour: "#123456", ReplyTo: "rathaus@stadt.example"}, nil
}

func (words) Link(_ context.Context, _ kernel.ID, lang, path string) (string, error) {
	return "https://stadt.example/" + lang + path, nil
}

func (words) Sentence(lang, key string, params map[string]any) (string, bool) {
	if strings.HasPrefix(key, "mail.none") || strings.HasSuffix(key, ".button") {
		return "", false
	}
	var b strings.Builder
	b.WriteString(lang + " " + key)
	for _, k := range []string{"name", "code"} {
		if v, ok := params[k]; ok {
			fmt.Fprintf(&b, " %v", v)
		}
	}
	if strings.HasSuffix(key, ".text") {
		b.WriteString("\n\nZweiter Absatz.")
	}
	return b.String(), true
}

// server is a mail server in memory: it keeps what it took and answers as the test says.
type server struct {
	took   []notice.Envelope
	answer func(e notice.Envelope) error // nil: takes everything
	down   error
	opened int
	gone   bool // the connection was closed by the server
}

func (s *server) Open(context.Context) (notice.Session, error) {
	s.opened++
	return s, s.down
}
func (s *server) Alive() bool  { return !s.gone }
func (s *server) Host() string { return "stadt.example" }
func (s *server) Close() error { return nil }

func (s *server) Send(_ context.Context, e notice.Envelope) error {
	if s.answer != nil {
		if err := s.answer(e); err != nil {
			return err
		}
	}
	s.took = append(s.took, e)
	return nil
}

func (x *town) send(m notice.Message) {
	x.Helper()
	if m.Tenant == "" {
		m.Tenant = x.ids[0]
	}
	if m.To.Email == "" {
		m.To.Email = "anna@stadt.example"
	}
	if m.Kind == "" {
		m.Kind = "account.invite"
	}
	if err := x.s.Send(x.Context(), m); err != nil {
		x.Fatal(err)
	}
}

func (x *town) deliver() {
	x.Helper()
	if err := x.s.Deliver(x.Context(), x.ids[0], nil); err != nil {
		x.Fatal(err)
	}
}

// mails lists the outbox of the first town, the oldest first.
func (x *town) mails() []notice.Mail {
	x.Helper()
	list, err := x.store.List(x.Context(), x.ids[0], notice.Filter{Limit: 1000})
	if err != nil {
		x.Fatal(err)
	}
	slices.Reverse(list)
	return list
}

func (x *town) states() string {
	var out []string
	for _, m := range x.mails() {
		out = append(out, string(m.State))
	}
	return strings.Join(out, " ")
}

func TestAnEventReachesARecipientOnce(t *testing.T) {
	each(t, func(x *town) {
		for range 3 {
			x.send(notice.Message{Event: "1", To: notice.Recipient{Email: "Anna@stadt.example"}})
			x.send(notice.Message{Event: "1"})
		}
		x.send(notice.Message{Event: "2"})
		x.send(notice.Message{Event: "1", To: notice.Recipient{Email: "bert@stadt.example"}})
		x.send(notice.Message{Event: "1", Kind: "account.reset"})
		x.send(notice.Message{Event: "1", Tenant: x.ids[1]})
		x.deliver()
		x.deliver()
		if len(x.server.took) != 4 || x.server.opened != 1 {
			x.Errorf("the server took %d mails over %d connections, want 4 over 1", len(x.server.took), x.server.opened)
		}
		if got := x.states(); got != "sent sent sent sent" {
			x.Error(got)
		}
		for _, m := range x.mails() {
			if m.Sealed != "" || m.EndedAt.IsZero() || m.Attempts != 1 {
				x.Errorf("%+v", m)
			}
		}
		seen := map[string]bool{}
		for _, e := range x.server.took {
			if seen[e.MessageID] || !strings.HasSuffix(e.MessageID, "@stadt.example") {
				x.Errorf("Message-ID %q", e.MessageID)
			}
			seen[e.MessageID] = true
		}
	})
}

func TestAMailExistsExactlyWhenItsActDoes(t *testing.T) {
	each(t, func(x *town) {
		broken := errors.New("the act failed")
		err := x.db.Tx(x.Context(), func(ctx context.Context) error {
			if err := x.s.Send(ctx, notice.Message{Tenant: x.ids[0], To: notice.Recipient{Email: "a@b.de"}, Kind: "k", Event: "1"}); err != nil {
				return err
			}
			return broken
		})
		if !errors.Is(err, broken) || len(x.mails()) != 0 {
			x.Errorf("%v, %d mails of an act that never happened", err, len(x.mails()))
		}
	})
}

func TestNobodyButTheRecipientSeesCodesAndLinks(t *testing.T) {
	each(t, func(x *town) {
		x.send(notice.Message{Event: "1", Params: map[string]any{"name": "Anna", "code": "123456"}, Hide: []string{"code"}, Path: "/einladung/geheimes-zeichen?x=1"})
		x.send(notice.Message{Event: "2", Path: "/berichte/2026", Public: true})
		stored := fmt.Sprintf("%+v", x.mails())
		if strings.Contains(stored, "123456") || strings.Contains(stored, "geheimes") || !strings.Contains(stored, "Anna") || !strings.Contains(stored, "/einladung/…") {
			x.Error(stored)
		}
		if !strings.Contains(stored, "/berichte/2026") {
			x.Error("a public page is hidden")
		}
		x.deliver()
		e := x.server.took[0]
		for _, body := range []string{e.Text, e.HTML} {
			if !strings.Contains(body, "123456") || !strings.Contains(body, "/de/einladung/geheimes-zeichen?x=1") {
				x.Error(body)
			}
		}
	})
}
