// SPDX-License-Identifier: EUPL-1.2

package deskweb

import (
	"net/http"
	"net/url"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/access"
	languages "github.com/kupferfaden/kupferfaden/internal/desk"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/web"
)

const videoWork = LanguagesPath + "/video"

// videoOf is the page on which staff give a text its video.
func videoOf(path string) string { return videoWork + "?seite=" + url.QueryEscape(path) }

// RegisterVideos adds the videos in sign language.
func RegisterVideos(m *web.Mux, s *languages.Videos) {
	h := videos{s}
	m.Handle("GET "+languages.VideoPath+"/{video}", access.ReadPublic, h.watch, web.Stream())
	m.Handle("GET "+videoWork, access.Publish, h.form)
	m.Handle("POST "+videoWork, access.Publish, h.put, web.MaxBody(languages.MaxVideo+1<<20), web.Timeout(15*time.Minute))
	m.Handle("GET "+videoWork+"/entfernen", access.Publish, h.ask)
	m.Handle("POST "+videoWork+"/entfernen", access.Publish, h.drop)
}

type videos struct{ s *languages.Videos }

// watch answers a video or a part of it. The address changes with the file, so that browsers keep what they have seen.
func (h videos) watch(w http.ResponseWriter, r *web.Request) error {
	id, err := kernel.ParseID(r.PathValue("video"))
	if err != nil {
		return kernel.E(kernel.NotFound, "languages.video.none")
	}
	v, f, err := h.s.Open(r.Context(), r.Tenant.ID, id)
	if err != nil {
		return err
	}
	defer f.Close() //nolint:errcheck // read only
	hd := w.Header()
	hd.Set("Content-Type", v.Type)
	hd.Set("X-Content-Type-Options", "nosniff")
	hd.Set("Cache-Control", "public, max-age=31536000, immutable")
	http.ServeContent(w, r.Request, "", time.Time{}, f)
	return nil
}

func (h videos) form(w http.ResponseWriter, r *web.Request) error {
	path := r.URL.Query().Get("seite")
	if path == "" { // which text is chosen in the report
		http.Redirect(w, r.Request, r.Link(LanguagesPath), http.StatusSeeOther)
		return nil
	}
	return h.show(w, r, web.BlankForm(r), path)
}

func (h videos) show(w http.ResponseWriter, r *web.Request, f *web.Form, path string) error {
	text, v, err := h.s.Text(r.Context(), r.Actor, path)
	if err != nil {
		return err
	}
	title, _ := r.P.Text(text.Title)
	p := web.Page{
		Title: r.T("languages.video.title"), Lead: title, Nav: web.NavWork, NoIndex: true, Narrow: true,
		Breadcrumb: []web.Crumb{{Text: r.T("web.nav.work"), Href: "/arbeit"}, {Text: r.T("languages.title"), Href: LanguagesPath}},
	}
	if f.Failed() {
		return r.Invalid(w, p, videoPage(r, f, text, v))
	}
	return r.Render(w, p, videoPage(r, f, text, v))
}

func (h videos) put(w http.ResponseWriter, r *web.Request) error {
	f := web.NewForm(r)
	path := r.URL.Query().Get("seite")
	file, _, err := f.File("file")
	if err == nil {
		defer file.Close() //nolint:errcheck // read only
		err = h.s.Put(r.Context(), r.Actor, path, file)
	}
	if f.Fail(err) {
		return h.show(w, r, f, path)
	}
	if err != nil {
		return err
	}
	return r.Done(w, videoOf(path), "notice.languages.video")
}

func (h videos) ask(w http.ResponseWriter, r *web.Request) error {
	path := r.URL.Query().Get("seite")
	if path == "" {
		http.Redirect(w, r.Request, r.Link(LanguagesPath), http.StatusSeeOther)
		return nil
	}
	text, _, err := h.s.Text(r.Context(), r.Actor, path)
	if err != nil {
		return err
	}
	title, _ := r.P.Text(text.Title)
	p := web.Page{Title: r.T("languages.video.drop"), Nav: web.NavWork, NoIndex: true, Narrow: true}
	return r.Render(w, p, web.Confirm(web.Confirmation{
		Text: r.T("languages.video.drop.text", "title", title), Action: r.Link(videoWork + "/entfernen"), Hidden: [][2]string{{"seite", path}},
		Button: r.T("languages.video.drop"), Back: r.Link(videoOf(path)), Danger: true,
	}))
}

func (h videos) drop(w http.ResponseWriter, r *web.Request) error {
	path := web.NewForm(r).Value("seite")
	if err := h.s.Drop(r.Context(), r.Actor, path); err != nil {
		return err
	}
	return r.Done(w, videoOf(path), "notice.languages.novideo")
}
