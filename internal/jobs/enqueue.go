package jobs

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/fault"
)

// Spec is a job to be enqueued. Only Queue is required; a zero value of anything
// else means the default.
type Spec struct {
	Queue       string
	Kind        string        // who handles it; the queue's name by default
	Payload     any           // its JSON
	Delay       time.Duration // from the transaction's time
	RunAt       time.Time     // instead of Delay
	Priority    int           // 1 (first) to 9, 5 by default
	MaxAttempts int           // 25 by default
	// UniqueKey makes the job the only one of its queue with this key that has
	// not ended: enqueueing another gives the id of that one.
	UniqueKey string
	Timeout   time.Duration // of one attempt
	Deadline  time.Time     // after which no attempt begins
}

// Enqueue adds a job in a transaction: it exists when that is committed, and
// never if it is not. The transaction's role must be allowed to call
// galley.enqueue, as the owner and service_role are.
func Enqueue(ctx context.Context, tx database.Querier, s Spec) (id int64, err error) {
	ids, err := EnqueueMany(ctx, tx, []Spec{s})
	if err != nil {
		return 0, err
	}
	return ids[0], nil
}

// EnqueueMany adds jobs in a transaction, in one statement, and returns their ids
// in order. At most 10,000 at once.
func EnqueueMany(ctx context.Context, tx database.Querier, specs []Spec) ([]int64, error) {
	switch {
	case len(specs) == 0:
		return nil, nil
	case len(specs) > maxMany:
		return nil, fault.New(fault.InvalidParameter, "%d jobs at once, at most %d", len(specs), maxMany)
	}
	wire := make([]Request, len(specs))
	for i, s := range specs {
		w, err := s.wire()
		if err != nil {
			return nil, err
		}
		wire[i] = w
	}
	text, err := json.Marshal(wire)
	if err != nil {
		return nil, fault.Internal(err)
	}
	rows, err := database.Collect(tx.Query(ctx, database.Statement{
		SQL: `SELECT * FROM galley.enqueue_many($1)`, Args: database.Args(string(text)), Types: []string{"jsonb"}}))
	if err != nil {
		return nil, err
	}
	ids := make([]int64, len(rows))
	for i, r := range rows {
		if ids[i], err = strconv.ParseInt(*r[0], 10, 64); err != nil {
			return nil, fault.Internal(err)
		}
	}
	return ids, nil
}

// wire is a job as galley.enqueue_many takes it.
func (s Spec) wire() (Request, error) {
	payload, err := json.Marshal(s.Payload)
	switch {
	case err != nil:
		return Request{}, fault.New(fault.InvalidParameter, "the payload of a job has no JSON").WithCause(err)
	case len(payload) > maxPayload:
		return Request{}, fault.New(fault.InvalidParameter, "the payload of a job has %d bytes, at most %d", len(payload), maxPayload)
	}
	w := Request{Queue: s.Queue, Kind: s.Kind, Priority: s.Priority, MaxAttempts: s.MaxAttempts, UniqueKey: s.UniqueKey,
		Delay: interval(s.Delay), RunAt: moment(s.RunAt), Timeout: interval(s.Timeout), Deadline: moment(s.Deadline)}
	if s.Payload != nil {
		w.Payload = payload
	}
	return w, nil
}

// interval is a duration as PostgreSQL reads it, empty for none.
func interval(d time.Duration) string {
	if d <= 0 {
		return ""
	}
	return fmt.Sprintf("%d microseconds", d.Microseconds())
}

// moment is a time as PostgreSQL reads it, empty for none.
func moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339Nano)
}

// Request is a job as galley.enqueue_many takes it, whose parameters PostgreSQL
// reads. What is empty means the default.
type Request struct {
	Queue       string          `json:"queue"`
	Kind        string          `json:"kind,omitempty"`
	Payload     json.RawMessage `json:"payload,omitempty"`
	Delay       string          `json:"delay,omitempty"`
	RunAt       string          `json:"run_at,omitempty"`
	Priority    int             `json:"priority,omitempty"`
	MaxAttempts int             `json:"max_attempts,omitempty"`
	UniqueKey   string          `json:"unique_key,omitempty"`
	Timeout     string          `json:"timeout,omitempty"`
	Deadline    string          `json:"deadline,omitempty"`
}
