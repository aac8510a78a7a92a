// SPDX-License-Identifier: EUPL-1.2

package contribution

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/area"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// What children and young people are asked, with pictures instead of long questions. Nobody asks for a name, an address or an age.

// Feelings are the faces to choose from.
func Feelings() []string { return []string{"happy", "soso", "sad", "angry", "afraid"} }

// YouthTopics are what it can be about.
func YouthTopics() []string {
	return []string{"play", "meet", "school", "sport", "way", "nature", "clean", "other"}
}

// Picture is one sign of a receipt code as a coloured picture: eight shapes in four colours stand for the 32 signs.
type Picture struct {
	Shape, Colour string
}

// The shapes and colours of picture codes. Their order is part of every code given out and never changes.
var (
	pictureShapes  = []string{"star", "moon", "tree", "fish", "ball", "hat", "mushroom", "apple"}
	pictureColours = []string{"red", "blue", "green", "yellow"}
)

// PictureShapes lists the shapes, PictureColours the colours.
func PictureShapes() []string { return slices.Clone(pictureShapes) }

// PictureColours lists the colours.
func PictureColours() []string { return slices.Clone(pictureColours) }

// Pictures writes a receipt code as pictures, one for each of its signs.
func Pictures(code string) []Picture {
	var out []Picture
	for _, c := range code {
		if i := strings.IndexRune(codeSigns, c); i >= 0 {
			out = append(out, Picture{pictureShapes[i/4], pictureColours[i%4]})
		}
	}
	return out
}

// CodeOfPictures reads pictures back; ok is false for what cannot be a code.
func CodeOfPictures(list []Picture) (string, bool) {
	if len(list) != codeLength+1 {
		return "", false
	}
	var b strings.Builder
	for _, p := range list {
		s, c := slices.Index(pictureShapes, p.Shape), slices.Index(pictureColours, p.Colour)
		if s < 0 || c < 0 {
			return "", false
		}
		b.WriteByte(codeSigns[s*4+c])
	}
	return ParseCode(b.String())
}

// Young is what a child or young person says.
type Young struct {
	Process, Module string
	Topics          []string // in words
	Text            string
	Area            string // chosen by a button; empty: none
	Lon, Lat        float64
	Placed          bool      // a point on the map was chosen
	Group           string    // name of the school class or youth club whose code was given; empty: none
	Lang            string    // of the page; German where empty
	ID              kernel.ID // of the form, see Once
}

// SubmitYoung takes what a child or young person says. It is sent as nobody, whoever is signed in, and waits for the moderation.
func (s *Service) SubmitYoung(ctx context.Context, tenant kernel.ID, y Young) (Contribution, string, error) {
	d := Draft{Process: y.Process, Module: y.Module, Channel: Youth, Lang: y.Lang, Text: y.Text, Topics: y.Topics, ID: y.ID}
	if y.Area != "" {
		d.Areas = []string{y.Area}
	}
	if y.Placed {
		d.Geometry, d.Areas = fmt.Sprintf(`{"type":"Point","coordinates":[%s,%s]}`, degrees(y.Lon), degrees(y.Lat)), nil
	}
	if y.Group != "" {
		d.Source = y.Group
	}
	return s.Submit(ctx, access.Anonymous(tenant), d)
}

// degrees rounds to about a metre: a finger on a small map knows no more.
func degrees(v float64) string { return strconv.FormatFloat(math.Round(v*1e5)/1e5, 'f', -1, 64) }

// Picture map of the town: so many pixels wide, drawn so that a place on it can be turned back into longitude and latitude.

// TownMap is the picture of the town that is tapped to choose a place.
type TownMap struct {
	Width, Height            int
	west, south, east, north float64
	Areas                    []MapArea
	ETag                     string
}

// MapArea is an area on the picture.
type MapArea struct {
	Key, Name string
	Number    int    // among the buttons, from 1
	Path      string // of SVG
	X, Y      int    // where its number stands
}

const (
	townMapWidth = 300 // fits the smallest phones without being scaled, so that the tapped pixel is the pixel drawn
	mostTownMap  = 420 // height
	mostChoices  = 40  // areas on the map, and as buttons
)

// YouthAreas gives the level of areas children choose from: the finest one that is not too fine; ok is false where there is none.
func (s *Service) YouthAreas(ctx context.Context, tenant kernel.ID) (AreaLevel, bool, error) {
	levels, err := s.AreaLevels(ctx, tenant)
	if err != nil {
		return AreaLevel{}, false, err
	}
	for _, l := range slices.Backward(levels) {
		if n := len(l.Areas); n >= 2 && n <= mostChoices {
			return l, true, nil
		}
	}
	return AreaLevel{}, false, nil
}

// TownMap draws the town; NotFound where there are no areas to show.
func (s *Service) TownMap(ctx context.Context, tenant kernel.ID) (*TownMap, error) {
	l, ok, err := s.YouthAreas(ctx, tenant)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, notFound()
	}
	c, err := s.Areas.Coverage(ctx, access.Anonymous(tenant), l.Edition.ID, area.Overview)
	if err != nil {
		return nil, err
	}
	if len(c.Shapes) == 0 || c.East <= c.West || c.North <= c.South {
		return nil, notFound()
	}
	m := &TownMap{Width: townMapWidth, west: c.West, south: c.South, east: c.East, north: c.North, ETag: c.ETag}
	// A degree of longitude is shorter than one of latitude by the cosine of the latitude.
	across := (c.East - c.West) * math.Cos((c.South+c.North)/2*math.Pi/180)
	m.Height = min(max(int(float64(townMapWidth)*(c.North-c.South)/across), 60), mostTownMap)
	for _, shape := range c.Shapes {
		a := m.area(l.Level.Key, shape)
		a.Number = slices.IndexFunc(l.Areas, func(x AreaChoice) bool { return x.Key == a.Key }) + 1
		m.Areas = append(m.Areas, a)
	}
	return m, nil
}

func (m *TownMap) xy(p [2]float64) (x, y float64) {
	return (p[0] - m.west) / (m.east - m.west) * float64(m.Width), (m.north - p[1]) / (m.north - m.south) * float64(m.Height)
}

func (m *TownMap) area(level string, shape area.Shape) MapArea {
	a := MapArea{Key: level + "/" + shape.Area.Key, Name: shape.Area.Name}
	var b strings.Builder
	largest := 0.0
	for _, rings := range shape.Polygons {
		for i, ring := range rings {
			minX, minY, maxX, maxY := math.MaxFloat64, math.MaxFloat64, -1.0, -1.0
			for j, p := range ring {
				x, y := m.xy(p)
				minX, minY, maxX, maxY = min(minX, x), min(minY, y), max(maxX, x), max(maxY, y)
				cmd := "L"
				if j == 0 {
					cmd = "M"
				}
				b.WriteString(cmd + strconv.FormatFloat(x, 'f', 1, 64) + " " + strconv.FormatFloat(y, 'f', 1, 64))
			}
			b.WriteByte('z')
			if size := (maxX - minX) * (maxY - minY); i == 0 && size > largest {
				largest, a.X, a.Y = size, int((minX+maxX)/2), int((minY+maxY)/2)
			}
		}
	}
	a.Path = b.String()
	return a
}

// At gives the place of a tapped pixel; ok is false outside of the picture, and in its very corner, which is what a keyboard sends.
func (m *TownMap) At(x, y int) (lon, lat float64, ok bool) {
	if x < 0 || y < 0 || x > m.Width || y > m.Height || x == 0 && y == 0 {
		return 0, 0, false
	}
	lon = m.west + float64(x)/float64(m.Width)*(m.east-m.west)
	lat = m.north - float64(y)/float64(m.Height)*(m.north-m.south)
	return lon, lat, true
}

// Pixel is where a place stands on the picture.
func (m *TownMap) Pixel(lon, lat float64) (x, y int) {
	fx, fy := m.xy([2]float64{lon, lat})
	return int(math.Round(fx)), int(math.Round(fy))
}
