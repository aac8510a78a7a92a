// SPDX-License-Identifier: EUPL-1.2

// Package metrics is what a town's IT sees of the program from outside: figures in the format of Prometheus and the details of its health, on an
// address of their own that the public does not reach.
//
// Invariants: no figure tells anything about a person: routes as they were registered, never addresses, no accounts, no network addresses; names
// of figures stay as they are once published.
package metrics

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Sample is one figure at the moment it is asked for.
type Sample struct {
	Name   string // "kupferfaden_jobs"
	Help   string
	Labels map[string]string
	Value  float64
	Total  bool // counts up since the start
}

// Check is one thing the health of the installation depends on.
type Check struct {
	Name   string `json:"name"` // "store", "disk", …
	OK     bool   `json:"ok"`
	Detail string `json:"detail"` // figures, no secrets and no persons
	// Vital: without it no page can be answered.
	Vital bool `json:"vital"`
}

// Metrics counts and measures.
type Metrics struct {
	registry *prometheus.Registry
	requests *prometheus.HistogramVec
	panics   prometheus.Counter
}

// New begins with nothing counted; version and goVersion name the program.
func New(version, goVersion string) *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "kupferfaden_request_seconds", Help: "Time to answer a request, by registered route.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30},
		}, []string{"method", "route", "status"}),
		panics: prometheus.NewCounter(prometheus.CounterOpts{Name: "kupferfaden_panics_total", Help: "Requests that ended in a fault of the program."}),
	}
	build := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "kupferfaden_build_info", Help: "The program; always 1.", ConstLabels: prometheus.Labels{"version": version, "go": goVersion},
	})
	build.Set(1)
	m.registry.MustRegister(m.requests, m.panics, build, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// Request counts one request. route is the registered pattern, empty for addresses that do not exist.
func (m *Metrics) Request(method, route string, status int, took time.Duration, panicked bool) {
	if route == "" {
		route = "none"
	}
	m.requests.WithLabelValues(method, route, strconv.Itoa(status)).Observe(took.Seconds())
	if panicked {
		m.panics.Inc()
	}
}

// Collect adds figures that are read when they are asked for. An error leaves them out and is counted as a failed collection.
func (m *Metrics) Collect(read func(ctx context.Context) ([]Sample, error)) {
	m.registry.MustRegister(&collector{read: read})
}

// collectWithin bounds how long a question of the monitoring may hold the database.
const collectWithin = 5 * time.Second

// collector reads samples when asked. It describes nothing beforehand, which Prometheus calls unchecked.
type collector struct {
	read func(ctx context.Context) ([]Sample, error)
}

var failures = prometheus.NewDesc("kupferfaden_collect_failed", "1 when the figures of the database could not be read.", nil, nil)

// Describe says nothing: the samples are known when they are read.
func (*collector) Describe(chan<- *prometheus.Desc) {}

// Collect reads the samples.
func (c *collector) Collect(out chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), collectWithin)
	defer cancel()
	list, err := c.read(ctx)
	failed := 0.0
	if err != nil {
		failed = 1
	}
	out <- prometheus.MustNewConstMetric(failures, prometheus.GaugeValue, failed)
	for _, s := range list {
		kind := prometheus.GaugeValue
		if s.Total {
			kind = prometheus.CounterValue
		}
		m, err := prometheus.NewConstMetric(prometheus.NewDesc(s.Name, s.Help, nil, s.Labels), kind, s.Value)
		if err != nil {
			m = prometheus.NewInvalidMetric(prometheus.NewDesc(s.Name, s.Help, nil, nil), err)
		}
		out <- m
	}
}

// Handler answers /metrics, /healthz and /readyz with every detail; it is for the monitoring only.
func (m *Metrics) Handler(health func(ctx context.Context) []Check) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{EnableOpenMetrics: true, MaxRequestsInFlight: 4}))
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("ok\n")) })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		checks := health(r.Context())
		status := http.StatusOK
		for _, c := range checks {
			if !c.OK {
				status = http.StatusServiceUnavailable
			}
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		e := json.NewEncoder(w)
		e.SetIndent("", "  ")
		_ = e.Encode(checks) // the asker has gone
	})
	return mux
}

// Samples makes figures of checks: 1 when all is well.
func Samples(checks []Check) []Sample {
	out := make([]Sample, len(checks))
	for i, c := range checks {
		out[i] = Sample{Name: "kupferfaden_check_ok", Help: "1 when a check of the installation's health passes.", Labels: map[string]string{"check": c.Name}}
		if c.OK {
			out[i].Value = 1
		}
	}
	return out
}
