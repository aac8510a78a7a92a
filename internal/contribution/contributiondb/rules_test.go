// SPDX-License-Identifier: EUPL-1.2

package contributiondb_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/contribution"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

func keyOf(err error) string {
	e, ok := err.(*kernel.Error)
	if !ok {
		return ""
	}
	return e.Key
}

func TestWhatWasPublicGoesBackToModerationWhenItsAuthorChangesIt(t *testing.T) {
	each(t, func(x *town) {
		ctx := x.Context()
		c, code := x.submit(x.guest(), idea("Mehr Bänke am Marktplatz"))
		if _, err := x.s.Publish(ctx, x.id, c.ID); err != nil {
			x.Fatal(err)
		}
		c, err := x.s.Correct(ctx, x.guest(), "", strings.ToLower(code), contribution.Edit{Text: "Mehr Bänke und Schatten am Marktplatz", Seen: 2})
		if err != nil || c.State != contribution.Checking {
			x.Fatalf("%s %v", c.State, err)
		}
		if _, err := x.s.Get(ctx, x.guest(), c.Number); kernel.KindOf(err) != kernel.NotFound {
			x.Errorf("it is still to be read: %v", err)
		}
		_, _, original, err := x.s.Original(ctx, x.moderator(), c)
		if err != nil || original != "Mehr Bänke am Marktplatz" {
			x.Errorf("the original became %q (%v)", original, err)
		}
		versions, err := x.s.Versions(ctx, x.moderator(), c)
		if err != nil || len(versions) != 2 || !versions[1].Author {
			x.Errorf("%+v %v", versions, err)
		}
		if _, err := x.s.Correct(ctx, x.guest(), "", code, contribution.Edit{Text: "Zu spät gesehen", Seen: 2}); keyOf(err) != "contribution.edited" {
			x.Errorf("two edits at once: %v", err)
		}
		if _, err := x.s.Withdraw(ctx, x.guest(), "", code); err != nil {
			x.Fatal(err)
		}
		if _, err := x.s.Publish(ctx, x.id, c.ID); keyOf(err) != "contribution.over" {
			x.Errorf("what was withdrawn is public again: %v", err)
		}
		if _, err := x.db.Conn(ctx).ExecContext(ctx, `update contribution_original set body = 'x' where tenant_id = $1`, x.id); err == nil {
			x.Error("the schema lets the original be changed")
		}
	})
}

func TestMergingAndSplittingKeepEveryAuthorReceiptAndSupport(t *testing.T) {
	each(t, func(x *town) {
		ctx, by := x.Context(), x.moderator()
		anna, bert := x.citizen("Anna"), x.citizen("Bert")
		first := x.public(anna, idea("Ein Zebrastreifen vor der Schule"))
		second, code := x.submit(bert, idea("Zebrastreifen an der Schule"))
		if _, err := x.s.Publish(ctx, x.id, second.ID); err != nil {
			x.Fatal(err)
		}
		for _, c := range []contribution.Contribution{first, second} {
			for _, who := range []access.Actor{anna, bert} {
				if c.ID == first.ID && who.Name == "Bert" {
					continue
				}
				if _, err := x.s.Back(ctx, who, c.Number, ""); err != nil {
					x.Fatal(err)
				}
			}
		}
		if err := x.s.Merge(ctx, x.citizen("Fremd"), second.Number, first.Number, "dasselbe"); kernel.KindOf(err) != kernel.Denied {
			x.Errorf("a citizen merges: %v", err)
		}
		if err := x.s.Merge(ctx, by, second.Number, first.Number, "dasselbe Anliegen"); err != nil {
			x.Fatal(err)
		}
		got, err := x.s.Get(ctx, x.guest(), first.Number)
		if err != nil || got.Supports != 2 {
			x.Errorf("%d supporters, want Anna and Bert once each (%v)", got.Supports, err)
		}
		merged, err := x.s.ByCode(ctx, x.guest(), code)
		if err != nil || merged.State != contribution.Merged || merged.MergedIn != first.ID || merged.Author != bert.Person {
			x.Errorf("%+v %v", merged, err)
		}
		parts, err := x.s.Split(ctx, by, first.Number, []contribution.Part{{Text: "Zebrastreifen"}, {Text: "Tempo 30 vor der Schule", Category: "Verkehr"}}, "zwei Anliegen")
		if err != nil || len(parts) != 2 {
			x.Fatal(err)
		}
		for _, p := range parts {
			p, err := x.s.Get(ctx, x.guest(), p.Number)
			if err != nil || p.Author != anna.Person || p.Pseudonym != "Anna" || p.Supports != 2 || p.SplitFrom != first.ID || p.State != contribution.Published {
				x.Errorf("%+v %v", p, err)
			}
		}
	})
}

func TestBadInputIsRefusedWithTheFieldAtFault(t *testing.T) {
	long := strings.Repeat("a", 100_000)
	cases := map[string]struct {
		d     contribution.Draft
		field string
	}{
		"only blanks":         {contribution.Draft{Text: " \u00a0\u2003\n\u200b "}, "text"},
		"overrides alone":     {contribution.Draft{Text: "\u202e\u2066\u200d"}, "text"},
		"100,000 characters":  {contribution.Draft{Text: long}, "text"},
		"long title":          {contribution.Draft{Text: "Text", Title: long[:200]}, "title"},
		"no language":         {contribution.Draft{Text: "Text", Lang: "klingonisch!"}, "lang"},
		"a link as name":      {contribution.Draft{Text: "Text", Pseudonym: "https://x.example"}, "name"},
		"foreign category":    {contribution.Draft{Text: "Text", Category: "Erfunden"}, "category"},
		"no geometry":         {contribution.Draft{Text: "Text", Geometry: `{"type":"Point"}`}, "place"},
		"a multipolygon":      {contribution.Draft{Text: "Text", Geometry: `{"type":"MultiPolygon","coordinates":[]}`}, "place"},
		"beyond the poles":    {contribution.Draft{Text: "Text", Geometry: `{"type":"Point","coordinates":[0,91]}`}, "place"},
		"across the country":  {contribution.Draft{Text: "Text", Geometry: `{"type":"LineString","coordinates":[[6,50],[13,52]]}`}, "place"},
		"a day in the future": {contribution.Draft{Text: "Text", SaidOn: "2027-01-01"}, "said"},
	}
	each(t, func(x *town) {
		for name, c := range cases {
			c.d.Process, c.d.Module = "westend", "ideen"
			_, _, err := x.s.Submit(x.Context(), x.guest(), c.d)
			e, ok := err.(*kernel.Error)
			if !ok || e.Kind != kernel.Invalid || len(e.Fields) != 1 || e.Fields[c.field] == "" {
				x.Errorf("%s: %v, want a sentence at %s", name, err, c.field)
			}
		}
		got, _ := x.submit(x.guest(), contribution.Draft{Process: "westend", Module: "ideen", Lang: "ar", Text: "نحتاج إلى \u202eمقاعد في الظل"})
		if got.Text != "نحتاج إلى مقاعد في الظل" || contribution.Dir(got.Lang) != "rtl" {
			x.Errorf("%q %s", got.Text, got.Lang)
		}
		x.clock.Set(time.Date(2026, 12, 1, 0, 0, 1, 0, time.UTC))
		if _, _, err := x.s.Submit(x.Context(), x.guest(), idea("Eine Sekunde zu spät")); keyOf(err) != "access.phase" {
			x.Errorf("after the phase: %v", err)
		}
	})
}

func TestCommentsAnswerEachOtherAndWaitForTheModeration(t *testing.T) {
	each(t, func(x *town) {
		ctx := x.Context()
		c := x.public(x.guest(), idea("Mehr Bänke am Marktplatz"))
		anna := x.citizen("Anna")
		if _, err := x.s.Say(ctx, x.guest(), c.Number, "", "de", "ohne Konto"); kernel.KindOf(err) != kernel.Unauthenticated {
			x.Errorf("a guest comments: %v", err)
		}
		var parent kernel.ID
		for range 7 {
			k, err := x.s.Say(ctx, anna, c.Number, parent, "de", "Dazu noch etwas")
			if err != nil {
				x.Fatal(err)
			}
			if k.Depth > contribution.MostDepth {
				x.Errorf("depth %d", k.Depth)
			}
			if list, _ := x.s.Comments(ctx, x.guest(), c); len(list) > 0 && list[len(list)-1].ID == k.ID {
				x.Error("it is public before moderation")
			}
			if _, err := x.s.TurnComment(ctx, x.id, k.ID, contribution.Published); err != nil {
				x.Fatal(err)
			}
			parent = k.ID
		}
		got, err := x.s.Get(ctx, x.guest(), c.Number)
		list, _ := x.s.Comments(ctx, x.guest(), c)
		if err != nil || got.Comments != 7 || len(list) != 7 || list[6].ID != parent {
			x.Errorf("%d counted, %d listed (%v)", got.Comments, len(list), err)
		}
	})
}

func TestSimilarContributionsAreFound(t *testing.T) {
	each(t, func(x *town) {
		want := x.public(x.guest(), idea("Der Spielplatz im Westpark braucht neue Geräte"))
		x.public(x.guest(), idea("Mehr Busse am Abend zum Bahnhof"))
		for text, hit := range map[string]bool{"Spielplatzsanierung im Westpark": true, "Neue Geräte für den Spielplatz": true, "Ein Kino für die Stadt": false} {
			list, err := x.s.Similar(x.Context(), x.guest(), "westend", text, 3)
			if err != nil || (len(list) > 0 && list[0].ID == want.ID) != hit {
				x.Errorf("%s finds %d (%v)", text, len(list), err)
			}
		}
	})
}

func TestFilesForEvaluationNameNobodyAndHoldNoFormula(t *testing.T) {
	each(t, func(x *town) {
		ctx := x.Context()
		anna := x.citizen("Anna")
		c := x.public(anna, idea("=HYPERLINK(\"https://x.example\")"))
		x.public(anna, contribution.Draft{Process: "westend", Module: "karte", Text: "Hier fehlt ein Baum", Geometry: `{"type":"Point","coordinates":[6.2,50.7]}`})
		word := func(key string, _ ...any) string { return key }
		for _, format := range contribution.Formats() {
			var b bytes.Buffer
			if err := x.s.Export(ctx, x.moderator(), contribution.Filter{}, format, "Test", &b, word); kernel.KindOf(err) != kernel.Denied {
				x.Errorf("the moderation exports: %v", err)
			}
			if err := x.s.Export(ctx, x.planner(), contribution.Filter{}, format, "Auswertung", &b, word); err != nil {
				x.Fatal(err)
			}
			if s := b.String(); strings.Contains(s, "Anna") || strings.Contains(s, string(anna.Person)) || format == "csv" && strings.Contains(s, ";=HYPERLINK") || format == "csv" && !strings.Contains(s, c.Number) {
				x.Errorf("%s: %s", format, s)
			}
			if format == "geojson" && !json.Valid(b.Bytes()) {
				x.Error("no GeoJSON")
			}
		}
	})
}

func TestCodesAreReadHoweverTheyAreTypedAndMistakesAreFound(t *testing.T) {
	each(t, func(x *town) {
		_, code := x.submit(x.guest(), idea("Mehr Bänke am Marktplatz"))
		for _, typed := range []string{code, strings.ToLower(code), strings.ReplaceAll(code, "-", " "), strings.ReplaceAll(code, "0", "O"), "  " + code} {
			if got, ok := contribution.ParseCode(typed); !ok || got != code {
				x.Errorf("%q gives %q", typed, got)
			}
		}
		for i := range code {
			for _, r := range "0123456789ABCDEFGHJKMNPQRSTVWXYZ" {
				if code[i] != '-' && byte(r) != code[i] {
					if _, ok := contribution.ParseCode(code[:i] + string(r) + code[i+1:]); ok {
						x.Fatalf("one sign mistyped at %d goes unnoticed", i)
					}
				}
			}
		}
	})
}
