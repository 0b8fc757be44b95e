package pool

import (
	"slices"
	"time"
)

// The functions of this file are called with the pool's lock held.

func (g *Group) takeIdle() (Instance, bool) {
	if len(g.idle) == 0 {
		return nil, false
	}
	last := len(g.idle) - 1
	i := g.idle[last].Instance
	g.idle[last] = rested{}
	g.idle = g.idle[:last]
	g.pool.stats.Idle--
	return i, true
}

// mayMake tells whether there is room for another instance of the group, maybe in
// the place of an idle one of another.
func (g *Group) mayMake() bool {
	p := g.pool
	return g.live < p.config.PerGroup && (p.stats.Live < p.config.Total || p.stats.Idle > len(g.idle))
}

// begin takes a place for an instance, and returns what had to leave for it.
func (g *Group) begin() (evicted []Instance) {
	p := g.pool
	if p.stats.Live >= p.config.Total {
		evicted = p.evict()
	}
	g.live++
	p.stats.Live++
	p.stats.Made++
	p.groups[g] = struct{}{}
	return evicted
}

// evict takes the instance that has been idle for the longest from its group.
func (p *Pool) evict() []Instance {
	var oldest *Group
	for g := range p.groups {
		if len(g.idle) > 0 && (oldest == nil || g.idle[0].since.Before(oldest.idle[0].since)) {
			oldest = g
		}
	}
	if oldest == nil {
		return nil
	}
	i := oldest.idle[0].Instance
	oldest.idle = slices.Delete(oldest.idle, 0, 1)
	p.stats.Idle--
	oldest.gone()
	return []Instance{i}
}

// gone counts an instance out that is not there any more.
func (g *Group) gone() {
	g.live--
	g.pool.stats.Live--
	g.pool.stats.Closed++
	g.forget()
}

// end gives the place of an instance that is gone to who waits for one.
func (g *Group) end() {
	g.gone()
	if first := g.pool.longestWaiting(); first != nil {
		first.grant()
	}
}

// grant lets the first waiter of a group make an instance.
func (g *Group) grant() {
	w := g.next()
	g.begin()
	w.ready <- nil
}

// longestWaiting is the group with room of its own whose first waiter came first.
func (p *Pool) longestWaiting() *Group {
	var first *Group
	if p.stats.Live >= p.config.Total {
		return nil
	}
	for g := range p.groups {
		if len(g.waiting) == 0 || g.live >= p.config.PerGroup {
			continue
		}
		if first == nil || g.waiting[0].since.Before(first.waiting[0].since) {
			first = g
		}
	}
	return first
}

// yields tells whether a group must leave the place of a free instance to another,
// whose first waiter came before its own.
func (g *Group) yields() bool {
	p := g.pool
	if p.stats.Waiting == len(g.waiting) || p.stats.Live < p.config.Total {
		return false
	}
	for other := range p.groups {
		if other != g && len(other.waiting) > 0 && other.live < p.config.PerGroup &&
			(len(g.waiting) == 0 || other.waiting[0].since.Before(g.waiting[0].since)) {
			return true
		}
	}
	return false
}

// next takes the first waiter out of the queue.
func (g *Group) next() *waiter {
	w := g.waiting[0]
	g.waiting = slices.Delete(g.waiting, 0, 1)
	g.pool.stats.Waiting--
	return w
}

// dropIdle takes the instances that have been idle since before a time, or all for
// the zero time.
func (g *Group) dropIdle(before time.Time) []Instance {
	var out []Instance
	for len(g.idle) > 0 && (before.IsZero() || g.idle[0].since.Before(before)) {
		out = append(out, g.idle[0].Instance)
		g.idle = slices.Delete(g.idle, 0, 1)
		g.pool.stats.Idle--
	}
	for range out {
		g.gone()
	}
	return out
}

// forget drops a group that nothing is known of.
func (g *Group) forget() {
	if g.live == 0 && len(g.waiting) == 0 {
		delete(g.pool.groups, g)
	}
}

// sweepIdle closes what nobody wanted for a while, and comes back as long as there
// is something to look after.
func (p *Pool) sweepIdle() {
	p.mu.Lock()
	var out []Instance
	before := time.Now().Add(-p.config.Idle)
	for g := range p.groups {
		out = append(out, g.dropIdle(before)...)
	}
	p.sweep = nil
	if p.stats.Idle > 0 && !p.closed {
		p.sweep = time.AfterFunc(p.config.Idle/2+time.Millisecond, p.sweepIdle)
	}
	p.mu.Unlock()
	closeAll(out)
}

func closeAll(list []Instance) {
	for _, i := range list {
		i.Close()
	}
}
