// SPDX-License-Identifier: EUPL-1.2

package eventweb

import (
	"bytes"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/doc/feed"
	"github.com/kupferfaden/kupferfaden/internal/event"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/platform/i18n"
	"github.com/kupferfaden/kupferfaden/internal/web"
)

func (h handlers) registerBoard(m *web.Mux) {
	held := web.Held()
	at := boardWorkPath + "/{post}"
	m.Handle("GET "+boardWorkPath, access.EditEvent, h.boardWork, held)
	m.Handle("GET "+boardWorkPath+"/neu", access.EditEvent, h.blankPost, held)
	m.Handle("POST "+boardWorkPath+"/neu", access.EditEvent, h.savePost, web.MaxBody(photoBody), held)
	m.Handle("GET "+at, access.EditEvent, h.editPost, held)
	m.Handle("POST "+at, access.EditEvent, h.savePost, web.MaxBody(photoBody), held)
	m.Handle("POST "+at+"/veroeffentlichen", access.EditEvent, h.publishPost, held)
	m.Handle("POST "+at+"/abnehmen", access.EditEvent, h.withdrawPost, held)
	m.Handle("POST "+at+"/loeschen", access.EditEvent, h.deletePost, held)
}

// boardFilter is what the board and its feed show.
func boardFilter(r *web.Request) event.PostFilter {
	q := r.URL.Query()
	return event.PostFilter{Category: q.Get("art"), Process: q.Get("beteiligung"), Area: q.Get("bereich"), Topic: q.Get("thema"), Old: q.Get("zeit") == "vergangen"}
}

// boardQuery gives the filter as part of an address.
func boardQuery(f event.PostFilter) string {
	q := url.Values{}
	for k, v := range map[string]string{"art": f.Category, "beteiligung": f.Process, "bereich": f.Area, "thema": f.Topic} {
		if v != "" {
			q.Set(k, v)
		}
	}
	if len(q) == 0 {
		return ""
	}
	return "?" + q.Encode()
}

func (h handlers) board(w http.ResponseWriter, r *web.Request) error {
	f := boardFilter(r)
	list, err := h.s.Posts(r.Context(), r.Actor, f)
	if err != nil {
		return err
	}
	c, err := h.choices(r)
	if err != nil {
		return err
	}
	for _, p := range list {
		for _, t := range p.Topics {
			if !slices.Contains(c.topics, t) {
				c.topics = append(c.topics, t)
			}
		}
	}
	v := boardView{f: f, c: c, form: formOf(r), size: 30, from: max(number(r.URL.Query().Get("ab")), 0), posts: list}
	return r.Render(w, page(r, r.T("post.title"), r.T("post.lead")), boardPage(r, v))
}

func (h handlers) post(w http.ResponseWriter, r *web.Request) error {
	id, err := kernel.ParseID(r.PathValue("post"))
	if err != nil {
		return kernel.E(kernel.NotFound, "post.notfound")
	}
	p, err := h.s.Post(r.Context(), r.Actor, id)
	if err != nil {
		return err
	}
	c, err := h.choices(r)
	if err != nil {
		return err
	}
	title, _ := web.Read(web.With(r.Context(), r), p.Title)
	pg := page(r, title, "")
	pg.Breadcrumb = []web.Crumb{{Text: r.T("event.title"), Href: Path}, {Text: r.T("post.title"), Href: BoardPath}}
	pg.Subject = kernel.Ref{Kind: "post", ID: p.ID}
	pg.Leicht, pg.NoIndex = r.HasLeicht(p.Title, p.Body), !p.Shown(h.now())
	return r.Render(w, pg, postPage(r, p, c, p.Shown(h.now())))
}

func (h handlers) postPicture(w http.ResponseWriter, r *web.Request) error {
	id, err := kernel.ParseID(r.PathValue("post"))
	if err != nil {
		return kernel.E(kernel.NotFound, "post.notfound")
	}
	p, err := h.s.Post(r.Context(), r.Actor, id)
	if err == nil && p.Picture == "" {
		err = kernel.E(kernel.NotFound, "post.notfound")
	}
	if err != nil {
		return err
	}
	return h.jpeg(w, r, p.Picture)
}

// atom is the board as a feed, with the same filters as the page.
func (h handlers) atom(w http.ResponseWriter, r *web.Request) error {
	f := boardFilter(r)
	f.Old, f.Limit = false, 50
	list, err := h.s.Posts(r.Context(), access.Anonymous(r.Tenant.ID), f)
	if err != nil {
		return err
	}
	slices.SortFunc(list, func(a, b event.Post) int { return b.PublishedAt.Compare(a.PublishedAt.Time) })
	q := boardQuery(f)
	x := feed.Feed{
		ID: r.Absolute(BoardPath + q), Title: r.T("post.feed.name", "town", r.Name()), Lang: r.Lang, Self: r.Absolute(BoardPath + ".atom" + q), Page: r.Absolute(BoardPath + q), Author: r.Name(),
		Updated: time.Unix(0, 0),
	}
	for _, p := range list {
		title, _ := r.P.Text(p.Title)
		body, _ := r.P.Text(p.Body)
		x.Entries = append(x.Entries, feed.Entry{
			ID: "urn:uuid:" + string(p.ID), Title: title, Summary: short(body), Page: r.Absolute(PostPath(p.ID)), Published: p.PublishedAt.Time, Updated: p.ChangedAt.Time,
			Categories: append([]string{r.T("post.category." + p.Category)}, p.Topics...),
		})
	}
	var b bytes.Buffer
	if err := x.Write(&b); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/atom+xml; charset=utf-8")
	w.Header().Set("Cache-Control", "no-cache")
	if r.Method == http.MethodHead {
		return nil
	}
	_, err = w.Write(b.Bytes())
	return err
}

// short gives the begin of a text.
func short(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if r := []rune(s); len(r) > 400 {
		return string(r[:400]) + "…"
	}
	return s
}

func boardCrumbs(r *web.Request) []web.Crumb {
	return []web.Crumb{{Text: r.T("web.nav.work"), Href: "/arbeit"}, {Text: r.T("post.work.title"), Href: boardWorkPath}}
}

func (h handlers) boardWork(w http.ResponseWriter, r *web.Request) error {
	list, err := h.s.Posts(r.Context(), r.Actor, event.PostFilter{Drafts: true, Limit: 500})
	if err != nil {
		return err
	}
	return r.Render(w, web.Page{
		Title: r.T("post.work.title"), Lead: r.T("post.work.lead"), Nav: web.NavWork, NoIndex: true, Styles: []string{"planner.css"}, Breadcrumb: boardCrumbs(r)[:1],
	}, boardWorkPage(r, list, h.now()))
}

func (h handlers) blankPost(w http.ResponseWriter, r *web.Request) error {
	f := web.BlankForm(r)
	f.Set("category", "news")
	f.Set("fassung", i18n.German)
	return h.renderPost(w, r, event.Post{}, f)
}

func (h handlers) renderPost(w http.ResponseWriter, r *web.Request, p event.Post, f *web.Form) error {
	c, err := h.choices(r)
	if err != nil {
		return err
	}
	title, _ := r.P.Text(p.Title)
	if p.ID == "" {
		title = r.T("post.new.title")
	}
	pg := web.Page{Title: title, Nav: web.NavWork, NoIndex: true, Styles: []string{"planner.css", "event.css"}, Breadcrumb: boardCrumbs(r)}
	if f.Failed() {
		return r.Invalid(w, pg, postFormPage(r, p, c, h.now(), f))
	}
	return r.Render(w, pg, postFormPage(r, p, c, h.now(), f))
}

// edited gives the post of the address for those who may change it.
func (h handlers) edited(r *web.Request) (event.Post, error) {
	id, err := kernel.ParseID(r.PathValue("post"))
	if err != nil {
		return event.Post{}, kernel.E(kernel.NotFound, "post.notfound")
	}
	return h.s.Post(r.Context(), r.Actor, id)
}

func (h handlers) editPost(w http.ResponseWriter, r *web.Request) error {
	p, err := h.edited(r)
	if err != nil {
		return err
	}
	f := web.BlankForm(r)
	tag := variant(r.URL.Query().Get("fassung"))
	for k, v := range map[string]string{
		"category": p.Category, "process": p.Process, "source": p.Source, "link": p.Link, "contact": p.Contact, "topics": strings.Join(p.Topics, ", "), "fassung": tag,
		"title": p.Title[tag], "body": p.Body[tag], "alt": p.Alt[tag], "credit": p.Credit, "starts": string(p.Starts), "ends": string(p.Ends), "edit": strconv.Itoa(p.Edit),
	} {
		f.Set(k, v)
	}
	for i := range min(len(p.Areas), areaRows) {
		f.Set("area"+strconv.Itoa(i), p.Areas[i])
	}
	if !p.ExpiresAt.IsZero() {
		f.Set("expires", p.ExpiresAt.In(kernel.Zone()).AddDate(0, 0, -1).Format(time.DateOnly))
	}
	tick(f, "pinned", p.Pinned)
	return h.renderPost(w, r, p, f)
}

// readPost puts what was typed into the post.
func readPost(p event.Post, f *web.Form) (event.Post, error) {
	fields := map[string]string{}
	tag := variant(f.Value("fassung"))
	p.Title, p.Alt = with(p.Title, tag, line(f.Value("title"))), with(p.Alt, tag, line(f.Value("alt")))
	p.Body = with(p.Body, tag, strings.TrimSpace(strings.ReplaceAll(f.Value("body"), "\r\n", "\n")))
	p.Category, p.Process, p.Source, p.Link, p.Contact, p.Credit = f.Value("category"), f.Value("process"), line(f.Value("source")), strings.TrimSpace(f.Value("link")), line(f.Value("contact")), line(f.Value("credit"))
	p.Topics, p.Pinned, p.Edit = words(f.Value("topics")), f.Is("pinned", "1"), number(f.Value("edit"))
	p.Areas = p.Areas[min(areaRows, len(p.Areas)):]
	for i := areaRows - 1; i >= 0; i-- {
		if a := f.Value("area" + strconv.Itoa(i)); a != "" && !slices.Contains(p.Areas, a) && len(a) <= 200 {
			p.Areas = append([]string{a}, p.Areas...)
		}
	}
	for name, to := range map[string]*kernel.Date{"starts": &p.Starts, "ends": &p.Ends} {
		*to = ""
		if s := strings.TrimSpace(f.Value(name)); s != "" {
			d, err := kernel.ParseDate(s)
			if err != nil {
				fields[name] = "event.field.day"
			}
			*to = d
		}
	}
	p.ExpiresAt = kernel.Instant{}
	if s := strings.TrimSpace(f.Value("expires")); s != "" {
		t, err := time.ParseInLocation(time.DateOnly, s, kernel.Zone())
		if err != nil || t.Year() < 1990 || t.Year() > 2199 {
			fields["expires"] = "event.field.day"
		} else {
			p.ExpiresAt = kernel.InstantOf(t.AddDate(0, 0, 1)) // the day counts
		}
	}
	for name, s := range map[string]string{"source": p.Source, "link": p.Link, "contact": p.Contact, "credit": p.Credit, "title": p.Title[tag], "alt": p.Alt[tag], "process": p.Process} {
		if len([]rune(s)) > longLine {
			fields[name] = "event.field.long"
		}
	}
	if len([]rune(p.Body[tag])) > longText {
		fields["body"] = "event.field.long"
	}
	if len(p.Topics) > 20 || slices.ContainsFunc(p.Topics, func(s string) bool { return len([]rune(s)) > 60 }) {
		fields["topics"] = "event.field.long"
	}
	if len(fields) > 0 {
		return p, &kernel.Error{Kind: kernel.Invalid, Key: "event.invalid", Fields: fields}
	}
	return p, nil
}

func (h handlers) savePost(w http.ResponseWriter, r *web.Request) error {
	var p event.Post
	if r.PathValue("post") != "" {
		var err error
		if p, err = h.edited(r); err != nil {
			return err
		}
	}
	f := web.NewForm(r)
	if !f.Has("fassung") {
		f.Set("fassung", i18n.German)
	}
	x, err := readPost(p, f)
	var pic *event.Picture
	if err == nil {
		pic, err = drawn(f, "file", true)
	}
	if err == nil {
		x, err = h.s.SavePost(r.Context(), r.Actor, x, pic)
	}
	if f.Fail(err) {
		return h.renderPost(w, r, p, f)
	}
	if err != nil {
		return err
	}
	return r.Done(w, postWorkPath(x.ID)+"?fassung="+escape(variant(f.Value("fassung"))), "notice.post.saved")
}

func (h handlers) publishPost(w http.ResponseWriter, r *web.Request) error {
	p, err := h.edited(r)
	if err != nil {
		return err
	}
	if err := h.s.PublishPost(r.Context(), r.Actor, p.ID, false); err != nil {
		return err
	}
	return r.Done(w, postWorkPath(p.ID), "notice.post.published")
}

func (h handlers) withdrawPost(w http.ResponseWriter, r *web.Request) error {
	p, err := h.edited(r)
	if err != nil {
		return err
	}
	if err := h.s.PublishPost(r.Context(), r.Actor, p.ID, true); err != nil {
		return err
	}
	return r.Done(w, postWorkPath(p.ID), "notice.post.withdrawn")
}

func (h handlers) deletePost(w http.ResponseWriter, r *web.Request) error {
	p, err := h.edited(r)
	if err != nil {
		return err
	}
	if err := h.s.DeletePost(r.Context(), r.Actor, p.ID); err != nil {
		return err
	}
	return r.Done(w, boardWorkPath, "notice.post.deleted")
}

// plainText is the begin of a formatted text without its signs.
func plainText(markdown string) string {
	return short(strings.NewReplacer("**", "", "__", "", "#", "", "`", "", "* ", "", "](", " (").Replace(strings.ReplaceAll(markdown, "[", "")))
}
