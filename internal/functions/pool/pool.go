// Package pool keeps the instances of functions: how many there are at once, who
// waits for one, and when they are closed.
//
//	p := pool.New(pool.Config{Total: 32, PerGroup: 16})
//	g := p.Group(makeInstance)      // one version of one function
//	i, err := g.Acquire(ctx)        // an idle one, a new one, or the next that is free
//	defer g.Release(i, keep)
//
// An instance serves one caller at a time and never leaves its group.
package pool

import (
	"context"
	"errors"
	"sync"
	"time"
)

// Instance is what is kept.
type Instance interface{ Close() }

// Config bounds a pool. Zero values have defaults.
type Config struct {
	Total    int           // instances of all groups; 32
	PerGroup int           // 16
	Queue    int           // callers that may wait, of all groups; 1000
	Wait     time.Duration // that one waits at most; 10 s
	Idle     time.Duration // after which an instance that nobody wants is closed; 1 min
}

func (c Config) withDefaults() Config {
	number := func(n *int, otherwise int) {
		if *n <= 0 {
			*n = otherwise
		}
	}
	number(&c.Total, 32)
	number(&c.PerGroup, 16)
	number(&c.Queue, 1000)
	if c.Wait <= 0 {
		c.Wait = 10 * time.Second
	}
	if c.Idle <= 0 {
		c.Idle = time.Minute
	}
	return c
}

// ErrBusy is for a caller that nobody had an instance for: too many waited already,
// or it took too long.
var ErrBusy = errors.New("all instances are busy")

// ErrClosed is for a caller who came after the end of the pool or of the group.
var ErrClosed = errors.New("the pool is closed")

// Stats is what a pool has done, and what it has.
type Stats struct {
	Live, Idle, Waiting   int
	Made, Closed, Refused int64
}

// Pool is the instances of all groups.
type Pool struct {
	config Config

	mu     sync.Mutex
	groups map[*Group]struct{} // that have instances or callers that wait
	stats  Stats
	closed bool
	sweep  *time.Timer // set while there are idle instances
}

// New returns a pool without instances.
func New(c Config) *Pool {
	return &Pool{config: c.withDefaults(), groups: map[*Group]struct{}{}}
}

// Group is the instances that may stand for each other.
type Group struct {
	pool *Pool
	make func(context.Context) (Instance, error)

	live    int
	idle    []rested // the one used last at the end
	waiting []*waiter
	retired bool
}

type rested struct {
	Instance
	since time.Time
}

// waiter is a caller that waits. What it gets is an instance, or none and the right
// to make one.
type waiter struct {
	ready chan Instance
	since time.Time
}

// Group returns a group without instances; make makes one.
func (p *Pool) Group(make func(context.Context) (Instance, error)) *Group {
	return &Group{pool: p, make: make}
}

// Acquire returns an instance for the caller alone, who gives it back by Release.
// Errors: ErrBusy, ErrClosed once the pool is closed, those of making one, and that
// of ctx.
func (g *Group) Acquire(ctx context.Context) (Instance, error) {
	p := g.pool
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return nil, ErrClosed
	}
	if i, ok := g.takeIdle(); ok {
		p.mu.Unlock()
		return i, nil
	}
	if g.mayMake() {
		evicted := g.begin()
		p.mu.Unlock()
		closeAll(evicted)
		return g.new(ctx)
	}
	if p.stats.Waiting >= p.config.Queue {
		p.stats.Refused++
		p.mu.Unlock()
		return nil, ErrBusy
	}
	w := &waiter{ready: make(chan Instance, 1), since: time.Now()}
	g.waiting = append(g.waiting, w)
	p.groups[g] = struct{}{}
	p.stats.Waiting++
	p.mu.Unlock()
	return g.wait(ctx, w)
}

func (g *Group) wait(ctx context.Context, w *waiter) (Instance, error) {
	timer := time.NewTimer(g.pool.config.Wait)
	defer timer.Stop()
	var err error
	select {
	case i := <-w.ready:
		return g.given(ctx, i)
	case <-ctx.Done():
		err = ctx.Err()
	case <-timer.C:
		err = ErrBusy
	}
	if g.leave(w) {
		return nil, err
	}
	i := <-w.ready // it came in the same moment
	return g.given(ctx, i)
}

// given is what a waiter does with what it was given.
func (g *Group) given(ctx context.Context, i Instance) (Instance, error) {
	if i != nil {
		return i, nil
	}
	return g.new(ctx)
}

// leave takes a waiter out of the queue, unless it has been served.
func (g *Group) leave(w *waiter) bool {
	p := g.pool
	p.mu.Lock()
	defer p.mu.Unlock()
	for i, other := range g.waiting {
		if other == w {
			g.waiting = append(g.waiting[:i], g.waiting[i+1:]...)
			p.stats.Waiting--
			p.stats.Refused++
			g.forget()
			return true
		}
	}
	return false
}

// new makes an instance, whose place is taken already.
func (g *Group) new(ctx context.Context) (Instance, error) {
	ok := false
	defer func() { // a panic of make must not keep the place
		if !ok {
			g.pool.mu.Lock()
			g.end()
			g.pool.mu.Unlock()
		}
	}()
	i, err := g.make(ctx)
	if err != nil {
		return nil, err
	}
	ok = true
	return i, nil
}

// Release gives an instance back: for another caller, or to be closed when keep is
// false.
func (g *Group) Release(i Instance, keep bool) {
	p := g.pool
	p.mu.Lock()
	keep = keep && !g.retired && !p.closed && !g.yields()
	switch {
	case keep && len(g.waiting) > 0:
		g.next().ready <- i
		p.mu.Unlock()
		return
	case keep:
		g.idle = append(g.idle, rested{i, time.Now()})
		p.stats.Idle++
		p.groups[g] = struct{}{}
		if p.sweep == nil {
			p.sweep = time.AfterFunc(p.config.Idle, p.sweepIdle)
		}
		p.mu.Unlock()
		return
	}
	p.mu.Unlock()
	i.Close() // before its place is given away, so that the bound holds
	p.mu.Lock()
	g.end()
	p.mu.Unlock()
}

// Retire closes the idle instances of a group, and each of the others once it is
// given back: there is a newer version of the function. Callers that wait are still
// served.
func (g *Group) Retire() {
	p := g.pool
	p.mu.Lock()
	g.retired = true
	idle := g.dropIdle(time.Time{})
	p.mu.Unlock()
	closeAll(idle)
}

// Close closes the idle instances of all groups, and each of the others once it is
// given back. Callers that wait go on waiting for those.
func (p *Pool) Close() {
	p.mu.Lock()
	p.closed = true
	var idle []Instance
	for g := range p.groups {
		idle = append(idle, g.dropIdle(time.Time{})...)
	}
	if p.sweep != nil {
		p.sweep.Stop()
		p.sweep = nil
	}
	p.mu.Unlock()
	closeAll(idle)
}

// Stats tells of the pool now.
func (p *Pool) Stats() Stats {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.stats
}

// Live is how many instances a group has.
func (g *Group) Live() int {
	g.pool.mu.Lock()
	defer g.pool.mu.Unlock()
	return g.live
}
