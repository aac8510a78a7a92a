// SPDX-License-Identifier: EUPL-1.2

package contributionweb

import (
	"strconv"

	"github.com/kupferfaden/kupferfaden/internal/web"
)

func number(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		return 0
	}
	return n
}

// desk adds the pages of the staff.
func (h handlers) desk(m *web.Mux) {
}
