package pool

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

type fake struct {
	group  string
	closed atomic.Bool
	users  atomic.Int32
	live   *atomic.Int64
}

func (f *fake) Close() {
	if f.closed.Swap(true) {
		panic("closed twice")
	}
	f.live.Add(-1)
}

// counted is a pool whose instances are counted.
type counted struct {
	*Pool
	live, most atomic.Int64
}

func newCounted(c Config) *counted { return &counted{Pool: New(c)} }

func (c *counted) group(name string) *Group {
	return c.Group(func(context.Context) (Instance, error) {
		n := c.live.Add(1)
		for {
			most := c.most.Load()
			if n <= most || c.most.CompareAndSwap(most, n) {
				break
			}
		}
		return &fake{group: name, live: &c.live}, nil
	})
}

func acquire(t *testing.T, g *Group) Instance {
	t.Helper()
	i, err := g.Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return i
}

func TestReuse(t *testing.T) {
	p := newCounted(Config{})
	g, other := p.group("a"), p.group("b")
	first := acquire(t, g)
	g.Release(first, true)
	if again := acquire(t, g); again != first {
		t.Error("an idle instance is not used again")
	}
	if i := acquire(t, other); i == first || i.(*fake).group != "b" {
		t.Error("an instance was used by another group")
	}
	g.Release(first, false)
	if !first.(*fake).closed.Load() {
		t.Error("an instance that is not kept stays open")
	}
	if s := p.Stats(); s.Live != 1 || s.Idle != 0 || s.Made != 2 || s.Closed != 1 {
		t.Errorf("stats %+v", s)
	}
}

func TestQueueIsServedInOrder(t *testing.T) {
	p := newCounted(Config{PerGroup: 1, Wait: time.Minute})
	g := p.group("a")
	i := acquire(t, g)
	var order []int
	var mu sync.Mutex
	var wg sync.WaitGroup
	for n := range 5 {
		wg.Go(func() {
			i := acquire(t, g)
			mu.Lock()
			order = append(order, n)
			mu.Unlock()
			g.Release(i, n%2 == 0) // some have to be made anew
		})
		waitFor(t, func() bool { return p.Stats().Waiting == n+1 })
	}
	g.Release(i, true)
	wg.Wait()
	for n, got := range order {
		if n != got {
			t.Fatalf("served in the order %v", order)
		}
	}
	if p.most.Load() != 1 {
		t.Errorf("%d instances at once", p.most.Load())
	}
}

func waitFor(t *testing.T, done func() bool) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); !done(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("waited in vain")
		}
	}
}

func TestBusy(t *testing.T) {
	p := newCounted(Config{PerGroup: 1, Queue: 1, Wait: 20 * time.Millisecond})
	g := p.group("a")
	i := acquire(t, g)
	if _, err := g.Acquire(t.Context()); !errors.Is(err, ErrBusy) {
		t.Errorf("after its time a waiter gets %v", err)
	}
	slow := newCounted(Config{PerGroup: 1, Queue: 1, Wait: time.Minute})
	h := slow.group("a")
	j := acquire(t, h)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { _, err := h.Acquire(ctx); done <- err }()
	waitFor(t, func() bool { return slow.Stats().Waiting == 1 })
	if _, err := h.Acquire(t.Context()); !errors.Is(err, ErrBusy) {
		t.Errorf("where the queue is full: %v", err)
	}
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("who left got %v", err)
	}
	h.Release(j, true)
	g.Release(i, true)
	if s := slow.Stats(); s.Waiting != 0 || s.Refused != 2 || s.Idle != 1 {
		t.Errorf("stats %+v", s)
	}
}

func TestPlacesOfOthers(t *testing.T) {
	p := newCounted(Config{Total: 2, PerGroup: 2, Wait: time.Minute})
	a, b, c := p.group("a"), p.group("b"), p.group("c")
	first, second := acquire(t, a), acquire(t, b)
	a.Release(first, true)
	i := acquire(t, c) // in the place of the idle one
	if !first.(*fake).closed.Load() {
		t.Error("the idle instance of another group keeps its place")
	}
	got := make(chan Instance)
	go func() { got <- acquire(t, a) }()
	waitFor(t, func() bool { return p.Stats().Waiting == 1 })
	c.Release(i, true) // a waits, so it is not kept
	if x := <-got; x.(*fake).group != "a" || !i.(*fake).closed.Load() {
		t.Error("who waits does not get the place of another group")
	} else {
		a.Release(x, true)
	}
	b.Release(second, true)
	if p.most.Load() > 2 {
		t.Errorf("%d instances at once", p.most.Load())
	}
}

func TestFailedMakeFreesThePlace(t *testing.T) {
	p := New(Config{Total: 1, PerGroup: 1, Wait: time.Minute})
	fail := errors.New("no")
	g := p.Group(func(context.Context) (Instance, error) { return nil, fail })
	for range 3 {
		if _, err := g.Acquire(t.Context()); !errors.Is(err, fail) {
			t.Fatal(err)
		}
	}
	bad := p.Group(func(context.Context) (Instance, error) { panic("boom") })
	for range 2 {
		func() {
			defer func() { _ = recover() }()
			_, _ = bad.Acquire(t.Context())
		}()
	}
	if s := p.Stats(); s.Live != 0 {
		t.Errorf("stats %+v", s)
	}
}

func TestIdleIsClosed(t *testing.T) {
	p := newCounted(Config{Idle: 10 * time.Millisecond})
	g := p.group("a")
	i, j := acquire(t, g), acquire(t, g)
	g.Release(i, true)
	g.Release(j, true)
	waitFor(t, func() bool { return p.live.Load() == 0 })
	waitFor(t, func() bool { return p.Stats().Live == 0 })
}

func TestRetireAndClose(t *testing.T) {
	p := newCounted(Config{})
	g := p.group("a")
	busy, idle := acquire(t, g), acquire(t, g)
	g.Release(idle, true)
	g.Retire()
	if !idle.(*fake).closed.Load() || busy.(*fake).closed.Load() {
		t.Error("a retired group closes its idle instances, and only those")
	}
	g.Release(busy, true)
	if !busy.(*fake).closed.Load() {
		t.Error("an instance of a retired group is kept")
	}
	p.Close()
	if _, err := p.group("b").Acquire(t.Context()); !errors.Is(err, ErrClosed) {
		t.Errorf("after the end: %v", err)
	}
}

// TestBounds lets many callers use few places, and some of them leave or throw away
// what they had.
func TestBounds(t *testing.T) {
	p := newCounted(Config{Total: 5, PerGroup: 3, Wait: time.Minute, Queue: 10_000})
	groups := []*Group{p.group("a"), p.group("b"), p.group("c"), p.group("d")}
	var wg sync.WaitGroup
	for range 40 {
		wg.Go(func() {
			for range 100 {
				ctx, cancel := context.WithCancel(t.Context())
				if rand.IntN(10) == 0 {
					go cancel()
				}
				g := groups[rand.IntN(len(groups))]
				i, err := g.Acquire(ctx)
				cancel()
				if err != nil {
					continue
				}
				if f := i.(*fake); f.users.Add(1) != 1 || f.closed.Load() {
					t.Error("an instance has two users, or is closed")
				}
				i.(*fake).users.Add(-1)
				g.Release(i, rand.IntN(4) > 0)
			}
		})
	}
	wg.Wait()
	if p.most.Load() > 5 {
		t.Errorf("%d instances at once", p.most.Load())
	}
	p.Close()
	if s := p.Stats(); s.Live != 0 || s.Idle != 0 || s.Waiting != 0 || p.live.Load() != 0 || len(p.groups) != 0 {
		t.Errorf("left over: %+v, %d open", s, p.live.Load())
	}
}
