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
// that both see the same machine. An app sends its transaction statement by
// statement, or calls a function that holds it.
func BenchmarkEnqueueShare(b *testing.B) {
	for name, open := range map[string]func(testing.TB) *fixture{"postgres": onPostgres, "embedded": onEmbedded} {
		for form, insert := range map[string]func(context.Context, database.DB, bool) error{"statements": insertThing, "function": callThing} {
			if form == "function" && name == "embedded" {
				continue // there a function that enqueues is called by a statement of its own
			}
			b.Run(name+"/"+form, func(b *testing.B) {
				f := open(b)
				f.rows("create table public.things (id bigint generated always as identity primary key, name text, at timestamptz default now())")
				if form == "function" {
					f.rows("create function public.add(name text) returns bigint language sql security definer as $$ insert into public.things (name) values ($1) returning id $$")
					f.rows(`create function public.add_and_tell(name text) returns bigint language sql security definer as $$
						insert into public.things (name) values ($1); select galley.enqueue('q', '{"a":1}') $$`)
				}
				var took [2]time.Duration
				for round := range 2 * shareRounds {
					with := round % 2
					took[with] += inserts(b, f.db, max(1, b.N/shareRounds), with == 1, insert)
				}
				n := float64(shareRounds * max(1, b.N/shareRounds))
				b.ReportMetric(n/took[0].Seconds(), "inserts/s")
				b.ReportMetric(n/took[1].Seconds(), "with-job/s")
				b.ReportMetric(100*(took[1]-took[0]).Seconds()/took[0].Seconds(), "added-%")
			})
		}
	}
}

const shareRounds = 10

// inserts has 32 goroutines insert n rows.
func inserts(b *testing.B, db database.DB, n int, with bool, insert func(context.Context, database.DB, bool) error) time.Duration {
	var clients sync.WaitGroup
	var left atomic.Int64
	left.Store(int64(n))
	start := time.Now()
	for range 32 {
		clients.Go(func() {
			for left.Add(-1) >= 0 {
				if err := insert(b.Context(), db, with); err != nil {
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

// callThing does the same by one call of a function.
func callThing(ctx context.Context, db database.DB, enqueue bool) error {
	sql := "select public.add('a thing')"
	if enqueue {
		sql = "select public.add_and_tell('a thing')"
	}
	_, err := database.Exec(db.Query(ctx, database.Session{}, database.Statement{SQL: sql}))
	return err
}
