package limit

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/galleyhq/galley/internal/auth/autherr"
	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/database/enginetest"
	"github.com/galleyhq/galley/internal/database/pgtest"
	"github.com/galleyhq/galley/internal/migrate"
)

// onEngines runs a test with two nodes, each with a limiter of its own.
func onEngines(t *testing.T, test func(t *testing.T, nodes [2]*Limiter)) {
	for name, open := range map[string]func(testing.TB) [2]database.DB{"postgres": onPostgres, "embedded": onEmbedded} {
		t.Run(name, func(t *testing.T) {
			dbs := open(t)
			test(t, [2]*Limiter{New(dbs[0]), New(dbs[1])})
		})
	}
}

func exceeded(err error) (*autherr.Error, bool) {
	e, ok := errors.AsType[*autherr.Error](err)
	return e, ok && e.Status == http.StatusTooManyRequests
}

func prepare(t testing.TB, db database.DB) {
	if err := migrate.Own(t.Context(), db, migrate.Part{Name: "limits", Steps: Schema()}); err != nil {
		t.Fatal(err)
	}
}

func onPostgres(t testing.TB) [2]database.DB {
	url := pgtest.Database(t)
	dbs := [2]database.DB{enginetest.PostgresAt(t, url), enginetest.PostgresAt(t, url)}
	prepare(t, dbs[0])
	return dbs
}

// The embedded engine has one node; another limiter stands for its next start.
func onEmbedded(t testing.TB) [2]database.DB {
	db := enginetest.Embedded(t)
	prepare(t, db)
	return [2]database.DB{db, db}
}

var slow = Rule{Name: "slow", Rate: Rate{Events: 7, Per: 24 * time.Hour}}

// TestExactly lets two nodes ask at once: as many pass as the bucket holds, no more
// and no fewer.
func TestExactly(t *testing.T) {
	onEngines(t, func(t *testing.T, nodes [2]*Limiter) {
		var passed, refused atomic.Int64
		together(t, 40, func(i int) error {
			err := nodes[i%2].Allow(t.Context(), Check{slow, "a"}, Check{Rule{Name: "wide", Rate: Rate{Events: 1000, Per: time.Hour}}, fmt.Sprint(i % 3)})
			if _, over := exceeded(err); over {
				refused.Add(1)
				return nil
			}
			passed.Add(1)
			return err
		})
		if passed.Load() != 7 || refused.Load() != 33 {
			t.Errorf("%d passed, %d were refused", passed.Load(), refused.Load())
		}
		if err := nodes[0].Allow(t.Context(), Check{slow, "b"}); err != nil {
			t.Errorf("another subject: %v", err)
		}
		other := slow
		other.Name = "other"
		if err := nodes[1].Allow(t.Context(), Check{other, "a"}); err != nil {
			t.Errorf("another rule: %v", err)
		}
	})
}

func together(t *testing.T, n int, do func(i int) error) {
	t.Helper()
	var group sync.WaitGroup
	start := make(chan struct{})
	for i := range n {
		group.Go(func() {
			<-start
			if err := do(i); err != nil {
				t.Error(err)
			}
		})
	}
	close(start)
	group.Wait()
}

func TestRefill(t *testing.T) {
	onEngines(t, func(t *testing.T, nodes [2]*Limiter) {
		l := nodes[0]
		rule := Rule{Name: "quick", Rate: Rate{Events: 60, Per: time.Minute, Burst: 3}, Code: autherr.OverEmailSendRateLimit, Message: "email rate limit exceeded"}
		for range 3 {
			if err := l.Allow(t.Context(), Check{Rule: rule}); err != nil {
				t.Fatal(err)
			}
		}
		err := l.Allow(t.Context(), Check{Rule: rule})
		for err == nil { // a machine so slow that one was refilled
			err = l.Allow(t.Context(), Check{Rule: rule})
		}
		over, ok := exceeded(err)
		if !ok || over.Code != autherr.OverEmailSendRateLimit || over.Message != rule.Message || over.RetryAfter != 1 {
			t.Fatalf("%+v, %v", over, err)
		}
		age(t, l, 2) // two seconds pass
		nodes[1].refused = refusals{}
		for i := range 2 {
			if err := nodes[1].Allow(t.Context(), Check{Rule: rule}); err != nil {
				t.Errorf("request %d after two seconds: %v", i, err)
			}
		}
		age(t, l, 1e6)
		fresh := New(l.db)
		for i := range 3 {
			if err := fresh.Allow(t.Context(), Check{Rule: rule}); err != nil {
				t.Errorf("request %d of a full bucket: %v", i, err)
			}
		}
	})
}

// age makes everything older.
func age(t *testing.T, l *Limiter, seconds float64) {
	t.Helper()
	run(t, l, `UPDATE galley.auth_limits SET full_at = full_at - $1::double precision`, seconds)
	run(t, l, `UPDATE galley.auth_attempts SET until = until - $1::double precision, last_at = last_at - $1::double precision`, seconds)
}

func run(t *testing.T, l *Limiter, sql string, args ...any) []database.Record {
	t.Helper()
	rows, err := database.Records(t.Context(), database.Owner{DB: l.db}, sql, args...)
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// TestMemory shows that who was refused costs the database nothing.
func TestMemory(t *testing.T) {
	onEngines(t, func(t *testing.T, nodes [2]*Limiter) {
		for range 8 {
			_ = nodes[0].Allow(t.Context(), Check{slow, "a"})
		}
		run(t, nodes[0], `DELETE FROM galley.auth_limits`)
		if err := nodes[0].Allow(t.Context(), Check{slow, "a"}); err == nil {
			t.Error("the node forgot whom it refused")
		}
		if err := nodes[1].Allow(t.Context(), Check{slow, "a"}); err != nil {
			t.Errorf("the other node: %v", err)
		}
	})
	r := refusals{}
	now := time.Now()
	for i := range maxRefused + 10 {
		r.add(fmt.Sprint(i), now.Add(time.Hour))
	}
	if len(r.until) != maxRefused || r.left(fmt.Sprint(maxRefused+9), now) != time.Hour || r.left(fmt.Sprint(maxRefused+9), now.Add(time.Hour)) != 0 {
		t.Errorf("%d are remembered", len(r.until))
	}
}

func TestUnlimited(t *testing.T) {
	l := New(nil) // the database is not asked
	for _, rate := range []Rate{{}, {Events: 0, Per: time.Hour, Burst: 5}, {Events: 5}, {Events: -1, Per: time.Hour}} {
		if err := l.Allow(t.Context(), Check{Rule: Rule{Name: "none", Rate: rate}}); err != nil {
			t.Errorf("%+v: %v", rate, err)
		}
	}
	if err := l.Allow(t.Context(), make([]Check, 20)...); err != nil {
		t.Error(err)
	}
}

func TestAttempts(t *testing.T) {
	onEngines(t, func(t *testing.T, nodes [2]*Limiter) {
		o := Lockout{Free: 2, Delay: time.Minute, Most: 3 * time.Minute, After: 6, For: time.Hour}
		wait := []float64{0, 0, 60, 120, 180, 3600, 7200}
		for i, want := range wait {
			a, err := nodes[i%2].Attempt(t.Context(), o, "ann")
			if err != nil {
				t.Fatalf("attempt %d: %v", i+1, err)
			}
			if a.Count != i+1 || a.Locks != (i == 5) || a.Until.Seconds() < want-1 || a.Until.Seconds() > want+1 {
				t.Errorf("attempt %d: %+v, want %v s", i+1, a, want)
			}
			if _, err := nodes[0].Attempt(t.Context(), o, "bob"); i == 0 && err != nil {
				t.Errorf("another account: %v", err)
			}
			if want == 0 {
				continue
			}
			_, err = nodes[(i+1)%2].Attempt(t.Context(), o, "ann")
			over, ok := exceeded(err)
			if !ok || over.Code != autherr.OverRequestRateLimit || over.RetryAfter < 1 || float64(over.RetryAfter) > want+1 {
				t.Errorf("at once after attempt %d: %v", i+1, err)
			}
			age(t, nodes[0], want)
		}
		if err := nodes[1].Reset(t.Context(), "ann"); err != nil {
			t.Fatal(err)
		}
		if a, err := nodes[0].Attempt(t.Context(), o, "ann"); err != nil || a.Count != 1 {
			t.Errorf("after the right one: %+v, %v", a, err)
		}
		age(t, nodes[0], forget.Seconds()+5)
		if a, err := nodes[0].Attempt(t.Context(), o, "ann"); err != nil || a.Count != 1 {
			t.Errorf("a day later: %+v, %v", a, err)
		}
	})
}

// TestGuessing lets many guess at once: of each account's attempts only those pass
// that would have passed one after the other, and one of them tells of the lock.
func TestGuessing(t *testing.T) {
	onEngines(t, func(t *testing.T, nodes [2]*Limiter) {
		var passed, locks atomic.Int64
		o := Lockout{Free: 100, After: 9, For: time.Hour}
		together(t, 40, func(i int) error {
			a, err := nodes[i%2].Attempt(t.Context(), o, "ann")
			if _, over := exceeded(err); over {
				return nil
			}
			if a.Locks {
				locks.Add(1)
			}
			passed.Add(1)
			return err
		})
		if passed.Load() != 9 || locks.Load() != 1 {
			t.Errorf("%d passed, %d locked", passed.Load(), locks.Load())
		}
	})
}

// TestLockoutAtOnce are the edges of a lockout's numbers.
func TestLockoutAtOnce(t *testing.T) {
	onEngines(t, func(t *testing.T, nodes [2]*Limiter) {
		a, err := nodes[0].Attempt(t.Context(), Lockout{After: 1, For: time.Hour}, "one")
		if err != nil || !a.Locks || a.Until < 59*time.Minute {
			t.Errorf("a lock after the first: %+v, %v", a, err)
		}
		for i := range 40 { // a delay that would overflow
			run(t, nodes[0], `UPDATE galley.auth_attempts SET until = 0`)
			if a, err = nodes[0].Attempt(t.Context(), Lockout{Delay: time.Second, Most: time.Minute}, "never"); err != nil || a.Locks || a.Count != i+1 {
				t.Fatalf("attempt %d: %+v, %v", i+1, a, err)
			}
		}
		if a.Until < 59*time.Second || a.Until > 61*time.Second {
			t.Errorf("the longest delay is %v", a.Until)
		}
	})
}

func TestClean(t *testing.T) {
	onEngines(t, func(t *testing.T, nodes [2]*Limiter) {
		l := nodes[0]
		for i := range 5 {
			if err := l.Allow(t.Context(), Check{slow, fmt.Sprint(i)}); err != nil {
				t.Fatal(err)
			}
			if _, err := l.Attempt(t.Context(), NewLockout(10, time.Minute), fmt.Sprint(i)); err != nil {
				t.Fatal(err)
			}
		}
		count := `SELECT (SELECT count(*) FROM galley.auth_limits) + (SELECT count(*) FROM galley.auth_attempts)`
		if err := l.Clean(t.Context()); err != nil || run(t, l, count)[0].Text(0) != "10" {
			t.Errorf("what counts was removed: %v", err)
		}
		age(t, l, 2*forget.Seconds())
		l.checks.Store(tidyEvery - 1)
		if err := l.Allow(t.Context(), Check{slow, "new"}); err != nil || run(t, l, count)[0].Text(0) != "1" {
			t.Errorf("%s rows are left: %v", run(t, l, count)[0].Text(0), err)
		}
	})
}

// TestOnce lets two nodes use one code at once.
func TestOnce(t *testing.T) {
	onEngines(t, func(t *testing.T, nodes [2]*Limiter) {
		var first atomic.Int64
		together(t, 16, func(i int) error {
			ok, err := nodes[i%2].Once(t.Context(), "totp", "factor 57", time.Hour)
			if ok {
				first.Add(1)
			}
			return err
		})
		if ok, err := nodes[0].Once(t.Context(), "totp", "factor 58", time.Hour); first.Load() != 1 || !ok || err != nil {
			t.Errorf("%d were first; another: %v, %v", first.Load(), ok, err)
		}
	})
}

func TestDone(t *testing.T) {
	onEngines(t, func(t *testing.T, nodes [2]*Limiter) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := nodes[0].Allow(ctx, Check{slow, "a"}); !errors.Is(err, context.Canceled) {
			t.Errorf("a done context: %v", err)
		}
		if _, err := nodes[0].Attempt(ctx, NewLockout(10, time.Minute), "a"); !errors.Is(err, context.Canceled) {
			t.Errorf("a done context: %v", err)
		}
	})
}

func BenchmarkAllow(b *testing.B) {
	for name, open := range map[string]func(testing.TB) [2]database.DB{"postgres": onPostgres, "embedded": onEmbedded} {
		l := New(open(b)[0])
		wide := Rule{Name: "wide", Rate: Rate{Events: 1e9, Per: time.Hour}}
		var n atomic.Int64
		for _, parallel := range []int{1, 16} {
			b.Run(fmt.Sprintf("%s/%d", name, parallel), func(b *testing.B) {
				b.SetParallelism(parallel)
				b.RunParallel(func(p *testing.PB) {
					for p.Next() {
						if err := l.Allow(b.Context(), Check{wide, fmt.Sprint(n.Add(1) % 1000)}); err != nil {
							b.Error(err)
						}
					}
				})
			})
		}
	}
	b.Run("refused", func(b *testing.B) {
		l := New(nil)
		l.refused.add(hashed(slow.Name, "a"), time.Now().Add(time.Hour))
		for b.Loop() {
			_ = l.Allow(b.Context(), Check{slow, "a"})
		}
	})
}
