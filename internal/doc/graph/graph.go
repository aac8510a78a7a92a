// SPDX-License-Identifier: EUPL-1.2

// Package graph draws who is connected with whom as SVG on the server: the same picture for the same graph, readable without JavaScript, its
// nodes links that can be reached by keyboard.
//
// The places come from springs and repulsion (Fruchterman and Reingold 1991, Software: Practice and Experience 21) from a fixed beginning, so
// that two drawings of one graph are equal to the last digit; afterwards nodes that lie on each other are moved apart.
package graph

import (
	"cmp"
	"math"
	"slices"

	"github.com/kupferfaden/kupferfaden/internal/doc/palette"
	"github.com/kupferfaden/kupferfaden/internal/doc/svg"
)

// Node is one thing of the graph.
type Node struct {
	Name string
	// Text is read aloud in place of the name: what it is and with how many it is connected.
	Text string
	Href string
	// Square nodes are another kind than round ones; shape, not colour, tells them apart.
	Square bool
}

// Edge connects two nodes, by their positions.
type Edge struct {
	A, B   int
	Weight int  // 1 to 3: how thick the line is
	Dashed bool // a looser bond
}

// Options say how the drawing is headed.
type Options struct {
	ID, Title, Description string
	Theme                  palette.Theme
}

// Point is a place in the drawing.
type Point struct{ X, Y float64 }

const (
	rounds = 220
	room   = 82.0 // mean distance of nodes
	margin = 80.0
)

// Layout gives each node a place; the size encloses all of them.
func Layout(n int, edges []Edge) (at []Point, width, height float64) {
	if n == 0 {
		return nil, 0, 0
	}
	at = make([]Point, n)
	side := math.Sqrt(float64(n)) * room
	for i := range at { // on a spiral, evenly spread: the golden angle
		r := side / 2 * math.Sqrt((float64(i)+0.5)/float64(n))
		a := float64(i) * math.Pi * (3 - math.Sqrt(5))
		at[i] = Point{r * math.Cos(a), r * math.Sin(a)}
	}
	move := make([]Point, n)
	for round := range rounds {
		clear(move)
		for i := range n {
			for j := i + 1; j < n; j++ {
				dx, dy := at[i].X-at[j].X, at[i].Y-at[j].Y
				d2 := max(dx*dx+dy*dy, 0.01)
				if d2 > room*room*25 { // too far to feel
					continue
				}
				f := room * room / d2
				move[i].X += dx * f
				move[i].Y += dy * f
				move[j].X -= dx * f
				move[j].Y -= dy * f
			}
			// A slight pull to the middle keeps parts without connection together.
			move[i].X -= at[i].X * 0.06
			move[i].Y -= at[i].Y * 0.06
		}
		for _, e := range edges {
			dx, dy := at[e.A].X-at[e.B].X, at[e.A].Y-at[e.B].Y
			f := math.Sqrt(dx*dx+dy*dy) / room * (0.6 + 0.2*float64(e.Weight))
			move[e.A].X -= dx * f
			move[e.A].Y -= dy * f
			move[e.B].X += dx * f
			move[e.B].Y += dy * f
		}
		cool := room * (1 - float64(round)/rounds)
		for i := range at {
			l := math.Sqrt(move[i].X*move[i].X + move[i].Y*move[i].Y)
			if l > 0 {
				step := min(l, cool)
				at[i].X += move[i].X / l * step
				at[i].Y += move[i].Y / l * step
			}
		}
	}
	apart(at)
	return framed(at)
}

// apart moves nodes away from each other until none lie closer than a label is high and half as wide as one.
func apart(at []Point) {
	const dx, dy = 88.0, 32.0
	for range 60 {
		moved := false
		for i := range at {
			for j := i + 1; j < len(at); j++ {
				x, y := at[j].X-at[i].X, at[j].Y-at[i].Y
				ox, oy := dx-math.Abs(x), dy-math.Abs(y)
				if ox <= 0 || oy <= 0 {
					continue
				}
				moved = true
				if oy <= ox {
					s := math.Copysign(oy/2+0.01, y)
					at[i].Y -= s
					at[j].Y += s
				} else {
					s := math.Copysign(ox/2+0.01, x)
					at[i].X -= s
					at[j].X += s
				}
			}
		}
		if !moved {
			return
		}
	}
}

// framed moves the picture into the quadrant of the drawing, lying rather than standing.
func framed(at []Point) ([]Point, float64, float64) {
	box := func() (x0, y0, x1, y1 float64) {
		x0, y0, x1, y1 = at[0].X, at[0].Y, at[0].X, at[0].Y
		for _, p := range at {
			x0, y0, x1, y1 = min(x0, p.X), min(y0, p.Y), max(x1, p.X), max(y1, p.Y)
		}
		return x0, y0, x1, y1
	}
	x0, y0, x1, y1 := box()
	if y1-y0 > x1-x0 {
		for i, p := range at {
			at[i] = Point{p.Y, p.X}
		}
		x0, y0, x1, y1 = box()
	}
	for i := range at {
		at[i].X += margin - x0
		at[i].Y += margin/2 - y0
	}
	return at, x1 - x0 + 2*margin, y1 - y0 + margin
}

// SVG draws the graph. Nodes come in the order they were given, which is the order by keyboard.
func SVG(nodes []Node, edges []Edge, o Options) string {
	at, w, h := Layout(len(nodes), edges)
	d := svg.New(svg.Head{ID: o.ID, Title: o.Title, Description: o.Description, Width: max(w, 2*margin), Height: max(h, margin), Links: true, Theme: o.Theme})
	degree := make([]int, len(nodes))
	lines := slices.Clone(edges)
	slices.SortStableFunc(lines, func(a, b Edge) int { return cmp.Compare(a.Weight, b.Weight) })
	for _, e := range lines {
		degree[e.A]++
		degree[e.B]++
		dash := ""
		if e.Dashed {
			dash = ` stroke-dasharray="5 4"`
		}
		p, q := at[e.A], at[e.B]
		d.Raw(`<line `, d.Muted().Stroke(), ` stroke-width="`, svg.Num(float64(e.Weight)*0.9), `"`, dash, ` x1="`, svg.Num(p.X), `" y1="`, svg.Num(p.Y), `" x2="`, svg.Num(q.X), `" y2="`, svg.Num(q.Y), `"/>`)
	}
	for i, n := range nodes {
		p := at[i]
		r := 5 + min(float64(degree[i]), 9)*0.7
		open, end := `<g>`, `</g>`
		if n.Href != "" {
			open, end = `<a href="`+svg.Escape(n.Href)+`" aria-label="`+svg.Escape(n.Text)+`">`, `</a>`
		}
		d.Raw(open, `<title>`, svg.Escape(n.Text), `</title>`)
		fill := `fill="` + palette.Paper(o.Theme).Hex() + `" stroke="` + palette.Accent(o.Theme).Hex() + `" stroke-width="2"`
		if n.Square {
			d.Raw(`<rect class="kf-node kf-node--square" fill="`, palette.Accent(o.Theme).Hex(), `" x="`, svg.Num(p.X-r), `" y="`, svg.Num(p.Y-r), `" width="`, svg.Num(2*r), `" height="`, svg.Num(2*r), `"/>`)
		} else {
			d.Raw(`<circle class="kf-node" `, fill, ` cx="`, svg.Num(p.X), `" cy="`, svg.Num(p.Y), `" r="`, svg.Num(r), `"/>`)
		}
		size, most := 10.0, 110.0
		if n.Square {
			size, most = 12, 150
		}
		label := svg.Cut(n.Name, size, most)
		y := p.Y + r + size + 1
		attrs := ` x="` + svg.Num(p.X) + `" y="` + svg.Num(y) + `" font-size="` + svg.Num(size) + `" text-anchor="middle" aria-hidden="true"`
		d.Raw(end) // what is written, perhaps cut short, is no part of what the link is called (WCAG 2.5.3)
		d.Raw(`<text class="kf-halo" stroke="`, palette.Paper(o.Theme).Hex(), `" stroke-width="3" stroke-linejoin="round" fill="none"`, attrs, `>`, svg.Escape(label), `</text>`)
		d.Raw(`<text `, d.Ink().Fill(), attrs, `>`, svg.Escape(label), `</text>`)
	}
	return d.String()
}
