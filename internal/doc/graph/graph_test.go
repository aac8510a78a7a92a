// SPDX-License-Identifier: EUPL-1.2

package graph_test

import (
	"encoding/xml"
	"fmt"
	"io"
	"math"
	"strings"
	"testing"

	"github.com/kupferfaden/kupferfaden/internal/doc/graph"
)

// town is 300 organisations in 20 circles.
func town() (nodes []graph.Node, edges []graph.Edge) {
	for i := range 320 {
		n := graph.Node{Name: fmt.Sprintf("Organisation %d", i), Text: fmt.Sprintf("Organisation %d", i), Href: fmt.Sprintf("/akteure/%d", i), Square: i >= 300}
		nodes = append(nodes, n)
	}
	for i := range 300 {
		edges = append(edges, graph.Edge{A: i, B: 300 + i%20, Weight: 1 + i%3}, graph.Edge{A: i, B: (i*7 + 1) % 300, Weight: 1, Dashed: true})
	}
	return nodes, edges
}

func TestTheSameGraphGivesTheSamePicture(t *testing.T) {
	nodes, edges := town()
	o := graph.Options{ID: "x", Title: "Netze"}
	if first, second := graph.SVG(nodes, edges, o), graph.SVG(nodes, edges, o); first != second {
		t.Error("two drawings of one graph differ")
	}
}

func TestNoTwoOf300LieOnEachOther(t *testing.T) {
	nodes, edges := town()
	at, w, h := graph.Layout(len(nodes), edges)
	near := 0
	for i := range at {
		if at[i].X < 0 || at[i].Y < 0 || at[i].X > w || at[i].Y > h {
			t.Errorf("node %d lies outside", i)
		}
		for j := i + 1; j < len(at); j++ {
			if math.Hypot(at[i].X-at[j].X, at[i].Y-at[j].Y) < 20 {
				near++
			}
		}
	}
	if near > 0 {
		t.Errorf("%d pairs lie on each other", near)
	}
}

func TestTheDrawingIsWellFormedWhateverANameHolds(t *testing.T) {
	s := graph.SVG([]graph.Node{{Name: `<script>"&`, Text: `a "b" <c>`, Href: `/x?a=1&b="`}, {Name: "allein"}}, []graph.Edge{{A: 0, B: 1, Weight: 2}}, graph.Options{ID: "x", Title: "T"})
	d := xml.NewDecoder(strings.NewReader(s))
	links := 0
	for {
		tok, err := d.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatalf("%v in %s", err, s)
		}
		if e, ok := tok.(xml.StartElement); ok && e.Name.Local == "a" {
			links++
		}
	}
	if links != 1 {
		t.Errorf("%d links, want 1", links)
	}
	if graph.SVG(nil, nil, graph.Options{ID: "x", Title: "leer"}) == "" {
		t.Error("an empty graph has no drawing")
	}
}

func BenchmarkLayoutOf300(b *testing.B) {
	nodes, edges := town()
	for b.Loop() {
		graph.Layout(len(nodes), edges)
	}
}
