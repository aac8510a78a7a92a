// SPDX-License-Identifier: EUPL-1.2

package inbox_test

import (
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/inbox"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// shelf keeps files and contents in memory.
type shelf struct {
	files    []inbox.File
	contents map[string]string
}

// Tx runs f at once.
func (s *shelf) Tx(ctx context.Context, f func(context.Context) error) error { return f(ctx) }

func (s *shelf) List(context.Context, kernel.ID) ([]inbox.File, error) { return s.files, nil }

func (s *shelf) File(_ context.Context, _, id kernel.ID) (inbox.File, error) {
	for _, f := range s.files {
		if f.ID == id {
			return f, nil
		}
	}
	return inbox.File{}, kernel.E(kernel.NotFound, "inbox.notfound")
}

func (s *shelf) Add(_ context.Context, _ kernel.ID, f inbox.File) (inbox.File, error) {
	s.files = append(s.files, f)
	return f, nil
}

func (s *shelf) SetDraft(_ context.Context, _, id kernel.ID, draft string) error {
	for i := range s.files {
		if s.files[i].ID == id {
			s.files[i].Draft = draft
		}
	}
	return nil
}

func (s *shelf) Remove(_ context.Context, _, id kernel.ID) error {
	for i, f := range s.files {
		if f.ID == id {
			s.files = append(s.files[:i], s.files[i+1:]...)
			return nil
		}
	}
	return nil
}

// blobs names a content by its first letter, which is enough here.
type blobs struct{ *shelf }

func (b blobs) Put(_ context.Context, r io.Reader, _ int64) (string, int64, error) {
	c, err := io.ReadAll(r)
	if err != nil || len(c) == 0 {
		return "", 0, err
	}
	b.contents[string(c[:1])] = string(c)
	return string(c[:1]), int64(len(c)), nil
}

func (b blobs) Open(string) (*os.File, error) { return nil, errors.New("not needed") }

func (b blobs) Remove(sum string) error {
	delete(b.contents, sum)
	return nil
}

func TestOnlyThoseWhoMayImportSeeWhatWaits(t *testing.T) {
	sh := &shelf{contents: map[string]string{}}
	used := map[string]bool{"g": true}
	s := &inbox.Service{Store: sh, Tx: sh, Files: blobs{sh}, Now: time.Now, InUse: func(_ context.Context, sum string) (bool, error) { return used[sum], nil }}
	planner := access.Actor{Tenant: "t", Name: "P", Roles: []access.Role{access.Planner}}
	admin := access.Actor{Tenant: "t", Roles: []access.Role{access.Admin}}
	ctx := t.Context()

	if _, err := s.Add(ctx, planner, inbox.Areas, "leer.geojson", strings.NewReader("")); kernel.KindOf(err) != kernel.Invalid {
		t.Errorf("an empty file: %v", err)
	}
	kept, err := s.Add(ctx, planner, inbox.Areas, `C:\Daten\..\räume.geojson`, strings.NewReader("geo"))
	if err != nil || kept.Name != "räume.geojson" || kept.UploadedBy != "P" {
		t.Fatalf("%+v %v", kept, err)
	}
	odd, err := s.Add(ctx, planner, inbox.Figures, "a\u202e\x00"+strings.Repeat("x", 400)+".csv", strings.NewReader("figures"))
	if err != nil || len([]rune(odd.Name)) > 200 || !strings.HasSuffix(odd.Name, ".csv") || strings.ContainsAny(odd.Name, "\u202e\x00") {
		t.Errorf("%q %v", odd.Name, err)
	}
	for what, err := range map[string]error{
		"add":     second(s.Add(ctx, admin, inbox.Areas, "x", strings.NewReader("x"))),
		"list":    second(s.List(ctx, admin)),
		"file":    second(s.File(ctx, admin, inbox.Areas, kept.ID)),
		"draft":   s.SaveDraft(ctx, admin, inbox.Areas, kept.ID, "x"),
		"taken":   s.Taken(ctx, admin, inbox.Areas, kept.ID),
		"discard": s.Discard(ctx, admin, inbox.Areas, kept.ID),
	} {
		if kernel.KindOf(err) != kernel.Denied {
			t.Errorf("%s by the administration: %v", what, err)
		}
	}
	if _, err := s.File(ctx, planner, inbox.Figures, kept.ID); kernel.KindOf(err) != kernel.NotFound {
		t.Errorf("areas as figures: %v", err)
	}
	if err := s.SaveDraft(ctx, planner, inbox.Areas, kept.ID, "level=plr"); err != nil {
		t.Fatal(err)
	}
	if f, err := s.File(ctx, planner, inbox.Areas, kept.ID); err != nil || f.Draft != "level=plr" {
		t.Errorf("%+v %v", f, err)
	}
	// The content stays where something taken is made of it, and goes otherwise.
	for _, f := range []inbox.File{kept, odd} {
		if err := s.Discard(ctx, planner, f.Kind, f.ID); err != nil {
			t.Fatal(err)
		}
	}
	if len(sh.files) != 0 || len(sh.contents) != 1 || sh.contents["g"] == "" {
		t.Errorf("left: %v %v", sh.files, sh.contents)
	}
}

func second[T any](_ T, err error) error { return err }
