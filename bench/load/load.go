package load

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
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
	return run(ctx, o, drive)
}

// driver drives each client by a connection, until all have ended.
type driver func(context.Context, []net.Conn, []*client) error

// run has a driver drive the server. Time begins when all connections are open.
func run(ctx context.Context, o Options, drive driver) (Result, error) {
	conns, err := dialAll(ctx, o.Addr, len(o.Requests))
	defer closeAll(conns)
	if err != nil {
		return Result{}, err
	}
	start := time.Now().Add(o.Warmup)
	end := start.Add(o.Measure)
	clients := make([]*client, len(o.Requests))
	for i, requests := range o.Requests {
		clients[i] = &client{requests: requests, start: start, end: end}
	}
	if err := drive(ctx, conns, clients); err != nil {
		return Result{}, err
	}
	var took []time.Duration
	answered := 0
	for _, c := range clients {
		took = append(took, c.took...)
		answered += c.answered
	}
	return summarize(took, answered, o.Measure)
}

// client is what one connection sends and has measured.
type client struct {
	requests   []Request
	start, end time.Time
	answered   int
	sent       time.Time       // when the last request was sent
	took       []time.Duration // of the requests answered between start and end
}

// next is the request to send now.
func (c *client) next(now time.Time) Request {
	c.sent = now
	return c.requests[c.answered%len(c.requests)]
}

// answer takes the status of an answer that is whole since now, and says whether
// there is a request to follow.
func (c *client) answer(status int, now time.Time) (bool, error) {
	if status < 200 || status > 299 {
		return false, fmt.Errorf("status %d", status)
	}
	c.answered++
	if now.After(c.end) {
		return false, nil
	}
	if now.After(c.start) {
		c.took = append(c.took, now.Sub(c.sent))
	}
	return true, nil
}

func summarize(took []time.Duration, answered int, measured time.Duration) (Result, error) {
	if len(took) == 0 {
		return Result{}, errors.New("no request was answered in time")
	}
	slices.Sort(took)
	return Result{
		PerSecond: float64(len(took)) / measured.Seconds(),
		Answered:  answered,
		P50:       took[len(took)/2],
		P99:       took[len(took)*99/100],
	}, nil
}
