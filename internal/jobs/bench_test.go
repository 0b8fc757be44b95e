package jobs_test

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/jobs"
)

// BenchmarkThroughput enqueues jobs from 32 goroutines, each in a transaction of
// its own, while a node does them: jobs a second from first to last, and how long
// it took from the commit of one to its start.
func BenchmarkThroughput(b *testing.B) {
	for name, open := range map[string]func(testing.TB) *fixture{"postgres": onPostgres, "embedded": onEmbedded} {
		b.Run(name, func(b *testing.B) {
			f := open(b)
			var done atomic.Int64
			all := make(chan struct{})
			n := int64(b.N)
			f.node(f.open(), map[string]jobs.Handler{"q": func(context.Context, *jobs.Job) error {
				if done.Add(1) == n {
					close(all)
				}
				return nil
			}}, func(c *jobs.Config) { c.Lease, c.Workers = 10*time.Second, 100 })
			b.ResetTimer()
			var left atomic.Int64
			left.Store(n)
			var clients sync.WaitGroup
			for range 32 {
				clients.Go(func() {
					for left.Add(-1) >= 0 {
						if _, err := database.Exec(f.q().Query(b.Context(), database.Statement{SQL: `select galley.enqueue('q', '{"a":1}')`})); err != nil {
							b.Error(err)
							return
						}
					}
				})
			}
			clients.Wait()
			enqueued := b.Elapsed()
			<-all
			b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "jobs/s")
			b.ReportMetric(float64(n)/enqueued.Seconds(), "enqueued/s")
		})
	}
}
