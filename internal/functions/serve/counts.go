package serve

import (
	"errors"
	"sync/atomic"
	"time"

	"github.com/galleyhq/galley/internal/functions/engine"
	"github.com/galleyhq/galley/internal/metrics"
)

// Counts is what a version of a function has done.
type Counts struct {
	running, completed, failed, limited, refused atomic.Int64
	took                                         *metrics.Histogram
}

func (c *Counts) init() { c.took = metrics.Latency() }

// begin counts a call; the function that it returns counts its end.
func (c *Counts) begin() (end func(error)) {
	start := time.Now()
	c.running.Add(1)
	return func(err error) {
		c.running.Add(-1)
		c.took.Observe(int64(time.Since(start)))
		switch {
		case err == nil:
			c.completed.Add(1)
		case errors.Is(err, engine.ErrTime), errors.Is(err, engine.ErrMemory), errors.Is(err, errResponseSize):
			c.limited.Add(1)
		default:
			c.failed.Add(1)
		}
	}
}

// Calls are the numbers of Counts at one moment.
type Calls struct {
	Running   int64 `json:"running"`
	Completed int64 `json:"completed"`
	Failed    int64 `json:"failed"`
	Limited   int64 `json:"limited"` // needed more than they may have
	Refused   int64 `json:"refused"` // found no instance
}

// Calls tells how often the version was called.
func (v *Version) Calls() Calls {
	c := &v.counts
	return Calls{c.running.Load(), c.completed.Load(), c.failed.Load(), c.limited.Load(), c.refused.Load()}
}

// Instances is how many instances the version has.
func (v *Version) Instances() int { return v.group.Live() }

// WriteMetrics is a metrics.Source.
func (p *Project) WriteMetrics(w *metrics.Writer) {
	for _, v := range p.Versions() {
		c := v.Calls()
		const calls, help = "galley_function_calls_total", "Calls of functions that ended, by what became of them."
		w.Counter(calls, help, float64(c.Completed), "function", v.Name, "result", "completed")
		w.Counter(calls, help, float64(c.Failed), "function", v.Name, "result", "failed")
		w.Counter(calls, help, float64(c.Limited), "function", v.Name, "result", "limited")
		w.Counter(calls, help, float64(c.Refused), "function", v.Name, "result", "refused")
		w.Gauge("galley_functions_running", "Calls of functions that run.", float64(c.Running), "function", v.Name)
		w.Histogram("galley_function_duration_seconds", "Time of a call.", v.counts.took, "function", v.Name)
	}
	s := p.Stats()
	w.Gauge("galley_function_instances", "Instances of functions.", float64(s.Live-s.Idle), "state", "busy")
	w.Gauge("galley_function_instances", "Instances of functions.", float64(s.Idle), "state", "idle")
	w.Gauge("galley_functions_waiting", "Calls that wait for an instance.", float64(s.Waiting))
	w.Counter("galley_function_instances_made_total", "Instances of functions that were made.", float64(s.Made))
}
