// SPDX-License-Identifier: EUPL-1.2

package analysis

import (
	"strconv"
	"strings"

	"github.com/kupferfaden/kupferfaden/internal/kernel"
	"github.com/kupferfaden/kupferfaden/stat/index"
	"github.com/kupferfaden/kupferfaden/stat/rank"
)

// numeric is the method as the statistics library computes it. Directions that the method leaves to the catalogue must be filled in before.
func (m Method) numeric() (index.Method, error) {
	n := index.Method{
		Reference: index.Reference(m.Reference), SD: index.SD(m.SD), Standardise: index.Standardise(m.Standardise), Ties: rank.Average,
		Aggregate: index.Aggregate(m.Aggregate), Restandardise: m.Restandardise, Scale: m.Scale,
		Status: index.Limits{Values: m.StatusThresholds}, Dynamic: index.Limits{Values: m.DynamicThresholds},
	}
	for _, i := range m.Indicators {
		c := index.Indicator{Key: i.Key, Weight: i.Weight, Direction: int(i.Direction)}
		if c.Direction == 0 {
			c.Direction = 1
		}
		word, share, _ := strings.Cut(i.Transform, " ")
		c.Transform = index.Transform(word)
		if c.Transform == index.Winsor {
			p, err := strconv.ParseFloat(strings.TrimSpace(share), 64)
			if err != nil {
				return n, kernel.E(kernel.Invalid, "method.winsor", "value", i.Transform)
			}
			c.Winsor = p
		}
		n.Indicators = append(n.Indicators, c)
	}
	policy, least, _ := strings.Cut(m.MissingPolicy, "<")
	n.Missing.Kind = index.MissingKind(policy)
	if n.Missing.Kind == index.ExcludeIndicator {
		k, err := strconv.Atoi(strings.TrimSpace(least))
		if err != nil {
			return n, kernel.E(kernel.Invalid, "method.missing", "value", m.MissingPolicy)
		}
		n.Missing.MinAreas = k
	}
	for _, g := range m.AttentionRule {
		rule := index.AttentionRule{Status: int(g[0] - '0')}
		if len(g) > 1 {
			rule.Dynamics = []string{g[1:]}
		}
		n.Attention = append(n.Attention, rule)
	}
	return n, n.Validate()
}
