package load

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"
)

// Options describe a run.
type Options struct {
	Addr string
	// Requests holds one list for each connection, which sends its list again and
	// again, one request after the answer to the one before.
	Requests [][]Request
	// Warmup is driven and not measured.
	Warmup  time.Duration
	Measure time.Duration
}

// Result is what a run measured.
type Result struct {
	PerSecond float64 // answered requests
	Answered  int     // requests answered in all, with those of the warm-up
	P50, P99  time.Duration
}

// Run drives the server. Any answer but a 2xx ends it with an error.
func Run(ctx context.Context, o Options) (Result, error) {
	start := time.Now().Add(o.Warmup)
	end := start.Add(o.Measure)
	took := make([][]time.Duration, len(o.Requests))
	answered := make([]int, len(o.Requests))
	errs := make([]error, len(o.Requests))
	var wg sync.WaitGroup
	for i, requests := range o.Requests {
		wg.Go(func() { took[i], answered[i], errs[i] = drive(ctx, o.Addr, requests, start, end) })
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		return Result{}, err
	}
	r, err := summarize(slices.Concat(took...), o.Measure)
	for _, n := range answered {
		r.Answered += n
	}
	return r, err
}

// drive runs one connection and returns how long each request took that was
// answered between start and end, and how many it sent in all.
func drive(ctx context.Context, addr string, requests []Request, start, end time.Time) ([]time.Duration, int, error) {
	c, err := dial(ctx, addr)
	if err != nil {
		return nil, 0, err
	}
	defer c.Close()
	_ = c.SetDeadline(end.Add(30 * time.Second))
	var took []time.Duration
	for i := 0; ctx.Err() == nil; i++ {
		sent := time.Now()
		status, err := c.status(requests[i%len(requests)])
		if err != nil {
			return nil, i, err
		}
		if status < 200 || status > 299 {
			return nil, i, fmt.Errorf("status %d", status)
		}
		answered := time.Now()
		if answered.After(end) {
			return took, i + 1, nil
		}
		if answered.After(start) {
			took = append(took, answered.Sub(sent))
		}
	}
	return nil, 0, ctx.Err()
}

func summarize(took []time.Duration, measured time.Duration) (Result, error) {
	if len(took) == 0 {
		return Result{}, errors.New("no request was answered in time")
	}
	slices.Sort(took)
	return Result{
		PerSecond: float64(len(took)) / measured.Seconds(),
		P50:       took[len(took)/2],
		P99:       took[len(took)*99/100],
	}, nil
}
