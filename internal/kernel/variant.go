// SPDX-License-Identifier: EUPL-1.2

package kernel

import "strings"

// Variant is a public text of the town with the languages and registers it is there in, for the report that shows which are missing. A capability
// gives its own by a method Variants(ctx, tenant) ([]Variant, error); app collects them all.
type Variant struct {
	Kind  string // "process", "event", …; the catalogue's languages.kind.<Kind> names it
	ID    string // of the object within its kind
	Title Text
	Path  string // public page, "/beteiligung/spielplatz"
	Edit  string // page where staff writes it; empty: there is none
	// Source is the language it is first written in; empty: German.
	Source string
	// Texts are the parts of the text. A language is complete when every part has it that the source has.
	Texts []Text
	// Signed tells whether the slot for a video in sign language is filled; Slot whether there is one.
	Slot, Signed bool
}

// Completeness is how much of a text is there in a language and register.
type Completeness string

// The degrees of completeness.
const (
	Missing  Completeness = "missing"
	Partly   Completeness = "partly"
	Complete Completeness = "complete"
)

// From is the language of the source.
func (v Variant) From() string {
	if v.Source == "" {
		return "de"
	}
	return v.Source
}

// In tells how much of the text is there in a language and register, "en" or "de+leicht". A text without a source is complete nowhere.
func (v Variant) In(tag string) Completeness {
	want, has := 0, 0
	for _, t := range v.Texts {
		if strings.TrimSpace(t[v.From()]) == "" {
			continue
		}
		want++
		if strings.TrimSpace(t[tag]) != "" {
			has++
		}
	}
	switch {
	case has == 0:
		return Missing
	case has < want:
		return Partly
	}
	return Complete
}

// rightToLeft are languages written from right to left in their usual script, and scripts that are.
var rightToLeft = map[string]bool{
	"ar": true, "arc": true, "ckb": true, "dv": true, "fa": true, "he": true, "iw": true, "ji": true, "ks": true, "ku-arab": true, "ps": true, "sd": true,
	"ug": true, "ur": true, "yi": true, "arab": true, "hebr": true, "thaa": true, "syrc": true, "nkoo": true, "adlm": true,
}

// Dir is the direction a language is written in, for the dir attribute: "rtl" or "ltr". A script in the tag ("az-Arab") decides over the language.
func Dir(tag string) string {
	base, _, _ := strings.Cut(strings.ToLower(tag), "+")
	parts := strings.Split(strings.ReplaceAll(base, "_", "-"), "-")
	for _, p := range parts[1:] {
		if len(p) == 4 {
			if rightToLeft[p] {
				return "rtl"
			}
			return "ltr"
		}
	}
	if rightToLeft[parts[0]] {
		return "rtl"
	}
	return "ltr"
}

// Tag reads a BCP 47 language tag, with or without register ("ar", "pt-BR", "de+leicht"), into its usual form; ok is false for what is none.
func Tag(s string) (tag string, ok bool) {
	base, register, marked := strings.Cut(strings.TrimSpace(s), "+")
	parts := strings.Split(strings.ReplaceAll(base, "_", "-"), "-")
	if len(base) > 35 || marked && Register(register) != Leicht {
		return "", false
	}
	for i, p := range parts {
		n := len(p)
		for _, c := range p {
			if c >= '0' && c <= '9' && i == 0 || (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') {
				return "", false
			}
		}
		switch {
		case i == 0 && (n < 2 || n > 3), n < 1 || n > 8:
			return "", false
		case i == 0:
			parts[i] = strings.ToLower(p)
		case n == 4:
			parts[i] = strings.ToUpper(p[:1]) + strings.ToLower(p[1:])
		case n == 2:
			parts[i] = strings.ToUpper(p)
		default:
			parts[i] = strings.ToLower(p)
		}
	}
	tag = strings.Join(parts, "-")
	if marked {
		tag += "+" + string(Leicht)
	}
	return tag, true
}

// languageNames are the names of languages in themselves: those that are written or read by many in German towns.
var languageNames = map[string]string{
	"ar": "العربية", "bg": "Български", "bs": "Bosanski", "ckb": "کوردیی ناوەندی", "cs": "Čeština", "de": "Deutsch", "el": "Ελληνικά", "en": "English",
	"es": "Español", "fa": "فارسی", "fr": "Français", "he": "עברית", "hr": "Hrvatski", "hu": "Magyar", "it": "Italiano", "ka": "ქართული", "ku": "Kurdî",
	"mk": "Македонски", "nl": "Nederlands", "pl": "Polski", "ps": "پښتو", "pt": "Português", "ro": "Română", "ru": "Русский", "sk": "Slovenčina",
	"so": "Soomaali", "sq": "Shqip", "sr": "Српски", "ti": "ትግርኛ", "tr": "Türkçe", "uk": "Українська", "ur": "اردو", "vi": "Tiếng Việt", "zh": "中文",
}

// LanguageName is the name of a language in itself; the tag where it is not known. The register is left out.
func LanguageName(tag string) string {
	base, _, _ := strings.Cut(tag, "+")
	if n := languageNames[base]; n != "" {
		return n
	}
	first, _, _ := strings.Cut(base, "-")
	if n := languageNames[first]; n != "" && first != base {
		return n + " (" + base + ")"
	}
	return base
}
