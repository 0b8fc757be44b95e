package backup

import (
	"context"
	"flag"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/database/embedded"
	"github.com/galleyhq/galley/internal/functions/processor"
)

var (
	streamRound   = flag.Duration("stream-round", 5*time.Second, "length of a turn of BenchmarkStream")
	streamClients = flag.Int("stream-clients", 8, "callers at once of BenchmarkStream")
)

// BenchmarkStream tells what a continuous backup costs inserts. A database with
// one and a database without take turns, first the one and then the other. A turn
// with one ends when all that was inserted in it is in the place: what waits for the
// end of the interval then is shipped at once, so that the work of it counts, and no
// waiting for the clock. kept is the throughput with in that without, the median of
// the pairs of turns, as a disk that others use is slow now and then; kept-cpu the same
// by the processor time of a row.
func BenchmarkStream(b *testing.B) {
	with, stream := benched(b, true)
	without, _ := benched(b, false)
	rows := int64(0)
	rates := map[string][]float64{}
	turn := func(db *embedded.DB, ships bool) (rate, cost float64) {
		began, computed := time.Now(), processor.Process()
		n := insertFor(b, db, *streamRound)
		if ships {
			rows += n
			for stream.tick(); stream.Status().Spooled > 0; {
				time.Sleep(time.Millisecond)
			}
		}
		return float64(n) / time.Since(began).Seconds(), (processor.Process() - computed).Seconds() / float64(n)
	}
	for first := true; b.Loop(); first = !first {
		var x, y, costX, costY float64
		if first {
			x, costX = turn(with, true)
			y, costY = turn(without, false)
		} else {
			y, costY = turn(without, false)
			x, costX = turn(with, true)
		}
		for unit, value := range map[string]float64{"rows/s-with": x, "rows/s-without": y, "kept": x / y, "kept-cpu": costY / costX} {
			rates[unit] = append(rates[unit], value)
		}
	}
	for unit, list := range rates {
		slices.Sort(list)
		b.ReportMetric(list[len(list)/2], unit)
	}
	b.ReportMetric(float64(stream.Status().Shipped)/float64(rows), "bytes/row")
}

func benched(b *testing.B, ships bool) (*embedded.DB, *Stream) {
	b.Helper()
	dir := b.TempDir()
	config := embedded.Config{Path: filepath.Join(dir, "data.db")}
	var stream *Stream
	if ships {
		var err error
		stream, err = OpenStream(StreamConfig{Source: Source{Path: config.Path}, Place: Folder(b.TempDir()), Dir: filepath.Join(dir, "spool"), BaseBytes: 1 << 40})
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
