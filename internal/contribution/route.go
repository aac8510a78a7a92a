// SPDX-License-Identifier: EUPL-1.2

package contribution

import (
	"context"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/notice"
	"github.com/kupferfaden/kupferfaden/internal/participation"
)

// Offices lists the offices that can be given a contribution, by key: those the town has set up, and those of its catalogue.
func (s *Answers) Offices(ctx context.Context, tenant kernel.ID) ([]Office, error) {
	list, err := s.Store.Offices(ctx, tenant)
	if err != nil || s.Known == nil {
		return list, err
	}
	for _, o := range s.Known() {
		if !slices.ContainsFunc(list, func(x Office) bool { return x.Key == o.Key }) {
			list = append(list, o)
		}
	}
	slices.SortFunc(list, func(a, b Office) int { return strings.Compare(a.Name.String(), b.Name.String()) })
	return list, nil
}

// OfficeName is how an office signs.
func (s *Answers) OfficeName(ctx context.Context, tenant kernel.ID, key string) (kernel.Text, error) {
	list, err := s.Offices(ctx, tenant)
	if err != nil {
		return nil, err
	}
	if i := slices.IndexFunc(list, func(o Office) bool { return o.Key == key }); i >= 0 {
		return list[i].Name, nil
	}
	return kernel.T(key, key), nil
}

var officeKey = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{0,39}$`)

// SaveOffice sets an office up or changes its name and mailbox.
func (s *Answers) SaveOffice(ctx context.Context, by access.Actor, o Office) error {
	if err := access.CheckTenant(by, access.ReleaseAnswer); err != nil {
		return err
	}
	o.Key, o.Name, o.Mailbox = strings.TrimSpace(o.Key), tidyText(o.Name, false), tidy(o.Mailbox, false)
	f := map[string]string{}
	if !officeKey.MatchString(o.Key) {
		f["key"] = "answer.office.key"
	}
	if o.Name["de"] == "" || length(o.Name["de"]) > 200 {
		f["name"] = "answer.office.name"
	}
	if o.Mailbox != "" && !mailbox(o.Mailbox) {
		f["mailbox"] = "mail.address"
	}
	if err := invalid(f); err != nil {
		return err
	}
	return s.Tx.Tx(ctx, func(ctx context.Context) error {
		if err := s.Store.SaveOffice(ctx, by.Tenant, o); err != nil {
			return err
		}
		return access.Record(ctx, s.Trail, by, access.Act{Do: access.ReleaseAnswer, What: "answer.office", Object: kernel.Ref{Kind: "answer_office"}, Note: map[string]string{"key": o.Key}})
	})
}

// SaveRouteRules replaces the rules by which contributions go to offices.
func (s *Answers) SaveRouteRules(ctx context.Context, by access.Actor, list []RouteRule) error {
	if err := access.CheckTenant(by, access.ReleaseAnswer); err != nil {
		return err
	}
	offices, err := s.Offices(ctx, by.Tenant)
	if err != nil {
		return err
	}
	f := map[string]string{}
	if len(list) > 200 {
		f["office1"] = "answer.rules.many"
	}
	for i := range list {
		r := &list[i]
		r.ID, r.Position = kernel.NewID(), i+1
		r.Category, r.Area = tidy(r.Category, false), tidy(r.Area, false)
		if !slices.ContainsFunc(offices, func(o Office) bool { return o.Key == r.Office }) {
			f["office"+strconv.Itoa(i+1)] = "answer.office.unknown"
		}
	}
	if err := invalid(f); err != nil {
		return err
	}
	return s.Tx.Tx(ctx, func(ctx context.Context) error {
		if err := s.Store.SaveRouteRules(ctx, by.Tenant, list); err != nil {
			return err
		}
		return access.Record(ctx, s.Trail, by, access.Act{Do: access.ReleaseAnswer, What: "answer.rules", Object: kernel.Ref{Kind: "answer_rule"}})
	})
}

// DueOn is the day an answer is promised for: so many days after the contribution was received. Empty where nothing was promised.
func DueOn(p participation.Process, received kernel.Instant) kernel.Date {
	if p.AnswerDays <= 0 {
		return ""
	}
	return kernel.DayOf(received.In(kernel.Zone()).AddDate(0, 0, p.AnswerDays))
}

// RouteNew gives a contribution that has just become public to an office: by the first rule that fits, else to the office in charge of its
// process, else to the town's. It is one of Service.Told.
func (s *Answers) RouteNew(ctx context.Context, tenant kernel.ID, what Change, c Contribution) error {
	if c.State != Published || what != Submitted && what != Turned {
		return nil
	}
	p, _, err := s.Contributions.Process(ctx, tenant, c.Process, "")
	if err != nil && kernel.KindOf(err) != kernel.NotFound {
		return err
	}
	due := c.Due
	if due == "" {
		due = DueOn(p, c.Received)
	}
	office := c.Office
	if office == "" || office == p.Office {
		passed, err := s.Store.Routes(ctx, tenant, c.ID)
		if err != nil {
			return err
		}
		if len(passed) == 0 { // whoever passed it on by hand is not overruled
			if office, err = s.ruled(ctx, tenant, p, c); err != nil {
				return err
			}
		}
	}
	if office == c.Office && due == c.Due {
		return nil
	}
	if err := s.Store.Assign(ctx, tenant, c.ID, office, due); err != nil || office == c.Office {
		return err
	}
	return s.Store.AddRoute(ctx, tenant, Route{ID: kernel.NewID(), Contribution: c.ID, Office: office, At: s.now()})
}

// ruled finds the office by rule.
func (s *Answers) ruled(ctx context.Context, tenant kernel.ID, p participation.Process, c Contribution) (string, error) {
	rules, err := s.Store.RouteRules(ctx, tenant)
	if err != nil {
		return "", err
	}
	for _, r := range rules {
		if r.fits(c) {
			return r.Office, nil
		}
	}
	if p.Office != "" {
		return p.Office, nil
	}
	h, err := s.Moderation.HouseRules(ctx, tenant)
	return h.Office, err
}

// SplitUp routes the parts of a contribution; it is one of Service.SplitUp.
func (s *Answers) SplitUp(ctx context.Context, tenant kernel.ID, _ Contribution, parts []Contribution) error {
	for _, c := range parts {
		if err := s.RouteNew(ctx, tenant, Submitted, c); err != nil {
			return err
		}
	}
	return nil
}

// may checks an act on the answer of a contribution: staff in charge, or the office it was given to. The office in charge of the process has
// no say in what was given to another one.
func (s *Answers) may(ctx context.Context, by access.Actor, do access.Action, c Contribution) error {
	o, err := s.Contributions.Object(ctx, by.Tenant, c)
	if err != nil {
		return err
	}
	o.Visibility = ""
	if c.Office != "" {
		o.Within = slices.DeleteFunc(o.Within, func(x access.Context) bool { return x.Kind == access.InOffice && x.Key != c.Office })
	}
	return access.Check(by, do, o)
}

// Pass gives a contribution to another office, with a reason for the one that gets it.
func (s *Answers) Pass(ctx context.Context, by access.Actor, number, office, reason string) error {
	c, err := s.Contributions.Get(ctx, by, number)
	if err != nil {
		return err
	}
	if err := s.may(ctx, by, access.DraftAnswer, c); err != nil {
		return err
	}
	offices, err := s.Offices(ctx, by.Tenant)
	if err != nil {
		return err
	}
	f := map[string]string{}
	if !slices.ContainsFunc(offices, func(o Office) bool { return o.Key == office }) {
		f["office"] = "answer.office.unknown"
	} else if office == c.Office {
		f["office"] = "answer.office.same"
	}
	if reason = tidy(reason, true); reason == "" && c.Office != "" {
		f["reason"] = "contribution.reason.missing"
	} else if length(reason) > mostReason {
		f["reason"] = "contribution.reason.long"
	}
	if err := invalid(f); err != nil {
		return err
	}
	p, _, err := s.Contributions.Process(ctx, by.Tenant, c.Process, "")
	if err != nil && kernel.KindOf(err) != kernel.NotFound {
		return err
	}
	return s.Tx.Tx(ctx, func(ctx context.Context) error {
		if err := s.Store.Assign(ctx, by.Tenant, c.ID, office, DueOn(p, c.Received)); err != nil {
			return err
		}
		r := Route{ID: kernel.NewID(), Contribution: c.ID, Was: c.Office, Office: office, Reason: reason, At: s.now(), By: by.Person}
		if err := s.Store.AddRoute(ctx, by.Tenant, r); err != nil {
			return err
		}
		if err := access.Record(ctx, s.Trail, by, access.Act{
			Do: access.DraftAnswer, What: "answer.route", Object: c.Ref(), Reason: reason, Note: map[string]string{"was": c.Office, "office": office},
		}); err != nil {
			return err
		}
		return s.tellOffice(ctx, by.Tenant, office, "answer.routed", string(r.ID), map[string]any{"number": c.Number, "reason": reason}, "/arbeit/rueckmeldungen/"+c.Number)
	})
}

// tellOffice writes to an office: to its mailbox, or to those who answer for it.
func (s *Answers) tellOffice(ctx context.Context, tenant kernel.ID, office, kind, event string, params map[string]any, path string) error {
	if s.Post == nil || office == "" {
		return nil
	}
	to, err := s.deskOf(ctx, tenant, office)
	if err != nil {
		return err
	}
	for _, r := range to {
		if err := s.Post.Send(ctx, notice.Message{Tenant: tenant, To: r, Kind: notice.Kind(kind), Event: event, Params: params, Path: path, Public: true}); err != nil {
			return err
		}
	}
	return nil
}

func (s *Answers) deskOf(ctx context.Context, tenant kernel.ID, office string) ([]notice.Recipient, error) {
	list, err := s.Store.Offices(ctx, tenant)
	if err != nil {
		return nil, err
	}
	if i := slices.IndexFunc(list, func(o Office) bool { return o.Key == office }); i >= 0 && list[i].Mailbox != "" {
		return []notice.Recipient{{Email: list[i].Mailbox, Lang: "de"}}, nil
	}
	if s.People == nil {
		return nil, nil
	}
	return s.People.Staff(ctx, tenant, access.DraftAnswer, []access.Context{{Kind: access.InOffice, Key: office}})
}

// soonDays is how many days before the day of an answer its office is told.
const soonDays = 7

// owed is who has to do something about an answer.
type owed struct{ office, process string }

// Alarm tells each office, and who is in charge of the process, once of answers due within a week, and once when they are overdue. It runs every
// day.
func (s *Answers) Alarm(ctx context.Context, tenant kernel.ID) error {
	today := s.today()
	until := kernel.Date(today.Time().AddDate(0, 0, soonDays).Format(time.DateOnly))
	list, err := s.Store.DueBy(ctx, tenant, until)
	if err != nil {
		return err
	}
	return s.Tx.Tx(ctx, func(ctx context.Context) error {
		soon, late := map[owed]int{}, map[owed]int{}
		for _, c := range list {
			kind, count := "soon", soon
			if c.Due < today {
				kind, count = "overdue", late
			}
			fresh, err := s.Store.Told(ctx, tenant, c.ID, kind, c.Due, s.now())
			if err != nil {
				return err
			}
			if fresh {
				count[owed{c.Office, c.Process}]++
			}
		}
		if err := s.tellOwed(ctx, tenant, "answer.soon", today, soon); err != nil {
			return err
		}
		return s.tellOwed(ctx, tenant, "answer.overdue", today, late)
	})
}

// tellOwed writes to the offices and to who is in charge of the processes; who is both is written to as office only. What was given to no office
// concerns those in charge alone.
func (s *Answers) tellOwed(ctx context.Context, tenant kernel.ID, kind string, today kernel.Date, count map[owed]int) error {
	if s.Post == nil {
		return nil
	}
	offices, processes, told := map[string]int{}, map[string]int{}, map[string]bool{}
	for x, n := range count {
		if x.office != "" {
			offices[x.office] += n
		}
		if x.office == "" || x.process != "" {
			processes[x.process] += n
		}
	}
	send := func(to []notice.Recipient, event string, n int) error {
		for _, r := range to {
			told[r.Email] = true
			err := s.Post.Send(ctx, notice.Message{
				Tenant: tenant, To: r, Kind: notice.Kind(kind), Event: event, Params: map[string]any{"n": n, "days": soonDays}, Path: "/arbeit/rueckmeldungen", Public: true,
			})
			if err != nil {
				return err
			}
		}
		return nil
	}
	for office, n := range offices {
		to, err := s.deskOf(ctx, tenant, office)
		if err != nil {
			return err
		}
		if err := send(to, string(today)+" "+office, n); err != nil {
			return err
		}
	}
	if s.People == nil {
		return nil
	}
	desks := maps.Clone(told)
	for process, n := range processes {
		var within []access.Context
		if process != "" {
			within = []access.Context{{Kind: access.InProcess, Key: process}}
		}
		to, err := s.People.Staff(ctx, tenant, access.ReleaseAnswer, within)
		if err != nil {
			return err
		}
		to = slices.DeleteFunc(slices.Clone(to), func(r notice.Recipient) bool { return desks[r.Email] })
		if err := send(to, string(today)+" process "+process, n); err != nil {
			return err
		}
	}
	return nil
}

// Weekly sends the list of what is owed to the leadership, once a week.
func (s *Answers) Weekly(ctx context.Context, tenant kernel.ID) error {
	h, err := s.Moderation.HouseRules(ctx, tenant)
	if err != nil || h.Leadership == "" || s.Post == nil {
		return err
	}
	today := s.today()
	list, err := s.Store.DueBy(ctx, tenant, "9999-12-31")
	if err != nil {
		return err
	}
	waiting, err := s.Moderation.waitsLong(ctx, tenant)
	if err != nil {
		return err
	}
	unmet := 0
	if s.Unmet != nil {
		if unmet, err = s.Unmet(ctx, tenant); err != nil {
			return err
		}
	}
	if len(list) == 0 && waiting == 0 && unmet == 0 {
		return nil
	}
	type row struct{ open, soon, late int }
	byOffice := map[string]*row{}
	soon, late, until := 0, 0, kernel.Date(today.Time().AddDate(0, 0, soonDays).Format(time.DateOnly))
	for _, c := range list {
		r := byOffice[c.Office]
		if r == nil {
			r = &row{}
			byOffice[c.Office] = r
		}
		r.open++
		switch {
		case c.Due != "" && c.Due < today:
			r.late++
			late++
		case c.Due != "" && c.Due <= until:
			r.soon++
			soon++
		}
	}
	offices, err := s.Offices(ctx, tenant)
	if err != nil {
		return err
	}
	var lines []string
	for key, r := range byOffice {
		name := key
		if i := slices.IndexFunc(offices, func(o Office) bool { return o.Key == key }); i >= 0 {
			name = offices[i].Name.String()
		}
		if name == "" {
			name = "–"
		}
		lines = append(lines, name+": "+strconv.Itoa(r.open)+" / "+strconv.Itoa(r.soon)+" / "+strconv.Itoa(r.late))
	}
	slices.Sort(lines)
	year, week := today.Time().ISOWeek()
	return s.Post.Send(ctx, notice.Message{
		Tenant: tenant, To: notice.Recipient{Email: h.Leadership, Lang: "de"}, Kind: "answer.weekly", Event: strconv.Itoa(year) + "-" + strconv.Itoa(week),
		Params: map[string]any{"open": len(list), "soon": soon, "late": late, "waiting": waiting, "unmet": unmet, "list": strings.Join(lines, "\n")}, Path: "/arbeit/rueckmeldungen", Public: true,
	})
}
