// SPDX-License-Identifier: EUPL-1.2

package index

import "fmt"

// MethodError says which field of a method cannot be used and why.
type MethodError struct {
	Field, Problem string
}

// Error writes field and problem.
func (e *MethodError) Error() string { return fmt.Sprintf("index method: %s: %s", e.Field, e.Problem) }

// InputError says what is wrong with the input. Indicator is empty where it concerns none; Area is the position of the area, -1 for none.
type InputError struct {
	Indicator string
	Area      int
	Problem   string
}

// Error writes where and what.
func (e *InputError) Error() string {
	s := "index input"
	if e.Indicator != "" {
		s += ": indicator " + e.Indicator
	}
	if e.Area >= 0 {
		s += fmt.Sprintf(": area number %d", e.Area+1)
	}
	return s + ": " + e.Problem
}

// ConstantError says that something does not vary over the areas, so nothing can be divided by its spread. Indicator is empty where it is
// the aggregate itself.
type ConstantError struct {
	Indicator string
	Value     float64
	Areas     int
}

// Error names the indicator.
func (e *ConstantError) Error() string {
	what := "indicator " + e.Indicator
	if e.Indicator == "" {
		what = "the aggregate of the indicators"
	}
	return fmt.Sprintf("index: %s has no spread over %d areas (value %v): leave it out or check what was delivered", what, e.Areas, e.Value)
}

// DomainError says that a value has no logarithm, root, geometric or harmonic mean.
type DomainError struct {
	Indicator string
	Area      int
	Value     float64
	Need      string
}

// Error names indicator, area and value.
func (e *DomainError) Error() string {
	return fmt.Sprintf("index: indicator %s: area number %d: the value %v cannot be used, %s", e.Indicator, e.Area+1, e.Value, e.Need)
}

// TooFewError says that not enough areas are left to compare.
type TooFewError struct {
	Assessed int
}

// Error gives the number.
func (e *TooFewError) Error() string {
	return fmt.Sprintf("index: %d areas have all values and are eligible; at least 2 are needed", e.Assessed)
}
