package metrics

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// Requests counts HTTP requests by route, method and status. Routes are the
// server's patterns, never paths; what else a client makes up (a method, a
// status of its own) counts as "other", so the series are bounded.
type Requests struct {
	running atomic.Int64

	mu     sync.RWMutex
	routes map[route]*counted
}

type route struct{ pattern, method string }

// counted is the requests of one route.
type counted struct {
	took  *Histogram
	bytes atomic.Int64
	// statuses has a counter for each status from 100 on; others count as the
	// first.
	statuses [500]atomic.Int64
}

// maxRoutes bounds the routes that are told apart, should a pattern ever be made
// of what a client sends.
const maxRoutes = 500

// NewRequests returns counters at zero.
func NewRequests() *Requests { return &Requests{routes: map[route]*counted{}} }

// Begin counts a request that runs.
func (q *Requests) Begin() { q.running.Add(1) }

// Done counts one that began and has been answered, with bytes in the body.
func (q *Requests) Done(pattern, method string, status int, bytes int64, took time.Duration) {
	q.running.Add(-1)
	c := q.route(route{pattern, known(method)})
	c.took.Observe(int64(took))
	c.bytes.Add(bytes)
	if status < 100 || status >= 100+len(c.statuses) {
		status = 100
	}
	c.statuses[status-100].Add(1)
}

func (q *Requests) route(r route) *counted {
	q.mu.RLock()
	c := q.routes[r]
	q.mu.RUnlock()
	if c != nil {
		return c
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.routes) >= maxRoutes {
		r = route{"other", "other"}
	}
	if c = q.routes[r]; c == nil {
		c = &counted{took: Latency()}
		q.routes[r] = c
	}
	return c
}

// known is a method that HTTP has, or "other".
func known(method string) string {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch,
		http.MethodDelete, http.MethodOptions, http.MethodConnect, http.MethodTrace, "QUERY":
		return method
	}
	return "other"
}

// Write is a Source.
func (q *Requests) Write(w *Writer) {
	w.Gauge("galley_http_requests_in_flight", "HTTP requests being served.", float64(q.running.Load()))
	for _, r := range q.sorted() {
		q.mu.RLock()
		c := q.routes[r]
		q.mu.RUnlock()
		labels := []string{"route", r.pattern, "method", r.method}
		w.Histogram("galley_http_request_duration_seconds", "Time from a request's header to the end of its response.", c.took, labels...)
		w.Counter("galley_http_response_bytes_total", "Bytes of response bodies, as sent.", float64(c.bytes.Load()), labels...)
		for i := range c.statuses {
			if n := c.statuses[i].Load(); n > 0 {
				w.Counter("galley_http_requests_total", "HTTP requests answered.", float64(n), append(slices.Clip(labels), "status", statusText(i))...)
			}
		}
	}
}

func statusText(i int) string {
	if i == 0 {
		return "other"
	}
	return strconv.Itoa(100 + i)
}

func (q *Requests) sorted() []route {
	q.mu.RLock()
	defer q.mu.RUnlock()
	out := make([]route, 0, len(q.routes))
	for r := range q.routes {
		out = append(out, r)
	}
	slices.SortFunc(out, func(a, b route) int {
		return cmp.Or(cmp.Compare(a.pattern, b.pattern), cmp.Compare(a.method, b.method))
	})
	return out
}
