package jobs_test

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/jobs"
)

// BenchmarkDue measures from when a job may begin to when it does, of jobs whose
// times are 10 ms apart, by the one clock of this machine.
func BenchmarkDue(b *testing.B) {
	for name, open := range map[string]func(testing.TB) *fixture{"postgres": onPostgres, "embedded": onEmbedded} {
		b.Run(name, func(b *testing.B) {
			f := open(b)
			begin := time.Now().Add(2 * time.Second)
			late := make(chan time.Duration, b.N)
			f.node(f.open(), handlers(func(_ context.Context, j *jobs.Job) error {
				late <- time.Since(begin.Add(time.Duration(j.ID) * 10 * time.Millisecond))
				return nil
			}), nil)
			for i := range b.N {
				f.enqueue(jobs.Spec{Queue: "q", RunAt: begin.Add(time.Duration(i+1) * 10 * time.Millisecond)})
			}
			list := make([]time.Duration, b.N)
			for i := range list {
				list[i] = <-late
			}
			slices.Sort(list)
			b.ReportMetric(float64(list[len(list)/2].Microseconds())/1000, "p50-ms")
			b.ReportMetric(float64(list[len(list)*99/100].Microseconds())/1000, "p99-ms")
		})
	}
}

// BenchmarkEnqueueShare compares inserts alone with inserts whose transaction also
// enqueues a job, from 32 goroutines; no node does the jobs. The two take turns, so
// that both see the same machine, and each turn is set against its neighbour: a busy
// moment spoils one pair, not the median.
func BenchmarkEnqueueShare(b *testing.B) {
	for name, open := range map[string]func(testing.TB) *fixture{"postgres": onPostgres, "embedded": onEmbedded} {
		b.Run(name, func(b *testing.B) {
			f := open(b)
			f.rows("create table public.things (id bigint generated always as identity primary key, name text, at timestamptz default now())")
			turn := max(1, b.N/shareTurns)
			var all time.Duration
			var added []float64
			for i := range shareTurns {
				first := inserts(b, f.db, turn, i%2 == 1)
				second := inserts(b, f.db, turn, i%2 == 0)
				if i%2 == 1 {
					first, second = second, first
				}
				all += first
				added = append(added, 100*(second-first).Seconds()/first.Seconds())
			}
			slices.Sort(added)
			b.ReportMetric(float64(turn*shareTurns)/all.Seconds(), "inserts/s")
			b.ReportMetric(added[len(added)/2], "added-%")
		})
	}
}

const shareTurns = 50

// inserts has 32 goroutines insert n rows, and a job with each or none.
func inserts(b *testing.B, db database.DB, n int, with bool) time.Duration {
	var clients sync.WaitGroup
	var left atomic.Int64
	left.Store(int64(n))
	start := time.Now()
	for range 32 {
		clients.Go(func() {
			for left.Add(-1) >= 0 {
				if err := insertThing(b.Context(), db, with); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	clients.Wait()
	return time.Since(start)
}

// insertThing inserts a row in a transaction of its own, as an app does that has a
// job to go with it.
func insertThing(ctx context.Context, db database.DB, enqueue bool) error {
	return database.InTx(ctx, db, database.Session{}, database.TxOptions{}, func(tx database.Tx) error {
		_, err := database.Exec(tx.Query(ctx, database.Statement{SQL: "insert into public.things (name) values ('a thing')"}))
		if err == nil && enqueue {
			_, err = database.Exec(tx.Query(ctx, database.Statement{SQL: `select galley.enqueue('q', '{"a":1}')`}))
		}
		return err
	})
}
