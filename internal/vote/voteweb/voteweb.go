// SPDX-License-Identifier: EUPL-1.2

// Package voteweb lets people vote and shows what came out, and lets staff prepare, count and publish rounds of voting. Everything works without
// JavaScript; a script only adds up while one chooses.
package voteweb

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"io"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/doc/prose"
	"github.com/kupferfaden/kupferfaden/internal/doc/typst"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/vote"
	"github.com/kupferfaden/kupferfaden/internal/web"
	"github.com/kupferfaden/kupferfaden/stat/ballot"
)

// Files keeps pictures; platform/blob does.
type Files interface {
	Put(ctx context.Context, r io.Reader, limit int64) (sum string, size int64, err error)
	Open(sum string) (*os.File, error)
}

// Options say what the pages need beside the service.
type Options struct {
	Service *vote.Service
	Files   Files
	// Secure: pages are reached through HTTPS.
	Secure bool
	// Areas names areas, "quartier/0101", in the order to choose from; nil: none.
	Areas func(ctx context.Context, by access.Actor) ([]Area, error)
	// Process gives title and path of a process; nil: rounds stand alone.
	Process func(ctx context.Context, by access.Actor, key string) (title kernel.Text, path string, ok bool)
	// Processes lists the processes a round can belong to, with their modules of voting.
	Processes func(ctx context.Context, by access.Actor) ([]Process, error)
	// Typesetter sets letters as PDF; nil: there is the table only.
	Typesetter typst.Typesetter
}

// Area is an area by its reference.
type Area struct{ Ref, Name string }

// Process is a process a round can belong to.
type Process struct {
	Key   string
	Title kernel.Text
}

type handlers struct {
	Options
	s       *vote.Service
	guesses *guesses
}

// The addresses of voting.
const (
	Path     = "/abstimmung"
	WorkPath = "/arbeit/abstimmungen"
	codePath = "/arbeit/codes"
)

// RoundPath is the page of a round.
func RoundPath(key string) string { return Path + "/" + url.PathEscape(key) }

func resultPath(key string) string { return RoundPath(key) + "/ergebnis" }
func workOf(key string) string     { return WorkPath + "/" + url.PathEscape(key) }

// Register adds the pages. The service decides about each round.
func Register(m *web.Mux, o Options) {
	h := handlers{o, o.Service, &guesses{}}
	m.Handle("GET "+Path, access.ReadPublic, h.list)
	m.Handle("GET "+Path+"/{round}", access.ReadPublic, h.round)
	m.Handle("POST "+Path+"/{round}/pruefen", access.VoteByCode, h.try)
	m.Handle("POST "+Path+"/{round}", access.VoteByCode, h.cast)
	m.Handle("POST "+Path+"/{round}/aendern", access.VoteByCode, h.again)
	m.Handle("GET "+Path+"/{round}/quittung", access.ReadPublic, h.receiptForm)
	m.Handle("POST "+Path+"/{round}/quittung", access.VoteByCode, h.receipt)
	m.Handle("GET "+Path+"/{round}/ergebnis", access.ReadPublic, h.result)
	m.Handle("GET "+Path+"/{round}/stimmen.csv", access.ReadPublic, h.ballotsCSV, web.Stream())
	m.Handle("GET "+Path+"/{round}/stimmen.txt", access.ReadPublic, h.ballotsText, web.Stream())
	m.Handle("GET "+Path+"/{round}/stimmen.pb", access.ReadPublic, h.ballotsPB, web.Stream())
	m.Handle("GET "+Path+"/{round}/bild/{number}", access.ReadPublic, h.picture)
	h.registerWork(m)
	h.registerCodes(m)
}

// text gives a town's text in the reader's language and register.
func text(r *web.Request, t kernel.Text) string {
	s, _ := r.P.Text(t)
	return s
}

// prosaic draws Markdown.
func prosaic(r *web.Request, t kernel.Text) templ.Component {
	s, lang := r.P.Text(t)
	out, err := prose.HTML(s, 3, r.Link)
	if err != nil || out == "" {
		return templ.NopComponent
	}
	if lang == r.Lang {
		lang = ""
	}
	return ownText(out, lang)
}

func euro(r *web.Request, cents int64) string {
	if cents%100 == 0 {
		return r.P.Int(cents/100) + " €"
	}
	return r.P.Number(float64(cents)/100, 2) + " €"
}

func (h handlers) crumbs(r *web.Request, x vote.Round) []web.Crumb {
	out := []web.Crumb{}
	if x.Process != "" && h.Process != nil {
		if title, path, ok := h.Process(r.Context(), r.Actor, x.Process); ok {
			return append(out, web.Crumb{Text: text(r, title), Href: path})
		}
	}
	return append(out, web.Crumb{Text: r.T("vote.list.title"), Href: Path})
}

func (h handlers) page(r *web.Request, x vote.Round) web.Page {
	return web.Page{Title: text(r, x.Title), Nav: web.NavVoices, Breadcrumb: h.crumbs(r, x), Styles: []string{"vote.css"}, Scripts: []string{"vote.js"}, NoIndex: !x.Public()}
}

func (h handlers) list(w http.ResponseWriter, r *web.Request) error {
	all, err := h.s.List(r.Context(), r.Actor, "")
	if err != nil {
		return err
	}
	var shown []vote.Round
	for _, x := range all {
		if x.Public() {
			shown = append(shown, x)
		}
	}
	return r.Render(w, web.Page{Title: r.T("vote.list.title"), Lead: r.T("vote.list.lead"), Nav: web.NavVoices, Styles: []string{"vote.css"}}, listPage(r, h.now(), shown))
}

func (h handlers) now() kernel.Instant { return kernel.InstantOf(h.s.Now()) }

// view is what the page of a round shows.
type view struct {
	round            vote.Round
	options          []vote.Option
	stage            vote.Stage
	can              bool // the reader may vote now
	signIn           bool // the reader has to sign in to vote
	staff            bool
	edits, publishes bool // what the reader may do to it as staff
}

func (h handlers) look(r *web.Request) (view, error) {
	x, options, err := h.s.Get(r.Context(), r.Actor, r.PathValue("round"))
	if err != nil {
		return view{}, err
	}
	v := view{round: x, options: options, stage: x.Stage(h.now()), staff: r.Can(access.EditProcess)}
	if v.stage == vote.Running {
		err := h.s.May(r.Context(), r.Actor, x)
		v.can = err == nil
		v.signIn = kernel.KindOf(err) == kernel.Unauthenticated
	}
	return v, nil
}

func (h handlers) round(w http.ResponseWriter, r *web.Request) error {
	v, err := h.look(r)
	if err != nil {
		return err
	}
	f := web.BlankForm(r)
	f.Set("code", r.URL.Query().Get("code"))
	if v.can {
		w.Header().Set("Cache-Control", "no-store") // each form is good once
	}
	return r.Render(w, h.page(r, v.round), roundPage(r, v, f))
}

// marks reads a ballot from a form.
func marks(f *web.Form, x vote.Round, options []vote.Option) ([]ballot.Mark, error) {
	var out []ballot.Mark
	if single(x) {
		if n, err := strconv.Atoi(f.Value("wahl")); err == nil {
			out = append(out, ballot.Mark{Option: n, Value: 1})
		}
		return out, nil
	}
	for i := range options {
		s := strings.TrimSpace(f.Value(vote.Field(i)))
		if s == "" {
			continue
		}
		n, err := strconv.ParseInt(s, 10, 32)
		if err != nil {
			return nil, &kernel.Error{Kind: kernel.Invalid, Key: "vote.ballot.value", Fields: map[string]string{vote.Field(i): "vote.ballot.value.field"}}
		}
		if n == 0 && x.Rules.Method != ballot.Resistance {
			continue
		}
		out = append(out, ballot.Mark{Option: i, Value: n})
	}
	return out, nil
}

// single tells a vote where one of several is chosen.
func single(x vote.Round) bool { return x.Rules.Method == ballot.Approval && x.Rules.Most == 1 }

// cookieName is the name of the browser's mark in one round.
func (h handlers) cookieName(r *web.Request, x vote.Round) string {
	name := "kf-" + r.Tenant.Key + "-stimme-" + string(x.ID)[24:]
	if h.Secure {
		return "__Host-" + name
	}
	return name
}

func (h handlers) device(r *web.Request, x vote.Round) string {
	c, err := r.Cookie(h.cookieName(r, x))
	if err != nil || len(c.Value) != 32 {
		return ""
	}
	return c.Value
}

// voice is who votes.
func (h handlers) voice(r *web.Request, f *web.Form, x vote.Round) vote.Voice {
	return vote.Voice{Code: f.Value("code"), Device: h.device(r, x)}
}

// unverified tells whether nothing but the browser will stand for the voter.
func unverified(r *web.Request, f *web.Form, x vote.Round) bool {
	return x.Eligibility == vote.Open && f.Value("code") == "" && !r.SignedIn()
}

// refuse shows the form again with what is wrong.
func (h handlers) refuse(w http.ResponseWriter, r *web.Request, v view, f *web.Form) error {
	w.Header().Set("Cache-Control", "no-store")
	return r.Invalid(w, h.page(r, v.round), roundPage(r, v, f))
}

// guarded keeps programs from trying codes: who was wrong often has to wait.
func (h handlers) guarded(r *web.Request, f *web.Form, do func() error) error {
	if f.Value("code") == "" {
		return do()
	}
	if wait := h.guesses.wait(r.Client(), h.s.Now()); wait > 0 {
		return web.TooMany(wait)
	}
	err := do()
	if wrongCode(err) {
		h.guesses.wrong(r.Client(), h.s.Now())
	}
	return err
}

func wrongCode(err error) bool {
	e, ok := err.(*kernel.Error) //nolint:errorlint // the service gives it bare
	return ok && e.Key == "vote.code.wrong"
}

// try shows the ballot once more before it is cast, and gives a browser its mark where nothing else stands for the voter.
func (h handlers) try(w http.ResponseWriter, r *web.Request) error {
	v, err := h.look(r)
	if err != nil {
		return err
	}
	f := web.NewForm(r)
	chosen, err := marks(f, v.round, v.options)
	voice := h.voice(r, f, v.round)
	if unverified(r, f, v.round) && voice.Device == "" && v.stage == vote.Running {
		var b [16]byte
		_, _ = rand.Read(b[:]) // crypto/rand.Read never fails (Go 1.24)
		voice.Device = hex.EncodeToString(b[:])
		http.SetCookie(w, &http.Cookie{
			Name: h.cookieName(r, v.round), Value: voice.Device, Path: "/", HttpOnly: true, Secure: h.Secure, SameSite: http.SameSiteStrictMode,
			MaxAge: int(v.round.To.Sub(h.s.Now()).Seconds()) + 60,
		})
	}
	if err == nil {
		err = h.guarded(r, f, func() error { return h.s.Try(r.Context(), r.Actor, v.round.Key, voice, chosen) })
	}
	if f.Fail(err) {
		return h.refuse(w, r, v, f)
	}
	if err != nil {
		return err
	}
	p := h.page(r, v.round)
	p.Breadcrumb = append(p.Breadcrumb, web.Crumb{Text: p.Title, Href: RoundPath(v.round.Key)})
	p.Title, p.NoIndex = r.T("vote.confirm.title"), true
	w.Header().Set("Cache-Control", "no-store")
	return r.Render(w, p, confirmPage(r, v, f, chosen))
}

// again gives the ballot back as it was filled in.
func (h handlers) again(w http.ResponseWriter, r *web.Request) error {
	v, err := h.look(r)
	if err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "no-store")
	return r.Render(w, h.page(r, v.round), roundPage(r, v, web.NewForm(r)))
}

// cast puts the ballot into the box.
func (h handlers) cast(w http.ResponseWriter, r *web.Request) error {
	v, err := h.look(r)
	if err != nil {
		return err
	}
	f := web.NewForm(r)
	chosen, err := marks(f, v.round, v.options)
	if err == nil && unverified(r, f, v.round) {
		if err = r.Guarded(f); f.Fail(err) {
			p := h.page(r, v.round)
			p.Title = r.T("vote.confirm.title")
			w.Header().Set("Cache-Control", "no-store")
			return r.Invalid(w, p, confirmPage(r, v, f, chosen))
		}
	}
	var sent vote.Sent
	if err == nil {
		err = h.guarded(r, f, func() error {
			var err error
			sent, err = h.s.Vote(r.Context(), r.Actor, v.round.Key, h.voice(r, f, v.round), chosen)
			return err
		})
	}
	if f.Fail(err) {
		return h.refuse(w, r, v, f)
	}
	if err != nil {
		return err
	}
	p := h.page(r, v.round)
	p.Breadcrumb = append(p.Breadcrumb, web.Crumb{Text: p.Title, Href: RoundPath(v.round.Key)})
	p.Title, p.NoIndex, p.Narrow = r.T("vote.sent.title"), true, true
	w.Header().Set("Cache-Control", "no-store")
	return r.Render(w, p, sentPage(r, v, sent))
}

func (h handlers) receiptPage(r *web.Request, x vote.Round) web.Page {
	p := h.page(r, x)
	p.Breadcrumb = append(p.Breadcrumb, web.Crumb{Text: p.Title, Href: RoundPath(x.Key)})
	p.Title, p.Lead, p.Narrow, p.NoIndex = r.T("vote.receipt.title"), r.T("vote.receipt.lead"), true, true
	return p
}

func (h handlers) receiptForm(w http.ResponseWriter, r *web.Request) error {
	v, err := h.look(r)
	if err != nil {
		return err
	}
	return r.Render(w, h.receiptPage(r, v.round), receiptPage(r, v, web.BlankForm(r), nil))
}

func (h handlers) receipt(w http.ResponseWriter, r *web.Request) error {
	v, err := h.look(r)
	if err != nil {
		return err
	}
	f := web.NewForm(r)
	if wait := h.guesses.wait(r.Client(), h.s.Now()); wait > 0 {
		return web.TooMany(wait)
	}
	st, err := h.s.Receipt(r.Context(), r.Actor, v.round.Key, f.Value("receipt"))
	if f.Fail(err) {
		h.guesses.wrong(r.Client(), h.s.Now())
		return r.Invalid(w, h.receiptPage(r, v.round), receiptPage(r, v, f, nil))
	}
	if err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "no-store")
	return r.Render(w, h.receiptPage(r, v.round), receiptPage(r, v, f, &st))
}

func (h handlers) picture(w http.ResponseWriter, r *web.Request) error {
	_, options, err := h.s.Get(r.Context(), r.Actor, r.PathValue("round"))
	if err != nil {
		return err
	}
	n, err := strconv.Atoi(r.PathValue("number"))
	if err != nil || n < 0 || n >= len(options) || options[n].Picture == "" || h.Files == nil {
		return kernel.E(kernel.NotFound, "access.notfound")
	}
	if r.NotModified(w, options[n].Picture) {
		return nil
	}
	file, err := h.Files.Open(options[n].Picture)
	if err != nil {
		return err
	}
	defer file.Close()
	w.Header().Set("Content-Type", "image/jpeg")
	http.ServeContent(w, r.Request, "", time.Time{}, file)
	return nil
}
