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

// The ways to insert a row in a transaction of its own, and a job along with it.
const (
	insertSQL  = "insert into public.things (name) values ('a thing')"
	enqueueSQL = `select galley.enqueue('q', '{"a":1}')`
	bothSQL    = `with o as (insert into public.things (name) values ('a thing') returning id) select galley.enqueue('q', jsonb_build_object('a', o.id)) from o`
)

// BenchmarkEnqueueShare compares inserts alone with inserts whose transaction also
// enqueues a job, by a statement of its own or by the same one. They take turns, so
// that a busy machine makes all slower, and the median of the turns counts.
func BenchmarkEnqueueShare(b *testing.B) {
	for name, open := range map[string]func(testing.TB) *fixture{"postgres": onPostgres, "embedded": onEmbedded} {
		for suffix, clients := range map[string]int{"": 32, "-alone": 1} {
			b.Run(name+suffix, func(b *testing.B) {
				f := open(b)
				f.rows("create table public.things (id bigint generated always as identity primary key, name text, at timestamptz default now())")
				turn := max(1, b.N/shareTurns)
				ways := [][]string{{insertSQL}, {insertSQL, enqueueSQL}, {bothSQL}}
				var all time.Duration
				added := make([][]float64, len(ways))
				for i := range shareTurns {
					took := make([]time.Duration, len(ways))
					for k := range ways {
						way := (i + k) % len(ways)
						took[way] = inserts(b, f.db, clients, turn, ways[way])
					}
					all += took[0]
					for k, t := range took {
						added[k] = append(added[k], 100*(t-took[0]).Seconds()/took[0].Seconds())
					}
				}
				b.ReportMetric(float64(turn*shareTurns)/all.Seconds(), "inserts/s")
				b.ReportMetric(middle(added[1]), "added-%")
				b.ReportMetric(middle(added[2]), "added-by-one-%")
			})
		}
	}
}

const shareTurns = 50

func middle(list []float64) float64 {
	slices.Sort(list)
	return list[len(list)/2]
}

// inserts has clients run n transactions of some statements.
func inserts(b *testing.B, db database.DB, clients, n int, statements []string) time.Duration {
	var running sync.WaitGroup
	var left atomic.Int64
	left.Store(int64(n))
	start := time.Now()
	for range clients {
		running.Go(func() {
			for left.Add(-1) >= 0 {
				if err := transaction(b.Context(), db, statements); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	running.Wait()
	return time.Since(start)
}

func transaction(ctx context.Context, db database.DB, statements []string) error {
	return database.InTx(ctx, db, database.Session{}, database.TxOptions{}, func(tx database.Tx) error {
		for _, sql := range statements {
			if _, err := database.Exec(tx.Query(ctx, database.Statement{SQL: sql})); err != nil {
				return err
			}
		}
		return nil
	})
}
