package jobs

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"
)

// outcome is what became of an attempt, as complete writes it.
type outcome struct {
	ID      int64           `json:"id"`
	Attempt int             `json:"attempt"`
	State   string          `json:"state"`
	Delay   float64         `json:"delay"` // seconds until it may begin again
	More    int             `json:"more"`  // attempts that did not count
	Result  json.RawMessage `json:"result,omitempty"`
	Errors  json.RawMessage `json:"errors,omitempty"`
	run     *run
}

// failure is an entry of jobs.errors.
type failure struct {
	At      time.Time `json:"at"`
	Attempt int       `json:"attempt"`
	Error   string    `json:"error"`
}

// verdict is an error that says what becomes of the job.
type verdict struct {
	state string
	delay time.Duration
	cause error
}

// Error implements error.
func (v *verdict) Error() string { return v.cause.Error() }

// Unwrap returns what Discard, Cancel or RetryIn was given.
func (v *verdict) Unwrap() error { return v.cause }

// Discard fails the job for good, whatever attempts are left: it is a dead letter.
func Discard(cause error) error { return &verdict{state: Discarded, cause: cause} }

// Cancel ends the job without it counting as failed.
func Cancel(cause error) error { return &verdict{state: Cancelled, cause: cause} }

// RetryIn has the job tried again after a time, instead of the usual one.
func RetryIn(d time.Duration, cause error) error {
	return &verdict{state: Retryable, delay: max(d, 0), cause: cause}
}

// maxDelay bounds the time between two attempts.
const maxDelay = 24 * time.Hour

// backoff is how long a job waits after its nth attempt: n⁴ seconds, a day at
// most, give or take a tenth so that what failed together is not tried together.
func backoff(attempt int) time.Duration {
	n := float64(attempt)
	d := min(n*n*n*n, maxDelay.Seconds())
	return time.Duration(d * (0.9 + 0.2*rand.Float64()) * float64(time.Second))
}

// judge decides what becomes of an attempt that ended with err, for whose end
// the reason was cause if it was not its own.
func judge(r *run, err, cause error, result json.RawMessage) outcome {
	j := r.job
	o := outcome{ID: j.ID, Attempt: j.Attempt, State: Completed, Result: result, run: r}
	if err == nil {
		return o
	}
	o.Result = nil
	v, said := errors.AsType[*verdict](err)
	switch {
	case said && v.state != Retryable:
		o.State = v.state
	case errors.Is(cause, errCancelled):
		o.State, err = Cancelled, errCancelled
	case errors.Is(cause, errStopping), errors.Is(cause, errLost):
		o.State, o.More = Available, 1 // no fault of the job
		return o
	case j.Attempt >= j.MaxAttempts:
		o.State = Discarded
	case said:
		o.State, o.Delay = Retryable, v.delay.Seconds()
	default:
		o.State, o.Delay = Retryable, backoff(j.Attempt).Seconds()
	}
	if o.State == Discarded {
		o.Result = result // a dead letter keeps what its last attempt got
	}
	o.Errors = j.withError(err)
	return o
}

// withError is the errors of the job with one more, the last few.
func (j *Job) withError(err error) json.RawMessage {
	var list []json.RawMessage
	_ = json.Unmarshal(j.errors, &list) // what cannot be read is left out
	entry, _ := json.Marshal(failure{time.Now().UTC(), j.Attempt, plainText(err.Error())})
	list = append(list, entry)
	text, _ := json.Marshal(slices.Clip(list[max(0, len(list)-maxErrors):])) // texts of JSON have JSON
	return text
}

// plainText is what PostgreSQL takes as text.
func plainText(s string) string {
	return clip(strings.ReplaceAll(strings.ToValidUTF8(s, "�"), "\x00", "�"), maxError)
}

// resultJSON is the JSON of a result, as jsonb takes it.
func resultJSON(v any) (json.RawMessage, error) {
	text, err := json.Marshal(v)
	switch {
	case err != nil:
		return nil, fmt.Errorf("the result of a job has no JSON: %w", err)
	case len(text) > maxResult:
		return nil, fmt.Errorf("the result of a job has %d bytes, at most %d", len(text), maxResult)
	}
	return text, nil
}
