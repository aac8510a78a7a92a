// SPDX-License-Identifier: EUPL-1.2

package app_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/account"
	"github.com/kupferfaden/kupferfaden/internal/app"
	"github.com/kupferfaden/kupferfaden/internal/area"
	"github.com/kupferfaden/kupferfaden/internal/indicator"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/tenant"
)

// The words a town is filled with: none of them may turn up on a page of another town.
const (
	bird     = "Kanarienvogel"
	birdMail = "kanarienvogel@anderswo.example"
	birdKey  = "KANARIE01"
	birdN    = 987123
)

// birdTown fills a town with words and numbers of its own and gives what a page of it is addressed by.
func birdTown(t *testing.T, a *app.App) []string {
	t.Helper()
	ctx := context.Background()
	town, err := a.Init(ctx, "anderswo", kernel.T(bird+"stadt", bird+" town"), true)
	if err != nil {
		t.Fatal(err)
	}
	who := a.Operator(town)
	const geo = `{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"id":"KANARIE01","name":"Kanarienvogelweg"},"geometry":{"type":"Polygon","coordinates":[[[9,51],[9.01,51],[9.01,51.01],[9,51.01],[9,51]]]}},
		{"type":"Feature","properties":{"id":"KANARIE02","name":"Kanarienvogelplatz"},"geometry":{"type":"Polygon","coordinates":[[[9.01,51],[9.02,51],[9.02,51.01],[9.01,51.01],[9.01,51]]]}}]}`
	_, err = a.Areas.Import(ctx, who, area.ImportRequest{
		Level: "raum", Rank: 4, Edition: "2018", ValidFrom: "2018-01-01", KeyField: "id", NameField: "name", FileName: bird + ".geojson",
		Data: strings.NewReader(geo), Size: int64(len(geo)),
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	counted(t, a, who, "raum", "2020-12-31", fmt.Sprintf("KANARIE01;%d;%d;2000", birdN, 4*birdN), fmt.Sprintf("KANARIE02;%d;%d;2000", birdN+1, 4*birdN))
	publishAll(t, a, who)
	person, _, err := a.Accounts.Add(ctx, who, account.New{Email: birdMail, Name: bird, Roles: []access.Role{access.Planner}, Password: passphrase})
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Tenants.Change(ctx, who, tenant.ContactSection, (tenant.Tenant{}).Mark(tenant.ContactSection), func(x *tenant.Tenant) error {
		x.Settings.Contact = tenant.Contact{Name: kernel.T("Amt "+bird, ""), Email: birdMail}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	slices, err := a.Indicators.Slices(ctx, who, indicator.Filter{})
	if err != nil {
		t.Fatal(err)
	}
	deliveries, err := a.Indicators.Deliveries(ctx, who)
	if err != nil {
		t.Fatal(err)
	}
	return []string{string(slices[0].ID), string(slices[0].EditionID), string(deliveries[0].ID), string(person.ID), birdKey, "anderswo"}
}

// strange makes an identifier of the same form that no town has.
func strange(id string) string {
	if len(id) == 36 {
		return string(kernel.NewID())
	}
	return id[:len(id)-1] + "x"
}

// leaks names the bird's words in a page.
func leaks(body string) string {
	for _, w := range []string{bird, birdMail, "Kanarienvogelweg", fmt.Sprint(birdN), "987.123", "987,123"} {
		if strings.Contains(strings.ToLower(body), strings.ToLower(w)) {
			return w
		}
	}
	return ""
}

// TestNothingOfATownTurnsUpInAnother asks for every address of one town as people of every kind: no word of another town stands on any page,
// and what has an identifier of another town cannot be told from what does not exist.
func TestNothingOfATownTurnsUpInAnother(t *testing.T) {
	offices(t, func(o *office) {
		monitored(o.t, o.app, o.who, 10)
		foreign := birdTown(o.t, o.app)
		desks := map[string]*desk{"anonymous": o.anonymous(), "planner": o.planner(), "admin": o.signIn("admin@stadt.example")}
		for _, role := range access.Roles() {
			if role == access.Planner || role == access.Admin {
				continue
			}
			mail := string(role) + "@stadt.example"
			if _, _, err := o.app.Accounts.Add(context.Background(), o.who, account.New{Email: mail, Name: "Person", Roles: []access.Role{role}, Password: passphrase}); err != nil {
				o.t.Fatalf("%s: %v", role, err)
			}
			desks[string(role)] = o.signIn(mail)
		}
		pages := 0
		for _, route := range o.app.Mux(app.WebOptions{}).Routes() {
			if route.Method != "GET" || route.System {
				continue
			}
			path := strings.TrimSuffix(route.Path, "{$}")
			for name, d := range desks {
				if !placeholder.MatchString(path) {
					p := d.get(path)
					pages++
					if w := leaks(p.body); w != "" {
						o.t.Errorf("%s as %s: %q of another town", path, name, w)
					}
					continue
				}
				if name != "anonymous" && name != "planner" && name != "admin" && name != "dpo" {
					continue
				}
				for _, id := range foreign {
					other := strange(id)
					mine := d.get(placeholder.ReplaceAllString(path, id))
					none := d.get(placeholder.ReplaceAllString(path, other))
					pages++
					// The address asked for is all that may differ.
					x, y := strings.ReplaceAll(mine.body, id, "#"), strings.ReplaceAll(none.body, other, "#")
					if w := leaks(x); w != "" {
						o.t.Errorf("%s with %s as %s: %q of another town", path, id, name, w)
					}
					if mine.code != none.code || x != y {
						o.t.Errorf("%s as %s: %s of another town answers %d, what does not exist %d", path, name, id, mine.code, none.code)
					}
					if mine.code >= 500 {
						o.t.Errorf("%s with %s as %s: %d", path, id, name, mine.code)
					}
				}
			}
		}
		if pages < 500 {
			o.t.Errorf("only %d pages asked for", pages)
		}
		// And the other way round: the bird's town does show what the search is for.
		if p := o.anonymous().get("/t/anderswo/raeume/raum/2018/" + birdKey); leaks(p.body) == "" {
			o.t.Errorf("the bird's town does not sing: %d", p.code)
		}
	})
}
