// SPDX-License-Identifier: EUPL-1.2

package atlasweb

import (
	"net/url"
	"strconv"
	"strings"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/atlas"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// query is the state of the atlas as its address says it: one address restores the view.
type query struct {
	atlas.Choice
	Selected string          // key of an area
	Beside   string          // a period, or a theme, that stands beside the first map
	Order    string          // of the table
	Audience access.Audience // Public unless the address says otherwise
}

// audiences are the words of the parameter leserkreis.
var audiences = map[string]access.Audience{"": access.Public, "intern": access.Internal, "politik": access.Political}

func audienceWord(a access.Audience) string {
	for word, as := range audiences {
		if as == a {
			return word
		}
	}
	return ""
}

// parseQuery reads the address. Tidy is false where a form sent empty or doubled parameters; then path gives the address to go to.
func parseQuery(v url.Values) (q query, tidy bool, err error) {
	tidy = true
	get := func(name string) string {
		s := strings.TrimSpace(v.Get(name))
		if _, sent := v[name]; sent && (s == "" || len(v[name]) > 1) {
			tidy = false
		}
		return s
	}
	q.Theme = atlas.ParseTheme(get("indikator"))
	if q.Theme.IsIndex() {
		tidy = false
	}
	if m := get("verfahren"); m != "" && q.Theme.IsZero() {
		q.Theme.Method = m
	}
	q.Level, q.Edition = get("stufe"), get("ausgabe")
	if level, edition, ok := strings.Cut(q.Level, "/"); ok { // one list offers both
		q.Level, q.Edition, tidy = level, edition, false
	}
	if s := get("zeit"); s != "" {
		if q.Period, err = kernel.ParsePeriod(s); err != nil {
			return q, tidy, kernel.E(kernel.Invalid, "atlas.query.period", "value", s)
		}
	}
	if err = parseClasses(&q.Classes, get, &tidy); err != nil {
		return q, tidy, err
	}
	q.Selected, q.Beside = get("raum"), get("vergleich")
	if q.Order = get("ordnung"); q.Order != "" && q.Order != atlas.ByName && q.Order != atlas.ByValueUp && q.Order != atlas.ByValueDown {
		return q, tidy, kernel.E(kernel.Invalid, "atlas.query.order", "value", q.Order)
	}
	word := get("leserkreis")
	as, ok := audiences[word]
	if !ok {
		return q, tidy, kernel.E(kernel.Invalid, "audience.unknown", "value", word)
	}
	q.Audience = as
	return q, tidy, nil
}

func parseClasses(c *atlas.ClassChoice, get func(string) string, tidy *bool) error {
	c.Method = atlas.ClassMethod(get("klassen"))
	if s := get("anzahl"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil {
			return kernel.E(kernel.Invalid, "atlas.classes.number", "value", s)
		}
		c.N = n
	}
	if s := get("grenzen"); s != "" {
		for part := range strings.FieldsFuncSeq(s, func(r rune) bool { return r == ';' || r == ' ' }) {
			v, err := number(part)
			if err != nil {
				return kernel.E(kernel.Invalid, "atlas.classes.limits")
			}
			c.Limits = append(c.Limits, v)
		}
		if c.Method != atlas.Manual { // limits typed beside another choice are not used
			*tidy = false
			c.Limits = nil
		}
	}
	c.Reference = get("bezug")
	own := get("bezugswert")
	if own != "" {
		*tidy = false
	}
	switch c.Reference {
	case "", atlas.TownReference:
	case "eigener":
		*tidy = false
		c.Reference = ""
		if own == "" {
			return kernel.E(kernel.Invalid, "atlas.classes.reference", "value", "")
		}
		v, err := number(own)
		if err != nil {
			return kernel.E(kernel.Invalid, "atlas.classes.reference", "value", own)
		}
		c.Reference = strconv.FormatFloat(v, 'f', -1, 64)
	default:
		v, err := number(c.Reference)
		if err != nil {
			return kernel.E(kernel.Invalid, "atlas.classes.reference", "value", c.Reference)
		}
		c.Reference = strconv.FormatFloat(v, 'f', -1, 64)
	}
	switch get("basis") {
	case "zeitpunkt":
		c.ThisPeriod = true
	case "", "alle":
	default:
		return kernel.E(kernel.Invalid, "atlas.query.basis")
	}
	return c.Check()
}

// number reads a number with decimal comma or point.
func number(s string) (float64, error) {
	return strconv.ParseFloat(strings.Replace(strings.ReplaceAll(s, "−", "-"), ",", ".", 1), 64)
}

// values is the query as parameters, in the order of reading; what is not said is left out.
func (q query) encode(with ...string) string {
	var b strings.Builder
	add := func(name, value string) {
		if value == "" {
			return
		}
		if b.Len() > 0 {
			b.WriteByte('&')
		}
		b.WriteString(name + "=" + url.QueryEscape(value))
	}
	set := map[string]string{}
	for i := 0; i+1 < len(with); i += 2 {
		set[with[i]] = with[i+1]
	}
	value := func(name, value string) {
		if s, ok := set[name]; ok {
			value = s
		}
		add(name, value)
	}
	value("indikator", q.Theme.Indicator)
	value("verfahren", q.Theme.Method)
	value("stufe", q.Level)
	value("ausgabe", q.Edition)
	value("zeit", periodParam(q.Period))
	c := q.Classes
	if c.Method == atlas.Natural {
		c.Method = ""
	}
	value("klassen", string(c.Method))
	n := ""
	if c.N != 0 && c.N != 5 {
		n = strconv.Itoa(c.N)
	}
	value("anzahl", n)
	value("grenzen", limitsParam(c.Limits))
	value("bezug", c.Reference)
	basis := ""
	if c.ThisPeriod {
		basis = "zeitpunkt"
	}
	value("basis", basis)
	value("vergleich", q.Beside)
	value("raum", q.Selected)
	value("ordnung", q.Order)
	value("leserkreis", audienceWord(q.Audience))
	return b.String()
}

// path is the address of the view, with some parameters set otherwise: name, value, name, value.
func (q query) path(with ...string) string { return withQuery("/atlas", q.encode(with...)) }

func withQuery(path, query string) string {
	if query == "" {
		return path
	}
	return path + "?" + query
}

// periodParam writes a period as short as it can be read again.
func periodParam(p kernel.Period) string {
	from, to := string(p.From), string(p.To)
	if len(from) == 10 && from[4:] == "-01-01" && to == from[:4]+"-12-31" {
		return from[:4]
	}
	if p.IsZero() {
		return ""
	}
	return p.String()
}

func limitsParam(limits []float64) string {
	parts := make([]string, len(limits))
	for i, l := range limits {
		parts[i] = strconv.FormatFloat(l, 'f', -1, 64)
	}
	return strings.Join(parts, " ") // not a semicolon, which net/url does not take in a query
}

// beside tells what the parameter vergleich names: a period where it begins with a digit, else a theme.
func (q query) beside() (atlas.Theme, kernel.Period, error) {
	if q.Beside == "" {
		return atlas.Theme{}, kernel.Period{}, nil
	}
	if c := q.Beside[0]; c >= '0' && c <= '9' {
		p, err := kernel.ParsePeriod(q.Beside)
		if err != nil {
			return atlas.Theme{}, p, kernel.E(kernel.Invalid, "atlas.query.period", "value", q.Beside)
		}
		return atlas.Theme{}, p, nil
	}
	return atlas.ParseTheme(q.Beside), kernel.Period{}, nil
}
