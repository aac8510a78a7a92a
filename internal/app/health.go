// SPDX-License-Identifier: EUPL-1.2

package app

import (
	"context"
	"database/sql"
	"fmt"
	"net/http"
	"time"

	"github.com/kupferfaden/kupferfaden/internal/notice/noticedb"
	"github.com/kupferfaden/kupferfaden/internal/platform/job"
	"github.com/kupferfaden/kupferfaden/internal/platform/metrics"
	"github.com/kupferfaden/kupferfaden/internal/platform/server"
	"github.com/kupferfaden/kupferfaden/internal/web"
)

// How little room is too little: less than a gigabyte, or less than a tenth of a disk with less than 20 gigabytes left.
const (
	leastFree  = 1 << 30
	plentyFree = 20 << 30
)

// oldestBackup is how old the last proven backup may be (reliability.md 5).
const oldestBackup = 36 * time.Hour

// storeWithin is how long the database may take to answer.
const storeWithin = 2 * time.Second

// Health checks what the installation depends on.
func (a *App) Health(ctx context.Context) []metrics.Check {
	ask, cancel := context.WithTimeout(ctx, storeWithin)
	defer cancel()
	store := metrics.Check{Name: "store", Vital: true}
	start := time.Now()
	if err := a.DB.Ping(ask); err != nil {
		store.Detail = "does not answer"
	} else {
		store.OK, store.Detail = true, fmt.Sprintf("%s answers in %v", a.DB.Engine(), time.Since(start).Round(time.Microsecond))
	}
	key := metrics.Check{Name: "key", Vital: true, OK: a.Secret != nil && a.Secret.Marked("health", "x", a.Secret.Mark("health", "x"))}
	checks := []metrics.Check{store, key, a.room()}
	if a.lastBackup != nil {
		at, ok := a.lastBackup()
		c := metrics.Check{Name: "backup", Detail: "none proven yet"}
		if ok {
			age := a.Now().Sub(at)
			c.OK, c.Detail = age < oldestBackup, "last proven "+age.Round(time.Minute).String()+" ago"
		}
		checks = append(checks, c)
	}
	return checks
}

// room checks the disk of the data directory.
func (a *App) room() metrics.Check {
	c := metrics.Check{Name: "disk", Detail: "cannot be asked", OK: true}
	if free, size, ok := server.Disk(a.DataDir); ok {
		c.OK = free >= leastFree && (free >= size/10 || free >= plentyFree)
		c.Detail = fmt.Sprintf("%d of %d MB free", free>>20, size>>20)
	}
	return c
}

// ready tells a load balancer whether pages can be answered: 503 when they cannot, "warn" when somebody should look at the details, which only the
// monitoring is told (platform/metrics).
func (a *App) ready(w http.ResponseWriter, r *http.Request) {
	word := "ok\n"
	for _, c := range a.Health(r.Context()) {
		if !c.OK && c.Vital {
			http.Error(w, "not ready", http.StatusServiceUnavailable)
			return
		}
		if !c.OK {
			word = "warn\n"
		}
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write([]byte(word))
}

// Samples are the figures of the installation for the monitoring.
func (a *App) Samples(ctx context.Context, m *web.Mux) ([]metrics.Sample, error) {
	list := metrics.Samples(a.Health(ctx))
	add := func(name, help string, v float64, total bool, labels ...string) {
		s := metrics.Sample{Name: "kupferfaden_" + name, Help: help, Value: v, Total: total}
		if len(labels) > 0 {
			s.Labels = map[string]string{}
		}
		for i := 0; i+1 < len(labels); i += 2 {
			s.Labels[labels[i]] = labels[i+1]
		}
		list = append(list, s)
	}
	if free, size, ok := server.Disk(a.DataDir); ok {
		add("disk_free_bytes", "Room left on the disk of the data directory.", float64(free), false)
		add("disk_size_bytes", "Size of the disk of the data directory.", float64(size), false)
	}
	if a.lastBackup != nil {
		if at, ok := a.lastBackup(); ok {
			add("backup_proven_timestamp_seconds", "Moment that the last proven backup shows.", float64(at.Unix()), false)
		}
	}
	running, waiting, turned := m.Busy()
	add("costly_running", "Costly requests that run.", float64(running), false)
	add("costly_waiting", "Costly requests that wait for their turn.", float64(waiting), false)
	add("costly_turned_away_total", "Costly requests that were asked to come back.", float64(turned), true)
	pages, bytes := m.CacheUse()
	add("cache_pages", "Rendered pages kept in memory.", float64(pages), false)
	add("cache_bytes", "Memory that rendered pages take.", float64(bytes), false)
	writer, reader := a.DB.Stats()
	for name, s := range map[string]sql.DBStats{"write": writer, "read": reader} {
		add("db_connections", "Open connections to the database.", float64(s.OpenConnections), false, "pool", name)
		add("db_connections_used", "Connections at work.", float64(s.InUse), false, "pool", name)
		add("db_waits_total", "How often a connection had to be waited for.", float64(s.WaitCount), true, "pool", name)
		add("db_wait_seconds_total", "Time spent waiting for connections.", s.WaitDuration.Seconds(), true, "pool", name)
	}
	towns, err := a.Tenants.List(ctx)
	if err != nil {
		return list, err
	}
	mail := &noticedb.Store{DB: a.DB}
	overdue := time.Duration(0)
	for _, t := range towns {
		counts, err := a.Queue.Counts(ctx, t.ID)
		if err != nil {
			return list, err
		}
		for _, c := range counts {
			add("jobs", "Jobs that wait, run or have failed.", float64(c.N), false, "town", t.Key, "kind", c.Kind, "state", string(c.State))
			if c.State == job.Waiting {
				overdue = max(overdue, a.Now().Sub(c.Oldest.Time))
			}
		}
		letters, err := mail.Counts(ctx, t.ID)
		if err != nil {
			return list, err
		}
		for state, n := range letters {
			add("mail", "Letters in the outbox by state.", float64(n), false, "town", t.Key, "state", string(state))
		}
	}
	add("jobs_overdue_seconds", "How long the oldest due job has been waiting.", overdue.Seconds(), false)
	return list, nil
}
