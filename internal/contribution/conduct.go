// SPDX-License-Identifier: EUPL-1.2

package contribution

import (
	"context"
	"slices"
	"strconv"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// Conduct is the town's rules of conduct (Netiquette) in one published wording. Decisions name a rule by its number, so that authors read what
// they are said to have broken in the words that were published then.
type Conduct struct {
	Version   int // 0: the rules the program brings along
	Intro     kernel.Text
	Rules     []ConductRule
	Published kernel.Instant
	By        kernel.ID
}

// ConductRule is one numbered rule.
type ConductRule struct {
	Number int         `json:"number"`
	Title  kernel.Text `json:"title"`
	Body   kernel.Text `json:"body"`
}

// Rule finds a rule by its number.
func (c Conduct) Rule(number int) (ConductRule, bool) {
	i := slices.IndexFunc(c.Rules, func(r ConductRule) bool { return r.Number == number })
	if i < 0 {
		return ConductRule{}, false
	}
	return c.Rules[i], true
}

// shippedConduct is what holds until a town publishes its own rules.
func shippedConduct() Conduct {
	rule := func(n int, de, en, bodyDE, bodyEN, title, body string) ConductRule {
		return ConductRule{Number: n, Title: plainly(kernel.T(de, en), title), Body: plainly(kernel.T(bodyDE, bodyEN), body)}
	}
	return Conduct{
		Intro: plainly(kernel.T(
			"Hier sprechen Menschen miteinander, die sich nicht kennen. Diese Regeln gelten für alle Beiträge und Kommentare. Was gegen eine Regel verstößt, zeigen wir nicht; wir nennen dann die Regel, und Sie können widersprechen.",
			"People who do not know each other talk here. These rules hold for all contributions and comments. What breaks a rule is not shown; we then name the rule, and you can object."),
			"Hier sprechen viele Menschen miteinander. Dafür gibt es Regeln. Manche Texte verstoßen gegen eine Regel. Diese Texte zeigen wir nicht. Dann sagen wir Ihnen, welche Regel es ist. Sie dürfen uns sagen: Das stimmt nicht."),
		Rules: []ConductRule{
			rule(1, "Respekt", "Respect", "Keine Beleidigungen, keine Drohungen, keine Herabsetzung.", "No insults, no threats, no degradation.", "Freundlich sein", "Beleidigen Sie niemanden. Drohen Sie niemandem."),
			rule(2, "Keine Diskriminierung", "No discrimination",
				"Niemand wird wegen Herkunft, Religion, Geschlecht, Alter, Behinderung, Armut oder sexueller Orientierung abgewertet.",
				"Nobody is devalued for origin, religion, sex, age, disability, poverty or sexual orientation.", "Alle Menschen sind gleich viel wert",
				"Zum Beispiel: Menschen aus anderen Ländern. Menschen mit Behinderung. Arme Menschen. Alte und junge Menschen."),
			rule(3, "Persönliches bleibt privat", "What is personal stays private",
				"Keine Namen, Adressen oder andere Angaben, an denen man andere Menschen erkennt.", "No names, addresses or other details by which other people can be recognised.", "Privates bleibt privat",
				"Schreiben Sie keine Namen von anderen Menschen. Schreiben Sie keine Adressen von anderen Menschen."),
			rule(4, "Beim Thema bleiben", "Stay on topic", "Beiträge passen zum Thema der Beteiligung.", "Contributions fit the topic of the process.", "Beim Thema bleiben", "Schreiben Sie zu dem, worum es hier geht."),
			rule(5, "Keine Werbung", "No advertising", "Keine Werbung für Waren, Dienste oder Parteien, keine Kettenbriefe.", "No advertising of goods, services or parties, no chain letters.", "Keine Werbung", "Schreiben Sie keine Werbung. Auch nicht für Parteien."),
			rule(6, "Kein verbotener Inhalt", "No unlawful content", "Nichts, was gegen Gesetze verstößt, und keine fremden Texte oder Bilder ohne Erlaubnis.",
				"Nothing that breaks the law, and no texts or pictures of others without permission.", "Nichts Verbotenes",
				"Manches verbietet das Gesetz. Das dürfen Sie hier auch nicht. Nehmen Sie keine Texte und keine Bilder von anderen, ohne zu fragen."),
		},
	}
}

// plainly adds Leichte Sprache to a text.
func plainly(t kernel.Text, plain string) kernel.Text {
	t[PlainKey] = plain
	return t
}

// Variants gives the rules in force with the languages they are there in.
func (m *Moderation) Variants(ctx context.Context, tenant kernel.ID) ([]kernel.Variant, error) {
	c, err := m.Conduct(ctx, tenant)
	v := kernel.Variant{Kind: "conduct", ID: "conduct", Title: kernel.T("Netiquette", "Rules of conduct"), Path: "/netiquette", Edit: "/arbeit/moderation/netiquette", Texts: []kernel.Text{c.Intro}}
	for _, r := range c.Rules {
		v.Texts = append(v.Texts, r.Title, r.Body)
	}
	return []kernel.Variant{v}, err
}

// Conduct gives the rules in force.
func (m *Moderation) Conduct(ctx context.Context, tenant kernel.ID) (Conduct, error) {
	return m.ConductAt(ctx, tenant, -1)
}

// ConductAt gives the rules of a version; -1 for those in force.
func (m *Moderation) ConductAt(ctx context.Context, tenant kernel.ID, version int) (Conduct, error) {
	if version == 0 {
		return shippedConduct(), nil
	}
	c, err := m.Store.Conduct(ctx, tenant, version)
	if kernel.KindOf(err) == kernel.NotFound && version < 0 {
		return shippedConduct(), nil
	}
	return c, err
}

// mostRules bounds the rules of conduct.
const mostRules = 30

// PublishConduct puts new rules of conduct into force. A rule keeps the number it has; new ones come behind.
func (m *Moderation) PublishConduct(ctx context.Context, by access.Actor, c Conduct, seen int) (Conduct, error) {
	if err := access.CheckTenant(by, access.Publish); err != nil {
		return c, err
	}
	was, err := m.Conduct(ctx, by.Tenant)
	if err != nil {
		return c, err
	}
	if was.Version != seen {
		return c, kernel.E(kernel.Conflict, "moderation.conduct.changed")
	}
	f := map[string]string{}
	last := 0
	for _, r := range was.Rules {
		last = max(last, r.Number)
	}
	taken := map[int]bool{}
	for i := range c.Rules {
		r := &c.Rules[i]
		r.Title, r.Body = tidyText(r.Title, false), tidyText(r.Body, true)
		if r.Number == 0 {
			last++
			r.Number = last
		}
		at := "regel" + strconv.Itoa(i+1)
		switch {
		case r.Title["de"] == "":
			f[at] = "moderation.conduct.title.missing"
		case length(r.Title["de"]) > 100 || length(r.Body["de"]) > 2000 || length(r.Body["en"]) > 2000 || length(r.Body[PlainKey]) > 2000:
			f[at] = "contribution.text.long"
		case taken[r.Number] || r.Number < 1 || r.Number > last:
			f[at] = "moderation.conduct.number"
		}
		taken[r.Number] = true
	}
	if len(c.Rules) == 0 || len(c.Rules) > mostRules {
		f["regel1"] = "moderation.conduct.none"
	}
	if c.Intro = tidyText(c.Intro, true); length(c.Intro["de"]) > 5000 || length(c.Intro[PlainKey]) > 5000 {
		f["intro"] = "contribution.text.long"
	}
	if err := invalid(f); err != nil {
		return c, err
	}
	c.Version, c.Published, c.By = was.Version+1, m.now(), by.Person
	return c, m.Tx.Tx(ctx, func(ctx context.Context) error {
		if err := m.Store.AddConduct(ctx, by.Tenant, c); err != nil {
			return err
		}
		if err := m.touch(ctx, by.Tenant); err != nil {
			return err
		}
		return access.Record(ctx, m.Trail, by, access.Act{
			Do: access.Publish, What: "conduct.publish", Object: kernel.Ref{Kind: "conduct"}, Note: map[string]string{"version": strconv.Itoa(c.Version)},
		})
	})
}

// tidyText tidies every language of a text and drops the empty ones.
func tidyText(t kernel.Text, lines bool) kernel.Text {
	out := kernel.Text{}
	for lang, s := range t {
		if s = tidy(s, lines); s != "" {
			out[lang] = s
		}
	}
	return out
}
