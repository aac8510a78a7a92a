// SPDX-License-Identifier: EUPL-1.2

package app

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/approval"
	"github.com/kupferfaden/kupferfaden/internal/atlas"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/notice"
	"github.com/kupferfaden/kupferfaden/internal/participation"
	"github.com/kupferfaden/kupferfaden/internal/platform/i18n"
	"github.com/kupferfaden/kupferfaden/internal/privacy"
	"github.com/kupferfaden/kupferfaden/internal/privacy/privacydb"
	"github.com/kupferfaden/kupferfaden/internal/release"
	"github.com/kupferfaden/kupferfaden/internal/vision"
	"github.com/kupferfaden/kupferfaden/internal/vision/visiondb"
	"github.com/kupferfaden/kupferfaden/internal/vision/visionweb"
	"github.com/kupferfaden/kupferfaden/internal/vote"
	"github.com/kupferfaden/kupferfaden/internal/vote/voteweb"
	"github.com/kupferfaden/kupferfaden/internal/web"
	"github.com/kupferfaden/kupferfaden/stat/ballot"
)

// visionTopic is what people subscribe to who follow a text.
const visionTopic = "vision"

// vision wires vision and guidelines.
func (a *App) vision() *vision.Service {
	s := &vision.Service{
		Store: &visiondb.Store{DB: a.DB}, Tx: a.DB, Trail: a.Trail, FourEyes: a.Approvals, Now: a.Now, Processes: textModules{a}, Figures: citedFigures{a}, Mail: visionMail{a}, Codes: supportCodes{a}, Rounds: headlineRounds{a},
		Touch:   func(ctx context.Context, tenant kernel.ID) error { return a.DB.Touch(ctx, tenant) },
		Members: a.Groups.Accounts, Contribution: a.readable,
	}
	a.Approvals.Register(vision.AdoptMatter, approval.Call(func(ctx context.Context, by access.Actor, r vision.Resolution) error {
		_, err := s.Adopt(ctx, by, r)
		return err
	}))
	return s
}

// readable tells whether everybody can read a contribution.
func (a *App) readable(ctx context.Context, tenant kernel.ID, number string) (bool, error) {
	_, err := a.Contributions.Get(ctx, access.Anonymous(tenant), number)
	switch kernel.KindOf(err) {
	case kernel.NotFound, kernel.Denied, kernel.Unauthenticated:
		return err == nil, nil
	}
	return err == nil, err
}

// visionPages adds their pages.
func (a *App) visionPages(m *web.Mux) {
	visionweb.Register(m, a.Vision, visionweb.Options{
		Address: citeAddress,
		Follow:  func(text string) string { return "/abo?leitbild=" + url.QueryEscape(text) },
		Teams:   a.ownTeams, AllTeams: a.teams, Round: func(x kernel.Ref) string { return voteweb.WorkPath + "/" + url.PathEscape(string(x.ID)) },
		Modules: a.textModules, Typesetter: a.Typesetter,
	})
}

// visionKind is what is kept about people who propose or support something.
func (a *App) visionKind(add addKind) {
	by := []privacydb.By{{Column: "account_id", Is: privacydb.ID}}
	add(
		privacy.DataKind{Key: "amendment", Basis: []privacy.Basis{privacy.PublicTask, privacy.Consent}},
		privacydb.Table{Name: "vision_support", By: by, Show: []string{"at"}},
		privacydb.Table{
			Name: "vision_amendment", By: by, Show: []string{"created_at", "kind", "want", "reason", "pseudonym", "state"}, Then: privacydb.Blank,
			Set: []privacydb.Value{{Column: "pseudonym", To: ""}},
		},
	)
}

// visionTopics lets people follow a text.
func (a *App) visionTopics() notice.Topic {
	return notice.Topic{
		Key: visionTopic, Param: "leitbild",
		Name: func(ctx context.Context, tenant kernel.ID, ref string) (kernel.Text, bool, error) {
			t, err := a.Vision.Store.Text(ctx, tenant, ref)
			if kernel.KindOf(err) == kernel.NotFound {
				return nil, false, nil
			}
			return t.Title, err == nil && t.Public(), err
		},
	}
}

// textModules tells what the phases of a process permit in the module of a text.
type textModules struct{ a *App }

func (x textModules) Object(ctx context.Context, tenant kernel.ID, process, module string) (access.Object, error) {
	p, err := x.a.Participation.Store.ByKey(ctx, tenant, process)
	if err != nil {
		return access.Object{}, err
	}
	m, _ := p.Module(module)
	return p.Object(tenant, m, x.a.Participation.Time()), nil
}

// textModules lists the modules of processes that can show a text.
func (a *App) textModules(r *web.Request) ([]web.Item, error) {
	list, err := a.Participation.Store.All(r.Context(), r.Tenant.ID, false, nil)
	if err != nil {
		return nil, err
	}
	var out []web.Item
	for _, p := range list {
		for _, m := range p.Modules {
			if m.Kind == participation.TextModule && p.State != participation.Archived {
				out = append(out, web.Item{Value: p.Key + "/" + m.Key, Text: p.Title.String() + ": " + m.Title.String()})
			}
		}
	}
	return out, nil
}

// teams lists the working groups by their names.
func (a *App) teams(r *web.Request) ([]web.Item, error) {
	list, err := a.Groups.Store.Groups(r.Context(), r.Tenant.ID)
	out := make([]web.Item, len(list))
	for i, g := range list {
		name, _ := r.P.Text(g.Name)
		out[i] = web.Item{Value: g.Key, Text: name}
	}
	return out, err
}

// ownTeams lists those a person can speak for.
func (a *App) ownTeams(r *web.Request) ([]web.Item, error) {
	if len(r.Actor.Held) == 0 {
		return nil, nil
	}
	all, err := a.teams(r)
	return slices.DeleteFunc(all, func(i web.Item) bool {
		return !slices.ContainsFunc(r.Actor.Held, func(h access.Holding) bool { return h.In == access.Context{Kind: access.InGroup, Key: i.Value} })
	}), err
}

// citeAddress is the page of what a paragraph rests on.
func citeAddress(_ *web.Request, c vision.Cite) string {
	id := url.PathEscape(string(c.Ref.ID))
	switch c.Ref.Kind {
	case "contribution":
		return "/beitraege/" + id
	case "indicator":
		ind, _, _ := strings.Cut(string(c.Ref.ID), "@")
		return "/daten/" + url.PathEscape(ind)
	}
	return ""
}

// supportCodes lets holders of a letter code support amendments.
type supportCodes struct{ a *App }

func (c supportCodes) Voter(ctx context.Context, tenant kernel.ID, process, code string) (string, error) {
	return c.a.Votes.Codes.Voter(ctx, tenant, vote.Scope{Process: process}, code)
}

// headlineRounds holds votes on headlines as rounds in which everybody has one voice.
type headlineRounds struct{ a *App }

func (h headlineRounds) Create(ctx context.Context, by access.Actor, t vision.Text, options []kernel.Text, closes kernel.Instant) (kernel.Ref, string, error) {
	list := make([]vote.Option, len(options))
	for i, o := range options {
		list[i] = vote.Option{Number: i, Key: strconv.Itoa(i + 1), Title: o}
	}
	title := kernel.Text{}
	for _, lang := range i18n.Languages() {
		name, _ := t.Title.In(lang)
		title[lang] = i18n.For(lang, kernel.Standard).T("vision.headline") + ": " + name
	}
	r, err := h.a.Votes.CreateRound(ctx, by, vote.Round{
		Key: "motto-" + t.Key + "-" + strconv.Itoa(t.Edit), Process: t.Process, Title: title, Rules: ballot.Rules{Method: ballot.Approval, Least: 1, Most: 1}, Winners: 1,
		Eligibility: vote.Open, From: kernel.InstantOf(h.a.Now()), To: closes,
	}, list)
	return kernel.Ref{Kind: "vote", ID: kernel.ID(r.Key)}, "/abstimmung/" + url.PathEscape(r.Key), err
}

func (h headlineRounds) Open(ctx context.Context, by access.Actor, ref kernel.Ref) bool {
	_, _, err := h.a.Votes.Get(ctx, by, string(ref.ID))
	return err == nil
}

func (h headlineRounds) Result(ctx context.Context, by access.Actor, ref kernel.Ref) (votes []int, method string, on kernel.Date, ok bool, err error) {
	r, _, res, _, err := h.a.Votes.Result(ctx, by, string(ref.ID))
	if kernel.KindOf(err) == kernel.NotFound {
		return nil, "", "", false, nil
	}
	if err != nil || r.State != vote.Published {
		return nil, "", "", false, err
	}
	for _, c := range res.Options {
		votes = append(votes, int(c.Votes))
	}
	return votes, "", kernel.DayOf(r.To.Add(-time.Nanosecond)), true, nil
}

// citedFigures reads figures through the gate.
type citedFigures struct{ a *App }

func (c citedFigures) Figure(ctx context.Context, by access.Actor, indicator, area string) (kernel.Text, string, error) {
	none := kernel.E(kernel.NotFound, "vision.cite.figure")
	level, key, _ := strings.Cut(area, "/")
	v, err := c.a.Gate.View(ctx, by, access.Public)
	if err != nil {
		return nil, "", err
	}
	editions, err := c.a.Areas.Editions(ctx, by, level)
	if err != nil {
		return nil, "", err
	}
	var best *release.Table
	for _, e := range editions {
		t, err := v.Figures(ctx, release.Query{Indicator: indicator, EditionID: e.ID})
		if kernel.KindOf(err) == kernel.NotFound {
			continue
		}
		if err != nil {
			return nil, "", err
		}
		if i := t.Index(key); i >= 0 && t.Figures[i].Shown() && (best == nil || t.Period.To > best.Period.To) {
			best = t
		}
	}
	if best == nil {
		return nil, "", none
	}
	at := best.Index(key)
	out := kernel.Text{}
	for _, lang := range i18n.Languages() {
		p := i18n.For(lang, kernel.Standard)
		ind, _ := p.Text(best.Version.Name)
		name := best.Areas[at].Name
		decimals := 1
		if best.Version.Unit == "n" {
			decimals = 0
		}
		out[lang] = fmt.Sprintf("%s, %s: %s", ind, name, atlas.FigureText(p, best.Figures[at].Value, best.Figures[at].Flag, best.Version.Unit, decimals))
	}
	return out, best.Period.String(), nil
}

// visionMail tells people of decisions and new versions.
type visionMail struct{ a *App }

func (m visionMail) Tell(ctx context.Context, tenant kernel.ID, n vision.News) error {
	path := "/leitbild/" + url.PathEscape(n.Text.Key)
	kind, event, number, key := notice.Kind("vision.version"), string(n.Text.ID), 0, "vision.news.version"
	public := n.Text.Public()
	if n.Version != nil {
		number = n.Version.Number
		path += "/fassungen/" + strconv.Itoa(number)
		event += " " + strconv.Itoa(number)
	}
	if n.Amendment != nil {
		number = n.Amendment.Number
		kind, key, event = "vision.decided", "vision.news.decided", string(n.Amendment.ID)+" "+string(n.Amendment.State)
		path += "/aenderungen/" + strconv.Itoa(number)
		if n.Amendment.State == vision.Hidden {
			kind, path = "vision.hidden", "/leitbild/vorgang"
		}
		public = public && n.Amendment.State.Public()
	}
	words := func(lang string) map[string]any {
		p := i18n.For(lang, kernel.Standard)
		title, _ := p.Text(n.Text.Title)
		out := map[string]any{"title": title, "n": number, "state": "", "reason": "", "rule": ""}
		if n.Amendment != nil {
			out["state"], out["reason"] = p.T("vision.state."+string(n.Amendment.State)), n.Amendment.Decision
		}
		if kind == "vision.hidden" {
			out["rule"] = p.T("vision.rule." + n.Amendment.Rule)
		}
		return out
	}
	for _, id := range n.Accounts {
		who, err := m.a.Accounts.Store.Account(ctx, tenant, id)
		if kernel.KindOf(err) == kernel.NotFound {
			continue
		}
		if err != nil {
			return err
		}
		if who.Disabled() || who.Email == "" {
			continue
		}
		err = m.a.Notices.Send(ctx, notice.Message{
			Tenant: tenant, To: notice.Recipient{Account: who.ID, Email: who.Email, Lang: who.Lang}, Kind: kind, Event: event, Params: words(who.Lang), Path: path, Public: public,
		})
		var bad *kernel.Error
		if errors.As(err, &bad) && bad.Kind == kernel.Invalid {
			continue // an address nobody can write to keeps no decision back
		}
		if err != nil {
			return err
		}
	}
	if !public {
		return nil
	}
	title := kernel.Text{}
	for _, lang := range i18n.Languages() {
		title[lang] = i18n.For(lang, kernel.Standard).TMap(key, words(lang))
	}
	return m.a.Notices.News(ctx, tenant, visionTopic, n.Text.Key, title, path)
}

// visionTexts lists the public texts with the languages they are there in.
func (a *App) visionTexts(ctx context.Context, tenant kernel.ID) ([]kernel.Variant, error) {
	return a.Vision.Variants(ctx, tenant)
}
