// Command bench measures Galley beside two peers that store the same tables: a
// server written by hand for them (cmd/handwritten) and PocketBase
// (cmd/pocketbase). README.md says what is measured and how.
//
//	bench -galley ../bin/galley -peers DIR [-own DIR] [-postgres URL] [-quick] [-only ENTRY]… [-out results.json]
//
// The servers run at the same time and are driven one after the other, in
// alternating order; each figure is the median of the rounds.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"syscall"
	"time"
)

// options say how much to measure.
type options struct {
	rows, users, connections int
	rounds                   int
	warmup, measure          time.Duration
	entries                  []entry
	resources                bool // not only entries
	shop                     bool // nothing but the shop
	jobs, dueJobs            int  // in a round of the queue's benchmarks
	refreshes                int  // in a round
	database                 int  // bytes to back up, at least
}

var (
	full = options{rows: 20_000, users: 20, connections: 32, rounds: 5, warmup: 500 * time.Millisecond, measure: 2 * time.Second,
		jobs: 20_000, dueJobs: 1000, refreshes: 10_000, database: 1 << 30}
	quick = options{rows: 20_000, users: 20, connections: 32, rounds: 3, warmup: 150 * time.Millisecond, measure: 500 * time.Millisecond,
		jobs: 4000, dueJobs: 200, refreshes: 3000, database: 96 << 20}
)

func main() {
	galley := flag.String("galley", "../bin/galley", "Galley's binary; empty to measure the peers alone")
	own := flag.String("own", "", "folder of the compiled benchmarks of Galley's packages; empty to leave them out")
	peers := flag.String("peers", "", "folder of the peers' binaries, handwritten and pocketbase")
	postgres := flag.String("postgres", os.Getenv("GALLEY_TEST_DATABASE_URL"), "a superuser's URL of a PostgreSQL server")
	var only []entry
	short := flag.Bool("quick", false, "measure for a shorter time")
	flag.Func("only", "an entry to measure, as it is named in the table; may be given again", func(name string) error {
		if !slices.Contains(entries, entry(name)) {
			return fmt.Errorf("the entries are %q", entries)
		}
		only = append(only, entry(name))
		return nil
	})
	shop := flag.Bool("shop", false, "measure the shop alone")
	out := flag.String("out", "results.json", "file to write the figures to")
	flag.Parse()
	o := full
	if *short {
		o = quick
	}
	if o.entries, o.shop = only, *shop; only == nil && !*shop {
		o.entries, o.resources = entries, true
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, o, binaries{*galley, *peers}, ownBenchmarks{*own, *postgres}, *out); err != nil {
		stop()
		log.Fatalf("bench: %v", err)
	}
}

func run(ctx context.Context, o options, b binaries, own ownBenchmarks, out string) error {
	dir, err := os.MkdirTemp("", "galley-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if own.postgres == "" {
		fmt.Fprintln(os.Stderr, "bench: no PostgreSQL server is given: nothing on it is measured")
	}
	all, err := contests(ctx, o, b, own.postgres, dir)
	if err != nil {
		return err
	}
	if o.resources || o.shop {
		more, err := shops(ctx, o, b, own.postgres, dir)
		if err != nil {
			return err
		}
		all.resources = append(all.resources, more...)
	}
	if o.resources {
		more, err := own.measure(ctx, o)
		if err != nil {
			return err
		}
		all.resources = append(all.resources, more...)
	}
	printTable(os.Stdout, o, all)
	return writeResults(out, all)
}

// contests measures the entries on each engine.
func contests(ctx context.Context, o options, b binaries, postgres, dir string) (results, error) {
	if o.shop {
		return results{}, nil
	}
	all, err := compete(ctx, o, embedded(b), filepath.Join(dir, "embedded"))
	if err != nil || postgres == "" {
		return all, err
	}
	more, err := onPostgres(ctx, o, b, postgres, filepath.Join(dir, "postgres"))
	return results{append(all.rows, more.rows...), append(all.resources, more.resources...)}, err
}

// binaries are the programs to start: ours, empty to measure the peers alone, and
// the folder of the peers'.
type binaries struct{ galley, peers string }

func (b binaries) peer(name string) string { return filepath.Join(b.peers, name) }

// embedded are the servers that keep their data in a file.
func embedded(b binaries) *contest {
	c := &contest{servers: []*server{
		{name: "handwritten", dialect: &handwrittenDialect{binary: b.peer("handwritten")}},
		{name: "pocketbase", dialect: &pocketbaseDialect{binary: b.peer("pocketbase")}},
	}}
	if b.galley != "" {
		c.servers = append(c.servers, &server{name: "galley", dialect: &galleyDialect{binary: b.galley}})
	}
	return c
}

// compete starts the servers of a contest, one after the other, and measures them.
func compete(ctx context.Context, o options, c *contest, dir string) (results, error) {
	for _, s := range c.servers {
		defer s.stop()
		if err := s.start(ctx, filepath.Join(dir, s.name), o); err != nil {
			return results{}, fmt.Errorf("%s: %w\n%s", s.name, err, s.log())
		}
	}
	rows, err := c.measure(ctx, o)
	if err != nil {
		return results{}, err
	}
	all := results{rows: rows}
	if share, ok := shareOfREST(c.prefix, rows); ok {
		all.resources = append(all.resources, share)
	}
	if !o.resources {
		return all, nil
	}
	more, err := resources(ctx, o, c)
	all.resources = append(all.resources, more...)
	return all, err
}
