package app

import (
	"context"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/jobs"
	"github.com/galleyhq/galley/internal/metrics"
	"github.com/galleyhq/galley/internal/telemetry"
)

// jobMetrics counts the jobs of this node, and now and then those that wait.
type jobMetrics struct {
	db    database.DB
	kinds map[string]*jobCounts // fixed once the node has started

	mu    sync.Mutex
	depth map[string]float64 // by state
	late  float64            // seconds that the oldest job that may begin has waited
	known bool
	asked time.Time
}

type jobCounts struct {
	started, completed, failed, running atomic.Int64
	took                                *metrics.Histogram
}

func newJobMetrics(db database.DB) *jobMetrics {
	return &jobMetrics{db: db, kinds: map[string]*jobCounts{}}
}

// handlers are handlers whose jobs are counted and traced. It is called once,
// before any metrics are asked for.
func (m *monitor) handlers(by map[string]jobs.Handler) map[string]jobs.Handler {
	out := map[string]jobs.Handler{}
	for kind, h := range by {
		counts := &jobCounts{took: metrics.Latency()}
		m.jobs.kinds[kind] = counts
		out[kind] = func(ctx context.Context, j *jobs.Job) error { return m.job(ctx, j, counts, h) }
	}
	return out
}

// job does a job. A panic counts as a failure, and goes on.
func (m *monitor) job(ctx context.Context, j *jobs.Job, counts *jobCounts, h jobs.Handler) (err error) {
	ctx, span := m.tracer.Begin(ctx, "job "+j.Kind, "", telemetry.Consumer)
	span.Set("messaging.destination.name", j.Queue)
	span.Set("messaging.message.id", strconv.FormatInt(j.ID, 10))
	span.Set("galley.job.attempt", int64(j.Attempt))
	counts.started.Add(1)
	counts.running.Add(1)
	start, ended := time.Now(), false
	defer func() {
		counts.running.Add(-1)
		counts.took.Observe(int64(time.Since(start)))
		if ended && err == nil {
			counts.completed.Add(1)
		} else {
			counts.failed.Add(1)
			span.Fail("the attempt failed")
		}
		span.End()
	}()
	err = h(ctx, j)
	ended = true
	return err
}

// depthAge is how long the depth of the queues is told once it was counted.
const depthAge = 15 * time.Second

// write is a metrics.Source.
func (j *jobMetrics) write(w *metrics.Writer) {
	for kind, c := range j.kinds {
		w.Counter("galley_jobs_started_total", "Attempts at jobs that this node began.", float64(c.started.Load()), "kind", kind)
		const ended, help = "galley_jobs_ended_total", "Attempts at jobs that ended on this node."
		w.Counter(ended, help, float64(c.completed.Load()), "kind", kind, "result", "completed")
		w.Counter(ended, help, float64(c.failed.Load()), "kind", kind, "result", "failed")
		w.Gauge("galley_jobs_running", "Jobs that this node is at.", float64(c.running.Load()), "kind", kind)
		w.Histogram("galley_job_duration_seconds", "Time of an attempt.", c.took, "kind", kind)
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if time.Since(j.asked) > depthAge {
		j.asked = time.Now()
		j.known = j.count() == nil
	}
	if !j.known {
		return
	}
	for state, n := range j.depth {
		w.Gauge("galley_jobs", "Jobs in the database, of all nodes, that have not ended or failed for good.", n, "state", state)
	}
	w.Gauge("galley_jobs_oldest_seconds", "For how long the oldest job that may begin has been due.", j.late)
}

// count asks the database. It reads the partial indexes of jobs that wait, run or
// have failed, which stay small.
func (j *jobMetrics) count() error {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	rows, err := database.Collect(j.db.Query(ctx, database.Session{}, database.Statement{ReadOnly: true, SQL: `
		SELECT 'available', count(*), coalesce(extract(epoch FROM now() - min(run_at)), 0)::float8 FROM galley.jobs WHERE state = 'available'
		UNION ALL SELECT 'scheduled', count(*), 0 FROM galley.jobs WHERE state = 'scheduled'
		UNION ALL SELECT 'retryable', count(*), 0 FROM galley.jobs WHERE state = 'retryable'
		UNION ALL SELECT 'running', count(*), 0 FROM galley.jobs WHERE state = 'running'
		UNION ALL SELECT 'discarded', count(*), 0 FROM galley.jobs WHERE state = 'discarded' AND finished_at IS NOT NULL`}))
	if err != nil {
		return err
	}
	j.depth = map[string]float64{}
	for _, r := range rows {
		n, err := strconv.ParseFloat(*r[1], 64)
		if err != nil {
			return err
		}
		j.depth[*r[0]] = n
		if *r[0] == jobs.Available {
			if j.late, err = strconv.ParseFloat(*r[2], 64); err != nil {
				return err
			}
			j.late = max(0, j.late)
		}
	}
	return nil
}
