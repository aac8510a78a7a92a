// SPDX-License-Identifier: EUPL-1.2

package contribution

import (
	"bytes"
	"container/list"
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"sync"

	"github.com/klauspost/compress/gzip"
	"golang.org/x/sync/singleflight"

	"github.com/kupferfaden/kupferfaden/internal/access"
	"github.com/kupferfaden/kupferfaden/internal/kernel"
)

// Point is a contribution on the map.
type Point struct {
	Number   string
	Title    string
	Category string
	Status   Status
	Lon, Lat float64
}

// Points is the places of a list as GeoJSON, packed. It is shared and must not be changed.
type Points struct {
	N    int
	Gzip []byte
	ETag string
	// Still is the same as a picture, for readers without script and on paper; nil where the town has no areas.
	Still *Still
}

// pointWords are the properties of a point, in short: they are sent by the thousand.
type pointWords struct {
	Number   string `json:"n"`
	Title    string `json:"t"`
	Category string `json:"c,omitempty"`
	Status   Status `json:"s,omitempty"`
}

// MostPoints bounds a map.
const MostPoints = 20_000

// pointCache keeps the maps of the last filters.
type pointCache struct {
	mu     sync.Mutex
	kept   map[string]*list.Element
	order  list.List
	flight singleflight.Group
}

type keptPoints struct {
	key    string
	points *Points
}

const mostMaps = 24

// Map gives the places of everything public that a filter finds, the same bytes until something changes.
func (s *Service) Map(ctx context.Context, tenant kernel.ID, f Filter) (*Points, error) {
	by := access.Anonymous(tenant)
	f.Placed, f.Limit, f.After, f.Order = true, MostPoints, Cursor{}, Youngest
	if err := s.bound(ctx, by, &f); err != nil {
		return nil, err
	}
	stamp, err := s.Store.Stamp(ctx, tenant)
	if err != nil {
		return nil, err
	}
	b, err := json.Marshal(f)
	if err != nil {
		return nil, err
	}
	town, err := s.townFrame(ctx, tenant)
	if err != nil {
		return nil, err
	}
	key := string(tenant) + " " + stamp + " " + string(b) + " " + town.String()
	c := &s.points
	c.mu.Lock()
	if e, ok := c.kept[key]; ok {
		c.order.MoveToFront(e)
		c.mu.Unlock()
		return e.Value.(keptPoints).points, nil
	}
	c.mu.Unlock()
	v, err, _ := c.flight.Do(key, func() (any, error) {
		p, err := s.draw(context.WithoutCancel(ctx), tenant, f, town)
		if err != nil {
			return nil, err
		}
		p.ETag = stamp + "-" + strconv.Itoa(p.N)
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.kept == nil {
			c.kept = map[string]*list.Element{}
		}
		c.kept[key] = c.order.PushFront(keptPoints{key, p})
		for c.order.Len() > mostMaps {
			last := c.order.Back()
			delete(c.kept, c.order.Remove(last).(keptPoints).key)
		}
		return p, nil
	})
	if err != nil {
		return nil, err
	}
	return v.(*Points), nil
}

// draw writes the GeoJSON.
func (s *Service) draw(ctx context.Context, tenant kernel.ID, f Filter, town Frame) (*Points, error) {
	var buf bytes.Buffer
	gz, err := gzip.NewWriterLevel(&buf, 3)
	if err != nil {
		return nil, err
	}
	p := &Points{}
	grid := newGrid(town)
	line := []byte(`{"type":"FeatureCollection","features":[`)
	err = s.Store.Points(ctx, tenant, f, func(x Point) error {
		if p.N > 0 {
			line = append(line, ',')
		}
		p.N++
		grid.add(x)
		line = append(line, `{"type":"Feature","geometry":{"type":"Point","coordinates":[`...)
		line = strconv.AppendFloat(line, x.Lon, 'f', -1, 64)
		line = append(line, ',')
		line = strconv.AppendFloat(line, x.Lat, 'f', -1, 64)
		line = append(line, `]},"properties":`...)
		b, err := json.Marshal(pointWords{x.Number, x.Title, x.Category, x.Status})
		if err != nil {
			return err
		}
		line = append(append(line, b...), '}')
		_, err = gz.Write(line)
		line = line[:0]
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("map of contributions: %w", err)
	}
	if _, err := gz.Write(append(line, "]}"...)); err != nil {
		return nil, err
	}
	if err := gz.Close(); err != nil {
		return nil, err
	}
	p.Gzip, p.Still = buf.Bytes(), grid.still()
	return p, nil
}
