// SPDX-License-Identifier: EUPL-1.2

package contribution

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

const (
	// MostFiles is how many photos a contribution may have.
	MostFiles = 5
	// mostAlt is how long the description of a photo may be.
	mostAlt = 300
	// mostScan bounds the scan of a letter.
	mostScan = 20 << 20
)

// Drawn is a photo drawn anew: nothing of the file that came is kept.
type Drawn struct {
	JPEG          []byte
	Width, Height int
	Small         []byte // for lists
}

// KeepPhoto draws a photo anew and keeps it for a contribution that is being written. Invalid on the field "photo" says what is wrong with it.
func (s *Service) KeepPhoto(ctx context.Context, r io.Reader, alt string) (f File, err error) {
	alt = tidy(alt, false)
	if length(alt) > mostAlt {
		return f, invalid(map[string]string{"alt": "contribution.alt.long"})
	}
	if s.Draw == nil {
		return f, invalid(map[string]string{"photo": "contribution.photo.none"})
	}
	d, err := s.Draw(r)
	if err != nil {
		return f, err
	}
	f = File{ID: kernel.NewID(), Kind: Photo, Type: "image/jpeg", Width: d.Width, Height: d.Height, Alt: alt}
	if f.SHA256, f.Bytes, err = s.Files.Put(ctx, bytes.NewReader(d.JPEG), int64(len(d.JPEG))+1); err != nil {
		return f, err
	}
	f.Small, _, err = s.Files.Put(ctx, bytes.NewReader(d.Small), int64(len(d.Small))+1)
	return f, err
}

// KeepScan keeps the scan of a letter or card as it is, for staff: a PDF, or a photo drawn anew.
func (s *Service) KeepScan(ctx context.Context, r io.Reader) (f File, err error) {
	head := make([]byte, 5)
	n, err := io.ReadFull(r, head)
	if err != nil && n == 0 {
		return f, invalid(map[string]string{"scan": "contribution.scan.form"})
	}
	whole := io.MultiReader(bytes.NewReader(head[:n]), r)
	if string(head[:n]) != "%PDF-" {
		if f, err = s.KeepPhoto(ctx, whole, ""); err != nil {
			if fieldsOf(err) != nil {
				return f, invalid(map[string]string{"scan": "contribution.scan.form"})
			}
			return f, err
		}
		f.Kind = Scan
		return f, nil
	}
	f = File{ID: kernel.NewID(), Kind: Scan, Type: "application/pdf"}
	f.SHA256, f.Bytes, err = s.Files.Put(ctx, whole, mostScan)
	if kernel.KindOf(err) == kernel.Invalid {
		return f, invalid(map[string]string{"scan": "contribution.scan.large"})
	}
	return f, err
}

// Token carries a photo or scan that is kept already through the steps of a form.
func (s *Service) Token(tenant kernel.ID, f File) string {
	body := strings.Join([]string{f.SHA256, f.Small, strconv.Itoa(f.Width), strconv.Itoa(f.Height), strconv.FormatInt(f.Bytes, 10), string(f.Kind), f.Type}, ".")
	return body + "." + s.Secret.Mark("contribution.photo", string(tenant)+" "+body)
}

// Held reads a token; ok is false for one that is not ours.
func (s *Service) Held(tenant kernel.ID, token, alt string) (f File, ok bool) {
	p := strings.Split(token, ".")
	if len(p) != 8 || p[7] != s.Secret.Mark("contribution.photo", string(tenant)+" "+strings.Join(p[:7], ".")) {
		return f, false
	}
	f = File{ID: kernel.NewID(), Kind: FileKind(p[5]), Type: p[6], SHA256: p[0], Small: p[1], Alt: tidy(alt, false)}
	if length(f.Alt) > mostAlt {
		f.Alt = string([]rune(f.Alt)[:mostAlt])
	}
	_, err := fmt.Sscan(p[2]+" "+p[3]+" "+p[4], &f.Width, &f.Height, &f.Bytes)
	return f, err == nil
}

// Photos lists the photos of a contribution.
func (s *Service) Photos(ctx context.Context, tenant kernel.ID, c Contribution) ([]File, error) {
	list, err := s.Store.ListFiles(ctx, tenant, c.ID)
	return slices.DeleteFunc(list, func(f File) bool { return f.Kind != Photo }), err
}

// Covers gives the first photo of each of the contributions that has one, for lists.
func (s *Service) Covers(ctx context.Context, tenant kernel.ID, list []Contribution) (map[kernel.ID]File, error) {
	if len(list) == 0 {
		return nil, nil
	}
	ids := make([]kernel.ID, len(list))
	for i, c := range list {
		ids[i] = c.ID
	}
	return s.Store.Covers(ctx, tenant, ids)
}

// Scans lists the scans, to staff.
func (s *Service) Scans(ctx context.Context, by access.Actor, c Contribution) ([]File, error) {
	if !s.May(ctx, by, access.Moderate, c) && !s.May(ctx, by, access.DraftAnswer, c) && (c.EnteredBy == "" || c.EnteredBy != by.Person) {
		return nil, nil
	}
	list, err := s.Store.ListFiles(ctx, by.Tenant, c.ID)
	return slices.DeleteFunc(list, func(f File) bool { return f.Kind != Scan }), err
}

// DropFile takes a photo or scan away: it shows somebody, or says what the town may not keep. The reason is written down.
func (s *Service) DropFile(ctx context.Context, by access.Actor, number string, id kernel.ID, reason string) error {
	c, err := s.Get(ctx, by, number)
	if err != nil {
		return err
	}
	if err := s.may(ctx, by, access.Moderate, c); err != nil {
		return err
	}
	if reason = tidy(reason, true); reason == "" || length(reason) > mostReason {
		return invalid(map[string]string{"reason": "contribution.reason.missing"})
	}
	return s.Tx.Tx(ctx, func(ctx context.Context) error {
		list, err := s.Store.ListFiles(ctx, by.Tenant, c.ID)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(list, func(f File) bool { return f.ID == id })
		if i < 0 {
			return notFound()
		}
		if err := s.Store.RemoveFile(ctx, by.Tenant, id); err != nil {
			return err
		}
		if err := s.touch(ctx, by.Tenant); err != nil {
			return err
		}
		return access.Record(ctx, s.Trail, by, access.Act{
			Do: access.Moderate, What: "contribution.file", Object: c.Ref(), Reason: reason, Note: map[string]string{"kind": string(list[i].Kind)},
		})
	})
}

// OpenFile opens a photo of a contribution the actor may read, or a scan of one he or she works on.
func (s *Service) OpenFile(ctx context.Context, by access.Actor, number string, id kernel.ID, small bool) (File, *os.File, error) {
	none := kernel.E(kernel.NotFound, "contribution.notfound")
	c, err := s.Get(ctx, by, number)
	if err != nil {
		return File{}, nil, err
	}
	list, err := s.Store.ListFiles(ctx, by.Tenant, c.ID)
	if err != nil {
		return File{}, nil, err
	}
	i := slices.IndexFunc(list, func(f File) bool { return f.ID == id })
	if i < 0 {
		return File{}, nil, none
	}
	f := list[i]
	if f.Kind == Scan {
		if scans, err := s.Scans(ctx, by, c); err != nil || len(scans) == 0 {
			return File{}, nil, none
		}
	}
	sum := f.SHA256
	if small && f.Small != "" {
		sum = f.Small
	}
	file, err := s.Files.Open(sum)
	return f, file, err
}
