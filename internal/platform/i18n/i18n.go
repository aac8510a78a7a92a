// SPDX-License-Identifier: EUPL-1.2

// Package i18n turns keys into sentences people read, and figures into the form their language writes. Every text of the interface stands in a
// catalogue file per language and topic; German is the language of the house, English is complete beside it (a test proves that both have the
// same keys and placeholders). Leichte Sprache is a register of a language, not a language of its own (architecture.md 4): where a sentence has
// no such variant, the standard one is given and Printer.Missed tells, so that the page can say so. A missing key shows itself.
package i18n

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"sort"
	"strings"
	"sync"

	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"go.yaml.in/yaml/v3"
)

//go:embed catalogue/*/*.yaml
var files embed.FS

// German is the language of the house and the fallback of every other.
const German = "de"

// English is complete beside German.
const English = "en"

// Languages the catalogue is complete in, the first one being the default.
func Languages() []string { return []string{German, English} }

// Supported tells whether the interface speaks lang.
func Supported(lang string) bool { return lang == German || lang == English }

// message is one sentence in both registers; leicht is empty where nobody wrote it yet.
type message struct {
	standard, leicht variant
}

// variant is a sentence with its plural forms; one is nil where number makes no difference.
type variant struct {
	one, other []segment
}

// segment is literal text, or a placeholder with the form it is written in.
type segment struct {
	text  string
	param string
	form  string
}

// catalogue holds the messages of all languages.
type catalogue struct {
	messages map[string]map[string]message // language, key
	err      error
}

// load reads the embedded files once. A file that cannot be read costs its own keys only, and Check names it.
var load = sync.OnceValue(func() *catalogue { return read(files) })

func read(fsys fs.FS) *catalogue {
	c := &catalogue{messages: map[string]map[string]message{}}
	names, err := fs.Glob(fsys, "catalogue/*/*.yaml")
	if err != nil {
		c.err = err
		return c
	}
	sort.Strings(names)
	for _, name := range names {
		lang := path.Base(path.Dir(name))
		if c.messages[lang] == nil {
			c.messages[lang] = map[string]message{}
		}
		if err := readFile(fsys, name, c.messages[lang]); err != nil {
			c.err = errors.Join(c.err, fmt.Errorf("catalogue %s: %w", name, err))
		}
	}
	return c
}

func readFile(fsys fs.FS, name string, into map[string]message) error {
	b, err := fs.ReadFile(fsys, name)
	if err != nil {
		return err
	}
	var doc map[string]yaml.Node
	if err := yaml.Unmarshal(b, &doc); err != nil {
		return err
	}
	var all error
	for key, node := range doc {
		m, err := parseMessage(&node)
		if err != nil {
			all = errors.Join(all, fmt.Errorf("%s: %w", key, err))
			continue
		}
		if _, twice := into[key]; twice {
			all = errors.Join(all, fmt.Errorf("%s: stands twice in this language", key))
		}
		into[key] = m
	}
	return all
}

// parseMessage reads a sentence, or a map of one, other and leicht, where leicht may again be a sentence or a map of one and other.
func parseMessage(n *yaml.Node) (message, error) {
	var m message
	var err error
	if m.standard, err = parseVariant(n, true); err != nil {
		return m, err
	}
	if n.Kind == yaml.MappingNode {
		for i := 0; i+1 < len(n.Content); i += 2 {
			if n.Content[i].Value == "leicht" {
				if m.leicht, err = parseVariant(n.Content[i+1], false); err != nil {
					return m, err
				}
			}
		}
	}
	return m, nil
}

func parseVariant(n *yaml.Node, leichtAllowed bool) (variant, error) {
	if n.Kind == yaml.ScalarNode {
		s, err := parseSegments(n.Value)
		return variant{other: s}, err
	}
	if n.Kind != yaml.MappingNode {
		return variant{}, fmt.Errorf("line %d: want a sentence or a map of one and other", n.Line)
	}
	var v variant
	for i := 0; i+1 < len(n.Content); i += 2 {
		name, value := n.Content[i].Value, n.Content[i+1]
		if name == "leicht" && leichtAllowed {
			continue
		}
		s, err := parseSegments(value.Value)
		if err != nil {
			return v, err
		}
		switch name {
		case "one":
			v.one = s
		case "other":
			v.other = s
		default:
			return v, fmt.Errorf("line %d: unknown form %q", n.Line, name)
		}
	}
	if v.other == nil {
		return v, fmt.Errorf("line %d: the form other is missing", n.Line)
	}
	return v, nil
}

// parseSegments cuts "{n} Räume in {name}" into text and placeholders; "{{" writes a brace.
func parseSegments(s string) ([]segment, error) {
	segs := []segment{}
	for s != "" {
		i := strings.IndexByte(s, '{')
		if i < 0 {
			segs = append(segs, segment{text: s})
			break
		}
		if i > 0 {
			segs = append(segs, segment{text: s[:i]})
		}
		if strings.HasPrefix(s[i:], "{{") {
			segs = append(segs, segment{text: "{"})
			s = s[i+2:]
			continue
		}
		end := strings.IndexByte(s[i:], '}')
		if end < 0 {
			return nil, fmt.Errorf("placeholder without end in %q", s)
		}
		param, form, _ := strings.Cut(s[i+1:i+end], ":")
		if strings.HasPrefix(param, "@") && !termForm(param) {
			return nil, fmt.Errorf("unknown word %q", param)
		}
		if !forms[form] {
			return nil, fmt.Errorf("unknown form %q of placeholder %q", form, param)
		}
		segs = append(segs, segment{param: param, form: form})
		s = s[i+end+1:]
	}
	return segs, nil
}

// Check names every file and key of the embedded catalogue that cannot be read.
func Check() error { return load().err }

// Keys lists the keys of a language, sorted.
func Keys(lang string) []string {
	m := load().messages[lang]
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}

// Has tells whether the catalogue of the language knows the key.
func Has(lang, key string) bool {
	_, ok := load().messages[lang][key]
	return ok
}

// Placeholders lists the names of the parameters a message uses, in all its forms, sorted and without repeats; words of the town (see WithTerms)
// are none of them.
func Placeholders(lang, key string) []string {
	m := load().messages[lang][key]
	set := map[string]bool{}
	for _, segs := range [][]segment{m.standard.one, m.standard.other, m.leicht.one, m.leicht.other} {
		for _, s := range segs {
			if s.param != "" && s.param[0] != '@' {
				set[s.param] = true
			}
		}
	}
	names := make([]string, 0, len(set))
	for n := range set {
		names = append(names, n)
	}
	sort.Strings(names)
	return names
}

// Printer speaks one language in one register. It may be used by several goroutines.
type Printer struct {
	lang     string
	register kernel.Register
	messages map[string]message
	fallback map[string]message
	terms    map[string]Term // the town's words; see WithTerms
}

// For gives the printer of a language and register; a language the catalogue does not have is spoken in German.
func For(lang string, register kernel.Register) *Printer {
	c := load()
	if _, ok := c.messages[lang]; !ok {
		lang = German
	}
	if register != kernel.Leicht {
		register = kernel.Standard
	}
	return &Printer{lang: lang, register: register, messages: c.messages[lang], fallback: c.messages[German]}
}

// Lang is the language the printer speaks.
func (p *Printer) Lang() string { return p.lang }

// Register is the register the printer speaks where a sentence has it.
func (p *Printer) Register() kernel.Register { return p.register }

// Missed tells that the sentence of the key is not written in the printer's register, so that T gives the standard one.
func (p *Printer) Missed(key string) bool {
	return p.register == kernel.Leicht && p.messages[key].leicht.other == nil
}

// T gives the sentence of the key; kv are alternating parameter names and values. The parameter n chooses between singular and plural. A key
// the catalogue lacks is shown as it is, so that it is seen and not silently empty.
func (p *Printer) T(key string, kv ...any) string {
	m, ok := p.find(key)
	if !ok {
		return key
	}
	if len(kv) == 0 && len(m.standard.other) == 1 && m.standard.other[0].param == "" && p.register == kernel.Standard {
		return m.standard.other[0].text
	}
	return p.write(m, func(name string) (any, bool) {
		for i := 0; i+1 < len(kv); i += 2 {
			if kv[i] == name {
				return kv[i+1], true
			}
		}
		return nil, false
	})
}

// TMap is T with the parameters as a map, as errors and findings carry them.
func (p *Printer) TMap(key string, params map[string]any) string {
	m, ok := p.find(key)
	if !ok {
		return key
	}
	return p.write(m, func(name string) (any, bool) {
		v, ok := params[name]
		return v, ok
	})
}

// Has tells whether the printer knows the key.
func (p *Printer) Has(key string) bool {
	_, ok := p.find(key)
	return ok
}

func (p *Printer) find(key string) (message, bool) {
	m, ok := p.messages[key]
	if !ok {
		m, ok = p.fallback[key]
	}
	return m, ok
}

func (p *Printer) write(m message, param func(string) (any, bool)) string {
	v := m.standard
	if p.register == kernel.Leicht && m.leicht.other != nil {
		v = m.leicht
	}
	segs := v.other
	if v.one != nil {
		if n, ok := param("n"); ok && isOne(n) {
			segs = v.one
		}
	}
	var b strings.Builder
	for _, s := range segs {
		if s.param == "" {
			b.WriteString(s.text)
			continue
		}
		if s.param[0] == '@' {
			b.WriteString(p.term(s.param))
			continue
		}
		value, ok := param(s.param)
		if !ok {
			b.WriteString("{" + s.param + "}")
			continue
		}
		b.WriteString(p.format(value, s.form))
	}
	return b.String()
}

// isOne is the plural rule of German and English for whole numbers (Unicode CLDR: i = 1 and v = 0).
func isOne(n any) bool {
	switch v := n.(type) {
	case int:
		return v == 1
	case int64:
		return v == 1
	case int32:
		return v == 1
	case uint64:
		return v == 1
	case float64:
		return v == 1
	case string:
		return v == "1"
	}
	return false
}
