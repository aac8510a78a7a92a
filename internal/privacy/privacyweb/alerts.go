// SPDX-License-Identifier: EUPL-1.2

package privacyweb

import (
	"github.com/a-h/templ"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/privacy"
	"github.com/kupferfaden/kupferfaden/internal/web"
)

// Alert is something that waits for the staff.
type Alert struct{ Title, Path string }

// Alerts lists what waits and must not be forgotten, as far as the reader may do something about it: reports of barriers that wait too long, and
// pages the town owes its readers.
func Alerts(r *web.Request, s *privacy.Service) ([]Alert, error) {
	var list []Alert
	if r.Can(access.ReadFeedback) {
		open, overdue, err := s.Waiting(r.Context(), r.Actor)
		if err != nil {
			return nil, err
		}
		switch {
		case overdue > 0:
			list = append(list, Alert{r.T("privacy.barriers.overdue", "n", overdue), barriersPath})
		case open > 0:
			list = append(list, Alert{r.T("privacy.barriers.open", "n", open), barriersPath})
		}
	}
	if r.Can(access.EditLegal) {
		states, err := s.States(r.Context(), r.Actor)
		if err != nil {
			return nil, err
		}
		for _, st := range states {
			if key := owed(st); key != "" {
				list = append(list, Alert{r.T(key, "page", title(r, st.Page)), legalPath + "/" + string(st.Page)})
			}
		}
	}
	return list, nil
}

// owed names what the town owes of a page: to publish it, or to renew it.
func owed(s privacy.PageState) string {
	switch {
	case s.Published.Version == 0 && s.Page != privacy.Help && s.Page != privacy.Security:
		return "privacy.legal.unpublished"
	case s.Overdue:
		return "privacy.legal.overdue"
	}
	return ""
}

// Own is the part of one's own page that leads to the own data.
func Own(*web.Request) templ.Component { return ownSection() }
