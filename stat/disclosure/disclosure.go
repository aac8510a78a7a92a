// SPDX-License-Identifier: EUPL-1.2

// Package disclosure keeps small numbers of people from being read out of published figures.
//
// Primary judges one cell: is the count, its complement or its base so small that persons could be recognised. SingleSuppressed judges a
// table: can what was left blank be calculated from sums that stand beside it. What is suppressed carries one public mark only; the reason
// is for the sealed side, since who can tell a small cell from one that protects it knows the small one.
//
// Secondary suppression, the choice of further cells to blank until the interval of every blanked cell is wide enough, belongs beside
// SingleSuppressed with the same cells and relations as its input. Until it exists a table that SingleSuppressed objects to is not
// published.
package disclosure

import (
	"fmt"
	"math"
	"strings"
)

// Class is the confidentiality class of an indicator (domain handbook 3.1).
type Class string

// Classes.
const (
	S3       Class = "S3"          // counts 1..2 are withheld: standard of the Federal Employment Agency
	S5       Class = "S5"          // counts 1..4
	S10      Class = "S10"         // counts 1..9: health, help with upbringing, crime, domestic matters
	N100     Class = "N100"        // a base of at least 100 and at least 3 cases: Destatis' rule for grid rates
	Q30      Class = "Q30"         // survey figures with at least 30 answers, 30..49 are marked unsafe
	N20      Class = "n20"         // offers, with at least 20 of them
	Open     Class = "O"           // open data that concern no person
	Contract Class = "by-contract" // delivered under a contract that forbids publication
)

// ParseClass reads a class as the catalogue writes it; a remark after a comma is left to the reader.
func ParseClass(s string) (Class, error) {
	head, _, _ := strings.Cut(s, ",")
	switch head = strings.TrimSpace(head); head {
	case "n≥20", "n>=20":
		return N20, nil
	case "by contract":
		return Contract, nil
	}
	if c := Class(head); c.known() {
		return c, nil
	}
	return "", fmt.Errorf("disclosure: %q is no confidentiality class; known are S3, S5, S10, N100, Q30, n20, O, by-contract", s)
}

func (c Class) known() bool {
	switch c {
	case S3, S5, S10, N100, Q30, N20, Open, Contract:
		return true
	}
	return false
}

// Rule says what makes a cell too small. The zero Rule lets everything pass.
type Rule struct {
	// MinCount is the smallest count that may be shown: 1..MinCount-1 are withheld, of cases and of the people they are counted among.
	MinCount float64
	// Complement withholds also where 1..MinCount-1 people of the base are not cases. Turn it off where cases are no part of the base
	// (places per 100 children).
	Complement bool
	// MinDenominator is the smallest base of a rate that may be shown.
	MinDenominator float64
	// NoZero withholds a zero count too. Elsewhere zero is shown: it says of nobody that he is a case.
	NoZero bool
	// NoFull withholds a share of 100 %, which says of everybody in the base that he is a case. The classes leave it off, because the
	// same sentence about nobody is shown; turn it on where being a case is what must not become known.
	NoFull bool
	// UnsafeBelow marks a shown figure as unsafe where its base is smaller.
	UnsafeBelow float64
	// Never withholds everything.
	Never bool
}

// Rule returns the rule of the class. An unknown class is treated as Contract: nothing is shown by mistake.
func (c Class) Rule() Rule {
	switch c {
	case S3:
		return Rule{MinCount: 3, Complement: true}
	case S5:
		return Rule{MinCount: 5, Complement: true}
	case S10:
		return Rule{MinCount: 10, Complement: true}
	case N100:
		return Rule{MinCount: 3, Complement: true, MinDenominator: 100, NoZero: true}
	case Q30:
		return Rule{MinDenominator: 30, UnsafeBelow: 50}
	case N20:
		return Rule{MinDenominator: 20}
	case Open:
		return Rule{}
	}
	return Rule{Never: true}
}

// Audience is who will read a figure.
type Audience string

// Audiences, from the statistics office behind its closed doors to everybody.
const (
	Sealed    Audience = "sealed"
	Internal  Audience = "internal"
	Political Audience = "political"
	Public    Audience = "public"
)

// MinCount returns the audience's own minimum; the public has that of the class.
func (a Audience) MinCount() float64 {
	switch a {
	case Internal:
		return 3
	case Political:
		return 5
	}
	return 0
}

// For returns the rule for an audience: the larger of the class's and the audience's minimum count. Sealed readers see all. Classes that
// count answers or offers (Q30, n20) or concern nobody (O) have no minimum count to raise. An unknown audience sees nothing.
func (r Rule) For(a Audience) Rule {
	switch a {
	case Sealed:
		return Rule{}
	case Internal, Political, Public:
		if r.MinCount > 0 {
			r.MinCount = max(r.MinCount, a.MinCount())
		}
		return r
	}
	return Rule{Never: true}
}

// Reason says why a cell is withheld. It must not leave the sealed side.
type Reason uint8

// Reasons.
const (
	None             Reason = iota
	SmallCount              // the count
	SmallComplement         // those of the base who are not cases
	SmallDenominator        // the base
	ZeroCount               // zero where the class forbids it
	FullCount               // everybody, where the rule forbids it
	NotJudged               // the counts are unknown, so nothing can be said for it
	Forbidden               // by contract
)

// Verdict is the judgement of a cell.
type Verdict struct {
	Suppressed bool
	// Unsafe marks a figure that may be shown as statistically unsafe.
	Unsafe bool
	Reason Reason
}

// Primary judges one cell by its count and base; nil stands for unknown. A plain count has no base. A rate that came without its counts
// cannot be judged and is withheld by every rule that asks for counts; whether its source has cleared it is known to the caller alone.
func Primary(num, den *float64, r Rule) Verdict {
	hide := func(why Reason) Verdict { return Verdict{Suppressed: true, Reason: why} }
	if r.Never {
		return hide(Forbidden)
	}
	byCount := r.MinCount > 0 || r.NoZero || r.NoFull
	if byCount && num == nil || r.MinDenominator > 0 && den == nil || isNaN(num) || isNaN(den) {
		return hide(NotJudged)
	}
	if byCount {
		switch n := math.Abs(*num); { // a balance of -1 is as telling as one of 1
		case n > 0 && n < r.MinCount:
			return hide(SmallCount)
		case n == 0 && r.NoZero:
			return hide(ZeroCount)
		}
	}
	if den == nil {
		return Verdict{}
	}
	// Nobody at all is no small group: the cell is empty by structure.
	if *den > 0 && *den < r.MinCount || *den < r.MinDenominator {
		return hide(SmallDenominator)
	}
	if byCount {
		rest := *den - *num
		switch {
		case r.Complement && rest > 0 && rest < r.MinCount:
			return hide(SmallComplement)
		case r.NoFull && rest == 0 && *den > 0:
			return hide(FullCount)
		}
	}
	return Verdict{Unsafe: *den < r.UnsafeBelow}
}

func isNaN(v *float64) bool { return v != nil && *v != *v }
