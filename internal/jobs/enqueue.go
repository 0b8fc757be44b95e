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
	wire := make([]map[string]any, len(specs))
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
func (s Spec) wire() (map[string]any, error) {
	payload, err := json.Marshal(s.Payload)
	switch {
	case err != nil:
		return nil, fault.New(fault.InvalidParameter, "the payload of a job has no JSON").WithCause(err)
	case len(payload) > maxPayload:
		return nil, fault.New(fault.InvalidParameter, "the payload of a job has %d bytes, at most %d", len(payload), maxPayload)
	}
	w := map[string]any{"queue": s.Queue}
	if s.Payload != nil {
		w["payload"] = json.RawMessage(payload)
	}
	set := func(name string, value any, isSet bool) {
		if isSet {
			w[name] = value
		}
	}
	set("kind", s.Kind, s.Kind != "")
	set("delay", interval(s.Delay), s.Delay > 0)
	set("run_at", s.RunAt.UTC(), !s.RunAt.IsZero())
	set("priority", s.Priority, s.Priority != 0)
	set("max_attempts", s.MaxAttempts, s.MaxAttempts != 0)
	set("unique_key", s.UniqueKey, s.UniqueKey != "")
	set("timeout", interval(s.Timeout), s.Timeout > 0)
	set("deadline", s.Deadline.UTC(), !s.Deadline.IsZero())
	return w, nil
}

// interval is a duration as PostgreSQL reads it.
func interval(d time.Duration) string { return fmt.Sprintf("%d microseconds", d.Microseconds()) }
