// SPDX-License-Identifier: EUPL-1.2

package contributionweb

import (
	"bytes"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"
	"github.com/klauspost/compress/gzip"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/contribution"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/participation"
	"github.com/kupferfaden/kupferfaden/internal/web"
)

// sendPacked sends what is packed already, unpacked to those who cannot read it.
func sendPacked(w http.ResponseWriter, r *web.Request, packed []byte) error {
	w.Header().Add("Vary", "Accept-Encoding")
	if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		w.Header().Set("Content-Encoding", "gzip")
		_, err := w.Write(packed)
		return err
	}
	gz, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return err
	}
	_, err = io.Copy(w, gz)
	return err
}

// one is a contribution as its page shows it.
type one struct {
	r          *web.Request
	h          handlers
	c          contribution.Contribution
	p          participation.Process
	m          participation.Module
	names      map[string]string
	photos     []contribution.File
	comments   []contribution.Comment
	statements []contribution.Statement
	facts      map[kernel.ID]contribution.Fact
	versions   []contribution.Version
	from       *contribution.Contribution
	parts      []contribution.Contribution
	merged     []contribution.Contribution
	into       *contribution.Contribution
	answer     templ.Component
	more       []templ.Component // what others know of it
	backed     bool
	canBack    bool
	canCode    bool
	canSay     bool
	staff      bool
	mine       bool
	support    *web.Form
	say        *web.Form
	parent     kernel.ID
	outline    string
}

// page shows a contribution.
func (h handlers) page(w http.ResponseWriter, r *web.Request) error {
	x, err := h.load(r)
	if err != nil {
		return err
	}
	x.support, x.say = web.BlankForm(r), web.BlankForm(r)
	x.say.Set("lang", r.Lang)
	if id, err := kernel.ParseID(r.URL.Query().Get("antwort")); err == nil {
		x.parent = id
	}
	return h.draw(w, x)
}

func (h handlers) load(r *web.Request) (*one, error) {
	ctx := r.Context()
	c, err := h.s.Get(ctx, r.Actor, r.PathValue("number"))
	if err != nil {
		return nil, err
	}
	x := &one{r: r, h: h, c: c, facts: map[kernel.ID]contribution.Fact{}}
	if x.p, x.m, err = h.s.Process(ctx, r.Tenant.ID, c.Process, c.Module); err != nil && kernel.KindOf(err) != kernel.NotFound {
		return nil, err
	}
	if x.names, err = h.s.AreaNames(ctx, r.Tenant.ID); err != nil {
		return nil, err
	}
	if x.photos, err = h.s.Photos(ctx, r.Tenant.ID, c); err != nil {
		return nil, err
	}
	if x.comments, err = h.s.Comments(ctx, r.Actor, c); err != nil {
		return nil, err
	}
	if x.statements, err = h.s.Store.Statements(ctx, r.Tenant.ID, c.ID); err != nil {
		return nil, err
	}
	if len(x.statements) > 0 {
		facts, err := h.s.Facts(ctx, r.Tenant.ID, c.Areas, 1000)
		if err != nil {
			return nil, err
		}
		for _, f := range facts {
			x.facts[f.About.ID] = f
		}
	}
	if x.versions, err = h.s.Versions(ctx, r.Actor, c); err != nil {
		return nil, err
	}
	if x.from, x.parts, x.merged, err = h.s.Family(ctx, r.Actor, c); err != nil {
		return nil, err
	}
	shown := func(c contribution.Contribution) bool { return !c.Public() }
	if !h.s.May(ctx, r.Actor, access.Moderate, c) {
		x.parts, x.merged = slices.DeleteFunc(x.parts, shown), slices.DeleteFunc(x.merged, shown)
		if x.from != nil && !x.from.Public() {
			x.from = nil
		}
	}
	if c.MergedIn != "" {
		if into, err := h.s.ByID(ctx, r.Actor, c.MergedIn); err == nil {
			x.into = &into
		}
	}
	if h.o.Answer != nil {
		if x.answer, err = h.o.Answer(r, c); err != nil {
			return nil, err
		}
	}
	for _, of := range h.o.More {
		part, err := of(r, c)
		if err != nil {
			return nil, err
		}
		if part != nil {
			x.more = append(x.more, part)
		}
	}
	if x.backed, err = h.s.Backed(ctx, r.Actor, c); err != nil {
		return nil, err
	}
	o, err := h.s.Object(ctx, r.Tenant.ID, c)
	if err != nil {
		return nil, err
	}
	public := c.State == contribution.Published
	x.canBack = public && access.Can(r.Actor, access.Support, o)
	x.canCode = public && !x.canBack && h.s.Voter != nil && access.Can(r.Actor, access.SupportByCode, o)
	x.staff = h.s.May(ctx, r.Actor, access.Moderate, c) || h.s.May(ctx, r.Actor, access.DraftAnswer, c)
	x.canSay = x.canBack || public && h.s.May(ctx, r.Actor, access.DraftAnswer, c)
	x.mine = c.Author != "" && c.Author == r.Actor.Person
	levels, err := h.s.AreaLevels(ctx, r.Tenant.ID)
	x.outline = background(levels)
	return x, err
}

func (h handlers) draw(w http.ResponseWriter, x *one) error {
	r := x.r
	page := web.Page{
		Title: x.c.Title, Nav: web.NavVoices, Styles: []string{"contribution.css"}, Breadcrumb: crumbs(r, x.p, x.m), Subject: x.c.Ref(), NoHeading: true,
		NoIndex: x.c.State != contribution.Published, Description: excerpt(x.c.Text), Leicht: x.c.Plain != "",
	}
	if x.c.Placed {
		page.Styles, page.Scripts = append(page.Styles, "maplibre-gl.css"), []string{"contribution.js"}
	}
	if x.support.Failed() || x.say.Failed() {
		return r.Invalid(w, page, pageView(x))
	}
	return r.Render(w, page, pageView(x))
}

// support takes a voice or takes it back.
func (h handlers) support(w http.ResponseWriter, r *web.Request) error {
	f := web.NewForm(r)
	number := r.PathValue("number")
	var err error
	if f.Value("zurueck") != "" {
		_, err = h.s.Unback(r.Context(), r.Actor, number, f.Value("code"))
	} else {
		_, err = h.s.Back(r.Context(), r.Actor, number, f.Value("code"))
	}
	if f.Value("code") != "" && f.Fail(err) {
		x, err := h.load(r)
		if err != nil {
			return err
		}
		x.support, x.say = f, web.BlankForm(r)
		return h.draw(w, x)
	}
	if err != nil {
		return err
	}
	if f.Value("zurueck") != "" {
		return r.Done(w, Path+"/"+number, "notice.contribution.unbacked")
	}
	return r.Done(w, Path+"/"+number, "notice.contribution.backed")
}

// comment takes a comment.
func (h handlers) comment(w http.ResponseWriter, r *web.Request) error {
	f := web.NewForm(r)
	number := r.PathValue("number")
	k, err := h.s.Say(r.Context(), r.Actor, number, kernel.ID(f.Value("parent")), f.Value("lang"), f.Value("comment"))
	if kernel.KindOf(err) == kernel.Invalid && f.Fail(err) {
		x, err := h.load(r)
		if err != nil {
			return err
		}
		x.support, x.say, x.parent = web.BlankForm(r), f, kernel.ID(f.Value("parent"))
		return h.draw(w, x)
	}
	if err != nil {
		return err
	}
	if k.State == contribution.Published {
		return r.Done(w, Path+"/"+number, "notice.contribution.said")
	}
	return r.Done(w, Path+"/"+number, "notice.contribution.said.waits")
}

// retract takes one's own comment back.
func (h handlers) retract(w http.ResponseWriter, r *web.Request) error {
	if err := h.s.RetractComment(r.Context(), r.Actor, kernel.ID(r.PostFormValue("id"))); err != nil {
		return err
	}
	return r.Done(w, Path+"/"+r.PathValue("number"), "notice.contribution.retracted")
}

// photo sends a photo, or a scan to those who may see it.
func (h handlers) photo(w http.ResponseWriter, r *web.Request) error {
	f, file, err := h.s.OpenFile(r.Context(), r.Actor, r.PathValue("number"), kernel.ID(r.PathValue("file")), r.URL.Query().Get("klein") != "")
	if err != nil {
		return err
	}
	defer file.Close()
	head := w.Header()
	head.Set("Content-Type", f.Type)
	head.Set("X-Content-Type-Options", "nosniff")
	head.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	if f.Type == "application/pdf" {
		name := "scan-" + r.PathValue("number") + ".pdf"
		head.Set("Content-Disposition", `attachment; filename="`+strconv.Quote(name)[1:len(name)+1]+`"`)
	}
	if f.Kind == contribution.Photo && !r.SignedIn() {
		head.Set("Cache-Control", "no-cache")
	}
	if r.NotModified(w, f.SHA256) {
		return nil
	}
	_, err = io.Copy(w, file)
	return err
}
