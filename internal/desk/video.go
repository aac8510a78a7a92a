// SPDX-License-Identifier: EUPL-1.2

package desk

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"os"
	"slices"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// Video is a video in sign language beside a public text.
type Video struct {
	Path   string    // of the public page
	ID     kernel.ID // of its address; a new one with every file
	SHA256 string
	Type   string // "video/mp4", "video/webm"
	Size   int64
	At     kernel.Instant
	By     kernel.ID
}

// VideoStore keeps which text has which video. deskdb implements it; what changes public pages touches the town's stamp.
type VideoStore interface {
	Videos(ctx context.Context, tenant kernel.ID) ([]Video, error)
	// VideoAt finds the video of a page, VideoOf by its id; NotFound "languages.video.none".
	VideoAt(ctx context.Context, tenant kernel.ID, path string) (Video, error)
	VideoOf(ctx context.Context, tenant, id kernel.ID) (Video, error)
	SetVideo(ctx context.Context, tenant kernel.ID, v Video) error
	DropVideo(ctx context.Context, tenant kernel.ID, path string) error
	VideoUses(ctx context.Context, tenant kernel.ID, sha256 string) (bool, error)
}

// Videos are the use cases of videos in sign language.
type Videos struct {
	Store VideoStore
	Tx    interface {
		Tx(ctx context.Context, f func(ctx context.Context) error) error
	}
	Files interface {
		Put(ctx context.Context, r io.Reader, limit int64) (sum string, size int64, err error)
		Open(sum string) (*os.File, error)
	}
	Texts *Languages
	Trail access.Trail
	Now   func() time.Time
}

// MaxVideo is the size above which a video is not taken: ten minutes as telephones film.
const MaxVideo = 300 << 20

// videoHead is how much of a file tells what it is.
const videoHead = 64

// brands are those of MP4 files that browsers play (ISO/IEC 14496-12 4.3).
var brands = []string{"isom", "iso2", "iso3", "iso4", "iso5", "iso6", "mp41", "mp42", "avc1", "M4V ", "dash", "mmp4", "MSNV"}

// VideoType tells by the first bytes of a file which video it is; false for everything else, whatever its name claims.
func VideoType(head []byte) (string, bool) {
	switch {
	case len(head) >= 12 && string(head[4:8]) == "ftyp" && slices.Contains(brands, string(head[8:12])):
		return "video/mp4", true
	case bytes.HasPrefix(head, []byte{0x1a, 0x45, 0xdf, 0xa3}) && bytes.Contains(head[:min(len(head), videoHead)], []byte("\x42\x82\x84webm")):
		return "video/webm", true
	}
	return "", false
}

// Text finds the public text of a path with its video; the zero Video where it has none. NotFound where there is no such text.
func (s *Videos) Text(ctx context.Context, by access.Actor, path string) (kernel.Variant, Video, error) {
	if err := access.CheckTenant(by, access.Publish); err != nil {
		return kernel.Variant{}, Video{}, err
	}
	texts, err := s.Texts.gather(ctx, by.Tenant)
	if err != nil {
		return kernel.Variant{}, Video{}, err
	}
	i := slices.IndexFunc(texts, func(v kernel.Variant) bool { return v.Path == path && path != "" })
	if i < 0 {
		return kernel.Variant{}, Video{}, kernel.E(kernel.NotFound, "languages.video.notext")
	}
	v, err := s.Store.VideoAt(ctx, by.Tenant, path)
	if err != nil && kernel.KindOf(err) == kernel.NotFound {
		err = nil
	}
	return texts[i], v, err
}

// Put keeps a video beside a text, in place of the one before. Invalid on the field "file" where the content is no video browsers play.
func (s *Videos) Put(ctx context.Context, by access.Actor, path string, content io.Reader) error {
	if _, _, err := s.Text(ctx, by, path); err != nil {
		return err
	}
	in := bufio.NewReaderSize(content, 4096)
	head, err := in.Peek(videoHead)
	if err != nil && err != io.EOF {
		return err
	}
	kind, ok := VideoType(head)
	if !ok {
		return &kernel.Error{Kind: kernel.Invalid, Key: "web.invalid", Fields: map[string]string{"file": "languages.video.form"}}
	}
	v := Video{Path: path, ID: kernel.NewID(), Type: kind, At: kernel.InstantOf(s.Now()), By: by.Person}
	if v.SHA256, v.Size, err = s.Files.Put(ctx, in, MaxVideo); err != nil {
		return err
	}
	return s.Tx.Tx(ctx, func(ctx context.Context) error {
		if err := s.Store.SetVideo(ctx, by.Tenant, v); err != nil {
			return err
		}
		return access.Record(ctx, s.Trail, by, access.Act{Do: access.Publish, What: "video.add", Object: kernel.Ref{Kind: "video", ID: v.ID}, Note: map[string]string{"path": path, "sha256": v.SHA256}})
	})
}

// Drop takes the video of a text away.
func (s *Videos) Drop(ctx context.Context, by access.Actor, path string) error {
	if err := access.CheckTenant(by, access.Publish); err != nil {
		return err
	}
	return s.Tx.Tx(ctx, func(ctx context.Context) error {
		v, err := s.Store.VideoAt(ctx, by.Tenant, path)
		if err != nil {
			return err
		}
		if err := s.Store.DropVideo(ctx, by.Tenant, path); err != nil {
			return err
		}
		return access.Record(ctx, s.Trail, by, access.Act{Do: access.Publish, What: "video.drop", Object: kernel.Ref{Kind: "video", ID: v.ID}, Note: map[string]string{"path": path}})
	})
}

// Open gives a video to be watched. Its text is public, and so is it.
func (s *Videos) Open(ctx context.Context, tenant, id kernel.ID) (Video, *os.File, error) {
	v, err := s.Store.VideoOf(ctx, tenant, id)
	if err != nil {
		return v, nil, err
	}
	f, err := s.Files.Open(v.SHA256)
	return v, f, err
}

// At gives the address of the video of a public page; empty where it has none.
func (s *Videos) At(ctx context.Context, tenant kernel.ID, path string) (string, error) {
	v, err := s.Store.VideoAt(ctx, tenant, path)
	if err != nil {
		if kernel.KindOf(err) == kernel.NotFound {
			err = nil
		}
		return "", err
	}
	return VideoPath + "/" + string(v.ID), nil
}

// VideoPath is where videos are watched.
const VideoPath = "/gebaerdenvideo"
