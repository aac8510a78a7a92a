// SPDX-License-Identifier: EUPL-1.2

package table

import (
	"regexp"
	"strings"
)

// Words by which columns of single persons are recognised. A bare "Name" is usually that of an area and counts only beside others.
var (
	rePersonal = regexp.MustCompile(`(?i)^(vorname|nachname|familienname|geburtsname|rufname|geburtsdatum|geb\.?[ -]?datum|geb\.?-?dat\.?|geburtstag|date of birth|birth ?date|iban|bic|kontonummer|steuer-?(id|nummer|identifikationsnummer)|sozialversicherungs-?(nr\.?|nummer)|rentenversicherungs-?nummer|personalausweis.*|aktenzeichen der person|first ?name|last ?name|surname)$`)
	reContact  = regexp.MustCompile(`(?i)^(e-?mail(-?adresse)?|mail(-?adresse)?|telefon(nummer)?|handy(nummer)?|mobil(nummer)?)$`)
	reMail     = regexp.MustCompile(`^[^@\s]+@[^@\s]+\.[A-Za-z]{2,}$`)
	reIBAN     = regexp.MustCompile(`^[A-Z]{2}\d{2}[ ]?(?:[A-Z0-9]{4}[ ]?){2,7}[A-Z0-9]{1,4}$`)
)

// guardPersons refuses tables about persons before anything of them is stored: social planning works with figures of areas, and a file
// with names and dates of birth reached it by mistake.
func (t *Table) guardPersons() error {
	var named []string
	for _, c := range t.Columns {
		last := c.Name
		if len(c.Parts) > 0 {
			last = c.Parts[len(c.Parts)-1]
		}
		last = strings.TrimSpace(last)
		if rePersonal.MatchString(last) || reContact.MatchString(last) {
			named = append(named, c.Name)
		}
	}
	if len(named) == 0 {
		named = t.personalCells()
	}
	if len(named) == 0 || t.opts.AllowPersonData {
		return nil
	}
	return refuse("file.person_data", "columns", strings.Join(named, ", "))
}

// personalCells looks for columns whose cells are mail addresses or bank accounts.
func (t *Table) personalCells() []string {
	var out []string
	for _, c := range t.Columns {
		hits, filled := 0, 0
		for _, r := range t.sample[min(t.layout.first, len(t.sample)):] {
			if c.Index >= len(r.cells) || r.cells[c.Index].is == isBlank {
				continue
			}
			filled++
			s := strings.TrimSpace(r.cells[c.Index].text)
			if reMail.MatchString(s) || validIBAN(s) {
				hits++
			}
		}
		if hits > 0 && hits*2 >= filled {
			name := c.Name
			if name == "" {
				name = c.Letter
			}
			out = append(out, name)
		}
	}
	return out
}

// validIBAN checks the two check digits (ISO 13616, modulo 97), so that other codes are not taken for accounts.
func validIBAN(s string) bool {
	if !reIBAN.MatchString(s) {
		return false
	}
	s = strings.ReplaceAll(s, " ", "")
	rem := 0
	for _, r := range s[4:] + s[:4] {
		switch {
		case r >= '0' && r <= '9':
			rem = (rem*10 + int(r-'0')) % 97
		default:
			rem = (rem*100 + int(r-'A') + 10) % 97
		}
	}
	return rem == 1
}
