// SPDX-License-Identifier: EUPL-1.2

package actor

import (
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// Section groups the fields of a form; the catalogue names it under "actor.section.<section>".
type Section string

// The sections of forms.
const (
	About   Section = "about"   // what it is
	ForWhom Section = "forwhom" // whom it reaches
	Where   Section = "where"   // place and time
	Scale   Section = "scale"   // how much of it there is
	Money   Section = "money"   // who pays until when
	Staff   Section = "staff"   // who works there
	Pooling Section = "pooling" // what could be shared
)

// Field is one field of a record, bound to its place in it. The catalogue names it under "actor.field.<name>", files by that name or by Name.
type Field struct {
	Name    string
	At      any // *string, **float64, *bool, *[]string, *kernel.Date or *kernel.Text
	Section Section
	Terms   Group  // what can be chosen; AreaTerms: areas
	Lang    string // of a *kernel.Text: language and register
	Lines   int    // more than 1: several lines
	Max     int    // characters, 300 where 0; of a number its largest value
	Must    bool
	// Inner fields are for staff and the own organisation: money, staff, what is sought.
	Inner bool
	// Wording is free text, which a town may want to see before everybody does; all else are facts.
	Wording bool
}

// form of a field.
const (
	maxLine = 300
	maxText = 5000
)

func line(name string, at *string, s Section) Field { return Field{Name: name, At: at, Section: s} }

func words(name string, at *string, s Section, lines int) Field {
	return Field{Name: name, At: at, Section: s, Lines: lines, Max: maxText, Wording: true}
}

func choice(name string, at *string, s Section, g Group) Field {
	return Field{Name: name, At: at, Section: s, Terms: g}
}

func choices(name string, at *[]string, s Section, g Group) Field {
	return Field{Name: name, At: at, Section: s, Terms: g}
}

func number(name string, at **float64, s Section, most int) Field {
	return Field{Name: name, At: at, Section: s, Max: most}
}

func (f Field) inner() Field { f.Inner = true; return f }

func title(at *string) Field {
	return Field{Name: "title", At: at, Section: About, Must: true, Wording: true}
}

// text is a public text in German, Leichte Sprache and English.
func text(at *kernel.Text) []Field {
	f := Field{Name: "text", At: at, Section: About, Lines: 5, Max: maxText, Wording: true, Lang: "de"}
	easy, english := f, f
	easy.Name, easy.Lang = "text_leicht", "de+leicht"
	english.Name, english.Lang = "text_en", "en"
	return []Field{f, easy, english}
}

func place(p *Place) []Field {
	return []Field{
		{Name: "address", At: &p.Address, Section: Where, Lines: 3, Max: 500},
		{Name: "lat", At: &p.Lat, Section: Where, Max: 90},
		{Name: "lon", At: &p.Lon, Section: Where, Max: 180},
	}
}

func funding(p *Funding) []Field {
	return []Field{
		line("source", &p.Source, Money).inner(), choice("sphere", &p.Sphere, Money, LegalSphere).inner(), choice("band", &p.Band, Money, AmountBand).inner(),
		Field{Name: "ends", At: &p.Ends, Section: Money}.inner(),
	}
}

// Fields of an organisation.
func (a *Actor) Fields() []Field {
	return slices.Concat([]Field{title(&a.Title), choice("sort", &a.Sort, About, ActorSort), choice("legal_form", &a.LegalForm, About, LegalForm), line("umbrella", &a.Umbrella, About)},
		text(&a.Text), []Field{choices("themes", &a.ThemeKeys, About, Theme), choices("areas", &a.Areas, ForWhom, AreaTerms), choices("languages", &a.Languages, ForWhom, Language)},
		place(&a.Place), []Field{
			choices("accessibility", &a.Accessibility, Where, Accessibility), words("hours", &a.Hours, Where, 3), line("website", &a.Website, About),
			line("responsible", &a.Responsible, About).inner(),
		})
}

// Fields of an offer.
func (o *Offer) Fields() []Field {
	return slices.Concat([]Field{title(&o.Title), choice("sort", &o.Sort, About, OfferType)}, text(&o.Text), []Field{
		choices("groups", &o.Groups, ForWhom, TargetGroup), number("age_from", &o.AgeFrom, ForWhom, 120), number("age_to", &o.AgeTo, ForWhom, 120),
		choices("areas", &o.Areas, ForWhom, AreaTerms), choices("languages", &o.Languages, ForWhom, Language),
	}, place(&o.Place), []Field{
		words("times", &o.Times, Where, 3), choices("accessibility", &o.Accessibility, Where, Accessibility), line("website", &o.Website, About),
		words("join", &o.Join, About, 2),
		{Name: "free", At: &o.Free, Section: Scale},
		line("cost", &o.Cost, Scale), number("capacity", &o.Capacity, Scale, 1_000_000),
		number("vacant", &o.Vacant, Scale, 1_000_000), number("users", &o.Users, Scale, 10_000_000).inner(), number("waiting", &o.Waiting, Scale, 520),
		number("fte", &o.FTE, Staff, 10_000).inner(), line("qualification", &o.Qualification, Staff).inner(), number("volunteers", &o.Volunteers, Staff, 100_000).inner(),
	}, funding(&o.Funding), []Field{
		choice("duty", &o.Duty, Money, Duty).inner(), Field{Name: "evaluated", At: &o.Evaluated, Section: Scale}.inner(), Field{Name: "goals", At: &o.Goals, Section: Scale, Lines: 3}.inner(),
		Field{Name: "seeks_room", At: &o.SeeksRoom, Section: Pooling}.inner(), number("seeks_hours", &o.SeeksHours, Pooling, 168).inner(), words("seeks", &o.Seeks, Pooling, 2).inner(),
	})
}

// Fields of a resource.
func (r *Resource) Fields() []Field {
	return slices.Concat([]Field{title(&r.Title), choice("sort", &r.Sort, About, ResourceSort).must()}, text(&r.Text), []Field{
		choices("areas", &r.Areas, ForWhom, AreaTerms), line("department", &r.Department, About),
	}, place(&r.Place), []Field{
		words("times", &r.Times, Where, 3), choices("accessibility", &r.Accessibility, Where, Accessibility), number("capacity", &r.Capacity, Scale, 1_000_000),
		number("free_hours", &r.FreeHours, Scale, 168), line("cost", &r.Cost, Scale), number("amount", &r.Amount, Scale, 1_000_000_000).inner(),
		number("persons", &r.Persons, Staff, 10_000).inner(), number("staff_hours", &r.Hours, Staff, 100_000).inner(), line("qualification", &r.Qualification, Staff).inner(),
		words("tasks", &r.Tasks, Staff, 3).inner(),
		{Name: "since", At: &r.Since, Section: Staff},
	}, funding(&r.Funding))
}

// Fields of a network.
func (n *Network) Fields() []Field {
	return slices.Concat([]Field{title(&n.Title), choice("sort", &n.Sort, About, NetworkSort)}, text(&n.Text), []Field{
		choices("themes", &n.ThemeKeys, About, Theme), choices("groups", &n.Groups, ForWhom, TargetGroup), choices("areas", &n.Areas, ForWhom, AreaTerms),
		choice("rhythm", &n.Rhythm, About, Rhythm), line("leader", &n.Leader, About), words("mandate", &n.Mandate, About, 3),
		choice("decides", &n.Decides, About, DecisionPower),
		{Name: "documents", At: &n.Documents, Section: About, Lines: 3},
		words("overlap", &n.Overlap, About, 2), line("website", &n.Website, About),
	})
}

// Fields of a project.
func (p *Project) Fields() []Field {
	return slices.Concat([]Field{title(&p.Title)}, text(&p.Text), []Field{
		choices("themes", &p.ThemeKeys, About, Theme), words("goal", &p.Goal, About, 3), choices("groups", &p.Groups, ForWhom, TargetGroup),
		choices("areas", &p.Areas, ForWhom, AreaTerms),
		{Name: "from", At: &p.From, Section: Scale},
		{Name: "to", At: &p.To, Section: Scale},
		line("department", &p.Department, About), words("tasks", &p.Tasks, Staff, 3).inner(), line("website", &p.Website, About),
	}, funding(&p.Funding))
}

// Fields of a structure of participation.
func (s *Structure) Fields() []Field {
	return slices.Concat([]Field{title(&s.Title), choice("sort", &s.Sort, About, StructureSort)}, text(&s.Text), []Field{
		choices("groups", &s.Groups, ForWhom, TargetGroup), choices("areas", &s.Areas, ForWhom, AreaTerms),
	}, place(&s.Place), []Field{words("times", &s.Times, Where, 3), words("join", &s.Join, About, 2), line("website", &s.Website, About)})
}

func (f Field) must() Field { f.Must = true; return f }

// Name of an organisation.
func (a *Actor) Name() string { return a.Title }

// Name of an offer.
func (o *Offer) Name() string { return o.Title }

// Name of a resource.
func (r *Resource) Name() string { return r.Title }

// Name of a network.
func (n *Network) Name() string { return n.Title }

// Name of a project.
func (p *Project) Name() string { return p.Title }

// Name of a structure.
func (s *Structure) Name() string { return s.Title }

// Served areas of an organisation.
func (a *Actor) Served() []string { return a.Areas }

// Served areas of an offer.
func (o *Offer) Served() []string { return o.Areas }

// Served areas of a resource.
func (r *Resource) Served() []string { return r.Areas }

// Served areas of a network.
func (n *Network) Served() []string { return n.Areas }

// Served areas of a project.
func (p *Project) Served() []string { return p.Areas }

// Served areas of a structure.
func (s *Structure) Served() []string { return s.Areas }

// Themes of an organisation.
func (a *Actor) Themes() []string { return a.ThemeKeys }

// Themes of an offer are its type.
func (o *Offer) Themes() []string { return nonEmpty(o.Sort) }

// Themes of a resource are its kind.
func (r *Resource) Themes() []string { return nonEmpty(r.Sort) }

// Themes of a network.
func (n *Network) Themes() []string { return n.ThemeKeys }

// Themes of a project.
func (p *Project) Themes() []string { return p.ThemeKeys }

// Themes of a structure are its kind.
func (s *Structure) Themes() []string { return nonEmpty(s.Sort) }

func nonEmpty(s string) []string {
	if s == "" {
		return nil
	}
	return []string{s}
}

// FieldOf finds a field of a record by its name.
func FieldOf(r Record, name string) (Field, bool) {
	list := r.Fields()
	i := slices.IndexFunc(list, func(f Field) bool { return f.Name == name })
	if i < 0 {
		return Field{}, false
	}
	return list[i], true
}

// Values gives what the field holds as a form holds it: one text, or one for each choice.
func (f Field) Values() []string {
	switch p := f.At.(type) {
	case *string:
		return nonEmpty(*p)
	case *kernel.Date:
		return nonEmpty(string(*p))
	case *bool:
		if *p {
			return []string{"1"}
		}
	case **float64:
		if *p != nil {
			return []string{strings.ReplaceAll(strconv.FormatFloat(**p, 'f', -1, 64), ".", ",")}
		}
	case *[]string:
		if f.Terms == "" { // one a line
			return nonEmpty(strings.Join(*p, "\n"))
		}
		return *p
	case *kernel.Text:
		return nonEmpty((*p)[f.Lang])
	}
	return nil
}

// Filled tells whether the field says anything.
func (f Field) Filled() bool { return len(f.Values()) > 0 }

// Set reads what a form or a file holds; the answer is the key of what is wrong, empty where nothing is. Choices are keys of terms, checked by
// Check.
func (f Field) Set(values []string) string {
	one := ""
	if len(values) > 0 {
		one = tidy(values[0], f.Lines > 1)
	}
	most := f.Max
	if most == 0 {
		most = maxLine
	}
	switch p := f.At.(type) {
	case *string:
		if len([]rune(one)) > most {
			return "actor.text.long"
		}
		if f.Name == "website" && one != "" {
			if one = address(one); one == "" {
				return "actor.website.form"
			}
		}
		*p = one
	case *kernel.Date:
		day, ok := readDay(one)
		if !ok {
			return "actor.day.form"
		}
		*p = day
	case *bool:
		yes, ok := readYes(one)
		if !ok {
			return "actor.yes.form"
		}
		*p = yes
	case **float64:
		v, key := readNumber(one, f)
		if key != "" {
			return key
		}
		*p = v
	case *[]string:
		var list []string
		if f.Terms == "" {
			values = strings.Split(one, "\n")
		}
		for _, v := range values {
			if v = tidy(v, false); v != "" && !slices.Contains(list, v) {
				list = append(list, v)
			}
		}
		if len(list) > 500 || slices.ContainsFunc(list, func(v string) bool { return len([]rune(v)) > maxLine }) {
			return "actor.text.long"
		}
		*p = list
	case *kernel.Text:
		if len([]rune(one)) > most {
			return "actor.text.long"
		}
		next := kernel.Text{}
		for k, v := range *p {
			next[k] = v
		}
		if delete(next, f.Lang); one != "" {
			next[f.Lang] = one
		}
		*p = next
	}
	return ""
}

// readNumber reads a German or English number that is not below zero; of degrees also west and south.
func readNumber(s string, f Field) (*float64, string) {
	if s == "" {
		return nil, ""
	}
	v, err := strconv.ParseFloat(strings.ReplaceAll(strings.ReplaceAll(s, " ", ""), ",", "."), 64)
	least := 0.0
	if f.Name == "lat" || f.Name == "lon" {
		least = -float64(f.Max)
	}
	if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
		return nil, "actor.number.form"
	}
	if v < least || v > float64(f.Max) {
		return nil, "actor.number.range"
	}
	return &v, ""
}

// readDay reads 2027-12-31 or 31.12.2027, and 12/2027 or 2027 as their last day.
func readDay(s string) (kernel.Date, bool) {
	if s == "" {
		return "", true
	}
	if p := strings.Split(s, "."); len(p) == 3 && len(p[2]) == 4 && len(p[0]) < 3 && len(p[1]) < 3 {
		s = p[2] + "-" + strings.Repeat("0", 2-len(p[1])) + p[1] + "-" + strings.Repeat("0", 2-len(p[0])) + p[0]
	} else if len(s) == 4 {
		s += "-12-31"
	}
	d, err := kernel.ParseDate(s)
	return d, err == nil && d.Year() >= 1900 && d.Year() <= 2200
}

func readYes(s string) (yes, ok bool) {
	switch strings.ToLower(s) {
	case "1", "ja", "j", "x", "yes", "y", "true", "wahr":
		return true, true
	case "", "0", "nein", "n", "no", "false", "falsch", "-":
		return false, true
	}
	return false, false
}

// address gives a link to a page as it may be shown; empty where it is none.
func address(s string) string {
	if !strings.Contains(s, "://") {
		s = "https://" + s
	}
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.User != nil || !strings.Contains(u.Hostname(), ".") {
		return ""
	}
	return u.String()
}

// tidy takes away what cannot be seen and blanks at the ends; a text of blanks alone is empty.
func tidy(s string, lines bool) string {
	s = strings.ReplaceAll(s, "\r\n", "\n")
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\n' && lines:
			return r
		case r == '\n' || r == '\t' || r == '\r':
			return ' '
		case unicode.IsControl(r), unicode.Is(unicode.Bidi_Control, r), r == '\u200b', r == '\ufeff':
			return -1
		}
		return r
	}, s)
	return strings.TrimSpace(s)
}
