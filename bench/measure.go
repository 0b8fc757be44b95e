package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"time"

	"github.com/galleyhq/galley/bench/apart"
	"github.com/galleyhq/galley/bench/load"
)

// figure is what one server did on one entry; unset when it cannot do it.
type figure struct {
	set      bool
	rate     float64 // requests or rows a second
	p50, p99 time.Duration
	cpu      time.Duration // the server's process, for each request or row; 0 is unknown
}

// row is an entry as every server of one contest did it.
type row struct {
	entry
	name    string
	servers map[string]figure
}

// results are what a run measured.
type results struct {
	rows      []row
	resources []resource
}

// contest is a set of servers that are driven against each other.
type contest struct {
	prefix  string // of the names of its rows
	servers []*server
}

func (c *contest) measure(ctx context.Context, o options) ([]row, error) {
	var out []row
	for _, e := range o.entries {
		if e == helloOne && !apart.Possible() {
			fmt.Fprintf(os.Stderr, "%s: not measured: it needs Linux and two processors\n", e)
			continue
		}
		able, err := checked(e, o, c.servers)
		if err != nil {
			return nil, err
		}
		done, err := rounds(ctx, e, o, able)
		if err != nil {
			return nil, err
		}
		out = append(out, row{e, c.prefix + string(e), done})
	}
	return out, nil
}

// checked returns the servers that answer the entry rightly. Galley may refuse one
// that it does not do yet; a peer that fails is a mistake of the benchmark.
func checked(e entry, o options, servers []*server) ([]*server, error) {
	var able []*server
	for _, s := range servers {
		if s.dialect.request(e, 1, 3).Empty() {
			continue // the peer has no such entry
		}
		err := s.check(e, o)
		if err != nil && s.name != "galley" {
			return nil, fmt.Errorf("%s, %s: %w\n%s", s.name, e, err, s.log())
		}
		if err != nil {
			fmt.Fprintf(os.Stderr, "galley, %s: not measured: %v\n", e, err)
			continue
		}
		able = append(able, s)
	}
	return able, nil
}

func rounds(ctx context.Context, e entry, o options, servers []*server) (map[string]figure, error) {
	results := map[string][]load.Result{}
	cpu := map[string][]time.Duration{}
	requests := map[string][][]load.Request{}
	for _, s := range servers {
		requests[s.name] = s.requests(e, o)
	}
	if e == helloOne {
		together, err := apart.Keep(ctx, processes(servers))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", e, err)
		}
		defer together()
	}
	for round := range o.rounds {
		for i := range servers {
			s := servers[(i+round)%len(servers)]
			before := s.cpu()
			r, err := load.Run(ctx, load.Options{Addr: s.addr, Requests: requests[s.name], Warmup: o.warmup, Measure: o.measure})
			if err != nil {
				return nil, errors.Join(fmt.Errorf("%s, %s: %w\n%s", s.name, e, err, s.log()), ctx.Err())
			}
			results[s.name] = append(results[s.name], r)
			cpu[s.name] = append(cpu[s.name], (s.cpu()-before)/time.Duration(max(1, r.Answered)))
		}
	}
	out := map[string]figure{}
	for name, rs := range results {
		f := medians(e, rs)
		f.cpu = slices.Sorted(slices.Values(cpu[name]))[len(rs)/2] / time.Duration(e.rows())
		out[name] = f
	}
	return out, nil
}

func processes(servers []*server) (out []int) {
	for _, s := range servers {
		out = append(out, s.cmd.Process.Pid)
	}
	return out
}

// requests makes each connection's requests: connection c is user c modulo the
// number of users.
func (s *server) requests(e entry, o options) [][]load.Request {
	distinct := map[entry]int{pointRead: 256, queries: 256}[e]
	rnd := rand.New(rand.NewPCG(1, 2))
	out := make([][]load.Request, o.connections)
	for c := range out {
		for range max(1, distinct) {
			out[c] = append(out[c], s.dialect.request(e, c%o.users, rnd.IntN(o.rows/o.users)))
		}
	}
	return out
}

// rows is how many rows a request writes, where that is what is counted.
func (e entry) rows() int {
	if e == bulk {
		return bulkRows
	}
	return 1
}

func medians(e entry, rs []load.Result) figure {
	return figure{
		set:  true,
		rate: float64(e.rows()) * median(rs, func(r load.Result) float64 { return r.PerSecond }),
		p50:  time.Duration(median(rs, func(r load.Result) float64 { return float64(r.P50) })),
		p99:  time.Duration(median(rs, func(r load.Result) float64 { return float64(r.P99) })),
	}
}

func median(rs []load.Result, value func(load.Result) float64) float64 {
	values := make([]float64, len(rs))
	for i, r := range rs {
		values[i] = value(r)
	}
	slices.Sort(values)
	return values[len(values)/2]
}
