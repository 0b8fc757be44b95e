// Command bench measures Galley beside two peers that store the same table: a
// server written by hand for it (cmd/handwritten) and PocketBase
// (cmd/pocketbase). README.md says what is measured and how.
//
//	bench -galley ../bin/galley -peers DIR [-quick] [-out results.json]
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
	"syscall"
	"time"
)

// options say how much to measure.
type options struct {
	rows, users, connections int
	rounds                   int
	warmup, measure          time.Duration
}

var (
	full  = options{rows: 20_000, users: 20, connections: 32, rounds: 5, warmup: 500 * time.Millisecond, measure: 2 * time.Second}
	quick = options{rows: 20_000, users: 20, connections: 32, rounds: 3, warmup: 150 * time.Millisecond, measure: 500 * time.Millisecond}
)

func main() {
	galley := flag.String("galley", "../bin/galley", "Galley's binary; empty to measure the peers alone")
	peers := flag.String("peers", "", "folder of the peers' binaries, handwritten and pocketbase")
	short := flag.Bool("quick", false, "measure for a shorter time")
	out := flag.String("out", "results.json", "file to write the figures to")
	flag.Parse()
	o := full
	if *short {
		o = quick
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, o, *galley, *peers, *out); err != nil {
		stop()
		log.Fatalf("bench: %v", err)
	}
}

func run(ctx context.Context, o options, galley, peers, out string) error {
	dir, err := os.MkdirTemp("", "galley-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	servers := []*server{
		{name: "handwritten", dialect: &handwrittenDialect{binary: filepath.Join(peers, "handwritten")}},
		{name: "pocketbase", dialect: &pocketbaseDialect{binary: filepath.Join(peers, "pocketbase")}},
	}
	if galley != "" {
		servers = append(servers, &server{name: "galley", dialect: &galleyDialect{binary: galley}})
	}
	for _, s := range servers {
		defer s.stop()
		if err := s.start(ctx, filepath.Join(dir, s.name), o); err != nil {
			return fmt.Errorf("%s: %w\n%s", s.name, err, s.log())
		}
	}
	figures, err := measure(ctx, o, servers)
	if err != nil {
		return err
	}
	printTable(os.Stdout, o, figures)
	return writeResults(out, figures)
}
