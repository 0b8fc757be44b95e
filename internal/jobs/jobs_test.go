package jobs_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/jobs"
)

// seen is what a handler was given.
type seen struct {
	payload string
	attempt int
}

// recorder is a handler that tells of each job and returns the next error.
type recorder struct {
	jobs chan seen
	errs chan error
}

func newRecorder(errs ...error) *recorder {
	r := &recorder{jobs: make(chan seen, 10_000), errs: make(chan error, len(errs))}
	for _, err := range errs {
		r.errs <- err
	}
	return r
}

func (r *recorder) handle(_ context.Context, j *jobs.Job) error {
	r.jobs <- seen{string(j.Payload), j.Attempt}
	select {
	case err := <-r.errs:
		return err
	default:
		return nil
	}
}

func handlers(h jobs.Handler) map[string]jobs.Handler { return map[string]jobs.Handler{"q": h} }

func TestJobIsDone(t *testing.T) {
	onEngines(t, func(t *testing.T, f *fixture) {
		r := newRecorder()
		f.node(f.db, handlers(func(ctx context.Context, j *jobs.Job) error {
			j.SetProgress(0.5, "half")
			if err := j.SetResult(map[string]int{"n": 7}); err != nil {
				return err
			}
			return r.handle(ctx, j)
		}), nil)
		id := f.enqueue(jobs.Spec{Queue: "q", Payload: map[string]string{"to": "ä\"'"}})[0]
		if got := soon(t, r.jobs); got != (seen{`{"to": "ä\"'"}`, 1}) {
			t.Errorf("got %+v", got)
		}
		f.until(`completed,1,t,NULL,NULL,{"n": 7},1`,
			"select state, attempt, finished_at is not null, node, lease_until, result, progress from galley.jobs where id = $1", id)
	})
}

// TestTransaction: a job of a transaction that is rolled back never was, and one
// that is committed begins at once.
func TestTransaction(t *testing.T) {
	onEngines(t, func(t *testing.T, f *fixture) {
		r := newRecorder()
		f.node(f.open(), handlers(r.handle), nil)
		for _, commit := range []bool{false, true} {
			tx, err := f.db.Begin(t.Context(), database.Session{}, database.TxOptions{})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := jobs.Enqueue(t.Context(), tx, jobs.Spec{Queue: "q", Payload: commit}); err != nil {
				t.Fatal(err)
			}
			end := tx.Rollback
			if commit {
				end = tx.Commit
			}
			if err := end(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if got := soon(t, r.jobs); got.payload != "true" {
			t.Errorf("got %+v", got)
		}
		f.until("1,completed", "select count(*), min(state) from galley.jobs")
	})
}

// TestFromSQL: the functions in SQL, with their defaults, for those who may.
func TestFromSQL(t *testing.T) {
	onEngines(t, func(t *testing.T, f *fixture) {
		service := as(f.db, "service_role")
		for _, c := range []struct{ call, want string }{
			{"galley.enqueue('q')", "q,available,5,25,{},NULL,NULL,f"},
			{"galley.enqueue('q', '[1]', 'k', delay => '1 hour', priority => 1, max_attempts => 3, unique_key => 'u', timeout => '90 seconds')", "k,scheduled,1,3,[1],u,00:01:30,t"},
			{"galley.enqueue('q', null, run_at => now() - interval '1 day', kind => null)", "q,available,5,25,{},NULL,NULL,f"},
			{`galley.enqueue_many('[{"queue":"q","payload":{"a":1},"delay":"1 minute"}]')`, `q,scheduled,5,25,{"a": 1},NULL,NULL,t`},
		} {
			id, err := rowsOf(service, "select * from "+c.call)
			if err != nil {
				t.Fatalf("%s: %v", c.call, err)
			}
			got := f.rows("select kind, state, priority, max_attempts, payload, unique_key, timeout, run_at > now() + interval '50 seconds' from galley.jobs where id = $1", id)
			if got != c.want {
				t.Errorf("%s: %s, want %s", c.call, got, c.want)
			}
		}
		for call, code := range map[string]string{
			"galley.enqueue(null)":                                                  fault.NotNullViolation,
			"galley.enqueue('')":                                                    fault.CheckViolation,
			"galley.enqueue('q', priority => 10)":                                   fault.CheckViolation,
			"galley.enqueue('q', priority => 0)":                                    fault.CheckViolation,
			"galley.enqueue('q', max_attempts => 0)":                                fault.CheckViolation,
			"galley.enqueue('q', unique_key => '')":                                 fault.CheckViolation,
			"galley.enqueue('q', '{')":                                              fault.InvalidText,
			`galley.enqueue_many('{"queue":"q"}')`:                                  fault.InvalidParameter,
			`galley.enqueue_many('[{"queue":"q"},{"queue":"q","timeout":"-1 s"}]')`: fault.CheckViolation,
			"galley.enqueue(repeat('q', 101))":                                      fault.CheckViolation,
			"galley.enqueue('q', to_jsonb(repeat('x', 1048577)))":                   fault.CheckViolation,
		} {
			if _, err := rowsOf(service, "select * from "+call); fault.Code(err) != code {
				t.Errorf("%s: %v, want %s", call, err, code)
			}
		}
		for _, role := range []string{"anon", "authenticated"} {
			for _, sql := range []string{"select galley.enqueue('q')", "select * from galley.enqueue_many('[]')", "select galley.cancel_job(1)",
				"select galley.retry_job(1)", "select id from galley.jobs", "insert into galley.jobs (queue, kind) values ('q', 'q')"} {
				if _, err := rowsOf(as(f.db, role), sql); fault.Code(err) != fault.InsufficientPrivilege {
					t.Errorf("%s as %s: %v", sql, role, err)
				}
			}
		}
		// What the functions check nobody but the owner can write beside them.
		for _, sql := range []string{"update galley.jobs set state = 'available'", "insert into galley.jobs (queue, kind) values ('q', 'q')", "delete from galley.jobs"} {
			if _, err := rowsOf(service, sql); fault.Code(err) != fault.InsufficientPrivilege {
				t.Errorf("%s as service_role: %v", sql, err)
			}
		}
	})
}

// TestFromFunction enqueues from functions of the project, in the transaction of
// what they insert: for a role that may call them and nothing else, as over HTTP.
func TestFromFunction(t *testing.T) {
	onEngines(t, func(t *testing.T, f *fixture) {
		f.rows(`create table public.orders (id bigint generated always as identity primary key, item text not null check (item <> 'bad'))`)
		f.rows(`create function public.order_it(item text, key text default null) returns bigint language sql security definer set search_path = '' as $$
			insert into public.orders (item) values ($1);
			select galley.enqueue('q', jsonb_build_object('item', $1), unique_key => $2)
		$$`)
		f.rows(`create function public.with_id(item text) returns bigint language sql security definer set search_path = '' as $$
			with o as (insert into public.orders (item) values ($1) returning id, item)
			select galley.enqueue('q', jsonb_build_object('order', o.id, 'item', o.item || o.id)) from o
		$$`)
		f.rows(`create function public.only_enqueue(item text) returns bigint language sql security definer as $$ select galley.enqueue('q', jsonb_build_object('item', $1)) $$`)
		f.rows(`create function public.unsafe(item text) returns bigint language sql as $$ select galley.enqueue('q', jsonb_build_object('item', $1)) $$`)
		f.rows(`create function public.several(list jsonb) returns setof bigint language sql security definer as $$
			insert into public.orders (item) select x.item from jsonb_to_recordset($1) as x(item text);
			select * from galley.enqueue_many((select jsonb_agg(jsonb_build_object('queue', 'q', 'payload', x)) from jsonb_array_elements($1) x))
		$$`)
		anon := as(f.db, "anon")
		call := func(sql string) string {
			list, err := database.Records(t.Context(), anon, sql)
			if err != nil {
				return fault.Code(err)
			}
			return fmt.Sprint(len(list))
		}
		for _, c := range []struct{ sql, want string }{
			{`select public.order_it('pen')`, "1"},
			{`select * from public.order_it(item => 'ink')`, "1"},
			{`select public.order_it('twice', 'k')`, "1"},
			{`select public.order_it('twice', 'k')`, "1"},
			{`select public.only_enqueue('alone')`, "1"},
			{`select * from public.several('[{"item": "a"}, {"item": "b"}]')`, "2"},
			{`select public.with_id('row')`, "1"},
			{`select public.order_it('bad')`, fault.CheckViolation},
			{`select public.order_it('long key', repeat('x', 501))`, fault.CheckViolation},
			{`select public.unsafe('x')`, fault.InsufficientPrivilege},
			{`select galley.enqueue('q')`, fault.InsufficientPrivilege},
		} {
			if got := call(c.sql); got != c.want {
				t.Errorf("%s: %s, not %s", c.sql, got, c.want)
			}
		}
		f.rows(`with o as (insert into public.orders (item) values ('cheap') returning id) select galley.enqueue('q', to_jsonb('of ' || o.id)) from o`)
		if got, want := f.rows(`select item from public.orders order by id`), "pen|ink|twice|twice|a|b|row|cheap"; got != want {
			t.Errorf("orders %q, not %q", got, want)
		}
		if got, want := f.rows(`select coalesce(payload->>'item', payload::text) from galley.jobs order by id`), `pen|ink|twice|alone|a|b|row7|"of 10"`; got != want {
			t.Errorf("jobs of %q, not %q", got, want)
		}
	})
}

func TestRetriesAndDeadLetters(t *testing.T) {
	onEngines(t, func(t *testing.T, f *fixture) {
		soonAgain := jobs.RetryIn(10*time.Millisecond, errors.New("first\x00"))
		r := newRecorder(soonAgain, errors.New("second"))
		f.node(f.db, handlers(r.handle), nil)
		id := f.enqueue(jobs.Spec{Queue: "q", MaxAttempts: 2})[0]
		for attempt := 1; attempt <= 2; attempt++ {
			if got := soon(t, r.jobs); got.attempt != attempt {
				t.Fatalf("got %+v", got)
			}
		}
		f.until("discarded,2,2,first�,1,second", `select state, attempt, jsonb_array_length(errors), errors->0->>'error',
			errors->0->>'attempt', errors->1->>'error' from galley.jobs where id = $1`, id)
		if got := f.rows("select galley.retry_job($1)", id); got != "available" {
			t.Errorf("replay %s", got)
		}
		if got := soon(t, r.jobs); got.attempt != 3 {
			t.Errorf("got %+v", got)
		}
		f.until("completed,3,3", "select state, attempt, max_attempts from galley.jobs where id = $1", id)
		if got := f.rows("select galley.retry_job($1)", id); got != "NULL" {
			t.Errorf("replay of a completed job: %s", got)
		}
	})
}

func TestVerdicts(t *testing.T) {
	onEngines(t, func(t *testing.T, f *fixture) {
		cause := errors.New("why")
		for name, c := range map[string]struct {
			handler jobs.Handler
			spec    jobs.Spec
			want    string
		}{
			"backoff": {func(context.Context, *jobs.Job) error { return cause }, jobs.Spec{}, "retryable,1,why"},
			"discard": {func(context.Context, *jobs.Job) error { return fmt.Errorf("so: %w", jobs.Discard(cause)) }, jobs.Spec{}, "discarded,1,so: why"},
			"cancel":  {func(context.Context, *jobs.Job) error { return jobs.Cancel(cause) }, jobs.Spec{}, "cancelled,1,why"},
			"panic":   {func(context.Context, *jobs.Job) error { panic("oops") }, jobs.Spec{MaxAttempts: 1}, "discarded,1,panic: oops"},
			"mistake": {func(_ context.Context, j *jobs.Job) error { return fmt.Errorf("%d", j.Payload[1<<20]) }, jobs.Spec{MaxAttempts: 1},
				"discarded,1,panic: runtime error: index out of range"},
			"no handler": {nil, jobs.Spec{Kind: "unknown", MaxAttempts: 1}, `discarded,1,this node has no handler for jobs of kind "unknown"`},
			"timeout": {func(ctx context.Context, _ *jobs.Job) error { <-ctx.Done(); return ctx.Err() },
				jobs.Spec{Timeout: 20 * time.Millisecond, MaxAttempts: 1}, "discarded,1,context deadline exceeded"},
			"too late": {func(context.Context, *jobs.Job) error { return nil },
				jobs.Spec{Deadline: time.Now().Add(-time.Second)}, "discarded,1,the deadline of the job has passed"},
			"bad result": {func(_ context.Context, j *jobs.Job) error { return j.SetResult("\x00") }, jobs.Spec{}, "completed,1,unsupported Unicode escape sequence"},
			"no result":  {func(_ context.Context, j *jobs.Job) error { return jobs.Discard(j.SetResult(func() {})) }, jobs.Spec{}, "discarded,1,the result of a job has no JSON"},
		} {
			t.Run(name, func(t *testing.T) {
				queue := strings.ReplaceAll(name, " ", "_")
				f.node(f.db, map[string]jobs.Handler{queue: c.handler}, func(c *jobs.Config) { c.Queues = []string{queue} })
				c.spec.Queue = queue
				id := f.enqueue(c.spec)[0]
				f.until("t", "select state not in ('available', 'running') from galley.jobs where id = $1", id)
				got := f.rows("select state, attempt, split_part(errors->-1->>'error', e'\\n', 1) from galley.jobs where id = $1", id)
				if !strings.HasPrefix(got, c.want) {
					t.Errorf("got %s, want %s", got, c.want)
				}
			})
		}
		delay := f.rows("select extract(epoch from run_at - finished_at) is null and run_at > now() - interval '1 minute' from galley.jobs where state = 'retryable'")
		if delay != "t" {
			t.Errorf("the next attempt: %s", delay)
		}
	})
}

func TestOrder(t *testing.T) {
	onEngines(t, func(t *testing.T, f *fixture) {
		f.enqueue(jobs.Spec{Queue: "q", Payload: 3, Priority: 9}, jobs.Spec{Queue: "q", Payload: 1}, jobs.Spec{Queue: "q", Payload: 2},
			jobs.Spec{Queue: "q", Payload: 0, Priority: 1}, jobs.Spec{Queue: "q", Payload: 4, Delay: 50 * time.Millisecond, Priority: 1},
			jobs.Spec{Queue: "q", Payload: 5, RunAt: time.Now().Add(time.Hour), Priority: 1})
		r := newRecorder()
		f.node(f.db, handlers(r.handle), func(c *jobs.Config) { c.Workers = 1 })
		var got []string
		for range 5 {
			got = append(got, soon(t, r.jobs).payload)
		}
		if list := strings.Join(got, ""); list != "01234" && strings.Replace(list, "4", "", 1) != "0123" {
			t.Errorf("order %s", list)
		}
		if got := f.rows("select state from galley.jobs where payload = '5'"); got != "scheduled" {
			t.Errorf("the job of the next hour: %s", got)
		}
	})
}

func TestUnique(t *testing.T) {
	onEngines(t, func(t *testing.T, f *fixture) {
		ids := make([]int64, 8)
		var all sync.WaitGroup
		for i := range ids {
			all.Go(func() { ids[i] = f.enqueue(jobs.Spec{Queue: "q", UniqueKey: "k", Payload: i})[0] })
		}
		all.Wait()
		for _, id := range ids {
			if id != ids[0] {
				t.Fatalf("ids %v", ids)
			}
		}
		other := f.enqueue(jobs.Spec{Queue: "other", UniqueKey: "k"}, jobs.Spec{Queue: "q", UniqueKey: "l"}, jobs.Spec{Queue: "q"}, jobs.Spec{Queue: "q"})
		if other[0] == ids[0] || other[1] == ids[0] || other[2] == other[3] {
			t.Errorf("ids %v and %v", ids, other)
		}
		r := newRecorder()
		f.node(f.db, handlers(r.handle), nil)
		f.until("completed", "select state from galley.jobs where id = $1", ids[0])
		if again := f.enqueue(jobs.Spec{Queue: "q", UniqueKey: "k"})[0]; again == ids[0] {
			t.Error("the key of a completed job is still taken")
		}
	})
}

func TestCancel(t *testing.T) {
	onEngines(t, func(t *testing.T, f *fixture) {
		began, ended := make(chan int64, 1), make(chan error, 1)
		f.node(f.open(), handlers(func(ctx context.Context, j *jobs.Job) error {
			began <- j.ID
			<-ctx.Done()
			ended <- context.Cause(ctx)
			return ctx.Err()
		}), nil)
		waiting := f.enqueue(jobs.Spec{Queue: "q", Delay: time.Hour})[0]
		if got := f.rows("select galley.cancel_job($1)", waiting); got != "cancelled" {
			t.Errorf("a waiting job: %s", got)
		}
		running := f.enqueue(jobs.Spec{Queue: "q"})[0]
		soon(t, began)
		if got := f.rows("select galley.cancel_job($1)", running); got != "running" {
			t.Errorf("a running job: %s", got)
		}
		if err := soon(t, ended); err == nil || err.Error() != "the job was cancelled" {
			t.Errorf("its context ended with %v", err)
		}
		f.until("cancelled|cancelled", "select state from galley.jobs order by id")
		if got := f.rows("select galley.cancel_job($1)", running); got != "NULL" {
			t.Errorf("an ended job: %q", got)
		}
	})
}

// TestBounds: a queue keeps to its concurrency and rate over two nodes, and does
// nothing while it is paused.
func TestBounds(t *testing.T) {
	onEngines(t, func(t *testing.T, f *fixture) {
		f.rows("insert into galley.queues (name, concurrency) values ('q', 2)")
		f.rows("insert into galley.queues (name, paused) values ('paused', true)")
		f.rows("insert into galley.queues (name, rate) values ('slow', 20)")
		var now, most, done atomic.Int32
		var last atomic.Int64 // when one of the slow ones began
		h := map[string]jobs.Handler{
			"q": func(context.Context, *jobs.Job) error {
				n := now.Add(1)
				defer now.Add(-1)
				for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
				}
				time.Sleep(time.Millisecond)
				done.Add(1)
				return nil
			},
			"slow": func(context.Context, *jobs.Job) error {
				last.Store(time.Now().UnixNano())
				return nil
			},
			"paused": func(context.Context, *jobs.Job) error { t.Error("a job of a paused queue ran"); return nil },
		}
		var specs []jobs.Spec
		for range 30 {
			specs = append(specs, jobs.Spec{Queue: "q"}, jobs.Spec{Queue: "slow"}, jobs.Spec{Queue: "slow"}, jobs.Spec{Queue: "paused"})
		}
		f.enqueue(specs...)
		began := time.Now() // the first of them begins later
		f.node(f.open(), h, nil)
		f.node(f.open(), h, nil)
		f.until("90", "select count(*) from galley.jobs where state = 'completed'")
		if most.Load() > 2 || done.Load() != 30 {
			t.Errorf("%d jobs at once, %d in all", most.Load(), done.Load())
		}
		if took := time.Unix(0, last.Load()).Sub(began); took < 1900*time.Millisecond { // 60 jobs, 20 of them at once
			t.Errorf("60 jobs at 20 a second took %s", took)
		}
		if got := f.rows("select count(*) from galley.jobs where queue = 'paused' and state = 'available'"); got != "30" {
			t.Errorf("%s jobs of the paused queue", got)
		}
	})
}

// TestRefusedJobs: both engines name the constraint that a job violates.
func TestRefusedJobs(t *testing.T) {
	onEngines(t, func(t *testing.T, f *fixture) {
		for call, constraint := range map[string]string{
			`''`:                                     "kind", // which is the queue's name
			`'', kind => 'k'`:                        "queue",
			`repeat('q', 101), kind => 'k'`:          "queue",
			`'q', kind => ''`:                        "kind",
			`'q', kind => repeat('k', 101)`:          "kind",
			`'q', priority => 0`:                     "priority",
			`'q', priority => 10`:                    "priority",
			`'q', max_attempts => 0`:                 "max_attempts",
			`'q', max_attempts => 1001`:              "max_attempts",
			`'q', timeout => '-5 minutes'`:           "timeout",
			`'q', timeout => '0', unique_key => 'k'`: "timeout",
			`'q', unique_key => ''`:                  "unique_key",
			`'q', unique_key => repeat('u', 501)`:    "unique_key",
			`'q', to_jsonb(repeat('x', 1048576))`:    "payload",
			`'q', unique_key => '', priority => 100`: "priority",
		} {
			_, err := database.Exec(f.q().Query(t.Context(), database.Statement{SQL: "select galley.enqueue(" + call + ")"}))
			if want := `violates check constraint "jobs_` + constraint + `_check"`; fault.Code(err) != "23514" || !strings.Contains(err.Error(), want) {
				t.Errorf("%.60s: %v, want %s", call, err, want)
			}
		}
		for _, call := range []string{`repeat('q', 100)`, `'q', kind => repeat('é', 100), priority => 9, max_attempts => 1000, unique_key => repeat('u', 500)`, `'q', to_jsonb(repeat('x', 1048574))`} {
			if _, err := database.Exec(f.q().Query(t.Context(), database.Statement{SQL: "select galley.enqueue(" + call + ")"})); err != nil {
				t.Errorf("%.60s: %v", call, err)
			}
		}
		if _, err := database.Exec(f.q().Query(t.Context(), database.Statement{SQL: "update galley.jobs set state = 'lost'"})); fault.Code(err) != "23514" {
			t.Errorf("a state that there is not: %v", err)
		}
	})
}
