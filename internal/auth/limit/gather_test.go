package limit

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/galleyhq/galley/internal/auth/autherr"
	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/database/enginetest"
)

// gated is a database whose statements wait for a gate.
type gated struct {
	database.DB
	gate    chan struct{}
	queries atomic.Int64
}

func (g *gated) Query(ctx context.Context, s database.Session, st database.Statement) (database.Rows, error) {
	g.queries.Add(1)
	<-g.gate
	return g.DB.Query(ctx, s, st)
}

// TestGather has many checks come while one is counted: one statement counts them
// all, and takes no more of a bucket than there is.
func TestGather(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, db database.DB) {
		prepare(t, db)
		g := &gated{DB: db, gate: make(chan struct{})}
		l := New(g)
		rule := Rule{Name: "few", Rate: Rate{Events: 1, Per: 24 * time.Hour, Burst: 3}}
		var wg sync.WaitGroup
		first := make(chan error, 1)
		go func() { first <- l.Allow(t.Context(), Check{rule, "first"}) }()
		await(t, func() bool { return g.queries.Load() == 1 })

		var passed, refused atomic.Int64
		for i := range 40 {
			checks := []Check{{rule, "one"}}
			if i >= 8 {
				checks = []Check{{rule, fmt.Sprint("of many ", i)}, {rule, fmt.Sprint("and another ", i%2)}}
			}
			wg.Go(func() {
				err := l.Allow(t.Context(), checks...)
				e, limited := errors.AsType[*autherr.Error](err)
				switch {
				case err == nil:
					passed.Add(1)
				case limited && e.Status == 429 && e.RetryAfter > 24*3600-60:
					refused.Add(1)
				default:
					t.Error(err)
				}
			})
		}
		await(t, func() bool { return callers(l) == 40 })
		close(g.gate)
		wg.Wait()
		if err := <-first; err != nil {
			t.Error(err)
		}
		if passed.Load() != 3+6 || refused.Load() != 31 {
			t.Errorf("%d passed, %d refused", passed.Load(), refused.Load())
		}
		if n := g.queries.Load(); n > 60 {
			t.Errorf("%d statements for 41 checks", n)
		}
	})
}

// TestGatherEmpty has those who wait go away: whoever comes next is served.
func TestGatherEmpty(t *testing.T) {
	db := enginetest.Embedded(t)
	prepare(t, db)
	g := &gated{DB: db, gate: make(chan struct{})}
	l := New(g)
	full := Rule{Name: "full", Rate: Rate{Events: 1, Per: time.Hour, Burst: 1}}
	first := make(chan error, 1)
	go func() { first <- l.Allow(t.Context(), Check{full, "first"}) }()
	await(t, func() bool { return g.queries.Load() == 1 })

	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	for range 3 { // each in a round of its own
		wg.Go(func() {
			if err := l.Allow(ctx, Check{full, "gone"}); !errors.Is(err, context.Canceled) {
				t.Errorf("who went away is told %v", err)
			}
		})
	}
	await(t, func() bool { return callers(l) == 3 })
	cancel()
	wg.Wait()
	if n := callers(l); n != 0 {
		t.Errorf("%d wait", n)
	}
	close(g.gate)
	if err := <-first; err != nil {
		t.Error(err)
	}
	within, stop := context.WithTimeout(t.Context(), 30*time.Second)
	defer stop()
	if err := l.Allow(within, Check{full, "gone"}); err != nil {
		t.Errorf("after all have gone: %v", err)
	}
}

// callers is how many wait for their round.
func callers(l *Limiter) (n int) {
	l.gathering.mu.Lock()
	defer l.gathering.mu.Unlock()
	for _, r := range l.gathering.waiting {
		n += r.callers
	}
	return n
}

func await(t *testing.T, done func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !done(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("it does not happen")
		}
	}
}

// TestRoundPartly counts a round in which one bucket has too little for all: the others,
// whichever comes first, are taken from once.
func TestRoundPartly(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, db database.DB) {
		prepare(t, db)
		l := New(db)
		if err := l.take(t.Context(), &round{wants: map[string]*want{"tight": {step: 1000, room: 3000, n: 1}}}); err != nil {
			t.Fatal(err)
		}
		r := &round{wants: map[string]*want{"tight": {step: 1000, room: 3000, n: 3}}}
		for i := range 30 {
			r.wants[fmt.Sprint("wide ", i)] = &want{step: 1000, room: 9000, n: 1 + i%2}
		}
		if err := l.take(t.Context(), r); err != nil {
			t.Fatal(err)
		}
		for key, w := range r.wants {
			if want := min(w.n, 2); w.granted != want {
				t.Errorf("%s: %d of %d granted", key, w.granted, w.n)
			}
		}
		taken := run(t, l, `SELECT key, round(full_at - `+clock+`) FROM galley.auth_limits`)
		for _, row := range taken {
			used, w := row.Float(1), r.wants[row.Text(0)]
			want := float64(w.granted) * w.step
			if row.Text(0) == "tight" {
				want += w.step // by the round before
			}
			if used > want || used < want-100 {
				t.Errorf("%s: %v seconds of the bucket are used for %d", row.Text(0), used, w.granted)
			}
		}
	})
}
