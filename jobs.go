package galley

import (
	"context"
	"encoding/json"
	"time"

	"github.com/galleyhq/galley/internal/app"
	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/jobs"
	"github.com/galleyhq/galley/internal/schedule"
)

// JobFunc does a job: nil completes it, any other error has it tried again later, until
// its attempts are used up; Discard, Cancel and RetryIn say otherwise. It may be called
// more than once for a job (when its node died, say), so what it changes outside should
// go by Job.ID. ctx ends with the job's time, when it is cancelled, and when the app
// closes. SQL in it runs as App.Service or App.As.
type JobFunc func(ctx context.Context, j *Job) error

// Job is one attempt at a job.
type Job struct {
	ID          int64
	Queue, Kind string
	Payload     json.RawMessage
	Attempt     int // 1 for the first
	MaxAttempts int
	CreatedAt   time.Time

	inner *jobs.Job
}

// Decode stores the payload in what v points to, as encoding/json does. A payload that
// does not fit is an error that discards the job, for it will not fit later either.
func (j *Job) Decode(v any) error {
	if err := json.Unmarshal(j.Payload, v); err != nil {
		return Discard(err)
	}
	return nil
}

// SetProgress tells how far the job is, from 0 to 1, and what it is doing.
func (j *Job) SetProgress(fraction float64, note string) { j.inner.SetProgress(fraction, note) }

// SetResult keeps the JSON of a value, 1 MiB at most, with the job once it is completed.
func (j *Job) SetResult(v any) error { return outward(j.inner.SetResult(v)) }

// Discard is an error that fails a job for good, whatever attempts are left.
func Discard(cause error) error { return jobs.Discard(cause) }

// Cancel is an error that ends a job without it counting as failed.
func Cancel(cause error) error { return jobs.Cancel(cause) }

// RetryIn is an error that has a job tried again after a time of its own, a day at most.
func RetryIn(d time.Duration, cause error) error { return jobs.RetryIn(d, cause) }

// Job does the jobs of a kind, 100 characters at most. The kinds of Galley itself (sql,
// http, mail, report, …) are taken.
func (a *App) Job(kind string, fn JobFunc) {
	a.serve("Job", func() {
		if a.program.Jobs == nil {
			a.program.Jobs = map[string]jobs.Handler{}
		}
		if _, twice := a.program.Jobs[kind]; twice || kind == "" || fn == nil {
			a.wrong("jobs of kind %q need a name, a function, and one only", kind)
			return
		}
		a.program.Jobs[kind] = func(ctx context.Context, j *jobs.Job) error {
			return fn(ctx, &Job{ID: j.ID, Queue: j.Queue, Kind: j.Kind, Payload: j.Payload, Attempt: j.Attempt,
				MaxAttempts: j.MaxAttempts, CreatedAt: j.CreatedAt, inner: j})
		}
	})
}

// NewJob is a job to be enqueued. Only Kind is required.
type NewJob struct {
	Kind        string
	Queue       string        // bounded and ordered by itself; the kind by default
	Payload     any           // sent as its JSON, 1 MiB at most; {} by default
	Delay       time.Duration // before it may begin, from the transaction's time
	RunAt       time.Time     // instead of Delay
	Priority    int           // 1 (first) to 9; 5 by default
	MaxAttempts int           // 25 by default
	// UniqueKey makes the job the only one of its queue with this key that has not
	// ended: enqueueing another gives the id of that one.
	UniqueKey string
	Timeout   time.Duration // of one attempt; none by default
	Deadline  time.Time     // after which no attempt begins; none by default
}

func (j NewJob) spec() (jobs.Spec, error) {
	if j.Kind == "" {
		return jobs.Spec{}, fault.New(fault.InvalidParameter, "a job needs a kind")
	}
	if j.Queue == "" {
		j.Queue = j.Kind
	}
	return jobs.Spec{Queue: j.Queue, Kind: j.Kind, Payload: j.Payload, Delay: j.Delay, RunAt: j.RunAt, Priority: j.Priority,
		MaxAttempts: j.MaxAttempts, UniqueKey: j.UniqueKey, Timeout: j.Timeout, Deadline: j.Deadline}, nil
}

// Enqueue has a job done by whichever node is free, in this process or another, and
// returns its id. The job is durable when Enqueue returns.
func (a *App) Enqueue(ctx context.Context, j NewJob) (id int64, err error) {
	err = a.Service().Tx(ctx, func(tx *Tx) error {
		id, err = tx.Enqueue(ctx, j)
		return err
	})
	return id, err
}

// Enqueue has a job done once the transaction is committed, and never if it is not,
// whether the caller may enqueue jobs or not.
func (t *Tx) Enqueue(ctx context.Context, j NewJob) (id int64, err error) {
	spec, err := j.spec()
	if err != nil {
		return 0, outward(err)
	}
	add := func(tx *Tx) error {
		id, err = jobs.Enqueue(ctx, tx.tx, spec)
		return outward(err)
	}
	if t.session.Role == serviceRole && t.broken == nil {
		return id, add(t)
	}
	return id, t.Service(ctx, add)
}

// Schedule is a job that is enqueued at certain times.
type Schedule struct {
	// Name is the schedule's own, once in an app.
	Name string
	// Cron is when: five fields ("0 3 * * *"), "30 seconds", or @daily and its kind
	// (docs/jobs.md).
	Cron     string
	TimeZone string // of Cron, as "Europe/Berlin"; UTC by default
	Kind     string // of the job
	Queue    string // the kind by default
	Payload  any    // sent as its JSON; {} by default
	// Missed says what becomes of the times at which no node was there: "once" (the
	// default), "skip" or "all".
	Missed string
	// Alone keeps a run from beginning before the one before it has ended.
	Alone       bool
	MaxAttempts int           // of a run; 25 by default
	Timeout     time.Duration // of an attempt; none by default
}

// Schedule has a job enqueued at certain times, each once, by whichever node is first.
// Starting the app makes the schedules in the database those it was told of: new ones
// are added, changed ones changed, and those it no longer has deleted. One that was
// paused there stays so.
func (a *App) Schedule(s Schedule) {
	a.serve("Schedule", func() {
		if s.Name == "" || s.Kind == "" {
			a.wrong("a schedule needs a name and a kind of job")
			return
		}
		spec, err := s.spec()
		if err == nil {
			_, err = schedule.Parse(spec.Expression, spec.Timezone)
		}
		if err != nil {
			a.problems = append(a.problems, outward(err))
			return
		}
		a.program.Schedules = append(a.program.Schedules, spec)
	})
}

func (s Schedule) spec() (schedule.Spec, error) {
	overlap := !s.Alone
	out := schedule.Spec{Name: app.ProgramSchedules + s.Name, Expression: s.Cron, Timezone: s.TimeZone, Kind: s.Kind, Queue: s.Queue,
		Missed: s.Missed, Overlap: &overlap, MaxAttempts: s.MaxAttempts}
	if out.Queue == "" {
		out.Queue = s.Kind
	}
	if out.Timezone == "" {
		out.Timezone = "UTC"
	}
	if s.Timeout > 0 {
		out.Timeout = s.Timeout.String()
	}
	if s.Payload != nil {
		text, err := json.Marshal(s.Payload)
		if err != nil {
			return out, fault.New(fault.InvalidParameter, "the payload of the schedule %q has no JSON", s.Name).WithCause(err)
		}
		out.Payload = text
	}
	return out, nil
}
