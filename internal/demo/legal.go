// SPDX-License-Identifier: EUPL-1.2

package demo

import (
	"context"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/app"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/internal/privacy"
)

// legal fills the pages that every town owes its readers with facts of a town that does not exist.
func legal(ctx context.Context, a *app.App, by access.Actor) error {
	today := a.Now().Format(time.DateOnly)
	land := privacy.LandOf("NW")
	for _, p := range []struct {
		page    privacy.PageKey
		content privacy.Content
	}{
		{privacy.Imprint, privacy.Content{Fields: map[string]string{
			"body": "Stadt Kupferstadt (erfunden)", "form": "Körperschaft des öffentlichen Rechts", "represented": "das Stadtoberhaupt", "street": "Am Markt 1",
			"place": "00000 Kupferstadt", "email": "stadt@kupferstadt.example", "phone": "0000 00000",
		}}},
		{privacy.Notice, privacy.Content{Fields: map[string]string{
			"land": land.Key, "officer": "Behördliche Datenschutzbeauftragte", "officer_email": "datenschutz@kupferstadt.example", "authority": land.Authority,
		}}},
		{privacy.Accessibility, land.Propose(privacy.Content{
			Fields: map[string]string{
				"land": land.Key, "status": "partial", "exceptions": "Karten lassen sich ohne Sehen nur über die Tabellen daneben lesen.", "method": "self",
				"made": today, "reviewed": today, "email": "barrierefrei@kupferstadt.example",
			},
			Texts: kernel.Text{"de+leicht": "Diese Seiten sollen für alle da sein.\n\nGeht etwas nicht? Dann schreiben Sie uns."},
		})},
		{privacy.Contact, privacy.Content{Fields: map[string]string{
			"office": "Sozialplanung", "street": "Am Markt 1", "place": "00000 Kupferstadt", "email": "sozialplanung@kupferstadt.example", "hours": "Montag bis Freitag, 9 bis 12 Uhr",
		}}},
	} {
		have, err := a.Privacy.Published(ctx, by, p.page)
		if err != nil {
			return err
		}
		if have.Version > 0 {
			continue
		}
		d, err := a.Privacy.Draft(ctx, by, p.page)
		if err != nil {
			return err
		}
		if d, err = a.Privacy.SaveDraft(ctx, by, p.page, p.content, d.Edits); err != nil {
			return err
		}
		if _, err := a.Privacy.Publish(ctx, by, p.page, d.Edits); err != nil {
			return err
		}
	}
	return nil
}
