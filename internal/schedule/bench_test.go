package schedule_test

import (
	"context"
	"log/slog"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/jobs"
	"github.com/galleyhq/galley/internal/migrate"
	"github.com/galleyhq/galley/internal/schedule"
)

// BenchmarkDueToStarted measures from a due time, by the database's clock, to the
// beginning of the handler: of b.N runs of ten schedules that are due every second.
// Run it with -benchtime 100x or so: it takes a second for ten.
func BenchmarkDueToStarted(b *testing.B) {
	for name, open := range map[string]func(testing.TB) *fixture{"postgres": onPostgres, "embedded": onEmbedded} {
		b.Run(name, func(b *testing.B) {
			f := open(b)
			parts := []migrate.Part{{Name: "jobs", Steps: jobs.Schema(f.db.Engine())}, {Name: "schedules", Steps: schedule.Schema()}}
			if err := migrate.Own(b.Context(), f.db, parts...); err != nil {
				b.Fatal(err)
			}
			var mu sync.Mutex
			started := map[int64]time.Time{}
			enough := make(chan struct{})
			client, err := jobs.New(jobs.Config{DB: f.open(), Logger: slog.New(slog.DiscardHandler), Handlers: map[string]jobs.Handler{
				"k": func(_ context.Context, j *jobs.Job) error {
					mu.Lock()
					defer mu.Unlock()
					if started[j.ID] = time.Now(); len(started) == b.N {
						close(enough)
					}
					return nil
				}}})
			if err != nil {
				b.Fatal(err)
			}
			client.Start()
			for range 10 {
				if _, err := (schedule.Manager{DB: f.db}).Create(b.Context(), schedule.Spec{Name: time.Now().String(), Expression: "1 second", Queue: "q", Kind: "k"}); err != nil {
					b.Fatal(err)
				}
			}
			b.ResetTimer()
			f.keeper()
			<-enough
			b.StopTimer()
			_ = client.Stop(context.Background())
			late := lateness(b, f, started)
			b.ReportMetric(float64(late[len(late)/2].Microseconds())/1000, "p50-ms")
			b.ReportMetric(float64(late[len(late)*99/100].Microseconds())/1000, "p99-ms")
		})
	}
}

func lateness(b *testing.B, f *fixture, started map[int64]time.Time) []time.Duration {
	b.Helper()
	rows, err := database.Collect(f.db.Query(b.Context(), database.Session{}, database.Statement{
		SQL: "select job, (extract(epoch from due_at) * 1000000)::bigint from galley.schedule_runs"}))
	if err != nil {
		b.Fatal(err)
	}
	var list []time.Duration
	for _, r := range rows {
		var job, due int64
		if job, err = strconv.ParseInt(*r[0], 10, 64); err == nil {
			due, err = strconv.ParseInt(*r[1], 10, 64)
		}
		if err != nil {
			b.Fatal(err)
		}
		if at, ok := started[job]; ok {
			list = append(list, at.Sub(time.UnixMicro(due)))
		}
	}
	slices.Sort(list)
	return list
}
