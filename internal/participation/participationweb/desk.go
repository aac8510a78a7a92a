// SPDX-License-Identifier: EUPL-1.2

package participationweb

import "github.com/kupferfaden/kupferfaden/internal/web"

func (h handlers) desk(m *web.Mux, team web.RouteOption) {
}
