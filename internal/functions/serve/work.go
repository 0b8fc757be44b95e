package serve

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/galleyhq/galley/internal/database"
	"github.com/galleyhq/galley/internal/fault"
	"github.com/galleyhq/galley/internal/functions/engine"
	"github.com/galleyhq/galley/internal/httpapi"
	"github.com/galleyhq/galley/internal/jobs"
)

// run calls a function for something else than a request.
func (v *Version) run(ctx context.Context, c *Call, function string, args ...engine.Value) (engine.Value, error) {
	if v.Err != nil {
		return nil, v.boot(v.Err)
	}
	made, err := v.group.Acquire(ctx)
	if err != nil {
		v.counts.refused.Add(1)
		return nil, err
	}
	i, _ := made.(*instance)
	stop := v.counts.begin()
	defer i.release()
	ctx, end := i.begin(ctx, time.Time{}, c)
	defer end()
	if c.Tx != nil { // which others wait for
		ctx = context.WithValue(ctx, engine.Urgent{}, true)
	}
	value, err := i.call(ctx, function, args...)
	stop(err)
	if err != nil {
		p := v.why(ctx, err)
		i.log("error", p.full(v))
		return nil, p
	}
	i.rest(ctx)
	return value, nil
}

// service is the session of work that nobody asked for.
func service() database.Session {
	return database.Session{Role: "service_role", Claims: `{"role":"service_role"}`}
}

// jobAbout is what the handler of a job is told of it.
type jobAbout struct {
	ID          int64     `json:"id"`
	Key         string    `json:"key"` // the same for all attempts
	Queue       string    `json:"queue"`
	Attempt     int       `json:"attempt"`
	MaxAttempts int       `json:"maxAttempts"`
	CreatedAt   time.Time `json:"createdAt"`
	RequestID   string    `json:"requestId"`
}

// jobOutcome is what becomes of a job.
type jobOutcome struct {
	Result  json.RawMessage `json:"result"`
	Outcome string          `json:"outcome"`
	Message string          `json:"message"`
	Seconds float64         `json:"seconds"`
}

// Job does a job by the function's handler.
func (v *Version) Job(ctx context.Context, j *jobs.Job) error {
	limit := v.project.config.Limits.Wall
	if d := v.Declared.Job; d != nil && d.Timeout > 0 {
		limit = time.Duration(d.Timeout)
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	id := "job-" + strconv.FormatInt(j.ID, 10)
	about := jobAbout{ID: j.ID, Key: id, Queue: j.Queue, Attempt: j.Attempt, MaxAttempts: j.MaxAttempts, CreatedAt: j.CreatedAt, RequestID: id}
	c := &Call{Function: v.Name, Kind: "job", RequestID: id, Session: service(), progress: j.SetProgress}
	said, err := v.run(ctx, c, "job", engine.JSON(j.Payload), toJSON(about))
	if err != nil {
		return failure(err)
	}
	var o jobOutcome
	text, _ := said.(string)
	if err := json.Unmarshal([]byte(text), &o); err != nil {
		return err
	}
	switch o.Outcome {
	case "discard":
		return jobs.Discard(errors.New(o.Message))
	case "cancel":
		return jobs.Cancel(errors.New(o.Message))
	case "retry":
		return jobs.RetryIn(time.Duration(o.Seconds*float64(time.Second)), errors.New(o.Message))
	}
	if len(o.Result) == 0 || string(o.Result) == "null" {
		return nil
	}
	return j.SetResult(o.Result)
}

// Scheduled runs the function as one of its schedules wants it.
func (v *Version) Scheduled(ctx context.Context, j *jobs.Job) error {
	ctx, cancel := context.WithTimeout(ctx, v.project.config.Limits.Wall)
	defer cancel()
	id := "job-" + strconv.FormatInt(j.ID, 10)
	c := &Call{Function: v.Name, Kind: "schedule", RequestID: id, Session: service()}
	headers := "content-type\napplication/json\nx-galley-schedule\n" + v.Name
	_, err := v.run(ctx, c, "scheduled", "http://galley.internal/"+v.Name, headers, []byte(j.Payload), about(c, target{}, ""))
	return failure(err)
}

// failed is a problem of a job, told from its cause on: lists show little more than how
// it begins.
type failed struct{ *problem }

// Error implements error.
func (f failed) Error() string {
	text := f.cause.Error()
	if f.Code == codeLimit {
		text = f.Details
	}
	return text + " (" + f.Code + ")"
}

// failure is an error of a job as its errors show it.
func failure(err error) error {
	if p, ok := errors.AsType[*problem](err); ok && p.cause != nil {
		return failed{p}
	}
	return err
}

func toJSON(v any) engine.JSON {
	text, _ := json.Marshal(v) // of our own types
	return engine.JSON(text)
}

// refusal is an error that the function threw, for its caller.
type refusal struct {
	Message string `json:"message"`
	Code    string `json:"code"`
	Details string `json:"details"`
	Hint    string `json:"hint"`
	Status  int    `json:"status"`
	Mistake bool   `json:"mistake"`
	Name    string `json:"name"`
	Stack   string `json:"stack"`
}

// fault is the error as the caller sees it: what the function says on purpose, and
// nothing of its mistakes.
func (r *refusal) fault(v *Version) error {
	if r.Mistake {
		f := fault.New(fault.InternalError, "the function %s failed", v.Name).WithCause(errors.New(r.full(v)))
		if v.project.config.Dev {
			f.Detail = r.full(v)
		}
		return f
	}
	code := r.Code
	if code == "" {
		code = "P0001" // as RAISE EXCEPTION
	}
	f := fault.New(code, "%s", r.Message)
	f.Detail, f.Hint = r.Details, r.Hint
	if r.Status >= 400 && r.Status < 600 {
		f.HTTPStatus = r.Status
	}
	return f
}

// full is the error with all there is to say, for the log and for developers.
func (r *refusal) full(v *Version) string {
	return strings.TrimRight(hinted(r.Name+": "+r.Message, r.Hint)+"\n"+v.stack(r.Stack), "\n")
}

// told reads what a function answered, or why it refused to.
func (v *Version) told(said engine.Value, requestID string, into any) error {
	text, _ := said.(string)
	var failed struct {
		Error *refusal `json:"error"`
	}
	if err := json.Unmarshal([]byte(text), &failed); err != nil {
		return err
	}
	if failed.Error == nil {
		return json.Unmarshal([]byte(text), into)
	}
	err := failed.Error.fault(v)
	if failed.Error.Mistake {
		v.project.config.Log(Entry{At: time.Now(), Function: v.Name, RequestID: requestID, Level: "error",
			Message: failed.Error.full(v)})
	}
	return err
}

// Call answers a remote procedure call.
func (v *Version) Call(ctx context.Context, s database.Session, args json.RawMessage) (json.RawMessage, error) {
	ctx, cancel := context.WithTimeout(ctx, v.project.config.Limits.Wall)
	defer cancel()
	c := &Call{Function: v.Name, Kind: "rpc", RequestID: requestIDOf(ctx), Session: s}
	said, err := v.run(ctx, c, "rpc", engine.JSON(args), about(c, target{}, httpapi.RemoteAddr(ctx)))
	if err != nil {
		return nil, v.asFault(err)
	}
	var answer struct {
		Result json.RawMessage `json:"result"`
	}
	if err := v.told(said, c.RequestID, &answer); err != nil {
		return nil, err
	}
	if v.RPC().Result.Void {
		return nil, nil
	}
	return answer.Result, nil
}

// asFault is a failure of a call in the terms of the data API.
func (v *Version) asFault(err error) error {
	p := v.why(context.Background(), err)
	f := fault.New(p.Code, "%s", p.Message).WithStatus(p.status).WithCause(err)
	f.Detail = p.Details
	if p.status == http.StatusInternalServerError && !v.project.config.Dev {
		f.Detail = ""
	}
	return f
}
