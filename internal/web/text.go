// SPDX-License-Identifier: EUPL-1.2

package web

import "github.com/kupferfaden/kupferfaden/internal/platform/i18n"

// Fold gives the form of a text that a search compares: case, accents and the spelling of umlauts do not matter.
func Fold(s string) string { return i18n.Fold(s) }
