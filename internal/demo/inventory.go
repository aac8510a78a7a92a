// SPDX-License-Identifier: EUPL-1.2

package demo

import (
	"bytes"
	"context"
	_ "embed"
	"fmt"
	"maps"
	"slices"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/actor"
	"github.com/kupferfaden/kupferfaden/internal/app"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

//go:embed inventory.yaml
var inventoryYAML []byte

// entry is one record of the inventory as inventory.yaml writes it: fields of the form by name, a list or one value.
type entry map[string]any

// relation is how two organisations work together.
type relation struct {
	From     string `yaml:"from"`
	To       string `yaml:"to"`
	Strength int    `yaml:"strength"`
	Formal   bool   `yaml:"formal"`
}

// values gives the fields a form would send; what is no field is left out.
func (e entry) values(today time.Time) map[string][]string {
	out := map[string][]string{}
	for k, v := range e {
		switch v := v.(type) {
		case string:
			out[k] = []string{v}
		case []any:
			for _, x := range v {
				out[k] = append(out[k], fmt.Sprint(x))
			}
		case int:
			if k == "days" {
				out["ends"] = []string{today.AddDate(0, 0, v).Format(time.DateOnly)}
			}
		}
	}
	for _, k := range []string{"id", "of", "members"} {
		delete(out, k)
	}
	return out
}

// inventory brings organisations, offers, resources and networks into a town that has none.
func inventory(ctx context.Context, a *app.App, by access.Actor) error {
	in, err := a.Actors.Inventory(ctx, by)
	if err != nil || len(in.Records(actor.ActorKind)) > 0 {
		return err
	}
	var f struct {
		Actors, Offers, Resources, Networks, Structures, Projects []entry
		Relations                                                 []relation
	}
	if err := yaml.NewDecoder(bytes.NewReader(inventoryYAML)).Decode(&f); err != nil {
		return err
	}
	ids := map[string]kernel.ID{}
	today := a.Now()
	for _, part := range []struct {
		kind actor.Kind
		list []entry
	}{
		{actor.ActorKind, f.Actors},
		{actor.OfferKind, f.Offers},
		{actor.ResourceKind, f.Resources},
		{actor.NetworkKind, f.Networks},
		{actor.StructureKind, f.Structures},
		{actor.ProjectKind, f.Projects},
	} {
		for _, e := range part.list {
			owner, _ := e["of"].(string)
			r, err := a.Actors.Create(ctx, by, part.kind, ids[owner], actor.Edit{Values: e.values(today), Public: true})
			if err != nil {
				return fmt.Errorf("%v: %w", e["title"], err)
			}
			if id, ok := e["id"].(string); ok {
				ids[id] = r.Head().ID
			}
			members, _ := e["members"].([]any)
			for _, m := range members {
				if err := a.Actors.Relate(ctx, by, actor.Relation{From: ids[fmt.Sprint(m)], To: r.Head().ID, Strength: 2, Role: "Leitung"}); err != nil {
					return fmt.Errorf("%v: %w", e["title"], err)
				}
			}
		}
	}
	for _, x := range f.Relations {
		if err := a.Actors.Relate(ctx, by, actor.Relation{From: ids[x.From], To: ids[x.To], Strength: x.Strength, Formal: x.Formal}); err != nil {
			return fmt.Errorf("%s–%s: %w", x.From, x.To, err)
		}
	}
	keys := slices.Sorted(maps.Keys(ids))
	for _, k := range keys[:len(keys)/2] { // the others have still to look at their records
		if err := a.Actors.Confirm(ctx, by, ids[k]); err != nil && kernel.KindOf(err) != kernel.NotFound {
			return err
		}
	}
	return nil
}
