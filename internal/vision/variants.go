// SPDX-License-Identifier: EUPL-1.2

package vision

import (
	"context"

	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// Variants lists the public texts with the languages and registers they are there in.
func (s *Service) Variants(ctx context.Context, tenant kernel.ID) ([]kernel.Variant, error) {
	list, err := s.Store.Texts(ctx, tenant)
	if err != nil {
		return nil, err
	}
	var out []kernel.Variant
	for _, t := range list {
		if !t.Public() {
			continue
		}
		v := kernel.Variant{
			Kind: "vision", ID: string(t.ID), Title: t.Title, Path: "/leitbild/" + t.Key, Edit: "/arbeit/leitbild/" + t.Key, Texts: []kernel.Text{t.Title, t.Lead},
		}
		paragraphs, err := s.Store.Paragraphs(ctx, tenant, t.ID)
		if err != nil {
			return nil, err
		}
		for _, p := range paragraphs {
			if p.Live() {
				v.Texts = append(v.Texts, p.Body)
			}
		}
		out = append(out, v)
	}
	return out, nil
}
