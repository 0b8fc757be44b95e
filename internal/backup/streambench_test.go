package backup_test

import (
	"context"
	"flag"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/galleyhq/galley/internal/backup"
	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/database/embedded"
)

var (
	streamRound   = flag.Duration("stream-round", 2*time.Second, "length of a turn of BenchmarkStream")
	streamClients = flag.Int("stream-clients", 8, "callers at once of BenchmarkStream")
)

// BenchmarkStream tells what a continuous backup costs inserts. A database with
// one and a database without take turns, first the one and then the other, and what
// is shipped late is waited for within the turn: kept is the throughput with in that
// without, the median of the pairs of turns, as a disk that others use is slow now
// and then.
func BenchmarkStream(b *testing.B) {
	with, stream := benched(b, true)
	without, _ := benched(b, false)
	var rows int64
	var rates, plain, kept []float64
	shipped := func() float64 {
		began := time.Now()
		n := insertFor(b, with, *streamRound)
		for st := stream.Status(); st.Spooled > 0; st = stream.Status() {
			time.Sleep(time.Millisecond)
		}
		rows += n
		return float64(n) / time.Since(began).Seconds()
	}
	alone := func() float64 {
		began := time.Now()
		return float64(insertFor(b, without, *streamRound)) / time.Since(began).Seconds()
	}
	for b.Loop() {
		var x, y float64
		if len(kept)%2 == 0 {
			x, y = shipped(), alone()
		} else {
			y, x = alone(), shipped()
		}
		rates, plain, kept = append(rates, x), append(plain, y), append(kept, x/y)
	}
	for unit, list := range map[string][]float64{"rows/s-with": rates, "rows/s-without": plain, "kept": kept} {
		slices.Sort(list)
		b.ReportMetric(list[len(list)/2], unit)
	}
	b.ReportMetric(float64(stream.Status().Shipped)/float64(rows), "bytes/row")
}

func benched(b *testing.B, ships bool) (*embedded.DB, *backup.Stream) {
	b.Helper()
	dir := b.TempDir()
	config := embedded.Config{Path: filepath.Join(dir, "data.db")}
	var stream *backup.Stream
	if ships {
		var err error
		stream, err = backup.OpenStream(backup.StreamConfig{Source: backup.Source{Path: config.Path}, Place: backup.Folder(b.TempDir()), Dir: filepath.Join(dir, "spool"), BaseBytes: 1 << 40})
		if err != nil {
			b.Fatal(err)
		}
		config.Follower = stream
	}
	db, err := embedded.Open(b.Context(), config)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := db.Close(); err != nil {
			b.Error(err)
		}
		if ships {
			if err := stream.Finish(context.Background()); err != nil {
				b.Error(err)
			}
		}
	})
	if _, err := database.Exec(db.Query(b.Context(), database.Session{}, database.Statement{
		SQL: "create table notes (id bigint generated always as identity primary key, owner int, body text, made timestamptz default now())"})); err != nil {
		b.Fatal(err)
	}
	if ships {
		stream.Start()
		for stream.Status().Bases == 0 {
			time.Sleep(time.Millisecond)
		}
	}
	return db, stream
}

// insertFor inserts single rows for some time, and returns how many.
func insertFor(b *testing.B, db *embedded.DB, long time.Duration) int64 {
	b.Helper()
	end := time.Now().Add(long)
	var rows atomic.Int64
	var all sync.WaitGroup
	for range *streamClients {
		all.Go(func() {
			for n := 0; time.Now().Before(end); n++ {
				if _, err := database.Exec(db.Query(context.Background(), database.Session{}, database.Statement{
					SQL: "insert into notes (owner, body) values ($1, $2)", Args: database.Args(n, "a note of some words, as people write them into a list")})); err != nil {
					b.Error(err)
					return
				}
				rows.Add(1)
			}
		})
	}
	all.Wait()
	return rows.Load()
}
