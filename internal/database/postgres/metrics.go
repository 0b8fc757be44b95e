package postgres

import (
	"context"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/metrics"
)

// poolStats counts what the pool has done.
type poolStats struct {
	waiting, connects, failed, refused atomic.Int64
	wait                               *metrics.Histogram // of those that found no connection free
}

// waits counts a caller that waits for a connection, until done is called.
func (s *poolStats) waits() (done func()) {
	start := time.Now()
	s.waiting.Add(1)
	return func() {
		s.waiting.Add(-1)
		s.wait.Observe(int64(time.Since(start)))
	}
}

func (p *pool) writeMetrics(w *metrics.Writer) {
	p.mu.Lock()
	idle := len(p.idle)
	p.mu.Unlock()
	s := &p.stats
	w.Gauge("galley_postgres_connections_in_use", "Connections lent out.", float64(len(p.slots)))
	w.Gauge("galley_postgres_connections_idle", "Connections open and unused.", float64(idle))
	w.Gauge("galley_postgres_connections_max", "Connections that may be open.", float64(cap(p.slots)))
	w.Gauge("galley_postgres_connections_waiting", "Statements and transactions that wait for a connection.", float64(s.waiting.Load()))
	w.Counter("galley_postgres_connects_total", "Attempts to connect.", float64(s.connects.Load()))
	w.Counter("galley_postgres_connects_failed_total", "Attempts to connect that failed.", float64(s.failed.Load()))
	w.Counter("galley_postgres_refused_total", "Statements and transactions refused because no connection became free.", float64(s.refused.Load()))
	w.Histogram("galley_postgres_wait_duration_seconds", "Time waited for a connection where none was free.", s.wait)
}

// sizeAge is how long a measured size of the database is told: to measure it the
// server looks at every file.
const sizeAge = 30 * time.Second

// sizeTimeout bounds what a scrape waits for it.
const sizeTimeout = 2 * time.Second

// measured is the size of the database as of a time.
type measured struct {
	mu    sync.Mutex
	bytes float64
	at    time.Time // of the last attempt
	known bool
}

// WriteMetrics is a metrics.Source.
func (d *DB) WriteMetrics(w *metrics.Writer) {
	d.pool.writeMetrics(w)
	if bytes, ok := d.measure(); ok {
		w.Gauge("galley_database_size_bytes", "Size of the database on the disk.", bytes, "part", "data")
	}
}

// measure returns the size of the database, measured now and then.
func (d *DB) measure() (bytes float64, ok bool) {
	m := &d.size
	m.mu.Lock()
	defer m.mu.Unlock()
	if time.Since(m.at) < sizeAge {
		return m.bytes, m.known
	}
	ctx, cancel := context.WithTimeout(context.Background(), sizeTimeout)
	defer cancel()
	m.at = time.Now()
	rows, err := database.Collect(d.Query(ctx, database.Session{}, database.Statement{
		SQL: "select pg_database_size(current_database())", ReadOnly: true}))
	if err == nil && len(rows) == 1 && rows[0][0] != nil {
		m.bytes, err = strconv.ParseFloat(*rows[0][0], 64)
	}
	m.known = err == nil
	return m.bytes, m.known
}
