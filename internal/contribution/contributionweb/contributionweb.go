// SPDX-License-Identifier: EUPL-1.2

// Package contributionweb shows contributions (Beiträge): the form in small steps, lists with their map, the page of one, the receipt (Vorgang) by
// which authors without an account see what became of theirs, and the desk where staff record, correct, merge, import and export.
//
// Invariants: every page works without script; what was typed is carried from step to step and stored when it is sent, photos alone before; a
// receipt code is never part of an address that is logged.
package contributionweb

import (
	"context"
	"math"
	"net/url"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/contribution"
	"github.com/kupferfaden/kupferfaden/internal/doc/typst"
	"github.com/kupferfaden/kupferfaden/internal/indicator"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/web"
)

// SectionOf draws what another part of the program knows of a contribution: the answer, what the moderation decided. A nil component is left out.
type SectionOf func(r *web.Request, c contribution.Contribution) (templ.Component, error)

// Options are what the pages need of others.
type Options struct {
	// Answer is drawn on the public page right below the text.
	Answer SectionOf
	// More are drawn on the public page below the answer.
	More []SectionOf
	// Receipt are drawn on the page of the receipt, for the author; code is the receipt code, empty for an author with an account.
	Receipt []func(r *web.Request, c contribution.Contribution, code string) (templ.Component, error)
	// Work are drawn on the page of the staff.
	Work []SectionOf
	// Follow is where one orders messages about a contribution; nil: nowhere.
	Follow func(c contribution.Contribution) string
	// Consent gives the text guests agree to who want mail, with its version.
	Consent func(r *web.Request) (version, text string, err error)
	// Typesetter sets the receipt as PDF; nil: it is printed from the browser.
	Typesetter typst.Typesetter
	// Report is where one reports a contribution or comment; nil: nowhere.
	Report func(c contribution.Contribution, comment kernel.ID) string
	// Office names an office by its key.
	Office func(r *web.Request, key string) string
	// Codes counts the tries of receipt codes.
	Codes Codes
	// Offices lists them.
	Offices func(r *web.Request) ([]web.Item, error)
}

type handlers struct {
	s      *contribution.Service
	o      Options
	photos *photoMeter
}

// The addresses of contributions.
const (
	Path        = "/beitraege"
	ReceiptPath = "/vorgang"
	WorkPath    = "/arbeit/beitraege"
)

// ListPath is the public list of a module.
func ListPath(process, module string) string {
	return "/beteiligung/" + url.PathEscape(process) + "/" + url.PathEscape(module)
}

// NewPath is the form of a module; of the town where process is empty.
func NewPath(process, module string) string {
	if process == "" {
		return Path + "/neu"
	}
	return ListPath(process, module) + "/neu"
}

// maxPhotos is the body of a form with photos.
const maxPhotos = 24 << 20

// Register adds the pages.
func Register(m *web.Mux, s *contribution.Service, o Options) {
	h := handlers{s, o, &photoMeter{}}
	team := web.In(access.InProcess, "process")
	m.Handle("GET "+Path, access.ReadPublic, h.list)
	m.Handle("GET "+Path+"/karte", access.ReadPublic, h.points)
	m.Handle("GET "+Path+"/daten", access.ReadPublic, h.openData, web.Stream())
	m.Handle("GET "+Path+"/neu", access.Contribute, h.write)
	m.Handle("POST "+Path+"/neu", access.Contribute, h.step, web.MaxBody(maxPhotos))
	m.Handle("GET "+Path+"/{number}", access.ReadPublic, h.page)
	m.Handle("GET "+Path+"/{number}/foto/{file}", access.ReadPublic, h.photo)
	m.Handle("POST "+Path+"/{number}/unterstuetzen", access.SupportByCode, h.support, web.Limit(web.Rate{PerMinute: 60, Burst: 60}))
	m.Handle("POST "+Path+"/{number}/kommentar", access.UseOwnAccount, h.comment, web.Limit(web.Rate{PerMinute: 6, Burst: 12}))
	m.Handle("POST "+Path+"/{number}/kommentar/zurueck", access.UseOwnAccount, h.retract)
	m.Handle("GET /beteiligung/{process}/{module}", access.ReadPublic, h.moduleList, team)
	m.Handle("GET /beteiligung/{process}/{module}/neu", access.Contribute, h.write, team)
	m.Handle("POST /beteiligung/{process}/{module}/neu", access.Contribute, h.step, team, web.MaxBody(maxPhotos))
	m.Handle("GET "+ReceiptPath, access.Contribute, h.receipt)
	m.Handle("POST "+ReceiptPath, access.Contribute, h.lookUp, web.Limit(guesses))
	m.Handle("POST "+ReceiptPath+"/aendern", access.Contribute, h.correct, web.Limit(guesses))
	m.Handle("POST "+ReceiptPath+"/zurueckziehen", access.Contribute, h.withdraw, web.Limit(guesses))
	m.Handle("POST "+ReceiptPath+"/nachricht", access.Contribute, h.mailMe, web.Limit(guesses))
	m.Handle("POST "+ReceiptPath+"/quittung", access.Contribute, h.paper, web.Limit(guesses))
	m.Handle("GET /konto/beitraege", access.UseOwnAccount, h.own)
	h.desk(m)
}

// guesses bounds how often a network address may send a form with a receipt code, right or wrong, to this process; wrong codes are counted in the
// database too (see Codes), for all processes and forms. What keeps codes from being found is their length, 50 bits: at this rate one address would
// try for ten million years.
var guesses = web.Rate{PerMinute: 10, Burst: 30}

// said is a town's text in the reader's language.
func said(r *web.Request, t kernel.Text) string {
	s, _ := web.Read(r.Context(), t)
	return s
}

func stateWord(r *web.Request, s contribution.State) string {
	return r.T("contribution.state." + string(s))
}

func channelWord(r *web.Request, c contribution.Channel) string {
	return r.T("contribution.channel." + string(c))
}

func stanceWord(ctx context.Context, s contribution.Stance) string {
	return web.T(ctx, "contribution.stance."+string(s))
}

// badge is the state of a contribution as the public sees it: of the answer where there is one.
func badge(ctx context.Context, c contribution.Contribution) (web.Tone, string) {
	switch c.State {
	case contribution.Hidden, contribution.Withdrawn, contribution.Merged, contribution.Checking, contribution.Received:
		return web.Neutral, web.T(ctx, "contribution.state."+string(c.State))
	}
	switch c.Status {
	case contribution.Unanswered:
		return web.Neutral, web.T(ctx, "contribution.status.new")
	case contribution.UnderReview, contribution.Pursued:
		return web.Warning, web.T(ctx, "contribution.status."+string(c.Status))
	case contribution.Adopted, contribution.PartlyAdopted, contribution.Done, contribution.Effective:
		return web.Success, web.T(ctx, "contribution.status."+string(c.Status))
	case contribution.NotAdopted:
		return web.Danger, web.T(ctx, "contribution.status."+string(c.Status))
	}
	return web.Info, web.T(ctx, "contribution.status."+string(c.Status))
}

// author is who is shown as author.
func author(ctx context.Context, name string) string {
	if name == "" {
		return web.T(ctx, "contribution.anonymous")
	}
	return name
}

// value writes a key figure.
func value(ctx context.Context, v float64, unit string) string {
	if math.IsNaN(v) {
		return "–"
	}
	decimals := 1
	if math.Abs(v) >= 100 {
		decimals = 0
	}
	switch unit {
	case "", "n":
		return web.P(ctx).Number(v, decimals)
	case "%":
		return web.P(ctx).Percent(v, decimals)
	}
	name, _ := web.P(ctx).Text(indicator.UnitName(unit))
	return web.P(ctx).Number(v, decimals) + "\u00a0" + name
}

// smallestArea is the name of the smallest area a contribution lies in.
func smallestArea(names map[string]string, c contribution.Contribution) string {
	for i := len(c.Areas) - 1; i >= 0; i-- {
		if n := names[c.Areas[i]]; n != "" {
			return n
		}
	}
	return ""
}

// areaItems are the areas to choose from: levels with more than one area and not too many for a list.
func areaItems(ctx context.Context, levels []contribution.AreaLevel) []web.Item {
	var out []web.Item
	for _, l := range levels {
		if len(l.Areas) < 2 || len(l.Areas) > 600 {
			continue
		}
		name, _ := web.P(ctx).Text(l.Level.Name)
		for _, a := range l.Areas {
			text := a.Name
			if len(levels) > 2 {
				text += " (" + name + ")"
			}
			out = append(out, web.Item{Value: a.Key, Text: text})
		}
	}
	return out
}

// background is the map of outlines the points are shown on: of the smallest level with not too many areas.
func background(levels []contribution.AreaLevel) string {
	path := ""
	for _, l := range levels {
		if len(l.Areas) <= 600 {
			path = "/atlas/karte/" + url.PathEscape(l.Edition.Level.Key) + "/" + url.PathEscape(l.Edition.Key)
		}
	}
	return path
}

// paragraphs cuts a text where there are blank lines.
func paragraphs(s string) []string {
	var out []string
	for p := range strings.SplitSeq(s, "\n\n") {
		if p = strings.TrimSpace(p); p != "" {
			out = append(out, p)
		}
	}
	return out
}

func lines(s string) []string { return strings.Split(s, "\n") }

func itoa(n int) string { return strconv.Itoa(n) }

// excerpt is the beginning of a text for a list.
func excerpt(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	r := []rune(s)
	if len(r) <= 220 {
		return s
	}
	return string(r[:220]) + " …"
}
