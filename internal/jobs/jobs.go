// Package jobs runs work in the background that is never lost: a durable queue in
// the project's own database, filled in the transaction of whoever wants the work
// done, from Go or from SQL (select galley.enqueue('mail', '{"to": "…"}')).
//
//	client, err := jobs.New(jobs.Config{DB: db, Handlers: map[string]jobs.Handler{"mail": sendMail}})
//	client.Start()
//	defer client.Stop(ctx)
//	id, err := jobs.Enqueue(ctx, tx, jobs.New{Queue: "mail", Payload: payload})
//
// A job is done at least once. Its handler gets a Key to make its side effects
// happen once only. Any number of nodes take jobs from one queue; each holds a
// lease on those it runs, and when it dies they go to another within seconds.
// The tables are in sql/; docs/jobs.md tells how it all behaves, and why.
package jobs

import (
	"context"
	"embed"
	"encoding/json"
	"strings"
	"time"
)

// Handler does a job. What it returns decides what becomes of it: nil completes
// it; any other error has it tried again later, until its attempts are used up;
// Discard, Cancel and RetryIn say otherwise. ctx ends with the job's time, when
// it is cancelled, when its lease is lost, and shortly before the node stops.
type Handler func(ctx context.Context, j *Job) error

// The states of a job.
const (
	Available = "available" // may begin
	Scheduled = "scheduled" // waits for its time
	Retryable = "retryable" // failed, waits for its next attempt
	Running   = "running"
	Completed = "completed"
	Cancelled = "cancelled"
	Discarded = "discarded" // failed for good: a dead letter
)

// Job is one attempt at a job, as its handler sees it.
type Job struct {
	ID          int64
	Queue       string
	Kind        string
	Payload     json.RawMessage
	Attempt     int // 1 for the first
	MaxAttempts int
	CreatedAt   time.Time

	errors json.RawMessage // of earlier attempts
	run    *run
}

// SetProgress tells how far the job is, from 0 to 1, and what it is doing. It is
// written now and then, never more often than the lease is renewed.
func (j *Job) SetProgress(fraction float64, note string) {
	j.run.setProgress(min(max(fraction, 0), 1), clip(note, maxNote))
}

// SetResult keeps a value, as JSON, with the job once it is completed.
func (j *Job) SetResult(v any) error {
	text, err := resultJSON(v)
	if err == nil {
		j.run.setResult(text)
	}
	return err
}

// Bounds of what is kept with a job.
const (
	maxNote    = 500     // bytes
	maxResult  = 1 << 20 // bytes
	maxError   = 4 << 10 // bytes of one error
	maxErrors  = 10      // the last so many
	maxPayload = 1 << 20 // bytes; a constraint of the table too
	maxMany    = 10_000  // jobs enqueued at once
	maxWorkers = 1000    // of one node
	minLease   = time.Second
)

//go:embed sql
var scripts embed.FS

// Schema is the steps that build the tables and functions of this package on an
// engine ("embedded" or "postgres"), for migrate.Own. They are never changed once
// released: what comes later is another step.
func Schema(engine string) []string {
	read := func(name string) string {
		text, err := scripts.ReadFile("sql/" + name + ".sql")
		if err != nil { // it is in the binary or there is no binary
			panic(err)
		}
		return string(text)
	}
	// NOTIFY lets PostgreSQL commit one transaction at a time, so it is said only
	// when a node sleeps. In the process it costs nothing.
	wake, first := "select pg_notify('galley_jobs', '')", read("tables")
	if engine == "postgres" {
		first += read("postgres")
		wake += " where exists (select from galley.job_waiters)"
	}
	steps := []string{first + strings.ReplaceAll(read("functions"), "{{wake}}", wake)}
	if engine == "postgres" {
		return append(steps, read("postgres2"), read("postgres3"), read("postgres4"))
	}
	return append(steps, read("embedded2"))
}

func clip(s string, most int) string {
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most], "") + "…"
	}
	return s
}
