// SPDX-License-Identifier: EUPL-1.2

package app_test

import (
	"encoding/xml"
	"io"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/account"
	"github.com/kupferfaden/kupferfaden/internal/event"
	"github.com/kupferfaden/kupferfaden/internal/group"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

const evil = `"><script>alert(1)</script><img src=x onerror=alert(1)>[x](javascript:alert(1))`

// scripted names what of a page a browser would run that nobody of us wrote.
func scripted(t *testing.T, page string) (found []string) {
	t.Helper()
	n, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	for x := range n.Descendants() {
		if x.Type != html.ElementNode {
			continue
		}
		if x.Data == "script" && x.FirstChild != nil && strings.Contains(x.FirstChild.Data, "alert") {
			for _, a := range x.Attr {
				if a.Key == "type" && a.Val == "application/ld+json" && !strings.Contains(x.FirstChild.Data, "<") {
					continue
				}
			}
			if !strings.Contains(x.FirstChild.Data, "schema.org") {
				found = append(found, "script "+x.FirstChild.Data)
			}
		}
		for _, a := range x.Attr {
			if strings.HasPrefix(a.Key, "on") || (a.Key == "href" || a.Key == "src") && strings.HasPrefix(strings.ToLower(strings.TrimSpace(a.Val)), "javascript:") {
				found = append(found, x.Data+" "+a.Key+"="+a.Val)
			}
		}
	}
	return found
}

func TestWhatPeopleTypeRunsNowhere(t *testing.T) {
	offices(t, func(o *office) {
		ctx, staff := t.Context(), planning(o.who)
		start := o.app.Now().Add(24 * time.Hour)
		e := event.Event{Registers: true, Capacity: 5, HasWaiting: true, Start: kernel.InstantOf(start), End: kernel.InstantOf(start.Add(time.Hour))}
		e.Title, e.Teaser, e.Content.Body, e.Place, e.AccessNote, e.Address = kernel.T(evil, evil), kernel.T(evil, evil), kernel.T(evil, evil), kernel.T(evil, evil), kernel.T(evil, ""), evil
		e.Access, e.AskName, e.Contact = []event.Feature{event.StepFree}, "optional", evil
		e.Programme = []event.Item{{From: "18:00", Title: kernel.T(evil, evil), Text: kernel.T(evil, ""), Roles: []string{evil}, Room: evil}}
		e.Parts = []event.Part{{Title: kernel.T(evil, evil), Text: kernel.T(evil, ""), Room: evil, Lead: evil}}
		e, err := o.app.Events.Create(ctx, staff, e)
		if err == nil {
			err = o.app.Events.Publish(ctx, staff, e.Key)
		}
		if err != nil {
			t.Fatal(err)
		}
		if _, err := o.app.Events.Register(ctx, access.Anonymous(o.who.Tenant), e.Key, event.Application{
			Part: e.Parts[0].ID, Name: evil, Others: []string{evil}, Heads: 2, Email: "a@stadt.example", Lang: "de", Consent: "de 1",
		}); err != nil {
			t.Fatal(err)
		}
		p, err := o.app.Events.SavePost(ctx, staff, event.Post{Category: "news", PostContent: event.PostContent{Title: kernel.T(evil, evil), Body: kernel.T(evil, evil), Source: evil}}, nil)
		if err == nil {
			err = o.app.Events.PublishPost(ctx, staff, p.ID, false)
		}
		if err != nil {
			t.Fatal(err)
		}
		plan := o.planner()
		for _, at := range []string{
			"/veranstaltungen", "/en/veranstaltungen/" + e.Key, "/veranstaltungen/" + e.Key, "/veranstaltungen/" + e.Key + "/anmeldung", "/veranstaltungen?ansicht=monat", "/pinnwand",
			"/pinnwand/" + string(p.ID), "/arbeit/veranstaltungen/" + e.Key, "/arbeit/veranstaltungen/" + e.Key + "/anmeldungen", "/arbeit/veranstaltungen/" + e.Key + "/einlass/liste",
			"/arbeit/veranstaltungen/" + e.Key + "/programm", "/arbeit/pinnwand/" + string(p.ID),
		} {
			if got := plan.page(at); len(scripted(t, got.body)) > 0 {
				t.Errorf("%s: %v", at, scripted(t, got.body))
			}
		}
		atom := o.anonymous().page("/pinnwand.atom")
		d := xml.NewDecoder(strings.NewReader(atom.body))
		for {
			tok, err := d.Token()
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatalf("the feed is no XML: %v", err)
			}
			if x, ok := tok.(xml.StartElement); ok && x.Name.Local == "script" {
				t.Error("a script in the feed")
			}
			if x, ok := tok.(xml.CharData); ok && len(scripted(t, string(x))) > 0 && strings.Contains(string(x), "<p") {
				t.Errorf("the content of the feed: %v", scripted(t, string(x)))
			}
		}
	})
}

func TestPapersAndMinutesOfAGroupStayWithIt(t *testing.T) {
	offices(t, func(o *office) {
		ctx, staff := t.Context(), planning(o.who)
		papers := map[string]group.Paper{}
		for _, key := range []string{"ag-offen", "ag-geheim"} {
			if _, err := o.app.Groups.Save(ctx, staff, group.Group{Key: key, Kind: group.WorkingGroup, Name: kernel.T("AG "+key, ""), Public: key == "ag-offen"}); err != nil {
				t.Fatal(err)
			}
			for _, public := range []bool{true, false} {
				p, err := o.app.Groups.AddPaper(ctx, staff, key, group.Paper{Title: "Vorlage", Name: "vorlage.html", Public: public}, strings.NewReader("<script>alert(1)</script>"))
				if err != nil {
					t.Fatal(err)
				}
				name := key
				if public {
					name += " public"
				}
				papers[name] = p
			}
		}
		if _, _, err := o.app.Accounts.Add(ctx, o.who, account.New{
			Email: "mitglied@stadt.example", Name: "Mitglied", Roles: []access.Role{access.GroupMember}, In: access.Context{Kind: access.InGroup, Key: "ag-offen"}, Password: passphrase,
		}); err != nil {
			t.Fatal(err)
		}
		member, all := o.signIn("mitglied@stadt.example"), o.anonymous()
		address := func(key, name string) string { return "/gruppen/" + key + "/unterlagen/" + string(papers[name].ID) }
		for _, c := range []struct {
			who  *desk
			at   string
			want int
		}{
			{all, address("ag-offen", "ag-offen public"), 200},
			{all, address("ag-offen", "ag-offen"), 404},
			{member, address("ag-offen", "ag-offen"), 200},
			{all, address("ag-geheim", "ag-geheim public"), 404},
			{all, address("ag-geheim", "ag-geheim"), 404},
			{member, address("ag-geheim", "ag-geheim"), 404},
			{member, address("ag-offen", "ag-geheim"), 404},
			{all, address("ag-offen", "ag-geheim public"), 404},
		} {
			p := c.who.get(c.at)
			if p.code != c.want {
				t.Errorf("%s: %d, want %d", c.at, p.code, c.want)
			}
			if p.code == 200 && (!strings.HasPrefix(p.header.Get("Content-Disposition"), "attachment") || p.header.Get("Content-Type") != "application/octet-stream") {
				t.Errorf("a paper is shown inside the site: %v", p.header)
			}
		}
	})
}
