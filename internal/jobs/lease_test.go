package jobs_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/galleyhq/galley/internal/jobs"
)

// TestNodes: two nodes do each job once.
func TestNodes(t *testing.T) {
	onEngines(t, func(t *testing.T, f *fixture) {
		const n = 500
		var mu sync.Mutex
		times := map[int64]int{}
		h := handlers(func(_ context.Context, j *jobs.Job) error {
			mu.Lock()
			defer mu.Unlock()
			times[j.ID]++
			return nil
		})
		f.node(f.open(), h, nil)
		f.node(f.open(), h, nil)
		var all sync.WaitGroup
		for range 5 {
			all.Go(func() {
				for range n / 50 {
					specs := make([]jobs.Spec, 10)
					for i := range specs {
						specs[i].Queue = "q"
					}
					f.enqueue(specs...)
				}
			})
		}
		all.Wait()
		f.until("500", "select count(*) from galley.jobs where state = 'completed'")
		mu.Lock()
		defer mu.Unlock()
		for id, k := range times {
			if k != 1 {
				t.Errorf("job %d ran %d times", id, k)
			}
		}
		if len(times) != n {
			t.Errorf("%d jobs ran", len(times))
		}
	})
}

// TestDeadNode: the jobs of a node that is gone come back within seconds, and
// what a lost node says later changes nothing.
func TestDeadNode(t *testing.T) {
	onEngines(t, func(t *testing.T, f *fixture) {
		f.enqueue(jobs.Spec{Queue: "q"}, jobs.Spec{Queue: "q", MaxAttempts: 1}, jobs.Spec{Queue: "q"}, jobs.Spec{Queue: "q"})
		// The first three were a dead node's; the last one's was killed before the
		// clock was set back by an hour.
		f.rows(`update galley.jobs set state = 'running', node = 'dead', attempt = 1, cancel_requested = id = 3,
			lease_until = now() + case when id = 4 then interval '1 hour' else interval '-1 second' end`)
		r := newRecorder()
		began := time.Now()
		f.node(f.db, handlers(r.handle), func(c *jobs.Config) { c.Lease = 5 * time.Second }) // a busy machine does not lose its own jobs
		f.until("completed,2|discarded,1|cancelled,1|completed,2", "select state, attempt from galley.jobs order by id")
		if took := time.Since(began); took > 30*time.Second {
			t.Errorf("it took %s", took)
		}
		if got := f.rows("select errors->0->>'error' from galley.jobs where id = 2"); got != "the node dead died" {
			t.Errorf("the dead letter says %q", got)
		}
	})
}

// TestLostLease: a node that could not renew its lease is told to end the job,
// and its outcome does not count.
func TestLostLease(t *testing.T) {
	onEngines(t, func(t *testing.T, f *fixture) {
		began, ended := make(chan struct{}, 10), make(chan error, 10)
		f.node(f.db, handlers(func(ctx context.Context, j *jobs.Job) error {
			if j.Attempt > 1 {
				return nil
			}
			began <- struct{}{}
			<-ctx.Done()
			ended <- context.Cause(ctx)
			return errors.New("too late")
		}), func(c *jobs.Config) { c.Lease = 8 * time.Second }) // a busy machine does not lose it by itself
		f.enqueue(jobs.Spec{Queue: "q"})
		soon(t, began)
		f.rows("update galley.jobs set node = 'other', state = 'available'") // as a rescue by another node
		if err := soon(t, ended); err == nil || err.Error() != "the lease of the job was lost" {
			t.Errorf("ended with %v", err)
		}
		f.until("completed,2,[]", "select state, attempt, errors from galley.jobs")
	})
}

// TestHeldLease: a job that runs for longer than its lease stays with its node.
func TestHeldLease(t *testing.T) {
	onEngines(t, func(t *testing.T, f *fixture) {
		began, end := make(chan struct{}, 10), make(chan struct{})
		h := handlers(func(_ context.Context, j *jobs.Job) error {
			j.SetProgress(0.25, "a quarter")
			began <- struct{}{}
			<-end
			return nil
		})
		short := func(c *jobs.Config) { c.Lease = 8 * time.Second }
		f.node(f.open(), h, short)
		f.node(f.open(), h, short)
		f.enqueue(jobs.Spec{Queue: "q"})
		soon(t, began)
		first := f.rows("select lease_until from galley.jobs")
		f.until("t,0.25,a quarter", "select now() > $1::timestamptz, progress, note from galley.jobs where state = 'running'", first)
		close(end)
		f.until("completed,1", "select state, attempt from galley.jobs")
	})
}

// waitedFor is a context that tells when somebody waits for it.
type waitedFor struct {
	context.Context
	once  sync.Once
	begun chan struct{}
}

func (w *waitedFor) Done() <-chan struct{} {
	w.once.Do(func() { close(w.begun) })
	return w.Context.Done()
}

// TestStop: a node that stops lets jobs end, and puts back what does not.
func TestStop(t *testing.T) {
	onEngines(t, func(t *testing.T, f *fixture) {
		began, end := make(chan struct{}, 10), make(chan struct{})
		polite := func(ctx context.Context, j *jobs.Job) error {
			began <- struct{}{}
			select {
			case <-end:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		one := f.node(f.db, handlers(polite), nil)
		f.enqueue(jobs.Spec{Queue: "q"})
		soon(t, began)
		stopped, patient := make(chan error, 1), &waitedFor{Context: context.Background(), begun: make(chan struct{})}
		go func() { stopped <- one.Stop(patient) }()
		soon(t, patient.begun)
		f.enqueue(jobs.Spec{Queue: "q"}) // for nobody
		select {
		case err := <-stopped:
			t.Fatalf("it stopped while a job ran: %v", err)
		case <-time.After(50 * time.Millisecond):
		}
		close(end)
		if err := soon(t, stopped); err != nil {
			t.Fatal(err)
		}
		if got := f.rows("select state, max_attempts - attempt from galley.jobs order by id"); got != "completed,24|available,25" {
			t.Errorf("jobs %s", got)
		}
		end = make(chan struct{})
		two := f.node(f.db, handlers(polite), nil)
		soon(t, began)
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		if err := two.Stop(ctx); err != nil {
			t.Fatal(err)
		}
		if got := f.rows("select state, max_attempts - attempt, errors, node from galley.jobs order by id offset 1"); got != "available,25,[],NULL" {
			t.Errorf("the job that was told to end: %s", got)
		}
		stuck := f.node(f.db, handlers(func(context.Context, *jobs.Job) error { began <- struct{}{}; <-end; return nil }), nil)
		soon(t, began)
		if err := stuck.Stop(ctx); err == nil {
			t.Error("a handler that does not end is no error")
		}
		close(end)
	})
}
